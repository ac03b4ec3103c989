"""Intended writes and the attempts at them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, func, insert, or_, select, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from invoice_sync.ledger.portions import portions
from invoice_sync.ledger.scope import Scope
from invoice_sync.ledger.tables import DocumentRow, IntentRow, table_of
from invoice_sync.model import canonical
from invoice_sync.model.words import IN_THE_AIR, UNFINISHED, IntentState


@dataclass(frozen=True, slots=True)
class Wanted:
    """A write that shall be planned: of which document, with which body, under which number of the target."""

    row: DocumentRow
    body: object
    number: str


def plan(session: Session, scope: Scope, op: str, target: str, wanted: Sequence[Wanted], now: datetime) -> None:
    """Freezes intended writes: revision 1, or one more than any before of the same version.

    At most one unfinished intent per document and target: the caller makes sure of it with `unfinished()`.
    """
    if not wanted:
        return
    revisions = _revisions(session, scope, op, target, [each.row for each in wanted])
    shared = {
        "flow": scope.flow, "company": scope.company, "source_vendor": scope.source_vendor, "target_vendor": target,
        "op": op, "state": IntentState.PLANNED.value, "epoch": 0, "attempts": 0, "misses": 0, "created_at": now,
    }  # fmt: skip
    rows = [
        {
            **shared,
            **_own(each),
            "revision": revisions.get((each.row.entity, each.row.source_id, each.row.version), 0) + 1,
        }
        for each in wanted
    ]
    session.flush()  # documents first: the rows below go past the session
    session.connection().execute(insert(table_of(IntentRow)), rows)


def done(
    session: Session, scope: Scope, op: str, target: str, wanted: Wanted, wire_body: object, now: datetime
) -> None:
    """A write that is known to be there without our sending it: adopted, or made by a person by hand."""
    plan(session, scope, op, target, [wanted], now)
    intent = newest(session, [wanted.row], target, (op,))[wanted.row.id]
    intent.state, intent.done_at, intent.wire_body = IntentState.DONE, now, canonical.dumps(wire_body)
    session.flush()


def newest(
    session: Session, rows: Sequence[DocumentRow], target: str, ops: Sequence[str], *states: IntentState
) -> dict[int, IntentRow]:
    """By document id: its latest intent of these kinds that was not replaced; only those in `states`, if given."""
    found: dict[int, IntentRow] = {}
    wanted = IntentRow.state.in_(states) if states else IntentRow.state != IntentState.REPLACED
    for portion in portions([row.id for row in rows]):
        query = select(IntentRow).where(
            IntentRow.document_id.in_(portion), IntentRow.target_vendor == target, IntentRow.op.in_(ops), wanted
        )
        found.update({intent.document_id: intent for intent in session.scalars(query.order_by(IntentRow.id))})
    return found


def claimed(session: Session, scope: Scope, entity: str, numbers: Sequence[str]) -> dict[str, str]:
    """Source id by number, folded: documents of the flow that are on their way under these numbers."""
    found: dict[str, str] = {}
    for portion in portions(numbers):
        query = select(IntentRow.number, IntentRow.source_id).where(
            of_kind(scope, entity, "create"), IntentRow.state.in_(UNFINISHED), IntentRow.number.in_(portion)
        )
        found.update({number.casefold(): source_id for number, source_id in session.execute(query)})
    return found


def unfinished(session: Session, rows: Sequence[DocumentRow], target: str, ops: Sequence[str]) -> dict[int, IntentRow]:
    """By document id: the intent that is planned, sending or uncertain."""
    return {key: row for key, row in newest(session, rows, target, ops).items() if row.state in UNFINISHED}


def finish_all(session: Session, rows: Sequence[IntentRow], now: datetime) -> None:
    """These are done, in one statement."""
    for portion in portions([row.id for row in rows]):
        session.connection().execute(_FINISH_ALL, {"ids": list(portion), "now": now})
    for row in rows:
        set_committed_value(row, "state", IntentState.DONE)
        set_committed_value(row, "done_at", now)


_FINISH_ALL = (
    update(table_of(IntentRow))
    .where(table_of(IntentRow).c.id.in_(bindparam("ids", expanding=True)))
    .values(state=IntentState.DONE.value, done_at=bindparam("now"))
)


def any_unfinished(session: Session, scope: Scope, entity: str, op: str) -> bool:
    """Whether anything of this kind is planned, sending or uncertain."""
    query = select(IntentRow.id).where(of_kind(scope, entity, op), IntentRow.state.in_(UNFINISHED)).limit(1)
    return session.scalar(query) is not None


def any_in_the_air(session: Session, scope: Scope) -> bool:
    """Whether an invoice may have been created whose answer nobody has seen yet."""
    in_doubt = or_(IntentRow.state.in_(IN_THE_AIR), and_(IntentRow.state == IntentState.PLANNED, IntentRow.misses > 0))
    query = select(IntentRow.id).where(of_kind(scope, "invoice", "create"), in_doubt).limit(1)
    return session.scalar(query) is not None


def ever_done(session: Session, rows: Sequence[DocumentRow]) -> set[int]:
    """Ids of the documents that were delivered once, though a person may have ordered them again since."""
    found: set[int] = set()
    for portion in portions([row.id for row in rows]):
        query = select(IntentRow.document_id).where(
            IntentRow.document_id.in_(portion), IntentRow.op == "create", IntentRow.done_at.is_not(None)
        )
        found.update(session.scalars(query))
    return found


def replace_planned(session: Session, rows: Sequence[DocumentRow]) -> None:
    """A newer version replaces what is planned, never what is sending, uncertain, or was ever in doubt."""
    for portion in portions([row.id for row in rows]):
        session.execute(
            update(IntentRow)
            .where(IntentRow.document_id.in_(portion), IntentRow.state == IntentState.PLANNED, IntentRow.misses == 0)
            .values(state=IntentState.REPLACED)
        )


def needs_of_planned(session: Session, scope: Scope, entity: str, op: str) -> list[str]:
    """What the documents need, each list once, whose intent of this kind is planned and certainly not done by any
    attempt so far; as the ledger keeps it."""
    query = (
        select(DocumentRow.needs)
        .distinct()
        .join(IntentRow, IntentRow.document_id == DocumentRow.id)
        .where(of_kind(scope, entity, op), IntentRow.state == IntentState.PLANNED, IntentRow.misses == 0)
    )
    return list(session.scalars(query))


def documents_refused(session: Session, scope: Scope, entity: str, op: str) -> list[DocumentRow]:
    """Documents with a refused intent of this kind, whatever came after it."""
    refused = select(IntentRow.document_id).where(of_kind(scope, entity, op), IntentRow.state == IntentState.REFUSED)
    return list(session.scalars(select(DocumentRow).where(DocumentRow.id.in_(refused))))


def certainly_not_done(intent: IntentRow) -> bool:
    """Planned, and no attempt at it ever had an unknown outcome: a newer version may take its place."""
    return intent.state == IntentState.PLANNED and intent.misses == 0


def select_state(scope: Scope, entity: str, op: str, state: IntentState) -> Any:
    """The query of a flow's intents of one kind in one state, oldest first.

    By an expression: asked for the key's own order, SQLite walks all intents rather than the few in this state.
    """
    return select(IntentRow).where(of_kind(scope, entity, op), IntentRow.state == state).order_by(IntentRow.id + 0)


def of_kind(scope: Scope, entity: str, op: str) -> ColumnElement[bool]:
    return and_(IntentRow.flow == scope.flow, IntentRow.entity == entity, IntentRow.op == op)


def earliest_quiet(session: Session, scope: Scope, entity: str, op: str) -> tuple[int, datetime | None]:
    """How many intents of this kind are uncertain, and when the first of them may be looked up."""
    query = select(func.count(IntentRow.id), func.min(IntentRow.quiet_until)).where(
        of_kind(scope, entity, op), IntentRow.state == IntentState.UNCERTAIN
    )
    count, until = session.execute(query).one()
    return count, until


def _own(wanted: Wanted) -> dict[str, Any]:
    row, text = wanted.row, canonical.dumps(wanted.body)
    return {
        "entity": row.entity, "source_id": row.source_id, "version": row.version, "document_id": row.id,
        "number": wanted.number, "amount_minor": row.amount_minor, "currency": row.currency,
        "body": text, "body_hash": canonical.text_hash(text),
    }  # fmt: skip


def _revisions(
    session: Session, scope: Scope, op: str, target: str, rows: Sequence[DocumentRow]
) -> dict[tuple[str, str, int], int]:
    """The highest revision so far by (entity, source id, version)."""
    found: dict[tuple[str, str, int], int] = {}
    for portion in portions([row.source_id for row in rows]):
        query = select(IntentRow.entity, IntentRow.source_id, IntentRow.version, func.max(IntentRow.revision)).where(
            IntentRow.company == scope.company,
            IntentRow.source_vendor == scope.source_vendor,
            # the index needs it: without, every intent that there ever was is looked at
            IntentRow.entity.in_({row.entity for row in rows}),
            IntentRow.target_vendor == target,
            IntentRow.op == op,
            IntentRow.source_id.in_(portion),
        )
        grouped = query.group_by(IntentRow.entity, IntentRow.source_id, IntentRow.version)
        found.update({(one, key, version): top for one, key, version, top in session.execute(grouped)})
    return found
