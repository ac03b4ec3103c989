"""A run that several tests only look at is made once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from house import House
from pair import Pair
from releasing import Releasing
from sandbox.server import Running
from second import Second, ledger
from wholesale import Night, Wholesale
from wholesale import opened as opened_wholesale

OpenHouse = Callable[[], AbstractContextManager[House]]
OpenPair = Callable[..., AbstractContextManager[Pair]]
OpenWholesale = Callable[..., AbstractContextManager[Wholesale]]


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


@pytest.fixture
def second(sandbox: Running, tmp_path: Path) -> Iterator[Second]:
    """The second pair as seeded, and an empty ledger."""
    Second.quiet(sandbox)
    built = Second.of(sandbox, ledger(tmp_path))
    yield built
    built.database.dispose()


@pytest.fixture
def wholesale(house: House) -> Wholesale:
    """As `second`, with empty books in Acumatica."""
    return Wholesale.within(house)


@pytest.fixture(scope="session")
def open_wholesale(open_house: OpenHouse) -> OpenWholesale:
    """As `open_house`, with empty books in Acumatica; takes what `Wholesale.within` takes."""
    return lambda *args, **given: opened_wholesale(open_house(), *args, **given)


@pytest.fixture(scope="session")
def seeded(open_wholesale: OpenWholesale) -> Night:
    """The flow as installed, on the books as seeded: one night that many tests look at."""
    with open_wholesale(seeded=True) as house:
        return Night.of(house, house.run())


@pytest.fixture
def releasing(house: House) -> Releasing:
    """The release chain over the seed's orders, with a clock that both sides share."""
    return Releasing.within(house)
