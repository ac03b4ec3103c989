"""The BigCommerce connector against the sandbox: looking, finding, writing once."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from delivering import new_ledger
from invoice_sync.connectors import registry
from invoice_sync.connectors.base import Armed, Destination, Outcome, Verdict, WireItem, WriteClass
from invoice_sync.connectors.bigcommerce import limits
from invoice_sync.connectors.bigcommerce.client import CORE_HOST, HOST, access
from invoice_sync.connectors.bigcommerce.connector import Access, BigCommerce
from invoice_sync.connectors.parts import Parts
from invoice_sync.connectors.placeholders import placeholder
from invoice_sync.connectors.timing import Timing
from invoice_sync.delivery import Door
from invoice_sync.ledger import documents, intents
from invoice_sync.ledger.database import Database
from invoice_sync.ledger.documents import Seen
from invoice_sync.ledger.intents import Wanted
from invoice_sync.ledger.quotas import LedgerQuota
from invoice_sync.ledger.scope import Scope, TaskRef
from invoice_sync.ledger.tables import DocumentRow
from invoice_sync.model import canonical
from invoice_sync.model.documents import Address, Charge, Invoice, Line, Party, Product, Tax
from invoice_sync.model.errors import NeedsPerson, SettingsError, TryLater
from invoice_sync.model.flow import BigCommerceOptions, Options
from invoice_sync.model.money import Money
from invoice_sync.model.ports import Binding, Call, SystemClock
from invoice_sync.model.words import DocumentState
from invoice_sync.steps.statement import reread_amount
from sandbox.bigcommerce import BigCommerce as StandIn
from sandbox.server import Running, start_in_thread

HARBOR, MISTRAL, PLAIN = "hw7kq2x9ab", "mt4zr8c1de", "pl0nb2b5fg"
IPL, BIRCH, DORMANT = "8101", "8102", "8106"
LINKED = {"C00000287": IPL, "C00000301": BIRCH, "C00000320": DORMANT}
CHOICES = BigCommerceOptions(
    company_field="ERP Customer ID",
    tax_field="Tax ID",
    extra_fields={"division": "ERP Branch", "order_id": "Store Order", "kept": "Lot and Serial"},
    pdf_url="https://files.example/{number}.pdf",
)
OPTIONS = Options(unknown_customers="review", bigcommerce=CHOICES, terms={"30D": "Net 30 days"})
TIMING = Timing(connect=2.0, read=2.0, server=0.1, index_lag=0.0, slack=0.1)


class Patient(SystemClock):
    """Pauses between the tries of a read take no time, and are remembered."""

    def __init__(self) -> None:
        self.slept: list[float] = []
        self.skipped = 0.0
        self.on_sleep: Callable[[float], object] = lambda seconds: None

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=self.skipped)

    def monotonic(self) -> float:
        return super().monotonic() + self.skipped

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.skipped += seconds
        self.on_sleep(seconds)

    def jitter(self, upper: float) -> float:
        return 0.0


@dataclass
class Bench:
    """The sandbox, a connector to one of its stores, and the knobs."""

    running: Running
    calls: list[Call] = field(default_factory=list)
    made: list[BigCommerce] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    clock: Patient = field(default_factory=Patient)

    @property
    def vendor(self) -> StandIn:
        return cast(StandIn, self.running.vendors["bigcommerce"])

    def token(self, store: str) -> str:
        about = self.vendor.describe(self.running.urls["bigcommerce"])
        return str(next(each["access_token"] for each in about["stores"] if each["store_hash"] == store))

    def connector(self, store: str = HARBOR, token: str = "", options: Options = OPTIONS) -> BigCommerce:
        url = self.running.urls["bigcommerce"]
        given = Access(token or self.token(store), url, url)
        made = BigCommerce(
            Binding("acme", "bigcommerce", store), given, TIMING, self.clock, self.calls.append, None, options
        )
        self.made.append(made)
        return made

    def set(self, **changes: Any) -> None:
        self.vendor.configure(changes)

    def mishap(self, kind: str, **more: Any) -> None:
        url = f"{self.running.index_url}/control/mishaps"
        answer = requests.post(url, json={"vendor": "bigcommerce", "kind": kind, **more}, timeout=5)
        assert answer.status_code < 300, answer.text

    def records(self, entity: str, store: str = HARBOR) -> list[dict[str, Any]]:
        return self.vendor.records(store, entity)

    def record(self, remote_id: str) -> dict[str, Any]:
        return next(each for each in self.records("invoice") if str(each["id"]) == remote_id)

    def ours(self) -> list[dict[str, Any]]:
        """The invoices that carry a marker of ours."""
        return [each for each in self.records("invoice") if each["externalId"].startswith("acumatica:")]

    def edit(self, remote_id: str, **fields: Any) -> None:
        self.vendor.edit(HARBOR, "invoice", remote_id, fields)

    def insert(self, entity: str, **fields: Any) -> dict[str, Any]:
        return self.vendor.insert(HARBOR, entity, fields)

    def asked(self, path: str = "/api/v3/io") -> int:
        return sum(path in call.path for call in self.calls)

    def armed(self, body: Mapping[str, Any], operation: str = "create", entity: Any = "invoice") -> Armed:
        item = WireItem(1, "i0", "s1", frozen(body))
        until = SystemClock().monotonic() + 10
        binding = Binding("acme", "bigcommerce", HARBOR)
        return Armed(binding, entity, operation, f"{next(self.numbers):032x}", (item,), until)


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with start_in_thread(vendors=["bigcommerce"]) as sandbox:
        yield sandbox


@pytest.fixture
def bench(running: Running) -> Iterator[Bench]:
    bench = Bench(running)
    requests.post(f"{running.index_url}/control/reset", json={}, timeout=5).raise_for_status()
    bench.set(throttle="off")
    yield bench
    for connector in bench.made:
        connector.close()


def frozen(body: Mapping[str, Any]) -> Any:
    """As it comes out of the ledger."""
    return canonical.loads(canonical.dumps(body))


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def invoice(number: str = "AR000160", **changes: Any) -> Invoice:
    """The seed's invoice: 500.00 + 51.25, of which 547.50 is paid."""
    line = Line(1, "AACOMPUT01", "Computer", Decimal(1), Decimal("500.00"), usd(50000), sku="AACOMPUT01")
    made = Invoice(
        f"Invoice/{number}", number, "MAIN", "C00000287", date(2026, 3, 5), date(2026, 4, 4), (line,), (), usd(0),
        usd(5125), usd(55125), balance=usd(375), taxes=(Tax("CASTATE", usd(5125)),), terms="30D",
        purchase_order="PO-77", status="Open",
    )  # fmt: skip
    return replace(made, **changes)


def marker(document: Invoice) -> str:
    return f"acumatica:invoice:{document.source_id}"


def body_of(connector: BigCommerce, document: Invoice, options: Options = OPTIONS) -> dict[str, Any]:
    """The create body with ids where delivery would put them."""
    body = frozen(connector.body(document, connector.profile(options), options, marker(document)))
    assert body["customerId"] == placeholder("customer", document.customer)
    return {**body, "customerId": LINKED[document.customer]}


def send(connector: BigCommerce, armed: Armed) -> Outcome:
    connector.prepare()
    found = connector.send(armed)
    assert set(found) == {"i0"}
    return found["i0"]


def create(bench: Bench, connector: BigCommerce, document: Invoice, options: Options = OPTIONS) -> tuple[str, Any]:
    """The id of a new invoice, and its body."""
    armed = bench.armed(body_of(connector, document, options))
    outcome = send(connector, armed)
    assert outcome.verdict is Verdict.OK and outcome.remote is not None, outcome.problem
    return outcome.remote.id, armed.items[0].body


