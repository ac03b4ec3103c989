"""Answers of the four writes that get lost: nothing is shipped or invoiced twice, nothing lost; state is read first."""

from __future__ import annotations

from collections import Counter

import pytest

from house import green
from invoice_sync.model.errors import LeaseTaken, StillUncertain
from releasing import BUTTONS, MOUSE, PLAIN, STEPS, WHOLE, WRITING, Releasing, once

BEFORE, AFTER = ("drop_before", "server_error_before"), ("drop_after", "half_body", "server_error_after", "html")
NAMES = {"create_shipment": "SalesOrderCreateShipment", "confirm_shipment": "ConfirmShipment",
         "prepare_invoice": "PrepareInvoice", "release": "ReleaseSalesInvoice"}  # fmt: skip


def up_to(step: str) -> tuple[str, ...]:
    return STEPS[: STEPS.index(step)]


@pytest.mark.parametrize("seconds", [0, 5], ids=["204", "202"])
@pytest.mark.parametrize("kind", ["drop_before", "drop_after", "half_body", "server_error_after"])
def test_every_answer_of_a_run_is_lost_once(releasing: Releasing, kind: str, seconds: float) -> None:
    """Each step on its own meets it, and so does the hold that is taken off."""
    releasing.switch(operation_seconds=seconds)
    for path in (*BUTTONS.values(), "/SalesInvoice"):
        releasing.mishap(vendor="acumatica", kind=kind, scope="write", path_contains=path)

    assert green(releasing.ship(PLAIN, MOUSE))
    assert releasing.get("/control/mishaps")["mishaps"] == []
    assert releasing.buttons() == Counter({name: 2 * count for name, count in WHOLE.items()})
    once(releasing, PLAIN)
    once(releasing, MOUSE, status="Closed")


@pytest.mark.parametrize("step", WRITING)
def test_what_never_arrived_is_sent_again_only_after_the_quiet_period(releasing: Releasing, step: str) -> None:
    """Until then it might still be running over there."""
    releasing.ship(PLAIN, steps=up_to(step))
    releasing.mishap(vendor="acumatica", kind="drop_before", scope="write", path_contains=BUTTONS[step])
    began, mark = releasing.clock.now(), releasing.mark
    try:
        releasing.step(step, documents=(PLAIN,))
        raise AssertionError("nobody can know what became of it")
    except StillUncertain as error:
        waits = (error.until - began).total_seconds()

    assert NAMES[step] not in releasing.buttons(mark)
    assert waits > releasing.timing["operation_seconds"]  # type: ignore[operator]
    assert green(releasing.ship(PLAIN, steps=STEPS[STEPS.index(step) :]))
    assert releasing.buttons() == WHOLE
    once(releasing, PLAIN)


@pytest.mark.parametrize("step", WRITING)
def test_what_is_done_is_adopted_in_the_same_try(releasing: Releasing, step: str) -> None:
    """An answer is lost, but the record shows the deed: nobody has to wait for that."""
    releasing.ship(PLAIN, steps=up_to(step))
    releasing.mishap(vendor="acumatica", kind="drop_after", scope="write", path_contains=BUTTONS[step])
    counts = releasing.step(step, documents=(PLAIN,))

    assert (counts["sent"], counts["adopted"]) == (0, 1)
    assert releasing.buttons()[NAMES[step]] == 1


def test_an_operation_that_outlasts_our_patience_is_adopted_when_it_has_ended(releasing: Releasing) -> None:
    """Every one of them: 20 seconds are waited for, they take 23; nothing is pressed a second time."""
    releasing.switch(operation_seconds=23)

    assert green(releasing.ship(PLAIN))
    assert releasing.buttons() == WHOLE
    once(releasing, PLAIN)
    steps = ("create", "confirm_shipment", "prepare_invoice", "release")
    assert [releasing.intents(op) for op in steps] == [[(PLAIN, "done", 1)]] * len(steps)


def test_an_operation_that_takes_longer_than_any_is_allowed_to_is_not_done_twice(releasing: Releasing) -> None:
    """It is pressed again, and Acumatica says that the form is busy; the task comes back until it is not."""
    releasing.switch(operation_seconds=90)

    assert green(releasing.ship(PLAIN))
    assert releasing.buttons() == WHOLE
    once(releasing, PLAIN)


def test_while_it_runs_over_there_nothing_is_pressed_again(releasing: Releasing) -> None:
    """The answer to the press itself is lost, and the operation takes longer than the look that follows."""
    releasing.switch(operation_seconds=15)
    releasing.post("/control/sendings", {})
    for path in BUTTONS.values():
        releasing.mishap(vendor="acumatica", kind="drop_after", scope="write", path_contains=path)

    assert green(releasing.ship(PLAIN))
    sent = [each["path"] for each in releasing.get("/control/sendings")["sendings"]]
    presses = {path: sum(one.endswith(path) for one in sent) for path in BUTTONS.values()}
    assert presses == dict.fromkeys(BUTTONS.values(), 1)
    assert releasing.buttons() == WHOLE


