"""Rootstock as a source of invoices, and as one that is told what became of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property

from invoice_sync.connectors.base import (
    ACKNOWLEDGE,
    NOTES,
    TELL_ERROR,
    WRITE_ID,
    Armed,
    Delivered,
    Inspection,
    Json,
    Label,
    Outcome,
    Remote,
    SourceRecord,
    StubPage,
    WireItem,
    WriteClass,
    WriteRule,
)
from invoice_sync.connectors.parts import Parts
from invoice_sync.connectors.rootstock import mapping, notes, soql
from invoice_sync.connectors.rootstock.client import Client
from invoice_sync.connectors.rootstock.inspection import Inspector
from invoice_sync.connectors.rootstock.outcomes import outcomes
from invoice_sync.connectors.rootstock.queue import Queue
from invoice_sync.connectors.rootstock.sign_in import Credentials, credentials
from invoice_sync.connectors.timing import Timing
from invoice_sync.model.documents import DOCUMENTS, PARTIES, Document, Entity
from invoice_sync.model.errors import SettingsError
from invoice_sync.model.flow import RunOptions, WriteBack
from invoice_sync.model.ports import Binding, CallLog, Clock, Quota, TokenStore
from invoice_sync.model.words import LogWords

__all__ = ["Credentials", "Rootstock", "build"]

_INVOICE_OF_LINE = "rstk__soinvline_invoice__c"
_CUSTOMER_OF_ADDRESS = "rstk__socaddr_custno__c"
_DEFAULTS = ("rstk__socaddr_defaultbillto__c", "rstk__socaddr_defaultshipto__c")
_WRITTEN = frozenset(
    [(entity, operation) for entity in DOCUMENTS for operation in (ACKNOWLEDGE, TELL_ERROR)]
    + [(entity, WRITE_ID) for entity in PARTIES]
)


def build(parts: Parts) -> Rootstock:
    """From a connection, see `credentials`."""
    return Rootstock(
        parts.binding,
        credentials(parts),
        parts.timing,
        parts.clock,
        parts.call_log,
        parts.tokens,
        parts.quota,
        parts.options.acknowledge_batch,
    )


class Rootstock:
    """One company of one org; `binding.tenant` is "<18-character org id>/<company number>"."""

    takes = NOTES
    words = LogWords()

    def __init__(
        self,
        binding: Binding,
        credentials: Credentials,
        timing: Timing,
        clock: Clock,
        call_log: CallLog,
        tokens: TokenStore,
        quota: Quota | None,
        acknowledge_batch: int = 20,
    ) -> None:
        self.binding, self.timing = binding, timing
        self._acknowledge_batch = acknowledge_batch
        org, self._company = _split(binding.tenant)
        self._client = Client(binding, credentials, timing, clock, call_log, tokens, quota)
        self._queue = Queue(self._client, self._company)
        self._inspector = Inspector(self._client, org, self._company)

    def inspect(self, write_back: WriteBack) -> Inspection:
        return self._inspector.inspect(write_back)

    def changed(self, position: str | None, options: RunOptions) -> Iterator[StubPage]:
        return self._queue.changed(position, options)

    def deleted(self, position: str | None) -> list[str] | None:
        return self._queue.deleted(position)

    def present(self, ids: Sequence[str]) -> set[str]:
        return self._queue.present(ids)

    def unlinked(self, entity: Entity) -> list[str]:
        where = self._inspector.without_id(entity, primary=self._is_primary)
        return [str(row["Id"]) for row in self._client.rows(soql.select(("Id",), soql.TABLES[entity], where, "Id"))]

    def fetch(self, entity: Entity, ids: Sequence[str]) -> list[SourceRecord]:
        if entity in DOCUMENTS:
            return self._invoices(ids)
        return self._customers(ids) if entity == "customer" else self._products(ids)

    def to_model(self, record: SourceRecord) -> Document:
        return mapping.to_model(record)

    def label(self, record: SourceRecord) -> Label:
        return mapping.label(record)

    def acknowledgement(self, source_id: str, mode: WriteBack, done: Delivered, today: str) -> Json | None:
        return notes.acknowledgement(source_id, mode, done, today)

    def id_note(self, record: SourceRecord, remote_id: str) -> Json | None:
        return notes.id_note(record, remote_id)

    def error_note(self, source_id: str, reason: str, now: datetime) -> Json:
        return notes.error_note(source_id, reason, now)

    def stop_waiting(self) -> None:
        """One call, one answer: there is nothing that could be waited for."""

    def close(self) -> None:
        self._client.close()

    def rule(self, entity: Entity, operation: str) -> WriteRule:
        """Package triggers do much work a row, so 20 records pass where 200 hit a governor limit (facts 10)."""
        if (entity, operation) not in _WRITTEN:
            raise SettingsError(f"Rootstock is not written to by {operation} of {entity}s")
        endpoint = self._client.update_url
        return WriteRule(WriteClass.SET_STATE, self._acknowledge_batch, 1, endpoint=endpoint)

    def prepare(self) -> None:
        self._client.session.prepare()

    def renew(self) -> None:
        self._client.session.renew()

    def send(self, armed: Armed) -> Mapping[str, Outcome]:
        self.rule(armed.entity, armed.operation)
        table = soql.TABLES[armed.entity]
        records = [notes.wire_record(table, item.body) for item in armed.items]
        return outcomes(armed, self._client.update(armed, records))

    def find(self, entity: Entity, operation: str, items: Sequence[WireItem]) -> Mapping[int, list[Remote]]:
        """The records themselves as they stand now; one that is gone has an empty list."""
        self.rule(entity, operation)
        table = soql.TABLES[entity]
        rows = self._by_id(table, soql.STATE_FIELDS[table], [item.source_id for item in items])
        return {item.intent: [notes.remote(rows[item.source_id])] if item.source_id in rows else [] for item in items}

    def expected(self, entity: Entity, operation: str, body: Json) -> Mapping[str, str]:
        self.rule(entity, operation)
        return notes.facts_of(body, with_error=operation == TELL_ERROR)

    def _invoices(self, ids: Sequence[str]) -> list[SourceRecord]:
        headers = self._by_id(soql.INVOICE, (*soql.HEADER_FIELDS, *self._shipper_fields), ids)
        lines = self._children(soql.LINE, soql.LINE_FIELDS, _INVOICE_OF_LINE, list(headers))
        return [self._invoice(header, lines.get(one, [])) for one, header in headers.items()]

    def _invoice(self, header: Json, lines: list[Json]) -> SourceRecord:
        stamp = mapping.stamp(header["SystemModstamp"], (line["SystemModstamp"] for line in lines))
        waits, content = mapping.is_in_queue(header, self._company), {"header": header, "lines": lines}
        entity = mapping.entity_of(header)
        return SourceRecord(entity, header["Id"], stamp, content, waits, mapping.withdrawn(header))

    def _customers(self, ids: Sequence[str]) -> list[SourceRecord]:
        customers = self._by_id(soql.CUSTOMER, soql.CUSTOMER_FIELDS, ids)
        used = f"({' OR '.join(f'{field} = true' for field in _DEFAULTS)})"
        order = "rstk__socaddr_seq__c, Id"
        found = self._children(soql.ADDRESS, soql.ADDRESS_FIELDS, _CUSTOMER_OF_ADDRESS, list(customers), used, order)
        return [self._customer(customer, found.get(one, [])) for one, customer in customers.items()]

    def _customer(self, customer: Json, addresses: list[Json]) -> SourceRecord:
        """The first default address of either kind counts."""
        billing, shipping = (next((each for each in addresses if each.get(field) is True), None) for field in _DEFAULTS)
        parts = [each for each in (billing, shipping) if each is not None]
        stamp = mapping.stamp(customer["SystemModstamp"], (each["SystemModstamp"] for each in parts))
        content = {"customer": customer, "address": billing, "shipping": shipping, "primary": self._is_primary}
        return SourceRecord("customer", customer["Id"], stamp, content)

    def _products(self, ids: Sequence[str]) -> list[SourceRecord]:
        rows = self._by_id(soql.PRODUCT, soql.PRODUCT_FIELDS, ids)
        return [
            SourceRecord("product", one, mapping.stamp(row["SystemModstamp"], ()), {"product": row})
            for one, row in rows.items()
        ]

    @cached_property
    def _is_primary(self) -> bool:
        """QuickBooks Primary Company: decides which of a customer's two ids is ours (facts 1)."""
        return self._inspector.company_row().get("rstk__sycmp_qbprimecmp__c") is True

    @cached_property
    def _shipper_fields(self) -> tuple[str, ...]:
        """Those of them that this org has and shows: they are assumed names (see soql)."""
        seen = self._client.describe(soql.SHIPPER) or {}
        return tuple(path for path in soql.SHIPPER_FIELDS if path.rpartition(".")[2] in seen)

    def _by_id(self, table: str, fields: Sequence[str], ids: Sequence[str]) -> dict[str, Json]:
        """Rows by id in the order asked for; ids that are gone are not there."""

        def query(some: Sequence[str]) -> str:
            return soql.select(fields, table, soql.among("Id", some))

        rows = {row["Id"]: row for row in self._read(ids, query)}
        return {one: rows[one] for one in ids if one in rows}

    def _children(
        self,
        table: str,
        fields: Sequence[str],
        parent: str,
        ids: Sequence[str],
        also: str = "",
        order: str = "Id",
    ) -> dict[str, list[Json]]:
        """Rows by their parent's id. Asked for on their own: a sub-select may cut a long invoice (facts 6.1)."""

        def query(some: Sequence[str]) -> str:
            where = soql.among(parent, some)
            return soql.select(fields, table, f"{where} AND {also}" if also else where, order)

        children: dict[str, list[Json]] = {}
        for row in self._read(ids, query):
            children.setdefault(row[parent], []).append(row)
        return children

    def _read(self, ids: Sequence[str], query: Callable[[Sequence[str]], str]) -> Iterator[Json]:
        for text in soql.portions(ids, query):
            yield from self._client.rows(text)


def _split(tenant: str) -> tuple[str, str]:
    org, _, company = tenant.partition("/")
    if len(org) != 18 or not company:
        raise SettingsError(
            "The tenant of a Rootstock flow is not an org id and a company number.",
            cure="Write it as <18-character org id>/<company number>, such as 00D5f000000DEMOEAA/01.",
        )
    return org, company
