"""The batch endpoint: up to 30 items, one after another, each with a fate of its own.

https://developer.intuit.com/app/developer/qbo/docs/api/accounting/all-entities/batch
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sandbox.quickbooks import faults, replay
from sandbox.quickbooks.changes import changes
from sandbox.quickbooks.desk import ENTITIES, NAME, Before, Desk, Write, included, operation_of
from sandbox.quickbooks.faults import Fault
from sandbox.quickbooks.meter import Meter
from sandbox.quickbooks.search import search
from sandbox.quickbooks.settings import Settings
from sandbox.quickbooks.store import Company
from sandbox.quickbooks.wire import Record

if TYPE_CHECKING:
    from sandbox.world import World

MOST_ITEMS = 30
# "objects returned in total per answer"
MOST_OBJECTS = 1000
_PLAIN = frozenset({"bId", "operation", "optionsData"})


class CutOff(Exception):
    """The connection is to be aborted with half of the batch done."""


@dataclass
class Run:
    """One batch under way. Items are blind to each other: references see the state `before` it."""

    company: Company
    request_id: str | None
    before: Before = field(default_factory=dict)
    objects_left: int = MOST_OBJECTS


class BatchRunner:
    """Works the items of a batch."""

    def __init__(self, world: World, settings: Settings, desk: Desk, meter: Meter) -> None:
        self._world = world
        self._settings = settings
        self._desk = desk
        self._meter = meter

    async def run(self, company: Company, items: list[Record], request_id: str | None) -> Record:
        """The answers of all items, under `BatchItemResponse`."""
        cut = self._world.misfortune.take("commit_half", NAME) is not None
        run = Run(company, request_id)
        answers = []
        for item in items[: len(items) // 2] if cut else items:
            answers.append(await self._answer(run, item))
        if cut:
            raise CutOff
        if self._settings.shuffle_batch_answers:
            self._world.random.shuffle(answers)
        return {"BatchItemResponse": answers}

    async def _answer(self, run: Run, item: Record) -> Record:
        b_id = item.get("bId")
        named = {} if b_id is None else {"bId": b_id}
        try:
            return {**named, **await self._outcome(run, item)}
        except Fault as fault:
            return {**named, "Fault": faults.body_of(fault, in_batch=True)}

    async def _outcome(self, run: Run, item: Record) -> Record:
        b_id = str(item.get("bId") or "")
        if "Query" in item or "CDCQuery" in item:
            replay.check_length(run.request_id, b_id)
            return self._read(run, item)
        entity, body = _entity(item)
        include = included(item.get("optionsData"))
        asked = str(item.get("operation") or "").lower()
        if not asked:
            raise Fault(faults.missing("operation"))
        operation = operation_of(body, asked, include) if asked == "update" else asked
        self._meter.wrote(run.company.realm)
        await asyncio.sleep(self._settings.service_seconds)
        return self._desk.run(run.company, Write(entity, operation, body, include, run.request_id, b_id), run.before)

    def _read(self, run: Run, item: Record) -> Record:
        if self._settings.metered_batch_queries and not self._meter.read(run.company.realm):
            raise faults.throttled_item()
        if "CDCQuery" in item:
            asked = item["CDCQuery"] if isinstance(item["CDCQuery"], dict) else {}
            since, now = asked.get("ChangedSince"), self._world.clock.now()
            (found,) = changes(run.company, self._settings, asked.get("Entities"), since, now)
            return {"CDCResponse": [found]}
        answer = search(run.company, str(item["Query"]), self._settings, run.objects_left)
        run.objects_left -= answer.get("maxResults", 0)
        return {"QueryResponse": answer}


def items_of(body: Any, settings: Settings) -> list[Record]:
    """The items, or the refusal of the whole call."""
    items = body.get("BatchItemRequest") if isinstance(body, dict) else None
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise Fault(faults.bad_property("BatchItemRequest: a list of items is expected", "BatchItemRequest"))
    unknown = next((name for name in body if name != "BatchItemRequest"), None)
    if unknown is not None:
        raise Fault(faults.bad_property(f'Unrecognized field "{unknown}"', unknown))
    if len(items) > MOST_ITEMS:
        detail = f"A batch cannot have more than {MOST_ITEMS} items. Supplied items:{len(items)}"
        raise Fault(faults.business(detail, "BatchItemRequest"))
    _check_ids(items, settings)
    return items


def _check_ids(items: list[Record], settings: Settings) -> None:
    """Two items of one bId are undocumented: no client may count on what becomes of them."""
    named = [str(item["bId"]) for item in items if item.get("bId") is not None]
    twice = sorted({each for each in named if named.count(each) > 1})
    if twice and settings.duplicate_bids == "refuse":
        raise Fault(faults.business(f"The bId {twice[0]} is used by more than one item of the batch", "bId"))


def _entity(item: Record) -> tuple[str, Any]:
    """The entity of an item, whose property is the entity's name."""
    if "ReportQuery" in item:
        raise faults.unsupported("Operation ReportQuery is not supported: this company has no reports")
    names = [name for name in item if name not in _PLAIN]
    known = [name for name in names if ENTITIES.get(name.lower()) == name]
    if len(known) != 1 or len(names) != 1:
        shown = ", ".join(names) or "nothing"
        raise Fault(faults.bad_property(f"A batch item holds one entity or a Query; it holds {shown}"))
    return known[0], item[known[0]]
