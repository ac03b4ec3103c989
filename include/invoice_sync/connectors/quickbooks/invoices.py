"""The bodies of invoices and credit memos; pure. Lines are in lines.py, tax is in taxes.py.

https://developer.intuit.com/app/developer/qbo/docs/api/accounting/all-entities/invoice and .../creditmemo
Keys that begin with "_" stay with us: what has to be there first, and what we expect to be computed.
"""

from __future__ import annotations

from typing import Any

from invoice_sync.connectors.base import Json
from invoice_sync.connectors.placeholders import placeholder
from invoice_sync.connectors.quickbooks import taxes
from invoice_sync.connectors.quickbooks.lines import lines
from invoice_sync.connectors.quickbooks.mapping import address_json
from invoice_sync.connectors.quickbooks.refusing import bad, one_line
from invoice_sync.model.documents import Invoice
from invoice_sync.model.errors import BadAmount
from invoice_sync.model.flow import Options

LONGEST_NUMBER = 21
LONGEST_NOTE = 4000
LONGEST_MEMO = 1000
LONGEST_CUSTOM = 31
LONGEST_TRACKING = 31
"""Not published; 31 is what is known to pass."""


def invoice_body(invoice: Invoice, profile: Json, options: Options, marker: str) -> dict[str, Any]:
    """The create body. Raises BadDocument for what QuickBooks cannot hold."""
    try:
        return _body(invoice, profile, options, marker)
    except BadAmount as error:
        raise bad(invoice, "amount", str(error), "Correct the amount in the source system.") from error


def document_number(invoice: Invoice, options: Options) -> str:
    """The number over there, by the flow's rule; never cut, for a cut one names another document.

    Raises BadDocument for an empty one, for line breaks, and for one that is longer than QuickBooks takes.
    """
    number = _numbered(invoice, options)
    if not number or number != one_line(number):
        raise bad(invoice, "number", "the number is empty or holds tabs or line breaks", "Correct the number.")
    if len(number) > LONGEST_NUMBER:
        reason = f"the number {number[:40]} has {len(number)} characters, QuickBooks takes {LONGEST_NUMBER}"
        cure = "Give it a shorter number in the source system, or set the flow's option number_rule to record_id."
        raise bad(invoice, "number_too_long", reason, cure)
    return number


def _numbered(invoice: Invoice, options: Options) -> str:
    if options.number_rule == "record_id":
        # 15 of the 18 characters identify the record; the other three only guard against lost case
        return invoice.source_id[:15]
    number = invoice.number.strip()
    return f"{invoice.division}-{number}" if options.number_rule == "division_number" else number


def _body(invoice: Invoice, profile: Json, options: Options, marker: str) -> dict[str, Any]:
    body: dict[str, Any] = {
        "CustomerRef": {"value": placeholder("customer", invoice.customer)},
        "DocNumber": document_number(invoice, options),
        "TxnDate": invoice.date.isoformat(),
        "PrivateNote": _note(invoice, profile, options, marker),
        # required with multicurrency; without it every invoice that is read has it as well
        "CurrencyRef": {"value": invoice.currency},
        "Line": lines(invoice, profile, options),
        **taxes.of_document(invoice, profile),
        **_people(invoice),
    }
    if custom := _custom_fields(invoice, profile, options):
        body["CustomField"] = custom
    if invoice.rate is not None and profile["multicurrency"]:
        body["ExchangeRate"] = invoice.rate.normalize()
    return body | (
        _of_credit_memo(invoice, options) if invoice.kind == "credit_memo" else _of_invoice(invoice, profile, options)
    )


def _of_invoice(invoice: Invoice, profile: Json, options: Options) -> dict[str, Any]:
    """What a credit memo has no place for: the day it is due, and how it was shipped."""
    fields: dict[str, Any] = {}
    if invoice.due_date is not None:
        fields["DueDate"] = invoice.due_date.isoformat()
    term = profile["terms"].get(options.terms.get(invoice.terms, invoice.terms).strip().casefold())
    if invoice.terms and term:
        fields["SalesTermRef"] = {"value": term}
    if invoice.ship_date is not None:
        fields["ShipDate"] = invoice.ship_date.isoformat()
    if 0 < len(invoice.tracking) <= LONGEST_TRACKING:
        fields["TrackingNum"] = invoice.tracking
    return fields


def _of_credit_memo(invoice: Invoice, options: Options) -> dict[str, Any]:
    """It goes out after the invoice that it credits; the two are applied to each other by a person there.

    With `credit_memos: all` it waits for none, for that invoice may never have been ours to deliver.
    """
    waits = invoice.credits and options.credit_memos != "all"
    return {"_after": placeholder("invoice", invoice.credits)} if waits else {}


def _people(invoice: Invoice) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if invoice.email.strip():
        fields["BillEmail"] = {"Address": invoice.email.strip()}
    if address := address_json(invoice.bill_to):
        fields["BillAddr"] = address
    if invoice.memo.strip():
        fields["CustomerMemo"] = {"value": invoice.memo.strip()}
    return fields


def _note(invoice: Invoice, profile: Json, options: Options, marker: str) -> str:
    """The marker alone on the first line, where it is looked for; below it, whole or not at all, the rest."""
    in_fields = {ours for ours in options.custom_fields if ours in profile["custom_fields"]}
    said = [
        f"{label} {value}"
        for ours, label, value in (
            ("purchase_order", "PO number", invoice.purchase_order.strip()),
            ("order_number", "Order", invoice.order_number.strip()),
            ("source_number", "Number at the source", _other_number(invoice, options)),
        )
        if value and (ours not in in_fields or len(value) > LONGEST_CUSTOM)
    ]
    if len(invoice.tracking) > LONGEST_TRACKING:
        said.append(f"Tracking {invoice.tracking}")
    if invoice.note.strip():
        said.append(invoice.note.strip())
    note = marker
    for text in said:
        if len(note) + 1 + len(text) <= LONGEST_NOTE:
            note = f"{note}\n{text}"
    return note


def _other_number(invoice: Invoice, options: Options) -> str:
    return "" if options.number_rule == "number" else invoice.number.strip()


def _custom_fields(invoice: Invoice, profile: Json, options: Options) -> list[dict[str, str]]:
    """Fields that the company has switched on, by the names that the flow gives them."""
    values = {
        "purchase_order": invoice.purchase_order,
        "order_number": invoice.order_number,
        "division": invoice.division,
        "source_number": invoice.number,
    }
    return [
        {**profile["custom_fields"][ours], "Type": "StringType", "StringValue": values[ours].strip()}
        for ours in options.custom_fields
        if ours in profile["custom_fields"] and 0 < len(values[ours].strip()) <= LONGEST_CUSTOM
    ]
