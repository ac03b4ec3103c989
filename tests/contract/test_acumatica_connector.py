"""The Acumatica connector against the stand-in: inspection, documents, and what it writes back."""

from __future__ import annotations

import random
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from acumatica_side import FIRST, Side
from invoice_sync.connectors.acumatica.connector import Acumatica
from invoice_sync.connectors.base import ACKNOWLEDGE, WRITE_ID, Delivered, Json, Verdict, WriteClass
from invoice_sync.model import canonical
from invoice_sync.model.documents import Invoice, Party
from invoice_sync.model.errors import SettingsError
from invoice_sync.model.flow import AcumaticaOptions
from invoice_sync.model.money import Money
from sandbox.server import Running, start_in_thread

DONE = Delivered("8841", "AR0000190")
FIELD = AcumaticaOptions(custom_field="UsrB2BInvoiceID")
ONE = "Invoice/AR0000190"


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with start_in_thread(vendors=["acumatica"]) as started:
        yield started


@pytest.fixture
def side(running: Running) -> Side:
    return Side(running)


@pytest.mark.parametrize("shape", ["object", "array"])
@pytest.mark.parametrize("oauth", [False, True], ids=["cookie", "oauth"])
def test_a_tenant_that_is_fine(side: Side, shape: str, oauth: bool) -> None:
    side.settings(endpoint_list=shape)
    found = side.connector(oauth=oauth).inspect("activity")
    assert (found.tenant, found.findings, found.notes) == ("Brightwater/", (), ())
    assert found.counts == {"Invoices released": 18}


@pytest.mark.parametrize("version", ["22.200.001", "20.200.001"])
def test_an_endpoint_that_is_too_old(side: Side, version: str) -> None:
    (finding,) = side.connector(version=version).inspect("none").findings
    assert "too old" in finding.message
    assert "23.200.001" in finding.cure


@pytest.mark.parametrize("changes", [{"version": "24.200.009"}, {"endpoint": "B2B", "version": "1.0"}])
def test_an_endpoint_that_is_not_offered(side: Side, changes: dict[str, str]) -> None:
    (finding,) = side.connector(**changes).inspect("none").findings
    assert "does not offer endpoint" in finding.message
    assert "Default/24.200.001" in finding.message


def test_an_endpoint_of_the_customers_own_needs_the_fields(side: Side) -> None:
    """Its version is its own, so what it shows counts."""
    (finding,) = side.connector(version="22.200.001").inspect("none").findings
    side.settings(endpoints=["B2B/22.0"])
    (finding,) = side.connector(endpoint="B2B", version="22.0").inspect("none").findings
    assert "LastModifiedDateTime" in finding.message


@pytest.mark.parametrize("version", ["23.200.001", "24.200.001", "25.200.001"])
def test_every_version_from_the_oldest_on(side: Side, version: str) -> None:
    assert side.connector(version=version).inspect("activity").findings == ()
    invoice = side.invoice("AR0000160", version=version)
    assert (str(invoice.total), invoice.bill_to.city, invoice.email) == (
        "551.25 USD", "Boston", "ap@c00000287.example" if version > "24" else "",
    )  # fmt: skip


def test_a_branch_that_the_user_may_not_enter(side: Side) -> None:
    side.branch, side.user = "PRODWHOLE", "lastbranch"
    side.memory.kept = None
    (finding,) = side.connector(branch="NOWHERE").inspect("none").findings
    assert "leads to branch PRODRETAIL" in finding.message


def test_a_site_that_shows_nothing_at_all_is_remarked_on(side: Side) -> None:
    for row in side.records("SalesInvoice"):
        side.act("set_status", entity="SalesInvoice", key=f"{row['Type']}/{row['ReferenceNbr']}", status="On Hold")
    assert side.connector().inspect("none").notes == ()
    side.settings(optimization_fails=[])
    side.vendor.tenant(FIRST).tables["Document"] = type(side.vendor.tenant(FIRST).tables["Document"])(
        ("Type", "ReferenceNbr")
    )
    (note,) = side.connector().inspect("none").notes
    assert "sees no sales invoice at all" in note


