"""What is applied to invoices, as payments of their own."""

from __future__ import annotations

import datetime
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoice_sync.connectors.base import Remote
from invoice_sync.connectors.bigcommerce import payments as there
from invoice_sync.connectors.placeholders import placeholder
from invoice_sync.model import canonical, payments
from invoice_sync.model.documents import Application, Invoice, Line, Payment
from invoice_sync.model.errors import BadDocument
from invoice_sync.model.money import Money, total

DAY = datetime.date(2026, 11, 5)


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def invoice(whole: int, balance: int | None, *applied: tuple[str, str, int]) -> Invoice:
    rows = tuple(Application(kind, number, usd(minor), DAY, f"ref {number}") for kind, number, minor in applied)
    return Invoice(
        source_id="Invoice/AR1", number="AR1", division="", customer="C1", date=DAY, due_date=None,
        lines=(Line(1, "", "goods", Decimal(1), usd(whole).decimal, usd(whole)),), charges=(), discount=usd(0),
        tax=usd(0),
        total=usd(whole), balance=None if balance is None else usd(balance), applications=rows,
    )  # fmt: skip


def amounts(document: Invoice) -> dict[str, int]:
    return {payment.label: payment.amount.minor for payment in payments.of(document)}


def test_each_kind_and_number_is_one_payment_and_shares_are_summed() -> None:
    document = invoice(1000, 300, ("Payment", "7", 400), ("Prepayment", "7", 200), ("Payment", "7", 100))
    assert amounts(document) == {"Payment 7 on AR1": 500, "Prepayment 7 on AR1": 200}
    assert {each.source_id for each in payments.of(document)} == {"Invoice/AR1/Payment/7", "Invoice/AR1/Prepayment/7"}


def test_what_was_taken_off_again_is_none() -> None:
    assert amounts(invoice(1000, 1000, ("Payment", "7", 400), ("Payment", "7", -400))) == {}


def test_what_else_lowered_the_balance_is_one_more() -> None:
    assert amounts(invoice(1000, 0, ("Payment", "7", 990))) == {
        "Payment 7 on AR1": 990,
        "Discount or write-off on AR1": 10,
    }


def test_without_a_balance_the_applications_are_all() -> None:
    [payment] = payments.of(invoice(1000, None, ("Payment", "7", 990)))
    assert (payment.amount, payment.unreleased) == (usd(990), usd(0))


@given(
    st.integers(1, 10**9),
    st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("12"), st.integers(1, 10**6))),
    st.data(),
)
def test_balance_and_payments_come_to_the_total_or_what_is_missing_is_said(
    whole: int, applied: list[tuple[str, str, int]], data: st.DataObject
) -> None:
    balance = data.draw(st.integers(0, whole))
    found = payments.of(invoice(whole, balance, *applied))
    paid = total([payment.amount for payment in found], "USD").minor
    unreleased = {payment.unreleased.minor for payment in found} or {0}
    assert {paid - missing for missing in unreleased} == {whole - balance}
    assert min(unreleased) >= 0


def test_a_payment_comes_back_from_the_inbox_as_it_went() -> None:
    for payment in payments.of(invoice(1000, 0, ("Payment", "7", 400))):
        kept = canonical.loads(canonical.dumps(payments.content(payment)))
        assert payments.of_content(kept) == payment


# ---- in the store


def payment(minor: int = 40_050) -> Payment:
    [found] = payments.of(invoice(100_000, 100_000 - minor, ("Prepayment", "004530", minor)))
    return found


def test_the_body_of_a_payment() -> None:
    assert there.body(payment(), "acumatica:payment:x") == {
        "lineItems": [{"invoiceId": placeholder("invoice", "Invoice/AR1"), "amount": "400.50"}],
        "currency": "USD",
        "details": {"memo": "Prepayment 004530, ref 004530, 2026-11-05"},
        "customerId": placeholder("customer", "C1"),
        "externalCustomerId": "C1",
        "externalId": "acumatica:payment:x",
        "_label": "Prepayment 004530 on AR1",
    }


def test_over_the_wire_an_invoices_id_is_a_number_and_nothing_of_ours_goes_along() -> None:
    body = there.body(payment(), "m") | {"customerId": "8111"}
    body["lineItems"][0]["invoiceId"] = "90210"
    sent = there.content(body)
    assert sent["lineItems"] == [{"invoiceId": 90210, "amount": "400.50"}]
    assert not [name for name in sent if name.startswith("_")]


def test_nothing_and_less_is_no_payment() -> None:
    with pytest.raises(BadDocument, match="is no amount that a payment could have"):
        there.body(replace(payment(), amount=usd(-100)), "m")


RECORD = {
    "id": 112, "externalId": "acumatica:payment:x", "total": {"code": "USD", "value": "400.5000"},
    "lineItems": [{"invoiceId": 90210}], "customerId": "8111", "appliedStatus": 1, "processingStatus": 3,
    "updatedAt": 1,
}  # fmt: skip


def test_a_record_shows_what_was_asked_for() -> None:
    body = there.body(payment(), "acumatica:payment:x") | {"customerId": "8111"}
    body["lineItems"][0]["invoiceId"] = "90210"
    assert there.remote(RECORD).facts == there.expected(body)


@pytest.mark.parametrize(
    ("change", "live", "lowers"), [({"processingStatus": 4}, False, "yes"), ({"appliedStatus": 0}, True, "no")]
)
def test_a_refunded_one_is_gone_and_a_reverted_one_is_seen(change: dict[str, int], live: bool, lowers: str) -> None:
    found = there.remote({**RECORD, **change})
    assert (found.live, found.facts["lowers the balance"]) == (live, lowers)


def test_payments_of_others_are_known_by_their_marker() -> None:
    others = [
        {**RECORD, "id": 1, "externalId": None},
        {**RECORD, "id": 2, "externalId": "acumatica:invoice:x"},
        {**RECORD, "id": 3, "externalId": None, "processingStatus": 4},
    ]
    assert there.strangers([RECORD, *others], "acumatica:payment:y") == ["1", "2"]
    body = there.body(payment(), "m")
    body["lineItems"][0]["invoiceId"] = "90210"
    [problem] = there.problems(payment(), body, {"90210": ["1"]})
    assert (problem.cause, "id 1" in problem.reason, "400.50 USD" in problem.reason) == ("paid_in_store", True, True)


def test_a_deletion_is_done_when_it_is_gone() -> None:
    body = there.deletion(Remote("112", "", "", {"invoice": "90210"}))
    assert there.expected(body).items() <= there.gone("112").facts.items()
    assert "deleted" not in there.remote(RECORD).facts
