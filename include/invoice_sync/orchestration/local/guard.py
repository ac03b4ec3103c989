"""Ends what `make run` started when `make run` itself is killed in a way it cannot answer (SIGKILL).

Reads session numbers from stdin. Its end means that the parent is gone: whatever is left is ended then.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from invoice_sync.orchestration.local import processes


class Guard:
    """The parent's end of the guard."""

    def __init__(self, log: Path) -> None:
        # its own log: holding the parent's stdout would keep a pipe open that others wait for
        with log.open("ab") as out:
            self._child = subprocess.Popen(  # noqa: S603 - our own module
                [sys.executable, "-m", __name__],
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def watch(self, session: int) -> None:
        """From now on this session does not outlive us."""
        if self._child.stdin is not None:
            self._child.stdin.write(f"{session}\n".encode())
            self._child.stdin.flush()

    def dismiss(self) -> None:
        """Everything has been ended in the ordinary way."""
        if self._child.stdin is not None:
            self._child.stdin.close()
        self._child.wait(processes.GRACE_SECONDS + 2 * processes.KILL_SECONDS)


def main() -> int:
    """Wait for the parent to go."""
    # it ends by its stdin alone: a signal meant for the parent must not take the guard with it
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    sessions = {int(line) for line in sys.stdin}
    processes.adopt_orphans()
    return 1 if processes.end(sessions) else 0


if __name__ == "__main__":
    sys.exit(main())
