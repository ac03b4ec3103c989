"""The wire to Salesforce: signing in, paging, and what its errors mean for a read."""

from __future__ import annotations

import email.utils
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from invoice_sync.connectors.base import Armed, Json
from invoice_sync.connectors.http import Answer, Reply, Request, Transport, origin
from invoice_sync.connectors.rootstock import soql
from invoice_sync.connectors.rootstock.sign_in import SIGN_IN, Credentials, Session, json_object, slug
from invoice_sync.connectors.timing import Timing
from invoice_sync.model import canonical
from invoice_sync.model.errors import SettingsError, TryLater
from invoice_sync.model.ports import Binding, CallLog, Clock, Quota, TokenStore

# the daily allowance is a rolling window: asking every few minutes would only eat what becomes free
LIMIT_WAIT = 3600.0
REMEMBERS_DELETIONS = timedelta(days=15)
_MOMENT = "%Y-%m-%dT%H:%M:%SZ"
STOP_AT = 0.85  # of the org's API calls in 24 hours

_RIGHTS = "Compare the permission set of the integration user, and the version of the package, with the list of fields."
_PERMANENT: Mapping[str, tuple[str, str]] = {
    "MALFORMED_QUERY": ("does not understand a query of ours", _RIGHTS),
    "INVALID_FIELD": ("does not show a field that we need", _RIGHTS),
    "INVALID_TYPE": ("does not show an object that we need", _RIGHTS),
    "MALFORMED_ID": ("was asked for something that is no record id", "Check the ids given to the run."),
    "INVALID_QUERY_FILTER_OPERATOR": ("refuses a filter of ours", "Check the ids given to the run."),
    "API_DISABLED_FOR_ORG": ("has its API switched off", "Have the API enabled for the org and the user."),
    "API_CURRENTLY_DISABLED": ("has its API switched off", "Have the API enabled for the org and the user."),
    "INVALID_SESSION_ID": ("refuses even a new token", SIGN_IN),
    "NOT_FOUND": ("does not know the address", "Check host and API version of the Rootstock connection."),
    "UNSUPPORTED_API_VERSION": ("has retired the API version", "Set a newer API version in the connection."),
}
_NAMED = re.compile(r"(?:column|type|relationship) '([A-Za-z0-9_.]{1,120})'")


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a query, its rows without "attributes", and the server's own time."""

    rows: tuple[Json, ...]
    server_time: datetime


