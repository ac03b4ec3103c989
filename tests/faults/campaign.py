"""`make faults`: every database, seed and replay mode against processes that are killed, doubled and lied to.

`python -m faults [--database sqlite|postgres|both] [--seeds 3] [--scale 4] [--flow NAME] [--quick] [--no-airflow]`
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import replace
from functools import partial
from pathlib import Path

from cryptography.fernet import Fernet
from tabulate import tabulate

from faults import counting, real_airflow
from faults.counting import Row
from faults.flow import InvoiceFlow
from faults.payments import PaymentsFlow
from faults.portal import PortalFlow
from faults.release import ReleaseFlow
from faults.storm import Plan, Storm
from postgres import fresh_database

RUN = Path(__file__).parents[2] / ".run"
MODES = ("remember", "forget")
ORDER = ("flow", "database", "where", "seed", "replay_mode")
SHOWN = (
    "flow", "database", "seed", "replay_mode", "documents", "write_calls", "lost_answers", "server_errors_after_commit",
    "kills", "airflow_kills", "workers", "duplicates", "missing", "wrong_amount", "uncertain_left", "not_told",
    "wire_keys_seen_again", "wrong_wire_keys", "double_shipments", "double_invoices", "seconds",
)  # fmt: skip
ALONGSIDE = 3
SUBJECTS: dict[str, type[InvoiceFlow]] = {
    **{each.name: each for each in (InvoiceFlow, PortalFlow, ReleaseFlow)},
    PaymentsFlow.title: PaymentsFlow,
}
SIZES = {
    PortalFlow.name: (140, Plan(waves=5)),
    # two writes an invoice and more, from one seed
    PaymentsFlow.title: (100, Plan(waves=5)),
    # an operation is waited for, so its lease is longer
    ReleaseFlow.name: (100, Plan(waves=5, paused=7.5, taken_over_after=5.5)),
}
"""Of the flows on Acumatica: documents in a wave, and how hard it blows."""

SMALL = 6


def arguments(argv: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m faults", description=__doc__)
    parser.add_argument("--database", choices=("sqlite", "postgres", "both"), default="both")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--scale", type=int, default=4, help="100 documents each, and one more lot of a few")
    parser.add_argument("--flow", choices=tuple(SUBJECTS), help="only this one")
    parser.add_argument("--size", type=int, help="documents in a wave of the flows on Acumatica")
    parser.add_argument("--quick", action="store_true", help="one seed, few documents, one wave, no Airflow")
    parser.add_argument("--no-airflow", action="store_true")
    parser.add_argument("--out", type=Path, default=RUN / "faults.json")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """0 when nothing is doubled, missing, wrong or uncertain, and the volumes were reached."""
    options = arguments(argv)
    os.environ.setdefault("INVOICE_SYNC_KEYS", Fernet.generate_key().decode())
    folder = options.out.parent / "faults"
    shutil.rmtree(folder, ignore_errors=True)
    lost: list[str] = []
    rows = sorted(_all(_jobs(options, folder), lost), key=lambda row: [str(row[name]) for name in ORDER])
    options.out.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    print(tabulate([[row.get(name, "") for name in SHOWN] for row in rows], headers=_headers()))
    short = lost + counting.bad(rows) + ([] if options.quick else counting.shortfalls(rows))
    short += [f"{_name(row)} never came to its end: {row['unfinished']}" for row in rows if not row["green"]]
    print("\n".join(short) or f"Nothing doubled, missing, wrong or uncertain. Written to {options.out}.")
    return 1 if short else 0


def storm_row(
    database: str, seed: int, mode: str, scale: int, plan: Plan, folder: Path, flow: str = InvoiceFlow.name
) -> Row:
    """One flow through one storm."""
    began = time.monotonic()
    subject = SUBJECTS[flow](ledger(database, folder), mode, scale, folder)
    storm = Storm(subject, f"{database} {seed} {mode}", plan)
    try:
        subject.prepare()
        storm.run()
        evidence, struck = subject.evidence(), subject.struck()
        harm = subject.harm()
    finally:
        subject.close()
    return {
        "flow": flow, "database": database, "seed": seed, "replay_mode": mode, "where": "processes",
        **counting.counted(evidence), **harm, **counting.weather(struck),
        "kills": storm.kills, "airflow_kills": 0, "pauses": storm.pauses, "workers": storm.workers,
        "broken": storm.broken, "persons": storm.persons,
        "rounds": storm.rounds, "green": storm.green, "stories": storm.stories,
        "unfinished": dict(evidence.unfinished), "seconds": round(time.monotonic() - began),
    }  # fmt: skip


def ledger(database: str, folder: Path) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    return f"sqlite:///{folder}/storm.db" if database == "sqlite" else fresh_database()


def _jobs(options: argparse.Namespace, folder: Path) -> Iterator[Callable[[], Row]]:
    """The longest first."""
    databases = ("sqlite", "postgres") if options.database == "both" else (options.database,)
    yield from _jobs_on_acumatica(options, databases, folder)
    if options.flow not in (None, InvoiceFlow.name):
        return
    for database in databases if not (options.quick or options.no_airflow) else ():
        at = folder / f"{database}-airflow"
        yield lambda database=database, at=at: real_airflow.row(database, 0, ledger(database, at), at)  # type: ignore[misc]
    plan = Plan(waves=1, rounds=8) if options.quick else Plan()
    seeds = range(options.first_seed, options.first_seed + (1 if options.quick else options.seeds))
    scale = 1 if options.quick else options.scale
    for seed in seeds:
        for mode in MODES:
            for database in databases:
                at = folder / f"{database}-{seed}-{mode}"
                yield lambda database=database, seed=seed, mode=mode, at=at: storm_row(  # type: ignore[misc]
                    database, seed, mode, scale, plan, at
                )


def _jobs_on_acumatica(
    options: argparse.Namespace, databases: Sequence[str], folder: Path
) -> Iterator[Callable[[], Row]]:
    """Of orders and of invoices with payments there are 500 a database, from one seed; of invoices 700 from each."""
    for flow, (size, plan) in SIZES.items():
        few = options.quick or flow in (ReleaseFlow.name, PaymentsFlow.title)
        for seed in range(options.first_seed, options.first_seed + (1 if few else options.seeds)):
            for database in databases if options.flow in (None, flow) else ():
                at = folder / f"{flow}-{database}-{seed}"
                how = replace(plan, waves=1, rounds=8) if options.quick else plan
                many = options.size or (SMALL if options.quick else size)
                yield partial(storm_row, database, seed, "", many, how, at, flow)


def _all(jobs: Iterator[Callable[[], Row]], lost: list[str]) -> Iterator[Row]:
    """A few at a time: most of their life is waiting. What breaks is told in `lost`, and the others go on."""
    with ThreadPoolExecutor(ALONGSIDE) as pool:
        running: list[Future[Row]] = [pool.submit(job) for job in jobs]
        for done in as_completed(running):
            try:
                row = done.result()
            except Exception as error:  # noqa: BLE001
                lost.append(f"a part of the campaign broke: {type(error).__name__}: {error}")
                traceback.print_exception(error)
                continue
            print(_told(row), flush=True)
            yield row


def _told(row: Row) -> str:
    names = ("documents", "lost_answers", "kills", *counting.MUST_BE_ZERO, "seconds")
    return f"{_name(row)}: " + ", ".join(f"{name} {row.get(name, 0)}" for name in names)


def _name(row: Row) -> str:
    return f"{row['flow']} {row['database']} {row['where']} seed {row['seed']} {row['replay_mode']}"


def _headers() -> list[str]:
    return [name.replace("_", "\n") for name in SHOWN]
