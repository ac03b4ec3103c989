"""One try of one step in a process of its own, so that it can be killed for real.

`python tests/step_process.py '{"database": ..., "index": ..., "step": "export", ...}'` prints one JSON line:
{"outcome": "done" | "review" | "uncertain" | "later" | "person" | "lost_lease" | "stopped", "wait": seconds,
"told": text}
"""

from __future__ import annotations

import json
import sys
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

sys.path.insert(0, str(Path(__file__).parent))

from house import FAST, FLOWS, House
from invoice_sync.connectors import registry
from invoice_sync.connectors.acumatica import deeds
from invoice_sync.ledger.database import Database
from invoice_sync.model.errors import InvoiceSyncError, LostLease, NeedsPerson, ReviewNeeded, StillUncertain, TryLater
from invoice_sync.model.ports import SystemClock
from invoice_sync.orchestration.flows import load
from invoice_sync.orchestration.stopping import Stopped, stopped_by_signal
from second import Second


@dataclass(frozen=True)
class Order:
    """What a step process is told. `options` override the flow's options, `timing` the connection's seconds."""

    database: str
    index: str
    step: str
    run: str = "run-1"
    try_number: int = 1
    options: dict[str, Any] = field(default_factory=dict)
    timing: dict[str, Any] = field(default_factory=dict)
    ahead: float = 0.0
    """Seconds by which its clock is ahead of this machine's: waits that nobody wants to sit out have passed."""

    quotas: bool = True
    """False: the vendors' published windows do not hold it up."""

    refresh_token: str = ""
    """What stands in the connection; by default the living token of the realm."""

    flow: str = ""
    """Its name; by default the first one."""

    documents: list[str] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)
    """Seconds between looks at an operation of Acumatica; by default the product's own."""

    def command(self) -> list[str]:
        """How to start it."""
        return [sys.executable, str(Path(__file__)), json.dumps(asdict(self))]


@dataclass
class LateClock(SystemClock):
    """Real time, later: it waits for real, so its waits are set to fractions of a second."""

    ahead: float = 0.0

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=self.ahead)


def main() -> int:
    print(json.dumps(one_try(Order(**json.loads(sys.argv[1])))), flush=True)
    return 0


def one_try(order: Order) -> dict[str, Any]:
    """The try itself; in the process that calls it."""
    flow = next(each for each in load(FLOWS) if order.flow in ("", each.name))
    address: Any = SimpleNamespace(index_url=order.index)
    clock: Any = LateClock(order.ahead)
    kind = Second if order.flow else House
    house = kind(address, Database(order.database), flow, {**FAST, **order.timing}, clock=clock)
    house.options(**order.options)
    house.first_refresh_token = order.refresh_token
    house.tries[order.run, order.step] = order.try_number - 1
    with ExitStack() as patches:
        if not order.quotas:
            patches.enter_context(patch.object(registry, "windows", lambda vendor, extra: ()))
        if order.pauses:
            patches.enter_context(patch.object(deeds, "PAUSES", tuple(order.pauses)))
        return outcome(house, order)


def outcome(house: House, order: Order) -> dict[str, Any]:
    """What became of the try, in plain values."""
    try:
        with stopped_by_signal():
            chosen = {"documents": tuple(order.documents)} if order.documents else {}
            return {"outcome": "done", "counts": dict(house.step(order.step, order.run, **chosen))}
    except Stopped as error:
        return {"outcome": "stopped", "told": str(error)}
    except StillUncertain as error:
        return {"outcome": "uncertain", "wait": (error.until - house.clock.now()).total_seconds()}
    except TryLater as error:
        return {"outcome": "later", "wait": error.wait or 0.2, "told": str(error)}
    except (ReviewNeeded, NeedsPerson, LostLease, InvoiceSyncError) as error:
        kind = {ReviewNeeded: "review", LostLease: "lost_lease"}.get(type(error), "person")
        return {"outcome": kind, "told": str(error)}


if __name__ == "__main__":
    sys.exit(main())
