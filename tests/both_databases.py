"""Everything that touches the ledger is tested on SQLite and on PostgreSQL: a folder imports these two names.

A test about SQLite itself carries the marker `sqlite_only`.
"""

from __future__ import annotations

import gc
import warnings
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from delivering import forget_ledgers, ledgers_are
from invoice_sync.ledger import database


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    alone = metafunc.definition.get_closest_marker("sqlite_only")
    metafunc.parametrize("ledger_kind", ["sqlite"] if alone else ["sqlite", "postgresql"], indirect=True)


@pytest.fixture(autouse=True)
def ledger_kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Which database `new_ledger` makes in this test. Every engine that it opens is closed behind it."""
    opened: list[Engine] = []
    make = database._engine

    def noted(url: str) -> Engine:
        opened.append(make(url))
        return opened[-1]

    monkeypatch.setattr(database, "_engine", noted)
    kind = str(request.param)
    with ledgers_are(kind):
        yield kind
    for engine in opened:
        engine.dispose()
    if kind == "postgresql":
        _collect()
    forget_ledgers()


def _collect() -> None:
    """A process that a test "kills" leaves its connection to the garbage collector, which would complain later."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()
