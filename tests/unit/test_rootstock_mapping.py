"""Rootstock's JSON as documents: the worked sample of the facts, rounding, and what a bookkeeper reads."""

from __future__ import annotations

import copy
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from invoice_sync.connectors.base import Armed, Delivered, Json, SourceRecord, Verdict, WireItem
from invoice_sync.connectors.http import Answer, Reply, verdict_of_status
from invoice_sync.connectors.rootstock import mapping, notes, soql
from invoice_sync.connectors.rootstock.outcomes import outcomes
from invoice_sync.connectors.rootstock.rich_text import plain_text
from invoice_sync.model import canonical
from invoice_sync.model.documents import Address, Invoice, Party, Product
from invoice_sync.model.errors import BadDocument, Problem
from invoice_sync.model.money import Money
from invoice_sync.model.ports import Binding

INVOICE_ID, CUSTOMER_ID, BILLED_ID = "a6Y5f000000AbCdEAK", "a6B5f000000AbCdEAK", "a6B5f000000XyZaEAK"
TROWEL_ID, PLANTER_ID = "a7S5f000000AbCdEAK", "a7S5f000000XyZaEAK"

# as it comes over the wire: invoice 0101_000123 of the facts, section 8
HEADER = """{
  "Id": "a6Y5f000000AbCdEAK", "SystemModstamp": "2026-10-14T08:00:00.000+0000",
  "rstk__soinv_invoiceno__c": "000123", "rstk__soinv_txntype__c": "Invoice", "rstk__soinv_approved__c": true,
  "rstk__soinv_transferred__c": false, "rstk__soinv_cancelled__c": false, "rstk__soinv_inprocess__c": false,
  "rstk__soinv_invdate__c": "2026-10-14", "rstk__soinv_duedate__c": "2026-11-13",
  "rstk__soinv_custno__c": "a6B5f000000AbCdEAK",
  "rstk__soinv_total__c": 200.00, "rstk__soinv_discamt__c": 10.0, "rstk__soinv_freightamt__c": 15,
  "rstk__soinv_handlingamt__c": 4.0, "rstk__soinv_packageamt__c": 2.5, "rstk__soinv_taxamt__c": 15.2,
  "rstk__soinv_taxovramt__c": null, "rstk__soinv_shippingtax__c": 0.0, "rstk__soinv_grandtotal__c": 226.7,
  "rstk__soinv_currency__c": "USD", "rstk__soinv_email__c": "ap@amberlane.example",
  "rstk__soinv_extcomment__c": "<p>Leave at <b>dock&nbsp;4</b></p><p>Tom &amp; Ann</p>",
  "rstk__soinv_address1__c": "12 Amber Lane", "rstk__soinv_address2__c": null, "rstk__soinv_address3__c": null,
  "rstk__soinv_city__c": "Cambridge", "rstk__soinv_state__c": "MA", "rstk__soinv_zip__c": "02139",
  "rstk__soinv_country__c": "United States", "rstk__soinv_isocountry__c": "US",
  "rstk__soinv_custno__r": {"rstk__socust_custno__c": "C-1001", "rstk__socust_fincust__c": null},
  "rstk__soinv_order__r": {"rstk__sohdr_custpo__c": "AL-7781"},
  "rstk__soinv_div__r": {"rstk__sydiv_div__c": "0101", "rstk__sydiv_cmpno__r": {
    "rstk__sycmp_cmpno__c": "01", "rstk__sycmp_homecurr__r": {"rstk__sycurr_currency__c": "USD"}}}
}"""
LINES = """[
  {"Id": "a6c2", "SystemModstamp": "2026-10-14T08:00:00.000+0000", "rstk__soinvline_invline__c": 2,
   "rstk__soinvline_qty__c": 1.0, "rstk__soinvline_price__c": 80.0, "rstk__soinvline_discamt__c": null,
   "rstk__soinvline_prod__c": "a7S5f000000XyZaEAK",
   "rstk__soinvline_prod__r": {"rstk__soprod_prod__c": "P-300", "rstk__soprod_descr__c": "Cedar planter"}},
  {"Id": "a6c1", "SystemModstamp": "2026-10-14T08:00:00.000+0000", "rstk__soinvline_invline__c": 1.0,
   "rstk__soinvline_qty__c": 10.000000, "rstk__soinvline_price__c": 12.5, "rstk__soinvline_discamt__c": 0.5,
   "rstk__soinvline_prod__c": "a7S5f000000AbCdEAK",
   "rstk__soinvline_prod__r": {"rstk__soprod_prod__c": "P-100", "rstk__soprod_descr__c": null}}
]"""


