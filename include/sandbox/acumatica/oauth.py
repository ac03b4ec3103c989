"""OAuth 2.0 of the site: password, authorization code, refresh with rotation (facts 2.2)."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sandbox.acumatica.errors import AcumaticaError, not_signed_in
from sandbox.acumatica.sessions import Session, Sessions
from sandbox.acumatica.settings import Settings
from sandbox.acumatica.store import Tenant, User
from sandbox.world import World

Record = dict[str, Any]
PREFIX = "/identity/connect"
OFFLINE, CONCURRENT = "offline_access", "api:concurrent_access"
SCOPES = frozenset({"api", OFFLINE, CONCURRENT, "openid"})
GRANTS = ("password", "refresh_token", "authorization_code")
CODE_SECONDS = 300


class OAuthRefusal(Exception):
    """400 with an OAuth error."""

    def __init__(self, error: str, description: str = "") -> None:
        super().__init__(error)
        self.body = {"error": error, **({"error_description": description} if description else {})}


@dataclass(frozen=True)
class App:
    """A connected application of one tenant: the tenant rides in the client id."""

    client_id: str
    secret: str
    tenant: Tenant
    redirect_uri: str


@dataclass
class Grant:
    """What a user allowed an application once; tokens come and go."""

    grant_id: str
    app: App
    user: User
    scopes: frozenset[str]


@dataclass
class Access:
    """An access token."""

    grant: Grant
    ends: datetime


class TokenDesk:
    """Gives out tokens and finds the session that a token works in."""

    def __init__(self, world: World, settings: Settings, sessions: Sessions) -> None:
        self._world = world
        self._settings = settings
        self._sessions = sessions
        self.apps: dict[str, App] = {}
        self._access: dict[str, Access] = {}
        self._refresh: dict[str, Grant] = {}
        self._codes: dict[str, tuple[Grant, str, datetime]] = {}

    def clear(self) -> None:
        """Forget applications and tokens."""
        self.apps.clear()
        self._access.clear()
        self._refresh.clear()
        self._codes.clear()

    def expire(self) -> None:
        """Make every access token worthless; refresh tokens live on."""
        self._access.clear()

    def register(self, tenant: Tenant, guid: str) -> App:
        """A connected application."""
        client_id = f"{guid.upper()}@{tenant.name}"
        app = App(client_id, f"secret-{tenant.name.lower()}", tenant, "http://127.0.0.1:8899/callback")
        self.apps[client_id.casefold()] = app
        return app

    def token(self, form: Mapping[str, str]) -> Record:
        """The token endpoint."""
        grant_type = form.get("grant_type", "")
        if grant_type not in GRANTS:
            raise OAuthRefusal(
                "unauthorized_client" if grant_type == "client_credentials" else "unsupported_grant_type"
            )
        app = self._client(form)
        if grant_type == "refresh_token":
            return self._answer(self._rotated(app, form.get("refresh_token", "")))
        if grant_type == "authorization_code":
            return self._answer(self._exchanged(app, form.get("code", ""), form.get("redirect_uri", "")))
        scopes = self.scopes_of(form.get("scope", ""))
        return self._answer(self._password_grant(app, form, scopes))

    def _client(self, form: Mapping[str, str]) -> App:
        app = self.apps.get(form.get("client_id", "").casefold())
        if app is None or app.secret != form.get("client_secret"):
            raise OAuthRefusal("invalid_client")
        return app

    def scopes_of(self, text: str) -> frozenset[str]:
        """The scopes asked for; `api` must be among them."""
        scopes = frozenset(text.split())
        if "api" not in scopes or not scopes <= SCOPES:
            raise OAuthRefusal("invalid_scope")
        if CONCURRENT in scopes and self._settings.concurrent_access_fails:
            # seen at some sites (facts 2.2)
            raise OAuthRefusal("invalid_scope", "api:concurrent_access is not allowed for this client.")
        return scopes

    def _password_grant(self, app: App, form: Mapping[str, str], scopes: frozenset[str]) -> Grant:
        name = form.get("username", "")
        try:
            user = self._sessions.user_of(app.tenant, name, form.get("password", ""))
        except AcumaticaError as error:
            raise OAuthRefusal("invalid_grant", "invalid_username_or_password") from error
        return Grant(secrets.token_hex(8), app, user, scopes)

    def code(self, app: App, user: User, scopes: frozenset[str], redirect_uri: str) -> str:
        """An authorization code, good once."""
        code = secrets.token_urlsafe(24)
        ends = self._world.clock.now() + timedelta(seconds=CODE_SECONDS)
        self._codes[code] = (Grant(secrets.token_hex(8), app, user, scopes), redirect_uri, ends)
        return code

    def _exchanged(self, app: App, code: str, redirect_uri: str) -> Grant:
        grant, given_to, ends = self._codes.pop(code, (None, "", self._world.clock.now()))
        if grant is None or grant.app is not app or given_to != redirect_uri or ends <= self._world.clock.now():
            raise OAuthRefusal("invalid_grant")
        return grant

    def _rotated(self, app: App, token: str) -> Grant:
        """A refresh token is good once."""
        grant = self._refresh.pop(token, None)
        if grant is None or grant.app is not app:
            raise OAuthRefusal("invalid_grant")
        return grant

    def _answer(self, grant: Grant) -> Record:
        seconds = self._settings.access_token_seconds
        access = "eyJ" + secrets.token_urlsafe(40)
        self._access[access] = Access(grant, self._world.clock.now() + timedelta(seconds=seconds))
        body: Record = {"access_token": access, "expires_in": int(seconds), "token_type": "Bearer"}
        if OFFLINE in grant.scopes:
            body["refresh_token"] = secrets.token_hex(32)
            self._refresh[body["refresh_token"]] = grant
        return {**body, "scope": " ".join(sorted(grant.scopes))}

    def access_of(self, header: str) -> Access | None:
        """The access token of an Authorization header, if it is one and still good."""
        scheme, _, token = header.partition(" ")
        found = self._access.get(token.strip()) if scheme.lower() == "bearer" else None
        return found if found is not None and self._world.clock.now() < found.ends else None

    def session_of(self, header: str, cookie: str | None) -> Session:
        """The session of a bearer call; which one depends on the scopes (facts 2.2)."""
        access = self.access_of(header)
        if access is None:
            raise not_signed_in()
        grant = access.grant
        if CONCURRENT in grant.scopes:
            kept = self._sessions.find(cookie)
            own = kept if kept is not None and kept.grant == grant.grant_id else None
            return own or self._sessions.open(grant.app.tenant, grant.user, "", grant.grant_id)
        if OFFLINE in grant.scopes:
            return self._sessions.of_grant(grant.grant_id) or self._sessions.open(
                grant.app.tenant, grant.user, "", grant.grant_id
            )
        token = header.partition(" ")[2].strip()
        return self._sessions.of_grant(token) or self._sessions.open(
            grant.app.tenant, grant.user, "", token, access.ends
        )

    def sign_out(self, header: str, cookie: str | None) -> None:
        """End the session of a token; the token itself lives on."""
        access = self.access_of(header)
        if access is None:
            return
        token = header.partition(" ")[2].strip()
        for name in (access.grant.grant_id, token):
            session = self._sessions.find(cookie) if cookie else self._sessions.of_grant(name)
            if session is not None:
                self._sessions.close(session.session_id)
