"""What the local commands and the tests ask of Airflow's REST API (v2)."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from invoice_sync.orchestration.local.polling import Part, patiently, together

TIMEOUT = (5, 60)
PAGE = 100
# seconds; SQLite has one writer, and Airflow's processes all write
BUSY_PAUSES = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
RUN_ENDED = ("success", "failed")
Watch = Callable[[Sequence["TaskState"]], None]


class AirflowRefused(RuntimeError):
    """Airflow answered with an error."""


@dataclass(frozen=True)
class Login:
    """Who opens Airflow's pages."""

    user: str
    password: str


@dataclass(frozen=True)
class TaskState:
    """One task of a run; state is None until the scheduler has looked at it."""

    task_id: str
    state: str | None
    try_number: int
    pid: int | None
    start_date: str | None
    end_date: str | None

    @classmethod
    def of(cls, data: dict[str, Any]) -> TaskState:
        """From one element of Airflow's answer."""
        return cls(
            data["task_id"],
            data["state"],
            data["try_number"],
            data["pid"],
            data["start_date"],
            data["end_date"],
        )


class AirflowRest:
    """A signed-in client."""

    def __init__(
        self,
        url: str,
        login: Login,
        check: Callable[[], None] = lambda: None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.url = url.rstrip("/")
        self._sleep = sleep
        self.login = login
        self._check = check
        self._token: str | None = None
        self._session = requests.Session()
        # the machine's proxy has no business with 127.0.0.1
        self._session.trust_env = False
        # a refused connection is no slip but a server that is not up: that is asked again, with care, elsewhere
        reads = Retry(total=4, connect=0, backoff_factor=0.3, allowed_methods={"GET"}, raise_on_status=False)
        self._session.mount("http://", HTTPAdapter(max_retries=reads))

    def close(self) -> None:
        """Give the sockets back."""
        self._session.close()

    def healthy(self) -> bool:
        """Whether the API answers and a scheduler is at work."""
        try:
            answer = self._session.get(f"{self.url}/api/v2/monitor/health", timeout=TIMEOUT)
        except requests.RequestException:
            return False  # not up yet is an answer here, not an error
        return answer.ok and answer.json()["scheduler"]["status"] == "healthy"

    def dag_known(self, dag_id: str) -> bool:
        """Whether the DAG has been read from its file."""
        return self._call("GET", f"/dags/{dag_id}", allowed=(404,)).status_code == 200

    def import_errors(self) -> list[str]:
        """What Airflow says about files that it could not read."""
        errors = self._call("GET", "/importErrors").json()["import_errors"]
        return [f"{error['filename']}: {error['stack_trace']}" for error in errors]

    def add_connection(self, name: str, fields: dict[str, Any]) -> None:
        """As somebody types it under Admin, Connections."""
        self._call("POST", "/connections", {"connection_id": name, **fields})

    def test_connection(self, name: str) -> tuple[bool, str]:
        """Press Test; what it said."""
        known = self._call("GET", f"/connections/{name}").json()
        fields = {key: known[key] for key in ("connection_id", "conn_type", "host", "login", "extra") if known.get(key)}
        answer = self._call("POST", "/connections/test", fields).json()
        return bool(answer["status"]), str(answer["message"])

    def unpause(self, dag_id: str) -> None:
        """Let its runs begin; a new DAG is paused unless Airflow was told otherwise."""
        self._call("PATCH", f"/dags/{dag_id}?update_mask=is_paused", {"is_paused": False})

    def trigger(self, dag_id: str, conf: dict[str, Any] | None = None) -> str:
        """Start a run; answers its id."""
        body = {
            "dag_run_id": f"manual__{datetime.now(UTC).isoformat()}",
            "logical_date": None,
            "conf": conf or {},
        }
        return str(self._call("POST", f"/dags/{dag_id}/dagRuns", body).json()["dag_run_id"])

    def dags_found(self, **search: str) -> list[str]:
        """Ids of the DAGs that the search of the UI would show."""
        asked = "&".join(f"{name}={quote(value)}" for name, value in search.items())
        return [str(dag["dag_id"]) for dag in self._call("GET", f"/dags?{asked}").json()["dags"]]

    def newest_run(self, dag_id: str, run_type: str) -> str | None:
        """The id of the newest run of a type: manual, scheduled, backfill."""
        path = f"/dags/{dag_id}/dagRuns?run_type={run_type}&order_by=-run_after&limit=1"
        return next((str(run["dag_run_id"]) for run in self._call("GET", path).json()["dag_runs"]), None)

    def backfill(self, dag_id: str, since: str, until: str) -> None:
        """One run for each planned start in between."""
        span = {"from_date": since, "to_date": until}
        self._call("POST", "/backfills", {"dag_id": dag_id, **span, "max_active_runs": 1, "dag_run_conf": {}})

    def run_state(self, dag_id: str, run_id: str) -> str:
        """queued, running, success or failed."""
        return str(self._call("GET", f"/dags/{dag_id}/dagRuns/{run_id}").json()["state"])

    def task_instances(self, dag_id: str, run_id: str) -> list[TaskState]:
        """Every task of the run, first started first."""
        path = f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances?limit={PAGE}"
        found = [TaskState.of(data) for data in self._call("GET", path).json()["task_instances"]]
        return sorted(found, key=lambda task: (task.start_date is None, task.start_date or "", task.task_id))

    def task(self, dag_id: str, run_id: str, task_id: str) -> TaskState:
        """One task of the run; `pid` is the process that runs it now or ran it last."""
        path = f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}"
        return TaskState.of(self._call("GET", path).json())

    def wait(self, dag_id: str, run_id: str, seconds: float = 600, watch: Watch | None = None) -> str:
        """Wait for the end of the run, showing every look to `watch`; answers success or failed."""
        [state] = together([self.ended(dag_id, run_id, seconds, watch)], self._check)
        return state

    def ended(self, dag_id: str, run_id: str, seconds: float = 600, watch: Watch | None = None) -> Part[str]:
        """As `wait`, for several runs at once."""

        def look() -> str | None:
            # the state first: what is shown last is then never older than the end
            state = self.run_state(dag_id, run_id)
            if watch is not None:
                watch(self.task_instances(dag_id, run_id))
            return state if state in RUN_ENDED else None

        return patiently(look, f"the end of run {run_id}", seconds)

    def clear(self, dag_id: str, run_id: str, task_ids: Sequence[str], downstream: bool = True) -> list[str]:
        """Clear these tasks (and what follows them) in this run; answers all tasks that run again."""
        body = {
            "dry_run": False,
            "dag_run_id": run_id,
            "task_ids": list(task_ids),
            # what follows a red task may be green and must still run again
            "only_failed": False,
            "include_downstream": downstream,
            "reset_dag_runs": True,
        }
        answer = self._call("POST", f"/dags/{dag_id}/clearTaskInstances", body).json()
        return sorted({task["task_id"] for task in answer["task_instances"]})

    def log(self, dag_id: str, run_id: str, task_id: str, try_number: int | None = None) -> str:
        """The log of a task's newest (or given) try, one line an event."""
        number = try_number if try_number is not None else self.task(dag_id, run_id, task_id).try_number
        path = f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/logs/{number}?full_content=true"
        content = self._call("GET", path).json()["content"]
        return "\n".join(str(line.get("event", "")) if isinstance(line, dict) else line for line in content)

    def xcom(self, dag_id: str, run_id: str, task_id: str, key: str = "return_value") -> Any:
        """What a task handed on."""
        path = f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/xcomEntries/{key}?deserialize=true"
        return self._call("GET", path).json()["value"]

    def run_page(self, dag_id: str, run_id: str) -> str:
        """Where a person looks at the run."""
        return f"{self.url}/dags/{dag_id}/runs/{quote(run_id, safe=':')}"

    def _call(
        self, method: str, path: str, body: dict[str, Any] | None = None, allowed: Sequence[int] = ()
    ) -> requests.Response:
        answer = self._send_patiently(method, path, body)
        if answer.status_code == 401:
            self._token = None
            answer = self._send_patiently(method, path, body)
        if not answer.ok and answer.status_code not in allowed:
            raise AirflowRefused(f"{method} {path}: {answer.status_code} {answer.text[:500]}")
        return answer

    def _send_patiently(self, method: str, path: str, body: dict[str, Any] | None) -> requests.Response:
        """Again while Airflow says that its database let nobody in: it has taken nothing then."""
        for pause in BUSY_PAUSES:
            answer = self._send(method, path, body)
            if not (answer.status_code == 500 and "Database error" in answer.text):
                return answer
            self._sleep(pause)
        return self._send(method, path, body)

    def _send(self, method: str, path: str, body: dict[str, Any] | None) -> requests.Response:
        headers = {"Authorization": f"Bearer {self._token or self._sign_in()}", "Accept": "application/json"}
        url = f"{self.url}/api/v2{path.replace('+', '%2B')}"
        return self._session.request(method, url, json=body, headers=headers, timeout=TIMEOUT)

    def _sign_in(self) -> str:
        credentials = {"username": self.login.user, "password": self.login.password}
        answer = self._session.post(f"{self.url}/auth/token", json=credentials, timeout=TIMEOUT)
        if not answer.ok:
            raise AirflowRefused(f"sign-in: {answer.status_code} {answer.text[:500]}")
        self._token = str(answer.json()["access_token"])
        return self._token
