"""The daily DAG that keeps sign-ins alive, whether or not a flow runs."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from airflow.sdk import get_current_context, task
from airflow.sdk.exceptions import AirflowFailException

from invoice_sync.model.errors import NeedsPerson
from invoice_sync.model.flow import Endpoint, Flow
from invoice_sync.orchestration import nightly
from invoice_sync.orchestration.flows import flow_named, renewable
from invoice_sync.orchestration.retries import ByCause

log = logging.getLogger("invoice_sync.tokens")

RUNBOOK = """
### Keep tokens alive

Some vendors end a sign-in that nobody uses (QuickBooks: after 100 days), and every one after some years whatever
happens (QuickBooks: 5). Every day each task here uses the sign-in of one company that was not used for a day, prints
how many days are left, and warns: at 40 and 90 days without use, and 60 and 10 days before the end for good. The
warnings are in the process log too.

**When a task is red:** a person must connect again; the log names the command. It needs a browser:

    python -m invoice_sync.connect quickbooks --company acme

Then clear the task, and clear *check* of the flow's red run with downstream. Clearing too much does no harm.

**Up for retry:** the other side did not answer. It tries again by itself; the old token is kept.
"""


def upkeep_settings() -> dict[str, Any]:
    """The arguments of `DAG`."""
    return {
        "dag_id": "keep_tokens_alive",
        "dag_display_name": "Keep tokens alive",
        "description": "Uses every renewable sign-in once a day and warns before one ends",
        "doc_md": RUNBOOK,
        "schedule": nightly.at("23 5 * * *", "UTC"),
        "catchup": False,
        "max_active_runs": 1,
        "tags": ["Invoice Sync", "Process Log", *sorted({side.vendor for _, side in renewable()})],
        "default_args": {"owner": "invoice-sync"},
    }


def keep_alive(flow: Flow, side: Endpoint) -> Any:
    """The task of one company at one vendor."""

    @task(
        task_id=f"{side.vendor}_{flow.company}",
        task_display_name=f"{side.vendor} of {flow.company}",
        doc_md=RUNBOOK,
        retries=5,
        retry_delay=timedelta(minutes=5),
        retry_policy=ByCause(),
    )
    def keep_one_alive(flow_name: str, vendor: str) -> dict[str, int]:
        return keep_in_airflow(flow_name, vendor)

    return keep_one_alive(flow.name, side.vendor)


def keep_in_airflow(flow_name: str, vendor: str) -> dict[str, int]:
    """Days left; red without retry when a person is needed."""
    flow = flow_named(flow_name)
    side = flow.destination if flow.destination.vendor == vendor else flow.source
    try:
        return _keep(flow, side)
    except NeedsPerson as error:
        log.error("%s", error)
        raise AirflowFailException("A person is needed; the line above says for what.") from None


def _keep(flow: Flow, side: Endpoint) -> dict[str, int]:
    """Heavy imports stay out of the parse."""
    from invoice_sync.ledger.database import Database
    from invoice_sync.orchestration import connections, logs
    from invoice_sync.steps.tokens import keep_alive as keep

    login = connections.login(side)
    task_ref = logs.task_ref(get_current_context())
    return dict(keep(flow, side, login, task_ref, Database.from_environment(), mask=logs.mask))
