"""From the order to the goods leaving: create shipment, confirm shipment, correct shipment (facts 9)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from sandbox.acumatica import money
from sandbox.acumatica.errors import Refused
from sandbox.acumatica.money import ZERO
from sandbox.acumatica.receivables import Effects
from sandbox.acumatica.store import Tenant

Row = dict[str, Any]
SHIPPABLE = ("Open", "Back Order")


def refuse_shipping(order: Row) -> None:
    """The button is grey unless the order is open."""
    if order["Status"] not in SHIPPABLE:
        name = f"{order['OrderType']} {order['OrderNbr']}"
        raise Refused(f"The Create Shipment button is disabled: sales order {name} is {order['Status']}.")


def create_shipment(tenant: Tenant, order: Row, warehouse: str | None, day: date) -> Effects:
    """One shipment of what a warehouse has; what it has not stays open."""
    refuse_shipping(order)
    if warehouse is not None and warehouse not in tenant.lists.warehouses:
        raise Refused(f"Warehouse '{warehouse}' cannot be found in the system.")
    lines = _lines_to_ship(tenant, order, warehouse)
    if not lines:
        raise Refused(f"There are no lines of order {order['OrderNbr']} to be shipped from warehouse {warehouse}.")
    rows = _picked(tenant, order, lines)
    if not rows:
        items = ", ".join(sorted({line["InventoryID"] for line in lines}))
        raise Refused(f"Order {order['OrderNbr']} cannot be shipped: no stock of {items} is available.")
    effects = Effects()
    shipment = tenant.add("Shipment", _shipment(tenant, order, rows, day))
    effects.created("Shipment", shipment)
    _note_on_order(tenant, order, shipment)
    effects.updated("SalesOrder", order)
    return effects


def _lines_to_ship(tenant: Tenant, order: Row, warehouse: str | None) -> list[Row]:
    """Open lines of one warehouse; without one they must all lie in the same."""
    lines = [
        line
        for line in order["Details"]
        if line["OpenQty"] > line["QtyOnShipments"] and needs_shipment(tenant, line["InventoryID"])
    ]
    places = {line["WarehouseID"] for line in lines}
    if warehouse is None and len(places) > 1:
        raise Refused("Warehouse must be given: the lines of the order lie in several.")
    return [line for line in lines if warehouse is None or line["WarehouseID"] == warehouse]


def needs_shipment(tenant: Tenant, inventory_id: str) -> bool:
    if tenant.get("StockItem", inventory_id) is not None:
        return True
    item = tenant.get("NonStockItem", inventory_id)
    return bool(item and item.get("RequireShipment"))


def _picked(tenant: Tenant, order: Row, lines: list[Row]) -> list[Row]:
    rows: list[Row] = []
    for line in lines:
        wanted = line["OpenQty"] - line["QtyOnShipments"]
        for location, lot, quantity in _found(tenant, line, wanted):
            rows.append(_shipment_row(order, line, len(rows) + 1, (location, lot, quantity)))
    return rows


def _found(tenant: Tenant, line: Row, wanted: Decimal) -> list[tuple[str, str, Decimal]]:
    """(location, lot, quantity) from the fullest shelf on; a non-stock item is always there."""
    item = tenant.get("StockItem", line["InventoryID"])
    if item is None:
        return [(tenant.lists.warehouses[line["WarehouseID"]], "", wanted)]
    found = []
    free = tenant.on_hand(line["InventoryID"], line["WarehouseID"]) - _on_shipments(tenant, line)
    for (_, _, location, lot), held in tenant.shelves(line["InventoryID"], line["WarehouseID"]):
        taken = min(wanted, held, max(free, ZERO))
        if taken > 0:
            # a person picks lots and serials; the system leaves them open
            found.append((location, "" if item.get("LotSerialClass") else lot, taken))
            wanted, free = wanted - taken, free - taken
    return found


def _on_shipments(tenant: Tenant, line: Row) -> Decimal:
    """What open shipments have already taken of this item in this warehouse."""
    rows = (
        row
        for shipment in tenant.rows("Shipment")
        if shipment["Status"] in ("Open", "On Hold")
        for row in shipment["Details"]
        if row["InventoryID"] == line["InventoryID"] and row["WarehouseID"] == line["WarehouseID"]
    )
    return money.total(rows, "ShippedQty")


def _shipment_row(order: Row, line: Row, number: int, place: tuple[str, str, Decimal]) -> Row:
    location, lot, quantity = place
    return {
        "OrderType": order["OrderType"],
        "OrderNbr": order["OrderNbr"],
        "OrderLineNbr": line["LineNbr"],
        "LineNbr": number,
        "InventoryID": line["InventoryID"],
        "Description": line.get("LineDescription"),
        "ShippedQty": quantity,
        "OrderedQty": line["OrderQty"],
        "OpenQty": line["OpenQty"] - line["QtyOnShipments"] - quantity,
        "OriginalQty": quantity,
        "UOM": line["UOM"],
        "WarehouseID": line["WarehouseID"],
        "LocationID": location,
        "LotSerialNbr": lot or None,
        "FreeItem": False,
    }


def _shipment(tenant: Tenant, order: Row, rows: list[Row], day: date) -> Row:
    number = tenant.number("shipment", "", 6)
    shipped = money.total(rows, "ShippedQty")
    behind = {
        "OrderType": order["OrderType"],
        "OrderNbr": order["OrderNbr"],
        "ShipmentType": "Shipment",
        "ShipmentNbr": number,
        "ShippedQty": shipped,
        "OrderNoteID": order["_id"],
    }
    return {
        "ShipmentNbr": number,
        "Type": "Shipment",
        "Operation": "Issue",
        "Status": "Open",
        "Hold": False,
        "ShipmentDate": day,
        "CustomerID": order["CustomerID"],
        "LocationID": order.get("LocationID"),
        "WarehouseID": rows[0]["WarehouseID"],
        "ShippedQty": shipped,
        "ShippedWeight": ZERO,
        "PackageCount": 0,
        "FreightPrice": order.get("Freight") or ZERO,
        "FreightCost": order.get("FreightCost") or ZERO,
        "FreightCurrencyID": order["CurrencyID"],
        "ShipVia": order.get("ShipVia"),
        "Details": rows,
        "Orders": [behind],
        "Packages": [],
        "_branch": order.get("Branch"),
    }


def _note_on_order(tenant: Tenant, order: Row, shipment: Row) -> None:
    details = [dict(line) for line in order["Details"]]
    for line in details:
        line["QtyOnShipments"] += _shipped(shipment, line)
    row = {
        "ShipmentNbr": shipment["ShipmentNbr"],
        "ShipmentType": "Shipment",
        "Status": "Open",
        "ShipmentDate": shipment["ShipmentDate"],
        "ShippedQty": shipment["ShippedQty"],
        "ShippedWeight": ZERO,
        "LastModifiedDateTime": shipment["LastModifiedDateTime"],
    }
    changes = {"Details": details, "Shipments": [*order.get("Shipments", []), row], "Status": "Shipping"}
    tenant.change("SalesOrder", order, changes)


def _shipped(shipment: Row, line: Row) -> Decimal:
    rows = (row for row in shipment["Details"] if row["OrderLineNbr"] == line["LineNbr"])
    return money.total(rows, "ShippedQty")


def confirm_shipment(tenant: Tenant, shipment: Row) -> Effects:
    """The goods leave: stock falls, the order is completed or waits for the rest."""
    refuse_confirming(shipment)
    _take_all(tenant, shipment)
    effects = Effects()
    tenant.change("Shipment", shipment, {"Status": "Confirmed"})
    effects.updated("Shipment", shipment)
    order = order_of(tenant, shipment)
    details = [dict(line) for line in order["Details"]]
    for line in details:
        moved = _shipped(shipment, line)
        line |= {"_shipped": (line.get("_shipped") or ZERO) + moved, "QtyOnShipments": line["QtyOnShipments"] - moved}
        line["OpenQty"] = max(line["OrderQty"] - line["_shipped"], ZERO)
    rest = any(one["OpenQty"] for one in details if needs_shipment(tenant, one["InventoryID"]))
    status = "Back Order" if rest else "Completed"
    mark_shipment(tenant, order, shipment, {"Status": "Confirmed"}, {"Details": details, "Status": status})
    effects.updated("SalesOrder", order)
    return effects


def refuse_confirming(shipment: Row) -> None:
    """Only an open shipment can be confirmed."""
    if shipment["Status"] != "Open":
        number = shipment["ShipmentNbr"]
        raise Refused(f"The Confirm Shipment button is disabled: shipment {number} is {shipment['Status']}.")


def _take_all(tenant: Tenant, shipment: Row) -> None:
    """All rows or none."""
    before = dict(tenant.stock)
    try:
        for row in shipment["Details"]:
            _refuse_open_lot(tenant, row)
            _take(tenant, row)
    except Refused:
        tenant.stock = before
        raise


def _refuse_open_lot(tenant: Tenant, row: Row) -> None:
    item = tenant.get("StockItem", row["InventoryID"])
    if item is not None and item.get("LotSerialClass") and not row.get("LotSerialNbr"):
        raise Refused(f"Lot/Serial Nbr. must be specified for item {row['InventoryID']} in line {row['LineNbr']}.")


def _take(tenant: Tenant, row: Row) -> None:
    if tenant.get("StockItem", row["InventoryID"]) is None:
        return
    for shelf, held in tenant.shelves(row["InventoryID"], row["WarehouseID"]):
        same = shelf[2] == row["LocationID"] and (not row.get("LotSerialNbr") or shelf[3] == row["LotSerialNbr"])
        if same and held >= row["ShippedQty"]:
            tenant.stock[shelf] = held - row["ShippedQty"]
            return
    raise Refused(f"Item {row['InventoryID']} is not in location {row['LocationID']} in the quantity shipped.")


def order_of(tenant: Tenant, shipment: Row) -> Row:
    """The order behind a shipment."""
    behind = shipment["Orders"][0]
    order = tenant.get("SalesOrder", behind["OrderType"], behind["OrderNbr"])
    if order is None:
        raise Refused(f"Sales order {behind['OrderNbr']} cannot be found.")
    return order


def mark_shipment(tenant: Tenant, order: Row, shipment: Row, row: Row, head: Row) -> None:
    """The order shows its shipment's state."""
    rows = [
        {**one, **row} if one["ShipmentNbr"] == shipment["ShipmentNbr"] else one for one in order.get("Shipments", [])
    ]
    tenant.change("SalesOrder", order, {"Shipments": rows, **head})


