"""Acumatica to BigCommerce for tests that make documents of their own: empty books, a loader, people on both sides."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Self

from sqlalchemy import select

from house import House
from invoice_sync.connectors.base import Json
from invoice_sync.ledger.tables import DocumentRow, IntentRow, ProcessLogRow, SuggestionRow
from invoice_sync.model.errors import InvoiceSyncError, StillUncertain
from invoice_sync.steps.chain import STEPS
from sandbox.acumatica.load import Line, Loader
from second import BRIGHTWATER, Second

AMBER, IPL = "C00000288", "C00000287"
"""Customers without and with sales tax; in the store they are companies 8111 and 8101."""

LAPTOP: Line = ("AACOMPUT01", "1", "500.00")
CHANGE = ("extract", "match_customers", "plan", "export", "acknowledge", "report")
"""What a change passes through in a run whose check has passed."""

QUIET = 6
STORE, ERP = "bigcommerce", "acumatica"


class Wholesale(Second):
    """A house of the second pair whose tenant has customers and items, and no document."""

    @classmethod
    def within(cls, house: House, flow: str = BRIGHTWATER, *, seeded: bool = False, **options: Any) -> Self:
        """On the sandbox and in the ledger of another house; `seeded` keeps the documents that are there.

        Our clock skips all waits, so that the store counts no minutes.
        """
        Second.quiet(house.sandbox)
        house.sandbox.vendors[STORE].configure({"throttle": "off"})
        made = cls.of(house.sandbox, house.database, flow, **options)
        if not seeded:
            made.empty()
        return made

    def empty(self) -> None:
        for kind in ("Document", "Payment"):
            table = self.books.rows(kind)
            for row in table:
                table.remove(row)

    @property
    def load(self) -> Loader:
        loader: Loader = self.sandbox.vendors[ERP].loader(self.tenant)
        return loader

    def sell(self, number: str, *lines: Line, customer: str = AMBER, **fields: Any) -> str:
        """A released invoice, of one laptop unless lines are given; returns its key."""
        self.load.invoice(customer, lines or (LAPTOP,), number=number, **fields)
        return f"{fields.get('Type', 'Invoice')}/{number}"

    def pay(self, number: str, amount: str | None = None, kind: str = "Invoice", **given: Any) -> str:
        """A payment of an invoice, released; without an amount of all that is open. Returns its key."""
        given |= {} if amount is None else {"amount": amount}
        return f"Payment/{self.erp('pay', key=f'{kind}/{number}', **given)['ReferenceNbr']}"

    def settings_of(self, vendor: str, **changes: object) -> None:
        self.sandbox.vendors[vendor].configure(changes)

    def write_back(self, mode: str) -> None:
        self.flow = self.flow.model_copy(update={"write_back": mode})

    def in_store(self, entity: str, **fields: Any) -> dict[str, Any]:
        """What somebody does in the store; `buyer_payment` and `refund` are deeds."""
        made: dict[str, Any] = self.sandbox.vendors[STORE].insert(self.store, entity, fields)
        return made

    def edit_in_store(self, entity: str, record: object, **fields: Any) -> None:
        self.sandbox.vendors[STORE].edit(self.store, entity, str(record), fields)

    def delete_in_store(self, entity: str, record: object) -> None:
        self.sandbox.vendors[STORE].delete(self.store, entity, str(record))

    def edit_in_erp(self, entity: str, record: str, **fields: Any) -> None:
        self.sandbox.vendors[ERP].edit(self.tenant, entity, record, fields)

    def overwrite(self, key: str, **fields: Any) -> None:
        """Fields of a document as the books store them, whatever the form would say to that; its stamp moves."""
        row = self.books.get("Document", *key.split("/", 1))
        assert row is not None
        self.books.change("Document", row, fields)

    def buyer_pays(self, number: str, amount: str, outcome: str = "completed") -> dict[str, Any]:
        return self.in_store("buyer_payment", invoiceId=self.shown(number)["id"], amount=amount, outcome=outcome)

    def all_shown(self, number: str) -> list[dict[str, Any]]:
        return [row for row in self.records(STORE, "invoice") if row["invoiceNumber"] == number]

    def payments_on(self, number: str) -> list[dict[str, Any]]:
        return [row for row in self.records(STORE, "payment") if row["lineItems"][0]["invoiceNumber"] == number]

    def stands(self, number: str) -> tuple[Decimal, Decimal, int, str]:
        """(total, open, status, type) of the one invoice that the store has under a number."""
        return standing(self.shown(number))

    def changed(self, since: int = 0, entity: str = "invoice") -> list[tuple[str, str]]:
        """(key, outcome) of what was really changed in the store."""
        return [(each["key"], each["outcome"]) for each in self.writes(STORE, since, entity)]

    def answers(self, since: int = 0) -> list[tuple[str, str]]:
        """(key, outcome) of every write to invoices of this store, refusals included."""
        entries = self.get(f"/control/journal?since={since}")["entries"]
        mine = [each for each in entries if (each["vendor"], each["tenant"]) == (STORE, self.store)]
        return [(each["key"], each["outcome"]) for each in mine if each["entity"] == "invoice"]

    def calls(self, vendor: str = STORE, *kinds: str) -> int:
        """How many calls this tenant or store got, of these kinds or of any."""
        rows = self.get("/control/calls")["calls"]
        mine = [each for each in rows if each["vendor"] == vendor and each["kind"] in (kinds or (each["kind"],))]
        return sum(each["count"] for each in mine if each["tenant"] in ("", self._tenant(vendor)))

    @property
    def seats(self) -> int:
        """Sessions that hold a seat of the licence, over all tenants."""
        vendor = self.sandbox.vendors[ERP]
        return sum(len(vendor.records(name, "sessions")) for name in ("Brightwater", "Stonebridge"))

    def case(self, number: str, run_id: str = "run-1") -> dict[str, Any]:
        """What the statement says of a document, or of a customer, that waits."""
        [found] = [each for each in self.statement(run_id)["review"] if each["document"] == number]
        return dict(found)

    def causes_now(self) -> dict[str, str]:
        """Cause by number of everything in review at this moment."""
        with self.database.transaction() as session:
            query = select(DocumentRow.number, DocumentRow.cause).where(DocumentRow.state == "review")
            return {number: cause for number, cause in session.execute(query)}

    def again(self, *steps: str, run_id: str = "run-1", **given: Any) -> dict[str, Any]:
        """The steps once more in a run whose check has passed; by default those that a change needs."""
        return self.run(run_id, steps or CHANGE, **given)

    def airflow(self, run_id: str = "run-1", steps: tuple[str, ...] = tuple(STEPS), **given: Any) -> dict[str, Any]:
        """As `run`, and tasks whose writes are uncertain come back when these may be looked up, as Airflow does it."""
        return {name: self._until_known(name, run_id, given) for name in steps}

    def _until_known(self, name: str, run_id: str, given: dict[str, Any]) -> Any:
        ended = self.run(run_id, (name,), **given)[name]
        for _ in range(5):
            if not isinstance(ended, StillUncertain):
                return ended
            self.clock.sleep(QUIET)
            try:
                ended = self.step(name, run_id, rescheduled=True, **given)
            except InvoiceSyncError as error:
                ended = error
        raise AssertionError(f"{name} never got to know what became of its writes")

    def intents(self, number: str, op: str) -> list[tuple[str, int]]:
        """(state, attempts) of a document's intended writes of one kind, oldest first."""
        with self.database.transaction() as session:
            query = select(IntentRow).where(IntentRow.number == number, IntentRow.op == op).order_by(IntentRow.id)
            return [(row.state, row.attempts) for row in session.scalars(query)]

    def process_log(self) -> list[ProcessLogRow]:
        with self.database.transaction() as session:
            return list(session.scalars(select(ProcessLogRow).order_by(ProcessLogRow.id)))

    def suggestions(self) -> list[SuggestionRow]:
        with self.database.transaction() as session:
            return list(session.scalars(select(SuggestionRow).order_by(SuggestionRow.id)))

    @property
    def books(self) -> Any:
        return self.sandbox.vendors[ERP].tenant(self.tenant)


