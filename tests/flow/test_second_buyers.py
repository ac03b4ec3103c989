"""Which of the store's companies buys: the ERP's number on it, the tax id, or a person; never a name, never a guess."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import pytest

from house import green
from invoice_sync.__main__ import main
from wholesale import IPL, Night, Wholesale

OpenWholesale = Callable[..., AbstractContextManager[Wholesale]]
CEDAR = "C00000291"
"""Nobody has put this number on the store's Cedar Valley Clinic, company 8114."""

KNOWN = {"NUM-1": ("C00000288", "8111"), "NUM-2": (IPL, "8101"), "NUM-3": ("C 100/7", "8119"), "TAX-1": ("C90", "8105")}
"""By document: the customer, and the company that he is."""

WAIT = {
    "TWO-1": ("C00000310", "ambiguous", ("8103, 8104",)),
    "OFF-1": ("C00000320", "no_customer_there", ("C00000320",)),
    "NEW-1": ("C00000321", "no_customer_there", ("C00000321",)),
    "NONE-1": (CEDAR, "no_customer_there", (f"customer {CEDAR} certainly is", "id 8114 (97 %: name only)")),
    "NONE-2": (CEDAR, "no_customer_there", ("id 8114",)),
}
"""8106 is inactive, 8107 was never approved."""


def customers(house: Wholesale) -> None:
    house.load.customer("C90", "Timber and Tin", TaxRegistrationID="US-315-09")
    house.load.customer("C00000310", "Cobalt Fittings")
    house.load.customer("C00000320", "Dormant Mills")
    house.load.customer("C00000321", "Newcomer Ltd")


@dataclass
class Nights:
    first: Night
    second: Night
    added: list[str]
    suggested: dict[str, int]


@pytest.fixture(scope="module")
def nights(open_wholesale: OpenWholesale) -> Iterator[Nights]:
    """A night, and the night after a person has put numbers right in the store."""
    with open_wholesale() as house:
        customers(house)
        for number, (customer, *_) in {**KNOWN, **WAIT}.items():
            house.sell(number, customer=customer)
        first = Night.of(house, house.run())
        suggested = {row.remote_id: row.score for row in house.suggestions()}
        house.edit_in_store("company", 8104, extraFields={"ERP Customer ID": None})
        house.edit_in_store("company", 8106, companyStatus=1)
        house.edit_in_store("company", 8114, extraFields={"ERP Customer ID": CEDAR})
        second = Night.of(house, house.clear("match_customers"))
        added = [each["key"] for each in house.writes("bigcommerce", entity="company")]
        yield Nights(first, second, added, suggested)


@pytest.mark.parametrize("number", KNOWN)
def test_a_buyer_is_found_by_an_exact_rule(nights: Nights, number: str) -> None:
    customer, company = KNOWN[number]
    found = nights.first.invoices[number]

    assert (found["customerId"], found["externalCustomerId"]) == (company, customer)


def test_the_log_says_by_which_rule(nights: Nights) -> None:
    rows = [json.loads(row.message) for row in nights.first.log if row.action_type == "Customer Match"]
    rules = {row["record"]: row["rule"] for row in rows}

    assert rules == {"C00000288": "customer number", IPL: "customer number", "C 100/7": "customer number",
                     "C90": "tax id"}  # fmt: skip


@pytest.mark.parametrize("number", WAIT)
def test_anybody_else_waits_for_a_person_and_holds_nobody_up(nights: Nights, number: str) -> None:
    customer, cause, told = WAIT[number]
    case = nights.first.waiting[number]

    assert (case["customer"], case["cause"], case["task"]) == (customer, cause, "match_customers")
    assert [text for text in told if text not in case["reason"]] == []
    assert case["cure"].endswith(".")
    assert number not in nights.first.invoices


def test_a_name_only_suggests(nights: Nights) -> None:
    assert nights.suggested["8114"] == 97
    assert "8106" not in nights.suggested  # nobody is led to a company that is not active
    assert nights.added == []


