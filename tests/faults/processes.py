"""Step processes: real ones with a pid, forked from a server that has everything imported.

A step process would spend most of its life importing; this way its life is the step, and deaths strike there.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from faults.subject import Ending

_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(["faults.processes", "step_process", "invoice_sync.steps.chain", "pandas"])


@dataclass
class StepProcess:
    """A `subject.Worker`: some steps, one after the other, until one does not end well."""

    process: BaseProcess
    answers: Connection
    signalled: bool = False
    closed: Ending | None = None

    @classmethod
    def start(cls, orders: Sequence[dict[str, Any]], crash_at: str, log: Path) -> StepProcess:
        ours, theirs = _forks.Pipe(duplex=False)
        process = _forks.Process(target=run, args=(orders, crash_at, str(log), theirs), daemon=True)
        process.start()
        theirs.close()
        return cls(process, ours)

    @property
    def alive(self) -> bool:
        return self.closed is None and self.process.is_alive()

    def signal(self, number: int) -> None:
        if self.alive and self.process.pid:
            os.kill(self.process.pid, number)

    def ending(self) -> Ending:
        if self.closed is None:
            self.process.join()
            self.closed = self._ending()
            self.answers.close()
            self.process.close()
        return self.closed

    def _ending(self) -> Ending:
        if self.process.exitcode == -signal.SIGKILL:
            return Ending("killed")
        try:
            told = self.answers.recv()
        except EOFError:
            return Ending("broken", told=f"exit code {self.process.exitcode}")
        return Ending(told["outcome"], float(told.get("wait") or 0.0), str(told.get("told", "")))


def run(orders: Sequence[dict[str, Any]], crash_at: str, log: str, answers: Connection) -> None:
    """In the process: one try of each step."""
    from step_process import Order, one_try

    logging.basicConfig(filename=log, level=logging.INFO, format=f"%(asctime)s {os.getpid()} %(name)s %(message)s")
    _set_trap(crash_at)
    told: dict[str, Any] = {"outcome": "done"}
    try:
        for order in orders:
            logging.info("--- %s try %d %s", order["step"], order["try_number"], crash_at)
            told = one_try(Order(**order))
            logging.info("--- %s", told)
            if told["outcome"] not in ("done", "review"):
                break
    except Exception:  # noqa: BLE001 - whatever it is, the campaign shall tell of it
        told = {"outcome": "broken", "told": traceback.format_exc()[-1500:]}
    answers.send(told)


def _set_trap(order: str) -> None:
    """The product reads the variable when it is imported, which was before the fork."""
    from invoice_sync.model import crash_points

    if order:
        crash_points._trap = crash_points._Trap(order)  # type: ignore[misc]
