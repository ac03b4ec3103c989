"""API calls of the last 24 hours, and other reasons to refuse a call as a whole."""

from __future__ import annotations

from collections import Counter, deque
from datetime import datetime, timedelta

from sandbox.salesforce.errors import SalesforceError
from sandbox.world import World

WINDOW = timedelta(hours=24)
SLICE = timedelta(minutes=1)


class Allowance:
    """Counts in slices of a minute: each leaves the window by itself, so the window rolls."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._slices: deque[tuple[datetime, int]] = deque()
        self._used = 0
        self._by_app: Counter[str] = Counter()
        self.most = 100_000
        self.most_of_app: int | None = None

    @property
    def used(self) -> int:
        """Calls within the window."""
        self._forget()
        return self._used

    @property
    def left(self) -> int:
        """Calls that may still come."""
        return max(0, self.most - self.used)

    def count(self, app: str) -> None:
        """One more, or REQUEST_LIMIT_EXCEEDED."""
        if self.used >= self.most:
            raise limit_exceeded()
        now = self._world.clock.now()
        begin, calls = self._slices[-1] if self._slices else (now, 0)
        if self._slices and begin <= now < begin + SLICE:
            self._slices[-1] = (begin, calls + 1)
        else:
            self._slices.append((now, 1))
        self._used += 1
        self._by_app[app] += 1

    def told(self, app: str | None) -> str:
        """The text of Sforce-Limit-Info."""
        text = f"api-usage={self.used}/{self.most}"
        if app is None or self.most_of_app is None:
            return text
        return f"{text}; per-app-api-usage={self._by_app[app]}/{self.most_of_app}(appName={app})"

    def _forget(self) -> None:
        now = self._world.clock.now()
        while self._slices and now >= self._slices[0][0] + WINDOW:
            self._used -= self._slices.popleft()[1]
        if not self._slices:
            self._by_app.clear()


class Refusals:
    """Refusals of whole calls that an operator asked for, such as SERVER_UNAVAILABLE."""

    def __init__(self) -> None:
        self._next: deque[SalesforceError] = deque()

    def add(self, refusal: SalesforceError, times: int) -> None:
        """The next calls get this answer."""
        self._next.extend([refusal] * times)

    def strike(self) -> None:
        """Refuse this call if it is its turn."""
        if self._next:
            raise self._next.popleft()


def limit_exceeded() -> SalesforceError:
    """Salesforce has no 429."""
    return SalesforceError("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", 403)
