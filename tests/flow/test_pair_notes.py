"""What Rootstock's people find on their records: ids, numbers, error texts; never over something of their own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import pytest

from house import green
from invoice_sync.model.errors import StillUncertain
from invoice_sync.steps.chain import STEPS
from pair import CUSTOMER, INVOICE, PRODUCT, Pair

ONE = (("P-100", "1", "12.50"),)
OTHER = (("P-200", "1", "4.25"), ("P-300", "1", "80.00"))
BEFORE_ACKNOWLEDGE = tuple(STEPS)[:8]


def customer_ids(pair: Pair, number: str) -> tuple[str | None, str | None]:
    row = pair.customer_row(number)
    return row["rstk__socust_fscustid__c"], row["rstk__socust_altfscustid__c"]


def product_ids(pair: Pair) -> dict[str, str | None]:
    """By product of company 01."""
    rows = [r for r in pair.records("salesforce", PRODUCT) if r["rstk__externalid__c"].startswith("0101_")]
    return {row["rstk__soprod_prod__c"]: row["rstk__soprod_fsprodid__c"] for row in rows}


def there(pair: Pair, entity: str, field: str) -> dict[str, str]:
    return {row[field]: row["Id"] for row in pair.records("quickbooks", entity) if field in row}


def notes(pair: Pair, sobject: str, since: int = 0) -> list[str]:
    return [e["outcome"] for e in pair.journal("salesforce") if e["entity"] == sobject and e["n"] > since]


def errors_told(pair: Pair, since: int = 0) -> int:
    return len(notes(pair, INVOICE, since))


@dataclass
class Night:
    """What one run left at the source."""

    ids: dict[str, tuple[str | None, str | None]]
    products: dict[str, str | None]
    customers_there: dict[str, str]
    items_there: dict[str, str]
    good: dict[str, Any]
    bad: dict[str, Any]
    reason: str
    again: int
    third: tuple[int, Any]
    cured: tuple[Any, Any]


@pytest.fixture(scope="module")
def night(open_pair: Any) -> Iterator[Night]:
    opened: AbstractContextManager[Pair] = open_pair()
    with opened as pair:
        pair.edit_customer("C-1003", altfscustid="theirs")
        pair.load.invoice("A-1", customer="C-1002", lines=OTHER)
        pair.load.invoice("A-2", customer="C-1003", lines=ONE)
        pair.load.invoice("B-1", lines=ONE, grandtotal="99.00")
        pair.run()
        bad, reason = pair.source_invoice("B-1"), pair.waiting("B-1")["reason"]
        mark = pair.mark
        pair.again()
        again, mark = errors_told(pair, mark), pair.mark
        pair.edit_invoice("B-1", grandtotal="98.00")
        pair.again()
        third = errors_told(pair, mark), pair.told("B-1", "errortext")
        pair.edit_invoice("B-1", grandtotal="12.50")
        pair.again()
        yield Night(
            {number: customer_ids(pair, number) for number in ("C-1001", "C-1002", "C-1003", "C-1005")},
            product_ids(pair), there(pair, "Customer", "DisplayName"), there(pair, "Item", "Sku"),
            pair.source_invoice("A-1"), bad, reason, again, third,
            (pair.told("B-1", "errortext"), pair.told("B-1", "errordate")),
        )  # fmt: skip


def test_the_ids_of_customers_and_products_are_written_where_there_was_none(night: Night) -> None:
    birch, omalley = (night.customers_there[n] for n in ("Birch & Sons Plumbing", "O'Malley's Garden Supply"))

    # the primary company keeps its ids in fscustid, and the other field is the other company's
    assert night.ids["C-1002"] == (birch, None)
    assert night.ids["C-1003"] == (omalley, "theirs")
    assert (night.products["P-200"], night.products["P-300"]) == (
        night.items_there["P-200"],
        night.items_there["P-300"],
    )


def test_ids_that_were_there_stay_and_those_of_strangers_stay_empty(night: Night) -> None:
    assert night.ids["C-1001"] == ("1001", None)
    assert night.products["P-100"] == "2001"
    assert (night.ids["C-1005"], night.products["P-500"]) == ((None, None), None)


def test_the_number_and_flag_of_what_was_delivered_are_written(night: Night) -> None:
    good = night.good
    assert (good["rstk__soinv_acctinvoice__c"], good["rstk__soinv_transferred__c"]) == ("A-1", True)


def test_the_reason_why_an_invoice_waits_is_on_it_once_for_each_reason(night: Night) -> None:
    assert "99.00" in night.reason
    assert night.bad["rstk__soinv_errortext__c"] == night.reason
    assert night.bad["rstk__soinv_errordate__c"] is not None
    assert night.bad["rstk__soinv_transferred__c"] is False
    assert night.again == 0
    assert (night.third[0], "98.00" in night.third[1]) == (1, True)


def test_the_acknowledgement_empties_the_error_text(night: Night) -> None:
    assert night.cured == (None, None)


def test_a_reason_that_came_after_the_acknowledgement_is_emptied_once_it_is_gone(pair: Pair) -> None:
    pair.flow = pair.flow.model_copy(update={"write_back": "acknowledge"})
    pair.load.invoice("A-1", lines=ONE)
    assert green(pair.run())
    pair.edit_invoice("A-1", duedate="2026-12-24")
    pair.again()
    assert "2026-12-24" in pair.told("A-1", "errortext")
    pair.edit("quickbooks", "Invoice", pair.held("A-1")["Id"], DueDate="2026-12-24")

    assert green(pair.again())
    assert (pair.told("A-1", "errortext"), pair.told("A-1", "errordate")) == (None, None)
    mark = pair.mark
    pair.again()
    assert pair.writes("salesforce", since=mark) == []


def test_in_a_company_that_is_not_primary_the_other_field_takes_the_id(pair: Pair) -> None:
    pair.edit("salesforce", "rstk__sycmp__c", pair.load.company("01"), rstk__sycmp_qbprimecmp__c=False)
    pair.edit_customer("C-1002", fscustid="of the primary company")
    pair.load.invoice("A-1", customer="C-1002", lines=ONE)

    assert green(pair.run())

    made = there(pair, "Customer", "DisplayName")["Birch & Sons Plumbing"]
    assert customer_ids(pair, "C-1002") == ("of the primary company", made)


@pytest.mark.parametrize(("write_back", "write_ids"), [("none", True), ("acknowledge", False)])
def test_notes_can_be_switched_off(pair: Pair, write_back: str, write_ids: bool) -> None:
    pair.flow = pair.flow.model_copy(update={"write_back": write_back})
    pair.options(write_ids=write_ids)
    pair.load.invoice("A-1", customer="C-1002", lines=OTHER)
    pair.load.invoice("B-1", lines=ONE, grandtotal="99.00")

    pair.run()

    assert (customer_ids(pair, "C-1002"), product_ids(pair)["P-200"]) == ((None, None), None)
    # with acknowledge: the number on the one, the reason on the other
    assert len(pair.writes("salesforce")) == (0 if write_back == "none" else 2)


def test_an_id_that_a_person_typed_while_ours_was_on_its_way_is_not_overwritten(pair: Pair) -> None:
    pair.load.invoice("A-1", customer="C-1002", lines=ONE)
    pair.run(steps=BEFORE_ACKNOWLEDGE)
    # the first write of acknowledge is the number of the invoice; that of the customer's id is lost twice
    pair.mishap(vendor="salesforce", kind="drop_before", path_contains="composite", after=1, times=2)
    pair.step_fails("acknowledge", StillUncertain)
    pair.edit_customer("C-1002", fscustid="typed")
    pair.clock.sleep(6)

    outcome = pair.again("acknowledge", "report")

    assert customer_ids(pair, "C-1002")[0] == "typed"
    assert green(outcome)
    assert pair.get("/control/mishaps")["mishaps"] == []


def test_a_refused_note_holds_nobody_up_and_is_in_the_process_log(pair: Pair, caplog: pytest.LogCaptureFixture) -> None:
    trigger, closed = "rstk__socust_fscustid__c", "rstk__soprod_fsprodid__c"
    refusing = {"trigger_refuses": [f"{CUSTOMER}.{trigger}"], "read_only_fields": [f"{PRODUCT}.{closed}"]}
    pair.settings("salesforce", **refusing)
    pair.load.invoice("A-1", customer="C-1002", lines=OTHER)

    outcome = pair.run()

    assert green(outcome)
    assert (notes(pair, CUSTOMER), notes(pair, PRODUCT)) == (["refused"], ["refused", "refused"])
    assert pair.told("A-1", "transferred") is True
    said = "\n".join(row.description for row in pair.process_log() if row.level == "ERROR")
    assert [field for field in (trigger, closed) if field not in said or field not in caplog.text] == []
    pair.settings("salesforce", **dict.fromkeys(refusing, []))
    assert green(pair.run("run-2"))
    assert customer_ids(pair, "C-1002")[0] is not None
    assert product_ids(pair)["P-200"] is not None


def test_a_field_that_the_package_refuses_is_named_in_the_reason(pair: Pair) -> None:
    pair.settings("salesforce", trigger_refuses=[f"{INVOICE}.rstk__soinv_transferred__c"])
    pair.load.invoice("A-1", lines=ONE)

    pair.run()

    case = pair.waiting("A-1")
    assert (case["cause"], case["task"]) == ("refused-by-package", "acknowledge")
    assert "rstk__soinv_transferred__c" in case["reason"]
    assert pair.told("A-1", "acctinvoice") is None
    pair.settings("salesforce", trigger_refuses=[])
    assert green(pair.clear("acknowledge"))
    assert pair.told("A-1", "transferred") is True


@pytest.mark.parametrize(("limit", "rows"), [("cpu", 5), ("soql", 1)])
def test_acknowledgements_that_are_too_many_for_the_package_go_in_halves(pair: Pair, limit: str, rows: int) -> None:
    pair.settings("salesforce", governor_rows=rows, governor_limit=limit)
    pair.load.invoices(12, lines=1, customers=("C-1001",), products=("P-100",))

    assert green(pair.run())

    acknowledged = [row for row in pair.records("salesforce", INVOICE) if row["rstk__soinv_transferred__c"]]
    assert len(acknowledged) == 12
    assert {row["rstk__soinv_acctinvoice__c"] for row in acknowledged} == set(pair.created())
    assert notes(pair, INVOICE).count("updated") == 12
