"""The process log is closed to changes on both databases."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from delivering import new_ledger
from invoice_sync.ledger import process_log
from invoice_sync.ledger.database import Database
from invoice_sync.ledger.process_log import Entry
from invoice_sync.ledger.scope import Scope, TaskRef
from invoice_sync.ledger.tables import ProcessLogRow
from invoice_sync.model.ports import SystemClock

STATEMENTS = ("UPDATE process_log SET level = 'DEBUG'", "DELETE FROM process_log")


def test_nobody_changes_or_removes_what_was_logged(tmp_path: Path) -> None:
    database = Database(new_ledger(tmp_path))
    scope, task = Scope("flow", "acme", "rootstock", "quickbooks"), TaskRef("flow", "run-1", "export", 1, user="me")
    with database.transaction() as session:
        process_log.append(session, scope, task, [Entry("INFO", "A", {}, "b", "c")], SystemClock().now())

    for statement in STATEMENTS:
        with pytest.raises(SQLAlchemyError, match="append-only"), database.transaction() as session:
            session.execute(text(statement))

    with database.transaction() as session:
        assert session.scalar(select(func.count()).where(ProcessLogRow.level == "INFO")) == 1
    database.dispose()
