"""extract: what changed at the source goes into the inbox, page by page, the cursor with the page."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from invoice_sync.connectors.base import SourceRecord, Stub, StubPage
from invoice_sync.ledger import documents, intents, links, runs
from invoice_sync.ledger.documents import Seen
from invoice_sync.ledger.portions import portions
from invoice_sync.ledger.tables import DocumentRow
from invoice_sync.model.crash_points import reached
from invoice_sync.model.documents import DOCUMENTS, PARTIES
from invoice_sync.model.words import DocumentState
from invoice_sync.steps import applied, intake
from invoice_sync.steps.context import Counts, StepContext

log = logging.getLogger("invoice_sync.extract")

STREAM, DELETIONS = "invoice", "deleted"
FETCH = 200
NOT_THERE_YET = (DocumentState.WAITING, DocumentState.PLANNED, DocumentState.REVIEW)


def extract(context: StepContext) -> Counts:
    """`read`: shown by the source; `changed`: new to us, or changed or gone since we saw it."""
    read = changed = 0
    held: Counter[str] = Counter()
    swept: set[str] | None = set() if context.options.full_sweep else None
    with context.transaction() as session:
        position = runs.cursor(session, context.scope, STREAM)
    context.progress.begin("documents read")
    for page in context.source.changed(position, context.options):
        read += len(page.stubs)
        changed += _store_page(context, page)
        held.update(page.held)
        if swept is not None:
            swept.update(stub.source_id for stub in page.stubs)
        context.progress.moved(len(page.stubs))
    context.progress.begin("looking for deleted documents")
    changed += _notice_the_gone(context, swept)
    _take_everybody(context)
    _tell_held(context, held)
    return {"read": read, "changed": changed, **({"held": held.total()} if held else {})}


def _tell_held(context: StepContext, held: Counter[str]) -> None:
    """What the source does not give away yet waits for nobody here, and is not silent either."""
    if not held:
        return
    listed = ", ".join(f"{reason} {count}" for reason, count in held.most_common())
    log.info("%d document(s) are held at the source: %s", held.total(), listed)
    said = f"{held.total()} document(s) are held at the source: {listed}."
    context.log_entry("INFO", {"held": dict(held.most_common())}, said)


def _store_page(context: StepContext, page: StubPage) -> int:
    """Fetches outside the transaction, then stores the page and its position in one."""
    moved = _moved(context, page.stubs)
    records = context.source.fetch("invoice", list(moved)) if moved else []
    taken = intake.take_in(context, [record for record in records if _counts(record, moved[record.source_id])])
    reached("K0")
    with context.transaction() as session:
        changed = intake.store(session, context, taken)
        _let_go(session, context, records)
        context.note(session, changed)
        if context.options.is_selective:
            chosen = [stub.source_id for stub in page.stubs]
            context.note(session, list(documents.by_source(session, context.scope, DOCUMENTS, chosen).values()))
        if context.options.moves_cursor:
            runs.move_cursor(session, context.scope, STREAM, page.position, context.now)
    return sum(row.entity in DOCUMENTS for row in changed)


def _moved(context: StepContext, stubs: Sequence[Stub]) -> dict[str, str]:
    """State by source id, "" for a new one, where the version stamp moved since we stored it; strangers only if they
    are offered."""
    offered = {stub.source_id: stub.offered for stub in stubs}
    with context.transaction() as session:
        moved = documents.moved(session, context.scope, DOCUMENTS, {stub.source_id: stub.stamp for stub in stubs})
    return {source_id: state for source_id, state in moved.items() if state or offered[source_id]}


def _counts(record: SourceRecord, state: str) -> bool:
    """Offered, or ours already: delivered documents are compared whatever the source's flags say."""
    return record.in_queue or state not in ("", *NOT_THERE_YET, DocumentState.IGNORED)


