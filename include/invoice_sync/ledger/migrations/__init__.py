"""Alembic: how a ledger comes up to date."""
