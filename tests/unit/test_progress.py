"""What a task log says while a step is at work."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import pytest

from invoice_sync.model.ports import SystemClock
from invoice_sync.model.progress import EVERY, Progress, spoken, told


@dataclass
class Watch(SystemClock):
    seconds: float = 100.0

    def monotonic(self) -> float:
        return self.seconds


def test_a_line_has_amount_rate_and_time_left() -> None:
    watch = Watch()
    progress = Progress(watch)
    progress.begin("invoices sent", 10_000)
    watch.seconds += 60
    progress.moved(1_200)

    assert progress.line == "invoices sent: 1,200 of 10,000, 20.0 a second, 7 min 20 s left"


def test_without_a_total_nothing_is_promised() -> None:
    watch = Watch()
    progress = Progress(watch)
    progress.begin("documents read")
    watch.seconds += 10
    assert progress.line == "documents read: for 10 s"

    progress.moved(400)
    assert progress.line == "documents read: 400, 40.0 a second"


def test_why_nothing_moves_is_said_as_long_as_nothing_does() -> None:
    watch = Watch()
    progress = Progress(watch)
    progress.begin("invoices sent", 60)
    progress.moved(30)
    watch.seconds += 10
    with progress.held_up("quickbooks takes the next call in 12 s"):
        assert progress.line.endswith("10 s left, quickbooks takes the next call in 12 s")
    assert progress.line.endswith("10 s left")


def test_a_new_stretch_begins_at_nothing() -> None:
    progress = Progress(Watch())
    progress.begin("customers added", 3)
    progress.moved(3)
    progress.begin("products added", 2)

    assert progress.line == "products added: 0 of 2, for 0 s"


def test_nothing_is_told_before_anything_has_begun() -> None:
    assert Progress(Watch()).line == ""


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.4, "0 s"), (59.6, "1 min 0 s"), (438, "7 min 18 s"), (7500, "2 h 5 min")]
)
def test_times_are_said_as_people_say_them(seconds: float, words: str) -> None:
    assert spoken(seconds) == words


def test_the_line_is_told_while_the_working_thread_stands_still() -> None:
    heard: list[str] = []
    twice = threading.Event()

    def tell(line: str) -> None:
        heard.append(line)
        if len(heard) == 2:
            twice.set()

    progress = Progress()
    progress.begin("documents read again")
    with told(progress, tell, every=0.001):
        assert twice.wait(10)  # this is the working thread, and it does nothing
    number = len(heard)

    assert heard[0].startswith("documents read again: for ")
    assert EVERY <= 5.0
    assert len(heard) == number
