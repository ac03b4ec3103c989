"""Asking again until the answer is there."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

Answer = TypeVar("Answer")


class TookTooLong(RuntimeError):
    """What was waited for did not come."""


def until(
    ask: Callable[[], Answer | None],
    what: str,
    seconds: float,
    pause: float = 0.25,
    check: Callable[[], None] = lambda: None,
) -> Answer:
    """The first answer that is not None; `check` raises when waiting has become pointless."""
    deadline = time.monotonic() + seconds
    while True:
        answer = ask()
        if answer is not None:
            return answer
        check()
        if time.monotonic() >= deadline:
            raise TookTooLong(f"{what}: not within {seconds:.0f} s")
        time.sleep(pause)
