"""The folders of a local stack and the environment that Airflow and the product run in."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet

from invoice_sync.orchestration.local.acumatica_bigcommerce import BRIGHTWATER, STONEBRIDGE

USER = "admin"
HOST = "127.0.0.1"
UI_PORT = 8080
# the sandbox answers within seconds; a real vendor needs the defaults of the connection types
SANDBOX_PACE = {
    "server_seconds": 3,
    "index_lag_seconds": 1,
    "send_window_seconds": 5,
    "read_timeout_seconds": 10,
    "connect_timeout_seconds": 3,
    "slack_seconds": 1,
}
# by company, as the connections of flows.yaml end
SECOND_PAIR = {"brightwater": BRIGHTWATER, "stonebridge": STONEBRIDGE}
# how long a shipment or a release may take there
OPERATION_SECONDS = 20
OWN_SETTINGS = ("AIRFLOW", "INVOICE_SYNC_")


@dataclass(frozen=True)
class Paths:
    """Where everything of one local stack is kept."""

    run_dir: Path
    repo: Path

    @property
    def airflow(self) -> Path:
        """Airflow's home: its database and its task logs."""
        return self.run_dir / "airflow"

    @property
    def logs(self) -> Path:
        """What each process printed."""
        return self.run_dir / "logs"

    @property
    def ledger(self) -> Path:
        """The ledger's database."""
        return self.run_dir / "ledger.db"

    @property
    def ready(self) -> Path:
        """Holds the sandbox's address while it is up."""
        return self.run_dir / "sandbox.url"

    def begin_anew(self) -> None:
        """Forget the last time: the sandbox forgets everything when it ends, so the ledger must too."""
        for folder in (self.airflow, self.logs):
            shutil.rmtree(folder, ignore_errors=False) if folder.exists() else None
            folder.mkdir(parents=True)
        for file in (*self.run_dir.glob("ledger.db*"), self.ready, self.run_dir / "demo.json"):
            file.unlink(missing_ok=True)


@dataclass(frozen=True)
class Secrets:
    """Made once, kept in the run folder, readable by its owner only."""

    ledger_key: str
    airflow_key: str
    token_key: str
    password: str

    @classmethod
    def of(cls, run_dir: Path) -> Secrets:
        """Read them, or make those that are not there."""
        return cls(
            ledger_key=_kept(run_dir / "keys", Fernet.generate_key().decode()),
            airflow_key=_kept(run_dir / "airflow-key", Fernet.generate_key().decode()),
            token_key=_kept(run_dir / "airflow-token-key", secrets.token_hex(32)),
            password=_kept(run_dir / "password", secrets.token_urlsafe(9)),
        )


def _kept(file: Path, fresh: str) -> str:
    if not file.exists():
        private_write(file, fresh)
    return file.read_text(encoding="utf-8").strip()


def private_write(file: Path, text: str) -> None:
    """Write a file that only its owner can read."""
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
        out.write(text + "\n")


def free_port(wanted: int = 0) -> int:
    """The wanted port if nobody has it, else any free one."""
    for port in (wanted, 0):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            # what Airflow's server does too: a port that was just given up counts as free
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue  # taken: ask for any
            return int(probe.getsockname()[1])
    raise OSError(f"no free port on {HOST}")


