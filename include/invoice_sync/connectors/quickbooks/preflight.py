"""The refusals of QuickBooks that can be foreseen; pure.

Lengths: the entity pages of https://developer.intuit.com/app/developer/qbo/docs/api/accounting/all-entities
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from invoice_sync.connectors.base import Json
from invoice_sync.connectors.quickbooks.invoices import in_us
from invoice_sync.connectors.quickbooks.mapping import display_name, one_line
from invoice_sync.model.documents import Document, Invoice, Party
from invoice_sync.model.errors import Problem

MOST_LINES = 750
_SOURCE = "in the source system"

_LONGEST_BY_PATH = {
    "Notes": ("the note", 2000),
    "PrivateNote": ("the note", 4000),
    "Description": ("the description", 4000),
    "Line.Description": ("a line's description", 4000),
    "PrimaryEmailAddr.Address": ("the e-mail address", 100),
    "BillEmail.Address": ("the e-mail address", 100),
    "PrimaryPhone.FreeFormNumber": ("the phone number", 30),
    "BillAddr.Line1": ("line 1 of the address", 500),
    "BillAddr.Line2": ("line 2 of the address", 500),
    "BillAddr.Line3": ("line 3 of the address", 500),
    "BillAddr.City": ("the city", 255),
    "BillAddr.CountrySubDivisionCode": ("the state", 255),
    "BillAddr.PostalCode": ("the postcode", 30),
    "BillAddr.Country": ("the country", 255),
}
_EMAILS = ("PrimaryEmailAddr", "BillEmail")


def problems(document: Document, body: Json, profile: Json) -> list[Problem]:
    """What QuickBooks would refuse `body` for, in the words of a bookkeeper."""
    found = [*_lengths(document, body), *_emails(document, body)]
    if isinstance(document, Invoice):
        found += _of_invoice(document, body, profile)
    elif isinstance(document, Party):
        found += _currency(_what(document), document.currency, profile)
    return found


def _of_invoice(invoice: Invoice, body: Json, profile: Json) -> Iterator[Problem]:
    yield from _closed_period(invoice, body, profile)
    yield from _currency(_what(invoice), invoice.currency, profile)
    yield from _negative(invoice)
    yield from _line_count(invoice, body, profile)
    if profile["using_sales_tax"] and not in_us(profile):
        yield _problem(
            invoice,
            "tax",
            f"QuickBooks wants a tax code on every line in {profile['country']}, and none is mapped",
            "This flow serves companies in the United States; enter the invoice by hand.",
        )


def _closed_period(invoice: Invoice, body: Json, profile: Json) -> Iterator[Problem]:
    closed = str(profile["book_close_date"])
    if closed and str(body["TxnDate"]) <= closed:
        yield _problem(
            invoice,
            "closed_period",
            f"its date {body['TxnDate']} lies in a period that is closed up to {closed}",
            f"Change the invoice date {_SOURCE}, or reopen the period in QuickBooks.",
        )


def _currency(what: str, currency: str, profile: Json) -> Iterator[Problem]:
    home = profile["home_currency"]
    if currency and currency != home and not profile["multicurrency"]:
        reason = f"{what}: it is in {currency}, and QuickBooks keeps this company in {home} only."
        yield Problem("currency", reason, "Switch multicurrency on in QuickBooks: Account and settings, Advanced.")


def _negative(invoice: Invoice) -> Iterator[Problem]:
    if invoice.total.minor < 0:
        cure = "Enter it as a credit memo by hand; credits are not carried as invoices."
        yield _problem(invoice, "negative", f"its total is negative ({invoice.total})", cure)


def _line_count(invoice: Invoice, body: Json, profile: Json) -> Iterator[Problem]:
    if not invoice.lines:
        yield _problem(invoice, "no_lines", "it has no lines", f"Add lines {_SOURCE}, or ignore it.")
    # the limit is of taxable documents only, and any document can be one where sales tax is on
    elif len(body["Line"]) > MOST_LINES and profile["using_sales_tax"]:
        reason = f"it has {len(body['Line'])} lines, QuickBooks takes {MOST_LINES}"
        yield _problem(invoice, "too_many_lines", reason, f"Split the invoice {_SOURCE}.")


def _lengths(document: Document, body: Json) -> Iterator[Problem]:
    for path, text in _texts(body, ""):
        field, longest = _LONGEST_BY_PATH.get(path, ("", 0))
        if longest and len(text) > longest:
            reason = f"{field} has {len(text)} characters, QuickBooks takes {longest}"
            yield _problem(document, "too_long", reason, f"Shorten it {_SOURCE}.")


def _texts(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _texts(item, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item, path)
    elif isinstance(value, str):
        yield path, value


def _emails(document: Document, body: Json) -> Iterator[Problem]:
    for field in _EMAILS:
        address = body.get(field, {}).get("Address", "")
        if address and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", address):
            reason = "QuickBooks does not take its e-mail address, which must look like name@example.com"
            yield _problem(document, "email", reason, f"Correct the e-mail address {_SOURCE}.")


def _problem(document: Document, cause: str, reason: str, cure: str) -> Problem:
    return Problem(cause, f"{_what(document)}: {reason}.", cure)


def _what(document: Document) -> str:
    if isinstance(document, Invoice):
        return f"Invoice {one_line(document.number)}"
    if isinstance(document, Party):
        return f"Customer {document.number or display_name(document)}"
    return f"Product {one_line(document.sku)}"
