"""Buyers of the BigCommerce stand-in: companies, their extra fields, users, credit, terms and the portal."""

from __future__ import annotations

from typing import Any

import pytest

from contract import test_sandbox_bigcommerce_caller as helpers
from contract.test_sandbox_bigcommerce_caller import (
    BIRCH,
    COBALT,
    DORMANT,
    INK,
    IPL,
    LUMEN,
    MISTRAL,
    OLD_COBALT,
    TIN,
    Caller,
    invoice,
)
from sandbox.misfortune import Mishap

running, bc = helpers.running, helpers.bc
NOT_FOUND = (404, {}, {"message": "This resource is not found."})
ERP = "ERP Customer ID"


def company(**fields: Any) -> dict[str, Any]:
    body = {
        "companyName": "Fresh Farm", "companyEmail": "office@fresh.example", "companyPhone": "1", "country": "US",
        "adminFirstName": "Ada", "adminLastName": "Fresh", "adminEmail": "ada@fresh.example", **fields,
    }  # fmt: skip
    return {name: value for name, value in body.items() if value is not None}


def ids(bc: Caller, **query: Any) -> list[int]:
    return sorted(row["companyId"] for row in bc.get("/companies", **query))


# --- lists --------------------------------------------------------------------------------------


def test_the_usual_extra_field_filter_finds_parts_of_a_value(bc: Caller) -> None:
    wanted = f"{ERP}:C00000287"
    assert ids(bc, extraFields=wanted) == [IPL, INK]
    assert ids(bc, extraFields=wanted, extraFieldFilterType="exact-match") == [IPL]
    assert ids(bc, extraFields=f"{ERP}:c00000287", extraFieldFilterType="exact-match") == []


def test_two_buyers_may_have_one_erp_id(bc: Caller) -> None:
    wanted = f"{ERP}:C00000310"
    assert ids(bc, extraFields=wanted, extraFieldFilterType="exact-match") == [COBALT, OLD_COBALT]
    assert ids(bc, extraFields=[wanted, "Tax ID:US-310-01"]) == [COBALT]
    assert ids(bc, extraFields=f"{wanted},Tax ID:US-310-01") == [COBALT]


def test_the_other_store_has_the_same_erp_id_for_another_firm(bc: Caller) -> None:
    (row,) = Caller(bc.running, MISTRAL).get("/companies", extraFields=f"{ERP}:C00000287")
    assert (row["companyId"], row["companyName"]) == (LUMEN, "Lumen Sud")
    assert bc.refused("GET", f"/companies/{LUMEN}") == NOT_FOUND


def test_other_filters(bc: Caller) -> None:
    assert ids(bc, q="cobalt") == [COBALT, OLD_COBALT] and ids(bc, companyStatus=3) == [DORMANT]
    assert ids(bc, extraFields="Tax ID:US-315-09", extraFieldFilterType="exact-match") == [TIN]
    customer = next(row["customerId"] for row in bc.records("user") if row["companyId"] == BIRCH)
    assert ids(bc, customerId=customer) == [BIRCH] == ids(bc, bcOrderId=426) == ids(bc, orderId="426")
    assert ids(bc, bcGroupId="5") == [] and ids(bc, uuid="none", limit=20) == ids(bc, limit=20)
    bc.wait(1000)
    bc.edit("company", TIN, companyPhone="1")
    since = int(bc.running.world.clock.now().timestamp()) - 10
    assert ids(bc, minModified=since) == [TIN] and TIN not in ids(bc, maxModified=since)
    assert ids(bc, minCreated=since) == [] and bc.get("/companies")[0]["companyId"] == TIN
    assert bc.get("/companies", sortBy="companyName", orderBy="ASC")[0]["companyName"] == "Amber Lane Dental"


