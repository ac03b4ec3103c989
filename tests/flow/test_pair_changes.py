"""A delivered document changes at the source, at QuickBooks, or at both: shown, followed, never overwritten."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from house import green
from invoice_sync.__main__ import main
from invoice_sync.model.errors import ReviewNeeded, StillUncertain
from invoice_sync.steps.chain import STEPS
from pair import Pair

LINES = (("P-100", "4", "12.50"), ("P-300", "1", "80.00"))
BEFORE_EXPORT = tuple(STEPS)[:7]
PLAN = ("extract", "plan")
CHANGED = ("T-1", "L-1", "D-1", "N-1")
PEOPLE = ("Amber", "Please pay", "ring the bell", "new text")


def deliver(pair: Pair, *numbers: str, **fields: Any) -> int:
    """Delivered and not flagged at the source, so that a person can still change it there."""
    for number in numbers:
        pair.load.invoice(number, lines=LINES, extcomment="<p>Please pay</p>", **fields)
    assert green(pair.run())
    return pair.mark


def change_everything(pair: Pair) -> None:
    """A total, a line of the same amount, a due date, a text for the customer."""
    pair.edit_invoice("T-1", freightamt="5.00", grandtotal="135.00")
    pair.edit_line("L-1", 1, qty="5", price="10")
    pair.edit_invoice("D-1", duedate="2026-12-24")
    pair.edit_invoice("N-1", extcomment="<p>Please ring the bell</p>")


@dataclass
class Night:
    """What became of four changed documents and an unchanged one."""

    cases: dict[str, dict[str, Any]]
    before: dict[str, dict[str, Any]]
    after: dict[str, dict[str, Any]]
    writes: list[tuple[str, str]]
    created: list[str]
    statement: dict[str, Any]
    outcome: dict[str, Any]
    again: list[tuple[str, str]]
    logged: str


def _night(opened: AbstractContextManager[Pair]) -> Iterator[Night]:
    with opened as pair:
        mark = deliver(pair, *CHANGED, "S-1")
        numbers = (*CHANGED, "S-1")
        before = {number: pair.held(number) for number in numbers}
        change_everything(pair)
        outcome = pair.again()
        writes, after = pair.outcomes(mark), {number: pair.held(number) for number in numbers}
        mark = pair.mark
        pair.again()
        statement = pair.statement()
        yield Night(
            {case["document"]: case for case in statement["review"]}, before, after, writes, pair.created(),
            statement, outcome, pair.outcomes(mark),
            "\n".join(row.message + row.description for row in pair.process_log()),
        )  # fmt: skip


@pytest.fixture(scope="module")
def reviewed(open_pair: Any) -> Iterator[Night]:
    yield from _night(open_pair(write_back="none"))


@pytest.fixture(scope="module")
def followed(open_pair: Any) -> Iterator[Night]:
    yield from _night(open_pair(write_back="none", changes="follow"))


@pytest.mark.parametrize(
    ("number", "told"),
    [
        ("T-1", ["number of lines 2 -> 3", "tax"]),
        ("L-1", ["line 1"]),
        ("D-1", ["due date 2026-10-31 -> 2026-12-24"]),
        ("N-1", ["memo"]),
    ],
)
def test_a_change_is_shown_in_words_that_name_nobody(reviewed: Night, number: str, told: list[str]) -> None:
    case = reviewed.cases[number]

    assert case["cause"] == "changed_after_delivery"
    assert [text for text in told[:1] if text not in case["reason"]] == []
    assert [text for text in PEOPLE if text in case["reason"] + reviewed.statement["text"] + reviewed.logged] == []


def test_nothing_is_written_while_changes_are_only_shown(reviewed: Night) -> None:
    assert (reviewed.writes, reviewed.again) == ([], [])
    assert reviewed.after == reviewed.before
    assert set(reviewed.cases) == set(CHANGED)
    assert isinstance(reviewed.outcome["plan"], ReviewNeeded)


def test_the_statement_explains_a_changed_total_that_waits(reviewed: Night) -> None:
    assert reviewed.statement["totals"]["USD"]["difference"] == "0.00"
    explained = reviewed.statement["totals"]["USD"]["explained"]
    assert [item["amount"] for item in explained if item["document"] == "T-1"] == ["5.00"]


def test_each_followed_change_is_one_update_and_no_second_document(followed: Night) -> None:
    assert sorted(followed.writes) == [(number, "updated") for number in sorted(CHANGED)]
    assert sorted(followed.created) == sorted((*CHANGED, "S-1"))
    assert followed.again == []
    assert green(followed.outcome)


def test_a_followed_change_is_what_quickbooks_holds(followed: Night) -> None:
    after = followed.after

    assert after["T-1"]["TotalAmt"] == Decimal("135.00")
    assert after["L-1"]["Line"][0]["SalesItemLineDetail"]["Qty"] == Decimal(5)
    assert after["D-1"]["DueDate"] == "2026-12-24"
    assert after["N-1"]["CustomerMemo"]["value"] == "Please ring the bell"
    assert {n: after[n]["SyncToken"] for n in after} == {**dict.fromkeys(CHANGED, "1"), "S-1": "0"}
    assert {n: after[n]["Id"] for n in after} == {n: followed.before[n]["Id"] for n in after}
    assert followed.statement["totals"]["USD"]["difference"] == "0.00"
    assert followed.cases == {}


def test_a_text_that_the_source_emptied_is_for_a_person_because_an_update_empties_nothing(pair: Pair) -> None:
    pair.options(changes="follow")
    pair.flow = pair.flow.model_copy(update={"write_back": "none"})
    invoice = pair.load.invoice("E-1", lines=LINES, extcomment="Please pay")
    pair.load.shipper(invoice, tracking="1Z999")
    pair.run()
    held, mark = pair.held("E-1"), pair.mark
    assert (held["CustomerMemo"]["value"], held["TrackingNum"]) == ("Please pay", "1Z999")

    pair.edit_invoice("E-1", extcomment=None, soship=None)
    pair.again()

    assert pair.causes() == {"E-1": "changed_after_delivery"}
    assert "tracking number 1Z999 -> nothing; memo" in pair.waiting("E-1")["reason"]
    assert (pair.outcomes(mark), pair.held("E-1")) == ([], held)


def test_tax_that_was_taken_off_is_followed_with_an_explicit_zero(pair: Pair) -> None:
    pair.options(changes="follow")
    mark = deliver(pair, "T-1", tax="8")
    assert pair.held("T-1")["TotalAmt"] == Decimal("140.40")
    pair.edit_invoice("T-1", taxamt="0", grandtotal="130.00")

    assert green(pair.again())
    assert pair.outcomes(mark) == [("T-1", "updated")]
    assert pair.held("T-1")["TotalAmt"] == Decimal("130.00")


def test_what_a_person_wrote_below_our_marker_stays_when_a_change_is_followed(pair: Pair) -> None:
    pair.options(changes="follow")
    pair.flow = pair.flow.model_copy(update={"write_back": "none"})
    deliver(pair, "T-1")
    held = pair.held("T-1")
    note = held["PrivateNote"] + "\nDisputed, see the file"
    pair.edit("quickbooks", "Invoice", held["Id"], PrivateNote=note, CustomerMemo={"value": "See you soon"})
    pair.edit_invoice("T-1", freightamt="5.00", grandtotal="135.00")

    pair.again()

    after = pair.held("T-1")
    assert (after["TotalAmt"], after["PrivateNote"]) == (Decimal("135.00"), note)
    assert after["CustomerMemo"] == {"value": "See you soon"}


def test_what_a_person_changed_at_quickbooks_is_never_overwritten(pair: Pair) -> None:
    pair.flow = pair.flow.model_copy(update={"write_back": "none"})
    mark = deliver(pair, "T-1")
    pair.edit("quickbooks", "Invoice", pair.held("T-1")["Id"], DueDate="2027-01-31")
    pair.edit_invoice("T-1", freightamt="5.00", grandtotal="135.00")
    pair.again(*PLAN)

    for changes in ("review", "follow"):
        pair.options(changes=changes)
        outcome = pair.again("plan", "export", "report")

        assert isinstance(outcome["plan"], ReviewNeeded)
        assert pair.causes() == {"T-1": "changed_there"}
        assert "2027-01-31" in pair.waiting("T-1")["reason"]
        assert (pair.outcomes(mark), pair.held("T-1")["DueDate"]) == ([], "2027-01-31")
        assert pair.held("T-1")["TotalAmt"] == Decimal("130.00")


def change_both(pair: Pair) -> None:
    """One change that a re-read document shows by its facts, and one that only its texts show; both planned."""
    pair.edit_invoice("T-1", freightamt="5.00", grandtotal="135.00")
    pair.edit_invoice("N-1", extcomment="new text")
    pair.again(*PLAN)


def test_an_edit_between_plan_and_export_makes_the_token_stale_and_is_not_overwritten(pair: Pair) -> None:
    pair.options(changes="follow")
    pair.flow = pair.flow.model_copy(update={"write_back": "none"})
    mark = deliver(pair, "T-1", "N-1")
    change_both(pair)
    for number in ("T-1", "N-1"):
        pair.edit("quickbooks", "Invoice", pair.held(number)["Id"], DueDate="2027-01-31")

    outcome = pair.again("export", "report")

    assert isinstance(outcome["export"], ReviewNeeded)
    assert pair.causes() == dict.fromkeys(("T-1", "N-1"), "changed_meanwhile")
    for number in ("T-1", "N-1"):
        held = pair.held(number)
        assert (held["DueDate"], held["TotalAmt"]) == ("2027-01-31", Decimal("130.00"))
        assert held["CustomerMemo"]["value"] == "Please pay"
    assert [outcome for _, outcome in pair.outcomes(mark) if outcome == "updated"] == []
    pair.again("plan", "report")
    assert pair.causes() == dict.fromkeys(("T-1", "N-1"), "changed_there")


@pytest.mark.parametrize("kind", ["drop_before", "drop_after"])
def test_an_update_whose_answer_was_lost_happens_exactly_once(pair: Pair, kind: str) -> None:
    pair.options(changes="follow")
    pair.flow = pair.flow.model_copy(update={"write_back": "none"})
    mark = deliver(pair, "T-1", "N-1")
    change_both(pair)
    pair.mishap(vendor="quickbooks", kind=kind, path_contains="batch")

    pair.patiently()

    assert green(pair.again("acknowledge", "report"))
    assert pair.get("/control/mishaps")["mishaps"] == []
    assert sorted(pair.outcomes(mark)) == [("N-1", "updated"), ("T-1", "updated")]
    total, memo = pair.held("T-1"), pair.held("N-1")
    assert (total["SyncToken"], total["TotalAmt"], total["CustomerMemo"]["value"]) == ("1", 135, "Please pay")
    assert (memo["SyncToken"], memo["TotalAmt"], memo["CustomerMemo"]["value"]) == ("1", 130, "new text")


@pytest.mark.parametrize("kind", ["drop_before", "drop_after"])
def test_a_change_that_comes_while_the_creation_is_uncertain_is_followed_behind_it(pair: Pair, kind: str) -> None:
    pair.options(changes="follow")
    pair.load.invoice("T-1", lines=LINES)
    pair.run(steps=BEFORE_EXPORT)
    pair.mishap(vendor="quickbooks", kind=kind, path_contains="batch")
    pair.step_fails("export", StillUncertain)
    pair.edit_invoice("T-1", freightamt="5.00", grandtotal="135.00")
    pair.again(*PLAN)
    in_doubt = pair.outcomes()

    pair.patiently()
    pair.again("plan", "export", "report")

    assert in_doubt == ([("T-1", "created")] if kind == "drop_after" else [])
    assert pair.outcomes() == [("T-1", "created"), ("T-1", "updated")]
    assert pair.held("T-1")["TotalAmt"] == Decimal("135.00")
    assert pair.statement()["totals"]["USD"]["difference"] == "0.00"


def test_accept_takes_what_quickbooks_holds_as_right_and_writes_nothing_there(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair.flow = pair.flow.model_copy(update={"write_back": "none"})
    mark = deliver(pair, "N-1")
    pair.edit_invoice("N-1", extcomment="new text")
    pair.again()
    monkeypatch.setenv("INVOICE_SYNC_DATABASE", pair.database.url)
    command = ["accept", "--flow", pair.flow.name, "--document", "N-1", "--because", "typed there"]

    cure = pair.waiting("N-1")["cure"]
    assert all(part in cure for part in ("accept", f"--flow {pair.flow.name}", "--document N-1", "--because"))
    assert main(command) == 0

    assert green(pair.again("plan", "export", "acknowledge", "report"))
    assert pair.outcomes(mark) == []
    assert main(command) == 2  # it waits no longer


def test_ignore_takes_a_document_out_of_the_way_with_its_reason(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    pair.flow = pair.flow.model_copy(update={"write_back": "none"})
    deliver(pair, "N-1")
    pair.edit_invoice("N-1", extcomment="new text")
    pair.again()
    monkeypatch.setenv("INVOICE_SYNC_DATABASE", pair.database.url)
    command = ["ignore", "--flow", pair.flow.name, "--document", "N-1", "--because", "it is nobody's work"]

    assert main(command) == 0
    assert green(pair.again("plan", "export", "acknowledge", "report"))
    assert "it is nobody's work" in pair.document("N-1").reason
    assert main(command) == 2  # it waits no longer


def test_the_same_change_made_by_hand_is_how_we_left_it_and_a_later_one_is_followed(pair: Pair) -> None:
    pair.options(changes="follow")
    pair.flow = pair.flow.model_copy(update={"write_back": "none"})
    mark = deliver(pair, "D-1")
    pair.edit("quickbooks", "Invoice", pair.held("D-1")["Id"], DueDate="2026-12-24")
    pair.edit_invoice("D-1", duedate="2026-12-24")
    assert green(pair.again())
    assert pair.outcomes(mark) == []

    pair.edit_invoice("D-1", duedate="2027-01-31")

    assert green(pair.again())
    assert (pair.outcomes(mark), pair.held("D-1")["DueDate"]) == ([("D-1", "updated")], "2027-01-31")
