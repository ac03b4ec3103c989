"""The mistakes planted in the demo data, and what the person in charge changes at the source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from invoice_sync.orchestration.local.control import SandboxControl, SandboxRefused


@dataclass(frozen=True)
class Correction:
    """One record of Rootstock, found by its number, and its right values."""

    entity: str
    number_field: str
    number: str
    fields: dict[str, Any]
    said: str


# 6.70 is written as a JSON number, as Salesforce does; it is text for the wire, nothing is counted with it
CORRECTIONS = (
    Correction(
        "rstk__soinv__c",
        "rstk__soinv_invoiceno__c",
        "000120",
        {"rstk__soinv_taxamt__c": 6.70},
        "invoice 000120: tax set to 6.70, so that its total ties",
    ),
    Correction(
        "rstk__soinv__c",
        "rstk__soinv_invoiceno__c",
        "000121",
        {"rstk__soinv_invdate__c": "2026-11-02", "rstk__soinv_duedate__c": "2026-12-02"},
        "invoice 000121: dated 2026-11-02, due 2026-12-02, outside the closed period",
    ),
    Correction(
        "rstk__socust__c",
        "rstk__socust_custno__c",
        "C-1004",
        {"rstk__socust_sf_account_name__c": "Harbor Line Freight (Customer)"},
        "customer C-1004: renamed to Harbor Line Freight (Customer), since a vendor has the old name",
    ),
)


def correct(sandbox: SandboxControl) -> list[str]:
    """Make every correction; answers what was done, in words."""
    for correction in CORRECTIONS:
        sandbox.edit("salesforce", correction.entity, _find(sandbox, correction), correction.fields)
    return [correction.said for correction in CORRECTIONS]


def _find(sandbox: SandboxControl, wanted: Correction) -> str:
    found = [
        str(record["Id"])
        for record in sandbox.records("salesforce", wanted.entity)
        if record.get(wanted.number_field) == wanted.number
    ]
    if len(found) != 1:
        raise SandboxRefused(f"{wanted.entity} {wanted.number}: expected one record, found {len(found)}")
    return found[0]
