"""Exceptions, grouped by what the one who catches them should do.

InvoiceSyncError
├── NeedsPerson          stop before any write; a person changes a setting, a right, a sign-in
│   ├── SettingsError
│   ├── NotChecked       `check` did not pass, so nothing of the run may act
│   └── ReviewNeeded     documents of this run wait for a person; the log has the table
├── TryLater             weather; `wait` seconds may be known
│   ├── LeaseTaken       another run of the same flow is at work
│   └── LedgerAway       the ledger takes nothing: locked, read-only, full, not there
├── StillUncertain       writes whose outcome can be looked up only after `until`
├── BadDocument          one document's data; its neighbours go on
├── BadAmount            a number that is no exact amount; mapping makes a BadDocument of it
└── LostLease            somebody took over; this process must stop writing at once
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


class InvoiceSyncError(Exception):
    """Base of all our errors."""


class NeedsPerson(InvoiceSyncError):
    """Trying again without a person is useless."""

    def __init__(self, message: str, *, cure: str = "") -> None:
        self.cure = cure
        super().__init__(f"{message} What to do: {cure}" if cure else message)


class SettingsError(NeedsPerson):
    """A setting of ours, or of one of the two systems, is missing or wrong."""


class NotChecked(NeedsPerson):
    """The run's check did not pass."""


class ReviewNeeded(NeedsPerson):
    """Documents of this run are in review because of this step."""


class TryLater(InvoiceSyncError):
    """The other side, or another process, is not ready now."""

    def __init__(self, message: str, *, wait: float | None = None) -> None:
        self.wait = wait
        super().__init__(message)


class LeaseTaken(TryLater):
    """The flow is in the hands of another process until its lease ends."""


class LedgerAway(TryLater):
    """The ledger's database does not do its work; without it nothing may be sent."""


class StillUncertain(InvoiceSyncError):
    """Only writes with unknown outcome are left; they may be looked up after `until` (UTC)."""

    def __init__(self, count: int, until: datetime) -> None:
        self.count, self.until = count, until
        super().__init__(f"{count} write(s) have an unknown outcome; they are looked up after {until:%H:%M:%S} UTC.")


class LostLease(InvoiceSyncError):
    """The flow's lease went to another process."""


class BadDocument(InvoiceSyncError):
    """A document cannot be understood; `problem` says it in a bookkeeper's words."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(problem.reason)


class BadAmount(InvoiceSyncError):
    """A number that is not an exact amount of its currency."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why one document waits for a person.

    `cause` is a short stable slug to group by; `reason` and `cure` are for a bookkeeper; `vendor_code` and
    `trace_id` are what the vendor's support asks for.
    """

    cause: str
    reason: str
    cure: str
    vendor_code: str = ""
    trace_id: str = ""