@pytest.mark.parametrize("kind", ["forgotten", "another session"])
def test_where_nobody_knows_the_operation_the_record_is_asked(releasing: Releasing, kind: str) -> None:
    """A status address that leads nowhere: the site forgot the id, or it belonged to a session that is over."""
    releasing.switch(operation_seconds=6, operation_memory_seconds=0)
    if kind == "another session":
        for path in BUTTONS.values():
            releasing.mishap(vendor="acumatica", kind="expired_token", scope="read", path_contains=f"{path}/status/")

    assert green(releasing.ship(PLAIN))
    assert releasing.buttons() == WHOLE
    once(releasing, PLAIN)


@pytest.mark.parametrize("kind", AFTER)
def test_orders_that_are_not_struck_go_on_while_one_is_in_doubt(releasing: Releasing, kind: str) -> None:
    releasing.switch(operation_seconds=30)
    releasing.mishap(vendor="acumatica", kind=kind, scope="write", path_contains=BUTTONS["create_shipment"])
    orders = (PLAIN, MOUSE)

    assert green(releasing.ship(*orders))
    assert all(len(releasing.shipments(order)) == 1 for order in orders)
    assert all(len(releasing.invoices(order)) == 1 for order in orders)


@pytest.mark.parametrize("kind", BEFORE)
def test_a_site_that_does_not_answer_for_long_is_no_persons_business_until_it_was_tried_often(
    releasing: Releasing, kind: str
) -> None:
    releasing.mishap(vendor="acumatica", kind=kind, scope="write", path_contains=BUTTONS["create_shipment"], times=4)
    outcome = releasing.ship(PLAIN)

    assert releasing.causes_of() == {PLAIN: "never_arrives"}
    assert not green(outcome)
    assert green(releasing.clear("create_shipment"))
    once(releasing, PLAIN)


def test_two_workers_of_one_task_do_it_once(releasing: Releasing) -> None:
    """The second one comes while the first has armed its call; it is sent away, and finds everything done later."""
    releasing.ship(PLAIN, MOUSE, steps=up_to("create_shipment"))
    told: list[object] = []
    first = releasing.clock.sleep

    def meanwhile(seconds: float) -> None:
        first(seconds)
        if not told:
            told.append(releasing.run(steps=("create_shipment",), documents=(PLAIN, MOUSE))["create_shipment"])

    releasing.switch(operation_seconds=2)
    releasing.clock.sleep = meanwhile  # type: ignore[method-assign]
    releasing.ship(PLAIN, MOUSE, steps=("create_shipment",))

    assert isinstance(told[0], LeaseTaken)
    assert green(releasing.ship(PLAIN, MOUSE, steps=STEPS[2:]))
    once(releasing, PLAIN)
    once(releasing, MOUSE, status="Closed")


def test_two_runs_over_the_same_order_ship_it_once(releasing: Releasing) -> None:
    both = ("check", "select_orders")
    releasing.ship(PLAIN, steps=both)
    releasing.ship(PLAIN, run_id="run-2", steps=both)
    for step in STEPS[2:]:
        for run in ("run-1", "run-2"):
            assert green(releasing.ship(PLAIN, run_id=run, steps=(step,)))

    assert releasing.buttons() == WHOLE
    once(releasing, PLAIN)


def test_whatever_is_cleared_in_whatever_order_nothing_is_done_twice(releasing: Releasing) -> None:
    releasing.switch(operation_seconds=1)
    for step in ("release", "check", "prepare_invoice", "select_orders", "confirm_shipment", "create_shipment"):
        releasing.run(steps=(step,), documents=(PLAIN,))
    releasing.ship(PLAIN)
    for step in ("create_shipment", "select_orders", "release", "prepare_invoice", "check"):
        assert green(releasing.clear(step, documents=(PLAIN,)))

    assert releasing.buttons() == WHOLE
    once(releasing, PLAIN)


def test_a_hold_that_was_taken_off_is_looked_up_at_once(releasing: Releasing) -> None:
    """It is a field that is set, and nothing that runs on: setting it once more does no harm."""
    releasing.mishap(vendor="acumatica", kind="drop_before", scope="write", path_contains="/SalesInvoice")
    outcome = releasing.run(documents=(PLAIN,), steps=STEPS)

    assert green(outcome)
    assert releasing.intents("remove_hold") == [(PLAIN, "done", 2)]
    once(releasing, PLAIN)
