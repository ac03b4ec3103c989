"""Writes: one record, or up to 200 in a collection, each taken or refused by itself.

REST API Developer Guide, "sObject Collections".
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sandbox.salesforce import ids
from sandbox.salesforce.changes import Change, Reader
from sandbox.salesforce.checks import Checks
from sandbox.salesforce.errors import SalesforceError
from sandbox.salesforce.names import INVOICE, INVOICE_OF_LINE, INVOICE_OF_PAYMENT, LINE, PAYMENT
from sandbox.salesforce.schema import Row
from sandbox.salesforce.store import Org
from sandbox.salesforce.triggers import VENDOR, Triggers
from sandbox.world import World

_OUTCOMES = {"create": "created", "update": "updated", "delete": "deleted"}


class HalfDone(Exception):
    """The server failed after it had committed part of a collection."""


@dataclass
class Outcome:
    """What became of one record."""

    change: Change
    kind: str
    row: Row | None = None
    refusal: SalesforceError | None = None
    undo: Callable[[], None] | None = None

    @property
    def record_id(self) -> str | None:
        """The id in 18 characters, where there is one."""
        return str(self.row["Id"]) if self.row else ids.full_id(self.change.record_id)

    def result(self, tells_created: bool = False) -> dict[str, Any]:
        """As one entry of a collection's answer."""
        if self.refusal is not None:
            return self.refusal.result(None if self.kind == "create" else self.record_id)
        more = {"created": self.kind == "create"} if tells_created else {}
        return {"id": self.record_id, "success": True, "errors": [], **more}


@dataclass
class Work:
    """What was done within one transaction."""

    outcomes: list[Outcome] = field(default_factory=list)
    failed: bool = False

    def fail(self) -> None:
        """Take it all back at the end."""
        self.failed = True


