"""The statement: what the source asked for equals what the destination holds, plus named differences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from tabulate import tabulate

from invoice_sync.connectors.base import Remote
from invoice_sync.model.money import Money, in_major_units
from invoice_sync.steps.review import Case, table

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Entry:
    """One document of the run: its total at the source and what the destination holds now, in minor units.

    Credit memos count negative on both sides. `there` is None when the destination has nothing; `open_cause` says
    why when that is explained; `explained` names what the flow's options keep from the destination's total;
    `prepaid` is what the source has set off against it, which changes no total.
    """

    document: str
    currency: str
    source: int
    there: int | None
    remote_id: str = ""
    open_cause: str = ""
    explained: tuple[tuple[str, int], ...] = ()
    prepaid: int = 0

    @property
    def due(self) -> int:
        """What the destination should hold."""
        return self.source - sum(amount for _, amount in self.explained)

    @property
    def differences(self) -> tuple[tuple[str, int], ...]:
        """What is explained of the gap between the two sides: (cause, amount)."""
        if not self.remote_id:
            return ((f"not delivered: {self.open_cause}", self.source),) if self.open_cause and self.source else ()
        if self.open_cause:
            return ((f"in review: {self.open_cause}", self.source - (self.there or 0)),)
        return self.explained


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
        Disagreement(entry.document, entry.currency, entry.due, entry.there)
        for entry in entries
        if entry.remote_id and not entry.open_cause and entry.there != entry.due
    ]


def frame(entries: Sequence[Entry]) -> pd.DataFrame:
    """One row a document, amounts as integer minor units."""
    import pandas as pd  # half of what it takes to load the chain, and only the last task needs it

    rows = [
        {
            "currency": entry.currency,
            "source": entry.source,
            "destination": entry.there or 0,
            "explained": sum(amount for _, amount in entry.differences),
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
        found[code]["explained"] = [each for entry in entries if entry.currency == code for each in _explained(entry)]
    return found


def is_exact(body: Mapping[str, Any]) -> bool:
    parts = [*body["totals"].items(), *body["payment_totals"].items()]
    return all(not Money.of(part["difference"], code) for code, part in parts)


def text(
    counts: Mapping[str, int],
    sums: Mapping[str, Any],
    cases: Sequence[Case],
    entries: Sequence[Entry] = (),
    paid: Mapping[str, Any] | None = None,
) -> str:
    """The statement as people read it; `paid`: totals of the payments, where they are records of their own."""
    parts = [", ".join(f"{name.replace('_', ' ')} {count}" for name, count in counts.items()), _sums_table(sums)]
    parts += ["Payments on these and earlier documents:", _sums_table(paid)] if paid else []
    parts += [f"{each['document']}: {each['cause']}" for each in prepaid(entries)]
    if cases:
        parts += ["Waiting for a person:", table(cases)]
    return "\n\n".join(parts)


def cases_as_json(cases: Sequence[Case]) -> list[dict[str, Any]]:
    return [
        {**asdict(item), "amount": in_major_units(item.amount_minor, item.currency) if item.currency else None}
        for item in cases
    ]


def prepaid(entries: Sequence[Entry]) -> list[dict[str, str]]:
    """Prepayments that the source has applied: the destination shows the whole document as open."""
    return [
        {
            "document": entry.document,
            "currency": entry.currency,
            "amount": in_major_units(entry.prepaid, entry.currency),
            "cause": f"a prepayment of {Money(entry.prepaid, entry.currency)} is applied at the source and not carried",
        }
        for entry in entries
        if entry.prepaid and entry.remote_id
    ]


def reread_amount(remote: Remote | None, *, voided: bool = False) -> int | None:
    """Minor units of a re-read document, None when it is gone or no exact amount. Reads "22670 USD".

    One that was voided is gone too, unless the source took it back: then that is what should be there.
    """
    if remote is None or not remote.live:
        return 0 if voided else None
    text = remote.facts["total"].split()[0]
    return int(text) if text.lstrip("-").isdigit() else None


def _explained(entry: Entry) -> list[dict[str, str]]:
    return [
        {
            "document": entry.document,
            "currency": entry.currency,
            "amount": in_major_units(amount, entry.currency),
            "cause": cause,
        }
        for cause, amount in entry.differences
    ]


def _sums_table(sums: Mapping[str, Any]) -> str:
    rows = []
    for currency, part in sums.items():
        rows.append((currency, "at the source", part["source"], ""))
        rows.append((currency, "at the destination, read again", part["destination"], ""))
        rows += [
            (currency, f"explained: {item['document']}", item["amount"], item["cause"]) for item in part["explained"]
        ]
        rows.append((currency, "difference", part["difference"], ""))
    return tabulate(rows, ("currency", "", "amount", "cause"), tablefmt="simple", disable_numparse=True,
                    colalign=("left", "left", "right", "left"))  # fmt: skip