def differences(connector: BigCommerce, operation: str, body: Any, facts: Mapping[str, str]) -> dict[str, Any]:
    expected = connector.expected("invoice", operation, body)
    return {name: (text, facts.get(name)) for name, text in expected.items() if facts.get(name) != text}


def test_it_is_a_destination(bench: Bench) -> None:
    destination: Destination = bench.connector()
    assert destination.refers_to == {"customer"} and destination.can_reopen
    assert destination.record_name(Party("a", "1", " Birchwood\tJoinery ")) == "Birchwood Joinery"
    assert destination.number({"invoiceNumber": "A-1"}) == "A-1"
    create_ = destination.rule("invoice", "create")
    assert (create_.write_class, create_.batch, create_.in_flight) == (WriteClass.UNIQUE, 1, OPTIONS.in_flight)
    assert create_.endpoint == f"{bench.running.urls['bigcommerce']}/api/v3/io/ip/invoices"
    for operation in ("update", "void"):
        assert destination.can("invoice", operation)
        assert destination.rule("invoice", operation).write_class is WriteClass.SET_STATE
    assert destination.rule("customer", "create").write_class is WriteClass.PLAIN
    for entity, operation in (("product", "create"), ("credit_memo", "create"), ("customer", "update")):
        assert not destination.can(cast(Any, entity), operation)
        with pytest.raises(SettingsError, match=f"no way to {operation} a {entity}"):
            destination.rule(cast(Any, entity), operation)
    assert destination.can("customer", "create"), "when a person says so, whatever the option"
    adding = bench.connector(options=OPTIONS.model_copy(update={"unknown_customers": "add"}))
    assert adding.can("customer", "create")
    assert destination.candidates("product", [Product("p", "S", "x")]) == destination.everybody("product") == []
    assert destination.left_out(invoice(), OPTIONS) == []
    with pytest.raises(SettingsError):
        destination.body(Product("p", "S", "x"), {}, OPTIONS, "m")


def parts(bench: Bench, tenant: str = HARBOR, **changes: Any) -> Parts:
    url = bench.running.urls["bigcommerce"]
    given: dict[str, Any] = {
        "binding": Binding("acme", "bigcommerce", tenant), "host": url, "user": "", "password": bench.token(HARBOR),
        "extra": {"core_url": f"{url}/stores"}, "timing": TIMING, "options": OPTIONS, "clock": bench.clock,
        "call_log": bench.calls.append, "tokens": cast(Any, None), "quota": cast(Any, None), **changes,
    }  # fmt: skip
    return Parts(**given)


def test_it_is_built_from_a_connection(bench: Bench) -> None:
    destination = registry.destination("bigcommerce", parts(bench, user=HARBOR))
    assert isinstance(destination, BigCommerce)
    bench.made.append(destination)
    assert destination.inspect(OPTIONS).name == "Harbor Wholesale"
    assert access(parts(bench, host="", extra={})) == Access(bench.token(HARBOR), HOST, CORE_HOST)
    assert [(each.limit, each.seconds) for each in registry.windows("bigcommerce", {})] == [(150, 60), (150, 30)]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"password": " "}, "has no token"),
        ({"user": MISTRAL}, f"is for store {MISTRAL}"),
        ({"tenant": "../other"}, "store hash"),
        ({"host": "api-b2b.bigcommerce.com"}, "address"),
    ],
)
def test_a_connection_that_cannot_be(bench: Bench, changes: dict[str, Any], told: str) -> None:
    with pytest.raises(SettingsError, match=told):
        registry.destination("bigcommerce", parts(bench, **changes))


def test_no_secret_is_shown(bench: Bench) -> None:
    connector = bench.connector()
    assert bench.token(HARBOR) not in repr(Access(bench.token(HARBOR))) + repr(connector)
    connector.inspect(OPTIONS)
    assert bench.token(HARBOR) not in repr(bench.calls)


def test_inspect(bench: Bench) -> None:
    seen = bench.connector().inspect(OPTIONS)
    assert (seen.tenant, seen.name, seen.findings, seen.notes) == (HARBOR, "Harbor Wholesale", (), ())
    assert len(bench.calls) == 3


def test_profile_is_plain_json_and_asked_for_once(bench: Bench) -> None:
    connector = bench.connector()
    profile = connector.profile(OPTIONS)
    connector.inspect(OPTIONS)
    assert frozen(profile) == profile
    assert (profile["offset"], profile["channel"]) == (0, None)
    assert profile["extra_fields"]["Document Kind"] == {
        "kind": 3, "required": False, "default": False, "longest": 0, "most": "",
        "choices": ["Invoice", "Debit Memo", "Credit Memo"],
    }  # fmt: skip
    assert profile["extra_fields"]["ERP Branch"]["longest"] == 50
    assert bench.asked("extra-fields") == 2


def findings(bench: Bench, connector: BigCommerce, options: Options = OPTIONS) -> list[str]:
    found = connector.inspect(options).findings
    assert all(each.cure for each in found)
    return [each.message for each in found]


@pytest.mark.parametrize("status", [403, 401, 404])
def test_a_store_without_b2b_edition_is_refused_by_name(bench: Bench, status: int) -> None:
    bench.set(no_b2b_status=status)
    connector = bench.connector(PLAIN)
    seen = connector.inspect(OPTIONS)
    assert (seen.tenant, seen.name, len(seen.findings)) == (PLAIN, "Plain Retail", 1)
    if status != 404:
        assert "B2B Edition" in seen.findings[0].message and "scope" in seen.findings[0].cure
    with pytest.raises(NeedsPerson):
        connector.profile(OPTIONS)


def test_a_token_without_the_b2b_scope_is_refused_by_name(bench: Bench) -> None:
    (told,) = findings(bench, bench.connector(token="harbor-token-without-b2b"))
    assert "no right to it" in told


def test_a_token_of_another_store_is_refused(bench: Bench) -> None:
    seen = bench.connector(HARBOR, bench.token(MISTRAL)).inspect(OPTIONS)
    assert seen.tenant == "" and f"none of store {HARBOR}" in seen.findings[0].message
    assert [call.status for call in bench.calls] == [401, 401], "asked once more, then believed; B2B is left alone"
    assert findings(bench, bench.connector("n0such0ne", bench.token(HARBOR)))
    assert findings(bench, bench.connector(token="made-up"))


def test_what_the_options_name_and_the_store_lacks(bench: Bench) -> None:
    choices = BigCommerceOptions(
        company_field="Customer No",
        tax_field="VAT",
        extra_fields={"division": "Branch", "colour": "ERP Branch"},
        channel=1,
        pdf_url="https://files.example/all.pdf",
    )
    told = findings(bench, bench.connector(), OPTIONS.model_copy(update={"bigcommerce": choices}))
    assert [text.partition(",")[0] for text in told] == [
        "The store's companies have no extra field Customer No",
        "The store's companies have no extra field VAT",
        "The store's invoices have no extra field Branch",
        "The option bigcommerce.extra_fields names colour",
        "The option bigcommerce.channel is 1",
        "The option bigcommerce.pdf_url is no address with {number} in it",
    ]


def test_a_required_field_that_the_flow_does_not_fill(bench: Bench) -> None:
    bench.insert("invoice_extra_field", fieldName="Cost Centre", isRequired=True)
    (told,) = findings(bench, bench.connector())
    assert "requires the extra field Cost Centre" in told
    bench.vendor.edit(HARBOR, "invoice_extra_field", "Cost Centre", {"defaultValue": "100"})
    assert findings(bench, bench.connector()) == []


