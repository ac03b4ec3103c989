"""The process log: append-only, in the columns that our users know from their log screen.

The database itself refuses to change or remove a row (migration 0002).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import insert
from sqlalchemy.orm import Session

from invoice_sync.ledger.scope import Scope, TaskRef
from invoice_sync.ledger.tables import ProcessLogRow, table_of
from invoice_sync.model import canonical


@dataclass(frozen=True, slots=True)
class Entry:
    """`message` is JSON data of numbers, ids and counts; never names, addresses, tokens or bodies.

    `document`: the ledger's id of the document that it is about.
    """

    level: str
    action_type: str
    message: object
    endpoint_url: str
    description: str
    document: int | None = None


def append(session: Session, scope: Scope, task: TaskRef, entries: Sequence[Entry], now: datetime) -> None:
    """Date and time are stored as people in the company's zone read them."""
    if entries:
        at = now.astimezone(ZoneInfo(scope.zone))
        shared = {
            "login_user": task.user, "log_date": f"{at:%Y-%m-%d}", "log_time": f"{at:%H:%M:%S}",
            "company": scope.company, "flow": scope.flow, "dag_id": task.dag_id, "run_id": task.run_id,
            "task_id": task.task_id, "map_index": task.map_index, "try_number": task.try_number,
        }  # fmt: skip
        # the table, not the class: an entry is written, and never looked at in the session that wrote it
        session.connection().execute(insert(table_of(ProcessLogRow)), [{**_own(entry), **shared} for entry in entries])


def _own(entry: Entry) -> dict[str, Any]:
    return {
        "level": entry.level, "action_type": entry.action_type, "message": canonical.dumps(entry.message),
        "endpoint_url": entry.endpoint_url, "description": entry.description, "document_id": entry.document,
    }  # fmt: skip
