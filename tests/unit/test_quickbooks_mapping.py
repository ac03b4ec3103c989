"""Mapping to QuickBooks: names, bodies, what can be foreseen, and that no cent is lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoice_sync.connectors.placeholders import placeholder
from invoice_sync.connectors.quickbooks import comparing, lines, mapping, preflight
from invoice_sync.connectors.quickbooks.invoices import invoice_body
from invoice_sync.connectors.quickbooks.query import quoted, select, select_all, unique
from invoice_sync.model import canonical
from invoice_sync.model.documents import Address, Charge, Invoice, Line, Party, Product
from invoice_sync.model.errors import BadDocument, Problem
from invoice_sync.model.flow import Options
from invoice_sync.model.money import Money

MARKER = "invoice-sync:acme:a1B2"
OPTIONS = Options(charge_items={"freight": "Freight", "rounding": "Rounding"})


def profile(**changes: Any) -> dict[str, Any]:
    usual = {
        "home_currency": "USD",
        "country": "US",
        "multicurrency": False,
        "book_close_date": "2026-06-30",
        "using_sales_tax": True,
        "partner_tax": False,
        "allow_discount": True,
        "allow_shipping": False,
        "custom_numbers": True,
        "terms": {"net 30": "3"},
        "tax_codes": {},
        "custom_fields": {},
        "income_account": "79",
        "charge_items": {"freight": "2010", "rounding": "2013"},
    }
    return usual | changes


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def line(number: int = 1, quantity: str = "3", price: str = "8.50", amount: int = 2550, **changes: Any) -> Line:
    made = Line(number, "P1", "Hand trowel", Decimal(quantity), Decimal(price), usd(amount))
    return replace(made, **changes)


def invoice(**changes: Any) -> Invoice:
    sold = changes.pop("lines", (line(),))
    made = Invoice(
        source_id="a1B2",
        number="INV-1",
        division="01",
        customer="C1",
        date=date(2026, 11, 1),
        due_date=date(2026, 12, 1),
        lines=sold,
        charges=changes.pop("charges", ()),
        discount=changes.pop("discount", usd(0)),
        tax=changes.pop("tax", usd(0)),
        total=usd(0),
    )
    made = replace(made, total=made.computed_total)
    return replace(made, **changes)


def body_of(document: Invoice, options: Options = OPTIONS, **settings: Any) -> dict[str, Any]:
    return invoice_body(document, profile(**settings), options, MARKER)


def refusal(document: Invoice, options: Options = OPTIONS, **settings: Any) -> tuple[str, str, str]:
    with pytest.raises(BadDocument) as caught:
        body_of(document, options, **settings)
    problem = caught.value.problem
    return problem.cause, problem.reason, problem.cure


def foreseen(document: Invoice, referenced: dict[str, Any] | None = None, **settings: Any) -> list[str]:
    return [problem.cause for problem in problems(document, referenced, **settings)]


def problems(document: Invoice, referenced: dict[str, Any] | None = None, **settings: Any) -> list[Problem]:
    body = body_of(document, **settings)
    return preflight.problems(document, body, profile(**settings), referenced or {})


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("  Birch  &  Sons ", "Birch & Sons"),
        ("Store: 12\tNorth\nWing", "Store 12 North Wing"),
        ("O'Hara \\ Co", "O'Hara \\ Co"),
        (":\t", ""),
    ],
)
def test_display_name_is_what_quickbooks_can_hold(name: str, expected: str) -> None:
    assert mapping.display_name(Party("C1", "1", name)) == expected


@pytest.mark.parametrize(("name", "cause"), [("", "missing"), ("x" * 501, "too_long")])
def test_a_name_that_does_not_fit_is_a_bad_document(name: str, cause: str) -> None:
    with pytest.raises(BadDocument) as caught:
        mapping.customer_body(Party("C1", "000123", name), profile(), {}, MARKER)
    assert caught.value.problem.cause == cause
    assert "000123" in caught.value.problem.reason


def test_item_name_starts_with_the_sku_and_is_never_cut() -> None:
    assert mapping.item_name(Product("P1", "00100", "Hand trowel")) == "00100 Hand trowel"
    assert mapping.item_name(Product("P1", "00100", "x" * 94)) == "00100 " + "x" * 94
    assert mapping.item_name(Product("P1", "00100", "x" * 95)) == "00100"


def test_customer_body() -> None:
    address = Address("12 Amber Lane", city="Cambridge", state="MA", postcode="02139", country="USA")
    dock = Address("Dock 4", city="Boston")
    party = Party("C1", "1", "Amber Lane", "ap@amber.example", "+1 555 0100", address, "USD", "", dock, "Net 30")
    assert mapping.customer_body(party, profile(), {}, MARKER) == {
        "DisplayName": "Amber Lane",
        "CompanyName": "Amber Lane",
        "Notes": MARKER,
        "PrimaryEmailAddr": {"Address": "ap@amber.example"},
        "PrimaryPhone": {"FreeFormNumber": "+1 555 0100"},
        "BillAddr": {
            "Line1": "12 Amber Lane",
            "City": "Cambridge",
            "CountrySubDivisionCode": "MA",
            "PostalCode": "02139",
            "Country": "USA",
        },
        "ShipAddr": {"Line1": "Dock 4", "City": "Boston"},
        "SalesTermRef": {"value": "3"},
    }


@pytest.mark.parametrize(
    ("terms", "names", "found"),
    [
        ("Net 30", {}, {"value": "3"}),
        (" NET 30 ", {}, {"value": "3"}),
        ("N30", {"N30": "Net 30"}, {"value": "3"}),
        ("Net 30", {"Net 30": "Net 45"}, None),
        ("Net 45", {}, None),
        ("", {}, None),
    ],
)
def test_terms_go_along_by_their_name_at_quickbooks(
    terms: str, names: dict[str, str], found: dict[str, str] | None
) -> None:
    party = Party("C1", "1", "Amber Lane", terms=terms)
    assert mapping.customer_body(party, profile(), names, MARKER).get("SalesTermRef") == found
    assert body_of(invoice(terms=terms), Options(terms=names)).get("SalesTermRef") == found


def test_customer_currency_goes_along_only_with_multicurrency() -> None:
    party = Party("C1", "1", "Amber Lane", currency="EUR")
    assert mapping.customer_body(party, profile(multicurrency=True), {}, MARKER)["CurrencyRef"] == {"value": "EUR"}
    found = preflight.problems(party, mapping.customer_body(party, profile(), {}, MARKER), profile(), {})
    assert [problem.cause for problem in found] == ["currency"]


def test_product_body() -> None:
    body = mapping.product_body(Product("P1", "00100", "Hand trowel"), profile(), "Sales")
    assert body == {
        "Name": "00100 Hand trowel",
        "Sku": "00100",
        "Type": "NonInventory",
        "Description": "Hand trowel",
        "IncomeAccountRef": {"value": "79"},
    }
    service = Product("P2", "S1", "", kind="service")
    assert mapping.product_body(service, profile(), "Sales")["Type"] == "Service"


@pytest.mark.parametrize(
    ("sku", "settings", "cause"),
    [
        ("", {}, "missing"),
        ("x" * 101, {}, "too_long"),
        ("A\tB", {}, "name"),
        ("A", {"income_account": ""}, "settings"),
    ],
)
def test_products_that_cannot_be_added(sku: str, settings: dict[str, Any], cause: str) -> None:
    with pytest.raises(BadDocument) as caught:
        mapping.product_body(Product("P1", sku, "Hand trowel"), profile(**settings), "Sales")
    assert caught.value.problem.cause == cause


def test_invoice_body() -> None:
    document = invoice(charges=(Charge("freight", usd(900)),), discount=usd(255), tax=usd(185), memo="Thanks")
    sales = {"Qty": Decimal(3), "UnitPrice": Decimal("8.5"), "TaxCodeRef": {"value": "TAX"}}
    assert body_of(document) == {
        "CustomerRef": {"value": placeholder("customer", "C1")},
        "DocNumber": "INV-1",
        "TxnDate": "2026-11-01",
        "DueDate": "2026-12-01",
        "PrivateNote": MARKER,
        "CustomerMemo": {"value": "Thanks"},
        "CurrencyRef": {"value": "USD"},
        "TxnTaxDetail": {"TotalTax": Decimal("1.85")},
        "Line": [
            {
                "DetailType": "SalesItemLineDetail",
                "Amount": Decimal("25.50"),
                "Description": "Hand trowel",
                "SalesItemLineDetail": {"ItemRef": {"value": placeholder("product", "P1")}, **sales},
            },
            {
                "DetailType": "SalesItemLineDetail",
                "Amount": Decimal("9.00"),
                "Description": "Freight",
                "SalesItemLineDetail": {"ItemRef": {"value": "2010"}, "TaxCodeRef": {"value": "NON"}},
            },
            {
                "DetailType": "DiscountLineDetail",
                "Amount": Decimal("2.55"),
                "DiscountLineDetail": {"PercentBased": False},
            },
        ],
    }


def test_a_credit_memo_has_positive_amounts_and_goes_out_after_what_it_credits() -> None:
    """It has no due day, terms or shipping; all else is as on an invoice."""
    there = {"ship_date": date(2026, 11, 2), "tracking": "1Z", "terms": "Net 30"}
    billed, credited = (body_of(invoice(kind=kind, **there)) for kind in ("invoice", "credit_memo"))
    only_billed = {"DueDate": "2026-12-01", "SalesTermRef": {"value": "3"}, "ShipDate": "2026-11-02"}
    assert billed == {**credited, **only_billed, "TrackingNum": "1Z"}
    assert credited["Line"][0]["Amount"] == Decimal("25.50")
    linked = body_of(invoice(kind="credit_memo", credits="a0"))
    assert linked == {**credited, "_after": placeholder("invoice", "a0")}


def test_a_note_that_does_not_fit_stays_away_whole() -> None:
    longest = "n" * (4000 - len(MARKER) - 1)
    assert body_of(invoice(note=longest))["PrivateNote"] == f"{MARKER}\n{longest}"
    assert body_of(invoice(note=longest + "n"))["PrivateNote"] == MARKER


def test_a_memo_for_the_customer_is_never_cut() -> None:
    assert body_of(invoice(memo="m" * 1000))["CustomerMemo"] == {"value": "m" * 1000}
    (problem,) = problems(invoice(memo="m" * 1001))
    assert (problem.cause, "1001 characters, QuickBooks takes 1000" in problem.reason) == ("too_long", True)


def test_below_the_marker_is_what_people_look_for() -> None:
    document = invoice(purchase_order="AL-7781", order_number="SO-9", note=" Fragile\nTom ")
    assert body_of(document)["PrivateNote"] == f"{MARKER}\nPO number AL-7781\nOrder SO-9\nFragile\nTom"
    by_id = body_of(document, Options(number_rule="record_id"))["PrivateNote"]
    assert by_id == f"{MARKER}\nPO number AL-7781\nOrder SO-9\nNumber at the source INV-1\nFragile\nTom"


def test_custom_fields_take_what_the_note_said() -> None:
    options = Options(custom_fields={"purchase_order": "PO", "division": "Division", "order_number": "Order"})
    fields = {"purchase_order": {"DefinitionId": "1", "Name": "PO"}, "division": {"DefinitionId": "2", "Name": "Div"}}
    body = body_of(invoice(purchase_order="AL-7781", order_number="SO-9"), options, custom_fields=fields)
    assert body["CustomField"] == [
        {"DefinitionId": "1", "Name": "PO", "Type": "StringType", "StringValue": "AL-7781"},
        {"DefinitionId": "2", "Name": "Div", "Type": "StringType", "StringValue": "01"},
    ]
    assert body["PrivateNote"] == f"{MARKER}\nOrder SO-9", "the company has no such field"
    long = body_of(invoice(purchase_order="x" * 32, division=""), options, custom_fields=fields)
    assert "CustomField" not in long
    assert long["PrivateNote"] == f"{MARKER}\nPO number {'x' * 32}", "never cut, and never lost"


def test_shipping_day_and_tracking_number() -> None:
    body = body_of(invoice(ship_date=date(2026, 11, 2), tracking="1" * 31))
    assert (body["ShipDate"], body["TrackingNum"], body["PrivateNote"]) == ("2026-11-02", "1" * 31, MARKER)
    long = body_of(invoice(tracking="1" * 32))
    assert "TrackingNum" not in long and long["PrivateNote"] == f"{MARKER}\nTracking {'1' * 32}"


def test_the_rate_goes_along_only_with_multicurrency() -> None:
    document = invoice(rate=Decimal("1.0800000000"))
    assert str(body_of(document, multicurrency=True)["ExchangeRate"]) == "1.08"
    assert "ExchangeRate" not in body_of(document) | body_of(invoice(), multicurrency=True)


@pytest.mark.parametrize(
    ("quantity", "price", "amount", "sent"),
    [
        ("128.350", "14.50", 186108, True),  # 1861.075 goes up
        ("128.350", "14.50", 186107, False),
        ("3", "8.5000000", 2550, True),
        ("3", "1.33333333", 400, False),  # eight decimals
        ("1000", "1E-1", 10000, True),
        ("-1", "0.005", -1, True),  # away from zero
    ],
)
def test_quantity_and_price_go_along_only_when_they_say_the_amount(
    quantity: str, price: str, amount: int, sent: bool
) -> None:
    body = body_of(invoice(lines=(line(quantity=quantity, price=price, amount=amount),)))
    detail = body["Line"][0]["SalesItemLineDetail"]
    assert ("Qty" in detail, "UnitPrice" in detail) == (sent, sent)
    if sent:
        assert detail["Qty"] * detail["UnitPrice"] == Decimal(quantity) * Decimal(price)
    assert "E" not in canonical.dumps(detail["Qty"] if sent else 0)


def test_numbers_are_never_cut() -> None:
    assert body_of(invoice(number="N" * 21))["DocNumber"] == "N" * 21
    cause, reason, cure = refusal(invoice(number="N" * 22))
    assert cause == "number_too_long" and "has 22 characters, QuickBooks takes 21" in reason and "record_id" in cure
    assert refusal(invoice(number=" "))[0] == "number"
    assert refusal(invoice(number="A\nB"))[0] == "number"


def test_numbers_by_rule() -> None:
    by_division = Options(number_rule="division_number")
    assert body_of(invoice(), by_division)["DocNumber"] == "01-INV-1"
    assert refusal(invoice(number="N" * 19), by_division)[0] == "number_too_long"
    document = invoice(source_id="a6Y5f000000AbCdEAK", number="N" * 22)
    assert body_of(document, Options(number_rule="record_id"))["DocNumber"] == "a6Y5f000000AbCd"


def test_charges_by_option() -> None:
    charged = invoice(charges=(Charge("freight", usd(900)), Charge("handling", usd(100))))
    cause, reason, cure = refusal(charged)
    assert cause == "charges"
    assert "handling 1.00 USD" in reason and "freight" not in reason
    assert "charge_items" in cure
    cause, reason, _ = refusal(charged, Options(header_charges="refuse"))
    assert cause == "charges"
    assert "freight 9.00 USD, handling 1.00 USD" in reason


def test_charges_that_are_ignored_are_told_to_the_cent() -> None:
    """As Rootstock's own export does: neither charges nor the order discount; the rounding is part of the lines."""
    charges = (Charge("freight", usd(900)), Charge("handling", usd(100)), Charge("rounding", usd(-1)))
    document = invoice(charges=charges, discount=usd(255), tax=usd(185))
    ignoring = Options(header_charges="ignore", charge_items=OPTIONS.charge_items)
    body = body_of(document, ignoring)
    assert [one["Amount"] for one in body["Line"]] == [Decimal("25.50"), Decimal("-0.01")]
    left = lines.left_out(document, ignoring)
    assert [(cause, amount.minor) for cause, amount in left] == [
        ("freight is not passed", 900), ("handling is not passed", 100), ("order discount is not passed", -255),
    ]  # fmt: skip
    assert comparing.body_total(body, "USD") + usd(sum(amount.minor for _, amount in left)) == document.total
    assert lines.left_out(document, OPTIONS) == []