def usd(text: str) -> Money:
    return Money.of(text, "USD")


def record(lines: Any = None, **changes: Any) -> SourceRecord:
    """The sample with header fields changed by their short names."""
    header = canonical.loads(HEADER) | {f"rstk__soinv_{name}__c": value for name, value in changes.items()}
    content = {"header": header, "lines": canonical.loads(LINES) if lines is None else lines}
    return SourceRecord("invoice", INVOICE_ID, "s", content)


def invoice(lines: Any = None, **changes: Any) -> Invoice:
    document = mapping.to_model(record(lines, **changes))
    assert isinstance(document, Invoice)
    return document


def line(quantity: str, price: str, discount: str = "0") -> dict[str, Any]:
    one: dict[str, Any] = copy.deepcopy(canonical.loads(LINES)[0])
    values = {"qty": Decimal(quantity), "price": Decimal(price), "discamt": Decimal(discount)}
    return one | {f"rstk__soinvline_{name}__c": value for name, value in values.items()}


def problem(lines: Any = None, **changes: Any) -> Problem:
    with pytest.raises(BadDocument) as caught:
        invoice(lines, **changes)
    return caught.value.problem


def test_worked_sample_ties_to_its_total() -> None:
    sample = invoice()
    assert sample.total == usd("226.70") == sample.computed_total
    assert [(each.number, each.amount) for each in sample.lines] == [(1, usd("120.00")), (2, usd("80.00"))]
    assert sample.lines[0].unit_price == Decimal("12.0") and sample.lines[0].quantity == 10
    assert [(charge.kind, str(charge.amount)) for charge in sample.charges] == [
        ("freight", "15.00 USD"), ("handling", "4.00 USD"), ("packaging", "2.50 USD"),
    ]  # fmt: skip
    assert (sample.discount, sample.tax) == (usd("10.00"), usd("15.20"))


def test_worked_sample_carries_what_people_look_for() -> None:
    sample = invoice()
    assert (sample.number, sample.division, sample.customer) == ("000123", "0101", CUSTOMER_ID)
    assert (sample.date, sample.due_date) == (date(2026, 10, 14), date(2026, 11, 13))
    assert (sample.purchase_order, sample.email) == ("AL-7781", "ap@amberlane.example")
    assert sample.memo == "Leave at dock 4\nTom & Ann"
    assert sample.bill_to == Address("12 Amber Lane", "", "", "Cambridge", "MA", "02139", "US")
    assert [each.product for each in sample.lines] == [TROWEL_ID, PLANTER_ID]
    assert [each.description for each in sample.lines] == ["P-100", "Cedar planter"]


def test_what_else_goes_along() -> None:
    bare = invoice()
    assert (bare.kind, bare.credits, bare.prepaid, bare.rate, bare.ship_date) == ("invoice", "", None, None, None)
    assert (bare.order_number, bare.note, bare.terms, bare.tax_location, bare.tracking) == ("", "", "", "", "")
    rich = record(intcomment="<b>Fragile</b>", totalppya=Decimal("20.00"), taxfreight=True)
    rich.content["header"] |= {
        "rstk__soinv_order__r": {"rstk__sohdr_custpo__c": "AL-7781", "rstk__sohdr_order__c": "SO-9"},
        "rstk__soinv_terms__r": {"rstk__syterms_id__c": "NET30"},
        "rstk__soinv_taxloc__r": {"rstk__sotax_locid__c": "MA"},
        "rstk__soinv_soship__r": {"rstk__soship_tracking__c": "1Z", "rstk__soship_shipdate__c": "2026-10-13"},
    }
    document = mapping.to_model(rich)
    assert isinstance(document, Invoice)
    assert (document.order_number, document.note, document.terms) == ("SO-9", "Fragile", "NET30")
    assert (document.tax_location, document.ship_date, document.tracking) == ("MA", date(2026, 10, 13), "1Z")
    assert document.prepaid == usd("20.00")
    assert document.total == document.computed_total == usd("226.70"), "a prepayment lowers what is open, not the total"
    assert {charge.kind: charge.taxed for charge in document.charges} == {
        "freight": True, "handling": False, "packaging": False,
    }  # fmt: skip