def correct_shipment(tenant: Tenant, shipment: Row) -> Effects:
    """The goods are back on the shelf and the shipment is open again; not once it is invoiced."""
    number = shipment["ShipmentNbr"]
    if shipment["Status"] != "Confirmed" or shipment["Orders"][0].get("InvoiceNbr"):
        raise Refused(f"The Correct Shipment button is disabled: shipment {number} is {shipment['Status']}.")
    order = order_of(tenant, shipment)
    details = [dict(line) for line in order["Details"]]
    for line in details:
        moved = _shipped(shipment, line)
        line |= {"_shipped": (line.get("_shipped") or ZERO) - moved, "QtyOnShipments": line["QtyOnShipments"] + moved}
        line["OpenQty"] = line["OrderQty"] - line["_shipped"]
    for row in shipment["Details"]:
        _put_back(tenant, row)
    effects = Effects()
    tenant.change("Shipment", shipment, {"Status": "Open"})
    effects.updated("Shipment", shipment)
    mark_shipment(tenant, order, shipment, {"Status": "Open"}, {"Details": details, "Status": "Shipping"})
    effects.updated("SalesOrder", order)
    return effects


def _put_back(tenant: Tenant, row: Row) -> None:
    for shelf, held in tenant.shelves(row["InventoryID"], row["WarehouseID"]):
        if shelf[2] == row["LocationID"] and (not row.get("LotSerialNbr") or shelf[3] == row["LotSerialNbr"]):
            tenant.stock[shelf] = held + row["ShippedQty"]
            return


def update_inventory(tenant: Tenant, shipment: Row) -> Effects:
    """The stock issue is posted without an invoice."""
    if shipment["Status"] not in ("Confirmed", "Invoiced"):
        number = shipment["ShipmentNbr"]
        raise Refused(f"The Update IN button is disabled: shipment {number} is {shipment['Status']}.")
    link = {"InventoryDocType": "Issue", "InventoryRefNbr": tenant.number("issue", "", 6)}
    tenant.change("Shipment", shipment, {"Status": "Completed", "Orders": [{**shipment["Orders"][0], **link}]})
    effects = Effects()
    effects.updated("Shipment", shipment)
    return effects
