"""The page where the owner of a company lets an app in, https://appcenter.intuit.com/connect/oauth2.

https://developer.intuit.com/app/developer/qbo/docs/develop/authentication-and-authorization/set-redirect-uri
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from aiohttp import web

from sandbox.quickbooks.oauth import APPS, TokenDesk
from sandbox.quickbooks.store import Company

if TYPE_CHECKING:
    from sandbox.world import World

AUTHORIZE_PATH = "/connect/oauth2"
# ours, for scripts: GET with auto_consent=<realm> or auto_consent=deny answers as the form's POST would
AUTO = "auto_consent"
DENY = "deny"
SCOPES = frozenset({"com.intuit.quickbooks.accounting", "com.intuit.quickbooks.payment", "openid", "profile", "email"})
_ASKED = ("client_id", "response_type", "scope", "redirect_uri", "state")


class BadRequest(Exception):
    """Shown to the person: where the app's address cannot be trusted, nobody is sent there."""


@dataclass(frozen=True)
class Asked:
    """What the app asks for."""

    client_id: str
    response_type: str
    scope: str
    redirect_uri: str
    state: str

    @classmethod
    def of(cls, given: Mapping[str, object]) -> Asked:
        """Read a query or a form; raises BadRequest."""
        asked = cls(**{name: str(given.get(name, "")) for name in _ASKED})
        if asked.client_id not in APPS:
            raise BadRequest("The client_id is not of an app that we know.")
        if not redirect_allowed(asked.redirect_uri):
            raise BadRequest("The redirect_uri query parameter value is invalid.")
        if not asked.state:
            raise BadRequest("The state query parameter is missing.")
        return asked

    @property
    def mistake(self) -> str:
        """The OAuth error that the app itself is told; empty for none."""
        if self.response_type != "code":
            return "unsupported_response_type"
        scopes = set(self.scope.split())
        return "" if scopes and scopes <= SCOPES else "invalid_scope"

    def send_back(self, **answer: str) -> web.Response:
        """The redirect to the app; `state` goes along unchanged."""
        mark = "&" if urlsplit(self.redirect_uri).query else "?"
        place = f"{self.redirect_uri}{mark}{urlencode({**answer, 'state': self.state})}"
        return web.Response(status=302, headers={"Location": place, "Cache-Control": "no-store"})


class ConsentPage:
    """Lists the companies; a click sends the person back to the app with a code."""

    def __init__(self, world: World, tokens: TokenDesk, companies: Mapping[str, Company]) -> None:
        self._world = world
        self._tokens = tokens
        self._companies = companies

    def routes(self) -> list[web.RouteDef]:
        """The page, and where its form goes."""
        return [web.get(AUTHORIZE_PATH, self.show), web.post(AUTHORIZE_PATH, self.decide)]

    async def show(self, request: web.Request) -> web.Response:
        """The page, or its answer at once when the caller has decided already."""
        try:
            asked = Asked.of(request.query)
        except BadRequest as mistake:
            return _page("Something is wrong with the app", f"<p>{escape(str(mistake))}</p>", 400)
        if asked.mistake:
            return asked.send_back(error=asked.mistake)
        if AUTO in request.query:
            return self._answer(asked, request.query[AUTO])
        return _page("Connect Invoice Sync to QuickBooks", self._form(asked))

    async def decide(self, request: web.Request) -> web.Response:
        """What the person chose."""
        form = await request.post()
        try:
            asked = Asked.of(form)
        except BadRequest as mistake:
            return _page("Something is wrong with the app", f"<p>{escape(str(mistake))}</p>", 400)
        choice = str(form.get("realm_id", "")) if form.get("decision") == "connect" else DENY
        return asked.send_back(error=asked.mistake) if asked.mistake else self._answer(asked, choice)

    def _answer(self, asked: Asked, choice: str) -> web.Response:
        if choice == DENY:
            return asked.send_back(error="access_denied")
        if choice not in self._companies:
            return _page("Choose a company", "<p>There is no such company.</p>", 400)
        code = self._tokens.authorise(choice, asked.redirect_uri, self._world.clock.now(), asked.client_id)
        return asked.send_back(code=code, realmId=choice)

    def _form(self, asked: Asked) -> str:
        hidden = "".join(
            f'<input type="hidden" name="{name}" value="{escape(getattr(asked, name))}">' for name in _ASKED
        )
        choices = "".join(
            f'<p><label><input type="radio" name="realm_id" value="{escape(realm)}"> '
            f"{escape(company.name)} ({escape(realm)})</label></p>"
            for realm, company in self._companies.items()
        )
        buttons = "".join(
            f'<button name="decision" value="{value}">{text}</button> '
            for value, text in (("connect", "Connect"), (DENY, "No, thanks"))
        )
        return f'<form method="post" action="{AUTHORIZE_PATH}">{hidden}{choices}{buttons}</form>'


def redirect_allowed(uri: str) -> bool:
    """Intuit takes https, and http only for localhost; never an IP address, never a fragment."""
    try:
        parts = urlsplit(uri)
        host = parts.hostname or ""
    except ValueError:
        return False
    if not host or parts.fragment or _is_address(host):
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and host == "localhost")


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _page(title: str, body: str, status: int = 200) -> web.Response:
    text = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title></head>'
        f"<body><h1>{escape(title)}</h1>{body}</body></html>"
    )
    return web.Response(status=status, text=text, content_type="text/html", headers={"Cache-Control": "no-store"})
