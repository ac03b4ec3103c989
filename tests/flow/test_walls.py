"""Two companies of two realms at once: nothing of one leaves through the other's client."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from house import ORG, REALM, House
from invoice_sync.connectors.base import Armed, WireItem
from invoice_sync.connectors.http import Request
from invoice_sync.ledger.scope import TaskRef
from invoice_sync.model.errors import SettingsError
from invoice_sync.model.flow import Flow, RunOptions
from invoice_sync.model.ports import Tokens
from invoice_sync.steps.context import StepContext
from invoice_sync.steps.wiring import Login, open_context

WEST_REALM = "9130350000000002"


class West(House):
    """Company 02 and its own realm, in the same ledger."""

    @property
    def logins(self) -> dict[str, Login]:
        realms = self.get("/")["vendors"]["quickbooks"]["realms"]
        token = next(realm["refresh_token"] for realm in realms if realm["realm_id"] == WEST_REALM)
        acme = super().logins
        books = acme["quickbooks_acme"]
        return {
            "rootstock_west": acme["rootstock_acme"],
            "quickbooks_west": replace(books, extra={**books.extra, "refresh_token": token}),
        }


def west_flow(acme: Flow) -> Flow:
    source = acme.source.model_copy(update={"connection": "rootstock_west", "tenant": f"{ORG}/02"})
    books = acme.destination.model_copy(update={"connection": "quickbooks_west", "tenant": WEST_REALM})
    options = acme.options.model_copy(update={"charge_items": {}})
    changes = {"name": "west_to_quickbooks", "company": "west", "source": source, "destination": books}
    return acme.model_copy(update={**changes, "options": options})


@pytest.fixture
def west(house: House) -> House:
    return West(house.sandbox, house.database, west_flow(house.flow), clock=house.clock)


def opened(house: House) -> StepContext:
    task = TaskRef(house.flow.name, "run-1", "export")
    return open_context(house.flow, RunOptions(), task, house.logins, house.database, house.clock)


def client_of(context: StepContext) -> Any:
    return context.destination._client  # type: ignore[attr-defined]


def test_each_company_gets_its_own_documents_and_no_other(house: House, west: House) -> None:
    for step in ("check", "extract", "match_customers", "match_products", "plan", "add_customers", "add_products",
                 "export", "acknowledge"):  # fmt: skip
        house.run(steps=(step,))
        west.run(steps=(step,))

    created = [
        (e["tenant"], e["key"])
        for e in house.journal()
        if e["outcome"] == "created" and e["entity"] in ("Invoice", "CreditMemo")
    ]
    numbers = {tenant: sorted(key for at, key in created if at == tenant) for tenant in (REALM, WEST_REALM)}
    assert numbers == {REALM: [*(f"0001{n:02}" for n in range(1, 13)), "000140"], WEST_REALM: ["000201", "000202"]}


def test_a_body_of_one_cannot_leave_through_the_others_client(house: House, west: House) -> None:
    """The canary: a batch armed for acme, handed to west's connector."""
    house.run(steps=("check",))
    west.run(steps=("check",))
    acme, other = opened(house), opened(west)
    canary = WireItem(1, "i0", "canary", {"DocNumber": "CANARY", "CustomerRef": {"value": "1001"}, "Line": []})
    armed = Armed(acme.destination.binding, "invoice", "create", "0" * 32, (canary,), house.clock.monotonic() + 60)
    other.destination.prepare()

    with pytest.raises(SettingsError):
        other.destination.send(armed)
    assert "CANARY" not in [entry["key"] for entry in house.journal()]


def test_an_address_of_one_cannot_be_called_by_the_others_client(house: House, west: House) -> None:
    west.run(steps=("check",))
    acme, other = opened(house), opened(west)
    there = f"{client_of(acme)._base}/companyinfo/{REALM}"

    for url in (there, f"{client_of(other)._base}/../{REALM}/companyinfo/{REALM}", f"{client_of(other)._base}9/query"):
        with pytest.raises(SettingsError, match="another host or company"):
            client_of(other)._transport.read(Request("GET", url), client_of(other).sign_in)
    assert not [path for path in house.get("/control/calls")["paths"] if REALM in str(path)]


def test_a_token_of_one_is_not_there_for_the_other(house: House, west: House) -> None:
    house.run(steps=("check",))
    west.run(steps=("check",))

    found: list[Tokens] = [client_of(opened(each)).sign_in._store.load() for each in (house, west)]
    assert found[0].access != found[1].access
    assert found[0].refresh != found[1].refresh
