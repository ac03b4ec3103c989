"""Sign-in: one function per grant type, and the tokens given out.

Help, "OAuth Authorization Flows"; neither flow answers with a refresh token or with expires_in.
"""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sandbox.salesforce import jwt_bearer
from sandbox.salesforce.apps import USERNAME, Apps, ConnectedApp
from sandbox.salesforce.errors import OAuthError
from sandbox.salesforce.names import USER
from sandbox.salesforce.schema import Row
from sandbox.salesforce.store import Org
from sandbox.world import World

USER_ID = "0055f000000DEMOAA4"
TOKEN_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghjkmnpqrstuvwxyz23456789._"
LOGIN, TEST = "https://login.salesforce.com", "https://test.salesforce.com"


@dataclass
class Session:
    """One access token."""

    token: str
    issued: datetime
    user_id: str
    app: str
    expired: bool = False


@dataclass
class TokenCall:
    """What came to the token endpoint, and where it was sent to."""

    form: Mapping[str, str]
    authorization: str
    on_login_host: bool
    # every address that this org answers to
    addresses: set[str] = field(default_factory=set)


class Sessions:
    """Who may come in."""

    def __init__(self, world: World, org: Org, apps: Apps, org_id: str) -> None:
        self._world = world
        self._org = org
        self._apps = apps
        self._org_id = org_id
        self._sessions: dict[str, Session] = {}
        self.seconds = 7200
        self.ip_restricted = False
        self.is_sandbox = False

    def sign_in(self, call: TokenCall) -> Session:
        """Give out a token for a grant, or refuse in OAuth's words."""
        grants = {"client_credentials": self._client_credentials, jwt_bearer.GRANT: self._jwt_bearer}
        grant = grants.get(call.form.get("grant_type", ""))
        if grant is None:
            raise OAuthError("unsupported_grant_type", "grant type not supported")
        app, user = grant(call)
        if not user["IsActive"]:
            raise OAuthError("inactive_user", "user is inactive")
        if self.ip_restricted:
            raise OAuthError("invalid_grant", "ip restricted")
        return self._opened(app, user)

    def _opened(self, app: ConnectedApp, user: Row) -> Session:
        secret = "".join(self._world.random.choices(TOKEN_LETTERS, k=80))
        session = Session(f"{self._org_id[:15]}!AQ{secret}", self._world.clock.now(), user["Id"], app.name)
        self._sessions[session.token] = session
        return session

    def live(self, authorization: str) -> Session | None:
        """The session of an Authorization header, while its token holds and its user is active."""
        scheme, _, token = authorization.partition(" ")
        session = self._sessions.get(token.strip())
        if scheme.lower() not in ("bearer", "oauth") or session is None or session.expired:
            return None
        user = self._org.row(USER, session.user_id)
        young = self._world.clock.now() < session.issued + timedelta(seconds=self.seconds)
        return session if young and user is not None and user["IsActive"] else None

    def user(self, session: Session) -> Row:
        """Who a session belongs to."""
        return self._org.row(USER, session.user_id) or {}

    def expire(self) -> None:
        """Make every token given out so far worthless."""
        for session in self._sessions.values():
            session.expired = True

    def _client_credentials(self, call: TokenCall) -> tuple[ConnectedApp, Row]:
        if call.on_login_host:
            raise OAuthError("invalid_grant", "request not supported on this domain")
        client_id, secret = (call.form.get("client_id", ""), call.form.get("client_secret", ""))
        if call.authorization.lower().startswith("basic "):
            client_id, secret = _basic(call.authorization)
        app = self._app(client_id)
        if not app.secret or not secrets.compare_digest(secret.encode(), app.secret.encode()):
            raise OAuthError("invalid_client", "invalid client credentials")
        user = self._user(app.run_as) if app.run_as else None
        if user is None:
            raise OAuthError("invalid_grant", "no client credentials user enabled")
        return app, user

    def _jwt_bearer(self, call: TokenCall) -> tuple[ConnectedApp, Row]:
        assertion = jwt_bearer.read(call.form.get("assertion", ""))
        app = self._app(assertion.text("iss"))
        assertion.verify(app.public_key)
        assertion.check_time(self._world.clock.now())
        login = TEST if self.is_sandbox else LOGIN
        if assertion.text("aud").rstrip("/") not in {login, *call.addresses}:
            raise OAuthError("invalid_grant", "audience is invalid")
        user = self._user(assertion.text("sub"))
        if user is None or user["Username"] not in app.approved_users:
            raise OAuthError("invalid_grant", "user hasn't approved this consumer")
        return app, user

    def _app(self, client_id: str) -> ConnectedApp:
        app = self._apps.find(client_id)
        if app is None:
            raise OAuthError("invalid_client_id", "client identifier invalid")
        if not app.active:
            raise OAuthError("invalid_client", "this app is blocked by admin")
        return app

    def _user(self, username: str) -> Row | None:
        found = self._org.holders(USER, "Username", username)
        return found[0] if found else None


def seeded_user() -> Row:
    """The integration user of the demo."""
    return {"Name": "Integration User", "Username": USERNAME, "Email": USERNAME, "IsActive": True}


def _basic(authorization: str) -> tuple[str, str]:
    try:
        plain = base64.b64decode(authorization.split(" ", 1)[1], validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise OAuthError("invalid_client", "invalid client credentials") from error
    client_id, _, secret = plain.partition(":")
    return client_id, secret
