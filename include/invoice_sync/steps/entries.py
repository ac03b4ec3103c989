"""What the statement is made of: each document of a run, at the source and as the destination holds it now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from sqlalchemy.orm import Session

from invoice_sync.connectors.base import ACKNOWLEDGE, DELIVERIES, Remote
from invoice_sync.ledger import intents, links, runs
from invoice_sync.ledger.portions import portions
from invoice_sync.ledger.tables import DocumentRow, IntentRow, XrefRow
from invoice_sync.model.documents import CARRIED, Invoice
from invoice_sync.model.words import DocumentState, IntentState, Word, word
from invoice_sync.steps import statement
from invoice_sync.steps.context import StepContext
from invoice_sync.steps.statement import Entry

AT_A_TIME = 1000

Remotes = Mapping[tuple[str, str], Remote]
"""By (entity, remote id)."""


def reread(context: StepContext) -> dict[tuple[str, str], Remote]:
    """What the destination holds now, for every delivered document of the run."""
    found: dict[tuple[str, str], Remote] = {}
    context.progress.begin("delivered documents read again")
    for entity in CARRIED:
        with context.transaction() as session:
            rows = runs.documents_of(session, context.run, (entity,))
            linked = links.of_rows(session, context.scope, rows)
        ids = [link.remote_id for link in linked.values()]
        there = context.destination.reread(entity, ids) if ids else {}
        context.progress.moved(len(there))
        found |= {(entity, remote_id): remote for remote_id, remote in there.items()}
    return found


def of(session: Session, context: StepContext, rows: Sequence[DocumentRow], remotes: Remotes) -> list[Entry]:
    """One entry a document, in the order of `rows`."""
    made: list[Entry] = []
    for portion in portions(rows, AT_A_TIME):
        linked = links.of_rows(session, context.scope, portion)
        said = words(session, context, portion)
        models = _models(session, context, portion, linked)
        made += [_entry(context, row, linked, remotes, said[row.id], models.get(row.id)) for row in portion]
    return made


def words(session: Session, context: StepContext, rows: Sequence[DocumentRow]) -> dict[int, Word]:
    """The word for each document, by its id."""
    sent = intents.newest(session, rows, context.scope.target_vendor, DELIVERIES)
    told = intents.newest(session, rows, context.scope.source_vendor, (ACKNOWLEDGE,))
    return {row.id: word(DocumentState(row.state), _state(sent, row), _state(told, row)) for row in rows}


def _state(found: Mapping[int, IntentRow], row: DocumentRow) -> IntentState | None:
    return IntentState(found[row.id].state) if row.id in found else None


def _models(
    session: Session, context: StepContext, rows: Sequence[DocumentRow], linked: Mapping[int, XrefRow]
) -> dict[int, Invoice]:
    """Of what was delivered, hence understood."""
    delivered = [row for row in rows if row.id in linked and row.step != "extract"]
    return cast(dict[int, Invoice], context.models(session, delivered))


def _entry(
    context: StepContext,
    row: DocumentRow,
    linked: Mapping[int, XrefRow],
    remotes: Remotes,
    said: Word,
    model: Invoice | None,
) -> Entry:
    link = linked.get(row.id)
    # a credit memo gives back, so it counts against the invoices
    sign = -1 if row.entity == "credit_memo" else 1
    amount = 0 if row.withdrawn else sign * row.amount_minor
    if link is None:
        return Entry(row.number, row.currency, amount, None, open_cause=row.cause or said.value)
    there = statement.reread_amount(remotes.get((row.entity, link.remote_id)), voided=bool(row.withdrawn))
    explained = tuple((cause, sign * gap) for cause, gap in _explained(context, row, model, said))
    open_cause = row.cause if row.state in (DocumentState.REVIEW, DocumentState.WAITING) else ""
    prepaid = model.prepaid.minor if isinstance(model, Invoice) and model.prepaid else 0
    return Entry(
        row.number, row.currency, amount, None if there is None else sign * there, link.remote_id,
        open_cause, explained, prepaid,
    )  # fmt: skip


def _explained(context: StepContext, row: DocumentRow, model: Invoice | None, said: Word) -> Iterator[tuple[str, int]]:
    """What the flow's own options keep from the destination's total, in minor units."""
    if model is not None and said is not Word.IN_REVIEW and not row.withdrawn:
        for cause, amount in context.destination.left_out(model, context.flow.options):
            yield cause, amount.minor
