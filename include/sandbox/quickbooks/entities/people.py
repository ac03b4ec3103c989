"""Customers, vendors and employees: one set of names over three lists.

Rules: developer.intuit.com, api/accounting/all-entities/customer, vendor and employee.
"""

from decimal import Decimal

from sandbox.quickbooks import faults
from sandbox.quickbooks.entities.base import Call, Kind, given
from sandbox.quickbooks.entities.currency import check_customer_currency, named_currency
from sandbox.quickbooks.entities.names import (
    bare_name,
    check_alive,
    check_display_name,
    check_email,
    check_name,
    deactivated,
    rename_children,
)
from sandbox.quickbooks.faults import Fault, Problem
from sandbox.quickbooks.schema import Shape
from sandbox.quickbooks.shapes import CUSTOMER, EMPLOYEE, VENDOR
from sandbox.quickbooks.wire import Record

_PARTS = ("Title", "GivenName", "MiddleName", "FamilyName", "Suffix")
# "up to 4 levels below a top customer"
_DEEPEST = 4


class PersonKind(Kind):
    """A name that is unique over three lists, and defaults."""

    computed = frozenset({"Balance", "BalanceWithJobs", "FullyQualifiedName", "Level", "OpenBalanceDate"})
    names: tuple[str, ...] = ("DisplayName",)

    def build(self, call: Call, body: Record, old: Record | None) -> Record:
        check_alive(call, body, old)
        name = self._display_name(call, body, old)
        check_email(call, body.get("PrimaryEmailAddr", {}).get("Address"), "PrimaryEmailAddr")
        content = given(body, {
            "PrintOnCheckName": name[:110], "Active": (old or {}).get("Active", True),
            **self.defaults(call, body, name, old),
        })  # fmt: skip
        content["DisplayName"] = name
        self.check(call, content, old)
        content = deactivated(content, self.names, old)
        check_display_name(call, self.name, content["DisplayName"], old["Id"] if old else None)
        return content

    def _display_name(self, call: Call, body: Record, old: Record | None) -> str:
        built = " ".join(body[part].strip() for part in _PARTS if part in body)
        shown = body.get("DisplayName") or built or (old or {}).get("DisplayName", "")
        for part in ("DisplayName", *_PARTS):
            if part in body:
                check_name(call, body[part], part)
        if not str(shown).strip() and "DisplayName" not in body:
            call.problems.append(faults.missing("DisplayName"))
        return bare_name({"DisplayName": shown}, "DisplayName", old)

    def defaults(self, call: Call, body: Record, name: str, old: Record | None) -> Record:
        """What is filled in beside the names."""
        return {}

    def check(self, call: Call, content: Record, old: Record | None) -> None:
        """What is particular about one of the three lists."""


class EmployeeKind(PersonKind):
    """An employee: here only for the name that nobody else may have."""

    name = "Employee"
    shape: Shape = EMPLOYEE


class VendorKind(PersonKind):
    """A vendor."""

    name = "Vendor"
    shape: Shape = VENDOR

    def defaults(self, call: Call, body: Record, name: str, old: Record | None) -> Record:
        balance = (old or {}).get("Balance", Decimal(0))
        return {"Vendor1099": False, "Balance": balance, "CurrencyRef": named_currency(call.company, call.company.home)}

    def check(self, call: Call, content: Record, old: Record | None) -> None:
        check_customer_currency(call, content, old)
        call.refer("Term", "Terms", content.get("TermRef"), "TermRef")


class CustomerKind(PersonKind):
    """A customer, or a job below one."""

    name = "Customer"
    shape: Shape = CUSTOMER
    names = ("DisplayName", "FullyQualifiedName")

    def defaults(self, call: Call, body: Record, name: str, old: Record | None) -> Record:
        held = old or {}
        parent = call.refer("Customer", "Names", body.get("ParentRef"), "ParentRef")
        level = {"Level": parent.get("Level", 0) + 1} if parent else {}
        full = f"{parent['FullyQualifiedName']}:{name}" if parent else name
        home = (parent or {}).get("CurrencyRef") or named_currency(call.company, call.company.home)
        code = call.company.prefs("TaxPrefs").get("TaxGroupCodeRef") if call.company.in_us else None
        return {
            "Taxable": True, "Job": False, "BillWithParent": False, "IsProject": False,
            "Balance": held.get("Balance", Decimal(0)),
            "BalanceWithJobs": held.get("BalanceWithJobs", Decimal(0)),
            "CurrencyRef": held.get("CurrencyRef", home), "PreferredDeliveryMethod": "Print",
            "FullyQualifiedName": full, **level, "DefaultTaxCodeRef": code,
        }  # fmt: skip

    def check(self, call: Call, content: Record, old: Record | None) -> None:
        for element, entity, kind in (
            ("SalesTermRef", "Term", "Terms"), ("PaymentMethodRef", "PaymentMethod", "Payment methods"),
            ("DefaultTaxCodeRef", "TaxCode", "TaxCodes"),
        ):  # fmt: skip
            call.refer(entity, kind, content.get(element), element)
        check_customer_currency(call, content, old)
        _check_place(call, content, old)
        _check_deactivation(content, old)

    def stored(self, call: Call, record: Record | None, old: Record | None) -> None:
        if record is not None:
            rename_children(call, self.name, record, old)


def _check_place(call: Call, content: Record, old: Record | None) -> None:
    if content["Job"] and "ParentRef" not in content:
        call.problems.append(faults.missing("ParentRef"))
    if content.get("Level", 0) > _DEEPEST:
        detail = f"A customer can have no more than {_DEEPEST} levels of sub-customers below it"
        call.problems.append(faults.business(detail, "ParentRef"))
    above = content.get("ParentRef", {}).get("value")
    if old and above and _is_below(call, above, old["Id"]):
        call.problems.append(faults.business("A customer cannot be its own sub-customer", "ParentRef"))


def _is_below(call: Call, record_id: str | None, top: str) -> bool:
    while record_id is not None:
        if record_id == top:
            return True
        record_id = (call.company.get("Customer", record_id) or {}).get("ParentRef", {}).get("value")
    return False


def _check_deactivation(content: Record, old: Record | None) -> None:
    if old and old.get("Active", True) and not content["Active"] and old["Balance"]:
        words = "Delete List Has Balance Error"
        detail = (
            "The entity you are trying to delete has an open balance. : "
            "This customer cannot be deleted because it has a non-zero balance"
        )
        raise Fault(Problem("6000", words, detail))
