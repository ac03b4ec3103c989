"""Invoice payments: what is recorded as paid elsewhere, and the states that payments go through."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from sandbox.bigcommerce import errors, schema
from sandbox.bigcommerce.call import Call, Page, Written
from sandbox.bigcommerce.effects import (
    AWAITING,
    DONE,
    OFFLINE,
    ONLINE,
    REFUNDED,
    apply,
    forget,
    progress,
    undo,
    write_receipt,
)
from sandbox.bigcommerce.invoices import check_channel, check_currency, company_of
from sandbox.bigcommerce.listing import equals, numbers, ordered, page, search, where
from sandbox.bigcommerce.reader import Reader
from sandbox.bigcommerce.wire import Record, decimal_of, four, kept

_SORTS = (
    "moduleName", "processingStatus", "appliedStatus", "createdAt", "customerId", "externalCustomerId",
    "fundingStatus", "updatedAt", "totalAmount", "id",
)  # fmt: skip
_SEARCHED = ("id", "customerId", "externalId", "externalCustomerId")
_INVALID = "Invalid request data"
PAYER = "Store offline payment"
APPLY, REVERT, PULL = 0, 1, 2


def list_payments(call: Call) -> Page:
    """GET /payments; there is no filter by date."""
    rows: Iterable[Record] = call.store.table("payment").rows()
    rows = equals(call, search(call, rows, _SEARCHED), "processingStatus")
    name, invoices = call.asked("customerName"), numbers(call, "invoiceId")
    if name is not None:
        rows = where(rows, lambda row: name.casefold() in row["customerName"].casefold())
    if invoices is not None:
        rows = where(rows, lambda row: any(line["invoiceId"] in invoices for line in row["lineItems"]))
    rows = ({**row, "totalAmount": row["total"]["value"]} for row in rows)
    found = page(call, ordered(call, rows, _SORTS, "id"))
    return Page([shown(call, row) for row in found.rows], found.total, found.limit, found.offset)


def get_payment(call: Call) -> Record:
    """GET /payments/{id}."""
    return shown(call, held(call))


def get_operations(call: Call) -> Record:
    """GET /payments/{id}/operations; here the codes are texts."""
    payment = held(call)
    return {
        "allowedOperations": [str(code) for code in allowed_operations(payment)],
        "allowedStatuses": [str(code) for code in range(AWAITING, REFUNDED + 1)],
    }


def get_transactions(call: Call) -> list[Record]:
    """GET /payments/{id}/transactions."""
    return [dict(each) for each in held(call)["transactions"]]


def create_offline(call: Call) -> Written:
    """POST /payments/offline."""
    body = _read(call, schema.CREATE_PAYMENT)
    check_channel(call, call.body)
    payment = {**_content(call, body), "createdAt": call.moment, "updatedAt": call.moment}
    made = _numbered(call, call.store.table("payment").add(payment))
    write_receipt(call, made, "Offline", body["details"].get("memo") or str(made["id"]))
    progress(call, made, made["processingStatus"])
    return Written({"paymentId": made["id"]}, made["externalId"] or "", made["id"])


def update_offline(call: Call) -> Written:
    """PUT /payments/offline/{id}: the whole body again; online payments cannot be changed."""
    old = held(call)
    if old["moduleName"] != OFFLINE:
        raise errors.refused(400, "The payment is not an offline payment.")
    body = _read(call, schema.UPDATE_PAYMENT)
    taken_back = undo(call, old)
    try:
        content = _content(call, body)
    except errors.Refusal:
        if old["appliedStatus"]:
            apply(call, taken_back)
        raise
    forget(call, old["id"])
    funding = body.get("fundingStatus", 2)
    changed = {**old, **content, "fundingStatus": funding, "updatedAt": call.moment, "appliedStatus": 0}
    changed = _numbered(call, changed)
    write_receipt(call, changed, "Offline", body["details"].get("memo") or str(old["id"]))
    progress(call, changed, changed["processingStatus"])
    return Written({"paymentId": old["id"]}, changed["externalId"] or "", old["id"])


def delete(call: Call) -> Written:
    """DELETE /payments/{id}: the balances come back."""
    payment = held(call)
    undo(call, payment)
    forget(call, payment["id"])
    return Written({"id": payment["id"]}, payment["externalId"] or "", payment["id"])


def operate(call: Call) -> Written:
    """POST /payments/{id}/operations."""
    payment = held(call)
    code = Reader(call.settings).read(schema.OPERATION, call.body)["operationCode"]
    if code not in allowed_operations(payment):
        raise errors.refused(400, "The payment operation is not allowed.", errors.NOT_FOUND)
    if code == PULL:
        progress(call, payment, int(call.store.portal["payments"]["statusAfterPaymentIsMade"]))
    else:
        (apply if code == APPLY else undo)(call, payment)
    return Written({"id": payment["id"]}, payment["externalId"] or "", payment["id"])


def set_status(call: Call) -> Written:
    """PUT /payments/{id}/processing-status."""
    payment = held(call)
    status = Reader(call.settings).read(schema.PROCESSING, call.body)["processingStatus"]
    if not AWAITING <= status <= REFUNDED:
        raise errors.refused(400, "The payment processing status is not allowed.", errors.NOT_FOUND)
    progress(call, payment, status)
    return Written({"id": payment["id"]}, payment["externalId"] or "", payment["id"])


def held(call: Call) -> Record:
    """The payment that the path names."""
    found = call.store.get("payment", call.number("id"))
    if found is None:
        raise errors.no_payment()
    return found


def allowed_operations(payment: Record) -> list[int]:
    """Apply what is not applied, revert what is; only online payments have an order to pull from."""
    pull = [PULL] if payment["moduleName"] == ONLINE else []
    return [REVERT if payment["appliedStatus"] else APPLY, *pull]


def shown(call: Call, payment: Record) -> Record:
    """A payment as reads show it."""
    one = {key: value for key, value in payment.items() if key not in ("transactions", "totalAmount")}
    one["total"] = _money(payment["total"])
    one["lineItems"] = [{**line, "amount": _money(line["amount"])} for line in payment["lineItems"]]
    one["allowedOperations"] = allowed_operations(payment)
    one["allowedStatuses"] = list(range(AWAITING, REFUNDED + 1))
    one["id"] = str(one["id"]) if call.settings.id_type == "string" else one["id"]
    return one


def _money(amount: Record) -> Record:
    return {"code": amount["code"], "value": four(amount["value"])}


def _read(call: Call, shape: schema.Shape) -> Record:
    return Reader(call.settings, errors.refused(422, _INVALID)).read(shape, call.body)


def _content(call: Call, body: Record) -> Record:
    """What a payment says of itself, its lines apart."""
    company = company_of(call, body["customerId"])
    check_currency(call, body["currency"])
    lines = _lines(call, body)
    total = sum((line["amount"]["value"] for line in lines), Decimal(0))
    return {
        "storeHash": call.store.hash, "customerId": body["customerId"], "externalId": body.get("externalId"),
        "externalCustomerId": body.get("externalCustomerId"), "payerName": body.get("payerName", PAYER),
        "payerCustomerId": body.get("payerCustomerId", body["customerId"]), "details": body["details"],
        "moduleName": OFFLINE, "fees": [], "processingStatus": body.get("processingStatus", DONE),
        "appliedStatus": 0, "fundingStatus": 2, "total": {"code": body["currency"], "value": total},
        "moduleData": {"transactions": [{**body["details"], "type": "OfflineTransaction", "rawTransaction": None}]},
        "transactions": [{"type": "OfflineTransaction", "rawTransaction": ""}], "lineItems": lines,
        "customerName": company["companyName"], "channelId": "1", "channelName": "Channel 1",
    }  # fmt: skip


def _numbered(call: Call, payment: Record) -> Record:
    """Its lines carry the payment's id."""
    lines = [{**line, "paymentId": payment["id"]} for line in payment["lineItems"]]
    return call.store.table("payment").put({**payment, "lineItems": lines})


