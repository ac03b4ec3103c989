"""The refusals of the store that can be foreseen; pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from invoice_sync.connectors.base import Json
from invoice_sync.connectors.bigcommerce import fields, mapping, payments
from invoice_sync.connectors.bigcommerce.texts import SOURCE, problem
from invoice_sync.model.documents import Document, Invoice, Party, Payment
from invoice_sync.model.errors import Problem
from invoice_sync.model.flow import BigCommerceOptions

# the id of the invoice, zero-padded: what the store gives to invoices that it makes itself
_AUTOMATIC = re.compile(r"[0-9]{8}")


def problems(
    document: Document, body: Json, profile: Json, referenced: Json, options: BigCommerceOptions
) -> list[Problem]:
    """Everything that would be refused, or would be wrong in the store without being refused."""
    if isinstance(document, Invoice):
        return [*_of_invoice(document, body), *fields.problems(document, body["extraFields"], profile["extra_fields"])]
    if isinstance(document, Payment):
        return payments.problems(document, body, referenced.get("strangers", {}))
    return mapping.problems(document, body, options) if isinstance(document, Party) else []


def _of_invoice(invoice: Invoice, body: Json) -> Iterator[Problem]:
    if invoice.kind != "invoice":
        yield problem(
            invoice, "credit_memo", "the store has no credit memos", "Apply it to an invoice, whose balance shows it."
        )
    if invoice.total.minor < 0:
        reason = f"its total is negative ({invoice.total}), and the store has no credits"
        yield problem(invoice, "negative", reason, f"Enter it as a credit {SOURCE} and apply it to an invoice.")
    elif invoice.balance is not None and invoice.balance.minor < 0:
        reason = f"more is paid on it than it asks for: its balance is {invoice.balance}"
        yield problem(invoice, "balance", reason, f"Correct what is applied to it {SOURCE}.")
    if _AUTOMATIC.fullmatch(str(body["invoiceNumber"])):
        reason = "its number of eight digits is of the form that the store gives to invoices of its own"
        yield problem(invoice, "number", reason, "Set the flow's option bigcommerce.number_prefix, such as to INV-.")
