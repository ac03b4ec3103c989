"""The properties QuickBooks knows, with their kinds and lengths; anything else is refused.

Names and lengths: the entity reference pages on developer.intuit.com.
"""

from dataclasses import dataclass
from typing import Any

Shape = dict[str, Any]


@dataclass(frozen=True)
class Text:
    """Text with an optional longest length; `label` is the odd name some faults use."""

    longest: int | None = None
    label: str | None = None


@dataclass(frozen=True)
class Words:
    """An enumeration."""

    values: tuple[str, ...]


@dataclass(frozen=True)
class Many:
    """A list of one kind."""

    of: Any


NUMBER, BOOLEAN, DATE, REF, ANYTHING = "number", "boolean", "date", "ref", "anything"
TEXT = Text()

ADDRESS: Shape = {
    "Id": TEXT, **{f"Line{n}": Text(500) for n in range(1, 6)},
    "City": Text(255), "Country": Text(255), "CountryCode": Text(255),
    "CountrySubDivisionCode": Text(255), "PostalCode": Text(30), "PostalCodeSuffix": TEXT,
    "Lat": TEXT, "Long": TEXT, "Note": TEXT, "Tag": TEXT,
}  # fmt: skip
EMAIL: Shape = {"Address": Text(100), "Id": TEXT, "Default": BOOLEAN, "Tag": TEXT}
COPY_EMAIL: Shape = {**EMAIL, "Address": Text(200)}
PHONE: Shape = {
    "FreeFormNumber": Text(30), "Id": TEXT, "DeviceType": TEXT, "CountryCode": TEXT, "AreaCode": TEXT,
    "ExchangeCode": TEXT, "Extension": TEXT, "Default": BOOLEAN, "Tag": TEXT,
}  # fmt: skip
CUSTOM_FIELD: Shape = {
    "DefinitionId": TEXT, "Name": TEXT, "Type": TEXT, "StringValue": Text(31),
    "BooleanValue": BOOLEAN, "DateValue": DATE, "NumberValue": NUMBER,
}  # fmt: skip
LINKED: Shape = {"TxnId": TEXT, "TxnType": TEXT, "TxnLineId": TEXT}
MARKUP: Shape = {"PercentBased": BOOLEAN, "Value": NUMBER, "Percent": NUMBER, "PriceLevelRef": REF}
SALES_DETAIL: Shape = {
    "ItemRef": REF, "ClassRef": REF, "Qty": NUMBER, "UnitPrice": NUMBER, "RatePercent": NUMBER,
    "TaxCodeRef": REF, "ServiceDate": DATE, "TaxInclusiveAmt": NUMBER, "DiscountRate": NUMBER,
    "DiscountAmt": NUMBER, "MarkupInfo": MARKUP, "ItemAccountRef": REF, "PriceLevelRef": REF,
    "DeferredRevenue": BOOLEAN, "TaxClassificationRef": REF,
}  # fmt: skip
DISCOUNT_DETAIL: Shape = {
    "PercentBased": BOOLEAN, "DiscountPercent": NUMBER, "DiscountAccountRef": REF, "ClassRef": REF,
    "TaxCodeRef": REF, "ServiceDate": DATE, "DiscountRef": REF,
}  # fmt: skip
LINE_KINDS = Words(
    ("SalesItemLineDetail", "DescriptionOnly", "SubTotalLineDetail", "DiscountLineDetail", "GroupLineDetail")
)
LINE: Shape = {
    "Id": TEXT, "LineNum": NUMBER, "Description": Text(4000), "Amount": NUMBER, "DetailType": LINE_KINDS,
    "SalesItemLineDetail": SALES_DETAIL, "DiscountLineDetail": DISCOUNT_DETAIL,
    "DescriptionLineDetail": {"ServiceDate": DATE, "TaxCodeRef": REF},
    "SubTotalLineDetail": {"ItemRef": REF, "ServiceDate": DATE},
    "GroupLineDetail": {"GroupItemRef": REF, "Quantity": NUMBER, "Line": Many(ANYTHING)},
    "LinkedTxn": Many(LINKED), "CustomField": Many(CUSTOM_FIELD), "CustomExtensions": Many(ANYTHING),
}  # fmt: skip
TAX_LINE: Shape = {
    "Id": TEXT, "Amount": NUMBER, "DetailType": TEXT, "LineNum": NUMBER, "Description": TEXT,
    "TaxLineDetail": {
        "TaxRateRef": REF, "PercentBased": BOOLEAN, "TaxPercent": NUMBER, "NetAmountTaxable": NUMBER,
        "TaxInclusiveAmount": NUMBER, "OverrideDeltaAmount": NUMBER, "ServiceDate": DATE,
    },
}  # fmt: skip
TAX_DETAIL: Shape = {
    "TxnTaxCodeRef": REF, "TotalTax": NUMBER, "TaxLine": Many(TAX_LINE),
    "UseAutomatedSalesTax": BOOLEAN, "TaxReviewStatus": TEXT, "DefaultTaxCodeRef": REF,
}  # fmt: skip
COMMON: Shape = {
    "Id": TEXT, "SyncToken": TEXT, "sparse": BOOLEAN, "domain": TEXT, "status": TEXT,
    "MetaData": ANYTHING, "CustomField": Many(CUSTOM_FIELD),
}  # fmt: skip

