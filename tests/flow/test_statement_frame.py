"""Money in pandas is integer minor units: a float column would lose a cent sooner or later."""

import pandas as pd
import pytest

from house import DOCUMENTS, House
from invoice_sync.model.money import Money
from invoice_sync.steps import report, statement
from invoice_sync.steps.statement import Entry

MONEY = ["source", "destination", "explained"]


@pytest.mark.parametrize(
    "entries",
    [
        [],
        [Entry("1", "USD", 10, 10, "7")],
        [Entry("1", "USD", 10, None, open_cause="does_not_tie"), Entry("2", "JPY", 5, 4, "8")],
        [Entry("1", "USD", 10, None, "7")],
        [Entry("1", "", 0, None, open_cause="missing-total")],
    ],
)
def test_every_money_column_is_int64(entries: list[Entry]) -> None:
    found = statement.frame(entries)

    assert {name: str(found[name].dtype) for name in MONEY} == dict.fromkeys(MONEY, "int64")


def test_the_columns_of_a_real_run_are_int64_and_so_are_their_sums(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    frames: list[pd.DataFrame] = []
    make = statement.frame

    def kept(entries: list[Entry]) -> pd.DataFrame:
        frames.append(make(entries))
        return frames[-1]

    monkeypatch.setattr(report.statement, "frame", kept)
    house.run()

    found, payments = frames
    assert payments.empty
    assert len(found) == DOCUMENTS
    assert {str(found[name].dtype) for name in MONEY} == {"int64"}
    sums = found.groupby("currency").sum()
    assert {str(dtype) for dtype in sums.dtypes} == {"int64"}
    # 2147.48 of invoices less 12.50 of a credit memo
    assert int(sums["source"]["USD"]) == 213498
    assert int(found["source"].min()) == int(found["destination"].min()) == -1250


def test_amounts_beyond_the_reach_of_a_float_stay_exact() -> None:
    """2**53 + 1 is the first integer that a binary float cannot hold."""
    big = 2**53 + 1

    sums = statement.totals([Entry("1", "USD", big, big, "7"), Entry("2", "USD", 1, 1, "8")])

    assert sums["USD"]["source"] == f"{(big + 1) // 100}.{(big + 1) % 100:02}"
    assert sums["USD"]["difference"] == "0.00"


def test_a_cent_is_told_apart_among_billions() -> None:
    sums = statement.totals([Entry("1", "USD", 900_000_000_000_001, 900_000_000_000_000, "7")])

    assert sums["USD"]["difference"] == "0.01"
    assert not statement.is_exact({"totals": sums, "payment_totals": {}})
    assert not statement.is_exact({"totals": {}, "payment_totals": sums})


def test_currencies_are_never_added_up() -> None:
    sums = statement.totals([Entry("1", "USD", 100, 100, "7"), Entry("2", "JPY", 100, 100, "8")])

    assert {code: part["source"] for code, part in sums.items()} == {"USD": "1.00", "JPY": "100"}


def test_a_delivered_document_of_the_wrong_amount_is_a_disagreement_also_when_nothing_is_there() -> None:
    told = [
        item.told()
        for item in statement.disagreements([Entry("1", "USD", 100, None, "7"), Entry("2", "USD", 100, 99, "8")])
    ]

    assert told == [
        f"1: {Money(100, 'USD')} was delivered, but there is no such document now.",
        f"2: {Money(100, 'USD')} at the source, {Money(99, 'USD')} at the destination.",
    ]
