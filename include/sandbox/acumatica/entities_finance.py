"""AR documents, payments, parties and items, as the Default endpoint has them (facts 10.3 to 10.5, 13.3)."""

from sandbox.acumatica.entities_sales import (
    ADDRESS,
    CONTACT,
    CREDIT_APPLICATIONS,
    DISCOUNTS,
    SALES_INVOICE,
    SALES_ORDER,
    SHIPMENT,
    TAXES,
)
from sandbox.acumatica.schema import Entity, entity, part

INVOICE = entity(
    "Invoice",
    "AR301000",
    "Type ReferenceNbr",
    "Type:s ReferenceNbr:s Status:s Hold:b Date:day DueDate:day PostPeriod:s Customer:s=CustomerID LocationID:s "
    "CustomerOrder:s Description:s Project:s Terms:s Amount:d TaxTotal:d Balance:d IsTaxValid:b@22~CurrentDocument "
    "BillingPrinted:b LinkARAccount:s LinkBranch:s=BranchID CreatedDateTime:dt LastModifiedDateTime:dt "
    "BillToContactOverride:b ShipToContactOverride:b",
    (part("BillToContact", CONTACT), part("ShipToContact", CONTACT)),
    (
        part(
            "Details",
            "InventoryID:s TransactionDescription:s=TransactionDescr Qty:d UOM:s UnitPrice:d ExtendedPrice:d "
            "DiscountAmount:d CalculateDiscountsOnImport:b Amount:d TaxCategory:s Account:s Subaccount:s=SubAccount "
            "Branch:s=BranchID CostCode:s ProjectTask:s Subitem:s LineNbr:i LastModifiedDateTime:dt",
        ),
        part("TaxDetails", f"{TAXES} TaxRate:d"),
        part("DiscountDetails", f"{DISCOUNTS} RetainedDiscount:d"),
        part(
            "ApplicationsDefault",
            "DocType:s ReferenceNbr:s=AdjustingDocReferenceNbr AmountPaid:d CashDiscountTaken:d Balance:d "
            "PaymentDate:day Status:s",
            source="ApplicationsInvoice",
        ),
        part("ApplicationsCreditMemo", CREDIT_APPLICATIONS),
    ),
    {"ReleaseInvoice": ""},
    kind="Document",
)

_HISTORY = (
    "DisplayDocType:s DisplayRefNbr:s AdjustedDocType:s AdjustedRefNbr:s AdjustingDocType:s AdjustingRefNbr:s "
    "AdjustmentNbr:i AmountPaid:d Balance:d ApplicationPeriod:s PostPeriod:s Date:day DueDate:day BatchNbr:s "
    "CurrencyID:s Customer:s"
)

PAYMENT = entity(
    "Payment",
    "AR302000",
    "Type ReferenceNbr",
    "Type:s ReferenceNbr:s Status:s Hold:b ApplicationDate:day CustomerID:s CustomerLocationID:s=LocationID "
    "PaymentMethod:s CashAccount:s CurrencyID:s PaymentAmount:d PaymentRef:s ExternalRef:s@22 Description:s "
    "Branch:s=BranchID BranchID:s AppliedToDocuments:d AppliedToOrders:d@22 AvailableBalance:d@22 CardAccountNbr:i "
    "ProcessingCenterID:s IsCCPayment:b@23 IsNewCard:b SaveCard:b OrigTransaction:s@22 LastModifiedDateTime:dt "
    "NoteID:g@22=_id",
    (),
    (
        part(
            "DocumentsToApply",
            "DocType:s ReferenceNbr:s DocLineNbr:i AmountPaid:d BalanceWriteOff:d WriteOffReasonCode:s "
            "CashDiscountTaken:d CustomerOrder:s Description:s",
        ),
        part("OrdersToApply", "OrderType:s OrderNbr:s AppliedToOrder:d"),
        part("ApplicationHistory", _HISTORY),
        part("Charges", "EntryTypeID:s Amount:d", since=23),
    ),
    {
        "ReleasePayment": "",
        "VoidPayment": "",
        "CardOperation": "",
        "VoidCardPayment": "",
        "CaptureCreditCardPayment": "",
    },
)

_PERSON = "DisplayName:s CompanyName:s Email:s Phone1:s Attention:s"
_ADDRESS = part("Address", f"{ADDRESS} Validated:b")
_ATTRIBUTES = part("Attributes", "AttributeID:s AttributeDescription:s Value:s")

