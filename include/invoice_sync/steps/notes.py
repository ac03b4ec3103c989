"""Notes for the people at the source: the ids that customers and products got, and why a document waits.

A note that is refused holds no document up: it is in the log and the process log, and tried again by the next run.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from invoice_sync.connectors.base import ACKNOWLEDGE, TELL_ERROR, WRITE_ID
from invoice_sync.ledger import documents, intents, links
from invoice_sync.ledger.intents import Wanted
from invoice_sync.ledger.tables import DocumentRow, IntentRow
from invoice_sync.model import canonical
from invoice_sync.model.documents import DOCUMENTS, PARTIES, Entity
from invoice_sync.model.words import DocumentState, IntentState
from invoice_sync.steps.context import Counts, StepContext

NOBODYS_WORK = (DocumentState.DELIVERED, DocumentState.SETTLED, DocumentState.IGNORED)


def leave(context: StepContext) -> Counts:
    """How many notes the source took. Raises as `Door.deliver`."""
    counts = {"ids_written": 0, "errors_told": 0}
    takes = context.source.takes
    if context.flow.options.write_ids and WRITE_ID in takes:
        for entity in PARTIES:
            _plan_ids(context, entity)
            counts["ids_written"] += context.door_to_source().deliver(entity, WRITE_ID).sent
    for entity in DOCUMENTS if TELL_ERROR in takes else ():
        _plan_errors(context, entity)
        counts["errors_told"] += context.door_to_source().deliver(entity, TELL_ERROR).sent
    return counts


def _plan_ids(context: StepContext, entity: Entity) -> None:
    """Only where the source has none, as read just now: what a person wrote there is never overwritten."""
    with context.transaction() as session:
        rows = {row.source_id: row for row in _linked_unnoted(session, context, entity)}
        linked = links.of(session, context.scope, entity, list(rows))
    records = context.source.fetch(entity, list(linked)) if linked else []
    with context.transaction() as session:
        wanted = [
            Wanted(rows[record.source_id], body, rows[record.source_id].number)
            for record in records
            if (body := context.source.id_note(record, linked[record.source_id].remote_id)) is not None
        ]
        intents.plan(session, context.scope, WRITE_ID, context.scope.source_vendor, wanted, context.now)


def _linked_unnoted(session: Session, context: StepContext, entity: Entity) -> list[DocumentRow]:
    """Customers or products that this run dealt with, or whose note was refused before, and that have none yet."""
    again = intents.documents_refused(session, context.scope, entity, WRITE_ID)
    found = {row.id: row for row in [*context.touched(session, entity), *context.mine(session, again)]}
    rows = [row for row in found.values() if row.state == DocumentState.LINKED]
    noted = intents.newest(session, rows, context.scope.source_vendor, (WRITE_ID,))
    return [row for row in rows if row.id not in noted or noted[row.id].state == IntentState.REFUSED]


def _plan_errors(context: StepContext, entity: Entity) -> None:
    """The reason as it stands now, once; and none for what this run brought out of review."""
    with context.transaction() as session:
        waiting = context.mine(session, documents.in_state(session, context.scope, entity, DocumentState.REVIEW))
        done = [row for row in context.touched(session, entity) if row.state in NOBODYS_WORK]
        told = intents.newest(session, [*waiting, *done], context.scope.source_vendor, (TELL_ERROR,))
        known = intents.newest(session, done, context.scope.source_vendor, (ACKNOWLEDGE,), IntentState.DONE)
        news = [(row, row.reason) for row in waiting if row.id not in told or not _is_told(told[row.id], row.reason)]
        news += [(row, "") for row in done if row.id in told and _is_stale(told[row.id], known.get(row.id))]
        wanted = [
            Wanted(row, body, row.number) for row, reason in news if (body := _error(context, row, reason)) is not None
        ]
        intents.plan(session, context.scope, TELL_ERROR, context.scope.source_vendor, wanted, context.now)


def _error(context: StepContext, row: DocumentRow, reason: str) -> object | None:
    return context.source.error_note(row.source_id, reason, context.now)


def _is_told(note: IntentRow, reason: str) -> bool:
    return note.state != IntentState.REFUSED and _reason(note) == reason


def _is_stale(note: IntentRow, acknowledgement: IntentRow | None) -> bool:
    """A text that stands there still: the acknowledgement, which empties it, came before it or never."""
    return bool(_reason(note)) and (acknowledgement is None or acknowledgement.id < note.id)


def _reason(note: IntentRow) -> str:
    return str(canonical.loads(note.body).get("_reason", ""))
