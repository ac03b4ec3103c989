"""A lost answer is looked up, never blindly repeated; what cannot be decided goes to a person."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from delivering import (
    AFTER_QUIET,
    MORNING,
    TIMING,
    Answer,
    Table,
    echo,
    explodes,
    hit,
    late,
    left_out,
    lost_after,
    lost_before,
    not_sent,
    unique,
)
from invoice_sync.connectors.base import Armed, WriteClass
from invoice_sync.model.errors import StillUncertain
from invoice_sync.model.words import DocumentState, IntentState


@pytest.fixture
def table(tmp_path: Path) -> Table:
    return Table.build(tmp_path)


@pytest.fixture
def holding_unique(tmp_path: Path) -> Table:
    return Table.build(tmp_path, write_class=WriteClass.UNIQUE, always=unique)


@pytest.fixture
def setting_state(tmp_path: Path) -> Table:
    return Table.build(tmp_path, write_class=WriteClass.SET_STATE)


def uncertain(table: Table, operation: str = "create") -> StillUncertain:
    with pytest.raises(StillUncertain) as caught:
        table.deliver(operation)
    return caught.value


# an unknown outcome where nothing holds uniqueness


@pytest.mark.parametrize("answer", [lost_after, lost_before, left_out, explodes])
def test_before_the_quiet_period_is_over_nothing_is_sent_nor_looked_up(table: Table, answer: Answer) -> None:
    table.plan("A")
    table.vendor.script.append(answer)
    assert uncertain(table).until == MORNING + TIMING.quiet
    table.clock.pass_by(TIMING.quiet - timedelta(seconds=1))
    error = uncertain(table)
    assert (error.count, error.until) == (1, MORNING + TIMING.quiet)
    assert (len(table.vendor.calls), table.vendor.looked_up) == (1, [])


def test_still_uncertain_names_the_earliest_time(table: Table) -> None:
    table.plan("A")
    table.vendor.script.extend([lost_before, lost_before])
    uncertain(table)
    table.clock.pass_by(timedelta(seconds=60))
    table.plan("B")
    error = uncertain(table)
    assert (error.count, error.until) == (2, MORNING + TIMING.quiet)


def test_while_one_is_uncertain_the_others_go_out(table: Table) -> None:
    table.plan("A")
    table.vendor.script.append(lost_before)
    uncertain(table)
    table.plan("B")
    assert uncertain(table).count == 1
    assert table.states(IntentState.DONE) == {"B"}


@pytest.mark.parametrize("answer", [lost_after, left_out, explodes, late])
def test_what_was_done_is_found_and_adopted(table: Table, answer: Answer) -> None:
    table.plan("A")
    table.vendor.script.append(answer)
    uncertain(table)
    table.clock.pass_by(AFTER_QUIET)
    assert table.deliver().adopted == 1
    assert table.links() == {"A": "R1"}
    assert (len(table.vendor.remotes), len(table.vendor.calls)) == (1, 1)


def test_what_was_not_done_is_sent_again_three_times_and_then_reviewed(table: Table) -> None:
    table.plan("A")
    table.vendor.always = lost_before
    for _ in range(4):
        uncertain(table)
        table.clock.pass_by(AFTER_QUIET)
    table.deliver()
    assert len(table.vendor.calls) == 4
    assert len(set(table.vendor.sent_keys("A"))) == 1
    assert (table.document("A").state, table.document("A").cause) == (DocumentState.REVIEW, "never_arrives")


def test_only_lookups_that_found_nothing_count_as_misses(table: Table) -> None:
    table.plan("A")
    table.vendor.script.extend([not_sent, not_sent, lost_before])
    uncertain(table)
    table.clock.pass_by(AFTER_QUIET)
    table.deliver()
    assert table.intent("A").misses == 1


def test_each_sending_starts_a_quiet_period_of_its_own(table: Table) -> None:
    table.plan("A")
    table.vendor.script.extend([lost_before, lost_before])
    uncertain(table)
    table.clock.pass_by(AFTER_QUIET)
    assert uncertain(table).until == table.clock.now() + TIMING.quiet


def test_a_number_held_by_somebody_else_goes_to_review_and_is_not_sent_again(table: Table) -> None:
    table.plan("A")
    table.vendor.script.append(lost_before)
    uncertain(table)
    table.vendor.holds("A", currency="USD", total="1000", marker="by hand")
    table.clock.pass_by(AFTER_QUIET)
    table.deliver()
    assert (table.document("A").state, table.document("A").cause) == (DocumentState.REVIEW, "number_taken")
    assert (len(table.vendor.calls), table.links()) == (1, {})


def test_two_of_ours_go_to_review_and_nothing_is_linked_or_touched(table: Table) -> None:
    table.plan("A")
    table.vendor.script.append(lost_after)
    uncertain(table)
    table.vendor.create(table.vendor.calls[0].items[0])
    table.clock.pass_by(AFTER_QUIET)
    table.deliver()
    assert table.document("A").cause == "there_twice"
    assert "R1" in table.document("A").reason
    assert "R2" in table.document("A").reason
    assert (len(table.vendor.calls), len(table.vendor.remotes), table.links()) == (1, 2, {})


def test_ours_beside_a_strangers_record_is_adopted(table: Table) -> None:
    table.plan("A")
    table.vendor.script.append(lost_after)
    uncertain(table)
    table.vendor.holds("A", currency="USD", total="1000", marker="by hand")
    table.clock.pass_by(AFTER_QUIET)
    table.deliver()
    assert table.links() == {"A": "R1"}


def test_ours_with_another_total_is_a_mismatch_and_never_a_second_create(table: Table) -> None:
    table.plan("A")
    table.vendor.script.append(lost_before)
    uncertain(table)
    table.vendor.holds("A", currency="USD", total="1001", marker="m:A")
    table.clock.pass_by(AFTER_QUIET)
    table.deliver()
    table.clock.pass_by(AFTER_QUIET)
    table.deliver()
    assert (table.document("A").state, table.document("A").cause) == (DocumentState.REVIEW, "mismatch")
    assert (len(table.vendor.calls), table.links()) == (1, {"A": "R900"})


def test_ours_but_voided_meanwhile_is_for_a_person(table: Table) -> None:
    table.plan("A")
    table.vendor.script.append(lost_after)
    uncertain(table)
    table.vendor.void("A")
    table.clock.pass_by(AFTER_QUIET)
    table.deliver()
    assert (table.document("A").state, table.document("A").cause) == (DocumentState.REVIEW, "mismatch")
    assert len(table.vendor.calls) == 1


def test_a_record_that_belongs_to_another_document_is_never_adopted(table: Table) -> None:
    table.plan("A", "B")
    table.vendor.script.append({"A": echo(number="B", marker="m:B"), "B": lost_before})
    uncertain(table)
    table.clock.pass_by(AFTER_QUIET)
    table.deliver()
    assert table.links() == {"A": "R1"}
    assert (table.document("B").state, table.document("B").cause) == (DocumentState.REVIEW, "number_taken")


def test_one_lookup_serves_a_whole_batch(table: Table) -> None:
    table.plan(*(f"N{n}" for n in range(30)))
    table.vendor.script.append(lost_after)
    uncertain(table)
    table.clock.pass_by(AFTER_QUIET)
    assert table.deliver().adopted == 30
    assert [len(items) for items in table.vendor.looked_up] == [30]


def test_a_sender_that_raises_hurts_no_other_call(tmp_path: Path) -> None:
    table = Table.build(tmp_path, batch=1)
    table.plan("A", "B")
    table.vendor.script.append(explodes)
    uncertain(table)
    assert table.states(IntentState.DONE) == {"B"}


def test_a_lookup_that_fails_decides_nothing(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    table.plan("A")
    table.vendor.script.append(lost_after)
    uncertain(table)
    table.clock.pass_by(AFTER_QUIET)

    def no_answer(*_: object) -> None:
        raise ConnectionError

    monkeypatch.setattr(table.vendor, "find", no_answer)
    with pytest.raises(ConnectionError):
        table.deliver()
    assert table.intent("A").state == IntentState.UNCERTAIN
    monkeypatch.undo()
    assert table.deliver().adopted == 1


# a destination that holds the number unique


def test_a_hit_that_is_ours_is_adopted_in_the_same_delivery(holding_unique: Table) -> None:
    table = holding_unique
    table.plan("A")
    table.vendor.holds("A", currency="USD", total="1000", marker="m:A")
    assert table.deliver().adopted == 1
    assert (table.links(), len(table.vendor.remotes)) == ({"A": "R900"}, 1)


def test_a_hit_that_is_not_ours_is_reviewed_with_the_connectors_problem(holding_unique: Table) -> None:
    table = holding_unique
    table.plan("A", "B")
    table.vendor.holds("A", currency="USD", total="1000", marker="by hand")
    tally = table.deliver()
    document = table.document("A")
    assert (document.state, document.reason, document.vendor_code, document.trace_id) == (
        "review",
        "The number is used already.",
        "6140",
        "t-1",
    )
    assert (tally.sent, tally.refused, table.links()) == (1, 1, {"B": "R1"})


def test_a_hit_whose_holder_cannot_be_found_is_reviewed(holding_unique: Table) -> None:
    table = holding_unique
    table.plan("A")
    table.vendor.script.append(hit)
    table.deliver()
    assert (table.document("A").state, table.document("A").vendor_code) == ("review", "6140")
    assert len(table.vendor.calls) == 1


@pytest.mark.parametrize("answer", [lost_after, lost_before])
def test_where_the_number_is_unique_nobody_waits(holding_unique: Table, answer: Answer) -> None:
    table = holding_unique
    table.plan("A")
    table.vendor.script.append(answer)
    table.deliver()
    assert table.links() == {"A": "R1"}
    assert (table.clock.slept, len(table.vendor.remotes)) == ([], 1)


def test_where_the_number_is_unique_silence_is_met_with_patience(holding_unique: Table) -> None:
    """A minute of 503 must not use up every try and send the document to review."""
    table = holding_unique
    table.plan("A")
    table.vendor.always = lost_before
    assert uncertain(table).until == table.clock.now() + TIMING.quiet
    assert len(table.vendor.calls) == 2
    table.vendor.always = unique
    table.clock.pass_by(AFTER_QUIET)
    table.deliver()
    assert table.links() == {"A": "R1"}


# setting a state


def test_a_state_that_is_so_already_needs_no_write(setting_state: Table) -> None:
    table = setting_state
    table.plan("A", op="acknowledge")
    table.vendor.holds("A", currency="USD", total="1000", marker="m:A")
    assert table.deliver("acknowledge").adopted == 1
    assert (table.vendor.calls, table.links()) == ([], {})
    assert table.intent("A").state == IntentState.DONE


def test_a_state_that_is_otherwise_is_set(setting_state: Table) -> None:
    table = setting_state
    table.plan("A", op="acknowledge")
    table.vendor.holds("A", currency="USD", total="0", marker="m:A")
    assert table.deliver("acknowledge").sent == 1
    assert len(table.vendor.calls) == 1


@pytest.mark.parametrize(("answer", "calls"), [(lost_after, 1), (lost_before, 2)])
def test_an_unknown_state_is_read_again(setting_state: Table, answer: Answer, calls: int) -> None:
    table = setting_state
    table.plan("A", op="acknowledge")
    table.vendor.script.append(answer)
    table.deliver("acknowledge")
    assert (len(table.vendor.calls), table.intent("A").state) == (calls, IntentState.DONE)


def test_a_person_who_sets_the_state_meanwhile_is_no_stranger(setting_state: Table) -> None:
    table = setting_state
    table.plan("A", op="acknowledge")
    table.vendor.script.append(lost_before)

    def by_hand(armed: Armed) -> None:
        table.vendor.holds("A", currency="USD", total="1000", marker="m:A")

    table.vendor.while_sending = by_hand
    assert table.deliver("acknowledge").adopted == 1
