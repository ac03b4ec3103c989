"""The tables. Amounts are integer minor units, times are UTC, bodies are canonical JSON text."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

Key = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows by itself only for INTEGER


class UtcTime(TypeDecorator[datetime]):
    """An aware UTC datetime on both databases; SQLite keeps no zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without zone cannot go into the ledger")
        value = value if value.tzinfo is UTC else value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        found: datetime = value
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {str: Text, datetime: UtcTime, int: BigInteger}


def table_of(row: type[Base]) -> Table:
    """For statements that are carried out many times and need no objects."""
    return Base.metadata.tables[row.__tablename__]


class BindingRow(Base):
    """Which tenant a company is bound to at a vendor; verified by check."""

    __tablename__ = "binding"
    company: Mapped[str] = mapped_column(primary_key=True)
    vendor: Mapped[str] = mapped_column(primary_key=True)
    tenant_id: Mapped[str]
    tenant_name: Mapped[str]
    verified_at: Mapped[datetime]


class InboxRow(Base):
    """One distinct content of a source record; `version` counts from 1, `stamp` is the source's own."""

    __tablename__ = "inbox"
    __table_args__ = (UniqueConstraint("company", "source_vendor", "entity", "source_id", "version"),)
    id: Mapped[int] = mapped_column(Key, primary_key=True)
    company: Mapped[str]
    source_vendor: Mapped[str]
    entity: Mapped[str]
    source_id: Mapped[str]
    version: Mapped[int]
    stamp: Mapped[str]
    content_hash: Mapped[str]
    content: Mapped[str]
    seen_at: Mapped[datetime]


class DocumentRow(Base):
    """Where a source record stands in a flow. Invoices, and the customers and products that they need."""

    __tablename__ = "document"
    __table_args__ = (
        UniqueConstraint("flow", "entity", "source_id"),
        Index(None, "flow", "entity", "state"),
        Index(None, "flow", "number"),
    )
    id: Mapped[int] = mapped_column(Key, primary_key=True)
    flow: Mapped[str]
    company: Mapped[str]
    source_vendor: Mapped[str]
    entity: Mapped[str]
    source_id: Mapped[str]
    inbox_id: Mapped[int] = mapped_column(ForeignKey("inbox.id"))
    version: Mapped[int]
    stamp: Mapped[str]
    content_hash: Mapped[str]
    state: Mapped[str]
    number: Mapped[str]
    party: Mapped[str]
    amount_minor: Mapped[int]
    currency: Mapped[str]
    step: Mapped[str] = mapped_column(default="")
    cause: Mapped[str] = mapped_column(default="")
    reason: Mapped[str] = mapped_column(default="")
    cure: Mapped[str] = mapped_column(default="")
    vendor_code: Mapped[str] = mapped_column(default="")
    trace_id: Mapped[str] = mapped_column(default="")
    blocked_on: Mapped[str] = mapped_column(default="")
    needs: Mapped[str] = mapped_column(default="[]")
    withdrawn: Mapped[str] = mapped_column(default="")
    since: Mapped[datetime]


class SuggestionRow(Base):
    """A record at the destination that a customer or product in review might be; a person chooses. Names are here."""

    __tablename__ = "suggestion"
    id: Mapped[int] = mapped_column(Key, primary_key=True)
    document_id: Mapped[int] = mapped_column(ForeignKey("document.id"), index=True)
    remote_id: Mapped[str]
    kind: Mapped[str]
    name: Mapped[str]
    score: Mapped[int]
    reason: Mapped[str]


class IntentRow(Base):
    """One intended write. `body` is what was planned, `wire_body` what went out, frozen at the first arm."""

    __tablename__ = "intent"
    __table_args__ = (
        UniqueConstraint(
            "company", "source_vendor", "entity", "source_id", "target_vendor", "op", "version", "revision",
            name="uq_intent_identity",
        ),
        Index(None, "flow", "entity", "op", "state"),
    )  # fmt: skip
    id: Mapped[int] = mapped_column(Key, primary_key=True)
    flow: Mapped[str]
    company: Mapped[str]
    source_vendor: Mapped[str]
    entity: Mapped[str]
    source_id: Mapped[str]
    target_vendor: Mapped[str]
    op: Mapped[str]
    version: Mapped[int]
    revision: Mapped[int]
    document_id: Mapped[int] = mapped_column(ForeignKey("document.id"), index=True)
    state: Mapped[str]
    number: Mapped[str]
    amount_minor: Mapped[int]
    currency: Mapped[str]
    body: Mapped[str]
    body_hash: Mapped[str]
    wire_body: Mapped[str | None]
    wire_request: Mapped[str | None]
    wire_item: Mapped[str | None]
    epoch: Mapped[int] = mapped_column(default=0)
    attempts: Mapped[int] = mapped_column(default=0)
    misses: Mapped[int] = mapped_column(default=0)
    quiet_until: Mapped[datetime | None]
    problem: Mapped[str | None]
    created_at: Mapped[datetime]
    done_at: Mapped[datetime | None]


class AttemptRow(Base):
    """One time that an intent was armed. Written before the first byte leaves; its end is filled in once."""

    __tablename__ = "attempt"
    __table_args__ = (UniqueConstraint("intent_id", "n"),)
    id: Mapped[int] = mapped_column(Key, primary_key=True)
    intent_id: Mapped[int] = mapped_column(ForeignKey("intent.id"))
    n: Mapped[int]
    epoch: Mapped[int]
    armed_at: Mapped[datetime]
    quiet_until: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    verdict: Mapped[str | None]
    status: Mapped[int | None]
    vendor_code: Mapped[str | None]
    trace_id: Mapped[str | None]
    remote_id: Mapped[str | None]
    dag_id: Mapped[str]
    run_id: Mapped[str]
    task_id: Mapped[str]
    map_index: Mapped[int]
    try_number: Mapped[int]


