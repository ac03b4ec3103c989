"""The QuickBooks stand-in, asked over real HTTP: its refusals, its memory, its query language."""

from __future__ import annotations

import time
from decimal import Decimal
from typing import Any

import pytest
import requests

from contract import test_sandbox_quickbooks_caller as helpers
from contract.test_sandbox_quickbooks_caller import EAST, NORTH, SUNNY, WEST, Body, Caller, codes, invoice, line
from sandbox.misfortune import Mishap

running, qb = helpers.running, helpers.qb

# --- signing in -------------------------------------------------------------------------------


def test_a_refresh_rotates_and_the_old_token_is_dead_at_once(qb: Caller) -> None:
    first = qb.refresh_token
    answer = qb.sign_in(first)
    assert answer.status_code == 200 and answer.headers["intuit_tid"]
    body = answer.json()
    assert body["token_type"] == "bearer" and body["expires_in"] == 3600
    assert body["refresh_token"] != first and body["x_refresh_token_expires_in"] == 8640000
    refused = qb.sign_in(first)
    assert refused.status_code == 400 and refused.content == b'{"error":"invalid_grant"}'


def test_grace_keeps_the_old_refresh_token_alive_for_a_while(qb: Caller) -> None:
    qb.set(refresh_grace_seconds=60)
    first = qb.refresh_token
    assert qb.sign_in(first).status_code == 200
    assert qb.sign_in(first).status_code == 200
    qb.running.world.clock.advance(61)
    assert qb.sign_in(first).status_code == 400


def test_daily_rotation_gives_the_same_value_for_a_day(qb: Caller) -> None:
    qb.set(rotate="daily")
    first = qb.refresh_token
    assert qb.sign_in(first).json()["refresh_token"] == first
    qb.running.world.clock.advance(24 * 3600 + 1)
    assert qb.sign_in(first).json()["refresh_token"] != first
    assert qb.sign_in(first).json() == {"error": "invalid_grant"}


def test_a_hundred_idle_days_or_five_years_end_the_connection(qb: Caller) -> None:
    hard = qb.sign_in(**{"x-include-refresh-token-hard-expires-in": "true"}).json()
    assert 0 < hard["x_refresh_token_hard_expires_in"] - 5 * 365 * 86400 <= 2 * 86400
    assert "x_refresh_token_hard_expires_in" not in qb.sign_in().json()
    for _ in range(19):
        qb.running.world.clock.advance(95 * 86400)
        last = qb.sign_in()
        assert last.status_code == 200
    assert last.json()["x_refresh_token_expires_in"] < 100 * 86400
    qb.running.world.clock.advance(95 * 86400)
    assert qb.sign_in().json() == {"error": "invalid_grant"}


def test_idle_end(qb: Caller) -> None:
    qb.running.world.clock.advance(100 * 86400)
    assert qb.sign_in().json() == {"error": "invalid_grant"}


def test_the_token_service_refuses_bad_clients_and_bad_grants(qb: Caller) -> None:
    url, token = qb.about["token_url"], qb.refresh_token
    form = {"grant_type": "refresh_token", "refresh_token": token}
    wrong = requests.post(url, data=form, auth=("someone", "else"), timeout=5)
    assert wrong.status_code == 401 and wrong.json() == {"error": "invalid_client"}
    assert requests.post(url, data=form, timeout=5).status_code == 401
    other = requests.post(url, data={"grant_type": "password"}, auth=qb.client, timeout=5)
    assert other.json() == {"error": "unsupported_grant_type"}
    assert requests.post(url, data={}, auth=qb.client, timeout=5).json() == {"error": "invalid_request"}
    assert qb.sign_in(qb.token).json()["error_description"] == "Incorrect Token type or clientID"
    assert qb.refresh_token == token


def test_revoking_ends_the_connection_of_that_company_only(qb: Caller) -> None:
    other = Caller(qb.running, WEST)
    url = f"{qb.url}/v2/oauth2/tokens/revoke"
    answer = requests.post(url, json={"token": qb.refresh_token}, auth=qb.client, timeout=5)
    assert answer.status_code == 200 and answer.content == b""
    assert qb.call("GET", "preferences").status_code == 401
    assert other.call("GET", "preferences").status_code == 200
    assert requests.post(url, json={"token": "nonsense"}, auth=qb.client, timeout=5).status_code == 400


def test_401_has_the_gateways_lower_case_shape(qb: Caller) -> None:
    qb.running.world.clock.advance(3600)
    answer = qb.call("GET", "preferences")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="Intuit", error="invalid_token"'
    body = answer.json()
    assert "Fault" not in body and body["batchItemResponse"] == [] and isinstance(body["time"], int)
    error = body["fault"]["error"][0]
    assert error["code"] == "3200" and error["element"] is None
    assert error["message"] == "message=AuthenticationFailed; errorCode=003200; statusCode=401"
    assert error["detail"].startswith("Token expired")
    qb.token = "nonsense"
    assert qb.call("GET", "preferences").status_code == 401


def test_a_token_of_another_company_is_403_3100(qb: Caller) -> None:
    qb.realm = WEST
    answer = qb.call("GET", "preferences")
    assert answer.status_code == 403 and answer.json()["fault"]["error"][0]["code"] == "3100"


# --- shapes and paths ---------------------------------------------------------------------------


