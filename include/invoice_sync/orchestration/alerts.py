"""Tells a chat or a pager that a run went red, over the http provider's connection and hook.

A callback of the DAG, not a task: a task behind report would decide the colour of the run.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from airflow.sdk import BaseNotifier, Context

if TYPE_CHECKING:
    from invoice_sync.model.flow import Flow

log = logging.getLogger("invoice_sync.alerts")

TRIES = 4
LONGEST_WAIT = 8.0
TIMEOUT = 10


class RedRun(BaseNotifier):
    """Posts {"text": ...}, as Slack, Mattermost, Google Chat and most bridges take it.

    The text names the flow, what waits (counts, sums and causes, no names), the tasks to clear, and the run's page.
    """

    def __init__(self, flow: str) -> None:
        super().__init__()
        self.flow = flow

    def notify(self, context: Context) -> None:
        """Runs in the dag-processor. Raises what the http hook raises when nobody took the alert."""
        # the ledger and the http provider stay out of the parse
        from invoice_sync.ledger.database import Database
        from invoice_sync.orchestration.flows import flow_named
        from invoice_sync.steps.alert import red_run

        flow, run_id = flow_named(self.flow), str(context["run_id"])
        text = red_run(flow, run_id, Database.from_environment())
        _post(flow, f"{text}\n{run_page(flow.name, run_id)}")
        log.info("the red run %s was told over the connection %s", run_id, flow.alert)


def run_page(dag_id: str, run_id: str) -> str:
    """Where a person looks at the run."""
    from airflow.sdk.configuration import conf

    base = (conf.get("api", "base_url", fallback="") or "http://localhost:8080").rstrip("/")
    return f"{base}/dags/{dag_id}/runs/{quote(run_id, safe=':')}"


def _post(flow: Flow, text: str) -> None:
    import tenacity
    from airflow.providers.http.hooks.http import HttpHook

    again: dict[str, Any] = {
        "stop": tenacity.stop_after_attempt(TRIES),
        "wait": tenacity.wait_random_exponential(max=LONGEST_WAIT),
        # the hook tells a refusal and a lost connection alike; four tries harm neither
        "retry": tenacity.retry_if_exception_type(Exception),
        "reraise": True,
    }
    hook = HttpHook(method="POST", http_conn_id=flow.alert or "")
    hook.run_with_advanced_retry(again, json={"text": text}, extra_options={"timeout": TIMEOUT})
