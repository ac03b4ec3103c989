"""What waits for a person, as a table for the one who was woken up."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from sqlalchemy.orm import Session
from tabulate import tabulate

from invoice_sync.connectors.placeholders import placeholder
from invoice_sync.ledger import documents, runs
from invoice_sync.ledger.tables import DocumentRow
from invoice_sync.model.documents import CARRIED, PARTIES, SHIPMENT, Entity
from invoice_sync.model.money import Money
from invoice_sync.model.words import OPEN, DocumentState
from invoice_sync.steps.context import StepContext

HEADINGS = ("document", "customer", "amount", "cause", "reason", "what to do")
WIDTHS = (12, 10, 14, 14, 32, 30)
"""Together what Airflow's log view shows in a window of 1500 points without scrolling sideways."""
CAUSE = HEADINGS.index("cause")


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
    trace_id: str = ""

    @property
    def amount(self) -> str:
        return str(Money(self.amount_minor, self.currency)) if self.currency else "unreadable"


def case(row: DocumentRow) -> Case:
    return Case(
        document=row.number,
        customer=row.party,
        amount_minor=row.amount_minor,
        currency=row.currency,
        cause=row.cause,
        reason=row.reason,
        cure=row.cure,
        task=row.step,
        vendor_code=row.vendor_code,
        trace_id=row.trace_id,
    )


def because_of(session: Session, context: StepContext) -> list[Case]:
    """Invoices of this run that this step put in review, and parties of this step that hold none."""
    rows = runs.documents_of(
        session, context.run, (*CARRIED, *PARTIES, SHIPMENT), state=DocumentState.REVIEW, step=context.step
    )
    return _cases(session, context, rows)


def all_cases(session: Session, context: StepContext) -> list[Case]:
    """Every invoice of the flow that waits, whichever run brought it; and parties that hold none."""
    return _cases(session, context, documents.waiting_for_a_person(session, context.scope))


def _cases(session: Session, context: StepContext, rows: Sequence[DocumentRow]) -> list[Case]:
    """A party that holds invoices is told with them, and one that no open invoice needs is nobody's work."""
    needed: set[str] = set()
    if any(row.entity in PARTIES for row in rows):
        open_documents = documents.in_state(session, context.scope, CARRIED, *OPEN, DocumentState.REVIEW)
        needed = {text for row in open_documents for text in documents.needs_of(row)}
        needed -= {row.blocked_on for row in rows}
    return [case(row) for row in rows if row.entity not in PARTIES or _key(row) in needed]


def _key(row: DocumentRow) -> str:
    return placeholder(cast(Entity, row.entity), row.source_id)


def table(cases: Sequence[Case]) -> str:
    """The review table, wrapped so that it reads in Airflow's log view."""
    rows = [(item.document, item.customer, item.amount, _slug(item.cause), _reason(item), item.cure) for item in cases]
    return tabulate(rows, HEADINGS, tablefmt="grid", maxcolwidths=list(WIDTHS), disable_numparse=True)


def _slug(cause: str) -> str:
    """Broken after an underscore where it is too long for its column, and nowhere else."""
    lines = [""]
    for part in re.findall(r"[^_]*_|[^_]+", cause):
        lines += [""] if lines[-1] and len(lines[-1] + part) > WIDTHS[CAUSE] else []
        lines[-1] += part
    return "\n".join(lines)


def _reason(item: Case) -> str:
    """With what the vendor's support asks for, where there is any."""
    codes = [f"code {item.vendor_code}"] if item.vendor_code else []
    codes += [f"trace id {item.trace_id}"] if item.trace_id else []
    return f"{item.reason} ({', '.join(codes)})" if codes else item.reason
