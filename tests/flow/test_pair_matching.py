"""Who is who: exact rules link, likeness only suggests, and a person's decision is one command."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from house import green
from invoice_sync.__main__ import main
from invoice_sync.connectors.base import Candidate
from invoice_sync.ledger.tables import XrefRow
from invoice_sync.model.documents import Address, Party
from invoice_sync.model.errors import ReviewNeeded
from invoice_sync.model.flow import Options
from invoice_sync.steps import matching
from pair import Pair

ONE = (("P-100", "1", "12.50"),)
THERE = ("Cedar Valley Clinic", "Cedar Valley Clinics Ltd", "Cedar Falls Clinics")
NAMES = ("Cedar", "Valley", "Falls", "Clinic")
Command = Callable[..., int]


@pytest.fixture
def command(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> Command:
    """`python -m invoice_sync ... --flow ...` on this ledger."""
    monkeypatch.setenv("INVOICE_SYNC_DATABASE", pair.database.url)

    def said(*arguments: str) -> int:
        return main([arguments[0], "--flow", pair.flow.name, *arguments[1:]])

    return said


def somebody_alike(pair: Pair) -> dict[str, str]:
    """Customers at QuickBooks who may be C-1005, Cedar Valley Clinics; their ids by name."""
    made = {name: pair.insert("quickbooks", "Customer", DisplayName=name)["Id"] for name in THERE}
    pair.load.invoice("A-1", customer="C-1005", lines=ONE)
    pair.load.invoice("A-2", lines=ONE)
    return made


def billed(pair: Pair, number: str) -> str:
    return str(pair.held(number)["CustomerRef"]["value"])


def test_a_customer_who_may_be_known_waits_with_suggestions_and_the_others_go(
    pair: Pair, caplog: pytest.LogCaptureFixture
) -> None:
    ids = somebody_alike(pair)

    outcome = pair.run()

    assert isinstance(outcome["match_customers"], ReviewNeeded)
    assert (pair.causes(), pair.created(), pair.created("Customer")) == ({"A-1": "similar_name"}, ["A-2"], [])
    reason = pair.waiting("A-1")["reason"]
    assert f"id {ids['Cedar Valley Clinic']} (97 %: name only)" in reason
    assert f"id {ids['Cedar Valley Clinics Ltd']}" in reason
    scores = {row.remote_id: row.score for row in pair.suggestions()}
    assert scores[ids["Cedar Valley Clinic"]] >= scores[ids["Cedar Valley Clinics Ltd"]] >= 75
    logged = "\n".join(row.message + row.description for row in pair.process_log())
    told = caplog.text + reason + pair.statement()["text"] + logged
    assert [name for name in NAMES if name in told] == []


@pytest.mark.parametrize("decision", ["--link", "--add"])
def test_a_persons_decision_is_carried_out_by_the_next_clearing(pair: Pair, command: Command, decision: str) -> None:
    ids = somebody_alike(pair)
    pair.run()
    wanted = ids["Cedar Valley Clinics Ltd"]
    chosen = ("--link", wanted) if decision == "--link" else ("--add",)
    assert "--flow" in pair.waiting("A-1")["cure"]

    assert command("decide", "--customer", "C-1005", *chosen) == 0

    assert green(pair.clear("match_customers"))
    assert pair.created("Customer") == ([] if decision == "--link" else ["Cedar Valley Clinics"])
    assert (billed(pair, "A-1") == wanted) is (decision == "--link")
    assert billed(pair, "A-1") not in {ids["Cedar Valley Clinic"], ids["Cedar Falls Clinics"]}
    assert pair.suggestions() == []
    assert pair.customer_row("C-1005")["rstk__socust_fscustid__c"] == billed(pair, "A-1")
    assert command("decide", "--customer", "C-1005", "--add") == 2  # decided already


def test_a_command_for_what_is_not_there_says_so(command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    assert command("decide", "--customer", "C-9999", "--add") == 2
    assert "C-9999" in capsys.readouterr().err
    assert main(["decide", "--flow", "no_such_flow", "--customer", "C-1", "--add"]) == 2
    assert "no_such_flow" in capsys.readouterr().err


def test_with_similar_customers_add_likeness_holds_nobody_up(pair: Pair) -> None:
    pair.options(similar_customers="add")
    somebody_alike(pair)

    assert green(pair.run())
    assert pair.created("Customer") == ["Cedar Valley Clinics"]


@pytest.mark.parametrize("everybody", [True, False])
def test_only_who_is_needed_is_added_unless_everybody_is_asked_for(pair: Pair, everybody: bool) -> None:
    pair.options(export_all=everybody)
    pair.load.invoice("A-1", customer="C-1003", lines=ONE)

    outcome = pair.run()

    customers, items = set(pair.created("Customer")), {name.split()[0] for name in pair.created("Item")}
    assert "O'Malley's Garden Supply" in customers
    if everybody:
        # Harbor Line Freight is a vendor's name there, Birch & Sons Plumbing is there already
        assert {"Cedar Valley Clinics", "Dogwood Veterinary"} <= customers
        assert {"P-300", "P-400", "P-500"} <= items
        assert "Harbor Line Freight" not in customers
        mark = pair.mark
        assert green(pair.run("run-2"))
        assert [*pair.outcomes(mark, "Customer"), *pair.outcomes(mark, "Item")] == []
    else:
        assert (customers, items) == ({"O'Malley's Garden Supply"}, set())
    assert green(outcome)
    assert pair.created() == ["A-1"]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.text("abc Ä.&'", min_size=3, max_size=12),
    change=st.sampled_from(["case", "letter", "suffix", "same"]),
    email=st.sampled_from(["", "a@example.com"]),
    postcode=st.sampled_from(["", "02139"]),
    theirs=st.tuples(st.sampled_from(["", "a@example.com", "b@example.com"]), st.sampled_from(["", "02139", "60601"])),
    known_as=st.tuples(st.sampled_from(["", "C-1", "C-2"]), st.sampled_from(["", "T-1", "T-2"])),
)
def test_likeness_never_links(
    name: str, change: str, email: str, postcode: str, theirs: tuple[str, str], known_as: tuple[str, str], stub: Any
) -> None:
    """However alike two names are: only a number, a tax id, e-mail and postcode together, an id or our marker do."""
    other = {"case": name.upper(), "letter": name + "x", "suffix": f"{name} Inc.", "same": name}[change]
    party = Party("S", "C-1", name, email=email, address=Address(postcode=postcode), tax_id="T-1")
    number, tax_id = known_as
    candidate = Candidate(
        "7", other, "customer", email=theirs[0], postcode=theirs[1], number=number, tax_id=tax_id
    )  # fmt: skip

    decided = matching.decide(stub, party, [candidate], "rootstock:customer:S")

    proven = number == "C-1" or tax_id == "T-1" or (bool(email and postcode) and theirs == (email, postcode))
    assert (decided.link is not None) is proven


@pytest.fixture
def stub() -> Any:
    class Destination:
        def record_name(self, party: Party) -> str:
            return party.name

    class Side:
        vendor = "quickbooks"

    class Flow:
        destination = Side()
        options = Options()

    class Context:
        flow, destination = Flow(), Destination()

    return Context()


def test_likeness_never_links_in_a_whole_night_either(pair: Pair, tmp_path: Path) -> None:
    """Of every kind of likeness one, at once: what is linked is linked by an exact rule."""
    near = {"L-000001": "Customer L-000001.", "L-000002": "customer l-000002", "L-000003": "L-000003 Customer"}
    for number, name in near.items():
        pair.load.customers(1, int(number[2:]))
        pair.insert("quickbooks", "Customer", DisplayName=name)
        pair.load.invoice(f"A-{number}", customer=number, lines=ONE)

    pair.run()

    assert (pair.created(), set(pair.causes())) == ([], {f"A-{number}" for number in near})
    assert set(pair.causes().values()) <= {"similar_name", "same_name"}
    with pair.database.transaction() as session:
        assert list(session.scalars(select(XrefRow).where(XrefRow.entity == "customer"))) == []
