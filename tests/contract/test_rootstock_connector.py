"""The Rootstock connector against the sandbox's Salesforce."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from invoice_sync.connectors.base import Armed, Delivered, Json, Source, Stub, StubPage, Verdict, WireItem, WriteClass
from invoice_sync.connectors.rootstock.connector import Credentials, Rootstock
from invoice_sync.connectors.rootstock.queue import EPOCH
from invoice_sync.connectors.timing import Timing
from invoice_sync.model.documents import Invoice, Party, Product
from invoice_sync.model.errors import NeedsPerson, SettingsError, TryLater
from invoice_sync.model.flow import RunOptions
from invoice_sync.model.ports import Binding, Call, SystemClock, Tokens
from sandbox.server import Running, start_in_thread

ORG = "00D5f000000DEMOEAA"
INVOICE, LINE = "rstk__soinv__c", "rstk__soinvline__c"
EVERYTHING = RunOptions()


class Memory:
    """A token store that forgets everything at the end of the test."""

    def __init__(self) -> None:
        self.kept: Tokens | None = None

    def load(self) -> Tokens | None:
        return self.kept

    def save(self, tokens: Tokens) -> Tokens:
        self.kept = replace(tokens, version=(self.kept.version if self.kept else 0) + 1)
        return self.kept

    def refreshing(self) -> contextlib.AbstractContextManager[None]:
        return contextlib.nullcontext()


class Impatient(SystemClock):
    """Does not sleep; notes what it was asked for."""

    def sleep(self, seconds: float) -> None:
        return None


class Later(Impatient):
    """Two seconds on: deletions are asked for in whole seconds."""

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=2)


class Knobs:
    """What an operator does at the sandbox's index port."""

    def __init__(self, index_url: str) -> None:
        self._url = index_url

    def post(self, path: str, body: Json) -> None:
        requests.post(f"{self._url}/control/{path}", json=body, timeout=5).raise_for_status()

    def setting(self, **changes: Any) -> None:
        self.post("settings/salesforce", changes)

    def mishap(self, kind: str, **more: Any) -> None:
        self.post("mishaps", {"vendor": "salesforce", "kind": kind, **more})

    def records(self, entity: str) -> list[dict[str, Any]]:
        url = f"{self._url}/control/state/salesforce/{ORG}/{entity}"
        found: list[dict[str, Any]] = requests.get(url, timeout=5).json()["records"]
        return found

    def edit(self, entity: str, record_id: str, **fields: Any) -> None:
        url = f"{self._url}/control/state/salesforce/{ORG}/{entity}/{record_id}"
        requests.patch(url, json=fields, timeout=5).raise_for_status()

    def delete(self, entity: str, record_id: str) -> None:
        url = f"{self._url}/control/state/salesforce/{ORG}/{entity}/{record_id}"
        requests.delete(url, timeout=5).raise_for_status()

    def invoice_id(self, number: str) -> str:
        rows = self.records(INVOICE)
        return str(next(row["Id"] for row in rows if row["rstk__soinv_invoiceno__c"] == number))


