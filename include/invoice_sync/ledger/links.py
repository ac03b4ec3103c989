"""Which remote record a source record is, with the evidence for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from invoice_sync.ledger.documents import portions
from invoice_sync.ledger.scope import Scope
from invoice_sync.ledger.tables import XrefRow


@dataclass(frozen=True, slots=True)
class Link:
    """`rule` is the exact rule that linked the two, `evidence` what it rested on, `by` who or what decided."""

    remote_id: str
    remote_version: str
    remote_number: str
    rule: str
    evidence: str
    by: str


def of(session: Session, scope: Scope, entity: str, source_ids: Sequence[str]) -> dict[str, XrefRow]:
    """The links of these records at the flow's destination, by source id."""
    found: dict[str, XrefRow] = {}
    for portion in portions(source_ids):
        query = select(XrefRow).where(_mine(scope, entity), XrefRow.source_id.in_(portion))
        found.update({row.source_id: row for row in session.scalars(query)})
    return found


def holder(session: Session, scope: Scope, entity: str, remote_id: str) -> tuple[str, str] | None:
    """(source vendor, source id) of a record that this remote one is linked to, the first where several share it."""
    query = select(XrefRow.source_vendor, XrefRow.source_id).where(
        XrefRow.company == scope.company,
        XrefRow.target_vendor == scope.target_vendor,
        XrefRow.entity == entity,
        XrefRow.remote_id == remote_id,
    )
    found = session.execute(query.order_by(XrefRow.id)).first()
    return (found.source_vendor, found.source_id) if found else None


def put(session: Session, scope: Scope, entity: str, source_id: str, link: Link, now: datetime) -> None:
    """Links, or renews version and number of the same link. Raises IntegrityError when a document's remote
    record already belongs to another document: two invoices never share one."""
    row = of(session, scope, entity, [source_id]).get(source_id)
    if row is None:
        row = XrefRow(
            company=scope.company, source_vendor=scope.source_vendor, entity=entity, source_id=source_id,
            target_vendor=scope.target_vendor,
        )  # fmt: skip
        session.add(row)
    row.remote_id, row.remote_version, row.remote_number = link.remote_id, link.remote_version, link.remote_number
    row.rule, row.evidence, row.linked_by, row.linked_at = link.rule, link.evidence, link.by, now
    session.flush()


def _mine(scope: Scope, entity: str) -> ColumnElement[bool]:
    return and_(
        XrefRow.company == scope.company,
        XrefRow.source_vendor == scope.source_vendor,
        XrefRow.target_vendor == scope.target_vendor,
        XrefRow.entity == entity,
    )
