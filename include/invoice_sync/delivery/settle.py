"""What an answer means for the intent, its document and its link; committed under the fence."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import BindParameter, bindparam, select, update
from sqlalchemy.orm import Session, defer

from invoice_sync.connectors.base import (
    ACKNOWLEDGE,
    CERTAINLY_NOT_DONE,
    CREATE,
    DELIVERIES,
    NOTES,
    VOID,
    Armed,
    Json,
    Outcome,
    Remote,
    Verdict,
    WriteClass,
)
from invoice_sync.connectors.fulfilment import RELEASE
from invoice_sync.delivery import told
from invoice_sync.delivery.work import Work
from invoice_sync.ledger import documents, intents, links
from invoice_sync.ledger.links import Link
from invoice_sync.ledger.portions import portions
from invoice_sync.ledger.process_log import Entry
from invoice_sync.ledger.tables import AttemptRow, DocumentRow, IntentRow, XrefRow, table_of
from invoice_sync.model import canonical
from invoice_sync.model.crash_points import reached
from invoice_sync.model.documents import CARRIED, DOCUMENTS, SHIPMENT
from invoice_sync.model.errors import LostLease, Problem
from invoice_sync.model.words import DocumentState, IntentState

log = logging.getLogger("invoice_sync.delivery")

# what a settlement never looks at; it is read all the same where somebody does
_UNREAD_OF_INTENT = [
    defer(column)
    for column in (
        IntentRow.body, IntentRow.body_hash, IntentRow.wire_body, IntentRow.quiet_until, IntentRow.created_at,
        IntentRow.done_at, IntentRow.wire_request, IntentRow.wire_item, IntentRow.amount_minor, IntentRow.currency,
    )
]  # fmt: skip
_UNREAD_OF_DOCUMENT = [
    defer(column)
    for column in (
        DocumentRow.since, DocumentRow.needs, DocumentRow.stamp, DocumentRow.content_hash, DocumentRow.inbox_id,
        DocumentRow.party, DocumentRow.amount_minor, DocumentRow.currency,
    )
]  # fmt: skip
_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
_INTENTS = select(IntentRow).where(IntentRow.id.in_(_IDS)).options(*_UNREAD_OF_INTENT).order_by(IntentRow.id)
_DOCUMENTS = select(DocumentRow).where(DocumentRow.id.in_(_IDS)).options(*_UNREAD_OF_DOCUMENT)

LOOK_UP_AT_ONCE = frozenset({WriteClass.UNIQUE, WriteClass.UPSERT, WriteClass.SET_STATE})
"""Classes whose second sending does no harm, so that nobody has to wait until nothing can be running."""


@dataclass(slots=True)
class Desk:
    """What a settlement looks at, read in bulk: documents, their links, and who holds the remote records."""

    session: Session
    work: Work
    rows: Sequence[IntentRow]
    documents: dict[int, DocumentRow]
    links: dict[str, XrefRow]
    holders: dict[str, tuple[str, str]]
    bodies: Mapping[int, Json] = field(default_factory=dict)
    """What went out, by intent, where it is at hand; the ledger has it as well."""

    is_abandoned: bool = False
    """We are being stopped, and waited no longer for what is unknown."""

    done: list[IntentRow] = field(default_factory=list)
    arrived: list[DocumentRow] = field(default_factory=list)
    new_links: list[tuple[str, Link]] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)

    @classmethod
    def of(
        cls,
        session: Session,
        work: Work,
        rows: Sequence[IntentRow],
        remotes: Iterable[Remote],
        bodies: Mapping[int, Json] | None = None,
    ) -> Desk:
        found: dict[int, DocumentRow] = {}
        for portion in portions([row.document_id for row in rows]):
            found.update({row.id: row for row in session.scalars(_DOCUMENTS, {"ids": list(portion)})})
        linked = links.of(session, work.scope, work.entity, [row.source_id for row in rows])
        held = links.holders(session, work.scope, work.entity, [remote.id for remote in remotes])
        return cls(session, work, rows, found, linked, held, bodies or {})

    def differences(self, row: IntentRow, remote: Remote) -> dict[str, tuple[str, str]]:
        """By fact: (what we asked for, what is there), for all that differ. Tolerance 0."""
        return differences(self.work, row, remote, self.bodies.get(row.id))

    def names(self, row: IntentRow) -> dict[str, object]:
        """How the process log names the document: by its number there, and by the source's as people know it."""
        name = self.work.words.number if row.entity in DOCUMENTS else ""
        return {"document": row.number, **({name: self.documents[row.document_id].number} if name else {})}

    def close(self) -> None:
        """Everything goes to the database: links first, for they may be refused, then the process log."""
        work, now = self.work, self.work.clock.now()
        intents.finish_all(self.session, self.done, now)
        documents.move_all(self.session, self.arrived, _state_after(work), now)
        self.session.flush()
        links.add_all(self.session, work.scope, work.entity, self.new_links, now)
        self.work.log(self.session, self.entries)


