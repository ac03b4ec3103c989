"""Acumatica as a source of released invoices, and as one that is told what became of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property

from invoice_sync.connectors.acumatica import mapping, notes, outcomes
from invoice_sync.connectors.acumatica.changes import AT_ONCE, DOCUMENT, Changes
from invoice_sync.connectors.acumatica.client import Client, any_of
from invoice_sync.connectors.acumatica.fields import text_of
from invoice_sync.connectors.acumatica.inspection import Inspector
from invoice_sync.connectors.acumatica.look import Look
from invoice_sync.connectors.acumatica.sign_in import Credentials, credentials
from invoice_sync.connectors.acumatica.telling import Telling
from invoice_sync.connectors.base import (
    ACKNOWLEDGE,
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
    Verdict,
    WireItem,
    WriteClass,
    WriteRule,
)
from invoice_sync.connectors.parts import Parts
from invoice_sync.connectors.timing import Timing
from invoice_sync.model.documents import DOCUMENTS, PARTIES, Document, Entity
from invoice_sync.model.errors import SettingsError, TryLater
from invoice_sync.model.flow import AcumaticaOptions, RunOptions, WriteBack
from invoice_sync.model.ports import Binding, CallLog, Clock, Quota, TokenStore
from invoice_sync.model.words import LogWords

__all__ = ["Acumatica", "Credentials", "build"]

_EXPANDED = (
    "Details", "TaxDetails", "FreightDetails", "DiscountDetails", "ApplicationsInvoice", "FinancialDetails",
    "BillToAddress", "BillToContact", "ShipToAddress", "ShipToContact",
)  # fmt: skip
_WRITTEN = frozenset(
    [(entity, operation) for entity in DOCUMENTS for operation in (ACKNOWLEDGE, TELL_ERROR)]
    + [(entity, WRITE_ID) for entity in PARTIES]
)
_OLDER = "BillingSettings/BillToAddress,BillingSettings/BillToContact"
_CUSTOMER = Look(
    expand="MainContact,MainContact/Address,BillingContact,BillingContact/Address,ShippingContact,ShippingContact/Address"
)
_TERMS = Look("Type,ReferenceNbr,Terms,DueDate")


def build(parts: Parts) -> Acumatica:
    """From a connection, see `credentials`; the extra `watch_payments` may switch that off."""
    return Acumatica(
        parts.binding,
        credentials(parts),
        parts.timing,
        parts.clock,
        parts.call_log,
        parts.tokens,
        parts.quota,
        parts.options.acumatica,
        watch_payments=parts.setting("watch_payments", "true").casefold() not in ("false", "no", "0"),
    )


class Acumatica:
    """One tenant of one site; `binding.tenant` is "<Tenant>/<Branch>", without a branch all of them."""

    takes: frozenset[str] = frozenset()
    words = LogWords("Sync", "acu_invoice_number")

    def __init__(
        self,
        binding: Binding,
        credentials: Credentials,
        timing: Timing,
        clock: Clock,
        call_log: CallLog,
        tokens: TokenStore,
        quota: Quota | None,
        options: AcumaticaOptions,
        *,
        watch_payments: bool = True,
    ) -> None:
        self.binding, self.timing, self._options = binding, timing, options
        _refuse_bad_pattern(options)
        field = notes.CustomField.of(options.custom_field)
        self._client = Client(binding, credentials, timing, clock, call_log, tokens, quota)
        self._changes = Changes(self._client, credentials.branch, options, clock, watch_payments)
        self._inspector = Inspector(self._client, credentials, options, field)
        self._telling = Telling(self._client, field)
        self._field = field

    def inspect(self, write_back: WriteBack) -> Inspection:
        return self._inspector.inspect(write_back)

    def changed(self, position: str | None, options: RunOptions) -> Iterator[StubPage]:
        return self._changes.changed(position, options)

    def deleted(self, position: str | None) -> list[str] | None:
        """Acumatica keeps no trace of what was deleted; a full sweep asks for what is still there."""
        return []

    def present(self, ids: Sequence[str]) -> set[str]:
        return self._changes.present(ids)

    def unlinked(self, entity: Entity) -> list[str]:
        """None: the source keeps no ids of the other system, so it cannot lack them."""
        return []

    def fetch(self, entity: Entity, ids: Sequence[str]) -> list[SourceRecord]:
        """Products are not read on their own: lines carry number and text of their items."""
        if entity in DOCUMENTS:
            return self._invoices(ids)
        return self._customers(ids) if entity == "customer" else []

    def to_model(self, record: SourceRecord) -> Document:
        return mapping.to_model(record, self._options)

    def label(self, record: SourceRecord) -> Label:
        return mapping.label(record)

    def acknowledgement(self, source_id: str, mode: WriteBack, done: Delivered, today: str) -> Json | None:
        return notes.acknowledgement(source_id, mode, done, self._field)

    def id_note(self, record: SourceRecord, remote_id: str) -> Json | None:
        """None: there is no room of ours at a customer or an item."""
        return None

    def error_note(self, source_id: str, reason: str, now: datetime) -> Json | None:
        """None: a released document has no room for it, and an activity for every reason would be noise."""
        return None

    def close(self) -> None:
        """The session stays signed in: it is shared by all tasks of a run."""
        self._client.close()

    def stop_waiting(self) -> None:
        """Nothing here waits for an operation."""

    def rule(self, entity: Entity, operation: str) -> WriteRule:
        """One record a call: the API has no other way. Ids and reasons are asked about, and never written."""
        if (entity, operation) not in _WRITTEN:
            raise SettingsError(f"Acumatica is not written to by {operation} of {entity}s")
        endpoint, adds = self._telling.endpoint, self._telling.adds_a_record
        return WriteRule(WriteClass.SET_STATE, 1, endpoint=endpoint, runs_on=adds)

    def prepare(self) -> None:
        self._client.session.prepare()

    def renew(self) -> None:
        self._client.session.renew()

    def send(self, armed: Armed) -> Mapping[str, Outcome]:
        """One item, see `rule`."""
        self.rule(armed.entity, armed.operation)
        (item,) = armed.items
        try:
            request = self._telling.request(item)
        except TryLater:  # of the look before the write
            return {item.wire_item: Outcome(Verdict.NOT_SENT)}
        if request is None:
            return {item.wire_item: outcomes.gone(f"document {item.source_id}")}
        return {item.wire_item: self._telling.outcome(item, self._client.submit(armed, request))}

    def find(self, entity: Entity, operation: str, items: Sequence[WireItem]) -> Mapping[int, list[Remote]]:
        """What the records show now; one that is gone has an empty list."""
        self.rule(entity, operation)
        return self._telling.find(items)

    def expected(self, entity: Entity, operation: str, body: Json) -> Mapping[str, str]:
        self.rule(entity, operation)
        return notes.expected(body)

    def _invoices(self, ids: Sequence[str]) -> list[SourceRecord]:
        """A few in a list; what no list shows is asked for by its key, and so is a single one."""
        listed = self._changes.in_bulk(ids, self._whole) if len(ids) > 1 else []
        rows = {mapping.source_id(row): row for row in listed}
        for one in ids:
            if one not in rows:
                row = self._client.one(DOCUMENT, one.split("/", 1), self._whole)
                rows |= {one: row} if row is not None and self._changes.is_ours(row) else {}
        return [mapping.record(rows[one], self._options, self._terms(rows[one])) for one in ids if one in rows]

    @cached_property
    def _whole(self) -> Look:
        """Everything of an invoice; addresses moved to the head with endpoint 24.200.001."""
        schema = self._client.schema(DOCUMENT)
        there = [name for name in _EXPANDED if name in schema]
        return Look(expand=",".join(there if "BillToAddress" in schema else [*there, "BillingSettings", _OLDER]))

    def _terms(self, row: Json) -> Json | None:
        """The same document on the AR form has terms; they are needed where it has no due date of its own."""
        if text_of(row, "DueDate") or text_of(row, "Type") == "Cash Sale":
            return None
        return self._client.one("Invoice", mapping.source_id(row).split("/", 1), _TERMS)

    def _customers(self, ids: Sequence[str]) -> list[SourceRecord]:
        rows: dict[str, Json] = {}
        for start in range(0, len(ids), AT_ONCE):
            some = ids[start : start + AT_ONCE]
            for row in self._client.rows("Customer", any_of("CustomerID", some), _CUSTOMER):
                rows[text_of(row, "CustomerID")] = row
        for one in ids:
            if one not in rows and (found := self._client.one("Customer", [one], _CUSTOMER)) is not None:
                rows[one] = found
        return [mapping.customer_record(rows[one]) for one in ids if one in rows]


def _refuse_bad_pattern(options: AcumaticaOptions) -> None:
    pattern = options.order_id.get("pattern")
    try:
        groups = re.compile(pattern).groups if pattern else 1
    except re.error:
        groups = 0
    if groups != 1:
        raise SettingsError(
            f"options.acumatica.order_id.pattern {pattern!r} is no expression with one group.",
            cure=r"Write it like 'order (\d+)': the group is the store's order number.",
        )
