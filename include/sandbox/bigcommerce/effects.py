"""What payments do to invoices, and the receipts that go with them."""

from __future__ import annotations

from decimal import Decimal

from sandbox.bigcommerce.call import Call
from sandbox.bigcommerce.wire import Record

# of an invoice
OPEN, PARTIAL, COMPLETED = 0, 1, 2
# of a payment
INCOMPLETE, AWAITING, PROCESSING, DONE, REFUNDED = range(5)
OFFLINE, ONLINE = "payments_offline", "payments_bigcommerce_sales_order"


def apply(call: Call, payment: Record) -> Record:
    """Take the payment off its invoices."""
    return _moved(call, payment, -1, 1)


def undo(call: Call, payment: Record) -> Record:
    """Put it back on them."""
    return _moved(call, payment, 1, 0) if payment["appliedStatus"] else payment


def _moved(call: Call, payment: Record, sign: int, applied: int) -> Record:
    stamp = call.moment if call.settings.payment_moves_updated_at else None
    for line in payment["lineItems"]:
        invoice = call.store.get("invoice", line["invoiceId"])
        if invoice is not None:
            call.store.table("invoice").put(settle(invoice, sign * line["amount"]["value"], stamp))
    changed = {**payment, "appliedStatus": applied, "updatedAt": call.moment}
    return call.store.table("payment").put(changed)


def settle(invoice: Record, change: Decimal, moment: int | None) -> Record:
    """The invoice after a share of a payment came off its balance, or back on; payments do move the status."""
    due, whole = invoice["openBalance"]["value"] + change, invoice["originalBalance"]["value"]
    status = COMPLETED if due <= 0 else OPEN if due >= whole else PARTIAL
    stamp = {} if moment is None else {"updatedAt": moment}
    return {**invoice, "openBalance": {**invoice["openBalance"], "value": due}, "status": status, **stamp}


def progress(call: Call, payment: Record, status: int) -> Record:
    """Move a payment to a processing status, with what that does to balances and receipt lines."""
    changed = {**payment, "processingStatus": status, "updatedAt": call.moment}
    call.store.table("payment").put(changed)
    for line in call.store.table("receipt_line").having("paymentId", payment["id"]):
        call.store.table("receipt_line").put({**line, "paymentStatus": status, "updatedAt": call.moment})
    if status == REFUNDED:
        return undo(call, changed)
    reached = status >= call.settings.applies_from_status
    return apply(call, changed) if reached and not changed["appliedStatus"] else changed


def write_receipt(call: Call, payment: Record, how: str, reference: str) -> Record:
    """One receipt for a payment, with one line for each invoice."""
    shared = {name: payment[name] for name in ("customerId", "externalId", "externalCustomerId")}
    shared = {name: value or "" for name, value in shared.items()}
    shared |= {"createdAt": call.moment, "updatedAt": call.moment, "storeHash": call.store.hash}
    shared |= {"transactionType": "Paid", "paymentType": how, "referenceNumber": reference, "paymentId": payment["id"]}
    payer = {name: payment[name] for name in ("payerName", "payerCustomerId", "total")}
    memo = {"details": {"paymentDetails": payment["details"]}}
    receipt = call.store.table("receipt").add({**shared, **payer, **memo})
    for line in payment["lineItems"]:
        of = {"receiptId": receipt["id"], "paymentStatus": payment["processingStatus"]}
        given = {name: line[name] for name in ("invoiceId", "invoiceNumber", "amount")}
        call.store.table("receipt_line").add({**shared, **of, **given, "payerCustomerId": payment["payerCustomerId"]})
    return receipt


def forget(call: Call, payment_id: int) -> None:
    """A payment goes with its receipt and the receipt's lines, and leaves nothing that says so."""
    for name in ("receipt_line", "receipt"):
        table = call.store.table(name)
        for row in table.having("paymentId", payment_id):
            table.remove(row["id"])
    call.store.table("payment").remove(payment_id)