def test_freight_may_be_the_company_s_own_shipping_line() -> None:
    options = Options(header_charges="shipping_item", charge_items={"handling": "Handling"})
    charged = invoice(charges=(Charge("freight", usd(900)), Charge("handling", usd(100))))
    sold = profile(allow_shipping=True, charge_items={"handling": "2011"})
    _, freight, handling = invoice_body(charged, sold, options, MARKER)["Line"]
    detail = {"ItemRef": {"value": "SHIPPING_ITEM_ID"}, "TaxCodeRef": {"value": "NON"}}
    assert freight == {
        "DetailType": "SalesItemLineDetail", "Amount": Decimal("9.00"), "SalesItemLineDetail": detail,
    }  # fmt: skip
    assert handling["SalesItemLineDetail"]["ItemRef"] == {"value": "2011"}
    cause, reason, cure = refusal(charged, options, allow_shipping=False, charge_items={"handling": "2011"})
    assert (cause, "shipping switched off (freight 9.00 USD)" in reason) == ("charges", True)
    assert "Switch shipping on" in cure


def test_a_rounding_line_is_no_charge_of_the_source() -> None:
    rounded = invoice(charges=(Charge("rounding", usd(-1)),))
    options = Options(header_charges="refuse", charge_items={"rounding": "Rounding"})
    assert body_of(rounded, options)["Line"][1]["Amount"] == Decimal("-0.01")


