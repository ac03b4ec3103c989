"""Amounts are exact or refused."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoice_sync.model.errors import BadAmount
from invoice_sync.model.money import Money, exact, exponent, in_major_units, total


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("349.5000", "USD", 34950),
        ("349.5", "USD", 34950),
        ("-0.01", "USD", -1),
        ("0", "USD", 0),
        ("-0.00", "USD", 0),
        ("1E+2", "USD", 10000),
        ("500", "JPY", 500),
        ("500.00", "JPY", 500),
        ("1.234", "KWD", 1234),
        ("1.5", "IQD", 1500),
    ],
)
def test_an_exact_amount_is_taken_in_minor_units(text: str, currency: str, minor: int) -> None:
    assert Money.of(text, currency) == Money(minor, currency)
    assert Money.of(Decimal(text), currency) == Money(minor, currency)


@pytest.mark.parametrize(
    ("text", "currency"),
    [("349.5010", "USD"), ("0.001", "USD"), ("0.5", "JPY"), ("1.2345", "KWD"), (f"1.{'0' * 28}1", "USD"),
     (f"0.{'0' * 80}1", "USD")],
)  # fmt: skip
def test_more_decimals_than_the_currency_has_are_refused(text: str, currency: str) -> None:
    with pytest.raises(BadAmount):
        Money.of(text, currency)


@pytest.mark.parametrize("value", [10.0, 0.1, True, None, float("nan"), "NaN", "Infinity", "", "ten", "1,00", "1_000"])
def test_what_is_no_exact_number_is_refused(value: object) -> None:
    with pytest.raises(BadAmount):
        exact(value)


@pytest.mark.parametrize("text", ["1E+30", "1E+999999", "12345678901234567890123456789.01", "-1E+30", "1" * 70])
def test_an_amount_that_no_ledger_can_hold_is_refused_and_never_rounded(text: str) -> None:
    with pytest.raises(BadAmount):
        Money.of(text, "USD")


@pytest.mark.parametrize("code", ["", "usd", "US", "XYZ", "DOLLAR"])
def test_an_unknown_currency_is_refused(code: str) -> None:
    with pytest.raises(BadAmount):
        exponent(code)


@pytest.mark.parametrize(
    ("value", "currency", "minor"),
    [("10.005", "USD", 1001), ("-10.005", "USD", -1001), ("10.0049", "USD", 1000), ("0.5", "JPY", 1),
     ("1.0005", "KWD", 1001)],
)  # fmt: skip
def test_rounding_is_half_away_from_zero(value: str, currency: str, minor: int) -> None:
    assert Money.rounded(Decimal(value), currency).minor == minor


@given(minor=st.integers(-(10**17), 10**17), currency=st.sampled_from(["USD", "JPY", "KWD", "IQD", "EUR"]))
def test_minor_units_to_text_and_back_is_the_same_amount(minor: int, currency: str) -> None:
    assert Money.of(in_major_units(minor, currency), currency) == Money(minor, currency)
    assert Money.of(Money(minor, currency).decimal, currency).minor == minor


def test_ten_times_ten_cents_is_a_dollar() -> None:
    assert total([Money.of("0.10", "USD")] * 10, "USD") == Money(100, "USD")


def test_an_empty_sum_is_zero_of_its_currency() -> None:
    assert total([], "JPY") == Money(0, "JPY")


def test_currencies_never_mix() -> None:
    with pytest.raises(BadAmount):
        Money(1, "USD") + Money(1, "EUR")
    with pytest.raises(BadAmount):
        Money(1, "USD") - Money(1, "EUR")
    with pytest.raises(BadAmount):
        total([Money(1, "EUR")], "USD")
    assert Money(1, "USD") != Money(1, "EUR")


@pytest.mark.parametrize(
    ("money", "text"),
    [(Money(123456, "USD"), "1,234.56 USD"), (Money(-5, "USD"), "-0.05 USD"), (Money(1234, "JPY"), "1,234 JPY"),
     (Money(1, "KWD"), "0.001 KWD")],
)  # fmt: skip
def test_people_read_the_currencys_own_decimals(money: Money, text: str) -> None:
    assert str(money) == text
