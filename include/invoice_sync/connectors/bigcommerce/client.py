"""The wire to one BigCommerce store: what B2B Edition holds, who the core API says the store is, and writes.

B2B Edition is one host for all stores; which one is meant is said by a header, which is made from the binding alone.
https://developer.bigcommerce.com/b2b-edition/docs/authentication
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from invoice_sync.connectors.base import Armed, Json
from invoice_sync.connectors.bigcommerce import envelope, wording
from invoice_sync.connectors.bigcommerce.envelope import Told
from invoice_sync.connectors.bigcommerce.limits import B2B, CORE, wait_of
from invoice_sync.connectors.http import Reply, Request, Transport, origin
from invoice_sync.connectors.parts import Parts
from invoice_sync.connectors.timing import Timing
from invoice_sync.model import canonical
from invoice_sync.model.errors import NeedsPerson, SettingsError, TryLater
from invoice_sync.model.ports import Binding, CallLog, Clock, Quota

VENDOR = "BigCommerce"
HOST, CORE_HOST = "https://api-b2b.bigcommerce.com", "https://api.bigcommerce.com"
PATH = "/api/v3/io"
TRACE_HEADER = "X-Request-Id"
PAGE = 200
"""The highest page size is published as 250, in one place with and in another without the bound itself."""

_JSON = {"Accept": "application/json", "Content-Type": "application/json"}
_DENIED = frozenset({401, 403})


class Refused(NeedsPerson):
    """The store will not answer a read before a person has acted. `status` is the answer's."""

    def __init__(self, message: str, cure: str, status: int) -> None:
        self.message, self.status = message, status
        super().__init__(message, cure=cure)


@dataclass(frozen=True, slots=True)
class Access:
    """Two hosts, one token. The hosts are addresses, without a path."""

    token: str = field(repr=False)
    host: str = HOST
    core_host: str = CORE_HOST


def access(parts: Parts) -> Access:
    """From a connection: the token is its password, and its login the store hash, if it has one.

    Raises SettingsError for one without a token, and for one of another store.
    """
    binding, store = parts.binding, parts.user.strip()
    if store and store != binding.tenant:
        raise SettingsError(
            f"The BigCommerce connection of company {binding.company} is for store {store}, and the flow is bound to "
            f"store {binding.tenant}.",
            cure="Give the flow the connection of its own store, or correct `tenant` in flows.yaml.",
        )
    if not parts.password.strip():
        raise SettingsError(
            f"The BigCommerce connection of company {binding.company} has no token.",
            cure="Make a store-level API account with the scope B2B Edition (modify), and enter its access token.",
        )
    core = parts.setting("core_url", CORE_HOST).rstrip("/").removesuffix("/stores")
    return Access(parts.password.strip(), parts.host.strip() or HOST, core)


class StoreKey:
    """Signs requests of one store. A token of BigCommerce runs as long as its API account is there."""

    def __init__(self, token: str, store_hash: str) -> None:
        self._headers = {"X-Auth-Token": token, "X-Store-Hash": store_hash}

    def headers(self) -> Mapping[str, str]:
        return self._headers

    def renew(self) -> None:
        """Nothing can be renewed; asking once more tells a passing mistake from a token that is gone."""


class Client:
    """Reads of one store, and its writes; `transmit` alone may be called from another thread."""

    def __init__(
        self, binding: Binding, access: Access, timing: Timing, clock: Clock, call_log: CallLog, quota: Quota | None
    ) -> None:
        store = _checked(binding.tenant)
        self.base = f"{origin(access.host, VENDOR)}{PATH}"
        self._core = f"{origin(access.core_host, VENDOR)}/stores/{store}"
        places = frozenset({self.base, self._core})
        self._transport = Transport(
            binding, places, timing, clock, call_log, quota, TRACE_HEADER, wait_of=wait_of
        )  # fmt: skip
        self._key = StoreKey(access.token, store)

    def store(self) -> Told:
        """What the core API says of the store; refusals are returned. Raises TryLater for weather."""
        return self._read(Request("GET", f"{self._core}/v2/store", {}, _JSON, kind=CORE))

    def ask(self, path: str, params: Mapping[str, str] | None = None) -> Told:
        """One answer of B2B Edition; refusals are returned. Raises TryLater for weather."""
        return self._read(Request("GET", f"{self.base}{path}", params or {}, _JSON, kind=B2B))

    def page(self, path: str, params: Mapping[str, str], offset: int, limit: int = PAGE) -> tuple[list[Json], int]:
        """Rows of a list from `offset` on, and how many there are in all. Raises Refused."""
        told = self.ask(path, {**params, "offset": str(offset), "limit": str(limit)})
        if told.refuses:
            raise refusal(told)
        rows = told.data if isinstance(told.data, list) else []
        total = envelope.whole(envelope.pagination(told).get("totalCount"))
        found = [row for row in rows if isinstance(row, Mapping)]
        # without a count, a page that is full says that there may be another
        return found, total if total is not None else offset + len(rows) + (len(rows) >= limit)

    def pages(self, path: str, params: Mapping[str, str] | None = None) -> Iterator[list[Json]]:
        """A list, page by page, to its end."""
        offset, total = 0, 1
        while offset < total:
            rows, total = self.page(path, params or {}, offset)
            if not rows:
                return
            yield rows
            offset += len(rows)

    def transmit(self, armed: Armed, method: str, path: str, body: Json) -> Reply:
        """One call; never raises for what came back. Thread-safe."""
        content = canonical.dumps(body).encode()
        request = Request(method, f"{self.base}{path}", {}, _JSON, content, kind=B2B)
        return self._transport.write(armed, request, self._key)

    def close(self) -> None:
        self._transport.close()

    def _read(self, request: Request) -> Told:
        answer = self._transport.read(request, self._key)
        if answer.status == 204:
            return Told(answer.status)
        told = envelope.read(answer.status, answer.body)
        if told is None and answer.status < envelope.FIRST_REFUSAL:
            raise TryLater(f"{VENDOR} answered {request!r} with something that is no JSON")
        return told or Told(answer.status)


def refusal(told: Told) -> NeedsPerson:
    """A read that was refused, as what the run stops with."""
    if told.status in _DENIED:
        return Refused(GONE if told.status == 401 else DENIED, DENIED_CURE, told.status)
    problem = wording.problem("our question", told)
    return Refused(f"{problem.reason} (HTTP {told.status})", problem.cure, told.status)


GONE = "B2B Edition does not know the token: it was deleted, or the store has no B2B Edition"
DENIED = "The store has no B2B Edition, or the token's API account has no right to it"
DENIED_CURE = (
    "See that B2B Edition is active in the store, and give the API account (Settings, Store-level API accounts) the "
    "scope B2B Edition: modify; the scope is listed only where the store has B2B Edition."
)


def _checked(store_hash: str) -> str:
    """It goes into a header and into a path. Raises SettingsError for what is no store hash."""
    if not (store_hash.isascii() and store_hash.isalnum() and len(store_hash) <= 40):
        raise SettingsError(
            "The tenant of a BigCommerce store is its store hash: letters and digits only.",
            cure="Copy it out of the API path of the store: https://api.bigcommerce.com/stores/<store hash>/v3/.",
        )
    return store_hash
