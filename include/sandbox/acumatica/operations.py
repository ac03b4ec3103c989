"""Long-running operations: they finish by the sandbox's clock, whether anybody polls or not (facts 8)."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sandbox.acumatica.errors import LOCKED, AcumaticaError, Refused
from sandbox.acumatica.settings import Settings
from sandbox.world import World

BUSY = "The previous operation has not been completed yet."


@dataclass
class Operation:
    """One action that was started; `run` does it when its time has come."""

    operation_id: str
    tenant: str
    session_id: str
    entity: str
    action: str
    form: str
    record_id: str
    due: datetime
    run: Callable[[], None] | None
    failure: AcumaticaError | None = None


class Operations:
    """All of a site's operations."""

    def __init__(self, world: World, settings: Settings) -> None:
        self._world = world
        self._settings = settings
        self._known: dict[str, Operation] = {}

    def clear(self) -> None:
        """Forget all of them, run or not."""
        self._known.clear()

    def seconds(self) -> float:
        """How long an operation takes; 0 means that it is done at once."""
        return self._settings.operation_seconds

    def start(self, operation: Operation) -> None:
        """Take it on; a form that is busy in the same session fails or lets wait."""
        now = self._world.clock.now()
        begin = max([now, *(one.due for one in self._busy(operation.session_id, operation.form))])
        operation.due = begin + timedelta(seconds=self.seconds())
        self._known[operation.operation_id] = operation
        # without a loop of its own the next call brings it about
        with contextlib.suppress(RuntimeError):
            delay = (operation.due - now).total_seconds()
            asyncio.get_running_loop().call_later(delay + 0.001, self.settle)

    def refuse_busy(self, session_id: str, form: str) -> None:
        """One session runs one long operation a form at a time (facts 7)."""
        if self._settings.busy_form == "fail" and self._busy(session_id, form):
            raise Refused(BUSY)

    def refuse_locked(self, record_id: str, entity: str) -> None:
        """A record under way cannot be written meanwhile (facts 18)."""
        if any(one.record_id == record_id and one.run is not None for one in self._known.values()):
            text = f"Another process has updated the '{entity}' record. Your changes will be lost."
            raise Refused(text, LOCKED)

    def _busy(self, session_id: str, form: str) -> list[Operation]:
        running = (one for one in self._known.values() if one.run is not None)
        return [one for one in running if (one.session_id, one.form) == (session_id, form)]

    def settle(self) -> None:
        """Run what is due, in the order it is due; forget what is old."""
        now = self._world.clock.now()
        for one in sorted(self._known.values(), key=lambda each: each.due):
            if one.run is not None and one.due <= now:
                self._finish(one)
        old = now - timedelta(seconds=self._settings.operation_memory_seconds)
        self._known = {one.operation_id: one for one in self._known.values() if one.run or one.due > old}

    def _finish(self, operation: Operation) -> None:
        run, operation.run = operation.run, None
        try:
            if run is not None:
                run()
        except AcumaticaError as failure:
            operation.failure = failure

    def status(self, operation_id: str, entity: str, action: str, session_id: str) -> Operation | None:
        """The operation of a status address; None when nobody knows it (any more), or it is another session's."""
        found = self._known.get(operation_id.lower())
        if found is None or (found.entity, found.action) != (entity, action):
            return None
        foreign = self._settings.operation_owner_only and found.session_id != session_id
        return None if foreign else found

    def shown(self, tenant: str) -> list[dict[str, object]]:
        """For the control API."""
        return [
            {
                "Id": one.operation_id,
                "Entity": one.entity,
                "Action": one.action,
                "State": "running" if one.run else "failed" if one.failure else "completed",
            }
            for one in self._known.values()
            if one.tenant == tenant
        ]
