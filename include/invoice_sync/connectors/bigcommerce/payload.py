"""What goes over the wire for a planned body; pure.

A body has the form of a creation; names that begin with "_" stay with us. An update is a PUT: partial at the top, but
`details` as a whole; it takes every amount as text, wants no text to be empty, and knows no orderNumber, channelId,
termsConditions and issuedAt (the last is its createdAt).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from invoice_sync.connectors.base import CREATE, VOID, Json
from invoice_sync.connectors.bigcommerce import payments
from invoice_sync.connectors.bigcommerce.lines import NOTHING
from invoice_sync.model.money import exact

ID, COMPANY, FIELDS_OF_OTHERS, FIELDS = "_id", "_company", "_fields_of_others", "extraFields"
CASH = "_cash"
"""In the body of an invoice whose payments are records of the store, which keep its balance."""

ONLY_AT_CREATION = frozenset({"orderNumber", "channelId", "termsConditions", "issuedAt"})

_BALANCES = ("originalBalance", "openBalance")


def call_of(entity: str, operation: str, body: Json) -> tuple[str, str, dict[str, Any]]:
    """(method, path below the API's base, content) of the one call that writes `body`."""
    if entity == "customer":
        return "POST", "/companies", _ours(body)
    if entity == "payment":
        return _payment(operation, body)
    if operation == CREATE:
        return "POST", "/ip/invoices", _created(body)
    return "PUT", f"/ip/invoices/{body[ID]}", _updated(body)


def _payment(operation: str, body: Json) -> tuple[str, str, dict[str, Any]]:
    if operation == VOID:
        return "DELETE", f"/ip/payments/{body[payments.DELETED]}", {}
    if operation == CREATE:
        return "POST", "/ip/payments/offline", payments.content(body)
    return "PUT", f"/ip/payments/offline/{body[ID]}", payments.content(body)


def _ours(body: Json) -> dict[str, Any]:
    return {name: value for name, value in body.items() if not name.startswith("_")}


def _created(body: Json) -> dict[str, Any]:
    content = _ours(body)
    return content if content.get(FIELDS) else {name: value for name, value in content.items() if name != FIELDS}


def _updated(body: Json) -> dict[str, Any]:
    content = {name: value for name, value in _ours(body).items() if name not in ONLY_AT_CREATION}
    for name in _BALANCES:
        if name in content:
            balance = content[name]
            content[name] = {"code": balance["code"], "value": f"{exact(balance['value']):f}"}
    if "issuedAt" in body:
        content["createdAt"] = body["issuedAt"]
    if "details" in content:
        content["details"] = _details(content["details"])
    others = list(body.get(FIELDS_OF_OTHERS, ()))
    if given := [*content.pop(FIELDS, ()), *others]:
        content[FIELDS] = given
    return content


def _details(details: Json) -> dict[str, Any]:
    """With nothing empty in it: a dash stands for a part of an address that there is not."""
    filled: dict[str, Any] = _filled(details)
    billing = filled["header"].get("billingAddress")
    if billing:
        filled["header"]["billingAddress"] = {**billing, "customFields": ""}
    return filled


def _filled(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _filled(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_filled(part) for part in value]
    return NOTHING if value == "" else value
