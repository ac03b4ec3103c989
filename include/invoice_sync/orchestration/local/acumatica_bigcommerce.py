"""What the sandbox shows of the second pair: a tenant of Acumatica, and its store with B2B Edition."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from invoice_sync.orchestration.local.acts import Held, Role
from invoice_sync.orchestration.local.control import JournalEntry, SandboxControl

ROLES = {
    ("acumatica", "Activity"): Role.ACKNOWLEDGEMENT,
    ("bigcommerce", "invoice"): Role.DOCUMENT,
    ("bigcommerce", "company"): Role.REFERENCE,
    ("bigcommerce", "payment"): Role.PAYMENT,
}
# how an invoice in the store says that it is ours
MARKER = "acumatica:invoice:"
GOLDEN, GOLDEN_TOTAL, GOLDEN_OPEN = "AR0000160", Decimal("551.25"), Decimal("3.75")


@dataclass(frozen=True)
class AcumaticaBigCommerce:
    """A tenant and its store; see `Pair` for what each method owes."""

    tenant: str
    store: str
    corrected_in: str = "the store"

    @property
    def sides(self) -> frozenset[tuple[str, str]]:
        return frozenset({("acumatica", self.tenant), ("bigcommerce", self.store)})

    def role(self, entry: JournalEntry) -> Role:
        if entry.outcome != "created":
            return Role.OTHER
        return ROLES.get((entry.vendor, entry.entity), Role.OTHER)

    def names(self, sandbox: SandboxControl, entries: Sequence[JournalEntry]) -> Mapping[tuple[str, str], str]:
        """An activity is known by the invoice that it hangs on."""
        if not any(entry.entity == "Activity" for entry in entries):
            return {}
        invoices = {str(record["id"]): str(record["ReferenceNbr"]) for record in self.booked(sandbox)}
        return {
            ("Activity", str(record["id"])): invoices.get(str(record["RelatedEntityNoteID"]), str(record["Summary"]))
            for record in sandbox.records("acumatica", "Activity", self.tenant)
        }

    def held(self, sandbox: SandboxControl) -> tuple[Held, ...]:
        return tuple(_held(record) for record in self.shown(sandbox))

    def booked(self, sandbox: SandboxControl) -> list[dict[str, Any]]:
        """Every receivable of the tenant."""
        return sandbox.records("acumatica", "Invoice", self.tenant)

    def shown(self, sandbox: SandboxControl) -> list[dict[str, Any]]:
        """Every invoice of the store."""
        return sandbox.records("bigcommerce", "invoice", self.store)


BRIGHTWATER = AcumaticaBigCommerce("Brightwater", "hw7kq2x9ab")
STONEBRIDGE = AcumaticaBigCommerce("Stonebridge", "mt4zr8c1de")


def golden(pair: AcumaticaBigCommerce, sandbox: SandboxControl) -> list[str]:
    """The first seed's AR0000160: 500.00 + 51.25 tax - 547.50 prepaid = 3.75 open; what is wrong with it."""
    found = [row for row in pair.shown(sandbox) if row["invoiceNumber"] == GOLDEN]
    amounts = [balances(row) for row in found]
    if amounts == [(GOLDEN_TOTAL, GOLDEN_OPEN)]:
        return []
    told = ", ".join(f"{still_open} of {total}" for total, still_open in amounts) or "no such invoice"
    return [f"the store must show {GOLDEN_OPEN} of {GOLDEN_TOTAL} open for {GOLDEN}, but shows {told}"]


def balances(shown: Mapping[str, Any]) -> tuple[Decimal, Decimal]:
    """Of an invoice of a store: its total, and what is open of it."""
    return Decimal(str(shown["originalBalance"]["value"])), Decimal(str(shown["openBalance"]["value"]))


def crossings(pairs: Sequence[AcumaticaBigCommerce], sandbox: SandboxControl) -> list[str]:
    """Invoices of ours in a store that are not, number for number and to the cent, those of its own tenant."""
    return [line for pair in pairs for line in _strangers(pair, sandbox)]


def wrongly_open(pairs: Sequence[AcumaticaBigCommerce], sandbox: SandboxControl) -> list[str]:
    """Invoices of which more or less is open in a store than its tenant says, however the flow shows what is paid."""
    return [line for pair in pairs for line in _wrongly_open(pair, sandbox)]


def _wrongly_open(pair: AcumaticaBigCommerce, sandbox: SandboxControl) -> Iterator[str]:
    due = {_marker(row): Decimal(str(row["Balance"])) for row in pair.booked(sandbox)}
    for row in pair.shown(sandbox):
        mark, still_open = str(row["externalId"]), balances(row)[1]
        if mark in due and due[mark] != still_open:
            yield f"store {pair.store} shows {still_open} open for {row['invoiceNumber']}, {pair.tenant} {due[mark]}"


def _marker(row: Mapping[str, Any]) -> str:
    return f"{MARKER}{row['Type']}/{row['ReferenceNbr']}"


def _strangers(pair: AcumaticaBigCommerce, sandbox: SandboxControl) -> Iterator[str]:
    """Both tenants have an AR0000160: the amount and the buyer tell them apart."""
    own = {_marker(row): (Decimal(str(row["Amount"])), str(row["Customer"])) for row in pair.booked(sandbox)}
    for row in pair.shown(sandbox):
        mark, told = str(row["externalId"]), (balances(row)[0], str(row["externalCustomerId"]))
        if mark.startswith(MARKER) and own.get(mark) != told:
            there = f"{row['invoiceNumber']} over {told[0]} of {told[1]}"
            yield f"store {pair.store} shows {there}, which {pair.tenant} does not have"


def _held(record: Mapping[str, Any]) -> Held:
    needs = frozenset({("company", str(record["customerId"]))})
    currency, (total, _) = str(record["originalBalance"]["code"]), balances(record)
    return Held(str(record["id"]), str(record["invoiceNumber"]), currency, total, needs)
