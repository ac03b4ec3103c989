"""A vendor that works late, shows late and forgets keys, and workers that die or fall asleep; all in one thread's time.

Clock, dice and transport are injected: the same seed gives the same run to the letter.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

from delivering import AFTER_LEASE, AFTER_QUIET, HandClock, Killed, Table, Vendor, new_ledger, refused
from invoice_sync.connectors.base import Armed, Outcome, Remote, Verdict, WireItem
from invoice_sync.ledger import documents, intents
from invoice_sync.ledger.documents import Seen
from invoice_sync.ledger.intents import Wanted
from invoice_sync.ledger.tables import DocumentRow
from invoice_sync.model import canonical
from invoice_sync.model.errors import InvoiceSyncError, StillUncertain, TryLater
from invoice_sync.model.words import DocumentState, IntentState

OPEN = (IntentState.PLANNED, IntentState.SENDING, IntentState.UNCERTAIN)
FAULTS = {
    "ok": 50, "drop_before": 6, "drop_after": 10, "error_after": 6, "works_late": 6, "half_done": 4,
    "not_sent": 2, "throttled": 2, "unauthorized": 3, "dies_before": 4, "dies_after": 4,
    "sleeps_before": 5, "sleeps_in_time": 2, "sleeps_after": 3, "refused": 1,
}  # fmt: skip
IN_PLAIN = {
    "not_sent": Outcome(Verdict.NOT_SENT), "throttled": Outcome(Verdict.THROTTLED, status=429, wait=5.0),
    "unauthorized": Outcome(Verdict.NOT_DONE, status=401),
}  # fmt: skip


@dataclass
class LateVendor(Vendor):
    """Requests may wait inside it up to `timing.server`, and its search lags up to `timing.index_lag`."""

    dice: Random = field(default_factory=Random)
    fault: Callable[[], str] = lambda: "ok"
    asleep: Callable[[], None] = lambda: None
    inside: list[tuple[datetime, Armed, tuple[WireItem, ...]]] = field(default_factory=list)
    answers: dict[tuple[str, str], Remote] = field(default_factory=dict)
    drawn: Counter[str] = field(default_factory=Counter)

    def send(self, armed: Armed) -> Mapping[str, Outcome]:
        fault = self.fault()
        self.drawn[fault] += 1
        if fault in ("sleeps_before", "sleeps_in_time"):
            self.asleep()
        if self.clock.monotonic() > armed.send_by:  # what the transport does
            return {item.wire_item: Outcome(Verdict.NOT_SENT) for item in armed.items}
        self.calls.append(armed)
        outcomes = self._befall(fault, armed)
        if fault == "sleeps_after":
            self.asleep()
        return outcomes

    def _befall(self, fault: str, armed: Armed) -> Mapping[str, Outcome]:
        if fault == "dies_before":
            raise Killed
        if fault in IN_PLAIN:
            return {item.wire_item: IN_PLAIN[fault] for item in armed.items}
        if fault == "refused":
            return {item.wire_item: refused(self, armed, item) for item in armed.items}
        if fault == "works_late":
            seconds = self.long(self.timing.server)
            self.inside.append((self.clock.now() + timedelta(seconds=seconds), armed, armed.items))
        if fault in ("drop_before", "works_late"):
            return {}
        half = len(armed.items) // 2 if fault == "half_done" else None
        made = {item.wire_item: self.make(armed, item) for item in armed.items[:half]}
        if fault == "dies_after":
            raise Killed
        return made if fault in ("ok", "sleeps_before", "sleeps_in_time", "sleeps_after") else {}

    def make(self, armed: Armed, item: WireItem, at: datetime | None = None) -> Outcome:
        """Done (at that time, else now), unless the key is remembered: then the first answer comes again."""
        key = armed.wire_request, item.wire_item
        if key not in self.answers:
            self.answers[key] = self.create(item)
            lag = self.long(self.timing.index_lag)
            self.hidden_until[self.answers[key].id] = (at or self.clock.now()) + timedelta(seconds=lag)
        return Outcome(Verdict.OK, self.answers[key], status=200)

    def long(self, most: float) -> float:
        """Some time, and quite often as long as was promised at most."""
        return self.dice.choice((most, self.dice.uniform(0, most)))

    def forget(self) -> None:
        """No key is known any more."""
        self.answers.clear()

    def catch_up(self) -> None:
        """What lay inside and is due by now has been done, in its own time."""
        due = [work for work in self.inside if work[0] <= self.clock.now()]
        self.inside = [work for work in self.inside if work[0] > self.clock.now()]
        for at, armed, items in due:
            for item in items:
                self.make(armed, item, at)

    def find(self, entity: str, operation: str, items: Sequence[WireItem]) -> Mapping[int, list[Remote]]:
        self.catch_up()
        shown: dict[str, list[Remote]] = defaultdict(list)
        for remote in self.remotes:
            if self.hidden_until.get(remote.id, self.clock.now()) <= self.clock.now():
                shown[remote.number].append(remote)
        return {item.intent: shown[item.body["number"]] for item in items}


@dataclass
class Simulation:
    """One ledger, one vendor, and workers that come and go. `fault` draws what befalls the next call."""

    folder: Path
    dice: Random
    fault: Callable[[], str]
    in_flight: int = 1

    def __post_init__(self) -> None:
        self.clock = HandClock()
        self.vendor = LateVendor(self.clock, dice=self.dice, fault=self.fault, in_flight=self.in_flight)
        self.vendor.asleep = self.sleep
        self.url = new_ledger(self.folder)
        self.table = Table(self.url, self.clock, self.vendor)
        self.cents: dict[str, int] = {}
        self.workers = self.overtaken = 0
        self.is_deep = False

    def plan(self, numbers: Sequence[str]) -> None:
        """Documents of random amounts, all in one transaction: the door is on trial here, not the ledger's intake."""
        self.cents |= {number: self.dice.randint(1, 10**7) for number in numbers}
        now, scope = self.clock.now(), self.table.scope
        seen = [Seen("invoice", n, "1", f"hash {n}", "{}", n, "C-1", self.cents[n], "USD") for n in numbers]
        with self.table.database.transaction() as session:
            for row, _ in documents.store(session, scope, seen, now):
                wanted = [Wanted(row, body_of(row), row.number)]
                intents.plan(session, scope, "create", scope.target_vendor, wanted, now)
                documents.move(row, DocumentState.PLANNED, now)

    def one_worker(self) -> None:
        """Delivers until it is done, dies, or asks to come back; time passes as it asked."""
        table = self.table.colleague()
        self.workers += 1
        self.vendor.batch = round(30 ** self.dice.random())
        self.vendor.while_sending = lambda armed: None
        passed = timedelta(seconds=1)
        try:
            table.deliver()
        except Killed:
            table.database.dead = True
            passed = self.dice.choice((timedelta(seconds=1), AFTER_LEASE, AFTER_QUIET))
        except TryLater as error:
            passed = timedelta(seconds=error.wait or 5)
        except StillUncertain as error:
            passed = error.until - self.clock.now()  # to the second: whoever looks too early must be found out
        except InvoiceSyncError:
            passed = self.dice.choice((timedelta(seconds=30), AFTER_QUIET))
        table.database.dispose()
        self.clock.pass_by(passed)
        self.vendor.catch_up()

    def sleep(self) -> None:
        """A worker freezes with a batch in hand, and a colleague comes: too early, or after its lease."""
        if self.is_deep:
            return
        self.is_deep = True
        before = self.workers
        span = self.dice.choice((timedelta(seconds=2), AFTER_LEASE, AFTER_QUIET))
        self.clock.pass_by(span)
        for _ in range(self.dice.randint(1, 4)):
            self.one_worker()
        self.overtaken += self.workers - before
        self.is_deep = False

    def until_settled(self, rounds: int = 400) -> None:
        """Workers until nothing is open."""
        for _ in range(rounds):
            self.one_worker()
            if not self.open:
                return
        raise AssertionError(f"still open after {rounds} workers: {sorted(self.open)[:10]}")

    @property
    def open(self) -> set[str]:
        return set().union(*map(self.table.states, OPEN))

    def assert_kept(self) -> None:
        """What must be so at any moment."""
        there = Counter(remote.facts["marker"] for remote in self.vendor.remotes if "marker" in remote.facts)
        twice = {marker: count for marker, count in there.items() if count > 1}
        assert not twice, f"there more than once: {twice}"
        links = self.table.links()
        assert len(set(links.values())) == len(links), "one remote record for two documents"
        for number, wires in self.wires().items():
            assert len(wires) == 1, f"{number} went out under several keys or with several bodies: {wires}"

    def wires(self) -> dict[str, set[tuple[str, str, str]]]:
        """By intent: keys and bodies of every sending."""
        found: dict[str, set[tuple[str, str, str]]] = defaultdict(set)
        for armed in self.vendor.calls:
            for item in armed.items:
                found[f"{item.source_id}#{item.intent}"].add(
                    (armed.wire_request, item.wire_item, canonical.dumps(item.body))
                )
        return found

    def assert_settled(self) -> None:
        """Every document is there to the cent, or waits for a person and is not there."""
        self.assert_kept()
        links = self.table.links()
        totals = {remote.id: int(remote.facts.get("total", 0)) for remote in self.vendor.remotes}
        for number, cents in self.cents.items():
            if number in links:
                assert totals[links[number]] == cents, f"{number}: {totals[links[number]]} instead of {cents}"
            else:
                assert self.table.document(number).state == DocumentState.REVIEW, f"{number} is lost"
        numbers = {remote.number for remote in self.vendor.remotes if "marker" in remote.facts}
        assert not {n for n in self.cents if n not in links} & numbers, "waits for a person, and yet there"

    def close(self) -> None:
        with suppress(Killed):
            self.table.database.dispose()


def body_of(row: DocumentRow) -> dict[str, object]:
    """What is sent of a document; its marker is its number."""
    return {"number": row.number, "currency": "USD", "total": row.amount_minor, "marker": f"m:{row.number}"}
