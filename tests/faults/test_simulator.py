"""A thousand documents through faults drawn per call, in one process and no time; the seed is in the message."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest

from faults.simulated import FAULTS, Simulation

DOCUMENTS = 300
SEEDS = (1, 2)


@pytest.fixture
def ledger_folder() -> Iterator[Path]:
    """In memory where there is such a folder; and without a warning for each of thousands of lost answers."""
    logging.disable(logging.CRITICAL)
    with TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").exists() else None) as folder:  # noqa: S108
        yield Path(folder)
    logging.disable(logging.NOTSET)


@pytest.mark.parametrize("forgets", [False, True], ids=["remembers", "forgets"])
@pytest.mark.parametrize("seed", SEEDS)
def test_whatever_befalls_the_calls_each_document_is_there_once_and_to_the_cent(
    seed: int, forgets: bool, ledger_folder: Path
) -> None:
    dice = Random(seed)

    def fault() -> str:
        if forgets:
            simulation.vendor.forget()
        return dice.choices([*FAULTS], [*FAULTS.values()])[0]

    simulation = Simulation(ledger_folder, dice, fault)
    try:
        for first in range(0, DOCUMENTS, DOCUMENTS // 4):
            simulation.plan([f"{number:05}" for number in range(first, first + DOCUMENTS // 4)])
            for _ in range(6):
                simulation.one_worker()
            simulation.assert_kept()
        simulation.until_settled()
        simulation.assert_settled()
    except AssertionError as error:
        raise AssertionError(f"seed {seed}, forgets {forgets}: {error}") from error
    finally:
        simulation.close()
    assert len(simulation.table.links()) > DOCUMENTS * 0.8
    assert simulation.overtaken
