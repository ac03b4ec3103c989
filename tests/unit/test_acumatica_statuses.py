"""The table of statuses: every row of it, types, and what a flow may choose otherwise."""

from __future__ import annotations

import pytest

from invoice_sync.connectors.acumatica.statuses import CARRIED, TABLE, ruling

ROWS = [
    ("Open", "send", "by balance", ""),
    ("Closed", "send", "paid", ""),
    ("Canceled", "follow", "void", "canceled at the source"),
    ("Voided", "follow", "void", "voided at the source"),
    ("Incomplete", "hold", "not shown", "Incomplete: its tax calculation failed"),
    ("On Hold", "hold", "not shown", "On Hold: a draft"),
    ("Credit Hold", "hold", "not shown", "Credit Hold: stopped by the credit check"),
    ("Pending Approval", "hold", "not shown", "Pending Approval: not approved yet"),
    ("Rejected", "hold", "not shown", "Rejected: its approval was refused"),
    ("Pending Print", "hold", "not shown", "Pending Print: must be printed first"),
    ("Pending Email", "hold", "not shown", "Pending Email: must be mailed first"),
    ("Pending Processing", "hold", "not shown", "Pending Processing: a card payment must be captured first"),
    ("Balanced", "hold", "not shown", "Balanced: not released, its amounts may change"),
    ("Scheduled", "hold", "not shown", "Scheduled: a template for later invoices"),
    ("Reserved", "hold", "not shown", "Reserved: put aside after release"),
    ("Unapplied", "hold", "not shown", "Unapplied: a prepayment invoice"),
    ("Pending Payment", "hold", "not shown", "Pending Payment: a prepayment invoice"),
]


@pytest.mark.parametrize(("status", "what", "portal", "reason"), ROWS, ids=[row[0] for row in ROWS])
def test_each_status_has_its_ruling(status: str, what: str, portal: str, reason: str) -> None:
    found = ruling("Invoice", status, {})
    assert (found.name, found.ruling, found.portal, found.reason) == (status, what, portal, reason)


def test_no_row_is_left_out_of_the_test_above() -> None:
    assert {row[0] for row in ROWS} == set(TABLE)


@pytest.mark.parametrize("status", ["Under Review", "", "open"])
def test_an_unknown_status_is_held_under_its_name(status: str) -> None:
    found = ruling("Invoice", status, {})
    assert (found.ruling, found.reason) == ("hold", f"unknown status {status or '(empty)'}")


@pytest.mark.parametrize("kind", sorted(CARRIED))
@pytest.mark.parametrize("status", ["Open", "Canceled", "On Hold"])
def test_every_carried_type_goes_by_its_status(kind: str, status: str) -> None:
    assert ruling(kind, status, {}) == TABLE[status]


@pytest.mark.parametrize("status", ["Open", "Closed", "Canceled"])
def test_credits_are_held_whatever_their_status(status: str) -> None:
    memo, cash = ruling("Credit Memo", status, {"Open": "send"}), ruling("Cash Return", status, {})
    assert memo.ruling == cash.ruling == "hold"
    assert memo.reason == "credit memo: its effect is in the balance of the invoices it is applied to"
    assert cash.reason == "cash return: its effect is in the balance of the invoices it is applied to"


@pytest.mark.parametrize(("kind", "named"), [("Overdue Charge", "Overdue Charge"), ("", "documents without a type")])
def test_other_types_are_held_under_their_name(kind: str, named: str) -> None:
    assert ruling(kind, "Open", {}).reason == f"{named}: this type is not carried"


@pytest.mark.parametrize("status", ["Balanced", "Under Review", "Canceled"])
def test_a_flow_may_send_what_is_held_elsewhere(status: str) -> None:
    found = ruling("Invoice", status, {"Balanced": "send", "Under Review": "send", "Canceled": "send"})
    assert (found.ruling, found.portal, found.reason) == ("send", "by balance", "")


def test_a_flow_may_hold_what_is_sent_elsewhere() -> None:
    found = ruling("Invoice", "Closed", {"Closed": "hold"})
    assert (found.ruling, found.reason) == ("hold", "Closed: held by the flow's option statuses")
    assert ruling("Invoice", "Open", {"Closed": "hold"}) == TABLE["Open"]
