"""flows.yaml, read and checked. A mistake in it names the file, the key and the cure."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from invoice_sync.connectors import registry
from invoice_sync.model.flow import Endpoint, Flow

VARIABLE = "INVOICE_SYNC_FLOWS"
DEFAULT = Path(__file__).parents[2] / "flows.yaml"

CURES = {
    "write_back": (
        "write_back says what the source is told once an invoice is delivered, and has no default, because the wrong "
        "choice costs money. Write one of: none (nothing; our ledger alone remembers), acknowledge (the invoice's "
        "number in the accounting package, and its error text emptied), transferred_flag (that, and the transferred "
        "flag and date; only where no Rootstock Financials posts invoices itself)"
    ),
    "company": "a short name in lower case, such as acme; it never changes again",
    "name": "a short name in lower case with underscores, such as rootstock_to_quickbooks; it is the DAG's id",
    "tenant": "the tenant that must answer: <org id>/<company number> for Rootstock, the realm id for QuickBooks",
}


class FlowsError(ValueError):
    """flows.yaml cannot be used."""


def path() -> Path:
    """Where the flows are: INVOICE_SYNC_FLOWS, or include/flows.yaml of this project."""
    return Path(os.environ.get(VARIABLE) or DEFAULT)


def installed_flows(kind: str | None = None) -> list[Flow]:
    """Every flow, or those of one document kind. Raises FlowsError."""
    flows = load(path())
    return [flow for flow in flows if kind in (None, flow.kind)]


def flow_named(name: str) -> Flow:
    """Raises FlowsError when there is none."""
    for flow in installed_flows():
        if flow.name == name:
            return flow
    raise FlowsError(f"{path()}: there is no flow named {name!r}.")


def renewable() -> list[tuple[Flow, Endpoint]]:
    """One flow and side for each (company, vendor) whose sign-in ends unless it is used."""
    found: dict[tuple[str, str], tuple[Flow, Endpoint]] = {}
    for flow in installed_flows():
        for side in flow.sides:
            if side.vendor in registry.CONSENTS:
                found.setdefault((flow.company, side.vendor), (flow, side))
    return list(found.values())


def load(file: Path) -> list[Flow]:
    """The flows of a file. Raises FlowsError with every mistake in it."""
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise FlowsError(f"{file} cannot be read ({error.strerror}). Put your flows there or set {VARIABLE}.") from None
    except yaml.YAMLError as error:
        raise FlowsError(f"{file} is no YAML: {error}") from None
    entries = content.get("flows") if isinstance(content, dict) else None
    if not isinstance(entries, list) or not entries:
        raise FlowsError(f"{file}: the key 'flows' must hold a list of flows.")
    return _distinct(file, [_flow(file, n, entry) for n, entry in enumerate(entries, 1)])


def _flow(file: Path, n: int, entry: Any) -> Flow:
    try:
        return Flow.model_validate(entry)
    except ValidationError as error:
        name = entry.get("name", f"number {n}") if isinstance(entry, dict) else f"number {n}"
        mistakes = "\n".join(f"  - {text}" for text in _mistakes(error))
        raise FlowsError(f"{file}: flow {name}:\n{mistakes}") from None


def _mistakes(error: ValidationError) -> Iterable[str]:
    for item in error.errors(include_url=False, include_input=False):
        where = ".".join(str(part) for part in item["loc"])
        cure = CURES.get(str(item["loc"][-1])) if item["loc"] else None
        yield f"{where}: {item['msg']}." + (f" {cure}." if cure else "")


def _distinct(file: Path, flows: list[Flow]) -> list[Flow]:
    names = [flow.name for flow in flows]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise FlowsError(f"{file}: the name {twice[0]} is used twice; every flow needs its own.")
    return flows
