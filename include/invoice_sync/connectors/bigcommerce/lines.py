"""What a buyer sees inside an invoice: its lines, the summary below them, addresses and parcels; pure.

All amounts in here are text. The store ties nothing together, so that the summary is made to come to the total.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from invoice_sync.connectors.bigcommerce.texts import one_line
from invoice_sync.model.documents import Address, Invoice, Line
from invoice_sync.model.money import Money, total

MOST_DECIMALS = 4
"""How amounts inside an invoice come back."""

NOTHING = "-"
"""For what has no value where the store wants one."""

_STEP = Decimal(1).scaleb(-MOST_DECIMALS)
_CHARGES = {"freight": "Freight", "handling": "Handling", "packaging": "Packaging", "rounding": "Rounding"}


def details(invoice: Invoice) -> dict[str, Any]:
    """The whole of it: an update replaces all that is there."""
    header: dict[str, Any] = {"costLines": list(cost_lines(invoice))}
    if billing := address(invoice.bill_to):
        header["billingAddress"] = billing
    if shipping := address(invoice.ship_to):
        header["shippingAddresses"] = [shipping]
    inner: dict[str, Any] = {}
    if invoice.lines:
        inner["lineItems"] = _distinct([line_item(line) for line in invoice.lines])
    if invoice.ship_date is not None or invoice.tracking.strip():
        inner["shipments"] = [_parcel(invoice)]
    return {"header": header, "details": inner}


def cost_lines(invoice: Invoice) -> Iterator[dict[str, Any]]:
    """Subtotal, charges, discount and taxes: their sum is the document's total."""
    yield _cost("Subtotal", total([line.amount for line in invoice.lines], invoice.currency))
    for charge in invoice.charges:
        if charge.amount:
            yield _cost(_CHARGES[charge.kind], charge.amount)
    if invoice.discount:
        yield _cost("Discount", -invoice.discount)
    yield from _taxes(invoice)


def line_item(line: Line) -> dict[str, Any]:
    """`unitPrice` is before the line's own discount where that divides exactly; else after it, as a comment says."""
    currency = line.amount.currency
    each = _discount_each(line)
    price = line.unit_price + (each or 0)
    item: dict[str, Any] = {
        "sku": one_line(line.sku) or one_line(line.product) or NOTHING,
        "quantity": plain(line.quantity),
        "unitPrice": {"code": currency, "value": plain(price)},
    }
    # required of what is no product of the store's own catalog, and nobody knows which these are
    item["description"] = one_line(line.description) or item["sku"]
    if each:
        item["unitDiscount"] = {"code": currency, "value": plain(each)}
    if said := "; ".join(_comments(line, with_discount=not each)):
        item["comments"] = said
    return item


def address(place: Address) -> dict[str, str]:
    """All eight parts are required once there is an address; the model knows no person's name."""
    street2 = ", ".join(text for text in map(one_line, (place.line2, place.line3)) if text)
    parts = {
        "firstName": "", "lastName": "", "street1": one_line(place.line1), "street2": street2,
        "city": one_line(place.city), "state": one_line(place.state), "zipCode": one_line(place.postcode),
        "country": one_line(place.country),
    }  # fmt: skip
    return parts if any(parts.values()) else {}


def plain(number: Decimal) -> str:
    """Decimal text without an exponent or idle zeros: "3", "0.125"."""
    text = f"{number:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text


def _cost(description: str, amount: Money) -> dict[str, Any]:
    return {"description": description, "amount": {"code": amount.currency, "value": f"{amount.decimal:f}"}}


def _taxes(invoice: Invoice) -> Iterator[dict[str, Any]]:
    """Each by its code; as one where their sum is not the document's tax, and with nothing to add where they are inside
    the lines already."""
    if invoice.tax_inclusive:
        for tax in invoice.taxes:
            label = f"{_tax_name(tax.code)} {tax.amount.decimal:f} included"
            yield _cost(label, Money.zero(invoice.currency))
        return
    if total([tax.amount for tax in invoice.taxes], invoice.currency) == invoice.tax and invoice.taxes:
        for tax in invoice.taxes:
            if tax.amount:
                yield _cost(_tax_name(tax.code), tax.amount)
    elif invoice.tax:
        yield _cost("Sales Tax", invoice.tax)


def _tax_name(code: str) -> str:
    return one_line(f"Tax {code}")


def _discount_each(line: Line) -> Decimal | None:
    """The discount on one unit; None when there is none, or when it has more decimals than the store keeps."""
    if not line.discount or not line.quantity:
        return None
    each = (line.discount.decimal / line.quantity).quantize(_STEP, rounding=ROUND_HALF_UP)
    return each if each * line.quantity == line.discount.decimal else None


def _comments(line: Line, *, with_discount: bool) -> Iterator[str]:
    if line.unit.strip():
        yield f"Unit {one_line(line.unit)}"
    if with_discount and line.discount:
        yield f"Discount {line.discount} included"
    for where, which in line.kept:
        yield one_line(f"{where.capitalize()} {which}")


def _distinct(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The published schema wants no two lines alike (uniqueItems), and on an invoice two may well be."""
    found: list[dict[str, Any]] = []
    for number, item in enumerate(items, 1):
        if item in found:
            said = item.get("comments")
            item = {**item, "comments": f"{said}; Line {number}" if said else f"Line {number}"}
        found.append(item)
    return found


def _parcel(invoice: Invoice) -> dict[str, str]:
    day = invoice.ship_date.isoformat() if invoice.ship_date else ""
    return {
        "addressIndex": "0", "shipDate": day, "shipVia": "", "trackingNumber": one_line(invoice.tracking),
        "comments": "",
    }  # fmt: skip
