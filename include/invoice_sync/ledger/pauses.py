"""The vendor asked a company to wait: everybody of that company waits, in every process."""

from __future__ import annotations

from datetime import timedelta

from invoice_sync.ledger.database import Database
from invoice_sync.ledger.tables import PauseRow
from invoice_sync.model.ports import Binding, Clock


class LedgerQuota:
    """The Quota of one binding. Today it knows pauses; the published windows follow."""

    def __init__(self, database: Database, binding: Binding, clock: Clock) -> None:
        self._database, self._binding, self._clock = database, binding, clock

    def take(self, kind: str) -> float:
        """Seconds left of a pause, 0.0 when there is none. `kind` will name the window."""
        with self._database.transaction() as session:
            row = session.get(PauseRow, (self._binding.company, self._binding.vendor))
        return 0.0 if row is None else max(0.0, (row.until - self._clock.now()).total_seconds())

    def pause(self, seconds: float) -> None:
        until = self._clock.now() + timedelta(seconds=seconds)
        with self._database.transaction() as session:
            session.merge(PauseRow(company=self._binding.company, vendor=self._binding.vendor, until=until))
