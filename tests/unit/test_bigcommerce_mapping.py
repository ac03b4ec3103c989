"""BigCommerce: models to bodies, bodies to what goes over the wire, answers to words; no network."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from requests.structures import CaseInsensitiveDict

from invoice_sync.connectors.base import Armed, Verdict, WireItem
from invoice_sync.connectors.bigcommerce import (
    comparing,
    dates,
    envelope,
    fields,
    invoices,
    limits,
    lines,
    mapping,
    orders,
    outcomes,
    payload,
    preflight,
    store,
    texts,
)
from invoice_sync.connectors.http import Answer, Reply, verdict_of_status
from invoice_sync.connectors.placeholders import placeholder
from invoice_sync.model import canonical
from invoice_sync.model.documents import Address, Charge, Invoice, Line, Party, Tax
from invoice_sync.model.errors import BadDocument, Problem
from invoice_sync.model.flow import BigCommerceOptions, Options
from invoice_sync.model.money import Money
from invoice_sync.model.ports import Binding

MARKER = "acumatica:invoice:Invoice/AR000160"
CHOICES = BigCommerceOptions(company_field="ERP Customer ID", tax_field="Tax ID")


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def profile(**changes: Any) -> dict[str, Any]:
    return {"extra_fields": {}, "company_fields": {}, "offset": 0, "channel": None, **changes}


def field(**changes: Any) -> dict[str, Any]:
    plain = {"kind": 0, "required": False, "default": False, "longest": 0, "most": "", "choices": []}
    return {**plain, **changes}


def invoice(**changes: Any) -> Invoice:
    line = Line(1, "P", "Computer", Decimal(1), Decimal("500.00"), usd(50000), sku="AACOMPUT01")
    made = Invoice(
        "Invoice/AR000160", "AR000160", "MAIN", "C00000287", date(2026, 3, 5), date(2026, 4, 4), (line,), (), usd(0),
        usd(5125), usd(55125), balance=usd(375), taxes=(Tax("CASTATE", usd(5125)),),
    )  # fmt: skip
    return replace(made, **changes)


def body_of(document: Invoice, options: Options | None = None, **known: Any) -> dict[str, Any]:
    body = invoices.invoice_body(document, profile(**known), options or Options(), MARKER)
    found: dict[str, Any] = canonical.loads(canonical.dumps(body))
    return found


def choices(**changes: Any) -> Options:
    return Options(bigcommerce=BigCommerceOptions(**changes))


def cost_lines(document: Invoice) -> list[tuple[str, str]]:
    return [(each["description"], each["amount"]["value"]) for each in lines.cost_lines(document)]


# --- dates

ZONES = [-39600, -36000, -28800, -18000, -16200, 0, 3600, 19800, 20700, 32400, 36000, 43200, 46800]


def as_the_portal_shows(moment: int, offset: int) -> date:
    """The buyer's portal: the moment plus the store's offset, read as if it were UTC."""
    return datetime.fromtimestamp(moment + offset, UTC).date()


@pytest.mark.parametrize("offset", ZONES)
@pytest.mark.parametrize("day", [date(2026, 1, 31), date(2026, 7, 1), date(2028, 2, 29), date(2026, 12, 31)])
@pytest.mark.parametrize("daylight_saving", [0, 3600])
def test_the_store_shows_the_date_that_is_meant(offset: int, day: date, daylight_saving: int) -> None:
    """In whatever zone it is, whether or not its clocks are forward when somebody looks."""
    for moment in (dates.due_moment(day, offset), dates.issue_moment(day, offset)):
        assert as_the_portal_shows(moment, offset + daylight_saving) == day


def test_midnight_of_utc_would_show_the_day_before_in_america() -> None:
    midnight = int(datetime(2026, 1, 31, tzinfo=UTC).timestamp())
    assert as_the_portal_shows(midnight, -18000) == date(2026, 1, 30)


def test_nothing_is_overdue_on_its_own_day() -> None:
    """The portal compares moments: in New York the day due has two hours left when an invoice turns red."""
    moment = datetime.fromtimestamp(dates.due_moment(date(2026, 1, 31), -18000), UTC)
    assert moment == datetime(2026, 2, 1, 3, 0, tzinfo=UTC)


@pytest.mark.parametrize("offset", [each for each in ZONES if -36000 <= each <= 46800])
def test_without_a_known_zone_the_date_is_right_almost_everywhere(offset: int) -> None:
    day = date(2026, 1, 31)
    assert as_the_portal_shows(dates.due_moment(day, None), offset) == day


@pytest.mark.parametrize(
    ("given", "taken"), [(-18000, -18000), (0, 0), ("-18000", None), (10**6, None), (True, None), (None, None)]
)
def test_an_offset_that_a_clock_can_have(given: object, taken: int | None) -> None:
    assert dates.plausible(given) == taken


def test_moments_are_shown_as_people_read_them() -> None:
    assert dates.shown(1775340000) == "2026-04-04 22:00 UTC"
    assert dates.shown(10**30) == str(10**30)


# --- bodies


def test_the_whole_body() -> None:
    assert body_of(invoice(), Options(terms={"30D": "Net 30"})) == {
        "invoiceNumber": "AR000160", "type": "Invoice", "source": 1, "customerId": placeholder("customer", "C00000287"),
        "externalCustomerId": "C00000287", "externalId": MARKER,
        "originalBalance": {"code": "USD", "value": Decimal("551.25")},
        "openBalance": {"code": "USD", "value": Decimal("3.75")}, "status": 1,
        "issuedAt": 1772676000, "dueDate": 1775340000, "extraFields": [],
        "details": {
            "header": {
                "costLines": [
                    {"description": "Subtotal", "amount": {"code": "USD", "value": "500.00"}},
                    {"description": "Tax CASTATE", "amount": {"code": "USD", "value": "51.25"}},
                ]
            },
            "details": {
                "lineItems": [
                    {"sku": "AACOMPUT01", "quantity": "1", "unitPrice": {"code": "USD", "value": "500"},
                     "description": "Computer"}
                ]
            },
        },
    }  # fmt: skip


def test_balances_are_json_numbers_made_of_decimal_text() -> None:
    body = invoices.invoice_body(invoice(total=usd(10**17 + 1), balance=usd(1)), profile(), Options(), MARKER)
    method, path, content = payload.call_of("invoice", "create", body)
    assert (method, path) == ("POST", "/ip/invoices")
    text = canonical.dumps(content)
    assert '"originalBalance":{"code":"USD","value":1000000000000000.01}' in text
    assert '"openBalance":{"code":"USD","value":0.01}' in text
    assert '"extraFields"' not in text
    assert not re.search(r'"value":[0-9]', canonical.dumps(content["details"])), "and all within is text"


@pytest.mark.parametrize(
    ("currency", "minor", "value"), [("JPY", 5500, "5500"), ("KWD", 12345, "12.345"), ("USD", 10, "0.10")]
)
def test_currencies_keep_their_decimals(currency: str, minor: int, value: str) -> None:
    money = Money(minor, currency)
    line = Line(1, "P", "x", Decimal(1), money.decimal, money, sku="P")
    document = invoice(
        lines=(line,), tax=Money(0, currency), discount=Money(0, currency), total=money, balance=money, taxes=()
    )
    body = body_of(document)
    assert canonical.dumps(body["originalBalance"]) == f'{{"code":"{currency}","value":{value}}}'
    assert body["details"]["header"]["costLines"][0]["amount"] == {"code": currency, "value": value}
    put = payload.call_of("invoice", "update", {**body, payload.ID: "7"})
    assert put[2]["originalBalance"] == {"code": currency, "value": value}, "in an update all is text"
    assert comparing.expected("create", body)["total"] == f"{minor} {currency}"
    back = {"id": 7, "originalBalance": {"code": currency, "value": f"{money.decimal:.4f}"}}
    assert comparing.remote(back).facts["total"] == f"{minor} {currency}"
    assert comparing.changes(body, invoices.invoice_body(document, profile(), Options(), MARKER)) == []


@pytest.mark.parametrize(
    ("total", "balance", "prepaid", "open_", "status"),
    [
        (100, 100, None, 100, 0), (100, 40, None, 40, 1), (100, 0, None, 0, 2), (0, 0, None, 0, 2),
        (100, None, None, 100, 0), (100, None, 30, 70, 1), (100, 120, None, 120, 0), (100, -5, None, -5, 2),
    ],
)  # fmt: skip
def test_balance_and_status(total: int, balance: int | None, prepaid: int | None, open_: int, status: int) -> None:
    document = invoice(
        total=usd(total),
        balance=None if balance is None else usd(balance),
        prepaid=None if prepaid is None else usd(prepaid),
    )
    assert invoices.open_balance(document, Options()) == usd(open_)
    assert body_of(document)["status"] == status
    assert invoices.open_balance(document, choices(cash="offline_payments")) == usd(total), "payments lower it there"


def test_the_summary_comes_to_the_total() -> None:
    document = invoice(
        charges=(Charge("freight", usd(900)), Charge("handling", usd(0)), Charge("rounding", usd(-1))),
        discount=usd(5000), total=usd(51024), taxes=(Tax("A", usd(5000)), Tax("B", usd(125)), Tax("ZERO", usd(0))),
    )  # fmt: skip
    assert document.computed_total == document.total
    assert cost_lines(document) == [
        ("Subtotal", "500.00"), ("Freight", "9.00"), ("Rounding", "-0.01"), ("Discount", "-50.00"), ("Tax A", "50.00"),
        ("Tax B", "1.25"),
    ]  # fmt: skip
    assert sum(Decimal(value) for _, value in cost_lines(document)) == document.total.decimal


def test_taxes_that_do_not_come_to_the_documents_tax_are_one() -> None:
    assert cost_lines(invoice(taxes=(Tax("A", usd(1)),)))[-1] == ("Sales Tax", "51.25")
    assert cost_lines(invoice(taxes=()))[-1] == ("Sales Tax", "51.25")
    assert cost_lines(invoice(taxes=(), tax=usd(0))) == [("Subtotal", "500.00")]


def test_tax_inside_the_lines_adds_nothing() -> None:
    document = invoice(tax=usd(0), tax_inclusive=True, taxes=(Tax("VAT", usd(8333)),), total=usd(50000))
    assert cost_lines(document) == [("Subtotal", "500.00"), ("Tax VAT 83.33 included", "0.00")]


def line(**changes: Any) -> Line:
    return replace(Line(1, "P", "Part", Decimal(3), Decimal("90"), usd(27000), sku="S-1"), **changes)


def test_a_lines_discount_is_shown_each_where_it_divides() -> None:
    shown = lines.line_item(line(discount=usd(3000)))
    assert (shown["unitPrice"]["value"], shown["unitDiscount"]["value"]) == ("100", "10")
    assert "comments" not in shown
    odd = lines.line_item(line(discount=usd(1000)))
    assert odd["unitPrice"]["value"] == "90" and "unitDiscount" not in odd
    assert odd["comments"] == "Discount 10.00 USD included"
    assert "unitDiscount" not in lines.line_item(line(quantity=Decimal(0), discount=usd(1000)))


def test_what_a_line_needs_and_the_source_has_not() -> None:
    assert lines.line_item(line(sku="", product="P9", description=""))["description"] == "P9"
    assert lines.line_item(line(sku="", product="", description="Service"))["sku"] == "-"
    assert lines.line_item(line(sku="", product="", description=""))["description"] == "-"


def test_lots_serials_and_locations_are_in_the_comments() -> None:
    kept = (("lot", "L-17"), ("serial", "S\t1"), ("location", "R1S1"))
    assert lines.line_item(line(kept=kept, unit="EA"))["comments"] == "Unit EA; Lot L-17; Serial S 1; Location R1S1"
    document = invoice(lines=(line(), line(number=2, kept=kept[:1])))
    assert fields.OURS["kept"](document) == "2: lot L-17"


def test_equal_lines_are_told_apart() -> None:
    items = lines.details(invoice(lines=(line(), line(number=2), line(number=3, unit="EA"), line(number=4, unit="EA"))))
    said = [each.get("comments") for each in items["details"]["lineItems"]]
    assert said == [None, "Line 2", "Unit EA", "Unit EA; Line 4"]


@pytest.mark.parametrize(
    ("number", "text"), [("3.000", "3"), ("0.1250", "0.125"), ("1E+3", "1000"), ("-0.0", "0"), ("-1.50", "-1.5")]
)
def test_plain_numbers(number: str, text: str) -> None:
    assert lines.plain(Decimal(number)) == text


def test_addresses_are_whole_or_not_there() -> None:
    assert lines.address(Address()) == {}
    place = lines.address(Address("12 Quay", "Floor 2", "Rear", city="Boston"))
    assert place == {
        "firstName": "", "lastName": "", "street1": "12 Quay", "street2": "Floor 2, Rear", "city": "Boston",
        "state": "", "zipCode": "", "country": "",
    }  # fmt: skip


def test_control_characters_never_go_out() -> None:
    dirty = "a\x00b\x1f\u202e\u200bc\r\nd\ue000\ud800"
    document = invoice(
        purchase_order=dirty, terms=dirty, order_id=dirty, division=dirty, bill_to=Address(dirty),
        lines=(line(description=dirty, sku=dirty, unit=dirty, kept=((dirty, dirty),)),),
    )  # fmt: skip
    text = canonical.dumps({**body_of(document, choices(extra_fields={"division": "B"})), "customerId": ""})
    assert not re.search(r"[\x00-\x1f\u202e\u200b\ue000\ud800]|\\u0|\\r", text)
    assert texts.one_line(dirty) == "a b c d"
    assert texts.lines_of(" a \n\tb\x07\n\n") == "a\nb"


@pytest.mark.parametrize("number", ["", "  ", "A\n1", "A\x001", "A\u202e1"])
def test_a_number_that_is_none(number: str) -> None:
    with pytest.raises(BadDocument) as caught:
        body_of(invoice(number=number))
    assert caught.value.problem.cause == "number"


def test_number_rules_and_prefix() -> None:
    assert invoices.document_number(invoice(), Options(number_rule="record_id")) == "Invoice/AR000160"
    assert invoices.document_number(invoice(), Options(number_rule="division_number")) == "MAIN-AR000160"
    assert invoices.document_number(invoice(), choices(number_prefix="ERP-")) == "ERP-AR000160"


def test_an_amount_in_no_currency_is_a_bad_document() -> None:
    with pytest.raises(BadDocument) as caught:
        body_of(invoice(total=Money(1, "XYZ")))
    assert caught.value.problem.cause == "amount"


def test_the_pdf_link() -> None:
    options = choices(pdf_url=" https://files.example/{number}.pdf?of={number} ", number_prefix="X-")
    assert (
        body_of(invoice(number="AR/1 2"), options)["externalPdfUrl"]
        == "https://files.example/AR%2F1%202.pdf?of=AR%2F1%202"
    )
    assert "externalPdfUrl" not in body_of(invoice())


# --- what goes over the wire


def test_an_update_is_whole_inside_and_has_nothing_empty() -> None:
    document = invoice(
        bill_to=Address("12 Quay"), ship_date=date(2026, 3, 4), order_id="423", terms="N30", purchase_order="PO-77"
    )
    body = {
        **body_of(document, channel=1),
        payload.ID: "33",
        payload.FIELDS_OF_OTHERS: [{"fieldName": "W", "fieldValue": "1"}],
    }
    method, path, content = payload.call_of("invoice", "update", body)
    assert (method, path) == ("PUT", "/ip/invoices/33")
    assert {"orderNumber", "channelId", "termsConditions", "issuedAt"}.isdisjoint(content)
    assert not [name for name in content if name.startswith("_")]
    assert content["createdAt"] == body["issuedAt"] and content["extraFields"] == [
        {"fieldName": "W", "fieldValue": "1"}
    ]
    assert content["openBalance"] == {"code": "USD", "value": "3.75"}
    billing = content["details"]["header"]["billingAddress"]
    assert (
        billing["street1"] == "12 Quay"
        and billing["city"] == billing["lastName"] == "-"
        and billing["customFields"] == ""
    )
    assert content["details"]["details"]["shipments"][0]["trackingNumber"] == "-"
    assert content["details"]["header"]["costLines"] == body["details"]["header"]["costLines"]
    created = payload.call_of("invoice", "create", body)[2]
    assert created["orderNumber"] == "423" and created["channelId"] == 1 and payload.ID not in created
    assert created["details"]["header"]["billingAddress"]["city"] == ""


def test_a_void_says_nothing_of_the_lines() -> None:
    body = {**invoices.void("USD"), payload.ID: "33"}
    assert payload.call_of("invoice", "void", body) == (
        "PUT", "/ip/invoices/33",
        {"type": "Invoice (canceled)", "status": 2, "openBalance": {"code": "USD", "value": "0.00"}},
    )  # fmt: skip
    assert comparing.expected("void", body) == {
        "type": "Invoice (canceled)", "total": "0 USD", "balance": "0.00 USD", "status": "completed",
    }  # fmt: skip


# --- comparing


def stored(body: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
    """As the store answers: four decimals, and what it adds by itself."""
    four = {name: {**body[name], "value": f"{body[name]['value']:.4f}"} for name in ("originalBalance", "openBalance")}
    return {"id": 7, "updatedAt": 1, "isPendingPayment": 0, **body, **four, **changes}


@pytest.mark.parametrize(
    ("change", "fact"),
    [
        ({"externalId": "other"}, "marker"), ({"customerId": "9"}, "company"), ({"invoiceNumber": "X"}, "number"),
        ({"originalBalance": {"code": "USD", "value": "551.2501"}}, "total"),
        ({"originalBalance": {"code": "EUR", "value": "551.2500"}}, "currency"),
        ({"openBalance": {"code": "USD", "value": "3.7600"}}, "balance"), ({"openBalance": None}, "balance"),
        ({"status": 0}, "status"), ({"dueDate": 1775340001 + 60}, "due"), ({"type": "Invoice on Shipment"}, "type"),
    ],
)  # fmt: skip
def test_every_fact_counts(change: Mapping[str, Any], fact: str) -> None:
    body = {**body_of(invoice()), "customerId": "8101"}
    expected = comparing.expected("create", body)
    assert {name: comparing.remote(stored(body)).facts[name] for name in expected} == expected
    facts = comparing.remote(stored(body, **change)).facts
    assert fact in {name for name, text in expected.items() if facts[name] != text}


def test_what_is_no_amount_stays_as_it_came() -> None:
    facts = comparing.remote({"id": "7", "originalBalance": {"code": "USD", "value": "NaN"}, "openBalance": "x"}).facts
    assert (facts["total"], facts["balance"], facts["status"], facts["due"]) == ("NaN USD", "", "", "")


@pytest.mark.parametrize("identity", [None, "", "abc", -1, True])
def test_a_record_needs_an_id(identity: object) -> None:
    with pytest.raises(KeyError):
        comparing.remote({"id": identity})
    with pytest.raises(KeyError):
        mapping.candidate({"companyId": identity}, CHOICES)


@pytest.mark.parametrize(
    "change",
    [
        {"purchaseOrderNumber": "other"}, {"externalPdfUrl": ""}, {"extraFields": []},
        {"details": {"header": {}, "details": {}}},
    ],
)  # fmt: skip
def test_an_update_has_arrived_only_when_all_of_it_is_there(change: Mapping[str, Any]) -> None:
    document = invoice(purchase_order="PO-77", bill_to=Address("12 Quay"))
    options = choices(extra_fields={"division": "Branch"}, pdf_url="https://x.example/{number}")
    body = {**body_of(document, options), payload.ID: "7"}
    there = stored({**body, "details": payload.call_of("invoice", "update", body)[2]["details"]})
    assert comparing.found(there, "update", body).facts["sent"] == "there"
    assert "sent" not in comparing.found({**there, **change}, "update", body).facts
    assert "sent" not in comparing.found(there, "void", body).facts


def test_an_article_number_is_no_amount() -> None:
    body = {**body_of(invoice(lines=(line(sku="007"),))), payload.ID: "7"}
    other = {**body_of(invoice(lines=(line(sku="7"),))), payload.ID: "7"}
    assert "sent" not in comparing.found(stored(other), "update", body).facts
    finer = stored({**body, "details": canonical.loads(canonical.dumps(body["details"]).replace('"90"', '"90.0000"'))})
    assert comparing.found(finer, "update", body).facts["sent"] == "there"


def test_changes_name_fields_and_nobody() -> None:
    before = body_of(invoice(bill_to=Address("12 Quay"), lines=(line(), line(number=2))))
    after = body_of(
        invoice(
            bill_to=Address("13 Quay"), due_date=date(2026, 4, 5), balance=usd(0), terms="N30",
            lines=(line(quantity=Decimal(4)), line(number=2, description="Other")),
        )
    )  # fmt: skip
    told = {each.field: (each.before, each.after, each.proven) for each in comparing.changes(before, after)}
    assert told == {
        "open balance": ("3.75 USD", "0.00 USD", True), "status": ("partly paid", "completed", True),
        "due date": ("2026-04-04 22:00 UTC", "2026-04-05 22:00 UTC", True), "terms": ("", "", False),
        "billing address": ("", "", False), "line 1": ("3 x 90", "4 x 90", False), "line 2": ("", "", False),
    }  # fmt: skip
    assert "Quay" not in repr(told)
    fewer = comparing.changes(before, body_of(invoice(bill_to=Address("12 Quay"), lines=(line(),))))
    assert ("number of lines", "2", "1") in [(each.field, each.before, each.after) for each in fewer]
    assert comparing.changes(before, before) == []


def test_an_order_number_or_a_channel_is_no_change() -> None:
    """Only a creation can set them."""
    before, after = body_of(invoice()), body_of(invoice(order_id="423"), channel=1)
    assert comparing.changes(before, after) == [] and comparing.emptied(after, before) == []


def test_orders_are_named_by_one_invoice_alone() -> None:
    bodies = [
        {"invoiceNumber": str(n), **({"orderNumber": order} if order else {})}
        for n, order in enumerate(("1", "1", "2", ""))
    ]
    assert [each.get("orderNumber") for each in orders.settled(bodies, {})] == ["1", None, "2", None]
    assert [each.get("orderNumber") for each in orders.settled(bodies, {"2": "other", "1": "0"})] == [
        "1",
        None,
        None,
        None,
    ]
    refused = Problem("order_invoiced", "", "")
    assert orders.instead(bodies[0], refused) == {"invoiceNumber": "0"}
    assert orders.instead(bodies[3], refused) is orders.instead(bodies[0], Problem("amount", "", "")) is None


# --- preflight


def causes(document: Invoice, options: Options | None = None, **known: Any) -> list[str]:
    chosen = options or Options()
    found = preflight.problems(document, body_of(document, chosen, **known), profile(**known), {}, chosen.bigcommerce)
    assert all(each.reason and each.cure for each in found)
    return [each.cause for each in found]


def test_refusals_that_can_be_foreseen() -> None:
    assert causes(invoice()) == []
    assert causes(invoice(total=usd(-1))) == ["negative"]
    assert causes(invoice(balance=usd(-1))) == ["balance"]
    assert causes(invoice(kind="credit_memo")) == ["credit_memo"]
    assert causes(invoice(number="00000036")) == ["number"]
    assert causes(invoice(number="0000036")) == causes(invoice(number="A0000036")) == []
    assert causes(invoice(number="00000036"), choices(number_prefix="INV-")) == []


@pytest.mark.parametrize(
    ("known", "value", "refused"),
    [
        (field(longest=4), "MAIN", False), (field(longest=3), "MAIN", True),
        (field(kind=3, choices=["MAIN"]), "MAIN", False), (field(kind=3, choices=["A"]), "MAIN", True),
        (field(kind=2), "12.5", False), (field(kind=2), "MAIN", True), (field(kind=2, most="12"), "12.5", True),
        (field(kind=1, longest=3), "MAIN", True), (field(required=True), "", True),
        (field(required=True, default=True), "", False),
    ],
)  # fmt: skip
def test_extra_fields_that_the_store_would_refuse(known: dict[str, Any], value: str, refused: bool) -> None:
    options = choices(extra_fields={"division": "Branch"})
    assert causes(invoice(division=value), options, extra_fields={"Branch": known}) == ["extra_field"] * refused


def test_the_configuration_of_extra_fields_in_any_spelling() -> None:
    rows: list[dict[str, Any]] = [
        {"fieldName": "A", "fieldType": "3", "isRequired": "1", "listOfValues": ["x"], "maximumLength": None},
        {"fieldName": "B", "fieldType": 0, "isRequired": False, "maximumLength": "30", "defaultValue": "d"},
        {"fieldName": None},
    ]
    assert fields.config(rows) == {
        "A": field(kind=3, required=True, choices=["x"]), "B": field(longest=30, default=True),
    }  # fmt: skip


def test_who_can_be_added() -> None:
    party = Party("C1", "C1", "Quay", "ap@quay.example", "555", Address(country="US"), "USD", "T-1")
    body = mapping.company_body(party, CHOICES)
    assert mapping.problems(party, body, CHOICES) == []
    assert body["extraFields"] == [
        {"fieldName": "ERP Customer ID", "fieldValue": "C1"}, {"fieldName": "Tax ID", "fieldValue": "T-1"},
    ]  # fmt: skip
    assert body["acceptCreationEmail"] is False and body["adminEmail"] == "ap@quay.example"
    nobody = mapping.company_body(party, BigCommerceOptions())
    assert [each.cause for each in mapping.problems(party, nobody, BigCommerceOptions())] == ["settings"]
    unnumbered = replace(party, number=" ")
    assert [
        each.cause for each in mapping.problems(unnumbered, mapping.company_body(unnumbered, CHOICES), CHOICES)
    ] == ["missing"]


# --- answers

SAID = "The invoice number already exists."
ENVELOPES: list[tuple[int, Any, int]] = [
    (400, {"code": 400, "data": {"errMsg": SAID}, "meta": {"message": "Bad Requests Error"}}, 400),
    (200, {"code": 400, "data": {"errMsg": SAID}, "meta": {"message": "Bad Requests Error"}}, 400),
    (400, {"code": 400, "data": {}, "meta": {"message": SAID}}, 400),
    (400, {"code": 400, "data": {"id": 33}, "meta": {"message": "Bad Requests Error", "errors": SAID}}, 400),
    (422, {"code": 422, "data": {"errMsg": {"invoiceNumber": [SAID]}}, "meta": {"message": "Parameter Error"}}, 422),
    (422, {"code": 422, "data": {"invoiceNumber": [SAID]}, "meta": {"message": "Parameter Error"}}, 422),
    (409, {"code": 409, "data": {"errors": [{"id": "0", "_detail": SAID}]}, "meta": {"message": "conflict"}}, 409),
    (403, {"code": 403, "message": SAID}, 403),
    (422, {"status": 422, "title": "no", "type": "t", "errors": {"invoiceNumber": SAID}}, 422),
    (404, [{"status": 404, "message": SAID}], 404),
    (400, {"code": "400", "data": None, "meta": {"message": SAID}}, 400),
]


@pytest.mark.parametrize(("status", "body", "code"), ENVELOPES)
def test_every_envelope_of_a_refusal(status: int, body: Any, code: int) -> None:
    told = envelope.read(status, canonical.dumps(body).encode())
    assert told is not None and told.refuses and told.status == code
    assert SAID.lower() in told.words


@pytest.mark.parametrize("body", [b"", b"<html>503</html>", b'{"code":200,', b"12", b'"text"'])
def test_what_is_no_answer(body: bytes) -> None:
    assert envelope.read(200, body) is None


@pytest.mark.parametrize("word", ["SUCCESS", "Success", "success"])
def test_every_envelope_of_a_success(word: str) -> None:
    content = {"code": 200, "data": [{"id": 1}], "meta": {"message": word, "pagination": {"totalCount": 3}}}
    told = envelope.read(200, canonical.dumps(content).encode())
    assert told is not None and not told.refuses and envelope.pagination(told)["totalCount"] == 3
    flat = envelope.read(200, canonical.dumps({"code": 200, "data": [], "meta": {"totalCount": 4}}).encode())
    assert flat is not None and envelope.pagination(flat)["totalCount"] == 4


def outcome_of(status: int, body: Any, operation: str = "create", headers: Mapping[str, str] | None = None) -> Any:
    content = body if isinstance(body, bytes) else canonical.dumps(body).encode()
    answer = Answer(status, CaseInsensitiveDict(headers or {}), content)
    item = WireItem(1, "i0", "s", {**body_of(invoice()), payload.ID: "7"})
    armed = Armed(Binding("acme", "bigcommerce", "h"), "invoice", operation, "r", (item,), 0.0)
    return outcomes.outcome(armed, item, Reply(verdict_of_status(status), answer, limits.wait_of(answer)), CHOICES)


def error(code: int, text: str) -> dict[str, Any]:
    return {"code": code, "data": {"errMsg": text}, "meta": {"message": "Bad Requests Error"}}


@pytest.mark.parametrize(
    ("status", "body", "operation", "verdict", "cause"),
    [
        (200, {"code": 200, "data": {"id": 7}, "meta": {"message": "SUCCESS"}}, "create", Verdict.OK, ""),
        (200, {"code": 200, "data": {"id": "7"}, "meta": {}}, "update", Verdict.OK, ""),
        (201, {"code": 201, "data": {"id": 7}}, "create", Verdict.OK, ""),
        (200, {"code": 200, "data": {}, "meta": {}}, "create", Verdict.UNKNOWN, ""),
        (200, {"code": 200, "data": [], "meta": {}}, "create", Verdict.UNKNOWN, ""),
        (200, b"<html>wait</html>", "create", Verdict.UNKNOWN, ""),
        (200, b'{"code":200,"da', "create", Verdict.UNKNOWN, ""),
        (204, b"", "create", Verdict.UNKNOWN, ""),
        (302, b"", "create", Verdict.UNKNOWN, ""),
        (408, b"", "create", Verdict.UNKNOWN, ""),
        (500, error(500, SAID), "create", Verdict.UNKNOWN, ""),
        (503, b"<html>503</html>", "create", Verdict.UNKNOWN, ""),
        (200, error(500, "oops"), "create", Verdict.UNKNOWN, ""),
        (200, error(429, "slow"), "create", Verdict.THROTTLED, ""),
        (429, b"", "create", Verdict.THROTTLED, ""),
        (400, error(400, SAID), "create", Verdict.HIT, "number_taken"),
        (200, error(400, SAID), "create", Verdict.HIT, "number_taken"),
        (400, error(400, SAID), "update", Verdict.REFUSED, "number_taken"),
        (400, error(400, "The invoice exists for this order"), "create", Verdict.REFUSED, "order_invoiced"),
        (404, error(404, "Store channels not exist"), "create", Verdict.REFUSED, "channel"),
        (404, error(404, "Invoice does not exist"), "update", Verdict.REFUSED, "vanished"),
        (422, error(422, "Invalid currency code"), "create", Verdict.REFUSED, "currency"),
        (422, error(422, "[Cost Centre] is a required extra field"), "create", Verdict.REFUSED, "extra_field"),
        (
            422,
            {"code": 422, "data": {"dueDate": ["A valid integer is required."]}},
            "create",
            Verdict.REFUSED,
            "our_request",
        ),
        (400, error(400, "something new"), "create", Verdict.REFUSED, "refused"),
        (400, b"<html>proxy</html>", "create", Verdict.REFUSED, "refused"),
        (413, b"", "create", Verdict.REFUSED, "refused"),
        (401, error(401, "Invalid token"), "create", Verdict.NOT_DONE, ""),
        (403, error(403, "scope"), "create", Verdict.NOT_DONE, ""),
        (200, error(403, "scope"), "create", Verdict.NOT_DONE, ""),
    ],
)
def test_the_table_of_outcomes(status: int, body: Any, operation: str, verdict: Verdict, cause: str) -> None:
    outcome = outcome_of(status, body, operation, {"X-Request-Id": "t-1"})
    assert (outcome.verdict, outcome.trace_id) == (verdict, "t-1")
    assert (outcome.problem.cause if outcome.problem else "") == cause
    assert (outcome.remote is not None) == (verdict is Verdict.OK)
    assert outcome.status == (401 if verdict is Verdict.NOT_DONE else status)


def test_a_call_without_an_answer() -> None:
    item = WireItem(1, "i0", "s", body_of(invoice()))
    armed = Armed(Binding("acme", "bigcommerce", "h"), "invoice", "create", "r", (item,), 0.0)
    for verdict in (Verdict.UNKNOWN, Verdict.NOT_SENT):
        assert outcomes.outcome(armed, item, Reply(verdict), CHOICES).verdict is verdict


def test_words_never_quote_what_was_sent() -> None:
    secret = "Jane Doe"
    body = {
        "code": 422,
        "data": {"adminName": [f'"{secret}" is not a valid choice.'], f"{secret}!": ["x"]},
        "meta": {"message": secret},
    }
    problem = outcome_of(422, body).problem
    assert "adminName is not one of the choices" in problem.reason
    assert secret not in problem.reason + problem.cure


@pytest.mark.parametrize(
    ("status", "headers", "wait"),
    [
        (429, {}, None),
        (429, {"X-Request-Window-Resets-After": "0.397 s", "X-Requests-Remaining": "0 times"}, 0.397),
        (429, {"x-request-window-resets-after": "12"}, 12.0),
        (429, {"X-Retry-After": "15", "X-Rate-Limit-Time-Reset-Ms": "20000"}, 20.0),
        (429, {"X-Rate-Limit-Time-Reset-Ms": "500"}, 0.5),
        (429, {"X-Request-Window-Resets-After": "soon"}, None),
        (429, {"Retry-After": "7"}, 7.0),
        (200, {"X-Request-Window-Resets-After": "59.9 s"}, None),
        (503, {"Retry-After": "7"}, 7.0),
    ],
)
def test_how_long_to_wait(status: int, headers: dict[str, str], wait: float | None) -> None:
    assert limits.wait_of(Answer(status, CaseInsensitiveDict(headers), b"")) == wait


def test_a_store_that_hides_its_zone() -> None:
    for about in ({}, {"timezone": None}, {"timezone": {"raw_offset": "x"}}):
        assert store.Store(about, (), (), None).offset is None
    assert store.Store({"timezone": {"raw_offset": -18000}}, (), (), None).offset == -18000
