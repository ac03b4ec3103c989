"""Single records, collections, /composite and the allowance of the sandboxed Salesforce, refusals included."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from contract.test_sandbox_salesforce import (
    ACCT,
    CUSTOMER,
    INVOICE,
    LINE,
    NO,
    Org,
    codes,
    fresh,
    refusal,
)
from sandbox.server import Running, start_in_thread

KEY = "rstk__soinv_externalid__c"
DUE = "rstk__soinv_duedate__c"
NEW = {DUE: "2026-12-31", NO: "000700"}


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with start_in_thread(vendors=["salesforce"]) as started:
        yield started


@pytest.fixture
def org(running: Running) -> Org:
    return fresh(running)


def typed(sobject: str, **fields: Any) -> dict[str, Any]:
    return {"attributes": {"type": sobject}, **fields}


def collection(org: Org, method: str, *records: dict[str, Any], path: str = "", **more: Any) -> requests.Response:
    return org.call(method, f"/composite/sobjects{path}", {"records": list(records), **more})


# --- one record ----------------------------------------------------------------------------------------


def test_create_read_change_delete(org: Org) -> None:
    made = org.call("POST", f"/sobjects/{INVOICE}/", NEW)
    body = made.json()
    assert (made.status_code, body["success"], body["errors"]) == (201, True, [])
    path = f"/sobjects/{INVOICE}/{body['id']}"
    assert made.headers["Location"].endswith(path) and len(body["id"]) == 18
    assert org.get(path).json()["rstk__soinv_approved__c"] is False
    assert org.call("PATCH", path, {ACCT: "7"}).status_code == 204
    assert org.call("DELETE", path).status_code == 204
    assert refusal(org.get(path)) == refusal(org.call("DELETE", path)) == (404, "ENTITY_IS_DELETED")
    assert refusal(org.call("PATCH", path, {ACCT: "7"})) == (404, "ENTITY_IS_DELETED")


def test_the_package_fills_its_own_external_id(org: Org) -> None:
    division = org.some_id("rstk__sydiv__c", "rstk__sydiv_div__c = '0101'")
    made = org.call("POST", f"/sobjects/{INVOICE}", {**NEW, "rstk__soinv_div__c": division}).json()["id"]
    record = org.get(f"/sobjects/{INVOICE}/{made}").json()
    assert record["rstk__externalid__c"] == record["rstk__formula_extid__c"] == "0101_000700"
    line = {"rstk__soinvline_invoice__c": made}
    number = org.call("POST", f"/sobjects/{LINE}", line).json()["id"]
    assert org.get(f"/sobjects/{LINE}/{number}").json()["rstk__externalid__c"] == number


@pytest.mark.parametrize(
    ("sobject", "fields", "code", "named"),
    [
        (INVOICE, {NO: "1"}, "REQUIRED_FIELD_MISSING", [DUE]),
        (LINE, {"rstk__soinvline_qty__c": 1}, "REQUIRED_FIELD_MISSING", ["rstk__soinvline_invoice__c"]),
        (INVOICE, {DUE: None}, "REQUIRED_FIELD_MISSING", [DUE]),
        (INVOICE, {**NEW, ACCT: "x" * 31}, "STRING_TOO_LONG", [ACCT]),
        (INVOICE, {**NEW, "rstk__soinv_txntype__c": "Bill"}, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", None),
        (INVOICE, {**NEW, "rstk__soinv_total__c": 10**14}, "NUMBER_OUTSIDE_VALID_RANGE", None),
        (INVOICE, {**NEW, "rstk__soinv_custno__c": "a00000000000001AAA"}, "INVALID_CROSS_REFERENCE_KEY", None),
        (INVOICE, {**NEW, "rstk__soinv_amtcravail__c": 1}, "INVALID_FIELD_FOR_INSERT_UPDATE", None),
        (INVOICE, {**NEW, "rstk__soinv_prearpayamt__c": 1}, "INVALID_FIELD_FOR_INSERT_UPDATE", None),
        (INVOICE, {**NEW, "SystemModstamp": "2026-01-01T00:00:00Z"}, "INVALID_FIELD_FOR_INSERT_UPDATE", None),
        (INVOICE, {**NEW, "Nope__c": 1}, "INVALID_FIELD", None),
        (INVOICE, {**NEW, "Id": "a00000000000001AAA"}, "INVALID_FIELD", None),
        (INVOICE, {**NEW, ACCT: 5}, "JSON_PARSER_ERROR", None),
        (CUSTOMER, {"rstk__externalid__c": "c-1001"}, "DUPLICATE_VALUE", ["rstk__externalid__c"]),
        (INVOICE, {**NEW, "rstk__soinv_custno__r": {"rstk__externalid__c": "C-9"}}, "INVALID_FIELD", None),
        (INVOICE, {**NEW, "rstk__soinv_custno__r": {"Name": "C-1001"}}, "INVALID_FIELD", None),
        (INVOICE, {**NEW, "Nope__r": {"rstk__externalid__c": "C-9"}}, "INVALID_FIELD", None),
    ],
)
def test_refused_creations(org: Org, sobject: str, fields: dict[str, Any], code: str, named: list[str] | None) -> None:
    answer = org.call("POST", f"/sobjects/{sobject}", fields)
    assert refusal(answer) == (400, code)
    assert named is None or answer.json()[0]["fields"] == named
    assert org.ask(f"SELECT COUNT() FROM {INVOICE}").json()["totalSize"] == 22


def test_a_parent_may_be_named_by_its_external_id(org: Org) -> None:
    fields = {**NEW, "rstk__soinv_custno__r": {"rstk__externalid__c": "c-1003"}}
    assert org.call("POST", f"/sobjects/{INVOICE}", fields).status_code == 201
    assert org.numbers(f"{NO} = '000700' AND rstk__soinv_custno__r.Name = 'C-1003'") == ["000700"]


def test_a_master_is_named_once(org: Org) -> None:
    line = org.some_id(LINE)
    answer = org.call("PATCH", f"/sobjects/{LINE}/{line}", {"rstk__soinvline_invoice__c": org.id_of("000101")})
    assert refusal(answer) == (400, "INVALID_FIELD_FOR_INSERT_UPDATE")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", f"/sobjects/{INVOICE}"),
        ("PATCH", f"/sobjects/{INVOICE}"),
        ("POST", "/query"),
        ("DELETE", "/limits"),
        ("GET", "/composite/sobjects"),
        ("PUT", "/composite"),
        ("POST", "/jobs/ingest/750000000000001AAA/batches"),
    ],
)
def test_wrong_methods(org: Org, method: str, path: str) -> None:
    answer = org.call(method, path, {})
    assert refusal(answer) == (405, "METHOD_NOT_ALLOWED")
    assert f"'{method}' not allowed" in answer.text


def test_wrong_bodies(org: Org) -> None:
    url = f"{org.data}/sobjects/{INVOICE}"
    assert refusal(org.session.post(url, data="<x/>", headers={"Content-Type": "text/xml"}, timeout=5)) == (
        415,
        "UNSUPPORTED_MEDIA_TYPE",
    )
    as_json = {"Content-Type": "application/json"}
    for text in ("{", "[]", '"x"'):
        assert refusal(org.session.post(url, data=text, headers=as_json, timeout=5)) == (400, "JSON_PARSER_ERROR")


def test_ids_that_lead_nowhere(org: Org) -> None:
    unknown = org.id_of("000101")[:9] + "zzzzzzAAA"
    for method in ("GET", "PATCH", "DELETE"):
        assert refusal(org.call(method, f"/sobjects/{INVOICE}/{unknown}", {})) == (404, "NOT_FOUND")
    assert refusal(org.call("PATCH", f"/sobjects/{INVOICE}/nonsense", {ACCT: "1"})) == (400, "MALFORMED_ID")
    for path in ("/sobjects/Nothing__c", "/sobjects/Nothing__c/describe"):
        assert refusal(org.get(path)) == (404, "NOT_FOUND")
    assert refusal(org.call("POST", "/sobjects/Nothing__c", {})) == (404, "NOT_FOUND")


# --- by external id ------------------------------------------------------------------------------------


def test_upsert_creates_then_updates(org: Org) -> None:
    path = f"/sobjects/{INVOICE}/{KEY}/run-7"
    made = org.call("PATCH", path, NEW)
    assert (made.status_code, made.json()["created"]) == (201, True)
    again = org.call("PATCH", path.replace("run-7", "RUN-7"), {ACCT: "8"})
    assert again.status_code == 200
    assert again.json() == {"id": made.json()["id"], "success": True, "errors": [], "created": False}
    old = org.session.patch(f"{org.base}/services/data/v45.0{path}", json={ACCT: "9"}, timeout=5)
    assert (old.status_code, old.text) == (204, "")
    assert org.get(path).json()[ACCT] == "9"
    assert org.call("DELETE", path).status_code == 204
    assert refusal(org.get(path)) == refusal(org.call("DELETE", path)) == (404, "NOT_FOUND")


def test_upsert_by_id_only_updates(org: Org) -> None:
    invoice = org.id_of("000101")
    assert org.call("PATCH", f"/sobjects/{INVOICE}/Id/{invoice}", {ACCT: "5"}).status_code == 200
    unknown = f"/sobjects/{INVOICE}/Id/{invoice[:9]}zzzzzzAAA"
    assert refusal(org.call("PATCH", unknown, {ACCT: "5"}))[0] == 400


def test_several_matches_are_300(org: Org) -> None:
    org.settings(double_external_ids=[f"{INVOICE}.{KEY}"])
    for number in ("000101", "000102"):
        assert codes(org.update({"id": org.id_of(number), KEY: "twice"})) == [None]
    path = f"/sobjects/{INVOICE}/{KEY}/twice"
    for method in ("GET", "PATCH", "DELETE"):
        answer = org.call(method, path, {ACCT: "1"})
        assert answer.status_code == 300
        assert answer.json() == [
            f"/services/data/v60.0/sobjects/{INVOICE}/{org.id_of(n)}" for n in ("000101", "000102")
        ]
    described = {one["name"]: one for one in org.get(f"/sobjects/{INVOICE}/describe").json()["fields"]}
    assert (described[KEY]["externalId"], described[KEY]["unique"]) == (True, False)
    answer = collection(org, "PATCH", typed(INVOICE, **{KEY: "twice", ACCT: "1"}), path=f"/{INVOICE}/{KEY}")
    assert codes(answer) == ["DUPLICATE_EXTERNAL_ID"]


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        (f"{NO}/000101", {ACCT: "1"}, 404, "NOT_FOUND"),
        ("Nope__c/x", {ACCT: "1"}, 404, "NOT_FOUND"),
        (f"{KEY}/x", {KEY: "x"}, 400, "INVALID_FIELD"),
        (f"{KEY}/x", {"Id": "x"}, 400, "INVALID_FIELD"),
        (f"{KEY}/x", {ACCT: "1"}, 400, "REQUIRED_FIELD_MISSING"),
        (f"{KEY}/{'x' * 41}", NEW, 400, "STRING_TOO_LONG"),
        (f"{KEY}/x?updateOnly=true", NEW, 404, "NOT_FOUND"),
        (f"{KEY}/x?updateOnly=maybe", NEW, 400, "INVALID_BOOLEAN"),
    ],
)
def test_refused_upserts(org: Org, path: str, body: dict[str, Any], status: int, code: str) -> None:
    assert refusal(org.call("PATCH", f"/sobjects/{INVOICE}/{path}", body)) == (status, code)


# --- rights --------------------------------------------------------------------------------------------


def test_a_field_without_edit_right(org: Org) -> None:
    org.settings(read_only_fields=[f"{INVOICE}.{ACCT}"])
    assert codes(org.update({"id": org.id_of("000101"), ACCT: "1"})) == ["INVALID_FIELD_FOR_INSERT_UPDATE"]
    described = {one["name"]: one for one in org.get(f"/sobjects/{INVOICE}/describe").json()["fields"]}
    assert described[ACCT]["updateable"] is False


def test_an_object_without_edit_right(org: Org) -> None:
    org.settings(read_only_objects=[INVOICE])
    path = f"/sobjects/{INVOICE}/{org.id_of('000101')}"
    for method in ("PATCH", "DELETE"):
        assert refusal(org.call(method, path, {ACCT: "1"})) == (403, "INSUFFICIENT_ACCESS_OR_READONLY")


# --- collections ---------------------------------------------------------------------------------------


def test_a_collection_creates_with_partial_success(org: Org) -> None:
    answer = collection(org, "POST", typed(INVOICE, **NEW), typed(INVOICE, **{NO: "x"}), typed(CUSTOMER, Name="C-9"))
    assert codes(answer) == [None, "REQUIRED_FIELD_MISSING", None]
    assert "id" not in answer.json()[1]
    assert org.numbers(f"{NO} = '000700'") == ["000700"]


def test_all_or_none_takes_creations_back(org: Org) -> None:
    answer = collection(org, "POST", typed(INVOICE, **NEW), typed(INVOICE, **{NO: "x"}), allOrNone=True)
    assert codes(answer) == ["ALL_OR_NONE_OPERATION_ROLLED_BACK", "REQUIRED_FIELD_MISSING"]
    assert org.numbers(f"{NO} = '000700'") == []


def test_a_collection_to_create_takes_no_ids(org: Org) -> None:
    assert refusal(collection(org, "POST", typed(INVOICE, id=org.id_of("000101"), **NEW))) == (400, "INVALID_FIELD")


def test_a_collection_upserts(org: Org) -> None:
    path = f"/{INVOICE}/{KEY}"
    one, two = typed(INVOICE, **NEW, **{KEY: "k1"}), typed(INVOICE, **{ACCT: "5", KEY: "K1"})
    first = collection(org, "PATCH", one, path=path)
    assert codes(first) == [None] and first.json()[0]["created"] is True
    second = collection(org, "PATCH", two, typed(INVOICE, **{ACCT: "6"}), path=path)
    assert codes(second) == [None, "MISSING_ARGUMENT"]
    assert (second.json()[0]["created"], second.json()[0]["id"]) == (False, first.json()[0]["id"])
    assert codes(collection(org, "PATCH", two, {**two, KEY: "k1"}, path=path)) == [None, "DUPLICATE_VALUE"]
    assert refusal(collection(org, "PATCH", typed(CUSTOMER, Name="x"), path=path)) == (400, "INVALID_INPUT")
    assert refusal(collection(org, "PATCH", two, path=f"/{INVOICE}/{NO}")) == (404, "NOT_FOUND")


def test_a_collection_deletes(org: Org) -> None:
    one, two = org.id_of("000101"), org.id_of("000102")
    gone = org.call("DELETE", f"/composite/sobjects?ids={one},{two[:9]}zzzzzzAAA&allOrNone=true")
    assert codes(gone) == ["ALL_OR_NONE_OPERATION_ROLLED_BACK", "INVALID_CROSS_REFERENCE_KEY"]
    assert org.numbers(f"{NO} = '000101'") == ["000101"]
    assert len(org.rows(f"SELECT Id FROM {LINE} WHERE rstk__soinvline_invoice__c = '{one}'")) == 1
    assert codes(org.call("DELETE", f"/composite/sobjects?ids={one},{two}")) == [None, None]
    assert org.numbers(f"{NO} IN ('000101', '000102')") == []
    assert refusal(org.call("DELETE", "/composite/sobjects")) == (400, "MISSING_ARGUMENT")
    assert refusal(org.call("DELETE", "/composite/sobjects?ids=nonsense")) == (400, "MALFORMED_ID")
    many = ",".join([two] * 201)
    assert refusal(org.call("DELETE", f"/composite/sobjects?ids={many}")) == (400, "EXCEEDED_ID_LIMIT")


def test_a_collection_reads(org: Org) -> None:
    one, unknown = org.id_of("000101"), org.id_of("000101")[:9] + "zzzzzzAAA"
    listed = org.get(f"/composite/sobjects/{INVOICE}", params={"ids": f"{one},{unknown}", "fields": NO}).json()
    assert listed[0][NO] == "000101" and listed[1] is None
    body = {"ids": [unknown, one], "fields": [NO, "Name"]}
    assert org.call("POST", f"/composite/sobjects/{INVOICE}", body).json()[1]["Name"] == "000101"
    for wrong, code in (
        ({"ids": [one]}, "JSON_PARSER_ERROR"),
        ({"ids": [], "fields": [NO]}, "MISSING_ARGUMENT"),
        ({"ids": ["x"], "fields": [NO]}, "MALFORMED_ID"),
        ({"ids": [one], "fields": ["Nope__c"]}, "INVALID_FIELD"),
        ({"ids": [one] * 201, "fields": [NO]}, "EXCEEDED_ID_LIMIT"),
    ):
        assert refusal(org.call("POST", f"/composite/sobjects/{INVOICE}", wrong)) == (400, code)


def test_ten_chunks_pass_and_eleven_do_not(org: Org) -> None:
    kinds = [INVOICE, CUSTOMER] * 6
    records = [typed(kind, id=org.some_id(kind)) for kind in kinds]
    assert len(codes(collection(org, "PATCH", *records[:10]))) == 10
    refused = collection(org, "PATCH", *records[:11])
    assert refusal(refused) == (400, "LIMIT_EXCEEDED") and "10 chunks" in refused.text
    assert len(codes(collection(org, "PATCH", *sorted(records, key=lambda one: one["attributes"]["type"])))) == 12


def test_200_records_pass_and_201_do_not(org: Org) -> None:
    records = [typed(CUSTOMER, Name=f"N{number}") for number in range(201)]
    assert codes(collection(org, "POST", *records[:200])) == [None] * 200
    assert refusal(collection(org, "POST", *records)) == (400, "EXCEEDED_ID_LIMIT")


# --- /composite ----------------------------------------------------------------------------------------


def part(reference: str, method: str, path: str, body: Any = None) -> dict[str, Any]:
    one = {"referenceId": reference, "method": method, "url": f"/services/data/v60.0{path}"}
    return one if body is None else {**one, "body": body}


def composite(org: Org, *parts: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    answer = org.call("POST", "/composite", {"compositeRequest": list(parts), **more})
    assert answer.status_code == 200, answer.text
    return list(answer.json()["compositeResponse"])


def test_sub_requests_refer_to_each_other_and_count_as_one_call(org: Org) -> None:
    before = org.get("/limits").json()["DailyApiRequests"]["Remaining"]
    responses = composite(
        org,
        part("head", "POST", f"/sobjects/{INVOICE}", NEW),
        part("line", "POST", f"/sobjects/{LINE}", {"rstk__soinvline_invoice__c": "@{head.id}"}),
        part("see", "GET", "/query?q=SELECT+Id+FROM+" + LINE + "+WHERE+Id='@{line.id}'"),
        part("tell", "PATCH", f"/sobjects/{LINE}/@{{see.records[0].Id}}", {"rstk__soinvline_qty__c": 2}),
    )
    assert [one["httpStatusCode"] for one in responses] == [201, 201, 200, 204]
    assert [one["referenceId"] for one in responses] == ["head", "line", "see", "tell"]
    assert responses[3]["body"] is None and "Location" in responses[0]["httpHeaders"]
    assert org.get("/limits").json()["DailyApiRequests"]["Remaining"] == before - 2


def test_sub_requests_stand_alone(org: Org) -> None:
    responses = composite(
        org,
        part("bad", "POST", f"/sobjects/{INVOICE}", {}),
        part("hangs", "GET", f"/sobjects/{INVOICE}/@{{bad.id}}"),
        part("none", "GET", "/nowhere"),
        part("wrong", "PUT", "/limits"),
        part("good", "POST", f"/sobjects/{INVOICE}", NEW),
    )
    assert [one["httpStatusCode"] for one in responses] == [400, 400, 404, 405, 201]
    assert responses[1]["body"][0]["errorCode"] == "PROCESSING_HALTED"


def test_all_or_none_of_a_composite(org: Org) -> None:
    responses = composite(
        org,
        part("good", "POST", f"/sobjects/{INVOICE}", NEW),
        part("bad", "POST", f"/sobjects/{INVOICE}", {}),
        part("late", "POST", f"/sobjects/{CUSTOMER}", {"Name": "late"}),
        allOrNone=True,
    )
    codes_of = [one["body"][0]["errorCode"] for one in responses]
    assert codes_of == ["PROCESSING_HALTED", "REQUIRED_FIELD_MISSING", "PROCESSING_HALTED"]
    assert org.numbers(f"{NO} = '000700'") == []
    assert org.rows(f"SELECT Id FROM {CUSTOMER} WHERE Name = 'late'") == []


@pytest.mark.parametrize(
    "parts",
    [
        [],
        [part(f"r{number}", "GET", "/limits") for number in range(26)],
        [part("same", "GET", "/limits")] * 2,
        [part("", "GET", "/limits")],
        [part("a-b", "GET", "/limits")],
        [{"method": "GET", "referenceId": "a"}],
    ],
)
def test_refused_composites(org: Org, parts: list[dict[str, Any]]) -> None:
    assert refusal(org.call("POST", "/composite", {"compositeRequest": parts})) == (400, "INVALID_INPUT")


def test_25_sub_requests_pass(org: Org) -> None:
    assert len(composite(org, *(part(f"r{number}", "GET", "/limits") for number in range(25)))) == 25
    assert refusal(org.call("POST", "/composite", {"compositeRequest": 5})) == (400, "JSON_PARSER_ERROR")


# --- allowance -----------------------------------------------------------------------------------------


def used(org: Org) -> int:
    limit = org.get("/limits").json()["DailyApiRequests"]
    return int(limit["Max"] - limit["Remaining"])


def test_the_window_of_24_hours_rolls(org: Org) -> None:
    first = used(org)
    org.advance(50_000)
    token = org.sign_in(**org.about["credentials"]).json()["access_token"]
    org.session.headers["Authorization"] = f"Bearer {token}"
    assert used(org) == first + 1
    org.settings(session_seconds=200_000)
    org.advance(40_000)
    # the first calls have left the window, the later one is still in it
    assert used(org) == 2
    org.advance(60_000)
    assert used(org) == 2


def test_a_refused_call_still_counts_and_the_header_is_on_every_answer(org: Org) -> None:
    before = used(org)
    refused = org.ask("SELECT")
    assert refused.headers["Sforce-Limit-Info"] == f"api-usage={before + 1}/100000"
    org.settings(per_app_limit=250)
    told = org.get("/limits").headers["Sforce-Limit-Info"]
    assert told == f"api-usage={before + 2}/100000; per-app-api-usage={before + 2}/250(appName=Invoice Sync)"


def test_at_the_top_everything_is_refused(org: Org) -> None:
    org.settings(daily_limit=used(org))
    body = {"records": [typed(INVOICE, id="x", **{ACCT: "1"})]}
    for answer in (org.ask("SELECT Id FROM User"), org.call("PATCH", "/composite/sobjects", body)):
        assert refusal(answer) == (403, "REQUEST_LIMIT_EXCEEDED")
        assert answer.json()[0]["message"] == "TotalRequests Limit exceeded."


def test_which_calls_are_writes(org: Org) -> None:
    one = org.id_of("000101")
    org.call("POST", f"/composite/sobjects/{INVOICE}", {"ids": [one], "fields": [NO]})
    org.call("POST", "/jobs/query", {"operation": "query", "query": f"SELECT Id FROM {INVOICE}"})
    collection(org, "POST", typed(CUSTOMER, Name="x"), path="/")
    calls = requests.get(org.index + "/control/calls", timeout=5).json()["calls"]
    assert [one["count"] for one in calls if one["kind"] == "write"] == [1]


def test_refused_calls_on_command(org: Org) -> None:
    org.act("refuse_calls", code="SERVER_UNAVAILABLE", status=503)
    org.act("refuse_calls", code="QUERY_TIMEOUT", message="Your query request was running for too long.", status=500)
    assert refusal(org.get("/limits")) == (503, "SERVER_UNAVAILABLE")
    assert refusal(org.get("/limits")) == (500, "QUERY_TIMEOUT")
    assert org.get("/limits").status_code == 200


def test_limits_tell_of_bulk_too(org: Org) -> None:
    told = org.get("/limits").json()
    assert told["DailyBulkV2QueryJobs"] == {"Max": 10_000, "Remaining": 10_000}
    assert told["DailyBulkApiBatches"] == {"Max": 15_000, "Remaining": 15_000}


def test_bad_actions_and_settings(org: Org) -> None:
    for body in ({"do": "explode"}, {"do": "lock_rows"}, {"do": "lock_rows", "record": "x", "times": -1}, {}):
        url = f"{org.index}/control/state/salesforce/{org.about['org_id']}/Action"
        assert requests.post(url, data=json.dumps(body), timeout=5).status_code == 400
    for change in ({"api_access": "off"}, {"governor_limit": "heap"}, {"validation_rules": []}, {"governor_rows": "9"}):
        answer = requests.post(org.index + "/control/settings/salesforce", json=change, timeout=5)
        assert answer.status_code == 400, change
