"""Signing in to Acumatica: one seat whatever happens, both kinds of sign-in, and what is never tried twice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import requests

from acumatica_side import FIRST, SECOND, Side
from invoice_sync.connectors import registry
from invoice_sync.connectors.acumatica.sign_in import SEAT_WAITS, Credentials, authorization, split
from invoice_sync.connectors.parts import Parts
from invoice_sync.connectors.timing import Timing
from invoice_sync.ledger import migrate
from invoice_sync.ledger.database import Database
from invoice_sync.ledger.tokens import LedgerTokens, keys_from_environment
from invoice_sync.model.errors import NeedsPerson, SettingsError, TryLater
from invoice_sync.model.flow import Options
from sandbox.server import Running, start_in_thread


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with start_in_thread(vendors=["acumatica"]) as started:
        yield started


@pytest.fixture
def side(running: Running) -> Side:
    return Side(running)


@pytest.mark.parametrize("oauth", [False, True], ids=["cookie", "oauth"])
def test_the_session_is_shared_by_all_who_come_after(side: Side, oauth: bool) -> None:
    for _ in range(3):
        connector = side.connector(oauth=oauth)
        connector.inspect("none")
        connector.close()
    assert (side.logins, side.seats) == (1, 1)


@pytest.mark.parametrize("oauth", [False, True], ids=["cookie", "oauth"])
def test_twenty_runs_with_kills_never_hold_a_second_seat(side: Side, oauth: bool) -> None:
    """Every third is killed: its object is dropped. Every fifth finds its session ended by an administrator."""
    for number in range(20):
        connector = side.connector(oauth=oauth)
        connector.present(["Invoice/AR0000160"])
        assert side.seats <= 1
        if number % 3:
            connector.close()
        if number % 5 == 4:
            side.act("sign_out_all")
        if number % 7 == 6:
            side.vendor.expire_tokens()
    side.connector(oauth=oauth).present(["Invoice/AR0000160"])
    assert side.seats == 1


def test_the_ledger_keeps_the_session_for_the_next_process(
    side: Side, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database(f"sqlite:///{tmp_path / 'ledger.db'}")
    migrate.upgrade(database)
    hidden: list[str] = []
    for _ in range(2):
        store = LedgerTokens(database, side.binding, keys_from_environment(), side.clock, hidden.append)
        side.memory = store  # type: ignore[assignment]
        side.connector().present(["Invoice/AR0000160"])
    database.dispose()
    assert (side.logins, side.seats) == (1, 1)
    assert any(".ASPXAUTH" in text for text in hidden)


def test_a_dead_session_is_signed_out_before_a_new_one_is_asked_for(side: Side) -> None:
    side.connector().present(["Invoice/AR0000160"])
    side.act("sign_out_all")
    side.calls.clear()
    side.connector().present(["Invoice/AR0000160"])
    signing = [call.path.rpartition("/")[2] for call in side.calls if "/auth/" in call.path]
    assert signing == ["logout", "login"]


def test_another_users_session_gives_its_seat_back_first(side: Side) -> None:
    side.settings(session_limit=1)
    side.connector().present(["Invoice/AR0000160"])
    side.user = "admin"
    side.connector().present(["Invoice/AR0000160"])
    assert [each["User"] for each in side.records("sessions")] == ["admin"]


def test_changing_the_way_of_signing_in_leaves_no_seat_behind(side: Side) -> None:
    for oauth in (False, True, False):
        side.connector(oauth=oauth).present(["Invoice/AR0000160"])
        assert side.seats == 1


@pytest.mark.parametrize("oauth", [False, True], ids=["cookie", "oauth"])
def test_a_session_that_cannot_be_kept_is_given_back(side: Side, oauth: bool) -> None:
    side.memory.fails = True
    with pytest.raises(OSError, match="disk is full"):
        side.connector(oauth=oauth).present(["Invoice/AR0000160"])
    assert side.seats == 0


@pytest.mark.parametrize("refusal", ["500", "429"])
def test_a_full_house_is_waited_for_and_then_named(side: Side, refusal: str) -> None:
    side.settings(session_limit=1, seat_refusal=refusal)
    with side.stranger(), pytest.raises(TryLater, match="every seat of the licence") as raised:
        side.connector().inspect("none")
    assert raised.value.wait == 600
    assert side.clock.slept == list(SEAT_WAITS)


def test_a_seat_that_comes_free_is_taken(side: Side) -> None:
    side.settings(session_limit=1)
    with side.stranger() as other:
        site = side.about["base_url"]
        side.clock.on_sleep = lambda: other.post(f"{site}/entity/auth/logout", timeout=5)
        assert side.connector().inspect("none").findings == ()
    assert side.clock.slept == [SEAT_WAITS[0]]


def test_seats_taken_in_the_middle_of_oauth_are_named_too(side: Side) -> None:
    """There the seat is taken by the first call, not by the sign-in."""
    side.settings(session_limit=1)
    with side.stranger(), pytest.raises(TryLater, match="API Login Limit"):
        side.connector(oauth=True).inspect("none")


@pytest.mark.parametrize("oauth", [False, True], ids=["cookie", "oauth"])
def test_a_wrong_password_is_tried_once(side: Side, oauth: bool) -> None:
    with pytest.raises(NeedsPerson, match="refuses user name or password"):
        side.connector(oauth=oauth, password="nonsense").inspect("none")
    assert (side.logins, side.seats) == (1, 0)


def test_nothing_secret_is_said(side: Side) -> None:
    credentials = side.credentials(oauth=True)
    shown = repr(credentials) + repr(side.memory.kept)
    assert credentials.password not in shown
    assert credentials.client_secret not in shown
    with pytest.raises(NeedsPerson) as raised:
        side.connector(password="nonsense-word").inspect("none")
    assert "nonsense-word" not in str(raised.value)


def test_an_app_that_acumatica_does_not_know(side: Side) -> None:
    with pytest.raises(SettingsError, match="invalid_client"):
        side.connector(oauth=True, client_secret="other").inspect("none")


def test_a_tenant_that_is_not_there(side: Side) -> None:
    with pytest.raises(SettingsError, match="has no tenant Nowhere"):
        side.connector(tenant="Nowhere").inspect("none")


def test_a_site_that_takes_any_tenant_is_found_out(side: Side) -> None:
    side.settings(single_tenant=True)
    with pytest.raises(SettingsError, match=f"leads to tenant {FIRST}.*bound to {SECOND}"):
        side.connector(tenant=SECOND).inspect("none")
    assert side.seats == 0


def test_no_acumatica_at_the_address(side: Side) -> None:
    site = side.about["base_url"]
    with pytest.raises(SettingsError, match="no Acumatica at the site address"):
        side.connector(site=f"{site}/elsewhere").inspect("none")


def test_access_tokens_are_renewed_before_they_end(side: Side) -> None:
    connector = side.connector(oauth=True)
    connector.prepare()
    first = side.memory.kept
    assert first is not None
    side.running.world.clock.advance(3000)
    connector.prepare()
    second = side.memory.kept
    assert second is not None
    assert second.access != first.access
    assert (second.previous_refresh, side.seats) == (first.refresh, 0)
    assert connector.present(["Invoice/AR0000160"])
    assert side.seats == 1


def test_a_spent_refresh_token_leads_back_to_the_password(side: Side) -> None:
    connector = side.connector(oauth=True)
    connector.present(["Invoice/AR0000160"])
    assert side.memory.kept is not None
    side.memory.kept = replace(side.memory.kept, refresh="spent", expires_at=side.clock.now() + timedelta(minutes=1))
    side.connector(oauth=True).present(["Invoice/AR0000160"])
    assert side.seats == 1


def test_who_waited_takes_the_session_that_another_got(side: Side) -> None:
    """Two tasks meet the same dead session; the second finds the first one's new one."""
    one, other = side.connector(), side.connector()
    for each in (one, other):
        each.prepare()
    side.act("sign_out_all")
    one.renew()
    other.renew()
    assert (side.logins, side.seats) == (2, 1)


