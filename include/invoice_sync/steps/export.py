"""export: sends what is planned, and finds out what became of writes whose answer was lost."""

from __future__ import annotations

from collections import Counter

from invoice_sync.connectors.base import CREATE, DELIVERIES, UPDATE, VOID
from invoice_sync.delivery.told import MISMATCH
from invoice_sync.ledger import documents, intents, links
from invoice_sync.ledger.intents import Wanted
from invoice_sync.model import canonical
from invoice_sync.model.documents import CARRIED, PAYMENT, Entity
from invoice_sync.model.words import DocumentState, IntentState
from invoice_sync.steps import applied
from invoice_sync.steps.context import Counts, StepContext
from invoice_sync.steps.matching import block_invoices


def export(context: StepContext) -> Counts:
    """What the door did. Raises as `Door.deliver`.

    Invoices before credit memos, and of each what is new before what changes or takes back; of payments what changes
    before what is new, for one that gets smaller makes room for another.
    """
    done: Counter[str] = Counter()
    for entity in CARRIED:
        for operation in (UPDATE, CREATE) if entity == PAYMENT else DELIVERIES:
            if (entity, operation) == ("invoice", VOID):
                done.update(_take_off(context))
            if context.destination.can(entity, operation):
                done.update(context.door_to_destination().deliver(entity, operation).as_counts())
        if context.destination.can(entity, CREATE) and _plan_instead(context, entity):
            done.update(context.door_to_destination().deliver(entity, CREATE).as_counts())
        if context.flow.options.on_mismatch == "void" and context.destination.can(entity, VOID):
            _plan_voids(context, entity)
            done.update(context.door_to_destination().deliver(entity, VOID).as_counts())
        with context.transaction() as session:
            block_invoices(session, context, entity)
    return dict(done)


def _take_off(context: StepContext) -> Counts:
    """Deletes what is no longer paid: after the updates, whose balances count it still, and before the voids, for a
    deletion opens its invoice again. A void whose payments are not all gone waits for the next plan."""
    if not context.destination.can(PAYMENT, VOID):
        return {}
    done = context.door_to_destination().deliver(PAYMENT, VOID).as_counts()
    with context.transaction() as session:
        planned = documents.in_state(session, context.scope, "invoice", DocumentState.PLANNED)
        taken_back = [row for row in planned if row.withdrawn]
        voids = intents.unfinished(session, taken_back, context.scope.target_vendor, (VOID,))
        for row in taken_back:
            if row.id in voids and applied.to_be_taken_off(session, row):
                intents.replace_planned(session, [row])
                documents.hold(row, applied.still_paid(row), context.step, context.now)
    return done


def _plan_instead(context: StepContext, entity: Entity) -> bool:
    """What was definitely refused for something that can be left out is planned again without it."""
    with context.transaction() as session:
        waiting = context.mine(session, documents.in_state(session, context.scope, entity, DocumentState.REVIEW))
        rows = [row for row in waiting if row.step == context.step]
        refused = intents.newest(session, rows, context.scope.target_vendor, (CREATE,))
        wanted = []
        for row in rows:
            if row.id not in refused or refused[row.id].state != IntentState.REFUSED:
                continue
            body = context.destination.instead(canonical.loads(refused[row.id].body), documents.problem_of(row))
            wanted += [Wanted(row, body, refused[row.id].number)] if body is not None else []
        intents.plan(session, context.scope, CREATE, context.scope.target_vendor, wanted, context.now)
        documents.move_all(session, [each.row for each in wanted], DocumentState.PLANNED, context.now)
    return bool(wanted)


def _plan_voids(context: StepContext, entity: Entity) -> None:
    """What is there and is not what we sent is taken out of the books; the document stays in review."""
    with context.transaction() as session:
        waiting = documents.in_state(session, context.scope, entity, DocumentState.REVIEW)
        differing = [row for row in context.mine(session, waiting) if row.cause == MISMATCH]
        busy = intents.unfinished(session, differing, context.scope.target_vendor, (VOID,))
        rows = {row.source_id: row for row in differing if row.id not in busy}
        linked = links.of(session, context.scope, entity, list(rows))
    there = context.destination.reread(entity, [link.remote_id for link in linked.values()]) if linked else {}
    live = {key: there[link.remote_id] for key, link in linked.items() if link.remote_id in there}
    with context.transaction() as session:
        wanted = [
            Wanted(rows[key], context.destination.void_body(remote), remote.number)
            for key, remote in live.items()
            if remote.live
        ]
        intents.plan(session, context.scope, VOID, context.scope.target_vendor, wanted, context.now)
