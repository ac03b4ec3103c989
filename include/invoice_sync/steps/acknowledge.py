"""acknowledge: tells the source what became of its documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from invoice_sync.connectors.base import Delivered
from invoice_sync.ledger import documents, intents, links
from invoice_sync.ledger.tables import DocumentRow, IntentRow, XrefRow
from invoice_sync.model.errors import BadDocument
from invoice_sync.model.words import DocumentState, IntentState
from invoice_sync.steps.context import Counts, StepContext

ACKNOWLEDGE = "acknowledge"


def acknowledge(context: StepContext) -> Counts:
    """What the door did at the source; nothing when `write_back` is none. Raises as `Door.deliver`."""
    if context.flow.write_back == "none":
        return {}
    with context.transaction() as session:
        for row, link in due(session, context):
            _plan(session, context, row, link)
    return context.door_to_source().deliver("invoice", ACKNOWLEDGE).as_counts()


def due(session: Session, context: StepContext) -> list[tuple[DocumentRow, XrefRow]]:
    """Delivered documents that the source has not been told about, and is not being told."""
    scope = context.scope
    states = (DocumentState.PLANNED, DocumentState.WAITING)
    rows = context.mine(session, documents.in_state(session, scope, "invoice", *states))
    linked = links.of(session, scope, "invoice", [row.source_id for row in rows])
    delivered = [row for row in rows if row.source_id in linked]
    told = intents.newest(session, delivered, scope.source_vendor, ACKNOWLEDGE)
    return [(row, linked[row.source_id]) for row in delivered if not _told(told, row)]


def _told(told: Mapping[int, IntentRow], row: DocumentRow) -> bool:
    intent = told.get(row.id)
    return intent is not None and intent.state != IntentState.REFUSED


def _plan(session: Session, context: StepContext, row: DocumentRow, link: XrefRow) -> None:
    done = Delivered(link.remote_id, link.remote_number)
    today = f"{context.now.astimezone(context.flow.zone):%Y-%m-%d}"
    try:
        body = context.source.acknowledgement(row.source_id, context.flow.write_back, done, today)
    except BadDocument as error:
        documents.put_in_review(row, error.problem, ACKNOWLEDGE, context.now)
        return
    if body is not None:
        documents.move(row, DocumentState.PLANNED, context.now)
        target = context.scope.source_vendor
        intents.plan(session, context.scope, row, ACKNOWLEDGE, target, body, row.number, context.now)
        context.note(session, [row])


def acknowledged(session: Session, context: StepContext, rows: Sequence[DocumentRow]) -> set[int]:
    """Ids of the documents that the source knows about."""
    told = intents.newest(session, rows, context.scope.source_vendor, ACKNOWLEDGE)
    return {key for key, intent in told.items() if intent.state == IntentState.DONE}
