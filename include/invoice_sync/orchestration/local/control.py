"""The sandbox seen from outside: where its vendors are, and its control API."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

import requests

TIMEOUT = (5, 30)
WRITTEN = ("created", "updated", "deleted")
# under what name a vendor lists its companies, and what each is called by
COMPANIES = (("realms", "realm_id"), ("tenants", "name"), ("stores", "store_hash"))
DEMO_SWITCHES: dict[str, dict[str, Any]] = {
    "acumatica": {
        # a licence delays every call past half of its minute, and the first night of two tenants has more of them;
        # with the figure in the connection instead, our own quota would sit out the minute
        "requests_per_minute": 0,
        # a preference of the company: invoices made of shipments are ready for release
        "hold_on_prepare": False,
    },
}


class SandboxRefused(RuntimeError):
    """The sandbox answered with an error."""


@dataclass(frozen=True)
class JournalEntry:
    """One record written at a vendor, or refused by it, as the sandbox itself noted it."""

    n: int
    vendor: str
    tenant: str
    entity: str
    operation: str
    key: str
    remote_id: str | None
    outcome: str
    code: str | None = None


class SandboxControl:
    """A client of the index port."""

    def __init__(self, index_url: str) -> None:
        self.index_url = index_url.rstrip("/")
        self._session = requests.Session()
        self._session.trust_env = False

    def close(self) -> None:
        """Give the sockets back."""
        self._session.close()

    @cached_property
    def vendors(self) -> dict[str, Any]:
        """Addresses, tenants and demo credentials of every vendor."""
        return dict(self.call("GET", "/")["vendors"])

    @property
    def tenants(self) -> dict[str, list[str]]:
        """Companies of each vendor; the first is meant where none is named."""
        found = {
            name: [str(each[key]) for each in vendor[companies]]
            for name, vendor in self.vendors.items()
            for companies, key in COMPANIES
            if companies in vendor
        }
        # the companies of an org share its tables
        return {**found, "salesforce": [str(self.vendors["salesforce"]["org_id"])]}

    def journal(self, since: int = 0) -> list[JournalEntry]:
        """Records written and refused after number `since`."""
        entries = self.call("GET", f"/control/journal?since={since}")["entries"]
        names = JournalEntry.__dataclass_fields__
        return [JournalEntry(**{name: entry.get(name) for name in names}) for entry in entries]

    def newest_number(self) -> int:
        """The number of the newest journal entry; 0 before the first."""
        return max((entry.n for entry in self.journal()), default=0)

    def records(self, vendor: str, entity: str, tenant: str = "") -> list[dict[str, Any]]:
        """Everything that a tenant of a vendor stores of one entity."""
        return list(self.call("GET", self._state(vendor, entity, tenant))["records"])

    def edit(
        self, vendor: str, entity: str, record_id: str, fields: dict[str, Any], tenant: str = ""
    ) -> dict[str, Any]:
        """Change a record as a person would in the vendor's screens."""
        return dict(self.call("PATCH", f"{self._state(vendor, entity, tenant)}/{record_id}", fields))

    def insert(self, vendor: str, entity: str, fields: dict[str, Any], tenant: str = "") -> dict[str, Any]:
        """Add a record as a person would in the vendor's screens."""
        return dict(self.call("POST", self._state(vendor, entity, tenant), fields))

    def alerts(self) -> list[str]:
        """What the chat was told, oldest first."""
        return [str(text) for text in self.call("GET", "/control/alerts")["alerts"]]

    def as_the_demo_wants(self) -> None:
        """Turn the switches that only cost a demo time, see DEMO_SWITCHES."""
        for vendor, switches in DEMO_SWITCHES.items():
            if vendor in self.vendors:
                self.call("POST", f"/control/settings/{vendor}", switches)

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """Any call of the control API; amounts arrive as Decimal."""
        answer = self._session.request(method, self.index_url + path, json=body, timeout=TIMEOUT)
        if not answer.ok:
            raise SandboxRefused(f"{method} {path}: {answer.status_code} {answer.text[:500]}")
        return answer.json(parse_float=Decimal)

    def _state(self, vendor: str, entity: str, tenant: str) -> str:
        return f"/control/state/{vendor}/{tenant or self.tenants[vendor][0]}/{entity}"
