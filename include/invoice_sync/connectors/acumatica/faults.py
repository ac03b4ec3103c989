"""What Acumatica's errors mean, as a table read from the top. Pure.

Its status codes do not tell: a wrong password, a key that is not there, a broken rule and a list that cannot be
exported all come as 500. The general error object has message, exceptionMessage, exceptionType, stackTrace and
sometimes innerException, and in actions it is the innermost that says why.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from invoice_sync.connectors.http import Answer

LONGEST_QUOTE = 300
_MOST_FIELDS = 5


class Kind(StrEnum):
    """What is to be done about it."""

    SEATS = "seats"  # every session of the licence is taken
    THROTTLED = "throttled"
    SIGNED_OUT = "signed_out"
    NOT_THERE = "not_there"
    TENANT = "tenant"
    CREDENTIALS = "credentials"
    UNOPTIMIZED = "unoptimized"  # a list cannot export a field; single records can
    SETUP = "setup"
    BUSY = "busy"  # definitely not done, and may go again
    QUERY = "query"
    DATA = "data"
    RIGHTS = "rights"
    NO_SUCH_ADDRESS = "no_such_address"
    WEATHER = "weather"  # maintenance, restart, a page in place of data: nobody knows


@dataclass(frozen=True, slots=True)
class Fault:
    """One refusal. `text` is the vendor's own, for its users; `fields` are (path, text) of what is marked wrong."""

    kind: Kind
    status: int
    code: str = ""
    text: str = ""
    fields: tuple[tuple[str, str], ...] = ()

    @property
    def quote(self) -> str:
        """The vendor's words, shortened: those at the fields where there are any, for they tell more."""
        told = "; ".join(f"{path}: {text}" for path, text in self.fields[:_MOST_FIELDS]) or self.text
        return " ".join(told.split())[:LONGEST_QUOTE]


@dataclass(frozen=True, slots=True)
class Rule:
    """Every part that is given must hold. `type`: how an exception type of the chain ends; `text`: any text of it."""

    kind: Kind
    statuses: frozenset[int] = frozenset()
    type: str = ""
    text: str = ""

    def holds(self, status: int, types: str, texts: str) -> bool:
        """`types` and `texts` are those of the whole chain, one a line."""
        return (
            (not self.statuses or status in self.statuses)
            and (not self.type or re.search(rf"(?:^|\.){self.type}$", types, re.M) is not None)
            and (not self.text or re.search(self.text, texts, re.I) is not None)
        )


_BUSY = r"another process has (?:updated|added|deleted)|previous operation has not been completed|deadlock|is locked"
RULES: tuple[Rule, ...] = (
    Rule(Kind.SEATS, text="API Login Limit"),
    Rule(Kind.THROTTLED, frozenset({429})),
    Rule(Kind.SIGNED_OUT, frozenset({401})),
    Rule(Kind.NOT_THERE, type="NoEntitySatisfiesTheConditionException"),
    Rule(Kind.NOT_THERE, frozenset({412})),
    Rule(Kind.TENANT, type=r"\w*PXUndefinedCompanyException"),
    Rule(Kind.CREDENTIALS, text="invalid credentials"),
    Rule(Kind.UNOPTIMIZED, text="^Optimization cannot be performed"),
    Rule(Kind.SETUP, type="PXSetupNotEnteredException"),
    Rule(Kind.WEATHER, text=r"time-?out|timed out"),
    Rule(Kind.BUSY, type="PXLockViolationException"),
    Rule(Kind.BUSY, type="PX\\S*", text=_BUSY),
    Rule(Kind.QUERY, type="ODataException"),
    Rule(Kind.QUERY, text="incompatible types was detected"),
    Rule(Kind.DATA, type="OutcomeEntityHasErrorsException"),
    Rule(Kind.DATA, frozenset({400, 411, 422})),
    Rule(Kind.RIGHTS, frozenset({403})),
    Rule(Kind.NO_SUCH_ADDRESS, frozenset({404, 405, 410})),
    Rule(Kind.DATA, type="PX\\S*"),
)
LAST_WORDS = frozenset(Kind) - {Kind.WEATHER, Kind.BUSY, Kind.THROTTLED, Kind.SIGNED_OUT}
"""What asking again would not change."""


def of(answer: Answer) -> Fault | None:
    """What is wrong with an answer; None for a good one. A page where data should be is weather."""
    if answer.status in (200, 201) and _is_json(answer.body):
        return None
    if answer.status in (202, 204):
        return None
    body = content(answer)
    chain = list(_chain(body))
    types, texts = "\n".join(each[0] for each in chain), "\n".join(each[1] for each in chain) or _start(answer)
    kind = next((rule.kind for rule in RULES if rule.holds(answer.status, types, texts)), Kind.WEATHER)
    code, text = chain[-1] if chain else ("", "")
    return Fault(kind, answer.status, code.rpartition(".")[2], text, tuple(_marked(body, "")))


def is_last_word(answer: Answer) -> bool:
    """Whether a 5xx or 429 is no weather at all."""
    fault = of(answer)
    return fault is not None and fault.kind in LAST_WORDS


def _is_json(body: bytes) -> bool:
    return body.lstrip()[:1] in (b"{", b"[")


def content(answer: Answer) -> Any:
    """The JSON of an answer; None for one that is none, or that was cut off."""
    try:
        return answer.json()
    except ValueError:
        return None


def _start(answer: Answer) -> str:
    """The beginning of an answer that is no JSON: seats may be refused with a page."""
    return "" if _is_json(answer.body) else answer.body[:2000].decode("utf-8", "replace")


def _chain(body: Any) -> Iterator[tuple[str, str]]:
    """(exception type, text) from the outermost to the innermost."""
    while isinstance(body, Mapping):
        text = body.get("exceptionMessage") or body.get("message")
        if text or body.get("exceptionType"):
            yield str(body.get("exceptionType") or ""), str(text or "")
        body = body.get("innerException")


def _marked(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """Every `error` of an echoed record, with where it is: "Details 2 InventoryID"."""
    if isinstance(value, Mapping):
        if isinstance(value.get("error"), str):
            yield path or "record", str(value["error"])
        for name, held in value.items():
            yield from _marked(held, f"{path} {name}".strip())
    elif isinstance(value, list):
        for place, held in enumerate(value, 1):
            yield from _marked(held, f"{path} {place}".strip())
