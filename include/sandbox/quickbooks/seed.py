"""The seeded companies: fixed ids and dates, so that the other vendors' data fits them."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from sandbox.quickbooks.store import Company
from sandbox.quickbooks.wire import Record

EAST, WEST = "9130350000000001", "9130350000000002"
MADE = "2026-01-05T09:00:00-08:00"
_INCOME = {"value": "79", "name": "Sales of Product Income"}
_USD = {"value": "USD", "name": "United States Dollar"}
_ACCOUNTS = (
    ("79", "Sales of Product Income", "Income", "SalesOfProductIncome", "Revenue"),
    ("86", "Discounts given", "Income", "DiscountsRefundsGiven", "Revenue"),
    ("84", "Accounts Receivable (A/R)", "Accounts Receivable", "AccountsReceivable", "Asset"),
    ("80", "Cost of Goods Sold", "Cost of Goods Sold", "SuppliesMaterialsCogs", "Expense"),
    ("81", "Inventory Asset", "Other Current Asset", "Inventory", "Asset"),
    ("4", "Undeposited Funds", "Other Current Asset", "UndepositedFunds", "Asset"),
    ("90", "Sales Tax Payable", "Other Current Liability", "SalesTaxPayable", "Liability"),
)
_RATES = (("3", "California", "7.25"), ("4", "Sacramento", "0.75"))
_TERMS = (("1", "Due on receipt", 0), ("2", "Net 15", 15), ("3", "Net 30", 30), ("4", "Net 60", 60))
CUSTOMERS = (
    ("1001", "Amber Lane Dental", "ap@amberlane.example", ("12 Amber Lane", "Cambridge", "MA", "02139")),
    ("1002", "Birch & Sons Plumbing", "billing@birchandsons.example",
     ("77 Canal Street", "Chicago", "IL", "60601")),
    ("1010", "Zinnia Stationers", "office@zinnia.example", ("5 Paper Row", "Portland", "OR", "97205")),
)  # fmt: skip
ITEMS = (
    ("2001", "Hand trowel", "P-100", "NonInventory", "8.50", True),
    ("2002", "Copper elbow", "P-200", "NonInventory", "2.35", True),
    ("2010", "Freight", "", "Service", "0", False),
    ("2011", "Handling", "", "Service", "0", False),
    ("2012", "Packaging", "", "Service", "0", False),
)
_OLD_INVOICES = (
    ("3001", "9001", "2026-02-03", "2026-03-05", "12", "0"),
    ("3002", "9002", "2026-03-10", "2026-04-09", "4", "34.00"),
    ("3003", "9003", "2026-05-21", "2026-06-20", "20", "170.00"),
)


def east() -> Company:
    """A US company that keeps its own sales tax rates and gives invoices its own numbers."""
    company = us_company(EAST, "Acme Garden & Supply")
    fill(company, "Customer", (customer(*row) for row in CUSTOMERS))
    fill(company, "Vendor", [person("1500", "Harbor Line Freight", Balance=Decimal(0), Vendor1099=False)])
    fill(company, "Employee", [person("1600", "Dana Field", GivenName="Dana", FamilyName="Field")])
    fill(company, "Item", (item(*row) for row in ITEMS))
    fill(company, "Item", [{**item("2020", "Old pot (deleted)", "P-900", "NonInventory", "4", True),
                             "Active": False}])  # fmt: skip
    fill(company, "Invoice", (_invoice(*row) for row in _OLD_INVOICES))
    fill(company, "Payment", [_payment()])
    for invoice in list(company.rows("Invoice")):
        company.shift_balance("1010", invoice["Balance"])
    return company


def west() -> Company:
    """A second company of the same owner, nearly empty."""
    company = us_company(WEST, "Acme West")
    fill(company, "Customer", [customer("1001", "Cactus Cafe", "pay@cactus.example",
                                          ("9 Mesa Road", "Phoenix", "AZ", "85004"))])  # fmt: skip
    fill(company, "Item", (item(*row) for row in ITEMS[:1]))
    return company


def us_company(realm: str, name: str) -> Company:
    """A US company with accounts, terms and tax codes and nothing else."""
    company = Company(realm, name, _preferences(), _info(name))
    fill(company, "Account", (account(*row) for row in _ACCOUNTS))
    fill(company, "Term", (term(*row) for row in _TERMS))
    fill(company, "PaymentMethod", payment_methods())
    fill(company, "TaxAgency", [record("1", DisplayName="California Department of Tax", TaxTrackedOnSales=True)])
    fill(company, "TaxCode", _tax_codes())
    fill(company, "TaxRate", (
        record(record_id, Name=name, Description=name, Active=True, RateValue=Decimal(rate))
        for record_id, name, rate in _RATES
    ))  # fmt: skip
    return company


def payment_methods() -> list[Record]:
    """The ways to pay that QuickBooks gives a new company."""
    rows = (("1", "Cash", "NON_CREDIT_CARD"), ("2", "Check", "NON_CREDIT_CARD"), ("3", "Visa", "CREDIT_CARD"))
    return [record(record_id, Name=name, Active=True, Type=kind) for record_id, name, kind in rows]


def fill(company: Company, entity: str, records: Iterable[Record]) -> None:
    """Store records as they are."""
    for each in records:
        company.put(entity, each)


def record(record_id: str, **content: Any) -> Record:
    """A record as QuickBooks itself made it when the company began."""
    meta = {"CreateTime": MADE, "LastUpdatedTime": MADE}
    return {**content, "domain": "QBO", "sparse": False, "Id": record_id, "SyncToken": "0", "MetaData": meta}


def _preferences() -> Record:
    return record(
        "1",
        AccountingInfoPrefs={
            "BookCloseDate": "2026-06-30", "TrackDepartments": False, "ClassTrackingPerTxn": False,
            "ClassTrackingPerTxnLine": False, "FirstMonthOfFiscalYear": "January",
        },
        SalesFormsPrefs={
            "CustomTxnNumbers": True, "AllowDiscount": True, "AllowShipping": True, "AllowDeposit": False,
            "AllowServiceDate": False, "AllowEstimates": True, "AutoApplyCredit": False,
            "DefaultTerms": {"value": "3"}, "DefaultDiscountAccount": "86",
        },
        TaxPrefs={"UsingSalesTax": True, "TaxGroupCodeRef": {"value": "2"}},
        CurrencyPrefs={"MultiCurrencyEnabled": False, "HomeCurrency": {"value": "USD"}},
        OtherPrefs={"NameValue": [{"Name": "SalesFormsPrefs.DefaultItem", "Value": "2001"}]},
    )  # fmt: skip


def _info(name: str) -> Record:
    address = {
        "Id": "1", "Line1": "1 Garden Way", "City": "Sacramento", "Country": "USA",
        "CountrySubDivisionCode": "CA", "PostalCode": "95814",
    }  # fmt: skip
    return record(
        "1", CompanyName=name, LegalName=name, CompanyAddr=address, LegalAddr=address, Country="US",
        Email={"Address": "books@acme.example"}, FiscalYearStartMonth="January", SupportedLanguages="en",
        CompanyStartDate="2026-01-05", NameValue=[
            {"Name": "NeoEnabled", "Value": "true"}, {"Name": "IndustryType", "Value": "Garden supply"},
            {"Name": "SubscriptionStatus", "Value": "PAID"},
            {"Name": "OfferingSku", "Value": "QuickBooks Online Plus"},
        ],
    )  # fmt: skip


def account(record_id: str, name: str, kind: str, subtype: str, group: str) -> Record:
    """An account with nothing in it."""
    return record(
        record_id, Name=name, SubAccount=False, FullyQualifiedName=name, Active=True, Classification=group,
        AccountType=kind, AccountSubType=subtype, CurrentBalance=Decimal(0),
        CurrentBalanceWithSubAccounts=Decimal(0), CurrencyRef=_USD,
    )  # fmt: skip


def term(record_id: str, name: str, days: int) -> Record:
    """So many days to pay."""
    return record(record_id, Name=name, Active=True, Type="STANDARD", DiscountPercent=Decimal(0),
                   DueDays=days, DiscountDays=0)  # fmt: skip


def _tax_codes() -> list[Record]:
    rates = {"TaxRateDetail": [
        {"TaxRateRef": {"value": record_id, "name": name}, "TaxTypeApplicable": "TaxOnAmount", "TaxOrder": 0}
        for record_id, name, _ in _RATES
    ]}  # fmt: skip
    none: Record = {"TaxRateDetail": []}
    return [
        record("TAX", Name="TAX", Description="TAX", Active=True, Taxable=True, TaxGroup=False),
        record("NON", Name="NON", Description="NON", Active=True, Taxable=False, TaxGroup=False),
        record("2", Name="California", Description="California", Active=True, Taxable=True, TaxGroup=True,
                SalesTaxRateList=rates, PurchaseTaxRateList=none),
    ]  # fmt: skip


def person(record_id: str, name: str, **more: Any) -> Record:
    """Somebody with a name."""
    return record(record_id, DisplayName=name, PrintOnCheckName=name, Active=True, **more)


def customer(record_id: str, name: str, email: str, place: tuple[str, str, str, str]) -> Record:
    """A US customer who owes nothing."""
    line, city, state, code = place
    address = {"Id": record_id, "Line1": line, "City": city, "Country": "USA",
               "CountrySubDivisionCode": state, "PostalCode": code}  # fmt: skip
    return person(
        record_id, name, FullyQualifiedName=name, CompanyName=name, Taxable=True, Job=False,
        BillWithParent=False, IsProject=False, BillAddr=address, PrimaryEmailAddr={"Address": email},
        Balance=Decimal(0), BalanceWithJobs=Decimal(0), CurrencyRef=_USD, PreferredDeliveryMethod="Print",
        DefaultTaxCodeRef={"value": "2"},
    )  # fmt: skip


def item(record_id: str, name: str, sku: str, kind: str, price: str, taxable: bool) -> Record:
    """Something sold."""
    code = {"Sku": sku} if sku else {}
    return record(
        record_id, Name=name, **code, FullyQualifiedName=name, Active=True, Taxable=taxable,
        UnitPrice=Decimal(price), Type=kind, IncomeAccountRef=_INCOME, PurchaseCost=Decimal(0),
        TrackQtyOnHand=False,
    )  # fmt: skip


def _invoice(record_id: str, number: str, day: str, due: str, quantity: str, balance: str) -> Record:
    price = Decimal("8.50")
    total = price * int(quantity)
    detail = {
        "ItemRef": {"value": "2001", "name": "Hand trowel"}, "UnitPrice": price, "Qty": Decimal(quantity),
        "ItemAccountRef": _INCOME, "TaxCodeRef": {"value": "NON"},
    }  # fmt: skip
    line = {"Id": "1", "LineNum": 1, "Amount": total, "DetailType": "SalesItemLineDetail",
            "SalesItemLineDetail": detail}  # fmt: skip
    subtotal = {"Amount": total, "DetailType": "SubTotalLineDetail", "SubTotalLineDetail": {}}
    paid = [{"TxnId": "3004", "TxnType": "Payment"}] if not Decimal(balance) else []
    return record(
        record_id, DocNumber=number, TxnDate=day, DueDate=due, CurrencyRef=_USD, LinkedTxn=paid,
        CustomerRef={"value": "1010", "name": "Zinnia Stationers"}, Line=[line, subtotal],
        TxnTaxDetail={"TotalTax": Decimal(0)}, TotalAmt=total, Balance=Decimal(balance), CustomField=[],
        ApplyTaxAfterDiscount=False, PrintStatus="NeedToPrint", EmailStatus="NotSet",
        AllowIPNPayment=False, AllowOnlinePayment=False, AllowOnlineCreditCardPayment=False,
        AllowOnlineACHPayment=False,
    )  # fmt: skip


def _payment() -> Record:
    applied = {"Amount": Decimal("102.00"), "LinkedTxn": [{"TxnId": "3001", "TxnType": "Invoice"}]}
    return record(
        "3004", TxnDate="2026-03-01", TotalAmt=Decimal("102.00"), UnappliedAmt=Decimal(0), CurrencyRef=_USD,
        CustomerRef={"value": "1010", "name": "Zinnia Stationers"}, Line=[applied],
        DepositToAccountRef={"value": "4"},
    )  # fmt: skip
