"""Tax on documents: the source's tax is carried, never computed anew; pure.

In the United States an explicit TotalTax is honoured, also with automated sales tax. Elsewhere QuickBooks computes
tax from a code on every line, so what it will come to is foreseen from the codes' rates and compared.
https://developer.intuit.com/app/developer/qbo/docs/workflows/manage-sales-tax-for-us-locales and ...-non-us-locales
"""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import Any

from invoice_sync.connectors.base import Json
from invoice_sync.connectors.quickbooks.refusing import bad
from invoice_sync.model.documents import Invoice
from invoice_sync.model.money import Money, exact

DEFAULT, EXEMPT = "default", "exempt"
"""Keys of the option tax_codes beside the source's own tax locations."""


def in_us(profile: Json) -> bool:
    """Tax rules differ elsewhere. The country comes as two letters or, since autumn 2025, as three."""
    return str(profile["country"]).strip().upper() in {"", "US", "USA", "UNITED STATES"}


def by_codes(profile: Json) -> bool:
    """Whether QuickBooks computes tax from a real code on every line."""
    return bool(profile["using_sales_tax"]) and not in_us(profile)


def of_document(invoice: Invoice, profile: Json) -> dict[str, Any]:
    """Raises BadDocument for tax that QuickBooks would drop."""
    if by_codes(profile):
        # without it the discount would be taken off only after the tax was computed
        after = {"ApplyTaxAfterDiscount": True} if invoice.discount else {}
        return {"GlobalTaxCalculation": "TaxExcluded", "_tax": invoice.tax.decimal, **after}
    kind = {} if in_us(profile) else {"GlobalTaxCalculation": "NotApplicable"}
    if not invoice.tax:
        return dict(kind)
    if not profile["using_sales_tax"]:
        reason = f"QuickBooks has sales tax switched off and would drop the tax of {invoice.tax}"
        raise bad(invoice, "tax", reason, "Set up sales tax in QuickBooks: Taxes, Use automatic sales tax.")
    return {**kind, "TxnTaxDetail": {**_transaction_code(invoice, profile), "TotalTax": invoice.tax.decimal}}


def of_line(invoice: Invoice, profile: Json, *, taxed: bool | None) -> dict[str, Any]:
    """TAX and NON are the pseudo codes of US companies; NON keeps automated tax from adding what we did not.

    `taxed` None: the source does not say it by line, so a taxed document's lines are.
    """
    if not profile["using_sales_tax"]:
        return {}
    is_taxed = bool(invoice.tax) if taxed is None else taxed and bool(invoice.tax)
    if in_us(profile):
        return {"TaxCodeRef": {"value": "TAX" if is_taxed else "NON"}}
    return {"TaxCodeRef": {"value": _code(invoice, profile, is_taxed=is_taxed)["id"]}}


def of_discount(invoice: Invoice, profile: Json) -> dict[str, Any]:
    """Elsewhere a discount lowers the taxable amount of one code."""
    if not by_codes(profile):
        return {}
    return {"TaxCodeRef": {"value": _code(invoice, profile, is_taxed=bool(invoice.tax))["id"]}}


def foreseen(body: Json, profile: Json, currency: str) -> Money:
    """What QuickBooks will compute: for each rate the net of its lines, the discount spread over all, half up."""
    codes = {str(each["id"]): each.get("rates") or {each["id"]: each["rate"]} for each in profile["tax_codes"].values()}
    subtotal, discount, nets = Decimal(0), Decimal(0), defaultdict[tuple[str, Decimal], Decimal](Decimal)
    for line in body["Line"]:
        amount = exact(line["Amount"])
        if line["DetailType"] == "DiscountLineDetail":
            discount += amount
            continue
        subtotal += amount
        code = line.get(line["DetailType"], {}).get("TaxCodeRef", {}).get("value", "")
        for rate_id, percent in codes.get(str(code), {}).items():
            nets[rate_id, exact(percent)] += amount
    left, whole = (subtotal - discount, subtotal) if body.get("ApplyTaxAfterDiscount") and subtotal else (1, 1)
    parts = [Money.rounded(net * percent * left / (whole * 100), currency) for (_, percent), net in nets.items()]
    return sum(parts, Money.zero(currency))


def _transaction_code(invoice: Invoice, profile: Json) -> dict[str, Any]:
    """Manual sales tax in the US has one code for the whole document, if the flow names one."""
    codes = profile["tax_codes"]
    code = codes.get(invoice.tax_location) or codes.get(DEFAULT)
    return {"TxnTaxCodeRef": {"value": code["id"]}} if code and not profile["partner_tax"] else {}


def _code(invoice: Invoice, profile: Json, *, is_taxed: bool) -> Json:
    codes = profile["tax_codes"]
    wanted = (invoice.tax_location, DEFAULT) if is_taxed else (EXEMPT,)
    for key in wanted:
        if key in codes:
            found: Json = codes[key]
            return found
    missing = f"the location {invoice.tax_location or 'none'}" if is_taxed else "lines without tax"
    raise bad(
        invoice,
        "tax_code",
        f"QuickBooks wants a tax code on every line in {profile['country']}, and the flow names none for {missing}",
        f"Name the code of QuickBooks in the flow's option tax_codes, key {wanted[0] or DEFAULT}.",
    )
