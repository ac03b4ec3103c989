"""Invoices of the store as facts that can be compared: with what we asked for, and with what we sent before; pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from invoice_sync.connectors.base import UPDATE, Change, Json, Remote
from invoice_sync.connectors.bigcommerce import dates, envelope, fields
from invoice_sync.connectors.bigcommerce.amounts import in_minor_units
from invoice_sync.connectors.bigcommerce.envelope import text_of
from invoice_sync.connectors.bigcommerce.invoices import CANCELED, status_of
from invoice_sync.connectors.bigcommerce.lines import MOST_DECIMALS, NOTHING
from invoice_sync.connectors.bigcommerce.payload import CASH, FIELDS, ONLY_AT_CREATION
from invoice_sync.model import canonical
from invoice_sync.model.errors import BadAmount
from invoice_sync.model.money import Money, exact

STATUS_WORDS = {0: "open", 1: "partly paid", 2: "completed"}

_PROVEN = {
    "invoiceNumber": "number", "customerId": "company", "type": "type", "originalBalance": "total",
    "openBalance": "open balance", "status": "status", "dueDate": "due date",
}  # fmt: skip
_UNPROVEN = {
    "issuedAt": "date", "purchaseOrderNumber": "PO number", "externalPdfUrl": "PDF link", "termsConditions": "terms",
    "externalCustomerId": "customer number", FIELDS: "extra fields",
}  # fmt: skip
_INSIDE = {
    "costLines": "summary", "billingAddress": "billing address", "shippingAddresses": "shipping address",
    "shipments": "shipment", "lineItems": "lines",
}  # fmt: skip
_BALANCES = ("originalBalance", "openBalance")
_MOVED_BY_PAYMENTS = ("openBalance", "status")
_MOMENTS = ("dueDate", "issuedAt")
_SHOWN = frozenset({"invoiceNumber", "type", "purchaseOrderNumber"})
"""Further fields whose values name nobody."""
_CAN_BE_EMPTIED = frozenset({"externalPdfUrl", "issuedAt"})
_NUMBERS = frozenset({"value", "quantity"})
"""Of the texts inside an invoice: those that come back with four decimals."""
_STEP = Decimal(1).scaleb(-MOST_DECIMALS)


def remote(record: Json) -> Remote:
    """An invoice as it is compared. Raises KeyError when it has no id.

    One that we took back counts as zero whatever the store goes on to show, for it asks for nothing; it stays a live
    record, since an update brings it back. `pending` and `fields` are no part of what is compared.
    """
    facts = {
        "marker": text_of(record.get("externalId")),
        "number": text_of(record.get("invoiceNumber")),
        "company": text_of(record.get("customerId")),
        "type": text_of(record.get("type")),
        "currency": text_of(_inside(record, "originalBalance", "code")),
        "total": _total(record),
        "balance": _readable(record.get("openBalance")),
        "status": _status(record.get("status")),
        "due": _moment(record.get("dueDate")),
        "order": text_of(record.get("orderNumber")),
        "pending": text_of(record.get("isPendingPayment")),
        "fields": canonical.dumps(fields.held(record)),
    }
    return Remote(_identity(record), text_of(record.get("updatedAt")), facts["number"], facts)


def asked(identity: str, facts: Mapping[str, str]) -> Remote:
    """What a write that went well has made: its answer names the id and nothing else, `facts` are what was sent."""
    return Remote(identity, "", facts.get("number", ""), facts)


def found(record: Json, operation: str, body: Json) -> Remote:
    """A record that may hold `body`, the content of an update: facts alone do not show a line or an address."""
    seen = remote(record)
    arrived = operation == UPDATE and _arrived(body, record)
    return replace(seen, facts={**seen.facts, "sent": "there"}) if arrived else seen


def expected(operation: str, body: Json) -> dict[str, str]:
    """The facts of the invoice that `body`, its placeholders filled, asks for; of those that it says anything about.
    What is open is moved by payments where those are records, so that it is no fact of the invoice then.

    The order number is none of them: only a creation can set it, and the store may have refused it for another
    invoice of the order.
    """
    facts = {name: text_of(body.get(field)) for name, field in _TEXTS.items() if field in body}
    if "originalBalance" in body:
        facts["currency"] = text_of(body["originalBalance"]["code"])
    if facts.get("type") == CANCELED or "originalBalance" in body:
        facts["total"] = _total(body)
    if "openBalance" in body and CASH not in body:
        facts["balance"] = _readable(body["openBalance"])
    if "status" in body and CASH not in body:
        facts["status"] = _status(body["status"])
    if "dueDate" in body:
        facts["due"] = _moment(body["dueDate"])
    return {**facts, "sent": "there"} if operation == UPDATE else facts


def changes(before: Json, after: Json) -> list[Change]:
    """Field by field. People's addresses and texts are only said to differ."""
    moved = _MOVED_BY_PAYMENTS if CASH in after else ()
    before, after = ({name: body[name] for name in body if name not in moved} for body in (before, after))
    told = [
        Change(label, _shown(field, before), _shown(field, after), proven=proven)
        for labels, proven in ((_PROVEN, True), (_UNPROVEN, False))
        for field, label in labels.items()
        if _is_changed(field, before, after)
    ]
    return [*told, *_changes_inside(before.get("details") or {}, after.get("details") or {})]


