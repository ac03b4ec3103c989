"""The vendor: one site with two tenants behind one port, at the root and in its virtual folder."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from copy import deepcopy
from html import escape
from typing import Any
from urllib.parse import parse_qs, quote

from aiohttp import web

from sandbox import exact_json
from sandbox.acumatica import inquiries, overload, requests_in, seed
from sandbox.acumatica.api import Answer, Api, Call
from sandbox.acumatica.consent import ConsentPage
from sandbox.acumatica.entities_finance import ENTITIES
from sandbox.acumatica.errors import AcumaticaError, not_signed_in, page
from sandbox.acumatica.ledger_notes import NAME
from sandbox.acumatica.load import Loader
from sandbox.acumatica.oauth import PREFIX, OAuthRefusal, TokenDesk
from sandbox.acumatica.operator import Operator
from sandbox.acumatica.push import Pushes
from sandbox.acumatica.reading import Place
from sandbox.acumatica.sessions import AUTH_COOKIE, Session, Sessions, cookies_of
from sandbox.acumatica.settings import VERSIONS, Settings
from sandbox.acumatica.store import Row, Tenant
from sandbox.vendor import TENANT
from sandbox.world import World

FOLDER = "/AcumaticaERP"
LOGIN, LOGOUT = "/entity/auth/login", "/entity/auth/logout"
HTML_503 = "<html><body><h2>Service Unavailable</h2>The customization project is being published.</body></html>"
HTML_200 = "<html><body><h2>The site is under maintenance</h2></body></html>"
Serve = Callable[[web.Request], Awaitable[web.Response]]


class Acumatica:
    """See `sandbox.vendor.Vendor` for what each method owes the sandbox."""

    name = NAME

    def __init__(self, world: World) -> None:
        self._world = world
        self._settings = Settings()
        self._tenants: dict[str, Tenant] = {}
        self._sessions = Sessions(world, self._settings, self._tenants)
        self._tokens = TokenDesk(world, self._settings, self._sessions)
        self._overload = overload.Overload(world, self._settings)
        self._pushes = Pushes(world, self._settings)
        self._api = Api(world, self._settings)
        self._page = ConsentPage(self._sessions, self._tokens)
        self._operator = Operator(world, self._settings, self._sessions, self._api.operations, self._pushes)
        self.reset("demo", 1)

    def reset(self, seed_name: str, scale: int) -> None:
        """Back to the seeded tenants and default switches, with everybody signed out."""
        self._settings.change(Settings().shown())
        for part in (self._sessions, self._tokens, self._overload, self._pushes, self._api.operations):
            part.clear()
        self._tenants.clear()
        for tenant in seed.tenants(self._world, seed_name, scale):
            self._tenants[tenant.name] = tenant
            self._tokens.register(tenant, tenant.guid())
            tenant.watchers.append(self._pushes.watch)

    def describe(self, base_url: str) -> Row:
        """Where the site is, its tenants, and who may sign in."""
        site = base_url + FOLDER
        return {
            "base_url": site,
            "root_url": base_url,
            "token_url": f"{site}{PREFIX}/token",
            "authorize_url": f"{site}{PREFIX}/authorize",
            "endpoint": {"name": "Default", "version": VERSIONS[3]},
            "session_limit": int(self._settings.session_limit),
            "sessions_in_use": len(self._sessions.live()),
            "tenants": [self._described(tenant) for tenant in self._tenants.values()],
        }

    def _described(self, tenant: Tenant) -> Row:
        users = [
            {"name": user.name, "password": user.password, "may_write": user.may_write, "branches": user.branches}
            for user in tenant.lists.users.values()
        ]
        app = next(one for one in self._tokens.apps.values() if one.tenant is tenant)
        keys = {"client_id": app.client_id, "client_secret": app.secret, "redirect_uri": app.redirect_uri}
        return {
            "name": tenant.name,
            "label": tenant.label,
            "branches": list(tenant.lists.branches),
            "warehouses": list(tenant.lists.warehouses),
            "users": users,
            **keys,
        }

    def settings(self) -> Row:
        """Every switch."""
        return self._settings.shown()

    def configure(self, changes: Row) -> None:
        """Turn switches."""
        self._settings.change(changes)

    def tenant(self, name: str) -> Tenant:
        """A tenant, for tests in the same process."""
        if name not in self._tenants:
            raise LookupError(f"no tenant {name!r}; there are {', '.join(self._tenants)}")
        return self._tenants[name]

    def records(self, tenant: str, entity: str) -> list[Row]:
        """Everything stored of an entity, by the API's names; also what only the control API knows."""
        self._api.operations.settle()
        return deepcopy(self._operator.records(self.tenant(tenant), entity))

    def edit(self, tenant: str, entity: str, record_id: str, fields: Row) -> Row:
        """A person's edit, by the fields' names as the API has them; a record is named by its number or GUID."""
        self._api.operations.settle()
        return deepcopy(self._operator.edit(self.tenant(tenant), entity, record_id, fields))

    def insert(self, tenant: str, entity: str, fields: Row) -> Row:
        """A person's new record; an "Action" is a deed of the screens, see `Operator.act`."""
        self._api.operations.settle()
        return deepcopy(self._operator.insert(self.tenant(tenant), entity, fields))

    def delete(self, tenant: str, entity: str, record_id: str) -> None:
        """A person's deletion."""
        self._api.operations.settle()
        self._operator.delete(self.tenant(tenant), entity, record_id)

    def act(self, tenant: str, verb: str, **arguments: Any) -> Row:
        """A deed of the screens such as act("Brightwater", "release", key="AR0000161")."""
        return self.insert(tenant, "Action", {"do": verb, **arguments})

    def loader(self, tenant: str) -> Loader:
        """Fills a tenant with many records quickly; for tests and benchmarks in the same process."""
        return Loader(self.tenant(tenant))

    def is_write(self, request: web.BaseRequest) -> bool:
        """Whether the call may change business data."""
        if request.method in ("GET", "HEAD") or self.is_sign_in(request) or "/entity/" not in request.path:
            return False
        return not request.path.endswith("Inquiry")

    def is_sign_in(self, request: web.BaseRequest) -> bool:
        """Sign-in and sign-out, and the token endpoint."""
        return request.path.endswith((LOGIN, LOGOUT)) or f"{PREFIX}/" in request.path

    def throttled(self, with_headers: bool) -> web.Response:
        """429 with text that is no JSON; `Retry-After` is not promised, so only on demand."""
        return _response(overload.refused({"Retry-After": "1"} if with_headers else None))

    def expire_tokens(self) -> None:
        """End every session and every access token."""
        self._sessions.clear()
        self._tokens.expire()

    def routes(self) -> list[web.RouteDef]:
        """The paths of the site, once at the root and once in its folder."""
        made = []
        for prefix in ("", FOLDER):
            made += [
                web.post(prefix + LOGIN, self._guarded(self._login)),
                web.post(prefix + LOGOUT, self._guarded(self._logout)),
                web.post(f"{prefix}{PREFIX}/token", self._guarded(self._token)),
                *self._page.routes(prefix),
                web.get(prefix + "/identity/.well-known/openid-configuration", self._guarded(self._discovery)),
                web.get(prefix + "/Frames/Login.aspx", self._guarded(self._login_page)),
                web.get(prefix + inquiries.ODATA + "/{name}", self._guarded(self._inquiry)),
                web.route("*", prefix + "/entity", self._guarded(self._data)),
                web.route("*", prefix + "/entity/{rest:.*}", self._guarded(self._data)),
            ]
        return made

    def _guarded(self, serve: Serve) -> Serve:
        """Refusals become answers, whoever raised them; maintenance stops everything."""

        async def guarded(request: web.Request) -> web.Response:
            try:
                self._refuse_maintenance()
                _refuse_unmeasured(request)
                return await serve(request)
            except AcumaticaError as refusal:
                return _response(refusal)
            except OAuthRefusal as refusal:
                return web.json_response(refusal.body, status=400)

        return guarded

    def _refuse_maintenance(self) -> None:
        state = self._settings.maintenance
        if state == "html_503":
            raise AcumaticaError(503, HTML_503, "Maintenance")
        if state == "html_200":
            raise AcumaticaError(200, HTML_200, "Maintenance")
        if state == "redirect":
            raise AcumaticaError(302, "", "Maintenance", {"Location": "/ui/error"})

    async def _login(self, request: web.Request) -> web.Response:
        form = await _credentials(request)
        tenant = self._sessions.tenant_of(form.get("tenant") or form.get("company") or "")
        request[TENANT] = tenant.name
        user = self._sessions.user_of(tenant, form.get("name", ""), form.get("password", ""))
        branch = form.get("branch") or ""
        self._sessions.close(request.cookies.get(AUTH_COOKIE))
        session = self._sessions.open(tenant, user, branch if branch in tenant.lists.branches else "")
        answer = web.Response(status=204)
        for name, value in cookies_of(session, self._settings.user_offset_hours).items():
            answer.headers.add("Set-Cookie", f"{name}={quote(value, safe='&=+:/~')}; path=/; HttpOnly")
        return answer

    async def _logout(self, request: web.Request) -> web.Response:
        header, cookie = request.headers.get("Authorization", ""), request.cookies.get(AUTH_COOKIE)
        self._tokens.sign_out(header, cookie)
        self._sessions.close(cookie)
        answer = web.Response(status=204)
        answer.headers.add("Set-Cookie", f"{AUTH_COOKIE}=; expires=Tue, 12-Oct-1999 00:00:00 GMT; path=/; HttpOnly")
        return answer

    async def _token(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        _, _, tenant = form.get("client_id", "").partition("@")
        request[TENANT] = tenant
        return web.json_response(self._tokens.token(form))

    async def _discovery(self, request: web.Request) -> web.Response:
        site = f"{request.scheme}://{request.host}{_prefix(request)}"
        return web.json_response(
            {
                "issuer": f"{site}/identity",
                "authorization_endpoint": f"{site}{PREFIX}/authorize",
                "token_endpoint": f"{site}{PREFIX}/token",
                "scopes_supported": ["api", "offline_access", "api:concurrent_access", "openid"],
                "grant_types_supported": ["authorization_code", "refresh_token", "implicit", "password"],
            }
        )

    async def _login_page(self, request: web.Request) -> web.Response:
        """Which tenant a session landed in is told here and in the CompanyID cookie only."""
        session = self._session(request)
        text = f'<input type="hidden" id="txtSingleCompany" value="{escape(session.tenant.name)}" />'
        return web.Response(text=f"<html><body><form>{text}</form></body></html>", content_type="text/html")

    def _session(self, request: web.Request) -> Session:
        header = request.headers.get("Authorization", "")
        cookie = request.cookies.get(AUTH_COOKIE)
        if header.lower().startswith("bearer"):
            session = self._tokens.session_of(header, cookie)
        else:
            found = self._sessions.find(cookie)
            if found is None:
                raise not_signed_in()
            session = found
        request[TENANT] = session.tenant.name
        return session

    async def _data(self, request: web.Request) -> web.Response:
        session = self._session(request)
        body = await request.read()
        async with self._overload.turn():
            answer = self._api.answer(_call(request, session, body))
        response = _answered(answer)
        if request.headers.get("Authorization") and request.cookies.get(AUTH_COOKIE) != session.session_id:
            response.headers.add("Set-Cookie", f"{AUTH_COOKIE}={session.session_id}; path=/; HttpOnly")
        return response

    async def _inquiry(self, request: web.Request) -> web.Response:
        """A generic inquiry takes Basic credentials too, and then takes no seat."""
        tenant = self._sessions.tenant_of(request.match_info["tenant"])
        request[TENANT] = tenant.name
        if AUTH_COOKIE in request.cookies or request.headers.get("Authorization", "").lower().startswith("bearer"):
            user = self._session(request).user
        else:
            user = self._sessions.user_of(
                tenant, *inquiries.basic_credentials(request.headers.get("Authorization", ""))
            )
        name = request.match_info["name"]
        if name == "$metadata":
            return web.Response(text=inquiries.metadata(), content_type="application/xml")

        def place_of(entity: str) -> Place:
            return Place(tenant, user, ENTITIES[entity], 25, "")

        data = inquiries.listed(name, place_of, dict(request.query), self._settings)
        return web.Response(text=exact_json.dumps(data), content_type="application/json")


async def _credentials(request: web.Request) -> dict[str, str]:
    """JSON, or a form."""
    text = await request.text()
    if request.content_type == "application/x-www-form-urlencoded":
        return {name: values[0] for name, values in parse_qs(text).items()}
    return {name: str(value) for name, value in requests_in.body_of(text).items() if value is not None}


def _refuse_unmeasured(request: web.Request) -> None:
    """IIS wants the length of every POST and PUT (facts 2.1)."""
    measured = "Content-Length" in request.headers or "Transfer-Encoding" in request.headers
    if request.method in ("POST", "PUT", "PATCH") and not measured:
        raise page(411, "Length Required", "<p>HTTP Error 411. The request must be chunked or have a length.</p>")


def _prefix(request: web.Request) -> str:
    return FOLDER if request.path.startswith(FOLDER + "/") else ""


def _call(request: web.Request, session: Session, body: bytes) -> Call:
    prefix = _prefix(request)
    path = request.rel_url.raw_path.removeprefix(prefix)
    host = f"{request.scheme}://{request.host}"
    return Call(request.method, prefix, host, path, dict(request.query), request.headers, body, session)


def _answered(answer: Answer) -> web.Response:
    if answer.content is not None:
        return web.Response(status=answer.status, body=answer.content, headers=answer.headers)
    if answer.data is None:
        return web.Response(status=answer.status, headers=answer.headers)
    text = exact_json.dumps(answer.data)
    return web.Response(status=answer.status, text=text, headers=answer.headers, content_type="application/json")


def _response(refusal: AcumaticaError) -> web.Response:
    if isinstance(refusal.body, dict):
        text, kind = exact_json.dumps(refusal.body), "application/json"
    else:
        text, kind = refusal.body, "text/html"
    return web.Response(status=refusal.status, text=text, content_type=kind, headers=refusal.headers)
