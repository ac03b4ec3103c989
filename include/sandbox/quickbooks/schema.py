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


@dataclass(frozen=True)
class FreeRef:
    """A reference whose value is no Id but text with a longest length."""

    longest: int


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
SOLD_LINE: Shape = {
    "Id": TEXT, "LineNum": NUMBER, "Description": Text(4000), "Amount": NUMBER, "DetailType": LINE_KINDS,
    "SalesItemLineDetail": SALES_DETAIL, "LinkedTxn": Many(LINKED), "CustomField": Many(CUSTOM_FIELD),
}  # fmt: skip
LINE: Shape = {
    **SOLD_LINE, "DiscountLineDetail": DISCOUNT_DETAIL,
    "DescriptionLineDetail": {"ServiceDate": DATE, "TaxCodeRef": REF},
    "SubTotalLineDetail": {"ItemRef": REF, "ServiceDate": DATE},
    "GroupLineDetail": {"GroupItemRef": REF, "Quantity": NUMBER, "Line": Many(SOLD_LINE), "ServiceDate": DATE},
    "CustomExtensions": Many(ANYTHING),
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
