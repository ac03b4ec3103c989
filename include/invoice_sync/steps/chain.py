"""The order of the steps, and what every step has around it: the gate, take up, the table, the colours."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping

from sqlalchemy import select

from invoice_sync.ledger import documents, runs
from invoice_sync.ledger.database import told_when_away
from invoice_sync.ledger.tables import RunRow
from invoice_sync.model.crash_points import reached
from invoice_sync.model.documents import CARRIED, PARTIES
from invoice_sync.model.errors import NeedsPerson, NotChecked, ReviewNeeded
from invoice_sync.model.progress import told
from invoice_sync.model.words import DocumentState
from invoice_sync.steps import collecting
from invoice_sync.steps.acknowledge import acknowledge
from invoice_sync.steps.add_customers import add_customers
from invoice_sync.steps.add_products import add_products
from invoice_sync.steps.check import check
from invoice_sync.steps.context import Counts, StepContext
from invoice_sync.steps.export import export
from invoice_sync.steps.extract import extract
from invoice_sync.steps.match_customers import match_customers
from invoice_sync.steps.match_products import match_products
from invoice_sync.steps.plan import plan
from invoice_sync.steps.release.confirm_shipment import confirm_shipment
from invoice_sync.steps.release.create_shipment import create_shipment
from invoice_sync.steps.release.prepare_invoice import prepare_invoice
from invoice_sync.steps.release.release import release
from invoice_sync.steps.release.report import report as release_report
from invoice_sync.steps.release.select_orders import select_orders
from invoice_sync.steps.report import report
from invoice_sync.steps.review import because_of, table
from invoice_sync.steps.take_up import take_up

log = logging.getLogger("invoice_sync.steps")

Step = Callable[[StepContext], Counts]

STEPS: dict[str, Step] = {
    "check": check,
    "extract": extract,
    "match_customers": match_customers,
    "match_products": match_products,
    "plan": plan,
    "add_customers": add_customers,
    "add_products": add_products,
    "export": export,
    "acknowledge": acknowledge,
    "report": report,
}
RELEASE_STEPS: dict[str, Step] = {
    "check": check,
    "select_orders": select_orders,
    "create_shipment": create_shipment,
    "confirm_shipment": confirm_shipment,
    "prepare_invoice": prepare_invoice,
    "release": release,
    "report": release_report,
}
CHAINS: Mapping[str, Mapping[str, Step]] = {"invoice": STEPS, "release": RELEASE_STEPS}
"""By kind of flow: its steps, in their order."""

DECIDING: tuple[Step, ...] = (match_customers, match_products, plan)
TAKING_UP = frozenset(STEPS) - {"check", "extract", "report"}
WRITING = (
    "add_customers", "add_products", "export", "acknowledge",
    "create_shipment", "confirm_shipment", "prepare_invoice", "release",
)  # fmt: skip
"""What a dry run leaves out."""


@told_when_away()
def run_step(context: StepContext) -> Counts:
    """Runs the step that the context names, with all that belongs around it.

    Raises NotChecked when check did not pass, ReviewNeeded when documents of this run are in review because of
    this step, LedgerAway when the ledger takes nothing, and whatever the step itself raises.
    """
    if context.options.dry_run and context.step in WRITING:
        skip_step(context)
        return {}
    _mark(context, "started")
    try:
        with told(context.progress, log.info), collecting.seldom():
            return _run(context)
    finally:
        context.source.close()
        context.destination.close()


def _run(context: StepContext) -> Counts:
    context.progress.begin(context.step.replace("_", " "))
    try:
        if context.step != "check":
            _gate(context)
        if context.flow.kind == "invoice" and context.step in TAKING_UP:
            _take_up(context)
        counts = CHAINS[context.flow.kind][context.step](context)
        reached("K9")
        log.info("%s: %s", context.step, ", ".join(f"{name} {count}" for name, count in counts.items()) or "nothing")
        _stop_for_review(context)
    except ReviewNeeded:
        _mark(context, "review")
        raise
    except NeedsPerson as error:
        # "locate the latest entry to review ... if any error messages interrupted the process" (second seed)
        context.log_entry("ERROR", {"step": context.step}, str(error))
        _mark(context, "stopped")
        raise
    except BaseException:
        _mark(context, "stopped")
        raise
    _mark(context, "done")
    return counts


def skip_step(context: StepContext) -> None:
    """Notes that a dry run leaves this step out."""
    _mark(context, "skipped")


def _gate(context: StepContext) -> None:
    with context.transaction() as session:
        checked_at = session.scalar(select(RunRow.checked_at).where(RunRow.id == context.run))
    if checked_at is None:
        raise NotChecked(
            "The check of this run did not pass, so nothing was done.",
            cure="Mend what check says, then clear check.",
        )


def _take_up(context: StepContext) -> None:
    """What waited and goes on passes through the deciding steps first, as far as this step is behind them."""
    taken = take_up(context)
    if taken:
        log.info("%d document(s) that waited are taken up again", taken)
    if _is_undecided(context):
        for step in DECIDING if context.step in WRITING else DECIDING[:2] if context.step == "plan" else ():
            step(context)


def _is_undecided(context: StepContext) -> bool:
    """Whether anything of the flow is where the deciding steps begin; reads are metered, so they do not look twice."""
    with context.transaction() as session:
        every = (*PARTIES, *CARRIED)
        return any(documents.count(session, context.scope, each, DocumentState.WAITING) for each in every)


def _stop_for_review(context: StepContext) -> None:
    with context.transaction() as session:
        cases = because_of(session, context)
    if cases and context.step != "report":
        log.error("%d document(s) wait for a person because of %s:\n%s", len(cases), context.step, table(cases))
        raise ReviewNeeded(
            f"{len(cases)} document(s) wait for a person; the table above says which, why and what to do.",
            cure="Correct the data, then clear this task with downstream. The others went on.",
        )


def _mark(context: StepContext, outcome: str) -> None:
    with context.transaction() as session:
        runs.mark_step(session, context.run, context.step, outcome, context.now)