def base_environment(inherited: Mapping[str, str]) -> dict[str, str]:
    """The caller's environment without settings of another Airflow, and with our interpreter first."""
    env = {name: value for name, value in inherited.items() if not name.startswith(OWN_SETTINGS)}
    # else every task would compile Airflow and pandas anew, seconds each time
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    env["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), env.get("PATH", os.defpath)])
    for name in ("no_proxy", "NO_PROXY"):
        env[name] = ",".join(filter(None, [env.get(name), HOST, "localhost"]))
    return {**env, "PYTHONUNBUFFERED": "1", "SCARF_ANALYTICS": "false", "DO_NOT_TRACK": "true"}


def airflow_environment(paths: Paths, port: int, made: Secrets) -> dict[str, str]:
    """A small Airflow of our own: LocalExecutor, SQLite, bound to this machine."""
    url = f"http://{HOST}:{port}"
    options = {
        "CORE__EXECUTOR": "LocalExecutor",
        "CORE__PARALLELISM": "4",
        "CORE__DAGS_FOLDER": str(paths.repo / "dags"),
        "CORE__PLUGINS_FOLDER": str(paths.repo / "plugins"),
        "CORE__LOAD_EXAMPLES": "False",
        "CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "CORE__TEST_CONNECTION": "Enabled",
        "CORE__FERNET_KEY": made.airflow_key,
        # tasks talk to the API server there; the default follows the default port only
        "CORE__EXECUTION_API_SERVER_URL": f"{url}/execution/",
        "CORE__SIMPLE_AUTH_MANAGER_USERS": f"{USER}:admin",
        "CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(paths.run_dir / "airflow-passwords.json"),
        # seconds to wait for the one writer; sqlite3's own default of five is short on a busy machine
        "DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{paths.airflow / 'airflow.db'}?timeout=30",
        "API__HOST": HOST,
        "API__PORT": str(port),
        "API__BASE_URL": url,
        "API__WORKERS": "1",
        "API__SECRET_KEY": made.token_key,
        "API_AUTH__JWT_SECRET": made.token_key,
        "SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.5",
        "DAG_PROCESSOR__REFRESH_INTERVAL": "10",
        "DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "10",
        "DAG_PROCESSOR__PARSING_PROCESSES": "1",
        "LOGGING__BASE_LOG_FOLDER": str(paths.airflow / "logs"),
        "USAGE_DATA_COLLECTION__ENABLED": "False",
    }
    prefixed = {f"AIRFLOW__{name}": value for name, value in options.items()}
    return {"AIRFLOW_HOME": str(paths.airflow), **prefixed}


def write_passwords(paths: Paths, made: Secrets) -> None:
    """Airflow takes the password that it finds, and makes one up only when there is none."""
    private_write(paths.run_dir / "airflow-passwords.json", json.dumps({USER: made.password}))


def product_environment(paths: Paths, made: Secrets) -> dict[str, str]:
    """Where the product finds its ledger, its key and its flows."""
    return {
        "INVOICE_SYNC_DATABASE": f"sqlite:///{paths.ledger}",
        "INVOICE_SYNC_KEYS": made.ledger_key,
        "INVOICE_SYNC_FLOWS": str(paths.repo / "include" / "flows.yaml"),
    }


def connections(vendors: Mapping[str, Any], index_url: str) -> dict[str, dict[str, Any]]:
    """Airflow connections to the companies of the sandbox that the flows name, and to its chat, by id."""
    found = {
        "rootstock_acme": _rootstock(vendors["salesforce"]),
        "quickbooks_acme": _quickbooks(vendors["quickbooks"]),
        "alerts": {"conn_type": "http", "host": f"{index_url}/hooks/alerts"},
    }
    for company, pair in SECOND_PAIR.items():
        if "acumatica" in vendors:
            found[f"acumatica_{company}"] = _acumatica(vendors["acumatica"], pair.tenant)
        if "bigcommerce" in vendors:
            found[f"bigcommerce_{company}"] = _bigcommerce(vendors["bigcommerce"], pair.store)
    return found


def _rootstock(vendor: Mapping[str, Any]) -> dict[str, Any]:
    return _application("rootstock", vendor, {"api_version": vendor["api_version"]})


def _quickbooks(vendor: Mapping[str, Any]) -> dict[str, Any]:
    extra = {name: vendor[name] for name in ("token_url", "authorize_url", "minor_version")}
    return _application("quickbooks", vendor, {**extra, "refresh_token": vendor["realms"][0]["refresh_token"]})


def _acumatica(vendor: Mapping[str, Any], tenant: str) -> dict[str, Any]:
    """The first user of the tenant is the integration's."""
    user = next(each for each in vendor["tenants"] if each["name"] == tenant)["users"][0]
    extra = {"endpoint_version": vendor["endpoint"]["version"], "operation_seconds": OPERATION_SECONDS}
    return _connection("acumatica", vendor["base_url"], user["name"], user["password"], extra)


def _bigcommerce(vendor: Mapping[str, Any], store: str) -> dict[str, Any]:
    token = next(each for each in vendor["stores"] if each["store_hash"] == store)["access_token"]
    return _connection("bigcommerce", vendor["base_url"], store, token, {"core_url": vendor["core_url"]})


def _application(conn_type: str, vendor: Mapping[str, Any], extra: Mapping[str, Any]) -> dict[str, Any]:
    keys = vendor["credentials"]
    return _connection(conn_type, vendor["base_url"], keys["client_id"], keys["client_secret"], extra)


def _connection(conn_type: str, host: str, login: str, password: str, extra: Mapping[str, Any]) -> dict[str, Any]:
    settings = json.dumps({**extra, **SANDBOX_PACE})
    return {"conn_type": conn_type, "host": host, "login": login, "password": password, "extra": settings}
