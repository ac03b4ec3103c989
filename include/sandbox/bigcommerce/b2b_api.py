"""B2B Edition V3: paths to handlers, envelopes around answers."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aiohttp import web

from sandbox.bigcommerce import (
    b2b_orders,
    companies,
    company_bulk,
    errors,
    extras,
    invoice_view,
    invoices,
    payments,
    portal,
    receipts,
    users,
)
from sandbox.bigcommerce.call import Call, Page
from sandbox.bigcommerce.desk import Desk
from sandbox.bigcommerce.errors import Refusal
from sandbox.bigcommerce.gate import Gate, Throttled, quota_headers
from sandbox.bigcommerce.limits import B2B
from sandbox.bigcommerce.settings import Settings
from sandbox.bigcommerce.wire import decode

if TYPE_CHECKING:
    from sandbox.world import World

BASE = "/api/v3/io"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class Route:
    """One call. With an operation it is a write of an entity, and `do` gives what was written."""

    method: str
    path: str
    do: Callable[[Call], Any]
    word: str = "SUCCESS"
    entity: str = ""
    operation: str = ""


def _config_of(entity: str) -> Callable[[Call], Page]:
    return lambda call: extras.list_config(call, entity)


_INVOICE, _PAYMENT, _COMPANY = "/ip/invoices/{id}", "/ip/payments/{id}", "/companies/{id}"
_RECEIPT, _LINE = "/ip/receipts/{id}", "/ip/receipts/{id}/lines/{line}"
ROUTES = (
    Route("GET", "/ip/invoices", invoice_view.list_invoices),
    Route("POST", "/ip/invoices", invoices.create, "Success", "invoice", "create"),
    Route("GET", "/ip/invoices/extra-fields", _config_of("invoice")),
    Route("GET", _INVOICE, invoice_view.get_invoice),
    Route("PUT", _INVOICE, invoices.update, "SUCCESS", "invoice", "update"),
    Route("DELETE", _INVOICE, invoices.delete, "Success", "invoice", "delete"),
    Route("GET", f"{_INVOICE}/download-pdf", invoice_view.pdf),
    Route("POST", "/ip/orders/{id}/invoices", b2b_orders.invoice_from_order, "SUCCESS", "invoice", "create"),
    Route("GET", "/ip/payments", payments.list_payments),
    Route("POST", "/ip/payments/offline", payments.create_offline, "SUCCESS", "payment", "create"),
    Route("PUT", "/ip/payments/offline/{id}", payments.update_offline, "SUCCESS", "payment", "update"),
    Route("GET", _PAYMENT, payments.get_payment),
    Route("DELETE", _PAYMENT, payments.delete, "SUCCESS", "payment", "delete"),
    Route("GET", f"{_PAYMENT}/operations", payments.get_operations, "Success"),
    Route("POST", f"{_PAYMENT}/operations", payments.operate, "SUCCESS", "payment", "update"),
    Route("PUT", f"{_PAYMENT}/processing-status", payments.set_status, "SUCCESS", "payment", "update"),
    Route("GET", f"{_PAYMENT}/transactions", payments.get_transactions),
    Route("GET", "/ip/receipts", receipts.list_receipts),
    Route("GET", _RECEIPT, receipts.get_receipt),
    Route("DELETE", _RECEIPT, receipts.delete_receipt, "SUCCESS", "receipt", "delete"),
    Route("GET", "/ip/receipt-lines", receipts.list_lines),
    Route("GET", f"{_RECEIPT}/lines", receipts.list_lines),
    Route("GET", _LINE, receipts.get_line),
    Route("DELETE", _LINE, receipts.delete_line, "SUCCESS", "receipt_line", "delete"),
    Route("GET", "/ip/config", portal.get_config),
    Route("PUT", "/ip/config", portal.put_config, "SUCCESS", "config", "update"),
    Route("GET", "/companies", companies.list_companies),
    Route("POST", "/companies", companies.create, "SUCCESS", "company", "create"),
    Route("GET", "/companies/extra-fields", _config_of("company")),
    Route("POST", "/companies/bulk", company_bulk.create, "SUCCESS", "company", "create"),
    Route("PUT", "/companies/bulk", company_bulk.update, "SUCCESS", "company", "update"),
    Route("GET", _COMPANY, companies.get_company),
    Route("PUT", _COMPANY, companies.update, "SUCCESS", "company", "update"),
    Route("DELETE", _COMPANY, companies.delete, "SUCCESS", "company", "delete"),
    Route("PUT", f"{_COMPANY}/status", companies.set_status, "SUCCESS", "company", "update"),
    Route("GET", f"{_COMPANY}/credit", portal.get_credit, "Success"),
    Route("PUT", f"{_COMPANY}/credit", portal.put_credit, "Success", "company", "update"),
    Route("GET", f"{_COMPANY}/payment-terms", portal.get_terms, "Success"),
    Route("PUT", f"{_COMPANY}/payment-terms", portal.put_terms, "Success", "company", "update"),
    Route("GET", f"{_COMPANY}/payments", portal.company_methods, "Success"),
    Route("GET", "/company-payment-methods", portal.all_company_methods, "Success"),
    Route("GET", "/payments", portal.methods, "Success"),
    Route("GET", "/channels", portal.channels),
    Route("GET", "/users", users.list_users, "Success"),
    Route("GET", "/users/extra-fields", _config_of("user")),
    Route("GET", "/users/customer/{id}", users.by_customer, "Success"),
    Route("GET", "/users/{id}", users.get_user, "Success"),
    Route("GET", "/orders", b2b_orders.list_orders),
    Route("POST", "/orders", b2b_orders.attach, "SUCCESS", "b2b_order", "create"),
    Route("GET", "/orders/extra-fields", _config_of("order")),
    Route("GET", "/orders/{id}", b2b_orders.get_order),
    Route("PUT", "/orders/{id}", b2b_orders.update, "SUCCESS", "b2b_order", "update"),
    Route("GET", "/orders/{id}/products", b2b_orders.get_products),
    Route("PUT", "/customers/{id}/orders/b2b", b2b_orders.adopt, "SUCCESS", "b2b_order", "update"),
)


class B2bApi:
    """Everything under /api/v3/io."""

    def __init__(self, world: World, settings: Settings, gate: Gate, desk: Desk) -> None:
        self._world = world
        self._settings = settings
        self._gate = gate
        self._desk = desk

    def routes(self) -> list[web.RouteDef]:
        """One path for each kind of call, so that the call counters tell them apart."""
        nothing = self._handler(Route("*", "", _nothing))
        known = [web.route(each.method, BASE + each.path, self._handler(each)) for each in ROUTES]
        wrong = sorted({each.path for each in ROUTES} | {"/ip/invoices/export", f"{_INVOICE}/send-mail"})
        refused = self._handler(Route("*", "", _not_allowed))
        wrongly = [web.route("*", BASE + path, refused) for path in wrong]
        exports = [web.route("*", f"{BASE}/ip/invoices/export", refused)]
        return [*exports, *known, *wrongly, web.route("*", BASE + "/{rest:.*}", nothing)]

    def _handler(self, route: Route) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            if self._settings.maintenance:
                return self._gate.maintenance()
            headers: dict[str, str] = {}
            try:
                store, token, standing = self._gate.b2b(request)
                headers = quota_headers(B2B, standing)
                body = _body(await request.text()) if route.operation else None
                call = Call(self._world, store, self._settings, token, request.match_info, request.query, body)
                return self._gate.answer(200, self._envelope(route, self._done(route, call)), headers)
            except Refusal as refusal:
                return self._gate.refusal(refusal, headers)
            except Throttled as over:
                return self._gate.over_limit(B2B, over.standing)

        return handle

    def _done(self, route: Route, call: Call) -> Any:
        if route.operation:
            return self._desk.run(call, route.entity, route.operation, route.do)
        return route.do(call)

    def _envelope(self, route: Route, data: Any) -> dict[str, Any]:
        word = route.word if self._settings.success_word == "varied" else self._settings.success_word
        meta: dict[str, Any] = {"message": word}
        if isinstance(data, Page):
            counts = {"totalCount": data.total, "limit": data.limit, "offset": data.offset}
            meta |= counts if data.flat else {"pagination": counts}
            data = data.rows
        return {"code": 200, "data": data, "meta": meta}


def _nothing(call: Call) -> Any:
    raise errors.plain(404, errors.NO_RESOURCE)


def _not_allowed(call: Call) -> Any:
    raise errors.plain(405, "Method Not Allowed")


def _body(text: str) -> Any:
    try:
        return decode(text) if text.strip() else None
    except json.JSONDecodeError as error:
        raise errors.refused(400, "The request body is not valid JSON.") from error
