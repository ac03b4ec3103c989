"""Limits, metering, idempotency keys, sign-in and the switches of the QuickBooks stand-in."""

from __future__ import annotations

import threading
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import requests

from contract import test_sandbox_quickbooks_caller as helpers
from contract.test_sandbox_quickbooks_caller import EAST, WEST, Body, Caller, invoice
from sandbox.quickbooks.settings import Settings

running, qb = helpers.running, helpers.qb
QUERY = [{"bId": "q", "Query": "select count(*) from Item"}]
REDIRECT = "http://localhost/back"


def of_other_app(qb: Caller, realm: str = EAST) -> Caller:
    """The same company through another app."""
    other = Caller(qb.running, realm)
    (app,) = qb.about["other_apps"]
    query = {"client_id": app["client_id"], "response_type": "code", "redirect_uri": REDIRECT, "state": "s",
             "scope": "com.intuit.quickbooks.accounting", "auto_consent": realm}  # fmt: skip
    place = requests.get(qb.about["authorize_url"], params=query, allow_redirects=False, timeout=5).headers["Location"]
    code = place.partition("code=")[2].partition("&")[0]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT}
    auth = app["client_id"], app["client_secret"]
    other.token = requests.post(qb.about["token_url"], data=form, auth=auth, timeout=5).json()["access_token"]
    return other


def statuses(qb: Caller, calls: int, path: str = "preferences") -> list[int]:
    if path == "batch":
        return [qb.post("batch", {"BatchItemRequest": QUERY}).status_code for _ in range(calls)]
    return [qb.call("GET", path).status_code for _ in range(calls)]


def metered(qb: Caller, kind: str = "core_plus") -> int:
    counted: int = qb.running.world.journal.metered("quickbooks", kind, qb.realm)
    return counted


# --- windows ------------------------------------------------------------------------------------


def test_the_published_limits_are_the_defaults(qb: Caller) -> None:
    usual = Settings()
    assert (usual.calls_per_minute, usual.calls_per_second, usual.calls_in_flight) == (500, 10, 10)
    assert (usual.batches_per_minute, usual.realm_batches_per_minute) == (40, 120)
    assert (usual.all_calls_per_minute, usual.emails_per_day) == (800, 40)


def test_the_minute_is_the_companys_over_all_apps_and_the_second_is_each_apps_own(qb: Caller) -> None:
    other, west = of_other_app(qb), Caller(qb.running, WEST)
    qb.set(throttle="on", calls_per_second=3, calls_per_minute=5)
    assert statuses(qb, 4) == [200, 200, 200, 429]
    assert statuses(other, 3) == [200, 200, 429]
    qb.running.world.clock.advance(2)
    assert statuses(qb, 1) == statuses(other, 1) == [429] and statuses(west, 1) == [200]
    qb.running.world.clock.advance(59)
    assert statuses(qb, 1) == [200]


def test_batches_have_limits_of_the_app_and_of_the_company(qb: Caller) -> None:
    other = of_other_app(qb)
    qb.set(throttle="on", calls_per_second=1000, batches_per_minute=2, realm_batches_per_minute=3)
    assert statuses(qb, 3, "batch") == [200, 200, 429]
    assert statuses(other, 2, "batch") == [200, 429]
    assert statuses(qb, 1) == [200]
    qb.running.world.clock.advance(60)
    assert statuses(other, 1, "batch") == [200]


def test_all_hosts_together(qb: Caller) -> None:
    qb.set(throttle="on", calls_per_second=1000, all_calls_per_minute=3)
    # the sign-in of the fixture, and this one, are calls to another of Intuit's hosts
    qb.token = qb.sign_in().json()["access_token"]
    assert statuses(qb, 2) == [200, 429]


def test_a_batch_may_count_as_its_items(qb: Caller) -> None:
    many = [{**QUERY[0], "bId": f"{n}"} for n in range(9)]
    qb.set(throttle="on", calls_per_second=1000, calls_per_minute=10)
    assert qb.post("batch", {"BatchItemRequest": many}).status_code == 200
    assert statuses(qb, 1) == [200]
    qb.running.world.clock.advance(61)
    qb.set(batch_counts_items=True)
    assert qb.post("batch", {"BatchItemRequest": many}).status_code == 200
    assert statuses(qb, 2) == [200, 429]


def test_calls_in_flight(qb: Caller) -> None:
    qb.set(throttle="on", calls_per_second=1000, calls_in_flight=1, service_seconds=0.3)
    working = threading.Thread(target=qb.post, args=("invoice", invoice()))
    working.start()
    refused = False
    while working.is_alive() and not refused:
        refused = qb.call("GET", "preferences").status_code == 429
    working.join()
    assert refused and len(qb.records("Invoice")) == 4
    assert statuses(qb, 1) == [200]


