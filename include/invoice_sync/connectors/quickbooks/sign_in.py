"""Access tokens of one QuickBooks company.

Intuit rotates the refresh token, and the old one is taken for dead once a new one is stored; so one process
renews at a time, and the new one is durably stored before its access token is used. The ledger belongs to the
main thread, hence so do `prepare` and `renew`; `headers` only reads memory and may run anywhere.
https://blogs.intuit.com/2024/06/03/oauth-token-management-done-the-right-way/
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, TypeGuard
from urllib.parse import urlencode

from invoice_sync.connectors.http import Answer, Request, Transport
from invoice_sync.connectors.parts import Parts
from invoice_sync.model.crash_points import reached
from invoice_sync.model.errors import NeedsPerson, SettingsError, TryLater
from invoice_sync.model.ports import Binding, Clock, Tokens, TokenStore

UNAUTHORIZED = (
    "QuickBooks export API call encountered UNAUTHORIZED status code and could not be completed. "
    "Please reset your QuickBooks authorization token and try again."
)
TOKEN_URL = "https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer"  # noqa: S105 - an address
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


def credentials(parts: Parts) -> Credentials:
    """From a connection: login and password are the app's keys; the extras may name token_url, minor_version and
    refresh_token. The latter is another way than `python -m invoice_sync.connect` to begin; the ledger's tokens
    take its place.
    """
    return Credentials(
        host=parts.host,
        token_url=parts.setting("token_url", TOKEN_URL),
        client_id=parts.user,
        client_secret=parts.password,
        first_refresh_token=str(parts.extra.get("refresh_token") or ""),
        minor_version=parts.setting("minor_version", "75"),
    )


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

    def exchange(self, code: str, redirect_uri: str) -> Tokens:
        """The tokens of a consent that a person has just given, stored. Raises NeedsPerson or TryLater."""
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
        granted = self._granted(form)
        if granted is None:
            raise NeedsPerson(
                "QuickBooks did not take the code of this consent: it was used before, or is too old.",
                cure="Start again, and agree within a few minutes.",
            )
        with self._store.refreshing():
            # whatever lies in the connection is older than this consent
            self._held = self._store.save(replace(granted, spent=_fingerprint(self._credentials.first_refresh_token)))
        return self._held

    def unauthorized(self) -> NeedsPerson:
        """What to raise when only a person can connect us again."""
        binding = self._binding
        return NeedsPerson(
            UNAUTHORIZED,
            cure=f"Run python -m invoice_sync.connect {binding.vendor} --company {binding.company} and agree for the "
            f"company with the ID {binding.tenant}, then clear this task with downstream.",
        )

    def _ages(self, tokens: Tokens) -> bool:
        return self._clock.now() > tokens.expires_at - self._life * (1 - RENEW_AT)

    def _replace(self, seen: Tokens | None) -> None:
        """One process at a time gets past the lease; who waited finds the tokens of the one before."""
        with self._store.refreshing():
            stored = self._store.load()
            self._held = stored if self._newer(stored, seen) else self._refreshed(stored)

    def _newer(self, stored: Tokens | None, seen: Tokens | None) -> TypeGuard[Tokens]:
        moved = stored is not None and (seen is None or stored.version != seen.version)
        return stored is not None and moved and not self._ages(stored)

    def _refreshed(self, stored: Tokens | None) -> Tokens:
        first = stored.refresh if stored else self._credentials.first_refresh_token
        granted = self._ask(first, stored) if first else None
        return granted or self._second_try(first, stored)

    def _second_try(self, refused: str, seen: Tokens | None) -> Tokens:
        """After invalid_grant. Somebody whose lease outlived ours may have been faster; then theirs will do."""
        stored = self._store.load()
        if seen is not None and self._newer(stored, seen):
            return stored
        for token in self._others(refused, stored):
            granted = self._ask(token, stored)
            if granted is not None:
                return granted
        raise self.unauthorized()

    def _others(self, refused: str, stored: Tokens | None) -> list[str]:
        """What may still work: a newer one, the one a person has just put into the connection, the one before.

        Not what lay in the connection when the stored ones took its place: they have been newer ever since.
        """
        typed = self._credentials.first_refresh_token
        if stored is None:
            return [typed] if typed != refused else []
        wanted = (stored.refresh, typed if _fingerprint(typed) != stored.spent else "", stored.previous_refresh)
        return [token for token in dict.fromkeys(wanted) if token and token != refused]

    def _ask(self, refresh: str, stored: Tokens | None) -> Tokens | None:
        """New tokens, stored already; None when the vendor says invalid_grant."""
        granted = self._granted({"grant_type": "refresh_token", "refresh_token": refresh})
        if granted is None:
            return None
        before = stored or Tokens("", granted.expires_at)
        first = self._credentials.first_refresh_token
        reached("K3")
        return self._store.save_renewed(
            replace(
                granted,
                previous_refresh=before.previous_refresh if refresh == granted.refresh else refresh,
                version=before.version,
                refresh_hard_end_at=granted.refresh_hard_end_at or before.refresh_hard_end_at,
                spent=_fingerprint(first) if refresh == first else before.spent,
            )
        )

    def _granted(self, form: Mapping[str, str]) -> Tokens | None:
        """What the token service gives for `form`; None when it says invalid_grant."""
        asked_at = self._clock.now()
        answer = self._transport.sign_in(_token_request(self._credentials, form))
        content = _content(answer)
        if answer.status != 200:
            _raise_unless_invalid_grant(answer.status, content)
            return None
        granted = _tokens(content, asked_at)
        self._life = granted.expires_at - asked_at
        return granted


def _fingerprint(token: str) -> str:
    """Tells two tokens apart without keeping either; empty for none."""
    return hashlib.sha256(token.encode()).hexdigest()[:32] if token else ""


def _token_request(credentials: Credentials, form: Mapping[str, str]) -> Request:
    pair = f"{credentials.client_id}:{credentials.client_secret}".encode()
    headers = {
        "Authorization": f"Basic {base64.b64encode(pair).decode()}",
        "Accept": "application/json",
        "Content-Type": "application/x-www-form-urlencoded",
        # asks for the hard end, five years after consent
        # https://blogs.a.intuit.com/2025/11/12/important-changes-to-refresh-token-policy
        "x-include-refresh-token-hard-expires-in": "true",
    }
    return Request("POST", credentials.token_url, headers=headers, body=urlencode(form).encode(), kind="sign_in")


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


def _tokens(content: Mapping[str, Any], asked_at: datetime) -> Tokens:
    """Raises TryLater for an answer without both tokens: an empty one must never be stored."""
    access, refresh = content.get("access_token"), content.get("refresh_token")
    life = _seconds(content.get("expires_in"))
    if not (isinstance(access, str) and access and isinstance(refresh, str) and refresh and life):
        raise TryLater("QuickBooks answered the sign-in without tokens")
    rolling, hard = (_seconds(content.get(f"x_refresh_token_{kind}")) for kind in ("expires_in", "hard_expires_in"))
    return Tokens(
        access,
        asked_at + timedelta(seconds=life),
        refresh,
        refresh_expires_at=asked_at + timedelta(seconds=rolling) if rolling else None,
        refresh_used_at=asked_at,
        refresh_hard_end_at=asked_at + timedelta(seconds=hard) if hard else None,
    )


def _seconds(value: object) -> int | None:
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() else None
