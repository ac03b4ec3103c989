"""Fewer searches for garbage while a step runs; afterwards the process is as it was."""

from __future__ import annotations

import gc

import pytest

from invoice_sync.steps import collecting


def test_the_collector_is_as_it_was_also_after_a_failure() -> None:
    before, frozen = gc.get_threshold(), gc.get_freeze_count()

    with pytest.raises(ValueError, match="went wrong"), collecting.seldom():
        assert gc.get_threshold()[0] == collecting.MADE_BETWEEN_SEARCHES
        assert gc.get_freeze_count() > frozen
        raise ValueError("went wrong")

    assert gc.get_threshold() == before
    assert gc.get_freeze_count() == 0
