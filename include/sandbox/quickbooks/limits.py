"""The published request limits, counted on the world's clock.

https://developer.intuit.com/app/developer/qbo/docs/learn/limits-and-throttles
"""

from collections import defaultdict, deque
from datetime import datetime

from sandbox.quickbooks.settings import Settings


class Limiter:
    """Sliding windows per realm. A refused call is not counted, for it was not run."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._calls: dict[str, deque[float]] = defaultdict(deque)
        self._batches: dict[str, deque[float]] = defaultdict(deque)

    def admit(self, realm: str, is_batch: bool, now: datetime) -> bool:
        """Count the call and let it pass, or refuse it without counting."""
        if self._settings.throttle == "off":
            return True
        moment = now.timestamp()
        calls = _recent(self._calls[realm], moment)
        batches = _recent(self._batches[realm], moment)
        if self._is_full(calls, batches, is_batch, moment):
            return False
        calls.append(moment)
        if is_batch:
            batches.append(moment)
        return True

    def clear(self) -> None:
        """Forget every call."""
        self._calls.clear()
        self._batches.clear()

    def _is_full(self, calls: deque[float], batches: deque[float], is_batch: bool, moment: float) -> bool:
        if len(calls) >= self._settings.calls_per_minute:
            return True
        if is_batch and len(batches) >= self._settings.batches_per_minute:
            return True
        return _within_second(calls, moment) >= self._settings.calls_per_second


def _recent(times: deque[float], moment: float) -> deque[float]:
    while times and times[0] <= moment - 60:
        times.popleft()
    return times


def _within_second(times: deque[float], moment: float) -> int:
    count = 0
    for then in reversed(times):
        if then <= moment - 1:
            break
        count += 1
    return count
