"""What a person sees while a run is under way."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable, Collection, Iterator, Sequence

from invoice_sync.orchestration.local.rest import TaskState

WORDS = {
    "running": "working",
    "success": "done",
    "failed": "RED: a person is needed",
    "up_for_retry": "will try again",
    "up_for_reschedule": "waits until it is clear what became of a write",
    "skipped": "left out",
    "upstream_failed": "not begun, an earlier task failed",
}
Say = Callable[[str], None]


def say(line: str) -> None:
    """One line to the screen, at once."""
    print(line, flush=True)


def sentence(task: TaskState, seconds: float, flow: str = "") -> str | None:
    """One line about a task; None while there is nothing worth a line."""
    words = WORDS.get(task.state or "")
    if words is None:
        return None
    again = f" (try {task.try_number})" if task.try_number > 1 else ""
    return f"  {seconds:6.1f} s  {f'{flow:<25} ' if flow else ''}{task.task_id:<16} {words}{again}"


def last_words(line: str) -> None:
    """What is said after everything has been ended; by then the terminal may be gone, which changes nothing."""
    with contextlib.suppress(OSError):
        say(line)


class Lines:
    """One line for every change: for logs and pipes."""

    def __init__(self, say: Say = say, only: Collection[str] = ()) -> None:
        self._say = say
        self._only = only
        self._began = time.monotonic()
        self._seen: dict[str, tuple[str | None, int]] = {}

    def __call__(self, tasks: Sequence[TaskState]) -> None:
        """Say what has changed since the last look."""
        for task in self._changed(tasks):
            if line := sentence(task, time.monotonic() - self._began):
                self._say(line)

    def _changed(self, tasks: Sequence[TaskState]) -> Iterator[TaskState]:
        """Those that look different now; when `only` some run again, the others are old news."""
        for task in tasks:
            now = (task.state, task.try_number)
            if self._seen.get(task.task_id) != now and (not self._only or task.task_id in self._only):
                self._seen[task.task_id] = now
                yield task


class Table(Lines):
    """One line a task, rewritten in place: for a terminal."""

    def __init__(self, say: Say = say, only: Collection[str] = ()) -> None:
        super().__init__(say, only)
        self._height = 0
        self._lines: dict[str, str] = {}

    def __call__(self, tasks: Sequence[TaskState]) -> None:
        """Draw the table over the one before."""
        for task in self._changed(tasks):
            line = sentence(task, time.monotonic() - self._began)
            self._lines[task.task_id] = line or f"{'':12}{task.task_id:<16} ..."
        if not self._lines:
            return
        up = f"\x1b[{self._height}A" if self._height else ""
        self._height = len(self._lines)
        # in the order in which they began; the rest of the run below
        lines = [self._lines[task.task_id] for task in tasks if task.task_id in self._lines]
        self._say(up + "\n".join(f"\x1b[2K{line}" for line in lines))


def on_a_terminal() -> bool:
    """Whether lines can be rewritten in place."""
    return sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb"


def display(only: Collection[str] = ()) -> Lines:
    """The display that suits where stdout goes, for one run."""
    return Table(only=only) if on_a_terminal() else Lines(only=only)
