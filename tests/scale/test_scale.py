"""A night on the services of docker-compose.yaml: one of two workers is killed in the middle of the export.

Every count is taken at the sandbox, from its journal and its records; our own ledger has no say in it.
"""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from faults import counting
from faults.sides import Sides
from invoice_sync.orchestration.local import processes
from invoice_sync.orchestration.local.control import SandboxControl
from invoice_sync.orchestration.local.corrections import correct
from invoice_sync.orchestration.local.polling import until
from invoice_sync.orchestration.local.rest import AirflowRest, Login, TaskState
from scale import compose
from scale.stand import Container, Stand

pytestmark = [
    pytest.mark.scale,
    pytest.mark.skipif(shutil.which("redis-server") is None, reason="no redis-server: apt install redis-server"),
    pytest.mark.skipif(
        importlib.util.find_spec("celery") is None, reason="Celery is not installed: `make test-scale` does it"
    ),
]

DAG = "rootstock_to_quickbooks"
REPO = Path(__file__).parents[2]
FIRST_TWELVE = [f"0001{n:02}" for n in range(1, 13)]
WAITING = ["000120", "000121", "000122"]
# Airflow gives a silent task five minutes, Redis an unfinished message a day; a test has less time
SHORT = {
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "20",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "3",
    "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.5",
    "AIRFLOW__CELERY_BROKER_TRANSPORT_OPTIONS__VISIBILITY_TIMEOUT": "30",
    "AIRFLOW__CELERY_BROKER_TRANSPORT_OPTIONS__UNACKED_RESTORE_THROTTLE": "1",
    "AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES": "1",
}


class Night:
    """What the tests ask for again and again."""

    def __init__(self, stand: Stand, variables: dict[str, str]) -> None:
        self.stand = stand
        login = Login("admin", variables["AIRFLOW_ADMIN_PASSWORD"])
        self.rest = AirflowRest(stand.url("api-server", "8080"), login)
        self.sandbox = SandboxControl(stand.url("sandbox", "8800"))
        self.sides = Sides(self.sandbox, stand.containers["worker"][0].env["INVOICE_SYNC_DATABASE"])
        self.run_id = ""
        self.killed: Container | None = None

    def created(self, entity: str = "Invoice") -> list[str]:
        """What QuickBooks really created, doubles included."""
        found = [entry for entry in self.sandbox.journal() if entry.vendor == "quickbooks"]
        return sorted(entry.key for entry in found if entry.entity == entity and entry.outcome == "created")

    def task(self, task_id: str) -> TaskState:
        return self.rest.task(DAG, self.run_id, task_id)

    def red(self) -> set[str]:
        tasks = self.rest.task_instances(DAG, self.run_id)
        return {task.task_id for task in tasks if task.state == "failed"}

    def close(self) -> None:
        self.rest.close()
        self.sandbox.close()


def messages(worker: Container, said: str) -> set[str]:
    """The ids of the messages of which this worker's log says so."""
    return set(re.findall(said, worker.process.log.read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Night]:
    folder = tmp_path_factory.mktemp("scale")
    subprocess.run([sys.executable, REPO / ".ci" / "secrets", folder / ".env"], check=True, capture_output=True)
    variables = compose.read_env(folder / ".env")
    began = time.monotonic()
    with Stand(compose.load({**variables, "WORKER_CONCURRENCY": "2"}), folder, SHORT) as stand:
        print(f"everything healthy after {time.monotonic() - began:.0f} s")
        night = Night(stand, variables)
        until(lambda: night.rest.dag_known(DAG) or None, f"the DAG {DAG}", 60)
        yield night
        night.close()
    assert processes.members([each.process.session for all_of in stand.containers.values() for each in all_of]) == set()


def test_a_worker_killed_in_the_export_is_replaced_by_the_other(night: Night) -> None:
    night.sides.note_due()
    # products and customers go in batches of their own; the third batch is the invoices
    slow = {"vendor": "quickbooks", "path_contains": "/batch", "kind": "slow", "seconds": 8, "after": 2}
    night.sandbox.call("POST", "/control/mishaps", slow)
    night.rest.unpause(DAG)
    night.run_id = night.rest.trigger(DAG)

    until(lambda: FIRST_TWELVE[0] in night.created() or None, "the first invoice at QuickBooks", 120, pause=0.1)
    at_work = night.task("export")
    assert at_work.state == "running" and at_work.pid
    victim = night.stand.container_of(at_work.pid)
    assert victim.service == "worker"
    night.stand.kill(victim)
    night.killed = victim
    killed = time.monotonic()

    assert night.rest.wait(DAG, night.run_id, seconds=180) == "failed"
    print(f"worker {victim.number} killed in the export; the run ended {time.monotonic() - killed:.0f} s later")
    assert victim.process.exit_code() == -9
    assert night.red() == {"match_customers", "plan", "report"}
    assert night.task("export").state == "success"
    assert night.task("export").try_number == 2
    assert night.created() == FIRST_TWELVE


def test_the_message_that_the_killed_worker_held_comes_again_and_is_refused(night: Night) -> None:
    assert night.killed is not None
    (other,) = [worker for worker in night.stand.containers["worker"] if worker is not night.killed]
    held = messages(night.killed, r"\[([\w-]+)\] Executing workload .*task_id=export/attempt=1")

    assert len(held) == 1
    refused = r"execute_workload\[([\w-]+)\] raised unexpected: ServerResponseError"
    until(lambda: held <= messages(other, refused) or None, "the message to come again", 60)


def test_the_other_worker_alone_carries_the_corrected_run_to_green(night: Night) -> None:
    correct(night.sandbox)
    night.rest.clear(DAG, night.run_id, sorted(night.red() - {"report"}))

    assert night.rest.wait(DAG, night.run_id, seconds=180) == "success"
    assert night.created() == [*FIRST_TWELVE, *WAITING]


def test_a_backfill_of_a_past_night_carries_nothing_twice(night: Night) -> None:
    """Here and not with LocalExecutor: Airflow makes no backfills on SQLite."""
    before = night.created()
    night.rest.backfill(DAG, "2026-11-10T00:00:00Z", "2026-11-10T23:59:59Z")
    run_id = until(lambda: night.rest.newest_run(DAG, "backfill"), "the run of the backfill", 90)

    assert night.rest.wait(DAG, run_id, seconds=180) == "success"
    assert night.created() == before


def test_nothing_is_lost_and_nothing_is_doubled_at_either_side(night: Night) -> None:
    found = counting.counted(night.sides.evidence())

    assert {name: found[name] for name in counting.MUST_BE_ZERO if name in found} == {
        name: 0 for name in counting.MUST_BE_ZERO if name in found
    }
    assert found["documents"] == 16
    for entity in ("Customer", "Item", "CreditMemo"):
        assert max(Counter(night.created(entity)).values()) == 1
    assert "difference                          0.00" in night.stand.exec(
        "worker", "python", "-m", "invoice_sync", "statement", "--flow", DAG, "--run", night.run_id
    )
