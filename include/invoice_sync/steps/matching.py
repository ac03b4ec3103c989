"""Who is who: exact rules link, anything less is a suggestion for a person. Fuzzy never links."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from sqlalchemy.orm import Session

from invoice_sync.connectors.base import Candidate
from invoice_sync.connectors.placeholders import placeholder
from invoice_sync.ledger import documents, links
from invoice_sync.ledger.links import Link
from invoice_sync.ledger.process_log import Entry
from invoice_sync.ledger.tables import DocumentRow
from invoice_sync.model.documents import DOCUMENTS, Entity, Party, Product
from invoice_sync.model.errors import Problem
from invoice_sync.model.words import OPEN, DocumentState
from invoice_sync.steps import suggestions
from invoice_sync.steps.context import Counts, StepContext
from invoice_sync.steps.suggestions import NOBODY, Decision, folded


class Near:
    """Candidates found by what they share, so that n records are not compared with m candidates each."""

    def __init__(self, candidates: Sequence[Candidate]) -> None:
        self._by_key: dict[str, list[Candidate]] = {}
        for candidate in candidates:
            for key in _keys_of(candidate):
                self._by_key.setdefault(key, []).append(candidate)

    def to(self, wanted: Party | Product, name: str, marker: str) -> list[Candidate]:
        """Those that share an id, a name, a SKU, an e-mail or our marker with `wanted`, each once."""
        if isinstance(wanted, Product):
            keys = _keys(id=wanted.foreign_id, name=name, sku=wanted.sku, marker=marker)
        else:
            own = {"number": wanted.number, "tax": wanted.tax_id, "mail": wanted.email}
            keys = _keys(id=wanted.foreign_id, name=name, marker=marker, **own)
        return list(dict.fromkeys(found for key in keys for found in self._by_key.get(key, [])))


def match(context: StepContext, entity: Entity) -> Counts:
    """Decides every waiting customer or product; writes nothing outside the ledger."""
    with context.transaction() as session:
        rows = _link_known(session, context, entity)
        models = cast(dict[int, Party | Product], context.models(session, rows))
    near = Near(_candidates(context, entity, list(models.values())))
    decisions = {row.id: _decide(context, row, models[row.id], near) for row in rows}
    hints = suggestions.hints(context, entity, models, decisions)
    with context.transaction() as session:
        fresh = documents.fresh(session, rows, DocumentState.WAITING)
        suggestions.forget(session, fresh)
        weighed = {
            row.id: suggestions.weighed(session, context, row, decisions[row.id], hints.get(row.id, ()))
            for row in fresh
        }
        _apply(session, context, fresh, weighed)
        block_invoices(session, context, entity)
        return _counts(session, context, entity)


def _decide(context: StepContext, row: DocumentRow, wanted: Party | Product, near: Near) -> Decision:
    marker = context.marker(row)
    return decide(context, wanted, near.to(wanted, context.destination.record_name(wanted), marker), marker)


def decide(context: StepContext, wanted: Party | Product, candidates: Sequence[Candidate], marker: str) -> Decision:
    """The cascade: our own marker, id on record at the source, the exact rule of the entity, the name as a warning."""
    ours = [candidate for candidate in candidates if candidate.active and candidate.marker == marker]
    if len(ours) == 1:
        return Decision(link=ours[0], rule="our marker")
    if wanted.foreign_id:
        return _by_foreign_id(wanted, candidates, context.flow.destination.vendor)
    live = [candidate for candidate in candidates if candidate.active and candidate.kind == _kind(wanted)]
    for rule, exact in _exact(wanted, live):
        if len(exact) > 1:
            return Decision(problem=_ambiguous(wanted, exact))
        if exact:
            return Decision(link=exact[0], rule=rule)
    if isinstance(wanted, Party) and context.flow.options.unknown_customers == "review":
        return Decision(problem=_unknown(wanted, context.flow.destination.vendor))
    return _unless_name_taken(wanted, context.destination.record_name(wanted), candidates)


def block_invoices(session: Session, context: StepContext, entity: Entity) -> None:
    """Documents whose customer, product or credited invoice waits for a person wait with it; the others go on. A
    payment is held with its invoice, and is no second case for the person."""
    held = {placeholder(entity, row.source_id): row for row in _in_review(session, context, entity)}
    if not held:
        return
    waiting = documents.in_state(session, context.scope, DOCUMENTS, *OPEN)
    delivered = links.of_rows(session, context.scope, waiting)
    for document in waiting:
        on = next((text for text in documents.needs_of(document) if text in held), None)
        if on is not None and document.id not in delivered:
            context.review(session, document, documents.problem_of(held[on]), held[on].step, on)
            context.note(session, [document])


def _link_known(session: Session, context: StepContext, entity: Entity) -> list[DocumentRow]:
    """Those with a link are done; returns the rest."""
    rows = documents.in_state(session, context.scope, entity, DocumentState.WAITING)
    known = links.of_rows(session, context.scope, rows)
    for row in rows:
        if row.id in known:
            documents.move(row, DocumentState.LINKED, context.now)
    return [row for row in rows if row.id not in known]


def _keys_of(candidate: Candidate) -> list[str]:
    own = {"number": candidate.number, "tax": candidate.tax_id, "mail": candidate.email}
    return _keys(id=candidate.remote_id, name=candidate.name, sku=candidate.sku, marker=candidate.marker, **own)


def _keys(**parts: str) -> list[str]:
    """Ids and markers as they are, everything that people type folded."""
    exact = ("id", "marker")
    return [f"{kind}:{text if kind in exact else folded(text)}" for kind, text in parts.items() if text]


def _candidates(context: StepContext, entity: Entity, wanted: Sequence[Party | Product]) -> list[Candidate]:
    return context.destination.candidates(entity, wanted) if wanted else []


def _by_foreign_id(wanted: Party | Product, candidates: Sequence[Candidate], vendor: str) -> Decision:
    kind = _kind(wanted)
    for candidate in candidates:
        if candidate.remote_id == wanted.foreign_id and candidate.kind == kind and candidate.active:
            return Decision(link=candidate, rule="id on record at the source")
    return Decision(
        problem=Problem(
            "id_unknown",
            f"The source has id {wanted.foreign_id} on record for {kind} {_number(wanted)}, but {vendor} has no "
            f"active {kind} under it.",
            f"Correct or empty the id in the source, or make the {kind} active again in {vendor}.",
        )
    )


def _exact(wanted: Party | Product, live: Sequence[Candidate]) -> Iterator[tuple[str, list[Candidate]]]:
    """By rule, strongest first, the candidates that fit it."""
    if isinstance(wanted, Product):
        yield "SKU", [each for each in live if each.sku and folded(each.sku) == folded(wanted.sku)]
        return
    yield "customer number", [each for each in live if each.number and folded(each.number) == folded(wanted.number)]
    yield "tax id", [each for each in live if each.tax_id and folded(each.tax_id) == folded(wanted.tax_id)]
    mail, postcode = folded(wanted.email), folded(wanted.address.postcode)
    fit = [each for each in live if (folded(each.email), folded(each.postcode)) == (mail, postcode)]
    yield "e-mail and postcode", fit if mail and postcode else []


def _unknown(wanted: Party, vendor: str) -> Problem:
    return Problem(
        NOBODY,
        f"{vendor} has no customer that customer {wanted.number} certainly is.",
        f"Put number {wanted.number} on the right record there, or say which record it is (page Review, or `python -m "
        "invoice_sync decide`); to have unknown customers added, set the flow's option unknown_customers to add.",
    )


def _unless_name_taken(wanted: Party | Product, name: str, candidates: Sequence[Candidate]) -> Decision:
    holders = [candidate for candidate in candidates if candidate.active and folded(candidate.name) == folded(name)]
    if not holders:
        return Decision()
    same_kind = [holder for holder in holders if holder.kind == _kind(wanted)]
    return Decision(problem=_same_name(wanted, same_kind[0]) if same_kind else _name_held(wanted, holders[0]))


def _same_name(wanted: Party | Product, holder: Candidate) -> Problem:
    kind = _kind(wanted)
    return Problem(
        "same_name",
        f"A {kind} with the name of {kind} {_number(wanted)} exists already (id {holder.remote_id}), but "
        "nothing else proves that the two are the same.",
        f"If they are the same, put id {holder.remote_id} on the {kind} in the source; if not, rename one of them.",
    )


def _name_held(wanted: Party | Product, holder: Candidate) -> Problem:
    kind, holder_is = _kind(wanted), f"{'an' if holder.kind == 'employee' else 'a'} {holder.kind}"
    return Problem(
        "name_taken",
        f"The name of {kind} {_number(wanted)} belongs to {holder_is} (id {holder.remote_id}) there, and a "
        f"{kind} may not have the same one.",
        f"Rename the {kind} in the source, for example with (Customer) behind the name.",
        vendor_code="6240" if holder.kind in ("vendor", "employee") else "",
    )


def _ambiguous(wanted: Party | Product, found: Sequence[Candidate]) -> Problem:
    kind, ids = _kind(wanted), ", ".join(candidate.remote_id for candidate in found)
    return Problem(
        "ambiguous",
        f"{kind.capitalize()} {_number(wanted)} fits more than one record there: {ids}.",
        f"Put the right id on the {kind} in the source, or merge the records there.",
    )


def _apply(
    session: Session, context: StepContext, rows: Sequence[DocumentRow], decisions: Mapping[int, Decision]
) -> None:
    """None of `rows` has a link yet."""
    context.note(session, rows)
    matched: list[Entry] = []
    for row in rows:
        decision = decisions[row.id]
        if decision.problem is not None:
            context.review(session, row, decision.problem, _step_of(row.entity))
        elif decision.link is not None:
            matched.append(_link(session, context, row, decision.link, decision.rule))
        else:
            documents.move(row, DocumentState.TO_ADD, context.now)
    session.flush()
    context.log(session, matched)


def _link(session: Session, context: StepContext, row: DocumentRow, found: Candidate, rule: str) -> Entry:
    link = Link(found.remote_id, "", "", rule, f"id {found.remote_id}", "match")
    links.renew(session, context.scope, row.entity, row.source_id, link, context.now, None)
    documents.move(row, DocumentState.LINKED, context.now)
    message = {"record": row.number, "remote_id": found.remote_id, "rule": rule}
    kind, target = row.entity.capitalize(), context.flow.destination.vendor
    return Entry("INFO", f"{kind} Match", message, target, f"{kind} is matched by {rule}.", row.id)


def _counts(session: Session, context: StepContext, entity: Entity) -> Counts:
    states = (DocumentState.LINKED, DocumentState.TO_ADD, DocumentState.REVIEW)
    return {state.value: documents.count(session, context.scope, entity, state) for state in states}


def _in_review(session: Session, context: StepContext, entity: Entity) -> list[DocumentRow]:
    return documents.in_state(session, context.scope, entity, DocumentState.REVIEW)


def _step_of(entity: str) -> str:
    return "match_customers" if entity == "customer" else "match_products"


def _kind(wanted: Party | Product) -> str:
    return "customer" if isinstance(wanted, Party) else "product"


def _number(wanted: Party | Product) -> str:
    return wanted.number if isinstance(wanted, Party) else wanted.sku
