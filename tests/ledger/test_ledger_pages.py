"""What the portal reads, on both databases: sums, the newest runs, what to clear, a document's trail."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from delivering import MORNING, new_ledger
from house import FLOWS
from invoice_portal.reading import newest, quantities, trail, waiting
from invoice_portal.reading.retrying import Retry
from invoice_sync.connectors.placeholders import placeholder
from invoice_sync.ledger import documents, intents, links, runs
from invoice_sync.ledger.database import Database
from invoice_sync.ledger.documents import Seen
from invoice_sync.ledger.intents import Wanted
from invoice_sync.ledger.links import Link
from invoice_sync.ledger.reading import ReadingDatabase
from invoice_sync.ledger.scope import Scope
from invoice_sync.ledger.tables import AttemptRow, DocumentRow, SuggestionRow
from invoice_sync.model.errors import Problem
from invoice_sync.model.ports import Binding
from invoice_sync.model.words import DocumentState, IntentState
from invoice_sync.orchestration.flows import load

FLOW = load(FLOWS)[0]
SCOPE = Scope.of(FLOW)
SOURCE = Binding(FLOW.company, FLOW.source.vendor, FLOW.source.tenant)
CUSTOMER = placeholder("customer", "c-1")
NAME_TAKEN = Problem("name_taken", "The name is taken.", "Rename it.")


def seen(entity: str, source_id: str, amount: int = 0, currency: str = "", needs: tuple[str, ...] = ()) -> Seen:
    content = f'{{"Id":"{source_id}","Memo":"old"}}'
    return Seen(
        entity, source_id, "s1", f"hash of {content}", content, number=source_id.upper(), amount_minor=amount,
        currency=currency, needs=needs,
    )  # fmt: skip


def stored(session: Session, *found: Seen) -> list[DocumentRow]:
    return [row for row, _ in documents.store(session, SCOPE, found, MORNING)]


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[ReadingDatabase]:
    """One invoice delivered, two and a credit memo in review, one of them for want of its customer; three runs."""
    database = Database(new_ledger(tmp_path))
    with database.transaction() as session:
        _fill(session)
    database.dispose()
    reading = ReadingDatabase(database.url)
    yield reading
    reading.dispose()


def _fill(session: Session) -> None:
    old, new, preview = (
        runs.open_run(session, SCOPE, name, {"dry_run": name == "preview"}, MORNING).id
        for name in ("old", "new", "preview")
    )
    [customer] = stored(session, seen("customer", "c-1"))
    sent, held, wrong = stored(
        session,
        seen("invoice", "i-1", 1000, "USD"), seen("invoice", "i-2", 2000, "USD", (CUSTOMER,)),
        seen("invoice", "i-3", 300, "EUR"),
    )  # fmt: skip
    [memo] = stored(session, seen("credit_memo", "m-1", 500, "USD"))
    documents.put_in_review(customer, NAME_TAKEN, "match_customers", MORNING)
    documents.put_in_review(held, NAME_TAKEN, "match_customers", MORNING, blocked_on=CUSTOMER)
    documents.put_in_review(memo, NAME_TAKEN, "plan", MORNING)
    documents.put_in_review(wrong, Problem("does_not_tie", "No.", "Correct it."), "plan", MORNING)
    session.add(SuggestionRow(document_id=customer.id, remote_id="7", kind="customer", name="A", score=80, reason="x"))
    session.flush()
    runs.keep_reference(session, SOURCE, "counts", {"Invoice Export Qty": 3, "Customer Export Qty": 1}, MORNING)
    _deliver(session, sent)
    for run in (old, new, preview):
        runs.note(session, run, [customer, held, memo] if run != old else [wrong], "plan")
        runs.mark_step(session, run, "plan", "review", MORNING)
    for text in ("first", "second"):
        runs.keep_statement(session, new, {"text": text}, MORNING)


def _deliver(session: Session, row: DocumentRow) -> None:
    later = MORNING + timedelta(minutes=5)
    intents.plan(session, SCOPE, "create", "quickbooks", [Wanted(row, {"Memo": "old"}, row.number)], later)
    intent = intents.newest(session, [row], "quickbooks", ("create",))[row.id]
    intent.state, intent.done_at, intent.wire_body = IntentState.DONE, later, '{"Memo":"old"}'
    attempt = AttemptRow(
        intent_id=intent.id, n=1, epoch=1, armed_at=later, quiet_until=later, ended_at=later, verdict="ok", status=200,
        vendor_code="", trace_id="t-1", remote_id="99", dag_id=FLOW.name, run_id="old", task_id="export", map_index=-1,
        try_number=2,
    )  # fmt: skip
    session.add(attempt)
    links.put(session, SCOPE, "invoice", row.source_id, Link("99", "0", "I-1", "sent by us", "intent 1", "x"), later)
    documents.move(row, DocumentState.DELIVERED, later)
    intents.plan(session, SCOPE, "update", "quickbooks", [Wanted(row, {"Memo": "new"}, row.number)], later)


def test_sums_are_per_currency_and_a_credit_memo_counts_negative(reader: ReadingDatabase) -> None:
    with reader.transaction() as session:
        found = {group.cause: group for group in waiting.groups(session, FLOW)}
        going = waiting.ready(session, FLOW)

    taken, wrong = found["name_taken"], found["does_not_tie"]
    assert (taken.count, taken.sums, wrong.sums, going) == (2, {"USD": 1500}, {"EUR": 300}, 0)
    [party] = taken.parties
    assert (party.holds, list(party.held), [each.name for each in party.suggestions]) == (1, [("USD", 2000)], ["A"])


def test_what_is_cleared_is_of_the_newest_run_that_was_no_dry_one(reader: ReadingDatabase) -> None:
    with reader.transaction() as session:
        found = {group.cause: group for group in waiting.groups(session, FLOW)}

    assert found["name_taken"].retry == Retry(FLOW.name, "new", ("match_customers", "plan"))
    assert found["does_not_tie"].retry == Retry(FLOW.name, "old", ("plan",))


def test_the_newest_runs_with_their_newest_statement(reader: ReadingDatabase) -> None:
    with reader.transaction() as session:
        found = newest.newest_runs(session, FLOW.name)

    assert [(run.run_id, run.is_dry, run.outcome, run.at) for run in found] == [
        ("preview", True, "waits for a person", ("plan",)),
        ("new", False, "waits for a person", ("plan",)),
        ("old", False, "waits for a person", ("plan",)),
    ]
    assert [run.statement for run in found] == [None, {"text": "second"}, None]


def test_quantities_are_what_was_counted_less_what_is_done_since(reader: ReadingDatabase) -> None:
    with reader.transaction() as session:
        found, at = quantities.quantities(session, FLOW)
    by_entity = {each.entity: each for each in found}

    assert at == MORNING
    invoice = by_entity["invoice"]
    assert (invoice.counted, invoice.done, invoice.left, invoice.open, invoice.in_review) == (3, 1, 2, 0, 2)
    assert (by_entity["customer"].left, by_entity["customer"].in_review) == (1, 1)
    assert by_entity["product"].left is None


def test_a_trail_has_versions_matches_writes_and_attempts(reader: ReadingDatabase) -> None:
    with reader.transaction() as session:
        [row] = trail.search(session, FLOW, "I-1")
        found = trail.trail(session, FLOW, row.id)
        nobody = trail.trail(session, FLOW.model_copy(update={"name": "another"}), row.id)

    assert found is not None and nobody is None
    assert [write.row.op for write in found.writes] == ["update", "create"]
    assert [(each.field, each.before, each.after) for each in found.writes[0].changes] == [("Memo", "old", "new")]
    assert [(each.trace_id, each.try_number) for each in found.writes[1].attempts] == [("t-1", 2)]
    assert found.matches[0].link is not None and found.matches[0].link.remote_id == "99"
    assert len(found.versions) == 1


@pytest.mark.parametrize(
    ("steps", "is_dry", "expected"),
    [
        ({}, False, ("not ended", ())),
        ({"check": "done", "extract": "started"}, False, ("not ended", ("extract",))),
        ({"check": "stopped", "report": "stopped"}, False, ("stopped", ("check", "report"))),
        ({"plan": "review", "report": "review"}, False, ("waits for a person", ("plan", "report"))),
        ({"plan": "done", "report": "done"}, False, ("finished", ())),
        ({"plan": "done", "export": "skipped", "report": "done"}, True, ("dry run", ())),
    ],
)
@pytest.mark.sqlite_only
def test_a_run_is_called_by_how_its_steps_ended(
    steps: dict[str, str], is_dry: bool, expected: tuple[str, tuple[str, ...]]
) -> None:
    assert newest.outcome(steps, is_dry=is_dry) == expected
