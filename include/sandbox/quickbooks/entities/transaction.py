"""What all transactions share: closed books, deletion, and the part of a customer's balance each one is."""

from decimal import Decimal
from typing import Any

from sandbox.quickbooks import faults
from sandbox.quickbooks.entities.base import Call, Kind, raise_problems, sealed
from sandbox.quickbooks.store import Company
from sandbox.quickbooks.wire import Record


def open_amount(entity: str, record: Record | None) -> Decimal:
    """What a customer owes by a transaction; a credit is owed to him."""
    if record is None:
        return Decimal(0)
    if entity == "Invoice":
        return Decimal(record["Balance"])
    return -Decimal(record["RemainingCredit" if entity == "CreditMemo" else "UnappliedAmt"])


def rebalance(company: Company, entity: str, old: Record | None, record: Record | None) -> None:
    """Carry a changed transaction to the balance of its customer."""
    for held, sign in ((old, -1), (record, 1)):
        if held is not None:
            company.shift_balance(held["CustomerRef"]["value"], sign * open_amount(entity, held))


def rewritten(call: Call, entity: str, old: Record, **changes: Any) -> Record:
    """Change a transaction because another one did; that moves its token as well."""
    record = sealed(call, entity, {**old, **changes}, old)
    call.put(entity, record)
    rebalance(call.company, entity, old, record)
    return record


def check_books(call: Call, content: Record, old: Record | None) -> None:
    """6210: nothing in closed books is made, changed or taken away."""
    closed = call.company.prefs("AccountingInfoPrefs").get("BookCloseDate")
    dates = [content["TxnDate"], *([old["TxnDate"]] if old else [])]
    if closed and min(dates) <= closed and not call.by_operator:
        call.problems.append(faults.closed_period())


class TransactionKind(Kind):
    """A transaction: it can be deleted."""

    def stored(self, call: Call, record: Record | None, old: Record | None) -> None:
        rebalance(call.company, self.name, old, record)

    def delete(self, call: Call, raw: Any) -> Record:
        """Take the transaction out of the books."""
        old = self.held(call, raw)
        self.check_change(call, old)
        raise_problems(call)
        self.released(call, old)
        old = call.company.get(self.name, old["Id"]) or old
        call.remove(self.name, old)
        self.stored(call, None, old)
        return {self.name: {"domain": "QBO", "status": "Deleted", "Id": old["Id"]}}

    def check_change(self, call: Call, old: Record) -> None:
        """Whether a transaction that is there may be changed at all."""
        check_books(call, old, old)

    def released(self, call: Call, old: Record) -> None:
        """Undo what links other transactions to this one."""


def check_currency(call: Call, body: Record, customer: Record | None, one_currency: str) -> str:
    """The currency of a transaction, which is its customer's."""
    home = call.company.home
    own = (customer or {}).get("CurrencyRef", {"value": home})["value"]
    sent = body.get("CurrencyRef", {}).get("value")
    if call.company.many_currencies and sent is None and call.settings.currency_required:
        call.problems.append(faults.missing("CurrencyRef"))
    if customer is not None and sent not in (None, own):
        call.problems.append(faults.business(one_currency, "CurrencyRef"))
    return str(own)
