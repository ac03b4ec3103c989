"""plan: freezes each intended write, and predicts refusals before anything is sent. The plan is the preview."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

from sqlalchemy.orm import Session

from invoice_sync.connectors.base import Remote, split_placeholder
from invoice_sync.ledger import documents, intents, links, runs
from invoice_sync.ledger.tables import DocumentRow, IntentRow, XrefRow
from invoice_sync.model.crash_points import reached
from invoice_sync.model.documents import Document, Invoice
from invoice_sync.model.errors import BadDocument, NotChecked, Problem
from invoice_sync.model.words import DocumentState, IntentState
from invoice_sync.steps import delivered, preflight
from invoice_sync.steps.context import Counts, StepContext
from invoice_sync.steps.delivered import CREATE
from invoice_sync.steps.matching import block_invoices

log = logging.getLogger("invoice_sync.plan")


@dataclass(frozen=True, slots=True)
class Desk:
    """What planning looks at, read in bulk and outside the transaction that plans.

    `taken`: by invoice number, documents that hold it already; `there`: by source id, our delivered documents as
    they are now; `known`: placeholders of customers and products that are linked or will be added.
    """

    profile: Mapping[str, Any]
    invoices: Mapping[int, Invoice]
    linked: Mapping[str, XrefRow]
    known: frozenset[str]
    taken: Mapping[str, Sequence[Remote]] = field(default_factory=dict)
    there: Mapping[str, Remote] = field(default_factory=dict)


def plan(context: StepContext) -> Counts:
    """`planned`, `parties` that they need added, `review`. A dry run commits no intent."""
    with context.transaction() as session:
        rows = context.mine(session, documents.in_state(session, context.scope, "invoice", DocumentState.WAITING))
        desk = _desk(session, context, rows)
    desk = _look_up(context, desk, rows)
    with context.transaction() as session:
        counts = _plan_all(session, context, documents.fresh(session, rows, DocumentState.WAITING), desk)
    reached("K1")
    return counts


def _desk(session: Session, context: StepContext, rows: Sequence[DocumentRow]) -> Desk:
    profile = runs.reference(session, context.destination.binding, "profile")
    if profile is None:
        raise NotChecked("The destination was never checked.", cure="Clear the task check of this run.")
    invoices = {key: cast(Invoice, model) for key, model in context.models(session, rows).items()}
    linked = links.of(session, context.scope, "invoice", [row.source_id for row in rows])
    return Desk(profile, invoices, linked, preflight.known_parties(session, context, rows))


def _look_up(context: StepContext, desk: Desk, rows: Sequence[DocumentRow]) -> Desk:
    """Numbers already used there, and documents that we delivered before and that changed since."""
    new = [desk.invoices[row.id] for row in rows if row.source_id not in desk.linked]
    taken = context.destination.taken_numbers(new) if new else {}
    ids = [row.remote_id for row in desk.linked.values()]
    there = context.destination.reread("invoice", ids) if ids else {}
    by_source = {source_id: there[row.remote_id] for source_id, row in desk.linked.items() if row.remote_id in there}
    return replace(desk, taken=taken, there=by_source)


def _plan_all(session: Session, context: StepContext, rows: Sequence[DocumentRow], desk: Desk) -> Counts:
    planned: list[DocumentRow] = []
    busy = intents.unfinished(session, rows, context.scope.target_vendor, CREATE)
    for row in rows:
        if row.id in busy and not intents.certainly_not_done(busy[row.id]):
            continue  # its last version may be on the way; this one is planned when that is known
        context.note(session, [row])
        if _plan_one(session, context, row, desk, busy.get(row.id)):
            planned.append(row)
    parties = _plan_parties(session, context, planned, desk)
    session.flush()
    for entity in ("customer", "product"):
        block_invoices(session, context, entity)
    review = documents.in_state(session, context.scope, "invoice", DocumentState.REVIEW)
    return {"planned": len(planned), "parties": parties, "review": len(review)}


def _plan_one(session: Session, context: StepContext, row: DocumentRow, desk: Desk, earlier: IntentRow | None) -> bool:
    invoice = desk.invoices[row.id]
    try:
        body = context.destination.body(invoice, desk.profile, context.flow.options, context.marker(row))
        problems = _problems(session, context, row, invoice, body, desk)
    except BadDocument as error:
        problems = [error.problem]
    if problems:
        documents.put_in_review(row, preflight.one(problems), "plan", context.now)
        return False
    if delivered.before(session, context, row):
        documents.move(row, DocumentState.PLANNED, context.now)  # delivered, and still equal
        return False
    if context.options.dry_run:
        log.info("would send %s: %s of customer %s", row.number, invoice.total, row.party)
        return True
    _freeze(session, context, row, body, earlier)
    return True


def _problems(
    session: Session, context: StepContext, row: DocumentRow, invoice: Invoice, body: Mapping[str, Any], desk: Desk
) -> list[Problem]:
    if row.source_id in desk.linked:
        return delivered.drift(session, context, row, body, desk.there.get(row.source_id))
    holders = desk.taken.get(invoice.number, ())
    if len(holders) == 1 and delivered.is_ours(context, row, holders[0]) and not context.options.dry_run:
        delivered.adopt(session, context, row, body, holders[0])
        return delivered.drift(session, context, row, body, holders[0])
    return [
        *preflight.own(context, row, invoice, desk.known, holders),
        *context.destination.preflight(invoice, body, desk.profile),
    ]


def _freeze(session: Session, context: StepContext, row: DocumentRow, body: object, earlier: IntentRow | None) -> None:
    if earlier is not None:
        earlier.state = IntentState.REPLACED
        session.flush()
    number = row.number
    intents.plan(session, context.scope, row, CREATE, context.scope.target_vendor, body, number, context.now)
    documents.move(row, DocumentState.PLANNED, context.now)


def _plan_parties(session: Session, context: StepContext, planned: Sequence[DocumentRow], desk: Desk) -> int:
    """Only what documents that passed preflight need is added."""
    on_the_way = intents.documents_planned(session, context.scope, "invoice", CREATE)
    wanted = {split_placeholder(text) for row in [*planned, *on_the_way] for text in documents.needs_of(row)}
    count = 0
    for entity in ("customer", "product"):
        ids = [parts[1] for parts in wanted if parts is not None and parts[0] == entity]
        rows = documents.by_source(session, context.scope, entity, ids).values()
        to_add = [row for row in rows if row.state == DocumentState.TO_ADD]
        for row in to_add:
            _plan_party(session, context, row, desk)
        count += len(to_add)
    return count


def _plan_party(session: Session, context: StepContext, row: DocumentRow, desk: Desk) -> None:
    model: Document = context.models(session, [row])[row.id]
    context.note(session, [row])
    try:
        body = context.destination.body(model, desk.profile, context.flow.options, context.marker(row))
        problems = context.destination.preflight(model, body, desk.profile)
    except BadDocument as error:
        problems = [error.problem]
    if problems:
        documents.put_in_review(row, preflight.one(problems), "plan", context.now)
        return
    if not context.options.dry_run:
        busy = intents.unfinished(session, [row], context.scope.target_vendor, CREATE).get(row.id)
        _freeze(session, context, row, body, busy)
