"""The Rootstock package in the sandboxed org: triggers, transactions, formulas, and the switches of both."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import requests

from contract.test_sandbox_salesforce import (
    ACCT,
    CUSTOMER,
    INVOICE,
    LINE,
    NO,
    PRODUCT,
    Org,
    codes,
    fresh,
    refusal,
)
from sandbox.salesforce.load import Loader
from sandbox.server import Running, start_in_thread

AT, OF_LINE = "rstk__soinv_", "rstk__soinvline_"
PAYMENT, SYDATA = "rstk__soinvpay__c", "rstk__sydata__c"
PACKAGE = "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with start_in_thread(vendors=["salesforce"]) as started:
        yield started


@pytest.fixture
def org(running: Running) -> Org:
    return fresh(running)


@pytest.fixture
def load(running: Running, org: Org) -> Loader:
    loader = running.vendors["salesforce"].loader()  # type: ignore[attr-defined]
    assert isinstance(loader, Loader)
    return loader


def header(org: Org, record: str, *names: str) -> list[Any]:
    fields = [name if "__" in name or name[0].isupper() else f"{AT}{name}__c" for name in names]
    row = org.rows(f"SELECT {', '.join(fields)} FROM {INVOICE} WHERE Id = '{record}'")[0]
    return [row[name] for name in fields]


def told(answer: requests.Response) -> list[str]:
    return [one["errors"][0]["message"] for one in answer.json() if not one["success"]]


def line_of(org: Org, number: str) -> str:
    return org.some_id(LINE, f"{OF_LINE}invoice__r.{NO} = '{number}'")


# --- triggers and rules --------------------------------------------------------------------------------


def test_a_transferred_invoice_is_neither_deleted_nor_given_lines(org: Org) -> None:
    invoice = org.id_of("000131")
    path = f"/sobjects/{INVOICE}/{invoice}"
    assert refusal(org.call("DELETE", path)) == (400, PACKAGE)
    assert refusal(org.call("PATCH", path, {f"{AT}taxamt__c": 1})) == (400, PACKAGE)
    assert refusal(org.call("POST", f"/sobjects/{LINE}", {f"{OF_LINE}invoice__c": invoice})) == (400, PACKAGE)
    assert refusal(org.call("DELETE", f"/sobjects/{LINE}/{line_of(org, '000131')}")) == (400, PACKAGE)
    org.settings(locked_when_transferred=False)
    assert org.call("POST", f"/sobjects/{LINE}", {f"{OF_LINE}invoice__c": invoice}).status_code == 201


def test_a_trigger_refuses_a_chosen_field_by_name(org: Org) -> None:
    org.settings(trigger_refuses=[f"{INVOICE}.{ACCT}"])
    record = {"id": org.id_of("000101")}
    answer = org.update({**record, ACCT: "1"})
    assert codes(answer) == [PACKAGE] and ACCT in told(answer)[0] and "soinv_trigger" in told(answer)[0]
    assert codes(org.update({**record, f"{AT}errortext__c": "x"})) == [None]


def test_a_validation_rule_on_a_chosen_field(org: Org) -> None:
    org.settings(validation_rules={f"{INVOICE}.{ACCT}": "Numbers begin with QB"})
    record = {"id": org.id_of("000101")}
    answer = org.update({**record, ACCT: "1"})
    assert codes(answer) == ["FIELD_CUSTOM_VALIDATION_EXCEPTION"] and told(answer) == ["Numbers begin with QB"]
    assert answer.json()[0]["errors"][0]["fields"] == [ACCT]
    assert codes(org.update({**record, ACCT: None})) == [None]


@pytest.mark.parametrize(
    ("limit", "text"), [("cpu", "Apex CPU time limit exceeded"), ("soql", "Too many SOQL queries: 101")]
)
def test_large_batches_hit_a_governor_limit(org: Org, load: Loader, limit: str, text: str) -> None:
    org.settings(governor_rows=5, governor_limit=limit)
    records = [{"id": one, ACCT: "1"} for one in load.invoices(6, 1)]
    answer = org.update(*records)
    assert codes(answer) == [PACKAGE] * 6 and all(text in one for one in told(answer))
    assert codes(org.update(*records[:5])) == [None] * 5
    org.settings(governor_rows=None)
    assert codes(org.update(*records)) == [None] * 6


def test_by_default_200_invoices_are_too_many_and_100_are_not(org: Org, load: Loader) -> None:
    records = [{"id": one, ACCT: "1"} for one in load.invoices(200, 1)]
    assert codes(org.update(*records)) == [PACKAGE] * 200
    assert codes(org.update(*records[:100])) == [None] * 100


def test_locked_parents(org: Org) -> None:
    invoice, line = org.id_of("000101"), line_of(org, "000101")
    org.act("lock_rows", record=invoice, times=2)
    touched = {"attributes": {"type": LINE}, "id": line, f"{OF_LINE}noprint__c": True}
    assert codes(org.update({"id": invoice, ACCT: "1"}, {"id": org.id_of("000102"), ACCT: "1"})) == [
        "UNABLE_TO_LOCK_ROW",
        None,
    ]
    assert codes(org.update(touched)) == ["UNABLE_TO_LOCK_ROW"]
    assert codes(org.update(touched, {"id": invoice, ACCT: "1"})) == [None, None]
    org.act("lock_rows", record=invoice)
    refused = org.call("POST", f"/sobjects/{LINE}", {f"{OF_LINE}invoice__c": invoice})
    assert refusal(refused) == (400, "UNABLE_TO_LOCK_ROW") and "exclusive access" in refused.text


def test_a_user_without_a_rootstock_record_changes_nothing(org: Org) -> None:
    user = org.state("GET", "rstk__syusr__c")["records"][0]["Id"]
    record = {"id": org.id_of("000101"), ACCT: "1"}
    org.state("PATCH", f"rstk__syusr__c/{user}", {"rstk__syusr_inactive__c": True})
    assert codes(org.update(record)) == [PACKAGE]
    org.state("DELETE", f"rstk__syusr__c/{user}")
    answer = org.update(record)
    assert codes(answer) == [PACKAGE] and "no Rootstock user" in told(answer)[0]
    org.settings(rootstock_user_required=False)
    assert codes(org.update(record)) == [None]


# --- after the sync ------------------------------------------------------------------------------------


def test_a_person_deapproves_changes_and_approves_again(org: Org) -> None:
    invoice = org.id_of("000101")
    stamps = [header(org, invoice, "SystemModstamp")]
    org.act("deapprove", invoice="000101")
    assert header(org, invoice, "approved", "dateapproved") == [False, None]
    stamps.append(header(org, invoice, "SystemModstamp"))
    org.state("PATCH", f"{INVOICE}/{invoice}", {f"{AT}freightamt__c": 5})
    stamps.append(header(org, invoice, "SystemModstamp"))
    org.act("approve", invoice=invoice)
    assert header(org, invoice, "approved", "freightamt") == [True, Decimal("5.00")]
    stamps.append(header(org, invoice, "SystemModstamp"))
    assert stamps == sorted(stamps) and len({str(one) for one in stamps}) == 4
    url = f"{org.index}/control/state/salesforce/{org.about['org_id']}/Action"
    for named, status in (("000131", 400), ("999999", 404)):
        answer = requests.post(url, json={"do": "deapprove", "invoice": named}, timeout=5)
        assert answer.status_code == status


def test_formulas_do_not_move_the_stamp(org: Org) -> None:
    invoice = org.id_of("000102")
    before = header(org, invoice, "SystemModstamp", "currency")
    currency = org.state("GET", "rstk__sycurr__c")["records"][0]["Id"]
    org.state("PATCH", f"rstk__sycurr__c/{currency}", {"rstk__sycurr_currency__c": "CAD"})
    assert header(org, invoice, "SystemModstamp", "currency") == [before[0], "CAD"]


def test_a_changed_line_moves_its_header_only_when_told(org: Org) -> None:
    invoice, line = org.id_of("000102"), line_of(org, "000102")
    before = header(org, invoice, "SystemModstamp", "LastModifiedDate")
    org.state("PATCH", f"{LINE}/{line}", {f"{OF_LINE}qty__c": 39})
    assert header(org, invoice, "SystemModstamp", "LastModifiedDate") == before
    org.settings(line_moves_header=True)
    org.call("PATCH", f"/sobjects/{LINE}/{line}", {f"{OF_LINE}qty__c": 38})
    after = header(org, invoice, "SystemModstamp", "LastModifiedDate")
    assert after[0] > before[0] and after[1] == before[1]


# --- formulas and roll-ups -----------------------------------------------------------------------------


def test_currencies(org: Org, load: Loader) -> None:
    euro = load.currency("EUR", "1.25")
    (customer,) = load.customers(1, custcurr=euro)
    foreign = load.invoice(
        "000810", "L-000001", [("P-100", "10", "10.00")],
        custcurrency=True, currexchrate=Decimal("1.25"), freightamt="5.00",
    )  # fmt: skip
    names = ("currency", "totalcc", "totalhc", "freightamtcc", "freightamthc", "grandtotalcc", "grandtotalhc")
    # the defect of the package: freight in customer currency is multiplied although it is in it already
    assert header(org, foreign, *names) == [
        "EUR", Decimal("100.00"), Decimal("80.00"), Decimal("6.25"), Decimal("4.00"), Decimal("105.00"),
        Decimal("84.00"),
    ]  # fmt: skip
    org.call("PATCH", f"/sobjects/{INVOICE}/{foreign}", {f"{AT}custcurrency__c": False})
    assert header(org, foreign, *names[:5]) == [
        "USD", Decimal("125.00"), Decimal("100.00"), Decimal("6.25"), Decimal("5.00"),
    ]  # fmt: skip
    row = org.rows(
        f"SELECT {OF_LINE}pricecc__c, {OF_LINE}extamounthc__c FROM {LINE} WHERE {OF_LINE}invoice__c = '{foreign}'"
    )
    assert [float(row[0][f"{OF_LINE}{name}__c"]) for name in ("pricecc", "extamounthc")] == [12.5, 100]
    for rate in (None, 0):
        org.call("PATCH", f"/sobjects/{INVOICE}/{foreign}", {f"{AT}currexchrate__c": rate})
        assert header(org, foreign, "totalcc") == [Decimal("100.00")]
    path = f"{AT}custno__r.rstk__socust_custcurr__r.rstk__sycurr_currency__c"
    assert org.numbers(f"{path} = 'EUR'") == ["000810"] and customer


def test_credit_memos(org: Org, load: Loader) -> None:
    credited = org.id_of("000101")
    memo = load.invoice("000811", "C-1001", [("P-100", "1", "12.50")], txntype="Credit Memo", soinv=credited)
    assert header(org, memo, "total", "total_rpt") == [Decimal("12.50"), Decimal("-12.50")]
    row = org.rows(f"SELECT {AT}soinv__r.{NO} FROM {INVOICE} WHERE Id = '{memo}'")[0]
    assert row[f"{AT}soinv__r"][NO] == "000101"
    line = org.rows(f"SELECT {OF_LINE}extamount_rpt__c FROM {LINE} WHERE {OF_LINE}invoice__c = '{memo}'")[0]
    assert float(line[f"{OF_LINE}extamount_rpt__c"]) == -12.5
    org.call("PATCH", f"/sobjects/{INVOICE}/{credited}", {f"{AT}amtcredited__c": 12.5, f"{AT}totalppya__c": 20})
    assert header(org, credited, "grandtotal", "amtcravail") == [Decimal("50.00"), Decimal("17.50")]


def test_discounts_of_lines_and_headers(org: Org) -> None:
    invoice = org.id_of("000103")
    org.call("PATCH", f"/sobjects/{INVOICE}/{invoice}", {f"{AT}discpct__c": 5})
    line = org.rows(
        f"SELECT {OF_LINE}extamount__c, {OF_LINE}discextamount__c FROM {LINE} WHERE {OF_LINE}invoice__c = '{invoice}'"
    )[0]
    # (80 - 5) * 3, and 5 % of it
    assert [float(line[f"{OF_LINE}{name}__c"]) for name in ("extamount", "discextamount")] == [225, 213.75]
    assert float(header(org, invoice, "discpct")[0]) == 5


def test_nobody_types_over_what_is_computed(org: Org) -> None:
    url = f"{org.index}/control/state/salesforce/{org.about['org_id']}/{INVOICE}"
    for field, value in ((f"{AT}prearpayamt__c", 5), (f"{AT}currency__c", "EUR"), ("SystemModstamp", "2026-01-01")):
        assert requests.patch(f"{url}/{org.id_of('000101')}", json={field: value}, timeout=5).status_code == 400
        new = {f"{AT}duedate__c": "2026-12-01", field: value}
        assert requests.post(url, json=new, timeout=5).status_code == 400


def test_roll_ups(org: Org, load: Loader) -> None:
    invoice, line = org.id_of("000107"), line_of(org, "000107")
    org.call("PATCH", f"/sobjects/{LINE}/{line}", {f"{OF_LINE}calctaxamount__c": 9.6})
    org.state("PATCH", f"{LINE}/{line}", {f"{OF_LINE}vatamt__c": 1.5})
    assert refusal(org.call("PATCH", f"/sobjects/{LINE}/{line}", {f"{OF_LINE}vatamt__c": 2}))[1] == (
        "INVALID_FIELD_FOR_INSERT_UPDATE"
    )
    load.payment(invoice, "26.70", "pay-1")
    load.payment(invoice, "1.00", "pay-2", status="Payment Failed")
    load.payment(invoice, "2.00", "pay-3", reversed=True)
    assert header(org, invoice, "totcalctaxamount", "vatamt", "prearpayamt") == [
        Decimal("9.60"), Decimal("1.50"), Decimal("26.70"),
    ]  # fmt: skip
    rows = org.rows(
        f"SELECT Id, (SELECT rstk__soinvpay_invpayid__c FROM rstk__soinvpays__r) FROM {INVOICE} WHERE Id = '{invoice}'"
    )
    assert rows[0]["rstk__soinvpays__r"]["totalSize"] == 3


def test_a_payment_moves_the_stamp_of_its_invoice(org: Org) -> None:
    invoice = org.id_of("000101")
    before = header(org, invoice, "SystemModstamp")
    fields = {"rstk__soinvpay_soinv__c": invoice, "rstk__soinvpay_payamount__c": 5}
    assert org.call("POST", f"/sobjects/{PAYMENT}", fields).status_code == 201
    assert header(org, invoice, "SystemModstamp") > before


# --- objects and fields --------------------------------------------------------------------------------

VERIFIED = {
    INVOICE: (
        "invoice invoiceno txntype soinv externalid custno account div creditorg project opportunity order soship"
        " shippergroup invmultorders invbatch ppyinv soppy invdate duedate terms paydiscdate paydiscpct"
        " dateapproved dateprinted datetransfer period arperiod finchgdate finchgpct pre_approved approved printed"
        " transferred posted cancelled inprocess cashreceived taxexempt taxverified arapbypass asnsent total"
        " discamt discpct freightamt handlingamt packageamt taxamt taxovramt shippingtax tottaxable totalppya"
        " grandtotal amtcredited bankcharge discountable prearpayamt totcalctaxamount vatamt amtcravail currency"
        " sumfrt sumhand sumpackage taxfreight taxhandling taxpackaging freightacct handlingacct packageacct"
        " custcurrency currexchrate currexchratedate ovrsyforexsched syforexschedno name contact address1 address2"
        " address3 city state zip country isocountry email phone fax conmethod schedpayments psinterval"
        " numberofpayments psfirstduedate acctinvoice errortext errordate extcomment intcomment printcomment taxloc"
    ),
    LINE: (
        "invoice invline prod qty price discamt discpct uom extamount discextamount freightamt handlingamt packageamt"
        " calctaxamount taxamount taxoverride taxexempt holdtaxovr vatamt syvatclass order line sorma salesacct dimvals"
        " project wbs extcomment intcomment noprint linecredit bccredit incomesched"
    ),
    CUSTOMER: (
        "custno sf_account sf_account_name fscustid altfscustid fincust socust custcurr maintcurrind terms cclass"
        " taxexempt taxidnumber vatid resalecert avaentitycode credithold manualhold creditlimit arbalance"
        " unbilledorders maxunbilled prepayonly inactive discpct website noinvemail"
    ),
    "rstk__socaddr__c": (
        "custno seq name address1 address2 address3 city state zip country isocountry email phone fax defaultbillto"
        " defaultshipto defaultack defaultinstall taxloc locationref"
    ),
    PRODUCT: (
        "prod descr div fsprodid activeind prodtype price slsuom icitem sf_product taxexempt vatclass avataxcode ean"
        " comcod cosacct"
    ),
    "rstk__peitem__c": "item descr div status type",
    "rstk__sycmp__c": "cmpno descr homecurr qbprimecmp qbcompany qbnamedcredential utcoffset ff_company arapbypass",
    "rstk__sydiv__c": "div cmpno",
    "rstk__sydefault__c": "salesexport payexport jeexport qbautoprod qbomultcmpno qbcompany qbtimeout abortonerror",
    "rstk__syterms__c": "id descr dueindays discpercent discdaysoffset",
    "rstk__sotax__c": "locid totalrate",
    "rstk__sycurr__c": "currency exchrate",
    "rstk__syuom__c": "uom",
    "rstk__soibatch__c": "invbatch approved closed printed transferred",
    "rstk__sohdr__c": "order custpo custref custno div terms ordertotal freightamt handlingamt packageamt",
    "rstk__soship__c": "invoice tracking",
    PAYMENT: (
        "soinv invpayid payamount paydate status sogateway soppy error reversed revdatet revtxnid reconciled lastfour"
        " cardtype"
    ),
    "rstk__sohdrpay__c": "ordpayid payamount authamount status",
    "rstk__soppy__c": (
        "ppynumber div custno order amount amtappl appmethod pct type released reldate completed applytoinv invoice"
        " crmemo reversed ppyvat cctxnid"
    ),
    SYDATA: (
        "txntype soinv sohdr soship soibatch sogateway sorma ordpayamt ordpayid lastordpayid alllines invoiceorder"
        " addinvapproved addtobatch closebatch reinvshipper backgroundprocessing process message extmessage errorstack"
        " ordpayerror processid jobstatus txndate"
    ),
    "rstk__syresult__c": "desc processid log sydiv sycmp objectid processtype number01 number10 sequence",
    "rstk__syresultd__c": "syresult errortext longerrortext repairerror",
}


@pytest.mark.parametrize("sobject", VERIFIED)
def test_every_field_that_the_facts_name_is_there(org: Org, sobject: str) -> None:
    described = {one["name"] for one in org.get(f"/sobjects/{sobject}/describe").json()["fields"]}
    code = sobject.removesuffix("__c")
    assert {f"{code}_{name}__c" for name in VERIFIED[sobject].split()} - described == set()


def test_process_log_fields_carry_no_object_code(org: Org) -> None:
    described = {one["name"]: one for one in org.get("/sobjects/rstk__processlog__c/describe").json()["fields"]}
    lengths = {"status": 200, "substatus": 255, "errormessagelong": 10_000, "errorstack": 32_768, "input": 10_000}
    assert {name: described[f"rstk__{name}__c"]["length"] for name in lengths} == lengths


def test_relations_that_the_product_follows(org: Org, load: Loader) -> None:
    customer = org.some_id(CUSTOMER, "Name = 'C-1002'")
    bill = org.some_id(CUSTOMER, "Name = 'C-1003'")
    org.state("PATCH", f"{CUSTOMER}/{customer}", {"rstk__socust_fincust__c": bill})
    invoice = org.id_of("000102")
    tax = org.some_id("rstk__sotax__c")
    org.state("PATCH", f"{INVOICE}/{invoice}", {f"{AT}taxloc__c": tax, f"{AT}extcomment__c": "<p>Thanks</p>"})
    load.shipper(invoice, "SH-9", tracking="1Z999", shipdate=date(2026, 10, 3))
    paths = {
        f"{AT}order__r.rstk__sohdr_custpo__c": "PO 55/19",
        f"{AT}order__r.rstk__sohdr_order__c": "SO-2002",
        f"{AT}terms__r.rstk__syterms_id__c": "NET30",
        f"{AT}terms__r.rstk__syterms_dueindays__c": 30,
        f"{AT}taxloc__r.rstk__sotax_locid__c": "MA",
        f"{AT}soship__r.rstk__soship_tracking__c": "1Z999",
        f"{AT}soship__r.rstk__soship_shipdate__c": "2026-10-03",
        f"{AT}custno__r.rstk__socust_fincust__r.rstk__socust_custno__c": "C-1003",
        f"{AT}custno__r.rstk__socust_custcurr__r.rstk__sycurr_currency__c": "USD",
        f"{AT}extcomment__c": "<p>Thanks</p>",
    }
    row = org.rows(f"SELECT {', '.join(paths)} FROM {INVOICE} WHERE Id = '{invoice}'")[0]
    for path, wanted in paths.items():
        value: Any = row
        for hop in path.split("."):
            value = value[hop]
        assert value == wanted, path


def test_financials_bring_their_objects(org: Org) -> None:
    names = [f"rstkf__{name}__c" for name in ("arinvtxn", "arinvdue", "arapplic", "arcashh", "arcashd")]
    for name in names:
        assert refusal(org.ask(f"SELECT Id FROM {name}")) == (400, "INVALID_TYPE")
    listed = [one["name"] for one in org.get("/sobjects").json()["sobjects"]]
    assert not set(listed) & set(names)
    org.settings(financials=True)
    assert all(org.ask(f"SELECT Id FROM {name}").status_code == 200 for name in names)


# --- SYDATA --------------------------------------------------------------------------------------------


def transact(org: Org, kind: str, number: str, **fields: Any) -> str:
    invoice = org.id_of(number)
    order = header(org, invoice, "order")[0]
    row = {"txntype": kind, "soinv": invoice, "sohdr": order, "alllines": True, "backgroundprocessing": True, **fields}
    body = {name if "__" in name else f"rstk__sydata_{name}__c": value for name, value in row.items()}
    answer = org.call("POST", f"/sobjects/{SYDATA}", body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def process(org: Org, record: str) -> tuple[str, str | None]:
    names = "rstk__sydata_process__c", "rstk__sydata_message__c"
    row = org.rows(f"SELECT {', '.join(names)} FROM {SYDATA} WHERE Id = '{record}'")[0]
    return row[names[0]], row[names[1]]


def ended(org: Org, record: str) -> tuple[str, str | None]:
    for _ in range(3):
        last = process(org, record)
    return last


def pay(org: Org, number: str, amount: float, **fields: Any) -> str:
    gateway = org.some_id("rstk__sogateway__c")
    given = {"sogateway": gateway, "ordpayamt": amount, "ordpayid": "bc-pay-1", **fields}
    return transact(org, "Sales Invoice Payment", number, **given)


def test_a_transaction_goes_through_its_stages(org: Org) -> None:
    record = transact(org, "Transfer Sales Invoice", "000101")
    assert [process(org, record)[0] for _ in range(4)] == [
        "Ready", "Processing Job", "ProcessingComplete", "ProcessingComplete",
    ]  # fmt: skip
    transferred, day, posted = header(org, org.id_of("000101"), "transferred", "datetransfer", "posted")
    assert transferred is True and day and posted is False
    org.settings(sydata_polls=2)
    slow = transact(org, "Transfer Sales Invoice", "000102")
    assert [process(org, slow)[0] for _ in range(5)] == ["Ready"] * 2 + ["Processing Job"] * 2 + ["ProcessingComplete"]


def test_without_background_processing_it_is_done_at_once(org: Org) -> None:
    org.settings(financials=True)
    record = transact(org, "Transfer Sales Invoice", "000101", backgroundprocessing=False)
    assert process(org, record)[0] == "ProcessingComplete"
    assert header(org, org.id_of("000101"), "transferred", "posted") == [True, True]


def test_a_row_on_hold_waits(org: Org) -> None:
    record = transact(org, "Transfer Sales Invoice", "000101", process="Hold")
    assert ended(org, record) == ("Hold", None)


def test_approval(org: Org) -> None:
    assert ended(org, transact(org, "Approve Sales Invoice", "000130"))[0] == "ProcessingComplete"
    assert header(org, org.id_of("000130"), "approved") == [True]
    assert ended(org, transact(org, "Approve Sales Invoice", "000130"))[0] == "Validation Failure"


def test_a_payment_and_its_reversal(org: Org) -> None:
    invoice = org.id_of("000101")
    assert ended(org, pay(org, "000101", 30))[0] == "ProcessingComplete"
    row = org.rows(
        "SELECT rstk__soinvpay_status__c, rstk__soinvpay_payamount__c, rstk__soinvpay_reversed__c"
        f" FROM {PAYMENT} WHERE rstk__soinvpay_invpayid__c = 'bc-pay-1' AND rstk__soinvpay_soinv__c = '{invoice}'"
    )[0]
    assert row["rstk__soinvpay_status__c"] == "Payment Completed" and row["rstk__soinvpay_payamount__c"] == 30
    assert header(org, invoice, "prearpayamt") == [Decimal("30.00")]
    reversal = transact(org, "Sales Invoice Payment Reversal", "000101", ordpayid="bc-pay-1")
    assert ended(org, reversal)[0] == "ProcessingComplete"
    assert header(org, invoice, "prearpayamt") == [Decimal("0.00")]
    again = transact(org, "Sales Invoice Payment Reversal", "000101", ordpayid="bc-pay-1")
    assert ended(org, again) == ("Validation Failure", "No payment of the invoice has this id")


@pytest.mark.parametrize(
    ("number", "amount", "fields", "message"),
    [
        ("000130", 5, {}, "Sales Invoice is not approved"),
        ("000132", 5, {}, "Sales Invoice is not approved"),
        ("000101", 50.01, {}, "not above the open amount"),
        ("000101", 0, {}, "above zero"),
        ("000101", 5, {"sogateway": None}, "Payment Gateway is not known"),
        ("000101", 5, {"sohdr": None}, "Sales Order is required"),
        ("000101", 5, {"soinv": None}, "Sales Invoice is required"),
        ("000101", 5, {"txntype": None}, "Transaction Type is required"),
    ],
)
def test_refused_payments(org: Org, number: str, amount: float, fields: dict[str, Any], message: str) -> None:
    stage, text = ended(org, pay(org, number, amount, **fields))
    assert stage == "Validation Failure" and message in str(text)
    assert org.rows(f"SELECT Id FROM {PAYMENT}") == []


def test_what_was_paid_is_no_longer_open(org: Org) -> None:
    assert ended(org, pay(org, "000101", 50))[0] == "ProcessingComplete"
    assert ended(org, pay(org, "000101", 0.01, ordpayid="bc-pay-2"))[0] == "Validation Failure"


def test_a_gateway_may_be_optional_and_may_be_inactive(org: Org) -> None:
    gateway = org.some_id("rstk__sogateway__c")
    org.state("PATCH", f"rstk__sogateway__c/{gateway}", {"rstk__sogateway_inactive__c": True})
    assert ended(org, pay(org, "000101", 5))[0] == "Validation Failure"
    org.settings(gateway_required=False)
    assert ended(org, pay(org, "000101", 5, sogateway=None))[0] == "ProcessingComplete"


def test_a_transfer_wants_an_approved_invoice_that_was_not_transferred(org: Org) -> None:
    for number in ("000130", "000131"):
        assert ended(org, transact(org, "Transfer Sales Invoice", number))[0] == "Validation Failure"


def test_the_key_of_a_transaction_is_unique(org: Org) -> None:
    pay(org, "000101", 5, rstk__altextid__c="bcpay-9931")
    body = {"rstk__altextid__c": "BCPAY-9931", "rstk__sydata_txntype__c": "Sales Invoice Payment"}
    again = org.call("POST", f"/sobjects/{SYDATA}", body)
    assert refusal(again) == (400, "DUPLICATE_VALUE")
    long = org.call("POST", f"/sobjects/{SYDATA}", {"rstk__altextid__c": "x" * 21})
    assert refusal(long) == (400, "STRING_TOO_LONG")


def test_an_insert_may_fail_by_itself(org: Org) -> None:
    kind = {"rstk__sydata_txntype__c": "Paint Sales Invoice"}
    assert refusal(org.call("POST", f"/sobjects/{SYDATA}", kind)) == (400, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST")
    org.settings(validation_rules={f"{SYDATA}.rstk__sydata_ordpayamt__c": "No payments today"})
    paid = {"rstk__sydata_ordpayamt__c": 5}
    assert refusal(org.call("POST", f"/sobjects/{SYDATA}", paid)) == (400, "FIELD_CUSTOM_VALIDATION_EXCEPTION")


def test_a_batch_of_invoices(org: Org) -> None:
    batch = org.state("POST", "rstk__soibatch__c", {"rstk__soibatch_invbatch__c": "B1"})["Id"]
    numbers = ("000101", "000102")
    for number in numbers:
        org.state("PATCH", f"{INVOICE}/{org.id_of(number)}", {f"{AT}invbatch__c": batch})

    def run(kind: str) -> str:
        body = {"rstk__sydata_txntype__c": f"{kind} Sales Invoice Batch", "rstk__sydata_soibatch__c": batch}
        return process(org, org.call("POST", f"/sobjects/{SYDATA}", body).json()["id"])[0]

    assert run("Approve") == "Validation Failure"
    assert [run(kind) for kind in ("Deapprove", "Approve", "Close", "Reopen", "Transfer")] == ["ProcessingComplete"] * 5
    assert org.numbers(f"{AT}invbatch__c = '{batch}' AND {AT}transferred__c = true") == list(numbers)
    flags = org.get(f"/sobjects/rstk__soibatch__c/{batch}").json()
    assert [flags[f"rstk__soibatch_{name}__c"] for name in ("approved", "closed", "transferred")] == [True, False, True]
    assert run("Deapprove") == "Validation Failure"


def test_transactions_move_on_when_told_too(org: Org) -> None:
    transact(org, "Transfer Sales Invoice", "000101")
    for _ in range(2):
        org.act("process_sydata")
    assert header(org, org.id_of("000101"), "transferred") == [True]
