"""Metering of the Intuit App Partner Program: writes are Core and free, reads are CorePlus and counted.

https://blogs.intuit.com/2026/01/08/understanding-builder-tier-api-limits-for-you-and-your-customers
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING

from sandbox.quickbooks.settings import Settings

if TYPE_CHECKING:
    from sandbox.world import World

NAME, CORE, CORE_PLUS = "quickbooks", "core", "core_plus"


class Meter:
    """Counts calls of both classes; the cap of the free tier is the workspace's, over all companies."""

    def __init__(self, world: World, settings: Settings) -> None:
        self._world = world
        self._settings = settings
        self._months: Counter[str] = Counter()

    def read(self, realm: str) -> bool:
        """Count one read, or refuse it once the month's allowance is used up."""
        month = _month(self._world.clock.now())
        cap = self._settings.core_plus_cap
        if cap and self._months[month] >= cap:
            return False
        self._months[month] += 1
        self._world.journal.meter(NAME, realm, CORE_PLUS)
        return True

    def wrote(self, realm: str) -> None:
        """Count one write, which is free."""
        self._world.journal.meter(NAME, realm, CORE)

    def clear(self) -> None:
        """A new month with nothing used."""
        self._months.clear()


def _month(now: datetime) -> str:
    return f"{now:%Y-%m}"
