"""Questions that are out at a vendor's consent page: each is answered once, in time, by the one who asked it.

A question is a lease of the one who asked; only the fingerprint of its state is kept.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from invoice_sync.ledger.tables import LeaseRow
from invoice_sync.model.ports import Binding

PATIENCE = timedelta(minutes=10)


def ask(session: Session, binding: Binding, user: str, state: str, now: datetime) -> None:
    """From now on only this state of this user's counts for the company; a question asked before is void."""
    session.merge(LeaseRow(name=_name(binding), owner=_owner(user, state), epoch=1, until=now + PATIENCE))


def take_answer(session: Session, binding: Binding, user: str, state: str, now: datetime) -> bool:
    """Whether this user asked this, not long ago, and nobody has answered it yet. It is answered now."""
    done = session.execute(
        delete(LeaseRow).where(
            LeaseRow.name == _name(binding), LeaseRow.owner == _owner(user, state), LeaseRow.until > now
        )
    )
    return bool(done.rowcount == 1)  # type: ignore[attr-defined]


def _name(binding: Binding) -> str:
    return f"consent:{binding.vendor}:{binding.company}"


def _owner(user: str, state: str) -> str:
    return f"{user}:{hashlib.sha256(state.encode()).hexdigest()}"
