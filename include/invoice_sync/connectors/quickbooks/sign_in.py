"""Access tokens of one QuickBooks company.

Intuit rotates the refresh token, and the old one is taken for dead once a new one is stored; so one process
renews at a time, and the new one is durably stored before its access token is used. The ledger belongs to the
main thread, hence so do `prepare` and `renew`; `headers` only reads memory and may run anywhere.
https://blogs.intuit.com/2024/06/03/oauth-token-management-done-the-right-way/
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from invoice_sync.connectors.http import Answer, Request, Transport
from invoice_sync.model.errors import NeedsPerson, SettingsError, TryLater
from invoice_sync.model.ports import Binding, Clock, Tokens, TokenStore

UNAUTHORIZED = (
    "QuickBooks export API call encountered UNAUTHORIZED status code and could not be completed. "
    "Please reset your QuickBooks authorization token and try again."
)
USUAL_LIFE = timedelta(seconds=3600)
RENEW_AT = 0.8


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a connection to QuickBooks holds. `host` and `token_url` are absolute URLs."""

    host: str
    token_url: str
    client_id: str
    client_secret: str = field(repr=False)
    first_refresh_token: str = field(repr=False)
    minor_version: str = "75"


class SignIn:
    """The `Signer` of one binding."""

    def __init__(
        self, transport: Transport, binding: Binding, credentials: Credentials, tokens: TokenStore, clock: Clock
    ) -> None:
        self._transport, self._binding, self._credentials = transport, binding, credentials
        self._store, self._clock = tokens, clock
        self._held: Tokens | None = None
        self._life = USUAL_LIFE

    @property
    def ready(self) -> bool:
        """Whether there is an access token in memory."""
        return self._held is not None

    @property
    def ends_at(self) -> datetime | None:
        """When the refresh token ends and a person must connect anew, as far as known."""
        return self._held.refresh_expires_at if self._held else None

    def headers(self) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {self._held.access}"} if self._held else {}

    def prepare(self) -> None:
        """An access token with a fifth of its life left. Raises NeedsPerson or TryLater."""
        held = self._held or self._store.load()
        if held is None or self._ages(held):
            self._replace(held)
        else:
            self._held = held

    def renew(self) -> None:
        """Another access token than the one held, which the vendor did not take."""
        self._replace(self._held)

    def unauthorized(self) -> NeedsPerson:
        """What to raise when only a person can connect us again."""
        binding = self._binding
        return NeedsPerson(
            UNAUTHORIZED,
            cure=f"Connect to QuickBooks again and put the new refresh token into the QuickBooks connection of "
            f"company {binding.company} (company ID {binding.tenant}), then clear the task.",
        )

    def _ages(self, tokens: Tokens) -> bool:
        return self._clock.now() > tokens.expires_at - self._life * (1 - RENEW_AT)

    def _replace(self, seen: Tokens | None) -> None:
        with self._store.refreshing():
            stored = self._store.load()
            moved = stored is not None and (seen is None or stored.version != seen.version)
            if stored is not None and moved and not self._ages(stored):
                self._held = stored
            else:
                self._held = self._refreshed(stored)

    def _refreshed(self, stored: Tokens | None) -> Tokens:
        first = stored.refresh if stored else self._credentials.first_refresh_token
        granted = self._ask(first, stored) if first else None
        if granted is not None:
            return granted
        for token in self._others(first):
            granted = self._ask(token, stored)
            if granted is not None:
                return granted
        raise self.unauthorized()

    def _others(self, refused: str) -> list[str]:
        """What may still work: a newer one, the one a person has just put into the connection, the one before."""
        stored = self._store.load()
        kept = (stored.refresh, stored.previous_refresh) if stored else ("", "")
        wanted = (kept[0], self._credentials.first_refresh_token, kept[1])
        return [token for token in dict.fromkeys(wanted) if token and token != refused]

    def _ask(self, refresh: str, stored: Tokens | None) -> Tokens | None:
        """New tokens, stored already; None when the vendor says invalid_grant."""
        asked_at = self._clock.now()
        answer = self._transport.sign_in(_refresh_request(self._credentials, refresh))
        content = _content(answer)
        if answer.status != 200:
            _raise_unless_invalid_grant(answer.status, content)
            return None
        granted = _granted(content, asked_at)
        self._life = granted.expires_at - asked_at
        previous = stored.previous_refresh if stored and refresh == granted.refresh else refresh
        version = stored.version if stored else 0
        return self._store.save(
            Tokens(granted.access, granted.expires_at, granted.refresh, previous, granted.refresh_expires_at, version)
        )


def _refresh_request(credentials: Credentials, refresh: str) -> Request:
    pair = f"{credentials.client_id}:{credentials.client_secret}".encode()
    headers = {
        "Authorization": f"Basic {base64.b64encode(pair).decode()}",
        "Accept": "application/json",
        "Content-Type": "application/x-www-form-urlencoded",
        # asks for the hard end, five years after consent
        # https://blogs.a.intuit.com/2025/11/12/important-changes-to-refresh-token-policy
        "x-include-refresh-token-hard-expires-in": "true",
    }
    body = urlencode({"grant_type": "refresh_token", "refresh_token": refresh}).encode()
    return Request("POST", credentials.token_url, headers=headers, body=body, kind="sign_in")


def _content(answer: Answer) -> Mapping[str, Any]:
    """Raises TryLater for what is no JSON object: the server may have rotated, so the old token is kept."""
    try:
        content = answer.json()
    except ValueError:
        content = None
    if not isinstance(content, Mapping):
        raise TryLater(f"QuickBooks answered the sign-in with something unreadable (HTTP {answer.status})")
    return content


def _raise_unless_invalid_grant(status: int, content: Mapping[str, Any]) -> None:
    """Another token may cure an invalid_grant, and nothing else."""
    error = content.get("error")
    if error == "invalid_grant":
        return
    if error in ("invalid_client", "unauthorized_client"):
        raise SettingsError(
            "QuickBooks does not know the client id and secret of the connection",
            cure="Compare both with the keys of the app in Intuit's developer portal; "
            "development and production keys differ.",
        )
    raise TryLater(f"QuickBooks refused the sign-in without a reason we know (HTTP {status})")


def _granted(content: Mapping[str, Any], asked_at: datetime) -> Tokens:
    """Raises TryLater for an answer without both tokens: an empty one must never be stored."""
    access, refresh = content.get("access_token"), content.get("refresh_token")
    life = _seconds(content.get("expires_in"))
    if not (isinstance(access, str) and access and isinstance(refresh, str) and refresh and life):
        raise TryLater("QuickBooks answered the sign-in without tokens")
    ends = [_seconds(content.get(f"x_refresh_token_{kind}")) for kind in ("expires_in", "hard_expires_in")]
    end = min((seconds for seconds in ends if seconds), default=None)
    ends_at = asked_at + timedelta(seconds=end) if end else None
    return Tokens(access, asked_at + timedelta(seconds=life), refresh, refresh_expires_at=ends_at)


def _seconds(value: object) -> int | None:
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() else None
