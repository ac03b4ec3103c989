"""The process log page by page, and who answers a question about consent: on both databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, insert, text
from sqlalchemy.exc import DBAPIError

from delivering import MORNING, new_ledger
from invoice_sync.ledger import browsing, consents
from invoice_sync.ledger.browsing import LogFilter, LogPage
from invoice_sync.ledger.database import Database
from invoice_sync.ledger.reading import ReadingDatabase
from invoice_sync.ledger.tables import ProcessLogRow
from invoice_sync.model.ports import Binding

FLOW, OTHER = "invoices_acme", "invoices_other"
BINDING = Binding("acme", "quickbooks", "1")
DAYS = 12


def row(n: int, **fields: Any) -> dict[str, Any]:
    """One a quarter of an hour, a hundred a day or so; every tenth is another flow's."""
    at = MORNING + timedelta(minutes=15 * n)
    return {
        "level": "ERROR" if n % 50 == 1 else "INFO", "action_type": "Invoice Export",
        "message": f'{{"document":"{n:06}"}}', "endpoint_url": "https://quickbooks.example/batch",
        "description": "Invoice is created successfully.", "login_user": "scheduled", "log_date": f"{at:%Y-%m-%d}",
        "log_time": f"{at:%H:%M:%S}", "company": "acme", "flow": OTHER if n % 10 == 0 else FLOW, "dag_id": FLOW,
        "run_id": f"run-{n // 100}", "task_id": "export", "map_index": -1, "try_number": 1,
        "document_id": n % 100, **fields,
    }  # fmt: skip


@pytest.fixture
def ledger(tmp_path: Path) -> Database:
    database = Database(new_ledger(tmp_path))
    with database.transaction() as session:
        session.execute(insert(ProcessLogRow), [row(n) for n in range(1, 96 * DAYS)])
    database.dispose()
    return database


@pytest.fixture
def reader(ledger: Database) -> Iterator[ReadingDatabase]:
    reading = ReadingDatabase(ledger.url)
    yield reading
    reading.dispose()


def looked(
    reader: ReadingDatabase, wanted: LogFilter, before: int | None = None, size: int = 50, **more: Any
) -> LogPage:
    with reader.transaction() as session:
        return browsing.page(session, wanted, before, size, **more)


def every(reader: ReadingDatabase, wanted: LogFilter, **more: Any) -> list[ProcessLogRow]:
    """All pages, one after the other."""
    found: list[ProcessLogRow] = []
    page = looked(reader, wanted, **more)
    found += page.rows
    while page.older is not None:
        page = looked(reader, wanted, page.older, **more)
        found += page.rows
    return found


def numbers(rows: Sequence[ProcessLogRow]) -> list[str]:
    return [each.message for each in rows]


def test_pages_by_key_show_every_row_of_the_flow_once_newest_first(reader: ReadingDatabase) -> None:
    expected = [row(n)["message"] for n in range(96 * DAYS - 1, 0, -1) if n % 10]

    assert numbers(every(reader, LogFilter(FLOW))) == expected
    assert numbers(every(reader, LogFilter(FLOW), window=7)) == expected
    assert looked(reader, LogFilter("nobody")) == LogPage([])


def test_a_row_that_is_written_between_two_pages_moves_none(ledger: Database, reader: ReadingDatabase) -> None:
    first = looked(reader, LogFilter(FLOW))
    with ledger.transaction() as session:
        session.execute(insert(ProcessLogRow), [row(96 * DAYS + 1)])

    second = looked(reader, LogFilter(FLOW), first.older)

    assert second.rows[0].id == first.rows[-1].id - 1


FILTERS: tuple[tuple[dict[str, Any], Callable[[dict[str, Any]], bool]], ...] = (
    ({"level": "ERROR"}, lambda each: each["level"] == "ERROR"),
    ({"level": "ERR"}, lambda each: False),
    ({"action_type": "export"}, lambda each: True),
    ({"action_type": "%"}, lambda each: False),
    ({"message": "00012"}, lambda each: "00012" in each["message"]),
    ({"endpoint_url": "QUICKBOOKS"}, lambda each: True),
    ({"description": "refused"}, lambda each: False),
    ({"login_user": "sched"}, lambda each: False),
    ({"login_user": "scheduled"}, lambda each: True),
    ({"log_time": "08:1"}, lambda each: each["log_time"].startswith("08:1")),
    ({"run_id": "run-3"}, lambda each: each["run_id"] == "run-3"),
    ({"document": 33}, lambda each: each["document_id"] == 33),
    ({"document": 33, "run_id": "run-3"}, lambda each: each["message"].endswith('000333"}')),
    ({"since": date(2026, 11, 25)}, lambda each: each["log_date"] >= "2026-11-25"),
    ({"until": date(2026, 11, 24)}, lambda each: each["log_date"] <= "2026-11-24"),
    ({"since": date(2026, 11, 25), "until": date(2026, 11, 25)}, lambda each: each["log_date"] == "2026-11-25"),
    ({"since": date(2027, 6, 1)}, lambda each: False),
    ({"until": date(2020, 6, 1)}, lambda each: False),
)


