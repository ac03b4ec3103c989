"""Which of our documents stands for which shipment of an order.

A document is one shipment that an order has or gets, under "<order>/<place>". A place is free again when its shipment
was deleted; and a shipment that people made by hand takes the first free place, so that it is taken up, not made again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from invoice_sync.connectors.base import CREATE
from invoice_sync.connectors.fulfilment import OrderState
from invoice_sync.ledger import documents, intents, links, runs
from invoice_sync.ledger.links import Link
from invoice_sync.ledger.tables import DocumentRow
from invoice_sync.model.documents import SHIPMENT
from invoice_sync.steps.context import StepContext

FOUND = "found at the source"


def document_id(order: str, place: int) -> str:
    """The source id of a document."""
    return f"{order}/{place}"


def order_of(row: DocumentRow) -> str:
    """The key of the order that a document belongs to."""
    return row.source_id.rpartition("/")[0]


@dataclass(frozen=True, slots=True)
class Place:
    """A document of an order. `shipment`: its number, if it is still there; `is_busy`: it is being made just now."""

    number: int
    shipment: str = ""
    is_busy: bool = False


def places_of(session: Session, context: StepContext, orders: Iterable[OrderState]) -> dict[str, list[Place]]:
    """By order: the documents that it has, in their order."""
    wanted = {order.key: order for order in orders}
    numbers = [order.number for order in wanted.values()]
    rows = [row for row in documents.numbered(session, context.scope, SHIPMENT, numbers) if order_of(row) in wanted]
    linked = links.of_rows(session, context.scope, rows)
    busy = intents.unfinished(session, rows, context.scope.target_vendor, (CREATE,))
    found: dict[str, list[Place]] = {key: [] for key in wanted}
    for row in rows:
        order = wanted[order_of(row)]
        shipment = linked[row.id].remote_id if row.id in linked else ""
        is_busy = row.id in busy and not intents.certainly_not_done(busy[row.id])
        place = int(row.source_id.rpartition("/")[2])
        found[order.key].append(Place(place, shipment if shipment in order.shipments else "", is_busy))
    return {key: sorted(each, key=lambda place: place.number) for key, each in found.items()}


def loose(order: OrderState, places: Sequence[Place]) -> list[str]:
    """Shipments of the order that no document stands for. None while one is being made: it may be that one."""
    if any(place.is_busy for place in places):
        return []
    held = {place.shipment for place in places}
    return [number for number in order.shipments if number not in held]


@dataclass(frozen=True, slots=True)
class Assigned:
    """`there`: number of the shipment by place, of those under way; `spare`: the place of the next one."""

    there: Mapping[int, str]
    spare: int
    is_busy: bool


def assigned(order: OrderState, places: Sequence[Place], under_way: Collection[str]) -> Assigned:
    """Pure. `under_way`: numbers of the shipments that are not released."""
    there = {place.number: place.shipment for place in places if place.shipment in under_way}
    free = [place.number for place in places if not place.shipment and not place.is_busy]
    last = max((place.number for place in places), default=0)
    for number in loose(order, places):
        if number in under_way:
            last = last if free else last + 1
            there[free.pop(0) if free else last] = number
    busy = [place.number for place in places if place.is_busy]
    return Assigned(there, [*busy, *free, last + 1][0], bool(busy))


def link(session: Session, context: StepContext, row: DocumentRow, number: str) -> None:
    """The document stands for this shipment from now on."""
    known = links.of_rows(session, context.scope, [row]).get(row.id)
    if known is None or known.remote_id != number:
        found = Link(number, "", number, FOUND, f"shipment {number}", context.step)
        links.renew(session, context.scope, row.entity, row.source_id, found, context.now, known)


def chosen(session: Session, context: StepContext, rows: Sequence[DocumentRow]) -> list[DocumentRow]:
    """Those of this run: goods leave only because somebody, or the flow's filter, chose the order in it."""
    ours = runs.document_ids(session, context.run)
    return [row for row in rows if row.id in ours]
