"""`python -m bench [--rows N] [--invoices N]`: prints the figures and writes them to .run/bench.json."""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet

from bench import night, reads

FILE = Path(__file__).parents[2] / ".run" / "bench.json"
MUST = {
    "no_change.seconds": 15.0,
    "no_change.writes": 0,
    "no_change.rows_changed": 0,
    "no_change.peak_mb": 600.0,
    "quickbooks.metered_reads_per_10k": 25,
    "quickbooks.metered_reads_per_10k_first_run": 110,
}


def main() -> int:
    """0 when every figure holds, 1 when one does not."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="known invoices of the night without changes")
    parser.add_argument("--invoices", type=int, default=10_000, help="new invoices of the run whose reads are counted")
    chosen = parser.parse_args()
    os.environ.setdefault("INVOICE_SYNC_KEYS", Fernet.generate_key().decode())
    logging.disable(logging.CRITICAL)
    figures = _figures(chosen.rows, chosen.invoices)
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(json.dumps(figures, indent=2) + "\n")
    missed = [name for name, most in MUST.items() if figures[name] > most]
    for name, value in figures.items():
        bound = f"  (at most {MUST[name]}{', MISSED' if name in missed else ''})" if name in MUST else ""
        print(f"{name:45} {value}{bound}")
    return 1 if missed else 0


def _figures(rows: int, invoices: int) -> dict[str, Any]:
    quiet, counted = night.measure(rows), reads.measure(invoices)
    return {
        **{f"no_change.{name}": value for name, value in asdict(quiet).items()},
        "quickbooks.invoices": counted.invoices,
        "quickbooks.metered_reads_per_10k": counted.without_number_check,
        "quickbooks.metered_reads_per_10k_first_run": counted.in_all,
        "quickbooks.seconds_with_sandbox_in_process": counted.seconds,
    }


if __name__ == "__main__":
    sys.exit(main())
