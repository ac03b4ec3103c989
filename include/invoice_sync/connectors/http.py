"""The transport: reads retry, sign-ins go once, writes go once and only with an `Armed`.

Built for one binding; it refuses a URL of another origin. Neither query values, headers nor bodies are logged.
"""

from __future__ import annotations

import email.utils
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Protocol
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import NameResolutionError, NewConnectionError

from invoice_sync.connectors.base import Armed, Verdict
from invoice_sync.connectors.timing import Timing
from invoice_sync.model import canonical
from invoice_sync.model.errors import SettingsError, TryLater
from invoice_sync.model.ports import Binding, Call, CallLog, Clock, Quota

READ_ATTEMPTS = 5
LONGEST_PAUSE_IN_TASK = 60.0
DEFAULT_THROTTLE_WAIT = 60.0


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request. `url` is absolute; `kind` names the vendor's quota it draws on."""

    method: str
    url: str
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    kind: str = "call"

    def __repr__(self) -> str:
        return f"Request({self.method} {urlsplit(self.url).path})"


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete HTTP answer. `cookies`: those that it sets, by name."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    cookies: Mapping[str, str] = field(default_factory=dict, repr=False)

    def json(self) -> Any:
        """Decimals for fractions, NaN as a text. Raises ValueError for anything that is not JSON."""
        return canonical.loads_of_strangers(self.body)


@dataclass(frozen=True, slots=True)
class Reply:
    """What a write brought. `answer` is None when none came; `note` says what happened instead."""

    verdict: Verdict
    answer: Answer | None = None
    wait: float | None = None
    note: str = ""


class Signer(Protocol):
    """Authorises requests of one binding."""

    def headers(self) -> Mapping[str, str]: ...

    def renew(self) -> None: ...


def _never(answer: Answer) -> bool:
    return False


class Transport:
    """HTTP for one binding. `places` are the beginnings of the addresses that may be called at all.

    `is_last_word`: whether an answer that looks like weather by its status is none, where a vendor says such things
    as "no such record" with a 500. `wait_of`: the seconds that an answer asks to wait, for vendors with headers of
    their own; else Retry-After.
    """

    def __init__(
        self,
        binding: Binding,
        places: frozenset[str],
        timing: Timing,
        clock: Clock,
        call_log: CallLog,
        quota: Quota | None = None,
        trace_header: str = "",
        is_last_word: Callable[[Answer], bool] = _never,
        wait_of: Callable[[Answer], float | None] | None = None,
    ) -> None:
        self.binding, self.timing, self.clock = binding, timing, clock
        self._places, self._call_log, self._quota = places, call_log, quota
        self._trace_header, self._is_last_word = trace_header, is_last_word
        self._wait_of = wait_of or _retry_after
        self._session = _session()

    def read(self, request: Request, signer: Signer) -> Answer:
        """The answer of a call that changes nothing; weather and one expired token are dealt with.

        Answers of 4xx, and others that are a last word, are returned for the connector to judge. Raises TryLater when
        the weather stays bad.
        """
        renewed = False
        for attempt in range(READ_ATTEMPTS):
            self._take_turn(request)
            reply = self._once(request, signer.headers())
            if reply.answer is not None and self._is_final(reply.verdict, reply.answer):
                return reply.answer
            if reply.verdict is Verdict.NOT_DONE and not renewed:
                renewed = True
                signer.renew()
                continue
            if reply.verdict is Verdict.NOT_DONE and reply.answer is not None:
                return reply.answer
            self._pause(reply, attempt)
        raise TryLater(f"{self.binding.vendor} did not answer {request!r} in {READ_ATTEMPTS} tries")

    def look(self, request: Request, signer: Signer) -> Answer | None:
        """One try of a read, for the thread that has just written: it asks for no turn and renews nothing.

        None when no answer came.
        """
        return self._once(request, signer.headers()).answer

    def sign_in(self, request: Request) -> Answer:
        """One try; 4xx is returned. Raises TryLater when no answer came: the server may have rotated a token."""
        reply = self._once(request, {})
        if reply.answer is not None and self._is_final(reply.verdict, reply.answer):
            return reply.answer
        if reply.answer is None or reply.verdict in (Verdict.UNKNOWN, Verdict.THROTTLED):
            raise TryLater(f"{self.binding.vendor} did not answer the sign-in ({reply.note})", wait=reply.wait)
        return reply.answer

    def write(self, armed: Armed, request: Request, signer: Signer) -> Reply:
        """Exactly one POST or PATCH, or none when the batch's time to be sent is over."""
        if armed.binding != self.binding:
            raise SettingsError(f"a batch of {armed.binding} came to the transport of {self.binding}")
        if self.clock.monotonic() > armed.send_by:
            return Reply(Verdict.NOT_SENT, note="the time to send it was over before it could leave")
        return self._once(request, signer.headers())

    def close(self) -> None:
        self._session.close()

    def _is_final(self, verdict: Verdict, answer: Answer) -> bool:
        return verdict in (Verdict.OK, Verdict.REFUSED) or self._is_last_word(answer)

    def _take_turn(self, request: Request) -> None:
        """Waits for the vendor's windows; a long wait is the task's business, not ours."""
        while self._quota is not None and (wait := self._quota.take(request.kind)) > 0:
            if wait > LONGEST_PAUSE_IN_TASK:
                raise TryLater(f"{self.binding.vendor} allows no call for now", wait=wait)
            self.clock.sleep(wait)

    def _once(self, request: Request, authorization: Mapping[str, str]) -> Reply:
        self._refuse_other_places(request)
        started = self.clock.monotonic()
        reply = self._exchange(request, authorization)
        self._log(request, reply, self.clock.monotonic() - started)
        return reply

    def _exchange(self, request: Request, authorization: Mapping[str, str]) -> Reply:
        try:
            response = self._session.request(
                request.method,
                request.url,
                params=dict(request.params),
                headers={**request.headers, **authorization},
                data=request.body,
                timeout=(self.timing.connect, self.timing.read),
                allow_redirects=False,
            )
        except requests.RequestException as error:
            return Reply(verdict_of_error(error), note=type(error).__name__)
        answer = Answer(response.status_code, response.headers, response.content, response.cookies.get_dict())
        return Reply(verdict_of_status(answer.status), answer, self._wait_of(answer))

    def _refuse_other_places(self, request: Request) -> None:
        """The wall between companies: another host, and another tenant on the same host, cannot be called."""
        place = request.url.partition("?")[0]
        if "/.." in place or not any(f"{place}/".startswith(f"{known.rstrip('/')}/") for known in self._places):
            raise SettingsError(
                f"{self.binding.vendor} of company {self.binding.company} was pointed at another host or company.",
                cure="Compare host and token_url of the connection with the address of your account.",
            )

    def _pause(self, reply: Reply, attempt: int) -> None:
        wait = max(self.clock.jitter(min(60.0, 2.0**attempt)), reply.wait or 0.0)
        if reply.verdict is Verdict.THROTTLED:
            wait = max(wait, reply.wait or DEFAULT_THROTTLE_WAIT)
            if self._quota is not None:
                self._quota.pause(wait)
        if wait > LONGEST_PAUSE_IN_TASK:
            raise TryLater(f"{self.binding.vendor} asks us to wait", wait=wait)
        self.clock.sleep(wait)

    def _log(self, request: Request, reply: Reply, seconds: float) -> None:
        answer = reply.answer
        trace = answer.headers.get(self._trace_header, "") if answer and self._trace_header else ""
        status = answer.status if answer else None
        path = urlsplit(request.url).path
        self._call_log(Call(self.binding.vendor, request.method, path, status, seconds, trace, reply.note))


