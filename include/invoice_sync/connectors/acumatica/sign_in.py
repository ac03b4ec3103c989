"""One session of one user in one tenant: cookies of the sign-in page, or tokens of OAuth's password flow.

A session is a seat of the licence, and there are few. So it is kept in the ledger for all tasks and runs, one process
at a time replaces it, and the old one is signed out before a new one is asked for. Only the main thread calls
`prepare`, `renew` and `absorb`; `headers` reads memory.
https://github.com/Acumatica/Acumatica-AI-Resources, IntegrationDevelopmentGuide
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import unquote, urlencode

from invoice_sync.connectors.acumatica import faults
from invoice_sync.connectors.acumatica.faults import Kind
from invoice_sync.connectors.http import Answer, Request, Transport, origin
from invoice_sync.connectors.parts import Parts
from invoice_sync.model import canonical
from invoice_sync.model.crash_points import reached
from invoice_sync.model.errors import NeedsPerson, SettingsError, TryLater
from invoice_sync.model.ports import Clock, Tokens, TokenStore

SIGN_IN = "Check user and password of the Acumatica connection; several wrong tries lock the user out."
SEAT_WAITS = (5.0, 10.0, 20.0, 30.0)
SEATS_LATER = 600.0
SEATS_TAKEN = (
    'Acumatica refuses the sign-in with "API Login Limit": every seat of the licence for API users is taken. '
    "Sign one out on License Monitoring Console (SM604000), or wait until it idles out (about 20 minutes)."
)
LIFE_OF_COOKIES = timedelta(hours=12)
"""Nobody says how long a session lives; it is used until it is refused, so this decides nothing."""

RENEW_AT = 0.8
_TENANT_COOKIE, _BRANCH_COOKIE = "CompanyID", "UserBranch"
_PASSING = frozenset({"requestid", "requeststat"})
_SCOPE = "api offline_access"
_JSON = {"Content-Type": "application/json", "Accept": "application/json"}


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a connection to Acumatica holds. `site` is the address with its virtual folder, without a slash behind.

    `tenant` and `branch` are the flow's binding. With `client_id` (GUID@Tenant) OAuth signs in instead of the page.
    """

    site: str
    user: str
    password: str = field(repr=False)
    tenant: str
    branch: str = ""
    client_id: str = ""
    client_secret: str = field(repr=False, default="")
    endpoint: str = "Default"
    version: str = "24.200.001"

    @property
    def owner(self) -> str:
        """Whose session it is, and how it was signed in, without saying either."""
        text = "\n".join((self.site, self.tenant, self.branch, self.user, self.client_id))
        return hashlib.sha256(text.encode()).hexdigest()[:32]


def credentials(parts: Parts) -> Credentials:
    """From a connection; the extras may name endpoint, endpoint_version, sign_in, client_id and client_secret."""
    tenant, branch = split(parts.binding.tenant)
    origin(parts.host, "Acumatica")
    way = parts.setting("sign_in", "cookie")
    if way not in ("cookie", "oauth"):
        raise SettingsError(f"sign_in of the Acumatica connection is {way!r}.", cure="Write cookie or oauth.")
    oauth = way == "oauth"
    return Credentials(
        site=parts.host.strip().rstrip("/"),
        user=parts.user,
        password=parts.password,
        tenant=tenant,
        branch=branch,
        client_id=_client_id(parts, tenant) if oauth else "",
        client_secret=parts.setting("client_secret") if oauth else "",
        endpoint=parts.setting("endpoint", "Default"),
        version=parts.setting("endpoint_version", "24.200.001"),
    )


def split(bound: str) -> tuple[str, str]:
    """(tenant, branch) of "<Tenant>/<Branch>"; no branch means all of them."""
    tenant, slash, branch = bound.partition("/")
    if not tenant or not slash:
        raise SettingsError(
            "The tenant of an Acumatica flow is not a tenant and a branch.",
            cure="Write it as <Tenant>/<Branch>, or as <Tenant>/ for all branches of the tenant.",
        )
    return tenant, branch


def _client_id(parts: Parts, tenant: str) -> str:
    """The tenant rides in it."""
    found = parts.setting("client_id")
    if found.partition("@")[2].casefold() != tenant.casefold():
        raise SettingsError(
            "The client id of the Acumatica connection belongs to another tenant than the flow is bound to.",
            cure="Client ids look like GUID@Tenant: use the one that Connected Applications shows in that tenant.",
        )
    return found


