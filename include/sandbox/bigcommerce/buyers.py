"""A buyer pays online: the order that the payment is, the payment, and what can go wrong between the two."""

from __future__ import annotations

from decimal import Decimal

from sandbox.bigcommerce import core_orders, hooks
from sandbox.bigcommerce.call import Call
from sandbox.bigcommerce.core_orders import DECLINED
from sandbox.bigcommerce.effects import AWAITING, INCOMPLETE, ONLINE, progress, write_receipt
from sandbox.bigcommerce.wire import Record, decimal_of, iso, whole_of

# completed: paid and told; pending: paid, not settled; declined: no money; finish_lost: paid, and B2B was never
# told; incomplete: paid, and the payment stayed at 0 until somebody pulls the order's state
OUTCOMES = ("completed", "pending", "declined", "finish_lost", "incomplete")
_PAID_STATUS = 11


def pay(call: Call, fields: Record) -> Record:
    """The payment, or the order where no payment came of it.

    fields: `lines` [{invoiceId, amount}] or `invoiceId` and `amount`; `outcome`; `payer`, a company id where a
    parent company pays for another; `memo`.
    """
    outcome = fields.get("outcome", "completed")
    if outcome not in OUTCOMES:
        raise ValueError(f"outcome must be one of {', '.join(OUTCOMES)}, not {outcome!r}")
    lines = [_line(call, each) for each in fields.get("lines") or [fields]]
    codes = {line["amount"]["code"] for line in lines}
    if len(codes) != 1:
        raise ValueError("a payment has one currency")
    order = _order(call, lines, codes.pop(), outcome)
    if outcome in ("declined", "finish_lost"):
        return order
    return _payment(call, fields, lines, order, outcome)


def _line(call: Call, given: Record) -> Record:
    invoice = call.store.get("invoice", whole_of(given.get("invoiceId")))
    amount = decimal_of(given.get("amount"))
    if invoice is None:
        raise LookupError(f"bigcommerce has no invoice {given.get('invoiceId')}")
    if amount is None or amount <= 0 or amount > invoice["openBalance"]["value"]:
        raise ValueError(f"a buyer pays more than 0 and at most what is open, not {given.get('amount')!r}")
    share = {"code": invoice["openBalance"]["code"], "value": amount}
    return {"invoiceId": invoice["id"], "invoiceNumber": invoice["invoiceNumber"], "amount": share}


def _order(call: Call, lines: list[Record], code: str, outcome: str) -> Record:
    """The online payment is an order of its own, with one digital product."""
    total = sum((line["amount"]["value"] for line in lines), Decimal(0))
    customer = _payer_user(call, lines).get("customerId", 0)
    hidden = call.store.portal["paymentsBigcommerceSalesOrder"]["productId"]
    product = {"name": "Invoice payment", "type": "digital", "price_ex_tax": total, "product_id": hidden}
    given = {
        "customer_id": customer, "currency_code": code, "products": [product], "payment_method": "Test Gateway",
        "status_id": DECLINED if outcome == "declined" else _PAID_STATUS, "offline": False,
        "payment_status": {"declined": "declined", "pending": "authorized"}.get(outcome, "captured"),
    }  # fmt: skip
    order = core_orders.add(call, given)
    return call.store.table("order").put({**order, **_marks(call, order, total, code, outcome)})


def _payer_user(call: Call, lines: list[Record]) -> Record:
    invoice = call.store.get("invoice", lines[0]["invoiceId"]) or {}
    users = call.store.table("user").having("companyId", invoice.get("customerId"))
    return users[0] if users else {}


