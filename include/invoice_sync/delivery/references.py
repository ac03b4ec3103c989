"""Filling the remote ids of customers and products into a planned body."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sqlalchemy.orm import Session

from invoice_sync.connectors.placeholders import MARK, split_placeholder
from invoice_sync.ledger import links
from invoice_sync.ledger.scope import Scope
from invoice_sync.model import canonical

# A value of canonical JSON: inside a text the quote before the mark would be escaped, and after a key comes a colon.
_IN_TEXT = re.compile(rf'(?<=[:,\[])"{MARK}[^"\\]*(?:\\.[^"\\]*)*"(?!:)')


def resolved(session: Session, scope: Scope, texts: Mapping[int, str]) -> dict[int, str]:
    """By the same keys: bodies as canonical JSON, with every placeholder filled. One with an unlinked is left out."""
    wanted = {key: _quoted_placeholders(text) for key, text in texts.items()}
    known = _quoted_remote_ids(session, scope, set().union(*wanted.values()))
    ready = [key for key, quoted in wanted.items() if known.keys() >= quoted]
    return {key: _IN_TEXT.sub(lambda found: known.get(found[0], found[0]), texts[key]) for key in ready}


def partly_resolved(session: Session, scope: Scope, bodies: Mapping[int, Any]) -> dict[int, Any]:
    """By the same keys: all bodies, with every placeholder filled whose record has an id."""
    wanted: set[str] = set()
    for body in bodies.values():
        _gather(body, wanted)
    known = _remote_ids(session, scope, wanted)
    return {key: _filled(body, known) for key, body in bodies.items()}


def _quoted_placeholders(text: str) -> set[str]:
    """As they stand in the JSON, quotes included."""
    found = set(_IN_TEXT.findall(text)) if MARK in text else set()
    return {quoted for quoted in found if split_placeholder(_unquoted(quoted))}


def _unquoted(quoted: str) -> str:
    return str(canonical.loads(quoted)) if "\\" in quoted else quoted[1:-1]


def _quoted_remote_ids(session: Session, scope: Scope, wanted: Collection[str]) -> dict[str, str]:
    plain = {quoted: _unquoted(quoted) for quoted in wanted}
    known = _remote_ids(session, scope, plain.values())
    return {quoted: canonical.dumps(known[text]) for quoted, text in plain.items() if text in known}


def _remote_ids(session: Session, scope: Scope, wanted: Iterable[str]) -> dict[str, str]:
    by_entity: dict[str, dict[str, str]] = {}
    for text in wanted:
        parts = split_placeholder(text)
        if parts is not None:
            by_entity.setdefault(parts[0], {})[parts[1]] = text
    found: dict[str, str] = {}
    for entity, sources in by_entity.items():
        ids = links.remote_ids(session, scope, entity, sorted(sources))
        found.update({sources[source_id]: remote_id for source_id, remote_id in ids.items()})
    return found


def _gather(value: Any, found: set[str]) -> None:
    kind = type(value)
    if kind is str:
        if value[:1] == MARK and split_placeholder(value):
            found.add(value)
    elif kind is dict or kind is list:
        for part in value.values() if kind is dict else value:
            _gather(part, found)


def _filled(value: Any, known: Mapping[str, str]) -> Any:
    kind = type(value)
    if kind is str:
        return known.get(value, value) if value[:1] == MARK else value
    if kind is dict:
        return {key: _filled(part, known) for key, part in value.items()}
    return [_filled(part, known) for part in value] if kind is list else value