def test_a_charge_of_nothing_is_no_line() -> None:
    assert len(body_of(invoice(charges=(Charge("packaging", usd(0)),)))["Line"]) == 1


@pytest.mark.parametrize(
    ("changes", "settings", "cause"),
    [
        ({"discount": usd(100)}, {"allow_discount": False}, "discount"),
        ({"discount": usd(-100)}, {}, "discount"),
        ({"tax": usd(100)}, {"using_sales_tax": False}, "tax"),
        ({"lines": (line(product=""),)}, {}, "missing"),
    ],
)
def test_what_quickbooks_cannot_hold(changes: dict[str, Any], settings: dict[str, Any], cause: str) -> None:
    assert refusal(invoice(**changes), **settings)[0] == cause


def test_no_tax_means_no_tax() -> None:
    body = body_of(invoice())
    assert "TxnTaxDetail" not in body
    assert body["Line"][0]["SalesItemLineDetail"]["TaxCodeRef"] == {"value": "NON"}
    assert "TaxCodeRef" not in body_of(invoice(), using_sales_tax=False)["Line"][0]["SalesItemLineDetail"]


def test_the_source_says_which_lines_are_taxed() -> None:
    sold = tuple(line(number, taxed=taxed) for number, taxed in enumerate((True, False, None), 1))
    charges = (Charge("freight", usd(900), taxed=True), Charge("rounding", usd(1)))

    def codes(document: Invoice) -> list[str]:
        return [one["SalesItemLineDetail"]["TaxCodeRef"]["value"] for one in body_of(document)["Line"]]

    assert codes(invoice(lines=sold, charges=charges, tax=usd(185))) == ["TAX", "NON", "TAX", "TAX", "NON"]
    assert codes(invoice(lines=sold, charges=charges)) == ["NON"] * 5, "no tax, whatever the lines say"


