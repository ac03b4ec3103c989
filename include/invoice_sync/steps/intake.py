"""Source records into the inbox, with the customers and products that they refer to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import cast

from sqlalchemy.orm import Session

from invoice_sync.connectors.base import SourceRecord, placeholder, split_placeholder
from invoice_sync.ledger import documents
from invoice_sync.ledger.documents import Seen
from invoice_sync.ledger.tables import DocumentRow
from invoice_sync.model import canonical
from invoice_sync.model.documents import Document, Entity, Invoice
from invoice_sync.model.errors import BadAmount, BadDocument, Problem
from invoice_sync.model.words import DocumentState
from invoice_sync.steps.context import StepContext

LEFT_THE_QUEUE = "left_the_queue"
DELETED = "deleted_at_source"


def seen(context: StepContext, record: SourceRecord) -> Seen:
    """A record as the inbox keeps it; one that cannot be understood carries its problem along."""
    label = context.source.label(record)
    model, problem = _understood(context, record)
    amount = model.total if isinstance(model, Invoice) else label.amount
    return Seen(
        entity=record.entity,
        source_id=record.source_id,
        stamp=record.stamp,
        # with the id that the source has on record: putting it there is how a person says who is who
        content_hash=canonical.content_hash(model or record.content),
        content=canonical.dumps(record.content),
        number=label.number,
        party=label.party,
        amount_minor=amount.minor if amount else 0,
        currency=amount.currency if amount else "",
        needs=tuple(_needs(model)),
        problem=problem,
    )


def take_in(context: StepContext, records: Sequence[SourceRecord]) -> list[SourceRecord]:
    """The parties and products that these invoices need and that have no link yet, read from the source."""
    wanted: dict[Entity, set[str]] = {"customer": set(), "product": set()}
    for record in records:
        for text in seen(context, record).needs:
            parts = split_placeholder(text)
            if parts is not None:
                wanted[parts[0]].add(parts[1])
    found: list[SourceRecord] = []
    for entity, ids in wanted.items():
        found += context.source.fetch(entity, sorted(ids - _linked(context, entity, ids)))
    return found


def store(session: Session, context: StepContext, records: Sequence[SourceRecord]) -> list[DocumentRow]:
    """Puts records into the inbox; returns the documents that now have something to be done."""
    changed: list[DocumentRow] = []
    for entity in ("customer", "product", "invoice"):
        batch = [record for record in records if record.entity == entity]
        in_queue = {record.source_id: record.in_queue for record in batch}
        stored = documents.store(session, context.scope, [seen(context, record) for record in batch], context.now)
        changed += [row for row, new in stored if _has_work(context, row, new, in_queue[row.source_id])]
    session.flush()
    return changed


def ignore(context: StepContext, rows: Iterable[DocumentRow], cause: str, reason: str) -> None:
    """The source itself took these back; they wait for nobody. They return when the source sends them again."""
    for row in rows:
        documents.put_in_review(row, Problem(cause, reason, "Nothing."), context.step, context.now)
        row.state = DocumentState.IGNORED


def _has_work(context: StepContext, row: DocumentRow, new: bool, in_queue: bool) -> bool:
    if not in_queue:
        return False
    if not new and row.state == DocumentState.IGNORED and row.cause in (LEFT_THE_QUEUE, DELETED):
        documents.move(row, DocumentState.WAITING, context.now)
        return True
    return new


def _understood(context: StepContext, record: SourceRecord) -> tuple[Document | None, Problem | None]:
    try:
        return context.source.to_model(record), None
    except BadDocument as error:
        return None, error.problem
    except BadAmount as error:
        problem = Problem("bad_amount", f"An amount cannot be read: {error}.", "Correct it in the source system.")
        return None, problem


def _needs(model: Document | None) -> list[str]:
    if not isinstance(model, Invoice):
        return []
    return [placeholder("customer", model.customer)] + [placeholder("product", key) for key in sorted(model.products)]


def _linked(context: StepContext, entity: str, ids: Iterable[str]) -> set[str]:
    with context.transaction() as session:
        rows = documents.by_source(session, context.scope, cast(Entity, entity), sorted(ids))
    return {source_id for source_id, row in rows.items() if row.state == DocumentState.LINKED}
