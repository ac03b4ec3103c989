"""Throttling, tokens that end, sign-ins that fail: waited for or renewed, and never a document twice."""

import pytest
from sqlalchemy import select

from house import DOCUMENTS, INVOICES, House, green
from invoice_sync.ledger.tables import TokenRow
from invoice_sync.model.errors import NeedsPerson, SettingsError, TryLater
from invoice_sync.steps.chain import STEPS

UNAUTHORIZED = (
    "QuickBooks export API call encountered UNAUTHORIZED status code and could not be completed. "
    "Please reset your QuickBooks authorization token and try again."
)
BEFORE_EXPORT = tuple(STEPS)[:7]


@pytest.mark.parametrize("headers", [True, False])
def test_a_throttled_batch_goes_again_after_the_wait_that_was_asked_for(house: House, headers: bool) -> None:
    house.correct_everything()
    house.run(steps=BEFORE_EXPORT)
    house.mishap(vendor="quickbooks", kind="throttled", path_contains="batch", with_headers=headers)

    house.step_fails("export", TryLater)
    assert house.created() == []
    house.clock.sleep(61)

    assert house.step("export")["sent"] == DOCUMENTS
    assert len(house.created()) == INVOICES


def test_nobody_of_the_company_calls_while_quickbooks_wants_to_be_left_alone(house: House) -> None:
    house.correct_everything()
    house.run(steps=BEFORE_EXPORT)
    house.mishap(vendor="quickbooks", kind="throttled", path_contains="batch")
    house.step_fails("export", TryLater)
    before = house.get("/control/calls")

    house.step_fails("export", TryLater)

    after = house.get("/control/calls")
    counts = [sum(c["count"] for c in seen["calls"] if c["kind"] == "write") for seen in (before, after)]
    assert counts[0] == counts[1]


def test_a_throttled_read_is_waited_for_in_the_task(house: House) -> None:
    house.correct_everything()
    house.mishap(vendor="quickbooks", kind="throttled", scope="read", path_contains="query", after=2)

    assert green(house.run())
    assert house.clock.skipped >= 60


def test_an_org_without_calls_left_makes_the_run_wait_and_doubles_nothing(house: House) -> None:
    house.correct_everything()
    house.run(steps=tuple(STEPS)[:8])
    house.mishap(vendor="salesforce", kind="throttled", path_contains="composite")
    house.step_fails("acknowledge", TryLater)
    house.clock.sleep(3601)

    assert green(house.run(steps=("acknowledge", "report")))
    assert len(house.told()) == DOCUMENTS
    assert len(house.writes("salesforce")) == DOCUMENTS + 7, "and who and what four customers and three products became"


@pytest.mark.parametrize(
    ("vendor", "scope", "path"),
    [
        ("quickbooks", "write", "batch"),
        ("quickbooks", "read", "query"),
        ("salesforce", "write", "composite"),
        ("salesforce", "read", "query"),
    ],
)
def test_a_token_that_ends_in_the_middle_is_renewed_and_nothing_goes_twice(
    house: House, vendor: str, scope: str, path: str
) -> None:
    house.correct_everything()
    house.mishap(
        vendor=vendor, kind="expired_token", scope=scope, path_contains=path, after=1 if scope == "read" else 0
    )

    assert green(house.run())
    assert len(house.created()) == INVOICES
    assert len(house.told()) == DOCUMENTS
    assert len(house.writes("salesforce")) == DOCUMENTS + 7, "and who and what four customers and three products became"
    assert house.get("/control/mishaps")["mishaps"] == []


def test_the_refresh_token_rotates_run_after_run_and_stays_usable(house: House) -> None:
    """What a person once typed into the connection is dead after the first renewal."""
    house.correct_everything()
    house.first_refresh_token = "RT1-demo-9130350000000001"
    for night in range(5):
        assert green(house.run(f"night-{night}", ("check", "extract")))
        house.clock.sleep(3600)

    with house.database.transaction() as session:
        versions = dict(session.execute(select(TokenRow.vendor, TokenRow.version)).tuples().all())
    assert versions["quickbooks"] == 5


def test_a_lost_answer_to_a_renewal_does_not_lock_us_out(house: House) -> None:
    house.settings("quickbooks", refresh_grace_seconds=3600)
    house.first_refresh_token = "RT1-demo-9130350000000001"
    house.mishap(vendor="quickbooks", kind="drop_after", scope="sign_in")
    house.step_fails("check", TryLater)

    assert house.step("check")


def test_an_invalid_refresh_token_needs_a_person_and_says_so_in_the_words_of_old(house: House) -> None:
    house.first_refresh_token = "RT1-never-given-out"

    outcome = house.run()

    assert isinstance(outcome["check"], NeedsPerson)
    assert str(outcome["check"]).startswith(UNAUTHORIZED)
    assert "What to do" in str(outcome["check"])
    assert house.writes() == []
    assert house.count("inbox") == 0


def test_a_connection_revoked_between_plan_and_export_sends_nothing_and_needs_a_person(house: House) -> None:
    house.correct_everything()
    house.run(steps=BEFORE_EXPORT)
    house.first_refresh_token = "RT1-never-given-out"
    house.mishap(vendor="quickbooks", kind="expired_token", path_contains="batch")
    house.mishap(vendor="quickbooks", kind="drop_before", scope="sign_in", times=100)

    house.step_fails("export", TryLater)

    assert house.created() == []


def test_wrong_keys_of_the_app_are_told_as_such(house: House) -> None:
    house.secrets["quickbooks_acme"] = "not-the-secret"

    told = house.step_fails("check", SettingsError)

    assert "client id and secret" in told
    assert "not-the-secret" not in told