def test_forty_mails_a_day(qb: Caller) -> None:
    qb.set(emails_per_day=1)
    send = "invoice/3002/send"
    assert [qb.call("POST", send, b"", sendTo="a@b.example").status_code for _ in range(2)] == [200, 429]
    assert qb.records("Invoice")[1]["SyncToken"] == "1"
    qb.running.world.clock.advance(86401)
    qb.token = qb.sign_in().json()["access_token"]
    assert qb.call("POST", send, b"", sendTo="a@b.example").status_code == 200


def test_how_a_429_looks(qb: Caller) -> None:
    qb.set(throttle="on", calls_per_second=0)
    answer = qb.call("GET", "preferences")
    assert answer.text.startswith("<?xml") and '<Error code="3001">' in answer.text
    assert "The request limit was reached.  Try again later" in answer.text and "Retry-After" not in answer.headers
    qb.set(throttle_body="json", retry_after_seconds=30)
    answer = qb.call("GET", "preferences")
    assert answer.headers["Retry-After"] == "30"
    assert (answer.json()["Fault"]["type"], answer.json()["Fault"]["Error"][0]["code"]) == ("SERVICE", "003001")


# --- metering -----------------------------------------------------------------------------------


def test_reads_are_metered_and_writes_are_free(qb: Caller) -> None:
    assert (metered(qb), metered(qb, "core")) == (0, 0)
    for path in ("preferences", f"companyinfo/{EAST}", "customer/1001", "invoice/3001/pdf"):
        qb.call("GET", path)
    qb.query("select * from Customer")
    qb.call("GET", "cdc", entities="Invoice", changedSince="2026-11-01T00:00:00Z")
    qb.made("invoice", invoice())
    assert (metered(qb), metered(qb, "core")) == (6, 1)
    items: list[Body] = [{"bId": f"{n}", "operation": "create", "Invoice": invoice()} for n in range(3)]
    qb.batch([*items, *QUERY])
    assert (metered(qb), metered(qb, "core")) == (7, 4)
    qb.set(metered_batch_queries=False)
    qb.batch(QUERY)
    assert metered(qb) == 7
    qb.set(throttle="on", calls_per_second=0)
    assert statuses(qb, 1) == [429] and metered(qb) == 7


def test_the_meter_is_read_at_the_control_port(qb: Caller) -> None:
    qb.query("select * from Customer")
    Caller(qb.running, WEST).query("select * from Customer")
    seen = requests.get(f"{qb.running.index_url}/control/calls", timeout=5).json()["metered"]
    assert seen == [
        {"vendor": "quickbooks", "tenant": realm, "class": "core_plus", "count": 1} for realm in (EAST, WEST)
    ]
    requests.post(f"{qb.running.index_url}/control/reset", json={}, timeout=5)
    assert requests.get(f"{qb.running.index_url}/control/calls", timeout=5).json()["metered"] == []


def test_the_free_tier_ends_until_next_month(qb: Caller) -> None:
    qb.set(core_plus_cap=2)
    assert statuses(qb, 3) == [200, 200, 429]
    assert statuses(Caller(qb.running, WEST), 1) == [429]
    assert qb.made("invoice", invoice())
    answer = qb.batch([*QUERY, {"bId": "i", "operation": "create", "Invoice": invoice()}])
    assert answer["q"]["Fault"]["Error"][0]["code"] == "3001" and "Invoice" in answer["i"]
    qb.running.world.clock.advance(31 * 86400)
    qb.token = qb.sign_in().json()["access_token"]
    assert statuses(qb, 1) == [200]


# --- requestid ----------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["remember", "same_answer"])
def test_an_answer_is_kept_for_some_days(qb: Caller, word: str) -> None:
    qb.set(replay_mode=word)
    first = qb.made("invoice", invoice(), requestid="k")["Id"]

    def again(days: float) -> str:
        qb.running.world.clock.advance(days * 86400)
        qb.token = qb.sign_in().json()["access_token"]
        return str(qb.made("invoice", invoice(), requestid="k")["Id"])

    assert again(6.9) == first
    second = again(0.2)
    assert second != first and again(1) == second
    qb.set(replay_days=0)
    assert again(80) == second


def test_the_same_key_with_another_body_may_be_a_fault(qb: Caller) -> None:
    first = qb.made("invoice", invoice(DocNumber="K-1"), requestid="k")
    assert qb.made("invoice", invoice(DocNumber="K-2"), requestid="k") == first
    qb.set(replay_other_body="fault_6000")
    assert qb.made("invoice", invoice(DocNumber="K-1"), requestid="k") == first
    assert "unexpected error" in qb.error("invoice", invoice(DocNumber="K-2"), requestid="k")["Detail"]


def test_faults_may_be_remembered(qb: Caller) -> None:
    assert qb.error("invoice", invoice(DocNumber="9001"), requestid="a")["code"] == "6140"
    assert qb.made("invoice", invoice(DocNumber="N-1"), requestid="a")
    qb.set(replay_faults=True)
    assert qb.error("invoice", invoice(DocNumber="9001"), requestid="b")["code"] == "6140"
    assert qb.error("invoice", invoice(DocNumber="N-2"), requestid="b")["code"] == "6140"
    assert len(qb.records("Invoice")) == 4


