"""Money of other countries, and tax where QuickBooks computes it itself: equal to the cent, or told before sending."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from house import green
from pair import NORTH, SUNNY, Pair

CODES = {"default": "HST ON", "QC": "GST/QST QC", "exempt": "Exempt"}
HST, BOTH, EXEMPT = "5", "6", "2"
GOODS = (("P-100", "4", "12.50"), ("P-300", "1", "80.00"))


def canadian(pair: Pair) -> None:
    """Rootstock's company keeps its books in Canadian dollars as well; its customers in their own currencies."""
    home = pair.load.currency("CAD")
    pair.edit("salesforce", "rstk__sycmp__c", pair.load.company("01"), rstk__sycmp_homecurr__c=home)
    pair.edit_customer("C-1001", fscustid="1001", custcurr=home)
    pair.edit("salesforce", "rstk__soprod__c", _product(pair, "P-100"), rstk__soprod_fsprodid__c="2001")


def _product(pair: Pair, code: str) -> str:
    return pair.source_id("rstk__soprod__c", "rstk__externalid__c", f"0101_{code}")


def foreign(pair: Pair, number: str, currency: str, rate: str) -> None:
    """A customer of ours who pays in that currency; Rootstock keeps the rate the other way round."""
    money = next(
        (r["Id"] for r in pair.records("salesforce", "rstk__sycurr__c") if r["rstk__sycurr_currency__c"] == currency),
        None,
    ) or pair.load.currency(currency, rate)
    pair.edit_customer(number, custcurr=money)


def codes(invoice: dict[str, Any]) -> list[str]:
    sold = [line["SalesItemLineDetail"] for line in invoice["Line"] if "SalesItemLineDetail" in line]
    return [detail.get("TaxCodeRef", {}).get("value", "") for detail in sold]


@dataclass
class North:
    """One run in the Canadian company, many currencies and real tax codes."""

    held: dict[str, dict[str, Any]]
    memo: dict[str, Any]
    customers: dict[str, dict[str, Any]]
    causes: dict[str, str]
    reasons: dict[str, str]
    totals: dict[str, dict[str, Any]]
    refused: list[Any]


@pytest.fixture(scope="module")
def north(open_pair: Any) -> Iterator[North]:
    opened: AbstractContextManager[Pair] = open_pair(realm=NORTH, tax_codes=CODES)
    with opened as pair:
        canadian(pair)
        pair.load.add(
            "rstk__sotax__c", None, rstk__externalid__c="QC", Name="QC", locid="QC", totalrate=Decimal("14.975")
        )
        quebec = pair.source_id("rstk__sotax__c", "rstk__sotax_locid__c", "QC")
        pair.load.invoice("T-1", lines=GOODS, taxamt="16.90")
        pair.load.invoice("T-0", lines=GOODS)
        pair.load.invoice("T-2", lines=(("P-100", "1", "10.10"),), taxamt="1.52", taxloc=quebec)
        pair.load.invoice("T-3", lines=GOODS, taxamt="16.91")
        pair.load.invoice("T-4", lines=GOODS, taxamt="15.60", discamt="10.00")
        pair.load.invoice("T-5", lines=GOODS, taxamt="16.90", freightamt="15.00")
        pair.load.invoice("T-6", lines=GOODS, taxamt="18.85", freightamt="15.00", taxfreight=True)
        pair.load.invoice("M-1", lines=GOODS, taxamt="16.90", txntype="Credit Memo")
        foreign(pair, "C-1002", "USD", "0.735294")
        foreign(pair, "C-1003", "JPY", "109.5")
        foreign(pair, "C-1005", "EUR", "0.67")
        pair.load.invoice("U-1", customer="C-1002", lines=GOODS, custcurrency=True, currexchrate="0.735294")
        pair.load.invoice(
            "J-1", customer="C-1003", lines=(("P-100", "3", "1000"),), custcurrency=True, currexchrate="109.5"
        )
        # known to QuickBooks as one who pays in US dollars
        pair.edit_customer("C-1006", fscustid="1002")
        pair.load.invoice("E-1", customer="C-1006", lines=GOODS)
        pair.run()
        causes = pair.causes()
        yield North(
            {row["DocNumber"]: row for row in pair.records("quickbooks", "Invoice")},
            pair.held("M-1", "CreditMemo"),
            {row["DisplayName"]: row for row in pair.records("quickbooks", "Customer")},
            causes, {number: pair.waiting(number)["reason"] for number in causes}, pair.statement()["totals"],
            [entry for entry in pair.journal() if entry["outcome"] == "refused"],
        )  # fmt: skip


def test_an_amount_in_another_currency_carries_the_reciprocal_of_rootstocks_rate(north: North) -> None:
    invoice = north.held["U-1"]

    assert invoice["CurrencyRef"]["value"] == "USD"
    assert invoice["ExchangeRate"] == Decimal("1.3600002176")
    assert (invoice["TotalAmt"], invoice["HomeTotalAmt"]) == (Decimal("130.00"), Decimal("176.80"))
    assert north.customers["Birch & Sons Plumbing"]["CurrencyRef"]["value"] == "USD"


def test_yen_have_no_decimals(north: North) -> None:
    invoice = north.held["J-1"]

    assert (invoice["CurrencyRef"]["value"], invoice["TotalAmt"]) == ("JPY", Decimal(3000))
    assert invoice["ExchangeRate"] == Decimal("0.0091324201")
    assert (north.totals["JPY"]["source"], north.totals["JPY"]["difference"]) == ("3000", "0")


