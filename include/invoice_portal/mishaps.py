"""What people see when something is in the way: the reason and the cure, as a page or as JSON."""

from __future__ import annotations

import logging
from collections.abc import Callable

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import OperationalError, ProgrammingError

from invoice_portal import pages
from invoice_sync.ledger.database import VARIABLE
from invoice_sync.model.errors import NeedsPerson, SettingsError, TryLater
from invoice_sync.orchestration.flows import FlowsError

log = logging.getLogger("invoice_portal")

AWAY = (
    f"The ledger does not answer, or was never made. What to do: compare {VARIABLE} of the api-server with that of "
    "the workers, and run python -m invoice_sync migrate."
)


def handle(app: FastAPI) -> None:
    """The root app's handlers do not apply to a mounted one."""
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _unreadable)
    app.add_exception_handler(FlowsError, _told(503))
    app.add_exception_handler(SettingsError, _told(503))
    app.add_exception_handler(NeedsPerson, _told(409))
    app.add_exception_handler(TryLater, _told(503))
    app.add_exception_handler(OperationalError, _away)
    app.add_exception_handler(ProgrammingError, _away)


def _refused(request: Request, error: Exception) -> Response:
    status, detail = getattr(error, "status_code", 500), str(getattr(error, "detail", ""))
    if status == 401:
        detail = "You are not logged in. Open Airflow and log in, then come back."
    return _answer(request, status, detail)


def _unreadable(request: Request, error: Exception) -> Response:
    """What was asked, without what was given."""
    where = {str(item["loc"][-1]) for item in error.errors()} if isinstance(error, RequestValidationError) else set()
    return _answer(request, 422, f"These fields do not hold what they should: {', '.join(sorted(where))}.")


def _told(status: int) -> Callable[[Request, Exception], Response]:
    def handler(request: Request, error: Exception) -> Response:
        return _answer(request, status, str(error))

    return handler


def _away(request: Request, error: Exception) -> Response:
    log.error("the ledger cannot be read (%s)", type(error).__name__)
    return _answer(request, 503, AWAY)


def _answer(request: Request, status: int, told: str) -> Response:
    if "text/html" not in request.headers.get("accept", ""):
        return JSONResponse({"detail": told}, status)
    return pages.show(request, "mishap.html", status=status, told=told)
