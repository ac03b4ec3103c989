"""Queries of the vendor's own small language, and the only place where a value gets into one.

https://developer.intuit.com/app/developer/qbo/docs/learn/explore-the-quickbooks-online-api/data-queries
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

# no size is published for IN lists, and reads are metered: as long as a page, and shorter once one is refused
PORTION = 1000
SHORTEST = 50
PAGE = 1000
SURELY_LAST = 100
"""A page this short is the last one: it is said that QuickBooks may shorten big pages of its own accord."""
ACTIVE_OR_NOT = "Active IN (true,false)"
# the entities of which a query shows only active records unless told otherwise
LISTS = frozenset({"Customer", "Vendor", "Employee", "Item", "Account", "Term", "TaxCode", "TaxRate"})


def quoted(value: str) -> str:
    """The value as a literal. Raises ValueError for control characters, which have no escape."""
    if not askable(value):
        raise ValueError("a value with tabs or line breaks cannot stand in a QuickBooks query")
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def askable(value: str) -> bool:
    """Whether the value can stand in a query, hence whether the vendor can hold it in a one-line field."""
    return bool(value) and not any(ord(character) < 32 or ord(character) == 127 for character in value)


def unique(values: Iterable[str]) -> list[str]:
    """The askable ones among the values, each once."""
    return list(dict.fromkeys(value for value in values if askable(value)))


def select(entity: str, prop: str, values: Sequence[str], start: int = 1) -> str:
    """One page of the records of `entity` whose `prop` is one of `values`, inactive ones included."""
    conditions = [f"{prop} IN ({','.join(quoted(value) for value in values)})"]
    if entity in LISTS:
        conditions.append(ACTIVE_OR_NOT)
    where = " AND ".join(conditions)
    return f"SELECT * FROM {entity} WHERE {where} STARTPOSITION {start} MAXRESULTS {PAGE}"  # noqa: S608 - escaped


def select_all(entity: str, start: int = 1) -> str:
    """One page of the active records of `entity`."""
    return f"SELECT * FROM {entity} STARTPOSITION {start} MAXRESULTS {PAGE}"  # noqa: S608 - a name of ours
