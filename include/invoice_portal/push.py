"""Where a source may say that something changed: a hint, answered at once, that sets off the flow's next run.

Nothing of the message is believed: the run reads the source itself. Acumatica's push notifications carry no
signature, only one header of the administrator's choosing (form SM302000), are sent up to five times and come in any
order; so the secret is all that is checked, and `Id` makes one message one run.
"""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI, HTTPException, Request

from invoice_sync.model.errors import SettingsError
from invoice_sync.model.flow import Endpoint, Flow
from invoice_sync.orchestration.flows import installed_flows
from invoice_sync.steps.wiring import Login

HEADER = "x-invoice-sync-secret"
SECRET = "push_secret"  # noqa: S105 - the name of a connection's extra
LARGEST = 1 << 20
SHORTEST_SECRET = 16


@dataclass(frozen=True, slots=True)
class Bell:
    """`ring(dag, run_id)`: starts a run unless one waits already or this one was there; True when it did."""

    login: Callable[[Endpoint], Login]
    ring: Callable[[str, str], bool]


def build_push_app(bell: Bell) -> FastAPI:
    """Apart from the portal: whoever knocks here has no login of Airflow."""
    app = FastAPI(title="Invoice Sync hints", docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)

    @app.post("/{flow}", status_code=202)
    async def hint(flow: str, request: Request) -> dict[str, bool]:
        found = _allowed(bell, flow, request.headers.get(HEADER, ""))
        message = _message(await _body(request))
        return {"started": bell.ring(found.name, f"push__{message}")}

    return app


def _allowed(bell: Bell, name: str, given: str) -> Flow:
    """A stranger learns nothing, not even which flows there are."""
    for flow in installed_flows("invoice"):
        if flow.name == name and _knows(bell, flow, given):
            return flow
    raise HTTPException(401, "The secret is missing or wrong.")


def _knows(bell: Bell, flow: Flow, given: str) -> bool:
    try:
        secret = str(bell.login(flow.source).extra.get(SECRET) or "")
    except SettingsError:
        return False
    return len(secret) >= SHORTEST_SECRET and hmac.compare_digest(secret.encode(), given.encode())


async def _body(request: Request) -> bytes:
    if int(request.headers.get("content-length") or 0) > LARGEST:
        raise HTTPException(413, "The message is too large.")
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > LARGEST:
            raise HTTPException(413, "The message is too large.")
    return bytes(body)


def _message(body: bytes) -> str:
    """The message's own id, with the query that made it. Raises HTTPException 400."""
    try:
        said: Any = json.loads(body)
    except ValueError:
        said = None
    key = f"{said.get('Id', '')}_{said.get('Query', '')}" if isinstance(said, dict) else ""
    if not re.fullmatch(r"[0-9a-fA-F-]{8,40}_[\w .-]{0,100}", key):
        raise HTTPException(400, "This is no push notification: Id and Query are expected.")
    return key.replace(" ", "-")
