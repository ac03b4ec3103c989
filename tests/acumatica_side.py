"""The sandbox's Acumatica and connectors on it, for tests only: a shared clock, sessions counted, calls noted."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, cast

import requests

from invoice_sync.connectors.acumatica.connector import Acumatica
from invoice_sync.connectors.acumatica.fulfilment import AcumaticaRelease
from invoice_sync.connectors.acumatica.sign_in import Credentials, split
from invoice_sync.connectors.base import Armed, Json, Stub, StubPage, WireItem
from invoice_sync.connectors.timing import Timing
from invoice_sync.model.documents import Invoice
from invoice_sync.model.flow import AcumaticaOptions, RunOptions
from invoice_sync.model.ports import Binding, Call, Tokens
from sandbox.acumatica import Acumatica as StandIn
from sandbox.acumatica.load import Loader
from sandbox.server import Running

FIRST, SECOND = "Brightwater", "Stonebridge"
EVERYTHING = RunOptions()


class Memory:
    """A token store that forgets everything at the end of the test; `fails` makes the next save go wrong."""

    def __init__(self) -> None:
        self.kept: Tokens | None = None
        self.fails = False

    def load(self) -> Tokens | None:
        return self.kept

    def save(self, tokens: Tokens) -> Tokens:
        if self.fails:
            raise OSError("the disk is full")
        self.kept = replace(tokens, version=(self.kept.version if self.kept else 0) + 1)
        return self.kept

    def save_renewed(self, tokens: Tokens) -> Tokens:
        return self.save(tokens)

    def refreshing(self) -> contextlib.AbstractContextManager[None]:
        return contextlib.nullcontext()


class SharedClock:
    """The sandbox's own: who sleeps pushes it on for both sides. `on_sleep` happens at each sleep."""

    def __init__(self, running: Running) -> None:
        self._clock = running.world.clock
        self.slept: list[float] = []
        self.on_sleep: Any = None

    def now(self) -> datetime:
        return self._clock.now()

    def monotonic(self) -> float:
        return self._clock.now().timestamp()

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self._clock.advance(seconds)
        if self.on_sleep is not None:
            self.on_sleep()

    def jitter(self, upper: float) -> float:
        return 0.0


@dataclass
class Side:
    """One tenant of the stand-in, with all licence limits out of the way."""

    running: Running
    tenant: str = FIRST
    branch: str = ""
    user: str = "sync"
    options: AcumaticaOptions = field(default_factory=AcumaticaOptions)
    memory: Memory = field(default_factory=Memory)
    calls: list[Call] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.clock = SharedClock(self.running)
        requests.post(f"{self.running.index_url}/control/reset", json={}, timeout=5)
        self.settings(requests_per_minute=0, operation_seconds=0)

    @property
    def vendor(self) -> StandIn:
        return cast(StandIn, self.running.vendors["acumatica"])

    @property
    def load(self) -> Loader:
        return self.vendor.loader(self.tenant)

    @property
    def about(self) -> Json:
        index = requests.get(self.running.index_url, timeout=5).json()["vendors"]["acumatica"]
        return {**index, **next(each for each in index["tenants"] if each["name"] == self.tenant)}

    def settings(self, **changes: Any) -> None:
        self.vendor.configure(changes)

    def act(self, verb: str, **asked: Any) -> Any:
        return self.vendor.act(self.tenant, verb, **asked)

    def mishap(self, kind: str, **more: Any) -> None:
        body = {"vendor": "acumatica", "kind": kind, **more}
        requests.post(f"{self.running.index_url}/control/mishaps", json=body, timeout=5).raise_for_status()

    def records(self, entity: str) -> list[Any]:
        return self.vendor.records(self.tenant, entity)

    def record(self, entity: str, number: str) -> Any:
        keys = ("ReferenceNbr", "ShipmentNbr", "OrderNbr")
        return next(row for row in self.records(entity) if number in [row.get(key) for key in keys])

    @property
    def seats(self) -> int:
        """Over all tenants."""
        return sum(len(self.vendor.records(name, "sessions")) for name in (FIRST, SECOND))

    @property
    def logins(self) -> int:
        return sum(call.path.endswith(("/auth/login", "/connect/token")) for call in self.calls)

    def paths(self, part: str) -> list[str]:
        return [call.path for call in self.calls if part in call.path]

    @property
    def binding(self) -> Binding:
        return Binding("kestrel", "acumatica", f"{self.tenant}/{self.branch}")

    def credentials(self, *, oauth: bool = False, **changes: str) -> Credentials:
        about = self.about
        password = next((each["password"] for each in about["users"] if each["name"] == self.user), "")
        tenant, branch = split(self.binding.tenant)
        plain = Credentials(about["base_url"], self.user, password, tenant, branch)
        keys = {name: about[name] for name in ("client_id", "client_secret")} if oauth else {}
        return replace(plain, **{**keys, **changes})

    def connector(self, *, oauth: bool = False, watch_payments: bool = True, **changes: str) -> Acumatica:
        return Acumatica(
            self.binding, self.credentials(oauth=oauth, **changes), Timing(), self.clock, self.calls.append,
            self.memory, None, self.options, watch_payments=watch_payments,
        )  # fmt: skip

    def release(self, patience: int = 60, **changes: str) -> AcumaticaRelease:
        return AcumaticaRelease(
            self.binding, self.credentials(**changes), Timing(), self.clock, self.calls.append, self.memory, None,
            self.options, patience=patience,
        )  # fmt: skip

    def pages(self, position: str | None = None, options: RunOptions = EVERYTHING, **how: Any) -> list[StubPage]:
        return list(self.connector(**how).changed(position, options))

    def stubs(self, position: str | None = None, options: RunOptions = EVERYTHING, **how: Any) -> dict[str, Stub]:
        return {stub.source_id: stub for page in self.pages(position, options, **how) for stub in page.stubs}

    def invoice(self, number: str, kind: str = "Invoice", **how: Any) -> Invoice:
        source = self.connector(**how)
        (record,) = source.fetch("invoice", [f"{kind}/{number}"])
        model = source.to_model(record)
        assert isinstance(model, Invoice)
        return model

    def armed(self, entity: Any, operation: str, source_id: str, body: Json) -> Armed:
        item = WireItem(1, "i0", source_id, body)
        return Armed(self.binding, entity, operation, "0" * 32, (item,), self.clock.monotonic() + 10)

    @contextmanager
    def stranger(self, user: str = "admin") -> Iterator[requests.Session]:
        """Somebody else who is signed in, and holds a seat."""
        site, session = self.about["base_url"], requests.Session()
        body = {"name": user, "password": f"{self.tenant.lower()}-{user}-1", "tenant": self.tenant}
        session.post(f"{site}/entity/auth/login", json=body, timeout=5).raise_for_status()
        try:
            yield session
        finally:
            session.post(f"{site}/entity/auth/logout", timeout=5)
            session.close()
