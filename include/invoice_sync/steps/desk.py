"""What planning looks at: read in bulk, and what is remote outside any transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

from sqlalchemy.orm import Session

from invoice_sync.connectors.base import CREATE, DELIVERIES, UPDATE, Json, Remote
from invoice_sync.delivery.references import partly_resolved
from invoice_sync.ledger import intents, links
from invoice_sync.ledger.tables import DocumentRow, XrefRow
from invoice_sync.model import canonical
from invoice_sync.model.documents import CARRIED, Entity, Invoice, Payment
from invoice_sync.model.errors import BadDocument, Problem
from invoice_sync.model.money import Money
from invoice_sync.model.words import IntentState
from invoice_sync.steps import applied, preflight
from invoice_sync.steps.context import StepContext

Carried = Invoice | Payment


@dataclass(frozen=True, slots=True)
class Desk:
    """By document id unless said otherwise.

    `bodies`: the create body, or the problem that stands in its way; `filled`: the same with every remote id that
    is known; `before`: the body that was last delivered; `known`: placeholders of what is linked or will be added;
    `holders`: who holds the document's number already; `there`: our delivered documents as they are now;
    `referenced`: what preflight has to know of the records that the documents name;
    `claimed`: by entity and number, folded, which document of ours is on its way under it.
    """

    profile: Mapping[str, Any]
    models: Mapping[int, Carried]
    linked: Mapping[int, XrefRow]
    known: frozenset[str]
    bodies: Mapping[int, Json]
    filled: Mapping[int, Json]
    problems: Mapping[int, Problem]
    before: Mapping[int, Json]
    entities: Mapping[int, Entity]
    claimed: dict[tuple[str, str], str] = field(default_factory=dict)
    holders: Mapping[int, Sequence[Remote]] = field(default_factory=dict)
    there: Mapping[int, Remote] = field(default_factory=dict)
    referenced: Json = field(default_factory=dict)

    def amount(self, row: DocumentRow) -> str:
        return str(Money(row.amount_minor, row.currency)) if row.currency else "no amount"


def open_desk(session: Session, context: StepContext, rows: Sequence[DocumentRow], profile: Mapping[str, Any]) -> Desk:
    """What the ledger knows, and the bodies."""
    models = {key: cast(Carried, model) for key, model in context.models(session, rows).items()}
    bodies, problems = _bodies(context, rows, models, profile)
    return Desk(
        profile=profile,
        models=models,
        linked=links.of_rows(session, context.scope, rows),
        known=preflight.known_references(session, context, rows) | applied.left_as_they_are(session, context, rows),
        bodies=bodies,
        filled=partly_resolved(session, context.scope, bodies),
        problems=problems,
        before=_before(session, context, rows),
        entities={row.id: cast(Entity, row.entity) for row in rows},
        claimed=_claimed(session, context, rows, bodies),
    )


def look_up(context: StepContext, desk: Desk) -> Desk:
    """Numbers already used there, and documents that we delivered before and that changed since."""
    holders: dict[int, Sequence[Remote]] = {}
    there: dict[int, Remote] = {}
    for entity in CARRIED:
        new = [key for key in desk.bodies if desk.entities[key] == entity and key not in desk.linked]
        found = context.destination.holders(entity, [desk.filled[key] for key in new]) if new else []
        holders |= dict(zip(new, found, strict=True))
        old = {key: link.remote_id for key, link in desk.linked.items() if desk.entities[key] == entity}
        remotes = context.destination.reread(entity, list(old.values())) if old else {}
        there |= {key: remotes[remote_id] for key, remote_id in old.items() if remote_id in remotes}
    referenced = context.destination.referenced(list(desk.filled.values()))
    bodies, filled = (_settled(context, desk, kind, referenced) for kind in (desk.bodies, desk.filled))
    return replace(desk, holders=holders, there=there, referenced=referenced, bodies=bodies, filled=filled)


def _settled(context: StepContext, desk: Desk, bodies: Mapping[int, Json], referenced: Json) -> Mapping[int, Json]:
    new = [key for key in bodies if key not in desk.linked]
    settled = context.destination.settled([bodies[key] for key in new], referenced)
    return {**bodies, **dict(zip(new, settled, strict=True))}


def _bodies(
    context: StepContext, rows: Sequence[DocumentRow], models: Mapping[int, Carried], profile: Mapping[str, Any]
) -> tuple[dict[int, Json], dict[int, Problem]]:
    bodies: dict[int, Json] = {}
    problems: dict[int, Problem] = {}
    for row in rows:
        try:
            options, marker = context.flow.options, context.marker(row)
            bodies[row.id] = context.destination.body(models[row.id], profile, options, marker)
        except BadDocument as error:
            problems[row.id] = error.problem
    return bodies, problems


def _before(session: Session, context: StepContext, rows: Sequence[DocumentRow]) -> dict[int, Json]:
    """A void leaves the content as it was, so that what was created or last changed counts; unless one that was
    voided can be changed on."""
    operations = DELIVERIES if context.destination.can_reopen else (CREATE, UPDATE)
    done = intents.newest(session, rows, context.scope.target_vendor, operations, IntentState.DONE)
    texts = {key: intent.wire_body for key, intent in done.items() if intent.wire_body}
    return {key: canonical.loads(text) for key, text in texts.items()}


def _claimed(
    session: Session, context: StepContext, rows: Sequence[DocumentRow], bodies: Mapping[int, Json]
) -> dict[tuple[str, str], str]:
    found: dict[tuple[str, str], str] = {}
    for entity in CARRIED:
        numbers = [
            context.destination.number(bodies[row.id]) for row in rows if row.entity == entity and row.id in bodies
        ]
        taken = intents.claimed(session, context.scope, entity, numbers)
        found |= {(entity, number): source_id for number, source_id in taken.items()}
    return found
