"""What a person sees while several runs are under way side by side."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence

from invoice_sync.orchestration.local.progress import Lines, Say, on_a_terminal, say, sentence
from invoice_sync.orchestration.local.rest import RUN_ENDED, TaskState, Watch


class Board:
    """On a terminal one line a run, rewritten in place below what is told; elsewhere a line for every task's end."""

    def __init__(self, say: Say = say, live: bool | None = None) -> None:
        self._say = say
        self._live = on_a_terminal() if live is None else live
        self._rows: dict[str, str] = {}
        self._height = 0

    def watch(self, flow: str, only: Collection[str] = ()) -> Watch:
        """For one act of a run; only these tasks count, if any are named."""
        return _Row(self, flow, only) if self._live else _Ends(self._say, flow, only)

    def tell(self, text: str) -> None:
        """Something that stays, above the lines of the runs."""
        up = f"\x1b[{self._height}A\x1b[J" if self._height else ""
        self._height = 0
        self._say(up + text)
        self._draw()

    def show(self, flow: str, row: str) -> None:
        """The line of a run; an empty one takes it away."""
        self._rows[flow] = row
        self._draw()

    def _draw(self) -> None:
        rows = [row for row in self._rows.values() if row]
        up = f"\x1b[{self._height}A\x1b[J" if self._height else ""
        if rows:
            self._say(up + "\n".join(rows))
        elif up:
            # the newline that follows would leave an empty line
            self._say(up + "\x1b[1A")
        self._height = len(rows)


class _Ends(Lines):
    """One line for every task that came to an end, or that waits."""

    def __init__(self, say: Say, flow: str, only: Collection[str]) -> None:
        super().__init__(say, only)
        self._flow = flow

    def __call__(self, tasks: Sequence[TaskState]) -> None:
        for task in self._changed(tasks):
            line = sentence(task, time.monotonic() - self._began, self._flow)
            if line and task.state != "running":
                self._say(line)


class _Row(Lines):
    """Keeps the line of one run."""

    def __init__(self, board: Board, flow: str, only: Collection[str]) -> None:
        super().__init__(only=only)
        self._board = board
        self._flow = flow

    def __call__(self, tasks: Sequence[TaskState]) -> None:
        counted = [task for task in tasks if not self._only or task.task_id in self._only]
        ended = [task for task in counted if task.state in RUN_ENDED]
        if counted and len(ended) == len(counted):
            self._board.show(self._flow, "")
            return
        began = f"  {time.monotonic() - self._began:6.1f} s  {self._flow:<25} "
        told = [f"{len(ended)} of {len(counted)} tasks"]
        told += _named("at", [task for task in counted if task.state == "running"])
        told += _named("RED:", [task for task in counted if task.state == "failed"])
        self._board.show(self._flow, began + ", ".join(told))


def _named(word: str, tasks: Sequence[TaskState]) -> list[str]:
    return [f"{word} {' and '.join(task.task_id for task in tasks)}"] if tasks else []
