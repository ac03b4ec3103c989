"""How much there is to export: as the ledger knows it now, and as check last counted it at the source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import InstrumentedAttribute

from invoice_sync.connectors.base import ACKNOWLEDGE, CREATE
from invoice_sync.ledger.browsing import ends
from invoice_sync.ledger.tables import AttemptRow, DocumentRow, IntentRow, ReferenceRow, XrefRow
from invoice_sync.model import canonical
from invoice_sync.model.documents import PARTIES
from invoice_sync.model.flow import Flow
from invoice_sync.model.words import DocumentState, IntentState

NAMES = (
    ("Product Export Qty", "product"),
    ("Customer Export Qty", "customer"),
    ("Invoice Export Qty", "invoice"),
    ("Credit Memo Export Qty", "credit_memo"),
)
ON_THE_WAY = (DocumentState.WAITING, DocumentState.TO_ADD, DocumentState.PLANNED)
THERE = (DocumentState.DELIVERED, DocumentState.SETTLED)
KNOWN_BY_ID = "id on record at the source"


@dataclass(frozen=True, slots=True)
class Quantity:
    """`open` and `in_review` are the ledger's, now. `counted` is the source's own, None when check never counted;
    `done`: how many of those were matched, added or delivered since, or set aside by a person."""

    name: str
    entity: str
    open: int
    in_review: int
    counted: int | None
    done: int

    @property
    def left(self) -> int | None:
        return None if self.counted is None else max(0, self.counted - self.done)


def quantities(session: Session, flow: Flow) -> tuple[list[Quantity], datetime | None]:
    """By the names of the export page that our users know; and when check counted."""
    row = session.get(ReferenceRow, (flow.company, flow.source.vendor, "counts"))
    counted: Mapping[str, int] = canonical.loads(row.body) if row else {}
    states = _by_state(session, flow)
    found = [_quantity(session, flow, name, entity, states, counted, row) for name, entity in NAMES]
    return found, row.read_at if row else None


def _quantity(
    session: Session,
    flow: Flow,
    name: str,
    entity: str,
    states: Mapping[tuple[str, str], int],
    counted: Mapping[str, int],
    row: ReferenceRow | None,
) -> Quantity:
    return Quantity(
        name,
        entity,
        open=sum(states.get((entity, state), 0) for state in ON_THE_WAY),
        in_review=states.get((entity, DocumentState.REVIEW), 0),
        counted=counted.get(name),
        done=_done(session, flow, entity, row.read_at) if row else 0,
    )


def _by_state(session: Session, flow: Flow) -> dict[tuple[str, str], int]:
    """Of what is not settled: the index leads to it, however much is settled."""
    states = (*ON_THE_WAY, DocumentState.REVIEW)
    entities = [entity for _, entity in NAMES]
    query = (
        select(DocumentRow.entity, DocumentRow.state, func.count(DocumentRow.id))
        .where(DocumentRow.flow == flow.name, DocumentRow.entity.in_(entities), DocumentRow.state.in_(states))
        .group_by(DocumentRow.entity, DocumentRow.state)
    )
    return {(entity, state): count for entity, state, count in session.execute(query)}


def _done(session: Session, flow: Flow, entity: str, since: datetime) -> int:
    """How many of what the source counted at `since` are nobody's work any more."""
    if entity in PARTIES:
        return _linked(session, flow, entity, since)
    if flow.write_back != "transferred_flag":
        return _count(session, flow, entity, THERE) + _set_aside(session, flow, entity)
    untold = select(DocumentRow.id).where(*_in(flow, entity, (DocumentState.DELIVERED,)))
    documents = {*_written(session, flow, entity, since), *session.scalars(untold)}
    return len(documents) + _set_aside(session, flow, entity)


def _linked(session: Session, flow: Flow, entity: str, since: datetime) -> int:
    """Those whose id the source is told leave its count; where it is told none, every link counts."""
    query = select(func.count(XrefRow.id)).where(
        XrefRow.company == flow.company,
        XrefRow.target_vendor == flow.destination.vendor,
        XrefRow.entity == entity,
        XrefRow.source_vendor == flow.source.vendor,
        XrefRow.rule != KNOWN_BY_ID,
    )
    if flow.options.write_ids:
        query = query.where(XrefRow.linked_at >= since)
    return session.scalar(query) or 0


def _written(session: Session, flow: Flow, entity: str, since: datetime) -> set[int]:
    """Documents delivered or acknowledged since: by what was sent since, or planned since and found there already."""
    # an expression has no index: SQLite would walk all that was ever written for the flow
    done = select(IntentRow.document_id).where(
        IntentRow.flow.concat("") == flow.name,
        IntentRow.entity == entity,
        IntentRow.op.in_((CREATE, ACKNOWLEDGE)),
        IntentRow.state == IntentState.DONE,
        IntentRow.done_at >= since,
    )
    planned = done.where(IntentRow.id >= _first_since(session, IntentRow.created_at, since))
    sent = done.join(AttemptRow, AttemptRow.intent_id == IntentRow.id).where(
        AttemptRow.id >= _first_since(session, AttemptRow.armed_at, since)
    )
    return {*session.scalars(planned), *session.scalars(sent)}


def _set_aside(session: Session, flow: Flow, entity: str) -> int:
    """The source offers on what a person said to ignore."""
    query = select(func.count(DocumentRow.id)).where(*_in(flow, entity, (DocumentState.IGNORED,)))
    return session.scalar(query.where(DocumentRow.cause == "ignored")) or 0


def _count(session: Session, flow: Flow, entity: str, states: Sequence[DocumentState]) -> int:
    query: Select[tuple[int]] = select(func.count(DocumentRow.id)).where(*_in(flow, entity, states))
    return session.scalar(query) or 0


def _in(flow: Flow, entity: str, states: Sequence[DocumentState]) -> tuple[ColumnElement[bool], ...]:
    return DocumentRow.flow == flow.name, DocumentRow.entity == entity, DocumentRow.state.in_(states)


def _first_since(session: Session, stamp: InstrumentedAttribute[datetime], since: datetime) -> int:
    """The first key whose row was made at `since` or later, by bisection: these tables grow in the order of time."""
    key = stamp.class_.id
    low, high = ends(session, key)
    while low < high:
        middle = (low + high) // 2
        at = session.scalar(select(stamp).where(key >= middle).order_by(key).limit(1))
        if at is None or at >= since:
            high = middle
        else:
            low = middle + 1
    return low
