"""Airflow connections for commands that run beside Airflow, not in a task."""

from __future__ import annotations

import os
from typing import Any

from invoice_sync.model import canonical
from invoice_sync.model.errors import SettingsError
from invoice_sync.model.flow import Endpoint
from invoice_sync.steps.wiring import Login

PREFIX = "AIRFLOW_CONN_"


def login(side: Endpoint) -> Login:
    """From AIRFLOW_CONN_<ID> if that holds JSON, else from wherever this Airflow keeps its connections.

    Raises SettingsError when it is in neither.
    """
    text = os.environ.get(PREFIX + side.connection.upper(), "")
    if text.lstrip().startswith("{"):
        return _from_json(side, text)
    return _from_airflow(side)


def login_of(found: Any) -> Login:
    """What an Airflow connection holds, as the connectors want it."""
    return Login(found.host or "", found.login or "", found.password or "", found.extra_dejson)


def _from_json(side: Endpoint, text: str) -> Login:
    try:
        given = canonical.loads(text)
        extra = given.get("extra") or {}
        extra = canonical.loads(extra) if isinstance(extra, str) else extra
        if not isinstance(extra, dict):
            raise ValueError("extra is no object")
    except ValueError:
        raise SettingsError(
            f"The variable {PREFIX}{side.connection.upper()} holds no readable JSON.",
            cure="Write it as Airflow's documentation on connections in environment variables says.",
        ) from None
    host, user, password = (str(given.get(key) or "") for key in ("host", "login", "password"))
    return Login(host, user, password, extra)


def _from_airflow(side: Endpoint) -> Login:
    return login_of(_looked_up(side))


def _looked_up(side: Endpoint) -> Any:
    """Imported only when asked for: it takes seconds, and connecting must work where there is no Airflow."""
    try:
        # the task SDK reaches Airflow's own database only from within a task; this command is none
        from airflow.models.connection import Connection  # noqa: TID251

        return Connection.get_connection_from_secrets(side.connection)
    except Exception as error:  # noqa: BLE001 - not installed, no database, not there: the cure is the same
        raise SettingsError(
            f"The Airflow connection {side.connection!r} for {side.vendor} was not found ({type(error).__name__}).",
            cure=f"Run this where Airflow runs, or set {PREFIX}{side.connection.upper()} to the connection as JSON.",
        ) from None
