"""The contract with systems in which an order is shipped, invoiced and released step by step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from invoice_sync.connectors.base import Inspection, Json, Writer
from invoice_sync.model.errors import Problem
from invoice_sync.model.flow import Options
from invoice_sync.model.money import Money

CONFIRM, PREPARE, REMOVE_HOLD, RELEASE = "confirm_shipment", "prepare_invoice", "remove_hold", "release"
"""What follows CREATE, which makes the shipment; in this order. REMOVE_HOLD only where the invoice is on hold."""


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One line of an order, as the shipment screen shows it. Quantities are in `unit`."""

    sku: str
    warehouse: str
    location: str
    unit: str
    shipped: Decimal
    ordered: Decimal
    open: Decimal


@dataclass(frozen=True, slots=True)
class OrderState:
    """An order as it stands now. `key` is how the flow names it, `number` how people do.

    `shipments`: numbers of those that it has, oldest first. `problem`: why it gets no new one now; an order that
    cannot be read has one, and no lines.
    """

    key: str
    number: str
    customer: str
    status: str
    total: Money
    lines: tuple[OrderLine, ...]
    shipments: tuple[str, ...] = ()
    problem: Problem | None = None

    @property
    def is_open(self) -> bool:
        """Whether anything is left to be shipped, as far as anybody can tell."""
        return any(line.open > 0 for line in self.lines) or not (self.lines or self.problem is None)


@dataclass(frozen=True, slots=True)
class ShipmentState:
    """A shipment and the invoice made of it, as they stand now. `problem`: why it cannot go on."""

    number: str
    status: str
    is_confirmed: bool
    invoice: str = ""
    invoice_status: str = ""
    is_released: bool = False
    is_held: bool = False
    """The invoice is a draft on hold."""

    problem: Problem | None = None

    def needs(self, operation: str) -> bool:
        """Whether this is the step that it waits for."""
        if operation == REMOVE_HOLD:
            return self.is_held
        due = RELEASE if self.invoice else PREPARE if self.is_confirmed else CONFIRM
        return not self.is_released and operation == due


class Fulfilment(Writer, Protocol):
    """Writes: CREATE of a "shipment", then what follows of it; bodies are made here, and pure."""

    def inspect(self, options: Options) -> Inspection: ...

    def for_good(self, options: Options) -> Mapping[str, str]: ...

    def profile(self, options: Options) -> Json: ...

    def key(self, order: str) -> str:
        """Pure. The key of an order that a person has typed: "SO0007845" is "SO/SO0007845"."""

    def chosen(self, saved_filter: str, limit: int | None) -> list[str]:
        """Keys of the orders that a saved filter finds. Raises SettingsError when the filter cannot be used."""

    def orders(self, keys: Sequence[str]) -> Mapping[str, OrderState]:
        """By key, as they stand now; unknown ones are not there."""

    def shipments(self, numbers: Sequence[str]) -> Mapping[str, ShipmentState]:
        """By number, as they stand now, with their invoices; unknown ones are not there."""

    def create_body(self, order: OrderState, warehouse: str, date: str) -> Json:
        """Pure. `date` is YYYY-MM-DD. Holds the shipments that the order has, so that the new one can be told."""

    def next_body(self, operation: str, shipment: ShipmentState) -> Json:
        """Pure."""
