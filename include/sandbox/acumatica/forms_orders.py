"""The sales order and shipment forms."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sandbox.acumatica import forms, money
from sandbox.acumatica.errors import Refused
from sandbox.acumatica.forms import Writing
from sandbox.acumatica.money import ZERO
from sandbox.acumatica.requests_in import Given
from sandbox.acumatica.shipping import mark_shipment, order_of
from sandbox.acumatica.store import Tenant

Row = dict[str, Any]
ORDER_TYPES = ("SO", "IN", "QT", "RC", "CM")
_HEAD = [
    "Date",
    "RequestedOn",
    "LocationID",
    "CustomerOrder",
    "ExternalRef",
    "Description",
    "Project",
    "ShipVia",
    "TaxCalcMode",
    "PaymentMethod",
    "CashAccount",
    "PaymentRef",
    "ExternalOrderOrigin",
    "ExternalOrderSource",
    "ExternalOrderOriginal",
    "WillCall",
    "Hold",
]
_LINE = [
    "LineDescription",
    "OrderQty",
    "UOM",
    "UnitPrice",
    "DiscountPercent",
    "DiscountAmount",
    "ManualDiscount",
    "TaxCategory",
    "ExternalRef",
]
_LINKED = ("BillToAddress", "BillToContact", "ShipToAddress", "ShipToContact")
_SETTLED = ("Completed", "Canceled", "Invoiced")


def customer_of(writing: Writing, value: Any, field: str) -> Row | None:
    """The customer of a new document, or an error on the field."""
    with writing.errors.at((field,)):
        customer = writing.tenant.get("Customer", value) if value else None
        if customer is None:
            raise Refused("'Customer' cannot be found in the system.")
        if customer["Status"] in ("Inactive", "Prospect"):
            raise Refused(f"The customer status is '{customer['Status']}'.")
        return customer
    return None


def from_customer(customer: Row) -> Row:
    """What a new document takes over from its customer."""
    main, bill = customer.get("MainContact") or {}, customer.get("BillingContact") or {}
    contact = {"BusinessName": customer["CustomerName"], "Email": bill.get("Email") or customer.get("Email")}
    address = {k: v for k, v in (bill.get("Address") or main.get("Address") or {}).items() if k != "Validated"}
    ship = customer.get("ShippingContact") or {}
    return {
        "CustomerID": customer["CustomerID"],
        "LocationID": "MAIN",
        "Terms": customer.get("Terms"),
        "TaxZone": customer.get("TaxZone"),
        "BillToAddress": address,
        "BillToContact": {**contact, "Attention": bill.get("Attention"), "Phone1": bill.get("Phone1")},
        "ShipToAddress": {k: v for k, v in (ship.get("Address") or address).items() if k != "Validated"},
        "ShipToContact": dict(contact),
    }


def line_defaults(tenant: Tenant, item: Row, description: str, quantity: str) -> Row:
    """What a new line takes over from its item; without a quantity it is none."""
    return {
        "InventoryID": item["InventoryID"],
        description: item.get("Description"),
        quantity: ZERO,
        "UOM": item.get("SalesUOM") or item.get("BaseUOM"),
        "UnitPrice": item.get("DefaultPrice") or ZERO,
        "DiscountPercent": ZERO,
        "DiscountAmount": ZERO,
        "ManualDiscount": False,
        "TaxCategory": item.get("TaxCategory"),
        "WarehouseID": item.get("DefaultWarehouseID") or next(iter(tenant.lists.warehouses), None),
    }


def item_of(writing: Writing, each: Given) -> Row | None:
    """The item of a line, or an error on its row."""
    with writing.errors.at((*each.path, "InventoryID")):
        item = writing.tenant.item(each.fields.get("InventoryID"))
        if item is None:
            raise Refused("'Inventory ID' cannot be found in the system.")
        if item.get("ItemStatus") in ("Inactive", "Marked for Deletion", "No Sales"):
            raise Refused(f"The inventory item is {item['ItemStatus']}.")
        return item
    return None


class OrderForm:
    """SO301000."""

    def insert(self, writing: Writing, given: Given) -> Row:
        """A new order; without a number it gets the next one."""
        customer = customer_of(writing, given.fields.get("CustomerID"), "CustomerID")
        kind = given.fields.get("OrderType") or "SO"
        with writing.errors.at(("OrderType",)):
            kind = forms.label_of(kind, ORDER_TYPES, "OrderType")
        order = {**self._blank(writing, kind), **from_customer(customer or {"CustomerID": "", "CustomerName": ""})}
        order["CurrencyID"] = given.fields.get("CurrencyID") or (customer or {}).get("CurrencyID") or "USD"
        order |= {k: v for k, v in forms.written(given, _HEAD).items() if v is not None}
        order |= forms.linked_into(order, given, _LINKED)
        order["Details"] = self._lines(writing, [], given)
        self._currency(writing, order)
        writing.errors.settle()
        order["OrderNbr"] = given.fields.get("OrderNbr") or writing.tenant.number(kind, kind, 7)
        money.recalculate_order(writing.tenant, order)
        order["Status"] = status_of(writing.tenant, order)
        order["CreditHold"] = order["Status"] == "Credit Hold"
        return writing.tenant.add("SalesOrder", forms.finished({}, given, order))

    def update(self, writing: Writing, row: Row, given: Given) -> bool:
        """Change an order; a settled one is read-only."""
        if row["Status"] in _SETTLED:
            return False
        values: Row = {**forms.written(given, _HEAD), **forms.linked_into(row, given, _LINKED)}
        details = self._lines(writing, row["Details"], given)
        writing.errors.settle()
        if details != row["Details"]:
            values["Details"] = details
        values = forms.finished(row, given, values)
        if not values:
            return False
        working = {**row, **values}
        money.recalculate_order(writing.tenant, working)
        if {"Hold", "Details"} & values.keys() and row["Status"] in ("On Hold", "Open", "Credit Hold"):
            working["Status"] = status_of(writing.tenant, working)
            working["CreditHold"] = working["Status"] == "Credit Hold"
        writing.tenant.change("SalesOrder", row, working)
        return True

    def delete(self, writing: Writing, row: Row) -> None:
        """Only before anything is shipped."""
        if row.get("Shipments") or row["Status"] in _SETTLED:
            raise Refused(f"Sales order {row['OrderNbr']} cannot be deleted: it has shipments or invoices.")
        writing.tenant.remove("SalesOrder", row)

    def _blank(self, writing: Writing, kind: str) -> Row:
        return {
            "OrderType": kind,
            "Hold": False,
            "Approved": True,
            "Date": writing.day,
            "RequestedOn": writing.day,
            "Project": "X",
            "CurrencyRate": Decimal(1),
            "Branch": writing.branch,
            "TaxCalcMode": "Tax Settings",
            "IsTaxValid": True,
            "CreditHold": False,
            "Payments": [],
            "Shipments": [],
            "DiscountDetails": [],
        }

    def _lines(self, writing: Writing, rows: list[Row], given: Given) -> list[Row]:
        def make(held: Row, each: Given) -> Row:
            return self._line(writing, held, each)

        stamp = f"{writing.day:%m/%d/%Y} 00:00:00"
        lines = forms.merged_rows(rows, given.rows.get("Details", []), make)
        for number, line in enumerate(lines, 1):
            line.setdefault("LineNbr", number)
            line.setdefault("LastModifiedDate", stamp)
        return lines

    def _line(self, writing: Writing, held: Row, each: Given) -> Row:
        item = item_of(writing, each) if not held or each.has("InventoryID") else None
        line = line_defaults(writing.tenant, item, "LineDescription", "OrderQty") if item else {}
        line |= {name: value for name, value in forms.written(each, _LINE).items() if value is not None}
        if each.fields.get("WarehouseID"):
            with writing.errors.at((*each.path, "WarehouseID")):
                line["WarehouseID"] = forms.known(
                    each.fields["WarehouseID"], writing.tenant.lists.warehouses, "Warehouse"
                )
        return line

    def _currency(self, writing: Writing, order: Row) -> None:
        with writing.errors.at(("CurrencyID",)):
            order["CurrencyID"] = forms.known(order["CurrencyID"], writing.tenant.lists.currencies, "Currency")


def status_of(tenant: Tenant, order: Row) -> str:
    """On hold, stopped by the credit check, or open."""
    if order.get("Hold"):
        return "On Hold"
    return "Credit Hold" if is_over_limit(tenant, order) else "Open"


def is_over_limit(tenant: Tenant, order: Row) -> bool:
    """The credit check: the customer's own state, then the open balance with this order."""
    customer = tenant.get("Customer", order["CustomerID"]) or {}
    if customer.get("Status") == "Credit Hold":
        return True
    limit = customer.get("CreditLimit") or ZERO
    owed = (
        doc["Balance"]
        for doc in tenant.rows("Document")
        if doc["CustomerID"] == order["CustomerID"] and doc["Type"] == "Invoice" and doc.get("_released")
    )
    return bool(limit and not order.get("_credit_waived") and sum(owed, ZERO) + order["OrderTotal"] > limit)


