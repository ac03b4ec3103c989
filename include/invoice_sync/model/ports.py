"""What the floors above must bring along: a clock, a token store, a quota, a call log."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Binding:
    """One company of ours at one vendor's tenant: org + company number, realm, store hash ..."""

    company: str
    vendor: str
    tenant: str


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a sign-in gave. `refresh` is empty where the vendor has none. Times are UTC.

    `refresh_expires_at` moves on with every use, `refresh_hard_end_at` never. `spent` is a fingerprint of the
    connection's own refresh token once these tokens have taken its place.
    """

    access: str
    expires_at: datetime
    refresh: str = ""
    previous_refresh: str = ""
    refresh_expires_at: datetime | None = None
    version: int = 0
    refresh_used_at: datetime | None = None
    refresh_hard_end_at: datetime | None = None
    spent: str = ""

    def __repr__(self) -> str:
        return f"Tokens(version={self.version}, expires_at={self.expires_at:%Y-%m-%dT%H:%M:%SZ})"


class Clock(Protocol):
    """Time and chance, injectable: tests never wait for real."""

    def now(self) -> datetime:
        """The present, aware, UTC."""

    def monotonic(self) -> float:
        """Seconds that never run backwards."""

    def sleep(self, seconds: float) -> None: ...

    def jitter(self, upper: float) -> float:
        """A number between 0 and `upper`."""


class SystemClock:
    """The real one."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def jitter(self, upper: float) -> float:
        return random.uniform(0, upper)  # noqa: S311 - spreads retries, guards nothing


class TokenStore(Protocol):
    """Keeps the tokens of one binding, encrypted, with one refresher at a time."""

    def load(self) -> Tokens | None: ...

    def save(self, tokens: Tokens) -> Tokens:
        """Stores under the next version, durably, before anybody uses the new access token."""

    def save_renewed(self, tokens: Tokens) -> Tokens:
        """The same for what a renewal of version `tokens.version` brought.

        When others were stored since, those stay and come back, and `tokens.refresh` is kept as the one before.
        """

    def refreshing(self) -> AbstractContextManager[None]:
        """Held by the one process that renews; the others wait and then load again."""


@dataclass(frozen=True, slots=True)
class Window:
    """At most `limit` calls in any `seconds`; of these `kinds`, or of every kind when there are none."""

    name: str
    limit: int
    seconds: float
    kinds: frozenset[str] = frozenset()


class Quota(Protocol):
    """The vendor's published windows, shared by everybody who calls for one binding."""

    def take(self, kind: str) -> float:
        """0.0 when one call of `kind` may go now, else the seconds to wait before asking again."""

    def pause(self, seconds: float) -> None:
        """The vendor said 429: nobody of this binding calls for so long."""

    def paused(self) -> float:
        """How many seconds of such a pause are left; 0.0 when there is none."""


@dataclass(frozen=True, slots=True)
class Call:
    """One HTTP call as it may be logged: no query values, no headers, no bodies."""

    vendor: str
    method: str
    path: str
    status: int | None
    seconds: float
    trace_id: str = ""
    note: str = ""


CallLog = Callable[[Call], None]
