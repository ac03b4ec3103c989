"""Why a deed of the release chain was refused, in the words of who has to mend it. Pure.

Acumatica names no codes for these: only its sentence tells them apart, and that is written for its users, so it is
quoted. The sentences are looked at from the top; a site in another language falls through to the last row.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from invoice_sync.connectors.fulfilment import CONFIRM, RELEASE
from invoice_sync.model.errors import Problem

_SHIPMENTS, _INVOICES = "on the Shipments form (SO302000)", "on the Invoices form (SO303000)"
_THEN = "then clear the red task."

_BY_SENTENCE: tuple[tuple[str, str, str, str], ...] = (
    (
        r"lot/serial|lot or serial",
        "lot_missing",
        "{what} has an item that goes out by lot or serial number, and none was picked.",
        f"Pick the lot or serial numbers {_SHIPMENTS}, {_THEN}",
    ),
    (
        r"warehouse must be given|several warehouses",
        "two_warehouses",
        "The lines of {what} lie in several warehouses, and a shipment leaves from one.",
        "Start a run for this order with a warehouse in the form, and one more for each other warehouse.",
    ),
    (
        r"warehouse '.*' cannot be found",
        "warehouse_unknown",
        "The warehouse that was named for {what} is not in Acumatica.",
        "Start a run for this order with the right warehouse in the form; see options.acumatica.warehouse as well.",
    ),
    (
        r"no lines .*to be shipped|nothing to ship",
        "no_goods",
        "Nothing of {what} can be shipped: services never are, and goods only from the warehouse of their line.",
        f"Invoice services from the order itself in Acumatica; for goods, start a run with their warehouse in the "
        f"form; or correct the order, {_THEN}",
    ),
    (
        r"no stock|not available|insufficient|out of stock",
        "no_stock",
        "There is no stock for {what}.",
        f"Receive or transfer the goods, {_THEN} Or start a run with another warehouse in the form.",
    ),
    (
        r"not in location .*quantity|negative quantity",
        "short_stock",
        "The goods of {what} are not where it takes them from, or not so many of them.",
        f"Correct quantity and location {_SHIPMENTS}, or count the stock, {_THEN}",
    ),
    (r"credit hold", "credit_hold", "The credit check stops {what}.", f"Release it from credit hold, {_THEN}"),
    (r"on hold", "on_hold", "{what} is on hold.", f"Remove the hold in Acumatica, {_THEN}"),
    (
        r"period .*closed|closed .*period|period .*inactive",
        "closed_period",
        "The financial period of {what} is closed.",
        f"Open the period, or give the document a date in an open one {_INVOICES}, {_THEN}",
    ),
    (
        r"already invoiced",
        "already_invoiced",
        "{what} was invoiced already, but Acumatica does not show us that invoice.",
        f"Look {_SHIPMENTS}, tab Orders, which invoice it is; give the API user access to its branch, {_THEN}",
    ),
    (
        r"already released|document is released",
        "already_released",
        "{what} was released already, and stands otherwise than a released document does.",
        f"Look at it {_INVOICES}, {_THEN}",
    ),
    (
        r"button is disabled|is not allowed|invalid status",
        "not_ready",
        "{what} does not stand where this can be done: somebody may have moved it in the meantime.",
        f"Look at it in Acumatica and take it to where it belongs, {_THEN}",
    ),
)
_BY_CAUSE: Mapping[str, str] = {
    "not-found-at-source": "not_found",
    "no-right": "no_right",
    "not-set-up": "not_set_up",
    "no-such-address": "no_such_address",
    "refused-by-source": "refused_by_source",
}
"""Slugs of this flow are written as those that it shows beside them."""

_REFUSED = {
    CONFIRM: "Acumatica does not let {what} be confirmed.",
    RELEASE: "Acumatica does not let {what} be released.",
}
LAST = "refused-by-source"


def in_words(problem: Problem, operation: str, what: str) -> Problem:
    """The same refusal with what it means for `what`, such as "order SO0007850"; codes stay as they are."""
    said = problem.reason.partition(" It says: ")[2]
    found = next((row for row in _BY_SENTENCE if re.search(row[0], said, re.I | re.S)), None)
    if problem.cause != LAST or found is None:
        reason = problem.reason
        if problem.cause == LAST:
            reason = _told(_REFUSED.get(operation, "Acumatica refuses this for {what}."), what, said)
        return replace(problem, cause=_BY_CAUSE.get(problem.cause, problem.cause), reason=reason)
    _, cause, reason, cure = found
    return replace(problem, cause=cause, reason=_told(reason, what, said), cure=cure)


def _told(reason: str, what: str, said: str) -> str:
    text = reason.format(what=what)
    text = f"{text[:1].upper()}{text[1:]}"
    return f"{text} Acumatica says: {said}" if said else text
