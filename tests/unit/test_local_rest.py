"""Airflow's REST API on a database that is busy."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from invoice_sync.orchestration.local.rest import BUSY_PAUSES, AirflowRefused, AirflowRest, Login

# as Airflow 3.3 answers when SQLite said "database is locked"
BUSY = {"detail": {"reason": "Database error", "statement": "hidden", "orig_error": "hidden"}}


@contextmanager
def airflow(refusals: int, answer: dict[str, object]) -> Iterator[tuple[AirflowRest, list[str], list[float]]]:
    """One that refuses so often; what it was asked; how long was waited."""
    asked: list[str] = []
    waited: list[float] = []

    class Api(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            if self.path == "/auth/token":
                return self.say(201, {"access_token": "t"})
            asked.append(self.path)
            return self.say(500, answer) if len(asked) <= refusals else self.say(201, {})

        def say(self, status: int, body: dict[str, object]) -> None:
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Api)
    Thread(target=server.serve_forever, daemon=True).start()
    rest = AirflowRest(f"http://127.0.0.1:{server.server_port}", Login("u", "p"), sleep=waited.append)
    try:
        yield rest, asked, waited
    finally:
        rest.close()
        server.shutdown()
        server.server_close()


def test_a_busy_database_is_asked_again() -> None:
    with airflow(2, BUSY) as (rest, asked, waited):
        rest.add_connection("books", {"conn_type": "http"})
    assert asked == ["/api/v2/connections"] * 3
    assert waited == [0.2, 0.5]


def test_one_that_stays_busy_is_said() -> None:
    with airflow(99, BUSY) as (rest, asked, _), pytest.raises(AirflowRefused, match="Database error"):
        rest.add_connection("books", {"conn_type": "http"})
    assert len(asked) == len(BUSY_PAUSES) + 1


def test_another_error_is_not_asked_again() -> None:
    with airflow(99, {"detail": "a bug"}) as (rest, asked, _), pytest.raises(AirflowRefused, match="a bug"):
        rest.add_connection("books", {"conn_type": "http"})
    assert len(asked) == 1
