"""Acumatica's JSON to the model: wrapped values, sums in every reading, dates as written, and what is no document."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoice_sync.connectors.acumatica import mapping
from invoice_sync.connectors.base import SourceRecord
from invoice_sync.model import canonical
from invoice_sync.model.documents import Application, Invoice, Party, Tax
from invoice_sync.model.errors import BadDocument
from invoice_sync.model.flow import AcumaticaOptions
from invoice_sync.model.money import Money

PLAIN = AcumaticaOptions()
BY_DESCRIPTION = AcumaticaOptions(order_id={"field": "Description", "pattern": r"Order: (\d+)"})


def wrapped(value: Any) -> Any:
    return {} if value is None else {"value": value}


def line(**fields: Any) -> dict[str, Any]:
    given = {"LineNbr": 1, "InventoryID": "AACOMPUT01", "TransactionDescr": "Laptop", "Qty": Decimal(1), "UOM": "EA",
             "UnitPrice": Decimal("500.0"), "DiscountAmount": Decimal(0), "Amount": Decimal("500.0"),
             "OrderType": "SO", "OrderNbr": "SO0007845", **fields}  # fmt: skip
    return {"id": "d2f4", "rowNumber": 1, "note": None, "custom": {}, **{name: wrapped(v) for name, v in given.items()}}


def document(lines: list[dict[str, Any]] | None = None, parts: Mapping[str, Any] | None = None, **fields: Any) -> Any:
    """The seed's AR0000160 unless said otherwise."""
    given = {
        "Type": "Invoice", "ReferenceNbr": "AR0000160", "Status": "Open", "CustomerID": "C00000287 ", "Currency": "USD",
        "Date": "2023-11-21T00:00:00+00:00", "DueDate": "2023-12-21T00:00:00+00:00", "DetailTotal": Decimal("500.0"),
        "DiscountTotal": Decimal("0.0"), "FreightPrice": Decimal("0.0"), "TaxTotal": Decimal("51.25"),
        "Amount": Decimal("551.25"), "Balance": Decimal("3.75"), "CustomerOrder": None, "TaxCalcMode": "Tax Settings",
        "Description": "B2B23R1 | Order: 423 | Status: Awaiting Payment",
        "LastModifiedDateTime": "2023-11-22T09:14:03.247+00:00", **fields,
    }  # fmt: skip
    return {
        "id": "5f0c", "rowNumber": 1, "note": {"value": ""}, "custom": {}, "files": [],
        **{name: wrapped(value) for name, value in given.items()},
        "Details": [line()] if lines is None else lines, "TaxDetails": [], "ApplicationsInvoice": [], **(parts or {}),
    }  # fmt: skip


def mapped(record: Any, options: AcumaticaOptions = PLAIN) -> Invoice:
    model = mapping.to_model(mapping.record(record, options, None), options)
    assert isinstance(model, Invoice)
    return model


def usd(text: str) -> Money:
    return Money.of(text, "USD")


def test_the_seeds_invoice() -> None:
    paid = {name: wrapped(value) for name, value in {
        "DocType": "Prepayment", "AdjustingDocReferenceNbr": "004530", "AmountPaid": Decimal("547.5"),
        "PaymentRef": "PMTD4245", "PaymentDate": "2023-11-22T00:00:00+00:00"}.items()}  # fmt: skip
    tax = {"TaxID": wrapped("STATE1025"), "TaxAmount": wrapped(Decimal("51.25"))}
    invoice = mapped(document(parts={"ApplicationsInvoice": [paid], "TaxDetails": [tax]}), BY_DESCRIPTION)
    assert (invoice.source_id, invoice.number, invoice.customer) == ("Invoice/AR0000160", "AR0000160", "C00000287")
    assert (invoice.total, invoice.tax, invoice.balance) == (usd("551.25"), usd("51.25"), usd("3.75"))
    assert invoice.computed_total == invoice.total
    assert invoice.total - invoice.applications[0].amount == invoice.balance
    assert invoice.applications == (
        Application("Prepayment", "004530", usd("547.5"), datetime.date(2023, 11, 22), "PMTD4245"),
    )
    assert invoice.taxes == (Tax("STATE1025", usd("51.25")),)
    assert (invoice.order_id, invoice.order_number, invoice.status) == ("423", "SO0007845", "Open")
    assert (invoice.date, invoice.due_date) == (datetime.date(2023, 11, 21), datetime.date(2023, 12, 21))
    (only,) = invoice.lines
    assert (only.sku, only.product, only.quantity, only.unit_price) == ("AACOMPUT01", "", Decimal(1), Decimal(500))


