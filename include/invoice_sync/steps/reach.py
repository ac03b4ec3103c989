"""The Test button: signs in as a flow would, and names the company that answered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass

from invoice_sync.connectors import registry
from invoice_sync.connectors.base import Inspection
from invoice_sync.connectors.parts import Parts
from invoice_sync.ledger.database import Database
from invoice_sync.model.errors import InvoiceSyncError, NeedsPerson
from invoice_sync.model.flow import Endpoint, Flow
from invoice_sync.model.ports import Binding, Clock, SystemClock
from invoice_sync.steps.check import wrong_tenant
from invoice_sync.steps.wiring import Login, parts_of


@dataclass(frozen=True, slots=True)
class Reached:
    """`ok` when every company of the connection answered as the flow expects it to."""

    ok: bool
    message: str


def sides_of(flows: Sequence[Flow], vendor: str, is_meant: Callable[[Endpoint], bool]) -> list[tuple[Flow, Endpoint]]:
    """One flow and side for each company that uses the connection."""
    found: dict[tuple[str, str], tuple[Flow, Endpoint]] = {}
    for flow in flows:
        for side in flow.sides:
            if side.vendor == vendor and is_meant(side):
                found.setdefault((flow.company, side.tenant), (flow, side))
    return list(found.values())


def reach(
    sides: Sequence[tuple[Flow, Endpoint]],
    login: Login,
    database: Database,
    clock: Clock | None = None,
    mask: Callable[[str], None] | None = None,
) -> Reached:
    """Reads only; tokens that a vendor gives anew are kept where the flows keep theirs."""
    told = [_reach_one(flow, side, login, database, clock or SystemClock(), mask) for flow, side in sides]
    return Reached(all(one.ok for one in told), " ".join(one.message for one in told))


def _reach_one(
    flow: Flow,
    side: Endpoint,
    login: Login,
    database: Database,
    clock: Clock,
    mask: Callable[[str], None] | None,
) -> Reached:
    parts = parts_of(flow, side, {side.connection: login}, database, clock, mask)
    try:
        return _told(flow, parts.binding, _inspected(flow, side, parts))
    except NeedsPerson as error:
        return Reached(False, f"Company {flow.company}: {error}")
    except InvoiceSyncError as error:
        return Reached(False, f"Company {flow.company}: {error}. Try again in a minute.")


def _inspected(flow: Flow, side: Endpoint, parts: Parts) -> Inspection:
    if side == flow.destination:
        with closing(registry.destination(side.vendor, parts)) as destination:
            return destination.inspect(flow.options)
    with closing(registry.source(side.vendor, parts)) as source:
        return source.inspect(flow.write_back)


def _told(flow: Flow, binding: Binding, inspection: Inspection) -> Reached:
    name = inspection.name or "a tenant without a name"
    reached = f"Signed in. {binding.vendor} answers as {name} ({inspection.tenant})"
    against = [*wrong_tenant(binding, inspection), *inspection.findings]
    if not against:
        return Reached(True, f"{reached}, company {flow.company} of the flow {flow.name}.")
    held = " ".join(f"{n}. {each.message} What to do: {each.cure}" for n, each in enumerate(against, 1))
    return Reached(False, f"{reached}, but the flow {flow.name} would not run: {held}")
