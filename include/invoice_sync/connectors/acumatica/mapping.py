"""Acumatica's JSON to the model. Pure. The other way is in notes.py."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from invoice_sync.connectors.acumatica import amounts, statuses
from invoice_sync.connectors.acumatica.amounts import LineAmounts
from invoice_sync.connectors.acumatica.fields import Fields, bad, text_of, value_of
from invoice_sync.connectors.base import Json, Label, SourceRecord
from invoice_sync.model.documents import Address, Application, Charge, Document, Invoice, Line, Party, Tax
from invoice_sync.model.errors import BadAmount, BadDocument
from invoice_sync.model.flow import AcumaticaOptions
from invoice_sync.model.money import Money, exponent

KEPT: tuple[tuple[str, str], ...] = (
    ("warehouse", "WarehouseID"),
    ("location", "Location"),
    ("lot/serial", "LotSerialNbr"),
)
"""What a line says of where the goods came from, for people."""

_UNUSED = frozenset({"_links", "files", "rowNumber", "note", "custom"})


def source_id(record: Json) -> str:
    """ "Invoice/AR0000160": both keys of the document."""
    return f"{text_of(record, 'Type')}/{text_of(record, 'ReferenceNbr')}"


def stamp(record: Json) -> str:
    """When it was last changed, and what a payment changes: whether one moves the former is nowhere promised."""
    balance = value_of(record, "Balance")
    amount = f"{balance.normalize():f}" if isinstance(balance, Decimal) else str(balance)
    return f"{moment(record):%Y-%m-%dT%H:%M:%S.%f}/{text_of(record, 'Status')}/{amount}"


def moment(record: Json) -> datetime.datetime:
    """LastModifiedDateTime in UTC; the earliest moment there is for a record without one."""
    text = text_of(record, "LastModifiedDateTime")
    try:
        read = datetime.datetime.fromisoformat(text)
    except ValueError:
        return datetime.datetime.min.replace(tzinfo=datetime.UTC)
    return (read if read.tzinfo else read.replace(tzinfo=datetime.UTC)).astimezone(datetime.UTC)


def branch(record: Json) -> str:
    """The branch that issued the document; empty when it was not asked for."""
    return Fields(record, "").part("FinancialDetails").text("Branch")


def record(document: Json, options: AcumaticaOptions, terms: Json | None) -> SourceRecord:
    """An invoice as it was read. `terms`: its twin on the AR form, where it was needed for terms or due date."""
    status = text_of(document, "Status")
    ruling = statuses.ruling(text_of(document, "Type"), status, options.statuses)
    content = {"invoice": slim(document), **({"terms": slim(terms)} if terms else {})}
    withdrawn = ruling.reason if ruling.ruling == "follow" else ""
    return SourceRecord("invoice", source_id(document), stamp(document), content, ruling.ruling == "send", withdrawn)


def customer_record(customer: Json) -> SourceRecord:
    number, changed = text_of(customer, "CustomerID"), f"{moment(customer):%Y-%m-%dT%H:%M:%S.%f}"
    return SourceRecord("customer", number, changed, {"customer": slim(customer)})


def slim(value: Any) -> Any:
    """Without links, files and row numbers, which say nothing about the document."""
    if isinstance(value, Mapping):
        return {name: slim(held) for name, held in value.items() if name not in _UNUSED}
    return [slim(each) for each in value] if isinstance(value, list) else value


def to_model(record: SourceRecord, options: AcumaticaOptions) -> Document:
    """The document of a record that `Acumatica.fetch` returned. Raises BadDocument."""
    if record.entity == "customer":
        return _party(record)
    if record.entity == "product":
        raise bad("no-products", f"{record.source_id}: products of Acumatica are not carried on their own.")
    return _invoice(record, options)


def label(record: SourceRecord) -> Label:
    """How people recognise the record, even when it cannot be mapped; never raises."""
    if record.entity == "customer":
        return Label(text_of(record.content["customer"], "CustomerID") or record.source_id)
    head = Fields(record.content["invoice"], "")
    return Label(head.text("ReferenceNbr") or record.source_id, head.text("CustomerID"), _readable_total(head))


def _invoice(record: SourceRecord, options: AcumaticaOptions) -> Invoice:
    source = record.content["invoice"]
    head = Fields(source, f"{text_of(source, 'Type') or 'Invoice'} {text_of(source, 'ReferenceNbr')}".strip())
    twin = Fields(record.content.get("terms") or {}, head.who)
    currency = _currency(head)
    amount, freight = _total(head, currency), _freight(head, currency)
    rows = _rows(head)
    reading = amounts.read(head, rows, freight, amount)
    return Invoice(
        source_id=record.source_id,
        number=head.text("ReferenceNbr"),
        division=branch(source),
        customer=_customer(head),
        date=_date(head),
        due_date=head.day("DueDate", "due date") or twin.day("DueDate", "due date"),
        lines=tuple(_line(*each) for each in zip(range(1, len(rows) + 1), rows, reading.lines, strict=True)),
        charges=(Charge("freight", freight),) if freight else (),
        discount=reading.discount,
        tax=reading.tax,
        total=amount,
        purchase_order=head.text("CustomerOrder"),
        order_number=_orders(rows),
        email=head.part("BillToContact").text("Email"),
        memo=head.text("Description"),
        terms=twin.text("Terms"),
        tax_location=head.part("FinancialDetails").text("CustomerTaxZone"),
        bill_to=_address(head, "BillToAddress"),
        ship_to=_address(head, "ShipToAddress"),
        status=head.text("Status"),
        balance=_balance(head, currency),
        applications=_applications(head, currency),
        taxes=_taxes(head, currency),
        tax_inclusive=reading.inclusive,
        order_id=_order_id(head, options),
    )


def _currency(head: Fields) -> str:
    currency = head.text("Currency")
    try:
        exponent(currency)
    except BadAmount:
        reason = f"The currency of {head.who} is {currency or 'empty'}, not an ISO 4217 code such as USD."
        raise bad("unknown-currency", reason) from None
    return currency


def _total(head: Fields, currency: str) -> Money:
    if head.raw("Amount") is None:
        raise bad("missing-total", f"{head.who} has no amount.")
    return head.money("Amount", "amount", currency)


def _readable_total(head: Fields) -> Money | None:
    try:
        return _total(head, _currency(head))
    except BadDocument:
        return None


def _customer(head: Fields) -> str:
    customer = head.text("CustomerID")
    if not customer:
        raise bad("missing-customer", f"{head.who} has no customer.")
    return customer


def _date(head: Fields) -> datetime.date:
    day = head.day("Date", "date")
    if day is None:
        raise bad("missing-date", f"{head.who} has no date.")
    return day


def _freight(head: Fields, currency: str) -> Money:
    """The freight that is charged. What it cost us (FreightCost) is nobody else's business, and never billed."""
    if head.raw("FreightPrice") is not None:
        return head.money("FreightPrice", "freight price", currency)
    rows = [Fields(row, head.who) for row in head.rows("FreightDetails")]
    return sum((row.money("TotalFreightAmount", "freight price", currency) for row in rows), Money.zero(currency))


