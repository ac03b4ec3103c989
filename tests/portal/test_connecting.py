"""Connect, from the page: the sandbox's consent page in between, and all that must not come of it."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from consenting import decided
from house import REALM
from invoice_sync.ledger.tokens import LedgerTokens, keys_from_environment
from invoice_sync.model.ports import Binding, Tokens
from portal.visiting import OP, ORIGIN, USER, Portal, Somebody

WEST = "9130350000000002"
REDIRECT = f"{ORIGIN}/invoice-sync/callback"
QUESTION = {"company": "acme", "vendor": "quickbooks", "redirect_uri": REDIRECT}


@pytest.fixture(autouse=True)
def _op(portal: Portal) -> None:
    portal.visitor = OP


def stored(portal: Portal) -> Tokens | None:
    house = portal.house
    found = LedgerTokens(house.database, Binding("acme", "quickbooks", REALM), keys_from_environment(), house.clock)
    tokens = found.load()
    house.database.dispose()
    return tokens


def given(portal: Portal, realm: str = REALM, decision: str = "connect") -> dict[str, str]:
    """What the browser brings back when somebody has asked and answered."""
    address = portal.post("/authentication/start", QUESTION)
    query = parse_qs(urlsplit(decided(address, realm, decision)).query)
    return {name: values[0] for name, values in query.items()}


def finished(portal: Portal, answer: dict[str, str], status: int = 200, **more: Any) -> str:
    return portal.post("/authentication/finish", {"redirect_uri": REDIRECT, "given": answer, **more}, status)


def test_a_consent_becomes_tokens_and_a_row_in_the_log(portal: Portal) -> None:
    assert "not connected" in portal.page("/authentication")

    told = finished(portal, given(portal))

    assert "Connected: company acme" in told and REALM in told
    tokens = stored(portal)
    assert tokens is not None and {tokens.access, tokens.refresh} <= set(portal.hidden)
    page = portal.page("/authentication")
    assert "Connect again" in page and "days left" in page and "not connected" not in page
    log = portal.page("/log?action_type=QuickBooks+Authentication")
    assert "Company acme was connected to quickbooks." in log and "ops" in log


def test_an_answer_counts_once(portal: Portal) -> None:
    answer = given(portal)
    finished(portal, answer)
    before = stored(portal)

    assert "belongs to no question of yours" in finished(portal, answer, 409)
    assert stored(portal) == before


def test_an_answer_is_no_use_to_anybody_else(portal: Portal) -> None:
    answer = given(portal)

    portal.visitor = Somebody("mallory", OP.sees, OP.runs, OP.connects)
    finished(portal, answer, 409)
    assert stored(portal) is None

    portal.visitor = OP
    finished(portal, answer)
    assert stored(portal) is not None


def test_an_answer_comes_in_time_or_not_at_all(portal: Portal) -> None:
    answer = given(portal)
    portal.house.clock.sleep(601)

    finished(portal, answer, 409)
    assert stored(portal) is None


@pytest.mark.parametrize("state", ["", "acme.quickbooks.x", "acme", "..", "other.quickbooks.x"])
def test_a_state_that_nobody_was_given_opens_nothing(portal: Portal, state: str) -> None:
    answer = {**given(portal), "state": state}

    finished(portal, answer, 409 if state == "acme.quickbooks.x" else 404)
    assert stored(portal) is None


def test_the_wrong_company_and_a_refusal_leave_all_as_it_was(portal: Portal) -> None:
    assert WEST in finished(portal, given(portal, WEST), 409)
    assert "did not agree" in finished(portal, given(portal, decision="deny"), 409)
    assert stored(portal) is None


def test_who_may_not_edit_the_connection_neither_asks_nor_answers(portal: Portal) -> None:
    answer = given(portal)

    portal.visitor = USER
    portal.post("/authentication/start", QUESTION, 403)
    portal.visitor = Somebody("ops", OP.sees, OP.runs)  # lost the right in between
    finished(portal, answer, 403)
    assert stored(portal) is None


@pytest.mark.parametrize(
    "redirect",
    [
        "https://evil.example/invoice-sync/callback",
        f"{ORIGIN}.evil.example/invoice-sync/callback",
        f"{ORIGIN}/elsewhere",
        f"{REDIRECT}?next=https://evil.example/callback",
        f"{ORIGIN}@evil.example/callback",
        "javascript:alert(1)//callback",
    ],
)
def test_the_answer_never_goes_to_another_site(portal: Portal, redirect: str) -> None:
    assert "would not come back" in portal.post("/authentication/start", {**QUESTION, "redirect_uri": redirect}, 422)


def test_the_page_that_the_vendor_sends_people_to_holds_nothing_and_hides_the_code(portal: Portal) -> None:
    answer = given(portal)

    page = portal.client.get("/callback", params=answer, headers={"accept": "text/html"})

    assert page.status_code == 200 and answer["code"] in portal.hidden
    assert answer["code"] not in page.text and answer["state"] not in page.text
    assert stored(portal) is None


def test_tokens_that_no_key_opens_are_said_to_be_so(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    finished(portal, given(portal))
    monkeypatch.setenv("INVOICE_SYNC_KEYS", "")

    page = portal.page("/authentication")

    assert "INVOICE_SYNC_KEYS" in page and "Connect" in page
