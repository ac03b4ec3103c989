"""Release, application, void and correction of AR documents and payments (facts 11 to 13)."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from sandbox.acumatica import money
from sandbox.acumatica.errors import Refused
from sandbox.acumatica.money import ZERO
from sandbox.acumatica.settings import Settings
from sandbox.acumatica.store import Tenant

Row = dict[str, Any]
RELEASABLE = ("Balanced",)
DONE = ("Open", "Closed", "Canceled", "Voided", "Reserved", "Unapplied", "Pending Payment")


@dataclass
class Effects:
    """What a deed did: (entity, record, created or updated), in order."""

    found: list[tuple[str, Row, str]] = field(default_factory=list)

    def created(self, entity: str, row: Row) -> None:
        """A new record."""
        self.found.append((entity, row, "created"))

    def updated(self, entity: str, row: Row) -> None:
        """A changed record."""
        self.found.append((entity, row, "updated"))


def is_released(doc: Row) -> bool:
    """Whether the document is in the books."""
    return bool(doc.get("_released"))


def refuse_release(doc: Row, what: str = "Release") -> None:
    """The button is grey unless the document is ready for it."""
    if is_released(doc) or doc["Status"] in DONE:
        raise Refused(f"{doc['Type']} {doc['ReferenceNbr']} is already released. The {what} button is disabled.")
    if doc["Status"] not in RELEASABLE:
        raise Refused(f"The {what} button is disabled: {doc['Type']} {doc['ReferenceNbr']} is {doc['Status']}.")


def release_document(tenant: Tenant, doc: Row, settings: Settings) -> Effects:
    """Into the books: applications of released payments count, the stock issue is made."""
    refuse_release(doc)
    if money.is_closed(tenant, doc["Date"]):
        raise Refused(f"The {money.period_of(doc['Date'])} financial period is closed in AR.")
    effects = Effects()
    changes = {"_released": True, "Hold": False, "BatchNbr": tenant.number("batch", "GL", 6)}
    # a copy, so that watchers see the record as it was before
    working = {**doc, **changes, "PostPeriod": doc.get("PostPeriod") or money.period_of(doc["Date"])}
    working["ApplicationsInvoice"] = deepcopy(doc.get("ApplicationsInvoice") or [])
    for row in working["ApplicationsInvoice"]:
        _release_application(tenant, working, row)
    _issue_stock(tenant, working)
    settle(working)
    tenant.change("Document", doc, working)
    effects.updated(entity_of(doc), doc)
    _finish_orders(tenant, doc)
    return effects


def entity_of(doc: Row) -> str:
    """The form that the document belongs to."""
    return "SalesInvoice" if doc.get("_sales") else "Invoice"


def settle(doc: Row) -> None:
    """Balance, and Open or Closed by it."""
    money.recalculate_balance(doc)
    if is_released(doc) and not doc.get("_canceled"):
        doc["Status"] = "Open" if doc["Balance"] else "Closed"


def _release_application(tenant: Tenant, doc: Row, row: Row) -> None:
    payment = tenant.get("Payment", row["DocType"], row["AdjustingDocReferenceNbr"])
    if payment is None or not payment.get("_released"):
        return
    row["_released"] = True
    waiting = [one for one in payment["DocumentsToApply"] if one["ReferenceNbr"] == doc["ReferenceNbr"]]
    for one in waiting:
        payment["DocumentsToApply"].remove(one)
        payment["ApplicationHistory"].append(_history(payment, doc, one["AmountPaid"]))
    _settle_payment(tenant, payment)


def _history(payment: Row, doc: Row, amount: Decimal) -> Row:
    return {
        "DisplayDocType": doc["Type"],
        "DisplayRefNbr": doc["ReferenceNbr"],
        "AdjustedDocType": doc["Type"],
        "AdjustedRefNbr": doc["ReferenceNbr"],
        "AdjustingDocType": payment["Type"],
        "AdjustingRefNbr": payment["ReferenceNbr"],
        "AdjustmentNbr": len(payment["ApplicationHistory"]),
        "AmountPaid": amount,
        "Balance": doc["Balance"],
        "Date": payment["ApplicationDate"],
        "DueDate": doc.get("DueDate"),
        "CurrencyID": payment["CurrencyID"],
        "Customer": payment["CustomerID"],
        "ApplicationPeriod": money.period_of(payment["ApplicationDate"]),
        "PostPeriod": money.period_of(payment["ApplicationDate"]),
    }


def _settle_payment(tenant: Tenant, payment: Row) -> None:
    working = {**payment}
    money.recalculate_payment(working)
    if working.get("_released") and working["Status"] != "Voided":
        rest = working["PaymentAmount"] - money.total(working["ApplicationHistory"], "AmountPaid")
        working["Status"] = "Open" if rest else "Closed"
    tenant.change("Payment", payment, working)


def _issue_stock(tenant: Tenant, doc: Row) -> None:
    if not doc.get("_sales") or doc["Type"] != "Invoice":
        return
    issue = tenant.number("issue", "", 6)
    for line in doc["Details"]:
        if line.get("ShipmentNbr"):
            line |= {"InventoryDocType": "Issue", "InventoryRefNbr": issue}


def _finish_orders(tenant: Tenant, doc: Row) -> None:
    """Released: the shipments and orders behind it are completed."""
    for number in {line.get("ShipmentNbr") for line in doc["Details"]} - {None}:
        shipment = tenant.get("Shipment", number)
        if shipment is not None:
            tenant.change("Shipment", shipment, {"Status": "Completed"})
    for kind, number in {(line.get("OrderType"), line.get("OrderNbr")) for line in doc["Details"]}:
        order = tenant.get("SalesOrder", kind, number) if number else None
        if order is not None:
            tenant.change("SalesOrder", order, _completed(order, doc["ReferenceNbr"]))


def _completed(order: Row, number: str) -> Row:
    """The order and its shipments once their invoice is released."""
    rows = [{**one, "Status": "Completed"} if one.get("InvoiceNbr") == number else one for one in order["Shipments"]]
    return {"Shipments": rows, "Status": "Completed" if order["Status"] == "Invoiced" else order["Status"]}


def application_row(payment: Row, doc: Row, amount: Decimal, released: bool) -> Row:
    """How a payment shows on the invoice."""
    return {
        "DocType": payment["Type"],
        "AdjustingDocReferenceNbr": payment["ReferenceNbr"],
        "AdjustedDocReferenceNbr": doc["ReferenceNbr"],
        "AdjustmentNbr": len(doc.get("ApplicationsInvoice") or []),
        "AmountPaid": amount,
        "CashDiscountTaken": ZERO,
        "Balance": ZERO,
        "Currency": doc["Currency"],
        "Customer": doc["CustomerID"],
        "Description": payment.get("Description"),
        "DocumentType": doc["Type"],
        "PaymentDate": payment.get("ApplicationDate"),
        "PaymentPeriod": money.period_of(payment["ApplicationDate"]),
        "PaymentRef": payment.get("PaymentRef"),
        "Status": payment["Status"],
        "_released": released,
    }


def release_payment(tenant: Tenant, payment: Row, settings: Settings) -> Effects:
    """Into the books: invoices lose what is applied to them, and close at zero."""
    refuse_release(payment)
    if money.is_closed(tenant, payment["ApplicationDate"]):
        raise Refused(f"The {money.period_of(payment['ApplicationDate'])} financial period is closed in AR.")
    targets = [(row, _target(tenant, row)) for row in payment["DocumentsToApply"]]
    effects = Effects()
    tenant.change("Payment", payment, {"_released": True, "Hold": False, "Status": "Open"})
    for row, doc in targets:
        payment["DocumentsToApply"].remove(row)
        payment["ApplicationHistory"].append(_history(payment, doc, row["AmountPaid"]))
        applied(tenant, doc, application_row(payment, doc, row["AmountPaid"], True), row, settings)
        effects.updated(entity_of(doc), doc)
    _settle_payment(tenant, payment)
    effects.found.insert(0, ("Payment", payment, "updated"))
    return effects


def _target(tenant: Tenant, row: Row) -> Row:
    doc = tenant.get("Document", row["DocType"], row["ReferenceNbr"])
    if doc is None or doc["Status"] != "Open":
        raise Refused(f"{row['DocType']} {row['ReferenceNbr']} is not open, nothing can be applied to it.")
    if row["AmountPaid"] > doc["Balance"]:
        raise Refused(f"The amount paid exceeds the balance of {row['DocType']} {row['ReferenceNbr']}.")
    return doc


def applied(tenant: Tenant, doc: Row, line: Row, row: Row, settings: Settings) -> None:
    """A released application lowers an invoice; whether that moves its stamp is open (facts 13.2)."""
    line["CashDiscountTaken"] = row.get("CashDiscountTaken") or ZERO
    line["_written_off"] = row.get("BalanceWriteOff") or ZERO
    number = line["AdjustingDocReferenceNbr"]
    kept = [one for one in doc.get("ApplicationsInvoice") or [] if one["AdjustingDocReferenceNbr"] != number]
    working = {**doc, "ApplicationsInvoice": [*kept, line]}
    settle(working)
    tenant.change("Document", doc, working, stamped=settings.payment_moves_invoice_stamp)


def void_payment(tenant: Tenant, payment: Row, settings: Settings) -> Effects:
    """A Voided Payment document takes it back, and its invoices are open again."""
    if not payment.get("_released") or payment["Status"] == "Voided":
        raise Refused(
            f"The Void button is disabled: {payment['Type']} {payment['ReferenceNbr']} is {payment['Status']}."
        )
    effects = Effects()
    for one in payment["ApplicationHistory"]:
        doc = tenant.get("Document", one["AdjustedDocType"], one["AdjustedRefNbr"])
        if doc is not None:
            _take_back(tenant, doc, payment["ReferenceNbr"], settings)
            effects.updated(entity_of(doc), doc)
    tenant.change("Payment", payment, {"Status": "Voided", "ApplicationHistory": [], "AvailableBalance": ZERO})
    effects.found.insert(0, ("Payment", payment, "updated"))
    copy = {name: value for name, value in payment.items() if not name.startswith("_") or name == "_released"}
    negative = {"Type": "Voided Payment", "Status": "Closed", "PaymentAmount": -payment["PaymentAmount"]}
    effects.created("Payment", tenant.add("Payment", {**copy, **negative}))
    return effects


def _take_back(tenant: Tenant, doc: Row, number: str, settings: Settings) -> None:
    kept = [one for one in doc["ApplicationsInvoice"] if one["AdjustingDocReferenceNbr"] != number]
    working = {**doc, "ApplicationsInvoice": kept}
    settle(working)
    tenant.change("Document", doc, working, stamped=settings.payment_moves_invoice_stamp)


def apply_memo(tenant: Tenant, memo: Row, doc: Row, amount: Decimal, settings: Settings) -> Effects:
    """A credit memo pays an invoice."""
    if not is_released(memo) or memo["Type"] != "Credit Memo" or amount > min(memo["Balance"], doc["Balance"]):
        raise Refused(f"{memo['Type']} {memo['ReferenceNbr']} cannot be applied to {doc['ReferenceNbr']}.")
    payer = {**memo, "ApplicationDate": memo["Date"], "PaymentRef": None}
    applied(tenant, doc, application_row(payer, doc, amount, True), {}, settings)
    row = {"DocType": doc["Type"], "ReferenceNbr": doc["ReferenceNbr"], "AmountPaid": amount, "_released": True}
    working = {**memo, "ApplicationsCreditMemo": [*(memo.get("ApplicationsCreditMemo") or []), row]}
    settle(working)
    tenant.change("Document", memo, working, stamped=settings.payment_moves_invoice_stamp)
    effects = Effects()
    effects.updated(entity_of(memo), memo)
    effects.updated(entity_of(doc), doc)
    return effects


def write_off(tenant: Tenant, doc: Row, amount: Decimal, day: date, settings: Settings) -> Effects:
    """A small balance is given up."""
    if doc["Status"] != "Open" or not 0 < amount <= doc["Balance"]:
        raise Refused(f"{doc['Type']} {doc['ReferenceNbr']} has no such balance to write off.")
    number = tenant.number("writeoff", "WO", 6)
    payer = {"Type": "Balance WO", "ReferenceNbr": number, "ApplicationDate": day, "Status": "Closed"}
    applied(tenant, doc, application_row(payer, doc, amount, True), {}, settings)
    effects = Effects()
    effects.updated(entity_of(doc), doc)
    return effects


def cancel_invoice(tenant: Tenant, doc: Row, day: date) -> tuple[Effects, Row]:
    """A correcting credit memo cancels an invoice that nothing was applied to."""
    if not is_released(doc) or doc["Type"] != "Invoice" or doc["Status"] not in ("Open", "Closed"):
        raise Refused(f"The Cancel button is disabled: {doc['Type']} {doc['ReferenceNbr']} is {doc['Status']}.")
    if any(one.get("_released") for one in doc.get("ApplicationsInvoice") or []):
        raise Refused(f"Payments are applied to {doc['ReferenceNbr']}; reverse the applications first.")
    effects = Effects()
    memo = copied(tenant, doc, {"Type": "Credit Memo", "Date": day, "Status": "Closed", "_released": True})
    memo["ApplicationsCreditMemo"] = [
        {"DocType": doc["Type"], "ReferenceNbr": doc["ReferenceNbr"], "AmountPaid": doc["Amount"], "_released": True}
    ]
    money.recalculate_balance(memo)
    tenant.change("Document", doc, {"Status": "Canceled", "_canceled": True, "Balance": ZERO})
    effects.updated(entity_of(doc), doc)
    made = tenant.add("Document", memo)
    effects.created(entity_of(made), made)
    return effects, made


def correct_invoice(tenant: Tenant, doc: Row, day: date, changes: Row) -> tuple[Effects, Row]:
    """Cancel, and a new invoice that names the old one in its rows (facts 11)."""
    effects, _ = cancel_invoice(tenant, doc, day)
    made = tenant.add("Document", copied(tenant, doc, {"Date": day, "Status": "Balanced", **changes}))
    effects.created(entity_of(made), made)
    return effects, made


def copied(tenant: Tenant, doc: Row, changes: Row) -> Row:
    """A draft with the rows of another document, each saying where it comes from."""
    dropped = ("_id", "_released", "_canceled", "_files", "_custom", "_note", "CreatedDateTime", "BatchNbr")
    made = {name: deepcopy(value) for name, value in doc.items() if name not in dropped}
    origin = {"OrigInvType": doc["Type"], "OrigInvNbr": doc["ReferenceNbr"]}
    for line in made["Details"]:
        line.pop("_id", None)
        line |= {**origin, "OrigInvLineNbr": line["LineNbr"]}
    made |= {"ReferenceNbr": tenant.number("AR", "AR", 7), "ApplicationsInvoice": [], "Hold": False, **changes}
    made["PostPeriod"] = money.period_of(made["Date"])
    money.recalculate_document(tenant, made)
    return made
