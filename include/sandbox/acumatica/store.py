"""What one tenant holds: records by table, stock, and the lists that its forms choose from."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sandbox.world import World

Row = dict[str, Any]
# tenant, table, the record before and after; None where there is none
Watcher = Callable[["Tenant", str, Row | None, Row | None], None]
Shelf = tuple[str, str, str, str]

KEYS: dict[str, tuple[str, ...]] = {
    "Document": ("Type", "ReferenceNbr"),
    "Payment": ("Type", "ReferenceNbr"),
    "SalesOrder": ("OrderType", "OrderNbr"),
    "Shipment": ("ShipmentNbr",),
    "Customer": ("CustomerID",),
    "StockItem": ("InventoryID",),
    "NonStockItem": ("InventoryID",),
    "Activity": ("_id",),
}
_DIGITS = {"JPY": 0, "KRW": 0, "KWD": 3, "BHD": 3}


def key_of(parts: tuple[Any, ...]) -> tuple[str, ...]:
    """Keys are padded and know no case."""
    return tuple(str(one).strip().casefold() for one in parts)


def cent_of(currency: str | None) -> Decimal:
    """The smallest amount of a currency."""
    return Decimal(1).scaleb(-_DIGITS.get(currency or "", 2))


class Table:
    """Records of one kind, by id and by keys."""

    def __init__(self, keys: tuple[str, ...]) -> None:
        self.keys = keys
        self._rows: dict[str, Row] = {}
        self._by_key: dict[tuple[str, ...], str] = {}

    def __iter__(self) -> Iterator[Row]:
        return iter(list(self._rows.values()))

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, row: Row) -> None:
        """Store a new record."""
        self._rows[row["_id"]] = row
        self._by_key[self._key(row)] = row["_id"]

    def remove(self, row: Row) -> None:
        """Forget a record."""
        del self._rows[row["_id"]]
        self._by_key.pop(self._key(row), None)

    def by_id(self, record_id: str) -> Row | None:
        """The record of a GUID."""
        return self._rows.get(record_id.lower())

    def by_key(self, *parts: Any) -> Row | None:
        """The record of these keys."""
        record_id = self._by_key.get(key_of(parts))
        return None if record_id is None else self._rows[record_id]

    def _key(self, row: Row) -> tuple[str, ...]:
        return key_of(tuple(row[name] for name in self.keys))


@dataclass(frozen=True)
class User:
    """Who may sign in; `branches` None means all of them."""

    name: str
    password: str
    may_write: bool = True
    branches: tuple[str, ...] | None = None


@dataclass
class Lists:
    """What the forms of a tenant choose from, all small."""

    branches: tuple[str, ...] = ()
    users: dict[str, User] = field(default_factory=dict)
    # warehouse: the location that it issues from
    warehouses: dict[str, str] = field(default_factory=dict)
    # code: days until due
    terms: dict[str, int] = field(default_factory=dict)
    # tax zone: (tax, rate in percent); "" is the zone without tax
    zones: dict[str, tuple[str, Decimal]] = field(default_factory=dict)
    # cash account: its currency and the payment methods that it takes
    cash_accounts: dict[str, tuple[str, tuple[str, ...]]] = field(default_factory=dict)
    currencies: tuple[str, ...] = ("USD",)
    # the last closed financial period, such as 2026-08
    closed_through: str = "2026-08"


class Tenant:
    """One company's books."""

    def __init__(self, world: World, name: str, label: str, seed: str) -> None:
        self.name = name
        self.label = label
        self.lists = Lists()
        self.tables = {kind: Table(keys) for kind, keys in KEYS.items()}
        self.stock: dict[Shelf, Decimal] = {}
        self.numbers: dict[str, int] = {}
        self.files: dict[str, tuple[str, bytes]] = {}
        self.watchers: list[Watcher] = []
        # goes up with every change of a table
        self.moves = 0
        self._world = world
        self._dice = random.Random(f"acumatica {name} {seed}")
        self._last_stamp: datetime | None = None

    def guid(self) -> str:
        """A new GUID; the same ones in the same order after a reset."""
        return str(uuid.UUID(int=self._dice.getrandbits(128), version=4))

    def number(self, sequence: str, prefix: str, digits: int) -> str:
        """The next number of a sequence that nobody has taken by hand."""
        self.numbers[sequence] = self.numbers.get(sequence, 0) + 1
        return f"{prefix}{self.numbers[sequence]:0{digits}d}"

    def rows(self, kind: str) -> Table:
        """A table."""
        return self.tables[kind]

    def get(self, kind: str, *parts: Any) -> Row | None:
        """The record of these keys."""
        return self.tables[kind].by_key(*parts)

    def item(self, inventory_id: Any) -> Row | None:
        """A stock item, else a non-stock item."""
        return self.get("StockItem", inventory_id) or self.get("NonStockItem", inventory_id)

    def add(self, kind: str, values: Row, at: datetime | None = None) -> Row:
        """Store a new record and stamp it."""
        stamp = at or self.stamp()
        row: Row = {"_id": self.guid(), "_note": "", "_custom": {}, "_files": [], **values}
        row.setdefault("CreatedDateTime", stamp)
        row["LastModifiedDateTime"] = stamp
        self._number_rows(row)
        self.tables[kind].add(row)
        self._told(kind, None, row)
        return row

    def change(self, kind: str, row: Row, values: Row, stamped: bool = True) -> None:
        """Write fields; without `stamped` the record looks as if nobody had touched it."""
        before = dict(row)
        row.update(values)
        if stamped:
            row["LastModifiedDateTime"] = self.stamp()
        self._number_rows(row)
        self._told(kind, before, row)

    def remove(self, kind: str, row: Row) -> None:
        """Delete a record."""
        self.tables[kind].remove(row)
        self._told(kind, row, None)

    def _told(self, kind: str, before: Row | None, after: Row | None) -> None:
        self.moves += 1
        for watcher in self.watchers:
            watcher(self, kind, before, after)

    def _number_rows(self, row: Row) -> None:
        for value in row.values():
            if isinstance(value, list):
                for each in value:
                    if isinstance(each, dict):
                        each.setdefault("_id", self.guid())

    def stamp(self) -> datetime:
        """Now in milliseconds, always later than the stamp before, so that every write shows."""
        now = self._world.clock.now()
        now = now.replace(microsecond=now.microsecond // 1000 * 1000)
        if self._last_stamp is not None and now <= self._last_stamp < now + timedelta(seconds=1):
            now = self._last_stamp + timedelta(milliseconds=1)
        self._last_stamp = now
        return now

    def shelves(self, item: str, warehouse: str | None = None) -> list[tuple[Shelf, Decimal]]:
        """Where an item lies, the fullest place first."""
        wanted = key_of((item,))[0]
        found = [
            (shelf, quantity)
            for shelf, quantity in self.stock.items()
            if shelf[0].casefold() == wanted and (warehouse is None or shelf[1] == warehouse)
        ]
        return sorted(found, key=lambda one: (-one[1], one[0]))

    def on_hand(self, item: str, warehouse: str) -> Decimal:
        """How much of an item a warehouse has."""
        return sum((quantity for _, quantity in self.shelves(item, warehouse)), Decimal(0))
