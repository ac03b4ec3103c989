"""Review: what waits for a person, and what that person decides."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict, StringConstraints
from sqlalchemy import select
from sqlalchemy.orm import Session

from invoice_portal import pages
from invoice_portal.reading.waiting import groups, ready
from invoice_portal.surroundings import Here, Surroundings, Visitor, Who, entered, runnable
from invoice_sync.ledger import operator
from invoice_sync.ledger.scope import Scope
from invoice_sync.ledger.tables import DocumentRow, SuggestionRow
from invoice_sync.model.documents import PARTIES

router = APIRouter()

Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=500)]


Act = Callable[[Session, str, str, str, str, datetime], None]
"""Session, flow, number, because, user, now."""


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Chosen(_Body):
    """`remote_id` is one of the suggestions; None: it is none of them and is to be added."""

    flow: str
    document: int
    remote_id: str | None


class Settled(_Body):
    """What a person says about one document, and why."""

    flow: str
    document: int
    because: Reason


class Told(BaseModel):
    told: str


@router.get("/review")
def review(request: Request, around: Here, visitor: Who, flow: str = "") -> HTMLResponse:
    chosen, flows = entered(visitor, flow)
    with around.reader.transaction() as session:
        found = groups(session, chosen)
        going = ready(session, chosen)
    may_run = visitor.may_run(chosen.name)
    return pages.show(request, "review.html", flow=chosen, flows=flows, groups=found, ready=going, may_run=may_run)


@router.post("/review/choose")
def choose(around: Here, visitor: Who, body: Chosen) -> Told:
    """Who a customer or product in review is."""
    flow = runnable(visitor, body.flow)
    with around.ledger.transaction(lock=flow.name) as session:
        row = _row(session, flow.name, body.document)
        if row.entity not in PARTIES:
            raise HTTPException(422, "Only customers and products are matched by hand.")
        _see_that_it_was_suggested(session, row, body.remote_id)
        operator.decide(session, Scope.of(flow), row.entity, row.number, body.remote_id, visitor.name, around.now)
        return Told(told=f"{row.entity.capitalize()} {row.number} is {body.remote_id or 'to be added'}.")


@router.post("/review/ignore")
def ignore(around: Here, visitor: Who, body: Settled) -> Told:
    return _settle(around, visitor, body, operator.ignore, "waits for nobody until its source record changes")


@router.post("/review/accept")
def accept(around: Here, visitor: Who, body: Settled) -> Told:
    return _settle(around, visitor, body, operator.accept, "counts as delivered as it stands")


@router.post("/document/reissue")
def reissue(around: Here, visitor: Who, body: Settled) -> Told:
    """A delivered document vanished at the destination and shall be created again."""
    return _settle(around, visitor, body, operator.reissue, "is planned anew")


def _settle(around: Surroundings, visitor: Visitor, body: Settled, act: Act, outcome: str) -> Told:
    flow = runnable(visitor, body.flow)
    with around.ledger.transaction(lock=flow.name) as session:
        row = _row(session, flow.name, body.document)
        act(session, flow.name, row.number, body.because, visitor.name, around.now)
        return Told(told=f"{row.number} {outcome}.")


def _row(session: Session, flow: str, key: int) -> DocumentRow:
    """By the number of its row: a page may be open for long, and another document may have come under its number."""
    row = session.get(DocumentRow, key)
    if row is None or row.flow != flow:
        raise HTTPException(404, "The flow has no such document.")
    return row


def _see_that_it_was_suggested(session: Session, row: DocumentRow, remote_id: str | None) -> None:
    """A customer is a customer there, whatever else has a similar name."""
    if remote_id is None:
        return
    query = select(SuggestionRow.id).where(
        SuggestionRow.document_id == row.id, SuggestionRow.remote_id == remote_id, SuggestionRow.kind == row.entity
    )
    if session.scalar(query.limit(1)) is None:
        raise HTTPException(422, "That record is none of the suggestions any more; load the page anew.")
