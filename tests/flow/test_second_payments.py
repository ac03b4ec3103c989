"""`cash: offline_payments`: what the ERP has applied is a payment of the store, each once, and the store counts it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from house import House, green
from invoice_sync.ledger import operator
from invoice_sync.ledger.tables import DocumentRow
from second import ledger
from wholesale import STORE, Wholesale

D = Decimal
OPEN, PARTLY, COMPLETED = 0, 1, 2


@pytest.fixture
def paying(house: House) -> Iterator[Wholesale]:
    yield Wholesale.within(house, bigcommerce={"cash": "offline_payments"})


def paid(house: Wholesale, number: str) -> list[tuple[str, Decimal]]:
    """(memo, amount) of every payment that the store has on an invoice."""
    return [
        (row["details"].get("memo", ""), line["amount"]["value"])
        for row in house.records(STORE, "payment")
        for line in row["lineItems"]
        if line["invoiceNumber"] == number
    ]


def written(house: Wholesale, since: int = 0) -> list[str]:
    """What was done to payments in the store, refusals left out."""
    return [outcome for _, outcome in house.changed(since, "payment")]


def payment_row(house: Wholesale, label: str) -> DocumentRow:
    with house.database.transaction() as session:
        [row] = session.query(DocumentRow).filter_by(entity="payment", number=label).all()
        session.expunge(row)
        return row


def test_a_paid_invoice_comes_with_its_payments_and_the_store_counts_what_is_open(paying: Wholesale) -> None:
    paying.sell("P-1")
    paying.sell("P-2")
    first = paying.pay("P-1", "120.00").partition("/")[2]
    paying.pay("P-1", "80.00")

    assert green(paying.run())

    assert paying.stands("P-1")[:3] == (D(500), D(300), PARTLY)
    assert paying.stands("P-2")[:3] == (D(500), D(500), OPEN)
    memos, amounts = zip(*paid(paying, "P-1"), strict=True)
    assert sorted(amounts) == [D(80), D(120)]
    assert any(memo.startswith(f"Payment {first}, ") for memo in memos)
    statement = paying.statement()
    assert statement["totals"]["USD"]["source"] == "1000.00", "payments are not counted into invoices"
    assert statement["payment_totals"]["USD"] == {
        "source": "200.00", "destination": "200.00", "difference": "0.00", "explained": [],
    }  # fmt: skip
    assert "Payments on these and earlier documents:" in statement["text"]


def test_a_second_run_writes_nothing(paying: Wholesale) -> None:
    paying.sell("S-1")
    paying.pay("S-1", "120.00")
    assert green(paying.run())
    mark = paying.mark
    assert green(paying.run("run-2"))
    assert (written(paying, mark), paying.changed(mark)) == ([], [])


def test_a_later_payment_follows_without_a_write_to_the_invoice(paying: Wholesale) -> None:
    paying.sell("L-1")
    assert green(paying.run())
    mark = paying.mark
    paying.pay("L-1")

    assert green(paying.run("run-2"))

    assert (paying.changed(mark), written(paying, mark)) == ([], ["created"])
    assert paying.stands("L-1")[1:3] == (D(0), COMPLETED)


def test_a_payment_taken_back_in_the_erp_is_deleted_and_the_debt_is_open_again(paying: Wholesale) -> None:
    paying.sell("V-1")
    key = paying.pay("V-1", "200.00")
    assert green(paying.run())
    paying.erp("void_payment", key=key)

    assert green(paying.run("run-2"))

    assert paid(paying, "V-1") == []
    assert paying.stands("V-1")[1:3] == (D(500), OPEN)
    # and the next one is a new one
    paying.pay("V-1", "50.00")
    assert green(paying.run("run-3"))
    assert paying.stands("V-1")[1:3] == (D(450), PARTLY)


def test_a_canceled_invoice_ends_with_nothing_open_and_no_payment(paying: Wholesale) -> None:
    paying.sell("C-1")
    key = paying.pay("C-1", "200.00")
    assert green(paying.run())
    paying.erp("void_payment", key=key)
    paying.erp("cancel", key="Invoice/C-1")

    assert green(paying.run("run-2"))

    assert paying.stands("C-1") == (D(500), D(0), COMPLETED, "Invoice (canceled)")
    assert paid(paying, "C-1") == []


def test_a_small_rest_written_off_is_shown_as_paid_so_that_nothing_is_open(paying: Wholesale) -> None:
    paying.sell("W-1")
    paying.pay("W-1", "499.00")
    paying.overwrite("Invoice/W-1", Balance=D(0))

    assert green(paying.run())

    assert paying.stands("W-1")[1:3] == (D(0), COMPLETED)
    assert ("Discount or write-off", D(1)) in paid(paying, "W-1")


def test_what_is_applied_but_not_released_waits_and_is_not_red(paying: Wholesale) -> None:
    paying.sell("U-1")
    paying.pay("U-1", "200.00")
    paying.overwrite("Invoice/U-1", Balance=D(500))

    outcome = paying.run()

    assert green(outcome)
    assert (paid(paying, "U-1"), paying.stands("U-1")[1]) == ([], D(500))
    row = next(row for row in rows(paying) if row.entity == "payment")
    assert row.cause == "applied_not_released"
    assert "200.00 USD does not lower its balance yet" in row.reason
    paying.overwrite("Invoice/U-1", Balance=D(300))
    assert green(paying.run("run-2"))
    assert paying.stands("U-1")[1:3] == (D(300), PARTLY)


def test_money_that_a_buyer_paid_in_the_store_does_not_count_twice(paying: Wholesale) -> None:
    """The ERP books it as a payment of its own: whether it is the same money, a person says."""
    paying.sell("B-1")
    paying.sell("B-2")
    assert green(paying.run())
    bought = paying.buyer_pays("B-1", "200.00")
    reference = paying.pay("B-1", "200.00", ref="card 4711").partition("/")[2]
    paying.pay("B-2", "200.00")
    mark = paying.mark

    paying.run("run-2")

    assert written(paying, mark) == ["created"], "the neighbour's goes"
    assert paying.stands("B-1")[1] == D(300)
    label = f"Payment {reference} on B-1"
    said = paying.case(label, "run-2")
    assert said["cause"] == "paid_in_store"
    assert f"(id {bought['id']})" in said["reason"]
    with paying.database.transaction() as session:
        operator.ignore(session, paying.flow.name, label, "it is the card payment", "anna", paying.clock.now())
    assert green(paying.run("run-3"))
    assert paying.stands("B-1")[1] == D(300)


@pytest.mark.parametrize("fault", ["drop_after", "server_error_after", "drop_before", "half_body"])
def test_a_payment_whose_answer_is_lost_is_recorded_once(paying: Wholesale, fault: str) -> None:
    paying.sell("F-1")
    paying.pay("F-1", "200.00")
    paying.mishap(vendor=STORE, kind=fault, path_contains="/payments")

    assert green(paying.airflow())

    assert [amount for _, amount in paid(paying, "F-1")] == [D(200)]
    assert paying.stands("F-1")[1:3] == (D(300), PARTLY)


def test_a_deletion_whose_answer_is_lost_is_found_to_be_done(paying: Wholesale) -> None:
    paying.sell("G-1")
    key = paying.pay("G-1", "200.00")
    assert green(paying.run())
    paying.erp("void_payment", key=key)
    paying.mishap(vendor=STORE, kind="drop_after", path_contains="/payments")

    assert green(paying.airflow("run-2"))

    assert (paid(paying, "G-1"), paying.stands("G-1")[1]) == ([], D(500))


def share(house: Wholesale, number: str, amount: int) -> None:
    """In the ERP the one payment of an invoice is applied with another amount."""
    [row] = house.books.get("Document", "Invoice", number)["ApplicationsInvoice"]
    house.overwrite(
        f"Invoice/{number}", Balance=D(500 - amount), ApplicationsInvoice=[{**row, "AmountPaid": D(amount)}]
    )


def test_an_amount_that_changed_is_changed_there(paying: Wholesale) -> None:
    """A second share of the same payment on the same invoice."""
    paying.sell("A-1")
    paying.pay("A-1", "100.00")
    assert green(paying.run())
    share(paying, "A-1", 150)

    assert green(paying.run("run-2"))

    assert [amount for _, amount in paid(paying, "A-1")] == [D(150)]
    assert paying.stands("A-1")[1:3] == (D(350), PARTLY)


@pytest.mark.parametrize(("deed", "cause"), [("delete", "vanished"), ("refund", "vanished"), ("edit", "changed_there")])
def test_a_payment_changed_in_the_store_waits_and_is_never_overwritten(
    paying: Wholesale, deed: str, cause: str
) -> None:
    paying.sell("E-1")
    paying.pay("E-1", "100.00")
    assert green(paying.run())
    [payment] = [row for row in paying.records(STORE, "payment") if row["lineItems"][0]["invoiceNumber"] == "E-1"]
    if deed == "delete":
        paying.delete_in_store("payment", payment["id"])
    else:
        changed = {"processingStatus": 4} if deed == "refund" else {"externalId": "somebody else's"}
        paying.edit_in_store("payment", payment["id"], **changed)
    share(paying, "E-1", 150)
    mark = paying.mark

    assert not green(paying.run("run-2"))

    assert list(paying.causes("run-2").values()) == [cause]
    assert written(paying, mark) == []


def test_a_total_that_changes_moves_what_is_open_by_as_much(paying: Wholesale) -> None:
    """Released documents do not; one that was sent while it was Balanced may. What a buyer paid stays counted."""
    key = paying.sell("T-1", status="Balanced")
    assert green(paying.run())
    paying.buyer_pays("T-1", "30.00")

    paying.edit_in_erp("Invoice", key, Details=[{"InventoryID": "AABOOK01", "Qty": "5", "UnitPrice": "20.00"}])
    assert green(paying.run("run-2"))

    assert paying.stands("T-1")[:3] == (D(100), D(70), PARTLY)


def test_an_invoice_issued_anew_takes_its_payments_along(paying: Wholesale) -> None:
    paying.sell("I-1")
    paying.pay("I-1", "100.00")
    assert green(paying.run())
    paying.delete_in_store("invoice", paying.shown("I-1")["id"])
    with paying.database.transaction() as session:
        operator.reissue(session, paying.flow.name, "I-1", "deleted by mistake", "anna", paying.clock.now())

    assert green(paying.run("run-2"))

    assert paying.stands("I-1")[1:3] == (D(400), PARTLY)
    assert [amount for _, amount in paid(paying, "I-1")] == [D(100)]


def test_a_deleted_invoice_loses_its_payments_first(paying: Wholesale) -> None:
    paying.sell("D-1")
    paying.pay("D-1", "100.00")
    assert green(paying.run())
    table = paying.books.rows("Document")
    table.remove(paying.books.get("Document", "Invoice", "D-1"))

    outcome = paying.run("run-2", full_sweep=True)

    # a record that is no longer shown may be one that we may no longer see: a person says
    assert not green(outcome)
    assert set(paying.causes("run-2").values()) == {"withdrawn"}
    assert paying.stands("D-1")[1:3] == (D(400), PARTLY)


def test_a_restored_ledger_finds_its_payments_again(paying: Wholesale, tmp_path: Path) -> None:
    paying.sell("R-1")
    paying.pay("R-1", "100.00")
    assert green(paying.run())
    mark = paying.mark
    paying.database = ledger(tmp_path)

    assert green(paying.run("run-2"))

    assert (written(paying, mark), paying.changed(mark)) == ([], [])
    assert paying.statement("run-2")["payment_totals"]["USD"]["destination"] == "100.00"
    assert paying.stands("R-1")[1:3] == (D(400), PARTLY)


def test_the_choice_is_for_good(paying: Wholesale) -> None:
    paying.sell("X-1")
    assert green(paying.run())
    paying.options(bigcommerce={"cash": "balance"})

    said = paying.step_fails("check", run_id="run-2")

    assert (
        "The option bigcommerce.cash is balance, and documents of this flow were delivered by offline_payments" in said
    )


def rows(house: Wholesale) -> list[DocumentRow]:
    with house.database.transaction() as session:
        found = session.query(DocumentRow).order_by(DocumentRow.id).all()
        session.expunge_all()
        return list(found)


def test_a_payment_waits_with_its_invoice_and_is_no_second_case(paying: Wholesale) -> None:
    paying.sell("M-1", customer=paying.load.customer("N-1", "Nobody There"))
    paying.pay("M-1", "100.00")
    paying.run()
    assert set(paying.causes().values()) == {"no_customer_there"}
    assert len(paying.statement()["review"]) == 1
    assert {row.cause for row in rows(paying) if row.entity == "payment"} == {"invoice_waits"}


def test_a_payment_entered_anew_over_the_same_amount_takes_the_place_of_the_old_one(paying: Wholesale) -> None:
    """Neither balance nor stamp of the invoice moves."""
    paying.sell("Z-1")
    key = paying.pay("Z-1", "100.00", ref="cheque 1")
    assert green(paying.run())
    assert green(paying.run("run-2"))  # after it the stamp is that of our own activity on it
    paying.erp("void_payment", key=key)
    paying.pay("Z-1", "100.00", ref="cheque 2")

    assert green(paying.run("run-3"))

    [(memo, amount)] = paid(paying, "Z-1")
    assert ("cheque 2" in memo, amount) == (True, D(100))
    assert paying.stands("Z-1")[1:3] == (D(400), PARTLY)
