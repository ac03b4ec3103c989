"""Customers, items and activities."""

from __future__ import annotations

from typing import Any

from sandbox.acumatica import forms
from sandbox.acumatica.errors import Refused
from sandbox.acumatica.forms import Writing
from sandbox.acumatica.money import ZERO
from sandbox.acumatica.requests_in import Given

Row = dict[str, Any]
STATUSES = ("Active", "On Hold", "Credit Hold", "Inactive", "One-Time", "Prospect")
ITEM_STATUSES = ("Active", "No Sales", "No Purchases", "Inactive", "Marked for Deletion")
RELATED = {
    "PX.Objects.AR.ARInvoice": "Document",
    "PX.Objects.AR.ARPayment": "Payment",
    "PX.Objects.SO.SOOrder": "SalesOrder",
    "PX.Objects.SO.SOShipment": "Shipment",
    "PX.Objects.AR.Customer": "Customer",
}
_CUSTOMER = [
    "CustomerName",
    "CustomerClass",
    "CustomerCategory",
    "Status",
    "Email",
    "CurrencyID",
    "Terms",
    "TaxZone",
    "TaxRegistrationID",
    "TaxExemptionNumber",
    "EntityUsageType",
    "CreditLimit",
    "PriceClassID",
    "ParentRecord",
    "AccountRef",
    "IsGuestCustomer",
    "LocationName",
    "WarehouseID",
    "ShipVia",
    "StatementCycleID",
    "RestrictVisibilityTo",
]
_CONTACTS = ("MainContact", "PrimaryContact", "BillingContact", "ShippingContact")
_ITEM = [
    "Description",
    "ItemStatus",
    "ItemClass",
    "ItemType",
    "BaseUOM",
    "SalesUOM",
    "PurchaseUOM",
    "DefaultPrice",
    "CurySpecificPrice",
    "MSRP",
    "TaxCategory",
    "PostingClass",
    "DefaultWarehouseID",
    "LotSerialClass",
    "ExportToExternal",
    "Visibility",
    "Availability",
    "RequireShipment",
]


class CustomerForm:
    """AR303000."""

    def insert(self, writing: Writing, given: Given) -> Row:
        """A new customer; without an id it gets the next one."""
        if not given.fields.get("CustomerName"):
            writing.errors.add(("CustomerName",), "'Account Name' cannot be empty.")
        values = self._values(writing, {}, given)
        writing.errors.settle()
        number = given.fields.get("CustomerID") or writing.tenant.number("customer", "C", 8)
        blank = {"CustomerClass": "DEFAULT", "Status": "Active", "CurrencyID": "USD", "CreditLimit": ZERO}
        blank |= {"BAccountID": len(writing.tenant.rows("Customer")) + 5000, "IsGuestCustomer": False}
        customer = {**blank, **values, "CustomerID": number}
        return writing.tenant.add("Customer", forms.finished({}, given, customer))

    def update(self, writing: Writing, row: Row, given: Given) -> bool:
        """Change a customer."""
        values = self._values(writing, row, given)
        writing.errors.settle()
        values = forms.finished(row, given, values)
        if values:
            writing.tenant.change("Customer", row, values)
        return bool(values)

    def delete(self, writing: Writing, row: Row) -> None:
        """Not while documents name it."""
        number = row["CustomerID"]
        for kind in ("Document", "Payment", "SalesOrder"):
            if any(one["CustomerID"] == number for one in writing.tenant.rows(kind)):
                raise Refused(f"Customer {number} cannot be deleted: it is used in documents.")
        writing.tenant.remove("Customer", row)

    def _values(self, writing: Writing, row: Row, given: Given) -> Row:
        values = {**forms.written(given, _CUSTOMER), **forms.linked_into(row, given, _CONTACTS)}
        lists = writing.tenant.lists
        for name, among, label in (
            ("Terms", lists.terms, "Terms"),
            ("TaxZone", lists.zones, "Tax Zone"),
            ("CurrencyID", lists.currencies, "Currency"),
        ):
            if values.get(name):
                with writing.errors.at((name,)):
                    values[name] = forms.known(values[name], among, label)
        if "Status" in values:
            with writing.errors.at(("Status",)):
                values["Status"] = forms.label_of(values["Status"], STATUSES, "Status")
        if "Attributes" in given.rows:
            values["Attributes"] = attributes(row, given)
        return values


