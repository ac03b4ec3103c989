"""How long it took from `make` to the first statement."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

MAKE_STARTED = "INVOICE_SYNC_MAKE_STARTED"
# written by .ci/install into the virtualenv
INSTALL_SECONDS = Path(sys.prefix) / ".seconds-install"


class Times:
    """Counts from the moment `make` began, or from now when it was not make."""

    def __init__(self) -> None:
        stamp = os.environ.get(MAKE_STARTED)
        self.from_make = stamp is not None
        self._began = float(stamp) if stamp else time.time()
        self._first: float | None = None

    def is_there(self) -> bool:
        """Whether a first statement is on the screen."""
        return self._first is not None

    def first_statement(self) -> float:
        """The first statement is on the screen now."""
        if self._first is None:
            self._first = round(time.time() - self._began, 1)
        return self._first

    def install(self) -> float:
        """What of it went into installing."""
        if not self.from_make or not INSTALL_SECONDS.exists():
            return 0.0
        return float(INSTALL_SECONDS.read_text(encoding="utf-8"))

    def to_json(self) -> dict[str, float | None]:
        """As demo.json shows it."""
        return {"seconds_to_first_statement": self._first, "seconds_install": self.install()}
