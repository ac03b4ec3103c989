"""The app that hangs in Airflow's UI: every route behind the door, nothing written but by POST."""

from __future__ import annotations

from pathlib import Path

from fastapi import Depends, FastAPI, HTTPException
from fastapi.responses import FileResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from invoice_portal import mishaps
from invoice_portal.rooms import authentication, document, export, log, review
from invoice_portal.surroundings import Surroundings, at_the_door, same_origin

STATIC = Path(__file__).parent / "static"
FILES = {file.name: file for file in STATIC.iterdir() if file.is_file()}

HEADERS = {
    "content-security-policy": "default-src 'self'; frame-ancestors 'self'; base-uri 'none'; object-src 'none'; "
    "form-action 'self'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    # names of customers are on these pages
    "cache-control": "no-store",
}


def build_app(surroundings: Surroundings) -> FastAPI:
    """Opens nothing yet: this runs in every process of Airflow that asks a plugin for its apps."""
    app = FastAPI(
        title="Invoice Portal",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        dependencies=[Depends(same_origin), Depends(at_the_door)],
    )
    app.state.surroundings = surroundings
    app.add_middleware(Headed)
    mishaps.handle(app)
    app.get("/")(entrance)
    app.get("/static/{name}")(static)
    for room in (export, authentication, log, review, document):
        app.include_router(room.router)
    return app


def entrance() -> RedirectResponse:
    return RedirectResponse("export")


def static(name: str) -> FileResponse:
    """By route and not by mount: a mount would stand beside the door."""
    if name not in FILES:
        raise HTTPException(404)
    return FileResponse(FILES[name], headers={"cache-control": "private, no-cache"})


class Headed:
    """Puts our headers on every answer, refusals included."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                known = {name for name, _ in message["headers"]}
                wanted = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
                message["headers"] = [*message["headers"], *(pair for pair in wanted if pair[0] not in known)]
            await send(message)

        await self._app(scope, receive, with_headers if scope["type"] == "http" else send)
