"""Runs, what they dealt with, how far they read, and what they stated."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from invoice_sync.ledger.scope import Scope
from invoice_sync.ledger.tables import (
    BindingRow,
    CursorRow,
    DocumentRow,
    ReferenceRow,
    RunDocumentRow,
    RunRow,
    RunStepRow,
    StatementRow,
)
from invoice_sync.model import canonical
from invoice_sync.model.ports import Binding


def open_run(session: Session, scope: Scope, run_id: str, options: object, now: datetime) -> RunRow:
    """The row of an Airflow run, made at its first task."""
    query = select(RunRow).where(RunRow.flow == scope.flow, RunRow.run_id == run_id)
    row = session.scalars(query).one_or_none()
    if row is None:
        row = RunRow(
            flow=scope.flow, company=scope.company, run_id=run_id, options=canonical.dumps(options),
            started_at=now, checked_at=None,
        )  # fmt: skip
        session.add(row)
        session.flush()
    return row


def note(session: Session, run: int, rows: Iterable[DocumentRow], outcome: str) -> None:
    """This run dealt with these documents; the last task to do so decides the outcome word."""
    values = [{"run": run, "document": key, "outcome": outcome} for key in dict.fromkeys(row.id for row in rows)]
    if not values:
        return
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    statement = insert(RunDocumentRow)
    again = statement.on_conflict_do_update(
        index_elements=["run", "document"], set_={"outcome": statement.excluded.outcome}
    )
    session.execute(again, values)


def document_ids(session: Session, run: int) -> set[int]:
    """Ids of everything that a run dealt with."""
    return set(session.scalars(select(RunDocumentRow.document).where(RunDocumentRow.run == run)))


def documents_of(session: Session, run: int, entities: Sequence[str], **being: str) -> list[DocumentRow]:
    """The documents that a run dealt with, by number; of these only those that are so, such as `state="review"`."""
    query = (
        select(DocumentRow)
        .join(RunDocumentRow, RunDocumentRow.document == DocumentRow.id)
        .where(RunDocumentRow.run == run, DocumentRow.entity.in_(entities))
        .where(*(getattr(DocumentRow, name) == value for name, value in being.items()))
    )
    return list(session.scalars(query.order_by(DocumentRow.number, DocumentRow.id)))


def mark_step(session: Session, run: int, step: str, outcome: str, now: datetime) -> None:
    session.merge(RunStepRow(run=run, step=step, outcome=outcome, at=now))


def steps_of(session: Session, run: int) -> dict[str, str]:
    """How each step of the run last ended, by step."""
    return {row.step: row.outcome for row in session.scalars(select(RunStepRow).where(RunStepRow.run == run))}


def cursor(session: Session, scope: Scope, stream: str) -> str | None:
    row = session.get(CursorRow, (scope.flow, stream))
    return row.position if row else None


def move_cursor(session: Session, scope: Scope, stream: str, position: str, now: datetime) -> None:
    """In the transaction of the page that it covers: a cursor is never ahead of the inbox."""
    session.merge(CursorRow(flow=scope.flow, stream=stream, position=position, moved_at=now))


def forget_cursor(session: Session, scope: Scope, stream: str) -> None:
    """The next run reads from the beginning."""
    session.execute(delete(CursorRow).where(CursorRow.flow == scope.flow, CursorRow.stream == stream))


def keep_statement(session: Session, run: int, body: object, now: datetime) -> None:
    session.add(StatementRow(run=run, made_at=now, body=canonical.dumps(body)))


def last_statement(session: Session, flow: str, run_id: str | None) -> dict[str, Any] | None:
    """The newest statement of a run, or of the flow's newest run that has one."""
    query = select(StatementRow.body).join(RunRow, RunRow.id == StatementRow.run).where(RunRow.flow == flow)
    if run_id is not None:
        query = query.where(RunRow.run_id == run_id)
    body = session.scalars(query.order_by(StatementRow.id.desc()).limit(1)).first()
    return None if body is None else dict(canonical.loads(body))


def bind(session: Session, binding: Binding, name: str, now: datetime) -> None:
    """Notes that this tenant answered for this company."""
    session.merge(
        BindingRow(
            company=binding.company,
            vendor=binding.vendor,
            tenant_id=binding.tenant,
            tenant_name=name,
            verified_at=now,
        )
    )


def bound_tenant(session: Session, binding: Binding) -> str | None:
    row = session.get(BindingRow, (binding.company, binding.vendor))
    return row.tenant_id if row else None


def keep_reference(session: Session, binding: Binding, kind: str, body: object, now: datetime) -> None:
    session.merge(
        ReferenceRow(company=binding.company, vendor=binding.vendor, kind=kind, body=canonical.dumps(body), read_at=now)
    )


def reference(session: Session, binding: Binding, kind: str) -> dict[str, Any] | None:
    """What was kept under `kind`, None if nothing was."""
    row = session.get(ReferenceRow, (binding.company, binding.vendor, kind))
    return dict(canonical.loads(row.body)) if row else None
