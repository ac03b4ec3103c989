"""What came back for a write, as a verdict and in words. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from invoice_sync.connectors.acumatica import faults
from invoice_sync.connectors.acumatica.faults import Fault, Kind
from invoice_sync.connectors.acumatica.sign_in import SEATS_LATER
from invoice_sync.connectors.base import Outcome, Verdict
from invoice_sync.connectors.http import Reply
from invoice_sync.model.errors import Problem

VERDICTS: Mapping[Kind, Verdict] = {
    Kind.SEATS: Verdict.THROTTLED,
    Kind.THROTTLED: Verdict.THROTTLED,
    Kind.SIGNED_OUT: Verdict.NOT_DONE,
    Kind.BUSY: Verdict.NOT_DONE,
    Kind.NOT_THERE: Verdict.REFUSED,
    Kind.SETUP: Verdict.REFUSED,
    Kind.DATA: Verdict.REFUSED,
    Kind.QUERY: Verdict.REFUSED,
    Kind.RIGHTS: Verdict.REFUSED,
    Kind.NO_SUCH_ADDRESS: Verdict.REFUSED,
}
"""Of a write. What is not here may have happened."""

_WORDS: Mapping[Kind, tuple[str, str, str]] = {
    Kind.NOT_THERE: (
        "not-found-at-source",
        "{what} is not in Acumatica any more, or the API user may not see it.",
        "Look for it in Acumatica, in all branches; restore it, or ignore this entry.",
    ),
    Kind.RIGHTS: (
        "no-right",
        "The API user may not do this to {what}.",
        "Give the user the access right to the form and its action, then clear the red task.",
    ),
    Kind.SETUP: (
        "not-set-up",
        "Preferences of a module were never set up in Acumatica.",
        "Open the preferences form that is named and save it, then clear the red task.",
    ),
    Kind.NO_SUCH_ADDRESS: (
        "no-such-address",
        "The endpoint of the Acumatica connection does not have what is needed for {what}.",
        "Compare endpoint and endpoint_version with Web Service Endpoints (SM207060), then clear the red task.",
    ),
}
_OTHER = (
    "refused-by-source",
    "Acumatica refuses this for {what}.",
    "Do what the message asks for in Acumatica, then clear the red task.",
)


def of_reply(reply: Reply, what: str) -> Outcome:
    """OK only for an answer that Acumatica itself gave; what it says of the record is looked at elsewhere."""
    answer = reply.answer
    if answer is None:
        return Outcome(reply.verdict, wait=reply.wait)
    fault = faults.of(answer)
    if fault is None:
        return Outcome(Verdict.OK, status=answer.status)
    return of_fault(fault, what, reply.wait)


def of_fault(fault: Fault, what: str, wait: float | None = None) -> Outcome:
    verdict = VERDICTS.get(fault.kind, Verdict.UNKNOWN)
    wait = SEATS_LATER if fault.kind is Kind.SEATS else wait
    found = problem(fault, what) if verdict is Verdict.REFUSED else None
    # only as a 401 does "not done" make anybody renew the session
    return Outcome(verdict, problem=found, status=fault.status, wait=wait)


def problem(fault: Fault, what: str) -> Problem:
    """The vendor's own words are written for its users, so they are quoted."""
    cause, reason, cure = _WORDS.get(fault.kind, _OTHER)
    said = f" It says: {fault.quote}" if fault.quote else ""
    return Problem(cause, _capital(f"{reason.format(what=what)}{said}"), cure, vendor_code=fault.code)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def gone(what: str) -> Outcome:
    """No call was made: there is nothing to write to any more."""
    return Outcome(Verdict.REFUSED, problem=problem(Fault(Kind.NOT_THERE, 0), what))
