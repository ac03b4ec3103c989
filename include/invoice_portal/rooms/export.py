"""Sales Invoice Export: how much there is, a dry run, Export, and what became of the newest runs."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from invoice_portal import pages
from invoice_portal.reading.newest import newest_runs
from invoice_portal.reading.quantities import quantities
from invoice_portal.surroundings import Here, Who, entered

router = APIRouter()


@router.get("/export")
def export(request: Request, around: Here, visitor: Who, flow: str = "") -> HTMLResponse:
    """The run itself is started by the browser, at Airflow's API, as the person who is logged in."""
    chosen, flows = entered(visitor, flow)
    with around.reader.transaction() as session:
        found, counted_at = quantities(session, chosen)
        runs = newest_runs(session, chosen.name)
    return pages.show(
        request,
        "export.html",
        flow=chosen,
        flows=flows,
        quantities=found,
        counted_at=counted_at,
        runs=runs,
        may_run=visitor.may_run(chosen.name),
    )