class Bench:
    """A connector, its token store and its calls, all over one sandbox."""

    def __init__(self, running: Running) -> None:
        self.running, self.knobs, self.tokens = running, Knobs(running.index_url), Memory()
        self.calls: list[Call] = []
        self.rootstock = self.connector()

    def connector(self, tenant: str = f"{ORG}/01", clock: SystemClock | None = None, **credentials: str) -> Rootstock:
        index = requests.get(self.running.index_url, timeout=5).json()["vendors"]["salesforce"]
        given = {"host": index["base_url"], **index["credentials"], **credentials}
        binding = Binding("kestrel", "rootstock", tenant)
        at = clock or Impatient()
        return Rootstock(binding, Credentials(**given), Timing(), at, self.calls.append, self.tokens, None)

    def stubs(self, position: str | None = None, options: RunOptions = EVERYTHING) -> list[Stub]:
        return [stub for page in self.rootstock.changed(position, options) for stub in page.stubs]

    def numbers(self, position: str | None = None, options: RunOptions = EVERYTHING) -> set[str]:
        by_id = {row["Id"]: row["rstk__soinv_invoiceno__c"] for row in self.knobs.records(INVOICE)}
        return {by_id[stub.source_id] for stub in self.stubs(position, options)}

    def offered(self, position: str | None = None, options: RunOptions = EVERYTHING) -> set[str]:
        by_id = {row["Id"]: row["rstk__soinv_invoiceno__c"] for row in self.knobs.records(INVOICE)}
        return {by_id[stub.source_id] for stub in self.stubs(position, options) if stub.offered}

    def model(self, entity: Any, record_id: str) -> Any:
        (record,) = self.rootstock.fetch(entity, [record_id])
        return self.rootstock.to_model(record)

    def armed(self, *bodies: Json | None, entity: Any = "invoice", operation: str = "acknowledge") -> Armed:
        items = tuple(WireItem(number, f"i{number}", body["Id"], body) for number, body in enumerate(bodies, 1) if body)
        send_by = SystemClock().monotonic() + 10
        return Armed(self.rootstock.binding, entity, operation, "0" * 32, items, send_by)

    def told(self, number: str, mode: Any = "acknowledge") -> Json:
        body = self.rootstock.acknowledgement(
            self.knobs.invoice_id(number), mode, Delivered("145", number), "2026-10-20"
        )
        assert body is not None
        return body


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with start_in_thread(vendors=["salesforce"]) as sandbox:
        yield sandbox


@pytest.fixture
def bench(running: Running) -> Bench:
    made = Bench(running)
    made.knobs.post("reset", {})
    return made


QUEUE = {f"{number:06d}" for number in (*range(101, 113), 120, 121, 122, 140)}
LEFT_ALONE = {"000130", "000131", "000132", "000133"}
"""Not approved, transferred, cancelled, in process."""


