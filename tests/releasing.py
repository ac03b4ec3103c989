"""The release chain in one process: orders of the seed, people at the screens, and what really happened there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Self

from sqlalchemy import select

from house import House, SkippingClock
from invoice_sync.ledger.tables import DocumentRow, IntentRow, ProcessLogRow
from invoice_sync.model.errors import InvoiceSyncError, StillUncertain, TryLater
from invoice_sync.orchestration.tasks import RESCHEDULE_FROM
from invoice_sync.steps.chain import RELEASE_STEPS
from sandbox.acumatica.load import Loader
from second import RELEASE, Second

STEPS = tuple(RELEASE_STEPS)
WRITING = ("create_shipment", "confirm_shipment", "prepare_invoice", "release")
PLAIN, MOUSE = "SO0007850", "SO0007858"
"""Orders that run through; the second one is paid in advance."""

BUTTONS = {
    "create_shipment": "/SalesOrderCreateShipment", "confirm_shipment": "/ConfirmShipment",
    "prepare_invoice": "/PrepareInvoice", "release": "/ReleaseSalesInvoice",
}  # fmt: skip
"""How the address of each step's call ends."""


class TogetherClock(SkippingClock):
    """Who sleeps lets time pass in Acumatica as well: an operation takes as long there as it is waited for here."""

    def __init__(self, there: Any) -> None:
        super().__init__()
        self._there = there

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        self._there.advance(max(0.0, seconds))


class Releasing(Second):
    """A house whose flow is the release chain of the first tenant."""

    @classmethod
    def within(cls, house: House, **options: Any) -> Self:
        """On the sandbox and in the ledger of another house."""
        Second.quiet(house.sandbox)
        made = cls.of(house.sandbox, house.database, RELEASE, **options)
        made.clock = TogetherClock(house.sandbox.world.clock)
        return made

    def ship(self, *orders: str, run_id: str = "run-1", steps: tuple[str, ...] = STEPS, **given: Any) -> dict[str, Any]:
        """A run over chosen orders; tasks that wait for something come back after it, as Airflow does it."""
        given = {"documents": orders, **given}
        return {name: self._until_known(name, run_id, given) for name in steps}

    def clear(self, name: str, run_id: str = "run-1", **given: Any) -> dict[str, Any]:
        """Clears one task with downstream; the form is the run's own."""
        return self.ship(run_id=run_id, steps=STEPS[STEPS.index(name) :], **{"documents": (), **given})

    def _until_known(self, name: str, run_id: str, given: Mapping[str, Any]) -> Any:
        ended = self.run(run_id, (name,), **given)[name]
        for _ in range(9):
            wait = self._wait(ended)
            if not wait:
                return ended
            self.clock.sleep(wait)
            try:
                ended = self.step(name, run_id, rescheduled=True, **given)
            except InvoiceSyncError as error:
                ended = error
        raise AssertionError(f"{name} never got to know what became of its writes")

    def _wait(self, ended: object) -> float:
        """Seconds until a task that ended so comes back by itself; 0 when it does not."""
        if isinstance(ended, StillUncertain):
            return max(1.0, (ended.until - self.clock.now()).total_seconds() + 1)
        wait = ended.wait or 0.0 if isinstance(ended, TryLater) else 0.0
        return wait if wait >= RESCHEDULE_FROM else 0.0

    @property
    def load(self) -> Loader:
        loader: Loader = self.sandbox.vendors["acumatica"].loader(self.tenant)
        return loader

    def switch(self, **settings: object) -> None:
        """Of the stand-in."""
        self.sandbox.vendors["acumatica"].configure(settings)

    def rows(self) -> dict[str, DocumentRow]:
        """The ledger's documents by "<order>/<place>"."""
        with self.database.transaction() as session:
            return {row.source_id.partition("/")[2]: row for row in session.scalars(select(DocumentRow))}

    def causes_of(self) -> dict[str, str]:
        """Why what waits for a person does, by order."""
        return {row.number: row.cause for row in self.rows().values() if row.state == "review"}

    def shipments(self, order: str) -> list[str]:
        """Numbers of all shipments that Acumatica has of an order."""
        rows = self.records("acumatica", "Shipment")
        return [row["ShipmentNbr"] for row in rows if row["Orders"][0]["OrderNbr"] == order]

    def shipment(self, number: str) -> dict[str, Any]:
        [found] = [row for row in self.records("acumatica", "Shipment") if row["ShipmentNbr"] == number]
        return found

    def shipped(self, order: str) -> dict[str, Decimal]:
        """By item: the quantity on all shipments of the order together."""
        found: Counter[str] = Counter()
        for number in self.shipments(order):
            for row in self.shipment(number)["Details"]:
                found[row["InventoryID"]] += row["ShippedQty"]  # type: ignore[assignment]
        return {item: Decimal(quantity) for item, quantity in found.items()}

    def invoices(self, order: str) -> list[tuple[str, str]]:
        """(number, status) of all invoices that Acumatica has of an order."""
        rows = self.records("acumatica", "SalesInvoice")
        mine = [row for row in rows if any(line.get("OrderNbr") == order for line in row["Details"])]
        return [(row["ReferenceNbr"], row["Status"]) for row in mine]

    def buttons(self, since: int = 0) -> Counter[str]:
        """What was really done, by the name of the button; "update" is the hold that was taken off."""
        first = {"SalesOrderCreateShipment": "Shipment", "PrepareInvoice": "SalesInvoice"}
        entries = self.writes("acumatica", since)
        kept = [each for each in entries if each["entity"] == first.get(each["operation"], each["entity"])]
        return Counter(each["operation"] for each in kept if each["entity"] != "SalesOrder")

    def intents(self, op: str) -> list[tuple[str, str, int]]:
        """(order, state, attempts) of all intended writes of one kind, oldest first."""
        with self.database.transaction() as session:
            query = select(IntentRow).where(IntentRow.op == op, IntentRow.state != "replaced").order_by(IntentRow.id)
            return [(row.number, row.state, row.attempts) for row in session.scalars(query)]

    def process_log(self, level: str = "") -> list[str]:
        """What the process log says of documents, oldest first."""
        with self.database.transaction() as session:
            query = select(ProcessLogRow).where(ProcessLogRow.document_id.is_not(None)).order_by(ProcessLogRow.id)
            return [row.description for row in session.scalars(query) if level in ("", row.level)]


WHOLE = Counter(
    {"SalesOrderCreateShipment": 1, "ConfirmShipment": 1, "PrepareInvoice": 1, "update": 1, "ReleaseSalesInvoice": 1}
)
"""What one order comes to, with the hold that its invoice begins with."""


def once(house: Releasing, order: str, *, status: str = "Open") -> None:
    """One shipment, one invoice, released; and the ledger knows no more to do."""
    assert len(house.shipments(order)) == 1
    assert [found for _, found in house.invoices(order)] == [status]
    assert {row.state for row in house.rows().values() if row.number == order} == {"settled"}