class XrefRow(Base):
    """This source record is that remote one. One-to-one for documents; parties and products may share."""

    __tablename__ = "xref"
    __table_args__ = (
        UniqueConstraint(
            "company", "source_vendor", "entity", "source_id", "target_vendor", name="uq_xref_source"
        ),
        Index(None, "company", "target_vendor", "entity", "remote_id"),
        Index(
            "uq_xref_remote_document", "company", "target_vendor", "entity", "remote_id",
            unique=True,
            sqlite_where=text("entity IN ('invoice', 'credit_memo')"),
            postgresql_where=text("entity IN ('invoice', 'credit_memo')"),
        ),
    )  # fmt: skip
    id: Mapped[int] = mapped_column(Key, primary_key=True)
    company: Mapped[str]
    source_vendor: Mapped[str]
    entity: Mapped[str]
    source_id: Mapped[str]
    target_vendor: Mapped[str]
    remote_id: Mapped[str]
    remote_version: Mapped[str]
    remote_number: Mapped[str]
    rule: Mapped[str]
    evidence: Mapped[str]
    linked_by: Mapped[str]
    linked_at: Mapped[datetime]


class CursorRow(Base):
    """How far a stream of a flow has been read; moves with the page that it covers."""

    __tablename__ = "cursor"
    flow: Mapped[str] = mapped_column(primary_key=True)
    stream: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[str]
    moved_at: Mapped[datetime]


class RunRow(Base):
    """One Airflow run. `checked_at` is set by check; without it no later task does anything."""

    __tablename__ = "run"
    __table_args__ = (UniqueConstraint("flow", "run_id"),)
    id: Mapped[int] = mapped_column(Key, primary_key=True)
    flow: Mapped[str]
    company: Mapped[str]
    run_id: Mapped[str]
    options: Mapped[str]
    started_at: Mapped[datetime]
    checked_at: Mapped[datetime | None]


class RunDocumentRow(Base):
    """A document that a run dealt with, and which task did so last."""

    __tablename__ = "run_document"
    run: Mapped[int] = mapped_column(ForeignKey("run.id"), primary_key=True)
    document: Mapped[int] = mapped_column(ForeignKey("document.id"), primary_key=True)
    outcome: Mapped[str]


class RunStepRow(Base):
    """How a step of a run last ended: "started", "done", "review", "waiting" or "skipped"."""

    __tablename__ = "run_step"
    run: Mapped[int] = mapped_column(ForeignKey("run.id"), primary_key=True)
    step: Mapped[str] = mapped_column(primary_key=True)
    outcome: Mapped[str]
    at: Mapped[datetime]


class StatementRow(Base):
    """What report found, kept as it was found."""

    __tablename__ = "statement"
    id: Mapped[int] = mapped_column(Key, primary_key=True)
    run: Mapped[int] = mapped_column(ForeignKey("run.id"), index=True)
    made_at: Mapped[datetime]
    body: Mapped[str]


class ReferenceRow(Base):
    """Accounts, preferences and the like of a tenant, with the time they were read."""

    __tablename__ = "reference"
    company: Mapped[str] = mapped_column(primary_key=True)
    vendor: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    body: Mapped[str]
    read_at: Mapped[datetime]


class LeaseRow(Base):
    """Who may act, until when. `epoch` grows with every take-over; writes of an older epoch are refused."""

    __tablename__ = "lease"
    name: Mapped[str] = mapped_column(primary_key=True)
    owner: Mapped[str]
    epoch: Mapped[int]
    until: Mapped[datetime]


class TokenRow(Base):
    """Encrypted tokens of one binding."""

    __tablename__ = "token"
    company: Mapped[str] = mapped_column(primary_key=True)
    vendor: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int]
    sealed: Mapped[str]
    saved_at: Mapped[datetime]


class PauseRow(Base):
    """The vendor said 429: nobody of this binding calls before `until`."""

    __tablename__ = "pause"
    company: Mapped[str] = mapped_column(primary_key=True)
    vendor: Mapped[str] = mapped_column(primary_key=True)
    until: Mapped[datetime]


class QuotaRow(Base):
    """The calls taken lately from one window of a tenant: a JSON list of epoch milliseconds, oldest first."""

    __tablename__ = "quota"
    vendor: Mapped[str] = mapped_column(primary_key=True)
    tenant: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    taken: Mapped[str]


class ProcessLogRow(Base):
    """Append-only. The first eight columns are those of the log screen that our users know."""

    __tablename__ = "process_log"
    __table_args__ = (Index(None, "flow", "run_id"), Index(None, "document_id"))
    id: Mapped[int] = mapped_column(Key, primary_key=True)
    level: Mapped[str]
    action_type: Mapped[str]
    message: Mapped[str]
    endpoint_url: Mapped[str]
    description: Mapped[str]
    login_user: Mapped[str]
    log_date: Mapped[str]
    log_time: Mapped[str]
    company: Mapped[str]
    flow: Mapped[str]
    dag_id: Mapped[str]
    run_id: Mapped[str]
    task_id: Mapped[str]
    map_index: Mapped[int]
    try_number: Mapped[int]
    document_id: Mapped[int | None]
