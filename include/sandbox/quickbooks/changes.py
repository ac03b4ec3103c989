"""Change data capture: what was made, changed or deleted since a moment.

https://developer.intuit.com/app/developer/qbo/docs/learn/explore-the-quickbooks-online-api/change-data-capture
"""

from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sandbox.quickbooks import faults
from sandbox.quickbooks.faults import Fault
from sandbox.quickbooks.queryable import TRACKED
from sandbox.quickbooks.settings import Settings
from sandbox.quickbooks.store import Company
from sandbox.quickbooks.wire import PACIFIC, Record

MOST_OBJECTS = 1000
LONGEST = timedelta(days=30)
_TRACKED = {name.lower(): name for name in TRACKED}


def changes(company: Company, settings: Settings, entities: Any, since: Any, now: datetime) -> list[Record]:
    """The value under `CDCResponse`: one QueryResponse per asked entity, empty where nothing changed."""
    problems = [faults.missing(n) for n, v in (("entities", entities), ("changedSince", since)) if not v]
    if problems:
        raise Fault(problems)
    names = [_tracked(each.strip()) for each in str(entities).split(",") if each.strip()]
    moment = _from(settings, _moment(str(since)), now)
    answers: list[Record] = []
    left = MOST_OBJECTS
    for name in names:
        found = _changed(company, name, moment)[:left]
        left -= len(found)
        answers.append({name: found, "startPosition": 1, "maxResults": len(found)} if found else {})
    return [{"QueryResponse": answers}]


def _tracked(written: str) -> str:
    if written.lower() not in _TRACKED:
        raise faults.invalid_query(f"Metadata not found for Entity: {written}")
    return _TRACKED[written.lower()]


def _moment(text: str) -> datetime:
    try:
        # a plus sign that was not encoded arrives as a blank
        moment = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        raise faults.invalid_query(f"value {text} is not valid for changedSince") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=PACIFIC)


def _from(settings: Settings, asked: datetime, now: datetime) -> datetime:
    """Further back than 30 days QuickBooks promises nothing; it was seen to answer all the same."""
    if settings.cdc_window == "all" or asked >= now - LONGEST:
        return asked
    if settings.cdc_window == "refuse":
        raise faults.invalid_query("changedSince can be at most 30 days in the past")
    return now - LONGEST


def _changed(company: Company, entity: str, since: datetime) -> list[Record]:
    rows = [*company.rows(entity), *company.tombstones[entity].values()]
    found = [(_parsed(row["MetaData"]["LastUpdatedTime"]), row) for row in rows]
    return [row for moment, row in sorted(found, key=lambda each: each[0]) if moment >= since]


@lru_cache(maxsize=8192)
def _parsed(stamp: str) -> datetime:
    return datetime.fromisoformat(stamp)
