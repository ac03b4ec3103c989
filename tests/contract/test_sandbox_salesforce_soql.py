"""Queries at the sandboxed Salesforce: children, deleted records, replication, and indexes that tell no lies."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from contract.test_sandbox_salesforce import ACCT, CUSTOMER, INVOICE, LINE, NO, PRODUCT, Org, fresh, refusal
from sandbox.salesforce.soql_parse import LONGEST
from sandbox.server import Running, start_in_thread

LINES, QTY, HEADER = "rstk__Invoice_Line__r", "rstk__soinvline_qty__c", "rstk__soinvline_invoice__c"


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with start_in_thread(vendors=["salesforce"]) as started:
        yield started


@pytest.fixture
def org(running: Running) -> Org:
    return fresh(running)


def moment(shift: float = 0) -> str:
    return (datetime.now(UTC) + timedelta(seconds=shift)).isoformat(timespec="milliseconds")


# --- children ------------------------------------------------------------------------------------------


def test_children_come_as_lists_and_none_as_null(org: Org) -> None:
    bare = org.state("POST", INVOICE, {"rstk__soinv_duedate__c": "2026-12-01", NO: "000199"})["Id"]
    query = f"SELECT {NO}, (SELECT Id, {QTY} FROM {LINES} WHERE {QTY} > 2 ORDER BY {QTY} DESC) FROM {INVOICE}"
    found = {row[NO]: row[LINES] for row in org.rows(query)}
    assert found["000102"]["totalSize"] == 1 and found["000102"]["done"] is True
    assert [float(one[QTY]) for one in found["000102"]["records"]] == [40]
    assert found["000102"]["records"][0]["attributes"]["type"] == LINE
    assert found["000199"] is None and found["000112"] is None
    assert bare


def test_a_long_list_of_children_goes_on_behind_its_own_locator(org: Org) -> None:
    org.settings(child_page_size=3)
    query = f"SELECT Id, (SELECT rstk__soinvline_invline__c FROM {LINES}) FROM {INVOICE} WHERE {NO} = '000105'"
    page = org.rows(query)[0][LINES]
    assert (page["totalSize"], page["done"], len(page["records"])) == (4, False, 3)
    rest = org.session.get(org.base + page["nextRecordsUrl"], timeout=5).json()
    assert rest["done"] and [one["rstk__soinvline_invline__c"] for one in rest["records"]] == [4]


def test_children_are_cut_like_pages_unless_told_otherwise(org: Org) -> None:
    org.settings(page_size=2)
    query = f"SELECT Id, (SELECT Id FROM {LINES}) FROM {INVOICE} WHERE {NO} = '000105'"
    assert len(org.ask(query).json()["records"][0][LINES]["records"]) == 2


@pytest.mark.parametrize(
    ("parent", "children"),
    [(INVOICE, "rstk__soinvpays__r"), (CUSTOMER, "rstk__socaddrs__r"), (INVOICE, "rstk__soppyas__r")],
)
def test_the_lists_that_the_facts_name(org: Org, parent: str, children: str) -> None:
    assert org.ask(f"SELECT Id, (SELECT Id FROM {children}) FROM {parent}").status_code == 200
    named = org.get(f"/sobjects/{parent}/describe").json()["childRelationships"]
    assert children in [one["relationshipName"] for one in named]


@pytest.mark.parametrize(
    ("inner", "code", "word"),
    [
        ("(SELECT Id FROM Nothing__r)", "INVALID_TYPE", "Didn't understand relationship 'Nothing__r'"),
        (f"(SELECT Nope__c FROM {LINES})", "INVALID_FIELD", "No such column 'Nope__c'"),
        (f"(SELECT COUNT() FROM {LINES})", "MALFORMED_QUERY", "sub-select"),
        (f"(SELECT Id, (SELECT Id FROM x__r) FROM {LINES})", "MALFORMED_QUERY", "sub-select"),
        (f"(SELECT Id FROM {LINES}", "MALFORMED_QUERY", "unexpected token"),
    ],
)
def test_refused_sub_selects(org: Org, inner: str, code: str, word: str) -> None:
    answer = org.ask(f"SELECT Id, {inner} FROM {INVOICE}")
    assert refusal(answer) == (400, code)
    assert word in answer.json()[0]["message"]


# --- conditions ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("where", "count"),
    [
        ("rstk__soinv_order__c = null", 17),
        ("rstk__soinv_order__r.rstk__sohdr_custpo__c != null", 4),
        ("SystemModstamp > 2020-01-01T00:00:00Z AND SystemModstamp < 2999-01-01T00:00:00.000+01:00", 22),
        ("rstk__soinv_invdate__c >= 2026-11-01 AND rstk__soinv_invdate__c < 2026-11-06", 3),
        (f"NOT ({NO} LIKE '0001%' OR {NO} LIKE '0002%')", 0),
        (f"{NO} = '000101' OR ({NO} = '000102' AND rstk__soinv_taxamt__c > 0)", 2),
        (f"{NO} = '000101' OR rstk__soinv_grandtotal__c = 226.70", 2),
        (f"{NO} <> '000101'", 21),
        (f"Id NOT IN (SELECT {HEADER} FROM {LINE} WHERE {QTY} >= 1)", 0),
        ("rstk__soinv_currency__c = 'USD'", 22),
        ("rstk__soinv_errordate__c < 2999-01-01T00:00:00Z", 0),
    ],
)
def test_where_counts(org: Org, where: str, count: int) -> None:
    assert org.ask(f"SELECT COUNT() FROM {INVOICE} WHERE {where}").json()["totalSize"] == count


def test_five_parents_up_and_no_further(org: Org) -> None:
    company = "rstk__soinv_div__r.rstk__sydiv_cmpno__r"
    path = f"{HEADER[:-1]}r.{company}.rstk__sycmp_homecurr__r"
    row = org.rows(f"SELECT {path}.rstk__sycurr_currency__c FROM {LINE} LIMIT 1")[0]
    for hop in path.split("."):
        row = row[hop]
    assert row["rstk__sycurr_currency__c"] == "USD"
    hops = ".".join(["rstk__socust_fincust__r"] * 5)
    assert org.ask(f"SELECT {hops}.Name FROM {CUSTOMER}").status_code == 200
    assert refusal(org.ask(f"SELECT rstk__socust_fincust__r.{hops}.Name FROM {CUSTOMER}")) == (400, "MALFORMED_QUERY")


def test_long_texts_are_neither_filtered_nor_sorted_by(org: Org) -> None:
    comment = "rstk__soinv_extcomment__c"
    filtered = org.ask(f"SELECT Id FROM {INVOICE} WHERE {comment} = 'x'")
    assert refusal(filtered) == (400, "INVALID_FIELD") and "can not be filtered" in filtered.text
    ordered = org.ask(f"SELECT Id FROM {INVOICE} ORDER BY {comment}")
    assert refusal(ordered) == (400, "INVALID_FIELD") and "can not be sorted" in ordered.text


def test_a_query_may_be_too_long(org: Org) -> None:
    query = f"SELECT Id FROM {INVOICE} WHERE {NO} = '{'x' * LONGEST}'"
    job = org.call("POST", "/jobs/query", {"operation": "query", "query": query})
    assert refusal(job) == (400, "MALFORMED_QUERY") and "100000 characters" in job.text


def test_a_hidden_object_is_no_object(org: Org) -> None:
    org.settings(hidden_objects=[PRODUCT])
    assert refusal(org.ask(f"SELECT Id FROM {PRODUCT}")) == (400, "INVALID_TYPE")
    assert refusal(org.ask(f"SELECT rstk__soinvline_prod__r.Name FROM {LINE}")) == (400, "INVALID_FIELD")
    assert refusal(org.get(f"/sobjects/{PRODUCT}/describe")) == (404, "NOT_FOUND")


def test_how_long_cursors_live_is_a_switch(org: Org) -> None:
    org.settings(page_size=3, cursor_seconds=10)
    following = org.base + org.ask(f"SELECT Id FROM {INVOICE}").json()["nextRecordsUrl"]
    assert org.session.get(following, timeout=5).status_code == 200
    org.advance(11)
    assert refusal(org.session.get(following, timeout=5)) == (400, "INVALID_QUERY_LOCATOR")


def test_cursors_expire_on_command(org: Org) -> None:
    org.settings(page_size=3)
    following = org.ask(f"SELECT Id FROM {INVOICE}").json()["nextRecordsUrl"]
    org.act("expire_cursors")
    assert refusal(org.session.get(org.base + following, timeout=5)) == (400, "INVALID_QUERY_LOCATOR")


# --- what was deleted, what was changed ----------------------------------------------------------------


def test_deleting_a_master_takes_its_details_along(org: Org) -> None:
    invoice = org.id_of("000105")
    assert org.call("DELETE", f"/sobjects/{INVOICE}/{invoice}").status_code == 204
    lines = f"SELECT Id, IsDeleted FROM {LINE} WHERE {HEADER} = '{invoice}'"
    assert org.rows(lines) == []
    found = org.get("/queryAll", params={"q": lines}).json()["records"]
    assert [one["IsDeleted"] for one in found] == [True] * 4


def test_the_list_of_deleted_records(org: Org) -> None:
    start = moment(-1)
    invoice = org.id_of("000101")
    org.call("DELETE", f"/sobjects/{INVOICE}/{invoice}")
    told = org.get(f"/sobjects/{INVOICE}/deleted/", params={"start": start, "end": moment(60)}).json()
    assert [one["id"] for one in told["deletedRecords"]] == [invoice]
    assert set(told) == {"deletedRecords", "earliestDateAvailable", "latestDateCovered"}
    later = {"start": moment(30), "end": moment(60)}
    assert org.get(f"/sobjects/{INVOICE}/deleted", params=later).json()["deletedRecords"] == []
    org.act("empty_recycle_bin")
    everything = org.get("/queryAll", params={"q": f"SELECT Id FROM {INVOICE} WHERE Id = '{invoice}'"}).json()
    assert everything["totalSize"] == 0
    again = org.get(f"/sobjects/{INVOICE}/deleted", params={"start": start, "end": moment(60)}).json()
    assert [one["id"] for one in again["deletedRecords"]] == [invoice]
    assert refusal(org.get(f"/sobjects/{INVOICE}/{invoice}")) == (404, "NOT_FOUND")


def test_the_list_of_updated_records(org: Org) -> None:
    start = moment(-1)
    invoice = org.id_of("000101")
    org.call("PATCH", f"/sobjects/{INVOICE}/{invoice}", {ACCT: "1"})
    span = {"start": start, "end": moment(60)}
    assert org.get(f"/sobjects/{INVOICE}/updated", params=span).json()["ids"] == [invoice]


@pytest.mark.parametrize(
    ("span", "code"),
    [
        ({"start": "2026-01-01T00:00:00Z"}, "MISSING_ARGUMENT"),
        ({"start": "then", "end": "now"}, "INVALID_REPLICATION_DATE"),
        ({"start": moment(0), "end": moment(-60)}, "INVALID_REPLICATION_DATE"),
        ({"start": moment(-31 * 86_400), "end": moment(0)}, "INVALID_REPLICATION_DATE"),
    ],
)
def test_refused_spans(org: Org, span: dict[str, str], code: str) -> None:
    assert refusal(org.get(f"/sobjects/{INVOICE}/deleted", params=span)) == (400, code)
    assert refusal(org.get(f"/sobjects/{INVOICE}/updated", params=span)) == (400, code)


# --- indexes -------------------------------------------------------------------------------------------


def scanned(org: Org, condition: str) -> list[str]:
    """The same records without help of an index: `!=` of something impossible hides the condition in a NOT."""
    query = f"SELECT Id FROM {INVOICE} WHERE NOT (NOT ({condition}))"
    return [row["Id"] for row in org.rows(query)]


def test_an_index_follows_every_write(org: Org) -> None:
    condition = f"{NO} IN ('000101', '000102', 'new')"
    customer = f"rstk__soinv_custno__c = '{org.some_id(CUSTOMER, 'Name = ' + chr(39) + 'C-1001' + chr(39))}'"
    invoice = org.id_of("000101")
    writes: list[tuple[str, str, Any]] = [
        ("PATCH", f"/sobjects/{INVOICE}/{invoice}", {NO: "new"}),
        ("PATCH", f"/sobjects/{INVOICE}/{invoice}", {"rstk__soinv_custno__c": None}),
        ("POST", f"/sobjects/{INVOICE}", {NO: "NEW", "rstk__soinv_duedate__c": "2026-12-01"}),
        ("DELETE", f"/sobjects/{INVOICE}/{invoice}", None),
    ]
    for method, path, body in writes:
        assert org.call(method, path, body).ok
        for one in (condition, customer, f"Id IN ('{invoice}')", "SystemModstamp >= 2020-01-01T00:00:00Z"):
            assert [row["Id"] for row in org.rows(f"SELECT Id FROM {INVOICE} WHERE {one}")] == scanned(org, one), one
    assert org.numbers(condition) == ["000102", "NEW"]


def test_a_key_that_was_given_up_is_free_again(org: Org) -> None:
    key, one, two = "rstk__soinv_externalid__c", org.id_of("000101"), org.id_of("000102")
    assert org.numbers(f"{key} = 'k'") == []
    org.update({"id": one, key: "k"})
    assert org.update({"id": two, key: "K"}).json()[0]["errors"][0]["statusCode"] == "DUPLICATE_VALUE"
    org.update({"id": one, key: "other"})
    assert org.update({"id": two, key: "K"}).json()[0]["success"] is True
    assert org.numbers(f"{key} = 'k'") == ["000102"]


def test_a_rolled_back_write_leaves_the_indexes_alone(org: Org) -> None:
    record = {"id": org.id_of("000101"), NO: "moved"}
    org.update(record, {"id": org.id_of("000102"), ACCT: "x" * 31}, all_or_none=True)
    assert org.numbers(f"{NO} = 'moved'") == [] and org.numbers(f"{NO} = '000101'") == ["000101"]
    assert org.rows(f"SELECT Id FROM {INVOICE} WHERE SystemModstamp > {moment(-600)[:19]}Z") == []


def test_stamps_are_found_by_range_after_the_clock_was_wound_back(org: Org) -> None:
    # the index is there before the writes, and must take stamps out of order
    assert org.numbers("SystemModstamp > 2999-01-01T00:00:00Z") == []
    org.advance(3600)
    org.update({"id": org.id_of("000101"), ACCT: "1"})
    org.advance(-3600)
    org.update({"id": org.id_of("000102"), ACCT: "1"})
    assert org.numbers(f"SystemModstamp > {moment(1800)[:19]}Z") == ["000101"]
    assert org.numbers(f"SystemModstamp > {moment(-600)[:19]}Z") == ["000101", "000102"]


def test_thousands_of_invoices_are_seeded_and_read_quickly(running: Running, org: Org) -> None:
    begin = time.monotonic()
    made = running.vendors["salesforce"].loader().invoices(3000, 3)  # type: ignore[attr-defined]
    seeded = time.monotonic() - begin
    begin = time.monotonic()
    lines = 0
    for start in range(0, len(made), 200):
        among = "','".join(made[start : start + 200])
        lines += len(org.rows(f"SELECT Id, {QTY} FROM {LINE} WHERE {HEADER} IN ('{among}')"))
    assert lines == 9000
    # a scan of 9,000 lines for each of the 15 calls would take several times as long
    assert seeded < 5 and time.monotonic() - begin < 5


def test_the_loader_makes_documents_that_tie(running: Running, org: Org) -> None:
    load = running.vendors["salesforce"].loader()  # type: ignore[attr-defined]
    load.customers(2)
    load.products(2)
    load.invoice(
        "000900", "L-000001", [("LP-000001", "2", "10"), ("LP-000002", "1", "5.005")],
        tax="10", discamt="5.00", freightamt="3.00", shippingtax="0.30",
    )  # fmt: skip
    at = "rstk__soinv_"
    row = org.rows(f"SELECT {at}total__c, {at}taxamt__c, {at}grandtotal__c FROM {INVOICE} WHERE {NO} = '000900'")[0]
    # 20.00 + 5.01; 10 % of 20.01
    assert [str(row[f"{at}{name}__c"]) for name in ("total", "taxamt", "grandtotal")] == ["25.01", "2.00", "25.31"]
    assert org.numbers("rstk__externalid__c = '0101_000900' AND rstk__soinv_custno__r.Name = 'L-000001'")


def test_a_url_that_is_too_long(org: Org) -> None:
    assert requests.get(f"{org.data}/query?q={'x' * 20_000}", headers=org.session.headers, timeout=5).status_code == 414
