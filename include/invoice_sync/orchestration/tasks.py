"""The tasks of a flow: one a step, the same in every DAG."""

from __future__ import annotations

import logging
import textwrap
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import Asset, AssetOrTimeSchedule, Param, TriggerRule, get_current_context, task
from airflow.sdk.exceptions import (
    AirflowException,
    AirflowFailException,
    AirflowRescheduleException,
    AirflowSkipException,
)

from invoice_sync.model.errors import NeedsPerson, StillUncertain, TryLater
from invoice_sync.model.flow import Flow
from invoice_sync.orchestration import nightly
from invoice_sync.orchestration.alerts import RedRun
from invoice_sync.orchestration.flows import flow_named, installed_flows
from invoice_sync.orchestration.retries import ByCause
from invoice_sync.orchestration.runbook import flow_runbook, step_runbook
from invoice_sync.orchestration.stopping import Stopped, stopped_by_signal

log = logging.getLogger("invoice_sync")

DRY_RUN_SKIPS = frozenset(
    {"add_customers", "add_products", "export", "acknowledge"}
    | {"create_shipment", "confirm_shipment", "prepare_invoice", "release"}
)
DISPLAY_NAMES = {
    "create_shipment": "Create Shipment", "confirm_shipment": "Confirm Shipment",
    "prepare_invoice": "Prepare Invoice", "release": "Release",
}  # fmt: skip
"""The words of the screens that our users know."""

RESCHEDULE_FROM = 20.0
LOG_WIDTH = 120


def dag_settings(flow: Flow) -> dict[str, Any]:
    """The arguments of `@dag` for a flow; nothing in them varies from parse to parse."""
    return {
        "dag_id": flow.name,
        "dag_display_name": f"{flow.title} ({flow.company})",
        "description": _description(flow),
        "doc_md": flow_runbook(flow),
        "schedule": _schedule(flow),
        # no start_date: with one, Airflow would at once run the night that has passed
        "catchup": False,
        "max_active_runs": 1,
        "on_failure_callback": RedRun(flow.name) if flow.alert else None,
        "tags": sorted({flow.title, flow.company, flow.source.vendor, flow.destination.vendor, "Process Log"}),
        "params": _release_form() if flow.kind == "release" else _form(),
        "default_args": {"owner": "invoice-sync"},
    }


def step(flow: Flow, name: str) -> Any:
    """The task of one step. Everything after check runs whatever became of its neighbours: the ledger decides."""

    @task(
        task_id=name,
        task_display_name=DISPLAY_NAMES.get(name, name.replace("_", " ")),
        doc_md=step_runbook(name),
        retries=3,
        retry_delay=timedelta(seconds=30),
        retry_policy=ByCause(),
        trigger_rule=TriggerRule.ALL_SUCCESS if name == "check" else TriggerRule.ALL_DONE,
        outlets=[_asset(flow)] if name in ("export", "release") else None,
    )
    def run_one_step(flow_name: str, step_name: str) -> dict[str, int]:
        return run_in_airflow(flow_name, step_name)

    return run_one_step(flow.name, name)


def run_in_airflow(flow_name: str, step_name: str) -> dict[str, int]:
    """Counts of the step; what it raised becomes the colour that Airflow should show."""
    try:
        with stopped_by_signal():
            return _run(flow_named(flow_name), step_name)
    except Stopped as error:
        raise AirflowException(f"Stopped: {error}. What was on its way is looked up by the next try.") from None
    except StillUncertain as error:
        log.warning("%s The task comes back by itself.", error)
        raise AirflowRescheduleException(error.until + timedelta(seconds=1)) from None
    except TryLater as error:
        if error.wait is None or error.wait < RESCHEDULE_FROM:
            raise
        log.warning("%s The task comes back in %.0f s.", error, error.wait)
        raise AirflowRescheduleException(datetime.now(UTC) + timedelta(seconds=error.wait)) from None
    except NeedsPerson as error:
        log.error("%s", _wrapped(str(error)))
        raise AirflowFailException(str(error).partition(" What to do:")[0].splitlines()[0]) from None


