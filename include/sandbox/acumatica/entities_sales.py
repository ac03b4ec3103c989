"""Sales orders, shipments and SO invoices, as the Default endpoint has them (facts 10.1, 10.6, 8)."""

from sandbox.acumatica.schema import HEAD, entity, part

ADDRESS = "AddressLine1:s AddressLine2:s City:s State:s PostalCode:s Country:s"
CONTACT = "Attention:s BusinessName:s Email:s Phone1:s"
TAXES = "TaxID:s TaxableAmount:d TaxAmount:d"
DISCOUNTS = (
    "DiscountCode:s ExternalDiscountCode:s SequenceID:s Type:s Description:s DiscountAmount:d DiscountPercent:d "
    "DiscountableAmount:d DiscountableQty:d ManualDiscount:b SkipDiscount:b FreeItem:s FreeItemQty:d OrderType:s "
    "OrderNbr:s"
)
CREDIT_APPLICATIONS = (
    "DocType:s ReferenceNbr:s AmountPaid:d Balance:d Currency:s Customer:s CustomerOrder:s Date:day Description:s "
    "PostPeriod:s Status:s"
)

_INVOICE_LINE = (
    "InventoryID:s TransactionDescr:s Description:s Qty:d UOM:s UnitPrice:d DiscountPercent:d DiscountAmount:d "
    "ManualDiscount:b ManualPrice:b@24 CalculateDiscountsOnImport:b Amount:d TaxCategory:s LineNbr:i OrderType:s "
    "OrderNbr:s OrderLineNbr:i ShipmentNbr:s OrigInvType:s OrigInvNbr:s OrigInvLineNbr:i InventoryDocType:s "
    "InventoryRefNbr:s WarehouseID:s Location:s LotSerialNbr:s ExpirationDate:day Subitem:s BranchID:s Account:s@24 "
    "SubAccount:s@24 CostCode:s ProjectTask:s ExternalRef:s@24 NoteID:g@24"
)
_FREIGHT = (
    "ShipmentNbr:s ShipmentType:s Description:s FreightCost:d FreightAmount:d PremiumFreightAmount:d "
    "TotalFreightAmount:d LineTotal:d Weight:d Volume:d"
)
_APPLICATIONS = (
    "DocType:s AdjustingDocReferenceNbr:s AdjustedDocReferenceNbr:s AdjustmentNbr:i AmountPaid:d CashDiscountTaken:d "
    "Balance:d Currency:s Customer:s Description:s DocumentType:s PaymentDate:day PaymentPeriod:s PaymentRef:s Status:s"
)

SALES_INVOICE = entity(
    "SalesInvoice",
    "SO303000",
    "Type ReferenceNbr",
    "Type:s ReferenceNbr:s Status:s Hold:b CreditHold:b Date:day DueDate:day CustomerID:s CustomerOrder:s "
    "ExternalRef:s@24 Description:s Project:s Currency:s DetailTotal:d DiscountTotal:d FreightPrice:d TaxTotal:d "
    "VATTaxableTotal:d VATExemptTotal:d Amount:d PaymentTotal:d Balance:d CashDiscount:d~CurrentDocument "
    "IsTaxValid:b@22~CurrentDocument TaxCalcMode:s@24 CreatedDate:day@24=CreatedDateTime "
    "LastModifiedDate:day@24=LastModifiedDateTime LastModifiedDateTime:dt@23 BillToAddressOverride:b@24 "
    "BillToContactOverride:b@24 ShipToAddressOverride:b@24 ShipToContactOverride:b@24",
    (
        part("BillToAddress", ADDRESS, since=24),
        part("BillToContact", CONTACT, since=24),
        part("ShipToAddress", ADDRESS, since=24),
        part("ShipToContact", CONTACT, since=24),
        part(
            "BillingSettings",
            "BillToAddressOverride:b BillToContactOverride:b CustomerLocation:s=LocationID",
            (part("BillToAddress", ADDRESS), part("BillToContact", CONTACT)),
            HEAD,
        ),
        part("FinancialDetails", "BatchNbr:s Branch:s=BranchID CustomerTaxZone:s=TaxZone", source=HEAD),
        part("Commissions", "DefaultSalesperson:s", source=HEAD),
    ),
    (
        part("Details", _INVOICE_LINE),
        part("TaxDetails", TAXES),
        part("FreightDetails", _FREIGHT),
        part("DiscountDetails", DISCOUNTS),
        part("ApplicationsInvoice", _APPLICATIONS),
        part("ApplicationsCreditMemo", CREDIT_APPLICATIONS),
    ),
    {"ReleaseSalesInvoice": ""},
    kind="Document",
)

