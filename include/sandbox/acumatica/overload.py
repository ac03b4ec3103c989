"""The licence's overload algorithm: a queue for what cannot run at once, and delays in a busy minute (facts 3)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

from sandbox.acumatica.errors import AcumaticaError
from sandbox.acumatica.settings import Settings
from sandbox.world import World

IIS_TEXT = "The custom error module does not recognize this error."


def refused(headers: dict[str, str] | None = None) -> AcumaticaError:
    """429 whose body is no JSON; no Retry-After is promised."""
    return AcumaticaError(429, IIS_TEXT, "TooManyRequests", headers)


class Overload:
    """Counts the site's calls; refused ones do not count."""

    def __init__(self, world: World, settings: Settings) -> None:
        self._world = world
        self._settings = settings
        self._running = 0
        self._queue: list[asyncio.Future[None]] = []
        self._minute: datetime | None = None
        self._used = 0
        self.delayed = 0

    def clear(self) -> None:
        """Forget the minute; calls that wait go on waiting."""
        self._minute, self._used, self.delayed = None, 0, 0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """One call: wait for a core, wait out the delay, work."""
        await self._core()
        try:
            delay = self._delay(self._world.clock.now())
            if delay > 0:
                self.delayed += 1
                await asyncio.sleep(delay)
            if self._settings.service_seconds:
                await asyncio.sleep(self._settings.service_seconds)
            yield
        finally:
            self._release()

    async def _core(self) -> None:
        cores = self._settings.concurrent_requests
        if not cores or self._running < cores:
            self._running += 1
            return
        if len(self._queue) >= self._settings.queue_length:
            raise refused()
        waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append(waiting)
        try:
            # whoever leaves hands its core over
            await asyncio.wait_for(waiting, self._settings.queue_seconds)
        except TimeoutError:
            raise refused() from None
        finally:
            if waiting in self._queue:
                self._queue.remove(waiting)

    def _release(self) -> None:
        while self._queue:
            following = self._queue.pop(0)
            if not following.done():
                following.set_result(None)
                return
        self._running -= 1

    def _delay(self, now: datetime) -> float:
        """Beyond half of the minute's allowance every further call is put off."""
        limit, minute = self._settings.requests_per_minute, self._settings.minute_seconds
        if self._minute is None or (now - self._minute).total_seconds() >= minute:
            self._minute, self._used = now, 0
        used, self._used = self._used, self._used + 1
        if not limit or used < limit / 2:
            return 0.0
        left = minute - (now - self._minute).total_seconds()
        return left / max(limit - used, 1)
