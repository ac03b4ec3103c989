"""The newest runs of a flow: how they ended, and what they stated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from invoice_sync.ledger.tables import RunRow, RunStepRow, StatementRow
from invoice_sync.model import canonical
from invoice_sync.steps.report import STEPS

SHOWN = 12


@dataclass(frozen=True, slots=True)
class Run:
    """`outcome`: "finished", "waits for a person", "stopped", "dry run" or "not ended"; `at`: the steps it is due to.

    `statement` is the newest body that report kept, None before.
    """

    run_id: str
    started_at: datetime
    is_dry: bool
    chosen: tuple[str, ...]
    outcome: str
    at: tuple[str, ...]
    statement: Mapping[str, Any] | None


def newest_runs(session: Session, flow: str) -> list[Run]:
    """Newest first."""
    query = select(RunRow).where(RunRow.flow == flow).order_by(RunRow.id.desc()).limit(SHOWN)
    rows = session.scalars(query).all()
    ids = [row.id for row in rows]
    steps = _steps(session, ids)
    statements = _statements(session, ids)
    return [_run(row, steps.get(row.id, {}), statements.get(row.id)) for row in rows]


def outcome(steps: Mapping[str, str], *, is_dry: bool) -> tuple[str, tuple[str, ...]]:
    """The word for a run by how its steps last ended, and which steps it is due to."""
    for word, ended in (("stopped", "stopped"), ("waits for a person", "review")):
        at = tuple(name for name in (*STEPS, "report") if steps.get(name) == ended)
        if at:
            return word, at
    if steps.get("report") != "done":
        return "not ended", tuple(name for name in (*STEPS, "report") if steps.get(name) == "started")
    return ("dry run" if is_dry else "finished"), ()


def _run(row: RunRow, steps: Mapping[str, str], statement: Mapping[str, Any] | None) -> Run:
    options = canonical.loads(row.options)
    is_dry = bool(options.get("dry_run"))
    word, at = outcome(steps, is_dry=is_dry)
    return Run(row.run_id, row.started_at, is_dry, tuple(options.get("documents") or ()), word, at, statement)


def _steps(session: Session, ids: list[int]) -> dict[int, dict[str, str]]:
    found: dict[int, dict[str, str]] = {}
    for row in session.scalars(select(RunStepRow).where(RunStepRow.run.in_(ids))):
        found.setdefault(row.run, {})[row.step] = row.outcome
    return found


def _statements(session: Session, ids: list[int]) -> dict[int, Mapping[str, Any]]:
    newest = select(func.max(StatementRow.id)).where(StatementRow.run.in_(ids)).group_by(StatementRow.run)
    rows = session.scalars(select(StatementRow).where(StatementRow.id.in_(newest)))
    return {row.run: canonical.loads(row.body) for row in rows}
