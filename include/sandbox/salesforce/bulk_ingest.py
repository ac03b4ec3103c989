"""Ingest jobs: CSV in, one result file each for what went well, what did not, and what was never tried."""

from __future__ import annotations

from typing import Any

from sandbox.salesforce import bulk_csv
from sandbox.salesforce.bulk_jobs import DONE, Job, Jobs, invalid_state
from sandbox.salesforce.changes import Change, Reader
from sandbox.salesforce.errors import SalesforceError
from sandbox.salesforce.schema import Field, Row, SObject
from sandbox.salesforce.store import Org
from sandbox.salesforce.wire import DATA, Answer, Call, Resource
from sandbox.salesforce.writes import Outcome, Writer
from sandbox.world import World

OPERATIONS = {"insert": "create", "update": "update", "upsert": "upsert", "delete": "delete", "hardDelete": "delete"}
# triggers see the rows of a batch in portions
CHUNK = 200
BATCH = 10_000
LARGEST_UPLOAD = 150 * 1000 * 1000
FILES = {
    "successfulresults": "successfulResults",
    "failedresults": "failedResults",
    "unprocessedrecords": "unprocessedrecords",
}


class Ingest:
    """Handlers of /jobs/ingest."""

    def __init__(self, world: World, org: Org, writer: Writer) -> None:
        self._org = org
        self._writer = writer
        self.jobs = Jobs(world, "ingest")
        self.may_hard_delete = False
        self._failures: list[tuple[str, int]] = []

    def resources(self) -> list[Resource]:
        """Their paths."""
        at = DATA + "/jobs/ingest"
        one = {"GET": self._look, "PATCH": self._move, "DELETE": self._remove}
        return [
            Resource(at, {"GET": self._list, "POST": self._open}),
            Resource(at + "/{job}", one),
            Resource(at + "/{job}/batches", {"PUT": self._upload}),
            Resource(at + "/{job}/{file}", {"GET": self._file}),
        ]

    def fail_next(self, message: str, after_rows: int) -> None:
        """The next job that is worked on fails after so many rows."""
        self._failures.append((message, after_rows))

    def _list(self, call: Call) -> Answer:
        return Answer({"done": True, "records": [job.shown(call.version) for job in self.jobs.all()]})

    def _open(self, call: Call) -> Answer:
        body = call.record()
        sobject = self._org.visible(str(body.get("object", "")))
        if sobject is None:
            raise SalesforceError("INVALIDJOB", f"InvalidJob : sObject {body.get('object')} not found")
        self._refuse_operation(body)
        key = self._key(body, sobject)
        job = self.jobs.open(body, sobject.name, "Open")
        job.external_id = key.name if key else None
        return Answer(job.shown(call.version))

    def _refuse_operation(self, body: Row) -> None:
        operation = body.get("operation")
        if operation not in OPERATIONS or body.get("contentType", "CSV") != "CSV":
            raise SalesforceError("INVALIDJOB", f"InvalidJob : operation {operation} or contentType not supported")
        if operation == "hardDelete" and not self.may_hard_delete:
            message = "hardDelete operation requires special user profile permission"
            raise SalesforceError("FEATURENOTENABLED", message)

    def _key(self, body: Row, sobject: SObject) -> Field | None:
        if body["operation"] != "upsert":
            return None
        found = sobject.field(str(body.get("externalIdFieldName", "")))
        if found is None or not (found.unique or found.type == "id"):
            raise SalesforceError("INVALIDJOB", "InvalidJob : externalIdFieldName must name an external id field")
        return found

    def _upload(self, call: Call) -> Answer:
        job = self.jobs.get(call.at["job"])
        if call.media != "text/csv":
            raise SalesforceError("UNSUPPORTED_MEDIA_TYPE", f"Content type {call.media} not supported", 415)
        if job.state != "Open":
            raise invalid_state(f"Job is in state {job.state} and takes no content")
        if job.content is not None:
            raise invalid_state(f"Found multiple contents for job: <{job.id}>, PUT content only once on a given job")
        if len(call.text.encode()) > LARGEST_UPLOAD:
            raise SalesforceError("INVALIDJOB", "the content is larger than 150 MB")
        job.content = call.text
        return Answer(status=201)

    def _move(self, call: Call) -> Answer:
        job, state = self.jobs.get(call.at["job"]), call.record().get("state")
        if state == "Aborted" and job.state not in DONE:
            job.state = "Aborted"
            job.results = _unprocessed(job)
        elif state == "UploadComplete" and job.state == "Open" and job.content is not None:
            job.state = "UploadComplete"
        else:
            raise invalid_state(f"Job cannot be moved from {job.state} to {state}")
        return Answer(job.shown(call.version))

    def _look(self, call: Call) -> Answer:
        job = self.jobs.get(call.at["job"])
        if self.jobs.looked_at(job):
            self._work(job)
        return Answer(job.shown(call.version))

    def _remove(self, call: Call) -> Answer:
        self.jobs.delete(self.jobs.get(call.at["job"]))
        return Answer(status=204)

    def _file(self, call: Call) -> Answer:
        """File names do not mind case: clients write unprocessedRecords too."""
        job, name = self.jobs.get(call.at["job"]), FILES.get(call.at["file"].casefold())
        if name is None:
            raise SalesforceError("NOT_FOUND", "The requested resource does not exist", 404)
        if job.state not in DONE:
            raise invalid_state(f"Job has no results in state {job.state}")
        headings, rows = job.results[name]
        return Answer(text=bulk_csv.write(headings, rows, job.delimiter, job.ending), media="text/csv")

    def _work(self, job: Job) -> None:
        failure = self._failures.pop(0) if self._failures else None
        try:
            headings, rows = bulk_csv.read(job.content or "", job.delimiter, job.ending)
            # a batch holds up to 10,000 records
            job.batches = -(-len(rows) // BATCH) or 1
            _Batch(self._org, self._writer, job, headings).run(rows, failure)
        except SalesforceError as refusal:
            job.state, job.error = "Failed", refusal.message
            job.results = job.results or _unprocessed(job)


class _Batch:
    """The rows of one job."""

    def __init__(self, org: Org, writer: Writer, job: Job, headings: list[str]) -> None:
        self._org, self._writer, self._job, self._headings = org, writer, job, headings
        self._sobject = org.objects[job.sobject]
        self._reader = Reader(org)
        self._refuse_headings()

    def run(self, rows: list[list[str]], failure: tuple[str, int] | None) -> None:
        """All rows, or those before a failure; then the result files."""
        end = len(rows) if failure is None else failure[1]
        outcomes: list[Outcome] = []
        for start in range(0, end, CHUNK):
            outcomes += self._portion(rows[start : min(start + CHUNK, end)])
        self._finish(rows[:end], outcomes, rows[end:])
        self._job.state = "JobComplete"
        if failure is not None:
            self._job.state, self._job.error = "Failed", failure[0]

    def _portion(self, rows: list[list[str]]) -> list[Outcome]:
        changes = [self._change(row) for row in rows]
        outcomes = self._writer.collection(OPERATIONS[self._job.operation], False, changes)
        if self._job.operation == "hardDelete":
            for one in outcomes:
                if one.row is not None and one.refusal is None:
                    self._org.purge(self._sobject.name, one.row)
        return outcomes

    def _change(self, row: list[str]) -> Change:
        wrong = bulk_csv.fits(self._headings, row)
        cells = dict(zip(self._headings, row, strict=False))
        record_id = next((value for name, value in cells.items() if name.casefold() == "id"), "")
        change = self._reader.change(self._sobject, record_id, _record(cells), lenient=True)
        change.refused = wrong or change.refused
        if change.refused is not None and change.refused.code == "JSON_PARSER_ERROR":
            change.refused = SalesforceError("INVALID_TYPE_ON_FIELD_IN_RECORD", change.refused.message)
        if self._job.external_id is not None:
            key = self._sobject.fields[self._job.external_id]
            self._reader.keyed(change, key)
        return change

    def _refuse_headings(self) -> None:
        """One name that is not there fails the whole job."""
        for name in self._headings:
            head, _, rest = name.partition(".")
            hop = self._sobject.lookup(head) if rest else None
            if rest:
                known = hop is not None and self._org.objects[str(hop.references)].field(rest) is not None
            else:
                known = self._org.visible_field(self._sobject, name) is not None
            if not known:
                raise bulk_csv.invalid_batch(f"Field name not found : {name}")
        if self._job.operation in ("delete", "hardDelete") and [one.casefold() for one in self._headings] != ["id"]:
            raise bulk_csv.invalid_batch("The 'delete' batch must contain only ids")

    def _finish(self, done: list[list[str]], outcomes: list[Outcome], left: list[list[str]]) -> None:
        good: list[list[Any]] = []
        bad: list[list[Any]] = []
        for row, one in zip(done, outcomes, strict=True):
            if one.refusal is None:
                good.append([one.record_id, one.kind == "create", *row])
            else:
                bad.append([one.record_id if one.kind != "create" else "", _error(one.refusal), *row])
        self._job.processed, self._job.failed = len(done), len(bad)
        self._job.results = {
            "successfulResults": (["sf__Id", "sf__Created", *self._headings], good),
            "failedResults": (["sf__Id", "sf__Error", *self._headings], bad),
            "unprocessedrecords": (self._headings, [list(row) for row in left]),
        }


def _record(cells: dict[str, str]) -> Row:
    """An empty cell changes nothing, #N/A empties the field, and a.b names a parent by its external id."""
    record: Row = {}
    for name, text in cells.items():
        if text == "":
            continue
        head, _, rest = name.partition(".")
        value = None if text == bulk_csv.NULL else text
        record[head] = {rest: value} if rest else value
    return record


def _error(refusal: SalesforceError) -> str:
    return f"{refusal.code}:{refusal.message}:{','.join(refusal.fields)} --"


def _unprocessed(job: Job) -> dict[str, tuple[list[str], list[list[Any]]]]:
    """A job that did nothing hands everything back."""
    try:
        headings, rows = bulk_csv.read(job.content or "", job.delimiter, job.ending)
    except SalesforceError:
        headings, rows = [], []
    return {
        "successfulResults": (["sf__Id", "sf__Created", *headings], []),
        "failedResults": (["sf__Id", "sf__Error", *headings], []),
        "unprocessedrecords": (headings, [list(row) for row in rows]),
    }
