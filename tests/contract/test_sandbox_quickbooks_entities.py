"""The lists of the QuickBooks stand-in: people, items, terms, accounts, tax set-up, currencies, settings."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from contract import test_sandbox_quickbooks_caller as helpers
from contract.test_sandbox_quickbooks_caller import EAST, NORTH, WEST, Body, Caller, codes, invoice

running, qb = helpers.running, helpers.qb
ITEM = {"Name": "Rake", "Type": "NonInventory", "IncomeAccountRef": {"value": "79"}}
STOCK = {
    **ITEM, "Type": "Inventory", "TrackQtyOnHand": True, "QtyOnHand": 5, "InvStartDate": "2026-09-01",
    "AssetAccountRef": {"value": "81"}, "ExpenseAccountRef": {"value": "80"},
}  # fmt: skip


@pytest.fixture
def north(qb: Caller) -> Caller:
    return Caller(qb.running, NORTH)


def read(qb: Caller, path: str) -> Body:
    return dict(next(iter(qb.call("GET", path).json().values())))


# --- people -------------------------------------------------------------------------------------


@pytest.mark.parametrize("entity", ["vendor", "employee"])
def test_vendors_and_employees_are_written_like_customers(qb: Caller, entity: str) -> None:
    made = qb.made(entity, {"DisplayName": "New One", "GivenName": "New", "FamilyName": "One"})
    assert (made["DisplayName"], made["Active"], made["SyncToken"]) == ("New One", True, "0")
    known = {"Id": made["Id"], "SyncToken": "0", "sparse": True}
    assert qb.made(entity, {**known, "PrintOnCheckName": "N. One"})["PrintOnCheckName"] == "N. One"
    gone = qb.made(entity, {**known, "SyncToken": "1", "Active": False})
    assert (gone["DisplayName"], gone["PrintOnCheckName"]) == ("New One (deleted)", "N. One")
    assert qb.error(entity, {"DisplayName": "AMBER lane dental"})["code"] == "6240"
    assert read(qb, f"{entity}/{made['Id']}")["Active"] is False


def test_a_name_clash_of_ones_own_list_tells_the_id_and_another_does_not(qb: Caller) -> None:
    assert qb.error("vendor", {"DisplayName": "Harbor Line Freight"})["Detail"].endswith(": Id=1500")
    assert "Another customer" in qb.error("employee", {"DisplayName": "Harbor Line Freight"})["Detail"]


def test_a_former_name_is_free(qb: Caller) -> None:
    qb.made("customer", {"Id": "1001", "SyncToken": "0", "sparse": True, "DisplayName": "Amber"})
    assert qb.made("vendor", {"DisplayName": "Amber Lane Dental"})
    assert qb.error("employee", {"DisplayName": "Amber"})["code"] == "6240"


def test_names_may_be_compared_with_their_case(qb: Caller) -> None:
    body = {"DisplayName": "AMBER LANE DENTAL"}
    assert qb.error("customer", body)["code"] == "6240"
    qb.set(case_blind_names=False)
    assert qb.made("customer", body)["DisplayName"] == "AMBER LANE DENTAL"
    assert qb.error("customer", body)["code"] == "6240"


@pytest.mark.parametrize(
    ("field", "longest"),
    [
        ("DisplayName", 500), ("Title", 16), ("GivenName", 100), ("MiddleName", 100), ("FamilyName", 100),
        ("Suffix", 16), ("CompanyName", 100), ("PrintOnCheckName", 110), ("Notes", 2000), ("ResaleNum", 16),
    ],
)  # fmt: skip
def test_each_text_of_a_customer_has_its_length(qb: Caller, field: str, longest: int) -> None:
    assert qb.made("customer", {"DisplayName": f"fits {field}"[:9], field: "x" * longest})[field] == "x" * longest
    error = qb.error("customer", {"DisplayName": "long", field: "y" * (longest + 1)})
    assert (error["code"], error["element"]) == ("2050", field)
    assert error["Detail"].endswith(f"Min:0 Max:{longest:,} supported. Supplied length:{longest + 1:,}")


@pytest.mark.parametrize(
    ("field", "inner", "longest"),
    [("PrimaryEmailAddr", "Address", 100), ("PrimaryPhone", "FreeFormNumber", 30), ("WebAddr", "URI", 1000),
     ("BillAddr", "Line1", 500), ("ShipAddr", "City", 255), ("BillAddr", "PostalCode", 30)],
)  # fmt: skip
def test_nested_texts_have_their_length_too(qb: Caller, field: str, inner: str, longest: int) -> None:
    text = ("a@b." + "x" * 2000)[:longest]
    assert qb.made("customer", {"DisplayName": "fits", field: {inner: text}})[field] == {inner: text}
    error = qb.error("customer", {"DisplayName": "long", field: {inner: text + "x"}})
    assert (error["code"], error["element"]) == ("2050", inner)


@pytest.mark.parametrize("name", ["a:b", "a\tb", "a\nb"])
@pytest.mark.parametrize("field", ["DisplayName", "GivenName", "Suffix"])
def test_colons_tabs_and_newlines_stand_in_no_name(qb: Caller, field: str, name: str) -> None:
    error = qb.error("customer", {"DisplayName": "fine", field: name})
    assert error["code"] == "6000" and "cannot include tabs, newlines or ':'" in error["Detail"]


def test_jobs_are_at_most_four_levels_below_a_customer(qb: Caller) -> None:
    above = "1001"
    for level in range(1, 5):
        job = {"DisplayName": f"J{level}", "Job": True, "ParentRef": {"value": above}}
        made = qb.made("customer", job)
        assert made["Level"] == level and made["FullyQualifiedName"].count(":") == level
        above = made["Id"]
    assert qb.error("customer", {"DisplayName": "J5", "Job": True, "ParentRef": {"value": above}})["code"] == "6000"
    assert qb.error("customer", {"DisplayName": "J", "Job": True})["element"] == "ParentRef"
    loop = {"Id": "1001", "SyncToken": "0", "sparse": True, "ParentRef": {"value": above}}
    assert "6000" in codes(qb.errors("customer", loop))


def test_a_parents_new_name_is_in_its_jobs_full_names_and_balances_add_up(qb: Caller) -> None:
    job = qb.made("customer", {"DisplayName": "Lab", "Job": True, "ParentRef": {"value": "1001"}})
    qb.made("customer", {"Id": "1001", "SyncToken": "0", "sparse": True, "DisplayName": "Amber"})
    assert read(qb, f"customer/{job['Id']}")["FullyQualifiedName"] == "Amber:Lab"
    qb.made("invoice", invoice(CustomerRef={"value": job["Id"]}))
    parent, child = read(qb, "customer/1001"), read(qb, f"customer/{job['Id']}")
    assert (parent["Balance"], parent["BalanceWithJobs"]) == (0, 25.5)
    assert (child["Balance"], child["BalanceWithJobs"]) == (25.5, 25.5)


def test_a_customers_references_are_checked(qb: Caller) -> None:
    for element in ("SalesTermRef", "PaymentMethodRef", "DefaultTaxCodeRef", "ParentRef"):
        error = qb.error("customer", {"DisplayName": "N", element: {"value": "777"}})
        assert (error["code"], error["element"]) == ("2500", element)
    assert qb.error("customer", {"DisplayName": "N", "PreferredDeliveryMethod": "Pigeon"})["code"] == "2170"


def test_a_customers_currency_is_fixed_when_it_is_made(north: Caller) -> None:
    assert north.made("customer", {"DisplayName": "Home"})["CurrencyRef"]["value"] == "CAD"
    made = north.made("customer", {"DisplayName": "Alps", "CurrencyRef": {"value": "CHF"}})
    assert made["CurrencyRef"] == {"value": "CHF", "name": "Swiss Franc"}
    # "unknown currency is added to the company"
    assert north.query("select * from CompanyCurrency where Code = 'CHF'")["maxResults"] == 1
    change = {"Id": made["Id"], "SyncToken": "0", "sparse": True, "CurrencyRef": {"value": "USD"}}
    error = north.error("customer", change)
    assert error["code"] == "6000" and "cannot be changed" in error["Detail"]
    error = north.error("customer", {"DisplayName": "Thames", "CurrencyRef": {"value": "GBP"}})
    assert error["code"] == "6000" and "GBP is not active" in error["Detail"]
    assert north.error("customer", {"DisplayName": "No", "CurrencyRef": {"value": "euros"}})["code"] == "2500"


def test_without_multicurrency_there_is_the_home_currency_only(qb: Caller) -> None:
    error = qb.error("customer", {"DisplayName": "Alps", "CurrencyRef": {"value": "CHF"}})
    assert error["code"] == "6000" and "Multi currency" in error["Detail"]
    assert qb.error("companycurrency", {"Code": "CHF"})["code"] == "5020"
    assert qb.error("exchangerate", {"SourceCurrencyCode": "EUR", "Rate": 2})["code"] == "5020"


# --- items --------------------------------------------------------------------------------------


def test_stock_needs_its_accounts_its_quantity_and_its_day(qb: Caller) -> None:
    made = qb.made("item", STOCK)
    assert made["QtyOnHand"] == 5 and made["AssetAccountRef"]["name"] == "Inventory Asset"
    for name in ("AssetAccountRef", "ExpenseAccountRef", "IncomeAccountRef", "QtyOnHand", "InvStartDate"):
        body = {key: value for key, value in STOCK.items() if key != name}
        error = qb.error("item", {**body, "Name": "Hoe"})
        assert (error["code"], error["element"]) == ("2020", name)


@pytest.mark.parametrize(
    ("element", "account"),
    [("IncomeAccountRef", "84"), ("IncomeAccountRef", "86"), ("ExpenseAccountRef", "79"), ("AssetAccountRef", "4")],
)
def test_accounts_of_the_wrong_type_are_6430(qb: Caller, element: str, account: str) -> None:
    error = qb.error("item", {**STOCK, element: {"value": account}})
    assert (error["code"], error["element"]) == ("6430", element)


def test_stock_is_not_sold_before_its_day(qb: Caller) -> None:
    item = qb.made("item", STOCK)["Id"]
    sold = [helpers.line(ItemRef={"value": item})]
    error = qb.error("invoice", invoice(TxnDate="2026-08-31", Line=sold))
    assert error["code"] == "6000" and "prior to start date" in error["Detail"]
    assert qb.made("invoice", invoice(TxnDate="2026-09-01", Line=sold))


def test_the_same_item_name_may_stand_in_two_categories(qb: Caller) -> None:
    first, second = (qb.made("item", {"Name": name, "Type": "Category"})["Id"] for name in ("A", "B"))
    made = qb.made("item", {**ITEM, "ParentRef": {"value": first}, "SubItem": True})
    assert (made["FullyQualifiedName"], made["Level"]) == ("A:Rake", 1)
    assert qb.made("item", {**ITEM, "ParentRef": {"value": second}, "SubItem": True})
    assert qb.error("item", {**ITEM, "ParentRef": {"value": first}})["code"] == "6240"
    assert qb.error("invoice", invoice(Line=[helpers.line(ItemRef={"value": first})]))["code"] == "6000"
    assert qb.query("select * from Item where FullyQualifiedName = 'a:rake'")["maxResults"] == 1


def test_item_lengths_types_and_references(qb: Caller) -> None:
    for name, longest in (("Sku", 100), ("Description", 4000), ("PurchaseDesc", 1000)):
        assert qb.made("item", {**ITEM, "Name": f"fits {name}", name: "x" * longest})[name] == "x" * longest
        assert qb.error("item", {**ITEM, name: "x" * (longest + 1)})["element"] == name
    assert qb.error("item", {**ITEM, "Type": "Thing"})["code"] == "2170"
    assert qb.error("item", {**ITEM, "Type": "Group"})["code"] == "6000"
    assert qb.error("item", {**ITEM, "SalesTaxCodeRef": {"value": "77"}})["code"] == "2500"
    inactive = qb.made("account", {"Name": "Old income", "AccountType": "Income"})
    gone = qb.made("account", {"Id": inactive["Id"], "SyncToken": "0", "sparse": True, "Active": False})
    assert gone["Name"] == "Old income (deleted)"
    assert qb.error("item", {**ITEM, "IncomeAccountRef": {"value": inactive["Id"]}})["code"] == "610"


def test_an_item_that_was_put_away_comes_back_unless_its_name_was_taken(qb: Caller) -> None:
    known = {"Id": "2020", "SyncToken": "0", "sparse": True}
    assert qb.error("item", {**known, "Sku": "X"})["code"] == "610"
    back = qb.made("item", {**known, "Active": True})
    assert back["Name"] == "Old pot" == back["FullyQualifiedName"]
    gone = qb.made("item", {**known, "SyncToken": "1", "Active": False})
    assert gone["Name"] == "Old pot (deleted)"
    assert qb.made("item", {**ITEM, "Name": "OLD POT"})
    assert qb.error("item", {**known, "SyncToken": "2", "Active": True})["code"] == "6240"


# --- terms, accounts, classes, locations, payment methods ---------------------------------------


def test_terms_by_days(qb: Caller) -> None:
    made = qb.made("term", {"Name": "Net 45", "DueDays": 45})
    assert (made["Type"], made["DiscountPercent"], made["Active"]) == ("STANDARD", 0, True)
    assert qb.made("invoice", invoice(SalesTermRef={"value": made["Id"]}))["DueDate"] == "2026-11-15"
    assert qb.error("term", {"Name": "net 45", "DueDays": 1})["code"] == "6240"
    assert qb.error("term", {"Name": "x" * 32, "DueDays": 1})["Detail"].endswith("Max:31 supported. Supplied length:32")
    assert qb.error("term", {"Name": "None"})["element"] == "DueDays"
    assert codes(qb.errors("term", {})) == ["2020", "2020"]


@pytest.mark.parametrize("field", ["DueDays", "DiscountDays", "DiscountPercent", "DayOfMonthDue"])
def test_a_terms_numbers_have_ranges(qb: Caller, field: str) -> None:
    error = qb.error("term", {"Name": "N", "DueDays": 1, field: 1000})
    assert (error["code"], error["element"]) == ("6000", field)


@pytest.mark.parametrize(
    ("early", "day", "due"),
    [(5, "2026-10-01", "2026-10-25"), (5, "2026-10-21", "2026-11-25"), (5, "2026-10-26", "2026-11-25"),
     (0, "2026-10-25", "2026-10-25"), (0, "2026-10-26", "2026-11-25")],
)  # fmt: skip
def test_terms_by_a_day_of_the_month(qb: Caller, early: int, day: str, due: str) -> None:
    made = qb.made("term", {"Name": "The 25th", "DayOfMonthDue": 25, "DueNextMonthDays": early})
    assert made["Type"] == "DATE_DRIVEN" and "DueDays" not in made
    sold = qb.made("invoice", invoice(TxnDate=day, SalesTermRef={"value": made["Id"]}))
    assert sold["DueDate"] == due


def test_a_short_month_ends_earlier(qb: Caller) -> None:
    made = qb.made("term", {"Name": "Ultimo", "DayOfMonthDue": 31})
    for day, due in (("2026-11-03", "2026-11-30"), ("2027-02-01", "2027-02-28")):
        assert qb.made("invoice", invoice(TxnDate=day, SalesTermRef={"value": made["Id"]}))["DueDate"] == due


def test_an_invoice_takes_its_term_from_the_customer_and_else_from_the_settings(qb: Caller) -> None:
    assert qb.made("invoice", invoice())["DueDate"] == "2026-10-31"
    qb.made("customer", {"Id": "1001", "SyncToken": "0", "sparse": True, "SalesTermRef": {"value": "2"}})
    made = qb.made("invoice", invoice())
    assert (made["SalesTermRef"], made["DueDate"]) == ({"value": "2"}, "2026-10-16")
    assert qb.made("invoice", invoice(DueDate="2026-12-24"))["DueDate"] == "2026-12-24"
    qb.prefer("SalesFormsPrefs", DefaultTerms={"value": "4"})
    assert qb.made("invoice", invoice(CustomerRef={"value": "1002"}))["DueDate"] == "2026-11-30"
    gone = {"Id": "2", "SyncToken": "0", "sparse": True, "Active": False}
    assert qb.made("term", gone)["Name"] == "Net 15 (deleted)"
    assert qb.error("invoice", invoice(SalesTermRef={"value": "2"}))["code"] == "610"


def test_accounts(qb: Caller) -> None:
    made = qb.made("account", {"Name": "Delivery income", "AccountType": "Income", "AcctNum": "4100"})
    assert (made["Classification"], made["AccountSubType"]) == ("Revenue", "SalesOfProductIncome")
    below = qb.made("account", {"Name": "Express", "AccountSubType": "ServiceFeeIncome",
                                "ParentRef": {"value": made["Id"]}})  # fmt: skip
    assert (below["AccountType"], below["FullyQualifiedName"]) == ("Income", "Delivery income:Express")
    assert below["SubAccount"] is True
    for body, code in (
        ({"Name": "delivery INCOME", "AccountType": "Income"}, "6240"), ({"Name": "N"}, "2020"),
        ({"Name": "N", "AccountType": "Piggy bank"}, "2170"), ({"Name": 'a"b', "AccountType": "Income"}, "6000"),
        ({"Name": "a:b", "AccountType": "Income"}, "6000"), ({"Name": "x" * 101, "AccountType": "Income"}, "2050"),
        ({"Name": "N", "AccountType": "Income", "AcctNum": "4100"}, "6240"),
    ):  # fmt: skip
        assert qb.error("account", body)["code"] == code, body
    assert qb.query("select * from Account where AcctNum = '4100'")["Account"][0]["Id"] == made["Id"]


@pytest.mark.parametrize(("entity", "flag"), [("class", "SubClass"), ("department", "SubDepartment")])
def test_classes_and_locations_are_trees(qb: Caller, entity: str, flag: str) -> None:
    top = qb.made(entity, {"Name": "Top"})
    below = qb.made(entity, {"Name": "Below", "ParentRef": {"value": top["Id"]}})
    assert (top[flag], below[flag], below["FullyQualifiedName"]) == (False, True, "Top:Below")
    assert qb.error(entity, {"Name": "top"})["code"] == "6240"
    qb.made(entity, {"Id": top["Id"], "SyncToken": "0", "sparse": True, "Name": "Roof"})
    assert read(qb, f"{entity}/{below['Id']}")["FullyQualifiedName"] == "Roof:Below"


def test_payment_methods(qb: Caller) -> None:
    assert qb.made("paymentmethod", {"Name": "Barter"})["Type"] == "NON_CREDIT_CARD"
    assert qb.error("paymentmethod", {"Name": "CASH"})["code"] == "6240"


# --- tax set-up ---------------------------------------------------------------------------------


def test_the_tax_service_makes_a_code_with_new_and_old_rates(qb: Caller) -> None:
    rates = [
        {"TaxRateName": "City", "RateValue": "1.5", "TaxAgencyId": "1", "TaxApplicableOn": "Sales"},
        {"TaxRateId": "3"},
    ]
    answer = qb.post("taxservice/taxcode", {"TaxCode": "City tax", "TaxRateDetails": rates})
    body = helpers.loads(answer.text)
    assert answer.status_code == 200 and body["TaxCode"] == "City tax"
    assert [each["TaxRateName"] for each in body["TaxRateDetails"]] == ["City", "California"]
    code = read(qb, f"taxcode/{body['TaxCodeId']}")
    assert code["SalesTaxRateList"]["TaxRateDetail"][0]["TaxRateRef"]["value"] == body["TaxRateDetails"][0]["TaxRateId"]
    taxed = invoice(Line=[helpers.line(TaxCodeRef={"value": "TAX"})],
                    TxnTaxDetail={"TxnTaxCodeRef": {"value": body["TaxCodeId"]}})  # fmt: skip
    # 25.50 at 1.5 + 7.25 percent
    assert qb.made("invoice", taxed)["TxnTaxDetail"]["TotalTax"] == Decimal("2.23")


def test_the_tax_service_refuses(qb: Caller) -> None:
    good = {"TaxRateName": "City", "RateValue": 1, "TaxAgencyId": "1"}
    for details, code in (
        ([], "2020"), ([{"TaxRateId": "99"}], "2500"), ([{**good, "TaxAgencyId": "9"}], "2500"),
        ([{**good, "TaxRateName": "california"}], "6240"), ([{**good, "RateValue": 101}], "6000"),
        ([{"RateValue": 1, "TaxAgencyId": "1"}], "2020"),
    ):  # fmt: skip
        assert qb.error("taxservice/taxcode", {"TaxCode": "T", "TaxRateDetails": details})["code"] == code, details
    assert qb.error("taxservice/taxcode", {"TaxCode": "california", "TaxRateDetails": [good]})["code"] == "6240"
    before = len(qb.records("TaxRate"))
    assert qb.error("taxcode", {"Name": "X"})["code"] == "500" == qb.error("taxrate", {"Name": "X"})["code"]
    assert len(qb.records("TaxRate")) == before


def test_the_tax_service_replays_under_its_key(qb: Caller) -> None:
    body = {"TaxCode": "T", "TaxRateDetails": [{"TaxRateId": "3"}]}
    first, again = (qb.post("taxservice/taxcode", body, requestid="k").json()["TaxCodeId"] for _ in range(2))
    assert first == again


def test_tax_agencies(qb: Caller) -> None:
    made = qb.made("taxagency", {"DisplayName": "City of Boston"})
    assert made["TaxTrackedOnSales"] is True and "Active" not in made
    assert qb.error("taxagency", {"DisplayName": "city of boston"})["code"] == "6240"


# --- settings and currencies --------------------------------------------------------------------


def test_preferences_take_what_is_writable_and_keep_the_rest(qb: Caller) -> None:
    old = read(qb, "preferences")
    sent = {"CustomTxnNumbers": False, "AllowDeposit": True}
    body: dict[str, Any] = {"Id": "1", "SyncToken": "0", "sparse": True, "SalesFormsPrefs": sent,
                            "TaxPrefs": {"UsingSalesTax": False}}  # fmt: skip
    new = qb.made("preferences", body)
    assert new["SyncToken"] == "1" and new["SalesFormsPrefs"] == {**old["SalesFormsPrefs"], **sent}
    assert new["TaxPrefs"]["UsingSalesTax"] is True
    assert qb.made("invoice", invoice(Deposit=1))["Balance"] == Decimal("24.50")
    assert qb.error("preferences", body)["code"] == "5010"
    assert qb.error("preferences", {"Id": "1", "SalesFormsPrefs": {}})["element"] == "SyncToken"
    assert qb.error("preferences", {"SalesFormsPrefs": {}})["element"] == "Id"
    assert qb.error("preferences", {**body, "SyncToken": "1", "Wombat": {}})["code"] == "2010"
    assert qb.error("preferences", {**body, "Id": "2", "SyncToken": "1"})["code"] == "610"


def test_multicurrency_is_never_turned_off_again(qb: Caller, north: Caller) -> None:
    north_token = read(north, "preferences")["SyncToken"]
    off = {"Id": "1", "SyncToken": north_token, "sparse": True, "CurrencyPrefs": {"MultiCurrencyEnabled": False}}
    assert north.error("preferences", off)["code"] == "6000"
    on = {**off, "SyncToken": "0", "CurrencyPrefs": {"MultiCurrencyEnabled": True}}
    assert qb.made("preferences", on)["CurrencyPrefs"]["MultiCurrencyEnabled"] is True


def test_company_info(qb: Caller) -> None:
    old = read(qb, f"companyinfo/{EAST}")
    new = qb.made(
        "companyinfo", {"Id": "1", "SyncToken": "0", "sparse": True, "CompanyName": "Acme II", "Country": "FR"}
    )
    assert (new["CompanyName"], new["Country"]) == ("Acme II", "US")
    assert new["NameValue"] == old["NameValue"] and new["SyncToken"] == "1"
    assert qb.error("companyinfo", {"Id": "1", "SyncToken": "1", "CompanyName": "x" * 1025})["code"] == "2050"
    assert qb.call("GET", f"companyinfo/{WEST}").json()["Fault"]["Error"][0]["code"] == "610"


def test_an_ended_subscription_is_6190(qb: Caller) -> None:
    ended = [{"Name": "SubscriptionStatus", "Value": "TRIAL_EXPIRED"}]
    qb.vendor.edit(EAST, "CompanyInfo", "1", {"NameValue": ended})
    assert qb.error("invoice", invoice())["code"] == "6190"
    assert qb.asked("select * from Customer").json()["Fault"]["Error"][0]["Message"] == "Invalid Company Status"
    assert Caller(qb.running, WEST).query("select * from Customer")["maxResults"] == 1


def test_company_currencies(north: Caller) -> None:
    made = north.made("companycurrency", {"Code": "AUD"})
    assert (made["Name"], made["Active"]) == ("Australian Dollar", True)
    assert north.error("companycurrency", {"Code": "AUD"})["code"] == "6240"
    assert north.error("companycurrency", {"Code": "dollars"})["code"] == "2170"
    assert north.error("companycurrency", {})["element"] == "Code"
    assert [row["Code"] for row in north.query("select * from CompanyCurrency")["CompanyCurrency"]] == [
        "CAD", "USD", "EUR", "AUD",
    ]  # fmt: skip


def test_exchange_rates_are_those_of_the_day(north: Caller) -> None:
    def rate(day: str, code: str = "USD") -> Any:
        answer = north.call("GET", "exchangerate", sourcecurrencycode=code, asofdate=day)
        return helpers.loads(answer.text).get("ExchangeRate", {}).get("Rate")

    assert [rate("2026-09-30"), rate("2026-10-01"), rate("2025-01-01")] == [Decimal("1.3700"), Decimal("1.3600"), None]
    set_ = north.made("exchangerate", {"SourceCurrencyCode": "USD", "Rate": "1.5", "AsOfDate": "2026-10-02"})
    assert (set_["TargetCurrencyCode"], rate("2026-10-02")) == ("CAD", Decimal("1.5")) and "Id" not in set_
    again = {"SourceCurrencyCode": "USD", "Rate": "1.6", "AsOfDate": "2026-10-02"}
    assert north.made("exchangerate", again)["Rate"] == Decimal("1.6") == rate("2026-10-02")
    rows = north.query("select * from ExchangeRate where SourceCurrencyCode = 'USD' and AsOfDate > '2026-09-01'")
    assert [row["Rate"] for row in rows["ExchangeRate"]] == [1.36, 1.6] and "Id" not in rows["ExchangeRate"][0]
    assert north.error("exchangerate", {"SourceCurrencyCode": "XXX", "Rate": 1})["code"] == "2500"
    assert codes(north.errors("exchangerate", {})) == ["2020", "2020"]
    missing = north.call("GET", "exchangerate").json()["Fault"]["Error"][0]
    assert (missing["code"], missing["element"]) == ("2020", "sourcecurrencycode")