def newest_position() -> str:
    """Later than everything seeded, so that a run from here sees only what a test changes."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


# check


def test_inspect_finds_a_sound_org(bench: Bench) -> None:
    source: Source = bench.rootstock
    seen = source.inspect("acknowledge")
    assert seen.findings == ()
    assert seen.tenant == f"{ORG}/01"
    assert seen.counts == {
        "Product Export Qty": 4,
        "Products needed by these documents": 3,
        "Customer Export Qty": 5,
        "Customers needed by these documents": 4,
        "Invoice Export Qty": 15,
        "Credit Memo Export Qty": 1,
    }
    assert seen.notes == ()


def test_prepayment_invoices_are_noted_and_not_carried(bench: Bench) -> None:
    """They are documents of their own kind."""
    prepayment = bench.knobs.invoice_id("000101")
    bench.knobs.edit(INVOICE, prepayment, rstk__soinv_ppyinv__c=True)
    seen = bench.rootstock.inspect("acknowledge")
    assert seen.notes == ("Approved, untransferred prepayment invoices, which are not carried: 1.",)
    assert (seen.findings, seen.counts["Invoice Export Qty"]) == ((), 14)
    assert bench.numbers() == QUEUE - {"000101"}
    (record,) = bench.rootstock.fetch("invoice", [prepayment])
    assert not record.in_queue


def test_inspect_counts_the_second_company_by_its_own_id(bench: Bench) -> None:
    seen = bench.connector(f"{ORG}/02").inspect("none")
    assert seen.counts == {
        "Product Export Qty": 1,
        "Products needed by these documents": 1,
        "Customer Export Qty": 6,
        "Customers needed by these documents": 2,
        "Invoice Export Qty": 2,
        "Credit Memo Export Qty": 0,
    }


def test_inspect_names_hidden_fields(bench: Bench) -> None:
    bench.knobs.setting(hidden_fields=[f"{INVOICE}.rstk__soinv_taxovramt__c", "rstk__sohdr__c.rstk__sohdr_custpo__c"])
    (finding,) = bench.rootstock.inspect("none").findings
    assert "rstk__soinv__c.rstk__soinv_taxovramt__c" in finding.message
    assert "rstk__sohdr__c.rstk__sohdr_custpo__c" in finding.message


def test_inspect_respects_rootstock_s_own_export(bench: Bench) -> None:
    (defaults,) = bench.knobs.records("rstk__sydefault__c")
    bench.knobs.edit("rstk__sydefault__c", defaults["Id"], rstk__sydefault_salesexport__c=True)
    (finding,) = bench.rootstock.inspect("none").findings
    assert "own sales invoice export" in finding.message


def test_inspect_refuses_a_company_that_rootstock_exports_itself(bench: Bench) -> None:
    for row in bench.knobs.records("rstk__sycmp__c"):
        if row["rstk__sycmp_cmpno__c"] == "01":
            bench.knobs.edit("rstk__sycmp__c", row["Id"], rstk__sycmp_qbcompany__c="9130350000000001")
    (finding,) = bench.rootstock.inspect("none").findings
    assert "own QuickBooks export is set up for company 01 (Online Company 9130350000000001)" in finding.message
    assert "Financial Interface tab of Company Master" in finding.cure
    assert bench.connector(f"{ORG}/02").inspect("none").findings == (), "only its own company counts"


def test_inspect_refuses_the_flag_where_financials_post(bench: Bench) -> None:
    bench.knobs.setting(financials=True)
    (finding,) = bench.rootstock.inspect("transferred_flag").findings
    assert "acknowledge or none" in finding.cure
    assert bench.rootstock.inspect("acknowledge").findings == ()


def test_inspect_notices_another_org_and_an_unknown_company(bench: Bench) -> None:
    (other,) = bench.connector("00D5f000000OTHERAA/01").inspect("none").findings
    assert "another Salesforce org" in other.message
    (unknown,) = bench.connector(f"{ORG}/09").inspect("none").findings
    assert "no company with the number 09" in unknown.message


def test_tenant_and_host_are_checked_before_any_call(bench: Bench) -> None:
    with pytest.raises(SettingsError, match="company number"):
        bench.connector(ORG)
    with pytest.raises(SettingsError, match="full addresses"):
        bench.connector(host="acme.my.salesforce.com")


# signing in


def test_a_wrong_secret_names_the_cure_and_no_secret(bench: Bench) -> None:
    with pytest.raises(NeedsPerson, match=r"\(invalid_client\).*client secret") as caught:
        bench.connector(client_secret="very-wrong").inspect("none")
    assert "very-wrong" not in str(caught.value)


def _signing(bench: Bench, **changes: str) -> dict[str, str]:
    """Credentials of the demo's app with a certificate."""
    demo = requests.get(bench.running.index_url, timeout=5).json()["vendors"]["salesforce"]["jwt"]
    names = ("client_id", "username", "audience", "private_key")
    return {**{name: demo[name] for name in names}, "client_secret": "", **changes}


def test_an_app_with_a_certificate_signs_instead_of_giving_a_secret(bench: Bench) -> None:
    signed = bench.connector(**_signing(bench))
    assert signed.inspect("none").tenant == f"{ORG}/01"
    assert "PRIVATE KEY" not in repr(Credentials(host="https://a.example", **_signing(bench)))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"username": "nobody@example.test"}, "invalid_grant"),
        ({"audience": "https://example.test"}, "invalid_grant"),
        ({"private_key": "-----BEGIN nothing-----"}, "cannot be used"),
    ],
)
def test_a_signature_that_is_not_accepted_names_the_cure_and_no_key(
    bench: Bench, changes: dict[str, str], said: str
) -> None:
    with pytest.raises(NeedsPerson, match=said) as caught:
        bench.connector(**_signing(bench, **changes)).inspect("none")
    assert "private key" in str(caught.value) and "BEGIN" not in str(caught.value)


def test_an_expired_token_is_renewed_once(bench: Bench) -> None:
    bench.rootstock.prepare()
    bench.knobs.mishap("expired_token", scope="read")
    assert len(bench.stubs()) == 16
    assert bench.tokens.kept is not None and bench.tokens.kept.version == 2


