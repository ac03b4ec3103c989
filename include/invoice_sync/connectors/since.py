"""Moments as sources and people write them."""

from __future__ import annotations

from datetime import UTC, datetime

from invoice_sync.model.errors import SettingsError


def moment(text: str) -> datetime:
    """ISO 8601, and Salesforce's own +0000; without a zone it is UTC. Raises ValueError."""
    value = datetime.fromisoformat(text)
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def changed_since(text: str) -> datetime:
    """The option of a run. Raises SettingsError."""
    try:
        return moment(text)
    except ValueError:
        raise SettingsError(
            f"changed_since is {text!r}, which is no date.", cure="Write it as 2026-10-31 or 2026-10-31T08:00:00Z."
        ) from None
