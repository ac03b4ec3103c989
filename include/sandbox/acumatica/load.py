"""Fills a tenant in-process: single records made to measure, and thousands of clean ones in seconds.

`running.vendors["acumatica"].loader("Brightwater")` gives a Loader. Amounts are given as text or Decimal, never as
float. Records are stored under the stored names, those of SalesInvoice for documents; `at` is the moment that they are
stamped with.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sandbox.acumatica import money, receivables
from sandbox.acumatica.forms_orders import from_customer, line_defaults, status_of
from sandbox.acumatica.forms_payments import order_payment
from sandbox.acumatica.money import ZERO
from sandbox.acumatica.settings import Settings
from sandbox.acumatica.store import Row, Tenant

Line = tuple[str, str, str] | Row
RELEASED = ("Open", "Closed", "Canceled", "Voided", "Reserved", "Unapplied", "Pending Payment")


class Loader:
    """Every method gives back the number of what it made, or the record itself."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant
        self._settings = Settings(payment_moves_invoice_stamp=True)

    def customer(self, number: str, name: str, at: datetime | None = None, /, **fields: Any) -> str:
        """A customer with one address; further fields are the customer's own."""
        address = {"AddressLine1": "1 Long Street", "City": "Boston", "State": "MA", "PostalCode": "02108"}
        address = {**address, "Country": "US", **fields.pop("address", {})}
        email = fields.pop("email", f"ap@{number.strip().lower().replace('/', '-').replace(' ', '-')}.example")
        contact = {"DisplayName": name, "CompanyName": name, "Email": email, "Phone1": "555-0100", "Address": address}
        blank: Row = {
            "CustomerID": number, "CustomerName": name, "CustomerClass": "B2B", "Status": "Active", "Email": email,
            "CurrencyID": "USD", "Terms": "30D", "TaxZone": "", "CreditLimit": ZERO, "IsGuestCustomer": False,
            "BAccountID": 5000 + len(self._tenant.rows("Customer")), "LocationName": "Primary Location",
            "MainContact": contact, "BillingContact": dict(contact), "ShippingContact": dict(contact), "Attributes": [],
        }  # fmt: skip
        self._tenant.add("Customer", {**blank, **fields}, at)
        return number

    def customers(self, count: int, first: int = 1, /, **fields: Any) -> list[str]:
        """Customers L0000001, L0000002, ..."""
        numbers = [f"L{number:07d}" for number in range(first, first + count)]
        return [self.customer(number, f"Customer {number}", None, **fields) for number in numbers]

    def item(self, number: str, text: str, price: str = "10.00", at: datetime | None = None, /, **fields: Any) -> str:
        """A stock item; `stock` is how much lies in its warehouse."""
        warehouse = fields.pop("warehouse", next(iter(self._tenant.lists.warehouses)))
        quantity = fields.pop("stock", "0")
        blank: Row = {
            "InventoryID": number, "Description": text, "ItemStatus": "Active", "ItemClass": "STOCK", "BaseUOM": "EA",
            "SalesUOM": "EA", "PurchaseUOM": "EA", "DefaultPrice": Decimal(price), "TaxCategory": "TAXABLE",
            "ItemType": "Finished Good", "DefaultWarehouseID": warehouse, "CrossReferences": [], "Attributes": [],
        }  # fmt: skip
        self._tenant.add("StockItem", {**blank, **fields}, at)
        if Decimal(quantity):
            self.stock(number, quantity, warehouse)
        return number

    def items(self, count: int, first: int = 1, /, **fields: Any) -> list[str]:
        """Stock items LI0000001, LI0000002, ..., plenty of each."""
        given = {"stock": "1000000", **fields}
        return [
            self.item(f"LI{number:07d}", f"Item {number}", "12.50", None, **given)
            for number in range(first, first + count)
        ]

    def service(self, number: str, text: str, price: str, at: datetime | None = None, /, **fields: Any) -> str:
        """A non-stock item."""
        blank: Row = {
            "InventoryID": number, "Description": text, "ItemStatus": "Active", "ItemClass": "SERVICE", "BaseUOM": "EA",
            "SalesUOM": "EA", "DefaultPrice": Decimal(price), "TaxCategory": "TAXABLE", "ItemType": "Service",
            "RequireShipment": False, "CrossReferences": [], "Attributes": [],
        }  # fmt: skip
        self._tenant.add("NonStockItem", {**blank, **fields}, at)
        return number

    def stock(self, item: str, quantity: str, warehouse: str, location: str = "", lot: str = "") -> None:
        """How much of an item lies at a place."""
        place = location or self._tenant.lists.warehouses[warehouse]
        self._tenant.stock[(item, warehouse, place, lot)] = Decimal(quantity)

    def order(
        self,
        customer: str,
        lines: Sequence[Line],
        at: datetime | None = None,
        /,
        *,
        day: date | None = None,
        **fields: Any,
    ) -> str:
        """A sales order, open unless the customer is on credit hold or Hold=True is given."""
        party = self._party(customer)
        issued = day or date(2026, 11, 2)
        order: Row = {
            "OrderType": "SO", "Hold": False, "Approved": True, "Date": issued, "RequestedOn": issued, "Project": "X",
            "CurrencyRate": Decimal(1), "Branch": self._tenant.lists.branches[0], "TaxCalcMode": "Tax Settings",
            "IsTaxValid": True, "Payments": [], "Shipments": [], "DiscountDetails": [], "NoteID": None,
            **from_customer(party), "CurrencyID": party["CurrencyID"], **fields,
        }  # fmt: skip
        order["Details"] = [self._order_line(line) for line in lines]
        order.setdefault("OrderNbr", None)
        order["OrderNbr"] = order["OrderNbr"] or self._tenant.number("SO", "SO", 7)
        money.recalculate_order(self._tenant, order)
        order.setdefault("Status", status_of(self._tenant, order))
        order["CreditHold"] = order["Status"] == "Credit Hold"
        return str(self._tenant.add("SalesOrder", order, at)["OrderNbr"])

    def invoice(
        self,
        customer: str,
        lines: Sequence[Line],
        at: datetime | None = None,
        /,
        *,
        number: str = "",
        status: str = "Open",
        day: date | None = None,
        freight: Sequence[tuple[str, str]] = (),
        discount: str = "0",
        **fields: Any,
    ) -> str:
        """A document that ties to the cent; released unless the status is that of a draft.

        `freight` is (price, cost) of each shipment. Further fields are the head's own, such as Type="Credit Memo",
        Description="...", TaxZone="", Terms="30D", sales=False for a document of AR alone.
        """
        party, issued = self._party(customer), day or date(2026, 11, 3)
        sales = bool(fields.pop("sales", True))
        days = self._tenant.lists.terms.get(fields.get("Terms", party.get("Terms")) or "", 0)
        doc: Row = {
            "Type": "Invoice", "Hold": status == "On Hold", "CreditHold": status == "Credit Hold", "Date": issued,
            "DueDate": issued + timedelta(days=days), "PostPeriod": money.period_of(issued), "Project": "X",
            "TaxCalcMode": "Tax Settings", "IsTaxValid": True, "CashDiscount": ZERO, "BatchNbr": "GL000100",
            "BranchID": self._tenant.lists.branches[0], "ApplicationsInvoice": [], "Currency": party["CurrencyID"],
            **from_customer(party), **fields, "_sales": sales, "_released": status in RELEASED,
        }  # fmt: skip
        doc["ReferenceNbr"] = number or self._tenant.number("AR", "AR", 7)
        doc["Details"] = [self._invoice_line(line) for line in lines]
        doc["FreightDetails"] = [_freight(place, *one) for place, one in enumerate(freight, 1)]
        if Decimal(discount):
            doc["DiscountDetails"] = [_discount(Decimal(discount))]
        money.recalculate_document(self._tenant, doc)
        doc["Status"] = status if doc["Balance"] or status != "Open" else "Closed"
        return str(self._tenant.add("Document", doc, at)["ReferenceNbr"])

    def invoices(
        self,
        count: int,
        lines: int = 3,
        *,
        first: int = 500_001,
        customers: Sequence[str] = (),
        items: Sequence[str] = (),
        since: datetime | None = None,
        **fields: Any,
    ) -> list[str]:
        """Many clean released invoices AR0500001 ..., one millisecond apart from `since` on."""
        begin = since or datetime.now(UTC).replace(microsecond=0) - timedelta(hours=2)
        buyers = customers or [one["CustomerID"] for one in self._tenant.rows("Customer") if one["Status"] == "Active"]
        wares = items or [one["InventoryID"] for one in self._tenant.rows("StockItem")]
        made = []
        for place in range(count):
            chosen = [
                (wares[(place + each) % len(wares)], str(1 + (place + each) % 9), "12.50") for each in range(lines)
            ]
            at = begin + timedelta(milliseconds=place)
            number = f"AR{first + place:07d}"
            made.append(self.invoice(buyers[place % len(buyers)], chosen, at, number=number, **fields))
        return made

    def payment(
        self, customer: str, amount: str, at: datetime | None = None, /, *, number: str = "", **fields: Any
    ) -> str:
        """A released payment that nothing is applied to yet."""
        party = self._party(customer)
        paid: Row = {
            "Type": "Payment", "Status": "Open", "Hold": False, "ApplicationDate": date(2026, 11, 5), "_released": True,
            "CustomerID": party["CustomerID"], "LocationID": "MAIN", "PaymentMethod": "ONLINE",
            "CashAccount": "10250ST", "CurrencyID": party["CurrencyID"], "PaymentAmount": Decimal(amount),
            "IsCCPayment": False,
            "BranchID": self._tenant.lists.branches[0], "DocumentsToApply": [], "OrdersToApply": [],
            "ApplicationHistory": [], **fields,
        }  # fmt: skip
        paid["ReferenceNbr"] = number or self._tenant.number("payment", "", 6)
        money.recalculate_payment(paid)
        return str(self._tenant.add("Payment", paid, at)["ReferenceNbr"])

    def pay(self, invoice: str, amount: str, at: datetime | None = None, /, **fields: Any) -> str:
        """A released payment of an invoice."""
        doc = self._tenant.get("Document", "Invoice", invoice)
        if doc is None:
            raise LookupError(f"no invoice {invoice}")
        row = {"DocType": "Invoice", "ReferenceNbr": invoice, "AmountPaid": Decimal(amount)}
        draft = {"Status": "Balanced", "_released": False, "DocumentsToApply": [row], **fields}
        number = self.payment(doc["CustomerID"], amount, at, **draft)
        payment = self._tenant.get("Payment", draft.get("Type", "Payment"), number)
        assert payment is not None  # noqa: S101
        receivables.release_payment(self._tenant, payment, self._settings)
        if at is not None:
            for each in (doc, payment):
                each["LastModifiedDateTime"] = at
        return number

    def prepay(self, order: str, amount: str, at: datetime | None = None, /, **fields: Any) -> str:
        """A released prepayment of an order."""
        held = self._tenant.get("SalesOrder", "SO", order)
        if held is None:
            raise LookupError(f"no order {order}")
        row = {"OrderType": "SO", "OrderNbr": order, "AppliedToOrder": Decimal(amount)}
        given = {"Type": "Prepayment", "OrdersToApply": [row], **fields}
        number = self.payment(held["CustomerID"], amount, at, **given)
        payment = self._tenant.get("Payment", "Prepayment", number)
        assert payment is not None  # noqa: S101
        working = {**held, "Payments": [*held["Payments"], order_payment(payment, Decimal(amount))]}
        money.recalculate_order(self._tenant, working)
        held.update(working)
        return number

    def _party(self, customer: str) -> Row:
        found = self._tenant.get("Customer", customer)
        if found is None:
            raise LookupError(f"no customer {customer}")
        return found

    def _order_line(self, line: Line) -> Row:
        return self._line(line, "LineDescription", "OrderQty")

    def _invoice_line(self, line: Line) -> Row:
        made = self._line(line, "TransactionDescr", "Qty")
        place = {"BranchID": self._tenant.lists.branches[0], "Account": "40000", "SubAccount": "000000"}
        return {**place, **made}

    def _line(self, line: Line, description: str, quantity: str) -> Row:
        if isinstance(line, dict):
            item = self._tenant.item(line.get("InventoryID"))
            base = line_defaults(self._tenant, item, description, quantity) if item else {}
            return {**base, **{name: _exact(name, value) for name, value in line.items()}}
        number, count, price = line
        item = self._tenant.item(number)
        if item is None:
            raise LookupError(f"no item {number}")
        base = line_defaults(self._tenant, item, description, quantity)
        return {**base, quantity: Decimal(count), "UnitPrice": Decimal(price)}


_NUMBERS = frozenset(("Qty", "OrderQty", "UnitPrice", "DiscountPercent", "DiscountAmount"))


def _exact(name: str, value: Any) -> Any:
    if isinstance(value, float):
        raise TypeError("amounts are text or Decimal, never float")
    return Decimal(value) if name in _NUMBERS else value


def _freight(place: int, price: str, cost: str) -> Row:
    charged = Decimal(price)
    return {"ShipmentNbr": f"{place:06d}", "ShipmentType": "Shipment", "Description": "Freight",
            "FreightCost": Decimal(cost), "FreightAmount": charged, "PremiumFreightAmount": ZERO,
            "TotalFreightAmount": charged}  # fmt: skip


def _discount(amount: Decimal) -> Row:
    return {"DiscountCode": "B2BDOC", "SequenceID": "1", "Type": "Document", "Description": "Document discount",
            "DiscountAmount": amount, "ManualDiscount": True, "SkipDiscount": False}  # fmt: skip
