"""The invoice of a shipment or of an order, and the prepayments that move along (facts 9, 12)."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sandbox.acumatica import money
from sandbox.acumatica.errors import Refused
from sandbox.acumatica.money import ZERO
from sandbox.acumatica.receivables import Effects, application_row
from sandbox.acumatica.settings import Settings
from sandbox.acumatica.shipping import mark_shipment, needs_shipment, order_of
from sandbox.acumatica.store import Tenant

Row = dict[str, Any]
_GATES = {
    "none": "Balanced",
    "approval": "Pending Approval",
    "print": "Pending Print",
    "email": "Pending Email",
    "processing": "Pending Processing",
    "tax": "Incomplete",
}


def prepare_invoice(tenant: Tenant, shipment: Row, day: date, settings: Settings) -> Effects:
    """The invoice of a confirmed shipment; the order's prepayments move along."""
    refuse_invoicing(shipment)
    order = order_of(tenant, shipment)
    lines = [_invoice_row(tenant, order, shipment, row) for row in shipment["Details"]]
    doc = _invoice(tenant, order, lines, day, settings)
    doc["FreightDetails"] = _freight(shipment)
    money.recalculate_document(tenant, doc)
    made = tenant.add("Document", doc)
    link = {"InvoiceType": made["Type"], "InvoiceNbr": made["ReferenceNbr"]}
    effects = Effects()
    effects.created("SalesInvoice", made)
    orders = [{**shipment["Orders"][0], **link}]
    tenant.change("Shipment", shipment, {"Status": "Invoiced", "Orders": orders})
    effects.updated("Shipment", shipment)
    mark_shipment(tenant, order, shipment, {"Status": "Invoiced", **link}, {})
    move_prepayments(tenant, order, made)
    effects.updated("SalesOrder", order)
    return effects


def refuse_invoicing(shipment: Row) -> None:
    """Only once, and only when the goods have left."""
    number = shipment["ShipmentNbr"]
    if shipment["Orders"][0].get("InvoiceNbr"):
        raise Refused(f"Shipment {number} is already invoiced. The Prepare Invoice button is disabled.")
    if shipment["Status"] != "Confirmed":
        raise Refused(f"The Prepare Invoice button is disabled: shipment {number} is {shipment['Status']}.")


def _freight(shipment: Row) -> list[Row]:
    if not shipment["FreightPrice"] and not shipment["FreightCost"]:
        return []
    price = shipment["FreightPrice"]
    return [
        {
            "ShipmentNbr": shipment["ShipmentNbr"],
            "ShipmentType": "Shipment",
            "Description": "Freight",
            "FreightCost": shipment["FreightCost"],
            "FreightAmount": price,
            "PremiumFreightAmount": ZERO,
            "TotalFreightAmount": price,
        }
    ]


def prepare_order_invoice(tenant: Tenant, order: Row, day: date, settings: Settings) -> Effects:
    """The invoice of an order that nothing is shipped for."""
    refuse_order_invoicing(tenant, order)
    lines = [_order_invoice_row(tenant, order, line, line["OrderQty"]) for line in order["Details"]]
    doc = _invoice(tenant, order, lines, day, settings)
    money.recalculate_document(tenant, doc)
    made = tenant.add("Document", doc)
    effects = Effects()
    effects.created("SalesInvoice", made)
    link = {"InvoiceNbr": made["ReferenceNbr"], "InvoiceDate": made["Date"]}
    tenant.change("SalesOrder", order, {"Status": "Invoiced", **link})
    move_prepayments(tenant, order, made)
    effects.updated("SalesOrder", order)
    return effects


def refuse_order_invoicing(tenant: Tenant, order: Row) -> None:
    """Orders with goods go by shipments; an invoiced one is done."""
    number = order["OrderNbr"]
    if order.get("InvoiceNbr") or order["Status"] in ("Invoiced", "Canceled"):
        raise Refused(f"Sales order {number} is already invoiced. The Prepare Invoice button is disabled.")
    if order["Status"] != "Open" or any(needs_shipment(tenant, one["InventoryID"]) for one in order["Details"]):
        raise Refused(f"The Prepare Invoice button is disabled: order {number} must be shipped first.")


def _invoice_row(tenant: Tenant, order: Row, shipment: Row, row: Row) -> Row:
    line = next(one for one in order["Details"] if one["LineNbr"] == row["OrderLineNbr"])
    made = _order_invoice_row(tenant, order, line, row["ShippedQty"])
    return {
        **made,
        "ShipmentNbr": shipment["ShipmentNbr"],
        "Location": row["LocationID"],
        "LotSerialNbr": row.get("LotSerialNbr"),
        "ExpirationDate": row.get("ExpirationDate"),
    }


