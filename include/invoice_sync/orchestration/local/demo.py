"""`make demo`: red because of planted mistakes, corrected, green, in one and the same run; for every flow."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from invoice_sync.orchestration.local import acumatica_bigcommerce, conditions, third_act
from invoice_sync.orchestration.local.acts import Act, writes_since
from invoice_sync.orchestration.local.board import Board
from invoice_sync.orchestration.local.corrections import correct
from invoice_sync.orchestration.local.plays import FED_BY_RELEASE, FIRST, ORDER, OTHERS, PLAYS, RELEASE_FLOW, Play
from invoice_sync.orchestration.local.polling import Part, once, patiently, together
from invoice_sync.orchestration.local.progress import Say, display
from invoice_sync.orchestration.local.rest import Watch
from invoice_sync.orchestration.local.stack import LocalStack
from invoice_sync.orchestration.local.third_act import Released
from invoice_sync.orchestration.local.times import Times

RUN_SECONDS = 900.0
# Airflow tells of a red run from a process of its own, a little later
ALERT_SECONDS = 30.0
# every look costs the API server time that the tasks want too
LOOK_SECONDS = 1.0
REPORT = "report"


class NoStatement(RuntimeError):
    """The product has no statement of the run."""


class NothingToClear(RuntimeError):
    """The run did not leave a red task that the second act could begin with."""


@dataclass
class Played:
    """A play and how it went."""

    play: Play
    acts: list[Act]
    released: Released | None = None
    wrong: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """As demo.json shows it."""
        acts = [act.to_json() for act in self.acts]
        if self.released is not None:
            acts[-1]["release"] = self.released.to_json()
        return {"acts": acts}


def statement(stack: LocalStack, flow: str, run_id: str) -> dict[str, Any]:
    """The newest statement of the run."""
    try:
        text = stack.product("statement", "--flow", flow, "--run", run_id, "--json")
    except RuntimeError as error:
        raise NoStatement(f"{error}\n{_trouble(stack, flow, run_id)}") from error
    return dict(json.loads(text))


def _trouble(stack: LocalStack, flow: str, run_id: str) -> str:
    """The end of the log of the first red task: the reason is usually there."""
    red = [*red_tasks(stack, flow, run_id), REPORT][0]
    lines = stack.rest.log(flow, run_id, red).splitlines()[-25:]
    return f"The log of the task {red} of {flow} ends with:\n" + "\n".join(f"    {line}" for line in lines)


def red_tasks(stack: LocalStack, flow: str, run_id: str) -> list[str]:
    """The tasks that a person would clear; report is red with any of them and follows by itself."""
    tasks = stack.rest.task_instances(flow, run_id)
    return [task.task_id for task in tasks if task.state == "failed" and task.task_id != REPORT]


def play(stack: LocalStack, times: Times, say: Say) -> list[Played]:
    """All acts of all plays: the first act of the first by itself, everything else side by side."""
    say(f"\n=== {FIRST.flow}, act 1: the data holds mistakes that somebody made")
    board = Board(say)

    def first_is_there() -> None:
        times.first_statement()
        board.tell(f"=== Side by side: act 2 of it, and all acts of {' and '.join(other.flow for other in OTHERS)}")

    parts = [_acts(stack, FIRST, board, display(), first_is_there)]
    parts += [once(times.is_there, _acts(stack, other, board, board.watch(other.flow))) for other in OTHERS]
    return together(parts, stack.check, LOOK_SECONDS)


def opening(
    stack: LocalStack, played: Play, board: Board, watch: Watch, at_statement: Callable[[], None] = lambda: None
) -> Part[Act]:
    """A new run, to its end. `at_statement` is called when the statement is on the screen."""
    since = stack.sandbox.newest_number()
    run_id = stack.rest.trigger(played.flow)
    board.tell(f"Started the run {run_id} of {played.flow}.")
    act = yield from _act(stack, played, run_id, (), since, watch)
    board.tell(told(played.flow, act))
    at_statement()
    alerts = yield from _alerts(stack, played.flow, act, ALERT_SECONDS)
    for text in alerts:
        board.tell("The chat was told: " + " ".join(text.splitlines()[:2]))
    return replace(act, alerts=alerts)


def _acts(
    stack: LocalStack, played: Play, board: Board, watch: Watch, at_statement: Callable[[], None] = lambda: None
) -> Part[Played]:
    """A whole play."""
    first = yield from opening(stack, played, board, watch, at_statement)
    found = yield from _second_act(stack, played, first, board)
    if played is FED_BY_RELEASE:
        yield from _third_act(stack, found, board)
    return found


def _second_act(stack: LocalStack, played: Play, first: Act, board: Board) -> Part[Played]:
    """Corrected, cleared, and to its end again."""
    red = red_tasks(stack, played.flow, first.run_id)
    if not red:
        page = stack.rest.run_page(played.flow, first.run_id)
        raise NothingToClear(f"no task but {REPORT} is red, so there is nothing to clear. Look at {page}")
    said = correct(stack.sandbox, played.corrections)
    since = stack.sandbox.newest_number()
    cleared = stack.rest.clear(played.flow, first.run_id, red)
    lines = [f"{played.flow}, act 2: corrected in {played.pair.corrected_in}, red tasks cleared, same run", *said]
    lines.append(f"cleared {', '.join(red)}; Airflow runs again: {', '.join(cleared)}")
    board.tell("\n  ".join(lines))
    act = yield from _act(stack, played, first.run_id, cleared, since, board.watch(played.flow, cleared))
    board.tell(told(f"{played.flow}, act 2", act))
    alerts = yield from _alerts(stack, played.flow, act, 0)
    second = replace(act, alerts=alerts[len(first.alerts) :])
    wrong = [*conditions.failed(first, second), *conditions.destination(first, second)]
    return Played(played, [first, second], None, wrong)


def _third_act(stack: LocalStack, found: Played, board: Board) -> Part[None]:
    """An order goes all the way to a released invoice, and that sets off the flow that shows it in the store."""
    flow, since = found.play.flow, stack.sandbox.newest_number()
    release = stack.rest.trigger(RELEASE_FLOW, {"documents": [ORDER]})
    board.tell(f"{flow}, act 3: {RELEASE_FLOW} ships, invoices and releases order {ORDER}")
    state = yield from stack.rest.ended(RELEASE_FLOW, release, RUN_SECONDS, board.watch(RELEASE_FLOW))
    board.row(RELEASE_FLOW, "")
    released = third_act.look(stack.sandbox, release, state, since)
    board.tell(released.text())
    what = f"the run of {flow} that the release sets off"
    run_id = yield from patiently(lambda: stack.rest.newest_run(flow, "asset_triggered"), what, RUN_SECONDS)
    act = yield from _act(stack, found.play, run_id, (), since, board.watch(flow))
    board.tell(told(f"{flow}, act 3, set off by the release", act))
    found.acts.append(act)
    found.released = released
    found.wrong += third_act.failed(stack.sandbox, released, act)


def _act(stack: LocalStack, played: Play, run_id: str, cleared: Sequence[str], since: int, watch: Watch) -> Part[Act]:
    """The run's end, and what it left; alerts come later."""
    state = yield from stack.rest.ended(played.flow, run_id, RUN_SECONDS, watch)
    return Act(
        run_id,
        state,
        tuple(cleared),
        statement(stack, played.flow, run_id),
        writes_since(stack.sandbox, played.pair, since),
        played.pair.held(stack.sandbox),
    )


