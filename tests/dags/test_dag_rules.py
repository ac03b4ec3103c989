"""The DAG as Airflow sees it: tasks, edges, rules, forms; and what a mistake in flows.yaml looks like.

Airflow is imported in a process of its own, so that every other test stays free of it.
"""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
DAG_FILE = ROOT / "dags" / "invoices.py"
FLOWS = yaml.safe_load((ROOT / "include" / "flows.yaml").read_text())
FLOW = FLOWS["flows"][0]

STEPS = ("check", "extract", "match_customers", "match_products", "plan", "add_customers", "add_products", "export",
         "acknowledge", "report")  # fmt: skip
EDGES = {
    "check": {"extract"},
    "extract": {"match_customers", "match_products"},
    "match_customers": {"plan"},
    "match_products": {"plan"},
    "plan": {"add_customers", "add_products"},
    "add_customers": {"export"},
    "add_products": {"export"},
    "export": {"acknowledge"},
    "acknowledge": set[str](),
    "report": set[str](),
}

PARSE = """
import json, os, sys
from airflow.dag_processing.dagbag import DagBag

def seen(dag):
    return {
        "tasks": {
            task.task_id: {
                "downstream": sorted(task.downstream_task_ids), "rule": str(task.trigger_rule.value),
                "retries": task.retries, "delay": task.retry_delay.total_seconds(), "doc_md": task.doc_md or "",
                "policy": type(task.retry_policy).__name__, "mapped": task.is_mapped,
                "outlets": [each.uri for each in task.outlets],
            }
            for task in dag.tasks
        },
        "max_active_runs": dag.max_active_runs, "catchup": dag.catchup, "tags": sorted(dag.tags),
        "doc_md": dag.doc_md or "", "params": {name: dag.params.get_param(name).value for name in dag.params},
        "schedule": repr(dag.timetable), "zone": str(getattr(dag.timetable, "timezone", "")),
        "display": dag.dag_display_name,
    }

answers = {}
for name, flows in json.load(sys.stdin).items():
    os.environ["INVOICE_SYNC_FLOWS"] = flows
    bag = DagBag(os.environ["DAG_FILE"], safe_mode=False)
    errors = list(bag.import_errors.values())
    answers[name] = {"errors": errors, "dags": {key: seen(dag) for key, dag in bag.dags.items()}}
heavy = [name for name in ("pandas", "requests", "invoice_sync.steps", "invoice_sync.ledger") if name in sys.modules]
print(json.dumps({"answers": answers, "ours": heavy}))
"""


def without(*keys: str) -> dict[str, Any]:
    return {name: value for name, value in FLOW.items() if name not in keys}


MISTAKES: dict[str, tuple[Any, list[str]]] = {
    "write_back is missing": ([without("write_back")], ["write_back", "none (", "acknowledge (", "transferred_flag ("]),
    "write_back is unknown": ([FLOW | {"write_back": "maybe"}], ["write_back", "none (", "transferred_flag ("]),
    "a key is unknown": ([FLOW | {"colour": "red"}], ["colour", "rootstock_to_quickbooks"]),
    "an option is unknown": ([FLOW | {"options": {"send_bach": 3}}], ["options.send_bach"]),
    "the time zone is wrong": (
        [FLOW | {"timezone": "America/Gotham"}],
        ["timezone", "America/Gotham", "Europe/Berlin"],
    ),
    "a name is used twice": ([FLOW, FLOW], ["rootstock_to_quickbooks", "used twice", "every flow needs its own"]),
    "the company is no slug": ([FLOW | {"company": "Acme Inc."}], ["company", "a short name in lower case"]),
    "the tenant is missing": (
        [FLOW | {"source": {"vendor": "rootstock", "connection": "c"}}],
        ["source.tenant", "<org id>/<company number>"],
    ),
    "two mistakes": ([without("write_back") | {"timezone": "x"}], ["write_back", "timezone"]),
    "there is no list": ("nothing", ["'flows' must hold a list"]),
}


