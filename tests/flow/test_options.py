"""The trigger form: dry run, chosen documents, limit, changed since, full sweep; and the plain night after."""

import pytest
from sqlalchemy import select

from house import DOCUMENTS, INVOICES, House, green
from invoice_sync.ledger.tables import CursorRow
from invoice_sync.model.errors import SettingsError

TABLES = ("inbox", "intent", "xref")
CLEAN = [f"0001{n:02}" for n in range(1, 13)]


def rows(house: House) -> dict[str, int]:
    return {table: house.count(table) for table in TABLES}


def cursor(house: House) -> str | None:
    with house.database.transaction() as session:
        return session.scalars(select(CursorRow.position).where(CursorRow.stream == "invoice")).one_or_none()


def test_a_dry_run_writes_nowhere_and_says_what_would_go(house: House) -> None:
    house.correct_everything()

    outcome = house.run(dry_run=True)

    assert green(outcome)
    assert (house.writes(), house.count("intent"), cursor(house)) == ([], 0, None)
    assert outcome["plan"] == {"planned": DOCUMENTS, "parties": 5, "review": 0}
    explained = house.statement()["totals"]["USD"]["explained"]
    assert [item["document"] for item in explained] == [*CLEAN, "000120", "000121", "000122", "000140"]
    assert {item["cause"] for item in explained} == {"not delivered: waiting"}
    assert house.statement()["totals"]["USD"]["difference"] == "0.00"


def test_a_dry_run_tells_predicted_refusals_like_any_run(house: House) -> None:
    house.run(dry_run=True)

    assert house.causes() == {"000120": "does_not_tie", "000121": "closed_period", "000122": "name_taken"}


def test_after_a_dry_run_a_real_one_delivers_everything(house: House) -> None:
    house.correct_everything()
    house.run(dry_run=True)

    assert green(house.run("run-2"))
    assert (house.statement("run-2")["delivered"], len(house.created())) == (DOCUMENTS, INVOICES)


def test_a_second_night_with_nothing_new_does_nothing(house: House) -> None:
    house.correct_everything()
    house.run()
    before, kept = house.mark, rows(house)

    outcome = house.run("run-2")

    assert green(outcome)
    assert (outcome["extract"]["changed"], house.statement("run-2")["extracted"]) == (0, 0)
    assert (house.writes(since=before), rows(house)) == ([], kept)


@pytest.mark.parametrize("write_back", ["none", "acknowledge"])
def test_a_night_over_documents_that_stay_in_the_queue_does_nothing(house: House, write_back: str) -> None:
    house.flow = house.flow.model_copy(update={"write_back": write_back})
    house.correct_everything()
    house.run()
    before, kept = house.mark, rows(house)

    outcome = house.run("run-2")

    assert green(outcome)
    assert (house.writes(since=before), rows(house)) == ([], kept)


def test_a_night_with_one_new_and_one_changed_invoice_carries_exactly_those(house: House) -> None:
    house.run()
    house.correct_everything()
    house.run(steps=("match_customers",))  # 000122 stays behind for its customer no longer
    house.run("run-2")
    before = house.mark
    house.new_invoice("000150", ("P-100", "2", "12.50"))
    house.edit_invoice("000130", approved=True)

    outcome = house.run("run-3")

    assert green(outcome)
    sent = [e["key"] for e in house.writes("quickbooks", before)]
    assert sorted(sent) == ["000130", "000150"]
    assert house.statement("run-3")["extracted"] == 2


def test_a_changed_line_alone_brings_its_invoice_again(house: House) -> None:
    """A line's edit does not move the header's stamp."""
    house.run()
    invoice = house.source_invoice("000120")["Id"]
    lines = house.records("salesforce", "rstk__soinvline__c")
    line = next(row for row in lines if row["rstk__soinvline_invoice__c"] == invoice)
    house.edit("salesforce", "rstk__soinvline__c", line["Id"], rstk__soinvline_price__c="12.32")

    assert house.run("run-2", ("check", "extract"))["extract"]["changed"] == 1


def test_chosen_documents_are_carried_alone_and_the_cursor_stays(house: House) -> None:
    outcome = house.run(documents=["000101", "000103"])

    assert green(outcome)
    assert (house.created(), cursor(house)) == (["000101", "000103"], None)


def test_a_document_can_be_chosen_by_its_record_id(house: House) -> None:
    house.run(documents=[house.source_invoice("000103")["Id"]])

    assert house.created() == ["000103"]


@pytest.mark.parametrize("number", ["000131", "000132", "000133", "000201", "no'such\\number"])
def test_a_chosen_document_that_is_not_due_is_not_carried(house: House, number: str) -> None:
    """Transferred already, cancelled, in process, another company's, and one that nobody knows."""
    outcome = house.run(documents=[number])

    assert green(outcome)
    assert house.writes() == []


def test_a_chosen_credit_memo_is_carried_alone(house: House) -> None:
    outcome = house.run(documents=["000140"])

    assert green(outcome)
    assert (house.created(), house.created("CreditMemo")) == ([], ["000140"])
    assert house.statement()["totals"]["USD"]["destination"] == "-12.50"


def test_a_limited_run_carries_so_many_and_the_next_one_the_rest(house: House) -> None:
    house.correct_everything()

    assert green(house.run(limit=3))
    assert (len(house.created()), house.created("CreditMemo"), cursor(house)) == (3, [], None)
    assert green(house.run("run-2"))
    assert house.created("CreditMemo") == ["000140"]
    assert len(house.created()) == INVOICES


def test_changed_since_reads_from_there(house: House) -> None:
    house.correct_everything()  # three stamps of today, the others are an hour old
    house.settings("salesforce")
    newest = max(row["SystemModstamp"] for row in house.records("salesforce", "rstk__soinv__c"))
    since = newest[:19] + "Z"

    house.run(changed_since=since)

    assert 0 < len(house.created()) < INVOICES
    assert "000101" not in house.created()


def test_changed_since_must_be_a_date(house: House) -> None:
    house.step("check")

    assert "changed_since" in house.step_fails("extract", SettingsError, changed_since="last Tuesday")


def test_a_full_sweep_over_a_finished_flow_changes_nothing(house: House) -> None:
    house.flow = house.flow.model_copy(update={"write_back": "none"})
    house.correct_everything()
    house.run()
    before, kept = house.mark, rows(house)

    outcome = house.run("run-2", full_sweep=True)

    assert green(outcome)
    assert outcome["extract"] == {"read": DOCUMENTS, "changed": 0}
    assert (house.writes(since=before), rows(house)) == ([], kept)


def test_pages_of_the_source_do_not_lose_or_double_a_document(house: House) -> None:
    house.settings("salesforce", page_size=4)
    house.correct_everything()

    assert green(house.run())
    assert len(house.created()) == INVOICES


def test_after_a_dry_run_a_run_over_one_document_sends_that_one_only(house: House) -> None:
    house.run("preview", dry_run=True)
    house.run("one", documents=("000101",))

    assert house.created() == ["000101"]
    house.run("all")
    assert len(house.created()) == 12


def test_after_a_dry_run_a_sample_sends_no_more_than_its_limit(house: House) -> None:
    house.run("preview", dry_run=True)
    house.run("sample", limit=2)

    assert len(house.created()) == 2
