"""The state of the customers, items and accounts that documents name: read in bulk, once for each process.

QuickBooks refuses a document for an inactive customer or item, and for an item whose income account is gone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from invoice_sync.connectors.base import Json
from invoice_sync.connectors.quickbooks.client import Client
from invoice_sync.connectors.quickbooks.preflight import items_of

NOT_SOLD = frozenset({"Category", "Group"})
GROUPED = "is a category or a bundle, which no line can sell,"
GONE, INACTIVE, NO_ACCOUNT = "is not there any more", "is inactive", "has an income account that is inactive"


class References:
    """Remembers what was read: a night's documents name the same few customers and items again and again."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._states: dict[str, Json] = {}

    def of(self, bodies: Sequence[Json]) -> Json:
        """By "Customer/12" and "Item/3": {"state": ..., "currency": ..., "since": ...}; "active" is the good state.

        `since`: from when on an item is kept in stock, empty for one that is not.
        """
        self._read("Customer", [str(body["CustomerRef"]["value"]) for body in bodies])
        self._read("Item", [item for body in bodies for item in items_of(body)])
        return dict(self._states)

    def _read(self, entity: str, ids: Sequence[str]) -> None:
        wanted = sorted({one for one in ids if one.isdigit() and f"{entity}/{one}" not in self._states})
        if not wanted:
            return
        records = {str(record["Id"]): record for record in self._client.having(entity, "Id", wanted)}
        dead = self._dead_accounts(list(records.values())) if entity == "Item" else set()
        for one in wanted:
            self._states[f"{entity}/{one}"] = _state(records.get(one), dead)

    def _dead_accounts(self, items: Sequence[Json]) -> set[str]:
        wanted = sorted(set(_accounts(items)))
        found = self._client.having("Account", "Id", wanted) if wanted else []
        alive = {str(account["Id"]) for account in found if account.get("Active") is not False}
        return set(wanted) - alive


def _accounts(items: Sequence[Json]) -> Iterator[str]:
    for item in items:
        account = (item.get("IncomeAccountRef") or {}).get("value")
        if account:
            yield str(account)


def _state(record: Json | None, dead_accounts: set[str]) -> Mapping[str, Any]:
    if record is None:
        return {"state": GONE}
    currency = str((record.get("CurrencyRef") or {}).get("value") or "")
    if record.get("Active") is False:
        return {"state": INACTIVE, "currency": currency}
    if record.get("Type") in NOT_SOLD:
        return {"state": GROUPED}
    account = str((record.get("IncomeAccountRef") or {}).get("value") or "")
    since = str(record.get("InvStartDate") or "") if record.get("Type") == "Inventory" else ""
    return {"state": NO_ACCOUNT if account in dead_accounts else "active", "currency": currency, "since": since}
