"""A night in which nothing changed, over a million known invoices.

The ledger holds a million delivered documents (inbox, intent, link, document each). The source offers all of them
again, as (id, stamp) pairs that are made as they are asked for, so that fetching them costs neither time nor memory
of ours; everything else is the real chain against the sandbox, all ten steps, in a process of its own.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import sqlite3

from house import House
from invoice_sync.connectors.base import Stub, StubPage
from invoice_sync.connectors.rootstock.connector import Rootstock
from invoice_sync.model.flow import RunOptions
from sandbox.server import Running, start_in_thread

PAGE = 2000
WATCHED = ("inbox", "intent", "xref")


@dataclass(frozen=True)
class Night:
    """`writes` at both vendors; `rows_changed` in inbox, intent and xref; `peak_mb` of the process that ran it."""

    rows: int
    seconds: float
    writes: int
    rows_changed: int
    peak_mb: float


def measure(rows: int) -> Night:
    """Fills a ledger, then lets another process run the night."""
    with tempfile.TemporaryDirectory() as folder, start_in_thread() as sandbox:
        House.reset(sandbox)
        house = House.build(sandbox, Path(folder), write_back="none")
        ledger = Path(folder) / "ledger.db"
        house.run()
        fill(ledger, rows)
        before = len(house.writes())
        told = _in_its_own_process(ledger, sandbox, rows)
        return Night(rows, told["seconds"], len(house.writes()) - before, touched(ledger), told["peak_mb"])


def fill(ledger: Path, rows: int) -> None:
    """Delivered and settled documents, as a year of nights would leave them; and a watch on what changes."""
    with closing(sqlite3.connect(ledger)) as connection:
        connection.execute("PRAGMA synchronous=OFF")
        for statement in _FILL:
            connection.execute(statement, {"rows": rows})
        connection.execute("CREATE TABLE touched (what TEXT)")
        for table in WATCHED:
            for verb in ("INSERT", "UPDATE", "DELETE"):
                connection.execute(
                    f"CREATE TRIGGER watch_{table}_{verb} AFTER {verb} ON {table} "
                    f"BEGIN INSERT INTO touched VALUES ('{table} {verb}'); END"
                )
        connection.commit()
        connection.execute("ANALYZE")


def touched(ledger: Path) -> int:
    with closing(sqlite3.connect(ledger)) as connection:
        return int(connection.execute("SELECT count(*) FROM touched").fetchone()[0])


def stub_id(number: int) -> str:
    return f"a6Y9z{number:010d}AAA"


def pages(rows: int) -> Iterator[StubPage]:
    """Made as they are asked for."""
    for first in range(0, rows, PAGE):
        stubs = (Stub(stub_id(number), "2026-10-01T00:00:00.000+0000/3") for number in range(first, min(first + PAGE, rows)))
        yield StubPage(tuple(stubs), "2026-10-01T00:00:00.000Z")


_NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :rows)"
_ID = "printf('a6Y9z%010dAAA', i)"
_AT = "'2026-10-01 00:00:00.000000'"
_FILL = (
    f"""{_NUMBERS} INSERT INTO inbox (company, source_vendor, entity, source_id, version, stamp, content_hash, content,
        seen_at) SELECT 'acme', 'rootstock', 'invoice', {_ID}, 1, '2026-10-01T00:00:00.000+0000/3', printf('%064x', i),
        '{{}}', {_AT} FROM n""",
    f"""{_NUMBERS} INSERT INTO document (flow, company, source_vendor, entity, source_id, inbox_id, version, stamp,
        content_hash, state, number, party, amount_minor, currency, step, cause, reason, cure, vendor_code, trace_id,
        blocked_on, needs, withdrawn, since) SELECT 'rootstock_to_quickbooks', 'acme', 'rootstock', 'invoice', {_ID}, 1, 1,
        '2026-10-01T00:00:00.000+0000/3', printf('%064x', i), 'settled', printf('N%09d', i), 'C-1', 1000, 'USD', '', '',
        '', '', '', '', '', '[]', '', {_AT} FROM n""",
    f"""{_NUMBERS} INSERT INTO intent (flow, company, source_vendor, entity, source_id, target_vendor, op, version,
        revision, document_id, state, number, amount_minor, currency, body, body_hash, wire_body, epoch, attempts, misses,
        created_at, done_at) SELECT 'rootstock_to_quickbooks', 'acme', 'rootstock', 'invoice', {_ID}, 'quickbooks',
        'create', 1, 1, (SELECT id FROM document WHERE flow = 'rootstock_to_quickbooks' AND entity = 'invoice' AND
        source_id = {_ID}), 'done', printf('N%09d', i), 1000, 'USD', '{{}}', '', '{{}}', 1, 1, 0, {_AT}, {_AT} FROM n""",
    f"""{_NUMBERS} INSERT INTO xref (company, source_vendor, entity, source_id, target_vendor, remote_id, remote_version,
        remote_number, rule, evidence, linked_by, linked_at) SELECT 'acme', 'rootstock', 'invoice', {_ID}, 'quickbooks',
        'R' || i, '0', printf('N%09d', i), 'created by us', '', 'delivery', {_AT} FROM n""",
)


def _in_its_own_process(ledger: Path, sandbox: Running, rows: int) -> dict[str, Any]:
    order = json.dumps({"ledger": str(ledger), "index": sandbox.index_url, "rows": rows})
    done = subprocess.run([sys.executable, "-m", "bench.night", order], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"the night failed:\n{done.stderr[-4000:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _run(order: dict[str, Any]) -> dict[str, Any]:
    """In the process of its own: the whole chain."""
    from types import SimpleNamespace

    from invoice_sync.ledger.database import Database
    from invoice_sync.orchestration.flows import load
    from house import FLOWS

    flow = load(FLOWS)[0].model_copy(update={"write_back": "none"})
    sandbox: Any = SimpleNamespace(index_url=order["index"])
    house = House(sandbox, Database(f"sqlite:///{order['ledger']}"), flow)

    def changed(_self: Rootstock, _position: str | None, _options: RunOptions) -> Iterator[StubPage]:
        return pages(order["rows"])

    Rootstock.changed = changed  # type: ignore[method-assign]
    started = time.perf_counter()
    outcome = house.run("night", full_sweep=True)
    seconds = time.perf_counter() - started
    extracted = outcome["extract"]
    assert extracted == {"read": order["rows"], "changed": 0}, extracted
    return {"seconds": round(seconds, 2), "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


if __name__ == "__main__":
    print(json.dumps(_run(json.loads(sys.argv[1]))))