def test_the_rate_is_turned_round_and_only_for_foreign_currency() -> None:
    """Rootstock divides by its rate; ten decimals, half up."""
    assert invoice(currency="EUR", currexchrate=Decimal("0.92")).rate == Decimal("1.0869565217")
    assert invoice(currency="EUR", currexchrate=Decimal("0.3")).rate == Decimal("3.3333333333")
    assert invoice(currency="EUR", currexchrate=Decimal("0.0000000003")).rate == Decimal("3333333333.3333333333")
    assert invoice(currency="USD", currexchrate=Decimal("0.92")).rate is None
    assert invoice(currency="EUR", currexchrate=None).rate is None
    assert invoice(currency="EUR", currexchrate=Decimal("-1")).rate is None


def test_lines_are_taxed_where_the_source_says_so_by_line() -> None:
    plain, taxed = line("1", "80"), line("1", "80") | {"rstk__soinvline_calctaxamount__c": Decimal("6.08")}
    exempt, overridden = {"rstk__soinvline_taxexempt__c": True}, {"rstk__soinvline_taxoverride__c": True}
    assert [each.taxed for each in invoice([plain, plain | exempt]).lines] == [None, False]
    assert [each.taxed for each in invoice([plain, taxed, taxed | exempt]).lines] == [False, True, False]
    amount = {"rstk__soinvline_taxamount__c": Decimal("1.00")}
    assert [each.taxed for each in invoice([taxed | overridden, taxed | overridden | amount]).lines] == [False, True]


def test_a_credit_memo_keeps_positive_amounts_and_what_it_credits() -> None:
    memo = invoice(txntype="Credit Memo", soinv="a6Y5f000000XyZaEAK")
    assert (memo.kind, memo.credits, memo.total) == ("credit_memo", "a6Y5f000000XyZaEAK", usd("226.70"))
    assert memo.computed_total == memo.total
    assert invoice(soinv="a6Y5f000000XyZaEAK").credits == "", "only a credit memo credits anything"
    assert mapping.entity_of(record(txntype="Credit Memo").content["header"]) == "credit_memo"
    assert mapping.entity_of(record().content["header"]) == "invoice"
    assert mapping.withdrawn(record().content["header"]) == ""
    assert mapping.withdrawn(record(cancelled=True).content["header"]) == "cancelled at the source"


def test_invoicing_customer_is_billed_instead() -> None:
    relation = {"rstk__socust_custno__c": "C-1001", "rstk__socust_fincust__c": BILLED_ID}
    changed = record()
    changed.content["header"]["rstk__soinv_custno__r"] = relation
    document = mapping.to_model(changed)
    assert isinstance(document, Invoice) and document.customer == BILLED_ID


def test_no_order_no_due_date_no_comment() -> None:
    bare = record(duedate=None, extcomment=None, email=None)
    bare.content["header"]["rstk__soinv_order__r"] = None
    document = mapping.to_model(bare)
    assert isinstance(document, Invoice)
    assert (document.due_date, document.memo, document.email, document.purchase_order) == (None, "", "", "")


@pytest.mark.parametrize(
    ("override", "expected"), [(None, "15.20"), (Decimal("0.0"), "15.20"), (Decimal("9.99"), "9.99")]
)
def test_tax_override_counts_unless_zero(override: Decimal | None, expected: str) -> None:
    assert invoice(taxovramt=override).tax == usd(expected)
    assert invoice(taxovramt=override, shippingtax=Decimal("1.20")).tax == usd(expected) + usd("1.20")


