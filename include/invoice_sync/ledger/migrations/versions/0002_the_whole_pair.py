"""Credit memos, withdrawn documents, suggestions; delivered documents have a state of their own.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | None = None
depends_on: str | None = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ONE_TO_ONE = "entity IN ('invoice', 'credit_memo')"
HOLDERS = "ix_xref_company_target_vendor_entity_remote_id"
REFUSED = "the process log is append-only"


def upgrade() -> None:
    _suggestions()
    op.add_column("document", sa.Column("withdrawn", sa.Text(), nullable=False, server_default=""))
    op.add_column("process_log", sa.Column("document_id", sa.BigInteger(), nullable=True))
    op.create_index("ix_process_log_document_id", "process_log", ["document_id"])
    _one_remote_record_one_document(ONE_TO_ONE)
    # the partial one above does not serve a query whose entity is a parameter
    op.create_index(HOLDERS, "xref", ["company", "target_vendor", "entity", "remote_id"])
    op.execute(
        "UPDATE document SET state = 'delivered' WHERE entity = 'invoice' AND state = 'planned' AND EXISTS ("
        "SELECT 1 FROM xref WHERE xref.company = document.company AND xref.source_vendor = document.source_vendor "
        "AND xref.entity = document.entity AND xref.source_id = document.source_id)"
    )
    _close_the_process_log()


def downgrade() -> None:
    _open_the_process_log()
    op.execute("UPDATE document SET state = 'planned' WHERE state IN ('delivered', 'settled')")
    op.drop_index(HOLDERS, "xref")
    _one_remote_record_one_document("entity = 'invoice'")
    op.drop_index("ix_process_log_document_id", "process_log")
    op.drop_column("process_log", "document_id")
    op.drop_column("document", "withdrawn")
    op.drop_table("suggestion")


def _suggestions() -> None:
    op.create_table(
        "suggestion",
        sa.Column("id", KEY, nullable=False),
        sa.Column("document_id", sa.BigInteger(), nullable=False),
        sa.Column("remote_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("score", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"], name="fk_suggestion_document_id"),
        sa.PrimaryKeyConstraint("id", name="pk_suggestion"),
    )
    op.create_index("ix_suggestion_document_id", "suggestion", ["document_id"])


def _one_remote_record_one_document(where: str) -> None:
    op.drop_index("uq_xref_remote_document", "xref")
    columns = ["company", "target_vendor", "entity", "remote_id"]
    condition = sa.text(where)
    op.create_index(
        "uq_xref_remote_document", "xref", columns, unique=True, sqlite_where=condition, postgresql_where=condition
    )


def _close_the_process_log() -> None:
    """Nobody changes or removes what was logged, whatever program speaks to the ledger (ASVS 16.4.2)."""
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER process_log_no_{verb.lower()} BEFORE {verb} ON process_log "
                f"BEGIN SELECT RAISE(ABORT, '{REFUSED}'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION process_log_closed() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{REFUSED}'; END $$"
    )
    op.execute(
        "CREATE TRIGGER process_log_closed BEFORE UPDATE OR DELETE OR TRUNCATE ON process_log "
        "FOR EACH STATEMENT EXECUTE FUNCTION process_log_closed()"
    )


def _open_the_process_log() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER process_log_no_update")
        op.execute("DROP TRIGGER process_log_no_delete")
        return
    op.execute("DROP TRIGGER process_log_closed ON process_log")
    op.execute("DROP FUNCTION process_log_closed()")