def test_the_channel_is_sent_only_where_the_store_has_it(bench: Bench) -> None:
    channel = OPTIONS.model_copy(update={"bigcommerce": BigCommerceOptions(channel=1)})
    wrong = OPTIONS.model_copy(update={"bigcommerce": BigCommerceOptions(channel=77)})
    connector = bench.connector(MISTRAL)
    assert findings(bench, connector, channel) == []
    assert "no such channel" in findings(bench, connector, wrong)[0]
    asked = bench.asked("/channels")
    connector.inspect(Options())
    assert bench.asked("/channels") == asked, "nobody asks where the flow names none"
    assert connector.profile(channel)["channel"] == 1
    assert connector.body(invoice(), connector.profile(channel), channel, "m")["channelId"] == 1
    assert connector.profile(wrong)["channel"] is None
    assert "channelId" not in body_of(bench.connector(), invoice())


def test_a_token_that_may_not_read_the_stores_information(bench: Bench) -> None:
    """That scope is a comfort: without it the name and the time zone are unknown, and nothing else."""
    bench.vendor.edit(HARBOR, "token", bench.token(HARBOR), {"scopes": ["b2b_edition"]})
    connector = bench.connector()
    seen = connector.inspect(OPTIONS)
    assert (seen.tenant, seen.name, seen.findings) == (HARBOR, "", ())
    assert "time zone is unknown" in seen.notes[0]
    assert connector.profile(OPTIONS)["offset"] is None
    assert body_of(connector, invoice())["dueDate"] == 1775296800


def test_maintenance_is_weather(bench: Bench) -> None:
    connector = bench.connector()
    body = body_of(connector, invoice())
    bench.set(maintenance=True)
    with pytest.raises(TryLater):
        bench.connector().inspect(OPTIONS)
    outcome = send(connector, bench.armed(body))
    assert (outcome.verdict, outcome.status, outcome.remote) == (Verdict.UNKNOWN, 503, None)
    bench.set(maintenance=False)
    assert connector.find("invoice", "create", bench.armed(body).items) == {1: []}


def test_an_invoice_comes_back_as_it_was_sent(bench: Bench) -> None:
    connector = bench.connector()
    document = invoice()
    body = body_of(connector, document)
    assert connector.preflight(document, body, connector.profile(OPTIONS), connector.referenced([body])) == []
    outcome = send(connector, bench.armed(body))
    assert outcome.verdict is Verdict.OK and outcome.remote is not None and outcome.trace_id
    there = connector.reread("invoice", [outcome.remote.id, "999999", "x"])
    assert [*there] == [outcome.remote.id]
    remote = there[outcome.remote.id]
    assert differences(connector, "create", frozen(body), remote.facts) == {}
    assert outcome.remote.facts == connector.expected("invoice", "create", frozen(body))
    facts = {name: remote.facts[name] for name in ("total", "balance", "status", "currency", "company", "due")}
    assert facts == {
        "total": "55125 USD", "balance": "3.75 USD", "status": "partly paid", "currency": "USD", "company": IPL,
        "due": "2026-04-04 22:00 UTC",
    }  # fmt: skip
    assert reread_amount(remote) == 55125
    assert connector.holders("invoice", [body, {**body, "invoiceNumber": "AR000161"}]) == [[remote], []]
    assert connector.holders("credit_memo", [body]) == [[]]


def test_everything_that_the_source_says_comes_over(bench: Bench) -> None:
    """And is, word for word, what the store keeps."""
    connector = bench.connector()
    line = Line(
        1, "AACOMPUT01", "Computer\x07 \nblack", Decimal("2.5"), Decimal("190.00"), usd(47500), sku="AACOMPUT01",
        unit="EA", discount=usd(2500), kept=(("lot", "L-17"), ("location", "R1S1")),
    )  # fmt: skip
    document = invoice(
        lines=(line,), charges=(Charge("freight", usd(2500)),), discount=usd(1000), tax=usd(5125), total=usd(54125),
        taxes=(Tax("CASTATE", usd(4000)), Tax("CACOUNTY", usd(1125))), balance=usd(54125), order_id="423",
        ship_date=date(2026, 3, 4), tracking="1Z999",
        bill_to=Address("12 Quay", "Floor 2", "", "Boston", "MA", "02108", "US"),
        ship_to=Address("Dock 4", city="Salem", state="MA", country="US"),
    )  # fmt: skip
    remote_id, _ = create(bench, connector, document)
    kept = bench.record(remote_id)
    assert {name: kept[name] for name in kept if name not in ("id", "details", "updatedAt", "extraFields")} == {
        "invoiceNumber": "AR000160", "customerId": IPL, "externalId": "acumatica:invoice:Invoice/AR000160",
        "externalCustomerId": "C00000287", "type": "Invoice", "source": 1, "status": 0, "orderNumber": "423",
        "purchaseOrderNumber": "PO-77", "externalPdfUrl": "https://files.example/AR000160.pdf",
        "termsConditions": "Net 30 days", "customerName": "IPL India", "channelId": "1", "channelName": "Channel 1",
        "originalBalance": {"code": "USD", "value": Decimal("541.2500")},
        "openBalance": {"code": "USD", "value": Decimal("541.2500")},
        "createdAt": 1772676000, "dueDate": 1775340000,
    }  # fmt: skip
    assert {each["fieldName"]: each["fieldValue"] for each in kept["extraFields"]} == {
        "ERP Branch": "MAIN", "Store Order": "423", "Lot and Serial": "1: lot L-17; location R1S1",
    }  # fmt: skip
    header, inner = kept["details"]["header"], kept["details"]["details"]
    assert [(each["description"], each["amount"]["value"]) for each in header["costLines"]] == [
        ("Subtotal", Decimal("475.00")), ("Freight", Decimal("25.00")), ("Discount", Decimal("-10.00")),
        ("Tax CASTATE", Decimal("40.00")), ("Tax CACOUNTY", Decimal("11.25")),
    ]  # fmt: skip
    assert sum(each["amount"]["value"] for each in header["costLines"]) == kept["originalBalance"]["value"]
    (item,) = inner["lineItems"]
    assert (item["sku"], item["quantity"], item["description"]) == ("AACOMPUT01", "2.5", "Computer black")
    assert item["comments"] == "Unit EA; Lot L-17; Location R1S1"
    assert (item["unitPrice"]["value"], item["unitDiscount"]["value"]) == (Decimal("200"), Decimal("10"))
    assert header["billingAddress"]["street1"] == "12 Quay" and header["billingAddress"]["lastName"] == ""
    assert header["shippingAddresses"][0]["city"] == "Salem"
    assert inner["shipments"][0]["trackingNumber"] == "1Z999"


def test_header_balances_are_numbers_and_all_else_is_text(bench: Bench) -> None:
    """The strict stand-in refuses a balance in text (400), and any other amount as a number."""
    connector = bench.connector()
    armed = bench.armed({**body_of(connector, invoice()), "originalBalance": {"code": "USD", "value": "551.25"}})
    outcome = send(connector, armed)
    assert outcome.verdict is Verdict.REFUSED and outcome.problem is not None
    assert (outcome.problem.cause, outcome.problem.vendor_code) == ("amount", "HTTP 400")
    create(bench, connector, invoice())


