"""Act 3: an order is shipped, invoiced and released by its own flow, and the store shows the invoice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from invoice_sync.orchestration.local import conditions
from invoice_sync.orchestration.local.acts import Act, Role
from invoice_sync.orchestration.local.acumatica_bigcommerce import BRIGHTWATER, balances
from invoice_sync.orchestration.local.control import SandboxControl
from invoice_sync.orchestration.local.plays import ORDER

# the journal's own words for what the two buttons made
MADE = ("Shipment", "SalesInvoice")
CHANGED = ("SalesOrder", *MADE)


@dataclass(frozen=True)
class Released:
    """What Acumatica has of the order after the release flow. `made`: what the journal saw created since then."""

    run_id: str
    run_state: str
    order: str
    shipments: tuple[str, ...]
    invoices: tuple[str, ...]
    made: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """As demo.json shows it."""
        return asdict(self)

    def text(self) -> str:
        """As a person reads it."""
        colour = "green" if self.run_state == "success" else "red"
        shipments, invoices = " and ".join(self.shipments) or "none", " and ".join(self.invoices) or "none"
        return f"acumatica_release ended {colour}. Order {self.order}: shipment {shipments}, invoice {invoices}."


def look(sandbox: SandboxControl, run_id: str, run_state: str, since: int) -> Released:
    """At the sandbox, not at what the product says."""
    shipments = [row for row in _rows(sandbox, "Shipment") if _has_order(row["Orders"])]
    invoices = [row for row in _rows(sandbox, "SalesInvoice") if _has_order(row["Details"])]
    made = [
        f"{entry.entity} {entry.key}"
        for entry in sandbox.journal(since)
        if (entry.vendor, entry.tenant, entry.outcome) == ("acumatica", BRIGHTWATER.tenant, "created")
        and entry.entity in MADE
    ]
    numbers = tuple(str(row["ReferenceNbr"]) for row in invoices)
    return Released(run_id, run_state, ORDER, tuple(str(row["ShipmentNbr"]) for row in shipments), numbers, tuple(made))


def failed(sandbox: SandboxControl, released: Released, act: Act) -> list[str]:
    """Every condition of the third act that does not hold."""
    return [*_release(sandbox, released), *_carried(released, act), *_shown(sandbox, released)]


def _release(sandbox: SandboxControl, released: Released) -> Iterator[str]:
    if released.run_state != "success":
        yield f"the release of {released.order} must end green, but ended {released.run_state}"
    if (len(released.shipments), len(released.invoices), len(released.made)) != (1, 1, 2):
        there = f"{released.shipments} and {released.invoices}, made {released.made}"
        yield f"{released.order} must have one shipment and one invoice, each made once, but there is {there}"
    for row in _rows(sandbox, "SalesInvoice"):
        if row["ReferenceNbr"] in released.invoices and row["Status"] != "Open":
            yield f"{row['ReferenceNbr']} must be open after its release, but is {row['Status']}"


def _carried(released: Released, act: Act) -> Iterator[str]:
    if act.run_state != "success":
        yield f"act 3 must end green, but the run ended {act.run_state}"
    for role in (Role.DOCUMENT, Role.ACKNOWLEDGEMENT):
        numbers = tuple(write.document for write in act.chosen(role))
        if numbers != released.invoices:
            yield f"act 3 must write one {role} for {released.invoices}, but wrote {numbers}"
    for write in act.chosen(Role.OTHER):
        if write.vendor != "acumatica" or write.entity not in CHANGED:
            yield f"act 3 {write.outcome} {write.vendor} {write.entity} {write.document}, which is none of its business"
    yield from conditions.figures("act 3", act)


def _shown(sandbox: SandboxControl, released: Released) -> Iterator[str]:
    """What is open there is what is open here."""
    booked = {str(row["ReferenceNbr"]): row for row in _rows(sandbox, "SalesInvoice")}
    for number in released.invoices:
        wanted = [(Decimal(str(booked[number]["Amount"])), Decimal(str(booked[number]["Balance"])))]
        there = [balances(row) for row in BRIGHTWATER.shown(sandbox) if row["invoiceNumber"] == number]
        if there != wanted:
            yield f"the store must show {number} once, with total and open balance {wanted}, but shows {there}"


def _rows(sandbox: SandboxControl, entity: str) -> list[dict[str, Any]]:
    return sandbox.records("acumatica", entity, BRIGHTWATER.tenant)


def _has_order(rows: list[dict[str, Any]]) -> bool:
    return any(row.get("OrderNbr") == ORDER for row in rows)
