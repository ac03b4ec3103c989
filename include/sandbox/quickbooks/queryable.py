"""What may be asked about each entity: its filterable properties, and which lists hide inactive records.

Filterable properties: the attribute tables of the entity pages on developer.intuit.com.
"""

from functools import cache

from sandbox.quickbooks.schema import BOOLEAN, COMMON, DATE, NUMBER, TEXT, Shape
from sandbox.quickbooks.shapes import SHAPES

_META: Shape = {"MetaData.CreateTime": DATE, "MetaData.LastUpdatedTime": DATE}
_NAMED: Shape = {"Id": TEXT, "Name": TEXT, "Active": BOOLEAN, **_META}
_NESTED: Shape = {**_NAMED, "FullyQualifiedName": TEXT, "ParentRef": TEXT}
_PERSON: Shape = {
    "Id": TEXT, "DisplayName": TEXT, "GivenName": TEXT, "MiddleName": TEXT, "FamilyName": TEXT,
    "PrintOnCheckName": TEXT, "PrimaryEmailAddr": TEXT, "Active": BOOLEAN, **_META,
}  # fmt: skip
_TRANSACTION: Shape = {"Id": TEXT, "TxnDate": DATE, "CustomerRef": TEXT, "TotalAmt": NUMBER, **_META}
_SALE: Shape = {**_TRANSACTION, "DocNumber": TEXT, "Balance": NUMBER, "SalesTermRef": TEXT, "DepartmentRef": TEXT}

# What may stand in WHERE and ORDERBY, by entity; the kind decides how values compare.
FILTERABLE: dict[str, Shape] = {
    "Customer": {**_PERSON, "CompanyName": TEXT, "FullyQualifiedName": TEXT, "Balance": NUMBER, "Job": BOOLEAN,
                 "ParentRef": TEXT},
    "Vendor": {**_PERSON, "CompanyName": TEXT, "Balance": NUMBER},
    "Employee": _PERSON,
    "Item": {**_NESTED, "Sku": TEXT, "Type": TEXT},
    "Account": {**_NESTED, "AccountType": TEXT, "AccountSubType": TEXT, "Classification": TEXT, "AcctNum": TEXT,
                "SubAccount": BOOLEAN, "CurrentBalance": NUMBER},
    "Term": _NAMED,
    "TaxCode": {**_NAMED, "Taxable": BOOLEAN},
    "TaxRate": _NAMED,
    "TaxAgency": {"Id": TEXT, "DisplayName": TEXT, **_META},
    "Class": _NESTED,
    "Department": _NESTED,
    "PaymentMethod": {**_NAMED, "Type": TEXT},
    "CompanyCurrency": {"Id": TEXT, "Code": TEXT, "Name": TEXT, "Active": BOOLEAN, **_META},
    "ExchangeRate": {"SourceCurrencyCode": TEXT, "TargetCurrencyCode": TEXT, "AsOfDate": DATE,
                     "MetaData.LastUpdatedTime": DATE},
    "Invoice": {**_SALE, "DueDate": DATE},
    "CreditMemo": _SALE,
    "Payment": _TRANSACTION,
    "CompanyInfo": {"Id": TEXT, **_META},
    "Preferences": {"Id": TEXT, **_META},
}  # fmt: skip
# Lists are asked for active records only, unless the statement speaks of Active.
LISTS = frozenset({
    "Customer", "Vendor", "Employee", "Item", "Account", "Term", "TaxCode", "TaxRate", "Class", "Department",
    "PaymentMethod", "CompanyCurrency",
})  # fmt: skip
TRANSACTIONS = frozenset({"Invoice", "CreditMemo", "Payment"})
# Tax codes, rates and agencies, rates of exchange and settings are not among the entities that CDC covers.
TRACKED = (LISTS | TRANSACTIONS) - {"TaxCode", "TaxRate"}
# Properties of records that are made by the tax service; the query must still know them.
_READ_ONLY: dict[str, tuple[str, ...]] = {
    "TaxCode": ("Description", "TaxGroup", "Hidden", "SalesTaxRateList", "PurchaseTaxRateList"),
    "TaxRate": ("Description", "RateValue", "AgencyRef", "SpecialTaxType", "DisplayType"),
}


@cache
def known_properties(entity: str) -> dict[str, str]:
    """Every property of an entity: lower case to canonical spelling."""
    names = {*FILTERABLE[entity], *SHAPES.get(entity, COMMON), *_READ_ONLY.get(entity, ())}
    return {name.lower(): name for name in names}