def test_without_a_json_accept_the_answer_is_xml(qb: Caller) -> None:
    answer = qb.call("GET", "customer/1002", accept="*/*")
    assert answer.headers["Content-Type"].startswith("application/xml")
    assert answer.text.startswith("<?xml")
    assert "<DisplayName>Birch &amp; Sons Plumbing</DisplayName>" in answer.text
    fault = qb.call("GET", "customer/77", accept="text/html")
    assert fault.status_code == 400 and '<Error code="610">' in fault.text
    listed = qb.call("GET", "query", accept="", query="select * from Customer")
    assert 'startPosition="1" maxResults="3"' in listed.text
    qb.token = "x"
    assert 'code="3200"' in qb.call("GET", "preferences", accept="application/xml").text


def test_headers_of_an_answer(qb: Caller) -> None:
    answer = qb.call("GET", f"companyinfo/{EAST}")
    assert answer.json()["CompanyInfo"]["CompanyName"] == "Acme Garden & Supply"
    assert answer.headers["intuit_tid"] and answer.headers["Service-Time"].startswith("total=")
    fault = qb.call("GET", "customer/77")
    assert fault.headers["intuit_tid"] and "Service-Time" not in fault.headers


def test_unknown_paths_and_operations_are_fault_500_in_a_400(qb: Caller) -> None:
    for method, path in (("GET", "wombat/1"), ("GET", "customer"), ("PUT", "customer"), ("POST", "Customer")):
        answer = qb.call(method, path, "{}")
        assert answer.status_code == 400 and answer.json()["Fault"]["Error"][0]["code"] == "500", path
    assert qb.error("customer", {"Id": "1001", "SyncToken": "0"}, operation="delete")["code"] == "500"
    assert qb.error("taxcode", {"Name": "New"})["code"] == "500"
    assert codes(qb.call("POST", "customer", b'{"DisplayName":"\xff"}').json()["Fault"]["Error"]) == ["500"]


def test_unknown_properties_and_bad_json_are_2010(qb: Caller) -> None:
    error = qb.error("customer", {"DisplayName": "New", "Colour": "red"})
    assert error["code"] == "2010" and '"Colour"' in error["Detail"] and '"DisplayName"' in error["Detail"]
    assert qb.error("invoice", invoice(Line=[{**line(), "Weight": 1}]))["code"] == "2010"
    assert qb.error("invoice", invoice(CustomerRef={"id": "1001"}))["code"] == "2010"
    assert qb.error("invoice", invoice(TxnDate="01/10/2026"))["code"] == "2010"
    assert qb.error("customer", "{not json")["code"] == "2010"
    assert qb.error("customer", '{"DisplayName": NaN}')["code"] == "2010"
    assert qb.error("customer", "[]")["code"] == "2010"
    assert len(qb.records("Customer")) == 3


def test_preferences_are_the_seeded_ones(qb: Caller) -> None:
    prefs = qb.call("GET", "preferences").json()["Preferences"]
    assert prefs["AccountingInfoPrefs"]["BookCloseDate"] == "2026-06-30"
    assert prefs["SalesFormsPrefs"]["CustomTxnNumbers"] is True
    assert prefs["TaxPrefs"]["UsingSalesTax"] is True and "PartnerTaxEnabled" not in prefs["TaxPrefs"]


# --- invoices -----------------------------------------------------------------------------------


def test_an_invoice_gets_its_computed_fields(qb: Caller) -> None:
    body = invoice(DocNumber="SO-1", TotalAmt=999, Balance=999, SalesTermRef={"value": "2"})
    made = qb.made("invoice", body)
    assert made["TotalAmt"] == Decimal("25.50") == made["Balance"] and made["SyncToken"] == "0"
    assert made["domain"] == "QBO" and made["sparse"] is False and made["DocNumber"] == "SO-1"
    assert made["DueDate"] == "2026-10-16" and made["CurrencyRef"]["value"] == "USD"
    assert made["CustomerRef"] == {"value": "1001", "name": "Amber Lane Dental"}
    assert made["BillAddr"]["PostalCode"] == "02139" == made["ShipAddr"]["PostalCode"]
    assert made["BillEmail"]["Address"] == "ap@amberlane.example"
    assert made["Line"][0]["Id"] == "1" and made["Line"][0]["LineNum"] == 1
    assert made["Line"][1] == {"Amount": Decimal("25.50"), "DetailType": "SubTotalLineDetail", "SubTotalLineDetail": {}}
    assert made["MetaData"]["CreateTime"] == made["MetaData"]["LastUpdatedTime"]
    assert qb.call("GET", f"invoice/{made['Id']}").json()["Invoice"]["DocNumber"] == "SO-1"
    assert qb.call("GET", "customer/1001").json()["Customer"]["Balance"] == 25.5


def test_amounts_on_the_wire_keep_their_cents(qb: Caller) -> None:
    answer = qb.post("invoice", invoice())
    assert '"TotalAmt":25.50' in answer.text and '"TotalTax":0' in answer.text


def test_no_number_stays_none_with_custom_numbers_and_is_the_next_one_without(qb: Caller) -> None:
    assert "DocNumber" not in qb.made("invoice", invoice())
    assert qb.made("invoice", invoice(DocNumber="AUTO_GENERATE"))["DocNumber"] == "1001"
    qb.prefer("SalesFormsPrefs", CustomTxnNumbers=False)
    assert qb.made("invoice", invoice())["DocNumber"] == "1002"
    assert qb.made("invoice", invoice(DocNumber="77"))["DocNumber"] == "77"
    assert qb.made("invoice", invoice())["DocNumber"] == "1003"


