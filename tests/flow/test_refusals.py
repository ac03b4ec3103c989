"""One refused document waits; its neighbours go; clearing the task tries it once more."""

import pytest
from sqlalchemy import select

from house import DOCUMENTS, INVOICES, House, green
from invoice_sync.ledger.tables import IntentRow
from invoice_sync.model.errors import ReviewNeeded
from invoice_sync.steps.chain import STEPS


def refuse(house: House, entity: str, code: str, after: int = 0, vendor: str = "quickbooks") -> None:
    house.mishap(vendor=vendor, kind="refuse", entity=entity, code=code, after=after)


def revisions(house: House, number: str, entity: str = "invoice", op: str = "create") -> list[tuple[int, str]]:
    with house.database.transaction() as session:
        query = select(IntentRow).where(IntentRow.number == number, IntentRow.entity == entity, IntentRow.op == op)
        return [(row.revision, row.state) for row in session.scalars(query.order_by(IntentRow.revision))]


@pytest.mark.parametrize("code", ["6000", "2500", "6210"])
def test_one_refused_invoice_waits_with_the_vendors_code_and_its_neighbours_are_delivered(
    house: House, code: str
) -> None:
    house.correct_everything()
    refuse(house, "Invoice", code, after=4)

    outcome = house.run()

    assert isinstance(outcome["export"], ReviewNeeded)
    assert isinstance(outcome["report"], ReviewNeeded)
    assert "clear the red task with downstream: export" in str(outcome["report"])
    [waiting] = house.statement()["review"]
    assert (waiting["vendor_code"], waiting["task"]) == (code, "export")
    assert len(house.created()) == INVOICES - 1
    assert house.created("CreditMemo") == ["000140"]
    assert waiting["document"] not in house.created()
    assert len(house.told()) == len(set(house.told())) == DOCUMENTS
    refused = house.source_invoice(waiting["document"])
    assert (refused["rstk__soinv_transferred__c"], refused["rstk__soinv_acctinvoice__c"]) == (False, None)
    assert refused["rstk__soinv_errortext__c"] == waiting["reason"][:255]
    assert house.statement()["totals"]["USD"]["difference"] == "0.00"


def test_clearing_export_sends_the_refused_invoice_once_more_as_its_second_revision(house: House) -> None:
    house.correct_everything()
    refuse(house, "Invoice", "6000")
    house.run()
    [number] = house.causes()

    assert green(house.clear("export"))

    assert revisions(house, number) == [(1, "refused"), (2, "done")]
    assert house.created().count(number) == 1
    assert house.statement()["acknowledged"] == DOCUMENTS


def test_an_invoice_refused_again_waits_again_and_is_tried_once_a_clearing(house: House) -> None:
    house.correct_everything()
    refuse(house, "Invoice", "6000")
    house.run()
    [number] = house.causes()
    refuse(house, "Invoice", "6000")

    house.clear("export")

    assert revisions(house, number) == [(1, "refused"), (2, "refused")]
    assert list(house.causes()) == [number]


def test_the_night_after_tries_a_refused_invoice_again_by_itself(house: House) -> None:
    house.correct_everything()
    refuse(house, "Invoice", "6000")
    house.run()

    assert green(house.run("run-2"))
    assert sorted(house.created()) == sorted({*house.created()})
    assert len(house.created()) == INVOICES


def test_invoices_of_a_refused_customer_wait_with_it_and_the_others_go(house: House) -> None:
    house.correct_everything()
    house.run(steps=tuple(STEPS)[:5])
    refuse(house, "Customer", "6000")

    outcome = house.run(steps=tuple(STEPS)[5:])

    assert isinstance(outcome["add_customers"], ReviewNeeded)
    waiting = house.statement()["review"]
    assert {item["task"] for item in waiting} == {"add_customers"}
    assert len({item["customer"] for item in waiting}) == 1
    assert len(house.created()) == INVOICES - len(waiting) > 0
    assert not {item["document"] for item in waiting} & set(house.created())


