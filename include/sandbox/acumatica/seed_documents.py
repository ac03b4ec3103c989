"""The first tenant's orders and documents; each names what is awkward about it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

from sandbox.acumatica import invoicing, money, receivables, shipping
from sandbox.acumatica.load import Loader
from sandbox.acumatica.settings import Settings
from sandbox.acumatica.store import Row, Tenant

GOLDEN = date(2023, 11, 21)
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
_QUIET = Settings(hold_on_prepare=False, payment_moves_invoice_stamp=True)


def golden(tenant: Tenant, load: Loader, at: datetime) -> None:
    """AR0000160 of the first seed's screens: 500.00 + 51.25 tax - 547.50 prepayment = 3.75."""
    load.order(
        "C00000287", [("AACOMPUT01", "1", "500.00")], at, day=GOLDEN, OrderNbr="SO0007845", ExternalRef="423",
        Description="B2B23R1 | Order: 423 | Status: Awaiting Payment",
    )  # fmt: skip
    load.prepay(
        "SO0007845", "547.50", at, number="004530", PaymentRef="PMTD4245", ApplicationDate=date(2023, 11, 22),
        Description="B2B23R1 | Payment Method: COD (OFFLINE)", PaymentMethod="COD", CashAccount="10200",
    )  # fmt: skip
    doc = _run_through(tenant, "SO0007845", GOLDEN, ("004501", "AR0000160"))
    # the store's order number rides in the description alone
    doc |= {"ExternalRef": None, "CustomerOrder": None}
    file_id = tenant.guid()
    tenant.files[file_id] = ("AR0000160.pdf", PDF)
    doc["_files"] = [{"id": file_id, "filename": "AR0000160.pdf", "comment": None}]
    _stamp(tenant, at)
    load.order("C00000288", [("AAMONITR01", "4", "180.00")], at, day=GOLDEN, OrderNbr="SO0007832", ExternalRef="419",
               Status="Completed")  # fmt: skip
    _invoice_twice(load, at)


def _run_through(tenant: Tenant, number: str, day: date, numbers: tuple[str, str]) -> Row:
    """Create shipment, confirm, prepare, release; the books of that month were open then."""
    order = tenant.get("SalesOrder", "SO", number)
    assert order is not None  # noqa: S101
    shipped, closed = shipping.create_shipment(tenant, order, None, day), tenant.lists.closed_through
    shipment = _renumbered(tenant, shipped.found[0][1], numbers[0])
    shipping.confirm_shipment(tenant, shipment)
    tenant.numbers["AR"] = int(numbers[1].removeprefix("AR")) - 1
    doc = invoicing.prepare_invoice(tenant, shipment, day, _QUIET).found[0][1]
    tenant.lists.closed_through = ""
    receivables.release_document(tenant, doc, _QUIET)
    tenant.lists.closed_through, tenant.numbers["AR"] = closed, 240
    return doc


def _renumbered(tenant: Tenant, shipment: Row, number: str) -> Row:
    old = shipment["ShipmentNbr"]
    tenant.rows("Shipment").remove(shipment)
    shipment["ShipmentNbr"] = number
    shipment["Orders"][0]["ShipmentNbr"] = number
    tenant.rows("Shipment").add(shipment)
    order = shipping.order_of(tenant, shipment)
    for one in order["Shipments"]:
        one["ShipmentNbr"] = number if one["ShipmentNbr"] == old else one["ShipmentNbr"]
    tenant.numbers["shipment"] = 4520
    return shipment


def _stamp(tenant: Tenant, at: datetime) -> None:
    """Everything so far looks like one load, each record a little later than the one before."""
    for kind in tenant.tables:
        for place, row in enumerate(tenant.rows(kind)):
            row["LastModifiedDateTime"] = row["CreatedDateTime"] = at + timedelta(milliseconds=place)


def _invoice_twice(load: Loader, at: datetime) -> None:
    """AR0000190 and a second invoice of the same order."""
    behind = {
        "OrderType": "SO",
        "OrderNbr": "SO0007832",
        "OrderLineNbr": 1,
        "WarehouseID": "WHOLESALE",
        "Location": "R151",
    }
    for number, quantity, shipment in (("AR0000190", "3", "004502"), ("AR0000197", "1", "004503")):
        line = {"InventoryID": "AAMONITR01", "Qty": quantity, "UnitPrice": "180.00", "ShipmentNbr": shipment, **behind}
        load.invoice("C00000288", [line], at + timedelta(seconds=1), number=number, CustomerOrder="PO 55/19")