def _lines(call: Call, body: Record) -> list[Record]:
    if not body["lineItems"]:
        raise errors.wrong_fields({"lineItems": [errors.REQUIRED]}, "fields")
    lines = [_line(call, body, each) for each in body["lineItems"]]
    shares: dict[int, Decimal] = defaultdict(Decimal)
    for line in lines:
        shares[line["invoiceId"]] += line["amount"]["value"]
    for invoice_id, share in shares.items():
        invoice = call.store.get("invoice", invoice_id)
        too_much = invoice is not None and share > invoice["openBalance"]["value"]
        if too_much and call.settings.overpayment == "refuse":
            raise errors.refused(422, "The amount is greater than the open balance.")
    return lines


def _line(call: Call, body: Record, given: Record) -> Record:
    """One share; the invoice must be of the same company and currency."""
    invoice = call.store.get("invoice", given["invoiceId"])
    if invoice is None:
        raise errors.refused(422, "Invoice does not exist")
    if invoice["customerId"] != body["customerId"]:
        raise errors.refused(422, "The invoice belongs to another company.")
    if invoice["openBalance"]["code"] != body["currency"]:
        raise errors.bad_currency()
    share = {"code": body["currency"], "value": _amount(given["amount"])}
    return {"invoiceId": invoice["id"], "invoiceNumber": invoice["invoiceNumber"], "amount": share}


def _amount(value: Any) -> Decimal:
    amount = decimal_of(value)
    if amount is None or amount <= 0:
        raise errors.refused(422, _INVALID)
    return kept(amount)
