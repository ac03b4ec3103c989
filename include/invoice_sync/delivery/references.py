"""Filling the remote ids of customers and products into a planned body."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from invoice_sync.connectors.base import split_placeholder
from invoice_sync.ledger import links
from invoice_sync.ledger.scope import Scope


def resolved(session: Session, scope: Scope, bodies: Mapping[int, Any]) -> dict[int, Any]:
    """By the same keys: bodies with every placeholder filled. A body with an unlinked one is left out."""
    wanted = {key: set(_placeholders(body)) for key, body in bodies.items()}
    known = _remote_ids(session, scope, set().union(*wanted.values()))
    return {key: _filled(body, known) for key, body in bodies.items() if known.keys() >= wanted[key]}


def partly_resolved(session: Session, scope: Scope, bodies: Mapping[int, Any]) -> dict[int, Any]:
    """By the same keys: all bodies, with every placeholder filled whose record has an id."""
    wanted = set().union(*(set(_placeholders(body)) for body in bodies.values()))
    known = _remote_ids(session, scope, wanted)
    return {key: _filled(body, known) for key, body in bodies.items()}


def _remote_ids(session: Session, scope: Scope, wanted: set[str]) -> dict[str, str]:
    by_entity: dict[str, dict[str, str]] = {}
    for text in wanted:
        parts = split_placeholder(text)
        if parts is not None:
            by_entity.setdefault(parts[0], {})[parts[1]] = text
    found: dict[str, str] = {}
    for entity, sources in by_entity.items():
        linked = links.of(session, scope, entity, sorted(sources))
        found.update({sources[source_id]: row.remote_id for source_id, row in linked.items()})
    return found


def _placeholders(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value] if split_placeholder(value) else []
    if isinstance(value, Mapping):
        return [text for part in value.values() for text in _placeholders(part)]
    return [text for part in value for text in _placeholders(part)] if isinstance(value, list) else []


def _filled(value: Any, known: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return known.get(value, value)
    if isinstance(value, Mapping):
        return {key: _filled(part, known) for key, part in value.items()}
    return [_filled(part, known) for part in value] if isinstance(value, list) else value
