"""The core's V2 and V3: paths to handlers, with the scope that each needs."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aiohttp import web

from sandbox.bigcommerce import core, errors
from sandbox.bigcommerce.call import Call
from sandbox.bigcommerce.desk import Desk
from sandbox.bigcommerce.errors import CoreRefusal, Refusal
from sandbox.bigcommerce.gate import Gate, Throttled, quota_headers
from sandbox.bigcommerce.limits import CORE
from sandbox.bigcommerce.settings import Settings
from sandbox.bigcommerce.wire import decode

if TYPE_CHECKING:
    from sandbox.world import World

BASE = "/stores/{tenant}"
_ORDERS, _MONEY = "store_v2_orders", "store_v2_transactions_read_only"
_READ_ORDERS, _CUSTOMERS = "store_v2_orders_read_only", "store_v2_customers_read_only"
_ABOUT, _CHANNELS = "store_v2_information_read_only", "store_channel_settings_read_only"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class Route:
    """One call; `scope` None asks for none of its own."""

    method: str
    path: str
    do: Callable[[Call], Any]
    scope: str | None
    entity: str = ""
    operation: str = ""


ROUTES = (
    Route("GET", "/v2/time", core.time, None),
    Route("GET", "/v2/store", core.store, _ABOUT),
    Route("GET", "/v2/currencies", core.currencies, _ABOUT),
    Route("GET", "/v2/customer_groups", core.groups, _CUSTOMERS),
    Route("GET", "/v2/order_statuses", core.order_statuses, _READ_ORDERS),
    Route("GET", "/v2/orders", core.orders, _READ_ORDERS),
    Route("POST", "/v2/orders", core.create_order, _ORDERS, "order", "create"),
    Route("GET", "/v2/orders/count", core.count_orders, _READ_ORDERS),
    Route("GET", "/v2/orders/{id}", core.order, _READ_ORDERS),
    Route("PUT", "/v2/orders/{id}", core.update_order, _ORDERS, "order", "update"),
    Route("DELETE", "/v2/orders/{id}", core.archive_order, _ORDERS, "order", "delete"),
    Route("GET", "/v2/orders/{id}/{part}", core.order_part, _READ_ORDERS),
    Route("GET", "/v3/customers", core.customers, _CUSTOMERS),
    Route("GET", "/v3/orders/payment_actions/refunds", core.all_refunds, _MONEY),
    Route("GET", "/v3/orders/metafields", core.all_metafields, _READ_ORDERS),
    Route("GET", "/v3/orders/{id}/transactions", core.transactions, _MONEY),
    Route("GET", "/v3/orders/{id}/payment_actions/refunds", core.refunds, _MONEY),
    Route("GET", "/v3/orders/{id}/metafields", core.metafields, _READ_ORDERS),
    Route("GET", "/v3/channels", core.channels, _CHANNELS),
    Route("GET", "/v3/hooks", core.list_hooks, None),
    Route("POST", "/v3/hooks", core.create_hook, None, "hook", "create"),
    Route("GET", "/v3/hooks/{id}", core.get_hook, None),
    Route("PUT", "/v3/hooks/{id}", core.update_hook, None, "hook", "update"),
    Route("DELETE", "/v3/hooks/{id}", core.delete_hook, None, "hook", "delete"),
)


class CoreApi:
    """Everything under /stores/{hash}."""

    def __init__(self, world: World, settings: Settings, gate: Gate, desk: Desk) -> None:
        self._world = world
        self._settings = settings
        self._gate = gate
        self._desk = desk

    def routes(self) -> list[web.RouteDef]:
        """One path for each kind of call."""
        known = [web.route(each.method, BASE + each.path, self._handler(each)) for each in ROUTES]
        nothing = self._handler(Route("*", "", _nothing, None))
        return [*known, web.route("*", BASE + "/{rest:.*}", nothing)]

    def _handler(self, route: Route) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            if self._settings.maintenance:
                return self._gate.maintenance()
            version = "v2" if "/v2/" in request.path else "v3"
            headers: dict[str, str] = {}
            try:
                store, token, standing = self._gate.core(request, route.scope)
                headers = quota_headers(CORE, standing)
                body = _body(await request.text()) if route.operation else None
                call = Call(self._world, store, self._settings, token, request.match_info, request.query, body)
                return self._gate.answer(200, self._done(route, call), headers)
            except (CoreRefusal, Refusal) as told:
                return self._gate.answer(told.status, errors.core_body(_as_core(told), version), headers)
            except Throttled as over:
                return self._gate.over_limit(CORE, over.standing, version)

        return handle

    def _done(self, route: Route, call: Call) -> Any:
        if route.operation:
            return self._desk.run(call, route.entity, route.operation, route.do)
        return route.do(call)


def _as_core(told: CoreRefusal | Refusal) -> CoreRefusal:
    """A refusal on order comes in B2B's shape."""
    return told if isinstance(told, CoreRefusal) else CoreRefusal(told.status, str(told.data["errMsg"]))


def _nothing(call: Call) -> Any:
    raise CoreRefusal(404, errors.NO_V2_RESOURCE)


def _body(text: str) -> Any:
    try:
        return decode(text) if text.strip() else None
    except json.JSONDecodeError as error:
        raise CoreRefusal(400, "Input is invalid.") from error
