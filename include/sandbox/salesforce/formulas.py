"""Formula fields, computed whenever they are read; a formula never moves SystemModstamp."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sandbox.salesforce.schema import Formula, Row, Rows

_INVOICE = "rstk__soinv_"
_LINE = "rstk__soinvline_"


def amount(row: Row, name: str) -> Decimal:
    """A number; an empty one counts as nothing."""
    value = row.get(name)
    return Decimal(0) if value is None else Decimal(value)


def copy_of(name: str) -> Formula:
    """Shows another field."""
    return lambda rows, row: row.get(name)


def signed(name: str) -> Formula:
    """The amount with a minus sign on credit memos, for reports."""

    def compute(rows: Rows, row: Row) -> Any:
        credit = row.get(f"{_INVOICE}txntype__c") == "Credit Memo"
        return -amount(row, name) if credit else row.get(name)

    return compute


def extended(rows: Rows, row: Row) -> Decimal:
    """(price - unit discount) * quantity, unrounded: up to 12 decimals."""
    return (amount(row, f"{_LINE}price__c") - amount(row, f"{_LINE}discamt__c")) * amount(row, f"{_LINE}qty__c")


def discounted(rows: Rows, row: Row) -> Decimal:
    """Extended amount after the header's discount percent."""
    invoice = rows.row("rstk__soinv__c", row.get(f"{_LINE}invoice__c")) or {}
    percent = amount(invoice, f"{_INVOICE}discpct__c") / 100
    return extended(rows, row) * (1 - percent)


def open_to_credit(rows: Rows, row: Row) -> Decimal:
    """grandtotal less prepayments applied and what was credited already."""
    taken = amount(row, f"{_INVOICE}totalppya__c") + amount(row, f"{_INVOICE}amtcredited__c")
    return amount(row, f"{_INVOICE}grandtotal__c") - taken


def invoice_currency(rows: Rows, row: Row) -> str | None:
    """The customer's currency when the invoice is kept in it, else the company's home currency."""
    customer = rows.row("rstk__socust__c", row.get(f"{_INVOICE}custno__c")) or {}
    division = rows.row("rstk__sydiv__c", row.get(f"{_INVOICE}div__c")) or {}
    company = rows.row("rstk__sycmp__c", division.get("rstk__sydiv_cmpno__c")) or {}
    own = customer.get("rstk__socust_custcurr__c") if row.get(f"{_INVOICE}custcurrency__c") else None
    currency = rows.row("rstk__sycurr__c", own or company.get("rstk__sycmp_homecurr__c")) or {}
    code = currency.get("rstk__sycurr_currency__c")
    return None if code is None else str(code)


def _rate(row: Row) -> Decimal:
    """An empty or zero rate counts as 1."""
    return amount(row, f"{_INVOICE}currexchrate__c") or Decimal(1)


def customer_currency(name: str) -> Formula:
    """The amount in customer currency; freight repeats the package's defect and always multiplies."""

    def compute(rows: Rows, row: Row) -> Decimal:
        stored = amount(row, f"{_INVOICE}{name}__c")
        keep = row.get(f"{_INVOICE}custcurrency__c") and name != "freightamt"
        return stored if keep else _cents(stored * _rate(row))

    return compute


def home_currency(name: str) -> Formula:
    """The amount in the company's home currency."""

    def compute(rows: Rows, row: Row) -> Decimal:
        stored = amount(row, f"{_INVOICE}{name}__c")
        return _cents(stored / _rate(row)) if row.get(f"{_INVOICE}custcurrency__c") else stored

    return compute


def _cents(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.01"), ROUND_HALF_UP)
