"""What a store is like: its settings as mapping needs them, and what speaks against it; pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from invoice_sync.connectors.base import Finding, Json
from invoice_sync.connectors.bigcommerce import dates, fields
from invoice_sync.connectors.bigcommerce.envelope import text_of
from invoice_sync.model.flow import BigCommerceOptions, Options

_PLACES = ("http://", "https://")


@dataclass(frozen=True, slots=True)
class Store:
    """`about`: the core API's answer, empty where the token may not ask.

    `channels`: those with B2B Edition, where somebody asked; None without multi-storefront.
    """

    about: Json
    invoice_fields: Sequence[Json]
    company_fields: Sequence[Json]
    channels: Sequence[int] | None = None

    @property
    def name(self) -> str:
        return text_of(self.about.get("name"))

    @property
    def offset(self) -> int | None:
        """Of the store's standard time from UTC, in seconds."""
        zone = self.about.get("timezone")
        return dates.plausible(zone.get("raw_offset")) if isinstance(zone, Mapping) else None


def profile(store: Store, options: Options) -> dict[str, Any]:
    """Plain JSON; `channel` only where it may be sent."""
    asked = options.bigcommerce.channel
    return {
        "extra_fields": fields.config(store.invoice_fields),
        "company_fields": fields.config(store.company_fields),
        "offset": store.offset,
        "channel": asked if asked in (store.channels or ()) else None,
    }


def findings(store: Store, options: Options) -> tuple[Finding, ...]:
    """What must be mended before anything runs."""
    return tuple(_findings(store, options.bigcommerce))


def notes(store: Store, options: Options) -> tuple[str, ...]:
    """What a person should know, though everything can run."""
    said = []
    if store.offset is None:
        said.append(
            "The token may not read the store's information, so that its time zone is unknown: dates are right between "
            "UTC-10 and UTC+13. The scope Information and settings: read-only ends that."
        )
    if options.unknown_customers == "add" and not options.bigcommerce.company_field:
        said.append("No customer can be added: the flow's option bigcommerce.company_field is empty.")
    return tuple(said)


def _findings(store: Store, options: BigCommerceOptions) -> Iterator[Finding]:
    yield from _buyers(fields.config(store.company_fields), options)
    yield from _invoice_fields(fields.config(store.invoice_fields), options)
    yield from _channel(store, options)
    yield from _pdf(options)


def _buyers(known: Mapping[str, Any], options: BigCommerceOptions) -> Iterator[Finding]:
    for option, name in (("company_field", options.company_field), ("tax_field", options.tax_field)):
        if name and name not in known:
            yield Finding(
                f"The store's companies have no extra field {name}, which the option bigcommerce.{option} names",
                f"Add it in the store (B2B Edition settings, Extra fields, Company){_others(known)}.",
            )


def _invoice_fields(known: Mapping[str, Any], options: BigCommerceOptions) -> Iterator[Finding]:
    for ours, theirs in options.extra_fields.items():
        if ours not in fields.OURS:
            yield Finding(
                f"The option bigcommerce.extra_fields names {ours}, which is nothing that a document has",
                f"Use one of {', '.join(fields.OURS)}.",
            )
        elif theirs not in known:
            yield Finding(
                f"The store's invoices have no extra field {theirs}, which the option bigcommerce.extra_fields.{ours} "
                "names",
                f"Add it in the store (B2B Edition settings, Extra fields, Invoice){_others(known)}.",
            )
    filled = set(options.extra_fields.values())
    for name, field in known.items():
        if field["required"] and not field["default"] and name not in filled:
            yield Finding(
                f"The store requires the extra field {name} on every invoice, and the flow fills it with nothing",
                "Name it in the flow's option bigcommerce.extra_fields, or make it optional in the store.",
            )


def _channel(store: Store, options: BigCommerceOptions) -> Iterator[Finding]:
    if options.channel is None or options.channel in (store.channels or ()):
        return
    if store.channels is None:
        reason, cure = "has no multi-storefront", "Remove the option."
    else:
        listed = ", ".join(map(str, store.channels)) or "none"
        reason, cure = "has no such channel with B2B Edition", f"Use one of the store's: {listed}."
    yield Finding(f"The option bigcommerce.channel is {options.channel}, and the store {reason}", cure)


def _pdf(options: BigCommerceOptions) -> Iterator[Finding]:
    url = options.pdf_url.strip()
    if url and ("{number}" not in url or not url.startswith(_PLACES)):
        yield Finding(
            "The option bigcommerce.pdf_url is no address with {number} in it, so that all invoices would share a file",
            "Write it like https://files.example.com/invoices/{number}.pdf; the host has to allow CORS.",
        )


def _others(known: Mapping[str, Any]) -> str:
    return f", or name another: {', '.join(sorted(known))}" if known else ""
