"""A release task that dies or is stopped: real processes and signals, and no goods leave twice.

The step runs in a process of its own; what follows, Airflow's next try, runs here with a clock that skips the waits.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from house import House, green
from invoice_sync.ledger.tables import AttemptRow, IntentRow
from invoice_sync.model.crash_points import VARIABLE
from releasing import BUTTONS, PLAIN, STEPS, WHOLE, Releasing, once
from sandbox.server import Running
from second import RELEASE
from step_process import Order

TIMING = {"send_window_seconds": 1, "read_timeout_seconds": 30, "operation_seconds": 20}
ABANDONED = "Abandoned, outcome unknown; it will be looked up before anything else."
NEXT = 60
AIRFLOWS_PATIENCE = 5.0
"""Seconds from SIGTERM to SIGKILL when somebody marks a running task failed."""


@pytest.fixture
def crashed(sandbox: Running, tmp_path: Path) -> Iterator[Releasing]:
    house = House.build(sandbox, tmp_path)
    yield Releasing.within(house)
    house.database.dispose()


def process(house: Releasing, step: str, trap: str = "") -> subprocess.Popen[str]:
    """One try of a step, after all steps before it."""
    house.ship(PLAIN, steps=STEPS[: STEPS.index(step)])
    house.database.dispose()
    order = Order(
        house.database.url, house.sandbox.index_url, step, timing=TIMING, quotas=False, flow=RELEASE, documents=[PLAIN],
        ahead=house.clock.skipped,
    )  # fmt: skip
    env = {**os.environ, **({VARIABLE: trap} if trap else {})}
    return subprocess.Popen(order.command(), env=env, stdout=subprocess.PIPE, text=True)


def finish(house: Releasing, step: str, after: float = NEXT) -> None:
    """Airflow's next try, and the tasks behind it."""
    house.clock.sleep(after)
    assert green(house.ship(PLAIN, steps=STEPS[STEPS.index(step) :]))
    assert house.buttons() == WHOLE
    once(house, PLAIN)
    with house.database.transaction() as session:
        assert set(session.scalars(select(IntentRow.state).where(IntentRow.state != "replaced"))) == {"done"}
        unarmed = select(func.count(AttemptRow.id)).join(IntentRow).where(IntentRow.wire_request.is_(None))
        assert session.scalar(unarmed) == 0


def wait_for(what: Callable[[], object], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end
        time.sleep(0.05)


def running(house: Releasing) -> bool:
    """Whether an operation is under way in Acumatica."""
    operations = house.sandbox.vendors["acumatica"].records("Brightwater", "operations")
    return "running" in [each["State"] for each in operations]


def polled(house: Releasing) -> bool:
    """Whether somebody has asked about it."""
    return any(each["method"] == "GET" and each["status"] == 202 for each in house.get("/control/calls")["paths"])


@pytest.mark.parametrize("step", ["create_shipment", "prepare_invoice"])
@pytest.mark.parametrize("point", ["K4", "K7"])
def test_killed_armed_or_with_the_answer_in_memory(crashed: Releasing, point: str, step: str) -> None:
    with process(crashed, step, point) as child:
        assert child.wait(60) == -signal.SIGKILL

    finish(crashed, step)
    assert ABANDONED in crashed.process_log("WARNING")


@pytest.mark.parametrize("step", ["create_shipment", "prepare_invoice"])
def test_k6_killed_while_the_answer_was_on_its_way(crashed: Releasing, step: str) -> None:
    crashed.mishap(vendor="acumatica", kind="slow", seconds=20, path_contains=BUTTONS[step])
    with process(crashed, step) as child:
        wait_for(lambda: crashed.invoices(PLAIN) if step == "prepare_invoice" else crashed.shipments(PLAIN))
        child.send_signal(signal.SIGKILL)

    finish(crashed, step)
    assert ABANDONED in crashed.process_log("WARNING")


@pytest.mark.parametrize("step", ["create_shipment", "release"])
def test_marked_failed_while_an_operation_runs(crashed: Releasing, step: str) -> None:
    """SIGTERM: the task ends in time and says what it leaves behind; the next start adopts what became of it."""
    child = _polling(crashed, step)
    began = time.monotonic()
    child.send_signal(signal.SIGTERM)
    told = json.loads(child.communicate(timeout=30)[0].splitlines()[-1])

    assert time.monotonic() - began < AIRFLOWS_PATIENCE
    assert told["outcome"] == "stopped"
    assert crashed.process_log()[-1] == ABANDONED
    assert running(crashed)
    crashed.sandbox.world.clock.advance(400)
    crashed.erp("finish_operations")
    crashed.switch(operation_seconds=0)
    finish(crashed, step, after=0)


def test_marked_failed_while_the_call_itself_hangs(crashed: Releasing) -> None:
    """Nobody can call a request back: it is left alone, and the ledger knows it before the process is killed."""
    crashed.mishap(vendor="acumatica", kind="slow", seconds=9, path_contains=BUTTONS["create_shipment"])
    with process(crashed, "create_shipment") as child:
        wait_for(lambda: crashed.shipments(PLAIN))
        child.send_signal(signal.SIGTERM)
        wait_for(lambda: ABANDONED in crashed.process_log(), AIRFLOWS_PATIENCE - 1)
        child.send_signal(signal.SIGKILL)

    finish(crashed, "create_shipment")


def test_killed_while_an_operation_runs_the_next_start_says_so_and_adopts_it(crashed: Releasing) -> None:
    child = _polling(crashed, "prepare_invoice")
    child.send_signal(signal.SIGKILL)
    child.communicate(timeout=30)

    assert ABANDONED not in crashed.process_log()
    crashed.switch(operation_seconds=0)
    finish(crashed, "prepare_invoice")
    assert crashed.process_log("WARNING") == [ABANDONED]


def test_what_still_runs_at_the_next_start_is_waited_for_and_not_pressed_again(crashed: Releasing) -> None:
    child = _polling(crashed, "create_shipment", seconds=12)
    child.send_signal(signal.SIGTERM)
    child.communicate(timeout=30)
    crashed.post("/control/sendings", {})

    finish(crashed, "create_shipment", after=0)
    sent = [each["path"] for each in crashed.get("/control/sendings")["sendings"]]
    assert not [path for path in sent if path.endswith(BUTTONS["create_shipment"])]


def _polling(house: Releasing, step: str, seconds: float = 300) -> subprocess.Popen[str]:
    """A process in the middle of waiting for an operation."""
    house.ship(PLAIN, steps=STEPS[: STEPS.index(step)])
    house.switch(operation_seconds=seconds)
    child = process(house, step)
    wait_for(lambda: running(house) and polled(house))
    time.sleep(0.2)  # into the pause between two looks
    return child
