"""Remote ids go into the planned text itself: exactly where a whole value is a placeholder, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivering import SCOPE
from invoice_sync.connectors.placeholders import MARK, placeholder
from invoice_sync.delivery import references
from invoice_sync.model import canonical

pytestmark = pytest.mark.sqlite_only

NASTY = ['"', "\\", '\\"', ",", ":", "{", "}", "[", "]", "/", "\n", "é", MARK, "customer", "product", "a", "1"]
texts = st.lists(st.sampled_from(NASTY), max_size=6).map("".join)
placeholders = texts.map(lambda source_id: placeholder("customer", source_id))
leaves = st.one_of(texts, placeholders, st.integers(), st.booleans(), st.none())
trees = st.recursive(
    leaves,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(texts, inner, max_size=4)),
    max_leaves=12,
)
session: Any = None


def remote_ids(_session: object, _scope: object, wanted: Iterable[str]) -> dict[str, str]:
    """Every customer's remote id is its source id backwards, in quotes; one that begins with 1 has none."""
    return {text: f'"{text[::-1]}"' for text in wanted if not text.startswith(placeholder("customer", "1"))}


@given(tree=trees)
def test_the_text_is_filled_as_the_body_would_be(tree: Any) -> None:
    body = {"body": tree}
    with patch.object(references, "_remote_ids", remote_ids):
        filled = references.resolved(session, SCOPE, {1: canonical.dumps(body)})
        expected = references.partly_resolved(session, SCOPE, {1: body})[1]

    if unlinked(body):
        assert filled == {}
    else:
        assert filled == {1: canonical.dumps(expected)}


def unlinked(value: Any) -> bool:
    if isinstance(value, str):
        return value.startswith(placeholder("customer", "1"))
    if isinstance(value, Mapping):
        return any(unlinked(part) for part in value.values())
    return any(unlinked(part) for part in value) if isinstance(value, list) else False


def test_a_memo_that_quotes_a_placeholder_stays_a_memo() -> None:
    memo = f'see "{placeholder("customer", "A")}"'
    body = {"CustomerMemo": memo, "CustomerRef": placeholder("customer", "A")}
    with patch.object(references, "_remote_ids", lambda *_: {placeholder("customer", "A"): "77"}):
        [text] = references.resolved(session, SCOPE, {1: canonical.dumps(body)}).values()

    assert canonical.loads(text) == {"CustomerMemo": memo, "CustomerRef": "77"}
