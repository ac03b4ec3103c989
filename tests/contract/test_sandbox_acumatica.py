"""The sandboxed Acumatica answers and refuses like the vendor, over real HTTP: sign-in, seats, endpoints, limits."""

from __future__ import annotations

import http.client
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from contract import test_sandbox_acumatica_caller as helpers
from contract.test_sandbox_acumatica_caller import FIRST, PX, SECOND, Caller, refusal
from sandbox.server import Running

running, acu = helpers.running, helpers.acu


# --- sign-in and sessions (facts 2.1) --------------------------------------------------------------------


def test_sign_in_is_204_with_the_cookies_and_no_body(acu: Caller) -> None:
    answer = acu.login()
    assert (answer.status_code, answer.content) == (204, b"")
    names = {one.name: one.value for one in acu.session.cookies}
    assert {".ASPXAUTH", "ASP.NET_SessionId", "UserBranch", "Locale", "CompanyID", "requestid"} <= names.keys()
    assert names["CompanyID"] == FIRST
    assert "TimeZone=GMTM0800A" in str(names["Locale"])


def test_a_form_and_the_old_word_company_sign_in_too(acu: Caller) -> None:
    form = {"name": acu.user["name"], "password": acu.user["password"], "company": FIRST}
    answer = requests.post(f"{acu.site}/entity/auth/login", data=form, timeout=5)
    assert answer.status_code == 204


@pytest.mark.parametrize("changes", [{"password": "wrong"}, {"name": "nobody"}])
def test_wrong_credentials_are_500_not_401(acu: Caller, changes: dict[str, str]) -> None:
    answer = acu.login(**changes)
    assert answer.status_code == 500
    body = answer.json()
    assert body["exceptionMessage"] == "Error: Invalid credentials. Please try again."
    assert (body["exceptionType"], set(body)) == (
        PX,
        {"message", "exceptionMessage", "exceptionType", "stackTrace"},
    )


def test_an_unknown_tenant_is_500_unless_the_site_has_one_alone(acu: Caller) -> None:
    assert refusal(acu.login(tenant="Nowhere"))[:2] == (500, "PXUndefinedCompanyException")
    acu.settings(single_tenant=True)
    assert acu.login(tenant="Nowhere").status_code == 204
    assert {one.value for one in acu.session.cookies if one.name == "CompanyID"} == {FIRST}


def test_without_a_tenant_a_session_lands_in_the_first_one_and_the_login_page_tells(acu: Caller) -> None:
    assert acu.login(tenant=None).status_code == 204
    page = acu.session.get(f"{acu.site}/Frames/Login.aspx", timeout=5).text
    assert f'id="txtSingleCompany" value="{FIRST}"' in page


@pytest.mark.parametrize("body", [b"", b"[]", b"{"])
def test_a_sign_in_without_a_record_is_400(acu: Caller, body: bytes) -> None:
    answer = requests.post(f"{acu.site}/entity/auth/login", data=body, timeout=5)
    assert answer.status_code == 400
    assert answer.json()["message"] == "The request is invalid."


def test_sign_out_frees_the_seat_and_ends_the_session(acu: Caller) -> None:
    assert acu.get("Customer", top=1).status_code == 200
    assert acu.logout().status_code == 204
    assert acu.state("GET", "sessions")["records"] == []
    answer = acu.get("Customer", top=1)
    assert (answer.status_code, answer.json()) == (401, {"message": "You are not logged in."})


def test_a_post_without_a_length_is_411(acu: Caller) -> None:
    parts = urlsplit(acu.site)
    line = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=5)
    line.putrequest("POST", f"{parts.path}/entity/auth/logout")
    line.endheaders()
    answer = line.getresponse()
    assert (answer.status, answer.getheader("Content-Type", "")[:9]) == (411, "text/html")
    line.close()


def test_seats_run_out_and_come_back(running: Running, acu: Caller) -> None:
    others = [Caller(running, SECOND), Caller(running, FIRST, "admin")]
    full = Caller(running, FIRST, "viewer", signed_in=False)
    assert refusal(full.login())[:2] == (500, "PXException")
    assert "API Login Limit" in full.login().text
    about = requests.get(acu.index + "/", timeout=5).json()["vendors"]["acumatica"]
    assert (about["session_limit"], about["sessions_in_use"]) == (3, 3)
    others[0].logout()
    assert full.login().status_code == 204


def test_the_seat_refusal_may_be_429(running: Running, acu: Caller) -> None:
    acu.settings(seat_refusal="429", session_limit=1)
    answer = Caller(running, FIRST, "admin", signed_in=False).login()
    assert (answer.status_code, "API Login Limit" in answer.text) == (429, True)


