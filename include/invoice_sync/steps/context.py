"""What a step works with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar, cast

from sqlalchemy.orm import Session

from invoice_sync.connectors.base import Destination, Source, SourceRecord, Writer
from invoice_sync.connectors.fulfilment import Fulfilment
from invoice_sync.delivery import Door
from invoice_sync.ledger import documents, process_log, runs
from invoice_sync.ledger.database import Database
from invoice_sync.ledger.process_log import Entry
from invoice_sync.ledger.scope import Scope, TaskRef
from invoice_sync.ledger.tables import DocumentRow
from invoice_sync.model import payments
from invoice_sync.model.documents import PAYMENT, Document, Entity
from invoice_sync.model.errors import Problem
from invoice_sync.model.flow import Flow, RunOptions
from invoice_sync.model.ports import Clock, Quota
from invoice_sync.model.progress import Progress
from invoice_sync.model.words import LogWords

Counts = Mapping[str, int]
Kept = TypeVar("Kept", DocumentRow, documents.Key)


@dataclass(frozen=True, slots=True)
class StepContext:
    """One step of one run of one flow. `run` is the ledger's number of the run."""

    flow: Flow
    options: RunOptions
    database: Database
    scope: Scope
    task: TaskRef
    run: int
    source: Source
    destination: Destination
    source_quota: Quota
    destination_quota: Quota
    clock: Clock
    progress: Progress = field(default_factory=Progress)

    @property
    def fulfilment(self) -> Fulfilment:
        """The side that a release flow works at; see `wiring`."""
        return cast(Fulfilment, self.destination)

    @property
    def step(self) -> str:
        return self.task.task_id

    @property
    def now(self) -> datetime:
        return self.clock.now()

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Steps of one flow take turns in the ledger."""
        with self.database.transaction(lock=self.scope.flow) as session:
            yield session

    def door_to_destination(self) -> Door:
        return self._door(self.destination, self.destination_quota)

    def door_to_source(self) -> Door:
        return self._door(self.source, self.source_quota)

    def _door(self, writer: Writer, quota: Quota) -> Door:
        words = self.source.words if self.flow.kind == "invoice" else LogWords()
        return Door(self.database, self.scope, self.task, writer, self.clock, quota, self.progress, words)

    def model(self, row: DocumentRow, content: Mapping[str, Any]) -> Document:
        """The document of an inbox content. Raises BadDocument."""
        entity = cast(Entity, row.entity)
        if entity == PAYMENT:
            return payments.of_content(content)
        return self.source.to_model(SourceRecord(entity, row.source_id, row.stamp, content))

    def models(self, session: Session, rows: Sequence[DocumentRow]) -> dict[int, Document]:
        """By document id. Only for rows whose content was understood when it came in."""
        found = documents.contents(session, rows)
        return {row.id: self.model(row, found[row.id]) for row in rows}

    def marker(self, row: DocumentRow) -> str:
        """How we recognise our own record at the destination, whatever else is changed there."""
        return f"{row.source_vendor}:{row.entity}:{row.source_id}"

    def log_entry(self, level: str, message: object, description: str) -> None:
        """One line in the process log about the run itself, under the name that the seed's users look for."""
        with self.transaction() as session:
            endpoint = self.flow.destination.vendor
            self.log(session, [Entry(level, self.flow.title, message, endpoint, description)])

    def log(self, session: Session, entries: Sequence[Entry]) -> None:
        """Lines in the process log, with what they belong to."""
        process_log.append(session, self.scope, self.task, entries, self.now)

    def review(self, session: Session, row: DocumentRow, problem: Problem, step: str = "", on: str = "") -> None:
        """Sets a document aside for a person, and says so in the process log. `on`: what has to be mended first."""
        documents.put_in_review(row, problem, step or self.step, self.now, blocked_on=on)
        message = {"document": row.number, "cause": problem.cause, "vendor_code": problem.vendor_code}
        action = f"{row.entity.replace('_', ' ').title()} Review"
        self.log(session, [Entry("ERROR", action, message, self.flow.destination.vendor, problem.reason, row.id)])

    def mine(self, session: Session, rows: Sequence[Kept]) -> list[Kept]:
        """All of them; in a run over chosen documents only those that this run brought or took up."""
        if not self.options.is_selective:
            return list(rows)
        chosen = runs.document_ids(session, self.run)
        return [row for row in rows if row.id in chosen]

    def touched(self, session: Session, entity: Entity) -> list[DocumentRow]:
        """What this run dealt with of one kind."""
        return runs.documents_of(session, self.run, (entity,))

    def note(self, session: Session, rows: Sequence[DocumentRow]) -> None:
        """This run dealt with these documents in this step."""
        runs.note(session, self.run, rows, self.step)
