"""Who is owed what while buyers pay in the store and the ERP books it later: no balance is written over a payment."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from house import green
from wholesale import Wholesale

D = Decimal
OPEN, PARTLY, COMPLETED = 0, 1, 2
SETTLED = 3


def delivered(house: Wholesale, *numbers: str) -> int:
    for number in numbers:
        house.sell(number)
    assert green(house.run())
    return house.mark


def settle(house: Wholesale, payment: dict[str, Any]) -> None:
    house.edit_in_store("payment", payment["id"], processingStatus=SETTLED)


def test_a_payment_on_its_way_holds_the_balance_and_it_goes_on_by_itself(wholesale: Wholesale) -> None:
    mark = delivered(wholesale, "P-1", "P-2")
    payment = wholesale.buyer_pays("P-1", "200.00", outcome="pending")
    assert wholesale.shown("P-1")["openBalance"]["value"] == D(500)
    for number in ("P-1", "P-2"):
        wholesale.pay(number, "50.00")

    outcome = wholesale.run("run-2")

    assert wholesale.changed(mark) == [("P-2", "updated")]  # the neighbour goes
    row, remote_id = wholesale.document("P-1"), wholesale.shown("P-1")["id"]
    assert row.cause == "payment_pending"
    assert row.reason == f"A buyer's payment on invoice P-1 (id {remote_id}) is on its way in the store."
    assert "by itself" in row.cure
    # nobody has to do anything, so that nothing is red
    assert green(outcome)

    settle(wholesale, payment)
    wholesale.pay("P-1", "150.00")  # with the 50.00 of before the ERP says what the store says
    assert green(wholesale.run("run-3"))
    assert wholesale.stands("P-1")[1:3] == (D(300), PARTLY)


def test_a_buyers_payment_that_the_erp_does_not_know_is_never_overwritten(wholesale: Wholesale) -> None:
    mark = delivered(wholesale, "N-1", "N-2", "N-3")
    wholesale.buyer_pays("N-1", "200.00")
    wholesale.buyer_pays("N-2", "500.00")
    # each changes in the ERP as well, so that there would be something to write
    wholesale.pay("N-1", "50.00")
    wholesale.edit_in_erp("Invoice", "Invoice/N-2", DueDate="2027-03-01")

    wholesale.run("run-2")

    assert wholesale.changed(mark) == []
    assert wholesale.stands("N-1")[1:3] == (D(300), PARTLY)
    assert wholesale.stands("N-2")[1:3] == (D(0), COMPLETED)
    assert wholesale.causes("run-2") == {"N-1": "changed_there", "N-2": "changed_there"}
    said = wholesale.case("N-1", "run-2")
    assert all(part in said["reason"] for part in ("balance 500.00 USD here", "300.00 USD there"))
    assert "Nothing is overwritten there" in said["cure"]


def test_once_the_payment_is_entered_in_the_erp_both_are_equal_and_nothing_is_written(wholesale: Wholesale) -> None:
    mark = delivered(wholesale, "I-1", "I-2")
    wholesale.buyer_pays("I-1", "200.00")
    wholesale.buyer_pays("I-2", "500.00")
    wholesale.pay("I-1", "200.00")
    wholesale.pay("I-2")

    outcome = wholesale.run("run-2")

    assert green(outcome)
    assert (wholesale.changed(mark), wholesale.causes("run-2")) == ([], {})
    assert [wholesale.stands(number)[1] for number in ("I-1", "I-2")] == [D(300), D(0)]
    # and a later payment goes on from there
    wholesale.pay("I-1", "100.00")
    assert green(wholesale.run("run-3"))
    assert wholesale.stands("I-1")[1:3] == (D(200), PARTLY)


def test_less_than_what_is_open_in_the_store_waits_until_a_person_has_made_the_two_equal(wholesale: Wholesale) -> None:
    """A cheque over more than the buyer paid looks just like the buyer's payment taken in and a cheque besides."""
    delivered(wholesale, "W-1")
    wholesale.buyer_pays("W-1", "200.00")
    wholesale.pay("W-1", "50.00")
    wholesale.run("run-2")
    assert wholesale.causes("run-2") == {"W-1": "changed_there"}
    mark = wholesale.mark
    wholesale.pay("W-1", "200.00", ref="bc-import")
    wholesale.clear("plan", "run-2")
    assert wholesale.causes("run-2") == {"W-1": "changed_there"}
    assert wholesale.changed(mark) == []

    there = wholesale.shown("W-1")["id"]
    wholesale.sandbox.vendors["bigcommerce"].edit(wholesale.store, "invoice", str(there), {"openBalance": "250.00"})

    assert green(wholesale.clear("plan", "run-2"))
    assert wholesale.stands("W-1")[1:3] == (D(250), PARTLY)  # 500 - 50 - 200


def test_another_change_goes_on_by_itself_once_the_payment_is_known_on_both_sides(wholesale: Wholesale) -> None:
    delivered(wholesale, "G-1")
    payment = wholesale.buyer_pays("G-1", "200.00", outcome="pending")
    wholesale.edit_in_erp("Invoice", "Invoice/G-1", DueDate="2027-03-01")
    assert green(wholesale.run("run-2"))
    before = wholesale.shown("G-1")["dueDate"]
    settle(wholesale, payment)
    wholesale.pay("G-1", "200.00")

    assert green(wholesale.run("run-3"))
    after = wholesale.shown("G-1")
    assert (after["dueDate"] > before, wholesale.stands("G-1")[1:3]) == (True, (D(300), PARTLY))


def test_a_balance_that_rises_is_not_written_over_a_payment(wholesale: Wholesale) -> None:
    """The ERP takes a payment of its own back, and does not know yet of the buyer's."""
    delivered(wholesale, "R-1")
    payment = wholesale.pay("R-1", "300.00")
    wholesale.run("run-2")
    mark = wholesale.mark
    wholesale.buyer_pays("R-1", "150.00")
    wholesale.erp("void_payment", key=payment)

    wholesale.run("run-3")

    assert (wholesale.changed(mark), wholesale.stands("R-1")[1]) == ([], D(50))
    assert wholesale.causes("run-3") == {"R-1": "changed_there"}


@pytest.mark.parametrize(("outcome", "left"), [("declined", 450), ("finish_lost", 450), ("incomplete", 500)])
def test_a_payment_that_came_to_nothing_blocks_nothing(wholesale: Wholesale, outcome: str, left: int) -> None:
    """One that is incomplete may still come to something: the store says that it is pending."""
    delivered(wholesale, "D-1")
    wholesale.buyer_pays("D-1", "200.00", outcome=outcome)
    wholesale.pay("D-1", "50.00")

    assert green(wholesale.run("run-2"))
    assert wholesale.stands("D-1")[1] == D(left)
    assert wholesale.document("D-1").cause == ("payment_pending" if left == 500 else "")


def test_a_canceled_invoice_with_a_payment_on_its_way_is_not_taken_back_yet(wholesale: Wholesale) -> None:
    mark = delivered(wholesale, "C-1")
    payment = wholesale.buyer_pays("C-1", "200.00", outcome="pending")
    wholesale.erp("cancel", key="Invoice/C-1")

    wholesale.run("run-2")
    assert (wholesale.changed(mark), wholesale.document("C-1").cause) == ([], "payment_pending")

    wholesale.edit_in_store("payment", payment["id"], processingStatus=4)
    wholesale.run("run-3")
    assert wholesale.stands("C-1") == (D(500), D(0), COMPLETED, "Invoice (canceled)")
