"""A person agrees at Intuit that we may act for a company: where, and what becomes of the answer.

https://developer.intuit.com/app/developer/qbo/docs/develop/authentication-and-authorization/oauth-2.0
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from urllib.parse import urlencode

from invoice_sync.connectors.consent import Connected
from invoice_sync.connectors.parts import Parts
from invoice_sync.connectors.quickbooks.client import Client
from invoice_sync.connectors.quickbooks.sign_in import credentials
from invoice_sync.model.ports import Tokens

AUTHORIZE_URL = "https://appcenter.intuit.com/connect/oauth2"
SCOPE = "com.intuit.quickbooks.accounting"


class QuickBooksConsent:
    """`Consent` for one company of QuickBooks Online."""

    def __init__(self, parts: Parts) -> None:
        self._parts, self._credentials = parts, credentials(parts)
        self._authorize_url = parts.setting("authorize_url", AUTHORIZE_URL)

    def address(self, redirect_uri: str, state: str) -> str:
        query = {
            "client_id": self._credentials.client_id, "response_type": "code", "scope": SCOPE,
            "redirect_uri": redirect_uri, "state": state,
        }  # fmt: skip
        return f"{self._authorize_url}?{urlencode(query)}"

    def tenant_of(self, answer: Mapping[str, str]) -> str:
        return answer.get("realmId", "")

    def connect(self, code: str, redirect_uri: str) -> Connected:
        """The tokens stay in memory until the company itself has answered to them."""
        parts, shelf = self._parts, _Shelf()
        client = Client(
            parts.binding, self._credentials, parts.timing, parts.clock, parts.call_log, shelf, parts.quota
        )  # fmt: skip
        try:
            tokens = client.sign_in.exchange(code, redirect_uri)
            info = client.company_info()
        finally:
            client.close()
        # trying them out may have renewed them
        return Connected(str(info.get("CompanyName") or ""), shelf.load() or tokens)


class _Shelf:
    """A TokenStore for one consent, in memory."""

    def __init__(self) -> None:
        self._tokens: Tokens | None = None

    def load(self) -> Tokens | None:
        return self._tokens

    def save(self, tokens: Tokens) -> Tokens:
        self._tokens = replace(tokens, version=tokens.version + 1)
        return self._tokens

    def save_renewed(self, tokens: Tokens) -> Tokens:
        return self.save(tokens)

    def refreshing(self) -> AbstractContextManager[None]:
        return nullcontext()


def build(parts: Parts) -> QuickBooksConsent:
    """From a connection, see `sign_in.credentials`; the extra authorize_url names another consent page."""
    return QuickBooksConsent(parts)
