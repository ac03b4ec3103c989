"""`python -m invoice_sync.orchestration.local.sandbox_connections URL`: connections to a sandbox's demo companies.

Makes the sandbox as the demo wants it, and prints what `airflow connections import` reads; docker-compose.yaml does so.
"""

from __future__ import annotations

import json
import sys

from invoice_sync.orchestration.local.control import SandboxControl
from invoice_sync.orchestration.local.environment import connections


def main(index_url: str) -> int:
    """Ask the sandbox where its vendors are, and print."""
    sandbox = SandboxControl(index_url)
    sandbox.as_the_demo_wants()
    print(json.dumps(connections(sandbox.vendors, index_url), indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
