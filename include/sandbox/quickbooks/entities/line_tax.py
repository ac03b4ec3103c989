"""Which tax code a line carries, by where the company is and how its sales tax is set up.

https://developer.intuit.com, workflows/manage-sales-tax-for-us-locales and -for-non-us-locales
"""

from dataclasses import dataclass
from decimal import Decimal

from sandbox.quickbooks import faults
from sandbox.quickbooks.entities.base import Call
from sandbox.quickbooks.wire import Record, money

TAX, NON = "TAX", "NON"
_HUNDRED = Decimal(100)
_SALE = "SalesItemLineDetail"
# Code and what the tax is called, as the refusal says it.
_WORDS = {"CA": "GST/HST", "CAN": "GST/HST", "GB": "VAT", "GBR": "VAT", "AU": "GST", "AUS": "GST", "IN": "GST"}


@dataclass(frozen=True)
class Rules:
    """How the lines of one transaction are taxed."""

    on: bool
    in_us: bool
    automated: bool = False
    inclusive: bool = False


def rules_of(call: Call, body: Record) -> Rules:
    """The rules of a transaction; notes what the whole of it lacks."""
    prefs = call.company.prefs("TaxPrefs")
    if call.company.in_us:
        return Rules(bool(prefs["UsingSalesTax"]), True, automated=bool(prefs.get("PartnerTaxEnabled")))
    mode = body.get("GlobalTaxCalculation")
    if not prefs["UsingSalesTax"] or mode == "NotApplicable":
        return Rules(False, False)
    if mode is None and call.settings.global_tax_required:
        _lacking(call)
    return Rules(True, False, inclusive=mode == "TaxInclusive")


def code_of(call: Call, rules: Rules, detail: Record, item: Record | None) -> Record | None:
    """The code a line is stored with."""
    if not rules.on:
        return {"value": NON} if rules.in_us else None
    code: Record | None = detail.get("TaxCodeRef")
    if rules.in_us:
        return _us_code(call, rules, code, item)
    if code is None:
        _lacking(call)
        return None
    found = call.refer("TaxCode", "TaxCodes", code, "TaxCodeRef")
    return {"value": code["value"], "name": found["Name"]} if found else code


def is_taxed(line: Record) -> bool:
    """Whether a line's code is a taxing one; abroad every line has a code, and the rates decide."""
    return str(line[_SALE].get("TaxCodeRef", {}).get("value", NON)) != NON


def rates_of(call: Call, code: Record | None) -> list[tuple[str, Decimal]]:
    """The rates that a code stands for; they are records of their own."""
    named = (code or {}).get("SalesTaxRateList", {}).get("TaxRateDetail", [])
    records = [call.company.get("TaxRate", each["TaxRateRef"]["value"]) for each in named]
    return [(record["Id"], record["RateValue"]) for record in records if record is not None]


def netted(call: Call, rules: Rules, line: Record) -> Record:
    """Where amounts include the tax, Amount is kept without it and TaxInclusiveAmt with it."""
    detail = dict(line[_SALE])
    sent = detail.pop("TaxInclusiveAmt", None)
    if not rules.inclusive:
        return {**line, _SALE: detail}
    code = call.company.get("TaxCode", detail.get("TaxCodeRef", {}).get("value", ""))
    factor = 1 + sum((rate for _, rate in rates_of(call, code)), Decimal(0)) / _HUNDRED
    if sent is None and call.settings.inclusive_amounts == "net":
        gross, net = money(line["Amount"] * factor), line["Amount"]
    else:
        gross = money(sent) if sent else line["Amount"]
        net = money(gross / factor)
    return {**line, "Amount": net, _SALE: {**detail, "TaxInclusiveAmt": gross}}


def _us_code(call: Call, rules: Rules, code: Record | None, item: Record | None) -> Record:
    if code is None:
        return {"value": TAX if item and item.get("Taxable") else NON}
    found = call.refer("TaxCode", "TaxCodes", code, "TaxCodeRef")
    if found and rules.automated and call.settings.ast_replaces_codes and code["value"] not in (TAX, NON):
        return {"value": TAX if found.get("Taxable") else NON}
    return code


def _lacking(call: Call) -> None:
    country = str(call.company.info["Country"]).upper()
    words = f"Make sure all your transactions have a {_WORDS.get(country, 'sales tax')} rate before you save"
    problem = faults.business(f"{words}.", "TaxCodeRef")
    if problem not in call.problems:
        call.problems.append(problem)
