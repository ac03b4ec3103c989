"""Long lists of keys in slices that fit an IN list."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

T = TypeVar("T")

PORTION = 500  # parameters in one IN list; SQLite before 3.32 took 999 in all


def portions(ids: Sequence[T], size: int = PORTION) -> Iterable[Sequence[T]]:
    return (ids[start : start + size] for start in range(0, len(ids), size))
