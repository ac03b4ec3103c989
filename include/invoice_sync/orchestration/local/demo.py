"""`make demo`: red because of planted mistakes, corrected at the source, green, in one and the same run."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from invoice_sync.orchestration.local import conditions
from invoice_sync.orchestration.local.acts import FLOW, Act, writes_since
from invoice_sync.orchestration.local.corrections import correct
from invoice_sync.orchestration.local.progress import Say, display
from invoice_sync.orchestration.local.stack import LocalStack
from invoice_sync.orchestration.local.times import Times

RUN_SECONDS = 900.0
REPORT = "report"


class NoStatement(RuntimeError):
    """The product has no statement of the run."""


class NothingToClear(RuntimeError):
    """The run did not leave a red task that the second act could begin with."""


def start(stack: LocalStack, say: Say) -> str:
    """Press Trigger."""
    run_id = stack.rest.trigger(FLOW)
    say(f"\nStarted the run {run_id} of {FLOW}:")
    return run_id


def statement(stack: LocalStack, run_id: str) -> dict[str, Any]:
    """The newest statement of the run."""
    try:
        text = stack.product("statement", "--flow", FLOW, "--run", run_id, "--json")
    except RuntimeError as error:
        raise NoStatement(f"{error}\n{_trouble(stack, run_id)}") from error
    return dict(json.loads(text))


def _trouble(stack: LocalStack, run_id: str) -> str:
    """The end of the log of the first red task: the reason is usually there."""
    red = [*red_tasks(stack, run_id), REPORT][0]
    lines = stack.rest.log(FLOW, run_id, red).splitlines()[-25:]
    return f"The log of the task {red} ends with:\n" + "\n".join(f"    {line}" for line in lines)


def play(stack: LocalStack, times: Times, say: Say) -> tuple[Act, Act]:
    """Both acts."""
    say("\n=== Act 1: the data holds mistakes that somebody made in Rootstock")
    run_id = start(stack, say)
    first = _act(stack, run_id, (), 0)
    _show(first, say)
    times.first_statement()
    say("\n=== Act 2: corrected in Rootstock, red tasks cleared, same run")
    second = _second(stack, first, say)
    _show(second, say)
    return first, second


def _second(stack: LocalStack, first: Act, say: Say) -> Act:
    red = red_tasks(stack, first.run_id)
    if not red:
        raise NothingToClear(f"no task but {REPORT} is red, so there is nothing to clear. {where(stack, first)}")
    for line in correct(stack.sandbox):
        say(f"  {line}")
    since = stack.sandbox.newest_number()
    cleared = stack.rest.clear(FLOW, first.run_id, red)
    say(f"  cleared {', '.join(red)}; Airflow runs again: {', '.join(cleared)}\n")
    return _act(stack, first.run_id, cleared, since)


def red_tasks(stack: LocalStack, run_id: str) -> list[str]:
    """The tasks that a person would clear; report is red with any of them and follows by itself."""
    tasks = stack.rest.task_instances(FLOW, run_id)
    return [task.task_id for task in tasks if task.state == "failed" and task.task_id != REPORT]


def _act(stack: LocalStack, run_id: str, cleared: Sequence[str], since: int) -> Act:
    state = stack.rest.wait(FLOW, run_id, RUN_SECONDS, display(only=cleared))
    return Act(
        run_id,
        state,
        tuple(cleared),
        statement(stack, run_id),
        writes_since(stack.sandbox, since),
        tuple(stack.sandbox.records("quickbooks", "Invoice")),
        tuple(stack.sandbox.records("quickbooks", "CreditMemo")),
    )


def _show(act: Act, say: Say) -> None:
    colour = "green" if act.run_state == "success" else "red"
    say(f"\nThe run ended {colour}. Its statement:\n\n{act.statement['text']}")


def where(stack: LocalStack, act: Act) -> str:
    """Where a person looks."""
    return f"Look at {stack.rest.run_page(FLOW, act.run_id)}"


def conclude(stack: LocalStack, first: Act, second: Act, times: Times) -> list[str]:
    """Check every condition and write demo.json; answers the conditions that failed."""
    wrong = [*conditions.failed(first, second), *conditions.destination(first, second)]
    outcome = {
        **times.to_json(),
        "flows": {FLOW: {"acts": [first.to_json(), second.to_json()]}},
        "failed_conditions": wrong,
    }
    file = stack.paths.run_dir / "demo.json"
    file.write_text(json.dumps(outcome, indent=2) + "\n", encoding="utf-8")
    return wrong
