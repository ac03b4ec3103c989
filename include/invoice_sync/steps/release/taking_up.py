"""Taking up what waits for a person in a release flow: clearing the red task is enough."""

from __future__ import annotations

from sqlalchemy.orm import Session

from invoice_sync.ledger import documents, links
from invoice_sync.model.documents import SHIPMENT
from invoice_sync.model.words import DocumentState
from invoice_sync.steps.context import StepContext
from invoice_sync.steps.release.places import chosen
from invoice_sync.steps.take_up import refused_in_this_try


def taken_up(session: Session, context: StepContext) -> int:
    """Documents of this run that this step put aside go on, but none that this very try has had refused."""
    waiting = chosen(session, context, documents.in_state(session, context.scope, SHIPMENT, DocumentState.REVIEW))
    refused = refused_in_this_try(session, context, waiting)
    going = [row for row in waiting if row.step == context.step and row.id not in refused]
    linked = links.of_rows(session, context.scope, going)
    for row in going:
        state = DocumentState.LINKED if row.id in linked else DocumentState.WAITING
        documents.move(row, state, context.now)
    session.flush()
    return len(going)
