"""What changed in Acumatica: windows that skip nothing, defects of lists, payments, statuses, weather."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from acumatica_side import EVERYTHING, FIRST, SECOND, Side
from invoice_sync.connectors.acumatica import slices
from invoice_sync.connectors.acumatica.changes import Position
from invoice_sync.connectors.acumatica.look import Look
from invoice_sync.model.errors import SettingsError, TryLater
from invoice_sync.model.flow import AcumaticaOptions, RunOptions
from sandbox.server import Running, start_in_thread

SENT = {
    "Invoice/AR0000160", "Invoice/AR0000190", "Invoice/AR0000191", "Invoice/AR0000192", "Invoice/AR0000193",
    "Invoice/AR0000194", "Invoice/AR0000195", "Invoice/AR0000196", "Invoice/AR0000197", "Invoice/AR0000200",
    "Invoice/AR0000203", "Debit Memo/AR0000204", "Cash Sale/AR0000205", "Invoice/AR0000207", "Invoice/AR0000208",
    "Invoice/AR0000223", "Invoice/AR0000224", "Invoice/AR0000225", "Invoice/AR0000226", "Invoice/AR0000227",
    "Invoice/AR0000228", "Invoice/AR0000229",
}  # fmt: skip
HELD = {
    "Balanced: not released, its amounts may change": 2, "On Hold: a draft": 1,
    "Credit Hold: stopped by the credit check": 1, "Pending Approval: not approved yet": 1,
    "Rejected: its approval was refused": 1, "Pending Print: must be printed first": 1,
    "Pending Email: must be mailed first": 1, "Pending Processing: a card payment must be captured first": 1,
    "Incomplete: its tax calculation failed": 1, "Scheduled: a template for later invoices": 1,
    "Reserved: put aside after release": 1, "unknown status Under Review": 1,
    "voided at the source": 1, "canceled at the source": 1,
    "credit memo: its effect is in the balance of the invoices it is applied to": 3,
}  # fmt: skip


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with start_in_thread(vendors=["acumatica"]) as started:
        yield started


@pytest.fixture
def side(running: Running) -> Side:
    return Side(running)


def offered(side: Side, position: str | None = None, options: RunOptions = EVERYTHING) -> set[str]:
    return {stub.source_id for stub in side.stubs(position, options).values() if stub.offered}


def position(side: Side) -> str:
    return side.pages()[-1].position


def minutes_pass(side: Side, minutes: int = 20) -> None:
    side.running.world.clock.advance(60 * minutes)


def test_everything_of_a_first_run(side: Side) -> None:
    pages = side.pages()
    stubs = {stub.source_id: stub for page in pages for stub in page.stubs}
    assert {one for one, stub in stubs.items() if stub.offered} == SENT
    assert {reason: count for page in pages for reason, count in page.held.items()} == HELD
    assert len(stubs) == len(SENT) + sum(HELD.values())


@pytest.mark.parametrize("order", ["moving", "shuffled", "keys"])
def test_lists_in_any_order_are_read_without_a_gap(side: Side, order: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """None of it by pages: every list is one that fits."""
    monkeypatch.setattr(slices, "FULL", 10)
    side.settings(list_order=order)
    pages = side.pages()
    assert {stub.source_id for page in pages for stub in page.stubs if stub.offered} == SENT
    ids = [stub.source_id for page in pages for stub in page.stubs]
    assert len(ids) == len(set(ids))
    positions = [page.position for page in pages]
    assert positions == sorted(positions)
    assert len(pages) > 3


def test_many_of_one_moment_come_in_one_list(side: Side, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slices, "FULL", 10)
    at = side.clock.now().replace(microsecond=5000) - timedelta(minutes=1)
    made = {f"Invoice/{side.load.invoice('C00000288', [('AABOOK01', '1', '20')], at)}" for _ in range(25)}
    assert made <= offered(side)


def test_a_position_in_the_middle_loses_nothing(side: Side, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that is killed after any page, and the next one from there, have seen everything together."""
    monkeypatch.setattr(slices, "FULL", 10)
    side.load.invoices(40, lines=1, since=side.clock.now() - timedelta(minutes=30))
    pages = side.pages()
    everything = {stub.source_id for page in pages for stub in page.stubs}
    for count in range(1, len(pages)):
        before = {stub.source_id for page in pages[:count] for stub in page.stubs}
        assert before | set(side.stubs(pages[count - 1].position)) == everything


def test_a_later_run_reads_what_changed_since(side: Side) -> None:
    begin = position(side)
    minutes_pass(side)
    assert {stub.source_id for page in side.pages(begin) for stub in page.stubs} <= SENT | {
        one for one in side.stubs(begin)
    }
    side.act("release", key="Invoice/AR0000210")
    minutes_pass(side)
    found = side.stubs(begin)
    assert found["Invoice/AR0000210"].offered
    assert Position.of(position(side)).invoices > Position.of(begin).invoices


