"""Fewer searches for cyclic garbage while a step runs.

A step makes a few hundred objects a document, lets go of nearly all of them at once, and nearly none is part of a
cycle. Python would search after every 700 of them, and ever again through everything that was imported: a quarter
of a step's CPU time.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

MADE_BETWEEN_SEARCHES = 50_000
"""Objects; a search then comes after some tens of megabytes at most."""


@contextmanager
def seldom() -> Iterator[None]:
    """What is there already is left out of the search; afterwards all is as before."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(MADE_BETWEEN_SEARCHES, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
