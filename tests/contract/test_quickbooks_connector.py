"""The QuickBooks connector against the sandbox: signing in, looking, finding, writing once."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import requests

from invoice_sync.connectors import registry
from invoice_sync.connectors.base import Armed, Destination, Outcome, Verdict, WireItem, WriteClass
from invoice_sync.connectors.parts import Parts
from invoice_sync.connectors.placeholders import placeholder
from invoice_sync.connectors.quickbooks.connector import Credentials, QuickBooks
from invoice_sync.connectors.timing import Timing
from invoice_sync.model import canonical
from invoice_sync.model.documents import DOCUMENTS, Charge, Document, Entity, Invoice, Line, Party, Product
from invoice_sync.model.errors import NeedsPerson, SettingsError, TryLater
from invoice_sync.model.flow import Options
from invoice_sync.model.money import Money
from invoice_sync.model.ports import Binding, Call, SystemClock, Tokens
from sandbox.server import Running, start_in_thread

EAST, WEST = "9130350000000001", "9130350000000002"
OPTIONS = Options(charge_items={"freight": "Freight", "handling": "Handling"})
TIMING = Timing(connect=2.0, read=2.0, server=0.1, index_lag=0.0, slack=0.1)
MARKER = "invoice-sync:acme:{}"


class Memory:
    """A token store without a disk, which remembers how it was used."""

    def __init__(self) -> None:
        self.kept: Tokens | None = None
        self.saved: list[Tokens] = []
        self.locked = False

    def load(self) -> Tokens | None:
        return self.kept

    def save(self, tokens: Tokens) -> Tokens:
        assert self.locked, "tokens are saved only by the one who renews"
        self.kept = replace(tokens, version=tokens.version + 1)
        self.saved.append(self.kept)
        return self.kept

    def save_renewed(self, tokens: Tokens) -> Tokens:
        return self.save(tokens)

    @contextmanager
    def refreshing(self) -> Iterator[None]:
        assert not self.locked
        self.locked = True
        try:
            yield
        finally:
            self.locked = False


class Patient(SystemClock):
    """Pauses between the tries of a read take no time."""

    def sleep(self, seconds: float) -> None:
        return None


@dataclass
class Taken:
    """A quota that makes everybody wait once a turn, and notes for what."""

    turns: list[str] = field(default_factory=list)
    waiting: bool = False

    def take(self, kind: str) -> float:
        self.waiting = not self.waiting
        if not self.waiting:
            self.turns.append(kind)
        return 0.01 if self.waiting else 0.0

    def pause(self, seconds: float) -> None:
        raise AssertionError("nobody asked to wait")


@dataclass
class Bench:
    """The sandbox, a connector to its first company, and the knobs."""

    running: Running
    credentials: Credentials
    tokens: Memory = field(default_factory=Memory)
    calls: list[Call] = field(default_factory=list)
    made: list[QuickBooks] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def connector(self, realm: str = EAST, **changes: Any) -> QuickBooks:
        credentials = replace(self.credentials, **changes)
        binding, log = Binding("acme", "quickbooks", realm), self.calls.append
        made = QuickBooks(binding, credentials, TIMING, Patient(), log, self.tokens, None, OPTIONS)
        self.made.append(made)
        return made

    def knob(self, path: str, content: Any, method: str = "POST") -> Any:
        url = f"{self.running.index_url}/control/{path}"
        answer = requests.request(method, url, json=content, timeout=5)
        assert answer.status_code < 300, answer.text
        return answer.json()

    def mishap(self, kind: str, **more: Any) -> None:
        self.knob("mishaps", {"vendor": "quickbooks", "kind": kind, **more})

    def count(self, entity: str, realm: str = EAST) -> int:
        return len(self.running.vendors["quickbooks"].records(realm, entity))

    def record(self, entity: str, remote_id: str) -> dict[str, Any]:
        """As the operator of the vendor sees it."""
        records = self.running.vendors["quickbooks"].records(EAST, entity)
        return next(dict(each) for each in records if each["Id"] == remote_id)

    def queries(self) -> int:
        return sum(call.path.endswith("/query") for call in self.calls)

    def armed(
        self, entity: Any, bodies: list[Mapping[str, Any]], send_by: float | None = None, operation: str = "create"
    ) -> Armed:
        request = f"{next(self.numbers):032x}"
        items = tuple(WireItem(n, f"i{n}", f"s{n}", frozen(body)) for n, body in enumerate(bodies, 1))
        until = SystemClock().monotonic() + 10 if send_by is None else send_by
        return Armed(Binding("acme", "quickbooks", EAST), entity, operation, request, items, until)


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with start_in_thread(vendors=["quickbooks"]) as sandbox:
        yield sandbox


@pytest.fixture
def bench(running: Running) -> Iterator[Bench]:
    index = requests.get(running.index_url, timeout=5).json()["vendors"]["quickbooks"]
    given, realm = index["credentials"], index["realms"][0]
    credentials = Credentials(
        index["base_url"], index["token_url"], given["client_id"], given["client_secret"], f"RT1-demo-{EAST}"
    )
    assert realm["realm_id"] == EAST
    bench = Bench(running, credentials)
    bench.knob("reset", {})
    bench.knob("settings/quickbooks", {"throttle": "off"})
    yield bench
    for connector in bench.made:
        connector.close()


def frozen(body: Mapping[str, Any]) -> Any:
    """As it comes out of the ledger."""
    return canonical.loads(canonical.dumps(body))


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def invoice(number: str = "INV-1", customer: str = "1001", **changes: Any) -> Invoice:
    line = Line(1, "2001", "Hand trowel", Decimal(3), Decimal("8.50"), usd(2550))
    charges, discount, tax = (Charge("freight", usd(900)),), usd(255), usd(185)
    day = date(2026, 11, 1)
    made = Invoice(f"src-{number}", number, "01", customer, day, None, (line,), charges, discount, tax, usd(3380))
    return replace(made, **changes)


def resolved(connector: QuickBooks, document: Invoice) -> dict[str, Any]:
    """The create body with ids where delivery would put them."""
    marker = MARKER.format(document.source_id)
    body = frozen(connector.body(document, connector.profile(OPTIONS), OPTIONS, marker))
    body["CustomerRef"] = {"value": document.customer}
    for line in body["Line"]:
        reference = line.get("SalesItemLineDetail", {}).get("ItemRef", {})
        reference |= {"value": reference.get("value", "").removeprefix(placeholder("product", ""))}
    return dict(body)


def asked_for(facts: Mapping[str, str]) -> dict[str, str]:
    """The facts that a body of ours asks for: QuickBooks fills in a day that is due, and voids nothing by itself."""
    assert facts["voided"] == "false"
    return {name: text for name, text in facts.items() if name not in ("due", "voided")}


def send(connector: QuickBooks, armed: Armed) -> list[Outcome]:
    connector.prepare()
    found = connector.send(armed)
    assert set(found) == {item.wire_item for item in armed.items}
    return [found[item.wire_item] for item in armed.items]


def test_it_is_a_destination(bench: Bench) -> None:
    destination: Destination = bench.connector()
    assert destination.record_name(Party("a", "1", "Amy's: Birds")) == "Amy's Birds"
    assert destination.record_name(Product("p", "007", "Bird bath")) == "007 Bird bath"
    assert destination.rule("invoice", "create").write_class is WriteClass.KEYED_WINDOW_UNKNOWN
    assert destination.rule("invoice", "create").batch == OPTIONS.send_batch
    assert destination.rule("customer", "create").write_class is WriteClass.UNIQUE
    assert destination.rule("product", "create").in_flight == 1
    for entity in DOCUMENTS:
        assert destination.rule(entity, "create").in_flight == OPTIONS.in_flight
        changing = destination.rule(entity, "update")
        assert (changing.write_class, changing.in_flight) == (WriteClass.SET_STATE, 1)
        assert changing.endpoint == f"{bench.credentials.host}/v3/company/{EAST}/batch"
    assert destination.rule("invoice", "void").write_class is WriteClass.SET_STATE
    missing: tuple[tuple[Entity, str], ...] = (("credit_memo", "void"), ("customer", "update"), ("product", "void"))
    for entity, operation in missing:
        assert not destination.can(entity, operation)
        with pytest.raises(SettingsError, match=f"no way to {operation} a {entity}"):
            destination.rule(entity, operation)


def test_it_is_built_from_a_connection(bench: Bench) -> None:
    given = bench.credentials
    extra = {"token_url": given.token_url, "refresh_token": given.first_refresh_token}
    binding = Binding("acme", "quickbooks", EAST)
    quota = Taken()
    parts = Parts(
        binding, given.host, given.client_id, given.client_secret, extra, TIMING, OPTIONS, Patient(),
        bench.calls.append, bench.tokens, quota,
    )  # fmt: skip
    destination = registry.destination("quickbooks", parts)
    assert isinstance(destination, QuickBooks)
    bench.made.append(destination)
    assert destination.inspect(OPTIONS).name == "Acme Garden & Supply"
    assert set(quota.turns) == {"call"}


def test_inspect(bench: Bench) -> None:
    seen = bench.connector().inspect(OPTIONS)
    assert (seen.tenant, seen.name, seen.findings, seen.notes) == (EAST, "Acme Garden & Supply", (), ())


def test_inspect_finds_what_is_missing(bench: Bench) -> None:
    options = Options(charge_items={"freight": "Old pot", "packaging": "Nothing"}, income_account="Inventory Asset")
    findings = bench.connector().inspect(options).findings
    assert [each.message.rpartition("named ")[2] for each in findings] == [
        "Inventory Asset",
        "Old pot, which the flow uses for freight",
        "Nothing, which the flow uses for packaging",
    ]
    assert all(each.cure for each in findings)


def test_inspect_of_another_company_is_a_finding(bench: Bench) -> None:
    seen = bench.connector(WEST).inspect(OPTIONS)
    assert seen.tenant == ""
    assert "another QuickBooks company" in seen.findings[0].message


def test_profile_is_plain_json(bench: Bench) -> None:
    profile = bench.connector().profile(OPTIONS)
    assert frozen(profile) == profile == {
        "home_currency": "USD",
        "country": "US",
        "multicurrency": False,
        "book_close_date": "2026-06-30",
        "using_sales_tax": True,
        "partner_tax": False,
        "allow_discount": True,
        "allow_shipping": True,
        "terms": {"due on receipt": "1", "net 15": "2", "net 30": "3", "net 60": "4"},
        "tax_codes": {},
        "custom_fields": {},
        "custom_numbers": True,
        "income_account": "79",
        "charge_items": {"freight": "2010", "handling": "2011"},
    }  # fmt: skip


def test_customer_candidates(bench: Bench) -> None:
    bench.knob(f"state/quickbooks/{EAST}/customer", {"DisplayName": "O'Hara \\ Daughters"})
    wanted = [
        Party("a", "1", "  o'hara \\ DAUGHTERS "),
        Party("b", "2", "Somebody else", foreign_id="1001"),
        Party("c", "3", "Harbor Line Freight"),
        Party("d", "4", "Dana Field", foreign_id="no number"),
        Party("e", "5", "Nobody", email="OFFICE@zinnia.example"),
        Party("f", "6", "With\ttab"),
    ]
    found = bench.connector().candidates("customer", wanted)
    assert {(each.kind, each.name) for each in found} == {
        ("customer", "O'Hara \\ Daughters"),
        ("customer", "Amber Lane Dental"),
        ("customer", "Zinnia Stationers"),
        ("vendor", "Harbor Line Freight"),
        ("employee", "Dana Field"),
    }
    amber = next(each for each in found if each.remote_id == "1001")
    assert (amber.email, amber.postcode, amber.active) == ("ap@amberlane.example", "02139", True)


def test_inactive_customers_and_items_are_shown(bench: Bench) -> None:
    bench.knob(f"state/quickbooks/{EAST}/customer/1002", None, "DELETE")
    (customer,) = bench.connector().candidates("customer", [Party("a", "1", "x", foreign_id="1002")])
    assert (customer.name, customer.active) == ("Birch & Sons Plumbing (deleted)", False)
    (item,) = bench.connector().candidates("product", [Product("p", "P-900", "Old pot")])
    assert (item.kind, item.sku, item.active) == ("product", "P-900", False)


def test_product_candidates(bench: Bench) -> None:
    wanted = [
        Product("a", "p-100", "x"),
        Product("b", "none", "x", foreign_id="2002"),
        Product("c", "zzz", "Handling"),
    ]
    found = bench.connector().candidates("product", wanted)
    assert sorted(each.remote_id for each in found) == ["2001", "2002", "2011"]
    assert bench.connector().candidates("invoice", wanted) == []


def test_long_lists_are_asked_for_at_once(bench: Bench) -> None:
    connector = bench.connector()
    ids = ["3001", *(str(number) for number in range(700000, 700999))]
    assert [*connector.reread("invoice", ids)] == ["3001"]
    assert bench.queries() == 1, "a page that is short is the last one"
    connector.reread("invoice", [*ids, "799999"])
    assert bench.queries() == 3, "1,001 ids"
    wanted = [Product(str(n), f"S{n}", "x") for n in range(250)] + [Product("a", "P-100", "y")]
    assert [each.remote_id for each in connector.candidates("product", wanted)] == ["2001"]


def test_lists_that_are_refused_as_too_long_are_asked_for_in_halves(bench: Bench) -> None:
    bench.knob("settings/quickbooks", {"in_list_limit": 70})
    connector = bench.connector()
    ids = [*(str(number) for number in range(700000, 700249)), "3001"]
    assert [*connector.reread("invoice", ids)] == ["3001"]
    statuses = [call.status for call in bench.calls if call.path.endswith("/query")]
    # 250 and 125 are refused, then 62 at a time
    assert statuses == [400, 400, 200, 200, 200, 200, 200]
    connector.reread("invoice", ids)
    assert bench.queries() == 7 + 5, "what was learned is kept"


def test_a_list_that_is_refused_for_another_reason_stays_refused(bench: Bench) -> None:
    bench.knob("settings/quickbooks", {"in_list_limit": 20})
    with pytest.raises(NeedsPerson, match="400[01]"):
        bench.connector().reread("invoice", [str(number) for number in range(700000, 700100)])
    assert bench.queries() == 2, "100, then 50, and no shorter"


def test_everybody_is_there_for_suggestions(bench: Bench) -> None:
    bench.knob(f"state/quickbooks/{EAST}/customer/1002", None, "DELETE")
    connector = bench.connector()
    everybody = connector.everybody("customer")
    assert {each.kind for each in everybody} == {"customer"}
    names = {each.name for each in everybody}
    assert {"Amber Lane Dental", "Zinnia Stationers"} <= names and not any("deleted" in name for name in names)
    items = connector.everybody("product")
    assert all(each.active for each in items) and "P-100" in {each.sku for each in items}


def test_an_invoice_comes_back_as_it_was_sent(bench: Bench) -> None:
    connector = bench.connector()
    body = resolved(connector, invoice())
    referenced = connector.referenced([body])
    assert connector.preflight(invoice(), body, connector.profile(OPTIONS), referenced) == []
    (outcome,) = send(connector, bench.armed("invoice", [body]))
    assert outcome.verdict is Verdict.OK and outcome.remote is not None and outcome.trace_id
    assert asked_for(outcome.remote.facts) == connector.expected("invoice", "create", body)
    assert (outcome.remote.facts["total"], outcome.remote.facts["tax"]) == ("3380 USD", "185 USD")
    assert connector.reread("invoice", [outcome.remote.id, "999999", "x"]) == {outcome.remote.id: outcome.remote}
    asked = [body | {"DocNumber": number} for number in ("inv-1", "INV-2")]
    assert connector.holders("invoice", asked) == [[outcome.remote], []]
    assert connector.holders("credit_memo", asked) == [[], []]


def test_a_credit_memo_comes_back_as_it_was_sent(bench: Bench) -> None:
    connector = bench.connector()
    memo = invoice("CM-1", kind="credit_memo", credits="src-INV-1")
    armed = bench.armed("credit_memo", [resolved(connector, memo)])
    (outcome,) = send(connector, armed)
    assert outcome.verdict is Verdict.OK and outcome.remote is not None
    asked = connector.expected("credit_memo", "create", armed.items[0].body)
    assert asked["total"] == "3380 USD", "positive on both sides"
    assert asked.items() <= outcome.remote.facts.items()
    assert connector.find("credit_memo", "create", armed.items) == {1: [outcome.remote]}
    assert connector.find("invoice", "create", armed.items) == {1: []}
    assert (bench.count("creditmemo"), bench.count("invoice")) == (1, 3)


def test_everything_that_the_source_says_comes_over(bench: Bench) -> None:
    """And is, word for word, what the vendor keeps."""
    connector = bench.connector()
    document = invoice(
        due_date=date(2026, 12, 24), memo="Thanks", note="Fragile", purchase_order="AL-7781", terms="Net 30",
        ship_date=date(2026, 10, 30), tracking="1Z999", email="ap@amberlane.example",
    )  # fmt: skip
    body = resolved(connector, document)
    (outcome,) = send(connector, bench.armed("invoice", [body]))
    assert outcome.verdict is Verdict.OK and outcome.remote is not None, outcome.problem
    kept = bench.record("invoice", outcome.remote.id)
    for name in ("TxnDate", "DueDate", "ShipDate", "TrackingNum", "PrivateNote", "CustomerMemo", "DocNumber"):
        assert kept[name] == body[name], name
    assert kept["SalesTermRef"]["value"] == body["SalesTermRef"]["value"] == "3"
    assert kept["BillEmail"]["Address"] == "ap@amberlane.example"
    facts = {name: text for name, text in outcome.remote.facts.items() if name != "voided"}
    assert facts == connector.expected("invoice", "create", body)


def test_a_changed_invoice_is_updated_once_and_what_people_added_stays(bench: Bench) -> None:
    connector = bench.connector()
    before = resolved(connector, invoice())
    (made,) = send(connector, bench.armed("invoice", [before]))
    assert made.remote is not None
    bench.knob(f"state/quickbooks/{EAST}/invoice/{made.remote.id}", {"CustomerMemo": {"value": "by hand"}}, "PATCH")
    there = connector.reread("invoice", [made.remote.id])[made.remote.id]
    line = Line(1, "2002", "Cedar planter", Decimal(2), Decimal("10.00"), usd(2000))
    after = resolved(connector, invoice(lines=(line,), total=usd(2830), date=date(2026, 11, 2)))
    armed = bench.armed("invoice", [connector.update_body(after, {}, there)], operation="update")
    (outcome,) = send(connector, armed)
    assert outcome.verdict is Verdict.OK and outcome.remote is not None, outcome.problem
    assert outcome.remote.id == there.id and outcome.remote.version != there.version
    assert connector.expected("invoice", "update", armed.items[0].body).items() <= outcome.remote.facts.items()
    assert (outcome.remote.facts["total"], outcome.remote.facts["date"]) == ("2830 USD", "2026-11-02")
    assert bench.record("invoice", there.id)["CustomerMemo"] == {"value": "by hand"}
    assert bench.count("invoice") == 4
    # a second sending, under another key, is stale, and a look tells that it is there
    again = replace(armed, wire_request=f"{next(bench.numbers):032x}")
    (stale,) = send(connector, again)
    assert stale.verdict is Verdict.HIT and stale.problem is not None and stale.problem.vendor_code == "5010"
    (found,) = connector.find("invoice", "update", again.items)[1]
    assert found.version == outcome.remote.version


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("TrackingNum", {"tracking": "1Z999"}),
        ("ShipDate", {"ship_date": date(2026, 10, 30)}),
        ("CustomerMemo", {"memo": "Thanks"}),
        ("BillEmail", {"email": "ap@amberlane.example"}),
    ],
)
def test_what_the_source_emptied_is_named_since_an_update_may_not_empty_it(
    bench: Bench, field: str, given: dict[str, Any]
) -> None:
    """The stand-in keeps the field (switch sparse_empty), so whoever relied on it would be wrong there."""
    connector = bench.connector()
    before, after = resolved(connector, invoice(**given)), resolved(connector, invoice())
    (made,) = send(connector, bench.armed("invoice", [before]))
    assert made.remote is not None and bench.record("invoice", made.remote.id)[field]
    assert len(connector.not_emptied(before, after)) == 1
    assert connector.not_emptied(after, before) == []
    body = connector.update_body(after, {}, made.remote)
    (outcome,) = send(connector, bench.armed("invoice", [body], operation="update"))
    assert outcome.verdict is Verdict.OK, outcome.problem
    assert bench.record("invoice", made.remote.id)[field]


def test_a_withdrawn_invoice_is_voided(bench: Bench) -> None:
    connector = bench.connector()
    (made,) = send(connector, bench.armed("invoice", [resolved(connector, invoice())]))
    assert made.remote is not None
    armed = bench.armed("invoice", [connector.void_body(made.remote)], operation="void")
    (outcome,) = send(connector, armed)
    assert outcome.verdict is Verdict.OK and outcome.remote is not None, outcome.problem
    assert (outcome.remote.id, outcome.remote.live) == (made.remote.id, False)
    assert connector.expected("invoice", "void", armed.items[0].body) == {"voided": "true"}
    (found,) = connector.find("invoice", "void", armed.items)[1]
    assert (found.facts["voided"], found.facts["total"]) == ("true", "0 USD")
    assert bench.count("invoice") == 4


def test_the_state_of_what_documents_name_is_read_in_bulk_and_once(bench: Bench) -> None:
    bench.knob(f"state/quickbooks/{EAST}/customer/1002", None, "DELETE")
    connector = bench.connector()
    bodies = [resolved(connector, invoice(number, customer)) for number, customer in
              (("A", "1001"), ("B", "1002"), ("C", "424242"))]  # fmt: skip
    before = bench.queries()
    referenced = connector.referenced(bodies)
    assert {name: state["state"] for name, state in referenced.items()} == {
        "Customer/1001": "active",
        "Customer/1002": "is inactive",
        "Customer/424242": "is not there any more",
        "Item/2001": "active",
        "Item/2010": "active",
    }
    # customers, items, and the items' accounts
    assert bench.queries() == before + 3
    assert connector.referenced(bodies) == referenced and bench.queries() == before + 3
    profile = connector.profile(OPTIONS)
    causes = [[each.cause for each in connector.preflight(invoice(), body, profile, referenced)] for body in bodies]
    assert causes == [[], ["reference"], ["reference"]]


def test_customers_and_products_are_added(bench: Bench) -> None:
    connector = bench.connector()
    profile = connector.profile(OPTIONS)
    added: tuple[tuple[Entity, Document], ...] = (
        ("customer", Party("a", "1", "Amy's: Birds", "amy@birds.example", "+1 555 0100")),
        ("product", Product("p", "00700", "Bird bath")),
    )
    for entity, document in added:
        body = connector.body(document, profile, OPTIONS, "marker")
        armed = bench.armed(entity, [body])
        (outcome,) = send(connector, armed)
        assert outcome.verdict is Verdict.OK and outcome.remote is not None
        assert outcome.remote.facts == connector.expected(entity, "create", body)
        assert connector.find(entity, "create", armed.items) == {1: [outcome.remote]}


def test_one_refused_item_does_not_hurt_its_neighbours(bench: Bench) -> None:
    connector = bench.connector()
    good, bad = resolved(connector, invoice("A-1")), resolved(connector, invoice("A-2", customer="424242"))
    closed = resolved(connector, invoice("A-3", date=date(2026, 6, 1)))
    first, second, third, fourth = send(
        connector, bench.armed("invoice", [good, bad, closed, resolved(connector, invoice("A-4"))])
    )
    assert (first.verdict, fourth.verdict) == (Verdict.OK, Verdict.OK)
    assert second.verdict is third.verdict is Verdict.REFUSED
    assert second.problem is not None and third.problem is not None
    assert "customer 424242" in second.problem.reason and second.problem.vendor_code == "2500"
    assert third.problem.cause == "closed_period" and third.problem.trace_id
    assert bench.count("invoice") == 5


def test_a_taken_number_is_a_hit(bench: Bench) -> None:
    connector = bench.connector()
    armed = bench.armed("invoice", [resolved(connector, invoice("9001"))])
    (outcome,) = send(connector, armed)
    assert outcome.verdict is Verdict.HIT and outcome.problem is not None
    assert "id 3001" in outcome.problem.reason
    assert [remote.id for remote in connector.find("invoice", "create", armed.items)[1]] == ["3001"]


def test_a_taken_name_is_a_hit_though_it_is_a_vendors(bench: Bench) -> None:
    connector = bench.connector()
    armed = bench.armed("customer", [{"DisplayName": "harbor line freight", "Notes": "marker"}])
    (outcome,) = send(connector, armed)
    assert outcome.verdict is Verdict.HIT and outcome.problem is not None
    assert outcome.problem.cause == "name_taken"
    assert connector.find("customer", "create", armed.items) == {1: []}


def test_the_same_key_writes_once(bench: Bench) -> None:
    connector = bench.connector()
    armed = bench.armed("invoice", [resolved(connector, invoice())])
    first, second = send(connector, armed)[0], send(connector, armed)[0]
    assert first.verdict is second.verdict is Verdict.OK
    assert first.remote == second.remote
    assert bench.count("invoice") == 4


def test_a_fault_on_a_replayed_key_is_unknown(bench: Bench) -> None:
    connector = bench.connector()
    bench.knob("settings/quickbooks", {"replay_mode": "fault_6000"})
    armed = bench.armed("invoice", [resolved(connector, invoice())])
    assert [send(connector, armed)[0].verdict for _ in range(2)] == [Verdict.OK, Verdict.UNKNOWN]


@pytest.mark.parametrize("kind", ["drop_after", "half_body", "server_error_after", "html"])
def test_a_lost_answer_is_unknown_and_then_found(bench: Bench, kind: str) -> None:
    connector = bench.connector()
    armed = bench.armed("invoice", [resolved(connector, invoice("L-1")), resolved(connector, invoice("L-2"))])
    bench.mishap(kind)
    assert {outcome.verdict for outcome in send(connector, armed)} == {Verdict.UNKNOWN}
    found = connector.find("invoice", "create", armed.items)
    for item in armed.items:
        (remote,) = found[item.intent]
        assert asked_for(remote.facts) == connector.expected("invoice", "create", item.body)
    assert bench.count("invoice") == 5


@pytest.mark.parametrize("kind", ["drop_before", "server_error_before"])
def test_what_never_arrived_is_unknown_and_not_found(bench: Bench, kind: str) -> None:
    connector = bench.connector()
    armed = bench.armed("invoice", [resolved(connector, invoice())])
    bench.mishap(kind)
    assert send(connector, armed)[0].verdict is Verdict.UNKNOWN
    assert connector.find("invoice", "create", armed.items) == {1: []}


def test_a_voided_invoice_is_found_and_not_live(bench: Bench) -> None:
    connector = bench.connector()
    armed = bench.armed("invoice", [resolved(connector, invoice())])
    (outcome,) = send(connector, armed)
    assert outcome.remote is not None
    connector.prepare()
    assert bench.tokens.kept is not None
    answer = requests.post(
        f"{bench.credentials.host}/v3/company/{EAST}/invoice",
        params={"operation": "void"},
        json={"Id": outcome.remote.id, "SyncToken": "0"},
        headers={"Authorization": f"Bearer {bench.tokens.kept.access}", "Accept": "application/json"},
        timeout=5,
    )
    assert answer.status_code == 200, answer.text
    (remote,) = connector.find("invoice", "create", armed.items)[1]
    assert (remote.id, remote.live) == (outcome.remote.id, False)


def test_a_throttle_is_certainly_not_done(bench: Bench) -> None:
    connector = bench.connector()
    armed = bench.armed("invoice", [resolved(connector, invoice())])
    bench.mishap("throttled", with_headers=False)
    assert send(connector, armed)[0].verdict is Verdict.THROTTLED
    assert bench.count("invoice") == 3


def test_a_batch_past_its_time_is_not_sent(bench: Bench) -> None:
    connector = bench.connector()
    armed = bench.armed("invoice", [resolved(connector, invoice())], send_by=SystemClock().monotonic() - 1)
    assert send(connector, armed)[0].verdict is Verdict.NOT_SENT


def test_without_a_token_nothing_is_sent(bench: Bench) -> None:
    body = resolved(bench.connector(), invoice())
    (outcome,) = bench.connector().send(bench.armed("invoice", [body])).values()
    assert outcome.verdict is Verdict.NOT_DONE
    assert bench.count("invoice") == 3


def test_an_expired_token_is_not_done_and_renewed(bench: Bench) -> None:
    connector = bench.connector()
    armed = bench.armed("invoice", [resolved(connector, invoice())])
    bench.mishap("expired_token")
    assert send(connector, armed)[0].verdict is Verdict.NOT_DONE
    connector.renew()
    assert send(connector, armed)[0].verdict is Verdict.OK


def test_a_read_renews_by_itself(bench: Bench) -> None:
    connector = bench.connector()
    connector.prepare()
    bench.mishap("expired_token", scope="read")
    assert connector.inspect(OPTIONS).tenant == EAST
    assert len(bench.tokens.saved) == 2


def test_the_first_token_is_used_once_and_then_rotated(bench: Bench) -> None:
    connector = bench.connector()
    connector.prepare()
    connector.prepare()
    (first,) = bench.tokens.saved
    assert first.refresh not in ("", f"RT1-demo-{EAST}")
    assert first.previous_refresh == f"RT1-demo-{EAST}"
    assert first.refresh_expires_at is not None
    assert first.refresh_expires_at > datetime.now(UTC) + timedelta(days=99)
    connector.renew()
    assert [each.version for each in bench.tokens.saved] == [1, 2]
    assert bench.tokens.saved[1].previous_refresh == first.refresh
    # another process finds the stored one and does not renew
    bench.connector().prepare()
    assert len(bench.tokens.saved) == 2


def test_the_token_is_renewed_at_four_fifths_of_its_life(bench: Bench) -> None:
    bench.connector().prepare()
    for left, renewals in ((800, 1), (600, 2)):
        assert bench.tokens.kept is not None
        ends = datetime.now(UTC) + timedelta(seconds=left)
        bench.tokens.kept = replace(bench.tokens.kept, expires_at=ends)
        bench.connector().prepare()
        assert len(bench.tokens.saved) == renewals


def test_a_token_renewed_by_another_process_is_taken(bench: Bench) -> None:
    first, second = bench.connector(), bench.connector()
    first.prepare()
    second.prepare()
    first.renew()
    second.renew()
    assert len(bench.tokens.saved) == 2
    assert second.inspect(OPTIONS).tenant == EAST


def test_a_dead_refresh_token_needs_a_person(bench: Bench) -> None:
    connector = bench.connector(first_refresh_token="RT1-dead")
    with pytest.raises(NeedsPerson) as caught:
        connector.inspect(OPTIONS)
    assert str(caught.value).startswith(
        "QuickBooks export API call encountered UNAUTHORIZED status code and could not be completed. "
        "Please reset your QuickBooks authorization token and try again."
    )
    assert "company acme" in caught.value.cure and EAST in caught.value.cure
    assert bench.tokens.saved == []


def test_a_new_token_in_the_connection_cures_a_dead_stored_one(bench: Bench) -> None:
    bench.tokens.kept = Tokens("dead", datetime.now(UTC) - timedelta(days=1), "RT1-dead", "RT1-older", None, 7)
    bench.connector().prepare()
    assert [each.version for each in bench.tokens.saved] == [8]


def test_without_any_refresh_token_nobody_is_asked(bench: Bench) -> None:
    with pytest.raises(NeedsPerson, match="UNAUTHORIZED"):
        bench.connector(first_refresh_token="").prepare()
    assert bench.calls == []


@pytest.mark.parametrize("kind", ["drop_before", "half_body", "html", "server_error_before", "throttled"])
def test_no_answer_to_the_sign_in_keeps_the_old_token(bench: Bench, kind: str) -> None:
    bench.mishap(kind, scope="sign_in")
    connector = bench.connector()
    with pytest.raises(TryLater):
        connector.prepare()
    assert bench.tokens.saved == []


def test_a_wrong_secret_is_a_matter_of_settings(bench: Bench) -> None:
    with pytest.raises(SettingsError, match="client id and secret"):
        bench.connector(client_secret="wrong").prepare()


def test_nothing_secret_or_personal_is_shown(bench: Bench) -> None:
    connector = bench.connector()
    connector.candidates("customer", [Party("a", "1", "Amber Lane Dental", "ap@amberlane.example")])
    send(connector, bench.armed("customer", [{"DisplayName": "Amy", "Notes": "marker"}]))
    assert bench.tokens.kept is not None
    shown = repr((bench.calls, bench.credentials, bench.tokens.kept, connector))
    secrets = (bench.credentials.client_secret, bench.tokens.kept.access, bench.tokens.kept.refresh)
    for text in (*secrets, "RT1-", "Amber", "Amy", "amberlane"):
        assert text not in shown
    assert {call.trace_id != "" for call in bench.calls} == {True}
