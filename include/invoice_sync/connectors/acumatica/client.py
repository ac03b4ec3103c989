"""The wire to Acumatica: records by key, lists with their defects, one kind of write, operations that take a while."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

from invoice_sync.connectors.acumatica import faults
from invoice_sync.connectors.acumatica.faults import Fault, Kind
from invoice_sync.connectors.acumatica.fields import text_of
from invoice_sync.connectors.acumatica.look import EVERYTHING, Look
from invoice_sync.connectors.acumatica.sign_in import SEATS_LATER, SEATS_TAKEN, Credentials, Session
from invoice_sync.connectors.base import Armed, Json
from invoice_sync.connectors.http import Answer, Reply, Request, Transport
from invoice_sync.connectors.timing import Timing
from invoice_sync.model import canonical
from invoice_sync.model.errors import NeedsPerson, SettingsError, TryLater
from invoice_sync.model.ports import Binding, CallLog, Clock, Quota, TokenStore

KEYS: Mapping[str, tuple[str, ...]] = {
    "SalesInvoice": ("Type", "ReferenceNbr"),
    "Invoice": ("Type", "ReferenceNbr"),
    "Payment": ("Type", "ReferenceNbr"),
    "SalesOrder": ("OrderType", "OrderNbr"),
    "Shipment": ("ShipmentNbr",),
    "Customer": ("CustomerID",),
    "Activity": ("NoteID",),
}
_RIGHTS = "Give the API user the access rights to the form, in all branches that the flow carries."


class Unlisted(TryLater):
    """Not even the keys of a list can be had: it is filtered by a field that the site works out record by record."""


class Progress(StrEnum):
    """How an operation stands."""

    RUNNING = "running"
    ENDED = "ended"
    NO_ANSWER = "no answer"
    LOST = "lost"  # nobody can be asked about it any more: it belonged to another session


_PROGRESS = {
    Kind.SIGNED_OUT: Progress.LOST,
    Kind.NO_SUCH_ADDRESS: Progress.LOST,
    Kind.SEATS: Progress.LOST,
    Kind.THROTTLED: Progress.NO_ANSWER,
}


class Client:
    """One user in one tenant of one site, and one endpoint."""

    def __init__(
        self,
        binding: Binding,
        credentials: Credentials,
        timing: Timing,
        clock: Clock,
        call_log: CallLog,
        tokens: TokenStore,
        quota: Quota | None,
    ) -> None:
        self.site = credentials.site
        self.endpoint = f"{credentials.endpoint}/{credentials.version}"
        places = frozenset({f"{self.site}/entity", f"{self.site}/identity"})
        self._transport = Transport(binding, places, timing, clock, call_log, quota, is_last_word=faults.is_last_word)
        self.session = Session(self._transport, credentials, tokens, clock)
        self._one_by_one: set[tuple[str, Look]] = set()

    def close(self) -> None:
        """The session stays: the next task goes on with it."""
        self._transport.close()

    def url(self, entity: str, *steps: str) -> str:
        """Keys may hold slashes, number signs, plus signs and spaces."""
        path = "/".join(quote(step, safe="$") for step in (entity, *steps))
        return f"{self.site}/entity/{self.endpoint}/{path}"

    def endpoints(self) -> list[tuple[str, str]]:
        """(name, version) of every endpoint; a bare array before 26.x, an object since."""
        body = self._good(self._get(f"{self.site}/entity"))
        listed = body.get("endpoints") if isinstance(body, Mapping) else body
        rows = [row for row in listed if isinstance(row, Mapping)] if isinstance(listed, list) else []
        return [(str(row.get("name")), str(row.get("version"))) for row in rows]

    def schema(self, entity: str) -> Json:
        """An empty record with every field that this endpoint has, custom ones included."""
        body = self._good(self._get(self.url(entity, "$adHocSchema")))
        return body if isinstance(body, Mapping) else {}

    def one(self, entity: str, keys: Sequence[str], look: Look = EVERYTHING) -> Json | None:
        """None for a record that is not there, or that the user may not see: the site does not tell which."""
        answer = self._get(self.url(entity, *keys), look.params)
        fault = faults.of(answer)
        if fault is not None and fault.kind is Kind.NOT_THERE:
            return None
        return _record(self._good(answer, f"{entity} {' '.join(keys)}"))

    def rows(self, entity: str, condition: str, look: Look, top: int | None = None) -> list[Json]:
        """A list in no order at all. Where the site cannot export it as one, its keys are, and then each record.

        https://help.acumatica.com, "Optimization cannot be performed" in the course I320
        """
        if (entity, look) not in self._one_by_one:
            answer = self._list(entity, condition, look, top)
            fault = faults.of(answer)
            if fault is None or fault.kind is not Kind.UNOPTIMIZED:
                return _records(self._good(answer))
            self._one_by_one.add((entity, look))
        keys = KEYS[entity]
        found = _records(self._good(self._list(entity, condition, Look(",".join(keys)), top)))
        singles = (self.one(entity, [text_of(row, key) for key in keys], look) for row in found)
        return [row for row in singles if row is not None]

    def submit(self, armed: Armed, request: Request) -> Reply:
        """The one way in which anything is written."""
        return self._transport.write(armed, request, self.session)

    def request(self, method: str, url: str, body: Json, params: Mapping[str, str], *, only_update: bool) -> Request:
        """`only_update`: never creates a record by mistake; a missing one is 412."""
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        headers |= {"If-Match": "*"} if only_update else {}
        return Request(method, url, params, headers, canonical.dumps(body).encode())

    def look(self, entity: str, keys: Sequence[str], look: Look) -> Json | None:
        """As `one`, for the thread that has just written: one try. Raises TryLater when that brings nothing."""
        answer = self._transport.look(Request("GET", self.url(entity, *keys), look.params), self.session)
        fault = faults.of(answer) if answer is not None else None
        if answer is None or (fault is not None and fault.kind is not Kind.NOT_THERE):
            raise TryLater("Acumatica could not be asked what became of a write")
        return None if fault is not None else _record(faults.content(answer))

    def poll(self, location: str) -> tuple[Progress, Fault | None]:
        """How the operation at a status address stands, and why it failed. Nothing is decided by this alone.

        For the thread that started it, see `look`. Raises SettingsError for an address of another host.
        """
        answer = self._transport.look(Request("GET", self.status_url(location)), self.session)
        if answer is None:
            return Progress.NO_ANSWER, None
        if answer.status == 202:
            return Progress.RUNNING, None
        fault = faults.of(answer)
        if fault is None:
            return Progress.ENDED, None
        return _PROGRESS.get(fault.kind, Progress.ENDED if fault.code else Progress.NO_ANSWER), fault

    def status_url(self, location: str) -> str:
        """Relative to the host, with or without the site's virtual folder. Raises SettingsError for another host."""
        found = urljoin(f"{self.site}/", location)
        parts = urlsplit(self.site)
        bare = f"{parts.scheme}://{parts.netloc}/entity/"
        if found.startswith(f"{self.site}/entity/"):
            return found
        if found.startswith(bare):
            return f"{self.site}/entity/{found.removeprefix(bare)}"
        raise SettingsError(
            "Acumatica leads to another host for the outcome of an operation.",
            cure="Compare the site address of the connection with the address that Acumatica has for itself.",
        )

    def _list(self, entity: str, condition: str, look: Look, top: int | None) -> Answer:
        params = {"$filter": condition} if condition else {}
        params |= {"$top": str(top)} if top is not None else {}
        return self._get(self.url(entity), {**params, **look.params})

    def _get(self, url: str, params: Mapping[str, str] | None = None) -> Answer:
        self.session.prepare()
        headers = {"Accept": "application/json"}
        answer = self._transport.read(Request("GET", url, params or {}, headers), self.session)
        self.session.absorb(answer.cookies)
        return answer

    def _good(self, answer: Answer, what: str = "a list") -> Any:
        fault = faults.of(answer)
        if fault is not None:
            raise refusal(fault, what)
        return faults.content(answer) if answer.status == 200 else None


