"""The steps every write goes through, whatever the record."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sandbox.quickbooks import faults
from sandbox.quickbooks.faults import Fault, Problem
from sandbox.quickbooks.reader import Reader
from sandbox.quickbooks.schema import Shape
from sandbox.quickbooks.settings import Settings
from sandbox.quickbooks.store import KEYS, Company
from sandbox.quickbooks.wire import PACIFIC, Record, stamp

COUNTRIES = {
    "us": "USA", "usa": "USA", "united states": "USA", "united states of america": "USA", "u.s.a.": "USA",
    "ca": "CAN", "canada": "CAN", "gb": "GBR", "uk": "GBR", "united kingdom": "GBR", "great britain": "GBR",
    "de": "DEU", "germany": "DEU", "fr": "FRA", "france": "FRA", "au": "AUS", "australia": "AUS",
    "mx": "MEX", "mexico": "MEX", "ie": "IRL", "ireland": "IRL", "nl": "NLD", "netherlands": "NLD",
}  # fmt: skip
# Sent by every client that reads a record and saves it; QuickBooks keeps its own.
SYSTEM = frozenset({"Id", "SyncToken", "sparse", "domain", "status", "MetaData"})
UNREADABLE = "2090"
ADDRESSES = frozenset({
    "BillAddr", "ShipAddr", "ShipFromAddr", "PrimaryAddr", "CompanyAddr", "LegalAddr", "Address",
    "CustomerCommunicationAddr",
})  # fmt: skip


@dataclass
class Call:
    """Where a write happens and what it may look at.

    `before` holds what earlier items of the same batch found, for references inside a batch are
    resolved against the state before it; None outside a batch.
    """

    company: Company
    settings: Settings
    now: datetime
    include: frozenset[str] = frozenset()
    before: dict[tuple[str, str], Record | None] | None = None
    by_operator: bool = False
    problems: list[Problem] = field(default_factory=list)

    def refer(self, entity: str, kind: str, reference: Record | None, element: str) -> Record | None:
        """The active record behind a reference; otherwise notes the problem."""
        if reference is None:
            return None
        record = self.seen(entity, reference["value"])
        if record is None:
            self.problems.append(faults.unknown_reference(kind, reference["value"], element))
            return None
        if not record.get("Active", True):
            self.problems.append(faults.not_found(element=element))
        return record

    def seen(self, entity: str, record_id: str) -> Record | None:
        """The record as it was when the call, or its whole batch, began."""
        if self.before is not None and (entity, record_id) in self.before:
            return self.before[entity, record_id]
        return self.company.get(entity, record_id)

    def put(self, entity: str, record: Record) -> None:
        """Store, keeping for the rest of the batch what was there before it."""
        if self.before is not None:
            self.before.setdefault((entity, record["Id"]), self.company.get(entity, record["Id"]))
        self.company.put(entity, record)

    def remove(self, entity: str, record: Record) -> None:
        """Take a record out, leaving a stub that tells when."""
        meta = {"LastUpdatedTime": stamp(self.now)}
        stub = {"domain": "QBO", "status": "Deleted", "Id": record["Id"], "MetaData": meta}
        self.company.remove(entity, record["Id"], stub)

    def today(self) -> str:
        """The day it is in the company's zone."""
        return self.now.astimezone(PACIFIC).date().isoformat()

    def sales_form(self, name: str) -> bool:
        """A switch of the company's sales settings."""
        return bool(self.company.prefs("SalesFormsPrefs").get(name))

    def need(self, body: Record, *names: str) -> None:
        """Note every required field that is not there."""
        self.problems += [faults.missing(name) for name in names if not body.get(name)]


