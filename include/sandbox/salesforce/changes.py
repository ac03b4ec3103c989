"""What a request wants written: its JSON read, before any record is looked at."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Any

from sandbox.salesforce import ids, values
from sandbox.salesforce.errors import SalesforceError, invalid_type, malformed_id, parser_error
from sandbox.salesforce.schema import Field, Row, SObject
from sandbox.salesforce.store import Org

MOST_RECORDS = 200
MOST_CHUNKS = 10


@dataclass
class Change:
    """One record of a request; `refused` is what is wrong with this record alone."""

    sobject: SObject
    record_id: str
    values: dict[Field, Any] = field(default_factory=dict)
    refused: SalesforceError | None = None
    # the external id that an upsert finds its record by, and its value
    key: tuple[Field, str] | None = None


class Reader:
    """Reads records of requests."""

    def __init__(self, org: Org) -> None:
        self._org = org

    def change(self, sobject: SObject, record_id: str, record: Row, lenient: bool = False) -> Change:
        """One record. Wrong JSON types refuse the request as a whole, unless `lenient` (CSV has no types)."""
        change = Change(sobject, record_id)
        for name, value in record.items():
            if name == "attributes" or name.casefold() == "id":
                continue
            try:
                self._take(change, name, value)
            except SalesforceError as refusal:
                if not lenient and refusal.code == "JSON_PARSER_ERROR":
                    raise
                change.refused = change.refused or refusal
        return change

    def _take(self, change: Change, name: str, value: Any) -> None:
        if isinstance(value, dict) and name.casefold().endswith("__r"):
            self._take_parent(change, name, value)
            return
        found = self._org.visible_field(change.sobject, name)
        if found is None:
            raise SalesforceError("INVALID_FIELD", f"No such column '{name}' on sobject of type {change.sobject.name}")
        change.values[found] = values.stored(found, value)

    def _take_parent(self, change: Change, name: str, value: Row) -> None:
        """{"rstk__soinv_custno__r": {"rstk__externalid__c": "C-1001"}} names a parent by its external id."""
        hop = change.sobject.lookup(name)
        named = [(key, one) for key, one in value.items() if key != "attributes"]
        if hop is None or len(named) != 1 or self._org.visible_field(change.sobject, hop.name) is None:
            raise SalesforceError("INVALID_FIELD", f"No such column '{name}' on sobject of type {change.sobject.name}")
        parent, (key, text) = self._org.objects[str(hop.references)], named[0]
        external = parent.field(key)
        if external is None or not external.unique:
            raise SalesforceError("INVALID_FIELD", f"{key} is no external id of {parent.name}")
        change.values[hop] = self._parent_id(parent, external, str(text))

    def _parent_id(self, parent: SObject, external: Field, text: str) -> str:
        found = self._org.holders(parent.name, external.name, text)
        if len(found) != 1:
            raise SalesforceError(
                "INVALID_FIELD",
                f"Foreign key external ID: {text} not found for field {external.name} in entity {parent.name}",
            )
        return str(found[0]["Id"])

    def collection(self, body: Any) -> tuple[bool, list[Change]]:
        """A request for up to 200 records, or a refusal of the request as a whole."""
        if not isinstance(body, dict):
            raise parser_error("SObjectCollection", body)
        records, all_or_none = body.get("records"), body.get("allOrNone", False)
        if not isinstance(records, list) or not all(isinstance(one, dict) for one in records):
            raise parser_error("SObject list", records)
        if not isinstance(all_or_none, bool):
            raise parser_error("boolean", all_or_none)
        refuse_too_many(len(records))
        changes = [self.change(self.type_of(one), id_of(one), one) for one in records]
        refuse_chunks([one.sobject.name for one in changes])
        return all_or_none, changes

    def upserts(self, body: Any, sobject: SObject, key: Field) -> tuple[bool, list[Change]]:
        """The same for records that are found by an external id."""
        all_or_none, changes = self.collection(body)
        for change in changes:
            if change.sobject is not sobject:
                raise SalesforceError("INVALID_INPUT", f"every record must be of type {sobject.name}")
            self.keyed(change, key)
        return all_or_none, changes

    def keyed(self, change: Change, key: Field) -> None:
        """Take the external id out of what is to be written."""
        value = change.record_id if key.type == "id" else change.values.pop(key, None)
        if value:
            change.key = (key, str(value))
        elif key.type != "id":
            change.refused = change.refused or SalesforceError("MISSING_ARGUMENT", f"{key.name} not specified")

    def type_of(self, record: Row) -> SObject:
        """The object named in a record's attributes."""
        attributes = record.get("attributes")
        name = attributes.get("type") if isinstance(attributes, dict) else None
        if not isinstance(name, str):
            raise SalesforceError("INVALID_INPUT", "attributes.type is required for every record")
        found = self._org.visible(name)
        if found is None:
            raise invalid_type(name)
        return found

    def doomed(self, record_ids: list[str]) -> list[Change]:
        """Records to delete, of whatever object their ids are."""
        refuse_too_many(len(record_ids))
        changes = [self._named(one) for one in record_ids]
        refuse_chunks([one.sobject.name for one in changes])
        return changes

    def _named(self, record_id: str) -> Change:
        full = ids.full_id(record_id)
        name = self._org.by_prefix.get(record_id[:3]) if full else None
        found = self._org.visible(name) if name else None
        if found is None:
            raise malformed_id(record_id)
        return Change(found, record_id)


def refuse_too_many(count: int) -> None:
    """At most 200 records in one call."""
    if count > MOST_RECORDS:
        raise SalesforceError(
            "EXCEEDED_ID_LIMIT", f"record limit reached. cannot submit more than {MOST_RECORDS} records into this call"
        )


def refuse_chunks(names: list[str]) -> None:
    """Records of differing types, alternating, make too many chunks."""
    if len(list(itertools.groupby(names))) > MOST_CHUNKS:
        raise SalesforceError(
            "LIMIT_EXCEEDED",
            f"Cannot have more than {MOST_CHUNKS} chunks in a single "
            "operation. Please rearrange the data to reduce chunking.",
        )


def id_of(record: Row) -> str:
    """The id in a record of a request, "" when it has none."""
    value = record.get("id", record.get("Id", ""))
    if value is None:
        return ""
    if not isinstance(value, str):
        raise parser_error("id", value)
    return value