@pytest.mark.parametrize("empty", [{}, {"value": None}, None], ids=["{}", "null", "missing"])
def test_every_way_to_be_empty_is_the_same(empty: Any) -> None:
    record = document()
    for name in ("DueDate", "CustomerOrder", "DiscountTotal", "FreightPrice", "Balance", "Description"):
        record[name] = empty
    if empty is None:
        record = {name: held for name, held in record.items() if held is not None}
    invoice = mapped(record, BY_DESCRIPTION)
    assert (invoice.due_date, invoice.purchase_order, invoice.balance, invoice.order_id) == (None, "", None, "")
    assert invoice.computed_total == invoice.total


@pytest.mark.parametrize(
    ("field", "value", "cause"),
    [
        ("CustomerID", None, "missing-customer"),
        ("Date", None, "missing-date"),
        ("Date", "21.11.2023", "bad-date"),
        ("DueDate", "2023-13-01T00:00:00+00:00", "bad-date"),
        ("Amount", None, "missing-total"),
        ("Amount", "NaN", "not-a-number"),
        ("Amount", Decimal("551.255"), "not-exact"),
        ("TaxTotal", "many", "not-a-number"),
        ("Balance", Decimal("3.751"), "not-exact"),
        ("Currency", None, "unknown-currency"),
        ("Currency", "GOLD", "unknown-currency"),
    ],
)
def test_what_is_no_document(field: str, value: Any, cause: str) -> None:
    with pytest.raises(BadDocument) as raised:
        mapped(document(**{field: value}))
    assert raised.value.problem.cause == cause
    assert "AR0000160" in raised.value.problem.reason


@pytest.mark.parametrize(
    ("field", "value", "cause"),
    [
        ("Qty", "few", "not-a-number"),
        ("Amount", Decimal("1.001"), "not-exact"),
        ("UnitPrice", "Infinity", "not-a-number"),
    ],
)
def test_a_bad_line_is_named(field: str, value: Any, cause: str) -> None:
    with pytest.raises(BadDocument) as raised:
        mapped(document([line(), line(LineNbr=7, **{field: value})]))
    assert raised.value.problem.cause == cause
    assert "line 7 of Invoice AR0000160" in raised.value.problem.reason


def test_no_lines() -> None:
    with pytest.raises(BadDocument, match="has no lines"):
        mapped(document([]))


def test_a_date_is_taken_as_it_is_written() -> None:
    """Midnight in a zone far away is still that day."""
    invoice = mapped(document(Date="2023-11-21T00:00:00+13:00", DueDate="2023-12-21T00:00:00-08:00"))
    assert (invoice.date, invoice.due_date) == (datetime.date(2023, 11, 21), datetime.date(2023, 12, 21))


def test_lines_are_sorted_by_their_number() -> None:
    first, second = line(LineNbr=1, Amount=Decimal(200), UnitPrice=Decimal(200)), line(LineNbr=2, Amount=Decimal(300))
    assert [each.number for each in mapped(document([second, first])).lines] == [1, 2]


def test_several_orders_are_named_once_each() -> None:
    lines = [line(LineNbr=1, OrderNbr="SO1"), line(LineNbr=2, OrderNbr="SO2"), line(LineNbr=3, OrderNbr="SO1")]
    assert mapped(document(lines)).order_number == "SO1, SO2"


def test_where_the_goods_came_from_is_kept() -> None:
    row = line(WarehouseID="WHOLESALE", Location="R152", LotSerialNbr="LOT-2609",
               ExpirationDate="2027-09-30T00:00:00+00:00")  # fmt: skip
    (only,) = mapped(document([row])).lines
    assert only.kept == (
        ("warehouse", "WHOLESALE"), ("location", "R152"), ("lot/serial", "LOT-2609"), ("expires", "2027-09-30"),
    )  # fmt: skip