class Session:
    """The `Signer` of one user in one tenant."""

    def __init__(self, transport: Transport, credentials: Credentials, store: TokenStore, clock: Clock) -> None:
        self._transport, self._credentials, self._store, self._clock = transport, credentials, store, clock
        self._held: Tokens | None = None

    @property
    def tenant(self) -> str:
        """Whom the session belongs to as the site says; empty where it does not."""
        if self._credentials.client_id:
            return self._credentials.client_id.partition("@")[2]
        return unquote(self._jar().get(_TENANT_COOKIE, ""))

    @property
    def branch(self) -> str:
        """The branch that the session works in, where the site gives its name and not just a number."""
        name = unquote(self._jar().get(_BRANCH_COOKIE, ""))
        return "" if name.isdigit() else name

    def headers(self) -> Mapping[str, str]:
        if self._held is None:
            raise SettingsError("a call to Acumatica was about to leave before prepare() signed in")
        return authorization(self._held)

    def prepare(self) -> None:
        """The session that is there already, else a new one. Raises NeedsPerson or TryLater."""
        self._held = self._held or self._ours(self._store.load())
        if self._held is None or self._ages(self._held):
            self.renew()

    def renew(self) -> None:
        """Another session than the one held. Who waited for his turn finds the one that somebody else got."""
        used = self._held
        with self._store.refreshing():
            stored = self._store.load()
            ours = self._ours(stored)
            moved = ours is not None and (used is None or ours.version != used.version)
            fresh = ours if ours is not None and moved and not self._ages(ours) else None
            self._held = fresh or self._replacement(stored)

    def absorb(self, cookies: Mapping[str, str]) -> None:
        """A sign-in that slides along gets a new cookie now and then; without it the old one would end early."""
        held, jar = self._held, self._jar()
        news = {name: value for name, value in cookies.items() if name in jar and name not in _PASSING}
        if held is None or not jar or all(jar[name] == value for name, value in news.items()):
            return
        with self._store.refreshing():
            stored = self._store.load()
            if stored is not None and stored.version == held.version:
                self._held = self._store.save(replace(held, access=canonical.dumps({**jar, **news})))

    def _jar(self) -> dict[str, str]:
        return _jar(self._held) if self._held is not None else {}

    def _ours(self, stored: Tokens | None) -> Tokens | None:
        """None for the session of another user, or of another way of signing in."""
        return stored if stored is not None and stored.spent == self._credentials.owner else None

    def _ages(self, tokens: Tokens) -> bool:
        """Only access tokens have an end that is known."""
        left = tokens.expires_at - self._clock.now()
        return bool(tokens.refresh) and left < timedelta(hours=1) * (1 - RENEW_AT)

    def _replacement(self, stored: Tokens | None) -> Tokens:
        refreshed = self._refreshed(self._ours(stored))
        if refreshed is not None:
            return refreshed
        if stored is not None:
            self._sign_out(stored)
        fresh = self._sign_in_by_oauth() if self._credentials.client_id else self._sign_in_by_page()
        reached("K3")
        try:
            return self._store.save(fresh)
        except Exception:
            # nobody else would ever find this seat again
            self._sign_out(fresh)
            raise

    def _sign_out(self, tokens: Tokens) -> None:
        """Gives the seat back. A session that is dead already, or a site that does not answer, is no trouble here:
        what comes next finds out. The length must be said, or IIS answers 411."""
        headers = {**authorization(tokens), "Content-Length": "0"}
        try:
            self._transport.sign_in(Request("POST", f"{self._credentials.site}/entity/auth/logout", headers=headers))
        except TryLater:
            return

    def _sign_in_by_page(self) -> Tokens:
        given = self._credentials
        form = {"name": given.user, "password": given.password, "tenant": given.tenant, "branch": given.branch}
        body = canonical.dumps(form).encode()
        answer = self._seated(Request("POST", f"{given.site}/entity/auth/login", headers=_JSON, body=body))
        refuse(answer, f"tenant {given.tenant}")
        if not answer.cookies:
            raise TryLater("Acumatica answered the sign-in without a session")
        ends = self._clock.now() + LIFE_OF_COOKIES
        tokens = Tokens(canonical.dumps(dict(answer.cookies)), ends, spent=given.owner)
        self._refuse_other_tenant(tokens)
        return tokens

    def _refuse_other_tenant(self, tokens: Tokens) -> None:
        """A site with one tenant takes any name, so what it says afterwards counts."""
        found = unquote(_jar(tokens).get(_TENANT_COOKIE, ""))
        if found and found.casefold() != self._credentials.tenant.casefold():
            self._sign_out(tokens)
            raise SettingsError(
                f"The sign-in leads to tenant {found} of Acumatica, but the flow is bound to "
                f"{self._credentials.tenant}.",
                cure="Compare site address and user of the connection with the flow's tenant.",
            )

    def _sign_in_by_oauth(self) -> Tokens:
        given = self._credentials
        form = {"grant_type": "password", "username": given.user, "password": given.password, "scope": _SCOPE}
        granted = self._granted(form)
        if granted is None:
            raise NeedsPerson("Acumatica refuses user name or password (invalid_grant).", cure=SIGN_IN)
        return granted

    def _refreshed(self, stored: Tokens | None) -> Tokens | None:
        """A refresh token is good once, so the new one is stored before anything is done with it."""
        if stored is None or not stored.refresh or not self._credentials.client_id:
            return None
        granted = self._granted({"grant_type": "refresh_token", "refresh_token": stored.refresh})
        if granted is None:
            return None
        reached("K3")
        return self._store.save_renewed(replace(granted, previous_refresh=stored.refresh, version=stored.version))

    def _granted(self, form: Mapping[str, str]) -> Tokens | None:
        """What the token service gives; None when it says invalid_grant."""
        asked_at, given = self._clock.now(), self._credentials
        keys = {"client_id": given.client_id, "client_secret": given.client_secret}
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        url, body = f"{given.site}/identity/connect/token", urlencode({**form, **keys}).encode()
        answer = self._seated(Request("POST", url, headers=headers, body=body))
        content = _object(answer)
        if answer.status != 200:
            _raise_unless_invalid_grant(answer.status, content)
            return None
        return _tokens(content, given.owner, asked_at)

    def _seated(self, request: Request) -> Answer:
        """Seats come free when others leave, so a full house is worth a short wait."""
        for wait in (*SEAT_WAITS, None):
            answer = self._transport.sign_in(request)
            fault = faults.of(answer)
            if fault is None or fault.kind is not Kind.SEATS:
                return answer
            if wait is not None:
                self._clock.sleep(wait + self._clock.jitter(wait))
        raise TryLater(SEATS_TAKEN, wait=SEATS_LATER)


