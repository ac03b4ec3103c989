"""Life at the source goes on while we read: late rows, rows of the moment, single lines; and thousands of documents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from house import green
from invoice_sync.connectors.base import StubPage
from invoice_sync.ledger.tables import CursorRow
from invoice_sync.model.errors import TryLater
from invoice_sync.steps import extract as extracting
from invoice_sync.steps.chain import STEPS
from invoice_sync.steps.context import StepContext
from pair import LINE, Pair

ONE = (("P-100", "1", "12.50"),)
TWO = (("P-100", "1", "12.50"), ("P-200", "2", "4.25"))


def position(pair: Pair) -> datetime:
    with pair.database.transaction() as session:
        read = select(CursorRow.position).where(CursorRow.stream == "invoice")
        return datetime.fromisoformat(session.scalars(read).one())


def run_while(pair: Pair, page: int, happens: Callable[[], object]) -> int:
    """A run during which something happens at the source once so many pages are stored; returns the pages."""
    stored, sizes = extracting._store_page, list[int]()

    def noted(context: StepContext, shown: StubPage) -> int:
        changed = stored(context, shown)
        sizes.append(len(shown.stubs))
        if len(sizes) == page:
            happens()
        return changed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(extracting, "_store_page", noted)
        pair.run()
    return len(sizes)


@pytest.mark.parametrize("known", [False, True])
def test_an_invoice_that_appears_while_pages_are_read_is_carried_once(pair: Pair, known: bool) -> None:
    """By the next run; or, where lines are read behind the headers, by the same one."""
    pair.settings("salesforce", page_size=3)
    if known:
        pair.load.invoice("K-1", lines=ONE)
        pair.run("run-0")
    pair.load.invoices(7, lines=1, since=pair.later(minutes=-2))
    # stamped between rows that were shown already
    late = pair.later(minutes=-2, milliseconds=1)

    pages = run_while(pair, 1, lambda: pair.load.invoice("N-1", lines=ONE, at=late))
    first = pair.created()
    outcome = pair.run("run-2")

    assert green(outcome)
    assert pages >= 3
    assert ("N-1" in first) is known
    assert Counter(pair.created()) == Counter([*first, *([] if known else ["N-1"])])
    assert len(set(pair.created())) == 8 + known


def test_an_invoice_that_is_changed_while_pages_are_read_is_compared_by_the_next_run(pair: Pair) -> None:
    """Its line was changed behind its page: the header keeps its stamp."""
    pair.flow = pair.flow.model_copy(update={"write_back": "none"})
    pair.settings("salesforce", page_size=3)
    pair.load.invoices(7, lines=2, products=("P-100", "P-200"), customers=("C-1001",))

    run_while(pair, 2, lambda: pair.edit_line("500001", 1, qty="7"))
    pair.run("run-2")

    assert pair.causes("run-2") == {"500001": "changed_after_delivery"}
    assert Counter(pair.created()) == Counter({f"50000{n}": 1 for n in range(1, 8)})


@pytest.mark.parametrize(("minutes", "is_read"), [(9, True), (11, False)])
def test_rows_that_were_stamped_early_and_shown_late_are_read_within_the_overlap(
    pair: Pair, minutes: int, is_read: bool
) -> None:
    """Five minutes on either side: the position stays behind the clock, and reading begins before the position."""
    pair.load.invoice("A-1", lines=ONE, at=pair.later(seconds=-1))
    pair.run()
    behind = datetime.now(UTC) - position(pair)
    assert timedelta(minutes=5) <= behind < timedelta(minutes=6)
    pair.load.invoice("L-1", lines=ONE, at=pair.later(minutes=-minutes))

    pair.run("run-2")

    assert ("L-1" in pair.created()) is is_read
    assert green(pair.run("run-3", full_sweep=True))
    assert pair.created() == ["A-1", "L-1"]


def test_a_line_alone_brings_its_delivered_invoice_up_for_comparison(pair: Pair) -> None:
    """It does not move the stamp of its header."""
    pair.flow = pair.flow.model_copy(update={"write_back": "acknowledge"})
    pair.load.invoice("A-1", lines=TWO, at=pair.later(hours=-3))
    pair.load.invoice("A-2", lines=TWO, at=pair.later(hours=-3))
    pair.run()
    mark = pair.mark
    pair.edit_line("A-1", 2, qty="1", price="8.5")

    outcome = pair.run("run-2")

    assert outcome["extract"]["changed"] == 1
    assert pair.causes("run-2") == {"A-1": "changed_after_delivery"}
    assert pair.outcomes(mark) == []


def test_a_deleted_line_brings_its_invoice_up_although_it_leaves_no_stamp(pair: Pair) -> None:
    pair.flow = pair.flow.model_copy(update={"write_back": "none"})
    pair.load.invoice("A-1", lines=TWO, at=pair.later(hours=-3))
    pair.run()
    pair.delete("salesforce", LINE, pair.lines_of("A-1")[1]["Id"])

    pair.run("run-2", full_sweep=True)

    assert pair.causes("run-2") == {"A-1": "changed_after_delivery"}


def test_twenty_five_hundred_invoices_are_carried_once_each(pair: Pair) -> None:
    pair.settings("salesforce", page_size=400)
    pair.flow = pair.flow.model_copy(update={"write_back": "none"})
    pair.load.invoices(2500, lines=1, customers=("C-1001",), products=("P-100",))

    outcome = {name: throughout(pair, name) for name in STEPS}

    assert outcome["extract"] == {"read": 2500, "changed": 2500}
    numbers = Counter(row["DocNumber"] for row in pair.records("quickbooks", "Invoice"))
    assert {number: count for number, count in numbers.items() if number.startswith("5")} == {
        f"{number:06d}": 1 for number in range(500_001, 502_501)
    }
    totals = pair.statement()["totals"]["USD"]
    assert (totals["source"], totals["difference"]) == (totals["destination"], "0.00")
    assert pair.writes("salesforce") == []


def throughout(pair: Pair, step: str) -> Any:
    """As Airflow does it: the vendor's window is full, and the task comes back when it is open again."""
    for _ in range(10):
        try:
            return pair.step(step, rescheduled=True)
        except TryLater as later:
            assert later.wait
            pair.clock.sleep(later.wait)
    raise AssertionError(f"{step} never got through")
