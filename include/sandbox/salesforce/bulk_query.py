"""Query jobs: one SOQL query, its answer as CSV in portions behind locators."""

from __future__ import annotations

import base64
import binascii

from sandbox.salesforce import bulk_csv
from sandbox.salesforce.bulk_jobs import DONE, Job, Jobs, invalid_state
from sandbox.salesforce.errors import SalesforceError
from sandbox.salesforce.soql_parse import Query, parse
from sandbox.salesforce.soql_run import Runner
from sandbox.salesforce.store import Org
from sandbox.salesforce.wire import DATA, Answer, Call, Resource
from sandbox.world import World

MOST_ROWS = 50_000
RESULTS = "results"


class BulkQueries:
    """Handlers of /jobs/query."""

    def __init__(self, world: World, org: Org) -> None:
        self._org = org
        self.jobs = Jobs(world, "query")

    def resources(self) -> list[Resource]:
        """Their paths."""
        at = DATA + "/jobs/query"
        one = {"GET": self._look, "PATCH": self._abort, "DELETE": self._remove}
        return [
            Resource(at, {"GET": self._list, "POST": self._open}),
            Resource(at + "/{job}", one),
            Resource(at + "/{job}/results", {"GET": self._results}),
        ]

    def _list(self, call: Call) -> Answer:
        return Answer({"done": True, "records": [job.shown(call.version) for job in self.jobs.all()]})

    def _open(self, call: Call) -> Answer:
        body = call.record()
        if body.get("operation") not in ("query", "queryAll") or not isinstance(body.get("query"), str):
            raise SalesforceError("INVALIDJOB", "InvalidJob : operation must be query or queryAll, with a query")
        query = parse(body["query"])
        _refuse_unsupported(query)
        # a query that the org cannot answer is refused at once
        sobject = Runner(self._org, query).sobject
        job = self.jobs.open(body, sobject.name, "UploadComplete")
        job.query = body["query"]
        return Answer(job.shown(call.version))

    def _look(self, call: Call) -> Answer:
        job = self.jobs.get(call.at["job"])
        if self.jobs.looked_at(job):
            self._work(job)
        return Answer(job.shown(call.version))

    def _work(self, job: Job) -> None:
        try:
            runner = Runner(self._org, parse(job.query or ""))
            job.results[RESULTS] = runner.flat(job.operation == "queryAll")
        except SalesforceError as refusal:
            job.state, job.error = "Failed", f"{refusal.code}: {refusal.message}"
            return
        job.state, job.processed = "JobComplete", len(job.results[RESULTS][1])

    def _abort(self, call: Call) -> Answer:
        job, state = self.jobs.get(call.at["job"]), call.record().get("state")
        if state != "Aborted" or job.state in DONE:
            raise invalid_state(f"Job cannot be moved from {job.state} to {state}")
        job.state = "Aborted"
        return Answer(job.shown(call.version))

    def _remove(self, call: Call) -> Answer:
        self.jobs.delete(self.jobs.get(call.at["job"]))
        return Answer(status=204)

    def _results(self, call: Call) -> Answer:
        job = self.jobs.get(call.at["job"])
        if job.state != "JobComplete":
            raise invalid_state(f"Job has no results in state {job.state}")
        headings, rows = job.results[RESULTS]
        start, most = _start(call, job), _most(call)
        portion, end = rows[start : start + most], start + most
        text = bulk_csv.write(headings, portion, job.delimiter, job.ending)
        told = {
            "Sforce-NumberOfRecords": str(len(portion)),
            "Sforce-Locator": _locator(job, end) if end < len(rows) else "null",
        }
        return Answer(text=text, media="text/csv", headers=told)


def _refuse_unsupported(query: Query) -> None:
    if query.inner or query.count or query.offset:
        message = "Sub-selects, aggregates and OFFSET are not supported by Bulk API 2.0"
        raise SalesforceError("API_ERROR", message)


def _most(call: Call) -> int:
    text = call.query.get("maxRecords", str(MOST_ROWS))
    if not text.isdigit() or int(text) == 0:
        raise SalesforceError("INVALID_INPUT", f"maxRecords must be a number above 0, not {text}")
    return int(text)


def _locator(job: Job, start: int) -> str:
    return base64.urlsafe_b64encode(f"{job.id}:{start}".encode()).decode().rstrip("=")


def _start(call: Call, job: Job) -> int:
    """Where a locator leads to; only those that were given out lead anywhere."""
    locator = call.query.get("locator")
    if locator is None:
        return 0
    try:
        owner, _, start = base64.urlsafe_b64decode(locator + "=" * (-len(locator) % 4)).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        owner, start = "", ""
    if owner != job.id or not start.isdigit() or int(start) >= len(job.results[RESULTS][1]):
        raise SalesforceError("INVALID_QUERY_LOCATOR", "invalid query locator")
    return int(start)
