"""A portal over a ledger that a story was told to; and one over a ledger of the test's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest

from house import House
from portal.story import tell
from portal.visiting import Portal

OpenHouse = Callable[[], AbstractContextManager[House]]


@pytest.fixture(scope="module")
def told(open_house: OpenHouse) -> Iterator[Portal]:
    """To be looked at only."""
    with open_house() as house:
        portal = Portal(tell(house))
        yield portal
        portal.close()


@pytest.fixture
def portal(house: House) -> Iterator[Portal]:
    """An empty ledger."""
    opened = Portal(house)
    yield opened
    opened.close()
