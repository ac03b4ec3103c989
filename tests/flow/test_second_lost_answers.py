"""Answers that never came, tasks that died, two at once: every invoice is in the store once, and as it should be."""

from __future__ import annotations

import threading
from decimal import Decimal
from typing import Any

import pytest

from house import green
from invoice_sync.connectors.base import CREATE
from invoice_sync.delivery import door
from invoice_sync.ledger import leases
from invoice_sync.model.errors import InvoiceSyncError, LeaseTaken, StillUncertain
from invoice_sync.steps.chain import STEPS
from wholesale import LAPTOP, QUIET, Wholesale

D = Decimal
OPEN, COMPLETED, CANCELED = 0, 2, "Invoice (canceled)"
KINDS = ("drop_before", "drop_after", "half_body", "server_error_before", "server_error_after", "html")
BEFORE_EXPORT = tuple(STEPS)[:7]
REST = tuple(STEPS)[7:]


def strike(house: Wholesale, kind: str, method: str, times: int = 1, **more: Any) -> None:
    where = {"vendor": "bigcommerce", "path_contains": "/ip/invoices", **more}
    house.mishap(kind=kind, method=method, times=times, **where)


@pytest.mark.parametrize("kind", KINDS)
def test_new_changed_taken_back_and_told_each_happens_once(wholesale: Wholesale, kind: str) -> None:
    for number in ("CHANGED", "TAKEN"):
        wholesale.sell(number)
    wholesale.run()
    wholesale.sell("NEW")
    wholesale.edit_in_erp("Invoice", "Invoice/CHANGED", DueDate="2027-03-01")
    wholesale.erp("cancel", key="Invoice/TAKEN")
    mark, before = wholesale.mark, wholesale.shown("CHANGED")["dueDate"]
    strike(wholesale, kind, "POST")
    strike(wholesale, kind, "PUT", 2)
    strike(wholesale, kind, "PUT", vendor="acumatica", path_contains="Activity")

    outcome = wholesale.airflow("run-2")

    assert wholesale.get("/control/mishaps")["mishaps"] == []
    assert green(outcome)
    assert wholesale.changed(mark) == [("NEW", "created"), ("CHANGED", "updated"), ("TAKEN", "updated")]
    assert wholesale.stands("NEW") == (D(500), D(500), OPEN, "Invoice")
    assert wholesale.stands("TAKEN") == (D(500), D(0), COMPLETED, CANCELED)
    assert wholesale.shown("CHANGED")["dueDate"] > before
    told = [row["Summary"].split()[4] for row in wholesale.records("acumatica", "Activity")]
    assert sorted(told) == ["CHANGED", "NEW", "TAKEN"]


def test_what_our_own_earlier_call_made_is_adopted_and_not_taken_for_a_strangers(wholesale: Wholesale) -> None:
    """The call arrived, its answer was lost, lists show it late: the second call meets the first one."""
    wholesale.settings_of("bigcommerce", list_lag_seconds=4)
    wholesale.sell("LATE")
    wholesale.run(steps=BEFORE_EXPORT)
    strike(wholesale, "drop_after", "POST")

    wholesale.step_fails("export", StillUncertain)
    assert wholesale.answers() == [("LATE", "created"), ("LATE", "refused")]
    wholesale.clock.sleep(QUIET)
    wholesale.post("/control/clock", {"advance_seconds": QUIET})

    assert wholesale.step("export", rescheduled=True)["adopted"] == 1
    assert green(wholesale.run(steps=REST[1:]))
    assert wholesale.answers() == [("LATE", "created"), ("LATE", "refused")]


def test_a_stranger_who_takes_the_number_between_plan_and_export_is_left_alone(wholesale: Wholesale) -> None:
    for number in ("MINE", "OTHER"):
        wholesale.sell(number)
    wholesale.run(steps=BEFORE_EXPORT)
    there = {"code": "USD", "value": D("75.00")}
    wholesale.in_store(
        "invoice", invoiceNumber="MINE", customerId="8102", originalBalance=there, openBalance=there, externalId="x-1"
    )

    wholesale.run(steps=REST)

    assert (wholesale.carried(), wholesale.causes()) == (["OTHER"], {"MINE": "number_taken"})
    assert (wholesale.shown("MINE")["customerId"], wholesale.stands("MINE")[0]) == ("8102", D(75))
    assert "another invoice of the store has this number already" in wholesale.case("MINE")["reason"]
    assert wholesale.answers()[-2:] in ([("OTHER", "created"), ("MINE", "refused")],
                                        [("MINE", "refused"), ("OTHER", "created")])  # fmt: skip