def _alerts(stack: LocalStack, flow: str, act: Act, seconds: float) -> Part[tuple[str, ...]]:
    """What the chat was told of the run so far; waits for it where the run ended red."""
    page = stack.rest.run_page(flow, act.run_id)
    deadline = time.monotonic() + (seconds if act.run_state == "failed" else 0)
    while True:
        found = tuple(text for text in stack.sandbox.alerts() if page in text)
        if found or time.monotonic() >= deadline:
            return found
        yield


def told(name: str, act: Act) -> str:
    """What a person reads at the end of an act."""
    colour = "green" if act.run_state == "success" else "red"
    return f"{name}: the run ended {colour}. Its statement:\n\n{act.statement['text']}"


def conclude(stack: LocalStack, played: Sequence[Played], times: Times) -> list[str]:
    """Check every condition and write demo.json; answers the conditions that failed."""
    wrong = [f"{each.play.flow}: {line}" for each in played for line in each.wrong]
    wrong += acumatica_bigcommerce.golden(acumatica_bigcommerce.BRIGHTWATER, stack.sandbox)
    both = [acumatica_bigcommerce.BRIGHTWATER, acumatica_bigcommerce.STONEBRIDGE]
    wrong += acumatica_bigcommerce.crossings(both, stack.sandbox)
    wrong += acumatica_bigcommerce.wrongly_open(both, stack.sandbox)
    wrong += conditions.elsewhere(stack.sandbox, [each.pair for each in PLAYS])
    wrong += conditions.alerts(stack.sandbox, [each.acts[0] for each in played])
    flows = {each.play.flow: each.to_json() for each in played}
    outcome = {**times.to_json(), "flows": flows, "failed_conditions": wrong}
    file = stack.paths.run_dir / "demo.json"
    file.write_text(json.dumps(outcome, indent=2) + "\n", encoding="utf-8")
    return wrong
