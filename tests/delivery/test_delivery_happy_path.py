"""What goes right goes out once, in full calls, under keys and bodies that never change."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from delivering import AFTER_QUIET, Table, echo, left_out, lost_before, not_sent, ok, refused
from invoice_sync.connectors.base import Armed, Outcome, Verdict
from invoice_sync.ledger import links
from invoice_sync.ledger.links import Link
from invoice_sync.model.errors import SettingsError, StillUncertain
from invoice_sync.model.words import DocumentState, IntentState


@pytest.fixture
def table(tmp_path: Path) -> Table:
    return Table.build(tmp_path)


def test_a_planned_document_is_created_linked_and_never_sent_again(table: Table) -> None:
    table.plan("A")
    assert table.deliver().sent == 1
    assert table.deliver().as_counts() == {"sent": 0, "adopted": 0, "refused": 0, "sent_again": 0}
    assert len(table.vendor.calls) == 1
    assert table.links() == {"A": "R1"}
    assert table.intent("A").state == IntentState.DONE
    assert table.document("A").state == DocumentState.DELIVERED


def test_the_happy_path_costs_one_call_and_no_look_up(table: Table) -> None:
    table.plan("A", "B")
    table.deliver()
    assert (len(table.vendor.calls), table.vendor.looked_up) == (1, [])


def test_fresh_documents_are_cut_into_full_calls(tmp_path: Path) -> None:
    table = Table.build(tmp_path, batch=3)
    table.plan(*"ABCDEFGH")
    table.deliver()
    assert [[item.source_id for item in call.items] for call in table.vendor.calls] == [
        ["A", "B", "C"],
        ["D", "E", "F"],
        ["G", "H"],
    ]
    assert len({call.wire_request for call in table.vendor.calls}) == 3


def test_wire_keys_fit_what_quickbooks_keeps(table: Table) -> None:
    table.plan(*(f"N{n}" for n in range(30)))
    table.deliver()
    (call,) = table.vendor.calls
    assert len(call.wire_request) == 32
    int(call.wire_request, 16)
    assert len({item.wire_item for item in call.items}) == 30
    assert max(len(item.wire_item) for item in call.items) <= 10


def test_key_and_body_are_the_same_on_every_attempt(table: Table) -> None:
    table.plan("A")
    table.vendor.script.extend([not_sent, lost_before])
    with pytest.raises(StillUncertain):
        table.deliver()
    table.clock.pass_by(AFTER_QUIET)
    table.deliver()
    sent = table.vendor.sent_keys("A")
    assert len(sent) == 3
    assert len(set(sent)) == 1


def test_what_is_sent_again_keeps_the_call_it_was_first_sent_in(tmp_path: Path) -> None:
    table = Table.build(tmp_path, batch=2)
    table.plan("A", "B", "C")
    table.vendor.script.extend([{"B": lost_before}, {"C": lost_before}])
    with pytest.raises(StillUncertain):
        table.deliver()
    table.clock.pass_by(AFTER_QUIET)
    table.plan("D")
    table.deliver()
    first, second, *again = table.vendor.calls
    keys = {item.source_id: (call.wire_request, item.wire_item) for call in again for item in call.items}
    assert keys["B"] == (first.wire_request, "i1")
    assert keys["C"] == (second.wire_request, "i0")
    assert keys["D"][0] not in (first.wire_request, second.wire_request)


def test_two_revisions_of_one_document_have_different_keys(table: Table) -> None:
    table.plan("A")
    table.vendor.script.append(refused)
    table.deliver()
    table.plan("A")
    table.deliver()
    keys = [key for key, _, _ in table.vendor.sent_keys("A")]
    assert len(set(keys)) == 2
    assert table.intent("A").revision == 2


def test_a_placeholder_becomes_the_remote_id_when_it_goes_out(table: Table) -> None:
    table.plan("A", customer="c1")
    table.link_customer("c1", "Q7")
    table.deliver()
    assert table.vendor.calls[0].items[0].body["customer"] == "Q7"


def test_a_body_once_sent_stays_frozen_when_the_link_changes(table: Table) -> None:
    table.plan("A", customer="c1")
    table.link_customer("c1", "Q7")
    table.vendor.script.append(lost_before)
    with pytest.raises(StillUncertain):
        table.deliver()
    table.link_customer("c1", "Q8")
    table.clock.pass_by(AFTER_QUIET)
    table.deliver()
    assert [item.body["customer"] for call in table.vendor.calls for item in call.items] == ["Q7", "Q7"]


def test_a_document_without_its_customer_stays_planned_and_its_neighbours_go(table: Table) -> None:
    table.plan("A", customer="unknown")
    table.plan("B")
    assert table.deliver().sent == 1
    waiting = table.intent("A")
    assert (waiting.state, waiting.attempts, waiting.wire_body) == (IntentState.PLANNED, 0, None)
    assert table.attempts("A") == []
    table.link_customer("unknown", "Q1")
    assert table.deliver().sent == 1


def test_arming_is_durable_before_the_first_byte_leaves(table: Table) -> None:
    seen = []

    def look(armed: Armed) -> None:
        other = create_engine(table.url)
        with other.connect() as connection:
            query = "SELECT i.state, i.wire_request, a.n, a.verdict FROM intent i JOIN attempt a ON a.intent_id = i.id"
            seen.extend(tuple(row) for row in connection.execute(text(query)))
        other.dispose()

    table.vendor.while_sending = look
    table.plan("A", "B")
    table.deliver()
    key = table.vendor.calls[0].wire_request
    assert seen == [("sending", key, 1, None), ("sending", key, 1, None)]


def test_a_refusal_goes_to_review_with_the_connectors_words_and_the_others_go_on(table: Table) -> None:
    table.plan("A", "B", "C")
    table.vendor.script.append({"B": refused})
    tally = table.deliver()
    assert (tally.sent, tally.refused) == (2, 1)
    document = table.document("B")
    told = (document.state, document.cause, document.reason, document.cure, document.step)
    assert told == ("review", "closed_period", "The books are closed.", "Open them.", "export")
    assert table.intent("B").state == IntentState.REFUSED


def test_a_refused_document_is_not_sent_again_by_itself(table: Table) -> None:
    table.plan("A")
    table.vendor.script.append(refused)
    table.deliver()
    table.deliver()
    assert len(table.vendor.calls) == 1


def test_half_of_a_batch_unanswered_is_uncertain_and_the_other_half_done(table: Table) -> None:
    numbers = [f"N{n:02}" for n in range(30)]
    table.plan(*numbers)
    table.vendor.script.append({number: left_out for number in numbers[15:]})
    with pytest.raises(StillUncertain) as caught:
        table.deliver()
    assert caught.value.count == 15
    assert table.states(IntentState.DONE) == set(numbers[:15])
    table.clock.pass_by(AFTER_QUIET)
    tally = table.deliver()
    assert (tally.sent, tally.adopted) == (0, 15)
    assert (len(table.vendor.calls), len(table.vendor.remotes), len(table.links())) == (1, 30, 30)


@pytest.mark.parametrize("fact", ["total", "currency", "number", "marker"])
def test_an_echo_that_differs_is_kept_reviewed_and_never_sent_again(table: Table, fact: str) -> None:
    table.plan("A", "B", cents=44839)
    table.vendor.script.append({"A": echo(**{fact: "44840"})})
    table.deliver()
    document = table.document("A")
    assert (document.state, document.cause) == (DocumentState.REVIEW, "mismatch")
    assert table.links() == {"A": "R1", "B": "R2"}
    table.clock.pass_by(AFTER_QUIET)
    table.deliver()
    assert len(table.vendor.calls) == 1


def test_a_mismatch_shows_both_figures(table: Table) -> None:
    table.plan("A", cents=44839)
    table.vendor.script.append(echo(total="44840"))
    table.deliver()
    assert "44839" in table.document("A").reason
    assert "44840" in table.document("A").reason


def test_an_answer_that_names_another_documents_record_links_nothing_and_hurts_nobody(table: Table) -> None:
    """As a replayed key would: the vendor hands out the record of an earlier document."""
    table.plan("A")
    table.deliver()
    table.plan("B", "C")
    table.vendor.script.append({"B": lambda vendor, armed, item: Outcome(Verdict.OK, vendor.remotes[0], status=200)})
    with pytest.raises(StillUncertain):
        table.deliver()
    assert table.links() == {"A": "R1", "C": "R2"}
    table.clock.pass_by(AFTER_QUIET)
    table.deliver()
    assert table.links() == {"A": "R1", "C": "R2", "B": "R3"}


def test_every_attempt_keeps_what_became_of_it(table: Table) -> None:
    table.plan("A")
    table.vendor.script.extend([not_sent, ok])
    table.deliver()
    first, second = table.attempts("A")
    assert (first.n, first.verdict, second.n, second.verdict, second.remote_id) == (1, "not_sent", 2, "ok", "R1")
    assert first.ended_at is not None
    assert second.ended_at is not None
    assert (second.dag_id, second.run_id, second.task_id) == ("invoices_acme", "run-1", "export")


def test_an_unknown_kind_of_write_leaves_no_lease_behind(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object) -> None:
        raise SettingsError("no such write")

    monkeypatch.setattr(table.vendor, "rule", unknown)
    with pytest.raises(SettingsError):
        table.deliver()
    monkeypatch.undo()
    table.plan("A")
    assert table.colleague().deliver().sent == 1


def test_a_newer_version_that_came_while_sending_is_not_marked_delivered(table: Table) -> None:
    table.plan("A")

    def changes(armed: Armed) -> None:
        with table.colleague().database.transaction() as session:
            table.store(session, "A", 2000)

    table.vendor.while_sending = changes
    table.deliver()
    assert table.links() == {"A": "R1"}
    assert table.document("A").state == DocumentState.WAITING


def test_parties_may_share_a_remote_record(table: Table) -> None:
    with table.database.transaction() as session:
        for source in ("c1", "c2"):
            link = Link("Q1", "0", "", "found", "", "test")
            links.put(session, table.scope, "customer", source, link, table.clock.now())
        session.flush()
        assert links.holders(session, table.scope, "customer", ["Q1"]) == {"Q1": ("rootstock", "c1")}
