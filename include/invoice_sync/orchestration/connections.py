"""Airflow connections as logins, and a reachability probe that carries no secret."""

from __future__ import annotations

import logging
from typing import Any

from airflow.providers.http.hooks.http import HttpHook
from airflow.sdk import BaseHook, Connection

from invoice_sync.model.errors import SettingsError
from invoice_sync.model.flow import Endpoint, Flow
from invoice_sync.orchestration.outside import login_of
from invoice_sync.steps.wiring import Login

log = logging.getLogger("invoice_sync.probe")

PROBE_SECONDS = 20


def logins(flow: Flow) -> dict[str, Login]:
    """Both sides' logins by connection id. Raises SettingsError when a connection is not there."""
    return {side.connection: login(side) for side in flow.sides}


def login(side: Endpoint) -> Login:
    """One side's login. Raises SettingsError when its connection is not there."""
    try:
        found = BaseHook.get_connection(side.connection)
    except Exception as error:  # noqa: BLE001 - Airflow raises several kinds, all meaning "not there"
        raise SettingsError(
            f"The Airflow connection {side.connection!r} for {side.vendor} was not found ({type(error).__name__}).",
            cure="Make it under Admin, Connections, or correct `connection` in flows.yaml.",
        ) from None
    return login_of(found)


class _Probe(HttpHook):
    """The http provider's hook on a bare address: it would send a connection's extras along as headers."""

    def __init__(self, address: str) -> None:
        super().__init__(method="GET", http_conn_id="probe")
        self._address = address

    def get_connection(self, conn_id: str) -> Connection:
        return Connection(conn_id=conn_id, conn_type="http", host=self._address)


def probe(login: Login, vendor: str) -> None:
    """Raises SettingsError when the host does not answer at all; any HTTP answer will do.

    An empty host is the vendor's own address: whether that answers, check finds out by signing in.
    """
    if not login.host:
        return
    settings: dict[str, Any] = {"check_response": False, "timeout": PROBE_SECONDS, "allow_redirects": False}
    try:
        answer = _Probe(login.host).run("/", extra_options=settings)
    except Exception as error:  # noqa: BLE001 - whatever it was, a person looks
        raise SettingsError(
            f"{vendor} does not answer at the host of its connection ({type(error).__name__}).",
            cure="Compare the connection's host with the address of your account; see that the network is open.",
        ) from None
    log.info("%s answers (HTTP %s)", vendor, answer.status_code)
