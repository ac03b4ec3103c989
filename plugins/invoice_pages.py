"""Hangs the Invoice Portal's rooms into Airflow's UI. Every process of Airflow reads this file, each task too.

Not named invoice_sync.py: Airflow loads it under its bare name, which would then hide the package.
"""

from functools import cached_property
from typing import Any

from airflow.plugins_manager import AirflowPlugin

PREFIX = "invoice-sync"
ROOMS = (
    ("Sales Invoice Export", "export", "sales-invoice-export"),
    ("Review", "review", "invoice-review"),
    ("Process Log", "log", "process-log"),
    ("Document", "document", "invoice-document"),
    ("QuickBooks Authentication", "authentication", "quickbooks-authentication"),
)


class InvoiceSyncPlugin(AirflowPlugin):
    name = "invoice_sync"
    external_views = [
        {"name": name, "href": f"{PREFIX}/{page}", "destination": "nav", "category": "browse", "url_route": route}
        for name, page, route in ROOMS
    ] + [
        {
            "name": "Process Log", "href": f"{PREFIX}/log?flow={{DAG_ID}}&run_id={{RUN_ID}}",
            "destination": "dag_run", "url_route": "run-process-log",
        },
    ]  # fmt: skip

    @cached_property
    def fastapi_apps(self) -> list[dict[str, Any]]:
        """FastAPI and the rooms are imported by the process that serves them, and by no other."""
        from invoice_portal.airflow_auth import bell, surroundings
        from invoice_portal.app import build_app
        from invoice_portal.push import build_push_app

        return [
            {"name": "invoice_portal", "app": build_app(surroundings()), "url_prefix": f"/{PREFIX}"},
            {"name": "invoice_sync_push", "app": build_push_app(bell()), "url_prefix": f"/{PREFIX}-push"},
        ]
