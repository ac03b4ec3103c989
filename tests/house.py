"""A whole house in one process: sandbox, ledger and the chain, without Airflow. For tests only."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from invoice_sync.ledger import migrate, runs
from invoice_sync.ledger.database import Database
from invoice_sync.ledger.scope import TaskRef
from invoice_sync.model.errors import InvoiceSyncError
from invoice_sync.model.flow import Flow, RunOptions
from invoice_sync.model.ports import SystemClock
from invoice_sync.orchestration.flows import load
from invoice_sync.steps.chain import STEPS, run_step
from invoice_sync.steps.wiring import Login, open_context
from sandbox.server import Running

FLOWS = Path(__file__).parents[1] / "include" / "flows.yaml"
ORG, REALM = "00D5f000000DEMOEAA", "9130350000000001"
FAST = {
    "send_window_seconds": 5,
    "server_seconds": 0.2,
    "index_lag_seconds": 0,
    "slack_seconds": 0,
    "connect_timeout_seconds": 2,
    "read_timeout_seconds": 5,
}


class SkippingClock(SystemClock):
    """Real time, plus whatever somebody slept: waits cost nothing, and tests can let time pass."""

    def __init__(self) -> None:
        self.skipped = 0.0

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=self.skipped)

    def monotonic(self) -> float:
        return super().monotonic() + self.skipped

    def sleep(self, seconds: float) -> None:
        self.skipped += max(0.0, seconds)


@dataclass
class House:
    """`run` walks the chain as Airflow would: every step, whatever became of the one before."""

    sandbox: Running
    database: Database
    flow: Flow
    timing: Mapping[str, object] = field(default_factory=lambda: dict(FAST))
    tries: dict[tuple[str, str], int] = field(default_factory=dict)
    clock: SkippingClock = field(default_factory=SkippingClock)

    @classmethod
    def build(cls, sandbox: Running, folder: Path, **changes: Any) -> House:
        database = Database(f"sqlite:///{folder}/ledger.db")
        migrate.upgrade(database)
        flow = load(FLOWS)[0].model_copy(update=changes)
        return cls(sandbox, database, flow)

    @staticmethod
    def reset(sandbox: Running) -> None:
        """As seeded, with no mishaps, no calls counted, default settings, and no throttling in the way."""
        _call(sandbox, "POST", "/control/reset", {"seed": "demo", "scale": 1})
        _call(sandbox, "POST", "/control/settings/quickbooks", {"throttle": "off"})

    @property
    def logins(self) -> dict[str, Login]:
        index = self.get("/")["vendors"]
        salesforce, quickbooks = index["salesforce"], index["quickbooks"]
        keys = salesforce["credentials"], quickbooks["credentials"]
        token = next(realm["refresh_token"] for realm in quickbooks["realms"] if realm["realm_id"] == REALM)
        return {
            "rootstock_acme": Login(
                salesforce["base_url"], keys[0]["client_id"], keys[0]["client_secret"], self.timing
            ),
            "quickbooks_acme": Login(
                quickbooks["base_url"],
                keys[1]["client_id"],
                keys[1]["client_secret"],
                {**self.timing, "token_url": quickbooks["token_url"], "refresh_token": token},
            ),
        }

    def step(self, name: str, run_id: str = "run-1", **options: Any) -> Mapping[str, int]:
        """One try of one task."""
        self.tries[run_id, name] = self.tries.get((run_id, name), 0) + 1
        task = TaskRef(self.flow.name, run_id, name, self.tries[run_id, name], user="tester")
        context = open_context(self.flow, RunOptions(**options), task, self.logins, self.database, self.clock)
        try:
            return run_step(context)
        finally:
            self.database.dispose()

    def run(self, run_id: str = "run-1", steps: tuple[str, ...] = tuple(STEPS), **options: Any) -> dict[str, Any]:
        """By step: its counts, or the error it ended with."""
        outcome: dict[str, Any] = {}
        for name in steps:
            try:
                outcome[name] = self.step(name, run_id, **options)
            except InvoiceSyncError as error:
                outcome[name] = error
        return outcome

    def statement(self, run_id: str = "run-1") -> dict[str, Any]:
        with self.database.transaction() as session:
            body = runs.last_statement(session, self.flow.name, run_id)
        assert body is not None
        return body

    def get(self, path: str) -> Any:
        return self._call("GET", path)

    def post(self, path: str, body: object) -> Any:
        return self._call("POST", path, body)

    def mishap(self, **fields: object) -> None:
        self.post("/control/mishaps", fields)

    def edit(self, vendor: str, entity: str, record: str, **fields: object) -> None:
        self._call("PATCH", f"/control/state/{vendor}/{self._tenant(vendor)}/{entity}/{record}", fields)

    def delete(self, vendor: str, entity: str, record: str) -> None:
        self._call("DELETE", f"/control/state/{vendor}/{self._tenant(vendor)}/{entity}/{record}")

    def records(self, vendor: str, entity: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get(f"/control/state/{vendor}/{self._tenant(vendor)}/{entity}")["records"]
        return found

    def journal(self, vendor: str = "quickbooks") -> list[dict[str, Any]]:
        return [entry for entry in self.get("/control/journal")["entries"] if entry["vendor"] == vendor]

    def created(self, entity: str = "Invoice") -> list[str]:
        """Business keys of what was really created at QuickBooks, in order, doubles included."""
        return [e["key"] for e in self.journal() if e["entity"] == entity and e["outcome"] == "created"]

    def invoice_id(self, number: str) -> str:
        return str(next(row["Id"] for row in self.records("quickbooks", "Invoice") if row.get("DocNumber") == number))

    def source_id(self, entity: str, field_name: str, value: str) -> str:
        return str(next(row["Id"] for row in self.records("salesforce", entity) if row.get(field_name) == value))

    def correct_everything(self) -> None:
        """What the bookkeeper does between the two acts of the demo."""
        number, invoice = "rstk__soinv_invoiceno__c", "rstk__soinv__c"
        self.edit("salesforce", invoice, self.source_id(invoice, number, "000120"), rstk__soinv_taxamt__c=6.70)
        self.edit(
            "salesforce",
            invoice,
            self.source_id(invoice, number, "000121"),
            rstk__soinv_invdate__c="2026-11-02",
            rstk__soinv_duedate__c="2026-12-02",
        )
        customer = self.source_id("rstk__socust__c", "rstk__socust_custno__c", "C-1004")
        self.edit(
            "salesforce", "rstk__socust__c", customer, rstk__socust_sf_account_name__c="Harbor Line Freight (Customer)"
        )

    def _tenant(self, vendor: str) -> str:
        return ORG if vendor == "salesforce" else REALM

    def _call(self, method: str, path: str, body: object = None) -> Any:
        return _call(self.sandbox, method, path, body)


def _call(sandbox: Running, method: str, path: str, body: object = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(  # noqa: S310 - the sandbox on this machine
        sandbox.index_url.rstrip("/") + path, data, {"Content-Type": "application/json"}, method=method
    )
    with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310
        return json.loads(answer.read() or b"null")