def test_a_cookie_that_slides_along_is_kept(side: Side) -> None:
    connector = side.connector()
    connector.prepare()
    before = side.memory.kept
    assert before is not None
    session = connector._client.session
    session.absorb({"requeststat": "other", "stranger": "1"})
    assert side.memory.kept is before
    session.absorb({"ASP.NET_SessionId": "another"})
    assert side.memory.kept is not before
    assert "ASP.NET_SessionId=another" in session.headers()["Cookie"]
    assert "stranger" not in session.headers()["Cookie"]


def test_a_sliding_cookie_never_overwrites_a_newer_session(side: Side) -> None:
    one, other = side.connector(), side.connector()
    one.prepare()
    other.prepare()
    other.renew()
    newer = side.memory.kept
    one._client.session.absorb({"ASP.NET_SessionId": "late"})
    assert side.memory.kept is newer


def test_cookies_and_tokens_authorise_as_they_are(side: Side) -> None:
    side.connector().prepare()
    assert side.memory.kept is not None
    assert authorization(side.memory.kept)["Cookie"].startswith(".ASPXAUTH=")
    assert authorization(replace(side.memory.kept, access="eyJ")) == {"Authorization": "Bearer eyJ"}


@pytest.mark.parametrize("kind", ["drop_before", "drop_after", "half_body", "server_error_before", "html"])
def test_a_sign_in_without_an_answer_is_weather(side: Side, kind: str) -> None:
    side.mishap(kind, scope="sign_in")
    with pytest.raises(TryLater):
        side.connector().inspect("none")


