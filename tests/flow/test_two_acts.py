"""The demo's story without Airflow: planted mistakes, corrected at the source, only what was not done is done."""

from collections import Counter

import pytest

from house import AFTER_EXTRACT, House, green
from invoice_sync.model.errors import ReviewNeeded

PLANTED = ["000120", "000121", "000122"]


def test_clean_documents_pass_and_the_others_wait_with_their_reason(house: House) -> None:
    outcome = house.run()

    assert isinstance(outcome["match_customers"], ReviewNeeded)
    assert isinstance(outcome["plan"], ReviewNeeded)
    assert isinstance(outcome["report"], ReviewNeeded)
    assert house.created() == [f"0001{n:02}" for n in range(1, 13)]
    causes = {item["document"]: item["cause"] for item in house.statement()["review"]}
    assert causes == {"000120": "does_not_tie", "000121": "closed_period", "000122": "name_taken"}
    assert house.statement()["totals"]["USD"]["difference"] == "0.00"


def test_the_second_act_writes_the_corrected_documents_what_they_needed_and_their_acknowledgements(
    house: House,
) -> None:
    house.run()
    first, before = house.statement(), house.mark
    house.correct_everything()

    outcome = house.run(steps=AFTER_EXTRACT)

    assert green(outcome)
    writes = Counter((e["vendor"], e["entity"], e["key"]) for e in house.writes(since=before))
    told = [("salesforce", "rstk__soinv__c", house.source_invoice(number)["Id"]) for number in PLANTED]
    sent = [("quickbooks", "Invoice", number) for number in PLANTED]
    assert writes == Counter([*sent, ("quickbooks", "Customer", "Harbor Line Freight (Customer)"), *told])
    second = house.statement()
    assert [act["totals"]["USD"]["difference"] for act in (first, second)] == ["0.00", "0.00"]
    assert [act["in_review"] for act in (first, second)] == [3, 0]
    assert [(act["acknowledged"], act["delivered"]) for act in (first, second)] == [(12, 12), (15, 15)]


def test_the_statement_of_both_acts_accounts_for_every_document(house: House) -> None:
    house.run()
    first = house.statement()
    house.correct_everything()
    house.run(steps=AFTER_EXTRACT)
    second = house.statement()

    explained = [item["document"] for item in first["totals"]["USD"]["explained"]]
    assert explained == PLANTED
    assert [act["extracted"] for act in (first, second)] == [15, 15]
    assert first["extracted"] == first["delivered"] + first["in_review"]
    assert second["totals"]["USD"]["explained"] == []
    assert second["totals"]["USD"]["source"] == second["totals"]["USD"]["destination"]


def test_what_quickbooks_holds_afterwards_is_the_sum_of_the_statement(house: House) -> None:
    house.correct_everything()
    house.run()

    held = [row for row in house.records("quickbooks", "Invoice") if row["DocNumber"].startswith("0001")]
    cents = sum(round(row["TotalAmt"] * 100) for row in held)
    assert house.statement()["totals"]["USD"]["destination"] == f"{cents // 100}.{cents % 100:02}"


@pytest.mark.parametrize("task", ["match_customers", "plan"])
def test_one_corrected_document_is_delivered_by_clearing_its_red_task_alone(house: House, task: str) -> None:
    house.run()
    before = house.mark
    if task == "plan":
        house.edit_invoice("000120", taxamt="6.70")
    else:
        house.edit_customer("C-1004", sf_account_name="Harbor Line Freight (Customer)")

    house.clear(task)

    number = "000120" if task == "plan" else "000122"
    assert [e["key"] for e in house.writes("quickbooks", before) if e["entity"] == "Invoice"] == [number]
