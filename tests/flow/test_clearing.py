"""Clearing the red task is enough, clearing too much does no harm, clearing too little is never a false green."""

import pytest

from house import BEHIND, DOCUMENTS, House, green
from invoice_sync.model.errors import ReviewNeeded, TryLater
from invoice_sync.steps.chain import STEPS


def test_clear_only_failed_gives_no_false_green(house: House) -> None:
    outcome = house.run()
    failed = tuple(step for step, ended in outcome.items() if isinstance(ended, Exception))
    assert failed == ("match_customers", "plan", "report")
    house.correct_everything()

    outcome = house.run(steps=failed)

    assert isinstance(outcome["report"], ReviewNeeded)
    assert "add_customers" in str(outcome["report"])
    assert "export" in str(outcome["report"])
    assert house.statement()["delivered"] == 13


def test_what_report_named_is_enough(house: House) -> None:
    house.run()
    house.correct_everything()
    house.run(steps=("match_customers", "plan", "report"))

    outcome = house.run(steps=("add_customers", "export", "acknowledge", "report"))

    assert green(outcome)
    assert (house.statement()["delivered"], house.statement()["acknowledged"]) == (DOCUMENTS, DOCUMENTS)


def test_an_export_without_acknowledge_names_acknowledge(house: House) -> None:
    house.run()
    house.correct_everything()

    outcome = house.run(steps=(*tuple(STEPS)[2:8], "report"))

    assert isinstance(outcome["report"], ReviewNeeded)
    assert str(outcome["report"]).endswith("clear acknowledge.")


def test_report_is_red_and_names_extract_when_the_source_was_down(house: House) -> None:
    house.step("check")
    house.mishap(vendor="salesforce", kind="server_error_before", scope="read", times=10_000)
    outcome = house.run(steps=("extract",))
    assert isinstance(outcome["extract"], TryLater)
    house.clear_mishaps()

    outcome = house.run(steps=tuple(STEPS)[2:])

    assert isinstance(outcome["report"], ReviewNeeded)
    assert "extract" in str(outcome["report"])


def test_report_is_green_once_the_crashed_extract_was_cleared(house: House) -> None:
    house.correct_everything()
    house.step("check")
    house.mishap(vendor="salesforce", kind="server_error_before", scope="read", times=10_000)
    house.run(steps=("extract",))
    house.clear_mishaps()

    assert green(house.clear("extract"))
    assert house.statement()["delivered"] == DOCUMENTS


@pytest.mark.parametrize("left_out", ["match_products", "export", "acknowledge"])
def test_report_is_red_when_a_step_never_ran(house: House, left_out: str) -> None:
    house.correct_everything()

    outcome = house.run(steps=tuple(step for step in STEPS if step != left_out))

    assert isinstance(outcome["report"], ReviewNeeded)
    assert f"did not come to their end: {left_out}" in str(outcome["report"])


def test_a_step_that_ran_once_with_nothing_to_do_is_no_false_red(house: House) -> None:
    house.correct_everything()
    house.run()

    assert green(house.run("run-2"))


def test_clearing_any_step_of_a_finished_run_writes_nothing(house: House) -> None:
    house.correct_everything()
    house.run()
    before, tables = house.mark, ("inbox", "intent", "attempt", "xref")
    rows = {table: house.count(table) for table in tables}

    for step in BEHIND:
        assert green(house.clear(step)), step
        assert house.writes(since=before) == [], step
        assert {table: house.count(table) for table in tables} == rows, step
        assert (house.statement()["delivered"], house.statement()["acknowledged"]) == (DOCUMENTS, DOCUMENTS), step


def test_clearing_any_step_of_a_red_run_again_and_again_writes_nothing(house: House) -> None:
    house.run()
    before = house.mark

    for step in ("check", "match_customers", "export", "acknowledge"):
        house.clear(step)

    assert house.writes(since=before) == []
    assert set(house.causes()) == {"000120", "000121", "000122"}


def test_a_refused_document_that_an_early_task_took_up_is_not_forgotten(house: House) -> None:
    """Taken out of review and not planned yet, it is nobody's case; report must look at it all the same."""
    house.flow = house.flow.model_copy(update={"write_back": "none"})
    house.correct_everything()
    house.mishap(vendor="quickbooks", kind="refuse", entity="Invoice", code="6000")
    house.run()

    outcome = house.run(steps=("match_customers", "report"))

    assert isinstance(outcome["report"], ReviewNeeded)
    assert "clear plan" in str(outcome["report"])


def test_coming_back_from_a_reschedule_does_not_send_refused_documents_again(house: House) -> None:
    """They are tried once more per run and try; waiting for other answers is no new try."""
    house.correct_everything()
    options = house.flow.options.model_copy(update={"send_batch": 5, "in_flight": 1})
    house.flow = house.flow.model_copy(update={"options": options})
    house.run(steps=tuple(STEPS)[:7])
    house.mishap(vendor="quickbooks", kind="refuse", entity="Invoice", code="6000", times=100)
    house.mishap(vendor="quickbooks", kind="drop_after", path_contains="batch", after=1)
    house.run(steps=("export",))
    before = house.mark

    house.step_fails("export", rescheduled=True)

    assert house.mark == before
