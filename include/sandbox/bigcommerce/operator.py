"""What a person does in the store's control panel, outside the API."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sandbox.bigcommerce import b2b_orders, buyers, companies, core_orders, extras, invoices, payments
from sandbox.bigcommerce.call import Call, Written
from sandbox.bigcommerce.effects import forget, progress, undo
from sandbox.bigcommerce.errors import CoreRefusal, Refusal
from sandbox.bigcommerce.store import CONFIGS, TABLES, Store
from sandbox.bigcommerce.tokens import FULL, Token, TokenDesk
from sandbox.bigcommerce.wire import Record, decimal_of, exact, kept, whole_of

_MILD: dict[str, Any] = {
    "types": "lenient", "empty_strings": "accept", "update_address_custom_fields": "optional",
    "inactive_company": "accept", "negative_original": "accept", "mixed_currencies": "accept", "currencies": "iso",
    "extra_fields_on_update": "merge", "unknown_fields": "drop", "largest_body_bytes": 0.0,
}  # fmt: skip
_STORE_FIELDS = {"name": str, "has_b2b": bool, "multi_storefront": bool, "company_credit": bool, "currencies": dict}
_FIELD = "_extra_field"
OTHERS = ("token", "store", "config", "delivery", *(f"{name}{_FIELD}" for name in CONFIGS))
ENTITIES = (*TABLES, *OTHERS)


class Operator:
    """The people of one sandbox; LookupError for what is not there, ValueError for what cannot be."""

    def __init__(self, tokens: TokenDesk, call_for: Callable[[Store], Call]) -> None:
        self._tokens = tokens
        self._call_for = call_for

    def insert(self, store: Store, entity: str, fields: Record) -> Record:
        """A new record; `buyer_payment` and `refund` are deeds rather than records."""
        call, given = self._call(store), exact(fields)
        make = {
            "invoice": _new_invoice, "company": new_company, "order": core_orders.add, "payment": _new_payment,
            "buyer_payment": buyers.pay, "refund": buyers.refund, "user": _new_user,
        }.get(entity)  # fmt: skip
        if entity == "token":
            return self._new_token(store, given)
        if entity.endswith(_FIELD):
            return _new_field(store, entity, given)
        if make is None:
            raise ValueError(f"nobody adds a {entity} by hand")
        return _plainly(lambda: make(call, given))

    def edit(self, store: Store, entity: str, record_id: str, fields: Record) -> Record:
        """Change a record; stamps move."""
        given = exact(fields)
        if entity == "token":
            return self._edit_token(store, record_id, given)
        if entity == "store":
            return _edit_store(store, given)
        if entity == "config":
            return _edit_config(store, given)
        if entity.endswith(_FIELD):
            row = _field(store, entity, record_id)
            row.update(given)
            return row
        call, old = self._call(store), _held(store, entity, record_id)
        change = {
            "invoice": _edit_invoice, "company": _edit_company, "payment": _edit_payment, "order": core_orders.change,
        }.get(entity, _edit_any(entity))  # fmt: skip
        return _plainly(lambda: change(call, old, given))

    def delete(self, store: Store, entity: str, record_id: str) -> None:
        """Take a record out; an order is archived."""
        if entity == "token":
            self._tokens.remove(self._token(store, record_id))
            return
        if entity.endswith(_FIELD):
            store.configs[entity.removesuffix(_FIELD)].remove(_field(store, entity, record_id))
            return
        call, old = self._call(store), _held(store, entity, record_id)
        if entity == "order":
            core_orders.change(call, old, {"is_deleted": True})
        elif entity == "payment":
            undo(call, old)
            forget(call, old["id"])
        elif entity == "company":
            companies.delete(replace(call, path={"id": record_id}))
        else:
            store.table(entity).remove(old["id"])

    def records(self, store: Store, entity: str) -> list[Record]:
        """Everything of one entity, as it is stored."""
        if entity == "token":
            return [_token_shown(token) for token in self._tokens.of(store.hash)]
        if entity == "store":
            return [{name: getattr(store, name) for name in ("hash", *_STORE_FIELDS)}]
        if entity == "config":
            return [store.portal]
        if entity == "delivery":
            return store.deliveries
        if entity.endswith(_FIELD):
            return store.configs[entity.removesuffix(_FIELD)]
        if entity == "b2b_order":
            b2b_orders.index(self._call_for(store))
        return list(store.table(entity).rows())

    def _call(self, store: Store) -> Call:
        call = self._call_for(store)
        return replace(call, settings=replace(call.settings, **_MILD))

    def _new_token(self, store: Store, fields: Record) -> Record:
        made = self._tokens.make(store.hash, fields.get("kind", "account"), fields.get("name", "by hand"), "")
        made.client_id = str(fields.get("client_id", f"client-{made.ident}"))
        made.scopes = set(fields.get("scopes", FULL))
        return _token_shown(made)

    def _edit_token(self, store: Store, record_id: str, fields: Record) -> Record:
        token = self._token(store, record_id)
        if "scopes" in fields:
            token.scopes = set(fields["scopes"])
        if "active" in fields:
            token.active = bool(fields["active"])
        return _token_shown(token)

    def _token(self, store: Store, record_id: str) -> Token:
        """By its number or its value."""
        for token in self._tokens.of(store.hash):
            if record_id in (str(token.ident), token.value):
                return token
        raise LookupError(f"bigcommerce has no token {record_id}")


def new_company(call: Call, fields: Record) -> Record:
    """A buyer; `extraFields` as {name: value}, `companyStatus` and `id` as one likes."""
    given = dict(fields)
    named = given.pop("extraFields", {})
    pairs = [{"fieldName": name, "fieldValue": str(value)} for name, value in named.items()]
    own_id, status = given.pop("id", None), given.pop("companyStatus", None)
    table = call.store.table("company")
    before = table.last
    table.last = before if own_id is None else int(own_id) - 1
    place = table.last + 1
    defaults = {
        "companyName": f"Company {place}", "companyEmail": f"office{place}@{call.store.hash}.example",
        "addressLine1": "1 Dock Road", "addressLine2": "", "city": "Boston", "state": "Massachusetts",
        "country": "United States", "zipCode": "02108", "adminFirstName": "Ada", "adminLastName": f"Buyer {place}",
        "adminEmail": f"buyer{place}@{call.store.hash}.example", "adminPhoneNumber": "",
    }  # fmt: skip
    company = companies.make(call, {**defaults, **given, "extraFields": pairs})
    table.last = max(before, table.last)
    return _edit_company(call, company, {"companyStatus": status}) if status is not None else company


def _new_invoice(call: Call, fields: Record) -> Record:
    """An invoice by hand; without a number it gets the store's own."""
    given = dict(fields)
    given.setdefault("invoiceNumber", f"{call.store.table('invoice').last + 1:08d}")
    given.setdefault("openBalance", given.get("originalBalance"))
    return _stored(call, "invoice", invoices.create(replace(call, body=given)))


