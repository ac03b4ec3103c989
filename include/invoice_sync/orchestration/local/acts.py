"""An act of the demo: one stretch of a run, from its start or its clearing to its end, and what it did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol

from invoice_sync.orchestration.local.control import WRITTEN, JournalEntry, SandboxControl

COUNTS = ("extracted", "customers_added", "products_added", "delivered", "in_review", "acknowledged")


class Role(StrEnum):
    """What a write is to the flow."""

    DOCUMENT = "document"
    """made at the destination"""

    ACKNOWLEDGEMENT = "acknowledgement"
    """of a document, at the source"""

    REFERENCE = "reference"
    """a customer or product that documents name, made at the destination"""

    PAYMENT = "payment"
    """on a document, made at the destination"""

    LINK = "link"
    """the id of such a one, written back"""

    OTHER = "other"


@dataclass(frozen=True)
class Write:
    """One record written at a vendor, as the sandbox noted it."""

    vendor: str
    entity: str
    operation: str
    document: str
    remote_id: str | None
    outcome: str
    role: Role = Role.OTHER

    def to_json(self) -> dict[str, str | None]:
        """As demo.json shows it."""
        names = ("vendor", "entity", "operation", "document", "remote_id")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True)
class Held:
    """A document that the destination holds. `amount` in major units; that of a credit memo is negative.

    `needs`: (entity, id) of the customers and products that it names.
    """

    remote_id: str
    number: str
    currency: str
    amount: Decimal
    needs: frozenset[tuple[str, str]] = frozenset()
    entity: str = "invoice"


class Pair(Protocol):
    """The two companies that a flow goes between, as the sandbox shows them."""

    @property
    def sides(self) -> frozenset[tuple[str, str]]:
        """(vendor, tenant) of both."""

    @property
    def corrected_in(self) -> str:
        """Where a person corrects what is planted, in words."""

    def role(self, entry: JournalEntry) -> Role:
        """What a write of the journal is to the flow."""

    def names(self, sandbox: SandboxControl, entries: Sequence[JournalEntry]) -> Mapping[tuple[str, str], str]:
        """By (entity, id): what people call the record, where the journal knows it by another key."""

    def held(self, sandbox: SandboxControl) -> tuple[Held, ...]:
        """Every document at the destination, whoever made it."""


@dataclass(frozen=True)
class Act:
    """What one act did: the product's statement, and the sandbox's own journal beside it."""

    run_id: str
    run_state: str
    cleared_task_ids: tuple[str, ...]
    statement: Mapping[str, Any]
    writes: tuple[Write, ...]
    held: tuple[Held, ...] = ()
    """The destination as it stands at the end of the act."""

    alerts: tuple[str, ...] = ()
    """What the chat was told of the run in this act."""

    @property
    def in_review(self) -> set[str]:
        """Numbers of the documents that wait for a person."""
        return {str(item["document"]) for item in self.statement["review"]}

    def chosen(self, role: Role) -> list[Write]:
        """Writes of one role."""
        return [write for write in self.writes if write.role == role]

    def to_json(self) -> dict[str, Any]:
        """As demo.json shows it."""
        return {
            "run_id": self.run_id,
            "cleared_task_ids": list(self.cleared_task_ids),
            **{name: self.statement[name] for name in COUNTS},
            "writes": [write.to_json() for write in self.writes],
            "totals": self.statement["totals"],
        }


def writes_since(sandbox: SandboxControl, pair: Pair, number: int) -> tuple[Write, ...]:
    """What was created, updated or deleted at both sides after a number of the journal."""
    entries = [
        entry
        for entry in sandbox.journal(number)
        if entry.outcome in WRITTEN and (entry.vendor, entry.tenant) in pair.sides
    ]
    names = pair.names(sandbox, entries)
    return tuple(
        Write(
            entry.vendor,
            entry.entity,
            entry.operation,
            names.get((entry.entity, entry.remote_id or ""), entry.key),
            entry.remote_id,
            entry.outcome,
            pair.role(entry),
        )
        for entry in entries
    )
