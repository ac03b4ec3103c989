"""Intuit's OAuth 2.0 token service: authorisation codes, refresh with rotation, and revocation.

https://developer.intuit.com/app/developer/qbo/docs/develop/authentication-and-authorization/oauth-2.0
"""

import base64
import binascii
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from sandbox.quickbooks.settings import Settings
from sandbox.quickbooks.wire import Record

CLIENT_ID = "ABsandboxInvoiceSyncClient"
CLIENT_SECRET = "sandbox-client-secret"
# a second app of another workspace: limits count per company and app, and tokens are nobody else's
OTHER_CLIENT_ID = "ABsandboxOtherApp"
OTHER_CLIENT_SECRET = "sandbox-other-secret"
APPS = {CLIENT_ID: CLIENT_SECRET, OTHER_CLIENT_ID: OTHER_CLIENT_SECRET}
_SAME_VALUE = timedelta(hours=24)
_WRONG_KIND = "Incorrect Token type or clientID"


class TokenRefusal(Exception):
    """An OAuth error answer."""

    def __init__(self, error: str, status: int = 400, description: str | None = None) -> None:
        self.status = status
        self.body: Record = {"error": error}
        if description is not None:
            self.body["error_description"] = description
        super().__init__(error)


@dataclass
class Grant:
    """One company's consent to an app."""

    realm: str
    app: str
    refresh_token: str
    consented: datetime
    valued: datetime
    used: datetime
    former: dict[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True)
class Access:
    """An access token's company and app, and its end."""

    realm: str
    app: str
    ends: datetime


@dataclass(frozen=True)
class Code:
    """An authorisation code's company and app, the redirect it was sent to, and its end."""

    realm: str
    app: str
    redirect_uri: str
    ends: datetime


