"""What a person decides on a page: kept under their name, carried out by the next run, and refused to others."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from house import House
from invoice_sync.ledger.tables import ProcessLogRow, SuggestionRow
from portal.visiting import FLOW, USER, VIEWER, Portal, Somebody
from sandbox.salesforce.load import Loader

DAG = "rootstock_to_quickbooks"
REASON = "agreed with the customer by telephone"


@pytest.fixture(autouse=True)
def _user(portal: Portal) -> None:
    portal.visitor = USER


def alike(house: House) -> dict[str, str]:
    """A customer who may be known waits, with an invoice; ids at QuickBooks by name."""
    names = ("Cedar Valley Clinic", "Cedar Valley Clinics Ltd")
    made = {name: str(house.insert("quickbooks", "Customer", DisplayName=name)["Id"]) for name in names}
    loader: Loader = house.sandbox.vendors["salesforce"].loader()
    loader.invoice("000150", customer="C-1005")
    house.run()
    return made


def key(house: House, number: str, entity: str = "invoice") -> int:
    found = house.document(number, entity).id
    house.database.dispose()
    return found


def body(house: House, number: str, entity: str = "invoice", **more: Any) -> dict[str, Any]:
    return {"flow": DAG, "document": key(house, number, entity), **more}


def logged(house: House, action: str) -> list[tuple[str, str]]:
    """(user, message) of the rows of one action."""
    with house.database.transaction() as session:
        query = select(ProcessLogRow).where(ProcessLogRow.action_type == action)
        return [(row.login_user, row.message) for row in session.scalars(query)]


@pytest.mark.parametrize("chosen", ["linked", "added"])
def test_a_chosen_customer_is_carried_out_by_the_cleared_task(portal: Portal, chosen: str) -> None:
    house = portal.house
    known = alike(house)["Cedar Valley Clinics Ltd"]
    remote = known if chosen == "linked" else None

    told = portal.post("/review/choose", body(house, "C-1005", "customer", remote_id=remote))
    house.clear("match_customers")

    assert told == f"Customer C-1005 is {remote or 'to be added'}."
    invoice = next(row for row in house.records("quickbooks", "Invoice") if row.get("DocNumber") == "000150")
    others = {row["Id"] for row in house.records("quickbooks", "Customer") if row["DisplayName"].startswith("Cedar V")}
    assert (invoice["CustomerRef"]["value"] == remote) is (chosen == "linked")
    assert len(others) == (2 if chosen == "linked" else 3)
    assert [user for user, _ in logged(house, "Match Decided")] == ["clerk"]


def test_only_what_was_suggested_can_be_chosen_and_only_of_its_kind(portal: Portal) -> None:
    house = portal.house
    known = alike(house)["Cedar Valley Clinic"]
    with house.database.transaction() as session:
        session.scalars(select(SuggestionRow).where(SuggestionRow.remote_id == known)).one().kind = "vendor"
    customer = body(house, "C-1005", "customer")

    for remote in ("1001", "", known):
        assert "none of the suggestions" in portal.post("/review/choose", {**customer, "remote_id": remote}, 422)
    portal.post("/review/choose", body(house, "000150", remote_id=None), 422)
    assert house.document("C-1005", "customer").state == "review"
    assert logged(house, "Match Decided") == []


def test_who_was_decided_already_is_not_decided_twice(portal: Portal) -> None:
    house = portal.house
    alike(house)
    wanted = body(house, "C-1005", "customer", remote_id=None)
    portal.post("/review/choose", wanted)

    assert "does not wait for a person" in portal.post("/review/choose", wanted, 409)


def test_an_ignored_document_leaves_the_page_with_its_reason_kept(portal: Portal) -> None:
    house = portal.house
    house.run()

    portal.post("/review/ignore", body(house, "000120", because=f"  {REASON} "))

    assert house.document("000120").state == "ignored"
    house.database.dispose()
    assert "000120" not in portal.page("/review") and "ignored" in portal.page("/document?number=000120")
    assert logged(house, "Ignore") == [("clerk", f'{{"because":"{REASON}","document":"000120"}}')]


def test_a_changed_document_is_accepted_as_it_stands(portal: Portal) -> None:
    house = portal.house
    house.run()
    house.edit_invoice("000101", duedate="2026-12-31")
    house.run("run-2")
    assert "Accept…" in portal.page("/review")

    portal.post("/review/accept", body(house, "000101", because=REASON))

    assert house.document("000101").state == "delivered"
    house.database.dispose()
    assert "Accept…" not in portal.page("/review")
    assert "does not wait because it changed" in portal.post(
        "/review/accept", body(house, "000120", because=REASON), 409
    )


def test_a_vanished_document_is_created_again(portal: Portal) -> None:
    house = portal.house
    house.run()
    house.delete("quickbooks", "Invoice", house.invoice_id("000101"))

    portal.post("/document/reissue", body(house, "000101", because=REASON))
    page = portal.page("/document?number=000101")
    assert "waiting" in page
    house.clear("plan")

    assert house.created().count("000101") == 2
    assert [user for user, _ in logged(house, "Reissue")] == ["clerk"]


ACTS = ("/review/ignore", "/review/accept", "/document/reissue", "/review/choose")


@pytest.mark.parametrize("address", ACTS)
def test_nobody_acts_who_may_not_start_a_run(portal: Portal, address: str) -> None:
    portal.house.run()
    more: dict[str, Any] = {"remote_id": None} if address.endswith("choose") else {"because": REASON}
    wanted = body(portal.house, "000120", **more)

    portal.visitor = VIEWER
    portal.post(address, wanted, 403)
    portal.visitor = Somebody("other", sees=FLOW, runs=frozenset({"another_flow"}))
    portal.post(address, wanted, 403)
    portal.visitor = None
    portal.post(address, wanted, 401)

    assert portal.house.document("000120").state == "review"


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_sites_page_cannot_act_through_the_browser(portal: Portal, site: str) -> None:
    portal.house.run()
    wanted = body(portal.house, "000120", because=REASON)

    answer = portal.client.post("/review/ignore", json=wanted, headers={"sec-fetch-site": site})

    assert answer.status_code == 403 and portal.house.document("000120").state == "review"


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_only_json_is_taken(portal: Portal, kind: str) -> None:
    """What a form of another site could send without asking first."""
    portal.house.run()
    wanted = f'{{"flow":"{DAG}","document":{key(portal.house, "000120")},"because":"{REASON}"}}'

    answer = portal.client.post("/review/ignore", content=wanted, headers={"content-type": kind})

    assert answer.status_code == 422 and portal.house.document("000120").state == "review"


@pytest.mark.parametrize(
    "wrong",
    [{"because": "  "}, {"because": "x" * 501}, {"document": "1 OR 1=1"}, {"more": 1}, {"flow": "no_such_flow"}],
)
def test_a_body_that_does_not_hold_is_refused_without_being_repeated(portal: Portal, wrong: dict[str, Any]) -> None:
    portal.house.run()

    answer = portal.client.post("/review/ignore", json=body(portal.house, "000120", because=REASON) | wrong)

    assert answer.status_code in (404, 422)
    assert REASON not in answer.text and "OR 1=1" not in answer.text


def test_no_get_changes_anything(portal: Portal) -> None:
    for address in ACTS:
        assert portal.client.get(f"{address}?flow={DAG}&document=1&because={REASON}").status_code == 405


def test_every_answer_has_the_headers_refusals_included(portal: Portal) -> None:
    answers = [portal.client.get(address) for address in ("/export", "/static/portal.js", "/nothing", "/log?before=x")]
    portal.visitor = None
    answers += [portal.client.get("/export"), portal.client.get("/static/portal.css")]

    assert [answer.status_code for answer in answers] == [200, 200, 404, 422, 401, 401]
    for answer in answers:
        policy = answer.headers["content-security-policy"]
        assert "default-src 'self'" in policy and "frame-ancestors 'self'" in policy and "unsafe" not in policy
        assert answer.headers["referrer-policy"] == "no-referrer"


def test_pages_hold_no_script_and_no_style_of_their_own(portal: Portal) -> None:
    """The policy would stop them."""
    portal.house.run()
    for room in ("export", "review", "log", "document", "document?number=000101", "authentication", "callback"):
        page = portal.page(f"/{room}")
        assert " style=" not in page and " on" + "click" not in page and "<script>" not in page
