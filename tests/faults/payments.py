"""The second pair with `cash: offline_payments`: what is applied in the books is in the store once, and counts once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from random import Random
from typing import Any, ClassVar

from faults.portal import PortalFlow
from faults.subject import Choice, Evidence

PAID, TAKEN_BACK = 0.6, 0.15


@dataclass
class PaymentsFlow(PortalFlow):
    """Every night more than half of the new invoices have a payment, older ones get one, and some are taken back."""

    name: ClassVar[str] = "acumatica_to_bigcommerce"
    title: ClassVar[str] = "acumatica_to_bigcommerce_payments"
    payments: dict[str, tuple[str, str]] = field(default_factory=dict)
    """By number of a payment that counts: its invoice, and its name in the ledger."""

    def more(self, wave: int, dice: Random) -> None:
        self._take_some_back(dice)
        old = list(self.due)
        super().more(wave, dice)
        new = [number for number in self.due if number not in old]
        older = dice.sample(old, min(len(old), self.scale // 5))
        for number in (*(each for each in new if dice.random() < PAID), *older):
            self._pay(number, dice)

    def options(self, choice: Choice) -> dict[str, Any]:
        return {**super().options(choice), "voids": "follow", "bigcommerce": {"cash": "offline_payments"}}

    def evidence(self) -> Evidence:
        """Invoices as ever; what is open of each, which payments move; and every payment under its own name."""
        seen = super().evidence()
        shown = {row["invoiceNumber"]: row for row in self.records("bigcommerce", "invoice")}
        mine = [row for row in self.records("bigcommerce", "payment") if _is_ours(row)]
        open_there = [
            (f"open {number}", Decimal(shown[number]["openBalance"]["value"])) for number in self.due if number in shown
        ]
        paid = [(row["externalId"], Decimal(row["total"]["value"])) for row in mine]
        due = self._open() | self._applied()
        told = {**seen.told, **{number: number for number in due}}
        return replace(seen, due={**seen.due, **due}, there=[*seen.there, *open_there, *paid], told=told)

    def _pay(self, number: str, dice: Random) -> None:
        document = self.books.get("Document", "Invoice", number)
        if document["Balance"] <= Decimal(1):
            return
        amount = (document["Balance"] * Decimal(dice.choice(("0.25", "0.5", "1")))).quantize(Decimal("0.01"))
        made = self.sandbox.vendors["acumatica"].act("Brightwater", "pay", key=f"Invoice/{number}", amount=str(amount))
        self.payments[made["ReferenceNbr"]] = (number, f"Payment/{made['ReferenceNbr']}")

    def _take_some_back(self, dice: Random) -> None:
        for number in [each for each in self.payments if dice.random() < TAKEN_BACK]:
            _, key = self.payments.pop(number)
            self.sandbox.vendors["acumatica"].act("Brightwater", "void_payment", key=key)

    def _open(self) -> dict[str, Decimal]:
        balances = {number: self.books.get("Document", "Invoice", number)["Balance"] for number in self.due}
        return {f"open {number}": balance for number, balance in balances.items()}

    def _applied(self) -> dict[str, Decimal]:
        """As the books tell it, by the name under which it must be in the store."""
        return {
            f"acumatica:payment:Invoice/{number}/{row['DocType']}/{row['AdjustingDocReferenceNbr']}": row["AmountPaid"]
            for number in self.due
            for row in self.books.get("Document", "Invoice", number)["ApplicationsInvoice"]
        }


def _is_ours(row: Mapping[str, Any]) -> bool:
    return str(row["externalId"] or "").startswith("acumatica:")
