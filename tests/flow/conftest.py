"""A run that several tests only look at is made once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest

from house import House
from pair import Pair

OpenHouse = Callable[[], AbstractContextManager[House]]
OpenPair = Callable[..., AbstractContextManager[Pair]]


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
