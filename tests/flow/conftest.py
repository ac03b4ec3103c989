"""A run that several tests only look at is made once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from house import House
from pair import Pair
from sandbox.server import Running

OpenHouse = Callable[[], AbstractContextManager[House]]
OpenPair = Callable[..., AbstractContextManager[Pair]]


@pytest.fixture(scope="session")
def open_house(_running: Running, tmp_path_factory: pytest.TempPathFactory) -> OpenHouse:
    """As `house`, for fixtures of a whole module. Look at nothing live afterwards: the next test seeds anew."""

    @contextmanager
    def opened() -> Iterator[House]:
        folder: Path = tmp_path_factory.mktemp("house")
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("INVOICE_SYNC_KEYS", Fernet.generate_key().decode())
            House.reset(_running)
            house = House.build(_running, folder)
            yield house
            house.database.dispose()

    return opened


@pytest.fixture
def pair(house: House) -> Pair:
    """As `house`, with an empty queue."""
    return Pair.of(house)


@pytest.fixture(scope="session")
def open_pair(open_house: OpenHouse) -> OpenPair:
    """As `open_house`, with an empty queue; takes what `Pair.of` takes."""

    @contextmanager
    def opened(**given: Any) -> Iterator[Pair]:
        with open_house() as house:
            yield Pair.of(house, **given)

    return opened
