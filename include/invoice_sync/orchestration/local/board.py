"""What a person sees while several runs are under way side by side."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from shutil import get_terminal_size

from invoice_sync.orchestration.local.progress import Lines, Say, on_a_terminal, say, sentence
from invoice_sync.orchestration.local.rest import RUN_ENDED, TaskState, Watch


class Board:
    """On a terminal one line a run, rewritten in place below what is told; elsewhere a line for every task's end.

    One clock for all of them, from the moment that the board is made.
    """

    def __init__(self, say: Say = say, live: bool | None = None) -> None:
        self._say = say
        self._live = on_a_terminal() if live is None else live
        self._began = time.monotonic()
        self._rows: dict[str, str] = {}
        self._height = 0
        self._told = False

    @property
    def seconds(self) -> float:
        """Since the board was made."""
        return time.monotonic() - self._began

    def watch(self, flow: str, only: Collection[str] = ()) -> Watch:
        """For one act of a run; only these tasks count, if any are named."""
        return _Row(self, flow, only) if self._live else _Ends(self, flow, only)

    def tell(self, text: str) -> None:
        """Something that stays, above the lines of the runs; set off by empty lines."""
        self._put("\n" + text.strip("\n"))
        self._told = True
        self._draw()

    def line(self, text: str) -> None:
        """A line about a task."""
        self._put("\n" + text if self._told else text)
        self._told = False

    def row(self, flow: str, text: str) -> None:
        """The line of a run; an empty one takes it away."""
        self._rows[flow] = text
        self._draw()

    def _draw(self) -> None:
        # a line that wraps would be two lines, and the next drawing off by one
        width = get_terminal_size().columns - 1
        rows = [row[:width] for row in self._rows.values() if row]
        if rows:
            self._put("\n" + "\n".join(rows))
            self._height = 1 + len(rows)

    def _put(self, text: str) -> None:
        """Over the rows that were drawn last."""
        up = f"\x1b[{self._height}A\x1b[J" if self._height else ""
        self._height = 0
        self._say(up + text)


class _Ends(Lines):
    """One line for every task that came to an end, or that waits."""

    def __init__(self, board: Board, flow: str, only: Collection[str]) -> None:
        super().__init__(only=only)
        self._board = board
        self._flow = flow

    def __call__(self, tasks: Sequence[TaskState]) -> None:
        for task in self._changed(tasks):
            line = sentence(task, self._board.seconds, self._flow)
            if line and task.state != "running":
                self._board.line(line)


class _Row(Lines):
    """Keeps the line of one run."""

    def __init__(self, board: Board, flow: str, only: Collection[str]) -> None:
        super().__init__(only=only)
        self._board = board
        self._flow = flow

    def __call__(self, tasks: Sequence[TaskState]) -> None:
        counted = [task for task in tasks if not self._only or task.task_id in self._only]
        ended = [task for task in counted if task.state in RUN_ENDED]
        told = [f"{len(ended)} of {len(counted)} tasks"]
        told += _named("at", [task for task in counted if task.state == "running"])
        told += _named("RED:", [task for task in counted if task.state == "failed"])
        self._board.row(self._flow, f"  {self._board.seconds:6.1f} s  {self._flow:<25} {', '.join(told)}")


def _named(word: str, tasks: Sequence[TaskState]) -> list[str]:
    return [f"{word} {' and '.join(task.task_id for task in tasks)}"] if tasks else []