class Kind(ABC):
    """One kind of record. Subclasses say what a valid record is (`build`) and what it touches."""

    name = ""
    shape: Shape = {}
    computed: frozenset[str] = frozenset()

    def create(self, call: Call, raw: Any) -> Record:
        """Make a record; the answer is the payload."""
        body = self._content(call, raw)
        record = self.build(call, body, None)
        raise_problems(call)
        return self._store(call, record, None)

    def update(self, call: Call, raw: Any) -> Record:
        """Full update, or a sparse one when the body says so."""
        body = self._content(call, raw)
        old = self.held(call, raw)
        sparse = str(raw.get("sparse", False)).lower() == "true"
        record = self.build(call, self._sparse(call, raw, old, body) if sparse else body, old)
        raise_problems(call)
        if sparse and record == {key: value for key, value in old.items() if key not in SYSTEM}:
            # An update that changes nothing leaves the token alone (seen live on employees).
            return {self.name: old}
        return self._store(call, record, old)

    def _sparse(self, call: Call, raw: Record, old: Record, body: Record) -> Record:
        """Whether what is sent empty empties the field is documented nowhere."""
        merged = self.merged(old, body)
        if call.settings.sparse_empty == "keeps":
            return merged
        emptied = {name for name in raw if name in self.shape and name not in body} - SYSTEM - self.computed
        return {name: value for name, value in merged.items() if name not in emptied}

    def delete(self, call: Call, raw: Any) -> Record:
        """Only transactions can be deleted."""
        raise faults.unsupported(f"Operation delete is not supported for {self.name}")

    def void(self, call: Call, raw: Any) -> Record:
        """Only transactions can be voided."""
        raise faults.unsupported(f"Operation void is not supported for {self.name}")

    @abstractmethod
    def build(self, call: Call, body: Record, old: Record | None) -> Record:
        """The whole record from clean content, with defaults; notes problems on the call."""

    def merged(self, old: Record, body: Record) -> Record:
        """What a sparse update leaves: the old content under the new."""
        kept = {k: v for k, v in old.items() if k not in SYSTEM and k not in self.computed}
        return {**kept, **body}

    def stored(self, call: Call, record: Record | None, old: Record | None) -> None:  # noqa: B027 - rarely anything
        """What else changes when the record does."""

    def held(self, call: Call, raw: Any) -> Record:
        """The record that a body means, checked for Id and SyncToken."""
        if not isinstance(raw, dict):
            raise Fault(faults.bad_property(f"Can not deserialize instance of {self.name}"))
        record_id = str(raw.get("Id") or "")
        record = find(call.company, self.name, record_id)
        token = raw.get("SyncToken")
        if token is None or token == "":
            raise Fault(faults.missing("SyncToken"))
        if str(token) != record["SyncToken"]:
            raise Fault(faults.stale())
        return record

    def _content(self, call: Call, raw: Any) -> Record:
        reader = Reader(self.name)
        body = reader.read(self.shape, raw)
        call.problems += reader.problems
        if any(problem.code == UNREADABLE for problem in reader.problems):
            # A number that cannot be read leaves nothing to check further.
            raise_problems(call)
        content = {k: v for k, v in body.items() if k not in SYSTEM and k not in self.computed}
        for name in ADDRESSES & content.keys():
            content[name] = _address(content[name])
        return {name: value for name, value in content.items() if value != {}}

    def _store(self, call: Call, content: Record, old: Record | None) -> Record:
        record = sealed(call, self.name, content, old)
        call.put(self.name, record)
        self.stored(call, record, old)
        return {self.name: record}


def sealed(call: Call, entity: str, content: Record, old: Record | None) -> Record:
    """Content with what QuickBooks itself puts on every record."""
    made = old["MetaData"]["CreateTime"] if old else stamp(call.now)
    token = int(old["SyncToken"]) + 1 if old else 0
    system = {
        "domain": "QBO", "sparse": False,
        "Id": old["Id"] if old else call.company.next_id(entity),
        "SyncToken": str(token),
        "MetaData": {"CreateTime": made, "LastUpdatedTime": stamp(call.now)},
    }  # fmt: skip
    return {**content, **system}


def find(company: Company, entity: str, record_id: str) -> Record:
    """A record by Id: 2030 when that is no number, 610 when it is not there."""
    if not record_id.isascii() or not record_id.isdigit():
        raise Fault(faults.invalid_id(record_id))
    record = company.get(entity, record_id)
    if record is not None:
        return record
    detail = faults.DELETED_BY_OTHER if record_id in company.tombstones[entity] else faults.MADE_INACTIVE
    raise Fault(faults.not_found(detail))


def business_key(entity: str, body: Any) -> str:
    """What the journal calls a record, also one that was refused."""
    value = body.get(KEYS[entity]) if isinstance(body, dict) and entity in KEYS else None
    return str(value) if value is not None else ""


def given(body: Record, defaults: dict[str, Callable[[], Any] | Any]) -> Record:
    """The body with a default for what was not given."""
    filled = dict(body)
    for name, default in defaults.items():
        if name not in filled:
            filled[name] = default() if callable(default) else default
    return {name: value for name, value in filled.items() if value is not None}


def _address(address: Record) -> Record:
    clean = {name: value for name, value in address.items() if name not in ("Lat", "Long")}
    if "Country" in clean:
        # Since autumn 2025 the country is answered as ISO 3-letter code.
        clean["Country"] = COUNTRIES.get(clean["Country"].strip().lower(), clean["Country"])
    return clean


def raise_problems(call: Call) -> None:
    """Refuse the write with everything that is wrong with it."""
    if call.problems:
        raise Fault(call.problems)
