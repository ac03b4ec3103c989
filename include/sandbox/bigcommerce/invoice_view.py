"""How invoices are read: one, many, their PDF."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from sandbox.bigcommerce import errors
from sandbox.bigcommerce.call import Call, Page
from sandbox.bigcommerce.listing import between, equals, numbers, ordered, page, search, where
from sandbox.bigcommerce.wire import Record, four, whole_of

_SORTS = (
    "invoiceNumber", "createdAt", "customerId", "externalCustomerId", "dueDate", "updatedAt", "isPendingPayment",
    "openBalance", "originalBalance", "status", "id",
)  # fmt: skip
_SEARCHED = ("invoiceNumber", "type", "orderNumber", "purchaseOrderNumber", "customerId", "externalCustomerId")


_NO_WORDS = {"type": "", "comments": "", "description": ""}


def list_invoices(call: Call) -> Page:
    """GET /invoices."""
    rows = _visible(call, call.store.table("invoice").rows())
    rows = equals(call, search(call, rows, _SEARCHED), "customerId", "status")
    rows = between(call, _named(call, _external(call, rows)), "createdAt", "beginDateAt", "endDateAt")
    channels = numbers(call, "channelIds", "channelIds[]")
    if channels is not None:
        rows = where(rows, lambda row: int(row["channelId"]) in channels)
    if call.query.get("sortBy") == "isPendingPayment":
        rows = ({**row, "isPendingPayment": pending(call, row["id"])} for row in rows)
    found = page(call, ordered(call, rows, _SORTS, "id"))
    extra = call.query.get("isIncludeExtraFields") == "1"
    return Page([shown(call, row, extra) for row in found.rows], found.total, found.limit, found.offset)


def get_invoice(call: Call) -> Record:
    """GET /invoices/{id}."""
    found = call.store.get("invoice", call.number("id"))
    if found is None:
        raise errors.no_invoice()
    return shown(call, found, True)


def pdf(call: Call) -> Record:
    """GET /invoices/{id}/download-pdf: a URL, no bytes."""
    invoice = get_invoice(call)
    url = f"https://files.example/{call.store.hash}/invoices/{call.path['id']}.pdf"
    return {"url": url, "externalPdfUrl": invoice["externalPdfUrl"]}


def _visible(call: Call, rows: Iterable[Record]) -> Iterable[Record]:
    lag = call.settings.list_lag_seconds
    if not lag:
        return rows
    return where(rows, lambda row: row["updatedAt"] + lag <= call.now.timestamp())


def _named(call: Call, rows: Iterable[Record]) -> Iterable[Record]:
    name = call.asked("customerName")
    return rows if name is None else where(rows, lambda row: name.casefold() in row["customerName"].casefold())


def _external(call: Call, rows: Iterable[Record]) -> Iterable[Record]:
    """externalId[] is typed a number, while ERP ids are none; what the vendor does with those is unknown."""
    wanted = {text for name in ("externalId[]", "externalId") for text in call.query.getall(name, []) if text}
    mode = call.settings.external_id_filter
    foreign = {text for text in wanted if whole_of(text) is None}
    if foreign and mode == "refuse":
        raise errors.wrong_fields({"externalId": ["A valid number is required."]}, call.settings.parameter_errors)
    if not wanted or (foreign and mode == "ignore"):
        return rows
    return where(rows, lambda row: row["externalId"] in wanted)


def pending(call: Call, invoice_id: int) -> int:
    """1 while a payment on the invoice is not settled."""
    unsettled = (0, 1, 2) if call.settings.pending_flag == "unsettled" else (1,)
    return int(any(each["processingStatus"] in unsettled for each in call.store.payments_on(invoice_id)))


def shown(call: Call, invoice: Record, with_extra: bool) -> Record:
    """An invoice as reads show it."""
    one = {**invoice, "isPendingPayment": pending(call, invoice["id"])}
    for name in ("originalBalance", "openBalance"):
        one[name] = {"code": one[name]["code"], "value": four(one[name]["value"])}
    one["details"] = _texts(one["details"], call.settings.detail_values == "four_decimals")
    one["id"] = str(one["id"]) if call.settings.id_type == "string" else one["id"]
    if call.settings.invoice_times == "string":
        one.update({name: str(one[name]) for name in ("createdAt", "updatedAt")})
    if not with_extra:
        del one["extraFields"]
    return one


def _texts(value: Any, padded: bool) -> Any:
    """Every amount inside the details is text."""
    if isinstance(value, dict):
        return {key: _texts(item, padded) for key, item in value.items()}
    if isinstance(value, list):
        return [_texts(item, padded) for item in value]
    if not isinstance(value, Decimal):
        return value
    return four(value) if padded else format(value.normalize(), "f")


def shown_details(given: Record, order_date: int) -> Record:
    """Details as they are stored: the whole of what was given, in a frame that is always there."""
    header, inner = given.get("header", {}), given.get("details", {})
    return {
        "type": "StandardInvoiceDetails",
        "header": {
            "costLines": header.get("costLines", []), "orderDate": order_date,
            "billingAddress": header.get("billingAddress", {}), "customerFields": header.get("customerFields", {}),
            "shippingAddresses": header.get("shippingAddresses", []),
        },
        "details": {
            "shipments": inner.get("shipments", []),
            "lineItems": [{**_NO_WORDS, **line} for line in inner.get("lineItems", [])],
        },
    }  # fmt: skip
