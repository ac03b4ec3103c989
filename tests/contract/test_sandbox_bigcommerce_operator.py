"""What people do in BigCommerce's control panel, the switches, the seed and the loader."""

from __future__ import annotations

import time
from dataclasses import fields
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests

from contract import test_sandbox_bigcommerce_caller as helpers
from contract.test_sandbox_bigcommerce_caller import (
    BIRCH,
    COBALT,
    HARBOR,
    IPL,
    LUMEN,
    MISTRAL,
    OLD_COBALT,
    PLAIN,
    Caller,
    money,
)
from sandbox.bigcommerce.settings import Settings

running, bc = helpers.running, helpers.bc


def control(bc: Caller, method: str, path: str, body: Any = None) -> requests.Response:
    return requests.request(method, f"{bc.running.index_url}/control/{path}", json=body, timeout=10)


# --- people -------------------------------------------------------------------------------------


def test_an_invoice_by_hand(bc: Caller) -> None:
    state = f"state/bigcommerce/{HARBOR}/invoice"
    told = control(bc, "POST", state, {"customerId": IPL, "originalBalance": {"code": "USD", "value": 12.5}})
    assert told.status_code == 201
    made = told.json()
    assert made["invoiceNumber"] == f"{made['id']:08d}" and bc.invoice(made["id"])["openBalance"]["value"] == "12.5000"
    before = bc.invoice(made["id"])["updatedAt"]
    bc.wait(100)
    assert control(bc, "PATCH", f"{state}/{made['id']}", {"openBalance": 3.75, "type": "Debit Memo"}).status_code == 200
    held = bc.invoice(made["id"])
    assert (held["openBalance"]["value"], held["type"]) == ("3.7500", "Debit Memo") and held["updatedAt"] > before
    assert control(bc, "DELETE", f"{state}/{made['id']}").status_code == 200
    assert control(bc, "DELETE", f"{state}/{made['id']}").status_code == 404
    assert bc.refused("GET", f"/ip/invoices/{made['id']}")[0] == 404 and bc.journal() == []


def test_a_strangers_invoice_holds_a_number(bc: Caller) -> None:
    balance = {"code": "USD", "value": "9"}
    bc.insert("invoice", invoiceNumber="AR0000160", customerId=BIRCH, originalBalance=balance)
    with pytest.raises(ValueError, match="already exists"):
        bc.insert("invoice", invoiceNumber="AR0000160", customerId=IPL, originalBalance=balance)
    with pytest.raises(ValueError, match="Company does not exist"):
        bc.insert("invoice", customerId=LUMEN, originalBalance=balance)
    with pytest.raises(ValueError, match="must be a number"):
        bc.edit("invoice", bc.records("invoice")[0]["id"], openBalance="many")


def test_a_buyer_by_hand(bc: Caller) -> None:
    made = bc.insert("company", companyName="Late Comer", extraFields={"ERP Customer ID": "C00000999"})
    (row,) = bc.get("/companies", extraFields="ERP Customer ID:C00000999")
    assert row["companyId"] == made["id"] > OLD_COBALT
    bc.edit("company", made["id"], extraFields={"Tax ID": "T", "ERP Customer ID": None}, companyStatus=3)
    held = bc.get(f"/companies/{made['id']}")
    assert held["extraFields"] == [{"fieldName": "Tax ID", "fieldValue": "T"}] and held["companyStatus"] == "3"
    bc.vendor.delete(HARBOR, "company", str(made["id"]))
    assert bc.refused("GET", f"/companies/{made['id']}")[0] == 404
    early = bc.insert("company", id=500, companyName="Early")
    assert early["id"] == 500 and bc.insert("company")["id"] == made["id"] + 1


def test_a_payment_by_hand_and_its_deletion(bc: Caller) -> None:
    ident = bc.made()
    line = {"invoiceId": ident, "amount": 3.75}
    made = bc.insert("payment", lineItems=[line], currency="USD", customerId=str(IPL))
    assert bc.invoice(ident)["status"] == 2
    bc.edit("payment", made["id"], externalId="posted-1")
    assert bc.get(f"/ip/payments/{made['id']}")["externalId"] == "posted-1"
    bc.vendor.delete(HARBOR, "payment", str(made["id"]))
    assert bc.invoice(ident)["openBalance"]["value"] == "3.7500"