def test_a_token_that_another_process_renewed_is_taken_over(bench: Bench) -> None:
    bench.rootstock.prepare()
    neighbour = bench.connector()
    neighbour.prepare()
    neighbour.renew()
    before = len(bench.calls)
    bench.rootstock.renew()
    assert len(bench.calls) == before
    assert bench.tokens.kept is not None and bench.tokens.kept.version == 2


def test_used_up_api_calls_ask_for_patience(bench: Bench) -> None:
    bench.knobs.mishap("throttled", scope="read")
    with pytest.raises(TryLater) as caught:
        bench.stubs()
    assert caught.value.wait == 3600


def test_a_hidden_field_in_a_query_is_a_matter_of_rights(bench: Bench) -> None:
    bench.knobs.setting(hidden_fields=[f"{INVOICE}.rstk__soinv_approved__c"])
    with pytest.raises(SettingsError, match=r"rstk__soinv_approved__c \(INVALID_FIELD\)"):
        bench.stubs()


def test_logged_calls_carry_no_query(bench: Bench) -> None:
    bench.stubs()
    assert {call.path.rpartition("/")[2] for call in bench.calls} == {"token", "query"}


# what changed


def test_first_run_reads_the_whole_queue_page_by_page(bench: Bench) -> None:
    bench.knobs.setting(page_size=3)
    pages = list(bench.rootstock.changed(None, EVERYTHING))
    stubs = [stub for page in pages for stub in page.stubs]
    assert len(pages) == 6
    assert len(stubs) == len({stub.source_id for stub in stubs}) == 16
    assert all(stub.offered for stub in stubs)
    assert [page.position for page in pages] == sorted(page.position for page in pages)
    assert bench.numbers() == QUEUE


def test_the_next_run_sees_only_what_changed(bench: Bench) -> None:
    position = newest_position()
    assert bench.stubs(position) == []
    bench.knobs.edit(INVOICE, bench.knobs.invoice_id("000130"), rstk__soinv_approved__c=True)
    assert bench.numbers(position) == bench.offered(position) == {"000130"}
    assert bench.numbers(position, RunOptions(full_sweep=True)) == QUEUE | {"000130"}


@pytest.mark.parametrize(
    "change",
    [
        {"rstk__soinv_transferred__c": True},
        {"rstk__soinv_cancelled__c": True},
        {"rstk__soinv_approved__c": False},
        {"rstk__soinv_inprocess__c": True},
    ],
)
def test_what_changed_is_shown_whatever_its_flags(bench: Bench, change: Json) -> None:
    """We may have delivered it; whether it is offered is said with it."""
    position = newest_position()
    bench.knobs.edit(INVOICE, bench.knobs.invoice_id("000101"), **change)
    bench.knobs.edit(INVOICE, bench.knobs.invoice_id("000201"), **change)
    bench.knobs.edit(INVOICE, bench.knobs.invoice_id("000140"), rstk__soinv_intcomment__c="x")
    assert bench.numbers(position) == {"000101", "000140"}, "the other company's are not shown"
    assert bench.offered(position) == {"000140"}
    (record,) = bench.rootstock.fetch("invoice", [bench.knobs.invoice_id("000101")])
    assert not record.in_queue
    cancelled = "rstk__soinv_cancelled__c" in change
    assert record.withdrawn == ("cancelled at the source" if cancelled else "")


def test_a_line_of_a_document_that_is_not_offered_is_seen(bench: Bench) -> None:
    invoice = bench.knobs.invoice_id("000131")
    line = next(row for row in bench.knobs.records(LINE) if row["rstk__soinvline_invoice__c"] == invoice)
    position = newest_position()
    bench.knobs.edit(LINE, line["Id"], rstk__soinvline_qty__c=39)
    (stub,) = bench.stubs(position)
    assert (stub.source_id, stub.offered) == (invoice, False)


def test_deleted_documents_are_remembered(bench: Bench) -> None:
    position, gone = newest_position(), bench.knobs.invoice_id("000102")
    assert bench.rootstock.deleted(position) == []
    bench.knobs.delete(INVOICE, gone)
    assert bench.connector(clock=Later()).deleted(position) == [gone]
    assert bench.rootstock.deleted(None) == [], "a first run knows nobody"
    assert bench.rootstock.deleted("2020-01-01T00:00:00.000Z") is None, "longer ago than Salesforce remembers"
    left = bench.knobs.invoice_id("000131")
    assert bench.rootstock.present([gone, left, "a7C5f00000000ZZEAA"]) == {left}


