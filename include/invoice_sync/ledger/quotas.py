"""A vendor's published windows, shared by every thread, process and machine that calls for one tenant.

Each window is a sliding log of the calls taken, so that no stretch of its length ever holds more than our share.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from invoice_sync.ledger.database import Database
from invoice_sync.ledger.tables import PauseRow, QuotaRow, table_of
from invoice_sync.model import canonical
from invoice_sync.model.ports import Binding, Clock, Window

LATENESS = 1.0
"""Seconds by which one call may be later on its way than another; of short windows a tenth."""


class LedgerQuota:
    """The Quota of one binding. `share` of every window is ours; the rest is left to other apps."""

    def __init__(
        self, database: Database, binding: Binding, windows: Sequence[Window], share: float, clock: Clock
    ) -> None:
        self._database, self._binding, self._clock = database, binding, clock
        self._windows, self._share = tuple(windows), share

    @property
    def _lock(self) -> str:
        return f"quota/{self._binding.vendor}/{self._binding.tenant}"

    def take(self, kind: str) -> float:
        """0.0 when a call of `kind` may go now (it is counted), else the seconds until it makes sense to ask again."""
        now = self._clock.now()
        with self._database.transaction(lock=self._lock) as session:
            if (paused := self._paused(session, now)) > 0:
                return paused
            windows = [window for window in self._windows if not window.kinds or kind in window.kinds]
            logs = {window: self._recent(session, window, now) for window in windows}
            wait = max((self._wait(window, log, now) for window, log in logs.items()), default=0.0)
            if wait <= 0:
                self._count(session, logs, now)
            return wait

    def pause(self, seconds: float) -> None:
        """The vendor said 429. A longer pause that somebody else was told stays."""
        until = self._clock.now() + timedelta(seconds=seconds)
        mine = self._binding.company, self._binding.vendor
        with self._database.transaction(lock=self._lock) as session:
            before = session.get(PauseRow, mine, with_for_update=True)
            if before is None or before.until < until:
                session.merge(PauseRow(company=mine[0], vendor=mine[1], until=until))

    def paused(self) -> float:
        with self._database.transaction() as session:
            return self._paused(session, self._clock.now())

    def _paused(self, session: Session, now: datetime) -> float:
        whose = {"company": self._binding.company, "vendor": self._binding.vendor}
        until = session.connection().execute(_PAUSED_UNTIL, whose).scalar()
        return max(0.0, (until - now).total_seconds()) if until is not None else 0.0

    def _recent(self, session: Session, window: Window, now: datetime) -> list[int]:
        row = session.get(QuotaRow, self._key(window), with_for_update=True)
        since = _milliseconds(now) - _span(window)
        return [at for at in canonical.loads(row.taken) if at > since] if row else []

    def _wait(self, window: Window, log: Sequence[int], now: datetime) -> float:
        allowed = max(1, int(window.limit * self._share))
        if len(log) < allowed:
            return 0.0
        return (log[-allowed] + _span(window) - _milliseconds(now) + 1) / 1000

    def _count(self, session: Session, logs: dict[Window, list[int]], now: datetime) -> None:
        for window, log in logs.items():
            vendor, tenant, name = self._key(window)
            taken = canonical.dumps([*log, _milliseconds(now) + 1])  # rounded up: never forgotten too early
            session.merge(QuotaRow(vendor=vendor, tenant=tenant, name=name, taken=taken))

    def _key(self, window: Window) -> tuple[str, str, str]:
        return self._binding.vendor, self._binding.tenant, window.name


_PAUSE = table_of(PauseRow).c
_PAUSED_UNTIL = select(_PAUSE.until).where(_PAUSE.company == bindparam("company"), _PAUSE.vendor == bindparam("vendor"))


def _span(window: Window) -> int:
    """Milliseconds. A call is counted here when it is taken and over there when it arrives, one later than another;
    without a little more than the published length a slow call and a quick one would end up in one window there."""
    return int((window.seconds + min(LATENESS, window.seconds / 10)) * 1000)


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)
