"""The SO invoice and AR invoice forms: two screens on the same documents."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from sandbox.acumatica import forms, money
from sandbox.acumatica.errors import Refused
from sandbox.acumatica.forms import Writing
from sandbox.acumatica.forms_orders import customer_of, from_customer, item_of, line_defaults
from sandbox.acumatica.invoicing import gate
from sandbox.acumatica.money import ZERO
from sandbox.acumatica.receivables import application_row, is_released
from sandbox.acumatica.requests_in import Given

Row = dict[str, Any]
SALES_TYPES = ("Invoice", "Debit Memo", "Credit Memo", "Cash Sale", "Cash Return")
AR_TYPES = (*SALES_TYPES, "Overdue Charge", "Credit WO", "Prepayment Invoice")
_HEAD = [
    "Hold",
    "Date",
    "DueDate",
    "CustomerOrder",
    "ExternalRef",
    "Description",
    "Project",
    "TaxCalcMode",
    "LocationID",
    "PostPeriod",
    "Terms",
]
_LINE = [
    "TransactionDescr",
    "Qty",
    "UOM",
    "UnitPrice",
    "DiscountPercent",
    "DiscountAmount",
    "TaxCategory",
    "Account",
    "SubAccount",
    "ExternalRef",
]
# what stays open after release (facts 11)
_AFTER_RELEASE = ("DueDate",)
_LINKED = ("BillToAddress", "BillToContact", "ShipToAddress", "ShipToContact")


class DocumentForm:
    """SO303000 when `sales`, else AR301000."""

    def __init__(self, sales: bool) -> None:
        self._sales = sales
        self._types = SALES_TYPES if sales else AR_TYPES

    def insert(self, writing: Writing, given: Given) -> Row:
        """A new draft."""
        customer = customer_of(writing, given.fields.get("CustomerID"), "CustomerID" if self._sales else "Customer")
        kind = given.fields.get("Type") or "Invoice"
        with writing.errors.at(("Type",)):
            kind = forms.label_of(kind, self._types, "Type")
        doc = {**self._blank(writing, kind), **from_customer(customer or {"CustomerID": "", "CustomerName": ""})}
        doc["Currency"] = given.fields.get("Currency") or (customer or {}).get("CurrencyID") or "USD"
        doc |= {k: v for k, v in forms.written(given, _HEAD).items() if v is not None}
        doc |= forms.linked_into(doc, given, _LINKED)
        doc["Details"] = self._lines(writing, [], given)
        writing.errors.settle()
        doc["ReferenceNbr"] = given.fields.get("ReferenceNbr") or writing.tenant.number("AR", "AR", 7)
        self._dates(writing, doc, given)
        doc["Status"] = self._status(writing, doc)
        doc["CreditHold"] = doc["Status"] == "Credit Hold"
        money.recalculate_document(writing.tenant, doc)
        return writing.tenant.add("Document", forms.finished({}, given, doc))

    def update(self, writing: Writing, row: Row, given: Given) -> bool:
        """Change a draft, or the little that is open after release."""
        released = is_released(row) or row["Status"] in ("Closed", "Canceled", "Voided")
        values = self._after_release(writing, row, given) if released else self._draft(writing, row, given)
        writing.errors.settle()
        if given.note is not None:
            values["_note"] = given.note
        if given.custom and (not released or writing.settings.custom_after_release):
            values["_custom"] = forms.custom_changes(row, given)
        values = forms.differing(row, values)
        if not values:
            return False
        working = {**row, **values}
        if not released:
            money.recalculate_document(writing.tenant, working)
        writing.tenant.change("Document", row, working)
        return True

    def delete(self, writing: Writing, row: Row) -> None:
        """Only a draft can be deleted; its shipment can be invoiced again."""
        if is_released(row):
            raise Refused(f"{row['Type']} {row['ReferenceNbr']} is released and cannot be deleted.")
        unlink(writing.tenant, row)
        writing.tenant.remove("Document", row)

    def _blank(self, writing: Writing, kind: str) -> Row:
        return {
            "Type": kind,
            "Hold": True,
            "CreditHold": False,
            "Date": writing.day,
            "Project": "X",
            "TaxCalcMode": "Tax Settings",
            "IsTaxValid": True,
            "CashDiscount": ZERO,
            "BranchID": writing.branch,
            "ApplicationsInvoice": [],
            "_sales": self._sales,
        }

    def _dates(self, writing: Writing, doc: Row, given: Given) -> None:
        days = writing.tenant.lists.terms.get(doc.get("Terms") or "", 0)
        doc["PostPeriod"] = given.fields.get("PostPeriod") or money.period_of(doc["Date"])
        if doc["Type"] == "Credit Memo":
            doc["Terms"] = given.fields.get("Terms")
        doc["DueDate"] = given.fields.get("DueDate") or doc["Date"] + timedelta(days=days)

    def _lines(self, writing: Writing, rows: list[Row], given: Given) -> list[Row]:
        return forms.merged_rows(
            rows, given.rows.get("Details", []), lambda held, each: self._line(writing, held, each)
        )

    def _line(self, writing: Writing, held: Row, each: Given) -> Row:
        line: Row = {}
        if each.fields.get("InventoryID"):
            item = item_of(writing, each)
            line = line_defaults(writing.tenant, item, "TransactionDescr", "Qty") if item else {}
        elif not held:
            # a line may name an account alone
            line = {"Qty": ZERO, "UnitPrice": ZERO}
        line |= {"BranchID": writing.branch} if not held else {}
        return line | {name: value for name, value in forms.written(each, _LINE).items() if value is not None}

    def _status(self, writing: Writing, doc: Row) -> str:
        if doc.get("Hold"):
            return "On Hold"
        customer = writing.tenant.get("Customer", doc["CustomerID"]) or {}
        return "Credit Hold" if customer.get("Status") == "Credit Hold" else gate(writing.settings)

    def _draft(self, writing: Writing, row: Row, given: Given) -> Row:
        values: Row = {**forms.written(given, _HEAD), **forms.linked_into(row, given, _LINKED)}
        if isinstance(values.get("Date"), date):
            values["PostPeriod"] = money.period_of(values["Date"])
        details = self._lines(writing, row["Details"], given)
        if details != row["Details"]:
            values["Details"] = details
        if "ApplicationsInvoice" in given.rows:
            values["ApplicationsInvoice"] = self._applications(writing, row, given)
        if "Hold" in values and values["Hold"] != row.get("Hold"):
            values["Status"] = self._status(writing, {**row, **values})
            values["CreditHold"] = values["Status"] == "Credit Hold"
        return values

    def _applications(self, writing: Writing, row: Row, given: Given) -> list[Row]:
        rows = list(row.get("ApplicationsInvoice") or [])
        for each in given.rows["ApplicationsInvoice"]:
            kind, number = each.fields.get("DocType"), each.fields.get("AdjustingDocReferenceNbr")
            with writing.errors.at((*each.path, "AdjustingDocReferenceNbr")):
                payment = writing.tenant.get("Payment", kind, number)
                if payment is None or payment["CustomerID"] != row["CustomerID"]:
                    raise Refused("'Reference Nbr.' cannot be found in the system.")
                amount = each.fields.get("AmountPaid") or ZERO
                if amount > payment["AvailableBalance"]:
                    raise Refused("The amount exceeds the available balance of the payment.")
                rows.append(application_row(payment, row, amount, False))
        return rows

    def _after_release(self, writing: Writing, row: Row, given: Given) -> Row:
        """Grey fields are passed over without a word, unless the switch has them refused."""
        if writing.settings.released_write == "refused":
            for name in given.fields.keys() - {*_AFTER_RELEASE, "Type", "ReferenceNbr"}:
                if given.fields[name] != row.get(name):
                    writing.errors.add((name,), f"The field {name} of a released document is read-only.")
        return forms.written(given, _AFTER_RELEASE)


def unlink(tenant: Any, doc: Row) -> None:
    """The shipments and orders behind a deleted draft forget it."""
    number = doc["ReferenceNbr"]
    for shipment in tenant.rows("Shipment"):
        if shipment["Orders"][0].get("InvoiceNbr") == number:
            orders = [{**shipment["Orders"][0], "InvoiceNbr": None, "InvoiceType": None}]
            tenant.change("Shipment", shipment, {"Status": "Confirmed", "Orders": orders})
    for order in tenant.rows("SalesOrder"):
        rows = order.get("Shipments") or []
        if any(one.get("InvoiceNbr") == number for one in rows):
            kept = [
                {**one, "InvoiceNbr": None, "Status": "Confirmed"} if one.get("InvoiceNbr") == number else one
                for one in rows
            ]
            tenant.change("SalesOrder", order, {"Shipments": kept})
        elif order.get("InvoiceNbr") == number:
            tenant.change("SalesOrder", order, {"InvoiceNbr": None, "Status": "Open"})
