"""Mapping to QuickBooks: names, bodies, what can be foreseen, and that no cent is lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoice_sync.connectors.base import placeholder
from invoice_sync.connectors.quickbooks import mapping, preflight
from invoice_sync.connectors.quickbooks.invoices import invoice_body
from invoice_sync.connectors.quickbooks.query import portions, quoted, select
from invoice_sync.model import canonical
from invoice_sync.model.documents import Address, Charge, Invoice, Line, Party, Product
from invoice_sync.model.errors import BadDocument
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
        "custom_numbers": True,
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
    lines = changes.pop("lines", (line(),))
    made = Invoice(
        source_id="a1B2",
        number="INV-1",
        division="01",
        customer="C1",
        date=date(2026, 11, 1),
        due_date=date(2026, 12, 1),
        lines=lines,
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


def foreseen(document: Invoice, **settings: Any) -> list[str]:
    body = body_of(document, **settings)
    return [problem.cause for problem in preflight.problems(document, body, profile(**settings))]


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
        mapping.customer_body(Party("C1", "000123", name), profile(), MARKER)
    assert caught.value.problem.cause == cause
    assert "000123" in caught.value.problem.reason


def test_item_name_starts_with_the_sku_and_is_never_cut() -> None:
    assert mapping.item_name(Product("P1", "00100", "Hand trowel")) == "00100 Hand trowel"
    assert mapping.item_name(Product("P1", "00100", "x" * 94)) == "00100 " + "x" * 94
    assert mapping.item_name(Product("P1", "00100", "x" * 95)) == "00100"


def test_customer_body() -> None:
    address = Address("12 Amber Lane", city="Cambridge", state="MA", postcode="02139", country="USA")
    party = Party("C1", "1", "Amber Lane", "ap@amber.example", "+1 555 0100", address, "USD")
    assert mapping.customer_body(party, profile(), MARKER) == {
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
    }


def test_customer_currency_goes_along_only_with_multicurrency() -> None:
    party = Party("C1", "1", "Amber Lane", currency="EUR")
    assert mapping.customer_body(party, profile(multicurrency=True), MARKER)["CurrencyRef"] == {"value": "EUR"}
    problems = preflight.problems(party, mapping.customer_body(party, profile(), MARKER), profile())
    assert [problem.cause for problem in problems] == ["currency"]


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
        "PrivateNote": f"{MARKER}\nThanks",
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


def test_a_memo_that_does_not_fit_stays_away_whole() -> None:
    assert body_of(invoice(memo="m" * 4000))["PrivateNote"] == MARKER


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
    assert refusal(invoice(number="N" * 22))[0] == "number_too_long"
    assert refusal(invoice(number=" "))[0] == "number"
    assert refusal(invoice(number="A\nB"))[0] == "number"


def test_charges_by_option() -> None:
    charged = invoice(charges=(Charge("freight", usd(900)), Charge("handling", usd(100))))
    cause, reason, cure = refusal(charged)
    assert cause == "charges"
    assert "handling 1.00 USD" in reason and "freight" not in reason
    assert "charge_items" in cure
    cause, reason, _ = refusal(charged, Options(header_charges="refuse"))
    assert cause == "charges"
    assert "freight 9.00 USD, handling 1.00 USD" in reason


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


def test_elsewhere_tax_is_said_to_be_off() -> None:
    body = body_of(invoice(), country="DEU", using_sales_tax=False)
    assert body["GlobalTaxCalculation"] == "NotApplicable"
    assert foreseen(invoice(), country="DEU", using_sales_tax=True) == ["tax"]
    assert foreseen(invoice(), country="USA") == []


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


def test_the_closed_period_is_said_in_words() -> None:
    document = invoice(date=date(2026, 6, 1))
    (problem,) = preflight.problems(document, body_of(document), profile())
    assert "INV-1" in problem.reason and "2026-06-01" in problem.reason and "2026-06-30" in problem.reason
    assert "QuickBooks" in problem.cure


def answer(**changes: Any) -> dict[str, Any]:
    usual: dict[str, Any] = {
        "Id": "301",
        "SyncToken": "0",
        "DocNumber": "INV-1",
        "CustomerRef": {"value": "7", "name": "Amber"},
        "CurrencyRef": {"value": "USD"},
        "TotalAmt": Decimal("226.70"),
        "PrivateNote": f"{MARKER}\nThanks",
        "Line": [{"Amount": Decimal("226.70")}],
    }
    return usual | changes


def test_invoice_facts() -> None:
    remote = mapping.remote("invoice", answer())
    assert (remote.id, remote.version, remote.number, remote.live) == ("301", "0", "INV-1", True)
    assert remote.facts == {
        "number": "INV-1",
        "customer": "7",
        "currency": "USD",
        "total": "22670 USD",
        "marker": MARKER,
    }


def test_a_total_that_is_no_amount_stays_visible() -> None:
    assert mapping.remote("invoice", answer(TotalAmt=Decimal("226.705"))).facts["total"] == "226.705 USD"
    assert mapping.remote("invoice", answer(TotalAmt=0)).facts["total"] == "0 USD"


def test_voided_and_free_are_not_the_same() -> None:
    voided = answer(PrivateNote="Voided", TotalAmt=0, Line=[{"Amount": 0}, {"DetailType": "DescriptionOnly"}])
    assert not mapping.remote("invoice", voided).live
    assert mapping.remote("invoice", voided | {"PrivateNote": MARKER}).live
    assert mapping.remote("invoice", answer(PrivateNote="Voided by hand, then changed")).live


def test_customer_and_item_facts_equal_what_was_asked() -> None:
    party, product = Party("C1", "1", "Amber  LANE"), Product("P1", "00100", "Hand trowel")
    customer = mapping.customer_body(party, profile(), MARKER) | {"Id": "9", "SyncToken": "0", "Active": True}
    assert mapping.remote("customer", customer).facts == mapping.expected("customer", customer)
    item = mapping.product_body(product, profile(), "Sales") | {"Id": "9", "SyncToken": "0", "Active": False}
    assert mapping.remote("product", item).facts == mapping.expected("product", item)
    assert not mapping.remote("product", item).live


def test_a_record_without_id_is_no_record() -> None:
    with pytest.raises(KeyError):
        mapping.remote("invoice", {"DocNumber": "1"})


def test_quotes_and_backslashes_are_escaped() -> None:
    assert quoted("Amy's \\ Birds") == r"'Amy\'s \\ Birds'"
    with pytest.raises(ValueError, match="tabs or line breaks"):
        quoted("a\nb")


def test_queries() -> None:
    assert select("Item", "Sku", ["A", "B"]) == (
        "SELECT * FROM Item WHERE Sku IN ('A','B') AND Active IN (true,false) STARTPOSITION 1 MAXRESULTS 1000"
    )
    assert select("Invoice", "Id", ["1"], 1001).endswith("WHERE Id IN ('1') STARTPOSITION 1001 MAXRESULTS 1000")


@given(st.lists(st.text(max_size=3)))
def test_portions_hold_every_askable_value_once(values: list[str]) -> None:
    found = [value for portion in portions(values) for value in portion]
    assert len(found) == len(set(found))
    assert all(len(portion) <= 100 for portion in portions(values * 50))
    assert set(found) == {value for value in values if value and not any(ord(c) < 32 or ord(c) == 127 for c in value)}


cents = st.integers(min_value=0, max_value=10**9)
numerals = st.decimals(min_value=0, max_value=99999, places=4, allow_nan=False, allow_infinity=False)


@st.composite
def invoices(draw: st.DrawFn) -> Invoice:
    currency = draw(st.sampled_from(["USD", "JPY", "EUR"]))
    lines = []
    for number in range(1, draw(st.integers(1, 6)) + 1):
        quantity, price = draw(numerals), draw(numerals)
        amount = Money.rounded(quantity * price, currency)
        # at times the source rounds its own way, and its amount stands
        amount = amount + Money(draw(st.sampled_from([0, 0, 1, -1])), currency)
        lines.append(Line(number, "P1", draw(st.text(max_size=20)), quantity, price, amount))
    charges = tuple(Charge("freight", Money(draw(cents), currency)) for _ in range(draw(st.integers(0, 2))))
    discount, tax = Money(draw(cents), currency), Money(draw(cents), currency)
    zero = Money.zero(currency)
    made = Invoice("a", "1", "01", "C1", date(2026, 11, 1), None, tuple(lines), charges, discount, tax, zero)
    return replace(made, total=made.computed_total)


@given(invoices())
def test_the_body_asks_for_the_total_of_the_invoice_to_the_cent(document: Invoice) -> None:
    """Also after the body has been frozen as canonical JSON and read again, as it is in the ledger."""
    frozen = canonical.loads(canonical.dumps(body_of(document, home_currency=document.currency)))
    assert mapping.expected("invoice", frozen)["total"] == mapping.in_minor_units(document.total)
