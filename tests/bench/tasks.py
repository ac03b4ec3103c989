"""How many task instances Airflow makes of a run that carries ten thousand invoices.

A real run of the real DAG file in an Airflow of its own, through `dag.test()`: Airflow's own runner without a
scheduler, which makes the same DAG run and the same task instances. Its database is asked afterwards.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from bench import scene
from bench.figures import Figure
from bench.scene import Scene
from house import FLOWS
from invoice_sync.orchestration.flows import load
from invoice_sync.orchestration.local.environment import connections

REPO = Path(__file__).parents[2]
RUN = """
import json, sys
from unittest.mock import patch
from airflow.dag_processing.dagbag import DagBag
from airflow.models.taskinstance import TaskInstance
from airflow.utils.session import create_session
from sqlalchemy import func, select
from invoice_sync.connectors import registry

name, runner_file = sys.argv[1:]
bag = DagBag(runner_file)
assert not bag.import_errors, bag.import_errors
with patch.dict(registry.LIMITS, clear=True):
    run = bag.dags[name].test()
with create_session() as session:
    mine = TaskInstance.dag_id == name, TaskInstance.run_id == run.run_id
    query = select(TaskInstance.state, func.count()).where(*mine).group_by(TaskInstance.state)
    found = dict(map(tuple, session.execute(query).all()))
print(json.dumps({"state": str(run.state), "instances": {str(state): count for state, count in found.items()}}))
"""


def measure(invoices: int) -> list[Figure]:
    """Raises RuntimeError when the run does not end green or does not carry them all."""
    with scene.empty() as stage:
        stage.server.load(invoices, scene.FIRST)
        known = len(stage.server.created())
        told = _run(stage)
        created = len(stage.server.created()) - known
        if told["state"] != "success" or created != invoices:
            raise RuntimeError(f"the run ended {told}, and {created} of {invoices} invoices were created")
    return [Figure("airflow.task_instances_per_10k", sum(told["instances"].values()))]


def _run(stage: Scene) -> dict[str, Any]:
    env = _environment(stage)
    airflow = Path(sys.executable).with_name("airflow")
    _checked([str(airflow), "db", "migrate"], env)
    out = _checked([sys.executable, "-c", RUN, load(FLOWS)[0].name, str(REPO / "dags" / "invoices.py")], env)
    found: dict[str, Any] = json.loads(out.splitlines()[-1])
    return found


def _checked(command: list[str], env: dict[str, str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=env, cwd=REPO)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command[:3])} failed:\n{done.stderr[-3000:]}")
    return done.stdout


def _environment(stage: Scene) -> dict[str, str]:
    home = stage.ledger.with_name("airflow")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
    return {
        **kept,
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(REPO / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home / 'airflow.db'}",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR",
        "INVOICE_SYNC_DATABASE": f"sqlite:///{stage.ledger}",
        **_connections(stage),
    }


def _connections(stage: Scene) -> dict[str, str]:
    """As JSON in the environment, which is one of Airflow's own ways to bring connections along."""
    made = connections(stage.house.get("/")["vendors"], stage.server.index_url)
    return {f"AIRFLOW_CONN_{name.upper()}": json.dumps(kept) for name, kept in made.items()}
