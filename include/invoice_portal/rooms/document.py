"""Document: search by number, and the whole trail of one."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse

from invoice_portal import pages
from invoice_portal.reading import trail
from invoice_portal.reading.retrying import Retrying
from invoice_portal.surroundings import Here, Surroundings, Visitor, Who, entered
from invoice_sync.model.flow import Flow

router = APIRouter()


@router.get("/document")
def document(
    request: Request, around: Here, visitor: Who, flow: str = "", number: str = "", id: int | None = None
) -> HTMLResponse:
    """A number that is only one document's leads to its trail at once."""
    chosen, flows = entered(visitor, flow)
    number = number.strip()
    with around.reader.transaction() as session:
        found = trail.search(session, chosen, number) if number and id is None else []
        said = trail.words_of(session, chosen, found)
    if len(found) == 1:
        id = found[0].id
    if id is not None:
        return _trail(request, around, visitor, chosen, flows, id)
    return pages.show(request, "search.html", flow=chosen, flows=flows, number=number, found=found, said=said)


def _trail(
    request: Request, around: Surroundings, visitor: Visitor, flow: Flow, flows: list[Flow], key: int
) -> HTMLResponse:
    with around.reader.transaction() as session:
        found = trail.trail(session, flow, key)
        if found is None:
            raise HTTPException(404, "The flow has no such document.")
        retrying = Retrying(session, flow)
        retry, again = retrying.of_each([found.row]).get(key), retrying.of_many([key], ["plan"])
    may_run = visitor.may_run(flow.name)
    return pages.show(
        request, "document.html", flow=flow, flows=flows, trail=found, row=found.row, retry=retry, again=again,
        may_run=may_run, number=found.row.number,
    )  # fmt: skip
