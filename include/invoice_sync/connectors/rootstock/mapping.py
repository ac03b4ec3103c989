"""Rootstock's JSON to the model, and the model's news to Rootstock's JSON. Pure."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from invoice_sync.connectors.base import Delivered, Json, Label, Remote, SourceRecord
from invoice_sync.connectors.rootstock.rich_text import plain_text
from invoice_sync.model.documents import Address, Charge, ChargeKind, Document, Invoice, Line, Party, Product
from invoice_sync.model.errors import BadAmount, BadDocument, Problem
from invoice_sync.model.flow import WriteBack
from invoice_sync.model.money import Money, exact, exponent, total

ACCTINVOICE = "rstk__soinv_acctinvoice__c"
TRANSFERRED = "rstk__soinv_transferred__c"
LONGEST_ACCTINVOICE = 30
SERVICES = frozenset({"Service", "Recurring Service", "Entitlement"})
_IN_ROOTSTOCK = "Correct it in Rootstock, then clear the red task."
_HEADER_CHARGES: tuple[tuple[ChargeKind, str], ...] = (
    ("freight", "freightamt"),
    ("handling", "handlingamt"),
    ("packaging", "packageamt"),
)


def to_model(record: SourceRecord) -> Document:
    """The document of a record that `Rootstock.fetch` returned. Raises BadDocument."""
    if record.entity == "invoice":
        return _invoice(record)
    return _party(record) if record.entity == "customer" else _product(record)


def label(record: SourceRecord) -> Label:
    """How people recognise the record, even when it cannot be mapped; never raises."""
    if record.entity == "invoice":
        header = _Fields(record.content["header"], "soinv", "")
        party = header.via("custno", "socust").text("custno")
        return Label(header.text("invoiceno") or record.source_id, party, _readable_total(header))
    if record.entity == "customer":
        return Label(_Fields(record.content["customer"], "socust", "").text("custno") or record.source_id)
    return Label(_Fields(record.content["product"], "soprod", "").text("prod") or record.source_id)


def stamp(own: str, parts: Iterable[str]) -> str:
    """One stamp for a record and its parts: the newest of all, and how many parts there are.

    A changed line need not move its header (facts 6.1), and a deleted line leaves no stamp of its own. All
    stamps come from one server in one format, so they sort as text.
    """
    stamps = list(parts)
    return f"{max([own, *stamps])}/{len(stamps)}"


def is_in_queue(header: Json, company: str) -> bool:
    """Whether the invoice still waits to be exported for our company."""
    fields = _Fields(header, "soinv", "")
    open_flags = [fields.flag(name) for name in ("transferred", "cancelled", "inprocess")]
    theirs = fields.via("div", "sydiv").via("cmpno", "sycmp").text("cmpno")
    wanted = fields.flag("approved") and fields.text("txntype") == "Invoice"
    return wanted and not any(open_flags) and theirs == company


def acknowledgement(source_id: str, mode: WriteBack, done: Delivered, today: str) -> Json | None:
    """What the invoice is told after its delivery: its number over there, and that no error is left."""
    if mode == "none":
        return None
    if len(done.number) > LONGEST_ACCTINVOICE:
        # cut, it would name another document
        raise _bad(
            "number-too-long-for-source",
            f"The number {done.number} has {len(done.number)} characters; Rootstock keeps {LONGEST_ACCTINVOICE}.",
            "Give the document a shorter number, or set write_back of the flow to none.",
        )
    told: dict[str, Any] = {
        "Id": source_id,
        ACCTINVOICE: done.number,
        "rstk__soinv_errortext__c": None,
        "rstk__soinv_errordate__c": None,
    }
    if mode == "transferred_flag":
        told |= {TRANSFERRED: True, "rstk__soinv_datetransfer__c": today}
    return told


def facts_of(fields: Json) -> dict[str, str]:
    """The comparable facts of what `fields` says of an invoice; those it leaves out are not there."""
    facts = {}
    if ACCTINVOICE in fields:
        facts["acctinvoice"] = str(fields[ACCTINVOICE] or "")
    if TRANSFERRED in fields:
        facts["transferred"] = "true" if fields[TRANSFERRED] else "false"
    return facts


def remote_invoice(row: Json) -> Remote:
    """An invoice as it stands at the source, for comparing with what an acknowledgement asked for."""
    facts = facts_of(row)
    live = not row.get("rstk__soinv_cancelled__c")
    return Remote(str(row["Id"]), str(row["SystemModstamp"]), facts["acctinvoice"], facts, live)


@dataclass(frozen=True, slots=True)
class _Fields:
    """Reads the fields of one record; what is wrong with one is said in terms of `who`."""

    record: Json
    code: str
    who: str

    def raw(self, name: str) -> Any:
        return self.record.get(f"rstk__{self.code}_{name}__c")

    def text(self, name: str) -> str:
        return str(self.raw(name) or "").strip()

    def flag(self, name: str) -> bool:
        return self.raw(name) is True

    def via(self, name: str, code: str) -> _Fields:
        """The record that a look-up leads to; an empty one where it leads nowhere."""
        return _Fields(self.record.get(f"rstk__{self.code}_{name}__r") or {}, code, self.who)

    def number(self, name: str, label: str) -> Decimal:
        try:
            return exact(self.raw(name))
        except BadAmount:
            reason = f"The {label} of {self.who} is {self.raw(name) or 'empty'}, which is no number."
            raise _bad("not-a-number", reason, _IN_ROOTSTOCK) from None

    def money(self, name: str, label: str, currency: str) -> Money:
        """An amount of the header; an empty one is zero."""
        value = 0 if self.raw(name) is None else self.number(name, label)
        try:
            return Money.of(value, currency)
        except BadAmount as error:
            raise _bad("not-exact", f"The {label} of {self.who}: {error}.", _IN_ROOTSTOCK) from None

    def day(self, name: str, label: str) -> datetime.date | None:
        if not self.raw(name):
            return None
        try:
            return datetime.date.fromisoformat(self.text(name))
        except ValueError:
            reason = f"The {label} of {self.who} is {self.text(name)!r}, which is no date."
            raise _bad("bad-date", reason, _IN_ROOTSTOCK) from None

    def address(self) -> Address:
        country = self.text("isocountry") or self.text("country")
        lines = (self.text("address1"), self.text("address2"), self.text("address3"))
        return Address(*lines, self.text("city"), self.text("state"), self.text("zip"), country)


def _invoice(record: SourceRecord) -> Invoice:
    source, rows = record.content["header"], record.content["lines"]
    header = _Fields(source, "soinv", f"invoice {source.get('rstk__soinv_invoiceno__c') or record.source_id}")
    _refuse_strangers(header)
    currency = _currency(header)
    lines = _lines(header, rows, currency)
    division = header.via("div", "sydiv").text("div")
    return Invoice(
        source_id=record.source_id,
        number=header.text("invoiceno"),
        division=division,
        customer=_customer_to_bill(header),
        date=_invoice_date(header),
        due_date=header.day("duedate", "due date"),
        lines=lines,
        charges=_charges(header, lines, currency),
        discount=header.money("discamt", "order discount", currency),
        tax=_tax(header, currency),
        total=_total(header, currency),
        purchase_order=header.via("order", "sohdr").text("custpo"),
        email=header.text("email"),
        memo=plain_text(header.text("extcomment")),
        bill_to=header.address(),
    )


def _refuse_strangers(header: _Fields) -> None:
    kind = header.text("txntype")
    if kind != "Invoice":
        # amounts of a credit memo are stored positive: taken for an invoice it would bill what it gives back
        reason = f"{header.who} is a {kind or 'document without a type'}; only invoices are carried."
        raise _bad("not-an-invoice", _sentence(reason), "Enter it in the accounting system by hand.")
    if not header.text("invoiceno"):
        raise _bad("missing-number", _sentence(f"{header.who} has no invoice number."), _IN_ROOTSTOCK)


def _currency(header: _Fields) -> str:
    home = header.via("div", "sydiv").via("cmpno", "sycmp").via("homecurr", "sycurr").text("currency")
    currency = header.text("currency") or home
    try:
        exponent(currency)
    except BadAmount:
        reason = f"The currency of {header.who} is {currency or 'empty'}, which is no ISO 4217 code such as USD."
        cure = "Correct the currency of the customer or the company in Rootstock, then clear the red task."
        raise _bad("unknown-currency", reason, cure) from None
    return currency


def _customer_to_bill(header: _Fields) -> str:
    """The order's customer, or the one that it has as "Invoicing and Credit Customer" (facts 3.3)."""
    customer = header.via("custno", "socust").text("fincust") or header.text("custno")
    if not customer:
        raise _bad("missing-customer", _sentence(f"{header.who} has no customer."), _IN_ROOTSTOCK)
    return customer


