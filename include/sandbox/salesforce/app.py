"""The vendor: one org, which is its own login host, behind one port."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from aiohttp import web

from sandbox import exact_json
from sandbox.salesforce import apps, settings
from sandbox.salesforce import seed as seeding
from sandbox.salesforce.actions import ACTION
from sandbox.salesforce.allowance import limit_exceeded
from sandbox.salesforce.errors import OAuthError, SalesforceError, session_expired
from sandbox.salesforce.load import Loader
from sandbox.salesforce.office import NEWEST, RETIRED, TOKEN_PATH, Office
from sandbox.salesforce.schema import Row
from sandbox.salesforce.sign_in import TokenCall
from sandbox.salesforce.store import ORG_ID
from sandbox.salesforce.wire import Answer, Call, check_version
from sandbox.salesforce.writes import HalfDone
from sandbox.vendor import TENANT
from sandbox.world import World

# "The total length of the URI and headers", REST API Developer Guide, "Status Codes"
LONGEST_URL = 16_384
# POSTs that only read: a query job, and reading several records of one object
READING_POST = re.compile(r".*/(jobs/query|composite/sobjects/[^/]+)/?")

Serve = Callable[[web.Request], Awaitable[web.Response]]


class Salesforce:
    """See `sandbox.vendor.Vendor` for what each method owes the sandbox."""

    name = "salesforce"

    def __init__(self, world: World) -> None:
        self._world = world
        self.reset("demo", 1)

    def reset(self, seed: str, scale: int) -> None:
        """A fresh org with the seeded records and default switches."""
        self._settings = dict(settings.DEFAULTS)
        self._office = Office(self._world, seed)
        self._office.apply(self._settings)
        seeding.fill(self._office.org, seed, scale, self._world.clock.now() - timedelta(hours=1))

    def describe(self, base_url: str) -> Row:
        """Where to sign in, and as whom."""
        private_key, certificate = apps.demo_keys()
        return {
            "base_url": base_url,
            "token_url": base_url + TOKEN_PATH,
            "api_version": "60.0",
            "org_id": ORG_ID,
            "companies": [{"number": number, "primary": primary} for number, primary in seeding.COMPANIES],
            "credentials": {"client_id": apps.CLIENT_ID, "client_secret": apps.CLIENT_SECRET},
            "jwt": {
                "client_id": apps.CLIENT_ID,
                "username": apps.USERNAME,
                "audience": "https://login.salesforce.com",
                "private_key": private_key,
                "certificate": certificate,
            },
        }

    def settings(self) -> Row:
        """The switches and where they stand."""
        return dict(self._settings)

    def configure(self, changes: Row) -> None:
        """Turn switches."""
        self._settings |= settings.checked(changes)
        self._office.apply(self._settings)

    def records(self, tenant: str, entity: str) -> list[Row]:
        """Every live record of an object."""
        return self._office.screens.records(tenant, entity)

    def edit(self, tenant: str, entity: str, record_id: str, fields: Row) -> Row:
        """A person's edit."""
        return self._office.screens.edit(tenant, entity, record_id, fields)

    def insert(self, tenant: str, entity: str, fields: Row) -> Row:
        """A person's new record; an "Action" is a verb that is carried out."""
        if entity == ACTION:
            given = dict(fields)
            return self.act(str(given.pop("do", "")), **given)
        return self._office.screens.insert(tenant, entity, fields)

    def delete(self, tenant: str, entity: str, record_id: str) -> None:
        """A person deletes a record."""
        self._office.screens.delete(tenant, entity, record_id)

    def act(self, verb: str, **arguments: Any) -> Row:
        """What is no edit of a record: see `sandbox.salesforce.actions`."""
        return self._office.actions.run(verb, arguments)

    def loader(self) -> Loader:
        """Fills the org with many records quickly; for tests and benchmarks in the same process."""
        return Loader(self._office.org)

    def is_write(self, request: web.BaseRequest) -> bool:
        """Whether the call may change business data."""
        if request.method in ("GET", "HEAD") or self.is_sign_in(request):
            return False
        return not (request.method == "POST" and READING_POST.fullmatch(request.path))

    def is_sign_in(self, request: web.BaseRequest) -> bool:
        """The token endpoint."""
        return request.path == TOKEN_PATH

    def throttled(self, with_headers: bool) -> web.Response:
        """Salesforce has no 429: too many calls are 403 REQUEST_LIMIT_EXCEEDED."""
        response = _refused(limit_exceeded())
        if with_headers:
            limit = self._settings["daily_limit"]
            response.headers["Sforce-Limit-Info"] = f"api-usage={limit}/{limit}"
        return response

    def expire_tokens(self) -> None:
        """End every session."""
        self._office.sessions.expire()

    def routes(self) -> list[web.RouteDef]:
        """The paths of login host and instance; `/x` and `/x/` are the same."""
        found = [web.post(TOKEN_PATH, self._guarded(self._token))]
        for path in self._office.open_paths:
            found += self._both(path, self._guarded(self._unsigned(path)))
        for path in self._office.router.resources:
            found += self._both(path, self._limited(self._signed(path)))
        return [*found, web.route("*", "/{anything:.*}", self._limited(self._signed(None)))]

    def _both(self, path: str, serve: Serve) -> list[web.RouteDef]:
        return [web.route("*", path, serve), web.route("*", path + "/", serve)]

    def _guarded(self, serve: Serve) -> Serve:
        """Refusals become bodies, whoever raised them."""

        async def guarded(request: web.Request) -> web.Response:
            request[TENANT] = ORG_ID
            if len(str(request.rel_url.raw_path_qs)) > LONGEST_URL:
                return web.Response(status=414, text="<h1>URI Too Long</h1>", content_type="text/html")
            try:
                return await serve(request)
            except SalesforceError as refusal:
                return _refused(refusal)
            except HalfDone:
                message = "An unexpected error occurred. Please include this ErrorId if you contact support: 1-1"
                return _refused(SalesforceError("UNKNOWN_EXCEPTION", message, 500))
            except OAuthError as refusal:
                body = {"error": refusal.error, "error_description": refusal.description}
                return web.json_response(body, status=400)

        return guarded

    def _limited(self, serve: Serve) -> Serve:
        """Every answer tells the allowance."""

        async def limited(request: web.Request) -> web.Response:
            response = await self._guarded(serve)(request)
            session = self._office.sessions.live(request.headers.get("Authorization", ""))
            told = self._office.allowance.told(session.app if session else None)
            response.headers["Sforce-Limit-Info"] = told
            return response

        return limited

    def _signed(self, path: str | None) -> Serve:
        """Asks for a session, counts the call, and hands it to the resource of the path."""

        async def signed(request: web.Request) -> web.Response:
            session = self._office.sessions.live(request.headers.get("Authorization", ""))
            if session is None:
                raise session_expired()
            check_version(request.match_info.get("version"), NEWEST, RETIRED)
            self._office.admit(session)
            call = await _call(request)
            return _response(self._office.answer(path, call, session))

        return signed

    def _unsigned(self, path: str) -> Serve:
        async def unsigned(request: web.Request) -> web.Response:
            call = await _call(request)
            return _response(self._office.open_paths[path].handler(call.method)(call))

        return unsigned

    async def _token(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        host = request.host.partition(":")[0]
        on_login_host = host.partition(".")[0] in ("login", "test") or host in self._settings["login_hosts"]
        # the org's own address; a login host only sends callers there
        base = _own_address(request) if on_login_host else _base_url(request)
        addresses = {scheme + place for place in (_place(base), request.host) for scheme in ("http://", "https://")}
        call = TokenCall(form, request.headers.get("Authorization", ""), on_login_host, addresses)
        return web.json_response(self._office.signed_in(self._office.sessions.sign_in(call), base))


async def _call(request: web.Request) -> Call:
    return Call(
        request.method,
        request.path,
        dict(request.match_info),
        dict(request.query),
        request.headers,
        await request.text(),
        request.content_type,
        _base_url(request),
    )


def _response(answer: Answer) -> web.Response:
    if answer.text is not None:
        text, media = answer.text, answer.media
    elif answer.data is None:
        return web.Response(status=answer.status, headers=answer.headers)
    else:
        text, media = exact_json.dumps(answer.data), "application/json"
    return web.Response(text=text, status=answer.status, headers=answer.headers, content_type=media)


def _refused(refusal: SalesforceError) -> web.Response:
    return web.Response(text=exact_json.dumps(refusal.body()), status=refusal.status, content_type="application/json")


def _base_url(request: web.Request) -> str:
    return f"{request.scheme}://{request.host}"


def _place(url: str) -> str:
    return url.partition("://")[2]


def _own_address(request: web.Request) -> str:
    """Where this port really is, whatever name the caller used for it."""
    where = request.transport.get_extra_info("sockname") if request.transport else None
    return f"{request.scheme}://{where[0]}:{where[1]}" if where else _base_url(request)
