"""Payments and receipts of the BigCommerce stand-in: staff's, buyers', their states and what they do to invoices."""

from __future__ import annotations

from typing import Any

import pytest

from contract import test_sandbox_bigcommerce_caller as helpers
from contract.test_sandbox_bigcommerce_caller import BIRCH, IPL, LUMEN, Caller, invoice, money, payment, text

running, bc = helpers.running, helpers.bc
OFFLINE = "/ip/payments/offline"


def state(bc: Caller, ident: int) -> tuple[str, int, int]:
    """What is open, the status, and whether something is pending."""
    held = bc.invoice(ident)
    return held["openBalance"]["value"], held["status"], held["isPendingPayment"]


@pytest.fixture
def ident(bc: Caller) -> int:
    return bc.made(openBalance=money("551.25"))


def buyer_pays(bc: Caller, ident: int, amount: str = "51.25", **fields: Any) -> Any:
    return bc.insert("buyer_payment", invoiceId=ident, amount=amount, **fields)


# --- offline ------------------------------------------------------------------------------------


def test_a_payment_of_the_default_status_lowers_the_balance_at_once(bc: Caller, ident: int) -> None:
    told = bc.call("POST", OFFLINE, payment(ident, "547.50", externalId="004530", externalCustomerId="C00000287"))
    paid = told.json()["data"]["paymentId"]
    assert told.json() == {"code": 200, "data": {"paymentId": paid}, "meta": {"message": "SUCCESS"}}
    assert state(bc, ident) == ("3.7500", 1, 0)
    held = bc.get(f"/ip/payments/{paid}")
    assert (held["processingStatus"], held["appliedStatus"], held["fundingStatus"]) == (3, 1, 2)
    assert held["moduleName"] == "payments_offline" and held["payerName"] == "Store offline payment"
    assert held["total"] == text("547.5000") and held["payerCustomerId"] == str(IPL)
    assert (held["externalId"], held["externalCustomerId"]) == ("004530", "C00000287")
    line = {"paymentId": paid, "invoiceId": ident, "invoiceNumber": "AR0000160", "amount": text("547.5000")}
    assert held["lineItems"] == [line] and held["details"] == {"memo": "004530"}


def test_the_rest_completes_the_invoice(bc: Caller, ident: int) -> None:
    bc.paid(ident, "547.50")
    bc.paid(ident, "3.75")
    assert state(bc, ident) == ("0.0000", 2, 0)


def test_one_payment_over_two_invoices_of_a_company(bc: Caller, ident: int) -> None:
    other = bc.made(invoiceNumber="AR-2", openBalance=money("10"))
    lines = [{"invoiceId": ident, "amount": "51.25"}, {"invoiceId": other, "amount": "10.00"}]
    paid = bc.done("POST", OFFLINE, payment(0, "0", lineItems=lines))["paymentId"]
    assert state(bc, ident)[:2] == ("500.0000", 1) and state(bc, other)[:2] == ("0.0000", 2)
    (receipt,) = bc.get("/ip/receipts", q="004530", searchBy="referenceNumber")
    assert receipt["total"] == text("61.2500") and receipt["paymentId"] == paid
    rows = bc.get(f"/ip/receipts/{receipt['id']}/lines", orderBy="ASC")
    assert [(row["invoiceId"], row["amount"]["value"]) for row in rows] == [(ident, "51.2500"), (other, "10.0000")]


@pytest.mark.parametrize(
    ("status", "balance", "invoice_status", "pending", "applied"),
    [(1, "551.2500", 0, 1, 0), (2, "500.0000", 1, 1, 1), (3, "500.0000", 1, 0, 1), (4, "551.2500", 0, 0, 0)],
)
def test_the_four_processing_statuses(
    bc: Caller, ident: int, status: int, balance: str, invoice_status: int, pending: int, applied: int
) -> None:
    paid = bc.paid(ident, "51.25", processingStatus=status)
    assert state(bc, ident) == (balance, invoice_status, pending)
    assert bc.get(f"/ip/payments/{paid}")["appliedStatus"] == applied


def test_from_which_status_on_a_payment_moves_the_balance(bc: Caller, ident: int) -> None:
    bc.set(applies_from_status=3)
    paid = bc.paid(ident, "51.25", processingStatus=2)
    assert state(bc, ident)[0] == "551.2500"
    bc.done("PUT", f"/ip/payments/{paid}/processing-status", {"processingStatus": 3})
    assert state(bc, ident)[0] == "500.0000"


