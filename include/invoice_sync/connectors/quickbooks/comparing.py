"""Records of QuickBooks as facts that can be compared: with what we asked for, and with what we sent before; pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from invoice_sync.connectors.base import UPDATE, VOID, Change, Json, Remote
from invoice_sync.connectors.quickbooks.mapping import first_line
from invoice_sync.model import canonical
from invoice_sync.model.documents import DOCUMENTS, Entity
from invoice_sync.model.errors import BadAmount
from invoice_sync.model.money import Money, exact

_PROVEN = {
    "DocNumber": "number", "TxnDate": "date", "DueDate": "due date", "CustomerRef": "customer",
    "CurrencyRef": "currency", "TxnTaxDetail": "tax", "_tax": "tax",
}  # fmt: skip
_UNPROVEN = {
    "SalesTermRef": "terms", "ShipDate": "ship date", "TrackingNum": "tracking number", "ExchangeRate": "exchange rate",
    "BillEmail": "e-mail address", "BillAddr": "billing address", "CustomerMemo": "memo", "PrivateNote": "note",
    "CustomField": "custom fields",
}  # fmt: skip
_SHOWN = frozenset({"ShipDate", "TrackingNum", "ExchangeRate", "DocNumber", "TxnDate", "DueDate"})
"""Fields whose values name nobody."""
_REWRITTEN = frozenset({"Country", "Type"})
"""What QuickBooks answers in words of its own."""


def remote(entity: Entity, record: Json) -> Remote:
    """The record as it is compared. Raises KeyError when it has no id."""
    version = _text(record.get("SyncToken"))
    if entity in DOCUMENTS:
        voided, facts = is_voided(record), _document_facts(record)
        return Remote(_identity(record), version, facts["number"], {**facts, "voided": _flag(voided)}, not voided)
    name = _text(record.get("Name") if entity == "product" else record.get("DisplayName"))
    also = {"marker": first_line(record.get("Notes"))} if entity == "customer" else {"sku": _text(record.get("Sku"))}
    return Remote(
        _identity(record), version, name, {"name": name.casefold(), **also}, record.get("Active") is not False
    )


def taken(remote: Remote) -> Remote:
    """The answer to an update that went well: what was sent is there, in whatever form QuickBooks keeps texts."""
    return replace(remote, facts={**remote.facts, "sent": "there"})


def found(entity: Entity, record: Json, body: Json) -> Remote:
    """A record that may hold `body`, the content of an update; facts alone do not show a memo or a quantity."""
    seen = remote(entity, record)
    return taken(seen) if "SyncToken" in body and _arrived(body, record) else seen


def expected(entity: Entity, operation: str, body: Json) -> dict[str, str]:
    """The facts of the record that `body`, its placeholders filled, asks for."""
    if operation == UPDATE:
        return {**_expected_document(body), "sent": "there"}
    if operation == VOID:
        return {"voided": "true"}
    if entity == "customer":
        return {"name": str(body["DisplayName"]).casefold(), "marker": first_line(body["Notes"])}
    if entity == "product":
        return {"name": str(body["Name"]).casefold(), "sku": str(body["Sku"])}
    return _expected_document(body)


def _expected_document(body: Json) -> dict[str, str]:
    currency = str(body["CurrencyRef"]["value"])
    due = {"due": str(body["DueDate"])} if body.get("DueDate") else {}
    return {
        "number": str(body["DocNumber"]),
        "customer": str(body["CustomerRef"]["value"]),
        "currency": currency,
        "date": str(body["TxnDate"]),
        **due,
        "total": in_minor_units(body_total(body, currency)),
        "tax": in_minor_units(_body_tax(body, currency)),
        "lines": _lines_fact(body, currency),
        "marker": first_line(body["PrivateNote"]),
    }


def changes(before: Json, after: Json) -> list[Change]:
    """Field by field. People's names, addresses and texts are only said to differ."""
    found = []
    for labels, proven in ((_PROVEN, True), (_UNPROVEN, False)):
        for field, label in labels.items():
            if canonical.dumps(before.get(field)) != canonical.dumps(after.get(field)):
                values = (_shown(field, before), _shown(field, after))
                found.append(Change(label, *values, proven=proven))
    return found + list(_line_changes(before["Line"], after["Line"]))


def unchanged(before: Json, after: Json) -> list[str]:
    """Fields that the source left as they were and that people may have written to over there without our seeing it."""
    return [
        field
        for field in _UNPROVEN
        if field in after and canonical.dumps(before.get(field)) == canonical.dumps(after[field])
    ]


def emptied(before: Json, after: Json) -> list[str]:
    """Labels of the fields that the earlier body has and the later one has not; tax has an explicit zero."""
    labels = {**_PROVEN, **_UNPROVEN}
    del labels["TxnTaxDetail"], labels["_tax"]
    return [label for field, label in labels.items() if before.get(field) and not after.get(field)]


def body_total(body: Json, currency: str) -> Money:
    """Lines - discount + tax of a body, in integer minor units."""
    total = Money.zero(currency)
    for line in body["Line"]:
        amount = Money.of(line["Amount"], currency)
        total = total - amount if line["DetailType"] == "DiscountLineDetail" else total + amount
    return total + _body_tax(body, currency)


