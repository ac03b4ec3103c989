"""Arming: the durable note that a batch is being sent, made before its first byte leaves.

The only place in the house that makes an `Armed`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session

from invoice_sync.connectors.base import DELIVERIES, VOID, Armed, WireItem
from invoice_sync.delivery.references import resolved
from invoice_sync.delivery.work import Work
from invoice_sync.ledger.tables import AttemptRow, DocumentRow, IntentRow, table_of
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


@dataclass(slots=True)
class _Planned:
    """What arming needs of an intent; plain values, for it is done for every document that is sent."""

    id: int
    source_id: str
    identity: str
    attempts: int
    body: str
    wire_body: str | None
    wire_request: str | None
    wire_item: str | None


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
        _note_attempts(session, work, rows)
        wire_request = str(rows[0].wire_request)
    return Armed(work.writer.binding, work.entity, work.operation, wire_request, tuple(map(item, rows)), send_by)


def item(row: IntentRow | _Planned) -> WireItem:
    """The intent as it goes out: the frozen body under its fixed key."""
    text = row.wire_body or "{}"
    return WireItem(row.id, row.wire_item or "", row.source_id, canonical.loads(text), text)


def _sendable(session: Session, work: Work, ids: Sequence[int]) -> list[_Planned]:
    rows = [
        _Planned(
            row.id, row.source_id, _identity(row), row.attempts, row.body, row.wire_body, row.wire_request,
            row.wire_item,
        )
        for row in session.connection().execute(_STILL_PLANNED, {"ids": list(ids)})
    ]  # fmt: skip
    freeze(session, work, [row for row in rows if row.wire_body is None])
    return [row for row in rows if row.wire_body is not None]


def freeze(session: Session, work: Work, rows: Sequence[IntentRow | _Planned]) -> None:
    """Fills in the remote ids; from here on the body never changes again."""
    texts = resolved(session, work.scope, {row.id: row.body for row in rows})
    for row in rows:
        if row.id in texts:
            row.wire_body = texts[row.id]


def _give_wire_keys(rows: Sequence[_Planned]) -> None:
    """Fixed at the first arm: 32 hex for the call, a short index for the item; the same on every attempt."""
    if all(row.wire_request for row in rows):
        return
    digest = hashlib.sha256("\n".join(row.identity for row in rows).encode()).hexdigest()[:32]
    for index, row in enumerate(rows):
        row.wire_request, row.wire_item = digest, f"i{index}"


def _identity(row: Any) -> str:
    parts = (row.company, row.source_vendor, row.entity, row.source_id, row.target_vendor, row.op)
    return "|".join((*parts, str(row.version), str(row.revision)))


def _note_attempts(session: Session, work: Work, rows: Sequence[_Planned]) -> None:
    """In two statements for the whole batch; in the transaction that holds the lease."""
    now, connection = work.clock.now(), session.connection()
    quiet_until = now + work.timing.quiet
    connection.execute(
        _SENDING,
        [
            {
                "of_intent": row.id, "epoch": work.lease.epoch, "attempts": row.attempts + 1,
                "quiet_until": quiet_until, "wire_body": row.wire_body, "wire_request": row.wire_request,
                "wire_item": row.wire_item,
            }
            for row in rows
        ],
    )  # fmt: skip
    task = {name: getattr(work.task, name) for name in ("dag_id", "run_id", "task_id", "map_index", "try_number")}
    attempt = {"epoch": work.lease.epoch, "armed_at": now, "quiet_until": quiet_until, **task}
    connection.execute(_ATTEMPT, [{"intent_id": row.id, "n": row.attempts + 1, **attempt} for row in rows])


_ATTEMPT = insert(table_of(AttemptRow))
_INTENT = table_of(IntentRow).c
_STILL_PLANNED = (
    select(
        _INTENT.id, _INTENT.source_id, _INTENT.company, _INTENT.source_vendor, _INTENT.entity, _INTENT.target_vendor,
        _INTENT.op, _INTENT.version, _INTENT.revision, _INTENT.attempts, _INTENT.body, _INTENT.wire_body,
        _INTENT.wire_request, _INTENT.wire_item,
    )
    .where(_INTENT.id.in_(bindparam("ids", expanding=True)), _INTENT.state == IntentState.PLANNED.value)
    .order_by(_INTENT.id)
)  # fmt: skip
_SENDING = (
    update(table_of(IntentRow))
    .where(_INTENT.id == bindparam("of_intent"))
    .values(
        state=IntentState.SENDING.value,
        **{
            name: bindparam(name)
            for name in ("epoch", "attempts", "quiet_until", "wire_body", "wire_request", "wire_item")
        },
    )
)
