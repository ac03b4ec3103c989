"""Everything behind the port, wired together: one org's records, rules, sessions and resources."""

from __future__ import annotations

from typing import Any

from sandbox.salesforce.actions import Actions
from sandbox.salesforce.allowance import Allowance, Refusals
from sandbox.salesforce.apps import Apps
from sandbox.salesforce.bulk_ingest import Ingest
from sandbox.salesforce.bulk_query import BulkQueries
from sandbox.salesforce.cursors import Cursors
from sandbox.salesforce.errors import SalesforceError, not_found
from sandbox.salesforce.names import ORGANIZATION, SYDATA, USER
from sandbox.salesforce.operator import Screens
from sandbox.salesforce.rest_collections import Collections
from sandbox.salesforce.rest_composite import Composite
from sandbox.salesforce.rest_query import Queries
from sandbox.salesforce.rest_records import Records
from sandbox.salesforce.schema import Row
from sandbox.salesforce.sign_in import Session, Sessions
from sandbox.salesforce.store import ORG_ID, Org
from sandbox.salesforce.sydata import Processor
from sandbox.salesforce.wire import DATA, Answer, Call, Resource, Router
from sandbox.salesforce.writes import Writer
from sandbox.world import World

OLDEST, RETIRED, NEWEST = 31, 30, 66
TOKEN_PATH = "/services/oauth2/token"
JOBS_PER_DAY = 10_000


