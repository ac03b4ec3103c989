"""What a QuickBooks company is like: its settings as mapping needs them, and what speaks against it; pure.

https://developer.intuit.com/app/developer/qbo/docs/api/accounting/all-entities/preferences
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from invoice_sync.connectors.base import Finding, Json
from invoice_sync.connectors.quickbooks.invoices import in_us
from invoice_sync.model.flow import Options

_NOT_SOLD = frozenset({"Category", "Group"})


@dataclass(frozen=True, slots=True)
class Company:
    """CompanyInfo, Preferences, and the accounts and items that the options name."""

    info: Json
    preferences: Json
    accounts: Sequence[Json]
    items: Sequence[Json]

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
        "custom_numbers": sales.get("CustomTxnNumbers") is True,
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
    if seen["using_sales_tax"] and not in_us(seen):
        said.append("Outside the United States no tax codes are mapped; invoices go to review.")
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
