"""Answers and requests against BigCommerce's OpenAPI files, where those lie beside the project.

The files are only read, from ../shared/specs/bigcommerce; a clone elsewhere skips this file and says so. Where the
stand-in follows what live stores do against the letter of a file, the difference is named in KNOWN.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from openapi_schema_validator import OAS30Validator

from contract import test_sandbox_bigcommerce_caller as helpers
from contract.test_sandbox_bigcommerce_caller import IPL, Caller, details, invoice, payment, text
from contract.test_sandbox_bigcommerce_companies import company

SPECS = Path(__file__).parents[3] / "shared" / "specs" / "bigcommerce"
pytestmark = pytest.mark.skipif(
    not SPECS.is_dir(),
    reason=f"BigCommerce's OpenAPI files are not at {SPECS}; the shapes are checked by our own fixtures",
)
running, bc = helpers.running, helpers.bc
_V3 = "docs/b2b-edition/specs/api-v3"
_ELSEWHERE = "https://raw.githubusercontent.com/bigcommerce/docs/main/"
INVOICES, COMPANIES, ORDERS = f"{_V3}/invoice-management.yaml", f"{_V3}/company/company.yaml", f"{_V3}/order/order.yaml"
USERS, TERMS = f"{_V3}/user/user.yaml", f"{_V3}/payment/payment.yaml"
CONFIG, CHANNELS = f"{_V3}/invoice_management/config/config.yaml", f"{_V3}/channel/channel.yaml"
CORE_ORDERS, CORE_V3, CUSTOMERS = (
    "reference/orders.v2.oas2.yml",
    "reference/orders.v3.yml",
    "reference/customers.v3.yml",
)
HOOKS = "reference/webhooks.v3.yml"

# (last part of the place, rule of the schema): why the stand-in differs from the file there
KNOWN = {
    ("createdAt", "type"): "typed a string, in every sample a number",
    ("updatedAt", "type"): "typed a string, in every sample a number",
    ("cartId", "type"): "typed an integer, in the sample a UUID",
    ("invoiceNumber", "type"): "an integer in the order's file, text everywhere else",
    ("data", "type"): "one order is a list in the file, an object or a list at live stores",
    ("transactions", "required"): "the sample of an online payment has no memo",
    ("allowedMethods", "type"): "objects in the file, texts in its sample",
}


@cache
def document(path: Path) -> Any:
    """One file, read once."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load(path.read_text(encoding="utf-8"), Loader=loader)  # noqa: S506 - safe either way


def whole(node: Any, base: Path) -> Any:
    """A schema with every reference put in its place."""
    while isinstance(node, dict) and isinstance(node.get("$ref"), str):
        node, base = _target(node["$ref"], base)
    if isinstance(node, dict):
        return {key: whole(value, base) for key, value in node.items() if key not in ("example", "examples")}
    return [whole(each, base) for each in node] if isinstance(node, list) else node


def _target(reference: str, base: Path) -> tuple[Any, Path]:
    place, _, pointer = reference.partition("#")
    if place.startswith(_ELSEWHERE):
        base = SPECS / place.removeprefix(_ELSEWHERE)
    elif place:
        base = (base.parent / place).resolve()
    node = document(base)
    for part in filter(None, pointer.split("/")):
        node = node[part.replace("~1", "/").replace("~0", "~")]
    return node, base


@cache
def schema(file: str, method: str, path: str, status: str | None) -> Any:
    """The schema of an answer, or of the request where no status is given."""
    base = (SPECS / file).resolve()
    operation = whole(document(base)["paths"][path], base)[method.lower()]
    part = operation["requestBody"] if status is None else operation["responses"][status]
    return part["content"]["application/json"]["schema"]


def differences(file: str, method: str, path: str, status: str | None, value: Any) -> list[str]:
    """What the file says against a value, known differences apart."""
    found = OAS30Validator(schema(file, method, path, status)).iter_errors(value)
    return [
        f"{'.'.join(map(str, error.absolute_path))}: {error.message[:120]}"
        for error in found
        if not _known(error)
    ]  # fmt: skip


