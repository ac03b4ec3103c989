"""What a benchmark tells: figures, their bounds, and when a figure is none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any

LEAST_IDLE = 0.30
"""A server busier than that sets the pace itself: what was measured is then the server."""


@dataclass(frozen=True)
class Bound:
    """At most or at least so much."""

    limit: float
    at_least: bool = False

    def holds(self, value: float) -> bool:
        return value >= self.limit if self.at_least else value <= self.limit

    def __str__(self) -> str:
        return f"at {'least' if self.at_least else 'most'} {self.limit:g}"


MUST: Mapping[str, Bound] = {
    "quickbooks.ceiling_share": Bound(0.95, at_least=True),
    "quickbooks.throttled_share": Bound(0.001),
    "quickbooks.vs_python_quickbooks_batch": Bound(1.0, at_least=True),
    "quickbooks.vs_python_quickbooks_single": Bound(1.0, at_least=True),
    "quickbooks.vs_bare_loop": Bound(1.15),
    "quickbooks.cpu_ms_per_invoice": Bound(1.5),
    "quickbooks.metered_reads_per_10k": Bound(25),
    "quickbooks.metered_reads_per_10k_first_run": Bound(110),
    "no_change.seconds": Bound(15.0),
    "no_change.writes": Bound(0),
    "no_change.rows_changed": Bound(0),
    "no_change.peak_mb": Bound(600.0),
    "growth.history_ratio": Bound(1.2),
    "growth.changes_x10_ratio": Bound(10.5),
    "airflow.task_instances_per_10k": Bound(12),
    "bigcommerce.ceiling_share": Bound(0.95, at_least=True),
    "bigcommerce.throttled_share": Bound(0.001),
    "bigcommerce.calls_per_invoice": Bound(1.05),
    "bigcommerce.calls_per_invoice_with_payment": Bound(2.05),
    "bigcommerce.calls_per_invoice_unchanged": Bound(0),
}


@dataclass(frozen=True)
class Figure:
    """`idle`: the share of the measured time in which the server process did nothing, of the busiest side; None
    where no server takes part."""

    name: str
    value: float
    idle: float | None = None

    @property
    def void(self) -> str:
        """Why this is no figure; empty when it is one."""
        if self.idle is None or self.idle >= LEAST_IDLE:
            return ""
        return f"the server process was {self.idle:.0%} idle, and under {LEAST_IDLE:.0%} it sets the pace itself"

    @property
    def missed(self) -> bool:
        return not self.void and self.name in MUST and not MUST[self.name].holds(self.value)

    def as_json(self) -> Any:
        """The bare value; of a void figure what was seen, and the reason."""
        if self.void:
            return {"void": True, "reason": self.void, "seen": self.value}
        return self.value

    def line(self) -> str:
        bound = f"  ({MUST[self.name]}{', MISSED' if self.missed else ''})" if self.name in MUST else ""
        idle = f"  server {self.idle:.0%} idle" if self.idle is not None else ""
        shown = f"VOID: {self.void}; seen {self.value:g}" if self.void else f"{self.value:.7g}"
        return f"{self.name:48} {shown}{bound}{idle}"


def idle_of(*sides: Iterable[Mapping[str, Any]]) -> float:
    """Of the side that kept the server busiest, over all its rounds; a round has "seconds" and "server_busy"."""
    return round(min(1.0 - _busy(list(rounds)) for rounds in sides), 3)


def _busy(rounds: list[Mapping[str, Any]]) -> float:
    seconds = sum(each["seconds"] for each in rounds)
    return float(sum(each["server_busy"] * each["seconds"] for each in rounds) / seconds) if seconds else 0.0


def middle(rounds: Iterable[Mapping[str, Any]]) -> float:
    """The median of their seconds."""
    return float(median(each["seconds"] for each in rounds))