def test_position_never_moves_back_nor_close_to_now(bench: Bench) -> None:
    position = newest_position()
    bench.knobs.edit(INVOICE, bench.knobs.invoice_id("000101"), rstk__soinv_intcomment__c="x")
    pages: list[StubPage] = [*bench.rootstock.changed(position, EVERYTHING)]
    assert {page.position for page in pages} == {position}
    pages = [*bench.rootstock.changed(None, EVERYTHING)]
    assert pages[-1].position < (datetime.now(UTC) - timedelta(minutes=4)).isoformat()
    assert pages[-1].position > EPOCH


def test_a_changed_line_is_seen_and_moves_the_stamp(bench: Bench) -> None:
    before = {stub.source_id: stub.stamp for stub in bench.stubs()}
    invoice = bench.knobs.invoice_id("000102")
    line = next(row for row in bench.knobs.records(LINE) if row["rstk__soinvline_invoice__c"] == invoice)
    position = newest_position()
    bench.knobs.edit(LINE, line["Id"], rstk__soinvline_qty__c=39)
    (stub,) = bench.stubs(position)
    assert stub.source_id == invoice and stub.stamp != before[invoice]
    (record,) = bench.rootstock.fetch("invoice", [invoice])
    assert record.stamp == stub.stamp


def test_header_and_line_changed_together_come_once(bench: Bench) -> None:
    invoice = bench.knobs.invoice_id("000102")
    position = newest_position()
    for row in bench.knobs.records(LINE):
        if row["rstk__soinvline_invoice__c"] == invoice:
            bench.knobs.edit(LINE, row["Id"], rstk__soinvline_intcomment__c="x")
    bench.knobs.edit(INVOICE, invoice, rstk__soinv_intcomment__c="x")
    assert [stub.source_id for stub in bench.stubs(position)] == [invoice]


def test_a_deleted_line_changes_the_stamp(bench: Bench) -> None:
    invoice = bench.knobs.invoice_id("000102")
    (before,) = bench.rootstock.fetch("invoice", [invoice])
    bench.knobs.delete(LINE, before.content["lines"][0]["Id"])
    (after,) = bench.rootstock.fetch("invoice", [invoice])
    assert before.stamp != after.stamp


def test_an_expired_cursor_begins_anew_without_duplicates(bench: Bench) -> None:
    bench.knobs.setting(page_size=3)
    pages = bench.rootstock.changed(None, EVERYTHING)
    stubs = list(next(pages).stubs)
    bench.knobs.post("clock", {"advance_seconds": 1000})
    stubs += [stub for page in pages for stub in page.stubs]
    assert [call.status for call in bench.calls].count(400) == 1
    assert len(stubs) == len({stub.source_id for stub in stubs}) == 16


def test_chosen_documents_by_number_key_or_id(bench: Bench) -> None:
    chosen = ("000101", "0101_000102", bench.knobs.invoice_id("000103"), "000131", "0201_000201", "O'Hara")
    position = newest_position()
    options = RunOptions(documents=chosen)
    assert bench.numbers(position, options) == {"000101", "000102", "000103"}
    assert [page.position for page in bench.rootstock.changed(position, options)] == [position]


def test_limit_cuts_and_leaves_the_position(bench: Bench) -> None:
    bench.knobs.setting(page_size=3)
    pages = list(bench.rootstock.changed(None, RunOptions(limit=4)))
    assert [len(page.stubs) for page in pages] == [3, 1]
    assert {page.position for page in pages} == {EPOCH}


