"""The door: drains what is planned, looks up what is uncertain, until nothing more can be done now."""

from __future__ import annotations

import logging
import os
import socket
import traceback
import uuid
from collections.abc import Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from invoice_sync.connectors.base import (
    ACKNOWLEDGE,
    CREATE,
    TELL_ERROR,
    UPDATE,
    VOID,
    WRITE_ID,
    Armed,
    Outcome,
    Verdict,
    Writer,
)
from invoice_sync.delivery.arm import arm, batches
from invoice_sync.delivery.recover import adopt_what_is_so, recover, take_over
from invoice_sync.delivery.settle import settle
from invoice_sync.delivery.work import Size, Tally, Work
from invoice_sync.ledger import intents, leases
from invoice_sync.ledger.database import Database
from invoice_sync.ledger.scope import Scope, TaskRef
from invoice_sync.model.crash_points import reached
from invoice_sync.model.documents import Entity
from invoice_sync.model.errors import LostLease, NeedsPerson, StillUncertain, TryLater
from invoice_sync.model.ports import Clock, Quota
from invoice_sync.model.progress import Progress, spoken
from invoice_sync.model.words import LogWords

log = logging.getLogger("invoice_sync.delivery")

ROUNDS = 4
LONGEST_PAUSE_IN_TASK = 20.0
DEFAULT_THROTTLE_WAIT = 60.0

LONGEST_WAIT_FOR_A_WINDOW = 75.0
"""Seconds. Published windows turn every minute, and a task that came back for each would do little else."""

PIECE, MOMENT = 5.0, 0.25
"""Seconds to wait at a time for a window: with nothing in flight, and between looks at what is."""

LAST_SECONDS = 2.0
"""For answers to come in when we are stopped; Airflow kills a task five seconds after it said so."""

Flight = Future[Mapping[str, Outcome]]

DONE_BY = {
    CREATE: "sent", UPDATE: "changes sent", VOID: "voids sent", ACKNOWLEDGE: "acknowledged",
    WRITE_ID: "ids told", TELL_ERROR: "reasons told",
}  # fmt: skip
"""What the progress line counts."""


@dataclass(frozen=True, slots=True)
class Door:
    """Writes of one flow at one vendor. Only the thread that calls `deliver` touches the ledger."""

    database: Database
    scope: Scope
    task: TaskRef
    writer: Writer
    clock: Clock
    quota: Quota
    progress: Progress = field(default_factory=Progress)
    words: LogWords = field(default_factory=LogWords)

    def deliver(self, entity: Entity, operation: str) -> Tally:
        """Everything planned or uncertain of this kind, as far as it can be brought now.

        Raises StillUncertain when only unknown outcomes are left, TryLater for weather and for a flow in other
        hands, NeedsPerson when a sign-in or a setting stands in the way, LostLease when somebody took over.
        """
        self.writer.rule(entity, operation)
        with self.database.transaction() as session:
            if not intents.any_unfinished(session, self.scope, entity, operation):
                return Tally()
        with self._leased(entity, operation) as work:
            take_over(work)
            adopt_what_is_so(work)
            recover(work)
            _drain(work, self.quota)
            while recover(work):
                _drain(work, self.quota)
            self._stop_if_uncertain(work)
            return work.tally

    @contextmanager
    def _leased(self, entity: Entity, operation: str) -> Iterator[Work]:
        rule = self.writer.rule(entity, operation)
        name = f"{self.scope.flow}/{entity}/{operation}"
        owner = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
        lease = leases.take(self.database, name, owner, self.clock.now(), self.writer.timing.lease)
        reached("K2")
        try:
            yield Work(
                self.database, self.scope, self.task, self.writer, self.clock, entity, operation, rule, lease,
                Size(rule.batch), progress=self.progress, words=self.words,
            )  # fmt: skip
        finally:
            leases.release(self.database, lease, self.clock.now())

    def _stop_if_uncertain(self, work: Work) -> None:
        with self.database.transaction() as session:
            count, until = intents.earliest_quiet(session, self.scope, work.entity, work.operation)
        if count and until is not None:
            raise StillUncertain(count, until)


def _drain(work: Work, quota: Quota) -> None:
    """Sends what is planned; what certainly was not done goes again after a pause."""
    fruitless, before = 0, work.tally.settled
    while again := _send_all(work, quota):
        smaller = any(outcome.verdict is Verdict.TOO_LARGE for outcome in again)
        fruitless = fruitless + 1 if work.tally.settled == before and not smaller else 0
        before = work.tally.settled
        if fruitless == ROUNDS:
            raise TryLater(f"{work.writer.binding.vendor} took nothing in {ROUNDS} rounds")
        _pause(work, quota, again, fruitless)


def _send_all(work: Work, quota: Quota) -> list[Outcome]:
    """One pass over the planned, a few calls in flight, each armed when its slot is free."""
    waiting = batches(work)
    work.progress.begin(_phrase(work), sum(map(len, waiting)))
    again: list[Outcome] = []
    with ThreadPoolExecutor(max_workers=work.rule.in_flight) as pool:
        flying: dict[Flight, Armed] = {}
        try:
            while waiting or flying:
                turn = 0.0 if again else _launch_all(work, quota, pool, flying, waiting)
                if not flying and not turn:
                    break
                again += _landed(work, flying, turn)
        except BaseException as error:
            work.writer.stop_waiting()
            _land(work, flying, is_stopped=not isinstance(error, Exception))
            raise
    return again


