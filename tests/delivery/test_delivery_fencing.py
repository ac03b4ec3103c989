"""Two processes at one flow: the ledger makes that harmless."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from delivering import AFTER_LEASE, AFTER_QUIET, MORNING, TIMING, Killed, Table, lost_after
from invoice_sync.connectors.base import Armed
from invoice_sync.ledger import leases
from invoice_sync.model.errors import LeaseTaken, LostLease, StillUncertain
from invoice_sync.model.words import IntentState

NAME = "invoices_acme/invoice/create"


@pytest.fixture
def table(tmp_path: Path) -> Table:
    return Table.build(tmp_path)


def killed_while_sending(table: Table, *, after_commit: bool) -> None:
    """The process vanishes without a trace between arming and the answer."""

    def die(armed: Armed) -> None:
        if after_commit:
            for item in armed.items:
                table.vendor.create(item)
        table.database.dead = True
        raise Killed

    table.vendor.while_sending = die
    with pytest.raises(Killed):
        table.deliver()
    table.vendor.while_sending = lambda armed: None


def test_a_second_door_is_turned_away_while_the_first_is_at_work(table: Table) -> None:
    caught = []

    def meanwhile(armed: Armed) -> None:
        with pytest.raises(LeaseTaken) as error:
            table.colleague().deliver()
        caught.append(error.value.wait)

    table.vendor.while_sending = meanwhile
    table.plan("A")
    table.deliver()
    assert caught == [TIMING.lease.total_seconds()]
    assert len(table.vendor.calls) == 1


def test_the_lease_is_free_as_soon_as_the_work_is_done(table: Table) -> None:
    table.plan("A")
    table.deliver()
    assert table.colleague().deliver().sent == 0


def test_another_kind_of_write_has_a_lease_of_its_own(table: Table) -> None:
    leases.take(table.database, NAME, "somebody", MORNING, TIMING.lease)
    table.plan("A", op="acknowledge")
    assert table.deliver("acknowledge").sent == 1


def test_taking_over_raises_the_epoch(table: Table) -> None:
    first = leases.take(table.database, NAME, "one", MORNING, TIMING.lease)
    second = leases.take(table.database, NAME, "two", MORNING + AFTER_LEASE, TIMING.lease)
    assert second.epoch == first.epoch + 1


def test_a_lease_lives_to_its_very_end_and_not_longer(table: Table) -> None:
    leases.take(table.database, NAME, "one", MORNING, timedelta(seconds=100))
    with pytest.raises(LeaseTaken):
        leases.take(table.database, NAME, "two", MORNING + timedelta(seconds=99.999), TIMING.lease)
    leases.take(table.database, NAME, "two", MORNING + timedelta(seconds=100), TIMING.lease)


def test_a_fenced_off_owner_can_neither_extend_nor_release(table: Table) -> None:
    old = leases.take(table.database, NAME, "one", MORNING, TIMING.lease)
    new = leases.take(table.database, NAME, "two", MORNING + AFTER_LEASE, TIMING.lease)
    with pytest.raises(LostLease), table.database.transaction() as session:
        leases.extend(session, old, MORNING + AFTER_LEASE * 9)
    leases.release(table.database, old, MORNING)
    with pytest.raises(LeaseTaken):
        leases.take(table.database, NAME, "three", MORNING + AFTER_LEASE, TIMING.lease)
    with table.database.transaction() as session:
        leases.extend(session, new, MORNING + AFTER_LEASE * 2)


@pytest.mark.parametrize("after_commit", [True, False])
def test_what_a_dead_process_was_sending_becomes_uncertain_and_keeps_its_quiet_period(
    table: Table, after_commit: bool
) -> None:
    table.plan("A")
    killed_while_sending(table, after_commit=after_commit)
    heir = table.colleague()
    with pytest.raises(LeaseTaken):
        heir.deliver()
    table.clock.pass_by(AFTER_LEASE)
    with pytest.raises(StillUncertain) as caught:
        heir.deliver()
    assert caught.value.until == MORNING + TIMING.quiet
    assert (heir.intent("A").state, len(table.vendor.calls)) == (IntentState.UNCERTAIN, 1)
    table.clock.pass_by(AFTER_QUIET)
    heir.deliver()
    assert (heir.links(), len(table.vendor.remotes)) == ({"A": "R1"}, 1)


def test_the_heir_sends_the_same_bytes_under_the_same_key(table: Table) -> None:
    table.plan("A", "B")
    killed_while_sending(table, after_commit=False)
    table.clock.pass_by(AFTER_QUIET)
    heir = table.colleague()
    assert heir.deliver().sent == 2
    assert len(table.vendor.sent_keys("A")) == 2
    assert len(set(table.vendor.sent_keys("A"))) == 1


def taken_over_while_sending(table: Table) -> Table:
    """The process pauses in mid-call for so long that another one takes over and decides."""
    heir = table.colleague()

    def pause(armed: Armed) -> None:
        table.vendor.while_sending = lambda armed: None
        table.clock.pass_by(AFTER_QUIET)
        heir.deliver()

    table.vendor.while_sending = pause
    return heir


def test_the_answer_of_a_fenced_off_process_is_evidence_and_overwrites_nothing(table: Table) -> None:
    heir = taken_over_while_sending(table)
    table.plan("A")
    with pytest.raises(LostLease):
        table.deliver()
    mine, theirs = heir.attempts("A")
    assert (mine.epoch, mine.verdict, mine.remote_id) == (1, "ok", "R2")
    assert (theirs.epoch, theirs.verdict, theirs.remote_id) == (2, "ok", "R1")
    assert (heir.intent("A").state, heir.intent("A").epoch, heir.links()) == (IntentState.DONE, 2, {"A": "R1"})


def test_a_lost_lease_keeps_the_evidence_of_every_call_in_flight(tmp_path: Path) -> None:
    table = Table.build(tmp_path, batch=1, in_flight=3)
    table.plan("A", "B", "C")

    def robbed(armed: Armed) -> None:
        if armed.items[0].source_id == "C":
            late = table.clock.now() + AFTER_LEASE
            leases.take(table.colleague().database, NAME, "robber", late, TIMING.lease)

    table.vendor.while_sending = robbed
    with pytest.raises(LostLease):
        table.deliver()
    assert [table.attempts(number)[0].verdict for number in "ABC"] == ["ok", "ok", "ok"]


def test_a_fenced_off_process_arms_nothing_more(tmp_path: Path) -> None:
    table = Table.build(tmp_path, batch=1)
    table.plan("A", "B")

    def robbed(armed: Armed) -> None:
        leases.take(table.database, NAME, "robber", table.clock.now() + AFTER_LEASE, TIMING.lease)

    table.vendor.while_sending = robbed
    with pytest.raises(LostLease):
        table.deliver()
    assert (table.attempts("B"), len(table.vendor.calls)) == ([], 1)


def test_a_heir_that_comes_while_the_old_call_still_runs_waits_and_adopts(table: Table) -> None:
    """K10: paused, not dead."""
    heir = table.colleague()

    def pause(armed: Armed) -> None:
        table.clock.pass_by(AFTER_LEASE)
        with pytest.raises(StillUncertain):
            heir.deliver()

    table.vendor.while_sending = pause
    table.vendor.script.append(lost_after)
    table.plan("A")
    with pytest.raises(LostLease):
        table.deliver()
    table.clock.pass_by(AFTER_QUIET)
    assert heir.deliver().adopted == 1
    assert len(table.vendor.remotes) == 1


def test_a_stopped_process_gives_the_lease_back_and_leaves_the_writes_uncertain(table: Table) -> None:
    """SIGTERM: the process still may clean up."""

    def stop(armed: Armed) -> None:
        raise KeyboardInterrupt

    table.vendor.while_sending = stop
    table.plan("A")
    with pytest.raises(KeyboardInterrupt):
        table.deliver()
    table.vendor.while_sending = lambda armed: None
    with pytest.raises(StillUncertain) as caught:
        table.colleague().deliver()
    assert caught.value.until == MORNING + TIMING.quiet