def test_manual_sales_tax_has_one_code_for_the_document() -> None:
    codes = {"MA": {"id": "7", "rate": "6.25"}, "default": {"id": "8", "rate": "0"}}
    here, there = (invoice(tax=usd(185), tax_location=location) for location in ("MA", "NH"))
    told = body_of(here, tax_codes=codes)["TxnTaxDetail"]
    assert told == {"TxnTaxCodeRef": {"value": "7"}, "TotalTax": Decimal("1.85")}
    assert body_of(there, tax_codes=codes)["TxnTaxDetail"]["TxnTaxCodeRef"] == {"value": "8"}
    assert body_of(here, tax_codes=codes, partner_tax=True)["TxnTaxDetail"] == {"TotalTax": Decimal("1.85")}


def test_elsewhere_tax_is_said_to_be_off() -> None:
    body = body_of(invoice(), country="DEU", using_sales_tax=False)
    assert body["GlobalTaxCalculation"] == "NotApplicable"
    assert "TaxCodeRef" not in body["Line"][0]["SalesItemLineDetail"]
    assert refusal(invoice(tax=usd(100)), country="DEU", using_sales_tax=False)[0] == "tax"
    assert foreseen(invoice(), country="USA") == []


CODES = {
    "ON": {"id": "11", "rate": "13"},
    "default": {"id": "12", "rate": "5"},
    "exempt": {"id": "13", "rate": "0"},
}
ELSEWHERE: dict[str, Any] = {"country": "CA", "tax_codes": CODES}


