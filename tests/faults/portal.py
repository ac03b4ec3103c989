"""Acumatica to BigCommerce as a subject: every released invoice is in the store once, and the books are told once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from random import Random
from typing import Any, ClassVar

from faults.acumatica import OPEN, READ_FAULTS, AcumaticaFlow
from faults.flow import SIGN_IN_FAULTS, STEPS, WRITE_FAULTS
from faults.subject import Choice, Evidence

BUYERS = ("C00000287", "C00000288", "C00000289", "C00000290", "C00000298", "C 100/7")
NEWCOMERS = 3
# a token of a store does not expire: one that is gone was deleted, and needs a person
LASTING = {name: weight for name, weight in WRITE_FAULTS.items() if name != "expired_token"}
LASTING_READ = {name: weight for name, weight in READ_FAULTS.items() if name != "expired_token"}


@dataclass
class PortalFlow(AcumaticaFlow):
    """Every wave is a night with `scale` new invoices, some of them of buyers that the store has never heard of."""

    name: ClassVar[str] = "acumatica_to_bigcommerce"
    steps: ClassVar[Mapping[str, Sequence[str]]] = STEPS
    settings: ClassVar[Mapping[str, Mapping[str, object]]] = {
        "acumatica": {"requests_per_minute": 0}, "bigcommerce": {"throttle": "off"},
    }  # fmt: skip
    doors = {
        "acumatica/write": WRITE_FAULTS, "acumatica/sign_in": SIGN_IN_FAULTS, "acumatica/read": READ_FAULTS,
        "bigcommerce/write": LASTING, "bigcommerce/read": LASTING_READ,
    }  # fmt: skip

    def more(self, wave: int, dice: Random) -> None:
        self.run = f"night-{wave + 1}"
        self.tries.clear()
        items = self.load.items(5, wave * 5 + 1)
        new = [
            self.load.customer(f"N{wave}{n:02}", f"Newcomer {wave}{n} {dice.randrange(10**6)}")
            for n in range(NEWCOMERS)
        ]
        for n in range(self.scale):
            number = f"AR{wave + 1}{n:06}"
            lines = [
                (item, str(dice.randint(1, 20)), f"{dice.randint(1, 400)}.{dice.randint(0, 99):02}")
                for item in dice.sample(items, dice.randint(1, 3))
            ]
            freight = [(f"{dice.randint(1, 30)}.50", "1.00")] if dice.random() < 0.3 else []
            buyer = new[n] if n < len(new) else dice.choice((*BUYERS, *new))
            self.load.invoice(buyer, lines, number=number, freight=freight)
            self.due[number] = self.books.get("Document", "Invoice", number)["Amount"]

    def options(self, choice: Choice) -> dict[str, Any]:
        return {"unknown_customers": "add", "send_batch": choice.batch, "acknowledge_batch": choice.batch}

    def evidence(self) -> Evidence:
        unfinished, told = self.unfinished(), self._told()
        shown = [row for row in self.records("bigcommerce", "invoice") if row["externalId"].startswith("acumatica:")]
        companies = [row["companyName"] for row in self.records("bigcommerce", "company")]
        return Evidence(
            due=dict(self.due),
            there=[(row["invoiceNumber"], Decimal(row["originalBalance"]["value"])) for row in shown],
            records=[
                *(f"company {name}" for name in companies),
                *(f"activity of {number}" for number, texts in told.items() for _ in texts),
            ],
            told={number: number for number, texts in told.items() if texts},
            wire_keys={}, seen_again=0, issues={},
            open=sum(state in OPEN for state in unfinished.values()),
            unfinished=unfinished,
            write_calls=self.write_calls(),
        )  # fmt: skip

    def _told(self) -> dict[str, list[str]]:
        """By invoice: the sentences that Acumatica has about it."""
        notes = {row["_id"]: row["ReferenceNbr"] for row in self.books.rows("Document")}
        found: dict[str, list[str]] = defaultdict(list)
        for row in self.records("acumatica", "Activity"):
            found[notes.get(row["RelatedEntityNoteID"], "?")].append(row["Summary"])
        return found
