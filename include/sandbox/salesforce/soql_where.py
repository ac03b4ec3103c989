"""Conditions of a query, made into tests, and into short lists of records where an index helps."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sandbox.salesforce import ids
from sandbox.salesforce.errors import SalesforceError
from sandbox.salesforce.schema import Row, SObject
from sandbox.salesforce.soql_parse import Among, AmongQuery, Compare, Condition, Group, Literal, Path, Query
from sandbox.salesforce.soql_paths import Column, Paths
from sandbox.salesforce.soql_text import invalid_field, pointed
from sandbox.salesforce.store import Org
from sandbox.salesforce.table import fold

_ORDERED: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_KINDS = {
    "double": ("number",),
    "percent": ("number",),
    "boolean": ("boolean",),
    "date": ("date",),
    "datetime": ("datetime",),
}
STAMP = "SystemModstamp"

Test = Callable[[Row], bool]
Inner = Callable[[Query], set[Any]]


@dataclass(frozen=True)
class Filter:
    """A test, and the only records that can pass it where that is known beforehand."""

    test: Test
    near: list[Row] | None = None


class Where:
    """Compiles the conditions of one query."""

    def __init__(self, org: Org, query: Query, sobject: SObject, paths: Paths, inner: Inner) -> None:
        self._org = org
        self._text = query.text
        self._table = org.table(sobject.name)
        self._paths = paths
        self._inner = inner

    def compiled(self, condition: Condition) -> Filter:
        """The condition as a filter."""
        if isinstance(condition, Group):
            return _joined(condition.operator, [self.compiled(part) for part in condition.parts])
        column = self._filterable(condition.path)
        if isinstance(condition, Compare):
            return self._compare(column, condition)
        return self._among(column, condition)

    def _filterable(self, path: Path) -> Column:
        column = self._paths.column(path)
        if column.field.type == "textarea":
            message = f"field '{column.field.name}' can not be filtered in a query call"
            raise invalid_field(self._text, path.at, message)
        return column

    def _among(self, column: Column, condition: Among | AmongQuery) -> Filter:
        if isinstance(condition, AmongQuery):
            wanted = self._inner(condition.query)
        else:
            wanted = {self._operand(column, value) for value in condition.values}
        get = self._paths.folded(column)
        if condition.negated:
            return Filter(lambda row: get(row) not in wanted)
        return Filter(lambda row: get(row) in wanted, self._having(column, wanted))

    def _compare(self, column: Column, condition: Compare) -> Filter:
        if condition.operator == "LIKE":
            return self._like(column, condition)
        wanted = self._operand(column, condition.value)
        get = self._paths.folded(column)
        if condition.operator == "=":
            return Filter(lambda row: get(row) == wanted, self._having(column, (wanted,)))
        if condition.operator == "!=":
            return Filter(lambda row: get(row) != wanted)
        return self._ordered(column, condition, wanted)

    def _ordered(self, column: Column, condition: Compare, wanted: Any) -> Filter:
        get, compare = self._paths.folded(column), _ORDERED[condition.operator]

        def ordered(row: Row) -> bool:
            value = get(row)
            return value is not None and wanted is not None and compare(value, wanted)

        late = condition.operator in (">", ">=") and isinstance(wanted, datetime)
        if late and column.field.name == STAMP and not column.hops:
            return Filter(ordered, self._table.since(wanted))
        return Filter(ordered)

    def _having(self, column: Column, wanted: Iterable[Any]) -> list[Row] | None:
        if not column.indexed:
            return None
        if column.field.type == "id":
            found = [self._table.get(value) for value in sorted(value for value in wanted if value)]
            return [row for row in found if row is not None]
        return self._table.having(column.field.name, wanted)

    def _like(self, column: Column, condition: Compare) -> Filter:
        value = condition.value
        if value.kind != "string" or column.field.type in _KINDS:
            raise invalid_field(self._text, condition.path.at, "invalid operator on this field")
        pattern = re.compile(_like_pattern(str(value.value)), re.IGNORECASE | re.DOTALL)
        get = self._paths.getter(column)
        return Filter(lambda row: pattern.fullmatch(str(get(row) or "")) is not None)

    def _operand(self, column: Column, literal: Literal) -> Any:
        """The literal as the field would hold it, or the refusal of a literal of the wrong type."""
        expected = _KINDS.get(column.field.type, ("string",))
        if literal.kind == "null":
            return None
        if literal.kind not in expected:
            raise self._wrong_type(column, literal, expected)
        if column.is_id and literal.value and ids.full_id(str(literal.value)) is None:
            raise SalesforceError(
                "INVALID_QUERY_FILTER_OPERATOR", pointed(self._text, literal.at, f"invalid ID field: {literal.value}")
            )
        return fold(literal.value, column.is_id)

    def _wrong_type(self, column: Column, literal: Literal, expected: tuple[str, ...]) -> SalesforceError:
        quotes = "should be enclosed" if expected == ("string",) else "should not be enclosed"
        hint = f" and {quotes} in quotes" if "string" in (literal.kind, *expected) else ""
        message = f"value of filter criterion for field '{column.field.name}' must be of type {column.field.type}{hint}"
        return invalid_field(self._text, literal.at, message)


def _joined(word: str, filters: list[Filter]) -> Filter:
    tests = [one.test for one in filters]
    if word == "NOT":
        return Filter(lambda row: not tests[0](row))
    if word == "OR":
        return Filter(lambda row: any(test(row) for test in tests), _union(filters))
    near = [one.near for one in filters if one.near is not None]
    return Filter(lambda row: all(test(row) for test in tests), min(near, key=len) if near else None)


def _union(filters: list[Filter]) -> list[Row] | None:
    """What passes one of several: known only when each of them knows its own."""
    near = [one.near for one in filters if one.near is not None]
    if len(near) < len(filters):
        return None
    rows = {row["Id"]: row for part in near for row in part}
    return [rows[key] for key in sorted(rows)]


def _like_pattern(text: str) -> str:
    wild = {"%": ".*", "_": "."}
    pieces = re.findall(r"\\.|.", text, flags=re.DOTALL)
    return "".join(wild.get(one) or re.escape(one[1:] if len(one) == 2 else one) for one in pieces)
