"""`python -m invoice_sync.orchestration.local run | demo | correct`: what make calls."""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import requests

from invoice_sync.orchestration.local import demo, environment, signals
from invoice_sync.orchestration.local.acts import Act
from invoice_sync.orchestration.local.board import Board
from invoice_sync.orchestration.local.control import SandboxControl
from invoice_sync.orchestration.local.corrections import correct
from invoice_sync.orchestration.local.plays import FIRST, FLOWS, ORDER, OTHERS, PLAYS, RELEASE_FLOW, Play
from invoice_sync.orchestration.local.polling import once, together
from invoice_sync.orchestration.local.progress import display, last_words, say
from invoice_sync.orchestration.local.stack import LocalStack
from invoice_sync.orchestration.local.times import Times

REPO = Path(__file__).resolve().parents[4]


def main(argv: list[str] | None = None) -> int:
    """Exit code 0: it went as promised; 1: it did not; 130 and so on: stopped by a signal before the end."""
    options = _arguments(argv)
    times = Times()
    signals.listen()
    if times.from_make:
        signals.stop_with_parent()
    try:
        return int(COMMANDS[options.command](options.run_dir, times))
    except signals.StopRequested as stop:
        last_words(f"\nStopped ({stop}). Nothing is left running.")
        return 128 + stop.number
    except (RuntimeError, OSError, subprocess.SubprocessError, requests.RequestException) as error:
        last_words(f"\nThis did not work: {error}\nLogs are in {options.run_dir / 'logs'}. Nothing is left running.")
        return 1


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m invoice_sync.orchestration.local", description=__doc__)
    parser.add_argument("command", choices=sorted(COMMANDS))
    parser.add_argument("--run-dir", type=Path, default=REPO / ".run")
    return parser.parse_args(argv)


def _stack(run_dir: Path) -> LocalStack:
    return LocalStack(run_dir, REPO, dag_ids=FLOWS, ui_port=environment.UI_PORT, say=say)


def run_once(run_dir: Path, times: Times) -> int:
    """Start everything, run the flows, show their statements, stay until Ctrl-C."""
    with _stack(run_dir) as stack:
        board = Board()

        def first_is_there() -> None:
            board.tell(f"First statement {times.first_statement()} s after the start. {_where(stack)}")
            board.tell(f"Now the other flows: {' and '.join(other.flow for other in OTHERS)}.")

        parts = [demo.opening(stack, FIRST, board, display(), first_is_there)]
        parts += [once(times.is_there, demo.opening(stack, each, board, board.watch(each.flow))) for each in OTHERS]
        _explain(stack, together(parts, stack.check, demo.LOOK_SECONDS))
        return _stay(stack)


def _where(stack: LocalStack) -> str:
    return f"Airflow is at {stack.rest.url} (login {stack.login.user}, password {stack.login.password})."


def _explain(stack: LocalStack, acts: Sequence[Act]) -> None:
    say("\n=== What now")
    for played, act in zip(PLAYS, acts, strict=True):
        _explain_one(stack, played, act)
    if any(act.in_review for act in acts):
        say("\nThe runs are red on purpose: the data holds mistakes, and the red tasks wait for a person.")
        say("  1. Open a run, the red task, its log: it says what is wrong and what to do.")
        say("  2. `make correct` in another window corrects the data in Rootstock and in the stores (the sandbox).")
        say("  3. Clear the red tasks in Airflow, with what follows them: only what was not done is done.")
        say(f"  4. Trigger {RELEASE_FLOW} with the order {ORDER}: it is shipped, invoiced, and shown in the store.")
    say(f"\nAirflow:  {stack.rest.url}\nlogin:    {stack.login.user}\npassword: {stack.login.password}")
    say(f"sandbox:  {stack.sandbox.index_url}\nlogs:     {stack.paths.logs}\nStop with Ctrl-C.")


def _explain_one(stack: LocalStack, played: Play, act: Act) -> None:
    page = stack.rest.run_page(played.flow, act.run_id)
    if act.run_state == "success":
        say(f"  {played.flow} is green:\n    {page}")
        return
    red = ", ".join(demo.red_tasks(stack, played.flow, act.run_id)) or demo.REPORT
    waiting = f"{len(act.in_review)} document(s) wait" if act.in_review else "yet no document waits: see the log"
    say(f"  {played.flow} is red at {red}, {waiting}:\n    {page}")


def _stay(stack: LocalStack) -> int:
    try:
        while True:
            stack.check()
            time.sleep(1)
    except signals.StopRequested:
        say("\nStopping (up to ten seconds).")
        return 0


def play_demo(run_dir: Path, times: Times) -> int:
    """All acts, then stop; demo.json says how it went."""
    with _stack(run_dir) as stack:
        played = demo.play(stack, times, say)
        wrong = demo.conclude(stack, played, times)
    for line in wrong:
        say(f"NOT AS PROMISED: {line}")
    if not wrong:
        say("\nAs promised, in every flow: red, told, corrected, green; nothing done twice, nothing sent to another")
        say("company; both sides agree to the cent.")
    say(f"Written to {run_dir / 'demo.json'}. Nothing is left running.")
    return 1 if wrong else 0


def correct_now(run_dir: Path, times: Times) -> int:
    """Correct the planted mistakes in the sandbox of a `make run` that is up."""
    ready = run_dir / "sandbox.url"
    if not ready.exists():
        say("Nothing to correct: `make run` is not up. Start it first, in another window.")
        return 1
    for line in correct(SandboxControl(ready.read_text(encoding="utf-8").strip())):
        say(line)
    say("Corrected. Now clear the red tasks in Airflow.")
    return 0


COMMANDS = {"run": run_once, "demo": play_demo, "correct": correct_now}

if __name__ == "__main__":
    sys.exit(main())
