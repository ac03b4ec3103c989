"""What the two subjects on Acumatica share: their stand-ins in a thread of this process, their faults, their ledger."""

from __future__ import annotations

import os
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, ClassVar

from cryptography.fernet import Fernet
from sqlalchemy import select

from faults.flow import SIGN_IN_FAULTS, TIMING, WRITE_FAULTS, InvoiceFlow
from faults.subject import Choice, Evidence
from invoice_sync.ledger import migrate
from invoice_sync.ledger.database import Database
from invoice_sync.ledger.tables import DocumentRow, IntentRow
from invoice_sync.model.words import IntentState
from invoice_sync.orchestration.local.control import SandboxControl
from sandbox.acumatica.load import Loader
from sandbox.server import Running, start_in_thread
from step_process import Order

TENANT, STORE = "Brightwater", "hw7kq2x9ab"
READ_FAULTS = {"drop_before": 2, "half_body": 1, "html": 1, "server_error_before": 2, "expired_token": 1, "": 30}
ENDED = (IntentState.DONE, IntentState.REPLACED, IntentState.REFUSED)
OPEN = (IntentState.SENDING, IntentState.UNCERTAIN)
BIND = {"operation_seconds": 2, "watch_payments": True}
PAUSES = [0.05, 0.1, 0.2]


@dataclass
class AcumaticaFlow(InvoiceFlow):
    """`scale` is the number of documents in each wave; `replay_mode` means nothing here."""

    sandbox: Running = field(init=False)
    due: dict[str, Decimal] = field(default_factory=dict)
    doors = {"acumatica/write": WRITE_FAULTS, "acumatica/sign_in": SIGN_IN_FAULTS, "acumatica/read": READ_FAULTS}
    settings: ClassVar[Mapping[str, Mapping[str, object]]] = {"acumatica": {"requests_per_minute": 0}}

    def prepare(self) -> None:
        os.environ.setdefault("INVOICE_SYNC_KEYS", Fernet.generate_key().decode())
        self.folder.mkdir(parents=True, exist_ok=True)
        ledger = Database(self.database_url)
        migrate.upgrade(ledger)
        ledger.dispose()
        self.sandbox = start_in_thread()
        self.control = SandboxControl(self.sandbox.index_url)
        for vendor, changes in self.settings.items():
            self.sandbox.vendors[vendor].configure(dict(changes))
        for kind in ("Document", "Payment"):
            table = self.books.rows(kind)
            for row in table:
                table.remove(row)

    @property
    def books(self) -> Any:
        return self.sandbox.vendors["acumatica"].tenant(TENANT)

    @property
    def load(self) -> Loader:
        loader: Loader = self.sandbox.vendors["acumatica"].loader(TENANT)
        return loader

    def order(self, step: str, stage: str, choice: Choice) -> Order:
        return Order(
            self.database_url, self.sandbox.index_url, step, self.run, self.tries[stage], self.options(choice),
            {**TIMING, **BIND}, self.ahead, quotas=False, flow=self.name, documents=self.chosen(), pauses=PAUSES,
        )  # fmt: skip

    def options(self, choice: Choice) -> dict[str, Any]:
        return {}

    def chosen(self) -> list[str]:
        """The documents of the form."""
        return []

    @abstractmethod
    def evidence(self) -> Evidence: ...

    def records(self, vendor: str, entity: str) -> list[Any]:
        return self.sandbox.vendors[vendor].records(TENANT if vendor == "acumatica" else STORE, entity)

    def write_calls(self) -> int:
        calls = self.control.call("GET", "/control/calls")["calls"]
        return sum(int(entry["count"]) for entry in calls if entry["kind"] == "write")

    def unfinished(self) -> dict[str, str]:
        """What the ledger has not brought to its end, with the state of each."""
        database = Database(self.database_url)
        with database.transaction() as session:
            rows = session.scalars(select(IntentRow).where(IntentRow.state.not_in(ENDED)).order_by(IntentRow.id))
            found = {f"{row.entity} {row.op} {row.number} r{row.revision}": str(row.state) for row in rows}
            waiting = select(DocumentRow).where(DocumentRow.state == "review")
            found |= {f"{row.entity} {row.number}": f"review: {row.cause}" for row in session.scalars(waiting)}
        database.dispose()
        return found

    def close(self) -> None:
        self.control.close()
        self.sandbox.stop()
