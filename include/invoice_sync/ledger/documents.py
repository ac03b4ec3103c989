"""Inbox and document rows: what the source said, version by version, and where it stands in a flow."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import JSON, ColumnElement, Select, and_, bindparam, cast, func, literal, or_, select, update
from sqlalchemy.orm import Session, defer
from sqlalchemy.orm.attributes import set_committed_value

from invoice_sync.ledger import intents
from invoice_sync.ledger.portions import portions
from invoice_sync.ledger.scope import Scope
from invoice_sync.ledger.tables import DocumentRow, InboxRow, table_of
from invoice_sync.model import canonical
from invoice_sync.model.documents import CARRIED, DOCUMENTS, PARTIES, PAYMENT, SHIPMENT
from invoice_sync.model.errors import Problem
from invoice_sync.model.words import DocumentState


@dataclass(frozen=True, slots=True)
class Seen:
    """A source record as it goes into the inbox.

    `party` is the customer's number, for people; `needs` are placeholders of the records that it refers to;
    `offered`: the source wants it carried; `withdrawn`: what the source did to take it back, empty if nothing.
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
    offered: bool = True
    withdrawn: str = ""


class Key(NamedTuple):
    """The ledger's own id of a document, and what kind it is of."""

    id: int
    entity: str


Entities = str | Sequence[str]


def by_source(session: Session, scope: Scope, entities: Entities, ids: Sequence[str]) -> dict[str, DocumentRow]:
    """The documents of these source ids, by source id."""
    found: dict[str, DocumentRow] = {}
    for portion in portions(ids):
        query = _of(scope, entities).where(DocumentRow.source_id.in_(portion))
        found.update({row.source_id: row for row in session.scalars(query)})
    return found


def numbered(session: Session, scope: Scope, entities: Entities, numbers: Sequence[str]) -> list[DocumentRow]:
    """The flow's documents under these numbers; several may share one."""
    found: list[DocumentRow] = []
    for portion in portions(numbers):
        found += session.scalars(_of(scope, entities).where(DocumentRow.number.in_(portion)))
    return found


def applied_to(session: Session, invoice: DocumentRow) -> list[DocumentRow]:
    """The payments on an invoice: their source ids begin with its own."""
    query = select(DocumentRow).where(
        DocumentRow.flow == invoice.flow,
        DocumentRow.entity == PAYMENT,
        DocumentRow.source_id.startswith(f"{invoice.source_id}/", autoescape=True),
    )
    return list(session.scalars(query))


def stamps(session: Session, scope: Scope, entities: Entities, ids: Sequence[str]) -> dict[str, tuple[str, str]]:
    """(stamp, state) by source id, as plain values: a night that changed nothing looks at a million of them."""
    found: dict[str, tuple[str, str]] = {}
    for portion in portions(ids):
        query = select(DocumentRow.source_id, DocumentRow.stamp, DocumentRow.state).where(
            *_mine(scope, entities), DocumentRow.source_id.in_(portion)
        )
        found.update({source_id: (stamp, state) for source_id, stamp, state in session.execute(query)})
    return found


def moved(session: Session, scope: Scope, entities: Entities, shown: Mapping[str, str]) -> dict[str, str]:
    """Of (stamp by source id) as a source shows them: those that we do not know so, each with its state, "" if new.

    The database compares, so that a million that did not move cost us nothing but the question.
    """
    if not shown:
        return {}
    function = func.json_each_text if session.get_bind().dialect.name == "postgresql" else func.json_each
    pairs = function(_as_json(session, shown)).table_valued("key", "value").alias("pairs")
    known = and_(*_mine(scope, entities), DocumentRow.source_id == pairs.c.key)
    query = (
        select(pairs.c.key, DocumentRow.state)
        .select_from(pairs.outerjoin(table_of(DocumentRow), known))
        .where(or_(DocumentRow.id.is_(None), DocumentRow.stamp != pairs.c.value))
    )
    return {source_id: state or "" for source_id, state in session.execute(query)}


