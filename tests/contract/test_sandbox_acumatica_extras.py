"""The sandboxed Acumatica's inquiries and files, and the loader that fills it for tests and benchmarks."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import requests

from contract import test_sandbox_acumatica_caller as helpers
from contract.test_sandbox_acumatica_caller import FIRST, Caller, refusal
from sandbox.server import Running

running, acu = helpers.running, helpers.acu
GOLDEN = "SalesInvoice/Invoice/AR0000160"


# --- inquiries and files -----------------------------------------------------------------------------------


def test_the_stock_inquiry(acu: Caller) -> None:
    ask = {"InventoryID": {"value": "AAFILTER01"}, "WarehouseID": {"value": "WHOLESALE"}}
    answer = acu.call("PUT", "InventorySummaryInquiry?$expand=Results", json=ask)
    rows = {row["LocationID"]["value"]: row["QtyOnHand"]["value"] for row in answer.json()["Results"]}
    assert rows == {"R152": 30.0, "R153": 30.0}
    assert "Results" not in acu.call("PUT", "InventorySummaryInquiry", json=ask).json()
    assert refusal(acu.call("PUT", "InventorySummaryInquiry", json={"InventoryID": {"value": "NO"}}))[0] == 500
    assert acu.get("InventorySummaryInquiry").status_code == 500


def test_generic_inquiries_over_odata(acu: Caller) -> None:
    url = f"{acu.site}/t/{FIRST}/api/odata/gi"
    basic = ("sync", acu.user["password"])
    rows = requests.get(
        f"{url}/B2B-Invoices",
        params={"$filter": "Status eq 'Open' and Amount gt 500", "$orderby": "Amount desc", "$top": "2", "$skip": "1"},
        auth=basic,
        timeout=5,
    ).json()["value"]
    assert [row["Amount"] for row in rows] == sorted((row["Amount"] for row in rows), reverse=True) and len(rows) == 2
    assert acu.session.get(f"{url}/B2B-Customers", timeout=5).json()["value"][0]["CustomerID"]
    assert requests.get(f"{url}/Internal-Margins", auth=basic, timeout=5).status_code == 403
    assert requests.get(f"{url}/Nothing", auth=basic, timeout=5).status_code == 404
    assert requests.get(f"{url}/B2B-Invoices", timeout=5).status_code == 401
    assert requests.get(f"{url}/B2B-Invoices", auth=("sync", "no"), timeout=5).status_code == 500
    bad = requests.get(f"{url}/B2B-Invoices", params={"$filter": "Colour eq 1"}, auth=basic, timeout=5)
    assert bad.status_code == 400
    assert 'EntitySet Name="Internal-Margins"' in requests.get(f"{url}/$metadata", auth=basic, timeout=5).text


def test_files(acu: Caller) -> None:
    (link,) = acu.get(GOLDEN, expand="files").json()["files"]
    assert link["filename"] == "AR0000160.pdf"
    root = acu.site.removesuffix("/AcumaticaERP")
    got = acu.session.get(root + link["href"], timeout=5)
    assert got.content.startswith(b"%PDF") and "AR0000160.pdf" in got.headers["Content-Disposition"]
    put = acu.call("PUT", f"{GOLDEN}/files/note.txt", data=b"seen", headers={"PX-CbFileComment": "by us"})
    assert put.status_code == 204
    files = {one["filename"]: one for one in acu.get(GOLDEN, expand="files").json()["files"]}
    assert files["note.txt"]["comment"] == "by us"
    assert acu.session.get(root + files["note.txt"]["href"], timeout=5).content == b"seen"
    acu.call("PUT", f"{GOLDEN}/files/note.txt", data=b"again")
    assert len(acu.get(GOLDEN, expand="files").json()["files"]) == 2
    template = acu.get(GOLDEN).json()["_links"]["files:put"]
    assert acu.session.put(root + template.format(filename="x.bin"), data=b"1", timeout=5).status_code == 204
    assert acu.get("files/11111111-1111-4111-8111-111111111111").status_code == 404


# --- the loader --------------------------------------------------------------------------------------------


def test_the_loader_is_quick_and_ties_to_the_cent(acu: Caller) -> None:
    customers, items = acu.load.customers(50), acu.load.items(20)
    begin = datetime.now(UTC)
    numbers = acu.load.invoices(2000, customers=customers, items=items, since=begin - timedelta(hours=1))
    assert (datetime.now(UTC) - begin).total_seconds() < 10
    answer = acu.get("SalesInvoice", filter="ReferenceNbr ge 'AR0500001'", expand="Details")
    found = json.loads(answer.text, parse_float=Decimal)
    assert len(found) == 2000 and numbers[-1] == "AR0502000"
    for one in found[:200]:
        net = sum(row["Amount"]["value"] for row in one["Details"])
        assert net + one["TaxTotal"]["value"] == one["Amount"]["value"] == one["Balance"]["value"]
    stamps = {one["LastModifiedDateTime"]["value"] for one in found}
    assert len(stamps) == 2000


def test_the_loader_takes_no_floats_and_no_strangers(acu: Caller) -> None:
    line: dict[str, Any] = {"InventoryID": "AABOOK01", "Qty": 1.5, "UnitPrice": "1"}
    with pytest.raises(TypeError):
        acu.load.invoice("C00000288", [line])
    for bad in (("NOBODY", "AABOOK01"), ("C00000288", "NOTHING")):
        with pytest.raises(LookupError):
            acu.load.invoice(bad[0], [(bad[1], "1", "1")])


def test_the_loader_makes_what_is_asked(acu: Caller, running: Running) -> None:
    number = acu.load.invoice("C00000289", [("AACOMPUT01", "2", "500.00")], status="Balanced", freight=[("5", "1")])
    acu.load.order("C00000288", [("AABOOK01", "1", "20.00")], OrderNbr="SO0009001")
    acu.load.prepay("SO0009001", "12.00", number="004999")
    one = acu.read(f"SalesInvoice/Invoice/{number}")
    assert (one["Status"], one["FreightPrice"], one["Amount"]) == ("Balanced", Decimal(5), Decimal("1067.5"))
    assert acu.read("Payment/Prepayment/004999", expand="OrdersToApply")["OrdersToApply"][0]["OrderNbr"] == "SO0009001"
    assert running.world.journal.since() == []
