"""Payments come with the invoice that they are applied to, and go when they are taken off it: for a destination that
shows cash as records of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from invoice_sync.connectors.base import CREATE, SourceRecord
from invoice_sync.connectors.placeholders import placeholder, split_placeholder
from invoice_sync.ledger import documents
from invoice_sync.ledger.documents import Seen
from invoice_sync.ledger.tables import DocumentRow
from invoice_sync.model import canonical, payments
from invoice_sync.model.documents import PAYMENT, Invoice, Payment
from invoice_sync.model.errors import BadAmount, BadDocument, Problem
from invoice_sync.steps.context import StepContext

TAKEN_OFF = "taken off the invoice at the source"


def are_carried(context: StepContext) -> bool:
    """Whether the destination shows what is paid as records, by the flow's option."""
    return context.destination.can(PAYMENT, CREATE)


def seen(record: SourceRecord, invoice: Invoice, party: str) -> list[Seen]:
    """The payments of an invoice record as the inbox keeps them."""
    return [_seen(payment, record.stamp, party, record.withdrawn) for payment in payments.of(invoice)]


def withdrawn(context: StepContext, now_there: Mapping[str, Iterable[Seen]], what: str = TAKEN_OFF) -> list[Seen]:
    """By source id of an invoice, what is applied to it: everything that once was and is no more."""
    with context.transaction() as session:
        versions = documents.history(session, context.scope, "invoice", list(now_there))
    gone: dict[str, Seen] = {}
    for source_id, contents in versions.items():
        left = {each.source_id for each in now_there[source_id]}
        for stamp, content in contents:
            once = _once(context, SourceRecord("invoice", source_id, stamp, content))
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


def _once(context: StepContext, record: SourceRecord) -> list[Seen]:
    """Of an earlier version; one that could not be understood brought none."""
    try:
        model = context.source.to_model(record)
    except (BadDocument, BadAmount):
        return []
    party = context.source.label(record).party
    return seen(record, model, party) if isinstance(model, Invoice) else []
