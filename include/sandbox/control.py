"""The index port: what is served where, and the knobs of an operator."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from decimal import Decimal
from typing import Any, TypeGuard

from aiohttp import web

from sandbox import exact_json
from sandbox.alerts import Alerts
from sandbox.misfortune import Mishap
from sandbox.vendor import Vendor
from sandbox.world import World

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
SEEDS = ("demo",)


def reset_all(world: World, vendors: Mapping[str, Vendor], seed: str, scale: int) -> None:
    """Everything back to the seeded state."""
    if seed not in SEEDS:
        raise ValueError(f"seed {seed!r} is not one of {', '.join(SEEDS)}")
    if scale < 1:
        raise ValueError("scale must be 1 or more")
    world.reset(seed)
    for vendor in vendors.values():
        vendor.reset(seed, scale)


def answer(data: Any, status: int = 200) -> web.Response:
    """A JSON answer of the control API."""
    return web.Response(text=exact_json.dumps(data), status=status, content_type="application/json")


@web.middleware
async def plain_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Bad input is answered with what is wrong, as JSON."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        return answer({"error": f"{request.method} {request.path}: {error.reason}"}, error.status)
    except LookupError as error:
        return answer({"error": str(error.args[0]) if error.args else "not found"}, 404)
    except (ValueError, TypeError) as error:
        return answer({"error": str(error)}, 400)


async def body_of(request: web.Request) -> dict[str, Any]:
    """The posted JSON object."""
    try:
        data = exact_json.loads(await request.text() or "{}")
    except json.JSONDecodeError as error:
        raise ValueError(f"the body is not JSON: {error}") from error
    if not isinstance(data, dict):
        raise ValueError("the body must be a JSON object")
    return data


def whole_number(data: Mapping[str, Any], name: str, default: int) -> int:
    """A whole number of a body or a query string."""
    value = data.get(name, default)
    if isinstance(value, bool) or not str(value).lstrip("-").isdigit():
        raise ValueError(f"{name} must be a whole number, not {value!r}")
    return int(value)


class Control:
    """Handlers of the index port."""

    def __init__(self, world: World, vendors: Mapping[str, Vendor], ports: Mapping[str, int]) -> None:
        self._world = world
        self._vendors = vendors
        self._ports = ports
        self._alerts = Alerts()

    def app(self) -> web.Application:
        """The application of the index port."""
        app = web.Application(middlewares=[plain_errors])
        app.add_routes(self._routes())
        return app

    def _routes(self) -> list[web.RouteDef]:
        state = "/control/state/{vendor}/{tenant}/{entity}"
        return [
            web.get("/", self.index),
            *self._alerts.routes(),
            web.get("/control/mishaps", self.mishaps),
            web.post("/control/mishaps", self.add_mishap),
            web.delete("/control/mishaps", self.clear_mishaps),
            web.get("/control/journal", self.journal),
            web.get("/control/calls", self.calls),
            web.get("/control/sendings", self.sendings),
            web.post("/control/sendings", self.keep_sendings),
            web.get(state, self.records),
            web.post(state, self.insert),
            web.patch(state + "/{id}", self.edit),
            web.delete(state + "/{id}", self.delete),
            web.post("/control/clock", self.clock),
            web.get("/control/settings/{vendor}", self.settings),
            web.post("/control/settings/{vendor}", self.configure),
            web.post("/control/reset", self.reset),
        ]

    def _vendor(self, name: str) -> Vendor:
        if name not in self._vendors:
            raise LookupError(f"no vendor {name!r}; there are {', '.join(self._vendors)}")
        return self._vendors[name]

    async def index(self, request: web.Request) -> web.Response:
        """Where every vendor is; URLs use the host that the caller used."""
        host = request.url.host or "127.0.0.1"
        return answer(
            {
                "vendors": {
                    name: vendor.describe(f"http://{host}:{self._ports[name]}")
                    for name, vendor in self._vendors.items()
                }
            }
        )

    async def mishaps(self, request: web.Request) -> web.Response:
        """What is still to come."""
        return answer({"mishaps": [mishap.to_json() for mishap in self._world.misfortune.pending()]})

    async def add_mishap(self, request: web.Request) -> web.Response:
        """Dial one in."""
        data = await body_of(request)
        seconds = data.get("seconds", 0)
        mishap = Mishap.from_json({**data, "seconds": float(seconds) if _is_number(seconds) else seconds})
        self._vendor(mishap.vendor)
        self._world.misfortune.add(mishap)
        return answer(mishap.to_json(), 201)

    async def clear_mishaps(self, request: web.Request) -> web.Response:
        """Call them all off."""
        self._world.misfortune.clear()
        return answer({"mishaps": []})

    async def journal(self, request: web.Request) -> web.Response:
        """Records written and refused, after number `since`."""
        return answer({"entries": self._world.journal.since(whole_number(request.query, "since", 0))})

    async def calls(self, request: web.Request) -> web.Response:
        """How many calls came in."""
        return answer(self._world.journal.calls())

    async def sendings(self, request: web.Request) -> web.Response:
        """Every write that arrived, also those that mishaps kept from the vendor."""
        return answer({"sendings": self._world.journal.sendings()})

    async def keep_sendings(self, request: web.Request) -> web.Response:
        """Keep them from now on, until the next reset."""
        self._world.journal.keeps_sendings = True
        return answer({"keeps_sendings": True}, 201)

    async def records(self, request: web.Request) -> web.Response:
        """Everything stored of one entity."""
        at = request.match_info
        return answer({"records": self._vendor(at["vendor"]).records(at["tenant"], at["entity"])})

    async def insert(self, request: web.Request) -> web.Response:
        """A person adds a record in the vendor's screens."""
        at, fields = request.match_info, await body_of(request)
        return answer(self._vendor(at["vendor"]).insert(at["tenant"], at["entity"], fields), 201)

    async def edit(self, request: web.Request) -> web.Response:
        """A person changes a record in the vendor's screens."""
        at, fields = request.match_info, await body_of(request)
        return answer(self._vendor(at["vendor"]).edit(at["tenant"], at["entity"], at["id"], fields))

    async def delete(self, request: web.Request) -> web.Response:
        """A person deletes a record in the vendor's screens."""
        at = request.match_info
        self._vendor(at["vendor"]).delete(at["tenant"], at["entity"], at["id"])
        return answer({"deleted": at["id"]})

    async def clock(self, request: web.Request) -> web.Response:
        """Push the clock."""
        seconds = (await body_of(request)).get("advance_seconds")
        if not _is_number(seconds):
            raise ValueError("advance_seconds must be a number")
        self._world.clock.advance(float(seconds))
        return answer({"now": self._world.clock.now().isoformat()})

    async def settings(self, request: web.Request) -> web.Response:
        """The switches of a vendor."""
        return answer(self._vendor(request.match_info["vendor"]).settings())

    async def configure(self, request: web.Request) -> web.Response:
        """Turn switches of a vendor."""
        vendor = self._vendor(request.match_info["vendor"])
        vendor.configure(await body_of(request))
        return answer(vendor.settings())

    async def reset(self, request: web.Request) -> web.Response:
        """Everything back to the seeded state."""
        data = await body_of(request)
        seed, scale = str(data.get("seed", "demo")), whole_number(data, "scale", 1)
        reset_all(self._world, self._vendors, seed, scale)
        self._alerts.clear()
        return answer({"seed": seed, "scale": scale})


def _is_number(value: object) -> TypeGuard[int | float | Decimal]:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)
