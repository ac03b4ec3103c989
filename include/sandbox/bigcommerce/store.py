"""One store: its tables, its numbers and its settings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from sandbox.bigcommerce.wire import Record

# what a table is looked up by besides its id
_INDEXED: dict[str, tuple[str, ...]] = {
    "invoice": ("invoiceNumber", "orderNumber", "customerId"), "payment": ("customerId", "lineItems"),
    "receipt": ("paymentId",), "receipt_line": ("receiptId", "paymentId", "invoiceId"),
    "user": ("customerId", "companyId", "email"), "company": ("companyName",),
    "order": ("customer_id",), "b2b_order": ("bcOrderId", "companyId"), "hook": ("client_id",), "customer": ("email",),
}  # fmt: skip
TABLES = tuple(_INDEXED)
CONFIGS = ("company", "user", "order", "invoice")


class Table:
    """Records by id, and by the fields that are looked up often."""

    def __init__(self, indexed: tuple[str, ...]) -> None:
        self._rows: dict[int, Record] = {}
        self._index: dict[tuple[str, str], dict[int, None]] = defaultdict(dict)
        self._indexed = indexed
        self.last = 0

    def put(self, record: Record) -> Record:
        """Store a record in the place of the one with the same id."""
        self.remove(record["id"])
        self._rows[record["id"]] = record
        self.last = max(self.last, record["id"])
        for place in self._places(record):
            self._index[place][record["id"]] = None
        return record

    def add(self, record: Record) -> Record:
        """Store a record under the next free id."""
        return self.put({"id": self.last + 1, **record})

    def remove(self, record_id: int) -> None:
        """Take a record out, if it is there; its id is not given again."""
        old = self._rows.pop(record_id, None)
        for place in self._places(old) if old is not None else ():
            self._index[place].pop(record_id, None)

    def get(self, record_id: int | None) -> Record | None:
        """The record, if it is there."""
        return self._rows.get(record_id) if record_id is not None else None

    def having(self, name: str, value: Any) -> list[Record]:
        """The records of which an indexed field has this value, in the order of making; of lines, their invoice."""
        return [self._rows[each] for each in sorted(self._index.get((name, str(value)), ()))]

    def rows(self) -> Collection[Record]:
        """Every record, in the order of making or of the last change."""
        return self._rows.values()

    def _places(self, record: Record) -> Iterable[tuple[str, str]]:
        for name in self._indexed:
            value = record.get(name)
            if isinstance(value, list):
                yield from ((name, str(line["invoiceId"])) for line in value)
            elif value not in (None, ""):
                yield name, str(value)


@dataclass
class Store:
    """A store, named by its hash."""

    hash: str
    name: str
    has_b2b: bool = True
    multi_storefront: bool = False
    company_credit: bool = False
    # code: how many decimals it has
    currencies: dict[str, int] = field(default_factory=lambda: {"USD": 2})
    tables: dict[str, Table] = field(default_factory=lambda: {name: Table(_INDEXED[name]) for name in TABLES})
    # what extra fields there are: of companies, users, orders and invoices
    configs: dict[str, list[Record]] = field(default_factory=lambda: {name: [] for name in CONFIGS})
    portal: Record = field(default_factory=dict)
    # who may sign in to the control panel: e-mail, password, role
    staff: list[tuple[str, str, str]] = field(default_factory=list)
    groups: dict[int, str] = field(default_factory=dict)
    deliveries: list[Record] = field(default_factory=list)

    def table(self, name: str) -> Table:
        """One of its tables."""
        return self.tables[name]

    def get(self, name: str, record_id: int | None) -> Record | None:
        """A record by id."""
        return self.tables[name].get(record_id)

    def payments_on(self, invoice_id: int) -> list[Record]:
        """The payments with a line on this invoice."""
        return self.tables["payment"].having("lineItems", invoice_id)

    @property
    def default_currency(self) -> str:
        """The first of its currencies."""
        return next(iter(self.currencies))

    def channels(self) -> list[int]:
        """The channels that B2B is enabled on; the first is the store itself."""
        return [1, 664179] if self.multi_storefront else [1]