def test_elsewhere_every_line_has_a_code_and_the_tax_is_computed_there() -> None:
    sold = (line(1, taxed=True), line(2, taxed=False))
    charges = (Charge("freight", usd(900), taxed=True),)
    taxed = invoice(lines=sold, charges=charges, discount=usd(255), tax=usd(416), tax_location="ON")
    body = body_of(taxed, **ELSEWHERE)
    assert "TxnTaxDetail" not in body
    assert (body["GlobalTaxCalculation"], body["_tax"]) == ("TaxExcluded", Decimal("4.16"))
    assert body["ApplyTaxAfterDiscount"] is True
    assert "ApplyTaxAfterDiscount" not in body_of(replace(taxed, discount=usd(0)), **ELSEWHERE)
    assert [one[one["DetailType"]]["TaxCodeRef"]["value"] for one in body["Line"]] == ["11", "13", "11", "11"]
    assert comparing.expected("invoice", "create", body)["total"] == comparing.in_minor_units(taxed.total)
    # 13 % of 25.50 + 9.00 less their share of 2.55, which is spread over all 60.00: 4.2944, rounded half up
    (problem,) = problems(taxed, **ELSEWHERE)
    assert problem.cause == "tax"
    assert "its tax is 4.16 USD, and QuickBooks will compute 4.29 USD" in problem.reason
    assert foreseen(replace(taxed, tax=usd(429)), **ELSEWHERE) == []