@pytest.fixture(scope="module")
def parsed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What DagBag finds with the installed flows.yaml, with two flows, and with every mistake."""
    home = tmp_path_factory.mktemp("airflow")
    files = {"installed": str(ROOT / "include" / "flows.yaml"), "no file": str(home / "nowhere.yaml")}
    west = FLOW | {"name": "west", "company": "west", "schedule": None, "write_back": "none"}
    contents = {"two flows": [FLOW, west]} | {name: flows for name, (flows, _) in MISTAKES.items()}
    for name, flows in contents.items():
        file = home / f"{name.replace(' ', '_')}.yaml"
        file.write_text(yaml.safe_dump({"flows": flows}))
        files[name] = str(file)
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(home), "AIRFLOW_HOME": str(home), "DAG_FILE": str(DAG_FILE),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False", "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", PARSE], input=json.dumps(files), env=environment, capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


@pytest.fixture(scope="module")
def dag(parsed: dict[str, Any]) -> dict[str, Any]:
    installed = parsed["answers"]["installed"]
    assert installed["errors"] == []
    found: dict[str, Any] = installed["dags"]["rootstock_to_quickbooks"]
    return found


def test_the_dag_has_the_ten_steps_and_no_others(dag: dict[str, Any]) -> None:
    assert set(dag["tasks"]) == set(STEPS)


def test_the_chain_is_that_of_the_design(dag: dict[str, Any]) -> None:
    found = {name: set(task["downstream"]) - {"report"} for name, task in dag["tasks"].items()}
    assert found == EDGES


def test_report_hangs_directly_on_every_step(dag: dict[str, Any]) -> None:
    assert {name for name, task in dag["tasks"].items() if "report" in task["downstream"]} == set(STEPS) - {"report"}


def test_everything_after_check_runs_whatever_became_of_the_step_before(dag: dict[str, Any]) -> None:
    rules = {name: task["rule"] for name, task in dag["tasks"].items()}
    assert rules == {"check": "all_success"} | dict.fromkeys(STEPS[1:], "all_done")


def test_killed_processes_are_tried_again_and_the_cause_decides(dag: dict[str, Any]) -> None:
    settings = {(task["retries"], task["delay"], task["policy"]) for task in dag["tasks"].values()}
    assert settings == {(3, 30.0, "ByCause")}


def test_one_task_a_step_and_never_one_a_document(dag: dict[str, Any]) -> None:
    assert not any(task["mapped"] for task in dag["tasks"].values())


def test_one_run_of_a_flow_at_a_time_and_no_nights_made_up_for(dag: dict[str, Any]) -> None:
    assert (dag["max_active_runs"], dag["catchup"]) == (1, False)


def test_its_users_find_it_under_their_own_words(dag: dict[str, Any]) -> None:
    assert {"Sales Invoice Exporter", "Process Log", "acme", "rootstock", "quickbooks"} <= set(dag["tags"])
    assert dag["display"] == "Sales Invoice Exporter (acme)"


def test_it_runs_at_night_in_the_companys_own_time_zone(dag: dict[str, Any]) -> None:
    assert "America/New_York" in dag["zone"] + dag["schedule"]


def test_the_runbook_says_what_to_do_when_a_task_is_red(dag: dict[str, Any]) -> None:
    assert all(text in dag["doc_md"] for text in ("When a task is red", "nothing is sent twice", "transferred_flag"))
    undocumented = [name for name, task in dag["tasks"].items() if len(task["doc_md"]) < 40]
    assert undocumented == []


def test_the_trigger_form_offers_what_the_steps_understand(dag: dict[str, Any]) -> None:
    assert dag["params"] == {
        "documents": [],
        "changed_since": None,
        "dry_run": False,
        "limit": None,
        "full_sweep": False,
    }


def test_export_announces_the_asset_of_the_destination_company(dag: dict[str, Any]) -> None:
    outlets = {name: task["outlets"] for name, task in dag["tasks"].items() if task["outlets"]}
    assert outlets == {"export": ["x-invoice-sync://quickbooks/acme/invoices"]}


def test_a_new_flow_is_one_entry_in_flows_yaml(parsed: dict[str, Any]) -> None:
    found = parsed["answers"]["two flows"]
    assert (found["errors"], set(found["dags"])) == ([], {"rootstock_to_quickbooks", "west"})


def test_parsing_does_not_load_ledger_steps_or_pandas(parsed: dict[str, Any]) -> None:
    """Airflow parses every half minute."""
    assert [name for name in parsed["ours"] if name.startswith("invoice_sync")] == []


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_in_flows_yaml_is_an_import_error_that_names_file_key_and_cure(
    parsed: dict[str, Any], mistake: str
) -> None:
    found = parsed["answers"][mistake]

    assert found["dags"] == {}
    [error] = found["errors"]
    told = error.split("FlowsError")[-1]
    assert f"{mistake.replace(' ', '_')}.yaml" in told
    assert [text for text in MISTAKES[mistake][1] if text not in told] == []


def test_a_missing_flows_yaml_says_where_it_was_looked_for(parsed: dict[str, Any]) -> None:
    [error] = parsed["answers"]["no file"]["errors"]
    assert "nowhere.yaml cannot be read" in error
    assert "INVOICE_SYNC_FLOWS" in error


@pytest.mark.parametrize("file", ["invoices.py", "releases.py", "upkeep.py"])
def test_a_dag_file_reads_as_its_diagram(file: str) -> None:
    text = DAG_FILE.with_name(file).read_text()
    code = [line for line in text.splitlines() if line.strip() and not line.strip().startswith(("#", '"""'))]
    assert len(code) <= 40
    logic = (ast.If, ast.While, ast.FunctionDef, ast.Try, ast.Lambda, ast.ListComp)
    assert [type(node).__name__ for node in ast.walk(ast.parse(text)) if isinstance(node, logic)] == []


