"""Alembic's entry: runs on the connection that `invoice_sync.ledger.migrate` hands over."""

from alembic import context

from invoice_sync.ledger.tables import Base

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=Base.metadata)
with context.begin_transaction():
    context.run_migrations()
