"""report: proves the run to the cent, and is red while anything waits for a person."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from invoice_sync.connectors.base import CREATE, DELIVERIES, Remote
from invoice_sync.connectors.placeholders import placeholder, split_placeholder
from invoice_sync.ledger import documents, intents, links, runs
from invoice_sync.ledger.operator import ACCEPTED
from invoice_sync.ledger.portions import portions
from invoice_sync.ledger.tables import DocumentRow
from invoice_sync.model import canonical
from invoice_sync.model.documents import CARRIED, DOCUMENTS, PARTIES, PAYMENT, Entity
from invoice_sync.model.errors import ReviewNeeded
from invoice_sync.model.words import OPEN, DocumentState, IntentState, Word
from invoice_sync.steps import deciding, entries, statement
from invoice_sync.steps.acknowledge import acknowledged
from invoice_sync.steps.context import Counts, StepContext
from invoice_sync.steps.review import Case, all_cases
from invoice_sync.steps.statement import Entry

log = logging.getLogger("invoice_sync.report")

STEPS = (
    "check", "extract", "match_customers", "match_products", "plan", "add_customers", "add_products", "export",
    "acknowledge",
)  # fmt: skip
DONE = (DocumentState.DELIVERED, DocumentState.SETTLED)
AT_A_TIME = 1000
CLEAR_FOR = {Word.WAITING: "plan", Word.PLANNED: "export", Word.SENDING: "export", Word.UNCERTAIN: "export"}


@dataclass(frozen=True, slots=True)
class Findings:
    """Everything that report looked at."""

    counts: dict[str, int]
    entries: list[Entry]
    payments: list[Entry]
    cases: list[Case]
    not_finished: list[str]
    open_tasks: set[str]
    altered: dict[str, str]
    """By document: in what the destination does not hold it as we left it, its total apart."""

    @property
    def disagreements(self) -> list[statement.Disagreement]:
        return statement.disagreements([*self.entries, *self.payments])


def report(context: StepContext) -> Counts:
    """The counts of the run so far. Raises ReviewNeeded, naming documents and the task to clear."""
    remotes = entries.reread(context)
    with context.transaction() as session:
        findings = _findings(session, context, remotes)
        body = _body(context, findings)
        runs.keep_statement(session, context.run, body, context.now)
    log.info("Statement of %s\n\n%s", context.task.run_id, body["text"])
    _log_outcome(context, findings)
    _raise_if_red(context, findings, body)
    return findings.counts


def _findings(session: Session, context: StepContext, remotes: Mapping[tuple[str, str], Remote]) -> Findings:
    rows, paid = (_carried(session, context, kinds) for kinds in (DOCUMENTS, (PAYMENT,)))
    known = acknowledged(session, context, rows)
    found, payments = (entries.of(session, context, kin, remotes) for kin in (rows, paid))
    cases = all_cases(session, context)
    counts = {
        "extracted": len(rows),
        "customers_added": _added(session, context, "customer"),
        "products_added": _added(session, context, "product"),
        "delivered": sum(bool(entry.remote_id) for entry in found),
        "in_review": len(cases),
        "acknowledged": len(known),
        **({"payments": sum(bool(entry.remote_id) for entry in payments)} if payments else {}),
    }
    open_tasks, altered = _open_tasks(session, context), _altered(session, context, remotes)
    findings = Findings(counts, found, payments, cases, _not_finished(session, context), open_tasks, altered)
    for entry in findings.disagreements:
        altered.pop(entry.document, None)  # named with its amounts
    return findings


def _carried(session: Session, context: StepContext, entities: Sequence[Entity]) -> list[DocumentRow]:
    found = runs.documents_of(session, context.run, entities)
    return [row for row in found if row.state != DocumentState.IGNORED]


def _altered(session: Session, context: StepContext, remotes: Mapping[tuple[str, str], Remote]) -> dict[str, str]:
    """Delivered documents that the destination does not hold as we left them, in whatever it shows of them."""
    rows = [row for row in runs.documents_of(session, context.run, CARRIED) if row.state in DONE]
    told: dict[str, str] = {}
    for portion in portions(rows, AT_A_TIME):
        linked = links.of_rows(session, context.scope, portion)
        done = intents.newest(session, portion, context.scope.target_vendor, DELIVERIES, IntentState.DONE)
        for row in portion:
            there = remotes.get((row.entity, linked[row.id].remote_id)) if row.id in linked else None
            if there is None or row.id not in done or done[row.id].version != row.version:
                continue  # made equal by hand since
            if linked[row.id].evidence.endswith(ACCEPTED):
                continue
            sent = canonical.loads(done[row.id].wire_body or "{}")
            wrong = deciding.facts_differing(context, row, done[row.id].op, sent, there, only_shown=True)
            told |= {row.number: f"{row.number} (id {there.id}): {'; '.join(wrong)}"} if wrong else {}
    return told


def _added(session: Session, context: StepContext, entity: Entity) -> int:
    rows = context.touched(session, entity)
    made = intents.newest(session, rows, context.scope.target_vendor, (CREATE,))
    return sum(intent.state == IntentState.DONE for intent in made.values())


def _not_finished(session: Session, context: StepContext) -> list[str]:
    """Steps of this run that did not come to their end, whatever colour their task has."""
    ended = runs.steps_of(session, context.run)
    allowed = ("done", "review", "skipped") if context.options.dry_run else ("done", "review")
    return [step for step in STEPS if ended.get(step) not in allowed]


def _open_tasks(session: Session, context: StepContext) -> set[str]:
    """Tasks to clear for documents that nobody has to mend, but that did not get to their end."""
    if context.options.dry_run:
        return set()
    found = context.mine(session, documents.in_state(session, context.scope, CARRIED, *OPEN))
    # those with a cause are held: it goes on by itself
    waiting = [row for row in found if not (row.state == DocumentState.WAITING and row.cause)]
    states = entries.words(session, context, waiting)
    linked = _linked_references(session, context, waiting)
    tasks = {_task_for(row, states[row.id], linked) for row in waiting}
    untold = documents.in_state(session, context.scope, DOCUMENTS, DocumentState.DELIVERED)
    return tasks | ({"acknowledge"} if context.mine(session, untold) else set())


def _linked_references(session: Session, context: StepContext, rows: Sequence[DocumentRow]) -> set[str]:
    """Placeholders of the customers and products that have an id at the destination."""
    wanted = {parts for row in rows for text in documents.needs_of(row) if (parts := split_placeholder(text))}
    return {
        placeholder(entity, source_id)
        for entity in PARTIES
        for source_id in links.of(session, context.scope, entity, [key for kind, key in wanted if kind == entity])
    }


def _task_for(row: DocumentRow, said: Word, linked: set[str]) -> str:
    """A planned invoice whose customer or product is not there yet waits for the step that adds it."""
    for text in documents.needs_of(row):
        parts = split_placeholder(text)
        if parts is not None and parts[0] in PARTIES and row.state == DocumentState.PLANNED and text not in linked:
            return f"add_{parts[0]}s"
    return CLEAR_FOR.get(said, "export")


def _body(context: StepContext, findings: Findings) -> dict[str, Any]:
    sums, paid = statement.totals(findings.entries), statement.totals(findings.payments)
    return {
        "flow": context.flow.name,
        "run_id": context.task.run_id,
        **findings.counts,
        "totals": sums,
        "payment_totals": paid,
        "review": statement.cases_as_json(findings.cases),
        "disagreements": [item.told() for item in findings.disagreements],
        "prepaid": statement.prepaid(findings.entries),
        "text": statement.text(findings.counts, sums, findings.cases, findings.entries, paid),
    }


def _log_outcome(context: StepContext, findings: Findings) -> None:
    clean = not (findings.cases or findings.not_finished or findings.open_tasks)
    clean = clean and not (findings.disagreements or findings.altered)
    level, outcome = ("INFO", "finished") if clean else ("ERROR", "finished with documents that wait")
    context.log_entry(level, findings.counts, f"{context.flow.title}: {outcome}.")


def _raise_if_red(context: StepContext, findings: Findings, body: dict[str, Any]) -> None:
    told = [f"Source and destination disagree. {text}" for text in body["disagreements"]]
    if not statement.is_exact(body) and not told:
        told.append("The statement does not come out at 0.00; see the table above.")
    told += [
        f"The destination does not hold {text}. Make the two equal, there or at the source, then clear report."
        for text in findings.altered.values()
    ]
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
