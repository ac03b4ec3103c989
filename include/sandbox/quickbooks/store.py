"""A company's records in memory. A stored record is never changed, only replaced."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sandbox.quickbooks.replay import Answers
from sandbox.quickbooks.wire import Record

# The business key of each entity: what the journal calls a record.
KEYS = {
    "Customer": "DisplayName", "Vendor": "DisplayName", "Employee": "DisplayName", "TaxAgency": "DisplayName",
    "Item": "Name", "Term": "Name", "Account": "Name", "Class": "Name", "Department": "Name",
    "PaymentMethod": "Name", "TaxCode": "Name", "TaxRate": "Name", "CompanyCurrency": "Code",
    "Invoice": "DocNumber", "CreditMemo": "DocNumber", "Payment": "PaymentRefNum",
}  # fmt: skip
_PEOPLE = ("FullyQualifiedName", "PrimaryEmailAddr", "ParentRef")
_SALE = ("CustomerRef",)
# What else is looked up without a scan; the Id always is.
_MORE = {
    "Customer": _PEOPLE, "Vendor": _PEOPLE, "Employee": _PEOPLE, "Item": ("Sku", "FullyQualifiedName", "ParentRef"),
    "Account": ("FullyQualifiedName", "AcctNum", "ParentRef"), "Class": ("FullyQualifiedName", "ParentRef"),
    "Department": ("FullyQualifiedName", "ParentRef"), "Invoice": _SALE, "CreditMemo": _SALE, "Payment": _SALE,
}  # fmt: skip
INDEXED = {entity: (key, *_MORE.get(entity, ())) for entity, key in KEYS.items()}
# QuickBooks numbers its three name lists together, and its transactions together.
_SEQUENCES = {"Customer": "names", "Vendor": "names", "Employee": "names"}
_SEQUENCES |= {"Invoice": "transactions", "CreditMemo": "transactions", "Payment": "transactions"}
SUFFIX = " (deleted)"


@dataclass
class Company:
    """One realm: its preferences, records, remembered answers and counters."""

    realm: str
    name: str
    preferences: Record
    info: Record
    tables: dict[str, dict[str, Record]] = field(default_factory=lambda: defaultdict(dict))
    tombstones: dict[str, dict[str, Record]] = field(default_factory=lambda: defaultdict(dict))
    answers: Answers = field(default_factory=Answers)
    last_number: int = 1000
    _index: dict[tuple[str, str, str], dict[str, None]] = field(default_factory=lambda: defaultdict(dict))
    _last_id: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def put(self, entity: str, record: Record) -> None:
        """Store a record, in the place of the one with the same Id."""
        self._forget(entity, record["Id"])
        self.tables[entity][record["Id"]] = record
        sequence = _SEQUENCES.get(entity, entity)
        if record["Id"].isdigit():
            self._last_id[sequence] = max(self._last_id[sequence], int(record["Id"]))
        for place in _places(entity, record):
            self._index[place][record["Id"]] = None

    def remove(self, entity: str, record_id: str, stub: Record) -> Record:
        """Take a record out, keeping a stub of it for those who ask what changed."""
        record = self.tables[entity][record_id]
        self._forget(entity, record_id)
        del self.tables[entity][record_id]
        self.tombstones[entity][record_id] = stub
        return record

    def get(self, entity: str, record_id: str) -> Record | None:
        """The record, if it is there."""
        return self.tables[entity].get(record_id)

    def rows(self, entity: str) -> Collection[Record]:
        """Every record of an entity, in the order of making."""
        if entity == "Preferences":
            return [self.preferences]
        return [self.info] if entity == "CompanyInfo" else self.tables[entity].values()

    def by_key(self, entity: str, key: str) -> list[Record]:
        """The records whose business key is this one, without regard to case."""
        return self.having(entity, KEYS[entity], key)

    def having(self, entity: str, name: str, value: str) -> list[Record]:
        """The records of which an indexed property has this value, without regard to case."""
        held = self._index.get((entity, name, folded(value)), {})
        return [self.tables[entity][each] for each in sorted(held, key=_by_number)]

    def next_id(self, entity: str) -> str:
        """The next free Id."""
        return str(self._last_id[_SEQUENCES.get(entity, entity)] + 1)

    def next_number(self) -> str:
        """The next document number of QuickBooks' own counter."""
        self.last_number += 1
        return str(self.last_number)

    def prefs(self, group: str) -> Record:
        """One group of the company's preferences."""
        found: Record = self.preferences.get(group, {})
        return found

    @property
    def home(self) -> str:
        """The currency the books are kept in."""
        return str(self.prefs("CurrencyPrefs")["HomeCurrency"]["value"])

    @property
    def many_currencies(self) -> bool:
        """Whether multicurrency is on; once on, QuickBooks never turns it off."""
        return bool(self.prefs("CurrencyPrefs").get("MultiCurrencyEnabled"))

    @property
    def in_us(self) -> bool:
        """Tax works differently elsewhere."""
        return str(self.info["Country"]).upper() in ("US", "USA")

    def shift_balance(self, customer_id: str, change: Decimal) -> None:
        """Carry a transaction's change of balance to its customer; that is no edit of the customer."""
        customer = self.get("Customer", customer_id)
        if customer is None or not change:
            return
        self.put("Customer", {**customer, "Balance": customer["Balance"] + change})
        for each in self._line_of_parents(customer_id):
            self.put("Customer", {**each, "BalanceWithJobs": each["BalanceWithJobs"] + change})

    def _line_of_parents(self, customer_id: str) -> Iterator[Record]:
        above: str | None = customer_id
        while above is not None:
            customer = self.tables["Customer"].get(above)
            if customer is None:
                return
            yield customer
            above = customer.get("ParentRef", {}).get("value")

    def _forget(self, entity: str, record_id: str) -> None:
        old = self.tables[entity].get(record_id)
        for place in _places(entity, old) if old is not None else ():
            self._index[place].pop(record_id, None)


def _places(entity: str, record: Record) -> Iterable[tuple[str, str, str]]:
    for name in INDEXED.get(entity, ()):
        value = indexable(record.get(name))
        if value:
            yield entity, name, folded(value)


def indexable(value: Any) -> str:
    """The text that a query compares: of a reference its value, of an e-mail its address."""
    if isinstance(value, dict):
        value = value.get("value", value.get("Address"))
    return "" if value is None else str(value)


def _by_number(record_id: str) -> tuple[int, str]:
    return (int(record_id), "") if record_id.isdigit() else (0, record_id)


def folded(key: str) -> str:
    """A name or number as QuickBooks compares it: no outer blanks, no case."""
    return key.strip().casefold()
