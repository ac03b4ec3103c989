"""Presses a button of the release chain and finds out what became of it; the record decides, never the operation."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from invoice_sync.connectors.acumatica import outcomes, refusals
from invoice_sync.connectors.acumatica.actions import Deed
from invoice_sync.connectors.acumatica.client import Client, Progress
from invoice_sync.connectors.base import Outcome, Remote, Verdict, WireItem
from invoice_sync.connectors.http import Reply, Request
from invoice_sync.model.errors import SettingsError, TryLater
from invoice_sync.model.ports import Clock

PAUSES = (1.0, 2.0, 4.0, 8.0, 15.0)
"""Seconds between looks at an operation; the last one stays."""

BUSY_FOR = 30.0
"""Seconds to stay away when another operation holds the form: they are long, so the task gives its place free."""

NAP = 0.5
"""Seconds. Who is stopped has five of them left, so nobody sleeps longer at a time."""


@dataclass(slots=True)
class Deeds:
    """Of one client. `patience`: seconds that an operation may take until nobody waits for it any more."""

    client: Client
    clock: Clock
    patience: float
    stopped: threading.Event = field(default_factory=threading.Event)

    def request(self, deed: Deed, item: WireItem) -> Request:
        """The one call that presses it."""
        url, method = self.client.url(*deed.address), "POST" if deed.action else "PUT"
        params = {} if deed.action else deed.look.params
        return self.client.request(method, url, deed.wire_body(item.body), params, only_update=not deed.action)

    def outcome(self, operation: str, deed: Deed, item: WireItem, reply: Reply) -> Outcome:
        """In delivery's thread. Whatever was answered, the record is asked; a deed that shows is done."""
        what = deed.who(item.body)
        first = outcomes.of_reply(reply, what)
        if first.verdict is Verdict.OK and reply.answer is not None and reply.answer.status == 202:
            # a 204 may carry a Location too, which leads nowhere
            first = self._waited(deed, item, reply.answer.headers.get("Location", ""))
        if first.verdict is Verdict.NOT_DONE and first.status != 401:
            return replace(first, wait=BUSY_FOR)
        if first.problem is not None:
            first = replace(first, problem=refusals.in_words(first.problem, operation, what))
        if first.remote is None and first.verdict in (Verdict.OK, Verdict.REFUSED):
            return self._seen(deed, item, first)
        return first

    def find(self, deed: Deed, items: Sequence[WireItem]) -> dict[int, list[Remote]]:
        """In the main thread: what the records show now."""
        found = {}
        for item in items:
            record = self.client.one(deed.entity, deed.key_values(item.body), deed.look)
            found[item.intent] = deed.found(item.body, record) if record is not None else []
        return found

    def _waited(self, deed: Deed, item: WireItem, location: str) -> Outcome:
        """OK when it ended well, UNKNOWN when nobody waits any longer."""
        ends = self.clock.monotonic() + self.patience
        for _ in self._looks(ends):
            try:
                progress, fault = self.client.poll(location)
            except SettingsError:  # it leads to another host
                progress, fault = Progress.LOST, None
            if progress is Progress.LOST:
                return self._watched(deed, item, ends)
            if progress is Progress.ENDED:
                found = outcomes.of_fault(fault, deed.who(item.body)) if fault is not None else None
                return found or Outcome(Verdict.OK, status=204)
        return Outcome(Verdict.UNKNOWN, status=202)

    def _watched(self, deed: Deed, item: WireItem, ends: float) -> Outcome:
        """Nobody can be asked about the operation, so the record is, until it shows the deed."""
        for _ in self._looks(ends):
            try:
                so = self._so(deed, item)
            except TryLater:
                break
            if so:
                return Outcome(Verdict.OK, so[-1], status=202)
        return Outcome(Verdict.UNKNOWN, status=202)

    def _looks(self, ends: float) -> Iterator[int]:
        """One look at once, others after longer and longer pauses; no more when we are stopped or time is up."""
        attempt = 0
        while True:
            yield attempt
            pause = PAUSES[min(attempt, len(PAUSES) - 1)]
            if self.stopped.is_set() or self.clock.monotonic() + pause > ends:
                return
            self._rest(pause)
            attempt += 1

    def _rest(self, seconds: float) -> None:
        while seconds > 0 and not self.stopped.is_set():
            nap = min(seconds, NAP)
            self.clock.sleep(nap)
            seconds -= nap

    def _seen(self, deed: Deed, item: WireItem, first: Outcome) -> Outcome:
        """The effect, whoever brought it about; a refusal stands only where there is none."""
        otherwise = first if first.verdict is Verdict.REFUSED else Outcome(Verdict.UNKNOWN, status=first.status)
        try:
            so = self._so(deed, item)
        except TryLater:
            return otherwise
        return Outcome(Verdict.OK, so[-1], status=first.status) if so else otherwise

    def _so(self, deed: Deed, item: WireItem) -> list[Remote]:
        """What of the record shows the deed. Raises TryLater when it could not be asked."""
        record = self.client.look(deed.entity, deed.key_values(item.body), deed.look)
        effects = deed.found(item.body, record) if record is not None else []
        return [remote for remote in effects if deed.wanted.items() <= remote.facts.items()]
