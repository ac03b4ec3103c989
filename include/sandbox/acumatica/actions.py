"""Actions: POST {Entity}/{Action}, long-running operations, and the deeds behind the buttons (facts 8)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sandbox.acumatica import invoicing, receivables, requests_in, shipping
from sandbox.acumatica.errors import (
    OPERATION_FAILED,
    AcumaticaError,
    FieldErrors,
    Refused,
    bad_request,
    error_object,
    forbidden,
    general,
    page,
    short,
)
from sandbox.acumatica.forms_orders import status_of
from sandbox.acumatica.ledger_notes import NAME, Notes
from sandbox.acumatica.operations import Operation, Operations
from sandbox.acumatica.reading import Place, Reader
from sandbox.acumatica.receivables import Effects
from sandbox.acumatica.requests_in import Given
from sandbox.acumatica.settings import Settings
from sandbox.acumatica.store import Row, Tenant
from sandbox.acumatica.values import parsed
from sandbox.acumatica.writing import Author
from sandbox.world import World


@dataclass(frozen=True)
class Press:
    """One press of a button."""

    tenant: Tenant
    row: Row
    settings: Settings
    day: date
    parameters: Row


@dataclass(frozen=True)
class Deed:
    """What a button needs to be lit, and what it does."""

    check: Callable[[Press], None]
    run: Callable[[Press], Effects]


def _always(press: Press) -> None:
    """This button is never grey."""


def _status_change(entity: str, allowed: tuple[str, ...], to: Callable[[Press], Row], label: str) -> Deed:
    """A deed that only moves an order's status."""

    def check(press: Press) -> None:
        if press.row["Status"] not in allowed or (entity == "SalesOrder" and _is_shipped(press.row)):
            raise Refused(f"The {label} button is disabled: {press.row['OrderNbr']} is {press.row['Status']}.")

    def run(press: Press) -> Effects:
        effects = Effects()
        press.tenant.change(entity, press.row, to(press))
        effects.updated(entity, press.row)
        return effects

    return Deed(check, run)


def _is_shipped(order: Row) -> bool:
    return order["Status"] == "Completed" and any(one.get("InvoiceNbr") for one in order.get("Shipments") or [])


def _open(press: Press) -> Row:
    order = {**press.row, "Hold": False}
    return {"Hold": False, "Status": status_of(press.tenant, order)}


def _unchanged(press: Press) -> Effects:
    effects = Effects()
    effects.updated("SalesOrder", press.row)
    return effects


def _no_receipt(press: Press) -> None:
    raise Refused("The Create Receipt button is disabled for orders of this type.")


def _no_card(press: Press) -> None:
    raise Refused("The payment method of this payment takes no cards.")


def _refuse_payment(press: Press) -> None:
    receivables.refuse_release(press.row)


_CARD = Deed(_no_card, _unchanged)
DEEDS: dict[tuple[str, str], Deed] = {
    ("SalesOrder", "SalesOrderCreateShipment"): Deed(
        lambda press: shipping.refuse_shipping(press.row),
        lambda press: shipping.create_shipment(
            press.tenant,
            press.row,
            press.parameters.get("WarehouseID"),
            press.parameters.get("ShipmentDate") or press.day,
        ),
    ),
    ("SalesOrder", "SalesOrderCreateReceipt"): Deed(_no_receipt, _unchanged),
    ("SalesOrder", "PrepareSalesInvoice"): Deed(
        lambda press: invoicing.refuse_order_invoicing(press.tenant, press.row),
        lambda press: invoicing.prepare_order_invoice(press.tenant, press.row, press.day, press.settings),
    ),
    ("SalesOrder", "OpenSalesOrder"): _status_change("SalesOrder", ("On Hold",), _open, "Remove Hold"),
    ("SalesOrder", "ReopenSalesOrder"): _status_change("SalesOrder", ("Completed", "Canceled"), _open, "Reopen"),
    ("SalesOrder", "CancelSalesOrder"): _status_change(
        "SalesOrder", ("On Hold", "Open", "Credit Hold"), lambda press: {"Status": "Canceled"}, "Cancel Order"
    ),
    ("SalesOrder", "ReleaseFromCreditHoldSalesOrder"): _status_change(
        "SalesOrder",
        ("Credit Hold",),
        lambda press: {"Status": "Open", "CreditHold": False, "_credit_waived": True},
        "Release from Credit Hold",
    ),
    ("SalesOrder", "AutoRecalculateDiscounts"): Deed(_always, _unchanged),
    ("SalesOrder", "RecalculatePricesDiscounts"): Deed(_always, _unchanged),
    ("Shipment", "ConfirmShipment"): Deed(
        lambda press: shipping.refuse_confirming(press.row),
        lambda press: shipping.confirm_shipment(press.tenant, press.row),
    ),
    ("Shipment", "CorrectShipment"): Deed(_always, lambda press: shipping.correct_shipment(press.tenant, press.row)),
    ("Shipment", "PrepareInvoice"): Deed(
        lambda press: invoicing.refuse_invoicing(press.row),
        lambda press: invoicing.prepare_invoice(press.tenant, press.row, press.day, press.settings),
    ),
    ("Shipment", "UpdateIN"): Deed(_always, lambda press: shipping.update_inventory(press.tenant, press.row)),
    **{
        key: Deed(
            lambda press: receivables.refuse_release(press.row),
            lambda press: receivables.release_document(press.tenant, press.row, press.settings),
        )
        for key in (("SalesInvoice", "ReleaseSalesInvoice"), ("Invoice", "ReleaseInvoice"))
    },
    ("Payment", "ReleasePayment"): Deed(
        _refuse_payment,
        lambda press: receivables.release_payment(press.tenant, press.row, press.settings),
    ),
    ("Payment", "VoidPayment"): Deed(
        _always, lambda press: receivables.void_payment(press.tenant, press.row, press.settings)
    ),
    ("Payment", "CardOperation"): _CARD,
    ("Payment", "VoidCardPayment"): _CARD,
    ("Payment", "CaptureCreditCardPayment"): _CARD,
}


