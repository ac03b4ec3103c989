"""The source takes documents back: before they were delivered nothing happens, afterwards a person or one void."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from house import green
from invoice_sync.ledger import operator
from invoice_sync.model.errors import ReviewNeeded
from pair import INVOICE, Pair

ONE = (("P-100", "1", "12.50"),)
PLAN = ("extract", "plan")
NEVER_SENT = ("G-1", "G-2")


def take_back(pair: Pair, number: str, how: str) -> None:
    if how == "cancelled":
        pair.edit_invoice(number, cancelled=True)
    else:
        pair.delete("salesforce", INVOICE, pair.source_invoice(number)["Id"])


@dataclass
class Night:
    """What became of documents that were taken back in every way at once."""

    cases: dict[str, str]
    writes: list[tuple[str, str]]
    held: dict[str, dict[str, Any]]
    total: dict[str, Any]
    outcome: dict[str, Any]
    again: list[tuple[str, str]]
    created: list[str]


def _night(opened: AbstractContextManager[Pair]) -> Iterator[Night]:
    with opened as pair:
        for number in ("C-1", "X-1", "S-1"):
            pair.load.invoice(number, lines=ONE)
        pair.load.invoice("M-1", lines=ONE, txntype="Credit Memo")
        for number in NEVER_SENT:
            pair.load.invoice(number, lines=ONE, grandtotal="99.00")  # waits for a person
        pair.run()
        mark = pair.mark
        for number, how in (
            ("C-1", "cancelled"), ("X-1", "deleted"), ("M-1", "cancelled"), ("G-1", "deleted"), ("G-2", "cancelled"),
        ):  # fmt: skip
            take_back(pair, number, how)
        outcome = pair.again()
        writes = [*pair.outcomes(mark), *pair.outcomes(mark, "CreditMemo")]
        cases, statement, mark = pair.causes(), pair.statement(), pair.mark
        pair.again()
        held = {number: pair.held(number) for number in ("C-1", "X-1", "S-1")}
        held["M-1"] = pair.held("M-1", "CreditMemo")
        yield Night(
            cases, writes, held, statement["totals"]["USD"], outcome,
            [*pair.outcomes(mark), *pair.outcomes(mark, "CreditMemo")], pair.created(),
        )  # fmt: skip


@pytest.fixture(scope="module")
def reviewed(open_pair: Any) -> Iterator[Night]:
    yield from _night(open_pair(write_back="none"))


@pytest.fixture(scope="module")
def followed(open_pair: Any) -> Iterator[Night]:
    yield from _night(open_pair(write_back="none", voids="follow"))


def test_a_delivered_document_that_was_taken_back_is_for_a_person(reviewed: Night) -> None:
    assert reviewed.cases == dict.fromkeys(("C-1", "X-1", "M-1"), "withdrawn")
    assert isinstance(reviewed.outcome["plan"], ReviewNeeded)
    assert (reviewed.writes, reviewed.again) == ([], [])
    assert reviewed.held["C-1"]["TotalAmt"] == reviewed.held["X-1"]["TotalAmt"] == Decimal("12.50")
    assert reviewed.total["difference"] == "0.00"


def test_voids_are_followed_once_and_the_statement_comes_out_at_nothing(followed: Night) -> None:
    assert sorted(followed.writes) == [("C-1", "updated"), ("X-1", "updated")]
    assert followed.again == []
    for number in ("C-1", "X-1"):
        assert (followed.held[number]["TotalAmt"], followed.held[number]["PrivateNote"]) == (0, "Voided")
    assert followed.held["S-1"]["TotalAmt"] == Decimal("12.50")
    # S-1 stays; the memo that nobody can void counts nothing here and is still there
    assert (followed.total["source"], followed.total["difference"]) == ("12.50", "0.00")


def test_a_credit_memo_cannot_be_voided_and_is_for_a_person_in_any_case(followed: Night) -> None:
    assert followed.cases == {"M-1": "withdrawn"}
    assert followed.held["M-1"]["TotalAmt"] == Decimal("12.50")


def test_what_was_never_delivered_is_dropped_without_a_word_to_quickbooks(reviewed: Night) -> None:
    assert set(NEVER_SENT).isdisjoint({*reviewed.cases, *reviewed.created})


@pytest.mark.parametrize("kind", ["drop_before", "drop_after"])
def test_a_void_whose_answer_was_lost_happens_exactly_once(pair: Pair, kind: str) -> None:
    pair.options(voids="follow")
    pair.load.invoice("C-1", lines=ONE)
    pair.run()
    mark = pair.mark
    take_back(pair, "C-1", "deleted")
    pair.again(*PLAN)
    pair.mishap(vendor="quickbooks", kind=kind, path_contains="batch")

    pair.patiently()

    assert green(pair.again("acknowledge", "report"))
    assert pair.get("/control/mishaps")["mishaps"] == []
    assert pair.outcomes(mark) == [("C-1", "updated")]
    totals = pair.statement()["totals"]["USD"]
    assert (totals["source"], totals["destination"], totals["difference"]) == ("0.00", "0.00", "0.00")


def test_an_invoice_that_a_person_took_over_is_not_voided(pair: Pair) -> None:
    """Its marker is gone: whatever it is now, it is not what we delivered."""
    pair.options(voids="follow")
    pair.load.invoice("C-1", lines=ONE)
    pair.run()
    mark = pair.mark
    pair.edit("quickbooks", "Invoice", pair.held("C-1")["Id"], PrivateNote="ours now")
    take_back(pair, "C-1", "deleted")

    pair.again()

    assert (pair.causes(), pair.outcomes(mark)) == ({"C-1": "changed_there"}, [])
    assert pair.held("C-1")["TotalAmt"] == Decimal("12.50")


def test_what_was_voided_by_hand_asks_for_nothing_more(pair: Pair) -> None:
    pair.load.invoice("C-1", lines=ONE)
    pair.load.invoice("M-1", lines=ONE, txntype="Credit Memo")
    pair.run()
    mark = pair.mark
    for number in ("C-1", "M-1"):
        take_back(pair, number, "deleted")
    pair.again()
    assert set(pair.causes().values()) == {"withdrawn"}
    pair.delete("quickbooks", "Invoice", pair.held("C-1")["Id"])
    pair.delete("quickbooks", "CreditMemo", pair.held("M-1", "CreditMemo")["Id"])

    assert green(pair.again("plan", "acknowledge", "report"))
    assert [*pair.outcomes(mark), *pair.outcomes(mark, "CreditMemo")] == []
    assert pair.statement()["totals"]["USD"]["difference"] == "0.00"


@pytest.mark.parametrize(("days", "remembered"), [(2, True), (20, False)])
def test_a_deletion_is_found_however_long_ago_it_was(pair: Pair, days: int, remembered: bool) -> None:
    """Salesforce remembers deletions for fifteen days; behind that every known document is looked for, and what is
    only not shown any more is never voided by itself."""
    pair.options(voids="follow")
    pair.load.invoice("C-1", lines=ONE)
    pair.load.invoice("S-1", lines=ONE)
    pair.run()
    mark = pair.mark
    take_back(pair, "C-1", "deleted")
    pair.source.act("empty_recycle_bin")
    pair.clock.sleep(days * 86400)
    pair.post("/control/clock", {"advance_seconds": days * 86400})

    outcome = pair.run("run-2")

    assert outcome["extract"]["changed"] == 1
    assert pair.causes("run-2") == ({} if remembered else {"C-1": "withdrawn"})
    assert pair.outcomes(mark) == ([("C-1", "updated")] if remembered else [])
    assert pair.held("C-1")["TotalAmt"] == (0 if remembered else Decimal("12.50"))
    assert pair.held("S-1")["TotalAmt"] == Decimal("12.50")


def test_a_document_approved_anew_with_another_content_after_delivery_is_compared(pair: Pair) -> None:
    pair.flow = pair.flow.model_copy(update={"write_back": "acknowledge"})
    pair.load.invoice("A-1", lines=ONE)
    pair.run()
    mark = pair.mark
    pair.source.act("deapprove", invoice="A-1")
    assert green(pair.again())
    pair.edit_invoice("A-1", duedate="2026-12-24")
    pair.source.act("approve", invoice="A-1")

    pair.again()

    assert pair.causes() == {"A-1": "changed_after_delivery"}
    assert "due date 2026-10-31 -> 2026-12-24" in pair.waiting("A-1")["reason"]
    assert (pair.outcomes(mark), pair.held("A-1")["DueDate"]) == ([], "2026-10-31")


def test_a_cancellation_that_was_taken_back_is_well_again(pair: Pair) -> None:
    pair.flow = pair.flow.model_copy(update={"write_back": "none"})
    pair.load.invoice("A-1", lines=ONE)
    pair.run()
    mark = pair.mark
    take_back(pair, "A-1", "cancelled")
    pair.again()
    assert pair.causes() == {"A-1": "withdrawn"}
    pair.edit_invoice("A-1", cancelled=False)

    assert green(pair.again())
    assert pair.outcomes(mark) == []


def test_what_a_person_orders_again_comes_again_though_the_source_has_ticked_it_off(pair: Pair) -> None:
    """`reissue` and a new run, after the source was told: the record is no longer in its queue."""
    pair.new_invoice("000900", ("P-100", "1", "50.00"))
    pair.run("run-1")
    pair.delete("quickbooks", "Invoice", pair.held("000900")["Id"])
    with pair.database.transaction() as session:
        operator.reissue(session, pair.flow.name, "000900", "deleted by mistake", "tester", pair.clock.now())
    pair.edit_invoice("000900", errortext="looked at")  # the stamp moves, so that extract reads it again
    outcome = pair.run("run-2")

    assert green(outcome), outcome
    assert pair.held("000900")["TotalAmt"]
    assert pair.created().count("000900") == 2
