"""Credit memos and payments of the QuickBooks stand-in, and sales forms that leave it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from contract import test_sandbox_quickbooks_caller as helpers
from contract.test_sandbox_quickbooks_caller import EAST, NORTH, Body, Caller, codes, invoice, line

running, qb = helpers.running, helpers.qb


@pytest.fixture
def north(qb: Caller) -> Caller:
    return Caller(qb.running, NORTH)


def payment(amount: str, *paid: tuple[str, str], kind: str = "Invoice", **fields: Any) -> Body:
    lines = [
        {"Amount": Decimal(part), "LinkedTxn": [{"TxnId": record_id, "TxnType": kind}]} for record_id, part in paid
    ]
    body = {"CustomerRef": {"value": "1001"}, "TotalAmt": Decimal(amount), "TxnDate": "2026-10-02", "Line": lines}
    return {**body, **fields}


def read(qb: Caller, path: str) -> Body:
    return dict(next(iter(helpers.loads(qb.call("GET", path).text).values())))


def owed(qb: Caller, customer: str = "1001") -> Decimal:
    return Decimal(read(qb, f"customer/{customer}")["Balance"])


# --- credit memos -------------------------------------------------------------------------------


def test_a_credit_memo_lowers_what_is_owed(qb: Caller) -> None:
    made = qb.made("creditmemo", invoice(DocNumber="CM-1", PrivateNote="n"))
    assert made["TotalAmt"] == made["RemainingCredit"] == made["Balance"] == Decimal("25.50")
    assert "DueDate" not in made and "AllowOnlinePayment" not in made and made["BillAddr"]["PostalCode"] == "02139"
    assert owed(qb) == Decimal("-25.50")
    for field in ("DueDate", "Deposit"):
        assert qb.error("creditmemo", invoice(**{field: "2026-10-01"}))["code"] == "2010"
    known = {"Id": made["Id"], "SyncToken": "0"}
    smaller = qb.made("creditmemo", {**known, "sparse": True, "Line": [line("8.50", Qty=1)]})
    assert (smaller["RemainingCredit"], smaller["PrivateNote"], owed(qb)) == (Decimal("8.50"), "n", Decimal("-8.50"))
    assert qb.error("creditmemo", known, operation="void")["code"] == "500"
    full = qb.made("creditmemo", {**invoice(), **known, "SyncToken": "1"})
    assert "PrivateNote" not in full and full["SyncToken"] == "2"
    assert qb.made("creditmemo", {**known, "SyncToken": "2"}, operation="delete")["status"] == "Deleted"
    assert owed(qb) == 0
    assert codes(qb.errors("creditmemo", {"DocNumber": "X"})) == ["2020", "2020"]
    assert qb.error("creditmemo", invoice(TxnDate="2026-06-30"))["code"] == "6210"


def test_a_new_invoice_takes_up_credits_where_the_company_says_so(qb: Caller) -> None:
    credit = qb.made("creditmemo", invoice())
    assert qb.made("invoice", invoice())["Balance"] == Decimal("25.50")
    qb.prefer("SalesFormsPrefs", AutoApplyCredit=True)
    made = qb.made("invoice", invoice(Line=[line("34.00", Qty=4)]))
    assert (made["TotalAmt"], made["Balance"]) == (34, Decimal("8.50"))
    link = read(qb, f"payment/{made['LinkedTxn'][0]['TxnId']}")
    assert (link["TotalAmt"], link["UnappliedAmt"]) == (0, 0) and "link credits" in link["PrivateNote"]
    assert read(qb, f"creditmemo/{credit['Id']}")["RemainingCredit"] == 0
    assert owed(qb) == 34


# --- payments -----------------------------------------------------------------------------------


def test_a_payment_pays_invoices_and_the_rest_stays_unapplied(qb: Caller) -> None:
    one, two = (qb.made("invoice", invoice())["Id"] for _ in range(2))
    made = qb.made("payment", payment("50", (one, "25.50"), (two, "10"), PaymentRefNum="c" * 21))
    assert (made["TotalAmt"], made["UnappliedAmt"]) == (50, Decimal("14.50"))
    assert made["DepositToAccountRef"]["value"] == "4" and made["CustomerRef"]["name"] == "Amber Lane Dental"
    paid = read(qb, f"invoice/{one}")
    assert (paid["Balance"], paid["LinkedTxn"]) == (0, [{"TxnId": made["Id"], "TxnType": "Payment"}])
    assert paid["SyncToken"] == "1" and read(qb, f"invoice/{two}")["Balance"] == Decimal("15.50")
    assert owed(qb) == 1
    updated = qb.made("payment", {**payment("50", (two, "25.50")), "Id": made["Id"], "SyncToken": "0"})
    assert updated["UnappliedAmt"] == Decimal("24.50") and "PaymentRefNum" not in updated
    assert read(qb, f"invoice/{one}")["Balance"] == Decimal("25.50") and read(qb, f"invoice/{one}")["LinkedTxn"] == []
    sparse = {"Id": made["Id"], "SyncToken": "1", "sparse": True, "PrivateNote": "n"}
    assert qb.made("payment", sparse)["UnappliedAmt"] == Decimal("24.50") and owed(qb) == 1


@pytest.mark.parametrize("way", ["void", "batch void", "delete"])
def test_an_undone_payment_opens_its_invoices_again(qb: Caller, way: str) -> None:
    one = qb.made("invoice", invoice())["Id"]
    made = qb.made("payment", payment("30", (one, "25.50")))
    known = {"Id": made["Id"], "SyncToken": "0"}
    assert owed(qb) == Decimal("-4.50")
    if way == "void":
        void = qb.made("payment", {**known, "sparse": True}, operation="update", include="void")
    elif way == "batch void":
        item = {"bId": "v", "operation": "update", "optionsData": "void", "Payment": {**known, "sparse": True}}
        void = qb.batch([item])["v"]["Payment"]
    else:
        assert qb.made("payment", known, operation="delete")["status"] == "Deleted"
        void = None
    if void is not None:
        assert (void["TotalAmt"], void["UnappliedAmt"], void["Line"], void["PrivateNote"]) == (0, 0, [], "Voided")
    held = read(qb, f"invoice/{one}")
    assert (held["Balance"], held["LinkedTxn"], owed(qb)) == (Decimal("25.50"), [], Decimal("25.50"))


def test_a_payment_uses_a_credit_memo(qb: Caller) -> None:
    one, credit = qb.made("invoice", invoice())["Id"], qb.made("creditmemo", invoice(Line=[line("8.50", Qty=1)]))["Id"]
    body = payment("17", (one, "25.50"))
    body["Line"] += payment("0", (credit, "8.50"), kind="CreditMemo")["Line"]
    made = qb.made("payment", body)
    assert made["UnappliedAmt"] == 0 == owed(qb)
    used = read(qb, f"creditmemo/{credit}")
    assert used["RemainingCredit"] == 0 == used["Balance"]
    # without the credit the payment covers only what it is worth itself
    qb.made("creditmemo", {"Id": credit, "SyncToken": used["SyncToken"]}, operation="delete")
    assert read(qb, f"invoice/{one}")["Balance"] == Decimal("8.50") == owed(qb)


def test_payment_refusals(qb: Caller) -> None:
    one, other = qb.made("invoice", invoice())["Id"], qb.made("invoice", invoice(CustomerRef={"value": "1002"}))["Id"]
    gone = qb.made("invoice", invoice())
    qb.made("invoice", {"Id": gone["Id"], "SyncToken": "0"}, operation="delete")
    whole = payment("50")
    cases: list[tuple[Body, str, str]] = [
        ({name: value for name, value in whole.items() if name != "TotalAmt"}, "6000", "must set a transaction amount"),
        ({name: value for name, value in whole.items() if name != "CustomerRef"}, "6000", "select a customer"),
        (payment("-1"), "6000", "0 or greater"), (payment("1", CustomerRef={"value": "9"}), "2500", "Names element"),
        (payment("50", (one, "25.51")), "6000", "more than what is open"),
        (payment("20", (one, "25.50")), "6000", "more than the payment"),
        (payment("50", (other, "1")), "6000", "another customer"),
        (payment("50", ("777", "1")), "610", "made inactive"), (payment("50", (gone["Id"], "1")), "610", "deleted"),
        (payment("50", (one, "1"), kind="Bill"), "2170", "Bill"),
        (payment("1", TxnDate="2026-06-30"), "6210", "closed"),
        (payment("1", PaymentRefNum="x" * 22), "2050", "Max:21"), (payment("1", DocNumber="1"), "2010", "DocNumber"),
        (payment("1", PaymentMethodRef={"value": "9"}), "2500", "Payment methods"),
        (payment("1", DepositToAccountRef={"value": "9"}), "2500", "Accounts"),
        (payment("1", CurrencyRef={"value": "EUR"}), "6000", "foreign currency"),
        ({**whole, "Line": [{"LinkedTxn": [{"TxnId": one, "TxnType": "Invoice"}]}]}, "2020", "Amount"),
    ]  # fmt: skip
    for body, code, words in cases:
        error = qb.error("payment", body)
        assert error["code"] == code and words in error["Detail"], (body, error)
    assert len(qb.records("Payment")) == 1 and owed(qb) == Decimal("25.50")


def test_a_deposited_payment_is_6540(qb: Caller) -> None:
    made = qb.made("payment", payment("50"))
    deposit = [{"TxnId": "900", "TxnType": "Deposit"}]
    qb.vendor.edit(EAST, "Payment", made["Id"], {"LinkedTxn": deposit})
    known = {"Id": made["Id"], "SyncToken": "1"}
    change = {**known, "sparse": True, "PrivateNote": "n"}
    assert qb.error("payment", change)["code"] == "6540" == qb.error("payment", known, operation="delete")["code"]
    assert qb.error("payment", {**known, "sparse": True}, operation="update", include="void")["code"] == "6540"
    qb.set(deposited_locked=False)
    assert qb.made("payment", change)["LinkedTxn"] == deposit


def test_a_paid_invoice_that_shrinks_or_goes_leaves_the_money_unapplied(qb: Caller) -> None:
    one, two = (qb.made("invoice", invoice())["Id"] for _ in range(2))
    made = qb.made("payment", payment("51", (one, "25.50"), (two, "25.50")))["Id"]
    smaller = {"Id": one, "SyncToken": "1", "sparse": True, "Line": [line("8.50", Qty=1)]}
    shrunk = qb.made("invoice", smaller)
    assert (shrunk["Balance"], shrunk["TotalAmt"]) == (0, Decimal("8.50"))
    assert shrunk["LinkedTxn"] == [{"TxnId": made, "TxnType": "Payment"}]
    assert read(qb, f"payment/{made}")["UnappliedAmt"] == 17 == -owed(qb)
    qb.made("invoice", {"Id": two, "SyncToken": "1"}, operation="delete")
    assert read(qb, f"payment/{made}")["UnappliedAmt"] == Decimal("42.50")
    void = qb.made("invoice", {"Id": one, "SyncToken": "2"}, operation="void")
    assert (void["LinkedTxn"], read(qb, f"payment/{made}")["UnappliedAmt"], owed(qb)) == ([], 51, -51)


def test_of_two_payments_the_later_is_loosened_first(qb: Caller) -> None:
    one = qb.made("invoice", invoice())["Id"]
    first, last = (qb.made("payment", payment(part, (one, part)))["Id"] for part in ("10.00", "15.50"))
    shrunk = qb.made("invoice", {"Id": one, "SyncToken": "2", "sparse": True, "Line": [line("17.00", Qty=2)]})
    assert shrunk["Balance"] == 0 and [each["TxnId"] for each in shrunk["LinkedTxn"]] == [first, last]
    assert [read(qb, f"payment/{each}")["UnappliedAmt"] for each in (first, last)] == [0, Decimal("8.50")]
    gone = qb.made("invoice", {"Id": one, "SyncToken": "3", "sparse": True, "Line": [line("8.50", Qty=1)]})
    assert [each["TxnId"] for each in gone["LinkedTxn"]] == [first] and owed(qb) == -17


def test_payments_in_another_currency(north: Caller) -> None:
    body = payment("10", CustomerRef={"value": "1002"})
    assert north.made("payment", body)["ExchangeRate"] == Decimal("1.3600")
    assert north.made("payment", {**body, "CurrencyRef": {"value": "USD"}})["CurrencyRef"]["value"] == "USD"
    assert north.error("payment", {**body, "CurrencyRef": {"value": "CAD"}})["code"] == "6000"


# --- forms --------------------------------------------------------------------------------------


def test_an_invoice_is_mailed(qb: Caller) -> None:
    made = qb.made("invoice", invoice())
    sent = qb.call("POST", f"invoice/{made['Id']}/send", b"").json()["Invoice"]
    assert (sent["EmailStatus"], sent["DeliveryInfo"]["DeliveryType"], sent["SyncToken"]) == ("EmailSent", "Email", "1")
    other = qb.call("POST", f"invoice/{made['Id']}/send", b"", sendTo="x@y.example").json()["Invoice"]
    assert other["BillEmail"] == {"Address": "x@y.example"}
    assert qb.error(f"invoice/{made['Id']}/send", "", sendTo="nobody")["code"] == "6000"
    qb.vendor.edit(EAST, "Invoice", made["Id"], {"BillEmail": None})
    assert qb.error(f"invoice/{made['Id']}/send", "")["element"] == "BillEmail"
    assert qb.error("customer/1001/send", "")["code"] == "500"


def test_an_invoice_is_printed(qb: Caller) -> None:
    answer = qb.call("GET", "invoice/3002/pdf", accept="application/pdf")
    assert answer.headers["Content-Type"] == "application/pdf" and answer.content.startswith(b"%PDF-1.4")
    assert b"(No. 9002)" in answer.content and answer.content.endswith(b"%%EOF\n")
    start = int(answer.content.rpartition(b"startxref\n")[2].split()[0])
    assert answer.content[start:].startswith(b"xref")