INVOICE: Shape = {
    **COMMON,
    "CustomerRef": REF, "Line": Many(LINE), "DocNumber": Text(21), "TxnDate": DATE, "DueDate": DATE,
    "SalesTermRef": REF, "CurrencyRef": REF, "ExchangeRate": NUMBER, "TxnTaxDetail": TAX_DETAIL,
    "GlobalTaxCalculation": Words(("TaxExcluded", "TaxInclusive", "NotApplicable")),
    "BillEmail": EMAIL, "BillEmailCc": COPY_EMAIL, "BillEmailBcc": COPY_EMAIL,
    "EmailStatus": Words(("NotSet", "NeedToSend", "EmailSent")),
    "PrintStatus": Words(("NotSet", "NeedToPrint", "PrintComplete")),
    "PrivateNote": Text(4000), "CustomerMemo": {"value": Text(1000, "Customer Memo")},
    "BillAddr": ADDRESS, "ShipAddr": ADDRESS, "ShipFromAddr": ADDRESS, "FreeFormAddress": BOOLEAN,
    "ShipDate": DATE, "TrackingNum": Text(31), "ShipMethodRef": REF, "Deposit": NUMBER,
    "DepositToAccountRef": REF, "ApplyTaxAfterDiscount": BOOLEAN, "ClassRef": REF, "DepartmentRef": REF,
    "ProjectRef": REF, "AllowOnlineCreditCardPayment": BOOLEAN, "AllowOnlineACHPayment": BOOLEAN,
    "AllowIPNPayment": BOOLEAN, "AllowOnlinePayment": BOOLEAN, "LinkedTxn": Many(LINKED),
    "TotalAmt": NUMBER, "Balance": NUMBER, "HomeTotalAmt": NUMBER, "HomeBalance": NUMBER,
    "InvoiceLink": TEXT, "DeliveryInfo": ANYTHING, "RecurDataRef": REF, "TaxExemptionRef": REF,
    "AutoDocNumber": BOOLEAN, "PONumber": TEXT, "FOB": TEXT, "SalesRepRef": REF,
    "EInvoiceStatus": TEXT, "TransactionLocationType": TEXT,
}  # fmt: skip
CUSTOMER: Shape = {
    **COMMON,
    "DisplayName": Text(500), "Title": Text(16), "GivenName": Text(100), "MiddleName": Text(100),
    "FamilyName": Text(100), "Suffix": Text(16), "CompanyName": Text(100), "PrintOnCheckName": Text(110),
    "FullyQualifiedName": TEXT, "Active": BOOLEAN, "PrimaryEmailAddr": EMAIL, "PrimaryPhone": PHONE,
    "AlternatePhone": PHONE, "Mobile": PHONE, "Fax": PHONE, "WebAddr": {"URI": Text(1000)},
    "Notes": Text(2000), "ResaleNum": Text(16), "ParentRef": REF, "Job": BOOLEAN, "BillWithParent": BOOLEAN,
    "IsProject": BOOLEAN, "Level": NUMBER, "CurrencyRef": REF, "Taxable": BOOLEAN,
    "DefaultTaxCodeRef": REF, "TaxExemptionReasonId": TEXT, "SalesTermRef": REF, "PaymentMethodRef": REF,
    "CustomerTypeRef": REF, "ARAccountRef": REF, "PreferredDeliveryMethod": Words(("Print", "Email", "None")),
    "Balance": NUMBER, "BalanceWithJobs": NUMBER, "OpenBalanceDate": DATE, "BillAddr": ADDRESS,
    "ShipAddr": ADDRESS, "PrimaryTaxIdentifier": TEXT, "SecondaryTaxIdentifier": TEXT,
    "GSTIN": TEXT, "GSTRegistrationType": TEXT, "BusinessNumber": TEXT, "Source": TEXT,
    "ClientEntityId": TEXT, "V4IDPseudonym": TEXT,
}  # fmt: skip
ITEM: Shape = {
    **COMMON,
    "Name": Text(100), "Sku": Text(100), "Description": Text(4000), "PurchaseDesc": Text(1000),
    "Type": Words(("Service", "NonInventory", "Inventory", "Category", "Group")), "Active": BOOLEAN,
    "FullyQualifiedName": TEXT, "Level": NUMBER, "SubItem": BOOLEAN, "ParentRef": REF,
    "IncomeAccountRef": REF, "ExpenseAccountRef": REF, "AssetAccountRef": REF, "UnitPrice": NUMBER,
    "PurchaseCost": NUMBER, "Taxable": BOOLEAN, "SalesTaxCodeRef": REF, "SalesTaxIncluded": BOOLEAN,
    "PurchaseTaxCodeRef": REF, "PurchaseTaxIncluded": BOOLEAN, "TrackQtyOnHand": BOOLEAN,
    "QtyOnHand": NUMBER, "InvStartDate": DATE, "AbatementRate": NUMBER, "ReverseChargeRate": NUMBER,
    "ServiceType": TEXT, "ItemCategoryType": TEXT, "ClassRef": REF, "PrefVendorRef": REF,
    "ReorderPoint": NUMBER, "ManPartNum": TEXT, "TaxClassificationRef": REF, "ItemGroupDetail": ANYTHING,
    "PrintGroupedItems": BOOLEAN, "DeferredRevenue": BOOLEAN, "Source": TEXT,
}  # fmt: skip

