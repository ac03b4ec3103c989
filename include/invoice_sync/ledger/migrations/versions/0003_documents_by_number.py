"""A document is found by its number, without a look at a million others.

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | None = None
depends_on: str | None = None

NAME = "ix_document_flow_number"


def upgrade() -> None:
    op.create_index(NAME, "document", ["flow", "number"])


def downgrade() -> None:
    op.drop_index(NAME, "document")
