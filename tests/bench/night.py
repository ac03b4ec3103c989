"""A night in which nothing changed, over a million known invoices.

The ledger holds a million delivered documents (inbox, intent, link, document each). The source offers all of them
again, as (id, stamp) pairs that are made as they are asked for, so that fetching them costs neither time nor memory
of ours; everything else is the real chain against the sandbox, all ten steps, in a process of its own.
"""

from __future__ import annotations

import json
import resource
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from bench.server import Server
from bench.worker import metered, run_alone
from house import House
from invoice_sync.connectors.base import Stub, StubPage
from invoice_sync.connectors.rootstock.connector import Rootstock
from invoice_sync.model.flow import RunOptions

PAGE = 2000
FILL = Path(__file__).with_name("delivered_before.sql")
WATCHED = ("inbox", "intent", "xref")


@dataclass(frozen=True)
class Night:
    """`writes` at both vendors; `rows_changed` in inbox, intent and xref; `peak_mb` of the process that ran it;
    `idle`: the share of the time in which the sandbox did nothing.

    `seconds` are wall time without the making of the pairs, which stands for fetching them."""

    rows: int
    seconds: float
    cpu_seconds: float
    writes: int
    rows_changed: int
    peak_mb: float
    idle: float


def measure(rows: int) -> Night:
    """Fills a ledger, then lets another process run the night."""
    with tempfile.TemporaryDirectory() as folder, Server() as server:
        sandbox: Any = server
        House.reset(sandbox)
        house = House.build(sandbox, Path(folder), write_back="none")
        ledger = Path(folder) / "ledger.db"
        house.run()
        fill(ledger, rows)
        before = len(house.writes())
        told = _in_its_own_process(ledger, server, rows)
        return Night(
            rows, told["seconds"], told["cpu_seconds"], len(house.writes()) - before, touched(ledger), told["peak_mb"],
            round(1 - told["server_busy"], 3),
        )  # fmt: skip


def fill(ledger: Path, rows: int, *, watched: bool = True) -> None:
    """`rows` delivered and settled documents, as a year of nights would leave them; and a watch on what changes."""
    with closing(sqlite3.connect(ledger)) as connection:
        connection.execute("PRAGMA synchronous=OFF")
        for statement in FILL.read_text().split(";"):
            connection.execute(statement, {"rows": rows} if ":rows" in statement else {})
        if watched:
            _watch(connection)
        connection.commit()


def _watch(connection: sqlite3.Connection) -> None:
    connection.execute("CREATE TABLE touched (what TEXT)")
    for table in WATCHED:
        for verb in ("INSERT", "UPDATE", "DELETE"):
            connection.execute(
                f"CREATE TRIGGER watch_{table}_{verb} AFTER {verb} ON {table} "
                f"BEGIN INSERT INTO touched VALUES ('{table} {verb}'); END"
            )


def touched(ledger: Path) -> int:
    with closing(sqlite3.connect(ledger)) as connection:
        return int(connection.execute("SELECT count(*) FROM touched").fetchone()[0])


def stub_id(number: int) -> str:
    return f"a6Y9z{number:010d}AAA"


def pages(rows: int) -> Iterator[StubPage]:
    """Made as they are asked for."""
    for first in range(0, rows, PAGE):
        last = min(first + PAGE, rows)
        stubs = tuple(Stub(stub_id(number), "2026-10-01T00:00:00.000+0000/3") for number in range(first, last))
        yield StubPage(stubs, "2026-10-01T00:00:00.000Z")


@dataclass
class Stopwatch:
    """Hands pages on, and knows how long the making of them took."""

    seconds: float = 0.0

    def around(self, made: Iterator[StubPage]) -> Iterator[StubPage]:
        while True:
            started = time.perf_counter()
            page = next(made, None)
            self.seconds += time.perf_counter() - started
            if page is None:
                return
            yield page


def _in_its_own_process(ledger: Path, server: Server, rows: int) -> dict[str, Any]:
    order = {"ledger": str(ledger), "index": server.index_url, "rows": rows, "server": server.pid}
    return run_alone([sys.executable, "-m", "bench.night", json.dumps(order)])


def _run(order: dict[str, Any]) -> dict[str, Any]:
    """In the process of its own: the whole chain."""
    from types import SimpleNamespace

    from house import FLOWS
    from invoice_sync.ledger.database import Database
    from invoice_sync.orchestration.flows import load

    flow = load(FLOWS)[0].model_copy(update={"write_back": "none"})
    sandbox: Any = SimpleNamespace(index_url=order["index"])
    house = House(sandbox, Database(f"sqlite:///{order['ledger']}"), flow)

    making = Stopwatch()

    def changed(_self: Rootstock, _position: str | None, _options: RunOptions) -> Iterator[StubPage]:
        return making.around(pages(order["rows"]))

    with patch.object(Rootstock, "changed", changed), metered(order["server"]) as meter:
        outcome = house.run("night", full_sweep=True)
    seconds, busy = meter.seconds - making.seconds, meter.cpu_seconds - making.seconds
    extracted = outcome["extract"]
    assert extracted == {"read": order["rows"], "changed": 0}, extracted
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {
        "seconds": round(seconds, 2),
        "cpu_seconds": round(busy, 2),
        "peak_mb": round(peak, 1),
        "server_busy": meter.server_busy,
    }


if __name__ == "__main__":
    print(json.dumps(_run(json.loads(sys.argv[1]))))
