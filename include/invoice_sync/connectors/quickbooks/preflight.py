"""The refusals of QuickBooks that can be foreseen; pure.

Lengths: the entity pages of https://developer.intuit.com/app/developer/qbo/docs/api/accounting/all-entities
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import ROUND_DOWN, Decimal
from typing import Any

from invoice_sync.connectors.base import Json
from invoice_sync.connectors.quickbooks.refusing import problem, what
from invoice_sync.connectors.quickbooks.taxes import by_codes, foreseen
from invoice_sync.model.documents import Document, Invoice, Party
from invoice_sync.model.errors import BadAmount, Problem
from invoice_sync.model.money import exact

MOST_LINES = 750
CENT = Decimal("0.01")
LARGEST_AMOUNT = 10**10
"""Amounts have ten digits before the point and five behind it."""
MOST_DECIMALS = 2
_SOURCE = "in the source system"

_LONGEST_BY_PATH = {
    "Notes": ("the note", 2000),
    "PrivateNote": ("the note", 4000),
    "Description": ("the description", 4000),
    "Line.Description": ("a line's description", 4000),
    "CustomerMemo.value": ("the memo for the customer", 1000),
    "PrimaryEmailAddr.Address": ("the e-mail address", 100),
    "BillEmail.Address": ("the e-mail address", 100),
    "PrimaryPhone.FreeFormNumber": ("the phone number", 30),
    **{
        f"{address}.{part}": (label, longest)
        for address in ("BillAddr", "ShipAddr")
        for part, label, longest in (
            ("Line1", "line 1 of the address", 500),
            ("Line2", "line 2 of the address", 500),
            ("Line3", "line 3 of the address", 500),
            ("City", "the city", 255),
            ("CountrySubDivisionCode", "the state", 255),
            ("PostalCode", "the postcode", 30),
            ("Country", "the country", 255),
        )
    },
}
Limit = tuple[str, int]
_LIMITS: dict[str, dict[str, Limit]] = {}
"""By field and part of it, "" for the field itself: what people call it, and how long it may be."""
for _path, _limit in _LONGEST_BY_PATH.items():
    _field, _, _part = _path.partition(".")
    _LIMITS.setdefault(_field, {})[_part] = _limit

_EMAILS = ("PrimaryEmailAddr", "BillEmail")


def problems(document: Document, body: Json, profile: Json, referenced: Json) -> list[Problem]:
    """What QuickBooks would refuse `body` for, in the words of a bookkeeper.

    `referenced`: by "Customer/12", "Item/3": the state of the records that the body names, as just read.
    """
    found = [*_lengths(document, body), *_emails(document, body)]
    if isinstance(document, Invoice):
        found += _of_invoice(document, body, profile)
        found += _of_references(document, body, referenced)
    elif isinstance(document, Party):
        found += _currency(what(document), document.currency, profile)
    return found


def _of_invoice(invoice: Invoice, body: Json, profile: Json) -> Iterator[Problem]:
    yield from _closed_period(invoice, body, profile)
    yield from _currency(what(invoice), invoice.currency, profile)
    yield from _negative(invoice)
    yield from _too_large(invoice, body)
    yield from _too_fine(invoice, body)
    yield from _line_count(invoice, body, profile)
    yield from _other_tax(invoice, body, profile)


def _of_references(invoice: Invoice, body: Json, referenced: Json) -> Iterator[Problem]:
    """Customers and items that were deleted or made inactive there, or are kept in another currency."""
    customer = str(body["CustomerRef"]["value"])
    yield from _unusable(invoice, "customer", customer, referenced.get(f"Customer/{customer}"))
    kept_in = (referenced.get(f"Customer/{customer}") or {}).get("currency")
    if kept_in and kept_in != invoice.currency:
        reason = f"it is in {invoice.currency}, and QuickBooks keeps its customer (id {customer}) in {kept_in}"
        yield problem(invoice, "currency", reason, f"Link a customer of QuickBooks that is kept in {invoice.currency}.")
    for item in sorted({str(ref) for ref in items_of(body)}):
        yield from _unusable(invoice, "item", item, referenced.get(f"Item/{item}"))
        yield from _before_its_stock(invoice, body, item, referenced.get(f"Item/{item}") or {})


def items_of(body: Json) -> Iterator[str]:
    """Ids of the items that a body names."""
    for line in body["Line"]:
        ref = line.get("SalesItemLineDetail", {}).get("ItemRef", {}).get("value")
        if ref:
            yield str(ref)


def _unusable(invoice: Invoice, kind: str, record: str, state: Json | None) -> Iterator[Problem]:
    """One that was not asked about, such as one to be added, is well."""
    if state is not None and state["state"] != "active":
        reason = f"its {kind} (id {record}) {state['state']} in QuickBooks"
        cure = f"Make the {kind} usable in QuickBooks again, or link another one, then clear the task."
        yield problem(invoice, "reference", reason, cure)


def _before_its_stock(invoice: Invoice, body: Json, item: str, state: Json) -> Iterator[Problem]:
    since = str(state.get("since") or "")
    if str(body["TxnDate"]) < since:
        reason = f"its date {body['TxnDate']} lies before its item (id {item}) is kept in stock, from {since} on"
        cure = f"Change the invoice date {_SOURCE}, or the start of the stock in QuickBooks."
        yield problem(invoice, "reference", reason, cure)


def _closed_period(invoice: Invoice, body: Json, profile: Json) -> Iterator[Problem]:
    closed = str(profile["book_close_date"])
    if closed and str(body["TxnDate"]) <= closed:
        yield problem(
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
        cure = "Enter it as a credit memo in the source system; credits are not carried as invoices."
        yield problem(invoice, "negative", f"its total is negative ({invoice.total})", cure)


def _too_large(invoice: Invoice, body: Json) -> Iterator[Problem]:
    amounts = [exact(line["Amount"]) for line in body["Line"]]
    if any(abs(amount) >= LARGEST_AMOUNT for amount in [*amounts, invoice.total.decimal]):
        reason = f"an amount of it has more than ten digits before the point (its total is {invoice.total})"
        yield problem(invoice, "amount", reason, f"Correct the amounts {_SOURCE}.")


def _too_fine(invoice: Invoice, body: Json) -> Iterator[Problem]:
    """QuickBooks keeps two decimals in every currency, also where dinars have three."""
    amounts = [exact(line["Amount"]) for line in body["Line"]] + [invoice.total.decimal, invoice.tax.decimal]
    fine = next((amount for amount in amounts if amount != amount.quantize(CENT, ROUND_DOWN)), None)
    if fine is not None:
        reason = f"an amount of it, {fine}, has more than {MOST_DECIMALS} decimals, and QuickBooks keeps no more"
        yield problem(invoice, "amount", reason, f"Round its amounts to {MOST_DECIMALS} decimals {_SOURCE}.")


def _other_tax(invoice: Invoice, body: Json, profile: Json) -> Iterator[Problem]:
    """Where QuickBooks computes the tax itself, it must come to what the source says."""
    if not by_codes(profile):
        return
    try:
        there = foreseen(body, profile, invoice.currency)
    except BadAmount as error:
        yield problem(invoice, "tax", str(error), f"Correct the amounts {_SOURCE}.")
        return
    if there != invoice.tax:
        reason = f"its tax is {invoice.tax}, and QuickBooks will compute {there} from the tax codes"
        yield problem(invoice, "tax", reason, f"Correct the tax {_SOURCE}, or the flow's option tax_codes.")


def _line_count(invoice: Invoice, body: Json, profile: Json) -> Iterator[Problem]:
    if not invoice.lines:
        yield problem(invoice, "no_lines", "it has no lines", f"Add lines {_SOURCE}, or ignore it.")
    # the limit is of taxable documents only, and any document can be one where sales tax is on
    elif len(body["Line"]) > MOST_LINES and profile["using_sales_tax"]:
        reason = f"it has {len(body['Line'])} lines, QuickBooks takes {MOST_LINES}"
        yield problem(invoice, "too_many_lines", reason, f"Split the invoice {_SOURCE}.")


def _lengths(document: Document, body: Json) -> Iterator[Problem]:
    for name, limits in _LIMITS.items():
        held = body.get(name)
        for text, (field, longest) in _texts(held, limits) if held else ():
            if len(text) > longest:
                reason = f"{field} has {len(text)} characters, QuickBooks takes {longest}"
                yield problem(document, "too_long", reason, f"Shorten it {_SOURCE}.")


def _texts(held: Any, limits: Mapping[str, Limit]) -> Iterator[tuple[str, Limit]]:
    """The texts that have a limit: the value itself, its parts, or the parts of each in a list."""
    if isinstance(held, str):
        if "" in limits:
            yield held, limits[""]
        return
    for each in held if isinstance(held, list) else [held]:
        for part, limit in limits.items():
            text = each.get(part)
            if isinstance(text, str):
                yield text, limit


def _emails(document: Document, body: Json) -> Iterator[Problem]:
    for field in _EMAILS:
        address = body.get(field, {}).get("Address", "")
        if address and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", address):
            reason = "QuickBooks does not take its e-mail address, which must look like name@example.com"
            yield problem(document, "email", reason, f"Correct the e-mail address {_SOURCE}.")
