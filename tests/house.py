"""A whole house in one process: sandbox, ledger and the chain, without Airflow. For tests only."""

from __future__ import annotations

import json
import sqlite3
import urllib.request
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from invoice_sync.ledger import migrate, runs
from invoice_sync.ledger.database import Database
from invoice_sync.ledger.scope import TaskRef
from invoice_sync.ledger.tables import Base, DocumentRow
from invoice_sync.model.errors import InvoiceSyncError
from invoice_sync.model.flow import Flow, RunOptions
from invoice_sync.model.ports import SystemClock
from invoice_sync.orchestration.flows import load
from invoice_sync.steps.chain import STEPS, WRITING, run_step, skip_step
from invoice_sync.steps.wiring import Login, open_context
from sandbox.server import Running

FLOWS = Path(__file__).parents[1] / "include" / "flows.yaml"
ORG, REALM = "00D5f000000DEMOEAA", "9130350000000001"
WRITTEN = ("created", "updated", "deleted")
INVOICES, DOCUMENTS = 15, 16
"""What company 01 of the seed has in its queue: invoices, and with them the credit memo 000140."""

AFTER_EXTRACT = tuple(STEPS)[2:]
BEHIND = {
    "check": tuple(STEPS),
    "extract": tuple(STEPS)[1:],
    "match_customers": ("match_customers", *tuple(STEPS)[4:]),
    "match_products": tuple(STEPS)[3:],
    "plan": tuple(STEPS)[4:],
    "add_customers": ("add_customers", *tuple(STEPS)[7:]),
    "add_products": tuple(STEPS)[6:],
    "export": tuple(STEPS)[7:],
    "acknowledge": tuple(STEPS)[8:],
    "report": ("report",),
}
"""By step: what Airflow runs again when it is cleared with downstream."""
FAST = {
    "send_window_seconds": 5,
    "server_seconds": 0.2,
    "index_lag_seconds": 0,
    "slack_seconds": 0,
    "connect_timeout_seconds": 2,
    "read_timeout_seconds": 5,
}