def test_lines_that_round_apart_get_one_visible_rounding() -> None:
    # 3 x 0.335 = 1.005 as a sum, but 3 x 0.34 = 1.02 as rounded lines
    lines = [line("1", "0.335")] * 3
    plain = {"discamt": 0, "freightamt": 0, "handlingamt": 0, "packageamt": 0, "taxamt": 0}
    rounded = invoice(lines, total=Decimal("1.01"), grandtotal=Decimal("1.01"), **plain)
    assert [(charge.kind, charge.amount) for charge in rounded.charges] == [("rounding", usd("-0.01"))]
    assert rounded.computed_total == rounded.total


@pytest.mark.parametrize(("total", "charges"), [("199.98", 4), ("200.02", 4), ("199.97", 3), ("200.03", 3)])
def test_rounding_explains_one_unit_a_line_and_no_more(total: str, charges: int) -> None:
    assert len(invoice(total=Decimal(total)).charges) == charges


def test_half_a_cent_rounds_up_and_unprinted_lines_count() -> None:
    hidden = line("2.5", "4.25") | {"rstk__soinvline_noprint__c": True}
    assert invoice([hidden]).lines[0].amount == usd("10.63")


def test_currency_is_the_invoice_s_or_the_company_s() -> None:
    assert invoice(currency="EUR").currency == "EUR"
    assert invoice(currency=None).currency == "USD"


@pytest.mark.parametrize(
    ("changes", "cause", "words"),
    [
        ({"invdate": None}, "missing-date", "Invoice 000123 has no invoice date."),
        ({"invdate": "14/10/26"}, "bad-date", "The invoice date of invoice 000123 is '14/10/26'"),
        ({"lines": []}, "no-lines", "Invoice 000123 has no lines."),
        ({"custno": None}, "missing-customer", "Invoice 000123 has no customer."),
        ({"invoiceno": " "}, "missing-number", "has no invoice number."),
        ({"grandtotal": None}, "missing-total", "Invoice 000123 has no invoice total."),
        ({"currency": "US Dollar"}, "unknown-currency", "is US Dollar, which is no ISO 4217 code"),
        ({"freightamt": Decimal("15.005")}, "not-exact", "The freight of invoice 000123: 15.005 has more"),
        ({"taxamt": "a lot"}, "not-a-number", "The tax of invoice 000123 is a lot, which is no number."),
        ({"txntype": "Quote"}, "not-an-invoice", "Invoice 000123 is a Quote; only invoices and credit memos"),
        ({"txntype": None}, "not-an-invoice", "Invoice 000123 is a document without a type; only invoices and credit"),
        ({"currency": "EUR", "currexchrate": "?"}, "not-a-number", "The exchange rate of invoice 000123 is ?"),
        ({"totalppya": Decimal("0.001")}, "not-exact", "The prepayment of invoice 000123: 0.001 has more"),
    ],
)
def test_bad_headers_say_what_is_wrong(changes: dict[str, Any], cause: str, words: str) -> None:
    found = problem(**changes)
    assert found.cause == cause
    assert words in found.reason
    assert found.cure


@pytest.mark.parametrize(
    ("field", "cause", "words"),
    [
        ("prod", "missing-product", "Line 2 of invoice 000123 has no product."),
        ("qty", "not-a-number", "The quantity of line 2 of invoice 000123 is empty"),
        ("price", "not-a-number", "The price of line 2 of invoice 000123 is empty"),
        ("invline", "not-a-number", "The line number of invoice 000123 is empty"),
    ],
)
def test_bad_lines_name_the_line(field: str, cause: str, words: str) -> None:
    found = problem([line("1", "80") | {f"rstk__soinvline_{field}__c": None}])
    assert found.cause == cause
    assert words in found.reason


