"""QuickBooks keeps a document otherwise than we sent it: it stays and a person looks, or it is taken back at once."""

from __future__ import annotations

from decimal import Decimal

import pytest

from house import green
from invoice_sync.model.errors import ReviewNeeded
from pair import Pair

ONE = (("P-100", "1", "12.50"),)


def one_cent_more(pair: Pair) -> None:
    """As QuickBooks once answered 448.40 for 448.39."""
    pair.settings("quickbooks", rounding_cents=1)


def test_a_document_that_differs_stays_and_both_figures_are_shown(pair: Pair) -> None:
    one_cent_more(pair)
    pair.load.invoice("A-1", lines=ONE)

    outcome = pair.run()

    assert isinstance(outcome["export"], ReviewNeeded)
    assert pair.causes() == {"A-1": "mismatch"}
    assert "1250 USD" in pair.waiting("A-1")["reason"] and "1251 USD" in pair.waiting("A-1")["reason"]
    assert (pair.outcomes(), pair.held("A-1")["TotalAmt"]) == ([("A-1", "created")], Decimal("12.51"))


def test_it_is_voided_once_when_the_flow_says_so_and_nothing_is_acknowledged(pair: Pair) -> None:
    pair.options(on_mismatch="void")
    one_cent_more(pair)
    pair.load.invoice("A-1", lines=ONE)

    outcome = pair.run()

    assert isinstance(outcome["export"], ReviewNeeded)
    assert pair.outcomes() == [("A-1", "created"), ("A-1", "updated")]
    assert pair.held("A-1")["TotalAmt"] == 0
    assert pair.causes() == {"A-1": "mismatch_voided"}
    assert "It was voided there." in pair.waiting("A-1")["reason"]
    assert pair.told("A-1", "transferred") is False
    assert pair.statement()["totals"]["USD"]["difference"] == "0.00"
    mark = pair.mark
    pair.again()
    assert pair.outcomes(mark) == []


@pytest.mark.parametrize("kind", ["drop_after", "drop_before"])
def test_a_void_whose_answer_was_lost_happens_once(pair: Pair, kind: str) -> None:
    pair.options(on_mismatch="void")
    one_cent_more(pair)
    pair.load.invoice("A-1", lines=ONE)
    pair.run(steps=("check", "extract", "match_customers", "match_products", "plan", "add_customers", "add_products"))
    # the first batch creates, the second takes back
    pair.mishap(vendor="quickbooks", kind=kind, path_contains="/batch", after=1)
    with pytest.raises(ReviewNeeded):
        pair.patiently()

    assert [each for each in pair.outcomes() if each[1] != "replayed"] == [("A-1", "created"), ("A-1", "updated")]
    assert pair.held("A-1")["TotalAmt"] == 0


def test_what_equals_is_left_alone(pair: Pair) -> None:
    pair.options(on_mismatch="void")
    pair.load.invoice("A-1", lines=ONE)

    assert green(pair.run())
    assert pair.outcomes() == [("A-1", "created")]
