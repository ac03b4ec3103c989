"""plan: freezes each intended write, and predicts refusals before anything is sent. The plan is the preview."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence

from sqlalchemy.orm import Session

from invoice_sync.connectors.base import CREATE, DELIVERIES
from invoice_sync.connectors.placeholders import split_placeholder
from invoice_sync.ledger import documents, intents, runs
from invoice_sync.ledger.documents import Key
from invoice_sync.ledger.intents import Wanted
from invoice_sync.ledger.portions import portions
from invoice_sync.ledger.process_log import Entry
from invoice_sync.ledger.tables import DocumentRow
from invoice_sync.model import canonical
from invoice_sync.model.crash_points import reached
from invoice_sync.model.documents import CARRIED, DOCUMENTS, PARTIES, PAYMENT, Document, Party
from invoice_sync.model.errors import BadDocument, NotChecked
from invoice_sync.model.words import DocumentState
from invoice_sync.steps import deciding, intake, preflight
from invoice_sync.steps.context import Counts, StepContext
from invoice_sync.steps.deciding import Fate, Way
from invoice_sync.steps.desk import Desk, look_up, open_desk
from invoice_sync.steps.matching import block_invoices
from invoice_sync.steps.suggestions import folded

log = logging.getLogger("invoice_sync.plan")

WRITES = (Way.CREATE, Way.UPDATE, Way.VOID)
AT_A_TIME = 1000
"""Documents that are planned together, so that memory does not grow with the night."""


def plan(context: StepContext) -> Counts:
    """`planned`, `parties` that they need added, `review`. A dry run commits no intent."""
    planned = 0
    with context.transaction() as session:
        profile = runs.reference(session, context.destination.binding, "profile")
        waiting = documents.keys_in_state(session, context.scope, CARRIED, DocumentState.WAITING)
        # invoices first: a credit memo looks at the invoice that it credits
        keys = sorted(context.mine(session, waiting), key=lambda key: (CARRIED.index(key.entity), key.id))
    if profile is None:
        raise NotChecked("The destination was never checked.", cure="Clear the task check of this run.")
    needed: set[str] = set()
    context.progress.begin("documents planned", len(keys))
    # what is paid looks for its invoice at the destination, where plan may just have found it again
    payments = [key for key in keys if key.entity == PAYMENT]
    for kin in (keys[: len(keys) - len(payments)], payments):
        for portion in portions(kin, AT_A_TIME):
            planned += _plan_portion(context, portion, profile, needed)
            context.progress.moved(len(portion))
    with context.transaction() as session:
        parties = _plan_parties(session, context, profile, needed)
        session.flush()
        for entity in (*PARTIES, *DOCUMENTS):
            block_invoices(session, context, entity)
        review = sum(documents.count(session, context.scope, each, DocumentState.REVIEW) for each in CARRIED)
    reached("K1")
    return {"planned": planned, "parties": parties, "review": review}


def _plan_portion(context: StepContext, keys: Sequence[Key], profile: dict[str, object], needed: set[str]) -> int:
    """`needed` takes the placeholders of what the planned documents refer to."""
    with context.transaction() as session:
        rows = documents.fresh(session, keys, DocumentState.WAITING)
        desk = open_desk(session, context, rows, profile)
    desk = look_up(context, desk)
    with context.transaction() as session:
        fresh = documents.fresh(session, rows, DocumentState.WAITING)
        busy = intents.unfinished(session, fresh, context.scope.target_vendor, DELIVERIES)
        free = [row for row in fresh if row.id not in busy or intents.certainly_not_done(busy[row.id])]
        context.note(session, free)
        fates = {row.id: deciding.decide(context, desk, row) for row in free}
        going = [row for row in free if _carry_out(session, context, desk, row, fates[row.id])]
        _freeze(session, context, going, fates)
        needed.update(text for row in going for text in documents.needs_of(row))
    return len(going)


def _carry_out(session: Session, context: StepContext, desk: Desk, row: DocumentRow, fate: Fate) -> bool:
    """Everything but a write; True when there is one to be frozen."""
    if fate.problems:
        context.review(session, row, preflight.one(fate.problems), "plan")
        return False
    if fate.held:
        log.info("%s waits: %s", row.number, fate.held.reason)
        documents.hold(row, fate.held, "plan", context.now)
        return False
    if context.options.dry_run:
        return _preview(desk, row, fate)
    if fate.way is Way.IGNORE:
        intake.ignore(context, [row], intake.LEFT_THE_QUEUE, f"The document was {row.withdrawn}.")
    elif fate.way is Way.NOTHING:
        deciding.keep(session, context, desk, row, fate)
        documents.move(row, DocumentState.DELIVERED, context.now)
    elif fate.way is Way.ADOPT:
        deciding.adopt(session, context, desk, row, fate)
        documents.move(row, DocumentState.DELIVERED, context.now)
    return fate.way in WRITES


def _preview(desk: Desk, row: DocumentRow, fate: Fate) -> bool:
    """What a real run would do."""
    if fate.way in WRITES:
        told = f"; {fate.told}" if fate.told else ""
        log.info("would %s %s: %s of customer %s%s", fate.way, row.number, desk.amount(row), row.party, told)
    elif fate.way is Way.ADOPT:
        log.info("%s is there already and carries our marker; it would be adopted", row.number)
    return fate.way in WRITES


def _freeze(session: Session, context: StepContext, rows: Sequence[DocumentRow], fates: dict[int, Fate]) -> None:
    if context.options.dry_run or not rows:
        return
    intents.replace_planned(session, rows)
    for way in WRITES:
        wanted = [
            Wanted(row, fates[row.id].body, _number(row, fates[row.id])) for row in rows if fates[row.id].way is way
        ]
        intents.plan(session, context.scope, way.value, context.scope.target_vendor, wanted, context.now)
    documents.move_all(session, rows, DocumentState.PLANNED, context.now)
    context.log(session, [_entry(context, row, fates[row.id]) for row in rows if fates[row.id].way is not Way.CREATE])


def _number(row: DocumentRow, fate: Fate) -> str:
    """That of the destination: what is searched there, and what no two documents may share."""
    return fate.number or row.number


def _entry(context: StepContext, row: DocumentRow, fate: Fate) -> Entry:
    message = {"document": row.number, "plan": fate.way.value, "changes": fate.told}
    said = f"A delivered document changed at the source; planned: {fate.way.value}."
    return Entry("WARNING", "Change Followed", message, context.flow.destination.vendor, said, row.id)


def _plan_parties(session: Session, context: StepContext, profile: dict[str, object], needed: Iterable[str]) -> int:
    """Only what documents that passed preflight need is added; with `export_all` everybody."""
    count = 0
    on_the_way = [
        kept for entity in CARRIED for kept in intents.needs_of_planned(session, context.scope, entity, CREATE)
    ]
    texts = {*needed, *(text for kept in on_the_way for text in canonical.loads(kept))}
    wanted = {split_placeholder(text) for text in texts}
    for entity in PARTIES:
        to_add = documents.in_state(session, context.scope, entity, DocumentState.TO_ADD)
        chosen = [row for row in to_add if context.flow.options.export_all or (entity, row.source_id) in wanted]
        names: dict[str, str] = {}
        for portion in portions(chosen, AT_A_TIME):
            _plan_party_portion(session, context, profile, portion, names)
        count += len(chosen)
    return count


def _plan_party_portion(
    session: Session,
    context: StepContext,
    profile: dict[str, object],
    rows: Sequence[DocumentRow],
    names: dict[str, str],
) -> None:
    """`names` takes those that are given away, with the number of whom they go to."""
    models = context.models(session, rows)
    context.note(session, rows)
    fates = {row.id: _party_fate(context, profile, row, models[row.id], names) for row in rows}
    for row in rows:
        if fates[row.id].problems:
            context.review(session, row, preflight.one(fates[row.id].problems), "plan")
    _freeze(session, context, [row for row in rows if not fates[row.id].problems], fates)


def _party_fate(
    context: StepContext, profile: dict[str, object], row: DocumentRow, model: Document, names: dict[str, str]
) -> Fate:
    try:
        body = context.destination.body(model, profile, context.flow.options, context.marker(row))
    except BadDocument as error:
        return Fate(problems=(error.problem,))
    problems = context.destination.preflight(model, body, profile, {})
    if isinstance(model, Party) and not problems:
        first = names.setdefault(folded(context.destination.record_name(model)), row.number)
        problems = [] if first == row.number else [preflight.shared_name(row.number, first)]
    return Fate(Way.CREATE, body, problems=tuple(problems))
