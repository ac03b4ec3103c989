"""plan: freezes each intended write, and predicts refusals before anything is sent. The plan is the preview."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy.orm import Session

from invoice_sync.connectors.base import Remote, split_placeholder
from invoice_sync.delivery.references import resolved
from invoice_sync.ledger import documents, intents, links, runs
from invoice_sync.ledger.tables import DocumentRow, IntentRow, XrefRow
from invoice_sync.model.crash_points import reached
from invoice_sync.model.documents import Document, Invoice
from invoice_sync.model.errors import BadDocument, NotChecked, Problem
from invoice_sync.model.words import DocumentState, IntentState
from invoice_sync.steps.context import Counts, StepContext
from invoice_sync.steps.matching import block_invoices

log = logging.getLogger("invoice_sync.plan")

CREATE = "create"
KNOWN = (DocumentState.LINKED, DocumentState.TO_ADD, DocumentState.PLANNED)


@dataclass(frozen=True, slots=True)
class Desk:
    """What planning looks at: read before the transaction, so that none spans an HTTP call."""

    profile: Mapping[str, Any]
    invoices: Mapping[int, Invoice]
    taken: Mapping[str, Remote]
    there: Mapping[str, Remote]


def plan(context: StepContext) -> Counts:
    """`planned`, `parties` that they need added, `review`. A dry run commits no intent."""
    with context.transaction() as session:
        rows = documents.in_state(session, context.scope, "invoice", DocumentState.WAITING)
        desk = _desk(session, context, rows)
        linked = links.of(session, context.scope, "invoice", [row.source_id for row in rows])
    desk = _look_up(context, desk, rows, linked)
    with context.transaction() as session:
        counts = _plan_all(session, context, documents.fresh(session, rows, DocumentState.WAITING), desk)
    reached("K1")
    return counts


def _desk(session: Session, context: StepContext, rows: Sequence[DocumentRow]) -> Desk:
    profile = runs.reference(session, context.destination.binding, "profile")
    if profile is None:
        raise NotChecked("The destination was never checked.", cure="Clear the task check of this run.")
    models = context.models(session, rows)
    return Desk(profile, {key: cast(Invoice, model) for key, model in models.items()}, {}, {})


def _look_up(context: StepContext, desk: Desk, rows: Sequence[DocumentRow], linked: Mapping[str, XrefRow]) -> Desk:
    """Numbers already used there, and documents that we delivered before and that changed since."""
    new = [desk.invoices[row.id] for row in rows if row.source_id not in linked]
    taken = context.destination.taken_numbers(new) if new else {}
    ids = [row.remote_id for row in linked.values()]
    there = context.destination.reread("invoice", ids) if ids else {}
    by_source = {source_id: there[row.remote_id] for source_id, row in linked.items() if row.remote_id in there}
    return Desk(desk.profile, desk.invoices, taken, by_source)


def _plan_all(session: Session, context: StepContext, rows: Sequence[DocumentRow], desk: Desk) -> Counts:
    planned: list[DocumentRow] = []
    busy = intents.unfinished(session, rows, context.scope.target_vendor, CREATE)
    for row in rows:
        if row.id in busy and busy[row.id].attempts:
            continue  # its last version is still on the way; this one is planned when that is known
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
        body = context.destination.body(invoice, desk.profile, context.flow.options, marker(context, row))
        problems = _problems(session, context, row, invoice, body, desk)
    except BadDocument as error:
        problems = [error.problem]
    if problems:
        documents.put_in_review(row, _one(problems), "plan", context.now)
        return False
    if row.source_id in desk.there:
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
    if _delivered(session, context, row):
        return _drift(session, context, row, body, desk)
    return [
        *_rounding_not_wanted(context, invoice),
        *_unmatched(session, context, row),
        *_does_not_tie(invoice),
        *_number_taken(row, desk.taken.get(invoice.number)),
        *context.destination.preflight(invoice, body, desk.profile),
    ]


def _delivered(session: Session, context: StepContext, row: DocumentRow) -> bool:
    return bool(links.of(session, context.scope, "invoice", [row.source_id]))


def _drift(
    session: Session, context: StepContext, row: DocumentRow, body: Mapping[str, Any], desk: Desk
) -> list[Problem]:
    """A delivered document is never sent again: equal is well, anything else is for a person."""
    there = desk.there.get(row.source_id)
    if there is None or not there.live:
        return [_vanished(row)]
    bodies = resolved(session, context.scope, {row.id: body})
    expected = context.destination.expected("invoice", CREATE, bodies.get(row.id, body))
    wrong = [f"{name} {text} here, {there.facts.get(name) or 'nothing'} there" for name, text in expected.items()
             if there.facts.get(name) != text]  # fmt: skip
    return [_changed(row, there, wrong)] if wrong else []


def _unmatched(session: Session, context: StepContext, row: DocumentRow) -> list[Problem]:
    """Customer and products must be known by now: linked, or to be added."""
    missing = []
    for entity, source_id in (parts for parts in map(split_placeholder, documents.needs_of(row)) if parts):
        party = documents.by_source(session, context.scope, entity, [source_id]).get(source_id)
        if party is None or party.state not in KNOWN:
            missing.append(f"{entity} {party.number if party else source_id}")
    if not missing:
        return []
    reason = f"{row.number} refers to {', '.join(missing)}, which the source does not show us."
    return [Problem("unmatched", reason, "Let the integration user see the record, or correct the invoice.")]


def _rounding_not_wanted(context: StepContext, invoice: Invoice) -> list[Problem]:
    gap = [charge.amount for charge in invoice.charges if charge.kind == "rounding"]
    if context.flow.options.rounding_line or not gap:
        return []
    reason = f"The lines of {invoice.number} round to {gap[0]} less than its total, and a rounding line is not wanted."
    return [Problem("rounding", reason, "Set `rounding_line` in flows.yaml, or correct the lines in the source.")]


def _does_not_tie(invoice: Invoice) -> list[Problem]:
    gap = invoice.total - invoice.computed_total
    if not gap:
        return []
    return [
        Problem(
            "does_not_tie",
            f"The invoice total is {invoice.total}, but its lines, charges, discount and tax come to "
            f"{invoice.computed_total}: a gap of {gap}.",
            "Correct the tax, a charge or a line in the source system, so that they add up to the total.",
        )
    ]


def _number_taken(row: DocumentRow, holder: Remote | None) -> list[Problem]:
    if holder is None:
        return []
    return [
        Problem(
            "number_taken",
            f"Number {row.number} is already used there by another document (id {holder.id}).",
            "Find out whether it is the same invoice; if not, renumber or delete one of the two.",
        )
    ]


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


def _one(problems: Sequence[Problem]) -> Problem:
    """All reasons of a document in one, so that a person mends it in one go."""
    if len(problems) == 1:
        return problems[0]
    first = problems[0]
    reason = " ".join(problem.reason for problem in problems)
    return Problem(first.cause, reason, " ".join(problem.cure for problem in problems), first.vendor_code)


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
        body = context.destination.body(model, desk.profile, context.flow.options, marker(context, row))
        problems = context.destination.preflight(model, body, desk.profile)
    except BadDocument as error:
        problems = [error.problem]
    if problems:
        documents.put_in_review(row, _one(problems), "plan", context.now)
        return
    if not context.options.dry_run:
        busy = intents.unfinished(session, [row], context.scope.target_vendor, CREATE).get(row.id)
        _freeze(session, context, row, body, busy)


def marker(context: StepContext, row: DocumentRow) -> str:
    """How we recognise our own record at the destination, whatever else is changed there."""
    return f"{row.source_vendor}:{row.entity}:{row.source_id}"
