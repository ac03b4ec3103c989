"""Any order of what people, machines and vendors may do: found by Hypothesis, judged by what is there in the end."""

from __future__ import annotations

import logging
import tempfile
from datetime import timedelta
from pathlib import Path
from random import Random

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from delivering import AFTER_LEASE, AFTER_QUIET
from faults.simulated import Simulation, body_of
from invoice_sync.ledger import documents, intents
from invoice_sync.ledger.documents import Seen
from invoice_sync.ledger.intents import Wanted
from invoice_sync.ledger.tables import DocumentRow, IntentRow
from invoice_sync.model.words import DocumentState, IntentState

NUMBERS = [f"N{n}" for n in range(4)]
CALLS = ("ok", "drop_before", "error_after", "half_done", "not_sent", "unauthorized", "throttled", "refused")
DEATHS = ("dies_before", "dies_after")
SLEEPS = ("sleeps_before", "sleeps_in_time", "sleeps_after")


class Exchange(RuleBasedStateMachine):
    """A source, a ledger, workers, and a vendor with its own screens."""

    @initialize(seed=st.integers(0, 2**16))
    def begin(self, seed: int) -> None:
        logging.disable(logging.CRITICAL)
        self.folder = tempfile.TemporaryDirectory()
        self.source: dict[str, int] = {}
        self.to_come: list[str] = []
        self.world = Simulation(Path(self.folder.name), Random(seed), self.next_fault)

    def next_fault(self) -> str:
        return self.to_come.pop(0) if self.to_come else "ok"

    @rule(number=st.sampled_from(NUMBERS), cents=st.integers(1, 10**9))
    def source_change(self, number: str, cents: int) -> None:
        """A document appears, or is another amount from now on; what was delivered is not changed any more."""
        if number not in self.world.table.links():
            self.source[number] = cents

    @rule()
    def poll(self) -> None:
        """A newer version replaces what was never sent or definitely refused; never what may be on its way."""
        world = self.world
        now, scope = world.clock.now(), world.table.scope
        seen = [Seen("invoice", n, str(c), f"hash {c}", "{}", n, "C-1", c, "USD") for n, c in self.source.items()]
        with world.table.database.transaction() as session:
            rows = [row for row, _ in documents.store(session, scope, seen, now)]
            newest = intents.newest(session, rows, scope.target_vendor, ("create",))
            for row in rows:
                if self._may_plan(row, newest.get(row.id)):
                    body = body_of(row)
                    wanted = [Wanted(row, body, row.number)]
                    intents.plan(session, scope, "create", scope.target_vendor, wanted, now)
                    documents.move(row, DocumentState.PLANNED, now)
                    world.cents[row.number] = row.amount_minor

    def _may_plan(self, row: DocumentRow, intent: IntentRow | None) -> bool:
        if intent is None or intent.state == IntentState.REFUSED:
            return True
        if intent.state == IntentState.PLANNED and not intent.attempts and intent.version != row.version:
            intent.state = IntentState.REPLACED
            return True
        return False

    @rule(faults=st.lists(st.sampled_from(CALLS), max_size=3))
    def send(self, faults: list[str]) -> None:
        self.to_come = faults
        self.world.one_worker()

    @rule(death=st.sampled_from(DEATHS))
    def crash(self, death: str) -> None:
        self.to_come = [death]
        self.world.one_worker()

    @rule()
    def lost_answer(self) -> None:
        self.to_come = ["drop_after"]
        self.world.one_worker()

    @rule()
    def late_execution(self) -> None:
        self.to_come = ["works_late"]
        self.world.one_worker()

    @rule(sleep=st.sampled_from(SLEEPS))
    def paused_and_overtaken(self, sleep: str) -> None:
        self.to_come = [sleep]
        self.world.one_worker()

    @rule()
    def key_forgotten(self) -> None:
        self.world.vendor.forget()

    @rule(span=st.sampled_from([timedelta(seconds=20), AFTER_LEASE, AFTER_QUIET, timedelta(days=2)]))
    def clock_jump(self, span: timedelta) -> None:
        self.world.clock.pass_by(span)
        self.world.vendor.catch_up()

    @rule(number=st.sampled_from(NUMBERS))
    def operator_takes_the_number(self, number: str) -> None:
        """By hand, with our number and not our marker: no business of ours, and never linked."""
        self.world.vendor.holds(number, f"H{len(self.world.vendor.remotes)}")

    @rule(number=st.sampled_from(NUMBERS))
    def operator_voids_what_we_made(self, number: str) -> None:
        self.world.vendor.void(number)

    @invariant()
    def never_twice(self) -> None:
        if hasattr(self, "world"):
            self.world.assert_kept()

    def teardown(self) -> None:
        """Good weather, and time: everything must have come to its end."""
        try:
            if hasattr(self, "world"):
                self.to_come = []
                self.world.until_settled(rounds=30)
                self.world.assert_settled()
        finally:
            if hasattr(self, "world"):
                self.world.close()
                self.folder.cleanup()
            logging.disable(logging.NOTSET)


TestExchange = Exchange.TestCase
TestExchange.settings = settings(
    max_examples=15, stateful_step_count=14, deadline=None, derandomize=True, suppress_health_check=[*HealthCheck]
)