def _let_go(session: Session, context: StepContext, records: Sequence[SourceRecord]) -> None:
    """Documents that never left us and that the source no longer offers."""
    left = [record.source_id for record in records if not record.in_queue]
    if not left:
        return
    rows, _ = _by_delivery(session, context, left)
    # one that a person has ordered again left the queue when it was delivered the first time
    ordered = intents.ever_done(session, rows)
    waiting = [row for row in rows if row.state in NOT_THERE_YET and row.id not in ordered]
    intake.ignore(context, waiting, intake.LEFT_THE_QUEUE, "The source no longer offers the document for transfer.")
    intents.replace_planned(session, waiting)


def _by_delivery(
    session: Session, context: StepContext, ids: Sequence[str]
) -> tuple[list[DocumentRow], list[DocumentRow]]:
    """Those of the documents that never left us, and those that are at the destination."""
    rows = list(documents.by_source(session, context.scope, DOCUMENTS, ids).values())
    linked = links.of_rows(session, context.scope, rows)
    return [row for row in rows if row.id not in linked], [row for row in rows if row.id in linked]


def _notice_the_gone(context: StepContext, swept: set[str] | None) -> int:
    """Deleted records: as the source remembers them; in a full sweep, or when it does not, all are looked for."""
    if context.options.is_selective:
        return 0
    with context.transaction() as session:
        since, now = runs.cursor(session, context.scope, DELETIONS), context.now.isoformat()
    remembered = context.source.deleted(since)
    gone = dict.fromkeys(remembered or (), intake.WITHDRAWN)
    if swept is not None or remembered is None:
        gone |= {key: intake.UNSEEN for key in _missing(context, swept or set()) if key not in gone}
    with_them = _applied_to(context, gone)
    with context.transaction() as session:
        if context.options.moves_cursor:
            runs.move_cursor(session, context.scope, DELETIONS, now, context.now)
        context.note(session, intake.store(session, context, with_them))
        return _withdraw(session, context, gone) if gone else 0


def _applied_to(context: StepContext, gone: Mapping[str, str]) -> list[Seen]:
    """What goes with the invoices that are gone, by the same words."""
    if not gone or not applied.are_carried(context):
        return []
    words = {what: [key for key in gone if gone[key] == what] for what in set(gone.values())}
    return [each for what, ids in words.items() for each in applied.withdrawn(context, dict.fromkeys(ids, ()), what)]


def _missing(context: StepContext, swept: set[str]) -> set[str]:
    """Of all documents that we know and that the sweep did not show: those that the source has no more."""
    unseen: list[str] = []
    with context.transaction() as session:
        for entity in DOCUMENTS:
            unseen += documents.unseen(session, context.scope, entity, swept)
    there = context.source.present(unseen) if unseen else set()
    return set(unseen) - there


def _withdraw(session: Session, context: StepContext, gone: Mapping[str, str]) -> int:
    """By source id: how the source took it back."""
    never_left, there = _by_delivery(session, context, sorted(gone))
    waiting = [row for row in never_left if row.state in NOT_THERE_YET]
    intake.ignore(context, waiting, intake.DELETED, "The record was deleted in the source system.")
    intents.replace_planned(session, waiting)
    new = [row for row in there if not row.withdrawn]
    for row in new:
        documents.withdraw(row, gone[row.source_id], context.now)
    intents.replace_planned(session, new)
    context.note(session, new)
    return len(waiting) + len(new)


def _take_everybody(context: StepContext) -> None:
    """With `export_all`, also the customers and products that no document needs yet."""
    if not context.flow.options.export_all or context.options.is_selective:
        return
    for entity in PARTIES:
        ids = context.source.unlinked(entity)
        with context.transaction() as session:
            known = documents.stamps(session, context.scope, entity, ids)
        for portion in portions([one for one in ids if one not in known], FETCH):
            taken = intake.take_in(context, context.source.fetch(entity, portion))
            with context.transaction() as session:
                context.note(session, intake.store(session, context, taken))
