"""What a QuickBooks company is like: its settings as mapping needs them, and what speaks against it; pure.

https://developer.intuit.com/app/developer/qbo/docs/api/accounting/all-entities/preferences
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from invoice_sync.connectors.base import Finding, Json
from invoice_sync.connectors.quickbooks.taxes import by_codes
from invoice_sync.model.flow import Options
from invoice_sync.model.money import exact

_NOT_SOLD = frozenset({"Category", "Group"})


@dataclass(frozen=True, slots=True)
class Company:
    """CompanyInfo, Preferences, the accounts and items that the options name, terms and tax codes."""

    info: Json
    preferences: Json
    accounts: Sequence[Json]
    items: Sequence[Json]
    terms: Sequence[Json] = ()
    tax_codes: Sequence[Json] = ()
    tax_rates: Sequence[Json] = ()

    @property
    def name(self) -> str:
        return str(self.info.get("CompanyName") or self.info.get("LegalName") or "")


def last_part(name: str) -> str:
    """The Name of a record that may be written with its parents, such as "Charges:Freight"."""
    return name.rpartition(":")[2].strip()


def profile(company: Company, options: Options) -> dict[str, Any]:
    """Plain JSON; an account or item that is not there is an empty or missing entry."""
    tax, currency, sales = (_group(company, name) for name in ("TaxPrefs", "CurrencyPrefs", "SalesFormsPrefs"))
    account = _income_account(company, options.income_account)
    items = {kind: _charge_item(company, name) for kind, name in options.charge_items.items()}
    return {
        "home_currency": str((currency.get("HomeCurrency") or {}).get("value") or ""),
        "country": str(company.info.get("Country") or ""),
        "multicurrency": currency.get("MultiCurrencyEnabled") is True,
        "book_close_date": str(_group(company, "AccountingInfoPrefs").get("BookCloseDate") or ""),
        "using_sales_tax": tax.get("UsingSalesTax") is True,
        "partner_tax": tax.get("PartnerTaxEnabled") is True,
        "allow_discount": sales.get("AllowDiscount") is True,
        "allow_shipping": sales.get("AllowShipping") is True,
        "custom_numbers": sales.get("CustomTxnNumbers") is True,
        "terms": {str(each.get("Name", "")).strip().casefold(): str(each["Id"]) for each in _active(company.terms)},
        "tax_codes": dict(_tax_codes(company, options)),
        "custom_fields": dict(_custom_fields(sales, options)),
        "income_account": str(account["Id"]) if account else "",
        "charge_items": {kind: str(item["Id"]) for kind, item in items.items() if item},
    }


def findings(company: Company, options: Options) -> tuple[Finding, ...]:
    """What must be mended before anything runs."""
    return tuple(_findings(company, options))


def notes(company: Company, options: Options) -> tuple[str, ...]:
    """What a person should know, though everything can run."""
    seen = profile(company, options)
    said = []
    if not seen["custom_numbers"]:
        said.append(
            "QuickBooks numbers invoices itself (custom transaction numbers are off); the source's numbers are "
            "sent all the same."
        )
    if not seen["allow_discount"]:
        said.append("Discounts are switched off in QuickBooks; invoices with one go to review.")
    if by_codes(seen) and not seen["tax_codes"]:
        said.append("QuickBooks wants tax codes here, and the flow's option tax_codes names none: all goes to review.")
    return tuple(said)


def _findings(company: Company, options: Options) -> Iterator[Finding]:
    if _income_account(company, options.income_account) is None:
        yield Finding(
            f"QuickBooks has no active income account named {options.income_account}",
            "Create it in QuickBooks, or name another in the flow's option income_account.",
        )
    for kind, name in options.charge_items.items():
        if _charge_item(company, name) is None:
            yield Finding(
                f"QuickBooks has no active item named {name}, which the flow uses for {kind}",
                f"Create it in QuickBooks or make it active, or name another in the option charge_items.{kind}.",
            )

    for key, name in options.tax_codes.items():
        if not any(found == key for found, _ in _tax_codes(company, options)):
            yield Finding(
                f"QuickBooks has no active tax code named {name}, which the flow uses for {key}",
                f"Create it in QuickBooks, or name another in the option tax_codes.{key}.",
            )
    for ours, name in options.custom_fields.items():
        if not any(found == ours for found, _ in _custom_fields(_group(company, "SalesFormsPrefs"), options)):
            yield Finding(
                f"QuickBooks has no custom field named {name} on sales forms, which the flow uses for {ours}",
                f"Switch it on in QuickBooks, or name another in the option custom_fields.{ours}.",
            )


def _income_account(company: Company, name: str) -> Json | None:
    return _named([each for each in company.accounts if each.get("AccountType") == "Income"], name)


def _charge_item(company: Company, name: str) -> Json | None:
    return _named([each for each in company.items if each.get("Type") not in _NOT_SOLD], name)


def _named(records: Sequence[Json], name: str) -> Json | None:
    """The active record with that full name, else the only one with that name."""
    active = [each for each in records if each.get("Active") is not False]
    for field, wanted in (("FullyQualifiedName", name), ("Name", last_part(name))):
        found = [each for each in active if str(each.get(field, "")).casefold() == wanted.strip().casefold()]
        if len(found) == 1:
            return found[0]
    return None


def _group(company: Company, name: str) -> Json:
    group = company.preferences.get(name)
    return group if isinstance(group, Mapping) else {}


def _active(records: Sequence[Json]) -> list[Json]:
    return [each for each in records if each.get("Active") is not False]


def _tax_codes(company: Company, options: Options) -> Iterator[tuple[str, Json]]:
    """(key of the option, id and rates in percent) of the tax codes that the flow names."""
    by_name = {str(each.get("Name", "")).casefold(): each for each in _active(company.tax_codes)}
    for key, name in options.tax_codes.items():
        code = by_name.get(name.strip().casefold())
        if code is not None:
            rates = _rates(company, code)
            total = str(sum((exact(rate) for rate in rates.values()), Decimal(0)))
            yield key, {"id": str(code["Id"]), "rate": total, "rates": rates}


def _rates(company: Company, code: Json) -> dict[str, str]:
    """Its sales tax rates in percent, by id: each tax is rounded for itself."""
    rates = {str(each["Id"]): each.get("RateValue") or 0 for each in company.tax_rates}
    listed = (code.get("SalesTaxRateList") or {}).get("TaxRateDetail") or []
    ids = [str(each["TaxRateRef"]["value"]) for each in listed]
    return {one: str(rates.get(one, 0)) for one in ids}


def _custom_fields(sales: Json, options: Options) -> Iterator[tuple[str, Json]]:
    """(our field, definition) of the sales form fields that are on; up to three, each with a name and a switch."""
    flat = {str(each.get("Name", "")): each for each in _nested(sales.get("CustomField"))}
    for ours, name in options.custom_fields.items():
        for number in ("1", "2", "3"):
            switch = flat.get(f"SalesFormsPrefs.UseSalesCustom{number}")
            label = flat.get(f"SalesFormsPrefs.SalesCustomName{number}")
            is_on = switch is not None and switch.get("BooleanValue") is True
            if is_on and label and str(label.get("StringValue", "")).casefold() == name.strip().casefold():
                yield ours, {"DefinitionId": number, "Name": str(label["StringValue"])}


def _nested(value: Any) -> Iterator[Json]:
    """Preferences keep a list of lists under one and the same name."""
    for each in value if isinstance(value, list) else []:
        if isinstance(each, Mapping):
            yield each
            yield from _nested(each.get("CustomField"))
