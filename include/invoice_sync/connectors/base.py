"""The contract between the floors: what delivery and the steps may ask of any vendor.

Only `invoice_sync.delivery` makes an `Armed`; a test walks the code for it. A connector answers every item of
an `Armed` with one `Outcome`, and on an unknown outcome says UNKNOWN: it never decides on its own what follows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any, Protocol

from invoice_sync.model.documents import Document, Entity, Invoice, Party, Product
from invoice_sync.model.errors import Problem
from invoice_sync.model.flow import Options, RunOptions, WriteBack
from invoice_sync.model.money import Money
from invoice_sync.model.ports import Binding

Json = Mapping[str, Any]


class WriteClass(StrEnum):
    """What holds uniqueness at the destination, hence what an unknown outcome allows."""

    UPSERT = "U"
    UNIQUE = "K"
    KEYED = "I"
    KEYED_WINDOW_UNKNOWN = "W"
    PLAIN = "N"
    SET_STATE = "S"


class Verdict(StrEnum):
    """What came back for one item of a write."""

    OK = "ok"
    HIT = "hit"  # the destination says it has it already
    REFUSED = "refused"  # definitely not done, and would not be next time
    NOT_SENT = "not_sent"  # no byte left
    NOT_DONE = "not_done"  # definitely not done; the same bytes may go again (401, row lock)
    THROTTLED = "throttled"  # definitely not done; the whole company waits
    UNKNOWN = "unknown"


CERTAINLY_NOT_DONE = frozenset({Verdict.NOT_SENT, Verdict.NOT_DONE, Verdict.THROTTLED})


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds. `server` = longest the vendor works on a call; `index_lag` = until a search shows what it did."""

    connect: float = 5.0
    read: float = 130.0
    send_window: float = 10.0
    server: float = 120.0
    index_lag: float = 60.0
    slack: float = 30.0

    @property
    def quiet(self) -> timedelta:
        """From arming until an unknown outcome may be looked up."""
        return timedelta(seconds=self.send_window + self.slack + self.server + self.index_lag)

    @property
    def lease(self) -> timedelta:
        """From arming until another process may take the flow over."""
        return timedelta(seconds=self.send_window + self.connect + self.read + self.slack)


@dataclass(frozen=True, slots=True)
class WriteRule:
    """How one (entity, operation) is written: class, items a call, calls in flight, the quota a call draws on."""

    write_class: WriteClass
    batch: int
    in_flight: int = 1
    quota_kind: str = "call"


@dataclass(frozen=True, slots=True)
class WireItem:
    """One intended write as it goes out; `wire_item` (<= 10 characters) names it inside its call."""

    intent: int
    wire_item: str
    source_id: str
    body: Json


@dataclass(frozen=True, slots=True)
class Armed:
    """A batch that is durably on record as being sent. `send_by` is on the monotonic clock."""

    binding: Binding
    entity: Entity
    operation: str
    wire_request: str
    items: tuple[WireItem, ...]
    send_by: float


@dataclass(frozen=True, slots=True)
class Remote:
    """A record at the destination. `facts` are comparable texts, among them "marker": who we say it is."""

    id: str
    version: str
    number: str
    facts: Mapping[str, str]
    live: bool = True


@dataclass(frozen=True, slots=True)
class Outcome:
    """What happened to one item. `wait` in seconds, when the vendor said so."""

    verdict: Verdict
    remote: Remote | None = None
    problem: Problem | None = None
    status: int | None = None
    trace_id: str = ""
    wait: float | None = None


class Writer(Protocol):
    """The writing side of a connector."""

    binding: Binding
    timing: Timing

    def rule(self, entity: Entity, operation: str) -> WriteRule:
        """Raises SettingsError for a pair this vendor does not know."""

    def prepare(self) -> None:
        """Main thread, before arming: a fresh access token, so that nothing waits once armed.

        Raises NeedsPerson when a person must sign in again, TryLater for weather.
        """

    def renew(self) -> None:
        """Main thread, after a 401: a new access token."""

    def send(self, armed: Armed) -> Mapping[str, Outcome]:
        """One call; an outcome for every `wire_item`. May run in a thread; never raises for what came back."""

    def find(self, entity: Entity, operation: str, items: Sequence[WireItem]) -> Mapping[int, list[Remote]]:
        """Per intent what the vendor holds under the item's natural key, voided and inactive included."""

    def close(self) -> None:
        """Lets go of its connections."""

    def expected(self, entity: Entity, operation: str, body: Json) -> Mapping[str, str]:
        """The `facts` a remote record must show to be what `body` asked for."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something `check` holds against a side: nothing runs before it is mended."""

    message: str
    cure: str


