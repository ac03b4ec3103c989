"""Runs a parsed query over a company's records."""

import re
from collections.abc import Callable, Iterable
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from sandbox.quickbooks import faults
from sandbox.quickbooks.entities.currency import shown_rate
from sandbox.quickbooks.query import LARGEST_PAGE, Condition, Statement, parse
from sandbox.quickbooks.queryable import FILTERABLE, LISTS, known_properties
from sandbox.quickbooks.schema import BOOLEAN, DATE, NUMBER
from sandbox.quickbooks.settings import Settings
from sandbox.quickbooks.store import INDEXED, Company, folded
from sandbox.quickbooks.wire import PACIFIC, Record

_ENTITIES = {name.lower(): name for name in FILTERABLE}
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda left, right: bool(left < right),
    ">": lambda left, right: bool(left > right),
    "<=": lambda left, right: bool(left <= right),
    ">=": lambda left, right: bool(left >= right),
}
_EXACT = ("=", "in")


def search(company: Company, text: str, settings: Settings, most: int = LARGEST_PAGE) -> Record:
    """The value under `QueryResponse`; `most` is what is left of the objects that one answer may hold."""
    statement = parse(text)
    entity = _ENTITIES.get(statement.entity.lower())
    if entity is None:
        raise faults.invalid_query(f"invalid context declaration: {statement.entity}")
    columns = [_column(entity, name) for name in statement.columns]
    start, size = _page(statement, settings)
    _check_lists(statement, settings)
    found = _matching(company, entity, statement.conditions)
    if statement.count:
        return {"totalCount": len(found)}
    rows = _sorted(entity, found, statement.order)[start - 1 : start - 1 + min(size, most)]
    if not rows:
        return {}
    shown = rows if statement.everything else [_only(row, columns) for row in rows]
    shown = [shown_rate(row) for row in shown] if entity == "ExchangeRate" else shown
    return {entity: shown, "startPosition": start, "maxResults": len(shown)}


def _page(statement: Statement, settings: Settings) -> tuple[int, int]:
    start = max(statement.start, 1) if settings.lenient_start_position else statement.start
    for value in (start, statement.size):
        if value < 1:
            raise faults.invalid_query(f"value {value} is too small. Min allowed value is 1")
    return start, min(statement.size, LARGEST_PAGE)


def _check_lists(statement: Statement, settings: Settings) -> None:
    longest = max((len(each.values) for each in statement.conditions), default=0)
    if settings.in_list_limit and longest > settings.in_list_limit:
        raise faults.invalid_query(f"too many values in the IN clause: {longest}")


def _column(entity: str, written: str) -> str:
    name = known_properties(entity).get(written.lower())
    if name is None and written.partition(".")[0].lower() not in known_properties(entity):
        raise faults.invalid_query(f"Property {written} not found for Entity {entity}")
    return (name or known_properties(entity)[written.partition(".")[0].lower()]).partition(".")[0]


def _only(row: Record, columns: list[str]) -> Record:
    wanted = {"domain", "sparse", *columns}
    return {name: value for name, value in row.items() if name in wanted}


def _filterable(entity: str, written: str) -> str:
    name = {each.lower(): each for each in FILTERABLE[entity]}.get(written.lower())
    if name is not None:
        return name
    if written.lower() in known_properties(entity):
        raise faults.invalid_query(f"property '{written}' is not queryable")
    raise faults.invalid_query(f"Property {written} not found for Entity {entity}")


def _matching(company: Company, entity: str, conditions: list[Condition]) -> list[Record]:
    named = [(_filterable(entity, each.name), each) for each in conditions]
    tests = [_test(entity, name, each) for name, each in named]
    if entity in LISTS and all(name != "Active" for name, _ in named):
        tests.append(lambda row: bool(row.get("Active", True)))
    return [row for row in _candidates(company, entity, named) if all(test(row) for test in tests)]


def _candidates(company: Company, entity: str, named: list[tuple[str, Condition]]) -> Iterable[Record]:
    """The indexes serve `=` and IN; a big company is not scanned for a name or a number."""
    for name, condition in named:
        values = {folded(value) for value in condition.values}
        if condition.operator not in _EXACT or not all(values):
            continue
        if name == "Id":
            return _ordered(company.get(entity, value) for value in values)
        if name in INDEXED.get(entity, ()):
            return _ordered(row for value in values for row in company.having(entity, name, value))
    return company.rows(entity)


def _ordered(rows: Iterable[Record | None]) -> list[Record]:
    found = [row for row in rows if row is not None]
    return sorted(found, key=lambda row: (int(row["Id"]), "") if row["Id"].isdigit() else (0, row["Id"]))


def _test(entity: str, name: str, condition: Condition) -> Callable[[Record], bool]:
    if name == "Id" and condition.operator not in _EXACT:
        raise faults.invalid_query(f"operator {condition.operator} is not supported for property Id")
    kind = FILTERABLE[entity][name]
    if condition.operator == "like":
        return _like(name, condition.values[0])
    wanted = {_comparable(kind, value) for value in condition.values}
    if condition.operator in _EXACT:
        return lambda row: _comparable(kind, _value(row, name)) in wanted
    return _holds(kind, name, _COMPARE[condition.operator], next(iter(wanted)))


def _holds(kind: Any, name: str, compare: Callable[[Any, Any], bool], wanted: Any) -> Callable[[Record], bool]:
    def holds(row: Record) -> bool:
        value = _value(row, name)
        return value is not None and compare(_comparable(kind, value), wanted)

    return holds


def _like(name: str, pattern: str) -> Callable[[Record], bool]:
    parts = (re.escape(part) for part in pattern.split("%"))
    matcher = re.compile(".*".join(parts), re.IGNORECASE | re.DOTALL)
    return lambda row: matcher.fullmatch(str(_value(row, name) or "")) is not None


def _value(row: Record, name: str) -> Any:
    head, _, rest = name.partition(".")
    value = row.get(head)
    if isinstance(value, dict):
        return value.get(rest) if rest else value.get("value", value.get("Address"))
    return value


def _comparable(kind: Any, value: Any) -> Any:
    try:
        return _converted(kind, value)
    except (InvalidOperation, ValueError):
        raise faults.invalid_query(f"value {value} is not valid for this property") from None


def _converted(kind: Any, value: Any) -> Any:
    if value is None:
        return "" if kind not in (NUMBER, BOOLEAN, DATE) else None
    if kind == NUMBER:
        return Decimal(str(value))
    if kind == BOOLEAN:
        return str(value).lower() == "true"
    if kind == DATE:
        moment = datetime.fromisoformat(str(value))
        return moment if moment.tzinfo else moment.replace(tzinfo=PACIFIC)
    return folded(str(value))


def _sorted(entity: str, rows: list[Record], order: list[tuple[str, bool]]) -> list[Record]:
    # Stable sorting from the last key to the first.
    for written, descending in reversed(order):
        name = _filterable(entity, written)
        kind = FILTERABLE[entity][name]
        present = [row for row in rows if _value(row, name) is not None]
        absent = [row for row in rows if _value(row, name) is None]
        present.sort(key=lambda row, n=name, k=kind: _rank(k, n, row), reverse=descending)  # type: ignore[misc]
        rows = present + absent if descending else absent + present
    return rows


def _rank(kind: Any, name: str, row: Record) -> Any:
    value = _value(row, name)
    return int(value) if name == "Id" and str(value).isdigit() else _comparable(kind, value)
