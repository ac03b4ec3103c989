"""Switches of a stand-in: named, typed by their defaults, refused as a whole when one of them is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from decimal import Decimal
from typing import Any, ClassVar


@dataclass
class Switches:
    """Fields of a subclass are switches; a number may be negative only where `signed` names it."""

    vendor: ClassVar[str]
    choices: ClassVar[Mapping[str, tuple[Any, ...]]]
    signed: ClassVar[frozenset[str]] = frozenset()

    def change(self, changes: dict[str, Any]) -> None:
        """Set several switches; nothing is set when one of them is wrong."""
        checked = {name: self._checked(name, value) for name, value in changes.items()}
        for name, value in checked.items():
            setattr(self, name, value)

    def shown(self) -> dict[str, Any]:
        """Every switch with its present value."""
        return asdict(self)

    def _checked(self, name: str, value: Any) -> Any:
        if name not in {one.name for one in fields(self)}:
            raise ValueError(f"{self.vendor} has no setting {name!r}")
        if name in self.choices:
            return _one_of(name, value, self.choices[name])
        present = getattr(self, name)
        if isinstance(present, list):
            return _names(name, value)
        return _truth(name, value) if isinstance(present, bool) else _amount(name, value, name in self.signed)


def _one_of(name: str, value: Any, choices: tuple[Any, ...]) -> Any:
    if isinstance(value, bool) or value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(map(str, choices))}, not {value!r}")
    return value


def _truth(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{name} must be true or false, not {value!r}")
    return value


def _names(name: str, value: Any) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise ValueError(f"{name} must be a list of texts, not {value!r}")
    return list(value)


def _amount(name: str, value: Any, signed: bool) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise ValueError(f"{name} must be a number, not {value!r}")
    if value < 0 and not signed:
        raise ValueError(f"{name} must be a number of at least 0, not {value!r}")
    return float(value)