def test_clearing_the_adding_of_a_refused_customer_delivers_its_invoices(house: House) -> None:
    house.correct_everything()
    house.run(steps=tuple(STEPS)[:5])
    refuse(house, "Customer", "6000")
    house.run(steps=tuple(STEPS)[5:])

    assert green(house.clear("add_customers"))

    assert len(house.created("Customer")) == 3
    assert sorted(house.created()) == sorted(set(house.created()))
    assert len(house.created()) == INVOICES


def test_invoices_of_a_refused_product_wait_with_it_and_go_after_clearing(house: House) -> None:
    house.correct_everything()
    house.run(steps=tuple(STEPS)[:6])
    refuse(house, "Item", "6000")
    outcome = house.run(steps=tuple(STEPS)[6:])
    assert isinstance(outcome["add_products"], ReviewNeeded)
    assert 0 < len(house.created()) < INVOICES

    assert green(house.clear("add_products"))

    assert (len(house.created("Item")), len(house.created())) == (2, INVOICES)


def test_a_refused_acknowledgement_waits_and_is_told_once_more(house: House) -> None:
    house.correct_everything()
    refuse(house, "rstk__soinv__c", "FIELD_CUSTOM_VALIDATION_EXCEPTION", vendor="salesforce")
    outcome = house.run()
    assert isinstance(outcome["acknowledge"], ReviewNeeded)
    assert (house.statement()["delivered"], house.statement()["acknowledged"]) == (DOCUMENTS, INVOICES)

    assert green(house.clear("acknowledge"))
    assert house.statement()["acknowledged"] == DOCUMENTS
    assert len(house.created()) == INVOICES


def test_an_invoice_acknowledged_by_hand_counts_as_acknowledged_and_stays_in_the_statement(house: House) -> None:
    house.correct_everything()
    refuse(house, "rstk__soinv__c", "FIELD_CUSTOM_VALIDATION_EXCEPTION", vendor="salesforce")
    house.run()
    [number] = house.causes()
    house.edit_invoice(number, transferred=True, acctinvoice=number)
    before = house.mark

    assert green(house.clear("acknowledge"))

    assert house.writes(since=before) == []
    statement = house.statement()
    assert (statement["extracted"], statement["delivered"], statement["acknowledged"]) == (
        DOCUMENTS,
        DOCUMENTS,
        DOCUMENTS,
    )


def test_a_locked_row_is_tried_again_in_the_task(house: House) -> None:
    house.correct_everything()
    refuse(house, "rstk__soinv__c", "UNABLE_TO_LOCK_ROW", vendor="salesforce")

    assert green(house.run())
    assert len(house.told()) == DOCUMENTS


def test_a_refused_note_of_an_id_is_left_by_the_next_night(house: House) -> None:
    house.correct_everything()
    refuse(house, "rstk__socust__c", "FIELD_CUSTOM_VALIDATION_EXCEPTION", vendor="salesforce")
    outcome = house.run()
    assert green(outcome), "a refused note holds nothing up"
    assert (outcome["acknowledge"]["sent"], outcome["acknowledge"]["ids_written"]) == (DOCUMENTS, 6)

    outcome = house.run("run-2")

    assert green(outcome)
    assert outcome["acknowledge"]["ids_written"] == 1


def test_a_refused_note_of_a_reason_is_left_by_the_next_night(house: House) -> None:
    # behind the thirteen acknowledgements
    refuse(house, "rstk__soinv__c", "FIELD_CUSTOM_VALIDATION_EXCEPTION", after=13, vendor="salesforce")
    assert house.run()["acknowledge"]["errors_told"] == 2

    assert house.run("run-2")["acknowledge"]["errors_told"] == 1
    for item in house.statement("run-2")["review"]:
        assert house.source_invoice(item["document"])["rstk__soinv_errortext__c"] == item["reason"][:255]
    assert house.run("run-3")["acknowledge"]["errors_told"] == 0, "the same reason is told once"
