"""What the demo takes the sandbox to hold: plays, corrections, and what must not cross; against the stand-ins."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests

from invoice_sync.orchestration.flows import load
from invoice_sync.orchestration.local import acumatica_bigcommerce, conditions, environment, plays, third_act
from invoice_sync.orchestration.local.acts import Act, Role, Write, writes_since
from invoice_sync.orchestration.local.acumatica_bigcommerce import BRIGHTWATER, STONEBRIDGE
from invoice_sync.orchestration.local.control import DEMO_SWITCHES, JournalEntry, SandboxControl, SandboxRefused
from invoice_sync.orchestration.local.corrections import CORRECTIONS, correct
from invoice_sync.orchestration.local.third_act import Released
from sandbox.server import Running

FLOWS = {flow.name: flow for flow in load(Path(__file__).parents[2] / "include" / "flows.yaml")}
[CEDAR_VALLEY, KWD, DESERT_ROSE] = [each for each in CORRECTIONS if each.vendor == "bigcommerce"]


@pytest.fixture
def control(sandbox: Running) -> Iterator[SandboxControl]:
    made = SandboxControl(sandbox.index_url)
    yield made
    made.close()


def entry(vendor: str, entity: str, outcome: str = "created", tenant: str = "") -> JournalEntry:
    return JournalEntry(1, vendor, tenant, entity, "create", "K", "1", outcome)


def test_every_flow_is_played_at_the_companies_that_it_names() -> None:
    assert set(plays.FLOWS) == set(FLOWS)
    for play in plays.PLAYS:
        flow = FLOWS[play.flow]
        ends = {(side.vendor, side.tenant.partition("/")[0]) for side in flow.sides}
        assert {(vendor.replace("salesforce", "rootstock"), tenant) for vendor, tenant in play.pair.sides} == ends
    assert FLOWS[plays.RELEASE_FLOW].source == FLOWS[plays.FED_BY_RELEASE.flow].source


def test_every_flow_finds_its_connections(control: SandboxControl) -> None:
    made = environment.connections(control.vendors, control.index_url)
    for flow in FLOWS.values():
        for side in flow.sides:
            assert made[side.connection]["conn_type"] == side.vendor
            assert made[side.connection]["host"].startswith("http://127.0.0.1:")
        assert flow.alert in made
    passwords = Counter(fields.get("password") for fields in made.values())
    assert max(passwords.values()) == 1


def test_the_demo_is_not_held_up_by_the_licence_of_the_stand_in(control: SandboxControl) -> None:
    control.as_the_demo_wants()
    switches = control.call("GET", "/control/settings/acumatica")
    assert {name: switches[name] for name in DEMO_SWITCHES["acumatica"]} == DEMO_SWITCHES["acumatica"]


def test_each_vendor_names_its_tenants_the_demo_company_first(control: SandboxControl) -> None:
    assert control.tenants["quickbooks"][0] == "9130350000000001"
    assert control.tenants["salesforce"] == ["00D5f000000DEMOEAA"]
    assert control.tenants["acumatica"] == [BRIGHTWATER.tenant, STONEBRIDGE.tenant]
    assert control.tenants["bigcommerce"][:2] == [BRIGHTWATER.store, STONEBRIDGE.store]
    assert control.records("acumatica", "Invoice") == control.records("acumatica", "Invoice", BRIGHTWATER.tenant)


def test_all_mistakes_are_corrected_and_twice_is_once(control: SandboxControl) -> None:
    for _ in range(2):
        assert correct(control) == [each.said for each in CORRECTIONS]
    [buyer] = [row for row in control.records("bigcommerce", "company", BRIGHTWATER.store) if row["id"] == 8114]
    assert {"fieldName": "ERP Customer ID", "fieldValue": "C00000291"} in buyer["extraFields"]
    assert control.records("bigcommerce", "store", BRIGHTWATER.store)[0]["currencies"]["KWD"] == 3
    added = [each["companyName"] for each in control.records("bigcommerce", "company", STONEBRIDGE.store)]
    assert added.count("Desert Rose Inns") == 1


@pytest.mark.parametrize(
    ("correction", "said"),
    [
        (replace(CEDAR_VALLEY, value="1"), "company 1: expected one record, found 0"),
        (replace(CEDAR_VALLEY, field="companyStatus", value="1"), "company 1: expected one record, found 1[0-9]"),
    ],
)
def test_a_record_that_is_not_there_or_not_alone_is_not_corrected(
    control: SandboxControl, correction: Any, said: str
) -> None:
    with pytest.raises(SandboxRefused, match=said):
        correction.make(control)


@pytest.mark.parametrize(
    ("pair", "made", "role"),
    [
        (plays.FIRST.pair, entry("quickbooks", "Invoice"), Role.DOCUMENT),
        (plays.FIRST.pair, entry("quickbooks", "creditmemo"), Role.DOCUMENT),
        (plays.FIRST.pair, entry("quickbooks", "Customer"), Role.REFERENCE),
        (plays.FIRST.pair, entry("quickbooks", "Item", "updated"), Role.OTHER),
        (plays.FIRST.pair, entry("quickbooks", "Invoice", "deleted"), Role.OTHER),
        (plays.FIRST.pair, entry("salesforce", "rstk__soinv__c", "updated"), Role.ACKNOWLEDGEMENT),
        (plays.FIRST.pair, entry("salesforce", "rstk__soprod__c", "updated"), Role.LINK),
        (plays.FIRST.pair, entry("salesforce", "rstk__sohdr__c", "updated"), Role.OTHER),
        (BRIGHTWATER, entry("bigcommerce", "invoice"), Role.DOCUMENT),
        (BRIGHTWATER, entry("bigcommerce", "invoice", "updated"), Role.OTHER),
        (BRIGHTWATER, entry("bigcommerce", "payment"), Role.PAYMENT),
        (BRIGHTWATER, entry("bigcommerce", "payment", "deleted"), Role.OTHER),
        (BRIGHTWATER, entry("acumatica", "Activity"), Role.ACKNOWLEDGEMENT),
        (BRIGHTWATER, entry("acumatica", "Shipment"), Role.OTHER),
    ],
)
def test_what_a_write_is_to_its_flow(pair: Any, made: JournalEntry, role: Role) -> None:
    assert pair.role(made) == role


def in_store(control: SandboxControl, pair: Any, number: str, total: str, buyer: str, still_open: str = "0") -> None:
    """An invoice as our connector would have left it."""
    amounts = {
        name: {"code": "USD", "value": value}
        for name, value in (("originalBalance", total), ("openBalance", still_open))
    }
    company = control.records("bigcommerce", "company", pair.store)[0]["id"]
    cost = {"amount": {"code": "USD", "value": total}, "description": "Subtotal"}
    line = {"sku": "A", "description": "A", "quantity": "1", "unitPrice": {"code": "USD", "value": total}}
    shape = {"type": "Invoice", "header": {"costLines": [cost]}, "details": {"lineItems": [line]}}
    given = {
        "invoiceNumber": number,
        "customerId": str(company),
        "externalCustomerId": buyer,
        "details": shape,
        **amounts,
    }
    given["externalId"] = f"acumatica:invoice:Invoice/{number}"
    control.insert("bigcommerce", "invoice", given, pair.store)


def test_nothing_crosses_is_seen_by_amount_and_buyer_too(control: SandboxControl) -> None:
    """AR0000160 is a number of both tenants."""
    both = [BRIGHTWATER, STONEBRIDGE]
    in_store(control, BRIGHTWATER, "AR0000160", "551.25", "C00000287")
    in_store(control, STONEBRIDGE, "AR0000160", "530.19", "C00000287")
    assert acumatica_bigcommerce.crossings(both, control) == []

    in_store(control, STONEBRIDGE, "AR0000161", "551.25", "C00000310")
    in_store(control, STONEBRIDGE, "AR0000190", "540.00", "C00000288")
    assert acumatica_bigcommerce.crossings(both, control) == [
        "store mt4zr8c1de shows AR0000161 over 551.2500 of C00000310, which Stonebridge does not have",
        "store mt4zr8c1de shows AR0000190 over 540.0000 of C00000288, which Stonebridge does not have",
    ]


def test_what_is_open_in_a_store_is_what_its_tenant_says(control: SandboxControl) -> None:
    both = [BRIGHTWATER, STONEBRIDGE]
    in_store(control, BRIGHTWATER, "AR0000160", "551.25", "C00000287", "3.75")
    in_store(control, STONEBRIDGE, "AR0000161", "310.00", "C00000310")
    assert acumatica_bigcommerce.wrongly_open(both, control) == []

    in_store(control, STONEBRIDGE, "AR0000160", "530.19", "C00000287")
    assert acumatica_bigcommerce.wrongly_open(both, control) == [
        "store mt4zr8c1de shows 0.0000 open for AR0000160, Stonebridge 530.19"
    ]


@pytest.mark.parametrize(("still_open", "lines"), [("3.75", 0), ("551.25", 1), (None, 1)])
def test_the_golden_invoice_shows_what_is_open(control: SandboxControl, still_open: str | None, lines: int) -> None:
    if still_open is not None:
        in_store(control, BRIGHTWATER, "AR0000160", "551.25", "C00000287", still_open)
    assert len(acumatica_bigcommerce.golden(BRIGHTWATER, control)) == lines


def test_a_write_at_a_company_of_no_flow_is_seen(sandbox: Running, control: SandboxControl) -> None:
    pairs = [play.pair for play in plays.PLAYS]
    journal = sandbox.world.journal
    journal.record("bigcommerce", STONEBRIDGE.store, "invoice", "create", "AR1", "9", None, "created")
    journal.record("bigcommerce", "pl0nb2b5fg", "invoice", "create", "AR2", "9", None, "refused", "403")
    assert conditions.elsewhere(control, pairs) == []
    journal.record("bigcommerce", "pl0nb2b5fg", "invoice", "create", "AR3", "9", None, "created")
    [line] = conditions.elsewhere(control, pairs)
    assert line.startswith("bigcommerce invoice AR3 was created at pl0nb2b5fg")


def test_the_chat_is_told_of_the_first_acts_and_of_nothing_else(control: SandboxControl) -> None:
    first = Act("manual__1", "failed", (), {}, (), alerts=("It is red.\nOpen it.",))
    for text in first.alerts:
        assert requests.post(f"{control.index_url}/hooks/alerts", json={"text": text}, timeout=5).ok
    assert conditions.alerts(control, [first]) == []
    assert conditions.alerts(control, []) == ["the chat was also told: It is red."]


def test_writes_are_those_of_both_sides_named_as_people_do(sandbox: Running, control: SandboxControl) -> None:
    journal, since = sandbox.world.journal, control.newest_number()
    golden = next(row for row in BRIGHTWATER.booked(control) if row["ReferenceNbr"] == "AR0000160")
    note = sandbox.vendors["acumatica"].insert(
        BRIGHTWATER.tenant, "Activity", {"Summary": "shown", "Type": "Note", "RelatedEntityNoteID": golden["id"],
                                         "RelatedEntityType": "PX.Objects.AR.ARInvoice"},
    )  # fmt: skip
    journal.record("acumatica", BRIGHTWATER.tenant, "Activity", "create", "shown", note["id"], None, "created")
    journal.record("bigcommerce", STONEBRIDGE.store, "invoice", "create", "AR0000161", "9", None, "created")
    told = Write("acumatica", "Activity", "create", "AR0000160", note["id"], "created", Role.ACKNOWLEDGEMENT)
    assert writes_since(control, BRIGHTWATER, since) == (told,)


class Chain:
    """The order of act 3 as if the release flow and the sync had done their work."""

    def __init__(self, sandbox: Running, control: SandboxControl) -> None:
        control.as_the_demo_wants()
        self.control, self.erp = control, sandbox.vendors["acumatica"]
        self.since, order = control.newest_number(), f"SO/{plays.ORDER}"
        self.act_("create_shipment", order=order, key=order)
        [shipment] = self.look().shipments
        self.act_("confirm_shipment", key=shipment)
        self.act_("prepare_invoice", key=shipment)
        [self.invoice] = self.look().invoices
        self.act_("release", key=f"Invoice/{self.invoice}")
        for entity, key in (("Shipment", shipment), ("SalesInvoice", self.invoice)):
            sandbox.world.journal.record("acumatica", BRIGHTWATER.tenant, entity, "x", key, "1", None, "created")
        row = next(row for row in BRIGHTWATER.booked(control) if row["ReferenceNbr"] == self.invoice)
        self.total = str(row["Amount"])

    def act_(self, verb: str, **given: Any) -> None:
        self.control.insert("acumatica", "Action", {"do": verb, **given}, BRIGHTWATER.tenant)

    def look(self) -> Released:
        return third_act.look(self.control, "manual__2", "success", self.since)

    def act(self) -> Act:
        writes = (
            Write("acumatica", "Shipment", "create", "S", "1", "created"),
            Write("bigcommerce", "invoice", "create", self.invoice, "60", "created", Role.DOCUMENT),
            Write("acumatica", "Activity", "create", self.invoice, "1", "created", Role.ACKNOWLEDGEMENT),
        )
        totals = {"USD": {"source": "1", "destination": "1", "explained": [], "difference": "0.00"}}
        return Act("asset_triggered__1", "success", (), {"acknowledged": 1, "delivered": 1, "totals": totals}, writes)


@pytest.fixture
def chain(sandbox: Running, control: SandboxControl) -> Chain:
    made = Chain(sandbox, control)
    in_store(control, BRIGHTWATER, made.invoice, made.total, "C00000287", made.total)
    return made


def test_act_3_is_one_shipment_and_one_invoice_shown_in_the_store(chain: Chain) -> None:
    assert third_act.failed(chain.control, chain.look(), chain.act()) == []
    assert chain.look().invoices == (chain.invoice,)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"run_state": "failed"}, "must end green, but ended failed"),
        ({"shipments": ("004521", "004522")}, "must have one shipment and one invoice"),
        ({"made": ("Shipment 004521", "SalesInvoice AR0000241", "SalesInvoice AR0000242")}, "each made once"),
    ],
)
def test_what_the_release_may_not_do(chain: Chain, change: dict[str, Any], said: str) -> None:
    assert any(said in line for line in third_act.failed(chain.control, replace(chain.look(), **change), chain.act()))


def test_what_the_run_that_it_sets_off_may_not_do(chain: Chain) -> None:
    act, released = chain.act(), chain.look()
    for changed, said in (
        (replace(act, run_state="failed"), "act 3 must end green"),
        (replace(act, writes=act.writes[:2]), "act 3 must write one acknowledgement"),
        (replace(act, writes=(*act.writes, act.writes[1])), "act 3 must write one document"),
        (replace(act, writes=(*act.writes, replace(act.writes[0], entity="Payment"))), "none of its business"),
    ):
        [line] = third_act.failed(chain.control, released, changed)
        assert said in line


def test_the_store_must_show_the_invoice_once_with_its_balance(chain: Chain) -> None:
    [row] = [row for row in BRIGHTWATER.shown(chain.control) if row["invoiceNumber"] == chain.invoice]
    assert acumatica_bigcommerce.balances(row) == (Decimal(chain.total), Decimal(chain.total))
    chain.control.edit("bigcommerce", "invoice", str(row["id"]), {"openBalance": 1}, BRIGHTWATER.store)
    [line] = third_act.failed(chain.control, chain.look(), chain.act())
    assert f"must show {chain.invoice} once" in line