def _launch_all(
    work: Work, quota: Quota, pool: ThreadPoolExecutor, flying: dict[Flight, Armed], waiting: list[list[int]]
) -> float:
    """Fills the free slots. Returns the seconds until the vendor's windows let the next call go; 0.0 when they do."""
    while waiting and len(flying) < work.rule.in_flight:
        if (turn := quota.take(work.rule.quota_kind)) > 0:
            if turn > LONGEST_WAIT_FOR_A_WINDOW or quota.paused() > LONGEST_PAUSE_IN_TASK:
                raise TryLater(f"{work.writer.binding.vendor} lets company {work.scope.company} wait", wait=turn)
            return turn
        _launch(work, pool, flying, waiting.pop(0))
    return 0.0


def _landed(work: Work, flying: dict[Flight, Armed], turn: float) -> list[Outcome]:
    """Settles what has come back. Waits for the first of the calls in flight, and no longer than until `turn`."""
    if not flying:
        _wait_for_a_window(work, turn)
    again: list[Outcome] = []
    for future in wait(flying, min(turn, MOMENT) if turn else None, FIRST_COMPLETED).done:
        reached("K7")
        armed = flying.pop(future)
        open_ = settle(work, armed, future.result())
        work.progress.moved(len(armed.items) - len(open_))
        again += open_
    return again


def _wait_for_a_window(work: Work, turn: float) -> None:
    """In short pieces, and the lease is kept meanwhile: nobody shall take the flow over because we are polite."""
    with work.progress.held_up(f"{work.writer.binding.vendor} takes the next call in {spoken(turn)}"):
        work.clock.sleep(min(turn, PIECE))
    with work.fenced():
        pass


def _phrase(work: Work) -> str:
    """Such as "credit memo: changes sent"."""
    return f"{work.entity.replace('_', ' ')}: {DONE_BY.get(work.operation, work.operation)}"


def _land(work: Work, flying: Mapping[Flight, Armed], *, is_stopped: bool) -> None:
    """Something ended this, and calls are still out: their answers count like any other.

    `is_stopped`: the process shall end, and will be killed if it does not; what has not answered then is abandoned.
    """
    if is_stopped:
        wait(flying, LAST_SECONDS)
    for future, armed in flying.items():
        outcomes = future.result() if future.done() or not is_stopped else _unknown(armed)
        with suppress(LostLease):
            settle(work, armed, outcomes, is_abandoned=is_stopped)


def _unknown(armed: Armed) -> Mapping[str, Outcome]:
    return {item.wire_item: Outcome(Verdict.UNKNOWN) for item in armed.items}


def _launch(work: Work, pool: ThreadPoolExecutor, flying: dict[Flight, Armed], ids: list[int]) -> None:
    """All waiting happens before arming: quota, then a fresh token."""
    work.writer.prepare()
    armed = arm(work, ids)
    if armed is not None:
        reached("K4")
        reached("K10")
        flying[pool.submit(_send, work, armed)] = armed


def _send(work: Work, armed: Armed) -> Mapping[str, Outcome]:
    """In a thread. A mistake of ours after the bytes left must not pass for "not done": it is UNKNOWN."""
    try:
        outcomes = work.writer.send(armed)
    except Exception as error:  # noqa: BLE001 - whatever it was, money may have moved
        where = "".join(traceback.format_tb(error.__traceback__))  # without the message, which may hold names
        log.error("Sending failed in our own code (%s); the outcome is unknown\n%s", type(error).__name__, where)
        outcomes = {}
    unknown = Outcome(Verdict.UNKNOWN)
    return {item.wire_item: outcomes.get(item.wire_item, unknown) for item in armed.items}


def _pause(work: Work, quota: Quota, again: list[Outcome], round_: int) -> None:
    """Before the same bytes go again: renew a dead token, obey a 429, or back off with jitter."""
    if any(outcome.verdict is Verdict.TOO_LARGE for outcome in again):
        work.size.items = max(1, work.size.items // 2)
        log.warning("%s cannot take so much in one call; %d at a time", work.writer.binding.vendor, work.size.items)
    seconds = max(outcome.wait or 0.0 for outcome in again)
    if any(outcome.verdict is Verdict.THROTTLED for outcome in again):
        seconds = seconds or DEFAULT_THROTTLE_WAIT
        quota.pause(seconds)
    if any(outcome.status == 401 for outcome in again):
        _renew(work, round_)
        return
    seconds = max(seconds, work.clock.jitter(2.0**round_))
    if seconds > LONGEST_PAUSE_IN_TASK:
        raise TryLater(f"{work.writer.binding.vendor} asked company {work.scope.company} to wait", wait=seconds)
    with work.progress.held_up(f"tried again in {spoken(seconds)}"):
        work.clock.sleep(seconds)


def _renew(work: Work, round_: int) -> None:
    if round_ > 2:
        raise NeedsPerson(
            f"{work.writer.binding.vendor} refuses the sign-in of company {work.scope.company} again and again.",
            cure="Connect the company anew, then clear this task.",
        )
    work.writer.renew()
