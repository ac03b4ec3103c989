"""Sign-in at the sandboxed Salesforce: both flows, every refusal, and how sessions end."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
import requests
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from contract.test_sandbox_salesforce import INVOICE, Org, fresh, refusal
from sandbox.server import Running, start_in_thread

GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
LOGIN = "https://login.salesforce.com"


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with start_in_thread(vendors=["salesforce"]) as started:
        yield started


@pytest.fixture
def org(running: Running) -> Org:
    return fresh(running)


@pytest.fixture(scope="module")
def own_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def public_pem(key: rsa.RSAPrivateKey) -> str:
    kind, shape = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(kind, shape).decode()


def claims(org: Org, **changes: Any) -> dict[str, Any]:
    given = org.about["jwt"]
    made = {"iss": given["client_id"], "sub": given["username"], "aud": LOGIN, "exp": int(time.time()) + 180}
    return {name: value for name, value in {**made, **changes}.items() if value is not None}


def send(org: Org, assertion: str, host: str | None = None) -> requests.Response:
    headers = {"Host": host} if host else {}
    form = {"grant_type": GRANT, "assertion": assertion}
    return requests.post(org.about["token_url"], data=form, headers=headers, timeout=5)


def bear(org: Org, key: Any = None, algorithm: str = "RS256", host: str | None = None, **changes: Any) -> Any:
    key = key or org.about["jwt"]["private_key"]
    return send(org, jwt.encode(claims(org, **changes), key, algorithm), host)


def refused(answer: requests.Response) -> tuple[str, str]:
    assert answer.status_code == 400, answer.text
    return answer.json()["error"], answer.json()["error_description"]


def works(org: Org, answer: requests.Response) -> bool:
    headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    return requests.get(f"{org.data}/limits", headers=headers, timeout=5).status_code == 200


# --- JWT bearer ----------------------------------------------------------------------------------------


def test_an_assertion_of_the_demo_app_signs_in(org: Org) -> None:
    answer = bear(org)
    body = answer.json()
    assert works(org, answer)
    assert set(body) >= {"access_token", "instance_url", "id", "token_type", "issued_at", "signature"}
    assert "expires_in" not in body and "refresh_token" not in body
    assert body["instance_url"] == org.base


def test_the_login_host_leads_to_the_instance(org: Org) -> None:
    answer = bear(org, host="login.salesforce.com")
    assert answer.json()["instance_url"] == org.base
    assert works(org, answer)


@pytest.mark.parametrize("audience", ["the org itself", LOGIN, LOGIN + "/"])
def test_audiences_that_fit(org: Org, audience: str) -> None:
    assert bear(org, aud=org.base if audience == "the org itself" else audience).status_code == 200


def test_a_number_as_text_is_an_expiry_too(org: Org) -> None:
    assert bear(org, exp=str(int(time.time()) + 60)).status_code == 200


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"iss": "stranger"}, ("invalid_client_id", "client identifier invalid")),
        ({"iss": None}, ("invalid_grant", "invalid assertion")),
        ({"sub": "nobody@sandbox.example"}, ("invalid_grant", "user hasn't approved this consumer")),
        ({"sub": None}, ("invalid_grant", "invalid assertion")),
        ({"aud": "https://test.salesforce.com"}, ("invalid_grant", "audience is invalid")),
        ({"aud": "https://evil.example"}, ("invalid_grant", "audience is invalid")),
        ({"aud": None}, ("invalid_grant", "invalid assertion")),
        ({"exp": None}, ("invalid_grant", "invalid assertion")),
        ({"exp": "soon"}, ("invalid_grant", "invalid assertion")),
        ({"exp": int(time.time()) - 5}, ("invalid_grant", "expired authorization code")),
        ({"exp": int(time.time()) + 3600}, ("invalid_grant", "invalid assertion")),
    ],
)
def test_refused_claims(org: Org, changes: dict[str, Any], error: tuple[str, str]) -> None:
    key = org.about["jwt"]["private_key"]
    assert refused(send(org, jwt.encode(claims(org, **changes), key, "RS256"))) == error


@pytest.mark.parametrize("assertion", ["", "a.b", "a.b.c", "e30.W10.AA", "!.!.!"])
def test_what_is_no_assertion(org: Org, assertion: str) -> None:
    assert refused(send(org, assertion)) == ("invalid_grant", "invalid assertion")


def test_only_the_registered_key_signs(org: Org, own_key: rsa.RSAPrivateKey) -> None:
    assert refused(bear(org, own_key)) == ("invalid_grant", "invalid assertion")
    pss = jwt.encode(claims(org), org.about["jwt"]["private_key"], "PS256")
    assert refused(send(org, pss)) == ("invalid_grant", "invalid assertion")
    unsigned = jwt.encode(claims(org), None, "none")
    assert refused(send(org, unsigned)) == ("invalid_grant", "invalid assertion")
    hmac = jwt.encode(claims(org), "s" * 64, "HS256")
    assert refused(send(org, hmac)) == ("invalid_grant", "invalid assertion")


def test_another_algorithm_in_the_header_is_not_believed(org: Org) -> None:
    key = serialization.load_pem_private_key(org.about["jwt"]["private_key"].encode(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    right = jwt.encode(claims(org), key, "RS256").split(".")
    for algorithm, error in (("RS256", None), ("none", "invalid assertion"), ("RS512", "invalid assertion")):
        head = base64.urlsafe_b64encode(json.dumps({"alg": algorithm}).encode()).decode().rstrip("=")
        signature = key.sign(f"{head}.{right[1]}".encode(), padding.PKCS1v15(), hashes.SHA256())
        tail = base64.urlsafe_b64encode(signature).decode().rstrip("=")
        assert send(org, f"{head}.{right[1]}.{tail}").json().get("error_description") == error


def test_a_changed_claim_breaks_the_signature(org: Org) -> None:
    parts = jwt.encode(claims(org), org.about["jwt"]["private_key"], "RS256").split(".")
    other = jwt.encode(claims(org, sub="admin@sandbox.example"), "s" * 64, "HS256").split(".")
    assert refused(send(org, ".".join((parts[0], other[1], parts[2])))) == ("invalid_grant", "invalid assertion")


def test_a_test_registers_its_own_app_over_http(org: Org, own_key: rsa.RSAPrivateKey) -> None:
    app = {"ClientId": "own-app", "Certificate": public_pem(own_key), "ApprovedUsers": ["integration@sandbox.example"]}
    org.state("POST", "ConnectedApp", app)
    assert works(org, bear(org, own_key, iss="own-app"))
    org.state("PATCH", "ConnectedApp/own-app", {"ApprovedUsers": []})
    assert refused(bear(org, own_key, iss="own-app")) == ("invalid_grant", "user hasn't approved this consumer")
    org.state("PATCH", "ConnectedApp/own-app", {"Certificate": None})
    assert refused(bear(org, own_key, iss="own-app")) == ("invalid_grant", "invalid assertion")
    org.state("DELETE", "ConnectedApp/own-app")
    assert refused(bear(org, own_key, iss="own-app")) == ("invalid_client_id", "client identifier invalid")


def test_a_test_registers_its_own_app_in_process(running: Running, org: Org, own_key: rsa.RSAPrivateKey) -> None:
    vendor = running.vendors["salesforce"]
    vendor.insert(org.about["org_id"], "User", {"Name": "U", "Username": "u@sandbox.example", "IsActive": True})
    app = {"ClientId": "mine", "Certificate": public_pem(own_key), "ApprovedUsers": ["u@sandbox.example"]}
    vendor.insert(org.about["org_id"], "ConnectedApp", app)
    assert works(org, bear(org, own_key, iss="mine", sub="u@sandbox.example"))


@pytest.mark.parametrize(
    "fields",
    [{}, {"ClientId": "x", "Certificate": "nonsense"}, {"ClientId": "x", "Colour": 1}, {"ClientId": "x", "RunAs": 5}],
)
def test_an_app_that_cannot_be_made(org: Org, fields: dict[str, Any]) -> None:
    url = f"{org.index}/control/state/salesforce/{org.about['org_id']}/ConnectedApp"
    assert requests.post(url, json=fields, timeout=5).status_code == 400


def test_a_sandbox_org_wants_the_other_audience(org: Org) -> None:
    org.settings(sandbox_org=True)
    assert bear(org, aud="https://test.salesforce.com").status_code == 200
    assert refused(bear(org)) == ("invalid_grant", "audience is invalid")
    assert org.rows("SELECT IsSandbox FROM Organization")[0]["IsSandbox"] is True


# --- client credentials --------------------------------------------------------------------------------


def test_client_credentials_are_refused_on_the_login_host(org: Org) -> None:
    form = {"grant_type": "client_credentials", **org.about["credentials"]}
    for host in ("login.salesforce.com", "test.salesforce.com"):
        answer = requests.post(org.about["token_url"], data=form, headers={"Host": host}, timeout=5)
        assert refused(answer) == ("invalid_grant", "request not supported on this domain")
    assert org.sign_in(**org.about["credentials"]).status_code == 200
    org.settings(login_hosts=["127.0.0.1"])
    assert refused(org.sign_in(**org.about["credentials"]))[0] == "invalid_grant"


def test_an_app_without_an_execution_user(org: Org) -> None:
    org.state("PATCH", f"ConnectedApp/{org.about['credentials']['client_id']}", {"RunAs": None})
    assert refused(org.sign_in(**org.about["credentials"])) == ("invalid_grant", "no client credentials user enabled")


def test_an_app_that_an_administrator_blocked(org: Org) -> None:
    org.state("PATCH", f"ConnectedApp/{org.about['credentials']['client_id']}", {"IsActive": False})
    assert refused(org.sign_in(**org.about["credentials"])) == ("invalid_client", "this app is blocked by admin")


def test_basic_that_is_no_base64(org: Org) -> None:
    form, headers = {"grant_type": "client_credentials"}, {"Authorization": "Basic %%%"}
    assert refused(requests.post(org.about["token_url"], data=form, headers=headers, timeout=5))[0] == "invalid_client"


# --- users, addresses, the API as a whole --------------------------------------------------------------


def test_an_inactive_user_neither_signs_in_nor_goes_on(org: Org) -> None:
    user = org.state("GET", "User")["records"][0]
    org.state("PATCH", f"User/{user['Id']}", {"IsActive": False})
    assert refused(bear(org)) == ("inactive_user", "user is inactive")
    assert refused(org.sign_in(**org.about["credentials"])) == ("inactive_user", "user is inactive")
    assert refusal(org.get("/limits")) == (401, "INVALID_SESSION_ID")


def test_ip_restriction(org: Org) -> None:
    org.settings(ip_restricted=True)
    assert refused(bear(org)) == ("invalid_grant", "ip restricted")


@pytest.mark.parametrize("code", ["API_DISABLED_FOR_ORG", "API_CURRENTLY_DISABLED"])
def test_a_disabled_api(org: Org, code: str) -> None:
    org.settings(api_access=code)
    assert refusal(org.get("/limits")) == (403, code)
    org.settings(api_access="on")
    assert org.get("/limits").status_code == 200


def test_tokens_expire_on_command(running: Running, org: Org) -> None:
    org.act("expire_tokens")
    assert refusal(org.get("/limits")) == (401, "INVALID_SESSION_ID")
    again = fresh(running)
    running.vendors["salesforce"].act("expire_tokens")
    assert refusal(again.get("/limits")) == (401, "INVALID_SESSION_ID")


def test_a_token_that_ends_amid_paging_does_not_cost_the_cursor(org: Org) -> None:
    org.settings(page_size=3)
    page = org.ask(f"SELECT Id FROM {INVOICE} ORDER BY Id").json()
    org.act("expire_tokens")
    following = org.base + page["nextRecordsUrl"]
    assert refusal(org.session.get(following, timeout=5)) == (401, "INVALID_SESSION_ID")
    token = org.sign_in(**org.about["credentials"]).json()["access_token"]
    org.session.headers["Authorization"] = f"Bearer {token}"
    rest = org.session.get(following, timeout=5).json()
    assert len(rest["records"]) == 3 and rest["records"][0]["Id"] > page["records"][-1]["Id"]
