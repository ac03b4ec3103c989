"""What happened at the vendors: one entry per record written or refused, and counts of calls."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

OUTCOMES = ("created", "updated", "deleted", "replayed", "refused")
KINDS = ("read", "write", "sign_in")
READ_METHODS = ("GET", "HEAD", "OPTIONS")


@dataclass(frozen=True)
class Entry:
    """One record written at a vendor, or refused by it."""

    n: int
    vendor: str
    tenant: str
    entity: str
    operation: str
    key: str
    remote_id: str | None
    wire_key: str | None
    outcome: str
    code: str | None = None


class Journal:
    """Kept by the sandbox itself, so that a test need not believe the client."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._calls: Counter[tuple[str, str, str]] = Counter()
        self._paths: Counter[tuple[str, str, str, int]] = Counter()
        self._metered: Counter[tuple[str, str, str]] = Counter()
        self._sendings: list[dict[str, str]] = []
        self.keeps_sendings = False

    def record(
        self,
        vendor: str,
        tenant: str,
        entity: str,
        operation: str,
        key: str,
        remote_id: str | None,
        wire_key: str | None,
        outcome: str,
        code: str | None = None,
    ) -> None:
        """Add one entry; entries are numbered from 1."""
        if outcome not in OUTCOMES:
            raise ValueError(f"outcome {outcome!r} is not one of {', '.join(OUTCOMES)}")
        n = len(self._entries) + 1
        self._entries.append(Entry(n, vendor, tenant, entity, operation, key, remote_id, wire_key, outcome, code))

    def since(self, n: int = 0) -> list[dict[str, Any]]:
        """Entries numbered above n."""
        return [asdict(entry) for entry in self._entries[max(n, 0) :]]

    def call(
        self,
        vendor: str,
        tenant: str,
        method: str,
        path_template: str,
        status: int,
        kind: str | None = None,
    ) -> None:
        """Count one HTTP call; the server does this for every vendor. Status 0 = no answer was sent."""
        kind = kind or ("read" if method in READ_METHODS else "write")
        self._calls[(vendor, tenant, kind)] += 1
        self._paths[(vendor, method, path_template, status)] += 1

    def sent(self, vendor: str, path: str, body: str) -> None:
        """A write arrived, whatever becomes of it then; kept only when somebody asked for it, for it is bulky."""
        self._sendings.append({"vendor": vendor, "path": path, "body": body})

    def sendings(self) -> list[dict[str, str]]:
        """Every write that arrived since they are kept, in order."""
        return list(self._sendings)

    def calls(self) -> dict[str, Any]:
        """Counts per vendor, tenant and kind, per path and status, and per billing class of the vendor."""
        totals = [
            {"vendor": vendor, "tenant": tenant, "kind": kind, "count": count}
            for (vendor, tenant, kind), count in sorted(self._calls.items())
        ]
        paths = [
            {"vendor": vendor, "method": method, "path": path, "status": status, "count": count}
            for (vendor, method, path, status), count in sorted(self._paths.items())
        ]
        metered = [
            {"vendor": vendor, "tenant": tenant, "class": kind, "count": count}
            for (vendor, tenant, kind), count in sorted(self._metered.items())
        ]
        return {"calls": totals, "paths": paths, "metered": metered}

    def meter(self, vendor: str, tenant: str, kind: str, count: int = 1) -> None:
        """Count calls as the vendor bills them, which may be several to one HTTP call."""
        self._metered[(vendor, tenant, kind)] += count

    def metered(self, vendor: str, kind: str, tenant: str | None = None) -> int:
        """How many calls of one billing class there were, of one tenant or of all."""
        return sum(
            count for (v, t, k), count in self._metered.items() if v == vendor and k == kind and tenant in (None, t)
        )

    def count(self, vendor: str, kind: str, tenant: str | None = None) -> int:
        """How many calls of one kind a vendor got, of one tenant or of all."""
        return sum(
            count for (v, t, k), count in self._calls.items() if v == vendor and k == kind and tenant in (None, t)
        )

    def clear(self) -> None:
        """Forget entries and counts; numbering starts at 1 again."""
        self._entries.clear()
        self._calls.clear()
        self._paths.clear()
        self._metered.clear()
        self._sendings.clear()
        self.keeps_sendings = False
