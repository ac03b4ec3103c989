"""The ledger for those who only look: they hold up no writer, and could not write if they wanted to."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event

from invoice_sync.ledger.database import Database


class ReadingDatabase(Database):
    """As Database; every transaction sees the ledger as it was at its start."""

    def _make(self) -> Engine:
        if not self.url.startswith("sqlite"):
            options = {"postgresql_readonly": True, "isolation_level": "REPEATABLE READ"}
            return create_engine(self.url, pool_pre_ping=True, hide_parameters=True, execution_options=options)
        engine = create_engine(self.url, connect_args={"timeout": 30}, hide_parameters=True)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin)
        return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("query_only=ON", "busy_timeout=30000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    """Deferred: a reader takes no lock from those who write (WAL)."""
    connection.exec_driver_sql("BEGIN")
