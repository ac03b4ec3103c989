"""QuickBooks Authentication: which companies are connected, for how long, and Connect.

Connect is OAuth's code flow. Its answer comes by way of the browser to /callback, a page that holds nothing and
changes nothing; that page hands the answer on by POST. The state belongs to the one who asked, and counts once.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from urllib.parse import urlsplit

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict, Field

from invoice_portal import pages
from invoice_portal.surroundings import Here, Surroundings, Visitor, Who, flows_of
from invoice_sync.connect import asking
from invoice_sync.connectors import registry
from invoice_sync.connectors.parts import Parts
from invoice_sync.ledger import consents, process_log
from invoice_sync.ledger.process_log import Entry
from invoice_sync.ledger.scope import Scope, TaskRef
from invoice_sync.ledger.tables import BindingRow
from invoice_sync.ledger.tokens import LedgerTokens, keys_from_environment
from invoice_sync.model.errors import SettingsError
from invoice_sync.model.flow import Endpoint, Flow
from invoice_sync.model.ports import Binding, Tokens
from invoice_sync.orchestration.flows import renewable
from invoice_sync.steps import tokens
from invoice_sync.steps.wiring import parts_of

router = APIRouter()

CALLBACK = "/callback"
TITLE = "QuickBooks Authentication"
LONGEST = 1000
"""Characters of any part of an answer."""


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Question(_Body):
    company: str
    vendor: str
    redirect_uri: str = Field(max_length=2000)


class Answer(_Body):
    """`given`: the query with which the vendor sent the browser back to `redirect_uri`."""

    redirect_uri: str = Field(max_length=2000)
    given: dict[str, str] = Field(repr=False)


class Address(BaseModel):
    address: str


class Told(BaseModel):
    told: str


@dataclass(frozen=True, slots=True)
class SignIn:
    """One company at one vendor. `left` are whole days by the word for their end; `trouble` is why nobody knows."""

    flow: Flow
    side: Endpoint
    tenant_name: str
    stored: Tokens | None
    left: dict[str, int]
    warnings: tuple[str, ...]
    trouble: str
    may_connect: bool


@router.get("/authentication")
def authentication(request: Request, around: Here, visitor: Who) -> HTMLResponse:
    flows = {flow.name for flow in flows_of(visitor) if visitor.may_read(flow.name)}
    if not flows:
        raise HTTPException(403, "You may see none of the flows here. Ask who looks after Airflow for the right.")
    found = [_sign_in(around, visitor, flow, side) for flow, side in renewable() if flow.name in flows]
    return pages.show(request, "authentication.html", sign_ins=found, now=around.now)


@router.post("/authentication/start")
def start(request: Request, around: Here, visitor: Who, body: Question) -> Address:
    """Where the person agrees. The answer has to come back to this very site."""
    flow, side = _connectable(visitor, body.company, body.vendor)
    _see_that_it_is_ours(request, body.redirect_uri)
    parts = _parts(around, flow, side)
    asking.see_that_it_can_be_kept(parts.tokens)
    state = f"{flow.company}.{side.vendor}.{secrets.token_urlsafe(32)}"
    with around.ledger.transaction() as session:
        consents.ask(session, parts.binding, visitor.name, state, around.now)
    return Address(address=registry.consent(side.vendor, parts).address(body.redirect_uri, state))


@router.get(CALLBACK)
def callback(request: Request, around: Here) -> HTMLResponse:
    """Where the vendor sends the browser. Reads nothing of the address but what Airflow's access log must not show."""
    around.hide(request.query_params.get("code", "")[:LONGEST])
    return pages.show(request, "callback.html")


@router.post("/authentication/finish")
def finish(request: Request, around: Here, visitor: Who, body: Answer) -> Told:
    """Stores what comes of an answer to a question that this visitor asked, once."""
    given = {name: text[:LONGEST] for name, text in body.given.items()}
    around.hide(given.get("code", ""))
    company, vendor, _ = f"{given.get('state', '')}..".split(".", 2)
    flow, side = _connectable(visitor, company, vendor)
    _see_that_it_is_ours(request, body.redirect_uri)
    parts = _parts(around, flow, side)
    with around.ledger.transaction() as session:
        mine = consents.take_answer(session, parts.binding, visitor.name, given["state"], around.now)
    if not mine:
        raise HTTPException(409, "This answer belongs to no question of yours, or came too late. Press Connect again.")
    connected = asking.keep(registry.consent(side.vendor, parts), parts, given, body.redirect_uri)
    _log(around, visitor, flow, side)
    return Told(told=asking.done(flow, side, connected))


def _connectable(visitor: Visitor, company: str, vendor: str) -> tuple[Flow, Endpoint]:
    """Raises 404 where there is nothing to connect, 403 for one who may not change the connection."""
    for flow, side in renewable():
        if (flow.company, side.vendor) == (company, vendor):
            if not (visitor.may_read(flow.name) and visitor.may_connect(side.connection)):
                raise HTTPException(403, f"Connecting needs the right to edit the connection {side.connection}.")
            return flow, side
    raise HTTPException(404, "No flow here needs such a connection.")


def _see_that_it_is_ours(request: Request, redirect_uri: str) -> None:
    """A browser says truly which site a POST comes from (Fetch standard, "Origin"); the page knows its own path."""
    parts = urlsplit(redirect_uri)
    origin = f"{parts.scheme}://{parts.netloc}"
    if origin != request.headers.get("origin") or not parts.path.endswith(CALLBACK) or parts.query or parts.fragment:
        raise HTTPException(422, "The answer would not come back to this site.")


def _parts(around: Surroundings, flow: Flow, side: Endpoint) -> Parts:
    """Every token is hidden from the api-server's log the moment it exists."""
    return parts_of(flow, side, {side.connection: around.login(side)}, around.ledger, around.clock, around.hide)


def _log(around: Surroundings, visitor: Visitor, flow: Flow, side: Endpoint) -> None:
    task = TaskRef(flow.name, "", "connect", user=visitor.name)
    said = f"Company {flow.company} was connected to {side.vendor}."
    entry = Entry("WARNING", TITLE, {"vendor": side.vendor, "tenant": side.tenant}, side.vendor, said)
    with around.ledger.transaction() as session:
        process_log.append(session, Scope.of(flow), task, [entry], around.now)


def _sign_in(around: Surroundings, visitor: Visitor, flow: Flow, side: Endpoint) -> SignIn:
    binding = Binding(flow.company, side.vendor, side.tenant)
    with around.reader.transaction() as session:
        bound = session.get(BindingRow, (flow.company, side.vendor))
    stored, trouble = _stored(around, binding)
    warned = [tokens.disuse(binding, stored, around.now), tokens.end(binding, stored, around.now)] if stored else []
    return SignIn(
        flow,
        side,
        bound.tenant_name if bound else "",
        stored,
        tokens.last_days(stored, around.now) if stored else {},
        tuple(each.text for each in warned if each is not None),
        trouble,
        visitor.may_connect(side.connection),
    )


def _stored(around: Surroundings, binding: Binding) -> tuple[Tokens | None, str]:
    """Or why what is stored cannot be read."""
    try:
        store = LedgerTokens(around.reader, binding, keys_from_environment(), around.clock, around.hide)
        return store.load(), ""
    except SettingsError as error:
        return None, str(error)
