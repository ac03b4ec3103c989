"""Inbox and document rows: what the source said, version by version, and where it stands in a flow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from invoice_sync.ledger.scope import Scope
from invoice_sync.ledger.tables import DocumentRow, InboxRow, IntentRow
from invoice_sync.model import canonical
from invoice_sync.model.errors import Problem
from invoice_sync.model.words import DocumentState, IntentState

PORTION = 500  # parameters in one IN list; SQLite before 3.32 took 999 in all


@dataclass(frozen=True, slots=True)
class Seen:
    """A source record as it goes into the inbox.

    `party` is the customer's number, for people; `needs` are placeholders of the records that it refers to.
    """

    entity: str
    source_id: str
    stamp: str
    content_hash: str
    content: str
    number: str = ""
    party: str = ""
    amount_minor: int = 0
    currency: str = ""
    needs: tuple[str, ...] = ()
    problem: Problem | None = None


def portions(ids: Sequence[Any], size: int = PORTION) -> Iterable[Sequence[Any]]:
    """The ids in slices that fit an IN list."""
    return (ids[start : start + size] for start in range(0, len(ids), size))


def by_source(session: Session, scope: Scope, entity: str, ids: Sequence[str]) -> dict[str, DocumentRow]:
    """The documents of these source ids, by source id."""
    found: dict[str, DocumentRow] = {}
    for portion in portions(ids):
        query = _of(scope, entity).where(DocumentRow.source_id.in_(portion))
        found.update({row.source_id: row for row in session.scalars(query)})
    return found


def in_state(session: Session, scope: Scope, entity: str, *states: DocumentState) -> list[DocumentRow]:
    """The flow's documents in these states, oldest first."""
    query = _of(scope, entity).where(DocumentRow.state.in_(states)).order_by(DocumentRow.id)
    return list(session.scalars(query))


def fresh(session: Session, rows: Sequence[DocumentRow], state: DocumentState) -> list[DocumentRow]:
    """The same documents as they are now, without those that left `state` since they were read."""
    found: list[DocumentRow] = []
    for portion in portions([row.id for row in rows]):
        query = select(DocumentRow).where(DocumentRow.id.in_(portion), DocumentRow.state == state)
        found += session.scalars(query.order_by(DocumentRow.id))
    return found


def waiting_for_a_person(session: Session, scope: Scope) -> list[DocumentRow]:
    """Everything of the flow that is in review, whatever the entity."""
    query = select(DocumentRow).where(DocumentRow.flow == scope.flow, DocumentRow.state == DocumentState.REVIEW)
    return list(session.scalars(query.order_by(DocumentRow.id)))


def contents(session: Session, rows: Sequence[DocumentRow]) -> dict[int, Mapping[str, Any]]:
    """The vendor's JSON of each row's current version, by document id."""
    found: dict[int, str] = {}
    for portion in portions([row.inbox_id for row in rows]):
        query = select(InboxRow.id, InboxRow.content).where(InboxRow.id.in_(portion))
        found.update({key: content for key, content in session.execute(query)})
    return {row.id: canonical.loads(found[row.inbox_id]) for row in rows}


def store(session: Session, scope: Scope, batch: Sequence[Seen], now: datetime) -> list[tuple[DocumentRow, bool]]:
    """Puts records of one entity into the inbox; each with whether its content is new to this flow."""
    if not batch:
        return []
    known = by_source(session, scope, batch[0].entity, [seen.source_id for seen in batch])
    stored: list[tuple[DocumentRow, bool]] = []
    for seen in batch:
        row, new = _store(session, scope, seen, known.get(seen.source_id), now)
        known[seen.source_id] = row  # a page may show a record twice
        stored.append((row, new))
    return stored


def put_in_review(row: DocumentRow, problem: Problem, step: str, now: datetime, blocked_on: str = "") -> None:
    """The document waits for a person. `blocked_on`: the record that has to be mended first."""
    row.state, row.step, row.since = DocumentState.REVIEW, step, now
    row.cause, row.reason, row.cure = problem.cause, problem.reason, problem.cure
    row.vendor_code, row.trace_id, row.blocked_on = problem.vendor_code, problem.trace_id, blocked_on


def move(row: DocumentRow, state: DocumentState, now: datetime) -> None:
    """Any other state; what a person was told before no longer holds."""
    row.state, row.since = state, now
    row.step = row.cause = row.reason = row.cure = row.vendor_code = row.trace_id = row.blocked_on = ""


def needs_of(row: DocumentRow) -> list[str]:
    """Placeholders of the customer and products that an invoice refers to."""
    return list(canonical.loads(row.needs))


def problem_of(row: DocumentRow) -> Problem:
    """The problem that a document in review carries."""
    return Problem(row.cause, row.reason, row.cure, row.vendor_code, row.trace_id)


def _of(scope: Scope, entity: str) -> Any:
    return select(DocumentRow).where(DocumentRow.flow == scope.flow, DocumentRow.entity == entity)


def _store(
    session: Session, scope: Scope, seen: Seen, row: DocumentRow | None, now: datetime
) -> tuple[DocumentRow, bool]:
    if row is not None and row.content_hash == seen.content_hash:
        if row.stamp != seen.stamp:
            row.stamp = seen.stamp
        return row, False
    inbox = _inbox_version(session, scope, seen, now)
    if row is None:
        row = DocumentRow(
            flow=scope.flow, company=scope.company, source_vendor=scope.source_vendor,
            entity=seen.entity, source_id=seen.source_id, step="", cause="", reason="", cure="",
            vendor_code="", trace_id="", blocked_on="",
        )  # fmt: skip
        session.add(row)
    _renew(row, inbox, seen, now)
    session.flush()
    _replace_unsent(session, row)
    return row, True


def _renew(row: DocumentRow, inbox: InboxRow, seen: Seen, now: datetime) -> None:
    row.inbox_id, row.version, row.stamp, row.content_hash = inbox.id, inbox.version, seen.stamp, seen.content_hash
    row.number, row.party = seen.number, seen.party
    row.amount_minor, row.currency = seen.amount_minor, seen.currency
    row.needs = canonical.dumps(seen.needs)
    move(row, DocumentState.WAITING, now)
    if seen.problem is not None:
        put_in_review(row, seen.problem, "extract", now)


def _inbox_version(session: Session, scope: Scope, seen: Seen, now: datetime) -> InboxRow:
    """The row of this very content; content that comes back is the version it was before."""
    mine = (
        InboxRow.company == scope.company,
        InboxRow.source_vendor == scope.source_vendor,
        InboxRow.entity == seen.entity,
        InboxRow.source_id == seen.source_id,
    )
    same = session.scalars(select(InboxRow).where(*mine, InboxRow.content_hash == seen.content_hash)).first()
    if same is not None:
        return same
    newest = session.scalar(select(func.max(InboxRow.version)).where(*mine)) or 0
    inbox = InboxRow(
        company=scope.company, source_vendor=scope.source_vendor, entity=seen.entity, source_id=seen.source_id,
        version=newest + 1, stamp=seen.stamp, content_hash=seen.content_hash, content=seen.content, seen_at=now,
    )  # fmt: skip
    session.add(inbox)
    session.flush()
    return inbox


def _replace_unsent(session: Session, row: DocumentRow) -> None:
    """A newer version replaces planned intents, never sending or uncertain ones."""
    session.execute(
        update(IntentRow)
        .where(IntentRow.document_id == row.id, IntentRow.state == IntentState.PLANNED, IntentRow.misses == 0)
        .values(state=IntentState.REPLACED)
    )