def green(outcome: Mapping[str, Any]) -> bool:
    """No step of a run failed."""
    return not [ended for ended in outcome.values() if isinstance(ended, Exception)]


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
    first_refresh_token: str = ""
    """What a person typed into the connection; by default the living token of the realm, at every step."""

    secrets: dict[str, str] = field(default_factory=dict)
    """By connection: another password than the right one."""

    tokens_seen: list[str] = field(default_factory=list)
    """Every secret that was told to the log masker."""

    @classmethod
    def build(cls, sandbox: Running, folder: Path, **changes: Any) -> House:
        database = _empty_ledger(folder / "ledger.db")
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
                salesforce["base_url"],
                keys[0]["client_id"],
                self.secrets.get("rootstock_acme", keys[0]["client_secret"]),
                self.timing,
            ),
            "quickbooks_acme": Login(
                quickbooks["base_url"],
                keys[1]["client_id"],
                self.secrets.get("quickbooks_acme", keys[1]["client_secret"]),
                {
                    **self.timing,
                    "token_url": quickbooks["token_url"],
                    "refresh_token": self.first_refresh_token or token,
                },
            ),
        }

    def step(self, name: str, run_id: str = "run-1", *, rescheduled: bool = False, **options: Any) -> Mapping[str, int]:
        """One try of one task; or the same try once more, as Airflow does after a reschedule."""
        tried = self.tries.get((run_id, name), 0)
        self.tries[run_id, name] = max(tried, 1) if rescheduled else tried + 1
        task = TaskRef(self.flow.name, run_id, name, self.tries[run_id, name], user="tester")
        context = open_context(
            self.flow, RunOptions(**options), task, self.logins, self.database, self.clock, self.tokens_seen.append
        )
        try:
            if options.get("dry_run") and name in WRITING:
                skip_step(context)
                return {}
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

    def options(self, **changes: Any) -> None:
        """Sets options of the flow; `acumatica` and `bigcommerce` take dicts of what changes in them."""
        for name in ("acumatica", "bigcommerce"):
            if name in changes:
                changes[name] = getattr(self.flow.options, name).model_copy(update=changes[name])
        self.flow = self.flow.model_copy(update={"options": self.flow.options.model_copy(update=changes)})

    def step_fails(self, name: str, kind: type[Exception] = InvoiceSyncError, **given: Any) -> str:
        """The text with which a step ends that must end with such an error."""
        try:
            self.step(name, **given)
        except kind as error:
            return str(error)
        raise AssertionError(f"{name} went well")

    def clear_mishaps(self) -> None:
        self._call("DELETE", "/control/mishaps")

    def clear(self, name: str, run_id: str = "run-1", **options: Any) -> dict[str, Any]:
        """Clears one task with downstream."""
        return self.run(run_id, BEHIND[name], **options)

    def statement(self, run_id: str = "run-1") -> dict[str, Any]:
        with self.database.transaction() as session:
            body = runs.last_statement(session, self.flow.name, run_id)
        assert body is not None
        return body

    def get(self, path: str) -> Any:
        return self._call("GET", path)

    def post(self, path: str, body: object) -> Any:
        return self._call("POST", path, body)

    def settings(self, vendor: str, **changes: object) -> None:
        self.post(f"/control/settings/{vendor}", changes)

    def mishap(self, **fields: object) -> None:
        self.post("/control/mishaps", fields)

    def edit(self, vendor: str, entity: str, record: str, **fields: object) -> None:
        self._call("PATCH", f"/control/state/{vendor}/{self._tenant(vendor)}/{entity}/{record}", fields)

    def delete(self, vendor: str, entity: str, record: str) -> None:
        self._call("DELETE", f"/control/state/{vendor}/{self._tenant(vendor)}/{entity}/{record}")

    def insert(self, vendor: str, entity: str, **fields: object) -> dict[str, Any]:
        made: dict[str, Any] = self.post(f"/control/state/{vendor}/{self._tenant(vendor)}/{entity}", fields)
        return made

    def records(self, vendor: str, entity: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get(f"/control/state/{vendor}/{self._tenant(vendor)}/{entity}")["records"]
        return found

    def journal(self, vendor: str = "quickbooks") -> list[dict[str, Any]]:
        return [entry for entry in self.get("/control/journal")["entries"] if entry["vendor"] == vendor]

    def created(self, entity: str = "Invoice") -> list[str]:
        """Business keys of what was really created at QuickBooks, in order, doubles included."""
        return [e["key"] for e in self.journal() if e["entity"] == entity and e["outcome"] == "created"]

    def writes(self, vendor: str = "", since: int = 0, entity: str = "") -> list[dict[str, Any]]:
        """Journal entries of what really changed something, at one vendor or at both, after entry `since`."""
        entries = self.get(f"/control/journal?since={since}")["entries"]
        wanted = [e for e in entries if vendor in ("", e["vendor"]) and entity in ("", e["entity"])]
        return [e for e in wanted if e["outcome"] in WRITTEN]

    def told(self, since: int = 0) -> list[str]:
        """Ids of the documents that Rootstock was told about, in order, doubles included."""
        return [e["key"] for e in self.writes("salesforce", since, "rstk__soinv__c")]

    @property
    def mark(self) -> int:
        """Number of the journal's last entry; for `writes(since=...)`."""
        return len(self.get("/control/journal")["entries"])

    def count(self, table: str) -> int:
        """Rows of a table of the ledger."""
        with self.database.transaction() as session:
            return session.scalar(select(func.count()).select_from(Base.metadata.tables[table])) or 0

    def document(self, number: str, entity: str = "invoice") -> DocumentRow:
        """The ledger's row of a document, by its number."""
        with self.database.transaction() as session:
            query = select(DocumentRow).where(DocumentRow.number == number, DocumentRow.entity == entity)
            return session.scalars(query).one()

    def causes(self, run_id: str = "run-1") -> dict[str, str]:
        """Cause by document number of everything in review, as the statement tells it."""
        return {item["document"]: item["cause"] for item in self.statement(run_id)["review"]}

    def source_invoice(self, number: str) -> dict[str, Any]:
        """The invoice of company 01 as Rootstock has it."""
        rows = self.records("salesforce", "rstk__soinv__c")
        return next(row for row in rows if row["rstk__soinv_invoiceno__c"] == number)

    def edit_invoice(self, number: str, **fields: object) -> None:
        """A person changes an invoice header at Rootstock; fields without rstk__soinv_ and __c."""
        named = {f"rstk__soinv_{name}__c": value for name, value in fields.items()}
        self.edit("salesforce", "rstk__soinv__c", self.source_invoice(number)["Id"], **named)

    def edit_customer(self, number: str, **fields: object) -> None:
        named = {f"rstk__socust_{name}__c": value for name, value in fields.items()}
        customer = self.source_id("rstk__socust__c", "rstk__socust_custno__c", number)
        self.edit("salesforce", "rstk__socust__c", customer, **named)

    def new_invoice(
        self, number: str, *lines: tuple[str, str, str], customer: str | None = "C-1001", **header: object
    ) -> str:
        """A person enters an approved invoice at Rootstock; lines are (product, quantity, price). Returns its id."""
        total = sum(round(Decimal(quantity) * Decimal(price), 2) for _, quantity, price in lines)
        fields: dict[str, object] = {
            "invoiceno": number, "txntype": "Invoice", "invdate": "2026-11-20", "duedate": "2026-12-20",
            "approved": True, "total": str(total), "grandtotal": str(total),
            "div": self.source_id("rstk__sydiv__c", "rstk__sydiv_div__c", "0101"),
            "custno": customer and self.source_id("rstk__socust__c", "rstk__socust_custno__c", customer),
        } | header  # fmt: skip
        made = self.insert("salesforce", "rstk__soinv__c", **{f"rstk__soinv_{k}__c": v for k, v in fields.items()})
        for place, (product, quantity, price) in enumerate(lines, 1):
            line = {
                "invoice": made["Id"], "invline": place, "qty": quantity, "price": price,
                "prod": product and self.source_id("rstk__soprod__c", "rstk__soprod_prod__c", product),
            }  # fmt: skip
            named = {f"rstk__soinvline_{k}__c": v for k, v in line.items() if v is not None}
            self.insert("salesforce", "rstk__soinvline__c", **named)
        return str(made["Id"])

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


def _empty_ledger(file: Path) -> Database:
    """Migrated once in a process, copied ever after."""
    database = Database(f"sqlite:///{file}")
    if not _MIGRATED:
        migrate.upgrade(database)
        with closing(sqlite3.connect(file)) as connection:
            _MIGRATED.append(connection.serialize())
    else:
        file.write_bytes(_MIGRATED[0])
    return database


_MIGRATED: list[bytes] = []


def _call(sandbox: Running, method: str, path: str, body: object = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(  # noqa: S310 - the sandbox on this machine
        sandbox.index_url.rstrip("/") + path, data, {"Content-Type": "application/json"}, method=method
    )
    with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310
        return json.loads(answer.read() or b"null")