def test_missing_fields_are_reported_together(qb: Caller) -> None:
    errors = qb.errors("invoice", {"DocNumber": "9001", "Line": []})
    assert codes(errors) == ["2020", "2020", "6140"]
    assert [error.get("element") for error in errors[:2]] == ["CustomerRef", "Line"]
    assert errors[1]["Detail"] == "Required parameter Line is missing in the request"
    assert codes(qb.errors("item", {"Sku": "X"})) == ["2020"] * 3


def test_lengths_are_refused_with_commas_in_big_numbers(qb: Caller) -> None:
    error = qb.error("invoice", invoice(DocNumber="x" * 22))
    assert (error["code"], error["element"]) == ("2050", "DocNumber")
    assert error["Detail"].endswith("Min:0 Max:21 supported. Supplied length:22")
    memo = qb.error("invoice", invoice(CustomerMemo={"value": "m" * 1001}))
    assert memo["element"] == "Customer Memo"
    assert "Max:1,000 supported. Supplied length:1,001" in memo["Detail"]
    assert qb.error("item", {"Name": "n" * 101, "Type": "Service", "IncomeAccountRef": {"value": "79"}})
    assert qb.error("customer", {"DisplayName": "n" * 501})["code"] == "2050"


def test_references_are_checked(qb: Caller) -> None:
    unknown = qb.error("invoice", invoice(CustomerRef={"value": "583"}))
    assert unknown["code"] == "2500"
    assert unknown["Detail"] == "Invalid Reference Id : Names element id 583 not found"
    assert qb.error("invoice", invoice(Line=[line(ItemRef={"value": "99"})]))["code"] == "2500"
    assert qb.error("invoice", invoice(Line=[line(ItemRef={"value": "2020"})]))["code"] == "610"
    assert qb.error("invoice", invoice(SalesTermRef={"value": "9"}))["code"] == "2500"
    qb.vendor.edit(EAST, "Customer", "1001", {"Active": False})
    assert qb.error("invoice", invoice())["code"] == "610"
    assert len(qb.records("Invoice")) == 3


def test_ids_must_be_numbers_and_known(qb: Caller) -> None:
    answer = qb.call("GET", "customer/1.5").json()["Fault"]["Error"][0]
    assert answer["code"] == "2030" and answer["Detail"] == "Id should be a valid number. Supplied value:1.5"
    assert qb.call("GET", "customer/424242").json()["Fault"]["Error"][0]["code"] == "610"


def test_amount_must_be_quantity_times_price_half_up(qb: Caller) -> None:
    detail = {"Qty": Decimal("128.350"), "UnitPrice": Decimal("14.50")}
    error = qb.error("invoice", invoice(Line=[line("1861.07", **detail)]))
    assert error["code"] == "6070"
    assert error["Detail"] == "Amount is not equal to UnitPrice * Qty. Supplied value:1,861.07"
    assert qb.made("invoice", invoice(Line=[line("1861.08", **detail)]))["TotalAmt"] == Decimal("1861.08")


def test_a_taken_document_number_is_6140_only_when_the_user_wants_it(qb: Caller) -> None:
    error = qb.error("invoice", invoice(DocNumber="9001"))
    assert error["code"] == "6140"
    assert error["Detail"].endswith("DocNumber=9001 is assigned to TxnType=Invoice with TxnId=3001")
    assert qb.made("invoice", invoice(DocNumber="9001"), include="allowduplicatedocnum")
    qb.set(warn_duplicate_docnum=False)
    assert qb.made("invoice", invoice(DocNumber="9001"))
    qb.set(warn_duplicate_docnum=True)
    qb.prefer("SalesFormsPrefs", CustomTxnNumbers=False)
    assert qb.made("invoice", invoice(DocNumber="9001"))


def test_closed_books(qb: Caller) -> None:
    assert qb.error("invoice", invoice(TxnDate="2026-06-30"))["code"] == "6210"
    assert qb.made("invoice", invoice(TxnDate="2026-07-01"))
    old = {"Id": "3001", "SyncToken": "0", "sparse": True, "PrivateNote": "late"}
    assert qb.error("invoice", old)["code"] == "6210"


def test_discount_and_shipping_and_tax_add_up(qb: Caller) -> None:
    lines = [
        line(TaxCodeRef={"value": "TAX"}),
        {"DetailType": "DescriptionOnly", "Description": "Thank you"},
        {"DetailType": "SalesItemLineDetail", "Amount": 9,
         "SalesItemLineDetail": {"ItemRef": {"value": "SHIPPING_ITEM_ID"}}},
        {"DetailType": "DiscountLineDetail",
         "DiscountLineDetail": {"PercentBased": True, "DiscountPercent": 10}},
    ]  # fmt: skip
    made = qb.made("invoice", invoice(Line=lines, TxnTaxDetail={"TotalTax": "1.99"}))
    assert made["TotalAmt"] == Decimal("33.04")
    discount = made["Line"][-1]
    assert discount["Amount"] == Decimal("3.45")
    assert discount["DiscountLineDetail"]["DiscountAccountRef"]["value"] == "86"
    taxed = qb.made("invoice", invoice(Line=lines[:1], TxnTaxDetail={"TxnTaxCodeRef": {"value": "2"}}))
    assert taxed["TxnTaxDetail"]["TotalTax"] == Decimal("2.04") and taxed["TotalAmt"] == Decimal("27.54")
    assert sum(each["Amount"] for each in taxed["TxnTaxDetail"]["TaxLine"]) == Decimal("2.04")


