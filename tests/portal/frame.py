"""A real api-server of Airflow with our plugin, over a ledger that a story was told to; no scheduler, no worker.

Runs are accepted and stay queued: what the pages ask of Airflow is seen without anything running.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import requests

from house import House
from invoice_sync.orchestration.local import environment, processes
from invoice_sync.orchestration.local.environment import Paths, Secrets
from invoice_sync.orchestration.local.polling import until
from invoice_sync.orchestration.local.processes import Service
from portal.story import FIRST, PREVIEW, SECOND, tell

REPO = Path(__file__).parents[2]
DAG = "rootstock_to_quickbooks"
PUSH_SECRET = "a secret that both sides know"
ROLES = {"auditor": "viewer", "clerk": "user", "ops": "op"}
AIRFLOW = (sys.executable, "-m", "airflow")
# a redirect address of Intuit's may be http only on localhost, never on an IP address
HOST = "localhost"


@dataclass
class Frame:
    """`url` is Airflow's, without a slash at the end; `password` is everybody's."""

    url: str
    house: House
    password: str
    server: Service

    def token(self, user: str) -> str:
        answer = requests.post(f"{self.url}/auth/token", json={"username": user, "password": self.password}, timeout=20)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["access_token"])

    def api(self, method: str, path: str, body: object = None, user: str = "ops") -> Any:
        """Airflow's own answer."""
        headers = {"Authorization": f"Bearer {self.token(user)}"}
        answer = requests.request(method, f"{self.url}/api/v2{path}", json=body, headers=headers, timeout=20)
        assert answer.ok, answer.text
        return answer.json()

    def log(self) -> str:
        """What the api-server has printed so far."""
        return self.server.log.read_text(encoding="utf-8", errors="replace")


@contextmanager
def framed(house: House, folder: Path) -> Iterator[Frame]:
    """Tells the story while Airflow makes its database; ends every process at the end."""
    paths = Paths(folder, REPO)
    paths.begin_anew()
    made = Secrets.of(folder)
    port = environment.free_port()
    env = _environment(house, paths, made, port)
    migrate = _started("migrate", (*AIRFLOW, "db", "migrate"), paths, env)
    running = [migrate]
    try:
        tell(house)
        migrate.wait(90)
        serialize = _started("reserialize", (*AIRFLOW, "dags", "reserialize"), paths, env)
        server = _started("api-server", (*AIRFLOW, "api-server"), paths, env)
        running += [serialize, server]
        frame = Frame(f"http://{HOST}:{port}", house, made.password, server)
        serialize.wait(90)
        until(lambda: _answers(frame.url) or None, f"the api-server ({server.log})", 90, check=server.check)
        _runs_of_the_story(frame)
        yield frame
    finally:
        left = processes.end([service.session for service in running], grace=1)
        for service in running:
            service.exit_code()
        assert not left, left


def _environment(house: House, paths: Paths, made: Secrets, port: int) -> dict[str, str]:
    passwords = json.dumps(dict.fromkeys(ROLES, made.password))
    environment.private_write(paths.run_dir / "airflow-passwords.json", passwords)
    return {
        **environment.base_environment(os.environ),
        **environment.airflow_environment(paths, port, made),
        **environment.product_environment(paths, made),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(f"{name}:{role}" for name, role in ROLES.items()),
        "AIRFLOW__API__BASE_URL": f"http://{HOST}:{port}",
        "INVOICE_SYNC_DATABASE": house.database.url,
        "INVOICE_SYNC_KEYS": os.environ["INVOICE_SYNC_KEYS"],
        **_connections(house),
    }


def _connections(house: House) -> dict[str, str]:
    index = house.get("/")["vendors"]
    authorize_url = index["quickbooks"]["authorize_url"]
    return {
        f"AIRFLOW_CONN_{name.upper()}": json.dumps(
            {
                "conn_type": name.partition("_")[0], "host": login.host, "login": login.user,
                "password": login.password,
                "extra": {**login.extra, "authorize_url": authorize_url, "push_secret": PUSH_SECRET},
            }
        )
        for name, login in house.logins.items()
    }  # fmt: skip


def _started(name: str, command: tuple[str, ...], paths: Paths, env: dict[str, str]) -> Service:
    service = Service(name, command, paths.logs / f"{name}.log")
    service.start(env, REPO)
    return service


def _answers(url: str) -> bool:
    try:
        return requests.get(f"{url}/api/v2/version", timeout=5).ok
    except requests.RequestException:
        return False


def _runs_of_the_story(frame: Frame) -> None:
    """The runs that the ledger tells of, as Airflow knows them after their nights."""
    for run_id in (FIRST, SECOND, PREVIEW):
        frame.api("POST", f"/dags/{DAG}/dagRuns", {"dag_run_id": run_id, "logical_date": None, "conf": {}})
        frame.api("PATCH", f"/dags/{DAG}/dagRuns/{quote(run_id, safe='')}", {"state": "failed"})