def test_freight_is_what_is_charged_and_never_what_it_cost() -> None:
    freight = {"FreightCost": wrapped(Decimal("9.0")), "TotalFreightAmount": wrapped(Decimal("15.0"))}
    both = document(FreightPrice=Decimal("15.0"), Amount=Decimal("566.25"), parts={"FreightDetails": [freight]})
    without_head = document(FreightPrice=None, Amount=Decimal("566.25"), parts={"FreightDetails": [freight]})
    for record in (both, without_head):
        invoice = mapped(record)
        assert [(each.kind, each.amount) for each in invoice.charges] == [("freight", usd("15"))]
        assert invoice.computed_total == invoice.total


DISCOUNTED = {"Qty": Decimal(7), "UnitPrice": Decimal("12.35"), "DiscountPercent": Decimal(10)}


@pytest.mark.parametrize("detail_total", [Decimal("86.45"), Decimal("77.80")], ids=["gross", "net"])
def test_discounts_tie_whatever_the_detail_total_is(detail_total: Decimal) -> None:
    """86.45 less 8.65 of the line, less 5.00 of the document: 72.80; no tax."""
    row = line(**DISCOUNTED, DiscountAmount=Decimal("8.65"), Amount=Decimal("77.80"))
    invoice = mapped(
        document(
            [row], DetailTotal=detail_total, DiscountTotal=Decimal(5), TaxTotal=Decimal(0), Amount=Decimal("72.80")
        )
    )
    (only,) = invoice.lines
    assert (only.amount, only.discount, invoice.discount) == (usd("77.80"), usd("8.65"), usd("5"))
    assert Money.rounded(only.unit_price * only.quantity, "USD") == only.amount
    assert invoice.computed_total == invoice.total


def test_line_amounts_before_their_discount() -> None:
    row = line(**DISCOUNTED, DiscountAmount=Decimal("8.65"), Amount=Decimal("86.45"))
    invoice = mapped(document([row], DiscountTotal=Decimal(5), TaxTotal=Decimal(0), Amount=Decimal("72.80")))
    assert invoice.lines[0].amount == usd("77.80")
    assert (invoice.discount, invoice.computed_total) == (usd("5"), invoice.total)


def test_a_discount_total_that_counts_the_lines_in() -> None:
    row = line(**DISCOUNTED, DiscountAmount=Decimal("8.65"), Amount=Decimal("77.80"))
    invoice = mapped(document([row], DiscountTotal=Decimal("13.65"), TaxTotal=Decimal(0), Amount=Decimal("72.80")))
    assert (invoice.discount, invoice.computed_total) == (usd("5"), invoice.total)


def test_a_discount_that_only_the_rows_show() -> None:
    rows = [{"Type": wrapped("Document"), "DiscountAmount": wrapped(Decimal(5))},
            {"Type": wrapped("Line"), "DiscountAmount": wrapped(Decimal("8.65"))}]  # fmt: skip
    record = document(
        DiscountTotal=Decimal(0), TaxTotal=Decimal(0), Amount=Decimal(495), parts={"DiscountDetails": rows}
    )
    invoice = mapped(record)
    assert (invoice.discount, invoice.computed_total) == (usd("5"), invoice.total)


@pytest.mark.parametrize("mode", ["Gross", "Tax Settings"])
def test_taxes_inside_the_lines_are_not_added_again(mode: str) -> None:
    """Also where the document does not say so and only that reading ties."""
    tax = {"TaxID": wrapped("VAT20"), "TaxAmount": wrapped(Decimal("83.33"))}
    record = document(TaxCalcMode=mode, TaxTotal=Decimal("83.33"), Amount=Decimal(500), parts={"TaxDetails": [tax]})
    invoice = mapped(record)
    assert (invoice.tax_inclusive, invoice.tax, invoice.computed_total) == (True, usd("0"), usd("500"))
    assert invoice.taxes == (Tax("VAT20", usd("83.33")),)


