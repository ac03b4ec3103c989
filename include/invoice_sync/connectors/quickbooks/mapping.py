"""Parties, products and records of QuickBooks; pure. Invoices are in invoices.py.

https://developer.intuit.com/app/developer/qbo/docs/api/accounting/all-entities/customer and .../item
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from invoice_sync.connectors.base import Candidate, Json
from invoice_sync.connectors.quickbooks.refusing import one_line
from invoice_sync.model.documents import Address, Entity, Party, Product
from invoice_sync.model.errors import BadDocument, Problem

ENTITIES: Mapping[Entity, str] = {
    "customer": "Customer",
    "product": "Item",
    "invoice": "Invoice",
    "credit_memo": "CreditMemo",
}
LONGEST_NAME = 500
LONGEST_ITEM_NAME = 100
LONGEST_SKU = 100
LONGEST_COMPANY_NAME = 100


def display_name(party: Party) -> str:
    """The name we give a customer. QuickBooks refuses ':', tabs and line breaks and trims blanks."""
    return _name(party.name)


def item_name(product: Product) -> str:
    """The name we give an item.

    Item names are unique at QuickBooks while descriptions at the source are not, so the SKU, which is, comes
    first. A name that would not fit is the SKU alone: a cut one could meet another that was cut.
    """
    sku, whole = _name(product.sku), _name(f"{product.sku} {product.description}")
    return whole if len(whole) <= LONGEST_ITEM_NAME else sku


def _name(text: str) -> str:
    return one_line(text.replace(":", ""))


def customer_body(party: Party, profile: Json, terms: Mapping[str, str], marker: str) -> dict[str, Any]:
    """The create body of a customer. `terms`: names at QuickBooks by those of the source.

    Raises BadDocument for a name that QuickBooks cannot hold.
    """
    name = display_name(party)
    _check_length("the customer name", name, LONGEST_NAME, f"customer {party.number}")
    body: dict[str, Any] = {"DisplayName": name, "Notes": marker}
    # not unique and only for show, so a longer one is left to DisplayName rather than cut
    if len(name) <= LONGEST_COMPANY_NAME:
        body["CompanyName"] = name
    _put(body, "PrimaryEmailAddr", "Address", party.email)
    _put(body, "PrimaryPhone", "FreeFormNumber", party.phone)
    if address := address_json(party.address):
        body["BillAddr"] = address
    if shipping := address_json(party.shipping):
        body["ShipAddr"] = shipping
    if party.terms and (term := profile["terms"].get(terms.get(party.terms, party.terms).strip().casefold())):
        body["SalesTermRef"] = {"value": term}
    if profile["multicurrency"]:
        body["CurrencyRef"] = {"value": party.currency or profile["home_currency"]}
    return body


def product_body(product: Product, profile: Json, income_account: str) -> dict[str, Any]:
    """The create body of an item: never Inventory, which would post stock and cost of goods sold."""
    sku, what = product.sku.strip(), f"product {one_line(product.sku)}"
    _check_length("the SKU", sku, LONGEST_SKU, what)
    _check_length("the item name", item_name(product), LONGEST_ITEM_NAME, what)
    if not profile["income_account"]:
        raise BadDocument(_no_account(what, income_account))
    body = {
        "Name": item_name(product),
        "Sku": sku,
        "Type": "NonInventory" if product.kind == "goods" else "Service",
        "IncomeAccountRef": {"value": profile["income_account"]},
    }
    if product.description.strip():
        body["Description"] = product.description.strip()
    return body


def address_json(address: Address) -> dict[str, str]:
    """The parts that are there; empty when none is."""
    parts = {
        "Line1": address.line1,
        "Line2": address.line2,
        "Line3": address.line3,
        "City": address.city,
        "CountrySubDivisionCode": address.state,
        "PostalCode": address.postcode,
        "Country": address.country,
    }
    return {key: text.strip() for key, text in parts.items() if text.strip()}


def candidate(kind: str, record: Json) -> Candidate:
    """A Customer, Vendor, Employee or Item as something that a document might already be."""
    name = record.get("Name") if kind == "product" else record.get("DisplayName")
    return Candidate(
        remote_id=_text(record["Id"]),
        name=_text(name),
        kind=kind,
        email=_text(_inside(record, "PrimaryEmailAddr", "Address")),
        postcode=_text(_inside(record, "BillAddr", "PostalCode")),
        sku=_text(record.get("Sku")),
        marker=first_line(record.get("Notes")),
        active=record.get("Active") is not False,
    )


def first_line(note: object) -> str:
    """Where our marker is; people may write below it."""
    return _text(note).partition("\n")[0].strip()


def _check_length(field: str, text: str, longest: int, what: str) -> None:
    if not text:
        reason, cause = f"{field} is empty", "missing"
    elif len(text) > longest:
        reason, cause = f"{field} has {len(text)} characters, QuickBooks takes {longest}", "too_long"
    elif text != one_line(text):
        reason, cause = f"{field} holds line breaks, tabs or doubled blanks", "name"
    else:
        return
    raise BadDocument(Problem(cause, f"{what}: {reason}.", "Correct it in the source system."))


def _no_account(what: str, income_account: str) -> Problem:
    return Problem(
        "settings",
        f"{what} cannot be added: QuickBooks has no active income account {income_account}.",
        "Create the account in QuickBooks, or name another in the flow's option income_account.",
    )


def _put(body: dict[str, Any], field: str, part: str, text: str) -> None:
    if text.strip():
        body[field] = {part: text.strip()}


def _inside(record: Json, field: str, part: str) -> object:
    inner = record.get(field)
    return inner.get(part) if isinstance(inner, Mapping) else None


def _text(value: object) -> str:
    return "" if value is None else str(value)
