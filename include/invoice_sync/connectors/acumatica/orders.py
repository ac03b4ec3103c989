"""Orders, shipments and invoices of the release chain, each read by its key: never guessed from an operation."""

from __future__ import annotations

from collections.abc import Sequence

from invoice_sync.connectors.acumatica import states
from invoice_sync.connectors.acumatica.client import Client
from invoice_sync.connectors.acumatica.fields import Fields
from invoice_sync.connectors.acumatica.look import Look
from invoice_sync.connectors.base import Json
from invoice_sync.connectors.fulfilment import OrderState, ShipmentState
from invoice_sync.model.errors import BadDocument

_KEYS = Look("OrderType,OrderNbr")


class Orders:
    """Reads for one client; what is not there is left out."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def chosen(self, saved_filter: str, limit: int | None) -> list[str]:
        """Keys of the orders that meet a filter of the contract API. Raises SettingsError when it is none."""
        rows = self._client.rows("SalesOrder", saved_filter, _KEYS)
        return sorted(states.pair(Fields(row, ""), *_KEYS.select.split(",")) for row in rows)[:limit]

    def orders(self, keys: Sequence[str]) -> dict[str, OrderState]:
        """By key, each with what lies on its shipments."""
        found = {key: self._client.one("SalesOrder", key.split("/", 1), states.ORDER) for key in keys}
        return {key: self._order(record) for key, record in found.items() if record is not None}

    def shipments(self, numbers: Sequence[str]) -> dict[str, ShipmentState]:
        """By number, each with its invoice."""
        found = {number: self._client.one("Shipment", [number], states.SHIPMENT) for number in numbers}
        return {number: self._shipment(record) for number, record in found.items() if record is not None}

    def _order(self, record: Json) -> OrderState:
        found = (self._client.one("Shipment", [number], states.SHIPMENT) for number in states.shipments_of(record))
        try:
            return states.order_of(record, [shipment for shipment in found if shipment is not None])
        except BadDocument as error:
            return states.unreadable(record, error.problem)

    def _shipment(self, record: Json) -> ShipmentState:
        one = states.invoice_id(record)
        invoice = self._client.one("SalesInvoice", one.split("/", 1), states.INVOICE) if one else None
        return states.shipment_of(record, invoice)
