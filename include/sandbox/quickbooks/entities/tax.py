"""What is stored as TxnTaxDetail.

In the US an explicit TotalTax stands, else the rates of one code for the whole transaction do; elsewhere the
rates of each line's own code do.
"""

from collections.abc import Iterator
from decimal import Decimal

from sandbox.quickbooks.entities.base import Call
from sandbox.quickbooks.entities.line_tax import Rules, rates_of
from sandbox.quickbooks.entities.lines import sold, taxable_of, total_of
from sandbox.quickbooks.wire import Record, money

_HUNDRED = Decimal(100)
_SALE = "SalesItemLineDetail"
# rate Id, its percent, what is taxed, the tax
Share = tuple[str, Decimal, Decimal, Decimal]


def built_tax(call: Call, rules: Rules, body: Record, lines: list[Record]) -> Record:
    """The tax of a transaction."""
    if not rules.on:
        return {"TotalTax": Decimal(0)}
    return _us_tax(call, rules, body, lines) if rules.in_us else _global_tax(call, rules, body, lines)


def _us_tax(call: Call, rules: Rules, body: Record, lines: list[Record]) -> Record:
    sent = body.get("TxnTaxDetail", {})
    code = call.refer("TaxCode", "TaxCodes", _us_code(call, rules, sent), "TxnTaxCodeRef")
    rates = rates_of(call, code)
    base = taxable_of(lines) * _after_discount(body, lines)
    computed = _computed(call, base, rates, lines, _after_discount(body, lines))
    forced = rules.automated and sent.get("UseAutomatedSalesTax")
    total = money(sent["TotalTax"]) if "TotalTax" in sent and not forced else computed
    detail: Record = {"TotalTax": total}
    if rules.automated and total != computed:
        detail["TaxReviewStatus"] = "AST_TAX_OVERRIDE"
    if code is not None and (rates or not rules.automated):
        detail = {"TxnTaxCodeRef": {"value": code["Id"]}, **detail, "TaxLine": _spread(total, base, rates)}
    return detail


def _us_code(call: Call, rules: Rules, sent: Record) -> Record | None:
    """Automated tax finds the code itself; "a tax code you name may be replaced"."""
    named: Record | None = sent.get("TxnTaxCodeRef")
    if rules.automated and (named is None or call.settings.ast_replaces_codes):
        return call.company.prefs("TaxPrefs").get("TaxGroupCodeRef")
    return named


def _computed(
    call: Call, base: Decimal, rates: list[tuple[str, Decimal]], lines: list[Record], factor: Decimal
) -> Decimal:
    if call.settings.tax_rounding == "document":
        return money(sum((base * rate / _HUNDRED for _, rate in rates), Decimal(0)))
    whole = sum((rate for _, rate in rates), Decimal(0)) * factor / _HUNDRED
    taxed = (line["Amount"] for line in sold(lines) if line[_SALE].get("TaxCodeRef", {}).get("value") != "NON")
    return sum((money(amount * whole) for amount in taxed), Decimal(0))


def _after_discount(body: Record, lines: list[Record]) -> Decimal:
    """The part of the lines that is taxed; less than all only when the invoice says so."""
    subtotal = total_of(lines, "SubTotalLineDetail")
    if not body.get("ApplyTaxAfterDiscount") or not subtotal:
        return Decimal(1)
    return 1 - total_of(lines, "DiscountLineDetail") / subtotal


def _spread(total: Decimal, base: Decimal, rates: list[tuple[str, Decimal]]) -> list[Record]:
    """One tax line per rate, adding up to the total; the last one takes the odd cent."""
    whole = sum((rate for _, rate in rates), Decimal(0))
    lines: list[Record] = []
    left = total
    for position, (rate_id, rate) in enumerate(rates, 1):
        share = left if position == len(rates) or not whole else money(total * rate / whole)
        left -= share
        lines.append(_tax_line(rate_id, rate, base, share))
    return lines


def _global_tax(call: Call, rules: Rules, body: Record, lines: list[Record]) -> Record:
    """Sums per rate. Rounding once per document or once per line is where two systems differ by a cent."""
    factor = _after_discount(body, lines)
    sums: dict[str, tuple[Decimal, Decimal, Decimal]] = {}
    for line in sold(lines):
        for rate_id, rate, base, tax in _shares(call, rules, line, factor):
            _, bases, taxes = sums.get(rate_id, (rate, Decimal(0), Decimal(0)))
            sums[rate_id] = (rate, bases + base, taxes + tax)
    exact = call.settings.tax_rounding == "document" and not rules.inclusive
    tax_lines = [
        _tax_line(rate_id, rate, base, money(base * rate / _HUNDRED) if exact else tax)
        for rate_id, (rate, base, tax) in sums.items()
    ]
    return {"TotalTax": money(sum((each["Amount"] for each in tax_lines), Decimal(0))), "TaxLine": tax_lines}


def _shares(call: Call, rules: Rules, line: Record, factor: Decimal) -> Iterator[Share]:
    detail = line[_SALE]
    code = call.company.get("TaxCode", detail.get("TaxCodeRef", {}).get("value", ""))
    rates = rates_of(call, code)
    base = line["Amount"] * factor
    left = (detail["TaxInclusiveAmt"] - line["Amount"]) * factor if rules.inclusive else Decimal(0)
    for position, (rate_id, rate) in enumerate(rates, 1):
        tax = money(base * rate / _HUNDRED)
        if rules.inclusive:
            tax = money(left) if position == len(rates) else tax
            left -= tax
        yield rate_id, rate, base, tax


def _tax_line(rate_id: str, rate: Decimal, base: Decimal, amount: Decimal) -> Record:
    detail = {
        "TaxRateRef": {"value": rate_id}, "PercentBased": True, "TaxPercent": rate, "NetAmountTaxable": money(base),
    }  # fmt: skip
    return {"Amount": money(amount), "DetailType": "TaxLineDetail", "TaxLineDetail": detail}
