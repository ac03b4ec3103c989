"""Sessions and the seats that they take (facts 2 and 3)."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sandbox.acumatica.errors import AcumaticaError, general
from sandbox.acumatica.settings import Settings
from sandbox.acumatica.store import Tenant, User
from sandbox.world import World

AUTH_COOKIE, SESSION_COOKIE = ".ASPXAUTH", "ASP.NET_SessionId"
SEATS = "API Login Limit. The maximum number of concurrent API users has been reached."
BAD_CREDENTIALS = "Error: Invalid credentials. Please try again."


@dataclass
class Session:
    """One seat in use."""

    session_id: str
    tenant: Tenant
    user: User
    branch: str
    opened: datetime
    seen: datetime
    # the grant that it belongs to, for sessions of bearer tokens; and when it ends with its token
    grant: str = ""
    ends: datetime | None = None


class Sessions:
    """All sessions of the site; the licence counts them over all tenants."""

    def __init__(self, world: World, settings: Settings, tenants: Mapping[str, Tenant]) -> None:
        self._world = world
        self._settings = settings
        self._tenants = tenants
        self._open: dict[str, Session] = {}

    def clear(self) -> None:
        """End all of them."""
        self._open.clear()

    def tenant_of(self, name: str) -> Tenant:
        """The tenant of a name; none given is the first one, and a single-tenant site takes any name."""
        first = next(iter(self._tenants.values()))
        if not name or self._settings.single_tenant:
            return first
        for tenant in self._tenants.values():
            if tenant.name.casefold() == name.casefold():
                return tenant
        raise general(f"The company '{name}' cannot be found.", "PX.Data.PXUndefinedCompanyException")

    def user_of(self, tenant: Tenant, name: str, password: str) -> User:
        """The user of these credentials; what is wrong with them is not told."""
        user = tenant.lists.users.get(name.casefold())
        if user is None or user.password != password:
            raise general(BAD_CREDENTIALS)
        return user

    def open(self, tenant: Tenant, user: User, branch: str, grant: str = "", ends: datetime | None = None) -> Session:
        """Take a seat, or the refusal of one."""
        self._refuse_full(tenant, user)
        now = self._world.clock.now()
        branch = branch or (user.branches or tenant.lists.branches)[0]
        made = Session(secrets.token_hex(24).upper(), tenant, user, branch, now, now, grant, ends)
        self._open[made.session_id] = made
        return made

    def _refuse_full(self, tenant: Tenant, user: User) -> None:
        live = self.live()
        own = [one for one in live if one.tenant is tenant and one.user is user]
        limit, most = self._settings.session_limit, self._settings.user_session_limit
        if not (limit and len(live) >= limit) and not (most and len(own) >= most):
            return
        if self._settings.seat_policy == "sign_out_oldest":
            self.close(min(live, key=lambda one: one.opened).session_id)
            return
        if self._settings.seat_refusal == "429":
            raise AcumaticaError(429, SEATS, "API Login Limit")
        raise general(SEATS)

    def live(self) -> list[Session]:
        """Those that have not idled out or ended with their token; the others give their seats back."""
        now, idle = self._world.clock.now(), timedelta(seconds=self._settings.idle_seconds)
        self._open = {
            one.session_id: one
            for one in self._open.values()
            if now - one.seen < idle and (one.ends is None or now < one.ends)
        }
        return list(self._open.values())

    def find(self, session_id: str | None) -> Session | None:
        """The live session of a cookie; being asked for counts as being used."""
        found = next((one for one in self.live() if one.session_id == session_id), None)
        if found is not None:
            found.seen = self._world.clock.now()
        return found

    def of_grant(self, grant: str) -> Session | None:
        """The live session of a bearer grant."""
        found = next((one for one in self.live() if one.grant == grant), None)
        return None if found is None else self.find(found.session_id)

    def close(self, session_id: str | None) -> None:
        """Give a seat back."""
        self._open.pop(session_id or "", None)

    def shown(self, tenant: str) -> list[dict[str, Any]]:
        """The sessions of a tenant, for the control API; the cookie itself is not shown."""
        return [
            {"Id": one.session_id[:8], "User": one.user.name, "Tenant": one.tenant.name, "Branch": one.branch,
             "Opened": one.opened, "LastSeen": one.seen, "Grant": one.grant}
            for one in self.live()
            if one.tenant.name == tenant
        ]  # fmt: skip


def cookies_of(session: Session, user_offset_hours: float) -> dict[str, str]:
    """What the sign-in sets; all of them are to be sent back."""
    hours = abs(int(user_offset_hours))
    zone = f"GMT{'M' if user_offset_hours < 0 else 'P'}{hours:02d}00A"
    return {
        AUTH_COOKIE: session.session_id,
        SESSION_COOKIE: session.session_id[:24].lower(),
        "UserBranch": session.branch,
        "Locale": f"Culture=en-US&TimeZone={zone}",
        "CompanyID": session.tenant.name,
        "requestid": "4D0E5A",
        "requeststat": "+st:1+sc:~/entity/auth/login",
    }
