"""QuickBooks Online as the sandbox sees it: routes, switches and the operator's hands."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from aiohttp import web

from sandbox.quickbooks import operator, seed, seed_more
from sandbox.quickbooks.api import Api
from sandbox.quickbooks.consent import AUTHORIZE_PATH, ConsentPage
from sandbox.quickbooks.desk import ENTITIES, NAME
from sandbox.quickbooks.discovery import DISCOVERY_PATH, USER_PATH, discovery_routes
from sandbox.quickbooks.gate import Gate
from sandbox.quickbooks.limits import Limiter
from sandbox.quickbooks.meter import Meter
from sandbox.quickbooks.oauth import APPS, CLIENT_ID, CLIENT_SECRET, TokenDesk, TokenRefusal
from sandbox.quickbooks.settings import Settings
from sandbox.quickbooks.store import Company
from sandbox.quickbooks.wire import Record, encode

if TYPE_CHECKING:
    from sandbox.world import World

TOKEN_PATH = "/oauth2/v1/tokens/bearer"
REVOKE_PATH = "/v2/oauth2/tokens/revoke"
_HARD_END = "x-include-refresh-token-hard-expires-in"


class QuickBooks:
    """The stand-in; see `sandbox.vendor.Vendor` for what each method owes the sandbox."""

    name = NAME

    def __init__(self, world: World) -> None:
        self._world = world
        self._settings = Settings()
        self._companies: dict[str, Company] = {}
        self._tokens = TokenDesk(self._settings, world.random)
        self._limiter = Limiter(self._settings)
        self._meter = Meter(world, self._settings)
        self._gate = Gate(world, self._settings, self._tokens, self._limiter)
        self._page = ConsentPage(world, self._tokens, self._companies)
        self._api = Api(world, self._settings, self._gate, self._limiter, self._meter, self._companies)
        self._begin()

    def _begin(self) -> None:
        """Seed anew, in place, for the routes hold on to these objects."""
        self._settings.change(Settings().shown())
        self._tokens.clear()
        self._limiter.clear()
        self._meter.clear()
        self._companies.clear()
        made = (seed.east(), seed.west(), seed_more.north(), seed_more.sunny())
        self._companies.update({company.realm: company for company in made})
        for realm in self._companies:
            self._tokens.consent(realm, self._world.clock.now())

    def routes(self) -> list[web.RouteDef]:
        """OAuth and the company API."""
        return [
            web.post(TOKEN_PATH, self._token),
            web.post(REVOKE_PATH, self._revoke),
            web.get(USER_PATH, self._user),
            *self._page.routes(),
            *discovery_routes(AUTHORIZE_PATH, TOKEN_PATH, REVOKE_PATH),
            *self._api.routes(),
        ]

    def describe(self, base_url: str) -> Record:
        """Where the stand-in is and how to sign in."""
        realms = [
            {"realm_id": realm, "name": company.name, "refresh_token": self._tokens.refresh_token(realm)}
            for realm, company in self._companies.items()
        ]
        others = [{"client_id": each, "client_secret": secret} for each, secret in APPS.items() if each != CLIENT_ID]
        return {
            "base_url": base_url, "token_url": base_url + TOKEN_PATH,
            "authorize_url": base_url + AUTHORIZE_PATH, "realms": realms,
            "credentials": {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}, "minor_version": "75",
            "other_apps": others, "discovery_url": base_url + DISCOVERY_PATH,
        }  # fmt: skip

    def settings(self) -> Record:
        """Every switch."""
        return self._settings.shown()

    def configure(self, changes: Record) -> None:
        """Turn switches."""
        self._settings.change(changes)

    def records(self, tenant: str, entity: str) -> list[Record]:
        """Everything stored, inactive records included."""
        company, name = self._place(tenant, entity)
        return [deepcopy(record) for record in company.rows(name)]

    def edit(self, tenant: str, entity: str, record_id: str, fields: Record) -> Record:
        """A person's edit in QuickBooks' own screens."""
        company, name = self._place(tenant, entity)
        return deepcopy(operator.edit(company, name, record_id, fields, self._world.clock.now()))

    def insert(self, tenant: str, entity: str, fields: Record) -> Record:
        """A person's new record; it is in no journal, for no client wrote it."""
        company, name = self._place(tenant, entity)
        return deepcopy(operator.insert(company, self._settings, name, fields, self._world.clock.now()))

    def delete(self, tenant: str, entity: str, record_id: str) -> None:
        """A person's deletion; names and items are only made inactive."""
        company, name = self._place(tenant, entity)
        operator.delete(company, name, record_id, self._world.clock.now())

    def reset(self, seed: str, scale: int) -> None:
        """Back to the seeded companies and default switches; there is one seed, of one size."""
        self._begin()

    def is_write(self, request: web.BaseRequest) -> bool:
        """Any POST to the company API but a query."""
        path = request.path.rstrip("/")
        return request.method == "POST" and path.startswith("/v3/") and not path.endswith("/query")

    def is_sign_in(self, request: web.BaseRequest) -> bool:
        """A call to the token service."""
        return request.path in (TOKEN_PATH, REVOKE_PATH)

    def throttled(self, with_headers: bool) -> web.Response:
        """The XML 429."""
        return self._gate.throttled(with_headers)

    def expire_tokens(self) -> None:
        """End every access token."""
        self._tokens.expire(self._world.clock.now())

    def _place(self, tenant: str, entity: str) -> tuple[Company, str]:
        if tenant not in self._companies:
            raise LookupError(f"quickbooks has no company {tenant}")
        if entity.lower() not in ENTITIES:
            raise LookupError(f"quickbooks has no entity {entity}")
        return self._companies[tenant], ENTITIES[entity.lower()]

    async def _token(self, request: web.Request) -> web.Response:
        form = await request.post()
        try:
            app = self._tokens.check_client(request.headers.get("Authorization"))
            return self._json(200, self._granted(request, app, {k: str(v) for k, v in form.items()}))
        except TokenRefusal as refusal:
            return self._json(refusal.status, refusal.body)

    def _granted(self, request: web.Request, app: str, form: dict[str, str]) -> Record:
        grant, now = form.get("grant_type"), self._world.clock.now()
        hard_end = request.headers.get(_HARD_END, "").lower() == "true"
        if grant == "refresh_token" and form.get("refresh_token"):
            realm = self._tokens.realm_of(app, form["refresh_token"])
            if realm is not None:
                self._limiter.note(realm, app, now)
            return self._tokens.refresh(app, form["refresh_token"], now, hard_end)
        if grant == "authorization_code" and form.get("code") and form.get("redirect_uri"):
            return self._tokens.exchange(app, form["code"], form["redirect_uri"], now, hard_end)
        known = grant in (None, "", "refresh_token", "authorization_code")
        raise TokenRefusal("invalid_request" if known else "unsupported_grant_type")

    async def _revoke(self, request: web.Request) -> web.Response:
        try:
            app = self._tokens.check_client(request.headers.get("Authorization"))
            self._tokens.revoke(app, _token_in(await request.text()), self._world.clock.now())
        except TokenRefusal as refusal:
            return self._json(refusal.status, refusal.body)
        return web.Response(status=200, headers=self._gate.headers())

    async def _user(self, request: web.Request) -> web.Response:
        """Who clicked on "Connect"; the same person for every company."""
        _, _, token = request.headers.get("Authorization", "").partition(" ")
        if self._tokens.access_of(token.strip(), self._world.clock.now()) is None:
            return self._json(401, {"error": "invalid_token"})
        return self._json(200, {"sub": "demo-owner", "email": "owner@acme.example", "emailVerified": True})

    def _json(self, status: int, body: Record) -> web.Response:
        return web.Response(
            status=status, text=encode(body), content_type="application/json", headers=self._gate.headers()
        )


def _token_in(text: str) -> str:
    try:
        body: Any = json.loads(text)
    except ValueError:
        body = None
    token = body.get("token") if isinstance(body, dict) else None
    if not isinstance(token, str) or not token:
        raise TokenRefusal("invalid_request")
    return token