class TokenDesk:
    """Every token of every company."""

    def __init__(self, settings: Settings, random: Random) -> None:
        self._settings = settings
        self._random = random
        self._grants: dict[tuple[str, str], Grant] = {}
        self._access: dict[str, Access] = {}
        self._codes: dict[str, Code] = {}

    def clear(self) -> None:
        """Forget every connection and token."""
        self._grants.clear()
        self._access.clear()
        self._codes.clear()

    def consent(self, realm: str, now: datetime) -> None:
        """Give the demo app a connection to a company, as the owner's click would."""
        self._grants[CLIENT_ID, realm] = Grant(realm, CLIENT_ID, f"RT1-demo-{realm}", now, now, now)

    def refresh_token(self, realm: str, app: str = CLIENT_ID) -> str:
        """The living refresh token; empty when the connection was revoked."""
        grant = self._grants.get((app, realm))
        return grant.refresh_token if grant else ""

    def check_client(self, authorization: str | None) -> str:
        """Basic authentication with an app's id and secret."""
        client, secret = _credentials(authorization) or ("", "")
        if not secret or APPS.get(client) != secret:
            raise TokenRefusal("invalid_client", 401)
        return client

    def authorise(self, realm: str, redirect_uri: str, now: datetime, app: str = CLIENT_ID) -> str:
        """A code, as the owner's click on "Connect" sends it to the app."""
        code = f"XAB{self._random.getrandbits(160):040x}"
        ends = now + timedelta(seconds=self._settings.authorization_code_seconds)
        self._codes[code] = Code(realm, app, redirect_uri, ends)
        return code

    def exchange(self, app: str, code: str, redirect_uri: str, now: datetime, hard_end: bool) -> Record:
        """A code's tokens, once. The company's earlier connection ends: the harsher reading."""
        held = self._codes.pop(code, None)
        if held is None or now >= held.ends or (app, redirect_uri) != (held.app, held.redirect_uri):
            raise TokenRefusal("invalid_grant")
        value = f"RT1-{self._random.getrandbits(160):040x}"
        grant = self._grants[app, held.realm] = Grant(held.realm, app, value, now, now, now)
        return self._answer(grant, self._new_access(grant, now), now, hard_end)

    def refresh(self, app: str, token: str, now: datetime, hard_end: bool) -> Record:
        """A new access token, and a refresh token that may be a new one."""
        grant = self._grant_of(app, token, now)
        grant.used = now
        self._rotate(grant, now)
        return self._answer(grant, self._new_access(grant, now), now, hard_end)

    def access_of(self, access: str, now: datetime) -> Access | None:
        """The company and app of a living access token."""
        held = self._access.get(access)
        return held if held and now < held.ends else None

    def realm_of(self, app: str, refresh_token: str) -> str | None:
        """The company whose living refresh token this is."""
        return next(
            (g.realm for (each, _), g in self._grants.items() if each == app and g.refresh_token == refresh_token),
            None,
        )

    def knows(self, access: str) -> bool:
        """Whether a token was ever given out, living or not."""
        return access in self._access

    def expire(self, now: datetime) -> None:
        """End every access token now."""
        self._access = {token: Access(held.realm, held.app, now) for token, held in self._access.items()}

    def revoke(self, app: str, token: str, now: datetime) -> None:
        """End the connection that a refresh or access token belongs to."""
        realm, held = self.realm_of(app, token), self.access_of(token, now)
        if realm is None and held is not None and held.app == app:
            realm = held.realm
        if realm is None:
            raise TokenRefusal("invalid_request")
        self._grants.pop((app, realm), None)
        self._access = {t: each for t, each in self._access.items() if (each.app, each.realm) != (app, realm)}

    def _new_access(self, grant: Grant, now: datetime) -> str:
        access = f"eyJ{self._random.getrandbits(256):064x}"
        ends = now + timedelta(seconds=self._settings.access_token_seconds)
        self._access[access] = Access(grant.realm, grant.app, ends)
        return access

    def _grant_of(self, app: str, token: str, now: datetime) -> Grant:
        if token in self._access:
            raise TokenRefusal("invalid_grant", description=_WRONG_KIND)
        for grant in self._grants.values():
            in_grace = token in grant.former and now < grant.former[token]
            if token == grant.refresh_token or in_grace:
                if grant.app != app:
                    raise TokenRefusal("invalid_grant", description=_WRONG_KIND)
                self._check_age(grant, now)
                return grant
        raise TokenRefusal("invalid_grant")

    def _check_age(self, grant: Grant, now: datetime) -> None:
        if now >= min(self._idle_end(grant), self._hard_end(grant)):
            raise TokenRefusal("invalid_grant")

    def _rotate(self, grant: Grant, now: datetime) -> None:
        if self._settings.rotate == "daily" and now - grant.valued < _SAME_VALUE:
            return
        grace = timedelta(seconds=self._settings.refresh_grace_seconds)
        grant.former[grant.refresh_token] = now + grace
        grant.refresh_token = f"RT1-{self._random.getrandbits(160):040x}"
        grant.valued = now

    def _answer(self, grant: Grant, access: str, now: datetime, hard_end: bool) -> Record:
        ends = min(self._idle_end(grant), self._hard_end(grant))
        answer: Record = {
            "token_type": "bearer", "expires_in": int(self._settings.access_token_seconds),
            "access_token": access, "refresh_token": grant.refresh_token,
            "x_refresh_token_expires_in": int((ends - now).total_seconds()),
        }  # fmt: skip
        if hard_end:
            left = self._hard_end(grant) - now
            answer["x_refresh_token_hard_expires_in"] = int(left.total_seconds())
        return answer

    def _idle_end(self, grant: Grant) -> datetime:
        return grant.used + timedelta(days=self._settings.refresh_idle_days)

    def _hard_end(self, grant: Grant) -> datetime:
        return grant.consented + timedelta(days=365.25 * self._settings.refresh_hard_years)


def _credentials(authorization: str | None) -> tuple[str, str] | None:
    scheme, _, encoded = (authorization or "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        client, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return client, secret
