"""Queries, their pages, and describes."""

from __future__ import annotations

from collections.abc import Callable

from sandbox.salesforce.cursors import Cursors
from sandbox.salesforce.errors import SalesforceError, not_found
from sandbox.salesforce.schema import Row, SObject
from sandbox.salesforce.soql_parse import parse
from sandbox.salesforce.soql_run import Runner
from sandbox.salesforce.store import Org
from sandbox.salesforce.wire import DATA, Answer, Call, Resource


class Queries:
    """Handlers of everything that reads by SOQL; `looked_at` is told which object was read."""

    def __init__(self, org: Org, cursors: Cursors, looked_at: Callable[[str], None]) -> None:
        self._org = org
        self._cursors = cursors
        self._looked_at = looked_at

    def resources(self) -> list[Resource]:
        """Their paths."""
        return [
            Resource(DATA + "/query", {"GET": self._query}),
            Resource(DATA + "/queryAll", {"GET": self._query_all}),
            Resource(DATA + "/query/{locator}", {"GET": self._next_page}),
            Resource(DATA + "/queryAll/{locator}", {"GET": self._next_page}),
            Resource(DATA + "/sobjects", {"GET": self._objects}),
            Resource(DATA + "/sobjects/{sobject}/describe", {"GET": self._describe}),
        ]

    def _query(self, call: Call) -> Answer:
        return self._answered(call, deleted=False)

    def _query_all(self, call: Call) -> Answer:
        return self._answered(call, deleted=True)

    def _answered(self, call: Call, deleted: bool) -> Answer:
        text = call.query.get("q")
        if not text:
            raise SalesforceError("MALFORMED_QUERY", "A query string has to be specified")
        hint, version = call.header("Sforce-Query-Options"), call.version
        runner = Runner(self._org, parse(text))
        total, rows = runner.run(version, deleted, lambda found: self._cursors.of_children(found, version, hint))
        answer = Answer(self._cursors.first(total, rows, version, hint))
        self._looked_at(runner.sobject.name)
        return answer

    def _next_page(self, call: Call) -> Answer:
        return Answer(self._cursors.next(call.at["locator"], call.version))

    def _objects(self, call: Call) -> Answer:
        seen = [one for one in self._org.objects.values() if self._org.visible(one.name)]
        listed = [self._summary(one, call.version) for one in seen]
        return Answer({"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": listed})

    def _summary(self, sobject: SObject, version: str) -> Row:
        custom = sobject.name.endswith("__c")
        base = f"/services/data/{version}/sobjects/{sobject.name}"
        return {
            "name": sobject.name,
            "label": sobject.label,
            "custom": custom,
            "keyPrefix": self._org.prefixes[sobject.name],
            "queryable": True,
            "createable": custom,
            "updateable": True,
            "deletable": custom,
            "replicateable": True,
            "retrieveable": True,
            "urls": {"sobject": base, "describe": f"{base}/describe", "rowTemplate": base + "/{ID}"},
        }

    def _describe(self, call: Call) -> Answer:
        sobject = seen_object(self._org, call)
        at, org = f"{sobject.name}.", self._org
        fields = [
            one.describe(at + one.name in org.read_only_fields, at + one.name not in org.double_external_ids)
            for one in org.fields_of(sobject)
        ]
        children = [
            {"childSObject": child.name, "field": field.name, "relationshipName": name, "cascadeDelete": field.master}
            for name, child, field in org.child_lists(sobject.name)
        ]
        summary = self._summary(sobject, call.version)
        return Answer({**summary, "fields": fields, "childRelationships": children})


def seen_object(org: Org, call: Call) -> SObject:
    """The object of a path, or 404."""
    found = org.visible(call.at["sobject"])
    if found is None:
        raise not_found()
    return found
