"""QuickBooks Online as the floors above see it: `Destination`, and with it `Writer`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

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
from invoice_sync.connectors.parts import Parts
from invoice_sync.connectors.quickbooks import (
    company,
    comparing,
    faults,
    invoices,
    lines,
    mapping,
    outcomes,
    preflight,
    referring,
)
from invoice_sync.connectors.quickbooks.client import Client, Refused
from invoice_sync.connectors.quickbooks.company import Company
from invoice_sync.connectors.quickbooks.limits import BATCH
from invoice_sync.connectors.quickbooks.refusing import one_line
from invoice_sync.connectors.quickbooks.sign_in import Credentials, credentials
from invoice_sync.connectors.timing import Timing
from invoice_sync.model.documents import DOCUMENTS, PARTIES, Document, Entity, Invoice, Party, Product
from invoice_sync.model.errors import Problem, SettingsError
from invoice_sync.model.flow import Options
from invoice_sync.model.money import Money
from invoice_sync.model.ports import Binding, CallLog, Clock, Quota, TokenStore

__all__ = ["Credentials", "QuickBooks", "build"]

# of which a name may belong to somebody else: the three lists share their names
_NAME_LISTS = {"Customer": "customer", "Vendor": "vendor", "Employee": "employee"}
# by which fields a record is found again when the outcome of its creation is unknown
_NATURAL_KEYS: Mapping[Entity, tuple[str, ...]] = {
    "customer": ("DisplayName",),
    "product": ("Name", "Sku"),
    "invoice": ("DocNumber",),
    "credit_memo": ("DocNumber",),
}
_OPERATIONS: Mapping[Entity, tuple[str, ...]] = {
    "customer": (CREATE,),
    "product": (CREATE,),
    "invoice": (CREATE, UPDATE, VOID),
    # there is no call that voids a credit memo: a person deletes it there
    "credit_memo": (CREATE, UPDATE),
}


class QuickBooks:
    """One company of QuickBooks Online. Only `send` may run outside the main thread."""

    refers_to: frozenset[Entity] = frozenset(PARTIES)
    can_reopen = False

    def __init__(
        self,
        binding: Binding,
        credentials: Credentials,
        timing: Timing,
        clock: Clock,
        call_log: CallLog,
        tokens: TokenStore,
        quota: Quota | None,
        options: Options,
    ) -> None:
        self.binding, self.timing = binding, timing
        self._options = options
        self._client = Client(binding, credentials, timing, clock, call_log, tokens, quota)
        self._referred = referring.References(self._client)
        self._seen: Company | None = None

    def stop_waiting(self) -> None:
        """One call, one answer: there is nothing that could be waited for."""

    def close(self) -> None:
        """Gives the connections back."""
        self._client.close()

    def inspect(self, options: Options) -> Inspection:
        """Signs in and looks: company, preferences, the account and items that the options name."""
        try:
            seen = self._look(options)
        except Refused as refusal:
            # only this one says that another company answered, or none
            tenant = "" if faults.WRONG_REALM in refusal.codes else self.binding.tenant
            return Inspection(tenant, "", (Finding(refusal.message, refusal.cure),))
        notes = company.notes(seen, options)
        # an answer came for this company's path, so the token is of this company
        return Inspection(self.binding.tenant, seen.name, company.findings(seen, options), notes=notes)

    def for_good(self, options: Options) -> dict[str, str]:
        return {}

    def profile(self, options: Options) -> Json:
        return company.profile(self._look(options), options)

    def candidates(self, entity: Entity, wanted: Sequence[Party | Product]) -> list[Candidate]:
        parties = [each for each in wanted if isinstance(each, Party)]
        products = [each for each in wanted if isinstance(each, Product)]
        if entity == "customer":
            return _unique(self._customers(parties))
        return _unique(self._items(products)) if entity == "product" else []

    def record_name(self, document: Party | Product) -> str:
        return mapping.display_name(document) if isinstance(document, Party) else mapping.item_name(document)

    def everybody(self, entity: Entity) -> list[Candidate]:
        kind = "customer" if entity == "customer" else "product"
        return [mapping.candidate(kind, record) for record in self._client.everything(mapping.ENTITIES[entity])]

    def body(self, document: Document, profile: Json, options: Options, marker: str) -> Json:
        if isinstance(document, Invoice):
            return invoices.invoice_body(document, profile, options, marker)
        if isinstance(document, Party):
            return mapping.customer_body(document, profile, options.terms, marker)
        if isinstance(document, Product):
            return mapping.product_body(document, profile, options.income_account)
        raise SettingsError("QuickBooks gets no payments from here.")

    def number(self, body: Json) -> str:
        return str(body.get("DocNumber", ""))

    def update_body(self, body: Json, before: Json, there: Remote) -> Json:
        """Sparse, so that what people added there stays; so does what they wrote over a text that did not change."""
        kept = comparing.unchanged(before, body)
        no_tax = {"TxnTaxDetail": {"TotalTax": Decimal("0.00")}}
        body = {**no_tax, **body} if "TxnTaxDetail" in before else body
        return {**body, "Id": there.id, "SyncToken": there.version, "sparse": True, "_kept": kept}

    def not_emptied(self, before: Json, after: Json) -> list[str]:
        """Nobody says whether an empty value in a sparse update empties a field, and a full one would take people's
        own entries away; so what the source emptied is emptied there by hand."""
        return comparing.emptied(before, after)

    def settled(self, bodies: Sequence[Json], referenced: Json) -> Sequence[Json]:
        return bodies

    def instead(self, body: Json, problem: Problem) -> Json | None:
        return None

    def blocked(self, there: Remote) -> Problem | None:
        return None

    def by_now(self, before: Json, after: Json, there: Remote) -> Json:
        """What is open is none of the facts that are compared here."""
        return before

    def void_body(self, there: Remote) -> Json:
        return {"Id": there.id, "SyncToken": there.version, "sparse": True}

    def can(self, entity: Entity, operation: str) -> bool:
        return operation in _OPERATIONS.get(entity, ())

    def changes(self, before: Json, after: Json) -> list[Change]:
        return comparing.changes(before, after)

    def referenced(self, bodies: Sequence[Json]) -> Json:
        return self._referred.of(bodies)

    def preflight(self, document: Document, body: Json, profile: Json, referenced: Json) -> list[Problem]:
        return preflight.problems(document, body, profile, referenced)

    def left_out(self, document: Document, options: Options) -> list[tuple[str, Money]]:
        return lines.left_out(document, options) if isinstance(document, Invoice) else []

    def holders(self, entity: Entity, bodies: Sequence[Json]) -> list[Sequence[Remote]]:
        """QuickBooks compares numbers without regard to case. Oldest first."""
        found = self._remotes(entity, "DocNumber", [self.number(body) for body in bodies])
        held: dict[str, list[Remote]] = {}
        for remote in sorted(found, key=lambda each: int(each.id)):
            held.setdefault(remote.number.casefold(), []).append(remote)
        return [held.get(self.number(body).casefold(), []) for body in bodies]

    def reread(self, entity: Entity, remote_ids: Sequence[str]) -> Mapping[str, Remote]:
        return {remote.id: remote for remote in self._remotes(entity, "Id", _ids(remote_ids))}

    def rule(self, entity: Entity, operation: str) -> WriteRule:
        if not self.can(entity, operation):
            raise SettingsError(f"QuickBooks has no way to {operation} a {entity}")
        options, endpoint = self._options, self._client.batch_url
        if operation != CREATE:
            # the SyncToken lets each change happen once: a second sending is refused as stale (5010)
            return WriteRule(WriteClass.SET_STATE, options.send_batch, quota_kind=BATCH, endpoint=endpoint)
        if entity in DOCUMENTS:
            kind, flying = WriteClass.KEYED_WINDOW_UNKNOWN, options.in_flight
            return WriteRule(kind, options.send_batch, flying, BATCH, endpoint)
        return WriteRule(WriteClass.UNIQUE, batch=30, quota_kind=BATCH, endpoint=endpoint)

    def prepare(self) -> None:
        self._client.sign_in.prepare()

    def renew(self) -> None:
        self._client.sign_in.renew()

    def send(self, armed: Armed) -> Mapping[str, Outcome]:
        return outcomes.outcomes(armed, self._client.batch(armed))

    def find(self, entity: Entity, operation: str, items: Sequence[WireItem]) -> Mapping[int, list[Remote]]:
        """Names and numbers compare without regard to case, as they do at QuickBooks."""
        self.rule(entity, operation)
        found: dict[int, dict[str, Remote]] = {item.intent: {} for item in items}
        for prop in _NATURAL_KEYS[entity] if operation == CREATE else ("Id",):
            records = self._client.having(mapping.ENTITIES[entity], prop, [str(item.body[prop]) for item in items])
            for item in items:
                found[item.intent] |= _holding(entity, prop, item.body, records)
        return {intent: list(remotes.values()) for intent, remotes in found.items()}

    def expected(self, entity: Entity, operation: str, body: Json) -> Mapping[str, str]:
        self.rule(entity, operation)
        return comparing.expected(entity, operation, body)

    def _look(self, options: Options) -> Company:
        """Once for each of our processes: reads are metered."""
        if self._seen is None:
            client, charges = self._client, [company.last_part(name) for name in options.charge_items.values()]
            with_codes = bool(options.tax_codes)
            self._seen = Company(
                client.company_info(),
                client.preferences(),
                client.having("Account", "Name", [company.last_part(options.income_account)]),
                client.having("Item", "Name", charges),
                client.everything("Term"),
                client.everything("TaxCode") if with_codes else (),
                client.everything("TaxRate") if with_codes else (),
            )
        return self._seen

    def _customers(self, parties: Sequence[Party]) -> Iterator[Candidate]:
        names = [name for party in parties if (name := mapping.display_name(party))]
        for entity, kind in _NAME_LISTS.items():
            yield from self._candidates(entity, kind, "DisplayName", names)
        yield from self._candidates("Customer", "customer", "Id", _ids(party.foreign_id for party in parties))
        emails = [party.email.strip() for party in parties]
        yield from self._candidates("Customer", "customer", "PrimaryEmailAddr", emails)

    def _items(self, products: Sequence[Product]) -> Iterator[Candidate]:
        ids = _ids(product.foreign_id for product in products)
        skus = [product.sku.strip() for product in products]
        # what we would call it, and what a person would have called it who entered it by hand
        names = [mapping.item_name(product) for product in products] + skus
        names += [one_line(product.description) for product in products]
        for prop, values in (("Id", ids), ("Sku", skus), ("Name", names)):
            yield from self._candidates("Item", "product", prop, values)

    def _candidates(self, entity: str, kind: str, prop: str, values: Sequence[str]) -> Iterator[Candidate]:
        for record in self._client.having(entity, prop, values):
            yield mapping.candidate(kind, record)

    def _remotes(self, entity: Entity, prop: str, values: Sequence[str]) -> list[Remote]:
        records = self._client.having(mapping.ENTITIES[entity], prop, values)
        return [comparing.remote(entity, record) for record in records]


def build(parts: Parts) -> QuickBooks:
    """From a connection, see `credentials`."""
    return QuickBooks(
        parts.binding,
        credentials(parts),
        parts.timing,
        parts.clock,
        parts.call_log,
        parts.tokens,
        parts.quota,
        parts.options,
    )


def _holding(entity: Entity, prop: str, body: Json, records: Sequence[Json]) -> dict[str, Remote]:
    """By id the records that hold in `prop` what `body` does."""
    wanted = str(body[prop]).casefold()
    held = [each for each in records if str(each.get(prop, "")).strip().casefold() == wanted]
    return {remote.id: remote for remote in (comparing.found(entity, record, body) for record in held)}


def _unique(candidates: Iterator[Candidate]) -> list[Candidate]:
    return list({(each.kind, each.remote_id): each for each in candidates}.values())


def _ids(values: Any) -> list[str]:
    """The ones that can be ids of QuickBooks; a single other one would spoil the query for all (2030)."""
    return [text for value in values if (text := str(value).strip()).isascii() and text.isdigit()]
