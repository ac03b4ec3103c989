"""Seats of Acumatica's licence: never more than one, and none left behind by runs that were killed.

INVOICE_SYNC_SEAT_RUNS sets how many runs; every fifth of them is killed at a call of its own. 100 is the figure.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from house import green
from invoice_sync.connectors.acumatica import sign_in
from invoice_sync.connectors.http import Reply, Transport
from wholesale import Wholesale

SHORT = ("check", "extract", "plan", "export", "acknowledge", "report")
RUNS = int(os.environ.get("INVOICE_SYNC_SEAT_RUNS", "10"))
KILLED_EACH = 5
IDLE = 25 * 60


class Killed(BaseException):
    """Nobody catches this, as nobody catches a SIGKILL."""


@contextmanager
def dying(calls: int) -> Iterator[None]:
    """After so many answers to calls that are no sign-in; between a sign-in and its storing see the last test."""
    left, exchange = [calls], Transport._exchange

    def counted(self: Transport, request: Any, authorization: Any) -> Reply:
        reply = exchange(self, request, authorization)
        if not request.url.endswith(("/auth/login", "/auth/logout")):
            left[0] -= 1
            if left[0] <= 0:
                raise Killed
        return reply

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Transport, "_exchange", counted)
        yield


def test_no_number_of_runs_and_kills_ever_holds_a_second_seat(wholesale: Wholesale) -> None:
    dice, most, killed = random.Random("seats"), 0, 0
    wholesale.sell("S-000")
    assert green(wholesale.run("run-0"))
    for place in range(1, RUNS + 1):
        if place % 3 == 0:
            wholesale.sell(f"S-{place:03d}")
        if place % 4 == 0:
            wholesale.post("/control/clock", {"advance_seconds": IDLE})  # as over night: the session is gone
        if place % KILLED_EACH == 0:
            with dying(dice.randint(1, 6)), pytest.raises(Killed):
                wholesale.run(f"run-{place}", SHORT)
            killed += 1
        else:
            wholesale.run(f"run-{place}", SHORT)
        most = max(most, wholesale.seats)
    wholesale.clock.sleep(60)
    wholesale.step("check", "after")

    print(f"seats after {RUNS} runs of which {killed} killed: {wholesale.seats}; most at any time: {most}")
    assert (killed, most, wholesale.seats) == (RUNS // KILLED_EACH, 1, 1)
    assert green(wholesale.airflow("last"))
    assert sorted(wholesale.carried()) == [f"S-{place:03d}" for place in range(0, RUNS + 1, 3)]


def test_both_tenants_hold_one_each_however_many_steps_they_take(wholesale: Wholesale) -> None:
    second = Wholesale.of(wholesale.sandbox, wholesale.database, "stonebridge_invoices")
    for run_id in ("run-1", "run-2"):
        for house in (wholesale, second):
            house.run(run_id, SHORT)

    for house in (wholesale, second):
        assert len(house.records("acumatica", "sessions")) == 1
    signed_in = [row for row in wholesale.get("/control/calls")["paths"] if row["path"].endswith("/auth/login")]
    assert sum(row["count"] for row in signed_in) == 2


def test_a_kill_between_sign_in_and_storing_costs_a_seat_only_until_it_idles_out(
    wholesale: Wholesale, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(_point: str) -> None:
        raise Killed

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(sign_in, "reached", die)
        wholesale.step("check")
    assert green(wholesale.run("run-2"))
    assert wholesale.seats == 2  # of three; nobody knows the cookies of the first any more

    wholesale.post("/control/clock", {"advance_seconds": IDLE})
    assert green(wholesale.run("run-3"))
    assert wholesale.seats == 1
