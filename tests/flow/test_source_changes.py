"""What the source does afterwards: changes, takes back, approves again. And what it is told."""

import pytest

from house import AFTER_EXTRACT, DOCUMENTS, INVOICES, House, green
from invoice_sync.model.errors import ReviewNeeded
from invoice_sync.steps.chain import STEPS

BEFORE_ACKNOWLEDGE = tuple(STEPS)[:8]
EXPLAINED = {
    "document": "000101", "currency": "USD", "amount": "5.00", "cause": "in review: changed_after_delivery",
}  # fmt: skip


def write_back(house: House, mode: str) -> None:
    house.flow = house.flow.model_copy(update={"write_back": mode})


@pytest.mark.parametrize(
    ("mode", "number", "flag"),
    [("none", None, False), ("acknowledge", "000101", False), ("transferred_flag", "000101", True)],
)
def test_each_write_back_mode_does_what_it_says(house: House, mode: str, number: str | None, flag: bool) -> None:
    write_back(house, mode)
    house.correct_everything()

    assert green(house.run())

    invoice = house.source_invoice("000101")
    assert invoice["rstk__soinv_acctinvoice__c"] == number
    assert invoice["rstk__soinv_transferred__c"] is flag
    assert bool(invoice["rstk__soinv_datetransfer__c"]) is flag
    assert len(house.told()) == (0 if mode == "none" else DOCUMENTS)
    noted = [e["entity"] for e in house.writes("salesforce") if e["entity"] != "rstk__soinv__c"]
    assert len(noted) == (0 if mode == "none" else 7), "with none, nothing at all is written to the source"
    assert house.statement()["delivered"] == DOCUMENTS


def test_an_acknowledgement_empties_the_error_of_an_earlier_export(house: House) -> None:
    house.edit_invoice("000101", errortext="Not exported: no such customer")

    house.run()

    assert house.source_invoice("000101")["rstk__soinv_errortext__c"] is None


def test_only_delivered_invoices_are_acknowledged(house: House) -> None:
    house.run()

    flags = {n: house.source_invoice(n)["rstk__soinv_transferred__c"] for n in ("000101", "000120", "000130")}
    assert flags == {"000101": True, "000120": False, "000130": False}


def test_an_invoice_changed_after_its_delivery_waits_and_is_never_created_again(house: House) -> None:
    write_back(house, "none")
    house.correct_everything()
    house.run()
    before = house.mark
    house.edit_invoice("000101", freightamt="5.00", grandtotal="55.00")

    outcome = house.run("run-2")

    assert isinstance(outcome["report"], ReviewNeeded)
    assert house.causes("run-2") == {"000101": "changed_after_delivery"}
    assert house.statement("run-2")["totals"]["USD"] == {
        "source": "55.00", "destination": "50.00", "difference": "0.00", "explained": [EXPLAINED],
    }  # fmt: skip
    [waiting] = house.statement("run-2")["review"]
    assert "was delivered" in waiting["reason"] and "number of lines 1 -> 2" in waiting["reason"]
    for step in ("match_customers", "plan", "export"):
        house.clear(step, "run-2")
    assert house.writes(since=before) == []


def test_an_invoice_changed_after_its_delivery_is_done_once_both_are_made_equal(house: House) -> None:
    write_back(house, "none")
    house.correct_everything()
    house.run()
    house.edit_invoice("000101", freightamt="5.00", grandtotal="55.00")
    house.run("run-2")
    there = next(row for row in house.records("quickbooks", "Invoice") if row["DocNumber"] == "000101")
    detail = {"ItemRef": {"value": "2010"}, "TaxCodeRef": {"value": "NON"}}
    freight = {"DetailType": "SalesItemLineDetail", "Amount": "5.00", "SalesItemLineDetail": detail}
    house.edit("quickbooks", "Invoice", there["Id"], TotalAmt="55.00", Line=[*there["Line"], freight])
    before = house.mark

    assert green(house.clear("plan", "run-2"))
    assert house.writes(since=before) == []
    assert len(house.created()) == INVOICES


def test_an_invoice_changed_between_export_and_acknowledge_is_not_told_to_be_transferred(house: House) -> None:
    """The flag would take it out of the queue, and nobody would ever see that the two differ."""
    house.correct_everything()
    house.run(steps=BEFORE_ACKNOWLEDGE)
    house.edit_invoice("000101", freightamt="5.00", grandtotal="55.00")

    outcome = house.run(steps=("acknowledge", "report"))

    assert house.source_invoice("000101")["rstk__soinv_transferred__c"] is False
    assert house.causes() == {"000101": "changed_after_delivery"}
    assert isinstance(outcome["report"], ReviewNeeded)
    assert house.statement()["totals"]["USD"]["explained"] == [EXPLAINED]
    assert len(house.told()) == DOCUMENTS
    told = house.source_invoice("000101")
    assert (told["rstk__soinv_acctinvoice__c"], told["rstk__soinv_errortext__c"]) == (
        None,
        house.statement()["review"][0]["reason"][:255],
    )


@pytest.mark.parametrize("number", ["000120", "000122"])
def test_an_invoice_taken_back_while_it_waits_waits_no_longer(house: House, number: str) -> None:
    house.run()
    house.edit_invoice(number, approved=False)

    house.run(steps=AFTER_EXTRACT)

    assert house.document(number).state == "ignored"
    assert set(house.causes()) == {"000120", "000121", "000122"} - {number}
    assert house.statement()["in_review"] == 2
    assert house.statement()["extracted"] == DOCUMENTS - 1


def test_everything_taken_back_is_green(house: House) -> None:
    """Also when the customer who held an invoice is as unclear as before: nobody needs him now."""
    house.run()
    for number in ("000120", "000121", "000122"):
        house.edit_invoice(number, approved=False)

    assert green(house.run(steps=AFTER_EXTRACT))


@pytest.mark.parametrize("corrected", [True, False])
def test_an_invoice_approved_again_is_carried_when_it_is_right(house: House, corrected: bool) -> None:
    house.run()
    house.edit_invoice("000120", approved=False)
    house.run(steps=AFTER_EXTRACT)
    house.edit_invoice("000120", approved=True, **({"taxamt": "6.70"} if corrected else {}))

    house.run("run-2")

    assert ("000120" in house.created()) is corrected
    assert ("000120" in house.causes("run-2")) is not corrected


def test_an_invoice_deleted_while_it_waits_waits_no_longer(house: House) -> None:
    house.run()
    house.delete("salesforce", "rstk__soinv__c", house.source_invoice("000120")["Id"])

    house.run(steps=AFTER_EXTRACT)

    assert house.document("000120").cause == "deleted_at_source"
    assert "000120" not in house.causes()


def test_a_planned_invoice_corrected_by_the_next_night_goes_out_as_corrected(house: House) -> None:
    house.correct_everything()
    house.run(steps=tuple(STEPS)[:5])
    house.edit_invoice("000101", freightamt="5.00", grandtotal="55.00")

    assert green(house.run("run-2"))

    [sent] = [row for row in house.records("quickbooks", "Invoice") if row["DocNumber"] == "000101"]
    assert str(sent["TotalAmt"]) in ("55.00", "55.0", "55")


def test_a_changed_number_of_a_delivered_invoice_makes_no_second_one(house: House) -> None:
    write_back(house, "none")
    house.correct_everything()
    house.run()
    house.edit_invoice("000101", invoiceno="000101-A")

    house.run("run-2")

    assert house.causes("run-2") == {"000101-A": "changed_after_delivery"}
    assert len(house.created()) == INVOICES