def test_elsewhere_each_tax_of_a_code_is_rounded_for_itself() -> None:
    """Of 0.30, 5 % are 0.015 and 9.975 % are 0.029925: 0.02 + 0.03, where 14.975 % at once would be 0.04."""
    document = invoice(lines=(line(price="0.10", amount=30),), tax_location="QC")
    for rates, tax in (({"5": "5", "9": "9.975"}, 5), ({"5": "14.975"}, 4)):
        codes = {"QC": {"id": "21", "rate": "14.975", "rates": rates}}
        found = replace(document, tax=usd(tax), total=usd(30 + tax))
        assert foreseen(found, country="CA", tax_codes=codes) == []
        assert foreseen(replace(found, tax=usd(tax + 1)), country="CA", tax_codes=codes) == ["tax"]


def test_elsewhere_a_missing_code_is_named() -> None:
    fallback = body_of(invoice(tax=usd(128), tax_location="BC"), **ELSEWHERE)
    assert fallback["Line"][0]["SalesItemLineDetail"]["TaxCodeRef"] == {"value": "12"}
    untaxed = body_of(invoice(tax_location="ON"), **ELSEWHERE)
    assert untaxed["Line"][0]["SalesItemLineDetail"]["TaxCodeRef"] == {"value": "13"}
    cause, reason, cure = refusal(invoice(tax=usd(128), tax_location="BC"), country="CA")
    assert (cause, "location BC" in reason, "key BC" in cure) == ("tax_code", True, True)
    cause, reason, cure = refusal(invoice(), country="CA")
    assert (cause, "lines without tax" in reason, "key exempt" in cure) == ("tax_code", True, True)


@pytest.mark.parametrize(
    ("changes", "settings", "causes"),
    [
        ({}, {}, []),
        ({"date": date(2026, 6, 30)}, {}, ["closed_period"]),
        ({"date": date(2026, 7, 1)}, {}, []),
        ({"date": date(2020, 7, 1)}, {"book_close_date": ""}, []),
        ({}, {"home_currency": "CAD"}, ["currency"]),
        ({}, {"home_currency": "CAD", "multicurrency": True}, []),
        ({"lines": (line(quantity="-3", amount=-2550),)}, {}, ["negative"]),
        ({"lines": ()}, {}, ["no_lines"]),
        ({"lines": tuple(line(n) for n in range(751))}, {}, ["too_many_lines"]),
        ({"lines": tuple(line(n) for n in range(751))}, {"using_sales_tax": False}, []),
        ({"lines": (line(description="d" * 4001),)}, {}, ["too_long"]),
        ({"email": "nobody"}, {}, ["email"]),
        ({"email": "a@b.example"}, {}, []),
        ({"bill_to": Address(postcode="0" * 31)}, {}, ["too_long"]),
    ],
)
def test_what_can_be_foreseen(changes: dict[str, Any], settings: dict[str, Any], causes: list[str]) -> None:
    assert foreseen(invoice(**changes), **settings) == causes


@pytest.mark.parametrize(
    ("referenced", "cause", "said"),
    [
        ({"Customer/7": {"state": "is inactive"}}, "reference", "its customer (id 7) is inactive in QuickBooks"),
        ({"Item/9": {"state": "is not there any more"}}, "reference", "its item (id 9) is not there any more"),
        ({"Item/2010": {"state": "has an income account that is inactive"}}, "reference", "item (id 2010) has an"),
        ({"Customer/7": {"state": "active", "currency": "CAD"}}, "currency", "customer (id 7) in CAD"),
    ],
)
def test_what_records_over_there_stand_in_the_way_of(referenced: dict[str, Any], cause: str, said: str) -> None:
    document = invoice(charges=(Charge("freight", usd(900)),))
    body = body_of(document) | {"CustomerRef": {"value": "7"}}
    body["Line"][0]["SalesItemLineDetail"]["ItemRef"] = {"value": "9"}
    well = {
        "Customer/7": {"state": "active", "currency": "USD"},
        "Item/9": {"state": "active"}, "Item/2010": {"state": "active"},
    }  # fmt: skip
    assert preflight.problems(document, body, profile(), well) == []
    assert preflight.problems(document, body, profile(), {}) == [], "one to be added is not asked about"
    (problem,) = preflight.problems(document, body, profile(), well | referenced)
    assert problem.cause == cause and said in problem.reason and problem.cure


def test_the_closed_period_is_said_in_words() -> None:
    document = invoice(date=date(2026, 6, 1))
    (problem,) = problems(document)
    assert "INV-1" in problem.reason and "2026-06-01" in problem.reason and "2026-06-30" in problem.reason
    assert "QuickBooks" in problem.cure