def test_the_field_of_the_order_must_be_there(side: Side) -> None:
    side.options = AcumaticaOptions(order_id={"field": "ExternalRef"})
    assert side.connector().inspect("none").findings == ()
    (finding,) = side.connector(version="23.200.001").inspect("none").findings
    assert "ExternalRef" in finding.message


def test_the_field_to_write_to_must_be_there(side: Side) -> None:
    (unnamed,) = side.connector().inspect("custom_field").findings
    assert "names no field" in unnamed.message
    side.options = FIELD
    (missing,) = side.connector().inspect("custom_field").findings
    assert "no custom field Document.UsrB2BInvoiceID" in missing.message
    side.vendor.edit(FIRST, "SalesInvoice", ONE, {"custom": {"Document": {"UsrB2BInvoiceID": ""}}})
    assert side.connector().inspect("custom_field").findings == ()


@pytest.mark.parametrize("pattern", [r"Order: \d+", r"(a)(b)", "("])
def test_a_pattern_needs_one_group(side: Side, pattern: str) -> None:
    side.options = AcumaticaOptions(order_id={"field": "Description", "pattern": pattern})
    with pytest.raises(SettingsError, match="no expression with one group"):
        side.connector()


def test_the_seeds_invoice(side: Side) -> None:
    side.options = AcumaticaOptions(order_id={"field": "Description", "pattern": r"Order: (\d+)"})
    invoice = side.invoice("AR0000160")
    prepaid = invoice.applications[0]
    assert (invoice.total, invoice.tax, invoice.balance) == tuple(
        Money.of(text, "USD") for text in ("551.25", "51.25", "3.75")
    )
    assert (prepaid.kind, prepaid.number, prepaid.reference) == ("Prepayment", "004530", "PMTD4245")
    assert invoice.total - prepaid.amount == invoice.balance
    assert (invoice.order_id, invoice.order_number, invoice.lines[0].sku) == ("423", "SO0007845", "AACOMPUT01")
    assert invoice.computed_total == invoice.total


@pytest.mark.parametrize("reading", ["gross", "net"])
def test_discounts_freight_and_taxes_tie_in_both_readings(side: Side, reading: str) -> None:
    side.settings(detail_total=reading)
    invoice = side.invoice("AR0000191")
    assert invoice.computed_total == invoice.total
    assert str(invoice.discount) == "25.00 USD"
    assert [str(each.discount) for each in invoice.lines if each.discount] == ["8.65 USD"]


def test_freight_is_the_price_and_never_the_cost(side: Side) -> None:
    """Two shipments of 12.00 and 8.50, which cost 4.00 and 3.00."""
    (freight,) = side.invoice("AR0000192").charges
    assert (freight.kind, str(freight.amount)) == ("freight", "20.50 USD")
    (record,) = side.connector().fetch("invoice", ["Invoice/AR0000192"])
    assert "FreightCost" in canonical.dumps(record.content)


def test_taxes_inside_the_lines(side: Side) -> None:
    invoice = side.invoice("AR0000193")
    assert (invoice.tax_inclusive, str(invoice.tax), str(invoice.total)) == (True, "0.00 EUR", "480.00 EUR")
    assert [(each.code, str(each.amount)) for each in invoice.taxes] == [("VAT20", "80.00 EUR")]


@pytest.mark.parametrize(
    ("number", "total"), [("AR0000194", "239.99 EUR"), ("AR0000195", "73,500 JPY"), ("AR0000196", "12.375 KWD")]
)
def test_other_currencies(side: Side, number: str, total: str) -> None:
    invoice = side.invoice(number)
    assert str(invoice.total) == str(invoice.computed_total) == str(invoice.balance) == total


def test_lots_and_locations_are_kept(side: Side) -> None:
    kept = [dict(each.kept) for each in side.invoice("AR0000208").lines]
    assert kept == [
        {"warehouse": "WHOLESALE", "location": place, "lot/serial": lot, "expires": "2027-09-30"}
        for place, lot in (("R152", "LOT-2609"), ("R153", "LOT-2611"))
    ]


