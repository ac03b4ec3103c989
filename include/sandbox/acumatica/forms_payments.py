"""The payment form (facts 13.1): without a number every PUT is a new payment."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sandbox.acumatica import forms, money
from sandbox.acumatica.errors import Refused
from sandbox.acumatica.forms import Writing
from sandbox.acumatica.forms_orders import customer_of
from sandbox.acumatica.money import ZERO
from sandbox.acumatica.receivables import is_released
from sandbox.acumatica.requests_in import Given

Row = dict[str, Any]
TYPES = ("Payment", "Credit Memo", "Prepayment", "Refund", "Voided Payment", "Voided Refund", "Balance WO")
_DOC_TYPES = {"inv": "Invoice", "drm": "Debit Memo", "crm": "Credit Memo", "fch": "Overdue Charge"}
_HEAD = ["ApplicationDate", "PaymentRef", "ExternalRef", "Description", "PaymentAmount", "Hold", "LocationID"]


class PaymentForm:
    """AR302000."""

    def insert(self, writing: Writing, given: Given) -> Row:
        """A new payment; the next number unless one is given."""
        customer = customer_of(writing, given.fields.get("CustomerID"), "CustomerID")
        payment: Row = {**self._blank(writing), "CustomerID": (customer or {}).get("CustomerID")}
        with writing.errors.at(("Type",)):
            payment["Type"] = forms.label_of(given.fields.get("Type") or "Payment", TYPES, "Type")
        payment |= {k: v for k, v in forms.written(given, _HEAD).items() if v is not None}
        payment |= self._account(writing, given, customer or {})
        self._amount(writing, payment)
        self._unique(writing, payment)
        payment["DocumentsToApply"] = self._documents(writing, payment, given)
        payment["OrdersToApply"] = self._orders(writing, payment, given)
        self._not_too_much(writing, payment)
        writing.errors.settle()
        payment["ReferenceNbr"] = given.fields.get("ReferenceNbr") or writing.tenant.number("payment", "", 6)
        payment["Status"] = "On Hold" if payment["Hold"] else "Balanced"
        made = writing.tenant.add("Payment", forms.finished({}, given, payment))
        self._show_on_orders(writing, made)
        return made

    def update(self, writing: Writing, row: Row, given: Given) -> bool:
        """Change a payment that is not released."""
        if is_released(row):
            return False
        values = forms.written(given, _HEAD)
        working = {**row, **values}
        if given.rows.get("DocumentsToApply"):
            documents = [*row["DocumentsToApply"], *self._documents(writing, working, given)]
            values["DocumentsToApply"] = documents
        self._amount(writing, working)
        self._not_too_much(writing, {**working, **values})
        writing.errors.settle()
        if "Hold" in values:
            values["Status"] = "On Hold" if values["Hold"] else "Balanced"
        values = forms.finished(row, given, values)
        if values:
            working = {**row, **values}
            money.recalculate_payment(working)
            writing.tenant.change("Payment", row, working)
        return bool(values)

    def delete(self, writing: Writing, row: Row) -> None:
        """Only what is not released."""
        if is_released(row):
            raise Refused(f"{row['Type']} {row['ReferenceNbr']} is released and cannot be deleted.")
        writing.tenant.remove("Payment", row)

    def _blank(self, writing: Writing) -> Row:
        return {
            "Hold": True,
            "ApplicationDate": writing.day,
            "LocationID": "MAIN",
            "PaymentAmount": ZERO,
            "BranchID": writing.branch,
            "IsCCPayment": False,
            "ApplicationHistory": [],
        }

    def _account(self, writing: Writing, given: Given, customer: Row) -> Row:
        """The cash account must be of the payment method, and in the customer's currency."""
        accounts = writing.tenant.lists.cash_accounts
        method, account = given.fields.get("PaymentMethod"), given.fields.get("CashAccount")
        methods = sorted({one for _, taken in accounts.values() for one in taken})
        currency = given.fields.get("CurrencyID") or customer.get("CurrencyID") or "USD"
        with writing.errors.at(("PaymentMethod",)):
            method = forms.known(method or "", methods, "Payment Method")
        with writing.errors.at(("CashAccount",)):
            account = forms.known(account or "", accounts, "Cash Account")
            if method not in accounts[account][1]:
                raise Refused(f"Cash account {account} is not set up for payment method {method}.")
            if accounts[account][0] != currency:
                raise Refused(f"Cash account {account} is in {accounts[account][0]}, not in {currency}.")
        return {"PaymentMethod": method, "CashAccount": account, "CurrencyID": currency}

    def _amount(self, writing: Writing, payment: Row) -> None:
        if payment["PaymentAmount"] is None or payment["PaymentAmount"] <= 0:
            writing.errors.add(("PaymentAmount",), "The value must be greater than 0.")

    def _unique(self, writing: Writing, payment: Row) -> None:
        ref = payment.get("PaymentRef")
        if not writing.settings.payment_ref_unique or not ref:
            return
        same = (one for one in writing.tenant.rows("Payment") if one["CustomerID"] == payment["CustomerID"])
        if any(one.get("PaymentRef") == ref and one["Status"] != "Voided" for one in same):
            writing.errors.add(("PaymentRef",), f"A payment with the reference {ref} already exists.")

    def _documents(self, writing: Writing, payment: Row, given: Given) -> list[Row]:
        return [self._document(writing, payment, each) for each in given.rows.get("DocumentsToApply", [])]

    def _document(self, writing: Writing, payment: Row, each: Given) -> Row:
        kind = str(each.fields.get("DocType") or "Invoice")
        kind = _DOC_TYPES.get(kind.casefold(), kind)
        row = {**each.fields, "DocType": kind, "AmountPaid": each.fields.get("AmountPaid") or ZERO}
        with writing.errors.at((*each.path, "ReferenceNbr")):
            doc = writing.tenant.get("Document", kind, each.fields.get("ReferenceNbr"))
            if doc is None or doc["CustomerID"] != payment["CustomerID"]:
                raise Refused("'Reference Nbr.' cannot be found in the system.")
            if doc["Status"] != "Open":
                raise Refused(f"{kind} {doc['ReferenceNbr']} is {doc['Status']}; payments apply to open documents.")
            if doc["Currency"] != payment["CurrencyID"]:
                raise Refused(f"{kind} {doc['ReferenceNbr']} is in {doc['Currency']}.")
            if row["AmountPaid"] > doc["Balance"]:
                raise Refused("The amount paid cannot exceed the balance of the document.")
        return row

    def _orders(self, writing: Writing, payment: Row, given: Given) -> list[Row]:
        rows = []
        for each in given.rows.get("OrdersToApply", []):
            with writing.errors.at((*each.path, "OrderNbr")):
                order = writing.tenant.get("SalesOrder", each.fields.get("OrderType"), each.fields.get("OrderNbr"))
                if order is None or order["CustomerID"] != payment["CustomerID"]:
                    raise Refused("'Order Nbr.' cannot be found in the system.")
                rows.append({**each.fields, "AppliedToOrder": each.fields.get("AppliedToOrder") or ZERO})
        return rows

    def _not_too_much(self, writing: Writing, payment: Row) -> None:
        payment.setdefault("OrdersToApply", [])
        money.recalculate_payment(payment)
        if payment["AvailableBalance"] < 0:
            writing.errors.add(("PaymentAmount",), "The applied amounts exceed the payment amount.")

    def _show_on_orders(self, writing: Writing, payment: Row) -> None:
        for row in payment["OrdersToApply"]:
            order = writing.tenant.get("SalesOrder", row["OrderType"], row["OrderNbr"])
            if order is not None:
                rows = [*order.get("Payments", []), order_payment(payment, row["AppliedToOrder"])]
                working = {**order, "Payments": rows}
                money.recalculate_order(writing.tenant, working)
                writing.tenant.change("SalesOrder", order, working)


def order_payment(payment: Row, amount: Decimal) -> Row:
    """How a payment shows on the order it is for."""
    return {
        "DocType": payment["Type"],
        "ReferenceNbr": payment["ReferenceNbr"],
        "PaymentMethod": payment.get("PaymentMethod"),
        "PaymentRef": payment.get("PaymentRef"),
        "PaymentAmount": payment["PaymentAmount"],
        "AppliedToOrder": amount,
        "TransferredtoInvoice": ZERO,
        "Balance": payment["PaymentAmount"] - amount,
        "Status": payment["Status"],
        "ApplicationDate": payment.get("ApplicationDate"),
        "ExternalRef": payment.get("ExternalRef"),
        "Currency": payment.get("CurrencyID"),
        "CashAccount": payment.get("CashAccount"),
    }
