"""Writes at the sandboxed Acumatica: PUT, PATCH, DELETE, field errors, payments, acknowledgements, people's screens."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from contract import test_sandbox_acumatica_caller as helpers
from contract.test_sandbox_acumatica_caller import Caller, refusal, unwrapped, wrapped

running, acu = helpers.running, helpers.acu


def errors(answer: Any, status: int = 422) -> dict[str, str]:
    """Every error of a 422 by its path."""
    body = answer.json()
    assert answer.status_code == status, answer.text
    assert body["exceptionType"] == "PX.Api.ContractBased.OutcomeEntityHasErrorsException"
    return dict(_walk(body, ""))


def _walk(value: Any, path: str) -> Any:
    if isinstance(value, list):
        for place, one in enumerate(value):
            yield from _walk(one, f"{path}[{place}]")
    elif isinstance(value, dict):
        if "error" in value:
            yield path, value["error"]
        for name, one in value.items():
            yield from _walk(one, f"{path}.{name}" if path else name)


# --- PUT, PATCH, DELETE (facts 7) -----------------------------------------------------------------------------


def test_put_inserts_without_a_key_and_updates_with_one(acu: Caller) -> None:
    made = acu.saved("Customer", CustomerName="New Buyer", AccountRef="77")
    changed = acu.saved("Customer", CustomerID=made["CustomerID"], CustomerName="Newer Buyer")
    assert (changed["id"], changed["AccountRef"]) == (made["id"], "77")
    by_id = acu.call("PUT", "Customer", json={"id": made["id"], "Email": {"value": "x@y.example"}})
    assert unwrapped(by_id.json())["CustomerID"] == made["CustomerID"]
    by_filter = acu.call("PUT", "Customer?$filter=AccountRef eq '77'", json={"CustomerClass": {"value": "VIP"}})
    assert unwrapped(by_filter.json())["CustomerName"] == "Newer Buyer"
    assert [one[3] for one in acu.journal()] == ["created", "updated", "updated", "updated"]


def test_a_filter_that_finds_several_is_refused_and_one_that_finds_none_inserts(acu: Caller) -> None:
    several = acu.call("PUT", "Customer?$filter=CurrencyID eq 'USD'", json={"CustomerClass": {"value": "VIP"}})
    assert refusal(several)[0] == 500
    none = acu.call("PUT", "Customer?$filter=AccountRef eq 'none'", json={"CustomerName": {"value": "From nowhere"}})
    assert none.status_code == 200 and acu.journal()[-1][3] == "created"


def test_unknown_fields_are_dropped_with_200(acu: Caller) -> None:
    line = {"InventoryID": "AABOOK01", "Quantity": 5, "Colour": "red"}
    made = acu.saved("SalesOrder", CustomerID="C00000288", Mood="good", Details=[line])
    row = acu.read(f"SalesOrder/SO/{made['OrderNbr']}", expand="Details")["Details"][0]
    assert (row["OrderQty"], made["OrderTotal"], "Mood" in made) == (0, 0, False)


def test_what_the_form_works_out_itself_comes_back_different(acu: Caller) -> None:
    made = acu.saved("SalesOrder", CustomerID="C00000289", OrderTotal="999.00", TaxTotal="0.16", Status="Completed",
                     Details=[{"InventoryID": "AAMOUSE/01", "OrderQty": "2", "UnitPrice": "1.00"}])  # fmt: skip
    assert (made["OrderTotal"], made["TaxTotal"], made["Status"]) == (Decimal("2.13"), Decimal("0.13"), "Open")


def test_the_answer_holds_what_the_request_named_and_what_it_asked_for(acu: Caller) -> None:
    body = wrapped({"CustomerID": "C00000288", "Details": [{"InventoryID": "AABOOK01", "OrderQty": 1}]})
    made = unwrapped(acu.call("PUT", "SalesOrder?$select=Status&$expand=FinancialSettings", json=body).json())
    assert made["OrderNbr"] and made["Status"] == "Open" and made["Details"][0]["OrderQty"] == 1
    assert made["FinancialSettings"]["Terms"] == "30D" and "OrderTotal" not in made


def test_equal_values_leave_the_stamp_alone(acu: Caller) -> None:
    before = acu.read("Customer/C00000288")
    after = acu.saved("Customer", CustomerID="C00000288", CustomerName=before["CustomerName"])
    assert after["LastModifiedDateTime"] == before["LastModifiedDateTime"]
    assert acu.journal()[-1][3] == "replayed"
    moved = acu.saved("Customer", CustomerID="C00000288", CustomerName="Other")
    assert moved["LastModifiedDateTime"] > before["LastModifiedDateTime"]


@pytest.mark.parametrize(
    ("headers", "number", "status"),
    [
        ({"If-None-Match": "*"}, "C00000288", 412),
        ({"If-None-Match": "*"}, "C00099999", 200),
        ({"If-Match": "*"}, "C00099999", 412),
        ({"If-Match": "*"}, "C00000288", 200),
    ],
)
def test_conditions(acu: Caller, headers: dict[str, str], number: str, status: int) -> None:
    assert acu.put("Customer", headers, CustomerID=number, CustomerName="X").status_code == status


def test_patch_updates_only(acu: Caller) -> None:
    body = wrapped({"CustomerID": "C00000288", "Email": "p@q.example"})
    assert unwrapped(acu.call("PATCH", "Customer", json=body).json())["Email"] == "p@q.example"
    missing = acu.call("PATCH", "Customer", json=wrapped({"CustomerID": "C1", "Email": "p@q.example"}))
    assert refusal(missing)[1] == "NoEntitySatisfiesTheConditionException"


def test_delete(acu: Caller) -> None:
    assert acu.call("DELETE", "SalesInvoice/Invoice/AR0000210").status_code == 204
    assert refusal(acu.get("SalesInvoice/Invoice/AR0000210"))[0] == 500
    assert "released" in refusal(acu.call("DELETE", "SalesInvoice/Invoice/AR0000160"))[2]
    assert "used in documents" in refusal(acu.call("DELETE", "Customer/C00000288"))[2]
    assert refusal(acu.call("DELETE", "Customer/NOPE"))[1] == "NoEntitySatisfiesTheConditionException"
    assert [one[3] for one in acu.journal()] == ["deleted", "refused", "refused"]


def test_deleting_drafts_frees_what_is_behind_them(acu: Caller) -> None:
    keys = {"OrderType": "SO", "OrderNbr": "SO0007850"}
    acu.done("SalesOrder", "SalesOrderCreateShipment", **keys)
    number = acu.read("SalesOrder/SO/SO0007850", expand="Shipments")["Shipments"][0]["ShipmentNbr"]
    assert acu.call("DELETE", f"Shipment/{number}").status_code == 204
    assert acu.read("SalesOrder/SO/SO0007850")["Status"] == "Open"
    acu.done("Shipment", "PrepareInvoice", ShipmentNbr="004510")
    invoice = acu.read("Shipment/004510", expand="Orders")["Orders"][0]["InvoiceNbr"]
    assert acu.call("DELETE", f"SalesInvoice/Invoice/{invoice}").status_code == 204
    acu.done("Shipment", "PrepareInvoice", ShipmentNbr="004510")
    assert refusal(acu.call("DELETE", "Shipment/004510"))[0] == 500
    assert refusal(acu.call("DELETE", "SalesOrder/SO/SO0007860"))[0] == 500


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"null", b'{"CustomerName": "bare"}',
                                  b'{"CustomerName": {"value": {"a": 1}}}'])  # fmt: skip
def test_a_malformed_record_is_400(acu: Caller, body: bytes) -> None:
    answer = acu.call("PUT", "Customer", data=body)
    assert (answer.status_code, set(answer.json())) == (400, {"message", "modelState"})


def test_field_errors_are_nested(acu: Caller) -> None:
    answer = acu.put("SalesOrder", CustomerID="NOPE", OrderType="XX", Details=[
        {"InventoryID": "AABOOK01", "OrderQty": "many"}, {"InventoryID": "X"},
        {"InventoryID": "AAOLD01"}, {"InventoryID": "AABOOK01", "WarehouseID": "MOON"},
    ])  # fmt: skip
    found = errors(answer)
    assert found.keys() == {
        "CustomerID", "OrderType", "Details[0].OrderQty", "Details[1].InventoryID", "Details[2].InventoryID",
        "Details[3].WarehouseID",
    }  # fmt: skip
    assert found["CustomerID"] == "'Customer' cannot be found in the system."
    assert answer.json()["CustomerID"]["value"] == "NOPE" and answer.json()["Details"][1]["rowNumber"] == 2
    assert answer.json()["exceptionMessage"].startswith("Inserting  'SalesOrder' record raised at least one error.")
    assert acu.journal()[-1][3] == "refused"


def test_older_versions_answer_500_for_the_same(acu: Caller) -> None:
    acu.settings(validation_status="500")
    assert errors(acu.put("Customer", CustomerName=""), 500) == {"CustomerName": "'Account Name' cannot be empty."}


@pytest.mark.parametrize(
    ("entity", "fields", "where"),
    [
        ("Customer", {"CustomerName": "X", "Terms": "99D"}, "Terms"),
        ("Customer", {"CustomerName": "X", "TaxZone": "MARS"}, "TaxZone"),
        ("Customer", {"CustomerName": "X", "CurrencyID": "XXX"}, "CurrencyID"),
        ("Customer", {"CustomerName": "X", "Status": "Asleep"}, "Status"),
        ("StockItem", {"Description": "X"}, "InventoryID"),
        ("StockItem", {"InventoryID": "SETUPFEE"}, "InventoryID"),
        ("NonStockItem", {"InventoryID": "NEW1", "ItemStatus": "Asleep"}, "ItemStatus"),
        ("SalesInvoice", {"CustomerID": "C00000288", "Type": "INV"}, "Type"),
        ("Invoice", {"Customer": "NOPE"}, "Customer"),
        ("SalesOrder", {"CustomerID": "C00000296"}, "CustomerID"),
        ("SalesOrder", {"CustomerID": "C00000288", "CurrencyID": "XXX"}, "CurrencyID"),
        ("Activity", {"Body": "x"}, "Summary"),
        ("Activity", {"Summary": "x", "RelatedEntityNoteID": "11111111-1111-4111-8111-111111111111",
                      "RelatedEntityType": "PX.Objects.AR.ARInvoice"}, "RelatedEntityType"),
    ],
)  # fmt: skip
def test_forms_check_their_lists(acu: Caller, entity: str, fields: dict[str, Any], where: str) -> None:
    assert errors(acu.put(entity, **fields)).keys() == {where}


def test_rows_change_come_and_go_by_their_id(acu: Caller) -> None:
    lines = [{"InventoryID": "AABOOK01", "OrderQty": 1}, {"InventoryID": "AAMOUSE/01", "OrderQty": 2}]
    made = acu.saved("SalesOrder", CustomerID="C00000288", Details=lines)
    first, second = (row["id"] for row in made["Details"])
    keys = {"OrderType": "SO", "OrderNbr": made["OrderNbr"]}
    rows = [{"id": first, "OrderQty": 4}, {"id": second, "delete": True}, {"InventoryID": "AAMONITR01", "OrderQty": 1}]
    after = acu.saved("SalesOrder", **keys, Details=rows)
    assert [(row["InventoryID"], row["OrderQty"]) for row in after["Details"]] == [("AABOOK01", 4), ("AAMONITR01", 1)]
    assert after["OrderTotal"] == Decimal(260)
    strange = acu.put("SalesOrder", **keys, Details=[{"id": "11111111-1111-4111-8111-111111111111", "OrderQty": 1}])
    assert refusal(strange)[0] == 500


def test_items(acu: Caller) -> None:
    made = acu.saved("StockItem", InventoryID="NEW-1", Description="New", DefaultPrice="9.99", BaseUOM="BOX",
                     CrossReferences=[{"AlternateID": "SKU-9", "AlternateType": "Global"}],
                     Attributes=[{"AttributeID": "COLOR", "Value": "red"}])  # fmt: skip
    assert (made["DefaultPrice"], made["ItemStatus"]) == (Decimal("9.99"), "Active")
    acu.saved("StockItem", InventoryID="NEW-1", Attributes=[{"AttributeID": "COLOR", "Value": "blue"}])
    assert acu.read("StockItem/NEW-1", expand="Attributes")["Attributes"][0]["Value"] == "blue"
    service = acu.saved("NonStockItem", InventoryID="FREIGHT", Description="Freight", SalesUnit="EA")
    assert "SalesUnit" in service and "SalesUOM" not in service
    assert refusal(acu.get("StockItem/FREIGHT"))[0] == 500
    assert acu.call("DELETE", "StockItem/NEW-1").status_code == 204
    assert "there is stock" in refusal(acu.call("DELETE", "StockItem/AACOMPUT01"))[2]


def test_customers_have_contacts_and_attributes(acu: Caller) -> None:
    made = acu.saved("Customer", CustomerName="Deep", MainContact={"Email": "a@b.example", "Address": {"City": "Rome"}},
                     Attributes=[{"AttributeID": "B2BCOMPANY", "Value": "8841"}])  # fmt: skip
    one = acu.read(f"Customer/{made['CustomerID']}", expand="MainContact/Address,Attributes")
    assert one["MainContact"]["Address"]["City"] == "Rome" and one["Attributes"][0]["Value"] == "8841"
    acu.saved("Customer", CustomerID=made["CustomerID"], MainContact={"Address": {"Country": "IT"}})
    again = acu.read(f"Customer/{made['CustomerID']}", expand="MainContact/Address")
    assert (again["MainContact"]["Email"], again["MainContact"]["Address"]["City"]) == ("a@b.example", "Rome")


def test_orders_are_checked_for_credit(acu: Caller) -> None:
    line = [{"InventoryID": "AACOMPUT01", "OrderQty": 1}]
    held = acu.saved("SalesOrder", CustomerID="C00000297", Details=line)
    assert (held["Status"], held["CreditHold"]) == ("Credit Hold", True)
    assert acu.saved("SalesOrder", CustomerID="C00000288", Hold=True, Details=line)["Status"] == "On Hold"


# --- documents (facts 11, 13.3) ------------------------------------------------------------------------------


def test_a_number_of_the_callers_own_is_not_taken(acu: Caller) -> None:
    made = acu.saved("SalesInvoice", Type="Invoice", ReferenceNbr="MINE-1", CustomerID="C00000288",
                     Details=[{"InventoryID": "AABOOK01", "Qty": 1}])  # fmt: skip
    assert made["ReferenceNbr"] == "AR0000241" and made["Status"] == "On Hold"


def test_a_credit_memo_needs_its_own_first_key(acu: Caller) -> None:
    made = acu.saved(
        "Invoice", Type="Credit Memo", Customer="C00000288", Details=[{"InventoryID": "AABOOK01", "Qty": 1}]
    )
    assert (made["Amount"], made["Terms"]) == (Decimal(20), None)
    assert refusal(acu.get(f"Invoice/Invoice/{made['ReferenceNbr']}"))[0] == 500
    assert acu.read(f"Invoice/Credit Memo/{made['ReferenceNbr']}")["Type"] == "Credit Memo"


def test_drafts_can_be_written(acu: Caller) -> None:
    keys = {"Type": "Invoice", "ReferenceNbr": "AR0000211"}
    before = acu.read("SalesInvoice/Invoice/AR0000211", expand="Details")
    row = {"id": before["Details"][0]["id"], "Qty": "3"}
    after = acu.saved("SalesInvoice", **keys, Hold=False, Description="ready", Date="2026-11-20", Details=[row])
    assert (after["Status"], after["Amount"], after["Date"][:10]) == ("Balanced", Decimal("37.05"), "2026-11-20")
    on_hold = acu.saved("SalesInvoice", **keys, Hold=True)
    assert on_hold["Status"] == "On Hold"


def test_a_customer_on_credit_hold_stops_the_invoice(acu: Caller) -> None:
    made = acu.saved(
        "SalesInvoice", CustomerID="C00000295", Hold=False, Details=[{"InventoryID": "AABOOK01", "Qty": 1}]
    )
    assert (made["Status"], made["CreditHold"]) == ("Credit Hold", True)


def test_released_documents_pass_over_what_is_written(acu: Caller) -> None:
    keys = {"Type": "Invoice", "ReferenceNbr": "AR0000160"}
    before = acu.read("SalesInvoice/Invoice/AR0000160")
    after = acu.saved("SalesInvoice", **keys, Description="mine", Hold=True)
    assert after["Description"] == before["Description"]
    assert after["LastModifiedDateTime"] == before["LastModifiedDateTime"]
    moved = acu.saved("SalesInvoice", **keys, DueDate="2024-01-31")
    assert moved["DueDate"][:10] == "2024-01-31"
    acu.settings(released_write="refused")
    assert errors(acu.put("SalesInvoice", **keys, Description="mine")).keys() == {"Description"}


def test_notes_and_custom_fields_of_released_documents(acu: Caller) -> None:
    keys = {"Type": {"value": "Invoice"}, "ReferenceNbr": {"value": "AR0000160"}}
    custom = {"Document": {"UsrB2BInvoiceID": {"type": "CustomStringField", "value": "8841"}}}
    before = acu.read("SalesInvoice/Invoice/AR0000160")["LastModifiedDateTime"]
    acu.call("PUT", "SalesInvoice", json={**keys, "custom": custom})
    ask = {"custom": "Document.UsrB2BInvoiceID"}
    assert acu.get("SalesInvoice/Invoice/AR0000160", **ask).json()["custom"] == {}
    acu.settings(custom_after_release=True)
    acu.call("PUT", "SalesInvoice", json={**keys, "custom": custom, "note": {"value": "synced"}})
    after = acu.get("SalesInvoice/Invoice/AR0000160", **ask).json()
    assert after["custom"] == custom and after["note"] == {"value": "synced"}
    assert after["LastModifiedDateTime"]["value"] > before


def test_a_custom_field_without_a_type_is_400_and_drafts_take_them(acu: Caller) -> None:
    keys = {"Type": {"value": "Invoice"}, "ReferenceNbr": {"value": "AR0000210"}}
    bad = {"Document": {"UsrX": {"value": "1"}}}
    assert acu.call("PUT", "SalesInvoice", json={**keys, "custom": bad}).status_code == 400
    good = {
        "Document": {
            "UsrN": {"type": "CustomIntField", "value": 7},
            "UsrD": {"type": "CustomDecimalField", "value": 1.5},
        }
    }
    acu.call("PUT", "SalesInvoice", json={**keys, "custom": good})
    assert acu.get("SalesInvoice/Invoice/AR0000210", custom="Document.UsrN,Document.UsrD").json()["custom"] == good


def test_an_activity_acknowledges_and_moves_the_stamp(acu: Caller) -> None:
    one = acu.read("SalesInvoice/Invoice/AR0000160")
    fields = {"Summary": "Invoice Sync: delivered as 8841", "RelatedEntityNoteID": one["id"],
              "RelatedEntityType": "PX.Objects.AR.ARInvoice"}  # fmt: skip
    made = acu.saved("Activity", **fields)
    assert acu.read(f"Activity/{made['NoteID']}")["CreatedByID"] == "sync"
    after = acu.read("SalesInvoice/Invoice/AR0000160")["LastModifiedDateTime"]
    assert after > one["LastModifiedDateTime"]
    acu.settings(activity_moves_stamp=False)
    acu.saved("Activity", **fields)
    assert acu.read("SalesInvoice/Invoice/AR0000160")["LastModifiedDateTime"] == after
    acu.saved("Activity", NoteID=made["NoteID"], Summary="changed")
    assert len(acu.read("Activity")) == 2
    assert acu.call("DELETE", f"Activity/{made['NoteID']}").status_code == 204
    assert {one[2] for one in acu.journal()} >= {fields["Summary"]}


def test_shipments_cannot_be_made_by_hand(acu: Caller) -> None:
    assert "from sales orders" in refusal(acu.put("Shipment", CustomerID="C00000288"))[2]