def in_state(session: Session, scope: Scope, entities: Entities, *states: DocumentState) -> list[DocumentRow]:
    """The flow's documents in these states, oldest first."""
    query = _of(scope, entities).where(DocumentRow.state.in_(states))
    return _by_id(session.scalars(query))


def keys_in_state(session: Session, scope: Scope, entities: Entities, *states: DocumentState) -> list[Key]:
    """The same documents by their keys only, for who looks at them portion by portion."""
    query = select(DocumentRow.id, DocumentRow.entity).where(*_mine(scope, entities), DocumentRow.state.in_(states))
    return [Key(*found) for found in session.execute(query)]


def count(session: Session, scope: Scope, entities: Entities, state: DocumentState) -> int:
    query = select(func.count(DocumentRow.id)).where(*_mine(scope, entities), DocumentRow.state == state)
    return session.scalar(query) or 0


def settle_all(session: Session, rows: Sequence[DocumentRow], now: datetime) -> None:
    """Nothing is left to be done about these."""
    for portion in portions([row.id for row in rows]):
        session.execute(
            update(DocumentRow)
            .where(DocumentRow.id.in_(portion))
            .values(state=DocumentState.SETTLED, since=now)
            .execution_options(synchronize_session=False)
        )


def fresh(session: Session, rows: Sequence[DocumentRow | Key], state: DocumentState) -> list[DocumentRow]:
    """The same documents as they are now, without those that left `state` since they were read."""
    found: list[DocumentRow] = []
    for portion in portions([row.id for row in rows]):
        query = select(DocumentRow).where(DocumentRow.id.in_(portion), DocumentRow.state == state)
        found += session.scalars(query.order_by(DocumentRow.id))
    return found


def waiting_for_a_person(session: Session, scope: Scope) -> list[DocumentRow]:
    """Everything of the flow that is in review, whatever the entity."""
    return in_state(session, scope, (*PARTIES, *CARRIED, SHIPMENT), DocumentState.REVIEW)


def contents(session: Session, rows: Sequence[DocumentRow]) -> dict[int, Mapping[str, Any]]:
    """The vendor's JSON of each row's current version, by document id."""
    found: dict[int, str] = {}
    for portion in portions([row.inbox_id for row in rows]):
        query = select(InboxRow.id, InboxRow.content).where(InboxRow.id.in_(portion))
        found.update({key: content for key, content in session.execute(query)})
    return {row.id: canonical.loads(found[row.inbox_id]) for row in rows}


def history(
    session: Session, scope: Scope, entity: str, ids: Sequence[str]
) -> dict[str, list[tuple[str, Mapping[str, Any]]]]:
    """Every version of these records that was ever seen, oldest first: (stamp, the vendor's JSON) by source id."""
    found: dict[str, list[tuple[str, Mapping[str, Any]]]] = {}
    for portion in portions(ids):
        query = select(InboxRow.source_id, InboxRow.stamp, InboxRow.content).where(
            InboxRow.company == scope.company,
            InboxRow.source_vendor == scope.source_vendor,
            InboxRow.entity == entity,
            InboxRow.source_id.in_(portion),
        )
        for source_id, stamp, content in session.execute(query.order_by(InboxRow.version)):
            found.setdefault(source_id, []).append((stamp, canonical.loads(content)))
    return found


def store(session: Session, scope: Scope, batch: Sequence[Seen], now: datetime) -> list[tuple[DocumentRow, bool]]:
    """Puts records of one entity into the inbox; each with whether its content is new to this flow.

    A page may show a record twice: its last appearance counts.
    """
    latest = list({seen.source_id: seen for seen in batch}.values())
    if not latest:
        return []
    known = by_source(session, scope, latest[0].entity, [seen.source_id for seen in latest])
    moved = [seen for seen in latest if not _is_known(known.get(seen.source_id), seen)]
    versions = _inbox_versions(session, scope, moved, now)
    for seen in moved:
        known[seen.source_id] = _renewed(session, scope, seen, known.get(seen.source_id), versions, now)
    session.flush()
    changed = {seen.source_id for seen in moved}
    intents.replace_planned(session, [known[source_id] for source_id in changed])
    return [(known[seen.source_id], seen.source_id in changed) for seen in latest]


