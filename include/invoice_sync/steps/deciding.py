"""What becomes of one document in plan: created, changed, voided, adopted, left as it is, or set aside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import cast

from sqlalchemy.orm import Session

from invoice_sync.connectors.base import CREATE, UPDATE, VOID, Change, Json, Remote
from invoice_sync.ledger import intents, links
from invoice_sync.ledger.intents import Wanted
from invoice_sync.ledger.links import Link
from invoice_sync.ledger.process_log import Entry
from invoice_sync.ledger.tables import DocumentRow
from invoice_sync.model.documents import Entity, Payment
from invoice_sync.model.errors import Problem
from invoice_sync.steps import applied, intake, preflight
from invoice_sync.steps.context import StepContext
from invoice_sync.steps.desk import Desk


class Way(StrEnum):
    """What plan does about a document. The first three are operations of the door."""

    CREATE = CREATE
    UPDATE = UPDATE
    VOID = VOID
    ADOPT = "adopt"
    NOTHING = "nothing"
    IGNORE = "ignore"


@dataclass(frozen=True, slots=True)
class Fate:
    """`problems` overrule the way. `told`: what changes, for log and process log; names nobody.

    `held`: why the document waits though nobody has to do anything.
    """

    way: Way = Way.NOTHING
    body: Json = field(default_factory=dict)
    number: str = ""
    told: str = ""
    problems: tuple[Problem, ...] = ()
    held: Problem | None = None


def decide(context: StepContext, desk: Desk, row: DocumentRow) -> Fate:
    """Looks only at the desk."""
    if row.withdrawn:
        return _withdrawn(context, desk, row)
    if row.id in desk.problems:
        return Fate(problems=(desk.problems[row.id],))
    model = desk.models[row.id]
    standing = applied.standing(model, desk.known) if isinstance(model, Payment) else None
    if standing is not None:
        return Fate(held=standing)
    return _delivered(context, desk, row) if row.id in desk.linked else _new(context, desk, row)


def keep(session: Session, context: StepContext, desk: Desk, row: DocumentRow, fate: Fate) -> None:
    """The same change was made there, such as by a payment: from here on that is how we left it."""
    if fate.body:
        wanted, target = Wanted(row, fate.body, fate.number), context.scope.target_vendor
        intents.done(session, context.scope, UPDATE, target, wanted, desk.filled[row.id], context.now)


def adopt(session: Session, context: StepContext, desk: Desk, row: DocumentRow, fate: Fate) -> None:
    """We delivered it before the ledger forgot, as after a restored backup: linked again, never sent again."""
    holder, target = desk.holders[row.id][0], context.scope.target_vendor
    wanted = Wanted(row, fate.body, fate.number)
    intents.done(session, context.scope, CREATE, target, wanted, desk.filled[row.id], context.now)
    link = Link(holder.id, holder.version, holder.number, "our marker", f"id {holder.id}", "plan")
    links.put(session, context.scope, row.entity, row.source_id, link, context.now)
    message = {"document": row.number, "remote_id": holder.id, "how": "our marker"}
    said = "The document was there already and carries our marker; it is adopted."
    context.log(session, [Entry("WARNING", "Document Adopted", message, target, said, row.id)])


def _new(context: StepContext, desk: Desk, row: DocumentRow) -> Fate:
    model, body = desk.models[row.id], desk.bodies[row.id]
    number, holders = context.destination.number(body), desk.holders.get(row.id, ())
    ours = [holder for holder in holders if holder.live and holder.facts.get("marker") == context.marker(row)]
    if len(ours) == len(holders) == 1:
        wrong = _differing(context, desk, row, ours[0])
        if wrong:
            return Fate(problems=(differs(row, ours[0], wrong),))
        return Fate(Way.ADOPT, body, number)
    key = (row.entity, number.casefold())
    claimed_by = desk.claimed.setdefault(key, row.source_id)
    problems = (
        *preflight.own(context, row, model, desk.known, holders),
        *(preflight.shared_number(number) if claimed_by != row.source_id else ()),
        *context.destination.preflight(model, desk.filled[row.id], desk.profile, desk.referenced),
    )
    if problems and claimed_by == row.source_id:
        del desk.claimed[key]
    return Fate(Way.CREATE, body, number, problems=problems)


def _delivered(context: StepContext, desk: Desk, row: DocumentRow) -> Fate:
    """Equal is well; a change is followed or shown, and what somebody did over there is never overwritten."""
    there = desk.there.get(row.id)
    if there is None or not there.live:
        return Fate(problems=(_vanished(context, row),))
    before, after = desk.before.get(row.id, {}), desk.filled[row.id]
    changes = context.destination.changes(before, after) if before else []
    wrong = _differing(context, desk, row, there)
    if not wrong and not [change for change in changes if not change.proven]:
        return Fate(body=desk.bodies[row.id], number=context.destination.number(after)) if changes else Fate()
    # in what it is not as we delivered it, somebody changed it there
    known = context.destination.by_now(before, after, there) if before else before
    edited = facts_differing(context, row, CREATE, known, there) if before else wrong
    standing = context.destination.blocked(there)
    if standing:
        return Fate(held=standing)
    if edited:
        return Fate(problems=(differs(row, there, edited),))
    told = _told(changes, wrong)
    left = context.destination.not_emptied(before, after)
    by_hand = context.flow.options.changes == "review" or not context.destination.can(desk.entities[row.id], UPDATE)
    if by_hand or left:
        return Fate(problems=(_changed(context, row, there, told),))
    return _update(context, desk, row, there, before, told)


def _update(context: StepContext, desk: Desk, row: DocumentRow, there: Remote, before: Json, told: str) -> Fate:
    body, model = desk.bodies[row.id], desk.models[row.id]
    problems = (
        *preflight.own(context, row, model, desk.known, ()),
        *context.destination.preflight(model, desk.filled[row.id], desk.profile, desk.referenced),
    )
    wanted = context.destination.update_body(body, before, there)
    return Fate(Way.UPDATE, wanted, context.destination.number(body), told, problems)


def _withdrawn(context: StepContext, desk: Desk, row: DocumentRow) -> Fate:
    there = desk.there.get(row.id)
    if row.id not in desk.linked:
        return Fate(Way.IGNORE)
    if there is None or not there.live:
        return Fate()
    # a user who may not see records any more must not void a whole ledger
    unsure, can_void = row.withdrawn == intake.UNSEEN, context.destination.can(desk.entities[row.id], VOID)
    if unsure or not can_void or context.flow.options.voids == "review":
        return Fate(problems=(_to_be_voided(row, there, may_follow=can_void and not unsure),))
    if there.facts.get("marker") != context.marker(row):
        return Fate(problems=(differs(row, there, ["the marker is another one"]),))
    standing, body = context.destination.blocked(there), context.destination.void_body(there)
    return Fate(Way.VOID, body, there.number, f"it was {row.withdrawn}", held=standing)


def _differing(context: StepContext, desk: Desk, row: DocumentRow, there: Remote) -> list[str]:
    """Facts in which the document there is not what the source asks for now."""
    return facts_differing(context, row, CREATE, desk.filled[row.id], there)


def facts_differing(
    context: StepContext, row: DocumentRow, operation: str, body: Json, there: Remote, *, only_shown: bool = False
) -> list[str]:
    """Facts in which the document there is not what `body` asked for; `only_shown`: of those that it shows at all."""
    expected = context.destination.expected(cast(Entity, row.entity), operation, body)
    return [
        f"{name} {text or 'nothing'} here, {there.facts.get(name) or 'nothing'} there"
        for name, text in expected.items()
        if there.facts.get(name, text if only_shown else None) != text
    ]


def _told(changes: Sequence[Change], wrong: Sequence[str]) -> str:
    """The diff, field by field; people's names are not in it."""
    listed = [
        f"{change.field} {change.before or 'nothing'} -> {change.after or 'nothing'}"
        if change.before or change.after
        else change.field
        for change in changes
    ]
    return "; ".join(listed or wrong)


