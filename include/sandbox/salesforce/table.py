"""The records of one object, with indexes: by id, by the text of a field, and by SystemModstamp.

An index is made when a query first wants it and is kept up from then on.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from sandbox.salesforce.schema import Row

Index = dict[Any, dict[str, Row]]


def fold(value: Any, is_id: bool) -> Any:
    """Text is compared without case and an empty text is null; ids mind case, in their 15 characters."""
    if isinstance(value, str):
        return (value[:15] if is_id else value.casefold()) or None
    return value


class Table:
    """Rows in the order of insertion; the first 15 characters of an id are the key, the rest is a checksum."""

    def __init__(self, id_fields: frozenset[str]) -> None:
        self._rows: dict[str, Row] = {}
        self._id_fields = id_fields
        self._indexes: dict[str, Index] = {}
        self._stamps: list[tuple[datetime, str]] | None = None
        self._sorted = True
        self.numbered = 0
        self.purged: list[tuple[str, datetime]] = []

    def __len__(self) -> int:
        return len(self._rows)

    def get(self, record_id: str) -> Row | None:
        """A record, deleted or not."""
        return self._rows.get(record_id[:15])

    def __iter__(self) -> Iterator[Row]:
        return iter(self._rows.values())

    def add(self, row: Row) -> None:
        """One more at the end."""
        self._rows[row["Id"][:15]] = row
        for name, index in self._indexes.items():
            self._enter(name, index, row)
        self._stamped(row)

    def write(self, row: Row, values: Row) -> None:
        """Change fields; whoever calls this has set the stamps among them."""
        touched = [name for name in self._indexes if name in values]
        for name in touched:
            self._leave(name, row)
        row.update(values)
        for name in touched:
            self._enter(name, self._indexes[name], row)
        if "SystemModstamp" in values:
            self._stamped(row)

    def remove(self, row: Row) -> None:
        """Gone for good."""
        for name in self._indexes:
            self._leave(name, row)
        self._rows.pop(row["Id"][:15], None)

    def having(self, name: str, wanted: Iterable[Any]) -> list[Row]:
        """Records whose field, folded, is one of these; in the order of insertion."""
        index = self._indexes.get(name)
        if index is None:
            index = self._indexes[name] = {}
            for row in self._rows.values():
                self._enter(name, index, row)
        found: dict[str, Row] = {}
        for value in wanted:
            found.update(index.get(value, {}))
        # ids count up in an order that plain text comparison follows
        return [found[key] for key in sorted(found)]

    def since(self, moment: datetime) -> list[Row]:
        """Records stamped at this moment or later; in the order of insertion."""
        stamps = self._ordered_stamps()
        keys = {key for _, key in stamps[bisect_left(stamps, (moment, "")) :]}
        # a record leaves an entry at each of its stamps; only its present one counts
        return [row for key in sorted(keys) if (row := self._rows.get(key)) and row["SystemModstamp"] >= moment]

    def _ordered_stamps(self) -> list[tuple[datetime, str]]:
        if self._stamps is None:
            self._stamps = [(row["SystemModstamp"], key) for key, row in self._rows.items()]
            self._sorted = False
        if not self._sorted:
            self._stamps.sort()
            self._sorted = True
        return self._stamps

    def _stamped(self, row: Row) -> None:
        if self._stamps is None:
            return
        entry = (row["SystemModstamp"], row["Id"][:15])
        self._sorted = self._sorted and (not self._stamps or self._stamps[-1] <= entry)
        self._stamps.append(entry)

    def _enter(self, name: str, index: Index, row: Row) -> None:
        index.setdefault(fold(row.get(name), name in self._id_fields), {})[row["Id"][:15]] = row

    def _leave(self, name: str, row: Row) -> None:
        held = self._indexes[name].get(fold(row.get(name), name in self._id_fields))
        if held is not None:
            held.pop(row["Id"][:15], None)
