"""The mistakes planted in the demo data, and what the person in charge changes where they were made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from invoice_sync.orchestration.local.acumatica_bigcommerce import BRIGHTWATER, STONEBRIDGE
from invoice_sync.orchestration.local.control import SandboxControl, SandboxRefused


@dataclass(frozen=True)
class Correction:
    """One record, found by the value of a field, and its right values; `adds` makes it where there is none."""

    vendor: str
    entity: str
    field: str
    value: str
    fields: dict[str, Any]
    said: str
    tenant: str = ""
    adds: bool = False

    def make(self, sandbox: SandboxControl) -> None:
        """Harmless when repeated. Raises SandboxRefused when the record is not there, or not alone."""
        records = sandbox.records(self.vendor, self.entity, self.tenant)
        found = [record for record in records if str(record.get(self.field)) == self.value]
        if not found and self.adds:
            sandbox.insert(self.vendor, self.entity, {self.field: self.value, **self.fields}, self.tenant)
            return
        if len(found) != 1:
            raise SandboxRefused(f"{self.entity} {self.value}: expected one record, found {len(found)}")
        sandbox.edit(self.vendor, self.entity, _id_of(found[0], self.value), self.fields, self.tenant)


def _id_of(record: dict[str, Any], value: str) -> str:
    """A store has no id beside its hash."""
    return str(record.get("Id") or record.get("id") or value)


# 6.70 is written as a JSON number, as Salesforce does; it is text for the wire, nothing is counted with it
IN_ROOTSTOCK = (
    Correction(
        "salesforce",
        "rstk__soinv__c",
        "rstk__soinv_invoiceno__c",
        "000120",
        {"rstk__soinv_taxamt__c": 6.70},
        "invoice 000120: tax set to 6.70, so that its total ties",
    ),
    Correction(
        "salesforce",
        "rstk__soinv__c",
        "rstk__soinv_invoiceno__c",
        "000121",
        {"rstk__soinv_invdate__c": "2026-11-02", "rstk__soinv_duedate__c": "2026-12-02"},
        "invoice 000121: dated 2026-11-02, due 2026-12-02, outside the closed period",
    ),
    Correction(
        "salesforce",
        "rstk__socust__c",
        "rstk__socust_custno__c",
        "C-1004",
        {"rstk__socust_sf_account_name__c": "Harbor Line Freight (Customer)"},
        "customer C-1004: renamed to Harbor Line Freight (Customer), since a vendor has the old name",
    ),
)
IN_BRIGHTWATERS_STORE = (
    Correction(
        "bigcommerce",
        "company",
        "id",
        "8114",
        {"extraFields": {"ERP Customer ID": "C00000291"}},
        "buyer Cedar Valley Clinic (8114): got its ERP Customer ID C00000291",
        tenant=BRIGHTWATER.store,
    ),
    Correction(
        "bigcommerce",
        "store",
        "hash",
        BRIGHTWATER.store,
        {"currencies": {"USD": 2, "EUR": 2, "JPY": 0, "KWD": 3}},
        "store Harbor Wholesale: takes KWD now",
        tenant=BRIGHTWATER.store,
    ),
)
IN_STONEBRIDGES_STORE = (
    Correction(
        "bigcommerce",
        "company",
        "companyName",
        "Desert Rose Inns",
        {"extraFields": {"ERP Customer ID": "C00000310"}},
        "buyer Desert Rose Inns: added with its ERP Customer ID C00000310",
        tenant=STONEBRIDGE.store,
        adds=True,
    ),
)
CORRECTIONS = (*IN_ROOTSTOCK, *IN_BRIGHTWATERS_STORE, *IN_STONEBRIDGES_STORE)


def correct(sandbox: SandboxControl, corrections: Sequence[Correction] = CORRECTIONS) -> list[str]:
    """Make these corrections; answers what was done, in words."""
    for correction in corrections:
        correction.make(sandbox)
    return [correction.said for correction in corrections]
