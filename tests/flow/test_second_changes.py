"""What happens to an invoice in Acumatica after it was delivered ends the same in the store, once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from house import green
from wholesale import LAPTOP, Night, Wholesale, lines_of

D = Decimal
OPEN, PARTLY, COMPLETED = 0, 1, 2
TYPE, CANCELED = "Invoice", "Invoice (canceled)"
UNTOUCHED = (D(500), D(500), OPEN, TYPE)
PAID = (D(500), D(0), COMPLETED, TYPE)
VOID = (D(500), D(0), COMPLETED, CANCELED)
NUMBERS = ("PART", "FULL", "MORE", "AGAIN", "MEMO", "RIGHT", "GONE", "BACK", "DUE", "STAYS", "LOSS")
NINETEEN = {"InventoryID": "AABOOK01", "Qty": "19", "UnitPrice": "20.00"}


@dataclass
class Story:
    """Four nights: delivered; changed; changed once more; and one in which nothing happened."""

    nights: list[Night]
    written: list[list[tuple[str, str]]]
    told: list[int]
    new: str

    def stands(self, night: int, number: str) -> tuple[Decimal, Decimal, int, str]:
        return self.nights[night - 1].stands(number)


@pytest.fixture(scope="module")
def story(open_wholesale: Callable[..., AbstractContextManager[Wholesale]]) -> Iterator[Story]:
    with open_wholesale() as house:
        house.settings_of("acumatica", payment_moves_invoice_stamp=True)
        for number in NUMBERS:
            house.sell(number)
        house.sell("CREDIT", ("AABOOK01", "6", "20.00"), Type="Credit Memo", Terms=None)
        told = Story([], [], [], "")
        payments: dict[str, str] = {}
        _night(house, told, lambda: None)
        _night(house, told, lambda: _first(house, told, payments))
        _night(house, told, lambda: _second(house, told, payments))
        _night(house, told, lambda: None)
        yield told


def _night(house: Wholesale, story: Story, act: Callable[[], object]) -> None:
    act()
    mark, run_id = house.mark, f"run-{len(story.nights) + 1}"
    story.nights.append(Night.of(house, house.run(run_id), run_id))
    story.written.append(house.changed(mark))
    story.told.append(len(house.writes("acumatica", mark)))


def _first(house: Wholesale, story: Story, payments: dict[str, str]) -> None:
    house.pay("PART", "120.00")
    for number in ("FULL", "AGAIN"):
        payments[number] = house.pay(number)
    house.pay("MORE", "100.00")
    house.erp("apply_memo", key="Invoice/MEMO", memo="CREDIT")
    made = house.erp("correct", key="Invoice/RIGHT", Details=[NINETEEN])
    story.new = next(
        each["record"]["ReferenceNbr"]
        for each in made["effects"]
        if each["record"].get("Type") == "Invoice" and each["record"]["ReferenceNbr"] != "RIGHT"
    )
    house.erp("cancel", key="Invoice/GONE")
    house.erp("void", key="Invoice/BACK")
    house.edit_in_erp("Invoice", "Invoice/DUE", DueDate="2027-01-31")
    house.erp("write_off", key="Invoice/LOSS", amount="4.99")


def _second(house: Wholesale, story: Story, payments: dict[str, str]) -> None:
    house.erp("void_payment", key=payments["AGAIN"])
    house.pay("MORE", "50.00")
    house.erp("release", key=f"Invoice/{story.new}")
    house.overwrite("Invoice/BACK", Status="Open", _canceled=False, Balance=D(500))


@pytest.mark.parametrize(
    ("number", "second", "third"),
    [
        ("PART", (D(500), D(380), PARTLY, TYPE), None),
        ("FULL", PAID, None),
        ("MORE", (D(500), D(400), PARTLY, TYPE), (D(500), D(350), PARTLY, TYPE)),
        ("AGAIN", PAID, UNTOUCHED),
        ("MEMO", (D(500), D(380), PARTLY, TYPE), None),
        ("RIGHT", VOID, None),
        ("GONE", VOID, None),
        ("BACK", VOID, UNTOUCHED),
        ("DUE", UNTOUCHED, None),
        ("STAYS", UNTOUCHED, None),
        ("LOSS", (D(500), D("495.01"), PARTLY, TYPE), None),
    ],
)
def test_the_store_follows(story: Story, number: str, second: Any, third: Any) -> None:
    assert story.stands(1, number) == UNTOUCHED
    assert story.stands(2, number) == second
    assert story.stands(3, number) == (third or second)


def test_each_change_is_one_update_and_what_stays_is_not_touched(story: Story) -> None:
    once = [(number, "updated") for number in NUMBERS if number != "STAYS"]

    assert sorted(story.written[0]) == sorted((number, "created") for number in NUMBERS)
    assert sorted(story.written[1]) == sorted([*once, (story.new, "created")])
    assert sorted(story.written[2]) == [("AGAIN", "updated"), ("BACK", "updated"), ("MORE", "updated")]


def test_a_correction_ends_with_the_old_one_void_and_the_new_one_open(story: Story) -> None:
    new = story.nights[2].invoices[story.new]

    assert story.stands(3, story.new) == (D(380), D(380), OPEN, TYPE)
    assert [line["quantity"] for line in lines_of(new)] == ["19"]
    assert len(lines_of(story.nights[2].invoices["RIGHT"])) == 1  # what was billed can still be read


def test_a_due_date_is_followed(story: Story) -> None:
    moments = [datetime.fromtimestamp(night.invoices["DUE"]["dueDate"], UTC) for night in story.nights[:2]]

    assert [f"{each:%Y-%m-%d}" for each in moments] == ["2026-12-03", "2027-01-31"]


def test_a_night_without_changes_writes_nothing_and_reads_no_document(story: Story) -> None:
    quiet = story.nights[3]

    assert (story.written[3], story.told[3]) == ([], 0)
    assert (quiet.statement["extracted"], quiet.outcome["extract"]["changed"]) == (0, 0)


def test_our_own_acknowledgement_is_no_change(story: Story) -> None:
    """Activities move the stamps, so that every document shows itself again in the second night."""
    assert story.told == [len(NUMBERS), 1, 0, 0]
    assert "STAYS" not in {each[0] for written in story.written[1:] for each in written}
    assert story.nights[1].statement["extracted"] == len(NUMBERS)  # STAYS is none of them, the new one is


def test_every_night_is_green_and_exact(story: Story) -> None:
    for night in story.nights:
        assert [str(ended) for ended in night.outcome.values() if isinstance(ended, Exception)] == []
        assert {part["difference"] for part in night.statement["totals"].values()} <= {"0.00"}


def test_a_custom_field_is_told_once_and_its_echo_is_no_change(wholesale: Wholesale) -> None:
    wholesale.write_back("custom_field")
    wholesale.options(acumatica={"custom_field": "UsrB2BInvoiceID"})
    wholesale.settings_of("acumatica", custom_after_release=True)
    key = wholesale.sell("F-1")
    wholesale.edit_in_erp("Invoice", key, custom={"Document": {"UsrB2BInvoiceID": ""}})

    assert green(wholesale.run())
    mark = wholesale.mark
    assert green(wholesale.run("run-2"))

    [row] = [row for row in wholesale.records("acumatica", "Invoice") if row["ReferenceNbr"] == "F-1"]
    assert row["custom"]["Document"]["UsrB2BInvoiceID"] == str(wholesale.shown("F-1")["id"])
    assert (wholesale.writes("", mark), wholesale.statement("run-2")["extracted"]) == ([], 0)


def test_nothing_is_told_where_the_flow_says_none(wholesale: Wholesale) -> None:
    wholesale.write_back("none")
    wholesale.sell("F-2")

    assert green(wholesale.run())
    assert (wholesale.carried(), wholesale.writes("acumatica")) == (["F-2"], [])


def test_changes_are_only_shown_where_the_flow_says_review(wholesale: Wholesale) -> None:
    wholesale.options(changes="review", voids="review")
    for number in ("F-3", "F-4"):
        wholesale.sell(number)
    wholesale.run()
    mark = wholesale.mark
    wholesale.pay("F-3", "100.00")
    wholesale.erp("cancel", key="Invoice/F-4")

    wholesale.run("run-2")

    assert wholesale.changed(mark) == []
    assert wholesale.causes("run-2") == {"F-3": "changed_after_delivery", "F-4": "withdrawn"}
    assert "open balance 500.00 USD -> 400.00 USD" in wholesale.case("F-3", "run-2")["reason"]
    assert "canceled at the source" in wholesale.case("F-4", "run-2")["reason"]


def test_a_payment_that_moves_no_stamp_is_seen_all_the_same(wholesale: Wholesale) -> None:
    assert wholesale.sandbox.vendors["acumatica"].settings()["payment_moves_invoice_stamp"] is False
    wholesale.sell("F-5", LAPTOP)
    wholesale.run()
    payment = wholesale.pay("F-5", "500.00")
    wholesale.run("run-2")
    assert wholesale.stands("F-5") == PAID
    wholesale.erp("void_payment", key=payment)

    wholesale.run("run-3")

    assert wholesale.stands("F-5") == UNTOUCHED


def test_a_credit_memo_that_moves_no_stamp_is_found_by_a_full_sweep(wholesale: Wholesale) -> None:
    wholesale.sell("F-6")
    wholesale.sell("F-7", ("AABOOK01", "1", "20.00"), Type="Credit Memo", Terms=None)
    wholesale.run()
    wholesale.erp("apply_memo", key="Invoice/F-6", memo="F-7")

    wholesale.run("run-2", full_sweep=True)

    assert wholesale.stands("F-6") == (D(500), D(480), PARTLY, TYPE)
