"""Receipts and their lines: payment by invoice, the flattest view of what was paid."""

from __future__ import annotations

from collections.abc import Iterable

from sandbox.bigcommerce import errors
from sandbox.bigcommerce.call import Call, Page, Written
from sandbox.bigcommerce.listing import numbers, ordered, page, search, where
from sandbox.bigcommerce.wire import Record, four

_SORTS = (
    "customerId", "externalCustomerId", "paymentId", "total", "transactionType", "referenceNumber", "createdAt",
    "updatedAt",
)  # fmt: skip
_LINE_SORTS = ("customerId", "externalCustomerId", "receiptId", "invoiceId", "amount", "createdAt", "updatedAt")
_SEARCHED = ("payerName", "referenceNumber", "customerId", "externalId", "externalCustomerId")
_LINE_SEARCHED = (*_SEARCHED, "payerCustomerId", "invoiceId")


def list_receipts(call: Call) -> Page:
    """GET /receipts."""
    rows: Iterable[Record] = call.store.table("receipt").rows()
    wanted = numbers(call, "paymentStatus[]", "paymentStatus")
    if wanted is not None:
        rows = where(rows, lambda row: _status(call, row) in wanted)
    return _shown(page(call, ordered(call, search(call, rows, _SEARCHED), _SORTS, "createdAt")))


def get_receipt(call: Call) -> Record:
    """GET /receipts/{id}."""
    return _money(_receipt(call))


def list_lines(call: Call) -> Page:
    """GET /receipt-lines and GET /receipts/{id}/lines."""
    table = call.store.table("receipt_line")
    rows: Iterable[Record] = table.rows()
    if "id" in call.path:
        rows = table.having("receiptId", _receipt(call)["id"])
    wanted = numbers(call, "paymentStatus[]", "paymentStatus")
    if wanted is not None:
        rows = where(rows, lambda row: row["paymentStatus"] in wanted)
    return _shown(page(call, ordered(call, search(call, rows, _LINE_SEARCHED), _LINE_SORTS, "createdAt")))


def get_line(call: Call) -> Record:
    """GET /receipts/{id}/lines/{line}."""
    return _money(_line(call))


def delete_receipt(call: Call) -> Written:
    """DELETE /receipts/{id}; the payment stays."""
    receipt = _receipt(call)
    for line in call.store.table("receipt_line").having("receiptId", receipt["id"]):
        call.store.table("receipt_line").remove(line["id"])
    call.store.table("receipt").remove(receipt["id"])
    return Written({"id": receipt["id"]}, str(receipt["paymentId"]), receipt["id"])


def delete_line(call: Call) -> Written:
    """DELETE /receipts/{id}/lines/{line}."""
    line = _line(call)
    call.store.table("receipt_line").remove(line["id"])
    return Written({"id": line["id"]}, line["invoiceNumber"], line["id"])


def _receipt(call: Call) -> Record:
    found = call.store.get("receipt", call.number("id"))
    if found is None:
        raise errors.no_receipt()
    return found


def _line(call: Call) -> Record:
    receipt, line = _receipt(call), call.store.get("receipt_line", call.number("line"))
    if line is None or line["receiptId"] != receipt["id"]:
        raise errors.no_receipt()
    return line


def _status(call: Call, receipt: Record) -> int | None:
    payment = call.store.get("payment", receipt["paymentId"])
    return payment["processingStatus"] if payment else None


def _shown(found: Page) -> Page:
    return Page([_money(row) for row in found.rows], found.total, found.limit, found.offset)


def _money(row: Record) -> Record:
    name = "total" if "total" in row else "amount"
    hidden = () if name == "total" else ("payerCustomerId",)
    shown = {key: value for key, value in row.items() if key not in hidden}
    return {**shown, name: {"code": row[name]["code"], "value": four(row[name]["value"])}}
