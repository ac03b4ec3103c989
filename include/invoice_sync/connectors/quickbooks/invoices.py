"""The body of an invoice; pure.

https://developer.intuit.com/app/developer/qbo/docs/api/accounting/all-entities/invoice
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from invoice_sync.connectors.base import Json, placeholder
from invoice_sync.connectors.quickbooks.mapping import address_json, one_line
from invoice_sync.model.documents import Charge, Invoice, Line
from invoice_sync.model.errors import BadAmount, BadDocument, Problem
from invoice_sync.model.flow import Options
from invoice_sync.model.money import Money

LONGEST_NUMBER = 21
LONGEST_NOTE = 4000
MOST_DECIMALS = 7


def invoice_body(invoice: Invoice, profile: Json, options: Options, marker: str) -> dict[str, Any]:
    """The create body. Raises BadDocument for what QuickBooks cannot hold."""
    try:
        return _body(invoice, profile, options, marker)
    except BadAmount as error:
        raise _bad(invoice, "amount", str(error), "Correct the amount in the source system.") from error


def _body(invoice: Invoice, profile: Json, options: Options, marker: str) -> dict[str, Any]:
    body: dict[str, Any] = {
        "CustomerRef": {"value": placeholder("customer", invoice.customer)},
        "DocNumber": _number(invoice),
        "TxnDate": invoice.date.isoformat(),
        "PrivateNote": _note(invoice, marker),
        # required with multicurrency; without it every invoice that is read has it as well
        "CurrencyRef": {"value": invoice.currency},
        "Line": _lines(invoice, profile, options),
        **_tax(invoice, profile),
    }
    if invoice.due_date is not None:
        body["DueDate"] = invoice.due_date.isoformat()
    if invoice.email.strip():
        body["BillEmail"] = {"Address": invoice.email.strip()}
    if address := address_json(invoice.bill_to):
        body["BillAddr"] = address
    return body


def _number(invoice: Invoice) -> str:
    number = invoice.number.strip()
    if not number or number != one_line(number):
        raise _bad(invoice, "number", "the number is empty or holds tabs or line breaks", "Correct the number.")
    if len(number) > LONGEST_NUMBER:
        reason = f"the number has {len(number)} characters, QuickBooks takes {LONGEST_NUMBER}"
        raise _bad(invoice, "number_too_long", reason, "Give the invoice a shorter number in the source system.")
    return number


def _note(invoice: Invoice, marker: str) -> str:
    """The marker alone on the first line, where it is looked for; the memo below it, whole or not at all."""
    whole = f"{marker}\n{invoice.memo.strip()}"
    return whole if invoice.memo.strip() and len(whole) <= LONGEST_NOTE else marker


def _lines(invoice: Invoice, profile: Json, options: Options) -> list[dict[str, Any]]:
    charges = [charge for charge in invoice.charges if charge.amount]
    _check_charges(invoice, charges, profile, options)
    lines = [_line(invoice, line, profile) for line in invoice.lines]
    lines += [_charge_line(charge, profile) for charge in charges]
    return lines + _discount(invoice, profile)


def _line(invoice: Invoice, line: Line, profile: Json) -> dict[str, Any]:
    if not line.product:
        reason, cure = f"line {line.number} names no product", "Give the line a product in the source system."
        raise _bad(invoice, "missing", reason, cure)
    detail: dict[str, Any] = {"ItemRef": {"value": placeholder("product", line.product)}}
    if _says_the_amount(line):
        detail |= {"Qty": _plain(line.quantity), "UnitPrice": _plain(line.unit_price)}
    detail |= _line_tax_code(profile, taxed=bool(invoice.tax))
    body = {"DetailType": "SalesItemLineDetail", "Amount": line.amount.decimal, "SalesItemLineDetail": detail}
    return body | ({"Description": line.description.strip()} if line.description.strip() else {})


def _says_the_amount(line: Line) -> bool:
    """Whether quantity and price may go along.

    QuickBooks refuses a line (6070) whose Amount is not their product, rounded half up, and keeps seven
    decimals of either; the amount is what counts.
    """
    if max(_decimals(line.quantity), _decimals(line.unit_price)) > MOST_DECIMALS:
        return False
    return Money.rounded(line.quantity * line.unit_price, line.amount.currency) == line.amount


def _decimals(number: Decimal) -> int:
    exponent = number.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else MOST_DECIMALS + 1


def _plain(number: Decimal) -> Decimal:
    """The same number without trailing zeros and without an exponent in its JSON."""
    return Decimal(f"{number.normalize():f}")


def _charge_line(charge: Charge, profile: Json) -> dict[str, Any]:
    detail: dict[str, Any] = {"ItemRef": {"value": profile["charge_items"][charge.kind]}}
    detail |= _line_tax_code(profile, taxed=False)
    return {
        "DetailType": "SalesItemLineDetail",
        "Amount": charge.amount.decimal,
        "Description": charge.kind.capitalize(),
        "SalesItemLineDetail": detail,
    }


def _line_tax_code(profile: Json, *, taxed: bool) -> dict[str, Any]:
    """TAX and NON are the pseudo codes of US companies. NON keeps automated tax from adding what we did not."""
    if not (profile["using_sales_tax"] and in_us(profile)):
        return {}
    return {"TaxCodeRef": {"value": "TAX" if taxed else "NON"}}


def _check_charges(invoice: Invoice, charges: list[Charge], profile: Json, options: Options) -> None:
    # the rounding line has a setting of its own, rounding_line, and is no charge of the source
    named = [charge for charge in charges if charge.kind != "rounding"]
    if named and options.header_charges == "refuse":
        listed = ", ".join(f"{charge.kind} {charge.amount}" for charge in named)
        cure = "Remove the charges, or set the flow's option header_charges to lines."
        raise _bad(invoice, "charges", f"it carries charges that this flow does not take ({listed})", cure)
    missing = [charge for charge in charges if not profile["charge_items"].get(charge.kind)]
    if missing:
        listed = ", ".join(f"{charge.kind} {charge.amount}" for charge in missing)
        reason = f"QuickBooks has no active item for its charges ({listed})"
        raise _bad(invoice, "charges", reason, _charge_cure(missing[0], options))


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
        raise _bad(invoice, "discount", reason, "Enter it as a charge in the source system.")
    if not profile["allow_discount"]:
        cure = "Switch discounts on in QuickBooks: Account and settings, Sales, Sales form content."
        raise _bad(invoice, "discount", f"QuickBooks has discounts switched off ({invoice.discount})", cure)
    detail = {"PercentBased": False}
    amount = invoice.discount.decimal
    return [{"DetailType": "DiscountLineDetail", "Amount": amount, "DiscountLineDetail": detail}]


def _tax(invoice: Invoice, profile: Json) -> dict[str, Any]:
    """The source's tax as it is; an explicit TotalTax is honoured, also with automated sales tax."""
    if not in_us(profile) and not profile["using_sales_tax"]:
        kind: dict[str, Any] = {"GlobalTaxCalculation": "NotApplicable"}
    else:
        kind = {}
    if not invoice.tax:
        return kind
    if not profile["using_sales_tax"]:
        reason = f"QuickBooks has sales tax switched off and would drop the tax of {invoice.tax}"
        raise _bad(invoice, "tax", reason, "Set up sales tax in QuickBooks: Taxes, Use automatic sales tax.")
    return kind | {"TxnTaxDetail": {"TotalTax": invoice.tax.decimal}}


def in_us(profile: Json) -> bool:
    """Tax rules differ elsewhere. The country comes as two letters or, since autumn 2025, as three."""
    return str(profile["country"]).strip().upper() in {"", "US", "USA", "UNITED STATES"}


def _bad(invoice: Invoice, cause: str, reason: str, cure: str) -> BadDocument:
    return BadDocument(Problem(cause, f"Invoice {one_line(invoice.number)}: {reason}.", cure))