def origin(address: str, vendor: str) -> str:
    """scheme://host:port of an address, for comparing. Raises SettingsError for what is no address."""
    parts = urlsplit(address.strip())
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise SettingsError(
            f"An address of the {vendor} connection is none: host and token URL must be full addresses.",
            cure="Write it like https://acme.my.salesforce.com or https://quickbooks.api.intuit.com.",
        )
    return f"{parts.scheme}://{parts.netloc}".lower()


def verdict_of_status(status: int) -> Verdict:
    """What an HTTP status says about a write; the connector looks closer at OK and REFUSED."""
    if 200 <= status < 300:
        return Verdict.OK
    if status == 401:
        return Verdict.NOT_DONE
    if status == 429:
        return Verdict.THROTTLED
    if 400 <= status < 500 and status != 408:
        return Verdict.REFUSED
    return Verdict.UNKNOWN


def verdict_of_error(error: requests.RequestException) -> Verdict:
    """NOT_SENT only when no connection came about; anything later is UNKNOWN."""
    if isinstance(error, requests.ConnectTimeout):
        return Verdict.NOT_SENT
    if isinstance(error, requests.exceptions.SSLError):
        return Verdict.NOT_SENT if "CERTIFICATE_VERIFY_FAILED" in str(error) else Verdict.UNKNOWN
    cause = getattr(error.args[0], "reason", None) if error.args else None
    if isinstance(cause, NewConnectionError | NameResolutionError):
        return Verdict.NOT_SENT
    return Verdict.UNKNOWN


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds of a Retry-After header in either of its two forms (RFC 9110, 10.2.3); None without one."""
    value = headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return float(value)
    if not value or not headers.get("Date"):
        return None
    try:
        until, now = (email.utils.parsedate_to_datetime(text) for text in (value, headers["Date"]))
        return max(0.0, (until - now).total_seconds())
    except (ValueError, TypeError):  # no date, or only one of them with a zone
        return None


def _retry_after(answer: Answer) -> float | None:
    return retry_after(answer.headers)


def _session() -> requests.Session:
    """No proxies or netrc from the environment, no library retries: a write must leave at most once.

    And no jar that carries a cookie from one answer into the next request: who we are is the signer's business.
    """
    session = requests.Session()
    session.trust_env = False
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
    adapter = HTTPAdapter(pool_maxsize=16, max_retries=0)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session
