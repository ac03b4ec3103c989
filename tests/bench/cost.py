"""CPU time of the product for one invoice, plan and export: its own process, user and system, children included."""

from __future__ import annotations

import io
import pstats
from pathlib import Path
from statistics import median

from bench import scene
from bench.figures import Figure, idle_of

TOP, OF_INTEREST = 40, "invoice_sync|sqlalchemy|simplejson|sqlite3"


def measure(invoices: int, rounds: int, profile_into: Path | None) -> list[Figure]:
    """The median of some rounds; afterwards both steps once more under a profiler, whose times are no figures."""
    with scene.empty() as stage:
        stage.invoices = invoices
        stage.server.load(invoices, scene.FIRST)
        stage.steps(*scene.UP_TO_PLAN)
        stage.keep("extracted")
        plans, exports = [], []
        for _ in range(rounds):
            stage.put_back("extracted")
            done = stage.steps(*scene.UP_TO_EXPORT, "export")
            stage.must_have_sent(done["export"]["counts"])
            plans.append(done["plan"])
            exports.append(done["export"])
        if profile_into is not None:
            stage.put_back("extracted")
            _profile(stage, profile_into)
    each = {
        "plan": [done["cpu_seconds"] / invoices * 1000 for done in plans],
        "export": [done["cpu_seconds"] / invoices * 1000 for done in exports],
    }
    both = [sum(pair) for pair in zip(*each.values(), strict=True)]
    return [
        Figure("quickbooks.cpu_ms_per_invoice", round(median(both), 3), idle_of(plans, exports)),
        *(Figure(f"quickbooks.cpu_ms_per_invoice.{step}", round(median(found), 3)) for step, found in each.items()),
    ]


def _profile(stage: scene.Scene, into: Path) -> None:
    text = io.StringIO()
    for steps in (("plan",), ("add_customers", "add_products"), ("export",)):
        raw = stage.ledger.with_name("profile")
        stage.steps(*steps, profile=str(raw))
        if "add_customers" in steps:
            continue
        text.write(
            f"=== {steps[0]}: where the main thread's time goes; the profiler itself makes it about twice as much\n"
        )
        for order in ("cumulative", "tottime"):
            pstats.Stats(str(raw), stream=text).sort_stats(order).print_stats(OF_INTEREST, TOP)
    into.parent.mkdir(exist_ok=True)
    into.write_text(text.getvalue())
