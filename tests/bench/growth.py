"""What a run costs when the ledger is old, and when more has changed: whole runs, all ten steps.

The clocks stop between the steps' own processes; the sandbox is put back before every run, so that each one finds the
same at both vendors, and only the ledger and the number of new invoices differ.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from statistics import median

from bench import scene, worker
from bench.figures import Figure
from bench.night import fill
from bench.scene import Scene
from bench.worker import Order
from invoice_sync.steps.chain import STEPS


def measure(small: int, large: int, changes: int, rounds: int) -> list[Figure]:
    """`small` and `large`: delivered invoices in the ledger, each six rows in six tables; `changes`: new invoices of a
    run, and then ten times as many."""
    with scene.empty() as stage:
        stage.server.mark()
        old, young = (_aged(stage, name, rows) for name, rows in (("old", large), ("young", small)))
        runs = _Runs(stage, changes)
        on_old, on_young = [], []
        for _ in range(rounds):
            on_young.append(runs.seconds(young, changes))
            on_old.append(runs.seconds(old, changes))
        tenfold = runs.seconds(young, changes * 10)
    return [
        Figure("growth.history_ratio", round(median(on_old) / median(on_young), 3)),
        Figure("growth.changes_x10_ratio", round(tenfold / median(on_young), 2)),
        Figure("growth.run_seconds", round(median(on_young), 2)),
        Figure("growth.known_invoices", large),
    ]


class _Runs:
    """Every run gets invoices of numbers that no run had before."""

    def __init__(self, stage: Scene, changes: int) -> None:
        self._stage, self._next = stage, scene.FIRST
        self._count = 0

    def seconds(self, ledger: Path, changes: int) -> float:
        """Of a run that carries so many new invoices."""
        stage = self._stage
        stage.server.restore()
        stage.server.load(changes, self._next)
        self._next += changes
        self._count += 1
        order = Order(
            str(ledger), stage.server.index_url, stage.server.pid, tuple(STEPS), f"growth-{self._count}",
        )  # fmt: skip
        done = worker.run(order)
        if done["export"]["counts"]["sent"] != changes:
            raise RuntimeError(f"{done['export']['counts']} of {changes} were sent")
        return float(sum(step["seconds"] for step in done.values()))


def _aged(stage: Scene, name: str, rows: int) -> Path:
    """A copy of the scene's ledger with so many invoices of the past in it."""
    ledger = stage.ledger.with_name(f"{name}.db")
    shutil.copy(stage.ledger, ledger)
    fill(ledger, rows, watched=False)
    return ledger
