"""The statement: what the source asked for equals what the destination holds, plus named differences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd
from tabulate import tabulate

from invoice_sync.connectors.base import Remote
from invoice_sync.model.money import Money, in_major_units
from invoice_sync.steps.review import Case, table


@dataclass(frozen=True, slots=True)
class Entry:
    """One document of the run: its total at the source and what the destination holds now, in minor units.

    `there` is None when the destination has nothing; `open_cause` says why when that is explained.
    """

    document: str
    currency: str
    source: int
    there: int | None
    remote_id: str = ""
    open_cause: str = ""


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A delivered document that the destination holds otherwise, or no longer."""

    document: str
    currency: str
    source: int
    there: int | None

    def told(self) -> str:
        here = Money(self.source, self.currency)
        if self.there is None:
            return f"{self.document}: {here} was delivered, but there is no such document now."
        return f"{self.document}: {here} at the source, {Money(self.there, self.currency)} at the destination."


def disagreements(entries: Sequence[Entry]) -> list[Disagreement]:
    """Tolerance 0."""
    return [
        Disagreement(entry.document, entry.currency, entry.source, entry.there)
        for entry in entries
        if entry.remote_id and entry.there != entry.source
    ]


def frame(entries: Sequence[Entry]) -> pd.DataFrame:
    """One row a document, amounts as integer minor units."""
    rows = [
        {
            "currency": entry.currency,
            "source": entry.source,
            "destination": entry.there or 0,
            "explained": entry.source if entry.open_cause else 0,
        }
        for entry in entries
        if entry.currency
    ]
    columns = ["currency", "source", "destination", "explained"]
    amounts = {name: "int64" for name in columns[1:]}
    return pd.DataFrame(rows, columns=columns).astype(amounts)


def totals(entries: Sequence[Entry]) -> dict[str, dict[str, Any]]:
    """Per currency: source, destination, explained differences, and what is left over; decimal strings."""
    sums = frame(entries).groupby("currency", sort=True).sum()
    sums["difference"] = sums["source"] - sums["destination"] - sums["explained"]
    found: dict[str, dict[str, Any]] = {}
    for currency, row in sums.iterrows():
        code = str(currency)
        found[code] = {name: in_major_units(int(row[name]), code) for name in ("source", "destination", "difference")}
        found[code]["explained"] = [_explained(entry) for entry in entries if _is_open(entry, code)]
    return found


def is_exact(body: Mapping[str, Any]) -> bool:
    return all(not Money.of(part["difference"], code) for code, part in body["totals"].items())


def text(counts: Mapping[str, int], sums: Mapping[str, Any], cases: Sequence[Case]) -> str:
    """The statement as people read it."""
    parts = [", ".join(f"{name.replace('_', ' ')} {count}" for name, count in counts.items()), _sums_table(sums)]
    if cases:
        parts += ["Waiting for a person:", table(cases)]
    return "\n\n".join(parts)


def cases_as_json(cases: Sequence[Case]) -> list[dict[str, Any]]:
    return [
        {**asdict(item), "amount": in_major_units(item.amount_minor, item.currency) if item.currency else None}
        for item in cases
    ]


def reread_amount(remote: Remote | None) -> int | None:
    """Minor units of a re-read document, None when it is gone, voided, or no exact amount. Reads "22670 USD"."""
    text = remote.facts["total"].split()[0] if remote is not None and remote.live else ""
    return int(text) if text.lstrip("-").isdigit() else None


def _is_open(entry: Entry, currency: str) -> bool:
    return bool(entry.open_cause) and entry.currency == currency


def _explained(entry: Entry) -> dict[str, str]:
    amount = in_major_units(entry.source, entry.currency)
    return {"document": entry.document, "currency": entry.currency, "amount": amount, "cause": entry.open_cause}


def _sums_table(sums: Mapping[str, Any]) -> str:
    rows = []
    for currency, part in sums.items():
        rows.append((currency, "at the source", part["source"], ""))
        rows.append((currency, "at the destination, read again", part["destination"], ""))
        rows += [
            (currency, f"not delivered: {item['document']}", item["amount"], item["cause"])
            for item in part["explained"]
        ]
        rows.append((currency, "difference", part["difference"], ""))
    return tabulate(rows, ("currency", "", "amount", "cause"), tablefmt="simple", disable_numparse=True,
                    colalign=("left", "left", "right", "left"))  # fmt: skip
