"""Random invoices of every shape that Acumatica has go the whole way; calls at the store are counted by the sandbox.

As many as INVOICE_SYNC_RANDOM_SECOND says (10,000 is the figure), by default 300. Amounts are worked out here, from
quantities and prices, and not by the code under test.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest

from house import green
from wholesale import Night, Wholesale, summary_of

D = Decimal
COUNT = int(os.environ.get("INVOICE_SYNC_RANDOM_SECOND", "300"))
MOST_CALLS = 1.05
BUYERS = {"USD": ("C00000288", "C00000289", "C00000287"), "EUR": ("C00000292",), "JPY": ("C00000293",)}
"""Without sales tax, and with 6.25, 10.25, 20 and no per cent."""

RATES = {"C00000289": D("6.25"), "C00000287": D("10.25"), "C00000292": D(20)}
ITEMS = {"AACOMPUT01": True, "AAMOUSE/01": True, "AABOOK01": False, "CONSULT": False}
"""By item: whether it is taxed."""

OPEN, PARTLY, COMPLETED = 0, 1, 2


@dataclass(frozen=True)
class Sale:
    """What was sold, and what it comes to."""

    number: str
    customer: str
    currency: str
    total: Decimal
    left: Decimal

    @property
    def status(self) -> int:
        if self.left <= 0:
            return COMPLETED
        return OPEN if self.left == self.total else PARTLY


@dataclass
class Figures:
    night: Night
    sales: list[Sale]
    new: int
    unchanged: int
    reads_of_quiet: int
    quiet: dict[str, Any]


def rounded(value: Decimal, currency: str) -> Decimal:
    return value.quantize(D(1) if currency == "JPY" else D("0.01"), ROUND_HALF_UP)


def sale(house: Wholesale, dice: random.Random, number: str) -> Sale:
    """Enters an invoice: lines with discounts and odd quantities, freight, a document discount, taxes, a payment."""
    currency = dice.choice(("USD", "USD", "USD", "EUR", "JPY"))
    customer, inside = dice.choice(BUYERS[currency]), dice.random() < 0.15
    lines: list[Any] = []
    net = taxed = D(0)
    for _ in range(dice.randint(1, 8)):
        item, percent = dice.choice(list(ITEMS)), D(dice.choice((0, 0, 0, 5, 10, "12.5", "33.33")))
        quantity = D(dice.randint(1, 5000)) / dice.choice((1, 1, 1, 8, 100))
        price = rounded(D(dice.randint(1, 200000)) / 100, currency) + (
            0 if currency == "JPY" else D(dice.choice((0, 0, 5))) / 1000
        )
        lines.append(
            {"InventoryID": item, "Qty": str(quantity), "UnitPrice": str(price), "DiscountPercent": str(percent)}
        )
        extended = rounded(quantity * price, currency)
        amount = extended - (rounded(extended * percent / 100, currency) if percent else 0)
        net, taxed = net + amount, taxed + (amount if ITEMS[item] else 0)
    freight = [(str(rounded(D(dice.randint(1, 9999)) / 100, currency)), "1") for _ in range(dice.choice((0, 0, 1, 2)))]
    discount = rounded(net * dice.choice((0, 0, 0, 3)) / 100, currency)
    base, rate = taxed - discount, RATES.get(customer, D(0))
    tax = rounded(base * rate / 100, currency) if rate and base > 0 and not inside else D(0)
    total = net - discount + sum((D(price) for price, _ in freight), D(0)) + tax
    mode = {"TaxCalcMode": "Gross"} if inside else {}
    house.sell(number, *lines, customer=customer, freight=freight, discount=str(discount), **mode)
    paid = rounded(total * dice.choice((0, 0, 0, 1, 50, 100)) / 100, currency)
    if paid > 0:
        house.load.pay(number, str(paid), CurrencyID=currency)
    return Sale(number, customer, currency, total, total - paid)


@pytest.fixture(scope="module")
def figures(open_wholesale: Callable[..., AbstractContextManager[Wholesale]]) -> Iterator[Figures]:
    """The buyers are known from the night before; the night after nothing has changed."""
    with open_wholesale() as house:
        house.write_back("none")
        for place, customer in enumerate(each for many in BUYERS.values() for each in many):
            house.sell(f"KNOWN-{place}", customer=customer)
        assert green(house.run("run-0"))
        dice = random.Random("second pair")
        sales = [sale(house, dice, f"AR{700_000 + place:07d}") for place in range(COUNT)]
        before = sending(house)
        night = Night.of(house, house.run())
        new, mark, reads = sending(house) - before, house.mark, house.calls()
        quiet = house.run("run-2")
        unchanged = len(house.writes("", mark))
        yield Figures(night, sales, new, unchanged, house.calls() - reads, quiet | house.statement("run-2"))


def sending(house: Wholesale) -> int:
    """Calls at the invoices of the store; what check asks it once a run is none of them."""
    rows = house.get("/control/calls")["paths"]
    mine = [row for row in rows if row["vendor"] == "bigcommerce" and "/ip/invoices" in row["path"]]
    return sum(row["count"] for row in mine if not row["path"].endswith("extra-fields"))


def test_every_total_and_every_balance_is_there_to_the_cent(figures: Figures) -> None:
    wrong = []
    for each in figures.sales:
        there = figures.night.invoices[each.number]
        total, left, status, _ = figures.night.stands(each.number)
        seen = (there["originalBalance"]["code"], total, left, status, sum(summary_of(there).values()))
        wanted = (each.currency, each.total, each.left, each.status, each.total)
        wrong += [(each.number, wanted, seen)] if seen != wanted else []

    assert wrong == []
    assert sorted(figures.night.carried)[:COUNT] == sorted(each.number for each in figures.sales)


def test_both_systems_agree_per_currency(figures: Figures) -> None:
    totals = figures.night.statement["totals"]

    assert {code: D(part["difference"]) for code, part in totals.items()} == dict.fromkeys(("EUR", "JPY", "USD"), D(0))
    for code, part in totals.items():
        wanted = sum((each.total for each in figures.sales if each.currency == code), D(0))
        assert (D(part["source"]), D(part["destination"])) == (wanted, wanted)
    assert figures.night.statement["review"] == []
    assert green(figures.night.outcome)


def test_a_new_invoice_of_a_known_buyer_costs_one_call_and_little_more(figures: Figures) -> None:
    per_invoice = figures.new / COUNT
    print(f"bigcommerce.calls_per_invoice, new: {per_invoice:.3f} ({figures.new} calls, {COUNT} invoices)")

    assert per_invoice <= MOST_CALLS


def test_unchanged_invoices_cost_nothing(figures: Figures) -> None:
    assert (figures.unchanged, figures.quiet["extracted"]) == (0, 0)
    assert figures.quiet["extract"]["changed"] == 0
    # what check asks once a run: the store, and its extra fields of invoices and of companies
    assert figures.reads_of_quiet == 3
