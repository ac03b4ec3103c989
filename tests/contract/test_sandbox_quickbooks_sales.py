"""Invoices, credit memos and payments of the QuickBooks stand-in: what they take, refuse and compute."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from contract import test_sandbox_quickbooks_caller as helpers
from contract.test_sandbox_quickbooks_caller import EAST, NORTH, SUNNY, Body, Caller, codes, invoice, line

running, qb = helpers.running, helpers.qb
TEXT_LINE = {"DetailType": "DescriptionOnly", "Description": "Thank you"}


@pytest.fixture
def north(qb: Caller) -> Caller:
    return Caller(qb.running, NORTH)


def cad(**fields: Any) -> Body:
    """An invoice that the Canadian company takes."""
    lines = [line(TaxCodeRef={"value": "5"})]
    body = {"CurrencyRef": {"value": "CAD"}, "GlobalTaxCalculation": "TaxExcluded", "Line": lines}
    return invoice(**{**body, **fields})


def payment(amount: str, *paid: tuple[str, str], kind: str = "Invoice", **fields: Any) -> Body:
    lines = [
        {"Amount": Decimal(part), "LinkedTxn": [{"TxnId": record_id, "TxnType": kind}]} for record_id, part in paid
    ]
    body = {"CustomerRef": {"value": "1001"}, "TotalAmt": Decimal(amount), "TxnDate": "2026-10-02", "Line": lines}
    return {**body, **fields}


# --- what an invoice holds ----------------------------------------------------------------------


def test_everything_that_is_plain_comes_back(qb: Caller) -> None:
    sent = {
        "ShipDate": "2026-10-03", "TrackingNum": "1Z", "ShipMethodRef": {"value": "By pigeon"},
        "PrivateNote": "n" * 4000, "CustomerMemo": {"value": "m" * 1000}, "BillEmailCc": {"Address": "c@x.example"},
        "BillEmailBcc": {"Address": "b@x.example"}, "EmailStatus": "NeedToSend", "PrintStatus": "PrintComplete",
        "ShipFromAddr": {"Line1": "Dock 4"}, "AllowOnlineACHPayment": True,
    }  # fmt: skip
    made = qb.made("invoice", invoice(**sent))
    assert {name: made[name] for name in sent} == sent


@pytest.mark.parametrize(
    ("field", "value", "element", "numbers"),
    [
        ("DocNumber", "x" * 22, "DocNumber", "Max:21 supported. Supplied length:22"),
        ("PrivateNote", "x" * 4001, "PrivateNote", "Max:4,000 supported. Supplied length:4,001"),
        ("CustomerMemo", {"value": "x" * 1001}, "Customer Memo", "Max:1,000 supported. Supplied length:1,001"),
        ("ShipMethodRef", {"value": "x" * 31}, "ShipMethodRef", "Max:30 supported. Supplied length:31"),
        ("TrackingNum", "x" * 32, "TrackingNum", "Max:31 supported. Supplied length:32"),
        ("BillEmail", {"Address": "a@b." + "x" * 97}, "Address", "Max:100 supported. Supplied length:101"),
        ("BillEmailCc", {"Address": "a@b." + "x" * 197}, "Address", "Max:200 supported. Supplied length:201"),
        ("BillAddr", {"Line5": "x" * 501}, "Line5", "Max:500 supported. Supplied length:501"),
        ("ShipAddr", {"Country": "x" * 256}, "Country", "Max:255 supported. Supplied length:256"),
        ("Line", [{**line(), "Description": "x" * 4001}], "Description", "Max:4,000 supported. Supplied length:4,001"),
    ],
)
def test_lengths(qb: Caller, field: str, value: Any, element: str, numbers: str) -> None:
    error = qb.error("invoice", invoice(**{field: value}))
    assert (error["code"], error["element"]) == ("2050", element)
    assert error["Detail"] == f"String length specified does not match the supported length. Min:0 {numbers}"


def test_how_long_a_tracking_number_is_can_be_set(qb: Caller) -> None:
    qb.set(tracking_num_length=5)
    assert qb.made("invoice", invoice(TrackingNum="12345"))
    assert qb.error("invoice", invoice(TrackingNum="123456"))["element"] == "TrackingNum"


@pytest.mark.parametrize("field", ["BillEmail", "BillEmailCc", "BillEmailBcc"])
def test_what_is_no_address_is_6000(qb: Caller, field: str) -> None:
    error = qb.error("invoice", invoice(**{field: {"Address": "nobody"}}))
    assert (error["code"], error["element"]) == ("6000", field) and "Invalid Email Address" in error["Detail"]


def test_several_things_wrong_are_told_together(qb: Caller) -> None:
    body = {"DocNumber": "x" * 22, "CustomerRef": {"value": "583"}, "Line": [], "BillEmail": {"Address": "nobody"}}
    assert codes(qb.errors("invoice", body)) == ["2050", "2500", "2020", "6000"]


@pytest.mark.parametrize("noise", ["", None])
def test_the_noise_of_clients_means_not_given(qb: Caller, noise: Any) -> None:
    names = ("DueDate", "ShipDate", "TrackingNum", "PrivateNote", "TotalAmt", "InvoiceLink", "DocNumber",
             "ExchangeRate", "SalesTermRef", "BillEmail", "Deposit", "TxnTaxDetail",
             "GlobalTaxCalculation")  # fmt: skip
    body = {**invoice(), **dict.fromkeys(names, noise), "sparse": False, "domain": "QBO", "SyncToken": 0}
    body["Line"] = [{**line("25.50", Qty="3", UnitPrice="8.50", ServiceDate=noise), "LineNum": 0, "Id": noise}]
    made = qb.made("invoice", body)
    assert made["DueDate"] == "2026-10-31" and "TrackingNum" not in made and made["TotalAmt"] == Decimal("25.50")


@pytest.mark.parametrize("empty", ["", None])
def test_an_empty_value_of_a_sparse_update_keeps_or_clears(qb: Caller, empty: Any) -> None:
    sent = {"TrackingNum": "1Z", "ShipDate": "2026-10-03", "CustomerMemo": {"value": "m"}, "DueDate": "2026-12-24"}
    made = qb.made("invoice", invoice(**sent))
    change = {"Id": made["Id"], "sparse": True, "TrackingNum": empty, "ShipDate": empty, "DueDate": empty,
              "CustomerMemo": {"value": empty}, "PrivateNote": "n", "TotalAmt": empty}  # fmt: skip
    kept = qb.made("invoice", {**change, "SyncToken": "0"})
    assert {name: kept[name] for name in sent} == sent
    qb.set(sparse_empty="clears")
    cleared = qb.made("invoice", {**change, "SyncToken": "1"})
    assert not {"TrackingNum", "ShipDate", "CustomerMemo"} & cleared.keys()
    assert (cleared["DueDate"], cleared["TotalAmt"]) == ("2026-10-31", Decimal("25.50"))
    error = qb.error("invoice", {"Id": made["Id"], "SyncToken": "2", "sparse": True, "CustomerRef": empty})
    assert (error["code"], error["element"]) == ("2020", "CustomerRef")


def test_a_token_may_be_a_number(qb: Caller) -> None:
    made = qb.made("invoice", invoice())
    assert qb.made("invoice", {"Id": int(made["Id"]), "SyncToken": 0, "sparse": "true", "PrivateNote": "n"})


@pytest.mark.parametrize("where", ["top", "line", "detail", "reference", "tax", "address"])
def test_unknown_properties_at_any_depth_are_2010(qb: Caller, where: str) -> None:
    bodies = {
        "top": invoice(Wombat=1), "line": invoice(Line=[{**line(), "Wombat": 1}]),
        "detail": invoice(Line=[line(Wombat=1)]), "reference": invoice(CustomerRef={"value": "1001", "Wombat": 1}),
        "tax": invoice(TxnTaxDetail={"TaxLine": [{"TaxLineDetail": {"Wombat": 1}}]}),
        "address": invoice(BillAddr={"Wombat": 1}),
    }  # fmt: skip
    error = qb.error("invoice", bodies[where])
    assert (error["code"], error["element"]) == ("2010", "Wombat") and '"Wombat"' in error["Detail"]
    assert len(qb.records("Invoice")) == 3


# --- lines --------------------------------------------------------------------------------------


def test_an_invoice_needs_something_sold(qb: Caller) -> None:
    for lines in ([], [TEXT_LINE], [{"DetailType": "SubTotalLineDetail", "Amount": 1}]):
        error = qb.error("invoice", invoice(Line=lines))
        assert (error["code"], error["element"]) == ("2020", "Line")
    inline = [{"DetailType": "DescriptionOnly", "Description": "Subtotal: 0"}]
    assert qb.made("invoice", invoice(Line=inline))["TotalAmt"] == 0


def test_wrong_lines(qb: Caller) -> None:
    assert codes(qb.errors("invoice", invoice(Line=[{**line(), "DetailType": "Thing"}]))) == ["2170", "2020"]
    assert qb.error("invoice", invoice(Line=[line(), {**line(), "DetailType": "Thing"}]))["code"] == "2170"
    untyped = {name: value for name, value in line().items() if name != "DetailType"}
    assert qb.error("invoice", invoice(Line=[line(), untyped]))["element"] == "DetailType"
    no_amount = {name: value for name, value in line(Qty=None, UnitPrice=None).items() if name != "Amount"}
    assert qb.error("invoice", invoice(Line=[no_amount]))["element"] == "Amount"
    assert qb.error("invoice", invoice(Line=[line(ClassRef={"value": "1"})]))["element"] == "ClassRef"


def test_amounts_have_ten_digits_before_the_point_and_cents(qb: Caller) -> None:
    big = line("9999999999.99", Qty=None, UnitPrice=None)
    assert qb.made("invoice", invoice(Line=[big]))["TotalAmt"] == Decimal("9999999999.99")
    error = qb.error("invoice", invoice(Line=[{**big, "Amount": Decimal("10000000000.00")}]))
    assert error["code"] == "2090"
    error = qb.error("invoice", invoice(Line=[{**big, "Amount": Decimal("1.005")}]))
    assert error["code"] == "6000" and "more precision than allowed" in error["Detail"]


@pytest.mark.parametrize(
    ("quantity", "price", "amount"),
    [("-3", "8.50", "-25.50"), ("128.350", "14.50", "1861.08"), ("-128.350", "14.50", "-1861.08"),
     ("0.0000001", "10000000", "1.00"), ("3", "0.333333333", "1.00")],
)  # fmt: skip
def test_products_are_rounded_half_up(qb: Caller, quantity: str, price: str, amount: str) -> None:
    sold = line(amount, Qty=Decimal(quantity), UnitPrice=Decimal(price))
    lines = [line("5000.00", Qty=None, UnitPrice=None), sold]
    assert qb.made("invoice", invoice(Line=lines))["TotalAmt"] == 5000 + Decimal(amount)
    other = Decimal(amount) + Decimal("0.01")
    error = qb.error("invoice", invoice(Line=[lines[0], {**sold, "Amount": other}]))
    assert error["Detail"] == f"Amount is not equal to UnitPrice * Qty. Supplied value:{other:,f}"


def test_a_tolerance_for_products_can_be_set(qb: Caller) -> None:
    off = invoice(Line=[line("25.51")])
    assert qb.error("invoice", off)["code"] == "6070"
    qb.set(amount_tolerance_cents=1)
    assert qb.made("invoice", off)["TotalAmt"] == Decimal("25.51")
    assert qb.error("invoice", invoice(Line=[line("25.52")]))["code"] == "6070"


def test_seven_decimals_are_kept(qb: Caller) -> None:
    sold = line("0.33", Qty=1, UnitPrice=Decimal("0.333333333"))
    assert qb.made("invoice", invoice(Line=[sold]))["Line"][0]["SalesItemLineDetail"]["UnitPrice"] == Decimal(
        "0.3333333"
    )


def test_a_negative_total_is_refused(qb: Caller) -> None:
    for entity in ("invoice", "creditmemo"):
        body = invoice(Line=[line("-25.50", Qty=-3)])
        error = qb.error(entity, body)
        assert error["code"] == "6000" and "must be 0 or greater" in error["Detail"]


def test_a_line_without_an_item_is_a_note_or_gets_the_default_item(qb: Caller) -> None:
    lines = [line(), line("9.00", ItemRef=None, Qty=None, UnitPrice=None)]
    made = qb.made("invoice", invoice(Line=lines))
    assert made["TotalAmt"] == Decimal("25.50") and made["Line"][1]["Amount"] == 0
    qb.set(line_without_item="default_item")
    made = qb.made("invoice", invoice(Line=lines))
    assert made["TotalAmt"] == Decimal("34.50")
    assert made["Line"][1]["SalesItemLineDetail"]["ItemRef"]["value"] == "2001"


def test_750_lines_if_one_is_taxed(qb: Caller) -> None:
    plain, taxed = ([line(TaxCodeRef={"value": code})] * 751 for code in ("NON", "TAX"))
    assert qb.made("invoice", invoice(Line=plain))["Line"][750]["LineNum"] == 751
    assert qb.made("invoice", invoice(Line=taxed[:750]))
    error = qb.error("invoice", invoice(Line=taxed))
    assert error["code"] == "6000" and "more than 750 lines" in error["Detail"]


def test_shipping_gratuity_notes_subtotal_and_discount(qb: Caller) -> None:
    lines = [
        {"DetailType": "SubTotalLineDetail", "Amount": 99, "SubTotalLineDetail": {}}, line(), TEXT_LINE,
        line("5", ItemRef={"value": "SHIPPING_ITEM_ID"}, Qty=None, UnitPrice=None),
        {"DetailType": "DiscountLineDetail", "Amount": "0.50", "DiscountLineDetail": {"PercentBased": False}},
    ]  # fmt: skip
    made = qb.made("invoice", invoice(Line=lines))
    kinds = [each["DetailType"] for each in made["Line"]]
    assert kinds == ["SalesItemLineDetail", "DescriptionOnly", "SalesItemLineDetail", "SubTotalLineDetail",
                     "DiscountLineDetail"]  # fmt: skip
    assert [each.get("Amount") for each in made["Line"]] == [
        Decimal("25.50"), None, 5, Decimal("30.50"), Decimal("0.50"),
    ]  # fmt: skip
    assert made["TotalAmt"] == 30 and made["Line"][4]["DiscountLineDetail"]["DiscountAccountRef"]["value"] == "86"
    twice = [*lines, lines[-1]]
    assert "Only one discount line" in qb.error("invoice", invoice(Line=twice))["Detail"]
    negative = [*lines[:-1], {**lines[-1], "Amount": -1}]
    assert "must be positive" in qb.error("invoice", invoice(Line=negative))["Detail"]


@pytest.mark.parametrize(("switch", "lines"), [
    ("AllowShipping", [line(), line("5", ItemRef={"value": "SHIPPING_ITEM_ID"}, Qty=None, UnitPrice=None)]),
    ("AllowDiscount", [line(), {"DetailType": "DiscountLineDetail", "Amount": 1}]),
])  # fmt: skip
def test_what_is_switched_off_is_refused(qb: Caller, switch: str, lines: list[Body]) -> None:
    assert qb.made("invoice", invoice(Line=lines))
    qb.prefer("SalesFormsPrefs", **{switch: False})
    error = qb.error("invoice", invoice(Line=lines))
    assert error["code"] == "6000" and "turned off" in error["Detail"]


def test_bundles(qb: Caller) -> None:
    parts = [{"ItemRef": {"value": "2001"}, "Qty": 2}, {"ItemRef": {"value": "2002"}, "Qty": 10}]
    bundle = qb.vendor.insert(
        EAST, "Item", {"Name": "Kit", "Type": "Group", "ItemGroupDetail": {"ItemGroupLine": parts}}
    )
    group = {
        "DetailType": "GroupLineDetail",
        "GroupLineDetail": {"GroupItemRef": {"value": bundle["Id"]}, "Quantity": 2},
    }
    made = qb.made("invoice", invoice(Line=[group]))
    # twice (2 x 8.50 + 10 x 2.35)
    assert made["TotalAmt"] == 81 == made["Line"][0]["Amount"]
    inner = made["Line"][0]["GroupLineDetail"]["Line"]
    assert [(each["LineNum"], each["SalesItemLineDetail"]["Qty"]) for each in inner] == [(1, 4), (2, 20)]
    sent = {**group, "GroupLineDetail": {**group["GroupLineDetail"], "Line": [line("8.50", Qty=1)]}}  # type: ignore[dict-item]
    assert qb.made("invoice", invoice(Line=[sent]))["TotalAmt"] == Decimal("8.50")
    wrong = {**group, "GroupLineDetail": {"GroupItemRef": {"value": "2001"}}}
    assert "not a bundle" in qb.error("invoice", invoice(Line=[wrong]))["Detail"]
    assert qb.error("invoice", invoice(Line=[line(ItemRef={"value": bundle["Id"]})]))["code"] == "6000"
    void = qb.made("invoice", {"Id": made["Id"], "SyncToken": "0"}, operation="void")
    assert {each["Amount"] for each in void["Line"][0]["GroupLineDetail"]["Line"]} == {0}


# --- classes, locations, deposits, custom fields ------------------------------------------------


def test_classes_and_locations_where_the_company_keeps_them(qb: Caller, north: Caller) -> None:
    fields: Body = {"ClassRef": {"value": "1"}, "DepartmentRef": {"value": "1"}}
    tracked = [line(TaxCodeRef={"value": "5"}, ClassRef={"value": "2"})]
    made = north.made("invoice", cad(**fields, Line=tracked))
    assert {name: made[name] for name in fields} == fields
    assert made["Line"][0]["SalesItemLineDetail"]["ClassRef"] == {"value": "2"}
    for element, kind in (("ClassRef", "Klasses"), ("DepartmentRef", "Depts")):
        error = north.error("invoice", cad(**{element: {"value": "9"}}))
        assert error["Detail"] == f"Invalid Reference Id : {kind} element id 9 not found"
    assert codes(qb.errors("invoice", invoice(**fields))) == ["6000", "6000"]
    qb.set(untracked_refs="drop")
    assert not fields.keys() & qb.made("invoice", invoice(**fields)).keys()


def test_a_deposit_lowers_the_balance(north: Caller) -> None:
    made = north.made("invoice", cad(Deposit=10, DepositToAccountRef={"value": "4"}))
    assert (made["TotalAmt"], made["Balance"]) == (Decimal("28.82"), Decimal("18.82"))
    assert north.error("invoice", cad(Deposit=1, DepositToAccountRef={"value": "9"}))["code"] == "2500"


def test_deposits_that_are_switched_off(qb: Caller) -> None:
    for field, value in (("Deposit", 1), ("DepositToAccountRef", {"value": "4"})):
        error = qb.error("invoice", invoice(**{field: value}))
        assert (error["code"], error["element"]) == ("6000", field) and "turned off" in error["Detail"]


def test_a_project_is_a_customer_of_its_own_kind(qb: Caller) -> None:
    project = qb.made("customer", {"DisplayName": "P", "Job": True, "IsProject": True, "ParentRef": {"value": "1001"}})
    assert qb.made("invoice", invoice(ProjectRef={"value": project["Id"]}))["ProjectRef"] == {"value": project["Id"]}
    assert qb.error("invoice", invoice(ProjectRef={"value": "1002"}))["code"] == "2500"


def test_custom_fields_that_are_switched_on(north: Caller) -> None:
    def field(number: str, value: str = "v") -> Body:
        return {"DefinitionId": number, "Name": "whatever", "Type": "StringType", "StringValue": value}

    empty = [{"DefinitionId": "1", "Name": "Crew #", "Type": "StringType"},
             {"DefinitionId": "2", "Name": "Site", "Type": "StringType"}]  # fmt: skip
    assert north.made("invoice", cad())["CustomField"] == empty
    made = north.made("invoice", cad(CustomField=[field("2", "x" * 31), field("3")]))
    assert made["CustomField"] == [empty[0], {**empty[1], "StringValue": "x" * 31}]
    assert north.error("invoice", cad(CustomField=[field("1", "x" * 32)]))["code"] == "2050"
    four = [field(number) for number in ("1", "2", "3", "4")]
    assert "more than 3 custom fields" in north.error("invoice", cad(CustomField=four))["Detail"]
    north.set(custom_field_off="refuse")
    assert "Custom field 3 is not switched on" in north.error("invoice", cad(CustomField=[field("3")]))["Detail"]


# --- currencies ---------------------------------------------------------------------------------


def test_with_many_currencies_amounts_come_in_the_home_currency_too(north: Caller) -> None:
    away = {"CustomerRef": {"value": "1002"}, "CurrencyRef": {"value": "USD"}}
    made = north.made("invoice", cad(**away))
    assert made["TotalAmt"] == Decimal("28.82") and made["CurrencyRef"]["name"] == "United States Dollar"
    # 28.82 at the 1.36 of 1 October
    assert (made["ExchangeRate"], made["HomeTotalAmt"], made["HomeBalance"]) == (
        Decimal("1.3600"), Decimal("39.20"), Decimal("39.20"),
    )  # fmt: skip
    assert north.made("invoice", cad(**away, TxnDate="2026-09-30"))["ExchangeRate"] == Decimal("1.3700")
    named = north.made("invoice", cad(**away, ExchangeRate="1.5"))
    assert named["HomeTotalAmt"] == Decimal("43.23")
    home = north.made("invoice", cad(ExchangeRate=9))
    assert (home["ExchangeRate"], home["HomeTotalAmt"]) == (1, home["TotalAmt"])


def test_another_currency_than_the_customers_is_refused(qb: Caller, north: Caller) -> None:
    for caller, body in ((north, cad(CurrencyRef={"value": "USD"})), (qb, invoice(CurrencyRef={"value": "CAD"}))):
        error = caller.error("invoice", body)
        assert error["code"] == "6000" and "only use one foreign currency per transaction" in error["Detail"]


def test_the_currency_must_be_said_where_there_are_many(north: Caller) -> None:
    error = north.error("invoice", cad(CurrencyRef=None))
    assert (error["code"], error["element"]) == ("2020", "CurrencyRef")
    north.set(currency_required=False)
    assert north.made("invoice", cad(CurrencyRef=None))["CurrencyRef"]["value"] == "CAD"


# --- numbers ------------------------------------------------------------------------------------


def test_without_custom_numbers_quickbooks_counts_and_keeps_what_is_sent(qb: Caller) -> None:
    sunny = Caller(qb.running, SUNNY)
    assert [sunny.made("invoice", invoice())["DocNumber"] for _ in range(2)] == ["1037", "1038"]
    made = [sunny.made("invoice", invoice(DocNumber="SO-1"))["DocNumber"] for _ in range(2)]
    assert made == ["SO-1", "SO-1"]
    assert sunny.made("invoice", invoice())["DocNumber"] == "1039"
    qb.set(number_when_custom_off="ignored")
    ignored = sunny.made("invoice", invoice(DocNumber="SO-2"))
    assert ignored["DocNumber"] == "1040"
    known = {"Id": ignored["Id"], "SyncToken": "0", "sparse": True, "PrivateNote": "n"}
    assert sunny.made("invoice", known)["DocNumber"] == "1040"


def test_a_number_is_free_once_its_invoice_has_another_or_is_gone_but_not_once_it_is_void(qb: Caller) -> None:
    made = qb.made("invoice", invoice(DocNumber="F-1"))
    known = {"Id": made["Id"], "SyncToken": "0"}
    qb.made("invoice", {**known, "sparse": True, "DocNumber": "F-2"})
    again = qb.made("invoice", invoice(DocNumber="F-1"))
    assert qb.error("invoice", invoice(DocNumber="F-2"))["code"] == "6140"
    qb.made("invoice", {**known, "SyncToken": "1"}, operation="delete")
    assert qb.made("invoice", invoice(DocNumber="F-2"))
    qb.made("invoice", {"Id": again["Id"], "SyncToken": "0"}, operation="void")
    assert qb.error("invoice", invoice(DocNumber="F-1"))["Detail"].endswith(f"TxnId={again['Id']}")


def test_numbers_are_compared_within_one_kind_of_transaction(qb: Caller) -> None:
    assert qb.made("creditmemo", invoice(DocNumber="9001"))["DocNumber"] == "9001"
    assert qb.error("creditmemo", invoice(DocNumber="9001"))["Detail"].endswith("TxnType=CreditMemo with TxnId=3005")
    assert qb.made("creditmemo", invoice(DocNumber="9001"), include="allowduplicatedocnum")
    # only sales forms ask QuickBooks for a number
    assert qb.made("creditmemo", invoice(DocNumber="AUTO_GENERATE"))["DocNumber"] == "AUTO_GENERATE"
    assert qb.made("invoice", invoice(AutoDocNumber=True))["DocNumber"] == "1001"


# --- whatever comes -----------------------------------------------------------------------------


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, each in inner for place in places(each, (*path, key)))]


def changed(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = changed(value[path[0]], path[1:], new)
    return copy


WHOLE = {
    "invoice": cad(
        Deposit=1, SalesTermRef={"value": "3"}, ShipMethodRef={"value": "x"}, CustomerMemo={"value": "m"},
        BillEmail={"Address": "a@b.c"}, BillAddr={"Line1": "x"}, ClassRef={"value": "1"},
        CustomField=[{"DefinitionId": "1", "StringValue": "x"}], TxnTaxDetail={"TotalTax": 1}, TxnDate="2026-10-01",
    ) | {"Line": [line(TaxCodeRef={"value": "5"}), {"DetailType": "DiscountLineDetail", "Amount": 1,
                  "DiscountLineDetail": {"PercentBased": True, "DiscountPercent": 1}}]},
    "payment": payment("10", ("1", "1"), PaymentMethodRef={"value": "1"}),
    "customer": {"DisplayName": "N", "ParentRef": {"value": "1001"}, "CurrencyRef": {"value": "CAD"}, "Job": True,
                 "PrimaryEmailAddr": {"Address": "a@b.c"}, "Active": True},
    "item": {"Name": "N", "Type": "Inventory", "QtyOnHand": 1, "InvStartDate": "2026-01-01",
             "IncomeAccountRef": {"value": "79"},
             "ItemGroupDetail": {"ItemGroupLine": [{"ItemRef": {"value": "2001"}}]}},
    "term": {"Name": "N", "DueDays": 1, "DayOfMonthDue": 2, "DueNextMonthDays": 3},
    "account": {"Name": "N", "AccountType": "Income", "AcctNum": "1", "ParentRef": {"value": "79"}},
    "taxservice/taxcode": {"TaxCode": "T", "TaxRateDetails": [{"TaxRateName": "R", "RateValue": 1, "TaxAgencyId": "1"},
                                                             {"TaxRateId": "3"}]},
    "preferences": {"Id": "1", "SyncToken": "0", "sparse": True, "SalesFormsPrefs": {
        "DefaultTerms": {"value": "3"}, "CustomField": [{"CustomField": [{"Name": "x"}]}]}},
}  # fmt: skip


@pytest.mark.parametrize("entity", list(WHOLE))
def test_no_body_whatever_makes_the_stand_in_stumble(north: Caller, entity: str) -> None:
    """Every part of a body in turn is something else; the answer is a record or a Fault, never a crash."""
    for place in places(WHOLE[entity]):
        for new in (None, "", "x", -1, "1e400", "1e-400", [], {}, [{}], True, {"value": "1"}):
            body = changed(WHOLE[entity], place, new)
            if entity == "preferences" and isinstance(body, dict) and place != ("SyncToken",):
                body = {**body, "SyncToken": north.records("Preferences")[0]["SyncToken"]}
            answer = north.post(entity, body)
            assert answer.status_code in (200, 400), (place, new, answer.text)
    # nor does what was taken make a later call stumble
    assert north.post("invoice", WHOLE["invoice"]).status_code in (200, 400)
