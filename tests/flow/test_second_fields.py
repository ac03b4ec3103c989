"""Every field that both sides have, from Acumatica's record to the store's; the installed options and others."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from decimal import Decimal
from typing import Any

import pytest

from wholesale import LAPTOP, Night, Wholesale, lines_of, standing, summary_of

D = Decimal
FIELDS = {"division": "ERP Branch", "order_id": "Store Order", "kept": "Lot and Serial"}
CHOSEN = ("AR0000191", "AR0000208", "AR0000160", "AR0000190", "AR0000227")
FILES = "https://files.example/invoices/{number}.pdf"


@pytest.fixture(scope="module")
def chosen(open_wholesale: Callable[..., AbstractContextManager[Wholesale]]) -> Night:
    """The same documents with what is optional."""
    with open_wholesale(seeded=True, bigcommerce={"extra_fields": FIELDS, "pdf_url": FILES}) as house:
        house.options(terms={"30D": "Net 30 days"})
        house.overwrite("Invoice/AR0000227", DueDate=None)
        return Night.of(house, house.run(documents=CHOSEN))


def extra(invoice: dict[str, Any]) -> dict[str, str]:
    return {each["fieldName"]: each["fieldValue"] for each in invoice["extraFields"]}


def test_lines_with_a_discount_a_document_discount_freight_and_taxes_by_their_code(seeded: Night) -> None:
    """500.00 + 77.81 (86.45 less 10 %) + 60.00 exempt - 25.00 + 15.00 freight + 6.25 % of 552.81."""
    found = seeded.invoices["AR0000191"]
    computer, mouse, book = lines_of(found)

    assert (computer["quantity"], D(computer["unitPrice"]["value"])) == ("1", D(500))
    assert (book["sku"], book["quantity"], D(book["unitPrice"]["value"])) == ("AABOOK01", "3", D(20))
    # 86.45 less 8.65, which is no whole number of hundredths of a cent a piece
    assert (mouse["sku"], mouse["quantity"], D(mouse["unitPrice"]["value"])) == ("AAMOUSE/01", "7", D("11.1143"))
    assert "Discount 8.65 USD included" in mouse["comments"]
    assert summary_of(found) == {
        "Subtotal": D("637.80"), "Freight": D("15.00"), "Discount": D("-25.00"), "Tax MASALES": D("34.55"),
    }  # fmt: skip
    assert sum(summary_of(found).values()) == standing(found)[0]
    assert found["purchaseOrderNumber"] == "BS-7781"


def test_a_discount_that_divides_evenly_stands_beside_the_price(wholesale: Wholesale) -> None:
    line = {"InventoryID": "AABOOK01", "Qty": "4", "UnitPrice": "20.00", "DiscountPercent": "10"}
    wholesale.sell("D-1", line)

    wholesale.run()

    [shown] = lines_of(wholesale.shown("D-1"))
    assert (D(shown["unitPrice"]["value"]), D(shown["unitDiscount"]["value"])) == (D(20), D(2))
    assert wholesale.stands("D-1")[0] == D("72.00")


def test_the_price_of_freight_is_billed_and_never_its_cost(seeded: Night) -> None:
    found = seeded.invoices["AR0000192"]

    assert summary_of(found)["Freight"] == D("20.50")  # 12.00 + 8.50; they cost 4.00 + 3.00
    assert standing(found)[0] == D("86.45") + D("20.50")


def test_taxes_inside_the_lines_are_shown_and_not_added_again(seeded: Night) -> None:
    found = seeded.invoices["AR0000193"]

    assert standing(found)[0] == D("480.00") == sum(summary_of(found).values())
    assert summary_of(found) == {"Subtotal": D("480.00"), "Tax VAT20 80.00 included": D(0)}
    assert D(lines_of(found)[0]["unitPrice"]["value"]) == D(240)


def test_lots_locations_and_expiry_are_on_the_lines_and_in_the_field_that_the_flow_names(
    seeded: Night, chosen: Night
) -> None:
    said = [line["comments"] for line in lines_of(seeded.invoices["AR0000208"])]

    assert said == [
        "Unit EA; Warehouse WHOLESALE; Location R152; Lot/serial LOT-2609; Expires 2027-09-30",
        "Unit EA; Warehouse WHOLESALE; Location R153; Lot/serial LOT-2611; Expires 2027-09-30",
    ]
    assert "lot/serial LOT-2611" in extra(chosen.invoices["AR0000208"])["Lot and Serial"]


@pytest.mark.parametrize(
    ("number", "code", "total"),
    [("AR0000194", "EUR", "239.99"), ("AR0000195", "JPY", "73500"), ("AR0000160", "USD", "551.25")],
)
def test_the_currency_is_the_documents_own(seeded: Night, number: str, code: str, total: str) -> None:
    found = seeded.invoices[number]

    assert (found["originalBalance"]["code"], standing(found)[0]) == (code, D(total))


def test_the_link_to_the_file_is_there_only_by_option(seeded: Night, chosen: Night) -> None:
    assert {each["externalPdfUrl"] for each in seeded.invoices.values()} == {""}
    assert chosen.invoices["AR0000160"]["externalPdfUrl"] == "https://files.example/invoices/AR0000160.pdf"


def test_extra_fields_carry_what_the_flow_names(chosen: Night) -> None:
    assert extra(chosen.invoices["AR0000160"])["Store Order"] == "423"
    assert extra(chosen.invoices["AR0000227"])["ERP Branch"] == "PRODRETAIL"


def test_without_a_due_date_of_its_own_the_terms_of_the_document_are_shown(chosen: Night, seeded: Night) -> None:
    assert chosen.invoices["AR0000227"]["termsConditions"] == "Net 30 days"
    assert seeded.invoices["AR0000227"]["termsConditions"] == ""


def test_the_second_invoice_of_an_order_goes_without_the_order_number_and_keeps_it_in_its_field(
    wholesale: Wholesale,
) -> None:
    wholesale.options(bigcommerce={"extra_fields": FIELDS})
    for number in ("O-1", "O-2"):
        wholesale.sell(number, LAPTOP, customer="C00000287", Description="B2B23R1 | Order: 777 | x")
    wholesale.run()
    wholesale.sell("O-3", LAPTOP, customer="C00000287", Description="B2B23R1 | Order: 777 | x")

    wholesale.run("run-2")

    orders = [wholesale.shown(number)["orderNumber"] for number in ("O-1", "O-2", "O-3")]
    assert sorted(orders) == ["", "", "777"]
    assert [extra(wholesale.shown(number))["Store Order"] for number in ("O-1", "O-2", "O-3")] == ["777"] * 3
    assert sorted(wholesale.carried()) == ["O-1", "O-2", "O-3"]
    assert wholesale.statement("run-2")["review"] == []
    assert wholesale.answers()[:2] == [("O-1", "created"), ("O-2", "created")]  # foreseen, so nothing was refused


def test_an_order_that_the_store_itself_has_invoiced_holds_nothing_up(wholesale: Wholesale) -> None:
    """Order 426 has an invoice that the store made, under a number of the store's own."""
    wholesale.sell("O-4", customer="C00000287", Description="| Order: 426 |")

    outcome = wholesale.run()

    assert (wholesale.carried(), wholesale.shown("O-4")["orderNumber"]) == (["O-4"], "")
    assert not [ended for ended in outcome.values() if isinstance(ended, Exception)]
