"""What every form shares: the state of one write, comparing with what is stored, rows by id."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol

from sandbox.acumatica.errors import FieldErrors, Refused
from sandbox.acumatica.requests_in import Given
from sandbox.acumatica.settings import Settings
from sandbox.acumatica.store import Tenant

Row = dict[str, Any]


@dataclass
class Writing:
    """One write on its way."""

    tenant: Tenant
    settings: Settings
    day: date
    branch: str
    user: str
    errors: FieldErrors = field(default_factory=FieldErrors)


class Form(Protocol):
    """The rules of one screen; each method notes in `writing.errors` what is wrong with single fields."""

    def insert(self, writing: Writing, given: Given) -> Row:
        """Store a new record."""

    def update(self, writing: Writing, row: Row, given: Given) -> bool:
        """Change a record; False when nothing in it differs."""

    def delete(self, writing: Writing, row: Row) -> None:
        """Delete a record, or Refused."""


def differing(row: Row, values: Row) -> Row:
    """Only what is not stored already: equal values are skipped (facts 7)."""
    return {name: value for name, value in values.items() if row.get(name) != value}


def written(given: Given, names: Iterable[str]) -> Row:
    """Those fields of the request that the form lets a caller write; the others it works out itself."""
    return {name: given.fields[name] for name in names if name in given.fields}


def linked_into(row: Row, given: Given, names: Iterable[str]) -> Row:
    """Linked objects of the request, merged into those that are stored."""
    return {name: _merged(row.get(name) or {}, given.linked[name]) for name in names if name in given.linked}


def _merged(held: Row, given: Given) -> Row:
    made = {**held, **given.fields}
    for name, inner in given.linked.items():
        made[name] = _merged(held.get(name) or {}, inner)
    return made


def merged_rows(rows: list[Row], given: list[Given], make: Callable[[Row, Given], Row]) -> list[Row]:
    """Rows with an id change or go, the others are new (facts 5)."""
    kept = [dict(one) for one in rows]
    for each in given:
        held = next((one for one in kept if each.record_id and one.get("_id") == each.record_id), None)
        if each.record_id and held is None:
            raise Refused(f"The row {each.record_id} cannot be found.")
        if held is not None and each.delete:
            kept.remove(held)
        elif held is not None:
            held.update(make(held, each))
        elif not each.delete:
            kept.append(make({}, each))
    return kept


def known(value: Any, among: Iterable[str], label: str) -> str:
    """The stored spelling of a value that must be in a list."""
    wanted = str(value).strip().casefold()
    for one in among:
        if one.casefold() == wanted:
            return one
    raise Refused(f"'{label}' cannot be found in the system.")


def label_of(value: Any, labels: Iterable[str], field_name: str) -> str:
    """A drop-down takes its display label and nothing else (facts 7)."""
    wanted = str(value).strip().casefold()
    for one in labels:
        if one.casefold() == wanted:
            return one
    raise Refused(f"The value '{value}' is not in the list of allowed values for the field [{field_name}].")


def custom_changes(row: Row, given: Given) -> Row:
    """The custom fields of a record after the request."""
    made = {view: dict(held) for view, held in row.get("_custom", {}).items()}
    for (view, name), value in given.custom.items():
        made.setdefault(view, {})[name] = value
    return made


def finished(row: Row, given: Given, values: Row) -> Row:
    """Adds note and custom fields to the changes of a record, and leaves out what is equal."""
    if given.note is not None:
        values["_note"] = given.note
    if given.custom:
        values["_custom"] = custom_changes(row, given)
    return differing(row, values)
