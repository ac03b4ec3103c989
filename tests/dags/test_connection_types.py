"""Our connection types as Airflow sees them: forms, secrets, and a Test button that really signs in.

Airflow is imported in a process of its own, so that every other test stays free of it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from house import FAST, House
from invoice_sync.connectors import registry
from invoice_sync.steps.alert import red_run

FLOWS = Path(__file__).parents[2] / "include" / "flows.yaml"
VENDORS = sorted({*registry.SOURCES, *registry.DESTINATIONS})

FORMS = """
import json, sys
from pathlib import Path
import airflow, jsonschema
from airflow.providers_manager import ProvidersManager
from invoice_sync.orchestration.provider import get_provider_info

schema = json.loads((Path(airflow.__file__).parent / "provider.yaml.schema.json").read_text())
types = schema["properties"]["connection-types"]
jsonschema.validate(get_provider_info()["connection-types"], types)
ours = json.load(sys.stdin)
manager = ProvidersManager()
behaviours = manager.field_behaviours
widgets = {name: (info.field_name, info.is_sensitive) for name, info in manager.connection_form_widgets.items()}
print(json.dumps({
    "behaviours": {name: behaviours[name] for name in behaviours if name in ours},
    "secret": sorted(name for name, (_, hidden) in widgets.items() if hidden and name.split("__")[1] in ours),
    "hooks": {name: hook.hook_class_name for name, hook in manager.hooks.items() if hook and name in ours},
}))
"""

PRESS = """
import json, sys
from airflow.models.connection import Connection
said = {}
for name, fields in json.load(sys.stdin).items():
    connection = Connection(conn_id=name, **fields)
    said[name] = connection.test_connection()
print(json.dumps(said))
"""

TELL = """
import sys
from invoice_sync.orchestration import alerts
alerts.LONGEST_WAIT = 0.01
alerts.RedRun("rootstock_to_quickbooks").notify({"run_id": "scheduled__2026-11-22T07:00:00+00:00"})
"""

MODULE = """
import sys
import invoice_sync.orchestration.provider
print([name for name in ("airflow", "requests", "sqlalchemy", "pandas") if name in sys.modules])
"""


def in_airflow(script: str, folder: Path, given: object = None, **variables: str) -> str:
    environment = {
        **os.environ, "AIRFLOW_HOME": str(folder), "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{folder}/airflow.db",
        "AIRFLOW__API__BASE_URL": "https://airflow.example.com", **variables,
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script],
        env=environment, input=json.dumps(given), capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout.strip().splitlines()[-1] if done.stdout.strip() else ""


def surroundings(house: House, flows: Path) -> dict[str, str]:
    return {
        "INVOICE_SYNC_DATABASE": house.database.url, "INVOICE_SYNC_FLOWS": str(flows),
        **{f"AIRFLOW_CONN_{name.upper()}": json.dumps(fields) for name, fields in typed(house).items()},
    }  # fmt: skip


def typed(house: House) -> dict[str, dict[str, Any]]:
    """The connections as a person has typed them into the forms."""
    return {
        name: {
            "conn_type": name.partition("_")[0], "host": login.host, "login": login.user, "password": login.password,
            "extra": json.dumps({**login.extra, **FAST}),
        }
        for name, login in house.logins.items()
    }  # fmt: skip


@pytest.fixture(scope="module")
def forms(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    seen: dict[str, Any] = json.loads(in_airflow(FORMS, tmp_path_factory.mktemp("airflow"), VENDORS))
    return seen


def test_every_vendor_has_a_form_with_its_own_words(forms: dict[str, Any]) -> None:
    assert sorted(forms["behaviours"]) == VENDORS
    for behaviour in forms["behaviours"].values():
        assert {"schema", "port"} <= set(behaviour["hidden_fields"])
        assert {"host", "login", "password"} <= set(behaviour["relabeling"])
        assert behaviour["placeholders"]["host"].startswith("https://")


def test_secrets_of_the_forms_are_masked(forms: dict[str, Any]) -> None:
    assert {"extra__quickbooks__refresh_token", "extra__rootstock__private_key"} <= set(forms["secret"])


def test_every_form_has_a_test_button(forms: dict[str, Any]) -> None:
    assert sorted(forms["hooks"]) == VENDORS


def test_the_forms_load_nothing_heavy() -> None:
    done = subprocess.run([sys.executable, "-c", MODULE], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_button_signs_in_and_names_the_company(house: House, tmp_path: Path) -> None:
    told = json.loads(in_airflow(PRESS, tmp_path, typed(house), **surroundings(house, FLOWS)))

    assert [told[name][0] for name in sorted(told)] == [True, True], told
    assert "rootstock answers as Kestrel Supply Demo" in told["rootstock_acme"][1]
    assert "quickbooks answers as Acme" in told["quickbooks_acme"][1]


def test_a_connection_that_no_flow_uses_says_so(house: House, tmp_path: Path) -> None:
    stranger = {**typed(house)["quickbooks_acme"], "login": "another-client"}
    passing = {"AIRFLOW_CONN_SOMEBODYS": json.dumps(stranger)}  # as Airflow itself does for the time of the test
    told = json.loads(in_airflow(PRESS, tmp_path, {"somebodys": stranger}, **passing, **surroundings(house, FLOWS)))

    assert told["somebodys"][0] is False
    assert "quickbooks_acme" in told["somebodys"][1]


def test_a_red_run_reaches_the_chat_though_the_chat_was_down_at_first(house: House, tmp_path: Path) -> None:
    run_id = "scheduled__2026-11-22T07:00:00+00:00"
    house.run(run_id)
    house.post("/control/alerts/refuse", {"times": 2})
    chat = json.dumps({"conn_type": "http", "host": f"{house.sandbox.index_url}/hooks/alerts"})
    in_airflow(TELL, tmp_path, AIRFLOW_CONN_ALERTS=chat, **surroundings(house, FLOWS))

    page = "https://airflow.example.com/dags/rootstock_to_quickbooks/runs/scheduled__2026-11-22T07:00:00%2B00:00"
    assert house.get("/control/alerts")["alerts"] == [f"{red_run(house.flow, run_id, house.database)}\n{page}"]


def test_only_flows_that_name_a_connection_tell_anybody(tmp_path: Path) -> None:
    content = yaml.safe_load(FLOWS.read_text())
    quiet = {**content["flows"][0], "name": "quiet"}
    del quiet["alert"]
    content["flows"] = [content["flows"][0], quiet]
    (tmp_path / "flows.yaml").write_text(yaml.safe_dump(content))
    script = """
import json
from invoice_sync.orchestration.flows import installed_flows
from invoice_sync.orchestration.tasks import dag_settings
print(json.dumps({flow.name: type(dag_settings(flow)["on_failure_callback"]).__name__ for flow in installed_flows()}))
"""
    told = json.loads(in_airflow(script, tmp_path, INVOICE_SYNC_FLOWS=str(tmp_path / "flows.yaml")))

    assert told == {"rootstock_to_quickbooks": "RedRun", "quiet": "NoneType"}
