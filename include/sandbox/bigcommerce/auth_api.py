"""The token endpoints of the deprecated way in, and buyers' tokens."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from sandbox.bigcommerce import errors, schema
from sandbox.bigcommerce.errors import Refusal
from sandbox.bigcommerce.gate import Gate
from sandbox.bigcommerce.reader import Reader
from sandbox.bigcommerce.settings import Settings
from sandbox.bigcommerce.store import Store
from sandbox.bigcommerce.tokens import BACKEND, BUYER, TokenDesk
from sandbox.bigcommerce.wire import Record, decode, whole_of

BASE = "/api/io"
# one guide shows the backend call under V3
BACKEND_PATHS = (f"{BASE}/auth/backend", "/api/v3/io/auth/backend")
CUSTOMER_PATH = f"{BASE}/auth/customers"
BUYER_PASSWORD = "buyer-pass"
_WRONG = "The email or password you have entered is incorrect. Please try again."
_ROLES = ("Administrator", "Store Owner")


class AuthApi:
    """Signing in with a person's e-mail and password."""

    def __init__(self, settings: Settings, tokens: TokenDesk, gate: Gate, stores: dict[str, Store]) -> None:
        self._settings = settings
        self._tokens = tokens
        self._gate = gate
        self._stores = stores

    def routes(self) -> list[web.RouteDef]:
        """Making, listing and deleting tokens."""
        made = [web.post(path, self._handler(self._backend)) for path in BACKEND_PATHS]
        ended = [web.delete(path, self._handler(self._end)) for path in BACKEND_PATHS]
        listed = web.get(f"{BASE}/backend/tokens", self._handler(self._list))
        return [*made, *ended, listed, web.post(CUSTOMER_PATH, self._handler(self._customer))]

    def _handler(
        self, serve: Callable[[web.Request, Any], Any]
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def handle(request: web.Request) -> web.StreamResponse:
            try:
                body = _body(await request.text())
                return self._gate.answer(200, serve(request, body), {})
            except Refusal as refusal:
                return self._gate.refusal(refusal, {})

        return handle

    def _backend(self, request: web.Request, raw: Any) -> Record:
        body = Reader(self._settings).read(schema.SIGN_IN, raw)
        store = self._stores.get(body["storeHash"])
        role = _role(store, body["email"], body["password"])
        if store is None or role is None:
            raise errors.refused(400, _WRONG, errors.LOGIC)
        if role not in _ROLES:
            raise errors.refused(400, "role forbidden", errors.LOGIC)
        token = self._tokens.make(store.hash, BACKEND, body["name"], body["email"])
        return _success([{"name": token.name, "token": token.value}])

    def _customer(self, request: web.Request, raw: Any) -> Record:
        body = Reader(self._settings).read(schema.SIGN_IN, raw)
        store = self._stores.get(body["storeHash"])
        known = store is not None and store.table("user").having("email", body["email"])
        if store is None or not known or body["password"] != BUYER_PASSWORD:
            raise errors.refused(400, _WRONG, errors.LOGIC)
        token = self._tokens.make(store.hash, BUYER, body["name"], body["email"])
        return _success({"name": token.name, "token": token.value})

    def _list(self, request: web.Request, raw: Any) -> Record:
        store, _, _ = self._gate.b2b(request)
        rows = [
            {"id": token.ident, "name": token.name, "email": token.email, "storeHash": store.hash,
             "token": token.value, "eventChannel": "api"}
            for token in self._tokens.of(store.hash)
            if token.kind == BACKEND
        ]  # fmt: skip
        limit, offset = whole_of(request.query.get("limit", "10")), whole_of(request.query.get("offset", "0"))
        if limit is None or offset is None or not 1 <= limit <= 250 or offset < 0:
            raise errors.refused(422, "Invalid request data")
        counts = {"totalCount": len(rows), "limit": limit, "offset": offset}
        return {**_success(rows[offset : offset + limit]), "meta": {"message": "SUCCESS", "pagination": counts}}

    def _end(self, request: web.Request, raw: Any) -> Record:
        store, _, _ = self._gate.b2b(request)
        ident = raw.get("id") if isinstance(raw, dict) else None
        found = [each for each in self._tokens.of(store.hash) if each.ident == ident and each.kind == BACKEND]
        if not found:
            raise errors.refused(404, "No matching token was found.")
        self._tokens.remove(found[0])
        return _success([])


def _role(store: Store | None, email: str, password: str) -> str | None:
    staff = store.staff if store is not None else []
    return next((role for mail, word, role in staff if (mail, word) == (email, password)), None)


def _success(data: Any) -> Record:
    return {"code": 200, "data": data, "meta": {"message": "SUCCESS"}}


def _body(text: str) -> Any:
    try:
        return decode(text) if text.strip() else None
    except json.JSONDecodeError as error:
        raise errors.refused(400, "The request body is not valid JSON.") from error