def test_what_the_company_switched_off_is_refused(qb: Caller) -> None:
    qb.prefer("SalesFormsPrefs", AllowDiscount=False, AllowShipping=False)
    qb.prefer("TaxPrefs", UsingSalesTax=False)
    discount = {"DetailType": "DiscountLineDetail", "Amount": 1}
    assert qb.error("invoice", invoice(Line=[line(), discount]))["code"] == "6000"
    assert qb.made("invoice", invoice(Line=[line(), {**discount, "Amount": 0}]))
    shipping = line("5", ItemRef={"value": "SHIPPING_ITEM_ID"}, Qty=None, UnitPrice=None)
    assert qb.error("invoice", invoice(Line=[line(), shipping]))["code"] == "6000"
    assert qb.error("invoice", invoice(Deposit=1))["code"] == "6000"
    made = qb.made("invoice", invoice(TxnTaxDetail={"TotalTax": 5}))
    assert made["TotalAmt"] == Decimal("25.50") and made["TxnTaxDetail"] == {"TotalTax": 0}
    assert made["Line"][0]["SalesItemLineDetail"]["TaxCodeRef"] == {"value": "NON"}
    assert qb.error("invoice", invoice(CurrencyRef={"value": "EUR"}))["code"] == "6000"


def test_numbers_and_enumerations(qb: Caller) -> None:
    assert qb.error("invoice", invoice(Line=[line(), {**line(), "Amount": "ten"}]))["code"] == "2090"
    assert qb.error("invoice", invoice(PrintStatus="Never"))["code"] == "2170"
    qb.vendor.edit(EAST, "Customer", "1001", {"PrimaryEmailAddr": None})
    unsendable = qb.error("invoice", invoice(EmailStatus="NeedToSend"))
    assert (unsendable["code"], unsendable["element"]) == ("2020", "BillEmail")


def test_sparse_and_full_updates_and_stale_tokens(qb: Caller) -> None:
    made = qb.made("invoice", invoice(PrivateNote="first", TrackingNum="T1"))
    known = {"Id": made["Id"], "SyncToken": "0"}
    sparse = qb.made("invoice", {**known, "sparse": True, "PrivateNote": "second"})
    assert (sparse["SyncToken"], sparse["TrackingNum"], sparse["TotalAmt"]) == ("1", "T1", Decimal("25.50"))
    stale = qb.error("invoice", {**known, "sparse": True, "PrivateNote": "third"})
    assert stale["code"] == "5010"
    missing = qb.error("invoice", {"Id": made["Id"], "sparse": True})
    assert (missing["code"], missing["element"]) == ("2020", "SyncToken")
    full = qb.made("invoice", {**invoice(), "Id": made["Id"], "SyncToken": 1})
    assert full["SyncToken"] == "2" and "PrivateNote" not in full and "TrackingNum" not in full
    assert full["MetaData"]["CreateTime"] == made["MetaData"]["CreateTime"]
    same = qb.made("invoice", {"Id": made["Id"], "SyncToken": "2", "sparse": True, "TxnDate": "2026-10-01"})
    assert same["SyncToken"] == "2"
    shorter = {"Id": made["Id"], "SyncToken": "2", "sparse": True, "Line": [line("8.50", Qty=1)]}
    lines = qb.made("invoice", shorter)
    assert lines["TotalAmt"] == Decimal("8.50") and len(lines["Line"]) == 2


def test_void_keeps_the_number_and_delete_leaves_610(qb: Caller) -> None:
    made = qb.made("invoice", invoice(DocNumber="V-1"))
    known = {"Id": made["Id"], "SyncToken": "0"}
    void = qb.made("invoice", known, operation="void")
    assert void["TotalAmt"] == 0 == void["Balance"] and void["PrivateNote"] == "Voided"
    assert void["SyncToken"] == "1" and void["DocNumber"] == "V-1"
    assert all(each.get("Amount", 0) == 0 for each in void["Line"])
    assert qb.error("invoice", known, operation="delete")["code"] == "5010"
    gone = qb.made("invoice", {**known, "SyncToken": "1"}, operation="delete")
    assert gone == {"domain": "QBO", "status": "Deleted", "Id": made["Id"]}
    error = qb.call("GET", f"invoice/{made['Id']}").json()["Fault"]["Error"][0]
    assert error["code"] == "610" and "deleted this transaction" in error["Detail"]
    assert qb.call("GET", "customer/1001").json()["Customer"]["Balance"] == 0
    assert [each["outcome"] for each in qb.journal()] == ["created", "updated", "refused", "deleted"]


# --- names --------------------------------------------------------------------------------------


def test_names_are_shared_by_three_lists_without_regard_to_case(qb: Caller) -> None:
    own = qb.error("customer", {"DisplayName": "amber lane DENTAL"})
    assert own["code"] == "6240" and own["Detail"] == "The name supplied already exists. : Id=1001"
    for name in ("Harbor Line Freight", " dana field "):
        error = qb.error("customer", {"DisplayName": name})
        assert error["code"] == "6240" and "Another customer, vendor or employee" in error["Detail"]
    qb.set(duplicate_name_detail="null")
    assert qb.error("customer", {"DisplayName": "Dana Field"})["Detail"].endswith(": null")
    qb.set(duplicate_name_detail="other_list")
    assert "Another customer" in qb.error("customer", {"DisplayName": "Zinnia Stationers"})["Detail"]
    item = {"Name": "Amber Lane Dental", "Type": "Service", "IncomeAccountRef": {"value": "79"}}
    assert qb.made("item", item)["FullyQualifiedName"] == "Amber Lane Dental"


