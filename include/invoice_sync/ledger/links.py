"""Which remote record a source record is, with the evidence for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from invoice_sync.ledger.portions import portions
from invoice_sync.ledger.scope import Scope
from invoice_sync.ledger.tables import DocumentRow, XrefRow


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


def of_rows(session: Session, scope: Scope, rows: Sequence[DocumentRow]) -> dict[int, XrefRow]:
    """The links of these documents, of whatever entity, by document id."""
    found: dict[int, XrefRow] = {}
    for entity in dict.fromkeys(row.entity for row in rows):
        kin = {row.source_id: row.id for row in rows if row.entity == entity}
        found.update({kin[source_id]: link for source_id, link in of(session, scope, entity, list(kin)).items()})
    return found


def holders(session: Session, scope: Scope, entity: str, remote_ids: Sequence[str]) -> dict[str, tuple[str, str]]:
    """By remote id: (source vendor, source id) of the record linked to it, the first where several share it."""
    found: dict[str, tuple[str, str]] = {}
    for portion in portions(remote_ids):
        query = select(XrefRow.remote_id, XrefRow.source_vendor, XrefRow.source_id).where(
            XrefRow.company == scope.company,
            XrefRow.target_vendor == scope.target_vendor,
            XrefRow.entity == entity,
            XrefRow.remote_id.in_(portion),
        )
        for remote_id, vendor, source_id in session.execute(query.order_by(XrefRow.id)):
            found.setdefault(remote_id, (vendor, source_id))
    return found


def put(session: Session, scope: Scope, entity: str, source_id: str, link: Link, now: datetime) -> None:
    """Links, or renews the link that there is. Raises IntegrityError as `renew` does."""
    renew(session, scope, entity, source_id, link, now, of(session, scope, entity, [source_id]).get(source_id))
    session.flush()


def renew(
    session: Session, scope: Scope, entity: str, source_id: str, link: Link, now: datetime, row: XrefRow | None
) -> XrefRow:
    """As `put`, for one who knows the link that there is, as `of` gives it; in the database with the next flush.

    That flush raises IntegrityError when a document's remote record already belongs to another document: two
    invoices never share one.
    """
    if row is None:
        row = XrefRow(
            company=scope.company, source_vendor=scope.source_vendor, entity=entity, source_id=source_id,
            target_vendor=scope.target_vendor,
        )  # fmt: skip
        session.add(row)
    row.remote_id, row.remote_version, row.remote_number = link.remote_id, link.remote_version, link.remote_number
    row.rule, row.evidence, row.linked_by, row.linked_at = link.rule, link.evidence, link.by, now
    return row


def _mine(scope: Scope, entity: str) -> ColumnElement[bool]:
    return and_(
        XrefRow.company == scope.company,
        XrefRow.source_vendor == scope.source_vendor,
        XrefRow.target_vendor == scope.target_vendor,
        XrefRow.entity == entity,
    )
