"""The campaign in small: one ledger, one seed, few documents, and its arithmetic on cases made up to fail."""

from __future__ import annotations

import json
from collections import Counter
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest

from faults import campaign, counting
from faults.release import ReleaseFlow
from faults.storm import Plan
from faults.subject import Evidence


def test_a_small_storm_ends_green_with_nothing_doubled_lost_or_wrong(tmp_path: Path) -> None:
    plan = Plan(waves=1, rounds=6, calls_ahead=25, pause_rate=0.0)

    row = campaign.storm_row("sqlite", 1, "forget", 1, plan, tmp_path / "storm")

    assert row["green"], json.dumps(row, indent=1)
    assert not counting.bad([row])
    assert row["documents"] == 24
    assert sum(row["struck"].values()) > 3
    assert row["workers"] > 6


@pytest.mark.parametrize("flow", ["acumatica_to_bigcommerce", "acumatica_release"])
def test_a_small_storm_over_the_flows_on_acumatica(tmp_path: Path, flow: str) -> None:
    plan = Plan(waves=1, rounds=4, calls_ahead=8, fault_rate=0.5, pause_rate=0.0, kill_rate=0.1)

    row = campaign.storm_row("sqlite", 2, "", 3, plan, tmp_path / "storm", flow)

    assert row["green"], json.dumps(row, indent=1)
    assert not counting.bad([row])
    assert (row["flow"], row["documents"]) == (flow, 3)
    assert row["lost_answers"] + row["server_errors_after_commit"] > 0


def test_goods_that_leave_twice_are_counted(tmp_path: Path) -> None:
    """The counting itself: a second shipment, a second invoice, and what is missing on the shelf."""
    subject = ReleaseFlow(f"sqlite:///{tmp_path}/storm.db", "", 2, tmp_path)
    subject.prepare()
    try:
        subject.more(0, Random(7))
        nothing = {"double_shipments": 0, "double_invoices": 0}
        assert subject.harm() == {**nothing, "wrong_quantity": 2 + len(sum(subject.ordered.values(), Counter()))}
        _by_hand(subject)
        assert subject.harm() == {**nothing, "wrong_quantity": 0}
        _once_more(subject)
        assert subject.harm() == {"double_shipments": 1, "double_invoices": 1, "wrong_quantity": 1}
        assert counting.bad([{"flow": "", "database": "", "seed": 1, "replay_mode": "", **subject.harm()}])
    finally:
        subject.close()


def _by_hand(subject: ReleaseFlow) -> None:
    act = subject.sandbox.vendors["acumatica"].act
    for order in subject.due:
        if not [row for row in subject.records("acumatica", "Shipment") if row["Orders"][0]["OrderNbr"] == order]:
            act("Brightwater", "create_shipment", key=order)
    for row in subject.records("acumatica", "Shipment"):
        if row["Orders"][0]["OrderNbr"] in subject.due:
            act("Brightwater", "confirm_shipment", key=row["ShipmentNbr"])
            act("Brightwater", "prepare_invoice", key=row["ShipmentNbr"])


def _once_more(subject: ReleaseFlow) -> None:
    """As a vendor that holds no second press off would do it."""
    order = next(iter(subject.due))
    for kind, keys in (("Shipment", ("ShipmentNbr",)), ("Document", ("ReferenceNbr",))):
        table = subject.books.rows(kind)
        row = next(each for each in table if order in str(each))
        copied = {name: value for name, value in row.items() if name != "_id"}
        subject.books.add(kind, {**copied, **{key: f"{row[key]}X" for key in keys}})


def evidence(**other: Any) -> Evidence:
    fine: dict[str, Any] = {
        "due": {"1": Decimal("10.00"), "2": Decimal("0.30")},
        "there": [("1", Decimal("10")), ("2", Decimal("0.3"))],
        "records": ["Customer a"],
        "told": {"1": "1", "2": "2"},
        "wire_keys": {"Invoice 1": frozenset({"k1"})},
        "seen_again": 0,
        "issues": {},
        "open": 0,
    }
    return Evidence(**fine | other)


def wrongs(found: Evidence) -> dict[str, int]:
    row = counting.counted(found)
    return {name: row[name] for name in counting.MUST_BE_ZERO if row.get(name)}


def test_what_is_as_it_should_be_counts_as_nothing() -> None:
    assert wrongs(evidence()) == {}


def test_every_kind_of_harm_is_counted_as_what_it_is() -> None:
    there = [("1", Decimal("10")), ("2", Decimal("0.3"))]
    two_keys = {"Invoice 1": frozenset({"k1", "k2"})}

    assert wrongs(evidence(there=[*there, ("2", Decimal("0.3"))])) == {"duplicates": 1}
    assert wrongs(evidence(records=["Customer a", "Customer a"])) == {"duplicates": 1}
    assert wrongs(evidence(there=there[:1])) == {"missing": 1}
    assert wrongs(evidence(there=[there[0], ("2", Decimal("0.31"))])) == {"wrong_amount": 1}
    assert wrongs(evidence(there=[*there, ("3", Decimal("1"))])) == {"strangers": 1}
    assert wrongs(evidence(told={"1": "1", "2": "1"})) == {"not_told": 1}
    assert wrongs(evidence(open=2)) == {"uncertain_left": 2}
    assert wrongs(evidence(wire_keys=two_keys)) == {"wrong_wire_keys": 1}
    assert wrongs(evidence(wire_keys=two_keys, issues={"Invoice 1": 2})) == {}


def test_lost_answers_are_those_of_writes_and_volumes_that_fall_short_are_told() -> None:
    struck = Counter({("quickbooks/write", "drop_after"): 3, ("quickbooks/sign_in", "drop_after"): 5})
    row = {
        "flow": "rootstock_to_quickbooks",
        "database": "sqlite",
        "documents": 3000,
        "kills": 30,
        "airflow_kills": 5,
        **counting.weather(struck),
    }

    assert (row["lost_answers"], row["token_faults"]) == (3, 5)
    assert counting.shortfalls([row]) == [
        "rootstock_to_quickbooks, sqlite: lost_answers 3, at least 100 wanted",
        "rootstock_to_quickbooks, sqlite: server_errors_after_commit 0, at least 40 wanted",
    ]
