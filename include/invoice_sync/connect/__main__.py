"""Connects a company to a vendor where a person must agree in the browser.

Finds the connection and the tenant in flows.yaml, prints an address (and opens it), waits for the answer on this
machine, sees that it is for the right company, tries the tokens out and keeps them, encrypted, in the ledger.
"""

from __future__ import annotations

import argparse
import sys
import webbrowser

from invoice_sync.connect.asking import Surroundings, bound_side, connect
from invoice_sync.connectors import registry
from invoice_sync.ledger.database import Database
from invoice_sync.model.errors import InvoiceSyncError, SettingsError
from invoice_sync.model.ports import SystemClock
from invoice_sync.orchestration import outside
from invoice_sync.orchestration.flows import FlowsError, installed_flows


def main(arguments: list[str] | None = None, around: Surroundings | None = None) -> int:
    """0 when connected, 1 when not (refused, wrong company, no answer), 2 when a setting is wrong."""
    chosen = _parser().parse_args(arguments)
    try:
        flow, side = bound_side(installed_flows(), chosen.vendor, chosen.company, chosen.flow)
        connect(flow, side, around or _real(chosen.no_browser), chosen.port)
    except (SettingsError, FlowsError) as error:
        print(error, file=sys.stderr)
        return 2
    except InvoiceSyncError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. Nothing was stored.", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m invoice_sync.connect", description=__doc__)
    parser.add_argument("vendor", choices=sorted(registry.CONSENTS))
    parser.add_argument("--company", required=True, help="our company, as flows.yaml names it")
    parser.add_argument("--flow", default=None, help="needed when its flows differ in connection or tenant")
    parser.add_argument(
        "--port",
        type=int,
        default=0,
        help="where to wait; the app's list of redirect addresses must hold http://localhost:PORT/callback "
        "(0: any free port, which does for the sandbox), or the connection's extra redirect_uri names another",
    )
    parser.add_argument("--no-browser", action="store_true", help="only print the address")
    return parser


def _real(no_browser: bool) -> Surroundings:
    def tell(text: str) -> None:
        print(text, flush=True)

    def browse(address: str) -> None:
        if not (no_browser or webbrowser.open(address)):
            tell("No browser could be opened here; open the address yourself.")

    return Surroundings(Database.from_environment(), SystemClock(), outside.login, tell, browse)


if __name__ == "__main__":
    sys.exit(main())
