"""Every field of the answers of the BigCommerce stand-in that Invoice Sync reads, with its type.

Fixtures of our own, from the tables of our fact file; beside them, `…_spec.py` holds the same answers
against the vendor's OpenAPI files where those are at hand.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from contract import test_sandbox_bigcommerce_caller as helpers
from contract.test_sandbox_bigcommerce_caller import IPL, Caller, details, loads

running, bc = helpers.running, helpers.bc

TEXT, WHOLE, FLAG, NUMBER, ANY = "text", "whole", "flag", "number", "any"
MONEY = {"code": TEXT, "value": TEXT}
PLACE = dict.fromkeys(("city", "state", "country", "street1", "street2", "zipCode", "lastName", "firstName"), TEXT)
EXTRA = {"fieldName": TEXT, "fieldValue": TEXT}
LINE = {
    "sku": TEXT, "type": TEXT, "comments": TEXT, "quantity": TEXT, "unitPrice": MONEY, "description": TEXT,
    "unitDiscount": MONEY, "customFields": {"key": TEXT, "value": TEXT},
}  # fmt: skip
PARCEL = dict.fromkeys(("addressIndex", "shipDate", "shipVia", "trackingNumber", "comments"), TEXT)
DETAILS = {
    "type": TEXT,
    "header": {
        "costLines": [{"amount": MONEY, "description": TEXT}], "orderDate": WHOLE, "customerFields": {},
        "billingAddress": {**PLACE, "customFields": TEXT}, "shippingAddresses": [PLACE],
    },
    "details": {"shipments": [PARCEL], "lineItems": [LINE]},
}  # fmt: skip
INVOICE = {
    "id": WHOLE, "invoiceNumber": TEXT, "customerId": TEXT, "externalId": TEXT, "externalCustomerId": TEXT,
    "type": TEXT, "dueDate": WHOLE, "status": WHOLE, "orderNumber": TEXT, "purchaseOrderNumber": TEXT,
    "originalBalance": MONEY, "openBalance": MONEY, "isPendingPayment": WHOLE, "source": WHOLE, "customerName": TEXT,
    "createdAt": WHOLE, "updatedAt": WHOLE, "channelId": TEXT, "channelName": TEXT, "externalPdfUrl": TEXT,
    "termsConditions": TEXT, "extraFields": [EXTRA], "details": DETAILS,
}  # fmt: skip
PAYMENT = {
    "id": WHOLE, "createdAt": WHOLE, "updatedAt": WHOLE, "storeHash": TEXT, "customerId": TEXT, "externalId": TEXT,
    "externalCustomerId": TEXT, "payerName": TEXT, "payerCustomerId": TEXT, "details": {"memo": TEXT},
    "moduleName": TEXT, "fees": [], "processingStatus": WHOLE, "appliedStatus": WHOLE, "fundingStatus": WHOLE,
    "moduleData": {"transactions": [{"memo": TEXT, "type": TEXT, "rawTransaction": ANY}]}, "total": MONEY,
    "lineItems": [{"paymentId": WHOLE, "invoiceId": WHOLE, "invoiceNumber": TEXT, "amount": MONEY}],
    "customerName": TEXT, "allowedOperations": [WHOLE], "allowedStatuses": [WHOLE], "channelId": TEXT,
    "channelName": TEXT,
}  # fmt: skip
ONLINE = {
    **PAYMENT, "externalId": ANY, "externalCustomerId": ANY,
    "moduleData": {"cartId": TEXT, "orderId": WHOLE, "transactions": [{"type": TEXT, "rawTransaction": ANY}]},
}  # fmt: skip
_PAID = {
    "id": WHOLE, "createdAt": WHOLE, "updatedAt": WHOLE, "storeHash": TEXT, "customerId": TEXT, "externalId": TEXT,
    "externalCustomerId": TEXT, "paymentId": WHOLE, "transactionType": TEXT, "paymentType": TEXT,
    "referenceNumber": TEXT,
}  # fmt: skip
RECEIPT = {
    **_PAID, "payerName": TEXT, "payerCustomerId": TEXT, "details": {"paymentDetails": {"memo": TEXT}}, "total": MONEY,
}  # fmt: skip
RECEIPT_LINE = {
    **_PAID, "receiptId": WHOLE, "invoiceId": WHOLE, "invoiceNumber": TEXT, "amount": MONEY, "paymentStatus": WHOLE,
}  # fmt: skip
COMPANY = {
    "companyId": WHOLE, "companyName": TEXT, "companyEmail": TEXT, "companyPhone": TEXT, "companyStatus": TEXT,
    "addressLine1": TEXT, "addressLine2": TEXT, "city": TEXT, "state": TEXT, "country": TEXT, "zipCode": TEXT,
    "bcGroupId": WHOLE, "bcGroupName": TEXT, "catalogId": TEXT, "catalogName": TEXT, "parentCompany": {},
    "priceListAssign": [], "uuid": TEXT, "createdAt": WHOLE, "updatedAt": WHOLE,
}  # fmt: skip
USER = {
    "id": WHOLE, "firstName": TEXT, "lastName": TEXT, "email": TEXT, "phoneNumber": TEXT, "role": WHOLE,
    "companyRoleId": WHOLE, "companyRoleName": TEXT, "uuid": TEXT, "extraFields": [], "companyId": WHOLE,
    "channelList": [], "createdAt": WHOLE, "updatedAt": WHOLE, "customerId": WHOLE,
}  # fmt: skip
CURRENCY_STYLE = {
    "currencyLocation": TEXT, "currencyToken": TEXT, "decimalToken": TEXT, "decimalPlaces": WHOLE,
    "thousandsToken": TEXT,
}  # fmt: skip
ORDER = {
    "id": WHOLE, "bcOrderId": WHOLE, "totalIncTax": NUMBER, "usdIncTax": NUMBER, "poNumber": TEXT, "status": TEXT,
    "customStatus": TEXT, "statusCode": WHOLE, "cartId": TEXT, "items": WHOLE, "companyId": WHOLE,
    "currencyCode": TEXT, "money": [CURRENCY_STYLE], "isArchived": FLAG, "channelId": WHOLE, "channelName": TEXT,
    "createdAt": WHOLE, "updatedAt": WHOLE,
}  # fmt: skip
_LEGACY = [*(f"extraInt{n}" for n in range(1, 6)), *(f"extraStr{n}" for n in range(1, 6)), "extraText"]
ORDER_DETAIL = {
    **ORDER, **dict.fromkeys(_LEGACY, ANY), "extraFields": [EXTRA], "isInvoiceOrder": WHOLE, "invoiceId": WHOLE,
    "invoiceNumber": TEXT, "invoiceStatus": WHOLE,
}  # fmt: skip
FIELD = {
    "id": WHOLE, "uuid": TEXT, "fieldName": TEXT, "fieldType": WHOLE, "isRequired": FLAG, "isUnique": FLAG,
    "visibleToEnduser": FLAG, "configType": WHOLE, "defaultValue": TEXT, "maximumLength": TEXT,
    "numberOfRows": TEXT, "maximumValue": TEXT, "listOfValue": [TEXT],
}  # fmt: skip
CARD = {"type": TEXT, "last4": TEXT, "expiryYear": WHOLE, "expiryMonth": WHOLE}
TRANSACTION = {
    "type": TEXT, "gateway": TEXT, "transactionId": TEXT, "authCode": TEXT, "event": TEXT, "card": CARD,
    "rawTransaction": TEXT,
}  # fmt: skip


def unlike(shape: Any, value: Any, path: str = "") -> list[str]:
    """Where an answer differs from its shape; an empty list fits any list."""
    if isinstance(shape, dict):
        if not isinstance(value, dict):
            return [f"{path} is no object"]
        odd = [f"{path}.{name}" for name in shape.keys() ^ value.keys()]
        return odd + [
            word for name in shape.keys() & value.keys() for word in unlike(shape[name], value[name], f"{path}.{name}")
        ]
    if isinstance(shape, list):
        if not isinstance(value, list):
            return [f"{path} is no list"]
        return [
            word for n, each in enumerate(value) for word in unlike(shape[0] if shape else ANY, each, f"{path}[{n}]")
        ]
    return [] if _fits(shape, value) else [f"{path} is {value!r}, no {shape}"]


def _fits(shape: str, value: Any) -> bool:
    flag = isinstance(value, bool)
    kinds: dict[str, Any] = {TEXT: str, WHOLE: int, NUMBER: int | Decimal, FLAG: bool}
    return shape == ANY or (isinstance(value, kinds[shape]) and (shape == FLAG or not flag))


@pytest.fixture
def full(bc: Caller) -> int:
    """An invoice with every field, a payment of the seller's on it, and the detail of orders as objects."""
    ident = bc.made(
        details=details(), externalId="AR0000160", externalCustomerId="C00000287", purchaseOrderNumber="PO",
        extraFields=[{"fieldName": "ERP Branch", "fieldValue": "A"}],
    )  # fmt: skip
    bc.paid(ident, "1.00", externalId="004530", externalCustomerId="C00000287")
    bc.set(order_detail_data="object")
    return ident