def test_items_have_their_own_names_and_need_an_income_account(qb: Caller) -> None:
    item = {"Name": "hand TROWEL", "Type": "NonInventory", "IncomeAccountRef": {"value": "79"}}
    assert qb.error("item", item)["Detail"] == "The name supplied already exists. : Id=2001"
    assert qb.error("item", {**item, "Name": "Rake", "IncomeAccountRef": {"value": "84"}})["code"] == "6430"
    assert qb.error("item", {**item, "Name": "Rake", "IncomeAccountRef": {"value": "5"}})["code"] == "2500"
    assert qb.error("item", {"Name": "Rake", "Type": "Service"})["element"] == "IncomeAccountRef"
    assert qb.error("item", {**item, "Name": "a:b"})["code"] == "6000"
    stock = qb.errors("item", {**item, "Name": "Rake", "Type": "Inventory"})
    assert "AssetAccountRef" in [error["element"] for error in stock]
    assert qb.made("item", {**item, "Name": "Old pot"})["Name"] == "Old pot"


def test_customer_defaults_and_refusals(qb: Caller) -> None:
    made = qb.made("customer", {"GivenName": "Jane", "FamilyName": "Doe", "Balance": 50})
    assert made["DisplayName"] == "Jane Doe" == made["FullyQualifiedName"] == made["PrintOnCheckName"]
    assert made["Balance"] == 0 and made["Active"] is True and made["PreferredDeliveryMethod"] == "Print"
    assert qb.error("customer", {"CompanyName": "No name"})["code"] == "2020"
    assert qb.error("customer", {"DisplayName": "a\tb"})["code"] == "6000"
    nowhere = {"DisplayName": "E", "PrimaryEmailAddr": {"Address": "nowhere"}}
    assert qb.error("customer", nowhere)["code"] == "6000"
    abroad = qb.made("customer", {"DisplayName": "K", "BillAddr": {"Country": "Canada", "Lat": "1"}})
    assert abroad["BillAddr"] == {"Country": "CAN"}
    job = qb.made("customer", {"DisplayName": "Lab", "Job": True, "ParentRef": {"value": "1001"}})
    assert job["FullyQualifiedName"] == "Amber Lane Dental:Lab"


def test_deactivation_takes_the_name_away_and_frees_it(qb: Caller) -> None:
    known = {"Id": "1001", "SyncToken": "0", "sparse": True}
    gone = qb.made("customer", {**known, "Active": False})
    assert gone["DisplayName"] == "Amber Lane Dental (deleted)" == gone["FullyQualifiedName"]
    assert gone["PrintOnCheckName"] == "Amber Lane Dental"
    assert qb.error("customer", {**known, "SyncToken": "1", "Notes": "hello"})["code"] == "610"
    assert qb.made("customer", {"DisplayName": "Amber Lane Dental"})
    back = {**known, "SyncToken": "1", "Active": True}
    assert qb.error("customer", back)["code"] == "6240"
    owing = {"Id": "1010", "SyncToken": "0", "sparse": True, "Active": False}
    assert qb.error("customer", owing)["Message"] == "Delete List Has Balance Error"


# --- queries ------------------------------------------------------------------------------------


def test_query_grammar(qb: Caller) -> None:
    assert qb.names("select * from Customer") == [
        "Amber Lane Dental", "Birch & Sons Plumbing", "Zinnia Stationers",
    ]  # fmt: skip
    assert qb.names("SELECT * FROM customer WHERE displayname = 'AMBER lane dental'") == ["Amber Lane Dental"]
    assert qb.names("select * from Customer where Id in ('1002','1010') ORDER BY DisplayName DESC") == [
        "Zinnia Stationers", "Birch & Sons Plumbing",
    ]  # fmt: skip
    assert qb.names("select * from Customer where DisplayName like '%stat%' and Active = true")
    page = qb.query("select * from Customer orderby Id desc maxresults 1 startposition 2")
    assert [row["Id"] for row in page["Customer"]] == ["1002"]
    assert (page["startPosition"], page["maxResults"]) == (2, 1)
    assert qb.query("select count(*) from Invoice where Balance > '0'") == {"totalCount": 2}
    assert qb.query("select * from Customer where DisplayName = 'nobody'") == {}
    only = qb.query("select DisplayName, PrimaryEmailAddr from Customer maxresults 1")["Customer"][0]
    assert set(only) == {"DisplayName", "PrimaryEmailAddr", "domain", "sparse"}
    assert len(qb.query("SELECT *, Sku FROM Item")["Item"]) == 5
    assert qb.names("select * from Customer where PrimaryEmailAddr = 'AP@amberlane.example'")
    old = "select * from Invoice where CustomerRef = '1010' and TxnDate < '2026-03-01'"
    assert qb.query(old)["maxResults"] == 1
    assert qb.query("select * from Preferences")["Preferences"][0]["TaxPrefs"]["UsingSalesTax"]
    assert qb.query("select * from CompanyInfo")["CompanyInfo"][0]["Country"] == "US"


