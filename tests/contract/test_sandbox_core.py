"""The sandbox's own machinery, over real HTTP: index, control API, journal and every kind of mishap."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from sandbox import exact_json
from sandbox.misfortune import Misfortune, Mishap
from sandbox.server import PortInUse, Running, start_in_thread

INVOICE = "rstk__soinv__c"
ACCT = "rstk__soinv_acctinvoice__c"


class Caller:
    """A plain HTTP client of the sandboxed Salesforce."""

    def __init__(self, running: Running) -> None:
        self.index = running.index_url
        about = requests.get(self.index + "/", timeout=5).json()["vendors"]["salesforce"]
        self.base, self.org = about["base_url"], about["org_id"]
        form = {"grant_type": "client_credentials", **about["credentials"]}
        token = requests.post(about["token_url"], data=form, timeout=5).json()["access_token"]
        self.headers = {"Authorization": f"Bearer {token}"}

    def control(self, method: str, path: str, body: Any = None) -> requests.Response:
        return requests.request(method, f"{self.index}/control/{path}", json=body, timeout=5)

    def mishap(self, kind: str, **more: Any) -> None:
        answer = self.control("POST", "mishaps", {"vendor": "salesforce", "kind": kind, **more})
        assert answer.status_code == 201, answer.text

    def invoices(self) -> list[dict[str, Any]]:
        records = self.control("GET", f"state/salesforce/{self.org}/{INVOICE}").json()["records"]
        assert isinstance(records, list)
        return records

    def invoice(self, number: str) -> dict[str, Any]:
        return next(one for one in self.invoices() if one["rstk__soinv_invoiceno__c"] == number)

    def write(self, text: str, number: str = "000101", timeout: float = 5) -> requests.Response:
        record = {"attributes": {"type": INVOICE}, "id": self.invoice(number)["Id"], ACCT: text}
        return requests.patch(
            self.base + "/services/data/v60.0/composite/sobjects",
            json={"records": [record]},
            headers=self.headers,
            timeout=timeout,
        )

    def read(self) -> requests.Response:
        return requests.get(self.base + "/services/data/v60.0/limits", headers=self.headers, timeout=5)


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with start_in_thread(vendors=["salesforce"]) as started:
        yield started


@pytest.fixture
def caller(running: Running) -> Caller:
    requests.post(running.index_url + "/control/reset", json={}, timeout=5)
    return Caller(running)


@pytest.mark.parametrize(("kind", "committed"), [("drop_before", False), ("drop_after", True), ("half_body", True)])
def test_a_cut_line_commits_or_not(caller: Caller, kind: str, committed: bool) -> None:
    caller.mishap(kind)
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        caller.write("1001")
    assert (caller.invoice("000101")[ACCT] == "1001") is committed
    assert caller.write("1002").status_code == 200


@pytest.mark.parametrize(
    ("kind", "status", "committed"),
    [
        ("server_error_before", 503, False),
        ("server_error_after", 502, True),
        ("html", 200, True),
        ("throttled", 403, False),
        ("expired_token", 401, False),
    ],
)
def test_answers_that_mislead(caller: Caller, kind: str, status: int, committed: bool) -> None:
    caller.mishap(kind)
    answer = caller.write("1001")
    assert answer.status_code == status
    assert (caller.invoice("000101")[ACCT] == "1001") is committed
    if kind.startswith("server_error") or kind == "html":
        assert answer.headers["Content-Type"].startswith("text/html")


def test_an_expired_token_stays_expired_until_the_next_sign_in(running: Running, caller: Caller) -> None:
    caller.mishap("expired_token", scope="read")
    assert [caller.read().status_code, caller.read().status_code] == [401, 401]
    assert Caller(running).read().status_code == 200


@pytest.mark.parametrize("kind", ["slow", "hang_before"])
def test_slow_answers_are_whole(caller: Caller, kind: str) -> None:
    caller.mishap(kind, seconds=0.3)
    begin = time.monotonic()
    assert caller.write("1001").json()[0]["success"] is True
    assert time.monotonic() - begin >= 0.3


@pytest.mark.parametrize("kind", ["slow", "hang_before"])
def test_a_caller_who_gave_up_does_not_undo_the_write(caller: Caller, kind: str) -> None:
    caller.mishap(kind, seconds=0.4)
    with pytest.raises(requests.Timeout):
        caller.write("1001", timeout=0.1)
    time.sleep(0.6)
    assert caller.invoice("000101")[ACCT] == "1001"


def test_commit_half_takes_the_first_half(caller: Caller) -> None:
    caller.mishap("commit_half")
    records = [{"attributes": {"type": INVOICE}, "id": one["Id"], ACCT: "H"} for one in caller.invoices()[:4]]
    answer = requests.patch(
        caller.base + "/services/data/v60.0/composite/sobjects",
        json={"records": records},
        headers=caller.headers,
        timeout=5,
    )
    assert answer.status_code == 500
    assert [one[ACCT] for one in caller.invoices()[:4]] == ["H", "H", None, None]


def test_times_after_and_scope(caller: Caller) -> None:
    caller.mishap("server_error_before", after=1, times=2)
    assert caller.read().status_code == 200
    assert [caller.write("1").status_code for _ in range(4)] == [200, 503, 503, 200]
    assert caller.control("GET", "mishaps").json() == {"mishaps": []}


def test_path_method_and_sign_in_scope(running: Running, caller: Caller) -> None:
    caller.mishap("server_error_before", path_contains="/nowhere", scope="any")
    caller.mishap("server_error_before", method="POST", scope="any")
    assert [caller.read().status_code, caller.write("1").status_code] == [200, 200]
    assert caller.control("DELETE", "mishaps").status_code == 200
    caller.mishap("server_error_before", scope="sign_in")
    assert caller.read().status_code == 200
    assert requests.post(caller.base + "/services/oauth2/token", timeout=5).status_code == 503


def test_a_refusal_strikes_one_record(caller: Caller) -> None:
    caller.mishap("refuse", entity=INVOICE, code="UNABLE_TO_LOCK_ROW", message="locked", after=1)
    assert caller.write("1").json()[0]["success"] is True
    assert caller.write("1").json()[0]["errors"][0]["statusCode"] == "UNABLE_TO_LOCK_ROW"


def test_two_mishaps_take_turns() -> None:
    misfortune = Misfortune()
    misfortune.add(Mishap("v", "drop_before"))
    misfortune.add(Mishap("v", "drop_after"))
    struck = [misfortune.strike("v", "write", "POST", "/") for _ in range(3)]
    assert [one and one.kind for one in struck] == ["drop_before", "drop_after", None]


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ({"vendor": "salesforce", "kind": "meteor"}, "meteor"),
        ({"kind": "slow"}, "vendor"),
        ({"vendor": "nobody", "kind": "slow"}, "nobody"),
        ({"vendor": "salesforce", "kind": "slow", "tims": 1}, "tims"),
        ({"vendor": "salesforce", "kind": "slow", "times": -1}, "times"),
        ({"vendor": "salesforce", "kind": "slow", "seconds": "long"}, "seconds"),
        ({"vendor": "salesforce", "kind": "slow", "scope": "all"}, "scope"),
        ([1], "object"),
    ],
)
def test_a_bad_mishap_is_explained(caller: Caller, body: Any, word: str) -> None:
    answer = caller.control("POST", "mishaps", body)
    assert answer.status_code in (400, 404)
    assert word in answer.json()["error"]


def test_journal_and_calls(caller: Caller) -> None:
    caller.write("1001")
    caller.write("x" * 31)
    entries = caller.control("GET", "journal").json()["entries"]
    assert [(one["n"], one["outcome"], one["code"]) for one in entries] == [
        (1, "updated", None),
        (2, "refused", "STRING_TOO_LONG"),
    ]
    assert entries[0]["entity"] == INVOICE and entries[0]["key"] == caller.invoice("000101")["Id"]
    assert [one["n"] for one in caller.control("GET", "journal?since=1").json()["entries"]] == [2]
    counts = {one["kind"]: one["count"] for one in caller.control("GET", "calls").json()["calls"]}
    assert counts == {"sign_in": 1, "write": 2}


def test_calls_that_got_no_answer_are_counted(caller: Caller) -> None:
    caller.mishap("drop_after")
    with pytest.raises(requests.ConnectionError):
        caller.write("1001")
    paths = caller.control("GET", "calls").json()["paths"]
    assert {
        "vendor": "salesforce",
        "method": "PATCH",
        "status": 0,
        "count": 1,
        "path": "/services/data/{version}/composite/sobjects",
    } in paths


def test_state_edit_insert_delete(caller: Caller) -> None:
    state = f"state/salesforce/{caller.org}/rstk__syuom__c"
    added = caller.control("POST", state, {"rstk__syuom_uom__c": "BOX"})
    assert added.status_code == 201
    one = f"{state}/{added.json()['Id']}"
    edited = caller.control("PATCH", one, {"rstk__syuom_uom__c": "CASE"})
    assert edited.json()["rstk__syuom_uom__c"] == "CASE"
    assert edited.json()["SystemModstamp"] > added.json()["SystemModstamp"]
    assert caller.control("PATCH", one, {"rstk__syuom_uom__c": "CARTON"}).status_code == 400
    assert caller.control("PATCH", one, {"colour": "red"}).status_code == 400
    assert caller.control("DELETE", one).status_code == 200
    assert caller.control("PATCH", one, {}).status_code == 404
    assert len(caller.control("GET", state).json()["records"]) == 1


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "state/nobody/x/y", None, 404),
        ("GET", "state/salesforce/x/y", None, 404),
        ("GET", "journal?since=yesterday", None, 400),
        ("POST", "clock", {"advance_seconds": "soon"}, 400),
        ("POST", "settings/salesforce", {"colour": "red"}, 400),
        ("POST", "settings/salesforce", {"page_size": 0}, 400),
        ("POST", "reset", {"seed": "real"}, 400),
        ("POST", "reset", {"scale": 0}, 400),
        ("GET", "nothing", None, 404),
        ("PUT", "clock", {}, 405),
    ],
)
def test_bad_input_is_answered_with_json(caller: Caller, method: str, path: str, body: Any, status: int) -> None:
    answer = caller.control(method, path, body)
    assert answer.status_code == status
    assert answer.json()["error"]


def test_bad_json_is_explained(caller: Caller) -> None:
    answer = requests.post(f"{caller.index}/control/clock", data="{", timeout=5)
    assert (answer.status_code, "not JSON" in answer.json()["error"]) == (400, True)


def test_settings_are_all_or_nothing_and_reset(caller: Caller) -> None:
    assert caller.control("POST", "settings/salesforce", {"page_size": 3, "nope": 1}).status_code == 400
    assert caller.control("GET", "settings/salesforce").json()["page_size"] is None
    assert caller.control("POST", "settings/salesforce", {"page_size": 3}).json()["page_size"] == 3
    caller.control("POST", "reset", {"seed": "demo", "scale": 1})
    assert caller.control("GET", "settings/salesforce").json()["page_size"] is None


def test_reset_brings_back_the_same_records_and_forgets(caller: Caller) -> None:
    before = [(one["Id"], one["rstk__soinv_invoiceno__c"]) for one in caller.invoices()]
    caller.write("1001")
    caller.mishap("html")
    caller.control("POST", "reset", {"scale": 2})
    after = caller.invoices()
    assert [(one["Id"], one["rstk__soinv_invoiceno__c"]) for one in after[: len(before)]] == before
    assert len(after) == len(before) + 100
    assert caller.control("GET", "journal").json()["entries"] == []
    assert caller.control("GET", "mishaps").json()["mishaps"] == []


def test_a_taken_port_is_told() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(PortInUse, match=str(port)):
            start_in_thread(ports={"salesforce": port}, vendors=["salesforce"])


def command(tmp_path: Path, *more: str) -> subprocess.Popen[str]:
    include = Path(__file__).parents[2] / "include"
    return subprocess.Popen(
        [
            sys.executable,
            "-m",
            "sandbox",
            "--index-port",
            "0",
            "--any-ports",
            "--ready-file",
            str(tmp_path / "ready"),
            *more,
        ],
        env={**os.environ, "PYTHONPATH": str(include)},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def test_command_line_serves_and_ends_on_sigterm(tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    with command(tmp_path) as process:
        deadline = time.monotonic() + 15
        while not ready.exists() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        assert ready.exists(), process.stderr and process.stderr.read()
        vendors = requests.get(ready.read_text().strip() + "/", timeout=5).json()["vendors"]
        assert {"salesforce", "quickbooks"} <= set(vendors)
        process.send_signal(signal.SIGTERM)
        output, errors = process.communicate(timeout=10)
    assert (process.returncode, errors) == (0, "")
    assert output.startswith("sandbox index=http://127.0.0.1:") and output.count("\n") == 1


def test_command_line_exits_2_when_a_port_is_taken(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with command(tmp_path, "--port", f"salesforce={port}") as process:
            _, errors = process.communicate(timeout=15)
    assert process.returncode == 2
    assert str(port) in errors and "Traceback" not in errors


def test_decimals_keep_their_digits() -> None:
    text = '{"amount":12.50,"tiny":0.000001,"big":12345678901234.56}'
    assert exact_json.dumps(exact_json.loads(text)) == text
