"""OAuth 2.0 of the sandboxed Acumatica: grants, rotation, what each scope costs in seats (facts 2.2)."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from contract import test_sandbox_acumatica_caller as helpers
from contract.test_sandbox_acumatica_caller import FIRST, SECOND, Caller
from sandbox.server import Running

running, acu = helpers.running, helpers.acu


class Tokens:
    """The token endpoint of a tenant's application."""

    def __init__(self, acu: Caller) -> None:
        self.acu = acu
        self.url = f"{acu.site}/identity/connect/token"
        self.keys = {name: acu.about[name] for name in ("client_id", "client_secret")}

    def ask(self, **form: str) -> requests.Response:
        return requests.post(self.url, data={**self.keys, **form}, timeout=5)

    def password(self, scope: str = "api offline_access", **changes: str) -> requests.Response:
        user = {"username": self.acu.user["name"], "password": self.acu.user["password"]}
        return self.ask(grant_type="password", scope=scope, **{**user, **changes})

    def refresh(self, token: str) -> requests.Response:
        return self.ask(grant_type="refresh_token", refresh_token=token)

    def read(self, token: str, session: requests.Session | None = None) -> requests.Response:
        url = f"{self.acu.site}/entity/Default/24.200.001/Customer"
        headers = {"Authorization": f"Bearer {token}"}
        return (session or requests).get(url, params={"$top": "1"}, headers=headers, timeout=5)

    def seats(self) -> int:
        return len(self.acu.state("GET", "sessions")["records"])


@pytest.fixture
def tokens(acu: Caller) -> Tokens:
    acu.logout()
    return Tokens(acu)


def test_the_password_grant(tokens: Tokens) -> None:
    body = tokens.password().json()
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 3600)
    assert set(body["scope"].split()) == {"api", "offline_access"} and body["refresh_token"]
    assert tokens.read(body["access_token"]).status_code == 200
    assert "refresh_token" not in tokens.password("api").json()


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"grant_type": "client_credentials"}, "unauthorized_client"),
        ({"grant_type": "device_code"}, "unsupported_grant_type"),
        ({"grant_type": "password", "scope": "api", "username": "sync", "password": "no"}, "invalid_grant"),
        ({"grant_type": "password", "scope": "offline_access"}, "invalid_scope"),
        ({"grant_type": "password", "scope": "api everything"}, "invalid_scope"),
        ({"grant_type": "refresh_token", "refresh_token": "made up"}, "invalid_grant"),
        ({"grant_type": "authorization_code", "code": "made up"}, "invalid_grant"),
        ({"grant_type": "refresh_token", "client_secret": "wrong"}, "invalid_client"),
    ],
)
def test_refused_tokens(tokens: Tokens, form: dict[str, str], error: str) -> None:
    answer = tokens.ask(**form)
    assert (answer.status_code, answer.json()["error"]) == (400, error)


def test_a_refresh_token_is_good_once(tokens: Tokens) -> None:
    first = tokens.password().json()
    second = tokens.refresh(first["refresh_token"]).json()
    assert second["refresh_token"] != first["refresh_token"]
    assert tokens.refresh(first["refresh_token"]).json() == {"error": "invalid_grant"}
    assert tokens.read(second["access_token"]).status_code == 200


def test_a_token_belongs_to_the_tenant_of_its_client_id(running: Running, acu: Caller, tokens: Tokens) -> None:
    assert tokens.keys["client_id"].endswith(f"@{FIRST}")
    other = Tokens(Caller(running, SECOND, signed_in=False))
    user = {"username": "sync", "password": other.acu.user["password"]}
    assert tokens.ask(grant_type="password", scope="api", **user).json()["error"] == "invalid_grant"
    token = other.password().json()["access_token"]
    names = {one["CustomerName"]["value"] for one in other.read(token).json()}
    assert names <= {"Cactus Cafe", "Desert Rose Inns"}


def test_access_tokens_end(tokens: Tokens) -> None:
    token = tokens.password().json()["access_token"]
    assert tokens.read(token).status_code == 200
    tokens.acu.advance(3601)
    assert tokens.read(token).status_code == 401
    tokens.acu.settings(access_token_seconds=5)
    assert tokens.password().json()["expires_in"] == 5


