"""A plain HTTP client of the sandboxed Acumatica, for the test files beside it; its own test is about itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, cast

import pytest
import requests

from sandbox.acumatica import Acumatica
from sandbox.acumatica.load import Loader
from sandbox.acumatica.store import Tenant
from sandbox.server import Running, start_in_thread

FIRST, SECOND = "Brightwater", "Stonebridge"
VERSION = "24.200.001"
PX = "PX.Data.PXException"


def unwrapped(record: Any) -> Any:
    """{"value": x} as x and {} as None, at any depth."""
    if isinstance(record, list):
        return [unwrapped(one) for one in record]
    if not isinstance(record, dict):
        return record
    if not record or set(record) == {"value"}:
        return record.get("value")
    return {name: unwrapped(value) for name, value in record.items()}


def wrapped(fields: dict[str, Any]) -> dict[str, Any]:
    """Bare values as the API wants them."""
    made: dict[str, Any] = {}
    for name, value in fields.items():
        if isinstance(value, list):
            made[name] = [wrapped(one) for one in value]
        elif name in ("id", "delete", "custom", "note"):
            made[name] = value
        else:
            made[name] = wrapped(value) if isinstance(value, dict) else {"value": value}
    return made


class Caller:
    """One user of one tenant, signed in with a cookie."""

    def __init__(self, running: Running, tenant: str = FIRST, user: str = "sync", signed_in: bool = True) -> None:
        self.running = running
        self.index = running.index_url
        about = requests.get(self.index + "/", timeout=5).json()["vendors"]["acumatica"]
        self.site = about["base_url"]
        self.about = next(one for one in about["tenants"] if one["name"] == tenant)
        self.tenant = tenant
        self.user = next(one for one in self.about["users"] if one["name"] == user)
        self.session = requests.Session()
        self.version = VERSION
        if signed_in:
            answer = self.login()
            assert answer.status_code == 204, answer.text

    @property
    def vendor(self) -> Acumatica:
        return cast(Acumatica, self.running.vendors["acumatica"])

    @property
    def books(self) -> Tenant:
        return self.vendor.tenant(self.tenant)

    @property
    def load(self) -> Loader:
        return self.vendor.loader(self.tenant)

    def login(self, **changes: Any) -> requests.Response:
        body = {"name": self.user["name"], "password": self.user["password"], "tenant": self.tenant, **changes}
        return self.session.post(f"{self.site}/entity/auth/login", json=body, timeout=5)

    def logout(self) -> requests.Response:
        return self.session.post(f"{self.site}/entity/auth/logout", timeout=5)

    def call(self, method: str, path: str, **more: Any) -> requests.Response:
        url = f"{self.site}/entity/Default/{self.version}/{path}"
        return self.session.request(method, url, timeout=10, allow_redirects=False, **more)

    def get(self, path: str, **parameters: Any) -> requests.Response:
        return self.call("GET", path, params={f"${name}": value for name, value in parameters.items()})

    def read(self, path: str, **parameters: Any) -> Any:
        """A record or a list, bare, with exact decimals."""
        answer = self.get(path, **parameters)
        assert answer.status_code == 200, answer.text
        return unwrapped(json.loads(answer.text, parse_float=Decimal))

    def numbers(self, entity: str, **parameters: Any) -> list[str]:
        key = {"Customer": "CustomerID", "SalesOrder": "OrderNbr"}.get(entity, "ReferenceNbr")
        return sorted(one[key] for one in self.read(entity, **parameters))

    def put(self, entity: str, headers: dict[str, str] | None = None, **fields: Any) -> requests.Response:
        return self.call("PUT", entity, json=wrapped(fields), headers=headers)

    def saved(self, entity: str, **fields: Any) -> Any:
        answer = self.put(entity, **fields)
        assert answer.status_code == 200, answer.text
        return unwrapped(json.loads(answer.text, parse_float=Decimal))

    def press(
        self, entity: str, action: str, parameters: dict[str, Any] | None = None, **keys: Any
    ) -> requests.Response:
        body: dict[str, Any] = {"entity": wrapped(keys)}
        if parameters is not None:
            body["parameters"] = wrapped(parameters)
        return self.call("POST", f"{entity}/{action}", json=body)

    def done(self, entity: str, action: str, parameters: dict[str, Any] | None = None, **keys: Any) -> None:
        """Press with operations that are done at once."""
        answer = self.press(entity, action, parameters, **keys)
        assert answer.status_code == 204, answer.text

    def follow(self, answer: requests.Response) -> requests.Response:
        """Ask once for the status that a 202 points to."""
        host = self.site.removesuffix("/AcumaticaERP")
        return self.session.get(host + answer.headers["Location"], timeout=5)

    def settings(self, **changes: Any) -> None:
        answer = requests.post(f"{self.index}/control/settings/acumatica", json=changes, timeout=5)
        assert answer.status_code == 200, answer.text

    def state(self, method: str, path: str, body: Any = None) -> Any:
        url = f"{self.index}/control/state/acumatica/{self.tenant}/{path}"
        answer = requests.request(method, url, json=body, timeout=5)
        assert answer.status_code < 300, answer.text
        return answer.json()

    def act(self, verb: str, **asked: Any) -> Any:
        return self.vendor.act(self.tenant, verb, **asked)

    def advance(self, seconds: float) -> None:
        requests.post(f"{self.index}/control/clock", json={"advance_seconds": seconds}, timeout=5)

    def mishap(self, kind: str, **more: Any) -> None:
        body = {"vendor": "acumatica", "kind": kind, **more}
        answer = requests.post(f"{self.index}/control/mishaps", json=body, timeout=5)
        assert answer.status_code == 201, answer.text

    def journal(self) -> list[tuple[str, str, str, str]]:
        """(entity, operation, key, outcome) of every write so far."""
        entries = self.running.world.journal.since()
        return [(one["entity"], one["operation"], one["key"], one["outcome"]) for one in entries]


def refusal(answer: requests.Response) -> tuple[int, str, str]:
    """Status, the innermost exception's type, and its text."""
    body = answer.json()
    while isinstance(body.get("innerException"), dict):
        body = body["innerException"]
    return answer.status_code, body["exceptionType"].rpartition(".")[2], body["exceptionMessage"]


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with start_in_thread(vendors=["acumatica"]) as started:
        yield started


@pytest.fixture
def acu(running: Running) -> Caller:
    """Everything as seeded, one session open, no licence limits in the way, actions done at once."""
    requests.post(running.index_url + "/control/reset", json={}, timeout=5)
    caller = Caller(running)
    caller.settings(requests_per_minute=0, operation_seconds=0)
    return caller


def test_the_caller_wraps_and_unwraps() -> None:
    fields = {
        "Type": "Invoice",
        "Details": [{"id": "1", "delete": True, "Qty": 2}],
        "Contact": {"Email": "a@b.example"},
    }
    assert unwrapped(wrapped(fields)) == fields
    assert unwrapped({"Empty": {}}) == {"Empty": None}
