"""Every field that both sides have arrives; what does not fit waits for a person, whole."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from house import green
from invoice_sync.steps.chain import STEPS
from pair import CUSTOMER, NORTH, Pair

ONE = (("P-100", "1", "12.50"),)
BILL_TO = {
    "address1": "12 Amber Lane", "address2": "Floor 3", "city": "Cambridge", "state": "MA", "zip": "02139",
    "country": "US", "email": "books@amberlane.example",
}  # fmt: skip


@dataclass
class Night:
    """One full invoice and its neighbours, delivered by one run."""

    full: dict[str, Any]
    memo: dict[str, Any]
    billed: dict[str, Any]
    payer: str
    named: dict[str, Any]
    untied: dict[str, Any]
    long_tracking: dict[str, Any]
    prepaid: list[dict[str, str]]
    totals: dict[str, Any]
    text: str
    causes: dict[str, str]
    reasons: dict[str, str]
    exact: dict[str, Any]


@pytest.fixture(scope="module")
def night(open_pair: Any) -> Iterator[Night]:
    opened: AbstractContextManager[Pair] = open_pair(terms={"N60": "Net 60"})
    with opened as pair:
        terms = {
            name: pair.load.add(
                "rstk__syterms__c", None, rstk__externalid__c=name, Name=name, id=name, dueindays=Decimal(15)
            )
            for name in ("Net 15", "N60", "Half")
        }
        order = pair.source_id("rstk__sohdr__c", "rstk__sohdr_order__c", "SO-2001")
        memo = "<p>Please pay &amp; <b>thank you</b></p>"
        full = pair.load.invoice(
            "F-1", lines=ONE, terms=terms["Net 15"], order=order, extcomment=memo, intcomment="Fragile", **BILL_TO
        )
        pair.load.shipper(full, tracking="1Z999AA10123456784", shipdate=date(2026, 10, 2))
        pair.load.invoice("T-1", lines=ONE, terms=terms["N60"])
        pair.load.invoice("T-2", lines=ONE, terms=terms["Half"], extcomment="x" * 1000)
        pair.load.invoice("L-1", lines=ONE, extcomment="x" * 1001)
        pair.load.invoice("L-2", lines=ONE, email="nobody at home")
        long = pair.load.invoice("S-1", lines=ONE)
        pair.load.shipper(long, number="SH-2", tracking="1Z" + "9" * 40)
        pair.load.invoice(
            "M-1", lines=ONE, txntype="Credit Memo", order=order, extcomment="Sorry", terms=terms["Net 15"], **BILL_TO
        )
        # C-1003 buys, and C-1001 pays
        pair.edit(
            "salesforce", CUSTOMER, pair.load.customer("C-1003"), rstk__socust_fincust__c=pair.load.customer("C-1001")
        )
        pair.load.invoice("B-1", customer="C-1003", lines=ONE)
        pair.load.invoice("P-1", lines=(("P-100", "10", "12.50"),), totalppya="26.70")
        pair.run()
        statement, causes = pair.statement(), pair.causes()
        yield Night(
            pair.held("F-1"), pair.held("M-1", "CreditMemo"), pair.held("B-1"), "1001", pair.held("T-1"),
            pair.held("T-2"), pair.held("S-1"), statement["prepaid"], statement["totals"]["USD"], statement["text"],
            causes, {number: pair.waiting(number)["reason"] for number in causes}, pair.held("P-1"),
        )  # fmt: skip


def test_dates_terms_and_shipping_arrive(night: Night) -> None:
    full = night.full
    assert (full["TxnDate"], full["DueDate"], full["ShipDate"]) == ("2026-10-01", "2026-10-31", "2026-10-02")
    assert full["SalesTermRef"]["value"] == "2"
    assert full["TrackingNum"] == "1Z999AA10123456784"


def test_terms_go_by_name_by_the_option_or_not_at_all_and_the_due_date_stands_in_any_case(night: Night) -> None:
    assert night.named["SalesTermRef"]["value"] == "4"
    assert "SalesTermRef" not in night.untied
    assert night.named["DueDate"] == night.untied["DueDate"] == "2026-10-31"


def test_the_order_and_the_po_number_are_in_the_note_behind_our_marker(night: Night) -> None:
    first, *others = night.full["PrivateNote"].splitlines()
    assert first.startswith("rootstock:invoice:")
    assert others == ["PO number AL-7781", "Order SO-2001", "Fragile"]
    assert night.memo["PrivateNote"].splitlines()[1:] == ["PO number AL-7781", "Order SO-2001"]


def test_address_mail_and_text_for_the_customer_arrive(night: Night) -> None:
    address = night.full["BillAddr"]
    parts = [address[part] for part in ("Line1", "Line2", "City", "CountrySubDivisionCode", "PostalCode", "Country")]

    assert parts == ["12 Amber Lane", "Floor 3", "Cambridge", "MA", "02139", "USA"]
    assert night.full["BillEmail"] == {"Address": "books@amberlane.example"}
    assert night.full["CustomerMemo"]["value"] == "Please pay & thank you"
    assert (night.memo["CustomerMemo"]["value"], night.memo["BillAddr"]["Line2"]) == ("Sorry", "Floor 3")


def test_a_text_of_a_thousand_characters_goes_and_a_longer_one_waits_whole(night: Night) -> None:
    assert len(night.untied["CustomerMemo"]["value"]) == 1000
    assert night.causes == {"L-1": "too_long", "L-2": "email"}
    assert "1001 characters, QuickBooks takes 1000" in night.reasons["L-1"]


def test_a_tracking_number_that_is_too_long_for_its_field_is_in_the_note(night: Night) -> None:
    assert "TrackingNum" not in night.long_tracking
    assert night.long_tracking["PrivateNote"].splitlines()[1:] == ["Tracking 1Z" + "9" * 40]


def test_the_customer_who_pays_is_billed(night: Night) -> None:
    assert night.billed["CustomerRef"]["value"] == night.payer


def test_a_prepayment_is_told_in_the_statement_and_lowers_no_total(night: Night) -> None:
    [told] = night.prepaid
    assert (told["document"], told["amount"]) == ("P-1", "26.70")
    assert "26.70" in told["cause"]
    assert told["cause"] in night.text
    assert (night.exact["TotalAmt"], night.exact["Balance"]) == (Decimal("125.00"), Decimal("125.00"))
    assert night.totals["difference"] == "0.00"


def test_what_the_option_custom_fields_names_is_in_those_fields_and_not_in_the_note(pair: Pair) -> None:
    fields = {"purchase_order": "Crew #", "order_number": "Site"}
    north = Pair.of(pair, realm=NORTH, tax_codes={"default": "HST ON", "exempt": "Exempt"}, custom_fields=fields)
    home = north.load.currency("CAD")
    north.edit("salesforce", "rstk__sycmp__c", north.load.company("01"), rstk__sycmp_homecurr__c=home)
    north.edit_customer("C-1001", custcurr=home)
    order = north.source_id("rstk__sohdr__c", "rstk__sohdr_order__c", "SO-2001")
    north.load.invoice("F-1", lines=ONE, order=order)

    assert green(north.run())

    held = north.held("F-1")
    assert {field["Name"]: field.get("StringValue") for field in held["CustomField"]} == {
        "Crew #": "AL-7781",
        "Site": "SO-2001",
    }
    assert held["PrivateNote"].splitlines()[1:] == []


def test_a_custom_field_that_quickbooks_has_not_is_told_by_check(pair: Pair) -> None:
    pair.options(custom_fields={"purchase_order": "Crew #"})

    assert "no custom field named Crew #" in pair.step_fails(tuple(STEPS)[0])
