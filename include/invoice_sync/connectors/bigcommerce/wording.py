"""Refusals of BigCommerce in a bookkeeper's words, as a table; pure.

The vendor's texts may quote what they were sent, so only names of fields and known phrases are taken out of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from invoice_sync.connectors.base import Verdict
from invoice_sync.connectors.bigcommerce.envelope import Told
from invoice_sync.model.errors import Problem

NUMBER_TAKEN, ORDER_INVOICED = "number_taken", "order_invoiced"
_SUPPORT = "Give code and trace id to whoever looks after this integration."
_SOURCE = "in the source system"


@dataclass(frozen=True, slots=True)
class Rule:
    """`phrase`: what the answer contains, in lower case. `reason` completes "The store refused X: ..."."""

    phrase: str
    verdict: Verdict
    cause: str
    reason: str
    cure: str


def _refusal(phrase: str, cause: str, reason: str, cure: str) -> Rule:
    return Rule(phrase, Verdict.REFUSED, cause, reason, cure)


_RULES = (
    Rule(
        "invoice number already exists",
        Verdict.HIT,
        NUMBER_TAKEN,
        "another invoice of the store has this number already",
        "Compare the two in the store. Give one of them another number, or set the flow's option "
        "bigcommerce.number_prefix where the store's own numbers collide.",
    ),
    _refusal(
        "invoice exists for this order",
        ORDER_INVOICED,
        "the store has an invoice for this order already, and takes one only",
        "Nothing, it goes on without the order number by itself. Where it does not, look whether the store makes "
        "invoices of orders automatically (B2B Edition settings), which would bill the buyer twice.",
    ),
    _refusal(
        "channels not exist",
        "channel",
        "it names a channel, and the store has no such channel or no multi-storefront",
        "Correct or remove the flow's option bigcommerce.channel.",
    ),
    _refusal(
        "invalid currency code",
        "currency",
        "the store does not take its currency",
        "Enable the currency in the store's settings as one that can be paid in.",
    ),
    _refusal("please enter a valid number", "amount", "an amount of it cannot be read", _SUPPORT),
    _refusal(
        "open balance",
        "overpaid",
        "more is paid than is open there; a buyer may have paid in the store",
        "Compare the payments of the invoice in the store with those in the source system.",
    ),
    _refusal(
        "payment does not exist",
        "vanished",
        "the payment is no longer in the store",
        "Have it created again: `python -m invoice_sync reissue`.",
    ),
    _refusal(
        "belongs to another company",
        "reference",
        "its invoice belongs to another company of the store than its customer",
        "Compare customer and invoice in the source system and in the store.",
    ),
    _refusal(
        "not an offline payment",
        "changed_there",
        "the store has another kind of payment under its id",
        "Compare the payments of the invoice in the store with those in the source system.",
    ),
    _refusal(
        "invoice does not exist",
        "vanished",
        "the invoice is no longer in the store",
        "Have it created again: `python -m invoice_sync reissue`.",
    ),
    _refusal(
        "company does not exist",
        "reference",
        "its company is no longer in the store",
        "Link the customer to another company of the store.",
    ),
    _refusal(
        "company is not active",
        "reference",
        "its company is inactive or was rejected in the store",
        "Approve the company in the store again, or link the customer to another one.",
    ),
    _refusal(
        "required extra field",
        "extra_field",
        "the store requires an extra field that the document does not fill",
        "Name it in the flow's option bigcommerce.extra_fields, or make it optional in the store.",
    ),
    _refusal(
        "is not an extra field",
        "extra_field",
        "an extra field that it fills is no longer in the store",
        "Add the field in the store's B2B settings, or correct the flow's option bigcommerce.extra_fields.",
    ),
    _refusal(
        "must be unique",
        "extra_field",
        "an extra field of it has to be unique in the store, and another record has the same value",
        "Look for the other record in the store, or make the field not unique there.",
    ),
    _refusal(
        "customer group failed",
        "refused",
        "the store could not make a customer group for the company",
        "See in the store whether a customer group has this name already.",
    ),
    _refusal(
        "bigcommerce customer failed",
        "email",
        "the store could not make a customer with this e-mail address; somebody may have it already",
        "Look for the address among the store's customers and company users.",
    ),
)

_BY_STATUS = {
    413: ("too_large", "it is too large for one call", f"Split the document {_SOURCE}."),
    422: ("our_request", "it holds something that the store does not take", _SUPPORT),
}
_OTHER = ("refused", "it gave no reason that we know", _SUPPORT)
_FIELD = re.compile(r"[A-Za-z][\w.\[\] ]{0,79}")
_BRACKETED = re.compile(r"\[([\w .&/-]{1,60})\]")
_MOST_FIELDS = 5
# what a field's words may contain, and how we say it
_PHRASES = (
    ("required", "is missing"),
    ("blank", "is empty"),
    ("null", "is empty"),
    ("no more than", "is too long"),
    ("is longer than", "is too long"),
    ("valid choice", "is not one of the choices"),
    ("one of the list", "is not one of the choices"),
)


def rule_of(told: Told) -> Rule | None:
    """The known refusal that an answer is."""
    words = told.words
    return next((rule for rule in _RULES if rule.phrase in words), None)


def problem(what: str, told: Told, trace_id: str = "") -> Problem:
    """The refusal for the one who has to act; `what` names the document, such as "invoice AR000160"."""
    rule = rule_of(told)
    cause, reason, cure = (rule.cause, rule.reason, rule.cure) if rule else _BY_STATUS.get(told.status, _OTHER)
    named = "; ".join([*_field_words(told), *_extra_fields(told)])
    said = f"The store refused {what}: {reason}{f' ({named})' if named else ''}."
    return Problem(cause, said, cure, f"HTTP {told.status}", trace_id)


def unexplained(what: str, status: int, trace_id: str = "") -> Problem:
    """A refusal without an answer that could be read, such as a page of a proxy."""
    reason = f"The store refused {what} without a reason that could be read (HTTP {status})."
    return Problem("refused", reason, _SUPPORT, f"HTTP {status}", trace_id)


def _field_words(told: Told) -> Iterator[str]:
    for name, said in list(told.fields.items())[:_MOST_FIELDS]:
        if _FIELD.fullmatch(name):
            yield f"{name} {_phrase(said)}"


def _extra_fields(told: Told) -> Iterator[str]:
    """Names of extra fields, which the store writes in brackets."""
    for text in told.texts:
        for name in _BRACKETED.findall(text)[:_MOST_FIELDS]:
            yield f"field {name} {_phrase(text)}"


def _phrase(said: str) -> str:
    folded = said.lower()
    return next((ours for theirs, ours in _PHRASES if theirs in folded), "is not accepted")
