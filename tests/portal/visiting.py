"""The portal without Airflow: a visitor of one's choice at a test client's door."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from fastapi import HTTPException, Request
from fastapi.testclient import TestClient

from house import House
from invoice_portal.app import build_app
from invoice_portal.surroundings import Surroundings
from invoice_sync.model.flow import Endpoint
from invoice_sync.steps.wiring import Login

ORIGIN = "http://localhost"
PAGE = {"accept": "text/html"}


@dataclass(frozen=True)
class Somebody:
    """May see `sees`, act on `runs`, and change `connects`; by default what a viewer may."""

    name: str = "berta"
    sees: frozenset[str] = frozenset({"rootstock_to_quickbooks"})
    runs: frozenset[str] = frozenset()
    connects: frozenset[str] = frozenset()

    def seen(self, dags: Collection[str]) -> set[str]:
        return set(dags) & self.sees

    def may_read(self, dag: str) -> bool:
        return dag in self.sees

    def may_run(self, dag: str) -> bool:
        return dag in self.runs

    def may_connect(self, connection: str) -> bool:
        return connection in self.connects


FLOW = frozenset({"rootstock_to_quickbooks"})
VIEWER = Somebody()
USER = Somebody("clerk", runs=FLOW)
OP = Somebody("ops", FLOW | {"keep_tokens_alive"}, FLOW, frozenset({"quickbooks_acme"}))


@dataclass
class Portal:
    """`visitor` may change from request to request; `hidden` is what was told to the log masker."""

    house: House
    visitor: Somebody | None = VIEWER
    hidden: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        around = Surroundings(
            self._identify, self._login, self.hidden.append, self.house.clock, lambda: self.house.database
        )
        self.around = around
        self.client = TestClient(build_app(around), base_url=ORIGIN, headers={"origin": ORIGIN})

    def page(self, address: str, status: int = 200) -> str:
        answer = self.client.get(address, headers=PAGE)
        assert answer.status_code == status, answer.text
        return answer.text

    def post(self, address: str, body: object, status: int = 200) -> str:
        """What the person is told."""
        answer = self.client.post(address, json=body)
        assert answer.status_code == status, answer.text
        told = answer.json()
        return str(told.get("told") or told.get("address") or told.get("detail"))

    def close(self) -> None:
        self.client.close()
        self.around.reader.dispose()

    async def _identify(self, _request: Request) -> Somebody:
        if self.visitor is None:
            raise HTTPException(401, "Not authenticated")
        return self.visitor

    def _login(self, side: Endpoint) -> Login:
        known = self.house.logins[side.connection]
        authorize_url = self.house.get("/")["vendors"]["quickbooks"]["authorize_url"]
        return Login(known.host, known.user, known.password, {**known.extra, "authorize_url": authorize_url})
