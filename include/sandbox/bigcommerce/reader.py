"""Reads a body against its shape: keeps what it knows, drops the rest, notes what is wrong."""

from __future__ import annotations

from typing import Any

from sandbox.bigcommerce import errors
from sandbox.bigcommerce.schema import Amount, Many, Quantity, Shape, Text, Truth, Whole
from sandbox.bigcommerce.settings import Settings
from sandbox.bigcommerce.wire import Record, decimal_of, kept, whole_of

_BLANK, _NULL = "This field may not be blank.", "This field may not be null."
_NO_TEXT, _NO_WHOLE = "Not a valid string.", "A valid integer is required."
MISSING = object()


class Reader:
    """One body. `bad_number` is what is raised for an amount that is none."""

    def __init__(self, settings: Settings, bad_number: errors.Refusal | None = None) -> None:
        self._settings = settings
        self._refusal = bad_number or errors.bad_number()
        self._bad_number = False
        self.problems: dict[str, Any] = {}

    def read(self, shape: Shape, raw: Any) -> Record:
        """The clean body; raises when anything is wrong with it."""
        if not isinstance(raw, dict):
            raise errors.refused(422, "Invalid request data")
        body = self._object(shape, raw, "")
        if self._bad_number:
            raise self._refusal
        if self.problems:
            raise errors.wrong_fields(self.problems, self._settings.parameter_errors)
        return body

    def _object(self, shape: Shape, raw: Record, path: str) -> Record:
        for name in sorted(shape.required - raw.keys()):
            self._note(path + name, errors.REQUIRED)
        if self._settings.unknown_fields == "refuse":
            for name in sorted(raw.keys() - shape.fields.keys()):
                self._note(path + name, "Unknown field.")
        body = {}
        for name, kind in shape.fields.items():
            value = self._value(kind, raw[name], path + name) if name in raw else MISSING
            if value is not MISSING:
                body[name] = value
        return body

    def _value(self, kind: Any, value: Any, path: str) -> Any:
        if isinstance(kind, Amount | Quantity):
            return self._amount(value, kind.number, path) if isinstance(kind, Amount) else self._quantity(value)
        if value is None and isinstance(kind, Text | Whole | Truth | Many | Shape):
            return self._note(path, _NULL)
        return self._other(kind, value, path)

    def _other(self, kind: Any, value: Any, path: str) -> Any:
        if isinstance(kind, Text):
            return self._text(kind, value, path)
        if isinstance(kind, Whole):
            return self._whole(kind, value, path)
        if isinstance(kind, Truth):
            return value if isinstance(value, bool) else self._note(path, "Must be a valid boolean.")
        if isinstance(kind, Many):
            return self._list(kind, value, path)
        if isinstance(kind, Shape):
            known = isinstance(value, dict)
            return self._object(kind, value, path + ".") if known else self._note(path, "Expected an object.")
        return value

    def _list(self, kind: Many, value: Any, path: str) -> Any:
        if not isinstance(value, list):
            return self._note(path, "Expected a list of items but got another type.")
        if not value and kind.filled and self._no_empty:
            return self._note(path, "This list may not be empty.")
        return [self._value(kind.of, each, f"{path}[{place}]") for place, each in enumerate(value)]

    def _text(self, kind: Text, value: Any, path: str) -> Any:
        if self._settings.types == "lenient" and isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if not isinstance(value, str):
            return self._note(path, _NO_TEXT)
        if not value.strip() and not kind.may_be_empty and self._no_empty:
            return self._note(path, _BLANK)
        longest = kind.longest or int(self._settings.longest_text)
        if longest and len(value) > longest:
            return self._note(path, f"Ensure this field has no more than {longest} characters.")
        return value

    def _whole(self, kind: Whole, value: Any, path: str) -> Any:
        lenient = self._settings.types == "lenient"
        number = None if isinstance(value, str) and not lenient else whole_of(value)
        if number is None:
            return self._note(path, _NO_WHOLE)
        if kind.choices and number not in kind.choices:
            return self._note(path, f'"{number}" is not a valid choice.')
        return number

    def _amount(self, value: Any, as_number: bool, path: str) -> Any:
        if not isinstance(value, dict):
            return self._note(path, "Expected an object.")
        missing = [name for name in ("code", "value") if value.get(name) is None]
        for name in missing:
            self._note(f"{path}.{name}", errors.REQUIRED)
        if missing:
            return MISSING
        code = self._text(Text(), value["code"], f"{path}.code")
        number = self._number(value["value"], as_number)
        return MISSING if code is MISSING or number is None else {"code": code, "value": kept(number)}

    def _number(self, value: Any, as_number: bool) -> Any:
        number = decimal_of(value)
        right = isinstance(value, str) != as_number or self._settings.types == "lenient"
        if number is None or not right:
            self._bad_number = True
            return None
        return number

    def _quantity(self, value: Any) -> Any:
        number = self._number(value, False)
        return MISSING if number is None else format(number, "f")

    @property
    def _no_empty(self) -> bool:
        return self._settings.empty_strings == "refuse"

    def _note(self, path: str, words: str) -> Any:
        self.problems.setdefault(path, []).append(words)
        return MISSING