CUSTOMER = entity(
    "Customer",
    "AR303000",
    "CustomerID",
    "CustomerID:s CustomerName:s CustomerClass:s CustomerCategory:s Status:s Email:s CurrencyID:s Terms:s TaxZone:s "
    "TaxRegistrationID:s TaxExemptionNumber:s EntityUsageType:s CreditLimit:d PriceClassID:s ParentRecord:s "
    "AccountRef:s BAccountID:i IsGuestCustomer:b LocationName:s WarehouseID:s ShipVia:s StatementCycleID:s "
    "RestrictVisibilityTo:s NoteID:g=_id CreatedDateTime:dt LastModifiedDateTime:dt",
    (
        part("MainContact", _PERSON, (_ADDRESS,)),
        part("PrimaryContact", _PERSON, (_ADDRESS,)),
        part("BillingContact", _PERSON, (_ADDRESS,)),
        part("ShippingContact", _PERSON, (_ADDRESS,)),
        part("CreditVerificationRules", "CreditVerification:s CreditLimit:d CreditDaysPastDue:i OpenOrdersBalance:d"),
    ),
    (
        part("Contacts", "ContactID:i DisplayName:s Email:s Active:b"),
        _ATTRIBUTES,
        part("PaymentInstructions", "PaymentInstructionsID:s Value:s"),
        part("Salespersons", "SalespersonID:s Default:b"),
    ),
)

_ITEM = (
    "InventoryID:s Description:s ItemStatus:s ItemClass:s ItemType:s DefaultPrice:d CurySpecificPrice:d MSRP:d "
    "TaxCategory:s PostingClass:s LastModified:dt=LastModifiedDateTime LastModifiedDateTime:dt NoteID:g=_id "
    "ExportToExternal:b Visibility:s Availability:s TemplateItemID:s PurchaseUOM:s"
)
_REFERENCES = part("CrossReferences", "AlternateID:s AlternateType:s Description:s UOM:s")

STOCK_ITEM = entity(
    "StockItem",
    "IN202500",
    "InventoryID",
    f"{_ITEM} BaseUOM:s SalesUOM:s DefaultWarehouseID:s DefaultIssueLocationID:s LotSerialClass:s",
    (),
    (
        _REFERENCES,
        part("UOMConversions", "FromUOM:s ToUOM:s ConversionFactor:d"),
        part("WarehouseDetails", "WarehouseID:s DefaultIssueLocationID:s QtyOnHand:d Status:s IsDefault:b"),
        _ATTRIBUTES,
        part("VendorDetails", "VendorID:s VendorInventoryID:s"),
    ),
)

NON_STOCK_ITEM = entity(
    "NonStockItem",
    "IN202000",
    "InventoryID",
    f"{_ITEM} BaseUnit:s=BaseUOM SalesUnit:s=SalesUOM RequireShipment:b",
    (),
    (_REFERENCES, _ATTRIBUTES),
)

ACTIVITY = entity(
    "Activity",
    "CR306010",
    "NoteID",
    "NoteID:g=_id Summary:s Body:s Date:dt Internal:b Owner:s Status:s Task:s Type:s Workgroup:s CreatedByID:s "
    "CreatedDateTime:dt LastModifiedDateTime:dt RelatedEntityType:s RelatedEntityNoteID:g RelatedEntityDescription:s",
)

# an inquiry: asked with PUT, nothing of it is stored
INVENTORY_SUMMARY = entity(
    "InventorySummaryInquiry",
    "IN401000",
    "",
    "InventoryID:s WarehouseID:s LocationID:s Subitem:s ExpandByLotSerialNbr:b",
    (),
    (
        part(
            "Results",
            "BaseUOM:s WarehouseID:s LocationID:s LotSerialNbr:s QtyAvailable:d QtyAvailableForShipment:d "
            "QtyNotAvailable:d QtyOnHand:d",
        ),
    ),
)

ENTITIES: dict[str, Entity] = {
    one.name: one
    for one in (
        SALES_INVOICE,
        INVOICE,
        PAYMENT,
        CUSTOMER,
        STOCK_ITEM,
        NON_STOCK_ITEM,
        SALES_ORDER,
        SHIPMENT,
        ACTIVITY,
        INVENTORY_SUMMARY,
    )
}
