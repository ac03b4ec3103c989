"""A write whose answer never came: nothing is sent blindly, nothing is doubled, and the run still gets to green."""

from collections import Counter
from collections.abc import Mapping

import pytest
from sqlalchemy import select

from house import DOCUMENTS, INVOICES, House, green
from invoice_sync.ledger.tables import IntentRow
from invoice_sync.model.errors import StillUncertain
from invoice_sync.steps.chain import STEPS, WRITING

BEFORE_EXPORT, BEFORE_ADDING = tuple(STEPS)[:7], tuple(STEPS)[:5]
QUIET = 6
KINDS = ("drop_before", "drop_after", "half_body", "server_error_before", "server_error_after", "html", "commit_half")
WHERE = {"acknowledge": ("salesforce", "composite")}


def strike(house: House, kind: str, step: str = "export", **more: object) -> None:
    vendor, path = WHERE.get(step, ("quickbooks", "batch"))
    house.mishap(vendor=vendor, kind=kind, path_contains=path, **more)


def batches(house: House) -> int:
    """Calls of the batch endpoint that reached QuickBooks, answered or not."""
    return sum(p["count"] for p in house.get("/control/calls")["paths"] if p["path"].endswith("/batch"))


def patiently(house: House, step: str) -> Mapping[str, int]:
    """As Airflow does it: the task comes back when its writes may be looked up."""
    for _ in range(5):
        try:
            return house.step(step, rescheduled=True)
        except StillUncertain:
            house.clock.sleep(QUIET)
    raise AssertionError(f"{step} never got to know what became of its writes")


def wire_keys(house: House) -> dict[str, str]:
    with house.database.transaction() as session:
        rows = session.scalars(select(IntentRow).where(IntentRow.entity == "invoice", IntentRow.op == "create"))
        return {row.number: f"{row.wire_request}:{row.wire_item}" for row in rows}


def ready(house: House, steps: tuple[str, ...] = BEFORE_EXPORT) -> None:
    house.correct_everything()
    assert green(house.run(steps=steps))


@pytest.mark.parametrize("kind", ["drop_after", "html"])
def test_a_lost_invoice_batch_is_not_sent_again_before_its_quiet_period_is_over(house: House, kind: str) -> None:
    ready(house)
    strike(house, kind)

    told = house.step_fails("export", StillUncertain)
    calls = batches(house)
    house.step_fails("export", StillUncertain, rescheduled=True)

    assert told.startswith("15 write(s) have an unknown outcome")
    assert batches(house) == calls
    assert sorted(house.created()) == sorted(set(house.created()))


def test_a_batch_that_was_committed_is_adopted_and_not_sent(house: House) -> None:
    ready(house)
    strike(house, "drop_after")
    house.step_fails("export", StillUncertain)
    calls = batches(house)
    house.clock.sleep(QUIET)

    counts = house.step("export", rescheduled=True)

    # the credit memo goes out behind the invoices, hence for the first time and in a batch of its own
    assert dict(counts) == {"sent": 1, "adopted": INVOICES, "refused": 0, "sent_again": 0}
    assert (batches(house), len(house.created())) == (calls + 1, INVOICES)
    assert house.created("CreditMemo") == ["000140"]


@pytest.mark.parametrize("kind", ["drop_before", "server_error_before"])
def test_a_batch_that_never_arrived_is_sent_again_under_the_same_key(house: House, kind: str) -> None:
    ready(house)
    strike(house, kind)
    house.step_fails("export", StillUncertain)
    first = wire_keys(house)
    assert house.created() == []
    house.clock.sleep(QUIET)

    counts = house.step("export", rescheduled=True)

    assert (counts["sent"], counts["sent_again"]) == (DOCUMENTS, INVOICES)
    assert {e["key"]: e["wire_key"] for e in house.writes("quickbooks") if e["entity"] == "Invoice"} == first


def test_of_a_half_committed_batch_only_the_rest_is_sent_under_the_same_keys(house: House) -> None:
    ready(house)
    strike(house, "commit_half")
    house.step_fails("export", StillUncertain)
    first, half = wire_keys(house), house.created()
    assert len(half) == 7
    house.clock.sleep(QUIET)

    counts = house.step("export", rescheduled=True)

    assert (counts["adopted"], counts["sent"]) == (7, 8 + 1)
    assert sorted(house.created()) == sorted(first)
    assert {e["key"]: e["wire_key"] for e in house.journal() if e["entity"] == "Invoice"} == first