def _known(error: Any) -> bool:
    names = [part for part in error.absolute_path if isinstance(part, str)]
    return bool(names) and (names[-1], error.validator) in KNOWN


@pytest.fixture
def full(bc: Caller) -> int:
    """An invoice with every field and a payment on it."""
    parcel = {"details": details()["details"], "header": details()["header"]}
    parcel["header"]["billingAddress"]["customFields"] = {"key": "a", "value": "b"}
    ident = bc.made(
        details=parcel, externalId="160", externalCustomerId="C00000287", purchaseOrderNumber="PO", orderNumber="423",
        extraFields=[{"fieldName": "ERP Branch", "fieldValue": "A"}],
    )  # fmt: skip
    bc.paid(ident, "1.00", externalId="004530", externalCustomerId="C00000287")
    return ident


ANSWERS = [
    (INVOICES, "/invoices/{invoiceId}", "/ip/invoices/35", {}),
    (INVOICES, "/invoices", "/ip/invoices", {"q": "AR0000160"}),
    (INVOICES, "/invoices/{invoiceId}/download-pdf", "/ip/invoices/35/download-pdf", {}),
    (INVOICES, "/invoices/extra-fields", "/ip/invoices/extra-fields", {}),
    (INVOICES, "/payments", "/ip/payments", {}), (INVOICES, "/payments/{paymentId}", "/ip/payments/2", {}),
    (INVOICES, "/payments/{paymentId}", "/ip/payments/1", {}),
    (INVOICES, "/payments/{paymentId}/operations", "/ip/payments/1/operations", {}),
    (INVOICES, "/payments/{paymentId}/transactions", "/ip/payments/1/transactions", {}),
    (INVOICES, "/receipts", "/ip/receipts", {}), (INVOICES, "/receipts/{receiptId}", "/ip/receipts/2", {}),
    (INVOICES, "/receipt-lines", "/ip/receipt-lines", {}),
    (INVOICES, "/receipts/{receiptId}/lines", "/ip/receipts/2/lines", {}),
    (INVOICES, "/receipts/{receiptId}/lines/{receiptLineId}", "/ip/receipts/2/lines/2", {}),
    (COMPANIES, "/companies", "/companies", {"isIncludeExtraFields": "1"}),
    (COMPANIES, "/companies/{companyId}", "/companies/8101", {}),
    (COMPANIES, "/companies/extra-fields", "/companies/extra-fields", {}),
    (ORDERS, "/orders", "/orders", {"showExtra": "true"}), (ORDERS, "/orders/{bcOrderId}", "/orders/423", {}),
    (ORDERS, "/orders/{bcOrderId}", "/orders/426", {}),
    (ORDERS, "/orders/{bcOrderId}/products", "/orders/423/products", {}),
    (USERS, "/users", "/users", {}), (USERS, "/users/{userId}", "/users/1", {}),
    (USERS, "/users/customer/{customerId}", "/users/customer/1", {}),
    (TERMS, "/payments", "/payments", {}), (TERMS, "/companies/{companyId}/payments", "/companies/8101/payments", {}),
    (TERMS, "/companies/{companyId}/payment-terms", "/companies/8101/payment-terms", {}),
    (TERMS, "/company-payment-methods", "/company-payment-methods", {}),
    (CONFIG, "/config", "/ip/config", {}),
]  # fmt: skip


@pytest.mark.parametrize(("file", "path", "url", "query"), ANSWERS)
def test_an_answer_fits_the_file(bc: Caller, full: int, file: str, path: str, url: str, query: dict[str, str]) -> None:
    assert full == 35
    told = bc.call("GET", url, **query)
    assert told.status_code == 200, told.text
    assert differences(file, "GET", path, "200", told.json()) == []


