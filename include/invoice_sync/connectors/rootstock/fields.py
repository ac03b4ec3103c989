"""Reading the fields of a Rootstock record; what is wrong with one is said in a bookkeeper's words. Pure."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from invoice_sync.connectors.base import Json
from invoice_sync.model.documents import Address
from invoice_sync.model.errors import BadAmount, BadDocument, Problem
from invoice_sync.model.money import Money, exact

IN_ROOTSTOCK = "Correct it in Rootstock, then clear the red task."


def bad(cause: str, reason: str, cure: str = IN_ROOTSTOCK) -> BadDocument:
    """The reason begins with a capital whatever it begins with."""
    return BadDocument(Problem(cause, reason[:1].upper() + reason[1:], cure))


@dataclass(frozen=True, slots=True)
class Fields:
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

    def via(self, name: str, code: str) -> Fields:
        """The record that a look-up leads to; an empty one where it leads nowhere."""
        return Fields(self.record.get(f"rstk__{self.code}_{name}__r") or {}, code, self.who)

    def number(self, name: str, label: str) -> Decimal:
        try:
            return exact(self.raw(name))
        except BadAmount:
            reason = f"The {label} of {self.who} is {self.raw(name) or 'empty'}, which is no number."
            raise bad("not-a-number", reason, IN_ROOTSTOCK) from None

    def money(self, name: str, label: str, currency: str) -> Money:
        """An amount of the header; an empty one is zero."""
        value = 0 if self.raw(name) is None else self.number(name, label)
        try:
            return Money.of(value, currency)
        except BadAmount as error:
            raise bad("not-exact", f"The {label} of {self.who}: {error}.", IN_ROOTSTOCK) from None

    def day(self, name: str, label: str) -> datetime.date | None:
        if not self.raw(name):
            return None
        try:
            return datetime.date.fromisoformat(self.text(name))
        except ValueError:
            reason = f"The {label} of {self.who} is {self.text(name)!r}, which is no date."
            raise bad("bad-date", reason, IN_ROOTSTOCK) from None

    def address(self) -> Address:
        country = self.text("isocountry") or self.text("country")
        lines = (self.text("address1"), self.text("address2"), self.text("address3"))
        return Address(*lines, self.text("city"), self.text("state"), self.text("zip"), country)
