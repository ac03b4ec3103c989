"""Ctrl-C, SIGTERM, SIGHUP and the death of the parent all mean the same: stop, and take everything along."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class StopRequested(BaseException):
    """Raised in the main thread; not an Exception, so that nothing catches it by accident."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.number = number


class _Switch:
    """Whether a signal may interrupt right now, and which one waits."""

    def __init__(self) -> None:
        self.held = 0
        self.waiting: int | None = None


_switch = _Switch()


def listen() -> None:
    """Turn the signals into StopRequested."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _answer)
    # `nohup make run` asks to live on without its terminal
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        signal.signal(signal.SIGHUP, _answer)


def _answer(number: int, frame: FrameType | None) -> None:
    if _switch.held:
        _switch.waiting = number
        return
    raise StopRequested(number)


@contextmanager
def held() -> Iterator[None]:
    """No interruption in here: a child must not be started without being written down."""
    _switch.held += 1
    try:
        yield
    finally:
        _switch.held -= 1
    if not _switch.held and _switch.waiting is not None:
        number, _switch.waiting = _switch.waiting, None
        raise StopRequested(number)


def stop_with_parent(pause: float = 1.0) -> None:
    """A killed `make` cannot pass its signal on, so a thread looks whether it is still there."""
    parent = os.getppid()

    def look() -> None:
        while os.getppid() == parent:
            time.sleep(pause)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=look, name="stop-with-parent", daemon=True).start()
