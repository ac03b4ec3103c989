"""What every stand-in vendor shares: the clock, the journal, the misfortune and the dice."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from sandbox.journal import Journal
from sandbox.misfortune import Misfortune


class Clock:
    """Real time plus an offset that a test may push forward."""

    def __init__(self) -> None:
        self._offset = timedelta()

    def now(self) -> datetime:
        """The sandbox's present moment, aware, UTC."""
        return datetime.now(UTC) + self._offset

    def advance(self, seconds: float) -> None:
        """Push the clock; a negative number winds it back."""
        self._offset += timedelta(seconds=seconds)

    def reset(self) -> None:
        """Return to real time."""
        self._offset = timedelta()


class World:
    """One sandbox: everything in it is reset together."""

    def __init__(self, seed: str = "demo") -> None:
        self.clock = Clock()
        self.journal = Journal()
        self.misfortune = Misfortune()
        self.random = random.Random(seed)

    def reset(self, seed: str) -> None:
        """Forget everything that happened; the vendors reset their own data."""
        self.clock.reset()
        self.journal.clear()
        self.misfortune.clear()
        self.random.seed(seed)
