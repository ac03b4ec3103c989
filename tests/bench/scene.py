"""A stage for side-by-side rounds: a sandbox of its own process, and a ledger that can be put back.

`Scene` leads up to the moment that is measured: invoices are loaded at Rootstock, extracted, matched, planned. Each
round then begins from a copy of that ledger and from what QuickBooks held then.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import worker
from bench.server import Server
from bench.worker import Order
from house import REALM, House
from invoice_sync.ledger.database import Database
from invoice_sync.ledger.tokens import LedgerTokens, keys_from_environment
from invoice_sync.model.ports import Binding, SystemClock

FIRST = 600_001
RUN = "measured"
UP_TO_PLAN = ("check", "extract", "match_customers", "match_products")
UP_TO_EXPORT = ("plan", "add_customers", "add_products")


@dataclass(frozen=True)
class Sending:
    """A write as it arrived at the sandbox: path with its query, and body."""

    path: str
    body: str


@dataclass
class Scene:
    """`invoices` wait at the source. `ledger` is the file that the product works on."""

    server: Server
    house: House
    ledger: Path
    invoices: int

    def steps(self, *steps: str, **more: Any) -> dict[str, Any]:
        """In a process of their own; by step what it cost."""
        return worker.run(Order(str(self.ledger), self.server.index_url, self.server.pid, steps, RUN, **more))

    def keep(self, name: str) -> None:
        """Ledger and QuickBooks as they are now, under a name."""
        shutil.copy(self.ledger, self.ledger.with_suffix(f".{name}"))
        self.server.mark()

    def put_back(self, name: str) -> None:
        """Ledger and QuickBooks as they were when they were kept; only the newest name can be put back."""
        for left_over in self.ledger.parent.glob(f"{self.ledger.name}-*"):
            left_over.unlink()
        shutil.copy(self.ledger.with_suffix(f".{name}"), self.ledger)
        self.server.restore()

    def export(self, **more: Any) -> dict[str, Any]:
        """One measured round. Raises RuntimeError when not every invoice was sent."""
        self.put_back("planned")
        done: dict[str, Any] = self.steps("export", **more)["export"]
        self.must_have_sent(done["counts"])
        return done

    def must_have_sent(self, counts: dict[str, int]) -> None:
        if counts.get("sent") != self.invoices:
            raise RuntimeError(f"{counts} of {self.invoices} invoices were sent")

    def sendings(self) -> list[Sending]:
        """What one export sends to QuickBooks, call by call; nothing of it stays."""
        self.put_back("planned")
        self.house.post("/control/sendings", {})
        self.steps("export")
        kept = self.house.get("/control/sendings")["sendings"]
        self.put_back("planned")
        return [Sending(each["path"], each["body"]) for each in kept if each["vendor"] == "quickbooks"]

    def access_token(self) -> str:
        """What the product signs its calls with."""
        store = LedgerTokens(
            Database(f"sqlite:///{self.ledger}"), Binding("acme", "quickbooks", REALM), keys_from_environment(),
            SystemClock(),
        )  # fmt: skip
        tokens = store.load()
        assert tokens is not None
        return tokens.access

    @property
    def quickbooks_url(self) -> str:
        found: str = self.house.get("/")["vendors"]["quickbooks"]["base_url"]
        return found


@contextmanager
def empty() -> Iterator[Scene]:
    """Customers and items are known, nothing waits, nobody is throttled, and sign-ins last."""
    with tempfile.TemporaryDirectory() as folder, Server() as server:
        sandbox: Any = server
        House.reset(sandbox)
        house = House.build(sandbox, Path(folder))
        house.settings("quickbooks", access_token_seconds=86_400)
        house.correct_everything()
        outcome = house.run("the night before")
        house.database.dispose()
        if any(isinstance(ended, Exception) for ended in outcome.values()):
            raise RuntimeError(f"the night before did not go well: {outcome}")
        yield Scene(server, house, Path(folder) / "ledger.db", 0)


@contextmanager
def planned(invoices: int) -> Iterator[Scene]:
    """The moment before export."""
    with empty() as scene:
        scene.invoices = invoices
        scene.server.load(invoices, FIRST)
        scene.steps(*UP_TO_PLAN, *UP_TO_EXPORT)
        scene.keep("planned")
        yield scene


def bodies_of(sendings: list[Sending], kind: str = "Invoice") -> list[dict[str, Any]]:
    """The documents in them, in order, numbers as the standard library reads them."""
    items = [item for each in sendings for item in json.loads(each.body)["BatchItemRequest"]]
    return [item[kind] for item in items if kind in item]
