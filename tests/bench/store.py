"""How near an export to a BigCommerce store comes to the 150 calls a minute that all its integrations share.

Sandbox and product are in this process and run on clocks that are equally faster than real time: two calls and a half a
second leave either of them next to nothing to do, and the share of a core that both took together is told.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

from bench.figures import Figure
from bench.server import PacedClock as ServerClock
from bench.worker import PacedClock
from house import House
from invoice_sync.connectors import registry
from invoice_sync.model.errors import StillUncertain, TryLater
from sandbox.server import start_in_thread
from second import Second, ledger

A_MINUTE = 150
FACTOR = 5.0
KNOWN = [f"C0000028{place}" for place in (7, 8, 9)]
MOST_RETURNS = 20


@dataclass
class Delivered:
    """When each invoice was created, in seconds of the store's clock; calls in all and refused; busy cores."""

    moments: list[float]
    calls: int
    refused: int
    busy: float


def measure(windows: int, factor: float = FACTOR, *, allowed: int = A_MINUTE) -> list[Figure]:
    """`allowed`: calls a minute; another than the published number only where the measuring itself is tested."""
    with _house(quota_share=allowed / A_MINUTE) as house:
        house.sandbox.vendors["bigcommerce"].configure({"b2b_calls": allowed + 0.0})
        wanted = windows * allowed
        _load(house, wanted)
        house.run("run-1", ("check", "extract", "match_customers", "match_products", "plan"))
        found = _exported(house, factor)
    if len(found.moments) < wanted:
        raise RuntimeError(f"{len(found.moments)} of {wanted} invoices were created")
    began = found.moments[0]
    inside = sum(60 <= moment - began < 60 * (windows - 1) for moment in found.moments)
    return [
        Figure("bigcommerce.ceiling_share", round(inside / (allowed * (windows - 2)), 4), 1 - found.busy / 2),
        Figure("bigcommerce.throttled_share", round(found.refused / found.calls, 5)),
    ]


def calls(invoices: int) -> list[Figure]:
    """Calls at the store for each new invoice of a known buyer, look-ups and the report's re-read included; what a
    check costs comes with every run, whether it carries one invoice or ten thousand, and is taken off."""
    new, quiet = _new_and_quiet(invoices)
    with_payments, _ = _new_and_quiet(invoices, bigcommerce={"cash": "offline_payments"})
    return [
        Figure("bigcommerce.calls_per_invoice", round(new / invoices, 4)),
        Figure("bigcommerce.calls_per_invoice_with_payment", round(with_payments / invoices, 4)),
        Figure("bigcommerce.calls_per_invoice_unchanged", float(max(0, quiet))),
    ]


def _new_and_quiet(invoices: int, **options: Any) -> tuple[int, int]:
    """Calls of a run with so many new invoices, each with a payment, and of one after it that brings nothing."""
    with _house(**options) as house, patch.dict(registry.LIMITS, clear=True):
        house.sandbox.vendors["bigcommerce"].configure({"b2b_calls": 1_000_000})
        _load(house, 3, 400_001)
        house.run("run-0")
        known = {row["ReferenceNbr"] for row in _booked(house)}
        _load(house, invoices)
        for row in _booked(house):
            if row["ReferenceNbr"] not in known:
                house.erp("pay", key=f"{row['Type']}/{row['ReferenceNbr']}", amount="1.00")
        return _calls_of(house, "run-1"), _calls_of(house, "run-2")


def _calls_of(house: Second, run_id: str) -> int:
    before = _calls(house)[0]
    house.run(run_id)
    return _calls(house)[0] - before - _checked(house)


def _booked(house: Second) -> list[Any]:
    return list(house.sandbox.vendors["acumatica"].tenant(house.tenant).rows("Document"))


def _checked(house: Second) -> int:
    """What a check alone costs."""
    before = _calls(house)[0]
    house.run("run-3", ("check",))
    return _calls(house)[0] - before


@contextmanager
def _house(**options: Any) -> Iterator[Second]:
    with tempfile.TemporaryDirectory() as folder, start_in_thread(vendors=["acumatica", "bigcommerce"]) as sandbox:
        sandbox.vendors["acumatica"].configure({"requests_per_minute": 0, "operation_seconds": 0})
        house = Second.of(sandbox, ledger(Path(folder)), **{"in_flight": 8, **options})
        _only_what_is_loaded(house)
        yield house
        house.database.dispose()


def _only_what_is_loaded(house: Second) -> None:
    """The seed's own documents would be counted too."""
    rows = house.sandbox.vendors["acumatica"].tenant(house.tenant).rows("Document")
    for row in _booked(house):
        rows.remove(row)


def _load(house: Second, invoices: int, first: int = 500_001) -> None:
    load = house.sandbox.vendors["acumatica"].loader(house.tenant)
    load.invoices(invoices, lines=2, first=first, customers=KNOWN, since=datetime.now(UTC))


def _exported(house: Second, factor: float) -> Delivered:
    """On fast clocks from here on; every created invoice is stamped as the store's journal takes it."""
    world = house.sandbox.world
    world.clock = ServerClock(factor)
    moments: list[float] = []
    record = world.journal.record

    def stamped(vendor: str, tenant: str, entity: str, *rest: Any) -> None:
        record(vendor, tenant, entity, *rest)
        if entity == "invoice" and "created" in rest:
            moments.append(world.clock.now().timestamp())

    world.journal.record = stamped  # type: ignore[method-assign]
    clock: Any = PacedClock(factor)
    house.clock = clock
    every, refused = _calls(house)
    started, cpu = time.perf_counter(), time.process_time()
    _to_its_end(house)
    busy = (time.process_time() - cpu) / (time.perf_counter() - started)
    calls_, refused_ = _calls(house)
    return Delivered(moments, calls_ - every, refused_ - refused, busy)


def _to_its_end(house: House) -> None:
    for returns in range(MOST_RETURNS):
        try:
            house.step("export", rescheduled=returns > 0)
            return
        except StillUncertain as error:
            house.clock.sleep((error.until - house.clock.now()).total_seconds())
        except TryLater as error:
            house.clock.sleep(error.wait or 1.0)
    raise RuntimeError(f"export was asked to wait {MOST_RETURNS} times")


def _calls(house: House) -> tuple[int, int]:
    """At the store's B2B API, so far: all, and those refused for a window."""
    paths: list[dict[str, Any]] = house.get("/control/calls")["paths"]
    ours = [each for each in paths if each["vendor"] == "bigcommerce" and "/api/v3/io" in each["path"]]
    return sum(each["count"] for each in ours), sum(each["count"] for each in ours if each["status"] == 429)
