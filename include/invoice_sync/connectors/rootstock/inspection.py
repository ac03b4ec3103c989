"""What `check` looks at in a Rootstock org. Reads only, and never a field that could hold a key or token."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from invoice_sync.connectors.base import Finding, Inspection, Json
from invoice_sync.connectors.rootstock import soql
from invoice_sync.connectors.rootstock.client import Client
from invoice_sync.model.documents import Entity
from invoice_sync.model.flow import WriteBack

_RIGHTS_CURE = (
    "Add them to the permission set of the integration user; if they are not in the org at all, "
    "its Rootstock package is of another version than this connector was written for."
)


@dataclass(frozen=True, slots=True)
class Inspector:
    """Looks at one company of one org."""

    client: Client
    org: str
    company: str

    def inspect(self, write_back: WriteBack) -> Inspection:
        """What cannot be asked before something else is mended is left out."""
        organization = self._only_row(soql.select(("Id", "Name"), "Organization"))
        org = str(organization.get("Id", ""))
        if org[:15] != self.org[:15]:
            return Inspection(f"{org}/{self.company}", "", (self._other_org(),))
        findings = tuple(self._field_findings(write_back))
        if findings:
            return Inspection(f"{org}/{self.company}", str(organization["Name"]), findings)
        return self._inspect_company(org, str(organization["Name"]), write_back)

    def company_row(self) -> Json:
        """The company's own record; empty when the org has no such number."""
        where = f"rstk__sycmp_cmpno__c = {soql.literal(self.company)}"
        return self._only_row(soql.select(soql.COMPANY_FIELDS, soql.COMPANY, where))

    def _inspect_company(self, org: str, name: str, write_back: WriteBack) -> Inspection:
        company = self.company_row()
        if not company:
            return Inspection(f"{org}/", name, (self._no_company(),))
        description = str(company.get("rstk__sycmp_descr__c") or self.company)
        return Inspection(
            tenant=f"{org}/{company['rstk__sycmp_cmpno__c']}",
            name=f"{name}, {description}",
            findings=(*self._native_export(company), *self._setting_findings(write_back)),
            counts=self._counts(company.get("rstk__sycmp_qbprimecmp__c") is True),
            notes=tuple(self._notes()),
        )

    def _field_findings(self, write_back: WriteBack) -> Iterator[Finding]:
        described = {table: self.client.describe(table) for table in soql.required_fields()}
        hidden = list(_hidden(described))
        if hidden:
            yield Finding(f"The integration user does not see: {', '.join(hidden)}.", _RIGHTS_CURE)
        invoice = described[soql.INVOICE] or {}
        closed = [field for field in soql.WRITTEN[write_back] if not invoice.get(field, False)]
        if closed:
            yield Finding(f"The integration user may not change these fields: {', '.join(closed)}.", _RIGHTS_CURE)

    def _native_export(self, company: Json) -> Iterator[Finding]:
        online = str(company.get("rstk__sycmp_qbcompany__c") or "").strip()
        if online:
            # both exports take what is approved and not transferred: together they bill twice (facts 8.8)
            yield Finding(
                f"Rootstock's own QuickBooks export is set up for company {self.company} (Online Company {online}).",
                "Empty Online Company on the Financial Interface tab of Company Master; never let both exports feed "
                "one accounting system.",
            )

    def _setting_findings(self, write_back: WriteBack) -> Iterator[Finding]:
        locks = self.client.values(soql.select((soql.EXPORT_LOCK,), soql.DEFAULTS))
        if any(row.get(soql.EXPORT_LOCK) for row in locks):
            # both exports take what is approved and not transferred: together they bill twice (facts 8.8)
            yield Finding(
                "Rootstock's own sales invoice export is running or was left locked.",
                "Wait until it ends, or release its lock; never let both exports feed one accounting system.",
            )
        if write_back == "transferred_flag" and self.client.describe(soql.FINANCIALS) is not None:
            # there "Transfer to A/R" posts; a flag set by hand would skip the posting (facts 4.1)
            yield Finding(
                "This org has Rootstock Financials: setting the transferred flag by hand would skip its posting.",
                "Set write_back of the flow to acknowledge or none.",
            )

    def without_id(self, entity: Entity, *, primary: bool) -> str:
        """The condition of customers or products that have no id of QuickBooks on record, as Rootstock counts them."""
        if entity == "customer":
            return f"{'rstk__socust_fscustid__c' if primary else 'rstk__socust_altfscustid__c'} = null"
        return f"rstk__soprod_fsprodid__c = null AND {soql.COMPANY_OF_PRODUCT} = {soql.literal(self.company)}"

    def _counts(self, primary: bool) -> Mapping[str, int]:
        """The quantities of Rootstock's export page, under its own names, and how many of them the queue needs."""
        counts: dict[str, int] = {}
        for name, entity in _LACKING:
            lacking, table = self.without_id(entity, primary=primary), soql.TABLES[entity]
            counts[f"{name} Export Qty"] = self.client.count(table, lacking)
            counts[f"{name}s needed by these documents"] = self._needed(table, lacking, entity)
        counts["Invoice Export Qty"] = self.client.count(soql.INVOICE, soql.in_queue(self.company, ["Invoice"]))
        memos = soql.in_queue(self.company, ["Credit Memo"])
        return {**counts, "Credit Memo Export Qty": self.client.count(soql.INVOICE, memos)}

    def _needed(self, table: str, lacking: str, entity: Entity) -> int:
        found: set[str] = set()
        for needed in soql.needed_by_queue(self.company, entity):
            rows = self.client.rows(soql.select(("Id",), table, f"{lacking} AND {needed}"))
            found.update(str(row["Id"]) for row in rows)
        return len(found)

    def _notes(self) -> Iterator[str]:
        prepayments = self.client.count(soql.INVOICE, soql.in_queue(self.company, ["Invoice"], prepayment=True))
        if prepayments:
            yield f"Approved, untransferred prepayment invoices, which are not carried: {prepayments}."

    def _only_row(self, query: str) -> Json:
        return next(iter(self.client.rows(query)), {})

    def _other_org(self) -> Finding:
        return Finding(
            "The sign-in leads to another Salesforce org than the flow is bound to.",
            "Compare host and client id of the Rootstock connection with the flow's tenant; "
            "a refreshed sandbox has a new org id.",
        )

    def _no_company(self) -> Finding:
        return Finding(
            f"The org has no company with the number {self.company}, or the integration user does not see it.",
            "Compare the number behind the slash of the flow's tenant with Company Master in Rootstock.",
        )


_LACKING: tuple[tuple[str, Entity], ...] = (("Product", "product"), ("Customer", "customer"))


def _hidden(described: Mapping[str, Mapping[str, bool] | None]) -> Iterator[str]:
    """Objects and fields that we name in queries and the user does not see."""
    for table, fields in soql.required_fields().items():
        seen = described[table]
        if seen is None:
            yield table
        else:
            yield from (f"{table}.{field}" for field in sorted(fields - seen.keys()))
