"""Invoices: create, change, delete. The server never ties lines, cost lines and balances to one another."""

from __future__ import annotations

from typing import Any

from iso4217 import Currency

from sandbox.bigcommerce import errors, extras, schema
from sandbox.bigcommerce.call import Call, Written
from sandbox.bigcommerce.effects import COMPLETED, OPEN, PARTIAL, forget, undo
from sandbox.bigcommerce.invoice_view import shown_details
from sandbox.bigcommerce.reader import Reader
from sandbox.bigcommerce.wire import Record, whole_of

INACTIVE = ("2", "3")
_DAY = 86400


def create(call: Call) -> Written:
    """POST /invoices."""
    body = Reader(call.settings).read(schema.CREATE_INVOICE, call.body)
    check_channel(call, call.body)
    company = company_of(call, body["customerId"])
    _check_balances(call, body)
    check_number(call, body["invoiceNumber"], None)
    _check_order(call, body.get("orderNumber"))
    _check_lines(call, body)
    body["extraFields"] = extras.checked(call, "invoice", body.get("extraFields"), None)
    invoice = call.store.table("invoice").add(_filled(call, body, company))
    return Written({"id": invoice["id"]}, invoice["invoiceNumber"], invoice["id"])


def update(call: Call) -> Written:
    """PUT /invoices/{id}: partial at the top, `details` as a whole."""
    old = held(call)
    mild = call.settings.update_address_custom_fields == "optional"
    shape = schema.UPDATE_INVOICE_MILD if mild else schema.UPDATE_INVOICE
    body = Reader(call.settings, errors.bad_number(old["id"])).read(shape, call.body)
    changed = {**old, **body, "updatedAt": call.moment}
    if "customerId" in body:
        changed["customerName"] = company_of(call, body["customerId"])["companyName"]
    _check_balances(call, changed)
    check_number(call, changed["invoiceNumber"], old["id"])
    _check_lines(call, body)
    changed["extraFields"] = extras.checked(call, "invoice", body.get("extraFields"), old)
    if "details" in body:
        changed["details"] = shown_details(body["details"], old["details"]["header"]["orderDate"])
    changed["status"] = _status(call, changed, body.get("status"))
    call.store.table("invoice").put(changed)
    return Written({"id": old["id"]}, changed["invoiceNumber"], old["id"])


def delete(call: Call) -> Written:
    """DELETE /invoices/{id}; what becomes of its payments is published nowhere."""
    old = held(call)
    payments = call.store.payments_on(old["id"])
    if payments and call.settings.paid_invoice_deletion == "refuse":
        raise errors.refused(400, "The invoice has payments.")
    if call.settings.paid_invoice_deletion == "delete_payments":
        for payment in payments:
            undo(call, payment)
            forget(call, payment["id"])
    call.store.table("invoice").remove(old["id"])
    return Written({"id": old["id"]}, old["invoiceNumber"], old["id"])


def held(call: Call) -> Record:
    """The invoice that the path names."""
    found = call.store.get("invoice", call.number("id"))
    if found is None:
        raise errors.no_invoice()
    return found


def _filled(call: Call, body: Record, company: Record) -> Record:
    """A whole record: what was not sent has its default."""
    now = call.moment
    issued = body.pop("issuedAt", now)
    defaults = {
        "externalId": "", "externalCustomerId": "", "type": "Invoice", "dueDate": due_date(call, company),
        "orderNumber": "", "purchaseOrderNumber": "", "source": 0, "externalPdfUrl": "", "termsConditions": "",
    }  # fmt: skip
    channel = body.pop("channelId", None) or 1
    record = {**defaults, **body, "customerName": company["companyName"], "createdAt": issued, "updatedAt": now}
    record["channelId"], record["channelName"] = str(channel), f"Channel {channel}"
    record["details"] = shown_details(body.get("details", {}), issued)
    record["status"] = _status(call, record, body.get("status", OPEN))
    return record


def due_date(call: Call, company: Record) -> int:
    """Today plus the buyer's payment terms, or the store's where the buyer has none of its own."""
    terms = company.get("terms", {})
    days = terms["paymentTerms"] if terms.get("isEnabled") else call.settings.due_days
    return call.moment + int(days) * _DAY


def _status(call: Call, invoice: Record, sent: int | None) -> int:
    """Completed by force once nothing is open; otherwise what was sent, or what it was."""
    due, whole = invoice["openBalance"]["value"], invoice["originalBalance"]["value"]
    if due <= 0:
        return COMPLETED
    if sent is None and call.settings.status_follows_balance:
        return OPEN if due >= whole else PARTIAL
    return int(invoice["status"]) if sent is None else sent


def check_channel(call: Call, raw: Any) -> None:
    """Any channelId, even null, is too much for a store without multi-storefront."""
    if not isinstance(raw, dict) or "channelId" not in raw:
        return
    if not call.store.multi_storefront or whole_of(raw["channelId"]) not in call.store.channels():
        raise errors.no_channels()


def company_of(call: Call, customer_id: str) -> Record:
    """customerId is the B2B company id: no customer's id and no group's."""
    company = call.store.get("company", whole_of(customer_id))
    if company is None:
        raise errors.refused(call.settings.unknown_company_status, "Company does not exist")
    if company["companyStatus"] in INACTIVE and call.settings.inactive_company == "refuse":
        raise errors.refused(422, "The company is not active")
    return company


def check_number(call: Call, number: str, own_id: int | None) -> None:
    """Unique in the store, over all companies and types."""
    if any(row["id"] != own_id for row in call.store.table("invoice").having("invoiceNumber", number)):
        raise errors.number_taken()


def _check_order(call: Call, number: str | None) -> None:
    if not number:
        return
    if call.store.table("invoice").having("orderNumber", number):
        raise errors.order_invoiced()
    if call.settings.order_number_must_exist and call.store.get("order", whole_of(number)) is None:
        raise errors.refused(404, "Order does not exist")


def _check_balances(call: Call, body: Record) -> None:
    original, due = body["originalBalance"], body["openBalance"]
    for amount in (original, due):
        check_currency(call, amount["code"])
    if original["code"] != due["code"] and call.settings.mixed_currencies == "refuse":
        raise errors.bad_currency()
    if original["value"] < 0 and call.settings.negative_original == "refuse":
        raise errors.bad_number(body.get("id"))


def check_currency(call: Call, code: str) -> None:
    """An ISO code, and one of the store's own."""
    if not (_is_iso(code) if call.settings.currencies == "iso" else code in call.store.currencies):
        raise errors.bad_currency()


def _is_iso(code: str) -> bool:
    try:
        Currency(code)
    except ValueError:
        return False
    return True


def _check_lines(call: Call, body: Record) -> None:
    """An invoice has one currency, inside its details too."""
    details = body.get("details", {})
    original = body.get("originalBalance")
    codes = {each["amount"]["code"] for each in details.get("header", {}).get("costLines", [])}
    for line in details.get("details", {}).get("lineItems", []):
        codes |= {line[name]["code"] for name in ("unitPrice", "unitDiscount") if name in line}
    foreign = codes - {original["code"]} if original else set()
    if foreign and call.settings.mixed_currencies == "refuse":
        raise errors.bad_currency()
