"""Connecting by consent: the command, what it refuses, and the sandbox's consent page under it."""

from __future__ import annotations

import base64
import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests
import yaml
from cryptography.fernet import Fernet

from consenting import Form, Person, connected, decided, go
from house import REALM, House
from invoice_sync.connect.__main__ import main
from invoice_sync.connect.asking import bound_side
from invoice_sync.connect.callback import Listener
from invoice_sync.ledger.tokens import LedgerTokens, keys_from_environment
from invoice_sync.model.errors import NeedsPerson, SettingsError
from invoice_sync.model.flow import Endpoint
from invoice_sync.model.ports import Binding, Tokens
from invoice_sync.orchestration import outside

WEST = "9130350000000002"
REDIRECT = "http://localhost:8765/callback"


def stored(house: House) -> Tokens | None:
    binding = Binding("acme", "quickbooks", REALM)
    return LedgerTokens(house.database, binding, keys_from_environment(), house.clock).load()


def about(house: House) -> dict[str, Any]:
    found: dict[str, Any] = house.get("/")["vendors"]["quickbooks"]
    return found


def with_query(address: str, **changes: str) -> str:
    parts = urlsplit(address)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()} | changes
    return parts._replace(query=urlencode({name: value for name, value in query.items() if value})).geturl()


# the command


def test_a_consent_becomes_tokens_in_the_ledger(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    code, told = connected(house, Person.choosing(REALM))

    held = stored(house)
    assert code == 0 and held is not None
    living = next(one["refresh_token"] for one in about(house)["realms"] if one["realm_id"] == REALM)
    assert held.refresh == living
    assert held.refresh_expires_at is not None and held.refresh_hard_end_at is not None
    assert "company acme" in told[-1] and REALM in told[-1]
    assert f"{held.refresh_hard_end_at.astimezone(house.flow.zone):%Y-%m-%d}" in told[-1]
    assert capsys.readouterr().err == ""


def test_the_command_as_people_run_it(house: House, tmp_path: Path) -> None:
    """A process of its own, settings from the environment, nothing secret in what it prints."""
    command = [sys.executable, "-m", "invoice_sync.connect", "quickbooks", "--company", "acme", "--no-browser"]
    environment = {**os.environ, **environment_of(house)}
    with subprocess.Popen(
        command, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
    ) as running:  # fmt: skip
        assert running.stdout is not None
        lines = iter(running.stdout.readline, "")
        address = next(line.strip() for line in lines if line.startswith("http"))
        callback = decided(address, REALM)
        page = go(callback)
        rest, errors = running.communicate(timeout=20)

    held = stored(house)
    assert (running.returncode, errors) == (0, "") and held is not None
    assert "Connected: company acme" in rest
    code = parse_qs(urlsplit(callback).query)["code"][0]
    secrets = [code, held.access, held.refresh, about(house)["credentials"]["client_secret"]]
    assert not [secret for secret in secrets if secret in address + rest + errors + page.text]
    assert page.headers["Cache-Control"] == "no-store" and page.headers["Referrer-Policy"] == "no-referrer"


def environment_of(house: House) -> dict[str, str]:
    vendor = about(house)
    extra = {"token_url": vendor["token_url"], "authorize_url": vendor["authorize_url"]}
    connection = {
        "conn_type": "quickbooks", "host": vendor["base_url"], "login": vendor["credentials"]["client_id"],
        "password": vendor["credentials"]["client_secret"], "extra": extra,
    }  # fmt: skip
    return {"AIRFLOW_CONN_QUICKBOOKS_ACME": json.dumps(connection), "INVOICE_SYNC_DATABASE": house.database.url}


def test_consent_for_the_wrong_company_is_refused(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    code, told = connected(house, Person.choosing(WEST))

    said = capsys.readouterr().err
    assert code == 1
    assert REALM in said and WEST in said and "nothing was stored" in said
    assert stored(house) is None
    # its code was never used, so the other company's own connection is as it was
    assert {one["realm_id"]: one["refresh_token"] for one in about(house)["realms"]}[WEST] == f"RT1-demo-{WEST}"
    assert [one for one in house.get("/control/calls")["paths"] if one["path"].endswith("/bearer")] == []


def test_a_person_who_says_no_is_heard(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    code, _ = connected(house, Person.choosing(REALM, "deny"))

    assert code == 1 and "did not agree" in capsys.readouterr().err
    assert stored(house) is None


def altered(house: House, **changes: str) -> Person:
    """Whose browser brings another answer back than the vendor gave; an empty value leaves a name out."""
    return Person(lambda address: go_anyway(with_query(decided(address, REALM), **changes)))


def go_anyway(address: str) -> None:
    go(address)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"state": "another"}, "state differs"),
        ({"state": ""}, "state differs"),
        ({"state": "ä"}, "state differs"),
        ({"realmId": ""}, "of no readable name"),
        ({"realmId": f"{REALM} "}, "of no readable name"),
        ({"code": ""}, "without a code (of no"),
        ({"code": "", "error": "server_error"}, "(server_error)"),
        ({"code": "", "error": "<b>bad\x1b[2J"}, "(of no readable name)"),
        ({"code": "XAB-made-up"}, "used before, or is too old"),
    ],
)
def test_an_answer_that_is_not_right_stores_nothing(
    house: House, capsys: pytest.CaptureFixture[str], changes: dict[str, str], said: str
) -> None:
    code, _ = connected(house, altered(house, **changes))

    assert code == 1 and said in capsys.readouterr().err
    assert stored(house) is None


