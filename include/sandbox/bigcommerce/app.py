"""BigCommerce as the sandbox sees it: routes, switches and the operator's hands."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from aiohttp import web

from sandbox.bigcommerce import auth_api, b2b_api, hooks, seed
from sandbox.bigcommerce.auth_api import AuthApi
from sandbox.bigcommerce.b2b_api import B2bApi
from sandbox.bigcommerce.call import Call
from sandbox.bigcommerce.core_api import CoreApi
from sandbox.bigcommerce.desk import NAME, Desk
from sandbox.bigcommerce.gate import Gate
from sandbox.bigcommerce.limits import Limiter
from sandbox.bigcommerce.load import Loader
from sandbox.bigcommerce.operator import ENTITIES, Operator
from sandbox.bigcommerce.settings import Settings
from sandbox.bigcommerce.store import Store
from sandbox.bigcommerce.tokens import ACCOUNT, TokenDesk
from sandbox.bigcommerce.wire import Record

if TYPE_CHECKING:
    from sandbox.world import World

CLIENT_SECRET = "demo-client-secret"
_READS = ("GET", "HEAD", "OPTIONS")


class BigCommerce:
    """The stand-in; see `sandbox.vendor.Vendor` for what each method owes the sandbox."""

    name = NAME

    def __init__(self, world: World) -> None:
        self._world = world
        self._settings = Settings()
        self._stores: dict[str, Store] = {}
        self._tokens = TokenDesk(world.random)
        self._limiter = Limiter(self._settings)
        self._gate = Gate(world, self._settings, self._tokens, self._limiter, self._stores)
        desk = Desk(world)
        self._b2b = B2bApi(world, self._settings, self._gate, desk)
        self._core = CoreApi(world, self._settings, self._gate, desk)
        self._auth = AuthApi(self._settings, self._tokens, self._gate, self._stores)
        self._operator = Operator(self._tokens, self._call)
        self._begin()

    def _begin(self) -> None:
        """Seed anew, in place, for the routes hold on to these objects."""
        self._settings.change(Settings().shown())
        self._tokens.clear()
        self._limiter.clear()
        self._stores.clear()
        self._stores.update({store.hash: store for store in seed.stores()})
        seed.tokens(self._tokens)
        seed.fill(self._stores, lambda store, at: replace(self._call(store), at=at))

    def _call(self, store: Store) -> Call:
        return Call(self._world, store, self._settings)

    def routes(self) -> list[web.RouteDef]:
        """Sign-in, B2B Edition and core on one port, told apart by their paths."""
        return [*self._auth.routes(), *self._b2b.routes(), *self._core.routes()]

    def describe(self, base_url: str) -> Record:
        """Where the stand-in is and how to get in; the vendor has B2B and core on two hosts."""
        return {
            "base_url": base_url, "core_url": f"{base_url}/stores", "b2b_url": base_url + b2b_api.BASE,
            "invoice_url": f"{base_url}{b2b_api.BASE}/ip", "auth_url": base_url + auth_api.BASE,
            "stores": [self._described(store, base_url) for store in self._stores.values()],
        }  # fmt: skip

    def _described(self, store: Store, base_url: str) -> Record:
        tokens = [token for token in self._tokens.of(store.hash) if token.kind == ACCOUNT]
        first = tokens[0] if tokens else None
        return {
            "store_hash": store.hash, "name": store.name, "has_b2b": store.has_b2b,
            "multi_storefront": store.multi_storefront, "core_url": f"{base_url}/stores/{store.hash}",
            "access_token": first.value if first else "", "client_id": first.client_id if first else "",
            "client_secret": CLIENT_SECRET,
            "other_tokens": [{"name": token.name, "access_token": token.value} for token in tokens[1:]],
            "staff": [{"email": mail, "password": word, "role": role} for mail, word, role in store.staff],
        }  # fmt: skip

    def loader(self, store_hash: str = seed.HARBOR, at: datetime | None = None) -> Loader:
        """Fills a store with buyers and invoices; `at` is the moment that they are stamped with."""
        return Loader(replace(self._call(self._store(store_hash)), at=at))

    def deliver_hooks(self, send: hooks.Send) -> int:
        """Send the webhook stubs that are due by now with `send(url, headers, body) -> status`; gives the tries."""
        now = self._world.clock.now().timestamp()
        return hooks.deliver(self._stores.values(), send, now, CLIENT_SECRET, self._settings.hook_reversed)

    def settings(self) -> Record:
        """Every switch."""
        return self._settings.shown()

    def configure(self, changes: Record) -> None:
        """Turn switches."""
        self._settings.change(changes)

    def records(self, tenant: str, entity: str) -> list[Record]:
        """Everything stored."""
        return deepcopy(self._operator.records(*self._place(tenant, entity)))

    def edit(self, tenant: str, entity: str, record_id: str, fields: Record) -> Record:
        """A person's change in the control panel."""
        store, name = self._place(tenant, entity)
        return deepcopy(self._operator.edit(store, name, record_id, fields))

    def insert(self, tenant: str, entity: str, fields: Record) -> Record:
        """A person's new record, or a buyer's payment; it is in no journal, for no client wrote it."""
        store = self._store(tenant)
        return deepcopy(self._operator.insert(store, entity, fields))

    def delete(self, tenant: str, entity: str, record_id: str) -> None:
        """A person's deletion."""
        store, name = self._place(tenant, entity)
        self._operator.delete(store, name, record_id)

    def reset(self, seed: str, scale: int) -> None:
        """Back to the seeded stores and default switches; a scale above 1 adds that many hundred buyers less one."""
        self._begin()
        if scale > 1:
            self.loader().companies((scale - 1) * 100)

    def is_write(self, request: web.BaseRequest) -> bool:
        """Whatever is no read and no sign-in."""
        return request.method not in _READS and not self.is_sign_in(request)

    def is_sign_in(self, request: web.BaseRequest) -> bool:
        """A call to the token endpoints."""
        return request.path in (*auth_api.BACKEND_PATHS, auth_api.CUSTOMER_PATH)

    def throttled(self, with_headers: bool) -> web.Response:
        """The 429 of B2B or of core, as a switch says."""
        return self._gate.throttled(with_headers)

    def expire_tokens(self) -> None:
        """As if a person had deleted the API accounts, for tokens do not run out; an edit brings one back."""
        self._tokens.switch_off()

    def _store(self, tenant: str) -> Store:
        if tenant not in self._stores:
            raise LookupError(f"bigcommerce has no store {tenant}")
        return self._stores[tenant]

    def _place(self, tenant: str, entity: str) -> tuple[Store, str]:
        if entity not in ENTITIES:
            raise LookupError(f"bigcommerce has no entity {entity}")
        return self._store(tenant), entity