def test_offline_access_keeps_one_session_over_refreshes(tokens: Tokens) -> None:
    body = tokens.password().json()
    tokens.read(body["access_token"])
    again = tokens.refresh(body["refresh_token"]).json()
    tokens.read(again["access_token"])
    assert tokens.seats() == 1


def test_the_api_scope_alone_takes_a_seat_a_token(tokens: Tokens) -> None:
    for _ in range(3):
        assert tokens.read(tokens.password("api").json()["access_token"]).status_code == 200
    assert tokens.seats() == 3
    full = tokens.read(tokens.password("api").json()["access_token"])
    assert (full.status_code, "API Login Limit" in full.text) == (500, True)
    tokens.acu.advance(3601)
    assert tokens.seats() == 0


def test_concurrent_access_opens_a_session_a_call_unless_cookies_are_kept(tokens: Tokens) -> None:
    assert tokens.password("api api:concurrent_access").json()["error"] == "invalid_scope"
    tokens.acu.settings(concurrent_access_fails=False, session_limit=9)
    token = tokens.password("api api:concurrent_access").json()["access_token"]
    tokens.read(token), tokens.read(token)
    assert tokens.seats() == 2
    kept = requests.Session()
    tokens.read(token, kept), tokens.read(token, kept)
    assert tokens.seats() == 3


def test_signing_out_with_the_token_frees_the_seat(tokens: Tokens) -> None:
    token = tokens.password("api").json()["access_token"]
    tokens.read(token)
    headers = {"Authorization": f"Bearer {token}"}
    assert requests.post(f"{tokens.acu.site}/entity/auth/logout", headers=headers, timeout=5).status_code == 204
    assert tokens.seats() == 0


def test_the_authorization_code_flow(tokens: Tokens) -> None:
    asked = {"client_id": tokens.keys["client_id"], "response_type": "code", "scope": "api offline_access",
             "redirect_uri": "http://127.0.0.1:8899/callback", "state": "s-1"}  # fmt: skip
    url = f"{tokens.acu.site}/identity/connect/authorize"
    assert "<form" in requests.get(url, params=asked, timeout=5).text
    person = {"username": "sync", "password": tokens.acu.user["password"], "decision": "yes"}
    answer = requests.post(url, data={**asked, **person}, allow_redirects=False, timeout=5)
    back = {name: one[0] for name, one in parse_qs(urlsplit(answer.headers["Location"]).query).items()}
    assert back["state"] == "s-1"
    exchange = {"grant_type": "authorization_code", "code": back["code"], "redirect_uri": asked["redirect_uri"]}
    body = tokens.ask(**exchange).json()
    assert tokens.read(body["access_token"]).status_code == 200
    assert tokens.ask(**exchange).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("changes", "status", "word"),
    [
        ({"client_id": "stranger"}, 400, "unauthorized_client"),
        ({"redirect_uri": "https://evil.example/cb"}, 400, "redirect_uri"),
        ({"response_type": "token"}, 400, "unsupported_response_type"),
        ({"scope": "offline_access"}, 302, "invalid_scope"),
        ({"password": "no"}, 401, "Invalid credentials"),
        ({"decision": "no"}, 302, "access_denied"),
    ],
)
def test_the_consent_page_refuses(tokens: Tokens, changes: dict[str, str], status: int, word: str) -> None:
    asked = {"client_id": tokens.keys["client_id"], "response_type": "code", "scope": "api"}
    asked |= {"redirect_uri": "http://localhost:1/cb", "decision": "yes"}
    asked |= {"username": "sync", "password": tokens.acu.user["password"]}
    url = f"{tokens.acu.site}/identity/connect/authorize"
    answer = requests.post(url, data={**asked, **changes}, allow_redirects=False, timeout=5)
    assert answer.status_code == status
    assert word in answer.text + answer.headers.get("Location", "")


def test_discovery_names_the_paths(acu: Caller) -> None:
    found = requests.get(f"{acu.site}/identity/.well-known/openid-configuration", timeout=5).json()
    assert found["token_endpoint"] == f"{acu.site}/identity/connect/token"
    assert "client_credentials" not in found["grant_types_supported"]
