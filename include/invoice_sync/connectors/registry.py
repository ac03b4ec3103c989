"""The vendors: one line each. Imported lazily, so that a flow loads only its own two."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import cast

from invoice_sync.connectors.base import Destination, Source, Timing
from invoice_sync.model.errors import SettingsError
from invoice_sync.model.flow import Options
from invoice_sync.model.ports import Binding, CallLog, Clock, Quota, TokenStore

SOURCES = {"rootstock": "invoice_sync.connectors.rootstock.connector"}
DESTINATIONS = {"quickbooks": "invoice_sync.connectors.quickbooks.connector"}


@dataclass(frozen=True, slots=True)
class Parts:
    """What a connector is built from: the connection's fields and the house's ports."""

    binding: Binding
    host: str
    user: str
    password: str = field(repr=False)
    extra: Mapping[str, object] = field(repr=False)
    timing: Timing
    options: Options
    clock: Clock
    call_log: CallLog
    tokens: TokenStore
    quota: Quota

    def setting(self, name: str, default: str | None = None) -> str:
        """An extra of the connection. Raises SettingsError when it is needed and missing."""
        value = self.extra.get(name, default)
        if value is None or value == "":
            raise SettingsError(
                f"The {self.binding.vendor} connection of company {self.binding.company} lacks {name!r}.",
                cure=f"Add {name!r} to the extras of the connection.",
            )
        return str(value)


def source(vendor: str, parts: Parts) -> Source:
    """Raises SettingsError for a vendor that is no source here."""
    return cast(Source, _build(SOURCES, vendor, parts))


def destination(vendor: str, parts: Parts) -> Destination:
    """Raises SettingsError for a vendor that is no destination here."""
    return cast(Destination, _build(DESTINATIONS, vendor, parts))


def _build(known: Mapping[str, str], vendor: str, parts: Parts) -> object:
    if vendor not in known:
        raise SettingsError(f"There is no connector for {vendor!r} here.", cure=f"Use one of {', '.join(known)}.")
    return import_module(known[vendor]).build(parts)
