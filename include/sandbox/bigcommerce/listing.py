"""Pages, order and filters of the B2B lists. Query parameters that are not known are ignored."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from sandbox.bigcommerce import errors
from sandbox.bigcommerce.call import Call, Page
from sandbox.bigcommerce.wire import Record, whole_of

USUAL_LIMIT, MOST = 10, 250
Rows = list[Record]


def page(call: Call, rows: Rows, most: int = MOST, flat: bool = False) -> Page:
    """The part that offset and limit ask for; 413 above the highest limit."""
    offset, limit = bounds(call, most)
    return Page(rows[offset : offset + limit], len(rows), limit, offset, flat)


def bounds(call: Call, most: int) -> tuple[int, int]:
    """offset and limit, checked."""
    offset, limit = _whole(call, "offset", 0), _whole(call, "limit", USUAL_LIMIT)
    edge = 1 if call.settings.exclusive_bounds and most == MOST else 0
    if offset < 0 or limit < 1 + edge:
        name = "offset" if offset < 0 else "limit"
        words = [f"Ensure this value is greater than or equal to {0 if offset < 0 else 1 + edge}."]
        raise errors.wrong_fields({name: words}, call.settings.parameter_errors)
    if limit > most - edge:
        if call.settings.over_limit == "refuse":
            raise errors.plain(413, "Request Entity Too Large")
        limit = most - edge
    return offset, limit


def _whole(call: Call, name: str, usual: int) -> int:
    text = call.query.get(name)
    number = usual if text is None else whole_of(text)
    if number is None:
        raise errors.wrong_fields({name: ["A valid integer is required."]}, call.settings.parameter_errors)
    return number


def ordered(call: Call, rows: Iterable[Record], by: tuple[str, ...], usual: str) -> Rows:
    """Sorted by sortBy and orderBy; equal ones newest first, and the newest first at all unless ASC is asked for."""
    name = call.query.get("sortBy", usual)
    if name not in by:
        raise _no_choice(call, "sortBy", name)
    way = call.query.get("orderBy", "DESC")
    if way not in ("ASC", "DESC"):
        raise _no_choice(call, "orderBy", way)
    return sorted(rows, key=lambda row: (sortable(row.get(name)), row["id"]), reverse=way == "DESC")


def _no_choice(call: Call, name: str, value: str) -> errors.Refusal:
    return errors.wrong_fields({name: [f'"{value}" is not a valid choice.']}, call.settings.parameter_errors)


def sortable(value: Any) -> tuple[int, Decimal, str]:
    """Numbers before texts; an amount by its value."""
    if isinstance(value, dict):
        value = value.get("value")
    if isinstance(value, bool | int | Decimal):
        return 0, Decimal(value), ""
    return 1, Decimal(0), "" if value is None else str(value)


def search(call: Call, rows: Iterable[Record], fields: tuple[str, ...]) -> Iterable[Record]:
    """q as a keyword in the field that searchBy names, or in any of them; part of a word will do."""
    word, name = call.asked("q"), call.asked("searchBy")
    if name is not None and name not in fields:
        raise _no_choice(call, "searchBy", name)
    if word is None:
        return rows
    wanted, among = word.casefold(), (name,) if name else fields
    return (row for row in rows if any(wanted in str(row.get(each) or "").casefold() for each in among))


def equals(call: Call, rows: Iterable[Record], *names: str) -> Iterable[Record]:
    """The rows with just this value in the fields of these names, for every name that is asked for."""
    wanted = {name: value for name in names if (value := call.asked(name)) is not None}
    if not wanted:
        return rows
    return (row for row in rows if all(str(row.get(name)) == value for name, value in wanted.items()))


def between(call: Call, rows: Iterable[Record], field: str, least: str, most: str) -> Iterable[Record]:
    """The rows of which a time (unix seconds) lies between two parameters, both included; each works alone."""
    lowest, highest = _moment(call, least), _moment(call, most)
    if lowest is None and highest is None:
        return rows
    return (
        row for row in rows if (lowest is None or row[field] >= lowest) and (highest is None or row[field] <= highest)
    )


def _moment(call: Call, name: str) -> int | None:
    text = call.asked(name)
    if text is None:
        return None
    number = whole_of(text)
    if number is None:
        raise errors.wrong_fields({name: ["A valid integer is required."]}, call.settings.parameter_errors)
    return number


def numbers(call: Call, *names: str) -> set[int] | None:
    """The whole numbers of a parameter that may be repeated or hold commas; None when it is not there."""
    texts = [text for name in names for text in call.query.getall(name, []) if text]
    parts = [part.strip() for text in texts for part in text.split(",")]
    return {number for part in parts if (number := whole_of(part)) is not None} if parts else None


def where(rows: Iterable[Record], wanted: Callable[[Record], bool]) -> Iterable[Record]:
    """The rows for which it is so."""
    return (row for row in rows if wanted(row))
