"""Sales tax of the QuickBooks stand-in: none, manual and automated in the US, and by line elsewhere."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from contract import test_sandbox_quickbooks_caller as helpers
from contract.test_sandbox_quickbooks_caller import EAST, NORTH, SUNNY, Body, Caller, invoice, line

running, qb = helpers.running, helpers.qb
TAX, NON = {"value": "TAX"}, {"value": "NON"}


@pytest.fixture
def north(qb: Caller) -> Caller:
    return Caller(qb.running, NORTH)


@pytest.fixture
def sunny(qb: Caller) -> Caller:
    return Caller(qb.running, SUNNY)


def taxed(code: Any = TAX, amount: str = "25.50", **detail: Any) -> Body:
    return line(amount, Qty=None, UnitPrice=None, TaxCodeRef=code, **detail)


def cad(*lines: Body, mode: str | None = "TaxExcluded", **fields: Any) -> Body:
    body = {"CurrencyRef": {"value": "CAD"}, "GlobalTaxCalculation": mode, "Line": list(lines)}
    return invoice(**{**body, **fields})


def amounts(made: Body) -> list[tuple[str, Decimal, Decimal]]:
    lines = made["TxnTaxDetail"].get("TaxLine", [])
    return [
        (each["TaxLineDetail"]["TaxRateRef"]["value"], each["TaxLineDetail"]["NetAmountTaxable"], each["Amount"])
        for each in lines
    ]


# --- US -----------------------------------------------------------------------------------------


def test_without_sales_tax_nothing_of_it_is_kept(qb: Caller) -> None:
    qb.prefer("TaxPrefs", UsingSalesTax=False)
    made = qb.made("invoice", invoice(Line=[taxed()], TxnTaxDetail={"TotalTax": 5, "TxnTaxCodeRef": {"value": "2"}}))
    assert (made["TotalAmt"], made["TxnTaxDetail"]) == (Decimal("25.50"), {"TotalTax": 0})
    assert made["Line"][0]["SalesItemLineDetail"]["TaxCodeRef"] == NON


def test_manual_tax_is_that_of_one_code(qb: Caller) -> None:
    made = qb.made("invoice", invoice(Line=[taxed(), taxed(NON)], TxnTaxDetail={"TxnTaxCodeRef": {"value": "2"}}))
    # 7.25 + 0.75 percent of 25.50
    assert (made["TxnTaxDetail"]["TotalTax"], made["TotalAmt"]) == (Decimal("2.04"), Decimal("53.04"))
    assert amounts(made) == [("3", Decimal("25.50"), Decimal("1.85")), ("4", Decimal("25.50"), Decimal("0.19"))]
    assert qb.made("invoice", invoice(Line=[taxed()]))["TxnTaxDetail"] == {"TotalTax": 0}
    unknown = invoice(Line=[taxed()], TxnTaxDetail={"TxnTaxCodeRef": {"value": "9"}})
    assert qb.error("invoice", unknown)["Detail"] == "Invalid Reference Id : TaxCodes element id 9 not found"
    assert qb.error("invoice", invoice(Line=[taxed({"value": "9"})]))["code"] == "2500"


def test_an_explicit_total_stands(qb: Caller) -> None:
    made = qb.made("invoice", invoice(Line=[taxed()], TxnTaxDetail={"TotalTax": "1.99"}))
    assert made["TotalAmt"] == Decimal("27.49")
    both = {"TotalTax": "1.99", "TxnTaxCodeRef": {"value": "2"}}
    made = qb.made("invoice", invoice(Line=[taxed()], TxnTaxDetail=both))
    assert [tax for _, _, tax in amounts(made)] == [Decimal("1.80"), Decimal("0.19")]
    known = {"Id": made["Id"], "SyncToken": "0", "sparse": True}
    changed = qb.made("invoice", {**known, "Line": [taxed(amount="100.00")]})
    assert changed["TxnTaxDetail"]["TotalTax"] == 8


def test_tax_before_or_after_the_discount(qb: Caller) -> None:
    lines = [taxed(amount="100.00"), {"DetailType": "DiscountLineDetail", "Amount": 10}]
    code = {"TxnTaxCodeRef": {"value": "2"}}
    for after, total in ((False, "98.00"), (True, "97.20")):
        made = qb.made("invoice", invoice(Line=lines, TxnTaxDetail=code, ApplyTaxAfterDiscount=after))
        assert made["TotalAmt"] == Decimal(total)


def test_automated_tax_computes_by_the_companys_rates(sunny: Caller) -> None:
    made = sunny.made("invoice", invoice(Line=[taxed(amount="100.00"), taxed(NON)]))
    assert (made["TxnTaxDetail"]["TotalTax"], made["TotalAmt"]) == (8, Decimal("133.50"))
    assert made["TxnTaxDetail"]["TxnTaxCodeRef"] == {"value": "2"} and len(amounts(made)) == 2
    # no code on the line: the item's own taxability counts
    assert sunny.made("invoice", invoice())["TxnTaxDetail"]["TotalTax"] == Decimal("2.04")
    assert sunny.made("invoice", invoice(Line=[taxed(NON)]))["TotalAmt"] == Decimal("25.50")


def test_automated_tax_honours_an_explicit_total(sunny: Caller) -> None:
    body = invoice(Line=[taxed(amount="100.00")], TxnTaxDetail={"TotalTax": "7.77"})
    made = sunny.made("invoice", body)
    assert (made["TotalAmt"], made["TxnTaxDetail"]["TaxReviewStatus"]) == (Decimal("107.77"), "AST_TAX_OVERRIDE")
    assert sum(tax for _, _, tax in amounts(made)) == Decimal("7.77")
    body["TxnTaxDetail"]["UseAutomatedSalesTax"] = True
    forced = sunny.made("invoice", body)
    assert forced["TotalAmt"] == 108 and "TaxReviewStatus" not in forced["TxnTaxDetail"]
    none = sunny.made("invoice", invoice(Line=[taxed(amount="100.00")], TxnTaxDetail={"TotalTax": 0}))
    assert none["TotalAmt"] == 100


def test_automated_tax_replaces_the_codes_that_are_named(sunny: Caller) -> None:
    other = {"TaxCode": "Half", "TaxRateDetails": [{"TaxRateName": "Half", "RateValue": "0.5", "TaxAgencyId": "1"}]}
    code = {"value": sunny.post("taxservice/taxcode", other).json()["TaxCodeId"]}
    body = invoice(Line=[taxed(code, "100.00")], TxnTaxDetail={"TxnTaxCodeRef": code})
    made = sunny.made("invoice", body)
    assert made["TotalAmt"] == 108 and made["TxnTaxDetail"]["TxnTaxCodeRef"] == {"value": "2"}
    assert made["Line"][0]["SalesItemLineDetail"]["TaxCodeRef"] == TAX
    sunny.set(ast_replaces_codes=False)
    kept = sunny.made("invoice", body)
    assert kept["TotalAmt"] == Decimal("100.50") and kept["Line"][0]["SalesItemLineDetail"]["TaxCodeRef"] == code


def test_us_companies_know_no_global_tax(qb: Caller) -> None:
    assert "GlobalTaxCalculation" not in qb.made("invoice", invoice(GlobalTaxCalculation="TaxInclusive"))
    assert qb.error("invoice", invoice(GlobalTaxCalculation="Sometimes"))["code"] == "2170"


# --- elsewhere ----------------------------------------------------------------------------------


def test_every_line_needs_a_code(north: Caller) -> None:
    good, bare = taxed({"value": "5"}), taxed(None)
    whole = {"TxnTaxDetail": {"TxnTaxCodeRef": {"value": "5"}}}
    for body in (cad(good, bare), cad(bare), cad(bare, **whole), cad(good, mode=None)):
        error = north.error("invoice", body)
        assert error["code"] == "6000"
        assert "Make sure all your transactions have a GST/HST rate before you save" in error["Detail"]
    assert north.error("creditmemo", cad(bare))["code"] == "6000"
    assert north.error("invoice", cad(taxed(TAX)))["code"] == "2500"
    assert not north.records("Invoice")


@pytest.mark.parametrize(("country", "word"), [("GB", "VAT"), ("AU", "GST"), ("FR", "sales tax")])
def test_each_country_has_its_word(north: Caller, country: str, word: str) -> None:
    north.vendor.edit(NORTH, "CompanyInfo", "1", {"Country": country})
    assert f"have a {word} rate" in north.error("invoice", cad(taxed(None)))["Detail"]


def test_the_kind_of_calculation_may_be_left_out_where_a_test_wants_it(north: Caller) -> None:
    north.set(global_tax_required=False)
    made = north.made("invoice", cad(taxed({"value": "5"}), mode=None))
    assert (made["GlobalTaxCalculation"], made["TotalAmt"]) == ("TaxExcluded", Decimal("28.82"))


def test_tax_excluded_is_added_by_the_rates_of_each_line(north: Caller) -> None:
    lines = [taxed({"value": code}, "100.00") for code in ("5", "6", "2", "3", "4")]
    made = north.made("invoice", cad(*lines, TxnTaxDetail={"TotalTax": 999}))
    assert amounts(made) == [
        ("4", 100, 13), ("3", 200, 10), ("5", 100, Decimal("9.98")), ("6", 100, 0), ("7", 100, 0),
    ]  # fmt: skip
    assert (made["TxnTaxDetail"]["TotalTax"], made["TotalAmt"]) == (Decimal("32.98"), Decimal("532.98"))
    assert made["Line"][0]["SalesItemLineDetail"]["TaxCodeRef"] == {"value": "5", "name": "HST ON"}


def test_tax_included_is_taken_out(north: Caller) -> None:
    lines = [taxed({"value": "5"}, "113.00"), taxed({"value": "6"}, "11.50")]
    made = north.made("invoice", cad(*lines, mode="TaxInclusive"))
    first, second = (each["SalesItemLineDetail"]["TaxInclusiveAmt"] for each in made["Line"][:2])
    assert (first, second) == (113, Decimal("11.50"))
    assert [each["Amount"] for each in made["Line"]] == [100, Decimal("10.00"), Decimal("110.00")]
    assert made["TotalAmt"] == Decimal("124.50") and made["TxnTaxDetail"]["TotalTax"] == Decimal("14.50")
    assert amounts(made) == [("4", 100, 13), ("3", 10, Decimal("0.50")), ("5", 10, Decimal("1.00"))]
    sent = taxed({"value": "5"}, "100.00", TaxInclusiveAmt=113)
    assert north.made("invoice", cad(sent, mode="TaxInclusive"))["TotalAmt"] == 113


def test_amounts_with_tax_included_may_be_read_as_net(north: Caller) -> None:
    body = cad(taxed({"value": "5"}, "100.00"), mode="TaxInclusive")
    assert north.made("invoice", body)["TotalAmt"] == 100
    north.set(inclusive_amounts="net")
    assert north.made("invoice", body)["TotalAmt"] == 113


def test_not_applicable_means_no_tax_and_no_codes(north: Caller) -> None:
    made = north.made("invoice", cad(taxed({"value": "5"}), taxed(None), mode="NotApplicable"))
    assert (made["TotalAmt"], made["TxnTaxDetail"]) == (51, {"TotalTax": 0})
    assert "TaxCodeRef" not in made["Line"][0]["SalesItemLineDetail"]
    north.prefer("TaxPrefs", UsingSalesTax=False)
    assert north.made("invoice", cad(taxed(None), mode=None))["GlobalTaxCalculation"] == "NotApplicable"


def test_tax_after_the_discount_elsewhere(north: Caller) -> None:
    north.prefer("SalesFormsPrefs", AllowDiscount=True)
    lines = [taxed({"value": "5"}, "100.00"), {"DetailType": "DiscountLineDetail", "Amount": 10}]
    for after, total in ((False, "103.00"), (True, "101.70")):
        assert north.made("invoice", cad(*lines, ApplyTaxAfterDiscount=after))["TotalAmt"] == Decimal(total)


def test_a_new_amount_is_taxed_anew(north: Caller) -> None:
    made = north.made("invoice", cad(taxed({"value": "5"}, "100.00")))
    known = {"Id": made["Id"], "SyncToken": "0", "sparse": True}
    changed = north.made("invoice", {**known, "Line": [taxed({"value": "5"}, "200.00")]})
    assert changed["TotalAmt"] == 226 and amounts(changed) == [("4", 200, 26)]


# --- the cent -----------------------------------------------------------------------------------


def test_rounding_once_or_line_by_line_differs_by_a_cent(qb: Caller, north: Caller) -> None:
    three = [taxed({"value": "4"}, "0.30")] * 3
    for rounding, total in (("document", "0.95"), ("line", "0.96")):
        qb.set(tax_rounding=rounding)
        assert north.made("invoice", cad(*three))["TotalAmt"] == Decimal(total)
    manual = invoice(Line=[taxed(amount="0.19")] * 3, TxnTaxDetail={"TxnTaxCodeRef": {"value": "2"}})
    for rounding, total in (("document", "0.62"), ("line", "0.63")):
        qb.set(tax_rounding=rounding)
        assert qb.made("invoice", manual)["TotalAmt"] == Decimal(total)


def test_the_destination_may_be_a_cent_off(qb: Caller) -> None:
    body = invoice(Line=[taxed(amount="415.18")], TxnTaxDetail={"TotalTax": "33.21"})
    assert qb.made("invoice", body)["TotalAmt"] == Decimal("448.39")
    qb.set(rounding_cents=1)
    made = qb.made("invoice", body)
    assert (made["TotalAmt"], made["Balance"]) == (Decimal("448.40"), Decimal("448.40"))
    assert made["TxnTaxDetail"]["TotalTax"] == Decimal("33.22")
    with_code = {**body, "TxnTaxDetail": {"TotalTax": "33.21", "TxnTaxCodeRef": {"value": "2"}}}
    assert sum(tax for _, _, tax in amounts(qb.made("invoice", with_code))) == Decimal("33.22")
    qb.set(rounding_cents=-1)
    assert qb.made("invoice", invoice(Line=[taxed(NON)]))["TotalAmt"] == Decimal("25.49")
    assert qb.made("creditmemo", invoice(Line=[taxed(NON)]))["RemainingCredit"] == Decimal("25.49")


def test_the_demonstrations_companies_are_as_they_were(qb: Caller) -> None:
    counts = {entity: len(qb.vendor.records(EAST, entity)) for entity in ("Customer", "Item", "Invoice", "Payment",
              "Vendor", "Employee", "Account", "Term", "TaxCode", "TaxRate", "CreditMemo")}  # fmt: skip
    assert list(counts.values()) == [3, 6, 3, 1, 1, 1, 7, 4, 3, 2, 0]
