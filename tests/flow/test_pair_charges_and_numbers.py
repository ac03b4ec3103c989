"""Header charges by the option header_charges, and numbers by the option number_rule: nothing is lost, nothing cut."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from house import green
from invoice_sync.model.errors import ReviewNeeded
from pair import Pair

GOODS = (("P-100", "10", "12.50"),)
CHARGES = {"freightamt": "15.00", "handlingamt": "4.00", "packageamt": "2.50", "discamt": "10.00"}
ITEMS = {"Freight": "2010", "Handling": "2011", "Packaging": "2012"}
LONG = "INV-2026-KESTREL-SUPPLY-0000000000000042"


@dataclass
class Charged:
    """One invoice and one memo with every charge, and a plain one, under one setting of the option."""

    lines: list[tuple[str, str, Decimal]]
    total: Decimal | None
    totals: dict[str, Any]
    causes: dict[str, str]
    created: list[str]
    green: bool
    text: str


@pytest.fixture(scope="module")
def charged(open_pair: Any) -> Iterator[dict[str, Charged]]:
    opened: AbstractContextManager[Pair] = open_pair()
    with opened as pair:
        yield {option: _charged(pair, option) for option in ("lines", "shipping_item", "ignore", "refuse")}


def _charged(pair: Pair, option: str) -> Charged:
    """A run of its own for each option, over documents of its own."""
    pair.options(header_charges=option)
    prefix = option[0].upper()
    pair.load.invoice(f"{prefix}-1", lines=GOODS, tax="8", **CHARGES)
    pair.load.invoice(f"{prefix}-3", lines=GOODS)
    if option == "ignore":
        pair.load.invoice(f"{prefix}-2", lines=GOODS, freightamt="7.00", txntype="Credit Memo")
    outcome = pair.run(option)
    [made] = pair.held_all(f"{prefix}-1") or [{"Line": [], "TotalAmt": None}]
    lines = [
        (each["DetailType"], each.get("SalesItemLineDetail", {}).get("ItemRef", {}).get("value", ""), each["Amount"])
        for each in made["Line"]
        if each["DetailType"] != "SubTotalLineDetail"
    ]
    statement = pair.statement(option)
    causes = {case["document"]: case["cause"] for case in statement["review"]}
    return Charged(
        lines, made["TotalAmt"], statement["totals"]["USD"], causes, pair.created(), green(outcome), statement["text"]
    )


def _sold(item: str, amount: str) -> tuple[str, str, Decimal]:
    return "SalesItemLineDetail", item, Decimal(amount)


def test_charges_as_lines_are_sold_items_and_the_total_is_the_sources(charged: dict[str, Charged]) -> None:
    assert charged["lines"].lines == [
        _sold("2001", "125.00"), _sold(ITEMS["Freight"], "15.00"), _sold(ITEMS["Handling"], "4.00"),
        _sold(ITEMS["Packaging"], "2.50"), ("DiscountLineDetail", "", Decimal("10.00")),
    ]  # fmt: skip
    assert charged["lines"].total == Decimal("145.70")


def test_with_shipping_item_only_the_freight_is_quickbooks_own_shipping(charged: dict[str, Charged]) -> None:
    assert charged["shipping_item"].lines[1:3] == [_sold("SHIPPING_ITEM_ID", "15.00"), _sold(ITEMS["Handling"], "4.00")]
    assert charged["shipping_item"].total == Decimal("145.70")


def test_ignored_charges_are_explained_document_by_document_and_make_nothing_red(charged: dict[str, Charged]) -> None:
    night = charged["ignore"]
    explained = {(item["document"], item["cause"]): item["amount"] for item in night.totals["explained"]}

    assert night.lines == [_sold("2001", "125.00")]
    assert night.total == Decimal("134.20")
    assert explained == {
        ("I-1", "freight is not passed"): "15.00",
        ("I-1", "handling is not passed"): "4.00",
        ("I-1", "packaging is not passed"): "2.50",
        ("I-1", "order discount is not passed"): "-10.00",
        ("I-2", "freight is not passed"): "-7.00",
    }
    assert (night.totals["difference"], night.green) == ("0.00", True)
    assert "freight is not passed" in night.text


def test_refused_charges_wait_for_a_person_and_plain_invoices_go(charged: dict[str, Charged]) -> None:
    night = charged["refuse"]
    assert night.causes == {"R-1": "charges"}
    assert ("R-3" in night.created, "R-1" in night.created) == (True, False)
    assert night.totals["difference"] == "0.00"


def test_freight_as_shipping_waits_while_quickbooks_has_shipping_switched_off(pair: Pair) -> None:
    pair.options(header_charges="shipping_item")
    pair.edit("quickbooks", "Preferences", "1", SalesFormsPrefs={"AllowShipping": False})
    pair.load.invoice("A-1", lines=GOODS, freightamt="15.00")
    pair.load.invoice("A-2", lines=GOODS, handlingamt="4.00")

    pair.run()

    assert (pair.causes(), pair.created()) == ({"A-1": "charges"}, ["A-2"])
    assert "shipping switched off" in pair.waiting("A-1")["reason"]
    assert [e for e in pair.journal() if e["outcome"] == "refused"] == []
    pair.edit("quickbooks", "Preferences", "1", SalesFormsPrefs={"AllowShipping": True})
    assert green(pair.clear("check"))
    assert sorted(pair.created()) == ["A-1", "A-2"]


def second_division(pair: Pair) -> None:
    """Another division of company 01, with a product of its own."""
    pair.load.add("rstk__sydiv__c", None, Name="0102", div="0102", cmpno=pair.load.company("01"))
    uom = pair.records("salesforce", "rstk__syuom__c")[0]["Id"]
    pair.load.add(
        "rstk__soprod__c", None, rstk__externalid__c="0102_P-100", Name="P-100", prod="P-100", descr="Hand trowel",
        prodtype="Stock", activeind=True, fsprodid="2001", div=pair.load.division("0102"), slsuom=uom,
    )  # fmt: skip


@pytest.fixture(scope="module")
def numbered(open_pair: Any) -> Iterator[dict[str, Any]]:
    """By rule: what QuickBooks holds, and what waits, of two divisions with one number and of a long number."""
    found: dict[str, Any] = {}
    for rule in ("number", "division_number", "record_id"):
        with open_pair(number_rule=rule) as pair:
            second_division(pair)
            ids = {
                division: pair.load.invoice("000042", lines=GOODS, division=division) for division in ("0101", "0102")
            }
            ids["long"] = pair.load.invoice(LONG, lines=GOODS)
            ids["memo"] = pair.load.invoice("000042", lines=GOODS, txntype="Credit Memo", division="0101")
            outcome = pair.run()
            statement = pair.statement()
            told = {
                row["Id"]: row["rstk__soinv_acctinvoice__c"] for row in pair.records("salesforce", "rstk__soinv__c")
            }
            found[rule] = {
                "ids": ids, "outcome": outcome, "told": told, "difference": statement["totals"]["USD"]["difference"],
                "review": {case["document"]: (case["cause"], case["reason"]) for case in statement["review"]},
                "held": {row["DocNumber"]: row for row in pair.records("quickbooks", "Invoice")},
                "memos": [row["DocNumber"] for row in pair.records("quickbooks", "CreditMemo")],
                "created": sorted(pair.created()),
            }  # fmt: skip
    yield found


def test_by_default_a_shared_and_a_long_number_wait_and_nothing_is_cut(numbered: dict[str, Any]) -> None:
    night = numbered["number"]

    assert night["created"] == ["000042"]
    assert {number: cause for number, (cause, _) in night["review"].items()} == {
        "000042": "number_shared",
        LONG: "number_too_long",
    }
    assert [number for number in night["held"] if LONG.startswith(number)] == []
    assert isinstance(night["outcome"]["plan"], ReviewNeeded)
    # an invoice and a credit memo may have the same number
    assert night["memos"] == ["000042"]


def test_with_the_division_in_front_both_divisions_go(numbered: dict[str, Any]) -> None:
    night = numbered["division_number"]

    assert night["created"] == ["0101-000042", "0102-000042"]
    assert {number: cause for number, (cause, _) in night["review"].items()} == {LONG: "number_too_long"}
    assert night["told"][night["ids"]["0102"]] == "0102-000042"
    assert "Number at the source 000042" in night["held"]["0102-000042"]["PrivateNote"]
    assert night["difference"] == "0.00"


def test_with_record_ids_every_number_goes_and_the_note_tells_the_sources_own(numbered: dict[str, Any]) -> None:
    night = numbered["record_id"]
    ids = night["ids"]

    assert night["created"] == sorted(ids[key][:15] for key in ("0101", "0102", "long"))
    assert night["review"] == {}
    assert f"Number at the source {LONG}" in night["held"][ids["long"][:15]]["PrivateNote"]
    assert night["told"][ids["long"]] == ids["long"][:15]
    assert (green(night["outcome"]), night["difference"]) == (True, "0.00")
