"""`python -m bench [--only NAME ...] [--tiny]`: prints the figures and writes them to .run/bench.json."""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet

from bench import ceiling, cost, growth, night, peers, reads, store, tasks
from bench.figures import Figure

RUN = Path(__file__).parents[2] / ".run"
FILE, PROFILE = RUN / "bench.json", RUN / "bench_profile.txt"


@dataclass(frozen=True)
class Size:
    """How much each part does. The published figures are those of the default."""

    no_change_rows: int = 1_000_000
    reads: int = 10_000
    ceiling_windows: int = 8
    ceiling_factor: float = ceiling.FACTOR
    ceiling_allowed: int = 40
    peer_invoices: int = 2_000
    peer_rounds: int = 5
    loop_invoices: int = 2_000
    loop_service: float = 0.16
    cost_invoices: int = 5_000
    cost_rounds: int = 3
    growth_small: int = 10_000
    growth_large: int = 3_000_000
    growth_changes: int = 1_000
    growth_rounds: int = 3
    task_invoices: int = 10_000
    store_windows: int = 8
    store_factor: float = store.FACTOR
    store_allowed: int = store.A_MINUTE
    store_invoices: int = 200


TINY = Size(
    no_change_rows=2_000, reads=40, ceiling_windows=3, ceiling_factor=60, ceiling_allowed=2, peer_invoices=45,
    peer_rounds=1, loop_invoices=45, loop_service=0.001, cost_invoices=40, cost_rounds=1, growth_small=50,
    growth_large=500, growth_changes=5, growth_rounds=1, task_invoices=5,
    store_windows=3, store_factor=60, store_allowed=5, store_invoices=4,
)  # fmt: skip
"""Tries the measuring, and measures nothing."""

Part = Callable[[Size], list[Figure]]


def _no_change(size: Size) -> list[Figure]:
    quiet = asdict(night.measure(size.no_change_rows))
    idle = quiet.pop("idle")
    timed = {"seconds", "cpu_seconds"}
    return [Figure(f"no_change.{name}", value, idle if name in timed else None) for name, value in quiet.items()]


def _reads(size: Size) -> list[Figure]:
    counted = reads.measure(size.reads)
    return [
        Figure("quickbooks.metered_reads_per_10k", counted.without_number_check),
        Figure("quickbooks.metered_reads_per_10k_first_run", counted.in_all),
    ]


PARTS: Mapping[str, Part] = {
    "no_change": _no_change,
    "reads": _reads,
    "cpu": lambda size: cost.measure(size.cost_invoices, size.cost_rounds, PROFILE),
    "peers": lambda size: peers.measure(size.peer_invoices, size.peer_rounds),
    "bare_loop": lambda size: peers.measure_loop(size.loop_invoices, size.loop_service),
    "ceiling": lambda size: ceiling.measure(
        size.ceiling_windows, factor=size.ceiling_factor, allowed=size.ceiling_allowed
    ),
    "growth": lambda size: growth.measure(
        size.growth_small, size.growth_large, size.growth_changes, size.growth_rounds
    ),
    "airflow": lambda size: tasks.measure(size.task_invoices),
    "store": lambda size: store.measure(size.store_windows, size.store_factor, allowed=size.store_allowed),
    "store_calls": lambda size: store.calls(size.store_invoices),
}


def main() -> int:
    """0 when every figure holds, 1 when one is missed or void."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--only", action="append", choices=list(PARTS), help="one part; may be given several times")
    parser.add_argument("--tiny", action="store_true", help="tries the measuring, and measures nothing")
    chosen = parser.parse_args()
    os.environ.setdefault("INVOICE_SYNC_KEYS", Fernet.generate_key().decode())
    logging.disable(logging.CRITICAL)
    names = chosen.only or list(PARTS)
    figures, told = run(names, TINY if chosen.tiny else Size())
    if not chosen.tiny:
        keep(told, FILE, whole=not chosen.only)
    return 1 if any(figure.missed or figure.void for figure in figures) else 0


def run(names: list[str], size: Size) -> tuple[list[Figure], dict[str, Any]]:
    """All figures of these parts, and what bench.json gets."""
    figures: list[Figure] = []
    machine: dict[str, Any] = {}
    for name in names:
        started, before = time.perf_counter(), os.getloadavg()[0]
        made = PARTS[name](size)
        figures += made
        seconds = round(time.perf_counter() - started, 1)
        machine[name] = {
            "seconds": seconds,
            "load_before": round(before, 2),
            "load_after": round(os.getloadavg()[0], 2),
        }
        print(f"--- {name}: {seconds} s, load {machine[name]['load_before']} before", flush=True)
        for figure in made:
            print(figure.line(), flush=True)
    return figures, as_json(figures, machine)


def as_json(figures: list[Figure], machine: Mapping[str, Any]) -> dict[str, Any]:
    """Figures by name; how idle the server was beside each that a server had a part in; and the machine's load."""
    return {
        **{figure.name: figure.as_json() for figure in figures},
        "server_idle": {figure.name: figure.idle for figure in figures if figure.idle is not None},
        "machine": {"cpus": os.cpu_count(), "parts": dict(machine)},
    }


def keep(told: dict[str, Any], file: Path, *, whole: bool) -> None:
    """A run of single parts leaves the other figures as they are."""
    before: dict[str, Any] = json.loads(file.read_text()) if file.exists() and not whole else {}
    for name in ("server_idle", "machine"):
        if isinstance(before.get(name), dict):
            told[name] = {**before[name], **told[name]}
    if before:
        told["machine"]["parts"] = {**before.get("machine", {}).get("parts", {}), **told["machine"]["parts"]}
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps({**before, **told}, indent=2) + "\n")


if __name__ == "__main__":
    sys.exit(main())
