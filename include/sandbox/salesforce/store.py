"""The org's records: kept in memory, found by id, stamped at every write."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sandbox.salesforce import ids
from sandbox.salesforce.objects import FINANCIALS, ORGANIZATION, all_objects
from sandbox.salesforce.schema import Field, Row, SObject
from sandbox.world import World

ORG_ID = "00D5f000000DEMOEAA"


class Org:
    """Objects, rows and stamps."""

    def __init__(self, world: World, seed: str) -> None:
        self._world = world
        self.objects = all_objects()
        dice = random.Random(f"salesforce prefixes {seed}")
        self.prefixes = ids.draw_prefixes([name for name in self.objects if name != ORGANIZATION], dice)
        self.prefixes[ORGANIZATION] = "00D"
        self._tables: dict[str, dict[str, Row]] = {name: {} for name in self.objects}
        self._last_stamp: datetime | None = None
        self.financials = False
        self.hidden_fields: frozenset[str] = frozenset()

    def visible(self, name: str) -> SObject | None:
        """The object, unless the package is not installed; object names do not mind case."""
        found = next((one for key, one in self.objects.items() if key.casefold() == name.casefold()), None)
        if found is not None and found.name == FINANCIALS and not self.financials:
            return None
        return found

    def visible_field(self, sobject: SObject, name: str) -> Field | None:
        """The field, unless field-level security hides it; a hidden field looks like a missing one."""
        found = sobject.field(name)
        hidden = found is not None and f"{sobject.name}.{found.name}" in self.hidden_fields
        return None if hidden else found

    def fields_of(self, sobject: SObject) -> list[Field]:
        """Every field that the integration user may see."""
        return [one for one in sobject.fields.values() if self.visible_field(sobject, one.name)]

    def stored(self, sobject: str, record_id: str) -> Row | None:
        """A record, deleted or not; takes 15 or 18 characters."""
        return self._tables[sobject].get(record_id[:15])

    def row(self, sobject: str, record_id: str | None) -> Row | None:
        """A record that is not deleted."""
        found = self.stored(sobject, record_id) if record_id else None
        return None if found is None or found["IsDeleted"] else found

    def rows(self, sobject: str, deleted: bool = False) -> Iterator[Row]:
        """Every record in the order of insertion; with the deleted ones if asked."""
        return (row for row in self._tables[sobject].values() if deleted or not row["IsDeleted"])

    def value(self, sobject: SObject, row: Row, name: str) -> Any:
        """What a reader sees of a field: stored, or computed now."""
        one = sobject.fields[name]
        return row.get(name) if one.compute is None else one.compute(self, row)

    def read(self, sobject: SObject, row: Row) -> Row:
        """The whole record as a reader sees it."""
        return {one.name: self.value(sobject, row, one.name) for one in self.fields_of(sobject)}

    def add(self, sobject: str, values: Row, record_id: str | None = None, at: datetime | None = None) -> Row:
        """Store a new record; checkboxes begin unticked."""
        stamp = at or self.stamp()
        row: Row = {one.name: False for one in self.objects[sobject].fields.values() if one.type == "boolean"}
        row |= values
        row["Id"] = record_id or self._next_id(sobject)
        row |= {"CreatedDate": stamp, "LastModifiedDate": stamp, "SystemModstamp": stamp, "IsDeleted": False}
        row.setdefault("Name", row["Id"][:15])
        # the first 15 characters are the id; the rest is only a checksum
        self._tables[sobject][row["Id"][:15]] = row
        return row

    def change(self, row: Row, values: Row) -> None:
        """Write fields of a record and move its stamps."""
        stamp = self.stamp()
        row.update(values)
        row.update({"LastModifiedDate": stamp, "SystemModstamp": stamp})

    def _next_id(self, sobject: str) -> str:
        short = f"{self.prefixes[sobject]}5f0{ids.base62(len(self._tables[sobject]) + 1, 9)}"
        return ids.full_id(short) or short

    def stamp(self) -> datetime:
        """Now in milliseconds, always later than the stamp before, so that every write shows."""
        now = self._world.clock.now()
        now = now.replace(microsecond=now.microsecond // 1000 * 1000)
        if self._last_stamp is not None and now <= self._last_stamp < now + timedelta(seconds=1):
            now = self._last_stamp + timedelta(milliseconds=1)
        self._last_stamp = now
        return now
