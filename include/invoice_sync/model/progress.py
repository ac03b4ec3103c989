"""How far a step is, in words: what it does, how much of it, how fast, how long still."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from invoice_sync.model.ports import Clock, SystemClock

EVERY = 5.0
"""Seconds between two lines: who watches a log wants to see that it moves."""


class Progress:
    """Counted by the thread that works, read by the one that tells."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._holding = ""
        self.begin("")

    def begin(self, what: str, total: int | None = None) -> None:
        """`what` is a phrase such as "invoices sent"; `total` where it is known beforehand."""
        self._what, self._total, self._done = what, total, 0
        self._since = self._clock.monotonic()

    def moved(self, by: int = 1) -> None:
        """So many more are done."""
        self._done += by

    @contextmanager
    def held_up(self, why: str) -> Iterator[None]:
        """Nothing moves meanwhile, and that is as it should be."""
        self._holding = why
        try:
            yield
        finally:
            self._holding = ""

    @property
    def line(self) -> str:
        """Such as "invoices sent: 1,230 of 10,000, 20.0 a second, 7 min 18 s left"; empty when nothing has begun."""
        if not self._what:
            return ""
        seconds = self._clock.monotonic() - self._since
        rate = self._done / seconds if seconds > 0 else 0.0
        parts = [self._amount, f"{rate:,.1f} a second" if self._done else f"for {spoken(seconds)}"]
        if rate and self._total is not None and self._done < self._total:
            parts.append(f"{spoken((self._total - self._done) / rate)} left")
        parts.append(self._holding)
        return f"{self._what}: {', '.join(part for part in parts if part)}"

    @property
    def _amount(self) -> str:
        if self._total is not None:
            return f"{self._done:,} of {self._total:,}"
        return f"{self._done:,}" if self._done else ""


def spoken(seconds: float) -> str:
    """A time as people say it: 42 s, 7 min 18 s, 2 h 5 min."""
    whole = int(seconds + 0.5)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


@contextmanager
def told(progress: Progress, tell: Callable[[str], None], every: float = EVERY) -> Iterator[None]:
    """Tells the line every so many seconds, whatever the working thread waits for."""
    ended = threading.Event()

    def go_on() -> None:
        while not ended.wait(every):
            if line := progress.line:
                tell(line)

    teller = threading.Thread(target=go_on, name="progress", daemon=True)
    teller.start()
    try:
        yield
    finally:
        ended.set()
        teller.join()
