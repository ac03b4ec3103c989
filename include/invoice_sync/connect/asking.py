"""Asks a person for consent and keeps what comes of it, or says why nothing was kept."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy.exc import SQLAlchemyError

from invoice_sync.connect.callback import PATH, Answer, Listener
from invoice_sync.connectors import registry
from invoice_sync.connectors.consent import Connected, Consent
from invoice_sync.connectors.parts import Parts
from invoice_sync.ledger.database import Database
from invoice_sync.model.errors import NeedsPerson, SettingsError
from invoice_sync.model.flow import Endpoint, Flow
from invoice_sync.model.ports import Clock, Tokens, TokenStore
from invoice_sync.steps.wiring import Login, parts_of

PATIENCE = 600.0


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the command works with. `patience`: seconds that the person has."""

    database: Database
    clock: Clock
    login: Callable[[Endpoint], Login]
    tell: Callable[[str], None]
    browse: Callable[[str], object]
    patience: float = PATIENCE


def bound_side(flows: list[Flow], vendor: str, company: str, name: str | None) -> tuple[Flow, Endpoint]:
    """Where this company meets this vendor. Raises SettingsError when that is nowhere, or not one place."""
    found = [
        (flow, side)
        for flow in flows
        for side in flow.sides
        if (flow.company, side.vendor) == (company, vendor) and name in (None, flow.name)
    ]
    if not found:
        known = ", ".join(f"{flow.name} ({flow.company})" for flow in flows)
        raise SettingsError(
            f"No flow{f' {name}' if name else ''} of company {company!r} knows {vendor}.",
            cure=f"Compare with the flows that are installed: {known}.",
        )
    if len({(side.connection, side.tenant) for _, side in found}) > 1:
        names = ", ".join(sorted({flow.name for flow, _ in found}))
        raise SettingsError(
            f"The flows of company {company} name different connections or tenants of {vendor}.",
            cure=f"Say which with --flow: {names}.",
        )
    return found[0]


def connect(flow: Flow, side: Endpoint, around: Surroundings, port: int) -> None:
    """Raises SettingsError, NeedsPerson or TryLater; then nothing was stored."""
    parts = parts_of(flow, side, {side.connection: around.login(side)}, around.database, around.clock, None)
    consent = registry.consent(side.vendor, parts)
    see_that_it_can_be_kept(parts.tokens)
    answer, redirect_uri = _answered(consent, parts, around, port)
    around.tell(done(flow, side, keep(consent, parts, answer, redirect_uri)))


def keep(consent: Consent, parts: Parts, answer: Mapping[str, str], redirect_uri: str) -> Connected:
    """What comes of an answer whose state was right, stored. Raises NeedsPerson or TryLater; then nothing was."""
    _check_choice(consent, parts, answer)
    connected = consent.connect(answer["code"], redirect_uri)
    # a renewal that is under way ends first, so that it cannot take the place of what the person brought
    with parts.tokens.refreshing():
        parts.tokens.save(connected.tokens)
    return connected


def see_that_it_can_be_kept(store: TokenStore) -> None:
    """Before the person is asked: the code can be used only once."""
    try:
        with store.refreshing():
            pass
    except SQLAlchemyError as error:
        raise SettingsError(
            f"The ledger cannot be written to ({type(error).__name__}).",
            cure="Compare INVOICE_SYNC_DATABASE with what Airflow uses, and run python -m invoice_sync migrate.",
        ) from None


def _answered(consent: Consent, parts: Parts, around: Surroundings, port: int) -> tuple[Answer, str]:
    """What the browser brought, and the redirect that it came by."""
    wanted = str(parts.extra.get("redirect_uri") or "")
    with Listener(port, urlsplit(wanted).path or PATH) as listener:
        redirect_uri, state = wanted or listener.uri, secrets.token_urlsafe(32)
        address = consent.address(redirect_uri, state)
        around.tell(_question(parts, address, redirect_uri))
        around.browse(address)
        answer = listener.wait(around.patience)
    _check_state(answer, state)
    return answer, redirect_uri


def _question(parts: Parts, address: str, redirect_uri: str) -> str:
    binding = parts.binding
    return (
        f"Open this address in a browser on this machine, sign in to {binding.vendor} and agree for the company with "
        f"the ID {binding.tenant}:\n\n{address}\n\nWaiting for the answer at {redirect_uri} ..."
    )


def _check_state(answer: Answer, state: str) -> None:
    if not secrets.compare_digest(answer.get("state", "").encode(), state.encode()):
        raise NeedsPerson(
            "The answer that came belongs to another question (its state differs). Nothing was stored.",
            cure="Start the command again, and use only the address that it prints.",
        )


def _check_choice(consent: Consent, parts: Parts, answer: Mapping[str, str]) -> None:
    binding = parts.binding
    if answer.get("error") == "access_denied":
        raise NeedsPerson("The person did not agree. Nothing was stored.", cure="Start again and choose Connect.")
    if "error" in answer or not answer.get("code"):
        raise NeedsPerson(
            f"{binding.vendor} answered without a code ({_printable(answer.get('error', ''))}). Nothing was stored.",
            cure=f"Compare the app's redirect addresses at {binding.vendor} with the one above.",
        )
    tenant = consent.tenant_of(answer)
    if tenant != binding.tenant:
        raise NeedsPerson(
            f"This consent is for the {binding.vendor} company {_printable(tenant)}, but company "
            f"{binding.company} is bound to {binding.tenant} in flows.yaml. It was refused, and nothing was stored.",
            cure=f"Start again and choose the company with the ID {binding.tenant}.",
        )


def _printable(word: str) -> str:
    """What came by way of a browser is shown only when it is a plain word."""
    plain = word.isascii() and word.replace("_", "").isalnum() and len(word) < 50
    return word if plain else "of no readable name"


def done(flow: Flow, side: Endpoint, connected: Connected) -> str:
    """In words for the one who connected."""
    tokens = connected.tokens
    lines = [f"Connected: company {flow.company} to {side.vendor} company {connected.name!r} (ID {side.tenant})."]
    lines += _ends(flow, tokens)
    lines.append("If check was red: clear it with downstream.")
    return "\n".join(lines)


def _ends(flow: Flow, tokens: Tokens) -> list[str]:
    def day(at: datetime) -> str:
        return f"{at.astimezone(flow.zone):%Y-%m-%d}"

    said = []
    if tokens.refresh_expires_at is not None:
        said.append(
            f"Without use this ends on {day(tokens.refresh_expires_at)}; every run, and the daily DAG "
            "keep_tokens_alive, moves that on."
        )
    if tokens.refresh_hard_end_at is not None:
        said.append(
            f"For good it ends on {day(tokens.refresh_hard_end_at)}; check warns 60 and 10 days before. "
            "Connecting again starts it anew."
        )
    return said
