"""Hints from a source: who may give them, and that one message is one run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from starlette.testclient import TestClient

from invoice_portal.push import HEADER, LARGEST, SHORTEST_SECRET, Bell, build_push_app
from invoice_sync.model.errors import SettingsError
from invoice_sync.model.flow import Endpoint
from invoice_sync.steps.wiring import Login

FLOW, SECRET = "acumatica_to_bigcommerce", "a secret of the connection"
MESSAGE = {
    "Inserted": [{"ReferenceNbr": "AR0000160", "Status": "Open"}], "Deleted": [], "Query": "B2B-Invoices",
    "CompanyId": "Brightwater", "Id": "9a7b2c6e-3b52-4c0d-8d61-1f25f4f3d9a0", "TimeStamp": 638412345678900000,
}  # fmt: skip


@dataclass
class Rung:
    secret: str = SECRET
    runs: list[tuple[str, str]] = field(default_factory=list)

    def login(self, side: Endpoint) -> Login:
        if side.connection != "acumatica_brightwater":
            raise SettingsError("not there", cure="make it")
        return Login("https://erp.example.com", "sync", "x", {"push_secret": self.secret} if self.secret else {})

    def ring(self, dag: str, run_id: str) -> bool:
        known = (dag, run_id) in self.runs
        self.runs.append((dag, run_id))
        return not known


@pytest.fixture
def rung() -> Rung:
    return Rung()


@pytest.fixture
def client(rung: Rung) -> Iterator[TestClient]:
    with TestClient(build_push_app(Bell(rung.login, rung.ring))) as opened:
        yield opened


def test_a_message_with_the_secret_sets_off_the_flow(client: TestClient, rung: Rung) -> None:
    answer = client.post(f"/{FLOW}", json=MESSAGE, headers={HEADER: SECRET})

    assert (answer.status_code, answer.json()) == (202, {"started": True})
    assert rung.runs == [(FLOW, "push__9a7b2c6e-3b52-4c0d-8d61-1f25f4f3d9a0_B2B-Invoices")]


def test_the_same_message_again_is_the_same_run(client: TestClient, rung: Rung) -> None:
    for _ in range(2):
        answer = client.post(f"/{FLOW}", json=MESSAGE, headers={HEADER: SECRET})

    assert (answer.status_code, answer.json()) == (202, {"started": False})
    assert len(set(rung.runs)) == 1


@pytest.mark.parametrize(
    ("flow", "given"),
    [
        (FLOW, ""),
        (FLOW, "another"),
        (FLOW, SECRET.upper()),
        ("no_such_flow", SECRET),
        # this one's connection is not there, and a release flow takes no hints
        ("stonebridge_invoices", SECRET),
        ("acumatica_release", SECRET),
    ],
)
def test_a_stranger_learns_nothing(client: TestClient, rung: Rung, flow: str, given: str) -> None:
    answer = client.post(f"/{flow}", json=MESSAGE, headers={HEADER: given})

    assert (answer.status_code, answer.json()) == (401, {"detail": "The secret is missing or wrong."})
    assert rung.runs == []


@pytest.mark.parametrize("secret", ["", "x" * (SHORTEST_SECRET - 1)])
def test_a_connection_without_a_secret_worth_the_name_takes_no_hints(secret: str) -> None:
    rung = Rung(secret)
    with TestClient(build_push_app(Bell(rung.login, rung.ring))) as client:
        assert client.post(f"/{FLOW}", json=MESSAGE, headers={HEADER: secret}).status_code == 401
    assert rung.runs == []


@pytest.mark.parametrize(
    "body",
    [b"", b"no json", b"[]", b"{}", json.dumps({**MESSAGE, "Id": "../../x"}).encode(), b'{"Id": 1, "Query": null}'],
)
def test_what_is_no_push_notification_is_refused(client: TestClient, rung: Rung, body: bytes) -> None:
    assert client.post(f"/{FLOW}", content=body, headers={HEADER: SECRET}).status_code == 400
    assert rung.runs == []


def test_a_flood_is_refused(client: TestClient, rung: Rung) -> None:
    def endless() -> Iterator[bytes]:
        yield from (b"x" * 65536 for _ in range(LARGEST // 65536 + 2))

    assert client.post(f"/{FLOW}", content=b"x" * (LARGEST + 1), headers={HEADER: SECRET}).status_code == 413
    assert client.post(f"/{FLOW}", content=endless(), headers={HEADER: SECRET}).status_code == 413
    assert rung.runs == []


def test_nothing_else_is_served(client: TestClient) -> None:
    assert [client.get(path).status_code for path in ("/", "/docs", "/openapi.json")] == [404, 405, 405]
