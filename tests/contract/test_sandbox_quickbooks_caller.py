"""A plain caller of the QuickBooks stand-in, for the tests beside this file; there is no test in here."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import requests

from sandbox.server import Running, start_in_thread

EAST, WEST = "9130350000000001", "9130350000000002"
NORTH, SUNNY = "9130350000000003", "9130350000000004"
Body = dict[str, Any]


class Caller:
    """A plain client of the API: nothing but requests."""

    def __init__(self, running: Running, realm: str = EAST) -> None:
        self.running = running
        self.realm = realm
        self.vendor = running.vendors["quickbooks"]
        self.url = running.urls["quickbooks"]
        self.about = self.vendor.describe(self.url)
        self.token = self.sign_in().json()["access_token"]

    @property
    def refresh_token(self) -> str:
        realms = self.vendor.describe(self.url)["realms"]
        return str(next(each["refresh_token"] for each in realms if each["realm_id"] == self.realm))

    @property
    def client(self) -> tuple[str, str]:
        credentials = self.about["credentials"]
        return credentials["client_id"], credentials["client_secret"]

    def sign_in(self, token: str | None = None, **headers: str) -> requests.Response:
        form = {"grant_type": "refresh_token", "refresh_token": token or self.refresh_token}
        return requests.post(self.about["token_url"], data=form, auth=self.client, headers=headers, timeout=5)

    def call(
        self, method: str, path: str, body: Any = None, accept: str = "application/json", **params: str
    ) -> requests.Response:
        headers = {"Accept": accept, "Authorization": f"Bearer {self.token}"}
        data = body if isinstance(body, str | bytes | None) else dumps(body)
        url = f"{self.url}/v3/company/{self.realm}/{path}"
        return requests.request(
            method, url, data=data, headers=headers, params={"minorversion": "75", **params}, timeout=10
        )

    def post(self, path: str, body: Any, **params: str) -> requests.Response:
        return self.call("POST", path, body, **params)

    def made(self, path: str, body: Any, **params: str) -> Body:
        answer = self.post(path, body, **params)
        assert answer.status_code == 200, answer.text
        payload = loads(answer.text)
        return dict(next(value for key, value in payload.items() if key != "time"))

    def errors(self, path: str, body: Any, **params: str) -> list[Body]:
        answer = self.post(path, body, **params)
        assert answer.status_code == 400, answer.text
        return list(answer.json()["Fault"]["Error"])

    def error(self, path: str, body: Any, **params: str) -> Body:
        (error,) = self.errors(path, body, **params)
        return dict(error)

    def query(self, text: str) -> Body:
        return dict(self.asked(text).json()["QueryResponse"])

    def asked(self, text: str) -> requests.Response:
        return self.call("GET", "query", query=text)

    def names(self, text: str) -> list[str]:
        return [row["DisplayName"] for row in self.query(text).get("Customer", [])]

    def batch(self, items: list[Body], **params: str) -> dict[str, Body]:
        answer = self.post("batch", {"BatchItemRequest": items}, **params)
        assert answer.status_code == 200, answer.text
        return {item["bId"]: item for item in loads(answer.text)["BatchItemResponse"]}

    def records(self, entity: str) -> list[Body]:
        return self.vendor.records(self.realm, entity)

    def set(self, **changes: Any) -> None:
        self.vendor.configure(changes)

    def prefer(self, group: str, **changes: Any) -> None:
        self.vendor.edit(self.realm, "Preferences", "1", {group: changes})

    def journal(self) -> list[Body]:
        return self.running.world.journal.since(0)


def loads(text: str) -> Any:
    return json.loads(text, parse_float=Decimal)


def dumps(body: Any) -> str:
    """JSON with the Decimals as bare numbers."""
    marked = json.dumps(body, default=lambda value: f"@@{value}@@")
    return marked.replace('"@@', "").replace('@@"', "")


def line(amount: str = "25.50", **detail: Any) -> Body:
    sale = {"ItemRef": {"value": "2001"}, "Qty": 3, "UnitPrice": Decimal("8.50"), **detail}
    return {"DetailType": "SalesItemLineDetail", "Amount": Decimal(amount), "SalesItemLineDetail": sale}


def invoice(**fields: Any) -> Body:
    body = {"CustomerRef": {"value": "1001"}, "TxnDate": "2026-10-01", "Line": [line()], **fields}
    return {name: value for name, value in body.items() if value is not None}


def codes(errors: list[Body]) -> list[str]:
    return [error["code"] for error in errors]


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with start_in_thread(vendors=["quickbooks"]) as sandbox:
        yield sandbox


@pytest.fixture
def qb(running: Running) -> Caller:
    running.world.reset("demo")
    running.vendors["quickbooks"].reset("demo", 1)
    running.vendors["quickbooks"].configure({"throttle": "off"})
    return Caller(running)