def test_label_is_there_even_for_a_bad_record() -> None:
    label = mapping.label(record(invdate=None))
    assert (label.number, label.party, label.amount) == ("000123", "C-1001", usd("226.70"))
    assert mapping.label(record(currency="?")).amount is None
    nothing = mapping.label(SourceRecord("invoice", INVOICE_ID, "s", {"header": {}, "lines": []}))
    assert (nothing.number, nothing.amount) == (INVOICE_ID, None)


def test_hash_minds_money_and_not_our_own_write_back() -> None:
    ours = record(transferred=True, acctinvoice="000123", total=Decimal("200"))
    ours.content["header"]["SystemModstamp"] = "2026-10-15T08:00:00.000+0000"
    assert canonical.content_hash(mapping.to_model(ours)) == canonical.content_hash(invoice())
    assert canonical.content_hash(invoice(grandtotal=Decimal("226.71"))) != canonical.content_hash(invoice())


def test_queue_is_told_from_the_flags() -> None:
    assert mapping.is_in_queue(record().content["header"], "01")
    assert not mapping.is_in_queue(record().content["header"], "02")
    assert mapping.is_in_queue(record(txntype="Credit Memo").content["header"], "01")
    for change in ({"approved": False}, {"transferred": True}, {"cancelled": True}, {"inprocess": True},
                   {"ppyinv": True}, {"txntype": "Quote"}, {"txntype": None}):  # fmt: skip
        assert not mapping.is_in_queue(record(**change).content["header"], "01")


def customer_record(
    primary: bool, address: Json | None = None, shipping: Json | None = None, **changes: Any
) -> SourceRecord:
    source = {"custno": "C-1001", "sf_account_name": "Amber Lane Dental", "fscustid": "1001", "altfscustid": " "}
    fields = {f"rstk__socust_{name}__c": value for name, value in (source | changes).items()}
    named = {"Name": "C-1001 record", **fields}
    content = {"customer": named, "address": address, "shipping": shipping, "primary": primary}
    return SourceRecord("customer", CUSTOMER_ID, "s", content)


def customer(primary: bool, address: Json | None = None, shipping: Json | None = None, **changes: Any) -> Party:
    document = mapping.to_model(customer_record(primary, address, shipping, **changes))
    assert isinstance(document, Party)
    return document


def test_foreign_id_is_the_one_that_counts_for_the_company() -> None:
    assert customer(primary=True).foreign_id == "1001"
    assert customer(primary=False).foreign_id == ""


def test_customer_has_name_and_bill_to_address() -> None:
    address = {"rstk__socaddr_address1__c": "12 Amber Lane", "rstk__socaddr_country__c": "US",
               "rstk__socaddr_email__c": "ap@amberlane.example"}  # fmt: skip
    party = customer(True, address)
    assert (party.number, party.name, party.email) == ("C-1001", "Amber Lane Dental", "ap@amberlane.example")
    assert party.address == Address(line1="12 Amber Lane", country="US")
    assert party.shipping == Address() == customer(True).address
    assert customer(True, sf_account_name=None).name == "C-1001 record"


def test_customer_has_shipping_address_currency_and_terms() -> None:
    relations = {
        "rstk__socust_custcurr__r": {"rstk__sycurr_currency__c": "CAD"},
        "rstk__socust_terms__r": {"rstk__syterms_id__c": "NET30"},
    }
    found = customer_record(
        True, None, {"rstk__socaddr_address1__c": "Dock 4", "rstk__socaddr_email__c": "d@x.example"}
    )
    found.content["customer"].update(relations)
    party = mapping.to_model(found)
    assert isinstance(party, Party)
    assert (party.address, party.shipping) == (Address(), Address(line1="Dock 4"))
    assert (party.currency, party.terms, party.email) == ("CAD", "NET30", ""), "e-mail is that of the bill-to address"


