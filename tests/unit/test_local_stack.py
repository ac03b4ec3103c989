"""The stack with stand-ins for Airflow, sandbox and product: how it starts, fails and ends."""

from __future__ import annotations

import json
import os
import stat
import sys
from pathlib import Path

import pytest

from invoice_sync.orchestration.local import environment, processes
from invoice_sync.orchestration.local.processes import ServiceStopped
from invoice_sync.orchestration.local.stack import Commands, LocalStack, StackInUse

HTTP = """
import http.server, json, os, sys, threading, time
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps(ANSWERS.get(self.path, {})).encode()
        self.send_response(200); self.send_header("Content-Length", str(len(body))); self.end_headers()
        self.wfile.write(body)
    def do_POST(self):
        self.do_GET()
    def log_message(self, *args): pass
"""
SANDBOX = (
    HTTP
    + """
VENDORS = {
    "salesforce": {"base_url": "http://sf", "token_url": "http://sf/token", "api_version": "60.0",
                   "org_id": "00D", "companies": [], "credentials": {"client_id": "id", "client_secret": "s"}},
    "quickbooks": {"base_url": "http://qb", "token_url": "http://qb/token", "minor_version": "75",
                   "authorize_url": "http://qb/connect",
                   "realms": [{"realm_id": "91", "name": "Acme", "refresh_token": "RT"}],
                   "credentials": {"client_id": "id", "client_secret": "s"}},
}
ANSWERS = {"/": {"vendors": VENDORS}}
server = http.server.HTTPServer(("127.0.0.1", 0), Answer)
open(sys.argv[sys.argv.index("--ready-file") + 1], "w").write(f"http://127.0.0.1:{server.server_port}")
server.serve_forever()
"""
)
AIRFLOW = (
    HTTP
    + """
ANSWERS = {"/api/v2/monitor/health": {"scheduler": {"status": "healthy"}}, "/auth/token": {"access_token": "t"},
           "/api/v2/importErrors": {"import_errors": []}}
if sys.argv[1] == "db":
    sys.exit(0)
if sys.argv[1] == os.environ.get("FAILS"):
    sys.exit("the reason")
if sys.argv[1] == "api-server":
    port = int(os.environ["AIRFLOW__API__PORT"])
    http.server.HTTPServer(("127.0.0.1", port), Answer).serve_forever()
time.sleep(60)
"""
)
PRODUCT = "import json, os, sys; print(json.dumps({'args': sys.argv[1:], 'db': os.environ['INVOICE_SYNC_DATABASE']}))"


def stand_ins(**changes: str) -> Commands:
    scripts = {"airflow": AIRFLOW, "sandbox": SANDBOX, "product": PRODUCT, **changes}
    return Commands(**{name: (sys.executable, "-c", script) for name, script in scripts.items()})


def stack(folder: Path, overrides: dict[str, str] | None = None, **changes: str) -> LocalStack:
    return LocalStack(folder / "run", folder, dag_ids=("d",), overrides=overrides, commands=stand_ins(**changes))


def own_sessions(folder: Path) -> set[int]:
    """Living processes that mention the folder in their environment."""
    found = set()
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and str(folder).encode() in (entry / "environ").read_bytes():
                found.add(int(entry.name))
        except OSError:
            continue  # ended while we looked, or not ours
    return found - {os.getpid()}


def test_starts_and_ends_without_a_trace(tmp_path: Path) -> None:
    with stack(tmp_path, {"INVOICE_SYNC_FLOWS": "/elsewhere.yaml"}) as running:
        assert running.rest.healthy()
        said = json.loads(running.product("statement", "--json"))
        assert said == {"args": ["statement", "--json"], "db": f"sqlite:///{tmp_path}/run/ledger.db"}
        assert running.env["INVOICE_SYNC_FLOWS"] == "/elsewhere.yaml"
        assert len(running.pids("scheduler")) == 1
        assert len(own_sessions(tmp_path)) == 4
    assert own_sessions(tmp_path) == set()
    assert not (tmp_path / "run" / "sandbox.url").exists()


@pytest.mark.parametrize("failing", ["api-server", "scheduler", "dag-processor"])
def test_a_failed_start_names_the_log_and_leaves_nothing(tmp_path: Path, failing: str) -> None:
    with (
        pytest.raises(ServiceStopped, match=rf"{failing} ended(.|\n)*{failing}.log(.|\n)*the reason"),
        stack(tmp_path, {"FAILS": failing}) as running,
    ):
        running.check()
        running._services[failing].wait(20)
        running.check()
    assert own_sessions(tmp_path) == set()


def test_a_failed_migration_ends_the_sandbox_too(tmp_path: Path) -> None:
    with pytest.raises(ServiceStopped, match="ledger-migrate failed"), stack(tmp_path, product="raise SystemExit(3)"):
        pass
    assert own_sessions(tmp_path) == set()


def test_two_stacks_do_not_share_a_folder(tmp_path: Path) -> None:
    with stack(tmp_path) as running:
        with pytest.raises(StackInUse, match="is in use"), stack(tmp_path):
            pass
        running.check()
        assert running.paths.ready.exists()


def test_each_start_begins_anew_but_keeps_keys(tmp_path: Path) -> None:
    paths = environment.Paths(tmp_path, tmp_path)
    kept = environment.Secrets.of(tmp_path)
    paths.ledger.write_text("old", encoding="utf-8")
    paths.begin_anew()
    paths.begin_anew()
    assert not paths.ledger.exists()
    assert environment.Secrets.of(tmp_path) == kept
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o600


def test_settings_of_another_airflow_do_not_leak_in() -> None:
    env = environment.base_environment({"AIRFLOW__CORE__EXECUTOR": "X", "INVOICE_SYNC_KEYS": "k", "HOME": "/h"})
    assert not any(name.startswith(environment.OWN_SETTINGS) for name in env)
    assert env["HOME"] == "/h"
    assert "127.0.0.1" in env["NO_PROXY"]


def test_a_taken_port_is_passed_over() -> None:
    import socket

    with socket.socket() as taken:
        taken.bind((environment.HOST, 0))
        taken.listen()
        assert environment.free_port(taken.getsockname()[1]) != taken.getsockname()[1]


def test_members_see_this_very_process() -> None:
    assert os.getpid() in processes.members([os.getsid(0)])