def _vanished(context: StepContext, row: DocumentRow) -> Problem:
    return Problem(
        "vanished",
        f"{row.number} was delivered, but is no longer there or was voided there.",
        f"Restore it there, or have it created again: `python -m invoice_sync reissue --flow {context.flow.name} "
        f"--document {row.number} --because TEXT`. It is not created a second "
        "time by itself.",
    )


def differs(row: DocumentRow, there: Remote, wrong: Sequence[str]) -> Problem:
    """Somebody changed a delivered document there, or it was never taken as it was sent."""
    return Problem(
        "changed_there",
        f"{row.number} was delivered (id {there.id}) and is not as we left it: {'; '.join(wrong)}.",
        "Make the two equal, there or at the source, then clear the task plan. Nothing is overwritten there.",
    )


def _changed(context: StepContext, row: DocumentRow, there: Remote, told: str) -> Problem:
    return Problem(
        "changed_after_delivery",
        f"{row.number} was delivered (id {there.id}) and changed at the source since: {told}.",
        "Make the same change there by hand, then clear the task plan; for what cannot be compared say "
        f"`python -m invoice_sync accept --flow {context.flow.name} --document {row.number} --because TEXT`. "
        "Or set the flow's option changes to follow.",
    )


def _to_be_voided(row: DocumentRow, there: Remote, *, may_follow: bool) -> Problem:
    follow = "; or set the flow's option voids to follow" if may_follow else ""
    return Problem(
        "withdrawn",
        f"{row.number} was delivered (id {there.id}), and since then it was {row.withdrawn}.",
        f"Void or delete it there by hand, then clear the task plan{follow}.",
    )
