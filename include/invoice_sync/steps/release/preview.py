"""What would happen to each chosen order, in the columns of the shipment screen that its users know."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from tabulate import tabulate

from invoice_sync.connectors.fulfilment import OrderState, ShipmentState

log = logging.getLogger("invoice_sync.release")

COLUMNS = (
    "Order Nbr.", "Inventory ID", "Warehouse", "Location", "UOM", "Shipped Qty", "Ordered Qty", "Open Qty", "Next",
)  # fmt: skip


def show(orders: Iterable[OrderState], shipments: Mapping[str, ShipmentState], unknown: Sequence[str]) -> None:
    """Into the log. `unknown`: keys of orders that are not there."""
    rows = [row for order in orders for row in _rows(order, shipments)]
    rows += [(key.rpartition("/")[2], *[""] * 7, "review: order_unknown") for key in unknown]
    if rows:
        log.info("What would happen:\n%s", tabulate(rows, COLUMNS, tablefmt="grid", disable_numparse=True))


def plain(quantity: Decimal) -> str:
    """2 and not 2.0."""
    return f"{quantity.normalize():f}"


def _rows(order: OrderState, shipments: Mapping[str, ShipmentState]) -> list[tuple[str, ...]]:
    told = _next(order, shipments)
    if not order.lines:
        return [(order.number, *[""] * 7, told)]
    return [
        (order.number, line.sku, line.warehouse, line.location, line.unit, plain(line.shipped), plain(line.ordered),
         plain(line.open), told)
        for line in order.lines
    ]  # fmt: skip


def _next(order: OrderState, shipments: Mapping[str, ShipmentState]) -> str:
    going = [shipments[number] for number in order.shipments if number in shipments]
    parts = [f"{each.number}: {_step_of(each)}" for each in going if not each.is_released]
    if order.is_open and not (parts and order.problem):
        parts.append(f"review: {order.problem.cause}" if order.problem else "Create Shipment")
    return ", ".join(parts) or ("nothing: released" if going else "nothing: nothing to ship")


def _step_of(shipment: ShipmentState) -> str:
    if shipment.problem:
        return f"review: {shipment.problem.cause}"
    return "Release" if shipment.invoice else "Prepare Invoice" if shipment.is_confirmed else "Confirm Shipment"