def test_after_the_correction_in_the_store_clearing_is_enough(nights: Nights) -> None:
    companies = {number: nights.second.invoices[number]["customerId"] for number in WAIT if number != "NEW-1"}

    assert companies == {"TWO-1": "8103", "OFF-1": "8106", "NONE-1": "8114", "NONE-2": "8114"}
    assert set(nights.second.waiting) == {"NEW-1"}
    assert sorted(nights.second.carried) == sorted({*KNOWN, *WAIT} - {"NEW-1"})


@pytest.fixture
def command(wholesale: Wholesale, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    monkeypatch.setenv("INVOICE_SYNC_DATABASE", wholesale.database.url)

    def said(*arguments: str) -> int:
        return main([arguments[0], "--flow", wholesale.flow.name, *arguments[1:]])

    return said


def test_a_person_says_who_it_is(wholesale: Wholesale, command: Callable[..., int]) -> None:
    wholesale.sell("P-1", customer=CEDAR)
    wholesale.run()

    assert command("decide", "--customer", CEDAR, "--link", "8114") == 0

    assert green(wholesale.clear("match_customers"))
    assert wholesale.shown("P-1")["customerId"] == "8114"
    wholesale.sell("P-2", customer=CEDAR)
    assert green(wholesale.run("run-2"))
    assert wholesale.shown("P-2")["customerId"] == "8114"


def test_a_person_has_a_buyer_added_though_the_flow_adds_none_by_itself(
    wholesale: Wholesale, command: Callable[..., int]
) -> None:
    wholesale.sell("P-3", customer=CEDAR)
    wholesale.run()

    assert command("decide", "--customer", CEDAR, "--add") == 0

    assert green(wholesale.clear("match_customers"))
    [made] = [each for each in wholesale.records("bigcommerce", "company") if each["companyName"].endswith("Clinics")]
    assert wholesale.shown("P-3")["customerId"] == str(made["id"])


def test_unknown_buyers_are_added_where_the_flow_says_so(wholesale: Wholesale) -> None:
    wholesale.options(unknown_customers="add")
    wholesale.load.customer("C91", "Walnut Workshop", email="ap@walnut.example", TaxRegistrationID="US-91")
    wholesale.load.customer("C92", "Without Mail", email="")
    for number, customer in (("U-1", "C91"), ("U-2", "C91"), ("U-3", "C92"), ("U-4", "C00000288")):
        wholesale.sell(number, customer=customer)

    wholesale.run()
    wholesale.sell("U-5", customer="C91")
    wholesale.run("run-2")

    [made] = [each for each in wholesale.records("bigcommerce", "company") if each["companyName"] == "Walnut Workshop"]
    named: dict[str, Any] = {each["fieldName"]: each["fieldValue"] for each in made["extraFields"]}
    assert (named["ERP Customer ID"], named["Tax ID"], made["companyEmail"]) == ("C91", "US-91", "ap@walnut.example")
    assert {wholesale.shown(number)["customerId"] for number in ("U-1", "U-2", "U-5")} == {str(made["id"])}
    assert [each["key"] for each in wholesale.writes("bigcommerce", entity="company")] == ["Walnut Workshop"]
    assert wholesale.causes() == {"U-3": "missing"}
    assert "without the e-mail address" in wholesale.case("U-3")["reason"]


def test_a_name_that_the_store_has_already_is_for_a_person_though_unknown_ones_are_added(wholesale: Wholesale) -> None:
    wholesale.options(unknown_customers="add")
    wholesale.load.customer("C93", "Tin & Timber")
    wholesale.sell("U-6", customer="C93")

    wholesale.run()

    assert (wholesale.carried(), wholesale.causes()) == ([], {"U-6": "same_name"})
    assert "id 8105" in wholesale.case("U-6")["reason"]
