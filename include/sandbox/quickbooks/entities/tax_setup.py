"""Tax agencies, and the tax service that makes codes and rates; codes and rates themselves are read only.

Rules: developer.intuit.com, api/accounting/all-entities/taxservice and taxagency.
"""

from decimal import Decimal
from typing import Any

from sandbox.quickbooks import faults
from sandbox.quickbooks.entities.base import Call, Kind, given, raise_problems, sealed
from sandbox.quickbooks.entities.names import NamedKind, check_range
from sandbox.quickbooks.shapes import TAX_AGENCY, TAX_SERVICE
from sandbox.quickbooks.wire import Record


class TaxAgencyKind(NamedKind):
    """Whom a tax is paid to."""

    name = "TaxAgency"
    shape = TAX_AGENCY

    def finished(self, call: Call, content: Record, old: Record | None) -> Record:
        return given(content, {"TaxTrackedOnSales": True, "TaxTrackedOnPurchases": False})


class TaxServiceKind(Kind):
    """POST taxservice/taxcode: one new code with rates that are there or are made with it."""

    name = "TaxCode"
    shape = TAX_SERVICE

    def create(self, call: Call, raw: Any) -> Record:
        """Make the code; the answer names it and its rates once more."""
        body = self._content(call, raw)
        details = body.get("TaxRateDetails", [])
        call.need(body, "TaxCode", "TaxRateDetails")
        _check_free(call, "TaxCode", body.get("TaxCode"))
        for detail in details:
            _check_rate(call, detail)
        raise_problems(call)
        rates = [(detail, _rate(call, detail)) for detail in details]
        record = sealed(call, self.name, self.build(call, {**body, "rates": rates}, None), None)
        call.put(self.name, record)
        return {self.name: record}

    def update(self, call: Call, raw: Any) -> Record:
        """The service only makes codes."""
        raise faults.unsupported("Operation update is not supported for TaxService")

    def build(self, call: Call, body: Record, old: Record | None) -> Record:
        lists: dict[str, list[Record]] = {"Sales": [], "Purchase": []}
        for detail, rate in body["rates"]:
            place = lists["Purchase" if detail.get("TaxApplicableOn") == "Purchase" else "Sales"]
            reference = {"value": rate["Id"], "name": rate["Name"]}
            place.append({"TaxRateRef": reference, "TaxTypeApplicable": "TaxOnAmount", "TaxOrder": 0})
        return {
            "Name": body["TaxCode"], "Description": body["TaxCode"], "Active": True, "Hidden": False,
            "Taxable": True, "TaxGroup": True, "SalesTaxRateList": {"TaxRateDetail": lists["Sales"]},
            "PurchaseTaxRateList": {"TaxRateDetail": lists["Purchase"]},
        }  # fmt: skip


def service_answer(call_company: Any, record: Record) -> Record:
    """What the tax service answers: not the code's own shape."""
    details = []
    for place, applies in (("SalesTaxRateList", "Sales"), ("PurchaseTaxRateList", "Purchase")):
        for each in record[place]["TaxRateDetail"]:
            rate = call_company.get("TaxRate", each["TaxRateRef"]["value"])
            details.append({
                "TaxRateName": rate["Name"], "TaxRateId": rate["Id"], "RateValue": rate["RateValue"],
                "TaxAgencyId": rate.get("AgencyRef", {}).get("value", ""), "TaxApplicableOn": applies,
            })  # fmt: skip
    return {"TaxCode": record["Name"], "TaxCodeId": record["Id"], "TaxRateDetails": details}


def _check_free(call: Call, entity: str, name: str | None) -> None:
    holders = call.company.by_key(entity, name) if name else []
    if holders:
        call.problems.append(faults.duplicate_name(f"The name supplied already exists. : Id={holders[0]['Id']}"))


def _check_rate(call: Call, detail: Record) -> None:
    if "TaxRateId" in detail:
        call.refer("TaxRate", "TaxRates", {"value": detail["TaxRateId"]}, "TaxRateId")
        return
    call.need(detail, "TaxRateName", "TaxAgencyId")
    call.problems += [] if "RateValue" in detail else [faults.missing("RateValue")]
    _check_free(call, "TaxRate", detail.get("TaxRateName"))
    check_range(call, detail, "RateValue", 0, 100)
    if detail.get("TaxAgencyId"):
        call.refer("TaxAgency", "TaxAgencies", {"value": detail["TaxAgencyId"]}, "TaxAgencyId")


def _rate(call: Call, detail: Record) -> Record:
    if "TaxRateId" in detail:
        found: Record = call.company.tables["TaxRate"][detail["TaxRateId"]]
        return found
    content = {
        "Name": detail["TaxRateName"], "Description": detail["TaxRateName"], "Active": True,
        "RateValue": Decimal(detail["RateValue"]), "AgencyRef": {"value": detail["TaxAgencyId"]},
        "SpecialTaxType": "NONE", "DisplayType": "ReadOnly",
    }  # fmt: skip
    record = sealed(call, "TaxRate", content, None)
    call.put("TaxRate", record)
    return record
