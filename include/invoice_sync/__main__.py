"""`python -m invoice_sync`: brings the ledger up to date, prints statements, creates a vanished invoice again."""

from __future__ import annotations

import argparse
import getpass
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from invoice_sync.ledger import migrate, runs
from invoice_sync.ledger.database import Database
from invoice_sync.ledger.operator import accept, decide, ignore, reissue, restored
from invoice_sync.ledger.scope import Scope
from invoice_sync.model import canonical
from invoice_sync.model.errors import InvoiceSyncError
from invoice_sync.orchestration.flows import FlowsError, flow_named


def main(arguments: list[str] | None = None) -> int:
    """0 when done, 1 when there is nothing to show, 2 when a setting is wrong."""
    chosen = _parser().parse_args(arguments)
    try:
        database = Database.from_environment()
        return COMMANDS[chosen.command](database, chosen)
    except (InvoiceSyncError, FlowsError) as error:
        print(error, file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m invoice_sync", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("migrate", help="bring the ledger of INVOICE_SYNC_DATABASE up to date")
    statement = commands.add_parser("statement", help="print the newest statement of a flow or of one run")
    statement.add_argument("--flow", required=True)
    statement.add_argument("--run", default=None, help="Airflow's run id; the flow's newest run without it")
    statement.add_argument("--json", action="store_true", help="as JSON instead of text")
    again = commands.add_parser("reissue", help="create a delivered invoice again that vanished at the destination")
    again.add_argument("--flow", required=True)
    again.add_argument("--document", required=True, help="the invoice's number at the source")
    again.add_argument("--because", required=True, help="the reason, for the process log")
    _add_decisions(commands)
    commands.add_parser("restored", help="say that an older ledger was put back, before any flow runs again")
    return parser


def _add_decisions(commands: Any) -> None:
    for name, said in (
        ("accept", "say that the destination is right about a document that changed after delivery"),
        ("ignore", "take a document out of review until its source record changes"),
    ):
        command = commands.add_parser(name, help=said)
        command.add_argument("--flow", required=True)
        command.add_argument("--document", required=True, help="its number at the source")
        command.add_argument("--because", required=True, help="the reason, for the process log")
    decide = commands.add_parser("decide", help="say who a customer or product in review is")
    decide.add_argument("--flow", required=True)
    which = decide.add_mutually_exclusive_group(required=True)
    which.add_argument("--customer", help="the customer's number at the source")
    which.add_argument("--product", help="the product's number at the source")
    what = decide.add_mutually_exclusive_group(required=True)
    what.add_argument("--link", metavar="ID", help="it is this record at the destination")
    what.add_argument("--add", action="store_true", help="it is none of those; add it")


def _migrate(database: Database, _chosen: argparse.Namespace) -> int:
    migrate.upgrade(database)
    return 0


def _statement(database: Database, chosen: argparse.Namespace) -> int:
    with database.transaction() as session:
        body = runs.last_statement(session, chosen.flow, chosen.run)
    if body is None:
        print(f"There is no statement of {chosen.run or chosen.flow} yet.", file=sys.stderr)
        return 1
    print(canonical.dumps(body) if chosen.json else body["text"])
    return 0


def _reissue(database: Database, chosen: argparse.Namespace) -> int:
    with database.transaction(lock=chosen.flow) as session:
        reissue(session, chosen.flow, chosen.document, chosen.because, getpass.getuser(), datetime.now(UTC))
    print(f"{chosen.document} is planned anew by the next run of {chosen.flow}.")
    return 0


def _accept(database: Database, chosen: argparse.Namespace) -> int:
    with database.transaction(lock=chosen.flow) as session:
        accept(session, chosen.flow, chosen.document, chosen.because, getpass.getuser(), datetime.now(UTC))
    print(f"{chosen.document} counts as delivered as it stands.")
    return 0


def _ignore(database: Database, chosen: argparse.Namespace) -> int:
    with database.transaction(lock=chosen.flow) as session:
        ignore(session, chosen.flow, chosen.document, chosen.because, getpass.getuser(), datetime.now(UTC))
    print(f"{chosen.document} waits for nobody until its source record changes.")
    return 0


def _decide(database: Database, chosen: argparse.Namespace) -> int:
    scope = Scope.of(flow_named(chosen.flow))
    entity, number = ("customer", chosen.customer) if chosen.customer else ("product", chosen.product)
    with database.transaction(lock=chosen.flow) as session:
        decide(session, scope, entity, number, chosen.link, getpass.getuser(), datetime.now(UTC))
    print(f"{entity.capitalize()} {number} is {chosen.link or 'to be added'}; clear the task match_{entity}s.")
    return 0


def _restored(database: Database, _chosen: argparse.Namespace) -> int:
    with database.transaction() as session:
        count = restored(session, datetime.now(UTC))
    print(f"{count} document(s) are looked up at their destination before anything is created.")
    return 0


COMMANDS: dict[str, Callable[[Database, argparse.Namespace], int]] = {
    "migrate": _migrate,
    "statement": _statement,
    "reissue": _reissue,
    "accept": _accept,
    "ignore": _ignore,
    "decide": _decide,
    "restored": _restored,
}

if __name__ == "__main__":
    sys.exit(main())
