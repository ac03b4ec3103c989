"""The process log: append-only, in the columns that our users know from their log screen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert
from sqlalchemy.orm import Session

from invoice_sync.ledger.scope import Scope, TaskRef
from invoice_sync.ledger.tables import ProcessLogRow
from invoice_sync.model import canonical


@dataclass(frozen=True, slots=True)
class Entry:
    """`message` is JSON data of numbers, ids and counts; never names, addresses, tokens or bodies."""

    level: str
    action_type: str
    message: object
    endpoint_url: str
    description: str


def append(session: Session, scope: Scope, task: TaskRef, entry: Entry, at: datetime) -> None:
    """`at` is a time in the company's zone; date and time are stored as people there read them."""
    session.execute(
        insert(ProcessLogRow).values(
            level=entry.level, action_type=entry.action_type, message=canonical.dumps(entry.message),
            endpoint_url=entry.endpoint_url, description=entry.description, login_user=task.user,
            log_date=f"{at:%Y-%m-%d}", log_time=f"{at:%H:%M:%S}", company=scope.company, flow=scope.flow,
            dag_id=task.dag_id, run_id=task.run_id, task_id=task.task_id, map_index=task.map_index,
            try_number=task.try_number,
        )
    )  # fmt: skip
