"""What a person decides about a document, on record."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import and_, delete, select, update
from sqlalchemy.orm import Session

from invoice_sync.ledger import documents, links, process_log
from invoice_sync.ledger.links import Link
from invoice_sync.ledger.process_log import Entry
from invoice_sync.ledger.scope import Scope, TaskRef
from invoice_sync.ledger.tables import DocumentRow, IntentRow, SuggestionRow, XrefRow
from invoice_sync.model.documents import CARRIED, PARTIES
from invoice_sync.model.errors import NeedsPerson, Problem
from invoice_sync.model.words import IN_THE_AIR, DocumentState, IntentState

ADD_ANYWAY = "add_anyway"
ACCEPTED = ", accepted as it is there"
"""Behind a link's evidence: a person has seen that the document is not as we sent it."""


def reissue(session: Session, flow: str, number: str, because: str, user: str, now: datetime) -> None:
    """A delivered document vanished at the destination and shall be created again, under the next revision.

    The flow's next run plans it; should the destination hold its number after all, plan adopts it or sets it aside.
    Raises NeedsPerson when there is no such document, more than one, or one that is still on its way.
    """
    row = _only(session, flow, CARRIED, number)
    intents = list(session.scalars(select(IntentRow).where(IntentRow.document_id == row.id)))
    if any(intent.state in IN_THE_AIR for intent in intents):
        raise NeedsPerson(f"{number} is on its way; wait until that is known.", cure="Clear export, then try again.")
    session.execute(
        update(IntentRow)
        .where(IntentRow.document_id == row.id, IntentRow.state == IntentState.DONE)
        .values(state=IntentState.REPLACED)
    )
    session.execute(
        delete(XrefRow).where(
            XrefRow.company == row.company,
            XrefRow.source_vendor == row.source_vendor,
            XrefRow.entity == row.entity,
            XrefRow.source_id == row.source_id,
        )
    )
    for each in (row, *_applied_to(session, row)):
        documents.move(each, DocumentState.WAITING, now)
    _log(session, row, "Reissue", because, user, now)


def accept(session: Session, flow: str, number: str, because: str, user: str, now: datetime) -> None:
    """What stands at the destination is right for the present version of a delivered document, by a person's word.

    Raises NeedsPerson when there is no such document, or none that waits because it changed.
    """
    row = _only(session, flow, CARRIED, number)
    if row.state != DocumentState.REVIEW or row.cause not in ("changed_after_delivery", "changed_there", "mismatch"):
        raise NeedsPerson(f"{number} does not wait because it changed.", cure="See the review table of the flow.")
    link = and_(
        XrefRow.company == row.company,
        XrefRow.source_vendor == row.source_vendor,
        XrefRow.entity == row.entity,
        XrefRow.source_id == row.source_id,
    )
    fresh = XrefRow.evidence.not_like(f"%{ACCEPTED}")
    session.execute(update(XrefRow).where(link, fresh).values(evidence=XrefRow.evidence + ACCEPTED))
    documents.move(row, DocumentState.DELIVERED, now)
    _log(session, row, "Change Accepted", because, user, now)


def ignore(session: Session, flow: str, number: str, because: str, user: str, now: datetime) -> None:
    """A document in review is nobody's work any more; it comes back when its source record changes.

    Raises NeedsPerson when there is no such document, or it does not wait for a person.
    """
    row = _only(session, flow, CARRIED, number)
    if row.state != DocumentState.REVIEW:
        raise NeedsPerson(f"{number} does not wait for a person.", cure="See the review table of the flow.")
    documents.put_in_review(row, Problem("ignored", f"{user}: {because}", "Nothing."), "ignore", now)
    row.state = DocumentState.IGNORED
    _log(session, row, "Ignore", because, user, now)


def decide(
    session: Session, scope: Scope, entity: str, number: str, remote_id: str | None, user: str, now: datetime
) -> None:
    """Who a customer or product is: the record `remote_id` at the destination, or, with None, a new one.

    Raises NeedsPerson when there is no such customer or product, or it does not wait for a person.
    """
    row = _only(session, scope.flow, (entity,) if entity in PARTIES else (), number)
    if row.state != DocumentState.REVIEW:
        raise NeedsPerson(f"{entity} {number} does not wait for a person.", cure="See the review table of the flow.")
    documents.move(row, DocumentState.WAITING, now)
    if remote_id is None:
        row.cause = ADD_ANYWAY
    else:
        _link(session, scope, row, remote_id, user, now)
    session.execute(delete(SuggestionRow).where(SuggestionRow.document_id == row.id))
    _free(session, row, now)
    _log(session, row, "Match Decided", f"link {remote_id}" if remote_id else "add", user, now)


def restored(session: Session, now: datetime) -> int:
    """An older ledger was put back: it may have forgotten what was sent since, so nothing is created unsearched.

    Whatever is planned goes back to the start; plan looks its number up at the destination and adopts what carries
    our marker. Returns how many documents that are.
    """
    session.execute(update(IntentRow).where(IntentRow.state == IntentState.PLANNED).values(state=IntentState.REPLACED))
    states = (DocumentState.PLANNED, DocumentState.TO_ADD)
    rows = list(session.scalars(select(DocumentRow).where(DocumentRow.state.in_(states))))
    for row in rows:
        documents.move(row, DocumentState.WAITING, now)
    return len(rows)


def _applied_to(session: Session, row: DocumentRow) -> list[DocumentRow]:
    """Payments that were delivered on a document; plan looks at each again, for what they are applied to is anew."""
    paid = documents.applied_to(session, row)
    return [each for each in paid if each.state == DocumentState.DELIVERED and not each.withdrawn]


def _only(session: Session, flow: str, entities: tuple[str, ...], number: str) -> DocumentRow:
    query = select(DocumentRow).where(
        DocumentRow.flow == flow, DocumentRow.entity.in_(entities), DocumentRow.number == number
    )
    found = list(session.scalars(query))
    if len(found) != 1:
        raise NeedsPerson(f"The flow {flow} has {len(found)} records with the number {number}, not one.")
    return found[0]


def _link(session: Session, scope: Scope, row: DocumentRow, remote_id: str, user: str, now: datetime) -> None:
    link = Link(remote_id, "", "", "a person's decision", f"id {remote_id}", user)
    links.put(session, scope, row.entity, row.source_id, link, now)


def _free(session: Session, row: DocumentRow, now: datetime) -> None:
    """Documents that waited for this record are planned anew."""
    held = select(DocumentRow).where(DocumentRow.flow == row.flow, DocumentRow.state == DocumentState.REVIEW)
    for document in session.scalars(held):
        if document.blocked_on.endswith(f"{row.entity}/{row.source_id}"):
            documents.move(document, DocumentState.WAITING, now)


def _log(session: Session, row: DocumentRow, action: str, because: str, user: str, now: datetime) -> None:
    task = TaskRef(row.flow, "", action.lower(), user=user)
    scope = Scope(row.flow, row.company, row.source_vendor, "")
    message = {"document": row.number, "because": because}
    entry = Entry("WARNING", action, message, "", "A person decided.", row.id)
    process_log.append(session, scope, task, [entry], now)
