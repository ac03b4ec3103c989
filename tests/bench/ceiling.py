"""How near an export comes to what Intuit allows: every published window on, a server that takes its time.

40 batches a minute of 30 invoices are 1,200 a minute. Sandbox and product run on clocks that are equally faster than
real time, so that minutes of windows take less than minutes.
"""

from __future__ import annotations

from statistics import median
from typing import Any

from bench import scene
from bench.figures import Figure
from bench.scene import Scene

A_MINUTE = 40 * 30
IN_FLIGHT = 8
FACTOR = 5.0


def measure(windows: int, service_seconds: float = 0.16, factor: float = FACTOR, *, allowed: int = 40) -> list[Figure]:
    """`allowed`: batches a minute; another than the published number only where the measuring itself is tested."""
    a_minute = allowed * 30
    with scene.planned(windows * a_minute) as stage:
        before, known = _calls(stage), len(stage.server.created())
        stage.server.pace(factor)
        stage.house.settings(
            "quickbooks", throttle="on", service_seconds=service_seconds / factor, batches_per_minute=allowed
        )
        options = {"quota_share": allowed / 40, "in_flight": IN_FLIGHT}
        done = stage.steps("export", windows=True, pace=factor, options=options)["export"]
        created, calls = stage.server.created()[known:], _calls(stage)
    if len(created) != windows * a_minute:
        raise RuntimeError(f"{len(created)} of {windows * a_minute} invoices were created")
    refused = calls["refused"] - before["refused"]
    every = calls["every"] - before["every"]
    return [
        Figure(
            "quickbooks.ceiling_share", ceiling_share(created, windows, a_minute), round(1 - done["server_busy"], 3)
        ),
        Figure("quickbooks.ceiling_share_in_the_long_run", long_run_share(created, a_minute)),
        Figure("quickbooks.throttled_share", round(refused / every, 5)),
        Figure("quickbooks.returns_of_the_task", done["returns"]),
    ]


def ceiling_share(created: list[float], windows: int, a_minute: int) -> float:
    """Created in the minutes 2 to N-1 since the first, over what could be; the first and the last are not whole."""
    began = created[0]
    inside = sum(60 <= moment - began < 60 * (windows - 1) for moment in created)
    return round(inside / (a_minute * (windows - 2)), 4)


def long_run_share(created: list[float], a_minute: int) -> float:
    """A minute over the time from an invoice to the one a window's worth later: what is left when minutes drift."""
    spans = [late - early for early, late in zip(created, created[a_minute:], strict=False)]
    return round(60 / median(spans), 4)


def _calls(stage: Scene) -> dict[str, int]:
    """At QuickBooks, so far: all, and those that were refused for a window."""
    paths: list[dict[str, Any]] = stage.house.get("/control/calls")["paths"]
    ours = [each for each in paths if each["vendor"] == "quickbooks" and each["path"].startswith("/v3/")]
    refused = sum(each["count"] for each in ours if each["status"] == 429)
    return {"every": sum(each["count"] for each in ours), "refused": refused}
