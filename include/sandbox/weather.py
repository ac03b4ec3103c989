"""How a mishap falls upon an HTTP call: before the vendor sees it, or on the answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from sandbox.misfortune import Mishap
from sandbox.vendor import TENANT, Vendor
from sandbox.world import World

HTML_503 = "<html><head><title>503</title></head><body><h1>Service Unavailable</h1></body></html>"
HTML_502 = "<html><head><title>502</title></head><body><h1>Bad Gateway</h1></body></html>"
HTML_200 = "<html><head><title>Please wait</title></head><body>We are down for maintenance.</body></html>"
NO_ANSWER = 0

Answer = web.StreamResponse


class Dropped(web.Response):
    """Stands for the answer that never reached the caller."""


def around(vendor: Vendor, world: World) -> Middleware:
    """The middleware of one vendor: counts calls and brings misfortune."""

    @web.middleware
    async def weather(request: web.Request, handler: Handler) -> web.StreamResponse:
        kind = kind_of(vendor, request)
        if kind == "write" and world.journal.keeps_sendings:
            world.journal.sent(vendor.name, request.path_qs, await request.text())
        mishap = world.misfortune.strike(vendor.name, kind, request.method, request.path_qs)
        response = await _befall(vendor, request, handler, mishap)
        status = NO_ANSWER if isinstance(response, Dropped) else response.status
        world.journal.call(vendor.name, tenant_of(request), request.method, template_of(request), status, kind)
        return response

    return weather


def kind_of(vendor: Vendor, request: web.BaseRequest) -> str:
    """sign_in, write or read."""
    if vendor.is_sign_in(request):
        return "sign_in"
    return "write" if vendor.is_write(request) else "read"


def tenant_of(request: web.Request) -> str:
    """The tenant that the handler named, else the one in the path."""
    return str(request.get(TENANT) or request.match_info.get("tenant", ""))


def template_of(request: web.Request) -> str:
    """The path with its variable parts as names, so that counts add up."""
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else "(no such path)"


async def _befall(vendor: Vendor, request: web.Request, handler: Handler, mishap: Mishap | None) -> web.StreamResponse:
    if mishap is None:
        return await _handled(request, handler)
    instead = await _before(vendor, request, mishap)
    if instead is not None:
        return instead
    response = await _handled(request, handler)
    after = _AFTER.get(mishap.kind)
    return response if after is None else await after(request, response, mishap)


async def _handled(request: web.Request, handler: Handler) -> web.StreamResponse:
    """aiohttp raises some answers, such as 404 and 405; here they are answers like any other."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        return web.Response(status=error.status, text=error.text, headers=_plain(error))


def _plain(error: web.HTTPException) -> dict[str, str]:
    return {name: value for name, value in error.headers.items() if name in ("Allow", "Content-Type")}


async def _before(vendor: Vendor, request: web.Request, mishap: Mishap) -> web.Response | None:
    """What happens before the vendor sees the call; an answer means that the vendor never will."""
    if mishap.kind == "drop_before":
        return _drop(request)
    if mishap.kind == "server_error_before":
        return web.Response(status=503, text=HTML_503, content_type="text/html")
    if mishap.kind == "throttled":
        return vendor.throttled(mishap.with_headers)
    if mishap.kind == "hang_before":
        # the request arrived whole: a caller who hangs up now does not stop it
        await request.read()
        await asyncio.sleep(mishap.seconds)
    if mishap.kind == "expired_token":
        vendor.expire_tokens()
    return None


def _drop(request: web.Request) -> Dropped:
    if request.transport is not None:
        request.transport.abort()
    return Dropped()


async def _drop_after(request: web.Request, response: Answer, mishap: Mishap) -> Answer:
    return _drop(request)


async def _half_body(request: web.Request, response: Answer, mishap: Mishap) -> Answer:
    """Promise the whole body by Content-Length, send half of it, hang up."""
    body = response.body if isinstance(response, web.Response) else b""
    whole = body if isinstance(body, bytes) else b""
    torn = web.StreamResponse(
        status=response.status,
        headers={
            "Content-Type": response.headers.get("Content-Type", "application/json"),
            # at least one byte is missing even where the vendor answers with no body at all
            "Content-Length": str(max(len(whole), 1)),
        },
    )
    await torn.prepare(request)
    await torn.write(whole[: len(whole) // 2] or b"")
    # one turn of the loop lets the bytes leave before the line is cut
    await asyncio.sleep(0.02)
    return _drop(request)


async def _slow(request: web.Request, response: Answer, mishap: Mishap) -> Answer:
    await asyncio.sleep(mishap.seconds)
    return response


async def _bad_gateway(request: web.Request, response: Answer, mishap: Mishap) -> Answer:
    return web.Response(status=502, text=HTML_502, content_type="text/html")


async def _html(request: web.Request, response: Answer, mishap: Mishap) -> Answer:
    return web.Response(status=200, text=HTML_200, content_type="text/html")


_AFTER: dict[str, Callable[[web.Request, Answer, Mishap], Awaitable[Answer]]] = {
    "drop_after": _drop_after,
    "half_body": _half_body,
    "slow": _slow,
    "server_error_after": _bad_gateway,
    "html": _html,
}
