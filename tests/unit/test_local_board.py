"""What a person sees while several runs are under way, and how they take turns."""

from __future__ import annotations

import re

import pytest

from invoice_sync.orchestration.local.board import Board
from invoice_sync.orchestration.local.polling import Part, TookTooLong, once, patiently, together, until
from invoice_sync.orchestration.local.rest import TaskState


def task(task_id: str, state: str | None) -> TaskState:
    return TaskState(task_id, state, 1, None, None, None)


def without_seconds(lines: list[str]) -> list[str]:
    return [re.sub(r" +\d+\.\d s +", "", line) for line in lines]


def test_into_a_pipe_goes_a_line_for_every_end_set_off_from_what_is_told() -> None:
    lines: list[str] = []
    board = Board(lines.append, live=False)
    one, other = board.watch("one"), board.watch("other", only=["export"])
    board.tell("Begun.")
    one([task("check", "running"), task("extract", None)])
    one([task("check", "success"), task("extract", "running")])
    other([task("check", "success"), task("export", "failed")])
    board.tell("A statement.\n")
    assert without_seconds(lines) == [
        "\nBegun.",
        "\none                       check            done",
        "other                     export           RED: a person is needed",
        "\nA statement.",
    ]


def test_on_a_terminal_each_run_keeps_one_line_below_what_is_told() -> None:
    drawn: list[str] = []
    board = Board(drawn.append, live=True)
    one, other = board.watch("one"), board.watch("other", only=["export"])
    one([task("check", "failed"), task("extract", "running")])
    other([task("check", "success"), task("export", None)])
    board.tell("A statement.")
    board.row("other", "")

    assert without_seconds(drawn)[1].splitlines()[1:] == [
        "one                       1 of 2 tasks, at extract, RED: check",
        "other                     0 of 1 tasks",
    ]
    # the heading line and both rows are wiped, the text stays, the rows come again below it
    assert drawn[2] == "\x1b[3A\x1b[J\nA statement."
    assert not drawn[3].startswith("\x1b[") and drawn[3].count("\n") == 2
    assert drawn[4].startswith("\x1b[3A\x1b[J\n") and drawn[4].count("\n") == 1


def after(turns: int, answer: str, seen: list[str]) -> Part[str]:
    for _ in range(turns):
        seen.append(answer)
        yield
    return answer


def test_parts_take_turns_and_answer_in_their_order() -> None:
    seen: list[str] = []
    assert together([after(2, "slow", seen), after(1, "fast", seen)], lambda: None, pause=0) == ["slow", "fast"]
    assert seen == ["slow", "fast", "slow"]


def test_a_part_may_wait_for_another() -> None:
    seen: list[str] = []
    parts = [once(lambda: seen.count("first") == 2, after(1, "then", seen)), after(2, "first", seen)]
    assert together(parts, lambda: None, pause=0) == ["then", "first"]
    assert seen == ["first", "first", "then"]


def test_waiting_ends_when_it_is_pointless_or_takes_too_long() -> None:
    def stopped() -> None:
        raise RuntimeError("the scheduler ended")

    with pytest.raises(RuntimeError, match="the scheduler ended"):
        until(lambda: None, "a run", 60, pause=0, check=stopped)
    with pytest.raises(TookTooLong, match="a run: not within 0 s"):
        together([patiently(lambda: None, "a run", 0)], lambda: None, pause=0)
