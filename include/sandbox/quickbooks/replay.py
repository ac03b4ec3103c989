"""`requestid`: QuickBooks sends the first answer again instead of running a write twice.

https://developer.intuit.com/app/developer/qbo/docs/learn/learn-basic-field-definitions
A batch is remembered item by item, under requestid and bId glued into one key of at most
50 characters (https://github.com/intuit/QuickBooks-V3-Java-SDK/issues/180).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sandbox.quickbooks import faults
from sandbox.quickbooks.faults import Fault
from sandbox.quickbooks.wire import Record

LONGEST_KEY = 50


@dataclass(frozen=True)
class Remembered:
    """The first answer under a key, and what the journal needs to name it."""

    payload: Record
    entity: str
    operation: str
    key: str | None
    remote_id: str | None
    body: str
    made: datetime
    fault: Fault | None = None


class Answers:
    """The answers of one realm."""

    def __init__(self) -> None:
        self._held: dict[str, Remembered] = {}

    def find(self, request_id: str | None, b_id: str | None, now: datetime, days: float) -> Remembered | None:
        """The first answer under this key, if there was one and it is not too old; 0 days are for ever."""
        first = self._held.get(glued(request_id, b_id)) if request_id else None
        if first is not None and days and now - first.made > timedelta(days=days):
            return None
        return first

    def keep(self, request_id: str | None, b_id: str | None, answer: Remembered) -> None:
        """Remember an answer; whoever calls has found that there is none yet, or none that still counts."""
        if request_id:
            self._held[glued(request_id, b_id)] = answer


def glued(request_id: str | None, b_id: str | None) -> str:
    """The stored key: requestid and bId without anything between them."""
    return (request_id or "") + (b_id or "")


def wire_key(request_id: str | None, b_id: str | None) -> str | None:
    """The key as the journal shows it."""
    if not request_id:
        return None
    return request_id if b_id is None else f"{request_id}:{b_id}"


def check_length(request_id: str | None, b_id: str | None) -> None:
    """Refuse a key that does not fit QuickBooks' column."""
    size = len(glued(request_id, b_id))
    if request_id and size > LONGEST_KEY:
        detail = (
            f"You cannot enter more than {LONGEST_KEY} characters in the request_id field. "
            f"You entered {size} characters."
        )
        raise Fault(faults.business(detail))
