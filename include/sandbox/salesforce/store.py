"""The org's records: kept in memory, found by id, stamped at every write."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sandbox.salesforce import ids
from sandbox.salesforce.names import EXTERNAL_ID, FINANCIALS_PREFIX, STANDARD_PREFIXES
from sandbox.salesforce.objects import all_objects
from sandbox.salesforce.schema import Field, Row, SObject
from sandbox.salesforce.table import Table
from sandbox.world import World

ORG_ID = "00D5f000000DEMOEAA"


class Org:
    """Objects, rows and stamps."""

    def __init__(self, world: World, seed: str) -> None:
        self._world = world
        self.objects = all_objects()
        self._folded = {name.casefold(): one for name, one in self.objects.items()}
        dice = random.Random(f"salesforce prefixes {seed}")
        custom = [name for name in self.objects if name not in STANDARD_PREFIXES]
        self.prefixes = ids.draw_prefixes(custom, dice) | STANDARD_PREFIXES
        self.by_prefix = {prefix: name for name, prefix in self.prefixes.items()}
        self._tables = {name: Table(_id_fields(one)) for name, one in self.objects.items()}
        self._children = _children(self.objects)
        self._details = _details(self.objects)
        self._last_stamp: datetime | None = None
        self.financials = False
        self.hidden_objects: frozenset[str] = frozenset()
        self.hidden_fields: frozenset[str] = frozenset()
        self.read_only_fields: frozenset[str] = frozenset()
        self.double_external_ids: frozenset[str] = frozenset()

    def visible(self, name: str) -> SObject | None:
        """The object, unless it is not installed or hidden from the user; object names do not mind case."""
        found = self.installed(name)
        return None if found is None or found.name in self.hidden_objects else found

    def installed(self, name: str) -> SObject | None:
        """The object, whether this user may see it or not."""
        found = self._folded.get(name.casefold())
        missing = found is not None and found.name.startswith(FINANCIALS_PREFIX) and not self.financials
        return None if missing else found

    def visible_field(self, sobject: SObject, name: str) -> Field | None:
        """The field, unless field-level security hides it; a hidden field looks like a missing one."""
        found = sobject.field(name)
        hidden = found is not None and f"{sobject.name}.{found.name}" in self.hidden_fields
        return None if hidden else found

    def fields_of(self, sobject: SObject) -> list[Field]:
        """Every field that the integration user may see."""
        return [one for one in sobject.fields.values() if self.visible_field(sobject, one.name)]

    def child_list(self, parent: str, relationship: str) -> tuple[SObject, Field] | None:
        """The children behind a name such as rstk__Invoice_Line__r."""
        return self._children.get((parent, relationship.casefold()))

    def child_lists(self, parent: str) -> list[tuple[str, SObject, Field]]:
        """Every list of children of an object that the user may see, by its name."""
        return [
            (_list_name(child, field), child, field)
            for (owner, _), (child, field) in self._children.items()
            if owner == parent and self.visible(child.name)
        ]

    def table(self, sobject: str) -> Table:
        """All records of an object, deleted ones too."""
        return self._tables[sobject]

    def stored(self, sobject: str, record_id: str) -> Row | None:
        """A record, deleted or not; takes 15 or 18 characters."""
        return self._tables[sobject].get(record_id)

    def row(self, sobject: str, record_id: str | None) -> Row | None:
        """A record that is not deleted."""
        found = self._tables[sobject].get(record_id) if record_id else None
        return None if found is None or found["IsDeleted"] else found

    def rows(self, sobject: str, deleted: bool = False) -> Iterator[Row]:
        """Every record in the order of insertion; with the deleted ones if asked."""
        return (row for row in self._tables[sobject] if deleted or not row["IsDeleted"])

    def children(self, sobject: str, lookup: str, record_id: str) -> Iterator[Row]:
        """Live records whose lookup names this one."""
        return (row for row in self._tables[sobject].having(lookup, (record_id[:15],)) if not row["IsDeleted"])

    def holders(self, sobject: str, name: str, value: str) -> list[Row]:
        """Live records that hold this text in a field, whatever its case."""
        return [row for row in self._tables[sobject].having(name, (value.casefold(),)) if not row["IsDeleted"]]

    def value(self, sobject: SObject, row: Row, name: str) -> Any:
        """What a reader sees of a field: stored, or computed now."""
        one = sobject.fields[name]
        return row.get(name) if one.compute is None else one.compute(self, row)

    def read(self, sobject: SObject, row: Row) -> Row:
        """The whole record as a reader sees it."""
        return {one.name: self.value(sobject, row, one.name) for one in self.fields_of(sobject)}

    def add(self, sobject: str, values: Row, record_id: str | None = None, at: datetime | None = None) -> Row:
        """Store a new record; checkboxes begin unticked, and the package fills its own external id."""
        stamp, table = at or self.stamp(), self._tables[sobject]
        row: Row = self.objects[sobject].blank | values
        row["Id"] = record_id or self._next_id(sobject)
        row |= {"CreatedDate": stamp, "LastModifiedDate": stamp, "SystemModstamp": stamp, "IsDeleted": False}
        row.setdefault("Name", row["Id"][:15])
        self._fill_key(self.objects[sobject], row)
        table.add(row)
        return row

    def _fill_key(self, sobject: SObject, row: Row) -> None:
        """rstk__externalid__c comes from rstk__formula_extid__c, unless another record has it already."""
        made = sobject.fields.get("rstk__formula_extid__c")
        if made is None or made.compute is None or row.get(EXTERNAL_ID):
            return
        key = made.compute(self, row)
        if key is not None and not self.holders(sobject.name, EXTERNAL_ID, key):
            row[EXTERNAL_ID] = key

    def change(self, sobject: str, row: Row, values: Row) -> None:
        """Write fields of a record and move its stamps."""
        stamp = self.stamp()
        self._tables[sobject].write(row, {**values, "LastModifiedDate": stamp, "SystemModstamp": stamp})

    def touch(self, sobject: str, row: Row) -> None:
        """A change by the system: SystemModstamp moves and LastModifiedDate does not."""
        self._tables[sobject].write(row, {"SystemModstamp": self.stamp()})

    def restore(self, sobject: str, row: Row, before: Row) -> None:
        """Put a record back as it was."""
        for name in row.keys() - before.keys():
            before = {**before, name: None}
        self._tables[sobject].write(row, before)

    def delete(self, sobject: str, row: Row) -> None:
        """Into the recycle bin, and the details of a master with it."""
        for name, one in self.family(sobject, row):
            self.change(name, one, {"IsDeleted": True})

    def family(self, sobject: str, row: Row) -> list[tuple[str, Row]]:
        """A record and everything that is deleted together with it."""
        found = [(sobject, row)]
        for child, field in self._details.get(sobject, []):
            for one in self.children(child, field, row["Id"]):
                found += self.family(child, one)
        return found

    def purge(self, sobject: str, row: Row) -> None:
        """Out of the recycle bin: queryAll shows it no longer, the list of deleted records still does."""
        table = self._tables[sobject]
        table.purged.append((row["Id"], row["SystemModstamp"]))
        table.remove(row)

    def drop(self, sobject: str, row: Row) -> None:
        """As if it had never been inserted; for what is rolled back."""
        self._tables[sobject].remove(row)

    def _next_id(self, sobject: str) -> str:
        table = self._tables[sobject]
        table.numbered += 1
        short = f"{self.prefixes[sobject]}5f0{ids.base62(table.numbered, 9)}"
        return ids.full_id(short) or short

    def stamp(self) -> datetime:
        """Now in milliseconds, always later than the stamp before, so that every write shows."""
        now = self._world.clock.now()
        now = now.replace(microsecond=now.microsecond // 1000 * 1000)
        if self._last_stamp is not None and now <= self._last_stamp < now + timedelta(seconds=1):
            now = self._last_stamp + timedelta(milliseconds=1)
        self._last_stamp = now
        return now


def _id_fields(sobject: SObject) -> frozenset[str]:
    return frozenset(one.name for one in sobject.fields.values() if one.type in ("id", "reference"))


def _list_name(child: SObject, field: Field) -> str:
    if field.children:
        return field.children
    # assumed for all but lines, payments and addresses: the object's own name in the plural; an object that
    # looks up the same parent twice adds the field to it
    code = child.name.removeprefix("rstk__").removesuffix("__c")
    name = field.name.removeprefix("rstk__").removeprefix(f"{code}_").removesuffix("__c")
    return f"rstk__{code}s_{name}__r"


def _children(objects: dict[str, SObject]) -> dict[tuple[str, str], tuple[SObject, Field]]:
    return {
        (str(field.references), _list_name(child, field).casefold()): (child, field)
        for child in objects.values()
        for field in child.lookups
    }


def _details(objects: dict[str, SObject]) -> dict[str, list[tuple[str, str]]]:
    """By master: object and look-up of what belongs to it."""
    found: dict[str, list[tuple[str, str]]] = {}
    for child in objects.values():
        for field in child.masters:
            found.setdefault(str(field.references), []).append((child.name, field.name))
    return found
