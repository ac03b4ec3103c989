"""The buyers of a store, which it calls companies; pure. Invoices are in invoices.py.

https://developer.bigcommerce.com/b2b-edition/apis/rest-management/company/companies
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from invoice_sync.connectors.base import Candidate, Json, Remote
from invoice_sync.connectors.bigcommerce import envelope, fields
from invoice_sync.connectors.bigcommerce.envelope import text_of
from invoice_sync.connectors.bigcommerce.texts import SOURCE, one_line
from invoice_sync.model.documents import Party
from invoice_sync.model.errors import Problem
from invoice_sync.model.flow import BigCommerceOptions

APPROVED = "1"
FIRST_NAME, LAST_NAME = "Accounts", "Payable"
"""Of a new company's administrator, a person that the source does not know; the store wants two names."""

_LONGEST = {
    "companyName": ("the name", 200), "companyEmail": ("the e-mail address", 100),
    "companyPhone": ("the phone number", 50), "addressLine1": ("line 1 of the address", 200),
    "addressLine2": ("line 2 of the address", 200), "city": ("the city", 100), "state": ("the state", 50),
    "country": ("the country", 200), "zipCode": ("the postcode", 50),
}  # fmt: skip
_REQUIRED = ("companyName", "companyEmail", "companyPhone", "country")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def company_name(party: Party) -> str:
    """The name that a customer gets as a company."""
    return one_line(party.name)


def company_body(party: Party, options: BigCommerceOptions) -> dict[str, Any]:
    """The create body. It makes the company's first user as well, with the customer's e-mail address; nobody is
    written to. What the customer lacks is told by `problems`."""
    place, named = party.address, {options.company_field: party.number, options.tax_field: party.tax_id}
    texts = {
        "companyName": company_name(party), "companyEmail": one_line(party.email),
        "companyPhone": one_line(party.phone),
        "addressLine1": one_line(place.line1), "addressLine2": one_line(f"{place.line2} {place.line3}"),
        "city": one_line(place.city), "state": one_line(place.state), "country": one_line(place.country),
        "zipCode": one_line(place.postcode), "adminFirstName": FIRST_NAME, "adminLastName": LAST_NAME,
        "adminEmail": one_line(party.email),
    }  # fmt: skip
    extra = [{"fieldName": name, "fieldValue": one_line(text)} for name, text in named.items() if name and text.strip()]
    return {**{name: text for name, text in texts.items() if text}, "acceptCreationEmail": False, "extraFields": extra}


def problems(party: Party, body: Json, options: BigCommerceOptions) -> list[Problem]:
    """Why a customer cannot be added as a company."""
    return list(_problems(party, body, options))


def company_id(record: Json) -> str:
    """Raises KeyError for a record without one. The list and the single record write it differently."""
    identity = envelope.whole(record.get("companyId", record.get("id")))
    if identity is None:
        raise KeyError("companyId")
    return str(identity)


def candidate(record: Json, options: BigCommerceOptions) -> Candidate:
    """A company as something that a customer might already be. Raises KeyError for one without an id."""
    return Candidate(
        remote_id=company_id(record),
        name=text_of(record.get("companyName")),
        kind="customer",
        number=fields.value_of(record, options.company_field).strip() if options.company_field else "",
        tax_id=fields.value_of(record, options.tax_field).strip() if options.tax_field else "",
        active=text_of(record.get("companyStatus")) == APPROVED,
    )


def remote(record: Json, options: BigCommerceOptions) -> Remote:
    """A company as it is compared with what we asked for."""
    name = text_of(record.get("companyName"))
    facts = {"name": one_line(name).casefold(), "number": fields.value_of(record, options.company_field)}
    live = text_of(record.get("companyStatus")) in (APPROVED, "0")
    return Remote(company_id(record), text_of(record.get("updatedAt")), name, facts, live)


def expected(body: Json, options: BigCommerceOptions) -> dict[str, str]:
    """The facts of the company that `body` asks for."""
    return {"name": text_of(body["companyName"]).casefold(), "number": fields.value_of(body, options.company_field)}


def _problems(party: Party, body: Json, options: BigCommerceOptions) -> Iterator[Problem]:
    if not options.company_field:
        reason = "nothing in the store would say which customer the company is"
        yield _problem(
            party, "settings", reason, "Name a company extra field in the flow's option bigcommerce.company_field."
        )
    elif not fields.value_of(body, options.company_field):
        yield _problem(party, "missing", "it has no number", f"Give it a number {SOURCE}.")
    for name in _REQUIRED:
        if not body.get(name):
            reason = f"the store does not take a company without {_LONGEST[name][0]}"
            yield _problem(party, "missing", reason, _cure(name))
    if (email := body.get("companyEmail")) and not _EMAIL.fullmatch(str(email)):
        yield _problem(party, "email", "its e-mail address must look like name@example.com", f"Correct it {SOURCE}.")
    yield from _lengths(party, body)


def _lengths(party: Party, body: Mapping[str, Any]) -> Iterator[Problem]:
    for name, (label, longest) in _LONGEST.items():
        length = len(str(body.get(name, "")))
        if length > longest:
            yield _problem(
                party,
                "too_long",
                f"{label} has {length} characters, the store takes {longest}",
                f"Shorten it {SOURCE}.",
            )


def _cure(name: str) -> str:
    if name == "companyEmail":
        return (
            f"Enter one {SOURCE}: it becomes the sign-in of the company's first user. Or make the company in the store."
        )
    return f"Enter it {SOURCE}, or make the company in the store by hand with the customer's number on it."


def _problem(party: Party, cause: str, reason: str, cure: str) -> Problem:
    return Problem(cause, f"Customer {one_line(party.number)} cannot be added to the store: {reason}.", cure)
