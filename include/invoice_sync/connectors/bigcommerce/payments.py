"""Offline payments: what the source has applied, as the store shows it to buyers; pure.

https://developer.bigcommerce.com/b2b-edition/apis/rest-management/invoice/payments . They lower the open balance and
move the status of their invoice by themselves, so that an invoice whose cash is shown so never gets a balance written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from invoice_sync.connectors.base import Change, Json, Remote
from invoice_sync.connectors.bigcommerce import envelope
from invoice_sync.connectors.bigcommerce.amounts import in_minor_units
from invoice_sync.connectors.bigcommerce.envelope import text_of
from invoice_sync.connectors.bigcommerce.texts import SOURCE, one_line
from invoice_sync.connectors.placeholders import placeholder
from invoice_sync.model.documents import Payment
from invoice_sync.model.errors import BadDocument, Problem

LABEL, DELETED = "_label", "_deleted"
"""Of a body, for us alone: what people call the payment; that it is to go."""

_REFUNDED = 4
_LOWERS = {0: "no", 1: "yes"}
"""`appliedStatus`, by what its samples show: 1 while the payment lowers the balance."""

Strangers = Mapping[str, Sequence[str]]
"""By invoice id: ids of payments on it that did not come from us."""


def body(payment: Payment, marker: str) -> dict[str, Any]:
    """The create body. Raises BadDocument for what is no payment."""
    if payment.amount.minor <= 0:
        reason = f"{payment.label}: {payment.amount} is no amount that a payment could have."
        raise BadDocument(Problem("negative", reason, f"Correct what is applied to the invoice {SOURCE}."))
    return {
        "lineItems": [{"invoiceId": placeholder("invoice", payment.invoice), "amount": f"{payment.amount.decimal:f}"}],
        "currency": payment.amount.currency,
        "details": {"memo": _memo(payment)},
        "customerId": placeholder("customer", payment.customer),
        "externalCustomerId": one_line(payment.customer),
        "externalId": marker,
        LABEL: payment.label,
    }


def is_one(body: Json) -> bool:
    """Whether a planned body is that of a payment."""
    return "lineItems" in body


def deletion(there: Remote) -> dict[str, Any]:
    """What is planned for a payment that is to go."""
    return {DELETED: there.id}


def is_there(record: Remote) -> bool:
    """Whether what was read again is a payment."""
    return "invoice" in record.facts


def content(body: Json) -> dict[str, Any]:
    """What goes over the wire: here an invoice's id is a number."""
    lines = [{**line, "invoiceId": int(line["invoiceId"])} for line in body["lineItems"]]
    return {**{name: value for name, value in body.items() if not name.startswith("_")}, "lineItems": lines}


def remote(record: Json) -> Remote:
    """A payment as it is compared. One that was refunded is as good as gone. Raises KeyError without an id."""
    identity = envelope.whole(record.get("id"))
    if identity is None:
        raise KeyError("id")
    lines = [line for line in record.get("lineItems") or () if isinstance(line, Mapping)]
    facts = {
        "marker": text_of(record.get("externalId")),
        "total": in_minor_units(record.get("total")),
        "invoice": ", ".join(text_of(line.get("invoiceId")) for line in lines),
        "company": text_of(record.get("customerId")),
    }
    if (lowers := _LOWERS.get(envelope.whole(record.get("appliedStatus")) or 0)) and "appliedStatus" in record:
        facts["lowers the balance"] = lowers
    live = envelope.whole(record.get("processingStatus")) != _REFUNDED
    return Remote(str(identity), text_of(record.get("updatedAt")), "", facts, live)


def gone(identity: str) -> Remote:
    """What a deletion leaves."""
    return Remote(identity, "", "", {"total": "0", "invoice": "", "deleted": "yes"}, live=False)


def made(identity: str, body: Json) -> Remote:
    """What a write that went well has left: its answer names the id and nothing else."""
    return gone(identity) if DELETED in body else Remote(identity, "", "", expected(body))


def expected(body: Json) -> dict[str, str]:
    """The facts of what `body` asks for, its placeholders filled."""
    if DELETED in body:
        return {"deleted": "yes"}
    [line] = body["lineItems"]
    return {
        "marker": text_of(body["externalId"]),
        "total": in_minor_units({"code": body["currency"], "value": line["amount"]}),
        "invoice": text_of(line["invoiceId"]),
        "company": text_of(body["customerId"]),
        "lowers the balance": "yes",
    }


def changes(before: Json, after: Json) -> list[Change]:
    """How two bodies of one payment differ; what a memo says is nobody's business here."""
    old, new = expected(before), expected(after)
    told = [Change(name, old[name], new[name], proven=True) for name in new if old[name] != new[name]]
    memos = [text_of((each.get("details") or {}).get("memo")) for each in (before, after)]
    return [*told, *([Change("memo", "", "", proven=False)] if memos[0] != memos[1] else [])]


def invoice_of(body: Json) -> str:
    """Id of the invoice that a payment is on; empty where the invoice has none yet."""
    identity = text_of(body["lineItems"][0]["invoiceId"]) if is_one(body) else ""
    return identity if identity.isascii() and identity.isdigit() else ""


def strangers(records: Sequence[Json], ours: str) -> list[str]:
    """Ids of payments that count and whose external id does not begin as `ours` does, up to its second colon."""
    prefix = ":".join(ours.split(":")[:2]) + ":"
    live = [remote(record) for record in records]
    return [each.id for each in live if each.live and not each.facts["marker"].startswith(prefix)]


def problems(payment: Payment, body: Json, strangers: Strangers) -> list[Problem]:
    """Money that a buyer paid in the store comes back as an application; it must not count twice."""
    found = strangers.get(invoice_of(body), ())
    if not found:
        return []
    ids = ", ".join(found)
    return [
        Problem(
            "paid_in_store",
            f"{payment.label}: invoice {payment.invoice_number} has a payment in the store that did not come from "
            f"here (id {ids}), and nobody can tell whether {payment.amount} is the same money.",
            "If it is, set this payment aside (page Review, or `python -m invoice_sync ignore`); if it is not, record "
            "it in the store by hand, and set it aside then.",
        )
    ]


def _memo(payment: Payment) -> str:
    """For the buyer: what it is, under which number, by which reference, of which day."""
    parts = (f"{payment.kind} {payment.number}", payment.reference, payment.date.isoformat() if payment.date else "")
    return ", ".join(text for part in parts if (text := one_line(part)))