_WORDS: Mapping[Kind, Callable[[Fault, str], NeedsPerson | TryLater]] = {
    Kind.SEATS: lambda fault, what: TryLater(SEATS_TAKEN, wait=SEATS_LATER),
    Kind.SIGNED_OUT: lambda fault, what: NeedsPerson(
        "Acumatica refuses even a new session.", cure="Check the rights of the API user and its IP restrictions."
    ),
    Kind.RIGHTS: lambda fault, what: SettingsError("Acumatica denies the API user a form that we need.", cure=_RIGHTS),
    Kind.SETUP: lambda fault, what: SettingsError(
        f"Preferences of a module were never set up in Acumatica. It says: {fault.quote}",
        cure="Open the preferences form that is named and save it.",
    ),
    Kind.NO_SUCH_ADDRESS: lambda fault, what: SettingsError(
        "Acumatica does not know the address: the endpoint, its version or an entity of it.",
        cure="Compare endpoint and endpoint_version of the connection with Web Service Endpoints (SM207060).",
    ),
    Kind.QUERY: lambda fault, what: SettingsError(
        f"Acumatica does not take a filter. It says: {fault.quote}",
        cure="Correct saved_filter of the flow if it is that one; else the endpoint lacks a field that we need.",
    ),
    Kind.UNOPTIMIZED: lambda fault, what: Unlisted(f"Acumatica cannot list by this. It says: {fault.quote}"),
    Kind.DATA: lambda fault, what: SettingsError(
        f"Acumatica refuses to show {what}. It says: {fault.quote}",
        cure="Open the record in Acumatica; mend what it says there, or the ids given to the run.",
    ),
}


def refusal(fault: Fault, what: str) -> NeedsPerson | TryLater:
    """Why `what` could not be read."""
    if fault.kind in _WORDS:
        return _WORDS[fault.kind](fault, what)
    if fault.kind is Kind.WEATHER and not fault.code:
        return TryLater(f"Acumatica answered HTTP {fault.status} with a page: it is under maintenance or restarts")
    return TryLater(f"Acumatica answered HTTP {fault.status} {fault.code}".rstrip())


def any_of(field: str, values: Iterable[str]) -> str:
    """A condition: the field is one of these texts."""
    return " or ".join(f"{field} eq {literal(value)}" for value in values)


def literal(text: str) -> str:
    """Text in a filter: quotes are doubled."""
    doubled = text.replace("'", "''")
    return f"'{doubled}'"


def _record(body: Any) -> Json:
    if not isinstance(body, Mapping):
        raise TryLater("Acumatica answered a read with something that is no record")
    return body


def _records(body: Any) -> list[Json]:
    if not isinstance(body, list):
        raise TryLater("Acumatica answered a list with something that is none")
    return [row for row in body if isinstance(row, Mapping)]
