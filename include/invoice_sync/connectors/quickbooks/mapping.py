"""Parties, products and records of QuickBooks; pure. Invoices are in invoices.py.

https://developer.intuit.com/app/developer/qbo/docs/api/accounting/all-entities/customer and .../item
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from invoice_sync.connectors.base import Candidate, Json, Remote
from invoice_sync.model.documents import Address, Entity, Party, Product
from invoice_sync.model.errors import BadAmount, BadDocument, Problem
from invoice_sync.model.money import Money, exact

ENTITIES: Mapping[Entity, str] = {"customer": "Customer", "product": "Item", "invoice": "Invoice"}
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


def one_line(text: str) -> str:
    """The text without line breaks, tabs or doubled blanks."""
    return " ".join(re.sub(r"[\x00-\x1f\x7f]", " ", text).split())


def _name(text: str) -> str:
    return one_line(text.replace(":", ""))


def customer_body(party: Party, profile: Json, marker: str) -> dict[str, Any]:
    """The create body of a customer. Raises BadDocument for a name that QuickBooks cannot hold."""
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


def remote(entity: Entity, record: Json) -> Remote:
    """The record as it is compared. Raises KeyError when it has no id."""
    name = _text(record.get("Name") if entity == "product" else record.get("DisplayName"))
    if entity == "customer":
        facts = {"name": name.casefold(), "marker": first_line(record.get("Notes"))}
    elif entity == "product":
        facts = {"name": name.casefold(), "sku": _text(record.get("Sku"))}
    else:
        name, facts = _text(record.get("DocNumber")), _invoice_facts(record)
    live = not is_voided(record) if entity == "invoice" else record.get("Active") is not False
    return Remote(_identity(record), _text(record.get("SyncToken")), name, facts, live)


def expected(entity: Entity, body: Json) -> dict[str, str]:
    """The facts of the record that `body`, its placeholders filled, asks for."""
    if entity == "customer":
        return {"name": str(body["DisplayName"]).casefold(), "marker": first_line(body["Notes"])}
    if entity == "product":
        return {"name": str(body["Name"]).casefold(), "sku": str(body["Sku"])}
    currency = str(body["CurrencyRef"]["value"])
    return {
        "number": str(body["DocNumber"]),
        "customer": str(body["CustomerRef"]["value"]),
        "currency": currency,
        "total": in_minor_units(body_total(body, currency)),
        "marker": first_line(body["PrivateNote"]),
    }


def body_total(body: Json, currency: str) -> Money:
    """Lines - discount + tax of an invoice body, in integer minor units."""
    total = Money.zero(currency)
    for line in body["Line"]:
        amount = Money.of(line["Amount"], currency)
        total = total - amount if line["DetailType"] == "DiscountLineDetail" else total + amount
    tax = body.get("TxnTaxDetail", {}).get("TotalTax", 0)
    return total + Money.of(tax, currency)


def in_minor_units(amount: Money) -> str:
    """An amount as a fact: "22670 USD"."""
    return f"{amount.minor} {amount.currency}"


def first_line(note: object) -> str:
    """Where our marker is; people may write below it."""
    return _text(note).partition("\n")[0].strip()


def is_voided(record: Json) -> bool:
    """Voiding sets note and amounts and has no flag of its own; a free invoice of zero is not void."""
    amounts = [record.get("TotalAmt", 0)] + [line.get("Amount", 0) for line in record.get("Line", [])]
    return first_line(record.get("PrivateNote")).startswith("Voided") and all(_is_zero(each) for each in amounts)


def _invoice_facts(record: Json) -> dict[str, str]:
    currency = _text(_inside(record, "CurrencyRef", "value"))
    return {
        "number": _text(record.get("DocNumber")),
        "customer": _text(_inside(record, "CustomerRef", "value")),
        "currency": currency,
        "total": _total_fact(record.get("TotalAmt"), currency),
        "marker": first_line(record.get("PrivateNote")),
    }


def _total_fact(total: object, currency: str) -> str:
    """A total that is no exact amount stays as it came: it equals nothing we sent and so shows up."""
    try:
        return in_minor_units(Money.of(total, currency))
    except BadAmount:
        return f"{total} {currency}".strip()


def _is_zero(amount: object) -> bool:
    try:
        return amount in (None, "") or exact(amount) == 0
    except BadAmount:
        return False


def _identity(record: Json) -> str:
    identity = _text(record.get("Id"))
    if not identity:
        raise KeyError("Id")
    return identity


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