def test_a_line_without_an_item(side: Side) -> None:
    (only,) = side.invoice("AR0000207").lines
    assert (only.sku, only.description[:16]) == ("", 'Straße "quoted" ')


def test_five_hundred_lines(side: Side) -> None:
    lines = [("AAMOUSE/01", str(1 + place % 7), "12.35") for place in range(500)]
    invoice = side.invoice(side.load.invoice("C00000289", lines))
    assert [each.number for each in invoice.lines] == list(range(1, 501))
    assert invoice.computed_total == invoice.total


def test_keys_that_a_url_cannot_carry_bare(side: Side) -> None:
    side.load.invoice("C 100/7", [("AABOOK01", "1", "20.00")], number="AR/7+8 #9")
    assert side.invoice("AR/7+8 #9").customer == "C 100/7"
    found = side.connector().fetch("customer", ["C 100/7", "C00000290", "NOPE"])
    parties = [side.connector().to_model(record) for record in found]
    assert [each.name for each in parties if isinstance(each, Party)] == [
        "Slash & Space Supplies",
        "O'Malley's Garden Supply",
    ]


def test_terms_are_read_only_without_a_due_date(side: Side) -> None:
    assert side.invoice("AR0000160").terms == ""
    assert side.paths("/Invoice/Invoice/") == []
    number = side.load.invoice("C00000288", [("AABOOK01", "1", "20.00")], DueDate=None, Terms="15D")
    invoice = side.invoice(number)
    assert (invoice.terms, invoice.due_date) == ("15D", None)


def test_documents_come_in_the_order_asked_for_and_few_calls(side: Side) -> None:
    ids = [one for one in side.stubs() if one.startswith("Invoice/")]
    side.calls.clear()
    found = side.connector().fetch("invoice", ids)
    assert [record.source_id for record in found] == ids
    assert len(side.calls) <= 2 + len(ids) // 20 + 1


def test_random_invoices_differ_by_nothing(side: Side) -> None:
    dice, numbers = random.Random(6), set()
    for place in range(300):
        customer, currency = dice.choice([("C00000289", "USD"), ("C00000292", "EUR"), ("C00000293", "JPY"),
                                          ("C00000294", "KWD")])  # fmt: skip
        cents = {"JPY": "1", "KWD": "0.001"}.get(currency, "0.01")
        price = lambda: str((Decimal(dice.randint(100, 99_999)) * Decimal(cents)).normalize())  # noqa: E731, B023
        lines: list[Any] = [
            {"InventoryID": dice.choice(["AABOOK01", "AAMOUSE/01"]), "Qty": str(Decimal(dice.randint(1, 5000)) / 100),
             "UnitPrice": price(), "DiscountPercent": str(dice.choice([0, 0, 5, 12.5]))}
            for _ in range(dice.randint(1, 8))
        ]  # fmt: skip
        freight = [(str(Decimal(cents) * dice.randint(1, 900)), "1")] if place % 3 == 0 else []
        mode = "Gross" if place % 5 == 0 else "Tax Settings"
        number = side.load.invoice(customer, lines, None, freight=freight, TaxCalcMode=mode)
        numbers.add(number)
    rows = [row for row in side.records("SalesInvoice") if row["ReferenceNbr"] in numbers]
    made = {f"Invoice/{row['ReferenceNbr']}": row for row in rows}
    source = side.connector()
    gaps: dict[str, Money] = {}
    for record in source.fetch("invoice", list(made)):
        model = source.to_model(record)
        assert isinstance(model, Invoice)
        row = made[record.source_id]
        assert model.total == Money.of(row["Amount"], row["Currency"])
        assert len(model.lines) == len(row["Details"])
        gap = model.total - model.computed_total
        gaps[gap.currency] = gaps.get(gap.currency, Money.zero(gap.currency)) + gap
    assert sorted(gaps) == ["EUR", "JPY", "KWD", "USD"]
    assert not any(gaps.values())


