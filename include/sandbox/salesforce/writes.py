"""Updates: one record, or up to 200 in a collection, each taken or refused by itself.

REST API Developer Guide, "Update Multiple Records with Fewer Round-Trips".
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

from sandbox.salesforce import ids, values
from sandbox.salesforce.errors import SalesforceError, malformed_id, not_found, parser_error
from sandbox.salesforce.objects import ACKNOWLEDGEMENT, INVOICE, INVOICE_OF_LINE, LINE, TRANSFERRED
from sandbox.salesforce.schema import Field, Row, SObject
from sandbox.salesforce.store import Org
from sandbox.world import World

MOST_RECORDS = 200
MOST_CHUNKS = 10
VENDOR = "salesforce"


@dataclass
class Change:
    """One record of a request, its JSON already read."""

    sobject: SObject
    record_id: str
    values: dict[Field, Any]
    unknown: str | None = None


class HalfDone(Exception):
    """The server failed after it had committed part of a collection."""


class Writer:
    """Takes changes into the org and notes them in the journal."""

    def __init__(self, world: World, org: Org, org_id: str) -> None:
        self._world = world
        self._org = org
        self._org_id = org_id
        self.locked_when_transferred = True

    def read_collection(self, body: Any) -> tuple[bool, list[Change]]:
        """The request, or a refusal of the request as a whole."""
        if not isinstance(body, dict):
            raise parser_error("SObjectCollection", body)
        records, all_or_none = body.get("records"), body.get("allOrNone", False)
        if not isinstance(records, list) or not all(isinstance(one, dict) for one in records):
            raise parser_error("SObject list", records)
        if not isinstance(all_or_none, bool):
            raise parser_error("boolean", all_or_none)
        if len(records) > MOST_RECORDS:
            raise SalesforceError(
                "EXCEEDED_ID_LIMIT",
                f"record limit reached. cannot submit more than {MOST_RECORDS} records into this call",
            )
        changes = [self.read(self._type_of(one), _id_of(one), one) for one in records]
        if len(list(itertools.groupby(changes, key=lambda one: one.sobject.name))) > MOST_CHUNKS:
            raise SalesforceError(
                "LIMIT_EXCEEDED",
                f"Cannot have more than {MOST_CHUNKS} chunks in a single "
                "operation. Please rearrange the data to reduce chunking.",
            )
        return all_or_none, changes

    def _type_of(self, record: Row) -> SObject:
        attributes = record.get("attributes")
        name = attributes.get("type") if isinstance(attributes, dict) else None
        if not isinstance(name, str):
            raise SalesforceError("INVALID_INPUT", "attributes.type is required for every record")
        found = self._org.visible(name)
        if found is None:
            raise SalesforceError("INVALID_TYPE", f"sObject type '{name}' is not supported.")
        return found

    def read(self, sobject: SObject, record_id: str, fields: Row) -> Change:
        """Find the fields and read their JSON."""
        change = Change(sobject, record_id, {})
        for name, value in fields.items():
            if name.casefold() in ("attributes", "id"):
                continue
            field = self._org.visible_field(sobject, name)
            if field is None:
                change.unknown = name
            else:
                change.values[field] = values.stored(field, value)
        return change

    def update_collection(self, all_or_none: bool, changes: list[Change]) -> list[dict[str, Any]]:
        """Results in the order of the request."""
        half = len(changes) // 2 if self._world.misfortune.take("commit_half", VENDOR) else None
        outcomes: list[SalesforceError | None] = []
        undo: list[tuple[Row, Row]] = []
        seen: set[str] = set()
        for change in changes[:half]:
            outcomes.append(self._attempt(change, undo, seen))
        if all_or_none and any(outcomes):
            outcomes = _rolled_back(outcomes, undo)
        for change, refusal in zip(changes, outcomes, strict=False):
            self._note(change, refusal)
        if half is not None:
            raise HalfDone
        return [_result(change, refusal) for change, refusal in zip(changes, outcomes, strict=True)]

    def _attempt(self, change: Change, undo: list[tuple[Row, Row]], seen: set[str]) -> SalesforceError | None:
        try:
            if change.record_id[:15] in seen:
                raise SalesforceError("DUPLICATE_VALUE", "duplicate id specified: " + change.record_id)
            row = self._find(change)
            seen.add(change.record_id[:15])
            self._check(change, row)
        except SalesforceError as refusal:
            return refusal
        undo.append((row, dict(row)))
        self._commit(change, row)
        return None

    def update_one(self, change: Change) -> None:
        """A single PATCH; a record that is not there is a 404 here."""
        try:
            row = self._org.row(change.sobject.name, change.record_id)
            if row is None and self._org.stored(change.sobject.name, change.record_id) is None:
                raise not_found()
            self._check(change, self._find(change))
        except SalesforceError as refusal:
            self._note(change, refusal)
            raise
        self._commit(change, self._find(change))
        self._note(change, None)

    def operator_edit(self, change: Change, row: Row) -> None:
        """A person's edit: fields must fit, but the lock of transferred invoices is theirs to lift."""
        self._check_fields(change, row)
        self._commit(change, row)

    def _commit(self, change: Change, row: Row) -> None:
        self._org.change(row, {field.name: value for field, value in change.values.items()})

    def _find(self, change: Change) -> Row:
        if not change.record_id:
            raise SalesforceError("MISSING_ARGUMENT", "Id not specified in an update call", 400, ("Id",))
        full = ids.full_id(change.record_id)
        if full is None or not full.startswith(self._org.prefixes[change.sobject.name]):
            raise malformed_id(change.record_id)
        row = self._org.stored(change.sobject.name, change.record_id)
        if row is None:
            raise SalesforceError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
        if row["IsDeleted"]:
            raise SalesforceError("ENTITY_IS_DELETED", "entity is deleted", 404)
        return row

    def _check(self, change: Change, row: Row) -> None:
        mishap = self._world.misfortune.take_refusal(VENDOR, change.sobject.name)
        if mishap is not None:
            message = mishap.message or "unable to obtain exclusive access to this record"
            raise SalesforceError(mishap.code or "UNABLE_TO_LOCK_ROW", message)
        self._check_fields(change, row)
        self._check_lock(change, row)

    def _check_fields(self, change: Change, row: Row) -> None:
        if change.unknown is not None:
            raise SalesforceError(
                "INVALID_FIELD", f"No such column '{change.unknown}' on sobject of type {change.sobject.name}"
            )
        closed = tuple(field.name for field in change.values if not field.updateable)
        if closed:
            raise SalesforceError(
                "INVALID_FIELD_FOR_INSERT_UPDATE",
                f"Unable to create/update fields: {', '.join(closed)}. Please check the security settings "
                "of this field and verify that it is read/write for your profile or permission set.",
                400,
                closed,
            )
        for field, value in change.values.items():
            values.check(field.label, field, value)
            self._check_reference(field, value)
            self._check_unique(change.sobject, field, value, row)

    def _check_reference(self, field: Field, value: Any) -> None:
        if field.references and value and self._org.row(field.references, value) is None:
            raise SalesforceError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", 400, (field.name,))

    def _check_unique(self, sobject: SObject, field: Field, value: Any, row: Row) -> None:
        if not field.unique or value is None:
            return
        for other in self._org.rows(sobject.name):
            if other is not row and str(other.get(field.name) or "").casefold() == value.casefold():
                raise SalesforceError(
                    "DUPLICATE_VALUE",
                    f"duplicate value found: {field.name} duplicates value on record with id: {other['Id']}",
                    400,
                    (field.name,),
                )

    def _check_lock(self, change: Change, row: Row) -> None:
        """Which text the package uses is not public; that its trigger refuses is assumed."""
        invoice: Row | None = row if change.sobject.name == INVOICE else None
        if change.sobject.name == LINE:
            invoice = self._org.row(INVOICE, row.get(INVOICE_OF_LINE))
        if invoice is None or not invoice.get(TRANSFERRED) or not self.locked_when_transferred:
            return
        if all(field.name in ACKNOWLEDGEMENT for field in change.values):
            return
        trigger = change.sobject.name.removeprefix("rstk__").removesuffix("__c")
        raise SalesforceError(
            "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
            f"rstk.{trigger}_trigger: execution of BeforeUpdate\n\ncaused by: rstk.RstkException: "
            "Invoice has been transferred and cannot be changed",
        )

    def _note(self, change: Change, refusal: SalesforceError | None) -> None:
        outcome, code = ("updated", None) if refusal is None else ("refused", refusal.code)
        key = change.record_id or "(none)"
        self._world.journal.record(
            VENDOR,
            self._org_id,
            change.sobject.name,
            "update",
            key,
            change.record_id or None,
            None,
            outcome,
            code,
        )


def _id_of(record: Row) -> str:
    value = record.get("id", record.get("Id", ""))
    if not isinstance(value, str):
        raise parser_error("id", value)
    return value


def _rolled_back(outcomes: list[SalesforceError | None], undo: list[tuple[Row, Row]]) -> list[SalesforceError | None]:
    """Put every record back; those that were fine are refused for their neighbours' sake."""
    for row, before in reversed(undo):
        row.clear()
        row.update(before)
    undone = SalesforceError(
        "ALL_OR_NONE_OPERATION_ROLLED_BACK",
        "Record rolled back because not all records were valid and the request was using AllOrNone header",
    )
    return [outcome or undone for outcome in outcomes]


def _result(change: Change, refusal: SalesforceError | None) -> dict[str, Any]:
    record_id = ids.full_id(change.record_id)
    if refusal is None:
        return {"id": record_id, "success": True, "errors": []}
    return refusal.result(record_id)