_ORDER_LINE = (
    "InventoryID:s LineDescription:s OrderQty:d OpenQty:d QtyOnShipments:d UOM:s UnitPrice:d ExtendedPrice:d "
    "DiscountPercent:d DiscountAmount:d DiscountedUnitPrice:d DiscountCode:s ManualDiscount:b Amount:d "
    "UnbilledAmount:d TaxCategory:s TaxZone:s LineNbr:i LineType:s WarehouseID:s InvoiceType:s InvoiceNbr:s "
    "InvoiceLineNbr:i CustomerOrderNbr:s AlternateID:s ExternalRef:s LastModifiedDate:s NoteID:g"
)
_ORDER_PAYMENT = (
    "DocType:s ReferenceNbr:s PaymentMethod:s PaymentRef:s PaymentAmount:d AppliedToOrder:d TransferredtoInvoice:d "
    "Balance:d Status:s ApplicationDate:day ExternalRef:s Currency:s CashAccount:s Description:s Hold:b NoteID:g"
)
_ORDER_SHIPMENT = (
    "ShipmentNbr:s ShipmentType:s Status:s ShipmentDate:day InvoiceType:s InvoiceNbr:s InventoryDocType:s "
    "InventoryRefNbr:s ShippedQty:d ShippedWeight:d LastModifiedDateTime:dt"
)

SALES_ORDER = entity(
    "SalesOrder",
    "SO301000",
    "OrderType OrderNbr",
    "OrderType:s OrderNbr:s Status:s Hold:b CreditHold:b Approved:b Date:day RequestedOn:day CustomerID:s "
    "LocationID:s CustomerOrder:s ExternalRef:s Description:s CurrencyID:s CurrencyRate:d OrderedQty:d OrderTotal:d "
    "TaxTotal:d VATTaxableTotal:d VATExemptTotal:d PaymentMethod:s CashAccount:s PaymentRef:s Project:s Branch:s "
    "ShipVia:s TaxCalcMode:s DisableAutomaticTaxCalculation:b DisableAutomaticDiscountUpdate:b IsTaxValid:b "
    "ExternalOrderOrigin:s ExternalOrderSource:s ExternalOrderOriginal:b ExternalRefundRef:s WillCall:b "
    "CreatedDate:dt=CreatedDateTime LastModified:dt=LastModifiedDateTime NoteID:g=_id",
    (
        part(
            "FinancialSettings",
            "Terms:s InvoiceNbr:s InvoiceDate:day DueDate:day CashDiscountDate:day CustomerTaxZone:s=TaxZone "
            "OverrideTaxZone:b EntityUsageType:s Branch:s BillSeparately:b PostPeriod:s OriginalOrderType:s "
            "OriginalOrderNbr:s Owner:s",
            source=HEAD,
        ),
        part(
            "Totals",
            "LineTotalAmount:d MiscTotalAmount:d DiscountTotal:d Freight:d FreightCost:d PremiumFreight:d "
            "FreightTaxCategory:s TaxTotal:d UnbilledAmount:d UnbilledQty:d UnpaidBalance:d",
            source=HEAD,
        ),
        part(
            "ShippingSettings",
            "ShipVia:s ShippingRule:s ScheduledShipmentDate:day PreferredWarehouseID:s",
            source=HEAD,
        ),
        part("BillToAddress", ADDRESS),
        part("BillToContact", CONTACT),
        part("ShipToAddress", ADDRESS),
        part("ShipToContact", CONTACT),
    ),
    (
        part("Details", _ORDER_LINE),
        part("TaxDetails", TAXES),
        part("DiscountDetails", DISCOUNTS),
        part("Payments", _ORDER_PAYMENT),
        part("Shipments", _ORDER_SHIPMENT),
    ),
    {
        "SalesOrderCreateShipment": "ShipmentDate:day WarehouseID:s",
        "SalesOrderCreateReceipt": "ShipmentDate:day WarehouseID:s",
        "PrepareSalesInvoice": "",
        "OpenSalesOrder": "",
        "ReopenSalesOrder": "",
        "CancelSalesOrder": "",
        "ReleaseFromCreditHoldSalesOrder": "",
        "AutoRecalculateDiscounts": "",
        "RecalculatePricesDiscounts": "",
    },
)

SHIPMENT = entity(
    "Shipment",
    "SO302000",
    "ShipmentNbr",
    "ShipmentNbr:s Type:s Status:s Hold:b Operation:s ShipmentDate:day CustomerID:s LocationID:s WarehouseID:s "
    "ToWarehouseID:s ShippedQty:d ShippedWeight:d PackageCount:i FreightPrice:d@22 FreightCost:d "
    "OverrideFreightPrice:b@22 FreightCurrencyID:s ShipVia:s FOBPoint:s ShippingTerms:s Description:s "
    "CreatedDateTime:dt LastModifiedDateTime:dt NoteID:g=_id",
    (part("ShippingSettings", "ShipVia:s ShippingTerms:s", source=HEAD),),
    (
        part(
            "Details",
            "OrderType:s OrderNbr:s OrderLineNbr:i LineNbr:i InventoryID:s Description:s ShippedQty:d OrderedQty:d "
            "OpenQty:d OriginalQty:d UOM:s WarehouseID:s LocationID:s LotSerialNbr:s ExpirationDate:day FreeItem:b "
            "ReasonCode:s Subitem:s",
        ),
        part(
            "Orders",
            "OrderType:s OrderNbr:s ShipmentType:s ShipmentNbr:s ShippedQty:d InvoiceType:s InvoiceNbr:s "
            "InventoryDocType:s InventoryRefNbr:s OrderNoteID:g",
        ),
        part("Packages", "BoxID:s Weight:d TrackingNbr:s Description:s"),
    ),
    {"ConfirmShipment": "", "CorrectShipment": "", "PrepareInvoice": "", "UpdateIN": ""},
)
