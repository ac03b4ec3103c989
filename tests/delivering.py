"""A delivery on a table: a remote store in memory, a clock that is set by hand, and one ledger. For tests only."""

from __future__ import annotations

import functools
import itertools
import tempfile
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from invoice_sync.connectors.base import Armed, Outcome, Remote, Verdict, WireItem, WriteClass, WriteRule
from invoice_sync.connectors.placeholders import placeholder as placeholder_of
from invoice_sync.connectors.timing import Timing
from invoice_sync.delivery import Door, Tally
from invoice_sync.ledger import documents, intents, links, migrate
from invoice_sync.ledger.database import Database
from invoice_sync.ledger.documents import Seen
from invoice_sync.ledger.intents import Wanted
from invoice_sync.ledger.links import Link
from invoice_sync.ledger.quotas import LedgerQuota
from invoice_sync.ledger.scope import Scope, TaskRef
from invoice_sync.ledger.tables import AttemptRow, DocumentRow, IntentRow, LeaseRow, XrefRow
from invoice_sync.model import canonical
from invoice_sync.model.errors import Problem
from invoice_sync.model.money import Money
from invoice_sync.model.ports import Binding
from invoice_sync.model.words import DocumentState, IntentState
from postgres import copy_of, drop_database, fresh_database

MORNING = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
SCOPE = Scope("invoices_acme", "acme", "rootstock", "quickbooks")
TASK = TaskRef("invoices_acme", "run-1", "export")
TIMING = Timing()
AFTER_QUIET = TIMING.quiet + timedelta(seconds=1)
AFTER_LEASE = TIMING.lease + timedelta(seconds=1)


class HandClock:
    """Stands still until somebody sleeps or moves it; jitter is always the whole of it."""

    def __init__(self, at: datetime = MORNING) -> None:
        self.at = at
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return (self.at - MORNING).total_seconds()

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += timedelta(seconds=seconds)

    def jitter(self, upper: float) -> float:
        return upper

    def pass_by(self, span: timedelta) -> None:
        self.at += span


class Killed(BaseException):
    """The process is gone: nothing of it may run any more."""


class MortalDatabase(Database):
    """A ledger as one process sees it; once that is dead, it can no longer touch it."""

    dead = False

    @contextmanager
    def transaction(self, lock: str = "") -> Iterator[Session]:
        if self.dead:
            raise Killed
        with super().transaction(lock) as session:
            yield session


Answer = Callable[["Vendor", Armed, WireItem], Outcome | None]


@dataclass
class Vendor:
    """The remote store and its Writer in one. `script` has an answer for each next call, or one by source id.

    It keeps no idempotency keys, so every careless second sending makes a second record.
    """

    clock: HandClock
    write_class: WriteClass = WriteClass.KEYED_WINDOW_UNKNOWN
    batch: int = 30
    in_flight: int = 1
    binding: Binding = Binding("acme", "quickbooks", "realm-1")
    timing: Timing = TIMING
    script: deque[Answer | Mapping[str, Answer]] = field(default_factory=deque)
    always: Answer | None = None
    remotes: list[Remote] = field(default_factory=list)
    calls: list[Armed] = field(default_factory=list)
    looked_up: list[list[WireItem]] = field(default_factory=list)
    hidden_until: dict[str, datetime] = field(default_factory=dict)
    ids: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    renewals: int = 0
    prepared: int = 0
    while_sending: Callable[[Armed], None] = lambda armed: None

    def rule(self, entity: str, operation: str) -> WriteRule:
        return WriteRule(self.write_class, self.batch, self.in_flight)

    def prepare(self) -> None:
        self.prepared += 1

    def renew(self) -> None:
        self.renewals += 1

    def close(self) -> None: ...

    def stop_waiting(self) -> None: ...

    def send(self, armed: Armed) -> Mapping[str, Outcome]:
        self.calls.append(armed)
        self.while_sending(armed)
        planned = self.script.popleft() if self.script else (self.always or ok)
        found = {}
        for item in armed.items:
            answer = planned.get(item.source_id, ok) if isinstance(planned, Mapping) else planned
            outcome = answer(self, armed, item)
            if outcome is not None:
                found[item.wire_item] = outcome
        return found

    def find(self, entity: str, operation: str, items: Sequence[WireItem]) -> Mapping[int, list[Remote]]:
        self.looked_up.append(list(items))
        seen = [r for r in self.remotes if self.hidden_until.get(r.id, MORNING) <= self.clock.now()]
        return {item.intent: [r for r in seen if r.number == item.body["number"]] for item in items}

    def expected(self, entity: str, operation: str, body: Mapping[str, Any]) -> Mapping[str, str]:
        return {name: str(value) for name, value in body.items() if name != "memo"}

    def create(self, item: WireItem, **otherwise: str) -> Remote:
        facts = {**self.expected("invoice", "create", item.body), **otherwise}
        remote = Remote(f"R{next(self.ids)}", "0", facts["number"], facts)
        self.remotes.append(remote)
        return remote

    def holds(self, number: str, remote_id: str = "R900", **facts: str) -> Remote:
        """A record that somebody put there by hand."""
        self.remotes.append(Remote(remote_id, "0", number, {"number": number, **facts}))
        return self.remotes[-1]

    def void(self, number: str) -> None:
        self.remotes = [replace(r, live=False) if r.number == number else r for r in self.remotes]

    def sent_keys(self, source_id: str) -> list[tuple[str, str, str]]:
        """(request key, item key, body) of every sending of one document."""
        return [
            (armed.wire_request, item.wire_item, canonical.dumps(item.body))
            for armed in self.calls
            for item in armed.items
            if item.source_id == source_id
        ]