def test_customer_without_any_name_is_bad() -> None:
    content = {"customer": {"Name": None, "rstk__socust_custno__c": "C-9"}, "address": None, "shipping": None}
    content |= {"primary": True}
    with pytest.raises(BadDocument, match="Customer C-9 has no name"):
        mapping.to_model(SourceRecord("customer", CUSTOMER_ID, "s", content))


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("Service", "service"), ("Recurring Service", "service"), ("Entitlement", "service"), ("Kit", "goods")],
)
def test_product_kind_and_leading_zeros(kind: str, expected: str) -> None:
    row = {"rstk__soprod_prod__c": "00040", "rstk__soprod_prodtype__c": kind, "rstk__soprod_fsprodid__c": "2001"}
    product = mapping.to_model(SourceRecord("product", TROWEL_ID, "s", {"product": row}))
    assert product == Product(TROWEL_ID, "00040", "00040", expected, "2001")  # type: ignore[arg-type]


def test_acknowledgement_by_mode() -> None:
    done = Delivered("145", "000123")
    assert notes.acknowledgement(INVOICE_ID, "none", done, "2026-10-20") is None
    told = notes.acknowledgement(INVOICE_ID, "acknowledge", done, "2026-10-20")
    assert told == {
        "Id": INVOICE_ID,
        "rstk__soinv_acctinvoice__c": "000123",
        "rstk__soinv_errortext__c": None,
        "rstk__soinv_errordate__c": None,
    }
    assert notes.facts_of(told) == {"acctinvoice": "000123"}
    flagged = notes.acknowledgement(INVOICE_ID, "transferred_flag", done, "2026-10-20")
    assert flagged == {**told, "rstk__soinv_transferred__c": True, "rstk__soinv_datetransfer__c": "2026-10-20"}
    assert notes.facts_of(flagged) == {"acctinvoice": "000123", "transferred": "true"}


def test_acknowledgement_never_cuts_a_number() -> None:
    assert notes.acknowledgement(INVOICE_ID, "acknowledge", Delivered("1", "9" * 30), "2026-10-20")
    with pytest.raises(BadDocument, match="31 characters"):
        notes.acknowledgement(INVOICE_ID, "acknowledge", Delivered("1", "9" * 31), "2026-10-20")


def test_an_id_is_noted_only_where_there_is_none_and_never_cut() -> None:
    empty = {"fscustid": " ", "altfscustid": None}
    assert notes.id_note(customer_record(True, **empty), "58") == {"Id": CUSTOMER_ID, "rstk__socust_fscustid__c": "58"}
    second = notes.id_note(customer_record(False, **empty), "58")
    assert second == {"Id": CUSTOMER_ID, "rstk__socust_altfscustid__c": "58"}
    assert notes.id_note(customer_record(True), "58") is None, "1001 is there"
    assert notes.id_note(customer_record(True, **empty), "9" * 51) is None
    product = SourceRecord("product", TROWEL_ID, "s", {"product": {"rstk__soprod_prod__c": "P-100"}})
    assert notes.id_note(product, "9" * 30) == {"Id": TROWEL_ID, "rstk__soprod_fsprodid__c": "9" * 30}
    assert notes.id_note(product, "9" * 31) is None


def test_a_reason_is_noted_cut_and_with_its_time() -> None:
    now = datetime(2026, 10, 20, 1, 2, 3, tzinfo=timezone(timedelta(hours=2)))
    reason = "Too  long.\n" + "x" * 300
    told = notes.error_note(INVOICE_ID, reason, now)
    assert told == {
        "Id": INVOICE_ID,
        "rstk__soinv_errortext__c": "Too long. " + "x" * 245,
        "rstk__soinv_errordate__c": "2026-10-19T23:02:03.000+0000",
        "_reason": reason,
    }
    assert notes.wire_record(soql.INVOICE, told) == {
        "attributes": {"type": soql.INVOICE},
        "id": INVOICE_ID,
        **{name: value for name, value in told.items() if name not in ("Id", "_reason")},
    }
    row = {name: value for name, value in told.items() if name != "_reason"} | {"SystemModstamp": "s"}
    assert notes.remote(row).facts == notes.facts_of(told, with_error=True) == {"errortext": "Too long. " + "x" * 245}
    assert notes.facts_of(told) == {}
    empty = notes.error_note(INVOICE_ID, "", now)
    assert (empty["rstk__soinv_errortext__c"], empty["rstk__soinv_errordate__c"]) == (None, None)
    assert notes.facts_of(empty, with_error=True) == {"errortext": ""}