def test_or_the_oldest_session_is_signed_out(running: Running, acu: Caller) -> None:
    acu.settings(seat_policy="sign_out_oldest", session_limit=1)
    newer = Caller(running, FIRST, "admin")
    assert newer.get("Customer", top=1).status_code == 200
    assert acu.get("Customer", top=1).status_code == 401


def test_a_user_may_have_a_limit_of_its_own(running: Running, acu: Caller) -> None:
    acu.settings(user_session_limit=1)
    assert "API Login Limit" in Caller(running, FIRST, "sync", signed_in=False).login().text
    assert Caller(running, FIRST, "admin", signed_in=False).login().status_code == 204


def test_a_second_sign_in_with_the_cookie_takes_no_second_seat(acu: Caller) -> None:
    acu.login()
    assert len(acu.state("GET", "sessions")["records"]) == 1


def test_a_lost_session_keeps_its_seat_until_it_idles_out(acu: Caller) -> None:
    acu.session.cookies.clear()
    assert acu.login().status_code == 204
    assert len(acu.state("GET", "sessions")["records"]) == 2
    acu.advance(1201)
    assert acu.state("GET", "sessions")["records"] == []
    assert acu.get("Customer", top=1).status_code == 401


def test_the_idle_time_is_a_switch(acu: Caller) -> None:
    acu.settings(idle_seconds=10)
    acu.advance(9)
    assert acu.get("Customer", top=1).status_code == 200
    acu.advance(11)
    assert acu.get("Customer", top=1).status_code == 401


def test_sessions_are_lost_in_the_middle_of_paging(acu: Caller) -> None:
    acu.mishap("expired_token", scope="read", after=1)
    assert acu.get("SalesInvoice", top=5).status_code == 200
    assert [acu.get("SalesInvoice", top=5, skip=5).status_code for _ in range(2)] == [401, 401]
    assert acu.login().status_code == 204
    assert acu.get("SalesInvoice", top=5, skip=5).status_code == 200


# --- endpoints (facts 4) ---------------------------------------------------------------------------------


def test_the_list_of_endpoints_has_two_shapes(acu: Caller) -> None:
    body = acu.session.get(f"{acu.site}/entity", timeout=5).json()
    assert body["version"]["acumaticaBuildVersion"].startswith("26.")
    versions = [one["version"] for one in body["endpoints"] if one["name"] == "Default"]
    assert {"23.200.001", "24.200.001", "25.200.001"} <= set(versions)
    acu.settings(endpoint_list="array")
    assert acu.session.get(f"{acu.site}/entity", timeout=5).json() == body["endpoints"]
    assert requests.get(f"{acu.site}/entity", timeout=5).status_code == 401


@pytest.mark.parametrize("place", ["Default/19.200.001", "Default/99.200.001", "Mine/24.200.001", "Default"])
def test_an_unknown_endpoint_is_404(acu: Caller, place: str) -> None:
    answer = acu.session.get(f"{acu.site}/entity/{place}/Customer", timeout=5)
    assert (answer.status_code, answer.headers["Content-Type"][:9]) == (404, "text/html")
    acu.settings(missing_body="empty")
    assert acu.session.get(f"{acu.site}/entity/{place}/Customer", timeout=5).text == ""


def test_the_site_can_lack_a_version(acu: Caller) -> None:
    acu.settings(endpoints=["Default/22.200.001"])
    assert acu.get("Customer").status_code == 404
    acu.version = "22.200.001"
    assert acu.get("Customer").status_code == 200


@pytest.mark.parametrize("path", ["Nothing", "SalesInvoice/Fly"])
def test_unknown_entities_and_actions_are_404(acu: Caller, path: str) -> None:
    answer = acu.call("POST" if "/" in path else "GET", path, json={"entity": {}} if "/" in path else None)
    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("version", "entity", "field", "there"),
    [
        ("22.200.001", "SalesInvoice", "LastModifiedDateTime", False),
        ("23.200.001", "SalesInvoice", "LastModifiedDateTime", True),
        ("20.200.001", "SalesInvoice", "IsTaxValid", False),
        ("22.200.001", "SalesInvoice", "IsTaxValid", True),
        ("23.200.001", "SalesInvoice", "ExternalRef", False),
        ("24.200.001", "SalesInvoice", "TaxCalcMode", True),
        ("20.200.001", "Payment", "ExternalRef", False),
        ("22.200.001", "Payment", "AvailableBalance", True),
        ("20.200.001", "Shipment", "FreightPrice", False),
    ],
)
def test_versions_differ(acu: Caller, version: str, entity: str, field: str, there: bool) -> None:
    acu.version = version
    assert (field in acu.get(entity, top=1).json()[0]) is there


