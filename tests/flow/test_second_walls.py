"""Two tenants and two stores in one ledger at once, with the same numbers on all sides: nothing crosses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import pytest

from house import green
from invoice_sync.connectors.base import Armed, WireItem
from invoice_sync.ledger.scope import TaskRef
from invoice_sync.model.errors import InvoiceSyncError, SettingsError
from invoice_sync.model.flow import RunOptions
from invoice_sync.steps.chain import STEPS
from invoice_sync.steps.context import StepContext
from invoice_sync.steps.wiring import Login, open_context
from second import STONEBRIDGE
from wholesale import Wholesale, standing

D = Decimal
HARBOR, MISTRAL = "hw7kq2x9ab", "mt4zr8c1de"
TWINS = ("AR0000160", "TWIN")
"""Numbers of both tenants."""


def other(house: Wholesale) -> Wholesale:
    """The second tenant and its store, in the same ledger."""
    made = Wholesale.of(house.sandbox, house.database, STONEBRIDGE)
    made.clock = house.clock
    return made


@dataclass
class Both:
    """What the four sides have after both flows ran step by step in turn, twice."""

    shown: dict[str, dict[str, dict[str, Any]]]
    activities: dict[str, list[str]]
    created: dict[str, list[str]]
    causes: dict[str, dict[str, str]]


@pytest.fixture(scope="module")
def both(open_wholesale: Callable[..., AbstractContextManager[Wholesale]]) -> Iterator[Both]:
    with open_wholesale() as first:
        second = other(first)
        for number in TWINS:
            first.sell(number, customer="C00000287")
        second.sell("TWIN", ("SBTABLE01", "2", "49.90"), customer="C00000287")
        together(first, second, run_id="run-1")
        first.pay("TWIN", "51.25")
        together(first, second, run_id="run-2")
        yield Both(
            {house.store: {row["invoiceNumber"]: row for row in house.records("bigcommerce", "invoice")}
             for house in (first, second)},
            {house.tenant: [row["Summary"] for row in house.records("acumatica", "Activity")]
             for house in (first, second)},
            {house.store: house.carried() for house in (first, second)},
            {house.flow.name: house.causes() for house in (first, second)},
        )  # fmt: skip


def together(*houses: Wholesale, run_id: str) -> None:
    for step in STEPS:
        for house in houses:
            house.run(run_id, (step,))


def test_the_same_numbers_are_different_invoices_of_different_buyers(both: Both) -> None:
    harbor, mistral = both.shown[HARBOR], both.shown[MISTRAL]

    assert {number: harbor[number]["customerId"] for number in TWINS} == dict.fromkeys(TWINS, "8101")
    assert {number: mistral[number]["customerId"] for number in TWINS} == dict.fromkeys(TWINS, "9201")
    assert {harbor[number]["externalCustomerId"] for number in TWINS} == {"C00000287"}
    assert {mistral[number]["externalCustomerId"] for number in TWINS} == {"C00000287"}
    assert standing(harbor["AR0000160"])[:2] == (D("551.25"), D("551.25"))
    assert standing(mistral["AR0000160"])[:2] == (D("530.19"), D("530.19"))


def test_a_payment_of_one_moves_nothing_of_the_other(both: Both) -> None:
    assert standing(both.shown[HARBOR]["TWIN"])[:2] == (D("551.25"), D("500.00"))
    assert standing(both.shown[MISTRAL]["TWIN"])[:2] == (D("106.04"), D("106.04"))


def test_each_store_has_the_documents_of_its_own_tenant_and_no_other(both: Both) -> None:
    assert sorted(both.created[HARBOR]) == ["AR0000160", "TWIN"]
    assert sorted(both.created[MISTRAL]) == ["AR0000160", "TWIN"]
    assert both.causes[STONEBRIDGE] == {"AR0000161": "no_customer_there"}


def test_each_tenant_is_told_of_its_own_invoices(both: Both) -> None:
    ids = {store: {str(row["id"]) for row in rows.values()} for store, rows in both.shown.items()}

    for tenant, store in (("Brightwater", HARBOR), ("Stonebridge", MISTRAL)):
        told = {text.partition("(id ")[2].rstrip(").") for text in both.activities[tenant]}
        assert len(both.activities[tenant]) == len(both.created[store])
        assert told <= ids[store]


def opened(house: Wholesale) -> StepContext:
    task = TaskRef(house.flow.name, "run-1", "export")
    return open_context(house.flow, RunOptions(), task, house.logins, house.database, house.clock)


def test_a_body_of_one_cannot_leave_through_the_others_client(wholesale: Wholesale) -> None:
    """The canary: a batch armed for one store, handed to the connector of the other; and for the tenants."""
    second = other(wholesale)
    for house in (wholesale, second):
        house.run(steps=("check",))
    mine, theirs = opened(wholesale), opened(second)
    body = {"invoiceNumber": "CANARY", "Summary": "canary", "_document": "Invoice/AR0000160"}
    item = WireItem(1, "i0", "Invoice/AR0000160", body)

    for here, there, operation in (
        (mine.destination, theirs.destination, "create"), (mine.source, theirs.source, "acknowledge"),
    ):  # fmt: skip
        there.prepare()
        armed = Armed(here.binding, "invoice", operation, "0" * 32, (item,), wholesale.clock.monotonic() + 60)
        with pytest.raises(SettingsError, match="came to the transport of"):
            there.send(armed)
    assert wholesale.writes() == []


class Crossed(Wholesale):
    """One login is that of the other flow's side."""

    side = "destination"
    keep_store = False

    @property
    def logins(self) -> dict[str, Login]:
        mine, theirs = super().logins, other(self).logins
        ours, foreign = (getattr(house.flow, self.side).connection for house in (self, other(self)))
        login = theirs[foreign]
        return {**mine, ours: replace(login, user="") if self.keep_store else login}