def test_what_counts_as_pending(bc: Caller, ident: int) -> None:
    bc.paid(ident, "51.25", processingStatus=2)
    assert state(bc, ident)[2] == 1
    bc.set(pending_flag="awaiting")
    assert state(bc, ident)[2] == 0
    bc.paid(ident, "1.00", processingStatus=1)
    assert state(bc, ident)[2] == 1


def test_a_refund_gives_the_balance_back_once(bc: Caller, ident: int) -> None:
    paid = bc.paid(ident, "51.25")
    for _ in range(2):
        bc.done("PUT", f"/ip/payments/{paid}/processing-status", {"processingStatus": 4})
        assert state(bc, ident) == ("551.2500", 0, 0)
    bc.done("PUT", f"/ip/payments/{paid}/processing-status", {"processingStatus": 3})
    assert state(bc, ident)[0] == "500.0000"


def test_whether_a_payment_moves_the_invoices_stamp(bc: Caller, ident: int) -> None:
    before = bc.invoice(ident)["updatedAt"]
    bc.wait(100)
    paid = bc.paid(ident, "1.00")
    assert bc.invoice(ident)["updatedAt"] == before
    bc.set(payment_moves_updated_at=True)
    bc.done("DELETE", f"/ip/payments/{paid}")
    assert bc.invoice(ident)["updatedAt"] >= before + 100


@pytest.mark.parametrize(
    ("fields", "data"),
    [
        ({"currency": "XXQ"}, {"errMsg": "Invalid currency code"}),
        ({"currency": "EUR"}, {"errMsg": "Invalid currency code"}),
        ({"lineItems": None}, {"lineItems": ["This field is required."]}),
        ({"lineItems": []}, {"lineItems": ["This field is required."]}),
        ({"details": None}, {"details": ["This field is required."]}),
        ({"customerId": None}, {"customerId": ["This field is required."]}),
        ({"currency": None}, {"currency": ["This field is required."]}),
        ({"customerId": str(BIRCH)}, {"errMsg": "The invoice belongs to another company."}),
        ({"customerId": str(LUMEN)}, {"errMsg": "Company does not exist"}),
        ({"lineItems": [{"invoiceId": 9999, "amount": "1.00"}]}, {"errMsg": "Invoice does not exist"}),
        ({"processingStatus": 0}, {"processingStatus": ['"0" is not a valid choice.']}),
        ({"processingStatus": 5}, {"processingStatus": ['"5" is not a valid choice.']}),
        ({"lineItems": [{"invoiceId": 1}]}, {"lineItems[0].amount": ["This field is required."]}),
    ],
)  # fmt: skip
def test_an_offline_payment_is_refused(bc: Caller, ident: int, fields: Any, data: Any) -> None:
    told = bc.refused("POST", OFFLINE, payment(ident, "1.00", **fields))
    assert told == (422, data, {"message": "Parameter Error"})
    assert state(bc, ident) == ("551.2500", 0, 0) and len(bc.records("payment")) == 1


@pytest.mark.parametrize("amount", ["0", "-1.00", "many", 1])
def test_amounts_that_are_none(bc: Caller, ident: int, amount: Any) -> None:
    assert bc.error("POST", OFFLINE, payment(ident, amount)) == (422, "Invalid request data")


def test_paying_too_much(bc: Caller, ident: int) -> None:
    halves = [{"invoiceId": ident, "amount": "300.00"}] * 2
    for body in (payment(ident, "551.26"), payment(0, "0", lineItems=halves)):
        assert bc.error("POST", OFFLINE, body) == (422, "The amount is greater than the open balance.")
    bc.set(overpayment="accept")
    bc.paid(ident, "551.26")
    assert state(bc, ident) == ("-0.0100", 2, 0)


def test_an_offline_payment_has_no_channel_here(bc: Caller, ident: int) -> None:
    assert bc.error("POST", OFFLINE, payment(ident, "1.00", channelId=1)) == (404, "Store channels not exist")


