"""Customers. Rules: developer.intuit.com, api/accounting/all-entities/customer."""

from decimal import Decimal

from sandbox.quickbooks import faults
from sandbox.quickbooks.entities.base import Call, Kind, given
from sandbox.quickbooks.entities.names import check_alive, check_display_name, check_name, deactivated
from sandbox.quickbooks.faults import Fault, Problem
from sandbox.quickbooks.schema import CUSTOMER
from sandbox.quickbooks.store import SUFFIX
from sandbox.quickbooks.wire import Record

_PARTS = ("Title", "GivenName", "MiddleName", "FamilyName", "Suffix")


class CustomerKind(Kind):
    """A customer: a name that is unique over three lists, and defaults."""

    name = "Customer"
    shape = CUSTOMER
    computed = frozenset({"Balance", "BalanceWithJobs", "FullyQualifiedName", "Level", "OpenBalanceDate"})

    def build(self, call: Call, body: Record, old: Record | None) -> Record:
        check_alive(call, body, old)
        name = self._display_name(call, body, old)
        parent = call.refer("Customer", "Names", body.get("ParentRef"), "ParentRef")
        call.refer("Term", "Terms", body.get("SalesTermRef"), "SalesTermRef")
        _check_email(call, body)
        _check_currency(call, body)
        content = given(body, self._defaults(call, name, parent, old))
        content["DisplayName"] = name
        _check_deactivation(call, content, old)
        content = deactivated(content, ("DisplayName", "FullyQualifiedName"), old)
        check_display_name(call, content["DisplayName"], old["Id"] if old else None)
        return content

    def _display_name(self, call: Call, body: Record, old: Record | None) -> str:
        built = " ".join(body[part].strip() for part in _PARTS if part in body)
        name = str(body.get("DisplayName") or built or (old or {}).get("DisplayName", "")).strip()
        for part in ("DisplayName", *_PARTS):
            if part in body:
                check_name(call, body[part], part)
        if not name and "DisplayName" not in body:
            call.problems.append(faults.missing("DisplayName"))
        return name.removesuffix(SUFFIX) if old and not old.get("Active", True) else name

    def _defaults(self, call: Call, name: str, parent: Record | None, old: Record | None) -> Record:
        held = old or {}
        level = {"Level": parent.get("Level", 0) + 1} if parent else {}
        full = f"{parent['FullyQualifiedName']}:{name}" if parent else name
        return {
            "Taxable": True, "Job": False, "BillWithParent": False, "IsProject": False,
            "Balance": held.get("Balance", Decimal(0)),
            "BalanceWithJobs": held.get("BalanceWithJobs", Decimal(0)),
            "CurrencyRef": _home(call), "PreferredDeliveryMethod": "Print",
            "FullyQualifiedName": full, **level,
            "PrintOnCheckName": name[:110], "Active": held.get("Active", True),
            "DefaultTaxCodeRef": {"value": "2"},
        }  # fmt: skip


def _home(call: Call) -> Record:
    code = call.company.prefs("CurrencyPrefs")["HomeCurrency"]["value"]
    return {"value": code, "name": "United States Dollar" if code == "USD" else code}


def _check_currency(call: Call, body: Record) -> None:
    home = _home(call)["value"]
    if body.get("CurrencyRef", {"value": home})["value"] != home:
        detail = "Multi currency should be enabled to use a currency other than the home currency"
        call.problems.append(faults.business(detail, "CurrencyRef"))


def _check_email(call: Call, body: Record) -> None:
    address = body.get("PrimaryEmailAddr", {}).get("Address")
    if address is not None and not all(sign in address for sign in "@."):
        detail = "Invalid Email Address format. The email address must contain @ and ."
        call.problems.append(faults.business(detail, "PrimaryEmailAddr"))


def _check_deactivation(call: Call, content: Record, old: Record | None) -> None:
    if old and old.get("Active", True) and not content["Active"] and old["Balance"]:
        words = "Delete List Has Balance Error"
        detail = (
            "The entity you are trying to delete has an open balance. : "
            "This customer cannot be deleted because it has a non-zero balance"
        )
        raise Fault(Problem("6000", words, detail))
