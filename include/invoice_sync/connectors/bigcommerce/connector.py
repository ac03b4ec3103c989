"""BigCommerce B2B Edition as the floors above see it: `Destination`, and with it `Writer`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from invoice_sync.connectors.base import (
    CREATE,
    UPDATE,
    VOID,
    Armed,
    Candidate,
    Change,
    Finding,
    Inspection,
    Json,
    Outcome,
    Remote,
    WireItem,
    WriteClass,
    WriteRule,
)
from invoice_sync.connectors.bigcommerce import (
    comparing,
    fields,
    invoices,
    looking,
    mapping,
    orders,
    outcomes,
    payload,
    payments,
    preflight,
    store,
)
from invoice_sync.connectors.bigcommerce.client import (
    DENIED,
    DENIED_CURE,
    VENDOR,
    Access,
    Client,
    Refused,
    access,
)
from invoice_sync.connectors.bigcommerce.envelope import Told, text_of
from invoice_sync.connectors.bigcommerce.limits import B2B
from invoice_sync.connectors.bigcommerce.store import Store
from invoice_sync.connectors.parts import Parts
from invoice_sync.connectors.timing import Timing
from invoice_sync.model import canonical
from invoice_sync.model.documents import Document, Entity, Invoice, Party, Payment, Product
from invoice_sync.model.errors import NeedsPerson, Problem, SettingsError
from invoice_sync.model.flow import Options
from invoice_sync.model.money import Money
from invoice_sync.model.ports import Binding, CallLog, Clock, Quota

__all__ = ["Access", "BigCommerce", "build"]

_OPERATIONS: Mapping[Entity, tuple[str, ...]] = {"customer": (CREATE,), "invoice": (CREATE, UPDATE, VOID)}
_PAYMENTS: Mapping[Entity, tuple[str, ...]] = {"payment": (CREATE, UPDATE, VOID)}
_PATHS: Mapping[Entity, str] = {
    "customer": looking.COMPANIES, "invoice": looking.INVOICES, "payment": looking.PAYMENTS,
}  # fmt: skip


class BigCommerce:
    """One store. Only `send` may run outside the main thread."""

    refers_to: frozenset[Entity] = frozenset({"customer"})
    can_reopen = True

    def __init__(
        self,
        binding: Binding,
        access: Access,
        timing: Timing,
        clock: Clock,
        call_log: CallLog,
        quota: Quota | None,
        options: Options,
    ) -> None:
        self.binding, self.timing = binding, timing
        self._options, self._choices = options, options.bigcommerce
        self._client = Client(binding, access, timing, clock, call_log, quota)
        self._invoices = looking.Invoices(self._client)
        self._payments = looking.Payments(self._client, self._invoices)
        self._operations = {**_OPERATIONS, **(_PAYMENTS if self._choices.cash == "offline_payments" else {})}
        self._companies = looking.Companies(self._client, self._choices)
        self._seen: Store | None = None

    def stop_waiting(self) -> None:
        """One call, one answer: there is nothing that could be waited for."""

    def close(self) -> None:
        """Gives the connections back."""
        self._client.close()

    def inspect(self, options: Options) -> Inspection:
        """Whose token it is, asked of the core API; then B2B Edition, its fields and channels."""
        about = self._client.store()
        if about.status in (401, 404):
            return Inspection("", "", (_wrong_pair(self.binding.tenant),))
        known = about.data if isinstance(about.data, Mapping) else {}
        tenant = text_of(known.get("id")) or self.binding.tenant
        try:
            seen = self._look(options, about)
        except Refused as refusal:
            return Inspection(tenant, text_of(known.get("name")), (Finding(refusal.message, refusal.cure),))
        return Inspection(tenant, seen.name, store.findings(seen, options), notes=store.notes(seen, options))

    def for_good(self, options: Options) -> dict[str, str]:
        """Balances that were written and payments on top of them would count cash twice."""
        return {"bigcommerce.cash": options.bigcommerce.cash}

    def profile(self, options: Options) -> Json:
        return store.profile(self._look(options), options)

    def candidates(self, entity: Entity, wanted: Sequence[Party | Product]) -> list[Candidate]:
        parties = [each for each in wanted if isinstance(each, Party)]
        if entity != "customer" or not parties:
            return []
        return [mapping.candidate(record, self._choices) for record in self._companies.of(parties)]

    def record_name(self, document: Party | Product) -> str:
        return mapping.company_name(document) if isinstance(document, Party) else ""

    def everybody(self, entity: Entity) -> list[Candidate]:
        if entity != "customer":
            return []
        found = [mapping.candidate(record, self._choices) for record in self._companies.everybody()]
        return [each for each in found if each.active]

    def body(self, document: Document, profile: Json, options: Options, marker: str) -> Json:
        if isinstance(document, Invoice):
            return invoices.invoice_body(document, profile, options, marker)
        if isinstance(document, Party):
            return mapping.company_body(document, options.bigcommerce)
        if isinstance(document, Payment):
            return payments.body(document, marker)
        raise SettingsError("A BigCommerce store gets no products from here.")

    def number(self, body: Json) -> str:
        return str(body.get("invoiceNumber") or body.get(payments.LABEL, ""))

    def update_body(self, body: Json, before: Json, there: Remote) -> Json:
        """The whole state: an update replaces `details`, and maybe the extra fields, so that those which people filled
        in the store go along. A link that is gone is emptied, and a balance that payments move is let be."""
        if payments.is_one(body):
            return {**body, payload.ID: there.id}
        gone = {"externalPdfUrl": ""} if before.get("externalPdfUrl") and not body.get("externalPdfUrl") else {}
        ours = {each["fieldName"] for each in body[payload.FIELDS]}
        held = canonical.loads(there.facts.get("fields") or "{}")
        others = [{"fieldName": name, "fieldValue": text} for name, text in held.items() if name not in ours]
        if payload.CASH in body:
            body = {name: body[name] for name in body if name not in ("openBalance", "status")}
            gone |= comparing.left_open(before, body, there)
        return {**body, **gone, payload.ID: there.id, payload.FIELDS_OF_OTHERS: others}

    def not_emptied(self, before: Json, after: Json) -> list[str]:
        """The store wants no empty text but a PDF link's; the rest is emptied there by hand."""
        return [] if payments.is_one(after) else comparing.emptied(before, after)

    def blocked(self, there: Remote) -> Problem | None:
        """An older balance would open a debt again that the buyer has paid."""
        if there.facts.get("pending", "") in looking.NOT_PENDING:
            return None
        return Problem(
            "payment_pending",
            f"A buyer's payment on invoice {there.number} (id {there.id}) is on its way in the store.",
            "Nothing: once it is settled and entered at the source, the invoice goes on by itself.",
        )

    def by_now(self, before: Json, after: Json, there: Remote) -> Json:
        """A payment that the source knows of as well: it asks for no more than is open here."""
        return comparing.by_now(before, after, there)

    def void_body(self, there: Remote) -> Json:
        if payments.is_there(there):
            return payments.deletion(there)
        known = {payload.ID: there.id, payload.COMPANY: there.facts.get("company", "")}
        return {**invoices.void(there.facts.get("currency", "")), **known}

    def can(self, entity: Entity, operation: str) -> bool:
        return operation in self._operations.get(entity, ())

    def changes(self, before: Json, after: Json) -> list[Change]:
        return payments.changes(before, after) if payments.is_one(after) else comparing.changes(before, after)

    def referenced(self, bodies: Sequence[Json]) -> Json:
        """Orders that were seen to have an invoice already, by their number, which costs no call; and payments on the
        invoices of payments that did not come from us."""
        return {"orders": self._orders_of(bodies), "strangers": self._strangers_to(bodies)}

    def _orders_of(self, bodies: Sequence[Json]) -> dict[str, str]:
        asked = {str(body["orderNumber"]) for body in bodies if body.get("orderNumber")}
        return {order: self._invoices.orders[order] for order in sorted(asked & self._invoices.orders.keys())}

    def _strangers_to(self, bodies: Sequence[Json]) -> dict[str, list[str]]:
        markers = {payments.invoice_of(body): str(body["externalId"]) for body in bodies if payments.is_one(body)}
        markers.pop("", None)
        found = self._payments.on(markers) if markers else {}
        return {invoice: payments.strangers(rows, markers[invoice]) for invoice, rows in found.items()}

    def settled(self, bodies: Sequence[Json], referenced: Json) -> list[Json]:
        """Pure. The bodies of new documents once all of them are known: an order is named by one invoice alone."""
        return orders.settled(bodies, referenced.get("orders", {}))

    def instead(self, body: Json, problem: Problem) -> Json | None:
        """Pure. What to send in place of a body that was definitely refused so; None for any other refusal."""
        return orders.instead(body, problem)

    def preflight(self, document: Document, body: Json, profile: Json, referenced: Json) -> list[Problem]:
        return preflight.problems(document, body, profile, referenced, self._choices)

    def left_out(self, document: Document, options: Options) -> list[tuple[str, Money]]:
        """Nothing: charges and discounts are lines of the summary."""
        return []

    def holders(self, entity: Entity, bodies: Sequence[Json]) -> list[Sequence[Remote]]:
        """As far as a call for each 25 invoices tells: of what stays unseen the store itself refuses the number."""
        if entity == "payment":
            return self._payments_like(bodies)
        if entity != "invoice":
            return [[] for _ in bodies]
        numbers = [self.number(body) for body in bodies]
        found = self._invoices.having(numbers) if numbers else {}
        return [[comparing.remote(row) for row in found.get(number.casefold(), [])] for number in numbers]

    def reread(self, entity: Entity, remote_ids: Sequence[str]) -> Mapping[str, Remote]:
        ids = [identity for identity in dict.fromkeys(remote_ids) if identity.isascii() and identity.isdigit()]
        if entity == "payment":
            return {identity: payments.remote(record) for identity, record in self._payments.by_id(ids).items()}
        if entity != "invoice":
            return {}
        return {identity: comparing.remote(record) for identity, record in self._invoices.by_id(ids).items()}

    def rule(self, entity: Entity, operation: str) -> WriteRule:
        if not self.can(entity, operation):
            raise SettingsError(f"A BigCommerce store has no way to {operation} a {entity}")
        endpoint, flying = f"{self._client.base}{_PATHS[entity]}", self._options.in_flight
        if entity == "customer":
            # nothing there is unique but the e-mail address of the first user, and that is taken for a link
            return WriteRule(WriteClass.PLAIN, 1, 1, B2B, endpoint)
        if entity == "payment":
            # one after the other: two at once on one invoice both move its balance, and nobody says that this is safe
            kind = WriteClass.PLAIN if operation == CREATE else WriteClass.SET_STATE
            return WriteRule(kind, 1, 1, B2B, endpoint, removes=operation == VOID, told={"company_id": "company"})
        kind = WriteClass.UNIQUE if operation == CREATE else WriteClass.SET_STATE
        return WriteRule(kind, 1, flying, B2B, endpoint, told={"company_id": "company"})

    def prepare(self) -> None:
        """A token runs until somebody deletes its API account."""

    def renew(self) -> None:
        """After a 401 or 403 of a write: raises NeedsPerson, for there is nothing to renew."""
        raise NeedsPerson(f"{VENDOR} lets company {self.binding.company} write no more. {DENIED}.", cure=DENIED_CURE)

    def send(self, armed: Armed) -> Mapping[str, Outcome]:
        """A call takes one document; `rule` says so, and what is armed together beyond that is not sent."""
        first = armed.items[0]
        method, path, content = payload.call_of(armed.entity, armed.operation, first.body)
        reply = self._client.transmit(armed, method, path, content)
        return {first.wire_item: outcomes.outcome(armed, first, reply, self._choices)}

    def find(self, entity: Entity, operation: str, items: Sequence[WireItem]) -> Mapping[int, list[Remote]]:
        """New ones by what is unique of them, one by one, for they are few; changed ones by id."""
        self.rule(entity, operation)
        if entity == "customer":
            return {item.intent: self._companies_like(item.body) for item in items}
        if entity == "payment":
            return self._payments_found(operation, items)
        if operation == CREATE:
            found = {item.intent: self._invoices.numbered(self.number(item.body)) for item in items}
            return {intent: [comparing.remote(row) for row in rows] for intent, rows in found.items()}
        records = self._invoices.by_id([str(item.body[payload.ID]) for item in items])
        there = {item.intent: records.get(str(item.body[payload.ID])) for item in items}
        bodies = {item.intent: item.body for item in items}
        return {
            intent: [] if record is None else [comparing.found(record, operation, bodies[intent])]
            for intent, record in there.items()
        }

    def expected(self, entity: Entity, operation: str, body: Json) -> Mapping[str, str]:
        self.rule(entity, operation)
        if entity == "customer":
            return mapping.expected(body, self._choices)
        return payments.expected(body) if entity == "payment" else comparing.expected(operation, body)

    def _payments_like(self, bodies: Sequence[Json]) -> list[Sequence[Remote]]:
        """Ours, by their markers, on invoices that are in the store already."""
        on = self._payments.on({invoice for body in bodies if (invoice := payments.invoice_of(body))})
        found = [[payments.remote(row) for row in on.get(payments.invoice_of(body), [])] for body in bodies]
        return [
            [each for each in rows if each.live and each.facts["marker"] == body["externalId"]]
            for rows, body in zip(found, bodies, strict=True)
        ]

    def _payments_found(self, operation: str, items: Sequence[WireItem]) -> dict[int, list[Remote]]:
        """New ones by their marker; others by id, where one that was to go and is gone counts as found."""
        if operation == CREATE:
            rows = {item.intent: self._payments.marked(str(item.body["externalId"])) for item in items}
            return {intent: [payments.remote(row) for row in found] for intent, found in rows.items()}
        ids = {item.intent: str(item.body.get(payments.DELETED) or item.body[payload.ID]) for item in items}
        records = self._payments.by_id(list(ids.values()))
        there = {identity: payments.remote(record) for identity, record in records.items()}
        gone = {identity: payments.gone(identity) for identity in ids.values()} if operation == VOID else {}
        known = {**gone, **there}
        return {intent: [known[identity]] if identity in known else [] for intent, identity in ids.items()}

    def _companies_like(self, body: Json) -> list[Remote]:
        field = self._choices.company_field
        rows = self._companies.having(field, fields.value_of(body, field))
        return [mapping.remote(row, self._choices) for row in rows]

    def _look(self, options: Options, about: Told | None = None) -> Store:
        """Once for each of our processes; channels only where the flow names one. Raises Refused."""
        named = options.bigcommerce.channel is not None
        if self._seen is None:
            told = about or self._client.store()
            self._seen = Store(
                told.data if isinstance(told.data, Mapping) and not told.refuses else {},
                looking.extra_fields(self._client, looking.INVOICES),
                looking.extra_fields(self._client, looking.COMPANIES),
            )
        return replace(self._seen, channels=looking.channels(self._client)) if named else self._seen


def build(parts: Parts) -> BigCommerce:
    """From a connection, see `access`."""
    return BigCommerce(
        parts.binding, access(parts), parts.timing, parts.clock, parts.call_log, parts.quota, parts.options
    )  # fmt: skip


def _wrong_pair(store_hash: str) -> Finding:
    return Finding(
        f"The token of the connection is none of store {store_hash}, or the store is not there",
        "Compare the tenant in flows.yaml with the store hash in the API path that the store showed together with the "
        "token; make a new API account where the old one was deleted.",
    )