def test_what_is_stamped_early_and_shown_late_is_read_again(side: Side) -> None:
    begin = position(side)
    late = Position.of(begin).invoices - timedelta(minutes=5)
    number = side.load.invoice("C00000288", [("AABOOK01", "1", "20")], late)
    assert f"Invoice/{number}" in offered(side, begin)


def test_a_sign_in_lost_in_the_middle_goes_on_at_the_same_place(side: Side, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slices, "FULL", 10)
    side.mishap("expired_token", scope="read", after=4, path_contains="SalesInvoice")
    assert offered(side) == SENT
    assert [call.status for call in side.calls].count(401) == 1
    assert (side.logins, side.seats) == (2, 1)


@pytest.mark.parametrize("what", ["SalesInvoice.Balance", "SalesInvoice"])
def test_a_list_that_cannot_be_exported_is_read_by_keys(side: Side, what: str) -> None:
    begin = Position.of(position(side)).invoices
    side.settings(optimization_fails=[what, "Payment.ApplicationHistory"])
    side.calls.clear()
    assert offered(side) == SENT
    singles = [path for path in side.paths("/SalesInvoice/") if path.endswith("AR0000160")]
    assert len(singles) == 1
    assert Position.of(position(side)).invoices == begin


def test_documents_are_fetched_by_keys_where_their_rows_cannot_be_listed(side: Side) -> None:
    side.settings(optimization_fails=["SalesInvoice.Details"])
    found = side.connector().fetch("invoice", sorted(SENT))
    assert {record.source_id for record in found} == SENT
    assert all(record.content["invoice"]["Details"] for record in found)


def test_a_payment_is_seen_though_it_moves_no_stamp(side: Side) -> None:
    assert side.vendor.settings()["payment_moves_invoice_stamp"] is False
    before, begin = side.stubs(), position(side)
    minutes_pass(side)
    side.act("pay", key="Invoice/AR0000190", amount="100")
    minutes_pass(side, 1)
    found = side.stubs(begin)["Invoice/AR0000190"]
    assert found.offered
    assert found.stamp != before["Invoice/AR0000190"].stamp
    assert str(side.invoice("AR0000190").balance) == "440.00 USD"


def test_a_voided_payment_opens_its_invoice_again(side: Side) -> None:
    begin = position(side)
    minutes_pass(side)
    side.act("void_payment", key="Payment/004531")
    found = side.stubs(begin)["Invoice/AR0000200"]
    assert "/Open/" in found.stamp


def test_a_payment_that_is_not_released_is_not_asked_about(side: Side) -> None:
    begin = position(side)
    minutes_pass(side)
    side.act("pay", key="Invoice/AR0000190", amount="100", release=False)
    side.calls.clear()
    assert "Invoice/AR0000190" not in {one for one in side.stubs(begin) if "/100" in one}
    assert side.paths("/Payment/") == []


def test_payments_are_read_once_and_then_left_alone(side: Side) -> None:
    begin = position(side)
    minutes_pass(side)
    side.act("pay", key="Invoice/AR0000190", amount="100")
    later = side.pages(begin)[-1].position
    minutes_pass(side)
    side.calls.clear()
    side.pages(later)
    assert side.paths("/Payment/") == []


def test_payments_need_not_be_watched(side: Side) -> None:
    side.settings(payment_moves_invoice_stamp=True)
    begin = position(side)
    minutes_pass(side)
    side.act("pay", key="Invoice/AR0000190", amount="100")
    side.calls.clear()
    assert "Invoice/AR0000190" in side.stubs(begin, watch_payments=False)
    assert side.paths("/Payment") == []


def test_a_full_sweep_sees_what_no_stamp_tells(side: Side) -> None:
    """A credit memo that is applied moves nothing here, and neither does a write-off."""
    before, begin = side.stubs(), position(side)
    side.act("apply_memo", memo="AR0000198", key="Invoice/AR0000190")
    side.act("write_off", key="Invoice/AR0000197", amount="0.50")
    after = side.stubs(begin, RunOptions(full_sweep=True))
    changed = {one for one, stub in after.items() if stub.stamp != before[one].stamp}
    assert {"Invoice/AR0000190", "Invoice/AR0000197"} <= changed


def test_a_corrected_invoice_comes_as_two(side: Side) -> None:
    begin = position(side)
    minutes_pass(side)
    side.act("correct", key="Invoice/AR0000190")
    found = side.stubs(begin)
    assert not found["Invoice/AR0000190"].offered
    (record,) = side.connector().fetch("invoice", ["Invoice/AR0000190"])
    assert record.withdrawn == "canceled at the source"


def test_a_flow_may_send_balanced_ones(side: Side) -> None:
    side.options = AcumaticaOptions(statuses={"Balanced": "send", "Closed": "hold", "Under Review": "send"})
    more = {"Invoice/AR0000209", "Invoice/AR0000210", "Invoice/AR0000222"}
    closed = {"Invoice/AR0000200", "Invoice/AR0000226", "Cash Sale/AR0000205"}
    assert offered(side) == (SENT | more) - closed


