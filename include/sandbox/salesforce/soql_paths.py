"""Paths of a query, checked against the org: the look-ups to follow, and the field at the end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sandbox.salesforce.errors import SalesforceError
from sandbox.salesforce.schema import Field, Row, SObject
from sandbox.salesforce.soql_parse import Path, Query
from sandbox.salesforce.soql_text import invalid_field, malformed, pointed
from sandbox.salesforce.store import Org
from sandbox.salesforce.table import fold

MOST_HOPS = 5
_REFERENCE = "Please reference your WSDL or the describe call for the appropriate names."

Getter = Callable[[Row], Any]


@dataclass(frozen=True)
class Column:
    """A checked path: the lookups to follow, then the field."""

    hops: tuple[Field, ...]
    owner: SObject
    field: Field

    @property
    def is_id(self) -> bool:
        """Ids mind case, in 15 characters."""
        return self.field.type in ("id", "reference")

    @property
    def indexed(self) -> bool:
        """Whether the org can find records by it without looking at all of them."""
        return not self.hops and self.field.compute is None and self.field.type not in _UNINDEXED


_UNINDEXED = ("boolean", "double", "percent", "date", "datetime", "textarea")


class Paths:
    """Checks the paths of one query."""

    def __init__(self, org: Org, query: Query, sobject: SObject) -> None:
        self._org = org
        self._text = query.text
        self._sobject = sobject

    def column(self, path: Path) -> Column:
        """The path's column, or INVALID_FIELD."""
        parts = list(path.parts)
        # a path may begin with the object's own name
        if len(parts) > 1 and parts[0].casefold() == self._sobject.name.casefold():
            parts = parts[1:]
        if len(parts) - 1 > MOST_HOPS:
            raise malformed(self._text, path.at, f"Only {MOST_HOPS} levels of parents are allowed")
        owner, hops = self._sobject, []
        for name in parts[:-1]:
            hop = self._hop(owner, name, path)
            hops.append(hop)
            owner = self._org.objects[str(hop.references)]
        found = self._org.visible_field(owner, parts[-1])
        if found is None:
            raise invalid_field(self._text, path.at, no_such_column(parts[-1], owner.name))
        return Column(tuple(hops), owner, found)

    def _hop(self, owner: SObject, name: str, path: Path) -> Field:
        hop = owner.lookup(name)
        unseen = hop is None or self._org.visible_field(owner, hop.name) is None
        if hop is None or unseen or self._org.visible(str(hop.references)) is None:
            raise invalid_field(
                self._text,
                path.at,
                f"Didn't understand relationship '{name}' in field path. If you are attempting to use a "
                "custom relationship, be sure to append the '__r' after the custom relationship name. "
                f"{_REFERENCE}",
            )
        return hop

    def getter(self, column: Column) -> Getter:
        """Reads the column of a row; an empty look-up on the way gives null."""
        org, name, compute = self._org, column.field.name, column.field.compute
        if not column.hops:
            return (lambda row: row.get(name)) if compute is None else (lambda row: compute(org, row))
        steps = [(str(hop.references), hop.name) for hop in column.hops]

        def over_parents(row: Row) -> Any:
            here = row
            for target, lookup in steps:
                parent = org.row(target, here.get(lookup))
                if parent is None:
                    return None
                here = parent
            return here.get(name) if compute is None else compute(org, here)

        return over_parents

    def folded(self, column: Column) -> Getter:
        """Like `getter`, in the form that comparisons want."""
        get, is_id = self.getter(column), column.is_id
        return lambda row: fold(get(row), is_id)


def no_such_column(name: str, entity: str) -> str:
    """In the words of the query parser."""
    return (
        f"No such column '{name}' on entity '{entity}'. If you are attempting to use a custom field, "
        f"be sure to append the '__c' after the custom field name. {_REFERENCE}"
    )


def unknown_object(query: Query) -> SalesforceError:
    """An object that is not there, or not to be seen."""
    message = (
        f"sObject type '{query.sobject}' is not supported. If you are attempting to use a custom object, "
        f"be sure to append the '__c' after the entity name. {_REFERENCE}"
    )
    return SalesforceError("INVALID_TYPE", pointed(query.text, query.sobject_at, message))


@dataclass
class Shape:
    """How a record is written out: its own fields, its parents, and theirs."""

    org: Org
    sobject: SObject
    url: str
    fields: list[Field] = field(default_factory=list)
    parents: dict[str, tuple[Field, Shape]] = field(default_factory=dict)
    # many records share few parents; within one answer each is written once
    written: dict[str, Row] = field(default_factory=dict)

    def take(self, column: Column) -> None:
        """One more selected column."""
        here = self
        for hop in column.hops:
            here = here.parent(hop)
        here.fields.append(column.field)

    def parent(self, hop: Field) -> Shape:
        """The shape behind a look-up."""
        name = str(hop.relationship)
        if name not in self.parents:
            target = self.org.objects[str(hop.references)]
            base = self.url.removesuffix(f"{self.sobject.name}/")
            self.parents[name] = (hop, Shape(self.org, target, f"{base}{target.name}/"))
        return self.parents[name][1]

    def write(self, row: Row) -> Row:
        """The record as JSON; an empty look-up is null."""
        record: Row = {"attributes": {"type": self.sobject.name, "url": self.url + row["Id"]}}
        for one in self.fields:
            record[one.name] = row.get(one.name) if one.compute is None else one.compute(self.org, row)
        for name, (hop, shape) in self.parents.items():
            record[name] = shape.shared(self.org.row(shape.sobject.name, row.get(hop.name)))
        return record

    def shared(self, row: Row | None) -> Row | None:
        """A parent's record; readers do not change what they are given."""
        if row is None:
            return None
        found = self.written.get(row["Id"])
        if found is None:
            found = self.written[row["Id"]] = self.write(row)
        return found
