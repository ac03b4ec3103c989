"""Call quotas of a store, shared by everybody who calls it, counted on the world's clock.

Core: 150 in 30 s (Standard, Plus). B2B Edition: 150 in a minute, "until the minute turns"; on what
second a minute turns is published nowhere, so the window slides unless a switch says otherwise.
"""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass

from sandbox.bigcommerce.settings import Settings

B2B, CORE = "b2b", "core"


@dataclass(frozen=True)
class Standing:
    """Where a store stands after a call: whether it passed, what is left, when there is more (seconds)."""

    passed: bool
    quota: int
    window: float
    left: int
    resets_after: float


class Limiter:
    """A refused call is not counted."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._calls: dict[tuple[str, str], deque[float]] = defaultdict(deque)

    def admit(self, api: str, store: str, moment: float) -> Standing:
        """Count the call and let it pass, or refuse it without counting."""
        quota, window = self._rule(api)
        calls = self._calls[api, store]
        self._forget(calls, window, moment)
        passed = self._settings.throttle == "off" or len(calls) < quota
        if passed and self._settings.throttle == "on":
            calls.append(moment)
        return Standing(passed, quota, window, max(quota - len(calls), 0), self._resets(calls, window, moment))

    def clear(self) -> None:
        """Forget every call."""
        self._calls.clear()

    def _rule(self, api: str) -> tuple[int, float]:
        one = self._settings
        if api == B2B:
            return int(one.b2b_calls), one.b2b_window_seconds
        return int(one.core_calls), one.core_window_seconds

    def _forget(self, calls: deque[float], window: float, moment: float) -> None:
        if self._settings.rate_window == "sliding":
            while calls and calls[0] <= moment - window:
                calls.popleft()
        elif calls and moment >= self._turn(calls[0], window):
            calls.clear()

    def _turn(self, first: float, window: float) -> float:
        """When a fixed window ends that counted its first call at this moment."""
        return (first // window + 1) * window if self._settings.rate_window == "clock" else first + window

    def _resets(self, calls: deque[float], window: float, moment: float) -> float:
        if not calls:
            return window
        ends = calls[0] + window if self._settings.rate_window == "sliding" else self._turn(calls[0], window)
        return max(ends - moment, 0.0)
