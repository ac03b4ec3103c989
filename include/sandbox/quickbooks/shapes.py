"""What may stand in the body of each entity. Names and lengths: the entity pages of developer.intuit.com."""

from sandbox.quickbooks.schema import (
    ADDRESS,
    ANYTHING,
    BOOLEAN,
    COMMON,
    COPY_EMAIL,
    DATE,
    EMAIL,
    LINE,
    LINKED,
    NUMBER,
    PHONE,
    REF,
    TAX_DETAIL,
    TEXT,
    FreeRef,
    Many,
    Shape,
    Text,
    Words,
)

SALE: Shape = {
    **COMMON,
    "CustomerRef": REF, "Line": Many(LINE), "DocNumber": Text(21), "TxnDate": DATE,
    "SalesTermRef": REF, "CurrencyRef": REF, "ExchangeRate": NUMBER, "TxnTaxDetail": TAX_DETAIL,
    "GlobalTaxCalculation": Words(("TaxExcluded", "TaxInclusive", "NotApplicable")),
    "BillEmail": EMAIL, "BillEmailCc": COPY_EMAIL, "BillEmailBcc": COPY_EMAIL,
    "EmailStatus": Words(("NotSet", "NeedToSend", "EmailSent")),
    "PrintStatus": Words(("NotSet", "NeedToPrint", "PrintComplete")),
    "PrivateNote": Text(4000), "CustomerMemo": {"value": Text(1000, "Customer Memo")},
    "BillAddr": ADDRESS, "ShipAddr": ADDRESS, "ShipFromAddr": ADDRESS, "FreeFormAddress": BOOLEAN,
    # the length of TrackingNum is a switch
    "ShipDate": DATE, "TrackingNum": TEXT, "ShipMethodRef": FreeRef(30),
    "DepositToAccountRef": REF, "ApplyTaxAfterDiscount": BOOLEAN, "ClassRef": REF, "DepartmentRef": REF,
    "ProjectRef": REF, "LinkedTxn": Many(LINKED), "TotalAmt": NUMBER, "Balance": NUMBER,
    "HomeTotalAmt": NUMBER, "HomeBalance": NUMBER, "DeliveryInfo": ANYTHING, "RecurDataRef": REF,
    "TaxExemptionRef": REF, "AutoDocNumber": BOOLEAN, "PONumber": TEXT, "FOB": TEXT, "SalesRepRef": REF,
    "TransactionLocationType": TEXT,
}  # fmt: skip
INVOICE: Shape = {
    **SALE,
    "DueDate": DATE, "Deposit": NUMBER, "InvoiceLink": TEXT, "EInvoiceStatus": TEXT,
    "AllowOnlineCreditCardPayment": BOOLEAN, "AllowOnlineACHPayment": BOOLEAN,
    "AllowIPNPayment": BOOLEAN, "AllowOnlinePayment": BOOLEAN,
}  # fmt: skip
CREDIT_MEMO: Shape = {
    **SALE, "RemainingCredit": NUMBER, "PaymentMethodRef": REF, "PaymentRefNum": Text(21), "InvoiceRef": REF,
}  # fmt: skip
PAYMENT: Shape = {
    **COMMON,
    "CustomerRef": REF, "TotalAmt": NUMBER, "UnappliedAmt": NUMBER, "TxnDate": DATE, "PaymentRefNum": Text(21),
    "PaymentMethodRef": REF, "DepositToAccountRef": REF, "ARAccountRef": REF, "CurrencyRef": REF,
    "ExchangeRate": NUMBER, "PrivateNote": Text(4000), "TxnSource": TEXT, "TxnStatus": TEXT,
    "ProcessPayment": BOOLEAN, "CreditCardPayment": ANYTHING, "TaxExemptionRef": REF,
    "TransactionLocationType": TEXT, "ProjectRef": REF, "LinkedTxn": Many(LINKED),
    "Line": Many({
        "Id": TEXT, "LineNum": NUMBER, "Description": Text(4000), "Amount": NUMBER,
        "LinkedTxn": Many(LINKED), "LineEx": ANYTHING,
    }),
}  # fmt: skip

