"""Engines and transactions. SQLite is the embedded default, PostgreSQL the real one; both behave alike here."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from invoice_sync.model.errors import LedgerAway, SettingsError

VARIABLE = "INVOICE_SYNC_DATABASE"


class Database:
    """One ledger. The engine is made at first use and anew in a forked child: a connection is no heirloom."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._engine: Engine | None = None
        self._inherited: list[Engine] = []
        self._pid = 0

    @classmethod
    def from_environment(cls) -> Database:
        """The ledger that INVOICE_SYNC_DATABASE names. Raises SettingsError when it names none."""
        url = os.environ.get(VARIABLE, "")
        if not url:
            raise SettingsError(
                f"The variable {VARIABLE} is not set, so there is no ledger to write to.",
                cure=f"Set {VARIABLE}, for example to sqlite:////var/lib/invoice_sync/ledger.db",
            )
        return cls(url)

    @property
    def engine(self) -> Engine:
        if self._engine is not None and self._pid != os.getpid():
            self._inherited.append(self._engine)  # the parent still talks over it: neither closed nor collected here
            self._engine = None
        if self._engine is None:
            self._engine, self._pid = self._make(), os.getpid()
        return self._engine

    def _make(self) -> Engine:
        return _engine(self.url)

    @contextmanager
    def transaction(self, lock: str = "") -> Iterator[Session]:
        """A session that commits at the end and rolls back on any exception. Never spans an HTTP call.

        Transactions with the same `lock` run one after the other, so that "look, then insert" is safe. SQLite
        has one writer anyway; PostgreSQL gets an advisory lock that ends with the transaction.
        """
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            if lock and self.engine.dialect.name == "postgresql":
                session.execute(select(func.pg_advisory_xact_lock(_lock_number(lock))))
            yield session

    def dispose(self) -> None:
        if self._engine is not None:
            self._engine.dispose()


@contextmanager
def told_when_away() -> Iterator[None]:
    """What the database could not do, in words. Raises LedgerAway for OperationalError."""
    try:
        yield
    except OperationalError as error:
        said = str(error.orig).lower()
        what, cure = next((told for sign, told in _AWAY.items() if sign in said), _AWAY[""])
        raise LedgerAway(
            f"The ledger {what}. Nothing is sent without it. What to do: {cure}, then clear this task."
        ) from error


_AWAY = {
    "locked": ("is held by another process", "find out which other program has the file open, and end it"),
    "readonly": ("is read-only", "give the user of Airflow the right to write the file and its folder"),
    "read-only": ("is read-only", "let the database take writes again"),
    "full": ("has no room left on its disk", "make room on it"),
    "no space": ("has no room left on its disk", "make room on it"),
    "unable to open": ("cannot be opened", f"compare {VARIABLE} with where the file is, and the rights on its folder"),
    "": ("does not answer", f"see that the database of {VARIABLE} is up"),
}


def _lock_number(name: str) -> int:
    """A signed 64-bit number for a name, the same in every process."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)


def _engine(url: str) -> Engine:
    if not url.startswith("sqlite"):
        return create_engine(url, pool_pre_ping=True, hide_parameters=True)
    engine = create_engine(url, connect_args={"timeout": 30}, hide_parameters=True)  # values are nobody's business
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_immediate)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    """Manual transactions (sqlite3 would begin DEFERRED and then fail to upgrade), WAL, and no lost commits."""
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=30000", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