def test_gross_without_a_tax_is_not_inclusive() -> None:
    assert not mapped(document(TaxCalcMode="Gross", TaxTotal=Decimal(0), Amount=Decimal(500))).tax_inclusive


def test_what_ties_in_no_reading_shows_its_gap() -> None:
    invoice = mapped(document(Amount=Decimal("551.27")))
    assert invoice.total - invoice.computed_total == usd("0.02")


@pytest.mark.parametrize(
    ("currency", "price", "quantity", "amount"),
    [("JPY", "24500", "3", "73500"), ("KWD", "4.125", "3", "12.375"), ("USD", "0.333333", "3", "1.0")],
)
def test_currencies_of_any_exponent(currency: str, price: str, quantity: str, amount: str) -> None:
    row = line(Qty=Decimal(quantity), UnitPrice=Decimal(price), Amount=Decimal(amount))
    invoice = mapped(
        document([row], Currency=currency, TaxTotal=Decimal(0), Amount=Decimal(amount), Balance=Decimal(amount))
    )
    assert invoice.total == invoice.balance == invoice.computed_total == Money.of(amount, currency)
    assert invoice.lines[0].unit_price == Decimal(price)


def test_an_amount_without_a_quantity_is_one_of_its_kind() -> None:
    row = line(Qty=Decimal(0), UnitPrice=Decimal(0), Amount=Decimal(42), InventoryID=None, TransactionDescr="Fee")
    (only,) = mapped(document([row], TaxTotal=Decimal(0), Amount=Decimal(42))).lines
    assert (only.quantity, only.unit_price, only.sku, only.description) == (Decimal(1), Decimal(42), "", "Fee")


def test_a_closed_document_without_a_balance_is_paid() -> None:
    assert mapped(document(Status="Closed", Balance=None)).balance == usd("0")
    assert mapped(document(Status="Open", Balance=None)).balance is None


@pytest.mark.parametrize(
    ("field", "text", "pattern", "found"),
    [
        ("Description", "B2B23R1 | Order: 423 | Status", r"Order: (\d+)", "423"),
        ("ExternalRef", "431", None, "431"),
        ("ExternalRef", "4 3 1", None, ""),
        ("CustomerOrder", "PO 55/19", r"Order: (\d+)", ""),
        ("CustomerOrder", None, r"(\d+)", ""),
    ],
)
def test_the_stores_order(field: str, text: str | None, pattern: str | None, found: str) -> None:
    options = AcumaticaOptions(order_id={"field": field, **({"pattern": pattern} if pattern else {})})  # type: ignore[dict-item]
    assert mapped(document(**{field: text}), options).order_id == found


def test_addresses_of_older_endpoints_lie_in_the_billing_settings() -> None:
    address = {"AddressLine1": wrapped("1 Long Street"), "City": wrapped("Boston"), "Country": wrapped("US")}
    newer = mapped(document(parts={"BillToAddress": address}))
    older = mapped(document(parts={"BillingSettings": {"BillToAddress": address}}))
    assert newer.bill_to == older.bill_to
    assert newer.bill_to.city == "Boston"


def test_terms_come_from_the_twin() -> None:
    twin = {"Terms": wrapped("30D"), "DueDate": wrapped("2023-12-21T00:00:00+00:00")}
    record = mapping.record(document(DueDate=None), PLAIN, twin)
    invoice = mapping.to_model(record, PLAIN)
    assert isinstance(invoice, Invoice)
    assert (invoice.terms, invoice.due_date) == ("30D", datetime.date(2023, 12, 21))


def test_queue_and_withdrawal_go_by_the_status() -> None:
    found = {status: mapping.record(document(Status=status), PLAIN, None) for status in ("Open", "Canceled", "On Hold")}
    assert [each.in_queue for each in found.values()] == [True, False, False]
    assert [each.withdrawn for each in found.values()] == ["", "canceled at the source", ""]


