"""What a person does in QuickBooks' own screens, outside the API and its refusals."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sandbox.quickbooks.entities import KINDS
from sandbox.quickbooks.entities.base import Call, sealed
from sandbox.quickbooks.entities.names import deactivated
from sandbox.quickbooks.entities.transaction import rebalance
from sandbox.quickbooks.faults import Fault
from sandbox.quickbooks.queryable import LISTS, TRANSACTIONS
from sandbox.quickbooks.settings import Settings
from sandbox.quickbooks.store import KEYS, Company
from sandbox.quickbooks.wire import Record, exact, stamp

_SINGLES = ("Preferences", "CompanyInfo")
_AMOUNTS = ("TotalAmt", "Balance", "UnitPrice", "PurchaseCost", "RemainingCredit", "UnappliedAmt")


def edit(company: Company, entity: str, record_id: str, fields: Record, now: datetime) -> Record:
    """Set fields as they are given, null clears one; the token rises and the time stamp moves.

    An invoice's TotalAmt may be set directly, so that a test can move it by a cent.
    """
    if entity in _SINGLES:
        return _edit_single(company, entity, fields, now)
    old = _held(company, entity, record_id)
    content = {**old, **_clean(fields)}
    content = {name: value for name, value in content.items() if value is not None}
    content = _settled(entity, content, old, fields)
    record = _touched(content, old, now)
    company.put(entity, record)
    _rebalance(company, entity, old, record)
    return record


def insert(company: Company, settings: Settings, entity: str, fields: Record, now: datetime) -> Record:
    """A new record; QuickBooks' own screens warn about equal numbers but let them pass."""
    call = Call(company, settings, now, by_operator=True)
    kind = KINDS.get(entity)
    if kind is None:
        return _plain(call, entity, _clean(fields))
    if entity in _SINGLES:
        raise ValueError(f"there is only one {entity}")
    try:
        payload = kind.create(call, exact(fields))
    except Fault as fault:
        raise ValueError(str(fault)) from fault
    record: Record = payload[entity]
    return record


def delete(company: Company, entity: str, record_id: str, now: datetime) -> None:
    """Transactions go; names and items are made inactive."""
    old = _held(company, entity, record_id)
    if entity in LISTS:
        edit(company, entity, record_id, {"Active": False}, now)
        return
    meta = {"LastUpdatedTime": stamp(now)}
    company.remove(entity, record_id, {"domain": "QBO", "status": "Deleted", "Id": record_id, "MetaData": meta})
    _rebalance(company, entity, old, None)


def _edit_single(company: Company, entity: str, fields: Record, now: datetime) -> Record:
    """Settings change group by group: what is not named in a group stays."""
    old = company.preferences if entity == "Preferences" else company.info
    content = dict(old)
    for name, value in exact(fields).items():
        held = old.get(name)
        content[name] = {**held, **value} if isinstance(held, dict) and isinstance(value, dict) else value
    record = _touched(content, old, now)
    if entity == "Preferences":
        company.preferences = record
    else:
        company.info = record
    return record


def _held(company: Company, entity: str, record_id: str) -> Record:
    record = company.get(entity, record_id)
    if record is None:
        raise LookupError(f"quickbooks has no {entity} {record_id}")
    return record


def _clean(fields: Record) -> Record:
    clean: Record = exact(fields)
    for name in _AMOUNTS:
        if name in clean:
            clean[name] = _amount(name, clean[name])
    return clean


def _amount(name: str, value: Any) -> Decimal:
    try:
        return Decimal(str(value))
    except ArithmeticError:
        raise ValueError(f"{name} must be a number, not {value!r}") from None


def _settled(entity: str, content: Record, old: Record, fields: Record) -> Record:
    if entity == "Invoice" and "TotalAmt" in fields and "Balance" not in fields:
        return {**content, "Balance": old["Balance"] + content["TotalAmt"] - old["TotalAmt"]}
    if entity not in LISTS or entity not in KEYS:
        return content
    if KEYS[entity] in fields and "FullyQualifiedName" not in fields and "FullyQualifiedName" in old:
        content = {**content, "FullyQualifiedName": content[KEYS[entity]]}
    if "Active" in fields:
        return deactivated(content, (KEYS[entity], "FullyQualifiedName"), old)
    return content


def _touched(content: Record, old: Record, now: datetime) -> Record:
    meta = {**old["MetaData"], "LastUpdatedTime": stamp(now)}
    token = str(int(old["SyncToken"]) + 1)
    return {**content, "Id": old["Id"], "SyncToken": token, "MetaData": meta}


def _rebalance(company: Company, entity: str, old: Record, record: Record | None) -> None:
    if entity in TRANSACTIONS:
        rebalance(company, entity, old, record)


def _plain(call: Call, entity: str, fields: Record) -> Record:
    """Tax codes and rates: QuickBooks' own screens make them as they like."""
    content = {"Active": True, **fields} if entity in LISTS else fields
    record = sealed(call, entity, content, None)
    call.company.put(entity, record)
    return record
