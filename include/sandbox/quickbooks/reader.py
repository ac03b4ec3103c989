"""Reads a body against a shape: refuses the unknown, forgives the noise of real clients.

Forgiven, because live clients send it every day: empty text and nulls (they mean "not given"),
numbers and booleans as text, a numeric SyncToken, `name` and `type` inside references.
"""

import re
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from sandbox.quickbooks import faults
from sandbox.quickbooks.faults import Fault, Problem
from sandbox.quickbooks.schema import BOOLEAN, DATE, NUMBER, REF, FreeRef, Many, Shape, Text, Words
from sandbox.quickbooks.wire import Record

_REF_KEYS = frozenset({"value", "name", "type"})
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_ABSENT = object()
# no amount, quantity or rate has that many digits
_ABSURD = Decimal(10) ** 15


class Reader:
    """One reading of one body; `problems` collects what QuickBooks reports together."""

    def __init__(self, entity: str) -> None:
        self._entity = entity
        self.problems: list[Problem] = []

    def read(self, shape: Shape, body: Any) -> Record:
        """The body without noise; raises at once on a property that does not exist."""
        if not isinstance(body, dict):
            raise Fault(faults.bad_property(f"Can not deserialize instance of {self._entity}"))
        return self._object(shape, body, "")

    def _object(self, shape: Shape, body: Record, path: str) -> Record:
        clean = {}
        for name, value in body.items():
            if name not in shape:
                raise Fault(_unknown(name, self._entity, shape))
            read = self._value(shape[name], value, f"{path}.{name}" if path else name)
            if read is not _ABSENT:
                clean[name] = read
        return clean

    def _value(self, kind: Any, value: Any, path: str) -> Any:
        if value is None or value == "":
            return _ABSENT
        if isinstance(kind, Many):
            return self._many(kind, value, path)
        if isinstance(kind, dict):
            return self._inner(kind, value, path)
        if isinstance(kind, Text):
            return self._text(kind, value, path)
        if isinstance(kind, Words):
            return self._word(kind, value, path)
        return self._free(kind, value, path) if isinstance(kind, FreeRef) else self._plain(str(kind), value, path)

    def _plain(self, kind: str, value: Any, path: str) -> Any:
        if kind == NUMBER:
            return self._number(value, path)
        if kind == BOOLEAN:
            return _boolean(value, path)
        if kind == DATE:
            return _date(value, path)
        if kind == REF:
            return _reference(value, path)
        return value  # ANYTHING: read only, whatever a client sends back

    def _many(self, kind: Many, value: Any, path: str) -> Any:
        if not isinstance(value, list):
            raise Fault(faults.bad_property(f"Can not deserialize {path}: a list is expected", path))
        read = (self._value(kind.of, item, path) for item in value)
        return [item for item in read if item is not _ABSENT]

    def _inner(self, shape: Shape, value: Any, path: str) -> Any:
        if not isinstance(value, dict):
            raise Fault(faults.bad_property(f"Can not deserialize {path}: an object is expected", path))
        return self._object(shape, value, path)

    def _text(self, kind: Text, value: Any, path: str) -> Any:
        if isinstance(value, dict | list):
            raise Fault(faults.bad_property(f"Can not deserialize {path}: text is expected", path))
        text = _plain_text(value)
        if kind.longest is not None and len(text) > kind.longest:
            element = kind.label or path.rpartition(".")[2]
            self.problems.append(faults.wrong_length(element, len(text), kind.longest))
        return text

    def _free(self, kind: FreeRef, value: Any, path: str) -> Any:
        reference = _reference(value, path)
        if reference is not _ABSENT and len(reference["value"]) > kind.longest:
            self.problems.append(faults.wrong_length(path, len(reference["value"]), kind.longest))
        return reference

    def _word(self, kind: Words, value: Any, path: str) -> Any:
        if value not in kind.values:
            self.problems.append(faults.invalid_enum(value, path))
        return value

    def _number(self, value: Any, path: str) -> Any:
        try:
            number = Decimal(str(value)) if not isinstance(value, bool) else Decimal("NaN")
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite() or abs(number) >= _ABSURD:
            self.problems.append(faults.invalid_number(value, path))
            return _ABSENT
        return number


def _unknown(name: str, entity: str, shape: Shape) -> Problem:
    known = ", ".join(f'"{each}"' for each in shape)
    detail = (
        f'Unrecognized field "{name}" (class com.intuit.schema.finance.v3.{entity}), '
        f"not marked as ignorable ({len(shape)} known properties: {known})"
    )
    return faults.bad_property(detail, name)


def _plain_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def _boolean(value: Any, path: str) -> bool:
    if isinstance(value, bool):
        return value
    if str(value).lower() in ("true", "false"):
        return str(value).lower() == "true"
    raise Fault(faults.bad_property(f"Can not construct {path} (Boolean) from value '{value}'", path))


def _date(value: Any, path: str) -> str:
    text = str(value)
    # Clients send a time or a zone behind the day as well; only the day counts.
    try:
        if not _DATE.match(text):
            raise ValueError(text)
        return date.fromisoformat(text[:10]).isoformat()
    except ValueError:
        detail = f"Can not construct instance of java.util.Date from String value '{text}'"
        raise Fault(faults.bad_property(detail, path)) from None


def _reference(value: Any, path: str) -> Any:
    if not isinstance(value, dict):
        raise Fault(faults.bad_property(f"Can not deserialize {path}: a reference is expected", path))
    unknown = next((key for key in value if key not in _REF_KEYS), None)
    if unknown is not None:
        raise Fault(faults.bad_property(f'Unrecognized field "{unknown}" in {path}', unknown))
    target = value.get("value")
    if target is None or target == "":
        return _ABSENT
    return {"value": _plain_text(target)}
