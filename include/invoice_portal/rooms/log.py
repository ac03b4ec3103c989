"""Process Log: the columns that our users know, a filter on each, and the same rows as CSV."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import HTMLResponse, StreamingResponse

from invoice_portal import pages
from invoice_portal.reading import cells
from invoice_portal.surroundings import Here, Surroundings, Visitor, Who, flows_of, readable
from invoice_sync.ledger import browsing
from invoice_sync.ledger.browsing import LogFilter
from invoice_sync.ledger.tables import ProcessLogRow
from invoice_sync.steps.tokens import KEEPER

router = APIRouter()

SHOWN = 100
AT_A_TIME = 1000
MOST_EXPORTED = 1_000_000
"""About as many rows as a spreadsheet takes."""

HEADINGS = (
    "Level", "Action Type", "Message", "Endpoint URL", "Description", "Login User", "Log Date", "Log Time",
)  # fmt: skip
TEXTS = ("level", "action_type", "message", "endpoint_url", "description", "login_user", "log_time", "run_id")


def wanted(request: Request, visitor: Who) -> LogFilter:
    """What the address asks for. Raises 403 for rows that the visitor may not see, 422 for what is no date or key."""
    given = request.query_params
    flow = given.get("flow", "") or next(iter(_sources(visitor)), "")
    if flow != KEEPER:
        readable(visitor, flow)
    elif not visitor.may_read(KEEPER):
        raise HTTPException(403, "You may not see the runs of this DAG.")
    texts = {name: given.get(name, "").strip() for name in TEXTS}
    return LogFilter(
        flow, **texts, since=_day(given, "since"), until=_day(given, "until"), document=_key(given, "document")
    )


Wanted = Annotated[LogFilter, Depends(wanted)]


@router.get("/log")
def log(request: Request, around: Here, visitor: Who, wanted: Wanted) -> HTMLResponse:
    before = _key(request.query_params, "before")
    with around.reader.transaction() as session:
        page = browsing.page(session, wanted, before, SHOWN, around.patience())
    return pages.show(
        request, "log.html", wanted=wanted, page=page, before=before, sources=_sources(visitor), headings=HEADINGS
    )


@router.get("/log.csv")
def log_csv(around: Here, wanted: Wanted) -> StreamingResponse:
    """Newest first, a thousand rows at a time: neither memory nor a transaction grows with the log."""
    name = f"process-log-{wanted.flow}-{around.now:%Y-%m-%d}.csv"
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(_csv(around, wanted), media_type="text/csv; charset=utf-8", headers=headers)


def _csv(around: Surroundings, wanted: LogFilter) -> Iterator[str]:
    yield cells.BYTE_ORDER_MARK + cells.lines([HEADINGS])
    before: int | None = None
    for _ in range(MOST_EXPORTED // AT_A_TIME):
        with around.reader.transaction() as session:
            page = browsing.page(session, wanted, before, AT_A_TIME)
        yield cells.lines(_cells(row) for row in page.rows)
        before = page.older
        if before is None:
            return


def _cells(row: ProcessLogRow) -> tuple[str, ...]:
    return (
        row.level, row.action_type, row.message, row.endpoint_url, row.description, row.login_user, row.log_date,
        row.log_time,
    )  # fmt: skip


def _sources(visitor: Visitor) -> dict[str, str]:
    """Whose rows can be chosen: flows, and the DAG that keeps sign-ins alive; titles by name."""
    found = {flow.name: f"{flow.title} ({flow.company})" for flow in flows_of(visitor)}
    return found | {name: "Keep tokens alive" for name in visitor.seen({KEEPER})}


def _day(given: Mapping[str, str], name: str) -> date | None:
    text = given.get(name, "")
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise HTTPException(422, f"{name} is no day; write it like 2026-11-30.") from None


def _key(given: Mapping[str, str], name: str) -> int | None:
    text = given.get(name, "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise HTTPException(422, f"{name} is no number of a row.")
    return int(text)
