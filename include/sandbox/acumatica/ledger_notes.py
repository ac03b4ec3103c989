"""What the sandbox notes of every write, so that a test need not believe the client."""

from __future__ import annotations

from typing import Any

from sandbox.acumatica.store import Tenant
from sandbox.world import World

NAME = "acumatica"
Row = dict[str, Any]
_KEYS = {
    "SalesInvoice": "ReferenceNbr",
    "Invoice": "ReferenceNbr",
    "Payment": "ReferenceNbr",
    "SalesOrder": "OrderNbr",
    "Shipment": "ShipmentNbr",
    "Customer": "CustomerID",
    "StockItem": "InventoryID",
    "NonStockItem": "InventoryID",
    "Activity": "Summary",
}


class Notes:
    """Writes into the sandbox's journal."""

    def __init__(self, world: World) -> None:
        self._world = world

    def done(self, tenant: Tenant, entity: str, operation: str, row: Row, outcome: str) -> None:
        """A record was created, updated or deleted; `replayed` is a write that changed nothing."""
        self._note(tenant, entity, operation, row, row.get("_id"), outcome, None)

    def refused(self, tenant: Tenant, entity: str, operation: str, row: Row, code: str) -> None:
        """A write was refused; `row` is the record, or what the request called it."""
        self._note(tenant, entity, operation, row, row.get("_id"), "refused", code)

    def _note(
        self, tenant: Tenant, entity: str, operation: str, row: Row, record_id: Any, outcome: str, code: str | None
    ) -> None:
        key = str(row.get(_KEYS.get(entity, ""), "") or "")
        wire = row.get("ExternalRef") or row.get("PaymentRef") or (row.get("Summary") if entity == "Activity" else None)
        self._world.journal.record(NAME, tenant.name, entity, operation, key, record_id, wire, outcome, code)
