"""What happens when somebody marks a running task failed.

Airflow sends SIGTERM, for which its own handler only calls the operator's on_kill, and five seconds later SIGKILL
(airflow.sdk.execution_time.task_runner, supervisor). Those seconds are enough to say that an outcome is unknown.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Stopped(BaseException):
    """No Exception: nothing between the signal and the task shall take it for a failure that it could handle."""


@contextmanager
def stopped_by_signal() -> Iterator[None]:
    """Within it, SIGTERM raises Stopped in the main thread."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may have handlers
        return
    before = signal.signal(signal.SIGTERM, _stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _stop(number: int, frame: FrameType | None) -> None:
    raise Stopped("the task was stopped from outside")
