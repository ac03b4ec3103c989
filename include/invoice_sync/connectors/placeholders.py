"""What stands in a planned body for the id of a record that may not be at the destination yet."""

from __future__ import annotations

from collections.abc import Mapping

from invoice_sync.model.documents import CARRIED, PARTIES, Entity

MARK = "\ue000"
"""Of Unicode's private use area: no source writes it, so no memo can pass for a placeholder."""


def placeholder(entity: Entity, source_id: str) -> str:
    """Stands in a planned body for a remote id that may not exist yet; delivery fills it at first arm."""
    return f"{MARK}{entity}/{source_id}"


def split_placeholder(text: str) -> tuple[Entity, str] | None:
    """(entity, source id) of a placeholder, None for any other text."""
    if not text.startswith(MARK):
        return None
    name, _, source_id = text.removeprefix(MARK).partition("/")
    return (_ENTITIES[name], source_id) if name in _ENTITIES else None


_ENTITIES: Mapping[str, Entity] = {entity: entity for entity in (*PARTIES, *CARRIED)}
