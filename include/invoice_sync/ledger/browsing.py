"""The process log, page by page from its newest row, however many millions it holds.

Pages go by key, never by offset. What no index serves is looked for in windows of keys, newest first, for as long as
the caller has patience; a page then says from which key to look further. Days are turned into keys by bisection,
for the table only grows: no index on dates has to be kept for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import date, timedelta

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from invoice_sync.ledger.tables import ProcessLogRow

WINDOW = 50_000
"""Keys that are looked at in one query."""

EXACT = ("level", "login_user")
CONTAINED = ("action_type", "message", "endpoint_url", "description")


@dataclass(frozen=True, slots=True)
class LogFilter:
    """What is wanted of one flow's rows; what is empty or None is not asked for.

    `level`, `login_user` are equal, `log_time` is how the time begins; the other texts are contained, whatever their
    case. `since` and `until` are days of `log_date`, both included.
    """

    flow: str
    level: str = ""
    action_type: str = ""
    message: str = ""
    endpoint_url: str = ""
    description: str = ""
    login_user: str = ""
    since: date | None = None
    until: date | None = None
    log_time: str = ""
    run_id: str = ""
    document: int | None = None

    @property
    def is_narrow(self) -> bool:
        """An index leads to the few rows there are."""
        return bool(self.run_id) or self.document is not None

    def chosen(self) -> dict[str, str]:
        """What is asked for, as a query string has it; without the flow."""
        values = {field.name: getattr(self, field.name) for field in fields(self) if field.name != "flow"}
        return {name: str(value) for name, value in values.items() if value not in ("", None)}


@dataclass(frozen=True, slots=True)
class LogPage:
    """`older`: the key to go on from, None at the end. `looked_at`: the day up to which nothing more was found."""

    rows: Sequence[ProcessLogRow]
    older: int | None = None
    looked_at: str = ""


def page(
    session: Session,
    wanted: LogFilter,
    before: int | None,
    size: int,
    has_time: Callable[[], bool] = lambda: True,
    window: int = WINDOW,
) -> LogPage:
    """At most `size` rows older than the key `before`, newest first; fewer when there is no time left to look."""
    low, high = _bounds(session, wanted, before)
    found: list[ProcessLogRow] = []
    for start, end in _windows(low, high, high - low if wanted.is_narrow else window):
        query = _rows(wanted).where(ProcessLogRow.id >= start, ProcessLogRow.id < end)
        found += session.scalars(query.limit(size + 1 - len(found)))
        if len(found) > size:
            return LogPage(found[:size], found[size - 1].id)
        if start > low and not has_time():
            return LogPage(found, start, _day_at(session, start))
    return LogPage(found)


def _bounds(session: Session, wanted: LogFilter, before: int | None) -> tuple[int, int]:
    """Keys from, up to and not with: of the table, of what is older than `before`, and of the days wanted.

    A day of grace on either side: flows write the date of their own zones.
    """
    low, high = ends(session, ProcessLogRow.id)
    if wanted.since:
        low = max(low, _first_key_of(session, wanted.since - timedelta(days=1), low, high))
    if wanted.until:
        high = min(high, _first_key_of(session, wanted.until + timedelta(days=2), low, high))
    return low, high if before is None else min(high, before)


def ends(session: Session, key: InstrumentedAttribute[int]) -> tuple[int, int]:
    """The first key, and one more than the last. Two questions: SQLite answers both at once by walking the table."""
    return session.scalar(select(func.min(key))) or 1, (session.scalar(select(func.max(key))) or 0) + 1


def _first_key_of(session: Session, day: date, low: int, high: int) -> int:
    """The first key whose row is of this day or a later one; `high` when there is none."""
    while low < high:
        middle = (low + high) // 2
        if _day_at(session, middle) >= f"{day:%Y-%m-%d}":
            high = middle
        else:
            low = middle + 1
    return low


def _day_at(session: Session, key: int) -> str:
    """The date of the row with this key, or of the next one."""
    query = select(ProcessLogRow.log_date).where(ProcessLogRow.id >= key).order_by(ProcessLogRow.id).limit(1)
    return session.scalar(query) or "9999-12-31"


def _windows(low: int, high: int, width: int) -> Iterator[tuple[int, int]]:
    """From the newest keys to the oldest."""
    while high > low:
        start = max(low, high - width)
        yield start, high
        high = start


def _rows(wanted: LogFilter) -> Select[tuple[ProcessLogRow]]:
    """Newest first. What is narrow goes by its own index, everything else by the key: neither database knows better."""
    order = ProcessLogRow.id + 0 if wanted.is_narrow else ProcessLogRow.id
    return select(ProcessLogRow).where(*_conditions(wanted)).order_by(order.desc())


def _conditions(wanted: LogFilter) -> Iterator[ColumnElement[bool]]:
    flow = ProcessLogRow.flow
    # an expression has no index: SQLite would gather all rows of the flow, and sort them
    yield (flow if wanted.is_narrow else flow.concat("")) == wanted.flow
    for name in EXACT:
        if text := getattr(wanted, name):
            yield getattr(ProcessLogRow, name) == text
    for name in CONTAINED:
        if text := getattr(wanted, name):
            yield getattr(ProcessLogRow, name).icontains(text, autoescape=True)
    if wanted.log_time:
        yield ProcessLogRow.log_time.startswith(wanted.log_time, autoescape=True)
    if wanted.run_id:
        yield ProcessLogRow.run_id == wanted.run_id
    if wanted.document is not None:
        yield ProcessLogRow.document_id == wanted.document
    yield from _days(wanted)


def _days(wanted: LogFilter) -> Iterator[ColumnElement[bool]]:
    if wanted.since:
        yield ProcessLogRow.log_date >= f"{wanted.since:%Y-%m-%d}"
    if wanted.until:
        yield ProcessLogRow.log_date <= f"{wanted.until:%Y-%m-%d}"
