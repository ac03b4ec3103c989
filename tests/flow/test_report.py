"""report: to the cent, re-read from the destination, and red when anything is off."""

from house import DOCUMENTS, House, green
from invoice_sync.model.errors import ReviewNeeded
from invoice_sync.steps.chain import STEPS


def delivered(house: House) -> None:
    house.correct_everything()
    assert green(house.run(steps=tuple(STEPS)[:9]))


def test_one_deleted_and_one_moved_by_a_cent_are_both_named_with_their_amounts(house: House) -> None:
    delivered(house)
    house.delete("quickbooks", "Invoice", house.invoice_id("000101"))
    house.edit("quickbooks", "Invoice", house.invoice_id("000107"), TotalAmt="226.71")

    outcome = house.run(steps=("report",))

    assert isinstance(outcome["report"], ReviewNeeded)
    told = str(outcome["report"])
    assert "000101: 50.00 USD was delivered, but there is no such document now" in told
    assert "000107: 226.70 USD at the source, 226.71 USD at the destination" in told
    # 50.00 is gone, 0.01 too much is there
    assert house.statement()["totals"]["USD"]["difference"] == "49.99"


def test_two_differences_that_cancel_each_other_out_are_both_named(house: House) -> None:
    delivered(house)
    house.edit("quickbooks", "Invoice", house.invoice_id("000101"), TotalAmt="50.01")
    house.edit("quickbooks", "Invoice", house.invoice_id("000107"), TotalAmt="226.69")

    told = house.step_fails("report", ReviewNeeded)

    assert house.statement()["totals"]["USD"]["difference"] == "0.00"
    assert ("000101" in told, "000107" in told) == (True, True)


def test_a_voided_invoice_does_not_count_as_delivered_money(house: House) -> None:
    delivered(house)
    [line] = [row for row in house.records("quickbooks", "Invoice") if row["DocNumber"] == "000101"]
    lines = [{**each, "Amount": 0} for each in line["Line"]]
    house.edit("quickbooks", "Invoice", line["Id"], TotalAmt="0", PrivateNote="Voided", Line=lines)

    assert "000101: 50.00 USD" in house.step_fails("report", ReviewNeeded)


def test_once_the_invoice_is_right_again_report_alone_is_enough(house: House) -> None:
    delivered(house)
    house.edit("quickbooks", "Invoice", house.invoice_id("000101"), TotalAmt="50.01")
    house.step_fails("report", ReviewNeeded)
    house.edit("quickbooks", "Invoice", house.invoice_id("000101"), TotalAmt="50.00")

    assert house.step("report")["delivered"] == DOCUMENTS


def test_the_log_and_the_statement_show_the_table_of_what_waits(house: House, caplog: object) -> None:
    house.run()

    text = house.statement()["text"]

    assert all(word in text for word in ("000120", "C-1001", "90.45 USD", "does_not_tie", "what to do"))


def test_with_red_while_waiting_off_report_is_green_but_still_lists_what_waits(house: House) -> None:
    options = house.flow.options.model_copy(update={"red_while_waiting": False})
    house.flow = house.flow.model_copy(update={"options": options})

    outcome = house.run()

    assert outcome["report"]["in_review"] == 3
    assert set(house.causes()) == {"000120", "000121", "000122"}


def test_a_wrong_total_is_red_even_with_red_while_waiting_off(house: House) -> None:
    options = house.flow.options.model_copy(update={"red_while_waiting": False})
    house.flow = house.flow.model_copy(update={"options": options})
    delivered(house)
    house.delete("quickbooks", "Invoice", house.invoice_id("000101"))

    assert "000101" in house.step_fails("report", ReviewNeeded)
