"""What an answer to a write says about each record in it. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from invoice_sync.connectors.base import Armed, Outcome, Remote, Verdict, WireItem
from invoice_sync.connectors.http import Answer, Reply
from invoice_sync.connectors.rootstock.client import LIMIT_WAIT, error_of
from invoice_sync.connectors.rootstock.notes import facts_of
from invoice_sync.model.errors import Problem

_DEFINITE = {
    "UNABLE_TO_LOCK_ROW": Verdict.NOT_DONE,
    "REQUEST_LIMIT_EXCEEDED": Verdict.THROTTLED,
    # a package trigger that died of a governor limit or of itself: whether it did is looked up
    "UNKNOWN_EXCEPTION": Verdict.UNKNOWN,
}
_RIGHTS = "Give the integration user the right to edit the field, then clear the red task."
_WORDS: Mapping[str, tuple[str, str, str]] = {
    "ENTITY_IS_DELETED": (
        "deleted-at-source",
        "The invoice was deleted in Rootstock.",
        "Restore the invoice in Rootstock, or void the delivered document and ignore this entry.",
    ),
    "STRING_TOO_LONG": (
        "too-long-for-source",
        "A text is longer than its field in Rootstock.",
        "Shorten the document's number, then clear the red task.",
    ),
    "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY": (
        "refused-by-package",
        "Rootstock's own rules refuse the change.",
        "Do what the message asks for in Rootstock, then clear the red task.",
    ),
    "FIELD_CUSTOM_VALIDATION_EXCEPTION": (
        "refused-by-validation",
        "A validation rule of the org refuses the change.",
        "Do what the message asks for in Rootstock, then clear the red task.",
    ),
    "INVALID_FIELD_FOR_INSERT_UPDATE": ("no-right", "The integration user may not change a field.", _RIGHTS),
    "INSUFFICIENT_ACCESS_OR_READONLY": ("no-right", "The integration user may not change the invoice.", _RIGHTS),
    "INVALID_FIELD": ("no-right", "The integration user does not see a field that we write.", _RIGHTS),
}
_MISSING = (
    "not-found-at-source",
    "The invoice is not in Rootstock any more, or the integration user may not see it.",
    "Look for the invoice in Rootstock; restore it, or ignore this entry.",
)
_NO_SUCH_ADDRESS = (
    "no-such-address",
    "Salesforce does not know the address that takes the news of a delivery.",
    "Check host and API version of the Rootstock connection, then clear the red task.",
)
_OTHER = (
    "refused-by-source",
    "Rootstock refuses to take note of the delivery.",
    "Look the code up with your Salesforce administrator, then clear the red task.",
)
_MISSING_CODES = ("NOT_FOUND", "INVALID_CROSS_REFERENCE_KEY", "MALFORMED_ID")
# only these texts are written for users by somebody who knows the org; others quote values
_TELLING = ("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "FIELD_CUSTOM_VALIDATION_EXCEPTION")
_LONGEST_QUOTE = 300
_FIELD = re.compile(r"\brstk__\w+__c\b")
_TOO_MUCH = re.compile(r"Apex CPU time limit exceeded|Too many (?:SOQL queries|DML|query rows)|LimitException", re.I)


def outcomes(armed: Armed, reply: Reply) -> dict[str, Outcome]:
    """An outcome for every item of the batch."""
    if reply.verdict is Verdict.OK and reply.answer is not None:
        return _by_item(armed, reply.answer)
    outcome = _refused(reply.answer) if reply.verdict is Verdict.REFUSED and reply.answer else _same(reply)
    return {item.wire_item: outcome for item in armed.items}


def _same(reply: Reply) -> Outcome:
    return Outcome(reply.verdict, status=reply.answer.status if reply.answer else None, wait=reply.wait)


def _refused(answer: Answer) -> Outcome:
    """A whole call refused with 4xx: nothing of it was done."""
    code, message = error_of(answer)
    if answer.status in (404, 405, 410):
        return Outcome(Verdict.REFUSED, problem=Problem(*_NO_SUCH_ADDRESS, vendor_code=code), status=answer.status)
    return _outcome(code, message, answer.status)


def _by_item(armed: Armed, answer: Answer) -> dict[str, Outcome]:
    results = _results(armed, answer)
    if results is None:
        return {item.wire_item: Outcome(Verdict.UNKNOWN, status=answer.status) for item in armed.items}
    pairs = zip(armed.items, results, strict=True)
    return {item.wire_item: _item_outcome(item, result, answer.status) for item, result in pairs}


def _results(armed: Armed, answer: Answer) -> list[dict[str, Any]] | None:
    """One result per item, in the order of the request; None when the answer cannot be trusted to be that."""
    try:
        results = answer.json()
    except ValueError:
        return None
    if not isinstance(results, list) or len(results) != len(armed.items):
        return None
    pairs = zip(armed.items, results, strict=True)
    return results if all(_belongs(item, result) for item, result in pairs) else None


def _belongs(item: WireItem, result: Any) -> bool:
    if not isinstance(result, dict) or not isinstance(result.get("success"), bool):
        return False
    named = result.get("id")
    if named is None:
        return result["success"] is False
    return str(named)[:15] == str(item.body["Id"])[:15]


def _item_outcome(item: WireItem, result: Mapping[str, Any], status: int) -> Outcome:
    if result["success"]:
        facts = facts_of(item.body, with_error=True)
        remote = Remote(str(item.body["Id"]), "", facts.get("acctinvoice", ""), facts)
        return Outcome(Verdict.OK, remote, status=status)
    errors = result.get("errors")
    first = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}
    fields = first.get("fields")
    named = [str(name) for name in fields if _FIELD.fullmatch(str(name))] if isinstance(fields, list) else []
    return _outcome(str(first.get("statusCode", "")), str(first.get("message", "")), status, named)


def _outcome(code: str, message: str, status: int, fields: Sequence[str] = ()) -> Outcome:
    if _TOO_MUCH.search(message):
        # a governor limit rolls the whole transaction back: none of the rows was done
        return Outcome(Verdict.TOO_LARGE, problem=_problem(code, message, fields), status=status)
    verdict = _DEFINITE.get(code)
    if verdict is Verdict.THROTTLED:
        return Outcome(verdict, status=status, wait=LIMIT_WAIT)
    if verdict is not None:
        return Outcome(verdict, status=status)
    return Outcome(Verdict.REFUSED, problem=_problem(code, message, fields), status=status)


def _problem(code: str, message: str, fields: Sequence[str] = ()) -> Problem:
    cause, reason, cure = _MISSING if code in _MISSING_CODES else _WORDS.get(code, _OTHER)
    named = list(fields) or sorted(set(_FIELD.findall(message)))
    if named:
        reason = f"{reason} Field: {', '.join(named)}."
    if code in _TELLING and message:
        reason = f"{reason} It says: {' '.join(message.split())[:_LONGEST_QUOTE]}"
    return Problem(cause, reason, cure, vendor_code=code)