def ack(side: Side, mode: Any, source_id: str = ONE) -> tuple[Acumatica, Json]:
    source = side.connector()
    body = source.acknowledgement(source_id, mode, DONE, "2026-11-22")
    assert body is not None
    return source, body


def tell(side: Side, mode: Any = "activity", source_id: str = ONE) -> tuple[Acumatica, Any, Any]:
    """What `find` shows before, the outcome, and the connector."""
    source, body = ack(side, mode, source_id)
    armed = side.armed("invoice", ACKNOWLEDGE, source_id, body)
    source.prepare()
    before = source.find("invoice", ACKNOWLEDGE, armed.items)[1]
    return source, before, source.send(armed)["i0"]


def met(source: Acumatica, body: Json, facts: Any) -> bool:
    return source.expected("invoice", ACKNOWLEDGE, body).items() <= dict(facts).items()


def test_an_activity_is_written_once(side: Side) -> None:
    source, before, outcome = tell(side)
    _, body = ack(side, "activity")
    assert before == []
    assert outcome.verdict is Verdict.OK
    assert met(source, body, outcome.remote.facts)
    armed = side.armed("invoice", ACKNOWLEDGE, ONE, body)
    (again,) = side.connector().find("invoice", ACKNOWLEDGE, armed.items)[1]
    assert met(source, body, again.facts)
    (activity,) = side.records("Activity")
    assert activity["Summary"] == "Invoice Sync: delivered as AR0000190 (id 8841)."
    assert activity["RelatedEntityNoteID"] == side.record("SalesInvoice", "AR0000190")["id"]


def test_an_activity_needs_no_look_before_it(side: Side) -> None:
    """Another process may send what this one looked for."""
    source, body = ack(side, "activity")
    source.prepare()
    outcome = source.send(side.armed("invoice", ACKNOWLEDGE, ONE, body))["i0"]
    assert outcome.verdict is Verdict.OK


def test_a_lost_answer_to_an_activity_is_found(side: Side) -> None:
    side.mishap("drop_after", scope="write", path_contains="Activity")
    source, _, outcome = tell(side)
    assert outcome.verdict is Verdict.UNKNOWN
    _, body = ack(side, "activity")
    found = source.find("invoice", ACKNOWLEDGE, side.armed("invoice", ACKNOWLEDGE, ONE, body).items)[1]
    assert [met(source, body, each.facts) for each in found] == [True]


def test_a_custom_field_is_written_and_compared(side: Side) -> None:
    side.options = FIELD
    side.settings(custom_after_release=True)
    source, before, outcome = tell(side, "custom_field")
    _, body = ack(side, "custom_field")
    assert [each.facts["value"] for each in before] == [""]
    assert outcome.verdict is Verdict.OK
    assert met(source, body, outcome.remote.facts)
    (again,) = source.find("invoice", ACKNOWLEDGE, side.armed("invoice", ACKNOWLEDGE, ONE, body).items)[1]
    assert met(source, body, again.facts)


def test_a_field_that_is_dropped_silently_shows_as_a_difference(side: Side) -> None:
    """200, and nothing was kept: the customisation does not leave the field open after release."""
    side.options = FIELD
    source, _, outcome = tell(side, "custom_field")
    _, body = ack(side, "custom_field")
    assert outcome.verdict is Verdict.OK
    assert not met(source, body, outcome.remote.facts)


def test_a_write_that_is_refused_is_told_in_words(side: Side) -> None:
    side.options = FIELD
    side.mishap("refuse", entity="SalesInvoice", message="The field is closed after release.")
    _, _, outcome = tell(side, "custom_field")
    assert (outcome.verdict, outcome.problem.cause) == (Verdict.REFUSED, "refused-by-source")
    assert outcome.problem.reason.endswith("It says: The field is closed after release.")


