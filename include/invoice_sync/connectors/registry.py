"""The vendors: one line each. Imported lazily, so that a flow loads only its own two."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import cast

from invoice_sync.connectors.base import Destination, Source
from invoice_sync.connectors.consent import Consent
from invoice_sync.connectors.fulfilment import Fulfilment
from invoice_sync.connectors.parts import Parts
from invoice_sync.model.errors import SettingsError
from invoice_sync.model.ports import Window

SOURCES = {
    "rootstock": "invoice_sync.connectors.rootstock.connector",
    "acumatica": "invoice_sync.connectors.acumatica.connector",
}
LIMITS = {
    "acumatica": "invoice_sync.connectors.acumatica.limits",
    "quickbooks": "invoice_sync.connectors.quickbooks.limits",
    "bigcommerce": "invoice_sync.connectors.bigcommerce.limits",
}
DESTINATIONS = {
    "quickbooks": "invoice_sync.connectors.quickbooks.connector",
    "bigcommerce": "invoice_sync.connectors.bigcommerce.connector",
}
FULFILMENTS = {"acumatica": "invoice_sync.connectors.acumatica.fulfilment"}
CONSENTS = {"quickbooks": "invoice_sync.connectors.quickbooks.consent"}
"""Where a person agrees in the browser, and the sign-in ends unless it is used."""

WRITE_BACKS: Mapping[str, Mapping[str, str]] = {
    "rootstock": {
        "none": "nothing; our ledger alone remembers",
        "acknowledge": "the invoice's number in the accounting package, and its error text emptied",
        "transferred_flag": "that, and the transferred flag and date; only where no Rootstock Financials posts "
        "invoices itself",
    },
    "acumatica": {
        "none": "nothing; our ledger alone remembers",
        "activity": "an activity on the invoice that names the store's document",
        "custom_field": "the store's id in a field of your own, options.acumatica.custom_field",
    },
}
"""By source: how it can be told that a document was delivered."""


def source(vendor: str, parts: Parts) -> Source:
    """Raises SettingsError for a vendor that is no source here."""
    return cast(Source, _build(SOURCES, vendor, parts))


def destination(vendor: str, parts: Parts) -> Destination:
    """Raises SettingsError for a vendor that is no destination here."""
    return cast(Destination, _build(DESTINATIONS, vendor, parts))


def fulfilment(vendor: str, parts: Parts) -> Fulfilment:
    """Raises SettingsError for a vendor in which no order is shipped here."""
    return cast(Fulfilment, _build(FULFILMENTS, vendor, parts))


def consent(vendor: str, parts: Parts) -> Consent:
    """Raises SettingsError for a vendor whose keys need nobody's consent."""
    return cast(Consent, _build(CONSENTS, vendor, parts))


def windows(vendor: str, extra: Mapping[str, object]) -> tuple[Window, ...]:
    """The vendor's windows, as published or as the connection says; empty where there are none to be counted."""
    found: tuple[Window, ...] = import_module(LIMITS[vendor]).windows(extra) if vendor in LIMITS else ()
    return found


def _build(known: Mapping[str, str], vendor: str, parts: Parts) -> object:
    if vendor not in known:
        raise SettingsError(f"There is no connector for {vendor!r} here.", cure=f"Use one of {', '.join(known)}.")
    return import_module(known[vendor]).build(parts)
