"""CSV that no spreadsheet program takes for orders."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoice_portal.reading import cells


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_what_would_be_computed_is_shown_as_text(first: str) -> None:
    [[cell]] = read(cells.lines([[f"{first}cmd|' /C calc'!A0"]]))

    assert cell == f"'{first}cmd|' /C calc'!A0"


@pytest.mark.parametrize("text", ["", "000120", '{"document":"000120"}', "a=b", " =1", "'=1"])
def test_everything_else_stays_as_it_is(text: str) -> None:
    assert read(cells.lines([[text]])) == [[text]]


@given(st.lists(st.lists(st.text(st.characters(codec="utf-8")), min_size=1), min_size=1))
def test_no_cell_begins_with_a_formula_whatever_is_in_it(rows: list[list[str]]) -> None:
    found = read(cells.lines(rows))

    assert [[cell.removeprefix("'") for cell in row] for row in found] == [
        [cell.removeprefix("'") for cell in row] for row in rows
    ]
    assert not [cell for row in found for cell in row if cell.startswith(cells.STARTS)]


def read(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))
