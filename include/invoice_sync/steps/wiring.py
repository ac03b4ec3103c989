"""Connectors wired to the ledger's ports: the one place where vendor names become objects."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import cast

from invoice_sync.connectors import registry
from invoice_sync.connectors.base import Destination, Source
from invoice_sync.connectors.parts import Parts
from invoice_sync.connectors.timing import Timing
from invoice_sync.ledger import runs
from invoice_sync.ledger.database import Database, told_when_away
from invoice_sync.ledger.quotas import LedgerQuota
from invoice_sync.ledger.scope import Scope, TaskRef
from invoice_sync.ledger.tokens import LedgerTokens, keys_from_environment
from invoice_sync.model.flow import Endpoint, Flow, RunOptions
from invoice_sync.model.ports import Binding, Call, Clock, SystemClock
from invoice_sync.model.progress import Progress
from invoice_sync.steps.context import StepContext

log = logging.getLogger("invoice_sync.http")


@dataclass(frozen=True, slots=True)
class Login:
    """What an Airflow connection holds for one side. `extra` are the vendor's own settings and the timings."""

    host: str
    user: str
    password: str = field(repr=False)
    extra: Mapping[str, object] = field(repr=False, default_factory=dict)


def open_context(
    flow: Flow,
    options: RunOptions,
    task: TaskRef,
    logins: Mapping[str, Login],
    database: Database,
    clock: Clock | None = None,
    mask: Callable[[str], None] | None = None,
) -> StepContext:
    """Everything that one step of one run works with; no vendor is called.

    `logins` by connection id; `mask` hides a secret from every log, called for tokens the moment they exist.
    """
    clock = clock or SystemClock()
    scope = Scope.of(flow)
    with told_when_away(), database.transaction(lock=flow.name) as session:
        run = runs.open_run(session, scope, task.run_id, options.model_dump(mode="json"), clock.now()).id
    source, destination = (parts_of(flow, side, logins, database, clock, mask) for side in flow.sides)
    return StepContext(
        flow, options, database, scope, task, run,
        source=_source(flow, source), destination=_destination(flow, destination),
        source_quota=source.quota, destination_quota=destination.quota, clock=clock,
        progress=Progress(clock),
    )  # fmt: skip


def _source(flow: Flow, parts: Parts) -> Source:
    return registry.source(flow.source.vendor, parts)


def _destination(flow: Flow, parts: Parts) -> Destination:
    if flow.kind == "release":
        # it has the part of a destination that check and the door ask for; its steps ask for `context.fulfilment`
        return cast(Destination, registry.fulfilment(flow.destination.vendor, parts))
    return registry.destination(flow.destination.vendor, parts)


def parts_of(
    flow: Flow,
    side: Endpoint,
    logins: Mapping[str, Login],
    database: Database,
    clock: Clock,
    mask: Callable[[str], None] | None,
) -> Parts:
    """What the connector of one side is built from; for those who need no whole step."""
    login = logins[side.connection]
    binding = Binding(flow.company, side.vendor, side.tenant)
    windows = registry.windows(side.vendor, login.extra)
    return Parts(
        binding=binding,
        host=login.host,
        user=login.user,
        password=login.password,
        extra=login.extra,
        timing=_timing(login.extra),
        options=flow.options,
        clock=clock,
        call_log=_log_call,
        tokens=LedgerTokens(database, binding, keys_from_environment(), clock, mask),
        quota=LedgerQuota(database, binding, windows, flow.options.quota_share, clock),
    )


def _timing(extra: Mapping[str, object]) -> Timing:
    """Seconds from the connection's extras, such as "server_seconds"; what is not there keeps its default."""
    names = {
        "connect": "connect_timeout_seconds", "read": "read_timeout_seconds", "send_window": "send_window_seconds",
        "server": "server_seconds", "index_lag": "index_lag_seconds", "slack": "slack_seconds",
    }  # fmt: skip
    return Timing(**{name: float(str(extra[key])) for name, key in names.items() if extra.get(key) not in (None, "")})


def _log_call(call: Call) -> None:
    """Debug for what went well; a call without a good answer is worth reading."""
    level = logging.DEBUG if call.status is not None and call.status < 400 else logging.WARNING
    log.log(
        level, "%s %s %s -> %s in %.2f s %s %s",
        call.vendor, call.method, call.path, call.status, call.seconds, call.trace_id, call.note,
    )  # fmt: skip