def test_a_user_who_may_only_look(side: Side) -> None:
    side.user = "viewer"
    _, _, outcome = tell(side)
    assert (outcome.verdict, outcome.problem.cause) == (Verdict.REFUSED, "no-right")


@pytest.mark.parametrize("mode", ["activity", "custom_field"])
def test_a_document_that_is_gone_is_never_created(side: Side, mode: str) -> None:
    side.options = FIELD
    _, before, outcome = tell(side, mode, "Invoice/AR9999999")
    assert before == []
    assert (outcome.verdict, outcome.problem.cause) == (Verdict.REFUSED, "not-found-at-source")
    assert not [row for row in side.records("SalesInvoice") if row["ReferenceNbr"] == "AR9999999"]


@pytest.mark.parametrize(
    ("kind", "verdict"),
    [
        ("expired_token", Verdict.NOT_DONE), ("throttled", Verdict.THROTTLED), ("html", Verdict.UNKNOWN),
        ("server_error_before", Verdict.UNKNOWN), ("half_body", Verdict.UNKNOWN), ("drop_before", Verdict.UNKNOWN),
    ],
)  # fmt: skip
def test_weather_at_a_write(side: Side, kind: str, verdict: Verdict) -> None:
    side.mishap(kind, scope="write")
    _, _, outcome = tell(side)
    assert outcome.verdict is verdict


def test_the_echo_of_our_own_write_is_no_change(side: Side) -> None:
    before, stamp = side.invoice("AR0000190"), side.stubs()[ONE].stamp
    tell(side)
    assert side.stubs()[ONE].stamp != stamp
    assert canonical.content_hash(side.invoice("AR0000190")) == canonical.content_hash(before)


def test_what_is_written_and_what_is_not(side: Side) -> None:
    source = side.connector()
    assert source.acknowledgement(ONE, "none", DONE, "2026-11-22") is None
    with pytest.raises(SettingsError, match="custom_field"):
        source.acknowledgement(ONE, "custom_field", DONE, "2026-11-22")
    with pytest.raises(SettingsError, match="transferred_flag"):
        source.acknowledgement(ONE, "transferred_flag", DONE, "2026-11-22")
    (record,) = source.fetch("customer", ["C00000287"])
    assert source.id_note(record, "7") is None
    assert source.error_note(ONE, "because", side.clock.now()) is None
    rule = source.rule("invoice", ACKNOWLEDGE)
    assert (rule.write_class, rule.batch, rule.endpoint.rpartition("/")[2]) == (WriteClass.SET_STATE, 1, "Activity")
    assert source.rule("customer", WRITE_ID).write_class is WriteClass.SET_STATE
    for entity, operation in (("customer", "create"), ("invoice", "update"), ("shipment", ACKNOWLEDGE)):
        with pytest.raises(SettingsError, match="not written to"):
            source.rule(entity, operation)  # type: ignore[arg-type]


def test_a_calls_path_is_all_that_is_logged(side: Side) -> None:
    side.stubs()
    assert side.calls
    assert not any("?" in call.path or "filter" in call.path for call in side.calls)


def test_nobody_is_asked_before_signing_in(side: Side) -> None:
    source = side.connector()
    with pytest.raises(SettingsError, match="before prepare"):
        source.send(side.armed("invoice", ACKNOWLEDGE, ONE, ack(side, "activity")[1]))


def test_a_look_that_brings_nothing_sends_nothing(side: Side) -> None:
    source, body = ack(side, "activity")
    source.prepare()
    side.mishap("server_error_before", scope="read")
    assert source.send(side.armed("invoice", ACKNOWLEDGE, ONE, body))["i0"].verdict is Verdict.NOT_SENT
    assert side.records("Activity") == []


def test_an_activity_on_its_way_has_its_time_before_it_goes_again(side: Side) -> None:
    """Sent twice it is two of them; a field that is set twice is as it was."""
    assert side.connector().rule("invoice", ACKNOWLEDGE).runs_on
    side.options = FIELD
    assert not side.connector().rule("invoice", ACKNOWLEDGE).runs_on