class Killed(BaseException):
    """Nobody catches this, as nobody catches a SIGKILL."""


def killed(house: Wholesale, monkeypatch: pytest.MonkeyPatch, step: str = "export", **given: Any) -> None:
    """The step dies with its calls done and nothing of their answers stored; its lease stays where it is."""

    def die(*_: Any, **__: Any) -> Any:
        raise Killed

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(door, "settle", die)
        patch.setattr(leases, "release", lambda *_: None)
        house.step(step, **given)


@pytest.mark.parametrize("operation", ["create", "update", "void"])
def test_a_task_that_died_with_its_answers_is_taken_over_and_nothing_is_doubled(
    wholesale: Wholesale, monkeypatch: pytest.MonkeyPatch, operation: str
) -> None:
    numbers = ("K-1", "K-2", "K-3")
    for number in numbers:
        wholesale.sell(number)
    if operation != CREATE:
        wholesale.run()
        for number in numbers:
            (wholesale.pay if operation == "update" else lambda one: wholesale.erp("cancel", key=f"Invoice/{one}"))(
                number
            )
    mark = wholesale.mark
    wholesale.run("run-2", BEFORE_EXPORT)
    killed(wholesale, monkeypatch, run_id="run-2")
    done = wholesale.changed(mark)
    assert done != []

    with pytest.raises(LeaseTaken):
        wholesale.step("export", "run-2")
    wholesale.clock.sleep(60)
    outcome = wholesale.airflow("run-2", REST)

    assert green(outcome)
    outcomes = "created" if operation == CREATE else "updated"
    assert sorted(wholesale.changed(mark)) == [(number, outcomes) for number in numbers]
    assert [wholesale.stands(number)[1] for number in numbers] == [D(500 if operation == CREATE else 0)] * 3


def test_a_task_that_died_while_telling_the_source_tells_it_once(
    wholesale: Wholesale, monkeypatch: pytest.MonkeyPatch
) -> None:
    wholesale.sell("T-1")
    wholesale.run(steps=tuple(STEPS)[:8])
    killed(wholesale, monkeypatch, "acknowledge")
    wholesale.clock.sleep(60)

    assert green(wholesale.airflow(steps=REST))
    assert len(wholesale.records("acumatica", "Activity")) == 1


def test_two_runs_at_once_carry_each_invoice_once(wholesale: Wholesale) -> None:
    numbers = [f"T-{place}" for place in range(6)]
    for number in numbers:
        wholesale.sell(number, LAPTOP)
    for run_id in ("run-1", "run-2"):
        wholesale.run(run_id, BEFORE_EXPORT)
    strike(wholesale, "slow", "POST", 6, seconds=0.05)
    twin = Wholesale(wholesale.sandbox, wholesale.database, wholesale.flow, wholesale.timing)
    ended: dict[str, Any] = {}

    def export(house: Wholesale, run_id: str) -> None:
        try:
            ended[run_id] = house.step("export", run_id)
        except InvoiceSyncError as error:
            ended[run_id] = error

    threads = [threading.Thread(target=export, args=each) for each in ((wholesale, "run-1"), (twin, "run-2"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert all(not isinstance(each, InvoiceSyncError) or isinstance(each, LeaseTaken) for each in ended.values())
    assert green(wholesale.airflow("run-1", REST))
    assert sorted(wholesale.carried()) == numbers
    assert sorted(wholesale.answers()) == [(number, "created") for number in numbers]


def test_the_same_run_cleared_again_and_again_writes_nothing_more(wholesale: Wholesale) -> None:
    wholesale.sell("C-1")
    wholesale.run()
    wholesale.erp("cancel", key="Invoice/C-1")
    wholesale.run("run-2")
    mark = wholesale.mark

    for step in ("extract", "plan"):
        assert green(wholesale.clear(step, "run-2"))

    assert (wholesale.changed(mark), wholesale.writes("acumatica", mark)) == ([], [])
