"""What the source said, version by version; links; cursors; and the tables themselves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import Engine, event, func, inspect, select, text
from sqlalchemy.exc import IntegrityError, StatementError
from sqlalchemy.orm import Session

from delivering import MORNING, SCOPE, new_ledger
from invoice_sync.ledger import documents, intents, links, migrate, runs
from invoice_sync.ledger.database import Database
from invoice_sync.ledger.documents import Seen
from invoice_sync.ledger.intents import Wanted
from invoice_sync.ledger.links import Link
from invoice_sync.ledger.scope import Scope
from invoice_sync.ledger.tables import Base, InboxRow, IntentRow, LeaseRow
from invoice_sync.model.errors import Problem
from invoice_sync.model.words import DocumentState, IntentState


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return Database(new_ledger(tmp_path))


def seen(content: str, stamp: str = "s1", source_id: str = "A", problem: Problem | None = None) -> Seen:
    return Seen(
        "invoice", source_id, stamp, f"hash {content}", f'"{content}"', source_id, "C-1", 100, "USD", problem=problem
    )


def store(database: Database, *batch: Seen, scope: Scope = SCOPE) -> list[tuple[int, str, bool]]:
    """(version, state, new) of each."""
    with database.transaction() as session:
        stored = documents.store(session, scope, batch, MORNING)
        return [(row.version, row.state, new) for row, new in stored]


# tables


def test_migrations_make_exactly_the_tables_of_the_code(tmp_path: Path) -> None:
    database = Database(new_ledger(tmp_path))
    assert migrate.drift(database) == []
    assert set(inspect(database.engine).get_table_names()) - {"alembic_version"} == set(Base.metadata.tables)


def test_migrating_twice_changes_nothing(database: Database) -> None:
    migrate.upgrade(database)
    assert migrate.drift(database) == []


def test_drift_is_noticed(database: Database) -> None:
    with database.engine.begin() as connection:
        connection.execute(text("ALTER TABLE intent ADD COLUMN colour TEXT"))
    assert migrate.drift(database) != []


@pytest.mark.sqlite_only
def test_sqlite_is_set_up_so_that_no_commit_is_lost(database: Database) -> None:
    with database.engine.connect() as connection:
        found = {name: connection.execute(text(f"PRAGMA {name}")).scalar() for name in
                 ("journal_mode", "synchronous", "busy_timeout", "foreign_keys")}  # fmt: skip
    assert found == {"journal_mode": "wal", "synchronous": 2, "busy_timeout": 30000, "foreign_keys": 1}


def test_a_time_comes_back_aware_and_as_the_same_moment(database: Database) -> None:
    there = datetime(2026, 11, 21, 9, 30, 0, 123456, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    with database.transaction() as session:
        session.add(LeaseRow(name="x", owner="y", epoch=1, until=there))
    with database.transaction() as session:
        back = session.get_one(LeaseRow, "x").until
    assert (back, back.tzinfo) == (there, UTC)


def test_a_time_without_a_zone_is_refused(database: Database) -> None:
    with pytest.raises(StatementError, match="without zone"), database.transaction() as session:
        session.add(LeaseRow(name="x", owner="y", epoch=1, until=MORNING.replace(tzinfo=None)))


def test_an_exception_rolls_everything_back(database: Database) -> None:
    with pytest.raises(RuntimeError), database.transaction() as session:
        documents.store(session, SCOPE, [seen("a")], MORNING)
        raise RuntimeError
    with database.transaction() as session:
        assert session.scalar(select(func.count(InboxRow.id))) == 0


# inbox


def test_versions_count_distinct_contents(database: Database) -> None:
    assert [store(database, seen(content, stamp))[0][0] for content, stamp in (("a", "1"), ("b", "2"), ("c", "3"))] == [
        1,
        2,
        3,
    ]


def test_content_that_comes_back_is_the_version_it_was(database: Database) -> None:
    found = [store(database, seen(content, stamp))[0] for content, stamp in (("a", "1"), ("b", "2"), ("a", "3"))]
    assert [(version, new) for version, _, new in found] == [(1, True), (2, True), (1, True)]
    with database.transaction() as session:
        assert session.scalar(select(func.count(InboxRow.id))) == 2


def test_unchanged_content_writes_nothing(database: Database) -> None:
    store(database, seen("a"))
    statements = written(database.engine)
    assert store(database, seen("a")) == [(1, DocumentState.WAITING, False)]
    assert statements == []


def test_a_new_stamp_on_the_same_content_is_no_change(database: Database) -> None:
    store(database, seen("a", "1"))
    assert store(database, seen("a", "2")) == [(1, DocumentState.WAITING, False)]
    with database.transaction() as session:
        assert documents.by_source(session, SCOPE, "invoice", ["A"])["A"].stamp == "2"


def test_a_record_that_a_page_shows_twice_is_one_document(database: Database) -> None:
    assert store(database, seen("a"), seen("a")) == [(1, "waiting", True)]
    assert store(database, seen("b", source_id="B"), seen("c", source_id="B")) == [(1, "waiting", True)]
    assert store(database, seen("c", source_id="B")) == [(1, "waiting", False)]


def test_two_flows_share_the_inbox_and_not_the_document(database: Database) -> None:
    other = Scope("other_flow", "acme", "rootstock", "elsewhere")
    store(database, seen("a"))
    assert store(database, seen("a"), scope=other) == [(1, "waiting", True)]
    with database.transaction() as session:
        assert session.scalar(select(func.count(InboxRow.id))) == 1


def test_a_record_nobody_understands_goes_straight_to_review_and_out_again_when_it_is_mended(
    database: Database,
) -> None:
    problem = Problem("bad_amount", "No amount.", "Correct it.")
    assert store(database, seen("a", problem=problem))[0][1] == DocumentState.REVIEW
    assert store(database, seen("b"))[0][1] == DocumentState.WAITING
    with database.transaction() as session:
        row = documents.by_source(session, SCOPE, "invoice", ["A"])["A"]
        assert (row.cause, row.reason, row.cure, row.step) == ("", "", "", "")


# intents


def planned(session: Session) -> IntentRow:
    row = documents.by_source(session, SCOPE, "invoice", ["A"])["A"]
    intents.plan(session, SCOPE, "create", "quickbooks", [Wanted(row, {"a": 1}, "A")], MORNING)
    return intents.newest(session, [row], "quickbooks", ("create",))[row.id]


def test_a_newer_version_replaces_what_was_only_planned(database: Database) -> None:
    store(database, seen("a"))
    with database.transaction() as session:
        key = planned(session).id
    store(database, seen("b"))
    with database.transaction() as session:
        assert session.get_one(IntentRow, key).state == IntentState.REPLACED


@pytest.mark.parametrize("state", [IntentState.SENDING, IntentState.UNCERTAIN, IntentState.DONE, IntentState.REFUSED])
def test_a_newer_version_leaves_what_may_be_out_alone(database: Database, state: IntentState) -> None:
    store(database, seen("a"))
    with database.transaction() as session:
        intent = planned(session)
        intent.state, intent.attempts = state, 1
    store(database, seen("b"))
    with database.transaction() as session:
        assert session.get_one(IntentRow, intent.id).state == state


def test_planning_the_same_version_again_is_the_next_revision(database: Database) -> None:
    store(database, seen("a"))
    with database.transaction() as session:
        assert [planned(session).revision for _ in range(3)] == [1, 2, 3]


def test_content_that_came_back_is_planned_as_another_revision(database: Database) -> None:
    keys = []
    for content in "aba":
        store(database, seen(content))
        with database.transaction() as session:
            intent = planned(session)
            keys.append((intent.version, intent.revision))
    assert keys == [(1, 1), (2, 1), (1, 2)]


# links


def link(database: Database, entity: str, source_id: str, remote_id: str) -> None:
    with database.transaction() as session:
        link = Link(remote_id, "0", "", "test", "", "test")
        links.put(session, SCOPE, entity, source_id, link, MORNING)


def test_two_invoices_never_share_a_remote_one(database: Database) -> None:
    link(database, "invoice", "A", "R1")
    with pytest.raises(IntegrityError):
        link(database, "invoice", "B", "R1")


def test_one_invoice_has_one_remote_one(database: Database) -> None:
    link(database, "invoice", "A", "R1")
    link(database, "invoice", "A", "R1")
    with database.transaction() as session:
        assert links.of(session, SCOPE, "invoice", ["A"])["A"].remote_id == "R1"


@pytest.mark.parametrize("entity", ["customer", "product"])
def test_parties_and_products_may_share_one(database: Database, entity: str) -> None:
    link(database, entity, "c1", "Q1")
    link(database, entity, "c2", "Q1")


def test_links_of_more_ids_than_a_statement_takes(database: Database) -> None:
    ids = [f"c{n}" for n in range(1201)]
    with database.transaction() as session:
        assert links.of(session, SCOPE, "customer", ids) == {}


# cursor


def test_the_cursor_is_kept_with_its_page_or_not_at_all(database: Database) -> None:
    with database.transaction() as session:
        runs.move_cursor(session, SCOPE, "invoice", "monday", MORNING)
    with pytest.raises(RuntimeError), database.transaction() as session:
        documents.store(session, SCOPE, [seen("a")], MORNING)
        runs.move_cursor(session, SCOPE, "invoice", "tuesday", MORNING)
        raise RuntimeError
    with database.transaction() as session:
        assert runs.cursor(session, SCOPE, "invoice") == "monday"
        assert session.scalar(select(func.count(InboxRow.id))) == 0


def test_each_flow_and_stream_has_a_cursor_of_its_own(database: Database) -> None:
    other = Scope("other_flow", "acme", "rootstock", "elsewhere")
    with database.transaction() as session:
        runs.move_cursor(session, SCOPE, "invoice", "here", MORNING)
        assert runs.cursor(session, other, "invoice") is None
        assert runs.cursor(session, SCOPE, "customer") is None


def written(engine: Engine) -> list[str]:
    """Fills with every statement from now on that changes something."""
    statements: list[str] = []

    def note(_conn: object, _cursor: object, statement: str, *_: object) -> None:
        if not statement.lstrip().upper().startswith(("SELECT", "PRAGMA", "BEGIN")):
            statements.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    return statements
