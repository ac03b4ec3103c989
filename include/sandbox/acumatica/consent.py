"""The page where a person lets a connected application in: {site}/identity/connect/authorize (facts 2.2)."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from urllib.parse import urlencode, urlsplit

from aiohttp import web

from sandbox.acumatica.errors import AcumaticaError
from sandbox.acumatica.oauth import PREFIX, App, OAuthRefusal, TokenDesk
from sandbox.acumatica.sessions import Sessions

_ASKED = ("client_id", "response_type", "scope", "redirect_uri", "state")
_LOCAL = ("localhost", "127.0.0.1")


class ConsentPage:
    """Asks for name and password and sends the person back with a code."""

    def __init__(self, sessions: Sessions, tokens: TokenDesk) -> None:
        self._sessions = sessions
        self._tokens = tokens

    def routes(self, prefix: str) -> list[web.RouteDef]:
        """The page, and where its form goes."""
        path = f"{prefix}{PREFIX}/authorize"
        return [web.get(path, self.show), web.post(path, self.decide)]

    async def show(self, request: web.Request) -> web.Response:
        """The form, or what is wrong with the application's request."""
        asked = {name: request.query.get(name, "") for name in _ASKED}
        wrong = self._wrong(asked)
        if wrong:
            return _page(wrong, 400)
        hidden = "".join(
            f'<input type="hidden" name="{name}" value="{escape(value)}">' for name, value in asked.items()
        )
        names = '<input name="username"> <input name="password" type="password">'
        return _page(f'<form method="post">{hidden}{names} <button name="decision" value="yes">Allow</button></form>')

    async def decide(self, request: web.Request) -> web.Response:
        """A code for a good password, an error of OAuth for everything else."""
        form = {name: str(value) for name, value in (await request.post()).items()}
        wrong = self._wrong(form)
        if wrong:
            return _page(wrong, 400)
        app = self._app(form)
        try:
            scopes = self._tokens.scopes_of(form.get("scope", ""))
            user = self._sessions.user_of(app.tenant, form.get("username", ""), form.get("password", ""))
        except OAuthRefusal as refusal:
            return _back(form, **refusal.body)
        except AcumaticaError:
            return _page("Invalid credentials. Please try again.", 401)
        if form.get("decision") != "yes":
            return _back(form, error="access_denied")
        return _back(form, code=self._tokens.code(app, user, scopes, form["redirect_uri"]))

    def _app(self, form: Mapping[str, str]) -> App:
        return self._tokens.apps[form["client_id"].casefold()]

    def _wrong(self, asked: Mapping[str, str]) -> str:
        if asked.get("client_id", "").casefold() not in self._tokens.apps:
            return "unauthorized_client"
        if urlsplit(asked.get("redirect_uri", "")).hostname not in _LOCAL:
            return "invalid redirect_uri"
        return "" if asked.get("response_type") == "code" else "unsupported_response_type"


def _back(form: Mapping[str, str], **answer: str) -> web.Response:
    mark = "&" if urlsplit(form["redirect_uri"]).query else "?"
    place = f"{form['redirect_uri']}{mark}{urlencode({**answer, 'state': form.get('state', '')})}"
    return web.Response(status=302, headers={"Location": place})


def _page(body: str, status: int = 200) -> web.Response:
    return web.Response(text=f"<html><body>{body}</body></html>", status=status, content_type="text/html")
