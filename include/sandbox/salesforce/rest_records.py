"""Single records: read, create, change, delete, by id or by external id; and lists of what was deleted or changed.

REST API Developer Guide, "sObject Rows", "sObject Rows by External ID", "sObject Get Deleted".
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sandbox import exact_json
from sandbox.salesforce import ids
from sandbox.salesforce.changes import Change
from sandbox.salesforce.errors import SalesforceError, not_found
from sandbox.salesforce.rest_query import seen_object
from sandbox.salesforce.schema import Field, Row, SObject
from sandbox.salesforce.store import Org
from sandbox.salesforce.wire import DATA, Answer, Call, Resource, at_least, flag
from sandbox.salesforce.writes import Outcome, Writer
from sandbox.world import World

# until here an upsert that updates is answered without a body
LAST_WITHOUT_BODY = 45
LONGEST_REPLICATION = timedelta(days=30)


class Records:
    """Handlers of /sobjects/..; `looked_at` is told which object was read."""

    def __init__(self, world: World, org: Org, writer: Writer, looked_at: Callable[[str], None]) -> None:
        self._world = world
        self._org = org
        self._writer = writer
        self._looked_at = looked_at

    def resources(self) -> list[Resource]:
        """Their paths; those with fixed words come first."""
        at = DATA + "/sobjects/{sobject}"
        by_key = {"GET": self._get_by_key, "PATCH": self._upsert, "DELETE": self._delete_by_key}
        return [
            Resource(at, {"GET": self._about, "POST": self._create}),
            Resource(at + "/deleted", {"GET": self._deleted}),
            Resource(at + "/updated", {"GET": self._updated}),
            Resource(at + "/{id}", {"GET": self._get, "PATCH": self._patch, "DELETE": self._delete}),
            Resource(at + "/{field}/{value}", by_key),
        ]

    def _about(self, call: Call) -> Answer:
        sobject = seen_object(self._org, call)
        return Answer({"objectDescribe": {"name": sobject.name, "label": sobject.label}, "recentItems": []})

    def _create(self, call: Call) -> Answer:
        sobject, body = seen_object(self._org, call), call.record()
        _refuse_fields(body, "Id")
        outcome = self._writer.single("create", self._writer.reader.change(sobject, "", body))
        return _created(call, sobject, outcome, {})

    def _get(self, call: Call) -> Answer:
        sobject = seen_object(self._org, call)
        record_id = call.at["id"]
        row = self._org.stored(sobject.name, record_id) if ids.full_id(record_id) else None
        if row is None:
            raise not_found()
        if row["IsDeleted"]:
            raise SalesforceError("ENTITY_IS_DELETED", "entity is deleted", 404)
        return self._shown(call, sobject, row)

    def _shown(self, call: Call, sobject: SObject, row: Row) -> Answer:
        answer = Answer(written(self._org, sobject, row, call.version, call.query.get("fields")))
        self._looked_at(sobject.name)
        return answer

    def _patch(self, call: Call) -> Answer:
        sobject, body = seen_object(self._org, call), call.record()
        # an id in the body of a single update is refused, not ignored
        _refuse_fields(body, "Id")
        self._writer.single("update", self._writer.reader.change(sobject, call.at["id"], body))
        return Answer(status=204)

    def _delete(self, call: Call) -> Answer:
        sobject = seen_object(self._org, call)
        self._writer.single("delete", Change(sobject, call.at["id"]))
        return Answer(status=204)

    def _upsert(self, call: Call) -> Answer:
        sobject = seen_object(self._org, call)
        key, body = self._key(call, sobject), call.record()
        _refuse_fields(body, "Id", key.name)
        if len(self._keyed(call, sobject, key)) > 1:
            return self._several(call, sobject, key)
        if flag(call.query.get("updateOnly")) and not self._keyed(call, sobject, key):
            raise not_found()
        change = self._writer.reader.change(sobject, call.at["value"] if key.type == "id" else "", body)
        change.key = (key, call.at["value"])
        outcome = self._writer.single("upsert", change)
        if outcome.kind == "create":
            return _created(call, sobject, outcome, {"created": True})
        if not at_least(call.version, LAST_WITHOUT_BODY + 1):
            return Answer(status=204)
        return Answer({**outcome.result(), "created": False})

    def _several(self, call: Call, sobject: SObject, key: Field) -> Answer:
        base = f"/services/data/{call.version}/sobjects/{sobject.name}"
        return Answer([f"{base}/{row['Id']}" for row in self._keyed(call, sobject, key)], 300)

    def _get_by_key(self, call: Call) -> Answer:
        sobject = seen_object(self._org, call)
        key = self._key(call, sobject)
        rows = self._keyed(call, sobject, key)
        if len(rows) > 1:
            return self._several(call, sobject, key)
        if not rows:
            raise not_found()
        return self._shown(call, sobject, rows[0])

    def _delete_by_key(self, call: Call) -> Answer:
        sobject = seen_object(self._org, call)
        key = self._key(call, sobject)
        rows = self._keyed(call, sobject, key)
        if len(rows) > 1:
            return self._several(call, sobject, key)
        if not rows:
            raise not_found()
        self._writer.single("delete", Change(sobject, rows[0]["Id"]))
        return Answer(status=204)

    def _key(self, call: Call, sobject: SObject) -> Field:
        return key_field(self._org, sobject, call.at["field"])

    def _keyed(self, call: Call, sobject: SObject, key: Field) -> list[Row]:
        value = call.at["value"]
        if key.type == "id":
            found = self._org.row(sobject.name, value)
            return [found] if found else []
        return self._org.holders(sobject.name, key.name, value)

    def _deleted(self, call: Call) -> Answer:
        sobject = seen_object(self._org, call)
        start, end = self._span(call)
        table = self._org.table(sobject.name)
        gone = [(row["Id"], row["SystemModstamp"]) for row in table.since(start) if row["IsDeleted"]]
        found = [(one, at) for one, at in (*gone, *table.purged) if start <= at < end]
        return Answer(
            {
                "deletedRecords": [{"id": one, "deletedDate": exact_json.stamp(at)} for one, at in found],
                "earliestDateAvailable": exact_json.stamp(self._world.clock.now() - LONGEST_REPLICATION),
                "latestDateCovered": exact_json.stamp(min(end, self._world.clock.now())),
            }
        )

    def _updated(self, call: Call) -> Answer:
        sobject = seen_object(self._org, call)
        start, end = self._span(call)
        rows = self._org.table(sobject.name).since(start)
        found = [row["Id"] for row in rows if not row["IsDeleted"] and row["SystemModstamp"] < end]
        return Answer({"ids": found, "latestDateCovered": exact_json.stamp(min(end, self._world.clock.now()))})

    def _span(self, call: Call) -> tuple[datetime, datetime]:
        start, end = _moment(call, "start"), _moment(call, "end")
        if end <= start:
            raise SalesforceError("INVALID_REPLICATION_DATE", "endDate must be after startDate")
        if start < self._world.clock.now() - LONGEST_REPLICATION:
            raise SalesforceError("INVALID_REPLICATION_DATE", "startDate cannot be more than 30 days ago")
        return start, end


def written(org: Org, sobject: SObject, row: Row, version: str, asked: str | None) -> Row:
    """A whole record; ?fields=a,b narrows it, and Id always comes along."""
    url = f"/services/data/{version}/sobjects/{sobject.name}/{row['Id']}"
    head = {"attributes": {"type": sobject.name, "url": url}}
    if asked is None:
        return head | org.read(sobject, row)
    found = {name: org.visible_field(sobject, name.strip()) for name in asked.split(",")}
    missing = [name for name, field in found.items() if field is None]
    if missing:
        message = f"No such column '{missing[0]}' on sobject of type {sobject.name}"
        raise SalesforceError("INVALID_FIELD", message)
    names = [*(field.name for field in found.values() if field), "Id"]
    return head | {name: org.value(sobject, row, name) for name in names}


def key_field(org: Org, sobject: SObject, name: str) -> Field:
    """Id or an external id of the object, or 404."""
    found = org.visible_field(sobject, name)
    if found is None or not (found.unique or found.type == "id"):
        message = f"Provided external ID field does not exist or is not accessible: {name}"
        raise SalesforceError("NOT_FOUND", message, 404)
    return found


def _created(call: Call, sobject: SObject, outcome: Outcome, more: Row) -> Answer:
    where = f"/services/data/{call.version}/sobjects/{sobject.name}/{outcome.record_id}"
    return Answer({**outcome.result(), **more}, 201, {"Location": where})


def _refuse_fields(body: Row, *names: str) -> None:
    given = {name.casefold() for name in body}
    for name in names:
        if name.casefold() in given:
            message = f"The {name} field should not be specified in the sobject data."
            raise SalesforceError("INVALID_FIELD", message)


def _moment(call: Call, name: str) -> datetime:
    text = call.query.get(name)
    if not text:
        raise SalesforceError("MISSING_ARGUMENT", f"{name} is required")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise SalesforceError("INVALID_REPLICATION_DATE", f"{name} is no date: {text}") from error
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
