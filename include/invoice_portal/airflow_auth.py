"""The portal's only line to Airflow: who is logged in, what they may do, connections, and the log masker.

Core internals, used as Airflow's own plugins use them (3.3.2: edge3, common-ai); tests/portal cover every name.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from airflow._shared.secrets_masker import mask_secret
from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.models.resource_details import ConnectionDetails, DagAccessEntity
from airflow.api_fastapi.core_api.security import bearer_scheme, get_user, requires_access_dag
from fastapi import HTTPException, Request

from invoice_portal.push import Bell
from invoice_portal.surroundings import Surroundings
from invoice_sync.model.ports import SystemClock
from invoice_sync.orchestration import outside


@dataclass(frozen=True, slots=True)
class AirflowVisitor:
    """A user of this Airflow, asked about by way of its auth manager; never by the names of roles."""

    request: Request
    user: Any

    @property
    def name(self) -> str:
        return str(self.user.get_name())

    def seen(self, dags: Collection[str]) -> set[str]:
        found: set[str] = get_auth_manager().filter_authorized_dag_ids(dag_ids=set(dags), user=self.user)
        return found

    def may_read(self, dag: str) -> bool:
        return self._passes(requires_access_dag("GET", DagAccessEntity.RUN, dag))

    def may_run(self, dag: str) -> bool:
        return self._passes(requires_access_dag("POST", DagAccessEntity.RUN, dag))

    def may_connect(self, connection: str) -> bool:
        details = ConnectionDetails(conn_id=connection)
        return bool(get_auth_manager().is_authorized_connection(method="PUT", details=details, user=self.user))

    def _passes(self, check: Callable[[Request, Any], None]) -> bool:
        try:
            check(self.request, self.user)
        except HTTPException as refused:
            if refused.status_code != 403:
                raise
            return False
        return True


async def identify(request: Request) -> AirflowVisitor:
    """By Airflow's own cookie or bearer token. Raises HTTPException 401 or 403."""
    return AirflowVisitor(request, await get_user(request, None, await bearer_scheme(request)))


def ring(dag: str, run_id: str) -> bool:
    """Starts a run. False when one of the DAG waits to be started already, or this one was there before."""
    # what a DAG's file must not use is the right thing in the api-server, whose database this is
    from airflow.api.common.trigger_dag import trigger_dag
    from airflow.exceptions import DagNotFound, DagRunAlreadyExists
    from airflow.models.dagrun import DagRun  # noqa: TID251
    from airflow.utils.state import DagRunState
    from airflow.utils.types import DagRunTriggeredByType

    if DagRun.find(dag_id=dag, state=DagRunState.QUEUED):
        return False
    try:
        trigger_dag(dag, run_id=run_id, triggered_by=DagRunTriggeredByType.REST_API, triggering_user_name="push")
    except (DagRunAlreadyExists, DagNotFound):
        return False
    return True


def bell() -> Bell:
    """That of an api-server."""
    return Bell(outside.login, ring)


def surroundings() -> Surroundings:
    """Those of an api-server."""
    return Surroundings(identify, outside.login, mask_secret, SystemClock())
