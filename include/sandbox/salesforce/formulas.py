"""Formula fields and roll-ups, computed whenever they are read; neither moves SystemModstamp by itself."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sandbox.salesforce.names import (
    COMPANY,
    CURRENCY,
    CUSTOMER,
    DIVISION,
    EXTERNAL_ID,
    INVOICE,
    INVOICE_OF_LINE,
    INVOICE_OF_PAYMENT,
    LINE,
    PAYMENT,
)
from sandbox.salesforce.schema import Formula, Row, Rows

_INVOICE = "rstk__soinv_"
_LINE = "rstk__soinvline_"
_NOTHING = Decimal(0)
_ONE = Decimal(1)
_CENT = Decimal("0.01")
_TWELFTH = Decimal(1).scaleb(-12)
COMPLETED = "Payment Completed"


def amount(row: Row, name: str) -> Decimal:
    """A number; an empty one counts as nothing."""
    value = row.get(name)
    return _NOTHING if value is None else Decimal(value)


def copy_of(name: str) -> Formula:
    """Shows another field."""
    return lambda rows, row: row.get(name)


def key_of(own: str, parent: str | None = None, parent_object: str = "", parent_field: str = "") -> Formula:
    """The package's business key: a field of its own, behind one of its parent where there is one."""

    def compute(rows: Rows, row: Row) -> str | None:
        head = (rows.row(parent_object, row.get(parent)) or {}).get(parent_field) if parent else ""
        tail = row.get(own)
        tail = int(tail) if isinstance(tail, Decimal) else tail
        if head is None or tail is None:
            # half a key would not be unique
            stored = row.get(EXTERNAL_ID)
            return None if stored is None else str(stored)
        return f"{head}_{tail}" if parent else str(tail)

    return compute


def signed(name: str) -> Formula:
    """The amount with a minus sign on credit memos, for reports."""

    def compute(rows: Rows, row: Row) -> Any:
        return -amount(row, name) if _is_credit(row) else row.get(name)

    return compute


def _is_credit(invoice: Row) -> bool:
    return invoice.get(f"{_INVOICE}txntype__c") == "Credit Memo"


def extended(rows: Rows, row: Row) -> Decimal:
    """(price - unit discount) * quantity, unrounded: up to 12 decimals."""
    return (amount(row, f"{_LINE}price__c") - amount(row, f"{_LINE}discamt__c")) * amount(row, f"{_LINE}qty__c")


def discounted(rows: Rows, row: Row) -> Decimal:
    """Extended amount after the header's discount percent; a formula sees 5 % as 0.05."""
    percent = amount(_header(rows, row), f"{_INVOICE}discpct__c") / 100
    return extended(rows, row) * (1 - percent)


def open_to_credit(rows: Rows, row: Row) -> Decimal:
    """grandtotal less prepayments applied and what was credited already."""
    taken = amount(row, f"{_INVOICE}totalppya__c") + amount(row, f"{_INVOICE}amtcredited__c")
    return amount(row, f"{_INVOICE}grandtotal__c") - taken


def open_amount(rows: Rows, row: Row) -> Decimal:
    """What a payment may still take (facts 3.6; assumed, the package shows no such field)."""
    return open_to_credit(rows, row) - paid_on_invoice(rows, row)


def paid_on_invoice(rows: Rows, row: Row) -> Decimal:
    """Roll-up of the payments that were completed and not reversed."""
    at = "rstk__soinvpay_"
    paid = (
        amount(one, f"{at}payamount__c")
        for one in rows.children(PAYMENT, INVOICE_OF_PAYMENT, row["Id"])
        if one.get(f"{at}status__c") == COMPLETED and not one.get(f"{at}reversed__c")
    )
    return sum(paid, Decimal("0.00"))


def sum_of_lines(name: str) -> Formula:
    """Roll-up of a field of the lines."""

    def compute(rows: Rows, row: Row) -> Decimal:
        lines = rows.children(LINE, INVOICE_OF_LINE, row["Id"])
        return sum((amount(one, f"{_LINE}{name}__c") for one in lines), Decimal("0.00"))

    return compute


def invoice_currency(rows: Rows, row: Row) -> str | None:
    """The customer's currency when the invoice is kept in it, else the company's home currency."""
    customer = rows.row(CUSTOMER, row.get(f"{_INVOICE}custno__c")) or {}
    division = rows.row(DIVISION, row.get(f"{_INVOICE}div__c")) or {}
    company = rows.row(COMPANY, division.get("rstk__sydiv_cmpno__c")) or {}
    own = customer.get("rstk__socust_custcurr__c") if row.get(f"{_INVOICE}custcurrency__c") else None
    currency = rows.row(CURRENCY, own or company.get("rstk__sycmp_homecurr__c")) or {}
    code = currency.get("rstk__sycurr_currency__c")
    return None if code is None else str(code)


def _rate(row: Row) -> Decimal:
    """An empty or zero rate counts as 1."""
    return amount(row, f"{_INVOICE}currexchrate__c") or _ONE


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


def line_in_customer_currency(of: Formula) -> Formula:
    """A line's amount by its header's currency rule."""

    def compute(rows: Rows, row: Row) -> Decimal:
        header = _header(rows, row)
        value: Decimal = of(rows, row)
        return value if header.get(f"{_INVOICE}custcurrency__c") else value * _rate(header)

    return compute


def line_in_home_currency(of: Formula) -> Formula:
    """A line's amount by its header's currency rule."""

    def compute(rows: Rows, row: Row) -> Decimal:
        header = _header(rows, row)
        value: Decimal = of(rows, row)
        return _twelve(value / _rate(header)) if header.get(f"{_INVOICE}custcurrency__c") else value

    return compute


def line_signed(of: Formula) -> Formula:
    """A line's amount, with a minus sign on the lines of credit memos."""

    def compute(rows: Rows, row: Row) -> Decimal:
        value: Decimal = of(rows, row)
        return -value if _is_credit(_header(rows, row)) else value

    return compute


def number_of(name: str) -> Formula:
    """A stored number, an empty one as nothing."""
    return lambda rows, row: amount(row, name)


def _header(rows: Rows, line: Row) -> Row:
    return rows.row(INVOICE, line.get(INVOICE_OF_LINE)) or {}


def _twelve(value: Decimal) -> Decimal:
    """A quotient may never end; extended amounts have up to 12 decimals."""
    return value.quantize(_TWELFTH, ROUND_HALF_UP)


def _cents(value: Decimal) -> Decimal:
    return value.quantize(_CENT, ROUND_HALF_UP)
