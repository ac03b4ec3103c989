"""Which invoices changed: by their own stamps, and by payments, which need not move those."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from invoice_sync.connectors.acumatica import mapping, statuses
from invoice_sync.connectors.acumatica.client import Client, any_of
from invoice_sync.connectors.acumatica.fields import Fields, text_of
from invoice_sync.connectors.acumatica.look import Look
from invoice_sync.connectors.acumatica.slices import EPOCH, slices
from invoice_sync.connectors.base import Json, Stub, StubPage
from invoice_sync.connectors.since import changed_since, moment
from invoice_sync.model.flow import AcumaticaOptions, RunOptions
from invoice_sync.model.ports import Clock

OVERLAP = timedelta(minutes=7)
"""What is stamped early and shown late, such as by a long release, is seen by the next run all the same."""

SETTLED_AFTER = timedelta(minutes=15)
"""A payment costs a call, so the last ones before a quiet time are not read again and again."""

AT_ONCE = 20
"""Keys in one filter: the address stays short."""

DOCUMENT = "SalesInvoice"
_HEAD = "Type,ReferenceNbr,Status,Balance,LastModifiedDateTime"
_PAYMENT = Look("Type,ReferenceNbr,Status,CustomerID,LastModifiedDateTime")
_APPLIED = Look(expand="DocumentsToApply,ApplicationHistory")
_NOT_RELEASED = frozenset({"On Hold", "Balanced", "Pending Processing", "Pending Approval", "Rejected"})
_SEPARATOR = "~"
_PAID = "/paid"
"""Behind the stamp of a document that a payment was applied to: it is read whatever its balance says, for another
payment over as much may have been taken off it."""


@dataclass(slots=True)
class Position:
    """How far invoices and payments were read: the newest stamps that were seen, never a clock of ours."""

    invoices: datetime
    payments: datetime

    @classmethod
    def of(cls, text: str | None) -> Position:
        """Of a first run, both are the beginning of time."""
        invoices, _, payments = (text or "").partition(_SEPARATOR)
        return cls(moment(invoices) if invoices else EPOCH, moment(payments) if payments else EPOCH)

    def __str__(self) -> str:
        return f"{_text(self.invoices)}{_SEPARATOR}{_text(self.payments)}"


class Changes:
    """Reads what changed in one tenant; with `branch`, of one branch."""

    def __init__(self, client: Client, branch: str, options: AcumaticaOptions, clock: Clock, payments: bool) -> None:
        self._client, self._branch, self._options, self._clock = client, branch, options, clock
        self._payments = payments
        self._head = Look(f"{_HEAD},FinancialDetails/Branch", "FinancialDetails") if branch else Look(_HEAD)

    def changed(self, position: str | None, options: RunOptions) -> Iterator[StubPage]:
        """Oldest first; the position moves with every page, and stays for a run that sees only a part."""
        if options.documents:
            pages = self._chosen(options.documents, str(Position.of(position)))
        else:
            pages = self._since(position, options)
        return _limited(pages, options.limit)

    def present(self, ids: Sequence[str]) -> set[str]:
        """Which of these documents are still there. What a list does not show is asked for by its key."""
        listed = {mapping.source_id(row) for row in self.heads(ids)}
        missing = [one for one in ids if one not in listed]
        found = {one for one in missing if (row := self._by_key(one)) is not None and self.is_ours(row)}
        return listed | found

    def heads(self, ids: Sequence[str]) -> list[Json]:
        """Head fields of documents, in bulk."""
        return self.in_bulk(ids, self._head)

    def in_bulk(self, ids: Sequence[str], look: Look) -> list[Json]:
        """Our documents of these ids, a few in a list; those that a list does not show are not there."""
        by_type: dict[str, list[str]] = {}
        for one in dict.fromkeys(ids):
            kind, _, number = one.partition("/")
            by_type.setdefault(kind, []).append(number)
        rows = []
        for kind, numbers in by_type.items():
            for some in _portions(numbers):
                condition = f"{any_of('Type', [kind])} and ({any_of('ReferenceNbr', some)})"
                rows += self._client.rows(DOCUMENT, condition, look)
        return [row for row in rows if self.is_ours(row)]

    def is_ours(self, row: Json) -> bool:
        """Of the branch that the flow is bound to; a list cannot be filtered by it (it lies in another view)."""
        return not self._branch or mapping.branch(row).casefold() == self._branch.casefold()

    def _since(self, position: str | None, options: RunOptions) -> Iterator[StubPage]:
        floor, start = Position.of(position), _start(position, options)
        at = Position.of(position)
        moves = start is None or options.changed_since is None or start <= floor.invoices
        seen: dict[str, str] = {}
        for rows in slices(self._client, DOCUMENT, self._head, start or EPOCH, self._end()):
            at.invoices = max([at.invoices, *map(mapping.moment, rows)])
            if start is None:
                # whatever was paid before is in the balances just read
                at.payments = max(at.payments, at.invoices)
            yield self._page(rows, str(at if moves else floor), seen)
        if self._payments and start is not None:
            yield from self._paid_since(self._paid_from(start, at, options), at, at if moves else floor, seen)

    def _paid_from(self, start: datetime, at: Position, options: RunOptions) -> datetime:
        if options.changed_since is not None:
            return min(start, at.payments)
        recent = self._clock.now() - at.payments < SETTLED_AFTER
        return at.payments - OVERLAP if recent else at.payments

    def _paid_since(self, start: datetime, at: Position, told: Position, seen: dict[str, str]) -> Iterator[StubPage]:
        """Documents that payments were applied to or taken from. `told` is `at`, or stays where the run began."""
        for payments in slices(self._client, "Payment", _PAYMENT, start, self._end()):
            released = [row for row in payments if text_of(row, "Status") not in _NOT_RELEASED]
            voided = [row for row in released if "Voided" in text_of(row, "Status") + text_of(row, "Type")]
            ids = {one for row in released if row not in voided for one in self._applied(row)}
            # a void may leave no trace of what it was applied to: then all documents of its customer are compared
            customers = {text_of(row, "CustomerID") for row in voided} - {""}
            at.payments = max([at.payments, *map(mapping.moment, payments)])
            yield self._page(self.heads(sorted(ids)), str(told), seen, _PAID)
            yield self._page(self._of_customers(sorted(customers)), str(told), seen)

    def _applied(self, payment: Json) -> set[str]:
        """Ids of the documents of one payment. A list cannot show its history, so it is read by its key."""
        found = self._client.one("Payment", [text_of(payment, "Type"), text_of(payment, "ReferenceNbr")], _APPLIED)
        fields = Fields(found or {}, "")
        waiting = [
            f"{text_of(row, 'DocType')}/{text_of(row, 'ReferenceNbr')}" for row in fields.rows("DocumentsToApply")
        ]
        done = [
            f"{text_of(row, prefix + 'DocType')}/{text_of(row, prefix + 'RefNbr')}"
            for row in fields.rows("ApplicationHistory")
            for prefix in ("Adjusted", "Display")
        ]
        return {one for one in (*waiting, *done) if one.partition("/")[0] in statuses.CARRIED and not one.endswith("/")}

    def _of_customers(self, customers: Sequence[str]) -> list[Json]:
        rows: list[Json] = []
        for some in _portions(customers):
            also = any_of("CustomerID", some)
            for found in slices(self._client, DOCUMENT, self._head, EPOCH, self._end(), also):
                rows += [row for row in found if self.is_ours(row)]
        return rows

    def _chosen(self, documents: Sequence[str], position: str) -> Iterator[StubPage]:
        """Numbers as a person would type them, or Type/Number."""
        named = [one for one in documents if "/" in one]
        rows = self.heads(named)
        for some in _portions([one for one in documents if "/" not in one]):
            rows += self._client.rows(DOCUMENT, any_of("ReferenceNbr", some), self._head)
        yield self._page(rows, position, {})

    def _page(self, rows: Iterable[Json], position: str, seen: dict[str, str], why: str = "") -> StubPage:
        """What this run has not shown yet in this state. What is held comes along, in case it was delivered before."""
        stubs, held = [], Counter[str]()
        for row in rows:
            one, stamp = mapping.source_id(row), mapping.stamp(row)
            is_known = seen.get(one) == stamp
            if not self.is_ours(row) or (is_known and not why):
                continue
            seen[one] = stamp
            ruling = statuses.ruling(text_of(row, "Type"), text_of(row, "Status"), self._options.statuses)
            stubs.append(Stub(one, stamp + why, ruling.ruling == "send"))
            held.update([ruling.reason] if ruling.ruling != "send" and not is_known else [])
        return StubPage(tuple(stubs), position, dict(held))

    def _by_key(self, one: str) -> Json | None:
        kind, _, number = one.partition("/")
        return self._client.one(DOCUMENT, [kind, number], self._head)

    def _end(self) -> datetime:
        """Later than any stamp, for their clock may be ahead of ours."""
        return self._clock.now() + timedelta(days=1)


def _limited(pages: Iterator[StubPage], limit: int | None) -> Iterator[StubPage]:
    """At most `limit` documents that may be sent, and nothing else; reads no page that it does not need."""
    if limit is None:
        yield from pages
        return
    left = limit
    for page in pages:
        stubs = [stub for stub in page.stubs if stub.offered][:left]
        left -= len(stubs)
        yield StubPage(tuple(stubs), page.position, page.held)
        if left <= 0:
            return


def _portions(values: Sequence[str]) -> Iterator[Sequence[str]]:
    return (values[start : start + AT_ONCE] for start in range(0, len(values), AT_ONCE))


def _start(position: str | None, options: RunOptions) -> datetime | None:
    """None reads everything."""
    if options.full_sweep:
        return None
    if options.changed_since is not None:
        return changed_since(options.changed_since)
    return Position.of(position).invoices - OVERLAP if position else None


def _text(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="milliseconds")
