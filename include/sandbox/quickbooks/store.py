"""A company's records in memory. A stored record is never changed, only replaced."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from sandbox.quickbooks.replay import Answers
from sandbox.quickbooks.wire import Record

# The business key of each entity, kept in an index.
KEYS = {
    "Customer": "DisplayName", "Vendor": "DisplayName", "Employee": "DisplayName",
    "Item": "Name", "Invoice": "DocNumber",
}  # fmt: skip
# QuickBooks numbers its three name lists together, and its transactions together.
_SEQUENCES = {"Customer": "names", "Vendor": "names", "Employee": "names"}
_SEQUENCES |= {"Invoice": "transactions", "Payment": "transactions"}
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
    _index: dict[tuple[str, str], set[str]] = field(default_factory=lambda: defaultdict(set))
    _last_id: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def put(self, entity: str, record: Record) -> None:
        """Store a record, in the place of the one with the same Id."""
        self._forget(entity, record["Id"])
        self.tables[entity][record["Id"]] = record
        sequence = _SEQUENCES.get(entity, entity)
        if record["Id"].isdigit():
            self._last_id[sequence] = max(self._last_id[sequence], int(record["Id"]))
        if entity in KEYS and record.get(KEYS[entity]):
            self._index[entity, folded(record[KEYS[entity]])].add(record["Id"])

    def remove(self, entity: str, record_id: str) -> Record:
        """Take a record out, keeping a tombstone."""
        record = self.tables[entity][record_id]
        self._forget(entity, record_id)
        del self.tables[entity][record_id]
        self.tombstones[entity][record_id] = record
        return record

    def get(self, entity: str, record_id: str) -> Record | None:
        """The record, if it is there."""
        return self.tables[entity].get(record_id)

    def rows(self, entity: str) -> Iterable[Record]:
        """Every record of an entity, in the order of making."""
        if entity == "Preferences":
            return [self.preferences]
        return [self.info] if entity == "CompanyInfo" else self.tables[entity].values()

    def by_key(self, entity: str, key: str) -> list[Record]:
        """The records whose business key is this one, without regard to case."""
        held = self._index.get((entity, folded(key)), set())
        return [self.tables[entity][each] for each in sorted(held, key=int)]

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

    def shift_balance(self, customer_id: str, change: Decimal) -> None:
        """Carry an invoice's change of balance to its customer; that is no edit of the customer."""
        customer = self.get("Customer", customer_id)
        if customer is not None and change:
            balance = customer["Balance"] + change
            self.put("Customer", {**customer, "Balance": balance, "BalanceWithJobs": balance})

    def _forget(self, entity: str, record_id: str) -> None:
        old = self.tables[entity].get(record_id)
        if old is not None and entity in KEYS and old.get(KEYS[entity]):
            self._index[entity, folded(old[KEYS[entity]])].discard(record_id)


def folded(key: str) -> str:
    """A name or number as QuickBooks compares it: no outer blanks, no case."""
    return key.strip().casefold()
