"""Rootstock to QuickBooks for tests that make documents of their own: an empty queue, a loader, any realm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from house import ORG, House
from invoice_sync.ledger.tables import IntentRow, ProcessLogRow, SuggestionRow
from invoice_sync.model.errors import StillUncertain
from invoice_sync.model.words import IntentState
from invoice_sync.steps.wiring import Login
from sandbox.salesforce.load import Loader

INVOICE, LINE, CUSTOMER, PRODUCT = "rstk__soinv__c", "rstk__soinvline__c", "rstk__socust__c", "rstk__soprod__c"
EAST, NORTH, SUNNY = "9130350000000001", "9130350000000003", "9130350000000004"
SHORT = ("extract", "plan", "export", "acknowledge", "report")
"""What a change of a known document passes through."""

QUIET = 6


class Pair(House):
    """A house whose queue at Rootstock is empty; records are looked at in the process, amounts are exact."""

    realm = EAST

    @classmethod
    def of(cls, house: House, *, realm: str = EAST, write_back: str = "transferred_flag", **options: Any) -> Pair:
        pair = cls(house.sandbox, house.database, house.flow, house.timing)
        pair.realm = realm
        destination = pair.flow.destination.model_copy(update={"tenant": realm})
        pair.flow = pair.flow.model_copy(update={"destination": destination, "write_back": write_back})
        pair.options(**options)
        for row in pair.records("salesforce", INVOICE):
            pair.delete("salesforce", INVOICE, row["Id"])
        return pair

    @property
    def logins(self) -> dict[str, Login]:
        logins = super().logins
        realms = self.get("/")["vendors"]["quickbooks"]["realms"]
        token = next(each["refresh_token"] for each in realms if each["realm_id"] == self.realm)
        there = logins["quickbooks_acme"]
        return {**logins, "quickbooks_acme": replace(there, extra={**there.extra, "refresh_token": token})}

    @property
    def source(self) -> Any:
        """Rootstock's stand-in itself."""
        return self.sandbox.vendors["salesforce"]

    @property
    def load(self) -> Loader:
        loader: Loader = self.source.loader()
        return loader

    def again(self, *steps: str, run_id: str = "run-1", **given: Any) -> dict[str, Any]:
        """The steps once more in a run whose check has passed; by default those that a change needs."""
        return self.run(run_id, steps or SHORT, **given)

    def patiently(self, step: str = "export") -> Any:
        """As Airflow does it: the task comes back when its writes may be looked up."""
        for _ in range(5):
            try:
                return self.step(step, rescheduled=True)
            except StillUncertain:
                self.clock.sleep(QUIET)
        raise AssertionError(f"{step} never got to know what became of its writes")

    def records(self, vendor: str, entity: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.sandbox.vendors[vendor].records(self._tenant(vendor), entity)
        return found

    def edit(self, vendor: str, entity: str, record: str, **fields: object) -> None:
        self.sandbox.vendors[vendor].edit(self._tenant(vendor), entity, record, fields)

    def insert(self, vendor: str, entity: str, **fields: object) -> dict[str, Any]:
        made: dict[str, Any] = self.sandbox.vendors[vendor].insert(self._tenant(vendor), entity, fields)
        return made

    def delete(self, vendor: str, entity: str, record: str) -> None:
        self.sandbox.vendors[vendor].delete(self._tenant(vendor), entity, record)

    def held(self, number: str, entity: str = "Invoice") -> dict[str, Any]:
        """The one document that QuickBooks holds under a number."""
        [found] = self.held_all(number, entity)
        return found

    def held_all(self, number: str, entity: str = "Invoice") -> list[dict[str, Any]]:
        return [row for row in self.records("quickbooks", entity) if row.get("DocNumber") == number]

    def told(self, number: str, field: str) -> Any:
        """What an invoice at Rootstock says; the field without rstk__soinv_ and __c."""
        return self.source_invoice(number)[f"rstk__soinv_{field}__c"]

    def lines_of(self, number: str) -> list[dict[str, Any]]:
        """The lines of an invoice at Rootstock, in order."""
        owner = self.source_invoice(number)["Id"]
        rows = [row for row in self.records("salesforce", LINE) if row["rstk__soinvline_invoice__c"] == owner]
        return sorted(rows, key=lambda row: row["rstk__soinvline_invline__c"])

    def edit_line(self, number: str, place: int, **fields: object) -> None:
        named = {f"rstk__soinvline_{name}__c": value for name, value in fields.items()}
        self.edit("salesforce", LINE, self.lines_of(number)[place - 1]["Id"], **named)

    def customer_row(self, number: str) -> dict[str, Any]:
        """The customer as Rootstock has it."""
        return next(r for r in self.records("salesforce", CUSTOMER) if r["rstk__socust_custno__c"] == number)

    def outcomes(self, since: int = 0, entity: str = "Invoice") -> list[tuple[str, str]]:
        """(key, outcome) of every journal entry of an entity at QuickBooks, refusals and replays included."""
        return [(e["key"], e["outcome"]) for e in self.journal() if e["n"] > since and e["entity"] == entity]

    def waiting(self, number: str, run_id: str = "run-1") -> dict[str, Any]:
        """The case of a document in the statement."""
        found: dict[str, Any] = next(c for c in self.statement(run_id)["review"] if c["document"] == number)
        return found

    def intents(self, number: str, op: str) -> list[str]:
        """The states of a document's intended writes of one kind that were not replaced, oldest first."""
        with self.database.transaction() as session:
            query = select(IntentRow).where(
                IntentRow.number == number, IntentRow.op == op, IntentRow.state != IntentState.REPLACED
            )
            return [row.state for row in session.scalars(query.order_by(IntentRow.id))]

    def process_log(self) -> list[ProcessLogRow]:
        with self.database.transaction() as session:
            return list(session.scalars(select(ProcessLogRow).order_by(ProcessLogRow.id)))

    def suggestions(self) -> list[SuggestionRow]:
        with self.database.transaction() as session:
            return list(session.scalars(select(SuggestionRow).order_by(SuggestionRow.id)))

    def credit(self, number: str, invoice: str, lines: Sequence[tuple[str, str, str]], **fields: Any) -> str:
        """A credit memo of an invoice, given by its id."""
        return self.load.invoice(number, lines=lines, txntype="Credit Memo", soinv=invoice, **fields)

    def later(self, **delta: float) -> datetime:
        """A moment behind the sandbox's present one."""
        return self.sandbox.world.clock.now() + timedelta(**delta)

    def _tenant(self, vendor: str) -> str:
        return ORG if vendor == "salesforce" else self.realm