def ok(vendor: Vendor, armed: Armed, item: WireItem) -> Outcome:
    return Outcome(Verdict.OK, vendor.create(item), status=200)


def lost_after(vendor: Vendor, armed: Armed, item: WireItem) -> Outcome:
    """It was done, and nobody told us."""
    vendor.create(item)
    return Outcome(Verdict.UNKNOWN, status=504)


def lost_before(vendor: Vendor, armed: Armed, item: WireItem) -> Outcome:
    return Outcome(Verdict.UNKNOWN, status=503)


def late(vendor: Vendor, armed: Armed, item: WireItem) -> Outcome:
    """The vendor works on it as long as it may, and then its search lags as long as it may."""
    slowest = vendor.timing.send_window + vendor.timing.server + vendor.timing.index_lag
    vendor.hidden_until[vendor.create(item).id] = vendor.clock.now() + timedelta(seconds=slowest)
    return Outcome(Verdict.UNKNOWN)


def left_out(vendor: Vendor, armed: Armed, item: WireItem) -> None:
    """The answer says nothing of this item, though it was done."""
    vendor.create(item)


def refused(vendor: Vendor, armed: Armed, item: WireItem) -> Outcome:
    return Outcome(Verdict.REFUSED, problem=Problem("closed_period", "The books are closed.", "Open them."), status=400)


def hit(vendor: Vendor, armed: Armed, item: WireItem) -> Outcome:
    told = Problem("number_taken", "The number is used already.", "Renumber.", vendor_code="6140", trace_id="t-1")
    return Outcome(Verdict.HIT, problem=told, status=400)


def unique(vendor: Vendor, armed: Armed, item: WireItem) -> Outcome:
    """A destination that holds the number unique."""
    held = any(remote.number == item.body["number"] for remote in vendor.remotes)
    return hit(vendor, armed, item) if held else ok(vendor, armed, item)


def unauthorized(vendor: Vendor, armed: Armed, item: WireItem) -> Outcome:
    return Outcome(Verdict.NOT_DONE, status=401)


def not_sent(vendor: Vendor, armed: Armed, item: WireItem) -> Outcome:
    return Outcome(Verdict.NOT_SENT)


def throttled(wait: float | None) -> Answer:
    return lambda vendor, armed, item: Outcome(Verdict.THROTTLED, status=429, wait=wait)


def echo(**otherwise: str) -> Answer:
    """Done, but not as we asked."""
    return lambda vendor, armed, item: Outcome(Verdict.OK, vendor.create(item, **otherwise), status=200)


def explodes(vendor: Vendor, armed: Armed, item: WireItem) -> Outcome:
    """A mistake in our own sender, after the bytes left."""
    vendor.create(item)
    raise KeyError("Invoice")


@functools.cache
def _blank_ledger() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/blank.db")
        migrate.upgrade(database)
        database.dispose()
        return (Path(folder) / "blank.db").read_bytes()


_kind = "sqlite"
_made: list[str] = []


@contextmanager
def ledgers_are(kind: str) -> Iterator[None]:
    """Until the end, `new_ledger` makes ledgers of this kind."""
    global _kind
    before, _kind = _kind, kind
    try:
        yield
    finally:
        _kind = before


