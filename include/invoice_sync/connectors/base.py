"""The contract between the floors: what delivery and the steps may ask of any vendor.

Only `invoice_sync.delivery` makes an `Armed`; a test walks the code for it. A connector answers every item of
an `Armed` with one `Outcome`, and on an unknown outcome says UNKNOWN: it never decides on its own what follows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from invoice_sync.connectors.timing import Timing
from invoice_sync.model.documents import Document, Entity, Party, Product
from invoice_sync.model.errors import Problem
from invoice_sync.model.flow import Options, RunOptions, WriteBack
from invoice_sync.model.money import Money
from invoice_sync.model.ports import Binding
from invoice_sync.model.words import LogWords

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
    TOO_LARGE = "too_large"  # definitely not done, nor ever in a call of this size
    UNKNOWN = "unknown"


CERTAINLY_NOT_DONE = frozenset({Verdict.NOT_SENT, Verdict.NOT_DONE, Verdict.THROTTLED, Verdict.TOO_LARGE})

CREATE, UPDATE, VOID = "create", "update", "void"
DELIVERIES = (CREATE, UPDATE, VOID)
"""What changes a document or party at the destination."""

ACKNOWLEDGE, WRITE_ID, TELL_ERROR = "acknowledge", "write_id", "tell_error"
NOTES = frozenset({WRITE_ID, TELL_ERROR})
"""Notes that the source gets for its people; a document never waits because one of them was refused."""


@dataclass(frozen=True, slots=True)
class WriteRule:
    """How one (entity, operation) is written: class, items a call, calls in flight, the quota a call draws on.

    `endpoint`: the address that it goes to, without a query, for the process log. `runs_on`: the vendor may be at it
    long after our call is gone, so that an unknown outcome is adopted as soon as it shows, and taken for not done
    only after the quiet period. `told`: names of facts that the log's message has too, by what they are called there.
    `removes`: nothing is left of what was written, so that it can be created anew.
    """

    write_class: WriteClass
    batch: int
    in_flight: int = 1
    quota_kind: str = "call"
    endpoint: str = ""
    runs_on: bool = False
    removes: bool = False
    told: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WireItem:
    """One intended write as it goes out; `wire_item` (<= 10 characters) names it inside its call."""

    intent: int
    wire_item: str
    source_id: str
    body: Json
    text: str = field(default="", repr=False, compare=False)
    """`body` as canonical JSON, where somebody has it already."""


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

    def stop_waiting(self) -> None:
        """This process is being stopped: whatever `send` still waits for ends at once, UNKNOWN. From any thread."""

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
    """A source document's id and version stamp: enough to see that nothing changed.

    `offered`: it waits to be carried; others come along because they changed, and matter only if we know them.
    """

    source_id: str
    stamp: str
    offered: bool = True


@dataclass(frozen=True, slots=True)
class StubPage:
    """One page of changes; `position` may be stored as the cursor once the page is.

    `held`: by reason, how many documents of the page the source does not give away yet.
    """

    stubs: tuple[Stub, ...]
    position: str
    held: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SourceRecord:
    """A source record in the vendor's own JSON.

    `in_queue`: still wants to be carried; `withdrawn`: how the source took it back, such as "cancelled".
    """

    entity: Entity
    source_id: str
    stamp: str
    content: Json
    in_queue: bool = True
    withdrawn: str = ""


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
    """A system that documents come from, and that is told what became of them.

    `takes`: which of the notes in NOTES it has room for. `words`: of the process log.
    """

    takes: frozenset[str]
    words: LogWords

    def inspect(self, write_back: WriteBack) -> Inspection:
        """Signs in and looks: tenant, fields, rights, locks, the vendor's own counts. Reads only."""

    def changed(self, position: str | None, options: RunOptions) -> Iterator[StubPage]:
        """Documents that are in the queue, and others that changed since `position`, oldest first."""

    def deleted(self, position: str | None) -> list[str] | None:
        """Ids of documents that were deleted since `position`; None when the source does not remember so far back."""

    def present(self, ids: Sequence[str]) -> set[str]:
        """Which of these documents the source still has at all."""

    def unlinked(self, entity: Entity) -> list[str]:
        """Ids of every customer or product that the source has no id of the other system for."""

    def fetch(self, entity: Entity, ids: Sequence[str]) -> list[SourceRecord]:
        """The records of these ids, in bulk; ids that are gone are simply not there.

        "invoice" and "credit_memo" are asked for together: a record says itself which of them it is.
        """

    def to_model(self, record: SourceRecord) -> Document:
        """Pure. Raises BadDocument."""

    def label(self, record: SourceRecord) -> Label:
        """Pure, and never raises: also a record that is no document has a name in the review table."""

    def acknowledgement(self, source_id: str, mode: WriteBack, done: Delivered, today: str) -> Json | None:
        """The body that tells the source; None when the mode writes nothing. `today` is YYYY-MM-DD."""

    def id_note(self, record: SourceRecord, remote_id: str) -> Json | None:
        """Pure. The body that puts the id where the source keeps it; None when there is one, or no room for it."""

    def error_note(self, source_id: str, reason: str, now: datetime) -> Json | None:
        """Pure. The body that puts the reason why a document waits on the document; None when it has no room for it."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A record at the destination that a party or product might already be.

    `number`: the source's number for it, `tax_id` its tax id, where the destination has them on record.
    """

    remote_id: str
    name: str
    kind: str
    email: str = ""
    postcode: str = ""
    sku: str = ""
    marker: str = ""
    active: bool = True
    number: str = ""
    tax_id: str = ""


