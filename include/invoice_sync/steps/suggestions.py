"""Who a customer or product might be: suggestions for a person, by likeness of names. They never link anything.

Scores are rapidfuzz's token_sort_ratio over folded names, 0 to 100. Legal forms stay in the names: without them
"LLC" and "Inc." of one name would be equal.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from rapidfuzz import fuzz, process
from sqlalchemy import delete
from sqlalchemy.orm import Session

from invoice_sync.connectors.base import Candidate
from invoice_sync.ledger.operator import ADD_ANYWAY
from invoice_sync.ledger.portions import portions
from invoice_sync.ledger.tables import DocumentRow, SuggestionRow
from invoice_sync.model.documents import Entity, Party, Product
from invoice_sync.model.errors import Problem
from invoice_sync.steps.context import StepContext

NOBODY = "no_customer_there"
LIKELY = 90
"""From here on a person decides whether a new customer is an old one, unless `similar_customers` says add."""

WORTH_SHOWING = 75
MOST_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Decision:
    """Exactly one of: `link` (by `rule`), `problem`, or neither: the record is to be added."""

    link: Candidate | None = None
    rule: str = ""
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class Hint:
    """A record there that has a similar name. `score` 0 to 100."""

    candidate: Candidate
    score: int
    reason: str


def hints(
    context: StepContext,
    entity: Entity,
    models: Mapping[int, Party | Product],
    decisions: Mapping[int, Decision],
) -> dict[int, list[Hint]]:
    """By document id, best first. Asks for everybody at the destination, and only when a hint may count."""
    wanted = [key for key, decision in decisions.items() if _may_count(context, entity, decision)]
    if not wanted:
        return {}
    everybody = context.destination.everybody(entity)
    names = {place: folded(each.name) for place, each in enumerate(everybody)}
    return {key: _similar(models[key], folded(_name(models[key])), everybody, names) for key in wanted}


def forget(session: Session, rows: Sequence[DocumentRow]) -> None:
    """What was suggested before."""
    for portion in portions([row.id for row in rows]):
        session.execute(delete(SuggestionRow).where(SuggestionRow.document_id.in_(portion)))


def weighed(
    session: Session, context: StepContext, row: DocumentRow, decision: Decision, near: Sequence[Hint]
) -> Decision:
    """The decision with its suggestions kept, and a new customer that is likely an old one set aside."""
    if row.cause == ADD_ANYWAY and decision.problem is not None and decision.problem.cause == NOBODY:
        return Decision()
    if not near or (decision.problem is None and (row.cause == ADD_ANYWAY or near[0].score < LIKELY)):
        return decision
    _keep(session, row, near)
    listed = ", ".join(f"id {hint.candidate.remote_id} ({hint.score} %: {hint.reason})" for hint in near)
    problem = decision.problem or _similar_name(context, row)
    return Decision(problem=replace(problem, reason=f"{problem.reason} Similar there: {listed}."))


def folded(text: str) -> str:
    """For comparing: NFKC, no blanks around or doubled, no case. Leading zeros stay."""
    return " ".join(unicodedata.normalize("NFKC", text).split()).casefold()


def _similar(
    wanted: Party | Product, name: str, everybody: Sequence[Candidate], names: Mapping[int, str]
) -> list[Hint]:
    best = process.extract(name, names, scorer=fuzz.token_sort_ratio, score_cutoff=WORTH_SHOWING, limit=MOST_SHOWN)
    return [Hint(everybody[place], int(score), _reason(wanted, everybody[place])) for _, score, place in best]


def _reason(wanted: Party | Product, candidate: Candidate) -> str:
    """What else the two share, in words that name nobody."""
    if isinstance(wanted, Product):
        return "same SKU" if candidate.sku and folded(candidate.sku) == folded(wanted.sku) else "name only"
    shared = [
        word
        for word, mine, theirs in (
            ("e-mail", wanted.email, candidate.email),
            ("postcode", wanted.address.postcode, candidate.postcode),
        )
        if mine and folded(mine) == folded(theirs)
    ]
    return " and ".join(["name", *shared]) if shared else "name only"


def _may_count(context: StepContext, entity: Entity, decision: Decision) -> bool:
    """Products are told apart by SKU, so likeness keeps none of them from being added."""
    if decision.problem is not None:
        return True
    return decision.link is None and entity == "customer" and context.flow.options.similar_customers == "review"


def _keep(session: Session, row: DocumentRow, near: Sequence[Hint]) -> None:
    for hint in near:
        session.add(
            SuggestionRow(
                document_id=row.id, remote_id=hint.candidate.remote_id, kind=hint.candidate.kind,
                name=hint.candidate.name, score=hint.score, reason=hint.reason,
            )
        )  # fmt: skip


def _similar_name(context: StepContext, row: DocumentRow) -> Problem:
    return Problem(
        "similar_name",
        f"Customer {row.number} is new, but there is a customer with a similar name.",
        "If they are the same, put that id on the customer in the source, or say `python -m invoice_sync decide "
        f"--flow {context.flow.name} --customer {row.number} --link ID`; if not, say `--add`.",
    )


def _name(wanted: Party | Product) -> str:
    return wanted.name if isinstance(wanted, Party) else f"{wanted.sku} {wanted.description}"
