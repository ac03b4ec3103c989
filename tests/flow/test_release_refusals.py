"""What Acumatica does not let happen: told in words, neighbours go on, and after the cure only what was not done is."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

import pytest

from house import green
from invoice_sync.connectors.acumatica.refusals import in_words
from invoice_sync.connectors.base import CREATE
from invoice_sync.connectors.fulfilment import CONFIRM
from invoice_sync.model.errors import Problem, ReviewNeeded
from releasing import MOUSE, PLAIN, Releasing, once

SEEDED = {
    "SO0007851": ("order_on_hold", "Order SO0007851 is on hold", "Remove the hold"),
    "SO0007852": ("no_stock", "There is no stock for order SO0007852", "Receive or transfer the goods"),
    "SO0007853": ("lot_missing", "by lot or serial number, and none was picked", "Pick the lot or serial numbers"),
    "SO0007854": ("credit_hold", "Order SO0007854 is stopped by the credit check", "Release it from credit hold"),
    "SO0007855": ("no_goods", "Nothing of order SO0007855 can be shipped", "Invoice services from the order itself"),
    "SO0007856": ("two_warehouses", "lie in several warehouses", "Start a run for this order with a warehouse"),
    "SO0007859": ("credit_hold", "Order SO0007859 is stopped by the credit check", "Release it from credit hold"),
    "SO0007861": ("order_canceled", "Order SO0007861 was canceled", "Leave it out, or reopen it"),
}
GO_ON = (PLAIN, "SO0007857", MOUSE, "SO0007860")


def test_every_refusal_of_the_seed_is_told_in_words_and_after_its_cure_only_the_rest_is_done(
    releasing: Releasing,
) -> None:
    outcome = releasing.ship(*SEEDED, *GO_ON)

    told = {row.number: row for row in releasing.rows().values() if row.state == "review"}
    assert {number: row.cause for number, row in told.items()} == {key: cause for key, (cause, _, _) in SEEDED.items()}
    for number, (_, reason, cure) in SEEDED.items():
        assert reason in told[number].reason
        assert cure in told[number].cure
    assert {number: row.vendor_code for number, row in told.items() if row.vendor_code} == dict.fromkeys(
        ("SO0007852", "SO0007853", "SO0007855", "SO0007856"), "PXException"
    )
    assert "Acumatica says: Lot/Serial Nbr. must be specified for item AAFILTER01" in told["SO0007853"].reason
    red = [name for name, ended in outcome.items() if isinstance(ended, ReviewNeeded)]
    assert red == ["create_shipment", "confirm_shipment", "report"]
    assert "8 of 12" in str(outcome["report"])
    assert all(len(releasing.invoices(order)) == 1 for order in GO_ON)

    _cure(releasing)
    mark = releasing.mark
    releasing.clear("create_shipment")
    assert releasing.buttons(mark) == Counter(
        SalesOrderCreateShipment=4, ConfirmShipment=5, PrepareInvoice=5, update=5, ReleaseSalesInvoice=4
    )  # the shipment of SO0007853 was there; the credit check stops the invoice of SO0007854 once more
    assert releasing.causes_of() == {
        "SO0007854": "invoice_credit_hold", "SO0007855": "no_goods", "SO0007856": "two_warehouses",
        "SO0007861": "order_canceled",
    }  # fmt: skip
    [(invoice, _)] = releasing.invoices("SO0007854")
    releasing.erp("release_credit_hold", key=f"Invoice/{invoice}")

    releasing.clear("release")
    for order in ("SO0007851", "SO0007852", "SO0007853", "SO0007854", "SO0007859"):
        once(releasing, order)
    assert releasing.buttons()["ReleaseSalesInvoice"] == 9


def _cure(releasing: Releasing) -> None:
    """What people do in Acumatica."""
    for order in ("SO0007851", "SO0007854", "SO0007859"):
        releasing.edit("acumatica", "SalesOrder", order, Status="Open", Hold=False)
    releasing.erp("set_stock", item="AACABLE99", warehouse="WHOLESALE", quantity="50")
    releasing.erp("set_stock", item="AACOMPUT01", warehouse="WHOLESALE", quantity="50")
    releasing.erp("set_stock", item="AAMOUSE/01", warehouse="WHOLESALE", quantity="50")
    releasing.erp("set_stock", item="AAFILTER01", warehouse="WHOLESALE", location="R152", lot="L-9", quantity="6")
    [number] = releasing.shipments("SO0007853")
    [row] = releasing.shipment(number)["Details"][:1]
    picked = {**row, "LocationID": "R152", "LotSerialNbr": "L-9", "ShippedQty": "6"}
    releasing.edit("acumatica", "Shipment", number, Details=[{k: str(v) if isinstance(v, Decimal) else v
                                                              for k, v in picked.items()}])  # fmt: skip


def test_two_warehouses_are_two_shipments_in_two_runs(releasing: Releasing) -> None:
    order = "SO0007856"
    assert isinstance(releasing.ship(order)["create_shipment"], ReviewNeeded)

    assert green(releasing.ship(order, run_id="run-2", warehouse="WHOLESALE"))
    assert green(releasing.ship(order, run_id="run-3", warehouse="RETAIL"))
    assert releasing.shipped(order) == {"AACOMPUT01": Decimal(2), "AACHAIR01": Decimal(1)}
    assert [status for _, status in releasing.invoices(order)] == ["Open", "Open"]
    assert green({"report": releasing.ship(run_id="run-1", steps=("report",))["report"]})


def test_a_closed_period_stops_the_release_alone(releasing: Releasing) -> None:
    releasing.erp("close_period", through="209912")
    outcome = releasing.ship(PLAIN)

    assert isinstance(outcome["release"], ReviewNeeded)
    row = releasing.rows()[f"{PLAIN}/1"]
    assert row.cause == "closed_period"
    assert "The financial period of invoice AR" in row.reason
    assert "Open the period" in row.cure
    releasing.erp("close_period", through="202405")
    mark = releasing.mark

    releasing.clear("release")
    assert releasing.buttons(mark) == {"ReleaseSalesInvoice": 1}
    once(releasing, PLAIN)


@pytest.mark.parametrize("after", ["create_shipment", "confirm_shipment", "prepare_invoice"])
def test_what_people_did_in_the_meantime_is_not_done_again(releasing: Releasing, after: str) -> None:
    """Confirmed, invoiced and released already: the record says so, and nothing is refused."""
    steps = ("check", "select_orders", "create_shipment", "confirm_shipment", "prepare_invoice", "release")
    done = steps[: steps.index(after) + 1]
    releasing.ship(PLAIN, steps=done)
    [number] = releasing.shipments(PLAIN)
    if after == "create_shipment":
        releasing.erp("confirm_shipment", key=number)
    elif after == "confirm_shipment":
        releasing.erp("prepare_invoice", key=number)
    else:
        [(invoice, _)] = releasing.invoices(PLAIN)
        releasing.erp("remove_hold", key=f"Invoice/{invoice}")
        releasing.erp("release", key=f"Invoice/{invoice}")
    mark = releasing.mark

    assert green(releasing.ship(PLAIN, steps=(*steps[len(done) :], "report")))
    once(releasing, PLAIN)
    left = {"create_shipment": ("PrepareInvoice", "update", "ReleaseSalesInvoice"),
            "confirm_shipment": ("update", "ReleaseSalesInvoice"), "prepare_invoice": ()}  # fmt: skip
    assert releasing.buttons(mark) == Counter(left[after])


def test_a_shipment_that_somebody_made_by_hand_as_the_cure_is_taken_up(releasing: Releasing) -> None:
    """Refused for want of a warehouse; the clerk makes the shipment on the screen and clears the task."""
    order = "SO0007856"
    releasing.ship(order)
    releasing.erp("create_shipment", key=order, warehouse="RETAIL")

    assert green(releasing.clear("create_shipment"))
    assert len(releasing.shipments(order)) == 1
    assert [status for _, status in releasing.invoices(order)] == ["Open"]


def test_a_shipment_that_was_deleted_is_made_again_only_when_the_order_is_chosen_again(releasing: Releasing) -> None:
    releasing.ship(PLAIN, steps=("check", "select_orders", "create_shipment"))
    _delete(releasing, PLAIN)

    outcome = releasing.clear("confirm_shipment")
    assert isinstance(outcome["confirm_shipment"], ReviewNeeded)
    assert releasing.causes_of() == {PLAIN: "shipment_vanished"}
    releasing.clear("create_shipment")
    assert releasing.shipments(PLAIN) == []

    assert green(releasing.clear("select_orders", documents=(PLAIN,)))
    once(releasing, PLAIN)


def _delete(releasing: Releasing, order: str) -> None:
    """As the Shipments form does it with an open one: the order is as it was before."""
    books = releasing.sandbox.vendors["acumatica"].tenant("Brightwater")
    [number] = releasing.shipments(order)
    books.rows("Shipment").remove(books.get("Shipment", number))
    held = books.get("SalesOrder", "SO", order)
    lines = [{**line, "QtyOnShipments": Decimal(0)} for line in held["Details"]]
    books.change("SalesOrder", held, {"Shipments": [], "Details": lines, "Status": "Open"})


def test_a_user_who_may_only_look_is_told_which_right_is_missing(releasing: Releasing) -> None:
    releasing.switch(forbidden=["Shipment/ConfirmShipment"])
    releasing.ship(PLAIN)

    assert releasing.causes_of() == {PLAIN: "no_right"}
    assert releasing.invoices(PLAIN) == []


SENTENCES = [
    (CREATE, "Inventory is not available at the warehouse.", "no_stock"),
    (CREATE, "Warehouse 'X' cannot be found in the system.", "warehouse_unknown"),
    (CONFIRM, "Item A is not in location R1 in the quantity shipped.", "short_stock"),
    (CONFIRM, "Updating item 'A' will result in a negative quantity.", "short_stock"),
    ("release", "Invoice AR1 is already released.", "already_released"),
    ("prepare_invoice", "Shipment 1 is already invoiced. The Prepare Invoice button is disabled.", "already_invoiced"),
    ("release", "The Release button is disabled: AR1 is Rejected.", "not_ready"),
    ("release", "Die Periode ist geschlossen.", "refused_by_source"),
]


@pytest.mark.parametrize(("operation", "says", "cause"), SENTENCES, ids=[row[2] for row in SENTENCES])
def test_sentences_by_what_they_mean(operation: str, says: str, cause: str) -> None:
    """Where none is known, the vendor's own words are all there is."""
    refused = Problem("refused-by-source", f"Acumatica refuses this. It says: {says}", "Do it.", vendor_code="PX")
    told = in_words(refused, operation, "invoice AR1")

    assert (told.cause, told.vendor_code) == (cause, "PX")
    assert told.reason.endswith(f"Acumatica says: {says}")
    assert told.reason[0].isupper()
