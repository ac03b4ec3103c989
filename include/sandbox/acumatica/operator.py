"""What people do in Acumatica's own screens, and what the control API shows (no refusals meant for integrations)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from sandbox import exact_json
from sandbox.acumatica import invoicing, money, receivables, requests_in, shipping
from sandbox.acumatica.entities_finance import ENTITIES
from sandbox.acumatica.errors import AcumaticaError, FieldErrors, Refused
from sandbox.acumatica.forms import Writing
from sandbox.acumatica.operations import Operations
from sandbox.acumatica.plain import as_request, plainly, stored
from sandbox.acumatica.push import Pushes
from sandbox.acumatica.reading import is_guid
from sandbox.acumatica.receivables import Effects
from sandbox.acumatica.schema import HEAD, Entity
from sandbox.acumatica.sessions import Sessions
from sandbox.acumatica.settings import Settings
from sandbox.acumatica.store import Row, Tenant
from sandbox.acumatica.values import parsed
from sandbox.acumatica.writing import FORMS
from sandbox.world import World

NEWEST = 99
# a person's click on a button of the invoice: the status it needs, and the one it leads to
_STEPS: dict[str, tuple[tuple[str, ...], str]] = {
    "approve": (("Pending Approval",), "Balanced"),
    "reject": (("Pending Approval",), "Rejected"),
    "print": (("Pending Print",), "Balanced"),
    "email": (("Pending Email",), "Balanced"),
    "capture": (("Pending Processing",), "Balanced"),
    "complete_processing": (("Incomplete",), "Balanced"),
    "hold": (("Balanced", "Pending Approval", "Rejected", "Pending Print", "Pending Email", "Credit Hold"), "On Hold"),
    "credit_hold": (("Balanced",), "Credit Hold"),
    "release_credit_hold": (("Credit Hold",), "Balanced"),
    "reserve": (("Open",), "Reserved"),
    "unreserve": (("Reserved",), "Open"),
}
Verb = Callable[[Tenant, Row], Row]


class Operator:
    """A person at the screens of a tenant."""

    def __init__(
        self, world: World, settings: Settings, sessions: Sessions, operations: Operations, pushes: Pushes
    ) -> None:
        self._world = world
        self._settings = settings
        self._sessions = sessions
        self._operations = operations
        self._pushes = pushes
        self._verbs: dict[str, Verb] = {
            "release": self._release,
            "remove_hold": self._remove_hold,
            "void": self._void,
            "cancel": lambda tenant, asked: self._cancel(tenant, asked, None),
            "correct": lambda tenant, asked: self._cancel(tenant, asked, asked),
            "pay": self._pay,
            "void_payment": self._void_payment,
            "reopen": self._reopen,
            "apply_memo": self._apply_memo,
            "write_off": self._write_off,
            "change_customer": self._change_customer,
            "set_status": self._set_status,
            "create_shipment": self._create_shipment,
            "confirm_shipment": self._confirm_shipment,
            "prepare_invoice": self._prepare_invoice,
            "set_stock": self._set_stock,
            "close_period": self._close_period,
            "emit": self._emit,
            "resend": lambda tenant, asked: self._pushes.resend(tenant, str(asked.get("id"))),
            "sign_out_all": self._sign_out_all,
            "finish_operations": self._finish_operations,
            **{name: self._step(name) for name in _STEPS},
        }

    def records(self, tenant: Tenant, entity: str) -> list[Row]:
        """Plain values by the API's names, with every row; the entities of `_own` are the sandbox's own."""
        own = self._own(tenant).get(entity)
        if own is not None:
            return own()
        one = self._entity(entity)
        return [plainly(one, row) for row in tenant.rows(one.kind) if one.name != "SalesInvoice" or row.get("_sales")]

    def _own(self, tenant: Tenant) -> Mapping[str, Callable[[], list[Row]]]:
        return {
            "sessions": lambda: self._sessions.shown(tenant.name),
            "operations": lambda: list(self._operations.shown(tenant.name)),
            "PushNotification": lambda: self._pushes.shown(tenant),
            "PushMessage": lambda: self._pushes.messages(tenant),
            "Stock": lambda: [
                dict(
                    zip(
                        ("InventoryID", "WarehouseID", "LocationID", "LotSerialNbr", "Qty"), (*shelf, held), strict=True
                    )
                )
                for shelf, held in tenant.stock.items()
            ],
        }

    def edit(self, tenant: Tenant, entity: str, record_id: str, fields: Row) -> Row:
        """Set fields as they are given; rows of a collection replace those that are there. The stamp moves."""
        one = self._entity(entity)
        row = self._row(tenant, one, record_id)
        values: Row = {}
        for name, value in fields.items():
            values |= self._edited(one, row, name, value)
        working = {**row, **values}
        if "Details" in values and one.kind == "Document":
            money.recalculate_document(tenant, working)
        if "Details" in values and one.kind == "SalesOrder":
            money.recalculate_order(tenant, working)
        tenant.change(one.kind, row, working)
        return plainly(one, row)

    def _edited(self, one: Entity, row: Row, name: str, value: Any) -> Row:
        if name == "custom":
            return {"_custom": {**row["_custom"], **value}}
        if name == "note":
            return {"_note": str(value)}
        if name in one.collections:
            part = one.collections[name]
            return {part.stored: [stored(part, each) for each in value]}
        if name in one.linked:
            part = one.linked[name]
            held = {} if part.source == HEAD else row.get(part.stored) or {}
            made = {**held, **stored(part, value)}
            return made if part.source == HEAD else {part.stored: made}
        return stored(one, {name: value})

    def insert(self, tenant: Tenant, entity: str, fields: Row) -> Row:
        """A new record by the form's own rules; they raise ValueError here."""
        if entity == "Action":
            asked = dict(fields)
            return self.act(tenant, str(asked.pop("do", "")), asked)
        if entity == "PushNotification":
            return self._pushes.define(tenant, fields)
        one = self._entity(entity)
        errors = FieldErrors()
        try:
            given = requests_in.read(one, as_request(fields), NEWEST, errors)
            writing = Writing(tenant, self._settings, self._today(), tenant.lists.branches[0], "admin", errors)
            row = FORMS[one.name]().insert(writing, given)
        except FieldErrors as refusal:
            raise ValueError("; ".join(f"{path}: {text}" for path, text in refusal.found)) from refusal
        except Refused as refusal:
            raise ValueError(refusal.text) from refusal
        except AcumaticaError as refusal:
            raise ValueError(str(refusal.body)) from refusal
        return plainly(one, row)

    def delete(self, tenant: Tenant, entity: str, record_id: str) -> None:
        """Only what the form lets a person delete."""
        if entity == "PushNotification":
            self._pushes.remove(tenant, record_id)
            return
        one = self._entity(entity)
        row = self._row(tenant, one, record_id)
        writing = Writing(tenant, self._settings, self._today(), tenant.lists.branches[0], "admin")
        try:
            FORMS[one.name]().delete(writing, row)
        except Refused as refusal:
            raise ValueError(refusal.text) from refusal

    def act(self, tenant: Tenant, verb: str, asked: Row) -> Row:
        """A deed of the screens; ValueError with the form's words when it refuses."""
        if verb not in self._verbs:
            raise ValueError(f"do must be one of {', '.join(self._verbs)}, not {verb!r}")
        try:
            return self._verbs[verb](tenant, exact_json.loads(exact_json.dumps(asked)))
        except Refused as refusal:
            raise ValueError(refusal.text) from refusal

    def _entity(self, name: str) -> Entity:
        one = ENTITIES.get(name)
        if one is None or not one.keys:
            raise LookupError(f"no entity {name!r}; there are {', '.join(ENTITIES)}")
        return one

    def _row(self, tenant: Tenant, one: Entity, record_id: str) -> Row:
        """By GUID, by all keys with a slash between them, or by the last key alone."""
        table = tenant.rows(one.kind)
        if is_guid(record_id):
            found = table.by_id(record_id)
        else:
            first, _, rest = record_id.partition("/")
            found = table.by_key(*((first, rest) if len(table.keys) == 2 else (record_id,)))
            found = found or next((row for row in table if row[table.keys[-1]] == record_id), None)
        if found is None:
            raise LookupError(f"no {one.name} {record_id!r}")
        return found

    def _document(self, tenant: Tenant, asked: Row, name: str = "key") -> Row:
        return self._row(tenant, ENTITIES["Invoice"], str(asked.get(name, "")))

    def _today(self) -> Any:
        return (self._world.clock.now() + timedelta(hours=self._settings.user_offset_hours)).date()

    def _told(self, effects: Effects) -> Row:
        found = [{"entity": entity, "record": plainly(ENTITIES[entity], row)} for entity, row, _ in effects.found]
        return {"effects": found}

    def _release(self, tenant: Tenant, asked: Row) -> Row:
        if asked.get("entity") == "Payment":
            payment = self._row(tenant, ENTITIES["Payment"], str(asked.get("key")))
            return self._told(receivables.release_payment(tenant, payment, self._settings))
        return self._told(receivables.release_document(tenant, self._document(tenant, asked), self._settings))

    def _remove_hold(self, tenant: Tenant, asked: Row) -> Row:
        doc = self._document(tenant, asked)
        if doc["Status"] != "On Hold":
            raise Refused(f"{doc['ReferenceNbr']} is {doc['Status']}.")
        return self._moved(tenant, doc, {"Status": invoicing.gate(self._settings), "Hold": False})

    def _moved(self, tenant: Tenant, doc: Row, values: Row) -> Row:
        tenant.change("Document", doc, values)
        return plainly(ENTITIES["Invoice"], doc)

    def _step(self, name: str) -> Verb:
        def step(tenant: Tenant, asked: Row) -> Row:
            allowed, to = _STEPS[name]
            doc = self._document(tenant, asked)
            if doc["Status"] not in allowed:
                raise Refused(f"{doc['ReferenceNbr']} is {doc['Status']}; {name} needs {' or '.join(allowed)}.")
            return self._moved(tenant, doc, {"Status": to, "Hold": to == "On Hold", "CreditHold": to == "Credit Hold"})

        return step

    def _cancel(self, tenant: Tenant, asked: Row, correct: Row | None) -> Row:
        """Canceled and a credit memo; a correction also makes the new invoice, ready for release."""
        doc = self._document(tenant, asked)
        if correct is None:
            return self._told(receivables.cancel_invoice(tenant, doc, self._today())[0])
        effects, new = receivables.correct_invoice(tenant, doc, self._today(), {})
        if "Details" in correct:
            self.edit(tenant, "Invoice", new["_id"], {"Details": correct["Details"]})
        return self._told(effects)

    def _void(self, tenant: Tenant, asked: Row) -> Row:
        """A document that counts no more; nothing is owed on it."""
        doc = self._document(tenant, asked)
        if any(one.get("_released") for one in doc.get("ApplicationsInvoice") or []):
            raise Refused(f"Payments are applied to {doc['ReferenceNbr']}; void them first.")
        return self._moved(tenant, doc, {"Status": "Voided", "_canceled": True, "Balance": Decimal(0)})

    def _pay(self, tenant: Tenant, asked: Row) -> Row:
        """Enter a payment of an invoice and release it, unless `release` is false."""
        doc = self._document(tenant, asked)
        amount = Decimal(str(asked.get("amount", doc["Balance"])))
        account = next(
            (name for name, (money_, _) in tenant.lists.cash_accounts.items() if money_ == doc["Currency"]), ""
        )
        method = tenant.lists.cash_accounts[account][1][0] if account else "ONLINE"
        line = {"DocType": doc["Type"], "ReferenceNbr": doc["ReferenceNbr"], "AmountPaid": amount}
        fields = {"CustomerID": doc["CustomerID"], "PaymentAmount": amount, "Hold": False, "CashAccount": account}
        fields |= {"PaymentMethod": method, "PaymentRef": str(asked.get("ref", "")), "DocumentsToApply": [line]}
        payment = self.insert(tenant, "Payment", fields)
        if asked.get("release", True):
            self._release(tenant, {"entity": "Payment", "key": f"Payment/{payment['ReferenceNbr']}"})
        return payment

    def _void_payment(self, tenant: Tenant, asked: Row) -> Row:
        payment = self._row(tenant, ENTITIES["Payment"], str(asked.get("key")))
        return self._told(receivables.void_payment(tenant, payment, self._settings))

    def _reopen(self, tenant: Tenant, asked: Row) -> Row:
        """Void every payment of an invoice, so that it is open again."""
        doc = self._document(tenant, asked)
        effects = Effects()
        for one in list(doc.get("ApplicationsInvoice") or []):
            payment = tenant.get("Payment", one["DocType"], one["AdjustingDocReferenceNbr"])
            if payment is not None and payment.get("_released"):
                effects.found += receivables.void_payment(tenant, payment, self._settings).found
        return self._told(effects)

    def _apply_memo(self, tenant: Tenant, asked: Row) -> Row:
        memo = tenant.get("Document", "Credit Memo", asked.get("memo")) or {}
        if not memo:
            raise LookupError(f"no credit memo {asked.get('memo')!r}")
        doc = self._document(tenant, asked)
        amount = Decimal(str(asked.get("amount", min(memo["Balance"], doc["Balance"]))))
        return self._told(receivables.apply_memo(tenant, memo, doc, amount, self._settings))

    def _write_off(self, tenant: Tenant, asked: Row) -> Row:
        doc = self._document(tenant, asked)
        amount = Decimal(str(asked.get("amount", doc["Balance"])))
        return self._told(receivables.write_off(tenant, doc, amount, self._today(), self._settings))

    def _change_customer(self, tenant: Tenant, asked: Row) -> Row:
        """Of a draft; its terms and taxes follow."""
        doc = self._document(tenant, asked)
        party = tenant.get("Customer", asked.get("customer"))
        if party is None or doc.get("_released"):
            raise Refused("Only a draft can go to another customer of the list.")
        changes = {name: party.get(name) for name in ("CustomerID", "Terms", "TaxZone")}
        working = {**doc, **changes}
        money.recalculate_document(tenant, working)
        return self._moved(tenant, doc, working)

    def _set_status(self, tenant: Tenant, asked: Row) -> Row:
        """Any status, also one that nobody has heard of."""
        one = self._entity(str(asked.get("entity", "Invoice")))
        row = self._row(tenant, one, str(asked.get("key")))
        tenant.change(one.kind, row, {"Status": str(asked.get("status"))})
        return plainly(one, row)

    def _create_shipment(self, tenant: Tenant, asked: Row) -> Row:
        order = self._row(tenant, ENTITIES["SalesOrder"], str(asked.get("key")))
        day = parsed("day", asked.get("date")) or self._today()
        return self._told(shipping.create_shipment(tenant, order, asked.get("warehouse"), day))

    def _confirm_shipment(self, tenant: Tenant, asked: Row) -> Row:
        shipment = self._row(tenant, ENTITIES["Shipment"], str(asked.get("key")))
        return self._told(shipping.confirm_shipment(tenant, shipment))

    def _prepare_invoice(self, tenant: Tenant, asked: Row) -> Row:
        shipment = self._row(tenant, ENTITIES["Shipment"], str(asked.get("key")))
        return self._told(invoicing.prepare_invoice(tenant, shipment, self._today(), self._settings))

    def _set_stock(self, tenant: Tenant, asked: Row) -> Row:
        warehouse = str(asked.get("warehouse"))
        place = str(asked.get("location") or tenant.lists.warehouses.get(warehouse, ""))
        shelf = (str(asked.get("item")), warehouse, place, str(asked.get("lot") or ""))
        tenant.stock[shelf] = Decimal(str(asked.get("quantity", 0)))
        return {"shelf": list(shelf), "quantity": tenant.stock[shelf]}

    def _close_period(self, tenant: Tenant, asked: Row) -> Row:
        tenant.lists.closed_through = str(asked.get("through"))
        return {"closed_through": tenant.lists.closed_through}

    def _emit(self, tenant: Tenant, asked: Row) -> Row:
        """A push message by hand."""
        name = str(asked.get("name"))
        return self._pushes.emit_rows(tenant, name, list(asked.get("inserted", [])), list(asked.get("deleted", [])))

    def _sign_out_all(self, tenant: Tenant, asked: Row) -> Row:
        self._sessions.clear()
        return {"sessions": 0}

    def _finish_operations(self, tenant: Tenant, asked: Row) -> Row:
        """What is due is done; the clock may be pushed before."""
        self._operations.settle()
        return {"operations": self._operations.shown(tenant.name)}
