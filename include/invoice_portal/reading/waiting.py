"""What waits for a person, grouped by cause, the oldest money first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

from sqlalchemy import ColumnElement, Row, case, func, select
from sqlalchemy.orm import Session

from invoice_portal.reading.retrying import Retry, Retrying
from invoice_sync.connectors.placeholders import placeholder
from invoice_sync.ledger import documents
from invoice_sync.ledger.portions import portions
from invoice_sync.ledger.scope import Scope
from invoice_sync.ledger.tables import DocumentRow, InboxRow, SuggestionRow
from invoice_sync.model import canonical
from invoice_sync.model.documents import CARRIED, PARTIES, Entity
from invoice_sync.model.flow import Flow
from invoice_sync.model.words import OPEN, DocumentState

SHOWN = 50
"""Documents of one cause on the page; all of them count in its sums."""

ACCEPTABLE = frozenset({"changed_after_delivery", "changed_there", "mismatch"})
"""Causes under which a person may say that what stands at the destination is right."""

Sums = Sequence[tuple[str, int]]
"""(currency, minor units); credit memos count negative."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """One document, or one customer or product that documents wait for. `since`: when its content was first seen."""

    row: DocumentRow
    since: datetime
    retry: Retry | None
    suggestions: Sequence[SuggestionRow] = ()
    holds: int = 0
    held: Sums = ()

    @property
    def may_accept(self) -> bool:
        return self.row.cause in ACCEPTABLE


@dataclass(slots=True)
class Group:
    """Everything that waits for one cause. `first`: the ledger's number of its oldest document."""

    cause: str
    count: int = 0
    sums: dict[str, int] = field(default_factory=dict)
    first: int = 0
    steps: set[str] = field(default_factory=set)
    rows: list[Waiting] = field(default_factory=list)
    parties: list[Waiting] = field(default_factory=list)
    retry: Retry | None = None

    @property
    def more(self) -> int:
        return self.count - len(self.rows)

    @property
    def told_above(self) -> dict[str, str]:
        """The group's customers and products, by what documents wait for."""
        return {_key(each.row): f"{each.row.entity} {each.row.number}" for each in self.parties}


def groups(session: Session, flow: Flow) -> list[Group]:
    """Causes in the order of their oldest document; within each the oldest first."""
    found = _summed(session, flow)
    parties = _parties(session, flow)
    for row in parties:
        found.setdefault(row.cause, Group(row.cause, first=row.id)).steps.add(row.step)
    retrying = Retrying(session, flow)
    for group in found.values():
        group.rows = _waiting(session, retrying, _oldest(session, flow, group.cause))
        mine = [row for row in parties if row.cause == group.cause][:SHOWN]
        group.parties = _with_what_they_hold(session, flow, _waiting(session, retrying, mine))
        group.retry = retrying.of_many([each.row.id for each in (*group.rows, *group.parties)], sorted(group.steps))
    return sorted(found.values(), key=lambda group: group.first)


def ready(session: Session, flow: Flow) -> int:
    """Documents that wait for nobody but the next run."""
    scope = Scope.of(flow)
    return sum(documents.count(session, scope, entity, state) for entity in CARRIED for state in OPEN)


def _summed(session: Session, flow: Flow) -> dict[str, Group]:
    query = (
        select(
            DocumentRow.cause, DocumentRow.step, DocumentRow.currency,
            func.count(DocumentRow.id), func.sum(_signed()), func.min(DocumentRow.id),
        )
        .where(*_in_review(flow, CARRIED))
        .group_by(DocumentRow.cause, DocumentRow.step, DocumentRow.currency)
    )  # fmt: skip
    found: dict[str, Group] = {}
    for row in session.execute(query):
        _add(found, row)
    return found


def _add(found: dict[str, Group], row: Row[tuple[str, str, str, int, int, int]]) -> None:
    cause, step, currency, count, amount, first = row
    group = found.setdefault(cause, Group(cause, first=first))
    group.count += count
    group.first = min(group.first, first)
    group.steps.add(step)
    if currency:
        group.sums[currency] = group.sums.get(currency, 0) + int(amount)


