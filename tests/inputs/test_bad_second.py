"""Bad documents of the second pair, one id each: a clear reason, neighbours carried, nothing lost, and the way back.

All of them lie in one night, as they might in life; the night after the corrections is the second one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from decimal import Decimal

import pytest

from house import House
from inputs.second_cases import BAD, FIELDS, HELD, HUNDRED, ODD, STRANGER, Bad, Held, Odd
from invoice_sync.steps.chain import STEPS
from wholesale import Night, Wholesale, no_difference, opened

NEIGHBOURS = ("OK-1", "OK-2", "OK-3")
CHANGES, DELETED = "D33", "D34"
"""Balanced documents that people change, and delete, after they were read."""

FIRST_OF_TWO = "D27"
AFTERWARDS = {"D03": f"{STRANGER}-B"}
"""By id: the number under which it is there after its correction."""


@dataclass
class Nights:
    first: Night
    second: Night
    swept: Night
    held: dict[str, int]
    refused: list[str]


@pytest.fixture(scope="module")
def nights(open_house: Callable[[], AbstractContextManager[House]]) -> Iterator[Nights]:
    with opened(open_house()) as house:
        house.options(bigcommerce={"extra_fields": FIELDS})
        house.write_back("none")
        for number in NEIGHBOURS:
            house.sell(number)
        for case in (*BAD, *ODD, *HELD):
            case.plant(house, case.document)
        for number in (CHANGES, DELETED):
            house.sell(number, status="Balanced")
        outcome = {}
        for step in STEPS:
            outcome |= house.run(steps=(step,))
            for case in BAD:
                if case.after == step and case.meanwhile is not None:
                    case.meanwhile(house, case.document)
            if step == "extract":
                house.edit_in_erp("Invoice", f"Invoice/{CHANGES}", Details=[HUNDRED])
                house.books.rows("Document").remove(house.books.get("Document", "Invoice", DELETED))
        first, held = Night.of(house, outcome), told_held(house)
        refused = [key for key, ended in house.answers() if ended == "refused"]
        for case in BAD:
            if case.cure is not None:
                case.cure(house, case.document)
        second = Night.of(house, house.run("run-2"), "run-2")
        swept = Night.of(house, house.run("run-3", full_sweep=True), "run-3")
        yield Nights(first, second, swept, held, refused)


def told_held(house: Wholesale) -> dict[str, int]:
    [row] = [row for row in house.process_log() if "held at the source" in row.description]
    return dict(json.loads(row.message)["held"])


def shown(case: Bad) -> str:
    return " ".join(case.document.split())


@pytest.mark.parametrize("case", BAD, ids=lambda case: case.id)
def test_a_bad_document_waits_with_its_reason_and_is_not_in_the_store(nights: Nights, case: Bad) -> None:
    waiting = nights.first.waiting[shown(case)]

    assert waiting["cause"] == case.cause
    assert [part for part in case.told if part.casefold() not in waiting["reason"].casefold()] == []
    assert waiting["cure"].endswith(".")
    assert len(waiting["cure"]) > 15
    assert not [word for word in ("Error", "None", "Traceback", "Decimal(") if word in waiting["reason"]]
    assert nights.first.carried.count(case.document) == int(case.document == FIRST_OF_TWO)


@pytest.mark.parametrize("case", ODD, ids=lambda case: case.id)
def test_what_only_looks_bad_is_carried_once(nights: Nights, case: Odd) -> None:
    [number] = [each for each in nights.first.carried if each.startswith(case.document)]

    assert case.there(nights.first.invoices[number])
    assert number not in nights.first.waiting


@pytest.mark.parametrize("case", HELD, ids=lambda case: case.id)
def test_what_is_held_is_counted_and_neither_carried_nor_anybodys_work(nights: Nights, case: Held) -> None:
    assert case.document not in {*nights.first.invoices, *nights.first.waiting}
    if case.reason:
        assert nights.held[case.reason] == 1


def test_d33_a_draft_that_changes_after_it_was_read_is_followed(nights: Nights) -> None:
    assert nights.first.stands(CHANGES)[:2] == (Decimal(500), Decimal(500))
    assert nights.second.stands(CHANGES)[:2] == (Decimal(100), Decimal(100))
    assert nights.second.carried.count(CHANGES) == 1


def test_d34_a_draft_that_was_deleted_after_it_was_read_is_told_by_a_sweep_and_not_taken_back(nights: Nights) -> None:
    """Nobody knows whether it is gone or only hidden from the user: a person decides."""
    waiting = nights.swept.waiting[DELETED]

    assert nights.first.carried.count(DELETED) == 1
    assert (waiting["cause"], nights.swept.stands(DELETED)[1]) == ("withdrawn", Decimal(500))
    assert "no longer shown by the source" in waiting["reason"]


def test_neighbours_are_carried_once(nights: Nights) -> None:
    assert {number: nights.first.carried.count(number) for number in NEIGHBOURS} == dict.fromkeys(NEIGHBOURS, 1)
    assert not [number for number in NEIGHBOURS if number in nights.first.waiting]


def test_only_what_nobody_can_foresee_is_refused_by_the_store(nights: Nights) -> None:
    """The store says nowhere which currencies it takes, and two companies changed after planning."""
    assert sorted(set(nights.refused)) == ["D05", "D31", "D32"]


def test_nothing_is_lost_and_no_total_differs(nights: Nights) -> None:
    statement = nights.first.statement
    planted = {*(shown(case) for case in BAD), *NEIGHBOURS, CHANGES, DELETED}

    assert statement["extracted"] == statement["delivered"] + statement["in_review"]
    assert planted - {*nights.first.invoices, *nights.first.waiting} == set()
    assert [night for night in (nights.first, nights.second, nights.swept) if not no_difference(night.statement)] == []


@pytest.mark.parametrize("case", [case for case in BAD if case.cure], ids=lambda case: case.id)
def test_after_its_correction_it_goes_exactly_once(nights: Nights, case: Bad) -> None:
    number = AFTERWARDS.get(case.id.partition("-")[0], case.document)

    assert nights.second.carried.count(number) == 1
    assert number not in nights.second.waiting


def test_nothing_is_created_twice_in_three_nights(nights: Nights) -> None:
    assert sorted(nights.swept.carried) == sorted(set(nights.swept.carried))


def test_what_was_not_corrected_still_waits(nights: Nights) -> None:
    wanted = {shown(case): case.cause for case in BAD if case.cure is None}
    wanted[FIRST_OF_TWO] = "number_taken"  # by the first of the two, which went

    assert {number: nights.second.waiting[number]["cause"] for number in wanted} == wanted
