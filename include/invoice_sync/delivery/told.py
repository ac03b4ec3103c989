"""What people are told about a write: problems for the review table, rows for the process log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from invoice_sync.connectors.base import ACKNOWLEDGE, CREATE, TELL_ERROR, UPDATE, VOID, WRITE_ID, Outcome, Remote
from invoice_sync.connectors.fulfilment import CONFIRM, PREPARE, RELEASE, REMOVE_HOLD
from invoice_sync.delivery.work import Work
from invoice_sync.ledger.process_log import Entry
from invoice_sync.ledger.tables import IntentRow
from invoice_sync.model.errors import Problem

MISMATCH = "mismatch"
_NOUNS = {
    "customer": "Customer", "product": "Product", "invoice": "Invoice", "credit_memo": "Credit Memo",
    "payment": "Payment", "shipment": "Shipment",
}  # fmt: skip
_DONE = {
    CREATE: "is created successfully",
    UPDATE: "is updated successfully",
    VOID: "is voided successfully",
    ACKNOWLEDGE: "is acknowledged at the source",
    WRITE_ID: "has its id at the source",
    TELL_ERROR: "has its error text at the source",
    CONFIRM: "is confirmed successfully",
    PREPARE: "has its invoice prepared successfully",
    REMOVE_HOLD: "has its invoice off hold",
    RELEASE: "has its invoice released successfully",
}
_PRIVATE = ("name", "marker")


def done(work: Work, row: IntentRow, names: Mapping[str, object], remote: Remote, rule: str) -> Entry:
    """ "Invoice is created successfully.", with how we know. `names`: of the document, as people know them."""
    message = {**names, "remote_id": remote.id, "how": rule}
    message |= {name: remote.facts[fact] for name, fact in work.rule.told.items() if fact in remote.facts}
    return _entry(work, row, "INFO", message, f"{_NOUNS[row.entity]} {_DONE[work.operation]}.")


def refused(work: Work, row: IntentRow, names: Mapping[str, object], problem: Problem) -> Entry:
    message = {
        **names, "cause": problem.cause, "vendor_code": problem.vendor_code,
        "trace_id": problem.trace_id,
    }  # fmt: skip
    return _entry(work, row, "ERROR", message, problem.reason)


def uncertain(work: Work, row: IntentRow, names: Mapping[str, object], outcome: Outcome) -> Entry:
    message = {**names, "status": outcome.status, "trace_id": outcome.trace_id}
    return _entry(work, row, "WARNING", message, "The outcome is unknown; it will be looked up before anything else.")


def abandoned(work: Work, row: IntentRow) -> Entry:
    """Nobody waits for the answer any more: its task was stopped, or its process died."""
    return _entry(
        work, row, "WARNING", {"document": row.number, "attempt": row.attempts},
        "Abandoned, outcome unknown; it will be looked up before anything else.",
    )  # fmt: skip


def mismatch(row: IntentRow, remote: Remote, wrong: Mapping[str, tuple[str, str]]) -> Problem:
    said = "; ".join(_difference(name, *both) for name, both in wrong.items())
    return Problem(
        MISMATCH,
        f"{row.number} is at {row.target_vendor} under id {remote.id}, but it differs. {said}.",
        "Correct the document there so that it equals the source, then clear this task. It is not sent again.",
    )


def taken_back(problem: Problem) -> Problem:
    """The same document after `on_mismatch: void`."""
    cure = "Mend what makes the two differ, then have it created again: `python -m invoice_sync reissue`."
    return replace(problem, cause="mismatch_voided", reason=f"{problem.reason} It was voided there.", cure=cure)


def unexplained(outcome: Outcome) -> Problem:
    return Problem(
        "refused",
        f"The destination refused the document without a reason that we know (HTTP {outcome.status}).",
        "Look the trace id up with the vendor's support, mend the cause, then clear this task.",
        trace_id=outcome.trace_id,
    )


def _difference(name: str, ours: str, theirs: str) -> str:
    """Names of people stay out of logs and tables, so for them only the fact that they differ."""
    if name in _PRIVATE:
        return f"the {name} is another one"
    return f"{name}: we sent {ours or 'nothing'}, there is {theirs or 'nothing'}"


def _entry(work: Work, row: IntentRow, level: str, message: object, description: str) -> Entry:
    endpoint = work.rule.endpoint or work.writer.binding.vendor
    return Entry(level, f"{_NOUNS[row.entity]} {work.words.verb}", message, endpoint, description, row.document_id)
