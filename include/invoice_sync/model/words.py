"""The words that people see for where a document is; computed in this one place."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class DocumentState(StrEnum):
    """What the ledger keeps of a document in a flow.

    DELIVERED is there, and the source has still to be told; SETTLED asks for nothing more, so that no step looks
    at it again until its source record changes: a night costs what changed, not what was ever carried.
    """

    WAITING = "waiting"
    TO_ADD = "to_add"
    PLANNED = "planned"
    DELIVERED = "delivered"
    SETTLED = "settled"
    LINKED = "linked"
    REVIEW = "review"
    IGNORED = "ignored"


class IntentState(StrEnum):
    """What the ledger keeps of one intended write."""

    PLANNED = "planned"
    SENDING = "sending"
    UNCERTAIN = "uncertain"
    DONE = "done"
    REFUSED = "refused"
    REPLACED = "replaced"


OPEN = (DocumentState.WAITING, DocumentState.PLANNED)
"""Not there yet, and nobody's turn but ours."""

UNFINISHED = frozenset({IntentState.PLANNED, IntentState.SENDING, IntentState.UNCERTAIN})
IN_THE_AIR = frozenset({IntentState.SENDING, IntentState.UNCERTAIN})


class Word(StrEnum):
    WAITING = "waiting"
    PLANNED = "planned"
    SENDING = "sending"
    UNCERTAIN = "uncertain"
    DELIVERED = "delivered"
    ACKNOWLEDGED = "acknowledged"
    IN_REVIEW = "in review"
    IGNORED = "ignored"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class LogWords:
    """How the process log names what a flow writes, so that people find the words of the log that they know.

    `verb` ends the action type, such as "Invoice Export"; under `number` the message has the document's number once
    more, beside "document".
    """

    verb: str = "Export"
    number: str = ""


_BY_INTENT = {
    IntentState.PLANNED: Word.PLANNED,
    IntentState.SENDING: Word.SENDING,
    IntentState.UNCERTAIN: Word.UNCERTAIN,
    IntentState.DONE: Word.DELIVERED,
}


def word(
    document: DocumentState, delivery: IntentState | None = None, acknowledgement: IntentState | None = None
) -> Word:
    """The word for a document from its own state and those of its newest delivery and acknowledgement."""
    if document is DocumentState.IGNORED:
        return Word.IGNORED
    if delivery in IN_THE_AIR:
        return _BY_INTENT[delivery]
    if document is DocumentState.REVIEW:
        return Word.IN_REVIEW
    if acknowledgement is IntentState.DONE and delivery is IntentState.DONE:
        return Word.ACKNOWLEDGED
    return _BY_INTENT.get(delivery, Word.WAITING) if delivery else Word.WAITING