@pytest.mark.parametrize("operation", ["update", "delete", "void"])
def test_updates_deletions_and_voids_have_keys_too(qb: Caller, operation: str) -> None:
    made = qb.made("invoice", invoice())["Id"]
    body: Body = {"Id": made, "SyncToken": "0"}
    params = {"requestid": "k"} | ({"operation": operation} if operation != "update" else {})
    body |= {"sparse": True, "PrivateNote": "n"} if operation == "update" else {}
    first = qb.made("invoice", body, **params)
    assert qb.made("invoice", body, **params) == first
    assert [entry["outcome"] for entry in qb.journal()][-1] == "replayed"


# --- sign-in ------------------------------------------------------------------------------------


def test_a_token_of_another_app_is_no_use(qb: Caller) -> None:
    (app,) = qb.about["other_apps"]
    auth = app["client_id"], app["client_secret"]
    form = {"grant_type": "refresh_token", "refresh_token": qb.refresh_token}
    refused = requests.post(qb.about["token_url"], data=form, auth=auth, timeout=5)
    assert (refused.status_code, refused.json()) == (
        400, {"error": "invalid_grant", "error_description": "Incorrect Token type or clientID"},
    )  # fmt: skip
    revoke = requests.post(f"{qb.url}/v2/oauth2/tokens/revoke", json={"token": qb.token}, auth=auth, timeout=5)
    assert revoke.status_code == 400 and statuses(qb, 1) == [200]


def test_revoking_ends_the_connection_of_that_app_only(qb: Caller) -> None:
    other = of_other_app(qb)
    url = f"{qb.url}/v2/oauth2/tokens/revoke"
    assert requests.post(url, json={"token": qb.token}, auth=qb.client, timeout=5).status_code == 200
    assert statuses(qb, 1) == [401] and statuses(other, 1) == [200]
    assert qb.vendor.describe(qb.url)["realms"][0]["refresh_token"] == ""


def test_how_long_things_live_can_be_set(qb: Caller) -> None:
    qb.set(access_token_seconds=10, refresh_idle_days=1)
    answer = qb.sign_in().json()
    assert (answer["expires_in"], answer["x_refresh_token_expires_in"]) == (10, 86400)
    qb.token = answer["access_token"]
    qb.running.world.clock.advance(9)
    assert statuses(qb, 1) == [200]
    qb.running.world.clock.advance(1)
    assert statuses(qb, 1) == [401]
    qb.set(refresh_hard_years=0)
    assert qb.sign_in().json() == {"error": "invalid_grant"}


@pytest.mark.parametrize(("waited", "status"), [(4, 200), (5, 400)])
def test_a_code_ends(qb: Caller, waited: int, status: int) -> None:
    qb.set(authorization_code_seconds=5)
    desk: Any = qb.vendor
    code = desk._tokens.authorise(EAST, REDIRECT, qb.running.world.clock.now())
    qb.running.world.clock.advance(waited)
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT}
    assert requests.post(qb.about["token_url"], data=form, auth=qb.client, timeout=5).status_code == status
    # a code is good once
    assert requests.post(qb.about["token_url"], data=form, auth=qb.client, timeout=5).status_code == 400


@pytest.mark.parametrize("path", ["openid_configuration", "openid_sandbox_configuration/"])
def test_the_discovery_document(qb: Caller, path: str) -> None:
    document = requests.get(f"{qb.url}/.well-known/{path}", timeout=5).json()
    assert document["token_endpoint"] == qb.about["token_url"]
    assert document["authorization_endpoint"] == qb.about["authorize_url"]
    assert document["revocation_endpoint"].endswith("/v2/oauth2/tokens/revoke")
    assert requests.get(document["jwks_uri"], timeout=5).json() == {"keys": []}
    user = requests.get(document["userinfo_endpoint"], headers={"Authorization": f"Bearer {qb.token}"}, timeout=5)
    assert user.json() == {"sub": "demo-owner", "email": "owner@acme.example", "emailVerified": True}
    assert requests.get(document["userinfo_endpoint"], timeout=5).status_code == 401


# --- the switches themselves --------------------------------------------------------------------


def test_every_switch_is_turned_in_some_test() -> None:
    here = Path(__file__).parent
    text = "".join(each.read_text(encoding="utf-8") for each in here.glob("test_sandbox_quickbooks*.py"))
    unturned = [field.name for field in fields(Settings) if f"{field.name}=" not in text]
    assert unturned == []


def test_switches_refuse_what_they_do_not_know(qb: Caller) -> None:
    for wrong in ({"rounding_cents": "one"}, {"core_plus_cap": -1}, {"cdc_window": "open"}, {"replay_faults": "yes"}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            qb.vendor.configure(wrong)
    answer = requests.post(
        f"{qb.running.index_url}/control/settings/quickbooks", json={"rounding_cents": -1}, timeout=5
    )
    assert answer.json()["rounding_cents"] == -1