def test_one_branch_of_a_tenant(side: Side) -> None:
    side.branch = "PRODRETAIL"
    assert offered(side) == {"Invoice/AR0000227"}
    connector = side.connector()
    assert [each.source_id for each in connector.fetch("invoice", ["Invoice/AR0000160", "Invoice/AR0000227"])] == [
        "Invoice/AR0000227"
    ]
    assert connector.fetch("invoice", ["Invoice/AR0000160"]) == []
    assert connector.present(["Invoice/AR0000160", "Invoice/AR0000227"]) == {"Invoice/AR0000227"}


def test_two_tenants_with_the_same_numbers(side: Side) -> None:
    one, other = side.invoice("AR0000160"), Side(side.running, SECOND, memory=type(side.memory)())
    assert (one.customer, str(one.total)) == ("C00000287", "551.25 USD")
    assert str(other.invoice("AR0000160").total) == "530.19 USD"
    assert len(offered(other)) == 2


def test_chosen_documents_by_number_and_by_key(side: Side) -> None:
    begin = position(side)
    chosen = RunOptions(documents=("AR0000160", "Debit Memo/AR0000204", "AR0000211", "NOPE", "O'Hara", "AR/1+2 #3"))
    (page,) = side.pages(begin, chosen)
    assert {stub.source_id: stub.offered for stub in page.stubs} == {
        "Invoice/AR0000160": True, "Debit Memo/AR0000204": True, "Invoice/AR0000211": False,
    }  # fmt: skip
    assert page.held == {"On Hold: a draft": 1}
    assert page.position == begin


def test_a_sample_holds_only_what_may_be_sent(side: Side) -> None:
    found = side.stubs(None, RunOptions(limit=3))
    assert len(found) == 3
    assert all(stub.offered for stub in found.values())


def test_from_a_given_day_on(side: Side) -> None:
    begin = position(side)
    later = RunOptions(changed_since=(side.clock.now() + timedelta(hours=1)).isoformat())
    assert offered(side, begin, later) == set()
    assert {page.position for page in side.pages(begin, later)} == {begin}
    assert offered(side, begin, RunOptions(changed_since="2020-01-01")) == SENT
    with pytest.raises(SettingsError, match="which is no date"):
        side.pages(None, RunOptions(changed_since="last week"))


def test_deleted_documents_are_missed_by_asking(side: Side) -> None:
    connector = side.connector()
    assert connector.deleted(None) == []
    side.vendor.delete(FIRST, "SalesInvoice", "Invoice/AR0000211")
    assert connector.present(["Invoice/AR0000160", "Invoice/AR0000211"]) == {"Invoice/AR0000160"}
    assert connector.fetch("invoice", ["Invoice/AR0000211"]) == []
    assert connector.unlinked("customer") == connector.fetch("product", ["AABOOK01"]) == []


@pytest.mark.parametrize(
    ("state", "says"), [("html_503", "did not answer"), ("html_200", "with a page"), ("redirect", "did not answer")]
)
def test_maintenance_is_weather(side: Side, state: str, says: str) -> None:
    connector = side.connector()
    connector.prepare()
    side.settings(maintenance=state)
    with pytest.raises(TryLater, match=says):
        connector.present(["Invoice/AR0000160"])


def test_maintenance_that_ends_in_time_is_nothing(side: Side) -> None:
    side.mishap("server_error_before", scope="read", times=2)
    assert offered(side) == SENT


def test_a_throttle_without_a_header_is_waited_out(side: Side) -> None:
    side.mishap("throttled", scope="read", with_headers=False)
    assert offered(side) == SENT
    assert max(side.clock.slept) == 60


def test_half_an_answer_is_asked_for_again(side: Side) -> None:
    side.mishap("half_body", scope="read", after=1)
    assert offered(side) == SENT


def test_a_form_that_was_never_set_up(side: Side) -> None:
    side.settings(setup_missing=["SalesInvoice"])
    with pytest.raises(SettingsError, match="Preferences of a module"):
        side.pages()


def test_a_filter_that_is_none_is_told_whatever_its_status(side: Side) -> None:
    connector = side.connector()
    connector.prepare()
    side.settings(bad_filter_status="400")
    with pytest.raises(SettingsError, match="does not take a filter"):
        connector._client.rows("SalesInvoice", "Nonsense eq 1", Look("Type,ReferenceNbr"))


def test_a_right_that_is_missing(side: Side) -> None:
    side.settings(forbidden=["SalesInvoice"])
    with pytest.raises(SettingsError, match="denies the API user"):
        side.pages()


def test_positions_are_text_that_comes_back() -> None:
    at = Position(datetime(2026, 11, 1, 8, 0, 0, 123000, UTC), datetime(2026, 11, 2, tzinfo=UTC))
    assert Position.of(str(at)) == at
    assert Position.of(None) == Position(slices.EPOCH, slices.EPOCH)
