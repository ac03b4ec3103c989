"""Connection types of our own: what their forms in Airflow's UI ask for. Airflow reads this by an entry point.

Light on purpose: the hook itself is imported only when somebody presses Test.
"""

from __future__ import annotations

from typing import Any

HOOKS = "invoice_sync.orchestration.hooks"
HIDDEN = ["schema", "port"]

TEXT = {"type": ["string", "null"]}
SECRET = {"type": ["string", "null"], "format": "password"}


def get_provider_info() -> dict[str, Any]:
    """As Airflow's provider.yaml.schema.json wants it."""
    return {
        "package-name": "invoice-sync",
        "name": "Invoice Sync",
        "description": "Invoices, bills and payments between business systems, exactly once and to the cent.",
        "connection-types": [_rootstock(), _quickbooks(), _acumatica(), _bigcommerce()],
    }


def _rootstock() -> dict[str, Any]:
    labels = {"host": "My Domain address", "login": "Consumer key", "password": "Consumer secret"}
    examples = {
        "host": "https://your-company.my.salesforce.com",
        "login": "consumer key of the external client app",
        "password": "consumer secret; leave it empty when a private key signs in",
    }
    fields = {
        "username": _field("User name", TEXT, "Only for JWT: the integration user that the key signs in for."),
        "private_key": _field("Private key", SECRET, "Only for JWT: PEM text of the key that belongs to the app."),
        "audience": _field("Audience", TEXT, "Only for JWT: https://test.salesforce.com for a sandbox org."),
        "api_version": _field("API version", _text("60.0"), "Version of Salesforce's REST API."),
    }
    return _type("rootstock", "Rootstock (Salesforce)", "RootstockHook", labels, examples, fields)


def _quickbooks() -> dict[str, Any]:
    labels = {"host": "Address", "login": "Client ID", "password": "Client secret"}
    examples = {
        "host": "https://quickbooks.api.intuit.com",
        "login": "client ID of your app at developer.intuit.com",
        "password": "client secret of the same app and environment",
    }
    fields = {
        "refresh_token": _field(
            "First refresh token", SECRET, "Only when the company is not connected by Intuit's consent page; used once."
        ),
        "redirect_uri": _field("Redirect URI", TEXT, "As the app lists it; for connecting by Intuit's consent page."),
        "token_url": _field("Token address", TEXT, "Empty: Intuit's own."),
        "authorize_url": _field("Consent address", TEXT, "Empty: Intuit's own."),
        "minor_version": _field("Minor version", _text("75"), "Of QuickBooks' API."),
    }
    return _type("quickbooks", "QuickBooks Online", "QuickBooksHook", labels, examples, fields)


def _acumatica() -> dict[str, Any]:
    labels = {"host": "Site address", "login": "User", "password": "Password"}
    examples = {
        "host": "https://erp.your-company.com/AcumaticaERP",
        "login": "user of the integration, for one tenant",
        "password": "its password",
    }
    fields = {
        "endpoint": _field("Endpoint", _text("Default"), "Name on Web Service Endpoints (SM207060)."),
        "endpoint_version": _field("Endpoint version", _text("24.200.001"), "Default: 23.200.001 or newer."),
        "sign_in": _field(
            "Sign-in", {**_text("cookie"), "enum": ["cookie", "oauth", None]}, "oauth needs a connected application."
        ),
        "client_id": _field("Client ID", TEXT, "Only for OAuth: GUID@Tenant, of Connected Applications (SM303010)."),
        "client_secret": _field("Client secret", SECRET, "Only for OAuth: the shared secret of that application."),
        "requests_per_minute": _field(
            "Requests a minute",
            {"type": ["number", "null"], "minimum": 1},
            "Of the licence, as License Monitoring Console (SM604000) shows it; empty: not counted.",
        ),
        "operation_seconds": _seconds("Operations", "How long a shipment or release may take (600)."),
        "watch_payments": _field(
            "Watch payments",
            {"type": ["boolean", "null"], "default": True},
            "Whether invoices are looked for behind every new payment; off where a payment moves its invoices' stamps.",
        ),
    }
    return _type("acumatica", "Acumatica ERP", "AcumaticaHook", labels, examples, fields)


def _bigcommerce() -> dict[str, Any]:
    labels = {"host": "B2B API address", "login": "Store hash", "password": "Access token"}
    examples = {
        "host": "https://api-b2b.bigcommerce.com",
        "login": "what the flow calls its tenant; the store's API path has it behind /stores/",
        "password": "access token of a store-level API account with the scope B2B Edition: modify",
    }
    fields = {"core_url": _field("Core API address", TEXT, "Empty: https://api.bigcommerce.com.")}
    return _type("bigcommerce", "BigCommerce B2B Edition", "BigCommerceHook", labels, examples, fields)


def _type(
    name: str, shown: str, hook: str, labels: dict[str, str], examples: dict[str, str], fields: dict[str, Any]
) -> dict[str, Any]:
    return {
        "connection-type": name,
        "hook-name": shown,
        "hook-class-name": f"{HOOKS}.{hook}",
        "ui-field-behaviour": {"hidden-fields": HIDDEN, "relabeling": labels, "placeholders": examples},
        "conn-fields": {**fields, **_timings()},
    }


def _timings() -> dict[str, Any]:
    """What decides when a lost answer may be looked up; empty means the default for the real vendor."""
    return {
        "server_seconds": _seconds("Server time", "Longest that the vendor works on one call (120)."),
        "index_lag_seconds": _seconds("Search lag", "Until a search there shows what was written (60)."),
        "send_window_seconds": _seconds("Send window", "From deciding to send until the last byte has left (10)."),
        "slack_seconds": _seconds("Slack", "What clocks may differ (30)."),
        "connect_timeout_seconds": _seconds("Connect timeout", "Until a connection must stand (5)."),
        "read_timeout_seconds": _seconds("Read timeout", "Until an answer must have come (130)."),
    }


def _seconds(label: str, description: str) -> dict[str, Any]:
    return _field(f"{label}, seconds", {"type": ["number", "null"], "minimum": 0}, description)


def _text(default: str) -> dict[str, Any]:
    return {**TEXT, "default": default}


def _field(label: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {"label": label, "schema": schema, "description": description}
