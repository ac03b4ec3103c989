"""Fixtures that every kind of test shares."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from house import House
from sandbox.server import Running, start_in_thread

BEGUN_FIRST = (
    "airflow/test_real_airflow.py", "faults/test_crash_table.py", "faults/test_campaign.py", "readme/test_make.py",
    "portal/test_browser.py", "bench/test_bench.py",
)  # fmt: skip
"""Files that take minutes: left for the end, one of them would keep everybody waiting. No two with an Airflow of their
own stand side by side, for that many processes at once are more than two cores."""

OpenHouse = Callable[[], AbstractContextManager[House]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    tests = Path(__file__).parent
    order = {tests / name: place for place, name in enumerate(BEGUN_FIRST)}
    items.sort(key=lambda item: order.get(item.path, len(order)))


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INVOICE_SYNC_KEYS", Fernet.generate_key().decode())


@pytest.fixture(scope="session")
def _running() -> Iterator[Running]:
    with start_in_thread() as running:
        yield running


@pytest.fixture
def sandbox(_running: Running) -> Running:
    """The stand-ins, seeded anew for each test."""
    House.reset(_running)
    return _running


@pytest.fixture
def house(sandbox: Running, tmp_path: Path) -> Iterator[House]:
    """Sandbox, an empty ledger and the demo flow."""
    built = House.build(sandbox, tmp_path)
    yield built
    built.database.dispose()


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


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Lets a fixture see how its test ended."""
    report = yield
    setattr(item, f"rep_{report.when}", report)
    return report
