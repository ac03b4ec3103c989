"""Intended writes and the attempts at them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from invoice_sync.ledger.documents import portions
from invoice_sync.ledger.scope import Scope
from invoice_sync.ledger.tables import DocumentRow, IntentRow
from invoice_sync.model import canonical
from invoice_sync.model.words import UNFINISHED, IntentState


def plan(
    session: Session,
    scope: Scope,
    row: DocumentRow,
    op: str,
    target: str,
    body: object,
    number: str,
    now: datetime,
) -> IntentRow:
    """Freezes an intended write: revision 1, or one more than any before of the same version.

    At most one unfinished intent per document and target: the caller makes sure of it with `unfinished()`.
    """
    text = canonical.dumps(body)
    intent = IntentRow(
        flow=scope.flow, company=scope.company, source_vendor=scope.source_vendor, entity=row.entity,
        source_id=row.source_id, target_vendor=target, op=op, version=row.version,
        revision=_next_revision(session, row, op, target), document_id=row.id, state=IntentState.PLANNED,
        number=number, amount_minor=row.amount_minor, currency=row.currency, body=text,
        body_hash=canonical.text_hash(text), wire_body=None, wire_request=None, wire_item=None, epoch=0,
        attempts=0, misses=0, quiet_until=None, problem=None, created_at=now, done_at=None,
    )  # fmt: skip
    session.add(intent)
    session.flush()
    return intent


def newest(session: Session, rows: Sequence[DocumentRow], target: str, op: str) -> dict[int, IntentRow]:
    """By document id: its latest intent of this kind that was not replaced."""
    found: dict[int, IntentRow] = {}
    for portion in portions([row.id for row in rows]):
        query = select(IntentRow).where(
            IntentRow.document_id.in_(portion),
            IntentRow.target_vendor == target,
            IntentRow.op == op,
            IntentRow.state != IntentState.REPLACED,
        )
        found.update({intent.document_id: intent for intent in session.scalars(query.order_by(IntentRow.id))})
    return found


def unfinished(session: Session, rows: Sequence[DocumentRow], target: str, op: str) -> dict[int, IntentRow]:
    """By document id: the intent that is planned, sending or uncertain."""
    return {key: row for key, row in newest(session, rows, target, op).items() if row.state in UNFINISHED}


def documents_planned(session: Session, scope: Scope, entity: str, op: str) -> list[DocumentRow]:
    """Documents whose intent of this kind is planned, and certainly not done by any attempt so far."""
    query = (
        select(DocumentRow)
        .join(IntentRow, IntentRow.document_id == DocumentRow.id)
        .where(of_kind(scope, entity, op), IntentRow.state == IntentState.PLANNED, IntentRow.misses == 0)
    )
    return list(session.scalars(query))


def certainly_not_done(intent: IntentRow) -> bool:
    """Planned, and no attempt at it ever had an unknown outcome: a newer version may take its place."""
    return intent.state == IntentState.PLANNED and intent.misses == 0


def select_state(scope: Scope, entity: str, op: str, state: IntentState) -> Any:
    """The query of a flow's intents of one kind in one state, oldest first."""
    return select(IntentRow).where(of_kind(scope, entity, op), IntentRow.state == state).order_by(IntentRow.id)


def of_kind(scope: Scope, entity: str, op: str) -> ColumnElement[bool]:
    return and_(IntentRow.flow == scope.flow, IntentRow.entity == entity, IntentRow.op == op)


def earliest_quiet(session: Session, scope: Scope, entity: str, op: str) -> tuple[int, datetime | None]:
    """How many intents of this kind are uncertain, and when the first of them may be looked up."""
    query = select(func.count(IntentRow.id), func.min(IntentRow.quiet_until)).where(
        of_kind(scope, entity, op), IntentRow.state == IntentState.UNCERTAIN
    )
    count, until = session.execute(query).one()
    return count, until


def _next_revision(session: Session, row: DocumentRow, op: str, target: str) -> int:
    query = select(func.max(IntentRow.revision)).where(
        IntentRow.company == row.company,
        IntentRow.source_vendor == row.source_vendor,
        IntentRow.entity == row.entity,
        IntentRow.source_id == row.source_id,
        IntentRow.target_vendor == target,
        IntentRow.op == op,
        IntentRow.version == row.version,
    )
    return (session.scalar(query) or 0) + 1
