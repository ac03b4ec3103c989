"""acknowledge: tells the source what became of its documents, and what its people want to know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from invoice_sync.connectors.base import ACKNOWLEDGE, Delivered
from invoice_sync.ledger import documents, intents, links
from invoice_sync.ledger.intents import Wanted
from invoice_sync.ledger.portions import portions
from invoice_sync.ledger.tables import DocumentRow, IntentRow, XrefRow
from invoice_sync.model.documents import DOCUMENTS
from invoice_sync.model.errors import BadDocument
from invoice_sync.model.words import DocumentState, IntentState
from invoice_sync.steps import notes
from invoice_sync.steps.context import Counts, StepContext

AT_A_TIME = 1000


def acknowledge(context: StepContext) -> Counts:
    """What the door did at the source; nothing when `write_back` is none. Raises as `Door.deliver`."""
    if context.flow.write_back == "none":
        with context.transaction() as session:
            rows = documents.in_state(session, context.scope, DOCUMENTS, DocumentState.DELIVERED)
            documents.settle_all(session, context.mine(session, rows), context.now)
        return {}
    with context.transaction() as session:
        for portion in portions(due(session, context), AT_A_TIME):
            _plan(session, context, portion)
    done = context.door_to_source()
    counts: dict[str, int] = {}
    for entity in DOCUMENTS:
        for name, count in done.deliver(entity, ACKNOWLEDGE).as_counts().items():
            counts[name] = counts.get(name, 0) + count
    return {**counts, **notes.leave(context)}


def due(session: Session, context: StepContext) -> list[tuple[DocumentRow, XrefRow]]:
    """Delivered documents that the source has not been told about, and is not being told.

    Those that it knows about already, such as one that changed and was delivered anew, are settled on the way.
    """
    scope = context.scope
    rows = context.mine(session, documents.in_state(session, scope, DOCUMENTS, DocumentState.DELIVERED))
    told = intents.newest(session, rows, scope.source_vendor, (ACKNOWLEDGE,))
    documents.settle_all(session, [row for row in rows if _is_known(told, row)], context.now)
    open_ = (None, IntentState.REFUSED)
    untold = [row for row in rows if not _is_known(told, row) and _state(told, row) in open_]
    linked = links.of_rows(session, scope, untold)
    return [(row, linked[row.id]) for row in untold if row.id in linked]


def acknowledged(session: Session, context: StepContext, rows: Sequence[DocumentRow]) -> set[int]:
    """Ids of the documents that the source knows about."""
    told = intents.newest(session, rows, context.scope.source_vendor, (ACKNOWLEDGE,))
    return {key for key, intent in told.items() if intent.state == IntentState.DONE}


def _is_known(told: Mapping[int, IntentRow], row: DocumentRow) -> bool:
    return _state(told, row) == IntentState.DONE or bool(row.withdrawn)


def _state(told: Mapping[int, IntentRow], row: DocumentRow) -> str | None:
    intent = told.get(row.id)
    return intent.state if intent is not None else None


def _plan(session: Session, context: StepContext, told: Sequence[tuple[DocumentRow, XrefRow]]) -> None:
    wanted = [each for row, link in told if (each := _wanted(session, context, row, link)) is not None]
    target = context.scope.source_vendor
    for entity in DOCUMENTS:
        kin = [each for each in wanted if each.row.entity == entity]
        intents.plan(session, context.scope, ACKNOWLEDGE, target, kin, context.now)
    context.note(session, [each.row for each in wanted])


def _wanted(session: Session, context: StepContext, row: DocumentRow, link: XrefRow) -> Wanted | None:
    done = Delivered(link.remote_id, link.remote_number)
    today = f"{context.now.astimezone(context.flow.zone):%Y-%m-%d}"
    try:
        body = context.source.acknowledgement(row.source_id, context.flow.write_back, done, today)
    except BadDocument as error:
        context.review(session, row, error.problem, ACKNOWLEDGE)
        return None
    return Wanted(row, body, row.number) if body is not None else None
