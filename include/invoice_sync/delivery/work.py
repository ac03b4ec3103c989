"""What every part of a delivery shares: whose rows, which vendor, under which lease."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from invoice_sync.connectors.base import Writer, WriteRule
from invoice_sync.connectors.timing import Timing
from invoice_sync.ledger import leases, process_log
from invoice_sync.ledger.database import Database
from invoice_sync.ledger.leases import Lease
from invoice_sync.ledger.process_log import Entry
from invoice_sync.ledger.scope import Scope, TaskRef
from invoice_sync.model.documents import Entity
from invoice_sync.model.ports import Clock
from invoice_sync.model.progress import Progress
from invoice_sync.model.words import LogWords


@dataclass(slots=True)
class Tally:
    """What a delivery did, in documents."""

    sent: int = 0
    adopted: int = 0
    refused: int = 0
    sent_again: int = 0

    @property
    def settled(self) -> int:
        """Documents that reached an end: there, or definitely refused."""
        return self.sent + self.adopted + self.refused

    def as_counts(self) -> dict[str, int]:
        return {name: getattr(self, name) for name in ("sent", "adopted", "refused", "sent_again")}


@dataclass(slots=True)
class Size:
    """How many items a call may carry; halved when the vendor cannot bear so many."""

    items: int


@dataclass(frozen=True, slots=True)
class Work:
    """One kind of write (entity, operation) of one flow, held under one lease."""

    database: Database
    scope: Scope
    task: TaskRef
    writer: Writer
    clock: Clock
    entity: Entity
    operation: str
    rule: WriteRule
    lease: Lease
    size: Size
    tally: Tally = field(default_factory=Tally)
    progress: Progress = field(default_factory=Progress)
    words: LogWords = field(default_factory=LogWords)

    @property
    def timing(self) -> Timing:
        return self.writer.timing

    @contextmanager
    def fenced(self) -> Iterator[Session]:
        """A transaction in which we still hold the lease. Raises LostLease when somebody took over."""
        with self.database.transaction(lock=self.scope.flow) as session:
            leases.extend(session, self.lease, self.clock.now() + self.timing.lease)
            yield session

    def log(self, session: Session, entries: Sequence[Entry]) -> None:
        """Into the process log, with what it belongs to."""
        process_log.append(session, self.scope, self.task, entries, self.clock.now())