def _order_invoice_row(tenant: Tenant, order: Row, line: Row, quantity: Decimal) -> Row:
    item = tenant.item(line["InventoryID"]) or {}
    share = quantity / line["OrderQty"] if line["OrderQty"] else ZERO
    percent = line.get("DiscountPercent") or ZERO
    discount = ZERO if percent else money.rounded((line.get("DiscountAmount") or ZERO) * share, order["CurrencyID"])
    return {
        "InventoryID": line["InventoryID"],
        "TransactionDescr": line.get("LineDescription") or item.get("Description"),
        "Qty": quantity,
        "UOM": line["UOM"],
        "UnitPrice": line["UnitPrice"],
        "DiscountPercent": percent,
        "DiscountAmount": discount,
        "TaxCategory": line.get("TaxCategory"),
        "OrderType": order["OrderType"],
        "OrderNbr": order["OrderNbr"],
        "OrderLineNbr": line["LineNbr"],
        "WarehouseID": line.get("WarehouseID"),
        "BranchID": order.get("Branch"),
        "Account": "40000",
        "SubAccount": "000000",
        "ExternalRef": line.get("ExternalRef"),
    }


def _invoice(tenant: Tenant, order: Row, lines: list[Row], day: date, settings: Settings) -> Row:
    due = day + timedelta(days=tenant.lists.terms.get(order.get("Terms") or "", 0))
    hold = settings.hold_on_prepare
    return {
        "Type": "Invoice",
        "ReferenceNbr": tenant.number("AR", "AR", 7),
        "Status": "On Hold" if hold else gate(settings),
        "Hold": hold,
        "CreditHold": False,
        "Date": day,
        "DueDate": due,
        "PostPeriod": money.period_of(day),
        "CustomerID": order["CustomerID"],
        "LocationID": order.get("LocationID"),
        "CustomerOrder": order.get("CustomerOrder"),
        "ExternalRef": order.get("ExternalRef"),
        "Description": order.get("Description"),
        "Project": "X",
        "Currency": order["CurrencyID"],
        "Terms": order.get("Terms"),
        "TaxZone": order.get("TaxZone"),
        "TaxCalcMode": order.get("TaxCalcMode"),
        "BranchID": order.get("Branch"),
        "IsTaxValid": True,
        "CashDiscount": ZERO,
        "BillToAddress": order.get("BillToAddress"),
        "BillToContact": order.get("BillToContact"),
        "ShipToAddress": order.get("ShipToAddress"),
        "ShipToContact": order.get("ShipToContact"),
        "Details": lines,
        "DiscountDetails": [dict(one) for one in order.get("DiscountDetails", []) if not order.get("InvoiceNbr")],
        "_sales": True,
    }


def gate(settings: Settings) -> str:
    """Where a document stands that is taken off hold: the preferences may ask for a step in between."""
    return _GATES[settings.invoice_gate]


def move_prepayments(tenant: Tenant, order: Row, doc: Row) -> None:
    """What was paid for the order is entered on its invoice, as far as it goes (facts 12)."""
    rows, left = [dict(one) for one in order.get("Payments", [])], doc["Amount"]
    entered = list(doc.get("ApplicationsInvoice") or [])
    for row in rows:
        payment = tenant.get("Payment", row["DocType"], row["ReferenceNbr"])
        moved = min(row.get("AppliedToOrder") or ZERO, left)
        if payment is None or moved <= 0:
            continue
        left -= moved
        row["AppliedToOrder"] -= moved
        row["TransferredtoInvoice"] = (row.get("TransferredtoInvoice") or ZERO) + moved
        _move_payment(tenant, payment, order, doc, moved)
        entered.append(application_row(payment, doc, moved, False))
    working = {**doc, "ApplicationsInvoice": entered}
    money.recalculate_balance(working)
    tenant.change("Document", doc, working)
    tenant.change("SalesOrder", order, {"Payments": rows})


def _move_payment(tenant: Tenant, payment: Row, order: Row, doc: Row, moved: Decimal) -> None:
    orders = [dict(one) for one in payment["OrdersToApply"]]
    for one in orders:
        if one["OrderNbr"] == order["OrderNbr"]:
            one["AppliedToOrder"] -= moved
    entry = {"DocType": doc["Type"], "ReferenceNbr": doc["ReferenceNbr"], "AmountPaid": moved}
    working = {**payment, "OrdersToApply": [one for one in orders if one["AppliedToOrder"]]}
    working["DocumentsToApply"] = [*payment["DocumentsToApply"], entry]
    money.recalculate_payment(working)
    tenant.change("Payment", payment, working)
