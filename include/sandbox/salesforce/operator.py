"""What a person does in Rootstock's screens, and what the control API shows."""

from __future__ import annotations

from typing import Any

from sandbox import exact_json
from sandbox.salesforce import values
from sandbox.salesforce.errors import SalesforceError
from sandbox.salesforce.schema import Row, SObject
from sandbox.salesforce.store import ORG_ID, Org
from sandbox.salesforce.writes import Change, Writer


class Screens:
    """Reads and edits without the API's rules for integrations."""

    def __init__(self, org: Org, writer: Writer) -> None:
        self._org = org
        self._writer = writer

    def records(self, tenant: str, entity: str) -> list[Row]:
        """Every live record with its formulas."""
        sobject = self._object(tenant, entity)
        return [self._org.read(sobject, row) for row in self._org.rows(sobject.name)]

    def edit(self, tenant: str, entity: str, record_id: str, fields: Row) -> Row:
        """Change fields and move the stamps."""
        sobject = self._object(tenant, entity)
        row = self._row(sobject, record_id)
        try:
            change = self._read(sobject, record_id, fields)
            self._writer.operator_edit(change, row)
        except SalesforceError as refusal:
            raise ValueError(str(refusal)) from refusal
        return self._org.read(sobject, row)

    def insert(self, tenant: str, entity: str, fields: Row) -> Row:
        """Add a record; a master such as the invoice of a line may be named here."""
        sobject = self._object(tenant, entity)
        try:
            change = self._read(sobject, "", fields)
            self._check_new(change)
        except SalesforceError as refusal:
            raise ValueError(str(refusal)) from refusal
        added = {field.name: value for field, value in change.values.items()}
        return self._org.read(sobject, self._org.add(sobject.name, added))

    def delete(self, tenant: str, entity: str, record_id: str) -> None:
        """Into the recycle bin: gone from queries, ENTITY_IS_DELETED to writers."""
        row = self._row(self._object(tenant, entity), record_id)
        self._org.change(row, {"IsDeleted": True})

    def _object(self, tenant: str, entity: str) -> SObject:
        if tenant[:15] != ORG_ID[:15]:
            raise LookupError(f"no organization {tenant!r}; there is {ORG_ID}")
        found = self._org.visible(entity)
        if found is None:
            raise LookupError(f"no object {entity!r}")
        return found

    def _row(self, sobject: SObject, record_id: str) -> Row:
        row = self._org.row(sobject.name, record_id)
        if row is None:
            raise LookupError(f"no {sobject.name} with id {record_id!r}")
        return row

    def _read(self, sobject: SObject, record_id: str, fields: Row) -> Change:
        # the control API may hand over dates and decimals as they are stored
        return self._writer.read(sobject, record_id, exact_json.loads(exact_json.dumps(fields)))

    def _check_new(self, change: Change) -> None:
        if change.unknown is not None:
            raise ValueError(f"no field {change.unknown!r} on {change.sobject.name}")
        given: dict[str, Any] = {field.name: value for field, value in change.values.items()}
        for field in change.sobject.fields.values():
            if field.compute is None and (field.required or field.name in given):
                values.check(field.label, field, given.get(field.name))