def test_an_answer_with_a_name_given_twice_is_not_trusted(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    twice = Person(lambda address: go_anyway(f"{decided(address, REALM)}&realmId={WEST}"))
    assert connected(house, twice)[0] == 1
    assert "of no readable name" in capsys.readouterr().err and stored(house) is None


def test_what_else_a_browser_asks_for_does_not_end_the_waiting(house: House) -> None:
    def visit(address: str) -> None:
        port = int(urlsplit(parse_qs(urlsplit(address).query)["redirect_uri"][0]).port or 0)
        idle = socket.create_connection(("127.0.0.1", port))  # browsers connect before they need to
        assert go(f"http://localhost:{port}/favicon.ico").status_code == 404
        assert requests.post(f"http://localhost:{port}/callback", timeout=5).status_code == 501
        go(decided(address, REALM))
        idle.close()

    assert connected(house, Person(visit))[0] == 0


def test_a_code_that_came_too_late_is_told(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    def visit(address: str) -> None:
        callback = decided(address, REALM)
        house.post("/control/clock", {"advance_seconds": 301})
        go(callback)

    assert connected(house, Person(visit))[0] == 1
    assert "too old" in capsys.readouterr().err and stored(house) is None


def test_nobody_answers(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    code, _ = connected(house, Person(lambda address: None), patience=0.05)

    assert code == 1 and "Nobody agreed or refused" in capsys.readouterr().err


@pytest.mark.parametrize("mishap", [{"scope": "sign_in", "kind": "drop_after"}, {"scope": "read", "kind": "html"}])
def test_no_tokens_are_kept_that_the_company_did_not_answer_to(
    house: House, capsys: pytest.CaptureFixture[str], mishap: dict[str, str]
) -> None:
    def visit(address: str) -> None:
        callback = decided(address, REALM)
        house.mishap(vendor="quickbooks", **mishap)
        go(callback)

    assert connected(house, Person(visit))[0] == 1
    assert "QuickBooks answered" in (said := capsys.readouterr().err) or "did not answer" in said
    assert stored(house) is None


def test_a_company_that_does_not_let_the_app_in_is_not_connected(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    """The redirect says one company, the tokens are of another: only the company's own answer shows it."""
    desk = house.sandbox.vendors["quickbooks"]._tokens  # type: ignore[attr-defined]
    whole = desk.authorise
    monkeypatch.setattr(desk, "authorise", lambda realm, *rest: whole(WEST, *rest))

    assert connected(house, Person.choosing(REALM))[0] == 1
    assert stored(house) is None


def test_tokens_that_no_key_opens_are_no_obstacle(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    connected(house, Person.choosing(REALM))
    monkeypatch.setenv("INVOICE_SYNC_KEYS", Fernet.generate_key().decode())
    with pytest.raises(SettingsError):
        stored(house)

    assert connected(house, Person.choosing(REALM))[0] == 0
    assert stored(house) is not None


def test_a_redirect_of_ones_own_goes_to_the_vendor_as_it_is_written(house: House) -> None:
    """Intuit's production keys take https only: a proxy of one's own passes it on to --port."""
    port = free_port()

    def visit(address: str) -> None:
        callback = urlsplit(decided(address, REALM))
        assert (callback.scheme, callback.netloc, callback.path) == ("https", "sync.example.com", "/back/again")
        go(callback._replace(scheme="http", netloc=f"localhost:{port}").geturl())

    redirect = "https://sync.example.com/back/again"
    assert connected(house, Person(visit), "--port", str(port), redirect_uri=redirect)[0] == 0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# settings


def nobody() -> Person:
    return Person(lambda address: pytest.fail("nobody should be asked"))


def test_a_port_that_is_taken_is_a_setting_to_mend(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    with Listener(0) as other:
        port = urlsplit(other.uri).port
        assert connected(house, nobody(), "--port", str(port))[0] == 2
    assert "another --port" in capsys.readouterr().err


def test_a_ledger_that_was_never_set_up_is_told_before_anybody_is_asked(
    house: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    house.database = type(house.database)(f"sqlite:///{tmp_path}/empty.db")
    assert connected(house, nobody())[0] == 2
    assert "python -m invoice_sync migrate" in capsys.readouterr().err
    house.database.dispose()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["quickbooks", "--company", "globex"], "rootstock_to_quickbooks (acme)"),
        (["quickbooks", "--company", "acme", "--flow", "other"], "No flow other"),
    ],
)
def test_a_company_or_flow_that_is_not_there(
    house: House, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert main(arguments) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["quickbooks"], ["rootstock", "--company", "acme"], []])
def test_the_usage_is_told(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2 and "usage:" in capsys.readouterr().err


def test_flows_that_differ_must_be_named(house: House) -> None:
    one = house.flow
    other = one.model_copy(
        update={"name": "other", "destination": one.destination.model_copy(update={"tenant": WEST})}
    )  # fmt: skip
    with pytest.raises(SettingsError, match="--flow: other, rootstock_to_quickbooks"):
        bound_side([one, other], "quickbooks", "acme", None)
    assert bound_side([one, other], "quickbooks", "acme", "other") == (other, other.destination)
    same = one.model_copy(update={"name": "same"})
    assert bound_side([one, same], "quickbooks", "acme", None) == (one, one.destination)


def test_a_broken_flows_file_is_a_setting_to_mend(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "flows.yaml").write_text(yaml.safe_dump({"flows": [{"name": "x"}]}))
    monkeypatch.setenv("INVOICE_SYNC_FLOWS", str(tmp_path / "flows.yaml"))
    assert main(["quickbooks", "--company", "acme"]) == 2
    assert "flows.yaml" in capsys.readouterr().err


SIDE = Endpoint(vendor="quickbooks", connection="quickbooks_acme", tenant=REALM)


@pytest.mark.parametrize("extra", [{"a": 1}, '{"a": 1}', None])
def test_a_connection_in_the_environment(monkeypatch: pytest.MonkeyPatch, extra: object) -> None:
    connection = {"host": "h", "login": "l", "password": "p", "extra": extra}
    monkeypatch.setenv("AIRFLOW_CONN_QUICKBOOKS_ACME", json.dumps(connection))
    found = outside.login(SIDE)
    assert (found.host, found.user, found.password, found.extra) == ("h", "l", "p", {"a": 1} if extra else {})


@pytest.mark.parametrize("text", ["{not json", '{"extra": "[1]"}', '{"extra": "x"}'])
def test_a_broken_connection_in_the_environment(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_QUICKBOOKS_ACME", text)
    with pytest.raises(SettingsError, match="AIRFLOW_CONN_QUICKBOOKS_ACME"):
        outside.login(SIDE)


# the sandbox's consent page


def question(house: House, **changes: str) -> str:
    asked = {
        "client_id": about(house)["credentials"]["client_id"], "response_type": "code", "state": "st&ate",
        "scope": "com.intuit.quickbooks.accounting", "redirect_uri": REDIRECT,
    } | changes  # fmt: skip
    return f"{about(house)['authorize_url']}?{urlencode(asked)}"


def answered(house: House, choice: str = REALM, **changes: str) -> dict[str, str]:
    sent = requests.get(question(house, auto_consent=choice, **changes), timeout=5, allow_redirects=False)
    assert sent.status_code == 302, sent.text
    place = urlsplit(sent.headers["Location"])
    assert sent.headers["Location"].startswith(changes.get("redirect_uri", REDIRECT))
    return {name: values[0] for name, values in parse_qs(place.query).items()}


def exchange(house: House, code: str, redirect_uri: str = REDIRECT, **headers: str) -> requests.Response:
    keys = about(house)["credentials"]
    pair = base64.b64encode(f"{keys['client_id']}:{keys['client_secret']}".encode()).decode()
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
    given = {"Authorization": f"Basic {pair}"} | headers
    return requests.post(about(house)["token_url"], data=form, headers=given, timeout=5)


def test_the_page_lists_the_companies_and_escapes_what_it_was_given(house: House) -> None:
    page = requests.get(question(house, state='"><script>'), timeout=5)
    form = Form(page.text)
    assert form.choices == [one["realm_id"] for one in about(house)["realms"]]
    assert form.hidden["state"] == '"><script>' and "<script>" not in page.text
    assert all(one["name"] in form.labels for one in about(house)["realms"])


def test_the_answer_carries_code_realm_and_the_very_state(house: House) -> None:
    answer = answered(house)
    assert set(answer) == {"code", "state", "realmId"}
    assert (answer["state"], answer["realmId"]) == ("st&ate", REALM)
    assert answered(house, "deny") == {"error": "access_denied", "state": "st&ate"}


def test_a_code_is_good_once(house: House) -> None:
    code = answered(house)["code"]
    first, second = exchange(house, code), exchange(house, code)
    assert first.status_code == 200 and first.json()["refresh_token"].startswith("RT1-")
    assert "x_refresh_token_hard_expires_in" not in first.json()
    assert (second.status_code, second.json()) == (400, {"error": "invalid_grant"})


def test_a_code_ends_soon_and_belongs_to_its_redirect(house: House) -> None:
    old, moved = answered(house)["code"], answered(house)["code"]
    assert exchange(house, moved, REDIRECT + "/").json() == {"error": "invalid_grant"}
    house.post("/control/clock", {"advance_seconds": 300})
    assert exchange(house, old).json() == {"error": "invalid_grant"}


def test_the_hard_end_starts_anew_with_a_consent(house: House) -> None:
    house.post("/control/clock", {"advance_seconds": 86400 * 90})
    header = {"x-include-refresh-token-hard-expires-in": "true"}
    granted = exchange(house, answered(house)["code"], **header).json()
    assert granted["x_refresh_token_hard_expires_in"] == int(86400 * 365.25 * 5)
    assert granted["x_refresh_token_expires_in"] == 86400 * 100


def test_a_consent_ends_the_earlier_connection_of_its_own_company_only(house: House) -> None:
    before = {one["realm_id"]: one["refresh_token"] for one in about(house)["realms"]}
    exchange(house, answered(house)["code"])
    after = {one["realm_id"]: one["refresh_token"] for one in about(house)["realms"]}
    assert after[REALM] != before[REALM] and after[WEST] == before[WEST]
    keys = about(house)["credentials"]
    answer = requests.post(
        about(house)["token_url"],
        data={"grant_type": "refresh_token", "refresh_token": before[REALM]},
        auth=(keys["client_id"], keys["client_secret"]),
        timeout=5,
    )
    assert answer.json() == {"error": "invalid_grant"}


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "stranger"},
        {"state": ""},
        {"redirect_uri": "http://127.0.0.1:8765/callback"},
        {"redirect_uri": "https://192.0.2.1/callback"},
        {"redirect_uri": "http://sync.example.com/callback"},
        {"redirect_uri": "https://sync.example.com/callback#x"},
        {"redirect_uri": "javascript:alert(1)"},
        {"redirect_uri": "http://[::1"},
        {"auto_consent": "12345"},
    ],
)
def test_nobody_is_sent_to_a_place_that_cannot_be_trusted(house: House, changes: dict[str, str]) -> None:
    answer = requests.get(question(house, **({"auto_consent": REALM} | changes)), timeout=5, allow_redirects=False)
    assert answer.status_code == 400 and "Location" not in answer.headers


@pytest.mark.parametrize(
    ("changes", "error"),
    [({"scope": "everything"}, "invalid_scope"), ({"scope": ""}, "invalid_scope"),
     ({"response_type": "token"}, "unsupported_response_type")],
)  # fmt: skip
def test_the_app_is_told_what_it_asked_wrongly(house: House, changes: dict[str, str], error: str) -> None:
    assert answered(house, **changes) == {"error": error, "state": "st&ate"}


@pytest.mark.parametrize("missing", ["code", "redirect_uri"])
def test_an_exchange_needs_code_and_redirect(house: House, missing: str) -> None:
    given = {"code": answered(house)["code"], "redirect_uri": REDIRECT} | {missing: ""}
    assert exchange(house, **given).json() == {"error": "invalid_request"}


# the listener


def test_two_answers_and_the_first_one_counts() -> None:
    with Listener(0) as listener:
        go(f"{listener.uri}?state=1")
        go(f"{listener.uri}?state=2")
        assert listener.wait(1) == {"state": "1"}


def test_a_listener_that_gave_up_has_given_its_port_back() -> None:
    with Listener(0) as listener, pytest.raises(NeedsPerson):
        port = int(urlsplit(listener.uri).port or 0)
        listener.wait(0.01)
    with Listener(port):
        pass
