"""What a person does in Rootstock's screens and in Setup, and what the control API shows."""

from __future__ import annotations

from typing import Any

from sandbox import exact_json
from sandbox.salesforce import values
from sandbox.salesforce.apps import Apps
from sandbox.salesforce.changes import Change
from sandbox.salesforce.errors import SalesforceError
from sandbox.salesforce.schema import Row, SObject
from sandbox.salesforce.store import ORG_ID, Org
from sandbox.salesforce.writes import Writer

# no object of the API: only the control API knows it
CONNECTED_APP = "ConnectedApp"


class Screens:
    """Reads and edits without the API's rules for integrations."""

    def __init__(self, org: Org, writer: Writer, apps: Apps) -> None:
        self._org = org
        self._writer = writer
        self._apps = apps

    def records(self, tenant: str, entity: str) -> list[Row]:
        """Every live record with its formulas."""
        if entity == CONNECTED_APP:
            return [app.shown() for app in self._apps.all()]
        sobject = self._object(tenant, entity)
        return [self._org.read(sobject, row) for row in self._org.rows(sobject.name)]

    def edit(self, tenant: str, entity: str, record_id: str, fields: Row) -> Row:
        """Change fields and move the stamps; the lock of transferred invoices is a person's to lift."""
        if entity == CONNECTED_APP:
            return self._apps.edit(record_id, fields).shown()
        sobject = self._object(tenant, entity)
        row = self._row(sobject, record_id)
        try:
            change = self._read(sobject, record_id, fields)
            self._refuse_computed(change)
            self._writer.checks.record(self._open_part(change), row)
        except SalesforceError as refusal:
            raise ValueError(str(refusal)) from refusal
        self._writer.commit("update", change, row)
        self._writer.after("update", sobject.name, row)
        return self._org.read(sobject, row)

    def insert(self, tenant: str, entity: str, fields: Row) -> Row:
        """Add a record; a master such as the invoice of a line may be named here."""
        if entity == CONNECTED_APP:
            return self._apps.insert(fields).shown()
        sobject = self._object(tenant, entity)
        try:
            change = self._read(sobject, "", fields)
            self._refuse_computed(change)
            self._check_new(change)
        except SalesforceError as refusal:
            raise ValueError(str(refusal)) from refusal
        row = self._writer.commit("create", change, None).row or {}
        self._writer.after("create", sobject.name, row)
        return self._org.read(sobject, row)

    def delete(self, tenant: str, entity: str, record_id: str) -> None:
        """Into the recycle bin: gone from queries, ENTITY_IS_DELETED to writers."""
        if entity == CONNECTED_APP:
            self._apps.delete(record_id)
            return
        sobject = self._object(tenant, entity)
        row = self._row(sobject, record_id)
        self._org.delete(sobject.name, row)
        self._writer.after("delete", sobject.name, row)

    def _object(self, tenant: str, entity: str) -> SObject:
        if tenant[:15] != ORG_ID[:15]:
            raise LookupError(f"no organization {tenant!r}; there is {ORG_ID}")
        found = self._org.installed(entity)
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
        return self._writer.reader.change(sobject, record_id, exact_json.loads(exact_json.dumps(fields)))

    def _refuse_computed(self, change: Change) -> None:
        """What the package rolls up from elsewhere may be set here; what it computes may not."""
        for field in change.values:
            if field.compute is not None or not field.custom and not field.updateable:
                raise SalesforceError("INVALID_FIELD_FOR_INSERT_UPDATE", f"{field.name} is computed")

    def _open_part(self, change: Change) -> Change:
        """What the platform's checks are to look at: they would refuse a person what only the package writes."""
        open_values = {
            field: value
            for field, value in change.values.items()
            if not self._writer.checks.is_closed(change.sobject, field)
        }
        return Change(change.sobject, change.record_id, open_values, change.refused)

    def _check_new(self, change: Change) -> None:
        if change.refused is not None:
            raise change.refused
        given: dict[str, Any] = {field.name: value for field, value in change.values.items()}
        for field in change.sobject.fields.values():
            if field.compute is None and (field.required or field.name in given):
                values.check(field.label, field, given.get(field.name))
