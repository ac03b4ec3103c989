"""Reads of the sandboxed Acumatica: the shape of records, keys, filters, pages, and the defects of lists."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from contract import test_sandbox_acumatica_caller as helpers
from contract.test_sandbox_acumatica_caller import Caller, refusal

running, acu = helpers.running, helpers.acu
GOLDEN = "SalesInvoice/Invoice/AR0000160"
ROWS = "Details,TaxDetails,FreightDetails,DiscountDetails,ApplicationsInvoice,FinancialDetails,BillToContact"


# --- the shape of a record (facts 5) -----------------------------------------------------------------------


def test_the_golden_invoice(acu: Caller) -> None:
    one = acu.read(GOLDEN, expand=ROWS)
    head = ("Status", "CustomerID", "Currency", "DetailTotal", "TaxTotal", "Amount", "PaymentTotal", "Balance")
    assert [one[name] for name in head] == [
        "Open", "C00000287", "USD", *map(Decimal, ("500.0", "51.25", "551.25", "547.5", "3.75")),
    ]  # fmt: skip
    assert one["Description"] == "B2B23R1 | Order: 423 | Status: Awaiting Payment"
    assert (one["Date"], one["DueDate"]) == ("2023-11-21T00:00:00+00:00", "2023-12-21T00:00:00+00:00")
    (line,), (tax,), (paid,) = one["Details"], one["TaxDetails"], one["ApplicationsInvoice"]
    names = ("OrderNbr", "InventoryID", "WarehouseID", "Location", "UOM", "Qty", "UnitPrice", "ShipmentNbr")
    assert [line[name] for name in names] == [
        "SO0007845", "AACOMPUT01", "WHOLESALE", "R151", "EA", Decimal(1), Decimal(500), "004501",
    ]  # fmt: skip
    assert (tax["TaxableAmount"], tax["TaxAmount"], "TaxRate" in tax) == (Decimal(500), Decimal("51.25"), False)
    assert [paid[name] for name in ("DocType", "AdjustingDocReferenceNbr", "PaymentRef", "AmountPaid")] == [
        "Prepayment", "004530", "PMTD4245", Decimal("547.5"),
    ]  # fmt: skip
    assert paid["PaymentDate"] == "2023-11-22T00:00:00+00:00"


def test_the_terms_are_on_the_other_screen(acu: Caller) -> None:
    assert "Terms" not in acu.read(GOLDEN)
    other = acu.read("Invoice/Invoice/AR0000160", expand="TaxDetails,ApplicationsDefault,Details")
    assert (other["Terms"], other["PostPeriod"], "Currency" in other) == ("30D", "11-2023", False)
    assert (other["Customer"], other["TaxDetails"][0]["TaxRate"]) == ("C00000287", Decimal("10.25"))
    assert other["ApplicationsDefault"][0]["ReferenceNbr"] == "004530"
    assert other["Details"][0]["TransactionDescription"] == "Laptop computer 15 in"
    order = acu.read("SalesOrder/SO/SO0007845", expand="FinancialSettings,Payments,Shipments")
    assert order["FinancialSettings"]["Terms"] == "30D"
    assert (order["Payments"][0]["TransferredtoInvoice"], order["Payments"][0]["AppliedToOrder"]) == (
        Decimal("547.5"),
        Decimal(0),
    )
    assert order["Shipments"][0]["InvoiceNbr"] == "AR0000160"


def test_a_custom_field_for_the_terms_is_a_switch(acu: Caller) -> None:
    assert acu.get(GOLDEN, custom="Document.TermsID").json()["custom"] == {}
    acu.settings(custom_terms=True)
    held = acu.get(GOLDEN, custom="Document.TermsID").json()["custom"]
    assert held == {"Document": {"TermsID": {"type": "CustomStringField", "value": "30D"}}}


def test_wrappers_empties_and_envelope(acu: Caller) -> None:
    raw = acu.get(GOLDEN).json()
    assert set(raw) >= {"id", "rowNumber", "note", "custom", "files", "_links"}
    assert raw["CustomerOrder"] == {} and raw["Hold"] == {"value": False}
    assert (raw["note"], raw["custom"], raw["files"]) == ({"value": ""}, {}, [])
    assert "Details" not in raw and "FinancialDetails" not in raw
    assert raw["LastModifiedDateTime"]["value"][-10:] == ".000+00:00"
    row = acu.get(GOLDEN, expand="Details").json()["Details"][0]
    assert (row["note"], row["custom"], row["LotSerialNbr"]) == (None, {}, {})


def test_decimals_are_numbers_with_a_decimal_place(acu: Caller) -> None:
    text = acu.get(GOLDEN).text
    assert '"DetailTotal":{"value":500.0}' in text and '"Balance":{"value":3.75}' in text
    assert '"Amount":{"value":73500.0}' in acu.get("SalesInvoice/Invoice/AR0000195").text
    assert '"Amount":{"value":12.375}' in acu.get("SalesInvoice/Invoice/AR0000196").text


def test_a_time_stamp_of_an_order_line_is_text(acu: Caller) -> None:
    made = acu.saved("SalesOrder", CustomerID="C00000288", Details=[{"InventoryID": "AABOOK01", "OrderQty": 1}])
    order = acu.read(f"SalesOrder/SO/{made['OrderNbr']}", expand="Details")
    assert order["Details"][0]["LastModifiedDate"].endswith(" 00:00:00")
    assert "LastModified" in order and "LastModifiedDateTime" not in order


def test_money_that_is_awkward(acu: Caller) -> None:
    """Line discount, document discount, freight, exempt lines; then taxes inside the lines."""
    one = acu.read("SalesInvoice/Invoice/AR0000191", expand="Details,FreightDetails")
    net = sum(row["Amount"] for row in one["Details"])
    assert one["DetailTotal"] == Decimal("646.45") and net == Decimal("637.8")
    assert net - one["DiscountTotal"] + one["FreightPrice"] + one["TaxTotal"] == one["Amount"]
    assert (one["FreightPrice"], one["FreightDetails"][0]["FreightCost"]) == (Decimal(15), Decimal(9))
    acu.settings(detail_total="net")
    assert acu.read("SalesInvoice/Invoice/AR0000191")["DetailTotal"] == net
    gross = acu.read("SalesInvoice/Invoice/AR0000193")
    assert gross["TaxCalcMode"] == "Gross" and gross["Amount"] == gross["DetailTotal"] == Decimal(480)
    assert gross["TaxTotal"] == Decimal(80)
    two = acu.read("SalesInvoice/Invoice/AR0000192", expand="FreightDetails")
    assert [row["TotalFreightAmount"] for row in two["FreightDetails"]] == [Decimal(12), Decimal("8.5")]


def test_corrections_refer_to_what_they_correct(acu: Caller) -> None:
    old, memo, new = (
        acu.read(f"SalesInvoice/{place}", expand="Details,ApplicationsCreditMemo")
        for place in ("Invoice/AR0000201", "Credit Memo/AR0000202", "Invoice/AR0000203")
    )
    assert (old["Status"], old["Balance"]) == ("Canceled", 0)
    assert (memo["Status"], memo["Amount"]) == ("Closed", old["Amount"])
    assert memo["ApplicationsCreditMemo"][0]["ReferenceNbr"] == "AR0000201"
    assert {row["OrigInvNbr"] for row in (*memo["Details"], *new["Details"])} == {"AR0000201"}
    assert new["Status"] == "Open" and new["Amount"] < old["Amount"]


def test_documents_of_ar_alone_are_on_its_screen_only(acu: Caller) -> None:
    assert acu.read("Invoice/Overdue Charge/AR0000206")["Amount"] == Decimal(18)
    assert refusal(acu.get("SalesInvoice/Overdue Charge/AR0000206"))[0] == 500
    assert "AR0000206" not in acu.numbers("SalesInvoice")


def test_every_status_is_there(acu: Caller) -> None:
    found = {one["Status"] for one in acu.read("SalesInvoice", select="Status")}
    assert found == {
        "Incomplete", "On Hold", "Credit Hold", "Pending Approval", "Rejected", "Pending Print", "Pending Email",
        "Pending Processing", "Balanced", "Open", "Closed", "Canceled", "Scheduled", "Voided", "Reserved",
        "Under Review",
    }  # fmt: skip


# --- keys --------------------------------------------------------------------------------------------------


def test_keys_guids_and_padding(acu: Caller) -> None:
    by_key = acu.read(GOLDEN)
    assert acu.read(f"SalesInvoice/{by_key['id']}")["ReferenceNbr"] == "AR0000160"
    assert acu.read("SalesInvoice/invoice/ar0000160")["id"] == by_key["id"]
    assert acu.read("Customer/C00000287")["CustomerName"] == "Indigo Peak Living"
    assert acu.read("Customer/C%20100%2F7")["CustomerName"] == "Slash & Space Supplies"
    assert acu.read("StockItem/AAMOUSE%2F01")["Description"] == "Mouse, wireless"
    assert refusal(acu.get("Customer/C 100/7"))[0] == 500


@pytest.mark.parametrize(
    "path",
    ["SalesInvoice/Invoice/AR9999999", "SalesInvoice/Invoice/AR0000198", "SalesInvoice/AR0000160", "Customer/NOPE",
     "SalesInvoice/11111111-1111-4111-8111-111111111111"],
)  # fmt: skip
def test_a_missing_key_is_500_and_says_so(acu: Caller, path: str) -> None:
    status, kind, text = refusal(acu.get(path))
    assert (status, kind, text) == (
        500,
        "NoEntitySatisfiesTheConditionException",
        "No entity satisfies the condition.",
    )


# --- filters (facts 6.1) -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entity", "text", "wanted"),
    [
        ("SalesInvoice", "ReferenceNbr eq 'AR0000160'", ["AR0000160"]),
        ("SalesInvoice", "Status eq 'balanced'", ["AR0000209", "AR0000210"]),
        ("SalesInvoice", "Status eq 'Balanced' and Date lt date'2025-01-01'", ["AR0000209"]),
        ("SalesInvoice", "Date lt datetimeoffset'2023-11-22T00:00:00Z'", ["AR0000160"]),
        ("SalesInvoice", "(Balance gt 0M and Balance lt 4) or Status eq 'Canceled'", ["AR0000160", "AR0000201"]),
        ("SalesInvoice", "Hold eq true", ["AR0000211"]),
        ("SalesInvoice", "Status eq 'Balanced' and not (Amount gt 15.5)", ["AR0000210"]),
        ("SalesInvoice", "Currency ne 'USD' and Currency ne 'EUR'", ["AR0000195", "AR0000196"]),
        ("SalesInvoice", "Amount ge 73500 and Amount le 73500", ["AR0000195"]),
        ("SalesInvoice", "substringof('order: 423', Description)", ["AR0000160"]),
        ("Customer", "startswith(CustomerName,'Small') or endswith(CustomerName,'KK')", ["C00000293", "C00000297"]),
        ("Customer", "CustomerName eq 'O''Malley''s Garden Supply'", ["C00000290"]),
        ("Customer", "AccountRef eq null and CurrencyID eq 'KWD'", ["C00000294"]),
        ("Customer", "MainContact/Email eq 'ap@c00000287.example'", ["C00000287"]),
        ("Customer", "MainContact/Address/City eq 'Kassel'", ["C00000292"]),
        ("SalesOrder", "OrderNbr eq 'SO0007851'", ["SO0007851"]),
        ("Payment", "PaymentRef eq 'PMTD4245'", ["004530"]),
        ("Payment", "PaymentAmount eq 50", ["004533"]),
    ],
)  # fmt: skip
def test_filters(acu: Caller, entity: str, text: str, wanted: list[str]) -> None:
    assert acu.numbers(entity, filter=text) == wanted


def test_a_custom_field_can_be_filtered_by(acu: Caller) -> None:
    acu.state("PATCH", "SalesInvoice/AR0000190", {"custom": {"Document": {"UsrB2B": "8841"}}})
    assert acu.numbers("SalesInvoice", filter="cf.String(f='Document.UsrB2B') eq '8841'") == ["AR0000190"]
    held = acu.get("SalesInvoice/Invoice/AR0000190", custom="Document.UsrB2B,Document.Nothing").json()["custom"]
    assert held == {"Document": {"UsrB2B": {"type": "CustomStringField", "value": "8841"}}}


def test_the_cursor_is_exact_to_the_millisecond(acu: Caller) -> None:
    stamp = acu.read(GOLDEN)["LastModifiedDateTime"]
    text = f"ReferenceNbr eq 'AR0000160' and LastModifiedDateTime {{}} datetimeoffset'{stamp}'"
    found = {sign: len(acu.read("SalesInvoice", filter=text.format(sign))) for sign in ("gt", "ge", "le", "lt", "eq")}
    assert found == {"gt": 0, "ge": 1, "le": 1, "lt": 0, "eq": 1}


def test_a_moment_without_an_offset_is_the_users(acu: Caller) -> None:
    now = datetime.now(UTC)
    soon = (now + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%S")
    before = f"LastModifiedDateTime lt datetimeoffset'{soon}'"
    assert acu.numbers("SalesInvoice", filter=before)
    acu.settings(user_offset_hours=9)
    assert acu.numbers("SalesInvoice", filter=before) == []


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("Hold eq 'false'", "incompatible types"),
        ("Amount gt '5'", "incompatible types"),
        ("ReferenceNbr eq 160", "incompatible types"),
        ("LastModifiedDateTime gt '2024-01-01'", "incompatible types"),
        ("Colour eq 'red'", "Could not find a property"),
        ("Details/InventoryID eq 'AACOMPUT01'", "Could not find a property"),
        ("Status eq", "expected"),
        ("Status equals 'Open'", "operator"),
        ("Status eq 'Open' and", "expected"),
        ("(Status eq 'Open'", "expected"),
        ("Status eq 'Open' Status", "Syntax"),
        ("Status eq ~", "Syntax"),
        ("'Open' eq Status", "compared with a literal"),
        ("startswith('S', Status)", "signature"),
        ("LastModifiedDateTime gt datetimeoffset'yesterday'", "Unrecognized"),
    ],
)
def test_bad_filters_are_500(acu: Caller, text: str, word: str) -> None:
    answer = acu.get("SalesInvoice", filter=text)
    assert answer.status_code == 500 and word in answer.json()["exceptionMessage"]
    acu.settings(bad_filter_status="400")
    assert acu.get("SalesInvoice", filter=text).status_code == 400


def test_a_raw_plus_becomes_a_blank(acu: Caller) -> None:
    url = f"{acu.site}/entity/Default/24.200.001/SalesInvoice?$filter=LastModifiedDateTime%20gt%20datetimeoffset'"
    bad = acu.session.get(url + "2020-01-01T00:00:00+01:00'", timeout=5)
    assert bad.status_code == 500
    assert acu.session.get(url + "2020-01-01T00:00:00%2B01:00'", timeout=5).status_code == 200


def test_a_filter_over_two_views_finds_nothing_silently(acu: Caller) -> None:
    both = "ReferenceNbr eq 'AR0000223' and CashDiscount gt 0"
    assert acu.numbers("SalesInvoice", filter="CashDiscount gt 0") == ["AR0000223"]
    assert acu.read("SalesInvoice", filter=both) == []
    acu.settings(multi_view_filter="works")
    assert acu.numbers("SalesInvoice", filter=both) == ["AR0000223"]


# --- parameters and pages (facts 6.2) ----------------------------------------------------------------------


def test_select_and_expand(acu: Caller) -> None:
    one = acu.read(GOLDEN, select="ReferenceNbr,Status,Details/InventoryID", expand="Details")
    assert {"ReferenceNbr", "Status", "Details"} < set(one) and "Amount" not in one
    assert "InventoryID" in one["Details"][0] and "Qty" not in one["Details"][0]
    assert "Details" not in acu.read(GOLDEN, select="ReferenceNbr,Details/InventoryID")
    customer = acu.read("Customer/C00000292", expand="MainContact/Address")
    assert customer["MainContact"]["Address"]["City"] == "Kassel"
    assert "Address" not in acu.read("Customer/C00000292", expand="MainContact")["MainContact"]
    assert "BillToContact" in acu.read(GOLDEN, expand="BillToContact")


def test_inner_parts_of_billing_settings(acu: Caller) -> None:
    settings = acu.read(GOLDEN, expand="BillingSettings,BillingSettings/BillToContact,FinancialDetails")
    assert settings["BillingSettings"]["BillToContact"]["BusinessName"] == "Indigo Peak Living"
    assert settings["FinancialDetails"]["Branch"] == "PRODWHOLE"


def test_top_and_skip_page_through_a_quiet_set(acu: Caller) -> None:
    text = "Type eq 'Invoice'"
    pages = [acu.read("SalesInvoice", filter=text, top=7, skip=skip) for skip in range(0, 70, 7)]
    found = [one["ReferenceNbr"] for page in pages for one in page]
    assert sorted(found) == acu.numbers("SalesInvoice", filter=text) and found != sorted(found)


def test_a_set_that_moves_is_dealt_anew(acu: Caller) -> None:
    acu.load.invoices(60)
    first = [one["ReferenceNbr"] for one in acu.read("SalesInvoice", top=50)]
    acu.load.invoice("C00000288", [("AABOOK01", "1", "20.00")])
    assert [one["ReferenceNbr"] for one in acu.read("SalesInvoice", top=50)] != first


def test_the_order_is_a_switch(acu: Caller) -> None:
    acu.settings(list_order="keys")
    keys = [(one["Type"], one["ReferenceNbr"]) for one in acu.read("SalesInvoice")]
    assert keys == sorted(keys)
    acu.settings(list_order="shuffled")
    orders = {tuple(one["ReferenceNbr"] for one in acu.read("SalesInvoice")) for _ in range(3)}
    assert len(orders) == 3


@pytest.mark.parametrize("parameters", [{"top": "many"}, {"skip": "-1"}])
def test_bad_page_parameters_are_400(acu: Caller, parameters: dict[str, str]) -> None:
    assert acu.get("Customer", **parameters).status_code == 400


# --- the optimization defect (facts 6.3) --------------------------------------------------------------------


def test_a_list_cannot_export_what_a_delegate_computes_but_a_record_can(acu: Caller) -> None:
    status, kind, text = refusal(acu.get("Payment", expand="ApplicationHistory"))
    assert (status, kind) == (500, "PXException")
    assert text.startswith("Optimization cannot be performed.The following fields cause the error:")
    assert acu.numbers("Payment", select="ReferenceNbr,Type")
    one = acu.read("Payment/Prepayment/004530", expand="ApplicationHistory")
    assert one["ApplicationHistory"][0]["AdjustedRefNbr"] == "AR0000160"


@pytest.mark.parametrize(
    ("rule", "parameters"),
    [
        ("SalesInvoice", {}),
        ("SalesInvoice.Details", {"expand": "Details"}),
        ("SalesInvoice.Balance", {}),
        ("SalesInvoice.Balance", {"select": "Balance"}),
        ("SalesInvoice.Balance", {"select": "ReferenceNbr", "filter": "Balance gt 0"}),
    ],
)
def test_the_defect_can_strike_anywhere(acu: Caller, rule: str, parameters: dict[str, str]) -> None:
    acu.settings(optimization_fails=[rule])
    assert "Optimization cannot be performed" in acu.get("SalesInvoice", **parameters).text
    keys = acu.get("SalesInvoice", select="Type,ReferenceNbr,LastModifiedDateTime")
    assert keys.status_code == 200
    assert acu.get(GOLDEN, expand="Details").status_code == 200
