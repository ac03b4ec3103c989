"""Refusals of QuickBooks in a bookkeeper's words.

The vendor's Detail may quote whatever it was sent, so only parts of a known form are taken out of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from invoice_sync.connectors.quickbooks.faults import Error, Fault
from invoice_sync.model.errors import Problem

_ASK_SUPPORT = "Give code and trace id to whoever looks after this integration."
_LONGEST_MESSAGE = 160


@dataclass(frozen=True, slots=True)
class _Words:
    """`reason` completes the sentence "QuickBooks refused X: ..."."""

    cause: str
    reason: str
    cure: str


_BY_CODE = {
    120: _Words(
        "permission",
        "the person who connected it has no right to do this, or the plan does not include it",
        "Have an administrator of the QuickBooks company connect it again.",
    ),
    610: _Words(
        "reference",
        "something it refers to was deleted or made inactive in QuickBooks",
        "Make the customer and the items of this document active in QuickBooks again, or link others.",
    ),
    2010: _Words("our_request", "it holds a field that QuickBooks does not know", _ASK_SUPPORT),
    2030: _Words("our_request", "an id in it is not one of QuickBooks", _ASK_SUPPORT),
    2090: _Words("amount", "a number in it cannot be read", _ASK_SUPPORT),
    2170: _Words("our_request", "it holds a choice that QuickBooks does not know", _ASK_SUPPORT),
    3100: _Words(
        "permission",
        "the connection belongs to another QuickBooks company",
        "Compare the company ID of the flow with the one that was connected.",
    ),
    5010: _Words(
        "changed_meanwhile",
        "somebody changed the record in QuickBooks at the same time",
        "Look at the record in QuickBooks, then clear the task.",
    ),
    5020: _Words(
        "permission",
        "the person who connected it has no right to do this",
        "Have an administrator of the QuickBooks company give the right or connect it again.",
    ),
    6190: _Words(
        "subscription",
        "the subscription or trial of the QuickBooks company has ended",
        "Renew the subscription in QuickBooks.",
    ),
    6210: _Words(
        "closed_period",
        "its date lies in a closed accounting period",
        "Change the invoice date in the source system, or reopen the period in QuickBooks.",
    ),
    6430: _Words(
        "account",
        "an account behind it is of the wrong type",
        "Check the income account of the items on this document in QuickBooks.",
    ),
}

# what the Detail of a 6000 may contain, in lower case
_BUSINESS_RULES = (
    (
        re.compile(r"(gst|hst|vat|sales tax)[^.]*rate before you save"),
        _Words(
            "tax",
            "QuickBooks wants a tax code on every line",
            "Set the tax codes of the items on this document in QuickBooks.",
        ),
    ),
    (
        re.compile(r"one foreign currency per transaction"),
        _Words(
            "currency",
            "the customer is kept in another currency in QuickBooks",
            "Link a customer of QuickBooks that is kept in the document's currency.",
        ),
    ),
    (
        re.compile(r"more than 50 characters in the request_id"),
        _Words("our_request", "the key of the call was too long", _ASK_SUPPORT),
    ),
    (
        re.compile(r"cannot include tabs, newlines or|must have at least one character"),
        _Words(
            "name",
            "the name is empty or holds a colon, a tab or a line break",
            "Correct the name in the source system.",
        ),
    ),
    (
        re.compile(r"e-?mail address"),
        _Words("email", "an e-mail address is not valid", "Correct the e-mail address in the source system."),
    ),
    (
        re.compile(r"customer[^.]*(has been deleted|inactive)"),
        _Words(
            "reference",
            "the customer was deleted or made inactive in QuickBooks",
            "Make the customer active in QuickBooks again, or link another one.",
        ),
    ),
)

_REFERENCES = {
    "names": "customer",
    "accounts": "account",
    "items": "item",
    "klasses": "class",
    "depts": "location",
}


def problem(what: str, fault: Fault, trace_id: str = "") -> Problem:
    """The fault for the one who has to act; `what` names the document, such as "invoice A-1"."""
    words = [_words(error) for error in fault.errors] or [_Words("refused", "no reason was given", _ASK_SUPPORT)]
    reasons = "; ".join(dict.fromkeys(word.reason for word in words))
    cures = " ".join(dict.fromkeys(word.cure for word in words))
    return Problem(words[0].cause, f"QuickBooks refused {what}: {reasons}.", cures, fault.vendor_code, trace_id)


def unexplained(what: str, status: int | None, trace_id: str = "") -> Problem:
    """A refusal without a fault that could be read, such as a page of a proxy."""
    code = "" if status is None else f"HTTP {status}"
    reason = f"QuickBooks refused {what} without a reason that could be read ({code or 'no status'})."
    return Problem("refused", reason, _ASK_SUPPORT, code, trace_id)


def _words(error: Error) -> _Words:
    if error.code in _BY_DETAIL:
        return _BY_DETAIL[error.code](error)
    return _BY_CODE.get(error.code) or _other(error)


def _other(error: Error) -> _Words:
    message = " ".join(error.message.split())[:_LONGEST_MESSAGE].rstrip(". ")
    reason = f'its answer was "{message}" (code {error.code})' if message else f"code {error.code}"
    return _Words("refused", reason, _ASK_SUPPORT)


def _missing(error: Error) -> _Words:
    found = re.search(r"Required parameter (\w{1,40})", error.detail)
    field = found.group(1) if found else _field(error)
    return _Words("missing", f"{field} is missing", "Complete the document in the source system.")


def _length(error: Error) -> _Words:
    numbers = [
        found.group(1) if (found := re.search(rf"{label}:\s*([\d,]+)", error.detail)) else "?"
        for label in ("Max", "Supplied length")
    ]
    reason = f"{_field(error)} has {numbers[1]} characters, QuickBooks takes {numbers[0]}"
    return _Words("too_long", reason, "Shorten it in the source system.")


def _reference(error: Error) -> _Words:
    found = re.search(r"\b(\w{1,20}) element id (\d{1,25}) not found", error.detail)
    if found is None:
        return _BY_CODE[610]
    kind = _REFERENCES.get(found.group(1).lower(), "record")
    reason = f"{kind} {found.group(2)} is no longer in QuickBooks"
    return _Words("reference", reason, f"Link another {kind}; it may have been merged in QuickBooks.")


def _product_of(error: Error) -> _Words:
    found = re.search(r"Supplied value:\s*(-?[\d,.]{1,30}\d)", error.detail)
    sent = f" {found.group(1)}" if found else ""
    return _Words("amount", f"a line amount{sent} is not quantity times unit price", _ASK_SUPPORT)


def _number_taken(error: Error) -> _Words:
    found = re.search(r"TxnType=(\w{1,30}) with TxnId=(\d{1,25})", error.detail)
    holder = f" ({found.group(1)} with id {found.group(2)})" if found else ""
    cure = "Compare the two in QuickBooks. Give the one that was entered by hand another number, or ignore this one."
    return _Words("number_taken", f"another document has this number already{holder}", cure)


def _name_taken(error: Error) -> _Words:
    found = re.search(r"\bId=(\d{1,25})", error.detail)
    holder = f" (id {found.group(1)})" if found else ""
    cure = "Link the one that is there or rename it in QuickBooks; customers, vendors and employees share names."
    return _Words("name_taken", f"the name is in use already{holder}", cure)


def _business_rule(error: Error) -> _Words:
    detail = error.detail.lower()
    known = (words for pattern, words in _BUSINESS_RULES if pattern.search(detail))
    cure = "Try to enter the document by hand in QuickBooks: it then says which rule it breaks."
    return next(known, _Words("business_rule", "it breaks a business rule of QuickBooks (code 6000)", cure))


def _field(error: Error) -> str:
    return error.element if re.fullmatch(r"[\w .]{1,40}", error.element) else "a field"


_BY_DETAIL: dict[int, Callable[[Error], _Words]] = {
    2020: _missing,
    2050: _length,
    2500: _reference,
    6000: _business_rule,
    6070: _product_of,
    6140: _number_taken,
    6240: _name_taken,
}
