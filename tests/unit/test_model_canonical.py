"""Equal content has equal bytes; and one word for every state."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoice_sync.model import canonical
from invoice_sync.model.documents import Invoice, Line, Party
from invoice_sync.model.money import Money
from invoice_sync.model.words import DocumentState, IntentState, Word, word

USD = Money.zero("USD")
LINE = Line(1, "p1", "Bolt", Decimal("10.0"), Decimal("1.50"), Money(1500, "USD"))
INVOICE = Invoice("A", "1", "d", "c", date(2026, 11, 1), None, (LINE,), (), USD, USD, Money(1500, "USD"))


@pytest.mark.parametrize(
    ("one", "other"),
    [("10.0", "10.00"), ("10", "1E+1"), ("0", "-0.00"), ("0.10", "0.1"), ("100", "1.00E+2")],
)
def test_equal_amounts_hash_equally_however_written(one: str, other: str) -> None:
    assert canonical.content_hash(Decimal(one)) == canonical.content_hash(Decimal(other))
    lines = [(replace(LINE, quantity=Decimal(text)),) for text in (one, other)]
    first, second = (canonical.content_hash(replace(INVOICE, lines=each)) for each in lines)
    assert first == second


@given(st.decimals(allow_nan=False, allow_infinity=False, places=40), st.integers(1, 9))
def test_a_difference_in_any_digit_is_a_difference(value: Decimal, digit: int) -> None:
    text = f"{value:f}"
    assert canonical.content_hash(Decimal(text)) != canonical.content_hash(Decimal(f"{text}{digit}"))


def test_every_field_counts() -> None:
    party = Party("c1", "C-1", "Acme")
    base = canonical.content_hash(party)
    changes = ({"name": "Acme Inc"}, {"email": "a@b.c"}, {"currency": "USD"}, {"tax_id": "1"}, {"foreign_id": "Q1"})
    for change in changes:
        assert canonical.content_hash(replace(party, **change)) != base


def test_the_same_figure_in_another_currency_is_another_content() -> None:
    assert canonical.content_hash(Money(100, "USD")) != canonical.content_hash(Money(100, "JPY"))


def test_the_order_of_keys_does_not_matter_and_the_order_of_lines_does() -> None:
    assert canonical.dumps({"b": 1, "a": 2}) == canonical.dumps({"a": 2, "b": 1})
    assert canonical.content_hash([1, 2]) != canonical.content_hash([2, 1])


@pytest.mark.parametrize("text", ['{"a": NaN}', "Infinity", "-Infinity", "{", "", "<html>"])
def test_what_is_not_json_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        canonical.loads(text)


@pytest.mark.parametrize("number", [Decimal("NaN"), Decimal("Infinity"), float("nan"), float("inf")])
def test_no_number_that_money_cannot_be_is_written(number: object) -> None:
    with pytest.raises(ValueError):
        canonical.dumps(number)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6))
def test_a_decimal_survives_text_with_all_its_digits(value: Decimal) -> None:
    back = canonical.loads(canonical.dumps({"n": value}))["n"]
    assert back == value
    assert not isinstance(back, float)


def test_every_combination_of_states_has_a_word() -> None:
    tails = [None, *IntentState]
    found = {word(*states) for states in itertools.product(DocumentState, tails, tails)}
    assert found <= set(Word)


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ((DocumentState.WAITING,), Word.WAITING),
        ((DocumentState.PLANNED, IntentState.PLANNED), Word.PLANNED),
        ((DocumentState.PLANNED, IntentState.SENDING), Word.SENDING),
        ((DocumentState.PLANNED, IntentState.UNCERTAIN), Word.UNCERTAIN),
        ((DocumentState.REVIEW, IntentState.UNCERTAIN), Word.UNCERTAIN),
        ((DocumentState.PLANNED, IntentState.DONE), Word.DELIVERED),
        ((DocumentState.PLANNED, IntentState.DONE, IntentState.PLANNED), Word.DELIVERED),
        ((DocumentState.PLANNED, IntentState.DONE, IntentState.REFUSED), Word.DELIVERED),
        ((DocumentState.PLANNED, IntentState.DONE, IntentState.DONE), Word.ACKNOWLEDGED),
        ((DocumentState.REVIEW, IntentState.DONE), Word.IN_REVIEW),
        ((DocumentState.REVIEW, IntentState.DONE, IntentState.DONE), Word.IN_REVIEW),
        ((DocumentState.REVIEW, IntentState.REFUSED), Word.IN_REVIEW),
        ((DocumentState.IGNORED, IntentState.DONE, IntentState.DONE), Word.IGNORED),
        ((DocumentState.WAITING, IntentState.REPLACED), Word.WAITING),
    ],
)
def test_the_word_is_what_a_bookkeeper_would_say(states: tuple, expected: Word) -> None:
    assert word(*states) is expected
