"""A failed check lets nothing run after it."""

from collections.abc import Callable
from typing import Any

import pytest

from house import DOCUMENTS, INVOICES, ORG, House
from invoice_sync.model.errors import NotChecked, SettingsError
from invoice_sync.steps.chain import STEPS

LATER = tuple(STEPS)[1:]
INVOICE = "rstk__soinv__c"


def _source_tenant(house: House, tenant: str) -> None:
    source = house.flow.source.model_copy(update={"tenant": tenant})
    house.flow = house.flow.model_copy(update={"source": source})


def _west_token(house: House) -> str:
    realms = house.get("/")["vendors"]["quickbooks"]["realms"]
    return str(next(one["refresh_token"] for one in realms if one["realm_id"].endswith("2")))


def _another_organization(house: House) -> None:
    _source_tenant(house, "00D5f000000OTHEREA/01")


def _no_such_company(house: House) -> None:
    _source_tenant(house, f"{ORG}/09")


def _hidden_field(house: House) -> None:
    house.settings("salesforce", hidden_fields=[f"{INVOICE}.rstk__soinv_grandtotal__c"])


def _hidden_written_field(house: House) -> None:
    house.settings("salesforce", hidden_fields=[f"{INVOICE}.rstk__soinv_datetransfer__c"])


def _wrong_realm(house: House) -> None:
    house.first_refresh_token = _west_token(house)


def _financials(house: House) -> None:
    house.settings("salesforce", financials=True)


def _export_locked(house: House) -> None:
    row = house.records("salesforce", "rstk__sydefault__c")[0]
    house.edit("salesforce", "rstk__sydefault__c", row["Id"], rstk__sydefault_salesexport__c=True)


def _exported_by_rootstock(house: House) -> None:
    company = house.source_id("rstk__sycmp__c", "rstk__sycmp_cmpno__c", "01")
    house.edit("salesforce", "rstk__sycmp__c", company, rstk__sycmp_qbcompany__c="9130350000000001")


def _no_freight_item(house: House) -> None:
    house.edit("quickbooks", "Item", "2010", Active=False)


def _no_income_account(house: House) -> None:
    house.edit("quickbooks", "Account", "79", Active=False)


OBSTACLES: list[tuple[Callable[[House], None], str]] = [
    (_another_organization, "another Salesforce org"),
    (_no_such_company, "no company with the number 09"),
    (_hidden_field, "rstk__soinv_grandtotal__c"),
    (_hidden_written_field, "rstk__soinv_datetransfer__c"),
    (_wrong_realm, "another QuickBooks company"),
    (_financials, "Rootstock Financials"),
    (_export_locked, "own sales invoice export"),
    (_exported_by_rootstock, "own QuickBooks export is set up for company 01"),
    (_no_freight_item, "no active item named Freight"),
    (_no_income_account, "no active income account"),
]


@pytest.mark.parametrize(("obstacle", "told"), OBSTACLES)
def test_a_failed_check_says_what_and_lets_nothing_run(
    house: House, obstacle: Callable[[House], None], told: str
) -> None:
    obstacle(house)

    outcome = house.run()

    assert isinstance(outcome["check"], SettingsError)
    assert told in str(outcome["check"])
    assert "What to do" in str(outcome["check"])
    assert {step: type(outcome[step]) for step in LATER} == dict.fromkeys(LATER, NotChecked)
    assert house.writes() == []
    assert (house.count("inbox"), house.count("intent"), house.count("cursor")) == (0, 0, 0)


def test_every_finding_of_both_sides_is_told_at_once(house: House) -> None:
    _financials(house)
    _no_freight_item(house)
    _no_income_account(house)

    told = str(house.run(steps=("check",))["check"])

    assert all(text in told for text in ("Rootstock Financials", "named Freight", "income account"))


def _show_the_field(house: House) -> None:
    house.settings("salesforce", hidden_fields=[])


def _acknowledge_only(house: House) -> None:
    house.flow = house.flow.model_copy(update={"write_back": "acknowledge"})


def _freight_again(house: House) -> None:
    house.edit("quickbooks", "Item", "2010", Active=True, Name="Freight", FullyQualifiedName="Freight")


@pytest.mark.parametrize(
    ("obstacle", "cure"),
    [
        (_hidden_field, _show_the_field),
        (_financials, _acknowledge_only),
        (_no_freight_item, _freight_again),
    ],
)
def test_after_the_cure_clearing_check_is_enough(
    house: House, obstacle: Callable[[House], None], cure: Callable[[House], None]
) -> None:
    house.correct_everything()
    obstacle(house)
    house.run()
    cure(house)

    outcome = house.clear("check")

    assert [error for error in outcome.values() if isinstance(error, Exception)] == []
    assert (house.statement()["delivered"], len(house.created())) == (DOCUMENTS, INVOICES)


def test_a_check_that_fails_when_it_is_cleared_closes_the_gate_again(house: House) -> None:
    house.run()
    house.correct_everything()
    before = house.mark
    _financials(house)

    outcome = house.clear("check")

    assert {type(outcome[step]) for step in LATER} == {NotChecked}
    assert house.writes(since=before) == []


def test_a_passed_check_of_one_run_does_not_open_another(house: House) -> None:
    house.step("check", "run-1")

    outcome: dict[str, Any] = house.run("run-2", LATER)

    assert {type(error) for error in outcome.values()} == {NotChecked}
    assert house.writes() == []


def test_a_second_tenant_cannot_take_over_the_ledger_of_a_company(house: House) -> None:
    """What went to one QuickBooks company must not count as delivered to another."""
    house.correct_everything()
    house.run()
    before = house.mark
    _source_tenant(house, f"{ORG}/02")

    outcome = house.run("run-2")

    assert isinstance(outcome["check"], SettingsError)
    assert house.writes(since=before) == []


@pytest.mark.parametrize("side", ["source", "destination"])
def test_a_wrong_tenant_in_the_settings_can_be_corrected(house: House, side: str) -> None:
    house.correct_everything()
    good = house.flow
    wrong = f"{ORG}/09" if side == "source" else "9130350000000002"
    endpoint = getattr(good, side).model_copy(update={"tenant": wrong})
    house.flow = good.model_copy(update={side: endpoint})
    house.step_fails("check", SettingsError)
    house.flow = good

    house.clear("check")

    assert house.statement()["delivered"] == DOCUMENTS
