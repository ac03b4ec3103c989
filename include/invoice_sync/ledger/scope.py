"""Whose rows: a flow of a company between two vendors, and the task that touches them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from invoice_sync.model.flow import Flow


@dataclass(frozen=True, slots=True)
class Scope:
    """Every query of a flow is cut to this."""

    flow: str
    company: str
    source_vendor: str
    target_vendor: str
    title: str = ""
    zone: str = "UTC"
    """What its users call the flow, and the zone whose date and time they read in the process log."""

    @classmethod
    def of(cls, flow: Flow) -> Self:
        return cls(flow.name, flow.company, flow.source.vendor, flow.destination.vendor, flow.title, flow.timezone)


@dataclass(frozen=True, slots=True)
class TaskRef:
    """The Airflow task instance at work, so that every attempt can be linked to its log."""

    dag_id: str
    run_id: str
    task_id: str
    try_number: int = 1
    map_index: int = -1
    user: str = ""
