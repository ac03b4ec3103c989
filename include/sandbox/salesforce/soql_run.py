"""SOQL, answered: rows filtered, ordered and written out, with their parents and children."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sandbox.salesforce.errors import SalesforceError
from sandbox.salesforce.schema import Row, SObject
from sandbox.salesforce.soql_parse import Query
from sandbox.salesforce.soql_paths import Column, Paths, Shape, unknown_object
from sandbox.salesforce.soql_text import invalid_field, malformed, pointed
from sandbox.salesforce.soql_where import Filter, Where
from sandbox.salesforce.store import Org

MOST_OFFSET = 2000

Paged = Callable[[list[Row]], Row]


class Runner:
    """Answers one query, and the queries inside it."""

    def __init__(self, org: Org, query: Query, sobject: SObject | None = None) -> None:
        found = sobject or org.visible(query.sobject)
        if found is None:
            raise unknown_object(query)
        self._org, self._query, self.sobject = org, query, found
        self._paths = Paths(org, query, found)
        self._columns = [self._paths.column(path) for path in query.select]
        self._refuse_duplicates()
        self._lists = [_List(org, inside, found) for inside in query.inner]
        self._filter = self._compiled()

    def run(self, version: str, deleted: bool, paged: Paged) -> tuple[int, list[Row]]:
        """How many rows, and the rows as JSON; COUNT() has no rows. `paged` cuts lists of children."""
        rows = self._chosen(self._source(deleted))
        if self._query.count:
            return len(rows), []
        shape = self.shape(version)
        records = [shape.write(row) for row in rows]
        for inside in self._lists:
            inside.hang(records, rows, version, paged)
        return len(rows), records

    def shape(self, version: str) -> Shape:
        """What an answer of this query looks like."""
        shape = Shape(self._org, self.sobject, f"/services/data/{version}/sobjects/{self.sobject.name}/")
        for column in self._columns:
            shape.take(column)
        return shape

    def flat(self, deleted: bool) -> tuple[list[str], list[list[Any]]]:
        """Headings and rows, for CSV."""
        getters = [self._paths.getter(column) for column in self._columns]
        headings = [".".join(path.parts) for path in self._query.select]
        return headings, [[get(row) for get in getters] for row in self._chosen(self._source(deleted))]

    def of_parent(self, rows: Iterable[Row]) -> list[Row]:
        """Those children that pass, in the order asked for."""
        return self._chosen(rows)

    def ids(self) -> set[Any]:
        """What a semi-join compares with: the one column selected."""
        if len(self._columns) != 1 or not self._columns[0].is_id:
            raise malformed(
                self._query.text, self._query.sobject_at, "A semi-join selects exactly one Id or reference field"
            )
        get = self._paths.folded(self._columns[0])
        return {get(row) for row in self._chosen(self._source(False))} - {None}

    def _compiled(self) -> Filter:
        query = self._query
        if query.offset > MOST_OFFSET:
            raise SalesforceError("NUMBER_OUTSIDE_VALID_RANGE", f"Maximum SOQL offset allowed is {MOST_OFFSET}")
        if query.where is None:
            return Filter(lambda row: True)
        where = Where(self._org, query, self.sobject, self._paths, lambda inner: Runner(self._org, inner).ids())
        return where.compiled(query.where)

    def _source(self, deleted: bool) -> Iterable[Row]:
        near = self._filter.near
        if near is None:
            return self._org.rows(self.sobject.name, deleted)
        return (row for row in near if deleted or not row["IsDeleted"])

    def _chosen(self, source: Iterable[Row]) -> list[Row]:
        test, query = self._filter.test, self._query
        rows = [row for row in source if test(row)]
        for order in reversed(query.order):
            get = self._paths.getter(self._sortable(self._paths.column(order.path), order.path.at))
            keyed = [(_sort_key(get(row)), row) for row in rows]
            keyed.sort(key=lambda pair: pair[0], reverse=order.descending)
            # stable, so nulls move to their end without disturbing the rest
            keyed.sort(key=lambda pair: pair[0][0], reverse=order.nulls_last)
            rows = [row for _, row in keyed]
        end = None if query.limit is None else query.offset + query.limit
        return rows[query.offset : end]

    def _sortable(self, column: Column, at: int) -> Column:
        if column.field.type == "textarea":
            message = f"field '{column.field.name}' can not be sorted in a query call"
            raise invalid_field(self._query.text, at, message)
        return column

    def _refuse_duplicates(self) -> None:
        seen: set[tuple[str, ...]] = set()
        for column, path in zip(self._columns, self._query.select, strict=True):
            key = (*(hop.name for hop in column.hops), column.field.name)
            if key in seen:
                name = ".".join(path.parts)
                raise invalid_field(self._query.text, path.at, f"duplicate field selected: {name}")
            seen.add(key)


class _List:
    """A sub-select: one list of children for each record of the outer query."""

    def __init__(self, org: Org, query: Query, parent: SObject) -> None:
        found = org.child_list(parent.name, query.sobject)
        if found is None or org.visible(found[0].name) is None or org.visible_field(found[0], found[1].name) is None:
            message = f"Didn't understand relationship '{query.sobject}' in FROM part of query call."
            raise SalesforceError("INVALID_TYPE", pointed(query.text, query.sobject_at, message))
        self._org, self._name = org, found[1].children or query.sobject
        self._child, self._lookup = found
        self._runner = Runner(org, query, found[0])

    def hang(self, records: list[Row], rows: list[Row], version: str, paged: Paged) -> None:
        """Children under their record; null where there is none."""
        shape = self._runner.shape(version)
        for record, row in zip(records, rows, strict=True):
            children = self._org.children(self._child.name, self._lookup.name, row["Id"])
            found = self._runner.of_parent(children)
            record[self._name] = paged([shape.write(one) for one in found]) if found else None


def _sort_key(value: str | bool | Decimal | date | datetime | None) -> tuple[bool, Any]:
    return (False, 0) if value is None else (True, value.casefold() if isinstance(value, str) else value)
