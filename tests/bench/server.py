"""The sandbox as a process of its own, for benchmarks: what `python -m sandbox` serves, and four things more.

Orders come as JSON lines on standard input, each is answered by one JSON line:
{"do": "load", "invoices": 1000, "first": 600001}   new invoices at Rootstock, of customers and products that are there
{"do": "mark"}                                      remembers what both vendors hold
{"do": "restore"}                                   puts back what they held then; sign-ins stay as they are
{"do": "pace", "factor": 5}                         the sandbox's clock and its service times run so much faster
{"do": "created"}                                   when each invoice was created, in seconds of the sandbox's clock
"""

from __future__ import annotations

import asyncio
import copy
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sandbox import server as serving
from sandbox.journal import Journal
from sandbox.server import Sandbox
from sandbox.world import Clock

TESTS = Path(__file__).parents[1]


class PacedClock(Clock):
    """Runs `factor` times as fast as real time, from when it is made."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor
        self._began = datetime.now(UTC)

    def now(self) -> datetime:
        past = super().now() - self._began
        return self._began + past * self.factor


@dataclass
class TimedJournal(Journal):
    """Knows besides when every invoice was created."""

    clock: Clock
    created: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def record(self, vendor: str, tenant: str, entity: str, operation: str, key: str, *rest: Any) -> None:
        super().record(vendor, tenant, entity, operation, key, *rest)
        if entity == "Invoice" and "created" in rest:
            self.created.append(self.clock.now().timestamp())

    def clear(self) -> None:
        super().clear()
        self.created = []


class Orders:
    """Carries out what comes on standard input; in the loop that serves, so that nothing happens meanwhile."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox, self._marked = sandbox, b""
        self._held: dict[str, Any] = {}
        self._journal = TimedJournal(sandbox.world.clock)
        sandbox.world.journal = self._journal

    def carry_out(self, order: dict[str, Any]) -> object:
        what: Callable[..., object] = getattr(self, f"_{order.pop('do')}")
        return what(**order)

    def _load(self, invoices: int, first: int) -> int:
        vendor: Any = self._sandbox.vendors["salesforce"]
        return len(vendor.loader().invoices(invoices, first=first, since=datetime.now(UTC)))

    def _mark(self) -> bool:
        source, target = self._vendors()
        self._held = copy.deepcopy({"tables": source._office.org._tables, "companies": target._companies})
        return True

    def _restore(self) -> bool:
        """In place, for the vendors' parts hold on to these objects. An id that was given is not given again."""
        source, target = self._vendors()
        held = copy.deepcopy(self._held)
        for name, table in source._office.org._tables.items():
            held["tables"][name].numbered = table.numbered
        for realm, company in target._companies.items():
            held["companies"][realm]._last_id = company._last_id
        for there, kept in ((source._office.org._tables, held["tables"]), (target._companies, held["companies"])):
            there.clear()
            there.update(kept)
        target._limiter.clear()
        self._journal.clear()
        return True

    def _pace(self, factor: float) -> bool:
        clock = PacedClock(factor)
        self._sandbox.world.clock = self._journal.clock = clock
        return True

    def _created(self) -> list[float]:
        return self._journal.created

    def _vendors(self) -> tuple[Any, Any]:
        return self._sandbox.vendors["salesforce"], self._sandbox.vendors["quickbooks"]


async def serve() -> None:
    """Until standard input ends."""
    sandbox = Sandbox.build("demo", 1, "127.0.0.1")
    orders, stop, loop = Orders(sandbox), asyncio.Event(), asyncio.get_running_loop()

    async def obey() -> None:
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            print(json.dumps(orders.carry_out(json.loads(line))), flush=True)
        stop.set()

    def ready() -> None:
        print(json.dumps(sandbox.index_url), flush=True)

    obeying = asyncio.create_task(obey())
    await serving.run(sandbox, {}, 0, stop, ready)
    await obeying


class Server:
    """That process, seen from outside. Stands in for `sandbox.server.Running` where only the address counts."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "bench.server"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=TESTS)
        self.pid = self._process.pid
        self.index_url: str = self._answer()

    def load(self, invoices: int, first: int) -> None:
        self._order(do="load", invoices=invoices, first=first)

    def mark(self) -> None:
        self._order(do="mark")

    def restore(self) -> None:
        self._order(do="restore")

    def pace(self, factor: float) -> None:
        self._order(do="pace", factor=factor)

    def created(self) -> list[float]:
        """When each invoice was created, in seconds of the sandbox's clock."""
        found: list[float] = self._order(do="created")
        return found

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait(30)
        if self._process.stdout is not None:
            self._process.stdout.close()

    def _order(self, **order: object) -> Any:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the sandbox ended with {self._process.wait()}")
        return json.loads(line)


if __name__ == "__main__":
    asyncio.run(serve())
