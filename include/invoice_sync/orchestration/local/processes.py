"""Child processes that can be ended for certain.

Airflow puts every task into a process group of its own, so signalling the group of the scheduler misses
running tasks. The session is inherited by all of them: each service is started as the leader of a session, and
a service has ended when no process of that session is left. Standard library only: the guard runs on it.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

GRACE_SECONDS = 8.0
KILL_SECONDS = 5.0
PAUSE_SECONDS = 0.1
PR_SET_CHILD_SUBREAPER = 36


class ServiceStopped(RuntimeError):
    """A process that should be up has ended."""


class Service:
    """One long-running child: its own session, its own log file."""

    def __init__(self, name: str, command: Sequence[str], log: Path) -> None:
        self.name = name
        self.command = list(command)
        self.log = log
        self._child: subprocess.Popen[bytes] | None = None

    def start(self, env: Mapping[str, str], cwd: Path) -> None:
        """Start it; both of its outputs go to the log file."""
        with self.log.open("ab") as log:
            self._child = subprocess.Popen(  # noqa: S603 - our own commands
                self.command,
                env=dict(env),
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def session(self) -> int:
        """The session of this service; also the process id of its first process."""
        if self._child is None:
            raise ServiceStopped(f"{self.name} was never started")
        return self._child.pid

    def exit_code(self) -> int | None:
        """None while it is up."""
        return None if self._child is None else self._child.poll()

    def check(self) -> None:
        """Fail, naming the log file, when it has ended."""
        code = self.exit_code()
        if code is not None:
            raise ServiceStopped(f"{self.name} ended by itself (exit code {code}). {self.advice()}")

    def wait(self, seconds: float) -> None:
        """Wait for a command that ends by itself; it must end well."""
        if self._child is None:
            raise ServiceStopped(f"{self.name} was never started")
        try:
            code = self._child.wait(seconds)
        except subprocess.TimeoutExpired as error:
            raise ServiceStopped(f"{self.name} took longer than {seconds:.0f} s. {self.advice()}") from error
        if code != 0:
            raise ServiceStopped(f"{self.name} failed (exit code {code}). {self.advice()}")

    def advice(self) -> str:
        """Which file to open, and how it ends."""
        return f"Open {self.log}; it ends with:\n{tail(self.log)}"


def tail(log: Path, lines: int = 12) -> str:
    """The last lines of a log, indented."""
    if not log.exists():
        return "    (nothing was written)"
    text = log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:]
    return "\n".join(f"    {line}" for line in text) or "    (nothing was written)"


def adopt_orphans() -> None:
    """Let this process inherit the orphans of its children, so that none stays as a zombie (Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def members(sessions: Iterable[int]) -> set[int]:
    """The living processes of these sessions; zombies have ended and do not count."""
    wanted = set(sessions)
    found = _from_proc() if Path("/proc/self/stat").exists() else _from_ps()
    return {pid for pid, session in found if session in wanted}


def end(sessions: Iterable[int], grace: float = GRACE_SECONDS) -> set[int]:
    """SIGTERM to every process of the sessions, SIGKILL to what is left; answers what even that left."""
    wanted = list(sessions)
    seen = _send(members(wanted), signal.SIGTERM)
    deadline = time.monotonic() + grace
    while time.monotonic() < deadline and members(wanted):
        _reap(seen)
        time.sleep(PAUSE_SECONDS)
    deadline = time.monotonic() + KILL_SECONDS
    # again and again: a process may have forked between the look and the signal
    while (left := members(wanted)) and time.monotonic() < deadline:
        seen |= _send(left, signal.SIGKILL)
        _reap(seen)
        time.sleep(PAUSE_SECONDS)
    _reap(seen)
    return members(wanted)


def _send(pids: set[int], number: signal.Signals) -> set[int]:
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue  # ended between the look and the signal, which is what we want
    return set(pids)


def _reap(pids: set[int]) -> None:
    for pid in pids:
        try:
            os.waitpid(pid, os.WNOHANG)
        except ChildProcessError:
            continue  # somebody else's child, or already collected


def _from_proc() -> list[tuple[int, int]]:
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            stat = (entry / "stat").read_text(encoding="utf-8", errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            continue  # ended while we looked
        # the name in brackets may hold blanks and brackets of its own
        state, _parent, _group, session = stat.rpartition(")")[2].split()[:4]
        if state not in "ZX":
            found.append((int(entry.name), int(session)))
    return found


def _from_ps() -> list[tuple[int, int]]:
    listing = subprocess.run(
        ["/bin/ps", "-A", "-o", "pid=,stat="], capture_output=True, text=True, check=True, timeout=10
    ).stdout
    found = []
    for pid, state in (line.split()[:2] for line in listing.splitlines() if line.strip()):
        if state.startswith("Z"):
            continue
        try:
            found.append((int(pid), os.getsid(int(pid))))
        except (ProcessLookupError, PermissionError):
            continue  # ended while we looked, or another user's and so not ours
    return found
