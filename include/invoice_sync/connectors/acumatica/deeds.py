"""Presses a button of the release chain and finds out what became of it; the record decides, never the operation."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

from invoice_sync.connectors.acumatica import outcomes
from invoice_sync.connectors.acumatica.actions import Deed
from invoice_sync.connectors.acumatica.client import Client, Progress
from invoice_sync.connectors.base import Outcome, Remote, Verdict, WireItem
from invoice_sync.connectors.http import Reply, Request
from invoice_sync.model.errors import SettingsError, TryLater
from invoice_sync.model.ports import Clock

PAUSES = (1.0, 2.0, 4.0, 8.0, 15.0)
"""Seconds between looks at an operation; the last one stays."""


@dataclass(slots=True)
class Deeds:
    """Of one client. `patience`: seconds that an operation may take until nobody waits for it any more."""

    client: Client
    clock: Clock
    patience: float
    stopped: threading.Event = field(default_factory=threading.Event)

    def request(self, deed: Deed, item: WireItem) -> Request:
        """The one call that presses it."""
        url = self.client.url(deed.entity, deed.action)
        return self.client.request("POST", url, deed.wire_body(item.body), {}, only_update=False)

    def outcome(self, deed: Deed, item: WireItem, reply: Reply) -> Outcome:
        """In delivery's thread. Whatever was answered, the record is asked; a deed that shows is done."""
        what = f"{deed.entity} {' '.join(deed.key_values(item.body))}"
        first = outcomes.of_reply(reply, what)
        if first.verdict is Verdict.OK and reply.answer is not None and reply.answer.status == 202:
            # a 204 may carry a Location too, which leads nowhere
            first = self._waited(reply.answer.headers.get("Location", ""), what)
        if first.verdict in (Verdict.OK, Verdict.REFUSED):
            return self._seen(deed, item, first)
        return first

    def find(self, deed: Deed, items: Sequence[WireItem]) -> dict[int, list[Remote]]:
        """In the main thread: what the records show now."""
        found = {}
        for item in items:
            record = self.client.one(deed.entity, deed.key_values(item.body), deed.look)
            found[item.intent] = deed.found(item.body, record) if record is not None else []
        return found

    def _waited(self, location: str, what: str) -> Outcome:
        """OK when it ended well. One that nobody can be asked about, or waits for, is left to what the record shows."""
        ends, attempt = self.clock.monotonic() + self.patience, 0
        while True:
            try:
                progress, fault = self.client.poll(location)
            except SettingsError:  # it leads to another host
                progress, fault = Progress.LOST, None
            if progress is Progress.ENDED:
                return outcomes.of_fault(fault, what) if fault is not None else Outcome(Verdict.OK, status=204)
            pause = PAUSES[min(attempt, len(PAUSES) - 1)]
            if progress is Progress.LOST:
                return Outcome(Verdict.OK, status=202)
            if self.stopped.is_set() or self.clock.monotonic() + pause > ends:
                return Outcome(Verdict.UNKNOWN, status=202)
            self.clock.sleep(pause)
            attempt += 1

    def _seen(self, deed: Deed, item: WireItem, first: Outcome) -> Outcome:
        """The effect, whoever brought it about; a refusal stands only where there is none."""
        otherwise = first if first.verdict is Verdict.REFUSED else Outcome(Verdict.UNKNOWN, status=first.status)
        try:
            record = self.client.look(deed.entity, deed.key_values(item.body), deed.look)
        except TryLater:
            return otherwise
        effects = deed.found(item.body, record) if record is not None else []
        so = [remote for remote in effects if deed.wanted.items() <= remote.facts.items()]
        return Outcome(Verdict.OK, so[-1], status=first.status) if so else otherwise