def test_changed_since_overrides_the_position(bench: Bench) -> None:
    everything = RunOptions(changed_since="2020-01-01")
    assert bench.offered(newest_position(), everything) == QUEUE
    assert bench.numbers(newest_position(), everything) == QUEUE | LEFT_ALONE
    assert bench.stubs(None, RunOptions(changed_since=newest_position())) == []
    later = list(bench.rootstock.changed("2020-01-01T00:00:00.000Z", RunOptions(changed_since="2021-01-01")))
    assert {page.position for page in later} == {"2020-01-01T00:00:00.000Z"}
    with pytest.raises(SettingsError, match="is no date"):
        bench.stubs(None, RunOptions(changed_since="yesterday"))


# reading


def test_fetch_in_pages_gives_whole_documents(bench: Bench) -> None:
    bench.knobs.setting(page_size=3)
    stubs = bench.stubs()
    records = bench.rootstock.fetch("invoice", [stub.source_id for stub in stubs])
    assert [(record.source_id, record.stamp) for record in records] == [(one.source_id, one.stamp) for one in stubs]
    models = [bench.rootstock.to_model(record) for record in records]
    untied = [one.number for one in models if isinstance(one, Invoice) and one.computed_total != one.total]
    assert untied == ["000120"]


def test_fetch_maps_the_worked_sample(bench: Bench) -> None:
    sample = bench.model("invoice", bench.knobs.invoice_id("000107"))
    assert str(sample.total) == "226.70 USD" == str(sample.computed_total)
    assert [charge.kind for charge in sample.charges] == ["freight", "handling", "packaging"]
    assert (sample.division, sample.email) == ("0101", "ap@amberlane.example")


def test_fetch_tells_invoices_and_credit_memos_apart(bench: Bench) -> None:
    ids = [bench.knobs.invoice_id(number) for number in ("000101", "000140")]
    bench.knobs.edit(INVOICE, ids[1], rstk__soinv_soinv__c=ids[0])
    for entity in ("invoice", "credit_memo"):
        records = bench.rootstock.fetch(entity, ids)  # type: ignore[arg-type]
        assert [record.entity for record in records] == ["invoice", "credit_memo"]
    memo = bench.rootstock.to_model(records[1])
    assert isinstance(memo, Invoice)
    assert (memo.kind, memo.credits, str(memo.total)) == ("credit_memo", ids[0], "12.50 USD")


def test_fetch_tells_what_has_left_the_queue_and_leaves_out_what_is_gone(bench: Bench) -> None:
    waits, transferred = bench.knobs.invoice_id("000101"), bench.knobs.invoice_id("000131")
    gone, other = bench.knobs.invoice_id("000102"), bench.knobs.invoice_id("000201")
    bench.knobs.delete(INVOICE, gone)
    records = bench.rootstock.fetch("invoice", [transferred, gone, waits, other])
    assert [(record.source_id, record.in_queue) for record in records] == [
        (transferred, False), (waits, True), (other, False),
    ]  # fmt: skip
    assert '"attributes"' not in str(records[0].content)


def test_fetch_parties_with_the_id_of_their_company(bench: Bench) -> None:
    amber = next(row for row in bench.knobs.records("rstk__socust__c") if row["rstk__socust_custno__c"] == "C-1001")
    party = bench.model("customer", amber["Id"])
    assert isinstance(party, Party)
    assert (party.number, party.name, party.foreign_id) == ("C-1001", "Amber Lane Dental", "1001")
    assert party.address.postcode == "02139"
    (record,) = bench.connector(f"{ORG}/02").fetch("customer", [amber["Id"]])
    west = bench.rootstock.to_model(record)
    assert isinstance(west, Party) and west.foreign_id == ""


def test_fetch_products(bench: Bench) -> None:
    fitting = next(row for row in bench.knobs.records("rstk__soprod__c") if row["rstk__soprod_prod__c"] == "P-400")
    product = bench.model("product", fitting["Id"])
    assert product == Product(fitting["Id"], "P-400", "On-site fitting", "service")


# telling the source


