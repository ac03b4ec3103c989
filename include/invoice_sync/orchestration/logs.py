"""Who is at work, and what no log may show."""

from __future__ import annotations

from typing import Any

from airflow.sdk.log import mask_secret

from invoice_sync.ledger.scope import TaskRef


def task_ref(context: Any) -> TaskRef:
    """The running task instance, as attempts and the process log remember it."""
    instance, run = context["ti"], context["dag_run"]
    user = getattr(run, "triggering_user_name", None) or str(getattr(run, "run_type", ""))
    return TaskRef(
        instance.dag_id, instance.run_id, instance.task_id, instance.try_number, instance.map_index or -1, user
    )


def mask(secret: str) -> None:
    """From now on the secret is *** in every log line of this process."""
    mask_secret(secret)