def authorization(tokens: Tokens) -> dict[str, str]:
    """Cookies are kept as one JSON text; a bearer token is none."""
    jar = _jar(tokens)
    if jar:
        return {"Cookie": "; ".join(f"{name}={value}" for name, value in jar.items())}
    return {"Authorization": f"Bearer {tokens.access}"}


def refuse(answer: Answer, who: str) -> None:
    """Raises for a sign-in that was refused; a wrong password is never tried twice."""
    fault = faults.of(answer)
    if fault is None:
        return
    if fault.kind is Kind.CREDENTIALS or fault.kind is Kind.SIGNED_OUT:
        raise NeedsPerson("Acumatica refuses user name or password.", cure=SIGN_IN)
    if fault.kind is Kind.TENANT:
        raise SettingsError(f"Acumatica has no {who}.", cure="Correct `tenant` in flows.yaml: <Tenant>/<Branch>.")
    if fault.kind is Kind.NO_SUCH_ADDRESS:
        raise SettingsError(
            "There is no Acumatica at the site address of the connection.",
            cure="Write it with its virtual folder, such as https://erp.example.com/AcumaticaERP.",
        )
    if fault.kind in (Kind.DATA, Kind.RIGHTS, Kind.SETUP):
        raise NeedsPerson(f"Acumatica refuses the sign-in (HTTP {answer.status} {fault.code}).", cure=SIGN_IN)
    raise TryLater(f"Acumatica answered the sign-in with HTTP {answer.status} and no reason that we know")


def _jar(tokens: Tokens) -> dict[str, str]:
    if not tokens.access.startswith("{"):
        return {}
    return {str(name): str(value) for name, value in canonical.loads(tokens.access).items()}


def _object(answer: Answer) -> Mapping[str, Any]:
    try:
        content = answer.json()
    except ValueError:
        content = None
    if not isinstance(content, Mapping):
        raise TryLater(f"Acumatica answered the sign-in with something unreadable (HTTP {answer.status})")
    return content


def _raise_unless_invalid_grant(status: int, content: Mapping[str, Any]) -> None:
    error = content.get("error")
    if error == "invalid_grant":
        return
    if error in ("invalid_client", "unauthorized_client", "invalid_scope", "unsupported_grant_type"):
        raise SettingsError(
            f"Acumatica does not let the connected application sign in ({error}).",
            cure="Compare client id and secret with Connected Applications (SM303010): its flow must be Resource "
            "Owner Password Credentials, with the scopes api and offline_access.",
        )
    raise TryLater(f"Acumatica refused the sign-in without a reason that we know (HTTP {status})")


def _tokens(content: Mapping[str, Any], owner: str, asked_at: datetime) -> Tokens:
    access, refresh = content.get("access_token"), content.get("refresh_token")
    life = content.get("expires_in")
    if not (isinstance(access, str) and access and isinstance(refresh, str) and refresh and isinstance(life, int)):
        raise TryLater("Acumatica answered the sign-in without tokens")
    return Tokens(access, asked_at + timedelta(seconds=life), refresh, spent=owner)
