"""Any sequence of documents, answers and deaths keeps the promise: exactly once, to the cent, or for a person."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from delivering import (
    AFTER_QUIET,
    Answer,
    Killed,
    Table,
    Vendor,
    echo,
    explodes,
    hit,
    late,
    left_out,
    lost_after,
    lost_before,
    not_sent,
    ok,
    refused,
    throttled,
    unauthorized,
)
from invoice_sync.connectors.base import Armed, Outcome, Verdict, WireItem, WriteClass
from invoice_sync.ledger.tables import AttemptRow, IntentRow
from invoice_sync.model.errors import InvoiceSyncError
from invoice_sync.model.words import DocumentState, IntentState

SILENT = {"lost after": lost_after, "lost before": lost_before, "left out": left_out, "late": late}
SPOKEN = {
    "ok": ok, "refused": refused, "hit": hit, "401": unauthorized, "429": throttled(30), "not sent": not_sent,
    "another total": echo(total="7"), "our mistake": explodes,
}  # fmt: skip
ANSWERS: Mapping[str, Answer] = {**SILENT, **SPOKEN}
DEATHS = ("dies before", "dies after")
NUMBERS = [f"N{n}" for n in range(5)]
Storm = Mapping[str, Any]

storms = st.fixed_dictionaries(
    {
        "cents": st.lists(st.integers(8, 10**9), min_size=1, max_size=len(NUMBERS)),
        "batch": st.integers(1, 3),
        "in_flight": st.integers(1, 2),
        "unique": st.booleans(),
        "answers": st.lists(
            st.sampled_from([*ANSWERS, *DEATHS])
            | st.dictionaries(st.sampled_from(NUMBERS), st.sampled_from([*ANSWERS])),
            max_size=8,
        ),
    }
)


class Weather:
    """One ledger and one vendor, and the processes that come and go."""

    def __init__(self, folder: Path, storm: Storm) -> None:
        self.answers: list[Any] = list(storm["answers"])
        self.unique: bool = storm["unique"]
        kind = WriteClass.UNIQUE if self.unique else WriteClass.KEYED_WINDOW_UNKNOWN
        self.table = Table.build(folder, batch=storm["batch"], in_flight=storm["in_flight"], write_class=kind)
        self.table.vendor.always = self.answer
        self.table.vendor.while_sending = self.maybe_die
        self.cents = dict(zip(NUMBERS, storm["cents"], strict=False))
        for number, cents in self.cents.items():
            self.table.plan(number, cents=cents)
        self.now: dict[str, Any] = {}

    def maybe_die(self, armed: Armed) -> None:
        """Draws what happens to this call; a killed process never touches the ledger again."""
        drawn = self.answers.pop(0) if self.answers else "ok"
        if drawn in DEATHS:
            for item in armed.items if drawn == "dies after" else ():
                if not self.held(item):
                    self.table.vendor.create(item)
            self.table.database.dead = True
            raise Killed
        self.now[armed.wire_request] = drawn

    def answer(self, vendor: Vendor, armed: Armed, item: WireItem) -> Outcome | None:
        drawn = self.now[armed.wire_request]
        name = drawn.get(item.source_id, "ok") if isinstance(drawn, dict) else drawn
        if self.held(item):
            return Outcome(Verdict.UNKNOWN) if name in SILENT else hit(vendor, armed, item)
        return ANSWERS[lost_name(name) if self.unique else name](vendor, armed, item)

    def held(self, item: WireItem) -> bool:
        """The destination refuses a number that it has: nothing of it is made twice."""
        return self.unique and any(remote.number == item.source_id for remote in self.table.vendor.remotes)

    def one_try(self) -> None:
        try:
            with suppress(InvoiceSyncError):
                self.table.deliver()
        except Killed:
            self.table = self.table.colleague()
        self.table.clock.pass_by(AFTER_QUIET)

    @property
    def open(self) -> set[str]:
        return set().union(*map(self.table.states, (IntentState.PLANNED, IntentState.SENDING, IntentState.UNCERTAIN)))


def lost_name(name: str) -> str:
    """A lagging search is no property of a destination whose uniqueness speaks for itself."""
    return "lost after" if name == "late" else name


@settings(max_examples=30, deadline=None)
@given(storm=storms)
def test_whatever_happens_every_document_is_there_once_or_waits_for_a_person(storm: Storm) -> None:
    with tempfile.TemporaryDirectory() as folder:
        weather = Weather(Path(folder), storm)
        for _ in range(30):
            weather.one_try()
            assert_nothing_is_there_twice(weather)
            assert_every_sending_was_armed(weather)
            if not weather.open:
                break
        assert_all_is_settled_to_the_cent(weather)
        weather.table.database.dispose()


def assert_nothing_is_there_twice(weather: Weather) -> None:
    there = Counter(remote.facts["marker"] for remote in weather.table.vendor.remotes if remote.live)
    assert all(count == 1 for count in there.values()), there
    links = weather.table.links()
    assert len(set(links.values())) == len(links)


def assert_every_sending_was_armed(weather: Weather) -> None:
    with weather.table.database.transaction() as session:
        query = select(IntentRow.source_id, func.count(AttemptRow.id), func.max(AttemptRow.n)).join(
            AttemptRow, AttemptRow.intent_id == IntentRow.id
        )
        armed = {source: (count, n) for source, count, n in session.execute(query.group_by(IntentRow.source_id))}
    for number in weather.cents:
        sent = weather.table.vendor.sent_keys(number)
        assert armed.get(number, (0, None)) == (len(sent), len(sent) or None)
        assert len(set(sent)) <= 1, "the same key and the same bytes on every attempt"


def assert_all_is_settled_to_the_cent(weather: Weather) -> None:
    table, links = weather.table, weather.table.links()
    assert weather.open == set()
    remotes = {remote.id: remote for remote in table.vendor.remotes}
    delivered = {number for number in weather.cents if table.document(number).state != DocumentState.REVIEW}
    waiting = weather.cents.keys() - delivered
    assert delivered <= links.keys()
    assert all(table.document(number).cause for number in waiting)
    assert sum(weather.cents.values()) == (
        sum(int(remotes[links[number]].facts["total"]) for number in delivered)
        + sum(weather.cents[number] for number in waiting)
    )
    undelivered = {number for number in waiting if table.document(number).cause != "mismatch"}
    assert not undelivered & {remote.number for remote in remotes.values()}, "in review, and yet there"
