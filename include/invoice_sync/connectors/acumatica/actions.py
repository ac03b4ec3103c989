"""The deeds of the release chain: create a shipment, confirm it, prepare its invoice, release that. Pure.

Each is pressed by a POST that answers 204 (done) or 202 with the address of its outcome; but what counts is the state
of the record afterwards. Where nothing holds a second press off (a shipment of a partly shipped order) the class is
plain, and the shipments that were there before are part of the body; elsewhere the deed sets a state.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from invoice_sync.connectors.acumatica import states
from invoice_sync.connectors.acumatica.look import Look
from invoice_sync.connectors.base import CREATE, Json, Remote, WriteClass
from invoice_sync.connectors.fulfilment import CONFIRM, PREPARE, RELEASE, OrderState, ShipmentState


@dataclass(frozen=True, slots=True)
class Deed:
    """One button of a form, and how its effect shows."""

    entity: str
    action: str
    keys: tuple[str, ...]
    look: Look
    write_class: WriteClass
    found: Callable[[Json, Json], list[Remote]]
    """(body, record as it is now) to what may be the effect."""

    wanted: Mapping[str, str]
    """The facts that such a Remote must show."""

    def key_values(self, body: Json) -> list[str]:
        return [str(body[name]) for name in self.keys]

    def wire_body(self, body: Json) -> Json:
        """The keys and the parameters."""
        given = {name: {"value": body[name]} for name in self.keys}
        parameters = {name: {"value": value} for name, value in body.get("parameters", {}).items()}
        return {"entity": given, "parameters": parameters}


def create_body(order: OrderState, warehouse: str, date: str) -> Json:
    """`date` is YYYY-MM-DD. `_before` tells our shipment from those that the order has already."""
    kind, _, number = order.key.partition("/")
    parameters: dict[str, Any] = {"ShipmentDate": f"{date}T00:00:00+00:00"} if date else {}
    if warehouse:
        parameters["WarehouseID"] = warehouse
    return {"OrderType": kind, "OrderNbr": number, "parameters": parameters, "_before": sorted(order.shipments)}


def next_body(operation: str, shipment: ShipmentState) -> Json:
    """Of the three deeds that follow."""
    if operation != RELEASE:
        return {"ShipmentNbr": shipment.number}
    kind, _, number = shipment.invoice.partition("/")
    return {"Type": kind, "ReferenceNbr": number}


def _new_shipments(body: Json, record: Json) -> list[Remote]:
    before = frozenset(body.get("_before", ()))
    found = [number for number in states.shipments_of(record) if number not in before]
    return [Remote(number, "", number, {"created": "true"}) for number in found]


def _confirmed(body: Json, record: Json) -> list[Remote]:
    number = str(body["ShipmentNbr"])
    return [Remote(number, "", number, {"confirmed": _said(states.is_confirmed(record))})]


def _invoiced(body: Json, record: Json) -> list[Remote]:
    invoice = states.invoice_id(record)
    return [Remote(invoice, "", invoice.partition("/")[2], {"invoiced": "true"})] if invoice else []


def _released(body: Json, record: Json) -> list[Remote]:
    number = str(body["ReferenceNbr"])
    return [Remote(f"{body['Type']}/{number}", "", number, {"released": _said(states.is_released(record))})]


def _said(so: bool) -> str:
    return "true" if so else "false"


_SET = WriteClass.SET_STATE
_SHIPMENT = ("ShipmentNbr",)
DEEDS: Mapping[str, Deed] = {
    CREATE: Deed(
        entity="SalesOrder",
        action="SalesOrderCreateShipment",
        keys=("OrderType", "OrderNbr"),
        look=states.ORDER,
        write_class=WriteClass.PLAIN,
        found=_new_shipments,
        wanted={"created": "true"},
    ),
    CONFIRM: Deed("Shipment", "ConfirmShipment", _SHIPMENT, states.SHIPMENT, _SET, _confirmed, {"confirmed": "true"}),
    PREPARE: Deed("Shipment", "PrepareInvoice", _SHIPMENT, states.SHIPMENT, _SET, _invoiced, {"invoiced": "true"}),
    RELEASE: Deed(
        entity="SalesInvoice",
        action="ReleaseSalesInvoice",
        keys=("Type", "ReferenceNbr"),
        look=states.INVOICE,
        write_class=_SET,
        found=_released,
        wanted={"released": "true"},
    ),
}
"""By operation."""
