"""Sign-ins that end: how long they last, who should know, and how they are kept alive between the runs.

A refresh token ends for want of use (QuickBooks: 100 days, moved on by every use) and once and for all (5 years
after consent, moved by nothing but a new consent).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from invoice_sync.connectors import registry
from invoice_sync.ledger import process_log
from invoice_sync.ledger.database import Database
from invoice_sync.ledger.process_log import Entry
from invoice_sync.ledger.scope import Scope, TaskRef
from invoice_sync.ledger.tokens import LedgerTokens, keys_from_environment
from invoice_sync.model.flow import Endpoint, Flow
from invoice_sync.model.ports import Binding, Clock, SystemClock, Tokens
from invoice_sync.steps.context import Counts, StepContext
from invoice_sync.steps.wiring import Login, parts_of

log = logging.getLogger("invoice_sync.tokens")

KEEPER = "keep_tokens_alive"
UNUSED_DAYS = (90, 40)
END_DAYS = (10, 60)
USE_EVERY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Warned:
    """What somebody should do before a sign-in ends. `days` are those left."""

    text: str
    ends: datetime
    days: int


def warn_of_disuse(context: StepContext) -> None:
    """Before check itself uses the sign-ins: whether nobody did for long."""
    for binding, tokens in _stored(context):
        _tell(context, binding, disuse(binding, tokens, context.now))


def warn_of_ends(context: StepContext) -> None:
    """After check has used the sign-ins: whether one ends for good."""
    for binding, tokens in _stored(context):
        _tell(context, binding, end(binding, tokens, context.now))


def keep_alive(
    flow: Flow,
    side: Endpoint,
    login: Login,
    task: TaskRef,
    database: Database,
    clock: Clock | None = None,
    mask: Callable[[str], None] | None = None,
) -> Counts:
    """Uses a refresh token that was not used for a day; the days that are left, by the word for their end.

    Raises NeedsPerson when only a person can connect again, TryLater for weather.
    """
    clock = clock or SystemClock()
    parts = parts_of(flow, side, {side.connection: login}, database, clock, mask)
    keeper = _Keeper(flow, parts.binding, task, database, clock)
    before = parts.tokens.load()
    if before is not None:
        keeper.tell(disuse(parts.binding, before, clock.now()))
    if before is None or _due(before, clock.now()):
        build = registry.destination if side == flow.destination else registry.source
        writer = build(side.vendor, parts)
        try:
            # an access token lives for an hour, so this renews
            writer.prepare()
        finally:
            writer.close()
    after = parts.tokens.load()
    return keeper.report(after) if after else {}


def disuse(binding: Binding, tokens: Tokens, now: datetime) -> Warned | None:
    """At 40 and at 90 days without use."""
    used, ends = tokens.refresh_used_at, tokens.refresh_expires_at
    unused = (now - used).days if used else 0
    if not tokens.refresh or used is None or ends is None or unused < min(UNUSED_DAYS):
        return None
    left = (ends - now).days
    over = f"On {ends:%Y-%m-%d} it ends" if ends > now else f"On {ends:%Y-%m-%d} it ended"
    text = (
        f"{_subject(binding)} was last used on {used:%Y-%m-%d}, {unused} days ago. {over} for want of use, and then "
        f"only a person can connect again. What to do: see that the DAG {KEEPER} is switched on and green."
    )
    if unused >= max(UNUSED_DAYS):
        text += f" Do it today, or connect again: {command(binding)}"
    return Warned(text, ends, left)


def end(binding: Binding, tokens: Tokens, now: datetime) -> Warned | None:
    """60 and 10 days before the end that no use moves."""
    ends = tokens.refresh_hard_end_at
    if not tokens.refresh or ends is None or ends - now > timedelta(days=max(END_DAYS)):
        return None
    left = max((ends - now).days, 0)
    urgent = "Do it now" if ends - now <= timedelta(days=min(END_DAYS)) else "What to do"
    text = (
        f"{_subject(binding)} ends for good on {ends:%Y-%m-%d}, in {left} days, however often it is used. Until then "
        f"all goes on; after it nothing is exported. {urgent}: connect again: {command(binding)}"
    )
    return Warned(text, ends, left)


def command(binding: Binding) -> str:
    """How a person connects again."""
    return f"python -m invoice_sync.connect {binding.vendor} --company {binding.company}"


def last_days(tokens: Tokens, now: datetime) -> dict[str, int]:
    """Whole days until each end that the vendor has told."""
    ends = {"days_without_use": tokens.refresh_expires_at, "days_in_all": tokens.refresh_hard_end_at}
    return {name: (at - now).days for name, at in ends.items() if at is not None}


def _subject(binding: Binding) -> str:
    return f"The {binding.vendor} sign-in of company {binding.company}"


def _due(tokens: Tokens, now: datetime) -> bool:
    return tokens.refresh_used_at is None or now - tokens.refresh_used_at > USE_EVERY


def _stored(context: StepContext) -> list[tuple[Binding, Tokens]]:
    keys, bindings = keys_from_environment(), (context.source.binding, context.destination.binding)
    found = [(each, LedgerTokens(context.database, each, keys, context.clock).load()) for each in bindings]
    return [(binding, tokens) for binding, tokens in found if tokens is not None]


def _tell(context: StepContext, binding: Binding, warned: Warned | None) -> None:
    if warned is not None:
        log.warning("%s", warned.text)
        context.log_entry("WARNING", _message(binding, warned), warned.text)


def _message(binding: Binding, warned: Warned) -> Mapping[str, object]:
    return {"vendor": binding.vendor, "ends": f"{warned.ends:%Y-%m-%d}", "days_left": warned.days}


@dataclass(frozen=True, slots=True)
class _Keeper:
    """Says what the daily task found: in its log, and in the process log when somebody should know."""

    flow: Flow
    binding: Binding
    task: TaskRef
    database: Database
    clock: Clock

    def report(self, tokens: Tokens) -> Counts:
        now = self.clock.now()
        self.tell(end(self.binding, tokens, now))
        left = last_days(tokens, now)
        told = ", ".join(f"{name.replace('_', ' ')} {days}" for name, days in left.items()) or "no end is known"
        log.info("%s is alive: %s", _subject(self.binding), told)
        return left

    def tell(self, warned: Warned | None) -> None:
        if warned is None:
            return
        log.warning("%s", warned.text)
        binding = self.binding
        scope = Scope(KEEPER, binding.company, binding.vendor, binding.vendor, zone=self.flow.timezone)
        entry = Entry("WARNING", "Keep tokens alive", _message(binding, warned), binding.vendor, warned.text)
        with self.database.transaction() as session:
            process_log.append(session, scope, self.task, [entry], self.clock.now())
