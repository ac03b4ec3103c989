"""The way in and out: tokens, limits, JSON or XML, Intuit's headers."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from aiohttp import web

from sandbox.quickbooks import faults
from sandbox.quickbooks.faults import Fault, GatewayFault
from sandbox.quickbooks.limits import Limiter
from sandbox.quickbooks.oauth import Access, TokenDesk
from sandbox.quickbooks.settings import Settings
from sandbox.quickbooks.wire import Record, encode, stamp_millis, to_xml

if TYPE_CHECKING:
    from sandbox.world import World

_CHALLENGE = 'Bearer realm="Intuit", error="invalid_token"'
_NO_CACHE = "max-age=0, no-cache, no-store, must-revalidate, private"
_JSON, _XML = "application/json", "application/xml"


class Throttled(Exception):
    """The call is over a limit."""


class Gate:
    """Stands in front of every API call."""

    def __init__(self, world: World, settings: Settings, tokens: TokenDesk, limiter: Limiter) -> None:
        self._world = world
        self._settings = settings
        self._tokens = tokens
        self._limiter = limiter

    def admit(self, request: web.Request, realm: str, is_batch: bool) -> Access:
        """Let the call in, or raise what the gateway answers."""
        now = self._world.clock.now()
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        token = token.strip() if scheme.lower() == "bearer" else ""
        owner = self._tokens.access_of(token, now)
        if owner is None:
            raise faults.not_authenticated(self._why(token))
        if owner.realm != realm:
            raise faults.wrong_realm(realm)
        if not self._limiter.admit(realm, owner.app, is_batch, now):
            raise Throttled
        return owner

    def _why(self, token: str) -> str:
        if not token:
            return "Missing or malformed bearer token"
        ended = self._tokens.knows(token)
        return f"Token expired: {token[:12]}" if ended else "Token is not valid: AccessToken"

    def answer(self, request: web.Request, payload: Record, began: float) -> web.Response:
        """A success, always 200."""
        total = int((time.monotonic() - began) * 1000)
        headers = {"QBO-Version": "1966.163", "Service-Time": f"total={total}, db={total // 2}"}
        return self._shaped(request, payload, 200, headers)

    def refusal(self, request: web.Request, fault: Fault) -> web.Response:
        """A fault in the normal shape."""
        return self._shaped(request, {"Fault": faults.body_of(fault)}, fault.status, {})

    def gateway_refusal(self, request: web.Request, fault: GatewayFault) -> web.Response:
        """A fault in the gateway's shape."""
        now = self._world.clock.now()
        headers = {**self.headers(), **({"WWW-Authenticate": _CHALLENGE} if fault.status == 401 else {})}
        if wants_json(request):
            text = faults.gateway_json(fault, now)
            return web.Response(status=fault.status, text=text, content_type=_JSON, headers=headers)
        text = to_xml(faults.gateway_payload(fault), stamp_millis(now))
        return web.Response(status=fault.status, text=text, content_type=_XML, headers=headers)

    def over_limit(self) -> web.Response:
        """429 of a limit that was really met."""
        return self._too_many(self._settings.retry_after_seconds)

    def throttled(self, with_headers: bool) -> web.Response:
        """429 as a mishap; Retry-After was never seen live."""
        return self._too_many(60 if with_headers else 0)

    def _too_many(self, wait: float) -> web.Response:
        """XML even for callers who want JSON, unless a test wants what newer captures show."""
        now = stamp_millis(self._world.clock.now())
        headers = {**self.headers(), **({"Retry-After": str(int(wait))} if wait else {})}
        if self._settings.throttle_body == "json":
            text, kind = encode({**faults.THROTTLED_JSON, "time": now}), _JSON
        else:
            text, kind = faults.THROTTLED_XML.format(time=now), "text/xml"
        return web.Response(status=429, text=text, content_type=kind, headers=headers)

    def headers(self) -> dict[str, str]:
        """The headers of every answer, refusals included."""
        bits = self._world.random.getrandbits(128)
        tid = f"1-{int(self._world.clock.now().timestamp()):08x}-{bits:032x}"[:35]
        return {"intuit_tid": tid, "Cache-Control": _NO_CACHE}

    def _shaped(self, request: web.Request, payload: Record, status: int, headers: dict[str, str]) -> web.Response:
        now = stamp_millis(self._world.clock.now())
        shown = {**self.headers(), **headers}
        if wants_json(request):
            text, kind = encode({**payload, "time": now}), _JSON
        else:
            text, kind = to_xml(payload, now), _XML
        return web.Response(status=status, text=text, content_type=kind, charset="utf-8", headers=shown)


def wants_json(request: web.BaseRequest) -> bool:
    """XML is what QuickBooks speaks unless JSON is asked for."""
    return "json" in request.headers.get("Accept", "").lower()
