"""Records by when they were changed, in closed slices of time of which each fits into one answer.

Lists have no order, so a page after another page of a set that moves may skip a record. Nothing is paged here: a
slice that does not fit is halved at the middle of what it showed, oldest part first.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from invoice_sync.connectors.acumatica.client import Client
from invoice_sync.connectors.acumatica.look import Look
from invoice_sync.connectors.acumatica.mapping import moment
from invoice_sync.connectors.base import Json

FULL = 500
"""Rows an answer; the manual names no limit, and a list of head fields of this size is light."""

_TICK = timedelta(milliseconds=1)
EPOCH = datetime(1990, 1, 1, tzinfo=UTC)


def slices(
    client: Client, entity: str, look: Look, after: datetime, until: datetime, also: str = ""
) -> Iterator[list[Json]]:
    """Rows of each slice by their stamp; every row changed after `after` comes, and no later slice has older ones."""
    waiting = [(after, until)]
    while waiting:
        low, high = waiting.pop()
        condition = f"{_within(low, high)} and ({also})" if also else _within(low, high)
        rows = client.rows(entity, condition, look, top=FULL)
        if len(rows) >= FULL:
            middle = _middle(rows, low, high)
            if middle is not None:
                waiting += [(middle, high), (low, middle)]
                continue
            rows = client.rows(entity, condition, look)  # all of one moment: it cannot be halved
        yield sorted(rows, key=moment)


def _middle(rows: list[Json], low: datetime, high: datetime) -> datetime | None:
    stamps = sorted(moment(row) for row in rows)
    found = stamps[len(stamps) // 2]
    for each in (found, found - _TICK):
        if low < each < high:
            return each
    return None


def _within(low: datetime, high: datetime) -> str:
    """Always with an offset: without one a filter is read in the user's own time zone."""
    return f"LastModifiedDateTime gt {_literal(low)} and LastModifiedDateTime le {_literal(high)}"


def _literal(value: datetime) -> str:
    return f"datetimeoffset'{value.astimezone(UTC).isoformat(timespec='milliseconds')}'"
