"""Credit memos: carried as credit memos, behind the invoice that they credit, and never without it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from house import green
from invoice_sync.model.errors import ReviewNeeded, StillUncertain
from invoice_sync.steps.chain import STEPS
from pair import Pair

BEFORE_EXPORT = tuple(STEPS)[:7]
ONE = (("P-100", "1", "12.50"),)


@dataclass
class Night:
    """What one run over memos of every kind left behind."""

    memo: dict[str, Any]
    free: dict[str, Any]
    owner: dict[str, Any]
    marker: str
    order: list[str]
    statement: dict[str, Any]
    causes: dict[str, str]
    invoices: list[str]
    told: dict[str, Any]
    outcome: dict[str, Any]


@pytest.fixture(scope="module")
def night(open_pair: Any) -> Iterator[Night]:
    opened: AbstractContextManager[Pair] = open_pair()
    with opened as pair:
        # the memo comes first at the source, and goes behind the invoice all the same
        credited = pair.load.invoice("A-1", lines=(("P-100", "4", "12.50"), ("P-300", "1", "80.00")), tax="8")
        memo = pair.credit("M-1", credited, (("P-100", "2", "12.50"), ("P-300", "1", "80.00")), tax="8", discamt="5.00")
        pair.load.invoice("M-2", lines=ONE, txntype="Credit Memo")
        held_back = pair.load.invoice("A-2", lines=ONE, approved=False)
        pair.credit("M-3", held_back, ONE)
        wrong = pair.load.invoice("A-4", lines=ONE, grandtotal="99.00")
        pair.credit("M-4", wrong, ONE)
        outcome = pair.run()
        written = [e["key"] for e in pair.writes("quickbooks") if e["entity"] in ("Invoice", "CreditMemo")]
        told = {name: pair.told("M-1", name) for name in ("transferred", "acctinvoice", "errortext")}
        yield Night(
            pair.held("M-1", "CreditMemo"), pair.held("M-2", "CreditMemo"), pair.held("A-1"),
            f"rootstock:credit_memo:{memo}", written, pair.statement(), pair.causes(), pair.created(), told, outcome,
        )  # fmt: skip


def test_a_credit_memo_is_one_at_quickbooks_with_positive_amounts_and_all_it_says(night: Night) -> None:
    memo = night.memo
    sold = [line for line in memo["Line"] if line["DetailType"] == "SalesItemLineDetail"]

    assert (memo["TotalAmt"], memo["TxnTaxDetail"]["TotalTax"]) == (Decimal("108.00"), Decimal("8.00"))
    assert [line["Amount"] for line in sold] == [Decimal("25.00"), Decimal("80.00")]
    assert [line["Amount"] for line in memo["Line"] if line["DetailType"] == "DiscountLineDetail"] == [Decimal("5.00")]
    assert memo["PrivateNote"].splitlines()[0] == night.marker
    assert memo["CustomerRef"] == night.owner["CustomerRef"]
    assert "M-1" not in night.invoices
    assert [key for key in memo if key.startswith("_")] == []


def test_the_statement_counts_credit_memos_against_the_invoices_and_comes_out_at_zero(night: Night) -> None:
    totals = night.statement["totals"]["USD"]

    # 140.40 - 108.00 - 12.50 delivered; 99.00 - 12.50 - 12.50 wait
    assert totals["destination"] == "19.90"
    assert totals["source"] == "93.90"
    assert totals["difference"] == "0.00"


def test_a_memo_that_names_no_invoice_is_carried(night: Night) -> None:
    assert night.free["TotalAmt"] == Decimal("12.50")


def test_the_invoice_that_a_memo_credits_goes_first(night: Night) -> None:
    assert night.order.index("A-1") < night.order.index("M-1")
    assert sorted(night.order) == ["A-1", "M-1", "M-2"]


def test_a_memo_of_an_invoice_that_was_not_delivered_waits_and_its_neighbours_pass(night: Night) -> None:
    assert night.causes == {"M-3": "credited_invoice_missing", "A-4": "does_not_tie", "M-4": "does_not_tie"}
    assert isinstance(night.outcome["plan"], ReviewNeeded)


def test_a_delivered_memo_is_acknowledged_at_the_source(night: Night) -> None:
    assert night.told == {"transferred": True, "acctinvoice": "M-1", "errortext": None}


def test_once_the_credited_invoice_is_delivered_clearing_is_enough(pair: Pair) -> None:
    held_back = pair.load.invoice("A-2", lines=ONE, approved=False)
    pair.credit("M-3", held_back, ONE)
    pair.run()
    assert (pair.created("CreditMemo"), pair.causes()) == ([], {"M-3": "credited_invoice_missing"})
    pair.source.act("approve", invoice="A-2")

    assert green(pair.clear("extract"))

    assert pair.held("M-3", "CreditMemo")["TotalAmt"] == Decimal("12.50")
    assert (pair.created(), pair.created("CreditMemo")) == (["A-2"], ["M-3"])


def test_a_memo_waits_while_nobody_knows_whether_its_invoice_arrived(pair: Pair) -> None:
    credited = pair.load.invoice("A-1", lines=ONE)
    pair.credit("M-1", credited, ONE)
    pair.run(steps=BEFORE_EXPORT)
    pair.mishap(vendor="quickbooks", kind="drop_before", path_contains="batch")

    pair.step_fails("export", StillUncertain)
    before = (pair.created(), pair.created("CreditMemo"))
    pair.patiently()

    assert before == ([], [])
    assert (pair.created(), pair.created("CreditMemo")) == (["A-1"], ["M-1"])


def test_a_memo_waits_with_a_refused_invoice_and_goes_with_it(pair: Pair) -> None:
    credited = pair.load.invoice("A-1", lines=ONE)
    pair.credit("M-1", credited, ONE)
    pair.load.invoice("A-9", lines=ONE)
    pair.mishap(vendor="quickbooks", kind="refuse", entity="Invoice", code="6000")

    outcome = pair.run()

    assert isinstance(outcome["export"], ReviewNeeded)
    assert (pair.created(), pair.created("CreditMemo")) == (["A-9"], [])
    assert set(pair.causes()) == {"A-1", "M-1"}
    assert green(pair.clear("export"))
    assert pair.created("CreditMemo") == ["M-1"]


@pytest.mark.parametrize(
    ("option", "cause", "carried"),
    [("all", {}, ["M-1", "M-3"]), ("refuse", {"M-1": "credit_memo", "M-3": "credit_memo"}, [])],
)
def test_the_option_credit_memos_decides_what_becomes_of_them(
    pair: Pair, option: str, cause: dict[str, str], carried: list[str]
) -> None:
    pair.options(credit_memos=option)
    stranger = pair.load.invoice("A-2", lines=ONE, approved=False)
    pair.credit("M-3", stranger, ONE)
    pair.credit("M-1", pair.load.invoice("A-1", lines=ONE), ONE)

    outcome = pair.run()

    assert green(outcome) is (option == "all")
    assert sorted(pair.created("CreditMemo")) == carried
    assert pair.causes() == cause
    assert pair.created() == ["A-1"]
    assert pair.statement()["totals"]["USD"]["difference"] == "0.00"
