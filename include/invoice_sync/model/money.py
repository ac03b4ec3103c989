"""Amounts as integer minor units of one currency; no binary float ever comes near them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal, Inexact, InvalidOperation
from functools import lru_cache

from iso4217 import Currency

from invoice_sync.model.errors import BadAmount

LARGEST = 10**18 - 1  # minor units that fit the ledger's 64 bits
_EXACTLY = Context(prec=60, traps=[Inexact])  # the default context would round off the 29th digit in silence


@lru_cache(maxsize=256)
def exponent(currency: str) -> int:
    """Digits after the decimal point of an ISO 4217 currency: USD 2, JPY 0, KWD 3.

    Raises BadAmount for a code that ISO 4217 does not list.
    """
    try:
        return int(Currency(currency).exponent or 0)
    except ValueError:
        raise BadAmount(f"{currency!r} is not an ISO 4217 currency code") from None


def exact(value: object) -> Decimal:
    """A finite Decimal out of a Decimal, an int or a numeral as text. Raises BadAmount; refuses floats."""
    if type(value) is Decimal and value.is_finite():
        return value
    if isinstance(value, bool | float) or value is None or (isinstance(value, str) and "_" in value):
        raise BadAmount(f"{value!r} is not an exact number")
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise BadAmount(f"{value!r} is not a number") from None
    if not number.is_finite():
        raise BadAmount(f"{value!r} is not a finite number")
    return number


@dataclass(frozen=True, slots=True)
class Money:
    """`minor` units (cents for USD) of `currency` (ISO 4217, upper case)."""

    minor: int
    currency: str

    @classmethod
    def of(cls, value: object, currency: str) -> Money:
        """The exact amount; "349.5000" is 349.50, "349.5010" raises BadAmount."""
        scaled = _in_minor_units(exact(value), currency)
        if scaled != scaled.to_integral_value():
            raise BadAmount(f"{value} has more decimals than {currency} allows")
        return cls(int(scaled), currency)

    @classmethod
    def rounded(cls, value: Decimal, currency: str) -> Money:
        """The amount rounded half up, away from zero at the half: the rule of QuickBooks' line amounts."""
        scaled = _in_minor_units(value, currency)
        return cls(int(scaled.to_integral_value(rounding=ROUND_HALF_UP)), currency)

    @classmethod
    def zero(cls, currency: str) -> Money:
        return cls(0, currency)

    @property
    def decimal(self) -> Decimal:
        """The amount in major units with the currency's own number of decimals."""
        return Decimal(self.minor).scaleb(-exponent(self.currency))

    def __add__(self, other: Money) -> Money:
        self._same_currency(other)
        return Money(self.minor + other.minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        return self + -other

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __bool__(self) -> bool:
        return self.minor != 0

    def __str__(self) -> str:
        return f"{self.decimal:,f} {self.currency}"

    def _same_currency(self, other: Money) -> None:
        if self.currency != other.currency:
            raise BadAmount(f"{self.currency} and {other.currency} cannot be added or compared")


def total(amounts: list[Money], currency: str) -> Money:
    """The exact sum; raises BadAmount when one of them is in another currency."""
    return sum(amounts, Money.zero(currency))


def in_major_units(minor: int, currency: str) -> str:
    """Plain decimal text such as "226.70", for reports and JSON."""
    return f"{Money(minor, currency).decimal:f}"


def _in_minor_units(value: Decimal, currency: str) -> Decimal:
    try:
        scaled = value.scaleb(exponent(currency), _EXACTLY)
    except Inexact:
        raise BadAmount(f"{value} has more digits than any amount") from None
    if abs(scaled) > LARGEST:
        raise BadAmount(f"{value} is larger than any amount")
    return scaled