def _invoice_date(header: _Fields) -> datetime.date:
    day = header.day("invdate", "invoice date")
    if day is None:
        raise _bad("missing-date", _sentence(f"{header.who} has no invoice date."), _IN_ROOTSTOCK)
    return day


def _total(header: _Fields, currency: str) -> Money:
    if header.raw("grandtotal") is None:
        raise _bad("missing-total", _sentence(f"{header.who} has no invoice total."), _IN_ROOTSTOCK)
    return header.money("grandtotal", "invoice total", currency)


def _readable_total(header: _Fields) -> Money | None:
    try:
        return _total(header, _currency(header))
    except BadDocument:
        return None


def _tax(header: _Fields, currency: str) -> Money:
    """Override when there is one, else the calculated tax; shipping tax on top.

    Open points of the facts (section 12, 1 and 10): whether an override of 0 means "none" or "no tax", and
    whether taxamt holds the shipping tax already. Where a guess is wrong the parts do not add up to the
    invoice total, and the invoice goes to review instead of out.
    """
    override = header.money("taxovramt", "tax override", currency)
    calculated = header.money("taxamt", "tax", currency)
    return (override or calculated) + header.money("shippingtax", "shipping tax", currency)


def _lines(header: _Fields, rows: Iterable[Json], currency: str) -> tuple[Line, ...]:
    lines = tuple(_line(header, row, currency) for row in rows)
    if not lines:
        raise _bad("no-lines", _sentence(f"{header.who} has no lines."), _IN_ROOTSTOCK)
    return tuple(sorted(lines, key=lambda line: line.number))


