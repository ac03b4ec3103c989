"""The deeds of the release chain: create a shipment, confirm it, prepare its invoice, release that. Pure.

Each is pressed by a POST that answers 204 (done) or 202 with the address of its outcome; but what counts is the state
of the record afterwards. Taking an invoice off hold is no button: it is a PUT of the field. Where nothing holds a
second press off (a shipment of a partly shipped order) the class is plain, and the shipments that were there before
are part of the body; elsewhere the deed sets a state.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from invoice_sync.connectors.acumatica import states
from invoice_sync.connectors.acumatica.look import Look
from invoice_sync.connectors.base import CREATE, Json, Remote, WriteClass
from invoice_sync.connectors.fulfilment import CONFIRM, PREPARE, RELEASE, REMOVE_HOLD, OrderState, ShipmentState


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

    sets: Mapping[str, Any] = field(default_factory=dict)
    """Of a deed without a button: the fields that are written."""

    @property
    def address(self) -> tuple[str, ...]:
        """Entity and action, as they stand in the URL."""
        return (self.entity, self.action) if self.action else (self.entity,)

    def who(self, body: Json) -> str:
        """What it is done to, as people call it: "order SO0007850"."""
        return f"{_CALLED[self.entity]} {self.key_values(body)[-1]}"

    def key_values(self, body: Json) -> list[str]:
        return [str(body[name]) for name in self.keys]

    def wire_body(self, body: Json) -> Json:
        """The keys, and the parameters or the fields."""
        given = {name: {"value": body[name]} for name in self.keys}
        if not self.action:
            return given | {name: {"value": value} for name, value in self.sets.items()}
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
    if operation not in (REMOVE_HOLD, RELEASE):
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


def _off_hold(body: Json, record: Json) -> list[Remote]:
    number = str(body["ReferenceNbr"])
    return [Remote(f"{body['Type']}/{number}", "", number, {"off_hold": _said(not states.is_held(record))})]


def _said(so: bool) -> str:
    return "true" if so else "false"


_SET = WriteClass.SET_STATE
_SHIPMENT, _INVOICE = ("ShipmentNbr",), ("Type", "ReferenceNbr")
_CALLED: Mapping[str, str] = {"SalesOrder": "order", "Shipment": "shipment", "SalesInvoice": "invoice"}
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
    REMOVE_HOLD: Deed(
        "SalesInvoice", "", _INVOICE, states.INVOICE, _SET, _off_hold, {"off_hold": "true"}, {"Hold": False}
    ),
    RELEASE: Deed(
        "SalesInvoice", "ReleaseSalesInvoice", _INVOICE, states.INVOICE, _SET, _released, {"released": "true"}
    ),
}
"""By operation."""
