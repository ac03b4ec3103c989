"""Currencies of a company, rates of exchange, and what a customer's currency allows.

Rules: developer.intuit.com, api/accounting/all-entities/companycurrency, exchangerate and customer.
"""

import re
from decimal import Decimal
from typing import Any

from sandbox.quickbooks import faults
from sandbox.quickbooks.entities.base import Call, Kind, given, raise_problems, sealed
from sandbox.quickbooks.faults import Fault
from sandbox.quickbooks.shapes import COMPANY_CURRENCY, EXCHANGE_RATE
from sandbox.quickbooks.store import Company
from sandbox.quickbooks.wire import Record

ONE_CURRENCY = "You can only use one foreign currency per transaction"
_NAMES = {
    "USD": "United States Dollar", "CAD": "Canadian Dollar", "EUR": "Euro", "GBP": "British Pound Sterling",
    "AUD": "Australian Dollar", "MXN": "Mexican Peso", "JPY": "Japanese Yen", "CHF": "Swiss Franc",
}  # fmt: skip
_CODE = re.compile(r"[A-Z]{3}")
_OFF = "Multi currency should be enabled to use a currency other than the home currency"


def named_currency(company: Company, code: str) -> Record:
    """A reference to a currency, with its name."""
    held = company.by_key("CompanyCurrency", code)
    return {"value": code, "name": held[0]["Name"] if held else _NAMES.get(code, code)}


def check_customer_currency(call: Call, content: Record, old: Record | None) -> None:
    """Fixed when the customer is made; a currency that the company lacks is added to it."""
    code = content["CurrencyRef"]["value"]
    if old is not None and code != old.get("CurrencyRef", {"value": code})["value"]:
        detail = "The currency cannot be changed once the record has been saved"
        call.problems.append(faults.business(detail, "CurrencyRef"))
    elif code != call.company.home and not call.company.many_currencies:
        call.problems.append(faults.business(_OFF, "CurrencyRef"))
    else:
        check_active_currency(call, code)
    content["CurrencyRef"] = named_currency(call.company, code)
    if not call.problems and code != call.company.home:
        _add_currency(call, code)


def check_active_currency(call: Call, code: str) -> None:
    """A currency must be one, and not one that the company has switched off."""
    held = call.company.by_key("CompanyCurrency", code)
    if not _CODE.fullmatch(code):
        call.problems.append(faults.unknown_reference("Currencies", code, "CurrencyRef"))
    elif held and not held[0]["Active"]:
        detail = f"The currency {code} is not active in this company"
        call.problems.append(faults.business(detail, "CurrencyRef"))


def _add_currency(call: Call, code: str) -> None:
    if not call.company.by_key("CompanyCurrency", code):
        content = {"Code": code, "Name": _NAMES.get(code, code), "Active": True}
        call.put("CompanyCurrency", sealed(call, "CompanyCurrency", content, None))


def rate_on(company: Company, code: str, day: str) -> Record | None:
    """The newest rate of a currency that is not younger than the day."""
    rates = [
        each for each in company.rows("ExchangeRate")
        if each["SourceCurrencyCode"] == code and each["AsOfDate"] <= day
    ]  # fmt: skip
    return max(rates, key=lambda each: str(each["AsOfDate"]), default=None)


def exchange_rate(call: Call, code: str, day: str, sent: Any) -> Decimal:
    """Home units for one foreign unit: what was sent, else what QuickBooks' own table says."""
    if code == call.company.home:
        return Decimal(1)
    if sent:
        return Decimal(sent)
    found = rate_on(call.company, code, day)
    return Decimal(found["Rate"]) if found else Decimal(1)


class CompanyCurrencyKind(Kind):
    """A currency that the company deals in."""

    name = "CompanyCurrency"
    shape = COMPANY_CURRENCY

    def build(self, call: Call, body: Record, old: Record | None) -> Record:
        if not call.company.many_currencies:
            raise Fault(faults.not_permitted("Multicurrency is not enabled for this company"))
        call.need(body, "Code")
        code = str(body.get("Code", ""))
        if code and not _CODE.fullmatch(code):
            call.problems.append(faults.invalid_enum(code, "Code"))
        for holder in call.company.by_key("CompanyCurrency", code):
            if old is None or holder["Id"] != old["Id"]:
                call.problems.append(faults.duplicate_name(f"The name supplied already exists. : Id={holder['Id']}"))
        return given(body, {"Name": _NAMES.get(code, code), "Active": (old or {}).get("Active", True)})


class ExchangeRateKind(Kind):
    """The rate of a currency on a day. It has no Id: the currency and the day name it."""

    name = "ExchangeRate"
    shape = EXCHANGE_RATE

    def build(self, call: Call, body: Record, old: Record | None) -> Record:
        call.need(body, "SourceCurrencyCode", "Rate")
        code = str(body.get("SourceCurrencyCode", ""))
        if code and code != call.company.home and not call.company.by_key("CompanyCurrency", code):
            call.problems.append(faults.unknown_reference("Currencies", code, "SourceCurrencyCode"))
        return {**given(body, {"AsOfDate": call.today()}), "TargetCurrencyCode": call.company.home}

    def create(self, call: Call, raw: Any) -> Record:
        """Set a rate, in the place of an earlier one for that day."""
        if not call.company.many_currencies:
            raise Fault(faults.not_permitted("Multicurrency is not enabled for this company"))
        record = self.build(call, self._content(call, raw), None)
        raise_problems(call)
        named = {**sealed(call, self.name, record, None), "Id": f"{record['SourceCurrencyCode']}@{record['AsOfDate']}"}
        call.put(self.name, named)
        return {self.name: shown_rate(named)}

    def update(self, call: Call, raw: Any) -> Record:
        """Updates are settings of a rate too."""
        return self.create(call, raw)


def shown_rate(record: Record) -> Record:
    """As QuickBooks answers a rate: its place in the store is nobody's business."""
    return {name: value for name, value in record.items() if name not in ("Id", "SyncToken")}
