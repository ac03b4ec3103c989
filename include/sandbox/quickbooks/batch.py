"""The batch endpoint: up to 30 items, one after another, each with a fate of its own.

https://developer.intuit.com/app/developer/qbo/docs/api/accounting/all-entities/batch
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from sandbox.quickbooks import faults, replay
from sandbox.quickbooks.desk import ENTITIES, NAME, Desk, Write, included, operation_of
from sandbox.quickbooks.faults import Fault
from sandbox.quickbooks.search import search
from sandbox.quickbooks.settings import Settings
from sandbox.quickbooks.store import Company
from sandbox.quickbooks.wire import Record

if TYPE_CHECKING:
    from sandbox.world import World

MOST_ITEMS = 30
_PLAIN = frozenset({"bId", "operation", "optionsData"})


class CutOff(Exception):
    """The connection is to be aborted with half of the batch done."""


class BatchRunner:
    """Works the items of a batch."""

    def __init__(self, world: World, settings: Settings, desk: Desk) -> None:
        self._world = world
        self._settings = settings
        self._desk = desk

    async def run(self, company: Company, body: Any, request_id: str | None) -> Record:
        """The answers of all items, under `BatchItemResponse`."""
        items = _items(body)
        cut = self._world.misfortune.take("commit_half", NAME) is not None
        # Items are blind to each other: references see the state before the batch.
        before: dict[tuple[str, str], Record | None] = {}
        answers = []
        for item in items[: len(items) // 2] if cut else items:
            answers.append(await self._answer(company, item, request_id, before))
        if cut:
            raise CutOff
        if self._settings.shuffle_batch_answers:
            self._world.random.shuffle(answers)
        return {"BatchItemResponse": answers}

    async def _answer(
        self, company: Company, item: Record, request_id: str | None,
        before: dict[tuple[str, str], Record | None],
    ) -> Record:  # fmt: skip
        b_id = item.get("bId")
        named = {} if b_id is None else {"bId": b_id}
        try:
            return {**named, **await self._outcome(company, item, request_id, before)}
        except Fault as fault:
            return {**named, "Fault": faults.body_of(fault, in_batch=True)}

    async def _outcome(
        self, company: Company, item: Record, request_id: str | None,
        before: dict[tuple[str, str], Record | None],
    ) -> Record:  # fmt: skip
        b_id = str(item.get("bId") or "")
        if "Query" in item:
            replay.check_length(request_id, b_id)
            return {"QueryResponse": search(company, str(item["Query"]), self._settings)}
        entity, body = _entity(item)
        include = included(item.get("optionsData"))
        asked = str(item.get("operation") or "").lower()
        if not asked:
            raise Fault(faults.missing("operation"))
        operation = operation_of(body, asked, include) if asked == "update" else asked
        await asyncio.sleep(self._settings.service_seconds)
        return self._desk.run(company, Write(entity, operation, body, include, request_id, b_id), before)


def _items(body: Any) -> list[Record]:
    items = body.get("BatchItemRequest") if isinstance(body, dict) else None
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise Fault(faults.bad_property("BatchItemRequest: a list of items is expected", "BatchItemRequest"))
    unknown = next((name for name in body if name != "BatchItemRequest"), None)
    if unknown is not None:
        raise Fault(faults.bad_property(f'Unrecognized field "{unknown}"', unknown))
    if len(items) > MOST_ITEMS:
        detail = f"A batch cannot have more than {MOST_ITEMS} items. Supplied items:{len(items)}"
        raise Fault(faults.business(detail, "BatchItemRequest"))
    return items


def _entity(item: Record) -> tuple[str, Any]:
    """The entity of an item, whose property is the entity's name."""
    names = [name for name in item if name not in _PLAIN]
    known = [name for name in names if ENTITIES.get(name.lower()) == name]
    if len(known) != 1 or len(names) != 1:
        shown = ", ".join(names) or "nothing"
        raise Fault(faults.bad_property(f"A batch item holds one entity or a Query; it holds {shown}"))
    return known[0], item[known[0]]
