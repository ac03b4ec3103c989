"""What a line costs, and how a document's sums are to be read. Pure.

Whether a line's amount is before or after its own discount, whether the document's discount holds those of the lines,
and whether taxes are inside the amounts is written nowhere in the record (SO303000 shows sums that the API has not).
So the rows themselves decide, to the cent: the first reading that comes to the document's amount is right. Where none
does, the plain one is kept and the gap shows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from invoice_sync.connectors.acumatica.fields import Fields
from invoice_sync.model.money import Money, total

_FINE = Decimal("1e-10")
GROSS = "Gross"


@dataclass(frozen=True, slots=True)
class LineAmounts:
    """`net` is what the line adds to the document, `discount` what is already out of it."""

    quantity: Decimal
    unit_price: Decimal
    net: Money
    discount: Money


@dataclass(frozen=True, slots=True)
class Reading:
    """How the sums of one document are to be understood."""

    lines: tuple[LineAmounts, ...]
    discount: Money
    tax: Money
    inclusive: bool


@dataclass(frozen=True, slots=True)
class _Row:
    quantity: Decimal
    price: Decimal
    amount: Money
    discount: Money
    percent: Decimal

    @property
    def extended(self) -> Money:
        return Money.rounded(self.price * self.quantity, self.amount.currency)


def read(head: Fields, rows: Sequence[Fields], freight: Money, amount: Money) -> Reading:
    """The reading under which lines + freight + tax - discount is `amount`. Raises BadDocument for a bad number."""
    found = [_row(row, amount.currency) for row in rows]
    readings = list(_readings(head, _lines(found), amount.currency))
    return next((each for each in readings if _comes_to(each, freight) == amount), readings[0])


def _comes_to(reading: Reading, freight: Money) -> Money:
    lines = total([line.net for line in reading.lines], freight.currency)
    return lines + freight + reading.tax - reading.discount


def _readings(head: Fields, lines: tuple[LineAmounts, ...], currency: str) -> Iterator[Reading]:
    """Plain ones first. Taxes are inside where the document says so; elsewhere that is the last thing to try."""
    tax, none = head.money("TaxTotal", "tax total", currency), Money.zero(currency)
    says_so = head.text("TaxCalcMode") == GROSS
    discounts = _discounts(head, lines, currency)
    for inclusive in (True, False) if says_so else (False, True):
        for discount in discounts:
            yield Reading(lines, discount, none if inclusive else tax, inclusive and bool(tax))


def _discounts(head: Fields, lines: Sequence[LineAmounts], currency: str) -> list[Money]:
    """Of the document alone: as it says; less those of its lines, where it counts them in; and as its rows say."""
    said = head.money("DiscountTotal", "discount total", currency)
    of_lines = total([line.discount for line in lines], currency)
    rows = [Fields(row, head.who) for row in head.rows("DiscountDetails")]
    listed = [
        row.money("DiscountAmount", "discount", currency)
        for row in rows
        if row.text("Type") in ("Document", "Group") and row.raw("SkipDiscount") is not True
    ]
    return [said, said - of_lines, total(listed, currency)]


def _row(row: Fields, currency: str) -> _Row:
    return _Row(
        row.number("Qty", "quantity"),
        row.number("UnitPrice", "unit price"),
        row.money("Amount", "amount", currency),
        row.money("DiscountAmount", "discount", currency),
        row.number("DiscountPercent", "discount percent"),
    )


def _lines(rows: Sequence[_Row]) -> tuple[LineAmounts, ...]:
    """Amounts are after the lines' own discounts, unless every discounted row shows quantity times price."""
    discounted = [row for row in rows if row.discount]
    gross = bool(discounted) and all(row.amount == row.extended for row in discounted)
    return tuple(_line(row, row.amount - row.discount if gross else row.amount) for row in rows)


def _line(row: _Row, net: Money) -> LineAmounts:
    """A row that costs something without a quantity is one of its kind."""
    quantity = row.quantity if row.quantity or not net else Decimal(1)
    return LineAmounts(quantity, _unit_price(row, quantity, net), net, row.discount)


def _unit_price(row: _Row, quantity: Decimal, net: Money) -> Decimal:
    """Net of the line's discount; the plainest number that comes to the line's amount."""
    for price in (row.price, row.price * (100 - row.percent) / 100):
        if Money.rounded(price * quantity, net.currency) == net:
            return price
    return (net.decimal / quantity).quantize(_FINE, rounding=ROUND_HALF_UP)