def test_acknowledgement_is_written_and_found(bench: Bench) -> None:
    bench.rootstock.prepare()
    armed = bench.armed(bench.told("000101"), bench.told("000102", "transferred_flag"))
    results = bench.rootstock.send(armed)
    assert {item: outcome.verdict for item, outcome in results.items()} == {"i1": Verdict.OK, "i2": Verdict.OK}
    found = bench.rootstock.find("invoice", "acknowledge", armed.items)
    for item in armed.items:
        (remote,) = found[item.intent]
        wanted = bench.rootstock.expected("invoice", "acknowledge", item.body)
        assert wanted.items() <= remote.facts.items()
        sent = results[item.wire_item].remote
        assert sent is not None and sent.id == remote.id
        assert sent.facts == {**wanted, "errortext": ""}
    assert found[1][0].facts == {"acctinvoice": "000101", "transferred": "false", "errortext": ""}
    assert bench.numbers() == QUEUE - {"000102"}


def test_ids_are_noted_where_the_source_has_none(bench: Bench) -> None:
    bench.rootstock.prepare()
    for entity, table, key, number, field in (
        ("customer", "rstk__socust__c", "rstk__socust_custno__c", "C-1004", "fscustid"),
        ("product", "rstk__soprod__c", "rstk__soprod_prod__c", "P-400", "fsprodid"),
    ):
        one = next(row["Id"] for row in bench.knobs.records(table) if row[key] == number)
        assert one in bench.rootstock.unlinked(entity)  # type: ignore[arg-type]
        (record,) = bench.rootstock.fetch(entity, [one])  # type: ignore[arg-type]
        body = bench.rootstock.id_note(record, "58")
        armed = bench.armed(body, entity=entity, operation="write_id")
        assert bench.rootstock.send(armed)["i1"].verdict is Verdict.OK
        (remote,) = bench.rootstock.find(entity, "write_id", armed.items)[1]  # type: ignore[arg-type]
        wanted = bench.rootstock.expected(entity, "write_id", armed.items[0].body)  # type: ignore[arg-type]
        assert wanted == {field: "58"} and wanted.items() <= remote.facts.items()
        assert one not in bench.rootstock.unlinked(entity)  # type: ignore[arg-type]
        (record,) = bench.rootstock.fetch(entity, [one])  # type: ignore[arg-type]
        assert bench.rootstock.id_note(record, "59") is None, "what is there is never overwritten"


def test_a_reason_is_noted_on_the_document_and_emptied_by_its_delivery(bench: Bench) -> None:
    bench.rootstock.prepare()
    invoice, now = bench.knobs.invoice_id("000101"), datetime(2026, 11, 20, 8, tzinfo=UTC)
    armed = bench.armed(bench.rootstock.error_note(invoice, "Too long.", now), operation="tell_error")
    assert bench.rootstock.send(armed)["i1"].verdict is Verdict.OK
    (row,) = [each for each in bench.knobs.records(INVOICE) if each["Id"] == invoice]
    assert (row["rstk__soinv_errortext__c"], row["rstk__soinv_errordate__c"][:19]) == (
        "Too long.", "2026-11-20T08:00:00",
    )  # fmt: skip
    (remote,) = bench.rootstock.find("invoice", "tell_error", armed.items)[1]
    wanted = bench.rootstock.expected("invoice", "tell_error", armed.items[0].body)
    assert wanted == {"errortext": "Too long."} and wanted.items() <= remote.facts.items()
    assert bench.rootstock.send(bench.armed(bench.told("000101")))["i1"].verdict is Verdict.OK
    (row,) = [each for each in bench.knobs.records(INVOICE) if each["Id"] == invoice]
    assert not row["rstk__soinv_errortext__c"] and not row["rstk__soinv_errordate__c"]


def test_a_governor_limit_is_about_the_size_of_the_call(bench: Bench) -> None:
    bench.rootstock.prepare()
    bench.knobs.mishap(
        "refuse", entity=INVOICE, code="CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", message="Apex CPU time limit exceeded"
    )
    outcome = bench.rootstock.send(bench.armed(bench.told("000101")))["i1"]
    assert outcome.verdict is Verdict.TOO_LARGE
    assert outcome.problem is not None and outcome.problem.vendor_code == "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"


