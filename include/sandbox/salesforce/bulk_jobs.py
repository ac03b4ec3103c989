"""Jobs of Bulk API 2.0: their states, and what they answer about themselves.

Bulk API 2.0 Developer Guide. A job moves on when it is looked at, so nobody has to wait for real.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sandbox import exact_json
from sandbox.salesforce.bulk_csv import DELIMITERS, ENDINGS
from sandbox.salesforce.errors import SalesforceError, not_found
from sandbox.salesforce.ids import base62, full_id
from sandbox.salesforce.schema import Row
from sandbox.salesforce.sign_in import USER_ID
from sandbox.world import World

KEPT = timedelta(days=7)
DONE = ("JobComplete", "Failed", "Aborted")


@dataclass
class Job:
    """One ingest or query job."""

    id: str
    kind: str
    operation: str
    sobject: str
    created: datetime
    state: str
    delimiter: str = "COMMA"
    ending: str = "LF"
    external_id: str | None = None
    query: str | None = None
    content: str | None = None
    error: str | None = None
    polls: int = 0
    batches: int = 0
    processed: int = 0
    failed: int = 0
    # result files by name: headings and rows
    results: dict[str, tuple[list[str], list[list[Any]]]] = field(default_factory=dict)

    def shown(self, version: str) -> Row:
        """The answer of GET and of every change."""
        about: Row = {
            "id": self.id,
            "operation": self.operation,
            "object": self.sobject,
            "createdById": USER_ID,
            "createdDate": exact_json.stamp(self.created),
            "systemModstamp": exact_json.stamp(self.created),
            "state": self.state,
            "concurrencyMode": "Parallel",
            "contentType": "CSV",
            "apiVersion": float(version.removeprefix("v")),
            "lineEnding": self.ending,
            "columnDelimiter": self.delimiter,
            "numberRecordsProcessed": self.processed,
            "retries": 0,
            "totalProcessingTime": 0,
        }
        about |= {"errorMessage": self.error} if self.error else {}
        return about | (self._of_ingest(version) if self.kind == "ingest" else {})

    def _of_ingest(self, version: str) -> Row:
        about: Row = {"jobType": "V2Ingest", "numberRecordsFailed": self.failed}
        about |= {"externalIdFieldName": self.external_id} if self.external_id else {}
        if self.state == "Open":
            about["contentUrl"] = f"services/data/{version}/jobs/ingest/{self.id}/batches"
        return about


class Jobs:
    """Every job of one kind."""

    def __init__(self, world: World, kind: str) -> None:
        self._world = world
        self._kind = kind
        self._jobs: dict[str, Job] = {}
        self.polls_in_progress = 1

    def open(self, body: Row, sobject: str, state: str) -> Job:
        """A new job, with the CSV dialect that the request asks for."""
        delimiter, ending = (body.get("columnDelimiter", "COMMA"), body.get("lineEnding", "LF"))
        if delimiter not in DELIMITERS or ending not in ENDINGS:
            raise SalesforceError("INVALIDJOB", f"unknown columnDelimiter {delimiter} or lineEnding {ending}")
        short = f"750{'5f0' if self._kind == 'ingest' else '5f1'}{base62(len(self._jobs) + 1, 9)}"
        now = self._world.clock.now()
        job = Job(full_id(short) or short, self._kind, str(body["operation"]), sobject, now, state, delimiter, ending)
        self._jobs[job.id] = job
        return job

    def get(self, job_id: str) -> Job:
        """The job, for seven days."""
        job = self._jobs.get(full_id(job_id) or "")
        if job is None or self._world.clock.now() >= job.created + KEPT:
            raise not_found()
        return job

    def all(self) -> list[Job]:
        """Every job that is still kept."""
        now = self._world.clock.now()
        return [job for job in self._jobs.values() if now < job.created + KEPT]

    def batches_today(self) -> int:
        """Batches of the jobs of the last 24 hours."""
        day_ago = self._world.clock.now() - timedelta(hours=24)
        return sum(job.batches for job in self._jobs.values() if job.created > day_ago)

    def jobs_today(self) -> int:
        """Jobs opened in the last 24 hours."""
        day_ago = self._world.clock.now() - timedelta(hours=24)
        return sum(job.created > day_ago for job in self._jobs.values())

    def looked_at(self, job: Job) -> bool:
        """UploadComplete, then InProgress for some polls; true when the work is due now."""
        if job.state == "UploadComplete":
            job.state = "InProgress"
            return self.polls_in_progress == 0
        if job.state != "InProgress":
            return False
        job.polls += 1
        return job.polls >= self.polls_in_progress

    def delete(self, job: Job) -> None:
        """Only when it has ended."""
        if job.state not in DONE:
            raise invalid_state(f"Job cannot be deleted in state {job.state}")
        del self._jobs[job.id]


def invalid_state(text: str) -> SalesforceError:
    """A step that the job's state does not allow."""
    return SalesforceError("INVALIDJOBSTATE", text)
