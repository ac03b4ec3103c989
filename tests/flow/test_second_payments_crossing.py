"""`cash: offline_payments` when things cross: what the ERP does to a payment while the store is still being told."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest

from house import House, green
from invoice_sync.ledger import operator
from invoice_sync.ledger.tables import IntentRow
from invoice_sync.model.errors import StillUncertain
from wholesale import CHANGE, STORE, Wholesale

D = Decimal
OPEN, PARTLY, COMPLETED = 0, 1, 2


@pytest.fixture
def paying(house: House) -> Iterator[Wholesale]:
    yield Wholesale.within(house, bigcommerce={"cash": "offline_payments"})


def amounts(house: Wholesale, number: str) -> list[Decimal]:
    """Of every payment that the store has on an invoice."""
    return [row["lineItems"][0]["amount"]["value"] for row in house.payments_on(number)]


@pytest.mark.parametrize("outcome", ["pending", "incomplete"])
def test_money_that_is_on_its_way_in_the_store_does_not_count_twice_either(paying: Wholesale, outcome: str) -> None:
    """Not settled it lowers no balance, so that the invoice looks wholly open."""
    paying.sell("N-1")
    assert green(paying.run())
    bought = paying.buyer_pays("N-1", "200.00", outcome)
    reference = paying.pay("N-1", "200.00").partition("/")[2]
    mark = paying.mark

    paying.run("run-2")

    assert paying.changed(mark, "payment") == []
    said = paying.case(f"Payment {reference} on N-1", "run-2")
    assert (said["cause"], f"(id {bought['id']})" in said["reason"]) == ("paid_in_store", True)


def applied(house: Wholesale, number: str, balance: int, *rows: dict[str, object]) -> None:
    """In the ERP just these are applied to an invoice, and so much of it is open."""
    house.overwrite(f"Invoice/{number}", Balance=D(balance), ApplicationsInvoice=list(rows))


def killed_while_sending(house: Wholesale, operation: str) -> None:
    """As a process leaves the one planned write of a payment that dies between arming it and its first byte."""
    with house.database.transaction() as session:
        [intent] = session.query(IntentRow).filter_by(entity="payment", op=operation, state="planned").all()
        intent.state, intent.attempts, intent.quiet_until = "sending", 1, house.clock.now()
        intent.wire_body, intent.wire_request, intent.wire_item = intent.body, "f" * 32, "i0"


def lost_answer(house: Wholesale, run_id: str) -> None:
    """A run that ends with a payment recorded over there, and nobody here knows of it."""
    house.mishap(vendor=STORE, kind="drop_after", path_contains="/payments")
    assert isinstance(house.run(run_id)["export"], StillUncertain)
    house.clock.sleep(60)


def test_a_payment_taken_off_while_nobody_knew_whether_it_arrived_is_deleted(paying: Wholesale) -> None:
    paying.sell("Q-1")
    key = paying.pay("Q-1", "200.00")
    lost_answer(paying, "run-1")
    paying.erp("void_payment", key=key)

    paying.airflow("run-2")
    assert green(paying.airflow("run-3"))

    assert (amounts(paying, "Q-1"), paying.stands("Q-1")[1:3]) == ([], (D(500), OPEN))


def test_a_payment_applied_again_while_its_deletion_is_under_way_is_recorded_anew(paying: Wholesale) -> None:
    paying.sell("Q-2")
    paying.pay("Q-2", "200.00")
    [row] = paying.books.get("Document", "Invoice", "Q-2")["ApplicationsInvoice"]
    assert green(paying.run())
    applied(paying, "Q-2", 500)
    paying.run("run-2", ("check", *CHANGE[:3]))
    killed_while_sending(paying, "void")
    applied(paying, "Q-2", 300, row)

    paying.airflow("run-3")
    assert green(paying.airflow("run-4"))

    assert (amounts(paying, "Q-2"), paying.stands("Q-2")[1]) == ([D(200)], D(300))


def test_a_canceled_invoice_waits_for_a_payment_that_nobody_knew_of(paying: Wholesale) -> None:
    paying.sell("Q-3")
    assert green(paying.run())
    key = paying.pay("Q-3", "200.00")
    lost_answer(paying, "run-2")
    paying.erp("void_payment", key=key)
    paying.erp("cancel", key="Invoice/Q-3")

    paying.airflow("run-3")
    assert green(paying.airflow("run-4"))

    assert paying.stands("Q-3") == (D(500), D(0), COMPLETED, "Invoice (canceled)")
    assert amounts(paying, "Q-3") == []


def test_a_canceled_invoice_waits_with_a_payment_that_a_person_has_to_see_to(paying: Wholesale) -> None:
    """Deleted after the void, it would open the canceled invoice again."""
    paying.sell("Q-4")
    key = paying.pay("Q-4", "200.00")
    assert green(paying.run())
    [payment] = paying.payments_on("Q-4")
    paying.edit_in_store("payment", payment["id"], externalId="somebody else's")
    paying.erp("void_payment", key=key)
    paying.erp("cancel", key="Invoice/Q-4")
    mark = paying.mark
    paying.run("run-2")
    assert paying.changed(mark) == []
    assert list(paying.causes("run-2").values()) == ["changed_there"]

    paying.edit_in_store("payment", payment["id"], externalId=payment["externalId"])
    assert green(paying.run("run-3"))

    assert paying.stands("Q-4") == (D(500), D(0), COMPLETED, "Invoice (canceled)")
    assert amounts(paying, "Q-4") == []


def test_a_total_that_changes_while_a_payment_is_taken_off_leaves_the_whole_open(paying: Wholesale) -> None:
    key = paying.sell("Q-5", status="Balanced")
    row = {"DocType": "Payment", "AdjustingDocReferenceNbr": "000999", "AmountPaid": D(200), "_released": True}
    applied(paying, "Q-5", 300, row)
    assert green(paying.run())
    assert paying.stands("Q-5")[1] == D(300)
    paying.edit_in_erp("Invoice", key, Details=[{"InventoryID": "AABOOK01", "Qty": "20", "UnitPrice": "20.00"}])
    applied(paying, "Q-5", 400)

    assert green(paying.run("run-2"))

    assert paying.stands("Q-5")[:3] == (D(400), D(400), OPEN)


def test_one_payment_makes_room_for_another_before_that_is_recorded(paying: Wholesale) -> None:
    paying.sell("Q-6")
    paying.pay("Q-6", "500.00")
    assert green(paying.run())
    [row] = paying.books.get("Document", "Invoice", "Q-6")["ApplicationsInvoice"]
    other = {**row, "AdjustingDocReferenceNbr": "009999", "AmountPaid": D(400)}
    applied(paying, "Q-6", 0, {**row, "AmountPaid": D(100)}, other)

    assert green(paying.run("run-2"))

    assert sorted(amounts(paying, "Q-6")) == [D(100), D(400)]
    assert paying.stands("Q-6")[1:3] == (D(0), COMPLETED)


def test_a_choice_made_after_a_dry_run_brings_the_payments_of_what_was_read_already(house: House) -> None:
    deciding = Wholesale.within(house)
    deciding.sell("X-2")
    deciding.pay("X-2", "200.00")
    deciding.run(dry_run=True)
    deciding.options(bigcommerce={"cash": "offline_payments"})

    assert green(deciding.run("run-2"))

    assert deciding.stands("X-2")[1:3] == (D(300), PARTLY)


def test_a_choice_made_after_planning_sends_nothing_that_was_planned_by_another(house: House) -> None:
    deciding = Wholesale.within(house)
    deciding.sell("X-3")
    deciding.pay("X-3", "200.00")
    deciding.run("run-1", ("check", *CHANGE[:3]))
    deciding.options(bigcommerce={"cash": "offline_payments"})

    assert green(deciding.run("run-2"))

    assert deciding.stands("X-3")[1:3] == (D(300), PARTLY)
    assert amounts(deciding, "X-3") == [D(200)]


def test_a_choice_against_payments_after_a_dry_run_leaves_none_behind(house: House) -> None:
    deciding = Wholesale.within(house, bigcommerce={"cash": "offline_payments"})
    deciding.sell("X-4")
    deciding.pay("X-4", "200.00")
    deciding.run(dry_run=True)
    deciding.options(bigcommerce={"cash": "balance"})

    assert green(deciding.run("run-2"))

    assert deciding.stands("X-4")[1:3] == (D(300), PARTLY)
    assert amounts(deciding, "X-4") == []


def test_a_choice_made_twice_brings_the_payments_back(house: House) -> None:
    deciding = Wholesale.within(house, bigcommerce={"cash": "offline_payments"})
    deciding.sell("X-5")
    deciding.pay("X-5", "200.00")
    deciding.run(dry_run=True)
    deciding.options(bigcommerce={"cash": "balance"})
    deciding.run("run-2", dry_run=True)
    deciding.options(bigcommerce={"cash": "offline_payments"})

    assert green(deciding.run("run-3"))

    assert deciding.stands("X-5")[1:3] == (D(300), PARTLY)
    assert amounts(deciding, "X-5") == [D(200)]


def test_a_payment_does_not_wait_for_ever_with_an_invoice_that_a_person_ignores(paying: Wholesale) -> None:
    paying.sell("Z-1")
    assert green(paying.run())
    paying.edit_in_store("invoice", paying.shown("Z-1")["id"], externalId="somebody else's")
    paying.edit_in_erp("Invoice", "Invoice/Z-1", DueDate="2027-03-01")
    paying.pay("Z-1", "200.00")
    paying.run("run-2")
    assert (paying.causes("run-2"), amounts(paying, "Z-1")) == ({"Z-1": "changed_there"}, [])
    with paying.database.transaction() as session:
        operator.ignore(session, paying.flow.name, "Z-1", "it may stay so", "anna", paying.clock.now())

    assert green(paying.run("run-3"))

    assert (amounts(paying, "Z-1"), paying.stands("Z-1")[1:3]) == ([D(200)], (D(300), PARTLY))
