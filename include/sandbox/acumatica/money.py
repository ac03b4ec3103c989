"""The sums of orders and documents, worked out from their rows as the forms do (facts 12)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sandbox.acumatica.store import Tenant, cent_of

Row = dict[str, Any]
ZERO = Decimal(0)
GROSS = "Gross"
TAXABLE = "TAXABLE"


def rounded(value: Decimal, currency: str | None) -> Decimal:
    """To the smallest amount of a currency, half up."""
    return value.quantize(cent_of(currency), ROUND_HALF_UP)


def total(rows: Iterable[Row], name: str) -> Decimal:
    """The sum of one field."""
    return sum((row.get(name) or ZERO for row in rows), ZERO)


def period_of(day: date) -> str:
    """The financial period of a date, as the forms write it: 11-2023."""
    return f"{day:%m-%Y}"


def is_closed(tenant: Tenant, day: date) -> bool:
    """Whether the books of that month are closed."""
    return f"{day:%Y-%m}" <= tenant.lists.closed_through


def price_lines(rows: list[Row], quantity: str, currency: str | None) -> None:
    """ExtendedPrice, DiscountAmount and Amount of every row."""
    for number, row in enumerate(rows, 1):
        row.setdefault("LineNbr", number)
        row["ExtendedPrice"] = rounded((row.get(quantity) or ZERO) * (row.get("UnitPrice") or ZERO), currency)
        percent = row.get("DiscountPercent") or ZERO
        if percent:
            row["DiscountAmount"] = rounded(row["ExtendedPrice"] * percent / 100, currency)
        row["DiscountAmount"] = row.get("DiscountAmount") or ZERO
        row["DiscountPercent"] = percent
        row["Amount"] = row["ExtendedPrice"] - row["DiscountAmount"]


def tax_rows(tenant: Tenant, head: Row, lines: list[Row], discount: Decimal, currency: str | None) -> list[Row]:
    """One row for the tax of the zone; none where nothing is taxable."""
    zone = tenant.lists.zones.get(head.get("TaxZone") or "")
    base = total((one for one in lines if one.get("TaxCategory") == TAXABLE), "Amount") - discount
    if zone is None or base <= 0:
        return []
    name, rate = zone
    inside = head.get("TaxCalcMode") == GROSS
    tax = rounded(base * rate / (100 + rate) if inside else base * rate / 100, currency)
    taxable = base - tax if inside else base
    return [{"TaxID": name, "TaxRate": rate, "TaxableAmount": taxable, "TaxAmount": tax}]


def recalculate_document(tenant: Tenant, doc: Row) -> None:
    """Every sum of an invoice or memo; typed taxes and discounts stay as they are."""
    currency, lines = doc.get("Currency"), doc.setdefault("Details", [])
    price_lines(lines, "Qty", currency)
    discount = total(doc.setdefault("DiscountDetails", []), "DiscountAmount")
    if not doc.get("_taxes_typed"):
        doc["TaxDetails"] = tax_rows(tenant, doc, lines, discount, currency)
    freight = total(doc.setdefault("FreightDetails", []), "TotalFreightAmount")
    net, tax = total(lines, "Amount"), total(doc["TaxDetails"], "TaxAmount")
    added = ZERO if doc.get("TaxCalcMode") == GROSS else tax
    amount = net - discount + freight + added
    doc |= {"DetailTotal": total(lines, "ExtendedPrice"), "DetailNet": net, "DiscountTotal": discount}
    doc |= {"FreightPrice": freight, "TaxTotal": tax, "Amount": amount}
    recalculate_balance(doc)


def recalculate_balance(doc: Row) -> None:
    """Released applications lower the balance; PaymentTotal counts every application."""
    rows = applications(doc)
    settled = (one for one in rows if one.get("_released"))
    doc["PaymentTotal"] = total(rows, "AmountPaid")
    closed = ZERO if not doc.get("_released") else sum((_taken(one) for one in settled), ZERO)
    doc["Balance"] = ZERO if doc.get("_canceled") or _is_cash(doc) else doc["Amount"] - closed


def _is_cash(doc: Row) -> bool:
    """A cash sale is paid as soon as it is released."""
    return doc["Type"] in ("Cash Sale", "Cash Return") and bool(doc.get("_released"))


def applications(doc: Row) -> list[Row]:
    """The rows of what was applied to an invoice, or of what a memo was applied to."""
    name = "ApplicationsCreditMemo" if doc["Type"] == "Credit Memo" else "ApplicationsInvoice"
    rows: list[Row] = doc.setdefault(name, [])
    return rows


def _taken(one: Row) -> Decimal:
    return sum(((one.get(name) or ZERO) for name in ("AmountPaid", "CashDiscountTaken", "_written_off")), ZERO)


def recalculate_order(tenant: Tenant, order: Row) -> None:
    """Every sum of a sales order."""
    currency, lines = order.get("CurrencyID"), order.setdefault("Details", [])
    price_lines(lines, "OrderQty", currency)
    for line in lines:
        line["QtyOnShipments"] = line.get("QtyOnShipments") or ZERO
        line["OpenQty"] = max((line.get("OrderQty") or ZERO) - (line.get("_shipped") or ZERO), ZERO)
        price = line.get("UnitPrice") or ZERO
        line["DiscountedUnitPrice"] = price * (100 - line["DiscountPercent"]) / 100
    discount = total(order.setdefault("DiscountDetails", []), "DiscountAmount")
    order["TaxDetails"] = tax_rows(tenant, order, lines, discount, currency)
    net, tax = total(lines, "Amount"), total(order["TaxDetails"], "TaxAmount")
    freight = (order.get("Freight") or ZERO) + (order.get("PremiumFreight") or ZERO)
    added = ZERO if order.get("TaxCalcMode") == GROSS else tax
    order |= {"LineTotalAmount": net, "DiscountTotal": discount, "TaxTotal": tax}
    order |= {"OrderTotal": net - discount + freight + added, "OrderedQty": total(lines, "OrderQty")}
    paid = total(order.setdefault("Payments", []), "AppliedToOrder")
    order["UnpaidBalance"] = order["OrderTotal"] - paid


def recalculate_payment(payment: Row) -> None:
    """What is left of a payment."""
    applied = total(payment.setdefault("DocumentsToApply", []), "AmountPaid")
    applied += total(payment.setdefault("ApplicationHistory", []), "AmountPaid")
    orders = total(payment.setdefault("OrdersToApply", []), "AppliedToOrder")
    payment |= {"AppliedToDocuments": applied, "AppliedToOrders": orders}
    payment["AvailableBalance"] = payment["PaymentAmount"] - applied - orders
