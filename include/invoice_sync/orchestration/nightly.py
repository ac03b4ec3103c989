"""When a flow starts by itself."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import CronTriggerTimetable


def at(cron: str, zone: str) -> CronTriggerTimetable:
    """Each time that a clock in `zone` says so, from now on.

    A flow that is new at three does not make up for the two o'clock before it was there. Airflow takes False here for
    a tenth of the time between two runs (`CronTriggerTimetable._calc_first_run` of 3.3).
    """
    return CronTriggerTimetable(cron, timezone=zone, run_immediately=timedelta(0))