class ShipmentForm:
    """SO302000: shipments come from orders; what was packed can be written until they are confirmed."""

    def insert(self, writing: Writing, given: Given) -> Row:
        """A caller cannot make one by hand."""
        raise Refused("Shipments are created from sales orders.")

    def update(self, writing: Writing, row: Row, given: Given) -> bool:
        """Date, hold, and per row location, lot and quantity."""
        if row["Status"] not in ("Open", "On Hold"):
            return False
        values = forms.written(given, ("ShipmentDate", "Hold", "Description", "ShipVia", "FreightPrice", "FreightCost"))
        if "Hold" in values:
            values["Status"] = "On Hold" if values["Hold"] else "Open"
        rows = forms.merged_rows(
            row["Details"], given.rows.get("Details", []), lambda held, each: self._row(held, each)
        )
        values |= {"Details": rows, "ShippedQty": money.total(rows, "ShippedQty")}
        packages = given.rows.get("Packages", [])
        if packages:
            made = forms.merged_rows(row.get("Packages", []), packages, lambda _, each: dict(each.fields))
            values |= {"Packages": made, "PackageCount": len(made)}
        values = forms.finished(row, given, values)
        if values:
            writing.tenant.change("Shipment", row, values)
        return bool(values)

    def _row(self, held: Row, each: Given) -> Row:
        if not held:
            raise Refused("Rows of a shipment come from its order.")
        values = forms.written(each, ("LocationID", "LotSerialNbr", "ExpirationDate", "ShippedQty"))
        if values.get("ShippedQty") is not None and values["ShippedQty"] > held["OriginalQty"]:
            raise Refused("The shipped quantity exceeds the quantity of the order.")
        return values

    def delete(self, writing: Writing, row: Row) -> None:
        """An open shipment can go; its order is open again."""
        if row["Status"] not in ("Open", "On Hold"):
            raise Refused(f"Shipment {row['ShipmentNbr']} cannot be deleted: it is {row['Status']}.")
        order = order_of(writing.tenant, row)
        details = [dict(line) for line in order["Details"]]
        for line in details:
            rows = (one for one in row["Details"] if one["OrderLineNbr"] == line["LineNbr"])
            line["QtyOnShipments"] -= money.total(rows, "ShippedQty")
        mark_shipment(writing.tenant, order, row, {}, {"Details": details, "Status": "Open"})
        kept = [one for one in order["Shipments"] if one["ShipmentNbr"] != row["ShipmentNbr"]]
        writing.tenant.change("SalesOrder", order, {"Shipments": kept})
        writing.tenant.remove("Shipment", row)
