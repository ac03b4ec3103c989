"""One real Airflow (LocalExecutor, SQLite) with the real DAG: lost answers, a killed task, a failed check, a night.

The tests of this file share one Airflow and one ledger, and run in the order of a working week.
"""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from invoice_sync.orchestration.flows import load
from invoice_sync.orchestration.local.control import SandboxControl
from invoice_sync.orchestration.local.corrections import correct
from invoice_sync.orchestration.local.polling import until
from invoice_sync.orchestration.local.rest import TaskState
from invoice_sync.orchestration.local.stack import LocalStack

pytestmark = pytest.mark.airflow

DAG = "rootstock_to_quickbooks"
REPO = Path(__file__).parents[2]
FIRST_TWELVE = [f"0001{n:02}" for n in range(1, 13)]


@pytest.fixture(scope="module")
def flows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A flows.yaml that a test may edit."""
    return Path(shutil.copy(REPO / "include" / "flows.yaml", tmp_path_factory.mktemp("flows")))


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, flows: Path) -> Iterator[LocalStack]:
    overrides = {"INVOICE_SYNC_FLOWS": str(flows)}
    with LocalStack(tmp_path_factory.mktemp("stack"), REPO, dag_ids=[DAG], overrides=overrides) as running:
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


def test_the_connections_are_there_and_their_button_signs_in(stack: LocalStack) -> None:
    for name, company in (("rootstock_acme", "Kestrel Supply"), ("quickbooks_acme", "Acme")):
        ok, said = stack.rest.test_connection(name)
        assert ok, said
        assert said.startswith("Signed in.") and company in said


@pytest.mark.parametrize("words", ["Sales Invoice Exporter", "sales invoice", "acme", "exporter (acme)"])
def test_the_search_of_the_ui_finds_the_flow_by_the_words_that_its_users_know(stack: LocalStack, words: str) -> None:
    assert DAG in stack.rest.dags_found(dag_display_name_pattern=words)


@pytest.mark.parametrize("tag", ["Sales Invoice Exporter", "acme", "rootstock", "quickbooks", "Process Log"])
def test_the_flow_has_the_tags_that_its_users_look_for(stack: LocalStack, tag: str) -> None:
    assert DAG in stack.rest.dags_found(tags=tag)


def test_a_red_run_is_told_to_the_chat(stack: LocalStack, first_run: tuple[str, Seen]) -> None:
    run_id, _ = first_run
    [told] = until(lambda: alerts(stack) or None, "the alert of the red run", 60)

    assert told.startswith("Sales Invoice Exporter (acme) is red.")
    assert "3 document(s) wait for a person (244.35 USD)" in told
    assert told.endswith(stack.rest.run_page(DAG, run_id).replace("+", "%2B"))


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


def test_a_night_runs_by_itself(stack: LocalStack, flows: Path) -> None:
    stack.sandbox.call("POST", "/control/settings/salesforce", {"hidden_fields": []})
    nightly, before = flows.read_text(), created(stack.sandbox)
    # with its quotes: "30 2 * * *" of another flow holds "0 2 * * *"
    flows.write_text(nightly.replace(f'"{nightly_schedule(flows)}"', '"* * * * *"'))
    run_id = until(lambda: stack.rest.newest_run(DAG, "scheduled"), "a scheduled run", 150)
    flows.write_text(nightly)
    assert stack.rest.wait(DAG, run_id, seconds=180) == "success"
    assert created(stack.sandbox) == before


def nightly_schedule(flows: Path) -> str:
    [schedule] = [flow.schedule for flow in load(flows) if flow.name == DAG]
    assert schedule
    return schedule


def alerts(stack: LocalStack) -> list[str]:
    return list(stack.sandbox.call("GET", "/control/alerts")["alerts"])


def wait_until_created(stack: LocalStack, number: str, seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while number not in created(stack.sandbox):
        assert time.monotonic() < end, f"{number} did not reach QuickBooks in {seconds} s"
        time.sleep(0.1)
