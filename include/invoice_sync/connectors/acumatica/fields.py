"""Reading the wrapped fields of an Acumatica record; what is wrong with one is said in a bookkeeper's words. Pure.

Every field comes as {"value": ...}; one that is missing, {} or {"value": null} is empty alike.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from invoice_sync.connectors.base import Json
from invoice_sync.model.documents import Address
from invoice_sync.model.errors import BadAmount, BadDocument, Problem
from invoice_sync.model.money import Money, exact

IN_ACUMATICA = "Correct it in Acumatica, then clear the red task."
_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[T ].*)?")
_NOTHING: Json = {}


def bad(cause: str, reason: str, cure: str = IN_ACUMATICA) -> BadDocument:
    """The reason begins with a capital whatever it begins with."""
    return BadDocument(Problem(cause, reason[:1].upper() + reason[1:], cure))


def value_of(record: Json, name: str) -> Any:
    """The bare value of a field, None for an empty one."""
    held = record.get(name)
    return held.get("value") if isinstance(held, Mapping) else None


def text_of(record: Json, name: str) -> str:
    """The text of a field without the padding of keys."""
    value = value_of(record, name)
    return "" if value is None else str(value).strip()


def custom_of(record: Json, view: str, name: str) -> str:
    """The text of a custom field that was asked for with $custom; empty when the site does not show it."""
    held = record.get("custom")
    fields = held.get(view) if isinstance(held, Mapping) else None
    return text_of(fields, name) if isinstance(fields, Mapping) else ""


@dataclass(frozen=True, slots=True)
class Fields:
    """Reads one record, or one row of it; what is wrong with a field is said in terms of `who`."""

    record: Json
    who: str

    def raw(self, name: str) -> Any:
        return value_of(self.record, name)

    def text(self, name: str) -> str:
        return text_of(self.record, name)

    def part(self, name: str) -> Fields:
        """A linked object; an empty one where there is none."""
        held = self.record.get(name)
        return Fields(held if isinstance(held, Mapping) else _NOTHING, self.who)

    def rows(self, name: str) -> Sequence[Json]:
        """The rows of a collection."""
        held = self.record.get(name)
        return [row for row in held if isinstance(row, Mapping)] if isinstance(held, list) else []

    def number(self, name: str, label: str) -> Decimal:
        """An empty one is zero."""
        value = self.raw(name)
        try:
            return exact(0 if value is None else value)
        except BadAmount:
            raise bad("not-a-number", f"The {label} of {self.who} is {value!r}, which is no number.") from None

    def money(self, name: str, label: str, currency: str) -> Money:
        """An amount in the document's currency; an empty one is zero."""
        value = self.number(name, label)
        try:
            return Money.of(value, currency)
        except BadAmount as error:
            raise bad("not-exact", f"The {label} of {self.who}: {error}.") from None

    def day(self, name: str, label: str) -> datetime.date | None:
        """The date part as it is written: a document's dates are days, whatever offset follows them."""
        text = self.text(name)
        if not text:
            return None
        written = _DAY.fullmatch(text)
        try:
            return datetime.date.fromisoformat(written[1] if written else text)
        except ValueError:
            raise bad("bad-date", f"The {label} of {self.who} is {text!r}, which is no date.") from None

    def address(self) -> Address:
        return Address(
            line1=self.text("AddressLine1"),
            line2=self.text("AddressLine2"),
            city=self.text("City"),
            state=self.text("State"),
            postcode=self.text("PostalCode"),
            country=self.text("Country"),
        )
