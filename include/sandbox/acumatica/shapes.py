"""Stored records as the API shows them, for one endpoint version and the parameters of one request."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sandbox.acumatica.schema import HEAD, Entity, Part
from sandbox.acumatica.settings import Settings
from sandbox.acumatica.values import plain, wrapped

Row = dict[str, Any]
FILES = "files"
_CUSTOM_TYPES: dict[type, str] = {bool: "Boolean", int: "Int", str: "String", datetime: "DateTime", date: "DateTime"}


@dataclass(frozen=True)
class Look:
    """What a request asks to see: parsed $select, $expand and $custom."""

    version: int
    base: str
    select: frozenset[str] | None = None
    expand: frozenset[str] = frozenset()
    custom: tuple[str, ...] = ()
    settings: Settings = field(default_factory=Settings)

    def wants(self, prefix: str, name: str) -> bool:
        """Whether a field is asked for; without $select all are."""
        if self.select is None:
            return True
        if prefix and not any(one.startswith(prefix) for one in self.select):
            return True
        return f"{prefix}{name}" in self.select


def shown(entity: Entity, row: Row, look: Look, number: int = 1) -> Row:
    """A whole record; rows and linked objects only when they are expanded."""
    made: Row = {"id": row["_id"], "rowNumber": number, "note": {"value": row.get("_note") or ""}}
    made |= _fields(entity, row, look, "")
    for one in entity.linked_in(look.version):
        if one.name in look.expand:
            made[one.name] = _linked(one, row, look, f"{one.name}/", row["_id"])
    for one in entity.collections_in(look.version):
        if one.name in look.expand:
            made[one.name] = _rows(one, row, look)
    made["custom"] = custom_block(row, look.custom, look.settings)
    made["files"] = _files(row, look) if FILES in look.expand else []
    return {**made, "_links": _links(entity, row, look)}


def _fields(part: Part, row: Row, look: Look, prefix: str) -> Row:
    return {
        one.name: wrapped(_value(one.name, one.type, one.source, row, look))
        for one in part.fields_in(look.version)
        if look.wants(prefix, one.name)
    }


def _value(name: str, kind: str, source: str, row: Row, look: Look) -> Any:
    derive = _DERIVED.get(name)
    if derive is not None:
        return derive(row, look.settings)
    value = row.get(source)
    return value.date() if kind == "day" and isinstance(value, datetime) else value


def _net_total(row: Row, settings: Settings) -> Any:
    """Gross or net of line discounts: facts 12 and 20.4 leave it open."""
    return row.get("DetailTotal" if settings.detail_total == "gross" else "DetailNet", row.get("DetailTotal"))


_DERIVED: Mapping[str, Callable[[Row, Settings], Any]] = {"DetailTotal": _net_total}


def _linked(part: Part, row: Row, look: Look, prefix: str, owner: str) -> Row:
    held = row if part.source == HEAD else row.get(part.stored) or {}
    made = _fields(part, held, look, prefix)
    for inner in part.linked.values():
        if f"{prefix}{inner.name}" in look.expand:
            made[inner.name] = _linked(inner, held, look, f"{prefix}{inner.name}/", owner)
    own_id = str(uuid.uuid5(uuid.UUID(owner), prefix))
    return {"id": own_id, "rowNumber": 1, "note": None, **made, "custom": {}}


def _rows(part: Part, row: Row, look: Look) -> list[Row]:
    return [
        {
            "id": each.get("_id", ""),
            "rowNumber": number,
            "note": None,
            **_fields(part, each, look, f"{part.name}/"),
            "custom": {},
            "files": [],
        }
        for number, each in enumerate(row.get(part.stored) or [], 1)
    ]


def custom_block(row: Row, asked: tuple[str, ...], settings: Settings) -> Row:
    """By view, then field; a field that is not there is left out without a word."""
    made: Row = {}
    for path in asked:
        view, _, name = path.partition(".")
        held = row.get("_custom", {}).get(view, {})
        value = row.get("Terms") if path == "Document.TermsID" and settings.custom_terms else held.get(name)
        if name in held or value is not None:
            made.setdefault(view, {})[name] = {"type": custom_type(value), "value": plain(value)}
    return made


def custom_type(value: Any) -> str:
    """The type that a custom field is answered with."""
    return f"Custom{_CUSTOM_TYPES.get(type(value), 'Decimal' if value is not None else 'String')}Field"


def _files(row: Row, look: Look) -> list[Row]:
    return [
        {
            "id": one["id"],
            "filename": one["filename"],
            "href": f"{look.base}/files/{one['id']}",
            "comment": one.get("comment"),
        }
        for one in row.get("_files", [])
    ]


def _links(entity: Entity, row: Row, look: Look) -> Row:
    here = f"{look.base}/{entity.name}"
    view = f"{here}/{row['_id']}"
    return {"self": view, "files:put": f"{view}/files/{{filename}}"}
