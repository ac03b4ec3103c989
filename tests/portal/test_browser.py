"""The pages inside a real Airflow: every route for every role, and Chromium in front of each page.

One api-server for the whole module; no scheduler, so that what the pages start stays queued to be looked at.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
import requests
from fastapi.routing import APIRoute
from playwright.sync_api import Browser, FrameLocator, Page, expect
from sqlalchemy import select

from house import REALM, House
from invoice_portal.app import build_app
from invoice_portal.push import HEADER
from invoice_sync.ledger.tables import DocumentRow, TokenRow
from portal import screens
from portal.conftest import OpenHouse
from portal.frame import DAG, PUSH_SECRET, Frame, framed
from portal.screens import ROOMS, cut_off, enter, go, logged_in
from portal.story import FIRST, SECOND
from portal.visiting import Portal

pytestmark = pytest.mark.airflow

INSIDE = "/invoice-sync"
NOBODY = 10**12
"""The number of no document: what comes behind the rights is then "not found"."""

DECIDED = {"flow": DAG, "document": NOBODY, "because": "no such document"}
ASKED = {"company": "acme", "vendor": "quickbooks", "redirect_uri": "https://evil.example/callback"}
ANSWERED = {"redirect_uri": ASKED["redirect_uri"], "given": {"state": "acme.quickbooks.x", "code": "x"}}

RULES: dict[tuple[str, str], tuple[Any, tuple[int, int, int, int]]] = {
    # what is sent, and the answer for nobody, viewer, user, op
    ("GET", "/"): (None, (401, 307, 307, 307)),
    ("GET", "/static/{name}"): (None, (401, 200, 200, 200)),
    ("GET", "/export"): (None, (401, 200, 200, 200)),
    ("GET", "/review"): (None, (401, 200, 200, 200)),
    ("GET", "/log"): (None, (401, 200, 200, 200)),
    ("GET", "/log.csv"): (None, (401, 200, 200, 200)),
    ("GET", "/document"): (None, (401, 200, 200, 200)),
    ("GET", "/authentication"): (None, (401, 200, 200, 200)),
    ("GET", "/callback"): (None, (401, 200, 200, 200)),
    ("POST", "/review/choose"): ({"flow": DAG, "document": NOBODY, "remote_id": None}, (401, 403, 404, 404)),
    ("POST", "/review/ignore"): (DECIDED, (401, 403, 404, 404)),
    ("POST", "/review/accept"): (DECIDED, (401, 403, 404, 404)),
    ("POST", "/document/reissue"): (DECIDED, (401, 403, 404, 404)),
    ("POST", "/authentication/start"): (ASKED, (401, 403, 403, 422)),
    ("POST", "/authentication/finish"): (ANSWERED, (401, 403, 403, 422)),
}


@pytest.fixture(scope="module")
def frame(open_house: OpenHouse, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Frame]:
    with open_house() as house, framed(house, tmp_path_factory.mktemp("airflow")) as started:
        yield started


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with screens.browser() as opened:
        yield opened


@pytest.fixture
def page(browser: Browser, frame: Frame) -> Iterator[Page]:
    """Somebody with the role op; what the browser complains of fails the test."""
    opened = logged_in(browser, frame)
    complaints: list[str] = []
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    yield opened
    opened.context.close()
    assert complaints == []


# who may do what


def test_every_route_has_a_rule_and_keeps_to_it_for_every_role(frame: Frame) -> None:
    """The routes come from the app itself: one without a rule fails here."""
    app = build_app(Portal(frame.house).around)
    assert {type(route) for route in app.routes} == {APIRoute}
    found = {(method, route.path) for route in app.routes if isinstance(route, APIRoute) for method in route.methods}
    assert found == set(RULES)

    users = (None, *(frame.token(name) for name in ("auditor", "clerk", "ops")))
    answers = {rule: tuple(answered(frame, *rule, RULES[rule][0], token) for token in users) for rule in sorted(found)}

    assert answers == {rule: expected for rule, (_, expected) in RULES.items()}


def answered(frame: Frame, method: str, path: str, body: object, token: str | None) -> int:
    address = frame.url + INSIDE + path.replace("{name}", "portal.css")
    cookies = {"_token": token} if token else {}
    return requests.request(method, address, json=body, cookies=cookies, timeout=20, allow_redirects=False).status_code


@pytest.mark.parametrize(
    "path", ["/docs", "/redoc", "/openapi.json", "/static/../app.py", "/static/%2e%2e/app.py", "/x"]
)
def test_there_is_nothing_else(frame: Frame, path: str) -> None:
    cookies = {"_token": frame.token("ops")}

    assert requests.get(frame.url + INSIDE + path, cookies=cookies, timeout=20).status_code == 404


def test_a_hint_of_the_source_starts_one_run_and_a_stranger_starts_none(frame: Frame) -> None:
    """Last of those that look at runs would be nicer, but the run stays queued here, and is taken away again."""
    message = {"Id": "9a7b2c6e-3b52-4c0d-8d61-1f25f4f3d9a0", "Query": "B2B", "Inserted": []}
    address, run_id = f"{frame.url}/invoice-sync-push/{DAG}", "push__9a7b2c6e-3b52-4c0d-8d61-1f25f4f3d9a0_B2B"
    secrets = ("", "another one altogether", PUSH_SECRET, PUSH_SECRET)
    answers = [requests.post(address, json=message, headers={HEADER: one}, timeout=20) for one in secrets]

    assert [answer.status_code for answer in answers] == [401, 401, 202, 202]
    assert [answer.json() for answer in answers[2:]] == [{"started": True}, {"started": False}]
    run = frame.api("GET", f"/dags/{DAG}/dagRuns/{run_id}")
    assert (run["state"], run["triggering_user_name"]) == ("queued", "push")
    frame.api("PATCH", f"/dags/{DAG}/dagRuns/{run_id}", {"state": "success"})


def test_a_made_up_token_opens_nothing(frame: Frame) -> None:
    for cookie in ("", "x.y.z"):
        answer = requests.get(f"{frame.url}{INSIDE}/review", cookies={"_token": cookie}, timeout=20)
        assert answer.status_code in (401, 403) and "000120" not in answer.text


# how it looks


OPEN_ALL = """() => {
  for (const each of document.querySelectorAll("details, tr[hidden], #notice, #started")) {
    each.open = true;
    each.hidden = false;
  }
}"""
DARKEN = "() => document.documentElement.classList.replace('light', 'dark')"


@pytest.mark.parametrize("room", ROOMS)
def test_nothing_is_cut_off_in_light_and_in_dark(page: Page, frame: Frame, room: str) -> None:
    """Everything that can be opened is; Airflow changes its theme around the page."""
    inside = enter(page, frame, room)
    inside.locator("main").evaluate(OPEN_ALL)
    expect(inside.locator("html")).to_have_class("")
    assert cut_off(inside) == []

    page.evaluate(DARKEN)

    expect(inside.locator("html")).to_have_class("dark")
    assert cut_off(inside) == []


def test_the_rooms_are_in_airflows_menu_under_the_names_that_users_know(page: Page, frame: Frame) -> None:
    page.goto(frame.url)
    page.get_by_role("button", name="Browse").click()

    for name in ("Sales Invoice Export", "Review", "Process Log", "Document", "QuickBooks Authentication"):
        expect(page.get_by_role("menuitem", name=name, exact=True)).to_be_visible()
    page.get_by_role("menuitem", name="Sales Invoice Export", exact=True).click()
    expect(page.frame_locator("iframe").get_by_role("heading", name="Sales Invoice Export")).to_be_visible()


def test_a_page_can_be_kept_as_a_bookmark(page: Page, frame: Frame) -> None:
    inside = enter(page, frame, "export")
    inside.get_by_role("link", name="Document").click()
    inside.get_by_label("Number").fill("000102")
    inside.get_by_role("button", name="Find").click()
    expect(inside.get_by_role("heading", name="Invoice 000102")).to_be_visible()
    page.wait_for_url("**number=000102*")

    again = go(page, page.url)

    expect(again.get_by_role("heading", name="Invoice 000102")).to_be_visible()


# what it does


def runs(frame: Frame) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = frame.api("GET", f"/dags/{DAG}/dagRuns?order_by=-run_after&limit=20")["dag_runs"]
    return found


def state(frame: Frame, run: str) -> str:
    return str(frame.api("GET", f"/dags/{DAG}/dagRuns/{quote(run, safe='')}")["state"])


def confirm(inside: FrameLocator, because: str = "") -> None:
    if because:
        inside.locator("#ask-because").fill(because)
    inside.locator("#ask-yes").click()


@pytest.mark.parametrize(("button", "conf"), [("Export", {}), ("Dry run", {"dry_run": True})])
def test_export_starts_a_run_as_the_person_who_is_logged_in(
    page: Page, frame: Frame, button: str, conf: dict[str, Any]
) -> None:
    before = {run["dag_run_id"] for run in runs(frame)}
    inside = enter(page, frame, "export")

    inside.get_by_role("button", name=button, exact=True).click()
    confirm(inside)
    expect(inside.locator("#started [data-state]")).to_have_text("queued")

    [made] = [run for run in runs(frame) if run["dag_run_id"] not in before]
    assert (made["conf"], made["triggering_user_name"], made["logical_date"]) == (conf, "ops", None)
    inside.locator("#started a").click()
    page.wait_for_url(f"**/dags/{DAG}/runs/**")
    expect(page.locator("iframe")).to_have_count(0)


def test_who_may_not_start_runs_has_no_button_and_airflow_would_refuse(browser: Browser, frame: Frame) -> None:
    page = logged_in(browser, frame, "auditor")
    inside = enter(page, frame, "export")
    expect(inside.get_by_text("You may look.")).to_be_visible()
    expect(inside.get_by_role("button", name="Export", exact=True)).to_have_count(0)

    refused = page.request.post(f"{frame.url}/api/v2/dags/{DAG}/dagRuns", data={"logical_date": None})
    assert refused.status == 403
    page.context.close()


def test_retry_all_clears_the_tasks_of_the_newest_run_with_all_that_follows(page: Page, frame: Frame) -> None:
    assert state(frame, SECOND) == "failed"
    inside = enter(page, frame, "review")

    inside.get_by_label("does not tie").get_by_role("button", name="Retry all").click()
    confirm(inside)

    expect(inside.locator("#notice")).to_contain_text(f"The tasks plan of {SECOND} are cleared")
    assert (state(frame, SECOND), state(frame, FIRST)) == ("queued", "failed")


def test_cancel_changes_nothing(page: Page, frame: Frame) -> None:
    inside = enter(page, frame, "review")
    inside.get_by_label("does not tie").get_by_role("button", name="Ignore").click()
    inside.get_by_role("button", name="Cancel").click()

    expect(inside.locator("#notice")).to_be_hidden()
    assert document(frame.house, "000120").state == "review"


def test_a_suggested_customer_is_chosen_and_retried_at_once(page: Page, frame: Frame) -> None:
    frame.api("PATCH", f"/dags/{DAG}/dagRuns/{quote(SECOND, safe='')}", {"state": "failed"})
    inside = enter(page, frame, "review")

    inside.get_by_label("similar name").get_by_role("button", name="It is this one").first.click()
    confirm(inside)

    expect(inside.locator("#notice")).to_contain_text("Customer C-1005 is")
    expect(inside.locator("#notice")).to_contain_text("match customers")
    assert document(frame.house, "C-1005").state == "waiting" and state(frame, SECOND) == "queued"


def test_a_document_is_ignored_with_a_reason(page: Page, frame: Frame) -> None:
    inside = enter(page, frame, "review")

    inside.get_by_label("closed period").get_by_role("button", name="Ignore").click()
    confirm(inside, "credited by hand")

    expect(inside.locator("#notice")).to_contain_text("000121 waits for nobody")
    found = document(frame.house, "000121")
    assert (found.state, found.reason) == ("ignored", "ops: credited by hand")


def test_a_row_of_the_log_leads_to_the_task_log_of_that_try(page: Page, frame: Frame) -> None:
    inside = go(page, f"{frame.url}/plugin/process-log/invoice-sync/log?flow={DAG}&message=000102&action_type=Export")

    inside.get_by_role("link", name="acknowledge, try 2").first.click()

    page.wait_for_url("**/tasks/acknowledge?try_number=2")
    assert f"/dags/{DAG}/runs/{quote(FIRST, safe='')}/" in page.url or FIRST in page.url


def test_the_csv_is_downloaded_out_of_the_frame(page: Page, frame: Frame) -> None:
    inside = enter(page, frame, "log")

    with page.expect_download() as waiting:
        inside.get_by_role("link", name="Export CSV").click()

    assert Path(waiting.value.path()).read_text("utf-8-sig").startswith('"Level","Action Type","Message"')


def test_connect_goes_to_the_vendor_and_comes_back_connected(page: Page, frame: Frame) -> None:
    before, answers = saved(frame.house), list[str]()
    page.context.on("request", lambda request: answers.append(request.url) if "code=" in request.url else None)
    inside = enter(page, frame, "authentication")

    with page.context.expect_page() as opened:
        inside.get_by_role("button", name="Connect again").click()
    consent = opened.value
    asked = parse_qs(urlsplit(consent.url).query)
    consent.get_by_label(REALM).check()
    consent.get_by_role("button", name="Connect").click()

    expect(consent.locator("#connecting")).to_contain_text("Connected: company acme")
    assert asked["redirect_uri"] == [f"{frame.url}/invoice-sync/callback"]
    assert consent.url == f"{frame.url}/invoice-sync/callback"  # without the code
    assert saved(frame.house) > before
    assert [line for line in access_log(frame) if "/callback" in line and "code=%2A%2A%2A" in line]
    [code] = parse_qs(urlsplit(answers[0]).query)["code"]
    assert len(code) > 10 and code not in frame.log()


def access_log(frame: Frame) -> list[str]:
    """Once the callback is in it."""
    for _ in range(50):
        lines = [line for line in frame.log().splitlines() if "request finished" in line]
        if [line for line in lines if "/authentication/finish" in line]:
            return lines
        time.sleep(0.1)
    raise AssertionError("the api-server logged no answer")


def saved(house: House) -> int:
    """The version of the tokens."""
    with house.database.transaction() as session:
        found = session.scalar(select(TokenRow.version).where(TokenRow.vendor == "quickbooks"))
    house.database.dispose()
    return found or 0


def document(house: House, number: str) -> DocumentRow:
    with house.database.transaction() as session:
        found = session.scalars(select(DocumentRow).where(DocumentRow.number == number)).one()
    house.database.dispose()
    return found