def test_a_document_in_the_home_currency_has_no_rate_of_ours(north: North) -> None:
    assert (north.held["T-1"]["CurrencyRef"]["value"], north.held["T-1"]["ExchangeRate"]) == ("CAD", Decimal(1))


def test_a_customer_whom_quickbooks_keeps_in_another_currency_is_told_before_sending(north: North) -> None:
    assert north.causes["E-1"] == "currency"
    assert "keeps its customer (id 1002) in USD" in north.reasons["E-1"]
    assert north.refused == []


def test_every_line_has_a_real_code_and_the_tax_that_quickbooks_computes_is_the_sources(north: North) -> None:
    held = north.held

    assert (codes(held["T-1"]), held["T-1"]["TotalAmt"]) == ([HST, HST], Decimal("146.90"))
    assert (codes(held["T-0"]), held["T-0"]["TotalAmt"]) == ([EXEMPT, EXEMPT], Decimal("130.00"))
    assert (codes(held["T-5"]), held["T-5"]["TotalAmt"]) == ([HST, HST, EXEMPT], Decimal("161.90"))
    assert (codes(held["T-6"]), held["T-6"]["TotalAmt"]) == ([HST, HST, HST], Decimal("163.85"))
    assert (codes(north.memo), north.memo["TotalAmt"]) == ([HST, HST], Decimal("146.90"))
    assert north.totals["CAD"]["difference"] == "0.00"


def test_two_taxes_of_one_code_are_rounded_each_for_itself(north: North) -> None:
    """5 % and 9.975 % of 10.10 are 0.51 and 1.01; 14.975 % of it would be 1.51."""
    assert (codes(north.held["T-2"]), north.held["T-2"]["TotalAmt"]) == ([BOTH], Decimal("11.62"))


def test_an_order_discount_lowers_the_tax_as_it_does_at_the_source(north: North) -> None:
    """13 % of 130.00 less 10.00."""
    assert north.held["T-4"]["TxnTaxDetail"]["TotalTax"] == Decimal("15.60")
    assert north.held["T-4"]["TotalAmt"] == Decimal("135.60")


def test_tax_that_quickbooks_would_compute_otherwise_is_told_before_sending(north: North) -> None:
    assert north.causes == {"T-3": "tax", "E-1": "currency"}
    assert "16.91 CAD" in north.reasons["T-3"]
    assert "16.90 CAD" in north.reasons["T-3"]
    assert "T-3" not in north.held


@pytest.mark.parametrize(("given", "waiting"), [({}, ["T-0", "T-1"]), ({"default": "HST ON"}, ["T-0"])])
def test_a_document_without_a_code_that_the_flow_names_is_for_a_person(
    pair: Pair, given: dict[str, str], waiting: list[str]
) -> None:
    north = Pair.of(pair, realm=NORTH, tax_codes=given)
    canadian(north)
    north.load.invoice("T-1", lines=(("P-100", "4", "12.50"),), taxamt="6.50")
    north.load.invoice("T-0", lines=(("P-100", "4", "12.50"),))

    north.run()

    assert north.causes() == dict.fromkeys(waiting, "tax_code")
    assert north.created() == [number for number in ("T-1",) if number not in waiting]
    assert [e for e in north.journal() if e["outcome"] == "refused"] == []


def test_a_company_that_keeps_one_currency_takes_no_other(pair: Pair) -> None:
    pair.edit_customer("C-1003", custcurr=pair.load.currency("EUR", "0.92"))
    pair.load.invoice("E-1", customer="C-1003", lines=GOODS, custcurrency=True, currexchrate="0.92")
    pair.load.invoice("A-1", lines=GOODS)

    pair.run()

    assert (pair.causes(), pair.created(), pair.created("Customer")) == ({"E-1": "currency"}, ["A-1"], [])
    assert [e for e in pair.journal() if e["outcome"] == "refused"] == []


@dataclass
class United:
    """One invoice of each kind of tax, in a company of the United States."""

    held: dict[str, dict[str, Any]]
    difference: str
    green: bool


@pytest.fixture(scope="module", params=["own rates", "own rates, one code", "automated"])
def united(request: pytest.FixtureRequest, open_pair: Any) -> Iterator[United]:
    automated = request.param == "automated"
    named = {"tax_codes": {"default": "California"}} if request.param.endswith("one code") else {}
    with open_pair(**({"realm": SUNNY} if automated else {}), **named) as pair:
        pair.load.invoice("N-1", lines=GOODS)
        pair.load.invoice("T-1", lines=GOODS, tax="8")
        pair.load.invoice("L-1", lines=GOODS, taxamt="4.00", freightamt="15.00", taxfreight=False)
        pair.edit_line("L-1", 1, taxexempt=True)
        pair.edit_line("L-1", 2, calctaxamount="4.00")
        pair.load.invoice("O-1", lines=GOODS, taxamt="10.40", taxovramt="9.99")
        outcome = pair.run()
        held = {row["DocNumber"]: row for row in pair.records("quickbooks", "Invoice")}
        yield United(held, pair.statement()["totals"]["USD"]["difference"], green(outcome))


def test_in_the_united_states_lines_are_taxed_or_not_and_the_sources_tax_stands(united: United) -> None:
    held = united.held

    assert codes(held["N-1"]) == ["NON", "NON"]
    assert (codes(held["T-1"]), held["T-1"]["TotalAmt"]) == (["TAX", "TAX"], Decimal("140.40"))
    assert (codes(held["L-1"]), held["L-1"]["TxnTaxDetail"]["TotalTax"]) == (["NON", "TAX", "NON"], Decimal("4.00"))
    assert held["O-1"]["TotalAmt"] == Decimal("139.99")
    assert (united.green, united.difference) == (True, "0.00")
