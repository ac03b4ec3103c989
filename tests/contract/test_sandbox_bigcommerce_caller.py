"""A plain caller of the BigCommerce stand-in, for the tests beside this file; there is no test in here."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, cast

import pytest
import requests

from sandbox.bigcommerce import BigCommerce
from sandbox.server import Running, start_in_thread

HARBOR, MISTRAL, PLAIN = "hw7kq2x9ab", "mt4zr8c1de", "pl0nb2b5fg"
IPL, BIRCH, COBALT, OLD_COBALT, TIN, DORMANT, NEW, INK = range(8101, 8109)
LUMEN, CYAN = 9201, 9202
Body = dict[str, Any]


class Caller:
    """A plain client of both APIs: nothing but requests."""

    def __init__(self, running: Running, store: str = HARBOR) -> None:
        self.running = running
        self.store = store
        self.vendor = cast(BigCommerce, running.vendors["bigcommerce"])
        self.about = self.vendor.describe(running.urls["bigcommerce"])
        mine = next(each for each in self.about["stores"] if each["store_hash"] == store)
        self.mine = mine
        self.headers = {"X-Auth-Token": mine["access_token"], "X-Store-Hash": store, "Accept": "application/json"}

    def call(self, method: str, path: str, body: Any = None, **query: Any) -> requests.Response:
        """A B2B call, below /api/v3/io."""
        return self.send(method, self.about["b2b_url"] + path, body, query)

    def core(self, method: str, path: str, body: Any = None, **query: Any) -> requests.Response:
        """A core call, below the store's own path."""
        return self.send(method, self.mine["core_url"] + path, body, query)

    def send(self, method: str, url: str, body: Any, query: Any) -> requests.Response:
        data = body if isinstance(body, str | None) else dumps(body)
        return requests.request(method, url, data=data, params=query, headers=self.headers, timeout=10)

    def get(self, path: str, **query: Any) -> Any:
        """The data of a B2B read."""
        answer = self.call("GET", path, **query)
        assert answer.status_code == 200, answer.text
        return loads(answer.text)["data"]

    def done(self, method: str, path: str, body: Any = None) -> Any:
        """The data of a B2B write."""
        answer = self.call(method, path, body)
        assert answer.status_code == 200, answer.text
        return loads(answer.text)["data"]

    def refused(self, method: str, path: str, body: Any = None, **query: Any) -> tuple[int, Any, Any]:
        """Status, data and meta of a refusal."""
        answer = self.call(method, path, body, **query)
        told = loads(answer.text)
        assert told["code"] == answer.status_code >= 400, answer.text
        return answer.status_code, told["data"], told["meta"]

    def error(self, method: str, path: str, body: Any = None, **query: Any) -> tuple[int, str]:
        """Status and errMsg of a refusal."""
        status, data, _ = self.refused(method, path, body, **query)
        return status, data["errMsg"]

    def made(self, **fields: Any) -> int:
        """A new invoice's id."""
        return int(self.done("POST", "/ip/invoices", invoice(**fields))["id"])

    def invoice(self, ident: int) -> Any:
        return self.get(f"/ip/invoices/{ident}")

    def paid(self, ident: int, amount: str, **fields: Any) -> int:
        """A new offline payment's id."""
        return int(self.done("POST", "/ip/payments/offline", payment(ident, amount, **fields))["paymentId"])

    def records(self, entity: str) -> list[Body]:
        return self.vendor.records(self.store, entity)

    def insert(self, entity: str, **fields: Any) -> Body:
        return self.vendor.insert(self.store, entity, fields)

    def edit(self, entity: str, ident: Any, **fields: Any) -> Body:
        return self.vendor.edit(self.store, entity, str(ident), fields)

    def set(self, **changes: Any) -> None:
        self.vendor.configure(changes)

    def wait(self, seconds: float) -> None:
        self.running.world.clock.advance(seconds)

    def journal(self) -> list[tuple[Any, ...]]:
        rows = self.running.world.journal.since(0)
        return [
            (row["entity"], row["operation"], row["key"], row["remote_id"], row["outcome"], row["code"]) for row in rows
        ]


def loads(text: str) -> Any:
    return json.loads(text, parse_float=Decimal)


def dumps(body: Any) -> str:
    """JSON with the Decimals as bare numbers."""
    marked = json.dumps(body, default=lambda value: f"@@{value}@@")
    return marked.replace('"@@', "").replace('@@"', "")


def money(value: str, code: str = "USD") -> Body:
    """A balance of a create: the one place where the value is a number."""
    return {"code": code, "value": Decimal(value)}


def text(value: str, code: str = "USD") -> Body:
    """Any other amount."""
    return {"code": code, "value": value}


def invoice(**fields: Any) -> Body:
    body = {
        "invoiceNumber": "AR0000160", "customerId": str(IPL), "originalBalance": money("551.25"),
        "openBalance": money("3.75"), **fields,
    }  # fmt: skip
    return {name: value for name, value in body.items() if value is not None}


def payment(ident: int, amount: str, **fields: Any) -> Body:
    body = {
        "lineItems": [{"invoiceId": ident, "amount": amount}], "currency": "USD", "details": {"memo": "004530"},
        "customerId": str(IPL), **fields,
    }  # fmt: skip
    return {name: value for name, value in body.items() if value is not None}


PLACE = {
    "city": "Boston", "state": "Massachusetts", "country": "United States", "street1": "1 Dock Road",
    "street2": "Floor 2", "zipCode": "02108", "lastName": "Buyer", "firstName": "Ada",
}  # fmt: skip


def details(code: str = "USD", **header: Any) -> Body:
    """Every field that an invoice's details have."""
    costs = [("500.00", "Subtotal"), ("0.00", "Freight"), ("51.25", "Sales Tax")]
    line = {
        "sku": "AACOMPUT01", "type": "physical", "comments": "Location R151", "quantity": "1",
        "unitPrice": text("500.00", code), "description": "Computer", "unitDiscount": text("0.00", code),
        "customFields": {"key": "Warehouse", "value": "WHOLESALE"},
    }  # fmt: skip
    parcel = {"addressIndex": "0", "shipDate": "1767225600", "shipVia": "UPS", "trackingNumber": "1Z", "comments": "-"}
    return {
        "header": {
            "costLines": [{"amount": text(amount, code), "description": words} for amount, words in costs],
            "billingAddress": {**PLACE, "customFields": "none"}, "shippingAddresses": [PLACE], **header,
        },
        "details": {"shipments": [parcel], "lineItems": [line]},
    }  # fmt: skip


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with start_in_thread(vendors=["bigcommerce"]) as sandbox:
        yield sandbox


@pytest.fixture
def bc(running: Running) -> Caller:
    running.world.reset("demo")
    running.vendors["bigcommerce"].reset("demo", 1)
    running.vendors["bigcommerce"].configure({"throttle": "off"})
    return Caller(running)