class Office:
    """A fresh one is made at every reset."""

    def __init__(self, world: World, seed: str) -> None:
        self.org = Org(world, seed)
        self.apps = Apps()
        self.sessions = Sessions(world, self.org, self.apps, ORG_ID)
        self.cursors = Cursors(world)
        self.allowance = Allowance(world)
        self.refusals = Refusals()
        self.writer = Writer(world, self.org, ORG_ID)
        self.processor = Processor(world, self.org, lambda name, row: self.writer.after("update", name, row))
        self.writer.on_created = self._created
        self.screens = Screens(self.org, self.writer, self.apps)
        self._ingest = Ingest(world, self.org, self.writer)
        self._bulk_queries = BulkQueries(world, self.org)
        self.actions = Actions(
            self.org, self.sessions, self.cursors, self.writer.triggers, self.refusals, self._ingest, self.processor
        )
        self._access = "on"
        self.router = self._routed(world)
        versions = Resource("/services/data", {"GET": self._versions})
        self.open_paths = {versions.path: versions}

    def _routed(self, world: World) -> Router:
        composite = Composite(self.writer)
        router = Router(
            [
                Resource("/services/oauth2/userinfo", {"GET": self._user_info, "POST": self._user_info}),
                Resource("/id/{org}/{user}", {"GET": self._user_info}),
                Resource(DATA, {"GET": self._directory}),
                Resource(DATA + "/limits", {"GET": self._limits}),
                *Queries(self.org, self.cursors, self._looked_at).resources(),
                *Records(world, self.org, self.writer, self._looked_at).resources(),
                *Collections(self.org, self.writer).resources(),
                *composite.resources(),
                *self._ingest.resources(),
                *self._bulk_queries.resources(),
            ]
        )
        composite.router = router
        return router

    def apply(self, now: dict[str, Any]) -> None:
        """Turn every switch to where the settings say."""
        self._apply_to_readers(now)
        self._apply_to_writers(now)
        self._access = now["api_access"]
        self.allowance.most, self.allowance.most_of_app = (now["daily_limit"], now["per_app_limit"])
        self.sessions.seconds = now["session_seconds"]
        self.sessions.ip_restricted, self.sessions.is_sandbox = (now["ip_restricted"], now["sandbox_org"])
        self._ingest.jobs.polls_in_progress = self._bulk_queries.jobs.polls_in_progress = now["bulk_polls"]
        self._ingest.may_hard_delete = now["bulk_hard_delete"]
        self.processor.polls, self.processor.gateway_required = (now["sydata_polls"], now["gateway_required"])

    def _apply_to_readers(self, now: dict[str, Any]) -> None:
        self.cursors.page_size, self.cursors.seconds = (now["page_size"], now["cursor_seconds"])
        self.cursors.child_page_size = now["child_page_size"]
        self.org.financials = now["financials"]
        organization = self.org.stored(ORGANIZATION, ORG_ID)
        if organization is not None:
            organization["IsSandbox"] = now["sandbox_org"]
        self.org.hidden_fields = frozenset(now["hidden_fields"])
        self.org.hidden_objects = frozenset(now["hidden_objects"])
        self.org.read_only_fields = frozenset(now["read_only_fields"])
        self.org.double_external_ids = frozenset(now["double_external_ids"])

    def _apply_to_writers(self, now: dict[str, Any]) -> None:
        triggers = self.writer.triggers
        triggers.locked_when_transferred = now["locked_when_transferred"]
        triggers.user_required = now["rootstock_user_required"]
        triggers.refused_fields = frozenset(now["trigger_refuses"])
        triggers.validation_rules = dict(now["validation_rules"])
        triggers.governor_rows, triggers.governor_limit = (now["governor_rows"], now["governor_limit"])
        self.writer.line_moves_header = now["line_moves_header"]
        self.writer.checks.read_only_objects = frozenset(now["read_only_objects"])

    def admit(self, session: Session) -> None:
        """Refuse a call as a whole, or count it."""
        if self._access != "on":
            raise SalesforceError(self._access, "The REST API is not enabled for this Organization.", 403)
        self.allowance.count(session.app)
        self.refusals.strike()

    def answer(self, path: str | None, call: Call, session: Session) -> Answer:
        """What the resource of the path says to the call."""
        resource = self.router.resources.get(path or "")
        if resource is None:
            raise not_found()
        self.writer.triggers.actor = session.user_id
        return resource.handler(call.method)(call)

    def signed_in(self, session: Session, base: str) -> Row:
        """The answer of the token endpoint; how long the token lives is not told."""
        return {
            "access_token": session.token,
            "signature": "c2FuZGJveA==",
            "scope": "api",
            "instance_url": base,
            "id": f"{base}/id/{ORG_ID}/{session.user_id}",
            "token_type": "Bearer",
            "issued_at": str(int(session.issued.timestamp() * 1000)),
        }

    def _created(self, sobject: str, row: Row) -> None:
        if sobject == SYDATA:
            self.processor.created(row)

    def _looked_at(self, sobject: str) -> None:
        if sobject == SYDATA:
            self.processor.looked_at()

    def _versions(self, call: Call) -> Answer:
        numbers = range(OLDEST, NEWEST + 1)
        listed = [
            {"label": f"v{number}.0", "url": f"/services/data/v{number}.0", "version": f"{number}.0"}
            for number in numbers
        ]
        return Answer(listed)

    def _directory(self, call: Call) -> Answer:
        names = ("sobjects", "query", "queryAll", "limits", "composite", "jobs")
        return Answer({name: f"/services/data/{call.version}/{name}" for name in names})

    def _user_info(self, call: Call) -> Answer:
        """Of whoever the token belongs to."""
        user = self.org.row(USER, self.writer.triggers.actor) or {}
        return Answer(
            {
                "sub": f"{call.base_url}/id/{ORG_ID}/{user['Id']}",
                "user_id": user["Id"],
                "organization_id": ORG_ID,
                "preferred_username": user["Username"],
                "name": user["Name"],
                "email": user["Email"],
                "active": user["IsActive"],
            }
        )

    def _limits(self, call: Call) -> Answer:
        jobs, batches = self._bulk_queries.jobs.jobs_today(), self._ingest.jobs.batches_today()
        return Answer(
            {
                "DailyApiRequests": {"Max": self.allowance.most, "Remaining": self.allowance.left},
                "DailyBulkV2QueryJobs": {"Max": JOBS_PER_DAY, "Remaining": JOBS_PER_DAY - jobs},
                "DailyBulkApiBatches": {"Max": 15_000, "Remaining": 15_000 - batches},
            }
        )