def standing(invoice: Json) -> tuple[Decimal, Decimal, int, str]:
    """(total, open, status, type)."""
    amounts = [Decimal(invoice[name]["value"]) for name in ("originalBalance", "openBalance")]
    return amounts[0], amounts[1], invoice["status"], invoice["type"]


def lines_of(invoice: Json) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = invoice["details"]["details"]["lineItems"]
    return found


def summary_of(invoice: Json) -> dict[str, Decimal]:
    """The cost lines below the lines: text and amount."""
    return {each["description"]: Decimal(each["amount"]["value"]) for each in invoice["details"]["header"]["costLines"]}


def no_difference(statement: Json) -> bool:
    """Per currency, the totals of both systems and what is explained come to zero."""
    return {Decimal(part["difference"]) for part in statement["totals"].values()} <= {Decimal(0)}


@dataclass
class Night:
    """What a run came to, kept for tests that look at it afterwards."""

    statement: dict[str, Any]
    outcome: dict[str, Any]
    invoices: dict[str, dict[str, Any]]
    carried: list[str]
    log: list[ProcessLogRow]
    calls: dict[str, Any]
    seats: int

    @classmethod
    def of(cls, house: Wholesale, outcome: dict[str, Any], run_id: str = "run-1") -> Night:
        shown = {row["invoiceNumber"]: row for row in house.records(STORE, "invoice")}
        calls = house.get("/control/calls")
        return cls(
            house.statement(run_id), outcome, shown, house.carried(), house.process_log(), calls, house.seats
        )  # fmt: skip

    @property
    def waiting(self) -> dict[str, dict[str, Any]]:
        return {each["document"]: each for each in self.statement["review"]}

    def payments_on(self, number: str) -> list[dict[str, Any]]:
        return [row for row in self.records(STORE, "payment") if row["lineItems"][0]["invoiceNumber"] == number]

    def stands(self, number: str) -> tuple[Decimal, Decimal, int, str]:
        return standing(self.invoices[number])


@contextmanager
def opened(opening: AbstractContextManager[House], flow: str = BRIGHTWATER, **given: Any) -> Iterator[Wholesale]:
    """For fixtures of a whole module; takes what `Wholesale.within` takes."""
    with opening as house:
        yield Wholesale.within(house, flow, **given)
