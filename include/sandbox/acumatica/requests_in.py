"""What a request body says: wrapped fields, linked objects, rows, custom fields. Unknown names fall away silently."""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from sandbox import exact_json
from sandbox.acumatica.errors import HAS_ERRORS, FieldErrors, bad_request
from sandbox.acumatica.schema import Entity, Field, Part
from sandbox.acumatica.values import parsed

Record = dict[str, Any]
Path = tuple[str | int, ...]


@dataclass
class Given:
    """One record of a request; fields are by stored name, linked objects and rows by the API's."""

    fields: Record = field(default_factory=dict)
    linked: dict[str, Given] = field(default_factory=dict)
    rows: dict[str, list[Given]] = field(default_factory=dict)
    custom: dict[tuple[str, str], Any] = field(default_factory=dict)
    note: str | None = None
    record_id: str | None = None
    delete: bool = False
    path: Path = ()
    names: list[str] = field(default_factory=list)

    def has(self, name: str) -> bool:
        """Whether the request wrote this field, if only to empty it."""
        return name in self.fields


def body_of(text: str) -> Record:
    """The JSON object of a request, or 400."""
    try:
        body = exact_json.loads(text) if text.strip() else None
    except (json.JSONDecodeError, RecursionError) as error:
        raise bad_request("The request body is not valid JSON.") from error
    if not isinstance(body, dict):
        raise bad_request()
    return body


def read(entity: Entity, body: Record, version: int, errors: FieldErrors) -> Given:
    """A record; what the types of its fields refuse is noted in `errors`."""
    given = _part(entity, body, version, errors, ())
    for one in entity.collections_in(version):
        rows = body.get(one.name)
        if isinstance(rows, list):
            given.names.append(one.name)
            given.rows[one.name] = [
                _row(one, each, version, errors, (one.name, place)) for place, each in enumerate(rows)
            ]
    given.custom = _custom(body.get("custom"), errors)
    given.note = _note(body.get("note"))
    return given


def _part(part: Part, body: Record, version: int, errors: FieldErrors, path: Path) -> Given:
    given = Given(path=path)
    if isinstance(body.get("id"), str):
        given.record_id = body["id"].lower()
    for one in part.fields_in(version):
        if one.name in body:
            _field(given, one, body[one.name], errors)
    for inner in part.linked.values():
        if inner.since <= version and isinstance(body.get(inner.name), dict):
            given.linked[inner.name] = _part(inner, body[inner.name], version, errors, (*path, inner.name))
            given.names.append(inner.name)
    return given


def _field(given: Given, one: Field, raw: Any, errors: FieldErrors) -> None:
    if not isinstance(raw, dict):
        raise bad_request(f"Error converting value to type '{one.name}'. A field must be an object with a value.")
    given.names.append(one.name)
    if "value" not in raw:
        return
    if isinstance(raw["value"], dict | list):
        raise bad_request(f"Unexpected character encountered while parsing the value of '{one.name}'.")
    with errors.at((*given.path, one.name)):
        given.fields[one.source] = parsed(one.type, raw["value"])


def _row(part: Part, raw: Any, version: int, errors: FieldErrors, path: Path) -> Given:
    if not isinstance(raw, dict):
        raise bad_request(f"Error converting value to a row of '{part.name}'.")
    row = _part(part, raw, version, errors, path)
    row.delete = raw.get("delete") is True
    return row


def _note(raw: Any) -> str | None:
    if isinstance(raw, dict):
        raw = raw.get("value")
    return str(raw) if raw is not None else None


_CUSTOM = {"String": "s", "Int": "i", "Decimal": "d", "Boolean": "b", "DateTime": "dt", "Guid": "g", "Short": "i"}


def _custom(raw: Any, errors: FieldErrors) -> dict[tuple[str, str], Any]:
    found: dict[tuple[str, str], Any] = {}
    for view, held in raw.items() if isinstance(raw, dict) else ():
        for name, one in held.items() if isinstance(held, dict) else ():
            kind = str(one.get("type", "")) if isinstance(one, dict) else ""
            short = kind.removeprefix("Custom").removesuffix("Field")
            if not isinstance(one, dict) or not kind:
                raise bad_request(f"The type of the custom field '{name}' is missing.")
            with errors.at(("custom", view, name)):
                found[(view, name)] = parsed(_CUSTOM.get(short, "d"), one.get("value"))
    return found


def echoed(body: Record, errors: FieldErrors, what: str) -> Record:
    """The request's record with an `error` on the fields and rows that are wrong (facts 15)."""
    made: Record = deepcopy(body)
    for path, text in errors.found:
        _mark(made, path, text)
    made["exceptionMessage"] = f"{what} record raised at least one error. Please review the errors."
    made["exceptionType"] = HAS_ERRORS
    return made


def _mark(made: Any, path: Path, text: str) -> None:
    at: Any = made
    for step in path:
        if isinstance(step, int):
            while len(at) <= step:
                at.append({})
            at = at[step]
            at.setdefault("rowNumber", step + 1)
        else:
            fresh: Any = {} if step not in _LISTS else []
            at = at.setdefault(step, fresh) if isinstance(at, dict) else at
    if isinstance(at, dict):
        at["error"] = text


_LISTS = frozenset({"Details", "DocumentsToApply", "OrdersToApply", "ApplicationsInvoice", "Orders", "Packages"})
