"""Payments at the sandboxed Acumatica: entered, refused, released, voided (facts 13.1)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
import requests

from contract import test_sandbox_acumatica_caller as helpers
from contract.test_sandbox_acumatica_caller import Caller, refusal
from contract.test_sandbox_acumatica_writes import errors

running, acu = helpers.running, helpers.acu
PAID = {
    "Type": "Payment",
    "CustomerID": "C00000288",
    "PaymentMethod": "ONLINE",
    "CashAccount": "10250ST",
    "Hold": False,
}


def payment(**fields: Any) -> dict[str, Any]:
    return {**PAID, "PaymentAmount": "10.00", **fields}


def applied(number: str, amount: str, kind: str = "Invoice") -> dict[str, Any]:
    return {"DocType": kind, "ReferenceNbr": number, "AmountPaid": amount}


def test_a_payment_is_entered_released_and_closes_the_invoice(acu: Caller) -> None:
    rows = [applied("AR0000228", "300.00", "INV")]
    made = acu.saved("Payment", **payment(PaymentAmount="300.00", PaymentRef="bc-pay-1", DocumentsToApply=rows))
    assert (made["Status"], made["AvailableBalance"]) == ("Balanced", 0)
    assert acu.read("SalesInvoice/Invoice/AR0000228")["Balance"] == Decimal(300)
    before = acu.read("SalesInvoice/Invoice/AR0000228")["LastModifiedDateTime"]
    acu.done("Payment", "ReleasePayment", Type="Payment", ReferenceNbr=made["ReferenceNbr"])
    invoice = acu.read("SalesInvoice/Invoice/AR0000228", expand="ApplicationsInvoice")
    assert (invoice["Status"], invoice["Balance"], len(invoice["ApplicationsInvoice"])) == ("Closed", 0, 2)
    # whether that moves the invoice's own stamp is not settled: by default it does not
    assert invoice["LastModifiedDateTime"] == before
    assert acu.read(f"Payment/Payment/{made['ReferenceNbr']}")["Status"] == "Closed"


def test_a_payment_may_move_the_stamp_of_its_invoice(acu: Caller) -> None:
    acu.settings(payment_moves_invoice_stamp=True)
    before = acu.read("SalesInvoice/Invoice/AR0000228")["LastModifiedDateTime"]
    acu.act("pay", key="AR0000228", amount="1.00")
    assert acu.read("SalesInvoice/Invoice/AR0000228")["LastModifiedDateTime"] > before


def test_a_put_that_is_sent_twice_makes_two_payments(acu: Caller) -> None:
    numbers = {acu.saved("Payment", **payment(PaymentRef="bc-pay-2"))["ReferenceNbr"] for _ in range(2)}
    assert len(numbers) == 2
    assert set(acu.numbers("Payment", filter="PaymentRef eq 'bc-pay-2'")) == numbers
    assert [one["wire_key"] for one in acu.running.world.journal.since()] == ["bc-pay-2", "bc-pay-2"]
    acu.settings(payment_ref_unique=True)
    assert errors(acu.put("Payment", **payment(PaymentRef="bc-pay-2"))).keys() == {"PaymentRef"}


def test_a_payment_of_which_the_answer_was_lost_is_there(acu: Caller) -> None:
    acu.mishap("drop_after", path_contains="/Payment")
    with pytest.raises(requests.ConnectionError):
        acu.put("Payment", **payment(PaymentRef="bc-pay-3"))
    assert len(acu.numbers("Payment", filter="PaymentRef eq 'bc-pay-3'")) == 1


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"PaymentMethod": "BARTER"}, "PaymentMethod"),
        ({"CashAccount": "99999"}, "CashAccount"),
        ({"CashAccount": "10200"}, "CashAccount"),
        ({"CashAccount": "10300EU"}, "CashAccount"),
        ({"PaymentAmount": "0"}, "PaymentAmount"),
        ({"CustomerID": "NOPE"}, "CustomerID"),
        ({"Type": "Gift"}, "Type"),
        ({"DocumentsToApply": [applied("AR0000228", "301.00")], "PaymentAmount": "301"},
         "DocumentsToApply[0].ReferenceNbr"),
        ({"DocumentsToApply": [applied("AR0000200", "1.00")]}, "DocumentsToApply[0].ReferenceNbr"),
        ({"DocumentsToApply": [applied("AR0000210", "1.00")]}, "DocumentsToApply[0].ReferenceNbr"),
        ({"DocumentsToApply": [applied("AR0000160", "1.00")]}, "DocumentsToApply[0].ReferenceNbr"),
        ({"DocumentsToApply": [applied("AR9999999", "1.00")]}, "DocumentsToApply[0].ReferenceNbr"),
        ({"DocumentsToApply": [applied("AR0000228", "11.00")]}, "PaymentAmount"),
        ({"OrdersToApply": [{"OrderType": "SO", "OrderNbr": "NOPE"}]}, "OrdersToApply[0].OrderNbr"),
    ],
)  # fmt: skip
def test_refused_payments(acu: Caller, fields: dict[str, Any], where: str) -> None:
    assert where in errors(acu.put("Payment", **payment(**fields)))


def test_a_payment_in_another_currency_is_refused(acu: Caller) -> None:
    fields = payment(CustomerID="C00000292", CurrencyID="USD", DocumentsToApply=[applied("AR0000194", "1.00")])
    assert "is in EUR" in str(errors(acu.put("Payment", **fields)))


def test_an_overpayment_stays_open(acu: Caller) -> None:
    made = acu.saved("Payment", **payment(PaymentAmount="350.00", DocumentsToApply=[applied("AR0000228", "300.00")]))
    acu.done("Payment", "ReleasePayment", Type="Payment", ReferenceNbr=made["ReferenceNbr"])
    after = acu.read(f"Payment/Payment/{made['ReferenceNbr']}")
    assert (after["Status"], after["AvailableBalance"]) == ("Open", Decimal(50))


def test_payments_of_orders_and_of_drafts(acu: Caller) -> None:
    acu.saved("Payment", **payment(Type="Prepayment", OrdersToApply=[
        {"OrderType": "SO", "OrderNbr": "SO0007860", "AppliedToOrder": "10.00"}]))  # fmt: skip
    rows = acu.read("SalesOrder/SO/SO0007860", expand="Payments")["Payments"]
    assert rows[0]["AppliedToOrder"] == Decimal(10)
    draft = {"Type": "Invoice", "ReferenceNbr": "AR0000210"}
    row = {"DocType": "Payment", "AdjustingDocReferenceNbr": "004533", "AmountPaid": "12.35"}
    entered = acu.saved("SalesInvoice", **draft, ApplicationsInvoice=[row])
    assert (entered["PaymentTotal"], entered["Balance"]) == (Decimal("12.35"), Decimal("12.35"))
    acu.done("SalesInvoice", "ReleaseSalesInvoice", **draft)
    assert acu.read("SalesInvoice/Invoice/AR0000210")["Status"] == "Closed"
    too_much = {**row, "AmountPaid": "1000"}
    answer = acu.put("SalesInvoice", Type="Invoice", ReferenceNbr="AR0000211", ApplicationsInvoice=[too_much])
    assert errors(answer).keys() == {"ApplicationsInvoice[0].AdjustingDocReferenceNbr"}


def test_a_voided_payment_opens_its_invoice_again(acu: Caller) -> None:
    keys = {"Type": "Payment", "ReferenceNbr": "004531"}
    acu.done("Payment", "VoidPayment", **keys)
    invoice = acu.read("SalesInvoice/Invoice/AR0000200")
    assert (invoice["Status"], invoice["Balance"]) == ("Open", Decimal(500))
    assert acu.read("Payment/Voided Payment/004531")["PaymentAmount"] == Decimal(-500)
    assert acu.press("Payment", "VoidPayment", **keys).status_code == 500
    assert acu.press("Payment", "ReleasePayment", **keys).status_code == 500


def test_payments_change_until_they_are_released(acu: Caller) -> None:
    keys = {"Type": "Payment", "ReferenceNbr": "004534"}
    assert acu.saved("Payment", **keys, PaymentAmount="80.00", Hold=True)["Status"] == "On Hold"
    assert acu.press("Payment", "ReleasePayment", **keys).status_code == 500
    acu.saved("Payment", **keys, Hold=False, DocumentsToApply=[applied("AR0000228", "80.00")])
    acu.done("Payment", "ReleasePayment", **keys)
    assert acu.saved("Payment", **keys, PaymentAmount="1.00")["PaymentAmount"] == Decimal(80)
    assert refusal(acu.call("DELETE", "Payment/Payment/004534"))[0] == 500
    made = acu.saved("Payment", **payment())
    assert acu.call("DELETE", f"Payment/Payment/{made['ReferenceNbr']}").status_code == 204


@pytest.mark.parametrize("action", ["CardOperation", "VoidCardPayment", "CaptureCreditCardPayment"])
def test_card_actions_find_no_card(acu: Caller, action: str) -> None:
    answer = acu.press("Payment", action, Type="Payment", ReferenceNbr="004533")
    assert "takes no cards" in refusal(answer)[2]


def test_a_dialled_refusal_strikes_one_write(acu: Caller) -> None:
    acu.mishap("refuse", entity="Payment", message="Error: try later.")
    assert refusal(acu.put("Payment", **payment())) == (500, "PXException", "Error: try later.")
    assert acu.put("Payment", **payment()).status_code == 200