def test_each_column_has_a_filter(reader: ReadingDatabase) -> None:
    rows = [each for n in range(96 * DAYS - 1, 0, -1) if (each := row(n))["flow"] == FLOW]

    for chosen, fits in FILTERS:
        found = numbers(every(reader, LogFilter(FLOW, **chosen), size=200, window=333))
        assert found == [each["message"] for each in rows if fits(each)], chosen


def test_a_filter_sees_what_plain_python_sees(reader: ReadingDatabase) -> None:
    wanted = LogFilter(FLOW, message="7", since=date(2026, 11, 30), until=date(2026, 12, 4), log_time="1")
    kept = [each for n in range(96 * DAYS - 1, 0, -1) if (each := row(n))["flow"] == FLOW]
    kept = [each for each in kept if "7" in each["message"] and each["log_time"].startswith("1")]

    expected = [each["message"] for each in kept if "2026-11-30" <= each["log_date"] <= "2026-12-04"]

    assert numbers(every(reader, wanted, size=10, window=100)) == expected and expected


def test_without_time_a_page_says_how_far_it_looked_and_where_to_go_on(reader: ReadingDatabase) -> None:
    page = looked(reader, LogFilter(FLOW, message="000001"), window=500, has_time=lambda: False)

    assert (page.rows, page.older) == ([], 96 * DAYS - 500)
    assert page.looked_at == row(page.older or 0)["log_date"]
    assert numbers(every(reader, LogFilter(FLOW, message="000001"), window=500, has_time=lambda: False)) == [
        row(1)["message"]
    ]


@pytest.mark.sqlite_only
@pytest.mark.parametrize(
    ("chosen", "index"),
    [
        ({"level": "INFO"}, "USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)"),
        ({"since": date(2026, 11, 25)}, "USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)"),
        ({"run_id": "run-3"}, "USING INDEX ix_process_log_flow_run_id"),
        ({"document": 33}, "USING INDEX ix_process_log_document_id"),
    ],
)
def test_no_page_walks_the_whole_table(reader: ReadingDatabase, chosen: dict[str, Any], index: str) -> None:
    asked: list[tuple[str, Any]] = []
    event.listen(reader.engine, "before_cursor_execute", lambda c, k, sql, values, x, m: asked.append((sql, values)))
    looked(reader, LogFilter(FLOW, **chosen), before=900)
    questions = [(sql, values) for sql, values in asked if sql.startswith("SELECT")]

    with reader.transaction() as session:
        run = session.connection().exec_driver_sql
        plans = [" ".join(step[3] for step in run(f"EXPLAIN QUERY PLAN {sql}", values)) for sql, values in questions]

    assert len(plans) >= 3 and index in plans[-1]
    assert [plan for plan in plans if "SCAN" in plan] == []


def test_a_reader_sees_one_moment_holds_up_no_writer_and_cannot_write(
    ledger: Database, reader: ReadingDatabase
) -> None:
    with reader.transaction() as session:
        before = len(browsing.page(session, LogFilter(FLOW, run_id="run-11"), None, 500).rows)
        with ledger.transaction() as other:
            other.execute(insert(ProcessLogRow), [row(1199)])
        assert len(browsing.page(session, LogFilter(FLOW, run_id="run-11"), None, 500).rows) == before
    with pytest.raises(DBAPIError), reader.transaction() as session:
        session.execute(text("DELETE FROM lease"))


# questions at a vendor's consent page


def answered(ledger: Database, user: str, state: str, now: datetime = MORNING) -> bool:
    with ledger.transaction() as session:
        return consents.take_answer(session, BINDING, user, state, now)


def asked(ledger: Database, user: str, state: str) -> None:
    with ledger.transaction() as session:
        consents.ask(session, BINDING, user, state, MORNING)


def test_a_question_is_answered_once_in_time_by_the_one_who_asked(ledger: Database) -> None:
    asked(ledger, "ops", "one")

    assert not answered(ledger, "clerk", "one")
    assert not answered(ledger, "ops", "two")
    assert not answered(ledger, "ops", "one", MORNING + consents.PATIENCE)
    assert answered(ledger, "ops", "one", MORNING + consents.PATIENCE - timedelta(seconds=1))
    assert not answered(ledger, "ops", "one")


def test_a_newer_question_takes_the_place_of_the_older_and_no_state_is_kept(ledger: Database) -> None:
    asked(ledger, "ops", "first-state")
    asked(ledger, "ops", "second-state")

    with ledger.transaction() as session:
        kept = " ".join(str(each) for each in session.execute(text("SELECT name, owner FROM lease")))
    assert "state" not in kept and "ops" in kept
    assert not answered(ledger, "ops", "first-state")
    assert answered(ledger, "ops", "second-state")