def test_one_refusal_leaves_its_neighbours_alone(bench: Bench) -> None:
    bench.rootstock.prepare()
    bodies = [bench.told(number) for number in ("000101", "000102", "000103")]
    bench.knobs.delete(INVOICE, bodies[1]["Id"])
    results = bench.rootstock.send(bench.armed(*bodies))
    assert [results[f"i{number}"].verdict for number in (1, 2, 3)] == [Verdict.OK, Verdict.REFUSED, Verdict.OK]
    problem = results["i2"].problem
    assert problem is not None
    assert (problem.cause, problem.vendor_code) == ("deleted-at-source", "ENTITY_IS_DELETED")
    items = bench.armed(*bodies).items
    assert bench.rootstock.find("invoice", "acknowledge", items)[2] == []


@pytest.mark.parametrize(
    ("code", "verdict", "cause"),
    [
        ("UNABLE_TO_LOCK_ROW", Verdict.NOT_DONE, None),
        ("UNKNOWN_EXCEPTION", Verdict.UNKNOWN, None),
        ("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", Verdict.REFUSED, "refused-by-package"),
        ("SOMETHING_NEW", Verdict.REFUSED, "refused-by-source"),
    ],
)
def test_refusals_of_one_record(bench: Bench, code: str, verdict: Verdict, cause: str | None) -> None:
    bench.rootstock.prepare()
    bench.knobs.mishap("refuse", entity=INVOICE, code=code, message="Invoice is in a closed period")
    outcome = bench.rootstock.send(bench.armed(bench.told("000101")))["i1"]
    assert outcome.verdict is verdict
    assert (outcome.problem.cause if outcome.problem else None) == cause


@pytest.mark.parametrize(
    ("kind", "verdict"),
    [
        ("drop_before", Verdict.UNKNOWN),
        ("drop_after", Verdict.UNKNOWN),
        ("half_body", Verdict.UNKNOWN),
        ("html", Verdict.UNKNOWN),
        ("server_error_after", Verdict.UNKNOWN),
        ("commit_half", Verdict.UNKNOWN),
        ("expired_token", Verdict.NOT_DONE),
        ("throttled", Verdict.THROTTLED),
    ],
)
def test_weather_on_a_write(bench: Bench, kind: str, verdict: Verdict) -> None:
    bench.rootstock.prepare()
    bench.knobs.mishap(kind)
    results = bench.rootstock.send(bench.armed(bench.told("000101"), bench.told("000102")))
    assert {outcome.verdict for outcome in results.values()} == {verdict}
    assert {outcome.wait for outcome in results.values()} == {3600.0 if kind == "throttled" else None}


def test_a_batch_whose_time_is_over_does_not_leave(bench: Bench) -> None:
    bench.rootstock.prepare()
    late = replace(bench.armed(bench.told("000101")), send_by=0.0)
    assert bench.rootstock.send(late)["i1"].verdict is Verdict.NOT_SENT


def test_a_retired_api_version_is_no_missing_invoice(bench: Bench) -> None:
    bench.rootstock.prepare()
    armed = bench.armed(bench.told("000101"))
    old = bench.connector(api_version="20.0")
    old.prepare()
    problem = old.send(armed)["i1"].problem
    assert problem is not None and problem.cause == "no-such-address"
    with pytest.raises(SettingsError, match="retired"):
        list(old.changed(None, EVERYTHING))


def test_only_acknowledgements_and_notes_are_written(bench: Bench) -> None:
    written = [
        *((entity, operation) for entity in ("invoice", "credit_memo") for operation in ("acknowledge", "tell_error")),
        ("customer", "write_id"),
        ("product", "write_id"),
    ]
    for entity, operation in written:
        rule = bench.rootstock.rule(entity, operation)  # type: ignore[arg-type]
        assert (rule.batch, rule.in_flight, rule.write_class) == (20, 1, WriteClass.SET_STATE)
        assert rule.endpoint.endswith("/composite/sobjects")
    for entity, operation in (("customer", "create"), ("invoice", "write_id"), ("product", "tell_error")):
        with pytest.raises(SettingsError, match=f"{operation} of {entity}s"):
            bench.rootstock.rule(entity, operation)  # type: ignore[arg-type]
