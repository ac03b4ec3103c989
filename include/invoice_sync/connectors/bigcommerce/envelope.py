"""What an answer of BigCommerce says, whichever of its envelopes it comes in; pure.

Success is {code, data, meta}. Refusals have their words in data.errMsg (a text or an object by field), in data itself
by field, in data.errors, in meta.errors or in meta.message; the core APIs refuse with {status, title} or a list of
{status, message}. The published examples file some refusals under HTTP 200, so the body's own code counts as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from invoice_sync.connectors.base import Json
from invoice_sync.model import canonical

FIRST_REFUSAL = 400


@dataclass(frozen=True, slots=True)
class Told:
    """`status` is the worse one of the answer's and its body's. `fields`: the words by field, where it says so.

    `texts` may quote what was sent, so nothing of them goes into a log or a table unless its form is known.
    """

    status: int
    data: Any = field(default=None, repr=False)
    meta: Json = field(default_factory=dict, repr=False)
    texts: tuple[str, ...] = field(default=(), repr=False)
    fields: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def refuses(self) -> bool:
        return self.status >= FIRST_REFUSAL

    @property
    def words(self) -> str:
        """All of them, in lower case, to look known ones up in."""
        return " | ".join((*self.texts, *self.fields.values())).lower()


def read(status: int, body: bytes) -> Told | None:
    """The answer; None for anything that is no JSON of a known shape, such as a page of a proxy."""
    try:
        content = canonical.loads_of_strangers(body)
    except ValueError:
        return None
    if isinstance(content, list):
        return _of_core_v2(status, content)
    return _of_object(status, content) if isinstance(content, Mapping) else None


def pagination(told: Told) -> Json:
    """Counts of a list: in meta.pagination, or, where orders are listed, in meta itself."""
    nested = told.meta.get("pagination")
    return nested if isinstance(nested, Mapping) else told.meta


def whole(value: object) -> int | None:
    """A whole number, or one written as text; None for anything else. Ids come as either."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    text = str(value).strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else None


def text_of(value: object) -> str:
    """A scalar as text; nothing for null, and for what is no scalar."""
    return "" if value is None or isinstance(value, Mapping | list) else str(value)


def _of_object(status: int, content: Json) -> Told:
    data, meta = content.get("data"), content.get("meta")
    meta = meta if isinstance(meta, Mapping) else {}
    code = next((number for name in ("code", "status") if (number := whole(content.get(name))) is not None), 0)
    worst = code if code >= FIRST_REFUSAL and status < FIRST_REFUSAL else status
    if worst < FIRST_REFUSAL:
        # the core API's second version has no envelope at all
        return Told(worst, data if "data" in content else content, meta)
    return Told(worst, data, meta, tuple(_texts(content, data, meta)), dict(_fields(content, data)))


def _of_core_v2(status: int, content: list[Any]) -> Told:
    texts = tuple(text_of(each.get("message")) for each in content if isinstance(each, Mapping))
    return Told(status, content, texts=texts if status >= FIRST_REFUSAL else ())


def _texts(content: Json, data: Any, meta: Json) -> Iterator[str]:
    inner = data if isinstance(data, Mapping) else {}
    said = [inner.get("errMsg"), meta.get("errors"), meta.get("message"), content.get("message"), content.get("title")]
    listed = inner.get("errors")
    said += [each.get("_detail") for each in listed if isinstance(each, Mapping)] if isinstance(listed, list) else []
    return (text for value in said if (text := text_of(value).strip()))


def _fields(content: Json, data: Any) -> Iterator[tuple[str, str]]:
    """By field: {"lineItems": ["This field is required."]}, inside data, inside data.errMsg, or beside a title."""
    inner = data if isinstance(data, Mapping) else {}
    for group in (inner, inner.get("errMsg"), content.get("errors")):
        for name, said in group.items() if isinstance(group, Mapping) else ():
            if isinstance(said, list) and name != "errors":
                yield str(name), " ".join(map(text_of, said))
            elif group is not inner:
                yield str(name), text_of(said)