def attributes(row: Row, given: Given) -> list[Row]:
    """Attributes are found by their id, not by the row's."""
    kept = {one["AttributeID"]: dict(one) for one in row.get("Attributes", [])}
    for each in given.rows["Attributes"]:
        name = each.fields.get("AttributeID")
        if name:
            kept[name] = {**kept.get(name, {}), **each.fields}
    return list(kept.values())


class ItemForm:
    """IN202500 for stock items, IN202000 for the others."""

    def __init__(self, kind: str) -> None:
        self._kind = kind

    def insert(self, writing: Writing, given: Given) -> Row:
        """A new item; its id is the caller's to choose."""
        number = given.fields.get("InventoryID")
        with writing.errors.at(("InventoryID",)):
            if not number:
                raise Refused("'Inventory ID' cannot be empty.")
            if writing.tenant.item(number) is not None:
                raise Refused(f"The item {number} already exists as another kind of item.")
        values = self._values(writing, {}, given)
        writing.errors.settle()
        blank: Row = {"ItemStatus": "Active", "DefaultPrice": ZERO, "TaxCategory": "TAXABLE"}
        blank |= {"BaseUOM": "EA", "SalesUOM": "EA", "CrossReferences": []}
        if self._kind == "StockItem":
            blank["DefaultWarehouseID"] = next(iter(writing.tenant.lists.warehouses), None)
        item = {**blank, **values, "InventoryID": number}
        return writing.tenant.add(self._kind, forms.finished({}, given, item))

    def update(self, writing: Writing, row: Row, given: Given) -> bool:
        """Change an item."""
        values = forms.finished(row, given, self._values(writing, row, given))
        writing.errors.settle()
        if values:
            writing.tenant.change(self._kind, row, values)
        return bool(values)

    def delete(self, writing: Writing, row: Row) -> None:
        """Not while it lies in stock."""
        if writing.tenant.shelves(row["InventoryID"]):
            raise Refused(f"Item {row['InventoryID']} cannot be deleted: there is stock of it.")
        writing.tenant.remove(self._kind, row)

    def _values(self, writing: Writing, row: Row, given: Given) -> Row:
        values = forms.written(given, _ITEM)
        if values.get("ItemStatus"):
            with writing.errors.at(("ItemStatus",)):
                values["ItemStatus"] = forms.label_of(values["ItemStatus"], ITEM_STATUSES, "ItemStatus")
        if "CrossReferences" in given.rows:
            rows = row.get("CrossReferences", [])
            made = forms.merged_rows(rows, given.rows["CrossReferences"], lambda _, each: dict(each.fields))
            values["CrossReferences"] = made
        if "Attributes" in given.rows:
            values["Attributes"] = attributes(row, given)
        return values


class ActivityForm:
    """CR306010: a note that somebody did something about a record (facts 13.3)."""

    def insert(self, writing: Writing, given: Given) -> Row:
        """A new activity, related to a record by that record's GUID."""
        if not given.fields.get("Summary"):
            writing.errors.add(("Summary",), "'Summary' cannot be empty.")
        related = self._related(writing, given)
        writing.errors.settle()
        stamp = writing.tenant.stamp()
        blank = {"Type": "Note", "Status": "Open", "Date": stamp, "Internal": True, "CreatedByID": writing.user}
        names = [
            "Summary",
            "Body",
            "Date",
            "Internal",
            "Owner",
            "Status",
            "Type",
            "RelatedEntityType",
            "RelatedEntityNoteID",
        ]
        made = writing.tenant.add("Activity", {**blank, **forms.written(given, names)})
        if related is not None and writing.settings.activity_moves_stamp:
            writing.tenant.change(related[0], related[1], {})
        return made

    def _related(self, writing: Writing, given: Given) -> tuple[str, Row] | None:
        note_id = given.fields.get("RelatedEntityNoteID")
        if not note_id:
            return None
        with writing.errors.at(("RelatedEntityType",)):
            kind = RELATED.get(given.fields.get("RelatedEntityType") or "")
            if kind is None:
                raise Refused("The type of the related entity is unknown.")
            row = writing.tenant.rows(kind).by_id(note_id)
            if row is None:
                raise Refused("The related entity cannot be found in the system.")
            return kind, row
        return None

    def update(self, writing: Writing, row: Row, given: Given) -> bool:
        """Change an activity."""
        values = forms.finished(row, given, forms.written(given, ["Summary", "Body", "Status", "Owner", "Internal"]))
        if values:
            writing.tenant.change("Activity", row, values)
        return bool(values)

    def delete(self, writing: Writing, row: Row) -> None:
        """Delete an activity."""
        writing.tenant.remove("Activity", row)
