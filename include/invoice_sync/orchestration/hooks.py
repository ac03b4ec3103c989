"""The hooks behind our connection types. Their one ability is the Test button: flows read connections themselves."""

from __future__ import annotations

from airflow.sdk import BaseHook

from invoice_sync.model.errors import InvoiceSyncError
from invoice_sync.model.flow import Endpoint
from invoice_sync.orchestration import logs, outside
from invoice_sync.orchestration.flows import FlowsError, installed_flows
from invoice_sync.steps.wiring import Login


class _VendorHook(BaseHook):
    """Airflow makes one with the name of a connection that lives only as long as the test."""

    conn_name_attr = "connection"
    default_conn_name: str
    conn_type: str
    hook_name: str

    def __init__(self, connection: str = "") -> None:
        super().__init__()
        self._connection = connection or self.default_conn_name

    def test_connection(self) -> tuple[bool, str]:
        """Signs in as the flows do and names the company that answered; whether all is well, and what is not."""
        try:
            return self._tested()
        except (InvoiceSyncError, FlowsError) as error:
            return False, str(error)

    def _tested(self) -> tuple[bool, str]:
        # the ledger and the vendors load only when somebody presses the button
        from invoice_sync.ledger.database import Database, told_when_away
        from invoice_sync.steps.reach import reach, sides_of

        login, flows = outside.login_of(self.get_connection(self._connection)), installed_flows()
        sides = sides_of(flows, self.conn_type, lambda side: _same(side, login))
        if not sides:
            names = {side.connection for flow in flows for side in flow.sides if side.vendor == self.conn_type}
            return False, _unused(self.conn_type, sorted(names))
        with told_when_away():
            found = reach(sides, login, Database.from_environment(), mask=logs.mask)
        return found.ok, found.message


class RootstockHook(_VendorHook):
    conn_type, hook_name, default_conn_name = "rootstock", "Rootstock (Salesforce)", "rootstock_default"


class QuickBooksHook(_VendorHook):
    conn_type, hook_name, default_conn_name = "quickbooks", "QuickBooks Online", "quickbooks_default"


class AcumaticaHook(_VendorHook):
    conn_type, hook_name, default_conn_name = "acumatica", "Acumatica ERP", "acumatica_default"


class BigCommerceHook(_VendorHook):
    conn_type, hook_name, default_conn_name = "bigcommerce", "BigCommerce B2B Edition", "bigcommerce_default"


def _same(side: Endpoint, login: Login) -> bool:
    """Airflow tests under a passing name, so that a flow's connection is known by its address and client."""
    try:
        stored = outside.login(side)
    except InvoiceSyncError:
        return False
    return (stored.host.rstrip("/"), stored.user) == (login.host.rstrip("/"), login.user)


def _unused(vendor: str, names: list[str]) -> str:
    expected = f" The flows there name: {', '.join(names)}." if names else ""
    return (
        f"No flow in flows.yaml uses this {vendor} connection, so there is no company to reach.{expected} "
        "What to do: save the connection under the name that the flow gives, or add the flow, then test again."
    )
