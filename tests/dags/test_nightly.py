"""When the nightly run starts, over the nights on which the clock is changed."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date, timedelta

import pytest

NIGHTS = """
import json, sys
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo
import pendulum
from airflow.timetables.base import TimeRestriction
from airflow.serialization.encoders import encode_timetable
from airflow.serialization.decoders import decode_timetable
from airflow.timetables import trigger
from invoice_sync.orchestration import nightly

given = json.load(sys.stdin)
# as the scheduler has it
timetable = decode_timetable(encode_timetable(nightly.at(given["schedule"], given["zone"])))
if given["new_at"]:
    trigger.utcnow = lambda: pendulum.parse(given["new_at"])
last, starts = None, []
earliest = None if given["new_at"] else pendulum.parse(given["from"])
restriction = TimeRestriction(earliest=earliest, latest=None, catchup=not given["new_at"])
while len(starts) < given["nights"]:
    info = timetable.next_dagrun_info(last_automated_data_interval=last, restriction=restriction)
    last = info.data_interval
    starts.append(info.run_after.astimezone(ZoneInfo(given["zone"])).isoformat())
print(json.dumps(starts))
"""


def starts(schedule: str, zone: str, since: str, nights: int, new_at: str = "") -> list[str]:
    """The first so many starts of a flow, in its own time; of one that Airflow meets first at `new_at`."""
    given = json.dumps({"schedule": schedule, "zone": zone, "from": since, "nights": nights, "new_at": new_at})
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", NIGHTS],
        input=given, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    found: list[str] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def test_the_night_without_two_o_clock_has_its_run_an_hour_later_on_the_clock() -> None:
    """On 2027-03-14 New York goes from 01:59 to 03:00."""
    assert starts("0 2 * * *", "America/New_York", "2027-03-13T00:00:00-05:00", 3) == [
        "2027-03-13T02:00:00-05:00",
        "2027-03-14T03:00:00-04:00",
        "2027-03-15T02:00:00-04:00",
    ]


@pytest.mark.parametrize(
    ("schedule", "zone", "before"),
    [("30 1 * * *", "America/New_York", date(2026, 10, 31)), ("30 2 * * *", "Europe/Berlin", date(2026, 10, 24))],
)
def test_the_night_with_an_hour_twice_has_one_run(schedule: str, zone: str, before: date) -> None:
    offset = "-04:00" if zone.startswith("America") else "+02:00"
    found = starts(schedule, zone, f"{before}T00:00:00{offset}", 3)

    assert [start[:10] for start in found] == [str(before + timedelta(days=n)) for n in range(3)]


def test_a_year_has_a_run_for_each_of_its_days() -> None:
    found = starts("0 2 * * *", "America/New_York", "2026-11-22T00:00:00-05:00", 365)

    assert [start[:10] for start in found] == [str(date(2026, 11, 22) + timedelta(days=n)) for n in range(365)]


@pytest.mark.parametrize("new_at", ["2026-11-22T02:00:01-05:00", "2026-11-22T03:00:00-05:00"])
def test_a_new_flow_does_not_make_up_for_the_night_that_has_begun(new_at: str) -> None:
    assert starts("0 2 * * *", "America/New_York", "", 1, new_at) == ["2026-11-23T02:00:00-05:00"]