def _line(header: _Fields, row: Json, currency: str) -> Line:
    """A line that is not printed (noprint) is billed all the same, so it counts."""
    place = _Fields(row, "soinvline", header.who).number("invline", "line number")
    line = _Fields(row, "soinvline", f"line {place.normalize():f} of {header.who}")
    product = line.via("prod", "soprod")
    if not line.text("prod"):
        raise _bad("missing-product", _sentence(f"{line.who} has no product."), _IN_ROOTSTOCK)
    quantity = line.number("qty", "quantity")
    unit_price = line.number("price", "price") - _unit_discount(line)
    return Line(
        number=int(place),
        product=line.text("prod"),
        description=product.text("descr") or product.text("prod"),
        quantity=quantity,
        unit_price=unit_price,
        amount=Money.rounded(unit_price * quantity, currency),
    )


def _unit_discount(line: _Fields) -> Decimal:
    return Decimal(0) if line.raw("discamt") is None else line.number("discamt", "unit discount")


def _charges(header: _Fields, lines: tuple[Line, ...], currency: str) -> tuple[Charge, ...]:
    """Header charges that are not zero. Those of lines are in them already where sumfrt etc. are set (3.1)."""
    named = [(kind, header.money(name, kind, currency)) for kind, name in _HEADER_CHARGES]
    named.append(("rounding", _rounding(header, lines, currency)))
    return tuple(Charge(kind, amount) for kind, amount in named if amount)


def _rounding(header: _Fields, lines: tuple[Line, ...], currency: str) -> Money:
    """Detail total less rounded lines where rounding can explain it: one minor unit a line, no more."""
    if header.raw("total") is None:
        return Money.zero(currency)
    detail_total = header.money("total", "detail total", currency)
    difference = detail_total - total([line.amount for line in lines], currency)
    return difference if abs(difference.minor) <= len(lines) else Money.zero(currency)


def _party(record: SourceRecord) -> Party:
    source = record.content["customer"]
    customer = _Fields(source, "socust", f"customer {source.get('rstk__socust_custno__c') or record.source_id}")
    address = _Fields(record.content["address"] or {}, "socaddr", customer.who)
    name = customer.text("sf_account_name") or str(source.get("Name") or "").strip()
    if not name:
        raise _bad("missing-name", _sentence(f"{customer.who} has no name."), _IN_ROOTSTOCK)
    return Party(
        source_id=record.source_id,
        number=customer.text("custno"),
        name=name,
        email=address.text("email"),
        phone=address.text("phone"),
        address=address.address(),
        tax_id=customer.text("vatid") or customer.text("taxidnumber"),
        # the customer master is shared by all companies of the org and has room for two ids (facts 3.3)
        foreign_id=customer.text("fscustid" if record.content["primary"] else "altfscustid"),
    )


def _product(record: SourceRecord) -> Product:
    product = _Fields(record.content["product"], "soprod", f"product {record.source_id}")
    sku = product.text("prod")
    if not sku:
        raise _bad("missing-sku", _sentence(f"{product.who} has no product number."), _IN_ROOTSTOCK)
    return Product(
        source_id=record.source_id,
        sku=sku,
        description=product.text("descr") or sku,
        kind="service" if product.text("prodtype") in SERVICES else "goods",
        foreign_id=product.text("fsprodid"),
    )


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _bad(cause: str, reason: str, cure: str) -> BadDocument:
    return BadDocument(Problem(cause, reason, cure))