def test_every_entity_can_be_asked_for(qb: Caller) -> None:
    for entity in ("Vendor", "Employee", "Account", "Term", "TaxCode", "TaxRate", "Invoice", "Payment"):
        assert qb.query(f"select * from {entity}")[entity], entity
    assert qb.query("select * from Account where AccountType = 'Income'")["maxResults"] == 2


def test_query_by_post_and_by_time_stamp(qb: Caller) -> None:
    made = qb.made("invoice", invoice(DocNumber="T-1"))
    text = "select * from Invoice where MetaData.LastUpdatedTime >= '2026-06-01T00:00:00-08:00'"
    rows = qb.post("query", text).json()["QueryResponse"]["Invoice"]
    assert [row["Id"] for row in rows] == [made["Id"]]


def test_lists_show_active_records_unless_asked(qb: Caller) -> None:
    assert qb.query("select * from Item where Name = 'Old pot (deleted)'") == {}
    both = "select * from Item where Name = 'Old pot (deleted)' and Active in (true, false)"
    assert qb.query(both)["Item"][0]["Id"] == "2020"
    assert qb.query("select * from Item where Active = false")["maxResults"] == 1


def test_query_escapes(qb: Caller) -> None:
    for name in ("Amy's Bird Sanctuary", "back\\slash", "50% off & more"):
        qb.made("customer", {"DisplayName": name})
        escaped = name.replace("\\", "\\\\").replace("'", "\\'")
        assert qb.names(f"select * from Customer where DisplayName = '{escaped}'") == [name]
    assert qb.asked("select * from Customer where DisplayName = 'Amy's'").status_code == 400


@pytest.mark.parametrize(("text", "code", "words"), [
    ("select * from Custmoer", "4001", "invalid context declaration: Custmoer"),
    ("select * from Customer startposition 0", "4001", "value 0 is too small. Min allowed value is 1"),
    ("select * from Customer maxresults 0", "4001", "value 0 is too small"),
    ("select * from Invoice where PrivateNote = 'x'", "4001", "property 'PrivateNote' is not queryable"),
    ("select * from Invoice where Wombat = 'x'", "4001", "Property Wombat not found"),
    ("select Wombat from Invoice", "4001", "Property Wombat not found"),
    ("select * from Customer where Id > '1'", "4001", "not supported for property Id"),
    ("select * from Invoice where Balance > 'much'", "4001", "not valid"),
    ("selekt * from Customer", "4000", "QueryParserError: "),
    ("select * from Customer where DisplayName = 'a' or DisplayName = 'b'", "4000", "'or'"),
    ("select * from Customer where DisplayName", "4000", "end of the statement"),
    ("select * from Customer where DisplayName != 'a'", "4000", "QueryParserError: "),
    ("select * from Customer where DisplayName = 'open", "4000", "QueryParserError: "),
    ("select * from Customer maxresults ten", "4000", "ten"),
    (" ", "4000", "QueryParserError: "),
])  # fmt: skip
def test_query_refusals(qb: Caller, text: str, code: str, words: str) -> None:
    answer = qb.asked(text)
    fault = answer.json()["Fault"]
    assert answer.status_code == 400 and fault["type"] == "ValidationFault"
    error = fault["Error"][0]
    assert error["code"] == code and words in error["Detail"] and "element" not in error


def test_pages_default_to_a_hundred_and_stop_at_a_thousand(qb: Caller) -> None:
    for number in range(1005):
        qb.vendor.insert(EAST, "Account", {"Name": f"A{number}", "AccountType": "Income"})
    assert qb.query("select * from Account")["maxResults"] == 100
    assert qb.query("select * from Account maxresults 5000")["maxResults"] == 1000
    qb.set(lenient_start_position=True)
    assert qb.query("select * from Account startposition 0 maxresults 3")["startPosition"] == 1


# --- batches ------------------------------------------------------------------------------------


def create(b_id: str, **fields: Any) -> Body:
    return {"bId": b_id, "operation": "create", "Invoice": invoice(**fields)}


def test_a_batch_answers_200_with_a_fate_per_item(qb: Caller) -> None:
    answers = qb.batch([
        create("i1", DocNumber="B-1"),
        create("i2", DocNumber="9001"),
        {**create("i3", DocNumber="9001"), "optionsData": "allowduplicatedocnum"},
        {"bId": "q", "Query": "select * from Customer where DisplayName in ('Zinnia Stationers')"},
        {"bId": "bad", "Query": "select * from Nothing"},
        {"bId": "none", "operation": "create"},
        {"bId": "odd", "operation": "dance", "Invoice": {}},
    ])  # fmt: skip
    assert answers["i1"]["Invoice"]["DocNumber"] == "B-1" and answers["i3"]["Invoice"]["Id"]
    error = answers["i2"]["Fault"]["Error"][0]
    assert error["code"] == "6140" and error["element"] == ""
    assert answers["q"]["QueryResponse"]["Customer"][0]["Id"] == "1010"
    assert answers["bad"]["Fault"]["Error"][0]["code"] == "4001"
    assert answers["none"]["Fault"] and answers["odd"]["Fault"]
    assert len(qb.records("Invoice")) == 5


