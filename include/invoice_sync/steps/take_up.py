"""Taking up what waits for a person: how clearing the red task comes to be enough.

The flow's documents in review are read again from the source, in bulk. What changed starts anew. What did not
change is decided once more by the step that put it aside, or by a later one: the cure may have been at the
destination. A refusal is thereby tried again once per task try, under a new revision; nothing else is sent twice.
Acknowledge also reads what it is about to tell: the source must not hear "delivered" of a version that was not.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from invoice_sync.connectors.base import SourceRecord
from invoice_sync.connectors.placeholders import placeholder
from invoice_sync.ledger import documents, intents, links
from invoice_sync.ledger.documents import Seen
from invoice_sync.ledger.portions import portions
from invoice_sync.ledger.tables import AttemptRow, DocumentRow, IntentRow
from invoice_sync.model.documents import CARRIED, PARTIES, PAYMENT, Entity
from invoice_sync.model.words import DocumentState, IntentState
from invoice_sync.steps import applied, intake
from invoice_sync.steps.acknowledge import due
from invoice_sync.steps.context import StepContext

RANK = {
    "check": 0, "extract": 1, "match_customers": 2, "match_products": 2, "plan": 4,
    "add_customers": 5, "add_products": 5, "export": 7, "acknowledge": 8, "report": 9,
}  # fmt: skip


def take_up(context: StepContext) -> int:
    """Returns how many documents go on. Reads only; what changes, changes in the ledger."""
    with context.transaction() as session:
        waiting = context.mine(session, documents.waiting_for_a_person(session, context.scope))
        if context.step == "acknowledge" and context.flow.write_back != "none":
            waiting += context.mine(session, [row for row, _ in due(session, context)])
    if not waiting:
        return 0
    records = _read_again(context, waiting)
    taken = intake.take_in(context, records)
    with context.transaction() as session:
        return _go_on(session, context, records, taken)


def _read_again(context: StepContext, rows: Sequence[DocumentRow]) -> list[SourceRecord]:
    records: list[SourceRecord] = []
    wanted: dict[Entity, list[str]] = {"customer": [], "product": [], "invoice": []}
    for row in rows:
        wanted[_asked_as(row)].append(_record_of(row))
    for entity, ids in wanted.items():
        records += context.source.fetch(entity, list(dict.fromkeys(ids))) if ids else []
    return records


def _asked_as(row: DocumentRow) -> Entity:
    """Invoices and credit memos are fetched together, and payments come with their invoice."""
    return next((entity for entity in PARTIES if entity == row.entity), "invoice")


def _record_of(row: DocumentRow) -> str:
    return applied.invoice_of(row) if row.entity == PAYMENT else row.source_id


def _go_on(session: Session, context: StepContext, records: Sequence[SourceRecord], taken: Sequence[Seen]) -> int:
    rows = context.mine(session, documents.waiting_for_a_person(session, context.scope))
    going = {row.id: row for row in intake.store(session, context, taken)}
    _drop_what_the_source_took_back(session, context, rows, records)
    refused = refused_in_this_try(session, context, rows)
    for row in rows:
        if row.state == DocumentState.REVIEW and row.id not in refused and _may_decide(context, row):
            documents.move(row, DocumentState.WAITING, context.now)
            going[row.id] = row
    freed = {_key(row) for row in going.values()} | _mended(session, context, rows)
    for row in rows:
        if row.state == DocumentState.REVIEW and row.blocked_on in freed:
            documents.move(row, DocumentState.WAITING, context.now)
            going[row.id] = row
    context.note(session, list(going.values()))
    return len(going)


def _mended(session: Session, context: StepContext, rows: Sequence[DocumentRow]) -> set[str]:
    """What documents wait for and what waits itself no more, such as a customer that extract has read anew."""
    held = {_key(row) for row in documents.waiting_for_a_person(session, context.scope)}
    return {row.blocked_on for row in rows if row.blocked_on} - held


def _key(row: DocumentRow) -> str:
    return placeholder(cast(Entity, row.entity), row.source_id)


def _may_decide(context: StepContext, row: DocumentRow) -> bool:
    """This step put it aside, or a later one did, and not for the sake of another record."""
    if row.blocked_on:
        return False
    return row.step == context.step or RANK.get(row.step, 0) > RANK[context.step]


def refused_in_this_try(session: Session, context: StepContext, rows: Sequence[DocumentRow]) -> set[int]:
    """Those that this very try of the task has sent in vain: coming back from a reschedule is no new try."""
    task, found = context.task, set[int]()
    for portion in portions([row.id for row in rows]):
        query = (
            select(IntentRow.document_id)
            .join(AttemptRow, AttemptRow.intent_id == IntentRow.id)
            .where(
                IntentRow.document_id.in_(portion),
                IntentRow.state == IntentState.REFUSED,
                AttemptRow.run_id == task.run_id,
                AttemptRow.task_id == task.task_id,
                AttemptRow.try_number == task.try_number,
            )
        )
        found.update(session.scalars(query))
    return found


def _drop_what_the_source_took_back(
    session: Session, context: StepContext, rows: Sequence[DocumentRow], records: Sequence[SourceRecord]
) -> None:
    """What was delivered stays with us, whatever the source does to it afterwards."""
    delivered = links.of_rows(session, context.scope, [row for row in rows if row.entity in CARRIED])
    rows = [row for row in rows if row.id not in delivered and row.entity != PAYMENT]
    found = {(record.entity, record.source_id): record.in_queue for record in records}
    gone = [row for row in rows if (row.entity, row.source_id) not in found]
    left = [row for row in rows if found.get((cast(Entity, row.entity), row.source_id)) is False]
    ordered = intents.ever_done(session, left)  # a person wants them there again, see `operator.reissue`
    left = [row for row in left if row.id not in ordered]
    intake.ignore(context, gone, intake.DELETED, "The record was deleted in the source system.")
    intake.ignore(context, left, intake.LEFT_THE_QUEUE, "The source no longer offers the document for transfer.")
