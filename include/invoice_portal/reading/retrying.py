"""What has to be cleared in Airflow so that a document in review is tried again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from invoice_sync.ledger.portions import portions
from invoice_sync.ledger.tables import DocumentRow, RunDocumentRow, RunRow
from invoice_sync.model import canonical
from invoice_sync.model.flow import Flow
from invoice_sync.steps.report import STEPS

LOOKED_AT = 40
"""Newest runs among which the one is looked for in which a document waits."""


@dataclass(frozen=True, slots=True)
class Retry:
    """Tasks of a run that are to be cleared with downstream."""

    dag_id: str
    run_id: str
    tasks: tuple[str, ...]


class Retrying:
    """Of one flow. A dry run delivers nothing, so it is never cleared for it."""

    def __init__(self, session: Session, flow: Flow) -> None:
        self._session, self._flow = session, flow
        query = select(RunRow).where(RunRow.flow == flow.name).order_by(RunRow.id.desc()).limit(LOOKED_AT)
        rows = session.scalars(query).all()
        options = {row.id: canonical.loads(row.options) for row in rows}
        self._runs = {row.id: row.run_id for row in rows if not options[row.id].get("dry_run")}
        self._whole = [key for key in self._runs if not (options[key].get("documents") or options[key].get("limit"))]

    def of_each(self, rows: Sequence[DocumentRow]) -> dict[int, Retry]:
        """By document id: its step in the newest run in which it waits."""
        newest = self._newest([row.id for row in rows])
        found: dict[int, Retry] = {}
        for row in rows:
            run = newest.get(row.id) or next(iter(self._whole), None)
            if run is not None and row.step in STEPS:
                found[row.id] = Retry(self._flow.name, self._runs[run], (row.step,))
        return found

    def of_many(self, ids: Sequence[int], steps: Sequence[str]) -> Retry | None:
        """One clearing for all: a run over everything takes up whatever waits in the flow."""
        waits_in = set(self._newest(ids, self._whole).values())
        run = max(waits_in, default=next(iter(self._whole), None))
        tasks = tuple(step for step in STEPS if step in steps)
        return Retry(self._flow.name, self._runs[run], tasks) if run is not None and tasks else None

    def _newest(self, ids: Sequence[int], runs: Sequence[int] | None = None) -> dict[int, int]:
        """By document: the newest run that dealt with it."""
        found: dict[int, int] = {}
        for portion in portions(ids):
            query = select(RunDocumentRow.document, RunDocumentRow.run).where(
                RunDocumentRow.run.in_(list(self._runs) if runs is None else runs), RunDocumentRow.document.in_(portion)
            )
            for document, run in self._session.execute(query):
                found[document] = max(run, found.get(document, 0))
        return found