def test_extra_fields_in_lists_only_when_asked_and_types_that_differ(bc: Caller) -> None:
    row = bc.get("/companies", q="IPL")[0]
    assert "extraFields" not in row and row["companyStatus"] == "1" and row["bcGroupId"] == 0
    (row,) = bc.get("/companies", q="IPL", isIncludeExtraFields="1")
    assert {"fieldName": ERP, "fieldValue": "C00000287"} in row["extraFields"]
    one = bc.get(f"/companies/{IPL}")
    assert one["bcGroupId"] == "" and len(one["extraFields"]) == 2


# --- writes -------------------------------------------------------------------------------------


def test_a_new_company_brings_a_customer_and_a_user(bc: Caller) -> None:
    told = bc.call("POST", "/companies", company(extraFields=[{"fieldName": ERP, "fieldValue": "C00000999"}]))
    made = told.json()["data"]
    assert told.json()["meta"] == {"message": "SUCCESS"} and made["customerGroupId"] == 0
    assert bc.get(f"/users/customer/{made['customerId']}")["companyId"] == made["companyId"]
    (customer,) = bc.core("GET", "/v3/customers", **{"id:in": made["customerId"]}).json()["data"]
    assert (customer["company"], customer["email"]) == ("Fresh Farm", "ada@fresh.example")
    assert ids(bc, extraFields=f"{ERP}:C00000999") == [made["companyId"]]
    assert bc.made(customerId=str(made["companyId"]))
    (entry, _) = bc.journal()
    assert entry == ("company", "create", "Fresh Farm", str(made["companyId"]), "created", None)


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ("companyName", "The company name is required."), ("companyEmail", "The company email is required."),
        ("adminFirstName", "The admin first name is required."), ("adminLastName", "The admin last name is required."),
        ("adminEmail", "The admin email is required."), ("companyPhone", "The company phone is required."),
        ("country", "The country is required."),
    ],
)  # fmt: skip
def test_a_company_needs_these(bc: Caller, field: str, words: str) -> None:
    assert bc.refused("POST", "/companies", company(**{field: None})) == (422, {}, {"message": words})


def test_other_refusals_of_a_company(bc: Caller) -> None:
    assert bc.refused("POST", "/companies", company(companyName="x" * 201))[0] == 422
    assert bc.error("POST", "/companies", company(extraFields=[{"fieldName": "Shoe", "fieldValue": "9"}]))[0] == 422
    taken = company(adminEmail=f"buyer8101@{helpers.HARBOR}.example")
    assert bc.refused("POST", "/companies", taken) == (400, {}, {"message": "Create BigCommerce customer failed"})
    bc.edit("company_extra_field", ERP, isUnique=True)
    same = company(extraFields=[{"fieldName": ERP, "fieldValue": "C00000301"}])
    assert bc.error("POST", "/companies", same) == (422, f"[{ERP}] must be unique")


def test_dependent_companies_have_a_group_each(bc: Caller) -> None:
    bc.set(companies="dependent")
    made = bc.done("POST", "/companies", company())
    assert made["customerGroupId"] == 1 and bc.get(f"/companies/{made['companyId']}")["bcGroupName"] == "Fresh Farm"
    assert bc.core("GET", "/v2/customer_groups").json() == [{"id": 1, "name": "Fresh Farm"}]
    bc.done("DELETE", f"/companies/{made['companyId']}")
    assert bc.core("GET", "/v2/customer_groups").status_code == 204
    bc.set(companies="independent")
    assert bc.done("POST", "/companies", company(customerGroupId=7))["customerGroupId"] == 7


def test_a_company_is_changed(bc: Caller) -> None:
    body = {"companyPhone": "1", "uuid": "6a1c0de0-0000-4000-8000-000000000001"}
    assert bc.done("PUT", f"/companies/{BIRCH}", body) == {"companyId": BIRCH}
    held = bc.get(f"/companies/{BIRCH}")
    assert (held["companyPhone"], held["uuid"], len(held["extraFields"])) == ("1", body["uuid"], 2)
    bc.done("PUT", f"/companies/{BIRCH}", {"extraFields": [{"fieldName": "Credit Group", "fieldValue": "A"}]})
    assert len(bc.get(f"/companies/{BIRCH}")["extraFields"]) == 1
    assert bc.refused("PUT", f"/companies/{BIRCH}", {"companyName": ""})[0] == 422