def _signed() -> ColumnElement[int]:
    return case((DocumentRow.entity == "credit_memo", -DocumentRow.amount_minor), else_=DocumentRow.amount_minor)


def _in_review(flow: Flow, entities: Sequence[str]) -> tuple[ColumnElement[bool], ...]:
    return (
        DocumentRow.flow == flow.name,
        DocumentRow.entity.in_(entities),
        DocumentRow.state == DocumentState.REVIEW,
    )


def _oldest(session: Session, flow: Flow, cause: str) -> Sequence[DocumentRow]:
    query = select(DocumentRow).where(*_in_review(flow, CARRIED), DocumentRow.cause == cause)
    # by an expression: asked for the key's own order, SQLite would walk all documents by it
    query = query.order_by(DocumentRow.id + 0).limit(SHOWN)
    return session.scalars(query).all()


def _parties(session: Session, flow: Flow) -> list[DocumentRow]:
    """Customers and products in review that a document needs; the others are nobody's work."""
    rows = documents.in_state(session, Scope.of(flow), PARTIES, DocumentState.REVIEW)
    if not rows:
        return []
    needs = (
        select(DocumentRow.needs)
        .distinct()
        .where(
            DocumentRow.flow == flow.name,
            DocumentRow.entity.in_(CARRIED),
            DocumentRow.state.in_((*OPEN, DocumentState.REVIEW)),
        )
    )
    needed = {text for texts in session.scalars(needs) for text in canonical.loads(texts)}
    return [row for row in rows if _key(row) in needed]


def _waiting(session: Session, retrying: Retrying, rows: Sequence[DocumentRow]) -> list[Waiting]:
    seen = _first_seen(session, rows)
    retries = retrying.of_each(rows)
    return [Waiting(row, seen[row.inbox_id], retries.get(row.id)) for row in rows]


def _first_seen(session: Session, rows: Sequence[DocumentRow]) -> dict[int, datetime]:
    found: dict[int, datetime] = {}
    for portion in portions([row.inbox_id for row in rows]):
        query = select(InboxRow.id, InboxRow.seen_at).where(InboxRow.id.in_(portion))
        found.update({key: at for key, at in session.execute(query)})
    return found


def _with_what_they_hold(session: Session, flow: Flow, parties: Sequence[Waiting]) -> list[Waiting]:
    suggested = _suggested(session, [each.row.id for each in parties])
    held = _held(session, flow) if parties else {}
    found = []
    for each in parties:
        sums = held.get(_key(each.row), {})
        holds = sum(count for count, _ in sums.values())
        amounts = tuple((currency, amount) for currency, (_, amount) in sums.items() if currency)
        found.append(Waiting(each.row, each.since, each.retry, suggested.get(each.row.id, ()), holds, amounts))
    return found


def _suggested(session: Session, ids: Sequence[int]) -> dict[int, list[SuggestionRow]]:
    """Best first."""
    found: dict[int, list[SuggestionRow]] = {}
    for portion in portions(ids):
        query = select(SuggestionRow).where(SuggestionRow.document_id.in_(portion))
        for row in session.scalars(query.order_by(SuggestionRow.score.desc(), SuggestionRow.id)):
            found.setdefault(row.document_id, []).append(row)
    return found


def _held(session: Session, flow: Flow) -> Mapping[str, Mapping[str, tuple[int, int]]]:
    """By what documents wait for, and currency: how many, and their sum."""
    query = (
        select(DocumentRow.blocked_on, DocumentRow.currency, func.count(DocumentRow.id), func.sum(_signed()))
        .where(*_in_review(flow, CARRIED), DocumentRow.blocked_on != "")
        .group_by(DocumentRow.blocked_on, DocumentRow.currency)
    )
    found: dict[str, dict[str, tuple[int, int]]] = {}
    for blocked_on, currency, count, amount in session.execute(query):
        found.setdefault(blocked_on, {})[currency] = (count, int(amount))
    return found


def _key(row: DocumentRow) -> str:
    return placeholder(cast(Entity, row.entity), row.source_id)
