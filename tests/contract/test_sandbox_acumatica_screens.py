"""What people do in the screens of the sandboxed Acumatica: by the control API, or in the same process."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from contract import test_sandbox_acumatica_caller as helpers
from contract.test_sandbox_acumatica_caller import FIRST, Caller, refusal

running, acu = helpers.running, helpers.acu


def test_people_edit_anything(acu: Caller) -> None:
    before = acu.read("SalesInvoice/Invoice/AR0000190")
    edited = acu.state("PATCH", "SalesInvoice/AR0000190", {
        "Status": "Something New", "Amount": "540.01", "note": "n", "BillToContact": {"Email": "z@z.example"},
        "FinancialDetails": {"CustomerTaxZone": "MASS"},
    })  # fmt: skip
    assert (edited["Status"], edited["Amount"]) == ("Something New", 540.01)
    after = acu.read("SalesInvoice/Invoice/AR0000190", expand="BillToContact,FinancialDetails")
    assert after["LastModifiedDateTime"] > before["LastModifiedDateTime"]
    assert (after["BillToContact"]["Email"], after["FinancialDetails"]["CustomerTaxZone"]) == ("z@z.example", "MASS")
    line = {"InventoryID": "AABOOK01", "Qty": "2", "UnitPrice": "20.00"}
    acu.state("PATCH", "SalesInvoice/Invoice%2FAR0000190", {"Details": [line]})
    assert acu.read("SalesInvoice/Invoice/AR0000190")["Amount"] == Decimal(40)
    assert acu.journal() == []


@pytest.mark.parametrize(
    ("method", "path", "body", "word"),
    [
        ("PATCH", "SalesInvoice/AR0000190", {"Colour": "red"}, "no field 'Colour'"),
        ("PATCH", "SalesInvoice/AR0000190", {"Amount": "much"}, "Amount"),
        ("PATCH", "SalesInvoice/AR9", {}, "no SalesInvoice"),
        ("POST", "Customer", {}, "CustomerName"),
        ("POST", "Nothing", {}, "no entity"),
        ("POST", "Action", {"do": "dance"}, "do must be one of"),
        ("POST", "Action", {"do": "approve", "key": "AR0000160"}, "needs Pending Approval"),
        ("POST", "Action", {"do": "release", "key": "AR0000209"}, "period is closed"),
        ("DELETE", "SalesInvoice/Invoice%2FAR0000160", None, "released"),
    ],
)
def test_people_are_told_what_is_wrong(acu: Caller, method: str, path: str, body: Any, word: str) -> None:
    with pytest.raises(AssertionError, match=word):
        acu.state(method, path, body)


def test_people_enter_and_delete(acu: Caller) -> None:
    made = acu.state("POST", "Customer", {"CustomerName": "By hand"})
    acu.state("DELETE", f"Customer/{made['CustomerID']}")
    assert refusal(acu.get(f"Customer/{made['CustomerID']}"))[0] == 500


def test_people_correct_an_invoice(acu: Caller) -> None:
    line = {"InventoryID": "AABOOK01", "Qty": "2", "UnitPrice": "20.00"}
    found = acu.act("correct", key="AR0000190", Details=[line])["effects"]
    old, memo, new = (acu.read(f"SalesInvoice/{one['record']['id']}", expand="Details") for one in found)
    assert [one["Status"] for one in (old, memo, new)] == ["Canceled", "Closed", "Balanced"]
    assert (memo["Type"], new["Amount"]) == ("Credit Memo", Decimal(40))
    with pytest.raises(ValueError, match="Canceled"):
        acu.act("cancel", key="AR0000190")
    with pytest.raises(ValueError, match="Payments are applied"):
        acu.act("cancel", key="AR0000228")


def test_people_void_a_document(acu: Caller) -> None:
    acu.act("void", key="AR0000190")
    one = acu.read("SalesInvoice/Invoice/AR0000190")
    assert (one["Status"], one["Balance"], one["Amount"]) == ("Voided", 0, Decimal(540))
    with pytest.raises(ValueError, match="Payments are applied"):
        acu.act("void", key="AR0000228")


def test_people_pay_void_reopen_and_write_off(acu: Caller) -> None:
    acu.act("pay", key="AR0000190")
    assert acu.read("SalesInvoice/Invoice/AR0000190")["Status"] == "Closed"
    acu.act("reopen", key="AR0000190")
    assert acu.read("SalesInvoice/Invoice/AR0000190")["Balance"] == Decimal(540)
    waiting = acu.act("pay", key="AR0000190", amount="10.00", release=False)
    assert acu.read(f"Payment/Payment/{waiting['ReferenceNbr']}")["Status"] == "Balanced"
    acu.act("write_off", key="AR0000160")
    held = acu.read("SalesInvoice/Invoice/AR0000160", expand="ApplicationsInvoice")
    assert held["Status"] == "Closed" and held["ApplicationsInvoice"][-1]["DocType"] == "Balance WO"
    acu.act("void_payment", key="Payment/004532")
    assert acu.read("SalesInvoice/Invoice/AR0000228")["Balance"] == Decimal(500)
    acu.act("apply_memo", memo="AR0000198", key="AR0000228", amount="20.00")
    assert acu.read("SalesInvoice/Credit Memo/AR0000198")["Balance"] == Decimal("4.7")
    with pytest.raises(ValueError, match="cannot be applied"):
        acu.act("apply_memo", memo="AR0000198", key="AR0000228", amount="20.00")


def test_people_walk_a_draft_through_its_states(acu: Caller) -> None:
    steps = (
        ("hold", "AR0000210", "On Hold"),
        ("remove_hold", "AR0000210", "Balanced"),
        ("credit_hold", "AR0000210", "Credit Hold"),
        ("release_credit_hold", "AR0000210", "Balanced"),
        ("reject", "AR0000213", "Rejected"),
        ("print", "AR0000215", "Balanced"),
        ("email", "AR0000216", "Balanced"),
        ("release", "AR0000210", "Open"),
        ("reserve", "AR0000210", "Reserved"),
        ("unreserve", "AR0000210", "Open"),
    )
    for verb, key, status in steps:
        acu.act(verb, key=key)
        assert acu.read(f"SalesInvoice/Invoice/{key}")["Status"] == status, verb
    acu.act("set_status", key="AR0000210", status="Voided")
    assert acu.read("SalesInvoice/Invoice/AR0000210")["Status"] == "Voided"
    acu.act("set_status", entity="SalesOrder", key="SO/SO0007850", status="Risk Hold")
    assert acu.read("SalesOrder/SO/SO0007850")["Status"] == "Risk Hold"


def test_people_change_the_customer_of_a_draft(acu: Caller) -> None:
    acu.act("change_customer", key="AR0000210", customer="C00000289")
    one = acu.read("SalesInvoice/Invoice/AR0000210")
    assert (one["CustomerID"], one["TaxTotal"]) == ("C00000289", Decimal("0.77"))
    with pytest.raises(ValueError, match="draft"):
        acu.act("change_customer", key="AR0000160", customer="C00000289")


def test_people_go_the_chain_themselves(acu: Caller) -> None:
    shipped = acu.act("create_shipment", key="SO/SO0007850", warehouse="WHOLESALE", date="2026-11-12")["effects"][0]
    number = shipped["record"]["ShipmentNbr"]
    acu.act("confirm_shipment", key=number)
    made = acu.act("prepare_invoice", key=number)["effects"][0]["record"]
    assert made["Status"] == "On Hold"
    with pytest.raises(ValueError, match="already invoiced"):
        acu.act("prepare_invoice", key=number)
    assert acu.journal() == []


def test_people_sign_everybody_out_and_push_operations(acu: Caller) -> None:
    acu.settings(operation_seconds=30)
    acu.press("SalesInvoice", "ReleaseSalesInvoice", Type="Invoice", ReferenceNbr="AR0000210")
    assert acu.act("finish_operations")["operations"][0]["State"] == "running"
    acu.act("sign_out_all")
    assert acu.get("Customer", top=1).status_code == 401


def test_the_control_api_shows_exact_decimals(acu: Caller) -> None:
    records = acu.vendor.records(FIRST, "SalesInvoice")
    golden = next(one for one in records if one["ReferenceNbr"] == "AR0000160")
    assert golden["Balance"] == Decimal("3.75") and golden["ApplicationsInvoice"][0]["AmountPaid"] == Decimal("547.50")
    text = json.dumps(acu.state("GET", "Stock")["records"][0])
    assert "InventoryID" in text
