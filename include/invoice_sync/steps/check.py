"""check: both sides answer, are who they should be, and have what the flow needs. Gates everything after it."""

from __future__ import annotations

import logging

from sqlalchemy import update

from invoice_sync.connectors.base import Finding, Inspection
from invoice_sync.ledger import runs
from invoice_sync.ledger.tables import RunRow
from invoice_sync.model.errors import SettingsError
from invoice_sync.model.ports import Binding
from invoice_sync.steps import tokens
from invoice_sync.steps.context import Counts, StepContext

log = logging.getLogger("invoice_sync.check")


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


def _keep(context: StepContext, sides: tuple[tuple[Binding, Inspection], ...]) -> None:
    profile = context.destination.profile(context.flow.options)
    with context.transaction() as session:
        for binding, inspection in sides:
            runs.bind(session, binding, inspection.name, context.now)
            if inspection.counts:
                runs.keep_reference(session, binding, "counts", inspection.counts, context.now)
            for name, count in inspection.counts.items():
                log.info("%s: %d", name, count)
        runs.keep_reference(session, context.destination.binding, "profile", profile, context.now)
    _set_checked(context, True)


def _set_checked(context: StepContext, passed: bool) -> None:
    with context.transaction() as session:
        checked_at = context.now if passed else None
        session.execute(update(RunRow).where(RunRow.id == context.run).values(checked_at=checked_at))


def _told(findings: list[Finding]) -> str:
    lines = [f"{n}. {finding.message} What to do: {finding.cure}" for n, finding in enumerate(findings, 1)]
    return "Nothing was read and nothing was written. Mend this, then clear the task:\n" + "\n".join(lines)