_PERSON: Shape = {
    **COMMON,
    "DisplayName": Text(500), "Title": Text(16), "GivenName": Text(100), "MiddleName": Text(100),
    "FamilyName": Text(100), "Suffix": Text(16), "PrintOnCheckName": Text(110), "Active": BOOLEAN,
    "PrimaryPhone": PHONE, "Mobile": PHONE, "PrimaryEmailAddr": EMAIL, "Source": TEXT, "V4IDPseudonym": TEXT,
}  # fmt: skip
_FIRM: Shape = {
    **_PERSON,
    "CompanyName": Text(100), "AlternatePhone": PHONE, "Fax": PHONE, "WebAddr": {"URI": Text(1000)},
    "CurrencyRef": REF, "Balance": NUMBER, "BillAddr": ADDRESS, "PrimaryTaxIdentifier": TEXT,
    "GSTIN": TEXT, "GSTRegistrationType": TEXT, "BusinessNumber": TEXT, "ClientEntityId": TEXT,
}  # fmt: skip
CUSTOMER: Shape = {
    **_FIRM,
    "FullyQualifiedName": TEXT, "Notes": Text(2000), "ResaleNum": Text(16), "ParentRef": REF, "Job": BOOLEAN,
    "BillWithParent": BOOLEAN, "IsProject": BOOLEAN, "Level": NUMBER, "Taxable": BOOLEAN,
    "DefaultTaxCodeRef": REF, "TaxExemptionReasonId": TEXT, "SalesTermRef": REF, "PaymentMethodRef": REF,
    "CustomerTypeRef": REF, "ARAccountRef": REF, "PreferredDeliveryMethod": Words(("Print", "Email", "None")),
    "BalanceWithJobs": NUMBER, "OpenBalanceDate": DATE, "ShipAddr": ADDRESS, "SecondaryTaxIdentifier": TEXT,
}  # fmt: skip
VENDOR: Shape = {
    **_FIRM,
    "TaxIdentifier": TEXT, "BillRate": NUMBER, "CostRate": NUMBER, "AcctNum": Text(100), "Vendor1099": BOOLEAN,
    "TaxReportingBasis": TEXT, "TermRef": REF, "APAccountRef": REF, "VendorPaymentBankDetail": ANYTHING,
}  # fmt: skip
EMPLOYEE: Shape = {
    **_PERSON,
    "SSN": TEXT, "EmployeeNumber": TEXT, "BillRate": NUMBER, "CostRate": NUMBER, "BirthDate": DATE,
    "Gender": TEXT, "HiredDate": DATE, "ReleasedDate": DATE, "Organization": BOOLEAN, "BillableTime": BOOLEAN,
    "PrimaryAddr": ADDRESS, "EmailAddress": ANYTHING, "CompanyName": Text(100),
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
    "ReorderPoint": NUMBER, "ManPartNum": TEXT, "TaxClassificationRef": REF, "PrintGroupedItems": BOOLEAN,
    "ItemGroupDetail": {"ItemGroupLine": Many({"ItemRef": REF, "Qty": NUMBER})},
    "DeferredRevenue": BOOLEAN, "Source": TEXT,
}  # fmt: skip
TERM: Shape = {
    **COMMON,
    "Name": Text(31), "Active": BOOLEAN, "Type": Words(("STANDARD", "DATE_DRIVEN")), "DueDays": NUMBER,
    "DiscountDays": NUMBER, "DiscountPercent": NUMBER, "DayOfMonthDue": NUMBER, "DueNextMonthDays": NUMBER,
    "DiscountDayOfMonth": NUMBER,
}  # fmt: skip
ACCOUNT: Shape = {
    **COMMON,
    "Name": Text(100), "AccountType": TEXT, "AccountSubType": TEXT, "Classification": TEXT, "AcctNum": Text(20),
    "Active": BOOLEAN, "Description": Text(4000), "SubAccount": BOOLEAN, "ParentRef": REF, "CurrencyRef": REF,
    "FullyQualifiedName": TEXT, "CurrentBalance": NUMBER, "CurrentBalanceWithSubAccounts": NUMBER,
    "TaxCodeRef": REF, "TxnLocationType": TEXT, "AccountAlias": TEXT, "OpeningBalance": NUMBER,
    "OpeningBalanceDate": DATE, "Level": NUMBER,
}  # fmt: skip
CLASS: Shape = {
    **COMMON, "Name": Text(100), "SubClass": BOOLEAN, "ParentRef": REF, "Active": BOOLEAN,
    "FullyQualifiedName": TEXT, "Level": NUMBER,
}  # fmt: skip
DEPARTMENT: Shape = {
    **COMMON, "Name": Text(100), "SubDepartment": BOOLEAN, "ParentRef": REF, "Active": BOOLEAN,
    "FullyQualifiedName": TEXT, "Level": NUMBER, "Address": ADDRESS,
}  # fmt: skip
PAYMENT_METHOD: Shape = {
    **COMMON, "Name": Text(31), "Active": BOOLEAN, "Type": Words(("CREDIT_CARD", "NON_CREDIT_CARD")),
}  # fmt: skip
TAX_AGENCY: Shape = {
    **COMMON, "DisplayName": Text(100), "TaxRegistrationNumber": TEXT, "TaxTrackedOnSales": BOOLEAN,
    "TaxTrackedOnPurchases": BOOLEAN, "LastFileDate": DATE, "TaxAgencyConfig": TEXT,
}  # fmt: skip
TAX_SERVICE: Shape = {
    "Id": TEXT, "TaxCode": Text(100), "TaxCodeId": TEXT, "domain": TEXT, "sparse": BOOLEAN, "SyncToken": TEXT,
    "TaxRateDetails": Many({
        "TaxRateName": Text(100), "TaxRateId": TEXT, "RateValue": NUMBER, "TaxAgencyId": TEXT,
        "TaxApplicableOn": Words(("Sales", "Purchase", "Other")),
    }),
}  # fmt: skip
COMPANY_CURRENCY: Shape = {**COMMON, "Code": TEXT, "Name": Text(100), "Active": BOOLEAN}
EXCHANGE_RATE: Shape = {
    **COMMON, "SourceCurrencyCode": TEXT, "TargetCurrencyCode": TEXT, "Rate": NUMBER, "AsOfDate": DATE,
}  # fmt: skip
COMPANY_INFO: Shape = {
    **COMMON,
    "CompanyName": Text(1024), "LegalName": Text(1024), "CompanyAddr": ADDRESS, "LegalAddr": ADDRESS,
    "CustomerCommunicationAddr": ADDRESS, "CustomerCommunicationEmailAddr": EMAIL, "PrimaryPhone": PHONE,
    "Email": EMAIL, "WebAddr": {"URI": Text(1000)}, "Country": TEXT, "CompanyStartDate": DATE,
    "FiscalYearStartMonth": TEXT, "SupportedLanguages": TEXT, "NameValue": ANYTHING, "EmployerId": TEXT,
    "CompanyFileName": TEXT, "FlavorStratum": TEXT, "SampleFile": BOOLEAN, "CompanyUserId": TEXT,
    "CompanyUserAdminEmail": TEXT, "AssignedTime": TEXT, "DefaultTimeZone": TEXT, "MultiByteCharsSupported": BOOLEAN,
}  # fmt: skip
PREFERENCES: Shape = {
    **COMMON,
    **dict.fromkeys((
        "AccountingInfoPrefs", "SalesFormsPrefs", "TaxPrefs", "CurrencyPrefs", "OtherPrefs", "EmailMessagesPrefs",
        "ProductAndServicesPrefs", "ReportPrefs", "VendorAndPurchasesPrefs", "TimeTrackingPrefs",
    ), ANYTHING),
}  # fmt: skip
SHAPES: dict[str, Shape] = {
    "Invoice": INVOICE, "CreditMemo": CREDIT_MEMO, "Payment": PAYMENT, "Customer": CUSTOMER, "Vendor": VENDOR,
    "Employee": EMPLOYEE, "Item": ITEM, "Term": TERM, "Account": ACCOUNT, "Class": CLASS,
    "Department": DEPARTMENT, "PaymentMethod": PAYMENT_METHOD, "TaxAgency": TAX_AGENCY,
    "CompanyCurrency": COMPANY_CURRENCY, "ExchangeRate": EXCHANGE_RATE, "CompanyInfo": COMPANY_INFO,
    "Preferences": PREFERENCES,
}  # fmt: skip