def in_minor_units(amount: Money) -> str:
    """An amount as a fact: "22670 USD"."""
    return f"{amount.minor} {amount.currency}"


def is_voided(record: Json) -> bool:
    """Voiding sets note and amounts and has no flag of its own; a free invoice of zero is not void."""
    if not first_line(record.get("PrivateNote")).startswith("Voided"):
        return False
    amounts = [record.get("TotalAmt", 0)] + [line.get("Amount", 0) for line in record.get("Line", [])]
    return all(_is_zero(each) for each in amounts)


def _document_facts(record: Json) -> dict[str, str]:
    currency = _text(_inside(record, "CurrencyRef", "value"))
    return {
        "number": _text(record.get("DocNumber")),
        "customer": _text(_inside(record, "CustomerRef", "value")),
        "currency": currency,
        "date": _text(record.get("TxnDate")),
        "due": _text(record.get("DueDate")),
        "total": _amount_fact(record.get("TotalAmt"), currency),
        "tax": _amount_fact(_inside(record, "TxnTaxDetail", "TotalTax") or 0, currency),
        "lines": _lines_fact(record, currency),
        "marker": first_line(record.get("PrivateNote")),
    }


def _body_tax(body: Json, currency: str) -> Money:
    return Money.of(body.get("_tax", body.get("TxnTaxDetail", {}).get("TotalTax", 0)), currency)


def _lines_fact(body: Json, currency: str) -> str:
    """Items and amounts in their order, such as "3 lines, 1f0c9a2b"; texts and subtotals are not compared."""
    parts = [_line_fact(line, currency) for line in body.get("Line") or [] if _counts(line)]
    digest = hashlib.sha256("|".join(parts).encode()).hexdigest()[:8]
    return f"{len(parts)} lines, {digest}"


def _counts(line: Json) -> bool:
    return line.get("DetailType") in ("SalesItemLineDetail", "DiscountLineDetail")


def _line_fact(line: Json, currency: str) -> str:
    item = _inside(line.get("SalesItemLineDetail") or {}, "ItemRef", "value") or "discount"
    return f"{item}:{_amount_fact(line.get('Amount'), currency)}"


def _line_changes(before: list[Json], after: list[Json]) -> Iterator[Change]:
    if len(before) != len(after):
        yield Change("number of lines", str(len(before)), str(len(after)), proven=True)
    for place, (old, new) in enumerate(zip(before, after, strict=False), 1):
        if canonical.dumps(old) == canonical.dumps(new):
            continue
        amounts = (str(old.get("Amount", "")), str(new.get("Amount", "")))
        proven = _line_fact(old, "USD") != _line_fact(new, "USD")
        shown = amounts if amounts[0] != amounts[1] else ("", "")
        yield Change(f"line {place}", *shown, proven=proven)


def _shown(field: str, body: Json) -> str:
    if field == "_tax":
        return _text(body.get("_tax"))
    if field == "TxnTaxDetail":
        return _text(_inside(body, field, "TotalTax"))
    if field in ("CustomerRef", "CurrencyRef"):
        return _text(_inside(body, field, "value"))
    return _text(body.get(field)) if field in _SHOWN else ""


def _amount_fact(amount: object, currency: str) -> str:
    """An amount that is not exact stays as it came: it equals nothing we sent and so shows up."""
    try:
        return in_minor_units(Money.of(amount, currency))
    except BadAmount:
        return f"{amount} {currency}".strip()


def _arrived(body: Json, record: Json) -> bool:
    sent = {name: value for name, value in body.items() if name in _UNPROVEN and name not in body.get("_kept", ())}
    wanted, there = ([line for line in each.get("Line") or [] if _counts(line)] for each in (body, record))
    same_lines = len(wanted) == len(there) and all(_holds(*both) for both in zip(there, wanted, strict=True))
    return same_lines and _holds(record, sent)


def _holds(there: Any, sent: Any) -> bool:
    """Everything that was sent is there; QuickBooks adds to it, and keeps numbers with decimals of its own."""
    if isinstance(sent, Mapping):
        parts = [(name, value) for name, value in sent.items() if name not in _REWRITTEN]
        return isinstance(there, Mapping) and all(_holds(there.get(name), value) for name, value in parts)
    if isinstance(sent, list):
        return isinstance(there, list) and all(any(_holds(each, one) for each in there) for one in sent)
    if isinstance(sent, Decimal | int) and isinstance(there, Decimal | int):
        return there == sent
    return _text(there).strip() == _text(sent).strip()


def _is_zero(amount: object) -> bool:
    try:
        return amount in (None, "") or exact(amount) == 0
    except BadAmount:
        return False


def _identity(record: Json) -> str:
    identity = _text(record.get("Id"))
    if not identity:
        raise KeyError("Id")
    return identity


def _inside(record: Json, field: str, part: str) -> Any:
    inner = record.get(field)
    return inner.get(part) if isinstance(inner, Mapping) else None


def _flag(value: bool) -> str:
    return "true" if value else "false"


def _text(value: object) -> str:
    return "" if value is None else str(value)
