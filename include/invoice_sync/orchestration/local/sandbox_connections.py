"""`python -m invoice_sync.orchestration.local.sandbox_connections URL`: connections to a sandbox's demo company.

Prints what `airflow connections import` reads.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from invoice_sync.orchestration.local import environment
from invoice_sync.orchestration.local.control import SandboxControl

PREFIX = "AIRFLOW_CONN_"


def importable(vendors: dict[str, Any]) -> dict[str, Any]:
    """Connection by connection id, from what the sandbox's index tells of its vendors."""
    texts = environment.connections(vendors)
    return {name.removeprefix(PREFIX).lower(): json.loads(text) for name, text in texts.items()}


def main(index_url: str) -> int:
    """Ask the sandbox and print."""
    print(json.dumps(importable(SandboxControl(index_url).vendors), indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