def _marks(call: Call, order: Record, total: Decimal, code: str, outcome: str) -> Record:
    stamp = iso(call.now)
    mark = {
        "id": order["id"], "key": "orderType", "value": "invoice payment", "namespace": "b2b", "description": "",
        "permission_set": "read", "resource_type": "order", "resource_id": order["id"], "date_created": stamp,
        "date_modified": stamp, "owner_client_id": "b2b-edition",
    }  # fmt: skip
    event = "authorization" if outcome == "pending" else "purchase"
    taken = {
        "id": order["id"], "order_id": str(order["id"]), "event": event,
        "method": "credit_card", "amount": total, "currency": code, "gateway": "testgateway", "test": True,
        "gateway_transaction_id": f"T{order['id']:06d}", "status": "error" if outcome == "declined" else "ok",
        "fraud_review": False, "offline": None, "custom": None,
        "payment_method_id": "testgateway.credit_card", "date_created": stamp,
        "credit_card": {"card_type": "visa", "card_last4": "1111", "card_expiry_month": 12, "card_expiry_year": 2050},
    }  # fmt: skip
    return {"_metafields": [mark], "_transactions": [taken]}


def _payment(call: Call, fields: Record, lines: list[Record], order: Record, outcome: str) -> Record:
    invoice = call.store.get("invoice", lines[0]["invoiceId"]) or {}
    user, total = _payer_user(call, lines), Decimal(order["total_inc_tax"])
    payer = str(fields.get("payer") or invoice["customerId"])
    made = call.store.table("payment").add({
        "createdAt": call.moment, "updatedAt": call.moment, "storeHash": call.store.hash,
        "customerId": invoice["customerId"], "externalId": None, "externalCustomerId": None,
        "payerName": f"{user.get('firstName', '')} {user.get('lastName', '')}".strip() or "Buyer",
        "payerCustomerId": payer, "details": {"memo": str(fields.get("memo", "memo"))},
        "moduleName": ONLINE, "fees": [],
        "moduleData": {"cartId": f"00000000-0000-4000-8000-{order['id']:012d}", "orderId": order["id"],
                       "transactions": [{"type": "CreditCardTransaction", "rawTransaction": None}]},
        "processingStatus": INCOMPLETE, "appliedStatus": 0, "fundingStatus": 2,
        "total": {"code": lines[0]["amount"]["code"], "value": total}, "lineItems": lines,
        "customerName": invoice["customerName"], "channelId": "1", "channelName": "Channel 1",
        "transactions": [_card(order)],
    })  # fmt: skip
    lines = [{**line, "paymentId": made["id"]} for line in lines]
    made = call.store.table("payment").put({**made, "lineItems": lines})
    write_receipt(call, made, "Visa ending in 1111", f"T{order['id']:06d}")
    return made if outcome == "incomplete" else progress(call, made, _status(call, outcome))


def _status(call: Call, outcome: str) -> int:
    made = int(call.store.portal["payments"]["statusAfterPaymentIsMade"])
    return AWAITING if outcome == "pending" else made


def _card(order: Record) -> Record:
    card = {"type": "Visa", "last4": "1111", "expiryYear": 2050, "expiryMonth": 12}
    return {
        "type": "CreditCardTransaction", "gateway": "testgateway", "transactionId": f"T{order['id']:06d}",
        "authCode": "", "event": "capture", "card": card, "rawTransaction": "",
    }  # fmt: skip


def refund(call: Call, fields: Record) -> Record:
    """The store gives money back for an order; by itself that moves no invoice."""
    order = call.store.get("order", whole_of(fields.get("order_id")))
    amount = decimal_of(fields.get("amount"))
    if order is None or amount is None or amount <= 0:
        raise ValueError("a refund needs order_id and an amount above 0")
    known = sum(len(each["_refunds"]) for each in call.store.table("order").rows())
    made = {
        "id": known + 1, "order_id": order["id"], "user_id": 1, "created": iso(call.now), "reason": "",
        "total_amount": amount, "total_tax": Decimal(0), "uses_merchant_override_values": False,
        "items": [{"item_type": "ORDER", "item_id": order["id"], "quantity": 1, "requested_amount": amount}],
        "payments": [{"provider_id": "testgateway", "amount": amount, "offline": False, "is_declined": False}],
    }  # fmt: skip
    whole = amount >= Decimal(order["total_inc_tax"])
    state = {"status_id": 4 if whole else 14, "payment_status": "refunded" if whole else "partially refunded"}
    core_orders.change(call, order, {"_refunds": [*order["_refunds"], made], **state})
    hooks.tell(
        call, "store/order/refund/created", {"type": "order", "id": order["id"], "refund": {"refund_id": made["id"]}}
    )
    return made
