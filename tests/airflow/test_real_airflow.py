"""One real Airflow (LocalExecutor, SQLite) with the real DAG: lost answers, a killed task, a failed check.

The tests of this file share one Airflow and one ledger, and run in the order of a working week.
"""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from invoice_sync.orchestration.local.control import SandboxControl
from invoice_sync.orchestration.local.corrections import correct
from invoice_sync.orchestration.local.rest import TaskState
from invoice_sync.orchestration.local.stack import LocalStack

pytestmark = pytest.mark.airflow

DAG = "rootstock_to_quickbooks"
REPO = Path(__file__).parents[2]
FIRST_TWELVE = [f"0001{n:02}" for n in range(1, 13)]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    with LocalStack(tmp_path_factory.mktemp("stack"), REPO, dag_ids=[DAG]) as running:
        yield running


class Seen:
    """Every state that any task was seen in."""

    def __init__(self) -> None:
        self.states: set[tuple[str, str]] = set()

    def __call__(self, tasks: list[TaskState]) -> None:
        self.states |= {(task.task_id, str(task.state)) for task in tasks}


def states(stack: LocalStack, run_id: str) -> dict[str, str | None]:
    return {task.task_id: task.state for task in stack.rest.task_instances(DAG, run_id)}


def created(sandbox: SandboxControl, entity: str = "Invoice") -> list[str]:
    """What QuickBooks really created, doubles included."""
    entries = sandbox.journal()
    return sorted(entry.key for entry in entries if entry.entity == entity and entry.outcome == "created")


def mishap(sandbox: SandboxControl, **fields: object) -> None:
    sandbox.call("POST", "/control/mishaps", {"vendor": "quickbooks", "path_contains": "/batch", **fields})


@pytest.fixture(scope="module")
def first_run(stack: LocalStack) -> tuple[str, Seen]:
    """Act 1, with the answer of the invoice batch lost after QuickBooks committed it."""
    mishap(stack.sandbox, kind="drop_after", after=2)  # products and customers go in batches of their own
    seen = Seen()
    run_id = stack.rest.trigger(DAG)
    assert stack.rest.wait(DAG, run_id, seconds=180, watch=seen) == "failed"
    return run_id, seen


def test_a_lost_answer_goes_through_uncertain_and_nothing_is_doubled(
    stack: LocalStack, first_run: tuple[str, Seen]
) -> None:
    run_id, seen = first_run

    assert ("export", "up_for_reschedule") in seen.states
    assert states(stack, run_id)["export"] == "success"
    assert stack.rest.task(DAG, run_id, "export").try_number == 1
    assert created(stack.sandbox) == FIRST_TWELVE


def test_xcom_carries_counts_and_nothing_else(stack: LocalStack, first_run: tuple[str, Seen]) -> None:
    run_id, _ = first_run
    green = [task for task, state in states(stack, run_id).items() if state == "success"]

    assert len(green) == 7
    for task in green:
        handed_on = stack.rest.xcom(DAG, run_id, task)
        assert {type(count) for count in handed_on.values()} <= {int}


def test_planted_mistakes_make_their_tasks_red_and_the_log_tells_a_bookkeeper_why(
    stack: LocalStack, first_run: tuple[str, Seen]
) -> None:
    run_id, _ = first_run
    red = {task for task, state in states(stack, run_id).items() if state == "failed"}

    assert red == {"match_customers", "plan", "report"}
    log = stack.rest.log(DAG, run_id, "plan")
    for words in ("000120", "C-1001", "90.45 USD", "closed_period", "what to do"):
        assert words in log
    assert "Harbor Line Freight" not in stack.rest.log(DAG, run_id, "match_customers")


def test_a_killed_export_is_finished_by_its_retry(stack: LocalStack, first_run: tuple[str, Seen]) -> None:
    run_id, _ = first_run
    correct(stack.sandbox)
    mishap(stack.sandbox, kind="slow", seconds=8, after=1)  # the customer first, then the three invoices
    stack.rest.clear(DAG, run_id, ["match_customers", "plan"])

    wait_until_created(stack, "000122")
    pid = stack.rest.task(DAG, run_id, "export").pid
    assert pid
    os.kill(pid, signal.SIGKILL)
    seen = Seen()

    assert stack.rest.wait(DAG, run_id, seconds=180, watch=seen) == "success"
    assert ("export", "up_for_retry") in seen.states
    assert created(stack.sandbox) == [*FIRST_TWELVE, "000120", "000121", "000122"]
    assert max(Counter(created(stack.sandbox, "Customer")).values()) == 1


def test_a_failed_check_lets_nothing_run_after_it(stack: LocalStack, first_run: tuple[str, Seen]) -> None:
    before = stack.sandbox.newest_number()
    stack.sandbox.call(
        "POST", "/control/settings/salesforce", {"hidden_fields": ["rstk__soinv__c.rstk__soinv_grandtotal__c"]}
    )
    run_id = stack.rest.trigger(DAG)

    assert stack.rest.wait(DAG, run_id, seconds=120) == "failed"
    assert set(states(stack, run_id).values()) == {"failed"}
    assert "rstk__soinv_grandtotal__c" in stack.rest.log(DAG, run_id, "check")
    assert "check of this run did not pass" in stack.rest.log(DAG, run_id, "export")
    assert stack.sandbox.newest_number() == before


def wait_until_created(stack: LocalStack, number: str, seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while number not in created(stack.sandbox):
        assert time.monotonic() < end, f"{number} did not reach QuickBooks in {seconds} s"
        time.sleep(0.1)
