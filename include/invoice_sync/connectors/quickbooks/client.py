"""The wire to one QuickBooks company: reads, queries and the batch call.

https://developer.intuit.com/app/developer/qbo/docs/learn/rest-api-features
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from invoice_sync.connectors.base import CREATE, UPDATE, VOID, Armed, Json, Verdict, WireItem
from invoice_sync.connectors.http import Answer, Reply, Request, Transport, origin
from invoice_sync.connectors.quickbooks import faults, wording
from invoice_sync.connectors.quickbooks.limits import BATCH
from invoice_sync.connectors.quickbooks.mapping import ENTITIES
from invoice_sync.connectors.quickbooks.query import PORTION, SHORTEST, SURELY_LAST, select, select_all, unique
from invoice_sync.connectors.quickbooks.sign_in import Credentials, SignIn
from invoice_sync.connectors.timing import Timing
from invoice_sync.model import canonical
from invoice_sync.model.errors import InvoiceSyncError, NeedsPerson, SettingsError, TryLater
from invoice_sync.model.ports import Binding, CallLog, Clock, Quota, TokenStore

TRACE_HEADER = "intuit_tid"
THROTTLE_WAIT = 60.0
_JSON = {"Accept": "application/json", "Content-Type": "application/json"}
_TOO_LONG = frozenset({4000, 4001, -1})
_QUERY = {"Accept": "application/json", "Content-Type": "application/text"}


_OPERATIONS: Mapping[str, Json] = {
    CREATE: {"operation": "create"},
    UPDATE: {"operation": "update"},
    VOID: {"operation": "update", "optionsData": "void"},
}


class Refused(NeedsPerson):
    """QuickBooks will not answer a read before a person has acted. `codes` are the vendor's."""

    def __init__(self, message: str, cure: str, codes: Sequence[int]) -> None:
        self.message, self.codes = message, tuple(codes)
        super().__init__(message, cure=cure)


