"""Two processes, 20,000 ledger transactions each, on one SQLite file: how often is the database locked?

`make faults` runs it; by hand: `PYTHONPATH=tests .venv/bin/python -m faults.locks`. Exit 0 only if never.
"""

from __future__ import annotations

import json
import multiprocessing
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.exc import OperationalError

from invoice_sync.ledger import migrate
from invoice_sync.ledger.database import Database
from invoice_sync.ledger.tables import LeaseRow

PROCESSES, TRANSACTIONS = 2, 20_000


def hammer(url: str, name: str, answers: multiprocessing.Queue[Counter[str]]) -> None:
    """One process: many small transactions, each a read and a write of its own and of the common row."""
    database, seen = Database(url), Counter[str]()
    for _ in range(TRANSACTIONS):
        try:
            with database.transaction(lock="count") as session:
                session.get_one(LeaseRow, "common").epoch += 1
                session.get_one(LeaseRow, name).epoch += 1
            seen["done"] += 1
        except OperationalError as error:
            seen[str(error.orig)] += 1
    database.dispose()
    answers.put(seen)


def measure(folder: Path) -> dict[str, object]:
    """The figure, and the count that the database itself shows at the end."""
    url = f"sqlite:///{folder}/ledger.db"
    database = Database(url)
    migrate.upgrade(database)
    names = [f"process {n}" for n in range(PROCESSES)]
    with database.transaction() as session:
        session.add_all(LeaseRow(name=name, owner="", epoch=0, until=datetime.now(UTC)) for name in ("common", *names))
    database.dispose()
    context = multiprocessing.get_context("spawn")
    answers: multiprocessing.Queue[Counter[str]] = context.Queue()
    started = time.monotonic()
    workers = [context.Process(target=hammer, args=(url, name, answers)) for name in names]
    for worker in workers:
        worker.start()
    total: Counter[str] = sum((answers.get() for _ in workers), Counter())
    for worker in workers:
        worker.join()
    with database.transaction() as session:
        counted = session.get_one(LeaseRow, "common").epoch
    database.dispose()
    return {"transactions": total.pop("done"), "errors": dict(total), "counted": counted,
            "seconds": round(time.monotonic() - started, 1)}  # fmt: skip


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        found = measure(Path(folder))
    print(json.dumps(found))
    return 0 if not found["errors"] and found["counted"] == PROCESSES * TRANSACTIONS else 1


if __name__ == "__main__":
    sys.exit(main())
