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
    "company": "a short name in lower case, such as acme; it never changes again",
    "name": "a short name in lower case with underscores, such as rootstock_to_quickbooks; it is the DAG's id",
    "tenant": "the tenant that must answer: <org id>/<company number> for Rootstock, the realm id for QuickBooks, "
    "<tenant>/<branch> for Acumatica, the store hash for BigCommerce",
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
    given = entry if isinstance(entry, dict) else {}
    try:
        flow, mistakes = Flow.model_validate(entry), list[str]()
    except ValidationError as error:
        flow, mistakes = None, list(_mistakes(error, _source(given)))
    if flow is not None and flow.write_back not in registry.WRITE_BACKS.get(flow.source.vendor, {flow.write_back: ""}):
        mistakes = [f"write_back: {flow.source.vendor} knows no {flow.write_back}. {_write_backs(flow.source.vendor)}."]
    if flow is None or mistakes:
        listed = "\n".join(f"  - {text}" for text in mistakes)
        raise FlowsError(f"{file}: flow {given.get('name', f'number {n}')}:\n{listed}")
    return flow


def _mistakes(error: ValidationError, vendor: str) -> Iterable[str]:
    cures = {**CURES, "write_back": _write_backs(vendor)}
    for item in error.errors(include_url=False, include_input=False):
        where = ".".join(str(part) for part in item["loc"])
        cure = cures.get(str(item["loc"][-1])) if item["loc"] else None
        yield f"{where}: {item['msg']}." + (f" {cure}." if cure else "")


def _source(given: dict[str, Any]) -> str:
    side = given.get("source")
    return str(side.get("vendor", "")) if isinstance(side, dict) else ""


def _write_backs(vendor: str) -> str:
    ways = registry.WRITE_BACKS.get(vendor, {})
    listed = ", ".join(f"{name} ({what})" for name, what in ways.items())
    return (
        "write_back says what the source is told once an invoice is delivered, and has no default, because the wrong "
        f"choice costs money. Write one of: {listed or 'those that README names for the source'}"
    )


def _distinct(file: Path, flows: list[Flow]) -> list[Flow]:
    names = [flow.name for flow in flows]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise FlowsError(f"{file}: the name {twice[0]} is used twice; every flow needs its own.")
    return flows
