"""The product in a process of its own: some steps of the chain, each with its time and what it cost.

`python -m bench.worker '{"ledger": ..., "index": ..., "server": pid, "steps": ["plan", "export"], ...}'` prints one
JSON line: by step {"seconds", "cpu_seconds", "server_busy", "counts"}.
"""

from __future__ import annotations

import cProfile
import json
import logging
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import psutil

from house import FLOWS, House
from invoice_sync.connectors import registry
from invoice_sync.ledger.database import Database
from invoice_sync.model.errors import StillUncertain, TryLater
from invoice_sync.model.ports import SystemClock
from invoice_sync.orchestration.flows import load
from invoice_sync.steps.wiring import Login

MOST_RETURNS = 20

TESTS = Path(__file__).parents[1]
TIMING = {
    "send_window_seconds": 10, "server_seconds": 1, "index_lag_seconds": 0, "slack_seconds": 5,
    "connect_timeout_seconds": 5, "read_timeout_seconds": 60,
}  # fmt: skip


class PacedClock(SystemClock):
    """Real time, `factor` times as fast; sleeping is shorter by as much."""

    def __init__(self, factor: float = 1.0) -> None:
        self.factor = factor
        self._began, self._since = datetime.now(UTC), time.monotonic()

    def now(self) -> datetime:
        return self._began + timedelta(seconds=self.monotonic() - self._since)

    def monotonic(self) -> float:
        return self._since + (time.monotonic() - self._since) * self.factor

    def sleep(self, seconds: float) -> None:
        time.sleep(max(0.0, seconds) / self.factor)


@dataclass(frozen=True)
class Order:
    """`server`: the sandbox's process id. `options` override the flow's own, `flow` its other fields."""

    ledger: str
    index: str
    server: int
    steps: Sequence[str]
    run: str = "run-1"
    flow: dict[str, Any] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    windows: bool = False
    """Whether the vendors' published windows hold us up."""

    pace: float = 1.0
    """How many times faster than real the product's clock runs."""

    profile: str = ""
    """A file that takes the profile; what is measured under a profiler is no figure."""


@dataclass
class Meter:
    """Wall time, CPU of this process and its children, and how busy the server was meanwhile (1.0 is one core)."""

    seconds: float = 0.0
    cpu_seconds: float = 0.0
    server_busy: float = 0.0


@contextmanager
def metered(server: int) -> Iterator[Meter]:
    """Filled in at the end."""
    meter, process = Meter(), psutil.Process(server)
    started, ours, theirs = time.perf_counter(), _cpu_of_ours(), _cpu_of(process)
    yield meter
    meter.seconds = time.perf_counter() - started
    meter.cpu_seconds = _cpu_of_ours() - ours
    meter.server_busy = (_cpu_of(process) - theirs) / max(meter.seconds, 1e-9)


def run(order: Order) -> dict[str, Any]:
    """In a process of its own. Raises RuntimeError when that process, or a step, did not go well."""
    command = [sys.executable, "-m", "bench.worker", json.dumps(asdict(order))]
    return run_alone(command)


def run_alone(command: Sequence[str]) -> dict[str, Any]:
    """The last line of what a command prints, as JSON."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=TESTS, env=dict(os.environ))
    if done.returncode:
        raise RuntimeError(f"{command[2]} failed:\n{done.stderr[-4000:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def work(order: Order) -> dict[str, Any]:
    """The steps, in this process."""
    house, found = _house(order), {}
    with nullcontext() if order.windows else patch.dict(registry.LIMITS, clear=True), _profiled(order.profile):
        for step in order.steps:
            with metered(order.server) as meter:
                counts, returns = _to_its_end(house, step, order.run)
            found[step] = {**asdict(meter), "counts": dict(counts), "returns": returns}
    return found


@contextmanager
def _profiled(into: str) -> Iterator[None]:
    if not into:
        yield
        return
    with cProfile.Profile() as profile:
        yield
    profile.dump_stats(into)


def _to_its_end(house: House, step: str, run: str) -> tuple[Mapping[str, int], int]:
    """As Airflow does it: a task that was asked to wait comes back. Its counts, and how often it came back."""
    for returns in range(MOST_RETURNS):
        try:
            return house.step(step, run, rescheduled=returns > 0), returns
        except StillUncertain as error:
            house.clock.sleep((error.until - house.clock.now()).total_seconds())
        except TryLater as error:
            house.clock.sleep(error.wait or 1.0)
    raise RuntimeError(f"{step} was asked to wait {MOST_RETURNS} times")


class Ready(House):
    """Asks the sandbox for its addresses and demo passwords once, before any clock starts."""

    @cached_property
    def logins(self) -> dict[str, Login]:  # type: ignore[override]
        found: dict[str, Login] = House.logins.fget(self)  # type: ignore[attr-defined]
        return found


def _house(order: Order) -> House:
    """With everything imported, as it is for the peers when their clock starts."""
    for module in (*registry.SOURCES.values(), *registry.DESTINATIONS.values(), "invoice_sync.steps.chain"):
        import_module(module)
    flow = load(FLOWS)[0]
    flow = flow.model_copy(update={"options": flow.options.model_copy(update=order.options), **order.flow})
    address: Any = SimpleNamespace(index_url=order.index)
    clock: Any = PacedClock(order.pace)
    house = Ready(address, Database(f"sqlite:///{order.ledger}"), flow, dict(TIMING), clock=clock)
    assert house.logins
    return house


def _cpu_of_ours() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def _cpu_of(process: psutil.Process) -> float:
    used = process.cpu_times()
    return float(used.user + used.system)


def main() -> int:
    logging.disable(logging.CRITICAL)
    print(json.dumps(work(Order(**json.loads(sys.argv[1])))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
