"""Transactions through rstk__sydata__c: a row is inserted, and the package carries it out.

Ready -> Processing Job -> ProcessingComplete or Validation Failure (facts 4.2). A row moves one step whenever
the object is read often enough, or at once when it does not ask for background processing.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

from sandbox.salesforce.formulas import COMPLETED, amount, open_amount
from sandbox.salesforce.names import BATCH, GATEWAY, INVOICE, INVOICE_OF_PAYMENT, ORDER, PAYMENT, SYDATA
from sandbox.salesforce.schema import Row
from sandbox.salesforce.store import Org
from sandbox.world import World

_AT = "rstk__sydata_"
_STAGE = f"{_AT}process__c"
_INVOICE = "rstk__soinv_"
_PAY = "rstk__soinvpay_"
_BATCH = "rstk__soibatch_"


class Invalid(Exception):
    """Why a transaction ends as Validation Failure."""


class Processor:
    """Carries out transactions."""

    def __init__(self, world: World, org: Org, paid: Callable[[str, Row], None]) -> None:
        self._world = world
        self._org = org
        # told of every payment written, so that it rolls up into its invoice
        self._paid = paid
        self._reads: dict[str, int] = {}
        self.polls = 1
        self.gateway_required = True
        self._work: dict[str, Callable[[Row], None]] = {
            "Approve Sales Invoice": lambda row: self._approve(self._invoice(row)),
            "Transfer Sales Invoice": lambda row: self._transfer(self._invoice(row)),
            "Sales Invoice Payment": self._pay,
            "Sales Invoice Payment Reversal": self._reverse,
            "Approve Sales Invoice Batch": lambda row: self._batch(row, self._approve, "approved", True),
            "Deapprove Sales Invoice Batch": lambda row: self._batch(row, self._deapprove, "approved", False),
            "Transfer Sales Invoice Batch": lambda row: self._batch(row, self._transfer, "transferred", True),
            "Close Sales Invoice Batch": lambda row: self._batch(row, None, "closed", True),
            "Reopen Sales Invoice Batch": lambda row: self._batch(row, None, "closed", False),
        }

    def created(self, row: Row) -> None:
        """A new row: in the background, or within the insert itself."""
        if row.get(_STAGE) is None:
            self._org.change(SYDATA, row, {_STAGE: "Ready"})
        if row[_STAGE] != "Ready":
            return
        self._reads[row["Id"]] = 0
        if not row[f"{_AT}backgroundprocessing__c"]:
            self._finish(row)

    def looked_at(self) -> None:
        """Somebody read the object: what waits moves on."""
        for record_id in list(self._reads):
            self._reads[record_id] += 1
            row = self._org.row(SYDATA, record_id)
            if row is None:
                del self._reads[record_id]
            elif self._reads[record_id] >= self.polls:
                self._step(row)

    def _step(self, row: Row) -> None:
        if row[_STAGE] == "Ready":
            self._reads[row["Id"]] = 0
            self._org.change(SYDATA, row, {_STAGE: "Processing Job", f"{_AT}jobstatus__c": "Processing"})
        else:
            self._finish(row)

    def _finish(self, row: Row) -> None:
        del self._reads[row["Id"]]
        work = self._work.get(str(row.get(f"{_AT}txntype__c")))
        result = {_STAGE: "ProcessingComplete", f"{_AT}message__c": None, f"{_AT}txndate__c": self._now().date()}
        try:
            if work is None:
                raise Invalid("Transaction Type is required")
            work(row)
        except Invalid as problem:
            told = str(problem)
            result |= {_STAGE: "Validation Failure", f"{_AT}message__c": told[:255], f"{_AT}extmessage__c": told}
        self._org.change(SYDATA, row, {**result, f"{_AT}jobstatus__c": "Completed"})

    def _now(self) -> datetime:
        return self._world.clock.now()

    def _invoice(self, row: Row) -> Row:
        """The vendor's own tests name the order and the invoice, both."""
        invoice = self._org.row(INVOICE, row.get(f"{_AT}soinv__c"))
        if invoice is None:
            raise Invalid("Sales Invoice is required")
        order = invoice.get(f"{_INVOICE}order__c")
        if order is not None and self._org.row(ORDER, row.get(f"{_AT}sohdr__c")) is None:
            raise Invalid("Sales Order is required")
        return invoice

    def _approve(self, invoice: Row) -> None:
        if invoice[f"{_INVOICE}cancelled__c"] or invoice[f"{_INVOICE}approved__c"]:
            raise Invalid("Sales Invoice is cancelled, or approved already")
        today = self._now().date()
        self._org.change(INVOICE, invoice, {f"{_INVOICE}approved__c": True, f"{_INVOICE}dateapproved__c": today})

    def _deapprove(self, invoice: Row) -> None:
        if invoice[f"{_INVOICE}transferred__c"]:
            raise Invalid("Sales Invoice has been transferred")
        self._org.change(INVOICE, invoice, {f"{_INVOICE}approved__c": False, f"{_INVOICE}dateapproved__c": None})

    def _transfer(self, invoice: Row) -> None:
        _refuse_unapproved(invoice)
        if invoice[f"{_INVOICE}transferred__c"]:
            raise Invalid("Sales Invoice has been transferred already")
        done = {f"{_INVOICE}transferred__c": True, f"{_INVOICE}datetransfer__c": self._now().date()}
        # with Rootstock Financials the transfer posts
        self._org.change(INVOICE, invoice, done | {f"{_INVOICE}posted__c": self._org.financials})

    def _pay(self, row: Row) -> None:
        invoice, gateway = self._invoice(row), row.get(f"{_AT}sogateway__c")
        _refuse_unapproved(invoice)
        found = self._org.row(GATEWAY, gateway)
        if self.gateway_required and (found is None or found["rstk__sogateway_inactive__c"]):
            raise Invalid("Payment Gateway is not known")
        paid = amount(row, f"{_AT}ordpayamt__c")
        if not Decimal(0) < paid <= open_amount(self._org, invoice):
            raise Invalid("Payment Amount must be above zero and not above the open amount of the invoice")
        payment = {
            INVOICE_OF_PAYMENT: invoice["Id"],
            f"{_PAY}invpayid__c": row.get(f"{_AT}ordpayid__c"),
            f"{_PAY}payamount__c": paid,
            f"{_PAY}paydate__c": self._now(),
            f"{_PAY}status__c": COMPLETED,
            f"{_PAY}sogateway__c": gateway,
        }
        self._paid(PAYMENT, self._org.add(PAYMENT, payment))

    def _reverse(self, row: Row) -> None:
        invoice = self._invoice(row)
        wanted = row.get(f"{_AT}lastordpayid__c") or row.get(f"{_AT}ordpayid__c")
        payments = self._org.children(PAYMENT, INVOICE_OF_PAYMENT, invoice["Id"])
        found = [one for one in payments if one.get(f"{_PAY}invpayid__c") == wanted and not one[f"{_PAY}reversed__c"]]
        if not wanted or not found:
            raise Invalid("No payment of the invoice has this id")
        undone = {
            f"{_PAY}reversed__c": True,
            f"{_PAY}status__c": "Reversal Completed",
            f"{_PAY}revdatet__c": self._now(),
        }
        self._org.change(PAYMENT, found[0], undone)
        self._paid(PAYMENT, found[0])

    def _batch(self, row: Row, each: Callable[[Row], None] | None, flag: str, value: bool) -> None:
        """Every invoice of a batch; one that cannot be moved stops them all before any is."""
        batch = self._org.row(BATCH, row.get(f"{_AT}soibatch__c"))
        if batch is None:
            raise Invalid("Sales Invoice Batch is required")
        invoices = list(self._org.children(INVOICE, f"{_INVOICE}invbatch__c", batch["Id"]))
        if each is not None:
            before = [dict(one) for one in invoices]
            try:
                for one in invoices:
                    each(one)
            except Invalid:
                for one, copy in zip(invoices, before, strict=True):
                    self._org.restore(INVOICE, one, copy)
                raise
        self._org.change(BATCH, batch, {f"{_BATCH}{flag}__c": value})


def _refuse_unapproved(invoice: Row) -> None:
    if not invoice[f"{_INVOICE}approved__c"] or invoice[f"{_INVOICE}cancelled__c"]:
        raise Invalid("Sales Invoice is not approved")