def settle(work: Work, armed: Armed, outcomes: Mapping[str, Outcome], *, is_abandoned: bool = False) -> list[Outcome]:
    """Commits a call's outcomes; returns those that certainly did not happen and may go again.

    Raises LostLease after keeping the answers as evidence on the attempts, when somebody took over meanwhile.
    """
    by_intent = {item.intent: outcomes[item.wire_item] for item in armed.items}
    try:
        with work.fenced() as session:
            bodies = {item.intent: item.body for item in armed.items}
            _settle_all(session, work, by_intent, bodies, is_abandoned=is_abandoned)
            reached("K8")
    except LostLease:
        _keep_evidence(work, by_intent)
        raise
    return [outcome for outcome in by_intent.values() if _goes_again(outcome, len(by_intent))]


def finish(desk: Desk, row: IntentRow, remote: Remote, rule: str) -> None:
    """The write is there. Linked; and in review if what is there is not what we asked for."""
    work = desk.work
    desk.done.append(row)
    wrong = desk.differences(row, remote)
    if work.operation in DELIVERIES:
        _link(desk, row, remote, rule)
    if wrong:
        _put_aside(desk, row, told.mismatch(row, remote, wrong))
        return
    desk.entries.append(told.done(work, row, desk.names(row), remote, rule))
    document = desk.documents[row.document_id]
    if work.operation == VOID and document.state == DocumentState.REVIEW:
        taken_back = told.taken_back(documents.problem_of(document))
        documents.put_in_review(document, taken_back, document.step, work.clock.now())
    elif work.operation not in NOTES and document.version == row.version and not _turned(work, document):
        desk.arrived.append(document)


def _turned(work: Work, document: DocumentRow) -> bool:
    """While nobody knew what became of the write the source took its document back, or gave it again: plan goes on."""
    return work.operation in DELIVERIES and bool(document.withdrawn) != (work.operation == VOID)


def refuse(desk: Desk, row: IntentRow, problem: Problem) -> None:
    """Definitely not written; a person decides. Another try is another revision."""
    row.state = IntentState.REFUSED
    desk.work.tally.refused += 1
    _put_aside(desk, row, problem)


def differences(work: Work, row: IntentRow, remote: Remote, body: Json | None = None) -> dict[str, tuple[str, str]]:
    """By fact: (what we asked for, what is there), for all that differ. Tolerance 0. `body`: what went out."""
    sent = body if body is not None else canonical.loads(row.wire_body or "{}")
    expected = work.writer.expected(work.entity, work.operation, sent)
    wrong = {
        name: (text, remote.facts.get(name, "")) for name, text in expected.items() if remote.facts.get(name) != text
    }
    dead = not remote.live and work.operation != VOID
    return {**wrong, "state": ("a live record", "a voided or inactive one")} if dead else wrong


def may_be_linked(desk: Desk, row: IntentRow, remote: Remote) -> bool:
    """False for a record that another document of ours is linked to; parties and products may share theirs."""
    if desk.work.operation != CREATE or row.entity not in (*CARRIED, SHIPMENT):
        return True
    return desk.holders.get(remote.id) in (None, (row.source_vendor, row.source_id))


def _settle_all(
    session: Session, work: Work, by_intent: Mapping[int, Outcome], bodies: Mapping[int, Json], *, is_abandoned: bool
) -> None:
    rows = list(session.scalars(_INTENTS, {"ids": list(by_intent)}))
    remotes = [outcome.remote for outcome in by_intent.values() if outcome.remote is not None]
    desk = Desk.of(session, work, rows, remotes, bodies)
    desk.is_abandoned = is_abandoned
    _end_attempts(session, work, [(row.id, row.attempts, by_intent[row.id]) for row in rows])
    for row in rows:
        _settle_one(desk, row, by_intent[row.id], alone=len(rows) == 1)
    desk.close()