@pytest.mark.parametrize(
    ("side", "keep_store", "told"),
    [
        ("destination", False, ("is for store mt4zr8c1de", "bound to store hw7kq2x9ab")),
        ("destination", True, ("none of store hw7kq2x9ab",)),
        ("source", False, ("refuses user name or password",)),
    ],
)
def test_the_connection_of_the_other_side_is_refused_by_check(
    wholesale: Wholesale, side: str, keep_store: bool, told: tuple[str, ...]
) -> None:
    crossed = Crossed(wholesale.sandbox, wholesale.database, wholesale.flow, wholesale.timing)
    crossed.side, crossed.keep_store = side, keep_store

    try:
        crossed.step("check")
    except InvoiceSyncError as error:
        said = str(error)
    else:
        raise AssertionError("check went well")

    assert [text for text in told if text not in said] == []
    assert "What to do" in said
    assert (crossed.writes(), crossed.seats <= 1) == ([], True)


def test_a_site_that_opens_another_tenant_than_asked_for_is_refused(wholesale: Wholesale) -> None:
    """Such a site takes any tenant's name; here it leads to the first."""
    second = other(wholesale)
    wholesale.settings_of("acumatica", single_tenant=True)
    second.secrets[second.flow.source.connection] = "brightwater-sync-1"

    said = second.step_fails("check", SettingsError)

    assert "tenant Brightwater" in said
    assert "bound to Stonebridge" in said


def test_a_company_is_not_taken_to_another_store_behind_the_ledgers_back(wholesale: Wholesale) -> None:
    assert green(wholesale.run(steps=("check",)))
    moved = wholesale.flow.destination.model_copy(update={"tenant": MISTRAL, "connection": "bigcommerce_stonebridge"})
    wholesale.flow = wholesale.flow.model_copy(update={"destination": moved})

    said = wholesale.step_fails("check", SettingsError, run_id="run-2")

    assert f"as tenant {HARBOR}, and flows.yaml now names {MISTRAL}" in said
