"""The transport against a real, tiny, ill-mannered server: a write leaves at most once, a read has patience."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

import pytest
import requests
from urllib3.exceptions import MaxRetryError, NameResolutionError, NewConnectionError

from delivering import HandClock
from invoice_sync.connectors.base import Armed, Verdict
from invoice_sync.connectors.http import Answer, Reply, Request, Transport, retry_after, verdict_of_error
from invoice_sync.connectors.timing import Timing
from invoice_sync.model.errors import SettingsError, TryLater
from invoice_sync.model.ports import Binding, Call

BINDING = Binding("acme", "quickbooks", "realm-1")
TIMING = Timing(connect=2, read=0.3)
Behaviour = bytes | Callable[[socket.socket], None]


def answer(status: int, headers: Mapping[str, str] | None = None, body: bytes = b"{}") -> bytes:
    lines = [f"HTTP/1.1 {status} Something", f"Content-Length: {len(body)}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def hangs(connection: socket.socket) -> None:
    """Takes the request and says nothing; the client gives up first."""
    connection.settimeout(5)
    connection.recv(1)


def resets(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")


def hangs_up(connection: socket.socket) -> None:
    """Closes without a word."""


HALF = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{half"
CUT_CHUNK = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n40\r\nabc"
NO_HTTP = b"this is not HTTP at all\r\n\r\n"


@dataclass
class Server:
    """Answers one request a connection, as `script` says; the last behaviour stays."""

    script: list[Behaviour] = field(default_factory=lambda: [answer(200)])
    requests: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        with suppress(OSError):  # closed already
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(timeout=5)

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection:
                self._one(connection)

    def _one(self, connection: socket.socket) -> None:
        received = b""
        while b"\r\n\r\n" not in received:
            received += connection.recv(65536)
        head, _, body = received.partition(b"\r\n\r\n")
        length = next((int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")), 0)
        while len(body) < length:
            body += connection.recv(65536)
        self.requests.append(head + b"\r\n\r\n" + body)
        behaviour = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        if callable(behaviour):
            behaviour(connection)
        else:
            connection.sendall(behaviour)


class Badge:
    """A signer whose token has a number."""

    def __init__(self) -> None:
        self.renewals = 0

    def headers(self) -> Mapping[str, str]:
        return {"Authorization": f"Bearer secret-token-{self.renewals}"}

    def renew(self) -> None:
        self.renewals += 1


class PausedQuota:
    """Notes what it is told; `waits` are its next answers."""

    def __init__(self, *waits: float) -> None:
        self.waits = list(waits)
        self.pauses: list[float] = []
        self.taken: list[str] = []

    def take(self, kind: str) -> float:
        self.taken.append(kind)
        return self.waits.pop(0) if self.waits else 0.0

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    yield running
    running.close()


@dataclass
class Line:
    """A transport to the server, and everything around it."""

    server: Server
    clock: HandClock = field(default_factory=HandClock)
    quota: PausedQuota = field(default_factory=PausedQuota)
    badge: Badge = field(default_factory=Badge)
    calls: list[Call] = field(default_factory=list)

    def __post_init__(self) -> None:
        origins = frozenset({self.server.url})
        log = self.calls.append
        self.transport = Transport(BINDING, origins, TIMING, self.clock, log, self.quota, trace_header="trace-id")

    def read(self, **changes: str) -> Answer:
        return self.transport.read(self.request("GET", **changes), self.badge)

    def write(self, send_by: float = 10, **changes: str) -> Reply:
        return self.transport.write(armed(send_by), self.request("POST", **changes), self.badge)

    def request(self, method: str, url: str = "") -> Request:
        body = b'{"customer": "Jane Private"}' if method == "POST" else None
        return Request(method, url or f"{self.server.url}/v3/things", {"q": "hidden-value"}, {"X-Key": "hush"}, body)


def armed(send_by: float = 10, binding: Binding = BINDING) -> Armed:
    return Armed(binding, "invoice", "create", "0" * 32, (), send_by)


@pytest.fixture
def line(server: Server) -> Iterator[Line]:
    built = Line(server)
    yield built
    built.transport.close()


# what a write's answer means


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (200, Verdict.OK), (201, Verdict.OK), (204, Verdict.OK),
        (400, Verdict.REFUSED), (403, Verdict.REFUSED), (404, Verdict.REFUSED), (409, Verdict.REFUSED),
        (413, Verdict.REFUSED), (415, Verdict.REFUSED), (422, Verdict.REFUSED),
        (401, Verdict.NOT_DONE), (429, Verdict.THROTTLED),
        (408, Verdict.UNKNOWN), (500, Verdict.UNKNOWN), (502, Verdict.UNKNOWN), (503, Verdict.UNKNOWN),
        (504, Verdict.UNKNOWN), (302, Verdict.UNKNOWN),
    ],
)  # fmt: skip
def test_a_status_means_this_and_is_asked_for_once(line: Line, status: int, verdict: Verdict) -> None:
    line.server.script = [answer(status, body=b"" if status == 204 else b"{}")]
    assert line.write().verdict is verdict
    assert (len(line.server.requests), line.badge.renewals, line.clock.slept) == (1, 0, [])


@pytest.mark.parametrize("behaviour", [hangs, resets, hangs_up, HALF, CUT_CHUNK, NO_HTTP])
def test_once_the_bytes_are_out_any_trouble_is_unknown_and_nothing_is_repeated(
    line: Line, behaviour: Behaviour
) -> None:
    line.server.script = [behaviour]
    reply = line.write()
    assert (reply.verdict, reply.answer) == (Verdict.UNKNOWN, None)
    assert len(line.server.requests) == 1


def test_a_refused_connection_is_not_sent(line: Line) -> None:
    line.server.close()
    assert line.write().verdict is Verdict.NOT_SENT


def pool_error(reason: Exception) -> requests.ConnectionError:
    return requests.ConnectionError(MaxRetryError(None, "/", reason))


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (requests.ConnectTimeout(), Verdict.NOT_SENT),
        (pool_error(NewConnectionError(None, "refused")), Verdict.NOT_SENT),
        (pool_error(NameResolutionError("host", None, OSError())), Verdict.NOT_SENT),
        (requests.exceptions.SSLError("[SSL: CERTIFICATE_VERIFY_FAILED] expired"), Verdict.NOT_SENT),
        (requests.exceptions.SSLError("EOF occurred in violation of protocol"), Verdict.UNKNOWN),
        (requests.ReadTimeout(), Verdict.UNKNOWN),
        (requests.ConnectionError("Connection aborted."), Verdict.UNKNOWN),
        (requests.exceptions.ChunkedEncodingError(), Verdict.UNKNOWN),
        (requests.exceptions.ContentDecodingError(), Verdict.UNKNOWN),
        (requests.RequestException(), Verdict.UNKNOWN),
    ],
)
def test_only_a_connection_that_never_was_counts_as_not_sent(
    error: requests.RequestException, verdict: Verdict
) -> None:
    assert verdict_of_error(error) is verdict


def test_a_stale_connection_is_unknown_and_not_silently_repeated(line: Line) -> None:
    """urllib3 and browsers like to repeat a request on a kept connection that the server has closed."""
    line.server.script = [b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", answer(200)]
    line.write()
    reply = line.write()
    assert reply.verdict in (Verdict.UNKNOWN, Verdict.OK)  # the pool may have seen the close and dialled anew
    assert len(line.server.requests) == (1 if reply.verdict is Verdict.UNKNOWN else 2)


# what a write never does


def test_a_redirect_is_not_followed_and_no_token_travels(line: Line) -> None:
    elsewhere = Server()
    line.server.script = [answer(307, {"Location": f"{elsewhere.url}/steal"})]
    line.write()
    with pytest.raises(TryLater):
        line.read()
    assert elsewhere.requests == []
    elsewhere.close()


@pytest.mark.parametrize(
    "url",
    ["http://evil.example/v3", "https://127.0.0.1/v3", "http://127.0.0.1:1/v3", "http://user@127.0.0.1:{port}/v3"],
)
def test_another_origin_is_refused_before_anything_leaves(line: Line, url: str) -> None:
    url = url.format(port=line.server.url.rpartition(":")[2])
    for act in (line.read, line.write, lambda url: line.transport.sign_in(Request("POST", url))):
        with pytest.raises(SettingsError, match="another host"):
            act(url=url)
    assert line.server.requests == []


def test_a_batch_of_another_company_is_refused(line: Line) -> None:
    other = armed(binding=Binding("globex", "quickbooks", "realm-2"))
    with pytest.raises(SettingsError):
        line.transport.write(other, line.request("POST"), line.badge)
    assert line.server.requests == []


def test_a_batch_whose_time_is_over_does_not_leave(line: Line) -> None:
    line.clock.sleep(10.001)
    assert line.write(send_by=10).verdict is Verdict.NOT_SENT
    assert line.server.requests == []


def test_a_batch_leaves_at_the_last_moment(line: Line) -> None:
    line.clock.sleep(10)
    assert line.write(send_by=10).verdict is Verdict.OK


def test_a_write_takes_no_turn_of_its_own_once_armed(line: Line) -> None:
    """Its turn was taken before arming; waiting now would eat up the time to send."""
    line.write()
    assert line.quota.taken == []


def test_proxies_and_netrc_of_the_environment_are_ignored(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    assert line.write().verdict is Verdict.OK


def test_the_bytes_go_out_as_they_are(line: Line) -> None:
    line.write()
    (sent,) = line.server.requests
    assert sent.startswith(b"POST /v3/things?q=hidden-value HTTP/1.1\r\n")
    assert sent.endswith(b'\r\n\r\n{"customer": "Jane Private"}')
    assert b"Authorization: Bearer secret-token-0" in sent


# reads


def test_a_read_is_tried_again_with_growing_pauses(line: Line) -> None:
    line.server.script = [answer(503), resets, HALF, answer(200, body=b'{"n": 0.10}')]
    assert str(line.read().json()["n"]) == "0.10"
    assert line.clock.slept == [1, 2, 4]


def test_a_read_gives_up_as_weather(line: Line) -> None:
    line.server.script = [answer(503)]
    with pytest.raises(TryLater):
        line.read()
    assert len(line.server.requests) == 5


def test_a_read_waits_as_long_as_the_vendor_says(line: Line) -> None:
    line.server.script = [answer(429, {"Retry-After": "7"}), answer(503, {"Retry-After": "9"}), answer(200)]
    line.read()
    assert line.clock.slept == [7, 9]
    assert line.quota.pauses == [7]


def test_a_throttle_without_a_time_means_a_minute_for_all(line: Line) -> None:
    line.server.script = [answer(429), answer(200)]
    line.read()
    assert (line.clock.slept, line.quota.pauses) == ([60], [60])


def test_a_long_wait_is_the_tasks_business(line: Line) -> None:
    line.server.script = [answer(429, {"Retry-After": "300"})]
    with pytest.raises(TryLater) as caught:
        line.read()
    assert (caught.value.wait, line.clock.slept, line.quota.pauses) == (300, [], [300])


def test_a_dead_token_is_renewed_once(line: Line) -> None:
    line.server.script = [answer(401), answer(200)]
    assert line.read().status == 200
    assert line.badge.renewals == 1
    assert b"secret-token-1" in line.server.requests[1]


def test_a_second_401_is_for_the_connector_to_judge(line: Line) -> None:
    line.server.script = [answer(401)]
    assert line.read().status == 401
    assert (line.badge.renewals, len(line.server.requests)) == (1, 2)


@pytest.mark.parametrize("status", [400, 403, 404])
def test_a_refused_read_is_returned_at_once(line: Line, status: int) -> None:
    line.server.script = [answer(status)]
    assert line.read().status == status
    assert len(line.server.requests) == 1


def test_a_read_takes_its_turn_and_waits_for_it(line: Line) -> None:
    line.quota.waits = [12.0]
    line.read()
    assert (line.clock.slept, line.quota.taken) == ([12.0], ["call", "call"])


def test_a_read_does_not_sit_out_a_long_queue(line: Line) -> None:
    line.quota.waits = [61.0]
    with pytest.raises(TryLater) as caught:
        line.read()
    assert (caught.value.wait, line.server.requests) == (61.0, [])


# sign-in


@pytest.mark.parametrize("status", [200, 400, 401, 403])
def test_a_sign_in_returns_what_was_answered(line: Line, status: int) -> None:
    line.server.script = [answer(status)]
    assert line.transport.sign_in(line.request("POST")).status == status
    assert len(line.server.requests) == 1


@pytest.mark.parametrize("behaviour", [hangs, resets, HALF, answer(500), answer(503), answer(429), answer(302)])
def test_a_sign_in_without_a_clear_answer_is_weather_and_is_not_repeated(line: Line, behaviour: Behaviour) -> None:
    line.server.script = [behaviour]
    with pytest.raises(TryLater):
        line.transport.sign_in(line.request("POST"))
    assert len(line.server.requests) == 1


# what may be told


def test_neither_logs_nor_reprs_nor_errors_tell_secrets(line: Line, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    caplog.set_level(logging.DEBUG, logger="invoice_sync")
    line.server.script = [answer(200, {"Set-Cookie": "sid=hush-hush", "trace-id": "t-9"}, b"Jane Private"), HALF]
    reply = line.write()
    cut = line.write()
    line.server.script = [answer(503)]
    with pytest.raises(TryLater) as caught:
        line.read()
    told = " ".join([caplog.text, *map(repr, line.calls), repr(reply), repr(cut), repr(line.request("POST")),
                     str(caught.value), repr(line.transport)])  # fmt: skip
    for secret in ("secret-token", "hidden-value", "Jane Private", "hush"):
        assert secret not in told


def test_each_call_is_noted_with_path_status_and_trace(line: Line) -> None:
    line.server.script = [answer(200, {"trace-id": "t-9"}), hangs_up]
    line.write()
    line.write()
    done, lost = line.calls
    assert (done.vendor, done.method, done.path, done.status, done.trace_id) == (
        "quickbooks", "POST", "/v3/things", 200, "t-9",
    )  # fmt: skip
    assert (lost.status, lost.note) == (None, "ConnectionError")


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "7"}, 7),
        ({"Retry-After": " 7 "}, 7),
        ({"Retry-After": "0"}, 0),
        ({"Retry-After": "-7"}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "\u00b2"}, None),
        ({"Retry-After": "Sat, 21 Nov 2026 08:01:30 GMT", "Date": "Sat, 21 Nov 2026 08:00:00 GMT"}, 90),
        ({"Retry-After": "Sat, 21 Nov 2026 07:00:00 GMT", "Date": "Sat, 21 Nov 2026 08:00:00 GMT"}, 0),
        ({"Retry-After": "Sat, 21 Nov 2026 08:01:30 GMT"}, None),
        ({"Retry-After": "Sat, 21 Nov 2026 08:01:30 -0000", "Date": "Sat, 21 Nov 2026 08:00:00 GMT"}, None),
    ],
)
def test_retry_after_is_read_in_both_its_forms(headers: Mapping[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == seconds


# vendors with cookies, and with 500s that are a last word


def test_cookies_are_shown_and_never_carried_along(line: Line) -> None:
    """Who we are is the signer's business: a cookie of one answer must not decide it for the next."""
    line.server.script = [answer(200, {"Set-Cookie": "seat=17; path=/; HttpOnly"})]
    assert line.read().cookies == {"seat": "17"}
    line.read()
    assert b"seat=17" not in line.server.requests[1]


def test_a_last_word_is_not_asked_for_again(line: Line) -> None:
    origins = frozenset({line.server.url})
    line.transport.close()
    line.transport = Transport(
        BINDING,
        origins,
        TIMING,
        line.clock,
        line.calls.append,
        is_last_word=lambda told: told.body == b"no such record",
    )
    line.server.script = [answer(500, body=b"no such record")]
    assert line.read().status == 500
    assert line.transport.sign_in(line.request("POST")).status == 500
    assert (len(line.server.requests), line.clock.slept) == (2, [])


def test_a_look_after_a_write_is_one_try_without_a_turn(line: Line) -> None:
    line.server.script = [answer(503), answer(401), hangs_up]
    statuses = [
        found.status if (found := line.transport.look(line.request("GET"), line.badge)) else None for _ in "123"
    ]
    assert statuses == [503, 401, None]
    assert (line.quota.taken, line.badge.renewals, line.clock.slept) == ([], 0, [])
