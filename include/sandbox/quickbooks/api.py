"""The company API: paths to handlers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from aiohttp import web

from sandbox.quickbooks import faults
from sandbox.quickbooks.batch import BatchRunner, CutOff
from sandbox.quickbooks.desk import ENTITIES, Desk, Write, included, operation_of
from sandbox.quickbooks.entities.base import find
from sandbox.quickbooks.faults import Fault, GatewayFault
from sandbox.quickbooks.gate import Gate, Throttled
from sandbox.quickbooks.search import search
from sandbox.quickbooks.settings import Settings
from sandbox.quickbooks.store import Company
from sandbox.quickbooks.wire import Record, decode
from sandbox.weather import Dropped

if TYPE_CHECKING:
    from sandbox.world import World

Serve = Callable[[Company, web.Request], Awaitable[Record]]
_SINGLES = frozenset({"companyinfo", "preferences"})


class Api:
    """Everything under /v3/company/{realm}. minorversion is taken and changes nothing:
    since August 2025 every value below 75 is served as 75."""

    def __init__(self, world: World, settings: Settings, gate: Gate, companies: dict[str, Company]) -> None:
        self._settings = settings
        self._gate = gate
        self._companies = companies
        self._desk = Desk(world, settings)
        self._batches = BatchRunner(world, settings, self._desk)

    def routes(self) -> list[web.RouteDef]:
        """One path per kind of call, so that the call counters tell them apart."""
        base = "/v3/company/{tenant}"
        return [
            web.get(f"{base}/query", self._handler(self._query)),
            web.post(f"{base}/query", self._handler(self._query)),
            web.post(f"{base}/batch", self._handler(self._batch, is_batch=True)),
            web.get(f"{base}/preferences", self._handler(self._preferences)),
            web.get(base + "/companyinfo/{id}", self._handler(self._company_info)),
            web.get(base + "/{entity}/{id}", self._handler(self._read)),
            web.post(base + "/{entity}", self._handler(self._write)),
            web.route("*", base + "/{rest:.*}", self._handler(self._nothing)),
            web.route("*", "/v3/{rest:.*}", self._handler(self._nothing)),
        ]

    def _handler(self, serve: Serve, is_batch: bool = False) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handle(request: web.Request) -> web.Response:
            realm = request.match_info.get("tenant", "")
            began = time.monotonic()
            try:
                self._gate.admit(request, realm, is_batch)
                payload = await serve(self._companies[realm], request)
                return self._gate.answer(request, payload, began)
            except (Fault, GatewayFault, Throttled, CutOff) as trouble:
                return self._refused(request, trouble)

        return handle

    def _refused(self, request: web.Request, trouble: Exception) -> web.Response:
        if isinstance(trouble, Fault):
            return self._gate.refusal(request, trouble)
        if isinstance(trouble, GatewayFault):
            return self._gate.gateway_refusal(request, trouble)
        if isinstance(trouble, CutOff):
            if request.transport is not None:
                request.transport.abort()
            return Dropped()
        return self._gate.throttled(with_headers=False)

    async def _query(self, company: Company, request: web.Request) -> Record:
        text = request.query.get("query") if request.method == "GET" else await _text(request)
        if not text or not text.strip():
            raise faults.unparsable_query("Encountered the end of the statement")
        return {"QueryResponse": search(company, text, self._settings)}

    async def _batch(self, company: Company, request: web.Request) -> Record:
        body = await _json(request)
        return await self._batches.run(company, body, request.query.get("requestid") or None)

    async def _preferences(self, company: Company, request: web.Request) -> Record:
        return {"Preferences": company.preferences}

    async def _company_info(self, company: Company, request: web.Request) -> Record:
        if request.match_info["id"] not in (company.realm, "1"):
            raise Fault(faults.not_found())
        return {"CompanyInfo": company.info}

    async def _read(self, company: Company, request: web.Request) -> Record:
        entity = _entity(request)
        return {entity: find(company, entity, request.match_info["id"])}

    async def _write(self, company: Company, request: web.Request) -> Record:
        entity = _entity(request)
        body = await _json(request)
        include = included(*request.query.getall("include", []))
        operation = operation_of(body, request.query.get("operation"), include)
        await asyncio.sleep(self._settings.service_seconds)
        request_id = request.query.get("requestid") or None
        return self._desk.run(company, Write(entity, operation, body, include, request_id))

    async def _nothing(self, company: Company, request: web.Request) -> Record:
        raise _no_resource(request)


def _entity(request: web.Request) -> str:
    """Entity names are lower case in paths."""
    written = request.match_info["entity"]
    if written not in ENTITIES or written in _SINGLES:
        raise _no_resource(request)
    return ENTITIES[written]


def _no_resource(request: web.Request) -> Fault:
    return faults.unsupported(f"Could not find resource for relative : {request.path.removeprefix('/v3')}")


async def _text(request: web.Request) -> str:
    raw = await request.read()
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        raise faults.unsupported("Invalid UTF-8 bytes in the request") from None


async def _json(request: web.Request) -> Any:
    text = await _text(request)
    try:
        return decode(text)
    except ValueError as error:
        raise Fault(faults.bad_property(f"Unexpected character: {error}")) from None
