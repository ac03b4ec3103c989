"""Two more companies, of the kinds that the demonstration's own are not.

NORTH is Canadian: a tax code on every line, many currencies, classes, locations, deposits and custom fields.
SUNNY is in the US with automated sales tax, and QuickBooks gives its invoices their numbers.
"""

from datetime import UTC, datetime
from decimal import Decimal

from sandbox.quickbooks.operator import edit
from sandbox.quickbooks.seed import CUSTOMERS, ITEMS, customer, fill, item, person, record, us_company
from sandbox.quickbooks.store import Company
from sandbox.quickbooks.wire import Record

NORTH, SUNNY = "9130350000000003", "9130350000000004"
_BEGAN = datetime(2026, 1, 5, 17, tzinfo=UTC)
_CAD, _US_DOLLAR = {"value": "CAD", "name": "Canadian Dollar"}, {"value": "USD", "name": "United States Dollar"}
_RATES = (
    ("3", "GST", "5", "1"), ("4", "HST ON", "13", "1"), ("5", "QST", "9.975", "2"), ("6", "Exempt", "0", "1"),
    ("7", "Zero-rated", "0", "1"),
)  # fmt: skip
# Id, name, the rates it stands for
_CODES = (
    ("2", "Exempt", ("6",)), ("3", "Zero-rated", ("7",)), ("4", "GST", ("3",)), ("5", "HST ON", ("4",)),
    ("6", "GST/QST QC", ("3", "5")),
)  # fmt: skip
_CURRENCIES = (("1", "CAD", "Canadian Dollar", True), ("2", "USD", "United States Dollar", True),
               ("3", "EUR", "Euro", True), ("4", "GBP", "British Pound Sterling", False))  # fmt: skip
_EXCHANGE = (("USD", "2026-01-01", "1.3700"), ("USD", "2026-10-01", "1.3600"), ("EUR", "2026-01-01", "1.4900"))
_CUSTOM = [
    {"CustomField": [
        {"Name": f"SalesFormsPrefs.UseSalesCustom{number}", "Type": "BooleanType", "BooleanValue": number < 3}
        for number in (1, 2, 3)
    ]},
    {"CustomField": [
        {"Name": f"SalesFormsPrefs.SalesCustomName{number}", "Type": "StringType", "StringValue": name}
        for number, name in ((1, "Crew #"), (2, "Site"), (3, "Unused"))
    ]},
]  # fmt: skip


def north() -> Company:
    """The Canadian company."""
    company = us_company(NORTH, "Maple Ridge Supply")
    _settle_north(company)
    company.tables["TaxCode"].clear()
    company.tables["TaxRate"].clear()
    _tax(company)
    for account in list(company.rows("Account")):
        company.put("Account", {**account, "CurrencyRef": _CAD})
    _people(company)
    fill(company, "Item", (item(*row) for row in ITEMS))
    _currencies(company)
    fill(company, "Class", (_named(*row, flag="SubClass") for row in (("1", "Wholesale"), ("2", "Retail"))))
    fill(company, "Department", [_named("1", "Ottawa", flag="SubDepartment")])
    return company


def sunny() -> Company:
    """The company with automated sales tax."""
    company = us_company(SUNNY, "Acme Sunbelt")
    edit(company, "Preferences", "1", {
        "SalesFormsPrefs": {"CustomTxnNumbers": False}, "TaxPrefs": {"PartnerTaxEnabled": True},
        "AccountingInfoPrefs": {"BookCloseDate": "2025-12-31"},
    }, _BEGAN)  # fmt: skip
    fill(company, "Customer", (customer(*row) for row in CUSTOMERS[:2]))
    fill(company, "Item", (item(*row) for row in ITEMS))
    company.last_number = 1036
    return company


def _settle_north(company: Company) -> None:
    address = {"Id": "1", "Line1": "40 Sparks Street", "City": "Ottawa", "Country": "CAN",
               "CountrySubDivisionCode": "ON", "PostalCode": "K1P 5A8"}  # fmt: skip
    edit(company, "CompanyInfo", "1", {"Country": "CA", "CompanyAddr": address, "LegalAddr": address}, _BEGAN)
    edit(company, "Preferences", "1", {
        "AccountingInfoPrefs": {"BookCloseDate": "2025-12-31", "TrackDepartments": True, "ClassTrackingPerTxn": True,
                                "ClassTrackingPerTxnLine": True},
        "SalesFormsPrefs": {"AllowDeposit": True, "CustomField": _CUSTOM},
        "CurrencyPrefs": {"MultiCurrencyEnabled": True, "HomeCurrency": {"value": "CAD"}},
    }, _BEGAN)  # fmt: skip
    company.preferences["TaxPrefs"] = {"UsingSalesTax": True}


def _tax(company: Company) -> None:
    fill(company, "TaxAgency", (
        record(record_id, DisplayName=name, TaxTrackedOnSales=True, TaxTrackedOnPurchases=True)
        for record_id, name in (("1", "Canada Revenue Agency"), ("2", "Ministère du Revenu Québec"))
    ))  # fmt: skip
    fill(company, "TaxRate", (
        record(record_id, Name=name, Description=name, Active=True, RateValue=Decimal(rate),
               AgencyRef={"value": agency}, SpecialTaxType="NONE", DisplayType="ReadOnly")
        for record_id, name, rate, agency in _RATES
    ))  # fmt: skip
    fill(company, "TaxCode", (_code(*row) for row in _CODES))


def _code(record_id: str, name: str, rates: tuple[str, ...]) -> Record:
    names = {rate_id: rate for rate_id, rate, _, _ in _RATES}
    detail = [
        {"TaxRateRef": {"value": each, "name": names[each]}, "TaxTypeApplicable": "TaxOnAmount", "TaxOrder": 0}
        for each in rates
    ]
    return record(
        record_id, Name=name, Description=name, Active=True, Hidden=False, Taxable=True, TaxGroup=True,
        SalesTaxRateList={"TaxRateDetail": detail}, PurchaseTaxRateList={"TaxRateDetail": []},
    )  # fmt: skip


def _people(company: Company) -> None:
    place = ("8 Bank Street", "Ottawa", "ON", "K1P 5N4")
    home = {**customer("1001", "Maple Ridge Cafe", "ap@mapleridge.example", place), "CurrencyRef": _CAD}
    away = {**customer("1002", "Lakeshore Bistro", "ap@lakeshore.example", CUSTOMERS[1][3]), "CurrencyRef": _US_DOLLAR}
    for each in (home, away):
        del each["DefaultTaxCodeRef"]
        company.put("Customer", each)
    fill(company, "Vendor", [person("1500", "Rideau Cartage", Balance=Decimal(0), CurrencyRef=_CAD)])
    fill(company, "Employee", [person("1600", "Remy Tremblay", GivenName="Remy", FamilyName="Tremblay")])


def _currencies(company: Company) -> None:
    fill(company, "CompanyCurrency", (
        record(record_id, Code=code, Name=name, Active=active) for record_id, code, name, active in _CURRENCIES
    ))  # fmt: skip
    fill(company, "ExchangeRate", (
        record(f"{code}@{day}", SourceCurrencyCode=code, TargetCurrencyCode="CAD", Rate=Decimal(rate), AsOfDate=day)
        for code, day, rate in _EXCHANGE
    ))  # fmt: skip


def _named(record_id: str, name: str, flag: str) -> Record:
    return record(record_id, Name=name, FullyQualifiedName=name, Active=True, **{flag: False})