def test_a_status_decides_who_can_be_billed(bc: Caller) -> None:
    assert bc.done("PUT", f"/companies/{BIRCH}/status", {"companyStatus": 3}) == {"companyId": BIRCH}
    assert bc.get(f"/companies/{BIRCH}")["companyStatus"] == "3"
    assert bc.refused("POST", "/ip/invoices", invoice(customerId=str(BIRCH)))[0] == 422
    for wrong in ({"companyStatus": 4}, {"companyStatus": "1"}, {}):
        assert bc.refused("PUT", f"/companies/{BIRCH}/status", wrong)[0] == 422


def test_a_deleted_company_is_gone_with_its_users(bc: Caller) -> None:
    told = bc.call("DELETE", f"/companies/{BIRCH}")
    assert told.json() == {"code": 200, "data": {}, "meta": {"message": "SUCCESS"}}
    assert [row for row in bc.records("user") if row["companyId"] == BIRCH] == []
    assert bc.get("/ip/invoices", q="AR0000163")[0]["customerName"] == "Birchwood Joinery"
    assert bc.error("POST", "/ip/invoices", invoice(customerId=str(BIRCH))) == (422, "Company does not exist")


def test_a_company_that_is_not_there(bc: Caller) -> None:
    for method, rest in (("GET", ""), ("PUT", ""), ("DELETE", ""), ("PUT", "/status")):
        assert bc.refused(method, f"/companies/999{rest}", {} if method == "PUT" else None) == NOT_FOUND
    for rest in ("credit", "payment-terms", "payments"):
        assert bc.error("GET", f"/companies/999/{rest}") == (404, "Company Does not Exist")


# --- bulk ---------------------------------------------------------------------------------------


def many(count: int) -> list[dict[str, Any]]:
    return [company(companyName=f"Bulk {n}", adminEmail=f"b{n}@bulk.example") for n in range(count)]


def test_ten_at_once_and_no_more(bc: Caller) -> None:
    made = bc.done("POST", "/companies/bulk", many(10))
    assert len(made) == 10 and bc.get(f"/companies/{made[9]['companyId']}")["companyName"] == "Bulk 9"
    assert len(bc.journal()) == 10
    for method in ("POST", "PUT"):
        assert bc.refused(method, "/companies/bulk", many(11)) == (413, {}, {"message": "Request Entity Too Large"})
        assert bc.refused(method, "/companies/bulk", {})[2] == {"message": "Convert failed for the API call."}


def test_bulk_is_all_or_nothing(bc: Caller) -> None:
    before = len(bc.records("company"))
    status, data, meta = bc.refused("POST", "/companies/bulk", [*many(2), company(companyName="IPL India")])
    assert (status, meta["message"]) == (409, "Company was in conflict with another company.")
    assert data["errors"] == [{"id": "2", "_detail": "IPL India already exists"}]
    status, data, _ = bc.refused("POST", "/companies/bulk", [*many(1), company(companyName="X", adminEmail=None)])
    assert (status, data["errors"]) == (422, [{"id": "1", "_detail": "adminEmail is required"}])
    assert len(bc.records("company")) == before


def test_bulk_update(bc: Caller) -> None:
    bodies = [{"companyId": BIRCH, "companyPhone": "1"}, {"companyId": TIN, "companyPhone": "2"}]
    assert bc.done("PUT", "/companies/bulk", bodies) == [{"companyId": BIRCH}, {"companyId": TIN}]
    assert bc.get(f"/companies/{TIN}")["companyPhone"] == "2"
    assert bc.refused("PUT", "/companies/bulk", [*bodies, {"companyId": 999}]) == NOT_FOUND


def test_half_of_a_bulk_call(bc: Caller) -> None:
    bc.running.world.misfortune.add(Mishap("bigcommerce", "commit_half"))
    assert bc.call("POST", "/companies/bulk", many(4)).status_code == 500
    assert ids(bc, q="Bulk ") and len(ids(bc, q="Bulk ")) == 2 == len(bc.journal())