@dataclass(frozen=True, slots=True)
class Inspection:
    """What `check` saw at one side. `tenant` is the tenant that answered; `counts` carry the vendor's words."""

    tenant: str
    name: str
    findings: tuple[Finding, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stub:
    """A source document's id and version stamp: enough to see that nothing changed."""

    source_id: str
    stamp: str


@dataclass(frozen=True, slots=True)
class StubPage:
    """One page of changes; `position` may be stored as the cursor once the page is."""

    stubs: tuple[Stub, ...]
    position: str


@dataclass(frozen=True, slots=True)
class SourceRecord:
    """A source record in the vendor's own JSON. `in_queue`: still wants to be carried."""

    entity: Entity
    source_id: str
    stamp: str
    content: Json
    in_queue: bool = True


@dataclass(frozen=True, slots=True)
class Delivered:
    """What the source is told about a document: the number and id it has at the destination."""

    remote_id: str
    number: str


@dataclass(frozen=True, slots=True)
class Label:
    """How people recognise a record: its number, the number of its customer, its amount if that is readable."""

    number: str
    party: str = ""
    amount: Money | None = None


class Source(Writer, Protocol):
    """A system that documents come from, and that is told what became of them."""

    def inspect(self, write_back: WriteBack) -> Inspection:
        """Signs in and looks: tenant, fields, rights, locks, the vendor's own counts. Reads only."""

    def changed(self, position: str | None, options: RunOptions) -> Iterator[StubPage]:
        """Documents that are in the queue and changed since `position`, oldest first."""

    def fetch(self, entity: Entity, ids: Sequence[str]) -> list[SourceRecord]:
        """The records of these ids, in bulk; ids that are gone are simply not there."""

    def to_model(self, record: SourceRecord) -> Document:
        """Pure. Raises BadDocument."""

    def label(self, record: SourceRecord) -> Label:
        """Pure, and never raises: also a record that is no document has a name in the review table."""

    def acknowledgement(self, source_id: str, mode: WriteBack, done: Delivered, today: str) -> Json | None:
        """The body that tells the source; None when the mode writes nothing. `today` is YYYY-MM-DD."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A record at the destination that a party or product might already be."""

    remote_id: str
    name: str
    kind: str
    email: str = ""
    postcode: str = ""
    sku: str = ""
    marker: str = ""
    active: bool = True


class Destination(Writer, Protocol):
    """A system that documents go to."""

    def inspect(self, options: Options) -> Inspection: ...

    def profile(self, options: Options) -> Json:
        """Preferences, accounts and charge items that mapping and preflight need; plain JSON."""

    def candidates(self, entity: Entity, wanted: Sequence[Party | Product]) -> list[Candidate]:
        """Everything that shares an id, a name or a SKU with `wanted`, names held by others included."""

    def record_name(self, document: Party | Product) -> str:
        """Pure. The name that the record would get, in the form that the destination compares."""

    def body(self, document: Document, profile: Json, options: Options, marker: str) -> Json:
        """Pure. The create body, with `placeholder()` where another document's remote id belongs.

        Raises BadDocument for what the destination cannot hold.
        """

    def preflight(self, document: Document, body: Json, profile: Json) -> list[Problem]:
        """Pure. The refusals that can be foreseen."""

    def taken_numbers(self, invoices: Sequence[Invoice]) -> Mapping[str, Sequence[Remote]]:
        """By invoice number: every document that the destination already holds under it."""

    def reread(self, entity: Entity, remote_ids: Sequence[str]) -> Mapping[str, Remote]:
        """What the destination holds now, in bulk; missing ids are not there."""


MARK = "\ue000"
"""Of Unicode's private use area: no source writes it, so no memo can pass for a placeholder."""


def placeholder(entity: Entity, source_id: str) -> str:
    """Stands in a planned body for a remote id that may not exist yet; delivery fills it at first arm."""
    return f"{MARK}{entity}/{source_id}"


def split_placeholder(text: str) -> tuple[Entity, str] | None:
    """(entity, source id) of a placeholder, None for any other text."""
    if not text.startswith(MARK):
        return None
    entity, _, source_id = text.removeprefix(MARK).partition("/")
    if entity == "customer":
        return "customer", source_id
    return ("product", source_id) if entity == "product" else None
