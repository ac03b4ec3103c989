"""What a log, an error, the process log and the statement may show: numbers, never names, addresses, keys, tokens."""

import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from house import House
from invoice_sync.ledger.tables import Base, ProcessLogRow, XrefRow
from invoice_sync.model import canonical
from invoice_sync.model.errors import InvoiceSyncError
from invoice_sync.steps.chain import STEPS

PARTIES = (
    "Amber Lane", "Birch", "O'Malley", "Harbor Line", "Cedar Valley", "Dogwood", "12 Amber Lane", "97201", "555-01",
)  # fmt: skip
MEANT_FOR_IT = {"inbox.content", "intent.body", "intent.wire_body", "suggestion.name", "token.sealed"}
OURS = ("invoice_sync", "urllib3", "requests", "sqlalchemy")


@dataclass
class Traces:
    """Everything that a troubled night left behind, and every secret that was in use."""

    logged: str
    errors: str
    process_log: str
    statement: str
    ledger: str
    tokens: list[str]


class _Keeper(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []
        self.setFormatter(logging.Formatter("%(name)s %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        if record.name.startswith(OURS):
            self.lines.append(self.format(record))


@pytest.fixture(scope="module")
def traces(open_house: Callable[[], AbstractContextManager[House]]) -> Iterator[Traces]:
    """Planted mistakes, refusals that quote what they were sent, a wrong secret, lost answers, an expired token."""
    keeper, root, tokens = _Keeper(), logging.getLogger(), list[str]()
    level = root.level
    root.addHandler(keeper)
    root.setLevel(logging.DEBUG)
    errors: list[InvoiceSyncError] = []
    try:
        with open_house() as house:
            house.tokens_seen = tokens
            _troubled_night(house, errors)
            statement = canonical.dumps(house.statement())
            with house.database.transaction() as session:
                rows = [
                    " ".join(str(getattr(row, column.key)) for column in ProcessLogRow.__table__.columns)
                    for row in session.scalars(select(ProcessLogRow))
                ]
                ledger = _everything_else(session)
    finally:
        root.removeHandler(keeper)
        root.setLevel(level)
    told = "\n".join(f"{error} {error!r} {error.__cause__!r}" for error in errors)
    yield Traces("\n".join(keeper.lines), told, "\n".join(rows), statement, ledger, tokens)


def _everything_else(session: Session) -> str:
    """Every column of the ledger but those that are there to hold documents and sealed tokens."""
    columns = [
        column
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if f"{table.name}.{column.name}" not in MEANT_FOR_IT
    ]
    return "\n".join(str(value) for column in columns for value in session.scalars(select(column)))


def _troubled_night(house: House, errors: list[InvoiceSyncError]) -> None:
    def run(**given: object) -> None:
        errors.extend(ended for ended in house.run(**given).values() if isinstance(ended, InvoiceSyncError))  # type: ignore[arg-type]

    house.secrets["quickbooks_acme"] = "a-wrong-secret"
    run(steps=("check",))
    house.secrets.clear()
    house.edit_customer("C-1005", sf_account_name="Dana Field")  # an employee has the name
    house.insert("quickbooks", "Customer", DisplayName="O'Malley's Garden Supply")
    house.edit_invoice("000102", email="billing@birchandsons.example, second@birchandsons.example")
    quoting = "Invalid value: Birch & Sons Plumbing <billing@birchandsons.example>, 480 W Lake St"
    house.mishap(vendor="quickbooks", kind="refuse", entity="Invoice", code="6000", detail=quoting)
    house.mishap(vendor="quickbooks", kind="refuse", entity="Invoice", code="2500", detail=quoting)
    house.mishap(vendor="salesforce", kind="refuse", entity="rstk__soinv__c", code="DUPLICATE_VALUE", message=quoting)
    house.mishap(vendor="quickbooks", kind="expired_token", path_contains="batch")
    house.mishap(vendor="salesforce", kind="expired_token", scope="read", after=5)
    run(steps=tuple(STEPS))
    house.correct_everything()
    house.mishap(vendor="quickbooks", kind="drop_after", path_contains="batch")
    run(steps=tuple(STEPS)[2:])


@pytest.mark.parametrize("place", ["logged", "errors", "process_log", "statement", "ledger"])
def test_no_name_address_or_mail_of_a_party_is_shown(traces: Traces, place: str) -> None:
    text = getattr(traces, place)

    assert len(text) > 100
    assert [name for name in PARTIES if name in text] == []
    assert "@" not in text.replace("name@example.com", "")


@pytest.mark.parametrize("place", ["logged", "errors", "process_log", "statement", "ledger"])
def test_no_secret_is_shown(traces: Traces, place: str) -> None:
    secrets = ["sandbox-client-secret", "a-wrong-secret", "RT1-", "eyJ", "Bearer", *traces.tokens]

    assert len(traces.tokens) >= 3
    assert [secret for secret in secrets if secret in getattr(traces, place)] == []


def test_what_was_logged_is_worth_reading(traces: Traces) -> None:
    """The tests above would pass on silence."""
    assert all(text in traces.logged for text in ("C-1004", "000120", "/batch -> 200", "it will be looked up"))
    assert "finished with documents that wait" in traces.process_log


def test_every_token_is_told_to_the_masker_before_it_is_used(traces: Traces) -> None:
    assert any(token.startswith("RT1-") for token in traces.tokens)
    assert any(token.startswith("eyJ") for token in traces.tokens)
    assert any(token.startswith("00D") for token in traces.tokens)


def test_an_error_of_the_database_shows_no_values(house: House) -> None:
    house.run(steps=tuple(STEPS)[:5])

    with pytest.raises(IntegrityError) as raised, house.database.transaction() as session:
        session.add(XrefRow(company="acme", rule="Amber Lane Dental"))
        session.flush()

    assert "Amber Lane" not in str(raised.value)
