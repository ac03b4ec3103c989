"""Fixtures that every kind of test shares."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from house import House
from sandbox.server import Running, start_in_thread


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


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Lets a fixture see how its test ended."""
    report = yield
    setattr(item, f"rep_{report.when}", report)
    return report
