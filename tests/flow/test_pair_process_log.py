"""The process log: one row for whatever was done or set aside, in the columns that people know, for good."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from invoice_sync.ledger.tables import ProcessLogRow
from pair import Pair

COLUMNS = (
    "level", "action_type", "message", "endpoint_url", "description", "login_user", "log_date", "log_time",
)  # fmt: skip
ONE = (("P-100", "1", "12.50"),)


@dataclass
class Night:
    """The log of a night with everything in it, and what the vendors really took."""

    rows: list[ProcessLogRow]
    written: dict[str, set[str]]
    now: datetime
    documents: dict[int, str]


@pytest.fixture(scope="module")
def night(open_pair: Any) -> Iterator[Night]:
    opened: AbstractContextManager[Pair] = open_pair(changes="follow", voids="follow", write_back="acknowledge")
    with opened as pair:
        credited = pair.load.invoice("A-1", customer="C-1003", lines=(("P-300", "1", "80.00"),))
        pair.credit("M-1", credited, (("P-300", "1", "80.00"),), customer="C-1003")
        pair.load.invoice("A-2", lines=ONE)
        pair.load.invoice("A-3", customer="C-1002", lines=ONE)
        pair.load.invoice("B-1", lines=ONE, grandtotal="99.00")
        pair.load.invoice("R-1", lines=ONE)
        pair.mishap(vendor="quickbooks", kind="refuse", entity="Invoice", code="6000", after=3)
        pair.run()
        pair.edit_invoice("A-2", duedate="2026-12-24")
        pair.edit_invoice("A-3", cancelled=True)
        pair.again()
        written = {
            entity: {e["key"] for e in pair.writes("quickbooks") if e["entity"] == entity}
            for entity in ("Customer", "Item", "Invoice", "CreditMemo")
        }
        ids = {pair.document(n).id: n for n in ("A-1", "A-2", "A-3", "B-1", "R-1")}
        ids[pair.document("M-1", "credit_memo").id] = "M-1"
        yield Night(pair.process_log(), written, pair.clock.now(), ids)


def of(night: Night, action: str, level: str = "INFO") -> list[ProcessLogRow]:
    return [row for row in night.rows if (row.action_type, row.level) == (action, level)]


def test_every_row_has_all_the_columns_that_people_know(night: Night) -> None:
    for row in night.rows:
        assert [name for name in COLUMNS if not getattr(row, name)] == []
        assert row.level in ("INFO", "WARNING", "ERROR")
        assert isinstance(json.loads(row.message), dict)
        assert (row.login_user, row.run_id, row.company) == ("tester", "run-1", "acme")
        assert re.fullmatch(r"\d{4}-\d\d-\d\d", row.log_date)
        assert re.fullmatch(r"\d\d:\d\d:\d\d", row.log_time)
    # people read the company's own time
    assert night.rows[-1].log_date == f"{night.now.astimezone(ZoneInfo('America/New_York')):%Y-%m-%d}"


@pytest.mark.parametrize(
    ("action", "said", "entity"),
    [
        ("Customer Export", "Customer is created successfully.", "Customer"),
        ("Product Export", "Product is created successfully.", "Item"),
        ("Credit Memo Export", "Credit Memo is created successfully.", "CreditMemo"),
    ],
)
def test_every_record_that_was_created_has_its_row(night: Night, action: str, said: str, entity: str) -> None:
    assert len([row for row in of(night, action) if row.description == said]) == len(night.written[entity]) == 1


def test_every_write_about_an_invoice_has_its_row_with_the_address_it_went_to(night: Night) -> None:
    rows = of(night, "Invoice Export")
    done = {(json.loads(row.message)["document"], row.description) for row in rows}

    for number in ("A-1", "A-2", "A-3"):
        assert (number, "Invoice is created successfully.") in done
        assert (number, "Invoice is acknowledged at the source.") in done
    assert ("A-2", "Invoice is updated successfully.") in done
    assert ("A-3", "Invoice is voided successfully.") in done
    assert {night.documents[row.document_id] for row in rows if row.document_id} == {"A-1", "A-2", "A-3", "B-1", "R-1"}
    ends = {row.endpoint_url.rpartition("/")[2] for row in rows}
    assert ends == {"batch", "sobjects"}


def test_a_match_a_refusal_a_review_and_a_followed_change_have_theirs(night: Night) -> None:
    # Amber by the id on record, Birch by e-mail and postcode
    assert {json.loads(row.message)["rule"] for row in of(night, "Customer Match")} == {
        "id on record at the source",
        "e-mail and postcode",
    }
    assert len(of(night, "Product Match")) == 1
    assert {json.loads(row.message)["document"] for row in of(night, "Invoice Review", "ERROR")} >= {"B-1"}
    [refused] = of(night, "Invoice Export", "ERROR")[:1]
    assert (json.loads(refused.message)["vendor_code"], json.loads(refused.message)["trace_id"] != "") == ("6000", True)
    assert {json.loads(row.message)["plan"] for row in of(night, "Change Followed", "WARNING")} == {"update", "void"}


def test_the_run_itself_is_there_under_the_name_of_the_exporter(night: Night) -> None:
    rows = [row for row in night.rows if row.action_type == "Sales Invoice Exporter"]

    # once with B-1 and R-1 waiting, and once more after the second report with B-1 alone
    assert [row.level for row in rows] == ["ERROR", "ERROR"]
    told = json.loads(rows[0].message)
    assert (told["extracted"], told["delivered"], told["in_review"]) == (6, 4, 2)
    assert rows[0].description == "Sales Invoice Exporter: finished with documents that wait."


@pytest.mark.parametrize("statement", ["UPDATE process_log SET level = 'DEBUG'", "DELETE FROM process_log"])
def test_nobody_changes_or_removes_what_was_logged(pair: Pair, statement: str) -> None:
    pair.run(steps=("check", "extract", "report"))
    kept = [row.id for row in pair.process_log()]
    assert kept != []

    with pytest.raises(SQLAlchemyError, match="append-only"), pair.database.transaction() as session:
        session.execute(text(statement))

    assert [row.id for row in pair.process_log()] == kept
    assert {row.level for row in pair.process_log()} == {"ERROR"}
