"""The measuring itself, tried with a handful of invoices: which figures there are, and when one is none. Never a time.

The product and its peers run in this process here, so that nobody waits for imports; the sandbox stays one of its own.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from bench import __main__ as bench
from bench import ceiling, figures, night, peer, worker
from bench.figures import MUST, Figure
from bench.worker import Order

FIGURES = {
    "no_change": {"rows", "seconds", "cpu_seconds", "writes", "rows_changed", "peak_mb"},
    "reads": {"metered_reads_per_10k", "metered_reads_per_10k_first_run"},
    "cpu": {"cpu_ms_per_invoice", "cpu_ms_per_invoice.plan", "cpu_ms_per_invoice.export"},
    "peers": {
        "vs_python_quickbooks_batch", "vs_python_quickbooks_single", "per_second.ours",
        "per_second.python_quickbooks_batch", "per_second.python_quickbooks_single",
    },
    "bare_loop": {"vs_bare_loop", "bare_loop_seconds"},
    "ceiling": {
        "ceiling_share", "ceiling_share_in_the_long_run", "throttled_share", "returns_of_the_task",
    },
    "growth": {"history_ratio", "changes_x10_ratio", "run_seconds", "known_invoices"},
    "airflow": {"task_instances_per_10k"},
    "store": {"ceiling_share", "throttled_share"},
    "store_calls": {"calls_per_invoice", "calls_per_invoice_with_payment", "calls_per_invoice_unchanged"},
}  # fmt: skip
GROUPS = {"no_change": "no_change", "growth": "growth", "airflow": "airflow", "store": "bigcommerce",
          "store_calls": "bigcommerce"}  # fmt: skip


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Everything but the sandbox in this process."""
    monkeypatch.setattr(worker, "run", lambda order: json.loads(json.dumps(worker.work(order))))
    monkeypatch.setattr(peer, "run", peer.work)
    monkeypatch.setattr(night, "run_alone", lambda command: night._run(json.loads(command[-1])))
    monkeypatch.setattr(bench, "PROFILE", tmp_path / "profile.txt")
    return tmp_path


@pytest.mark.parametrize("part", [name for name in FIGURES if name != "airflow"])
def test_a_part_brings_its_figures(part: str, here: Path) -> None:
    made, told = bench.run([part], bench.TINY)

    names = {f"{GROUPS.get(part, 'quickbooks')}.{name}" for name in FIGURES[part]}
    assert {figure.name for figure in made} == names
    assert names < told.keys()
    assert told["machine"]["parts"].keys() == {part}
    assert all(figure.value >= 0 for figure in made)
    if part == "cpu":
        assert "plan.py" in (here / "profile.txt").read_text()


@pytest.mark.airflow
def test_the_tasks_of_a_real_run_are_counted(here: Path) -> None:
    made, _ = bench.run(["airflow"], bench.TINY)

    assert [(figure.name, figure.value) for figure in made] == [("airflow.task_instances_per_10k", 10)]


def test_every_bound_has_a_part_that_measures_it() -> None:
    names = {f"{GROUPS.get(part, 'quickbooks')}.{name}" for part, found in FIGURES.items() for name in found}

    assert MUST.keys() <= names
    assert bench.PARTS.keys() == FIGURES.keys()


def test_a_figure_is_void_when_the_server_was_hardly_idle() -> None:
    busy, calm = (Figure("quickbooks.vs_bare_loop", 9.0, idle) for idle in (0.29, 0.30))

    assert busy.as_json() == {
        "void": True,
        "reason": "the server process was 29% idle, and under 30% it sets the pace itself",
        "seen": 9.0,
    }
    assert not busy.missed and "VOID" in busy.line()
    assert calm.as_json() == 9.0
    assert calm.missed and "MISSED" in calm.line()


def test_a_figure_without_a_server_is_never_void() -> None:
    assert Figure("airflow.task_instances_per_10k", 12).as_json() == 12
    assert Figure("airflow.task_instances_per_10k", 13).missed


def test_ratios_have_a_least_and_costs_a_most() -> None:
    assert not Figure("quickbooks.ceiling_share", 0.95).missed
    assert Figure("quickbooks.ceiling_share", 0.949).missed
    assert Figure("quickbooks.cpu_ms_per_invoice", 1.51).missed


def test_idleness_is_that_of_the_busiest_side_over_all_its_rounds() -> None:
    ours = [{"seconds": 1.0, "server_busy": 0.8}, {"seconds": 3.0, "server_busy": 0.4}]
    theirs = [{"seconds": 1.0, "server_busy": 0.1}]

    assert figures.idle_of(ours, theirs) == 0.5
    assert figures.middle([*ours, {"seconds": 9.0}]) == 3.0


def test_the_first_and_the_last_window_do_not_count() -> None:
    at_full_speed = [60.0 * minute + second for minute in range(4) for second in range(30)]
    slow = [moment * 2 for moment in at_full_speed]

    assert ceiling.ceiling_share(at_full_speed, 4, 30) == 1.0
    assert ceiling.ceiling_share(slow, 4, 30) == 0.5
    assert (ceiling.long_run_share(at_full_speed, 30), ceiling.long_run_share(slow, 30)) == (1.0, 0.5)


def test_one_part_leaves_the_other_figures_as_they_were(tmp_path: Path) -> None:
    file = tmp_path / "bench.json"
    first = bench.as_json([Figure("growth.history_ratio", 1.1), Figure("a.b", 2, 0.5)], {"growth": {"seconds": 1}})
    bench.keep(first, file, whole=True)

    bench.keep(bench.as_json([Figure("growth.history_ratio", 1.0)], {"x": {"seconds": 2}}), file, whole=False)

    kept: dict[str, Any] = json.loads(file.read_text())
    assert (kept["growth.history_ratio"], kept["a.b"], kept["server_idle"]) == (1.0, 2, {"a.b": 0.5})
    assert kept["machine"]["parts"].keys() == {"growth", "x"}


def test_a_step_that_was_asked_to_wait_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    from invoice_sync.model.errors import TryLater

    clock = worker.PacedClock(1000)
    asked: list[bool] = []

    class Asked:
        def __init__(self) -> None:
            self.clock = clock

        def step(self, name: str, run: str, *, rescheduled: bool) -> dict[str, int]:
            asked.append(rescheduled)
            if len(asked) < 3:
                raise TryLater("not now", wait=2)
            return {"sent": 1}

    house: Any = Asked()
    assert worker._to_its_end(house, "export", "run-1") == ({"sent": 1}, 2)
    assert asked == [False, True, True]


def test_a_paced_clock_runs_faster_and_sleeps_shorter(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(worker.time, "sleep", slept.append)
    clock = worker.PacedClock(5)
    real, paced = worker.time.monotonic(), clock.monotonic()
    monkeypatch.setattr(worker.time, "monotonic", lambda: real + 10)

    clock.sleep(60)

    assert slept == [12]
    assert clock.monotonic() - paced == pytest.approx(50, abs=0.1)


def test_what_a_process_of_its_own_said_last_is_told_when_it_fails() -> None:
    with pytest.raises(RuntimeError, match="no such"):
        worker.run_alone([sys.executable, "-c", "raise SystemExit('no such')", "x"])


def test_an_order_survives_its_way_to_the_worker() -> None:
    order = Order("ledger.db", "http://127.0.0.1:1", 7, ("plan",), options={"in_flight": 8})

    assert Order(**json.loads(json.dumps(worker.asdict(order)))).options == {"in_flight": 8}
