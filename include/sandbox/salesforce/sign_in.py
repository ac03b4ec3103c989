"""Sign-in: one function per grant type, and the tokens given out.

Help, "OAuth Authorization Flows"; the client credentials flow answers without a refresh token.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sandbox.world import World

CLIENT_ID = "3MVG9.sandbox.consumer.key"
CLIENT_SECRET = "sandbox-consumer-secret"
USER_ID = "0055f000000DEMOAA4"
TOKEN_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghjkmnpqrstuvwxyz23456789._"


class OAuthError(Exception):
    """A refused sign-in; its body differs from that of the data API."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(f"{error}: {description}")
        self.error = error
        self.description = description


@dataclass
class Session:
    """One access token."""

    token: str
    issued: datetime
    expired: bool = False


class Sessions:
    """Who may come in."""

    def __init__(self, world: World, org_id: str) -> None:
        self._world = world
        self._org_id = org_id
        self._sessions: dict[str, Session] = {}
        self.seconds = 7200

    def sign_in(self, form: Mapping[str, str], authorization: str) -> Session:
        """Give out a token for a grant, or refuse in OAuth's words."""
        grant = _GRANTS.get(form.get("grant_type", ""))
        if grant is None:
            raise OAuthError("unsupported_grant_type", "grant type not supported")
        grant(form, authorization)
        secret = "".join(self._world.random.choices(TOKEN_LETTERS, k=80))
        session = Session(f"{self._org_id[:15]}!AQ{secret}", self._world.clock.now())
        self._sessions[session.token] = session
        return session

    def is_live(self, authorization: str) -> bool:
        """Whether an Authorization header carries a token that still holds."""
        scheme, _, token = authorization.partition(" ")
        session = self._sessions.get(token.strip())
        if scheme.lower() not in ("bearer", "oauth") or session is None or session.expired:
            return False
        return self._world.clock.now() < session.issued + timedelta(seconds=self.seconds)

    def expire(self) -> None:
        """Make every token given out so far worthless."""
        for session in self._sessions.values():
            session.expired = True


def _client_credentials(form: Mapping[str, str], authorization: str) -> None:
    client_id, secret = form.get("client_id", ""), form.get("client_secret", "")
    if authorization.lower().startswith("basic "):
        client_id, secret = _basic(authorization)
    if client_id != CLIENT_ID:
        raise OAuthError("invalid_client_id", "client identifier invalid")
    if secret != CLIENT_SECRET:
        raise OAuthError("invalid_client", "invalid client credentials")


def _basic(authorization: str) -> tuple[str, str]:
    try:
        plain = base64.b64decode(authorization.split(" ", 1)[1], validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise OAuthError("invalid_client", "invalid client credentials") from error
    client_id, _, secret = plain.partition(":")
    return client_id, secret


# the JWT bearer grant comes with its own issue: one more line here
_GRANTS = {"client_credentials": _client_credentials}