def orders(tenant: Tenant, load: Loader, at: datetime) -> None:
    """Orders for the chain: one that runs through, and one for every refusal."""
    laptop, mouse = ("AACOMPUT01", "2", "500.00"), ("AAMOUSE/01", "10", "12.35")
    load.order("C00000287", [laptop, mouse], at, OrderNbr="SO0007850", ExternalRef="431", Freight=Decimal("15.00"),
               FreightCost=Decimal("9.10"))  # fmt: skip
    load.order("C00000288", [laptop], at, OrderNbr="SO0007851", Hold=True)
    load.order("C00000288", [("AACABLE99", "5", "4.25")], at, OrderNbr="SO0007852")
    load.order("C00000289", [("AAFILTER01", "6", "18.00")], at, OrderNbr="SO0007853")
    load.order("C00000295", [mouse], at, OrderNbr="SO0007854")
    load.order("C00000290", [("CONSULT", "3", "120.00")], at, OrderNbr="SO0007855")
    load.order("C00000291", [laptop, ("AACHAIR01", "1", "95.00")], at, OrderNbr="SO0007856")
    load.order("C00000291", [("AADESK01", "5", "640.00")], at, OrderNbr="SO0007857")
    load.order("C00000288", [("AAMONITR01", "1", "180.00")], at, OrderNbr="SO0007858")
    load.prepay("SO0007858", "180.00", at, number="004540", PaymentRef="bc-858")
    load.order("C00000297", [laptop], at, OrderNbr="SO0007859")
    confirmed = load.order("C00000288", [("AABOOK01", "10", "20.00")], at, OrderNbr="SO0007860")
    order = tenant.get("SalesOrder", "SO", confirmed)
    assert order is not None  # noqa: S101
    shipment = shipping.create_shipment(tenant, order, "WHOLESALE", date(2026, 11, 2)).found[0][1]
    shipping.confirm_shipment(tenant, _renumbered(tenant, shipment, "004510"))
    load.order("C00000288", [laptop], at, OrderNbr="SO0007861", Status="Canceled")
    _stamp(tenant, at)


def released(tenant: Tenant, load: Loader, at: datetime) -> None:
    """Documents in the books."""
    laptop, mouse, book = ("AACOMPUT01", "1", "500.00"), ("AAMOUSE/01", "7", "12.35"), ("AABOOK01", "3", "20.00")
    cheaper = {"InventoryID": "AAMOUSE/01", "Qty": "7", "UnitPrice": "12.35", "DiscountPercent": "10"}
    # line discount, document discount, freight, taxable and exempt lines at once
    load.invoice("C00000289", [laptop, cheaper, book], at, number="AR0000191", freight=[("15.00", "9.00")],
                 discount="25.00", CustomerOrder="BS-7781")  # fmt: skip
    load.invoice("C00000288", [mouse], at, number="AR0000192", freight=[("12.00", "4.00"), ("8.50", "3.00")])
    # taxes are inside the lines: they must not be added again
    load.invoice("C00000292", [("AAMONITR01", "2", "240.00")], at, number="AR0000193", TaxCalcMode="Gross")
    load.invoice("C00000292", [("AAMONITR01", "1", "199.99")], at, number="AR0000194")
    load.invoice("C00000293", [("AAMONITR01", "3", "24500")], at, number="AR0000195")
    load.invoice("C00000294", [("AAMOUSE/01", "3", "4.125")], at, number="AR0000196")
    _memos(tenant, load, at)
    load.invoice("C00000288", [laptop], at, number="AR0000200", Description="Paid in full")
    load.pay("AR0000200", "500.00", at, number="004531", PaymentRef="CHK 1001", PaymentMethod="CHECK")
    load.invoice("C00000290", [book], at, number="AR0000204", Type="Debit Memo")
    load.invoice("C00000290", [book], at, number="AR0000205", Type="Cash Sale", status="Closed")
    load.invoice("C00000290", [{"Qty": "1", "UnitPrice": "18.00", "TransactionDescr": "Overdue charge October"}], at,
                 number="AR0000206", Type="Overdue Charge", sales=False)  # fmt: skip
    text = 'Straße "quoted" <b>&</b> 日本 ' + "long " * 90
    account = {"Qty": "1", "UnitPrice": "42.00", "TransactionDescr": text, "Account": "40500"}
    load.invoice("C00000288", [account], at, number="AR0000207")
    lots = [_lot_line("R152", "LOT-2609", "2"), _lot_line("R153", "LOT-2611", "3")]
    load.invoice("C00000289", lots, at, number="AR0000208")
    load.invoice("C00000291", [laptop], at, number="AR0000223", CashDiscount=Decimal("10.00"))
    load.invoice("C00000298", [mouse], at, number="AR0000224")
    load.invoice("C 100/7", [mouse, laptop], at, number="AR0000225")
    load.invoice("C00000288", [("SETUPFEE", "1", "0.00")], at, number="AR0000226", Description="Free of charge")
    load.invoice("C00000288", [laptop], at, number="AR0000227", BranchID="PRODRETAIL")
    # partly paid; a payment that is entered and not released
    load.invoice("C00000288", [laptop], at, number="AR0000228")
    load.pay("AR0000228", "200.00", at, number="004532", PaymentRef="CHK 1002", PaymentMethod="CHECK")


