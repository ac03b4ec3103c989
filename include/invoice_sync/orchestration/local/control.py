"""The sandbox seen from outside: where its vendors are, and its control API."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

import requests

TIMEOUT = (5, 30)
WRITTEN = ("created", "updated", "deleted")


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
    def tenants(self) -> dict[str, str]:
        """The tenant of each vendor that the demo works with."""
        return {
            "salesforce": str(self.vendors["salesforce"]["org_id"]),
            "quickbooks": str(self.vendors["quickbooks"]["realms"][0]["realm_id"]),
        }

    def journal(self, since: int = 0) -> list[JournalEntry]:
        """Records written and refused after number `since`."""
        entries = self.call("GET", f"/control/journal?since={since}")["entries"]
        names = JournalEntry.__dataclass_fields__
        return [JournalEntry(**{name: entry.get(name) for name in names}) for entry in entries]

    def newest_number(self) -> int:
        """The number of the newest journal entry; 0 before the first."""
        return max((entry.n for entry in self.journal()), default=0)

    def records(self, vendor: str, entity: str) -> list[dict[str, Any]]:
        """Everything that the demo's tenant of a vendor stores of one entity."""
        return list(self.call("GET", self._state(vendor, entity))["records"])

    def edit(self, vendor: str, entity: str, record_id: str, fields: dict[str, Any]) -> dict[str, Any]:
        """Change a record as a person would in the vendor's screens."""
        return dict(self.call("PATCH", f"{self._state(vendor, entity)}/{record_id}", fields))

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """Any call of the control API; amounts arrive as Decimal."""
        answer = self._session.request(method, self.index_url + path, json=body, timeout=TIMEOUT)
        if not answer.ok:
            raise SandboxRefused(f"{method} {path}: {answer.status_code} {answer.text[:500]}")
        return answer.json(parse_float=Decimal)

    def _state(self, vendor: str, entity: str) -> str:
        return f"/control/state/{vendor}/{self.tenants[vendor]}/{entity}"
