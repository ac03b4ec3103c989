"""$filter: the OData 3 flavour of the contract API (facts 6.1), read into a tree of conditions."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from sandbox.acumatica.schema import HEAD, Entity, Field, Part
from sandbox.acumatica.values import day, instant

Row = Mapping[str, Any]
Condition = Callable[[Row], bool]
_TOKEN = re.compile(
    r"""\s*(?:(?P<moment>datetimeoffset'[^']*'|datetime'[^']*'|date'[^']*'|guid'[^']*')
    |(?P<text>'(?:[^']|'')*')
    |(?P<number>-?\d+(?:\.\d+)?[MmDdFfLl]?)(?![\w:-])
    |(?P<word>[A-Za-z_][\w./]*)
    |(?P<mark>[(),=]))""",
    re.VERBOSE,
)
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda a, b: a == b,
    "ne": lambda a, b: a != b,
    "gt": lambda a, b: a > b,
    "ge": lambda a, b: a >= b,
    "lt": lambda a, b: a < b,
    "le": lambda a, b: a <= b,
}
_KINDS = {"eq": "Equal", "ne": "NotEqual", "gt": "GreaterThan", "ge": "GreaterThanOrEqual", "lt": "LessThan"}
_TESTS: dict[str, Callable[[str, str], bool]] = {
    "substringof": lambda held, part: part in held,
    "contains": lambda held, part: part in held,
    "startswith": lambda held, part: held.startswith(part),
    "endswith": lambda held, part: held.endswith(part),
}
_EDM = {"s": "String", "g": "Guid", "d": "Decimal", "b": "Boolean", "i": "Int32", "day": "DateTimeOffset"}


class BadFilter(Exception):
    """The filter cannot be read, or compares what cannot be compared."""


@dataclass(frozen=True)
class Literal:
    """A value of a filter and its type as OData names it."""

    value: Any
    edm: str


@dataclass(frozen=True)
class Operand:
    """A field of the entity, or a custom field."""

    name: str
    view: str
    edm: str
    read: Callable[[Row], Any]


class Filter:
    """One filter; `views` names the form views that its fields belong to."""

    def __init__(self, entity: Entity, version: int, text: str, offset_hours: float) -> None:
        self._entity = entity
        self._version = version
        self._offset = offset_hours
        self._tokens = _tokens(text)
        self._at = 0
        self.fields: list[str] = []
        self.views: set[str] = set()
        self.matches = self._either()
        if self._at < len(self._tokens):
            raise BadFilter(f"Syntax error at position {self._at} in '{text}'.")

    def _peek(self) -> tuple[str, str]:
        return self._tokens[self._at] if self._at < len(self._tokens) else ("end", "")

    def _next(self) -> tuple[str, str]:
        token = self._peek()
        if token[0] == "end":
            raise BadFilter("Expression expected at the end of the filter.")
        self._at += 1
        return token

    def _expect(self, mark: str) -> None:
        if self._next()[1] != mark:
            raise BadFilter(f"'{mark}' expected.")

    def _either(self) -> Condition:
        parts = [self._both()]
        while self._peek() == ("word", "or"):
            self._next()
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else lambda row: any(one(row) for one in parts)

    def _both(self) -> Condition:
        parts = [self._one()]
        while self._peek() == ("word", "and"):
            self._next()
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else lambda row: all(one(row) for one in parts)

    def _one(self) -> Condition:
        kind, text = self._peek()
        if text == "(":
            return self._group()
        if (kind, text) == ("word", "not"):
            self._next()
            inner = self._one()
            return lambda row: not inner(row)
        if kind == "word" and text in _TESTS:
            return self._test()
        return self._comparison()

    def _group(self) -> Condition:
        self._expect("(")
        inner = self._either()
        self._expect(")")
        return inner

    def _test(self) -> Condition:
        _, name = self._next()
        self._expect("(")
        first = self._value()
        self._expect(",")
        second = self._value()
        self._expect(")")
        operand, literal = _told_apart(name, first, second)
        part, test = str(literal.value).casefold(), _TESTS[name]
        return lambda row: test(str(operand.read(row) or "").casefold(), part)

    def _comparison(self) -> Condition:
        left = self._value()
        _, sign = self._next()
        if sign not in _COMPARE:
            raise BadFilter(f"'{sign}' is no operator.")
        right = self._value()
        if isinstance(left, Literal) or not isinstance(right, Literal):
            raise BadFilter("A field must be compared with a literal.")
        _refuse_incompatible(left, right, sign)
        return _compared(left, right, sign)

    def _value(self) -> Operand | Literal:
        kind, text = self._next()
        if kind == "text":
            return Literal(text[1:-1].replace("''", "'"), "Edm.String")
        if kind == "number":
            return Literal(Decimal(text.rstrip("MmDdFfLl")), "Edm.Decimal")
        if kind == "moment":
            return _moment(text, self._offset)
        if text in ("true", "false"):
            return Literal(text == "true", "Edm.Boolean")
        if text == "null":
            return Literal(None, "null")
        return self._custom(text) if text.startswith("cf.") else self._field(text)

    def _custom(self, word: str) -> Operand:
        self._expect("(")
        self._expect("f")
        self._expect("=")
        name = self._next()[1].strip("'")
        self._expect(")")
        view, _, field = name.partition(".")
        self.views.add(view)
        edm = f"Edm.{word.removeprefix('cf.').replace('DateTime', 'DateTimeOffset')}"
        return Operand(name, view, edm, lambda row: row.get("_custom", {}).get(view, {}).get(field))

    def _field(self, path: str) -> Operand:
        found, steps = _resolved(self._entity, path, self._version)
        self.fields.append(path)
        self.views.add(found.view)
        edm = "Edm." + _EDM.get(found.type, "DateTimeOffset")
        return Operand(path, found.view, edm, _reader(steps, found))


def _tokens(text: str) -> list[tuple[str, str]]:
    found, at = [], 0
    while at < len(text.rstrip()):
        match = _TOKEN.match(text, at)
        if match is None:
            raise BadFilter(f"Syntax error at position {at} in '{text}'.")
        found.append((str(match.lastgroup), match[match.lastgroup or 0]))
        at = match.end()
    return found


def _resolved(entity: Entity, path: str, version: int) -> tuple[Field, list[str]]:
    """The field of a path and the stored objects on the way; rows of collections cannot be filtered by."""
    *way, name = path.split("/")
    part: Part = entity
    steps = []
    for step in way:
        linked = part.linked.get(step)
        if linked is None or linked.since > version:
            raise BadFilter(f"Could not find a property named '{step}' on type '{part.name}'.")
        steps.append(linked.stored)
        part = linked
    found = part.fields.get(name)
    if found is None or found.since > version:
        raise BadFilter(f"Could not find a property named '{name}' on type '{part.name}'.")
    return found, steps


def _reader(steps: list[str], found: Field) -> Callable[[Row], Any]:
    def read(row: Row) -> Any:
        held: Any = row
        for step in steps:
            held = held if step == HEAD else held.get(step) or {}
        return held.get(found.source)

    return read


def _comparable(value: Any) -> Any:
    """Text knows no case and no trailing blanks, as in the database; a day is its midnight."""
    if isinstance(value, str):
        return value.rstrip().casefold()
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime.combine(value, time(), UTC)
    return value


def _moment(text: str, offset: float) -> Literal:
    kind, _, quoted = text.partition("'")
    inside = quoted[:-1]
    try:
        if kind == "guid":
            return Literal(inside.lower(), "Edm.Guid")
        if kind == "date":
            return Literal(datetime.combine(day(inside), time(), UTC), "Edm.DateTimeOffset")
        return Literal(instant(inside, offset), "Edm.DateTimeOffset")
    except ValueError as error:
        raise BadFilter(f"Unrecognized '{text}' literal.") from error


def _told_apart(name: str, first: Operand | Literal, second: Operand | Literal) -> tuple[Operand, Literal]:
    """substringof takes the text first, the others the field."""
    if name == "substringof":
        first, second = second, first
    if not isinstance(first, Operand) or not isinstance(second, Literal) or second.edm != "Edm.String":
        raise BadFilter(f"No function signature for the function with name '{name}' matches the arguments.")
    return first, second


def _refuse_incompatible(left: Operand, right: Literal, sign: str) -> None:
    numbers = ("Edm.Decimal", "Edm.Int32", "Edm.Int", "Edm.Double")
    same = left.edm == right.edm or (left.edm in numbers and right.edm in numbers)
    texts = {left.edm, right.edm} <= {"Edm.String", "Edm.Guid"}
    if not same and not texts and right.edm != "null":
        raise BadFilter(
            "A binary operator with incompatible types was detected. Found operand types "
            f"'{left.edm}' and '{right.edm}' for operator kind '{_KINDS.get(sign, 'LessThanOrEqual')}'."
        )


def _compared(left: Operand, right: Literal, sign: str) -> Condition:
    wanted, compare, read = _comparable(right.value), _COMPARE[sign], left.read

    def matches(row: Row) -> bool:
        held = _comparable(read(row))
        if held is None or wanted is None:
            return sign in ("eq", "ne") and compare(held, wanted)
        return bool(compare(held, wanted))

    return matches
