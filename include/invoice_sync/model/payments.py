"""What is applied to invoices, as records of their own; pure.

Each (kind, number) that is applied to an invoice is one payment, whose id is that of the invoice and both of these.
By how much more its balance fell, such as by a discount taken or a small rest written off, is one more.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

from invoice_sync.model.documents import Application, Invoice, Payment
from invoice_sync.model.money import Money, total

ADJUSTMENT = "Discount or write-off"


def of(invoice: Invoice) -> list[Payment]:
    """What lowers the invoice's balance; what was applied and taken off again is none."""
    found: dict[tuple[str, str], list[Application]] = {}
    for applied in invoice.applications:
        found.setdefault((applied.kind, applied.number), []).append(applied)
    rest, none = _rest(invoice), Money.zero(invoice.currency)
    if rest.minor > 0:
        found[ADJUSTMENT, ""] = [Application(ADJUSTMENT, "", rest)]
    unreleased = -rest if rest.minor < 0 else none
    made = [_payment(invoice, parts, unreleased) for parts in found.values()]
    return [payment for payment in made if payment.amount]


def content(payment: Payment) -> dict[str, Any]:
    """As the inbox keeps it."""
    texts = ("source_id", "invoice", "invoice_number", "customer", "kind", "number", "reference")
    return {
        **{name: getattr(payment, name) for name in texts},
        "amount": payment.amount.minor,
        "currency": payment.amount.currency,
        "unreleased": payment.unreleased.minor,
        "date": payment.date.isoformat() if payment.date else "",
    }


def of_content(kept: Mapping[str, Any]) -> Payment:
    """The payment of what `content` made."""
    day, currency = kept["date"], kept["currency"]
    return Payment(
        source_id=kept["source_id"],
        invoice=kept["invoice"],
        invoice_number=kept["invoice_number"],
        customer=kept["customer"],
        kind=kept["kind"],
        number=kept["number"],
        amount=Money(kept["amount"], currency),
        date=datetime.date.fromisoformat(day) if day else None,
        reference=kept["reference"],
        unreleased=Money(kept["unreleased"], currency),
    )


def _rest(invoice: Invoice) -> Money:
    """By how much more the balance fell than what is applied comes to; negative where not all of that counts yet."""
    if invoice.balance is None:
        return Money.zero(invoice.currency)
    applied = total([each.amount for each in invoice.applications], invoice.currency)
    return invoice.total - applied - invoice.balance


def _payment(invoice: Invoice, parts: Sequence[Application], unreleased: Money) -> Payment:
    first = parts[0]
    return Payment(
        source_id=f"{invoice.source_id}/{first.kind}/{first.number}",
        invoice=invoice.source_id,
        invoice_number=invoice.number,
        customer=invoice.customer,
        kind=first.kind,
        number=first.number,
        amount=total([part.amount for part in parts], invoice.currency),
        date=max((part.date for part in parts if part.date), default=None),
        reference=", ".join(dict.fromkeys(part.reference for part in parts if part.reference)),
        unreleased=unreleased,
    )
