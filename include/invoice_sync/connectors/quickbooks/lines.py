"""The lines of an invoice or credit memo: sold items, header charges, the order discount; pure.

https://developer.intuit.com/app/developer/qbo/docs/api/accounting/all-entities/invoice
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from invoice_sync.connectors.base import Json
from invoice_sync.connectors.placeholders import placeholder
from invoice_sync.connectors.quickbooks import taxes
from invoice_sync.connectors.quickbooks.refusing import bad
from invoice_sync.model.documents import Charge, Invoice, Line
from invoice_sync.model.flow import Options
from invoice_sync.model.money import Money

MOST_DECIMALS = 7
CENT = Decimal("0.01")
SHIPPING = "SHIPPING_ITEM_ID"
"""Stands for the company's own shipping item; needs SalesFormsPrefs.AllowShipping."""


def lines(invoice: Invoice, profile: Json, options: Options) -> list[dict[str, Any]]:
    """Raises BadDocument for what QuickBooks cannot hold."""
    charges = carried(invoice, options)
    _check_charges(invoice, charges, profile, options)
    made = [_line(invoice, line, profile) for line in invoice.lines]
    made += [_charge_line(invoice, charge, profile, options) for charge in charges]
    return made + ([] if options.header_charges == "ignore" else _discount(invoice, profile))


def carried(invoice: Invoice, options: Options) -> list[Charge]:
    """The rounding line has a setting of its own, rounding_line, and is no charge of the source."""
    ignore = options.header_charges == "ignore"
    return [charge for charge in invoice.charges if charge.amount and (charge.kind == "rounding" or not ignore)]


def left_out(invoice: Invoice, options: Options) -> list[tuple[str, Money]]:
    """What `header_charges: ignore` keeps from the total, as Rootstock's own export does: (cause, amount)."""
    if options.header_charges != "ignore":
        return []
    left = [(f"{each.kind} is not passed", each.amount) for each in invoice.charges if each.kind != "rounding"]
    return left + ([("order discount is not passed", -invoice.discount)] if invoice.discount else [])


def _line(invoice: Invoice, line: Line, profile: Json) -> dict[str, Any]:
    if not line.product:
        reason, cure = f"line {line.number} names no product", "Give the line a product in the source system."
        raise bad(invoice, "missing", reason, cure)
    detail: dict[str, Any] = {"ItemRef": {"value": placeholder("product", line.product)}}
    if _says_the_amount(line):
        detail |= {"Qty": _plain(line.quantity), "UnitPrice": _plain(line.unit_price)}
    detail |= taxes.of_line(invoice, profile, taxed=line.taxed)
    body = {"DetailType": "SalesItemLineDetail", "Amount": line.amount.decimal, "SalesItemLineDetail": detail}
    return body | ({"Description": line.description.strip()} if line.description.strip() else {})


def _says_the_amount(line: Line) -> bool:
    """Whether quantity and price may go along.

    QuickBooks refuses a line (6070) whose Amount is not their product, rounded half up to two decimals in any
    currency, yen as well, and keeps seven decimals of either; the amount is what counts.
    """
    if max(_decimals(line.quantity), _decimals(line.unit_price)) > MOST_DECIMALS:
        return False
    return (line.quantity * line.unit_price).quantize(CENT, ROUND_HALF_UP) == line.amount.decimal


def _decimals(number: Decimal) -> int:
    exponent = number.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else MOST_DECIMALS + 1


def _plain(number: Decimal) -> Decimal:
    """The same number without trailing zeros and without an exponent in its JSON."""
    return Decimal(f"{number.normalize():f}")


def _charge_line(invoice: Invoice, charge: Charge, profile: Json, options: Options) -> dict[str, Any]:
    item = SHIPPING if _is_shipping(charge, options) else profile["charge_items"][charge.kind]
    detail = {"ItemRef": {"value": item}, **taxes.of_line(invoice, profile, taxed=charge.taxed)}
    body = {"DetailType": "SalesItemLineDetail", "Amount": charge.amount.decimal, "SalesItemLineDetail": detail}
    # QuickBooks keeps no description on its own shipping line
    return body if item == SHIPPING else body | {"Description": charge.kind.capitalize()}


def _is_shipping(charge: Charge, options: Options) -> bool:
    return charge.kind == "freight" and options.header_charges == "shipping_item"


def _check_charges(invoice: Invoice, charges: Sequence[Charge], profile: Json, options: Options) -> None:
    named = [charge for charge in charges if charge.kind != "rounding"]
    if named and options.header_charges == "refuse":
        cure = "Remove the charges, or set the flow's option header_charges to lines."
        raise bad(invoice, "charges", f"it carries charges that this flow does not take ({_listed(named)})", cure)
    shipping = [charge for charge in charges if _is_shipping(charge, options)]
    if shipping and not profile["allow_shipping"]:
        cure = "Switch shipping on in QuickBooks: Account and settings, Sales, Sales form content."
        raise bad(invoice, "charges", f"QuickBooks has shipping switched off ({_listed(shipping)})", cure)
    missing = [each for each in charges if each not in shipping and not profile["charge_items"].get(each.kind)]
    if missing:
        reason = f"QuickBooks has no active item for its charges ({_listed(missing)})"
        raise bad(invoice, "charges", reason, _charge_cure(missing[0], options))


def _listed(charges: Sequence[Charge]) -> str:
    return ", ".join(f"{charge.kind} {charge.amount}" for charge in charges)


def _charge_cure(charge: Charge, options: Options) -> str:
    name = options.charge_items.get(charge.kind)
    if name:
        return f"Create the item {name} in QuickBooks or make it active, then clear the task."
    return f"Name an item of QuickBooks in the flow's option charge_items, key {charge.kind}."


def _discount(invoice: Invoice, profile: Json) -> list[dict[str, Any]]:
    if not invoice.discount:
        return []
    if invoice.discount.minor < 0:
        reason = f"its discount is negative ({invoice.discount})"
        raise bad(invoice, "discount", reason, "Enter it as a charge in the source system.")
    if not profile["allow_discount"]:
        cure = "Switch discounts on in QuickBooks: Account and settings, Sales, Sales form content."
        raise bad(invoice, "discount", f"QuickBooks has discounts switched off ({invoice.discount})", cure)
    detail = {"PercentBased": False, **taxes.of_discount(invoice, profile)}
    amount = invoice.discount.decimal
    return [{"DetailType": "DiscountLineDetail", "Amount": amount, "DiscountLineDetail": detail}]
