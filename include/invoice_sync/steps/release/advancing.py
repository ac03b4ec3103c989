"""The three steps after the shipment is there. Each reads the state first and writes only what is not so yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from invoice_sync.connectors.fulfilment import RELEASE, REMOVE_HOLD, ShipmentState
from invoice_sync.ledger import documents, intents, links
from invoice_sync.ledger.intents import Wanted
from invoice_sync.ledger.tables import DocumentRow
from invoice_sync.model.documents import SHIPMENT
from invoice_sync.model.errors import Problem
from invoice_sync.model.words import DocumentState
from invoice_sync.steps.context import Counts, StepContext
from invoice_sync.steps.release.places import chosen
from invoice_sync.steps.release.taking_up import taken_up


def advance(context: StepContext, operation: str) -> Counts:
    """What the door did. Raises as `Door.deliver`."""
    with context.transaction() as session:
        taken_up(session, context)
        rows = chosen(session, context, documents.in_state(session, context.scope, SHIPMENT, DocumentState.LINKED))
        linked = links.of_rows(session, context.scope, rows)
    numbers = {row.id: linked[row.id].remote_id for row in rows if row.id in linked}
    states = context.fulfilment.shipments(sorted(set(numbers.values()))) if numbers else {}
    with context.transaction() as session:
        fresh = documents.fresh(session, rows, DocumentState.LINKED)
        _plan(session, context, operation, fresh, {key: states.get(number) for key, number in numbers.items()})
        context.note(session, rows)
    return context.door_to_destination().deliver(SHIPMENT, operation).as_counts()


def _plan(
    session: Session,
    context: StepContext,
    operation: str,
    rows: Sequence[DocumentRow],
    states: Mapping[int, ShipmentState | None],
) -> None:
    busy = intents.unfinished(session, rows, context.scope.target_vendor, (operation,))
    wanted = []
    for row in rows:
        state = states.get(row.id)
        if row.id in busy:
            continue
        if state is None:
            context.review(session, row, _vanished(row))
        elif state.is_released and operation == RELEASE:
            documents.move(row, DocumentState.SETTLED, context.now)
        elif state.needs(operation):
            wanted += _wanted(session, context, operation, row, state)
    intents.plan(session, context.scope, operation, context.scope.target_vendor, wanted, context.now)


def _wanted(
    session: Session, context: StepContext, operation: str, row: DocumentRow, state: ShipmentState
) -> list[Wanted]:
    if state.problem is not None and operation != REMOVE_HOLD:
        context.review(session, row, state.problem)
        return []
    return [Wanted(row, context.fulfilment.next_body(operation, state), row.number)]


def _vanished(row: DocumentRow) -> Problem:
    return Problem(
        "shipment_vanished",
        f"The shipment of order {row.number} is no longer there.",
        "If it was deleted on purpose, clear select_orders with downstream, and a new one is made; until then none is.",
    )
