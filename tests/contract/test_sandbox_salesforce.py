"""The sandboxed Salesforce answers and refuses like the vendor, over real HTTP."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from requests.adapters import HTTPAdapter
from simple_salesforce.api import Salesforce as SimpleSalesforce
from simple_salesforce.exceptions import SalesforceMalformedRequest, SalesforceResourceNotFound

from sandbox.server import Running, start_in_thread

INVOICE, LINE, CUSTOMER, PRODUCT = (
    "rstk__soinv__c",
    "rstk__soinvline__c",
    "rstk__socust__c",
    "rstk__soprod__c",
)
NO, ACCT = "rstk__soinv_invoiceno__c", "rstk__soinv_acctinvoice__c"
COMPANY = "rstk__soinv_div__r.rstk__sydiv_cmpno__r.rstk__sycmp_cmpno__c"
QUEUE = (
    "rstk__soinv_approved__c = true AND rstk__soinv_transferred__c = false"
    " AND rstk__soinv_cancelled__c = false"
    f" AND rstk__soinv_inprocess__c = false AND rstk__soinv_txntype__c = 'Invoice' AND {COMPANY} = '01'"
)


class Org:
    """A plain client of the REST API."""

    def __init__(self, index: str) -> None:
        self.index = index
        self.about = requests.get(index + "/", timeout=5).json()["vendors"]["salesforce"]
        self.base = self.about["base_url"]
        self.data = self.base + "/services/data/v60.0"
        self.session = requests.Session()
        self.token = self.sign_in(**self.about["credentials"]).json()["access_token"]
        self.session.headers["Authorization"] = f"Bearer {self.token}"

    def sign_in(self, **form: str) -> requests.Response:
        form = {"grant_type": "client_credentials", **form}
        return requests.post(self.about["token_url"], data=form, timeout=5)

    def get(self, path: str, **more: Any) -> requests.Response:
        return self.session.get(self.data + path, timeout=5, **more)

    def ask(self, query: str, **more: Any) -> requests.Response:
        return self.get("/query", params={"q": query}, **more)

    def rows(self, query: str) -> list[dict[str, Any]]:
        answer = self.ask(query)
        assert answer.status_code == 200, answer.text
        assert answer.json()["done"]
        return list(json.loads(answer.text, parse_float=Decimal)["records"])

    def numbers(self, where: str) -> list[str]:
        return [one[NO] for one in self.rows(f"SELECT {NO} FROM {INVOICE} WHERE {where} ORDER BY {NO}")]

    def id_of(self, number: str) -> str:
        return str(self.rows(f"SELECT Id FROM {INVOICE} WHERE {NO} = '{number}'")[0]["Id"])

    def update(self, *records: dict[str, Any], all_or_none: bool = False) -> requests.Response:
        body = {
            "allOrNone": all_or_none,
            "records": [{"attributes": {"type": INVOICE}, **record} for record in records],
        }
        return self.session.patch(self.data + "/composite/sobjects", json=body, timeout=5)

    def call(self, method: str, path: str, body: Any = None, **more: Any) -> requests.Response:
        return self.session.request(method, self.data + path, json=body, timeout=5, **more)

    def some_id(self, sobject: str, where: str = "") -> str:
        condition = f" WHERE {where}" if where else ""
        return str(self.rows(f"SELECT Id FROM {sobject}{condition} LIMIT 1")[0]["Id"])

    def act(self, verb: str, **arguments: Any) -> dict[str, Any]:
        return dict(self.state("POST", "Action", {"do": verb, **arguments}))

    def settings(self, **changes: Any) -> None:
        answer = requests.post(self.index + "/control/settings/salesforce", json=changes, timeout=5)
        assert answer.status_code == 200, answer.text

    def state(self, method: str, path: str, body: Any = None) -> Any:
        url = f"{self.index}/control/state/salesforce/{self.about['org_id']}/{path}"
        answer = requests.request(method, url, json=body, timeout=5)
        assert answer.status_code < 300, answer.text
        return answer.json()

    def advance(self, seconds: int) -> None:
        requests.post(self.index + "/control/clock", json={"advance_seconds": seconds}, timeout=5)


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with start_in_thread(vendors=["salesforce"]) as started:
        yield started


def fresh(running: Running) -> Org:
    """A client of an org that is as seeded."""
    requests.post(running.index_url + "/control/reset", json={}, timeout=5)
    return Org(running.index_url)


@pytest.fixture
def org(running: Running) -> Org:
    return fresh(running)


def refusal(answer: requests.Response) -> tuple[int, str]:
    body = answer.json()
    assert isinstance(body, list) and set(body[0]) >= {"message", "errorCode"}
    return answer.status_code, body[0]["errorCode"]


def codes(answer: requests.Response) -> list[str | None]:
    assert answer.status_code == 200, answer.text
    return [None if one["success"] else one["errors"][0]["statusCode"] for one in answer.json()]


# --- sign-in -------------------------------------------------------------------------------------------


def test_token_names_instance_and_org(org: Org) -> None:
    answer = org.sign_in(**org.about["credentials"]).json()
    assert answer["instance_url"] == org.base and answer["token_type"] == "Bearer"
    assert "expires_in" not in answer and "refresh_token" not in answer
    headers = {"Authorization": f"Bearer {answer['access_token']}"}
    identity = requests.get(answer["id"], headers=headers, timeout=5).json()
    assert identity["organization_id"] == org.about["org_id"] == "00D5f000000DEMOEAA"
    user_info = requests.get(org.base + "/services/oauth2/userinfo", headers=headers, timeout=5).json()
    assert user_info["organization_id"] == org.about["org_id"]


def test_credentials_may_come_as_basic(org: Org) -> None:
    given = org.about["credentials"]
    basic = base64.b64encode(f"{given['client_id']}:{given['client_secret']}".encode()).decode()
    answer = requests.post(
        org.about["token_url"],
        data={"grant_type": "client_credentials"},
        headers={"Authorization": f"Basic {basic}"},
        timeout=5,
    )
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"client_id": "stranger"}, "invalid_client_id"),
        ({"client_secret": "wrong"}, "invalid_client"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
    ],
)
def test_refused_sign_in(org: Org, change: dict[str, str], error: str) -> None:
    answer = org.sign_in(**{**org.about["credentials"], **change})
    assert (answer.status_code, answer.json()["error"]) == (400, error)
    assert answer.json()["error_description"]


def test_sessions_end(org: Org) -> None:
    assert org.get("/limits").status_code == 200
    org.advance(7199)
    assert org.get("/limits").status_code == 200
    org.advance(2)
    assert refusal(org.get("/limits")) == (401, "INVALID_SESSION_ID")
    assert refusal(requests.get(org.data + "/limits", timeout=5)) == (401, "INVALID_SESSION_ID")


# --- the plain paths -----------------------------------------------------------------------------------


def test_versions_need_no_session(org: Org) -> None:
    versions = requests.get(org.base + "/services/data/", timeout=5).json()
    assert {"label", "url", "version"} <= set(versions[0])
    assert "60.0" in [one["version"] for one in versions]


def test_allowance_is_told_and_ends(org: Org) -> None:
    org.settings(daily_limit=2)
    assert org.get("/limits").json()["DailyApiRequests"] == {"Max": 2, "Remaining": 1}
    assert org.get("/limits").headers["Sforce-Limit-Info"] == "api-usage=2/2"
    assert refusal(org.get("/limits")) == (403, "REQUEST_LIMIT_EXCEEDED")
    org.advance(86_400)
    assert org.sign_in(**org.about["credentials"]).status_code == 200


def test_describe_tells_lengths_and_rights(org: Org) -> None:
    fields = {one["name"]: one for one in org.get(f"/sobjects/{INVOICE}/describe").json()["fields"]}
    assert (fields[ACCT]["length"], fields[ACCT]["type"], fields[ACCT]["updateable"]) == (30, "string", True)
    assert fields["rstk__soinv_grandtotal__c"]["scale"] == 2
    assert fields["rstk__soinv_amtcravail__c"]["calculated"] and not fields["rstk__soinv_amtcravail__c"]["updateable"]
    assert fields["rstk__soinv_custno__c"]["relationshipName"] == "rstk__soinv_custno__r"
    assert fields["SystemModstamp"]["custom"] is False and fields[ACCT]["custom"] is True


def test_financials_are_there_only_when_installed(org: Org) -> None:
    path = "/sobjects/rstkf__arinvtxn__c/describe"
    assert refusal(org.get(path)) == (404, "NOT_FOUND")
    assert refusal(org.ask("SELECT Id FROM rstkf__arinvtxn__c")) == (400, "INVALID_TYPE")
    org.settings(financials=True)
    assert org.get(path).json()["name"] == "rstkf__arinvtxn__c"


def test_hidden_fields_look_missing(org: Org) -> None:
    org.settings(hidden_fields=[f"{INVOICE}.{ACCT}"])
    assert ACCT not in [one["name"] for one in org.get(f"/sobjects/{INVOICE}/describe").json()["fields"]]
    assert refusal(org.ask(f"SELECT {ACCT} FROM {INVOICE}")) == (400, "INVALID_FIELD")
    assert codes(org.update({"id": org.id_of("000101"), ACCT: "1"})) == ["INVALID_FIELD"]


def test_single_record_get_and_patch(org: Org) -> None:
    path = f"/sobjects/{INVOICE}/{org.id_of('000101')}"
    before = org.get(path).json()
    assert org.session.patch(org.data + path, json={ACCT: "1001"}, timeout=5).status_code == 204
    after = org.get(path).json()
    assert after[ACCT] == "1001" and after["SystemModstamp"] > before["SystemModstamp"]
    assert after["LastModifiedDate"] == after["SystemModstamp"] and after["CreatedDate"] == before["CreatedDate"]
    assert org.get(path[:-3]).json()["Id"] == after["Id"]
    assert set(org.get(path, params={"fields": NO}).json()) == {"attributes", NO, "Id"}


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({ACCT: "x" * 31}, 400, "STRING_TOO_LONG"),
        ({"nope": 1}, 400, "INVALID_FIELD"),
        ({ACCT: 5}, 400, "JSON_PARSER_ERROR"),
        ({"rstk__soinv_approved__c": "maybe"}, 400, "JSON_PARSER_ERROR"),
        ({"rstk__soinv_invdate__c": "2026-13-01"}, 400, "JSON_PARSER_ERROR"),
        ({"rstk__soinv_taxamt__c": "a lot"}, 400, "JSON_PARSER_ERROR"),
        ({"Id": "x"}, 400, "INVALID_FIELD"),
        ({"rstk__soinv_duedate__c": None}, 400, "REQUIRED_FIELD_MISSING"),
        ({"rstk__soinv_txntype__c": "Bill"}, 400, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"),
        ({"rstk__soinv_taxamt__c": 10**14}, 400, "NUMBER_OUTSIDE_VALID_RANGE"),
        ({"rstk__soinv_terms__c": "here"}, 400, "MALFORMED_ID"),
        ({"rstk__soinv_terms__c": "a0A000000000001AAA"}, 400, "INVALID_CROSS_REFERENCE_KEY"),
    ],
)
def test_single_patch_refusals(org: Org, fields: dict[str, Any], status: int, code: str) -> None:
    url = f"{org.data}/sobjects/{INVOICE}/{org.id_of('000101')}"
    assert refusal(org.session.patch(url, json=fields, timeout=5)) == (status, code)


def test_what_is_not_there(org: Org) -> None:
    unknown = org.id_of("000101")[:9] + "zzzzzzAAA"
    assert refusal(org.get(f"/sobjects/{INVOICE}/{unknown}")) == (404, "NOT_FOUND")
    url = f"{org.data}/sobjects/{INVOICE}/{unknown}"
    assert refusal(org.session.patch(url, json={ACCT: "1"}, timeout=5)) == (404, "NOT_FOUND")
    assert refusal(org.get("/sobjects/Nothing__c/describe")) == (404, "NOT_FOUND")
    assert refusal(org.get("/nowhere")) == (404, "NOT_FOUND")
    for version, status in (("v20.0", 410), ("v99.0", 404), ("latest", 404)):
        assert org.session.get(f"{org.base}/services/data/{version}/limits", timeout=5).status_code == status
    bad = org.session.patch(
        org.data + "/composite/sobjects", data="{", timeout=5, headers={"Content-Type": "application/json"}
    )
    assert refusal(bad) == (400, "JSON_PARSER_ERROR")
    assert org.session.patch(org.data + "/composite/sobjects", data="x", timeout=5).status_code == 415


# --- SOQL ----------------------------------------------------------------------------------------------


def test_the_export_queue_is_what_was_seeded(org: Org) -> None:
    clean = [f"0001{number:02d}" for number in range(1, 13)]
    assert org.numbers(QUEUE) == [*clean, "000120", "000121", "000122"]
    assert org.numbers(QUEUE.replace("'01'", "'02'")) == ["000201", "000202"]


def test_every_clean_invoice_ties_to_the_cent(org: Org) -> None:
    at = "rstk__soinv_"
    money = ("total", "discamt", "freightamt", "handlingamt", "packageamt", "taxamt", "grandtotal")
    names = ", ".join(f"{at}{name}__c" for name in money)
    untied = []
    for row in org.rows(f"SELECT {NO}, {names} FROM {INVOICE} WHERE {QUEUE}"):
        total, discount, freight, handling, packaging, tax, grand = (row[f"{at}{name}__c"] for name in money)
        if total - discount + freight + handling + packaging + tax != grand:
            untied.append((row[NO], tax, grand))
    assert untied == [("000120", Decimal("7.60"), Decimal("90.45"))]


def test_lines_come_to_the_detail_total(org: Org) -> None:
    totals: dict[str, Decimal] = {}
    query = (
        f"SELECT rstk__soinvline_extamount__c, rstk__soinvline_invoice__r.{NO}, rstk__soinvline_prod__r.Name,"
        f" rstk__soinvline_invoice__r.rstk__soinv_total__c FROM {LINE}"
    )
    for row in org.rows(query):
        header = row["rstk__soinvline_invoice__r"]
        cents = row["rstk__soinvline_extamount__c"].quantize(Decimal("0.01"), "ROUND_HALF_UP")
        left = totals.get(header[NO], header["rstk__soinv_total__c"])
        totals[header[NO]] = left - cents
    assert set(totals.values()) == {Decimal("0.00")}
    sample = org.rows(f"SELECT rstk__soinv_grandtotal__c FROM {INVOICE} WHERE {NO} = '000107'")
    assert sample[0]["rstk__soinv_grandtotal__c"] == Decimal("226.70")


def test_amounts_are_written_with_their_own_digits(org: Org) -> None:
    text = org.ask(f"SELECT rstk__soinv_grandtotal__c FROM {INVOICE} WHERE {NO} = '000107'").text
    assert '"rstk__soinv_grandtotal__c":226.70' in text


@pytest.mark.parametrize(
    ("where", "numbers"),
    [
        (f"{NO} IN ('000101', '000140') AND rstk__soinv_txntype__c != 'Invoice'", ["000140"]),
        (f"{NO} >= '000139'", ["000140", "000201", "000202"]),
        (f"{NO} LIKE '0002%'", ["000201", "000202"]),
        (f"{NO} LIKE '00_1_1' AND NOT {NO} IN ('000111', '000121')", ["000101", "000131"]),
        (f"{NO} NOT IN ('000201') AND {COMPANY} = '02'", ["000202"]),
        ("rstk__soinv_acctinvoice__c != null", ["000131"]),
        ("rstk__soinv_grandtotal__c > 226.69 AND rstk__soinv_grandtotal__c <= 226.70", ["000107"]),
        ("rstk__soinv_invdate__c < 2026-07-01", ["000121"]),
        ("rstk__soinv_approved__c = FALSE", ["000130"]),
        (f"({NO} = '000101' OR {NO} = '000102') AND rstk__soinv_taxamt__c = 0", ["000101"]),
        ("rstk__soinv_custno__r.rstk__socust_sf_account_name__c = 'HARBOR line freight'", ["000122"]),
        (
            "rstk__soinv_custno__r.rstk__socust_sf_account_name__c = 'O\\'Malley\\'s Garden Supply' "
            "AND rstk__soinv_inprocess__c = true",
            ["000133"],
        ),
        (
            f"Id IN (SELECT rstk__soinvline_invoice__c FROM {LINE} WHERE rstk__soinvline_qty__c = 7.965)",
            ["000108"],
        ),
        (
            f"rstk__soinv_custno__c IN (SELECT Id FROM {CUSTOMER} WHERE rstk__socust_custno__c = 'C-1004')",
            ["000122"],
        ),
        ("SystemModstamp > 2999-01-01T00:00:00Z", []),
        ("rstk__soinv_order__r.rstk__sohdr_custpo__c = 'AL-7781'", ["000101"]),
    ],
)
def test_where(org: Org, where: str, numbers: list[str]) -> None:
    assert org.numbers(where) == numbers


def test_ids_of_15_and_18_characters(org: Org) -> None:
    full = org.id_of("000101")
    assert org.numbers(f"Id = '{full}'") == org.numbers(f"Id IN ('{full[:15]}')") == ["000101"]


def test_backslash_is_escaped(org: Org) -> None:
    record = org.state("GET", CUSTOMER)["records"][0]
    org.state("PATCH", f"{CUSTOMER}/{record['Id']}", {"rstk__socust_sf_account_name__c": "A\\B 100%"})
    query = f"SELECT Id FROM {CUSTOMER} WHERE rstk__socust_sf_account_name__c "
    assert len(org.rows(query + r"= 'A\\B 100%'")) == 1
    assert len(org.rows(query + r"LIKE 'a\\b%\%'")) == 1


def test_order_limit_offset_count(org: Org) -> None:
    query = f"SELECT {NO} FROM {INVOICE} ORDER BY rstk__soinv_order__r.Name DESC NULLS LAST, {NO} ASC"
    names = [one[NO] for one in org.rows(query + " LIMIT 3 OFFSET 1")]
    assert names == ["000104", "000103", "000102"]
    first = org.rows(f"SELECT {NO} FROM {INVOICE} ORDER BY rstk__soinv_order__r.Name, {NO} LIMIT 1")
    assert first[0][NO] == "000105"
    count = org.ask(f"SELECT COUNT() FROM {INVOICE} WHERE {QUEUE}").json()
    assert count == {"totalSize": 15, "done": True, "records": []}
    assert refusal(org.ask(query + " OFFSET 2001")) == (400, "NUMBER_OUTSIDE_VALID_RANGE")


def test_parent_hops_and_empty_lookups(org: Org) -> None:
    row = org.rows(f"SELECT Id, {COMPANY}, rstk__soinv_order__r.Name FROM {INVOICE} WHERE {NO} = '000106'")[0]
    assert row["attributes"]["url"].endswith(row["Id"])
    assert row["rstk__soinv_div__r"]["rstk__sydiv_cmpno__r"]["rstk__sycmp_cmpno__c"] == "01"
    assert row["rstk__soinv_order__r"] is None


@pytest.mark.parametrize(
    ("query", "code", "word"),
    [
        ("SELECT FROM x", "MALFORMED_QUERY", "unexpected token"),
        ("", "MALFORMED_QUERY", "query string"),
        (f"SELECT Id FROM {INVOICE} WHERE", "MALFORMED_QUERY", "<EOF>"),
        (f"SELECT Id FROM {INVOICE} WHERE Name = 'O'Malley'", "MALFORMED_QUERY", "unexpected token"),
        (f"SELECT Id FROM {INVOICE} WHERE Name = 'a\\d'", "MALFORMED_QUERY", "Illegal character"),
        (f"SELECT Id FROM {INVOICE} WHERE Name = 'a' AND Name = 'b' OR Name = 'c'", "MALFORMED_QUERY", "OR"),
        (f"SELECT Id FROM {INVOICE} LIMIT ten", "MALFORMED_QUERY", "ten"),
        (
            f"SELECT Id FROM {INVOICE} WHERE rstk__soinv_invdate__c = 2026-13-01",
            "MALFORMED_QUERY",
            "2026-13-01",
        ),
        (
            f"SELECT Id, Nope__c FROM {INVOICE}",
            "INVALID_FIELD",
            "No such column 'Nope__c' on entity 'rstk__soinv__c'",
        ),
        (f"SELECT Id, id FROM {INVOICE}", "INVALID_FIELD", "duplicate field selected"),
        (f"SELECT Nope__r.Id FROM {INVOICE}", "INVALID_FIELD", "Didn't understand relationship 'Nope__r'"),
        (f"SELECT Id FROM {INVOICE} WHERE {NO} = 101", "INVALID_FIELD", "should be enclosed in quotes"),
        (
            f"SELECT Id FROM {INVOICE} WHERE rstk__soinv_total__c = '5'",
            "INVALID_FIELD",
            "should not be enclosed",
        ),
        (
            f"SELECT Id FROM {INVOICE} WHERE SystemModstamp > '2026-01-01T00:00:00Z'",
            "INVALID_FIELD",
            "datetime",
        ),
        (f"SELECT Id FROM {INVOICE} WHERE Id = 'short'", "INVALID_QUERY_FILTER_OPERATOR", "invalid ID"),
        ("SELECT Id FROM Nothing__c", "INVALID_TYPE", "sObject type 'Nothing__c' is not supported"),
    ],
)
def test_soql_refusals(org: Org, query: str, code: str, word: str) -> None:
    answer = org.ask(query)
    assert refusal(answer) == (400, code)
    assert word in answer.json()[0]["message"]


def test_pages(org: Org) -> None:
    org.settings(page_size=3)
    page = org.ask(f"SELECT {NO} FROM {INVOICE} WHERE {QUEUE} ORDER BY {NO} LIMIT 8").json()
    seen, sizes = [one[NO] for one in page["records"]], [len(page["records"])]
    while not page["done"]:
        assert page["totalSize"] == 8
        page = org.session.get(org.base + page["nextRecordsUrl"], timeout=5).json()
        seen += [one[NO] for one in page["records"]]
        sizes.append(len(page["records"]))
    assert (sizes, seen) == ([3, 3, 2], [f"00010{number}" for number in range(1, 9)])
    assert "nextRecordsUrl" not in page


def test_page_hint_and_stale_locators(running: Running, org: Org) -> None:
    requests.post(running.index_url + "/control/reset", json={"scale": 4}, timeout=5)
    org = Org(running.index_url)
    hint = {"Sforce-Query-Options": "batchSize=5"}
    page = org.ask(f"SELECT Id FROM {INVOICE}", headers=hint).json()
    assert (page["totalSize"], len(page["records"]), page["done"]) == (322, 200, False)
    assert org.ask(f"SELECT Id FROM {INVOICE}").json()["done"]
    assert refusal(org.get("/query/01gNOSUCH-200")) == (400, "INVALID_QUERY_LOCATOR")
    org.advance(901)
    again = org.session.get(org.base + page["nextRecordsUrl"], timeout=5)
    assert refusal(again) == (400, "INVALID_QUERY_LOCATOR")


def test_a_long_url_is_refused(org: Org) -> None:
    fits = "','".join([org.id_of("000101")] * 600)
    assert org.ask(f"SELECT Id FROM {INVOICE} WHERE Id IN ('{fits}')").status_code == 200
    much = "','".join([org.id_of("000101")] * 800)
    assert org.ask(f"SELECT Id FROM {INVOICE} WHERE Id IN ('{much}')").status_code == 414


# --- collections ---------------------------------------------------------------------------------------


def test_partial_success_in_the_order_of_the_request(org: Org) -> None:
    good, bad = org.id_of("000101"), org.id_of("000102")
    answer = org.update({"id": bad, ACCT: "x" * 31}, {"id": good[:15], ACCT: "1001"})
    assert codes(answer) == ["STRING_TOO_LONG", None]
    assert answer.json()[0]["errors"][0]["fields"] == [ACCT]
    assert answer.json()[1] == {"id": good, "success": True, "errors": []}
    assert org.numbers(f"{ACCT} = '1001'") == ["000101"]


def test_all_or_none(org: Org) -> None:
    good, bad = org.id_of("000101"), org.id_of("000102")
    answer = org.update({"id": good, ACCT: "1001"}, {"id": bad, ACCT: "x" * 31}, all_or_none=True)
    assert codes(answer) == ["ALL_OR_NONE_OPERATION_ROLLED_BACK", "STRING_TOO_LONG"]
    assert org.numbers(f"{ACCT} = '1001'") == []


def test_201_records_and_bad_shapes_refuse_the_request(org: Org) -> None:
    record = {"id": org.id_of("000101"), ACCT: "1"}
    assert refusal(org.update(*[record] * 201)) == (400, "EXCEEDED_ID_LIMIT")
    assert refusal(org.update({**record, "attributes": {}}))[0] == 400
    assert refusal(org.update({**record, "attributes": {"type": "Nothing__c"}})) == (400, "INVALID_TYPE")
    assert refusal(org.update({"id": org.id_of("000102"), ACCT: "1"}, {**record, ACCT: 5}))[0] == 400
    mixed = [{"attributes": {"type": kind}, "id": "x"} for kind in (INVOICE, CUSTOMER) * 6]
    assert refusal(org.update(*mixed))[0] == 400
    assert org.numbers(f"{ACCT} = '1'") == []


@pytest.mark.parametrize(
    ("sobject", "field", "most"),
    [
        (INVOICE, ACCT, 30),
        (INVOICE, "rstk__soinv_errortext__c", 255),
        (PRODUCT, "rstk__soprod_fsprodid__c", 30),
        (CUSTOMER, "rstk__socust_fscustid__c", 50),
        (CUSTOMER, "rstk__socust_altfscustid__c", 50),
    ],
)
def test_lengths(org: Org, sobject: str, field: str, most: int) -> None:
    record = {"attributes": {"type": sobject}, "id": org.rows(f"SELECT Id FROM {sobject} LIMIT 1")[0]["Id"]}
    assert codes(org.update({**record, field: "x" * (most + 1)})) == ["STRING_TOO_LONG"]
    assert codes(org.update({**record, field: "x" * most})) == [None]


def test_refusals_of_single_records(org: Org) -> None:
    one, other = org.id_of("000101"), org.id_of("000102")
    org.state("DELETE", f"{INVOICE}/{other}")
    answer = org.update(
        {"id": "nonsense", ACCT: "1"},
        {ACCT: "1"},
        {"id": one[:9] + "zzzzzzAAA", ACCT: "1"},
        {"id": other, ACCT: "1"},
        {"id": one, "rstk__soinv_amtcravail__c": 1},
        {"id": one, "nope": 1},
        {"id": org.rows(f"SELECT Id FROM {CUSTOMER} LIMIT 1")[0]["Id"], ACCT: "1"},
    )
    assert codes(answer) == [
        "MALFORMED_ID",
        "MISSING_ARGUMENT",
        "INVALID_CROSS_REFERENCE_KEY",
        "ENTITY_IS_DELETED",
        "INVALID_FIELD_FOR_INSERT_UPDATE",
        "DUPLICATE_VALUE",
        "MALFORMED_ID",
    ]


def test_unique_external_id(org: Org) -> None:
    key = "rstk__soinv_externalid__c"
    assert codes(org.update({"id": org.id_of("000101"), key: "run-1"})) == [None]
    assert codes(org.update({"id": org.id_of("000102"), key: "RUN-1"})) == ["DUPLICATE_VALUE"]


def test_a_locked_row_then_not(org: Org) -> None:
    mishap = {"vendor": "salesforce", "kind": "refuse", "entity": INVOICE, "code": "UNABLE_TO_LOCK_ROW"}
    requests.post(org.index + "/control/mishaps", json=mishap, timeout=5)
    records = [{"id": org.id_of(number), ACCT: "1"} for number in ("000101", "000102")]
    assert codes(org.update(*records)) == ["UNABLE_TO_LOCK_ROW", None]
    assert codes(org.update(*records)) == [None, None]


def test_a_transferred_invoice_takes_only_acknowledgements(org: Org) -> None:
    record = {"id": org.id_of("000131")}
    locked = {**record, "rstk__soinv_taxamt__c": 1}
    assert codes(org.update(locked)) == ["CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"]
    reported = {
        ACCT: "7",
        "rstk__soinv_errortext__c": None,
        "rstk__soinv_datetransfer__c": "2026-11-20",
        "rstk__soinv_errordate__c": "2026-11-20T10:00:00Z",
        "rstk__soinv_transferred__c": True,
    }
    assert codes(org.update({**record, **reported})) == [None]
    line = org.rows(f"SELECT Id FROM {LINE} WHERE rstk__soinvline_invoice__r.{NO} = '000131'")[0]["Id"]
    touched = {"attributes": {"type": LINE}, "id": line, "rstk__soinvline_qty__c": 2}
    assert codes(org.update(touched)) == ["CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"]
    org.settings(locked_when_transferred=False)
    assert codes(org.update(locked)) == [None]


def test_the_corrections_of_the_planted_mistakes_can_be_made(org: Org) -> None:
    at = "rstk__soinv_"
    for number, fields in (
        ("000120", {f"{at}taxamt__c": Decimal("6.70")}),
        ("000121", {f"{at}invdate__c": "2026-11-02", f"{at}duedate__c": "2026-12-02"}),
    ):
        body = {name: float(value) if isinstance(value, Decimal) else value for name, value in fields.items()}
        org.state("PATCH", f"{INVOICE}/{org.id_of(number)}", body)
    customer = org.rows(f"SELECT Id FROM {CUSTOMER} WHERE rstk__socust_custno__c = 'C-1004'")[0]["Id"]
    name = {"rstk__socust_sf_account_name__c": "Harbor Line Freight (Customer)"}
    assert org.state("PATCH", f"{CUSTOMER}/{customer}", name)["rstk__socust_sf_account_name__c"].endswith("(Customer)")
    assert org.rows(f"SELECT {at}taxamt__c FROM {INVOICE} WHERE {NO} = '000120'")[0][f"{at}taxamt__c"] == Decimal(
        "6.70"
    )


def test_a_deleted_record_is_seen_only_by_query_all(org: Org) -> None:
    record = org.id_of("000101")
    org.state("DELETE", f"{INVOICE}/{record}")
    query = f"SELECT Id, IsDeleted FROM {INVOICE} WHERE Id = '{record}'"
    assert org.rows(query) == []
    found = org.get("/queryAll", params={"q": query}).json()["records"]
    assert [one["IsDeleted"] for one in found] == [True]
    assert refusal(org.get(f"/sobjects/{INVOICE}/{record}")) == (404, "ENTITY_IS_DELETED")


# --- somebody else's client, its code untouched ---------------------------------------------------------


class PlainHttp(HTTPAdapter):
    """simple-salesforce always says https; this carries it to the sandbox's http port."""

    def send(self, request: requests.PreparedRequest, *args: Any, **more: Any) -> requests.Response:
        request.url = str(request.url).replace("https://", "http://", 1)
        return super().send(request, *args, **more)


def test_simple_salesforce(org: Org) -> None:
    session = requests.Session()
    session.mount("https://", PlainHttp())
    instance = urlsplit(org.base).netloc
    client = SimpleSalesforce(instance_url=f"https://{instance}", session_id=org.token, session=session, version="60.0")
    org.settings(page_size=4)
    found = client.query_all(f"SELECT Id, {NO} FROM {INVOICE} WHERE {QUEUE} ORDER BY {NO}")
    assert len(found["records"]) == found["totalSize"] == 15
    record = found["records"][0]["Id"]
    invoices = getattr(client, INVOICE)
    assert invoices.update(record, {ACCT: "1001"}) == 204
    assert invoices.get(record)[ACCT] == "1001"
    assert invoices.describe()["name"] == INVOICE
    assert client.limits()["DailyApiRequests"]["Max"] == 100_000
    assert client.api_usage["api-usage"].used > 0
    with pytest.raises(SalesforceMalformedRequest):
        client.query("SELECT FROM")
    with pytest.raises(SalesforceResourceNotFound):
        invoices.get(record[:9] + "zzzzzzAAA")
