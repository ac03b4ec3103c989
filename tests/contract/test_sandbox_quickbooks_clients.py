"""Other people's clients against the QuickBooks stand-in, their code untouched.

python-quickbooks and intuit-oauth (https://pypi.org/project/python-quickbooks/, …/intuit-oauth/).
"""

from __future__ import annotations

import warnings
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from contract import test_sandbox_quickbooks_caller as helpers
from contract.test_sandbox_quickbooks_caller import EAST, NORTH, Caller, invoice

pytest.importorskip("quickbooks")
running, qb = helpers.running, helpers.qb


class Session:
    """What python-quickbooks asks of a session."""

    def __init__(self, token: str) -> None:
        self.access_token = token

    def request(self, method: str, url: str, **more: Any) -> requests.Response:
        return requests.request(method, url, timeout=10, **more)


def client_of(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> Any:
    import quickbooks

    monkeypatch.setattr(quickbooks.QuickBooks, "sandbox_api_url_v3", f"{caller.url}/v3")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        client = quickbooks.QuickBooks(company_id=caller.realm, minorversion=75)
    client.sandbox = True
    client.session = Session(caller.token)
    return client


@pytest.fixture
def library(qb: Caller, monkeypatch: pytest.MonkeyPatch) -> Any:
    return client_of(qb, monkeypatch)


@pytest.fixture
def north(qb: Caller, monkeypatch: pytest.MonkeyPatch) -> Any:
    return client_of(Caller(qb.running, NORTH), monkeypatch)


def ref(value: str) -> Any:
    from quickbooks.objects.base import Ref

    made = Ref()
    made.value = value
    return made


def sold(kind: Any, number: str, quantity: int = 2, **detail: Any) -> Any:
    """An invoice or a credit memo as the library's own documentation makes one."""
    from quickbooks.objects import SalesItemLine, SalesItemLineDetail

    made, item = kind(), SalesItemLine()
    made.CustomerRef, made.DocNumber = ref("1001"), number
    item.SalesItemLineDetail = SalesItemLineDetail()
    item.SalesItemLineDetail.ItemRef = ref("2001")
    item.SalesItemLineDetail.Qty, item.SalesItemLineDetail.UnitPrice = quantity, Decimal("10.10")
    for name, value in detail.items():
        setattr(item.SalesItemLineDetail, name, value)
    item.Amount = quantity * Decimal("10.10")
    made.Line.append(item)
    return made


def library_invoice(number: str) -> Any:
    from quickbooks.objects import Invoice

    return sold(Invoice, number)


def test_customers_and_items(library: Any) -> None:
    from quickbooks.objects import Account, Customer, EmailAddress, Item, PhoneNumber

    customer = Customer()
    customer.DisplayName, customer.PrimaryEmailAddr, customer.PrimaryPhone = "Library", EmailAddress(), PhoneNumber()
    customer.PrimaryEmailAddr.Address, customer.PrimaryPhone.FreeFormNumber = "a@b.example", "+1 555 0100"
    saved = customer.save(qb=library)
    saved.Notes = "changed"
    assert saved.save(qb=library).SyncToken == "1"
    assert Customer.get(saved.Id, qb=library).PrimaryEmailAddr.Address == "a@b.example"
    item = Item()
    item.Name, item.Type = "Library item", "Service"
    item.IncomeAccountRef = Account.get("79", qb=library).to_ref()
    made = item.save(qb=library)
    made.UnitPrice = Decimal("3.35")
    assert made.save(qb=library).UnitPrice == 3.35
    assert Item.filter(Name="Library item", qb=library)[0].Id == made.Id


def test_invoices_are_saved_changed_voided_and_deleted(library: Any) -> None:
    from quickbooks.exceptions import ObjectNotFoundException
    from quickbooks.objects import Invoice

    made = library_invoice("L-1").save(qb=library, request_id="library-1")
    assert made.TotalAmt == 20.2
    assert library_invoice("L-1").save(qb=library, request_id="library-1").Id == made.Id
    again = Invoice.get(made.Id, qb=library)
    again.PrivateNote = "noted"
    assert again.save(qb=library).PrivateNote == "noted"
    again.SyncToken = "1"
    again.void(qb=library)
    void = Invoice.get(made.Id, qb=library)
    assert (void.PrivateNote, void.TotalAmt, void.DocNumber) == ("Voided", 0, "L-1")
    void.delete(qb=library)
    with pytest.raises(ObjectNotFoundException):
        Invoice.get(made.Id, qb=library)
    other = library_invoice("L-2").save(qb=library)
    assert other.download_pdf(qb=library).startswith(b"%PDF")


def test_an_invoice_is_mailed(library: Any) -> None:
    from quickbooks.objects import Invoice

    made = library_invoice("L-1").save(qb=library)
    made.send(qb=library, send_to="x+y@z.example")
    sent = Invoice.get(made.Id, qb=library)
    assert sent.email_sent and sent.BillEmail.Address == "x+y@z.example"


def test_batches(qb: Caller, library: Any) -> None:
    from quickbooks.batch import batch_create, batch_delete, batch_update

    numbers = [*(f"P-{n}" for n in range(34)), "9001"]
    result = batch_create([library_invoice(number) for number in numbers], qb=library)
    assert len(result.successes) == 34 and result.faults[0].Error[0].code == "6140"
    assert result.faults[0].original_object.DocNumber == "9001"
    changed = result.successes[2:4]
    for each in changed:
        each.PrivateNote = "changed"
    assert {each.PrivateNote for each in batch_update(changed, qb=library).successes} == {"changed"}
    assert len(batch_delete(result.successes[:2], qb=library).batch_responses) == 2
    assert len(qb.records("Invoice")) == 3 + 32


def test_credit_memos(qb: Caller, library: Any) -> None:
    from quickbooks.objects import CreditMemo

    made = sold(CreditMemo, "C-1").save(qb=library)
    assert (made.TotalAmt, made.RemainingCredit) == (20.2, 20.2)
    made.PrivateNote = "noted"
    again = made.save(qb=library)
    assert CreditMemo.filter(DocNumber="C-1", qb=library)[0].PrivateNote == "noted"
    again.delete(qb=library)
    assert not qb.records("CreditMemo")


def test_payments(qb: Caller, library: Any) -> None:
    from quickbooks.objects import Invoice, Payment
    from quickbooks.objects.payment import PaymentLine

    made = library_invoice("L-1").save(qb=library)
    paid, line = Payment(), PaymentLine()
    line.Amount, line.LinkedTxn = Decimal("20.20"), [made.to_linked_txn()]
    paid.TotalAmt, paid.CustomerRef, paid.Line = 30, ref("1001"), [line]
    saved = paid.save(qb=library)
    assert (saved.UnappliedAmt, Invoice.get(made.Id, qb=library).Balance) == (9.8, 0)
    saved.PrivateNote = "noted"
    saved = saved.save(qb=library)
    assert saved.UnappliedAmt == 9.8
    saved.void(qb=library)
    assert Payment.get(saved.Id, qb=library).TotalAmt == 0
    assert Invoice.get(made.Id, qb=library).Balance == 20.2
    Payment.get(saved.Id, qb=library).delete(qb=library)
    assert [row["Id"] for row in qb.records("Payment")] == ["3004"]


def test_the_lists(library: Any) -> None:
    from quickbooks.objects import Account, Department, Employee, TaxAgency, Term, Vendor
    from quickbooks.objects.trackingclass import Class

    term, account, agency = Term(), Account(), TaxAgency()
    term.Name, term.DueDays = "Net 7", 7
    account.Name, account.AccountType = "Library income", "Income"
    agency.DisplayName = "Town"
    assert term.save(qb=library).Type == "STANDARD"
    assert account.save(qb=library).Classification == "Revenue"
    assert agency.save(qb=library).DisplayName == "Town"
    for kind in (Vendor, Employee):
        person = kind()
        person.DisplayName = kind.__name__
        assert person.save(qb=library).Active is True
    for kind in (Class, Department):
        each = kind()
        each.Name = "North"
        assert each.save(qb=library).FullyQualifiedName == "North"
    found = Account.filter(Name="Library income", qb=library)[0]
    found.Active = False
    assert found.save(qb=library).Name == "Library income (deleted)"
    assert Account.filter(Name="Library income (deleted)", qb=library) == []


def test_tax_codes_rates_and_the_tax_service(library: Any) -> None:
    from quickbooks.objects import TaxCode, TaxRate
    from quickbooks.objects.taxservice import TaxRateDetails, TaxService

    assert {code.Name for code in TaxCode.all(qb=library)} == {"TAX", "NON", "California"}
    rate, service = TaxRateDetails(), TaxService()
    rate.TaxRateName, rate.RateValue, rate.TaxAgencyId = "Town rate", 10, 1
    service.TaxCode, service.TaxRateDetails = "Town code", [rate]
    made = service.save(qb=library)
    code = TaxCode.get(made.TaxCodeId, qb=library)
    (detail,) = code.SalesTaxRateList.TaxRateDetail
    assert code.Name == "Town code" and TaxRate.get(detail.TaxRateRef.value, qb=library).RateValue == 10


def test_preferences_and_company_info(library: Any) -> None:
    from quickbooks.objects import CompanyInfo, Preferences

    prefs = Preferences.get(qb=library)
    assert prefs.TaxPrefs.UsingSalesTax is True
    prefs.SalesFormsPrefs.AllowDeposit = True
    assert prefs.save(qb=library).SalesFormsPrefs.AllowDeposit is True
    assert Preferences.get(qb=library).SyncToken == "1"
    company = CompanyInfo.get(EAST, qb=library)
    assert company.CompanyName == "Acme Garden & Supply"
    company.LegalName = "Acme Incorporated"
    assert company.save(qb=library).LegalName == "Acme Incorporated"


def test_change_data_capture(library: Any) -> None:
    from datetime import UTC, datetime, timedelta

    from quickbooks.cdc import change_data_capture
    from quickbooks.objects import Customer, Invoice

    since = datetime.now(UTC) - timedelta(days=1)
    assert not hasattr(change_data_capture([Invoice], since, qb=library), "Invoice")
    made = library_invoice("L-1").save(qb=library)
    gone = library_invoice("L-2").save(qb=library)
    gone.delete(qb=library)
    found = change_data_capture([Invoice, Customer], since, qb=library)
    assert [each.Id for each in found.Invoice] == [made.Id, gone.Id] and found.Invoice[1].status == "Deleted"
    assert not hasattr(found, "Customer")


def test_queries(library: Any) -> None:
    from quickbooks.objects import Customer, Invoice, Item

    assert len(Item.all(qb=library)) == 5
    assert Customer.filter(DisplayName="Zinnia Stationers", qb=library)[0].Id == "1010"
    assert len(Customer.choose(["1001", "1002"], qb=library)) == 2
    assert len(Invoice.choose(["9001", "9003"], field="DocNumber", qb=library)) == 2
    assert Customer.count(qb=library) == 3 and Invoice.count("Balance > '0'", qb=library) == 2
    ordered = Customer.all(order_by="DisplayName DESC", qb=library)
    assert ordered[0].DisplayName == "Zinnia Stationers"
    page = Customer.where("Active = true", order_by="Id", start_position=2, max_results=1, qb=library)
    assert [each.Id for each in page] == ["1002"]
    assert Invoice.query("select * from Invoice where TxnDate > '2026-03-01'", qb=library)[0].DocNumber == "9002"


def test_another_countrys_company(north: Any) -> None:
    from quickbooks.exceptions import QuickbooksException
    from quickbooks.objects import Invoice, TaxCode
    from quickbooks.objects.companycurrency import CompanyCurrency
    from quickbooks.objects.exchangerate import ExchangeRate

    bare = sold(Invoice, "N-1")
    bare.CurrencyRef = ref("CAD")
    with pytest.raises(QuickbooksException, match="validation"):
        bare.save(qb=north)
    (code,) = TaxCode.filter(Name="HST ON", qb=north)
    made = sold(Invoice, "N-1", TaxCodeRef=code.to_ref())
    made.CurrencyRef = ref("CAD")
    saved = made.save(qb=north)
    assert (saved.TotalAmt, saved.TxnTaxDetail.TotalTax) == (22.83, 2.63)
    currency = CompanyCurrency()
    currency.Code = "AUD"
    assert currency.save(qb=north).Name == "Australian Dollar"
    rate = ExchangeRate()
    rate.SourceCurrencyCode, rate.Rate, rate.AsOfDate = "AUD", Decimal("0.9"), "2026-11-01"
    assert rate.save(qb=north).Rate == 0.9
    assert ExchangeRate.where("SourceCurrencyCode = 'AUD'", qb=north)[0].TargetCurrencyCode == "CAD"


def test_the_refusals_come_through(qb: Caller, library: Any) -> None:
    from quickbooks.exceptions import AuthorizationException, QuickbooksException, ValidationException
    from quickbooks.objects import Customer

    with pytest.raises(ValidationException):
        Customer().save(qb=library)
    qb.set(throttle="on", calls_per_second=0)
    with pytest.raises(QuickbooksException, match="Error reading json response"):
        Customer.all(qb=library)
    library.session.access_token = "gone"
    with pytest.raises(AuthorizationException):
        Customer.all(qb=library)


# --- intuit-oauth -------------------------------------------------------------------------------


def auth_client(qb: Caller, **more: Any) -> Any:
    client = pytest.importorskip("intuitlib.client")
    client_id, secret = qb.client
    # an environment that is no known word is taken for the discovery address
    return client.AuthClient(client_id, secret, "http://localhost/back", qb.about["discovery_url"], **more)


def test_intuit_oauth_connects_refreshes_and_revokes(qb: Caller) -> None:
    from intuitlib.enums import Scopes
    from intuitlib.exceptions import AuthClientError

    auth = auth_client(qb)
    asked = auth.get_authorization_url([Scopes.ACCOUNTING])
    place = requests.get(f"{asked}&auto_consent={EAST}", allow_redirects=False, timeout=5).headers["Location"]
    given = {name: values[0] for name, values in parse_qs(urlsplit(place).query).items()}
    assert given["state"] == auth.state_token
    auth.get_bearer_token(given["code"], realm_id=given["realmId"])
    first, qb.token = auth.refresh_token, auth.access_token
    assert auth.expires_in == 3600 and qb.made("invoice", invoice())
    auth.refresh()
    assert auth.refresh_token != first
    with pytest.raises(AuthClientError) as caught:
        auth.refresh(refresh_token=first)
    assert caught.value.status_code == 400 and b"invalid_grant" in caught.value.content
    assert auth.get_user_info().json()["emailVerified"] is True
    assert auth.revoke() is True
    qb.token = auth.access_token
    assert qb.call("GET", "preferences").status_code == 401


def test_both_together(qb: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    """QuickBooks(auth_client=…) renews by itself and signs its calls through requests-oauthlib."""
    import quickbooks
    from quickbooks.objects import Customer

    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    monkeypatch.setattr(quickbooks.QuickBooks, "api_url_v3", f"{qb.url}/v3")
    auth = auth_client(qb)
    client = quickbooks.QuickBooks(auth_client=auth, refresh_token=qb.refresh_token, company_id=EAST, minorversion=75)
    assert Customer.count(qb=client) == 3 and client.refresh_token == qb.refresh_token