def _balance(head: Fields, currency: str) -> Money | None:
    """What is open, as the source says; a status that means "paid" says it where the field is empty."""
    if head.raw("Balance") is not None:
        return head.money("Balance", "balance", currency)
    row = statuses.TABLE.get(head.text("Status"))
    return Money.zero(currency) if row is not None and row.portal == "paid" else None


def _rows(head: Fields) -> list[Fields]:
    """By line number, for a list has no order of its own; rows without one keep their place."""
    rows = [Fields(row, head.who) for row in head.rows("Details")]
    if not rows:
        raise bad("no-lines", f"{head.who} has no lines.")
    named = [Fields(row.record, f"line {_place(row) or at} of {head.who}") for at, row in enumerate(rows, 1)]
    return sorted(named, key=_place)


def _place(row: Fields) -> int:
    number = row.raw("LineNbr")
    return number if isinstance(number, int) else 0


def _line(place: int, row: Fields, found: LineAmounts) -> Line:
    item = row.text("InventoryID")
    day = row.day("ExpirationDate", "expiration date")
    kept = tuple((where, row.text(name)) for where, name in KEPT if row.text(name))
    return Line(
        number=_place(row) or place,
        product="",
        description=row.text("TransactionDescr") or row.text("Description") or item,
        quantity=found.quantity,
        unit_price=found.unit_price,
        amount=found.net,
        sku=item,
        unit=row.text("UOM"),
        discount=found.discount or None,
        kept=(*kept, ("expires", day.isoformat())) if day else kept,
    )


def _orders(rows: Sequence[Fields]) -> str:
    """The sales order behind the lines; several of them one after the other."""
    return ", ".join(dict.fromkeys(number for row in rows if (number := row.text("OrderNbr"))))


def _applications(head: Fields, currency: str) -> tuple[Application, ...]:
    rows = [Fields(row, head.who) for row in head.rows("ApplicationsInvoice")]
    return tuple(
        Application(
            kind=row.text("DocType"),
            number=row.text("AdjustingDocReferenceNbr"),
            amount=row.money("AmountPaid", "amount paid", currency),
            date=row.day("PaymentDate", "payment date"),
            reference=row.text("PaymentRef"),
        )
        for row in sorted(rows, key=lambda row: (row.text("DocType"), row.text("AdjustingDocReferenceNbr")))
    )


def _taxes(head: Fields, currency: str) -> tuple[Tax, ...]:
    rows = [Fields(row, head.who) for row in head.rows("TaxDetails")]
    return tuple(Tax(row.text("TaxID"), row.money("TaxAmount", "tax amount", currency)) for row in rows)


def _order_id(head: Fields, options: AcumaticaOptions) -> str:
    """The store's own order, out of the field that the flow names; `pattern` has one group."""
    name = options.order_id.get("field")
    found = re.search(options.order_id.get("pattern", r"^\s*(\S+)\s*$"), head.text(name)) if name else None
    return (found[1] or "").strip() if found else ""


def _address(head: Fields, name: str) -> Address:
    """On the head since endpoint 24.200.001; before that within the billing settings."""
    here = head.part(name)
    return (here if here.record else head.part("BillingSettings").part(name)).address()


def _party(record: SourceRecord) -> Party:
    source = record.content["customer"]
    customer = Fields(source, f"customer {text_of(source, 'CustomerID') or record.source_id}")
    name = customer.text("CustomerName")
    if not name:
        raise bad("missing-name", f"{customer.who} has no name.")
    main, billing, shipping = (customer.part(f"{kind}Contact") for kind in ("Main", "Billing", "Shipping"))
    address = billing.part("Address") if billing.part("Address").record else main.part("Address")
    return Party(
        source_id=record.source_id,
        number=customer.text("CustomerID"),
        name=name,
        email=main.text("Email") or customer.text("Email"),
        phone=main.text("Phone1"),
        address=address.address(),
        currency=customer.text("CurrencyID"),
        tax_id=customer.text("TaxRegistrationID"),
        shipping=shipping.part("Address").address(),
        terms=customer.text("Terms"),
    )