def _new_payment(call: Call, fields: Record) -> Record:
    """Money that the seller's staff have recorded."""
    given = {"details": {"memo": "by hand"}, **fields}
    return _stored(call, "payment", payments.create_offline(replace(call, body=given)))


def _new_user(call: Call, fields: Record) -> Record:
    company = call.store.get("company", whole_of(fields.get("companyId")))
    if company is None:
        raise ValueError("a user needs the companyId of a company")
    names = {name: str(fields.get(name, "")) for name in ("adminFirstName", "adminLastName", "adminEmail")}
    customer = companies.add_customer(call, names, company)
    return companies.add_user(call, names, company["id"], customer["id"], int(fields.get("role", 2)))


def _new_field(store: Store, entity: str, fields: Record) -> Record:
    rows = store.configs[entity.removesuffix(_FIELD)]
    if not fields.get("fieldName"):
        raise ValueError("an extra field needs a fieldName")
    made = {**extras.config(max((row["id"] for row in rows), default=0) + 1, str(fields["fieldName"])), **fields}
    rows.append(made)
    return made


def _field(store: Store, entity: str, record_id: str) -> Record:
    for row in store.configs.get(entity.removesuffix(_FIELD), []):
        if record_id in (str(row["id"]), row["fieldName"]):
            return row
    raise LookupError(f"bigcommerce has no {entity} {record_id}")


