"""What a person sees while a run is under way."""

from __future__ import annotations

import re

from invoice_sync.orchestration.local.progress import Lines, Table
from invoice_sync.orchestration.local.rest import TaskState


def task(task_id: str, state: str | None, tries: int = 1) -> TaskState:
    return TaskState(task_id, state, tries, None, None, None)


def without_seconds(lines: list[str]) -> list[str]:
    return [re.sub(r"^ +\d+\.\d s +", "", line) for line in lines]


def test_one_line_for_every_change() -> None:
    lines: list[str] = []
    show = Lines(lines.append)
    show([task("check", "queued"), task("export", None)])
    show([task("check", "running"), task("export", None)])
    show([task("check", "running"), task("export", None)])
    show([task("check", "success"), task("export", "failed", 2)])
    assert without_seconds(lines) == [
        "check            working",
        "check            done",
        "export           RED: a person is needed (try 2)",
    ]


def test_after_clearing_only_what_runs_again() -> None:
    lines: list[str] = []
    Lines(lines.append, only=["export"])([task("check", "success"), task("export", "success", 2)])
    assert without_seconds(lines) == ["export           done (try 2)"]


def test_the_table_is_drawn_over_itself() -> None:
    drawn: list[str] = []
    show = Table(drawn.append)
    show([task("check", "running"), task("export", None)])
    show([task("check", "success"), task("export", "running")])
    assert not drawn[0].startswith("\x1b[2A")
    assert drawn[1].startswith("\x1b[2A")
    assert drawn[1].count("\n") == 1