def parts(side: Side, tenant: str = f"{FIRST}/", **extra: object) -> Parts:
    about = side.about
    binding = replace(side.binding, tenant=tenant)
    return Parts(
        binding, about["base_url"] + "/", "sync", "brightwater-sync-1", extra, Timing(), Options(), side.clock,
        side.calls.append, side.memory, None,  # type: ignore[arg-type]
    )  # fmt: skip


def test_built_from_a_connection(side: Side) -> None:
    about = side.about
    oauth = {"sign_in": "oauth", "client_id": about["client_id"], "client_secret": about["client_secret"]}
    for extra in ({}, {"sign_in": "", "endpoint_version": "23.200.001"}, oauth):
        source = registry.source("acumatica", parts(side, **extra))
        assert source.inspect("none").findings == ()
        source.close()
    assert registry.fulfilment("acumatica", parts(side, operation_seconds=30)).timing.server == 120
    assert side.seats == 1


@pytest.mark.parametrize(
    ("tenant", "extra", "says"),
    [
        ("Brightwater", {}, "not a tenant and a branch"),
        ("/MAIN", {}, "not a tenant and a branch"),
        ("Brightwater/", {"sign_in": "basic"}, "'basic'"),
        ("Brightwater/", {"sign_in": "oauth"}, "client_id"),
        ("Brightwater/", {"sign_in": "oauth", "client_id": "GUID@Stonebridge", "client_secret": "x"}, "another tenant"),
        ("Brightwater/", {"operation_seconds": "soon"}, "operation_seconds"),
    ],
)
def test_a_connection_that_cannot_be_used(side: Side, tenant: str, extra: dict[str, object], says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        registry.fulfilment("acumatica", parts(side, tenant, **extra))


def test_the_licences_minute() -> None:
    assert registry.windows("acumatica", {}) == ()
    (window,) = registry.windows("acumatica", {"requests_per_minute": 100.0})
    assert (window.limit, window.seconds, window.kinds) == (100, 60, frozenset())
    with pytest.raises(SettingsError, match="no number of requests"):
        registry.windows("acumatica", {"requests_per_minute": "many"})


def test_tenant_and_branch() -> None:
    assert split("Brightwater/PRODWHOLE") == ("Brightwater", "PRODWHOLE")
    assert split("Brightwater/") == ("Brightwater", "")


def test_whose_session_it_is_differs_by_all_that_matters(side: Side) -> None:
    plain = side.credentials()
    others: list[Credentials] = [
        replace(plain, **{name: "other"}) for name in ("site", "user", "tenant", "branch", "client_id")
    ]
    assert len({each.owner for each in [plain, *others]}) == 6
    assert replace(plain, password="new").owner == plain.owner


def test_a_request_for_another_host_never_leaves(side: Side) -> None:
    client = side.connector()._client
    for location in ("https://elsewhere.example/entity/Default/1/status/x", "//elsewhere.example/entity/x", "/t/odata"):
        with pytest.raises(SettingsError, match="another host"):
            client.status_url(location)
    path = "/entity/Default/24.200.001/Shipment/ConfirmShipment/status/1"
    assert client.status_url(path) == client.status_url("/AcumaticaERP" + path) == f"{client.site}{path}"
    assert client.status_url(client.site + path) == f"{client.site}{path}"


def test_the_sandbox_answers_plain_requests_of_others(side: Side) -> None:
    """The stranger of these tests is a real session: it takes a seat, and gives it back."""
    with side.stranger() as other:
        assert other.get(f"{side.about['base_url']}/entity", timeout=5).status_code == requests.codes.ok
        assert side.seats == 1
    assert side.seats == 0
