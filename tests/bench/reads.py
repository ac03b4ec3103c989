"""Metered QuickBooks reads of one run: ten thousand new invoices of customers and items that are known.

Counted by the sandbox. The pre-check of numbers, which tells whether a stranger holds one, is counted apart.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

from house import House, green
from invoice_sync.connectors import registry
from invoice_sync.connectors.quickbooks.connector import QuickBooks
from sandbox.server import start_in_thread


@dataclass(frozen=True)
class Reads:
    """`in_all` includes `number_check`."""

    invoices: int
    in_all: int
    number_check: int

    @property
    def without_number_check(self) -> int:
        return self.in_all - self.number_check


def measure(invoices: int) -> Reads:
    """A first run makes customers and items known; the second, with everything new, is the one that counts."""
    with tempfile.TemporaryDirectory() as folder, start_in_thread() as sandbox:
        House.reset(sandbox)
        house = House.build(sandbox, Path(folder))
        load = sandbox.vendors["salesforce"].loader()
        load.invoices(4)
        house.correct_everything()
        _must_be_green(house.run("the night before"))
        load.invoices(invoices, first=600_001, since=datetime.now(UTC))
        before, counting = metered(house), _Counting(house)
        # the vendor's windows would spread 334 batches over ten minutes, and change no count
        windows = patch.dict(registry.LIMITS, clear=True)
        with windows, patch.object(QuickBooks, "holders", counting.around(QuickBooks.holders)):
            outcome = house.run("ten-thousand")
        _must_be_green(outcome)
        if outcome["export"]["sent"] != invoices:
            raise RuntimeError(f"{outcome['export']} of {invoices} invoices were sent")
        return Reads(invoices, metered(house) - before, counting.reads)


def metered(house: House) -> int:
    """CorePlus calls, as the sandbox counts them."""
    return sum(each["count"] for each in house.get("/control/calls")["metered"] if each["class"] == "core_plus")


def _must_be_green(outcome: Mapping[str, Any]) -> None:
    if not green(outcome):
        raise RuntimeError(f"the run did not go well: {outcome}")


@dataclass
class _Counting:
    """Counts the reads that happen inside one method."""

    house: House
    reads: int = 0

    def around(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*given: Any) -> Any:
            before = metered(self.house)
            try:
                return method(*given)
            finally:
                self.reads += metered(self.house) - before

        return counted
