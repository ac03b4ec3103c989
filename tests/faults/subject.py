"""What a campaign must know of whoever it puts to the test: any connector, any project's client.

Drawing faults, killing and counting know this file and nothing below it. `flow.InvoiceFlow` is the first subject.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random
from typing import Protocol

LOST = frozenset({"drop_after", "half_body", "html", "slow", "hang_before"})
"""Faults after which the other side has done it, or will, and nobody has told us."""


@dataclass(frozen=True)
class Choice:
    """What is drawn for one worker: how much it sends at once, and where it is to die by its own hand."""

    batch: int = 30
    crash_at: str = ""


@dataclass(frozen=True)
class Ending:
    """What became of a worker. `wait`: it asked to be started again after so many seconds."""

    outcome: str
    wait: float = 0.0
    told: str = ""

    @property
    def green(self) -> bool:
        """Nothing of its stage was left to do when it ended."""
        return self.outcome == "done"

    @property
    def killed(self) -> bool:
        return self.outcome == "killed"


class Worker(Protocol):
    """A process of its own, with a pid that a signal can be sent to."""

    @property
    def alive(self) -> bool: ...

    def signal(self, number: int) -> None:
        """Kill, stop or continue it; nothing happens to one that has ended."""

    def ending(self) -> Ending:
        """After its end."""


@dataclass(frozen=True)
class Evidence:
    """What is true at the two sides, told by them and not by the one put to the test."""

    due: Mapping[str, Decimal]
    """By number: the exact amount of every document that must arrive."""

    there: Sequence[tuple[str, Decimal]]
    """Every live document at the destination by number, doubles and strangers included."""

    records: Sequence[str]
    """Every customer, item and the like that was made there for the documents; each may be named once."""

    told: Mapping[str, str]
    """By number: which number at the destination the source was told. No entry: it was told nothing."""

    wire_keys: Mapping[str, frozenset[str]]
    """By record: the idempotency keys, each with the body under it, that arrived for it; lost calls included."""

    seen_again: int
    """How many times a record arrived once more after the first time."""

    issues: Mapping[str, int]
    """By record: how often it was rightly issued under a key of its own, when that is more than once."""

    open: int
    """What the subject itself still takes for sending or uncertain."""

    unfinished: Mapping[str, str] = field(default_factory=dict)
    """By number: the state of everything that is neither delivered nor told; for people."""

    write_calls: int = 0


class Subject(Protocol):
    """A flow of documents from a source to a destination, with its stand-ins at hand."""

    stages: Sequence[str]
    """What is started, in order; each stage drains everything that is due to it, and says "done" when it has."""

    writing: frozenset[str]
    """The stages that change something outside: workers are doubled there."""

    doors: Mapping[str, Mapping[str, int]]
    """By kind of call: the faults that may befall it, with their weights."""

    crash_points: Sequence[str]
    """Named places at which a worker may be told to die."""

    def prepare(self) -> None:
        """Stand-ins, an empty memory, and the first documents."""

    def more(self, wave: int, dice: Random) -> None:
        """Further documents appear at the source, with customers and products of their own."""

    def dial(self, door: str, fault: str, after: int) -> None:
        """The call number `after` (0 is the next) of this kind meets this fault."""

    def calm(self) -> None:
        """No fault strikes any more."""

    def struck(self) -> Counter[tuple[str, str]]:
        """(door, fault): how many calls it really befell so far."""

    def start(self, stage: str, choice: Choice) -> Worker: ...

    def time_passes(self, seconds: float) -> None:
        """For everybody, at once. Only called while no worker is alive."""

    def evidence(self) -> Evidence: ...

    def close(self) -> None:
        """Ends everything that it started."""