def _run(flow: Flow, step_name: str) -> dict[str, int]:
    """Heavy imports stay out of the parse."""
    from invoice_sync.ledger.database import Database
    from invoice_sync.model.flow import RunOptions
    from invoice_sync.orchestration import connections, logs
    from invoice_sync.steps.chain import run_step, skip_step
    from invoice_sync.steps.wiring import open_context

    context = get_current_context()
    options = RunOptions.model_validate(_given(context["params"]))
    found = connections.logins(flow)
    if step_name == "check":
        for side in flow.sides:
            connections.probe(found[side.connection], side.vendor)
    work = open_context(flow, options, logs.task_ref(context), found, Database.from_environment(), mask=logs.mask)
    if options.dry_run and step_name in DRY_RUN_SKIPS:
        skip_step(work)
        raise AirflowSkipException("A dry run ends with plan; its log is the preview.")
    return dict(run_step(work))


def _wrapped(message: str) -> str:
    """Lines that Airflow's log view shows whole."""
    return "\n".join(part for line in message.splitlines() for part in textwrap.wrap(line, LOG_WIDTH) or [""])


def _given(params: Any) -> dict[str, Any]:
    """The form's values; an empty field is a field not given."""
    return {name: value for name, value in dict(params).items() if value not in (None, "")}


def _form() -> dict[str, Param]:
    return {
        "documents": Param(
            [], type=["null", "array"], items={"type": "string"}, title="Documents",
            description="Invoice numbers, one a line. Empty: everything that is due. Moves no cursor.",
        ),
        "changed_since": Param(
            None, type=["null", "string"], format="date-time", title="Changed since",
            description="Reads from here instead of where the last run ended.",
        ),
        "dry_run": Param(False, type="boolean", title="Dry run", description="Ends with the plan; writes nothing."),
        "limit": Param(None, type=["null", "integer"], minimum=1, title="Limit", description="At most so many."),
        "full_sweep": Param(
            False, type="boolean", title="Full sweep", description="Compares everything that is due anew."
        ),
    }  # fmt: skip


def _release_form() -> dict[str, Param]:
    form = _form()
    return {
        "documents": Param(
            [], type=["null", "array"], items={"type": "string"}, title="Orders",
            description="Order numbers, one a line. Empty: those that the flow's saved filter finds.",
        ),
        "warehouse": Param("", type=["null", "string"], title="Warehouse", description="Empty: each line's own."),
        "shipment_date": Param(
            None, type=["null", "string"], format="date", title="Shipment date", description="Empty: today.",
        ),
        "dry_run": form["dry_run"],
        "limit": form["limit"],
    }  # fmt: skip


def _description(flow: Flow) -> str:
    if flow.kind == "release":
        return f"Orders to shipments to released invoices in {flow.source.vendor}"
    return f"{flow.kind.capitalize()}s from {flow.source.vendor} to {flow.destination.vendor}"


def _schedule(flow: Flow) -> Any:
    """Its cron; and where a release flow feeds the same source, whenever that one has released something."""
    cron = nightly.at(flow.schedule, flow.timezone) if flow.schedule else None
    fed_by = [_asset(each) for each in installed_flows("release") if each.source == flow.source]
    if flow.kind == "release" or not fed_by:
        return cron
    return AssetOrTimeSchedule(timetable=cron, assets=fed_by) if cron else fed_by


def _asset(flow: Flow) -> Asset:
    what = "releases" if flow.kind == "release" else f"{flow.kind}s"
    return Asset(
        name=f"{flow.destination.vendor}_{flow.company}_{what}",
        uri=f"x-invoice-sync://{flow.destination.vendor}/{flow.company}/{what}",
    )
