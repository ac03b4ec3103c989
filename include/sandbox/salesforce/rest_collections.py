"""Up to 200 records in one call.

REST API Developer Guide, "sObject Collections".
"""

from __future__ import annotations

from sandbox.salesforce import ids
from sandbox.salesforce.changes import refuse_too_many
from sandbox.salesforce.errors import SalesforceError, malformed_id, parser_error
from sandbox.salesforce.rest_query import seen_object
from sandbox.salesforce.rest_records import key_field, written
from sandbox.salesforce.schema import Row, SObject
from sandbox.salesforce.store import Org
from sandbox.salesforce.wire import DATA, Answer, Call, Resource, flag
from sandbox.salesforce.writes import Writer


class Collections:
    """Handlers of /composite/sobjects."""

    def __init__(self, org: Org, writer: Writer) -> None:
        self._org = org
        self._writer = writer

    def resources(self) -> list[Resource]:
        """Their paths."""
        at = DATA + "/composite/sobjects"
        return [
            Resource(at, {"POST": self._create, "PATCH": self._update, "DELETE": self._delete}),
            Resource(at + "/{sobject}", {"GET": self._get, "POST": self._read}),
            Resource(at + "/{sobject}/{field}", {"PATCH": self._upsert}),
        ]

    def _create(self, call: Call) -> Answer:
        all_or_none, changes = self._writer.reader.collection(call.json())
        if any(one.record_id for one in changes):
            raise SalesforceError("INVALID_FIELD", "The Id field should not be specified in the sobject data.")
        return Answer([one.result() for one in self._writer.collection("create", all_or_none, changes)])

    def _update(self, call: Call) -> Answer:
        all_or_none, changes = self._writer.reader.collection(call.json())
        return Answer([one.result() for one in self._writer.collection("update", all_or_none, changes)])

    def _delete(self, call: Call) -> Answer:
        record_ids = [one for one in call.query.get("ids", "").split(",") if one]
        if not record_ids:
            raise SalesforceError("MISSING_ARGUMENT", "ids is required")
        changes = self._writer.reader.doomed(record_ids)
        outcomes = self._writer.collection("delete", flag(call.query.get("allOrNone")), changes)
        return Answer([one.result() for one in outcomes])

    def _upsert(self, call: Call) -> Answer:
        sobject = seen_object(self._org, call)
        key = key_field(self._org, sobject, call.at["field"])
        all_or_none, changes = self._writer.reader.upserts(call.json(), sobject, key)
        outcomes = self._writer.collection("upsert", all_or_none, changes)
        return Answer([one.result(tells_created=True) for one in outcomes])

    def _get(self, call: Call) -> Answer:
        listed, fields = call.query.get("ids", ""), call.query.get("fields", "")
        return self._found(call, [one for one in listed.split(",") if one], fields)

    def _read(self, call: Call) -> Answer:
        """The same with long lists in the body."""
        body = call.record()
        listed, fields = body.get("ids"), body.get("fields")
        if not isinstance(listed, list) or not isinstance(fields, list):
            raise parser_error("SObjectCollectionRead", body)
        return self._found(call, [str(one) for one in listed], ",".join(str(one) for one in fields))

    def _found(self, call: Call, record_ids: list[str], fields: str) -> Answer:
        sobject = seen_object(self._org, call)
        if not record_ids or not fields:
            raise SalesforceError("MISSING_ARGUMENT", "ids and fields are required")
        refuse_too_many(len(record_ids))
        return Answer([self._one(call, sobject, one, fields) for one in record_ids])

    def _one(self, call: Call, sobject: SObject, record_id: str, fields: str) -> Row | None:
        """A record that is not there is null, in its place."""
        if ids.full_id(record_id) is None:
            raise malformed_id(record_id)
        row = self._org.row(sobject.name, record_id)
        return None if row is None else written(self._org, sobject, row, call.version, fields)