def test_an_old_version_cannot_filter_by_a_field_of_a_newer_one(acu: Caller) -> None:
    acu.version = "22.200.001"
    answer = acu.get("SalesInvoice", filter="LastModifiedDateTime gt datetimeoffset'2020-01-01T00:00:00Z'")
    assert refusal(answer)[0] == 500 and "Could not find a property named" in answer.text


def test_the_empty_schema_and_swagger(acu: Caller) -> None:
    acu.state("PATCH", "SalesInvoice/AR0000190", {"custom": {"Document": {"UsrB2BInvoiceID": "8841"}}})
    schema = acu.get("SalesInvoice/$adHocSchema").json()
    assert schema["Balance"] == {} and schema["Details"][0]["Qty"] == {}
    assert schema["custom"] == {"Document": {"UsrB2BInvoiceID": {"type": "CustomStringField"}}}
    swagger = acu.get("swagger.json").json()
    assert "/SalesInvoice/ReleaseSalesInvoice" in swagger["paths"]
    assert "LastModifiedDateTime" in str(swagger["components"]["schemas"]["SalesInvoice"])
    acu.version = "22.200.001"
    assert "LastModifiedDateTime" not in str(acu.get("swagger.json").json()["components"]["schemas"]["SalesInvoice"])


def test_a_custom_terms_field_shows_in_the_schema_where_the_site_has_it(acu: Caller) -> None:
    acu.settings(custom_terms=True)
    assert "TermsID" in acu.get("SalesInvoice/$adHocSchema").json()["custom"]["Document"]


def test_the_site_answers_at_the_root_and_in_its_folder(acu: Caller) -> None:
    root = acu.site.removesuffix("/AcumaticaERP")
    for site in (root, acu.site):
        answer = acu.session.get(f"{site}/entity/Default/24.200.001/Shipment/004501", timeout=5)
        place = urlsplit(site).path
        assert answer.json()["_links"]["self"].startswith(f"{place}/entity/Default/24.200.001/Shipment/")


def test_other_methods_are_405(acu: Caller) -> None:
    assert acu.call("OPTIONS", "Customer").status_code == 405
    assert acu.call("DELETE", "Customer").status_code == 405


# --- overload (facts 3), maintenance, rights --------------------------------------------------------------


def test_after_half_a_minutes_allowance_calls_are_delayed_not_refused(acu: Caller) -> None:
    acu.settings(requests_per_minute=4, minute_seconds=0.8)
    begin, times = time.monotonic(), []
    for _ in range(4):
        assert acu.get("Customer", top=1).status_code == 200
        times.append(time.monotonic() - begin)
    assert times[1] < 0.3
    # the third waits for a half of what is left, the fourth for all that is left then
    assert times[3] > 0.5


def test_too_many_at_once_wait_and_then_are_refused_with_text_that_is_no_json(acu: Caller) -> None:
    acu.settings(concurrent_requests=1, queue_length=2, service_seconds=0.3)
    with ThreadPoolExecutor(5) as pool:
        cookies = acu.session.cookies.get_dict()
        url = f"{acu.site}/entity/Default/24.200.001/Customer?$top=1"
        found = list(pool.map(lambda _: requests.get(url, cookies=cookies, timeout=10), range(5)))
    assert sorted(one.status_code for one in found) == [200, 200, 200, 429, 429]
    refused = next(one for one in found if one.status_code == 429)
    assert "Retry-After" not in refused.headers
    with pytest.raises(requests.JSONDecodeError):
        refused.json()


