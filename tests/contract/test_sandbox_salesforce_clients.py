"""Other people's client library, simple-salesforce, its code untouched, against the sandboxed Salesforce.

It always says https; an adapter carries its calls to the sandbox's http port and leaves the name of the host in
the Host header, as a proxy in front of Salesforce would.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from requests.adapters import HTTPAdapter
from simple_salesforce.api import Salesforce
from simple_salesforce.bulk2 import ColumnDelimiter, LineEnding
from simple_salesforce.exceptions import (
    SalesforceAuthenticationFailed,
    SalesforceExpiredSession,
    SalesforceMalformedRequest,
    SalesforceMoreThanOneRecord,
    SalesforceOperationError,
    SalesforceRefusedRequest,
    SalesforceResourceNotFound,
)

from contract.test_sandbox_salesforce import ACCT, INVOICE, LINE, NO, PRODUCT, Org, fresh
from sandbox.server import Running, start_in_thread

KEY, FSID = "rstk__soinv_externalid__c", "rstk__soprod_fsprodid__c"
NEW = {"rstk__soinv_duedate__c": "2026-12-31", NO: "000700"}


class Carrier(HTTPAdapter):
    """Takes every https call to the sandbox."""

    def __init__(self, base: str) -> None:
        super().__init__()
        self._place = urlsplit(base).netloc

    def send(self, request: requests.PreparedRequest, *args: Any, **more: Any) -> requests.Response:
        parts = urlsplit(str(request.url))
        request.headers["Host"] = parts.netloc
        request.url = parts._replace(scheme="http", netloc=self._place).geturl()
        return super().send(request, *args, **more)


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with start_in_thread(vendors=["salesforce"]) as started:
        yield started


@pytest.fixture
def org(running: Running) -> Org:
    made = fresh(running)
    # jobs are done at their first look: the client sleeps between looks
    made.settings(bulk_polls=0)
    return made


def session(org: Org) -> requests.Session:
    carried = requests.Session()
    carried.mount("https://", Carrier(org.base))
    return carried


def by_jwt(org: Org, **changes: Any) -> Salesforce:
    given = org.about["jwt"]
    keys = {"consumer_key": given["client_id"], "username": given["username"], "privatekey": given["private_key"]}
    return Salesforce(**{**keys, **changes}, session=session(org), version="60.0", parse_float=Decimal)


def by_secret(org: Org, **changes: Any) -> Salesforce:
    given = org.about["credentials"]
    keys = {"consumer_key": given["client_id"], "consumer_secret": given["client_secret"], "domain": "kestrel.my"}
    return Salesforce(**{**keys, **changes}, session=session(org), version="60.0", parse_float=Decimal)


@pytest.fixture
def client(org: Org) -> Salesforce:
    return by_jwt(org)


# --- sign-in -------------------------------------------------------------------------------------------


def test_both_sign_ins(org: Org) -> None:
    assert by_jwt(org).limits()["DailyApiRequests"]["Max"] == 100_000
    secret = by_secret(org)
    assert secret.sf_instance == "kestrel.my.salesforce.com"
    assert secret.query(f"SELECT COUNT() FROM {INVOICE}")["totalSize"] == 22
    assert secret.is_sandbox() is False
    org.settings(sandbox_org=True)
    assert by_jwt(org, domain="test").is_sandbox() is True


def test_refused_sign_ins(org: Org) -> None:
    with pytest.raises(SalesforceAuthenticationFailed) as caught:
        by_secret(org, consumer_secret="wrong")
    assert caught.value.code == "invalid_client"
    with pytest.raises(SalesforceAuthenticationFailed) as caught:
        by_jwt(org, consumer_key="stranger")
    assert caught.value.code == "invalid_client_id"
    with pytest.warns(UserWarning, match="self-authorize"), pytest.raises(SalesforceAuthenticationFailed):
        by_jwt(org, username="nobody@sandbox.example")


def test_an_expired_session(org: Org, client: Salesforce) -> None:
    before = client.session_id
    org.act("expire_tokens")
    # it signs in again by itself
    assert client.query(f"SELECT COUNT() FROM {INVOICE}")["totalSize"] == 22
    assert client.session_id != before
    alone = Salesforce(instance="kestrel.my.salesforce.com", session_id=before, session=session(org))
    with pytest.raises(SalesforceExpiredSession) as caught:
        alone.query("SELECT Id FROM User")
    assert caught.value.content[0]["errorCode"] == "INVALID_SESSION_ID"


# --- queries -------------------------------------------------------------------------------------------


def test_queries(org: Org, client: Salesforce) -> None:
    org.settings(page_size=4)
    query = f"SELECT Id, {NO}, rstk__soinv_total__c FROM {INVOICE} ORDER BY {NO}"
    first = client.query(query)
    assert (len(first["records"]), first["done"]) == (4, False)
    more = client.query_more(first["nextRecordsUrl"], identifier_is_url=True)
    again = client.query_more(first["nextRecordsUrl"].rpartition("/")[2], include_deleted=True)
    assert more["records"] == again["records"] and len(more["records"]) == 4
    everything = client.query_all(query)
    assert everything["totalSize"] == 22 == len(list(client.query_all_iter(query)))
    assert everything["records"][0]["rstk__soinv_total__c"] == Decimal("50.00")
    with pytest.raises(SalesforceMalformedRequest):
        client.query("SELECT FROM")


def test_deleted_and_updated(client: Salesforce) -> None:
    invoices = getattr(client, INVOICE)
    record = client.query(f"SELECT Id FROM {INVOICE} WHERE {NO} = '000101'")["records"][0]["Id"]
    other = client.query(f"SELECT Id FROM {INVOICE} WHERE {NO} = '000102'")["records"][0]["Id"]
    begin = datetime.now(UTC) - timedelta(seconds=5)
    assert invoices.delete(record) == 204 and invoices.update(other, {ACCT: "1"}) == 204
    end = datetime.now(UTC) + timedelta(seconds=60)
    assert [one["id"] for one in invoices.deleted(begin, end)["deletedRecords"]] == [record]
    assert invoices.updated(begin, end)["ids"] == [other]
    query = f"SELECT Id FROM {INVOICE} WHERE IsDeleted = true"
    assert client.query_all(query)["totalSize"] == 0
    assert client.query_all(query, include_deleted=True)["totalSize"] == 1


# --- records -------------------------------------------------------------------------------------------


def test_create_read_change_delete(client: Salesforce) -> None:
    invoices = getattr(client, INVOICE)
    made = invoices.create(NEW)
    assert made["success"] is True and made["errors"] == []
    assert invoices.get(made["id"])[NO] == "000700"
    assert invoices.update(made["id"], {ACCT: "1"}) == 204
    assert invoices.delete(made["id"]) == 204
    with pytest.raises(SalesforceResourceNotFound):
        invoices.get(made["id"])
    with pytest.raises(SalesforceMalformedRequest) as caught:
        invoices.create({NO: "x"})
    assert caught.value.content[0]["errorCode"] == "REQUIRED_FIELD_MISSING"
    assert {one["name"] for one in client.describe()["sobjects"]} >= {INVOICE, LINE}
    assert invoices.describe()["name"] == INVOICE == invoices.metadata()["objectDescribe"]["name"]


def test_upsert_by_external_id(org: Org, client: Salesforce) -> None:
    invoices = getattr(client, INVOICE)
    assert invoices.upsert(f"{KEY}/run:7+1", NEW) == 201
    assert invoices.upsert(f"{KEY}/run:7+1", {ACCT: "2"}) == 200
    assert invoices.get_by_custom_id(KEY, "run:7+1")[ACCT] == "2"
    org.settings(double_external_ids=[f"{INVOICE}.{KEY}"])
    invoices.create({**NEW, KEY: "run:7+1"})
    with pytest.raises(SalesforceMoreThanOneRecord) as caught:
        invoices.upsert(f"{KEY}/run:7+1", {ACCT: "3"})
    assert len(caught.value.content) == 2


def test_composite_and_usage(org: Org, client: Salesforce) -> None:
    url = "/services/data/v60.0"
    parts = [
        {"method": "POST", "url": f"{url}/sobjects/{INVOICE}", "referenceId": "head", "body": NEW},
        {"method": "GET", "url": f"{url}/sobjects/{INVOICE}/@{{head.id}}", "referenceId": "seen"},
    ]
    answer = client.restful("composite", method="POST", data=json.dumps({"compositeRequest": parts}))
    assert [one["httpStatusCode"] for one in answer["compositeResponse"]] == [201, 200]
    assert answer["compositeResponse"][1]["body"][NO] == "000700"
    records = [{"attributes": {"type": INVOICE}, **NEW} for _ in range(3)]
    made = client.restful("composite/sobjects", method="POST", data=json.dumps({"records": records}))
    assert [one["success"] for one in made] == [True] * 3
    org.settings(per_app_limit=250)
    client.limits()
    assert client.api_usage["api-usage"].total == 100_000
    assert client.api_usage["per-app-api-usage"].name == "Invoice Sync"
    org.settings(daily_limit=1)
    with pytest.raises(SalesforceRefusedRequest):
        client.limits()


# --- bulk ----------------------------------------------------------------------------------------------


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_bulk_inserts_updates_upserts_and_deletes(org: Org, client: Salesforce) -> None:
    invoices = getattr(client.bulk2, INVOICE)
    fresh_ones = [{NO: f"0009{number:02d}", "rstk__soinv_duedate__c": "2026-12-01"} for number in range(5)]
    (result,) = invoices.insert(records=[*fresh_ones, {NO: "x", "rstk__soinv_duedate__c": ""}], wait=0)
    assert (result["numberRecordsProcessed"], result["numberRecordsFailed"]) == (6, 1)
    good = rows(invoices.get_successful_records(result["job_id"]))
    assert [row["sf__Created"] for row in good] == ["true"] * 5
    (bad,) = rows(invoices.get_failed_records(result["job_id"]))
    assert bad["sf__Error"].startswith("REQUIRED_FIELD_MISSING:")
    assert rows(invoices.get_unprocessed_records(result["job_id"])) == []
    ids = [row["sf__Id"] for row in good]
    (changed,) = invoices.update(records=[{"Id": one, ACCT: "7"} for one in ids], wait=0)
    assert changed["numberRecordsFailed"] == 0
    (merged,) = invoices.upsert(
        records=[{KEY: "b1", ACCT: "8", "rstk__soinv_duedate__c": "2026-12-01"}], external_id_field=KEY, wait=0
    )
    assert merged["numberRecordsFailed"] == 0
    (gone,) = invoices.delete(records=[{"Id": one} for one in ids], wait=0)
    assert gone["numberRecordsProcessed"] == 5
    assert org.numbers(f"{ACCT} IN ('7', '8') AND {NO} = null") == [None]


def test_bulk_in_portions_and_another_dialect(client: Salesforce) -> None:
    invoices = getattr(client.bulk2, INVOICE)
    records = [{NO: f"0009{number:02d}", "rstk__soinv_duedate__c": "2026-12-01"} for number in range(5)]
    results = invoices.insert(
        records=records, batch_size=2, wait=0, line_ending=LineEnding.CRLF, column_delimiter=ColumnDelimiter.PIPE
    )
    assert [one["numberRecordsProcessed"] for one in results] == [2, 2, 1]


def test_bulk_jobs_that_fail(org: Org, client: Salesforce) -> None:
    products = getattr(client.bulk2, PRODUCT)
    record = org.some_id(PRODUCT)
    with pytest.raises(SalesforceOperationError, match="Field name not found : Nope__c"):
        products.update(records=[{"Id": record, "Nope__c": "1"}], wait=0)
    org.act("fail_bulk", message="InternalServerError : too many retries")
    with pytest.raises(SalesforceOperationError, match="too many retries"):
        products.update(records=[{"Id": record, FSID: "1"}], wait=0)
    with pytest.raises(SalesforceMalformedRequest):
        products.hard_delete(records=[{"Id": record}], wait=0)


def test_bulk_queries(client: Salesforce, tmp_path: Path) -> None:
    invoices = getattr(client.bulk2, INVOICE)
    query = f"SELECT Id, {NO} FROM {INVOICE} ORDER BY {NO}"
    portions = [rows(text) for text in invoices.query(query, max_records=10, wait=0)]
    assert [len(portion) for portion in portions] == [10, 10, 2]
    assert portions[0][0][NO] == "000101"
    client_side = getattr(client, INVOICE)
    client_side.delete(portions[0][0]["Id"])
    assert [len(rows(text)) for text in invoices.query_all(query, wait=0)] == [22]
    assert [len(rows(text)) for text in invoices.query(query, wait=0)] == [21]
    files = invoices.download(query, path=str(tmp_path), max_records=20, wait=0)
    assert [one["number_of_records"] for one in files] == [20, 1]
