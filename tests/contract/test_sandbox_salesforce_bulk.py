"""Bulk API 2.0 of the sandboxed Salesforce: the state machine of ingest and query jobs, refusals included."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from contract.test_sandbox_salesforce import ACCT, CUSTOMER, INVOICE, NO, PRODUCT, Org, fresh, refusal
from sandbox.server import Running, start_in_thread

FSID = "rstk__soprod_fsprodid__c"
UPDATE = {"object": PRODUCT, "operation": "update", "contentType": "CSV", "lineEnding": "LF"}


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with start_in_thread(vendors=["salesforce"]) as started:
        yield started


@pytest.fixture
def org(running: Running) -> Org:
    return fresh(running)


def opened(org: Org, **changes: Any) -> str:
    answer = org.call("POST", "/jobs/ingest", {**UPDATE, **changes})
    assert (answer.status_code, answer.json()["state"]) == (200, "Open"), answer.text
    return str(answer.json()["id"])


def upload(org: Org, job: str, text: str, media: str = "text/csv") -> requests.Response:
    url = f"{org.data}/jobs/ingest/{job}/batches"
    return org.session.put(url, data=text.encode(), headers={"Content-Type": media}, timeout=5)


def move(org: Org, job: str, state: str, kind: str = "ingest") -> requests.Response:
    return org.call("PATCH", f"/jobs/{kind}/{job}", {"state": state})


def looked(org: Org, job: str, kind: str = "ingest") -> dict[str, Any]:
    return dict(org.get(f"/jobs/{kind}/{job}").json())


def table(answer: requests.Response) -> list[dict[str, str]]:
    assert answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/csv"), answer.text
    return list(csv.DictReader(io.StringIO(answer.text)))


def done(org: Org, text: str, **changes: Any) -> str:
    job = opened(org, **changes)
    assert upload(org, job, text).status_code == 201
    assert move(org, job, "UploadComplete").status_code == 200
    for _ in range(3):
        looked(org, job)
    return job


def products(org: Org) -> list[str]:
    return [row["Id"] for row in org.rows(f"SELECT Id FROM {PRODUCT} ORDER BY Id")]


# --- ingest --------------------------------------------------------------------------------------------


def test_a_job_goes_through_its_states(org: Org) -> None:
    org.settings(bulk_polls=2)
    job = opened(org)
    about = looked(org, job)
    assert about["state"] == "Open" and about["contentUrl"] == f"services/data/v60.0/jobs/ingest/{job}/batches"
    one, two = products(org)[:2]
    assert upload(org, job, f"Id,{FSID}\n{one},9001\n{two},{'x' * 31}\n", "text/csv; charset=UTF-8").status_code == 201
    assert move(org, job, "UploadComplete").json()["state"] == "UploadComplete"
    states = [looked(org, job)["state"] for _ in range(4)]
    assert states == ["InProgress", "InProgress", "JobComplete", "JobComplete"]
    about = looked(org, job)
    assert (about["numberRecordsProcessed"], about["numberRecordsFailed"]) == (2, 1)
    (good,) = table(org.get(f"/jobs/ingest/{job}/successfulResults"))
    assert good == {"sf__Id": one, "sf__Created": "false", "Id": one, FSID: "9001"}
    (bad,) = table(org.get(f"/jobs/ingest/{job}/failedResults"))
    assert bad["sf__Id"] == two and bad["sf__Error"].startswith("STRING_TOO_LONG:")
    assert bad["sf__Error"].endswith(f":{FSID} --")
    assert table(org.get(f"/jobs/ingest/{job}/unprocessedrecords")) == []
    assert org.rows(f"SELECT {FSID} FROM {PRODUCT} WHERE Id = '{one}'")[0][FSID] == "9001"


def test_content_is_taken_once(org: Org) -> None:
    job = opened(org)
    assert upload(org, job, f"Id,{FSID}\n").status_code == 201
    again = upload(org, job, f"Id,{FSID}\n")
    assert refusal(again) == (400, "INVALIDJOBSTATE") and "multiple contents" in again.text
    move(org, job, "UploadComplete")
    assert refusal(upload(org, job, "Id\n")) == (400, "INVALIDJOBSTATE")
    assert refusal(upload(org, opened(org), "Id\n", "application/json")) == (415, "UNSUPPORTED_MEDIA_TYPE")


def test_steps_out_of_turn(org: Org) -> None:
    job = opened(org)
    assert refusal(move(org, job, "UploadComplete")) == (400, "INVALIDJOBSTATE")
    assert refusal(move(org, job, "JobComplete")) == (400, "INVALIDJOBSTATE")
    assert refusal(org.get(f"/jobs/ingest/{job}/failedResults")) == (400, "INVALIDJOBSTATE")
    assert refusal(org.call("DELETE", f"/jobs/ingest/{job}")) == (400, "INVALIDJOBSTATE")
    assert refusal(org.get(f"/jobs/ingest/{job}/otherResults")) == (404, "NOT_FOUND")
    assert refusal(org.get("/jobs/ingest/750000000000001AAA")) == (404, "NOT_FOUND")


def test_an_aborted_job_did_nothing(org: Org) -> None:
    job = opened(org)
    one = products(org)[0]
    upload(org, job, f"Id,{FSID}\n{one},9001\n")
    assert move(org, job, "Aborted").json()["state"] == "Aborted"
    assert [looked(org, job)["state"] for _ in range(3)] == ["Aborted"] * 3
    assert table(org.get(f"/jobs/ingest/{job}/unprocessedRecords")) == [{"Id": one, FSID: "9001"}]
    assert refusal(move(org, job, "Aborted")) == (400, "INVALIDJOBSTATE")
    assert org.call("DELETE", f"/jobs/ingest/{job}").status_code == 204
    assert refusal(org.get(f"/jobs/ingest/{job}")) == (404, "NOT_FOUND")


@pytest.mark.parametrize(
    ("text", "changes", "message"),
    [
        ("Id,Nope__c\nx,1\n", {}, "InvalidBatch : Field name not found : Nope__c"),
        ("Id,Nope__r.Name\nx,1\n", {}, "InvalidBatch : Field name not found : Nope__r.Name"),
        ("", {}, "InvalidBatch : Failed to parse CSV header"),
        (f"Id,{FSID}\r\nx,1\r\n", {}, "LineEnding is invalid"),
        (f"Id,{FSID}\nx,1\n", {"lineEnding": "CRLF"}, "LineEnding is invalid"),
        (f"Id,{FSID}\nx,1\n", {"operation": "delete"}, "must contain only ids"),
    ],
)
def test_a_job_that_fails_as_a_whole(org: Org, text: str, changes: dict[str, Any], message: str) -> None:
    job = done(org, text, **changes)
    about = looked(org, job)
    assert about["state"] == "Failed" and message in about["errorMessage"]
    assert table(org.get(f"/jobs/ingest/{job}/failedResults")) == []


def test_a_job_that_fails_half_way(org: Org) -> None:
    one, two = products(org)[:2]
    org.act("fail_bulk", message="InternalServerError : too many retries", after_rows=1)
    job = done(org, f"Id,{FSID}\n{one},9001\n{two},9002\n")
    about = looked(org, job)
    assert (about["state"], about["errorMessage"]) == ("Failed", "InternalServerError : too many retries")
    assert [row["Id"] for row in table(org.get(f"/jobs/ingest/{job}/successfulResults"))] == [one]
    assert [row["Id"] for row in table(org.get(f"/jobs/ingest/{job}/unprocessedrecords"))] == [two]
    assert looked(org, done(org, f"Id,{FSID}\n{two},9002\n"))["state"] == "JobComplete"


def test_an_empty_cell_changes_nothing_and_na_empties(org: Org) -> None:
    one, two = products(org)[:2]
    for record in (one, two):
        org.call("PATCH", f"/sobjects/{PRODUCT}/{record}", {FSID: "old"})
    done(org, f"Id,{FSID},rstk__soprod_activeind__c\n{one},,false\n{two},#N/A,true\n")
    found = {row["Id"]: row for row in org.rows(f"SELECT Id, {FSID}, rstk__soprod_activeind__c FROM {PRODUCT}")}
    assert (found[one][FSID], found[one]["rstk__soprod_activeind__c"]) == ("old", False)
    assert found[two][FSID] is None


def test_insert_with_a_parent_by_its_external_id(org: Org) -> None:
    text = (
        f"{NO};rstk__soinv_duedate__c;rstk__soinv_custno__r.rstk__externalid__c\n"
        "000801;2026-12-01;C-1002\n000802;2026-12-01;C-9999\n000803;soon;C-1002\n000804;2026-12-01\n"
    )
    job = done(org, text, object=INVOICE, operation="insert", columnDelimiter="SEMICOLON")
    answer = org.get(f"/jobs/ingest/{job}/failedResults")
    failed = list(csv.DictReader(io.StringIO(answer.text), delimiter=";"))
    assert [row["sf__Error"].split(":")[0] for row in failed] == [
        "INVALID_FIELD",
        "INVALID_TYPE_ON_FIELD_IN_RECORD",
        "INVALID_BATCH",
    ]
    assert "Foreign key external ID: C-9999 not found" in failed[0]["sf__Error"]
    assert org.numbers("rstk__soinv_custno__r.Name = 'C-1002' AND rstk__soinv_duedate__c = 2026-12-01") == ["000801"]


def test_upsert_delete_and_hard_delete(org: Org) -> None:
    key = "rstk__soinv_externalid__c"
    fields = {"object": INVOICE, "operation": "upsert", "externalIdFieldName": key}
    existing = org.id_of("000101")
    org.update({"id": existing, key: "k1"})
    text = f"{key},{ACCT},rstk__soinv_duedate__c\nK1,77,\nk2,78,2026-12-01\n,79,2026-12-01\n"
    job = done(org, text, **fields)
    good = table(org.get(f"/jobs/ingest/{job}/successfulResults"))
    assert [(row["sf__Created"], row[ACCT]) for row in good] == [("false", "77"), ("true", "78")]
    assert [row["sf__Error"].split(":")[0] for row in table(org.get(f"/jobs/ingest/{job}/failedResults"))] == [
        "MISSING_ARGUMENT"
    ]
    assert looked(org, done(org, f"Id\n{existing}\n", object=INVOICE, operation="delete"))["numberRecordsFailed"] == 0
    bin_query = {"q": f"SELECT Id FROM {INVOICE} WHERE Id = '{existing}' AND IsDeleted = true"}
    assert org.get("/queryAll", params=bin_query).json()["totalSize"] == 1
    hard = {**UPDATE, "object": INVOICE, "operation": "hardDelete"}
    assert refusal(org.call("POST", "/jobs/ingest", hard)) == (400, "FEATURENOTENABLED")
    org.settings(bulk_hard_delete=True)
    created = good[1]["sf__Id"]
    assert looked(org, done(org, f"Id\n{created}\n", **hard))["numberRecordsFailed"] == 0
    assert refusal(org.get(f"/sobjects/{INVOICE}/{created}")) == (404, "NOT_FOUND")


@pytest.mark.parametrize(
    "changes",
    [
        {"object": "Nothing__c"},
        {"operation": "merge"},
        {"contentType": "JSON"},
        {"columnDelimiter": "SPACE"},
        {"lineEnding": "CR"},
        {"operation": "upsert"},
        {"operation": "upsert", "externalIdFieldName": FSID},
    ],
)
def test_jobs_that_cannot_be_opened(org: Org, changes: dict[str, Any]) -> None:
    assert refusal(org.call("POST", "/jobs/ingest", {**UPDATE, **changes})) == (400, "INVALIDJOB")


def test_jobs_are_kept_for_seven_days_and_listed(org: Org) -> None:
    org.settings(session_seconds=10_000_000)
    job = opened(org)
    assert [one["id"] for one in org.get("/jobs/ingest").json()["records"]] == [job]
    org.advance(7 * 86_400 - 60)
    assert looked(org, job)["state"] == "Open"
    org.advance(120)
    assert refusal(org.get(f"/jobs/ingest/{job}")) == (404, "NOT_FOUND")
    assert org.get("/jobs/ingest").json()["records"] == []


def test_triggers_see_portions_of_a_batch(running: Running, org: Org) -> None:
    made = running.vendors["salesforce"].loader().invoices(250, 1)  # type: ignore[attr-defined]
    org.settings(governor_rows=100)
    job = done(org, f"Id,{ACCT}\n" + "".join(f"{one},1\n" for one in made), object=INVOICE)
    # 200 rows are too many for one transaction, the 50 behind them are not
    about = looked(org, job)
    assert (about["numberRecordsProcessed"], about["numberRecordsFailed"]) == (250, 200)


def test_jobs_use_up_the_limits_of_a_day(org: Org) -> None:
    done(org, f"Id,{FSID}\n{products(org)[0]},1\n")
    asked(org, f"SELECT Id FROM {PRODUCT}")
    told = org.get("/limits").json()
    assert (told["DailyBulkApiBatches"]["Remaining"], told["DailyBulkV2QueryJobs"]["Remaining"]) == (14_999, 9_999)
    org.settings(session_seconds=10_000_000)
    org.advance(86_400)
    told = org.get("/limits").json()
    assert (told["DailyBulkApiBatches"]["Remaining"], told["DailyBulkV2QueryJobs"]["Remaining"]) == (15_000, 10_000)


def test_wide_rows_are_refused_one_by_one(org: Org) -> None:
    one, two = products(org)[:2]
    job = done(org, f"Id,{FSID}\n{one},{'x' * 32_001}\n{two},1\n")
    (bad,) = table(org.get(f"/jobs/ingest/{job}/failedResults"))
    assert bad["Id"] == one and "Maximum field" in bad["sf__Error"]


# --- query ---------------------------------------------------------------------------------------------


def asked(org: Org, query: str, operation: str = "query") -> str:
    answer = org.call("POST", "/jobs/query", {"operation": operation, "query": query})
    assert (answer.status_code, answer.json()["state"]) == (200, "UploadComplete"), answer.text
    return str(answer.json()["id"])


def test_a_query_job_is_read_behind_locators(org: Org) -> None:
    query = f"SELECT {NO}, rstk__soinv_custno__r.Name, rstk__soinv_total__c FROM {INVOICE} ORDER BY {NO} LIMIT 5"
    job = asked(org, query)
    assert refusal(org.get(f"/jobs/query/{job}/results")) == (400, "INVALIDJOBSTATE")
    assert [looked(org, job, "query")["state"] for _ in range(2)] == ["InProgress", "JobComplete"]
    seen: list[str] = []
    locator, sizes = "", []
    while locator != "null":
        params = {"maxRecords": "2"} | ({"locator": locator} if locator else {})
        answer = org.get(f"/jobs/query/{job}/results", params=params)
        locator = answer.headers["Sforce-Locator"]
        sizes.append(answer.headers["Sforce-NumberOfRecords"])
        seen += [row[NO] for row in table(answer)]
    assert (sizes, seen) == (["2", "2", "1"], [f"00010{number}" for number in range(1, 6)])
    row = table(org.get(f"/jobs/query/{job}/results"))[0]
    assert row == {NO: "000101", "rstk__soinv_custno__r.Name": "C-1001", "rstk__soinv_total__c": "50.00"}


def test_query_all_sees_the_recycle_bin(org: Org) -> None:
    org.call("DELETE", f"/sobjects/{INVOICE}/{org.id_of('000101')}")
    query = f"SELECT Id, IsDeleted, SystemModstamp, rstk__soinv_duedate__c, {ACCT} FROM {INVOICE} WHERE {NO} = '000101'"
    for operation, count in (("query", 0), ("queryAll", 1)):
        job = asked(org, query, operation)
        looked(org, job, "query")
        assert looked(org, job, "query")["numberRecordsProcessed"] == count
    (row,) = table(org.get(f"/jobs/query/{job}/results"))
    assert (row["IsDeleted"], row["rstk__soinv_duedate__c"], row[ACCT]) == ("true", "2026-10-31", "")
    assert row["SystemModstamp"].endswith("Z")


def test_refused_query_jobs(org: Org) -> None:
    for query, code in (
        (f"SELECT Id, (SELECT Id FROM rstk__Invoice_Line__r) FROM {INVOICE}", "API_ERROR"),
        (f"SELECT COUNT() FROM {INVOICE}", "API_ERROR"),
        (f"SELECT Id FROM {INVOICE} LIMIT 5 OFFSET 5", "API_ERROR"),
        ("SELECT", "MALFORMED_QUERY"),
        ("SELECT Id FROM Nothing__c", "INVALID_TYPE"),
        (f"SELECT Nope__c FROM {CUSTOMER}", "INVALID_FIELD"),
    ):
        assert refusal(org.call("POST", "/jobs/query", {"operation": "query", "query": query})) == (400, code)
    assert refusal(org.call("POST", "/jobs/query", {"operation": "insert", "query": "x"})) == (400, "INVALIDJOB")


def test_bad_locators_and_sizes(org: Org) -> None:
    job, other = (asked(org, f"SELECT Id FROM {INVOICE}") for _ in range(2))
    for one in (job, other):
        looked(org, one, "query"), looked(org, one, "query")
    theirs = org.get(f"/jobs/query/{other}/results", params={"maxRecords": "3"}).headers["Sforce-Locator"]
    for locator in ("nonsense", theirs, "null"):
        answer = org.get(f"/jobs/query/{job}/results", params={"locator": locator})
        assert refusal(answer) == (400, "INVALID_QUERY_LOCATOR")
    assert refusal(org.get(f"/jobs/query/{job}/results", params={"maxRecords": "0"})) == (400, "INVALID_INPUT")


def test_a_query_job_can_be_aborted_listed_and_deleted(org: Org) -> None:
    job = asked(org, f"SELECT Id FROM {INVOICE}")
    assert refusal(org.call("DELETE", f"/jobs/query/{job}")) == (400, "INVALIDJOBSTATE")
    assert move(org, job, "Aborted", "query").json()["state"] == "Aborted"
    assert refusal(move(org, job, "Aborted", "query")) == (400, "INVALIDJOBSTATE")
    assert len(org.get("/jobs/query").json()["records"]) == 1
    assert org.call("DELETE", f"/jobs/query/{job}").status_code == 204


def test_a_query_that_the_org_can_no_longer_answer_fails(org: Org) -> None:
    job = asked(org, f"SELECT {ACCT} FROM {INVOICE}")
    org.settings(hidden_fields=[f"{INVOICE}.{ACCT}"])
    looked(org, job, "query")
    about = looked(org, job, "query")
    assert about["state"] == "Failed" and about["errorMessage"].startswith("INVALID_FIELD")
