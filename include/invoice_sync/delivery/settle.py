"""What an answer means for the intent, its document and its link; committed under the fence."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import asdict

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from invoice_sync.connectors.base import CERTAINLY_NOT_DONE, Armed, Outcome, Remote, Verdict, WriteClass
from invoice_sync.delivery.work import Work
from invoice_sync.ledger import documents, links
from invoice_sync.ledger.links import Link
from invoice_sync.ledger.tables import AttemptRow, DocumentRow, IntentRow
from invoice_sync.model import canonical
from invoice_sync.model.crash_points import reached
from invoice_sync.model.errors import LostLease, Problem
from invoice_sync.model.words import DocumentState, IntentState

log = logging.getLogger("invoice_sync.delivery")

LOOK_UP_AT_ONCE = frozenset({WriteClass.UNIQUE, WriteClass.UPSERT, WriteClass.SET_STATE})
"""Classes whose second sending does no harm, so that nobody has to wait until nothing can be running."""


def settle(work: Work, armed: Armed, outcomes: Mapping[str, Outcome]) -> list[Outcome]:
    """Commits a call's outcomes; returns those that certainly did not happen and may go again.

    Raises LostLease after keeping the answers as evidence on the attempts, when somebody took over meanwhile.
    """
    by_intent = {item.intent: outcomes[item.wire_item] for item in armed.items}
    try:
        with work.fenced() as session:
            for row in session.scalars(select(IntentRow).where(IntentRow.id.in_(by_intent)).order_by(IntentRow.id)):
                _settle_one(session, work, row, by_intent[row.id])
            session.flush()
            reached("K8")
    except LostLease:
        _keep_evidence(work, by_intent)
        raise
    return [outcome for outcome in by_intent.values() if outcome.verdict in CERTAINLY_NOT_DONE]


def finish(session: Session, work: Work, row: IntentRow, remote: Remote, rule: str) -> None:
    """The write is there. Linked; and in review if what is there is not what we asked for."""
    row.state, row.done_at = IntentState.DONE, work.clock.now()
    wrong = differences(work, row, remote)
    document = session.get_one(DocumentRow, row.document_id)
    if work.operation == "create":
        number = remote.number if row.entity == "invoice" else ""  # a party's would be its name
        link = Link(remote.id, remote.version, number, rule, f"intent {row.id}", "delivery")
        links.put(session, work.scope, row.entity, row.source_id, link, work.clock.now())
    if wrong:
        _review(work, document, _mismatch(row, remote, wrong))
    elif document.version == row.version:
        done = DocumentState.PLANNED if row.entity == "invoice" else DocumentState.LINKED
        documents.move(document, done, work.clock.now())


def refuse(session: Session, work: Work, row: IntentRow, problem: Problem) -> None:
    """Definitely not written; a person decides. Another try is another revision."""
    row.state = IntentState.REFUSED
    work.tally.refused += 1
    _review(work, session.get_one(DocumentRow, row.document_id), problem)


def differences(work: Work, row: IntentRow, remote: Remote) -> dict[str, tuple[str, str]]:
    """By fact: (what we asked for, what is there), for all that differ. Tolerance 0."""
    expected = work.writer.expected(work.entity, work.operation, canonical.loads(row.wire_body or "{}"))
    wrong = {
        name: (text, remote.facts.get(name, "")) for name, text in expected.items() if remote.facts.get(name) != text
    }
    return wrong if remote.live else {**wrong, "state": ("a live record", "a voided or inactive one")}


def may_be_linked(session: Session, work: Work, row: IntentRow, remote: Remote) -> bool:
    """False for a record that another document of ours is linked to; parties and products may share theirs."""
    if work.operation != "create" or row.entity != "invoice":
        return True
    return links.holder(session, work.scope, row.entity, remote.id) in (None, (row.source_vendor, row.source_id))


def _settle_one(session: Session, work: Work, row: IntentRow, outcome: Outcome) -> None:
    _end_attempt(session, work, row.id, row.attempts, outcome)
    if row.state != IntentState.SENDING or row.epoch != work.lease.epoch:
        return  # a later owner has it; the answer stays on the attempt as evidence
    remote = outcome.remote
    if outcome.verdict is Verdict.OK and remote is not None and may_be_linked(session, work, row, remote):
        finish(session, work, row, remote, "created by us")
        work.tally.sent += 1
    elif outcome.verdict is Verdict.REFUSED:
        refuse(session, work, row, outcome.problem or _unexplained(outcome))
    elif outcome.verdict in CERTAINLY_NOT_DONE:
        row.state, row.quiet_until = IntentState.PLANNED, None
    else:
        _uncertain(work, row, outcome)


def _uncertain(work: Work, row: IntentRow, outcome: Outcome) -> None:
    """UNKNOWN, HIT, or an OK that names nothing of ours: look it up before anything else is decided.

    A class that may be looked up at once is so once only; then the quiet period lets bad weather pass.
    """
    row.state = IntentState.UNCERTAIN
    row.problem = canonical.dumps(asdict(outcome.problem)) if outcome.problem else None
    if outcome.verdict is Verdict.HIT or (work.rule.write_class in LOOK_UP_AT_ONCE and not row.misses):
        row.quiet_until = work.clock.now()
    log.warning("%s: outcome unknown (%s), it will be looked up", row.number, outcome.verdict)


def _end_attempt(session: Session, work: Work, intent: int, n: int, outcome: Outcome) -> None:
    session.execute(
        update(AttemptRow)
        .where(AttemptRow.intent_id == intent, AttemptRow.n == n)
        .values(
            ended_at=work.clock.now(),
            verdict=outcome.verdict,
            status=outcome.status,
            vendor_code=outcome.problem.vendor_code if outcome.problem else None,
            trace_id=outcome.trace_id,
            remote_id=outcome.remote.id if outcome.remote else None,
        )
    )


def _keep_evidence(work: Work, outcomes: Mapping[int, Outcome]) -> None:
    with work.database.transaction() as session:
        for intent, outcome in outcomes.items():
            n = session.scalar(
                select(AttemptRow.n)
                .where(AttemptRow.intent_id == intent, AttemptRow.epoch == work.lease.epoch)
                .order_by(AttemptRow.n.desc())
                .limit(1)
            )
            _end_attempt(session, work, intent, n or 0, outcome)


def _review(work: Work, document: DocumentRow, problem: Problem) -> None:
    documents.put_in_review(document, problem, work.task.task_id, work.clock.now())


def _mismatch(row: IntentRow, remote: Remote, wrong: Mapping[str, tuple[str, str]]) -> Problem:
    told = "; ".join(_told(name, *both) for name, both in wrong.items())
    return Problem(
        "mismatch",
        f"{row.number} is at {row.target_vendor} under id {remote.id}, but it differs. {told}.",
        "Correct the document there so that it equals the source, then clear this task. It is not sent again.",
    )


def _told(name: str, ours: str, theirs: str) -> str:
    """Names of people stay out of logs and tables, so for them only the fact that they differ."""
    if name in ("name", "marker"):
        return f"the {name} is another one"
    return f"{name}: we sent {ours or 'nothing'}, there is {theirs or 'nothing'}"


def _unexplained(outcome: Outcome) -> Problem:
    return Problem(
        "refused",
        f"The destination refused the document without a reason that we know (HTTP {outcome.status}).",
        "Look the trace id up with the vendor's support, mend the cause, then clear this task.",
        trace_id=outcome.trace_id,
    )
