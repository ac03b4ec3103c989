"""`python -m invoice_sync.orchestration.local run | demo | correct`: what make calls."""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path

import requests

from invoice_sync.orchestration.local import demo, environment, signals
from invoice_sync.orchestration.local.acts import FLOW
from invoice_sync.orchestration.local.control import SandboxControl
from invoice_sync.orchestration.local.corrections import correct
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
    return LocalStack(run_dir, REPO, dag_ids=(FLOW,), ui_port=environment.UI_PORT, say=say)


def run_once(run_dir: Path, times: Times) -> int:
    """Start everything, run the flow, show the statement, stay until Ctrl-C."""
    with _stack(run_dir) as stack:
        run_id = demo.start(stack, say)
        state = stack.rest.wait(FLOW, run_id, demo.RUN_SECONDS, display())
        statement = demo.statement(stack, run_id)
        say(f"\n{statement['text']}")
        say(f"\nFirst statement {times.first_statement()} s after the start.")
        _explain(stack, run_id, state, int(statement["in_review"]))
        return _stay(stack)


def _explain(stack: LocalStack, run_id: str, state: str, in_review: int) -> None:
    page = stack.rest.run_page(FLOW, run_id)
    if state != "success" and not in_review:
        say(f"\nThe run is red, but no document waits for a person. Open {page} and the log of the red task.")
    elif state != "success":
        red = ", ".join(demo.red_tasks(stack, run_id)) or demo.REPORT
        say(f"\nThe run is red on purpose: the data holds mistakes, and {red} waits for a person.")
        say(f"  1. Open {page}, the red task, its log: it says what is wrong and what to do.")
        say("  2. `make correct` in another window corrects the data in Rootstock (the sandbox).")
        say("  3. Clear the red task in Airflow, with what follows it: only what was not done is done.")
    say(f"\nAirflow:  {stack.rest.url}\nlogin:    {stack.login.user}\npassword: {stack.login.password}")
    say(f"sandbox:  {stack.sandbox.index_url}\nlogs:     {stack.paths.logs}\nStop with Ctrl-C.")


def _stay(stack: LocalStack) -> int:
    try:
        while True:
            stack.check()
            time.sleep(1)
    except signals.StopRequested:
        say("\nStopping (up to ten seconds).")
        return 0


def play_demo(run_dir: Path, times: Times) -> int:
    """Both acts, then stop; demo.json says how it went."""
    with _stack(run_dir) as stack:
        first, second = demo.play(stack, times, say)
        wrong = demo.conclude(stack, first, second, times)
    for line in wrong:
        say(f"NOT AS PROMISED: {line}")
    if not wrong:
        say("\nAs promised: red, corrected, green; nothing done twice; both sides agree to the cent.")
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
    say("Corrected. Now clear the red task in Airflow.")
    return 0


COMMANDS = {"run": run_once, "demo": play_demo, "correct": correct_now}

if __name__ == "__main__":
    sys.exit(main())
