"""The published request limits, counted on the world's clock.

https://developer.intuit.com/app/developer/qbo/docs/learn/limits-and-throttles
"""

from collections import Counter, defaultdict, deque
from datetime import datetime

from sandbox.quickbooks.settings import Settings

_MINUTE, _DAY = 60.0, 86400.0
# what is counted, for whom: (name, realm, app)
Window = tuple[str, str, str]


class Limiter:
    """Sliding windows. A refused call is not counted, for it was not run."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._windows: dict[Window, deque[float]] = defaultdict(deque)
        self._in_flight: Counter[tuple[str, str]] = Counter()

    def admit(self, realm: str, app: str, is_batch: bool, now: datetime) -> bool:
        """Count the call and let it pass, or refuse it without counting."""
        if self._settings.throttle == "off":
            return True
        moment = now.timestamp()
        rules = self._rules(realm, app, is_batch)
        most = self._settings.calls_in_flight
        if most and self._in_flight[realm, app] >= most:
            return False
        if any(self._counted(window, span, moment) >= limit for window, span, limit in rules):
            return False
        for window in {window for window, _, _ in rules}:
            self._windows[window].append(moment)
        return True

    def enter(self, realm: str, app: str) -> None:
        """A call is being worked at."""
        self._in_flight[realm, app] += 1

    def leave(self, realm: str, app: str) -> None:
        """It has been answered."""
        self._in_flight[realm, app] -= 1

    def note(self, realm: str, app: str, now: datetime) -> None:
        """A call to another of Intuit's hosts: it counts towards the limit over all of them."""
        self._windows["hosts", realm, app].append(now.timestamp())

    def charge(self, realm: str, calls: int, now: datetime) -> None:
        """What a batch counts beyond the one call it is, where every item counts."""
        if self._settings.throttle == "on":
            self._windows["calls", realm, ""].extend([now.timestamp()] * calls)

    def mail(self, realm: str, now: datetime) -> bool:
        """Count an e-mail, or refuse it."""
        moment, window = now.timestamp(), ("mails", realm, "")
        if self._counted(window, _DAY, moment) >= self._settings.emails_per_day:
            return False
        self._windows[window].append(moment)
        return True

    def clear(self) -> None:
        """Forget every call."""
        self._windows.clear()
        self._in_flight.clear()

    def _rules(self, realm: str, app: str, is_batch: bool) -> list[tuple[Window, float, float]]:
        settings = self._settings
        own: Window = ("own calls", realm, app)
        rules: list[tuple[Window, float, float]] = [
            (("calls", realm, ""), _MINUTE, settings.calls_per_minute),
            (("hosts", realm, app), _MINUTE, settings.all_calls_per_minute),
            (own, 1.0, settings.calls_per_second),
        ]
        if is_batch:
            rules.append((("own batches", realm, app), _MINUTE, settings.batches_per_minute))
            rules.append((("batches", realm, ""), _MINUTE, settings.realm_batches_per_minute))
        return rules

    def _counted(self, window: Window, span: float, moment: float) -> int:
        times = self._windows[window]
        while times and times[0] <= moment - span:
            times.popleft()
        return len(times)
