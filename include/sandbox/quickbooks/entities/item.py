"""Items. Rules: developer.intuit.com, api/accounting/all-entities/item."""

from decimal import Decimal

from sandbox.quickbooks import faults
from sandbox.quickbooks.entities.base import Call, Kind, given
from sandbox.quickbooks.entities.names import (
    bare_name,
    check_alive,
    check_full_name,
    check_name,
    deactivated,
    rename_children,
)
from sandbox.quickbooks.shapes import ITEM
from sandbox.quickbooks.wire import Record

_INCOME = ("Income", "Other Income")
_COST = ("Cost of Goods Sold", "Expense", "Other Expense")
_ACCOUNTS = {
    "IncomeAccountRef": _INCOME,
    "ExpenseAccountRef": _COST,
    "AssetAccountRef": ("Other Current Asset",),
}
# an item that is kept in stock posts to accounts of just these subtypes
_STOCK_SUBTYPES = {"IncomeAccountRef": "SalesOfProductIncome", "AssetAccountRef": "Inventory"}
_STOCK = ("AssetAccountRef", "ExpenseAccountRef", "InvStartDate", "TrackQtyOnHand")


class ItemKind(Kind):
    """A product or service."""

    name = "Item"
    shape = ITEM
    computed = frozenset({"FullyQualifiedName", "Level"})

    def build(self, call: Call, body: Record, old: Record | None) -> Record:
        check_alive(call, body, old)
        call.need(body, "Name")
        name = bare_name(body, "Name", old)
        if name:
            check_name(call, name, "Name")
        parent = call.refer("Item", "Items", body.get("ParentRef"), "ParentRef")
        self._check_type(call, body, old)
        content = given({**body, "Name": name}, self._defaults(name, parent, old))
        self._name_accounts(call, content)
        self._check_refs(call, content)
        content = deactivated(content, ("Name", "FullyQualifiedName"), old)
        own_id = old["Id"] if old else None
        check_full_name(call, "Item", content["FullyQualifiedName"], own_id)
        return content

    def _defaults(self, name: str, parent: Record | None, old: Record | None) -> Record:
        level = {"Level": parent.get("Level", 0) + 1, "SubItem": True} if parent else {}
        return {
            "Active": (old or {}).get("Active", True), "Taxable": False, "UnitPrice": Decimal(0),
            "PurchaseCost": Decimal(0), "TrackQtyOnHand": False, **level,
            "FullyQualifiedName": f"{parent['FullyQualifiedName']}:{name}" if parent else name,
        }  # fmt: skip

    def _check_type(self, call: Call, body: Record, old: Record | None) -> None:
        # Explicit since minor version 4; nothing below 75 is served any more.
        call.need(body, "Type")
        kind = body.get("Type")
        if kind == "Group" and old is None and not call.by_operator:
            # bundles are made in QuickBooks' own screens only
            call.problems.append(faults.business("Items of type Group cannot be created", "Type"))
        if kind in ("Category", "Group"):
            return
        if kind == "Inventory":
            call.need(body, *_STOCK)
            call.problems += [] if "QtyOnHand" in body else [faults.missing("QtyOnHand")]
        if "ExpenseAccountRef" not in body or kind == "Inventory":
            call.need(body, "IncomeAccountRef")

    def _name_accounts(self, call: Call, content: Record) -> None:
        stocked = content.get("Type") == "Inventory"
        for element, allowed in _ACCOUNTS.items():
            account = call.refer("Account", "Accounts", content.get(element), element)
            if account is None:
                continue
            wanted = _STOCK_SUBTYPES.get(element, account["AccountSubType"]) if stocked else account["AccountSubType"]
            types = ("Cost of Goods Sold",) if stocked and element == "ExpenseAccountRef" else allowed
            if account["AccountType"] not in types or account["AccountSubType"] != wanted:
                call.problems.append(faults.wrong_account_type(element))
            content[element] = {"value": account["Id"], "name": account["FullyQualifiedName"]}

    def _check_refs(self, call: Call, content: Record) -> None:
        for element in ("SalesTaxCodeRef", "PurchaseTaxCodeRef"):
            call.refer("TaxCode", "TaxCodes", content.get(element), element)
        for part in content.get("ItemGroupDetail", {}).get("ItemGroupLine", []):
            call.refer("Item", "Items", part.get("ItemRef"), "ItemRef")

    def stored(self, call: Call, record: Record | None, old: Record | None) -> None:
        if record is not None:
            rename_children(call, self.name, record, old)
