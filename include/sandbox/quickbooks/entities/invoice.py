"""Invoices. Rules: developer.intuit.com, api/accounting/all-entities/invoice."""

from decimal import Decimal
from typing import Any

from sandbox.quickbooks import faults
from sandbox.quickbooks.entities.applied import apply_credits, loosened, payments_of
from sandbox.quickbooks.entities.base import Call, raise_problems
from sandbox.quickbooks.entities.sale import SaleKind, due
from sandbox.quickbooks.shapes import INVOICE
from sandbox.quickbooks.wire import Record, money

_LINKABLE = ("Estimate", "TimeActivity", "ReimburseCharge", "ChargeCredit", "StatementCharge")


class InvoiceKind(SaleKind):
    """A sale that is paid later."""

    name = "Invoice"
    shape = INVOICE
    auto_number = True

    def build(self, call: Call, body: Record, old: Record | None) -> Record:
        _check_deposit(call, body)
        return super().build(call, {**body, "LinkedTxn": _links(call, body, old)}, old)

    def defaults(self, customer: Record, old: Record | None) -> Record:
        return {
            "SalesTermRef": customer.get("SalesTermRef") if old is None else None,
            "AllowIPNPayment": False, "AllowOnlinePayment": False,
            "AllowOnlineCreditCardPayment": False, "AllowOnlineACHPayment": False,
        }  # fmt: skip

    def _check(self, call: Call, body: Record, content: Record, old: Record | None) -> None:
        fallen_due = due(call, content)
        content.setdefault("DueDate", fallen_due)
        super()._check(call, body, content, old)

    def amounts(self, call: Call, content: Record, old: Record | None) -> Record:
        total = self.total(call, content)
        paid = old["TotalAmt"] - old.get("Deposit", Decimal(0)) - old["Balance"] if old else Decimal(0)
        open_ = total - content.get("Deposit", Decimal(0)) - paid
        # what payments gave too much is loosened from them once this is stored
        return {"TotalAmt": total, "Balance": max(money(open_), Decimal(0)) if paid else money(open_)}

    def stored(self, call: Call, record: Record | None, old: Record | None) -> None:
        super().stored(call, record, old)
        if record is None:
            return
        if old is None:
            apply_credits(call, record)
        else:
            loosened(call, record, keep=record["TotalAmt"] - record.get("Deposit", Decimal(0)))

    def _store(self, call: Call, content: Record, old: Record | None) -> Record:
        payload = super()._store(call, content, old)
        # applying a credit rewrites what was stored a moment ago
        return {self.name: call.company.tables[self.name][payload[self.name]["Id"]]}

    def released(self, call: Call, old: Record) -> None:
        loosened(call, old, keep=Decimal(0))

    def void(self, call: Call, raw: Any) -> Record:
        """Keep the invoice and its number, with nothing to pay; what paid it becomes unapplied."""
        old = self.held(call, raw)
        self.check_change(call, old)
        raise_problems(call)
        zero = Decimal(0)
        changed = {
            "Line": [_emptied(line) for line in old["Line"]], "TotalAmt": zero, "Balance": zero,
            "TxnTaxDetail": {"TotalTax": zero}, "PrivateNote": "Voided",
        }  # fmt: skip
        home: Record = {name: zero for name in ("HomeTotalAmt", "HomeBalance") if name in old}
        return self._store(call, {**old, **changed, **home}, old)


def _links(call: Call, body: Record, old: Record | None) -> list[Record]:
    """Links to payments are read only: they stay as the payments made them."""
    sent = [each for each in body.get("LinkedTxn", []) if each.get("TxnType") in _LINKABLE]
    paid = payments_of(call, old["Id"]) if old else []
    return sent + [{"TxnId": each["Id"], "TxnType": "Payment"} for each in paid]


def _check_deposit(call: Call, body: Record) -> None:
    for name in ("Deposit", "DepositToAccountRef"):
        if body.get(name) and not call.sales_form("AllowDeposit"):
            detail = "Deposit is turned off in the company's sales settings"
            call.problems.append(faults.business(detail, name))


def _emptied(line: Record) -> Record:
    emptied = {**line, "Amount": Decimal(0)} if "Amount" in line else dict(line)
    detail = emptied.get("SalesItemLineDetail")
    if detail and "Qty" in detail:
        emptied["SalesItemLineDetail"] = {**detail, "Qty": Decimal(0)}
    group = emptied.get("GroupLineDetail")
    if group:
        emptied["GroupLineDetail"] = {**group, "Line": [_emptied(each) for each in group["Line"]]}
    return emptied