class Destination(Writer, Protocol):
    """A system that documents go to.

    `refers_to`: the kinds of records that its documents name by id. `can_reopen`: a voided document stays where it
    is, and an update brings it back.
    """

    refers_to: frozenset[Entity]
    can_reopen: bool

    def inspect(self, options: Options) -> Inspection: ...

    def for_good(self, options: Options) -> Mapping[str, str]:
        """Pure. Options by name that may not change any more once documents were delivered by them."""

    def profile(self, options: Options) -> Json:
        """Preferences, accounts and charge items that mapping and preflight need; plain JSON."""

    def candidates(self, entity: Entity, wanted: Sequence[Party | Product]) -> list[Candidate]:
        """Everything that shares an id, a name or a SKU with `wanted`, names held by others included."""

    def record_name(self, document: Party | Product) -> str:
        """Pure. The name that the record would get, in the form that the destination compares."""

    def everybody(self, entity: Entity) -> list[Candidate]:
        """All active customers or products, for suggestions; nothing is ever linked by these alone."""

    def body(self, document: Document, profile: Json, options: Options, marker: str) -> Json:
        """Pure. The create body, with `placeholder()` where another document's remote id belongs.

        Raises BadDocument for what the destination cannot hold.
        """

    def number(self, body: Json) -> str:
        """Pure. The number that a document gets over there; for a party or product, empty."""

    def update_body(self, body: Json, before: Json, there: Remote) -> Json:
        """Pure. What turns `there`, delivered as `before`, into what `body` asks for."""

    def not_emptied(self, before: Json, after: Json) -> list[str]:
        """Pure. Fields that the source emptied since and that an update would not empty over there."""

    def blocked(self, there: Remote) -> Problem | None:
        """Pure. Why a delivered document may not be written to now, such as a payment on its way; None if it may."""

    def void_body(self, there: Remote) -> Json:
        """Pure. What takes a delivered document out of the books."""

    def can(self, entity: Entity, operation: str) -> bool:
        """Whether the vendor offers this at all."""

    def changes(self, before: Json, after: Json) -> list[Change]:
        """Pure. How two bodies of one document differ, their placeholders filled."""

    def by_now(self, before: Json, after: Json, there: Remote) -> Json:
        """Pure. `before` with what buyers' payments moved since and `after` does not take back; else as it is."""

    def referenced(self, bodies: Sequence[Json]) -> Json:
        """What `preflight` has to know of the records that these bodies name; asked for in bulk, and once."""

    def settled(self, bodies: Sequence[Json], referenced: Json) -> Sequence[Json]:
        """Pure. The bodies of new documents, in their order, now that all of them are known together."""

    def instead(self, body: Json, problem: Problem) -> Json | None:
        """Pure. What to create in place of a body that was definitely refused so; None when a person must look."""

    def preflight(self, document: Document, body: Json, profile: Json, referenced: Json) -> list[Problem]:
        """Pure. The refusals that can be foreseen."""

    def left_out(self, document: Document, options: Options) -> list[tuple[str, Money]]:
        """Pure. What the flow's options keep from the destination's total: (cause, amount)."""

    def holders(self, entity: Entity, bodies: Sequence[Json]) -> list[Sequence[Remote]]:
        """Per body: every document that the destination already holds under its number."""

    def reread(self, entity: Entity, remote_ids: Sequence[str]) -> Mapping[str, Remote]:
        """What the destination holds now, in bulk; missing ids are not there."""


@dataclass(frozen=True, slots=True)
class Change:
    """One field in which two bodies differ. `proven`: a re-read document shows it, so that it can be checked.

    `before` and `after` are empty where they would name a person.
    """

    field: str
    before: str
    after: str
    proven: bool
