"""Acumatica to BigCommerce in one process: the same chain, other vendors; any of the seeded tenants and stores."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Self

from house import FAST, FLOWS, House
from invoice_sync.connectors.base import Json
from invoice_sync.ledger.database import Database
from invoice_sync.orchestration.flows import load
from invoice_sync.steps.wiring import Login
from sandbox.server import Running

BRIGHTWATER, STONEBRIDGE, RELEASE = "acumatica_to_bigcommerce", "stonebridge_invoices", "acumatica_release"
PACE = {**FAST, "operation_seconds": 20, "watch_payments": True}


class Second(House):
    """A house whose flow is one of the second pair; `run`, `step` and `clear` are those of the first."""

    @classmethod
    def of(cls, sandbox: Running, database: Database, flow: str = BRIGHTWATER, **options: Any) -> Self:
        [found] = [each for each in load(FLOWS) if each.name == flow]
        house = cls(sandbox, database, found, PACE)
        if options:
            house.options(**options)
        return house

    @staticmethod
    def quiet(sandbox: Running) -> None:
        """As seeded; the licence's minutes delay nobody, and operations end when they begin."""
        House.reset(sandbox)
        sandbox.vendors["acumatica"].configure({"requests_per_minute": 0, "operation_seconds": 0})

    @property
    def tenant(self) -> str:
        return self.flow.source.tenant.partition("/")[0]

    @property
    def store(self) -> str:
        return self.flow.destination.tenant

    @property
    def logins(self) -> dict[str, Login]:
        vendors = self.get("/")["vendors"]
        logins = {self.flow.source.connection: self._erp(vendors["acumatica"])}
        if self.flow.destination.vendor == "bigcommerce":
            logins[self.flow.destination.connection] = self._shop(vendors["bigcommerce"])
        return logins

    def _erp(self, vendor: Json) -> Login:
        [tenant] = [each for each in vendor["tenants"] if each["name"] == self.tenant]
        user = tenant["users"][0]
        password = self.secrets.get(self.flow.source.connection, user["password"])
        return Login(vendor["base_url"], user["name"], password, dict(self.timing))

    def _shop(self, vendor: Json) -> Login:
        [store] = [each for each in vendor["stores"] if each["store_hash"] == self.store]
        token = self.secrets.get(self.flow.destination.connection, store["access_token"])
        core = store["core_url"].removesuffix(f"/{self.store}").removesuffix("/stores")
        return Login(vendor["base_url"], self.store, token, {**self.timing, "core_url": core})

    def erp(self, verb: str, **given: Any) -> Any:
        """What a person does in Acumatica's screens."""
        return self.sandbox.vendors["acumatica"].act(self.tenant, verb, **given)

    def records(self, vendor: str, entity: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.sandbox.vendors[vendor].records(self._tenant(vendor), entity)
        return found

    def shown(self, number: str) -> dict[str, Any]:
        """The one invoice that the store has under a number."""
        [found] = [row for row in self.records("bigcommerce", "invoice") if row["invoiceNumber"] == number]
        return found

    def carried(self) -> list[str]:
        """Numbers of the invoices that were really created in the store, in order, doubles included."""
        entries = self.get("/control/journal")["entries"]
        mine = [each for each in entries if each["vendor"] == "bigcommerce" and each.get("tenant") == self.store]
        return [each["key"] for each in mine if each["entity"] == "invoice" and each["outcome"] == "created"]

    def _tenant(self, vendor: str) -> str:
        return self.tenant if vendor == "acumatica" else self.store


def ledger(folder: Path) -> Database:
    """An empty one."""
    from house import _empty_ledger

    return _empty_ledger(folder / "ledger.db")
