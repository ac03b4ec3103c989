"""Which invoice names the store's order that it came from: one alone may; pure.

The order's id is in an extra field of every one of them, where the flow's option bigcommerce.extra_fields has one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from invoice_sync.connectors.base import Json
from invoice_sync.connectors.bigcommerce.wording import ORDER_INVOICED
from invoice_sync.model.errors import Problem

_ORDER = "orderNumber"


def settled(bodies: Sequence[Json], invoiced: Mapping[str, str]) -> list[Json]:
    """The bodies of new invoices, in their order. `invoiced`: number of the invoice that an order has already.

    The first one of an order names it, unless the store has another for it.
    """
    found, named = [], dict(invoiced)
    for body in bodies:
        order, number = str(body.get(_ORDER) or ""), str(body.get("invoiceNumber"))
        mine = not order or named.setdefault(order, number) == number
        found.append(body if mine else _without(body))
    return found


def instead(body: Json, problem: Problem) -> Json | None:
    """What to create where the store has an invoice for the order already; None for any other refusal."""
    return _without(body) if problem.cause == ORDER_INVOICED and body.get(_ORDER) else None


def _without(body: Json) -> Json:
    return {name: value for name, value in body.items() if name != _ORDER}
