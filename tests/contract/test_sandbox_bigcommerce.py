"""The BigCommerce stand-in, asked over real HTTP: its doors, quotas, envelopes, lists, journal and mishaps."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from contract import test_sandbox_bigcommerce_caller as helpers
from contract.test_sandbox_bigcommerce_caller import BIRCH, HARBOR, IPL, MISTRAL, PLAIN, Caller, invoice, loads

running, bc = helpers.running, helpers.bc
NO_SCOPE = "You don't have a required scope to access the endpoint"
NO_ENTRY = "The email or password you have entered is incorrect. Please try again."
NO_TOKEN = "Invalid token header. No credentials provided."


# --- doors --------------------------------------------------------------------------------------


@pytest.mark.parametrize("token", [None, "", "nonsense"])
def test_without_a_token_nobody_comes_in(bc: Caller, token: str | None) -> None:
    del bc.headers["X-Auth-Token"]
    if token is not None:
        bc.headers["X-Auth-Token"] = token
    assert bc.error("GET", "/companies") == (401, NO_TOKEN)
    told = bc.core("GET", "/v3/customers")
    assert told.status_code == 401 and told.json()["title"].startswith("Unauthorized - the v3 Auth client ID or token")
    assert bc.core("GET", "/v2/orders").json()[0]["status"] == 401


@pytest.mark.parametrize("sent", [None, MISTRAL, "nowhere"])
def test_the_hash_must_be_the_tokens_own(bc: Caller, sent: str | None) -> None:
    del bc.headers["X-Store-Hash"]
    if sent is not None:
        bc.headers["X-Store-Hash"] = sent
    for status in (401, 403, 500):
        bc.set(wrong_hash_status=status)
        assert bc.call("GET", "/companies").status_code == status
        assert bc.refused("GET", "/companies")[2] == {"message": "The store hash does not match the token."}


def test_a_core_path_of_another_store_is_401(bc: Caller) -> None:
    url = bc.about["core_url"] + f"/{MISTRAL}/v2/orders"
    assert requests.get(url, headers=bc.headers, timeout=5).status_code == 401


def test_a_token_without_the_b2b_scope_is_403_and_still_good_for_core(bc: Caller) -> None:
    (token,) = [each for each in bc.mine["other_tokens"] if each["name"] == "No B2B"]
    bc.headers["X-Auth-Token"] = token["access_token"]
    assert bc.refused("GET", "/companies") == (403, {}, {"message": NO_SCOPE})
    assert bc.core("GET", "/v2/store").json()["name"] == "Harbor Wholesale"


def test_a_store_without_b2b_edition(bc: Caller) -> None:
    plain = Caller(bc.running, PLAIN)
    assert plain.refused("GET", "/companies") == (403, {}, {"message": NO_SCOPE})
    for status in (401, 404, 500):
        bc.set(no_b2b_status=status)
        assert plain.call("GET", "/ip/invoices").status_code == status
    assert plain.core("GET", "/v2/store").json()["id"] == PLAIN


def test_a_person_takes_a_scope_away_and_gives_it_back(bc: Caller) -> None:
    token = bc.records("token")[0]
    bc.edit("token", token["id"], scopes=["store_v2_information_read_only"])
    assert bc.refused("POST", "/ip/invoices", invoice())[0] == 403
    assert bc.core("GET", "/v2/orders").status_code == 403 and bc.core("GET", "/v2/store").status_code == 200
    bc.edit("token", token["token"], scopes=token["scopes"])
    assert bc.made()


def test_reading_orders_is_not_writing_them(bc: Caller) -> None:
    (token,) = [each for each in bc.mine["other_tokens"] if each["name"] == "Reads"]
    bc.headers["X-Auth-Token"] = token["access_token"]
    assert bc.core("GET", "/v2/orders").status_code == 200
    told = bc.core("PUT", "/v2/orders/423", {"status_id": 10})
    assert (told.status_code, told.json()) == (403, [{"status": 403, "message": NO_SCOPE}])
    told = bc.core("GET", "/v3/orders/428/transactions")
    assert told.status_code == 403 and told.json()["title"] == NO_SCOPE and told.json()["errors"] == {}


def sign_in(bc: Caller, who: str = "owner", path: str = "/auth/backend", **fields: Any) -> requests.Response:
    body = {"storeHash": HARBOR, "email": f"{who}@{HARBOR}.example", "password": "demo-pass", "name": "old way"}
    return bc.send("POST", bc.about["auth_url"] + path, {**body, **fields}, None)


def test_the_deprecated_way_in(bc: Caller, caplog: pytest.LogCaptureFixture) -> None:
    (made,) = sign_in(bc).json()["data"]
    bc.headers = {"authToken": made["token"]}
    assert bc.get("/companies/8101")["companyName"] == "IPL India"
    assert "authToken is deprecated" in caplog.text and made["token"] not in caplog.text
    bc.headers["X-Store-Hash"] = HARBOR
    assert bc.refused("GET", "/companies")[0] == 500
    bc.set(auth_token_beside_hash=True)
    assert bc.call("GET", "/companies").status_code == 200
    bc.headers = {"X-Auth-Token": made["token"], "X-Store-Hash": HARBOR}
    assert bc.call("GET", "/companies").status_code == 500
    assert bc.core("GET", "/v2/store").status_code == 401


def test_an_account_token_is_no_authtoken(bc: Caller) -> None:
    bc.headers = {"authToken": bc.headers["X-Auth-Token"]}
    assert bc.error("GET", "/companies") == (401, NO_TOKEN)


def test_old_tokens_are_listed_and_ended(bc: Caller) -> None:
    sign_in(bc)
    url = bc.about["auth_url"]
    listed = bc.send("GET", f"{url}/backend/tokens", None, {"limit": "1"}).json()
    assert listed["meta"]["pagination"] == {"totalCount": 1, "limit": 1, "offset": 0}
    (token,) = listed["data"]
    assert (token["storeHash"], token["eventChannel"]) == (HARBOR, "api")
    assert bc.send("GET", f"{url}/backend/tokens", None, {"limit": "251"}).status_code == 422
    assert bc.send("DELETE", f"{url}/auth/backend", {"id": token["id"]}, None).status_code == 200
    again = bc.send("DELETE", f"{url}/auth/backend", {"id": token["id"]}, None)
    assert (again.status_code, again.json()["data"]) == (404, {"errMsg": "No matching token was found."})
    bc.headers = {"authToken": token["token"]}
    assert bc.call("GET", "/companies").status_code == 401


@pytest.mark.parametrize(
    ("who", "fields", "status", "words"),
    [
        ("owner", {"password": "x"}, 400, NO_ENTRY),
        ("owner", {"storeHash": "nowhere"}, 400, NO_ENTRY),
        ("custom", {}, 400, "role forbidden"),
    ],
)  # fmt: skip
def test_sign_in_is_refused(bc: Caller, who: str, fields: dict[str, str], status: int, words: str) -> None:
    told = sign_in(bc, who, **fields)
    assert (told.status_code, told.json()["data"]) == (status, {"errMsg": words})
    assert told.json()["meta"] == {"message": "API logic error"}


def test_sign_in_wants_every_field(bc: Caller) -> None:
    told = bc.send("POST", bc.about["auth_url"] + "/auth/backend", {"name": "x"}, None)
    assert told.status_code == 422 and set(told.json()["data"]) == {"storeHash", "email", "password"}
    assert bc.send("POST", bc.about["auth_url"] + "/auth/backend", "{", None).status_code == 400


def test_a_buyers_token_is_no_use_here(bc: Caller) -> None:
    fields = {"email": f"buyer8101@{HARBOR}.example", "password": "buyer-pass", "channelId": 1}
    token = sign_in(bc, path="/auth/customers", **fields).json()["data"]["token"]
    assert sign_in(bc, path="/auth/customers", **{**fields, "password": "x"}).status_code == 400
    bc.headers["X-Auth-Token"] = token
    assert bc.refused("GET", "/companies") == (403, {}, {"message": "Invalid token"})


# --- quotas -------------------------------------------------------------------------------------


def statuses(bc: Caller, calls: int, core: bool = False) -> list[int]:
    ask = bc.core if core else bc.call
    return [ask("GET", "/v2/time" if core else "/payments").status_code for _ in range(calls)]


def test_b2b_headers_carry_words(bc: Caller) -> None:
    bc.set(throttle="on")
    told = bc.call("GET", "/payments").headers
    assert told["X-Requests-Allocated"] == "150 times/60 s" and told["X-Requests-Window-Length"] == "0 times"
    assert told["X-Requests-Remaining"] == "149 times" and told["X-Request-Window-Resets-After"].endswith(" s")
    assert 59 < float(told["X-Request-Window-Resets-After"].split()[0]) <= 60
    assert told["X-Request-Id"] and told["Trace-Id"]


def test_150_a_minute_of_the_store_whoever_calls(bc: Caller) -> None:
    bc.set(throttle="on")
    other, mistral = Caller(bc.running), Caller(bc.running, MISTRAL)
    other.headers["X-Auth-Token"] = bc.insert("token", name="another app")["token"]
    assert statuses(bc, 100) + statuses(other, 50) == [200] * 150
    assert statuses(bc, 1) == statuses(other, 1) == [429] and statuses(mistral, 1) == [200]
    assert bc.call("POST", "/ip/invoices", invoice()).status_code == 429
    assert not [row for row in bc.records("invoice") if row["invoiceNumber"] == "AR0000160"]
    assert bc.running.world.journal.count("bigcommerce", "read", HARBOR) == 152
    bc.wait(60)
    assert statuses(bc, 1) == [200]


def test_core_has_a_quota_and_headers_of_its_own(bc: Caller) -> None:
    bc.set(throttle="on", core_calls=2, core_window_seconds=30)
    assert statuses(bc, 3, core=True) == [200, 200, 429] and statuses(bc, 1) == [200]
    told = bc.core("GET", "/v3/customers")
    assert told.json()["status"] == 429 and told.json()["title"] == "Too Many Requests"
    assert told.headers["X-Rate-Limit-Requests-Left"] == "0" and told.headers["X-Rate-Limit-Requests-Quota"] == "2"
    assert told.headers["X-Rate-Limit-Time-Window-Ms"] == "30000" and 0 < int(told.headers["X-Retry-After"]) <= 31
    assert 0 < int(told.headers["X-Rate-Limit-Time-Reset-Ms"]) <= 30000
    assert bc.core("GET", "/v2/orders").json() == [{"status": 429, "message": "Too Many Requests"}]
    bc.wait(30)
    assert "X-Retry-After" not in bc.core("GET", "/v2/time").headers


def test_how_a_429_looks(bc: Caller) -> None:
    bc.set(throttle="on", b2b_calls=0, b2b_window_seconds=60)
    told = bc.call("GET", "/payments")
    assert told.json() == {"code": 429, "data": {}, "meta": {"message": "Too Many Requests"}}
    assert told.headers["X-Requests-Remaining"] == "0 times"
    bc.set(throttle_headers=False)
    told = bc.call("GET", "/payments")
    assert told.status_code == 429 and "X-Requests-Remaining" not in told.headers


@pytest.mark.parametrize(
    ("window", "seen"),
    [
        # two calls at 0 s and one at 50 s; what passes at 65 s and at 110 s
        ("sliding", ([200, 200, 429], [200, 429])),
        ("first_call", ([200, 200, 200], [429, 429])),
    ],
)
def test_where_a_minute_begins(bc: Caller, window: str, seen: tuple[list[int], list[int]]) -> None:
    bc.set(throttle="on", b2b_calls=3, rate_window=window)
    statuses(bc, 2)
    bc.wait(50)
    statuses(bc, 1)
    bc.wait(15)
    assert statuses(bc, 3) == seen[0]
    bc.wait(45.5)
    assert statuses(bc, 2) == seen[1]


def test_a_minute_of_the_clock(bc: Caller) -> None:
    bc.set(throttle="on", b2b_calls=2, rate_window="clock")
    clock = bc.running.world.clock
    bc.wait(60 - clock.now().timestamp() % 60 + 58)
    assert statuses(bc, 3) == [200, 200, 429]
    bc.wait(2.5)
    assert statuses(bc, 3) == [200, 200, 429]


# --- envelopes ----------------------------------------------------------------------------------


def test_the_word_for_success_varies(bc: Caller) -> None:
    words = {bc.call("GET", path).json()["meta"]["message"] for path in ("/companies", "/users")}
    assert words == {"SUCCESS", "Success"}
    bc.set(success_word="success")
    assert bc.call("GET", "/companies").json()["meta"]["message"] == "success"


def test_failures_may_come_under_http_200(bc: Caller) -> None:
    bc.set(errors_in_200=True)
    told = bc.call("GET", "/ip/invoices/999")
    assert told.status_code == 200 and told.json()["code"] == 404
    bc.running.world.misfortune.add(mishap("refuse", entity="invoice", code="500"))
    assert bc.call("POST", "/ip/invoices", invoice()).status_code == 500


def test_unknown_paths_and_methods(bc: Caller) -> None:
    assert bc.refused("GET", "/nothing") == (404, {}, {"message": "This resource is not found."})
    for method, path in (("DELETE", "/companies"), ("POST", "/ip/invoices/33"), ("GET", "/ip/invoices/export"),
                         ("POST", "/ip/invoices/33/send-mail")):  # fmt: skip
        assert bc.refused(method, path) == (405, {}, {"message": "Method Not Allowed"}), path
    assert bc.core("GET", "/v2/nothing").json()[0]["message"] == "The requested resource was not found."
    assert bc.core("GET", "/v3/nothing").json()["status"] == 404


def test_bodies_that_are_no_json_or_too_long(bc: Caller) -> None:
    assert bc.error("POST", "/ip/invoices", "{") == (400, "The request body is not valid JSON.")
    assert bc.error("POST", "/ip/invoices", "[]") == (422, "Invalid request data")
    assert bc.core("POST", "/v2/orders", "{").status_code == 400
    bc.set(largest_body_bytes=50)
    assert bc.refused("POST", "/ip/invoices", invoice()) == (413, {}, {"message": "Request Entity Too Large"})
    assert bc.core("PUT", "/v2/orders/423", {"staff_notes": "x" * 99}).status_code == 413


@pytest.mark.parametrize(
    ("shape", "data"),
    [
        ("fields", {"dueDate": ["A valid integer is required."]}),
        ("object", {"errMsg": {"dueDate": ["A valid integer is required."]}}),
        ("text", {"errMsg": "dueDate: A valid integer is required."}),
    ],
)
def test_wrong_fields_have_three_shapes(bc: Caller, shape: str, data: Any) -> None:
    bc.set(parameter_errors=shape)
    assert bc.refused("POST", "/ip/invoices", invoice(dueDate="soon")) == (422, data, {"message": "Parameter Error"})


def test_maintenance_is_html(bc: Caller) -> None:
    bc.set(maintenance=True)
    for told in (bc.call("GET", "/companies"), bc.core("GET", "/v2/orders")):
        assert told.status_code == 503 and told.headers["Content-Type"].startswith("text/html")
        assert "X-Requests-Remaining" not in told.headers


# --- lists --------------------------------------------------------------------------------------


def listed(bc: Caller, path: str = "/ip/invoices", **query: Any) -> tuple[list[Any], Any]:
    told = bc.call("GET", path, **query)
    assert told.status_code == 200, told.text
    body = loads(told.text)
    return body["data"], body["meta"].get("pagination", body["meta"])


def test_ten_on_a_page_and_the_rest_by_offset(bc: Caller) -> None:
    ids = bc.vendor.loader().invoices(25, [IPL, BIRCH])
    rows, page = listed(bc, q="L-0000", searchBy="invoiceNumber")
    assert [row["id"] for row in rows] == ids[:14:-1] and page == {"totalCount": 25, "limit": 10, "offset": 0}
    rows, page = listed(bc, q="L-0000", limit=20, offset=20)
    assert [row["id"] for row in rows] == ids[4::-1] and page == {"totalCount": 25, "limit": 20, "offset": 20}
    assert listed(bc, offset=999)[0] == []


def test_limits_of_limit(bc: Caller) -> None:
    assert bc.refused("GET", "/companies", limit=251) == (413, {}, {"message": "Request Entity Too Large"})
    assert bc.refused("GET", "/companies", limit=250)[0] == 413
    assert bc.refused("GET", "/companies", limit=1)[1] == {
        "limit": ["Ensure this value is greater than or equal to 2."]
    }
    assert [bc.call("GET", "/companies", limit=n).status_code for n in (2, 249)] == [200, 200]
    bc.set(exclusive_bounds=False)
    assert [bc.call("GET", "/companies", limit=n).status_code for n in (0, 1, 250, 251)] == [422, 200, 200, 413]
    bc.set(over_limit="clamp")
    assert listed(bc, "/companies", limit=999)[1]["limit"] == 250
    assert bc.refused("GET", "/companies", offset=-1)[0] == 422
    assert bc.refused("GET", "/companies", limit="many")[1] == {"limit": ["A valid integer is required."]}


def test_orders_have_a_limit_of_200_and_totals_beside_the_message(bc: Caller) -> None:
    meta = bc.call("GET", "/orders", limit=200).json()["meta"]
    assert (meta["totalCount"], meta["limit"], meta["offset"]) == (6, 200, 0) and "pagination" not in meta
    assert bc.refused("GET", "/orders", limit=201)[0] == 413
    bc.set(order_list_meta="nested")
    assert bc.call("GET", "/orders").json()["meta"]["pagination"]["totalCount"] == 6


def test_unknown_parameters_are_ignored_so_that_a_wrong_filter_gives_everything(bc: Caller) -> None:
    everything = listed(bc)[1]["totalCount"]
    assert listed(bc, companyId=IPL)[1]["totalCount"] == everything
    assert 0 < listed(bc, customerId=IPL)[1]["totalCount"] < everything


def test_order_and_its_refusals(bc: Caller) -> None:
    numbers = [row["invoiceNumber"] for row in listed(bc, sortBy="invoiceNumber", orderBy="ASC")[0]]
    assert numbers == sorted(numbers)
    balances = [float(row["openBalance"]["value"]) for row in listed(bc, sortBy="openBalance")[0]]
    assert balances == sorted(balances, reverse=True)
    assert bc.refused("GET", "/ip/invoices", sortBy="colour")[1] == {"sortBy": ['"colour" is not a valid choice.']}
    assert bc.refused("GET", "/ip/invoices", orderBy="up")[0] == 422
    assert bc.refused("GET", "/ip/invoices", searchBy="memo", q="x")[0] == 422


# --- journal and mishaps ------------------------------------------------------------------------


def mishap(kind: str, **more: Any) -> Any:
    from sandbox.misfortune import Mishap

    return Mishap("bigcommerce", kind, **more)


def test_every_write_is_in_the_journal(bc: Caller) -> None:
    ident = bc.made()
    bc.call("POST", "/ip/invoices", invoice())
    bc.done("PUT", f"/ip/invoices/{ident}", {"status": 1})
    bc.call("PUT", f"/ip/invoices/{ident}", {"status": 9})
    paid = bc.paid(ident, "3.75", externalId="004530")
    bc.done("DELETE", f"/ip/payments/{paid}")
    bc.done("DELETE", f"/ip/invoices/{ident}")
    bc.call("DELETE", f"/ip/invoices/{ident}")
    assert bc.journal() == [
        ("invoice", "create", "AR0000160", str(ident), "created", None),
        ("invoice", "create", "AR0000160", None, "refused", "400"),
        ("invoice", "update", "AR0000160", str(ident), "updated", None),
        ("invoice", "update", "AR0000160", str(ident), "refused", "422"),
        ("payment", "create", "004530", str(paid), "created", None),
        ("payment", "delete", "004530", str(paid), "deleted", None),
        ("invoice", "delete", "AR0000160", str(ident), "deleted", None),
        ("invoice", "delete", "", str(ident), "refused", "404"),
    ]
    assert {row["tenant"] for row in bc.running.world.journal.since(0)} == {HARBOR}


def test_calls_are_counted_for_the_store_and_what_people_do_is_not(bc: Caller) -> None:
    bc.insert("invoice", customerId=IPL, originalBalance={"code": "USD", "value": "5"})
    assert bc.journal() == []
    bc.get("/companies")
    bc.made()
    count = bc.running.world.journal.count
    assert (count("bigcommerce", "read", HARBOR), count("bigcommerce", "write", HARBOR)) == (1, 1)
    sign_in(bc)
    assert count("bigcommerce", "sign_in") == 1


@pytest.mark.parametrize(("kind", "committed"), [("drop_before", False), ("drop_after", True), ("half_body", True)])
def test_a_cut_line_commits_or_not(bc: Caller, kind: str, committed: bool) -> None:
    bc.running.world.misfortune.add(mishap(kind))
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        bc.call("POST", "/ip/invoices", invoice())
    assert bool(listed(bc, q="AR0000160")[0]) is committed
    assert bc.call("POST", "/ip/invoices", invoice()).status_code == (400 if committed else 200)


@pytest.mark.parametrize(
    ("kind", "status", "committed"),
    [("server_error_before", 503, False), ("server_error_after", 502, True), ("html", 200, True),
     ("throttled", 429, False), ("expired_token", 401, False)],
)  # fmt: skip
def test_answers_that_mislead(bc: Caller, kind: str, status: int, committed: bool) -> None:
    bc.running.world.misfortune.add(mishap(kind))
    assert bc.call("POST", "/ip/invoices", invoice()).status_code == status
    held = [row for row in bc.records("invoice") if row["invoiceNumber"] == "AR0000160"]
    assert bool(held) is committed


def test_the_throttled_mishap_with_and_without_headers(bc: Caller) -> None:
    for api, name in (("b2b", "X-Requests-Remaining"), ("core", "X-Retry-After")):
        bc.set(throttled_mishap=api)
        for with_headers in (True, False):
            bc.running.world.misfortune.add(mishap("throttled", scope="any", with_headers=with_headers))
            told = bc.call("GET", "/companies")
            assert told.status_code == 429 and (name in told.headers) is with_headers
            assert ("code" in told.json()) is (api == "b2b")


def test_deleted_accounts_stay_deleted_until_a_person_brings_them_back(bc: Caller) -> None:
    bc.running.world.misfortune.add(mishap("expired_token", scope="read"))
    assert [bc.call("GET", "/companies").status_code for _ in range(2)] == [401, 401]
    bc.edit("token", bc.mine["access_token"], active=True)
    assert bc.call("GET", "/companies").status_code == 200


def test_a_refusal_on_order(bc: Caller) -> None:
    told = mishap("refuse", entity="invoice", code="422", message="Parameter Error", detail="not today")
    bc.running.world.misfortune.add(told)
    assert bc.refused("POST", "/ip/invoices", invoice()) == (
        422,
        {"errMsg": "not today"},
        {"message": "Parameter Error"},
    )
    assert bc.made()
    bc.running.world.misfortune.add(mishap("refuse", entity="order", code="409"))
    assert bc.core("PUT", "/v2/orders/423", {"status_id": 10}).status_code == 409
