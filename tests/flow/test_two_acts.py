"""The demo's story without Airflow: planted mistakes, corrected at the source, only what was not done is done."""

from collections import Counter

import pytest

from house import AFTER_EXTRACT, DOCUMENTS, House, green
from invoice_sync.model.errors import ReviewNeeded

PLANTED = ["000120", "000121", "000122"]


def test_clean_documents_pass_and_the_others_wait_with_their_reason(house: House) -> None:
    outcome = house.run()

    assert isinstance(outcome["match_customers"], ReviewNeeded)
    assert isinstance(outcome["plan"], ReviewNeeded)
    assert isinstance(outcome["report"], ReviewNeeded)
    assert house.created() == [f"0001{n:02}" for n in range(1, 13)]
    assert house.created("CreditMemo") == ["000140"]
    causes = {item["document"]: item["cause"] for item in house.statement()["review"]}
    assert causes == {"000120": "does_not_tie", "000121": "closed_period", "000122": "name_taken"}
    assert house.statement()["totals"]["USD"]["difference"] == "0.00"


def test_the_first_act_writes_exactly_this(house: House) -> None:
    """Customers and products that documents need, the documents, and at the source who and what they became."""
    house.run()

    counted = Counter((e["vendor"], e["entity"], e["outcome"]) for e in house.writes())
    assert counted == {
        ("quickbooks", "Customer", "created"): 2,
        ("quickbooks", "Item", "created"): 2,
        ("quickbooks", "Invoice", "created"): 12,
        ("quickbooks", "CreditMemo", "created"): 1,
        ("salesforce", "rstk__soinv__c", "updated"): 13 + len(PLANTED),
        ("salesforce", "rstk__socust__c", "updated"): 3,
        ("salesforce", "rstk__soprod__c", "updated"): 3,
    }
    assert Counter(house.told()).most_common(1)[0][1] == 1, "each is told once"


def test_the_source_learns_who_and_what_its_records_became_and_why_a_document_waits(house: House) -> None:
    house.edit_customer("C-1002", fscustid="4711")
    house.run()
    there = {row["DisplayName"]: row["Id"] for row in house.records("quickbooks", "Customer")}
    items = {row.get("Sku"): row["Id"] for row in house.records("quickbooks", "Item")}

    customers = {row["rstk__socust_custno__c"]: row for row in house.records("salesforce", "rstk__socust__c")}
    assert customers["C-1005"]["rstk__socust_fscustid__c"] == there["Cedar Valley Clinics"]
    assert customers["C-1001"]["rstk__socust_fscustid__c"] == "1001", "it was there before"
    assert customers["C-1002"]["rstk__socust_fscustid__c"] == "4711", "what a person wrote is never overwritten"
    assert customers["C-1004"]["rstk__socust_fscustid__c"] is None, "nobody knows yet who that is"
    products = {
        row["rstk__soprod_prod__c"]: row["rstk__soprod_fsprodid__c"]
        for row in house.records("salesforce", "rstk__soprod__c")
        if row["rstk__soprod_div__c"] == house.source_id("rstk__sydiv__c", "rstk__sydiv_div__c", "0101")
    }
    assert {sku: products[sku] for sku in ("P-100", "P-300", "P-400")} == {
        sku: items[sku] for sku in ("P-100", "P-300", "P-400")
    }
    for item in house.statement()["review"]:
        waiting = house.source_invoice(item["document"])
        assert waiting["rstk__soinv_errortext__c"] == " ".join(item["reason"].split())[:255]
        assert waiting["rstk__soinv_errordate__c"]
    house.correct_everything()
    house.run(steps=AFTER_EXTRACT)
    for number in PLANTED:
        delivered = house.source_invoice(number)
        assert not delivered["rstk__soinv_errortext__c"] and not delivered["rstk__soinv_errordate__c"]


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
    harbor = ("quickbooks", "Customer", "Harbor Line Freight (Customer)")
    noted = ("salesforce", "rstk__socust__c", house.source_id("rstk__socust__c", "rstk__socust_custno__c", "C-1004"))
    assert writes == Counter([*sent, harbor, *told, noted])
    second = house.statement()
    assert [act["totals"]["USD"]["difference"] for act in (first, second)] == ["0.00", "0.00"]
    assert [act["in_review"] for act in (first, second)] == [3, 0]
    assert [(act["acknowledged"], act["delivered"]) for act in (first, second)] == [(13, 13), (DOCUMENTS, DOCUMENTS)]


def test_the_statement_of_both_acts_accounts_for_every_document(house: House) -> None:
    house.run()
    first = house.statement()
    house.correct_everything()
    house.run(steps=AFTER_EXTRACT)
    second = house.statement()

    explained = [item["document"] for item in first["totals"]["USD"]["explained"]]
    assert explained == PLANTED
    assert [act["extracted"] for act in (first, second)] == [DOCUMENTS, DOCUMENTS]
    assert first["extracted"] == first["delivered"] + first["in_review"]
    assert second["totals"]["USD"]["explained"] == []
    assert second["totals"]["USD"]["source"] == second["totals"]["USD"]["destination"] == "2134.98"


def test_what_quickbooks_holds_afterwards_is_the_sum_of_the_statement(house: House) -> None:
    house.correct_everything()
    house.run()

    def cents(entity: str) -> int:
        held = [row for row in house.records("quickbooks", entity) if row["DocNumber"].startswith("0001")]
        return sum(round(row["TotalAmt"] * 100) for row in held)

    left = cents("Invoice") - cents("CreditMemo")
    assert (cents("Invoice"), cents("CreditMemo")) == (214748, 1250)
    assert house.statement()["totals"]["USD"]["destination"] == f"{left // 100}.{left % 100:02}"


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
