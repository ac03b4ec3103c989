"""What a licence of Acumatica allows; it publishes no figures, so the connection says them.

The requests of a minute are shown on License Monitoring Console (SM604000). Past half of them each further one is
delayed; only an overfull queue is refused (429).
"""

from __future__ import annotations

from collections.abc import Mapping

from invoice_sync.model.errors import SettingsError
from invoice_sync.model.ports import Window

EXTRA = "requests_per_minute"


def windows(extra: Mapping[str, object]) -> tuple[Window, ...]:
    """The licence's minute; none where the connection does not say. Raises SettingsError for what is no number."""
    text = str(extra.get(EXTRA) or "").strip()
    if not text:
        return ()
    whole = text.removesuffix(".0")  # a form gives numbers with a fraction
    if not (whole.isascii() and whole.isdigit() and int(whole)):
        raise SettingsError(
            f"{EXTRA} of the Acumatica connection is {text!r}, which is no number of requests.",
            cure="Write the figure of License Monitoring Console, or leave it empty.",
        )
    return (Window("requests a minute", limit=int(whole), seconds=60),)