def told(message: str, code: str = "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", **also: Any) -> Problem | None:
    """What two notes come to when the first is done and the second refused."""
    items = tuple(WireItem(n, f"i{n}", f"s{n}", {"Id": f"{INVOICE_ID[:-1]}{n}"}) for n in (1, 2))
    armed = Armed(Binding("acme", "rootstock", "o/01"), "invoice", "acknowledge", "f" * 32, items, 0.0)
    error = {"statusCode": code, "message": message, **also}
    content = [
        {"id": items[0].body["Id"], "success": True, "errors": []},
        {"id": items[1].body["Id"], "success": False, "errors": [error]},
    ]
    answer = Answer(200, {}, canonical.dumps(content).encode())
    found = outcomes(armed, Reply(verdict_of_status(200), answer, None))
    assert found["i1"].verdict is Verdict.OK
    verdict = Verdict.TOO_LARGE if "limit" in message.lower() else Verdict.REFUSED
    assert found["i2"].verdict is verdict
    return found["i2"].problem


def test_a_refusal_names_the_field() -> None:
    named = told("no", "STRING_TOO_LONG", fields=["rstk__soinv_acctinvoice__c", "Amy Lane"])
    assert named is not None and named.cause == "too-long-for-source"
    assert "Field: rstk__soinv_acctinvoice__c." in named.reason and "Amy" not in named.reason
    in_message = told("No such column 'rstk__soinv_errortext__c' on entity", "INVALID_FIELD")
    assert in_message is not None and "Field: rstk__soinv_errortext__c." in in_message.reason
    assert (unnamed := told("no", "STRING_TOO_LONG")) is not None and "Field" not in unnamed.reason


@pytest.mark.parametrize(
    "message",
    ["Apex CPU time limit exceeded", "rstk: execution of BeforeUpdate caused by: System.LimitException: Too many SOQL "
     "queries: 101"],
)  # fmt: skip
def test_a_governor_limit_is_about_the_size_of_the_call(message: str) -> None:
    problem_found = told(message)
    assert problem_found is not None and problem_found.vendor_code == "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"


def test_stamp_moves_with_lines_and_their_number() -> None:
    header, newer = "2026-10-14T08:00:00.000+0000", "2026-10-14T09:00:00.000+0000"
    stamps = {mapping.stamp(header, parts) for parts in ([], [header], [header, header], [newer, header])}
    assert len(stamps) == 4
    assert mapping.stamp(newer, [header]) == mapping.stamp(header, [newer])


def test_plain_text_hides_scripts() -> None:
    assert plain_text("a<br>b <style>p {}</style><i> c</i>") == "a\nb c"
    assert plain_text("1 < 2 and no tags") == "1 < 2 and no tags"


def test_literal_escapes_quotes_and_backslashes() -> None:
    assert soql.literal("O'Malley\\ x") == "'O\\'Malley\\\\ x'"


def test_portions_keep_urls_short() -> None:
    def query(some: Any) -> str:
        return soql.select(soql.HEADER_FIELDS, soql.INVOICE, soql.among("Id", some))

    texts = list(soql.portions([f"a6Y5f000000{number:07d}" for number in range(450)], query))
    assert len(texts) == 3
    long_names = ["'" * 30 + str(number) for number in range(300)]
    assert max(soql._wire_length(text) for text in soql.portions(long_names, query)) <= soql.LONGEST_QUERY


def test_required_fields_follow_relations() -> None:
    needed = soql.required_fields()
    assert "rstk__sycurr_currency__c" in needed["rstk__sycurr__c"]
    assert {"rstk__soinv_custno__c", "rstk__soinv_div__c"} <= needed["rstk__soinv__c"]
    assert not any("token" in name or "key" in name for fields in needed.values() for name in fields)