def new_ledger(folder: Path) -> str:
    """The URL of an empty, migrated ledger."""
    if _kind == "postgresql":
        _made.append(copy_of(_blank_postgres()))
        return _made[-1]
    path = folder / "ledger.db"
    path.write_bytes(_blank_ledger())
    return f"sqlite:///{path}"


def forget_ledgers() -> None:
    """Gives PostgreSQL its room back."""
    while _made:
        drop_database(_made.pop())


@functools.cache
def _blank_postgres() -> str:
    url = fresh_database()
    database = Database(url)
    migrate.upgrade(database)
    database.dispose()
    return url


def count_up(url: str, times: int) -> None:
    """Many small transactions on one row, as a process of its own would do them."""
    database = Database(url)
    for _ in range(times):
        with database.transaction(lock="count") as session:
            session.get_one(LeaseRow, "count").epoch += 1
    database.dispose()


@dataclass
class Table:
    """One ledger, one vendor, one flow, and short ways to plan, deliver and look."""

    url: str
    clock: HandClock
    vendor: Vendor
    scope: Scope = SCOPE
    database: MortalDatabase = field(init=False)

    def __post_init__(self) -> None:
        self.database = MortalDatabase(self.url)

    @classmethod
    def build(cls, folder: Path, **vendor: Any) -> Table:
        clock = HandClock()
        return cls(new_ledger(folder), clock, Vendor(clock, **vendor))

    def colleague(self) -> Table:
        """Another process at the same ledger and the same vendor."""
        return Table(self.url, self.clock, self.vendor, self.scope)

    def quota(self, company: str = "acme") -> LedgerQuota:
        return LedgerQuota(self.database, Binding(company, "quickbooks", "realm-1"), [], 1.0, self.clock)

    def door(self) -> Door:
        return Door(self.database, self.scope, TASK, self.vendor, self.clock, self.quota())

    def deliver(self, operation: str = "create") -> Tally:
        return self.door().deliver("invoice", operation)

    def plan(self, *numbers: str, cents: int = 1000, op: str = "create", customer: str = "") -> None:
        """Documents whose source id, number and marker are all the same text."""
        with self.database.transaction() as session:
            for number in numbers:
                row = self.store(session, number, cents)
                body: dict[str, Any] = {"number": number, "currency": "USD", "total": cents, "marker": f"m:{number}"}
                if customer:
                    body["customer"] = placeholder_of("customer", customer)
                target = self.scope.target_vendor
                intents.plan(session, self.scope, op, target, [Wanted(row, body, number)], self.clock.now())
                documents.move(row, DocumentState.PLANNED, self.clock.now())

    def store(self, session: Session, number: str, cents: int, content: str = "") -> DocumentRow:
        amount = Money(cents, "USD")
        seen = Seen("invoice", number, "1", f"hash {content or cents}", "{}", number, "C-1", amount.minor, "USD")
        return documents.store(session, self.scope, [seen], self.clock.now())[0][0]

    def link_customer(self, source_id: str, remote_id: str) -> None:
        with self.database.transaction() as session:
            link = Link(remote_id, "0", "", "test", "", "test")
            links.put(session, self.scope, "customer", source_id, link, self.clock.now())

    def intent(self, number: str) -> IntentRow:
        """The newest of this document."""
        with self.database.transaction() as session:
            query = select(IntentRow).where(IntentRow.source_id == number).order_by(IntentRow.id.desc())
            return session.scalars(query).first()

    def states(self, state: IntentState) -> set[str]:
        with self.database.transaction() as session:
            return set(session.scalars(select(IntentRow.source_id).where(IntentRow.state == state)))

    def document(self, number: str) -> DocumentRow:
        with self.database.transaction() as session:
            return session.scalars(select(DocumentRow).where(DocumentRow.source_id == number)).one()

    def attempts(self, number: str) -> list[AttemptRow]:
        with self.database.transaction() as session:
            query = select(AttemptRow).join(IntentRow, IntentRow.id == AttemptRow.intent_id)
            return list(session.scalars(query.where(IntentRow.source_id == number).order_by(AttemptRow.n)))

    def links(self) -> dict[str, str]:
        """Remote ids by source id."""
        with self.database.transaction() as session:
            rows = session.scalars(select(XrefRow).where(XrefRow.entity == "invoice"))
            return {row.source_id: row.remote_id for row in rows}
