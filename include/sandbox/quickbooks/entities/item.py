"""Items. Rules: developer.intuit.com, api/accounting/all-entities/item."""

from decimal import Decimal

from sandbox.quickbooks import faults
from sandbox.quickbooks.entities.base import Call, Kind, given
from sandbox.quickbooks.entities.names import check_alive, check_item_name, check_name, deactivated
from sandbox.quickbooks.schema import ITEM
from sandbox.quickbooks.store import SUFFIX
from sandbox.quickbooks.wire import Record

_INCOME = ("Income", "Other Income")
_COST = ("Cost of Goods Sold", "Expense", "Other Expense")
_ACCOUNTS = {
    "IncomeAccountRef": _INCOME,
    "ExpenseAccountRef": _COST,
    "AssetAccountRef": ("Other Current Asset",),
}
_STOCK = ("AssetAccountRef", "ExpenseAccountRef", "InvStartDate", "TrackQtyOnHand")


class ItemKind(Kind):
    """A product or service."""

    name = "Item"
    shape = ITEM
    computed = frozenset({"FullyQualifiedName", "Level"})

    def build(self, call: Call, body: Record, old: Record | None) -> Record:
        check_alive(call, body, old)
        call.need(body, "Name")
        name = str(body.get("Name", "")).strip()
        name = name.removesuffix(SUFFIX) if old and not old.get("Active", True) else name
        if name:
            check_name(call, name, "Name")
        parent = call.refer("Item", "Items", body.get("ParentRef"), "ParentRef")
        self._check_type(call, body)
        content = given({**body, "Name": name}, self._defaults(name, parent, old))
        self._name_accounts(call, content)
        content = deactivated(content, ("Name", "FullyQualifiedName"), old)
        own_id = old["Id"] if old else None
        check_item_name(call, content["FullyQualifiedName"], content["Name"], own_id)
        return content

    def _defaults(self, name: str, parent: Record | None, old: Record | None) -> Record:
        level = {"Level": parent.get("Level", 0) + 1} if parent else {}
        return {
            "Active": (old or {}).get("Active", True), "Taxable": False, "UnitPrice": Decimal(0),
            "PurchaseCost": Decimal(0), "TrackQtyOnHand": False, **level,
            "FullyQualifiedName": f"{parent['FullyQualifiedName']}:{name}" if parent else name,
        }  # fmt: skip

    def _check_type(self, call: Call, body: Record) -> None:
        # Explicit since minor version 4; nothing below 75 is served any more.
        call.need(body, "Type")
        if body.get("Type") in ("Category", "Group"):
            return
        if body.get("Type") == "Inventory":
            call.need(body, *_STOCK)
            call.problems += [] if "QtyOnHand" in body else [faults.missing("QtyOnHand")]
        if "ExpenseAccountRef" not in body or body.get("Type") == "Inventory":
            call.need(body, "IncomeAccountRef")

    def _name_accounts(self, call: Call, content: Record) -> None:
        for element, allowed in _ACCOUNTS.items():
            account = call.refer("Account", "Accounts", content.get(element), element)
            if account is None:
                continue
            if account["AccountType"] not in allowed:
                call.problems.append(faults.wrong_account_type(element))
            content[element] = {"value": account["Id"], "name": account["FullyQualifiedName"]}