@pytest.mark.parametrize(
    ("path", "shape"),
    [
        ("/ip/invoices/35", INVOICE), ("/ip/payments/2", PAYMENT), ("/ip/payments/1", ONLINE),
        ("/ip/payments/1/transactions", [TRANSACTION]),
        ("/ip/payments/1/operations", {"allowedOperations": [TEXT], "allowedStatuses": [TEXT]}),
        ("/ip/receipts/2", RECEIPT), ("/ip/receipts", [RECEIPT]), ("/ip/receipt-lines", [RECEIPT_LINE]),
        ("/ip/receipts/2/lines/2", RECEIPT_LINE),
        ("/ip/invoices/35/download-pdf", {"url": TEXT, "externalPdfUrl": TEXT}),
        ("/ip/invoices/extra-fields", [FIELD]), ("/companies/extra-fields", [FIELD]),
        ("/companies", [COMPANY]), (f"/companies/{IPL}", {**COMPANY, "bcGroupId": TEXT, "extraFields": [EXTRA]}),
        ("/users/1", USER), ("/users", [{name: kind for name, kind in USER.items() if name != "customerId"}]),
        ("/orders", [ORDER]), ("/orders/426", ORDER_DETAIL),
        ("/payments", [{"id": WHOLE, "paymentCode": TEXT, "paymentTitle": TEXT}]),
        (f"/companies/{IPL}/payment-terms", {"isEnabled": FLAG, "paymentTerms": WHOLE}),
    ],
)  # fmt: skip
def test_every_field_of_an_answer(bc: Caller, full: int, path: str, shape: Any) -> None:
    assert full == 35
    data = bc.get(path)
    assert data and unlike(shape, data) == []


def test_invoices_in_a_list_are_whole_but_for_their_extra_fields(bc: Caller, full: int) -> None:
    (row,) = bc.get("/ip/invoices", q="AR0000160")
    assert unlike({name: kind for name, kind in INVOICE.items() if name != "extraFields"}, row) == []
    told = loads(bc.call("GET", "/ip/invoices").text)
    page = {"totalCount": WHOLE, "limit": WHOLE, "offset": WHOLE}
    assert unlike({"code": WHOLE, "data": [ANY], "meta": {"message": TEXT, "pagination": page}}, told) == []


def test_the_check_sees_differences() -> None:
    assert unlike({"a": TEXT}, {"a": 1}) == [".a is 1, no text"] and unlike({"a": TEXT}, {"b": "x"})
    assert unlike([WHOLE], [True]) and unlike({"a": []}, []) and unlike([], {}) and not unlike([], [1])
