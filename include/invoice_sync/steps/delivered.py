"""Documents that are at the destination already: never sent again, only compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from invoice_sync.connectors.base import Remote
from invoice_sync.delivery.references import resolved
from invoice_sync.ledger import intents, links
from invoice_sync.ledger.links import Link
from invoice_sync.ledger.tables import DocumentRow
from invoice_sync.model.errors import Problem
from invoice_sync.model.words import IntentState
from invoice_sync.steps.context import StepContext

CREATE = "create"


def before(session: Session, context: StepContext, row: DocumentRow) -> bool:
    """It has a link."""
    return bool(links.of(session, context.scope, "invoice", [row.source_id]))


def is_ours(context: StepContext, row: DocumentRow, holder: Remote) -> bool:
    """The record that holds the number says that it is this very document."""
    return holder.live and holder.facts.get("marker") == context.marker(row)


def adopt(session: Session, context: StepContext, row: DocumentRow, body: Mapping[str, Any], holder: Remote) -> None:
    """We delivered it before the ledger forgot, as after a restored backup: linked again, never sent again."""
    intent = intents.plan(
        session, context.scope, row, CREATE, context.scope.target_vendor, body, row.number, context.now
    )
    intent.state, intent.done_at = IntentState.DONE, context.now
    link = Link(holder.id, holder.version, holder.number, "our marker", f"id {holder.id}", "plan")
    links.put(session, context.scope, "invoice", row.source_id, link, context.now)


def drift(
    session: Session, context: StepContext, row: DocumentRow, body: Mapping[str, Any], there: Remote | None
) -> list[Problem]:
    """Equal is well; anything else is for a person."""
    if there is None or not there.live:
        return [_vanished(row)]
    bodies = resolved(session, context.scope, {row.id: body})
    expected = context.destination.expected("invoice", CREATE, bodies.get(row.id, body))
    wrong = [
        f"{name} {text} here, {there.facts.get(name) or 'nothing'} there"
        for name, text in expected.items()
        if there.facts.get(name) != text
    ]
    return [_changed(row, there, wrong)] if wrong else []


def _vanished(row: DocumentRow) -> Problem:
    return Problem(
        "vanished",
        f"{row.number} was delivered, but is no longer there or was voided there.",
        "Restore it there. It is not created a second time by itself.",
    )


def _changed(row: DocumentRow, there: Remote, wrong: Sequence[str]) -> Problem:
    return Problem(
        "changed_after_delivery",
        f"{row.number} was delivered (id {there.id}) and differs now: {'; '.join(wrong)}.",
        "Make the two equal by hand, then clear the task plan.",
    )
