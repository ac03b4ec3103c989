"""report: proves the run to the cent, and is red while anything waits for a person."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from invoice_sync.connectors.base import split_placeholder
from invoice_sync.ledger import documents, intents, links, runs
from invoice_sync.ledger.tables import DocumentRow
from invoice_sync.model.errors import ReviewNeeded
from invoice_sync.model.words import DocumentState, IntentState, Word, word
from invoice_sync.steps import statement
from invoice_sync.steps.acknowledge import acknowledged
from invoice_sync.steps.context import Counts, StepContext
from invoice_sync.steps.review import Case, all_cases
from invoice_sync.steps.statement import Entry

log = logging.getLogger("invoice_sync.report")

STEPS = (
    "check", "extract", "match_customers", "match_products", "plan", "add_customers", "add_products", "export",
    "acknowledge",
)  # fmt: skip
CLEAR_FOR = {Word.WAITING: "plan", Word.PLANNED: "export", Word.SENDING: "export", Word.UNCERTAIN: "export"}


@dataclass(frozen=True, slots=True)
class Findings:
    """Everything that report looked at."""

    counts: dict[str, int]
    entries: list[Entry]
    cases: list[Case]
    not_finished: list[str]
    open_tasks: set[str]


def report(context: StepContext) -> Counts:
    """The counts of the run so far. Raises ReviewNeeded, naming documents and the task to clear."""
    remotes = _reread(context)
    with context.transaction() as session:
        findings = _findings(session, context, remotes)
        body = _body(context, findings)
        runs.keep_statement(session, context.run, body, context.now)
    log.info("Statement of %s\n\n%s", context.task.run_id, body["text"])
    _log_outcome(context, findings)
    _raise_if_red(context, findings, body)
    return findings.counts


def _reread(context: StepContext) -> dict[str, int | None]:
    """By remote id: what the destination holds now, for every delivered document of the run."""
    with context.transaction() as session:
        rows = runs.documents_of(session, context.run, "invoice")
        linked = links.of(session, context.scope, "invoice", [row.source_id for row in rows])
    ids = [link.remote_id for link in linked.values()]
    found = context.destination.reread("invoice", ids) if ids else {}
    return {remote_id: statement.reread_amount(found.get(remote_id)) for remote_id in ids}


def _findings(session: Session, context: StepContext, remotes: dict[str, int | None]) -> Findings:
    rows = [row for row in runs.documents_of(session, context.run, "invoice") if row.state != DocumentState.IGNORED]
    linked = links.of(session, context.scope, "invoice", [row.source_id for row in rows])
    known = acknowledged(session, context, rows)
    entries = [_entry(session, context, row, linked, remotes) for row in rows]
    cases = all_cases(session, context)
    counts = {
        "extracted": len(rows),
        "customers_added": _added(session, context, "customer"),
        "products_added": _added(session, context, "product"),
        "delivered": sum(bool(entry.remote_id) for entry in entries),
        "in_review": len(cases),
        "acknowledged": len(known),
    }
    return Findings(counts, entries, cases, _not_finished(session, context), _open_tasks(session, context, rows, known))


def _entry(
    session: Session, context: StepContext, row: DocumentRow, linked: Any, remotes: dict[str, int | None]
) -> Entry:
    link = linked.get(row.source_id)
    if link is not None:
        return Entry(row.number, row.currency, row.amount_minor, remotes.get(link.remote_id), link.remote_id)
    cause = row.cause or word_of(session, context, row).value
    return Entry(row.number, row.currency, row.amount_minor, None, open_cause=cause)


def word_of(session: Session, context: StepContext, row: DocumentRow) -> Word:
    """The word for one document."""
    sent = intents.newest(session, [row], context.scope.target_vendor, "create").get(row.id)
    told = intents.newest(session, [row], context.scope.source_vendor, "acknowledge").get(row.id)
    states = (IntentState(intent.state) if intent else None for intent in (sent, told))
    return word(DocumentState(row.state), *states)


def _added(session: Session, context: StepContext, entity: str) -> int:
    rows = runs.documents_of(session, context.run, entity)
    made = intents.newest(session, rows, context.scope.target_vendor, "create")
    return sum(intent.state == IntentState.DONE for intent in made.values())


def _not_finished(session: Session, context: StepContext) -> list[str]:
    """Steps of this run that did not come to their end, whatever colour their task has."""
    ended = runs.steps_of(session, context.run)
    allowed = ("done", "review", "skipped") if context.options.dry_run else ("done", "review")
    return [step for step in STEPS if ended.get(step) not in allowed]


def _open_tasks(session: Session, context: StepContext, rows: Sequence[DocumentRow], known: set[int]) -> set[str]:
    """Tasks to clear for documents that nobody has to mend, but that did not get to their end."""
    if context.options.dry_run:
        return set()
    tasks: set[str] = set()
    states = (DocumentState.WAITING, DocumentState.PLANNED)
    waiting = context.mine(session, documents.in_state(session, context.scope, "invoice", *states))
    sent = intents.newest(session, waiting, context.scope.target_vendor, "create")
    for row in waiting:
        intent = sent.get(row.id)
        if intent is None or intent.state != IntentState.DONE:
            tasks.add(_task_for(session, context, row))
        elif context.flow.write_back != "none" and row.id not in known and not _told_before(session, context, row):
            tasks.add("acknowledge")
    return tasks


def _told_before(session: Session, context: StepContext, row: DocumentRow) -> bool:
    return bool(acknowledged(session, context, [row]))


def _task_for(session: Session, context: StepContext, row: DocumentRow) -> str:
    """A planned invoice whose customer or product is not there yet waits for the step that adds it."""
    for text in documents.needs_of(row):
        parts = split_placeholder(text)
        if parts is None:
            continue
        entity, source_id = parts
        if row.state == DocumentState.PLANNED and not links.of(session, context.scope, entity, [source_id]):
            return f"add_{entity}s"
    return CLEAR_FOR.get(word_of(session, context, row), "export")


def _body(context: StepContext, findings: Findings) -> dict[str, Any]:
    sums = statement.totals(findings.entries)
    return {
        "flow": context.flow.name,
        "run_id": context.task.run_id,
        **findings.counts,
        "totals": sums,
        "review": statement.cases_as_json(findings.cases),
        "disagreements": [item.told() for item in statement.disagreements(findings.entries)],
        "text": statement.text(findings.counts, sums, findings.cases),
    }


def _log_outcome(context: StepContext, findings: Findings) -> None:
    clean = not (findings.cases or findings.not_finished or findings.open_tasks)
    clean = clean and not statement.disagreements(findings.entries)
    level, outcome = ("INFO", "finished") if clean else ("ERROR", "finished with documents that wait")
    context.log_entry(level, findings.counts, f"{context.flow.title}: {outcome}.")


def _raise_if_red(context: StepContext, findings: Findings, body: dict[str, Any]) -> None:
    told = [f"Source and destination disagree. {text}" for text in body["disagreements"]]
    if not statement.is_exact(body) and not told:
        told.append("The statement does not come out at 0.00; see the table above.")
    if findings.not_finished:
        names = ", ".join(findings.not_finished)
        told.append(f"These tasks of the run did not come to their end: {names}. Clear {findings.not_finished[0]}.")
    if context.flow.options.red_while_waiting:
        told += _waiting(findings)
    if told:
        raise ReviewNeeded("\n".join(told))


def _waiting(findings: Findings) -> list[str]:
    told = []
    if findings.cases:
        tasks = ", ".join(sorted({case.task for case in findings.cases}))
        told.append(
            f"{len(findings.cases)} document(s) wait for a person (table above). Correct the data, then clear "
            f"the red task with downstream: {tasks}."
        )
    if findings.open_tasks:
        told.append(
            f"Documents are on their way and not delivered yet; clear {', '.join(sorted(findings.open_tasks))}."
        )
    return told
