"""From order to released invoice: one shipment, one invoice, counted at Acumatica."""

from __future__ import annotations

import logging
from decimal import Decimal
from typing import Any

import pytest

from house import green
from invoice_sync.model.errors import NeedsPerson, ReviewNeeded, SettingsError
from releasing import MOUSE, PLAIN, WHOLE, Releasing, once

PARTLY, TAKEN_UP, TWO_PLACES = "SO0007857", "SO0007860", "SO0007856"


@pytest.mark.parametrize("seconds", [0, 3, 13], ids=["204", "202", "slow"])
def test_an_order_goes_the_whole_way_and_each_thing_is_done_once(releasing: Releasing, seconds: float) -> None:
    releasing.switch(operation_seconds=seconds)

    assert green(releasing.ship(PLAIN))
    once(releasing, PLAIN)
    assert releasing.buttons() == WHOLE
    assert releasing.shipped(PLAIN) == {"AACOMPUT01": Decimal(2), "AAMOUSE/01": Decimal(10)}


def test_what_is_paid_in_advance_is_closed_by_its_release(releasing: Releasing) -> None:
    assert green(releasing.ship(MOUSE))
    once(releasing, MOUSE, status="Closed")


def test_the_process_log_tells_every_step(releasing: Releasing) -> None:
    releasing.ship(PLAIN)

    assert releasing.process_log() == [
        "Shipment is created successfully.",
        "Shipment is confirmed successfully.",
        "Shipment has its invoice prepared successfully.",
        "Shipment has its invoice off hold.",
        "Shipment has its invoice released successfully.",
    ]


def test_a_shipment_that_is_under_way_is_taken_up_and_none_is_made(releasing: Releasing) -> None:
    """004510 is confirmed already."""
    assert green(releasing.ship(TAKEN_UP))
    assert releasing.shipments(TAKEN_UP) == ["004510"]
    assert releasing.buttons() == {"PrepareInvoice": 1, "update": 1, "ReleaseSalesInvoice": 1}
    once(releasing, TAKEN_UP)


def test_what_is_short_goes_first_and_the_rest_is_another_shipment(
    releasing: Releasing, caplog: pytest.LogCaptureFixture
) -> None:
    """Five are ordered, three are there."""
    caplog.set_level(logging.INFO)
    assert green(releasing.ship(PARTLY))
    assert releasing.shipped(PARTLY) == {"AADESK01": Decimal(3)}
    assert "2 EA AADESK01" in caplog.text
    releasing.erp("set_stock", item="AADESK01", warehouse="WHOLESALE", quantity="9")

    assert green(releasing.ship(PARTLY, run_id="run-2"))
    assert releasing.shipped(PARTLY) == {"AADESK01": Decimal(5)}
    assert [status for _, status in releasing.invoices(PARTLY)] == ["Open", "Open"]
    assert {key: row.state for key, row in releasing.rows().items()} == {
        f"{PARTLY}/1": "settled", f"{PARTLY}/2": "settled",
    }  # fmt: skip


def test_the_rest_waits_while_a_shipment_of_the_order_is_under_way(releasing: Releasing) -> None:
    """Acumatica makes no second one before the first has left; nobody has to do anything about that."""
    releasing.erp("create_shipment", key=PARTLY)

    assert green(releasing.ship(PARTLY))
    assert len(releasing.shipments(PARTLY)) == 1
    assert list(releasing.rows()) == [f"{PARTLY}/1"]


def test_an_order_named_twice_is_one_order(releasing: Releasing) -> None:
    assert green(releasing.ship(PLAIN, f"SO/{PLAIN}", f" {PLAIN} "))
    once(releasing, PLAIN)


def test_an_order_chosen_again_in_another_run_is_left_as_it_is(
    releasing: Releasing, caplog: pytest.LogCaptureFixture
) -> None:
    releasing.ship(PLAIN)
    mark = releasing.mark
    caplog.set_level(logging.INFO)

    assert green(releasing.ship(PLAIN, run_id="run-2"))
    assert not releasing.buttons(mark)
    assert "nothing: released" in caplog.text
    once(releasing, PLAIN)


def test_what_people_released_themselves_is_shown_and_left(releasing: Releasing) -> None:
    outcome = releasing.ship("SO0007845")

    assert green(outcome)
    assert outcome["report"] == {"settled": 1}
    assert not releasing.buttons()


def test_an_unknown_order_is_told_and_the_others_go_on(releasing: Releasing) -> None:
    outcome = releasing.ship("SO0009999", PLAIN)

    assert isinstance(outcome["select_orders"], ReviewNeeded)
    assert "There is no order SO0009999" in releasing.rows()["SO0009999/1"].reason
    assert releasing.rows()["SO0009999/1"].step == "select_orders"
    assert "select_orders" in str(outcome["report"])
    once(releasing, PLAIN)


def test_an_order_that_cannot_be_read_waits_and_the_others_go_on(releasing: Releasing) -> None:
    order = releasing.sandbox.vendors["acumatica"].tenant("Brightwater").get("SalesOrder", "SO", MOUSE)
    order["OrderTotal"] = Decimal("180.005")

    outcome = releasing.ship(MOUSE, PLAIN)
    assert isinstance(outcome["create_shipment"], ReviewNeeded)
    assert set(releasing.causes_of()) == {MOUSE}
    assert releasing.shipments(MOUSE) == []
    once(releasing, PLAIN)


def test_the_saved_filter_chooses_where_the_form_names_none(releasing: Releasing) -> None:
    releasing.options(acumatica={"saved_filter": f"OrderNbr eq '{PLAIN}' or OrderNbr eq '{MOUSE}'"})

    assert green(releasing.ship())
    once(releasing, PLAIN)
    once(releasing, MOUSE, status="Closed")