def answer(**changes: Any) -> dict[str, Any]:
    usual: dict[str, Any] = {
        "Id": "301",
        "SyncToken": "0",
        "DocNumber": "INV-1",
        "TxnDate": "2026-11-01",
        "DueDate": "2026-12-01",
        "CustomerRef": {"value": "7", "name": "Amber"},
        "CurrencyRef": {"value": "USD"},
        "TotalAmt": Decimal("27.35"),
        "TxnTaxDetail": {"TotalTax": Decimal("1.85"), "TaxLine": []},
        "PrivateNote": f"{MARKER}\nThanks",
        "Line": [
            {
                "Id": "1",
                "LineNum": 1,
                "DetailType": "SalesItemLineDetail",
                "Amount": Decimal("25.5"),
                "SalesItemLineDetail": {"ItemRef": {"value": "9", "name": "Hand trowel"}},
            },
            {"DetailType": "SubTotalLineDetail", "Amount": Decimal("25.50"), "SubTotalLineDetail": {}},
        ],
    }
    return usual | changes


def asked_for(**changes: Any) -> dict[str, Any]:
    """The body that `answer` answers, its placeholders filled."""
    body = body_of(invoice(tax=usd(185), note="Thanks", **changes)) | {"CustomerRef": {"value": "7"}}
    body["Line"][0]["SalesItemLineDetail"]["ItemRef"] = {"value": "9"}
    return body


def test_invoice_facts() -> None:
    remote = comparing.remote("invoice", answer())
    assert (remote.id, remote.version, remote.number, remote.live) == ("301", "0", "INV-1", True)
    lines_fact = remote.facts["lines"]
    assert remote.facts == {
        "number": "INV-1",
        "customer": "7",
        "currency": "USD",
        "date": "2026-11-01",
        "due": "2026-12-01",
        "total": "2735 USD",
        "tax": "185 USD",
        "lines": lines_fact,
        "marker": MARKER,
        "voided": "false",
    }
    assert lines_fact.startswith("1 lines, ")
    asked = comparing.expected("invoice", "create", asked_for())
    assert asked == {name: text for name, text in remote.facts.items() if name != "voided"}
    assert comparing.expected("invoice", "void", {"Id": "301"}) == {"voided": "true"}


def test_a_credit_memo_is_compared_without_a_due_day() -> None:
    body = asked_for(kind="credit_memo")
    there = {name: value for name, value in answer().items() if name != "DueDate"}
    facts = comparing.remote("credit_memo", there).facts
    asked = comparing.expected("credit_memo", "create", body)
    assert "due" not in asked
    assert asked.items() <= facts.items()


@pytest.mark.parametrize(
    "edit",
    [
        {"Amount": Decimal("25.51")},
        {"SalesItemLineDetail": {"ItemRef": {"value": "8"}}},
        {"DetailType": "DiscountLineDetail", "DiscountLineDetail": {}, "SalesItemLineDetail": {}},
        {"DetailType": "DescriptionOnly"},
    ],
)
def test_another_line_is_another_fact(edit: dict[str, Any]) -> None:
    first, *others = answer()["Line"]
    facts = comparing.remote("invoice", answer(Line=[first | edit, *others])).facts
    assert facts["lines"] != comparing.remote("invoice", answer()).facts["lines"]


def test_texts_and_subtotals_of_lines_are_not_compared() -> None:
    first, _ = answer()["Line"]
    facts = comparing.remote("invoice", answer(Line=[first | {"Description": "by hand"}])).facts
    assert facts == comparing.remote("invoice", answer()).facts


def test_a_total_that_is_no_amount_stays_visible() -> None:
    assert comparing.remote("invoice", answer(TotalAmt=Decimal("226.705"))).facts["total"] == "226.705 USD"
    assert comparing.remote("invoice", answer(TotalAmt=0)).facts["total"] == "0 USD"


def test_voided_and_free_are_not_the_same() -> None:
    nothing = [{"Amount": 0}, {"DetailType": "DescriptionOnly"}]
    voided = answer(PrivateNote="Voided", TotalAmt=0, Line=nothing)
    assert not comparing.remote("invoice", voided).live
    assert comparing.remote("invoice", voided).facts["voided"] == "true"
    assert comparing.remote("invoice", voided | {"PrivateNote": MARKER}).live
    assert comparing.remote("invoice", answer(PrivateNote="Voided by hand, then changed")).live


