"""AR0000160 of the first seed's screens through the whole flow: 500.00 + 51.25 - 547.50 = 3.75, field by field."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from second import Second
from wholesale import Night, lines_of, no_difference, standing, summary_of

GOLDEN = "AR0000160"
PARTLY_PAID = 1


@pytest.fixture(scope="module")
def golden(seeded: Night) -> dict[str, Any]:
    return seeded.invoices[GOLDEN]


def test_it_is_carried_once_and_its_totals_agree(seeded: Night) -> None:
    assert seeded.carried.count(GOLDEN) == 1
    assert GOLDEN not in seeded.waiting
    assert no_difference(seeded.statement)
    assert {"extracted": 24, "delivered": 22, "in_review": 2, "acknowledged": 22}.items() <= seeded.statement.items()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("invoiceNumber", GOLDEN),
        ("customerId", "8101"),
        ("customerName", "IPL India"),
        ("externalCustomerId", "C00000287"),
        ("externalId", "acumatica:invoice:Invoice/AR0000160"),
        ("orderNumber", "423"),
        ("originalBalance", {"code": "USD", "value": "551.2500"}),
        ("openBalance", {"code": "USD", "value": "3.7500"}),
        ("status", PARTLY_PAID),
        ("type", "Invoice"),
        ("source", 1),
        ("purchaseOrderNumber", ""),
        ("externalPdfUrl", ""),
        ("extraFields", []),
    ],
)
def test_the_stores_record_field_by_field(golden: dict[str, Any], field: str, value: object) -> None:
    found = golden[field]
    if isinstance(value, dict):
        found = {"code": found["code"], "value": f"{Decimal(found['value']):.4f}"}

    assert found == value


def test_its_dates_are_the_documents_own_wherever_they_are_read(golden: dict[str, Any]) -> None:
    """The portal adds the store's own offset (UTC here) to a moment, and shows the date of the sum."""
    for field, day in (("createdAt", "2023-11-21"), ("dueDate", "2023-12-21")):
        moment = datetime.fromtimestamp(golden[field], UTC)
        assert {f"{moment + timedelta(hours=hours):%Y-%m-%d}" for hours in (-1, 0, 1)} == {day}


def test_its_line_and_its_summary(golden: dict[str, Any]) -> None:
    [line] = lines_of(golden)
    texts = {name: line[name] for name in ("sku", "quantity", "description", "comments")}

    assert texts == {
        "sku": "AACOMPUT01", "quantity": "1", "description": "Laptop computer 15 in",
        "comments": "Unit EA; Warehouse WHOLESALE; Location R151",
    }  # fmt: skip
    assert (line["unitPrice"]["code"], Decimal(line["unitPrice"]["value"])) == ("USD", Decimal(500))
    assert summary_of(golden) == {"Subtotal": Decimal("500.00"), "Tax STATE1025": Decimal("51.25")}
    assert sum(summary_of(golden).values()) == standing(golden)[0] == Decimal("551.25")
    assert standing(golden)[0] - standing(golden)[1] == Decimal("547.50")


@pytest.mark.parametrize("place", ["billingAddress", "shippingAddresses"])
def test_its_addresses(golden: dict[str, Any], place: str) -> None:
    held = golden["details"]["header"][place]
    address = held[0] if isinstance(held, list) else held

    wanted = {"street1": "1 Long Street", "city": "Boston", "state": "MA", "zipCode": "02108", "country": "US"}
    assert wanted.items() <= address.items()


def test_acumatica_has_one_activity_on_it_that_names_the_stores_invoice(second: Second) -> None:
    for _ in range(2):
        second.run(documents=(GOLDEN,))

    told = [row["Summary"] for row in second.records("acumatica", "Activity")]
    assert told == [f"Invoice Sync: delivered as {GOLDEN} (id {second.shown(GOLDEN)['id']})."]
