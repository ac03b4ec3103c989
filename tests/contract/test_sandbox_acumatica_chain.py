"""From order to released invoice at the sandboxed Acumatica: actions, operations, and every refusal on the way."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
import requests

from contract import test_sandbox_acumatica_caller as helpers
from contract.test_sandbox_acumatica_caller import FIRST, Caller, refusal

running, acu = helpers.running, helpers.acu
SHIP = ("SalesOrder", "SalesOrderCreateShipment")
RELEASE = ("SalesInvoice", "ReleaseSalesInvoice")


def order(number: str) -> dict[str, str]:
    return {"OrderType": "SO", "OrderNbr": number}


def doc(number: str, kind: str = "Invoice") -> dict[str, str]:
    return {"Type": kind, "ReferenceNbr": number}


def ship(acu: Caller, number: str, **parameters: str) -> str:
    acu.done(*SHIP, parameters or None, **order(number))
    shipments = acu.read(f"SalesOrder/SO/{number}", expand="Shipments")["Shipments"]
    return str(shipments[-1]["ShipmentNbr"])


def invoice_of(acu: Caller, shipment: str) -> str:
    acu.done("Shipment", "ConfirmShipment", ShipmentNbr=shipment)
    acu.done("Shipment", "PrepareInvoice", ShipmentNbr=shipment)
    return str(acu.read(f"Shipment/{shipment}", expand="Orders")["Orders"][0]["InvoiceNbr"])


def refused(answer: requests.Response) -> str:
    """The words of a refused action; they are in the inner exception."""
    status, kind, text = refusal(answer)
    assert (status, answer.json()["exceptionMessage"]) == (500, "Operation failed")
    assert answer.json()["exceptionType"] == "PX.Data.PXInvalidOperationException" and kind
    return text


# --- the whole way (facts 9) --------------------------------------------------------------------------------


def test_the_seeds_chain(acu: Caller) -> None:
    number = ship(acu, "SO0007850", WarehouseID="WHOLESALE", ShipmentDate="2026-11-10")
    shipment = acu.read(f"Shipment/{number}", expand="Details,Orders")
    assert (shipment["Status"], shipment["ShipmentDate"]) == ("Open", "2026-11-10T00:00:00+00:00")
    row = shipment["Details"][0]
    names = ("OrderNbr", "InventoryID", "WarehouseID", "LocationID", "ShippedQty", "OrderedQty", "OpenQty", "UOM")
    assert [row[name] for name in names] == [
        "SO0007850", "AACOMPUT01", "WHOLESALE", "R151", Decimal(2), Decimal(2), Decimal(0), "EA",
    ]  # fmt: skip
    assert acu.read("SalesOrder/SO/SO0007850")["Status"] == "Shipping"
    invoice = invoice_of(acu, number)
    assert acu.read(f"Shipment/{number}")["Status"] == "Invoiced"
    held = acu.read(f"SalesInvoice/Invoice/{invoice}", expand="Details,FreightDetails")
    assert (held["Status"], held["FreightPrice"], held["Balance"]) == ("On Hold", Decimal(15), held["Amount"])
    assert held["Details"][0]["ShipmentNbr"] == number and held["FreightDetails"][0]["FreightCost"] == Decimal("9.1")
    acu.saved("SalesInvoice", **doc(invoice), Hold=False)
    acu.done(*RELEASE, **doc(invoice))
    after = acu.read(f"SalesInvoice/Invoice/{invoice}", expand="Details")
    assert (after["Status"], after["Details"][0]["InventoryDocType"]) == ("Open", "Issue")
    assert after["LastModifiedDateTime"] > held["LastModifiedDateTime"]
    assert acu.read(f"Shipment/{number}")["Status"] == "Completed"


def test_the_journal_counts_what_was_made(acu: Caller) -> None:
    number = ship(acu, "SO0007850")
    invoice = invoice_of(acu, number)
    made = [one for one in acu.journal() if one[3] == "created"]
    assert made == [
        ("Shipment", "SalesOrderCreateShipment", number, "created"),
        ("SalesInvoice", "PrepareInvoice", invoice, "created"),
    ]
    acu.press(*SHIP, **order("SO0007850"))
    assert acu.journal()[-1] == ("SalesOrder", "SalesOrderCreateShipment", "SO0007850", "refused")
    entry = acu.running.world.journal.since()[-1]
    assert (entry["tenant"], entry["code"], entry["remote_id"]) == (
        FIRST, "PXException", acu.read("SalesOrder/SO/SO0007850")["id"],
    )  # fmt: skip


def test_a_prepaid_order_closes_its_invoice_at_release(acu: Caller) -> None:
    acu.settings(hold_on_prepare=False)
    invoice = invoice_of(acu, ship(acu, "SO0007858"))
    draft = acu.read(f"SalesInvoice/Invoice/{invoice}", expand="ApplicationsInvoice")
    assert (draft["Status"], draft["PaymentTotal"], draft["Balance"]) == ("Balanced", Decimal(180), Decimal(180))
    payments = acu.read("SalesOrder/SO/SO0007858", expand="Payments")["Payments"]
    assert (payments[0]["TransferredtoInvoice"], payments[0]["AppliedToOrder"]) == (Decimal(180), Decimal(0))
    acu.done(*RELEASE, **doc(invoice))
    after = acu.read(f"SalesInvoice/Invoice/{invoice}")
    assert (after["Status"], after["Balance"]) == ("Closed", 0)
    assert acu.read("Payment/Prepayment/004540")["Status"] == "Closed"


def test_an_order_without_goods_is_invoiced_without_a_shipment(acu: Caller) -> None:
    acu.done("SalesOrder", "PrepareSalesInvoice", **order("SO0007855"))
    held = acu.read("SalesOrder/SO/SO0007855", expand="FinancialSettings")
    assert held["Status"] == "Invoiced"
    number = held["FinancialSettings"]["InvoiceNbr"]
    assert acu.read(f"SalesInvoice/Invoice/{number}")["Amount"] == Decimal(360)
    assert "already invoiced" in refused(acu.press("SalesOrder", "PrepareSalesInvoice", **order("SO0007855")))
    assert "shipped first" in refused(acu.press("SalesOrder", "PrepareSalesInvoice", **order("SO0007850")))


def test_short_stock_ships_in_part_and_the_rest_waits(acu: Caller) -> None:
    number = ship(acu, "SO0007857")
    assert acu.read(f"Shipment/{number}")["ShippedQty"] == Decimal(3)
    acu.done("Shipment", "ConfirmShipment", ShipmentNbr=number)
    held = acu.read("SalesOrder/SO/SO0007857", expand="Details")
    assert (held["Status"], held["Details"][0]["OpenQty"]) == ("Back Order", Decimal(2))
    acu.act("set_stock", item="AADESK01", warehouse="WHOLESALE", quantity=5)
    second = ship(acu, "SO0007857")
    assert acu.read(f"Shipment/{second}")["ShippedQty"] == Decimal(2)


def test_lines_of_two_warehouses_go_one_by_one(acu: Caller) -> None:
    assert "Warehouse must be given" in refused(acu.press(*SHIP, **order("SO0007856")))
    first = ship(acu, "SO0007856", WarehouseID="RETAIL")
    assert [row["InventoryID"] for row in acu.read(f"Shipment/{first}", expand="Details")["Details"]] == ["AACHAIR01"]
    assert "is Shipping" in refused(acu.press(*SHIP, {"WarehouseID": "WHOLESALE"}, **order("SO0007856")))
    acu.done("Shipment", "ConfirmShipment", ShipmentNbr=first)
    assert ship(acu, "SO0007856", WarehouseID="WHOLESALE") != first


def test_a_lot_is_a_persons_to_choose(acu: Caller) -> None:
    number = ship(acu, "SO0007853")
    confirm = acu.press("Shipment", "ConfirmShipment", ShipmentNbr=number)
    assert "Lot/Serial Nbr. must be specified" in refused(confirm)
    (row,) = acu.read(f"Shipment/{number}", expand="Details")["Details"]
    acu.saved(
        "Shipment", ShipmentNbr=number, Details=[{"id": row["id"], "LotSerialNbr": "LOT-2611", "LocationID": "R153"}]
    )
    acu.done("Shipment", "ConfirmShipment", ShipmentNbr=number)
    acu.done("Shipment", "PrepareInvoice", ShipmentNbr=number)
    invoice = acu.read(f"Shipment/{number}", expand="Orders")["Orders"][0]["InvoiceNbr"]
    line = acu.read(f"SalesInvoice/Invoice/{invoice}", expand="Details")["Details"][0]
    assert (line["LotSerialNbr"], line["Location"]) == ("LOT-2611", "R153")


def test_a_lot_that_is_not_there_takes_nothing_from_the_shelves(acu: Caller) -> None:
    number = ship(acu, "SO0007853")
    (row,) = acu.read(f"Shipment/{number}", expand="Details")["Details"]
    acu.saved("Shipment", ShipmentNbr=number, Details=[{"id": row["id"], "LotSerialNbr": "LOT-0000"}])
    before = acu.state("GET", "Stock")["records"]
    assert "is not in location" in refused(acu.press("Shipment", "ConfirmShipment", ShipmentNbr=number))
    assert acu.state("GET", "Stock")["records"] == before


# --- refusals (facts 9) -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "parameters", "word"),
    [
        ("SO0007851", {}, "is On Hold"),
        ("SO0007852", {}, "no stock of AACABLE99"),
        ("SO0007854", {}, "is Credit Hold"),
        ("SO0007859", {}, "is Credit Hold"),
        ("SO0007860", {}, "is Completed"),
        ("SO0007861", {}, "is Canceled"),
        ("SO0007850", {"WarehouseID": "NOWHERE"}, "cannot be found"),
        ("SO0007850", {"WarehouseID": "RETAIL"}, "no lines"),
        ("SO0007855", {}, "no lines"),
    ],
)
def test_no_shipment(acu: Caller, number: str, parameters: dict[str, str], word: str) -> None:
    before = len(acu.state("GET", "Shipment")["records"])
    assert word in refused(acu.press(*SHIP, parameters, **order(number)))
    assert len(acu.state("GET", "Shipment")["records"]) == before


def test_a_shipment_is_confirmed_and_invoiced_once(acu: Caller) -> None:
    number = ship(acu, "SO0007850")
    assert "is Open" in refused(acu.press("Shipment", "PrepareInvoice", ShipmentNbr=number))
    invoice_of(acu, number)
    assert "is Invoiced" in refused(acu.press("Shipment", "ConfirmShipment", ShipmentNbr=number))
    assert "already invoiced" in refused(acu.press("Shipment", "PrepareInvoice", ShipmentNbr=number))
    assert "is Invoiced" in refused(acu.press("Shipment", "CorrectShipment", ShipmentNbr=number))
    assert [one[3] for one in acu.journal()].count("created") == 2


@pytest.mark.parametrize(
    ("number", "word"),
    [
        ("AR0000160", "already released"),
        ("AR0000200", "already released"),
        ("AR0000201", "already released"),
        ("AR0000211", "is On Hold"),
        ("AR0000212", "is Credit Hold"),
        ("AR0000213", "is Pending Approval"),
        ("AR0000217", "is Pending Processing"),
        ("AR0000218", "is Incomplete"),
        ("AR0000209", "05-2024 financial period is closed"),
    ],
)
def test_no_release(acu: Caller, number: str, word: str) -> None:
    before = acu.read(f"SalesInvoice/Invoice/{number}")
    assert word in refused(acu.press(*RELEASE, **doc(number)))
    assert acu.read(f"SalesInvoice/Invoice/{number}") == before


def test_actions_of_orders(acu: Caller) -> None:
    for action, number, status in (
        ("OpenSalesOrder", "SO0007851", "Open"),
        ("CancelSalesOrder", "SO0007851", "Canceled"),
        ("ReopenSalesOrder", "SO0007851", "Open"),
        ("ReleaseFromCreditHoldSalesOrder", "SO0007859", "Open"),
        ("AutoRecalculateDiscounts", "SO0007850", "Open"),
        ("RecalculatePricesDiscounts", "SO0007850", "Open"),
    ):
        acu.done("SalesOrder", action, **order(number))
        assert acu.read(f"SalesOrder/SO/{number}")["Status"] == status, action
    for action in ("OpenSalesOrder", "ReleaseFromCreditHoldSalesOrder", "ReopenSalesOrder", "SalesOrderCreateReceipt"):
        assert "disabled" in refused(acu.press("SalesOrder", action, **order("SO0007850")))


def test_a_shipment_is_corrected_or_posted(acu: Caller) -> None:
    before = {tuple(map(str, one.values())) for one in acu.state("GET", "Stock")["records"]}
    number = ship(acu, "SO0007850")
    acu.done("Shipment", "ConfirmShipment", ShipmentNbr=number)
    acu.done("Shipment", "CorrectShipment", ShipmentNbr=number)
    assert {tuple(map(str, one.values())) for one in acu.state("GET", "Stock")["records"]} == before
    assert acu.read(f"Shipment/{number}")["Status"] == "Open"
    assert "is Open" in refused(acu.press("Shipment", "UpdateIN", ShipmentNbr=number))
    acu.done("Shipment", "ConfirmShipment", ShipmentNbr=number)
    acu.done("Shipment", "UpdateIN", ShipmentNbr=number)
    assert acu.read(f"Shipment/{number}", expand="Orders")["Orders"][0]["InventoryRefNbr"]


def test_the_ar_screen_releases_the_same_document(acu: Caller) -> None:
    acu.done("Invoice", "ReleaseInvoice", **doc("AR0000210"))
    assert acu.read("SalesInvoice/Invoice/AR0000210")["Status"] == "Open"


@pytest.mark.parametrize("gate", ["approval", "print", "email", "processing", "tax"])
def test_preferences_put_a_step_between_hold_and_release(acu: Caller, gate: str) -> None:
    acu.settings(invoice_gate=gate)
    saved = acu.saved("SalesInvoice", **doc("AR0000211"), Hold=False)
    wanted = {"approval": "Pending Approval", "print": "Pending Print", "email": "Pending Email",
              "processing": "Pending Processing", "tax": "Incomplete"}  # fmt: skip
    assert saved["Status"] == wanted[gate]
    verb = {"approval": "approve", "processing": "capture", "tax": "complete_processing"}.get(gate, gate)
    acu.act(verb, key="AR0000211")
    acu.done(*RELEASE, **doc("AR0000211"))


def test_a_closed_period_can_be_opened(acu: Caller) -> None:
    acu.act("close_period", through="2024-04")
    acu.done(*RELEASE, **doc("AR0000209"))


# --- requests of actions (facts 8) ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body", [None, [], {}, {"entity": "AR0000210"}, {"entity": {"Type": "Invoice", "ReferenceNbr": "AR0000210"}}]
)
def test_a_malformed_press_is_400(acu: Caller, body: Any) -> None:
    assert acu.call("POST", "/".join(RELEASE), json=body).status_code == 400


def test_bad_parameters_are_400_and_unknown_ones_fall_away(acu: Caller) -> None:
    assert acu.press(*SHIP, {"ShipmentDate": "tomorrow"}, **order("SO0007850")).status_code == 400
    nested = {"entity": helpers.wrapped(order("SO0007850")), "parameters": {"WarehouseID": {"value": {"value": "X"}}}}
    assert acu.call("POST", "/".join(SHIP), json=nested).status_code == 400
    assert acu.journal() == []
    acu.done(*SHIP, {"Colour": "red"}, **order("SO0007850"))


def test_a_record_may_be_named_by_its_guid(acu: Caller) -> None:
    guid = acu.read("SalesInvoice/Invoice/AR0000210")["id"]
    acu.call("POST", "/".join(RELEASE), json={"entity": {"id": guid}})
    assert acu.read("SalesInvoice/Invoice/AR0000210")["Status"] == "Open"
    missing = acu.press(*RELEASE, **doc("AR9999999"))
    assert refusal(missing)[1] == "NoEntitySatisfiesTheConditionException"


def test_the_business_date_and_branch_of_a_call(acu: Caller) -> None:
    headers = {"PX-CbApiBusinessDate": "2026-12-24", "PX-CbApiBranch": "PRODRETAIL"}
    answer = acu.put(
        "SalesOrder", headers, CustomerID="C00000288", Details=[{"InventoryID": "AABOOK01", "OrderQty": 1}]
    )
    made = helpers.unwrapped(answer.json())
    assert (made["Date"], made["Branch"]) == ("2026-12-24T00:00:00+00:00", "PRODRETAIL")
    for bad in ({"PX-CbApiBusinessDate": "soon"}, {"PX-CbApiBranch": "MOON"}):
        assert acu.put("SalesOrder", bad, CustomerID="C00000288").status_code == 400
