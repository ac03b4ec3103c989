"""A thousand documents through faults drawn per call, in one process and no time; the seed is in the message."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from uuid import uuid4

import pytest

from faults.simulated import FAULTS, LateVendor, Simulation
from invoice_sync.connectors.timing import Timing
from invoice_sync.delivery import arm
from invoice_sync.ledger.tables import IntentRow

DOCUMENTS = 340
STORMS = {"seed 1, remembers": (1, False), "seed 2, forgets": (2, True), "seed 3, forgets": (3, True)}


@pytest.fixture
def ledger_folder() -> Iterator[Path]:
    """In memory where there is such a folder; and without a warning for each of thousands of lost answers."""
    logging.disable(logging.CRITICAL)
    with TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").exists() else None) as folder:  # noqa: S108
        yield Path(folder)
    logging.disable(logging.NOTSET)


def storm(seed: int, forgets: bool, folder: Path, documents: int = DOCUMENTS) -> Simulation:
    """Four lots of documents and their workers, then workers until nothing is open."""
    dice = Random(seed)

    def fault() -> str:
        if forgets:
            simulation.vendor.forget()
        return dice.choices([*FAULTS], [*FAULTS.values()])[0]

    simulation = Simulation(folder, dice, fault)
    try:
        for first in range(0, documents, documents // 4):
            simulation.plan([f"{number:05}" for number in range(first, first + documents // 4)])
            simulation.one_worker()
            simulation.assert_kept()
        simulation.until_settled()
        simulation.assert_settled()
    except AssertionError as error:
        raise AssertionError(f"seed {seed}, forgets {forgets}: {error}") from error
    finally:
        simulation.close()
    return simulation


@pytest.mark.parametrize(("seed", "forgets"), STORMS.values(), ids=STORMS)
def test_whatever_befalls_the_calls_each_document_is_there_once_and_to_the_cent(
    seed: int, forgets: bool, ledger_folder: Path
) -> None:
    simulation = storm(seed, forgets, ledger_folder)

    assert len(simulation.table.links()) > DOCUMENTS * 0.8
    assert simulation.overtaken


def no_quiet_period(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Timing, "quiet", property(lambda timing: timedelta()))


def no_time_for_the_index(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Timing, "quiet", property(lambda timing: timedelta(seconds=timing.send_window + timing.server)))


def no_look_before_the_next_try(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(LateVendor, "find", lambda vendor, entity, op, items: {item.intent: [] for item in items})


def no_deadline_for_sending(patch: pytest.MonkeyPatch) -> None:
    send = LateVendor.send
    patch.setattr(LateVendor, "send", lambda vendor, armed: send(vendor, replace(armed, send_by=float("inf"))))


def another_key_each_time(patch: pytest.MonkeyPatch) -> None:
    def give(rows: list[IntentRow]) -> None:
        for row in rows:
            row.wire_request, row.wire_item = uuid4().hex, "i0"

    patch.setattr(arm, "_give_wire_keys", give)


CARELESS = (
    no_quiet_period, no_time_for_the_index, no_look_before_the_next_try, no_deadline_for_sending, another_key_each_time
)  # fmt: skip


@pytest.mark.parametrize("careless", CARELESS)
def test_it_finds_out_whoever_leaves_out_a_part_of_the_protocol(
    careless: Callable[[pytest.MonkeyPatch], None], ledger_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    careless(monkeypatch)

    with pytest.raises(AssertionError, match="more than once|several keys"):
        for seed in range(10):
            storm(seed, True, ledger_folder, documents=80)
