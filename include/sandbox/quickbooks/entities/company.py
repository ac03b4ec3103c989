"""The two records that a company has once: its settings and its own address.

Rules: developer.intuit.com, api/accounting/all-entities/preferences and companyinfo.
"""

from abc import abstractmethod
from typing import Any

from sandbox.quickbooks import faults
from sandbox.quickbooks.entities.base import Call, Kind, raise_problems, sealed
from sandbox.quickbooks.faults import Fault
from sandbox.quickbooks.reader import Reader
from sandbox.quickbooks.schema import BOOLEAN, REF, TEXT, Many, Shape
from sandbox.quickbooks.shapes import COMPANY_INFO, PREFERENCES
from sandbox.quickbooks.wire import Record

_CUSTOM = Many({"CustomField": Many({"Name": TEXT, "Type": TEXT, "StringValue": TEXT, "BooleanValue": BOOLEAN})})
# Most settings are for reading: what is sent for another is not taken, and that is no fault.
WRITABLE: dict[str, Shape] = {
    "SalesFormsPrefs": {
        **dict.fromkeys((
            "CustomTxnNumbers", "AllowDiscount", "AllowShipping", "AllowDeposit", "AllowServiceDate", "AllowEstimates",
            "AutoApplyCredit", "AutoApplyPayments", "EmailCopyToCompany", "ETransactionAttachPDF",
            "UsingProgressInvoicing",
        ), BOOLEAN),
        "DefaultTerms": REF, "DefaultDiscountAccount": TEXT, "DefaultCustomerMessage": TEXT, "CustomField": _CUSTOM,
    },
    "AccountingInfoPrefs": {
        "TrackDepartments": BOOLEAN, "ClassTrackingPerTxn": BOOLEAN, "ClassTrackingPerTxnLine": BOOLEAN,
        "CustomerTerminology": TEXT, "DepartmentTerminology": TEXT,
    },
    "CurrencyPrefs": {"MultiCurrencyEnabled": BOOLEAN},
    "ProductAndServicesPrefs": dict.fromkeys(
        ("ForSales", "ForPurchase", "QuantityWithPriceAndRate", "QuantityOnHand"), BOOLEAN
    ),
}  # fmt: skip


class SingleKind(Kind):
    """A record that is always there."""

    def create(self, call: Call, raw: Any) -> Record:
        """There is one already: a body without an Id means nothing."""
        raise Fault(faults.missing("Id"))

    def held(self, call: Call, raw: Any) -> Record:
        record = self.present(call)
        token = raw.get("SyncToken")
        if token is None or token == "":
            raise Fault(faults.missing("SyncToken"))
        if str(raw["Id"]) != record["Id"]:
            raise Fault(faults.not_found())
        if str(token) != record["SyncToken"]:
            raise Fault(faults.stale())
        return record

    @abstractmethod
    def present(self, call: Call) -> Record:
        """The record."""


class PreferencesKind(SingleKind):
    """The company's settings, group by group."""

    name = "Preferences"
    shape = PREFERENCES

    def present(self, call: Call) -> Record:
        return call.company.preferences

    def build(self, call: Call, body: Record, old: Record | None) -> Record:
        held = call.company.preferences
        settled = {k: v for k, v in held.items() if k in PREFERENCES and isinstance(v, dict) and k != "MetaData"}
        for group, allowed in WRITABLE.items():
            if group in body:
                settled[group] = {**held.get(group, {}), **_taken(call, allowed, body[group])}
        self._check(call, held, settled)
        return settled

    def _check(self, call: Call, held: Record, settled: Record) -> None:
        was, wanted = (each["CurrencyPrefs"].get("MultiCurrencyEnabled") for each in (held, settled))
        if was and not wanted:
            detail = "Multicurrency cannot be turned off once it has been turned on"
            call.problems.append(faults.business(detail, "MultiCurrencyEnabled"))
        sales = settled["SalesFormsPrefs"]
        call.refer("Term", "Terms", sales.get("DefaultTerms"), "DefaultTerms")
        account = sales.get("DefaultDiscountAccount")
        call.refer("Account", "Accounts", {"value": account} if account else None, "DefaultDiscountAccount")

    def _store(self, call: Call, content: Record, old: Record | None) -> Record:
        call.company.preferences = sealed(call, self.name, content, old)
        return {self.name: call.company.preferences}


def _taken(call: Call, allowed: Shape, sent: Any) -> Record:
    """What of a group is taken, read as any other body is."""
    if not isinstance(sent, dict):
        raise Fault(faults.bad_property("Can not deserialize a group of settings: an object is expected"))
    reader = Reader("Preferences")
    taken = reader.read(allowed, {name: value for name, value in sent.items() if name in allowed})
    call.problems += reader.problems
    return taken


class CompanyInfoKind(SingleKind):
    """Name and addresses of the company; the country and what it subscribed to are not for the API to set."""

    name = "CompanyInfo"
    shape = COMPANY_INFO
    computed = frozenset({"Country", "NameValue", "CompanyStartDate", "FiscalYearStartMonth", "SupportedLanguages"})

    def present(self, call: Call) -> Record:
        return call.company.info

    def build(self, call: Call, body: Record, old: Record | None) -> Record:
        call.need(body, "CompanyName")
        fixed = {name: value for name, value in call.company.info.items() if name in self.computed}
        raise_problems(call)
        return {**body, **fixed}

    def _store(self, call: Call, content: Record, old: Record | None) -> Record:
        call.company.info = sealed(call, self.name, content, old)
        return {self.name: call.company.info}