@pytest.mark.parametrize(
    ("file", "path", "url"),
    [
        (CORE_ORDERS, "/orders", "/v2/orders"), (CORE_ORDERS, "/orders/{order_id}", "/v2/orders/423"),
        (CORE_ORDERS, "/orders/{order_id}/products", "/v2/orders/423/products"),
        (CORE_ORDERS, "/orders/{order_id}/taxes", "/v2/orders/423/taxes"),
        (CORE_ORDERS, "/orders/{order_id}/shipping_addresses", "/v2/orders/423/shipping_addresses"),
        (CORE_ORDERS, "/order_statuses", "/v2/order_statuses"), (CORE_ORDERS, "/orders/count", "/v2/orders/count"),
        (CORE_V3, "/orders/{order_id}/transactions", "/v3/orders/428/transactions"),
        (CORE_V3, "/orders/{order_id}/metafields", "/v3/orders/428/metafields"),
        (CORE_V3, "/orders/{order_id}/payment_actions/refunds", "/v3/orders/423/payment_actions/refunds"),
        (CUSTOMERS, "/customers", "/v3/customers"), (HOOKS, "/hooks", "/v3/hooks"),
    ],
)  # fmt: skip
def test_a_core_answer_fits_the_file(bc: Caller, file: str, path: str, url: str) -> None:
    bc.insert("refund", order_id=423, amount="1.00")
    bc.core("POST", "/v3/hooks", {"scope": "store/order/*", "destination": "https://erp.example/"})
    told = bc.core("GET", url)
    assert told.status_code == 200 and differences(file, "GET", path, "200", told.json()) == []


def test_channels_and_their_refusal_fit_the_file(bc: Caller) -> None:
    assert differences(CHANNELS, "GET", "/channels", "403", bc.call("GET", "/channels").json()) == []
    bc.edit("store", "1", multi_storefront=True)
    assert differences(CHANNELS, "GET", "/channels", "200", bc.call("GET", "/channels").json()) == []


WRITES = [
    (INVOICES, "POST", "/invoices", "/ip/invoices", invoice(details=details(), invoiceNumber="AR-2")),
    (INVOICES, "PUT", "/invoices/{invoiceId}", "/ip/invoices/35", {"details": details(), "openBalance": text("3.75")}),
    (INVOICES, "POST", "/payments/offline", "/ip/payments/offline", payment(35, "1.00", externalId="x")),
    (INVOICES, "PUT", "/payments/offline/{paymentId}", "/ip/payments/offline/2", payment(35, "2.00", fundingStatus=2)),
    (INVOICES, "POST", "/payments/{paymentId}/operations", "/ip/payments/2/operations", {"operationCode": 1}),
    (INVOICES, "PUT", "/payments/{paymentId}/processing-status", "/ip/payments/2/processing-status",
     {"processingStatus": 4}),
    (COMPANIES, "POST", "/companies", "/companies", company()),
    (COMPANIES, "PUT", "/companies/{companyId}", "/companies/8101", {"companyPhone": "1"}),
    (COMPANIES, "PUT", "/companies/{companyId}/status", "/companies/8101/status", {"companyStatus": 3}),
    (TERMS, "PUT", "/companies/{companyId}/payment-terms", "/companies/8101/payment-terms",
     {"isEnabled": True, "paymentTerms": 30}),
    (ORDERS, "PUT", "/orders/{bcOrderId}", "/orders/423", {"poNumber": "PO"}),
    (CONFIG, "PUT", "/config", "/ip/config",
     {"data": [{"visibilityLevel": 1, "path": "payments", "value": {"paymentHoldPolicy": 1}}]}),
]  # fmt: skip