def test_items_of_a_batch_cannot_see_each_other(qb: Caller) -> None:
    answers = qb.batch([
        {"bId": "c", "operation": "create", "Customer": {"DisplayName": "New one"}},
        create("i", CustomerRef={"value": "1601"}),
        {"bId": "off", "operation": "update",
         "Customer": {"Id": "1002", "SyncToken": "0", "sparse": True, "Active": False}},
        create("still", CustomerRef={"value": "1002"}),
    ])  # fmt: skip
    assert answers["c"]["Customer"]["Id"] == "1601"
    assert answers["i"]["Fault"]["Error"][0]["code"] == "2500"
    assert answers["still"]["Invoice"]["CustomerRef"]["value"] == "1002"
    assert qb.made("invoice", invoice(CustomerRef={"value": "1601"}))


def test_batch_updates_voids_and_deletes(qb: Caller) -> None:
    one, two, three = (qb.made("invoice", invoice())["Id"] for _ in range(3))
    known = {"SyncToken": "0"}
    answers = qb.batch([
        {"bId": "u", "operation": "update",
         "Invoice": {**known, "Id": one, "sparse": True, "PrivateNote": "n"}},
        {"bId": "v", "operation": "update", "optionsData": "void", "Invoice": {**known, "Id": two}},
        {"bId": "d", "operation": "delete", "Invoice": {**known, "Id": three}},
    ])  # fmt: skip
    assert answers["u"]["Invoice"]["PrivateNote"] == "n"
    assert answers["v"]["Invoice"]["PrivateNote"] == "Voided"
    assert answers["d"]["Invoice"]["status"] == "Deleted"


def test_thirty_items_and_no_more(qb: Caller) -> None:
    items = [create(f"i{n}") for n in range(31)]
    answer = qb.post("batch", {"BatchItemRequest": items})
    assert answer.status_code == 400 and answer.json()["Fault"]["type"] == "ValidationFault"
    assert len(qb.batch(items[:30])) == 30
    assert qb.error("batch", {"Items": []})["code"] == "2010"
    assert len(qb.records("Invoice")) == 33


def test_answers_come_in_any_order_unless_switched_off(qb: Caller) -> None:
    items = [{"bId": f"q{n}", "Query": "select count(*) from Item"} for n in range(30)]
    in_order = [item["bId"] for item in items]
    assert list(qb.batch(items)) != in_order
    qb.set(shuffle_batch_answers=False)
    assert list(qb.batch(items)) == in_order


def test_request_id_and_b_id_are_glued_and_hold_fifty_characters(qb: Caller) -> None:
    answers = qb.batch([create("b" * 36), create("c" * 36)], requestid="r" * 32)
    for answer in answers.values():
        error = answer["Fault"]["Error"][0]
        assert error["code"] == "6000" and "request_id" in error["Detail"] and "68" in error["Detail"]
    assert "Invoice" in qb.batch([create("b" * 14)], requestid="r" * 36)["b" * 14]
    assert qb.error("invoice", invoice(), requestid="r" * 51)["code"] == "6000"
    assert len(qb.batch([create("b" * 90)])) == 1


def test_service_time_is_slept_per_item(qb: Caller) -> None:
    qb.set(service_seconds=0.05)
    began = time.monotonic()
    qb.batch([create(f"i{n}") for n in range(4)])
    assert time.monotonic() - began >= 0.2


# --- requestid ----------------------------------------------------------------------------------


def test_the_same_key_replays_the_first_answer_whatever_the_body(qb: Caller) -> None:
    first = qb.made("invoice", invoice(DocNumber="R-1"), requestid="key-1")
    again = qb.made("invoice", invoice(DocNumber="R-1"), requestid="key-1")
    other = qb.made("invoice", invoice(DocNumber="R-2"), requestid="key-1")
    assert first == again == other and len(qb.records("Invoice")) == 4
    entries = qb.journal()
    assert [entry["outcome"] for entry in entries] == ["created", "replayed", "replayed"]
    assert {(e["entity"], e["key"], e["remote_id"], e["wire_key"]) for e in entries} == {
        ("Invoice", "R-1", first["Id"], "key-1")
    }
    west = Caller(qb.running, WEST)
    assert west.made("customer", {"DisplayName": "W"}, requestid="key-1")["DisplayName"] == "W"


def test_batch_keys_are_per_item(qb: Caller) -> None:
    first = qb.batch([create("1", DocNumber="K-1"), create("2", DocNumber="K-2")], requestid="r")
    again = qb.batch([create("1", DocNumber="K-1"), create("3", DocNumber="K-3")], requestid="r")
    assert again["1"] == first["1"] and again["3"]["Invoice"]["DocNumber"] == "K-3"
    assert len(qb.records("Invoice")) == 6
    assert [e["wire_key"] for e in qb.journal()] == ["r:1", "r:2", "r:1", "r:3"]
    assert qb.made("invoice", invoice(DocNumber="K-9"), requestid="r1")["DocNumber"] == "K-1"


def test_a_fault_is_not_remembered(qb: Caller) -> None:
    assert qb.error("invoice", invoice(DocNumber="9001"), requestid="k")["code"] == "6140"
    assert qb.made("invoice", invoice(DocNumber="9100"), requestid="k")["DocNumber"] == "9100"
    refused = qb.journal()[0]
    assert (refused["outcome"], refused["code"], refused["key"]) == ("refused", "6140", "9001")


def test_replay_modes(qb: Caller) -> None:
    qb.made("invoice", invoice(), requestid="k")
    qb.set(replay_mode="fault_6000")
    error = qb.error("invoice", invoice(), requestid="k")
    assert error["code"] == "6000" and "An unexpected error occurred" in error["Detail"]
    qb.set(replay_mode="forget")
    qb.made("invoice", invoice(), requestid="k")
    assert len(qb.records("Invoice")) == 5


