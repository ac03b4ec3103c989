"""Invoices. Rules: developer.intuit.com, api/accounting/all-entities/invoice."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sandbox.quickbooks import faults
from sandbox.quickbooks.entities.base import Call, Kind, given, raise_problems
from sandbox.quickbooks.entities.lines import built_lines, total_of
from sandbox.quickbooks.entities.tax import built_tax
from sandbox.quickbooks.schema import INVOICE
from sandbox.quickbooks.wire import PACIFIC, Record, money

AUTO_NUMBER = "AUTO_GENERATE"
# QuickBooks gave a plain invoice of a real company thirty days.
_DEFAULT_DAYS = 30
_ONE_CURRENCY = "You can only use one foreign currency per transaction"
# Not for US companies or companies with one currency, and sent by clients all the same.
_IGNORED = frozenset({"GlobalTaxCalculation", "ExchangeRate", "AutoDocNumber", "DeliveryInfo", "RecurDataRef"})


class InvoiceKind(Kind):
    """A sales invoice: everything about its amounts is computed here."""

    name = "Invoice"
    shape = INVOICE
    computed = frozenset({"TotalAmt", "Balance", "HomeTotalAmt", "HomeBalance", "InvoiceLink"})

    def merged(self, old: Record, body: Record) -> Record:
        kept = super().merged(old, body)
        tax = kept.get("TxnTaxDetail", {})
        if "Line" in body and "TxnTaxDetail" not in body and "TxnTaxCodeRef" in tax:
            # New lines under a tax code are taxed anew.
            kept["TxnTaxDetail"] = {"TxnTaxCodeRef": tax["TxnTaxCodeRef"]}
        return kept

    def build(self, call: Call, body: Record, old: Record | None) -> Record:
        call.need(body, "CustomerRef")
        customer = call.refer("Customer", "Names", body.get("CustomerRef"), "CustomerRef")
        lines = built_lines(call, body)
        content = self._dated(call, body, customer, old)
        self._check(call, body, content, old)
        content["Line"] = lines
        content["TxnTaxDetail"] = built_tax(call, body, lines)
        content["CustomField"] = _custom_fields(call, body)
        if call.problems:
            return content
        number = self._number(call, body, old)
        content = {**content, **({"DocNumber": number} if number else {}), **self._amounts(content, old)}
        _check_total(call, content)
        return content

    def _dated(self, call: Call, body: Record, customer: Record | None, old: Record | None) -> Record:
        held = old or {}
        today = call.now.astimezone(PACIFIC).date().isoformat()
        customer = customer or {}
        body = {name: value for name, value in body.items() if name not in _IGNORED}
        term = body.get("SalesTermRef") or (customer.get("SalesTermRef") if old is None else None)
        content = given({k: v for k, v in body.items() if k != "DocNumber"}, {
            "TxnDate": held.get("TxnDate", today), "SalesTermRef": term,
            "CurrencyRef": customer.get("CurrencyRef"),
            "AllowIPNPayment": False, "AllowOnlinePayment": False,
            "AllowOnlineCreditCardPayment": False, "AllowOnlineACHPayment": False,
            "LinkedTxn": list, "ApplyTaxAfterDiscount": False,
            "PrintStatus": "NeedToPrint", "EmailStatus": "NotSet",
        })  # fmt: skip
        if old is None:
            content = given(content, _from_customer(customer))
        due = self._due(call, content)
        content.setdefault("DueDate", due)
        if customer:
            content["CustomerRef"] = {"value": customer["Id"], "name": customer["DisplayName"]}
        return content

    def _due(self, call: Call, content: Record) -> str:
        term = call.refer("Term", "Terms", content.get("SalesTermRef"), "SalesTermRef")
        days = int((term or {}).get("DueDays", _DEFAULT_DAYS))
        return (date.fromisoformat(content["TxnDate"]) + timedelta(days=days)).isoformat()

    def _check(self, call: Call, body: Record, content: Record, old: Record | None) -> None:
        _check_books(call, content, old)
        _check_currency(call, body, content)
        _check_deposit(call, body)
        _check_email(call, content)
        call.refer("Class", "Klasses", body.get("ClassRef"), "ClassRef")
        call.refer("Department", "Depts", body.get("DepartmentRef"), "DepartmentRef")
        call.refer("Account", "Accounts", body.get("DepositToAccountRef"), "DepositToAccountRef")
        _check_number(call, body, old)

    def _number(self, call: Call, body: Record, old: Record | None) -> str | None:
        number = body.get("DocNumber")
        custom = call.company.prefs("SalesFormsPrefs")["CustomTxnNumbers"]
        if number == AUTO_NUMBER or body.get("AutoDocNumber"):
            return call.company.next_number()
        if number is None and not custom:
            return str(old["DocNumber"]) if old and old.get("DocNumber") else call.company.next_number()
        return number

    def _amounts(self, content: Record, old: Record | None) -> Record:
        lines = content["Line"]
        subtotal = total_of(lines, "SubTotalLineDetail")
        total = subtotal - total_of(lines, "DiscountLineDetail") + content["TxnTaxDetail"]["TotalTax"]
        paid = old["TotalAmt"] - old.get("Deposit", Decimal(0)) - old["Balance"] if old else Decimal(0)
        balance = total - content.get("Deposit", Decimal(0)) - paid
        return {"TotalAmt": money(total), "Balance": money(balance)}

    def stored(self, call: Call, record: Record | None, old: Record | None) -> None:
        for held, sign in ((old, -1), (record, 1)):
            if held is not None:
                call.company.shift_balance(held["CustomerRef"]["value"], sign * held["Balance"])

    def delete(self, call: Call, raw: Any) -> Record:
        """Take the invoice out of the books."""
        old = self.held(call, raw)
        _check_books(call, old, old)
        raise_problems(call)
        call.company.remove(self.name, old["Id"])
        self.stored(call, None, old)
        return {self.name: {"domain": "QBO", "status": "Deleted", "Id": old["Id"]}}

    def void(self, call: Call, raw: Any) -> Record:
        """Keep the invoice and its number, with nothing to pay."""
        old = self.held(call, raw)
        _check_books(call, old, old)
        raise_problems(call)
        zero = Decimal(0)
        changed = {
            "Line": [_emptied(line) for line in old["Line"]], "TotalAmt": zero, "Balance": zero,
            "TxnTaxDetail": {"TotalTax": zero}, "PrivateNote": "Voided",
        }  # fmt: skip
        return self._store(call, {**old, **changed}, old)


def _from_customer(customer: Record) -> Record:
    bill = customer.get("BillAddr")
    email = customer.get("PrimaryEmailAddr")
    return {
        "BillAddr": bill, "ShipAddr": customer.get("ShipAddr", bill),
        "BillEmail": {"Address": email["Address"]} if email else None,
    }  # fmt: skip


def _check_books(call: Call, content: Record, old: Record | None) -> None:
    closed = call.company.prefs("AccountingInfoPrefs").get("BookCloseDate")
    dates = [content["TxnDate"], *([old["TxnDate"]] if old else [])]
    if closed and min(dates) <= closed and not call.by_operator:
        call.problems.append(faults.closed_period())


def _check_currency(call: Call, body: Record, content: Record) -> None:
    home = call.company.prefs("CurrencyPrefs")["HomeCurrency"]["value"]
    if body.get("CurrencyRef", {"value": home})["value"] != home:
        call.problems.append(faults.business(_ONE_CURRENCY, "CurrencyRef"))
    content["CurrencyRef"] = content.get("CurrencyRef", {"value": home})


def _check_deposit(call: Call, body: Record) -> None:
    if body.get("Deposit") and not call.company.prefs("SalesFormsPrefs").get("AllowDeposit"):
        detail = "Deposit is turned off in the company's sales settings"
        call.problems.append(faults.business(detail, "Deposit"))


def _check_email(call: Call, content: Record) -> None:
    address = content.get("BillEmail", {}).get("Address")
    if content["EmailStatus"] == "NeedToSend" and not address:
        call.problems.append(faults.missing("BillEmail"))
    if address and not all(sign in address for sign in "@."):
        detail = "Invalid Email Address format. The email address must contain @ and ."
        call.problems.append(faults.business(detail, "BillEmail"))


def _check_number(call: Call, body: Record, old: Record | None) -> None:
    """6140 needs custom numbers, the user's warning, and no word from the caller that it is meant."""
    number = body.get("DocNumber")
    wanted = call.company.prefs("SalesFormsPrefs")["CustomTxnNumbers"] and call.settings.warn_duplicate_docnum
    if not number or not wanted or "allowduplicatedocnum" in call.include or call.by_operator:
        return
    for other in call.company.by_key("Invoice", number):
        if old is None or other["Id"] != old["Id"]:
            call.problems.append(faults.duplicate_number(number, "Invoice", other["Id"]))
            return


def _custom_fields(call: Call, body: Record) -> list[Record]:
    """The fields switched on in the company; a value for any other is not kept."""
    sent = {each.get("DefinitionId"): each for each in body.get("CustomField", [])}
    fields = []
    for definition in call.company.prefs("SalesFormsPrefs").get("UsedCustomFields", []):
        value = sent.get(definition["DefinitionId"], {}).get("StringValue")
        fields.append({**definition, **({"StringValue": value} if value is not None else {})})
    return fields


def _check_total(call: Call, content: Record) -> None:
    if content["TotalAmt"] < 0:
        detail = "Transaction amount must be 0 or greater"
        call.problems.append(faults.business(detail, "TotalAmt"))


def _emptied(line: Record) -> Record:
    emptied = {**line, "Amount": Decimal(0)} if "Amount" in line else dict(line)
    detail = emptied.get("SalesItemLineDetail")
    if detail and "Qty" in detail:
        emptied["SalesItemLineDetail"] = {**detail, "Qty": Decimal(0)}
    return emptied
