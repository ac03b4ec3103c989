"""The company API: paths to handlers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from aiohttp import web

from sandbox.quickbooks import faults, forms
from sandbox.quickbooks.batch import BatchRunner, CutOff, items_of
from sandbox.quickbooks.changes import changes
from sandbox.quickbooks.desk import ENTITIES, Desk, Write, included, operation_of
from sandbox.quickbooks.entities import TAX_SERVICE
from sandbox.quickbooks.entities.base import find
from sandbox.quickbooks.entities.currency import rate_on, shown_rate
from sandbox.quickbooks.entities.tax_setup import service_answer
from sandbox.quickbooks.faults import Fault, GatewayFault
from sandbox.quickbooks.gate import Gate, Throttled
from sandbox.quickbooks.limits import Limiter
from sandbox.quickbooks.meter import Meter
from sandbox.quickbooks.search import search
from sandbox.quickbooks.settings import Settings
from sandbox.quickbooks.store import Company
from sandbox.quickbooks.wire import Record, decode
from sandbox.weather import Dropped

if TYPE_CHECKING:
    from sandbox.world import World

Serve = Callable[[Company, web.Request], Awaitable[Record | web.Response]]
# read by paths of their own
_SINGLES = frozenset({"companyinfo", "preferences", "exchangerate"})
_ENDED = frozenset({"EXPIRED", "TRIAL_EXPIRED", "CANCELLED", "SUSPENDED"})
# how a path is billed and limited
READ, WRITE, BATCH = "read", "write", "batch"


class Api:
    """Everything under /v3/company/{realm}. minorversion is taken and changes nothing:
    since August 2025 every value below 75 is served as 75."""

    def __init__(
        self, world: World, settings: Settings, gate: Gate, limiter: Limiter, meter: Meter,
        companies: dict[str, Company],
    ) -> None:  # fmt: skip
        self._world = world
        self._settings = settings
        self._gate = gate
        self._limiter = limiter
        self._meter = meter
        self._companies = companies
        self._desk = Desk(world, settings)
        self._batches = BatchRunner(world, settings, self._desk, meter)

    def routes(self) -> list[web.RouteDef]:
        """One path per kind of call, so that the call counters tell them apart."""
        base = "/v3/company/{tenant}"
        return [
            web.get(f"{base}/query", self._handler(self._query, READ)),
            web.post(f"{base}/query", self._handler(self._query, READ)),
            web.get(f"{base}/cdc", self._handler(self._cdc, READ)),
            web.post(f"{base}/batch", self._handler(self._batch, BATCH)),
            web.get(f"{base}/preferences", self._handler(self._preferences, READ)),
            web.get(f"{base}/exchangerate", self._handler(self._exchange_rate, READ)),
            web.get(base + "/companyinfo/{id}", self._handler(self._company_info, READ)),
            web.post(f"{base}/taxservice/taxcode", self._handler(self._tax_service, WRITE)),
            web.get(base + "/{entity}/{id}", self._handler(self._read, READ)),
            web.get(base + "/{entity}/{id}/pdf", self._handler(self._pdf, READ)),
            web.post(base + "/{entity}/{id}/send", self._handler(self._send, WRITE)),
            web.post(base + "/{entity}", self._handler(self._write, WRITE)),
            web.route("*", base + "/{rest:.*}", self._handler(self._nothing, WRITE)),
            web.route("*", "/v3/{rest:.*}", self._handler(self._nothing, WRITE)),
        ]

    def _handler(self, serve: Serve, kind: str) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def handle(request: web.Request) -> web.StreamResponse:
            realm = request.match_info.get("tenant", "")
            try:
                owner = self._gate.admit(request, realm, kind == BATCH)
                self._bill(realm, kind)
                self._limiter.enter(realm, owner.app)
                try:
                    return await self._served(serve, self._companies[realm], request)
                finally:
                    self._limiter.leave(realm, owner.app)
            except (Fault, GatewayFault, Throttled, CutOff) as trouble:
                return self._refused(request, trouble)

        return handle

    def _bill(self, realm: str, kind: str) -> None:
        if kind == WRITE:
            self._meter.wrote(realm)
        elif kind == READ and not self._meter.read(realm):
            raise Throttled

    async def _served(self, serve: Serve, company: Company, request: web.Request) -> web.StreamResponse:
        began = time.monotonic()
        _check_company(company)
        payload = await serve(company, request)
        return payload if isinstance(payload, web.Response) else self._gate.answer(request, payload, began)

    def _refused(self, request: web.Request, trouble: Exception) -> web.StreamResponse:
        if isinstance(trouble, Fault):
            return self._gate.refusal(request, trouble)
        if isinstance(trouble, GatewayFault):
            return self._gate.gateway_refusal(request, trouble)
        if isinstance(trouble, CutOff):
            if request.transport is not None:
                request.transport.abort()
            return Dropped()
        return self._gate.over_limit()

    async def _query(self, company: Company, request: web.Request) -> Record:
        text = request.query.get("query") if request.method == "GET" else await self._text(request)
        if not text or not text.strip():
            raise faults.unparsable_query("Encountered the end of the statement")
        return {"QueryResponse": search(company, text, self._settings)}

    async def _cdc(self, company: Company, request: web.Request) -> Record:
        asked = request.query.get("entities"), request.query.get("changedSince")
        return {"CDCResponse": changes(company, self._settings, *asked, self._world.clock.now())}

    async def _batch(self, company: Company, request: web.Request) -> Record:
        items = items_of(await self._json(request), self._settings)
        if self._settings.batch_counts_items:
            self._limiter.charge(company.realm, max(len(items) - 1, 0), self._world.clock.now())
        return await self._batches.run(company, items, request.query.get("requestid") or None)

    async def _preferences(self, company: Company, request: web.Request) -> Record:
        return {"Preferences": company.preferences}

    async def _company_info(self, company: Company, request: web.Request) -> Record:
        if request.match_info["id"] not in (company.realm, "1"):
            raise Fault(faults.not_found())
        return {"CompanyInfo": company.info}

    async def _exchange_rate(self, company: Company, request: web.Request) -> Record:
        code = request.query.get("sourcecurrencycode", "")
        if not code:
            raise Fault(faults.missing("sourcecurrencycode"))
        now = self._world.clock.now()
        rate = rate_on(company, code.upper(), request.query.get("asofdate") or now.date().isoformat())
        if rate is None:
            raise Fault(faults.not_found())
        return {"ExchangeRate": shown_rate(rate)}

    async def _tax_service(self, company: Company, request: web.Request) -> Record:
        body = await self._json(request)
        write = Write(TAX_SERVICE, "create", body, frozenset(), request.query.get("requestid") or None)
        return service_answer(company, self._desk.run(company, write)["TaxCode"])

    async def _read(self, company: Company, request: web.Request) -> Record:
        entity = _entity(request)
        return {entity: find(company, entity, request.match_info["id"])}

    async def _pdf(self, company: Company, request: web.Request) -> web.Response:
        record = find(company, forms.printable(_entity(request)), request.match_info["id"])
        body = forms.pdf(company, record)
        return web.Response(body=body, content_type="application/pdf", headers=self._gate.headers())

    async def _send(self, company: Company, request: web.Request) -> Record:
        entity, now = forms.printable(_entity(request)), self._world.clock.now()
        old = find(company, entity, request.match_info["id"])
        address = forms.address_of(old, request.query.get("sendTo"))
        if not self._limiter.mail(company.realm, now):
            raise Throttled
        return {entity: forms.sent(company, entity, old, address, now)}

    async def _write(self, company: Company, request: web.Request) -> Record:
        entity = _entity(request, for_writing=True)
        body = await self._json(request)
        include = included(*request.query.getall("include", []))
        operation = operation_of(body, request.query.get("operation"), include)
        await asyncio.sleep(self._settings.service_seconds)
        request_id = request.query.get("requestid") or None
        return self._desk.run(company, Write(entity, operation, body, include, request_id))

    async def _nothing(self, company: Company, request: web.Request) -> Record:
        raise _no_resource(request)

    async def _text(self, request: web.Request) -> str:
        raw = await request.read()
        if self._settings.largest_body_bytes and len(raw) > self._settings.largest_body_bytes:
            raise web.HTTPRequestEntityTooLarge(int(self._settings.largest_body_bytes), len(raw))
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            raise faults.unsupported("Invalid UTF-8 bytes in the request") from None

    async def _json(self, request: web.Request) -> Any:
        text = await self._text(request)
        try:
            return decode(text)
        except ValueError as error:
            raise Fault(faults.bad_property(f"Unexpected character: {error}")) from None


def _check_company(company: Company) -> None:
    named = {each["Name"]: each["Value"] for each in company.info.get("NameValue", [])}
    if str(named.get("SubscriptionStatus", "")).upper() in _ENDED:
        raise Fault(faults.company_ended())


def _entity(request: web.Request, for_writing: bool = False) -> str:
    """Entity names are lower case in paths."""
    written = request.match_info["entity"]
    if written not in ENTITIES or (written in _SINGLES and not for_writing):
        raise _no_resource(request)
    return ENTITIES[written]


def _no_resource(request: web.Request) -> Fault:
    return faults.unsupported(f"Could not find resource for relative : {request.path.removeprefix('/v3')}")
