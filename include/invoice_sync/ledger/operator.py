"""What a person decides about a document, on record."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from invoice_sync.ledger import documents, process_log
from invoice_sync.ledger.process_log import Entry
from invoice_sync.ledger.scope import Scope, TaskRef
from invoice_sync.ledger.tables import DocumentRow, IntentRow, XrefRow
from invoice_sync.model.errors import NeedsPerson
from invoice_sync.model.words import IN_THE_AIR, DocumentState, IntentState


def reissue(session: Session, flow: str, number: str, because: str, user: str, now: datetime) -> None:
    """A delivered invoice vanished at the destination and shall be created again, under the next revision.

    The flow's next run plans it; should the destination hold its number after all, plan adopts it or sets it aside.
    Raises NeedsPerson when there is no such document, more than one, or one that is still on its way.
    """
    row = _only(session, flow, number)
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
    documents.move(row, DocumentState.WAITING, now)
    task = TaskRef(flow, "", "reissue", user=user)
    scope = Scope(flow, row.company, row.source_vendor, "")
    message = {"document": number, "because": because}
    process_log.append(session, scope, task, Entry("WARNING", "Reissue", message, "", "A person asked for it."), now)


def _only(session: Session, flow: str, number: str) -> DocumentRow:
    query = select(DocumentRow).where(
        DocumentRow.flow == flow, DocumentRow.entity == "invoice", DocumentRow.number == number
    )
    found = list(session.scalars(query))
    if len(found) != 1:
        raise NeedsPerson(f"The flow {flow} has {len(found)} invoices with the number {number}, not one.")
    return found[0]


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
