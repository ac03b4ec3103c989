"""The process log of the second pair: the columns and the words of the first seed's log screen, row by row."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest

from invoice_sync.ledger.tables import ProcessLogRow
from wholesale import Night, Wholesale

GOLDEN = "AR0000160"
COLUMNS = (
    "level", "action_type", "message", "endpoint_url", "description", "login_user", "log_date", "log_time",
)  # fmt: skip


@pytest.fixture(scope="module")
def rows(open_wholesale: Callable[..., AbstractContextManager[Wholesale]]) -> Iterator[list[ProcessLogRow]]:
    """Of three nights: delivered, with one refused; changed; taken back. Numbers have a prefix in the store."""
    with open_wholesale(bigcommerce={"number_prefix": "INV-"}) as house:
        for number in ("L-1", "L-2", "L-3"):
            house.sell(number)
        house.mishap(vendor="bigcommerce", kind="refuse", entity="invoice", message="odd", after=2)
        house.run()
        house.pay("L-1", "100.00")
        house.erp("cancel", key="Invoice/L-2")
        house.run("run-2")
        yield house.process_log()


def of(rows: list[ProcessLogRow], said: str) -> list[dict[str, Any]]:
    return [json.loads(row.message) for row in rows if row.description == said]


def test_the_golden_row_is_as_on_the_seeds_screen(seeded: Night) -> None:
    said = "Invoice is created successfully."
    [row] = [row for row in seeded.log if row.description == said and json.loads(row.message)["document"] == GOLDEN]
    told = json.loads(row.message)

    assert (row.level, row.action_type, row.login_user) == ("INFO", "Invoice Sync", "tester")
    assert (told["acu_invoice_number"], told["company_id"]) == (GOLDEN, "8101")
    assert told["remote_id"] == str(seeded.invoices[GOLDEN]["id"])
    assert re.fullmatch(r"http://[^?]+/api/v3/io/ip/invoices", row.endpoint_url)
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", row.log_date)
    assert re.fullmatch(r"\d\d:\d\d:\d\d", row.log_time)


def test_every_row_has_every_column_and_says_nothing_of_people(seeded: Night) -> None:
    for row in seeded.log:
        assert [name for name in COLUMNS if not getattr(row, name)] == []
        assert "?" not in row.endpoint_url
    everything = "\n".join(row.message + row.description for row in seeded.log)
    assert [name for name in ("IPL India", "Indigo", "Amber", "@", "Long Street", "token") if name in everything] == []


def test_each_delivered_invoice_has_its_row(seeded: Night) -> None:
    created = of(seeded.log, "Invoice is created successfully.")

    assert sorted(each["acu_invoice_number"] for each in created) == sorted(seeded.carried)
    assert {each["company_id"] for each in created} == {seeded.invoices[n]["customerId"] for n in seeded.carried}


@pytest.mark.parametrize(
    ("said", "number", "company"),
    [
        ("Invoice is created successfully.", "L-1", "8111"),
        ("Invoice is updated successfully.", "L-1", "8111"),
        ("Invoice is voided successfully.", "L-2", "8111"),
        ("Invoice is acknowledged at the source.", "L-1", None),
    ],
)
def test_each_kind_of_write_names_the_sources_number(
    rows: list[ProcessLogRow], said: str, number: str, company: str | None
) -> None:
    [told] = [each for each in of(rows, said) if each["acu_invoice_number"] == number]

    assert told.get("company_id") == company
    assert told["document"] == (number if company is None else f"INV-{number}")


def test_a_refusal_is_an_error_with_number_cause_and_trace(rows: list[ProcessLogRow]) -> None:
    [refused] = [row for row in rows if (row.action_type, row.level) == ("Invoice Sync", "ERROR") and row.document_id]
    told = json.loads(refused.message)

    assert (told["acu_invoice_number"], told["vendor_code"]) == ("L-3", "HTTP 400")
    assert told["trace_id"] != ""
    assert "L-3" in refused.description


def test_a_followed_change_says_what_changed(rows: list[ProcessLogRow]) -> None:
    told = {json.loads(row.message)["document"]: row for row in rows if row.action_type == "Change Followed"}

    assert "open balance 500.00 USD -> 400.00 USD" in json.loads(told["L-1"].message)["changes"]
    assert json.loads(told["L-2"].message)["plan"] == "void"


def test_the_run_itself_is_there_under_the_flows_name(seeded: Night) -> None:
    [finished] = [row for row in seeded.log if row.action_type == "Invoice Sync" and row.task_id == "report"]

    assert json.loads(finished.message)["delivered"] == 22
    assert finished.description == "Invoice Sync: finished with documents that wait."
