"""One row a status of Acumatica's table, through the whole flow: sent, held and counted, or followed up."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from invoice_sync.connectors.acumatica.statuses import CREDITS, TABLE
from wholesale import LAPTOP, Night, Wholesale

D = Decimal
UNKNOWN = "Under Review"
STATUSES = (*TABLE, UNKNOWN)
OPEN, COMPLETED, CANCELED = 0, 2, "Invoice (canceled)"
HUNDRED = {"InventoryID": "AABOOK01", "Qty": "5", "UnitPrice": "20.00"}


def number(status: str, known: bool) -> str:
    return f"{'K' if known else 'N'}-{STATUSES.index(status):02d}"


@dataclass
class Nights:
    """`first`: documents that are new in each status. `second`: documents that were delivered when they got there."""

    first: Night
    second: Night
    held: dict[str, int]
    written: list[tuple[str, str]]


@pytest.fixture(scope="module")
def nights(open_wholesale: Callable[..., AbstractContextManager[Wholesale]]) -> Iterator[Nights]:
    with open_wholesale(acumatica={"statuses": {}}) as house:
        for status in STATUSES:
            house.sell(number(status, known=True))
            house.sell(number(status, known=False), status="Open" if status == "Closed" else status)
        house.pay(number("Closed", known=False))
        for place, kind in enumerate(CREDITS):
            house.sell(f"M-{place}", Type=kind, Terms=None)
        first = Night.of(house, house.run("run-1"), "run-1")
        mark = house.mark
        for status in STATUSES:
            into(house, number(status, known=True), status)
        second = Night.of(house, house.run("run-2"), "run-2")
        yield Nights(first, second, told_held(house), house.changed(mark))


def into(house: Wholesale, one: str, status: str) -> None:
    """A released document gets to a status; as life brings it where it can."""
    if status == "Closed":
        house.pay(one)
    elif status in ("Canceled", "Voided"):
        house.erp("cancel" if status == "Canceled" else "void", key=f"Invoice/{one}")
    else:
        house.erp("set_status", key=f"Invoice/{one}", status=status)


def told_held(house: Wholesale) -> dict[str, int]:
    """Of the first run, out of the process log."""
    rows = [json.loads(row.message) for row in house.process_log() if "held at the source" in row.description]
    return dict(rows[0]["held"])


def reason(status: str) -> str:
    return TABLE[status].reason if status in TABLE else f"unknown status {status}"


@pytest.mark.parametrize("status", STATUSES)
def test_a_new_document_in_this_status(nights: Nights, status: str) -> None:
    one = number(status, known=False)
    sent = status in TABLE and TABLE[status].ruling == "send"

    assert (one in nights.first.carried) is sent
    assert nights.first.carried.count(one) == int(sent)
    assert one not in nights.first.waiting
    if sent:
        paid = status == "Closed"
        assert nights.first.stands(one) == (D(500), D(0 if paid else 500), COMPLETED if paid else OPEN, "Invoice")
    else:
        assert nights.held[reason(status)] >= 1


@pytest.mark.parametrize("status", STATUSES)
def test_a_delivered_document_that_gets_to_this_status(nights: Nights, status: str) -> None:
    one = number(status, known=True)
    portal = TABLE[status].portal if status in TABLE else "not shown"
    wanted = {
        "paid": (D(500), D(0), COMPLETED, "Invoice"),
        "void": (D(500), D(0), COMPLETED, CANCELED),
    }.get(portal, (D(500), D(500), OPEN, "Invoice"))

    assert nights.second.stands(one) == wanted
    assert nights.written.count((one, "updated")) == int(portal in ("paid", "void"))
    assert one not in nights.second.waiting


@pytest.mark.parametrize("kind", CREDITS)
def test_a_credit_is_held_for_its_effect_is_in_a_balance(nights: Nights, kind: str) -> None:
    assert nights.held[CREDITS[kind]] == 1
    assert not [one for one in nights.first.invoices if one.startswith("M-")]


def test_what_is_held_is_counted_by_its_reason_and_nothing_else_is(nights: Nights) -> None:
    wanted = Counter(reason(status) for status in STATUSES if status not in ("Open", "Closed"))
    wanted.update(CREDITS.values())

    assert nights.held == dict(wanted)
    assert nights.first.outcome["extract"]["held"] == wanted.total()


def test_nothing_of_it_is_red_and_no_total_differs(nights: Nights) -> None:
    for night in (nights.first, nights.second):
        assert not [ended for ended in night.outcome.values() if isinstance(ended, Exception)]
        assert night.statement["totals"]["USD"]["difference"] == "0.00"


# ---- Balanced, and other choices of the flow


def test_balanced_goes_by_option_and_is_followed_until_it_is_released_and_after(wholesale: Wholesale) -> None:
    key = wholesale.sell("B-1", LAPTOP, status="Balanced")
    wholesale.run()
    assert wholesale.stands("B-1") == (D(500), D(500), OPEN, "Invoice")

    wholesale.edit_in_erp("Invoice", key, Details=[HUNDRED])
    wholesale.run("run-2")
    assert wholesale.stands("B-1") == (D(100), D(100), OPEN, "Invoice")

    mark = wholesale.mark
    wholesale.erp("release", key=key)
    wholesale.run("run-3")
    assert (wholesale.changed(mark), wholesale.stands("B-1")[:2]) == ([], (D(100), D(100)))

    wholesale.pay("B-1", "30.00")
    wholesale.run("run-4")
    assert wholesale.stands("B-1") == (D(100), D(70), 1, "Invoice")
    assert wholesale.carried() == ["B-1"]


def test_balanced_is_sent_when_it_is_released_where_the_option_holds_it(wholesale: Wholesale) -> None:
    wholesale.options(acumatica={"statuses": {}})
    key = wholesale.sell("B-2", status="Balanced")
    first = wholesale.run()
    wholesale.erp("release", key=key)

    wholesale.run("run-2")

    assert first["extract"] == {"read": 1, "changed": 0, "held": 1}
    assert wholesale.carried() == ["B-2"]


def test_a_status_that_is_sent_by_default_can_be_held(wholesale: Wholesale) -> None:
    wholesale.options(acumatica={"statuses": {"Closed": "hold"}})
    for one in ("C-1", "C-2"):
        wholesale.sell(one)
    wholesale.pay("C-1")

    wholesale.run()

    assert wholesale.carried() == ["C-2"]


def test_a_draft_that_was_sent_by_option_and_is_put_on_hold_stays_as_it_was(wholesale: Wholesale) -> None:
    key = wholesale.sell("B-3", status="Balanced")
    wholesale.run()
    mark = wholesale.mark
    wholesale.erp("hold", key=key)

    outcome: dict[str, Any] = wholesale.run("run-2")

    assert (wholesale.changed(mark), wholesale.stands("B-3")[2:]) == ([], (OPEN, "Invoice"))
    assert not [ended for ended in outcome.values() if isinstance(ended, Exception)]