@pytest.mark.parametrize(
    ("currency", "total", "open_", "status"),
    [("JPY", 5500, 5500, 0), ("JPY", 5500, 1, 1), ("KWD", 12345, 12001, 1), ("EUR", 100, 0, 2), ("USD", 0, 0, 2)],
)
def test_currencies_with_any_number_of_decimals(
    bench: Bench, currency: str, total: int, open_: int, status: int
) -> None:
    bench.set(currencies="iso")
    connector = bench.connector()
    whole = Money(total, currency)
    line = Line(1, "P", "Part", Decimal(1), whole.decimal, whole, sku="P")
    document = invoice(
        lines=(line,), discount=Money(0, currency), tax=Money(0, currency), taxes=(), total=whole,
        balance=Money(open_, currency),
    )  # fmt: skip
    remote_id, body = create(bench, connector, document)
    remote = connector.reread("invoice", [remote_id])[remote_id]
    assert differences(connector, "create", body, remote.facts) == {}
    assert reread_amount(remote) == total
    assert (remote.facts["balance"], bench.record(remote_id)["status"]) == (
        f"{Money(open_, currency).decimal:f} {currency}",
        status,
    )
    there = connector.update_body({**body, "purchaseOrderNumber": "PO-78"}, body, remote)
    assert send(connector, bench.armed(there, "update")).verdict is Verdict.OK
    assert connector.reread("invoice", [remote_id])[remote_id].facts["total"] == f"{total} {currency}"


def test_a_currency_that_the_store_does_not_take(bench: Bench) -> None:
    connector = bench.connector()
    whole = Money(12345, "KWD")
    line = Line(1, "P", "Part", Decimal(1), whole.decimal, whole, sku="P")
    zero = Money(0, "KWD")
    document = invoice(lines=(line,), discount=zero, tax=zero, taxes=(), total=whole, balance=whole)
    outcome = send(connector, bench.armed(body_of(connector, document)))
    assert outcome.verdict is Verdict.REFUSED and outcome.problem is not None
    assert outcome.problem.cause == "currency"


def test_five_hundred_lines(bench: Bench) -> None:
    connector = bench.connector()
    lines = tuple(Line(n, "P", "The same part", Decimal(3), Decimal("1.10"), usd(330), sku="P") for n in range(1, 501))
    document = invoice(lines=lines, tax=usd(0), taxes=(), total=usd(165000), balance=usd(165000))
    remote_id, body = create(bench, connector, document)
    items = bench.record(remote_id)["details"]["details"]["lineItems"]
    assert len(items) == 500 == len({canonical.dumps(each) for each in items}), "no two of them alike"
    remote = connector.reread("invoice", [remote_id])[remote_id]
    assert differences(connector, "create", body, remote.facts) == {} and reread_amount(remote) == 165000


def test_tax_that_is_inside_the_lines(bench: Bench) -> None:
    connector = bench.connector()
    document = invoice(
        tax=usd(0), total=usd(50000), balance=usd(50000), tax_inclusive=True, taxes=(Tax("VAT20", usd(8333)),)
    )
    remote_id, _ = create(bench, connector, document)
    costs = bench.record(remote_id)["details"]["header"]["costLines"]
    assert [(each["description"], each["amount"]["value"]) for each in costs] == [
        ("Subtotal", Decimal("500.00")), ("Tax VAT20 83.33 included", Decimal("0.00")),
    ]  # fmt: skip


def test_a_lost_answer_is_found_again(bench: Bench) -> None:
    """Done, and nobody told us: the number leads to it, the marker proves it."""
    connector = bench.connector()
    for kind in ("drop_after", "half_body", "server_error_after", "html"):
        document = invoice(f"AR-{kind}")
        armed = bench.armed(body_of(connector, document))
        bench.mishap(kind)
        outcome = send(connector, armed)
        assert (outcome.verdict, outcome.remote) == (Verdict.UNKNOWN, None), kind
        (found,) = connector.find("invoice", "create", armed.items)[1]
        assert differences(connector, "create", armed.items[0].body, found.facts) == {}
        assert found.facts["marker"] == marker(document)
        again = send(connector, armed)
        assert again.verdict is Verdict.HIT and again.problem is not None, "the store holds the number"
        assert again.problem.cause == "number_taken"
    assert bench.asked("/ip/invoices") == 4 * 3 + 1, "and the extra fields"


def test_a_call_that_never_arrived(bench: Bench) -> None:
    connector = bench.connector()
    armed = bench.armed(body_of(connector, invoice()))
    for kind in ("drop_before", "server_error_before"):
        bench.mishap(kind)
        assert send(connector, armed).verdict is Verdict.UNKNOWN, kind
        assert connector.find("invoice", "create", armed.items) == {1: []}
    assert send(connector, armed).verdict is Verdict.OK
    late = replace(armed, send_by=SystemClock().monotonic() - 1)
    assert send(connector, late).verdict is Verdict.NOT_SENT


def test_a_number_that_a_stranger_has(bench: Bench) -> None:
    connector = bench.connector()
    bench.vendor.loader(HARBOR).invoice("AR000160", int(BIRCH), "9.99")
    body = body_of(connector, invoice())
    (holder,) = connector.holders("invoice", [body])[0]
    assert holder.facts["marker"] != marker(invoice())
    outcome = send(connector, bench.armed(body))
    assert outcome.verdict is Verdict.HIT and outcome.problem is not None
    assert "another invoice of the store" in outcome.problem.reason
    (found,) = connector.find("invoice", "create", bench.armed(body).items)[1]
    assert {"marker", "company", "total"} <= differences(connector, "create", body, found.facts).keys()


def test_a_number_of_the_stores_own_form(bench: Bench) -> None:
    """The store numbers its own invoices by their id, zero-padded to eight digits."""
    connector = bench.connector()
    document, profile = invoice("00000036"), connector.profile(OPTIONS)
    (problem,) = connector.preflight(document, body_of(connector, document), profile, {})
    assert problem.cause == "number" and "number_prefix" in problem.cure
    prefixed = OPTIONS.model_copy(update={"bigcommerce": CHOICES.model_copy(update={"number_prefix": "INV-"})})
    body = body_of(connector, document, prefixed)
    assert body["invoiceNumber"] == "INV-00000036" and connector.preflight(document, body, profile, {}) == []
    assert body["externalPdfUrl"].endswith("/00000036.pdf"), "the files have the source's numbers"
    create(bench, connector, document, prefixed)


def test_one_invoice_for_an_order(bench: Bench) -> None:
    connector = bench.connector()
    create(bench, connector, invoice("AR000160", order_id="423"))
    second = body_of(connector, invoice("AR000161", order_id="423"))
    outcome = send(connector, bench.armed(second))
    assert outcome.verdict is Verdict.REFUSED and outcome.problem is not None
    assert outcome.problem.cause == "order_invoiced"
    instead = connector.instead(second, outcome.problem)
    assert instead is not None and "orderNumber" not in instead
    assert {"fieldName": "Store Order", "fieldValue": "423"} in instead["extraFields"]
    assert send(connector, bench.armed(instead)).verdict is Verdict.OK
    assert connector.instead(instead, outcome.problem) is None, "nothing is left to be left out"
    assert connector.instead(second, replace(outcome.problem, cause="currency")) is None


def test_orders_with_an_invoice_are_noticed_on_the_way(bench: Bench) -> None:
    """Looking for numbers shows them, at no call more; of several new invoices of an order one alone names it."""
    connector = bench.connector()
    create(bench, connector, invoice("AR000160", order_id="423"))
    bodies = [
        body_of(connector, invoice(f"AR00016{n}", order_id=order)) for n, order in ((1, "423"), (2, "9"), (3, "9"))
    ]
    connector.holders("invoice", bodies)
    before = bench.asked()
    referenced = connector.referenced(bodies)
    assert (
        frozen(referenced) == referenced == {"orders": {"423": "AR000160"}, "strangers": {}} and bench.asked() == before
    )
    settled = connector.settled(bodies, referenced)
    assert [each.get("orderNumber") for each in settled] == [None, "9", None]
    assert [each["invoiceNumber"] for each in settled] == [each["invoiceNumber"] for each in bodies]
    for body in settled:
        assert send(connector, bench.armed(body)).verdict is Verdict.OK