def put_in_review(row: DocumentRow, problem: Problem, step: str, now: datetime, blocked_on: str = "") -> None:
    """The document waits for a person. `blocked_on`: the record that has to be mended first."""
    row.state, row.step, row.since = DocumentState.REVIEW, step, now
    row.cause, row.reason, row.cure = problem.cause, problem.reason, problem.cure
    row.vendor_code, row.trace_id, row.blocked_on = problem.vendor_code, problem.trace_id, blocked_on


def hold(row: DocumentRow, problem: Problem, step: str, now: datetime) -> None:
    """The document waits for something that happens by itself; every plan looks at it again."""
    put_in_review(row, problem, step, now)
    row.state = DocumentState.WAITING


def move(row: DocumentRow, state: DocumentState, now: datetime) -> None:
    """Any other state; what a person was told before no longer holds."""
    row.state, row.since = state, now
    for name in _TOLD:
        if getattr(row, name):  # setting costs ten times as much as looking, and mostly there is nothing to unset
            setattr(row, name, "")


def move_all(session: Session, rows: Sequence[DocumentRow], state: DocumentState, now: datetime) -> None:
    """As `move`, in one statement for all that nobody was told anything about."""
    told = {row.id for row in rows if any(getattr(row, name) for name in _TOLD)}
    plain = [row for row in rows if row.id not in told]
    for portion in portions([row.id for row in plain]):
        given = {"ids": list(portion), "new_state": state.value, "now": now}
        session.connection().execute(_MOVE_ALL, given)
    for row in plain:
        set_committed_value(row, "state", state)
        set_committed_value(row, "since", now)
    for row in rows:
        if row.id in told:
            move(row, state, now)


_MOVE_ALL = (
    update(table_of(DocumentRow))
    .where(table_of(DocumentRow).c.id.in_(bindparam("ids", expanding=True)))
    .values(state=bindparam("new_state"), since=bindparam("now"))
)
_TOLD = ("step", "cause", "reason", "cure", "vendor_code", "trace_id", "blocked_on")


def withdraw(row: DocumentRow, what: str, now: datetime) -> None:
    """The source took a delivered document back; plan decides what that means over there."""
    row.withdrawn = what
    move(row, DocumentState.WAITING, now)


def unseen(session: Session, scope: Scope, entity: str, seen: Container[str]) -> list[str]:
    """Source ids of all documents of the flow but those in `seen`, and those that are known to be gone.

    As one JSON text: rows of a million ids cost three seconds, their text a tenth of that.
    """
    is_postgresql = session.get_bind().dialect.name == "postgresql"
    gathered = (func.json_agg if is_postgresql else func.json_group_array)(DocumentRow.source_id)
    known = (*_mine(scope, entity), DocumentRow.withdrawn == "", DocumentRow.state != DocumentState.IGNORED)
    found = session.scalar(select(gathered).where(*known))
    listed = canonical.loads(found) if isinstance(found, str) else found or []
    return [source_id for source_id in listed if source_id not in seen]


def needs_of(row: DocumentRow) -> list[str]:
    """Placeholders of the customer and products that an invoice refers to."""
    return list(canonical.loads(row.needs))


def problem_of(row: DocumentRow) -> Problem:
    """The problem that a document in review carries."""
    return Problem(row.cause, row.reason, row.cure, row.vendor_code, row.trace_id)


def read_anew(session: Session, scope: Scope, now: datetime) -> None:
    """No document counts as read, so that the next extract takes in each again; what is planned goes back to plan."""
    planned = in_state(session, scope, DOCUMENTS, DocumentState.PLANNED)
    intents.replace_planned(session, planned)
    move_all(session, planned, DocumentState.WAITING, now)
    session.execute(update(DocumentRow).where(*_mine(scope, DOCUMENTS)).values(stamp=""))


