"""The export queue: which invoices changed, page by page, and how far the cursor may move."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from invoice_sync.connectors.base import Json, Stub, StubPage
from invoice_sync.connectors.rootstock import soql
from invoice_sync.connectors.rootstock.client import Client
from invoice_sync.connectors.rootstock.mapping import is_in_queue, stamp
from invoice_sync.connectors.since import changed_since, moment
from invoice_sync.model.flow import RunOptions

OVERLAP = timedelta(minutes=5)
EPOCH = "1970-01-01T00:00:00.000Z"
# records of custom objects begin with "a" in every org; the two characters behind it are the org's own
_RECORD_ID = re.compile(r"a[A-Za-z0-9]{14}(?:[A-Z0-5]{3})?")
_INVOICE_OF_LINE = "rstk__soinvline_invoice__c"

StubsOf = Callable[[Sequence[Json]], list[Stub]]


@dataclass(slots=True)
class Window:
    """From where a run reads, and what it may leave behind as the new position.

    The position is never later than five minutes before the server's time at which the run began, and the next
    run starts five minutes before the position. So what was saved while we read, such as a line of a header
    that we had passed already, is read again; and so is a record that a long transaction stamped early and
    showed late. A run over chosen documents or a sample, or one that starts later than the position, leaves the
    position where it was: it saw only a part.
    """

    start: datetime | None
    floor: str
    advances: bool
    newest: str = EPOCH
    ceiling: str = ""

    @classmethod
    def of(cls, position: str | None, options: RunOptions) -> Window:
        floor = position or EPOCH
        start = _start(position, options)
        late = options.changed_since is not None and start is not None and start > moment(floor)
        return cls(start, floor, not (options.documents or options.limit or late))

    def saw(self, stamps: Iterable[str], server_time: datetime) -> None:
        self.ceiling = self.ceiling or _text(server_time - OVERLAP)
        self.newest = max([self.newest, *(_text(moment(each)) for each in stamps)])

    @property
    def position(self) -> str:
        """Never before the old one."""
        return max(self.floor, min(self.newest, self.ceiling)) if self.advances else self.floor


class Queue:
    """Reads the queue of one company."""

    def __init__(self, client: Client, company: str) -> None:
        self._client, self._company = client, company

    def changed(self, position: str | None, options: RunOptions) -> Iterator[StubPage]:
        window = Window.of(position, options)
        pages = self._chosen(options.documents, window) if options.documents else self._since(window)
        return _limited(pages, options.limit)

    def stubs(self, headers: Sequence[Json]) -> list[Stub]:
        """The stub of each header, with its lines' stamps in it."""
        ids = [str(header["Id"]) for header in headers]
        lines = self._line_stamps(ids)
        return [
            Stub(one, stamp(header["SystemModstamp"], lines[one]), is_in_queue(header, self._company))
            for one, header in zip(ids, headers, strict=True)
        ]

    def _since(self, window: Window) -> Iterator[StubPage]:
        """The whole queue; or, with a start, every document that changed, those we know among them.

        Lines that changed are read after the headers, so the position of a run with a start must wait for
        them: it moves with the last page. A run over the whole queue needs no such second look.
        """
        if window.start is None:
            yield from self._everything(window)
            return
        seen: dict[str, str] = {}
        for page in self._client.pages(self._headers_since(window.start)):
            window.saw((row["SystemModstamp"] for row in page.rows), page.server_time)
            stubs = [stub for stub in self.stubs(page.rows) if seen.get(stub.source_id) != stub.stamp]
            seen |= {stub.source_id: stub.stamp for stub in stubs}
            yield StubPage(tuple(stubs), window.floor)
        yield StubPage(tuple(self._changed_by_line(window.start, seen)), window.position)

    def _everything(self, window: Window) -> Iterator[StubPage]:
        """A query that had to begin anew shows its rows twice; ids alone are kept, for there may be a million."""
        seen: set[str] = set()
        for page in self._client.pages(self._headers_since(None)):
            window.saw((row["SystemModstamp"] for row in page.rows), page.server_time)
            fresh = [row for row in page.rows if row["Id"] not in seen]
            seen.update(row["Id"] for row in fresh)
            yield StubPage(tuple(self.stubs(fresh)), window.position)

    def _headers_since(self, start: datetime | None) -> str:
        where = soql.in_queue(self._company)
        if start is not None:
            where = f"{soql.of_company(self._company)} AND SystemModstamp >= {soql.moment(start)}"
        return soql.select(soql.QUEUE_FIELDS, soql.INVOICE, where, "SystemModstamp, Id")

    def _changed_by_line(self, start: datetime, seen: dict[str, str]) -> list[Stub]:
        where = soql.of_company(self._company, via="rstk__soinvline_invoice__r.")
        where += f" AND SystemModstamp >= {soql.moment(start)}"
        query = soql.select(soql.LINE_STAMP_FIELDS, soql.LINE, where, "SystemModstamp, Id")
        rows = self._client.rows(query)
        # "<stamp>/<lines>" sorts behind "<stamp>" and before any later stamp
        missed = [row[_INVOICE_OF_LINE] for row in rows if seen.get(row[_INVOICE_OF_LINE], "") < row["SystemModstamp"]]
        return self.stubs(self._headers("Id", missed, soql.of_company(self._company)))

    def _chosen(self, documents: Sequence[str], window: Window) -> Iterator[StubPage]:
        """Ids, invoice numbers or division_number, as a person would type them."""
        ids = [text for text in documents if _RECORD_ID.fullmatch(text)]
        names = [text for text in documents if not _RECORD_ID.fullmatch(text)]
        found: dict[str, Json] = {}
        for field, values in (("Id", ids), ("rstk__soinv_invoiceno__c", names), ("rstk__externalid__c", names)):
            queue = soql.in_queue(self._company)
            found |= {row["Id"]: row for row in self._headers(field, values, queue)}
        yield StubPage(tuple(self.stubs(list(found.values()))), window.position)

    def deleted(self, position: str | None) -> list[str] | None:
        """Ids that went into the recycle bin since; None when Salesforce does not remember so far back."""
        if position is None:
            return []
        start = moment(position) - OVERLAP
        return self._client.deleted(soql.INVOICE, start)

    def present(self, ids: Sequence[str]) -> set[str]:
        """Which of these documents are still there, in whatever state."""

        def query(some: Sequence[str]) -> str:
            return soql.select(("Id",), soql.INVOICE, soql.among("Id", some))

        return {str(row["Id"]) for text in soql.portions(ids, query) for row in self._client.rows(text)}

    def _headers(self, field: str, values: Sequence[str], condition: str) -> list[Json]:
        """What `stubs` needs of those that meet the condition."""

        def query(some: Sequence[str]) -> str:
            where = f"{condition} AND {soql.among(field, some)}"
            return soql.select(soql.QUEUE_FIELDS, soql.INVOICE, where, "SystemModstamp, Id")

        return [row for text in soql.portions(values, query) for row in self._client.rows(text)]

    def _line_stamps(self, ids: Sequence[str]) -> dict[str, list[str]]:
        def query(some: Sequence[str]) -> str:
            return soql.select(soql.LINE_STAMP_FIELDS, soql.LINE, soql.among(_INVOICE_OF_LINE, some))

        stamps: dict[str, list[str]] = defaultdict(list)
        for text in soql.portions(ids, query):
            for row in self._client.rows(text):
                stamps[row[_INVOICE_OF_LINE]].append(row["SystemModstamp"])
        return stamps


def _limited(pages: Iterator[StubPage], limit: int | None) -> Iterator[StubPage]:
    """At most `limit` stubs; reads no page that it does not need."""
    left = limit
    for page in pages:
        yield StubPage(page.stubs[:left], page.position)
        if left is not None:
            left -= len(page.stubs)
            if left <= 0:
                return


def _start(position: str | None, options: RunOptions) -> datetime | None:
    if options.full_sweep:
        return None
    if options.changed_since is not None:
        return changed_since(options.changed_since)
    return moment(position) - OVERLAP if position else None


def _text(value: datetime) -> str:
    """Fixed width, so that positions compare as text."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{value.microsecond // 1000:03d}Z"