@pytest.mark.parametrize(
    ("body", "switches", "cause"),
    [
        ({"customerId": "424242"}, {}, "reference"),
        ({"customerId": "424242"}, {"unknown_company_status": 404}, "reference"),
        ({"customerId": DORMANT}, {}, "reference"),
        ({"channelId": 1}, {}, "channel"),
        ({"purchaseOrderNumber": ""}, {}, "our_request"),
        ({"purchaseOrderNumber": ""}, {"parameter_errors": "object"}, "our_request"),
        ({"purchaseOrderNumber": ""}, {"parameter_errors": "text"}, "our_request"),
        ({"extraFields": [{"fieldName": "Nonsense", "fieldValue": "x"}]}, {}, "extra_field"),
        ({}, {"largest_body_bytes": 10}, "too_large"),
        ({}, {"longest_text": 5}, "our_request"),
    ],
)
def test_refusals_in_words(bench: Bench, body: Mapping[str, Any], switches: dict[str, Any], cause: str) -> None:
    connector = bench.connector()
    whole = {**body_of(connector, invoice()), **body}
    bench.set(**switches)
    outcome = send(connector, bench.armed(whole))
    assert outcome.verdict is Verdict.REFUSED and outcome.problem is not None
    problem = outcome.problem
    assert (problem.cause, problem.trace_id) == (cause, outcome.trace_id)
    assert problem.reason.startswith("The store refused invoice AR000160: ") and problem.cure
    assert "PO-77" not in problem.reason


def test_a_refusal_that_comes_as_a_success(bench: Bench) -> None:
    connector = bench.connector()
    body = body_of(connector, invoice())
    create(bench, connector, invoice())
    bench.set(errors_in_200=True)
    outcome = send(connector, bench.armed(body))
    assert (outcome.verdict, outcome.status) == (Verdict.HIT, 200)
    other = send(connector, bench.armed({**body, "invoiceNumber": "X", "customerId": "424242"}))
    assert other.verdict is Verdict.REFUSED
    assert connector.reread("invoice", ["424242"]) == {}


@pytest.mark.parametrize("switches", [{"id_type": "string"}, {"success_word": "success"}, {"invoice_times": "string"}])
def test_envelopes_and_types_may_vary(bench: Bench, switches: dict[str, Any]) -> None:
    bench.set(detail_values="short", **switches)
    connector = bench.connector()
    remote_id, body = create(bench, connector, invoice())
    assert differences(connector, "create", body, connector.reread("invoice", [remote_id])[remote_id].facts) == {}


def test_throttled_with_and_without_headers(bench: Bench) -> None:
    connector = bench.connector()
    armed = bench.armed(body_of(connector, invoice()))
    bench.mishap("throttled", with_headers=False)
    outcome = send(connector, armed)
    assert (outcome.verdict, outcome.wait, outcome.status) == (Verdict.THROTTLED, None, 429)
    bench.mishap("throttled")
    outcome = send(connector, armed)
    assert outcome.verdict is Verdict.THROTTLED and outcome.wait == 60.0, "the number in front of the words"
    bench.set(throttled_mishap="core")
    bench.mishap("throttled")
    assert send(connector, armed).wait == 31.0
    assert send(connector, armed).verdict is Verdict.OK


def test_reads_wait_as_long_as_they_are_told(bench: Bench) -> None:
    connector = bench.connector()
    bench.mishap("throttled", scope="read", times=2)
    connector.inspect(OPTIONS)
    assert bench.clock.slept == [60.0, 60.0]
    bench.mishap("throttled", scope="read", with_headers=False)
    connector.reread("invoice", ["1"])
    assert bench.clock.slept == [60.0, 60.0, 60.0]


def test_a_token_that_is_gone_stops_everything(bench: Bench) -> None:
    connector = bench.connector()
    armed = bench.armed(body_of(connector, invoice()))
    bench.mishap("expired_token")
    outcome = send(connector, armed)
    assert (outcome.verdict, outcome.status, outcome.problem) == (Verdict.NOT_DONE, 401, None)
    with pytest.raises(NeedsPerson, match="scope"):
        connector.renew()
    with pytest.raises(NeedsPerson):
        connector.reread("invoice", ["1"])


def test_a_scope_that_is_gone_blames_no_document(bench: Bench) -> None:
    connector = bench.connector()
    armed = bench.armed(body_of(connector, invoice()))
    bench.vendor.edit(HARBOR, "token", bench.token(HARBOR), {"scopes": ["store_v2_orders"]})
    outcome = send(connector, armed)
    assert (outcome.verdict, outcome.status, outcome.problem) == (Verdict.NOT_DONE, 401, None)
    with pytest.raises(NeedsPerson, match="no right"):
        connector.holders("invoice", [armed.items[0].body])


def test_an_update_replaces_the_details_and_keeps_what_people_filled_in(bench: Bench) -> None:
    connector = bench.connector()
    place = Address("12 Quay", "", "", "Boston", "", "02108", "US")
    remote_id, before = create(bench, connector, invoice(order_id="423", bill_to=place))
    fields = [*bench.record(remote_id)["extraFields"], {"fieldName": "Weight", "fieldValue": "12"}]
    bench.edit(remote_id, extraFields=fields)
    there = connector.reread("invoice", [remote_id])[remote_id]
    lines = tuple(Line(n, "P", "Part", Decimal(1), Decimal(100), usd(10000), sku="P") for n in (1, 2))
    after = body_of(
        connector,
        invoice(
            order_id="423", lines=lines, tax=usd(0), taxes=(), total=usd(20000), balance=usd(20000), bill_to=place,
            purchase_order="PO-78",
        ),
    )  # fmt: skip
    told = {change.field: (change.before, change.after) for change in connector.changes(before, after)}
    assert told["total"] == ("551.25 USD", "200.00 USD") and told["PO number"] == ("PO-77", "PO-78")
    assert told["status"] == ("partly paid", "open") and {"lines", "number of lines"} & told.keys()
    assert connector.not_emptied(before, after) == []
    armed = bench.armed(connector.update_body(after, before, there), "update")
    assert connector.find("invoice", "update", armed.items)[1][0].facts.get("sent") is None, "not so yet"
    outcome = send(connector, armed)
    assert outcome.verdict is Verdict.OK and outcome.remote is not None, outcome.problem
    assert outcome.remote.id == remote_id
    kept = bench.record(remote_id)
    assert [each["sku"] for each in kept["details"]["details"]["lineItems"]] == ["P", "P"]
    assert [each["description"] for each in kept["details"]["header"]["costLines"]] == ["Subtotal"]
    assert kept["details"]["header"]["billingAddress"]["state"] == "-", "an update takes no empty text"
    assert {"fieldName": "Weight", "fieldValue": "12"} in kept["extraFields"]
    assert (kept["orderNumber"], kept["status"]) == ("423", 0)
    now = connector.reread("invoice", [remote_id])[remote_id]
    assert differences(connector, "create", frozen(after), now.facts) == {}
    (found,) = connector.find("invoice", "update", armed.items)[1]
    assert differences(connector, "update", armed.items[0].body, found.facts) == {}, "what was lost is seen to be there"
    assert connector.changes(armed.items[0].body, frozen(after)) == [], "the next night sees no change"