# --- misfortune, limits, the operator -----------------------------------------------------------


def test_half_of_a_batch_is_committed_and_the_line_is_cut(qb: Caller) -> None:
    qb.running.world.misfortune.add(Mishap("quickbooks", "commit_half"))
    items = [create(f"i{n}", DocNumber=f"H-{n}") for n in range(4)]
    with pytest.raises(requests.ConnectionError):
        qb.batch(items, requestid="half")
    assert [row["DocNumber"] for row in qb.records("Invoice")[3:]] == ["H-0", "H-1"]
    answers = qb.batch(items, requestid="half")
    assert len(answers) == 4 and len(qb.records("Invoice")) == 7
    assert [e["outcome"] for e in qb.journal()].count("replayed") == 2


def test_a_dropped_answer_after_commit_is_found_by_its_key(qb: Caller) -> None:
    qb.running.world.misfortune.add(Mishap("quickbooks", "drop_after"))
    with pytest.raises(requests.ConnectionError):
        qb.post("invoice", invoice(DocNumber="D-1"), requestid="d")
    assert qb.made("invoice", invoice(DocNumber="D-1"), requestid="d")["DocNumber"] == "D-1"
    assert len(qb.records("Invoice")) == 4


def test_a_refusal_can_be_dialled_in(qb: Caller) -> None:
    mishap = Mishap("quickbooks", "refuse", entity="Invoice", code="6190", message="Invalid Company Status")
    qb.running.world.misfortune.add(mishap)
    assert qb.made("customer", {"DisplayName": "Untouched"})
    assert qb.error("invoice", invoice())["code"] == "6190"
    assert qb.made("invoice", invoice())


def test_an_expired_token_mishap_is_a_401(qb: Caller) -> None:
    qb.running.world.misfortune.add(Mishap("quickbooks", "expired_token", scope="any"))
    assert qb.call("GET", "preferences").status_code == 401


def test_ten_calls_a_second(qb: Caller) -> None:
    qb.set(throttle="on", calls_per_second=3, calls_per_minute=5)
    for _ in range(3):
        assert qb.call("GET", "preferences").status_code == 200
    refused = qb.post("invoice", invoice())
    assert refused.status_code == 429 and refused.headers["Content-Type"].startswith("text/xml")
    assert '<Error code="3001">' in refused.text and "Retry-After" not in refused.headers
    assert len(qb.records("Invoice")) == 3 and qb.journal() == []
    qb.running.world.clock.advance(2)
    assert [qb.call("GET", "preferences").status_code for _ in range(3)] == [200, 200, 429]
    qb.running.world.clock.advance(60)
    assert qb.call("GET", "preferences").status_code == 200


def test_forty_batches_a_minute(qb: Caller) -> None:
    assert qb.vendor.settings()["batches_per_minute"] == 40
    qb.set(throttle="on", calls_per_second=1000)
    item = [{"bId": "q", "Query": "select count(*) from Item"}]
    statuses = [qb.post("batch", {"BatchItemRequest": item}).status_code for _ in range(41)]
    assert statuses == [200] * 40 + [429]
    assert qb.call("GET", "preferences").status_code == 200


def test_the_operator_edits_past_every_rule(qb: Caller) -> None:
    made = qb.made("invoice", invoice())
    edited = qb.vendor.edit(EAST, "Invoice", made["Id"], {"TotalAmt": 25.51})
    assert edited["TotalAmt"] == Decimal("25.51") == edited["Balance"] and edited["SyncToken"] == "1"
    assert qb.call("GET", "customer/1001").json()["Customer"]["Balance"] == 25.51
    twin = qb.vendor.insert(EAST, "Invoice", invoice(DocNumber="9001", TxnDate="2026-01-01"))
    assert twin["DocNumber"] == "9001"
    assert qb.query("select * from Invoice where DocNumber = '9001'")["maxResults"] == 2
    qb.vendor.delete(EAST, "Invoice", twin["Id"])
    qb.vendor.delete(EAST, "Customer", "1002")
    assert qb.names("select * from Customer where Active = false") == ["Birch & Sons Plumbing (deleted)"]
    renamed = qb.vendor.edit(EAST, "Customer", "1010", {"DisplayName": "Zinnia Paper"})
    assert renamed["FullyQualifiedName"] == "Zinnia Paper" and qb.names(
        "select * from Customer where DisplayName = 'Zinnia Paper'"
    )
    with pytest.raises(LookupError):
        qb.vendor.edit(EAST, "Customer", "42", {})
    with pytest.raises(ValueError, match="6240"):
        qb.vendor.insert(EAST, "Customer", {"DisplayName": "Zinnia Paper"})


def test_settings_are_checked_before_any_is_set(qb: Caller) -> None:
    before = qb.vendor.settings()
    wrongs = ({"colour": 1}, {"replay_mode": "maybe"}, {"service_seconds": -1}, {"warn_duplicate_docnum": 1})
    for wrong in wrongs:
        with pytest.raises(ValueError):
            qb.vendor.configure({"replay_mode": "forget", **wrong})
    assert qb.vendor.settings() == before


def test_describe_has_all_a_client_needs(qb: Caller) -> None:
    about = qb.vendor.describe(qb.url)
    assert [realm["realm_id"] for realm in about["realms"]] == [EAST, WEST, NORTH, SUNNY]
    assert about["minor_version"] == "75" and about["token_url"].startswith(qb.url)
