"""Refusals that can be foreseen without knowing the destination: does it add up, does everything it names exist."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from invoice_sync.connectors.base import Remote
from invoice_sync.connectors.placeholders import placeholder, split_placeholder
from invoice_sync.ledger import documents
from invoice_sync.ledger.tables import DocumentRow
from invoice_sync.model.documents import DOCUMENTS, Entity, Invoice, Payment
from invoice_sync.model.errors import Problem
from invoice_sync.model.words import OPEN, DocumentState
from invoice_sync.steps.context import StepContext

KNOWN = (DocumentState.LINKED, DocumentState.TO_ADD, DocumentState.PLANNED)
CREDITABLE = (*OPEN, DocumentState.DELIVERED, DocumentState.SETTLED)


def known_references(session: Session, context: StepContext, rows: Sequence[DocumentRow]) -> frozenset[str]:
    """Placeholders of the customers, products and credited invoices that are linked or will be there in time."""
    wanted: dict[Entity, set[str]] = {}
    for parts in (split_placeholder(text) for row in rows for text in documents.needs_of(row)):
        if parts is not None:
            wanted.setdefault(parts[0], set()).add(parts[1])
    return frozenset(
        placeholder(entity, source_id)
        for entity, ids in wanted.items()
        for source_id, (_, state) in documents.stamps(session, context.scope, entity, sorted(ids)).items()
        if state in (CREDITABLE if entity in DOCUMENTS else KNOWN)
    )


def own(
    context: StepContext, row: DocumentRow, model: Invoice | Payment, known: frozenset[str], holders: Sequence[Remote]
) -> list[Problem]:
    """Every problem of a document that was not delivered yet. `holders`: who has its number there."""
    if isinstance(model, Payment):
        return [*_unmatched(row, known), *_number_taken(row, holders)]
    return [
        *_not_carried(context, model),
        *_rounding_not_wanted(context, model),
        *_unmatched(row, known),
        *_credits_a_stranger(context, model, known),
        *_does_not_tie(model),
        *_number_taken(row, holders),
    ]


def one(problems: Sequence[Problem]) -> Problem:
    """All reasons of a document in one, so that a person mends it in one go."""
    first = problems[0]
    if len(problems) == 1:
        return first
    reason = " ".join(problem.reason for problem in problems)
    cure = " ".join(dict.fromkeys(problem.cure for problem in problems))
    return Problem(first.cause, reason, cure, first.vendor_code)


def _unmatched(row: DocumentRow, known: frozenset[str]) -> list[Problem]:
    unknown = [split_placeholder(text) for text in documents.needs_of(row) if text not in known]
    missing = [" ".join(parts) for parts in unknown if parts is not None and parts[0] not in DOCUMENTS]
    if not missing:
        return []
    reason = f"{row.number} refers to {', '.join(missing)}, which the source does not show us."
    return [Problem("unmatched", reason, "Let the integration user see the record, or correct the invoice.")]


def _not_carried(context: StepContext, invoice: Invoice) -> list[Problem]:
    if invoice.kind != "credit_memo" or context.flow.options.credit_memos != "refuse":
        return []
    reason = f"Credit memo {invoice.number}: this flow does not carry credit memos."
    return [Problem("credit_memo", reason, "Enter it by hand, or set the flow's option credit_memos to linked.")]


def _credits_a_stranger(context: StepContext, invoice: Invoice, known: frozenset[str]) -> list[Problem]:
    """A credit for what was never billed there would be money given away."""
    if not invoice.credits or context.flow.options.credit_memos == "all":
        return []
    if placeholder("invoice", invoice.credits) in known:
        return []
    return [
        Problem(
            "credited_invoice_missing",
            f"Credit memo {invoice.number} credits an invoice that this flow has not delivered.",
            "Deliver the invoice first, then clear the task plan; if it was billed there by other means, enter the "
            "credit by hand, or set the flow's option credit_memos to all.",
        )
    ]


def shared_number(number: str) -> list[Problem]:
    """Two documents of the source, such as of two divisions, that would have one number there."""
    return [
        Problem(
            "number_shared",
            f"Another document of this flow is on its way under the number {number}.",
            "Renumber one of the two, or set the flow's option number_rule to division_number.",
        )
    ]


def shared_name(number: str, first: str) -> Problem:
    """Two customers to be added that would have one name there: the destination takes only the first."""
    return Problem(
        "name_shared",
        f"Customer {number} would get the same name there as customer {first}, which is added now.",
        "Rename one of the two in the source; if they are the same, put the id that the other one gets on this one.",
    )


def _rounding_not_wanted(context: StepContext, invoice: Invoice) -> list[Problem]:
    gap = [charge.amount for charge in invoice.charges if charge.kind == "rounding"]
    if context.flow.options.rounding_line or not gap:
        return []
    reason = f"The lines of {invoice.number} round to {gap[0]} less than its total, and a rounding line is not wanted."
    return [Problem("rounding", reason, "Set `rounding_line` in flows.yaml, or correct the lines in the source.")]


def _does_not_tie(invoice: Invoice) -> list[Problem]:
    gap = invoice.total - invoice.computed_total
    if not gap:
        return []
    return [
        Problem(
            "does_not_tie",
            f"The invoice total is {invoice.total}, but its lines, charges, discount and tax come to "
            f"{invoice.computed_total}: a gap of {gap}.",
            "Correct the tax, a charge or a line in the source system, so that they add up to the total.",
        )
    ]


def _number_taken(row: DocumentRow, holders: Sequence[Remote]) -> list[Problem]:
    if not holders:
        return []
    ids = ", ".join(holder.id for holder in holders)
    return [
        Problem(
            "number_taken",
            f"Number {row.number} is already used there (id {ids}).",
            "Find out whether it is the same invoice; delete doubles, renumber what is another invoice.",
        )
    ]
