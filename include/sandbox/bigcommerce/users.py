"""Company users: read only here; they come with their companies or from a person's hand."""

from __future__ import annotations

from collections.abc import Iterable

from sandbox.bigcommerce import errors
from sandbox.bigcommerce.call import Call, Page
from sandbox.bigcommerce.listing import between, numbers, page, where
from sandbox.bigcommerce.wire import Record

ROLES = (0, 1, 2)
_NOT_THERE = "User matching query does not exist."


def list_users(call: Call) -> Page:
    """GET /users; the BigCommerce customer id is often missing here."""
    rows: Iterable[Record] = call.store.table("user").rows()
    companies, roles = numbers(call, "companyId"), numbers(call, "roles", "roles[]")
    if companies is not None:
        rows = where(rows, lambda row: row["companyId"] in companies)
    if roles is not None:
        _check_roles(roles)
        rows = where(rows, lambda row: row["role"] in roles)
    email, word = call.asked("email"), (call.asked("q") or "").casefold()
    if email is not None:
        rows = where(rows, lambda row: row["email"] == email)
    rows = where(rows, lambda row: word in f"{row['firstName']} {row['lastName']} {row['email']}".casefold())
    rows = between(call, rows, "updatedAt", "minModified", "maxModified")
    rows = between(call, rows, "createdAt", "minCreated", "maxCreated")
    found = page(call, sorted(rows, key=lambda row: -int(row["id"])))
    return Page([_listed(call, row) for row in found.rows], found.total, found.limit, found.offset)


def get_user(call: Call) -> Record:
    """GET /users/{id}."""
    found = call.store.get("user", call.number("id"))
    if found is None:
        raise errors.refused(404, _NOT_THERE)
    return dict(found)


def by_customer(call: Call) -> Record:
    """GET /users/customer/{id}, by the BigCommerce customer id."""
    found = call.store.table("user").having("customerId", call.path["id"])
    if not found:
        raise errors.refused(404, _NOT_THERE)
    return dict(found[0])


def _check_roles(roles: set[int]) -> None:
    wrong = sorted(roles - set(ROLES))
    if wrong:
        problem = {"roles": {"0": [f'"{wrong[0]}" is not a valid choice.']}}
        raise errors.Refusal(422, {"errMsg": problem}, {"message": errors.PARAMETER})


def _listed(call: Call, row: Record) -> Record:
    name = call.settings.user_list_customer_id
    shown = {key: value for key, value in row.items() if key != "customerId"}
    return shown if name == "absent" else {**shown, name: row["customerId"]}
