"""What the rooms work with: the ledger, a clock, and who is at the door."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Annotated, Protocol, cast

from fastapi import Depends, HTTPException, Request

from invoice_sync.ledger.database import Database
from invoice_sync.ledger.reading import ReadingDatabase
from invoice_sync.model.flow import Endpoint, Flow
from invoice_sync.model.ports import Clock
from invoice_sync.orchestration.flows import installed_flows
from invoice_sync.steps.wiring import Login


class Visitor(Protocol):
    """Somebody who is logged in, and what Airflow lets them do. A DAG's id is the name of its flow."""

    @property
    def name(self) -> str: ...

    def seen(self, dags: Collection[str]) -> set[str]:
        """Those of these DAGs that they may see."""

    def may_read(self, dag: str) -> bool:
        """See its runs: GET on RUN."""

    def may_run(self, dag: str) -> bool:
        """Trigger, clear, decide: POST on RUN."""

    def may_connect(self, connection: str) -> bool:
        """Change the connection: PUT on it."""


Identify = Callable[[Request], Awaitable[Visitor]]


@dataclass
class Surroundings:
    """`identify` raises HTTPException for a stranger; `hide` keeps a secret out of every log from now on.

    The databases are made at first use, hence in the process that serves.
    """

    identify: Identify
    login: Callable[[Endpoint], Login]
    hide: Callable[[str], None]
    clock: Clock
    open_ledger: Callable[[], Database] = Database.from_environment
    looking_seconds: float = 1.5
    """How long one page looks through the process log for rows that no index leads to."""

    @cached_property
    def ledger(self) -> Database:
        """For decisions. Raises SettingsError when the environment names no ledger."""
        return self.open_ledger()

    @cached_property
    def reader(self) -> ReadingDatabase:
        """For everything else."""
        return ReadingDatabase(self.ledger.url)

    @property
    def now(self) -> datetime:
        return self.clock.now()

    def patience(self) -> Callable[[], bool]:
        """Whether there is still time to look."""
        end = self.clock.monotonic() + self.looking_seconds
        return lambda: self.clock.monotonic() < end


def here(request: Request) -> Surroundings:
    return cast(Surroundings, request.app.state.surroundings)


async def at_the_door(request: Request) -> None:
    """Nobody passes without a login, whatever the route."""
    request.state.visitor = await here(request).identify(request)


def who(request: Request) -> Visitor:
    return cast(Visitor, request.state.visitor)


def same_origin(request: Request) -> None:
    """Another site's page, or a sibling's, cannot act through the person's browser (facts 10.4)."""
    if request.method not in ("GET", "HEAD"):
        site = request.headers.get("sec-fetch-site", "same-origin")
        if site not in ("same-origin", "none"):
            raise HTTPException(403, "This request comes from another site.")


Here = Annotated[Surroundings, Depends(here)]
Who = Annotated[Visitor, Depends(who)]


def flows_of(visitor: Visitor) -> list[Flow]:
    """The installed flows whose DAG the visitor sees. Raises FlowsError."""
    flows = installed_flows()
    seen = visitor.seen({flow.name for flow in flows})
    return [flow for flow in flows if flow.name in seen]


def entered(visitor: Visitor, name: str) -> tuple[Flow, list[Flow]]:
    """The flow that was asked for, or the first; and all that can be chosen. Raises 404 or 403."""
    flows = flows_of(visitor)
    if not (flows or name):
        raise HTTPException(403, "You may see none of the flows here. Ask who looks after Airflow for the right.")
    return readable(visitor, name or flows[0].name), flows


def readable(visitor: Visitor, name: str) -> Flow:
    """The flow, for one who may see what it did. Raises 404 or 403."""
    flow = _installed(name)
    if not visitor.may_read(flow.name):
        raise HTTPException(403, "You may not see the runs of this DAG.")
    return flow


def runnable(visitor: Visitor, name: str) -> Flow:
    """The flow, for one who may act on it. Raises 404 or 403."""
    flow = _installed(name)
    if not visitor.may_run(flow.name):
        raise HTTPException(403, "You may not start runs of this DAG, so you cannot decide for it either.")
    return flow


def _installed(name: str) -> Flow:
    for flow in installed_flows():
        if flow.name == name:
            return flow
    raise HTTPException(404, "There is no such flow.")
