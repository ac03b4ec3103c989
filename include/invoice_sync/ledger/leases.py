"""One owner at a time, and a fence against the one that was before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from invoice_sync.ledger.database import Database
from invoice_sync.ledger.tables import LeaseRow, table_of
from invoice_sync.model.errors import LeaseTaken, LostLease


@dataclass(frozen=True, slots=True)
class Lease:
    """A lease as it was when taken. `epoch` is the fence."""

    name: str
    owner: str
    epoch: int


def take(database: Database, name: str, owner: str, now: datetime, length: timedelta) -> Lease:
    """Takes a free, expired or already own lease under the next epoch. Raises LeaseTaken with the wait."""
    try:
        with database.transaction(lock=name) as session:
            return _take(session, name, owner, now, now + length)
    except IntegrityError:  # two first-comers: the other one has it
        raise LeaseTaken(f"{name} was taken by another process just now", wait=length.total_seconds()) from None


def extend(session: Session, lease: Lease, until: datetime) -> None:
    """Moves the end. Raises LostLease when somebody else took over since."""
    ours = {"of_name": lease.name, "of_owner": lease.owner, "of_epoch": lease.epoch, "until": until}
    if session.connection().execute(_EXTEND, ours).rowcount != 1:
        raise LostLease(f"{lease.name} was taken over; this process stops writing")


def release(database: Database, lease: Lease, now: datetime) -> None:
    """Ends it now, unless it is somebody else's already."""
    with database.transaction() as session:
        session.execute(
            update(LeaseRow)
            .where(LeaseRow.name == lease.name, LeaseRow.owner == lease.owner, LeaseRow.epoch == lease.epoch)
            .values(until=now)
        )


_LEASE = table_of(LeaseRow)
# built once: it is part of every transaction that sends or settles
_EXTEND = (
    update(_LEASE)
    .where(
        _LEASE.c.name == bindparam("of_name"),
        _LEASE.c.owner == bindparam("of_owner"),
        _LEASE.c.epoch == bindparam("of_epoch"),
    )
    .values(until=bindparam("until"))
)


def _take(session: Session, name: str, owner: str, now: datetime, until: datetime) -> Lease:
    row = session.execute(select(LeaseRow).where(LeaseRow.name == name).with_for_update()).scalar_one_or_none()
    if row is None:
        session.execute(insert(LeaseRow).values(name=name, owner=owner, epoch=1, until=until))
        return Lease(name, owner, 1)
    if row.until > now and row.owner != owner:
        wait = (row.until - now).total_seconds()
        raise LeaseTaken(f"{name} is in the hands of another process for at most {wait:.0f} s more", wait=wait)
    row.owner, row.epoch, row.until = owner, row.epoch + 1, until
    return Lease(name, owner, row.epoch)
