"""What waits for a person, as a table for the one who was woken up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session
from tabulate import tabulate

from invoice_sync.ledger import documents, runs
from invoice_sync.ledger.tables import DocumentRow
from invoice_sync.model.money import Money
from invoice_sync.model.words import DocumentState
from invoice_sync.steps.context import StepContext

HEADINGS = ("document", "customer", "amount", "cause", "reason", "what to do", "vendor code")
WIDTHS = (12, 10, 14, 16, 46, 46, 8)


@dataclass(frozen=True, slots=True)
class Case:
    """One document that waits, in plain values."""

    document: str
    customer: str
    amount_minor: int
    currency: str
    cause: str
    reason: str
    cure: str
    task: str
    vendor_code: str = ""

    @property
    def amount(self) -> str:
        return str(Money(self.amount_minor, self.currency)) if self.currency else "unreadable"


def case(row: DocumentRow) -> Case:
    return Case(
        row.number, row.party, row.amount_minor, row.currency, row.cause, row.reason, row.cure, row.step,
        row.vendor_code,
    )  # fmt: skip


def because_of(session: Session, context: StepContext) -> list[Case]:
    """Invoices of this run that this step put in review, and parties of this step that hold none."""
    rows = [
        row
        for entity in ("invoice", "customer", "product")
        for row in runs.documents_of(session, context.run, entity)
        if row.state == DocumentState.REVIEW and row.step == context.step
    ]
    holding = {row.blocked_on for row in rows}
    return [case(row) for row in rows if f"@@{row.entity}/{row.source_id}" not in holding]


def all_cases(session: Session, context: StepContext) -> list[Case]:
    """Every invoice of the flow that waits, whichever run brought it; and parties that hold none."""
    rows = documents.waiting_for_a_person(session, context.scope)
    holding = {row.blocked_on for row in rows}
    return [case(row) for row in rows if f"@@{row.entity}/{row.source_id}" not in holding]


def table(cases: Sequence[Case]) -> str:
    """The review table, wrapped so that it reads in Airflow's log view."""
    rows = [
        (item.document, item.customer, item.amount, item.cause, item.reason, item.cure, item.vendor_code)
        for item in cases
    ]
    return tabulate(rows, HEADINGS, tablefmt="grid", maxcolwidths=list(WIDTHS), disable_numparse=True)