def _lot_line(location: str, lot: str, quantity: str) -> Row:
    return {"InventoryID": "AAFILTER01", "Qty": quantity, "UnitPrice": "18.00", "Location": location,
            "LotSerialNbr": lot, "ExpirationDate": date(2027, 9, 30), "WarehouseID": "WHOLESALE"}  # fmt: skip


def _memos(tenant: Tenant, load: Loader, at: datetime) -> None:
    """An open credit memo, and one that is applied to an invoice in part."""
    load.invoice("C00000288", [("AAMOUSE/01", "2", "12.35")], at, number="AR0000198", Type="Credit Memo", Terms=None)
    load.invoice("C00000288", [("AACOMPUT01", "1", "500.00")], at, number="AR0000229")
    load.invoice("C00000288", [("AAMOUSE/01", "4", "12.35")], at, number="AR0000199", Type="Credit Memo", Terms=None)
    memo, doc = tenant.get("Document", "Credit Memo", "AR0000199"), tenant.get("Document", "Invoice", "AR0000229")
    assert memo is not None and doc is not None  # noqa: S101
    receivables.apply_memo(tenant, memo, doc, memo["Amount"], _QUIET)
    memo["LastModifiedDateTime"] = doc["LastModifiedDateTime"] = at


def corrected(tenant: Tenant, load: Loader, at: datetime) -> None:
    """Corrected: AR0000201 is Canceled, AR0000202 its credit memo, AR0000203 the new invoice."""
    load.invoice("C00000289", [("AAMOUSE/01", "20", "12.35")], at, number="AR0000201")
    doc = tenant.get("Document", "Invoice", "AR0000201")
    assert doc is not None  # noqa: S101
    tenant.numbers["AR"] = 201
    _, new = receivables.correct_invoice(tenant, doc, date(2026, 11, 4), {})
    line = {**new["Details"][0], "Qty": Decimal(18)}
    tenant.change("Document", new, {"Details": [line]})
    money.recalculate_document(tenant, new)
    receivables.release_document(tenant, new, _QUIET)
    tenant.numbers["AR"] = 240
    for each in (doc, new, tenant.get("Document", "Credit Memo", "AR0000202") or {}):
        each["LastModifiedDateTime"] = at


def drafts(load: Loader, at: datetime) -> None:
    """One document of every other status, an unknown one among them."""
    states = ("Balanced", "On Hold", "Credit Hold", "Pending Approval", "Rejected", "Pending Print", "Pending Email",
              "Pending Processing", "Incomplete", "Scheduled", "Voided", "Reserved", "Under Review")  # fmt: skip
    for place, status in enumerate(states):
        line = ("AAMOUSE/01", str(place + 1), "12.35")
        load.invoice("C00000288", [line], at + timedelta(seconds=place), number=f"AR{210 + place:07d}", status=status)
    # ready for release, in a month that is closed
    load.invoice("C00000288", [("AABOOK01", "1", "20.00")], at, number="AR0000209", status="Balanced",
                 day=date(2024, 5, 28))  # fmt: skip
    load.payment("C00000288", "50.00", at, number="004533", PaymentRef="bc-open-1")
    load.payment("C00000288", "75.00", at, number="004534", PaymentRef="bc-draft-1", Status="Balanced", _released=False)
