"""How long a vendor may take, and what follows for whoever waits for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds. `server` = longest the vendor works on a call; `index_lag` = until a search shows what it did."""

    connect: float = 5.0
    read: float = 130.0
    send_window: float = 10.0
    server: float = 120.0
    index_lag: float = 60.0
    slack: float = 30.0

    @property
    def quiet(self) -> timedelta:
        """From arming until an unknown outcome may be looked up."""
        return timedelta(seconds=self.send_window + self.slack + self.server + self.index_lag)

    @property
    def lease(self) -> timedelta:
        """From arming until another process may take the flow over."""
        return timedelta(seconds=self.send_window + self.connect + self.read + self.slack)
