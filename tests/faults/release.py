"""The release chain as a subject: goods leave once and are invoiced once, counted in Acumatica's own books."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random
from typing import Any, ClassVar

from faults.acumatica import OPEN, AcumaticaFlow
from faults.subject import Evidence

CHOOSING = "choose"
CUSTOMERS = ("C00000288", "C00000289", "C00000290")
RELEASED = ("Open", "Closed")
WRITES = ("create_shipment", "confirm_shipment", "prepare_invoice", "release")


@dataclass
class ReleaseFlow(AcumaticaFlow):
    """Every wave is a run over orders that a clerk chose: new ones, and those that are not released yet."""

    stages: tuple[str, ...] = (CHOOSING, *WRITES, "report")
    writing: frozenset[str] = frozenset(WRITES)
    orders: list[str] = field(default_factory=list)
    ordered: dict[str, Counter[str]] = field(default_factory=dict)
    name: ClassVar[str] = "acumatica_release"
    steps: ClassVar[Mapping[str, Sequence[str]]] = {CHOOSING: ("check", "select_orders")}

    def more(self, wave: int, dice: Random) -> None:
        self.run = f"run-{wave + 1}"
        self.tries.clear()
        items = self.load.items(5, wave * 5 + 1)
        new = [self._order(f"SO{wave + 1}{n:05}", items, dice) for n in range(self.scale)]
        told = self._invoices()
        self.orders = [order for order in self.due if order in new or not any(told[order].values())]
        self.sandbox.vendors["acumatica"].configure({"operation_seconds": dice.choice((0, 0.1, 0.3))})

    def _order(self, number: str, items: list[str], dice: Random) -> str:
        """Of some goods; some have a shipment that a person has begun by hand."""
        wanted = {item: dice.randint(1, 20) for item in dice.sample(items, dice.randint(1, 3))}
        lines = [
            (item, str(count), f"{dice.randint(1, 400)}.{dice.randint(0, 99):02}") for item, count in wanted.items()
        ]
        self.load.order(dice.choice(CUSTOMERS), lines, OrderNbr=number)
        self.due[number] = self.books.get("SalesOrder", "SO", number)["OrderTotal"]
        self.ordered[number] = Counter(wanted)
        if dice.random() < 0.1:
            self.sandbox.vendors["acumatica"].act("Brightwater", "create_shipment", key=number)
        return number

    def chosen(self) -> list[str]:
        return self.orders

    def evidence(self) -> Evidence:
        unfinished, told = self.unfinished(), self._invoices()
        rows = [row for row in self.records("acumatica", "SalesInvoice") if _order_of(row) in self.due]
        return Evidence(
            due=dict(self.due),
            there=[(_order_of(row), Decimal(row["Amount"])) for row in rows],
            records=[f"shipment of {order}" for order in self._shipments().elements()],
            told={order: order for order, found in told.items() if list(found.values()) == [True]},
            wire_keys={}, seen_again=0, issues={},
            open=sum(state in OPEN for state in unfinished.values()),
            unfinished=unfinished,
            write_calls=self.write_calls(),
        )  # fmt: skip

    def harm(self) -> dict[str, int]:
        """Goods and invoices, counted in Acumatica's books."""
        moved: dict[str, Counter[str]] = defaultdict(Counter)
        for row in self.records("acumatica", "Shipment"):
            for line in row["Details"]:
                moved[line["OrderNbr"]][line["InventoryID"]] += line["ShippedQty"]
        wrong = [order for order, wanted in self.ordered.items() if moved[order] != wanted]
        gone = self._gone_from_the_shelves()
        asked: Counter[str] = sum(self.ordered.values(), Counter())
        return {
            "double_shipments": sum(max(0, count - 1) for count in self._shipments().values()),
            "double_invoices": sum(max(0, len(found) - 1) for found in self._invoices().values()),
            "wrong_quantity": len(wrong) + sum(gone[item] != count for item, count in asked.items()),
        }

    def _gone_from_the_shelves(self) -> Counter[str]:
        left = {row["InventoryID"]: row["Qty"] for row in self.records("acumatica", "Stock")}
        return Counter({item: int(1_000_000 - left[item]) for item in left if item.startswith("LI")})

    def _shipments(self) -> Counter[str]:
        """How many each of our orders has."""
        rows = self.records("acumatica", "Shipment")
        return Counter(row["Orders"][0]["OrderNbr"] for row in rows if row["Orders"][0]["OrderNbr"] in self.due)

    def _invoices(self) -> dict[str, dict[str, bool]]:
        """By order: each of its invoices, and whether it is released."""
        found: dict[str, dict[str, bool]] = defaultdict(dict)
        for row in self.records("acumatica", "SalesInvoice"):
            found[_order_of(row)][row["ReferenceNbr"]] = row["Status"] in RELEASED
        return found


def _order_of(invoice: Mapping[str, Any]) -> str:
    return str(invoice["Details"][0].get("OrderNbr"))
