"""The fields that writes know, with their kinds; anything else is dropped without a word.

Names and required members: invoice-management.yaml and company.yaml of github.com/bigcommerce/docs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Text:
    """Text; `longest` 0 is no limit."""

    longest: int = 0
    may_be_empty: bool = False


@dataclass(frozen=True)
class Whole:
    """A whole number, of some choices where there are any."""

    choices: tuple[int, ...] = ()


@dataclass(frozen=True)
class Truth:
    """true or false."""


@dataclass(frozen=True)
class Amount:
    """{code, value}. `number`: the value is a JSON number, as only the balances of a create are."""

    number: bool = False


@dataclass(frozen=True)
class Quantity:
    """A number in text."""


@dataclass(frozen=True)
class Many:
    """A list of one kind; it may not be empty when `filled`."""

    of: Any
    filled: bool = False


@dataclass(frozen=True)
class Shape:
    """An object; every field is optional but those required."""

    fields: Mapping[str, Any]
    required: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True)
class Anything:
    """Kept as it is."""


TEXT, WHOLE, TRUTH, ANY = Text(), Whole(), Truth(), Anything()
LOOSE = Text(may_be_empty=True)
EXTRA_FIELDS = Many(Shape({"fieldName": TEXT, "fieldValue": LOOSE}, frozenset({"fieldName", "fieldValue"})))

_PLACE = ("city", "state", "country", "street1", "street2", "zipCode", "lastName", "firstName")
_PARCEL = ("addressIndex", "shipDate", "shipVia", "trackingNumber", "comments")


def _details(place: Text, bill_to: Shape, filled: bool) -> Shape:
    """Invoice details; `place` tells whether an address part or a parcel's text may be empty, `filled` a list."""
    ship_to = Shape({**dict.fromkeys(_PLACE, place), "customFields": ANY}, frozenset(_PLACE))
    cost = Shape({"amount": Amount(), "description": TEXT}, frozenset({"amount", "description"}))
    parcel = Shape({**dict.fromkeys(_PARCEL, place), "customFields": ANY}, frozenset(_PARCEL))
    line = Shape(
        {"sku": TEXT, "type": TEXT, "comments": place, "quantity": Quantity(), "unitPrice": Amount(),
         "description": place, "unitDiscount": Amount(), "customFields": ANY},
        frozenset({"sku", "quantity", "unitPrice"}),
    )  # fmt: skip
    header = {"costLines": Many(cost, filled), "billingAddress": bill_to, "shippingAddresses": Many(ship_to, filled)}
    inner = Shape({"shipments": Many(parcel, filled), "lineItems": Many(line, filled)})
    return Shape({"header": Shape({**header, "customerFields": ANY}), "details": inner})


_BILL_TO = Shape({**dict.fromkeys(_PLACE, LOOSE), "customFields": ANY}, frozenset(_PLACE))
_BILL_TO_UPDATE = Shape({**dict.fromkeys(_PLACE, TEXT), "customFields": ANY}, frozenset({*_PLACE, "customFields"}))
_COMMON = {
    "invoiceNumber": TEXT, "customerId": TEXT, "externalId": TEXT, "externalCustomerId": TEXT, "type": TEXT,
    "dueDate": WHOLE, "status": Whole((0, 1, 2)), "purchaseOrderNumber": TEXT, "source": Whole((0, 1)),
    "externalPdfUrl": LOOSE, "extraFields": EXTRA_FIELDS,
}  # fmt: skip
CREATE_INVOICE = Shape(
    {**_COMMON, "orderNumber": TEXT, "issuedAt": WHOLE, "channelId": ANY, "termsConditions": LOOSE,
     "originalBalance": Amount(number=True), "openBalance": Amount(number=True),
     "details": _details(LOOSE, _BILL_TO, False)},
    frozenset({"invoiceNumber", "originalBalance", "openBalance", "customerId"}),
)  # fmt: skip
_UPDATE = {**_COMMON, "originalBalance": Amount(), "openBalance": Amount(), "createdAt": WHOLE}
UPDATE_INVOICE = Shape({**_UPDATE, "details": _details(TEXT, _BILL_TO_UPDATE, True)})
UPDATE_INVOICE_MILD = Shape({**_UPDATE, "details": _details(TEXT, _BILL_TO, True)})

_PAID = Shape({"invoiceId": WHOLE, "amount": Quantity()}, frozenset({"invoiceId", "amount"}))
_OFFLINE = {
    "lineItems": Many(_PAID), "currency": TEXT, "details": Shape({"memo": LOOSE}), "externalId": LOOSE,
    "customerId": TEXT, "externalCustomerId": LOOSE, "payerName": TEXT, "payerCustomerId": TEXT,
    "processingStatus": Whole((1, 2, 3, 4)),
}  # fmt: skip
_PAYMENT_NEEDS = frozenset({"lineItems", "currency", "details", "customerId"})
CREATE_PAYMENT = Shape({**_OFFLINE, "channelId": ANY}, _PAYMENT_NEEDS)
UPDATE_PAYMENT = Shape({**_OFFLINE, "fundingStatus": Whole((0, 1, 2, 3))}, _PAYMENT_NEEDS)
OPERATION = Shape({"operationCode": Whole((0, 1, 2, 3))}, frozenset({"operationCode"}))
PROCESSING = Shape({"processingStatus": WHOLE}, frozenset({"processingStatus"}))

_ADDRESS = {
    "addressLine1": Text(200, True), "addressLine2": Text(200, True), "city": Text(100), "state": Text(50),
    "country": Text(200), "zipCode": Text(50, True),
}  # fmt: skip
_COMPANY = {
    "companyName": Text(200), "companyEmail": Text(200), "companyPhone": Text(50, True), **_ADDRESS,
    "customerGroupId": WHOLE, "extraFields": EXTRA_FIELDS, "priceListAssign": ANY,
}  # fmt: skip
_ADMIN = {name: Text(100) for name in ("adminFirstName", "adminLastName", "adminEmail", "adminPhoneNumber")}
CREATE_COMPANY = Shape(
    {**_COMPANY, **_ADMIN, "userExtraFields": EXTRA_FIELDS, "originChannelId": WHOLE, "channelIds": Many(WHOLE),
     "catalogId": WHOLE, "acceptCreationEmail": TRUTH},
)  # fmt: skip
UPDATE_COMPANY = Shape({**_COMPANY, "uuid": TEXT})
COMPANY_STATUS = Shape({"companyStatus": Whole((0, 1, 2, 3))}, frozenset({"companyStatus"}))
ATTACH_ORDER = Shape(
    {"bcOrderId": WHOLE, "customerId": WHOLE, "poNumber": LOOSE, "extraFields": EXTRA_FIELDS},
    frozenset({"bcOrderId", "customerId"}),
)
UPDATE_ORDER = Shape({"poNumber": LOOSE, "extraFields": EXTRA_FIELDS})
CREDIT = Shape(
    {"creditEnabled": TRUTH, "creditCurrency": TEXT, "availableCredit": ANY, "limitPurchases": TRUTH,
     "creditHold": TRUTH}
)  # fmt: skip
TERMS = Shape({"isEnabled": TRUTH, "paymentTerms": WHOLE})
SIGN_IN = Shape(
    {"storeHash": TEXT, "email": TEXT, "password": TEXT, "name": TEXT, "channelId": WHOLE, "beginAt": WHOLE,
     "endAt": WHOLE},
    frozenset({"storeHash", "email", "password", "name"}),
)  # fmt: skip
