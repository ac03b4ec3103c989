"""What `make demo` promises, judged from made-up acts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from invoice_sync.orchestration.local import conditions
from invoice_sync.orchestration.local.acts import Act, Held, Role, Write

INVOICE = "rstk__soinv__c"
RUN = "manual__1"


def total(
    source: str, destination: str, *explained: str, difference: str = "0.00", currency: str = "USD"
) -> dict[str, Any]:
    causes = [{"document": "000120", "currency": currency, "amount": amount, "cause": "total"} for amount in explained]
    return {
        currency: {
            "source": source,
            "destination": destination,
            "explained": causes,
            "difference": difference,
        }
    }


def statement(delivered: int, review: list[str], totals: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "extracted": 2,
        "customers_added": 0,
        "products_added": 0,
        "delivered": delivered,
        "in_review": len(review),
        "acknowledged": delivered,
        "totals": totals,
        "review": [{"document": number} for number in review],
        "text": "",
    }


def created(entity: str, document: str, remote_id: str, role: Role = Role.DOCUMENT) -> Write:
    return Write("quickbooks", entity, "create", document, remote_id, "created", role)


def told(document: str, entity: str = INVOICE, role: Role = Role.ACKNOWLEDGEMENT) -> Write:
    return Write("salesforce", entity, "update", document, f"a0{document}", "updated", role)


def invoice(remote_id: str, amount: str, customer: str = "7", currency: str = "USD") -> Held:
    return Held(remote_id, "", currency, Decimal(amount), frozenset({("customer", customer), ("item", "9")}))


@pytest.fixture
def first() -> Act:
    writes = (created("Invoice", "000119", "50"), told("000119"))
    said = statement(1, ["000120"], total("30.00", "10.00", "20.00"))
    return Act(RUN, "failed", (), said, writes, (invoice("50", "10.00"),), ("it is red",))


@pytest.fixture
def second() -> Act:
    customer = created("Customer", "Harbor", "7", Role.REFERENCE)
    writes = (customer, created("Invoice", "000120", "51"), told("000120"))
    said = statement(2, [], total("30.00", "30.00"))
    held = (invoice("50", "10.00"), invoice("51", "20.00"), invoice("3", "99.00"))
    return Act(RUN, "success", ("export", "report"), said, writes, held)


def test_an_honest_demo_fails_nothing(first: Act, second: Act) -> None:
    assert conditions.failed(first, second) == []
    assert conditions.destination(first, second) == []


def with_writes(act: Act, *more: Write) -> Act:
    return replace(act, writes=(*act.writes, *more))


def with_said(act: Act, **changes: Any) -> Act:
    return replace(act, statement={**act.statement, **changes})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda act: replace(act, run_id="manual__2"), "same run"),
        (lambda act: replace(act, cleared_task_ids=("extract", "export")), "extract was cleared"),
        (lambda act: replace(act, cleared_task_ids=()), "no task was cleared"),
        (lambda act: replace(act, run_state="failed"), "must end green"),
        (lambda act: with_said(act, in_review=1), "nothing in review"),
        (lambda act: with_said(act, extracted=3), "must not extract again"),
        (lambda act: with_said(act, acknowledged=1), "must be acknowledged"),
        (lambda act: with_said(act, totals=total("30.00", "29.99", difference="0.01")), "difference must be 0.00"),
        (lambda act: with_said(act, totals=total("30.00", "29.99")), "is not destination"),
        (lambda act: with_said(act, totals={}), "has no totals"),
        (lambda act: replace(act, writes=act.writes[:1] + act.writes[2:]), "created none"),
        (lambda act: replace(act, writes=act.writes[:2]), "acknowledged none"),
        (lambda act: with_writes(act, created("Invoice", "000119", "52")), "created 2 times"),
        (lambda act: with_writes(act, told("000119")), "must acknowledge 000120"),
        (lambda act: with_writes(act, created("Customer", "Stranger", "8", Role.REFERENCE)), "was in review needed"),
        (lambda act: with_writes(act, created("payment", "a/000119/7", "9", Role.PAYMENT)), "is on no document"),
        (lambda act: with_writes(act, told("SO-1", "rstk__sohdr__c", Role.OTHER)), "neither a document in review"),
        (lambda act: replace(act, alerts=("red again",)), "must not be told of act 2"),
    ],
)  # fmt: skip
def test_a_broken_promise_is_named(first: Act, second: Act, change: Any, said: str) -> None:
    assert any(said in line for line in conditions.failed(first, change(second)))


def test_act_1_must_be_red_with_documents_in_review(first: Act, second: Act) -> None:
    green = with_said(replace(first, run_state="success"), in_review=0, review=[])
    lines = conditions.failed(green, second)
    assert any("must end red" in line for line in lines)
    assert any("must leave documents in review" in line for line in lines)


def test_links_written_back_are_allowed(first: Act, second: Act) -> None:
    assert conditions.failed(first, with_writes(second, told("C-1004", "rstk__socust__c", Role.LINK))) == []


def test_what_is_paid_on_a_document_in_review_goes_with_it(first: Act, second: Act) -> None:
    assert conditions.failed(first, with_writes(second, created("payment", "a/000120/7", "9", Role.PAYMENT))) == []


@pytest.mark.parametrize("amount", [30, 30.0, None, "thirty", "NaN"])
def test_amounts_are_decimal_text(first: Act, second: Act, amount: object) -> None:
    totals = {"USD": {**total("30.00", "30.00")["USD"], "source": amount}}
    assert any("decimal text" in line for line in conditions.failed(first, with_said(second, totals=totals)))


def test_the_destination_is_what_it_really_holds(first: Act, second: Act) -> None:
    moved = replace(second, held=(invoice("50", "10.01"), invoice("51", "20.00")))
    assert conditions.destination(first, moved) == [
        "act 2, USD: the statement says 30.00 for the destination, which holds 30.01"
    ]


def test_what_the_statement_is_silent_about_is_missed_at_the_destination(first: Act, second: Act) -> None:
    abroad = replace(second, held=(invoice("50", "10.00"), invoice("51", "20.00", currency="EUR")))
    assert conditions.destination(first, abroad) == [
        "act 2, EUR: the statement says 0 for the destination, which holds 20.00",
        "act 2, USD: the statement says 30.00 for the destination, which holds 10.00",
    ]


@pytest.mark.parametrize(("currency", "zero"), [("USD", "0.00"), ("JPY", "0"), ("KWD", "0.000")])
def test_no_difference_is_written_with_the_decimals_of_its_currency(
    first: Act, second: Act, currency: str, zero: str
) -> None:
    for difference, wrong in ((zero, []), ("0.0", [f"act 2, {currency}: the difference must be {zero}, but is 0.0"])):
        act = with_said(second, totals=total("30", "30", difference=difference, currency=currency))
        assert conditions.failed(first, act) == wrong


@pytest.mark.parametrize("alerts", [(), ("it is red", "it is red")])
def test_act_1_is_told_once(first: Act, second: Act, alerts: tuple[str, ...]) -> None:
    [line] = conditions.failed(replace(first, alerts=alerts), second)
    assert line == f"the chat must be told once that act 1 is red, but was told {len(alerts)} times"


def test_demo_json_shows_the_act(first: Act) -> None:
    shown = first.to_json()
    assert shown["cleared_task_ids"] == []
    assert set(shown) == {
        "run_id", "cleared_task_ids", "extracted", "customers_added", "products_added",
        "delivered", "in_review", "acknowledged", "writes", "totals",
    }  # fmt: skip
    assert shown["writes"][0] == {
        "vendor": "quickbooks",
        "entity": "Invoice",
        "operation": "create",
        "document": "000119",
        "remote_id": "50",
    }
