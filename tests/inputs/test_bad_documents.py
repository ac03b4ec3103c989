"""Bad documents, one id each: a clear reason, neighbours delivered, nothing lost, and after the correction it goes.

All of them lie in one night, as they might in life; the night after the corrections is the second one. Documents
that only look bad are in here as well: those are carried, and the id says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text

from house import House
from inputs.cases import BAD, ONE, UNICODE, Act, Bad
from inputs.planting import Source, walk
from invoice_sync.steps.chain import STEPS


@dataclass(frozen=True)
class Odd:
    """Looks bad and is carried: `there` says what QuickBooks then holds."""

    id: str
    plant: Act
    there: Callable[[dict[str, Any], Mapping[str, Any]], bool]

    @property
    def document(self) -> str:
        return self.id.partition("-")[0]


def _forbidden_name(source: Source, number: str) -> None:
    source.customer(f"C-{number}", "Kestrel: Gate\t&\nSons  Ltd")
    source.invoice(number, customer=f"C-{number}")


def _unicode(source: Source, number: str) -> None:
    source.customer(f"C-{number}", f"{UNICODE} {number}", address={"address1": UNICODE, "city": "Ærøskøbing"})
    source.product(f"W-{number}", descr=UNICODE)
    source.invoice(number, ((f"W-{number}", "1", "12.50"),), customer=f"C-{number}", extcomment=f"{UNICODE}\x07\x1b")


def _many_lines(source: Source, number: str) -> None:
    source.invoice(number, [("P-100", "1", "1.00")] * 200)


ODD: tuple[Odd, ...] = (
    Odd("C01-negative-quantity-in-a-total-that-is-not",
        lambda source, number: source.invoice(number, (("P-100", "3", "12.50"), ("P-100", "-2", "12.50"))),
        lambda there, _: [each["Amount"] for each in _sold(there)] == [37.5, -25] and there["TotalAmt"] == 12.5),
    Odd("C02-zero-amount", lambda source, number: source.invoice(number, (("P-100", "1", "0"),)),
        lambda there, _: there["TotalAmt"] == 0 and len(_sold(there)) == 1),
    Odd("C03-200-lines", _many_lines,
        lambda there, _: len(_sold(there)) == 200 and there["TotalAmt"] == 200),
    Odd("C04-forbidden-characters-in-the-name", _forbidden_name,
        lambda there, _: there["CustomerRef"]["name"] == "Kestrel Gate & Sons Ltd"),
    Odd("C05-unicode-emoji-and-control-characters", _unicode,
        lambda there, _: there["CustomerRef"]["name"] == f"{UNICODE} C05"
        and there["CustomerMemo"]["value"].startswith(UNICODE)),
    Odd("C06-note-of-4100-is-left-out-whole",
        lambda source, number: source.invoice(number, (ONE,), intcomment="n" * 4100),
        lambda there, _: there["PrivateNote"].startswith("rootstock:invoice:") and "nnn" not in there["PrivateNote"]),
    Odd("C07-eight-decimals-of-a-quantity",
        lambda source, number: source.invoice(number, (("P-100", "1.23456789", "12.50"),)),
        lambda there, _: there["TotalAmt"] == 15.43 and "Qty" not in _sold(there)[0]["SalesItemLineDetail"]),
    Odd("C08-number-of-21", lambda source, number: source.invoice(f"{number}-{'7' * 17}"),
        lambda there, _: len(there["DocNumber"]) == 21),
    Odd("C09-approval-taken-back-and-transferred-by-hand-after-extract",
        lambda source, number: source.invoice(number, (ONE,)),
        lambda there, _: there["TotalAmt"] == 12.5),
)  # fmt: skip
GONE = "G01"
"""Deleted at the source between extract and export: it was read, so it is carried, and a person hears of it."""

DEMO = [*(f"0001{place:02}" for place in (*range(1, 13), 20, 21, 22)), "000140"]


def _sold(invoice: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [each for each in invoice["Line"] if each["DetailType"] == "SalesItemLineDetail"]


@dataclass
class Nights:
    """What the two nights came to."""

    statement: dict[str, Any]
    created: list[str]
    refused: list[dict[str, Any]]
    held: dict[str, list[dict[str, Any]]]
    ignored: dict[str, str]
    outcome: dict[str, Any]
    later: dict[str, Any] = field(default_factory=dict)
    later_created: list[str] = field(default_factory=list)

    def waiting(self, number: str) -> list[dict[str, Any]]:
        return [each for each in self.statement["review"] if each["document"] == number]

    def of(self, number: str) -> list[dict[str, Any]]:
        return [each for kind in self.held.values() for each in kind if each["DocNumber"] == number]


@pytest.fixture(scope="module")
def nights(open_house: Callable[[], AbstractContextManager[House]]) -> Iterator[Nights]:
    with open_house() as house:
        house.correct_everything()
        source = Source(house)
        for case in (*BAD, *ODD):
            case.plant(source, case.document)
        source.invoice(GONE)
        outcome = {}
        for step in STEPS:
            outcome |= walk(house, steps=(step,))
            for case in BAD:
                if case.after == step and case.meanwhile is not None:
                    case.meanwhile(source, case.document)
            if step == "extract":
                source.change("invoice", "C09", transferred=True)
                source.delete(GONE)
        found = _seen(house, outcome)
        for case in BAD:
            if case.cure is not None:
                case.cure(source, case.document)
        found.later = walk(house, "run-2")
        found.later_created = [*house.created(), *house.created("CreditMemo")]
        yield found


def _seen(house: House, outcome: dict[str, Any]) -> Nights:
    with house.database.transaction() as session:
        rows = session.execute(text("SELECT number, cause FROM document WHERE state = 'ignored'")).all()
    return Nights(
        statement=house.statement(),
        created=[*house.created(), *house.created("CreditMemo")],
        refused=[each for each in house.journal() if each["outcome"] == "refused"],
        held={kind: house.records("quickbooks", kind) for kind in ("Invoice", "CreditMemo")},
        ignored=dict(rows),
        outcome=outcome,
    )


@pytest.mark.parametrize("case", BAD, ids=lambda case: case.id)
def test_a_bad_document_waits_with_its_reason_and_nothing_is_written_for_it(nights: Nights, case: Bad) -> None:
    [waiting] = nights.waiting(_shown(nights, case))

    assert waiting["cause"] == case.cause
    assert [part for part in case.told if part.casefold() not in waiting["reason"].casefold()] == []
    assert waiting["cure"].endswith(".")
    assert len(waiting["cure"]) > 15
    assert not [word for word in ("Error", "None", "Traceback", "Decimal(") if word in waiting["reason"]]
    others = 1 if case.id.startswith(("B22", "B27")) else 0  # the stranger's, and the first of two
    assert len(nights.of(case.document)) == others


def _shown(nights: Nights, case: Bad) -> str:
    """A document without a number is shown by its record id."""
    if case.cause != "missing-number":
        return " ".join(case.document.split())
    [number] = [each["document"] for each in nights.statement["review"] if each["cause"] == case.cause]
    return str(number)


@pytest.mark.parametrize("case", ODD, ids=lambda case: case.id)
def test_what_only_looks_bad_is_carried_once(nights: Nights, case: Odd) -> None:
    found = [each for kind in nights.held.values() for each in kind if each["DocNumber"].startswith(case.document)]

    assert len(found) == 1
    assert case.there(found[0], {})


def test_a_document_deleted_at_the_source_after_it_was_read_is_delivered_and_told(nights: Nights) -> None:
    [waiting] = nights.waiting(GONE)

    assert (waiting["cause"], nights.created.count(GONE)) == ("deleted-at-source", 1)
    assert "deleted" in waiting["reason"]


def test_neighbours_of_bad_documents_are_delivered_once(nights: Nights) -> None:
    assert {number: nights.created.count(number) for number in DEMO} == dict.fromkeys(DEMO, 1)


def test_plan_sends_none_of_them_to_be_refused(nights: Nights) -> None:
    assert [(each["entity"], each["key"], each["code"]) for each in nights.refused] == []


def test_bad_documents_lose_nobody(nights: Nights) -> None:
    """Every source document is delivered, in review or ignored with a reason; the rest is 0.00."""
    statement = nights.statement
    waiting = {each["document"] for each in statement["review"]}
    left = (
        {" ".join(case.document.split()) for case in BAD if case.cause != "missing-number"}
        - waiting
        - set(nights.ignored)
    )

    assert left == set()
    # the one that was deleted at the source after it was read is delivered, and a person hears of it
    assert statement["extracted"] == statement["delivered"] + statement["in_review"] - 1
    assert {code: Decimal(part["difference"]) for code, part in statement["totals"].items()} == dict.fromkeys(
        statement["totals"], Decimal(0)
    )


@pytest.mark.parametrize("case", [case for case in BAD if case.cure], ids=lambda case: case.id)
def test_after_its_correction_it_goes_exactly_once(nights: Nights, case: Bad) -> None:
    wanted = {"B13": case.document[:8], "B22": "B22-B", "B27": "B27-2", "B47": "B47", "B49": "B49"}
    number = wanted.get(case.id.partition("-")[0], case.document)

    assert nights.later_created.count(number) == 1


def test_nothing_is_delivered_twice_in_two_nights(nights: Nights) -> None:
    assert sorted(nights.later_created) == sorted(set(nights.later_created))
