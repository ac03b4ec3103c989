"""The HTTP side: paths, sign-in, headers and error bodies."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from aiohttp import web

from sandbox import exact_json
from sandbox.salesforce import ids, settings
from sandbox.salesforce import seed as seeding
from sandbox.salesforce.cursors import Cursors
from sandbox.salesforce.errors import SalesforceError, not_found, session_expired
from sandbox.salesforce.operator import Screens
from sandbox.salesforce.schema import Row, SObject
from sandbox.salesforce.sign_in import CLIENT_ID, CLIENT_SECRET, USER_ID, OAuthError, Sessions
from sandbox.salesforce.soql_parse import parse
from sandbox.salesforce.soql_run import Runner
from sandbox.salesforce.store import ORG_ID, Org
from sandbox.salesforce.writes import HalfDone, Writer
from sandbox.vendor import TENANT
from sandbox.world import World

OLDEST, RETIRED, NEWEST = 31, 30, 66
LONGEST_URL = 16_384
TOKEN_PATH = "/services/oauth2/token"
DATA = "/services/data/{version}"

Handler = Callable[[web.Request], Awaitable[web.Response]]


class Salesforce:
    """One org, which is its own login host."""

    name = "salesforce"

    def __init__(self, world: World) -> None:
        self._world = world
        self.reset("demo", 1)

    def reset(self, seed: str, scale: int) -> None:
        """A fresh org with the seeded records and default switches."""
        self._settings = dict(settings.DEFAULTS)
        self._org = Org(self._world, seed)
        self._sessions = Sessions(self._world, ORG_ID)
        self._cursors = Cursors(self._world)
        self._writer = Writer(self._world, self._org, ORG_ID)
        self._screens = Screens(self._org, self._writer)
        self._window, self._used = self._world.clock.now(), 0
        self._apply()
        seeding.fill(self._org, seed, scale, self._world.clock.now() - timedelta(hours=1))

    def describe(self, base_url: str) -> Row:
        """Where to sign in, and as whom."""
        return {
            "base_url": base_url,
            "token_url": base_url + TOKEN_PATH,
            "api_version": "60.0",
            "org_id": ORG_ID,
            "companies": [{"number": number, "primary": primary} for number, primary in seeding.COMPANIES],
            "credentials": {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET},
        }

    def settings(self) -> Row:
        """The switches and where they stand."""
        return dict(self._settings)

    def configure(self, changes: Row) -> None:
        """Turn switches."""
        self._settings |= settings.checked(changes)
        self._apply()

    def _apply(self) -> None:
        now = self._settings
        self._sessions.seconds = now["session_seconds"]
        self._cursors.page_size, self._cursors.seconds = now["page_size"], now["cursor_seconds"]
        self._writer.locked_when_transferred = now["locked_when_transferred"]
        self._org.financials = now["financials"]
        self._org.hidden_fields = frozenset(now["hidden_fields"])

    def records(self, tenant: str, entity: str) -> list[Row]:
        """Every live record of an object."""
        return self._screens.records(tenant, entity)

    def edit(self, tenant: str, entity: str, record_id: str, fields: Row) -> Row:
        """A person's edit."""
        return self._screens.edit(tenant, entity, record_id, fields)

    def insert(self, tenant: str, entity: str, fields: Row) -> Row:
        """A person's new record."""
        return self._screens.insert(tenant, entity, fields)

    def delete(self, tenant: str, entity: str, record_id: str) -> None:
        """A person deletes a record."""
        self._screens.delete(tenant, entity, record_id)

    def is_write(self, request: web.BaseRequest) -> bool:
        """Every method but GET and HEAD, sign-in aside."""
        return request.method not in ("GET", "HEAD") and not self.is_sign_in(request)

    def is_sign_in(self, request: web.BaseRequest) -> bool:
        """The token endpoint."""
        return request.path == TOKEN_PATH

    def throttled(self, with_headers: bool) -> web.Response:
        """Salesforce has no 429: too many calls are 403 REQUEST_LIMIT_EXCEEDED."""
        response = _refused(_limit_exceeded())
        if with_headers:
            limit = self._settings["daily_limit"]
            response.headers["Sforce-Limit-Info"] = f"api-usage={limit}/{limit}"
        return response

    def expire_tokens(self) -> None:
        """End every session."""
        self._sessions.expire()

    def routes(self) -> list[web.RouteDef]:
        """The paths of login host and instance."""
        signed = self._signed
        return [
            web.post(TOKEN_PATH, self._guarded(self._token)),
            web.get("/services/data", self._guarded(self._versions)),
            web.get("/services/data/", self._guarded(self._versions)),
            web.get("/services/oauth2/userinfo", signed(self._user_info)),
            web.get("/id/{org}/{user}", signed(self._user_info)),
            web.get(DATA + "/limits", signed(self._limits)),
            web.get(DATA + "/limits/", signed(self._limits)),
            web.get(DATA + "/query", signed(self._query)),
            web.get(DATA + "/query/", signed(self._query)),
            web.get(DATA + "/queryAll", signed(self._query_all)),
            web.get(DATA + "/queryAll/", signed(self._query_all)),
            web.get(DATA + "/query/{locator}", signed(self._next_page)),
            web.get(DATA + "/sobjects", signed(self._objects)),
            web.get(DATA + "/sobjects/", signed(self._objects)),
            web.get(DATA + "/sobjects/{sobject}/describe", signed(self._describe)),
            web.get(DATA + "/sobjects/{sobject}/describe/", signed(self._describe)),
            web.get(DATA + "/sobjects/{sobject}/{id}", signed(self._get)),
            web.patch(DATA + "/sobjects/{sobject}/{id}", signed(self._patch)),
            web.patch(DATA + "/composite/sobjects", signed(self._update_collection)),
            web.patch(DATA + "/composite/sobjects/", signed(self._update_collection)),
            web.route("*", "/{anything:.*}", signed(self._nothing_here)),
        ]

    def _guarded(self, handler: Handler) -> Handler:
        """Refusals become bodies, whoever raised them."""

        async def guarded(request: web.Request) -> web.Response:
            request[TENANT] = ORG_ID
            if len(str(request.rel_url.raw_path_qs)) > LONGEST_URL:
                return web.Response(status=414, text="<h1>URI Too Long</h1>", content_type="text/html")
            try:
                return await handler(request)
            except SalesforceError as refusal:
                return _refused(refusal)
            except OAuthError as refusal:
                body = {"error": refusal.error, "error_description": refusal.description}
                return web.json_response(body, status=400)

        return guarded

    def _signed(self, handler: Handler) -> Handler:
        """Asks for a session, counts the call, tells the allowance."""

        async def signed(request: web.Request) -> web.Response:
            if not self._sessions.is_live(request.headers.get("Authorization", "")):
                raise session_expired()
            _check_version(request.match_info.get("version"))
            self._count_call()
            return await handler(request)

        async def limited(request: web.Request) -> web.Response:
            response = await self._guarded(signed)(request)
            response.headers["Sforce-Limit-Info"] = f"api-usage={self._used}/{self._settings['daily_limit']}"
            return response

        return limited

    def _count_call(self) -> None:
        now = self._world.clock.now()
        if now >= self._window + timedelta(hours=24):
            self._window, self._used = now, 0
        if self._used >= self._settings["daily_limit"]:
            raise _limit_exceeded()
        self._used += 1

    async def _token(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        session = self._sessions.sign_in(form, request.headers.get("Authorization", ""))
        base = _base_url(request)
        return web.json_response(
            {
                "access_token": session.token,
                "signature": "c2FuZGJveA==",
                "scope": "api",
                "instance_url": base,
                "id": f"{base}/id/{ORG_ID}/{USER_ID}",
                "token_type": "Bearer",
                "issued_at": str(int(session.issued.timestamp() * 1000)),
            }
        )

    async def _versions(self, request: web.Request) -> web.Response:
        numbers = range(OLDEST, NEWEST + 1)
        return web.json_response(
            [
                {"label": f"v{number}.0", "url": f"/services/data/v{number}.0", "version": f"{number}.0"}
                for number in numbers
            ]
        )

    async def _user_info(self, request: web.Request) -> web.Response:
        return _json(
            {
                "sub": f"{_base_url(request)}/id/{ORG_ID}/{USER_ID}",
                "user_id": USER_ID,
                "organization_id": ORG_ID,
                "preferred_username": "integration@sandbox.example",
                "name": "Integration User",
                "email": "integration@sandbox.example",
                "active": True,
            }
        )

    async def _limits(self, request: web.Request) -> web.Response:
        most = self._settings["daily_limit"]
        return _json({"DailyApiRequests": {"Max": most, "Remaining": max(0, most - self._used)}})

    async def _query(self, request: web.Request) -> web.Response:
        return self._answer_query(request, deleted=False)

    async def _query_all(self, request: web.Request) -> web.Response:
        return self._answer_query(request, deleted=True)

    def _answer_query(self, request: web.Request, deleted: bool) -> web.Response:
        text = request.query.get("q")
        if not text:
            raise SalesforceError("MALFORMED_QUERY", "A query string has to be specified")
        version = request.match_info["version"]
        total, rows = Runner(self._org, parse(text)).run(version, deleted)
        hint = request.headers.get("Sforce-Query-Options", "")
        return _json(self._cursors.first(total, rows, version, hint))

    async def _next_page(self, request: web.Request) -> web.Response:
        return _json(self._cursors.next(request.match_info["locator"], request.match_info["version"]))

    async def _objects(self, request: web.Request) -> web.Response:
        seen = [one for one in self._org.objects.values() if self._org.visible(one.name)]
        return _json({"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": [self._summary(one) for one in seen]})

    def _summary(self, sobject: SObject) -> Row:
        return {
            "name": sobject.name,
            "label": sobject.label,
            "custom": sobject.name.endswith("__c"),
            "keyPrefix": self._org.prefixes[sobject.name],
            "queryable": True,
            "updateable": True,
        }

    async def _describe(self, request: web.Request) -> web.Response:
        sobject = self._object(request)
        fields = [one.describe() for one in self._org.fields_of(sobject)]
        return _json({**self._summary(sobject), "fields": fields})

    def _object(self, request: web.Request) -> SObject:
        found = self._org.visible(request.match_info["sobject"])
        if found is None:
            raise not_found()
        return found

    async def _get(self, request: web.Request) -> web.Response:
        sobject, record_id = self._object(request), request.match_info["id"]
        row = self._org.stored(sobject.name, record_id) if ids.full_id(record_id) else None
        if row is None:
            raise not_found()
        if row["IsDeleted"]:
            raise SalesforceError("ENTITY_IS_DELETED", "entity is deleted", 404)
        url = f"/services/data/{request.match_info['version']}/sobjects/{sobject.name}/{row['Id']}"
        record = {"attributes": {"type": sobject.name, "url": url}, **self._org.read(sobject, row)}
        return _json(self._only(sobject, record, request.query.get("fields")))

    def _only(self, sobject: SObject, record: Row, asked: str | None) -> Row:
        """?fields=a,b narrows the answer; Id always comes along."""
        if asked is None:
            return record
        found = {name: self._org.visible_field(sobject, name) for name in asked.split(",")}
        missing = [name for name, field in found.items() if field is None]
        if missing:
            message = f"No such column '{missing[0]}' on sobject of type {sobject.name}"
            raise SalesforceError("INVALID_FIELD", message)
        names = ["attributes", *(field.name for field in found.values() if field), "Id"]
        return {name: record[name] for name in names}

    async def _patch(self, request: web.Request) -> web.Response:
        body = await _body(request)
        if not isinstance(body, dict):
            raise SalesforceError("JSON_PARSER_ERROR", "The HTTP entity body must be a JSON object")
        sobject = self._object(request)
        # an id in the body of a single update is refused, not ignored
        if any(name.casefold() == "id" for name in body):
            raise SalesforceError("INVALID_FIELD", "The Id field should not be specified in the sobject data.")
        self._writer.update_one(self._writer.read(sobject, request.match_info["id"], body))
        return web.Response(status=204)

    async def _update_collection(self, request: web.Request) -> web.Response:
        all_or_none, changes = self._writer.read_collection(await _body(request))
        try:
            return _json(self._writer.update_collection(all_or_none, changes))
        except HalfDone:
            message = "An unexpected error occurred. Please include this ErrorId if you contact support: 1-1"
            return _refused(SalesforceError("UNKNOWN_EXCEPTION", message, 500))

    async def _nothing_here(self, request: web.Request) -> web.Response:
        raise not_found()


def _limit_exceeded() -> SalesforceError:
    return SalesforceError("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", 403)


def _refused(refusal: SalesforceError) -> web.Response:
    return web.Response(text=exact_json.dumps(refusal.body()), status=refusal.status, content_type="application/json")


def _json(data: Any) -> web.Response:
    return web.Response(text=exact_json.dumps(data), content_type="application/json")


def _base_url(request: web.Request) -> str:
    return f"{request.scheme}://{request.host}"


def _check_version(version: str | None) -> None:
    """Old versions are retired with 410, versions to come are not there yet."""
    if version is None:
        return
    number = version.removeprefix("v").removesuffix(".0")
    if version != f"v{number}.0" or not number.isdigit() or int(number) > NEWEST:
        raise not_found()
    if int(number) <= RETIRED:
        raise SalesforceError("UNSUPPORTED_API_VERSION", "API version retired", 410)


async def _body(request: web.Request) -> Any:
    if request.content_type != "application/json":
        message = f"Content type {request.content_type} not supported"
        raise SalesforceError("UNSUPPORTED_MEDIA_TYPE", message, 415)
    try:
        return exact_json.loads(await request.text())
    except json.JSONDecodeError as error:
        raise SalesforceError(
            "JSON_PARSER_ERROR", f"{error.msg} at [line:{error.lineno}, column:{error.colno}]"
        ) from error
