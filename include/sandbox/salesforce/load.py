"""Fills an org in-process: single documents made to measure, and thousands of clean ones in seconds.

`running.vendors["salesforce"].loader()` gives a Loader. Amounts are given as text or Decimal, never as float.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sandbox.salesforce.names import (
    COMPANY,
    CURRENCY,
    CUSTOMER,
    DIVISION,
    INVOICE,
    LINE,
    PAYMENT,
    PRODUCT,
    SHIPPER,
    TERMS,
    UOM,
)
from sandbox.salesforce.schema import Row
from sandbox.salesforce.store import Org

_CENT = Decimal("0.01")
_SIX = Decimal("0.000001")
_CHARGES = ("freightamt", "handlingamt", "packageamt", "shippingtax")
Line = tuple[str, str, str]


class Loader:
    """Every method gives back the ids it made; `at` is the moment that the records are stamped with."""

    def __init__(self, org: Org) -> None:
        self._org = org
        self._known: dict[tuple[str, str, str], str] = {}

    def add(self, sobject: str, at: datetime | None = None, /, **fields: Any) -> str:
        """Any record; fields are named without `rstk__<code>_` and `__c`, unless they carry it already."""
        return str(self._org.add(sobject, _named(sobject, fields), at=at)["Id"])

    def customers(self, count: int, first: int = 1, /, **fields: Any) -> list[str]:
        """Customers L-000001, L-000002, ..., each with a bill-to address."""
        return [self._customer(f"L-{number:06d}", fields) for number in range(first, first + count)]

    def products(self, count: int, first: int = 1, division: str = "0101", /, **fields: Any) -> list[str]:
        """Products LP-000001, LP-000002, ... of a division."""
        made = []
        for number in range(first, first + count):
            code = f"LP-{number:06d}"
            given = {"prod": code, "descr": f"Product {number}", "prodtype": "Stock", "price": Decimal("10.000000")}
            place = {"div": self.division(division), "slsuom": self._uom(), "activeind": True}
            made.append(self.add(PRODUCT, None, Name=code, **{**given, **place, **fields}))
        return made

    def currency(self, code: str, rate: str = "1") -> str:
        """A currency; there is only USD in the demo."""
        rate_of = Decimal(rate).quantize(_SIX)
        fields = {"rstk__externalid__c": code, "Name": code, "currency": code, "exchrate": rate_of}
        return self.add(CURRENCY, None, **fields)

    def division(self, code: str) -> str:
        """The id of a division such as 0101."""
        return self._find(DIVISION, "rstk__sydiv_div__c", code)

    def company(self, number: str) -> str:
        """The id of a company such as 01."""
        return self._find(COMPANY, "rstk__sycmp_cmpno__c", number)

    def customer(self, number: str) -> str:
        """The id of a customer such as C-1001."""
        return self._find(CUSTOMER, "rstk__socust_custno__c", number)

    def invoice(
        self,
        number: str,
        customer: str = "C-1001",
        lines: Sequence[Line] = (("P-100", "1", "12.50"),),
        *,
        division: str = "0101",
        tax: str = "0",
        shipping_tax_inside: bool = False,
        at: datetime | None = None,
        **fields: Any,
    ) -> str:
        """An approved invoice that ties to the cent; `lines` are (product, quantity, price).

        Further fields are the header's own, such as freightamt="15.00", discamt="10.00", txntype="Credit Memo",
        soinv=<id>, custcurrency=True, currexchrate="1.25", taxovramt="5.00", ppyinv=True, approved=False.
        """
        money = _amounts(lines, tax, fields, shipping_tax_inside)
        issued = fields.get("invdate") or date(2026, 10, 1)
        header = {
            "invoiceno": number,
            "txntype": "Invoice",
            "invdate": issued,
            "duedate": issued + timedelta(days=30),
            "approved": True,
            "dateapproved": issued,
            "custno": self.customer(customer),
            "div": self.division(division),
            "terms": self._find(TERMS, "rstk__syterms_id__c", "NET30"),
        }
        made = self.add(INVOICE, at, Name=number, **{**header, **fields, **money})
        for position, line in enumerate(lines, 1):
            self._line(made, division, position, line, at)
        return made

    def invoices(
        self,
        count: int,
        lines: int = 3,
        *,
        first: int = 500_001,
        division: str = "0101",
        customers: Sequence[str] = ("C-1001", "C-1002", "C-1003", "C-1005"),
        products: Sequence[str] = ("P-100", "P-200", "P-300", "P-400"),
        since: datetime | None = None,
    ) -> list[str]:
        """Many clean invoices, one millisecond apart from `since` on; numbers count up from `first`."""
        begin = since or datetime.now(UTC).replace(microsecond=0) - timedelta(hours=2)
        made = []
        for place in range(count):
            chosen = [
                (products[(place + each) % len(products)], str(1 + (place + each) % 9), "12.50")
                for each in range(lines)
            ]
            made.append(
                self.invoice(
                    f"{first + place:06d}",
                    customers[place % len(customers)],
                    chosen,
                    division=division,
                    tax="8" if place % 2 else "0",
                    at=begin + timedelta(milliseconds=place),
                )
            )
        return made

    def payment(self, invoice: str, amount: str, payment_id: str = "pay-1", /, **fields: Any) -> str:
        """A completed payment on an invoice; it rolls up into prearpayamt."""
        paid = {"payamount": Decimal(amount), "status": "Payment Completed", "invpayid": payment_id}
        return self.add(PAYMENT, None, **{"soinv": invoice, **paid, **fields})

    def shipper(self, invoice: str, number: str = "SH-1", /, **fields: Any) -> str:
        """A shipper that the invoice then points to, with tracking="..." and shipdate=date(...)."""
        made = self.add(SHIPPER, None, **{"Name": number, "shipperno": number, "invoice": invoice, **fields})
        row = self._org.row(INVOICE, invoice)
        if row is not None:
            self._org.change(INVOICE, row, {"rstk__soinv_soship__c": made})
        return made

    def _customer(self, number: str, fields: Row) -> str:
        terms = self._find(TERMS, "rstk__syterms_id__c", "NET30")
        given = {"custno": number, "sf_account_name": f"Customer {number}", "terms": terms}
        made = self.add(CUSTOMER, None, Name=number, **{**given, **fields})
        address = {"address1": "1 Long Street", "city": "Boston", "state": "MA", "zip": "02108", "country": "US"}
        self.add("rstk__socaddr__c", None, custno=made, seq=Decimal(1), defaultbillto=True, **address)
        return made

    def _line(self, invoice: str, division: str, position: int, line: Line, at: datetime | None) -> None:
        product, quantity, price = line
        row = {
            "Name": f"line-{position}",
            "rstk__soinvline_invoice__c": invoice,
            "rstk__soinvline_invline__c": Decimal(position),
            "rstk__soinvline_prod__c": self._find(PRODUCT, "rstk__externalid__c", f"{division}_{product}"),
            "rstk__soinvline_uom__c": self._uom(),
            "rstk__soinvline_qty__c": Decimal(quantity).quantize(_SIX),
            "rstk__soinvline_price__c": Decimal(price).quantize(_SIX),
            "rstk__soinvline_discamt__c": Decimal(0).quantize(_SIX),
        }
        self._org.add(LINE, row, at=at)

    def _uom(self) -> str:
        return self._find(UOM, "rstk__syuom_uom__c", "EA")

    def _find(self, sobject: str, field: str, value: str) -> str:
        key = (sobject, field, value)
        if key not in self._known:
            rows = self._org.holders(sobject, field, value)
            if len(rows) != 1:
                raise LookupError(f"{len(rows)} records of {sobject} have {field} = {value!r}")
            self._known[key] = rows[0]["Id"]
        return self._known[key]


def _amounts(lines: Iterable[Line], tax: str, given: Row, shipping_tax_inside: bool) -> Row:
    """The money of a header, so that it ties (facts 3.1)."""
    total = sum((_cents(Decimal(price) * Decimal(quantity)) for _, quantity, price in lines), Decimal(0))
    discount = _cents(Decimal(given.get("discamt", 0)))
    money = {name: _cents(Decimal(given.get(name, 0))) for name in _CHARGES}
    taxed = _cents(Decimal(given["taxamt"])) if "taxamt" in given else _cents((total - discount) * Decimal(tax) / 100)
    override = given.get("taxovramt")
    payable = taxed if override is None else _cents(Decimal(override))
    charged = sum(money.values()) - (money["shippingtax"] if shipping_tax_inside else 0)
    zero = dict.fromkeys(("totalppya", "amtcredited"), Decimal("0.00"))
    typed = {name: _cents(Decimal(given[name])) for name in (*zero, "grandtotal", "taxovramt") if given.get(name)}
    made = {"total": total, "discamt": discount, "taxamt": taxed, "grandtotal": total - discount + charged + payable}
    return {**zero, **money, **made, **typed}


def _cents(value: Decimal) -> Decimal:
    return value.quantize(_CENT, ROUND_HALF_UP)


def _named(sobject: str, fields: Row) -> Row:
    code = sobject.removesuffix("__c")
    return {name if name[:1].isupper() or "__" in name else f"{code}_{name}__c": fields[name] for name in fields}
