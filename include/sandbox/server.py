"""Serves every vendor on a port of its own, and the index, in one asyncio loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from aiohttp import web

from sandbox import registry
from sandbox.control import Control, reset_all
from sandbox.vendor import Vendor
from sandbox.weather import around
from sandbox.world import World

# aiohttp stops reading a request line at 8 kB; vendors take longer ones and refuse them in their own words
LONGEST_LINE = 1 << 20
LONGEST_BODY = 64 << 20


class PortInUse(Exception):
    """A port that was asked for belongs to someone else."""


@dataclass
class Sandbox:
    """The vendors and their ports, once listening."""

    world: World
    vendors: dict[str, Vendor]
    host: str = "127.0.0.1"
    ports: dict[str, int] = field(default_factory=dict)
    index_port: int = 0
    _runners: list[web.AppRunner] = field(default_factory=list)

    @classmethod
    def build(cls, seed: str, scale: int, host: str, names: list[str] | None = None) -> Self:
        """Seed every vendor; nothing listens yet."""
        world = World(seed)
        vendors = {name: registry.build(name, world) for name in names or list(registry.VENDORS)}
        reset_all(world, vendors, seed, scale)
        return cls(world, vendors, host)

    @property
    def index_url(self) -> str:
        """The index; its `/` tells all other URLs."""
        return f"http://{self._reachable}:{self.index_port}"

    @property
    def urls(self) -> dict[str, str]:
        """Base URL per vendor."""
        return {name: f"http://{self._reachable}:{port}" for name, port in self.ports.items()}

    @property
    def _reachable(self) -> str:
        # "every interface" is no address that a caller could use
        return "127.0.0.1" if self.host in ("0.0.0.0", "::") else self.host  # noqa: S104

    async def open(self, ports: dict[str, int], index_port: int) -> None:
        """Listen on every port; closes what it opened when one is taken."""
        try:
            for name, vendor in self.vendors.items():
                app = vendor_app(vendor, self.world)
                self.ports[name] = await self._listen(app, name, ports.get(name, 0))
            control = Control(self.world, self.vendors, self.ports)
            self.index_port = await self._listen(control.app(), "the index", index_port)
        except PortInUse:
            await self.close()
            raise

    async def _listen(self, app: web.Application, who: str, port: int) -> int:
        runner = web.AppRunner(
            app,
            access_log=None,
            shutdown_timeout=0.2,
            max_line_size=LONGEST_LINE,
            max_field_size=LONGEST_LINE,
        )
        await runner.setup()
        self._runners.append(runner)
        try:
            await web.TCPSite(runner, self.host, port).start()
        except OSError as error:
            raise PortInUse(f"cannot listen on {self.host}:{port} for {who}: {error.strerror}") from error
        return int(runner.addresses[0][1])

    async def close(self) -> None:
        """Stop listening."""
        for runner in self._runners:
            await runner.cleanup()
        self._runners.clear()


def vendor_app(vendor: Vendor, world: World) -> web.Application:
    """One vendor's application with the weather around it."""
    app = web.Application(middlewares=[around(vendor, world)], client_max_size=LONGEST_BODY)
    app.add_routes(vendor.routes())
    return app


class Running:
    """A sandbox in a thread of its own, for tests."""

    def __init__(self, sandbox: Sandbox, ports: dict[str, int]) -> None:
        self._sandbox = sandbox
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="sandbox", daemon=True)
        self._thread.start()
        try:
            opened = sandbox.open(ports, ports.get("index", 0))
            asyncio.run_coroutine_threadsafe(opened, self._loop).result(10)
        except PortInUse:
            self._end_loop()
            raise

    @property
    def index_url(self) -> str:
        """Base URL of the index port."""
        return self._sandbox.index_url

    @property
    def urls(self) -> dict[str, str]:
        """Base URL per vendor."""
        return self._sandbox.urls

    @property
    def world(self) -> World:
        """Clock, journal, misfortune; look, but turn knobs through the index port."""
        return self._sandbox.world

    @property
    def vendors(self) -> dict[str, Vendor]:
        """The vendors themselves."""
        return self._sandbox.vendors

    def stop(self) -> None:
        """Stop listening and end the thread; a second call does nothing."""
        if self._loop.is_closed():
            return
        asyncio.run_coroutine_threadsafe(self._sandbox.close(), self._loop).result(10)
        self._end_loop()

    def _end_loop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def start_in_thread(
    seed: str = "demo", scale: int = 1, ports: dict[str, int] | None = None, vendors: list[str] | None = None
) -> Running:
    """Serve on 127.0.0.1; ephemeral ports unless given (key "index" for the index port)."""
    return Running(Sandbox.build(seed, scale, "127.0.0.1", vendors), ports or {})


async def run(
    sandbox: Sandbox, ports: dict[str, int], index_port: int, stop: asyncio.Event, ready: Callable[[], None]
) -> None:
    """Serve until `stop` is set; `ready` is called once every port listens."""
    await sandbox.open(ports, index_port)
    try:
        ready()
        await stop.wait()
    finally:
        await sandbox.close()
