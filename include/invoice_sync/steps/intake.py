"""Source records into the inbox, with the customers and products that they refer to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from sqlalchemy.orm import Session

from invoice_sync.connectors.base import SourceRecord
from invoice_sync.connectors.placeholders import placeholder, split_placeholder
from invoice_sync.ledger import documents
from invoice_sync.ledger.documents import Seen
from invoice_sync.ledger.tables import DocumentRow
from invoice_sync.model import canonical
from invoice_sync.model.documents import CARRIED, PARTIES, Document, Entity, Invoice
from invoice_sync.model.errors import BadAmount, BadDocument, Problem
from invoice_sync.model.words import DocumentState
from invoice_sync.steps import applied
from invoice_sync.steps.context import StepContext

LEFT_THE_QUEUE = "left_the_queue"
DELETED = "deleted_at_source"
WITHDRAWN = "deleted at the source"
UNSEEN = "no longer shown by the source"
"""Deleted longer ago than the source remembers, or the integration user lost its right to see it: nobody knows."""

TAKEN_BACK = frozenset({LEFT_THE_QUEUE, DELETED})


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
        number=" ".join(label.number.split()),
        party=label.party,
        amount_minor=amount.minor if amount else 0,
        currency=amount.currency if amount else "",
        needs=tuple(_needs(context, model)),
        problem=problem,
        offered=record.in_queue,
        withdrawn=record.withdrawn,
    )


def take_in(context: StepContext, records: Sequence[SourceRecord]) -> list[Seen]:
    """The records as seen, what is applied to them where that is carried, and the parties and products that their
    documents need and that have no link yet."""
    found = [seen(context, record) for record in records]
    payments = applied.to(context, records) if applied.are_carried(context) else []
    wanted: dict[Entity, set[str]] = {"customer": set(), "product": set()}
    for parts in (split_placeholder(text) for each in found for text in each.needs):
        if parts is not None and parts[0] in wanted:
            wanted[parts[0]].add(parts[1])
    for entity, ids in wanted.items():
        missing = sorted(ids - _linked(context, entity, ids)) if ids else []
        found += [seen(context, record) for record in context.source.fetch(entity, missing)] if missing else []
    return [*found, *payments]


def store(session: Session, context: StepContext, batch: Sequence[Seen]) -> list[DocumentRow]:
    """Puts them into the inbox; returns the documents that now have something to be done."""
    changed: list[DocumentRow] = []
    order: dict[str, int] = {entity: place for place, entity in enumerate((*PARTIES, *CARRIED))}
    ordered = sorted(batch, key=lambda each: order[each.entity])
    for _, group in groupby(ordered, key=lambda each: each.entity):
        kin = {each.source_id: each for each in group}
        stored = documents.store(session, context.scope, list(kin.values()), context.now)
        changed += [row for row, new in stored if _has_work(context, row, new, kin[row.source_id])]
    session.flush()
    return changed


def ignore(context: StepContext, rows: Iterable[DocumentRow], cause: str, reason: str) -> None:
    """The source itself took these back; they wait for nobody. They return when the source sends them again."""
    for row in rows:
        documents.put_in_review(row, Problem(cause, reason, "Nothing."), context.step, context.now)
        row.state = DocumentState.IGNORED


def _has_work(context: StepContext, row: DocumentRow, new: bool, record: Seen) -> bool:
    """One that is neither offered nor withdrawn, such as one that we told the source about, asks for nothing."""
    if not new and record.offered and row.state == DocumentState.IGNORED and row.cause in TAKEN_BACK:
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


def _needs(context: StepContext, model: Document | None) -> list[str]:
    """What must have an id at the destination before the document can go."""
    if not isinstance(model, Invoice):
        return []
    named: list[tuple[Entity, str]] = [("customer", model.customer)]
    named += [("product", key) for key in sorted(model.products)]
    needed = [placeholder(entity, key) for entity, key in named if entity in context.destination.refers_to]
    return [*needed, *([placeholder("invoice", model.credits)] if model.credits else [])]


def _linked(context: StepContext, entity: Entity, ids: Iterable[str]) -> set[str]:
    with context.transaction() as session:
        known = documents.stamps(session, context.scope, entity, sorted(ids))
    return {source_id for source_id, (_, state) in known.items() if state == DocumentState.LINKED}