def test_an_offline_payment_is_changed_as_a_whole(bc: Caller, ident: int) -> None:
    paid = bc.paid(ident, "51.25")
    body = payment(ident, "551.25", details={"memo": "new"}, fundingStatus=3, payerName="Cash desk")
    assert bc.done("PUT", f"{OFFLINE}/{paid}", body) == {"paymentId": paid}
    held = bc.get(f"/ip/payments/{paid}")
    assert state(bc, ident)[:2] == ("0.0000", 2) and held["fundingStatus"] == 3 and held["payerName"] == "Cash desk"
    assert [row["referenceNumber"] for row in bc.get("/ip/receipts", q="new")] == ["new"]
    for wrong in (payment(ident, "551.26"), payment(ident, "1.00", currency="XXQ")):
        assert bc.refused("PUT", f"{OFFLINE}/{paid}", wrong)[0] == 422
        assert state(bc, ident)[:2] == ("0.0000", 2) and bc.get(f"/ip/payments/{paid}")["appliedStatus"] == 1


def test_an_online_payment_is_not_changed_that_way(bc: Caller, ident: int) -> None:
    paid = buyer_pays(bc, ident)["id"]
    assert bc.refused("PUT", f"{OFFLINE}/{paid}", payment(ident, "1.00"))[0] == 400


def test_deleting_a_payment_gives_the_balance_back_and_leaves_no_trace(bc: Caller, ident: int) -> None:
    paid = bc.paid(ident, "51.25")
    told = bc.call("DELETE", f"/ip/payments/{paid}")
    assert told.json() == {"code": 200, "data": {"id": paid}, "meta": {"message": "SUCCESS"}}
    assert state(bc, ident) == ("551.2500", 0, 0)
    assert bc.get("/ip/receipts", q="004530") == [] and bc.get("/ip/receipt-lines", q="004530") == []


def test_a_payment_that_is_not_there(bc: Caller) -> None:
    paths = (("GET", ""), ("DELETE", ""), ("GET", "/operations"), ("POST", "/operations"), ("GET", "/transactions"),
             ("PUT", "/processing-status"))  # fmt: skip
    for method, rest in paths:
        told = bc.refused(method, f"/ip/payments/999{rest}", {} if method in ("POST", "PUT") else None)
        assert told == (404, {"errMsg": "Payment does not exist"}, {"message": "Not Found Error"})
    assert bc.refused("PUT", f"{OFFLINE}/999", payment(1, "1.00"))[0] == 404


# --- operations ---------------------------------------------------------------------------------


def test_operations_of_an_offline_payment(bc: Caller, ident: int) -> None:
    paid = bc.paid(ident, "51.25", processingStatus=1)
    path = f"/ip/payments/{paid}/operations"
    assert bc.get(path) == {"allowedOperations": ["0"], "allowedStatuses": ["1", "2", "3", "4"]}
    assert bc.done("POST", path, {"operationCode": 0}) == {"id": paid} and state(bc, ident)[0] == "500.0000"
    told = bc.refused("POST", path, {"operationCode": 0})
    assert told == (400, {"errMsg": "The payment operation is not allowed."}, {"message": "Not Found Error"})
    bc.done("POST", path, {"operationCode": 1})
    assert state(bc, ident)[0] == "551.2500"
    for code in (1, 2, 3):
        assert bc.refused("POST", path, {"operationCode": code})[0] == 400
    assert bc.refused("POST", path, {"operationCode": 4})[0] == 422 == bc.refused("POST", path, {})[0]


@pytest.mark.parametrize("status", [0, 5, -1])
def test_statuses_that_are_not_allowed(bc: Caller, ident: int, status: int) -> None:
    path = f"/ip/payments/{bc.paid(ident, '1.00')}/processing-status"
    told = bc.refused("PUT", path, {"processingStatus": status})
    assert told == (400, {"errMsg": "The payment processing status is not allowed."}, {"message": "Not Found Error"})
    assert bc.refused("PUT", path, {"processingStatus": "3"})[0] == 422


# --- buyers -------------------------------------------------------------------------------------


def test_a_buyer_pays_and_the_payment_is_an_order(bc: Caller, ident: int) -> None:
    paid = buyer_pays(bc, ident)
    held = bc.get(f"/ip/payments/{paid['id']}")
    assert held["moduleName"] == "payments_bigcommerce_sales_order" and held["externalId"] is None
    assert (held["processingStatus"], held["appliedStatus"]) == (3, 1) and state(bc, ident) == ("500.0000", 1, 0)
    order = held["moduleData"]["orderId"]
    core = bc.core("GET", f"/v2/orders/{order}").json()
    assert core["total_inc_tax"] == "51.2500" and core["order_is_digital"] is True
    (mark,) = bc.core("GET", f"/v3/orders/{order}/metafields", key="orderType").json()["data"]
    assert mark["value"] == "invoice payment"
    (taken,) = bc.core("GET", f"/v3/orders/{order}/transactions").json()["data"]
    assert taken["gateway_transaction_id"] == bc.get(f"/ip/payments/{paid['id']}/transactions")[0]["transactionId"]
    bc.wait(5)
    assert next(row for row in bc.records("b2b_order") if row["bcOrderId"] == order)["isInvoiceOrder"] == 1