def _as_json(session: Session, pairs: Mapping[str, str]) -> ColumnElement[Any]:
    text = literal(canonical.dumps(pairs))
    return cast(text, JSON) if session.get_bind().dialect.name == "postgresql" else text


def _by_id(rows: Iterable[DocumentRow]) -> list[DocumentRow]:
    """Sorted here: asked for an order, SQLite walks all documents by their key rather than the few by their state."""
    return sorted(rows, key=lambda row: row.id)


def _of(scope: Scope, entities: Entities) -> Select[tuple[DocumentRow]]:
    return select(DocumentRow).where(*_mine(scope, entities))


def _mine(scope: Scope, entities: Entities) -> tuple[ColumnElement[bool], ...]:
    names = [entities] if isinstance(entities, str) else list(entities)
    return DocumentRow.flow == scope.flow, DocumentRow.entity.in_(names)


def _is_known(row: DocumentRow | None, seen: Seen) -> bool:
    """The same content, whatever its stamp."""
    if row is None or row.content_hash != seen.content_hash or row.withdrawn != seen.withdrawn:
        return False
    if row.stamp != seen.stamp:
        row.stamp = seen.stamp
    return True


def _renewed(
    session: Session,
    scope: Scope,
    seen: Seen,
    row: DocumentRow | None,
    versions: Mapping[tuple[str, str], InboxRow],
    now: datetime,
) -> DocumentRow:
    if row is None:
        row = DocumentRow(
            flow=scope.flow, company=scope.company, source_vendor=scope.source_vendor,
            entity=seen.entity, source_id=seen.source_id, step="", cause="", reason="", cure="",
            vendor_code="", trace_id="", blocked_on="",
        )  # fmt: skip
        session.add(row)
    _renew(row, versions[seen.source_id, seen.content_hash], seen, now)
    return row


def _renew(row: DocumentRow, inbox: InboxRow, seen: Seen, now: datetime) -> None:
    row.inbox_id, row.version, row.stamp, row.content_hash = inbox.id, inbox.version, seen.stamp, seen.content_hash
    row.number, row.party, row.withdrawn = seen.number, seen.party, seen.withdrawn
    row.amount_minor, row.currency = seen.amount_minor, seen.currency
    row.needs = canonical.dumps(seen.needs)
    move(row, DocumentState.WAITING, now)
    if seen.problem is not None:
        put_in_review(row, seen.problem, "extract", now)


def _inbox_versions(
    session: Session, scope: Scope, batch: Sequence[Seen], now: datetime
) -> dict[tuple[str, str], InboxRow]:
    """By (source id, content hash); content that comes back is the version it was before."""
    found: dict[tuple[str, str], InboxRow] = {}
    newest: dict[str, int] = {}
    for row in _inbox_of(session, scope, batch):
        found[row.source_id, row.content_hash] = row
        newest[row.source_id] = max(row.version, newest.get(row.source_id, 0))
    for seen in batch:
        if (seen.source_id, seen.content_hash) not in found:
            version = newest.get(seen.source_id, 0) + 1
            found[seen.source_id, seen.content_hash] = row = _inbox_row(scope, seen, version, now)
            session.add(row)
    session.flush()
    return found


def _inbox_of(session: Session, scope: Scope, batch: Sequence[Seen]) -> Iterator[InboxRow]:
    """Without the contents, which nobody reads here."""
    for portion in portions([seen.source_id for seen in batch]):
        yield from session.scalars(
            select(InboxRow)
            .options(defer(InboxRow.content))
            .where(
                InboxRow.company == scope.company,
                InboxRow.source_vendor == scope.source_vendor,
                InboxRow.entity == batch[0].entity,
                InboxRow.source_id.in_(portion),
            )
        )


def _inbox_row(scope: Scope, seen: Seen, version: int, now: datetime) -> InboxRow:
    return InboxRow(
        company=scope.company, source_vendor=scope.source_vendor, entity=seen.entity, source_id=seen.source_id,
        version=version, stamp=seen.stamp, content_hash=seen.content_hash, content=seen.content, seen_at=now,
    )  # fmt: skip