def test_fields_orders_and_tokens_are_taken_away(bc: Caller) -> None:
    bc.vendor.delete(HARBOR, "invoice_extra_field", "ERP Branch")
    assert "ERP Branch" not in [row["fieldName"] for row in bc.get("/ip/invoices/extra-fields")]
    assert len(bc.records("invoice_extra_field")) == 4
    bc.vendor.delete(HARBOR, "order", "423")
    assert bc.core("GET", "/v2/orders/423").json()["is_deleted"] is True
    bc.vendor.delete(HARBOR, "token", bc.mine["access_token"])
    assert bc.call("GET", "/companies").status_code == 401


def test_the_store_changes(bc: Caller) -> None:
    bc.edit("store", HARBOR, currencies={"EUR": 2}, name="New Name")
    assert bc.core("GET", "/v2/store").json()["currency"] == "EUR" and bc.records("store")[0]["name"] == "New Name"
    assert bc.error("POST", "/ip/invoices", helpers.invoice()) == (422, "Invalid currency code")
    bc.edit("config", "1", payments={"statusAfterPaymentIsMade": 1})
    assert bc.records("config")[0]["payments"]["statusAfterPaymentIsMade"] == 1
    bc.edit("store", HARBOR, has_b2b=False)
    assert bc.refused("GET", "/companies")[0] == 403


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "nowhere/invoice", None, 404), ("GET", f"{HARBOR}/dream", None, 404),
        ("POST", f"{HARBOR}/receipt", {}, 400), ("PATCH", f"{HARBOR}/invoice/999", {}, 404),
        ("PATCH", f"{HARBOR}/token/999", {}, 404), ("PATCH", f"{HARBOR}/store/1", {"has_b2b": "yes"}, 400),
        ("PATCH", f"{HARBOR}/config/1", {"dreams": {}}, 400), ("POST", f"{HARBOR}/invoice_extra_field", {}, 400),
        ("PATCH", f"{HARBOR}/invoice_extra_field/Nope", {}, 404), ("POST", f"{HARBOR}/user", {"companyId": 1}, 400),
        ("POST", f"{HARBOR}/refund", {"order_id": 423, "amount": 0}, 400),
    ],
)  # fmt: skip
def test_what_people_cannot_do(bc: Caller, method: str, path: str, body: Any, status: int) -> None:
    told = control(bc, method, f"state/bigcommerce/{path}", body)
    assert told.status_code == status and told.json()["error"]


# --- seed ---------------------------------------------------------------------------------------


def test_the_seeded_stores(bc: Caller) -> None:
    index = requests.get(f"{bc.running.index_url}/", timeout=5).json()["vendors"]["bigcommerce"]
    assert [(store["store_hash"], store["has_b2b"]) for store in index["stores"]] == [
        (HARBOR, True), (MISTRAL, True), (PLAIN, False),
    ]  # fmt: skip
    assert index["b2b_url"] == f"{index['base_url']}/api/v3/io" and index["invoice_url"].endswith("/io/ip")
    assert index["stores"][0]["core_url"] == f"{index['core_url']}/{HARBOR}"


def test_the_seeds_awkward_cases(bc: Caller) -> None:
    twins = [row["id"] for row in bc.records("company") if {"fieldName": "ERP Customer ID", "fieldValue": "C00000310"}
             in row["extraFields"]]  # fmt: skip
    assert twins == [COBALT, OLD_COBALT]
    numbers = {row["invoiceNumber"]: row for row in bc.records("invoice")}
    assert set(numbers) == {"00000031", "00000032", "AR0000163", "AR0000120"}
    assert numbers["AR0000163"]["customerId"] == str(BIRCH) and numbers["AR0000120"]["openBalance"]["value"] == Decimal(
        200
    )
    assert [row["invoiceNumber"] for row in Caller(bc.running, MISTRAL).records("invoice")] == ["AR0000120"]


