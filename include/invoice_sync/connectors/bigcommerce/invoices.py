"""The body of an invoice: what the store is to show, in the form of its creation; pure.

https://developer.bigcommerce.com/b2b-edition/apis/rest-management/invoices . What goes out is made of it in payload.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from invoice_sync.connectors.base import Json
from invoice_sync.connectors.bigcommerce import dates, fields, lines
from invoice_sync.connectors.bigcommerce.payload import CASH
from invoice_sync.connectors.bigcommerce.texts import SOURCE, bad, lines_of, one_line
from invoice_sync.connectors.placeholders import placeholder
from invoice_sync.model.documents import Invoice
from invoice_sync.model.errors import BadAmount
from invoice_sync.model.flow import Options
from invoice_sync.model.money import Money

OPEN, PARTLY_PAID, COMPLETED = 0, 1, 2
FROM_OUTSIDE = 1
"""`source`: not made by B2B Edition itself."""

TYPE, CANCELED = "Invoice", "Invoice (canceled)"
"""`type` is free text; the store knows no void, so that this is how one that was taken back is told."""


def invoice_body(invoice: Invoice, profile: Json, options: Options, marker: str) -> dict[str, Any]:
    """Raises BadDocument for what the store cannot hold. Amounts of the two balances are Decimals, all others text."""
    try:
        return {
            **_identity(invoice, options, marker),
            **_money(invoice, options),
            **({CASH: "payments"} if options.bigcommerce.cash == "offline_payments" else {}),
            **_dates(invoice, profile),
            **_texts(invoice, options),
            **_channel(profile),
            "details": lines.details(invoice),
            "extraFields": fields.values(invoice, options.bigcommerce.extra_fields, profile["extra_fields"]),
        }
    except BadAmount as error:
        raise bad(invoice, "amount", str(error), f"Correct the amount {SOURCE}.") from error


def document_number(invoice: Invoice, options: Options) -> str:
    """The number over there, by the flow's rule and with its prefix. Raises BadDocument for one that is none."""
    number = _numbered(invoice, options)
    if not number or number != one_line(number):
        raise bad(invoice, "number", "the number is empty or holds control characters", f"Correct the number {SOURCE}.")
    return f"{options.bigcommerce.number_prefix.strip()}{number}"


def open_balance(invoice: Invoice, options: Options) -> Money:
    """What is written as open. Where cash is shown as payments, those lower it, and it starts as the total."""
    if options.bigcommerce.cash == "offline_payments":
        return invoice.total
    if invoice.balance is not None:
        return invoice.balance
    return invoice.total - invoice.prepaid if invoice.prepaid else invoice.total


def status_of(open_: Money, whole: Money) -> int:
    """Of these three the store sets only the last by itself, when nothing is open."""
    if open_.minor <= 0:
        return COMPLETED
    return OPEN if open_.minor >= whole.minor else PARTLY_PAID


def void(currency: str) -> dict[str, Any]:
    """What takes an invoice back: nothing is open, and its type says why. Lines and total stay to be read."""
    return {"type": CANCELED, "status": COMPLETED, "openBalance": _balance(Money.zero(currency))}


def _numbered(invoice: Invoice, options: Options) -> str:
    if options.number_rule == "record_id":
        return invoice.source_id.strip()
    number = invoice.number.strip()
    return f"{invoice.division.strip()}-{number}" if options.number_rule == "division_number" else number


def _identity(invoice: Invoice, options: Options, marker: str) -> dict[str, Any]:
    """`customerId` is the id of a B2B company, as text; never that of a customer or of a customer group."""
    return {
        "invoiceNumber": document_number(invoice, options),
        "type": TYPE,
        "source": FROM_OUTSIDE,
        "customerId": placeholder("customer", invoice.customer),
        "externalCustomerId": one_line(invoice.customer),
        "externalId": marker,
    }


def _money(invoice: Invoice, options: Options) -> dict[str, Any]:
    open_ = open_balance(invoice, options)
    return {
        "originalBalance": _balance(invoice.total),
        "openBalance": _balance(open_),
        "status": status_of(open_, invoice.total),
    }


def _balance(amount: Money) -> dict[str, Any]:
    return {"code": amount.currency, "value": amount.decimal}


def _dates(invoice: Invoice, profile: Json) -> dict[str, int]:
    """The document's own; without a day due the store fills in the buyer's terms."""
    offset = profile["offset"]
    moments = {"issuedAt": dates.issue_moment(invoice.date, offset)}
    if invoice.due_date is not None:
        moments["dueDate"] = dates.due_moment(invoice.due_date, offset)
    return moments


def _texts(invoice: Invoice, options: Options) -> dict[str, str]:
    """The schema of updates wants no empty ones, so that what is empty is not there."""
    texts = {
        "orderNumber": one_line(invoice.order_id),
        "purchaseOrderNumber": one_line(invoice.purchase_order),
        "termsConditions": lines_of(_terms(invoice, options.terms)),
        "externalPdfUrl": _pdf(invoice, options),
    }
    return {name: text for name, text in texts.items() if text}


def _terms(invoice: Invoice, terms: Mapping[str, str]) -> str:
    return terms.get(invoice.terms, invoice.terms)


def _pdf(invoice: Invoice, options: Options) -> str:
    """The number as it is at the source, for there the files are."""
    return options.bigcommerce.pdf_url.strip().replace("{number}", quote(invoice.number.strip(), safe=""))


def _channel(profile: Json) -> dict[str, int]:
    """Any channelId, even null, is refused by a store without multi-storefront."""
    return {} if profile["channel"] is None else {"channelId": profile["channel"]}