class Writer:
    """Takes changes into the org and notes them in the journal."""

    def __init__(self, world: World, org: Org, org_id: str) -> None:
        self._world = world
        self._org = org
        self._org_id = org_id
        self.reader = Reader(org)
        self.checks = Checks(org)
        self.triggers = Triggers(org, world.misfortune)
        self.line_moves_header = False
        self._work: Work | None = None
        # told of every new record once its request went well
        self.on_created: Callable[[str, Row], None] | None = None

    def collection(self, kind: str, all_or_none: bool, changes: list[Change]) -> list[Outcome]:
        """Outcomes in the order of the request; `kind` is create, update, upsert or delete."""
        half = len(changes) // 2 if self._world.misfortune.take("commit_half", VENDOR) else None
        too_many = self.triggers.overloaded(changes)
        seen: set[str] = set()
        outcomes = [self._attempt(kind, change, too_many, seen) for change in changes[:half]]
        if all_or_none and any(one.refusal for one in outcomes):
            _roll_back(outcomes)
        for one in outcomes:
            self._conclude(one)
        if half is not None:
            raise HalfDone
        return outcomes

    def single(self, kind: str, change: Change) -> Outcome:
        """One record; a refusal is raised, and a record that never was is a 404 here."""
        if kind in ("update", "delete"):
            self._refuse_unknown(kind, change)
        outcome = self._attempt(kind, change, False, set())
        self._conclude(outcome)
        if outcome.refusal is not None:
            raise outcome.refusal
        return outcome

    def _refuse_unknown(self, kind: str, change: Change) -> None:
        try:
            self.checks.only_if_there(change)
        except SalesforceError as refusal:
            self._note(Outcome(change, kind, None, refusal))
            raise

    def _attempt(self, kind: str, change: Change, too_many: bool, seen: set[str]) -> Outcome:
        row: Row | None = None
        try:
            row = self._target(kind, change)
            _refuse_twice(change, row, seen)
            kind = ("create" if row is None else "update") if kind == "upsert" else kind
            self._check(kind, change, row, too_many)
        except SalesforceError as refusal:
            return Outcome(change, kind, row, refusal)
        return self.commit(kind, change, row)

    def _target(self, kind: str, change: Change) -> Row | None:
        if kind == "create":
            return None
        if kind != "upsert":
            return self.checks.found(change)
        if change.refused is not None:
            raise change.refused
        return self.checks.keyed(change)

    def _check(self, kind: str, change: Change, row: Row | None, too_many: bool) -> None:
        if kind == "delete":
            self.checks.may_write(change)
        else:
            if row is None and change.key is not None and change.key[0].type != "id":
                change.values[change.key[0]] = change.key[1]
            self.checks.record(change, row)
        self.triggers.before(change, row, kind, too_many)

    def commit(self, kind: str, change: Change, row: Row | None) -> Outcome:
        """Write without asking any further."""
        name, written = (change.sobject.name, {field.name: value for field, value in change.values.items()})
        if kind == "delete" and row is not None:
            return Outcome(change, kind, row, undo=self._delete(name, row))
        if row is None:
            added = self._org.add(name, written)
            return Outcome(change, kind, added, undo=lambda: self._org.drop(name, added))
        before, held = dict(row), row
        self._org.change(name, held, written)
        return Outcome(change, kind, held, undo=lambda: self._org.restore(name, held, before))

    def _delete(self, name: str, row: Row) -> Callable[[], None]:
        before = [(kind, one, dict(one)) for kind, one in self._org.family(name, row)]
        self._org.delete(name, row)

        def undo() -> None:
            for kind, one, copy in before:
                self._org.restore(kind, one, copy)

        return undo

    @contextlib.contextmanager
    def transaction(self) -> Iterator[Work]:
        """Several requests that stand or fall together; the package acts on their records at the end."""
        self._work = work = Work()
        try:
            yield work
        finally:
            self._work = None
        if work.failed:
            _roll_back(work.outcomes)
        for outcome in work.outcomes:
            self._conclude(outcome)

    def _conclude(self, outcome: Outcome) -> None:
        if self._work is not None:
            self._work.outcomes.append(outcome)
            return
        self._note(outcome)
        if outcome.refusal is None and outcome.row is not None:
            self.after(outcome.kind, outcome.change.sobject.name, outcome.row)

    def after(self, kind: str, sobject: str, row: Row) -> None:
        """What the package does once a record is written."""
        self._roll_up(sobject, row)
        if kind == "create" and self.on_created is not None:
            self.on_created(sobject, row)

    def _roll_up(self, sobject: str, row: Row) -> None:
        """A payment rolls up into its invoice; whether a line moves its invoice's stamp is a switch (facts 12.8)."""
        lookup = {PAYMENT: INVOICE_OF_PAYMENT, LINE: INVOICE_OF_LINE}.get(sobject)
        if lookup is None or (sobject == LINE and not self.line_moves_header):
            return
        invoice = self._org.row(INVOICE, row.get(lookup))
        if invoice is not None:
            self._org.touch(INVOICE, invoice)

    def _note(self, outcome: Outcome) -> None:
        refusal, change = outcome.refusal, outcome.change
        key = change.record_id or (change.key[1] if change.key else "") or outcome.record_id or "(none)"
        self._world.journal.record(
            VENDOR,
            self._org_id,
            change.sobject.name,
            outcome.kind,
            key,
            (change.record_id or outcome.record_id) if refusal is None else change.record_id or None,
            None,
            "refused" if refusal else _OUTCOMES[outcome.kind],
            refusal.code if refusal else None,
        )


def _refuse_twice(change: Change, row: Row | None, seen: set[str]) -> None:
    """No record may come twice in one call, nor an external id."""
    mark = row["Id"][:15] if row else f"{change.key[0].name}={change.key[1].casefold()}" if change.key else None
    if mark is None:
        return
    if mark in seen:
        what = "id" if row else "external id"
        raise SalesforceError("DUPLICATE_VALUE", f"duplicate {what} specified: {change.record_id or mark}")
    seen.add(mark)


def _roll_back(outcomes: list[Outcome]) -> None:
    """Put every record back; those that were fine are refused for their neighbours' sake."""
    undone = SalesforceError(
        "ALL_OR_NONE_OPERATION_ROLLED_BACK",
        "Record rolled back because not all records were valid and the request was using AllOrNone header",
    )
    for one in reversed(outcomes):
        if one.undo is not None:
            one.undo()
        if one.refusal is None:
            one.refusal = undone
