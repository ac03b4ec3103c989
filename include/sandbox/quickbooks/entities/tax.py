"""Sales tax of a US company that keeps its own rates."""

from decimal import Decimal

from sandbox.quickbooks.entities.base import Call
from sandbox.quickbooks.entities.lines import taxable_of, total_of
from sandbox.quickbooks.wire import Record, money

_HUNDRED = Decimal(100)


def built_tax(call: Call, body: Record, lines: list[Record]) -> Record:
    """What is stored as TxnTaxDetail: an explicit TotalTax stands, otherwise the code's rates do."""
    if not call.company.prefs("TaxPrefs")["UsingSalesTax"]:
        return {"TotalTax": Decimal(0)}
    sent = body.get("TxnTaxDetail", {})
    code = call.refer("TaxCode", "TaxCodes", sent.get("TxnTaxCodeRef"), "TxnTaxCodeRef")
    rates = _rates(call, code)
    base = _base(body, lines)
    if "TotalTax" in sent:
        total = money(sent["TotalTax"])
    else:
        total = money(sum((base * rate / _HUNDRED for _, rate in rates), Decimal(0)))
    detail: Record = {"TotalTax": total}
    if code is not None:
        detail = {"TxnTaxCodeRef": {"value": code["Id"]}, **detail}
        detail["TaxLine"] = _spread(total, base, rates)
    return detail


def _base(body: Record, lines: list[Record]) -> Decimal:
    """What is taxed; after the discount only when the invoice says so."""
    taxable = taxable_of(lines)
    subtotal = total_of(lines, "SubTotalLineDetail")
    if not body.get("ApplyTaxAfterDiscount") or not subtotal:
        return taxable
    return taxable - money(total_of(lines, "DiscountLineDetail") * taxable / subtotal)


def _rates(call: Call, code: Record | None) -> list[tuple[str, Decimal]]:
    """The rates that a code stands for; they are records of their own."""
    named = (code or {}).get("SalesTaxRateList", {}).get("TaxRateDetail", [])
    records = [call.company.get("TaxRate", each["TaxRateRef"]["value"]) for each in named]
    return [(record["Id"], record["RateValue"]) for record in records if record is not None]


def _spread(total: Decimal, base: Decimal, rates: list[tuple[str, Decimal]]) -> list[Record]:
    """One tax line per rate, adding up to the total; the last one takes the odd cent."""
    whole = sum((rate for _, rate in rates), Decimal(0))
    lines: list[Record] = []
    left = total
    for position, (rate_id, rate) in enumerate(rates, 1):
        share = left if position == len(rates) else money(total * rate / whole)
        left -= share
        detail = {
            "TaxRateRef": {"value": rate_id}, "PercentBased": True, "TaxPercent": rate,
            "NetAmountTaxable": money(base),
        }  # fmt: skip
        lines.append({"Amount": money(share), "DetailType": "TaxLineDetail", "TaxLineDetail": detail})
    return lines
