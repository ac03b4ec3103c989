"""Rootstock's JSON to the model. Pure. The other way is in notes.py."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal

from invoice_sync.connectors.base import Json, Label, SourceRecord
from invoice_sync.connectors.rootstock.fields import Fields, bad
from invoice_sync.connectors.rootstock.rich_text import plain_text
from invoice_sync.model.documents import (
    DOCUMENTS,
    Charge,
    ChargeKind,
    Document,
    Entity,
    Invoice,
    Kind,
    Line,
    Party,
    Product,
)
from invoice_sync.model.errors import BadAmount, BadDocument
from invoice_sync.model.money import Money, exponent, total

KINDS: Mapping[str, Kind] = {"Invoice": "invoice", "Credit Memo": "credit_memo"}
SERVICES = frozenset({"Service", "Recurring Service", "Entitlement"})
_HEADER_CHARGES: tuple[tuple[ChargeKind, str, str], ...] = (
    ("freight", "freightamt", "taxfreight"),
    ("handling", "handlingamt", "taxhandling"),
    ("packaging", "packageamt", "taxpackaging"),
)


def to_model(record: SourceRecord) -> Document:
    """The document of a record that `Rootstock.fetch` returned. Raises BadDocument."""
    if record.entity in DOCUMENTS:
        return _invoice(record)
    return _party(record) if record.entity == "customer" else _product(record)


def label(record: SourceRecord) -> Label:
    """How people recognise the record, even when it cannot be mapped; never raises."""
    if record.entity in DOCUMENTS:
        header = Fields(record.content["header"], "soinv", "")
        party = header.via("custno", "socust").text("custno")
        return Label(header.text("invoiceno") or record.source_id, party, _readable_total(header))
    if record.entity == "customer":
        return Label(Fields(record.content["customer"], "socust", "").text("custno") or record.source_id)
    return Label(Fields(record.content["product"], "soprod", "").text("prod") or record.source_id)


def stamp(own: str, parts: Iterable[str]) -> str:
    """One stamp for a record and its parts: the newest of all, and how many parts there are.

    A changed line need not move its header (facts 6.1), and a deleted line leaves no stamp of its own. All
    stamps come from one server in one format, so they sort as text.
    """
    stamps = list(parts)
    return f"{max([own, *stamps])}/{len(stamps)}"


def is_in_queue(header: Json, company: str) -> bool:
    """Whether the document still waits to be exported for our company."""
    fields = Fields(header, "soinv", "")
    against = [fields.flag(name) for name in ("transferred", "cancelled", "inprocess", "ppyinv")]
    theirs = fields.via("div", "sydiv").via("cmpno", "sycmp").text("cmpno")
    wanted = fields.flag("approved") and fields.text("txntype") in KINDS
    return wanted and not any(against) and theirs == company


def withdrawn(header: Json) -> str:
    """How the source took a document back. One that is only not approved may come again, so it is not withdrawn."""
    return "cancelled at the source" if Fields(header, "soinv", "").flag("cancelled") else ""


def entity_of(header: Json) -> Entity:
    """Credit memos are kept in the same object as invoices."""
    return KINDS.get(Fields(header, "soinv", "").text("txntype"), "invoice")


def _invoice(record: SourceRecord) -> Invoice:
    source, rows = record.content["header"], record.content["lines"]
    header = Fields(source, "soinv", f"invoice {source.get('rstk__soinv_invoiceno__c') or record.source_id}")
    kind = _kind(header)
    currency = _currency(header)
    lines = _lines(header, rows, currency)
    order, shipper = header.via("order", "sohdr"), header.via("soship", "soship")
    prepaid = header.money("totalppya", "prepayment", currency)
    return Invoice(
        source_id=record.source_id,
        number=header.text("invoiceno"),
        division=header.via("div", "sydiv").text("div"),
        customer=_customer_to_bill(header),
        date=_invoice_date(header),
        due_date=header.day("duedate", "due date"),
        lines=lines,
        charges=_charges(header, lines, currency),
        discount=header.money("discamt", "order discount", currency),
        tax=_tax(header, currency),
        total=_total(header, currency),
        kind=kind,
        purchase_order=order.text("custpo"),
        order_number=order.text("order"),
        email=header.text("email"),
        memo=plain_text(header.text("extcomment")),
        note=plain_text(header.text("intcomment")),
        terms=header.via("terms", "syterms").text("id"),
        tax_location=header.via("taxloc", "sotax").text("locid"),
        ship_date=shipper.day("shipdate", "ship date"),
        tracking=shipper.text("tracking"),
        rate=_rate(header, currency),
        credits=header.text("soinv") if kind == "credit_memo" else "",
        prepaid=prepaid if prepaid else None,
        bill_to=header.address(),
    )


def _kind(header: Fields) -> Kind:
    name = header.text("txntype")
    if name not in KINDS:
        # amounts of a credit memo are stored positive: taken for an invoice it would bill what it gives back
        reason = f"{header.who} is a {name or 'document without a type'}; only invoices and credit memos are carried."
        raise bad("not-an-invoice", reason, "Enter it in the accounting system by hand.")
    if not header.text("invoiceno"):
        raise bad("missing-number", f"{header.who} has no invoice number.")
    return KINDS[name]


def _currency(header: Fields) -> str:
    """The formula names the customer's currency where the amounts are in it, else the company's."""
    currency = header.text("currency") or _home(header)
    try:
        exponent(currency)
    except BadAmount:
        reason = f"The currency of {header.who} is {currency or 'empty'}, which is no ISO 4217 code such as USD."
        cure = "Correct the currency of the customer or the company in Rootstock, then clear the red task."
        raise bad("unknown-currency", reason, cure) from None
    return currency


def _home(header: Fields) -> str:
    return header.via("div", "sydiv").via("cmpno", "sycmp").via("homecurr", "sycurr").text("currency")


def _rate(header: Fields, currency: str) -> Decimal | None:
    """Home units for one unit of the document's currency.

    Rootstock keeps the reverse: home amount = amount / rate (facts 3.1). Rounded half up to ten decimals, which
    only touches what the destination shows in home currency. None where there is no rate, or no need of one.
    """
    if currency == _home(header) or not header.raw("currexchrate"):
        return None
    rate = header.number("currexchrate", "exchange rate")
    return (1 / rate).quantize(Decimal("1e-10"), ROUND_HALF_UP) if rate > 0 else None


def _customer_to_bill(header: Fields) -> str:
    """The order's customer, or the one that it has as "Invoicing and Credit Customer" (facts 3.3)."""
    customer = header.via("custno", "socust").text("fincust") or header.text("custno")
    if not customer:
        raise bad("missing-customer", f"{header.who} has no customer.")
    return customer


