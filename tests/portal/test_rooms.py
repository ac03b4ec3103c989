"""What each page shows of a ledger with a history, and what it says of an empty one."""

from __future__ import annotations

import csv
import io
import re
from html import unescape
from pathlib import Path

import pytest
from sqlalchemy import update

from house import House
from invoice_portal.reading import quantities, waiting
from invoice_portal.reading.differences import Difference, differences
from invoice_sync.ledger.database import Database
from invoice_sync.ledger.tables import DocumentRow, ProcessLogRow
from portal.story import FIRST, HOSTILE, PREVIEW, SECOND
from portal.visiting import OP, USER, VIEWER, Portal, Somebody

DAG = "rootstock_to_quickbooks"


def text_of(page: str) -> str:
    """As it is read."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


@pytest.fixture(autouse=True)
def _viewer(request: pytest.FixtureRequest) -> None:
    for name in ("told", "portal"):
        if name in request.fixturenames:
            request.getfixturevalue(name).visitor = VIEWER


# Sales Invoice Export


def counted(portal: Portal) -> dict[str, quantities.Quantity]:
    with portal.around.reader.transaction() as session:
        found, _ = quantities.quantities(session, portal.house.flow)
    return {each.entity: each for each in found}


def test_the_three_quantities_before_and_after_an_export(portal: Portal) -> None:
    house = portal.house
    assert {each.counted for each in counted(portal).values()} == {None}
    assert "the first export, or a dry run, counts" in portal.page("/export")

    house.run(steps=("check",))
    before = counted(portal)
    assert (before["invoice"].counted, before["credit_memo"].counted, before["invoice"].done) == (15, 1, 0)
    assert before["invoice"].left == 15 and before["invoice"].open == 0

    house.run(steps=("extract",))
    assert counted(portal)["invoice"].open == 15

    house.run(steps=("match_customers", "match_products", "plan", "add_customers", "add_products", "export"))
    sent, customers = counted(portal)["invoice"], counted(portal)["customer"]
    assert (sent.done, sent.left, sent.open, sent.in_review) == (12, 3, 0, 3)
    assert 0 < (customers.left or 0) < (before["customer"].counted or 0)

    house.run(steps=("acknowledge",))
    assert counted(portal)["invoice"] == sent

    house.run(steps=("check",))
    again = counted(portal)["invoice"]
    assert (again.counted, again.done, again.left) == (3, 0, 3)
    assert counted(portal)["customer"].counted == customers.left


def test_where_the_source_is_told_nothing_what_was_delivered_before_is_subtracted(portal: Portal) -> None:
    portal.house.flow = portal.house.flow.model_copy(update={"write_back": "none"})
    portal.house.run()
    portal.house.run("run-2", steps=("check",))

    found = counted(portal)["invoice"]

    assert (found.counted, found.done, found.left) == (15, 12, 3)


def test_the_export_page_says_what_became_of_the_newest_runs(told: Portal) -> None:
    page = told.page("/export")

    assert page.index(PREVIEW) < page.index(SECOND) < page.index(FIRST)
    for words in ("Product Export Qty", "Customer Export Qty", "Invoice Export Qty", "Counted by the task check at"):
        assert words in page
    assert "waits for a person" in page and "match customers, plan, report" in page
    assert "at the destination, read again" in page and "0.00 USD" in page
    assert f'href="../dags/{DAG}/runs/manual__2026-11-20T07%3A00%3A00%2B00%3A00"' in page


def test_who_may_only_look_gets_nothing_to_press(told: Portal) -> None:
    looked_at = [told.page(f"/{room}") for room in ("export", "review", "authentication", "document?number=000102")]
    assert not [page for page in looked_at if re.search("data-(run|act|connect)=", page)]
    assert "needs the right to start runs" in looked_at[0]

    told.visitor = USER
    assert "data-run=" in told.page("/export") and "data-act=" in told.page("/review")
    assert "data-connect=" not in told.page("/authentication")

    told.visitor = OP
    assert 'data-connect="quickbooks"' in told.page("/authentication")


# Review


def test_what_waits_is_grouped_by_cause_and_the_oldest_money_comes_first(told: Portal) -> None:
    with told.around.reader.transaction() as session:
        found = waiting.groups(session, told.house.flow)

    assert [group.cause for group in found] == [
        "changed_after_delivery", "similar_name", "does_not_tie", "closed_period", "name_taken",
    ]  # fmt: skip
    assert [row.row.id for group in found for row in group.rows if group.cause == "similar_name"] == sorted(
        row.row.id for row in found[1].rows
    )
    assert found[1].sums == {"USD": sum(each.row.amount_minor for each in found[1].rows)}
    assert found[1].count == len(found[1].rows) == found[1].parties[0].holds


def test_credit_memos_count_negative_and_currencies_are_not_added_up(portal: Portal) -> None:
    house = portal.house
    house.run()
    memo, foreign = house.document("000140", "credit_memo"), house.document("000120")
    with house.database.transaction() as session:
        session.execute(
            update(DocumentRow).where(DocumentRow.id == memo.id).values(state="review", cause="closed_period")
        )
        session.execute(update(DocumentRow).where(DocumentRow.id == foreign.id).values(currency="EUR"))
    house.database.dispose()

    with portal.around.reader.transaction() as session:
        sums = {group.cause: group.sums for group in waiting.groups(session, house.flow)}

    assert sums["closed_period"] == {"USD": 6750 - memo.amount_minor} and memo.amount_minor > 0
    assert sums["does_not_tie"] == {"EUR": 9045}


def test_a_case_is_retried_where_it_waits_and_never_in_a_dry_run(told: Portal) -> None:
    with told.around.reader.transaction() as session:
        found = {group.cause: group for group in waiting.groups(session, told.house.flow)}

    retries = {cause: group.retry for cause, group in found.items() if group.retry}
    assert {cause: retry.tasks for cause, retry in retries.items()} == {
        "changed_after_delivery": ("plan",), "similar_name": ("match_customers",), "does_not_tie": ("plan",),
        "closed_period": ("plan",), "name_taken": ("match_customers",),
    }  # fmt: skip
    assert {retry.run_id for retry in retries.values()} == {SECOND}
    assert {each.retry.run_id for group in found.values() for each in group.rows if each.retry} == {SECOND}


def test_suggestions_are_offered_to_choose_from(told: Portal) -> None:
    told.visitor = USER
    page = told.page("/review")

    for words in ("Cedar Valley Clinic", "Cedar Valley Clinics Ltd", "97 %", "It is this one", "Add it"):
        assert words in page
    assert "Waits for customer C-1005, see above." in text_of(page)


def test_many_documents_of_one_cause_are_all_counted_and_the_oldest_shown(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "SHOWN", 2)
    portal.house.insert("quickbooks", "Customer", DisplayName="Cedar Valley Clinic")
    portal.house.run()

    page = text_of(portal.page("/review"))

    assert "And 1 more; the oldest are shown" in page


# Process Log


def test_the_log_has_the_columns_that_users_know_and_leads_to_the_task_log(told: Portal) -> None:
    page = told.page("/log?message=000101&level=INFO")

    for heading in ("Level", "Action Type", "Message", "Endpoint URL", "Description", "Login User", "Log Date"):
        assert f"<th>{heading}</th>" in page
    assert f"../dags/{DAG}/runs/manual__2026-11-20T07%3A00%3A00%2B00%3A00/tasks/acknowledge?try_number=2" in page
    assert "000102" not in page


def test_a_filter_that_fits_nothing_says_so(told: Portal) -> None:
    assert "Take a filter away" in told.page("/log?description=nothing+like+this")
    assert "Nothing was logged yet" in told.page("/log") if not told.house.count("process_log") else True


@pytest.mark.parametrize("query", ["since=yesterday", "before=1;2", "before=-1", "document=x", "before=" + "9" * 30])
def test_what_is_no_day_or_key_is_refused(told: Portal, query: str) -> None:
    told.page(f"/log?{query}", status=422)


def test_pages_of_the_log_hang_together(told: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("invoice_portal.rooms.log.SHOWN", 7)
    found: list[str] = []
    address = "/log?level=INFO"
    while address:
        page = told.page(address)
        found += re.findall(r'<td class="code">(\{.*?\})</td>', page)
        older = re.search(r'href="(log\?[^"]*before=\d+[^"]*)">Older', page)
        address = f"/{unescape(older[1])}" if older else ""

    with told.house.database.transaction() as session:
        rows = session.query(ProcessLogRow).filter_by(level="INFO", flow=DAG).count()
    told.house.database.dispose()
    assert len(found) == rows > 14


def test_the_csv_holds_the_same_rows_and_no_formula(portal: Portal) -> None:
    portal.house.run()
    with portal.house.database.transaction() as session:
        row = ProcessLogRow(
            level="INFO", action_type="Ignore", message=HOSTILE, endpoint_url="@SUM(1)", description="-1+1",
            login_user="+ops", log_date="2026-11-21", log_time="10:00:00", company="acme", flow=DAG, dag_id=DAG,
            run_id="", task_id="ignore", map_index=-1, try_number=1, document_id=None,
        )  # fmt: skip
        session.add(row)
    portal.house.database.dispose()

    answer = portal.client.get("/log.csv?level=INFO")
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"), newline="")))

    assert answer.headers["content-disposition"].startswith('attachment; filename="process-log-')
    assert {each["Level"] for each in rows} == {"INFO"}
    assert rows[0]["Message"] == f"'{HOSTILE}" and rows[0]["Endpoint URL"] == "'@SUM(1)"
    assert (rows[0]["Description"], rows[0]["Login User"]) == ("'-1+1", "'+ops")
    with portal.house.database.transaction() as session:
        assert len(rows) == session.query(ProcessLogRow).filter_by(level="INFO").count()
    portal.house.database.dispose()


# Document


def test_the_trail_of_a_document_that_was_sent_into_the_dark(told: Portal) -> None:
    page = text_of(told.page("/document?number=000102"))

    assert "Invoice 000102 acknowledged" in page
    assert "found again intent" in page  # how we know that it is there
    assert "no answer" in page or "unknown" in page
    assert "create at QuickBooks, version 1" in page and "acknowledge at Rootstock, version 1" in page
    assert "export, try 1" in page
    assert "customer C-1002" in page and "product P-100" in page and "id on record at the source" in page


def test_a_changed_document_shows_what_changed_and_where_it_waits(told: Portal) -> None:
    page = text_of(told.page("/document?number=000101"))

    assert "in review" in page and "changed after delivery" in page
    assert "Version 2" in page and "rstk__soinv_duedate__c" in page and "2026-12-31" in page


def test_a_customer_and_a_product_have_a_trail_too(told: Portal) -> None:
    assert "Customer C-1005 in review" in text_of(told.page("/document?number=C-1005"))
    assert "Product P-100 linked" in text_of(told.page("/document?number=P-100"))


def test_an_unknown_number_is_answered_with_what_to_do(told: Portal) -> None:
    assert "The ledger knows no document, customer or product 999999" in text_of(told.page("/document?number=999999"))
    assert "Type the number" in told.page("/document")
    told.page("/document?id=999999", status=404)


def test_nothing_that_an_erp_says_becomes_part_of_the_page(told: Portal) -> None:
    pages = [told.page(f"/document?number={number}") for number in ("000150", "000151")]

    assert "onerror=alert(1)" in text_of(pages[1])
    assert not [page for page in pages if "<img" in page]


def test_a_difference_names_the_field_and_both_sides() -> None:
    before = {"Line": [{"Amount": 1}, {"Amount": 2}], "Memo": "old", "Same": True}
    after = {"Line": [{"Amount": 1}, {"Amount": 3}], "Note": "new", "Same": True}

    assert differences(before, after) == [
        Difference("Line[2].Amount", "2", "3"),
        Difference("Note", "", "new"),
        Difference("Memo", "old", ""),
    ]


# everywhere


@pytest.mark.parametrize("room", ["export", "review", "log", "document", "authentication"])
def test_an_empty_ledger_says_what_to_do(portal: Portal, room: str) -> None:
    page = portal.page(f"/{room}")

    assert 'class="empty"' in page or "No sign-in is stored yet" in page


@pytest.mark.parametrize("room", ["export", "review", "log", "document?number=000101", "document?id=1", "log.csv"])
def test_who_may_not_see_the_flow_sees_none_of_its_rows(told: Portal, room: str) -> None:
    flow = "&flow=" if "?" in room else "?flow="
    told.visitor = Somebody(sees=frozenset({"keep_tokens_alive"}))

    assert "000101" not in told.page(f"/{room}{flow}{DAG}", status=403)
    assert "000101" not in told.client.get(f"/{room}").text


def test_the_log_of_the_token_keeper_is_for_those_who_may_see_that_dag(told: Portal) -> None:
    told.page("/log?flow=keep_tokens_alive", status=403)

    told.visitor = OP
    assert "Keep tokens alive" in told.page("/log?flow=keep_tokens_alive")


def test_a_flow_that_is_not_installed_is_not_there(told: Portal) -> None:
    told.page("/export?flow=no_such_flow", status=404)


def test_a_ledger_that_was_never_made_is_said_to_be_so(house: House, tmp_path: Path) -> None:
    portal = Portal(house)
    portal.around.open_ledger = lambda: Database(f"sqlite:///{tmp_path / 'none.db'}")

    assert "invoice_sync migrate" in portal.page("/export", status=503)
    portal.close()


def test_a_mistake_in_flows_yaml_is_told(told: Portal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "flows.yaml").write_text("flows: []")
    monkeypatch.setenv("INVOICE_SYNC_FLOWS", str(tmp_path / "flows.yaml"))

    assert "must hold a list of flows" in told.page("/export", status=503)
