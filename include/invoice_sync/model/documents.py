"""Invoices, parties and products as every system understands them."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from invoice_sync.model.money import Money, total

Entity = Literal["customer", "product", "invoice", "credit_memo", "payment", "shipment"]
ChargeKind = Literal["freight", "handling", "packaging", "rounding"]
Kind = Literal["invoice", "credit_memo"]

PARTIES: tuple[Entity, ...] = ("customer", "product")
"""What documents refer to."""

DOCUMENTS: tuple[Entity, ...] = ("invoice", "credit_memo")
"""What the source gives; in the order in which it is sent, for a credit memo waits for the invoice that it credits."""

PAYMENT: Entity = "payment"
"""What the source has applied to an invoice, where the destination shows it as a record of its own."""

CARRIED: tuple[Entity, ...] = (*DOCUMENTS, PAYMENT)
"""Everything that is delivered, in its order."""

SHIPMENT: Entity = "shipment"
"""What a release flow works on: one shipment that an order has or gets, up to its released invoice."""


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address; every part may be empty."""

    line1: str = ""
    line2: str = ""
    line3: str = ""
    city: str = ""
    state: str = ""
    postcode: str = ""
    country: str = ""


@dataclass(frozen=True, slots=True)
class Party:
    """A customer (later also a vendor). `number` is the source's own, for people to recognise it."""

    source_id: str
    number: str
    name: str
    email: str = ""
    phone: str = ""
    address: Address = field(default_factory=Address)
    currency: str = ""
    tax_id: str = ""
    shipping: Address = field(default_factory=Address)
    terms: str = ""
    foreign_id: str = ""
    """The id of the other system as the source has it on record. Typing one in is a cure, so it is a change."""


@dataclass(frozen=True, slots=True)
class Product:
    """Something sold. `sku` keeps its leading zeros."""

    source_id: str
    sku: str
    description: str
    kind: Literal["goods", "service"] = "goods"
    foreign_id: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """`amount` is quantity x unit price, rounded half up; `unit_price` is net of the line's own discount.

    `taxed`: whether the source taxes the line, None where it does not say so line by line. `sku` for destinations
    that keep no products of their own; `discount`: what is already out of `unit_price`, on the whole line. `kept`:
    (where, which) for people, such as ("lot", "L-17").
    """

    number: int
    product: str
    description: str
    quantity: Decimal
    unit_price: Decimal
    amount: Money
    taxed: bool | None = None
    sku: str = ""
    unit: str = ""
    discount: Money | None = None
    kept: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Tax:
    """One tax of a document. `amount` is in the document's `tax` already."""

    code: str
    amount: Money


@dataclass(frozen=True, slots=True)
class Application:
    """Money that the source has put against a document: a payment, a prepayment, a credit."""

    kind: str
    number: str
    amount: Money
    date: datetime.date | None = None
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Charge:
    """A charge on the header: freight, handling, packaging, or the rounding that closes the lines."""

    kind: ChargeKind
    amount: Money
    taxed: bool = False


@dataclass(frozen=True, slots=True)
class Invoice:
    """A released sales invoice, or a credit memo, whose amounts are positive as well.

    `total` is the source's own and authoritative; all money is in one currency. `rate`: home currency units for
    one unit of the document's, None for the source's home currency. `credits`: source id of the invoice that a
    memo credits. `prepaid`: prepayments that the source has applied; they lower what is open, not the total.
    `balance`: what is open as the source says, None where it does not. `status`: the source's own word. `order_id`:
    the destination's own order that the document came from. `tax_inclusive`: taxes are inside the lines, so `tax`
    is zero and `taxes` tell what is in them.
    """

    source_id: str
    number: str
    division: str
    customer: str
    date: datetime.date
    due_date: datetime.date | None
    lines: tuple[Line, ...]
    charges: tuple[Charge, ...]
    discount: Money
    tax: Money
    total: Money
    kind: Kind = "invoice"
    purchase_order: str = ""
    order_number: str = ""
    email: str = ""
    memo: str = ""
    note: str = ""
    terms: str = ""
    tax_location: str = ""
    ship_date: datetime.date | None = None
    tracking: str = ""
    rate: Decimal | None = None
    credits: str = ""
    prepaid: Money | None = None
    bill_to: Address = field(default_factory=Address)
    ship_to: Address = field(default_factory=Address)
    status: str = ""
    balance: Money | None = None
    applications: tuple[Application, ...] = ()
    taxes: tuple[Tax, ...] = ()
    tax_inclusive: bool = False
    order_id: str = ""

    @property
    def currency(self) -> str:
        return self.total.currency

    @property
    def computed_total(self) -> Money:
        """Lines + charges - discount + tax: what must equal `total`, tolerance 0."""
        parts = [line.amount for line in self.lines] + [charge.amount for charge in self.charges]
        return total(parts, self.currency) - self.discount + self.tax

    @property
    def products(self) -> frozenset[str]:
        """Source ids of the products on the lines; a line may have none."""
        return frozenset(line.product for line in self.lines if line.product)


@dataclass(frozen=True, slots=True)
class Payment:
    """What the source has applied to one invoice under one number: a payment, a prepayment, a credit.

    `invoice`: source id of the invoice; `unreleased`: by how much all that is applied to it exceeds what its balance
    fell by, so that some of it does not count yet.
    """

    source_id: str
    invoice: str
    invoice_number: str
    customer: str
    kind: str
    number: str
    amount: Money
    date: datetime.date | None
    reference: str
    unreleased: Money

    @property
    def label(self) -> str:
        """ "Prepayment 004530 on AR0000160": one payment may be applied to many invoices."""
        return " ".join(f"{self.kind} {self.number} on {self.invoice_number}".split())


Document = Invoice | Party | Product | Payment
