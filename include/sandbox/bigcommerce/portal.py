"""What the invoice portal and B2B Edition are set to: configuration, credit, terms, ways to pay, channels."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from sandbox.bigcommerce import errors, schema
from sandbox.bigcommerce.call import Call, Page, Written
from sandbox.bigcommerce.listing import page
from sandbox.bigcommerce.reader import Reader
from sandbox.bigcommerce.wire import Record

TERMS = (0, 5, 15, 30, 45, 60)
_METHODS = ((1, "cheque", "Check"), (2, "cod", "Cash on Delivery"), (3, "testgateway", "Test Payment Gateway"))


def defaults() -> Record:
    """The portal's configuration as a new store has it."""
    switch = {"isEnabled": 1, "isStorefrontMethod": 0}
    return {
        "allMethods": [{"code": code, "name": name, "testMode": code == "testgateway"} for _, code, name in _METHODS],
        "invoiceEmailTemplate": {"html": "", "title": "Invoice", "isEnabled": 0},
        "isPaymentProcessingEnabled": {"isEnabled": 1, "isStorefrontMethod": 0},
        "payments": {
            "paymentHoldPolicy": 0, "generalPaymentFees": [], "statusAfterPaymentIsMade": 3,
            "invoiceBalanceUpdatePolicy": 1, "onlinePaymentAutomaticInvoiceGeneration": 0,
            "offlinePaymentAutomaticInvoiceGeneration": 0,
        },
        "paymentsBigcommerceSalesOrder": {
            "isEnabled": 1, "productId": 113, "variantId": 78, "displayName": "Pay with BigCommerce",
            "allowedMethods": ["testgateway"], "isStorefrontMethod": 1,
        },
        "paymentsOffline": {**switch, "displayName": "Offline Payment"},
        "paymentsTest": {**switch, "displayName": "Test Payment Gateway", "isEnabled": 0},
        "paymentsMinibc": {
            "apiKey": "none", "rootUrl": "https://minibc.example", "displayName": "MiniBC", "authorizeOnly": 0,
            "isEnabled": 0, "isStorefrontMethod": 0,
        },
        "storesBundleb2b": {"apiKey": "", "internalEmail": "", "internalPassword": "", "isEnabled": 0},
    }  # fmt: skip


def get_config(call: Call) -> Record:
    """GET /ip/config."""
    return deepcopy(call.store.portal)


def put_config(call: Call) -> Written:
    """PUT /ip/config: a list of {visibilityLevel, path, value}, where path is `group` or `group.name`."""
    items = call.body.get("data") if isinstance(call.body, dict) else None
    if not isinstance(items, list):
        raise errors.wrong_fields({"data": [errors.REQUIRED]}, call.settings.parameter_errors)
    for item in items:
        if not isinstance(item, dict) or "path" not in item or "value" not in item:
            raise errors.wrong_fields({"path": [errors.REQUIRED]}, call.settings.parameter_errors)
    for item in items:
        _set(call.store.portal, str(item["path"]), item["value"])
    return Written([], "config", None)


def _set(portal: Record, path: str, value: Any) -> None:
    group, _, name = path.partition(".")
    if group not in portal or (name and name not in portal[group]):
        raise errors.refused(404, f"{path} does not exist")
    if name:
        portal[group][name] = value
    elif isinstance(value, dict):
        portal[group].update(value)


def _company(call: Call) -> Record:
    found = call.store.get("company", call.number("id"))
    if found is None:
        raise errors.Refusal(404, {"errMsg": "Company Does not Exist"}, {"message": "Company Does not Exist"})
    return found


def get_credit(call: Call) -> Record:
    """GET /companies/{id}/credit."""
    credit = _company(call)["credit"]
    if not call.store.company_credit:
        raise errors.refused(400, "Store company credit is not enabled", errors.LOGIC)
    return dict(credit)


def put_credit(call: Call) -> Written:
    """PUT /companies/{id}/credit."""
    get_credit(call)
    company = _company(call)
    body = Reader(call.settings).read(schema.CREDIT, call.body)
    changed = {**company["credit"], **body}
    call.store.table("company").put({**company, "credit": changed})
    return Written(changed, company["companyName"], company["id"])


def get_terms(call: Call) -> Record:
    """GET /companies/{id}/payment-terms."""
    return dict(_company(call)["terms"])


def put_terms(call: Call) -> Written:
    """PUT /companies/{id}/payment-terms."""
    company = _company(call)
    body = Reader(call.settings).read(schema.TERMS, call.body)
    if body.get("paymentTerms", 0) not in TERMS:
        raise errors.refused(400, f"Payment terms value error, must be in {list(TERMS)}; ")
    changed = {**company["terms"], **body}
    call.store.table("company").put({**company, "terms": changed})
    return Written(changed, company["companyName"], company["id"])


def methods(call: Call) -> list[Record]:
    """GET /payments without /ip: ways to pay, no payments."""
    return [{"id": ident, "paymentCode": code, "paymentTitle": title} for ident, code, title in _METHODS]


def company_methods(call: Call) -> list[Record]:
    """GET /companies/{id}/payments: the same under other names."""
    _company(call)
    return [
        {"paymentId": ident, "code": code, "paymentTitle": title, "isEnabled": True} for ident, code, title in _METHODS
    ]


def all_company_methods(call: Call) -> Page:
    """GET /company-payment-methods."""
    rows = [
        {"companyId": company["id"], "paymentId": ident, "createdAt": company["createdAt"],
         "updatedAt": company["updatedAt"], "paymentMethodCode": code, "paymentMethodTitle": title}
        for company in call.store.table("company").rows()
        for ident, code, title in _METHODS
    ]  # fmt: skip
    wanted = call.asked("companyId")
    return page(call, [row for row in rows if wanted is None or str(row["companyId"]) == wanted])


def channels(call: Call) -> list[Record]:
    """GET /channels: only where multi-storefront is on. `id` is not the channel's own id."""
    if not call.store.multi_storefront:
        raise errors.BareRefusal(403, "Multi storefront is not enabled")
    stamp = "2026-01-05T09:00:00Z"
    return [
        {"id": 9000 + place, "channelId": channel, "name": f"Channel {channel}", "type": "storefront",
         "platform": "bigcommerce", "status": "active", "site": f"https://{call.store.hash}-{channel}.example",
         "isVisible": True, "isEnabled": True, "iconUrl": "", "b2bEnabled": True, "allowGlobalLogins": True,
         "createdAt": stamp, "updatedAt": stamp}
        for place, channel in enumerate(call.store.channels(), 1)
    ]  # fmt: skip