# --- users --------------------------------------------------------------------------------------


def test_users(bc: Caller) -> None:
    (row,) = bc.get("/users", companyId=IPL)
    assert row["role"] == 0 and "customerId" not in row
    customer = bc.get(f"/users/{row['id']}")["customerId"]
    for name in ("customerId", "bcId"):
        bc.set(user_list_customer_id=name)
        assert bc.get("/users", companyId=IPL)[0][name] == customer
    assert bc.get("/users", email=row["email"])[0]["id"] == row["id"] == bc.get("/users", q="8101")[0]["id"]
    assert bc.get("/users", roles="1,2") == [] and bc.get("/users", minCreated="9999999999") == []
    gone = (404, {"errMsg": "User matching query does not exist."}, {"message": "Not Found Error"})
    assert bc.refused("GET", "/users/999") == gone == bc.refused("GET", "/users/customer/999")
    told = bc.refused("GET", "/users", roles="99")
    assert told == (422, {"errMsg": {"roles": {"0": ['"99" is not a valid choice.']}}}, {"message": "Parameter Error"})
    assert bc.get("/users/extra-fields") == []


# --- money matters and the portal ---------------------------------------------------------------


def test_credit(bc: Caller) -> None:
    path = f"/companies/{IPL}/credit"
    off = (400, {"errMsg": "Store company credit is not enabled"}, {"message": "API logic error"})
    assert bc.refused("GET", path) == off == bc.refused("PUT", path, {})
    bc.edit("store", "1", company_credit=True)
    assert bc.done("PUT", path, {"creditEnabled": True, "availableCredit": 500})["availableCredit"] == 500
    assert bc.get(path)["creditCurrency"] == "USD" and bc.get(path)["creditEnabled"] is True


def test_payment_terms(bc: Caller) -> None:
    path = f"/companies/{IPL}/payment-terms"
    assert bc.get(path) == {"isEnabled": False, "paymentTerms": 0}
    assert bc.done("PUT", path, {"isEnabled": True, "paymentTerms": 45}) == {"isEnabled": True, "paymentTerms": 45}
    words = "Payment terms value error, must be in [0, 5, 15, 30, 45, 60]; "
    assert bc.error("PUT", path, {"paymentTerms": 20}) == (400, words)


def test_ways_to_pay_have_two_names_each(bc: Caller) -> None:
    assert bc.get("/payments")[0] == {"id": 1, "paymentCode": "cheque", "paymentTitle": "Check"}
    row = bc.get(f"/companies/{IPL}/payments")[0]
    assert row == {"paymentId": 1, "code": "cheque", "paymentTitle": "Check", "isEnabled": True}
    assert len(bc.get("/company-payment-methods", companyId=IPL)) == 3


def test_channels_only_with_multi_storefront(bc: Caller) -> None:
    told = bc.call("GET", "/channels")
    assert (told.status_code, told.json()) == (403, {"code": 403, "message": "Multi storefront is not enabled"})
    bc.edit("store", "1", multi_storefront=True)
    (first, _) = bc.get("/channels")
    assert first["channelId"] == 1 != first["id"] and first["b2bEnabled"] is True


def test_the_portals_configuration(bc: Caller) -> None:
    assert bc.get("/ip/config")["paymentsBigcommerceSalesOrder"]["productId"] == 113
    item = {"visibilityLevel": 1, "path": "payments", "value": {"paymentHoldPolicy": 1}}
    assert bc.done("PUT", "/ip/config", {"data": [item]}) == []
    assert bc.get("/ip/config")["payments"]["paymentHoldPolicy"] == 1
    assert bc.error("PUT", "/ip/config", {"data": [{**item, "path": "nothing"}]})[0] == 404
    assert bc.refused("PUT", "/ip/config", {})[1] == {"data": ["This field is required."]}
    assert bc.refused("PUT", "/ip/config", {"data": [{"path": "payments"}]})[0] == 422