# What may stand in WHERE and ORDERBY, by entity; the kind decides how values compare.
_META: Shape = {"MetaData.CreateTime": DATE, "MetaData.LastUpdatedTime": DATE}
_NAME: Shape = {
    "Id": TEXT, "DisplayName": TEXT, "GivenName": TEXT, "MiddleName": TEXT, "FamilyName": TEXT,
    "CompanyName": TEXT, "PrintOnCheckName": TEXT, "PrimaryEmailAddr": TEXT, "Active": BOOLEAN, **_META,
}  # fmt: skip
_SALE: Shape = {"Id": TEXT, "TxnDate": TEXT, "CustomerRef": TEXT, "Balance": NUMBER, "TotalAmt": NUMBER, **_META}
FILTERABLE: dict[str, Shape] = {
    "Customer": {**_NAME, "FullyQualifiedName": TEXT, "Balance": NUMBER, "Job": BOOLEAN},
    "Vendor": {**_NAME, "Balance": NUMBER},
    "Employee": _NAME,
    "Item": {
        "Id": TEXT, "Name": TEXT, "Sku": TEXT, "FullyQualifiedName": TEXT, "Type": TEXT,
        "Active": BOOLEAN, **_META,
    },
    "Account": {
        "Id": TEXT, "Name": TEXT, "FullyQualifiedName": TEXT, "AccountType": TEXT, "AccountSubType": TEXT,
        "Classification": TEXT, "AcctNum": TEXT, "Active": BOOLEAN, **_META,
    },
    "Term": {"Id": TEXT, "Name": TEXT, "Active": BOOLEAN, **_META},
    "TaxCode": {"Id": TEXT, "Name": TEXT, "Active": BOOLEAN, "Taxable": BOOLEAN, **_META},
    "TaxRate": {"Id": TEXT, "Name": TEXT, "Active": BOOLEAN, **_META},
    "Invoice": {**_SALE, "DocNumber": TEXT, "DueDate": TEXT, "SalesTermRef": TEXT},
    "Payment": {"Id": TEXT, "TxnDate": TEXT, "CustomerRef": TEXT, "TotalAmt": NUMBER, **_META},
    "CompanyInfo": {"Id": TEXT, **_META},
    "Preferences": {"Id": TEXT, **_META},
}  # fmt: skip
# Lists are asked for active records only, unless the statement speaks of Active.
LISTS = frozenset({"Customer", "Vendor", "Employee", "Item", "Account", "Term", "TaxCode", "TaxRate"})
# Properties of records that have no writing shape here; the query must still know them.
READ_ONLY: dict[str, tuple[str, ...]] = {
    "Vendor": ("CurrencyRef", "BillAddr", "Vendor1099", "AcctNum"),
    "Employee": ("PrimaryAddr", "EmployeeNumber", "SSN"),
    "Account": ("CurrentBalance", "CurrentBalanceWithSubAccounts", "CurrencyRef", "SubAccount",
                "Description"),
    "Term": ("Type", "DueDays", "DiscountDays", "DiscountPercent", "DayOfMonthDue", "DueNextMonthDays"),
    "TaxCode": ("Description", "TaxGroup", "Hidden", "SalesTaxRateList", "PurchaseTaxRateList"),
    "TaxRate": ("Description", "RateValue", "AgencyRef", "SpecialTaxType", "DisplayType"),
    "Payment": ("Line", "UnappliedAmt", "CurrencyRef", "PaymentRefNum", "PaymentMethodRef", "PrivateNote"),
    "CompanyInfo": ("CompanyName", "LegalName", "Country", "CompanyAddr", "LegalAddr", "Email", "NameValue"),
    "Preferences": (
        "AccountingInfoPrefs", "SalesFormsPrefs", "TaxPrefs", "CurrencyPrefs", "OtherPrefs",
        "EmailMessagesPrefs",
    ),
}  # fmt: skip
WRITABLE: dict[str, Shape] = {"Customer": CUSTOMER, "Item": ITEM, "Invoice": INVOICE}


def known_properties(entity: str) -> dict[str, str]:
    """Every property of an entity: lower case to canonical spelling."""
    names = {*FILTERABLE[entity], *WRITABLE.get(entity, COMMON), *READ_ONLY.get(entity, ())}
    return {name.lower(): name for name in names}