class Client:
    """Reads run on the main thread and renew the token themselves; `batch` only uses what `prepare` left."""

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
        places = frozenset({company_url(credentials.host, binding.tenant), credentials.token_url})
        self._transport = Transport(binding, places, timing, clock, call_log, quota, TRACE_HEADER)
        self._base = company_url(credentials.host, binding.tenant)
        self.batch_url = f"{self._base}/batch"
        self._minor_version, self._realm = credentials.minor_version, binding.tenant
        self._portion = PORTION
        self.sign_in = SignIn(self._transport, binding, credentials, tokens, clock)

    def company_info(self) -> Json:
        return self._entity("CompanyInfo", f"companyinfo/{self._realm}")

    def preferences(self) -> Json:
        return self._entity("Preferences", "preferences")

    def having(self, entity: str, prop: str, values: Sequence[str]) -> list[Json]:
        """Every record of `entity` whose `prop` is one of `values`, active or not."""
        found: list[Json] = []
        left = unique(values)
        while left:
            portion = left[: self._portion]
            try:
                found += self._pages(entity, partial(select, entity, prop, portion), prop, portion)
            except Refused as refusal:
                self._shorten(refusal, len(portion))
                continue
            left = left[len(portion) :]
        return found

    def everything(self, entity: str) -> list[Json]:
        """Every active record of `entity`."""
        return self._pages(entity, partial(select_all, entity))

    def batch(self, armed: Armed) -> Reply:
        """One call; never raises for what came back. Thread-safe."""
        if not self.sign_in.ready:
            return Reply(Verdict.NOT_DONE, note="no access token yet")
        return self._transport.write(armed, batch_request(self._base, self._minor_version, armed), self.sign_in)

    def close(self) -> None:
        self._transport.close()

    def _pages(
        self, entity: str, statement: Callable[[int], str], prop: str = "", values: Sequence[str] = ()
    ) -> list[Json]:
        """Reads are metered, so ids, which are unique, are not asked for once more when all are there, and a page
        that is short is the last."""
        found: list[Json] = []
        while not (prop == "Id" and len(found) >= len(values)):
            page = self._page(entity, statement(len(found) + 1))
            found += page
            if len(page) < SURELY_LAST:
                break
        return found

    def _shorten(self, refusal: Refused, asked: int) -> None:
        """How long a list may be is not published: one that is refused is asked in halves, as long as that helps."""
        if not _TOO_LONG.intersection(refusal.codes) or asked <= SHORTEST:
            raise refusal
        self._portion = max(SHORTEST, asked // 2)

    def _page(self, entity: str, statement: str) -> list[Json]:
        params = {"minorversion": self._minor_version}
        body = statement.encode()
        content = self._read(Request("POST", f"{self._base}/query", params, _QUERY, body))
        answer = content.get("QueryResponse")
        if not isinstance(answer, Mapping):
            raise TryLater("QuickBooks answered a query with something else")
        return list(answer.get(entity) or [])

    def _entity(self, name: str, path: str) -> Json:
        params = {"minorversion": self._minor_version}
        content = self._read(Request("GET", f"{self._base}/{path}", params, _JSON)).get(name)
        if not isinstance(content, Mapping):
            raise TryLater(f"QuickBooks answered without {name}")
        return content

    def _read(self, request: Request) -> Json:
        self.sign_in.prepare()
        answer = self._transport.read(request, self.sign_in)
        content, fault = faults.read(answer.body)
        if fault is not None or answer.status >= 400:
            raise self._refusal(answer, fault)
        if not isinstance(content, Mapping):
            raise TryLater("QuickBooks answered a read with something that is no JSON")
        return content

    def _refusal(self, answer: Answer, fault: faults.Fault | None) -> InvoiceSyncError:
        trace_id = answer.headers.get(TRACE_HEADER, "")
        verdict = faults.verdict(fault) if fault else None
        if answer.status == 401 or verdict is Verdict.NOT_DONE:
            return self.sign_in.unauthorized()
        if fault is None:
            problem, codes = wording.unexplained("our question", answer.status, trace_id), (-1,)
            return Refused(problem.reason, problem.cure, codes)
        if verdict is Verdict.THROTTLED:
            return TryLater("QuickBooks asks us to wait", wait=THROTTLE_WAIT)
        if verdict is Verdict.UNKNOWN:
            return TryLater(f"QuickBooks has trouble of its own (code {fault.vendor_code}, trace {trace_id})")
        problem = wording.problem("our question", fault, trace_id)
        return Refused(f"{problem.reason} (code {fault.vendor_code}, trace {trace_id})", problem.cure, fault.codes)


def company_url(host: str, realm: str) -> str:
    """The one place where the company gets into a URL. Raises SettingsError for what is no company ID."""
    if not (realm.isascii() and realm.isdigit()):
        raise SettingsError("the company ID of QuickBooks (realm) must be digits only", cure="Correct the tenant.")
    return f"{origin(host, 'QuickBooks')}/v3/company/{realm}"


def batch_request(base: str, minor_version: str, armed: Armed) -> Request:
    """The call that writes all items of `armed`; equal for every sending of it.

    QuickBooks keeps requestid and bId glued together in 50 characters: 32 and 10 fit.
    """
    kind, how = ENTITIES[armed.entity], _OPERATIONS[armed.operation]
    items = ",".join(
        f'{{"{kind}":{_sent(item)},{canonical.dumps({"bId": item.wire_item, **how})[1:]}' for item in armed.items
    )
    body = f'{{"BatchItemRequest":[{items}]}}'.encode()
    params = {"minorversion": minor_version, "requestid": armed.wire_request}
    return Request("POST", f"{base}/batch", params, _JSON, body, kind=BATCH)


def _sent(item: WireItem) -> str:
    """Without what stays with us, and what an update leaves as it is over there."""
    body = item.body
    if item.text and not any(name.startswith("_") for name in body):
        return item.text
    kept = body.get("_kept", ())
    return canonical.dumps({name: value for name, value in body.items() if name[:1] != "_" and name not in kept})