def test_an_update_of_what_is_gone_or_under_a_number_that_is_taken(bench: Bench) -> None:
    connector = bench.connector()
    remote_id, before = create(bench, connector, invoice())
    create(bench, connector, invoice("AR000161"))
    there = connector.reread("invoice", [remote_id])[remote_id]
    taken = connector.update_body({**before, "invoiceNumber": "AR000161"}, before, there)
    outcome = send(connector, bench.armed(taken, "update"))
    assert outcome.verdict is Verdict.REFUSED and outcome.problem is not None
    assert outcome.problem.cause == "number_taken"
    bench.vendor.delete(HARBOR, "invoice", remote_id)
    gone = bench.armed(connector.update_body(before, before, there), "update")
    outcome = send(connector, gone)
    assert outcome.verdict is Verdict.REFUSED and outcome.problem is not None and outcome.problem.cause == "vanished"
    assert connector.find("invoice", "update", gone.items) == {1: []}


def test_what_the_source_emptied(bench: Bench) -> None:
    connector = bench.connector()
    remote_id, before = create(bench, connector, invoice(order_id="423"))
    plain = Options(unknown_customers="review", bigcommerce=CHOICES.model_copy(update={"pdf_url": ""}))
    after = body_of(connector, invoice(purchase_order="", due_date=None, terms="", order_id="", division=""), plain)
    assert connector.not_emptied(before, after) == [
        "due date", "PO number", "terms", "extra field ERP Branch", "extra field Store Order",
    ]  # fmt: skip
    other_terms = body_of(connector, invoice(terms="60D"))
    assert connector.not_emptied(before, {**other_terms, "extraFields": before["extraFields"]}) == ["terms"]
    only_link = {name: value for name, value in before.items() if name != "externalPdfUrl"}
    assert connector.not_emptied(before, only_link) == []
    there = connector.reread("invoice", [remote_id])[remote_id]
    armed = bench.armed(connector.update_body(only_link, before, there), "update")
    assert send(connector, armed).verdict is Verdict.OK
    assert bench.record(remote_id)["externalPdfUrl"] == ""


def test_a_void_and_the_way_back(bench: Bench) -> None:
    connector = bench.connector()
    remote_id, body = create(bench, connector, invoice())
    there = connector.reread("invoice", [remote_id])[remote_id]
    armed = bench.armed(connector.void_body(there), "void")
    assert send(connector, armed).verdict is Verdict.OK
    kept = bench.record(remote_id)
    assert (kept["type"], kept["status"], kept["openBalance"]["value"]) == ("Invoice (canceled)", 2, 0)
    assert kept["details"]["details"]["lineItems"], "for the buyer to read"
    canceled = connector.reread("invoice", [remote_id])[remote_id]
    assert canceled.live and canceled.facts["total"] == "0 USD" and reread_amount(canceled, voided=True) == 0
    assert differences(connector, "void", armed.items[0].body, canceled.facts) == {}
    assert differences(connector, "create", armed.items[0].body, canceled.facts) == {}, "as we left it"
    assert connector.find("invoice", "void", armed.items) == {1: [canceled]}
    back = connector.update_body(body, armed.items[0].body, canceled)
    assert connector.not_emptied(armed.items[0].body, body) == []
    assert {"type", "open balance", "status"} <= {each.field for each in connector.changes(armed.items[0].body, body)}
    assert send(connector, bench.armed(back, "update")).verdict is Verdict.OK
    now = connector.reread("invoice", [remote_id])[remote_id]
    assert differences(connector, "create", body, now.facts) == {} and now.facts["total"] == "55125 USD"


def test_a_buyers_payment_blocks_until_it_is_settled(bench: Bench) -> None:
    connector = bench.connector()
    remote_id, body = create(bench, connector, invoice(balance=usd(55125)))
    there = connector.reread("invoice", [remote_id])[remote_id]
    assert connector.blocked(there) is None
    bench.insert("buyer_payment", invoiceId=int(remote_id), amount="100.00", outcome="pending")
    there = connector.reread("invoice", [remote_id])[remote_id]
    problem = connector.blocked(there)
    assert problem is not None and problem.cause == "payment_pending" and "on its way" in problem.reason


def test_a_payment_that_is_not_imported_is_a_balance_that_is_not_ours(bench: Bench) -> None:
    connector = bench.connector()
    remote_id, body = create(bench, connector, invoice(balance=usd(55125)))
    bench.insert(
        "payment", lineItems=[{"invoiceId": int(remote_id), "amount": "100.00"}], currency="USD", customerId=IPL
    )
    there = connector.reread("invoice", [remote_id])[remote_id]
    assert connector.blocked(there) is None
    assert differences(connector, "create", body, there.facts) == {
        "balance": ("551.25 USD", "451.25 USD"), "status": ("open", "partly paid"),
    }  # fmt: skip
    imported = body_of(connector, invoice(balance=usd(45125)))
    assert differences(connector, "create", frozen(imported), there.facts) == {}, "nothing to do once it is imported"


def test_a_residue_below_a_cent_is_seen(bench: Bench) -> None:
    connector = bench.connector()
    remote_id, body = create(bench, connector, invoice())
    bench.edit(remote_id, openBalance="3.7540")
    there = connector.reread("invoice", [remote_id])[remote_id]
    assert differences(connector, "create", body, there.facts) == {"balance": ("3.75 USD", "3.7540 USD")}


def test_what_was_just_written_is_read_again_in_pages(bench: Bench) -> None:
    loader = bench.vendor.loader(HARBOR)
    ids = [str(each) for each in loader.invoices(450, [int(IPL), int(BIRCH)])]
    connector = bench.connector()
    there = connector.reread("invoice", ids)
    assert sorted(there, key=int) == ids and bench.asked() == 3
    assert connector.reread("invoice", []) == {} and bench.asked() == 3
    assert [*connector.reread("invoice", [ids[7]])] == [ids[7]] and bench.asked() == 4


def test_an_old_invoice_is_read_by_its_id(bench: Bench) -> None:
    loader = bench.vendor.loader(HARBOR)
    old = [str(loader.invoice(f"OLD-{n}", int(IPL), updatedAt=1700000000 + n)) for n in range(3)]
    loader.invoices(300, [int(BIRCH)])
    connector = bench.connector()
    assert sorted(connector.reread("invoice", [*old, "424242"]), key=int) == old
    assert bench.asked() == 1 + 4, "one page told that none of them is new"


def test_numbers_are_looked_for_in_bulk(bench: Bench) -> None:
    """At a call for each 25 invoices; what it does not show the store refuses."""
    loader = bench.vendor.loader(HARBOR)
    loader.invoices(900, [int(IPL)])
    connector = bench.connector()
    bodies = [{"invoiceNumber": f"L-{n:06d}"} for n in range(801, 1001)]
    before = bench.asked()
    held = connector.holders("invoice", bodies)
    assert [bool(each) for each in held] == [True] * 100 + [False] * 100
    assert bench.asked() - before == 5
    before = bench.asked()
    connector.holders("invoice", bodies[:3])
    assert bench.asked() - before == 1
    assert connector.holders("invoice", []) == [] and bench.asked() - before == 1