def test_a_pending_payment_blocks_and_then_settles(bc: Caller, ident: int) -> None:
    paid = buyer_pays(bc, ident, outcome="pending")["id"]
    assert state(bc, ident) == ("551.2500", 0, 1)
    bc.edit("payment", paid, processingStatus=3)
    assert state(bc, ident) == ("500.0000", 1, 0)
    assert [row["paymentStatus"] for row in bc.get("/ip/receipt-lines", q=str(ident), searchBy="invoiceId")] == [3]


def test_the_merchant_may_keep_payments_waiting(bc: Caller, ident: int) -> None:
    """statusAfterPaymentIsMade 1: moving 1 to 3 after posting in the ERP works as an acknowledgement."""
    bc.done("PUT", "/ip/config", {"data": [{"path": "payments.statusAfterPaymentIsMade", "value": 1}]})
    paid = buyer_pays(bc, ident)["id"]
    assert state(bc, ident) == ("551.2500", 0, 1)
    bc.done("PUT", f"/ip/payments/{paid}/processing-status", {"processingStatus": 3})
    assert state(bc, ident) == ("500.0000", 1, 0)


@pytest.mark.parametrize(("outcome", "status"), [("declined", 6), ("finish_lost", 11)])
def test_an_order_without_a_payment(bc: Caller, ident: int, outcome: str, status: int) -> None:
    order = buyer_pays(bc, ident, outcome=outcome)
    assert order["status_id"] == status and len(bc.records("payment")) == 1
    assert state(bc, ident) == ("551.2500", 0, 0)


def test_an_incomplete_payment_is_repaired_by_pulling_the_order(bc: Caller, ident: int) -> None:
    paid = buyer_pays(bc, ident, outcome="incomplete")["id"]
    assert bc.get(f"/ip/payments/{paid}")["processingStatus"] == 0 and state(bc, ident) == ("551.2500", 0, 1)
    bc.done("POST", f"/ip/payments/{paid}/operations", {"operationCode": 2})
    assert state(bc, ident) == ("500.0000", 1, 0)


def test_a_parent_company_pays_for_two_invoices(bc: Caller, ident: int) -> None:
    other = bc.made(invoiceNumber="AR-2", openBalance=money("10"))
    lines = [{"invoiceId": ident, "amount": "1.25"}, {"invoiceId": other, "amount": "10"}]
    paid = bc.insert("buyer_payment", lines=lines, payer=BIRCH)
    assert (paid["customerId"], paid["payerCustomerId"]) == (str(IPL), str(BIRCH))
    assert state(bc, ident)[0] == "550.0000" and state(bc, other)[:2] == ("0.0000", 2)


def test_what_a_buyer_cannot_do(bc: Caller, ident: int) -> None:
    for amount in ("0", "551.26", "x"):
        with pytest.raises(ValueError, match="buyer pays"):
            buyer_pays(bc, ident, amount)
    with pytest.raises(ValueError, match="outcome"):
        buyer_pays(bc, ident, outcome="lucky")
    with pytest.raises(LookupError):
        buyer_pays(bc, 9999)
    euros = bc.made(invoiceNumber="AR-2", originalBalance=money("1", "EUR"), openBalance=money("1", "EUR"))
    with pytest.raises(ValueError, match="one currency"):
        bc.insert("buyer_payment", lines=[{"invoiceId": n, "amount": "1"} for n in (ident, euros)])


def test_a_refund_of_the_order_does_not_move_the_invoice(bc: Caller, ident: int) -> None:
    paid = buyer_pays(bc, ident)
    order = paid["moduleData"]["orderId"]
    bc.insert("refund", order_id=order, amount="51.25")
    assert state(bc, ident)[0] == "500.0000"
    assert bc.core("GET", f"/v2/orders/{order}").json()["payment_status"] == "refunded"
    bc.done("PUT", f"/ip/payments/{paid['id']}/processing-status", {"processingStatus": 4})
    assert state(bc, ident)[0] == "551.2500"