def _edit_invoice(call: Call, old: Record, fields: Record) -> Record:
    """Any field as it is given; a balance may be given as a bare number."""
    given = dict(fields)
    for name in ("originalBalance", "openBalance"):
        if name in given:
            given[name] = _amount(name, given[name], old[name])
    return call.store.table("invoice").put({**old, **given, "id": old["id"], "updatedAt": call.moment})


def _amount(name: str, value: Any, old: Record) -> Record:
    given = value if isinstance(value, dict) else {"value": value}
    number = decimal_of(given.get("value"))
    if number is None:
        raise ValueError(f"{name} must be a number, not {value!r}")
    return {**old, **given, "value": kept(number)}


def _edit_company(call: Call, old: Record, fields: Record) -> Record:
    """`extraFields` as {name: value} are added to those there; null takes one away."""
    given = dict(fields)
    named = {each["fieldName"]: each["fieldValue"] for each in old["extraFields"]} | given.pop("extraFields", {})
    pairs = [{"fieldName": name, "fieldValue": str(value)} for name, value in named.items() if value is not None]
    if "companyStatus" in given:
        given["companyStatus"] = str(given["companyStatus"])
    changed = {**old, **given, "id": old["id"], "extraFields": pairs, "updatedAt": call.moment}
    return call.store.table("company").put(changed)


def _edit_payment(call: Call, old: Record, fields: Record) -> Record:
    given = dict(fields)
    status = whole_of(given.pop("processingStatus", None))
    changed = call.store.table("payment").put({**old, **given, "id": old["id"], "updatedAt": call.moment})
    return changed if status is None else progress(call, changed, status)


def _edit_any(entity: str) -> Callable[[Call, Record, Record], Record]:
    def change(call: Call, old: Record, fields: Record) -> Record:
        return call.store.table(entity).put({**old, **fields, "id": old["id"]})

    return change


def _edit_store(store: Store, fields: Record) -> Record:
    for name, value in fields.items():
        kind = _STORE_FIELDS.get(name)
        if kind is None or not isinstance(value, kind):
            raise ValueError(f"a store has no {name} that could be {value!r}")
    for name, value in fields.items():
        setattr(store, name, value)
    return {name: getattr(store, name) for name in _STORE_FIELDS}


def _edit_config(store: Store, fields: Record) -> Record:
    for group, values in fields.items():
        if group not in store.portal or not isinstance(values, dict):
            raise ValueError(f"the portal has no group {group}")
        store.portal[group].update(values)
    return store.portal


def _held(store: Store, entity: str, record_id: str) -> Record:
    found = store.get(entity, whole_of(record_id)) if entity in store.tables else None
    if found is None:
        raise LookupError(f"bigcommerce has no {entity} {record_id}")
    return found


def _stored(call: Call, entity: str, written: Written) -> Record:
    return _held(call.store, entity, str(written.remote_id))


def _token_shown(token: Token) -> Record:
    return {
        "id": token.ident, "token": token.value, "kind": token.kind, "name": token.name,
        "client_id": token.client_id, "scopes": sorted(token.scopes), "active": token.active,
    }  # fmt: skip


def _plainly(do: Callable[[], Record]) -> Record:
    try:
        return do()
    except (Refusal, CoreRefusal) as refusal:
        raise ValueError(str(refusal)) from refusal
