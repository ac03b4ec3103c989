"""Asking again until the answer is there; alone, or several in turn."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from typing import TypeVar

Answer = TypeVar("Answer")
Part = Generator[None, None, Answer]
"""Something that takes its time; yields whenever another may have its turn."""


class TookTooLong(RuntimeError):
    """What was waited for did not come."""


def patiently(ask: Callable[[], Answer | None], what: str, seconds: float) -> Part[Answer]:
    """The first answer that is not None. Raises TookTooLong."""
    deadline = time.monotonic() + seconds
    while (answer := ask()) is None:
        if time.monotonic() >= deadline:
            raise TookTooLong(f"{what}: not within {seconds:.0f} s")
        yield
    return answer


def once(ready: Callable[[], bool], part: Part[Answer]) -> Part[Answer]:
    """The part, begun when something else is ready."""
    while not ready():
        yield
    return (yield from part)


def together(parts: Sequence[Part[Answer]], check: Callable[[], None], pause: float = 0.5) -> list[Answer]:
    """Gives each its turn until all have ended; what they answered, in their order.

    `check` raises when waiting has become pointless.
    """
    answers: dict[int, Answer] = {}
    while True:
        for place in range(len(parts)):
            if place not in answers:
                try:
                    next(parts[place])
                except StopIteration as end:
                    answers[place] = end.value
        if len(answers) == len(parts):
            return [answers[place] for place in range(len(parts))]
        check()
        time.sleep(pause)


def until(
    ask: Callable[[], Answer | None],
    what: str,
    seconds: float,
    pause: float = 0.25,
    check: Callable[[], None] = lambda: None,
) -> Answer:
    """The first answer that is not None; `check` raises when waiting has become pointless."""
    [answer] = together([patiently(ask, what, seconds)], check, pause)
    return answer
