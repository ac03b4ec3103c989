"""Everything that the ledger knows of one document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from invoice_portal.reading.differences import Difference, differences
from invoice_sync.connectors.base import ACKNOWLEDGE, CREATE, DELIVERIES, UPDATE
from invoice_sync.connectors.placeholders import split_placeholder
from invoice_sync.ledger import browsing, documents, intents, links
from invoice_sync.ledger.scope import Scope
from invoice_sync.ledger.tables import AttemptRow, DocumentRow, InboxRow, IntentRow, ProcessLogRow, XrefRow
from invoice_sync.model import canonical
from invoice_sync.model.documents import PARTIES
from invoice_sync.model.flow import Flow
from invoice_sync.model.words import DocumentState, IntentState, word

FOUND = 50
LOGGED = 200


@dataclass(frozen=True, slots=True)
class Version:
    """One content of the source. `changes`: against the version before; empty for the first."""

    row: InboxRow
    changes: Sequence[Difference]


@dataclass(frozen=True, slots=True)
class Match:
    """A record that the document is, or refers to, and what it is at the destination; None where nothing yet."""

    entity: str
    number: str
    source_id: str
    document: int | None
    link: XrefRow | None


@dataclass(frozen=True, slots=True)
class Write:
    """One intended write, what it changes against what was delivered before it, and each time it was armed."""

    row: IntentRow
    changes: Sequence[Difference]
    attempts: Sequence[AttemptRow]


@dataclass(frozen=True, slots=True)
class Trail:
    row: DocumentRow
    said: str
    versions: Sequence[Version]
    matches: Sequence[Match]
    writes: Sequence[Write]
    logged: Sequence[ProcessLogRow]


def search(session: Session, flow: Flow, number: str) -> list[DocumentRow]:
    """Documents, customers and products of the flow under this number, by index."""
    query = select(DocumentRow).where(DocumentRow.flow == flow.name, DocumentRow.number == number)
    return list(session.scalars(query.order_by(DocumentRow.entity, DocumentRow.id).limit(FOUND)))


def words_of(session: Session, flow: Flow, rows: Sequence[DocumentRow]) -> dict[int, str]:
    """The one word for each document, by id; a customer or product is where the ledger says it is."""
    sent = intents.newest(session, rows, flow.destination.vendor, DELIVERIES)
    told = intents.newest(session, rows, flow.source.vendor, (ACKNOWLEDGE,))
    return {row.id: _said(row, _state(sent, row), _state(told, row)) for row in rows}


def _said(row: DocumentRow, sent: IntentState | None, told: IntentState | None) -> str:
    state = DocumentState(row.state)
    if row.entity in PARTIES and state in (DocumentState.LINKED, DocumentState.TO_ADD):
        return state.value.replace("_", " ")
    return word(state, sent, told).value


def trail(session: Session, flow: Flow, key: int) -> Trail | None:
    """None when the flow has no such document."""
    row = session.get(DocumentRow, key)
    if row is None or row.flow != flow.name:
        return None
    wanted = browsing.LogFilter(flow.name, document=key)
    return Trail(
        row,
        words_of(session, flow, [row])[row.id],
        _versions(session, row),
        _matches(session, flow, row),
        _writes(session, row),
        browsing.page(session, wanted, None, LOGGED).rows,
    )


def _state(found: Mapping[int, IntentRow], row: DocumentRow) -> IntentState | None:
    return IntentState(found[row.id].state) if row.id in found else None


def _versions(session: Session, row: DocumentRow) -> list[Version]:
    """Newest first."""
    query = select(InboxRow).where(
        InboxRow.company == row.company,
        InboxRow.source_vendor == row.source_vendor,
        InboxRow.entity == row.entity,
        InboxRow.source_id == row.source_id,
    )
    found: list[Version] = []
    before: Any = None
    for inbox in session.scalars(query.order_by(InboxRow.version)):
        content = canonical.loads(inbox.content)
        found.insert(0, Version(inbox, differences(before, content) if before is not None else ()))
        before = content
    return found


def _matches(session: Session, flow: Flow, row: DocumentRow) -> list[Match]:
    """The document itself first, then what it refers to."""
    needed = [parts for text in documents.needs_of(row) if (parts := split_placeholder(text))]
    return [_match(session, flow, *each) for each in ((row.entity, row.source_id), *dict.fromkeys(needed))]


def _match(session: Session, flow: Flow, entity: str, source_id: str) -> Match:
    scope = Scope.of(flow)
    known = documents.by_source(session, scope, entity, [source_id]).get(source_id)
    link = links.of(session, scope, entity, [source_id]).get(source_id)
    return Match(entity, known.number if known else "", source_id, known.id if known else None, link)


def _writes(session: Session, row: DocumentRow) -> list[Write]:
    """Newest first."""
    rows = session.scalars(select(IntentRow).where(IntentRow.document_id == row.id).order_by(IntentRow.id)).all()
    attempts = _attempts(session, [each.id for each in rows])
    found: list[Write] = []
    delivered: Any = None
    for each in rows:
        body = canonical.loads(each.wire_body or each.body)
        changes = differences(delivered, body) if delivered is not None and each.op in DELIVERIES else ()
        found.insert(0, Write(each, changes, attempts.get(each.id, ())))
        if each.state == IntentState.DONE and each.op in (CREATE, UPDATE):
            delivered = body
    return found


def _attempts(session: Session, ids: Sequence[int]) -> dict[int, list[AttemptRow]]:
    found: dict[int, list[AttemptRow]] = {}
    query = select(AttemptRow).where(AttemptRow.intent_id.in_(ids)).order_by(AttemptRow.n)
    for row in session.scalars(query):
        found.setdefault(row.intent_id, []).append(row)
    return found
