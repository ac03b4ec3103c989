"""What the sandbox shows of the first pair: Rootstock on Salesforce, and QuickBooks Online."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from invoice_sync.orchestration.local.acts import Held, Role
from invoice_sync.orchestration.local.control import JournalEntry, SandboxControl

# Salesforce's journal knows records by their Id; people know them by these
NUMBERS = {
    "rstk__soinv__c": "rstk__soinv_invoiceno__c",
    "rstk__socust__c": "rstk__socust_custno__c",
    "rstk__soprod__c": "Name",
}
UPDATED = {
    "rstk__soinv__c": Role.ACKNOWLEDGEMENT,
    "rstk__socust__c": Role.LINK,
    "rstk__soprod__c": Role.LINK,
}
CREATED = {
    "invoice": Role.DOCUMENT,
    "creditmemo": Role.DOCUMENT,
    "customer": Role.REFERENCE,
    "item": Role.REFERENCE,
}
# a credit memo gives back
SIGNS = (("Invoice", 1), ("CreditMemo", -1))
HOME_CURRENCY = "USD"


@dataclass(frozen=True)
class RootstockQuickBooks:
    """A Salesforce org and a QuickBooks company; see `Pair` for what each method owes."""

    org: str
    realm: str
    corrected_in: str = "Rootstock"

    @property
    def sides(self) -> frozenset[tuple[str, str]]:
        return frozenset({("salesforce", self.org), ("quickbooks", self.realm)})

    def role(self, entry: JournalEntry) -> Role:
        """QuickBooks writes entity names in capitals or not."""
        if (entry.vendor, entry.outcome) == ("salesforce", "updated"):
            return UPDATED.get(entry.entity, Role.OTHER)
        if (entry.vendor, entry.outcome) == ("quickbooks", "created"):
            return CREATED.get(entry.entity.lower(), Role.OTHER)
        return Role.OTHER

    def names(self, sandbox: SandboxControl, entries: Sequence[JournalEntry]) -> Mapping[tuple[str, str], str]:
        entities = {entry.entity for entry in entries if entry.vendor == "salesforce"} & set(NUMBERS)
        return {
            (entity, str(record["Id"])): str(record[NUMBERS[entity]])
            for entity in entities
            for record in sandbox.records("salesforce", entity, self.org)
        }

    def held(self, sandbox: SandboxControl) -> tuple[Held, ...]:
        return tuple(
            _held(entity.lower(), record, sign)
            for entity, sign in SIGNS
            for record in sandbox.records("quickbooks", entity, self.realm)
        )


def _held(entity: str, record: Mapping[str, Any], sign: int) -> Held:
    currency = str(record.get("CurrencyRef", {}).get("value", HOME_CURRENCY))
    amount = sign * Decimal(str(record["TotalAmt"]))
    number = str(record.get("DocNumber", ""))
    return Held(str(record["Id"]), number, currency, amount, _needs(record), entity)


def _needs(record: Mapping[str, Any]) -> frozenset[tuple[str, str]]:
    items = [line.get("SalesItemLineDetail", {}).get("ItemRef", {}).get("value") for line in record["Line"]]
    customer = ("customer", str(record["CustomerRef"]["value"]))
    return frozenset({customer, *(("item", str(item)) for item in items if item is not None)})
