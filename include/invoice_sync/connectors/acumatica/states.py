"""Where an order stands on its way from shipment to released invoice, as its records say it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal

from invoice_sync.connectors.acumatica import statuses
from invoice_sync.connectors.acumatica.fields import Fields, bad
from invoice_sync.connectors.acumatica.look import Look
from invoice_sync.connectors.base import Json
from invoice_sync.connectors.fulfilment import OrderLine, OrderState, ShipmentState
from invoice_sync.model.errors import Problem
from invoice_sync.model.money import Money

ORDER = Look(
    "OrderType,OrderNbr,Status,CustomerID,CurrencyID,OrderTotal,Details/LineNbr,Details/InventoryID,"
    "Details/WarehouseID,Details/OrderQty,Details/OpenQty,Details/UOM,Shipments/ShipmentNbr",
    "Details,Shipments",
)
SHIPMENT = Look(
    "ShipmentNbr,Status,WarehouseID,Details/OrderType,Details/OrderNbr,Details/OrderLineNbr,Details/InventoryID,"
    "Details/LocationID,Details/ShippedQty,Orders/OrderType,Orders/OrderNbr,Orders/InvoiceType,Orders/InvoiceNbr",
    "Details,Orders",
)
INVOICE = Look("Type,ReferenceNbr,Status,Hold")

CONFIRMED = frozenset({"Confirmed", "Partially Invoiced", "Invoiced", "Completed"})
RELEASED = frozenset({"Open", "Closed", "Canceled", "Voided", "Reserved", "Unapplied", "Pending Payment"})

_THEN = "then clear the red task."
_ORDER_STOPS: Mapping[str, tuple[str, str, str]] = {
    "On Hold": ("order_on_hold", "is on hold", "Remove the hold in Acumatica"),
    "Credit Hold": ("credit_hold", "is stopped by the credit check", "Release it from credit hold in Acumatica"),
    "Risk Hold": ("risk_hold", "is on risk hold", "Decide about the risk in Acumatica"),
    "Pending Approval": ("not_approved", "is not approved yet", "Have it approved in Acumatica"),
    "Rejected": ("order_rejected", "was rejected", "Correct it and have it approved, or leave it"),
    "Awaiting Payment": ("awaiting_payment", "waits for a payment", "Enter the payment in Acumatica"),
    "Pending Processing": ("awaiting_payment", "waits for a card payment", "Capture the payment in Acumatica"),
    "Canceled": ("order_canceled", "was canceled", "Leave it out, or reopen it in Acumatica"),
    "Shipping": (
        "order_shipping",
        "has a shipment that has not left yet, and open quantity besides",
        "Confirm that shipment first",
    ),
}
_ANY_CURE = "Take it further on the Invoices form (SO303000) in Acumatica"
_CURES: Mapping[str, str] = {
    "On Hold": "Remove the hold in Acumatica, or have the flow do it (options.acumatica.remove_hold)",
    "Credit Hold": "Release it from credit hold in Acumatica",
    "Pending Approval": "Have it approved in Acumatica",
    "Rejected": "Correct it and have it approved in Acumatica",
    "Pending Print": "Print it in Acumatica",
    "Pending Email": "Mail it from Acumatica",
    "Pending Processing": "Capture the card payment in Acumatica",
}
_SHIPMENT_STOPS: Mapping[str, tuple[str, str, str]] = {
    "On Hold": ("shipment_on_hold", "is on hold", "Remove the hold in Acumatica"),
}


def order_of(record: Json, shipments: Iterable[Json]) -> OrderState:
    """An order with the records of its shipments. Raises BadDocument for a number that is none."""
    number = Fields(record, "").text("OrderNbr")
    head = Fields(record, f"order {number}")
    on_shipments = list(_of_shipments(head, shipments))
    status = head.text("Status")
    lines = tuple(_order_line(row, on_shipments) for row in _rows(head, "Details"))
    stop = _ORDER_STOPS.get(status)
    return OrderState(
        key=pair(head, "OrderType", "OrderNbr"),
        number=number,
        customer=head.text("CustomerID"),
        status=status,
        total=head.money("OrderTotal", "total", head.text("CurrencyID") or "USD"),
        lines=lines,
        shipments=shipments_of(record),
        problem=_problem(head.who, stop) if stop is not None else None,
    )


def unreadable(record: Json, problem: Problem) -> OrderState:
    """An order with an amount or quantity that is none: its neighbours go on."""
    head = Fields(record, "")
    return OrderState(
        key=pair(head, "OrderType", "OrderNbr"),
        number=head.text("OrderNbr"),
        customer=head.text("CustomerID"),
        status=head.text("Status"),
        total=Money(0, head.text("CurrencyID") or "USD"),
        lines=(),
        shipments=shipments_of(record),
        problem=problem,
    )


def shipments_of(record: Json) -> tuple[str, ...]:
    """Numbers of the shipments of an order, oldest first: they are counted upwards."""
    return tuple(sorted(_distinct(row.text("ShipmentNbr") for row in _rows(Fields(record, ""), "Shipments"))))


def invoice_id(shipment: Json) -> str:
    """ "<Type>/<ReferenceNbr>" of the invoice that was made of a shipment; empty when there is none."""
    rows = _rows(Fields(shipment, ""), "Orders")
    found = _distinct(_invoice(row) for row in rows)
    return found[0] if found else ""


def is_confirmed(shipment: Json) -> bool:
    return Fields(shipment, "").text("Status") in CONFIRMED


def is_released(invoice: Json) -> bool:
    return Fields(invoice, "").text("Status") in RELEASED


def is_held(invoice: Json) -> bool:
    """A draft that nobody may release yet; the status says it also where the field does not come along."""
    return Fields(invoice, "").text("Status") == "On Hold"


def shipment_of(record: Json, invoice: Json | None) -> ShipmentState:
    """A shipment, and the record of the invoice made of it."""
    head = Fields(record, "")
    number, status = head.text("ShipmentNbr"), head.text("Status")
    invoice_status = Fields(invoice or {}, "").text("Status")
    return ShipmentState(
        number=number,
        status=status,
        is_confirmed=status in CONFIRMED,
        invoice=invoice_id(record),
        invoice_status=invoice_status,
        is_released=invoice is not None and is_released(invoice),
        is_held=invoice is not None and is_held(invoice),
        problem=_shipment_problem(number, status, invoice_id(record), invoice_status),
    )


def pair(row: Fields, kind: str, number: str) -> str:
    return f"{row.text(kind)}/{row.text(number)}"


def _order_line(row: Fields, on_shipments: Sequence[Fields]) -> OrderLine:
    """What is open is neither gone nor on a shipment.

    OpenQty falls when a shipment is confirmed or the rest is given up, and nobody says when QtyOnShipments does: so
    what lies on shipments is added up from them.
    """
    number, ordered = row.raw("LineNbr"), row.number("OrderQty", "quantity")
    mine = [each for each in on_shipments if each.raw("OrderLineNbr") == number]
    shipped = sum((each.number("ShippedQty", "shipped quantity") for each in mine), Decimal(0))
    left = min(row.number("OpenQty", "open quantity"), ordered - shipped)
    return OrderLine(
        sku=row.text("InventoryID"),
        warehouse=row.text("WarehouseID"),
        location=", ".join(_distinct(each.text("LocationID") for each in mine)),
        unit=row.text("UOM"),
        shipped=shipped,
        ordered=ordered,
        open=max(left, Decimal(0)),
    )


def _of_shipments(order: Fields, shipments: Iterable[Json]) -> Iterator[Fields]:
    """Rows of the shipments that are of this order: one shipment may serve several."""
    wanted = pair(order, "OrderType", "OrderNbr")
    for shipment in shipments:
        rows = _rows(Fields(shipment, order.who), "Details")
        yield from (row for row in rows if pair(row, "OrderType", "OrderNbr") == wanted)


def _shipment_problem(number: str, status: str, invoice: str, invoice_status: str) -> Problem | None:
    if invoice:
        return _invoice_problem(invoice, invoice_status)
    stop = _SHIPMENT_STOPS.get(status)
    return _problem(f"shipment {number}", stop) if stop is not None else None


def _invoice_problem(invoice: str, status: str) -> Problem | None:
    """What keeps an invoice from being released; a balanced one is ready."""
    row = statuses.TABLE.get(status)
    if row is None or row.ruling != "hold" or status in ("Balanced", *RELEASED):
        return None
    cause = f"invoice_{status.lower().replace(' ', '_')}"
    return _problem(
        invoice.replace("/", " "), (cause, f"is not ready for release ({row.reason})", _CURES.get(status, _ANY_CURE))
    )


def _problem(who: str, stop: tuple[str, str, str]) -> Problem:
    cause, reason, cure = stop
    return bad(cause, f"{who} {reason}.", f"{cure}, {_THEN}").problem


def _rows(head: Fields, name: str) -> Iterator[Fields]:
    return (Fields(row, head.who) for row in head.rows(name))


def _invoice(row: Fields) -> str:
    number = row.text("InvoiceNbr")
    return f"{row.text('InvoiceType') or 'Invoice'}/{number}" if number else ""


def _distinct(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if value))
