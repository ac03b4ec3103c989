"""Payments come with the invoice that they are applied to, and go when they are taken off it: for a destination that
shows cash as records of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from sqlalchemy.orm import Session

from invoice_sync.connectors.base import CREATE, SourceRecord
from invoice_sync.connectors.placeholders import placeholder, split_placeholder
from invoice_sync.ledger import documents, links
from invoice_sync.ledger.documents import Seen
from invoice_sync.ledger.portions import portions
from invoice_sync.ledger.tables import DocumentRow
from invoice_sync.model import canonical, payments
from invoice_sync.model.documents import PAYMENT, Invoice, Payment
from invoice_sync.model.errors import BadAmount, BadDocument, Problem
from invoice_sync.model.words import OPEN, DocumentState
from invoice_sync.steps.context import StepContext

TAKEN_OFF = "taken off the invoice at the source"


def are_carried(context: StepContext) -> bool:
    """Whether the destination shows what is paid as records, by the flow's option."""
    return context.destination.can(PAYMENT, CREATE)


def to(context: StepContext, records: Iterable[SourceRecord]) -> list[Seen]:
    """What is applied to these invoices, and what no longer is; the payments of an unreadable one stay as they are."""
    found = {record.source_id: kin for record in records if (kin := _of_record(context, record)) is not None}
    return [*(each for kin in found.values() for each in kin), *withdrawn(context, found)]


def withdrawn(context: StepContext, now_there: Mapping[str, Iterable[Seen]], what: str = TAKEN_OFF) -> list[Seen]:
    """By source id of an invoice, what is applied to it: everything that once was and is no more."""
    gone: dict[str, Seen] = {}
    for portion in portions(list(now_there)):
        with context.transaction() as session:
            versions = documents.history(session, context.scope, "invoice", portion)
        for source_id, contents in versions.items():
            left = {each.source_id for each in now_there[source_id]}
            for stamp, content in contents:
                once = _of_record(context, SourceRecord("invoice", source_id, stamp, content)) or []
                gone |= {each.source_id: replace(each, withdrawn=what) for each in once if each.source_id not in left}
    return list(gone.values())


def standing(payment: Payment, known: frozenset[str]) -> Problem | None:
    """Why a payment waits though nobody has to do anything."""
    if payment.unreleased:
        return Problem(
            "applied_not_released",
            f"Of what is applied to {payment.invoice_number}, {payment.unreleased} does not lower its balance yet.",
            "Nothing: it goes on by itself once every application is released at the source.",
        )
    if placeholder("invoice", payment.invoice) in known:
        return None
    reason = f"{payment.label} waits with its invoice, which is not delivered or waits for a person itself."
    return Problem("invoice_waits", reason, "Nothing: it goes on by itself with the invoice.")


def invoice_of(row: DocumentRow) -> str:
    """Source id of the invoice that a payment is applied to."""
    named = [split_placeholder(text) for text in documents.needs_of(row)]
    return next(parts[1] for parts in named if parts is not None and parts[0] == "invoice")


def left_as_they_are(session: Session, context: StepContext, rows: Sequence[DocumentRow]) -> frozenset[str]:
    """Placeholders of invoices over there that a person ignores: a payment that waited with one would wait for ever."""
    ids = sorted({invoice_of(row) for row in rows if row.entity == PAYMENT})
    found = documents.by_source(session, context.scope, "invoice", ids).values()
    ignored = [row for row in found if row.state == DocumentState.IGNORED]
    there = links.of_rows(session, context.scope, ignored)
    return frozenset(placeholder("invoice", row.source_id) for row in ignored if row.id in there)


def to_be_taken_off(session: Session, invoice: DocumentRow) -> bool:
    """Whether a payment on it is still to be deleted there, or nobody knows yet whether it arrived."""
    there = (*OPEN, DocumentState.REVIEW)
    return any(row.withdrawn and row.state in there for row in documents.applied_to(session, invoice))


def still_paid(invoice: DocumentRow) -> Problem:
    """Why an invoice that the source took back waits."""
    return Problem(
        "still_paid",
        f"{invoice.number} was {invoice.withdrawn}, and a payment on it is not deleted at the destination yet.",
        "Nothing: it goes on by itself once its payments are gone.",
    )


def _seen(payment: Payment, stamp: str, party: str, withdrawn_: str) -> Seen:
    return Seen(
        entity=PAYMENT,
        source_id=payment.source_id,
        stamp=stamp,
        content_hash=canonical.content_hash(payment),
        content=canonical.dumps(payments.content(payment)),
        number=payment.label,
        party=party,
        amount_minor=payment.amount.minor,
        currency=payment.amount.currency,
        needs=(placeholder("invoice", payment.invoice),),
        withdrawn=withdrawn_,
    )


def _of_record(context: StepContext, record: SourceRecord) -> list[Seen] | None:
    """The payments of an invoice as the inbox keeps them; None for what cannot be understood, or is no invoice."""
    try:
        model = context.source.to_model(record)
    except (BadDocument, BadAmount):
        return None
    if not isinstance(model, Invoice) or model.kind != "invoice":
        return None
    party = context.source.label(record).party
    return [_seen(payment, record.stamp, party, record.withdrawn) for payment in payments.of(model)]
