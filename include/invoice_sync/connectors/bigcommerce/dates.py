"""Dates as moments, such that the store shows the date that is meant; pure.

The buyer's portal adds the store's own offset from UTC to a moment and shows the date of the sum, wherever the browser
is; an invoice turns red once its due moment is over, not its day (bigcommerce/b2b-buyer-portal, utils/b3DateFormat and
pages/Invoice). So the due moment is late in the store's day, and the day of issue early in it.
"""

from __future__ import annotations

import datetime
from datetime import UTC

DUE_HOUR, ISSUE_HOUR = 22, 2
"""Of the store's standard time; two hours from midnight, for daylight saving moves the store's offset by one."""

HOUR_WITHOUT_ZONE = 10
"""Of UTC: the same date anywhere from UTC-10 (Hawaii) to UTC+13 (New Zealand in summer)."""

_FARTHEST = 14 * 3600


def due_moment(day: datetime.date, offset: int | None) -> int:
    """Unix seconds. `offset`: of the store's standard time from UTC in seconds, None where that is unknown."""
    return _moment(day, offset, DUE_HOUR)


def issue_moment(day: datetime.date, offset: int | None) -> int:
    """Unix seconds of the day on which the document was issued."""
    return _moment(day, offset, ISSUE_HOUR)


def shown(seconds: int) -> str:
    """A moment as people and comparisons read it: "2026-01-31 22:00 UTC"; as a number where it is no moment."""
    try:
        return f"{datetime.datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC"
    except (ValueError, OverflowError, OSError):
        return str(seconds)


def plausible(offset: object) -> int | None:
    """An offset that a clock can have; None for anything else."""
    known = isinstance(offset, int) and not isinstance(offset, bool) and abs(offset) <= _FARTHEST
    return int(str(offset)) if known else None


def _moment(day: datetime.date, offset: int | None, hour: int) -> int:
    midnight = int(datetime.datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
    return midnight + (HOUR_WITHOUT_ZONE * 3600 if offset is None else hour * 3600 - offset)