class Client:
    """Queries and describes of one org; one kind of write."""

    def __init__(
        self,
        binding: Binding,
        credentials: Credentials,
        timing: Timing,
        clock: Clock,
        call_log: CallLog,
        tokens: TokenStore,
        quota: Quota | None,
    ) -> None:
        self._origin, self._quota, self._clock = origin(credentials.host, "Rootstock"), quota, clock
        self._transport = Transport(binding, frozenset({self._origin}), timing, clock, call_log, quota)
        self.session = Session(self._transport, credentials, tokens, clock)
        self._data = f"/services/data/v{credentials.api_version}"
        self.update_url = f"{self._origin}{self._data}/composite/sobjects"

    def close(self) -> None:
        self._transport.close()

    def pages(self, query: str) -> Iterator[Page]:
        """Every page; begins anew, once, when the server's cursor has expired, so rows may come twice."""
        try:
            yield from self._pages(query)
        except _CursorExpired:
            yield from self._pages(query)

    def rows(self, query: str) -> list[Json]:
        """All rows, each record once."""
        found = {row["Id"]: row for page in self.pages(query) for row in page.rows}
        return list(found.values())

    def values(self, query: str) -> list[Json]:
        """All rows of a query that does not select Id."""
        return [row for page in self.pages(query) for row in page.rows]

    def count(self, table: str, where: str) -> int:
        answer = self._query(soql.select(("COUNT()",), table, where))
        return int(_payload(answer)["totalSize"])

    def describe(self, table: str) -> Mapping[str, bool] | None:
        """By field that this user sees: whether the user may change it. None for an unknown object."""
        answer = self._get(f"{self._data}/sobjects/{table}/describe")
        if answer.status == 404 or (answer.status != 200 and error_of(answer)[0] == "INVALID_TYPE"):
            return None
        self._refuse_errors(answer)
        return {item["name"]: bool(item.get("updateable")) for item in _payload(answer)["fields"]}

    def deleted(self, table: str, start: datetime) -> list[str] | None:
        """Ids of records deleted since `start`; None when that is longer ago than Salesforce remembers.

        It keeps deletions for 15 days at least and answers INVALID_REPLICATION_DATE before that
        (https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/dome_get_deleted.htm).
        """
        now = self._clock.now()
        if now - start > REMEMBERS_DELETIONS:
            return None
        # the two must be a minute apart, and the end may not lie in the future
        earliest = min(start, now - timedelta(minutes=2))
        params = {"start": earliest.strftime(_MOMENT), "end": now.strftime(_MOMENT)}
        answer = self._get(f"{self._data}/sobjects/{table}/deleted/", params)
        if answer.status != 200 and error_of(answer)[0] == "INVALID_REPLICATION_DATE":
            return None
        self._refuse_errors(answer)
        return [str(each["id"]) for each in _payload(answer)["deletedRecords"]]

    def update(self, armed: Armed, records: Sequence[Json]) -> Reply:
        """PATCH of up to 200 records; each stands or falls alone (allOrNone false)."""
        body = canonical.dumps({"allOrNone": False, "records": list(records)}).encode()
        headers = {"Content-Type": "application/json"}
        return self._transport.write(armed, Request("PATCH", self.update_url, headers=headers, body=body), self.session)

    def _pages(self, query: str) -> Iterator[Page]:
        answer, seen = self._query(query), set[str]()
        while True:
            body = _payload(answer)
            rows = tuple(_without_attributes(row) for row in body["records"])
            yield Page(rows, self._server_time(answer))
            if body.get("done", True):
                return
            following = str(body["nextRecordsUrl"])
            if following in seen:
                raise TryLater("Salesforce led a query round in a circle of pages")
            seen.add(following)
            answer = self._checked(self._get(following))

    def _query(self, query: str) -> Answer:
        return self._checked(self._get(f"{self._data}/query", {"q": query}))

    def _get(self, path: str, params: Mapping[str, str] | None = None) -> Answer:
        self.session.prepare()
        return self._transport.read(Request("GET", f"{self._origin}{path}", params=params or {}), self.session)

    def _checked(self, answer: Answer) -> Answer:
        self._refuse_errors(answer)
        return answer

    def _refuse_errors(self, answer: Answer) -> None:
        self._heed_allowance(answer)
        if answer.status == 200:
            return
        code, message = error_of(answer)
        if code == "INVALID_QUERY_LOCATOR":
            raise _CursorExpired("Salesforce lost the place in a query twice")
        if code == "REQUEST_LIMIT_EXCEEDED":
            self._pause()
        raise _refusal(answer.status, code, message)

    def _heed_allowance(self, answer: Answer) -> None:
        """Other apps of the org live on the same 24 hours; "api-usage=18/5000" is in every answer."""
        used, limit = allowance(answer.headers.get("Sforce-Limit-Info", ""))
        if limit and used >= limit * STOP_AT:
            self._pause()

    def _pause(self) -> None:
        if self._quota is not None:
            self._quota.pause(LIMIT_WAIT)
        raise TryLater("The org has nearly used up its API calls of the last 24 hours", wait=LIMIT_WAIT)

    def _server_time(self, answer: Answer) -> datetime:
        try:
            return email.utils.parsedate_to_datetime(answer.headers.get("Date", "")).astimezone(UTC)
        except ValueError:
            return self._clock.now()


def allowance(header: str) -> tuple[int, int]:
    """(used, allowed) calls of the org's last 24 hours; (0, 0) when the header does not say."""
    found = re.search(r"api-usage=(\d+)/(\d+)", header)
    return (int(found[1]), int(found[2])) if found else (0, 0)


class _CursorExpired(TryLater):
    """The place in a query is gone; asking anew helps."""


def error_of(answer: Answer) -> tuple[str, str]:
    """errorCode and message of a plain error answer; empty texts when it is none of Salesforce's."""
    try:
        errors = answer.json()
    except ValueError:
        return "", ""
    first = errors[0] if isinstance(errors, list) and errors else None
    if not isinstance(first, dict):
        return "", ""
    return str(first.get("errorCode", "")), str(first.get("message", ""))


def _refusal(status: int, code: str, message: str) -> SettingsError | TryLater:
    """Never quotes the message: it may hold parts of the query. Only a field or object name is taken from it."""
    if code.startswith("INSUFFICIENT_ACCESS"):
        return SettingsError(f"Salesforce denies the integration user access ({code}).", cure=_RIGHTS)
    known = _PERMANENT.get(code)
    if known is None:
        return TryLater(f"Salesforce answered {status} {slug(code)}".rstrip())
    named = _NAMED.search(message)
    what = f"{known[0]}: {named[1]}" if named else known[0]
    return SettingsError(f"Salesforce {what} ({code}).", cure=known[1])


def _payload(answer: Answer) -> dict[str, Any]:
    body = json_object(answer)
    if not body:
        raise TryLater("Salesforce answered a read with something that is not JSON")
    return body


def _without_attributes(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_attributes(item) for key, item in value.items() if key != "attributes"}
    return value