def test_changes_are_told_field_by_field_and_name_nobody() -> None:
    before = asked_for(memo="Dear Amy", email="amy@lane.example", tracking="1Z")
    after = asked_for(
        number="INV-2", date=date(2026, 11, 2), memo="Dear Bob", email="bob@lane.example", tracking="2Z",
        bill_to=Address("1 Amy Street"), lines=(line(amount=2551), line(2)),
    )  # fmt: skip
    found = comparing.changes(before, after)
    assert [(change.field, change.before, change.after, change.proven) for change in found] == [
        ("number", "INV-1", "INV-2", True),
        ("date", "2026-11-01", "2026-11-02", True),
        ("tracking number", "1Z", "2Z", False),
        ("e-mail address", "", "", False),
        ("billing address", "", "", False),
        ("memo", "", "", False),
        ("number of lines", "1", "2", True),
        ("line 1", "25.50", "25.51", True),
    ]
    assert comparing.changes(before, canonical.loads(canonical.dumps(before))) == [], "also as the ledger keeps it"


def test_customer_and_item_facts_equal_what_was_asked() -> None:
    party, product = Party("C1", "1", "Amber  LANE"), Product("P1", "00100", "Hand trowel")
    customer = mapping.customer_body(party, profile(), {}, MARKER) | {"Id": "9", "SyncToken": "0", "Active": True}
    assert comparing.remote("customer", customer).facts == comparing.expected("customer", "create", customer)
    item = mapping.product_body(product, profile(), "Sales") | {"Id": "9", "SyncToken": "0", "Active": False}
    assert comparing.remote("product", item).facts == comparing.expected("product", "create", item)
    assert not comparing.remote("product", item).live


def test_a_record_without_id_is_no_record() -> None:
    with pytest.raises(KeyError):
        comparing.remote("invoice", {"DocNumber": "1"})


def test_quotes_and_backslashes_are_escaped() -> None:
    assert quoted("Amy's \\ Birds") == r"'Amy\'s \\ Birds'"
    with pytest.raises(ValueError, match="tabs or line breaks"):
        quoted("a\nb")


def test_queries() -> None:
    assert select("Item", "Sku", ["A", "B"]) == (
        "SELECT * FROM Item WHERE Sku IN ('A','B') AND Active IN (true,false) STARTPOSITION 1 MAXRESULTS 1000"
    )
    assert select("Invoice", "Id", ["1"], 1001).endswith("WHERE Id IN ('1') STARTPOSITION 1001 MAXRESULTS 1000")


def test_everybody_is_asked_for_page_by_page() -> None:
    assert select_all("Customer") == "SELECT * FROM Customer STARTPOSITION 1 MAXRESULTS 1000"
    assert select_all("Term", 1001) == "SELECT * FROM Term STARTPOSITION 1001 MAXRESULTS 1000"


@given(st.lists(st.text(max_size=3)))
def test_every_askable_value_is_asked_for_once(values: list[str]) -> None:
    found = unique(values)
    assert len(found) == len(set(found))
    assert set(found) == {value for value in values if value and not any(ord(c) < 32 or ord(c) == 127 for c in value)}


cents = st.integers(min_value=0, max_value=10**9)
numerals = st.decimals(min_value=0, max_value=99999, places=4, allow_nan=False, allow_infinity=False)


@st.composite
def invoices(draw: st.DrawFn) -> Invoice:
    currency = draw(st.sampled_from(["USD", "JPY", "EUR"]))
    sold = []
    for number in range(1, draw(st.integers(1, 6)) + 1):
        quantity, price = draw(numerals), draw(numerals)
        amount = Money.rounded(quantity * price, currency)
        # at times the source rounds its own way, and its amount stands
        amount = amount + Money(draw(st.sampled_from([0, 0, 1, -1])), currency)
        sold.append(Line(number, "P1", draw(st.text(max_size=20)), quantity, price, amount))
    charges = tuple(Charge("freight", Money(draw(cents), currency)) for _ in range(draw(st.integers(0, 2))))
    discount, tax = Money(draw(cents), currency), Money(draw(cents), currency)
    zero = Money.zero(currency)
    made = Invoice("a", "1", "01", "C1", date(2026, 11, 1), None, tuple(sold), charges, discount, tax, zero)
    return replace(made, total=made.computed_total)


@given(invoices())
def test_the_body_asks_for_the_total_of_the_invoice_to_the_cent(document: Invoice) -> None:
    """Also after the body has been frozen as canonical JSON and read again, as it is in the ledger."""
    frozen = canonical.loads(canonical.dumps(body_of(document, home_currency=document.currency)))
    asked = comparing.expected("invoice", "create", frozen)
    assert asked["total"] == comparing.in_minor_units(document.total)
    assert asked["tax"] == comparing.in_minor_units(document.tax)
