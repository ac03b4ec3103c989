"""The way in and out: tokens and hashes, quotas, envelopes and the two families of headers."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from aiohttp import web

from sandbox.bigcommerce import errors
from sandbox.bigcommerce.errors import CoreRefusal, Refusal
from sandbox.bigcommerce.limits import B2B, CORE, Limiter, Standing
from sandbox.bigcommerce.settings import Settings
from sandbox.bigcommerce.store import Store
from sandbox.bigcommerce.tokens import B2B_SCOPE, BACKEND, BUYER, Token, TokenDesk
from sandbox.bigcommerce.wire import encode
from sandbox.vendor import TENANT

if TYPE_CHECKING:
    from sandbox.world import World

_log = logging.getLogger(__name__)
MAINTENANCE = "<html><head><title>Maintenance</title></head><body><h1>We will be back soon</h1></body></html>"
_JSON = "application/json"
_TOO_MANY = "Too Many Requests"


class Throttled(Exception):
    """The store's quota is used up."""

    def __init__(self, standing: Standing) -> None:
        super().__init__(_TOO_MANY)
        self.standing = standing


class Gate:
    """Stands in front of every call."""

    def __init__(
        self, world: World, settings: Settings, tokens: TokenDesk, limiter: Limiter, stores: dict[str, Store]
    ) -> None:
        self._world = world
        self._settings = settings
        self._tokens = tokens
        self._limiter = limiter
        self._stores = stores

    def b2b(self, request: web.Request) -> tuple[Store, Token, Standing]:
        """Let a B2B call in, or raise what is answered instead."""
        token = self._b2b_token(request)
        store = self._stores[token.store]
        request[TENANT] = store.hash
        standing = self._count(B2B, store)
        if not store.has_b2b:
            raise errors.plain(self._settings.no_b2b_status, errors.NO_SCOPE)
        if token.kind == BUYER or not token.may(B2B_SCOPE):
            raise errors.plain(403, "Invalid token" if token.kind == BUYER else errors.NO_SCOPE)
        self._check_size(request, errors.plain(413, "Request Entity Too Large"))
        return store, token, standing

    def _b2b_token(self, request: web.Request) -> Token:
        value, old = request.headers.get("X-Auth-Token"), request.headers.get("authToken")
        store_hash = request.headers.get("X-Store-Hash")
        token = self._tokens.get(value or old)
        if token is None:
            raise errors.refused(401, errors.NO_TOKEN)
        if value is None:
            self._check_old_way(token, store_hash)
        elif token.kind != BUYER and (token.kind == BACKEND or token.store != store_hash):
            raise errors.plain(self._settings.wrong_hash_status, "The store hash does not match the token.")
        return token

    def _check_old_way(self, token: Token, store_hash: str | None) -> None:
        """authToken carries its store; what happens when a hash stands beside it is "unpredictable"."""
        _log.warning("store %s: authToken is deprecated since 2025-09-30", token.store)
        if token.kind not in (BACKEND, BUYER):
            raise errors.refused(401, errors.NO_TOKEN)
        if store_hash is not None and not self._settings.auth_token_beside_hash:
            raise errors.plain(self._settings.wrong_hash_status, "Remove X-Store-Hash.")

    def core(self, request: web.Request, scope: str | None) -> tuple[Store, Token, Standing]:
        """Let a core call in, or raise what is answered instead."""
        token = self._tokens.get(request.headers.get("X-Auth-Token"))
        if token is None or token.kind in (BACKEND, BUYER) or token.store != request.match_info["tenant"]:
            raise CoreRefusal(401, errors.NOT_VALID_HERE)
        standing = self._count(CORE, self._stores[token.store])
        if scope is not None and not token.may(scope):
            raise CoreRefusal(403, errors.NO_SCOPE)
        self._check_size(request, CoreRefusal(413, "Request Entity Too Large"))
        return self._stores[token.store], token, standing

    def _count(self, api: str, store: Store) -> Standing:
        standing = self._limiter.admit(api, store.hash, self._world.clock.now().timestamp())
        if not standing.passed:
            raise Throttled(standing)
        return standing

    def _check_size(self, request: web.Request, refusal: Exception) -> None:
        most = self._settings.largest_body_bytes
        if most and (request.content_length or 0) > most:
            raise refusal

    def answer(self, status: int, body: Any, headers: dict[str, str]) -> web.Response:
        """JSON, or nothing at all where the body is None."""
        if body is None:
            return web.Response(status=204, headers={**self.marks(), **headers})
        return web.Response(status=status, text=encode(body), content_type=_JSON, headers={**self.marks(), **headers})

    def refusal(self, refusal: Refusal, headers: dict[str, str]) -> web.Response:
        """A B2B failure; the spec files some of them under HTTP 200."""
        status = 200 if self._settings.errors_in_200 and refusal.status < 500 else refusal.status
        return self.answer(status, refusal.body(), headers)

    def maintenance(self) -> web.Response:
        """HTML, whatever was asked for."""
        return web.Response(status=503, text=MAINTENANCE, content_type="text/html")

    def over_limit(self, api: str, standing: Standing, version: str = "v3") -> web.Response:
        """429 of a quota that was really used up."""
        shown = self._settings.throttle_headers
        headers = quota_headers(api, standing, retry=True) if shown else {}
        return self._too_many(api, headers, version)

    def throttled(self, with_headers: bool) -> web.Response:
        """429 as a mishap; without headers it means that the platform is overloaded."""
        api = self._settings.throttled_mishap
        quota = self._settings.b2b_calls if api == B2B else self._settings.core_calls
        window = self._settings.b2b_window_seconds if api == B2B else self._settings.core_window_seconds
        standing = Standing(False, int(quota), window, 0, window)
        return self._too_many(api, quota_headers(api, standing, retry=True) if with_headers else {}, "v3")

    def _too_many(self, api: str, headers: dict[str, str], version: str) -> web.Response:
        body: Any = errors.core_body(CoreRefusal(429, _TOO_MANY), version)
        if api == B2B:
            body = errors.plain(429, _TOO_MANY).body()
        return self.answer(429, body, headers)

    def marks(self) -> dict[str, str]:
        """What support asks for."""
        bits = self._world.random.getrandbits(128)
        return {"X-Request-Id": f"{bits:032x}", "Trace-Id": f"{bits ^ 1:032x}"}


def quota_headers(api: str, standing: Standing, retry: bool = False) -> dict[str, str]:
    """B2B's values carry words; core's are plain numbers."""
    if api == B2B:
        return {
            "X-Requests-Allocated": f"{standing.quota} times/{standing.window:g} s",
            "X-Requests-Window-Length": "0 times",
            "X-Requests-Remaining": f"{standing.left} times",
            "X-Request-Window-Resets-After": f"{standing.resets_after:.3f} s",
        }
    headers = {
        "X-Rate-Limit-Time-Window-Ms": str(int(standing.window * 1000)),
        "X-Rate-Limit-Time-Reset-Ms": str(int(standing.resets_after * 1000)),
        "X-Rate-Limit-Requests-Quota": str(standing.quota),
        "X-Rate-Limit-Requests-Left": str(standing.left),
    }
    return {**headers, "X-Retry-After": str(int(standing.resets_after) + 1)} if retry else headers
