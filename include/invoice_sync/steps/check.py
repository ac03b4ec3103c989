"""check: both sides answer, are who they should be, and have what the flow needs. Gates everything after it."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from sqlalchemy import update
from sqlalchemy.orm import Session

from invoice_sync.connectors.base import Finding, Inspection
from invoice_sync.ledger import documents, intents, links, runs
from invoice_sync.ledger.tables import RunRow
from invoice_sync.model.documents import PAYMENT
from invoice_sync.model.errors import SettingsError
from invoice_sync.model.flow import Options
from invoice_sync.model.ports import Binding
from invoice_sync.model.words import OPEN, DocumentState
from invoice_sync.steps import intake, tokens
from invoice_sync.steps.context import Counts, StepContext
from invoice_sync.steps.extract import STREAM

log = logging.getLogger("invoice_sync.check")

FOR_GOOD = "chosen for good"


def check(context: StepContext) -> Counts:
    """The source's own counts, under the source's own names. Raises SettingsError with every finding."""
    _set_checked(context, False)
    tokens.warn_of_disuse(context)
    sides = (
        (context.source.binding, context.source.inspect(context.flow.write_back)),
        (context.destination.binding, context.destination.inspect(context.flow.options)),
    )
    tokens.warn_of_ends(context)
    findings = [finding for binding, inspection in sides for finding in _findings(context, binding, inspection)]
    findings += _changed_for_good(context) if not findings else []
    if findings:
        raise SettingsError(_told(findings))
    _keep(context, sides)
    return {name: count for _, inspection in sides for name, count in inspection.counts.items()}


def _findings(context: StepContext, binding: Binding, inspection: Inspection) -> list[Finding]:
    for note in inspection.notes:
        log.info("%s: %s", binding.vendor, note)
    return [*inspection.findings, *wrong_tenant(binding, inspection), *_rebound(context, binding)]


def wrong_tenant(binding: Binding, inspection: Inspection) -> list[Finding]:
    """Nothing, unless another tenant answered than the company is bound to."""
    if inspection.tenant == binding.tenant or (inspection.findings and not inspection.tenant):
        return []
    return [
        Finding(
            f"{binding.vendor} answered as tenant {inspection.tenant}, but company {binding.company} is "
            f"bound to {binding.tenant}.",
            "Sign the connection in to the right company, or correct `tenant` in flows.yaml.",
        )
    ]


def _rebound(context: StepContext, binding: Binding) -> list[Finding]:
    """What was delivered to one tenant must not be taken for delivered to another."""
    with context.transaction() as session:
        before = runs.bound_tenant(session, binding)
    if before in (None, binding.tenant):
        return []
    return [
        Finding(
            f"The ledger knows company {binding.company} at {binding.vendor} as tenant {before}, and flows.yaml "
            f"now names {binding.tenant}.",
            "Give the new tenant a company slug of its own in flows.yaml.",
        )
    ]


def _changed_for_good(context: StepContext) -> list[Finding]:
    """Options that say what our records over there mean: what was delivered was delivered by the old ones."""
    chosen = context.destination.for_good(context.flow.options)
    with context.transaction() as session:
        before = _kept_for_good(session, context)
        if not (links.any_document(session, context.scope) or intents.any_in_the_air(session, context.scope)):
            return []
    return [
        Finding(
            f"The option {name} is {chosen[name]}, and documents of this flow were delivered by {value}",
            f"Set {name} back to {value}. To change it, begin anew: another company slug and an empty store.",
        )
        for name, value in before.items()
        if chosen[name] != value
    ]


def _keep(context: StepContext, sides: tuple[tuple[Binding, Inspection], ...]) -> None:
    profile = context.destination.profile(context.flow.options)
    with context.transaction() as session:
        for binding, inspection in sides:
            runs.bind(session, binding, inspection.name, context.now)
            if inspection.counts:
                runs.keep_reference(session, binding, "counts", inspection.counts, context.now)
            for name, count in inspection.counts.items():
                log.info("%s: %d", name, count)
        target = context.destination.binding
        runs.keep_reference(session, target, "profile", profile, context.now)
        _keep_for_good(session, context)
    _set_checked(context, True)


def _keep_for_good(session: Session, context: StepContext) -> None:
    target, chosen = context.destination.binding, context.destination.for_good(context.flow.options)
    if chosen != _kept_for_good(session, context):
        _begin_anew(session, context)
    kept = runs.reference(session, target, FOR_GOOD) or {}
    runs.keep_reference(session, target, FOR_GOOD, {**kept, context.flow.name: chosen}, context.now)


def _begin_anew(session: Session, context: StepContext) -> None:
    """By another choice than before: what was read, but not delivered, may bring other records."""
    documents.read_anew(session, context.scope, context.now)
    runs.forget_cursor(session, context.scope, STREAM)
    left = documents.in_state(session, context.scope, PAYMENT, *OPEN, DocumentState.REVIEW)
    intents.replace_planned(session, left)
    intake.ignore(context, left, intake.LEFT_THE_QUEUE, "What is paid is shown by another choice now.")


def _kept_for_good(session: Session, context: StepContext) -> Mapping[str, str]:
    """The choices of the last check that passed; of one from before there were any, what they stand for by default."""
    kept = runs.reference(session, context.destination.binding, FOR_GOOD) or {}
    return kept[context.flow.name] if context.flow.name in kept else context.destination.for_good(Options())


def _set_checked(context: StepContext, passed: bool) -> None:
    with context.transaction() as session:
        checked_at = context.now if passed else None
        session.execute(update(RunRow).where(RunRow.id == context.run).values(checked_at=checked_at))


def _told(findings: list[Finding]) -> str:
    lines = [f"{n}. {finding.message} What to do: {finding.cure}" for n, finding in enumerate(findings, 1)]
    return "Nothing was read and nothing was written. Mend this, then clear the task:\n" + "\n".join(lines)
