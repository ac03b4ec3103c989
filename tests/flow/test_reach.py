"""What the Test button of a connection says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from house import House
from invoice_sync.connectors.parts import Parts
from invoice_sync.model.flow import Endpoint
from invoice_sync.steps.reach import Reached, reach, sides_of
from invoice_sync.steps.wiring import Login, parts_of

ROOTSTOCK, QUICKBOOKS = "rootstock_acme", "quickbooks_acme"


def pressed(house: House, connection: str, login: Login | None = None) -> Reached:
    vendor = connection.partition("_")[0]
    sides = sides_of([house.flow], vendor, lambda side: side.connection == connection)
    return reach(sides, login or house.logins[connection], house.database, house.clock, house.tokens_seen.append)


def test_each_side_signs_in_and_names_the_company_that_answered(house: House) -> None:
    source, destination = pressed(house, ROOTSTOCK), pressed(house, QUICKBOOKS)

    assert source.ok and destination.ok
    assert "rootstock answers as Kestrel Supply Demo" in source.message
    assert "00D5f000000DEMOEAA/01" in source.message
    assert "quickbooks answers as Acme" in destination.message
    assert "9130350000000001" in destination.message
    assert "company acme of the flow rootstock_to_quickbooks" in destination.message


def test_it_writes_nothing_and_keeps_the_tokens_that_it_used_up(house: House) -> None:
    """QuickBooks rotates the refresh token: one that is tested and not kept would end the sign-in."""
    assert pressed(house, QUICKBOOKS).ok
    assert house.writes() == []

    side = house.flow.destination
    parts: Parts = parts_of(
        house.flow, side, {side.connection: house.logins[QUICKBOOKS]}, house.database, house.clock, None
    )
    assert parts.tokens.load() is not None
    assert "customers" not in house.run(steps=("check",))
    assert not isinstance(house.run(steps=("check",))["check"], Exception)


def test_a_wrong_secret_is_told_with_its_cure_and_without_the_secret(house: House) -> None:
    for connection in (ROOTSTOCK, QUICKBOOKS):
        login = replace(house.logins[connection], password="not-this-one")
        said = pressed(house, connection, login)

        assert not said.ok
        assert "What to do:" in said.message
        assert "not-this-one" not in said.message


def test_a_tenant_that_is_not_the_bound_one_is_named(house: House) -> None:
    source = house.flow.source.model_copy(update={"tenant": "00D5f000000OTHEREA/01"})
    house.flow = house.flow.model_copy(update={"source": source})
    said = pressed(house, ROOTSTOCK)

    assert not said.ok
    assert "00D5f000000DEMOEAA" in said.message
    assert "00D5f000000OTHEREA/01" in said.message


def test_what_check_would_refuse_is_told_at_once(house: House) -> None:
    house.settings("salesforce", hidden_fields=["rstk__soinv__c.rstk__soinv_grandtotal__c"])
    said = pressed(house, ROOTSTOCK)

    assert not said.ok
    assert said.message.startswith("Signed in.")
    assert "rstk__soinv_grandtotal__c" in said.message


def test_a_closed_port_is_weather_or_a_wrong_address_and_no_traceback(house: House) -> None:
    login = replace(house.logins[ROOTSTOCK], host="http://127.0.0.1:9")
    said = pressed(house, ROOTSTOCK, login)

    assert not said.ok
    assert said.message.startswith("Company acme:")


@pytest.mark.parametrize("extra", ["", None])
def test_fields_that_the_form_leaves_empty_are_not_given(house: House, extra: str | None) -> None:
    login = house.logins[ROOTSTOCK]
    empty = dict.fromkeys(("username", "private_key", "audience", "api_version", "server_seconds"), extra)
    assert pressed(house, ROOTSTOCK, replace(login, extra={**login.extra, **empty})).ok


def test_two_flows_of_one_company_are_one_company(house: House) -> None:
    other = house.flow.model_copy(update={"name": "another", "company": "acme"})
    second = house.flow.model_copy(update={"name": "third", "company": "other"})

    def every(side: Endpoint) -> bool:
        return True

    assert [flow.name for flow, _ in sides_of([house.flow, other, second], "quickbooks", every)] == [
        "rootstock_to_quickbooks", "third",
    ]  # fmt: skip