def test_a_search_that_is_taken_no_notice_of_finds_the_same(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sandbox.bigcommerce.invoice_view.search", lambda call, rows, fields: rows)
    connector = bench.connector()
    remote_id, body = create(bench, connector, invoice())
    bench.vendor.loader(HARBOR).invoices(450, [int(IPL)])
    (found,) = connector.find("invoice", "create", bench.armed(body).items)[1]
    assert found.id == remote_id
    assert connector.find("invoice", "create", bench.armed({**body, "invoiceNumber": "AR"}).items) == {1: []}


def test_a_number_inside_another_is_not_the_same(bench: Bench) -> None:
    connector = bench.connector()
    create(bench, connector, invoice("AR0001600"))
    body = body_of(connector, invoice("AR000160"))
    assert connector.find("invoice", "create", bench.armed(body).items) == {1: []}
    assert connector.holders("invoice", [body]) == [[]]
    assert connector.holders("invoice", [{"invoiceNumber": "ar0001600"}])[0], "cases are one, as a store may take it"


CUSTOMERS = [
    Party("C00000287", "C00000287", "Somebody"),
    Party("C00000310", "C00000310", "Cobalt"),
    Party("C00000315", "C00000315", "Tin and Timber", tax_id="US-315-09"),
    Party("C00000402", "C00000402", "Atelier Cyan", tax_id="FR83404833048"),
]


def test_buyers_by_number_then_by_tax_id_and_never_of_another_store(bench: Bench) -> None:
    connector = bench.connector()
    found = {each.remote_id: each for each in connector.candidates("customer", CUSTOMERS)}
    assert sorted(found) == ["8101", "8103", "8104", "8105"]
    assert (found["8101"].number, found["8101"].tax_id, found["8101"].kind) == (
        "C00000287",
        "27AAACI1234F1Z5",
        "customer",
    )
    assert (found["8101"].email, found["8101"].postcode) == ("", ""), "no rule by e-mail here"
    assert found["8105"].number == "" and found["8105"].tax_id == "US-315-09"
    assert bench.asked("/companies") == 1 + 1 + 2 + 3, "number, tax id, and the name where neither is there"
    other = bench.connector(MISTRAL)
    assert [each.remote_id for each in other.candidates("customer", CUSTOMERS[:1])] == ["9201"]


def test_an_inactive_buyer_is_shown_as_such(bench: Bench) -> None:
    connector = bench.connector()
    inactive = [Party("a", "C00000320", "x"), Party("b", "C00000321", "y")]
    assert [(each.remote_id, each.active) for each in connector.candidates("customer", inactive)] == [
        ("8106", False), ("8107", False),
    ]  # fmt: skip
    everybody = connector.everybody("customer")
    active = {str(each["id"]) for each in bench.records("company") if each["companyStatus"] == "1"}
    assert {each.remote_id for each in everybody} == active and {"8106", "8107"}.isdisjoint(active)


def test_a_filter_that_is_taken_no_notice_of_is_noticed(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sandbox.bigcommerce.companies._extra_filters", lambda call: [])
    connector = bench.connector()
    found = connector.candidates("customer", CUSTOMERS[:1])
    assert [each.remote_id for each in found] == ["8101"]


def test_names_and_ids_lead_to_candidates(bench: Bench) -> None:
    connector = bench.connector()
    by_name = connector.candidates("customer", [Party("a", "X1", "birchwood joinery")])
    assert [each.remote_id for each in by_name] == ["8102"] and by_name[0].number == "C00000301"
    by_id = connector.candidates("customer", [Party("a", "X1", "", foreign_id="8105")])
    assert [each.remote_id for each in by_id] == ["8105"]
    assert connector.candidates("customer", [Party("a", "X,1:2", "", foreign_id="424242")]) == []


def test_many_customers_are_looked_up_in_the_whole_list(bench: Bench) -> None:
    bench.vendor.loader(HARBOR).companies(300)
    connector = bench.connector()
    many = [Party(f"L{n:06d}", f"L{n:06d}", f"Buyer {n}") for n in range(1, 101)]
    found = {each.number for each in connector.candidates("customer", many)}
    assert {each.number for each in many} <= found and bench.asked("/companies") == 3
    assert len(connector.everybody("customer")) > 300 and bench.asked("/companies") == 3, "kept"


def test_a_very_large_store_is_not_listed_for_suggestions(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("invoice_sync.connectors.bigcommerce.looking.MOST_PAGES_OF_COMPANIES", 1)
    bench.vendor.loader(HARBOR).companies(300)
    connector = bench.connector()
    connector.candidates("customer", [Party("a", "X1", "Birchwood")])
    assert [each.name for each in connector.everybody("customer")] == ["Birchwood Joinery"]


ADD = OPTIONS.model_copy(update={"unknown_customers": "add"})
NEWCOMER = Party(
    "C00000999", "C00000999", "Quay\x00 Chandlers", "ap@quay.example", "+1 555 0100",
    Address("12 Quay", "", "", "Boston", "Massachusetts", "02108", "US"), "USD", "US-999",
)  # fmt: skip


def test_a_buyer_is_added_and_found_again(bench: Bench) -> None:
    connector = bench.connector(options=ADD)
    body = frozen(connector.body(NEWCOMER, connector.profile(ADD), ADD, "m"))
    assert connector.preflight(NEWCOMER, body, connector.profile(ADD), {}) == []
    armed = bench.armed(body, entity="customer")
    bench.mishap("drop_after")
    assert send(connector, armed).verdict is Verdict.UNKNOWN
    (found,) = connector.find("customer", "create", armed.items)[1]
    assert found.live and found.facts == connector.expected("customer", "create", body)
    kept = next(each for each in bench.records("company") if str(each["id"]) == found.id)
    assert (kept["companyName"], kept["companyEmail"], kept["country"]) == ("Quay Chandlers", "ap@quay.example", "US")
    (candidate,) = bench.connector(options=ADD).candidates("customer", [NEWCOMER])
    assert (candidate.remote_id, candidate.number, candidate.tax_id) == (found.id, "C00000999", "US-999")
    again = send(connector, armed)
    assert again.verdict is Verdict.REFUSED and again.problem is not None and again.problem.cause == "email"
    other = replace(NEWCOMER, number="C1000", email="b@quay.example")
    fine = send(connector, bench.armed(connector.body(other, {}, ADD, "m"), entity="customer"))
    assert fine.verdict is Verdict.OK and fine.remote is not None
    assert fine.remote.facts == {"name": "quay chandlers", "number": "C1000"}


def test_who_cannot_be_added_is_told_in_words(bench: Bench) -> None:
    connector = bench.connector(options=ADD)
    bare = Party("C1", "C1", "x" * 201)
    body = connector.body(bare, {}, ADD, "m")
    problems = connector.preflight(bare, body, {}, {})
    assert [each.cause for each in problems] == ["missing", "missing", "missing", "too_long"]
    assert "the e-mail address" in problems[0].reason and "sign-in" in problems[0].cure
    assert all("x" * 20 not in each.reason for each in problems), "people's names stay out"
    wrong = replace(NEWCOMER, email="nobody")
    assert [each.cause for each in connector.preflight(wrong, connector.body(wrong, {}, ADD, "m"), {}, {})] == ["email"]


def test_two_stores_at_once_and_nothing_crosses(bench: Bench) -> None:
    harbor, mistral = bench.connector(), bench.connector(MISTRAL)
    create(bench, harbor, invoice())
    body = {**body_of(harbor, invoice()), "customerId": "9201"}
    assert mistral.holders("invoice", [body]) == [[]]
    with pytest.raises(SettingsError, match="came to the transport"):
        mistral.send(bench.armed(body))
    assert not [each for each in bench.records("invoice", MISTRAL) if each["invoiceNumber"] == "AR000160"]


def test_two_hundred_new_invoices_cost_little_more_than_a_call_each(bench: Bench) -> None:
    connector = bench.connector()
    connector.inspect(OPTIONS)
    bodies = [body_of(connector, invoice(f"AR{n:06d}")) for n in range(200)]
    assert not any(connector.holders("invoice", bodies))
    connector.referenced(bodies)
    outcomes = [send(connector, bench.armed(body)) for body in bodies]
    ids = [outcome.remote.id for outcome in outcomes if outcome.remote]
    there = connector.reread("invoice", ids)
    assert sum(reread_amount(each) or 0 for each in there.values()) == 200 * 55125
    assert len(bench.calls) <= 1.05 * 200


@dataclass
class Till:
    """The door of a flow into the store, over a ledger of its own."""

    bench: Bench
    connector: BigCommerce
    database: Database
    scope: Scope = Scope("acumatica_to_bigcommerce", "acme", "acumatica", "bigcommerce")

    def plan(self, document: Invoice, body: Mapping[str, Any] | None = None, operation: str = "create") -> None:
        content = body or body_of(self.connector, document)
        with self.database.transaction() as session:
            total, now = document.total, self.bench.clock.now()
            seen = Seen(
                "invoice", document.source_id, "1", canonical.content_hash(document), "{}", document.number,
                document.customer, total.minor, total.currency,
            )  # fmt: skip
            row = documents.store(session, self.scope, [seen], now)[0][0]
            wanted = Wanted(row, content, self.connector.number(content) or document.number)
            intents.plan(session, self.scope, operation, "bigcommerce", [wanted], now)
            documents.move(row, DocumentState.PLANNED, now)

    def deliver(self, operation: str = "create") -> dict[str, int]:
        quota = LedgerQuota(self.database, self.connector.binding, limits.WINDOWS, 1.0, self.bench.clock)
        task = TaskRef("acumatica_to_bigcommerce", "run-1", "export")
        door = Door(self.database, self.scope, task, self.connector, self.bench.clock, quota)
        return door.deliver("invoice", operation).as_counts()

    def document(self, source_id: str) -> DocumentRow:
        with self.database.transaction() as session:
            return session.scalars(select(DocumentRow).where(DocumentRow.source_id == source_id)).one()


@pytest.fixture
def till(bench: Bench, tmp_path: Path) -> Iterator[Till]:
    database = Database(new_ledger(tmp_path))
    yield Till(bench, bench.connector(), database)
    database.dispose()


LOST = ["drop_before", "drop_after", "half_body", "server_error_before", "server_error_after", "html"]


@pytest.mark.parametrize("kind", LOST)
def test_each_is_there_once_whatever_becomes_of_the_answer(till: Till, kind: str) -> None:
    for n in range(5):
        till.plan(invoice(f"AR00010{n}"))
    till.bench.mishap(kind, method="POST", times=2, after=1)
    counts = till.deliver()
    assert counts["sent"] + counts["adopted"] == 5 and counts["refused"] == 0
    numbers = [each["invoiceNumber"] for each in till.bench.ours()]
    assert sorted(numbers) == [f"AR00010{n}" for n in range(5)]
    if kind in ("drop_after", "server_error_after", "html"):
        assert counts["adopted"] == 2


def test_a_throttled_flow_goes_on_by_itself(till: Till) -> None:
    till.bench.set(throttle="on", b2b_calls=5, b2b_window_seconds=1)
    for n in range(12):
        till.plan(invoice(f"AR00010{n:02d}"))
    till.bench.running.world.clock.advance(2)
    till.bench.clock.on_sleep = till.bench.running.world.clock.advance
    assert till.deliver()["sent"] == 12
    assert till.bench.clock.slept, "it was told to wait"


def test_a_stranger_under_the_number_is_for_a_person(till: Till) -> None:
    till.bench.vendor.loader(HARBOR).invoice("AR000160", int(BIRCH), "9.99")
    till.plan(invoice())
    assert till.deliver()["refused"] == 1
    row = till.document("Invoice/AR000160")
    assert (row.state, row.cause) == (DocumentState.REVIEW, "number_taken")
    assert "another invoice of the store" in row.reason


def test_a_token_that_is_gone_puts_nothing_into_review(till: Till) -> None:
    for n in range(3):
        till.plan(invoice(f"AR00010{n}"))
    till.bench.mishap("expired_token", method="POST")
    with pytest.raises(NeedsPerson, match="B2B Edition: modify"):
        till.deliver()
    assert {till.document(f"Invoice/AR00010{n}").state for n in range(3)} == {DocumentState.PLANNED}


def test_a_void_whose_answer_is_lost_is_seen_to_be_so(till: Till) -> None:
    till.plan(invoice())
    till.deliver()
    (kept,) = till.bench.ours()
    there = till.connector.reread("invoice", [str(kept["id"])])[str(kept["id"])]
    till.plan(invoice(), till.connector.void_body(there), "void")
    till.bench.mishap("drop_after", method="PUT")
    assert till.deliver("void")["adopted"] == 1
    assert till.bench.record(str(kept["id"]))["type"] == "Invoice (canceled)"
    assert sum(call.method == "PUT" for call in till.bench.calls) == 1


def test_an_update_that_is_so_already_is_not_sent(till: Till) -> None:
    till.plan(invoice())
    till.deliver()
    (kept,) = till.bench.ours()
    there = till.connector.reread("invoice", [str(kept["id"])])[str(kept["id"])]
    before = body_of(till.connector, invoice())
    till.plan(invoice(), till.connector.update_body(before, before, there), "update")
    assert till.deliver("update")["adopted"] == 1
    assert not [call for call in till.bench.calls if call.method == "PUT"]
    paid = body_of(till.connector, invoice(balance=usd(0)))
    till.plan(invoice(balance=usd(0)), till.connector.update_body(paid, before, there), "update")
    till.bench.mishap("server_error_after", method="PUT")
    assert till.deliver("update")["adopted"] == 1
    assert till.bench.record(str(kept["id"]))["status"] == 2


AMOUNTS = st.integers(min_value=1, max_value=10**9)


@st.composite
def invoices_that_tie(draw: st.DrawFn) -> Invoice:
    """Any invoice that ties: lines, charges, discount, taxes, in a currency of any number of decimals."""
    currency = draw(st.sampled_from(["USD", "EUR", "JPY", "KWD"]))
    amounts = draw(st.lists(AMOUNTS, min_size=1, max_size=5))
    lines = []
    for n, minor in enumerate(amounts, 1):
        amount = Money(minor, currency)
        text = draw(st.text(max_size=30))
        lines.append(Line(n, f"P{n}", text, Decimal(1), amount.decimal, amount, sku=f"P{n}"))
    taxes = tuple(Tax(f"T{n}", Money(minor, currency)) for n, minor in enumerate(draw(st.lists(AMOUNTS, max_size=3))))
    freight = draw(st.integers(min_value=0, max_value=10**6))
    discount = draw(st.integers(min_value=0, max_value=sum(amounts)))
    tax = sum(each.amount.minor for each in taxes)
    total = sum(amounts) + freight + tax - discount
    open_ = draw(st.integers(min_value=0, max_value=total))
    return invoice( lines=tuple(lines), charges=(Charge("freight", Money(freight, currency)),),
        discount=Money(discount, currency), tax=Money(tax, currency), taxes=taxes, total=Money(total, currency),
        balance=Money(open_, currency),
    )  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(invoices_that_tie())
def test_random_invoices_come_back_to_the_cent(bench: Bench, document: Invoice) -> None:
    assert document.computed_total == document.total
    bench.set(currencies="iso")
    connector = bench.connector()
    remote_id, body = create(bench, connector, replace(document, number=f"AR-{next(bench.numbers)}"))
    remote = connector.reread("invoice", [remote_id])[remote_id]
    assert differences(connector, "create", body, remote.facts) == {}
    assert reread_amount(remote) == document.total.minor
    costs = bench.record(remote_id)["details"]["header"]["costLines"]
    assert sum(each["amount"]["value"] for each in costs) == document.total.decimal