@pytest.mark.parametrize("kind", KINDS)
def test_an_answer_lost_in_every_writing_step_doubles_nothing(house: House, kind: str) -> None:
    ready(house, BEFORE_ADDING)

    for step in (each for each in WRITING if each in STEPS):
        strike(house, kind, step)
        patiently(house, step)
        assert house.get("/control/mishaps")["mishaps"] == [], f"nothing went wrong in {step}"

    assert green(house.run(steps=("report",)))
    for entity, count in (("Customer", 3), ("Item", 2), ("Invoice", INVOICES), ("CreditMemo", 1)):
        assert len(house.created(entity)) == len(set(house.created(entity))) == count, entity
    told = Counter(house.told())
    transferred = [row for row in house.records("salesforce", "rstk__soinv__c") if row["Id"] in told]
    assert len(told) == DOCUMENTS
    assert all(row["rstk__soinv_transferred__c"] for row in transferred)
    noted = {
        entity: len(house.writes("salesforce", entity=entity)) for entity in ("rstk__socust__c", "rstk__soprod__c")
    }
    assert noted == {"rstk__socust__c": 4, "rstk__soprod__c": 3}
    assert (house.statement()["delivered"], house.statement()["acknowledged"]) == (DOCUMENTS, DOCUMENTS)


def test_an_acknowledgement_that_arrived_is_not_sent_a_second_time(house: House) -> None:
    ready(house, tuple(STEPS)[:8])
    strike(house, "drop_after", "acknowledge")

    patiently(house, "acknowledge")

    assert set(Counter(e["key"] for e in house.writes("salesforce")).values()) == {1}


@pytest.mark.parametrize("replay", ["forget", "fault_6000"])  # the tests above have "remember"
@pytest.mark.parametrize("kind", ["drop_after", "commit_half"])
def test_nothing_is_doubled_however_quickbooks_treats_a_key_it_has_seen(house: House, kind: str, replay: str) -> None:
    house.settings("quickbooks", replay_mode=replay)
    ready(house)
    strike(house, kind)

    patiently(house, "export")

    assert sorted(house.created()) == sorted(set(house.created()))
    assert len(house.created()) == INVOICES


def test_a_lost_credit_memo_is_looked_up_and_adopted(house: House) -> None:
    ready(house)
    strike(house, "drop_after", after=1)
    told = house.step_fails("export", StillUncertain)
    assert told.startswith("1 write(s) have an unknown outcome")
    house.clock.sleep(QUIET)

    counts = house.step("export", rescheduled=True)

    assert dict(counts) == {"sent": 0, "adopted": 1, "refused": 0, "sent_again": 0}
    assert (len(house.created()), house.created("CreditMemo")) == (INVOICES, ["000140"])


def test_an_invoice_with_our_number_that_somebody_typed_in_is_not_taken_for_ours(house: House) -> None:
    """The batch is lost before it arrives; meanwhile a person enters one of its invoices by hand."""
    ready(house)
    strike(house, "drop_before")
    house.step_fails("export", StillUncertain)
    line = {"DetailType": "SalesItemLineDetail", "Amount": 50, "SalesItemLineDetail": {"ItemRef": {"value": "2001"}}}
    house.insert("quickbooks", "Invoice", DocNumber="000101", CustomerRef={"value": "1001"}, Line=[line])
    house.clock.sleep(QUIET)

    house.step_fails("export", rescheduled=True)

    assert house.document("000101").cause == "number_taken"
    assert "000101" not in house.created()
    assert len(house.created()) == INVOICES - 1


def test_answers_that_stay_away_for_good_end_in_review_and_not_in_a_circle(house: House) -> None:
    ready(house)
    strike(house, "drop_before", times=50)
    told = house.step_fails("export", rescheduled=True)
    for _ in range(8):  # four times the invoices, four times the credit memo behind them
        house.clock.sleep(QUIET)
        told = house.step_fails("export", rescheduled=True)

    assert "16 document(s) wait for a person" in told
    waiting = [house.document("000101"), house.document("000122"), house.document("000140", "credit_memo")]
    assert {row.cause for row in waiting} == {"never_arrives"}
    assert house.created() == house.created("CreditMemo") == []


def test_of_two_small_batches_the_one_that_was_answered_is_delivered_at_once(house: House) -> None:
    house.flow = house.flow.model_copy(
        update={"options": house.flow.options.model_copy(update={"send_batch": 8, "in_flight": 1})}
    )
    ready(house)
    strike(house, "drop_before")

    told = house.step_fails("export", StillUncertain)

    assert told.startswith("8 write(s)")
    assert len(house.created()) == 7


def test_report_is_red_and_names_export_while_an_outcome_is_unknown(house: House) -> None:
    ready(house)
    strike(house, "drop_after")

    outcome = house.run(steps=("export", "acknowledge", "report"))

    assert "export" in str(outcome["report"])
    assert not green(outcome)
    assert house.told() == []
