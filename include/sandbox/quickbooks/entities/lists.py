"""The small lists: terms, accounts, classes, locations, payment methods.

Rules: developer.intuit.com, api/accounting/all-entities/term, account, class, department, paymentmethod.
"""

import re
from calendar import monthrange
from datetime import date, timedelta
from decimal import Decimal

from sandbox.quickbooks import faults
from sandbox.quickbooks.entities.base import Call, given
from sandbox.quickbooks.entities.currency import named_currency
from sandbox.quickbooks.entities.names import NamedKind, check_name, check_range
from sandbox.quickbooks.shapes import ACCOUNT, CLASS, DEPARTMENT, PAYMENT_METHOD, TERM
from sandbox.quickbooks.wire import Record

# AccountType: Classification and the AccountSubType that stands where none is sent
_TYPES = {
    "Bank": ("Asset", "CashOnHand"), "Accounts Receivable": ("Asset", "AccountsReceivable"),
    "Other Current Asset": ("Asset", "OtherCurrentAssets"), "Fixed Asset": ("Asset", "OtherFixedAssets"),
    "Other Asset": ("Asset", "OtherLongTermAssets"), "Accounts Payable": ("Liability", "AccountsPayable"),
    "Credit Card": ("Liability", "CreditCard"), "Long Term Liability": ("Liability", "OtherLongTermLiabilities"),
    "Other Current Liability": ("Liability", "OtherCurrentLiabilities"), "Equity": ("Equity", "OpeningBalanceEquity"),
    "Income": ("Revenue", "SalesOfProductIncome"), "Other Income": ("Revenue", "OtherMiscellaneousIncome"),
    "Expense": ("Expense", "OtherMiscellaneousServiceCost"),
    "Other Expense": ("Expense", "OtherMiscellaneousExpense"),
    "Cost of Goods Sold": ("Expense", "SuppliesMaterialsCogs"),
}  # fmt: skip
_BY_SUBTYPE = {subtype: kind for kind, (_, subtype) in _TYPES.items()} | {
    "DiscountsRefundsGiven": "Income", "ServiceFeeIncome": "Income", "Inventory": "Other Current Asset",
    "UndepositedFunds": "Other Current Asset", "Checking": "Bank", "SalesTaxPayable": "Other Current Liability",
    "GlobalTaxPayable": "Other Current Liability",
}  # fmt: skip
_NOT_IN_ACCOUNT = re.compile(r'[:"\t\r\n]')


class AccountKind(NamedKind):
    """An account of the chart of accounts."""

    name = "Account"
    shape = ACCOUNT
    refer_as = "Accounts"
    child_flag = "SubAccount"
    computed = frozenset({
        "FullyQualifiedName", "Level", "Classification", "CurrentBalance", "CurrentBalanceWithSubAccounts",
        "OpeningBalance", "OpeningBalanceDate",
    })  # fmt: skip

    def finished(self, call: Call, content: Record, old: Record | None) -> Record:
        if content["Name"] and '"' in content["Name"]:
            check_name(call, content["Name"], "Name", _NOT_IN_ACCOUNT)
        _check_number(call, content, old)
        kind = _type_of(call, content)
        if kind is None:
            return content
        held, zero = old or {}, Decimal(0)
        return given(content, {
            "AccountType": kind, "AccountSubType": _TYPES[kind][1], "Classification": _TYPES[kind][0],
            "CurrentBalance": held.get("CurrentBalance", zero),
            "CurrentBalanceWithSubAccounts": held.get("CurrentBalanceWithSubAccounts", zero),
            "CurrencyRef": held.get("CurrencyRef") or named_currency(call.company, call.company.home),
        })  # fmt: skip


def _type_of(call: Call, content: Record) -> str | None:
    """The type that was sent, or that the subtype belongs to."""
    kind = content.get("AccountType") or _BY_SUBTYPE.get(content.get("AccountSubType", ""))
    if kind is None:
        call.problems.append(faults.missing("AccountType"))
    elif kind not in _TYPES:
        call.problems.append(faults.invalid_enum(kind, "AccountType"))
        return None
    return kind


def _check_number(call: Call, content: Record, old: Record | None) -> None:
    number = content.get("AcctNum")
    for holder in call.company.having("Account", "AcctNum", number) if number else ():
        if old is None or holder["Id"] != old["Id"]:
            detail = f"Duplicate Name Exists Error : Account number already exists. : Id={holder['Id']}"
            call.problems.append(faults.duplicate_name(detail))


class TermKind(NamedKind):
    """A term of payment: so many days, or a day of the month."""

    name = "Term"
    shape = TERM
    computed = frozenset({"Type"})

    def finished(self, call: Call, content: Record, old: Record | None) -> Record:
        dated = "DayOfMonthDue" in content
        if not dated:
            call.problems += [] if "DueDays" in content else [faults.missing("DueDays")]
        for name, lowest, highest in (
            ("DueDays", 0, 999), ("DiscountDays", 0, 999), ("DiscountPercent", 0, 100), ("DayOfMonthDue", 1, 31),
            ("DueNextMonthDays", 0, 999), ("DiscountDayOfMonth", 1, 31),
        ):  # fmt: skip
            check_range(call, content, name, lowest, highest)
        if dated:
            return {**{k: v for k, v in content.items() if k != "DueDays"}, "Type": "DATE_DRIVEN"}
        return given(content, {"Type": "STANDARD", "DiscountPercent": Decimal(0), "DiscountDays": 0})


def due_date(term: Record, day: str) -> str:
    """When an invoice of that day falls due."""
    made = date.fromisoformat(day)
    if term.get("Type") != "DATE_DRIVEN":
        return (made + timedelta(days=int(term.get("DueDays", 0)))).isoformat()
    due = _on_day(made, int(term["DayOfMonthDue"]))
    if due < made:
        due = _on_day(_next_month(made), int(term["DayOfMonthDue"]))
    # "due the next month if issued within so many days of the due date"
    if (due - made).days < int(term.get("DueNextMonthDays", 0)):
        due = _on_day(_next_month(due), int(term["DayOfMonthDue"]))
    return due.isoformat()


def _on_day(month: date, day: int) -> date:
    return month.replace(day=min(day, monthrange(month.year, month.month)[1]))


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


class ClassKind(NamedKind):
    """A class, which lines and transactions are sorted by."""

    name = "Class"
    shape = CLASS
    refer_as = "Klasses"
    child_flag = "SubClass"


class DepartmentKind(NamedKind):
    """A location."""

    name = "Department"
    shape = DEPARTMENT
    refer_as = "Depts"
    child_flag = "SubDepartment"


class PaymentMethodKind(NamedKind):
    """A way to pay."""

    name = "PaymentMethod"
    shape = PAYMENT_METHOD

    def finished(self, call: Call, content: Record, old: Record | None) -> Record:
        return given(content, {"Type": "NON_CREDIT_CARD"})
