"""Invoices of the BigCommerce stand-in: every field, every refusal, every switch about them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from contract import test_sandbox_bigcommerce_caller as helpers
from contract.test_sandbox_bigcommerce_caller import (
    BIRCH,
    DORMANT,
    IPL,
    LUMEN,
    MISTRAL,
    NEW,
    Caller,
    details,
    invoice,
    loads,
    money,
    payment,
    text,
)

running, bc = helpers.running, helpers.bc
WHOLE: dict[str, Any] = {
    "externalId": "AR0000160", "externalCustomerId": "C00000287", "type": "Invoice", "source": 1, "status": 1,
    "issuedAt": 1700524800, "dueDate": 1703116800, "purchaseOrderNumber": "PO-77", "orderNumber": "423",
    "externalPdfUrl": "https://files.example/AR0000160.pdf", "termsConditions": "30 days", "details": details(),
    "extraFields": [{"fieldName": "ERP Branch", "fieldValue": "WHOLESALE"}],
}  # fmt: skip


def listed(bc: Caller, **query: Any) -> list[str]:
    return [row["invoiceNumber"] for row in bc.get("/ip/invoices", **query)]


# --- create -------------------------------------------------------------------------------------


def test_the_seeds_invoice_with_every_field(bc: Caller) -> None:
    told = bc.call("POST", "/ip/invoices", invoice(**WHOLE))
    ident = told.json()["data"]["id"]
    assert told.json() == {"code": 200, "data": {"id": ident}, "meta": {"message": "Success"}}
    held = bc.invoice(ident)
    assert held["originalBalance"] == {"code": "USD", "value": "551.2500"}
    assert held["openBalance"] == {"code": "USD", "value": "3.7500"}
    plain = {name: value for name, value in WHOLE.items() if name not in ("details", "issuedAt")}
    assert {name: held[name] for name in plain} == plain
    assert held["createdAt"] == 1700524800 < held["updatedAt"] and held["customerName"] == "IPL India"
    assert (held["customerId"], held["channelId"], held["isPendingPayment"]) == (str(IPL), "1", 0)


def test_details_come_back_with_four_decimals(bc: Caller) -> None:
    told = bc.invoice(bc.made(details=details()))["details"]
    assert told["type"] == "StandardInvoiceDetails"
    costs = [(line["description"], line["amount"]["value"]) for line in told["header"]["costLines"]]
    assert costs == [("Subtotal", "500.0000"), ("Freight", "0.0000"), ("Sales Tax", "51.2500")]
    (line,), (parcel,) = told["details"]["lineItems"], told["details"]["shipments"]
    assert line["unitPrice"] == text("500.0000") and line["quantity"] == "1" and line["comments"] == "Location R151"
    assert line["customFields"] == {"key": "Warehouse", "value": "WHOLESALE"} and parcel["shipVia"] == "UPS"
    assert told["header"]["shippingAddresses"][0]["street2"] == "Floor 2"
    bc.set(detail_values="short")
    (row,) = bc.get("/ip/invoices", q="AR0000160")
    assert row["details"]["details"]["lineItems"][0]["unitPrice"] == text("500")
    assert row["details"]["header"]["costLines"][2]["amount"] == text("51.25")


def test_what_is_left_out_has_a_default(bc: Caller) -> None:
    held = bc.invoice(bc.made())
    now = int(bc.running.world.clock.now().timestamp())
    assert (held["type"], held["status"], held["source"], held["orderNumber"]) == ("Invoice", 0, 0, "")
    assert abs(held["createdAt"] - now) <= 2 and abs(held["dueDate"] - now - 30 * 86400) <= 2
    assert held["details"]["details"]["lineItems"] == [] and held["extraFields"] == []


def test_the_due_date_follows_the_buyers_terms(bc: Caller) -> None:
    bc.done("PUT", f"/companies/{IPL}/payment-terms", {"isEnabled": True, "paymentTerms": 60})
    bc.set(due_days=7)
    days = [
        (bc.invoice(bc.made(invoiceNumber=f"T-{company}", customerId=str(company)))["dueDate"]
         - bc.running.world.clock.now().timestamp()) / 86400
        for company in (IPL, BIRCH)
    ]  # fmt: skip
    assert [round(each) for each in days] == [60, 7]


@pytest.mark.parametrize("missing", ["invoiceNumber", "customerId", "originalBalance", "openBalance"])
def test_four_fields_are_required(bc: Caller, missing: str) -> None:
    body = {name: value for name, value in invoice().items() if name != missing}
    told = bc.refused("POST", "/ip/invoices", body)
    assert told == (422, {missing: ["This field is required."]}, {"message": "Parameter Error"})


def test_pieces_of_details_have_required_members(bc: Caller) -> None:
    given = details()
    del given["details"]["lineItems"][0]["sku"], given["header"]["costLines"][1]["description"]
    del given["header"]["billingAddress"]["city"], given["details"]["shipments"][0]["comments"]
    _, data, _ = bc.refused("POST", "/ip/invoices", invoice(details=given))
    assert set(data) == {
        "details.details.lineItems[0].sku", "details.header.costLines[1].description",
        "details.header.billingAddress.city", "details.details.shipments[0].comments",
    }  # fmt: skip
    broken = {**details(), "details": {"lineItems": [{"sku": "A", "quantity": "1", "unitPrice": {"code": "USD"}}]}}
    _, data, _ = bc.refused("POST", "/ip/invoices", invoice(details=broken))
    assert set(data) == {"details.details.lineItems[0].unitPrice.value"}


def test_a_taken_number_is_400_whoever_holds_it(bc: Caller) -> None:
    told = bc.refused("POST", "/ip/invoices", invoice(invoiceNumber="AR0000163"))
    assert told == (400, {"errMsg": "The invoice number already exists."}, {"message": "Bad Requests Error"})
    (stranger,) = bc.get("/ip/invoices", q="AR0000163", searchBy="invoiceNumber")
    assert stranger["customerId"] == str(BIRCH)
    assert Caller(bc.running, MISTRAL).made(invoiceNumber="AR0000163", customerId=str(LUMEN))


def test_a_number_that_the_store_will_want_itself(bc: Caller) -> None:
    following = max(row["id"] for row in bc.records("invoice")) + 2
    bc.made(invoiceNumber=f"{following:08d}")
    order = next(row["id"] for row in bc.records("b2b_order") if row["bcOrderId"] == 423)
    from_order = f"/ip/orders/{order}/invoices"
    assert bc.error("POST", from_order) == (400, "The invoice number already exists.")
    bc.set(auto_number_taken="next")
    assert bc.done("POST", from_order)["invoiceNumber"] == f"{following + 1:08d}"


def test_two_invoices_may_even_get_one_number(bc: Caller) -> None:
    following = max(row["id"] for row in bc.records("invoice")) + 2
    bc.made(invoiceNumber=f"{following:08d}")
    bc.set(auto_number_taken="duplicate")
    order = next(row["id"] for row in bc.records("b2b_order") if row["bcOrderId"] == 423)
    bc.done("POST", f"/ip/orders/{order}/invoices")
    assert len(bc.get("/ip/invoices", q=f"{following:08d}", searchBy="invoiceNumber")) == 2


def test_an_order_has_one_invoice(bc: Caller) -> None:
    bc.made(orderNumber="423")
    told = bc.refused("POST", "/ip/invoices", invoice(invoiceNumber="AR-2", orderNumber="423"))
    assert told == (400, {"errMsg": "The invoice exists for this order"}, {"message": "Bad Requests Error"})
    assert bc.made(invoiceNumber="AR-2") and bc.made(invoiceNumber="AR-3", orderNumber="no such order")
    bc.set(order_number_must_exist=True)
    assert bc.error("POST", "/ip/invoices", invoice(invoiceNumber="AR-4", orderNumber="9999"))[0] == 404


@pytest.mark.parametrize("channel", [1, None, 664179, "1"])
def test_any_channel_is_too_much_without_multi_storefront(bc: Caller, channel: Any) -> None:
    told = bc.refused("POST", "/ip/invoices", {**invoice(), "channelId": channel})
    assert told == (404, {"errMsg": "Store channels not exist"}, {"message": "Not Found Error"})


def test_channels_where_there_are_some(bc: Caller) -> None:
    mistral = Caller(bc.running, MISTRAL)
    ident = mistral.made(customerId=str(LUMEN), channelId=664179)
    assert mistral.invoice(ident)["channelId"] == "664179"
    assert mistral.get("/ip/invoices", channelIds="664179")[0]["id"] == ident
    assert mistral.error("POST", "/ip/invoices", invoice(customerId=str(LUMEN), channelId=7))[0] == 404
    assert [row["channelId"] for row in mistral.get("/channels")] == [1, 664179]


@pytest.mark.parametrize("company", ["8999", str(LUMEN), "nobody", "1", "8101.0", "81e2", "９"])
def test_only_a_company_of_this_store_can_be_billed(bc: Caller, company: str) -> None:
    assert bc.error("POST", "/ip/invoices", invoice(customerId=company)) == (422, "Company does not exist")
    bc.set(unknown_company_status=404)
    assert bc.refused("POST", "/ip/invoices", invoice(customerId=company))[2] == {"message": "Not Found Error"}


def test_an_inactive_company_is_refused(bc: Caller) -> None:
    assert bc.error("POST", "/ip/invoices", invoice(customerId=str(DORMANT))) == (422, "The company is not active")
    bc.set(inactive_company="accept")
    assert bc.made(customerId=str(DORMANT)) and bc.made(invoiceNumber="AR-2", customerId=str(NEW))


def bad_numbers() -> list[dict[str, Any]]:
    words = details()
    words["header"]["costLines"][0]["amount"]["value"] = "many"
    number = details()
    number["details"]["lineItems"][0]["unitPrice"]["value"] = Decimal("500.00")
    quantity = details()
    quantity["details"]["lineItems"][0]["quantity"] = 1
    return [
        {"openBalance": text("3.75")}, {"openBalance": text("many")},
        {"originalBalance": {"code": "USD", "value": True}},
        {"details": words}, {"details": number}, {"details": quantity}, {"openBalance": text("NaN")},
        {"openBalance": money("1e16")}, {"originalBalance": {"code": "USD", "value": float("nan")}},
    ]  # fmt: skip


@pytest.mark.parametrize("place", range(9))
def test_a_bad_number_is_400_with_its_words_in_meta(bc: Caller, place: int) -> None:
    told = bc.refused("POST", "/ip/invoices", invoice(**bad_numbers()[place]))
    assert told == (400, {}, {"message": "Bad Requests Error", "errors": "Please enter a valid number; "})


def test_lenient_types(bc: Caller) -> None:
    bc.set(types="lenient")
    for place in (0, 4, 5):
        assert bc.made(invoiceNumber=f"L-{place}", **bad_numbers()[place])
    assert bc.made(invoiceNumber="L-9", customerId=IPL, dueDate="1703116800")
    assert bc.refused("POST", "/ip/invoices", invoice(**bad_numbers()[1]))[0] == 400


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"customerId": IPL}, {"customerId": ["Not a valid string."]}),
        ({"invoiceNumber": ""}, {"invoiceNumber": ["This field may not be blank."]}),
        ({"status": 3}, {"status": ['"3" is not a valid choice.']}),
        ({"source": 2}, {"source": ['"2" is not a valid choice.']}),
        ({"dueDate": "1703116800"}, {"dueDate": ["A valid integer is required."]}),
        ({"details": []}, {"details": ["Expected an object."]}),
        ({"details": {"header": {"costLines": {}}}},
         {"details.header.costLines": ["Expected a list of items but got another type."]}),
        ({"openBalance": 3}, {"openBalance": ["Expected an object."]}),
        ({"extraFields": [{"fieldName": "ERP Branch"}]}, {"extraFields[0].fieldValue": ["This field is required."]}),
    ],
)  # fmt: skip
def test_wrong_fields(bc: Caller, fields: dict[str, Any], wrong: dict[str, Any]) -> None:
    assert bc.refused("POST", "/ip/invoices", invoice(**fields)) == (422, wrong, {"message": "Parameter Error"})


def test_null_is_no_value(bc: Caller) -> None:
    told = bc.refused("POST", "/ip/invoices", {**invoice(), "purchaseOrderNumber": None})
    assert told[1] == {"purchaseOrderNumber": ["This field may not be null."]}


def test_unknown_fields_vanish_without_a_word(bc: Caller) -> None:
    line = {**details()["details"]["lineItems"][0], "lotSerial": "LX-1"}
    held = bc.invoice(bc.made(poNumber="PO-1", details={"details": {"lineItems": [line]}}))
    assert "poNumber" not in held and held["purchaseOrderNumber"] == ""
    assert "lotSerial" not in held["details"]["details"]["lineItems"][0]
    bc.set(unknown_fields="refuse")
    told = bc.refused("POST", "/ip/invoices", invoice(invoiceNumber="AR-2", poNumber="PO-1"))
    assert told[1] == {"poNumber": ["Unknown field."]}


def test_empty_texts_and_longest_texts(bc: Caller) -> None:
    assert bc.refused("POST", "/ip/invoices", invoice(externalId=""))[0] == 422
    bc.set(empty_strings="accept", longest_text=20)
    assert bc.made(externalId="")
    told = bc.refused("POST", "/ip/invoices", invoice(invoiceNumber="A" * 21))
    assert told[1] == {"invoiceNumber": ["Ensure this field has no more than 20 characters."]}


# --- money --------------------------------------------------------------------------------------


def test_currencies(bc: Caller) -> None:
    ident = bc.made(originalBalance=money("1200", "JPY"), openBalance=money("1200", "JPY"))
    assert bc.invoice(ident)["openBalance"] == {"code": "JPY", "value": "1200.0000"}
    for code in ("KWD", "XXQ", "usd"):
        fields = {"originalBalance": money("1.234", code), "openBalance": money("1.234", code)}
        assert bc.error("POST", "/ip/invoices", invoice(invoiceNumber="AR-2", **fields)) == (
            422,
            "Invalid currency code",
        )
    bc.set(currencies="iso")
    dinars = bc.made(invoiceNumber="AR-2", originalBalance=money("1.234", "KWD"), openBalance=money("1.234", "KWD"))
    assert bc.invoice(dinars)["originalBalance"]["value"] == "1.2340"
    assert bc.refused("POST", "/ip/invoices", invoice(originalBalance=money("1", "XXQ"), openBalance=money("1", "XXQ")))


def test_one_currency_to_an_invoice(bc: Caller) -> None:
    mixed = invoice(originalBalance=money("5", "EUR"))
    inside = invoice(details=details("EUR"))
    for body in (mixed, inside):
        assert bc.error("POST", "/ip/invoices", body) == (422, "Invalid currency code")
    bc.set(mixed_currencies="accept")
    assert bc.call("POST", "/ip/invoices", mixed).status_code == 200


def test_nothing_ties_lines_to_balances_and_a_fifth_decimal_is_rounded(bc: Caller) -> None:
    held = bc.invoice(bc.made(originalBalance=money("1.00005"), openBalance=money("99"), details=details()))
    assert held["originalBalance"]["value"] == "1.0001" and held["openBalance"]["value"] == "99.0000"


def test_credits_have_no_counterpart(bc: Caller) -> None:
    body = invoice(originalBalance=money("-5"), openBalance=money("-5"))
    assert bc.refused("POST", "/ip/invoices", body)[2]["errors"] == "Please enter a valid number; "
    bc.set(negative_original="accept")
    assert bc.invoice(bc.made(**body))["status"] == 2


def test_nothing_open_is_completed_whatever_was_said(bc: Caller) -> None:
    for place, due in enumerate(("0", "-1")):
        assert bc.invoice(bc.made(invoiceNumber=f"Z-{place}", status=0, openBalance=money(due)))["status"] == 2
    assert bc.invoice(bc.made(invoiceNumber="Z-9", status=2))["status"] == 2


def test_the_status_does_not_follow_the_balance_by_itself(bc: Caller) -> None:
    ident = bc.made(openBalance=money("551.25"))
    bc.done("PUT", f"/ip/invoices/{ident}", {"openBalance": text("3.75")})
    assert bc.invoice(ident)["status"] == 0
    bc.done("PUT", f"/ip/invoices/{ident}", {"openBalance": text("0")})
    bc.done("PUT", f"/ip/invoices/{ident}", {"openBalance": text("5")})
    assert bc.invoice(ident)["status"] == 2
    bc.set(status_follows_balance=True)
    bc.done("PUT", f"/ip/invoices/{ident}", {"openBalance": text("6")})
    assert bc.invoice(ident)["status"] == 1


# --- update -------------------------------------------------------------------------------------


def test_an_update_is_partial_at_the_top_and_whole_below(bc: Caller) -> None:
    ident = bc.made(**{**WHOLE, "orderNumber": None})
    told = bc.call("PUT", f"/ip/invoices/{ident}", {"openBalance": text("0.00"), "externalPdfUrl": ""})
    assert told.json() == {"code": 200, "data": {"id": ident}, "meta": {"message": "SUCCESS"}}
    held = bc.invoice(ident)
    assert held["purchaseOrderNumber"] == "PO-77" and held["externalPdfUrl"] == "" and held["status"] == 2
    assert len(held["details"]["header"]["costLines"]) == 3
    costs = [{"amount": text("1.00"), "description": "Subtotal"}]
    bc.done("PUT", f"/ip/invoices/{ident}", {"details": {"header": {"costLines": costs}}})
    held = bc.invoice(ident)["details"]
    assert len(held["header"]["costLines"]) == 1 and held["header"]["billingAddress"] == {}
    assert held["details"] == {"shipments": [], "lineItems": []}


def test_every_field_can_be_updated_but_two(bc: Caller) -> None:
    ident = bc.made(orderNumber="423")
    changes = {
        "invoiceNumber": "AR-NEW", "customerId": str(BIRCH), "externalId": "E", "externalCustomerId": "C", "type": "T",
        "dueDate": 1, "status": 1, "purchaseOrderNumber": "P", "source": 1, "createdAt": 2,
    }  # fmt: skip
    never = {"orderNumber": "424", "channelId": 1, "issuedAt": 3, "termsConditions": "x"}
    bc.done("PUT", f"/ip/invoices/{ident}", {**changes, **never, "originalBalance": text("9.00")})
    held = bc.invoice(ident)
    assert {name: held[name] for name in changes} == changes and held["customerName"] == "Birchwood Joinery"
    assert (held["orderNumber"], held["termsConditions"], held["originalBalance"]["value"]) == ("423", "", "9.0000")


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({"invoiceNumber": "AR0000163"}, 400, {"errMsg": "The invoice number already exists."}),
        ({"customerId": str(LUMEN)}, 422, {"errMsg": "Company does not exist"}),
        ({"openBalance": text("1", "XXQ")}, 422, {"errMsg": "Invalid currency code"}),
        ({"openBalance": text("1", "EUR")}, 422, {"errMsg": "Invalid currency code"}),
        ({"type": ""}, 422, {"type": ["This field may not be blank."]}),
        ({"details": {"details": {"lineItems": []}}}, 422,
         {"details.details.lineItems": ["This list may not be empty."]}),
        ({"status": 7}, 422, {"status": ['"7" is not a valid choice.']}),
        ({"extraFields": [{"fieldName": "Colour", "fieldValue": "x"}]}, 422,
         {"errMsg": "[Colour] is not an extra field"}),
    ],
)  # fmt: skip
def test_an_update_is_refused(bc: Caller, body: Any, status: int, words: Any) -> None:
    ident = bc.made()
    before = bc.invoice(ident)
    assert bc.refused("PUT", f"/ip/invoices/{ident}", body)[:2] == (status, words)
    assert bc.invoice(ident) == before


def test_an_updates_bad_number_names_the_invoice(bc: Caller) -> None:
    ident = bc.made()
    for balance in (money("1"), text("x")):
        told = bc.refused("PUT", f"/ip/invoices/{ident}", {"openBalance": balance})
        assert told == (
            400,
            {"id": ident},
            {"message": "Bad Requests Error", "errors": "Please enter a valid number; "},
        )


def test_an_updates_address_is_stricter_than_a_creates(bc: Caller) -> None:
    bare = {**details(), "header": {"billingAddress": {**helpers.PLACE, "street2": ""}}}
    ident = bc.made(details=bare)
    _, data, _ = bc.refused("PUT", f"/ip/invoices/{ident}", {"details": bare})
    assert set(data) == {"details.header.billingAddress.customFields", "details.header.billingAddress.street2"}
    bc.set(update_address_custom_fields="optional", empty_strings="accept")
    assert bc.done("PUT", f"/ip/invoices/{ident}", {"details": bare}) == {"id": ident}


# --- extra fields -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("ERP Branch", "x" * 51, "[ERP Branch] is longer than 50"),
        ("Weight", "heavy", "[Weight] is not a valid number"),
        ("Weight", "100000", "[Weight] is above 99999"),
        ("Document Kind", "Bill", "[Document Kind] is not one of the list"),
    ],
)
def test_extra_fields_are_checked(bc: Caller, name: str, value: str, words: str) -> None:
    body = invoice(extraFields=[{"fieldName": name, "fieldValue": value}])
    assert bc.error("POST", "/ip/invoices", body) == (422, words)


def test_required_and_unique_extra_fields(bc: Caller) -> None:
    bc.edit("invoice_extra_field", "ERP Branch", isRequired=True, isUnique=True)
    assert bc.error("POST", "/ip/invoices", invoice()) == (422, "[ERP Branch] is a required extra field")
    branch = [{"fieldName": "ERP Branch", "fieldValue": "A"}]
    ident = bc.made(extraFields=branch)
    assert bc.error("POST", "/ip/invoices", invoice(invoiceNumber="AR-2", extraFields=branch))[0] == 422
    assert bc.done("PUT", f"/ip/invoices/{ident}", {"extraFields": branch})
    bc.edit("invoice_extra_field", "ERP Branch", isUnique=False, defaultValue="MAIN")
    assert bc.invoice(bc.made(invoiceNumber="AR-3"))["extraFields"] == [
        {"fieldName": "ERP Branch", "fieldValue": "MAIN"}
    ]


def test_extra_fields_are_replaced_or_merged(bc: Caller) -> None:
    ident = bc.made(extraFields=[{"fieldName": "ERP Branch", "fieldValue": "A"}])
    new = {"extraFields": [{"fieldName": "Store Order", "fieldValue": "423"}]}
    bc.set(extra_fields_on_update="merge")
    bc.done("PUT", f"/ip/invoices/{ident}", new)
    assert len(bc.invoice(ident)["extraFields"]) == 2
    bc.set(extra_fields_on_update="replace")
    bc.done("PUT", f"/ip/invoices/{ident}", new)
    bc.done("PUT", f"/ip/invoices/{ident}", {"type": "T"})
    assert bc.invoice(ident)["extraFields"] == new["extraFields"]


def test_the_configuration_of_extra_fields(bc: Caller) -> None:
    rows = bc.get("/ip/invoices/extra-fields")
    assert [row["fieldType"] for row in rows] == [0, 0, 1, 2, 3] and "labelName" not in rows[0]
    assert rows[4]["listOfValue"] == ["Invoice", "Debit Memo", "Credit Memo"]
    bc.insert("invoice_extra_field", fieldName="Lot", maximumLength="5")
    assert bc.get("/ip/invoices/extra-fields")[5]["fieldName"] == "Lot"


# --- read ---------------------------------------------------------------------------------------


def test_one_that_is_not_there(bc: Caller) -> None:
    for method in ("GET", "PUT", "DELETE"):
        for ident in ("9999", "none"):
            told = bc.refused(method, f"/ip/invoices/{ident}", {} if method == "PUT" else None)
            assert told == (404, {"errMsg": "Invoice does not exist"}, {"message": "Not Found Error"})
    assert bc.refused("GET", "/ip/invoices/9999/download-pdf")[0] == 404


def test_filters(bc: Caller) -> None:
    bc.made(**{**WHOLE, "externalId": "77"}, invoiceNumber="F-1")
    bc.made(invoiceNumber="F-2", customerId=str(BIRCH), openBalance=money("0"))
    assert listed(bc, q="f-", searchBy="invoiceNumber", orderBy="ASC") == ["F-1", "F-2"]
    assert listed(bc, q="PO-77") == ["F-1"] and listed(bc, q="PO-77", searchBy="type") == []
    assert listed(bc, q="F-", status="2") == ["F-2"] and listed(bc, q="F-", customerId=IPL) == ["F-1"]
    assert listed(bc, q="F-", customerName="birch") == ["F-2"]
    assert listed(bc, q="F-", beginDateAt="1700524801") == ["F-2"]
    assert listed(bc, q="F-", endDateAt="1700524800") == ["F-1"]
    assert bc.refused("GET", "/ip/invoices", beginDateAt="yesterday")[0] == 422
    assert listed(bc, **{"externalId[]": "77"}) == ["F-1"]


def test_the_keyword_finds_more_than_the_number(bc: Caller) -> None:
    bc.made(invoiceNumber="AR-16")
    bc.made(invoiceNumber="AR-160")
    assert listed(bc, q="AR-16", searchBy="invoiceNumber") == ["AR-160", "AR-16"]


def test_external_ids_that_are_no_numbers(bc: Caller) -> None:
    bc.made(externalId="AR0000160")
    wanted = {"externalId[]": "AR0000160"}
    told = bc.refused("GET", "/ip/invoices", **wanted)
    assert told[:2] == (422, {"externalId": ["A valid number is required."]})
    bc.set(external_id_filter="text")
    assert listed(bc, **wanted) == ["AR0000160"]
    bc.set(external_id_filter="ignore")
    assert len(listed(bc, **wanted)) > 1


def test_lists_leave_extra_fields_out_unless_asked(bc: Caller) -> None:
    bc.made(extraFields=[{"fieldName": "ERP Branch", "fieldValue": "A"}])
    assert "extraFields" not in bc.get("/ip/invoices", q="AR0000160")[0]
    (row,) = bc.get("/ip/invoices", q="AR0000160", isIncludeExtraFields="1")
    assert row["extraFields"] == [{"fieldName": "ERP Branch", "fieldValue": "A"}]


def test_times_and_ids_may_be_texts(bc: Caller) -> None:
    ident = bc.made(issuedAt=1700524800)
    bc.set(invoice_times="string", id_type="string")
    held = bc.invoice(ident)
    assert held["createdAt"] == "1700524800" and held["id"] == str(ident) and isinstance(held["dueDate"], int)


def test_a_list_may_lag_behind(bc: Caller) -> None:
    bc.set(list_lag_seconds=20)
    ident = bc.made()
    assert bc.invoice(ident) and listed(bc, q="AR0000160") == []
    bc.wait(20)
    assert listed(bc, q="AR0000160") == ["AR0000160"]


def test_a_pdf_is_a_link(bc: Caller) -> None:
    ident = bc.made(externalPdfUrl="https://files.example/x.pdf")
    told = bc.get(f"/ip/invoices/{ident}/download-pdf")
    assert told["externalPdfUrl"] == "https://files.example/x.pdf" and told["url"].endswith(f"{ident}.pdf")


def test_sorting_by_pending_payment(bc: Caller) -> None:
    ident = bc.made()
    bc.paid(ident, "1.00", processingStatus=1)
    rows = loads(bc.call("GET", "/ip/invoices", sortBy="isPendingPayment").text)["data"]
    assert [row["isPendingPayment"] for row in rows] == [1] + [0] * (len(rows) - 1)


def test_five_hundred_lines(bc: Caller) -> None:
    lines = [{"sku": f"S-{n}", "quantity": "1", "unitPrice": text("1.00")} for n in range(500)]
    ident = bc.made(details={"details": {"lineItems": lines}})
    assert len(bc.invoice(ident)["details"]["details"]["lineItems"]) == 500


# --- delete -------------------------------------------------------------------------------------


def test_a_deleted_invoice_frees_its_number(bc: Caller) -> None:
    ident = bc.made(orderNumber="423")
    told = bc.call("DELETE", f"/ip/invoices/{ident}")
    assert told.json() == {"code": 200, "data": {"id": ident}, "meta": {"message": "Success"}}
    assert bc.made(orderNumber="423") == ident + 1


@pytest.mark.parametrize(("rule", "left"), [("keep_payments", 1), ("delete_payments", 0)])
def test_what_becomes_of_payments(bc: Caller, rule: str, left: int) -> None:
    ident = bc.made()
    paid = bc.done("POST", "/ip/payments/offline", payment(ident, "1.00"))["paymentId"]
    assert bc.error("DELETE", f"/ip/invoices/{ident}") == (400, "The invoice has payments.")
    bc.set(paid_invoice_deletion=rule)
    bc.done("DELETE", f"/ip/invoices/{ident}")
    assert sum(row["id"] == paid for row in bc.records("payment")) == left
    assert sum(row["paymentId"] == paid for row in bc.records("receipt_line")) == left
