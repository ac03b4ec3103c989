"""The release chain against the stand-in: states, deeds that are decided by the record, refusals in words."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from acumatica_side import Side
from invoice_sync.connectors.acumatica.fulfilment import ENTITY, AcumaticaRelease
from invoice_sync.connectors.base import CREATE, Json, Outcome, Remote, Verdict, WriteClass
from invoice_sync.connectors.fulfilment import CONFIRM, PREPARE, RELEASE
from invoice_sync.model.errors import SettingsError
from invoice_sync.model.flow import Options
from sandbox.server import Running, start_in_thread

ORDER = "SO/SO0007850"


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with start_in_thread(vendors=["acumatica"]) as started:
        yield started


@pytest.fixture
def side(running: Running) -> Side:
    made = Side(running)
    made.settings(hold_on_prepare=False)
    return made


def create_body(fulfilment: AcumaticaRelease, order: str = ORDER, warehouse: str = "WHOLESALE", date: str = "") -> Json:
    return fulfilment.create_body(fulfilment.orders([order])[order], warehouse, date)


def press(side: Side, fulfilment: AcumaticaRelease, operation: str, body: Json) -> Outcome:
    fulfilment.prepare()
    return fulfilment.send(side.armed(ENTITY, operation, "x", body))["i0"]


def found(side: Side, fulfilment: AcumaticaRelease, operation: str, body: Json) -> list[Remote]:
    """What a later look shows of the deed that was wanted."""
    remotes = fulfilment.find(ENTITY, operation, side.armed(ENTITY, operation, "x", body).items)[1]
    wanted = fulfilment.expected(ENTITY, operation, body)
    return [remote for remote in remotes if wanted.items() <= remote.facts.items()]


def made(side: Side, fulfilment: AcumaticaRelease, order: str = ORDER) -> str:
    outcome = press(side, fulfilment, CREATE, create_body(fulfilment, order))
    assert outcome.remote is not None
    return outcome.remote.id


def go(side: Side, fulfilment: AcumaticaRelease, number: str, *operations: str) -> Outcome:
    outcome = Outcome(Verdict.UNKNOWN)
    for operation in operations:
        body = fulfilment.next_body(operation, fulfilment.shipments([number])[number])
        outcome = press(side, fulfilment, operation, body)
        assert outcome.verdict is Verdict.OK, outcome
    return outcome


@pytest.mark.parametrize("seconds", [0, 7], ids=["204", "202"])
def test_an_order_goes_the_whole_way(side: Side, seconds: float) -> None:
    side.settings(operation_seconds=seconds)
    fulfilment = side.release()
    number = made(side, fulfilment)
    shipment = fulfilment.shipments([number])[number]
    assert (shipment.status, shipment.is_confirmed, shipment.needs(CONFIRM)) == ("Open", False, True)
    go(side, fulfilment, number, CONFIRM, PREPARE)
    shipment = fulfilment.shipments([number])[number]
    assert (shipment.is_confirmed, shipment.invoice_status, shipment.needs(RELEASE)) == (True, "Balanced", True)
    outcome = go(side, fulfilment, number, RELEASE)
    shipment = fulfilment.shipments([number])[number]
    assert (shipment.is_released, shipment.invoice_status) == (True, "Open")
    assert outcome.remote is not None
    assert outcome.remote.id == shipment.invoice
    invoice = side.invoice(shipment.invoice.partition("/")[2])
    assert [str(each.amount) for each in invoice.charges] == ["15.00 USD"]


def test_a_dead_location_is_never_followed(side: Side) -> None:
    assert side.vendor.settings()["dead_location"] is True
    made(side, side.release())
    assert side.paths("/status/") == []


@pytest.mark.parametrize("form", ["path", "absolute"])
def test_an_operation_is_asked_about_less_and_less_often(side: Side, form: str) -> None:
    side.settings(operation_seconds=25, location_form=form)
    made(side, side.release())
    assert (sum(side.clock.slept), max(side.clock.slept)) == (30, 0.5)
    assert len(side.paths("/status/")) == 1 + len((1, 2, 4, 8, 15))


def test_an_operation_that_takes_too_long_is_unknown_and_found_later(side: Side) -> None:
    side.settings(operation_seconds=90)
    fulfilment = side.release(patience=30)
    body = create_body(fulfilment)
    assert press(side, fulfilment, CREATE, body).verdict is Verdict.UNKNOWN
    assert found(side, fulfilment, CREATE, body) == []
    side.running.world.clock.advance(90)
    assert len(found(side, fulfilment, CREATE, body)) == 1


def test_who_is_stopped_waits_no_longer(side: Side) -> None:
    side.settings(operation_seconds=50)
    fulfilment = side.release()
    body = create_body(fulfilment)
    fulfilment.stop_waiting()
    assert press(side, fulfilment, CREATE, body).verdict is Verdict.UNKNOWN
    assert side.clock.slept == []
    side.running.world.clock.advance(60)
    assert len(found(side, side.release(), CREATE, body)) == 1


@pytest.mark.parametrize("operation", [CREATE, CONFIRM, PREPARE, RELEASE])
def test_a_lost_answer_is_found_in_the_record(side: Side, operation: str) -> None:
    fulfilment, steps = side.release(), [CONFIRM, PREPARE, RELEASE]
    if operation == CREATE:
        body = create_body(fulfilment)
    else:
        number = made(side, fulfilment)
        go(side, fulfilment, number, *steps[: steps.index(operation)])
        body = fulfilment.next_body(operation, fulfilment.shipments([number])[number])
    assert found(side, fulfilment, operation, body) == []
    side.mishap("drop_after", scope="write")
    assert press(side, fulfilment, operation, body).verdict is Verdict.UNKNOWN
    assert len(found(side, fulfilment, operation, body)) == 1


@pytest.mark.parametrize("operation", [CONFIRM, PREPARE, RELEASE])
def test_what_somebody_else_did_already_is_done(side: Side, operation: str) -> None:
    """Acumatica refuses the second press; the record shows that nothing is left to do."""
    fulfilment, steps = side.release(), [CONFIRM, PREPARE, RELEASE]
    number = made(side, fulfilment)
    go(side, fulfilment, number, *steps[: steps.index(operation)])
    body = fulfilment.next_body(operation, fulfilment.shipments([number])[number])
    assert press(side, fulfilment, operation, body).verdict is Verdict.OK
    documents = len(side.records("SalesInvoice"))
    assert press(side, fulfilment, operation, body).verdict is Verdict.OK
    assert len(side.records("SalesInvoice")) == documents


def test_a_second_shipment_is_another_intent(side: Side) -> None:
    """What was there before is no proof of a later wish."""
    fulfilment = side.release()
    first = made(side, fulfilment)
    later = create_body(fulfilment)
    assert later["_before"] == [first]
    assert found(side, fulfilment, CREATE, later) == []
    outcome = press(side, fulfilment, CREATE, later)
    assert outcome.verdict is Verdict.REFUSED
    assert len(fulfilment.orders([ORDER])[ORDER].shipments) == 1


REFUSALS = [
    ("SO/SO0007851", "SO0007851 is On Hold"),
    ("SO/SO0007852", "no stock of AACABLE99"),
    ("SO/SO0007854", "SO0007854 is Credit Hold"),
    ("SO/SO0007859", "SO0007859 is Credit Hold"),
    ("SO/SO0007861", "SO0007861 is Canceled"),
]


@pytest.mark.parametrize("outside", ["inner", "outer"])
@pytest.mark.parametrize(("order", "says"), REFUSALS, ids=[row[0] for row in REFUSALS])
def test_refused_shipments_are_told_in_words(side: Side, order: str, says: str, outside: str) -> None:
    side.settings(action_error=outside)
    fulfilment = side.release()
    outcome = press(side, fulfilment, CREATE, create_body(fulfilment, order))
    assert outcome.verdict is Verdict.REFUSED
    assert outcome.problem is not None
    assert says in outcome.problem.reason
    assert found(side, fulfilment, CREATE, create_body(fulfilment, order)) == []


@pytest.mark.parametrize("seconds", [0, 5], ids=["204", "202"])
def test_a_lot_that_nobody_picked_stops_the_shipment(side: Side, seconds: float) -> None:
    """Refused while it runs: the failure comes with the status."""
    side.settings(operation_seconds=seconds)
    fulfilment = side.release()
    number = made(side, fulfilment, "SO/SO0007853")
    outcome = press(side, fulfilment, CONFIRM, {"ShipmentNbr": number})
    assert outcome.verdict is Verdict.REFUSED
    assert outcome.problem is not None
    assert "Lot/Serial Nbr. must be specified" in outcome.problem.reason


def test_a_closed_period_is_told(side: Side) -> None:
    outcome = press(side, side.release(), RELEASE, {"Type": "Invoice", "ReferenceNbr": "AR0000209"})
    assert outcome.verdict is Verdict.REFUSED
    assert outcome.problem is not None
    assert "financial period is closed" in outcome.problem.reason


def test_a_user_who_may_only_look(side: Side) -> None:
    side.user = "viewer"
    fulfilment = side.release()
    outcome = press(side, fulfilment, CREATE, create_body(fulfilment))
    assert outcome.problem is not None
    assert outcome.problem.cause == "no_right"


def test_a_form_that_is_busy_is_tried_again(side: Side) -> None:
    side.settings(operation_seconds=40)
    fulfilment = side.release(patience=1)
    assert press(side, fulfilment, CREATE, create_body(fulfilment)).verdict is Verdict.UNKNOWN
    outcome = press(side, fulfilment, CREATE, create_body(fulfilment, "SO/SO0007858"))
    assert (outcome.verdict, outcome.status) == (Verdict.NOT_DONE, 500)


def test_an_operation_of_an_ended_session_is_left_to_the_record(side: Side) -> None:
    side.settings(operation_seconds=5)
    fulfilment = side.release()
    body = create_body(fulfilment)
    side.mishap("expired_token", scope="read", path_contains="/status/")
    assert press(side, fulfilment, CREATE, body).verdict is Verdict.UNKNOWN
    side.running.world.clock.advance(10)
    assert len(found(side, fulfilment, CREATE, body)) == 1


@pytest.mark.parametrize(
    ("kind", "verdict"),
    [("expired_token", Verdict.NOT_DONE), ("throttled", Verdict.THROTTLED), ("server_error_before", Verdict.UNKNOWN),
     ("drop_before", Verdict.UNKNOWN), ("html", Verdict.UNKNOWN)],
)  # fmt: skip
def test_weather_at_a_press(side: Side, kind: str, verdict: Verdict) -> None:
    fulfilment = side.release()
    body = create_body(fulfilment)
    fulfilment.prepare()
    side.mishap(kind, scope="write")
    assert press(side, fulfilment, CREATE, body).verdict is verdict


def test_what_an_order_looks_like(side: Side) -> None:
    order = side.release().orders([ORDER, "SO/NOPE"])[ORDER]
    assert (order.key, order.number, order.customer, order.status) == (ORDER, "SO0007850", "C00000287", "Open")
    assert str(order.total).endswith(" USD")
    assert [(each.sku, each.warehouse, each.ordered, each.open, each.shipped) for each in order.lines] == [
        ("AACOMPUT01", "WHOLESALE", Decimal(2), Decimal(2), Decimal(0)),
        ("AAMOUSE/01", "WHOLESALE", Decimal(10), Decimal(10), Decimal(0)),
    ]
    assert (order.is_open, order.problem, order.shipments) == (True, None, ())


def test_open_is_what_is_neither_gone_nor_on_a_shipment(side: Side) -> None:
    """Five are ordered and three are there."""
    fulfilment, key = side.release(), "SO/SO0007857"
    for step in (None, CONFIRM, PREPARE, RELEASE):
        if step is None:
            number = made(side, fulfilment, key)
        else:
            go(side, fulfilment, number, step)
        (line,) = fulfilment.orders([key])[key].lines
        assert (line.ordered, line.shipped, line.open, line.location) == (Decimal(5), Decimal(3), Decimal(2), "R151")


@pytest.mark.parametrize(
    ("number", "cause"),
    [("SO0007851", "order_on_hold"), ("SO0007854", "credit_hold"), ("SO0007861", "order_canceled"), ("SO0007852", "")],
)
def test_what_stops_an_order_is_foreseen(side: Side, number: str, cause: str) -> None:
    problem = side.release().orders([f"SO/{number}"])[f"SO/{number}"].problem
    assert (problem.cause if problem else "") == cause
    assert problem is None or number in problem.reason


@pytest.mark.parametrize(
    ("gate", "cause"),
    [("approval", "invoice_pending_approval"), ("print", "invoice_pending_print"), ("none", "")],
)
def test_what_stops_an_invoice_is_foreseen(side: Side, gate: str, cause: str) -> None:
    side.settings(invoice_gate=gate)
    fulfilment = side.release()
    number = made(side, fulfilment)
    go(side, fulfilment, number, CONFIRM, PREPARE)
    problem = fulfilment.shipments([number])[number].problem
    assert (problem.cause if problem else "") == cause


def test_an_invoice_on_hold_is_foreseen(side: Side) -> None:
    side.settings(hold_on_prepare=True)
    fulfilment = side.release()
    number = made(side, fulfilment)
    go(side, fulfilment, number, CONFIRM, PREPARE)
    state = fulfilment.shipments([number])[number]
    assert state.problem is not None
    assert (state.problem.cause, state.needs(RELEASE)) == ("invoice_on_hold", True)


def test_orders_of_a_saved_filter(side: Side) -> None:
    fulfilment = side.release()
    held = fulfilment.chosen("Hold eq true", None)
    assert held == ["SO/SO0007851"]
    assert len(fulfilment.chosen("Status eq 'Open'", 2)) == 2
    with pytest.raises(SettingsError, match="does not take a filter.*saved_filter"):
        fulfilment.chosen("Hold eq 'true'", None)


def test_the_day_and_the_warehouse_go_along(side: Side) -> None:
    fulfilment = side.release()
    body = create_body(fulfilment, "SO/SO0007856", "RETAIL", "2026-11-05")
    outcome = press(side, fulfilment, CREATE, body)
    assert outcome.remote is not None
    shipment: Any = side.record("Shipment", outcome.remote.id)
    assert (shipment["WarehouseID"], str(shipment["ShipmentDate"])[:10]) == ("RETAIL", "2026-11-05")


def test_inspection_and_rules(side: Side) -> None:
    fulfilment = side.release()
    inspection = fulfilment.inspect(Options())
    assert (inspection.tenant, inspection.findings) == ("Brightwater/", ())
    (finding,) = side.release(version="22.200.001").inspect(Options()).findings
    assert "too old" in finding.message
    classes = [fulfilment.rule(ENTITY, each).write_class for each in (CREATE, CONFIRM, PREPARE, RELEASE)]
    assert classes == [WriteClass.PLAIN, *[WriteClass.SET_STATE] * 3]
    assert fulfilment.rule(ENTITY, CREATE).endpoint.endswith("/SalesOrder/SalesOrderCreateShipment")
    with pytest.raises(SettingsError, match="not written to"):
        fulfilment.rule("invoice", CREATE)
    assert (fulfilment.key("SO0007850"), fulfilment.key(" RM/1 ")) == (ORDER, "RM/1")
    assert fulfilment.profile(Options()) == {}


def test_the_lease_outlasts_an_operation(side: Side) -> None:
    plain, patient = side.connector().timing, side.release(patience=600).timing
    assert patient.lease.total_seconds() >= plain.lease.total_seconds() + 600
    assert patient.quiet.total_seconds() >= 600
