"""What a red run says to those who do not sit before Airflow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from invoice_sync.ledger import documents, runs
from invoice_sync.ledger.database import Database
from invoice_sync.ledger.scope import Scope
from invoice_sync.ledger.tables import DocumentRow, RunRow
from invoice_sync.model.documents import PARTIES
from invoice_sync.model.flow import Flow
from invoice_sync.model.money import Money
from invoice_sync.steps.chain import CHAINS

ENDED_RED = ("review", "stopped", "started")


def red_run(flow: Flow, run_id: str, database: Database) -> str:
    """A few lines without a name in them: a chat is no place for customers."""
    scope = Scope(flow.name, flow.company, flow.source.vendor, flow.destination.vendor, flow.title, flow.timezone)
    with database.transaction() as session:
        waiting = documents.waiting_for_a_person(session, scope)
        steps = _red_steps(session, flow, run_id)
    lines = [f"{flow.title} ({flow.company}) is red."]
    lines += _waiting([row for row in waiting if row.entity not in PARTIES])
    if steps:
        lines.append(f"Open the log of: {', '.join(steps)}. Correct what it says, then clear it with downstream.")
    return "\n".join(lines)


def _red_steps(session: Session, flow: Flow, run_id: str) -> list[str]:
    """In the order in which they ran; report follows the others by itself."""
    run = session.scalar(select(RunRow.id).where(RunRow.flow == flow.name, RunRow.run_id == run_id))
    if run is None:
        return []
    ended = runs.steps_of(session, run)
    red = [step for step in CHAINS[flow.kind] if ended.get(step) in ENDED_RED]
    return [step for step in red if step != "report"] or red


def _waiting(rows: Sequence[DocumentRow]) -> list[str]:
    if not rows:
        return []
    sums: Counter[str] = Counter()
    for row in rows:
        sums[row.currency] += row.amount_minor
    amounts = ", ".join(str(Money(minor, currency)) for currency, minor in sorted(sums.items()) if currency)
    causes = ", ".join(f"{cause} {count}" for cause, count in Counter(row.cause for row in rows).most_common())
    return [f"{len(rows)} document(s) wait for a person ({amounts}): {causes}."]