# --- reading ------------------------------------------------------------------------------------


def test_payments_are_listed_without_a_filter_by_date(bc: Caller, ident: int) -> None:
    first = bc.paid(ident, "5.00", externalId="one")
    bc.wait(10)
    second = bc.paid(ident, "3.00", processingStatus=1)

    def ids(**query: Any) -> list[int]:
        return [row["id"] for row in bc.get("/ip/payments", **query)]

    assert ids(invoiceId=ident) == [second, first] == ids(invoiceId=ident, minCreated="9999999999")
    assert ids(processingStatus=1) == [second] and ids(q="one", searchBy="externalId") == [first]
    assert ids(invoiceId=ident, sortBy="totalAmount") == [first, second]
    assert ids(sortBy="updatedAt")[0] == second and ids(customerName="birch") == []
    assert bc.refused("GET", "/ip/payments", sortBy="memo")[0] == 422


def test_receipts_and_lines(bc: Caller, ident: int) -> None:
    bc.paid(ident, "5.00")
    (receipt,) = bc.get("/ip/receipts", q="004530", searchBy="referenceNumber")
    assert (receipt["transactionType"], receipt["paymentType"]) == ("Paid", "Offline")
    assert receipt["details"] == {"paymentDetails": {"memo": "004530"}} and receipt["total"] == text("5.0000")
    (line,) = bc.get(f"/ip/receipts/{receipt['id']}/lines")
    assert line == bc.get(f"/ip/receipts/{receipt['id']}/lines/{line['id']}")
    assert (line["invoiceNumber"], line["paymentStatus"]) == ("AR0000160", 3)
    waiting = {"paymentStatus[]": "1"}
    assert bc.get("/ip/receipts", **waiting) == [] == bc.get("/ip/receipt-lines", **waiting)
    assert [row["id"] for row in bc.get("/ip/receipt-lines", **{"paymentStatus[]": "3"})][0] == line["id"]
    assert bc.done("DELETE", f"/ip/receipts/{receipt['id']}/lines/{line['id']}") == {"id": line["id"]}
    assert bc.done("DELETE", f"/ip/receipts/{receipt['id']}") == {"id": receipt["id"]}
    assert state(bc, ident)[0] == "546.2500"


def test_a_receipt_goes_with_its_lines(bc: Caller, ident: int) -> None:
    bc.paid(ident, "5.00", processingStatus=1)
    (receipt,) = bc.get("/ip/receipts", q="004530")
    bc.done("DELETE", f"/ip/receipts/{receipt['id']}")
    assert bc.get("/ip/receipt-lines", q=str(ident), searchBy="invoiceId") == [] and state(bc, ident)[2] == 1


def test_a_receipt_that_is_not_there(bc: Caller) -> None:
    for method, path in (
        ("GET", "9"),
        ("DELETE", "9"),
        ("GET", "9/lines"),
        ("GET", "1/lines/9"),
        ("DELETE", "1/lines/9"),
    ):
        told = bc.refused(method, f"/ip/receipts/{path}")
        assert told == (404, {"errMsg": "Receipt does not exist"}, {"message": "Not Found Error"})


def test_a_balance_write_during_a_pending_payment_opens_the_debt_again(bc: Caller, ident: int) -> None:
    """Nothing at the vendor stops it: whoever writes balances has to look first."""
    paid = buyer_pays(bc, ident, outcome="pending")["id"]
    bc.done("PUT", f"/ip/invoices/{ident}", {"openBalance": text("3.75"), "status": 1})
    bc.edit("payment", paid, processingStatus=3)
    assert state(bc, ident) == ("-47.5000", 2, 0)


def test_payments_of_one_store_are_not_seen_in_another(bc: Caller, ident: int) -> None:
    mistral = Caller(bc.running, helpers.MISTRAL)
    paid = bc.paid(ident, "1.00")
    assert mistral.get("/ip/payments") == [] and mistral.refused("GET", f"/ip/invoices/{ident}")[0] == 404
    assert mistral.refused("DELETE", f"/ip/payments/{paid}")[0] == 404
    assert mistral.refused("POST", OFFLINE, payment(ident, "1.00", currency="EUR", customerId=str(LUMEN)))[0] == 422
    assert mistral.call("POST", "/ip/invoices", invoice(customerId=str(IPL))).status_code == 422
