"""Waits on this machine for the one answer that the vendor sends by way of the person's browser.

The answer's address carries the code, so no request is ever logged.
"""

from __future__ import annotations

import queue
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self, cast
from urllib.parse import parse_qs, urlsplit

from invoice_sync.model.errors import NeedsPerson, SettingsError

HOST = "127.0.0.1"
PATH = "/callback"
PAGE = (
    b'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Invoice Sync</title></head>'
    b"<body><h1>Invoice Sync has your answer</h1><p>The window where you started it says what came of it. "
    b"You may close this page.</p></body></html>"
)

Answer = dict[str, str]


class Listener:
    """A server for one answer. A port of 0 takes any free one."""

    def __init__(self, port: int, path: str = PATH) -> None:
        try:
            self._server = _Server(port, path)
        except OSError as error:
            raise SettingsError(
                f"Port {port} of this machine cannot be listened on ({error.strerror}).", cure="Choose another --port."
            ) from None
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def uri(self) -> str:
        """Intuit takes no IP address in a redirect, and http only for localhost."""
        return f"http://localhost:{self._server.server_address[1]}{PATH}"

    def wait(self, seconds: float) -> Answer:
        """The answer's query. Raises NeedsPerson when none comes."""
        try:
            return self._server.answers.get(timeout=seconds)
        except queue.Empty:
            raise NeedsPerson(
                f"Nobody agreed or refused within {seconds / 60:.0f} minutes. Nothing was stored.",
                cure="Start the command again and open the address that it prints, on this machine.",
            ) from None

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    """A thread for each connection: browsers open some that they never use."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, port: int, path: str) -> None:
        self.path = path
        self.answers: queue.Queue[Answer] = queue.Queue()
        super().__init__((HOST, port), _Handler)


class _Handler(BaseHTTPRequestHandler):
    timeout = 10

    def do_GET(self) -> None:
        server, asked = cast(_Server, self.server), urlsplit(self.path)
        if asked.path != server.path:
            self.send_error(404)
            return
        self._reply()
        # a name that is given twice is not to be trusted
        server.answers.put({name: values[0] for name, values in parse_qs(asked.query).items() if len(values) == 1})

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the address holds the code."""

    def _reply(self) -> None:
        self.send_response(200)
        headers = {
            "Content-Type": "text/html; charset=utf-8", "Content-Length": str(len(PAGE)),
            "Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "Connection": "close",
        }  # fmt: skip
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(PAGE)