def test_a_filter_that_acumatica_does_not_take_is_a_settings_error(releasing: Releasing) -> None:
    releasing.options(acumatica={"saved_filter": "Hold eq 'true'"})
    outcome = releasing.ship()

    assert isinstance(outcome["select_orders"], SettingsError)
    assert not releasing.buttons()


def test_a_run_that_chooses_nothing_does_nothing(releasing: Releasing, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    assert green(releasing.ship())
    assert "No order was chosen" in caplog.text
    assert releasing.rows() == {}


@pytest.mark.parametrize("given", [{"documents": (PLAIN, MOUSE)}, {}], ids=["form", "filter"])
def test_the_limit_holds_for_the_form_and_for_the_filter(releasing: Releasing, given: dict[str, Any]) -> None:
    releasing.options(acumatica={"saved_filter": f"OrderNbr eq '{PLAIN}' or OrderNbr eq '{MOUSE}'"})

    assert green(releasing.ship(limit=1, **given))
    assert [row.number for row in releasing.rows().values()] == [PLAIN]


def test_warehouse_and_day_of_the_form_go_along(releasing: Releasing) -> None:
    releasing.ship(TWO_PLACES, warehouse="RETAIL", shipment_date="2026-11-05")
    [number] = releasing.shipments(TWO_PLACES)
    shipment = releasing.shipment(number)

    assert (shipment["WarehouseID"], str(shipment["ShipmentDate"])[:10]) == ("RETAIL", "2026-11-05")


def test_the_flows_own_warehouse_counts_where_the_form_has_none(releasing: Releasing) -> None:
    releasing.options(acumatica={"warehouse": "RETAIL"})
    releasing.ship(TWO_PLACES)

    assert releasing.shipped(TWO_PLACES) == {"AACHAIR01": Decimal(1)}


def test_the_day_is_today_where_the_company_is(releasing: Releasing) -> None:
    """Acumatica's own today is that of the API user's time zone."""
    releasing.flow = releasing.flow.model_copy(update={"timezone": "Pacific/Kiritimati"})
    releasing.ship(PLAIN)
    [number] = releasing.shipments(PLAIN)

    today = f"{releasing.clock.now().astimezone(releasing.flow.zone):%Y-%m-%d}"
    assert str(releasing.shipment(number)["ShipmentDate"])[:10] == today


def test_a_dry_run_shows_what_would_happen_and_does_nothing(
    releasing: Releasing, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    outcome = releasing.ship(PLAIN, TAKEN_UP, "SO0007851", "SO0009999", dry_run=True)

    assert green(outcome)
    [table] = [record.message for record in caplog.records if record.message.startswith("What would happen")]
    for column in ("Order Nbr.", "Inventory ID", "Warehouse", "Location", "UOM", "Shipped Qty", "Ordered Qty"):
        assert column in table
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines() if line.startswith("|")]
    assert [PLAIN, "AAMOUSE/01", "WHOLESALE", "", "EA", "0", "10", "10", "Create Shipment"] in cells
    assert [TAKEN_UP, "AABOOK01", "WHOLESALE", "R151", "EA", "10", "10", "0", "004510: Prepare Invoice"] in cells
    assert ["SO0007851", "AACOMPUT01", "WHOLESALE", "", "EA", "0", "2", "2", "review: order_on_hold"] in cells
    assert "review: order_unknown" in table
    assert not releasing.writes("acumatica")
    assert releasing.rows() == {}


def test_nothing_leaves_that_was_not_chosen_in_the_run(releasing: Releasing) -> None:
    """Neither what a dry run has looked at, nor what somebody chose in a run that was given up."""
    releasing.ship(MOUSE, dry_run=True)
    releasing.ship(TAKEN_UP, run_id="given up", steps=("check", "select_orders"))

    assert green(releasing.ship(PLAIN, run_id="run-2"))
    assert releasing.shipments(MOUSE) == []
    assert releasing.invoices(TAKEN_UP) == []


def test_an_invoice_on_hold_waits_for_a_person_unless_the_flow_may_take_it_off(releasing: Releasing) -> None:
    releasing.options(acumatica={"remove_hold": False})
    outcome = releasing.ship(PLAIN, MOUSE)

    assert isinstance(outcome["release"], ReviewNeeded)
    assert releasing.causes_of() == {PLAIN: "invoice_on_hold", MOUSE: "invoice_on_hold"}
    assert "options.acumatica.remove_hold" in releasing.rows()[f"{PLAIN}/1"].cure
    [(number, _)] = releasing.invoices(PLAIN)
    releasing.erp("remove_hold", key=f"Invoice/{number}")
    mark = releasing.mark

    outcome = releasing.clear("release")
    assert releasing.causes_of() == {MOUSE: "invoice_on_hold"}
    assert releasing.buttons(mark) == {"ReleaseSalesInvoice": 1}
    once(releasing, PLAIN)
    assert isinstance(outcome["report"], NeedsPerson)


def test_what_comes_after_the_hold_is_told_in_its_own_words(releasing: Releasing) -> None:
    releasing.switch(invoice_gate="approval")
    releasing.ship(PLAIN)

    assert releasing.causes_of() == {PLAIN: "invoice_pending_approval"}
    assert "Have it approved" in releasing.rows()[f"{PLAIN}/1"].cure


def test_an_invoice_that_begins_without_a_hold_is_not_touched(releasing: Releasing) -> None:
    releasing.switch(hold_on_prepare=False)
    releasing.ship(PLAIN)

    assert "update" not in releasing.buttons()
    once(releasing, PLAIN)