def test_our_own_echo_changes_the_stamp_and_nothing_else() -> None:
    before = mapping.record(document(), PLAIN, None)
    after = mapping.record(
        document(
            LastModifiedDateTime="2023-11-23T00:00:00+00:00", parts={"custom": {"Document": {"UsrX": {"value": "1"}}}}
        ),
        PLAIN,
        None,
    )
    assert before.stamp != after.stamp
    models = [mapping.to_model(each, PLAIN) for each in (before, after)]
    assert canonical.content_hash(models[0]) == canonical.content_hash(models[1])


def test_a_stamp_tells_a_payment_that_moves_no_time() -> None:
    one, same, paid = (mapping.stamp(document(Balance=Decimal(text))) for text in ("3.75", "3.750", "0.0"))
    assert one == same
    assert one != paid


def test_labels_never_fail() -> None:
    bad = mapping.record(document(Currency="GOLD", Amount="NaN"), PLAIN, None)
    label = mapping.label(bad)
    assert (label.number, label.party, label.amount) == ("AR0000160", "C00000287", None)
    assert mapping.label(mapping.record(document(), PLAIN, None)).amount == usd("551.25")
    assert mapping.label(SourceRecord("customer", "C1", "", {"customer": {}})).number == "C1"


def test_a_customer() -> None:
    address = {"AddressLine1": wrapped("1 Long Street"), "City": wrapped("Boston")}
    record = {
        "CustomerID": wrapped("C 100/7"), "CustomerName": wrapped("Slash & Space"), "Email": wrapped("old@x.example"),
        "CurrencyID": wrapped("USD"), "Terms": wrapped("30D"), "TaxRegistrationID": wrapped("04-1"),
        "MainContact": {"Email": wrapped("ap@x.example"), "Phone1": wrapped("555"), "Address": address},
        "BillingContact": {}, "ShippingContact": {"Address": {"City": wrapped("Salem")}},
    }  # fmt: skip
    party = mapping.to_model(mapping.customer_record(record), PLAIN)
    assert isinstance(party, Party)
    assert (party.source_id, party.number, party.name) == ("C 100/7", "C 100/7", "Slash & Space")
    assert (party.email, party.tax_id, party.terms, party.foreign_id) == ("ap@x.example", "04-1", "30D", "")
    assert (party.address.city, party.shipping.city) == ("Boston", "Salem")
    with pytest.raises(BadDocument, match="has no name"):
        mapping.to_model(mapping.customer_record({**record, "CustomerName": {}}), PLAIN)


@given(
    st.lists(
        st.tuples(
            st.integers(1, 99_999), st.decimals("0.001", "9999", places=3), st.integers(0, 100), st.booleans()
        ),
        min_size=1, max_size=12,
    ),
    st.sampled_from(["USD", "JPY", "KWD"]), st.booleans(), st.booleans(), st.integers(0, 500),
)  # fmt: skip
def test_random_documents_tie_in_every_reading(
    rows: list[tuple[int, Decimal, int, bool]], currency: str, gross_lines: bool, counted_in: bool, off: int
) -> None:
    """Whatever the site's habits are, the lines come to the total with no difference at all."""
    lines, nets, discounts = [], [], []
    for number, (quantity, price, percent, discounted) in enumerate(rows, 1):
        extended = Money.rounded(price * quantity, currency)
        discount = Money.rounded(extended.decimal * percent / 100, currency) if discounted else Money.zero(currency)
        nets.append(extended - discount)
        discounts.append(discount)
        shown = extended if gross_lines else nets[-1]
        lines.append(line(LineNbr=number, Qty=Decimal(quantity), UnitPrice=price, DiscountAmount=discount.decimal,
                          DiscountPercent=Decimal(percent), Amount=shown.decimal))  # fmt: skip
    document_discount = Money(off, currency)
    total = sum(nets, Money.zero(currency)) - document_discount
    said = document_discount + (sum(discounts, Money.zero(currency)) if counted_in else Money.zero(currency))
    record = document(lines, Currency=currency, DiscountTotal=said.decimal, TaxTotal=Decimal(0), Amount=total.decimal,
                      Balance=Decimal(0))  # fmt: skip
    invoice = mapped(record)
    assert invoice.computed_total == total
    assert [each.amount for each in invoice.lines] == nets