def by_now(before: Json, after: Json, there: Remote) -> Json:
    """`before` as buyers have moved it, once the source says the same: exactly what is open there is open by `after`.

    Were less asked for than is open there, nobody could tell a payment taken in from one that was not: a person looks.
    """
    try:
        left = _money_of(there.facts["balance"])
        sent, wanted, whole = map(_money, (before["openBalance"], after["openBalance"], before["originalBalance"]))
    except (BadAmount, KeyError, ValueError):
        return before
    if not wanted.minor == left.minor < sent.minor or {left.currency, wanted.currency} != {sent.currency}:
        return before
    return {**before, "openBalance": {"code": left.currency, "value": left.decimal}, "status": status_of(left, whole)}


def left_open(before: Json, after: Json, there: Remote) -> Json:
    """Of an update to an invoice whose payments are records: nothing, unless its total changed or it comes back."""
    new = _money(after["originalBalance"])
    if before.get("type") == CANCELED:
        open_ = new  # what was paid on it was taken back with it
    elif in_minor_units(before.get("originalBalance")) == in_minor_units(after["originalBalance"]):
        return {}
    else:
        open_ = _money_of(there.facts["balance"]) + new - _money(before["originalBalance"])
    return {"openBalance": {"code": open_.currency, "value": open_.decimal}, "status": status_of(open_, new)}


def emptied(before: Json, after: Json) -> list[str]:
    """Labels of what an update would leave as it was: fields that are gone, and terms, which it cannot set at all."""
    labels = {name: label for name, label in {**_PROVEN, **_UNPROVEN}.items() if name not in _CAN_BE_EMPTIED}
    del labels[FIELDS]
    gone = [label for field, label in labels.items() if before.get(field) and after.get(field) in (None, "")]
    gone += [f"extra field {name}" for name in sorted(fields.held(before).keys() - fields.held(after).keys())]
    terms = [before.get("termsConditions"), after.get("termsConditions")]
    only_at_creation = "termsConditions" in ONLY_AT_CREATION and all(terms) and terms[0] != terms[1]
    return gone + ([_UNPROVEN["termsConditions"]] if only_at_creation else [])


def _total(record: Json) -> str:
    code = text_of(_inside(record, "originalBalance", "code")) or text_of(_inside(record, "openBalance", "code"))
    if text_of(record.get("type")) == CANCELED:
        return f"0 {code}".strip()
    return in_minor_units(record.get("originalBalance"))


def _money(balance: Json) -> Money:
    return Money.of(balance["value"], balance["code"])


def _money_of(text: str) -> Money:
    """Out of a fact. Raises BadAmount, or ValueError for what is none."""
    value, code = text.split(" ")
    return Money.of(value, code)


def _readable(balance: object) -> str:
    """The same as people write it, "226.70 USD": an open balance that differs is shown to a person."""
    number, _, code = in_minor_units(balance).partition(" ")
    minor = number.removeprefix("-")
    if not (minor.isascii() and minor.isdigit()):
        return in_minor_units(balance)
    return f"{Money(int(number), code).decimal:f} {code}"


