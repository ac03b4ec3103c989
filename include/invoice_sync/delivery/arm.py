"""Arming: the durable note that a batch is being sent, made before its first byte leaves.

The only place in the house that makes an `Armed`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from invoice_sync.connectors.base import DELIVERIES, VOID, Armed, WireItem
from invoice_sync.delivery.references import resolved
from invoice_sync.delivery.work import Work
from invoice_sync.ledger.tables import AttemptRow, DocumentRow, IntentRow
from invoice_sync.model import canonical
from invoice_sync.model.words import DocumentState, IntentState


def batches(work: Work) -> list[list[int]]:
    """Ids of everything that may be sent now, cut into calls; re-sends stay under their first request key."""
    with work.database.transaction() as session:
        rows = session.execute(
            select(IntentRow.id, IntentRow.wire_request)
            .join(DocumentRow, DocumentRow.id == IntentRow.document_id)
            .where(
                IntentRow.flow == work.scope.flow,
                IntentRow.entity == work.entity,
                IntentRow.op == work.operation,
                IntentRow.state == IntentState.PLANNED,
                (DocumentRow.state.in_(_may_go(work.operation))) | (IntentRow.misses > 0),
            )
            .order_by(IntentRow.id + 0)  # see `intents.select_state`
        ).all()
    grouped: dict[str | None, list[int]] = {}
    for intent, wire_request in rows:
        grouped.setdefault(wire_request, []).append(intent)
    size = work.size.items
    return [ids[start : start + size] for ids in grouped.values() for start in range(0, len(ids), size)]


def _may_go(operation: str) -> tuple[DocumentState, ...]:
    """A delivery goes out while its document is planned for it; what the source is told, whenever it is due.

    A void also takes back what a person has to look at.
    """
    if operation == VOID:
        return DocumentState.PLANNED, DocumentState.REVIEW
    return (DocumentState.PLANNED,) if operation in DELIVERIES else tuple(DocumentState)


def arm(work: Work, ids: Sequence[int]) -> Armed | None:
    """SENDING, durably, with one more attempt each. None when nothing of the batch can go yet.

    An intent whose customer or product has no id at the destination stays planned: its own step has to add it.
    """
    send_by = work.clock.monotonic() + work.timing.send_window
    with work.fenced() as session:
        rows = _sendable(session, work, ids)
        if not rows:
            return None
        _give_wire_keys(rows)
        for row in rows:
            _note_attempt(session, work, row)
        items = tuple(item(row) for row in rows)
        wire_request = str(rows[0].wire_request)
    return Armed(work.writer.binding, work.entity, work.operation, wire_request, items, send_by)


def item(row: IntentRow) -> WireItem:
    """The intent as it goes out: the frozen body under its fixed key."""
    return WireItem(row.id, row.wire_item or "", row.source_id, canonical.loads(row.wire_body or "{}"))


def _sendable(session: Session, work: Work, ids: Sequence[int]) -> list[IntentRow]:
    query = select(IntentRow).where(IntentRow.id.in_(ids), IntentRow.state == IntentState.PLANNED)
    rows = list(session.scalars(query.order_by(IntentRow.id)))
    freeze(session, work, [row for row in rows if row.wire_body is None])
    return [row for row in rows if row.wire_body is not None]


def freeze(session: Session, work: Work, rows: Sequence[IntentRow]) -> None:
    """Fills in the remote ids; from here on the body never changes again."""
    bodies = resolved(session, work.scope, {row.id: canonical.loads(row.body) for row in rows})
    for row in rows:
        if row.id in bodies:
            row.wire_body = canonical.dumps(bodies[row.id])


def _give_wire_keys(rows: Sequence[IntentRow]) -> None:
    """Fixed at the first arm: 32 hex for the call, a short index for the item; the same on every attempt."""
    if all(row.wire_request for row in rows):
        return
    digest = hashlib.sha256("\n".join(_identity(row) for row in rows).encode()).hexdigest()[:32]
    for index, row in enumerate(rows):
        row.wire_request, row.wire_item = digest, f"i{index}"


def _identity(row: IntentRow) -> str:
    parts = (row.company, row.source_vendor, row.entity, row.source_id, row.target_vendor, row.op)
    return "|".join((*parts, str(row.version), str(row.revision)))


def _note_attempt(session: Session, work: Work, row: IntentRow) -> None:
    now, task = work.clock.now(), work.task
    row.state, row.epoch, row.attempts = IntentState.SENDING, work.lease.epoch, row.attempts + 1
    row.quiet_until = now + work.timing.quiet
    session.add(
        AttemptRow(
            intent_id=row.id, n=row.attempts, epoch=row.epoch, armed_at=now, quiet_until=row.quiet_until,
            dag_id=task.dag_id, run_id=task.run_id, task_id=task.task_id, map_index=task.map_index,
            try_number=task.try_number,
        )
    )  # fmt: skip