def _invoice_date(header: Fields) -> datetime.date:
    day = header.day("invdate", "invoice date")
    if day is None:
        raise bad("missing-date", f"{header.who} has no invoice date.")
    return day


def _total(header: Fields, currency: str) -> Money:
    if header.raw("grandtotal") is None:
        raise bad("missing-total", f"{header.who} has no invoice total.")
    return header.money("grandtotal", "invoice total", currency)


def _readable_total(header: Fields) -> Money | None:
    try:
        return _total(header, _currency(header))
    except BadDocument:
        return None


def _tax(header: Fields, currency: str) -> Money:
    """Override when there is one, else the calculated tax; shipping tax on top.

    Open points of the facts (section 12, 1 and 10): whether an override of 0 means "none" or "no tax", and
    whether taxamt holds the shipping tax already. Where a guess is wrong the parts do not add up to the
    invoice total, and the invoice goes to review instead of out.
    """
    override = header.money("taxovramt", "tax override", currency)
    calculated = header.money("taxamt", "tax", currency)
    return (override or calculated) + header.money("shippingtax", "shipping tax", currency)


def _lines(header: Fields, rows: Sequence[Json], currency: str) -> tuple[Line, ...]:
    by_line = any(_line_tax(Fields(row, "soinvline", header.who)) for row in rows)
    lines = tuple(_line(header, row, currency, by_line=by_line) for row in rows)
    if not lines:
        raise bad("no-lines", f"{header.who} has no lines.")
    return tuple(sorted(lines, key=lambda line: line.number))


