"""The platform's own refusals of a record: unknown and closed fields, lengths, references, unique keys."""

from __future__ import annotations

from typing import Any

from sandbox.salesforce import ids, values
from sandbox.salesforce.changes import Change
from sandbox.salesforce.errors import SalesforceError, malformed_id, not_found
from sandbox.salesforce.schema import Field, Row, SObject
from sandbox.salesforce.store import Org


class Checks:
    """Asks whether a record may be written, before any trigger of the package does."""

    def __init__(self, org: Org) -> None:
        self._org = org
        self.read_only_objects: frozenset[str] = frozenset()

    def found(self, change: Change) -> Row:
        """The record that a change is about, or the refusal of its id."""
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

    def keyed(self, change: Change) -> Row | None:
        """The record that an upsert's key leads to; None when there is none yet."""
        if change.key is None:
            return None if not change.record_id else self.found(change)
        key, value = change.key
        if key.type == "id":
            return self.found(change)
        rows = self._org.holders(change.sobject.name, key.name, value)
        if len(rows) > 1:
            several = ", ".join(row["Id"] for row in rows)
            message = f"{key.name}: more than one record found for external id field: [{several}]"
            raise SalesforceError("DUPLICATE_EXTERNAL_ID", message, 400, (key.name,))
        return rows[0] if rows else None

    def record(self, change: Change, row: Row | None) -> None:
        """Refuse what cannot be written into this record, or into a new one."""
        if change.sobject.name in self.read_only_objects:
            message = "insufficient access rights on object id"
            raise SalesforceError("INSUFFICIENT_ACCESS_OR_READONLY", message, 403)
        if change.refused is not None:
            raise change.refused
        self._refuse_closed(change, new=row is None)
        if row is None:
            self._refuse_missing(change)
        for field, value in change.values.items():
            values.check(field.label, field, value)
            self._check_reference(field, value)
            self._check_unique(change.sobject, field, value, row)

    def may_write(self, change: Change) -> None:
        """Deleting asks for the right on the object alone."""
        self.record(Change(change.sobject, change.record_id, {}, change.refused), {})

    def is_closed(self, sobject: SObject, field: Field, new: bool = False) -> bool:
        """Formula, system field, or no edit right of this user."""
        allowed = field.createable if new else field.updateable
        return not allowed or f"{sobject.name}.{field.name}" in self._org.read_only_fields

    def _refuse_closed(self, change: Change, new: bool) -> None:
        closed = tuple(field.name for field in change.values if self.is_closed(change.sobject, field, new))
        if closed:
            raise SalesforceError(
                "INVALID_FIELD_FOR_INSERT_UPDATE",
                f"Unable to create/update fields: {', '.join(closed)}. Please check the security settings "
                "of this field and verify that it is read/write for your profile or permission set.",
                400,
                closed,
            )

    def _refuse_missing(self, change: Change) -> None:
        given = {field.name for field, value in change.values.items() if value is not None}
        missing = tuple(name for name, one in change.sobject.fields.items() if one.required and name not in given)
        if missing:
            message = f"Required fields are missing: [{', '.join(missing)}]"
            raise SalesforceError("REQUIRED_FIELD_MISSING", message, 400, missing)

    def _check_reference(self, field: Field, value: Any) -> None:
        if field.references and value and self._org.row(field.references, value) is None:
            raise SalesforceError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", 400, (field.name,))

    def _check_unique(self, sobject: SObject, field: Field, value: Any, row: Row | None) -> None:
        if not field.unique or value is None or f"{sobject.name}.{field.name}" in self._org.double_external_ids:
            return
        for other in self._org.holders(sobject.name, field.name, str(value)):
            if other is not row:
                raise SalesforceError(
                    "DUPLICATE_VALUE",
                    f"duplicate value found: {field.name} duplicates value on record with id: {other['Id']}",
                    400,
                    (field.name,),
                )

    def only_if_there(self, change: Change) -> Row:
        """For single calls: a record that never was is a 404 there."""
        known = ids.full_id(change.record_id) is not None
        if known and self._org.stored(change.sobject.name, change.record_id) is None:
            raise not_found()
        return self.found(change)