def test_who_waits_too_long_is_refused(acu: Caller) -> None:
    acu.settings(concurrent_requests=1, queue_seconds=0.1, service_seconds=0.5)
    codes: list[int] = []
    threads = [threading.Thread(target=lambda: codes.append(acu.get("Customer", top=1).status_code)) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(codes) == [200, 429]


def test_signing_out_does_not_wait_in_the_queue(acu: Caller) -> None:
    acu.settings(concurrent_requests=1, queue_length=0, service_seconds=0.5)
    worker = threading.Thread(target=lambda: acu.get("Customer", top=1))
    cookies = acu.session.cookies.get_dict()
    worker.start()
    time.sleep(0.1)
    answer = requests.post(f"{acu.site}/entity/auth/logout", cookies=cookies, timeout=5)
    worker.join()
    assert answer.status_code == 204


@pytest.mark.parametrize(("with_headers", "told"), [(False, None), (True, "1")])
def test_a_dialled_429(acu: Caller, with_headers: bool, told: str | None) -> None:
    acu.mishap("throttled", scope="any", with_headers=with_headers)
    answer = acu.get("Customer", top=1)
    assert (answer.status_code, answer.headers.get("Retry-After")) == (429, told)
    assert "custom error module" in answer.text


@pytest.mark.parametrize(("state", "status"), [("html_503", 503), ("html_200", 200), ("redirect", 302)])
def test_maintenance_stops_everything_with_html(acu: Caller, state: str, status: int) -> None:
    acu.settings(maintenance=state)
    for answer in (acu.get("Customer", top=1), acu.login()):
        final = answer.history[0] if answer.history else answer
        assert final.status_code == status
        assert final.headers["Content-Type"].startswith("text/html")
    acu.settings(maintenance="off")
    assert acu.get("Customer", top=1).status_code == 200


def test_rights(running: Running, acu: Caller) -> None:
    viewer = Caller(running, FIRST, "viewer")
    assert viewer.get("Customer", top=1).status_code == 200
    assert viewer.put("Customer", CustomerName="X").status_code == 403
    keys = {"Type": "Invoice", "ReferenceNbr": "AR0000210"}
    assert viewer.press("SalesInvoice", "ReleaseSalesInvoice", **keys).status_code == 403
    assert viewer.call("DELETE", "SalesInvoice/Invoice/AR0000210").status_code == 403
    acu.settings(forbidden=["Payment", "SalesInvoice/ReleaseSalesInvoice"])
    assert acu.get("Payment").status_code == 403
    assert acu.press("SalesInvoice", "ReleaseSalesInvoice", **keys).status_code == 403
    assert acu.get("SalesInvoice", top=1).status_code == 200


def test_a_branch_that_a_user_may_not_see_does_not_exist(running: Running, acu: Caller) -> None:
    other = Caller(running, FIRST, "lastbranch")
    assert other.numbers("SalesInvoice") == ["AR0000227"]
    assert refusal(other.get("SalesInvoice/Invoice/AR0000160"))[1] == "NoEntitySatisfiesTheConditionException"
    assert other.read("SalesInvoice/Invoice/AR0000227")["Status"] == "Open"


def test_preferences_that_were_never_set(acu: Caller) -> None:
    acu.settings(setup_missing=["SalesOrder"])
    assert refusal(acu.get("SalesOrder"))[:2] == (500, "PXSetupNotEnteredException")
    assert acu.get("Customer", top=1).status_code == 200


# --- switches, tenants ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        {"colour": "red"},
        {"seat_refusal": "403"},
        {"session_limit": -1},
        {"session_limit": "many"},
        {"custom_terms": "yes"},
        {"forbidden": "Payment"},
        {"requests_per_minute": 1, "list_order": "sorted"},
    ],
)
def test_bad_switches_are_refused_and_none_is_turned(acu: Caller, changes: dict[str, Any]) -> None:
    before = acu.vendor.settings()
    answer = requests.post(f"{acu.index}/control/settings/acumatica", json=changes, timeout=5)
    assert answer.status_code == 400 and answer.json()["error"]
    assert acu.vendor.settings() == before


def test_two_tenants_have_nothing_in_common(running: Running, acu: Caller) -> None:
    other = Caller(running, SECOND)
    mine, theirs = (one.read("SalesInvoice/Invoice/AR0000160") for one in (acu, other))
    assert (str(mine["Amount"]), str(theirs["Amount"])) == ("551.25", "530.19")
    assert mine["id"] != theirs["id"]
    assert refusal(other.get(f"SalesInvoice/{mine['id']}"))[0] == 500
    counts = requests.get(f"{acu.index}/control/calls", timeout=5).json()["calls"]
    assert {one["tenant"] for one in counts} >= {FIRST, SECOND}


def test_reset_is_the_same_again_and_scale_adds(acu: Caller) -> None:
    before = [(one["id"], one["ReferenceNbr"]) for one in acu.state("GET", "SalesInvoice")["records"]]
    requests.post(f"{acu.index}/control/reset", json={"scale": 2}, timeout=5)
    after = [(one["id"], one["ReferenceNbr"]) for one in acu.state("GET", "SalesInvoice")["records"]]
    assert after[: len(before)] == before
    assert len(after) == len(before) + 100
