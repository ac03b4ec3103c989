"""Which remote record a source record is, with the evidence for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, and_, bindparam, insert, select
from sqlalchemy.orm import Session

from invoice_sync.ledger.portions import portions
from invoice_sync.ledger.scope import Scope
from invoice_sync.ledger.tables import DocumentRow, XrefRow, table_of


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
        given = {**_whose(scope, entity), "source_vendor": scope.source_vendor, "ids": list(portion)}
        found.update({row.source_id: row for row in session.scalars(_OF, given)})
    return found


def remote_ids(session: Session, scope: Scope, entity: str, source_ids: Sequence[str]) -> dict[str, str]:
    """What these records are at the flow's destination, by source id, where they have a link."""
    found: dict[str, str] = {}
    for portion in portions(source_ids):
        given = {**_whose(scope, entity), "source_vendor": scope.source_vendor, "ids": list(portion)}
        found.update(
            {source_id: remote_id for source_id, remote_id in session.connection().execute(_REMOTE_IDS, given)}
        )
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
        given = {**_whose(scope, entity), "ids": list(portion)}
        for remote_id, vendor, source_id in session.connection().execute(_HOLDERS, given):
            found.setdefault(remote_id, (vendor, source_id))
    return found


def any_document(session: Session, scope: Scope) -> bool:
    """Whether the company has any invoice at the flow's destination."""
    query = select(_XREF.id).where(_THERE, _XREF.source_vendor == scope.source_vendor).limit(1)
    return session.connection().execute(query, _whose(scope, "invoice")).first() is not None


def put(session: Session, scope: Scope, entity: str, source_id: str, link: Link, now: datetime) -> None:
    """Links, or renews the link that there is. Raises IntegrityError as `renew` does."""
    renew(session, scope, entity, source_id, link, now, of(session, scope, entity, [source_id]).get(source_id))
    session.flush()


def add_all(session: Session, scope: Scope, entity: str, new: Sequence[tuple[str, Link]], now: datetime) -> None:
    """(source id, link) of records that have none yet, in one statement. Raises IntegrityError as `renew` does."""
    if new:
        mine = {"company": scope.company, "source_vendor": scope.source_vendor, "target_vendor": scope.target_vendor}
        rows = [{**mine, "entity": entity, "source_id": source_id, **_columns(link, now)} for source_id, link in new]
        session.connection().execute(insert(table_of(XrefRow)), rows)


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
    for name, value in _columns(link, now).items():
        setattr(row, name, value)
    return row


def _columns(link: Link, now: datetime) -> dict[str, Any]:
    return {
        "remote_id": link.remote_id, "remote_version": link.remote_version, "remote_number": link.remote_number,
        "rule": link.rule, "evidence": link.evidence, "linked_by": link.by, "linked_at": now,
    }  # fmt: skip


def _whose(scope: Scope, entity: str) -> dict[str, Any]:
    return {"company": scope.company, "target_vendor": scope.target_vendor, "entity": entity}


# built once: they are asked for every batch that is sent, and building takes longer than answering
_XREF = table_of(XrefRow).c
_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
_THERE = and_(
    _XREF.company == bindparam("company"),
    _XREF.target_vendor == bindparam("target_vendor"),
    _XREF.entity == bindparam("entity"),
)
_BY_SOURCE = and_(_THERE, _XREF.source_vendor == bindparam("source_vendor"), _XREF.source_id.in_(_IDS))
_OF = select(XrefRow).where(_BY_SOURCE)
_REMOTE_IDS = select(_XREF.source_id, _XREF.remote_id).where(_BY_SOURCE)
_HOLDERS = (
    select(_XREF.remote_id, _XREF.source_vendor, _XREF.source_id)
    .where(_THERE, _XREF.remote_id.in_(_IDS))
    .order_by(_XREF.id)
)
