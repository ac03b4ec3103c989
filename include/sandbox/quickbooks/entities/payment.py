"""Payments. Rules: developer.intuit.com, api/accounting/all-entities/payment."""

from decimal import Decimal
from typing import Any

from sandbox.quickbooks import faults
from sandbox.quickbooks.entities.applied import PAYABLE, linked_amounts, open_of, settle, unapplied
from sandbox.quickbooks.entities.base import Call, given, raise_problems
from sandbox.quickbooks.entities.currency import ONE_CURRENCY, exchange_rate, named_currency
from sandbox.quickbooks.entities.transaction import TransactionKind, check_books, check_currency
from sandbox.quickbooks.shapes import PAYMENT
from sandbox.quickbooks.wire import Record, money

_UNDEPOSITED = "UndepositedFunds"


class PaymentKind(TransactionKind):
    """Money from a customer; what no line gives to an invoice stays unapplied."""

    name = "Payment"
    shape = PAYMENT
    computed = frozenset({"UnappliedAmt", "LinkedTxn"})

    def build(self, call: Call, body: Record, old: Record | None) -> Record:
        if old is not None:
            self.check_change(call, old)
        customer = self._customer(call, body)
        lines = [self._line(call, each, body) for each in body.get("Line", [])]
        content = given(body, {"TxnDate": (old or {}).get("TxnDate", call.today()), "LinkedTxn": _deposits(old)})
        content["Line"] = lines
        check_books(call, content, None)
        self._name(call, content, customer)
        if not call.problems:
            self._check_sums(call, content, old)
        return content

    def _customer(self, call: Call, body: Record) -> Record | None:
        if "CustomerRef" not in body:
            call.problems.append(faults.business("You must select a customer for this transaction", "CustomerRef"))
        if body.get("TotalAmt") is None:
            call.problems.append(faults.business("You must set a transaction amount", "TotalAmt"))
        elif body["TotalAmt"] < 0:
            call.problems.append(faults.business("Transaction amount must be 0 or greater", "TotalAmt"))
        return call.refer("Customer", "Names", body.get("CustomerRef"), "CustomerRef")

    def _line(self, call: Call, line: Record, body: Record) -> Record:
        if "Amount" not in line:
            call.problems.append(faults.missing("Amount"))
        links = line.get("LinkedTxn", [])[:1]
        for link in links:
            _check_link(call, link, body.get("CustomerRef", {}).get("value"))
        return {**line, "Amount": money(line.get("Amount", Decimal(0))), "LinkedTxn": links}

    def _name(self, call: Call, content: Record, customer: Record | None) -> None:
        sent = "CurrencyRef" in content
        code = check_currency(call, content, customer, ONE_CURRENCY) if sent else _own(call, customer)
        content["CurrencyRef"] = named_currency(call.company, code)
        if customer:
            content["CustomerRef"] = {"value": customer["Id"], "name": customer["DisplayName"]}
        if call.company.many_currencies:
            content["ExchangeRate"] = exchange_rate(call, code, content["TxnDate"], content.get("ExchangeRate"))
        call.refer("PaymentMethod", "Payment methods", content.get("PaymentMethodRef"), "PaymentMethodRef")
        account = content.get("DepositToAccountRef") or _undeposited(call)
        call.refer("Account", "Accounts", account, "DepositToAccountRef")
        if account:
            content["DepositToAccountRef"] = account

    def _check_sums(self, call: Call, content: Record, old: Record | None) -> None:
        content["TotalAmt"] = money(content["TotalAmt"])
        amounts, before = linked_amounts(content), linked_amounts(old)
        for (kind, record_id), amount in amounts.items():
            record = call.company.tables[kind][record_id]
            if amount > open_of(record, kind) + before.get((kind, record_id), Decimal(0)):
                detail = f"The amount applied is more than what is open of {kind} {record_id}"
                call.problems.append(faults.business(detail, "Line.Amount"))
        content["UnappliedAmt"] = unapplied(content["TotalAmt"], amounts)
        if content["UnappliedAmt"] < 0:
            detail = "The total amount of the lines is more than the payment and its credits"
            call.problems.append(faults.business(detail, "TotalAmt"))

    def stored(self, call: Call, record: Record | None, old: Record | None) -> None:
        super().stored(call, record, old)
        settle(call, old, record)

    def check_change(self, call: Call, old: Record) -> None:
        super().check_change(call, old)
        if _deposits(old) and call.settings.deposited_locked:
            call.problems.append(faults.deposited())

    def void(self, call: Call, raw: Any) -> Record:
        """Keep the payment with nothing in it; its invoices are open again."""
        old = self.held(call, raw)
        self.check_change(call, old)
        raise_problems(call)
        zero = Decimal(0)
        emptied: Record = {"TotalAmt": zero, "UnappliedAmt": zero, "Line": [], "PrivateNote": "Voided"}
        return self._store(call, {**old, **emptied}, old)


def _deposits(old: Record | None) -> list[Record]:
    """A payment that was taken to the bank is linked to the deposit."""
    return [each for each in (old or {}).get("LinkedTxn", []) if each.get("TxnType") == "Deposit"]


def _check_link(call: Call, link: Record, customer_id: str | None) -> None:
    kind, record_id = link.get("TxnType"), link.get("TxnId")
    if kind not in PAYABLE:
        call.problems.append(faults.invalid_enum(kind, "TxnType"))
        return
    record = call.seen(kind, str(record_id))
    if record is None or call.company.get(kind, str(record_id)) is None:
        gone = record_id in call.company.tombstones[kind]
        call.problems.append(faults.not_found(faults.DELETED_BY_OTHER if gone else faults.MADE_INACTIVE, "LinkedTxn"))
    elif record["CustomerRef"]["value"] != customer_id:
        detail = "The transaction to be paid is of another customer"
        call.problems.append(faults.business(detail, "LinkedTxn"))


def _own(call: Call, customer: Record | None) -> str:
    return str((customer or {}).get("CurrencyRef", {"value": call.company.home})["value"])


def _undeposited(call: Call) -> Record | None:
    for account in call.company.rows("Account"):
        if account.get("AccountSubType") == _UNDEPOSITED:
            return {"value": account["Id"]}
    return None
