"""SOQL, answered: names checked against the org, rows filtered, ordered and written out."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sandbox.salesforce import ids
from sandbox.salesforce.errors import SalesforceError
from sandbox.salesforce.schema import Field, Row, SObject
from sandbox.salesforce.soql_parse import Among, AmongQuery, Compare, Condition, Group, Literal, Path, Query
from sandbox.salesforce.soql_text import invalid_field, malformed, pointed
from sandbox.salesforce.store import Org

MOST_HOPS = 5
MOST_OFFSET = 2000
_APPEND = "be sure to append the '__c' after"
_REFERENCE = "Please reference your WSDL or the describe call for the appropriate names."
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

Test = Callable[[Row], bool]


@dataclass(frozen=True)
class Column:
    """A checked path: the lookups to follow, then the field."""

    hops: tuple[Field, ...]
    owner: SObject
    field: Field


class Runner:
    """Answers one query, and the queries inside it."""

    def __init__(self, org: Org, query: Query) -> None:
        self._org = org
        self._query = query
        found = org.visible(query.sobject)
        if found is None:
            raise SalesforceError(
                "INVALID_TYPE",
                pointed(
                    query.text,
                    query.sobject_at,
                    f"sObject type '{query.sobject}' is not supported. If you are attempting to use a custom "
                    f"object, {_APPEND} the entity name. {_REFERENCE}",
                ),
            )
        self._sobject = found

    def run(self, version: str, deleted: bool = False) -> tuple[int, list[Row]]:
        """How many rows, and the rows as JSON; COUNT() has no rows."""
        columns = [self._column(path) for path in self._query.select]
        self._refuse_duplicates(columns)
        rows = self._rows(deleted)
        if self._query.count:
            return len(rows), []
        return len(rows), [self._written(row, columns, version) for row in rows]

    def ids(self) -> set[Any]:
        """What a semi-join compares with: the one column selected."""
        columns = [self._column(path) for path in self._query.select]
        if len(columns) != 1 or columns[0].field.type not in ("id", "reference"):
            raise malformed(
                self._query.text,
                self._query.sobject_at,
                "A semi-join selects exactly one Id or reference field",
            )
        return {_folded(columns[0].field, self._value(row, columns[0])) for row in self._rows(False)} - {None}

    def _rows(self, deleted: bool) -> list[Row]:
        query = self._query
        if query.offset > MOST_OFFSET:
            raise SalesforceError("NUMBER_OUTSIDE_VALID_RANGE", f"Maximum SOQL offset allowed is {MOST_OFFSET}")
        test: Test = self._test(query.where) if query.where else lambda row: True
        rows = [row for row in self._org.rows(self._sobject.name, deleted) if test(row)]
        for order in reversed(query.order):
            column = self._column(order.path)
            keyed = [(_sort_key(self._value(row, column)), row) for row in rows]
            keyed.sort(key=lambda pair: pair[0], reverse=order.descending)
            # stable, so nulls move to their end without disturbing the rest
            keyed.sort(key=lambda pair: pair[0][0], reverse=order.nulls_last)
            rows = [row for _, row in keyed]
        end = None if query.limit is None else query.offset + query.limit
        return rows[query.offset : end]

    def _column(self, path: Path) -> Column:
        parts = list(path.parts)
        # a path may begin with the object's own name
        if len(parts) > 1 and parts[0].casefold() == self._sobject.name.casefold():
            parts = parts[1:]
        if len(parts) - 1 > MOST_HOPS:
            raise malformed(self._query.text, path.at, f"Only {MOST_HOPS} levels of parents are allowed")
        owner, hops = self._sobject, []
        for name in parts[:-1]:
            hop = self._hop(owner, name, path)
            hops.append(hop)
            owner = self._org.objects[str(hop.references)]
        found = self._org.visible_field(owner, parts[-1])
        if found is None:
            raise invalid_field(
                self._query.text,
                path.at,
                (
                    f"No such column '{parts[-1]}' on entity '{owner.name}'. If you are attempting to use a "
                    f"custom field, {_APPEND} the custom field name. {_REFERENCE}"
                ),
            )
        return Column(tuple(hops), owner, found)

    def _hop(self, owner: SObject, name: str, path: Path) -> Field:
        hop = owner.lookup(name)
        if hop is None or self._org.visible_field(owner, hop.name) is None:
            raise invalid_field(
                self._query.text,
                path.at,
                (
                    f"Didn't understand relationship '{name}' in field path. If you are attempting to use a "
                    "custom relationship, be sure to append the '__r' after the custom relationship name. "
                    f"{_REFERENCE}"
                ),
            )
        return hop

    def _refuse_duplicates(self, columns: list[Column]) -> None:
        seen: set[tuple[str, ...]] = set()
        for column, path in zip(columns, self._query.select, strict=True):
            key = (*(hop.name for hop in column.hops), column.field.name)
            if key in seen:
                name = ".".join(path.parts)
                raise invalid_field(self._query.text, path.at, f"duplicate field selected: {name}")
            seen.add(key)

    def _value(self, row: Row, column: Column) -> Any:
        here: Row | None = row
        for hop in column.hops:
            here = self._org.row(str(hop.references), here.get(hop.name)) if here else None
        return None if here is None else self._org.value(column.owner, here, column.field.name)

    def _test(self, condition: Condition) -> Test:
        if isinstance(condition, Group):
            return _joined(condition.operator, [self._test(part) for part in condition.parts])
        column = self._column(condition.path)
        if isinstance(condition, Compare):
            return self._compare(column, condition)
        return self._among(column, condition)

    def _among(self, column: Column, condition: Among | AmongQuery) -> Test:
        if isinstance(condition, AmongQuery):
            wanted = Runner(self._org, condition.query).ids()
        else:
            wanted = {self._operand(column, value) for value in condition.values}
        negated = condition.negated
        return lambda row: (_folded(column.field, self._value(row, column)) in wanted) != negated

    def _compare(self, column: Column, condition: Compare) -> Test:
        if condition.operator == "LIKE":
            return self._like(column, condition)
        wanted = self._operand(column, condition.value)
        if condition.operator in ("=", "!="):
            same = condition.operator == "="
            return lambda row: (_folded(column.field, self._value(row, column)) == wanted) == same
        compare = _ORDERED[condition.operator]

        def ordered(row: Row) -> bool:
            value = _folded(column.field, self._value(row, column))
            return value is not None and wanted is not None and compare(value, wanted)

        return ordered

    def _like(self, column: Column, condition: Compare) -> Test:
        value = condition.value
        if value.kind != "string" or column.field.type in _KINDS:
            raise invalid_field(self._query.text, condition.path.at, "invalid operator on this field")
        pattern = re.compile(_like_pattern(str(value.value)), re.IGNORECASE | re.DOTALL)
        return lambda row: pattern.fullmatch(str(self._value(row, column) or "")) is not None

    def _operand(self, column: Column, literal: Literal) -> Any:
        """The literal as the field would hold it, or the refusal of a literal of the wrong type."""
        expected = _KINDS.get(column.field.type, ("string",))
        if literal.kind == "null":
            return None
        if literal.kind not in expected:
            quotes = "should be enclosed" if expected == ("string",) else "should not be enclosed"
            hint = f" and {quotes} in quotes" if "string" in (literal.kind, *expected) else ""
            raise invalid_field(
                self._query.text,
                literal.at,
                (
                    f"value of filter criterion for field '{column.field.name}' must be of type "
                    f"{column.field.type}{hint}"
                ),
            )
        if column.field.type in ("id", "reference") and literal.value:
            self._refuse_bad_id(literal)
        return _folded(column.field, literal.value)

    def _refuse_bad_id(self, literal: Literal) -> None:
        if ids.full_id(str(literal.value)) is None:
            raise SalesforceError(
                "INVALID_QUERY_FILTER_OPERATOR",
                pointed(self._query.text, literal.at, f"invalid ID field: {literal.value}"),
            )

    def _written(self, row: Row, columns: list[Column], version: str) -> Row:
        record = self._head(self._sobject, row, version)
        for column in columns:
            target, here = record, row
            parent = self._down(target, here, column, version)
            if parent is not None:
                target, here = parent
                target[column.field.name] = self._org.value(column.owner, here, column.field.name)
        return record

    def _down(self, target: Row, here: Row, column: Column, version: str) -> tuple[Row, Row] | None:
        """Walk to the parent object in the answer; an empty lookup is written as null."""
        for hop in column.hops:
            parent = self._org.row(str(hop.references), here.get(hop.name))
            name = str(hop.relationship)
            if parent is None:
                target[name] = None
                return None
            if name not in target:
                target[name] = self._head(self._org.objects[str(hop.references)], parent, version)
            target, here = target[name], parent
        return target, here

    def _head(self, sobject: SObject, row: Row, version: str) -> Row:
        url = f"/services/data/{version}/sobjects/{sobject.name}/{row['Id']}"
        return {"attributes": {"type": sobject.name, "url": url}}


def _joined(word: str, tests: list[Test]) -> Test:
    if word == "NOT":
        return lambda row: not tests[0](row)
    if word == "OR":
        return lambda row: any(test(row) for test in tests)
    return lambda row: all(test(row) for test in tests)


def _folded(field: Field, value: Any) -> Any:
    """Text is compared without case and an empty text is null; ids mind case, in their 15 characters."""
    if isinstance(value, str):
        return (value[:15] if field.type in ("id", "reference") else value.casefold()) or None
    return value


def _sort_key(value: str | bool | Decimal | date | datetime | None) -> tuple[bool, Any]:
    return (False, 0) if value is None else (True, value.casefold() if isinstance(value, str) else value)


def _like_pattern(text: str) -> str:
    wild = {"%": ".*", "_": "."}
    pieces = re.findall(r"\\.|.", text, flags=re.DOTALL)
    return "".join(wild.get(one) or re.escape(one[1:] if len(one) == 2 else one) for one in pieces)