def test_a_reset_brings_everything_back(bc: Caller) -> None:
    bc.made()
    bc.set(types="lenient")
    bc.edit("token", 1, scopes=[])
    control(bc, "POST", "reset", {"scale": 2})
    assert bc.vendor.settings() == Settings().shown() and len(bc.records("company")) == 17 + 100
    assert len(bc.records("invoice")) == 4 and bc.call("GET", "/companies").status_code == 200


def test_what_is_shown_is_no_way_in(bc: Caller) -> None:
    """A test may change what it was shown without changing the store."""
    bc.records("invoice")[0]["details"]["header"]["costLines"].clear()
    assert bc.invoice(31)["details"]["header"]["costLines"]


# --- loader -------------------------------------------------------------------------------------


def test_thousands_in_seconds(bc: Caller) -> None:
    begin = time.monotonic()
    loader = bc.vendor.loader()
    companies = loader.companies(2000)
    invoices = loader.invoices(5000, companies)
    assert time.monotonic() - begin < 10
    assert len(set(companies)) == 2000 and len(set(invoices)) == 5000
    (row,) = bc.get("/companies", extraFields="ERP Customer ID:L001999", extraFieldFilterType="exact-match")
    assert row["companyId"] == companies[1998]
    (row,) = bc.get("/ip/invoices", q="L-004999", searchBy="invoiceNumber")
    assert row["id"] == invoices[4998] == loader.invoice_numbered("L-004999")["id"]
    with pytest.raises(LookupError):
        loader.invoice_numbered("none")


def test_single_records_made_to_measure(bc: Caller) -> None:
    loader = bc.vendor.loader(MISTRAL)
    company = loader.company("Made", "C1", city="Lyon")
    ident = loader.invoice("M-1", company, "12.34", "EUR", status=1, externalId="M-1")
    held = Caller(bc.running, MISTRAL).invoice(ident)
    assert (held["openBalance"], held["status"]) == ({"code": "EUR", "value": "12.3400"}, 1)
    assert held["customerName"] == "Made"


# --- the switches themselves --------------------------------------------------------------------


def test_every_switch_is_turned_in_some_test() -> None:
    here = Path(__file__).parent
    text = "".join(each.read_text(encoding="utf-8") for each in here.glob("test_sandbox_bigcommerce*.py"))
    assert [field.name for field in fields(Settings) if f"{field.name}=" not in text] == []


def test_switches_refuse_what_they_do_not_know(bc: Caller) -> None:
    for name, value in (("colour", 1), ("rate_window", "open"), ("b2b_calls", -1), ("maintenance", "yes"),
                        ("wrong_hash_status", 418), ("due_days", True)):  # fmt: skip
        with pytest.raises(ValueError, match=name):
            bc.vendor.configure({name: value, "types": "lenient"})
    assert bc.vendor.settings()["types"] == "strict"
    assert control(bc, "POST", "settings/bigcommerce", {"b2b_calls": 10}).json()["b2b_calls"] == 10


def test_the_published_limits_are_the_defaults() -> None:
    usual = Settings()
    assert (usual.b2b_calls, usual.b2b_window_seconds) == (150, 60)
    assert (usual.core_calls, usual.core_window_seconds, usual.throttle) == (150, 30, "on")


def test_two_stores_at_once_do_not_mix(bc: Caller) -> None:
    mistral = Caller(bc.running, MISTRAL)
    ours, theirs = bc.made(invoiceNumber="X-1"), mistral.made(
        invoiceNumber="X-1", customerId=str(LUMEN), originalBalance=money("1", "EUR"), openBalance=money("1", "EUR")
    )  # fmt: skip
    assert bc.invoice(ours)["customerName"] == "IPL India" and mistral.invoice(theirs)["customerName"] == "Lumen Sud"
    tenants = [row["tenant"] for row in bc.running.world.journal.since(0)]
    assert tenants == [HARBOR, MISTRAL]