def _settle_one(desk: Desk, row: IntentRow, outcome: Outcome, *, alone: bool) -> None:
    work, remote = desk.work, outcome.remote
    if row.state != IntentState.SENDING or row.epoch != work.lease.epoch:
        return  # a later owner has it; the answer stays on the attempt as evidence
    if outcome.verdict is Verdict.OK and remote is not None and may_be_linked(desk, row, remote):
        finish(desk, row, remote, "created by us" if work.operation == CREATE else "sent by us")
        work.tally.sent += 1
    elif outcome.verdict is Verdict.REFUSED or (outcome.verdict is Verdict.TOO_LARGE and alone):
        refuse(desk, row, outcome.problem or told.unexplained(outcome))
    elif outcome.verdict in CERTAINLY_NOT_DONE:
        row.state, row.quiet_until = IntentState.PLANNED, None
    else:
        _uncertain(desk, row, outcome)


def _goes_again(outcome: Outcome, items: int) -> bool:
    return outcome.verdict in CERTAINLY_NOT_DONE and not (outcome.verdict is Verdict.TOO_LARGE and items == 1)


def _link(desk: Desk, row: IntentRow, remote: Remote, rule: str) -> None:
    work, now = desk.work, desk.work.clock.now()
    known = desk.links.get(row.source_id)
    if work.rule.removes and known is not None:
        desk.session.delete(known)
        return
    if work.operation != CREATE and known is not None:
        known.remote_version = remote.version
        return
    number = remote.number if row.entity in CARRIED else ""  # a party's would be its name
    link = Link(remote.id, remote.version, number, rule, f"intent {row.id}", "delivery")
    if known is None:
        desk.new_links.append((row.source_id, link))
    else:
        links.renew(desk.session, work.scope, row.entity, row.source_id, link, now, known)
    desk.holders[remote.id] = (row.source_vendor, row.source_id)


def _state_after(work: Work) -> DocumentState:
    if work.operation in (ACKNOWLEDGE, RELEASE):
        return DocumentState.SETTLED
    return DocumentState.DELIVERED if work.entity in CARRIED else DocumentState.LINKED


def _put_aside(desk: Desk, row: IntentRow, problem: Problem) -> None:
    """Into review; but a note for the source's people holds nobody up."""
    work = desk.work
    desk.entries.append(told.refused(work, row, desk.names(row), problem))
    if work.operation in NOTES:
        log.warning("%s: %s", row.number, problem.reason)
        return
    documents.put_in_review(desk.documents[row.document_id], problem, work.task.task_id, work.clock.now())


def _uncertain(desk: Desk, row: IntentRow, outcome: Outcome) -> None:
    """UNKNOWN, HIT, or an OK that names nothing of ours: look it up before anything else is decided.

    A class that may be looked up at once is so once only; then the quiet period lets bad weather pass. And never so
    what the vendor may still be working at.
    """
    work = desk.work
    at_once = work.rule.write_class in LOOK_UP_AT_ONCE and not work.rule.runs_on and not row.misses
    row.state = IntentState.UNCERTAIN
    row.problem = canonical.dumps(asdict(outcome.problem)) if outcome.problem else None
    if outcome.verdict is Verdict.HIT or at_once:
        row.quiet_until = work.clock.now()
    unknown = told.uncertain(work, row, desk.names(row), outcome)
    desk.entries.append(told.abandoned(work, row) if desk.is_abandoned else unknown)
    log.warning("%s: outcome unknown (%s), it will be looked up", row.number, outcome.verdict)


def _end_attempts(session: Session, work: Work, ended: Sequence[tuple[int, int, Outcome]]) -> None:
    """(intent, attempt number, outcome), each attempt's end written once."""
    values = [{"of_intent": intent, "of_n": n, **_end(work, outcome)} for intent, n, outcome in ended]
    if values:
        # on the connection: the session would take a list of values for an update by primary key
        session.connection().execute(_ATTEMPTS_END, values)


_ATTEMPTS_END = update(table_of(AttemptRow)).where(
    table_of(AttemptRow).c.intent_id == bindparam("of_intent"), table_of(AttemptRow).c.n == bindparam("of_n")
)


def _end(work: Work, outcome: Outcome) -> dict[str, Any]:
    return {
        "ended_at": work.clock.now(),
        "verdict": str(outcome.verdict),
        "status": outcome.status,
        "vendor_code": outcome.problem.vendor_code if outcome.problem else None,
        "trace_id": outcome.trace_id,
        "remote_id": outcome.remote.id if outcome.remote else None,
    }


def _keep_evidence(work: Work, outcomes: Mapping[int, Outcome]) -> None:
    with work.database.transaction() as session:
        query = (
            select(AttemptRow.intent_id, AttemptRow.n)
            .where(AttemptRow.intent_id.in_(outcomes), AttemptRow.epoch == work.lease.epoch)
            .order_by(AttemptRow.n)
        )
        latest = {intent: n for intent, n in session.execute(query)}
        _end_attempts(session, work, [(intent, n, outcomes[intent]) for intent, n in latest.items()])
