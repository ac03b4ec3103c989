"""What to do about a write whose answer never came: wait, look it up, decide. Never a blind second try."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from invoice_sync.connectors.base import CREATE, WRITE_ID, Remote, Verdict, WriteClass
from invoice_sync.delivery import settle, told
from invoice_sync.delivery.arm import freeze, item
from invoice_sync.delivery.settle import LOOK_UP_AT_ONCE, Desk
from invoice_sync.delivery.work import Work
from invoice_sync.ledger import intents
from invoice_sync.ledger.portions import portions
from invoice_sync.ledger.tables import AttemptRow, IntentRow
from invoice_sync.model import canonical
from invoice_sync.model.errors import Problem
from invoice_sync.model.words import IntentState

log = logging.getLogger("invoice_sync.delivery")

MISSES = 3
LOOK_UP = 200


def take_over(work: Work) -> None:
    """We hold the lease, so whatever is still `sending` belongs to a process that is gone or fenced off."""
    query = intents.select_state(work.scope, work.entity, work.operation, IntentState.SENDING)
    with work.fenced() as session:
        left = list(session.scalars(query))
        for row in left:
            row.state, row.epoch = IntentState.UNCERTAIN, work.lease.epoch
        work.log(session, [told.abandoned(work, row) for row in left])


def adopt_what_is_so(work: Work) -> None:
    """Before a state is set for the first time: a record that is in that state already needs no write."""
    if work.rule.write_class is not WriteClass.SET_STATE:
        return
    query = intents.select_state(work.scope, work.entity, work.operation, IntentState.PLANNED)
    with work.fenced() as session:
        planned = list(session.scalars(query.where(IntentRow.attempts == 0)))
        freeze(session, work, planned)
        rows = [row for row in planned if row.wire_body is not None]
    for portion in portions(rows, LOOK_UP):
        found = work.writer.find(work.entity, work.operation, [item(row) for row in portion])
        _adopt(work, {row.id: found.get(row.id, []) for row in portion})


def recover(work: Work) -> int:
    """Looks up every uncertain write whose quiet period is over, and decides it. Returns how many."""
    decided = 0
    _adopt_what_shows(work)
    while rows := _due(work):
        found = work.writer.find(work.entity, work.operation, [item(row) for row in rows])
        with work.fenced() as session:
            desk = _desk(session, work, [row.id for row in rows], found)
            for row in desk.rows:
                _decide(desk, row, found.get(row.id, []))
            desk.close()
        decided += len(rows)
    return decided


def _adopt_what_shows(work: Work) -> None:
    """What runs on over there may show before its quiet period is over; only that it does not has to wait for that."""
    if not work.rule.runs_on:
        return
    query = intents.select_state(work.scope, work.entity, work.operation, IntentState.UNCERTAIN)
    with work.database.transaction() as session:
        rows = list(session.scalars(query.where(IntentRow.quiet_until > work.clock.now())))
    for portion in portions(rows, LOOK_UP):
        found = work.writer.find(work.entity, work.operation, [item(row) for row in portion])
        with work.fenced() as session:
            desk = _desk(session, work, [row.id for row in portion], found)
            for row in desk.rows:
                ours = [remote for remote in found.get(row.id, []) if _is_ours(desk, row, remote)]
                if row.state == IntentState.UNCERTAIN and len(ours) == 1:
                    _adopt_found(desk, row, ours[0])
            desk.close()


def _adopt_found(desk: Desk, row: IntentRow, remote: Remote) -> None:
    settle.finish(desk, row, remote, "found again")
    desk.work.tally.adopted += 1
    log.info("%s: found at the destination under id %s, adopted", row.number, remote.id)


def _adopt(work: Work, found: Mapping[int, Sequence[Remote]]) -> None:
    with work.fenced() as session:
        desk = _desk(session, work, list(found), found)
        for row in desk.rows:
            so = [remote for remote in found[row.id] if not settle.differences(work, row, remote)]
            if so and row.state == IntentState.PLANNED:
                settle.finish(desk, row, so[0], "was so already")
                work.tally.adopted += 1
            elif row.state == IntentState.PLANNED and _is_theirs(desk, row, found[row.id]):
                settle.refuse(desk, row, _typed(row))
        desk.close()


def _desk(session: Session, work: Work, ids: Sequence[int], found: Mapping[int, Sequence[Remote]]) -> Desk:
    rows: list[IntentRow] = []
    for portion in portions(ids):
        rows += session.scalars(select(IntentRow).where(IntentRow.id.in_(portion)).order_by(IntentRow.id))
    return Desk.of(session, work, rows, [remote for hits in found.values() for remote in hits])


def _due(work: Work) -> Sequence[IntentRow]:
    query = intents.select_state(work.scope, work.entity, work.operation, IntentState.UNCERTAIN)
    with work.database.transaction() as session:
        return list(session.scalars(query.where(IntentRow.quiet_until <= work.clock.now()).limit(LOOK_UP)))


def _decide(desk: Desk, row: IntentRow, hits: Sequence[Remote]) -> None:
    if row.state != IntentState.UNCERTAIN:
        return
    work, ours = desk.work, [remote for remote in hits if _is_ours(desk, row, remote)]
    if len(ours) > 1:
        settle.refuse(desk, row, _twice(row, ours))
    elif ours:
        _adopt_found(desk, row, ours[0])
    elif _is_theirs(desk, row, hits):
        settle.refuse(desk, row, _typed(row))
    elif not hits and _may_show_late(desk.session, row):
        row.misses += 1
        row.quiet_until = work.clock.now() + work.timing.quiet
    elif _was_hit(desk.session, row) or (hits and work.rule.write_class not in LOOK_UP_AT_ONCE):
        settle.refuse(desk, row, _taken(row, hits))
    else:
        _send_again(desk, row)


def _is_ours(desk: Desk, row: IntentRow, remote: Remote) -> bool:
    """Of a creation: it carries our marker. Of anything else, and where there is none: it is all that we asked for."""
    work = desk.work
    if not settle.may_be_linked(desk, row, remote):
        return False
    wrong = settle.differences(work, row, remote)
    expected = work.writer.expected(work.entity, work.operation, canonical.loads(row.wire_body or "{}"))
    return "marker" not in wrong if work.operation == CREATE and "marker" in expected else not wrong


def _is_theirs(desk: Desk, row: IntentRow, hits: Sequence[Remote]) -> bool:
    """People at the source wrote an id of their own where ours was to go: theirs stays."""
    if desk.work.operation != WRITE_ID:
        return False
    return any(theirs for remote in hits for _, theirs in settle.differences(desk.work, row, remote).values())


def _was_hit(session: Session, row: IntentRow) -> bool:
    query = select(AttemptRow.verdict).where(AttemptRow.intent_id == row.id, AttemptRow.n == row.attempts)
    return session.scalar(query) == Verdict.HIT


def _may_show_late(session: Session, row: IntentRow) -> bool:
    """It was sent again too early, and met what an earlier attempt had made: the search just does not show it yet."""
    return row.attempts > 1 and row.misses == 1 and _was_hit(session, row)


def _send_again(desk: Desk, row: IntentRow) -> None:
    """It is not there: the same body under the same key, at most three times."""
    work = desk.work
    row.misses += 1
    if row.misses > MISSES:
        settle.refuse(desk, row, _never_arrives(row))
        return
    row.state, row.quiet_until = IntentState.PLANNED, None
    work.tally.sent_again += 1
    log.info("%s: not at the destination, it is sent again under the same key", row.number)


def _twice(row: IntentRow, ours: Sequence[Remote]) -> Problem:
    ids = ", ".join(remote.id for remote in ours)
    return Problem(
        "there_twice",
        f"{row.number} is at {row.target_vendor} more than once, under the ids {ids}.",
        "Keep one of them and delete the others there by hand, then clear this task.",
    )


def _typed(row: IntentRow) -> Problem:
    return Problem(
        "other_id",
        f"{row.number} has another id at the source than the one that we wanted to note there.",
        "Compare the two; the one at the source stays.",
    )


def _taken(row: IntentRow, hits: Sequence[Remote]) -> Problem:
    if row.problem:
        return Problem(**canonical.loads(row.problem))
    ids = ", ".join(remote.id for remote in hits)
    return Problem(
        "number_taken",
        f"{row.number} is already used at {row.target_vendor} by another record (id {ids}) that is not ours.",
        "Find out whether it is the same document; if not, renumber one of the two, then clear this task.",
    )


def _never_arrives(row: IntentRow) -> Problem:
    return Problem(
        "never_arrives",
        f"{row.number} was sent {row.attempts} times without an answer, and is not at {row.target_vendor}.",
        "Ask the vendor's support about the trace ids of the attempts, then clear this task to try again.",
    )
