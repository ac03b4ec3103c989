"""Extra fields: their configuration, and the checks of what is written into them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sandbox.bigcommerce import errors
from sandbox.bigcommerce.call import Call, Page
from sandbox.bigcommerce.listing import page
from sandbox.bigcommerce.wire import Record, decimal_of

TEXT, LINES, NUMBER, CHOICE = 0, 1, 2, 3


def config(
    ident: int, name: str, kind: int = TEXT, required: bool = False, unique: bool = False, **more: Any
) -> Record:
    """One field as the control panel defines it; `more`: maximumLength, numberOfRows, maximumValue, listOfValue."""
    shown = {
        "maximumLength": "", "numberOfRows": "", "maximumValue": "", "listOfValue": [], "defaultValue": "",
        "visibleToEnduser": True, "configType": 2,
    }  # fmt: skip
    return {
        "id": ident, "uuid": f"6a1c0de0-0000-4000-8000-{ident:012d}", "fieldName": name, "labelName": name,
        "fieldType": kind, "isRequired": required, "isUnique": unique, **shown, **more,
    }  # fmt: skip


def list_config(call: Call, entity: str) -> Page:
    """What extra fields there are; the orders' spec alone knows labelName, and spells one key otherwise."""
    rows = []
    for row in call.store.configs[entity]:
        shown = dict(row)
        if entity == "order":
            shown["listOfValues"] = shown.pop("listOfValue")
        else:
            del shown["labelName"]
        rows.append(shown)
    return page(call, rows)


def checked(call: Call, entity: str, given: list[Record] | None, old: Record | None) -> list[Record]:
    """The extra fields after a write; raises 422 for what the configuration does not allow."""
    known = {row["fieldName"]: row for row in call.store.configs[entity]}
    fresh = {each["fieldName"]: each["fieldValue"] for each in given or []}
    held = {each["fieldName"]: each["fieldValue"] for each in (old or {}).get("extraFields", [])}
    if given is not None:
        for name, value in fresh.items():
            _check(call, entity, known.get(name), name, value, old)
        held = {**held, **fresh} if call.settings.extra_fields_on_update == "merge" else fresh
    if given is not None or old is None:
        _require(known, held)
    return [{"fieldName": name, "fieldValue": value} for name, value in held.items()]


def _require(known: dict[str, Record], held: dict[str, str]) -> None:
    for name, row in known.items():
        if row["isRequired"] and not held.get(name) and not row["defaultValue"]:
            raise errors.refused(422, f"[{name}] is a required extra field")
        if row["defaultValue"]:
            held.setdefault(name, row["defaultValue"])


def _check(call: Call, entity: str, row: Record | None, name: str, value: str, old: Record | None) -> None:
    if row is None:
        raise errors.refused(422, f"[{name}] is not an extra field")
    wrong = _wrong(row, value)
    if wrong:
        raise errors.refused(422, f"[{name}] {wrong}")
    if row["isUnique"] and value and _held_by_other(call, entity, name, value, old):
        raise errors.refused(422, f"[{name}] must be unique")


def _wrong(row: Record, value: str) -> str | None:
    kind, longest, most = row["fieldType"], row["maximumLength"], row["maximumValue"]
    if kind in (TEXT, LINES) and longest and len(value) > int(longest):
        return f"is longer than {longest}"
    if kind == NUMBER and value:
        number = decimal_of(value)
        if number is None or (most and number > Decimal(most)):
            return "is not a valid number" if number is None else f"is above {most}"
    if kind == CHOICE and value and value not in row["listOfValue"]:
        return "is not one of the list"
    return None


def _held_by_other(call: Call, entity: str, name: str, value: str, old: Record | None) -> bool:
    table = "b2b_order" if entity == "order" else entity
    mine = old["id"] if old else None
    return any(row["id"] != mine and value_of(row, name) == value for row in call.store.table(table).rows())


def value_of(row: Record, name: str) -> str | None:
    """The value of one extra field of a record."""
    return next((each["fieldValue"] for each in row.get("extraFields", []) if each["fieldName"] == name), None)
