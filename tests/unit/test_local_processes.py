"""Nothing is left behind: not a task in a group of its own, not after SIGKILL of the parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from invoice_sync.orchestration.local import processes
from invoice_sync.orchestration.local.processes import Service, ServiceStopped

# like Airflow: a child in a process group of its own, deaf to SIGTERM
FAMILY = """
import os, signal, subprocess, sys, time
deaf = "import os, signal, time; os.setpgid(0, 0); signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"
subprocess.Popen([sys.executable, "-c", deaf])
print("up", flush=True)
time.sleep(60)
"""


def eventually(ask: Callable[[], bool], seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while not ask() and time.monotonic() < deadline:
        time.sleep(0.05)
    return ask()


def family(folder: Path) -> Service:
    service = Service("family", [sys.executable, "-c", FAMILY], folder / "family.log")
    service.start(os.environ, folder)
    return service


def test_a_deaf_grandchild_in_its_own_group_is_ended(tmp_path: Path) -> None:
    service = family(tmp_path)
    assert eventually(lambda: len(processes.members([service.session])) == 2)
    time.sleep(0.2)
    assert processes.end([service.session], grace=0.5) == set()
    assert processes.members([service.session]) == set()
    service.exit_code()


def test_an_ended_service_names_its_log(tmp_path: Path) -> None:
    service = Service("scheduler", [sys.executable, "-c", "import sys; sys.exit('no such table')"], tmp_path / "s.log")
    service.start(os.environ, tmp_path)
    with pytest.raises(ServiceStopped, match=r"scheduler failed \(exit code 1\). Open .*s.log(.|\n)*no such table"):
        service.wait(20)


def test_the_guard_ends_what_a_killed_parent_left(tmp_path: Path) -> None:
    parent = f"""
import os, pathlib, time
from invoice_sync.orchestration.local.guard import Guard
from invoice_sync.orchestration.local.processes import Service
service = Service("child", ["/bin/sleep", "60"], pathlib.Path({str(tmp_path)!r}) / "child.log")
service.start(os.environ, pathlib.Path({str(tmp_path)!r}))
Guard(pathlib.Path({str(tmp_path)!r}) / "guard.log").watch(service.session)
print(service.session, flush=True)
time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        session = int(running.stdout.readline())
        assert processes.members([session])
        running.send_signal(signal.SIGKILL)
    assert eventually(lambda: not processes.members([session]), 15)


def test_a_signal_waits_until_the_child_is_written_down() -> None:
    script = """
import os, signal
from invoice_sync.orchestration.local import signals
signals.listen()
try:
    with signals.held():
        os.kill(os.getpid(), signal.SIGTERM)
        print("written down")
    print("not reached")
except signals.StopRequested as stop:
    print(stop)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout.split("\n")[:2] == ["written down", "SIGTERM"]
