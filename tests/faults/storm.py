"""The campaign over one subject: draws faults and deaths from one seed, and starts workers until all is done."""

from __future__ import annotations

import random
import signal
import time
from dataclasses import dataclass, field

from faults.subject import Choice, Ending, Subject, Worker

LOOK = 0.02
PATIENCE = 12.0
LONGEST_NAP = 6.0
LONGEST_LEASE = 660.0
LARGEST_BATCH = 30


@dataclass(frozen=True)
class Plan:
    """How hard it blows."""

    waves: int = 3
    fault_rate: float = 0.65
    kill_rate: float = 0.25
    crash_rate: float = 0.12
    pause_rate: float = 0.06
    calls_ahead: int = 120
    rounds: int = 12
    calm_rounds: int = 8
    paused: float = 4.5
    taken_over_after: float = 3.0


@dataclass
class Fate:
    """One worker and what is in store for it; times on the monotonic clock."""

    worker: Worker
    stage: str
    killed_at: float
    is_late: bool
    """It dies, if ever, because nobody waits for it any longer."""

    stopped_at: float
    goes_on_at: float
    successor_at: float


@dataclass
class Storm:
    """`run` ends when everything is green, or says that it never came to be."""

    subject: Subject
    seed: str
    plan: Plan = field(default_factory=Plan)
    kills: int = 0
    broken: int = 0
    persons: int = 0
    pauses: int = 0
    workers: int = 0
    rounds: int = 0
    stories: list[str] = field(default_factory=list)
    green: bool = False

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)
        self.is_calm = False
        self.lost_patience = False

    def run(self) -> None:
        """Waves of documents in bad weather, then calm until nothing is left to do."""
        for wave in range(self.plan.waves):
            self.subject.more(wave, self.dice)
            self.draw_faults()
            for stage in self.subject.stages:
                self.work(stage, self.plan.rounds)
        self.subject.calm()
        self.is_calm = True
        for _ in range(self.plan.calm_rounds):
            endings = [self.work(stage, self.plan.rounds) for stage in self.subject.stages]
            self.green = all(endings)
            if self.green:
                return

    def draw_faults(self) -> None:
        """For every call to come, one by one: none, or which."""
        self.subject.calm()
        for door, weights in self.subject.doors.items():
            for call in range(self.plan.calls_ahead):
                if self.dice.random() < self.plan.fault_rate:
                    fault = self.dice.choices([*weights], [*weights.values()])[0]
                    self.subject.dial(door, fault, call)

    def work(self, stage: str, rounds: int) -> bool:
        """Starts workers on a stage until one of them finds nothing left to do."""
        for _ in range(rounds):
            self.rounds += 1
            endings = self.one_round(stage)
            if any(ending.green for ending in endings):
                return True
            if any(ending.outcome == "review" for ending in endings):
                return False
            self.wait(endings)
        return False

    def wait(self, endings: list[Ending]) -> None:
        """Short waits are sat out, long ones pass by decree; the longest wish counts.

        Also one that a worker slept through until we lost patience.
        """
        wait = max((ending.wait for ending in endings), default=0.0)
        if self.lost_patience:
            self.lost_patience = False
            wait = LONGEST_LEASE
        if wait > LONGEST_NAP:
            self.subject.time_passes(wait + 1)
        else:
            time.sleep(max(0.05, wait))

    def one_round(self, stage: str) -> list[Ending]:
        """One to three workers at once; the third comes while the first is at it."""
        count = self.dice.choice((1, 2, 2, 3)) if stage in self.subject.writing else 1
        fates = [self.begin(stage) for _ in range(min(count, 2))]
        late = time.monotonic() + self.dice.uniform(0.1, 0.6) if count == 3 else None
        while late is not None or any(fate.worker.alive for fate in fates):
            now = time.monotonic()
            if late is not None and now >= late:
                late = None
                fates.append(self.begin(stage))
            fates += [self.begin(stage, mortal=False) for fate in fates if self.befall(fate, now)]
            time.sleep(LOOK)
        return [self.ended(fate) for fate in fates]

    def begin(self, stage: str, mortal: bool = True) -> Fate:
        """A worker with its batch size, and perhaps its death or a long sleep, drawn."""
        now, dice, plan = time.monotonic(), self.dice, self.plan
        mortal = mortal and not self.is_calm
        crash = mortal and bool(self.subject.crash_points) and dice.random() < plan.crash_rate
        point = f"{dice.choice([*self.subject.crash_points])}:{dice.randint(1, 3)}" if crash else ""
        size = round(LARGEST_BATCH ** dice.random() ** 1.5)  # every size, small ones often: more calls
        moment = now + 0.05 * 80 ** dice.random()
        doomed = mortal and dice.random() < plan.kill_rate
        killed = moment if doomed else now + PATIENCE
        stopped = moment if mortal and stage in self.subject.writing and dice.random() < plan.pause_rate else 0.0
        self.workers += 1
        worker = self.subject.start(stage, Choice(size, point))
        return Fate(worker, stage, killed, not doomed, stopped, stopped + plan.paused, stopped + plan.taken_over_after)

    def befall(self, fate: Fate, now: float) -> bool:
        """Kills, freezes or thaws. True when somebody is to take over from a frozen one."""
        if fate.worker.alive and now >= fate.killed_at and not fate.stopped_at:
            fate.worker.signal(signal.SIGKILL)
            self.lost_patience |= fate.is_late
            fate.killed_at = float("inf")
        if not fate.stopped_at or now < fate.stopped_at:
            return False
        if now >= fate.goes_on_at:
            fate.worker.signal(signal.SIGCONT)
            fate.stopped_at, fate.killed_at = 0.0, now + PATIENCE
        else:
            fate.worker.signal(signal.SIGSTOP)
        took_over = fate.worker.alive and now >= fate.successor_at
        if took_over:
            self.pauses += 1
            fate.successor_at = float("inf")
        return took_over

    def ended(self, fate: Fate) -> Ending:
        ending = fate.worker.ending()
        self.kills += ending.killed
        self.broken += ending.outcome == "broken"
        self.persons += ending.outcome == "person"
        if ending.outcome not in ("done", "later", "uncertain", "killed", "lost_lease"):
            self.stories.append(f"{fate.stage}: {ending.outcome}: {ending.told[:300]}")
        return ending
