"""Signing in to Salesforce: client credentials, or a signed assertion (JWT bearer) where a certificate is set up.

https://help.salesforce.com/s/articleView?id=sf.remoteaccess_oauth_flows.htm
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import jwt

from invoice_sync.connectors.http import Answer, Request, Transport, origin
from invoice_sync.connectors.parts import Parts
from invoice_sync.model.errors import SettingsError, TryLater
from invoice_sync.model.ports import Clock, Tokens, TokenStore

# the token answer has no expires_in; 2 h is the default session life of an org (facts 5.3)
TOKEN_LIFE = timedelta(hours=2) - timedelta(minutes=5)
RENEW_AT = 0.8
ASSERTION_LIFE = timedelta(minutes=3)
"""At most five minutes are allowed; three leave room for a clock that is ahead."""

LOGIN = "https://login.salesforce.com"
SIGN_IN = (
    "Check client id and client secret (or user name and private key) of the Rootstock connection, and in Salesforce "
    "the app's Run As user or the users that it is approved for."
)


@dataclass(frozen=True, slots=True)
class Credentials:
    """`host` is the My Domain address: client credentials work nowhere else (facts 5.2).

    With `private_key` (PEM) the app signs for `username` instead; `audience` is the login host that it names.
    """

    host: str
    client_id: str
    client_secret: str = field(repr=False)
    api_version: str = "60.0"
    username: str = ""
    private_key: str = field(repr=False, default="")
    audience: str = LOGIN


def credentials(parts: Parts) -> Credentials:
    """From a connection: host is the My Domain address, login the app's key, password its secret."""
    given = {name: str(parts.extra.get(name) or "") for name in ("username", "private_key")}
    return Credentials(
        parts.host,
        parts.user,
        parts.password,
        parts.setting("api_version", "60.0"),
        given["username"],
        given["private_key"],
        parts.setting("audience", LOGIN),
    )


class Session:
    """Signs requests with the token of one binding. Only the main thread calls `prepare` and `renew`."""

    def __init__(self, transport: Transport, credentials: Credentials, store: TokenStore, clock: Clock) -> None:
        self._transport, self._credentials, self._store, self._clock = transport, credentials, store, clock
        self._tokens: Tokens | None = None

    def headers(self) -> Mapping[str, str]:
        if self._tokens is None:
            raise SettingsError("a call to Rootstock was about to leave before prepare() fetched a token")
        return {"Authorization": f"Bearer {self._tokens.access}"}

    def prepare(self) -> None:
        self._tokens = self._tokens or self._store.load()
        if not self._fresh(self._tokens):
            self.renew()

    def renew(self) -> None:
        used = self._tokens
        with self._store.refreshing():
            stored = self._store.load()
            moved = stored is not None and (used is None or stored.version != used.version)
            self._tokens = stored if moved and self._fresh(stored) else self._store.save(self._sign_in())

    def _fresh(self, tokens: Tokens | None) -> bool:
        rest = TOKEN_LIFE * (1 - RENEW_AT)
        return tokens is not None and tokens.expires_at - self._clock.now() > rest

    def _sign_in(self) -> Tokens:
        asked_at = self._clock.now()
        answer = self._transport.sign_in(_token_request(self._credentials, asked_at))
        body = json_object(answer)
        if answer.status != 200:
            raise SettingsError(f"Salesforce refused the sign-in{_oauth_code(body)}.", cure=SIGN_IN)
        if not isinstance(body.get("access_token"), str):
            raise TryLater("Salesforce answered the sign-in with something that is no token")
        _refuse_other_instance(body, self._credentials.host)
        return Tokens(body["access_token"], asked_at + TOKEN_LIFE)


def json_object(answer: Answer) -> dict[str, Any]:
    """The answer's JSON object; empty for anything else."""
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def slug(text: str) -> str:
    """A machine's code as it may be shown; anything else could be somebody's data."""
    return text if re.fullmatch(r"[A-Za-z_]{1,60}", text) else ""


def _token_request(credentials: Credentials, now: datetime) -> Request:
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    url = f"{origin(credentials.host, 'Rootstock')}/services/oauth2/token"
    form = _assertion(credentials, now) if credentials.private_key else _secret(credentials)
    return Request("POST", url, headers=headers, body=urlencode(form).encode())


def _secret(credentials: Credentials) -> dict[str, str]:
    return {
        "grant_type": "client_credentials",
        "client_id": credentials.client_id,
        "client_secret": credentials.client_secret,
    }


def _assertion(credentials: Credentials, now: datetime) -> dict[str, str]:
    claims = {
        "iss": credentials.client_id,
        "sub": credentials.username,
        "aud": credentials.audience,
        "exp": int((now + ASSERTION_LIFE).timestamp()),
    }
    try:
        signed = jwt.encode(claims, credentials.private_key, algorithm="RS256")
    except (ValueError, TypeError, jwt.PyJWTError):
        raise SettingsError("The private key of the Rootstock connection cannot be used.", cure=SIGN_IN) from None
    return {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": signed}


def _refuse_other_instance(body: Mapping[str, Any], host: str) -> None:
    if origin(str(body.get("instance_url", "")), "Rootstock") == origin(host, "Rootstock"):
        return
    raise SettingsError(
        "The sign-in leads to another Salesforce instance than the connection names.",
        cure="Set the host of the Rootstock connection to the My Domain address of the org.",
    )


def _oauth_code(body: Mapping[str, Any]) -> str:
    code = slug(str(body.get("error", "")))
    return f" ({code})" if code else ""
