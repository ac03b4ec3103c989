"""Dead tokens, throttling and full quotas: what certainly was not done goes again, under the same key."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from delivering import SCOPE, Answer, Table, Vendor, not_sent, ok, throttled, unauthorized
from invoice_sync.connectors.base import Armed, Outcome, WireItem
from invoice_sync.delivery import Door
from invoice_sync.ledger.quotas import LedgerQuota
from invoice_sync.model.errors import NeedsPerson, TryLater
from invoice_sync.model.ports import Binding, Window
from invoice_sync.model.words import IntentState


@pytest.fixture
def table(tmp_path: Path) -> Table:
    return Table.build(tmp_path)


def test_a_dead_token_is_renewed_once_and_the_same_key_goes_again(table: Table) -> None:
    table.plan("A", "B")
    table.vendor.script.append(unauthorized)
    assert table.deliver().sent == 2
    assert table.vendor.renewals == 1
    assert len(set(table.vendor.sent_keys("A"))) == 1
    assert table.clock.slept == []


def test_an_endless_401_needs_a_person_and_leaves_everything_planned(table: Table) -> None:
    table.plan("A", "B")
    table.vendor.always = unauthorized
    with pytest.raises(NeedsPerson, match="sign-in"):
        table.deliver()
    assert len(table.vendor.calls) == 3
    assert table.states(IntentState.PLANNED) == {"A", "B"}
    table.vendor.always = None
    assert table.deliver().sent == 2
    assert len(set(table.vendor.sent_keys("A"))) == 1


def test_a_short_throttle_is_waited_out(table: Table) -> None:
    table.plan("A")
    table.vendor.script.append(throttled(15))
    assert table.deliver().sent == 1
    assert table.clock.slept == [15]


def test_a_long_throttle_ends_the_try_and_says_how_long(table: Table) -> None:
    table.plan("A")
    table.vendor.script.append(throttled(90))
    with pytest.raises(TryLater) as caught:
        table.deliver()
    assert caught.value.wait == 90
    assert (table.clock.slept, table.intent("A").state) == ([], IntentState.PLANNED)


def test_a_throttle_without_a_time_means_a_minute(table: Table) -> None:
    table.plan("A")
    table.vendor.script.append(throttled(None))
    with pytest.raises(TryLater) as caught:
        table.deliver()
    assert caught.value.wait == 60


def test_a_throttled_company_makes_no_call_until_the_pause_is_over(table: Table) -> None:
    table.plan("A")
    table.vendor.script.append(throttled(90))
    with pytest.raises(TryLater):
        table.deliver()
    table.clock.pass_by(timedelta(seconds=30))
    with pytest.raises(TryLater) as caught:
        table.colleague().deliver()
    assert (caught.value.wait, len(table.vendor.calls)) == (60, 1)
    table.clock.pass_by(timedelta(seconds=61))
    assert table.deliver().sent == 1


def test_another_company_does_not_wait(table: Table) -> None:
    table.plan("A")
    table.vendor.script.append(throttled(90))
    with pytest.raises(TryLater):
        table.deliver()
    assert table.quota("acme").take("call") == 90
    assert table.quota("globex").take("call") == 0


def test_a_throttle_beside_a_dead_token_is_still_recorded(tmp_path: Path) -> None:
    table = Table.build(tmp_path, batch=1, in_flight=2)
    table.plan("A", "B")
    by_document: dict[str, Answer] = {"A": unauthorized, "B": throttled(90)}
    table.vendor.always = lambda vendor, armed, item: by_document[item.source_id](vendor, armed, item)
    with pytest.raises(TryLater):
        table.deliver()
    assert table.quota().take("call") > 0


def test_a_line_that_is_down_is_tried_a_few_times_with_growing_pauses(table: Table) -> None:
    table.plan("A")
    table.vendor.always = not_sent
    with pytest.raises(TryLater):
        table.deliver()
    assert len(table.vendor.calls) == 4
    assert table.clock.slept == sorted(table.clock.slept)
    assert table.intent("A").state == IntentState.PLANNED


def test_a_batch_that_makes_progress_is_never_called_fruitless(table: Table) -> None:
    """One document a round gets through: ten rounds are fine."""
    numbers = [f"N{n}" for n in range(10)]
    table.plan(*numbers)

    def one_at_a_time(vendor: Vendor, armed: Armed, item: WireItem) -> Outcome:
        return (ok if item is armed.items[0] else not_sent)(vendor, armed, item)

    table.vendor.always = one_at_a_time
    assert table.deliver().sent == 10


def door_with(table: Table, *windows: Window) -> Door:
    quota = LedgerQuota(table.database, Binding("acme", "quickbooks", "realm-1"), windows, 1.0, table.clock)
    return Door(table.database, SCOPE, table.door().task, table.vendor, table.clock, quota)


def test_a_full_window_is_waited_for_before_arming(tmp_path: Path) -> None:
    table = Table.build(tmp_path, batch=1)
    table.plan("A", "B", "C")
    assert door_with(table, Window("burst", 1, 10)).deliver("invoice", "create").sent == 3
    armed = [table.attempts(number)[0].armed_at for number in "ABC"]
    assert armed[1] - armed[0] >= timedelta(seconds=10)
    assert all(call.send_by >= table.vendor.timing.send_window for call in table.vendor.calls)


def test_a_window_of_a_minute_is_waited_for_and_the_lease_is_kept_meanwhile(tmp_path: Path) -> None:
    table = Table.build(tmp_path, batch=1, in_flight=4)
    table.plan("A", "B", "C")
    assert door_with(table, Window("minute", 2, 60)).deliver("invoice", "create").sent == 3
    armed = [table.attempts(number)[0].armed_at for number in "ABC"]
    assert armed[2] - armed[0] >= timedelta(seconds=60)
    assert max(table.clock.slept) <= table.vendor.timing.lease.total_seconds() / 2


def test_answers_of_calls_in_flight_are_kept_when_the_quota_stops_the_next(tmp_path: Path) -> None:
    table = Table.build(tmp_path, batch=1, in_flight=4)
    table.plan("A", "B", "C")
    with pytest.raises(TryLater):
        door_with(table, Window("hour", 2, 3600)).deliver("invoice", "create")
    assert table.states(IntentState.DONE) == {"A", "B"}
    assert table.states(IntentState.PLANNED) == {"C"}


def test_answers_of_calls_in_flight_are_kept_when_the_sign_in_dies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = Table.build(tmp_path, batch=1, in_flight=2)
    table.plan("A", "B")
    monkeypatch.setattr(table.vendor, "prepare", once_then(NeedsPerson("sign in again")))
    with pytest.raises(NeedsPerson):
        table.deliver()
    assert table.states(IntentState.DONE) == {"A"}


def once_then(error: Exception) -> Callable[[], None]:
    calls = iter([None])

    def prepare() -> None:
        if next(calls, error) is error:
            raise error

    return prepare


def test_a_token_is_prepared_before_each_call_and_before_arming(table: Table) -> None:
    table.plan("A")
    states = []
    table.vendor.prepare = lambda: states.append(table.intent("A").state)
    table.deliver()
    assert states == [IntentState.PLANNED]


def test_after_a_throttle_no_further_call_leaves(tmp_path: Path) -> None:
    table = Table.build(tmp_path, batch=1)
    table.plan("A", "B", "C")
    table.vendor.script.append(throttled(90))
    with pytest.raises(TryLater):
        table.deliver()
    assert len(table.vendor.calls) == 1
    assert table.attempts("B") == []