def _status(value: object) -> str:
    number = envelope.whole(value)
    return text_of(value) if number is None else STATUS_WORDS.get(number, str(number))


def _moment(value: object) -> str:
    seconds = envelope.whole(value)
    return text_of(value) if seconds is None else dates.shown(seconds)


def _changes_inside(before: Json, after: Json) -> Iterator[Change]:
    old, new = ({**(each.get("header") or {}), **(each.get("details") or {})} for each in (before, after))
    for field, label in _INSIDE.items():
        if field == "lineItems":
            yield from _line_changes(old.get(field) or [], new.get(field) or [])
        elif _differ(old.get(field), new.get(field)):
            yield Change(label, "", "", proven=False)


def _line_changes(before: list[Json], after: list[Json]) -> Iterator[Change]:
    if len(before) != len(after):
        yield Change("number of lines", str(len(before)), str(len(after)), proven=False)
    for place, (old, new) in enumerate(zip(before, after, strict=False), 1):
        if _differ(old, new):
            prices = [f"{line.get('quantity')} x {_inside(line, 'unitPrice', 'value')}" for line in (old, new)]
            shown = prices if prices[0] != prices[1] else ["", ""]
            yield Change(f"line {place}", shown[0], shown[1], proven=False)


def _shown(field: str, body: Json) -> str:
    value = body.get(field)
    if field in _BALANCES:
        return f"{_inside(body, field, 'value')} {_inside(body, field, 'code')}" if value else ""
    if field in _MOMENTS:
        return _moment(value)
    if field == "status":
        return _status(value)
    return text_of(value) if field in _SHOWN else ""


def _differ(one: object, other: object) -> bool:
    """An absent field, an empty text and an empty list are the same nothing."""
    return bool(one or other) and canonical.content_hash(one) != canonical.content_hash(other)


def _is_changed(field: str, before: Json, after: Json) -> bool:
    old, new = before.get(field), after.get(field)
    return in_minor_units(old) != in_minor_units(new) if field in _BALANCES else _differ(old, new)


def _arrived(body: Json, record: Json) -> bool:
    """Everything that an update sends is there; whatever else people keep in the store does not matter."""
    for field in ("purchaseOrderNumber", "externalPdfUrl", "externalCustomerId"):
        if field in body and text_of(record.get(field)) != text_of(body[field]):
            return False
    sent, there = {each["fieldName"]: each["fieldValue"] for each in body.get(FIELDS, ())}, fields.held(record)
    if any(there.get(name, "") != text for name, text in sent.items()):
        return False
    return _holds(record.get("details") or {}, body.get("details") or {})


def _holds(there: Any, sent: Any, name: str = "") -> bool:
    if isinstance(sent, Mapping):
        return isinstance(there, Mapping) and all(_holds(there.get(part), value, part) for part, value in sent.items())
    if isinstance(sent, list):
        same = isinstance(there, list) and len(there) == len(sent)
        return same and all(_holds(one, other) for one, other in zip(there, sent, strict=True))
    return _same_number(there, sent) if name in _NUMBERS else _same_text(text_of(there), text_of(sent))


def _same_text(there: str, sent: str) -> bool:
    """A dash is what an update writes for nothing."""
    return there == sent or (not sent and there in ("", NOTHING))


def _same_number(there: object, sent: object) -> bool:
    try:
        return _rounded(there) == _rounded(sent)
    except BadAmount:
        return False


def _rounded(number: object) -> Decimal:
    return exact(number).quantize(_STEP, rounding=ROUND_HALF_UP)


def _identity(record: Json) -> str:
    identity = envelope.whole(record.get("id"))
    if identity is None:
        raise KeyError("id")
    return str(identity)


def _inside(record: Json, field: str, part: str) -> Any:
    inner = record.get(field)
    return inner.get(part) if isinstance(inner, Mapping) else None


_TEXTS = {"marker": "externalId", "number": "invoiceNumber", "company": "customerId", "type": "type"}
