"""An act of the demo: one stretch of a run, from its start or its clearing to its end, and what it did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from invoice_sync.orchestration.local.control import JournalEntry, SandboxControl

FLOW = "rootstock_to_quickbooks"
COUNTS = ("extracted", "customers_added", "products_added", "delivered", "in_review", "acknowledged")
WRITTEN = ("created", "updated")
# Salesforce's journal knows records by their Id; people know them by these
NUMBERS = {
    "rstk__soinv__c": "rstk__soinv_invoiceno__c",
    "rstk__socust__c": "rstk__socust_custno__c",
    "rstk__soprod__c": "Name",
}


@dataclass(frozen=True)
class Write:
    """One record written at a vendor, as the sandbox noted it."""

    vendor: str
    entity: str
    operation: str
    document: str
    remote_id: str | None
    outcome: str

    def to_json(self) -> dict[str, str | None]:
        """As demo.json shows it."""
        names = ("vendor", "entity", "operation", "document", "remote_id")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True)
class Act:
    """What one act did: the product's statement, and the sandbox's own journal beside it."""

    run_id: str
    run_state: str
    cleared_task_ids: tuple[str, ...]
    statement: Mapping[str, Any]
    writes: tuple[Write, ...]
    # Salesforce and QuickBooks as they stand at the end of the act
    quickbooks_invoices: tuple[Mapping[str, Any], ...] = ()
    quickbooks_credit_memos: tuple[Mapping[str, Any], ...] = ()

    @property
    def in_review(self) -> set[str]:
        """Numbers of the documents that wait for a person."""
        return {str(item["document"]) for item in self.statement["review"]}

    def chosen(self, vendor: str, entity: str, outcome: str) -> list[Write]:
        """Writes of one kind; QuickBooks writes entity names in capitals or not."""
        return [
            write
            for write in self.writes
            if (write.vendor, write.entity.lower(), write.outcome) == (vendor, entity.lower(), outcome)
        ]

    def to_json(self) -> dict[str, Any]:
        """As demo.json shows it."""
        return {
            "run_id": self.run_id,
            "cleared_task_ids": list(self.cleared_task_ids),
            **{name: self.statement[name] for name in COUNTS},
            "writes": [write.to_json() for write in self.writes],
            "totals": self.statement["totals"],
        }


def writes_since(sandbox: SandboxControl, number: int) -> tuple[Write, ...]:
    """What was created or updated after a number of the journal."""
    entries = [entry for entry in sandbox.journal(number) if entry.outcome in WRITTEN]
    names = _names(sandbox, entries)
    return tuple(
        Write(
            entry.vendor,
            entry.entity,
            entry.operation,
            names.get((entry.entity, entry.remote_id or ""), entry.key),
            entry.remote_id,
            entry.outcome,
        )
        for entry in entries
    )


def _names(sandbox: SandboxControl, entries: Sequence[JournalEntry]) -> dict[tuple[str, str], str]:
    entities = {entry.entity for entry in entries if entry.vendor == "salesforce"} & set(NUMBERS)
    return {
        (entity, str(record["Id"])): str(record[NUMBERS[entity]])
        for entity in entities
        for record in sandbox.records("salesforce", entity)
    }
