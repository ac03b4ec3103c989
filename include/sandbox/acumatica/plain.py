"""Records as the control API shows and takes them: the API's names, values bare."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox import exact_json
from sandbox.acumatica.errors import Refused
from sandbox.acumatica.schema import HEAD, Entity, Part
from sandbox.acumatica.store import Row
from sandbox.acumatica.values import parsed


def plainly(part: Entity, row: Row) -> Row:
    """A record by the API's names, values bare, with linked objects and rows."""
    made: Row = {"id": row["_id"], "note": row.get("_note", ""), "custom": row.get("_custom", {})}
    made |= {one.name: row.get(one.source) for one in part.fields.values()}
    for linked in part.linked.values():
        held = row if linked.source == HEAD else row.get(linked.stored) or {}
        made[linked.name] = (
            {**held} if linked.source != HEAD else {f.name: row.get(f.source) for f in linked.fields.values()}
        )
    for rows in part.collections.values():
        made[rows.name] = [
            {"id": each.get("_id"), **{one.name: each.get(one.source) for one in rows.fields.values()}}
            for each in row.get(rows.stored) or []
        ]
    return {**made, "files": list(row.get("_files", []))}


def stored(part: Part, values: Mapping[str, Any]) -> Row:
    """By stored names, parsed as the field's type asks; ValueError for a name that is not there."""
    made: Row = {}
    for name, value in values.items():
        if name == "id":
            made["_id"] = value
        elif name in part.linked:
            made[name] = stored(part.linked[name], value)
        elif name in part.fields:
            one = part.fields[name]
            try:
                made[one.source] = parsed(one.type, exact_json.loads(exact_json.dumps(value)))
            except Refused as refusal:
                raise ValueError(f"{name}: {refusal.text}") from refusal
        else:
            raise ValueError(f"{part.name} has no field {name!r}")
    return made


def as_request(fields: Mapping[str, Any]) -> Row:
    """Bare values as a request has them."""
    made: Row = {}
    for name, value in exact_json.loads(exact_json.dumps(fields)).items():
        if isinstance(value, list):
            made[name] = [as_request(each) for each in value]
        elif name in ("id", "note"):
            made[name] = value
        else:
            made[name] = as_request(value) if isinstance(value, dict) else {"value": value}
    return made
