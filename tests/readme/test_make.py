"""`make run` and `make correct`, as a newcomer types them."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

pytestmark = pytest.mark.airflow

ROOT = Path(__file__).parents[2]
# what is installed is what is tested: two processes that install into one .venv would trip over each other
MAKE = ("make", "-o", "install")
PATIENCE = 240


@contextmanager
def running(folder: Path) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    log = folder / "printed.txt"
    with log.open("w") as out:
        process = subprocess.Popen(
            [*MAKE, "run", f"RUN_DIR={folder / 'run'}"],
            cwd=ROOT, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True, start_new_session=True,
        )  # fmt: skip
        try:
            yield process, log
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGINT)
                process.wait(60)


def wait_for(words: str, process: subprocess.Popen[str], log: Path) -> str:
    end = time.monotonic() + PATIENCE
    while words not in (said := log.read_text()):
        assert process.poll() is None, said
        assert time.monotonic() < end, said
        time.sleep(0.5)
    return said


def test_run_shows_the_statement_and_correct_corrects(tmp_path: Path) -> None:
    with running(tmp_path) as (process, log):
        said = wait_for("Stop with Ctrl-C", process, log)
        for words in ("at the source", "at the destination, read again", "difference", "password:", "make correct"):
            assert words in said
        corrected = subprocess.run(
            [*MAKE, "correct", f"RUN_DIR={tmp_path / 'run'}"],
            cwd=ROOT, capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        assert corrected.returncode == 0, corrected.stdout + corrected.stderr
        assert "invoice 000120" in corrected.stdout
        os.killpg(process.pid, signal.SIGINT)
        # make itself is ended by the same key
        assert process.wait(60) in (0, -signal.SIGINT), log.read_text()
    assert "Stopping" in log.read_text()
