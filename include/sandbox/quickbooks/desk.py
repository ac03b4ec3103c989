"""One write from arrival to answer: replay, misfortune, the write itself, the journal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.quickbooks import faults, replay
from sandbox.quickbooks.entities import KINDS
from sandbox.quickbooks.entities.base import Call, Kind, business_key
from sandbox.quickbooks.faults import Fault, Problem
from sandbox.quickbooks.queryable import FILTERABLE
from sandbox.quickbooks.replay import Remembered
from sandbox.quickbooks.settings import Settings
from sandbox.quickbooks.store import Company
from sandbox.quickbooks.wire import Record, encode

if TYPE_CHECKING:
    from sandbox.misfortune import Mishap
    from sandbox.world import World

NAME = "quickbooks"
ENTITIES = {name.lower(): name for name in FILTERABLE}
_OUTCOMES = {"create": "created", "update": "updated", "delete": "deleted", "void": "updated"}
# refusals that come in another shape than a validation
_TYPES = {"3001": ("SERVICE", 429), "3200": ("AUTHENTICATION", 401), "10000": ("SystemFault", 500)}
Before = dict[tuple[str, str], Record | None]


@dataclass(frozen=True)
class Write:
    """A write as it was asked for, on its own or as an item of a batch."""

    entity: str
    operation: str
    body: Any
    include: frozenset[str]
    request_id: str | None
    b_id: str | None = None


class Desk:
    """Carries out writes for one world."""

    def __init__(self, world: World, settings: Settings) -> None:
        self._world = world
        self._settings = settings

    def run(self, company: Company, write: Write, before: Before | None = None) -> Record:
        """The payload; every refusal is in the journal before it is raised."""
        try:
            return self._replayed(company, write) or self._fresh(company, write, before)
        except Fault as fault:
            remote_id = write.body.get("Id") if isinstance(write.body, dict) else None
            code = fault.problems[0].code
            key = business_key(write.entity, write.body)
            self._note(company, write, key, str(remote_id) if remote_id else None, "refused", code)
            if self._settings.replay_faults:
                self._keep(company, write, {}, key, None, fault)
            raise

    def _replayed(self, company: Company, write: Write) -> Record | None:
        replay.check_length(write.request_id, write.b_id)
        first = self._first(company, write)
        if first is None:
            return None
        other = first.body != encode(write.body) and self._settings.replay_other_body == "fault_6000"
        if self._settings.replay_mode == "fault_6000" or other:
            # https://github.com/ruckus/quickbooks-ruby/pull/344
            raise Fault(faults.business(faults.UNEXPECTED))
        if first.fault is not None:
            raise first.fault
        shown = Write(first.entity, first.operation, None, write.include, write.request_id, write.b_id)
        self._note(company, shown, first.key or "", first.remote_id, "replayed")
        return first.payload

    def _first(self, company: Company, write: Write) -> Remembered | None:
        if self._settings.replay_mode == "forget":
            return None
        return company.answers.find(write.request_id, write.b_id, self._world.clock.now(), self._settings.replay_days)

    def _fresh(self, company: Company, write: Write, before: Before | None) -> Record:
        kind = self._kind(write)
        self._mishap(write)
        call = Call(company, self._settings, self._world.clock.now(), write.include, before)
        old = company.get(kind.name, str(write.body.get("Id"))) if isinstance(write.body, dict) else None
        payload = _act(kind, call, write)
        record = payload[kind.name]
        key = business_key(kind.name, old if write.operation == "delete" else record)
        self._note(company, write, key, record.get("Id"), _OUTCOMES[write.operation])
        self._keep(company, write, payload, key, record.get("Id"))
        return payload

    def _keep(
        self, company: Company, write: Write, payload: Record, key: str, remote_id: str | None,
        fault: Fault | None = None,
    ) -> None:  # fmt: skip
        if write.request_id:
            now, body = self._world.clock.now(), encode(write.body)
            answer = Remembered(payload, write.entity, write.operation, key, remote_id, body, now, fault)
            company.answers.keep(write.request_id, write.b_id, answer)

    def _kind(self, write: Write) -> Kind:
        kind = KINDS.get(write.entity)
        if kind is None or write.operation not in _OUTCOMES:
            detail = f"Operation {write.operation} is not supported for {write.entity}"
            raise faults.unsupported(detail)
        return kind

    def _mishap(self, write: Write) -> None:
        if write.operation in ("create", "update"):
            mishap = self._world.misfortune.take_refusal(NAME, write.entity)
            if mishap is not None:
                raise _refusal(mishap)

    def _note(
        self, company: Company, write: Write, key: str, remote_id: str | None, outcome: str,
        code: str | None = None,
    ) -> None:  # fmt: skip
        self._world.journal.record(
            NAME, company.realm, write.entity, write.operation, key, remote_id,
            replay.wire_key(write.request_id, write.b_id), outcome, code,
        )  # fmt: skip


def included(*texts: str | None) -> frozenset[str]:
    """The words of an `include` parameter or of a batch item's optionsData."""
    words = (word.strip().lower() for text in texts if text for word in text.split(","))
    return frozenset(word.removeprefix("include=") for word in words if word)


def operation_of(body: Any, asked: str | None, include: frozenset[str]) -> str:
    """create, update, delete or void, from the body and the parameters."""
    if asked in (None, "", "create", "update"):
        if "void" in include:
            return "void"
        has_id = isinstance(body, dict) and body.get("Id") not in (None, "")
        return "update" if has_id or asked == "update" else "create"
    return str(asked).lower()


def _act(kind: Kind, call: Call, write: Write) -> Record:
    if write.operation == "create":
        return kind.create(call, write.body)
    if write.operation == "update":
        return kind.update(call, write.body)
    return kind.delete(call, write.body) if write.operation == "delete" else kind.void(call, write.body)


def _refusal(mishap: Mishap) -> Fault:
    code = str(mishap.code or "6000")
    usual = faults.business(str(mishap.detail or "The sandbox was told to refuse this record."))
    if mishap.message is None and code == "6000":
        return Fault(usual)
    type_, status = _TYPES.get(code, ("ValidationFault", 400))
    problem = Problem(code, str(mishap.message or usual.message), str(mishap.detail or usual.detail))
    return Fault(problem, type_, status)
