"""The part of the campaign that a real Airflow runs: its tasks are killed while a vendor is at work for them."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from faults import counting
from faults.counting import Row
from faults.sides import Sides
from invoice_sync.orchestration.local.control import SandboxControl
from invoice_sync.orchestration.local.corrections import correct
from invoice_sync.orchestration.local.rest import TaskState
from invoice_sync.orchestration.local.stack import Commands, LocalStack

DAG = "rootstock_to_quickbooks"
REPO = Path(__file__).parents[2]
SCALE = 4
# within what the connection promises of the server (3 s): 30 items of a batch take 2.4 s
SERVICE_SECONDS = 0.08
SLOW = 6
LOST = (("quickbooks", "drop_after", 4), ("quickbooks", "server_error_after", 9), ("salesforce", "drop_after", 5))


@dataclass
class Killing:
    """Kills running tasks, and counts those that Airflow saw die and tried again."""

    stack: LocalStack
    run_id: str
    deaths: list[str] = field(default_factory=list)

    def task(self, task_id: str) -> TaskState:
        return self.stack.rest.task(DAG, self.run_id, task_id)

    def kill(self, task_id: str, when: Callable[[], bool]) -> None:
        """The process of a running task, as soon as `when` is so."""
        end = time.monotonic() + 240
        while time.monotonic() < end:
            seen = self.task(task_id)
            if seen.state in ("success", "failed"):
                return
            if seen.state == "running" and seen.pid and when():
                self._strike(task_id, seen)
                return
            time.sleep(0.1)

    def _strike(self, task_id: str, seen: TaskState) -> None:
        try:
            os.kill(seen.pid or 0, signal.SIGKILL)
        except ProcessLookupError:
            return
        end = time.monotonic() + 60
        while time.monotonic() < end:
            now = self.task(task_id)
            if now.state == "up_for_retry" or now.try_number > seen.try_number:
                self.deaths.append(task_id)
                return
            time.sleep(0.2)


def row(database: str, seed: int, url: str, folder: Path) -> Row:
    """One night in a real Airflow, corrected before it begins; killed over and over while it lasts."""
    began = time.monotonic()
    commands = Commands(sandbox=(sys.executable, "-m", "sandbox", "--scale", str(SCALE)))
    overrides = {"INVOICE_SYNC_DATABASE": url}
    with LocalStack(folder, REPO, dag_ids=[DAG], overrides=overrides, commands=commands) as stack:
        sides = Sides(stack.sandbox, url)
        added = _make_ready(stack.sandbox, sides)
        killing = Killing(stack, stack.rest.trigger(DAG))
        _kill_all_along(killing)
        ended = _ends_well(killing)
        struck = added - Counter(_named(m) for m in stack.sandbox.call("GET", "/control/mishaps")["mishaps"])
        evidence = sides.evidence()
    return {
        "flow": DAG, "database": database, "seed": seed, "replay_mode": "forget", "where": "airflow",
        **counting.counted(evidence), **counting.weather(struck),
        "kills": len(killing.deaths), "airflow_kills": len(killing.deaths), "killed_tasks": killing.deaths,
        "green": ended == "success", "unfinished": dict(evidence.unfinished),
        "seconds": round(time.monotonic() - began),
    }  # fmt: skip


def _make_ready(control: SandboxControl, sides: Sides) -> Counter[tuple[str, str]]:
    """No planted mistakes, a destination that forgets keys, and calls slow enough to be killed in."""
    correct(control)
    sides.note_due()
    settings: Mapping[str, Any] = {"replay_mode": "forget", "service_seconds": SERVICE_SECONDS}
    control.call("POST", "/control/settings/quickbooks", dict(settings))
    slow = {"kind": "slow", "seconds": SLOW}
    mishaps: list[dict[str, Any]] = [{"vendor": "quickbooks", **slow, "times": 2}]
    mishaps += [{"vendor": "salesforce", **slow, "after": after} for after in (0, 2)]
    mishaps += [{"vendor": vendor, "kind": kind, "after": after} for vendor, kind, after in LOST]
    for mishap in mishaps:
        control.call("POST", "/control/mishaps", mishap)
    return Counter(_named(mishap) for mishap in mishaps)


def _kill_all_along(killing: Killing) -> None:
    """Both add tasks during their first call, export and acknowledge twice each."""
    control = killing.stack.sandbox
    killing.kill("add_customers", lambda: "Customer" in _created(control))
    killing.kill("add_products", lambda: "Item" in _created(control))
    for least in (20, 160):
        killing.kill("export", lambda least=least: _created(control)["Invoice"] >= least)  # type: ignore[misc]
    for _ in range(2):
        mark = control.newest_number()
        killing.kill("acknowledge", lambda mark=mark: control.newest_number() > mark)  # type: ignore[misc]


def _ends_well(killing: Killing) -> str:
    """The end of the run; a person clears what is red, at most three times."""
    rest = killing.stack.rest
    for _ in range(3):
        ended = rest.wait(DAG, killing.run_id, seconds=400)
        if ended == "success":
            return ended
        red = [task.task_id for task in rest.task_instances(DAG, killing.run_id) if task.state == "failed"]
        rest.clear(DAG, killing.run_id, red)
    return rest.wait(DAG, killing.run_id, seconds=400)


def _created(control: SandboxControl) -> Counter[str]:
    return Counter(entry.entity for entry in control.journal() if entry.outcome == "created")


def _named(mishap: Mapping[str, Any]) -> tuple[str, str]:
    return f"{mishap['vendor']}/write", str(mishap["kind"])