@pytest.mark.parametrize(("file", "method", "path", "url", "body"), WRITES)
def test_a_write_and_its_answer_fit_the_file(
    bc: Caller, full: int, file: str, method: str, path: str, url: str, body: Any
) -> None:
    # a Decimal is a number for the check as for the wire
    assert differences(file, method, path, None, numbers(body)) == []
    told = bc.call(method, url, body)
    assert told.status_code == 200, told.text
    assert differences(file, method, path, "200", told.json()) == []


@pytest.mark.parametrize(
    ("path", "url"),
    [
        ("/invoices/{invoiceId}", "/ip/invoices/34"), ("/payments/{paymentId}", "/ip/payments/2"),
        ("/receipts/{receiptId}/lines/{receiptLineId}", "/ip/receipts/2/lines/2"),
        ("/receipts/{receiptId}", "/ip/receipts/2"),
    ],
)  # fmt: skip
def test_a_deletion_fits_the_file(bc: Caller, full: int, path: str, url: str) -> None:
    bc.set(paid_invoice_deletion="keep_payments")
    assert differences(INVOICES, "DELETE", path, "200", bc.call("DELETE", url).json()) == []


def test_an_invoice_from_an_order_fits_the_file(bc: Caller) -> None:
    order = next(row["id"] for row in bc.records("b2b_order") if row["bcOrderId"] == 423)
    told = bc.call("POST", f"/ip/orders/{order}/invoices").json()
    assert differences(INVOICES, "POST", "/orders/{orderId}/invoices", "200", told) == []


@pytest.mark.parametrize(
    ("file", "method", "path", "url", "body", "status"),
    [
        (INVOICES, "GET", "/invoices/{invoiceId}", "/ip/invoices/999", None, "404"),
        (INVOICES, "GET", "/payments/{paymentId}", "/ip/payments/999", None, "404"),
        (INVOICES, "POST", "/payments/{paymentId}/operations", "/ip/payments/1/operations",
         {"operationCode": 0}, "400"),
        (INVOICES, "PUT", "/payments/{paymentId}/processing-status", "/ip/payments/1/processing-status",
         {"processingStatus": 9}, "400"),
        (INVOICES, "POST", "/payments/offline", "/ip/payments/offline", payment(31, "1.00", currency="XXQ"), "422"),
        (INVOICES, "GET", "/receipts/{receiptId}", "/ip/receipts/999", None, "404"),
        (COMPANIES, "GET", "/companies/{companyId}", "/companies/999", None, "404"),
        (COMPANIES, "POST", "/companies", "/companies", company(companyName=None), "422"),
        (ORDERS, "GET", "/orders/{bcOrderId}", "/orders/999", None, "404"),
        (USERS, "GET", "/users/{userId}", "/users/999", None, "404"),
        (USERS, "GET", "/users", "/users?roles=99", None, "422"),
        (TERMS, "GET", "/companies/{companyId}/credit", f"/companies/{IPL}/credit", None, "400"),
        (TERMS, "PUT", "/companies/{companyId}/payment-terms", f"/companies/{IPL}/payment-terms",
         {"paymentTerms": 9}, "400"),
    ],
)  # fmt: skip
def test_a_refusal_fits_the_file(
    bc: Caller, file: str, method: str, path: str, url: str, body: Any, status: str
) -> None:
    told = bc.call(method, url, body)
    assert str(told.status_code) == status and differences(file, method, path, status, told.json()) == []


def numbers(value: Any) -> Any:
    """Decimals as floats, for the validator only."""
    if isinstance(value, dict):
        return {key: numbers(each) for key, each in value.items()}
    if isinstance(value, list):
        return [numbers(each) for each in value]
    return float(value) if type(value).__name__ == "Decimal" else value


def test_the_check_sees_differences(bc: Caller) -> None:
    wrong = {"code": 200, "data": {"id": "12"}, "meta": {"message": "Success"}}
    assert differences(INVOICES, "DELETE", "/invoices/{invoiceId}", "200", wrong)
    assert differences(INVOICES, "POST", "/invoices", None, {"invoiceNumber": 1})
