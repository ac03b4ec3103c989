"""Acumatica as the system in which an order is shipped, invoiced and released."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from invoice_sync.connectors.acumatica import actions
from invoice_sync.connectors.acumatica.actions import DEEDS
from invoice_sync.connectors.acumatica.client import Client
from invoice_sync.connectors.acumatica.deeds import Deeds
from invoice_sync.connectors.acumatica.inspection import Inspector
from invoice_sync.connectors.acumatica.orders import Orders
from invoice_sync.connectors.acumatica.sign_in import Credentials, credentials
from invoice_sync.connectors.base import Armed, Inspection, Json, Outcome, Remote, WireItem, WriteRule
from invoice_sync.connectors.fulfilment import OrderState, ShipmentState
from invoice_sync.connectors.parts import Parts
from invoice_sync.connectors.timing import Timing
from invoice_sync.model.errors import SettingsError
from invoice_sync.model.flow import AcumaticaOptions, Options
from invoice_sync.model.ports import Binding, CallLog, Clock, Quota, TokenStore

ENTITY = "shipment"
USUAL_TYPE = "SO"
OPERATION_SECONDS = "600"


def build(parts: Parts) -> AcumaticaRelease:
    """From a connection, see `credentials`; the extra `operation_seconds` says how long an operation may take."""
    return AcumaticaRelease(
        parts.binding,
        credentials(parts),
        parts.timing,
        parts.clock,
        parts.call_log,
        parts.tokens,
        parts.quota,
        parts.options.acumatica,
        patience=_seconds(parts.setting("operation_seconds", OPERATION_SECONDS)),
    )


class AcumaticaRelease:
    """One tenant of one site; `binding.tenant` is "<Tenant>/<Branch>"."""

    def __init__(
        self,
        binding: Binding,
        credentials: Credentials,
        timing: Timing,
        clock: Clock,
        call_log: CallLog,
        tokens: TokenStore,
        quota: Quota | None,
        options: AcumaticaOptions,
        *,
        patience: int,
    ) -> None:
        self.binding = binding
        # `send` ends when the operation does, so the lease and the quiet period must outlast it
        self.timing = replace(timing, read=timing.read + patience, server=max(timing.server, patience))
        self._client = Client(binding, credentials, timing, clock, call_log, tokens, quota)
        self._inspector = Inspector(self._client, credentials, options, None)
        self._orders = Orders(self._client)
        self._deeds = Deeds(self._client, clock, patience)

    def inspect(self, options: Options) -> Inspection:
        return self._inspector.inspect_release()

    def for_good(self, options: Options) -> dict[str, str]:
        return {}

    def profile(self, options: Options) -> Json:
        """Nothing that bodies would need."""
        return {}

    def key(self, order: str) -> str:
        """Without a type it is an order of type SO."""
        kind, slash, number = order.strip().partition("/")
        return f"{kind}/{number}" if slash else f"{USUAL_TYPE}/{kind}"

    def chosen(self, saved_filter: str, limit: int | None) -> list[str]:
        return self._orders.chosen(saved_filter, limit)

    def orders(self, keys: Sequence[str]) -> Mapping[str, OrderState]:
        return self._orders.orders(keys)

    def shipments(self, numbers: Sequence[str]) -> Mapping[str, ShipmentState]:
        return self._orders.shipments(numbers)

    def create_body(self, order: OrderState, warehouse: str, date: str) -> Json:
        return actions.create_body(order, warehouse, date)

    def next_body(self, operation: str, shipment: ShipmentState) -> Json:
        return actions.next_body(operation, shipment)

    def rule(self, entity: str, operation: str) -> WriteRule:
        """One at a time: a session runs one long operation a form."""
        deed = DEEDS.get(operation)
        if entity != ENTITY or deed is None:
            raise SettingsError(f"Acumatica is not written to by {operation} of {entity}s")
        # a button begins something that may go on over there, whatever becomes of our call
        return WriteRule(deed.write_class, 1, endpoint=self._client.url(*deed.address), runs_on=bool(deed.action))

    def prepare(self) -> None:
        self._client.session.prepare()

    def renew(self) -> None:
        self._client.session.renew()

    def send(self, armed: Armed) -> Mapping[str, Outcome]:
        """One item, see `rule`. Waits until the operation has ended, see `Deeds.outcome`."""
        self.rule(armed.entity, armed.operation)
        (item,) = armed.items
        deed = DEEDS[armed.operation]
        reply = self._client.submit(armed, self._deeds.request(deed, item))
        return {item.wire_item: self._deeds.outcome(armed.operation, deed, item, reply)}

    def find(self, entity: str, operation: str, items: Sequence[WireItem]) -> Mapping[int, list[Remote]]:
        """The shipments that an order did not have before; or the state of shipment or invoice."""
        self.rule(entity, operation)
        return self._deeds.find(DEEDS[operation], items)

    def expected(self, entity: str, operation: str, body: Json) -> Mapping[str, str]:
        self.rule(entity, operation)
        return DEEDS[operation].wanted

    def stop_waiting(self) -> None:
        """Polls end at once; what becomes of their operations is looked up by the next start."""
        self._deeds.stopped.set()

    def close(self) -> None:
        """The session stays signed in: it is shared by all tasks of a run."""
        self._client.close()


def _seconds(text: str) -> int:
    whole = text.removesuffix(".0")
    if not (whole.isascii() and whole.isdigit() and int(whole)):
        raise SettingsError(
            f"operation_seconds of the Acumatica connection is {text!r}.", cure="Write whole seconds, such as 600."
        )
    return int(whole)
