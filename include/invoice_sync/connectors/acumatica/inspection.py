"""What `check` looks at in an Acumatica tenant. Reads only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from invoice_sync.connectors.acumatica.client import Client, Unlisted, any_of
from invoice_sync.connectors.acumatica.look import Look
from invoice_sync.connectors.acumatica.notes import CustomField
from invoice_sync.connectors.acumatica.sign_in import Credentials
from invoice_sync.connectors.base import Finding, Inspection, Json
from invoice_sync.model.flow import AcumaticaOptions, WriteBack

OLDEST = (23, 200, 1)
"""Older endpoints show no LastModifiedDateTime of sales invoices, so that nobody could tell what changed."""

NEEDED = (
    "Type", "ReferenceNbr", "Status", "Date", "DueDate", "CustomerID", "Currency", "Amount", "Balance", "DetailTotal",
    "DiscountTotal", "FreightPrice", "TaxTotal", "LastModifiedDateTime", "Details", "TaxDetails", "ApplicationsInvoice",
)  # fmt: skip
ORDER_NEEDED = ("OrderType", "OrderNbr", "Status", "CustomerID", "OrderTotal", "Details", "Shipments")
SHIPMENT_NEEDED = ("ShipmentNbr", "Status", "Details", "Orders")
COUNTED = 2000
_NAMELESS = "The site does not say which tenant answered; a site with one tenant takes any name."
_EXTENDED = "Use a newer Default endpoint, or add them to the extended one on Web Service Endpoints (SM207060)."


@dataclass(frozen=True, slots=True)
class Inspector:
    """Looks at one tenant."""

    client: Client
    credentials: Credentials
    options: AcumaticaOptions
    field: CustomField | None

    def inspect(self, write_back: WriteBack) -> Inspection:
        """What cannot be asked before something else is mended is left out."""
        found = self._first()
        if found.findings:
            return found
        order_field = self.options.order_id.get("field")
        needed = (*NEEDED, *([order_field] if order_field else []))
        findings = (*self._fields_of("SalesInvoice", needed), *self._told(write_back))
        if findings:
            return replace(found, findings=findings)
        counts, notes = self._counts()
        return replace(found, counts=counts, notes=(*found.notes, *notes))

    def inspect_release(self) -> Inspection:
        """The same for a flow that ships and releases."""
        found = self._first()
        if found.findings:
            return found
        findings = [*self._fields_of("SalesOrder", ORDER_NEEDED), *self._fields_of("Shipment", SHIPMENT_NEEDED)]
        return replace(found, findings=tuple(findings))

    def _first(self) -> Inspection:
        """Who answered, and whether the endpoint and the branch are there."""
        offered = self.client.endpoints()
        session, given = self.client.session, self.credentials
        same = session.tenant.casefold() in ("", given.tenant.casefold())
        name = given.tenant if same else session.tenant
        notes = () if session.tenant else (_NAMELESS,)
        findings = (*self._endpoint(offered), *self._branch())
        return Inspection(f"{name}/{given.branch}", f"tenant {name}", findings, notes=notes)

    def _endpoint(self, offered: list[tuple[str, str]]) -> Iterator[Finding]:
        given = self.credentials
        if given.endpoint == "Default" and version_of(given.version) < OLDEST:
            yield Finding(
                f"Endpoint Default/{given.version} is too old: it shows no time of change of sales invoices.",
                "Set endpoint_version of the connection to 23.200.001 or newer; 24.200.001 is recommended.",
            )
        if (given.endpoint, given.version) not in offered:
            listed = ", ".join(f"{name}/{version}" for name, version in offered) or "none"
            yield Finding(
                f"The site does not offer endpoint {given.endpoint}/{given.version}; it offers {listed}.",
                "Set endpoint and endpoint_version of the connection to one of these.",
            )

    def _branch(self) -> Iterator[Finding]:
        """A site ignores a branch that it does not know, or that the user may not enter."""
        wanted, found = self.credentials.branch, self.client.session.branch
        if wanted and found and found.casefold() != wanted.casefold():
            yield Finding(
                f"The sign-in leads to branch {found} of Acumatica, but the flow is bound to {wanted}.",
                "Correct the branch behind the slash of the flow's tenant, or give the API user access to it.",
            )

    def _fields_of(self, entity: str, needed: Sequence[str]) -> Iterator[Finding]:
        schema = self.client.schema(entity)
        missing = [name for name in needed if name not in schema]
        if missing:
            yield Finding(f"The endpoint does not show these fields of {entity}: {', '.join(missing)}.", _EXTENDED)

    def _told(self, write_back: WriteBack) -> Iterator[Finding]:
        """Whether what the flow writes back has a place."""
        if write_back == "activity":
            yield from self._fields_of("Activity", ("Summary", "RelatedEntityType", "RelatedEntityNoteID"))
        if write_back != "custom_field":
            return
        if self.field is None:
            yield Finding(
                "write_back is custom_field, but the flow names no field.",
                "Set options.acumatica.custom_field, such as UsrB2BInvoiceID.",
            )
        elif not _has(self.client.schema("SalesInvoice").get("custom"), self.field):
            yield Finding(
                f"SalesInvoice has no custom field {self.field.path}.",
                "Correct options.acumatica.custom_field, or publish the customisation project that adds it.",
            )

    def _counts(self) -> tuple[dict[str, int], list[str]]:
        """There is no counting in this API, so no more than some thousands are looked at."""
        condition = f"{any_of('Status', ['Open'])} and {any_of('Type', ['Invoice'])}"
        try:
            found = self.client.rows("SalesInvoice", condition, Look("Type,ReferenceNbr"), top=COUNTED)
        except Unlisted as error:
            return {}, [f"Released invoices are not counted. {error}"]
        notes = []
        if len(found) >= COUNTED:
            notes.append(f"There are {COUNTED} released invoices with a balance, or more.")
        if not found and not self.client.rows("SalesInvoice", "", Look("Type,ReferenceNbr"), top=1):
            notes.append("The API user sees no sales invoice at all; that may be a missing right to a branch.")
        return {"Invoices released": len(found)}, notes


def version_of(text: str) -> tuple[int, ...]:
    """24.200.001 as numbers; (0,) for what is no version."""
    parts = text.split(".")
    return tuple(int(part) for part in parts) if all(part.isascii() and part.isdigit() for part in parts) else (0,)


def _has(custom: Any, field: CustomField) -> bool:
    view: Json = custom.get(field.view) or {} if isinstance(custom, Mapping) else {}
    return field.name in view