def test_the_steps_of_the_dag_are_those_of_the_chain() -> None:
    from invoice_sync.orchestration.runbook import STEPS as DOCUMENTED
    from invoice_sync.steps.chain import CHAINS

    assert tuple(CHAINS["invoice"]) == STEPS
    assert set(DOCUMENTED) == {step for chain in CHAINS.values() for step in chain}


def test_the_steps_and_their_runbook_know_no_airflow() -> None:
    """In a process of its own: another test of this one may have imported it."""
    looked = "import sys, invoice_sync.steps.chain, invoice_sync.orchestration.runbook; print('airflow' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", looked], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


RELEASE = {
    "name": "acumatica_release", "title": "Order to Release", "kind": "release", "company": "wholesale",
    "source": {"vendor": "acumatica", "connection": "acumatica_wholesale", "tenant": "Wholesale/"},
}  # fmt: skip
SYNC = RELEASE | {
    "name": "acumatica_to_bigcommerce", "title": "Invoice Sync", "kind": "invoice", "write_back": "activity",
    "destination": {"vendor": "bigcommerce", "connection": "bigcommerce_wholesale", "tenant": "hw7kq2x9ab"},
    "schedule": "*/10 * * * *",
}  # fmt: skip
RELEASING = """
import json, os, sys
from airflow.dag_processing.dagbag import DagBag
seen = {}
for file in ("invoices.py", "releases.py"):
    bag = DagBag(os.path.join(os.environ["DAGS"], file), safe_mode=False)
    assert not bag.import_errors, bag.import_errors
    for key, dag in bag.dags.items():
        seen[key] = {
            "tasks": [task.task_id for task in dag.topological_sort()],
            "names": {task.task_id: task.task_display_name for task in dag.tasks},
            "into_report": sorted(dag.get_task("report").upstream_task_ids),
            "params": sorted(dag.params), "schedule": type(dag.timetable).__name__,
            "assets": [asset.uri for asset in getattr(getattr(dag.timetable, "asset_condition", None), "objects", [])],
            "outlets": [each.uri for task in dag.tasks for each in task.outlets],
        }
print(json.dumps(seen))
"""


@pytest.fixture(scope="module")
def releasing(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("releasing")
    (folder / "flows.yaml").write_text(yaml.safe_dump({"flows": [RELEASE, SYNC]}))
    environment = {
        **os.environ, "AIRFLOW_HOME": str(folder), "INVOICE_SYNC_FLOWS": str(folder / "flows.yaml"),
        "DAGS": str(ROOT / "dags"), "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", RELEASING],
        env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    seen: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return seen


def test_a_release_flow_has_the_steps_of_the_screens_under_their_names(releasing: dict[str, Any]) -> None:
    dag = releasing["acumatica_release"]
    steps = ["create_shipment", "confirm_shipment", "prepare_invoice", "release"]

    assert dag["tasks"] == ["check", "select_orders", *steps, "report"]
    assert [dag["names"][step] for step in steps] == [
        "Create Shipment",
        "Confirm Shipment",
        "Prepare Invoice",
        "Release",
    ]
    assert dag["into_report"] == sorted(["check", "select_orders", *steps])
    assert {"documents", "warehouse", "shipment_date", "dry_run"} <= set(dag["params"])


def test_a_release_sets_off_the_sync_and_its_own_schedule_stays(releasing: dict[str, Any]) -> None:
    sync = releasing["acumatica_to_bigcommerce"]

    assert sync["schedule"] == "AssetOrTimeSchedule"
    assert sync["assets"] == releasing["acumatica_release"]["outlets"]
