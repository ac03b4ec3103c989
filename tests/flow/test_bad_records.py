"""A bad record waits with a reason a bookkeeper understands; its neighbours are delivered, nothing is lost."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import pytest

from house import DOCUMENTS, INVOICES, House
from invoice_sync.model.flow import Options

ONE = ("P-100", "1", "12.50")


def _no_lines(house: House, number: str) -> str:
    house.new_invoice(number, total="10.00", grandtotal="10.00")
    return number


def _no_customer(house: House, number: str) -> str:
    house.new_invoice(number, ONE, customer=None)
    return number


def _no_product(house: House, number: str) -> str:
    house.new_invoice(number, ("", "1", "12.50"))
    return number


def _no_number(house: House, number: str) -> str:
    return house.new_invoice("", ONE)


def _no_date(house: House, number: str) -> str:
    house.new_invoice(number, ONE, invdate=None)
    return number


def _no_total(house: House, number: str) -> str:
    house.new_invoice(number, ONE, grandtotal=None)
    return number


def _no_quantity(house: House, number: str) -> str:
    invoice = house.new_invoice(number, ONE)
    lines = house.records("salesforce", "rstk__soinvline__c")
    line = next(row for row in lines if row["rstk__soinvline_invoice__c"] == invoice)
    house.edit("salesforce", "rstk__soinvline__c", line["Id"], rstk__soinvline_qty__c=None)
    return number


def _negative(house: House, number: str) -> str:
    house.new_invoice(number, ("P-100", "-2", "12.50"))
    return number


def _too_many_decimals(house: House, number: str) -> str:
    """Its lines come to 1.01, ten times 0.1005 rounded, and the header says 1.05."""
    house.new_invoice(number, ("P-100", "10", "0.1005"), total="1.05", grandtotal="1.05")
    return number


def _long_number(house: House, number: str) -> str:
    house.new_invoice("N-23456789012345678901", ONE)
    return "N-23456789012345678901"


def _bad_email(house: House, number: str) -> str:
    house.new_invoice(number, ONE, email="nobody at all")
    return number


def _negative_discount(house: House, number: str) -> str:
    house.new_invoice(number, ONE, discamt="-1.00", grandtotal="13.50")
    return number


def _customer_without_name(house: House, number: str) -> str:
    house.edit("salesforce", "rstk__socust__c", house.source_id("rstk__socust__c", "rstk__socust_custno__c", "C-1006"),
               rstk__socust_sf_account_name__c=None, Name="")  # fmt: skip
    house.new_invoice(number, ONE, customer="C-1006")
    return number


RECORDS: list[tuple[Callable[[House, str], str], str, str]] = [
    (_no_lines, "no-lines", "has no lines"),
    (_no_customer, "missing-customer", "has no customer"),
    (_no_product, "missing-product", "has no product"),
    (_no_number, "missing-number", "has no invoice number"),
    (_no_date, "missing-date", "has no invoice date"),
    (_no_total, "missing-total", "has no invoice total"),
    (_no_quantity, "not-a-number", "quantity"),
    (_negative, "negative", "its total is negative"),
    (_too_many_decimals, "does_not_tie", "a gap of"),
    (_long_number, "number_too_long", "has 22 characters, QuickBooks takes 21"),
    (_bad_email, "email", "e-mail address"),
    (_negative_discount, "discount", "its discount is negative"),
    (_customer_without_name, "missing-name", "has no name"),
]


@dataclass
class Night:
    """What one run over all bad records came to."""

    numbers: dict[str, str]
    statement: dict[str, Any]
    created: list[str]


@pytest.fixture(scope="module")
def night(open_house: Callable[[], AbstractContextManager[House]]) -> Iterator[Night]:
    with open_house() as house:
        house.correct_everything()
        numbers = {plant.__name__: plant(house, f"BAD-{n}") for n, (plant, _, _) in enumerate(RECORDS, 1)}
        house.run()
        yield Night(numbers, house.statement(), house.created())


@pytest.mark.parametrize(("plant", "cause", "reason"), RECORDS)
def test_a_bad_record_waits_with_a_reason_and_a_cure(
    night: Night, plant: Callable[[House, str], str], cause: str, reason: str
) -> None:
    [waiting] = [item for item in night.statement["review"] if item["document"] == night.numbers[plant.__name__]]

    assert waiting["cause"] == cause
    assert reason in waiting["reason"]
    assert waiting["cure"].endswith(".")


def test_the_neighbours_of_bad_records_are_delivered(night: Night) -> None:
    assert len(night.created) == INVOICES
    assert not set(night.created) & set(night.numbers.values())


def test_bad_records_lose_nobody(night: Night) -> None:
    statement = night.statement

    assert statement["extracted"] == statement["delivered"] + statement["in_review"] == DOCUMENTS + len(RECORDS)
    assert all(part["difference"] == "0.00" for part in statement["totals"].values())


def test_a_corrected_bad_record_is_delivered_by_clearing_extract(house: House) -> None:
    house.correct_everything()
    house.new_invoice("BAD", ONE, invdate=None)
    house.run()
    house.edit_invoice("BAD", invdate="2026-11-20")

    outcome = house.clear("extract")

    assert not [ended for ended in outcome.values() if isinstance(ended, Exception)]
    assert "BAD" in house.created()


def test_header_charges_without_an_item_for_them_wait(house: House) -> None:
    house.flow = house.flow.model_copy(update={"options": Options()})
    house.correct_everything()

    house.run()

    [waiting] = house.statement()["review"]
    assert (waiting["document"], waiting["cause"]) == ("000107", "charges")
    assert "charge_items" in waiting["cure"]
    assert len(house.created()) == INVOICES - 1


def test_header_charges_that_the_flow_refuses_wait(house: House) -> None:
    options = house.flow.options.model_copy(update={"header_charges": "refuse"})
    house.flow = house.flow.model_copy(update={"options": options})
    house.correct_everything()

    house.run()

    assert house.causes() == {"000107": "charges"}


def test_a_document_of_nothing_but_mistakes_shows_all_of_them(house: House) -> None:
    house.correct_everything()
    house.new_invoice("BAD", ONE, invdate="2026-06-01", email="nobody at all", grandtotal="99.00")

    house.run()

    [waiting] = house.statement()["review"]
    assert all(text in waiting["reason"] for text in ("a gap of", "closed", "e-mail"))