class Actions:
    """Takes presses and makes operations of them."""

    def __init__(self, world: World, settings: Settings, reader: Reader, operations: Operations) -> None:
        self._world = world
        self._settings = settings
        self._reader = reader
        self._operations = operations
        self._notes = Notes(world)

    def invoke(self, place: Place, session: Author, action: str, text: str) -> str | None:
        """The id of the operation that runs now, or None when it is done already."""
        deed = DEEDS.get((place.entity.name, action))
        if deed is None or action not in place.entity.actions:
            raise page(404, "Not Found")
        self._admit(place, action)
        body = requests_in.body_of(text)
        row = self._row(place, body)
        parameters = self._parameters(place, action, body.get("parameters"))
        press = Press(place.tenant, row, self._settings, session.day, parameters)
        self._refuse_grey(place, session, action, deed, press)
        return self._begin(place, session, action, lambda: self._run(place, action, deed, press), row)

    def _admit(self, place: Place, action: str) -> None:
        name = place.entity.name
        if f"{name}/{action}" in self._settings.forbidden or not place.user.may_write:
            raise forbidden(f"{place.entity.form}, {action}")
        self._reader.refuse_unset(place.entity)

    def _row(self, place: Place, body: Row) -> Row:
        entity = body.get("entity")
        if not isinstance(entity, dict):
            raise bad_request("The entity of the action is missing.")
        given: Given = requests_in.read(place.entity, entity, place.version, FieldErrors())
        if given.record_id:
            return self._reader.row(place, [given.record_id])
        return self._reader.row(place, [str(given.fields.get(name) or "") for name in place.entity.keys])

    def _parameters(self, place: Place, action: str, raw: Any) -> Row:
        """Unknown parameters fall away silently; a value of the wrong type does not."""
        found: Row = {}
        for name, one in place.entity.actions[action].items():
            held = raw.get(name) if isinstance(raw, dict) else None
            if held is None:
                continue
            if not isinstance(held, dict) or isinstance(held.get("value"), dict | list):
                raise bad_request(f"The parameter '{name}' must be an object with a value.")
            try:
                found[name] = parsed(one.type, held.get("value"))
            except Refused as refusal:
                raise bad_request(refusal.text) from refusal
        return found

    def _refuse_grey(self, place: Place, session: Author, action: str, deed: Deed, press: Press) -> None:
        """What the form refuses at once, before anything runs."""
        try:
            self._operations.refuse_busy(session.session_id, place.entity.form)
            deed.check(press)
        except Refused as refusal:
            self._notes.refused(place.tenant, place.entity.name, action, press.row, refusal.code)
            raise self._failed(refusal) from refusal

    def _begin(self, place: Place, session: Author, action: str, run: Callable[[], None], row: Row) -> str | None:
        if not self._operations.seconds():
            run()
            return None
        operation = Operation(
            place.tenant.guid(),
            place.tenant.name,
            session.session_id,
            place.entity.name,
            action,
            place.entity.form,
            row["_id"],
            self._world.clock.now(),
            run,
        )
        self._operations.start(operation)
        return operation.operation_id

    def _run(self, place: Place, action: str, deed: Deed, press: Press) -> None:
        name = place.entity.name
        try:
            mishap = self._world.misfortune.take_refusal(NAME, name)
            if mishap is not None:
                text = mishap.message or "Error: the sandbox was told to refuse this record."
                raise Refused(text, mishap.code or "PX.Data.PXException")
            # the record may have moved since the button was pressed
            if press.tenant.rows(place.entity.kind).by_id(press.row["_id"]) is None:
                raise Refused("The record has been deleted.")
            deed.check(press)
            effects = deed.run(press)
        except Refused as refusal:
            self._notes.refused(place.tenant, name, action, press.row, refusal.code)
            raise self._failed(refusal) from refusal
        for entity, row, outcome in effects.found:
            self._notes.done(place.tenant, entity, action, row, outcome)

    def _failed(self, refusal: Refused) -> AcumaticaError:
        """The words are in the inner exception, unless the switch has them outside."""
        status = int(self._settings.action_status)
        if self._settings.action_error == "outer":
            return general(refusal.text, refusal.kind, status)
        inner = error_object(refusal.text, refusal.kind)
        return AcumaticaError(
            status, error_object("Operation failed", OPERATION_FAILED, inner), short(OPERATION_FAILED)
        )