def _line(header: Fields, row: Json, currency: str, *, by_line: bool) -> Line:
    """A line that is not printed (noprint) is billed all the same, so it counts."""
    place = Fields(row, "soinvline", header.who).number("invline", "line number")
    line = Fields(row, "soinvline", f"line {place.normalize():f} of {header.who}")
    product = line.via("prod", "soprod")
    if not line.text("prod"):
        raise bad("missing-product", f"{line.who} has no product.")
    quantity = line.number("qty", "quantity")
    unit_price = line.number("price", "price") - _unit_discount(line)
    return Line(
        number=int(place),
        product=line.text("prod"),
        description=product.text("descr") or product.text("prod"),
        quantity=quantity,
        unit_price=unit_price,
        amount=Money.rounded(unit_price * quantity, currency),
        taxed=_taxed(line, by_line=by_line),
    )


def _taxed(line: Fields, *, by_line: bool) -> bool | None:
    if line.flag("taxexempt"):
        return False
    return bool(_line_tax(line)) if by_line else None


def _line_tax(line: Fields) -> Decimal:
    """The override when it is switched on, else what was calculated; only whether it is zero matters here."""
    name = "taxamount" if line.flag("taxoverride") else "calctaxamount"
    return Decimal(0) if line.raw(name) is None else line.number(name, "tax")


def _unit_discount(line: Fields) -> Decimal:
    return Decimal(0) if line.raw("discamt") is None else line.number("discamt", "unit discount")


def _charges(header: Fields, lines: tuple[Line, ...], currency: str) -> tuple[Charge, ...]:
    """Header charges that are not zero. Those of lines are in them already where sumfrt etc. are set (3.1)."""
    named = [
        Charge(kind, header.money(name, kind, currency), header.flag(flag)) for kind, name, flag in _HEADER_CHARGES
    ]
    named.append(Charge("rounding", _rounding(header, lines, currency)))
    return tuple(charge for charge in named if charge.amount)


def _rounding(header: Fields, lines: tuple[Line, ...], currency: str) -> Money:
    """Detail total less rounded lines where rounding can explain it: one minor unit a line, no more."""
    if header.raw("total") is None:
        return Money.zero(currency)
    detail_total = header.money("total", "detail total", currency)
    difference = detail_total - total([line.amount for line in lines], currency)
    return difference if abs(difference.minor) <= len(lines) else Money.zero(currency)


def id_field(record: SourceRecord) -> str:
    """Where the id of the other system is kept: two companies have a place at a customer, each its own products."""
    if record.entity == "product":
        return "fsprodid"
    return "fscustid" if record.content["primary"] else "altfscustid"


def _party(record: SourceRecord) -> Party:
    source = record.content["customer"]
    customer = Fields(source, "socust", f"customer {source.get('rstk__socust_custno__c') or record.source_id}")
    address, shipping = (
        Fields(record.content[name] or {}, "socaddr", customer.who) for name in ("address", "shipping")
    )
    name = customer.text("sf_account_name") or str(source.get("Name") or "").strip()
    if not name:
        raise bad("missing-name", f"{customer.who} has no name.")
    return Party(
        source_id=record.source_id,
        number=customer.text("custno"),
        name=name,
        email=address.text("email"),
        phone=address.text("phone"),
        address=address.address(),
        shipping=shipping.address(),
        currency=customer.via("custcurr", "sycurr").text("currency"),
        terms=customer.via("terms", "syterms").text("id"),
        tax_id=customer.text("vatid") or customer.text("taxidnumber"),
        # the customer master is shared by all companies of the org and has room for two ids (facts 3.3)
        foreign_id=customer.text(id_field(record)),
    )


def _product(record: SourceRecord) -> Product:
    product = Fields(record.content["product"], "soprod", f"product {record.source_id}")
    sku = product.text("prod")
    if not sku:
        raise bad("missing-sku", f"{product.who} has no product number.")
    return Product(
        source_id=record.source_id,
        sku=sku,
        description=product.text("descr") or sku,
        kind="service" if product.text("prodtype") in SERVICES else "goods",
        foreign_id=product.text(id_field(record)),
    )
