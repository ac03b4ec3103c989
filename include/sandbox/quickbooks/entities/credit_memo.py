"""Credit memos: an invoice's shape with positive amounts, which lower what a customer owes.

Rules: developer.intuit.com, api/accounting/all-entities/creditmemo.
"""

from decimal import Decimal

from sandbox.quickbooks.entities.applied import payments_of, withdrawn
from sandbox.quickbooks.entities.base import Call
from sandbox.quickbooks.entities.sale import SaleKind
from sandbox.quickbooks.shapes import CREDIT_MEMO
from sandbox.quickbooks.wire import Record


class CreditMemoKind(SaleKind):
    """A credit; what of it is not yet used is its RemainingCredit, and its Balance by another name."""

    name = "CreditMemo"
    shape = CREDIT_MEMO

    def amounts(self, call: Call, content: Record, old: Record | None) -> Record:
        total = self.total(call, content)
        used = old["TotalAmt"] - old["RemainingCredit"] if old else Decimal(0)
        left = max(total - used, Decimal(0))
        return {"TotalAmt": total, "Balance": left, "RemainingCredit": left}

    def build(self, call: Call, body: Record, old: Record | None) -> Record:
        call.refer("PaymentMethod", "Payment methods", body.get("PaymentMethodRef"), "PaymentMethodRef")
        call.refer("Term", "Terms", body.get("SalesTermRef"), "SalesTermRef")
        paid = payments_of(call, old["Id"], "CreditMemo") if old else []
        links = [{"TxnId": each["Id"], "TxnType": "Payment"} for each in paid]
        return super().build(call, {**body, "LinkedTxn": links}, old)

    def released(self, call: Call, old: Record) -> None:
        withdrawn(call, old)
