"""Brings a ledger up to date with the code."""

from __future__ import annotations

import threading
from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext

from invoice_sync.ledger.database import Database
from invoice_sync.ledger.tables import Base

_one_at_a_time = threading.Lock()  # alembic keeps its context in globals of the process
SCRIPTS = Path(__file__).parent / "migrations"


def upgrade(database: Database) -> None:
    """Runs every migration that this ledger has not seen."""
    with _one_at_a_time, database.engine.connect() as connection:
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.commit()


def drift(database: Database) -> list[object]:
    """What the tables in the code have and the migrated ledger has not, or the other way round."""
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        return list(compare_metadata(context, Base.metadata))


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    return config
